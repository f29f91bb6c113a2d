//! The state of a tree table between frames.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::layout::Place;
use super::{Path, Rows, Selected, TreeModel};
use crate::ui::theme;

/// The maximum number of rows that are selected at once.
pub(super) const SELECT_LIMIT: usize = 10_000;

/// An expanded list: its rows in order, and the expanded rows among them.
#[derive(Clone, Debug)]
pub(super) struct Branch<L> {
    pub(super) list: L,
    pub(super) rows: Arc<Vec<u32>>,
    pub(super) slow: bool,
    pub(super) error: Option<String>,
    /// True if `rows` is the requested list, not the previous one.
    pub(super) is_ready: bool,
    /// True if the list has one row, which is indented less than several would be.
    pub(super) is_chain: bool,
    /// Sorted by `at`.
    pub(super) open: Vec<OpenRow<L>>,
    /// The number of rows of this list and of all expanded lists below, notes included.
    pub(super) total: u64,
}

/// A row whose children are shown.
#[derive(Clone, Debug)]
pub(super) struct OpenRow<L> {
    pub(super) row: u32,
    /// The position of the row in its list; `None` if the list does not contain it now.
    pub(super) at: Option<u64>,
    /// The number of rows of open branches before this one.
    pub(super) before: u64,
    pub(super) branch: Branch<L>,
}

/// The scroll position, selection and expanded rows. One per table.
#[derive(Clone, Debug)]
pub struct TreeState<L> {
    pub(super) root: Option<Branch<L>>,
    pub(super) first_row: u64,
    /// The height of the part of the first row that is scrolled out of view, in points.
    pub(super) offset: f32,
    pub(super) selection: Option<Path>,
    /// The selected row before the selection was cleared; keyboard navigation continues from it.
    pub(super) cursor: Option<Path>,
    /// All selected rows with their lists if several are selected; else empty. Contains the selected row.
    pub(super) many: BTreeMap<Path, L>,
    /// The row from which Shift extends the selection.
    pub(super) anchor: Option<Path>,
    /// The description of `many`, once it is drawn.
    pub(super) about_many: Option<Selected>,
    /// The height of a row, in points.
    pub(super) row_height: f32,
    /// Paths to expand one after another, as their lists arrive.
    pub(super) reveals: VecDeque<Reveal>,
    /// The column under the pointer when the context menu was opened.
    pub(super) menu_column: usize,
    /// True if the context menu of a row was open in the last frame.
    pub(super) has_menu: bool,
    /// True if a key has requested the context menu of the selected row.
    pub(super) wants_menu: bool,
    /// The height of the rows in the last frame, in points.
    pub(super) last_height: f32,
}

#[derive(Clone, Debug)]
pub(super) struct Reveal {
    pub(super) path: Path,
    /// True to expand the last row of the path too.
    pub(super) expand: bool,
    /// True to scroll to the row.
    pub(super) scroll: bool,
    /// True to select the row.
    pub(super) select: bool,
}

impl<L> Default for TreeState<L> {
    fn default() -> Self {
        Self {
            root: None,
            first_row: 0,
            offset: 0.0,
            selection: None,
            cursor: None,
            many: BTreeMap::new(),
            anchor: None,
            about_many: None,
            row_height: theme::ROW_HEIGHT,
            reveals: VecDeque::new(),
            menu_column: 0,
            has_menu: false,
            wants_menu: false,
            last_height: 0.0,
        }
    }
}

impl<L: Clone + Eq + std::hash::Hash> TreeState<L> {
    /// Returns the selected row.
    #[must_use]
    pub fn selection(&self) -> Option<&[u32]> {
        self.selection.as_deref()
    }

    /// Selects a row without scrolling to it. Cancels pending reveals that would select a row.
    pub fn select(&mut self, path: Option<Path>) {
        self.reveals.retain(|reveal| !reveal.select);
        self.anchor.clone_from(&path);
        self.selection = path;
        self.cursor = None;
        self.forget_many();
    }

    /// Returns the selected rows with their lists, in the order of their paths, if several are selected.
    #[must_use]
    pub fn many(&self) -> &BTreeMap<Path, L> {
        &self.many
    }

    fn forget_many(&mut self) {
        self.many.clear();
        self.about_many = None;
    }

    /// Returns the list that contains a shown row.
    fn list_of(&self, path: &[u32]) -> Option<L> {
        match self.place(self.index_of(path)?) {
            Some(Place::Row { list, .. }) => Some(list),
            _ => None,
        }
    }

