//! One or two snapshots side by side, and the linked selection.

use super::AppState;
use crate::model::{SnapshotId, human};
use crate::ui::ages::oldest_and_newest;
use crate::ui::command::{Target, ViewKind};
use crate::ui::link::Found;
use crate::ui::notice::Notice;
use crate::ui::panes::Slot;
use crate::ui::panes::profile::ProfilePane;
use crate::ui::panes::registry::about;

impl AppState {
    /// Returns whether two files are open that can be shown side by side.
    #[must_use]
    pub fn can_split(&self) -> bool {
        self.session.open().len() + self.session.profiles().len() > 1
    }

    pub(in crate::ui) fn toggle_split(&mut self) {
        if self.is_split {
            self.close_side(1 - self.active);
        } else if self.can_split() {
            self.split(None);
            self.follow_active();
        } else {
            self.toasts.push(Notice::fact("Open another file to see two side by side"));
        }
        self.mark_step(false);
    }

    /// Shows a file beside the one on screen, the older one on the left.
    pub(in crate::ui) fn show_beside(&mut self, other: SnapshotId) {
        self.split(Some(other));
        self.follow_active();
        self.mark_step(false);
    }

    /// Shows another file beside the one on screen, the older one on the left. Without a choice, this is the base of the
    /// comparison, if one is on screen, or the file that was opened last.
    pub(in crate::ui) fn split(&mut self, with: Option<SnapshotId>) {
        let Some(shown) = self.shown() else { return };
        let base = self.shown_view().and_then(|view| view.panes.comparison.base);
        let base = base.filter(|base| *base != shown && self.session.snapshot(*base).is_some());
        let is_snapshot = self.session.snapshot(shown).is_some();
        let snapshots = self.session.open().iter().rev().map(|open| open.id);
        let profiles = self.session.profiles().iter().rev().map(|open| open.id);
        // Files of the same kind come first.
        let mut others: Vec<SnapshotId> = snapshots.chain(profiles).filter(|id| *id != shown).collect();
        others.sort_by_key(|id| self.session.snapshot(*id).is_some() != is_snapshot);
        let Some(other) = with.or(base).or(others.first().copied()).filter(|other| *other != shown) else { return };
        let is_newer = match oldest_and_newest(&self.session, &[shown, other]) {
            Some((oldest, ..)) => oldest == other,
            None => other < shown,
        };
        self.is_split = true;
        if is_newer {
            self.move_view(Slot { side: 0, id: shown }, 1);
            self.sides = [Some(other), Some(shown)];
        } else {
            self.sides = [Some(shown), Some(other)];
        }
        self.active = usize::from(is_newer);
        self.left_share = 0.5;
        let pair = self.sides.map(|side| side.filter(|id| self.session.snapshot(*id).is_some()));
        for slot in self.slots() {
            let view = self.views.entry(slot).or_default();
            if let [Some(older), Some(newer)] = pair {
                view.panes.comparison.set_pair(older, newer);
            }
            // Findings are about all snapshots, so that a second side with them says nothing new.
            if slot.side != self.active && view.kind == ViewKind::FINDINGS {
                view.kind = ViewKind::SUMMARY;
            }
        }
    }

    /// Closes a side; the other one gets the whole window.
    pub(in crate::ui) fn close_side(&mut self, side: usize) {
        if !self.is_split {
            return;
        }
        if side == 0
            && let Some(id) = self.sides[1]
        {
            self.move_view(Slot { side: 1, id }, 0);
            self.sides[0] = Some(id);
        }
        self.is_split = false;
        self.active = 0;
        self.wants_keyboard_in(0);
        self.mark_step(false);
    }

    /// Moves the view of a file to the other side.
    pub(super) fn move_view(&mut self, from: Slot, side: usize) {
        let to = Slot { side, id: from.id };
        if let Some(view) = self.views.remove(&from) {
            self.views.insert(to, view);
        }
        if let Some(pane) = self.profile_panes.remove(&from) {
            self.profile_panes.insert(to, pane);
        }
    }

