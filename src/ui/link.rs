//! The link between two sides: selecting or scrolling on one side does the same on the other.

use super::command::ViewKind;
use super::panes::{Place, Slot};
use crate::model::{NodeOrdinal, human};
use crate::query::{Lane, node_label};
use crate::session::{Pending, Session};

/// The link, and the search for a selected object on the other side.
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

/// The result of a search on the other side.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) slot: Slot,
    pub(super) node: Option<NodeOrdinal>,
    /// The name and id of the object that was searched for.
    pub(super) label: String,
}

impl Link {
    /// Searches the other side for the object with the same id and class.
    pub(super) fn look_for(&mut self, session: &Session, here: &Place, there: &Place, node: NodeOrdinal) {
        let id = here.snapshot.id(node);
        let label = format!("{} {id}", human::visible(&node_label(&here.snapshot, node), 100));
        let (from, to) = (here.snapshot.clone(), there.snapshot.clone());
        let pending = session.spawn(Lane::Interactive, move |_| {
            let found = to.graph().find_id(id);
            // In another process, the same id may belong to any object.
            Ok(found.filter(|&found| to.class(found).key == from.class(node).key))
        });
        self.pending = Some((there.slot, label, pending));
    }

    /// Returns the answer, once.
    pub(super) fn take_answer(&mut self) -> Option<Found> {
        let (slot, label, pending) = self.pending.as_mut()?;
        let answer = pending.take()?;
        let found = Found { slot: *slot, node: answer.ok().flatten(), label: std::mem::take(label) };
        self.pending = None;
        Some(found)
    }

    /// Returns the number of rows that each side was scrolled by since the last frame.
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

    /// Records that a side was scrolled by the link, so that this does not count as its own movement.
    pub(super) fn scrolled(&mut self, side: usize, rows: i64) {
        self.rows[side] = self.rows[side].map(|row| row.saturating_add_signed(rows));
    }
}
