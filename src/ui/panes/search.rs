//! Search: a line above every view that counts hits and steps through them, and a view that lists all hits.

use egui::{Align, Label, Layout, RichText, Ui};

use super::pane::{About, Pane};
use super::tree::TreeSpec;
use super::{Place, TreePane};
use crate::model::{NodeOrdinal, human};
use crate::query::{Filter, ListSpec, NodeFilter, OrderKey, Query, SelectionOf, unknown_kind};
use crate::session::{Reply, Session};
use crate::ui::command::{Command, NodeSet, Step, Target, ViewKind};
use crate::ui::icons::{self, Icon};
use crate::ui::theme::{self, GRID};
use crate::ui::tree_table::{Column, RowSelection};

const NAMES: Column = Column { title: "Object", hint: "Objects that match the search", width: 0.0 };

/// The room that the buttons for all hits need.
const ACTIONS: f32 = 220.0;
/// The room of the buttons that step through the hits, and of the menu.
const STEPS: f32 = 104.0;

/// The state of the line and of the view.
#[derive(Debug, Default)]
pub struct SearchPane {
    pub is_open: bool,
    pub text: String,
    /// The interval that is selected on the timeline.
    pub within: NodeFilter,
    /// The search text and the index of the current hit.
    at: Option<(String, usize)>,
    /// A step that waits for the hits.
    step: Option<Step>,
    pub tree: TreePane,
}

impl SearchPane {
    const NAME: &'static str = "Search hits";

    fn filter(&self) -> Option<NodeFilter> {
        let text = self.text.trim();
        let matching = || self.within.clone().and(NodeFilter::Matching(text.to_owned()));
        (!text.is_empty() && Query::parse(text).is_ok()).then(matching)
    }

    /// Returns the error in the query, if any, including kinds that the snapshot does not have.
    fn error(&self, place: &Place) -> Option<String> {
        let text = self.text.trim();
        if text.is_empty() {
            return None;
        }
        let error = Query::parse(text).map_or_else(Some, |query| unknown_kind(&place.snapshot, &query))?;
        Some(human::visible(&error.message, 300).into_owned())
    }

    /// Goes to another hit once the hits are known.
    pub fn go(&mut self, step: Step) {
        self.step = Some(step);
    }

    fn order_key(&self, place: &Place, filter: NodeFilter) -> OrderKey {
        let filter = Filter { nodes: filter, ..Filter::default() };
        OrderKey { snapshot: place.slot.id, list: ListSpec::Selected, sort: self.tree.sort, filter }
    }

    /// Returns the hit that a waiting step leads to, once the hits are known.
    fn take_step(&mut self, session: &mut Session, place: &Place) -> Option<NodeOrdinal> {
        let step = self.step?;
        let Some(filter) = self.filter() else {
            self.step = None;
            return None;
        };
        let Reply::Ready(order) = session.ask(&self.order_key(place, filter)) else { return None };
        self.step = None;
        let count = order.rows.len();
        let before = self.at.as_ref().filter(|(text, _)| *text == self.text).map(|(_, at)| *at);
        let at = match (before, step) {
            _ if count == 0 => return None,
            (None, Step::Next) => 0,
            (None, Step::Previous) => count - 1,
            (Some(at), Step::Next) => (at + 1) % count,
            (Some(at), Step::Previous) => (at + count - 1) % count,
        };
        self.at = Some((self.text.clone(), at));
        order.rows.get(at).map(|&node| NodeOrdinal(node))
    }

