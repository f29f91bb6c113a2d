//! The parts of snapshots that a scan reads.

use super::module::row_id;

/// Parts of snapshots in the order in which a scan reads them.
#[derive(Debug)]
pub(super) struct Segments<T> {
    /// Each part with the number of its snapshot.
    all: Vec<(usize, T)>,
    at: usize,
}

impl<T> Segments<T> {
    pub(super) fn new() -> Self {
        Self { all: Vec::new(), at: 0 }
    }

    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.at = 0;
    }

    pub(super) fn push(&mut self, file: usize, part: T) {
        self.all.push((file, part));
    }

    /// Returns the number of the current part's snapshot, and the part.
    #[inline]
    pub(super) fn current(&self) -> Option<(usize, &T)> {
        self.all.get(self.at).map(|(file, part)| (*file, part))
    }

    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    pub(super) fn is_done(&self) -> bool {
        self.at >= self.all.len()
    }

    /// Returns the id of the row of a node or edge of the current part's snapshot.
    pub(super) fn row_id(&self, ordinal: u32) -> i64 {
        row_id(self.current().map_or(0, |(file, _)| file), ordinal)
    }
}
