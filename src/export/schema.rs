//! Declarations of tables: a column is declared once, for text, CSV, TSV, JSON and the documentation.

use super::cell::{Cell, Format};

/// A kind of row and the columns that describe it.
pub(crate) trait Table: Sized + 'static {
    /// The data of one row. Columns read from it, so nothing is computed that is not written.
    type Row<'a>;
    /// All columns that a list of such rows may have.
    const COLUMNS: &'static [Column<Self>];
}

/// The function that reads the value of a column from a row.
type Value<T> = for<'r, 'a> fn(&'r <T as Table>::Row<'a>) -> Cell<'r>;

/// A column of a table.
pub(crate) struct Column<T: Table> {
    pub(crate) field: Field,
    value: Value<T>,
}

/// The formats that a column is written to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outputs {
    All,
    Json,
    Csv,
    /// Only the tables of SQL queries.
    Sql,
    /// Only text tables, which have no machine-readable names.
    Text,
}

/// A description of a column, without its values.
#[derive(Debug)]
pub(crate) struct Field {
    /// The name in CSV and, unless [`Self::member`] differs, in JSON.
    pub(crate) name: &'static str,
    /// The header in text tables.
    pub(crate) header: &'static str,
    pub(crate) format: Format,
    /// A phrase for the documentation.
    pub(crate) about: &'static str,
    /// The object in JSON that contains the column, if it is nested.
    pub(crate) group: Option<&'static str>,
    /// The name in JSON.
    pub(crate) member: &'static str,
    /// True if JSON omits the column where it has no value. Others are `null`.
    pub(crate) is_optional: bool,
    outputs: Outputs,
}

impl<T: Table> Column<T> {
    /// Declares a column with its name and its description.
    pub(crate) const fn new(name: &'static str, about: &'static str, value: Value<T>) -> Self {
        let field = Field {
            name,
            header: "",
            format: Format::Name,
            about,
            group: None,
            member: name,
            is_optional: false,
            outputs: Outputs::All,
        };
        Self { field, value }
    }

    /// Declares a column that only text tables have. Its cells must be safe for a terminal.
    pub(crate) const fn text(name: &'static str, header: &'static str, value: Value<T>) -> Self {
        let mut column = Self::new(name, "", value).shown_as(header, Format::Plain);
        column.field.outputs = Outputs::Text;
        column
    }

    /// Sets the header and the format in text tables.
    pub(crate) const fn shown_as(mut self, header: &'static str, format: Format) -> Self {
        self.field.header = header;
        self.field.format = format;
        self
    }

    /// Sets the name of the column in JSON.
    pub(crate) const fn member(mut self, member: &'static str) -> Self {
        self.field.member = member;
        self
    }

    /// Makes the column a member of an object in JSON. If all its neighbors in the object are missing, so is the object.
    pub(crate) const fn within(mut self, group: &'static str, member: &'static str) -> Self {
        self.field.group = Some(group);
        self.field.member = member;
        self
    }

    /// Omits the column in JSON where it has no value.
    pub(crate) const fn optional(mut self) -> Self {
        self.field.is_optional = true;
        self
    }

    /// Leaves the column out of CSV and TSV.
    pub(crate) const fn json_only(mut self) -> Self {
        self.field.outputs = Outputs::Json;
        self
    }

    /// Leaves the column out of JSON, whose structure says the same.
    pub(crate) const fn csv_only(mut self) -> Self {
        self.field.outputs = Outputs::Csv;
        self
    }

    /// Keeps the column for SQL queries.
    pub(crate) const fn sql_only(mut self) -> Self {
        self.field.outputs = Outputs::Sql;
        self
    }

    pub(crate) fn cell<'r>(&self, row: &'r T::Row<'_>) -> Cell<'r> {
        (self.value)(row)
    }
}

impl Field {
    pub(super) fn is_in_json(&self) -> bool {
        matches!(self.outputs, Outputs::All | Outputs::Json)
    }

    pub(super) fn is_in_csv(&self) -> bool {
        matches!(self.outputs, Outputs::All | Outputs::Csv)
    }

    /// Returns true if only SQL queries read the column.
    pub(super) fn is_in_sql_only(&self) -> bool {
        self.outputs == Outputs::Sql
    }

    pub(super) fn is_documented(&self) -> bool {
        self.outputs != Outputs::Text
    }
}

/// A choice of columns, in the order of the output.
pub(crate) struct Columns<T: Table>(Vec<&'static Column<T>>);

impl<T: Table> Columns<T> {
    /// Returns the columns with these names. Names are those of the declaration, which a test checks.
    pub(crate) fn named(names: &[&str]) -> Self {
        Self(names.iter().filter_map(|name| T::COLUMNS.iter().find(|column| column.field.name == *name)).collect())
    }

    /// Returns the other columns.
    pub(crate) fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|column| !names.contains(&column.field.name));
        self
    }

    pub(crate) fn all(&self) -> &[&'static Column<T>] {
        &self.0
    }

    pub(super) fn csv(&self) -> impl Iterator<Item = &'static Column<T>> {
        self.0.iter().copied().filter(|column| column.field.is_in_csv())
    }

    pub(super) fn json(&self) -> impl Iterator<Item = &'static Column<T>> {
        self.0.iter().copied().filter(|column| column.field.is_in_json())
    }
}

impl<T: Table> Clone for Columns<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
