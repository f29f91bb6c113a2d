//! Exports lists as CSV for spreadsheets or JSON for programs. Sizes are bytes, names are complete.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::selection::Selection;
use super::{Comparison, DuplicateStrings, Growth, ListSpec, class_totals, csv, joined_totals};
use crate::model::{ClassId, Distance, EdgeIndex, NodeOrdinal};
use crate::snapshot::Snapshot;

/// The maximum number of characters of a string's text.
const TEXT_LIMIT: usize = 10_000;

/// The format of an exported list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    Csv,
    /// An array of objects.
    Json,
}

/// Writes rows with the names of their columns.
struct Rows<'a> {
    columns: &'a [&'static str],
    format: Format,
    out: &'a mut dyn Write,
    written: usize,
}

impl<'a> Rows<'a> {
    fn start(columns: &'a [&'static str], format: Format, out: &'a mut dyn Write) -> io::Result<Self> {
        match format {
            Format::Csv => csv::line(out, columns)?,
            Format::Json => out.write_all(b"[")?,
        }
        Ok(Self { columns, format, out, written: 0 })
    }

    fn push(&mut self, cells: &[Value]) -> io::Result<()> {
        match self.format {
            Format::Csv => {
                let text = |value: &Value| match value {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                csv::line(self.out, &cells.iter().map(text).collect::<Vec<_>>())?;
            }
            Format::Json => {
                let row: Map<String, Value> =
                    self.columns.iter().map(|name| (*name).to_owned()).zip(cells.iter().cloned()).collect();
                self.out.write_all(if self.written == 0 { b"\n" } else { b",\n" })?;
                serde_json::to_writer(&mut *self.out, &row)?;
            }
        }
        self.written += 1;
        Ok(())
    }

    fn finish(self) -> io::Result<()> {
        if self.format == Format::Json { self.out.write_all(b"\n]\n") } else { Ok(()) }
    }
}

fn distance(distance: Distance) -> [Value; 2] {
    [json!(distance.user()), json!(distance.system())]
}

/// Writes classes, objects or references.
///
/// # Errors
/// Returns an error if writing to `out` fails.
pub fn write_rows(
    snapshot: &Snapshot,
    list: ListSpec,
    rows: &[u32],
    selection: Option<&Selection>,
    format: Format,
    out: &mut dyn Write,
) -> io::Result<()> {
    const CLASS: [&str; 6] = ["class", "count", "distance", "system_distance", "shallow_size", "retained_size"];
    const OBJECT: [&str; 7] = ["id", "name", "class", "distance", "system_distance", "shallow_size", "retained_size"];
    const EDGE: [&str; 9] =
        ["edge", "edge_kind", "id", "name", "class", "distance", "system_distance", "shallow_size", "retained_size"];
    let graph = snapshot.graph();
    let object = |node: NodeOrdinal| {
        let [hops, system] = distance(snapshot.distance(node));
        [
            json!(snapshot.id(node).0),
            json!(snapshot.display_name(node)),
            json!(snapshot.class(node).name),
            hops,
            system,
            json!(snapshot.shallow_size(node)),
            json!(snapshot.retained_size(node)),
        ]
    };
    let columns: &[&'static str] = match list {
        ListSpec::Classes | ListSpec::JoinedClasses => &CLASS,
        ListSpec::Members(_) | ListSpec::JoinedMembers(_) | ListSpec::Selected | ListSpec::Dominated(_) => &OBJECT,
        ListSpec::Edges(_) | ListSpec::Retainers(_) => &EDGE,
    };
    let mut table = Rows::start(columns, format, out)?;
    snapshot.expect_many_names();
    for &row in rows {
        match list {
            ListSpec::Classes | ListSpec::JoinedClasses => {
                let totals_of = if list == ListSpec::Classes { class_totals } else { joined_totals };
                let totals = totals_of(snapshot, selection, ClassId(row));
                let [hops, system] = distance(totals.distance);
                let name = &snapshot.classes().get(ClassId(row)).name;
                let (shallow, retained) = (totals.shallow_size, totals.retained_size);
                table.push(&[json!(name), json!(totals.count), hops, system, json!(shallow), json!(retained)])?;
            }
            ListSpec::Members(_) | ListSpec::JoinedMembers(_) | ListSpec::Selected | ListSpec::Dominated(_) => {
                table.push(&object(NodeOrdinal(row)))?;
            }
            ListSpec::Edges(_) | ListSpec::Retainers(_) => {
                let edge = EdgeIndex(row);
                let is_retainer = matches!(list, ListSpec::Retainers(_));
                let node = if is_retainer { graph.edge_source(edge) } else { graph.edge_target(edge) };
                let mut cells = vec![json!(snapshot.edge_name(edge)), json!(graph.edge_kind_name(edge))];
                cells.extend(object(node));
                table.push(&cells)?;
            }
        }
    }
    table.finish()
}

