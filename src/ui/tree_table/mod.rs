//! The tree table: rows of a tree of lists, of which each may have ten million.
//!
//! Rows have one height and are drawn only where they can be seen. The table counts rows in `u64` and draws its own
//! scroll bar, because egui's scroll offsets are exact to some hundred thousand rows only. What is expanded and selected is
//! remembered by row ids along the path, never by position, so it survives another order. The table knows neither heap
//! snapshots nor workers; a [`TreeModel`] tells it the rows, and it answers with what the person did.

mod layout;
mod paint;
mod scroll;
mod state;

use std::hash::Hash;
use std::sync::Arc;

use egui::{Color32, Id};

pub use paint::{TableAnswer, select_on_keyboard, show};
pub use state::{RowSelection, TreeState};

/// A row's place in the tree: the ids of its ancestors from the top, its own last.
pub type Path = Vec<u32>;

/// What is known of a list.
#[derive(Clone, Debug)]
pub enum Rows {
    Ready(Arc<Vec<u32>>),
    /// On its way; the rows are those that were shown last. `slow` once a person would notice.
    Pending {
        previous: Arc<Vec<u32>>,
        slow: bool,
    },
    Failed(String),
}

/// A column: title, explanation and how wide it starts. The first column takes what the others leave.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Column {
    pub title: &'static str,
    pub hint: &'static str,
    pub width: f32,
}

/// A piece of text in one colour.
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

/// What a cell shows.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Cell {
    pub runs: Vec<Run>,
    /// A quiet bar behind a number, from 0 to 1.
    pub bar: Option<f32>,
    /// More than fits, shown on hover.
    pub tooltip: Option<String>,
}

impl Cell {
    #[must_use]
    pub fn text(text: impl Into<String>, color: Color32) -> Self {
        Self { runs: vec![Run::new(text, color)], bar: None, tooltip: None }
    }

    /// All runs as one text.
    #[must_use]
    pub fn plain(&self) -> String {
        self.runs.iter().map(|run| run.text.as_str()).collect()
    }
}

/// Where rows come from. Each method is called for rows on screen only and must not take longer than a look-up.
pub trait TreeModel {
    /// Names a list.
    type List: Clone + Eq + Hash;

    fn rows(&mut self, list: &Self::List) -> Rows;

    /// The list below a row; `path` leads to the row, its own id last.
    fn children(&self, list: &Self::List, path: &[u32]) -> Option<Self::List>;

    /// The first column is the tree's.
    fn cell(&self, list: &Self::List, path: &[u32], column: usize) -> Cell;

    /// Whether Enter on the row leads somewhere. On other rows it shows or hides the rows below.
    fn is_link(&self, _list: &Self::List, _path: &[u32]) -> bool {
        true
    }

    /// Amounts over time that a cell draws as a small line, in place of a text.
    fn spark(&self, _list: &Self::List, _path: &[u32], _column: usize) -> Option<Vec<f32>> {
        None
    }
}

/// What a table is and how it looks now.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    pub id: Id,
    /// Tables of one name share the widths of their columns, which are kept between runs.
    pub name: &'static str,
    pub columns: &'a [Column],
    /// The column that rows are sorted by, and whether descending.
    pub sorted_by: (usize, bool),
    /// What to say where there are no rows.
    pub empty_text: &'a str,
}
