//! Aligned text tables.

use std::io::{self, Write};

use crate::model::human;

/// Rows of cells with a header; numbers stand right, the last column is free.
#[derive(Debug)]
pub(super) struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

/// Characters of a name that a table shows.
const NAME_LIMIT: usize = 120;

impl Table {
    pub(super) fn new(header: &[&'static str]) -> Self {
        Self { header: header.to_vec(), rows: Vec::new() }
    }

    pub(super) fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// Writes all columns but the last right-aligned.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let last = self.header.len() - 1;
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.chain([self.header[column].chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..last).map(width).collect();
        let header: Vec<String> = self.header.iter().map(|&name| name.to_owned()).collect();
        for row in std::iter::once(&header).chain(&self.rows) {
            for (cell, &width) in row.iter().zip(&widths) {
                write!(out, "{cell:>width$}  ")?;
            }
            writeln!(out, "{}", row[last])?;
        }
        Ok(())
    }
}

/// A name as a terminal may show it.
pub(super) fn name(text: &str) -> String {
    human::visible(text, NAME_LIMIT).into_owned()
}
