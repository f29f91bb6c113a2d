//! Tables of snapshots as files for query engines: Parquet, JSON lines or CSV, partitioned by folders.
//!
//! ```text
//! DIR/nodes/service=cart/host=a/snapshot=heap-1/part-00000.parquet
//! ```
//!
//! The tables and columns are those of SQL queries, without the column `snapshot`, which is a folder. A table is written in
//! parts of a fixed number of rows, several at once, so that memory does not depend on the size of the snapshot and the
//! files do not depend on the number of cores.

mod lines;
mod parquet;

use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::files::PartialFile;
use crate::model::{CancelToken, Cancelled, convert};
use crate::sql::{SqlData, TableName};

/// The maximum number of rows in a file.
const PART_ROWS: usize = 2_000_000;

/// Characters that are escaped in the names of folders.
const SPECIAL: percent_encoding::AsciiSet =
    percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b' ');

/// The format of the files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DatasetFormat {
    Parquet,
    JsonLines,
    Csv,
}

impl DatasetFormat {
    fn ending(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
        }
    }
}

/// A level of folders: `key=value`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Partition {
    key: String,
    value: String,
}

/// The error for a text that is not a [`Partition`].
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "expected KEY=VALUE: a key of letters, digits and `_`, which is not a column of a table, and a value that is not empty"
)]
pub struct BadPartition;

impl Partition {
    /// Creates a partition.
    ///
    /// # Errors
    /// Returns an error if the key cannot be the name of a column, or is one of an exported table.
    pub fn new(key: &str, value: &str) -> Result<Self, BadPartition> {
        let is_name = key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && key.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
        let is_column =
            |name: TableName| name.info().columns.iter().any(|column| column.name.eq_ignore_ascii_case(key));
        if !is_name || value.is_empty() || TableName::ALL.into_iter().any(is_column) {
            return Err(BadPartition);
        }
        Ok(Self { key: key.to_owned(), value: value.to_owned() })
    }

    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Creates the partition of a snapshot.
    #[must_use]
    pub fn of_snapshot(name: &str) -> Self {
        Self { key: "snapshot".to_owned(), value: name.to_owned() }
    }

    /// Returns the name of the folder. As in Hive, characters that are special in file names or URLs are escaped.
    fn folder(&self) -> String {
        let value = percent_encoding::utf8_percent_encode(&self.value, &SPECIAL).to_string();
        format!("{}={value}", self.key)
    }
}

/// The reason why tables were not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatasetError {
    #[error("cannot write {}: {error}", .path.display())]
    Write { path: PathBuf, error: io::Error },
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// The number of rows and bytes written of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct WrittenTable {
    pub(crate) table: TableName,
    pub(crate) rows: u64,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

/// Writes tables of a snapshot below a folder, replacing files of an earlier export of the same partition.
///
/// # Errors
/// Returns an error if a file cannot be written or the operation is cancelled.
pub(crate) fn write_tables(
    data: &SqlData,
    tables: &[TableName],
    folder: &Path,
    partitions: &[Partition],
    format: DatasetFormat,
    cancel: &CancelToken,
) -> Result<Vec<WrittenTable>, DatasetError> {
    let folder_of = |table: TableName| {
        let folder = folder.join(table.info().name);
        partitions.iter().fold(folder, |folder, partition| folder.join(partition.folder()))
    };
    let parts_of = |tables: &[TableName]| -> Result<Vec<(TableName, usize, Range<usize>)>, DatasetError> {
        let mut parts = Vec::new();
        for &table in tables {
            let folder = folder_of(table);
            fs::create_dir_all(&folder).map_err(|error| DatasetError::Write { path: folder, error })?;
            let rows = table.prepare(data, cancel)?;
            // An empty table has one file, which has the columns.
            for part in 0..rows.div_ceil(PART_ROWS).max(1) {
                parts.push((table, part, part * PART_ROWS..((part + 1) * PART_ROWS).min(rows)));
            }
        }
        Ok(parts)
    };
    let write_part = |(table, part, rows): (TableName, usize, Range<usize>)| {
        let mut info = table.info();
        // The snapshot is a folder.
        info.columns.remove(0);
        let path = folder_of(table).join(format!("part-{part:05}.{}", format.ending()));
        let mut file = PartialFile::create_hidden(&path).map_err(|error| written(&path, error))?;
        let count = match format {
            DatasetFormat::Parquet => parquet::write(data, table, &info, rows, &mut file, cancel),
            DatasetFormat::JsonLines => lines::write(data, (table, &info), rows, lines::JSON, &mut file, cancel),
            DatasetFormat::Csv => lines::write(data, (table, &info), rows, lines::CSV, &mut file, cancel),
        };
        let count = count.map_err(|error| written(&path, error))?;
        cancel.check()?;
        let bytes = file.bytes();
        file.replace().map_err(|error| written(&path, error))?;
        Ok((table, count, bytes))
    };
    let write = |tables: &[TableName]| -> Result<Vec<(TableName, u64, u64)>, DatasetError> {
        parts_of(tables)?.into_par_iter().with_max_len(1).map(write_part).collect()
    };
    // The large tables are written while the others are computed, which uses one core much of the time.
    let (large, others): (Vec<TableName>, Vec<TableName>) =
        tables.iter().partition(|table| matches!(table, TableName::Nodes | TableName::Edges));
    let (written, others) = rayon::join(|| write(&large), || write(&others));
    let mut written = written?;
    written.extend(others?);
    let total = |&table: &TableName| {
        let mut total = WrittenTable { table, rows: 0, files: 0, bytes: 0 };
        for (_, rows, bytes) in written.iter().filter(|(of, ..)| *of == table) {
            total.rows += rows;
            total.files += 1;
            total.bytes += bytes;
        }
        remove_other_parts(&folder_of(table), convert::in_memory(total.files), format);
        total
    };
    Ok(tables.iter().map(total).collect())
}

fn written(path: &Path, error: io::Error) -> DatasetError {
    if let Some(Cancelled) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        return DatasetError::Cancelled(Cancelled);
    }
    DatasetError::Write { path: path.to_path_buf(), error }
}

/// Removes the parts of an earlier export that had more of them, or another format: an engine would read them, too.
fn remove_other_parts(folder: &Path, parts: usize, format: DatasetFormat) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name();
        let number = |name: &str| {
            let (number, ending) = name.strip_prefix("part-")?.split_once('.')?;
            let is_known = ["parquet", "jsonl", "csv"].contains(&ending) && number.len() == 5;
            is_known.then_some((number.parse::<usize>().ok()?, ending == format.ending()))
        };
        if name.to_str().and_then(number).is_some_and(|(number, is_same)| number >= parts || !is_same) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_escaped_and_cannot_be_columns() {
        let folder = |key: &str, value: &str| Partition::new(key, value).map(|partition| partition.folder());
        assert_eq!(folder("service", "cart"), Ok("service=cart".to_owned()));
        assert_eq!(folder("time", "2026-12-01T10:00"), Ok("time=2026-12-01T10%3A00".to_owned()));
        assert_eq!(folder("host", "../../etc"), Ok("host=..%2F..%2Fetc".to_owned()));
        for (key, value) in [("", "x"), ("a b", "x"), ("a/b", "x"), ("class", "x"), ("SNAPSHOT", "x"), ("host", "")] {
            assert_eq!(folder(key, value), Err(BadPartition), "{key}={value}");
        }
    }
}
