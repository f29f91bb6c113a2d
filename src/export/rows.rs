//! The writer of rows for other programs.

use std::io::{self, Write};

use super::schema::{Columns, Table};
use super::{csv, tsv};

/// A file format for tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileFormat {
    Csv,
    Tsv,
    /// An array of objects, one per line.
    Json,
}

/// Writes rows, each when it is created.
pub(crate) struct RowWriter<'o, T: Table> {
    columns: Columns<T>,
    format: FileFormat,
    out: &'o mut dyn Write,
    /// True if no row has been written.
    is_empty: bool,
}

impl<'o, T: Table> RowWriter<'o, T> {
    /// Writes the names of the columns.
    pub(crate) fn start(columns: Columns<T>, format: FileFormat, out: &'o mut dyn Write) -> io::Result<Self> {
        {
            let names = columns.csv().map(|column| column.field.name);
            match format {
                FileFormat::Csv => csv::line(out, names)?,
                FileFormat::Tsv => tsv::line(out, names)?,
                FileFormat::Json => out.write_all(b"[")?,
            }
        }
        Ok(Self { columns, format, out, is_empty: true })
    }

    pub(crate) fn push(&mut self, row: &T::Row<'_>) -> io::Result<()> {
        let cells = self.columns.csv().map(|column| column.cell(row).raw());
        match self.format {
            FileFormat::Csv => csv::line(self.out, cells)?,
            FileFormat::Tsv => tsv::line(self.out, cells)?,
            FileFormat::Json => {
                self.out.write_all(if self.is_empty { b"\n" } else { b",\n" })?;
                serde_json::to_writer(&mut *self.out, &self.columns.record(row))?;
            }
        }
        self.is_empty = false;
        Ok(())
    }

    pub(crate) fn finish(self) -> io::Result<()> {
        if self.format == FileFormat::Json { self.out.write_all(b"\n]\n") } else { Ok(()) }
    }
}

/// Writes all rows.
pub(crate) fn write_rows<'a, T: Table>(
    columns: Columns<T>,
    rows: impl Iterator<Item = T::Row<'a>>,
    format: FileFormat,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut writer = RowWriter::start(columns, format, out)?;
    for row in rows {
        writer.push(&row)?;
    }
    writer.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::export::schema::Column;

    struct Things;

    impl Table for Things {
        type Row<'a> = (Option<&'a str>, u32);
        const COLUMNS: &'static [Column<Self>] = &[
            Column::<Self>::new("name", "", |row| row.0.into()),
            Column::<Self>::new("size", "", |row| row.1.into()),
            Column::<Self>::new("script", "", |row| row.0.into()).within("location", "url"),
            Column::<Self>::new("line", "", |row| row.0.map(|_| 3_u32).into()).within("location", "line"),
            Column::<Self>::new("is_named", "", |row| row.0.map(|_| true).into()).optional(),
        ];
    }

    #[test]
    fn rows_are_written_as_csv_tsv_and_json() {
        let write = |format| {
            let columns = Columns::<Things>::named(&["name", "size", "script", "line", "is_named"]);
            let mut out = Vec::new();
            let rows = [(Some("=a,b"), 3), (None, 4)];
            write_rows(columns, rows.into_iter(), format, &mut out).expect("memory can be written");
            String::from_utf8(out).expect("text")
        };
        let header = "name,size,script,line,is_named\n";
        assert_eq!(write(FileFormat::Csv), format!("{header}\"'=a,b\",3,\"'=a,b\",3,yes\n,4,,,\n"));
        assert_eq!(write(FileFormat::Tsv), format!("{}=a,b\t3\t=a,b\t3\tyes\n\t4\t\t\t\n", header.replace(',', "\t")));
        let json: Value = serde_json::from_str(&write(FileFormat::Json)).expect("valid JSON");
        let named = json!({"name": "=a,b", "size": 3, "location": {"url": "=a,b", "line": 3}, "is_named": true});
        assert_eq!(json, json!([named, {"name": null, "size": 4, "location": null}]));
    }
}
