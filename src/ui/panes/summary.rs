//! Summary: classes, their objects, and the fields of these; all objects or those that pass a filter.

use std::fmt::Write as _;

use egui::{Align, Id, Key, Layout, Modifiers, RichText, Ui};

use super::super::buttons::clear_button;
use super::filter_label::filter_label;
use super::pane::{About, Pane};
use super::tree::TreeSpec;
use super::{Place, TreePane, chip};
use crate::analysis::JoinedClasses;
use crate::model::{ClassId, NodeOrdinal, human};
use crate::query::{Filter, ListSpec, NativeContexts, NativeContextsOf, NodeFilter, SelectionOf, relevant_percent};
use crate::session::{Reply, Session};
use crate::snapshot::Snapshot;
use crate::ui::command::{Command, NodeSet, Target, ViewKind};
use crate::ui::theme::{self, GRID};
use crate::ui::tree_table::{Column, Path, RowSelection};

const NAMES: Column =
    Column { title: "Constructor", hint: "Objects by constructor; plain objects by their properties", width: 0.0 };

/// The pane's own state.
#[derive(Debug, Default)]
pub struct SummaryPane {
    /// A part of the class name.
    pub filter: String,
    /// The filter for objects.
    pub nodes: NodeFilter,
    /// The filter that was removed to show an object that does not pass it. It keeps its line, because an object may be
    /// revealed long after the user asked for it, and the table must not move then.
    removed: NodeFilter,
    /// The interval that is selected on the timeline.
    pub within: NodeFilter,
    /// True if classes of reloaded scripts are joined into one row.
    pub joins_reloaded: bool,
    pub tree: TreePane,
}

/// Returns the id of the class filter, which a key focuses.
#[must_use]
pub(crate) fn filter_id(side: usize) -> Id {
    Id::unique(("class filter", side))
}

/// The filters that depend on nothing but the snapshot.
const FILTERS: [NodeFilter; 6] = [
    NodeFilter::HeldByDetachedDom,
    NodeFilter::HeldByContexts,
    NodeFilter::HeldByEventHandlers,
    NodeFilter::HeldByConsole,
    NodeFilter::DuplicatedStrings,
    NodeFilter::Unreachable,
];

/// The filters that apply only to programs with documents.
const DOCUMENT_FILTERS: [NodeFilter; 2] = [NodeFilter::HeldByDetachedDom, NodeFilter::HeldByEventHandlers];

impl SummaryPane {
    /// Expands the object's class, scrolls to the object and selects it; returns false if the object is not listed because its
    /// shallow size is 0.
    fn reveal_node(&mut self, session: &mut Session, place: &Place, node: NodeOrdinal) -> bool {
        let snapshot = &place.snapshot;
        if snapshot.shallow_size(node) == 0 {
            return false;
        }
        let class = snapshot.class_id(node);
        self.make_room_for(&snapshot.classes().get(class).name);
        self.leave_filter_for(session, place, node);
        self.tree.table.reveal(vec![self.row(snapshot, class), node.0]);
        true
    }

    /// Shows all objects if the filter excludes this one.
    fn leave_filter_for(&mut self, session: &mut Session, place: &Place, node: NodeOrdinal) {
        let shown = self.shown();
        let is_listed = shown == NodeFilter::All
            || session
                .ask(&SelectionOf { snapshot: place.slot.id, filter: shown.clone() })
                .ready()
                .is_some_and(|selection| selection.contains(node));
        if !is_listed && self.nodes != NodeFilter::All {
            self.removed = std::mem::take(&mut self.nodes);
        }
    }

    /// Scrolls to a class and selects it.
    pub fn reveal_class(&mut self, place: &Place, class: ClassId) {
        self.make_room_for(&place.snapshot.classes().get(class).name);
        self.tree.table.reveal(vec![self.row(&place.snapshot, class)]);
    }

    /// Returns the row of a class.
    fn row(&self, snapshot: &Snapshot, class: ClassId) -> u32 {
        let joined = snapshot.joined_classes().filter(|_| self.joins_reloaded);
        joined.map_or(class, |joined| joined.first(class)).0
    }

