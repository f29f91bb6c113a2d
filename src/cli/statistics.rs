//! `heapglass statistics`: bytes by category.

use std::io::Write;

use serde_json::json;

use super::args::{Format, StatisticsArguments};
use super::{Files, recovered};
use crate::export::{CATEGORIES, Categories, Columns, FileFormat, write_rows};
use crate::model::{CancelToken, human};
use crate::query::{relevant_percent, unreachable_size};

pub(super) fn run(arguments: &StatisticsArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    let snapshot = files.open(&arguments.file)?;
    let (sums, producer) = (*snapshot.statistics(), snapshot.producer());
    let rows = [
        ("Total", sums.total),
        (if producer.program.is_v8() { "V8 heap" } else { "Heap" }, sums.v8heap_total),
        ("  Code", sums.code),
        ("  Strings", sums.strings),
        ("  JS arrays", sums.js_arrays),
        ("  System objects", sums.system),
        ("  Other JS objects", sums.other_js_objects()),
        ("Native", sums.native_total),
        ("  Typed arrays", sums.typed_arrays),
        ("  Without a node", snapshot.graph().header().extra_native_bytes),
    ];
    let unreachable = unreachable_size(&snapshot, &CancelToken::new())?;
    match arguments.format {
        Format::Text => {
            writeln!(out, "Written by {}\n", human::visible(&producer.label(), 200))?;
            for (label, size) in rows {
                writeln!(out, "{label:<20}{:>10}", human::bytes(size))?;
            }
            if relevant_percent(&snapshot, unreachable).is_some() {
                writeln!(out, "{:<20}{:>10}", "Unreachable", human::bytes(unreachable))?;
            }
            if !producer.has_user_roots {
                writeln!(out, "\nNo user roots: distances count from the snapshot's root")?;
            }
        }
        Format::Json => {
            let mut answer = json!({
                "total": sums.total,
                "native": {"total": sums.native_total, "typed_arrays": sums.typed_arrays, "extra": snapshot.graph().header().extra_native_bytes},
                "v8heap": {
                    "total": sums.v8heap_total,
                    "code": sums.code,
                    "js_arrays": sums.js_arrays,
                    "strings": sums.strings,
                    "system": sums.system,
                },
                "unreachable": unreachable,
                "producer": {
                    "program": producer.program.name(),
                    "version": producer.version,
                    "v8": producer.v8,
                    "evidence": producer.evidence,
                    "user_roots": producer.has_user_roots,
                },
            });
            if let Some(losses) = recovered(&snapshot) {
                answer["salvaged"] = json!(losses);
            }
            writeln!(out, "{answer}")?;
        }
        Format::Csv => {
            let rows = rows.into_iter().chain([("Unreachable", unreachable)]);
            write_rows::<Categories>(Columns::named(CATEGORIES), rows, FileFormat::Csv, out)?;
        }
    }
    Ok(())
}