    /// Adds a row to the selected ones, or removes it. The last added row is the selected one.
    pub(super) fn toggle_selected(&mut self, list: &L, path: &[u32]) {
        if self.many.is_empty()
            && let Some(selected) = self.selection.clone()
            && let Some(list) = self.list_of(&selected)
        {
            self.many.insert(selected, list);
        }
        self.about_many = None;
        let selected = if self.many.remove(path).is_some() {
            self.many.last_key_value().map(|(path, _)| path.clone())
        } else {
            if self.many.len() < SELECT_LIMIT {
                self.many.insert(path.to_vec(), list.clone());
            }
            Some(path.to_vec())
        };
        let many = std::mem::take(&mut self.many);
        self.select(selected);
        if many.len() > 1 {
            self.many = many;
        }
    }

    /// Selects all rows between the anchor and a position.
    pub(super) fn select_to(&mut self, index: u64, path: &[u32]) {
        let anchor = self.anchor.clone().or_else(|| self.selection.clone());
        let from = anchor.as_deref().and_then(|path| self.index_of(path)).unwrap_or(index);
        let limit = SELECT_LIMIT as u64 - 1;
        let (first, last) = if from <= index {
            (from, index.min(from.saturating_add(limit)))
        } else {
            (index.max(from.saturating_sub(limit)), from)
        };
        let many = (first..=last).filter_map(|index| match self.place(index)? {
            Place::Row { list, path, .. } => Some((path, list)),
            Place::Note { .. } => None,
        });
        let many: BTreeMap<Path, L> = many.collect();
        self.select(Some(path.to_vec()));
        if many.len() > 1 {
            self.many = many;
        }
        self.anchor = anchor.or_else(|| Some(path.to_vec()));
    }

    /// Selects all rows of the list that contains the selected row.
    pub(super) fn select_siblings(&mut self) {
        let Some(selected) = self.selection.clone() else { return };
        let Some((_, above)) = selected.split_last() else { return };
        let Some(branch) = self.root.as_mut().and_then(|root| root.descend(above)) else { return };
        let (list, rows) = (branch.list.clone(), Arc::clone(&branch.rows));
        let many = rows.iter().take(SELECT_LIMIT).map(|&row| {
            let path: Path = above.iter().copied().chain([row]).collect();
            (path, list.clone())
        });
        let many: BTreeMap<Path, L> = many.collect();
        self.about_many = None;
        if many.len() > 1 {
            self.many = many;
        }
    }

    /// Selects the first row, if the table has rows.
    pub fn select_first(&mut self) {
        let first = self.root.as_ref().and_then(|root| root.rows.first().copied());
        self.select(first.map(|row| vec![row]));
        (self.first_row, self.offset) = (0, 0.0);
    }

    /// Expands the path to a row, selects the row and scrolls to it, once the lists on the path are ready.
    pub fn reveal(&mut self, path: Path) {
        self.reveals.retain(|reveal| !reveal.select);
        self.reveals.push_back(Reveal { path, expand: false, scroll: true, select: true });
    }

    /// Scrolls by whole rows, to follow a linked table.
    pub fn scroll_rows(&mut self, rows: i64) {
        self.first_row = self.first_row.saturating_add_signed(rows);
    }

    /// Expands the path to a row and scrolls to it, but does not select it.
    pub fn look_at(&mut self, path: Path) {
        self.reveals.push_back(Reveal { path, expand: false, scroll: true, select: false });
    }

    /// Expands all rows of a path without scrolling or selecting.
    pub fn expand(&mut self, path: Path) {
        self.reveals.push_back(Reveal { path, expand: true, scroll: false, select: false });
    }

    /// Returns whether a reveal is pending.
    #[must_use]
    pub fn is_revealing(&self) -> bool {
        !self.reveals.is_empty()
    }

    /// Resets everything.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Returns the number of shown rows, notes included.
    #[must_use]
    pub fn row_count(&self) -> u64 {
        self.root.as_ref().map_or(0, |root| root.total)
    }

    /// Returns the position of the row at the top of the table.
    #[must_use]
    pub fn first_row(&self) -> u64 {
        self.first_row
    }
}

/// The selection and scrolling of a table with any list type.
pub trait RowSelection {
    /// Returns the selected row, or the one that is about to be selected.
    fn selected_row(&self) -> Option<&Path>;

