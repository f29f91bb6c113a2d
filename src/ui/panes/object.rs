//! Object: facts about one object, its text if it is a string, and its dominators.

use std::sync::Arc;

use egui::{RichText, ScrollArea, Sense, TextEdit, Ui, WidgetInfo, accesskit::Role};

use super::{Place, Slot, object_facts, placeholder};
use crate::model::{CancelToken, Detachedness, NodeOrdinal, human};
use crate::query::{
    CallsKey, Lane, NodeFilter, ObjectDetails, Scripts, ScriptsOf, SourceLine, StringFacts, function_script,
    has_allocations, node_label, object_details, short_script, source_line, string_facts,
};
use crate::session::{Pending, Reply, Session};
use crate::snapshot::Snapshot;
use crate::ui::command::{Command, SourceAt, Target};
use crate::ui::glossary;
use crate::ui::place_link;
use crate::ui::theme::{self, GRID};

/// The bytes of a string that are shown at first.
const FIRST_BYTES: usize = 10_000;
/// The bytes that “Show all” shows; more would make the window slow.
const ALL_BYTES: usize = 1_000_000;
/// The maximum length of a source line, in characters.
const SOURCE_LIMIT: usize = 160;

/// The pane's own state.
#[derive(Debug, Default)]
pub struct ObjectPane {
    details: Option<(Target, ObjectDetails)>,
    facts: StringFacts,
    text: Text,
    line: Line,
    /// True if the object was not drawn yet: the pane then scrolls to the top.
    is_new: bool,
}

/// The source line of the object's location.
#[derive(Debug, Default)]
enum Line {
    #[default]
    NotAsked,
    Waiting(Pending<Option<SourceLine>>),
    Known(Option<SourceLine>),
}

#[derive(Debug, Default)]
enum Text {
    #[default]
    None,
    Waiting(Pending<(String, bool)>),
    Shown {
        text: String,
        more: bool,
        all: bool,
    },
}

impl ObjectPane {
    /// Shows another object, or none.
    pub fn set_target(&mut self, session: &Session, target: Option<Target>) {
        if self.target() == target {
            return;
        }
        *self = Self::default();
        let Some(target) = target else { return };
        let Some(snapshot) = &session.snapshot(target.snapshot) else { return };
        let node = target.node;
        self.details = Some((target, object_details(snapshot, node)));
        self.facts = string_facts(snapshot, node);
        self.is_new = true;
        if snapshot.kind(node).is_string() {
            self.ask_text(session, snapshot, node, FIRST_BYTES);
        }
    }

