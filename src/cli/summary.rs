//! `heapglass summary`: lists the classes of a snapshot.

use std::io::Write;

use serde::Serialize;

use super::args::{Column, Format, SummaryArguments};
use super::table::{Table, name};
use super::{Files, csv, name_of, salvaged, split_distance};
use crate::Snapshot;
use crate::analysis::{Class, Location};
use crate::model::{CancelToken, ClassId, human};
use crate::query::{
    ClassTotals, Filter, Lens, ListSpec, Scripts, Sort, SortKey, class_totals, join_with, order, reloaded_url, scripts,
    unreachable_note, unreachable_size,
};

/// The hint for classes of scripts that were loaded several times.
pub(super) const RELOADED_HINT: &str =
    "some scripts were loaded several times, and each load has its own classes; `--join-reloaded` merges them";

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
    /// The size of the objects that no path from a root reaches, in bytes.
    unreachable_size: u64,
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    location: Option<LocationJson>,
    /// The number of merged classes of a script that was loaded several times.
    #[serde(skip_serializing_if = "Option::is_none")]
    joined_classes: Option<u32>,
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

    /// Returns the position of a class. If several are joined, the URL leaves out what changes between loads.
    pub(super) fn of_class(location: Option<Location>, joined_count: u32, scripts: &Scripts) -> Option<Self> {
        let mut json = Self::new(location?, scripts);
        if joined_count > 1 {
            json.url = json.url.map(|url| reloaded_url(&url).unwrap_or(&url).to_owned());
        }
        Some(json)
    }
}

/// A class, or several merged classes of a script that was loaded several times, with their sums.
struct Listed<'a> {
    class: &'a Class,
    joined_count: u32,
    totals: ClassTotals,
}

impl<'a> Listed<'a> {
    fn row(&self, scripts: &Scripts) -> Row<'a> {
        let (distance, system_distance) = split_distance(self.totals.distance);
        Row {
            name: &self.class.name,
            location: LocationJson::of_class(self.class.key.location, self.joined_count, scripts),
            joined_classes: (self.joined_count > 1).then_some(self.joined_count),
            count: self.totals.count,
            distance,
            system_distance,
            shallow_size: self.totals.shallow_size,
            retained_size: self.totals.retained_size,
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
    let cancel = CancelToken::new();
    let scripts = scripts(&snapshot, &cancel)?;
    let joined = join_with(&snapshot, &scripts, &cancel)?;
    let list = if arguments.join_reloaded { ListSpec::JoinedClasses } else { ListSpec::Classes };
    let rows = order(&snapshot, list, sort, &Filter::default(), Lens::default(), &cancel)?.rows;
    let limit = arguments.limit.unwrap_or(usize::MAX);
    let listed = |class: ClassId| Listed {
        class: snapshot.classes().get(class),
        joined_count: if arguments.join_reloaded { joined.joined_count(class) } else { 1 },
        totals: if arguments.join_reloaded { joined.totals(class) } else { class_totals(&snapshot, None, class) },
    };
    let classes: Vec<Listed<'_>> = rows.iter().take(limit).map(|&row| listed(ClassId(row))).collect();
    match arguments.format {
        Format::Text => {
            text(&snapshot, &scripts, &classes, rows.len(), out)?;
            if joined.changes_anything() && !arguments.join_reloaded {
                writeln!(out, "\n{RELOADED_HINT}")?;
            }
            Ok(())
        }
        Format::Json => {
            let graph = snapshot.graph();
            let summary = Summary {
                file: name_of(&arguments.file),
                totals: Totals {
                    nodes: graph.node_count(),
                    edges: graph.edge_count(),
                    strings: graph.strings().len(),
                    total_size: snapshot.total_size(),
                    unreachable_size: unreachable_size(&snapshot, &cancel)?,
                },
                salvaged: salvaged(&snapshot),
                classes: classes.iter().map(|class| class.row(&scripts)).collect(),
            };
            serde_json::to_writer(&mut *out, &summary)?;
            Ok(writeln!(out)?)
        }
        Format::Csv => write_csv(&scripts, &classes, out),
    }
}

/// Writes the classes as CSV.
fn write_csv(scripts: &Scripts, classes: &[Listed<'_>], out: &mut dyn Write) -> anyhow::Result<()> {
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
    for listed in classes {
        let row = listed.row(scripts);
        let at = listed.class.key.location;
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

fn text(
    snapshot: &Snapshot,
    scripts: &Scripts,
    classes: &[Listed<'_>],
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
    if let Some(note) = unreachable_note(snapshot, &CancelToken::new())? {
        writeln!(out, "{note}\n")?;
    }
    let mut table = Table::new(&["Count", "Distance", "Shallow", "Retained", "%", "Constructor"]);
    for Listed { class, joined_count, totals } in classes {
        #[expect(clippy::cast_precision_loss, reason = "a percentage with one decimal")]
        let percent = totals.retained_size as f64 * 100.0 / total as f64;
        let loads = if *joined_count > 1 { format!(", {joined_count} loads") } else { String::new() };
        let place = class.key.location.map_or_else(String::new, |at| format!("  ({}{loads})", scripts.short(at)));
        table.push(vec![
            human::count(totals.count),
            totals.distance.to_string(),
            human::bytes(totals.shallow_size),
            human::bytes(totals.retained_size),
            format!("{percent:.1}"),
            format!("{}{place}", name(&class.name)),
        ]);
    }
    Ok(table.write(out)?)
}
