//! A view: one snapshot in one of the two places, with its tabs above and the selected object below.

use std::sync::Arc;

use egui::{CentralPanel, Panel, Rect, Ui};

use super::command::{Command, NodeSet, Target, ViewKind};
use super::history::Visit;
use super::panes::allocations::AllocationsPane;
use super::panes::comparison::ComparisonPane;
use super::panes::dead_variables::DeadVariablesPane;
use super::panes::dominators::DominatorsPane;
use super::panes::growth::GrowthPane;
use super::panes::object::ObjectPane;
use super::panes::paths::{MergeRequest, PathsPane};
use super::panes::retainers::RetainersPane;
use super::panes::search::SearchPane;
use super::panes::strings::StringsPane;
use super::panes::summary::SummaryPane;
use super::panes::timeline::TimelinePane;
use super::panes::{Place, TreePane, contexts, statistics};
use super::theme::{self, GRID};
use super::tree_table::RowSelection;
use crate::model::{ClassId, NodeOrdinal, SnapshotId, human};
use crate::query::{Filter, Lane, ListSpec, NodeFilter, dominators_down, has_allocations, way_down};
use crate::session::{Pending, Session};

/// What the lower left pane shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Lower {
    #[default]
    Retainers,
    Paths,
    /// Where there is no room for the object beside the others.
    Object,
}

/// Levels that are opened on the way to an object: each takes a list of its own, and indents what is below.
const MAX_REVEALED: usize = 200;
/// Sides narrower than this show the object in a tab.
const NARROW: f32 = 640.0;

/// The panes of one snapshot, each with its own state, so that going back and forth between snapshots loses nothing.
#[derive(Debug, Default)]
pub struct View {
    pub kind: ViewKind,
    pub lower: Lower,
    pub summary: SummaryPane,
    pub comparison: ComparisonPane,
    pub containment: TreePane,
    pub dominators: DominatorsPane,
    pub strings: StringsPane,
    pub dead_variables: DeadVariablesPane,
    pub search: SearchPane,
    pub growth: GrowthPane,
    pub timeline: TimelinePane,
    pub allocations: AllocationsPane,
    pub retainers: RetainersPane,
    pub paths: PathsPane,
    pub object: ObjectPane,
    /// The object of the row that is selected in a lower table; `None` where none is, or the row is no object.
    inspected: Option<Target>,
    /// Where the upper pane was drawn last.
    upper_rect: Option<Rect>,
    /// The rows to open on the way to what is to be revealed in Containment or Dominators.
    way_down: Option<(ViewKind, Pending<Vec<u32>>)>,
    /// What to say once the rows on the way are open.
    way_note: Option<String>,
}

impl View {
    /// Shows an object in the lower panes, or none. `by` is the view whose table has selected it; a row that is selected
    /// anywhere else would belong to another object.
    pub fn select(&mut self, session: &Session, target: Option<Target>, by: Option<ViewKind>) {
        for kind in ViewKind::ALL {
            if by != Some(kind)
                && let Some(table) = self.upper_table(kind)
            {
                table.clear_selection();
            }
        }
        (self.way_down, self.way_note) = (None, None);
        self.clear_lower_selection();
        self.retainers.set_target(target);
        self.paths.set_target(target);
        self.dominators.picture.set_selected(target.map(|target| target.node));
        self.settle(session);
    }

    /// Shows the object of a lower table's row in the object pane, and leaves everything else as it is.
    pub fn inspect(&mut self, session: &Session, target: Option<Target>) {
        self.inspected = target;
        self.settle(session);
    }

