//! Conversion between rows and positions in the whole table.

use super::state::{Branch, Reveal, TreeState, position};
use super::{Path, TreeModel};

/// The content of a position.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Place<L> {
    Row {
        list: L,
        path: Path,
        /// The number of levels of indentation, which may be less than the number of ancestors.
        depth: usize,
        /// True if the row continues a chain: it is the only child of its parent, and all rows of the chain have the same
        /// indentation.
        is_chained: bool,
    },
    /// A note below the rows of a list, at this depth.
    Note { depth: usize, text: String },
}

impl<L: Clone + Eq + std::hash::Hash> Branch<L> {
    /// Returns the content of position `index`, counted from the branch's first row. Searches expanded rows by binary search.
    pub(super) fn place(&self, index: u64) -> Option<Place<L>> {
        let mut branch = self;
        let mut index = index;
        let mut path = Path::new();
        let mut depth = 0;
        loop {
            // The expanded rows before `index`; the last of them may contain it.
            let before = branch.open.partition_point(|open| open.at.is_some_and(|at| at + open.before < index));
            let Some(last) = before.checked_sub(1).map(|last| &branch.open[last]) else {
                return branch.own(index, path, depth);
            };
            let first_child = last.at.unwrap_or(u64::MAX) + last.before + 1;
            if index < first_child + last.branch.total {
                path.push(last.row);
                index -= first_child;
                branch = &last.branch;
                depth += usize::from(!branch.is_chain);
            } else {
                return branch.own(index - last.before - last.branch.total, path, depth);
            }
        }
    }

    fn own(&self, index: u64, mut path: Path, depth: usize) -> Option<Place<L>> {
        match usize::try_from(index).ok().and_then(|at| self.rows.get(at)) {
            Some(&row) => {
                path.push(row);
                let is_chained = self.is_chain && path.len() > 1;
                Some(Place::Row { list: self.list.clone(), path, depth, is_chained })
            }
            None if index == self.rows.len() as u64 => {
                self.note().map(|text| Place::Note { depth, text: text.to_owned() })
            }
            None => None,
        }
    }

    /// Returns the position of a row in the whole branch, if all its ancestors are expanded.
    pub(super) fn index_of(&self, path: &[u32]) -> Option<u64> {
        let mut branch = self;
        let mut index = 0;
        for (depth, &row) in path.iter().enumerate() {
            let is_last = depth + 1 == path.len();
            if let Some(open) = branch.child(row) {
                index += open.at? + open.before + u64::from(!is_last);
                branch = &open.branch;
            } else if is_last {
                let at = position(&branch.rows, row)?;
                let before = branch.open.partition_point(|open| open.at.is_some_and(|open| open < at));
                let below = before.checked_sub(1).map_or(0, |last| {
                    let last = &branch.open[last];
                    last.before + last.branch.total
                });
                index += at + below;
            } else {
                return None;
            }
        }
        Some(index)
    }
}

impl<L: Clone + Eq + std::hash::Hash> TreeState<L> {
    pub(super) fn place(&self, index: u64) -> Option<Place<L>> {
        self.root.as_ref()?.place(index)
    }

    /// Returns the position of a row in the whole table, if it is shown.
    #[must_use]
    pub fn index_of(&self, path: &[u32]) -> Option<u64> {
        self.root.as_ref()?.index_of(path)
    }

    pub(super) fn is_expanded(&self, path: &[u32]) -> bool {
        let (Some((&row, above)), Some(root)) = (path.split_last(), self.root.as_ref()) else { return false };
        let mut branch = root;
        for &row in above {
            let Some(open) = branch.child(row) else { return false };
            branch = &open.branch;
        }
        branch.child(row).is_some()
    }

    /// Shows or hides the children of a row.
    pub(super) fn toggle<M: TreeModel<List = L>>(&mut self, model: &mut M, path: &[u32], expand: bool) {
        let Some((&row, above)) = path.split_last() else { return };
        let Some(branch) = self.root.as_mut().and_then(|root| root.descend(above)) else { return };
        if expand {
            if let Some(list) = model.children(&branch.list, path) {
                let at = position(&branch.rows, row);
                branch.expand(row, at, list);
            }
        } else {
            branch.collapse(row);
        }
        self.update(model);
    }

    /// Updates all lists from the model.
    pub(super) fn update<M: TreeModel<List = L>>(&mut self, model: &mut M) {
        if let Some(root) = &mut self.root {
            root.update(model);
        }
    }

