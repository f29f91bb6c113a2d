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

use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::Arc;

use egui::{Color32, Id};

pub use paint::show;
pub(crate) use paint::{BulkAction, TableAnswer, is_column_shown, select_on_keyboard};
pub(crate) use state::RowSelection;
pub use state::TreeState;

use super::icons::Icon;
use crate::model::human;

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
pub struct Column<'a> {
    pub title: &'a str,
    pub hint: &'a str,
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

/// The content of a column's cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content {
    Number,
    /// A number with a share beside it, which is dropped before any column is hidden.
    NumberAndShare,
    /// A text, aligned to the left like the first column.
    Text,
}

/// The role of a column: how long it is shown if space is short, and its start.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ColumnRole {
    /// Columns with a small number are hidden first if space is short. The sorted column is never hidden.
    pub keep: u8,
    pub content: Content,
    /// True if the column is hidden until the user shows it.
    pub starts_hidden: bool,
    /// True if a click on the header sorts by the column.
    pub sorts: bool,
    /// The first column: its width, in points, before numbers get room. Narrow tables give it less than half of theirs.
    pub least_width: f32,
}

impl Default for ColumnRole {
    fn default() -> Self {
        Self { keep: 100, content: Content::Number, starts_hidden: false, sorts: true, least_width: 200.0 }
    }
}

impl ColumnRole {
    /// Returns the role of a column of numbers.
    #[must_use]
    pub(crate) fn keep(keep: u8) -> Self {
        Self { keep, ..Self::default() }
    }

    /// Returns the role of a column of sizes with their shares.
    #[must_use]
    pub(crate) fn size(keep: u8) -> Self {
        Self { content: Content::NumberAndShare, ..Self::keep(keep) }
    }

    /// True if cells have a share beside their number.
    pub(super) const fn has_share(self) -> bool {
        matches!(self.content, Content::NumberAndShare)
    }

    /// Returns the role of a first column with paths or names of objects.
    #[must_use]
    pub(crate) fn names() -> Self {
        Self { least_width: 340.0, ..Self::default() }
    }
}

/// The icon in front of a name.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    pub icon: Icon,
    pub color: Color32,
    /// Its meaning, shown on hover.
    pub meaning: &'static str,
}

/// The content of a cell.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    pub mark: Option<Mark>,
    pub runs: Vec<Run>,
    /// Less important text after the others, dropped if space is short: a share beside a number, a source location
    /// after a name. An empty share keeps numbers aligned.
    pub aside: Option<Run>,
    /// The length of a pale bar behind a number, from 0 to 1.
    pub bar: Option<f32>,
    /// More text, shown on hover.
    pub tooltip: Option<String>,
}

impl Cell {
    #[must_use]
    pub fn text(text: impl Into<String>, color: Color32) -> Self {
        Self { runs: vec![Run::new(text, color)], ..Self::default() }
    }

    /// Returns all runs as one text.
    #[must_use]
    pub fn plain(&self) -> String {
        self.runs.iter().chain(&self.aside).map(|run| run.text.as_str()).collect()
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

    /// Returns whether the only row of a list continues the chain of its parent, without indentation of its own.
    fn chains(&self, _list: &Self::List) -> bool {
        false
    }

    /// Returns the role of a column. By default, columns are hidden from right to left.
    fn role(&self, column: usize) -> ColumnRole {
        ColumnRole::keep(u8::try_from(column).map_or(0, |column| 100 - column.min(100)))
    }

    /// Describes several selected rows. Called once per selection.
    fn about_selected(&self, rows: &BTreeMap<Path, Self::List>) -> Selected {
        Selected {
            text: format!("{} selected", human::quantity(rows.len() as u64, "row", "rows")),
            ..Selected::default()
        }
    }

    /// Returns amounts over time that a cell draws as a small line instead of text.
    fn spark(&self, _list: &Self::List, _path: &[u32], _column: usize) -> Option<Vec<f32>> {
        None
    }
}

/// The description of several selected rows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Selected {
    pub text: String,
    pub tooltip: String,
    /// True if the retaining paths of the rows can be merged.
    pub merges: bool,
    /// True if the rows are two objects that can be compared.
    pub compares: bool,
}

/// The description of a table.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    pub id: Id,
    /// Tables with the same name share their column widths, which are kept between runs.
    pub name: &'static str,
    pub columns: &'a [Column<'a>],
    /// The column that rows are sorted by, and true if descending.
    pub sorted_by: (usize, bool),
    /// The text to show if there are no rows.
    pub empty_text: &'a str,
}
