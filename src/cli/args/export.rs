//! Arguments of `export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::dataset::Partition;
use crate::sql::TableName;

pub(super) const EXPORT_HELP: &str = "\
The files are DIR/TABLE/KEY=VALUE/.../snapshot=NAME/part-00000.parquet, which query engines read as one table with the columns KEY and
snapshot. An export of the same partition replaces its files.

  heapglass export *.heapsnapshot -o heaps --partition service=cart --partition host=a
  duckdb -c \"SELECT host, class, sum(shallow_size) FROM read_parquet('heaps/nodes/**/*.parquet', hive_partitioning = true) GROUP BY ALL\"";

#[derive(Debug, Args)]
pub struct ExportArguments {
    /// The snapshots; - reads standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The folder to write to
    #[arg(short, long = "out", value_name = "DIR")]
    pub out: PathBuf,
    #[arg(long, value_enum, default_value = "parquet")]
    pub format: ExportFormat,
    /// Add a level of folders, such as service=cart; can be repeated
    #[arg(long = "partition", value_name = "KEY=VALUE", value_parser = parse_partition)]
    pub partitions: Vec<Partition>,
    /// The tables to write, separated by commas; all by default
    #[arg(long, value_parser = parse_table, value_delimiter = ',', value_name = "TABLE")]
    pub tables: Vec<TableName>,
}

/// The format of exported files.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum ExportFormat {
    /// Compressed columns
    Parquet,
    /// One JSON object per line
    Jsonl,
    Csv,
}

fn parse_table(text: &str) -> Result<TableName, String> {
    let named = TableName::ALL.into_iter().find(|table| table.info().name == text);
    let all = || TableName::ALL.map(|table| table.info().name).join(", ");
    named.ok_or_else(|| format!("expected one of {}", all()))
}

fn parse_partition(text: &str) -> Result<Partition, String> {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    Partition::new(key, value).map_err(|error| error.to_string())
}
