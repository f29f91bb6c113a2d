//! The choice of columns and their widths.

use std::collections::BTreeMap;

use egui::{Id, Rect, Ui};
use serde::{Deserialize, Serialize};

use super::super::{ColumnRole, Table};
use super::{MIN_COLUMN, MIN_FIRST_COLUMN};

/// The width of a share beside a number.
pub(super) const SHARE_WIDTH: f32 = 43.0;
/// The maximum width of a column of numbers.
pub(super) const MAX_COLUMN: f32 = 600.0;
/// The first column keeps up to this part of the table before numbers get room.
const FIRST_PART: f32 = 0.5;

/// The user's choices for a column.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Choice {
    width: Option<f32>,
    is_shown: Option<bool>,
}

/// The user's choices for the columns of a table, by title. Kept between runs.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Choices(BTreeMap<String, Choice>);

impl Choices {
    fn id(name: &'static str) -> Id {
        Id::unique(("columns", name))
    }

    pub(super) fn load(ui: &Ui, name: &'static str) -> Self {
        ui.data_mut(|data| data.get_persisted(Self::id(name))).unwrap_or_default()
    }

    pub(super) fn save(self, ui: &Ui, name: &'static str) {
        ui.data_mut(|data| data.insert_persisted(Self::id(name), self));
    }

    pub(super) fn set_width(&mut self, title: &str, width: f32) {
        self.0.entry(title.to_owned()).or_default().width = Some(width.clamp(MIN_COLUMN, MAX_COLUMN));
    }

    pub(super) fn set_shown(&mut self, title: &str, is_shown: bool) {
        self.0.entry(title.to_owned()).or_default().is_shown = Some(is_shown);
    }

    pub(super) fn reset(&mut self) {
        self.0.clear();
    }

    pub(super) fn is_changed(&self) -> bool {
        !self.0.is_empty()
    }

    fn of(&self, title: &str) -> Choice {
        self.0.get(title).copied().unwrap_or_default()
    }
}

/// Returns whether the user shows a column of a table, even if it has no room now.
pub(crate) fn is_column_shown(ui: &Ui, name: &'static str, title: &str, starts_hidden: bool) -> bool {
    Choices::load(ui, name).of(title).is_shown.unwrap_or(!starts_hidden)
}

/// The columns as they are drawn.
pub(super) struct Columns {
    /// The left and right edge of each column.
    pub(super) ends: Vec<(f32, f32)>,
    pub(super) roles: Vec<ColumnRole>,
    /// The widths that the user or the table chose, by column.
    pub(super) widths: Vec<f32>,
    /// True for columns that are shown if there is room.
    pub(super) is_chosen: Vec<bool>,
    /// True for columns that have room for a share beside the number.
    pub(super) has_share: Vec<bool>,
    /// The width that all columns but the first may have.
    pub(super) room: f32,
}

impl Columns {
    pub(super) fn new(table: &Table<'_>, roles: Vec<ColumnRole>, choices: &Choices, rows: Rect) -> Self {
        let chosen = |at: usize| choices.of(table.columns[at].title);
        let count = table.columns.len();
        let widths: Vec<f32> = (0..count).map(|at| chosen(at).width.unwrap_or(table.columns[at].width)).collect();
        let is_chosen: Vec<bool> =
            (0..count).map(|at| at == 0 || chosen(at).is_shown.unwrap_or(!roles[at].starts_hidden)).collect();
        let least = roles.first().map_or(0.0, |role| role.least_width).min(rows.width() * FIRST_PART);
        let room = (rows.width() - least.max(MIN_FIRST_COLUMN)).max(MIN_COLUMN);
        let mut columns = Self { ends: Vec::new(), has_share: vec![false; count], roles, widths, is_chosen, room };
        columns.place(table.sorted_by.0, rows);
        columns
    }

