//! The tree table: a tree of lists, each of which may have ten million rows.
//!
//! Rows have one height, and only visible ones are drawn. The table counts rows in `u64` and draws its own scroll bar,
//! because egui's scroll offsets are exact only up to a few hundred thousand rows. Expanded and selected rows are identified
//! by the row ids along their path, never by position, so they survive a change of order. The table knows neither heap
//! snapshots nor workers: a [`TreeModel`] supplies the rows, and the table reports the user's input.

mod layout;
mod paint;
mod scroll;
mod state;

use std::hash::Hash;
use std::sync::Arc;

use egui::{Color32, Id};

pub(crate) use paint::select_on_keyboard;
pub use paint::show;
pub(crate) use state::RowSelection;
pub use state::TreeState;

/// The path of a row in the tree: the ids of its ancestors from the top, its own last.
pub(crate) type Path = Vec<u32>;

/// The state of a list.
#[derive(Clone, Debug)]
pub enum Rows {
    Ready(Arc<Vec<u32>>),
    /// Loading; `previous` are the rows that were shown last. `slow` is true once the user would notice the delay.
    Pending {
        previous: Arc<Vec<u32>>,
        slow: bool,
    },
    Failed(String),
}

/// A column: title, tooltip and initial width. The first column takes the remaining width.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Column {
    pub title: &'static str,
    pub hint: &'static str,
    pub width: f32,
}

/// A run of text in one color.
#[derive(Clone, PartialEq, Debug)]
pub struct Run {
    pub text: String,
    pub color: Color32,
}

impl Run {
    #[must_use]
    pub fn new(text: impl Into<String>, color: Color32) -> Self {
        Self { text: text.into(), color }
    }
}

/// The content of a cell.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Cell {
    pub runs: Vec<Run>,
    /// The length of a pale bar behind a number, from 0 to 1.
    pub bar: Option<f32>,
    /// More text, shown on hover.
    pub tooltip: Option<String>,
}

impl Cell {
    #[must_use]
    pub fn text(text: impl Into<String>, color: Color32) -> Self {
        Self { runs: vec![Run::new(text, color)], bar: None, tooltip: None }
    }

    /// Returns all runs as one text.
    #[must_use]
    pub fn plain(&self) -> String {
        self.runs.iter().map(|run| run.text.as_str()).collect()
    }
}

/// The source of rows. Methods are called only for rows on screen and must not take longer than a lookup.
pub trait TreeModel {
    /// The identifier of a list.
    type List: Clone + Eq + Hash;

    fn rows(&mut self, list: &Self::List) -> Rows;

    /// Returns the list below a row; `path` leads to the row, its own id last.
    fn children(&self, list: &Self::List, path: &[u32]) -> Option<Self::List>;

    /// Returns a cell. The first column shows the tree.
    fn cell(&self, list: &Self::List, path: &[u32], column: usize) -> Cell;

    /// Returns whether Enter on the row activates it. On other rows Enter shows or hides the rows below.
    fn is_link(&self, _list: &Self::List, _path: &[u32]) -> bool {
        true
    }

    /// Returns amounts over time that a cell draws as a small line instead of text.
    fn spark(&self, _list: &Self::List, _path: &[u32], _column: usize) -> Option<Vec<f32>> {
        None
    }
}

/// The description of a table.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    pub id: Id,
    /// Tables with the same name share their column widths, which are kept between runs.
    pub name: &'static str,
    pub columns: &'a [Column],
    /// The column that rows are sorted by, and true if descending.
    pub sorted_by: (usize, bool),
    /// The text to show if there are no rows.
    pub empty_text: &'a str,
}
