//! The answer of a query as text, JSON and CSV.

use std::io::{self, Write};

use crate::cli::args::Format;
use crate::export::{csv, width};
use crate::model::human;
use crate::sql::{Answer, Ran, Value, distinct_names, json_object};

/// The maximum number of characters of a value in text. The last column may be longer, such as a path.
const VALUE_LIMIT: usize = 120;
const LAST_LIMIT: usize = 2000;

/// Writes an answer, row by row except in text, whose columns are as wide as their values.
pub(super) struct Output<'o> {
    format: Format,
    /// The files, the query, and the missing data of damaged files.
    about: (&'o [String], &'o str, Option<&'o [String]>),
    out: &'o mut dyn Write,
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
    count: u64,
    failure: Option<io::Error>,
}

impl<'o> Output<'o> {
    pub(super) fn new(
        format: Format,
        about: (&'o [String], &'o str, Option<&'o [String]>),
        out: &'o mut dyn Write,
    ) -> Self {
        Self { format, about, out, columns: Vec::new(), rows: Vec::new(), count: 0, failure: None }
    }

    /// Writes the end of the answer; without `ran`, the query failed.
    ///
    /// # Errors
    /// Returns the first failure of a write.
    pub(super) fn finish(mut self, ran: Option<&Ran>) -> io::Result<()> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        match (self.format, ran) {
            (Format::Text, Some(ran)) => self.text(ran),
            (Format::Json, Some(ran)) => {
                write!(self.out, "{}],\"truncated\":{}", if self.count > 0 { "\n" } else { "" }, ran.is_cut)?;
                if let Some(recovered) = self.about.2 {
                    write!(self.out, ",\"salvaged\":{}", serde_json::to_string(recovered)?)?;
                }
                writeln!(self.out, "}}")
            }
            _ => Ok(()),
        }
    }

    fn attempt(&mut self, act: impl FnOnce(&mut Self) -> io::Result<()>) -> bool {
        match act(self) {
            Ok(()) => true,
            Err(failure) => {
                self.failure = Some(failure);
                false
            }
        }
    }

    fn text(&mut self, ran: &Ran) -> io::Result<()> {
        let last = self.columns.len().saturating_sub(1);
        let shown = |column: usize, value: &Value| {
            human::visible(&value.raw(), if column == last { LAST_LIMIT } else { VALUE_LIMIT }).into_owned()
        };
        let header: Vec<String> =
            self.columns.iter().map(|name| human::visible(name, VALUE_LIMIT).into_owned()).collect();
        let is_number = |column: usize| {
            let mut values = self.rows.iter().map(|row| &row[column]).filter(|value| **value != Value::Null).peekable();
            values.peek().is_some() && values.all(|value| matches!(value, Value::Integer(_) | Value::Real(_)))
        };
        let right: Vec<bool> = (0..header.len()).map(is_number).collect();
        let mut widths: Vec<usize> = header.iter().map(|name| width(name)).collect();
        for row in &self.rows {
            for (column, value) in row.iter().enumerate() {
                widths[column] = widths[column].max(width(&shown(column, value)));
            }
        }
        let mut line = |cells: Vec<String>| {
            let mut text = String::new();
            for (column, cell) in cells.iter().enumerate() {
                let blanks = " ".repeat(widths[column].saturating_sub(width(cell)));
                let end = if column == last { "" } else { "  " };
                let (before, after) = if right[column] { (blanks.as_str(), "") } else { ("", blanks.as_str()) };
                text.extend([before, cell, after, end]);
            }
            writeln!(self.out, "{}", text.trim_end())
        };
        line(header)?;
        for row in &self.rows {
            line(row.iter().enumerate().map(|(column, value)| shown(column, value)).collect())?;
        }
        if ran.is_cut {
            let rows = human::quantity(ran.rows, "row", "rows");
            writeln!(self.out, "\nthe first {rows}; `--limit` lists more")?;
        }
        Ok(())
    }
}

/// Returns a value without the part that text does not show. All rows are kept until their widths are known.
fn shortened(mut value: Value) -> Value {
    // A character has four bytes at most, and one more character shows that there is more.
    const BYTES: usize = 4 * (LAST_LIMIT + 1);
    match &mut value {
        Value::Text(text) if text.len() > BYTES => {
            text.truncate(text.floor_char_boundary(BYTES));
            text.shrink_to_fit();
        }
        Value::Blob(bytes) if bytes.len() > BYTES => {
            bytes.truncate(BYTES);
            bytes.shrink_to_fit();
        }
        _ => {}
    }
    value
}

impl Answer for Output<'_> {
    fn columns(&mut self, names: &[String]) {
        self.columns = distinct_names(names);
        self.attempt(|this| match this.format {
            Format::Text => Ok(()),
            Format::Csv => csv::line(this.out, &this.columns),
            Format::Json => {
                let (files, query, _) = this.about;
                let (files, query) = (serde_json::to_string(files)?, serde_json::to_string(query)?);
                let columns = serde_json::to_string(&this.columns)?;
                write!(this.out, "{{\"files\":{files},\"query\":{query},\"columns\":{columns},\"rows\":[")
            }
        });
    }

    fn row(&mut self, row: Vec<Value>) -> bool {
        if self.failure.is_some() {
            return false;
        }
        self.count += 1;
        self.attempt(|this| match this.format {
            Format::Text => {
                this.rows.push(row.into_iter().map(shortened).collect());
                Ok(())
            }
            Format::Csv => csv::line(this.out, row.iter().map(Value::raw)),
            Format::Json => {
                let object = json_object(&this.columns, &row)?;
                write!(this.out, "{}{object}", if this.count > 1 { ",\n" } else { "\n" })
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(format: Format, names: &[&str], rows: &[Vec<Value>]) -> String {
        let mut out = Vec::new();
        let files = ["a".to_owned()];
        let mut output = Output::new(format, (&files, "q", None), &mut out);
        output.columns(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert!(rows.iter().all(|row| output.row(row.clone())));
        let ran = Ran { rows: rows.len() as u64, ..Ran::default() };
        output.finish(Some(&ran)).expect("memory can be written");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn answers_are_written_as_text_csv_and_json() {
        let rows = [
            vec![Value::Text("a\u{1b}[2J".to_owned()), Value::Integer(5), Value::Null],
            vec![Value::Text("=b".to_owned()), Value::Integer(1000), Value::Real(0.5)],
        ];
        let names = ["name", "n", "n"];
        assert_eq!(write(Format::Text, &names, &rows), "name      n  n_2\na␛[2J     5\n=b     1000  0.5\n");
        assert_eq!(write(Format::Csv, &names, &rows), "name,n,n_2\na␛[2J,5,\n'=b,1000,0.5\n");
        let json: serde_json::Value = serde_json::from_str(&write(Format::Json, &names, &rows)).expect("valid JSON");
        assert_eq!(json["rows"][1], serde_json::json!({"name": "=b", "n": 1000, "n_2": 0.5}));
        assert_eq!(json["truncated"], false);
        let empty: serde_json::Value = serde_json::from_str(&write(Format::Json, &names, &[])).expect("valid JSON");
        assert_eq!(empty["rows"], serde_json::json!([]));
    }
}
