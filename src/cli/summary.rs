//! `heapglass summary`: classes.

use std::io::Write;

use serde::Serialize;

use super::args::{Column, Format, SummaryArguments};
use super::table::{Table, name};
use super::{Files, csv, name_of, salvaged, split_distance};
use crate::Snapshot;
use crate::analysis::{Class, Location};
use crate::model::{CancelToken, human};
use crate::query::{Filter, Lens, ListSpec, Scripts, Sort, SortKey, order, scripts};

#[derive(Serialize)]
struct Summary<'a> {
    file: String,
    totals: Totals,
    #[serde(skip_serializing_if = "Option::is_none")]
    salvaged: Option<Vec<String>>,
    classes: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Totals {
    nodes: usize,
    edges: usize,
    strings: usize,
    total_size: u64,
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    location: Option<LocationJson>,
    count: u64,
    distance: Option<u32>,
    system_distance: Option<u32>,
    shallow_size: u64,
    retained_size: u64,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct LocationJson {
    pub(super) script_id: u32,
    pub(super) line: u32,
    column: u32,
    pub(super) url: Option<String>,
}

impl LocationJson {
    pub(super) fn new(location: Location, scripts: &Scripts) -> Self {
        let Location { script_id, line, column } = location;
        Self { script_id, line, column, url: scripts.url(script_id).map(str::to_owned) }
    }
}

impl<'a> Row<'a> {
    fn new(class: &'a Class, scripts: &Scripts) -> Self {
        let (distance, system_distance) = split_distance(class.distance);
        Self {
            name: &class.name,
            location: class.key.location.map(|at| LocationJson::new(at, scripts)),
            count: class.count,
            distance,
            system_distance,
            shallow_size: class.shallow_size,
            retained_size: class.retained_size,
        }
    }
}

pub(super) fn run(arguments: &SummaryArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    let snapshot = files.open(&arguments.file)?;
    let (key, descending) = match arguments.sort {
        Column::Name => (SortKey::Name, false),
        Column::Count => (SortKey::Count, true),
        Column::Distance => (SortKey::Distance, false),
        Column::Shallow => (SortKey::ShallowSize, true),
        Column::Retained => (SortKey::RetainedSize, true),
    };
    let sort = Sort { key, descending };
    let rows =
        order(&snapshot, ListSpec::Classes, sort, &Filter::default(), Lens::default(), &CancelToken::new())?.rows;
    let limit = arguments.limit.unwrap_or(usize::MAX);
    let classes: Vec<&Class> = rows.iter().take(limit).map(|&row| &snapshot.classes().all()[row as usize]).collect();
    let scripts = scripts(&snapshot, &CancelToken::new())?;
    match arguments.format {
        Format::Text => text(&snapshot, &scripts, &classes, rows.len(), out),
        Format::Json => {
            let graph = snapshot.graph();
            let summary = Summary {
                file: name_of(&arguments.file),
                totals: Totals {
                    nodes: graph.node_count(),
                    edges: graph.edge_count(),
                    strings: graph.strings().len(),
                    total_size: snapshot.total_size(),
                },
                salvaged: salvaged(&snapshot),
                classes: classes.into_iter().map(|class| Row::new(class, &scripts)).collect(),
            };
            serde_json::to_writer(&mut *out, &summary)?;
            Ok(writeln!(out)?)
        }
        Format::Csv => {
            csv::line(
                out,
                &[
                    "name",
                    "script_id",
                    "line",
                    "column",
                    "count",
                    "distance",
                    "system_distance",
                    "shallow_size",
                    "retained_size",
                ],
            )?;
            for class in classes {
                let row = Row::new(class, &scripts);
                let at = class.key.location;
                csv::line(
                    out,
                    &[
                        row.name.to_owned(),
                        super::optional(at.map(|at| at.script_id)),
                        super::optional(at.map(|at| at.line)),
                        super::optional(at.map(|at| at.column)),
                        row.count.to_string(),
                        super::optional(row.distance),
                        super::optional(row.system_distance),
                        row.shallow_size.to_string(),
                        row.retained_size.to_string(),
                    ],
                )?;
            }
            Ok(())
        }
    }
}

fn text(
    snapshot: &Snapshot,
    scripts: &Scripts,
    classes: &[&Class],
    class_count: usize,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let total = snapshot.total_size().max(1);
    writeln!(
        out,
        "{}: {} in {}, {}, {}\n",
        name(&snapshot.source().name),
        human::bytes(snapshot.total_size()),
        human::quantity(snapshot.graph().node_count() as u64, "object", "objects"),
        human::quantity(snapshot.graph().edge_count() as u64, "edge", "edges"),
        human::quantity(class_count as u64, "class", "classes"),
    )?;
    let mut table = Table::new(&["Count", "Distance", "Shallow", "Retained", "%", "Constructor"]);
    for class in classes {
        #[expect(clippy::cast_precision_loss, reason = "a percentage with one decimal")]
        let percent = class.retained_size as f64 * 100.0 / total as f64;
        let place = class.key.location.map_or_else(String::new, |at| format!("  ({})", scripts.short(at)));
        table.push(vec![
            human::count(class.count),
            class.distance.to_string(),
            human::bytes(class.shallow_size),
            human::bytes(class.retained_size),
            format!("{percent:.1}"),
            format!("{}{place}", name(&class.name)),
        ]);
    }
    Ok(table.write(out)?)
}