    /// Expands the next rows on the paths that are being revealed. Returns the last reached one that is to be scrolled to.
    pub(super) fn advance_reveals<M: TreeModel<List = L>>(&mut self, model: &mut M) -> Option<Reveal> {
        let mut reached = None;
        while let Some(reveal) = self.reveals.pop_front() {
            if !self.advance(model, &reveal) {
                self.reveals.push_front(reveal);
                break;
            }
            if reveal.scroll {
                reached = Some(reveal);
            }
        }
        reached
    }

    /// Expands the rows of a path as far as their lists are ready; returns whether the path is done.
    fn advance<M: TreeModel<List = L>>(&mut self, model: &mut M, reveal: &Reveal) -> bool {
        let steps = reveal.path.len();
        for depth in 0..steps {
            let (above, path) = (&reveal.path[..depth], &reveal.path[..=depth]);
            let row = reveal.path[depth];
            let Some(branch) = self.root.as_mut().and_then(|root| root.descend(above)) else { break };
            if !branch.is_ready {
                return false;
            }
            if position(&branch.rows, row).is_none() {
                break;
            }
            let is_last = depth + 1 == steps;
            if !self.is_expanded(path) && (!is_last || reveal.expand) {
                self.toggle(model, path, true);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{Cell, Rows};
    use super::*;

    /// A model with `len` top rows in which each row `r` of any list has `r % 4` children.
    struct Numbers {
        len: u32,
        reversed: bool,
    }

    impl TreeModel for Numbers {
        type List = (u32, u32);

        fn rows(&mut self, list: &(u32, u32)) -> Rows {
            let rows: Vec<u32> = (0..list.1).collect();
            Rows::Ready(Arc::new(if self.reversed { rows.into_iter().rev().collect() } else { rows }))
        }

        fn children(&self, list: &(u32, u32), path: &[u32]) -> Option<(u32, u32)> {
            let row = *path.last()?;
            (row % 4 > 0).then_some((list.0 + 1, row % 4))
        }

        fn cell(&self, _: &(u32, u32), path: &[u32], _: usize) -> Cell {
            Cell::text(format!("{path:?}"), egui::Color32::BLACK)
        }
    }

    fn all(state: &TreeState<(u32, u32)>) -> Vec<Path> {
        (0..state.row_count())
            .map(|index| match state.place(index) {
                Some(Place::Row { path, .. }) => path,
                other => panic!("{index}: {other:?}"),
            })
            .collect()
    }

    fn opened(model: &mut Numbers) -> TreeState<(u32, u32)> {
        let mut state = TreeState { root: Some(Branch::new((0, model.len))), ..TreeState::default() };
        state.update(model);
        for path in [&[3][..], &[3, 2], &[1], &[6]] {
            state.toggle(model, path, true);
        }
        state
    }

    #[test]
    fn positions_and_rows_agree_whatever_is_expanded() {
        let mut model = Numbers { len: 8, reversed: false };
        let mut state = opened(&mut model);
        assert_eq!(
            all(&state),
            [
                vec![0],
                vec![1],
                vec![1, 0],
                vec![2],
                vec![3],
                vec![3, 0],
                vec![3, 1],
                vec![3, 2],
                vec![3, 2, 0],
                vec![3, 2, 1],
                vec![4],
                vec![5],
                vec![6],
                vec![6, 0],
                vec![6, 1],
                vec![7]
            ]
        );
        for (index, path) in (0..).zip(all(&state)) {
            assert_eq!(state.index_of(&path), Some(index), "{path:?}");
        }
        state.toggle(&mut model, &[3], false);
        assert_eq!(state.row_count(), 11);
    }

    #[test]
    fn reordering_keeps_rows_expanded() {
        let mut model = Numbers { len: 8, reversed: false };
        let mut state = opened(&mut model);
        model.reversed = true;
        state.update(&mut model);
        assert_eq!(state.row_count(), 16);
        assert!(state.is_expanded(&[3, 2]) && state.is_expanded(&[1]));
        for (index, path) in (0..).zip(all(&state)) {
            assert_eq!(state.index_of(&path), Some(index), "{path:?}");
        }
    }

    #[test]
    fn a_path_is_opened_level_by_level() {
        let mut model = Numbers { len: 1_000_000, reversed: false };
        let mut state = TreeState { root: Some(Branch::new((0, model.len))), ..TreeState::default() };
        state.update(&mut model);
        state.reveal(vec![999_999, 2, 1]);
        assert_eq!(state.advance_reveals(&mut model).map(|reveal| reveal.path), Some(vec![999_999, 2, 1]));
        assert_eq!(state.index_of(&[999_999, 2, 1]), Some(999_999 + 3 + 2));
    }
}