    /// Gives columns their room. A truncated number is useless, so if space is short, shares are dropped, and then whole
    /// columns, those with a small rank first. The column that the rows are sorted by is never hidden.
    fn place(&mut self, sorted: usize, rows: Rect) {
        let count = self.widths.len();
        let mut is_shown = self.is_chosen.clone();
        self.has_share =
            (0..count).map(|at| self.roles[at].has_share() && self.widths[at] - SHARE_WIDTH >= MIN_COLUMN).collect();
        let can_narrow = self.has_share.clone();
        let mut order: Vec<usize> = (1..count).filter(|&at| is_shown[at]).collect();
        order.sort_by_key(|&at| (self.roles[at].keep, count - at));
        let width = |at: usize, has_share: &[bool]| {
            self.widths[at] - if can_narrow[at] && !has_share[at] { SHARE_WIDTH } else { 0.0 }
        };
        let needed = |shown: &[bool], has_share: &[bool]| -> f32 {
            (1..count).filter(|&at| shown[at]).map(|at| width(at, has_share)).sum()
        };
        let mut has_share = self.has_share.clone();
        for &at in &order {
            if needed(&is_shown, &has_share) <= self.room {
                break;
            }
            has_share[at] = false;
        }
        for &at in order.iter().filter(|&&at| at != sorted) {
            if needed(&is_shown, &has_share) <= self.room {
                break;
            }
            is_shown[at] = false;
        }
        let shrink = (self.room / needed(&is_shown, &has_share).max(1.0)).min(1.0);
        let mut right = rows.right();
        let mut ends: Vec<(f32, f32)> = (1..count)
            .rev()
            .map(|at| {
                let end = right;
                right -= if is_shown[at] { width(at, &has_share) * shrink } else { 0.0 };
                (right, end)
            })
            .collect();
        ends.push((rows.left(), right));
        ends.reverse();
        (self.ends, self.has_share) = (ends, has_share);
    }

    /// Returns whether a column is not on screen: the user hides it, or it has no room.
    pub(super) fn is_hidden(&self, column: usize) -> bool {
        self.ends[column].0 >= self.ends[column].1
    }

    /// Returns the columns that the user shows, whether or not they have room.
    pub(super) fn chosen(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.is_chosen.len()).filter(|&at| self.is_chosen[at])
    }

    /// Returns the columns that have no room.
    pub(super) fn without_room(&self) -> impl Iterator<Item = usize> + '_ {
        self.chosen().filter(|&at| self.is_hidden(at))
    }

    /// Returns the column at a horizontal position.
    pub(super) fn at(&self, x: f32) -> usize {
        self.ends.iter().rposition(|&(left, _)| x >= left).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use egui::{pos2, vec2};

    use super::super::super::Column;
    use super::*;

    const COLUMNS: [Column; 4] = [
        Column { title: "Name", hint: "", width: 0.0 },
        Column { title: "Distance", hint: "", width: 76.0 },
        Column { title: "Shallow", hint: "", width: 124.0 },
        Column { title: "Retained", hint: "", width: 134.0 },
    ];

    fn columns(width: f32, sorted: usize, choices: &Choices) -> Columns {
        let table = Table {
            id: Id::unique("table"),
            name: "table",
            columns: &COLUMNS,
            sorted_by: (sorted, true),
            empty_text: "",
        };
        let roles = vec![ColumnRole::names(), ColumnRole::keep(60), ColumnRole::size(50), ColumnRole::size(90)];
        Columns::new(&table, roles, choices, Rect::from_min_size(pos2(0.0, 0.0), vec2(width, 100.0)))
    }

    fn shown(columns: &Columns) -> Vec<usize> {
        (0..4).filter(|&at| !columns.is_hidden(at)).collect()
    }

    #[test]
    fn names_keep_their_room_while_shares_and_then_columns_are_dropped() {
        let none = Choices::default();
        let wide = columns(700.0, 3, &none);
        assert_eq!((shown(&wide), &wide.has_share[..]), (vec![0, 1, 2, 3], &[false, false, true, true][..]));
        let less = columns(640.0, 3, &none);
        assert_eq!((shown(&less), &less.has_share[..]), (vec![0, 1, 2, 3], &[false, false, false, true][..]));
        let narrow = columns(380.0, 1, &none);
        assert_eq!((shown(&narrow), &narrow.has_share[..]), (vec![0, 1, 3], &[false; 4][..]));
        assert!(narrow.ends[0].1 >= 380.0 * FIRST_PART);
        assert_eq!(shown(&columns(230.0, 1, &none)), [0, 1], "the sorted column is never hidden");
        assert_eq!(shown(&columns(230.0, 3, &none)), [0, 3]);
    }

    #[test]
    fn a_hidden_column_gives_its_room_to_the_others() {
        let mut choices = Choices::default();
        choices.set_shown("Distance", false);
        let hidden = columns(640.0, 3, &choices);
        assert_eq!((shown(&hidden), hidden.has_share[2]), (vec![0, 2, 3], true));
        assert_eq!(hidden.without_room().count(), 0);
    }
}
