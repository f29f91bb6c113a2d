//! `heapglass object`: shows the details of an object and its outgoing references.

use std::io::Write;

use serde::Serialize;

use super::args::{Format, ObjectArguments};
use super::{Files, open_object, recovered};
use crate::Snapshot;
use crate::export::{
    Columns, FileFormat, JsonRows, ObjectRow, Objects, Position, REFERENCES, REFERENCES_TEXT, address, name,
    write_rows, write_text,
};
use crate::model::{CancelToken, EdgeIndex, NodeOrdinal, human};
use crate::query::{
    Filter, Lens, ListSpec, ObjectDetails, Scripts, Sort, distance_meaning, function_script, node_label,
    object_details, order, scripts, source_line,
};

#[derive(Serialize)]
struct Answer<R: Serialize> {
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
    location: Option<Position>,
    dominator_id: u64,
    edge_count: usize,
    retainer_count: usize,
    #[serde(rename = "salvaged", skip_serializing_if = "Option::is_none")]
    recovered: Option<Vec<String>>,
    edges: R,
}

pub(super) fn run(arguments: &ObjectArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    let (snapshot, node) = open_object(arguments, files)?;
    let details = object_details(&snapshot, node);
    let list = ListSpec::Edges(node);
    let rows =
        order(&snapshot, list, Sort::BY_RETAINED_SIZE, &Filter::default(), Lens::default(), &CancelToken::new())?.rows;
    let rows = &rows[..rows.len().min(arguments.limit.unwrap_or(usize::MAX))];
    snapshot.expect_many_names();
    // A node may have millions of edges with long names.
    let edges = rows.iter().map(|&row| ObjectRow::target(&snapshot, EdgeIndex(row)));
    let scripts = scripts(&snapshot, &CancelToken::new())?;
    match arguments.format {
        Format::Json => {
            let answer = Answer {
                id: details.id.0,
                name: snapshot.display_name(node).into_owned(),
                class: details.class,
                kind: details.kind,
                distance: details.distance.user(),
                system_distance: details.distance.system(),
                unreachable: snapshot.is_unreachable(node),
                self_size: details.self_size,
                shallow_size: details.shallow_size,
                retained_size: details.retained_size,
                detachedness: details.detachedness as u8,
                location: details.location.map(|at| Position::new(at, &scripts)),
                dominator_id: snapshot.id(snapshot.dominators().dominator(node)).0,
                edge_count: details.edge_count,
                retainer_count: details.retainer_count,
                recovered: recovered(&snapshot),
                edges: JsonRows::<Objects, _> { columns: Columns::named(REFERENCES), rows: edges },
            };
            serde_json::to_writer(&mut *out, &answer)?;
            writeln!(out)?;
        }
        Format::Text => {
            facts(&snapshot, &scripts, &details, out)?;
            write_text::<Objects>(&Columns::named(REFERENCES_TEXT), edges, out)?;
            if rows.len() < details.edge_count {
                writeln!(out, "…")?;
            }
        }
        Format::Csv => write_rows::<Objects>(Columns::named(REFERENCES), edges, FileFormat::Csv, out)?,
    }
    Ok(())
}

/// Returns the number of references that `retainers` lists.
fn retainers(snapshot: &Snapshot, node: NodeOrdinal) -> anyhow::Result<usize> {
    let list = ListSpec::Retainers(node);
    let rows = order(snapshot, list, Sort::BY_DISTANCE, &Filter::default(), Lens::default(), &CancelToken::new())?.rows;
    Ok(rows.len())
}

fn facts(snapshot: &Snapshot, scripts: &Scripts, details: &ObjectDetails, out: &mut dyn Write) -> anyhow::Result<()> {
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
        others => {
            let others = human::quantity(others as u64, "reference", "references");
            format!(", and {others} that are weak or from the root")
        }
    };
    fact("retainers", format!("{}{others}", human::count(listed as u64)))?;
    fact("edges", human::count(details.edge_count as u64))?;
    Ok(writeln!(out)?)
}
