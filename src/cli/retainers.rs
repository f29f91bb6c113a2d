//! `heapglass retainers`: shows what keeps an object alive.
//!
//! The tree grows quickly with its depth, so it is never held in memory as a whole: each list of retainers is created
//! when it is written, and only the lists on the current path exist at a time.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Arc;

use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Serialize, Serializer};

use super::args::{Format, RetainersArguments};
use super::{Files, open_object, recovered};
use crate::Snapshot;
use crate::export::{Columns, FileFormat, ObjectRow, Objects, RETAINERS, Record, RowWriter};
use crate::model::{CancelToken, Cancelled, EdgeIndex, NodeOrdinal, human};
use crate::query::{
    Filter, Lens, ListSpec, Sort, UNREACHABLE, UNREACHABLE_MEANING, held_by_root, map_key, node_label, order,
};

/// The maximum number of levels. More would not be useful and could exhaust the stack.
const DEEPEST: usize = 200;

pub(super) fn run(arguments: &RetainersArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    let (snapshot, node) = open_object(&arguments.object, files)?;
    let path = RefCell::new(Vec::new());
    let levels = arguments.depth.min(DEEPEST);
    let limit = arguments.object.limit.unwrap_or(usize::MAX);
    let tree = Retainers { snapshot: &snapshot, node, levels, limit, path: &path };
    let object = ObjectRow::new(&snapshot, node);
    let columns = Columns::<Objects>::named(RETAINERS);
    match arguments.object.format {
        Format::Json => {
            let recovered = recovered(&snapshot);
            serde_json::to_writer(
                &mut *out,
                &Entry { row: columns.record(&object), recovered, retainers: Some(tree) },
            )?;
            writeln!(out)?;
        }
        Format::Text => {
            writeln!(out, "{}  retains {}", object.label(), human::bytes(snapshot.retained_size(node)))?;
            if snapshot.is_unreachable(node) {
                writeln!(out, "  {UNREACHABLE}. {UNREACHABLE_MEANING}")?;
            } else if held_by_root(&snapshot, node) {
                writeln!(out, "  held by the root")?;
            }
            tree.visit(&mut |row| text_line(row, out))?;
        }
        Format::Csv => {
            let mut writer = RowWriter::start(columns, FileFormat::Csv, out)?;
            tree.visit(&mut |row| Ok(writer.push(row)?))?;
            writer.finish()?;
        }
    }
    Ok(())
}

/// A row of the tree, in JSON.
#[derive(Serialize)]
struct Entry<'a> {
    #[serde(flatten)]
    row: Record<'a>,
    /// The missing data of the snapshot; only at the top level.
    #[serde(rename = "salvaged", skip_serializing_if = "Option::is_none")]
    recovered: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retainers: Option<Retainers<'a>>,
}

/// The retainers of a node and theirs, created while they are written.
struct Retainers<'a> {
    snapshot: &'a Snapshot,
    node: NodeOrdinal,
    /// The number of levels to write, including this one.
    levels: usize,
    /// The maximum number of retainers per object.
    limit: usize,
    /// The objects from the requested one to the one whose retainers are being written.
    path: &'a RefCell<Vec<NodeOrdinal>>,
}

impl<'a> Retainers<'a> {
    /// Returns each retainer, and its own retainers if they are to be written. The path must end with the node.
    fn entries(&self) -> Result<impl Iterator<Item = (ObjectRow<'a>, Option<Retainers<'a>>)> + use<'a>, Cancelled> {
        let Self { snapshot, node, levels, limit, path } = *self;
        let rows = if levels == 0 {
            Arc::default()
        } else {
            let list = ListSpec::Retainers(node);
            order(snapshot, list, Sort::BY_DISTANCE, &Filter::default(), Lens::default(), &CancelToken::new())?.rows
        };
        let count = rows.len().min(limit);
        Ok((0..count).map(move |at| EdgeIndex(rows[at])).map(move |edge| {
            let mut row = ObjectRow::source(snapshot, edge);
            let is_cycle = path.borrow().contains(&row.node);
            (row.depth, row.is_cycle) = (Some(path.borrow().len()), Some(is_cycle));
            let more = Retainers { snapshot, node: row.node, levels: levels.saturating_sub(1), limit, path };
            (row, (levels > 1 && !is_cycle).then_some(more))
        }))
    }

    /// Calls `line` for each row from top to bottom. Depths start at 1.
    fn visit(&self, line: &mut dyn FnMut(&ObjectRow<'a>) -> anyhow::Result<()>) -> anyhow::Result<()> {
        self.path.borrow_mut().push(self.node);
        for (row, retainers) in self.entries()? {
            line(&row)?;
            if let Some(retainers) = retainers {
                retainers.visit(line)?;
            }
        }
        self.path.borrow_mut().pop();
        Ok(())
    }
}

impl Serialize for Retainers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.path.borrow_mut().push(self.node);
        let mut list = serializer.serialize_seq(None)?;
        let columns = Columns::<Objects>::named(RETAINERS);
        for (row, retainers) in self.entries().map_err(S::Error::custom)? {
            list.serialize_element(&Entry { row: columns.record(&row), recovered: None, retainers })?;
        }
        self.path.borrow_mut().pop();
        list.end()
    }
}

fn text_line(row: &ObjectRow<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    let snapshot = row.snapshot;
    let distance = snapshot.distance(row.node).user().map_or_else(|| "−".to_owned(), |distance| distance.to_string());
    let cycle = if row.is_cycle == Some(true) { "  (already on this path)" } else { "" };
    let key = row.edge.and_then(|edge| map_key(snapshot, edge));
    let key = key.map_or_else(String::new, |key| format!(" under the key {}", node_label(snapshot, key)));
    writeln!(
        out,
        "{:indent$}{} in {}{key}  distance {distance}, retains {}{cycle}",
        "",
        row.edge_label(),
        row.label(),
        human::bytes(snapshot.retained_size(row.node)),
        indent = row.depth.unwrap_or(0) * 2
    )?;
    Ok(())
}
