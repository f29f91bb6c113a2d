//! The widths of columns.

use egui::Rect;

use super::super::Table;
use super::{MIN_COLUMN, MIN_FIRST_COLUMN};

/// The left and right edge of each column.
pub(super) struct Columns {
    pub(super) ends: Vec<(f32, f32)>,
}

/// Returns the width that is left for all columns but the first.
pub(super) fn room_for_numbers(rows: Rect) -> f32 {
    (rows.width() - MIN_FIRST_COLUMN).max(MIN_COLUMN)
}

impl Columns {
    pub(super) fn new(table: &Table<'_>, widths: &mut Vec<f32>, rows: Rect) -> Self {
        if widths.len() != table.columns.len() {
            *widths = table.columns.iter().map(|column| column.width).collect();
        }
        // A truncated number is useless, so whole columns are hidden if space is short, from right to left. The column that
        // the rows are sorted by is never hidden.
        let room = room_for_numbers(rows);
        let mut shown: Vec<bool> = vec![true; widths.len()];
        let needed = |shown: &[bool]| -> f32 { (1..shown.len()).filter(|&at| shown[at]).map(|at| widths[at]).sum() };
        while needed(&shown) > room {
            let Some(last) = (1..shown.len()).rev().find(|&at| shown[at] && at != table.sorted_by.0) else { break };
            shown[last] = false;
        }
        let shrink = (room / needed(&shown).max(1.0)).min(1.0);
        let mut right = rows.right();
        let mut ends: Vec<(f32, f32)> = (1..widths.len())
            .rev()
            .map(|at| {
                let end = right;
                right -= if shown[at] { widths[at] * shrink } else { 0.0 };
                (right, end)
            })
            .collect();
        ends.push((rows.left(), right));
        ends.reverse();
        Self { ends }
    }

    pub(super) fn is_hidden(&self, column: usize) -> bool {
        self.ends[column].0 >= self.ends[column].1
    }
}

impl Columns {
    /// Returns the column at a horizontal position.
    pub(super) fn at(&self, x: f32) -> usize {
        self.ends.iter().rposition(|&(left, _)| x >= left).unwrap_or(0)
    }
}
