//! `heapglass summary`: lists the classes of a snapshot.

use std::io::Write;

use serde::Serialize;

use super::args::{Column, Format, SummaryArguments};
use super::{Files, name_of, recovered};
use crate::Snapshot;
use crate::export::{
    CLASSES, CLASSES_TEXT, ClassRow, Classes, Columns, FileFormat, JsonRows, name, write_rows, write_text,
};
use crate::model::{CancelToken, ClassId, human};
use crate::query::{
    Filter, Lens, ListSpec, Sort, SortKey, class_totals, join_with, order, scripts, unreachable_note, unreachable_size,
};

/// The hint for classes of scripts that were loaded several times.
pub(super) const RELOADED_HINT: &str =
    "some scripts were loaded several times, and each load has its own classes; `--join-reloaded` merges them";

#[derive(Serialize)]
struct Summary<R: Serialize> {
    file: String,
    totals: Totals,
    #[serde(rename = "salvaged", skip_serializing_if = "Option::is_none")]
    recovered: Option<Vec<String>>,
    classes: R,
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
    let classes = rows.iter().take(limit).map(|&row| ClassId(row)).map(|class| ClassRow {
        class: snapshot.classes().get(class),
        scripts: &scripts,
        joined_count: if arguments.join_reloaded { joined.joined_count(class) } else { 1 },
        totals: if arguments.join_reloaded { joined.totals(class) } else { class_totals(&snapshot, None, class) },
        total_size: snapshot.total_size(),
    });
    match arguments.format {
        Format::Text => {
            heading(&snapshot, rows.len(), out)?;
            write_text::<Classes>(&Columns::named(CLASSES_TEXT), classes, out)?;
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
                recovered: recovered(&snapshot),
                classes: JsonRows::<Classes, _> { columns: Columns::named(CLASSES), rows: classes },
            };
            serde_json::to_writer(&mut *out, &summary)?;
            Ok(writeln!(out)?)
        }
        Format::Csv => Ok(write_rows::<Classes>(Columns::named(CLASSES), classes, FileFormat::Csv, out)?),
    }
}

/// Writes the totals of the snapshot.
fn heading(snapshot: &Snapshot, class_count: usize, out: &mut dyn Write) -> anyhow::Result<()> {
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
    Ok(())
}
