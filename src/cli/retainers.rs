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
use super::table::name;
use super::{Files, csv, open_object, row_name, row_string, salvaged, split_distance};
use crate::Snapshot;
use crate::graph::EdgeName;
use crate::model::{CancelToken, Cancelled, EdgeIndex, NodeOrdinal, human};
use crate::query::{
    Filter, Lens, ListSpec, Sort, UNREACHABLE, UNREACHABLE_MEANING, held_by_root, map_key, node_label, order,
};

/// The maximum number of levels. More would not be useful and could exhaust the stack.
const DEEPEST: usize = 200;

/// An object, and the edge that led to it, if any.
#[derive(Debug, Serialize)]
pub(super) struct Link {
    #[serde(skip)]
    node: NodeOrdinal,
    #[serde(skip)]
    at: Option<EdgeIndex>,
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) class: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) edge: Option<Edge>,
    pub(super) distance: Option<u32>,
    pub(super) system_distance: Option<u32>,
    /// Present only if true.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) unreachable: bool,
    pub(super) shallow_size: u64,
    pub(super) retained_size: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Edge {
    pub(super) name: String,
    pub(super) kind: String,
}

/// Returns the edge name as DevTools shows it, cut as in every row.
fn edge_name(snapshot: &Snapshot, edge: EdgeIndex) -> String {
    match snapshot.graph().edge_name(edge) {
        EdgeName::Index(index) => index.to_string(),
        EdgeName::Text(id) => row_string(snapshot, id),
    }
}

impl Link {
    pub(super) fn new(snapshot: &Snapshot, node: NodeOrdinal, edge: Option<EdgeIndex>) -> Self {
        let (distance, system_distance) = split_distance(snapshot.distance(node));
        Self {
            node,
            at: edge,
            id: snapshot.id(node).0,
            name: snapshot.display_name(node).into_owned(),
            class: row_name(&snapshot.class(node).name).into_owned(),
            edge: edge.map(|edge| Edge {
                name: edge_name(snapshot, edge),
                kind: row_name(snapshot.graph().edge_kind_name(edge)).into_owned(),
            }),
            distance,
            system_distance,
            unreachable: snapshot.is_unreachable(node),
            shallow_size: snapshot.shallow_size(node),
            retained_size: snapshot.retained_size(node),
        }
    }

    /// Returns the object in DevTools' notation, safe for a terminal.
    pub(super) fn label(&self, snapshot: &Snapshot) -> String {
        format!("{} @{}", node_label(snapshot, self.node), self.id)
    }

    /// Returns the name and kind of the edge, safe for a terminal.
    pub(super) fn edge_label(&self) -> String {
        self.edge.as_ref().map_or_else(String::new, |edge| format!("{} ({})", name(&edge.name), name(&edge.kind)))
    }
}

pub(super) fn run(arguments: &RetainersArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    let (snapshot, node) = open_object(&arguments.object, files)?;
    let path = RefCell::new(Vec::new());
    let levels = arguments.depth.min(DEEPEST);
    let limit = arguments.object.limit.unwrap_or(usize::MAX);
    let tree = Retainers { snapshot: &snapshot, node, levels, limit, path: &path };
    let object = Link::new(&snapshot, node, None);
    match arguments.object.format {
        Format::Json => {
            let salvaged = salvaged(&snapshot);
            serde_json::to_writer(&mut *out, &Entry { link: object, cycle: None, salvaged, retainers: Some(tree) })?;
            writeln!(out)?;
        }
        Format::Text => {
            writeln!(out, "{}  retains {}", object.label(&snapshot), human::bytes(object.retained_size))?;
            if object.unreachable {
                writeln!(out, "  {UNREACHABLE}. {UNREACHABLE_MEANING}")?;
            } else if held_by_root(&snapshot, node) {
                writeln!(out, "  held by the root")?;
            }
            tree.visit(&mut |depth, link, cycle| text_line(&snapshot, depth, link, cycle, out))?;
        }
        Format::Csv => {
            let header = "depth,edge,edge_kind,id,name,class,distance,system_distance,shallow_size,retained_size,cycle";
            csv::line(out, &header.split(',').collect::<Vec<_>>())?;
            tree.visit(&mut |depth, link, cycle| csv_line(depth, link, cycle, out))?;
        }
    }
    Ok(())
}

