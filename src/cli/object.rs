//! `heapglass object`: shows the details of an object and its outgoing references.

use std::io::Write;

use serde::{Serialize, Serializer};

use super::args::{Format, ObjectArguments};
use super::retainers::Link;
use super::summary::LocationJson;
use super::table::{address, name};
use super::{Files, csv, open_object, salvaged, split_distance};
use crate::Snapshot;
use crate::model::{CancelToken, EdgeIndex, NodeOrdinal, human};
use crate::query::{
    Filter, Lens, ListSpec, ObjectDetails, Scripts, Sort, distance_meaning, function_script, node_label,
    object_details, order, scripts, source_line,
};

#[derive(Serialize)]
struct Answer<'a> {
    id: u64,
    name: String,
    class: String,
    kind: String,
    distance: Option<u32>,
    system_distance: Option<u32>,
    unreachable: bool,
    self_size: u64,
    shallow_size: u64,
    retained_size: u64,
    detachedness: u8,
    location: Option<LocationJson>,
    dominator_id: u64,
    edge_count: usize,
    retainer_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    salvaged: Option<Vec<String>>,
    edges: Edges<'a>,
}

/// The outgoing edges. Each is created when it is written: a node may have millions of them, with long names.
struct Edges<'a> {
    snapshot: &'a Snapshot,
    rows: &'a [u32],
}

impl Edges<'_> {
    fn links(&self) -> impl Iterator<Item = Link> {
        let edges = self.rows.iter().map(|&row| EdgeIndex(row));
        edges.map(|edge| Link::new(self.snapshot, self.snapshot.graph().edge_target(edge), Some(edge)))
    }
}

impl Serialize for Edges<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.links())
    }
}

pub(super) fn run(arguments: &ObjectArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    let (snapshot, node) = open_object(arguments, files)?;
    let details = object_details(&snapshot, node);
    let list = ListSpec::Edges(node);
    let rows =
        order(&snapshot, list, Sort::BY_RETAINED_SIZE, &Filter::default(), Lens::default(), &CancelToken::new())?.rows;
    let rows = &rows[..rows.len().min(arguments.limit.unwrap_or(usize::MAX))];
    snapshot.expect_many_names();
    let edges = Edges { snapshot: &snapshot, rows };
    let scripts = scripts(&snapshot, &CancelToken::new())?;
    match arguments.format {
        Format::Json => {
            let (distance, system_distance) = split_distance(details.distance);
            let answer = Answer {
                id: details.id.0,
                name: snapshot.display_name(node).into_owned(),
                class: details.class,
                kind: details.kind,
                distance,
                system_distance,
                unreachable: snapshot.is_unreachable(node),
                self_size: details.self_size,
                shallow_size: details.shallow_size,
                retained_size: details.retained_size,
                detachedness: details.detachedness as u8,
                location: details.location.map(|at| LocationJson::new(at, &scripts)),
                dominator_id: snapshot.id(snapshot.dominators().dominator(node)).0,
                edge_count: details.edge_count,
                retainer_count: details.retainer_count,
                salvaged: salvaged(&snapshot),
                edges,
            };
            serde_json::to_writer(&mut *out, &answer)?;
            writeln!(out)?;
        }
        Format::Text => text(&snapshot, &scripts, &details, &edges, out)?,
        Format::Csv => {
            csv::line(out, &["edge", "edge_kind", "id", "name", "class", "shallow_size", "retained_size"])?;
            for link in edges.links() {
                let edge = link.edge.as_ref();
                csv::line(
                    out,
                    &[
                        edge.map_or("", |edge| &edge.name),
                        edge.map_or("", |edge| &edge.kind),
                        &link.id.to_string(),
                        &link.name,
                        &link.class,
                        &link.shallow_size.to_string(),
                        &link.retained_size.to_string(),
                    ],
                )?;
            }
        }
    }
    Ok(())
}

/// Returns the number of references that `retainers` lists.
fn retainers(snapshot: &Snapshot, node: NodeOrdinal) -> anyhow::Result<usize> {
    let list = ListSpec::Retainers(node);
    let rows = order(snapshot, list, Sort::BY_DISTANCE, &Filter::default(), Lens::default(), &CancelToken::new())?.rows;
    Ok(rows.len())
}

fn text(
    snapshot: &Snapshot,
    scripts: &Scripts,
    details: &ObjectDetails,
    edges: &Edges<'_>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    writeln!(out, "{} {}", node_label(snapshot, details.node), details.id)?;
    let mut fact = |label: &str, value: String| writeln!(out, "  {label:<14}{value}");
    fact("class", name(&details.class))?;
    fact("kind", name(&details.kind))?;
    fact("shallow size", human::bytes(details.shallow_size))?;
    fact("retained size", human::bytes(details.retained_size))?;
    let meaning = distance_meaning(snapshot, details.node).map_or_else(String::new, |meaning| format!("  ({meaning})"));
    fact("distance", format!("{}{meaning}", details.distance))?;
    if let Some(at) = details.location {
        let place = scripts.full(at);
        fact("location", place)?;
        if let Some(line) = source_line(snapshot, scripts, at, 120) {
            fact("source", human::visible(&line.text, 200).into_owned())?;
        }
    }
    if details.location.is_none()
        && let Some(url) = function_script(snapshot, details.node)
    {
        fact("file", address(&url))?;
    }
    if let Some(dominator) = details.dominators.first() {
        fact("dominator", format!("{} {}", node_label(snapshot, *dominator), snapshot.id(*dominator)))?;
    }
    let listed = retainers(snapshot, details.node)?;
    let others = match details.retainer_count.saturating_sub(listed) {
        0 => String::new(),
        others => format!(", and {} weak or root references", human::count(others as u64)),
    };
    fact("retainers", format!("{}{others}", human::count(listed as u64)))?;
    fact("edges", human::count(details.edge_count as u64))?;
    writeln!(out)?;
    // The width of the widest number, computed without keeping the rows.
    let widths = edges.rows.iter().fold([7, 8], |[shallow, retained], &row| {
        let target = snapshot.graph().edge_target(EdgeIndex(row));
        let width = |size| human::bytes(size).chars().count();
        [shallow.max(width(snapshot.shallow_size(target))), retained.max(width(snapshot.retained_size(target)))]
    });
    let [shallow, retained] = widths;
    writeln!(out, "{:>shallow$}  {:>retained$}  Edge", "Shallow", "Retained")?;
    for link in edges.links() {
        let sizes = [link.shallow_size, link.retained_size].map(human::bytes);
        writeln!(
            out,
            "{:>shallow$}  {:>retained$}  {} → {}",
            sizes[0],
            sizes[1],
            link.edge_label(),
            link.label(snapshot)
        )?;
    }
    if edges.rows.len() < details.edge_count {
        writeln!(out, "…")?;
    }
    Ok(())
}