    /// Returns the shown object.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        self.details.as_ref().map(|(target, _)| *target)
    }

    fn ask_text(&mut self, session: &Session, snapshot: &Arc<Snapshot>, node: NodeOrdinal, limit: usize) {
        let snapshot = Arc::clone(snapshot);
        self.text = Text::Waiting(session.spawn(Lane::Interactive, move |_| {
            let (text, more) = snapshot.string_value(node, limit);
            let mut end = text.len().min(limit);
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            Ok((human::visible_lines(&text[..end]), more || end < text.len()))
        }));
    }

    pub fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        let mut commands = Vec::new();
        let details = self.details.clone();
        let Some((target, details, snapshot)) =
            details.and_then(|(at, details)| session.snapshot(at.snapshot).map(|of| (at, details, of)))
        else {
            placeholder(ui, "Select an object to see its details");
            return commands;
        };
        let home = Place { slot: Slot { side: place.slot.side, id: target.snapshot }, snapshot };
        let snapshot = &home.snapshot;
        if let Text::Waiting(pending) = &mut self.text
            && let Some(answer) = pending.take()
        {
            self.text = answer.map_or(Text::None, |(text, more)| {
                let all = text.len() > FIRST_BYTES * 2;
                Text::Shown { text, more, all }
            });
        }
        let name = crate::ui::text::given_name(session, target.snapshot);
        let position = self.position(session, &home, &details);
        let margin = egui::Frame::new().inner_margin(egui::Margin::symmetric(8, 4));
        let mut area = ScrollArea::vertical().id_salt("object").auto_shrink(false);
        if std::mem::take(&mut self.is_new) {
            area = area.vertical_scroll_offset(0.0);
        }
        area.show(ui, |ui| {
            margin.show(ui, |ui| {
                if target.snapshot != place.slot.id {
                    let name = human::visible(&name, 80);
                    ui.label(RichText::new(format!("in {name}")).color(theme::tokens(ui).detached));
                }
                heading(ui, snapshot, &details);
                object_facts::show(ui, &home, &details, position.as_ref(), &mut commands);
                if let Line::Known(Some(line)) = &self.line {
                    source(ui, line);
                }
                explanation(ui, snapshot, &details, &mut commands);
                self.string(ui, session, snapshot, &details);
                stack(ui, session, &home, &details, &mut commands);
                dominators(ui, &home, &details, &mut commands);
            });
        });
        commands
    }

    /// Returns the source location of the object's function or class: in short form, and with the whole path.
    fn position(&mut self, session: &mut Session, home: &Place, details: &ObjectDetails) -> Option<(String, String)> {
        let Some(at) = details.location else {
            let url = function_script(&home.snapshot, details.node)?;
            return Some((short_script(&url), human::visible(&url, 500).into_owned()));
        };
        let Some(scripts) = session.ask(&ScriptsOf(home.slot.id)).ready() else {
            let unnamed = Scripts::default();
            return Some((unnamed.short(at), unnamed.full(at)));
        };
        let position = (scripts.short(at), scripts.full(at));
        match &mut self.line {
            Line::NotAsked => {
                let snapshot = Arc::clone(&home.snapshot);
                let ask = move |_: &CancelToken| Ok(source_line(&snapshot, &scripts, at, SOURCE_LIMIT));
                self.line = Line::Waiting(session.spawn(Lane::Interactive, ask));
            }
            Line::Waiting(pending) => {
                if let Some(answer) = pending.take() {
                    self.line = Line::Known(answer.unwrap_or_default());
                }
            }
            Line::Known(_) => {}
        }
        Some(position)
    }

    fn string(&mut self, ui: &mut Ui, session: &Session, snapshot: &Arc<Snapshot>, details: &ObjectDetails) {
        let Text::Shown { text, more, all } = &self.text else { return };
        let (more, all) = (*more, *all);
        ui.add_space(2.0 * GRID);
        let mut shown = text.as_str();
        let edit = TextEdit::multiline(&mut shown).font(theme::mono()).desired_width(f32::INFINITY).desired_rows(2);
        let response = ui.add(edit);
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Text of the string"));
        let cut_at = text.len() as u64;
        if self.facts.is_cut {
            let whole = self
                .facts
                .length
                .map_or_else(String::new, |length| format!(" (full length: {} characters)", human::count(length)));
            ui.weak(format!("The file contains only the start of this text{whole}"))
                .on_hover_text("V8 truncates strings when it writes a snapshot; sizes are those of the full string");
        }
        if more {
            ui.horizontal(|ui| {
                ui.weak(format!("truncated after {}", human::bytes(cut_at)));
                if !all && ui.button("Show all").clicked() {
                    self.ask_text(session, snapshot, details.node, ALL_BYTES);
                }
            });
        }
    }
}

/// Draws an explanation of the object's class or root, if the glossary has one.
fn explanation(ui: &mut Ui, snapshot: &Snapshot, details: &ObjectDetails, commands: &mut Vec<Command>) {
    let name = snapshot.raw_name(details.node);
    let entry = glossary::for_root(&name).or_else(|| glossary::for_class(&details.class));
    let Some(entry) = entry else { return };
    ui.add_space(GRID);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = GRID;
        ui.weak(entry.short);
        if ui.link("Show in glossary").clicked() {
            commands.push(Command::Explain(entry.term));
        }
    });
}

fn heading(ui: &mut Ui, snapshot: &Snapshot, details: &ObjectDetails) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = GRID;
        ui.label(RichText::new(node_label(snapshot, details.node)).font(theme::mono()).strong());
        let id = ui.label(RichText::new(details.id.to_string()).font(theme::mono()).weak());
        ui.ctx().accesskit_node_builder(id.id, |node| node.set_value(format!("Shown object {}", details.id)));
        let has_documents = snapshot.producer().program.has_documents();
        if has_documents && details.detachedness == Detachedness::Detached {
            ui.label(RichText::new("detached").color(theme::tokens(ui).detached))
                .on_hover_text("No longer part of a document, but still referenced");
        }
        super::unreachable_mark(ui, snapshot, details.node);
    });
}