    /// Draws the line above the shown pane, which reveals hits if it can.
    pub fn line(&mut self, ui: &mut Ui, session: &mut Session, place: &Place, about: About) -> Vec<Command> {
        let mut commands = Vec::new();
        if let Some(node) = self.take_step(session, place) {
            let target = place.target(node);
            commands.push(if about.reveals {
                Command::Reveal(target, about.kind)
            } else {
                Command::ShowObject(target)
            });
        }
        if !self.is_open {
            return commands;
        }
        let tokens = theme::tokens(ui);
        let frame = egui::Frame::new().fill(tokens.surface).inner_margin(egui::Margin::symmetric(8, 4));
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            // The number of hits arrives later than the text; the line must neither wrap nor grow then.
            ui.horizontal(|ui| {
                ui.set_min_height(6.0 * GRID);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if crate::ui::buttons::close_button(ui, "Close the search") {
                        self.is_open = false;
                    }
                    icons::menu(ui, Icon::CircleQuestionMark, "Search syntax", "Search syntax", help);
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        self.facts(ui, session, place, about.kind, &mut commands);
                    });
                });
            });
        });
        commands
    }

    fn facts(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        place: &Place,
        kind: ViewKind,
        commands: &mut Vec<Command>,
    ) {
        let text = self.text.trim();
        if text.is_empty() {
            let hint = "Type above to search objects by name, @id, class:, size>, retained> or distance<";
            ui.add(Label::new(RichText::new(hint).weak()).truncate());
            return;
        }
        if let Some(error) = self.error(place) {
            // In one line, so that nothing below moves; the Search view shows the whole text.
            ui.add(Label::new(RichText::new(&error).color(theme::tokens(ui).error)).truncate()).on_hover_text(error);
            return;
        }
        let Some(filter) = self.filter() else { return };
        match session.ask(&SelectionOf { snapshot: place.slot.id, filter: filter.clone() }) {
            Reply::Pending { .. } => {
                crate::ui::spinner::spinner(ui);
                ui.weak("Searching…");
            }
            Reply::Failed(message) => {
                ui.label(RichText::new(message).color(theme::tokens(ui).error));
            }
            Reply::Ready(selection) if selection.count == 0 => {
                ui.weak("No matching objects");
            }
            Reply::Ready(selection) => {
                let size = theme::look(ui).units.bytes(selection.shallow_size);
                let place_of = self.at.as_ref().filter(|(of, _)| of == &self.text).map(|(_, at)| *at as u64 + 1);
                let at = place_of.map_or_else(String::new, |at| format!("{} of ", human::count(at)));
                let text = format!("{at}{}, {size}", human::quantity(selection.count, "object", "objects"));
                let room = (ui.available_width() - STEPS).max(0.0);
                ui.scope(|ui| {
                    ui.set_max_width(room);
                    ui.add(Label::new(RichText::new(text).weak()).truncate());
                });
                if icons::icon_button(ui, Icon::ChevronUp, "Previous hit", "Previous   (Shift+F3)").clicked() {
                    self.go(Step::Previous);
                }
                if icons::icon_button(ui, Icon::ChevronDown, "Next hit", "Next   (F3)").clicked() {
                    self.go(Step::Next);
                }
                if ui.available_width() < ACTIONS {
                    icons::menu(ui, Icon::Ellipsis, "More for the hits", "More for the hits", |ui| {
                        self.actions(ui, place, kind, filter, commands);
                    });
                } else {
                    self.actions(ui, place, kind, filter, commands);
                }
            }
        }
    }

    /// Draws what can be done with all hits.
    fn actions(&self, ui: &mut Ui, place: &Place, kind: ViewKind, filter: NodeFilter, commands: &mut Vec<Command>) {
        if kind != ViewKind::SEARCH && ui.button("List").on_hover_text("List all hits in a table").clicked() {
            commands.push(Command::Show(ViewKind::SEARCH));
        }
        if ui.button("Filter").on_hover_text("Show only the hits in the Summary").clicked() {
            commands.push(Command::Filter(filter.clone()));
        }
        if ui.button("Merge paths").on_hover_text("Merge the retaining paths of all hits").clicked() {
            commands.push(Command::MergePaths {
                of: place.slot.id,
                title: text_title(&self.text),
                nodes: NodeSet::Filter(filter),
            });
        }
    }
}

fn text_title(text: &str) -> String {
    format!("“{}”", human::visible(text, 40))
}

/// Draws the grammar by example.
fn help(ui: &mut Ui) {
    /// The width of an example, and the maximum width of its meaning.
    const EXAMPLE: f32 = 190.0;
    const MEANING: f32 = 430.0;
    let margin = egui::Frame::new().inner_margin(egui::Margin::symmetric(14, 8));
    egui::ScrollArea::vertical().auto_shrink([true, true]).show(ui, |ui| {
        margin.show(ui, |ui| {
            let meaning_width = (ui.available_width() - EXAMPLE - 4.0 * GRID).clamp(120.0, MEANING);
            egui::Grid::new("search help").num_columns(2).spacing([4.0 * GRID, GRID]).show(ui, |ui| {
                for (example, meaning) in Query::help() {
                    ui.label(RichText::new(*example).font(theme::mono()));
                    ui.scope(|ui| {
                        ui.set_width(meaning_width);
                        ui.add(Label::new(RichText::new(*meaning).weak()).wrap());
                    });
                    ui.end_row();
                }
            });
        });
    });
}

impl ViewKind {
    pub const SEARCH: Self = Self("Search");
}

impl Pane for SearchPane {
    fn about() -> About {
        About {
            reveals: true,
            ..About::new(ViewKind::SEARCH, "All objects that match the search")
                .purpose("Use Search to find objects by name, class, property, kind, size or id in the whole snapshot.")
        }
    }

    fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        if let Some(error) = self.error(place) {
            super::placeholder(ui, &error);
            help(ui);
            return Vec::new();
        }
        let Some(filter) = self.filter() else {
            super::placeholder(ui, "Type a query above   (Ctrl+F)");
            help(ui);
            return Vec::new();
        };
        let mut spec = TreeSpec::new(Self::NAME, ListSpec::Selected, NAMES, "No matching objects");
        spec.filter = Filter { nodes: filter, ..Filter::default() };
        self.tree.show(ui, session, place, &spec)
    }

    fn table(&mut self) -> Option<&mut dyn RowSelection> {
        Some(&mut self.tree.table)
    }

    fn narrow(&mut self, within: &NodeFilter) {
        self.within.clone_from(within);
    }

    fn lists(&mut self, session: &mut Session, place: &Place, target: Target) -> bool {
        let Some(filter) = self.filter() else { return false };
        let selection = session.ask(&SelectionOf { snapshot: place.slot.id, filter }).ready();
        selection.is_some_and(|selection| selection.contains(target.node))
    }

    fn reveal(&mut self, _: &mut Session, _: &Place, target: Target) -> Result<(), String> {
        self.tree.table.reveal(vec![target.node.0]);
        Ok(())
    }
}
