//! Two snapshots next to each other: which is the older one, and selection and scrolling that go together.

use std::time::{Duration, SystemTime};

use egui::Ui;

use super::app::{Action, HeapglassApp};
use super::chrome;
use super::command::{Target, ViewKind};
use super::panes::registry::about;
use super::panes::{Place, Slot};
use super::theme;
use super::view::View;
use crate::model::{NodeOrdinal, SnapshotId, human};
use crate::query::{Lane, node_label};
use crate::session::{Pending, Session};

/// Whether the two sides go together, and what is being looked for in the other one.
#[derive(Debug)]
pub struct Link {
    pub is_on: bool,
    pending: Option<(Slot, String, Pending<Option<NodeOrdinal>>)>,
    kinds: [Option<ViewKind>; 2],
    rows: [Option<u64>; 2],
}

impl Default for Link {
    fn default() -> Self {
        Self { is_on: true, pending: None, kinds: [None; 2], rows: [None; 2] }
    }
}

/// What became of a search in the other side.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) slot: Slot,
    pub(super) node: Option<NodeOrdinal>,
    /// What was looked for.
    pub(super) label: String,
}

impl Link {
    /// Looks for the object of the same id and class on the other side.
    pub(super) fn look_for(&mut self, session: &Session, here: &Place, there: &Place, node: NodeOrdinal) {
        let id = here.snapshot.id(node);
        let label = format!("{} {id}", human::visible(&node_label(&here.snapshot, node), 100));
        let (from, to) = (here.snapshot.clone(), there.snapshot.clone());
        let pending = session.spawn(Lane::Interactive, move |_| {
            let found = to.graph().find_id(id);
            // An id of another process may belong to anything.
            Ok(found.filter(|&found| to.class(found).key == from.class(node).key))
        });
        self.pending = Some((there.slot, label, pending));
    }

    /// The answer, once.
    pub(super) fn take_answer(&mut self) -> Option<Found> {
        let (slot, label, pending) = self.pending.as_mut()?;
        let answer = pending.take()?;
        let found = Found { slot: *slot, node: answer.ok().flatten(), label: std::mem::take(label) };
        self.pending = None;
        Some(found)
    }

    /// Whether something is being looked for.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.pending.is_some()
    }

    /// By how many rows each side was scrolled since the last frame.
    pub(super) fn moved(&mut self, kinds: [Option<ViewKind>; 2], rows: [Option<u64>; 2]) -> [i64; 2] {
        let mut moved = [0; 2];
        for side in 0..2 {
            if let (Some(before), Some(now)) = (self.rows[side], rows[side])
                && self.kinds[side] == kinds[side]
            {
                moved[side] = now.cast_signed() - before.cast_signed();
            }
        }
        (self.kinds, self.rows) = (kinds, rows);
        moved
    }

    /// Notes that a side was scrolled along, so that this does not come back as its own movement.
    pub(super) fn scrolled(&mut self, side: usize, rows: i64) {
        self.rows[side] = self.rows[side].map(|row| row.saturating_add_signed(rows));
    }
}

/// Width between the sides.
const LINE: f32 = 4.0;
/// A side is not made narrower than this while there is room.
const LEAST_SIDE: f32 = 240.0;

/// Files whose times differ by less than this may have been copied together, in any order.
const COPIED_TOGETHER: Duration = Duration::from_mins(1);

/// The oldest and the newest of some snapshots, and how that was found out.
///
/// V8 counts object ids up through the life of a process, so of two snapshots of one process the older one's end
/// earlier. Files' times break ties, for they change when files are copied.
pub(super) fn oldest_and_newest(session: &Session, ids: &[SnapshotId]) -> Option<(SnapshotId, SnapshotId, String)> {
    let mut ages: Vec<(u64, Option<SystemTime>, SnapshotId, String)> = ids
        .iter()
        .filter_map(|id| {
            let snapshot = session.snapshot(*id)?;
            let path = snapshot.source().path.as_ref();
            let written = path.and_then(|path| std::fs::metadata(path).ok()?.modified().ok());
            Some((snapshot.max_object_id(), written, *id, snapshot.source().name.clone()))
        })
        .collect();
    ages.sort();
    let (first, last) = (ages.first()?, ages.last()?);
    if first.2 == last.2 {
        return None;
    }
    let (older, newer) = (human::visible(&first.3, 48), human::visible(&last.3, 48));
    let how = if first.0 == last.0 {
        "by the files' times".to_owned()
    } else {
        let times = match (first.1, last.1) {
            // Files that were copied or unpacked together have times of no meaning, but almost the same.
            (Some(a), Some(b)) if a.duration_since(b).is_ok_and(|time| time > COPIED_TOGETHER) => {
                ", though the files' times say otherwise"
            }
            (Some(a), Some(b)) if a < b => ", and so do the files' times",
            _ => "",
        };
        format!("object ids say so (up to @{} and @{}){times}", first.0, last.0)
    };
    Some((first.2, last.2, format!("{older} is the base, {newer} is newer: {how}")))
}

