//! `heapglass retainers`: what keeps an object alive.

use std::io::Write;

use serde::Serialize;

use super::args::{Format, RetainersArguments};
use super::table::name;
use super::{csv, open_object, split_distance};
use crate::Snapshot;
use crate::model::{CancelToken, Cancelled, EdgeIndex, NodeOrdinal, human};
use crate::query::{Filter, ListSpec, Sort, node_label, order};

/// An object, and the edge that led to it if one did.
#[derive(Serialize)]
pub(super) struct Link {
    pub(super) id: u64,
    pub(super) name: String,
    /// How a list shows it.
    #[serde(skip)]
    pub(super) label: String,
    pub(super) class: String,
    pub(super) distance: Option<u32>,
    pub(super) system_distance: Option<u32>,
    pub(super) shallow_size: u64,
    pub(super) retained_size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) edge: Option<Edge>,
    /// Whether the object stands on the way to itself, where the tree ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    cycle: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retainers: Option<Vec<Link>>,
}

#[derive(Serialize)]
pub(super) struct Edge {
    pub(super) name: String,
    pub(super) kind: String,
}

impl Link {
    pub(super) fn new(snapshot: &Snapshot, node: NodeOrdinal, edge: Option<EdgeIndex>) -> Self {
        let (distance, system_distance) = split_distance(snapshot.distance(node));
        Self {
            id: snapshot.id(node).0,
            name: snapshot.display_name(node).into_owned(),
            label: node_label(snapshot, node),
            class: snapshot.class(node).name.clone(),
            distance,
            system_distance,
            shallow_size: snapshot.shallow_size(node),
            retained_size: snapshot.retained_size(node),
            edge: edge.map(|edge| Edge {
                name: snapshot.edge_name(edge).into_owned(),
                kind: snapshot.graph().edge_kind_name(edge).to_owned(),
            }),
            cycle: None,
            retainers: None,
        }
    }
}

pub(super) fn run(arguments: &RetainersArguments, out: &mut dyn Write) -> anyhow::Result<()> {
    let (snapshot, node) = open_object(&arguments.object)?;
    let mut tree = Link::new(&snapshot, node, None);
    // A deeper tree than this would be of no use and could exhaust the stack.
    let depth = arguments.depth.min(200);
    tree.retainers = Some(retainers(&snapshot, node, depth, &mut vec![node])?);
    match arguments.object.format {
        Format::Json => {
            serde_json::to_writer(&mut *out, &tree)?;
            writeln!(out)?;
        }
        Format::Text => {
            writeln!(out, "{} @{}  {}", tree.label, tree.id, human::bytes(tree.retained_size))?;
            text(tree.retainers.as_deref().unwrap_or_default(), 1, out)?;
        }
        Format::Csv => {
            csv::line(
                out,
                &[
                    "depth",
                    "edge",
                    "edge_kind",
                    "id",
                    "name",
                    "class",
                    "distance",
                    "system_distance",
                    "shallow_size",
                    "retained_size",
                ],
            )?;
            csv_rows(tree.retainers.as_deref().unwrap_or_default(), 1, out)?;
        }
    }
    Ok(())
}

fn retainers(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    depth: usize,
    path: &mut Vec<NodeOrdinal>,
) -> Result<Vec<Link>, Cancelled> {
    if depth == 0 {
        return Ok(Vec::new());
    }
    let list = ListSpec::Retainers(node);
    let rows = order(snapshot, list, Sort::BY_DISTANCE, &Filter::default(), &CancelToken::new())?.rows;
    rows.iter()
        .map(|&row| {
            let edge = EdgeIndex(row);
            let source = snapshot.graph().edge_source(edge);
            let mut link = Link::new(snapshot, source, Some(edge));
            let is_cycle = path.contains(&source);
            link.cycle = Some(is_cycle);
            if depth > 1 && !is_cycle {
                path.push(source);
                link.retainers = Some(retainers(snapshot, source, depth - 1, path)?);
                path.pop();
            }
            Ok(link)
        })
        .collect()
}

fn text(links: &[Link], depth: usize, out: &mut dyn Write) -> anyhow::Result<()> {
    for link in links {
        let edge = link.edge.as_ref().map_or_else(String::new, |edge| format!("{} ({})", name(&edge.name), edge.kind));
        let distance = link.distance.map_or_else(|| "−".to_owned(), |distance| distance.to_string());
        let cycle = if link.cycle == Some(true) { "  (on the way here already)" } else { "" };
        writeln!(
            out,
            "{:indent$}{edge} in {} @{}  distance {distance}, retains {}{cycle}",
            "",
            link.label,
            link.id,
            human::bytes(link.retained_size),
            indent = depth * 2
        )?;
        text(link.retainers.as_deref().unwrap_or_default(), depth + 1, out)?;
    }
    Ok(())
}

fn csv_rows(links: &[Link], depth: usize, out: &mut dyn Write) -> anyhow::Result<()> {
    for link in links {
        let optional = |number: Option<u32>| number.map_or_else(String::new, |number| number.to_string());
        let edge = link.edge.as_ref();
        csv::line(
            out,
            &[
                depth.to_string(),
                edge.map_or_else(String::new, |edge| edge.name.clone()),
                edge.map_or_else(String::new, |edge| edge.kind.clone()),
                link.id.to_string(),
                link.name.clone(),
                link.class.clone(),
                optional(link.distance),
                optional(link.system_distance),
                link.shallow_size.to_string(),
                link.retained_size.to_string(),
            ],
        )?;
        csv_rows(link.retainers.as_deref().unwrap_or_default(), depth + 1, out)?;
    }
    Ok(())
}