/// Draws the source line, with the text before the location in a paler color.
fn source(ui: &mut Ui, line: &SourceLine) {
    let tokens = theme::tokens(ui);
    let text = human::visible(&line.text, SOURCE_LIMIT + 8).into_owned();
    let frame = egui::Frame::new().fill(tokens.surface).inner_margin(egui::Margin::symmetric(6, 3)).corner_radius(3.0);
    ui.add_space(GRID);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        let mut job = egui::text::LayoutJob::default();
        let (before, after) = text.split_at(text.char_indices().nth(line.column).map_or(text.len(), |(at, _)| at));
        let format = |color| egui::TextFormat { font_id: theme::mono(), color, ..egui::TextFormat::default() };
        job.append(before, 0.0, format(tokens.weak));
        job.append(after, 0.0, format(tokens.code));
        job.wrap = egui::text::TextWrapping {
            max_width: ui.available_width(),
            max_rows: 3,
            break_anywhere: true,
            ..egui::text::TextWrapping::default()
        };
        ui.add(egui::Label::new(job)).on_hover_text(&text);
    });
}

/// Draws the stack that allocated the object, innermost function first, if stacks were recorded.
fn stack(ui: &mut Ui, session: &mut Session, home: &Place, details: &ObjectDetails, commands: &mut Vec<Command>) {
    /// The maximum number of functions shown.
    const SHOWN: usize = 20;
    if home.snapshot.graph().trace_node(details.node) == 0 || !has_allocations(&home.snapshot) {
        return;
    }
    let key = CallsKey::Allocations(home.slot.id, NodeFilter::All);
    let Reply::Ready(of) = session.ask(&key) else { return };
    let Some(node) = of.allocations().and_then(|allocations| allocations.place(&home.snapshot, details.node)) else {
        return;
    };
    let calls = of.calls();
    ui.add_space(2.0 * GRID);
    ui.horizontal(|ui| {
        ui.weak("Allocated by").on_hover_text("The functions on the stack, innermost first");
        if ui.link("Show in Allocations").clicked() {
            commands.push(Command::ShowStack { target: home.target(details.node), call: node });
        }
    });
    let depth = calls.tree().way_up(node).count();
    for call in calls.tree().way_up(node).take(SHOWN) {
        let Some(function) = calls.function(call) else { continue };
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = GRID;
            let name = human::visible(function.label(), 60).into_owned();
            ui.label(RichText::new(name).font(theme::mono()));
            if let Some(at) = SourceAt::of_function(home.slot.id, function) {
                let (short, whole) = (function.short_place(), function.place());
                let names = (&*human::visible(&short, 60), &*human::visible(&whole, 300));
                place_link::show(ui, &at, names, theme::small(), "", commands);
            }
        });
    }
    if depth > SHOWN {
        ui.weak(format!("and {} more up to the root", depth - SHOWN));
    }
}

/// Draws links to the object's dominators, up to the root.
fn dominators(ui: &mut Ui, home: &Place, details: &ObjectDetails, commands: &mut Vec<Command>) {
    /// The maximum number of dominators shown.
    const SHOWN: usize = 12;
    let snapshot = &home.snapshot;
    if details.dominators.is_empty() {
        return;
    }
    ui.add_space(2.0 * GRID);
    ui.weak("Dominated by").on_hover_text(
        "Every path from the roots to this object passes through each of these, nearest first: freeing one frees the object",
    );
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(GRID, GRID * 0.5);
        for (at, &node) in details.dominators.iter().take(SHOWN).enumerate() {
            if at > 0 {
                ui.weak("›");
            }
            let label: String = node_label(snapshot, node);
            let short = human::visible(&label, 36).into_owned();
            let text = RichText::new(format!("{short} {}", snapshot.id(node))).font(theme::mono());
            let link = ui.add(egui::Label::new(text.color(theme::tokens(ui).accent)).sense(Sense::click()));
            link.widget_info(|| WidgetInfo::labeled(Role::Link, true, format!("Dominator {short}")));
            if link.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_text(label).clicked() {
                commands.push(Command::ShowObject(home.target(node)));
            }
        }
        let rest = details.dominators.len().saturating_sub(SHOWN);
        if rest > 0 {
            let plus = if details.has_more_dominators { "+" } else { "" };
            ui.weak(format!("› {rest}{plus} more up to the root"));
        }
    });
}
