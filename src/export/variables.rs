//! Dead variables.

use super::cell::{Format, address, name, row_name};
use super::objects::row_string;
use super::schema::{Column, Table};
use crate::query::{DeadContext, DeadScope, DeadVariable, Scripts, node_label};
use crate::snapshot::Snapshot;

/// A context variable that no live function reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VariableRow<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) scripts: &'a Scripts,
    pub(crate) scope: &'a DeadScope,
    pub(crate) context: &'a DeadContext,
    pub(crate) variable: &'a DeadVariable,
}

/// Dead variables.
pub(crate) struct Variables;

/// The columns of `dead-variables`.
pub(crate) const VARIABLES: &[&str] =
    &["url", "function", "context_id", "variable", "value_id", "value", "kind", "retained_size", "freed_size"];

/// The columns of `dead-variables` in text.
pub(crate) const VARIABLES_TEXT: &[&str] = &["context_id", "retained_size", "freed_size", "assignment"];

impl Table for Variables {
    type Row<'a> = VariableRow<'a>;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::<Self>::new("url", "the URL of the script", |row| row_name(&row.scope.script_name).into()).csv_only(),
        Column::<Self>::new("function", "the function that declares the variable", |row| {
            row.scope.function.as_deref().map(row_name).into()
        })
        .csv_only(),
        Column::<Self>::new("context_id", "the id of the context that holds the value", |row| {
            row.snapshot.id(row.context.context).0.into()
        })
        .shown_as("Context", Format::Id)
        .csv_only(),
        Column::<Self>::new("variable", "the name of the variable", |row| {
            row_string(row.snapshot, row.variable.name).into()
        })
        .member("name"),
        Column::<Self>::new("value_id", "the id of the value", |row| row.snapshot.id(row.variable.value).0.into())
            .member("id"),
        Column::<Self>::new("value", "the display name of the value", |row| {
            row.snapshot.display_name(row.variable.value).into()
        }),
        Column::<Self>::new("kind", "the kind of the value", |row| {
            row_name(row.snapshot.graph().kind_name(row.variable.value)).into()
        })
        .json_only(),
        Column::<Self>::new("retained_size", "the retained size of the value", |row| row.variable.retained_size.into())
            .shown_as("Retained", Format::Bytes),
        Column::<Self>::new(
            "freed_size",
            "the bytes that clearing the variable would free; 0 if something else also holds the value",
            |row| row.variable.freed_size.into(),
        )
        .shown_as("Freed", Format::Bytes),
        Column::<Self>::text("assignment", "Variable", |row| row.label().into()),
    ];
}

impl VariableRow<'_> {
    /// Returns the variable, its value and its function, safe for a terminal.
    fn label(&self) -> String {
        let value = self.variable.value;
        format!(
            "{} = {} {}  ({}, {})",
            name(&row_string(self.snapshot, self.variable.name)),
            node_label(self.snapshot, value),
            self.snapshot.id(value),
            name(self.scope.function.as_deref().unwrap_or("(anonymous function)")),
            self.place(),
        )
    }

    /// Returns the location of the scope's function, if known.
    fn place(&self) -> String {
        match self.scope.closure.and_then(|closure| self.snapshot.location(closure)) {
            Some(at) => self.scripts.short(at),
            None => format!("{}, from character {}", address(&self.scope.script_name), self.scope.start),
        }
    }
}
