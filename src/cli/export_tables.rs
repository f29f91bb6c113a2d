//! `heapglass export`: writes the tables of snapshots as files for query engines.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

use anyhow::anyhow;

use super::args::{ExportArguments, ExportFormat};
use super::{BadUsage, Files, name_of};
use crate::dataset::{DatasetFormat, Partition, write_tables};
use crate::model::{CancelToken, human};
use crate::sql::{SqlData, TableName};

pub(super) fn run(arguments: &ExportArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    let names = snapshot_names(arguments)?;
    let mut keys = HashSet::new();
    if let Some(twice) = arguments.partitions.iter().find(|of| !keys.insert(of.key().to_ascii_lowercase())) {
        return Err(BadUsage::error(format!("--partition: the key {} is given twice", twice.key())));
    }
    let format = match arguments.format {
        ExportFormat::Parquet => DatasetFormat::Parquet,
        ExportFormat::Jsonl => DatasetFormat::JsonLines,
        ExportFormat::Csv => DatasetFormat::Csv,
    };
    let mut tables: Vec<TableName> = arguments.tables.clone();
    tables.sort_unstable();
    tables.dedup();
    if tables.is_empty() {
        tables = TableName::ALL.to_vec();
    }
    for (file, name) in arguments.files.iter().zip(names) {
        let snapshot = files.open(file)?;
        let data = SqlData::new(vec![(name_of(file), snapshot)], files.sources.clone());
        let mut partitions = arguments.partitions.clone();
        partitions.push(Partition::of_snapshot(&name));
        let written = write_tables(&data, &tables, &arguments.out, &partitions, format, &CancelToken::new());
        // The next file needs the memory.
        files.unwritten.borrow_mut().clear();
        for table in written.map_err(|error| anyhow!("{error}"))? {
            let rows = human::quantity(table.rows, "row", "rows");
            let files = human::quantity(table.files, "file", "files");
            let name = table.table.info().name;
            writeln!(
                out,
                "{}: {name}: {rows}, {files}, {}",
                human::visible(&name_of(file), 200),
                human::bytes(table.bytes)
            )?;
        }
    }
    Ok(())
}

/// Returns the names of the snapshots in the folders: those of the files without endings. They must differ.
fn snapshot_names(arguments: &ExportArguments) -> anyhow::Result<Vec<String>> {
    let names: Vec<String> = arguments.files.iter().map(|file| stem(file)).collect();
    let mut known = HashSet::new();
    match names.iter().find(|name| !known.insert(name.as_str())) {
        Some(name) => Err(BadUsage::error(format!(
            "two files are named {}; export them separately, with different partitions",
            human::visible(name, 200)
        ))),
        None => Ok(names),
    }
}

fn stem(file: &Path) -> String {
    if file == Path::new("-") {
        return "standard-input".to_owned();
    }
    let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let plain = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    let plain = plain.rsplit_once('.').map_or(plain, |(stem, _)| stem);
    if plain.is_empty() { name } else { plain.to_owned() }
}