    /// Returns the filter and the timeline's interval combined.
    fn shown(&self) -> NodeFilter {
        self.within.clone().and(self.nodes.clone())
    }

    /// Returns the objects of a class that pass the filter.
    pub(in crate::ui) fn node_set(&self, class: ClassId) -> NodeSet {
        let set = if self.joins_reloaded { NodeSet::JoinedClass } else { NodeSet::Class };
        set(class, self.shown())
    }

    fn make_room_for(&mut self, class_name: &str) {
        if !class_name.to_lowercase().contains(&self.filter.trim().to_lowercase()) {
            self.filter.clear();
        }
    }

    const NAME: &'static str = "Summary";

    /// Draws the filters; returns whether the user wants to go from them into the table.
    fn toolbar(&mut self, ui: &mut Ui, session: &mut Session, place: &Place, commands: &mut Vec<Command>) -> bool {
        let filter_id = filter_id(place.slot.side);
        let has_focus = ui.memory(|memory| memory.has_focus(filter_id));
        let goes_on = has_focus
            && ui.input_mut(|input| {
                input.consume_key(Modifiers::NONE, Key::ArrowDown) || input.consume_key(Modifiers::NONE, Key::Enter)
            });
        super::toolbar(ui, |ui| {
            let hint = "Filter classes   (Ctrl+K)";
            let edit = egui::TextEdit::singleline(&mut self.filter).id(filter_id).hint_text(hint).desired_width(190.0);
            let response = ui.add(edit);
            ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Filter classes"));
            if !self.filter.is_empty() && clear_button(ui, &response, "Clear the filter") {
                self.filter.clear();
            }
            ui.menu_button("Filter objects", |ui| {
                self.filter_menu(ui, session, place);
            })
            .response
            .on_hover_text("Show only some of the objects");
            if place.snapshot.joined_classes().is_some_and(JoinedClasses::changes_anything) {
                super::join_switch(ui, &mut self.joins_reloaded);
            }
            if self.nodes == NodeFilter::All {
                self.unreachable_link(ui, session, place);
            }
        });
        if self.nodes != NodeFilter::All {
            self.removed = NodeFilter::All;
            self.filter_line(ui, session, place, commands);
        } else if self.removed != NodeFilter::All {
            self.removed_line(ui, session, place);
        }
        goes_on
    }

    /// Draws the unreachable share, if it is a relevant part; a click shows these objects.
    fn unreachable_link(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) {
        /// The minimum width for the link. If it started a new line, the table would move when the numbers arrive. The
        /// filter menu has the same entry.
        const ROOM: f32 = 32.0 * GRID;
        if ui.available_size_before_wrap().x < ROOM {
            return;
        }
        let Reply::Ready(unreachable) =
            session.ask(&SelectionOf { snapshot: place.slot.id, filter: NodeFilter::Unreachable })
        else {
            return;
        };
        if let Some(percent) = relevant_percent(&place.snapshot, unreachable.shallow_size) {
            let text = RichText::new(format!("{percent:.1}% unreachable")).font(theme::small());
            let hint = "Show only the objects that no path of references from a root reaches";
            if ui.link(text).on_hover_text(hint).clicked() {
                self.nodes = NodeFilter::Unreachable;
            }
        }
    }

