//! The rows of a snapshot that have notes of the user.

use std::collections::BTreeSet;

use super::Session;
use crate::model::{ClassId, NodeOrdinal, SnapshotId};

/// Objects and classes with notes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Noted {
    pub(crate) nodes: BTreeSet<NodeOrdinal>,
    pub(crate) classes: BTreeSet<ClassId>,
}

impl Session {
    /// Sets the rows of a snapshot that have notes.
    pub(crate) fn set_noted(&mut self, id: SnapshotId, noted: Noted) {
        self.noted.insert(id, noted);
    }

    /// Returns the rows of a snapshot that have notes, if any.
    #[must_use]
    pub(crate) fn noted(&self, id: SnapshotId) -> Option<&Noted> {
        self.noted.get(&id)
    }
}