    /// The object whose retainers and paths are shown.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        self.retainers.target()
    }

    /// The object of the row that is selected in a lower table.
    #[must_use]
    pub fn inspected(&self) -> Option<Target> {
        self.inspected
    }

    /// The class that is selected in the summary, if one is.
    #[must_use]
    pub fn selected_class(&self) -> Option<ClassId> {
        let row = self.summary.tree.table.selected_row().filter(|_| self.kind == ViewKind::Summary)?;
        (row.len() == 1).then(|| row.first().copied().map(ClassId)).flatten()
    }

    fn clear_lower_selection(&mut self) {
        self.retainers.tree.table.clear_selection();
        if let Some(table) = self.paths.table_mut() {
            table.clear_selection();
        }
    }

    /// Invariant: the object pane shows the object of the row that is selected in the lower table or, where none is, the
    /// one whose retainers are shown. Lists that were made anew, tabs and closed snapshots take selections away.
    pub(super) fn settle(&mut self, session: &Session) {
        if self.target().is_some_and(|target| session.snapshot(target.snapshot).is_none()) {
            return self.select(session, None, None);
        }
        match self.lower {
            Lower::Retainers => {
                if let Some(table) = self.paths.table_mut() {
                    table.clear_selection();
                }
            }
            Lower::Paths => self.retainers.tree.table.clear_selection(),
            // In the place of the table whose row it shows.
            Lower::Object => {}
        }
        if self.lower_row().is_none() {
            self.inspected = None;
        }
        let shown = self.inspected.or(self.target());
        self.object.set_target(session, shown.filter(|target| session.snapshot(target.snapshot).is_some()));
    }

    /// The selected row of the lower tables.
    fn lower_row(&self) -> Option<&super::tree_table::Path> {
        let paths = self.paths.table().and_then(RowSelection::selected_row);
        self.retainers.tree.table.selected_row().or(paths)
    }

    /// The table of a view, if it has one whose rows are objects or lead to them.
    fn upper_table(&mut self, kind: ViewKind) -> Option<&mut dyn RowSelection> {
        Some(match kind {
            ViewKind::Summary => &mut self.summary.tree.table,
            ViewKind::Comparison => &mut self.comparison.table,
            ViewKind::Containment => &mut self.containment.table,
            ViewKind::Dominators => &mut self.dominators.tree.table,
            ViewKind::Strings => &mut self.strings.table,
            ViewKind::Contexts => &mut self.dead_variables.table,
            ViewKind::Search => &mut self.search.tree.table,
            ViewKind::Growth => &mut self.growth.table,
            ViewKind::Statistics | ViewKind::Timeline | ViewKind::Allocations => return None,
        })
    }

    /// What going back to this moment restores.
    pub(super) fn visit(&mut self, slot: super::panes::Slot) -> Visit {
        let kind = self.kind;
        let row = self.upper_table(kind).and_then(|table| table.selected_row().cloned());
        Visit { slot, kind, row, target: self.target(), lower: self.lower, merged: self.paths.merged().cloned() }
    }

    /// Shows again what was shown at a moment.
    pub(super) fn restore(&mut self, session: &mut Session, place: &Place, visit: Visit) {
        self.kind = visit.kind;
        self.lower = visit.lower;
        self.select(session, visit.target, None);
        self.paths.merge(visit.merged);
        let own = visit.target.filter(|target| target.snapshot == place.slot.id);
        match (visit.row, own) {
            (Some(row), _) if visit.kind == ViewKind::Summary => self.summary.restore_row(session, place, row),
            (Some(row), _) => {
                if let Some(table) = self.upper_table(visit.kind) {
                    table.reveal_row(row);
                }
            }
            // The row was never reached.
            (None, Some(target)) => self.ask_for_way(session, place, target, visit.kind),
            (None, None) => {}
        }
    }

    /// Goes to an object of the view's own snapshot; says why if that cannot be.
    ///
    /// # Errors
    /// Text for the person.
    pub fn reveal(
        &mut self,
        session: &mut Session,
        place: &Place,
        target: Target,
        kind: ViewKind,
    ) -> Result<(), String> {
        self.select(session, Some(target), None);
        self.leave_interval_for(place, target.node);
        match kind {
            ViewKind::Containment | ViewKind::Dominators => self.ask_for_way(session, place, target, kind),
            ViewKind::Search => self.search.tree.table.reveal(vec![target.node.0]),
            _ => {
                if !self.summary.reveal(session, place, target.node) {
                    let id = place.snapshot.id(target.node);
                    return Err(format!("{id} has no size of its own, so its class does not list it in the summary"));
                }
            }
        }
        let shows = matches!(kind, ViewKind::Containment | ViewKind::Dominators | ViewKind::Search);
        self.kind = if shows { kind } else { ViewKind::Summary };
        Ok(())
    }

    /// Asks for the rows to open on the way to an object, in the views that have them below each other.
    fn ask_for_way(&mut self, session: &Session, place: &Place, target: Target, kind: ViewKind) {
        let snapshot = Arc::clone(&place.snapshot);
        let way = match kind {
            ViewKind::Containment => session.spawn(Lane::Interactive, move |cancel| {
                Ok(way_down(&snapshot, target.node, None, cancel)?.into_iter().map(|edge| edge.0).collect())
            }),
            ViewKind::Dominators => session.spawn(Lane::Interactive, move |cancel| {
                Ok(dominators_down(&snapshot, target.node, cancel)?.into_iter().map(|node| node.0).collect())
            }),
            _ => return,
        };
        self.way_down = Some((kind, way));
    }

    /// Clears the timeline's interval if an object of this snapshot was not allocated in it.
    pub(super) fn leave_interval_for(&mut self, place: &Place, node: NodeOrdinal) {
        let id = place.snapshot.id(node).0;
        let NodeFilter::Ids { after, up_to } = *self.timeline.within() else { return };
        if id <= after || id > up_to {
            self.timeline.clear();
            self.summary.within = NodeFilter::All;
        }
    }

    /// Goes to a class in the summary.
    pub fn reveal_class(&mut self, session: &Session, place: &Place, class: ClassId) {
        self.select(session, None, None);
        self.summary.reveal_class(place, class);
    }

    /// Merges the retaining paths of many objects and shows them.
    pub fn merge_paths(&mut self, of: SnapshotId, title: String, nodes: NodeSet) {
        self.paths.merge(Some(Arc::new(MergeRequest { of, title, nodes })));
        self.lower = Lower::Paths;
    }

    /// Shows the object's retainers.
    pub fn show_retainers(&mut self, session: &Session, target: Target) {
        // The row that the menu belongs to may be the one that has selected the object.
        let by = (self.target() == Some(target)).then_some(self.kind);
        self.lower = Lower::Retainers;
        self.select(session, Some(target), by);
    }

    /// The selected row of the upper table and the position of its first row, for the view that this one is linked to.
    #[must_use]
    pub fn first_row(&self) -> Option<u64> {
        match self.kind {
            ViewKind::Summary => Some(self.summary.tree.table.first_row()),
            ViewKind::Containment => Some(self.containment.table.first_row()),
            ViewKind::Dominators => Some(self.dominators.tree.table.first_row()),
            _ => None,
        }
    }

    /// Scrolls the upper table by whole rows.
    pub fn scroll_rows(&mut self, rows: i64) {
        match self.kind {
            ViewKind::Summary => self.summary.tree.table.scroll_rows(rows),
            ViewKind::Containment => self.containment.table.scroll_rows(rows),
            ViewKind::Dominators => self.dominators.tree.table.scroll_rows(rows),
            _ => {}
        }
    }

    /// Whether something that was asked for is still on its way to the screen.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.way_down.is_some()
            || (self.lower == Lower::Retainers && self.retainers.is_busy())
            || self.summary.tree.table.is_revealing()
            || self.containment.table.is_revealing()
            || self.dominators.tree.table.is_revealing()
    }

    pub fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        let mut commands = Vec::new();
        let frame = egui::Frame::new().fill(theme::tokens(ui).background);
        let side = place.slot.side;
        let height = ui.available_height();
        ui.painter().rect_filled(ui.available_rect_before_wrap(), 0.0, theme::tokens(ui).background);
        ui.spacing_mut().item_spacing.y = 0.0;
        self.tabs(ui, place, &mut commands);
        self.narrow(ui, session, place);
        commands.extend(self.search.line(ui, session, place, self.kind));
        // Views without objects get the room of panes that would say nothing.
        let is_alone = matches!(self.kind, ViewKind::Statistics | ViewKind::Timeline | ViewKind::Allocations);
        if !is_alone || self.object.target().is_some() {
            let lower = Panel::bottom(egui::Id::unique(("lower pane", side))).resizable(true).frame(frame);
            let lower = lower.default_size(height * 0.42).size_range(120.0..=(height - 200.0).max(121.0));
            lower.show(ui, |ui| within(ui, |ui| self.lower(ui, session, place, &mut commands)));
        }
        CentralPanel::default().frame(frame).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = GRID;
            ui.add_space(GRID);
            self.upper_rect = Some(ui.available_rect_before_wrap());
            commands.extend(self.upper(ui, session, place));
        });
        commands
    }

    fn lower(&mut self, ui: &mut Ui, session: &mut Session, place: &Place, commands: &mut Vec<Command>) {
        ui.spacing_mut().item_spacing.y = GRID;
        let width = ui.available_width();
        let is_narrow = width < NARROW;
        if self.lower == Lower::Object && !is_narrow {
            self.lower = Lower::Retainers;
        }
        let frame = egui::Frame::new().fill(theme::tokens(ui).background);
        if !is_narrow {
            let right = Panel::right(egui::Id::unique(("object", place.slot.side))).resizable(true).frame(frame);
            let right = right.default_size((width * 0.36).clamp(120.0, 420.0));
            right.size_range(110.0..=(width - 160.0).max(111.0)).show(ui, |ui| {
                within(ui, |ui| {
                    ui.add_space(GRID);
                    commands.extend(self.object.show(ui, session, place));
                });
            });
        }
        CentralPanel::default().frame(frame).show(ui, |ui| {
            within(ui, |ui| {
                ui.add_space(GRID);
                self.lower_left(ui, session, place, is_narrow, commands);
            });
        });
    }

    /// Narrows the views to what the timeline has selected, and draws its strip.
    fn narrow(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) {
        if !TimelinePane::is_there(place) {
            return;
        }
        if self.kind != ViewKind::Timeline {
            let whole = matches!(self.kind, ViewKind::Comparison | ViewKind::Contexts)
                || (self.kind == ViewKind::Dominators && self.dominators.as_picture);
            self.timeline.strip(ui, session, place, whole);
        }
        let within = self.timeline.within().clone();
        self.search.within.clone_from(&within);
        self.allocations.within.clone_from(&within);
        self.dominators.within.clone_from(&within);
        self.strings.within.clone_from(&within);
        self.summary.within = within;
    }

    fn tabs(&self, ui: &mut Ui, place: &Place, commands: &mut Vec<Command>) {
        let frame = egui::Frame::new().fill(theme::tokens(ui).surface).inner_margin(egui::Margin::symmetric(8, 3));
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing.x = GRID;
                for (at, kind) in ViewKind::ALL.into_iter().enumerate() {
                    let is_there = match kind {
                        ViewKind::Timeline => TimelinePane::is_there(place),
                        ViewKind::Allocations => has_allocations(&place.snapshot),
                        _ => true,
                    };
                    // What few files have takes no room in the others, unless somebody goes there by name.
                    if !is_there && self.kind != kind {
                        continue;
                    }
                    let key = match kind {
                        ViewKind::Timeline => "Ctrl+Shift+T".to_owned(),
                        ViewKind::Allocations => "Ctrl+Shift+A".to_owned(),
                        _ => format!("Ctrl+{}", at + 1),
                    };
                    let hint = format!("{}   ({key})", kind.hint());
                    if ui.selectable_label(self.kind == kind, kind.label()).on_hover_text(hint).clicked() {
                        commands.push(Command::Show(kind));
                    }
                }
            });
        });
    }

    fn lower_left(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        place: &Place,
        with_object: bool,
        commands: &mut Vec<Command>,
    ) {
        ui.horizontal(|ui| {
            ui.add_space(2.0 * GRID);
            ui.selectable_value(&mut self.lower, Lower::Retainers, "Retainers")
                .on_hover_text("Who holds the selected object, step by step");
            ui.selectable_value(&mut self.lower, Lower::Paths, "Paths")
                .on_hover_text("Whole paths from the roots, of one object or of many merged");
            if with_object {
                ui.selectable_value(&mut self.lower, Lower::Object, "Object");
            }
        });
        match self.lower {
            Lower::Retainers => commands.extend(self.retainers.show(ui, session, place)),
            Lower::Object => commands.extend(self.object.show(ui, session, place)),
            Lower::Paths => commands.extend(self.paths.show(ui, session, place, &self.retainers.ignored)),
        }
    }

    fn take_way_down(&mut self, commands: &mut Vec<Command>) {
        if !self.containment.table.is_revealing() && !self.dominators.tree.table.is_revealing() {
            commands.extend(self.way_note.take().map(Command::Notify));
        }
        let Some((kind, pending)) = &mut self.way_down else { return };
        let (kind, Some(answer)) = (*kind, pending.take()) else { return };
        self.way_down = None;
        let Ok(mut way) = answer else { return };
        if way.is_empty() {
            commands.push(Command::Notify("No strong reference leads from the root to this object".to_owned()));
            return;
        }
        if way.len() > MAX_REVEALED {
            let levels = human::count(way.len() as u64);
            self.way_note = Some(format!("The object is {levels} levels deep; {MAX_REVEALED} of them are expanded"));
            way.truncate(MAX_REVEALED);
            // The last of them is another object than the one that is shown below.
            match kind {
                ViewKind::Dominators => self.dominators.tree.table.look_at(way),
                _ => self.containment.table.look_at(way),
            }
            return;
        }
        match kind {
            ViewKind::Dominators => self.dominators.tree.table.reveal(way),
            _ => self.containment.table.reveal(way),
        }
    }

    fn upper(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        let mut commands = Vec::new();
        self.take_way_down(&mut commands);
        commands.extend(match self.kind {
            ViewKind::Summary => self.summary.show(ui, session, place),
            ViewKind::Comparison => self.comparison.show(ui, session, place),
            ViewKind::Containment => {
                let root = ListSpec::Edges(place.snapshot.root());
                let mut spec = super::panes::containment(root);
                let within = self.timeline.within();
                if *within != NodeFilter::All {
                    spec.filter = Filter { nodes: within.clone(), leads: true, ..Filter::default() };
                }
                self.containment.show(ui, session, place, &spec)
            }
            ViewKind::Dominators => self.dominators.show(ui, session, place),
            ViewKind::Statistics => statistics::show(ui, session, place, self.timeline.within()),
            ViewKind::Strings => self.strings.show(ui, session, place),
            ViewKind::Contexts => {
                self.dead_variables.choice(ui);
                if self.dead_variables.is_shown {
                    self.dead_variables.show(ui, session, place)
                } else {
                    contexts::show(ui, session, place)
                }
            }
            ViewKind::Search => self.search.show(ui, session, place),
            ViewKind::Growth => self.growth.show(ui, session, place),
            ViewKind::Timeline => self.timeline.show(ui, session, place),
            ViewKind::Allocations => self.allocations.show(ui, session, place),
        });
        commands
    }

    /// Where the upper pane is on screen.
    #[must_use]
    pub(super) fn upper_rect(&self) -> Option<Rect> {
        self.upper_rect
    }
}

/// Shows something in exactly the room that there is. A panel that can be resized takes the size of what is in it: were that a
/// little more than its own, the panel would grow with every frame.
fn within(ui: &mut Ui, show: impl FnOnce(&mut Ui)) {
    let room = ui.available_rect_before_wrap();
    let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(room));
    inner.shrink_clip_rect(room);
    show(&mut inner);
    ui.advance_cursor_after_rect(room);
}