    /// Clears the selection, including that of a pending reveal. Keyboard navigation continues from it.
    fn clear_selection(&mut self);

    /// Expands the path to a row, selects the row and scrolls to it, once the lists on the path are ready.
    fn reveal_row(&mut self, path: Path);

    /// Returns the position of the first row on screen.
    fn first_row(&self) -> u64;

    /// Scrolls by whole rows.
    fn scroll_rows(&mut self, rows: i64);
}

impl<L: Clone + Eq + std::hash::Hash> RowSelection for TreeState<L> {
    fn selected_row(&self) -> Option<&Path> {
        let coming = self.reveals.iter().find(|reveal| reveal.select).map(|reveal| &reveal.path);
        coming.or(self.selection.as_ref())
    }

    fn clear_selection(&mut self) {
        self.reveals.retain(|reveal| !reveal.select);
        self.forget_many();
        if let Some(path) = self.selection.take() {
            self.cursor = Some(path);
        }
    }

    fn reveal_row(&mut self, path: Path) {
        self.reveal(path);
    }

    fn first_row(&self) -> u64 {
        Self::first_row(self)
    }

    fn scroll_rows(&mut self, rows: i64) {
        Self::scroll_rows(self, rows);
    }
}

impl<L: Clone + Eq + std::hash::Hash> Branch<L> {
    pub(super) fn new(list: L) -> Self {
        Self {
            list,
            rows: Arc::default(),
            slow: false,
            error: None,
            is_ready: false,
            is_chain: false,
            open: Vec::new(),
            total: 0,
        }
    }

    /// Updates this list and all lists below it from the model, and recounts the rows.
    pub(super) fn update<M: TreeModel<List = L>>(&mut self, model: &mut M) {
        let (rows, slow, is_ready) = match model.rows(&self.list) {
            Rows::Ready(rows) => (rows, false, true),
            Rows::Pending { previous, slow } => (previous, slow, false),
            Rows::Failed(message) => {
                self.error = Some(message);
                (Arc::default(), false, true)
            }
        };
        if !Arc::ptr_eq(&rows, &self.rows) {
            self.rows = rows;
            for open in &mut self.open {
                open.at = position(&self.rows, open.row);
            }
            self.open.sort_by_key(|open| open.at.unwrap_or(u64::MAX));
        }
        (self.slow, self.is_ready) = (slow, is_ready);
        self.is_chain = self.rows.len() == 1 && self.error.is_none() && model.chains(&self.list);
        let mut below = 0;
        for open in &mut self.open {
            open.before = below;
            open.branch.update(model);
            if open.at.is_some() {
                below += open.branch.total;
            }
        }
        self.total = self.rows.len() as u64 + below + u64::from(self.note().is_some());
    }

    /// Returns the note below the rows: a loading notice or an error.
    pub(super) fn note(&self) -> Option<&str> {
        if let Some(error) = &self.error {
            return Some(error);
        }
        (self.slow && self.rows.is_empty()).then_some("Loading…")
    }

    pub(super) fn child(&self, row: u32) -> Option<&OpenRow<L>> {
        self.open.iter().find(|open| open.row == row)
    }

    pub(super) fn child_mut(&mut self, row: u32) -> Option<&mut OpenRow<L>> {
        self.open.iter_mut().find(|open| open.row == row)
    }

    /// Returns the branch that a path of expanded rows leads to.
    pub(super) fn descend(&mut self, path: &[u32]) -> Option<&mut Self> {
        let mut branch = self;
        for &row in path {
            branch = &mut branch.child_mut(row)?.branch;
        }
        Some(branch)
    }

    pub(super) fn expand(&mut self, row: u32, at: Option<u64>, list: L) {
        if self.child(row).is_some() {
            return;
        }
        let place = self.open.partition_point(|open| open.at.unwrap_or(u64::MAX) < at.unwrap_or(u64::MAX));
        self.open.insert(place, OpenRow { row, at, before: 0, branch: Self::new(list) });
    }

    pub(super) fn collapse(&mut self, row: u32) {
        self.open.retain(|open| open.row != row);
    }
}

/// Returns the position of a row. Scans linearly: a few milliseconds for ten million rows, needed only when the order
/// has changed or a row is revealed.
pub(super) fn position(rows: &[u32], row: u32) -> Option<u64> {
    rows.iter().position(|&id| id == row).map(|at| at as u64)
}