    /// Draws the filter that was removed, in the place that it had.
    fn removed_line(&mut self, ui: &mut Ui, session: &Session, place: &Place) {
        ui.horizontal(|ui| {
            ui.add_space(2.0 * GRID);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.add_space(2.0 * GRID);
                if ui.link("Restore filter").clicked() {
                    self.nodes = std::mem::take(&mut self.removed);
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let label = filter_label(session, place, &self.removed);
                    let text = format!("The filter “{label}” was removed: it excludes the object");
                    if chip(ui, &text, "Remove the filter") {
                        self.removed = NodeFilter::All;
                    }
                });
            });
        });
    }

    /// Draws the chosen filter. Its numbers arrive later, so the line neither wraps nor grows.
    fn filter_line(&mut self, ui: &mut Ui, session: &mut Session, place: &Place, commands: &mut Vec<Command>) {
        ui.horizontal(|ui| {
            ui.add_space(2.0 * GRID);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.add_space(2.0 * GRID);
                let hint = "Show the retaining paths of all these objects as one tree";
                if ui.link("Merge retaining paths").on_hover_text(hint).clicked() {
                    commands.push(Command::MergePaths {
                        of: place.slot.id,
                        title: filter_label(session, place, &self.nodes),
                        nodes: NodeSet::Filter(self.shown()),
                    });
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let mut text = filter_label(session, place, &self.nodes);
                    if let Reply::Ready(selection) =
                        session.ask(&SelectionOf { snapshot: place.slot.id, filter: self.shown().clone() })
                    {
                        let size = theme::look(ui).units.bytes(selection.shallow_size);
                        let _ = write!(text, ":  {}, {size}", human::quantity(selection.count, "object", "objects"));
                    }
                    if chip(ui, &text, "Show all objects") {
                        self.nodes = NodeFilter::All;
                    }
                });
            });
        });
    }

    fn filter_menu(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) {
        ui.set_min_width(330.0);
        if ui.selectable_label(self.nodes == NodeFilter::All, "All objects").clicked() {
            (self.nodes, self.removed) = (NodeFilter::All, NodeFilter::All);
            ui.close();
        }
        ui.separator();
        let has_documents = place.snapshot.producer().program.has_documents();
        for filter in FILTERS.into_iter().filter(|filter| has_documents || !DOCUMENT_FILTERS.contains(filter)) {
            self.filter_item(ui, session, place, filter);
        }
        ui.separator();
        let filters = id_filters(session);
        if filters.is_empty() {
            ui.weak("Open another snapshot to filter by allocation time");
        }
        for filter in filters {
            self.filter_item(ui, session, place, filter);
        }
        ui.separator();
        match session.ask(&NativeContextsOf(place.slot.id)) {
            Reply::Ready(contexts) => self.context_items(ui, session, place, &contexts),
            Reply::Pending { .. } => {
                ui.weak("Finding realms…");
            }
            Reply::Failed(message) => {
                ui.weak(message);
            }
        }
    }

    /// Draws a filter with the number and size of its objects, which are computed while the menu is open.
    fn filter_item(&mut self, ui: &mut Ui, session: &mut Session, place: &Place, filter: NodeFilter) {
        let facts = match session.ask(&SelectionOf { snapshot: place.slot.id, filter: filter.clone() }) {
            Reply::Ready(selection) => count_and_size(ui, Some(selection.count), selection.shallow_size),
            Reply::Pending { .. } => "…".to_owned(),
            Reply::Failed(message) => message,
        };
        let label = filter_label(session, place, &filter);
        self.item(ui, &label, &facts, filter);
    }

    fn item(&mut self, ui: &mut Ui, label: &str, facts: &str, filter: NodeFilter) {
        let button = egui::Button::selectable(self.nodes == filter, human::visible(label, 60).into_owned())
            .right_text(RichText::new(facts).font(theme::small()).color(theme::tokens(ui).weak));
        if ui.add(button).clicked() {
            self.nodes = filter;
            ui.close();
        }
    }

    /// Draws the filters for realms; their sizes are all known at once.
    fn context_items(&mut self, ui: &mut Ui, session: &Session, place: &Place, contexts: &NativeContexts) {
        for context in contexts.contexts.iter().take(20) {
            let filter = NodeFilter::NativeContext(context.node);
            let facts = count_and_size(ui, Some(context.attributed_count), context.attributed_size);
            self.item(ui, &filter_label(session, place, &filter), &facts, filter);
        }
        for (filter, size) in [
            (NodeFilter::SharedByContexts, contexts.shared_size),
            (NodeFilter::WithoutContext, contexts.unattributed_size),
        ] {
            let facts = count_and_size(ui, None, size);
            self.item(ui, &filter_label(session, place, &filter), &facts, filter);
        }
    }
}

fn count_and_size(ui: &Ui, count: Option<u64>, size: u64) -> String {
    let size = theme::look(ui).units.bytes(size);
    count.map_or_else(|| size.clone(), |count| format!("{}, {size}", human::quantity(count, "object", "objects")))
}

