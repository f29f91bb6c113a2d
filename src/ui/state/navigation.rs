//! Navigation: sides, history and keyboard focus.

use egui::Context;

use super::AppState;
use crate::model::{ClassId, SnapshotId};
use crate::ui::command::{Target, ViewKind};
use crate::ui::focus_order;
use crate::ui::history::Visit;
use crate::ui::notice::Notice;
use crate::ui::panes::Slot;
use crate::ui::search_field;

impl AppState {
    pub(in crate::ui) fn show_in(&mut self, side: usize, id: SnapshotId) {
        self.sides[side] = Some(id);
        self.views.entry(Slot { side, id }).or_default();
        self.active = side;
        self.wants_keyboard = Some(side);
        self.mark_step(false);
    }

    pub(super) fn show_view(&mut self, kind: ViewKind) {
        let side = self.active;
        let Some(view) = self.shown_snapshot_view() else { return };
        view.kind = kind;
        if kind == ViewKind::SEARCH {
            view.panes.search.is_open = true;
        }
        self.keep_object(kind);
        self.wants_keyboard = Some(side);
        self.mark_step(false);
    }

    /// Selects the object of the lower panes in a pane that was brought on screen, if it is listed there.
    fn keep_object(&mut self, kind: ViewKind) {
        let Some(id) = self.shown() else { return };
        let slot = Slot { side: self.active, id };
        let Some(place) = self.place(slot) else { return };
        if let Some(view) = self.views.get_mut(&slot) {
            view.keep_object(&mut self.session, &place, kind);
        }
    }

    pub(super) fn close(&mut self, id: SnapshotId) {
        self.views.retain(|slot, _| slot.id != id);
        self.profile_panes.retain(|slot, _| slot.id != id);
        self.keep_notes(id);
        self.session.close(id);
        self.history.forget(id);
        if !self.can_split() {
            self.is_split = false;
            self.active = 0;
        }
        for side in 0..2 {
            if self.sides[side] == Some(id) {
                let other = self.sides[1 - side].filter(|_| self.is_split);
                self.sides[side] = self.newest_but(other).or(other);
                if let Some(id) = self.sides[side] {
                    self.views.entry(Slot { side, id }).or_default();
                }
            }
        }
        self.wants_keyboard = Some(self.active);
    }

    /// Returns the file that was opened last, other than this one.
    pub(super) fn newest_but(&self, other: Option<SnapshotId>) -> Option<SnapshotId> {
        let profiles = self.session.profiles().iter().rev().map(|open| open.id);
        let mut ids = self.session.open().iter().rev().map(|open| open.id).chain(profiles);
        ids.find(|id| Some(*id) != other)
    }

    /// Records that this frame contains a step that going back undoes. `passing` steps replace each other.
    pub(in crate::ui) fn mark_step(&mut self, passing: bool) {
        self.step = Some(passing && self.step.unwrap_or(true));
    }

    /// Records a step of the user on a side.
    pub(super) fn stepped(&mut self, slot: Slot, passing: bool) {
        self.active = slot.side;
        self.mark_step(passing);
    }

    /// Adds the view on screen to the history at the end of a frame. Invariant: a frame adds at most one visit.
    pub(in crate::ui) fn note_visit(&mut self) {
        let side = self.active;
        let Some(id) = self.shown() else { return };
        let slot = Slot { side, id };
        let Some(view) = self.views.get_mut(&slot) else { return };
        let visit = view.visit(slot);
        match self.step.take() {
            Some(passing) => self.history.visit(visit, passing),
            None => self.history.refresh(visit),
        }
    }

    /// Restores a visit.
    pub(super) fn revisit(&mut self, visit: Visit) {
        let id = visit.slot.id;
        if visit.slot.side == 1 && !self.is_split && self.can_split() {
            self.split(None);
        }
        let side = if self.is_split { visit.slot.side } else { 0 };
        self.sides[side] = Some(id);
        self.active = side;
        self.wants_keyboard = Some(side);
        let slot = Slot { side, id };
        let place = self.place(slot);
        let view = self.views.entry(slot).or_default();
        let Some(place) = place else { return };
        view.restore(&mut self.session, &place, visit);
        self.follow_selection(slot);
    }

    /// Goes to an object in a view on a side. The object may belong to another snapshot than the one on screen, as the deleted
    /// objects of a comparison do.
    pub(super) fn go_to(&mut self, side: usize, target: Target, kind: ViewKind) {
        let slot = Slot { side, id: target.snapshot };
        let Some(place) = self.place(slot) else { return };
        self.show_in(side, slot.id);
        let view = self.views.entry(slot).or_default();
        if let Err(message) = view.reveal(&mut self.session, &place, target, kind) {
            self.toasts.push(Notice::problem(message));
        }
        self.follow_selection(slot);
    }

    /// Goes to a class in the Summary of the active side.
    pub(super) fn go_to_class(&mut self, id: SnapshotId, class: ClassId) {
        let slot = Slot { side: self.active, id };
        let Some(place) = self.place(slot) else { return };
        self.show_in(slot.side, id);
        let view = self.views.entry(slot).or_default();
        view.reveal_class(&self.session, &place, class);
        view.kind = ViewKind::SUMMARY;
        view.class = Some(class);
        self.follow(slot, None, Some(class));
    }

    pub(in crate::ui) fn wants_keyboard_in(&mut self, side: usize) {
        self.wants_keyboard = Some(side);
    }

    /// Returns the table or chart after the focused one, in reading order; the first on the active side if none is focused.
    pub(super) fn next_stop(&mut self, ctx: &Context) -> Option<egui::Id> {
        let mut stops: Vec<(usize, focus_order::Stop)> =
            focus_order::stops(ctx).into_iter().map(|stop| (self.side_at(stop.rect), stop)).collect();
        stops.sort_by(|(a_side, a), (b_side, b)| {
            a_side.cmp(b_side).then(a.rect.top().total_cmp(&b.rect.top())).then(a.rect.left().total_cmp(&b.rect.left()))
        });
        let focused = ctx.memory(|memory| stops.iter().position(|(_, stop)| memory.has_focus(stop.id)));
        let next = match focused {
            Some(at) => stops.get(at + 1).or(stops.first()),
            None => stops.iter().find(|(side, _)| *side == self.active).or(stops.first()),
        };
        let &(side, stop) = next?;
        self.active = side;
        Some(stop.id)
    }

    /// Gives the keyboard focus to the upper table of the requested side once it is on screen. A focused text field keeps it.
    pub(in crate::ui) fn give_keyboard(&mut self, ctx: &Context) {
        let Some(side) = self.wants_keyboard else { return };
        if ctx.input(|input| input.pointer.any_pressed()) {
            self.wants_keyboard = None;
            return;
        }
        let Some(view) = self.view_of(side) else { return };
        if view.kind == ViewKind::SEARCH && view.panes.search.text.trim().is_empty() {
            self.wants_keyboard = None;
            ctx.memory_mut(|memory| memory.request_focus(search_field::id()));
            return;
        }
        let Some(room) = view.upper_rect() else { return };
        let stops = focus_order::stops(ctx);
        let focused = ctx.memory(egui::Memory::focused);
        if focused.is_some_and(|focused| stops.iter().all(|stop| stop.id != focused)) {
            return;
        }
        if let Some(stop) = stops.iter().find(|stop| room.contains(stop.rect.center())) {
            self.wants_keyboard = None;
            ctx.memory_mut(|memory| memory.request_focus(stop.id));
        }
    }
}
