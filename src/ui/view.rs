//! A view: one snapshot on one side, with its tabs above and the selected object below.

use std::sync::Arc;

use egui::{CentralPanel, Rect, Ui};

use super::command::{Beside, Command, Lower, NodeSet, SourceAt, Target, ViewKind};
use super::history::Visit;
use super::panes::Place;
use super::panes::object::ObjectPane;
use super::panes::pane::Pane;
use super::panes::paths::{MergeRequest, PathsPane};
use super::panes::registry::{Panes, about, all};
use super::panes::retainers::RetainersPane;
use super::panes::source::SourcePane;
use super::theme::{self, GRID};
use super::tree_table::RowSelection;
use crate::model::{ClassId, NodeOrdinal, SnapshotId};
use crate::query::NodeFilter;
use crate::session::Session;

/// The panes of one snapshot, each with its own state, so that switching between snapshots loses nothing.
#[derive(Debug)]
pub struct View {
    pub kind: ViewKind,
    pub lower: Lower,
    pub panes: Panes,
    pub retainers: RetainersPane,
    pub paths: PathsPane,
    pub object: ObjectPane,
    pub source: SourcePane,
    /// The content of the lower right pane, as in the settings.
    pub beside: Beside,
    /// True if the side had no room for a lower right pane in the last frame.
    pub(super) is_narrow: bool,
    /// The object of the selected row of a lower table; `None` if no row is selected, or the row has no object.
    inspected: Option<Target>,
    /// The selected class, if a row of a class is selected and not one of an object.
    pub(super) class: Option<ClassId>,
    /// True if the lower half is expanded, as in the settings.
    pub is_lower_open: bool,
    /// True if the lower half was on screen in the last frame.
    pub(super) had_lower: bool,
    /// The area of the upper pane in the last frame.
    upper_rect: Option<Rect>,
}

impl Default for View {
    fn default() -> Self {
        Self {
            kind: all()[0].kind,
            lower: Lower::default(),
            panes: Panes::default(),
            retainers: RetainersPane::default(),
            paths: PathsPane::default(),
            object: ObjectPane::default(),
            source: SourcePane::default(),
            beside: Beside::default(),
            is_narrow: false,
            inspected: None,
            class: None,
            is_lower_open: true,
            had_lower: false,
            upper_rect: None,
        }
    }
}

impl View {
    /// Shows an object in the lower panes, or none. `by` is the view whose table selected it; selections in all other tables
    /// are cleared, because they would belong to other objects.
    pub fn select(&mut self, session: &Session, target: Option<Target>, by: Option<ViewKind>) {
        let node = target.map(|target| target.node);
        for (kind, pane) in self.panes.each_mut() {
            pane.note_selection(node);
            if by != Some(kind)
                && let Some(table) = pane.table()
            {
                table.clear_selection();
            }
        }
        self.clear_lower_selection();
        self.class = None;
        self.source.choose(None);
        self.retainers.set_target(target);
        self.paths.set_target(target);
        self.settle(session);
    }

    /// Shows a class that is selected in the upper table, with its source, and no object.
    pub(super) fn select_class(&mut self, session: &Session, place: &Place, class: Option<ClassId>) {
        self.select(session, None, Some(self.kind));
        self.class = class;
        if let Some(at) = class.and_then(|class| place.snapshot.classes().get(class).key.location) {
            self.show_source(SourceAt::Script(place.slot.id, at), false);
        }
    }

    /// Shows the object of a lower table's row in the object pane and leaves everything else unchanged.
    pub fn inspect(&mut self, session: &Session, target: Option<Target>) {
        self.inspected = target;
        self.source.choose(None);
        self.settle(session);
    }

    /// Shows a source position until something else is selected. With `opens`, the tab with the source is selected on a
    /// narrow side; without it, the position is shown only if the lower half is on screen.
    pub fn show_source(&mut self, at: SourceAt, opens: bool) {
        if !opens && !self.shows_lower() {
            return;
        }
        self.source.choose(Some(at));
        if opens && self.is_narrow {
            self.lower = Lower::Source;
        }
    }