/// Returns filters for the times before and between the open snapshots, by their largest ids.
fn id_filters(session: &Session) -> Vec<NodeFilter> {
    let mut bounds: Vec<u64> = session.open().iter().map(|open| open.snapshot.max_object_id()).collect();
    bounds.sort_unstable();
    bounds.dedup();
    bounds.retain(|bound| *bound > 0);
    if bounds.len() < 2 {
        return Vec::new();
    }
    let mut filters: Vec<NodeFilter> = bounds.iter().map(|&up_to| NodeFilter::Ids { after: 0, up_to }).collect();
    for (at, &after) in bounds.iter().enumerate() {
        filters.extend(bounds[at + 1..].iter().map(|&up_to| NodeFilter::Ids { after, up_to }));
    }
    filters
}

impl ViewKind {
    pub const SUMMARY: Self = Self("Summary");
}

impl Pane for SummaryPane {
    fn about() -> About {
        About { reveals: true, links: true, ..About::new(ViewKind::SUMMARY, "Objects by constructor").purpose(
            "Use Summary to see which classes take memory. To see what changed between two snapshots, use Comparison.",
        ) }
    }

    fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        let mut commands = Vec::new();
        if self.toolbar(ui, session, place, &mut commands) {
            ui.memory_mut(|memory| memory.request_focus(TreePane::id(Self::NAME, place)));
            self.tree.table.select_first();
        }
        let shown = self.shown();
        let selection = match &shown {
            NodeFilter::All => None,
            filter => {
                let reply = session.ask(&SelectionOf { snapshot: place.slot.id, filter: filter.clone() });
                let cancel = || self.nodes = NodeFilter::All;
                let Some(selection) = super::answer(ui, reply, "Filtering objects…", cancel) else { return commands };
                Some(selection)
            }
        };
        let empty = if self.filter.trim().is_empty() { "No matching objects" } else { "No matching classes" };
        let list = if self.joins_reloaded { ListSpec::JoinedClasses } else { ListSpec::Classes };
        let mut spec = TreeSpec::new(Self::NAME, list, NAMES, empty);
        spec.filter = Filter { class_name: self.filter.trim().to_owned(), nodes: shown, ..Filter::default() };
        spec.selection = selection;
        commands.extend(self.tree.show(ui, session, place, &spec));
        commands
    }

    fn table(&mut self) -> Option<&mut dyn RowSelection> {
        Some(&mut self.tree.table)
    }

    fn narrow(&mut self, within: &NodeFilter) {
        self.within.clone_from(within);
    }

    fn lists(&mut self, session: &mut Session, place: &Place, target: Target) -> bool {
        let snapshot = &place.snapshot;
        let name = &snapshot.class(target.node).name;
        let mut passes = || match self.shown() {
            NodeFilter::All => true,
            filter => {
                let selection = session.ask(&SelectionOf { snapshot: place.slot.id, filter }).ready();
                selection.is_some_and(|selection| selection.contains(target.node))
            }
        };
        snapshot.shallow_size(target.node) > 0
            && name.to_lowercase().contains(&self.filter.trim().to_lowercase())
            && passes()
    }

    fn reveal(&mut self, session: &mut Session, place: &Place, target: Target) -> Result<(), String> {
        if self.reveal_node(session, place, target.node) {
            return Ok(());
        }
        let id = place.snapshot.id(target.node);
        Err(format!("{id} has a shallow size of 0, so the Summary does not list it"))
    }

    fn restore_row(&mut self, session: &mut Session, place: &Place, row: Path) {
        match row[..] {
            [] => {}
            [class] => self.reveal_class(place, ClassId(class)),
            [_, object] => {
                // Only listed objects were selected.
                let _ = self.reveal_node(session, place, NodeOrdinal(object));
            }
            [class, object, ..] => {
                self.make_room_for(&place.snapshot.classes().get(ClassId(class)).name);
                self.leave_filter_for(session, place, NodeOrdinal(object));
                self.tree.table.reveal(row);
            }
        }
    }

    fn is_busy(&self) -> bool {
        self.tree.table.is_revealing()
    }
}
