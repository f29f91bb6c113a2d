//! Functions and calls of sampling profiles and allocation stacks.

use super::cell::{Cell, Format, address, name, row_name};
use super::schema::{Column, Table};
use crate::model::{CallFunction, difference};
use crate::query::{CallRow, Calls};

/// The maximum number of indented levels. Deeper rows show their depth as a number.
const MAX_INDENT: u32 = 30;

/// A function or a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FunctionRow<'a> {
    pub(crate) calls: &'a Calls,
    pub(crate) row: &'a CallRow,
    /// The level in a tree of calls.
    pub(crate) depth: Option<u32>,
    /// True if the numbers of a base follow those of the profile.
    pub(crate) is_compared: bool,
    /// The sum of the first measure, for percentages.
    pub(crate) whole: u64,
}

/// Functions and calls.
pub(crate) struct Functions;

/// The columns of `profile` for two profiles and their calls.
pub(crate) const PROFILE: &[&str] = &[
    "depth",
    "name",
    "url",
    "script_id",
    "line",
    "column",
    "self_size",
    "total_size",
    "base_self_size",
    "base_total_size",
];

/// The columns that only a comparison of profiles has.
pub(crate) const BASE_SIZES: &[&str] = &["base_self_size", "base_total_size"];

/// The columns of `profile` in text.
pub(crate) const PROFILE_TEXT: &[&str] = &["self_size", "self_share", "total_size", "total_share", "function"];

/// The columns of `profile` for two profiles in text.
pub(crate) const COMPARED_TEXT: &[&str] = &["self_size", "self_change", "total_size", "total_change", "function"];

/// The columns of `allocations`.
pub(crate) const ALLOCATIONS: &[&str] =
    &["depth", "name", "url", "script_id", "line", "column", "live_count", "count", "live_size", "size"];

/// The columns of `allocations` in text.
pub(crate) const ALLOCATIONS_TEXT: &[&str] = &["live_count", "count", "live_size", "size", "caller"];

impl Table for Functions {
    type Row<'a> = FunctionRow<'a>;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::<Self>::new("depth", "the level in the tree of calls or callers", |row| row.depth.into()).optional(),
        Column::<Self>::new("name", "the name of the function", |row| row_name(row.function().label()).into()),
        Column::<Self>::new("url", "the URL of the script", |row| row.at().map(|at| row_name(&at.url)).into())
            .within("location", "url"),
        Column::<Self>::new("script_id", "the id of the script", |row| row.at().map(|at| at.script_id).into())
            .within("location", "script_id"),
        Column::<Self>::new("line", "the line of the function, from 0", |row| row.at().and_then(|at| at.line).into())
            .within("location", "line"),
        Column::<Self>::new("column", "the column of the function, from 0", |row| {
            row.at().and_then(|at| at.column).into()
        })
        .within("location", "column"),
        Column::<Self>::new("self_size", "the sampled bytes that the function itself allocated", |row| row.own(0))
            .shown_as("Self", Format::Bytes),
        Column::<Self>::new("total_size", "the sampled bytes that it and its callees allocated", |row| row.total(0))
            .shown_as("Total", Format::Bytes),
        Column::<Self>::new("base_self_size", "`self_size` in the base", |row| row.base(row.row.numbers.own))
            .optional(),
        Column::<Self>::new("base_total_size", "`total_size` in the base", |row| row.base(row.row.numbers.total))
            .optional(),
        Column::<Self>::new("live_count", "the number of live objects that the function allocated", |row| row.own(0))
            .shown_as("Live", Format::Count),
        Column::<Self>::new("count", "the total number of objects that it allocated", |row| row.own(1))
            .shown_as("Allocated", Format::Count),
        Column::<Self>::new("live_size", "the bytes of the live objects", |row| row.own(2))
            .shown_as("Live size", Format::Bytes),
        Column::<Self>::new("size", "the bytes of all objects", |row| row.own(3)).shown_as("Size", Format::Bytes),
        Column::<Self>::text("self_share", "%", |row| row.share(row.row.numbers.own)),
        Column::<Self>::text("total_share", "%", |row| row.share(row.row.numbers.total)),
        Column::<Self>::text("self_change", "Change", |row| change(row.row.numbers.own))
            .shown_as("Change", Format::Bytes),
        Column::<Self>::text("total_change", "Change", |row| change(row.row.numbers.total))
            .shown_as("Change", Format::Bytes),
        Column::<Self>::text("function", "Function", |row| row.label("").into()),
        Column::<Self>::text("caller", "Function", |row| row.label(if row.depth > Some(0) { "← " } else { "" }).into()),
    ];
}

impl<'a> FunctionRow<'a> {
    fn function(&self) -> &'a CallFunction {
        &self.calls.functions()[self.row.function as usize]
    }

    /// Returns the function if it belongs to a script.
    fn at(&self) -> Option<&'a CallFunction> {
        Some(self.function()).filter(|function| !function.url.is_empty() || function.script_id != 0)
    }

    fn own(&self, measure: usize) -> Cell<'static> {
        self.row.numbers.own[measure].into()
    }

    fn total(&self, measure: usize) -> Cell<'static> {
        self.row.numbers.total[measure].into()
    }

    fn base<const N: usize>(&self, numbers: [u64; N]) -> Cell<'static> {
        self.is_compared.then_some(numbers[1]).into()
    }

    fn share<const N: usize>(&self, numbers: [u64; N]) -> Cell<'static> {
        #[expect(clippy::cast_precision_loss, reason = "a percentage with one decimal")]
        let percent = numbers[0] as f64 * 100.0 / self.whole.max(1) as f64;
        Cell::Percent(percent)
    }

    /// Returns the function with its place, indented by its depth.
    fn label(&self, mark: &str) -> String {
        let depth = self.depth.unwrap_or(0);
        let indent = "  ".repeat(depth.min(MAX_INDENT) as usize);
        let depth = if depth > MAX_INDENT { format!("({depth}) ") } else { String::new() };
        let place = self.function().place();
        let place = if place.is_empty() { place } else { format!("  {}", address(&place)) };
        format!("{indent}{depth}{mark}{}{place}", name(self.function().label()))
    }
}

/// Returns the growth since the base.
fn change<const N: usize>(numbers: [u64; N]) -> Cell<'static> {
    difference(numbers[0], numbers[1]).into()
}