/// What the window does with its one or two sides.
impl HeapglassApp {
    /// Whether there are two files to be shown next to each other.
    #[must_use]
    pub fn can_split(&self) -> bool {
        self.session.open().len() + self.session.profiles().len() > 1
    }

    pub(super) fn toggle_split(&mut self) {
        if self.is_split {
            self.close_side(1 - self.active);
        } else if self.can_split() {
            self.split(None);
            self.follow_active();
        } else {
            self.notice = Some("Open another file to see two side by side".to_owned());
        }
        self.mark_step(false);
    }

    /// Shows a file beside the one on screen, the older one on the left.
    pub(super) fn show_beside(&mut self, other: SnapshotId) {
        self.split(Some(other));
        self.follow_active();
        self.mark_step(false);
    }

    /// Shows another file beside the one on screen, the older one on the left; without a choice the base of the comparison,
    /// if one is on screen, or the file that was opened last.
    pub(super) fn split(&mut self, with: Option<SnapshotId>) {
        let Some(shown) = self.shown() else { return };
        let base = self.shown_view().and_then(|view| view.panes.comparison.base);
        let base = base.filter(|base| *base != shown && self.session.snapshot(*base).is_some());
        let is_snapshot = self.session.snapshot(shown).is_some();
        let snapshots = self.session.open().iter().rev().map(|open| open.id);
        let profiles = self.session.profiles().iter().rev().map(|open| open.id);
        // Of the same kind if there is one.
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
        for slot in self.slots() {
            self.views.entry(slot).or_default();
        }
    }