/// Writes rows of a comparison.
///
/// # Errors
/// Returns an error if writing to `out` fails.
pub fn write_comparison(comparison: &Comparison, rows: &[u32], format: Format, out: &mut dyn Write) -> io::Result<()> {
    let columns = [
        "class",
        "new",
        "deleted",
        "delta",
        "allocated_size",
        "freed_size",
        "size_delta",
        "base_retained_size",
        "current_retained_size",
        "retained_delta",
    ];
    let mut table = Rows::start(&columns, format, out)?;
    for class in rows.iter().filter_map(|&row| comparison.classes.get(row as usize)) {
        table.push(&[
            json!(class.name),
            json!(class.new_count),
            json!(class.deleted_count),
            json!(class.delta()),
            json!(class.allocated_size),
            json!(class.freed_size),
            json!(class.size_delta()),
            json!(class.base_retained_size),
            json!(class.current_retained_size),
            json!(class.retained_delta()),
        ])?;
    }
    table.finish()
}

/// Writes classes over time, a row for each class in each snapshot. Snapshots count from 1.
///
/// # Errors
/// Returns an error if writing to `out` fails.
pub fn write_growth(growth: &Growth, rows: &[u32], format: Format, out: &mut dyn Write) -> io::Result<()> {
    let columns = ["class", "pattern", "new", "survivors", "snapshot", "count", "shallow_size", "retained_size"];
    let mut table = Rows::start(&columns, format, out)?;
    for &row in rows {
        let Some(class) = growth.classes.get(row as usize) else { continue };
        for (at, point) in growth.points(row as usize).iter().enumerate() {
            table.push(&[
                json!(class.name),
                json!(class.pattern.label()),
                json!(class.new_count),
                json!(class.survivor_count),
                json!(at + 1),
                json!(point.count),
                json!(point.shallow_size),
                json!(point.retained_size),
            ])?;
        }
    }
    table.finish()
}

/// Writes groups of duplicate strings.
///
/// # Errors
/// Returns an error if writing to `out` fails.
pub fn write_groups(
    snapshot: &Snapshot,
    strings: &DuplicateStrings,
    rows: &[u32],
    format: Format,
    out: &mut dyn Write,
) -> io::Result<()> {
    let columns = ["text", "copies", "shallow_size", "retained_size", "wasted_bytes", "truncated"];
    let mut table = Rows::start(&columns, format, out)?;
    for group in rows.iter().filter_map(|&row| strings.groups.get(row as usize)) {
        let (text, _) = snapshot.string_value(group.first, TEXT_LIMIT);
        table.push(&[
            json!(text),
            json!(group.count),
            json!(group.shallow_size),
            json!(group.retained_size),
            json!(group.wasted_bytes),
            json!(group.truncated),
        ])?;
    }
    table.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_written_as_csv_and_json() {
        let write = |format| {
            let mut out = Vec::new();
            let mut rows = Rows::start(&["name", "size"], format, &mut out).expect("memory can be written");
            rows.push(&[json!("=a,b"), json!(3)]).expect("memory can be written");
            rows.push(&[json!(null), json!(4)]).expect("memory can be written");
            rows.finish().expect("memory can be written");
            String::from_utf8(out).expect("text")
        };
        assert_eq!(write(Format::Csv), "name,size\n\"'=a,b\",3\n,4\n");
        let json: Value = serde_json::from_str(&write(Format::Json)).expect("valid JSON");
        assert_eq!(json, json!([{"name": "=a,b", "size": 3}, {"name": null, "size": 4}]));
    }
}
