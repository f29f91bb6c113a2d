//! The path to an object in a tree from the root: a worker finds its rows, which are then expanded one after another.

use std::sync::Arc;

use super::Place;
use crate::model::{CancelToken, Cancelled, human};
use crate::query::{Lane, ListSpec};
use crate::session::{Pending, Session};
use crate::snapshot::Snapshot;
use crate::ui::command::Command;
use crate::ui::notice::Notice;
use crate::ui::tree_table::TreeState;

/// The maximum number of levels that are expanded: each needs a list of its own and indents the rows below.
const MAX_REVEALED: usize = 200;

/// The path to an object, while it is searched and expanded.
#[derive(Debug, Default)]
pub(super) struct WayDown {
    pending: Option<Pending<Vec<u32>>>,
    /// A remark to show once the rows on the path are expanded.
    note: Option<Notice>,
}

impl WayDown {
    /// Requests the rows on the path, from the root's list down.
    pub(super) fn ask(
        &mut self,
        session: &Session,
        place: &Place,
        rows: impl FnOnce(&Snapshot, &CancelToken) -> Result<Vec<u32>, Cancelled> + Send + 'static,
    ) {
        let snapshot = Arc::clone(&place.snapshot);
        self.pending = Some(session.spawn(Lane::Interactive, move |cancel| rows(&snapshot, cancel)));
    }

    /// Abandons the path.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    pub(super) fn is_busy(&self) -> bool {
        self.pending.is_some()
    }

    /// Expands the rows in a table once they are known.
    pub(super) fn poll(&mut self, table: &mut TreeState<ListSpec>, commands: &mut Vec<Command>) {
        if !table.is_revealing() {
            commands.extend(self.note.take().map(Command::Notify));
        }
        let Some(answer) = self.pending.as_mut().and_then(Pending::take) else { return };
        self.pending = None;
        let Ok(mut way) = answer else { return };
        if way.is_empty() {
            commands.push(Command::Notify(Notice::fact("No strong references lead from the root to this object")));
        } else if way.len() > MAX_REVEALED {
            let levels = human::count(way.len() as u64);
            let note = format!("The object is {levels} levels deep; only {MAX_REVEALED} of them are expanded");
            self.note = Some(Notice::fact(note));
            way.truncate(MAX_REVEALED);
            // The last of these rows is not the object that is shown below.
            table.look_at(way);
        } else {
            table.reveal(way);
        }
    }
}