/// A row of the tree, in JSON.
#[derive(Serialize)]
struct Entry<'a> {
    #[serde(flatten)]
    link: Link,
    /// True if the object already occurs on the path, which ends there.
    #[serde(skip_serializing_if = "Option::is_none")]
    cycle: Option<bool>,
    /// The missing data of the snapshot; only at the top level.
    #[serde(skip_serializing_if = "Option::is_none")]
    salvaged: Option<Vec<String>>,
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
    /// Returns each retainer, true if it is already on the path, and its own retainers if they are to be written.
    fn entries(&self) -> Result<impl Iterator<Item = (Link, bool, Option<Retainers<'a>>)> + use<'a>, Cancelled> {
        let Self { snapshot, node, levels, limit, path } = *self;
        let rows = if levels == 0 {
            Arc::default()
        } else {
            let list = ListSpec::Retainers(node);
            order(snapshot, list, Sort::BY_DISTANCE, &Filter::default(), Lens::default(), &CancelToken::new())?.rows
        };
        let count = rows.len().min(limit);
        Ok((0..count).map(move |at| EdgeIndex(rows[at])).map(move |edge| {
            let source = snapshot.graph().edge_source(edge);
            let is_cycle = path.borrow().contains(&source);
            let more = Retainers { snapshot, node: source, levels: levels.saturating_sub(1), limit, path };
            (Link::new(snapshot, source, Some(edge)), is_cycle, (levels > 1 && !is_cycle).then_some(more))
        }))
    }

    /// Calls `line` for each row from top to bottom with its depth, which starts at 1.
    fn visit(&self, line: &mut dyn FnMut(usize, &Link, bool) -> anyhow::Result<()>) -> anyhow::Result<()> {
        self.path.borrow_mut().push(self.node);
        for (link, is_cycle, retainers) in self.entries()? {
            let depth = self.path.borrow().len();
            line(depth, &link, is_cycle)?;
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
        for (link, is_cycle, retainers) in self.entries().map_err(S::Error::custom)? {
            list.serialize_element(&Entry { link, cycle: Some(is_cycle), salvaged: None, retainers })?;
        }
        self.path.borrow_mut().pop();
        list.end()
    }
}

fn text_line(
    snapshot: &Snapshot,
    depth: usize,
    link: &Link,
    is_cycle: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let distance = link.distance.map_or_else(|| "−".to_owned(), |distance| distance.to_string());
    let cycle = if is_cycle { "  (already on this path)" } else { "" };
    let key = link.at.and_then(|edge| map_key(snapshot, edge));
    let key = key.map_or_else(String::new, |key| format!(" under the key {}", node_label(snapshot, key)));
    writeln!(
        out,
        "{:indent$}{} in {}{key}  distance {distance}, retains {}{cycle}",
        "",
        link.edge_label(),
        link.label(snapshot),
        human::bytes(link.retained_size),
        indent = depth * 2
    )?;
    Ok(())
}

fn csv_line(depth: usize, link: &Link, is_cycle: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let edge = link.edge.as_ref();
    let cells: [&str; 11] = [
        &depth.to_string(),
        edge.map_or("", |edge| edge.name.as_str()),
        edge.map_or("", |edge| edge.kind.as_str()),
        &link.id.to_string(),
        &link.name,
        &link.class,
        &super::optional(link.distance),
        &super::optional(link.system_distance),
        &link.shallow_size.to_string(),
        &link.retained_size.to_string(),
        if is_cycle { "yes" } else { "no" },
    ];
    Ok(csv::line(out, &cells)?)
}
