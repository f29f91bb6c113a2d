//! Two snapshots next to each other: which is the older one, and selection and scrolling that go together.

use std::time::{Duration, SystemTime};

use egui::Ui;

use super::app::{Action, HeapglassApp};
use super::chrome;
use super::command::{Target, ViewKind};
use super::panes::{Place, Slot};
use super::theme;
use super::view::View;
use crate::model::{NodeOrdinal, human};
use crate::query::node_label;
use crate::session::{Lane, Pending, Session, SnapshotId};

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
        let pending = session.ask(Lane::Interactive, move |_| {
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
    pub(super) fn toggle_split(&mut self) {
        self.is_split = !self.is_split;
        if !self.is_split {
            self.active = 0;
            return;
        }
        // The other side shows another snapshot if there is one: the base of the comparison, if that is on screen.
        let left = self.sides[0];
        let base = self.view_of(0).and_then(|view| view.comparison.base);
        let open: Vec<SnapshotId> = self.session.open().iter().map(|open| open.id).collect();
        let other = base.filter(|base| open.contains(base) && left != Some(*base));
        let right = other.or_else(|| open.iter().rev().copied().find(|id| Some(*id) != left)).or(left);
        if let Some(id) = right {
            self.sides[1] = Some(id);
            self.views.entry(Slot { side: 1, id }).or_default();
        }
    }

    /// Compares the first and the last of some snapshots, in the order of their ages.
    pub(super) fn compare(&mut self, ids: &[SnapshotId]) {
        let Some((base, current, why)) = oldest_and_newest(&self.session, ids) else { return };
        self.show_in(self.active, current);
        if let Some(view) = self.shown_view() {
            view.kind = ViewKind::Comparison;
            view.comparison.set_base(base);
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
                if matches!(kind, ViewKind::Summary | ViewKind::Containment | ViewKind::Dominators) {
                    // An object that the summary does not list is still selected.
                    let _ = view.reveal(&mut self.session, &place, target, kind);
                } else {
                    view.select(&self.session, target);
                }
            }
            None => view.note = Some(format!("Only in the other one: {}", found.label)),
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
                Some(found) => view.reveal_class(&there, found),
                None => view.note = Some(format!("Only in the other one: {}", human::visible(&class.name, 100))),
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
        for command in commands {
            if let Some(text) = self.run(slot, command) {
                ui.copy_text(text);
            }
        }
    }

    pub(super) fn body(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let slots = self.slots();
        match slots[..] {
            [] => chrome::start_page(ui, self, actions),
            [only] => self.side(ui, only),
            [left, right, ..] => {
                let frame = egui::Frame::new().fill(theme::tokens(ui).background);
                let width = ui.available_width();
                let panel = egui::Panel::left("left side").resizable(true).frame(frame).default_size(width / 2.0);
                let mut rects = [egui::Rect::NOTHING; 2];
                rects[0] = panel
                    .size_range(240.0..=(width - 240.0).max(241.0))
                    .show(ui, |ui| {
                        chrome::side_header(ui, self, 0, actions);
                        self.side(ui, left);
                    })
                    .response
                    .rect;
                rects[1] = egui::CentralPanel::default()
                    .frame(frame)
                    .show(ui, |ui| {
                        chrome::side_header(ui, self, 1, actions);
                        self.side(ui, right);
                    })
                    .response
                    .rect;
                self.scroll_together(ui, [left, right], rects);
            }
        }
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
        let rows = slots.map(|slot| self.views.get(&slot).and_then(View::first_row));
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