    /// Leaves the other side alone, in the whole window.
    pub(super) fn close_side(&mut self, side: usize) {
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

    /// Takes what is shown of a file along to the other side.
    fn move_view(&mut self, from: Slot, side: usize) {
        let to = Slot { side, id: from.id };
        if let Some(view) = self.views.remove(&from) {
            self.views.insert(to, view);
        }
        if let Some(pane) = self.profile_panes.remove(&from) {
            self.profile_panes.insert(to, pane);
        }
    }

    /// Lets the two sides go together or no longer; what is selected now is looked for in the other side at once.
    pub(super) fn toggle_link(&mut self) {
        self.link.is_on = !self.link.is_on;
        self.follow_active();
    }

    fn follow_active(&mut self) {
        if let Some(id) = self.shown() {
            self.follow_selection(Slot { side: self.active, id });
        }
    }

    /// Looks in the other side for what is selected in this one.
    pub(super) fn follow_selection(&mut self, slot: Slot) {
        let Some(view) = self.views.get(&slot) else { return };
        self.follow(slot, view.target(), view.selected_class());
    }

    /// Compares the first and the last of some snapshots, in the order of their ages.
    pub(super) fn compare(&mut self, ids: &[SnapshotId]) {
        let Some((base, current, why)) = oldest_and_newest(&self.session, ids) else { return };
        self.show_in(self.active, current);
        if let Some(view) = self.shown_view() {
            view.kind = ViewKind::COMPARISON;
            view.panes.comparison.set_base(base);
        }
        self.notice = Some(why);
    }

    /// Selects in the other side what was found there.
    pub(super) fn show_linked(&mut self, found: &Found) {
        let Some(place) = self.place(found.slot) else { return };
        let Some(view) = self.views.get_mut(&found.slot) else { return };
        match found.node {
            Some(node) => {
                let kind = view.kind;
                let target = place.target(node);
                if kind != ViewKind::SEARCH && about(kind).reveals {
                    // An object that the summary does not list is still selected.
                    let _ = view.reveal(&mut self.session, &place, target, kind);
                } else {
                    view.select(&self.session, Some(target), None);
                }
            }
            None => self.notice = Some(format!("Only in the other one: {}", found.label)),
        }
    }

    pub(super) fn follow(&mut self, from: Slot, target: Option<Target>, class: Option<crate::model::ClassId>) {
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
                None => self.notice = Some(format!("Only in the other one: {}", human::visible(&class.name, 100))),
            }
        } else if let Some(target) = target.filter(|target| target.snapshot == from.id) {
            self.link.look_for(&self.session, &here, &there, target.node);
        }
    }

    /// Draws a side and does what its panes ask for.
    pub(super) fn side(&mut self, ui: &mut Ui, slot: Slot) {
        if let Some(profile) = self.session.profile(slot.id) {
            let pane = self.profile_panes.entry(slot).or_default();
            if let Some(text) = pane.show(ui, &mut self.session, slot, &profile) {
                ui.copy_text(text);
            }
            return;
        }
        let Some(place) = self.place(slot) else { return };
        let Some(mut view) = self.views.remove(&slot) else { return };
        super::salvage::banner(ui, &place);
        super::salvage::change_banner(ui, &place);
        let commands = view.show(ui, &mut self.session, &place);
        self.views.insert(slot, view);
        if !commands.is_empty() {
            // What they change is drawn in the next frame, and an answer of a worker asks for one frame only.
            ui.request_repaint();
        }
        for command in commands {
            if let Some(text) = self.run(slot, command) {
                ui.copy_text(text);
            }
        }
        if let Some(view) = self.views.get_mut(&slot) {
            view.settle(&self.session);
        }
    }

    pub(super) fn body(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let slots = self.slots();
        match slots[..] {
            [] => chrome::start_page(ui, self, actions),
            [only] => self.side(ui, only),
            [left, right, ..] => {
                let rects = self.divide(ui);
                for (side, slot) in [left, right].into_iter().enumerate() {
                    let mut half = ui.new_child(egui::UiBuilder::new().max_rect(rects[side]).id_salt(("side", side)));
                    half.shrink_clip_rect(rects[side]);
                    chrome::side_header(&mut half, self, side, actions);
                    self.side(&mut half, slot);
                }
                self.side_rects = rects;
                self.scroll_together(ui, [left, right], rects);
            }
        }
    }

    /// The room of each side, and the line between them, which can be dragged. A double click makes them equal.
    fn divide(&mut self, ui: &Ui) -> [egui::Rect; 2] {
        let room = ui.available_rect_before_wrap();
        let least = (LEAST_SIDE / room.width().max(1.0)).min(0.5);
        let middle = |share: f32| room.left() + room.width() * share.clamp(least, 1.0 - least);
        let at = middle(self.left_share);
        let line = egui::Rect::from_x_y_ranges(at - 3.0..=at + 3.0, room.y_range());
        let response = ui.interact(line, egui::Id::unique("between the sides"), egui::Sense::click_and_drag());
        if response.double_clicked() {
            self.left_share = 0.5;
        } else if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.dragged()) {
            self.left_share = (pointer.x - room.left()) / room.width().max(1.0);
        }
        let at = middle(self.left_share);
        let tokens = theme::tokens(ui);
        let color = if response.hovered() || response.dragged() { tokens.accent } else { tokens.border };
        ui.painter().rect_filled(line, 0.0, tokens.surface);
        ui.painter().vline(at, room.y_range(), egui::Stroke::new(1.0, color));
        response.on_hover_and_drag_cursor(egui::CursorIcon::ResizeHorizontal);
        // Room for the line, which the rows at its sides would cover.
        let (left, right) = (room.with_max_x(at - LINE / 2.0), room.with_min_x(at + LINE / 2.0));
        [left, right]
    }

    /// Scrolls the other side along with the one under the pointer.
    pub(super) fn scroll_together(&mut self, ui: &Ui, slots: [Slot; 2], rects: [egui::Rect; 2]) {
        let pointer = ui.input(|input| input.pointer.hover_pos());
        if ui.input(|input| input.pointer.any_pressed())
            && let Some(side) = pointer.and_then(|at| rects.iter().position(|rect| rect.contains(at)))
        {
            self.active = side;
        }
        let kinds = slots.map(|slot| self.views.get(&slot).map(|view| view.kind));
        let rows = slots.map(|slot| self.views.get_mut(&slot).and_then(View::first_row));
        let moved = self.link.moved(kinds, rows);
        if !self.link.is_on || kinds[0] != kinds[1] {
            return;
        }
        let Some(from) = pointer.and_then(|at| rects.iter().position(|rect| rect.contains(at))) else { return };
        let rows = moved[from];
        if rows != 0
            && let Some(view) = self.views.get_mut(&slots[1 - from])
        {
            view.scroll_rows(rows);
            self.link.scrolled(1 - from, rows);
            ui.request_repaint();
        }
    }
}
