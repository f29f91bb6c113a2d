//! `heapglass nodes`: writes one line per node, for tests and other tools.

use std::io::Write;

use super::Files;
use super::args::{NodesArguments, NodesFormat};
use crate::export::{Columns, FileFormat, NODES, ObjectRow, Objects, write_rows};
use crate::model::NodeOrdinal;

pub(super) fn run(arguments: &NodesArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    let snapshot = files.open(&arguments.file)?;
    snapshot.expect_many_names();
    let mut nodes: Vec<NodeOrdinal> = snapshot.graph().nodes().collect();
    // The sort is stable: nodes with equal ids keep the order of the file.
    nodes.sort_by_key(|&node| snapshot.id(node));
    let format = match arguments.format {
        NodesFormat::Json => FileFormat::Json,
        NodesFormat::Tsv => FileFormat::Tsv,
    };
    let rows = nodes.into_iter().map(|node| ObjectRow::new(&snapshot, node));
    Ok(write_rows::<Objects>(Columns::named(NODES), rows, format, out)?)
}