    /// Returns the object whose retainers and paths are shown.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        self.retainers.target()
    }

    /// Returns the object of the selected row of a lower table.
    #[must_use]
    pub fn inspected(&self) -> Option<Target> {
        self.inspected
    }

    /// Returns the class that is selected in the summary, if one is.
    #[must_use]
    pub fn selected_class(&self) -> Option<ClassId> {
        let row = self.panes.summary.tree.table.selected_row().filter(|_| self.kind == ViewKind::SUMMARY)?;
        (row.len() == 1).then(|| row.first().copied().map(ClassId)).flatten()
    }

    fn clear_lower_selection(&mut self) {
        self.retainers.tree.table.clear_selection();
        if let Some(table) = self.paths.table_mut() {
            table.clear_selection();
        }
    }

    /// Restores the invariant that the object pane shows the object of the selected row of the lower table or, if none is
    /// selected, the one whose retainers are shown. New lists, tab changes and closed snapshots remove selections.
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
            // The tab replaces the table whose row it shows.
            Lower::Object | Lower::Source => {}
        }
        if self.lower_row().is_none() {
            self.inspected = None;
        }
        let shown = self.inspected.or(self.target());
        let shown = shown.filter(|target| session.snapshot(target.snapshot).is_some());
        self.object.set_target(session, shown);
        self.source.set_target(shown);
        let is_merged = shown.is_none() && self.paths.is_merged();
        self.source.set_example(self.paths.example().filter(|_| is_merged), is_merged);
    }

    /// Returns whether the lower half has something to show.
    pub(super) fn shows_lower(&self) -> bool {
        self.source.has_choice() || (about(self.kind).uses_lower && (self.has_lower_content() || self.class.is_some()))
    }

    /// Returns whether the lower tables have content.
    pub(super) fn has_lower_content(&self) -> bool {
        self.object.target().is_some() || self.paths.is_merged()
    }

    /// Returns the selected row of the lower tables.
    fn lower_row(&self) -> Option<&super::tree_table::Path> {
        let paths = self.paths.table().and_then(RowSelection::selected_row);
        self.retainers.tree.table.selected_row().or(paths)
    }

    /// Returns the state to restore when the user goes back to this step.
    pub(super) fn visit(&mut self, slot: super::panes::Slot) -> Visit {
        let kind = self.kind;
        let row = self.panes.get_mut(kind).table().and_then(|table| table.selected_row().cloned());
        Visit { slot, kind, row, target: self.target(), lower: self.lower, merged: self.paths.merged().cloned() }
    }

    /// Restores a recorded state.
    pub(super) fn restore(&mut self, session: &mut Session, place: &Place, visit: Visit) {
        self.kind = visit.kind;
        self.lower = visit.lower;
        self.select(session, visit.target, None);
        self.paths.merge(visit.merged);
        let own = visit.target.filter(|target| target.snapshot == place.slot.id);
        let pane = self.panes.get_mut(visit.kind);
        match (visit.row, own) {
            (Some(row), _) => pane.restore_row(session, place, row),
            // The table had not reached the row when the visit was recorded.
            (None, Some(target)) => pane.restore_object(session, place, target),
            (None, None) => {}
        }
    }

    /// Goes to an object of the view's own snapshot.
    ///
    /// # Errors
    /// Returns a text for the user if the object is not listed.
    pub fn reveal(
        &mut self,
        session: &mut Session,
        place: &Place,
        target: Target,
        kind: ViewKind,
    ) -> Result<(), String> {
        self.select(session, Some(target), None);
        self.leave_interval_for(place, target.node);
        let kind = if about(kind).reveals { kind } else { ViewKind::SUMMARY };
        self.panes.get_mut(kind).reveal(session, place, target)?;
        self.kind = kind;
        Ok(())
    }

    /// Selects the object of the lower panes in a pane, if it is listed there and not selected already.
    pub(super) fn keep_object(&mut self, session: &mut Session, place: &Place, kind: ViewKind) {
        let Some(target) = self.target().filter(|target| about(kind).reveals && target.snapshot == place.slot.id)
        else {
            return;
        };
        let pane = self.panes.get_mut(kind);
        let is_selected = pane.table().is_some_and(|table| table.selected_row().is_some());
        if !is_selected && pane.lists(session, place, target) {
            // A listed object is found.
            let _ = pane.reveal(session, place, target);
        }
    }

    /// Returns whether the object of the lower panes could be selected in the pane on screen, but is not.
    pub(super) fn can_reveal_here(&mut self, place: &Place) -> bool {
        let kind = self.kind;
        let is_own = self.target().is_some_and(|target| target.snapshot == place.slot.id);
        let pane = self.panes.get_mut(kind);
        is_own
            && about(kind).reveals
            && !pane.is_busy()
            && pane.table().is_some_and(|table| table.selected_row().is_none())
    }

    /// Clears the timeline's interval if an object of this snapshot was not allocated in it.
    pub(super) fn leave_interval_for(&mut self, place: &Place, node: NodeOrdinal) {
        let id = place.snapshot.id(node).0;
        let NodeFilter::Ids { after, up_to } = *self.panes.timeline.within() else { return };
        if id <= after || id > up_to {
            self.panes.timeline.clear();
            self.panes.summary.narrow(&NodeFilter::All);
        }
    }

    /// Goes to a class in the summary.
    pub fn reveal_class(&mut self, session: &Session, place: &Place, class: ClassId) {
        self.select(session, None, None);
        self.panes.summary.reveal_class(place, class);
    }

    /// Merges the retaining paths of many objects and shows them.
    pub fn merge_paths(&mut self, of: SnapshotId, title: String, nodes: NodeSet) {
        self.paths.merge(Some(Arc::new(MergeRequest { of, title, nodes })));
        self.lower = Lower::Paths;
    }

    /// Shows the object's retainers.
    pub fn show_retainers(&mut self, session: &Session, target: Target) {
        // The menu's row may be the one that selected the object.
        let by = (self.target() == Some(target)).then_some(self.kind);
        self.lower = Lower::Retainers;
        self.select(session, Some(target), by);
    }

    /// Returns the position of the first row of the upper table, for the linked view.
    #[must_use]
    pub fn first_row(&mut self) -> Option<u64> {
        self.linked_table().map(|table| table.first_row())
    }

    /// Scrolls the upper table by whole rows.
    pub fn scroll_rows(&mut self, rows: i64) {
        if let Some(table) = self.linked_table() {
            table.scroll_rows(rows);
        }
    }

    /// Returns the upper table if it scrolls with the linked one.
    fn linked_table(&mut self) -> Option<&mut dyn RowSelection> {
        if about(self.kind).links { self.panes.get_mut(self.kind).table() } else { None }
    }

    /// Returns whether a requested row or path is not on screen yet.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        (self.lower == Lower::Retainers && self.retainers.is_busy())
            || self.panes.each().iter().any(|(_, pane)| pane.is_busy())
    }

    pub fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        super::focus_order::begin(ui);
        let mut commands = Vec::new();
        let frame = egui::Frame::new().fill(theme::tokens(ui).background);
        let side = place.slot.side;
        let height = ui.available_height();
        ui.painter().rect_filled(ui.available_rect_before_wrap(), 0.0, theme::tokens(ui).background);
        ui.spacing_mut().item_spacing.y = 0.0;
        super::tabs::show(ui, session, place, self.kind, &mut commands);
        self.narrow(ui, session, place);
        commands.extend(self.panes.search.line(ui, session, place, about(self.kind)));
        if self.lower_appears(ui, side, height) {
            self.lower_half(ui, session, place, height, &mut commands);
        }
        CentralPanel::default().frame(frame).show(ui, |ui| {
            super::panes::hint_strip(ui, &about(self.kind), &mut commands);
            ui.spacing_mut().item_spacing.y = GRID;
            ui.add_space(GRID);
            self.upper_rect = Some(ui.available_rect_before_wrap());
            commands.extend(self.upper(ui, session, place));
        });
        commands
    }

    /// Narrows the views to the interval that is selected on the timeline, and draws the strip above them.
    fn narrow(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) {
        if !(about(ViewKind::TIMELINE).is_available)(session, place) {
            return;
        }
        if self.kind != ViewKind::TIMELINE {
            let whole = self.panes.get(self.kind).shows_whole();
            self.panes.timeline.strip(ui, session, place, whole);
        }
        let within = self.panes.timeline.within().clone();
        for (_, pane) in self.panes.each_mut() {
            pane.narrow(&within);
        }
    }

    fn upper(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        let mut commands = Vec::new();
        for (_, pane) in self.panes.each_mut() {
            pane.poll(&mut commands);
        }
        commands.extend(self.panes.get_mut(self.kind).show(ui, session, place));
        commands
    }

    /// Returns the area of the upper pane on screen.
    #[must_use]
    pub(super) fn upper_rect(&self) -> Option<Rect> {
        self.upper_rect
    }
}