    /// Turns the link on or off; turning it on searches the other side for the current selection at once.
    pub(in crate::ui) fn toggle_link(&mut self) {
        self.link.is_on = !self.link.is_on;
        self.follow_active();
    }

    pub(super) fn follow_active(&mut self) {
        if let Some(id) = self.shown() {
            self.follow_selection(Slot { side: self.active, id });
        }
    }

    /// Searches the other side for the selection of this one.
    pub(in crate::ui) fn follow_selection(&mut self, slot: Slot) {
        let Some(view) = self.views.get(&slot) else { return };
        self.follow(slot, view.target(), view.selected_class());
    }

    pub(in crate::ui) fn follow(&mut self, from: Slot, target: Option<Target>, class: Option<crate::model::ClassId>) {
        if !self.is_split || !self.link.is_on {
            return;
        }
        let side = 1 - from.side;
        let Some(slot) = self.sides[side].map(|id| Slot { side, id }) else { return };
        let (Some(here), Some(there)) = (self.place(from), self.place(slot)) else { return };
        if let Some(class) = class {
            let class = here.snapshot.classes().get(class);
            let found =
                there.snapshot.classes().find(&class.key).filter(|id| there.snapshot.classes().get(*id).count > 0);
            let Some(view) = self.views.get_mut(&slot) else { return };
            match found {
                Some(found) => view.reveal_class(&self.session, &there, found),
                None => self.toasts.push(not_on_the_other_side(&human::visible(&class.name, 100))),
            }
        } else if let Some(target) = target.filter(|target| target.snapshot == from.id) {
            self.link.look_for(&self.session, &here, &there, target.node);
        }
    }

    /// Selects a found object on the other side.
    pub(in crate::ui) fn show_linked(&mut self, found: &Found) {
        let Some(place) = self.place(found.slot) else { return };
        let Some(view) = self.views.get_mut(&found.slot) else { return };
        match found.node {
            Some(node) => {
                let kind = view.kind;
                let target = place.target(node);
                if about(kind).links {
                    // An object that the summary does not list is selected anyway.
                    let _ = view.reveal(&mut self.session, &place, target, kind);
                } else {
                    view.select(&self.session, Some(target), None);
                }
            }
            None => self.toasts.push(not_on_the_other_side(&found.label)),
        }
    }

    /// Compares the oldest and the newest of some snapshots.
    pub(in crate::ui) fn compare(&mut self, ids: &[SnapshotId]) {
        let Some((base, current, why)) = oldest_and_newest(&self.session, ids) else { return };
        self.show_in(self.active, current);
        if let Some(view) = self.shown_view() {
            view.kind = ViewKind::COMPARISON;
            view.panes.comparison.set_base(base);
        }
        self.toasts.push(Notice::fact(why));
    }

    /// Returns the files that are profiles, if two or more are.
    pub(in crate::ui) fn profiles_of(&self, ids: &[SnapshotId]) -> Option<Vec<SnapshotId>> {
        let profiles: Vec<SnapshotId> = ids.iter().copied().filter(|id| self.session.profile(*id).is_some()).collect();
        (profiles.len() > 1).then_some(profiles)
    }

    /// Compares the last of some profiles with the first.
    pub(in crate::ui) fn compare_profiles(&mut self, ids: &[SnapshotId]) {
        let (Some(&base), Some(&current)) = (ids.first(), ids.last()) else { return };
        self.show_in(self.active, current);
        let slot = Slot { side: self.active, id: current };
        self.profile_panes.entry(slot).or_default().set_base(Some(base));
    }

    /// Returns the pane of the profile on the active side.
    pub fn shown_profile(&mut self) -> Option<&mut ProfilePane> {
        let id = self.shown()?;
        self.session.profile(id)?;
        Some(self.profile_panes.entry(Slot { side: self.active, id }).or_default())
    }
}

fn not_on_the_other_side(name: &str) -> Notice {
    Notice::fact(format!("Not on the other side: {name}"))
}
