//! The rows of an answer in the tree table.

use std::sync::Arc;

use crate::model::{convert, human};
use crate::sql::{AnswerRows, Answered, Value};
use crate::ui::theme::Look;
use crate::ui::tree_table::{Cell, Column, ColumnRole, Content, Rows, TreeModel};

/// The number of rows that decide on the widths of columns.
const MEASURED: usize = 100;
/// The width of a character, and the least and largest width of a column, in points.
const CHARACTER: f32 = 7.5;
const LEAST: f32 = 64.0;
const LARGEST: f32 = 480.0;
/// The space beside a text.
const MARGIN: f32 = 20.0;
/// The maximum number of characters of a value.
const VALUE_LIMIT: usize = 300;

/// The model of the table.
pub(super) struct QueryRows {
    pub(super) answer: Arc<Answered>,
    pub(super) look: Look,
}

/// Returns the columns of an answer, as wide as the first rows need.
pub(super) fn columns(answer: &AnswerRows) -> Vec<Column<'_>> {
    let width = |column: usize, name: &str| {
        let lengths = answer.rows.iter().take(MEASURED).map(|row| row[column].raw().chars().take(60).count());
        let longest = lengths.max().unwrap_or(0).max(name.chars().count() + 2);
        (convert::screen(longest) * CHARACTER + MARGIN).clamp(LEAST, LARGEST)
    };
    let column = |(at, name): (usize, &'_ String)| width(at, name);
    let widths: Vec<f32> = answer.columns.iter().enumerate().map(column).collect();
    let hint = |at: usize| if answer.is_id(at) { "Click an id to go to the object" } else { "" };
    let names = answer.columns.iter().zip(widths).enumerate();
    names.map(|(at, (name, width))| Column { title: name, hint: hint(at), width }).collect()
}

impl TreeModel for QueryRows {
    type List = Arc<str>;

    fn rows(&mut self, _list: &Arc<str>) -> Rows {
        Rows::Ready(self.answer.0.as_ref().map_or_else(|_| Arc::default(), |rows| Arc::clone(&rows.order)))
    }

    fn children(&self, _list: &Arc<str>, _path: &[u32]) -> Option<Arc<str>> {
        None
    }

    fn cell(&self, _list: &Arc<str>, path: &[u32], column: usize) -> Cell {
        let Ok(rows) = self.answer.0.as_ref() else { return Cell::default() };
        let value = path.last().and_then(|&row| rows.rows.get(row as usize)?.get(column));
        let tokens = self.look.tokens;
        let is_size = |name: &String| name.ends_with("size") || name.ends_with("bytes");
        match value {
            None => Cell::default(),
            Some(Value::Null) => Cell::text("NULL", tokens.weak),
            Some(Value::Integer(id)) if rows.is_id(column) => {
                Cell::text(format!("@{}", id.cast_unsigned()), tokens.accent)
            }
            Some(&Value::Integer(number)) => {
                let size = u64::try_from(number).ok().filter(|_| rows.columns.get(column).is_some_and(is_size));
                let shown = match size {
                    Some(size) => self.look.units.bytes(size),
                    None if number < 0 => format!("−{}", human::count(number.unsigned_abs())),
                    None => human::count(number.unsigned_abs()),
                };
                Cell::text(shown, tokens.text)
            }
            Some(Value::Real(number)) => Cell::text(format!("{number:.4}"), tokens.text),
            Some(Value::Text(text)) => {
                let mut cell = Cell::text(human::visible(text, VALUE_LIMIT), tokens.string);
                cell.tooltip = (text.chars().count() > 40).then(|| human::visible(text, 2000).into_owned());
                cell
            }
            Some(value @ Value::Blob(_)) => Cell::text(human::cut(&value.raw(), VALUE_LIMIT), tokens.weak),
        }
    }

    fn is_link(&self, _list: &Arc<str>, path: &[u32]) -> bool {
        let rows = self.answer.0.as_ref().ok();
        rows.zip(path.last()).is_some_and(|(rows, &row)| rows.objects.get(row as usize).is_some_and(Option::is_some))
    }

    fn role(&self, column: usize) -> ColumnRole {
        let keep = u8::try_from(column).map_or(0, |column| 100 - column.min(100));
        let rows = self.answer.0.as_ref().map_or(&[][..], |answer| &answer.rows);
        let mut values = rows.iter().take(MEASURED).map(|row| &row[column]).filter(|value| **value != Value::Null);
        let is_text = matches!(values.next(), Some(Value::Text(_)));
        let content = if is_text { Content::Text } else { Content::Number };
        // The query says how rows are sorted.
        ColumnRole { sorts: false, content, least_width: 140.0, ..ColumnRole::keep(keep) }
    }
}
