//! Writing a list to a file: CSV for spreadsheets, JSON for programs.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use super::command::ExportList;
use crate::model::human;
use crate::query::export::{Format, write_comparison, write_groups, write_growth, write_rows};
use crate::query::{NodeFilter, Pattern, grown_classes};
use crate::session::{Fact, Lane, OrderState, Pending, SeriesList, Session};

/// What a job says when it is done: a remark for the status bar either way.
type Said = Result<String, String>;

/// Writes the rows to an open file.
type Writer = Box<dyn FnOnce(&mut BufWriter<File>) -> std::io::Result<()> + Send>;

/// Starts writing; the list must be on screen, so that its order is known.
pub(super) fn job(session: &mut Session, path: PathBuf, list: ExportList) -> Result<Pending<Said>, String> {
    let not_yet = || "The list is not there yet".to_owned();
    let rows = match &list {
        ExportList::Rows(key) => session.order(key),
        ExportList::Comparison(key) => session.pair_order(key),
        ExportList::Strings(key) => session.groups(key),
        ExportList::Growth(key) => session.series_order(key),
    };
    let OrderState::Ready(rows) = rows else { return Err(not_yet()) };
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let format = if is_json { Format::Json } else { Format::Csv };
    let write: Writer = match list {
        ExportList::Rows(key) => {
            let snapshot = session.snapshot(key.snapshot).ok_or_else(not_yet)?;
            let selection = match &key.filter.nodes {
                NodeFilter::All => None,
                filter => Some(session.selection(key.snapshot, filter).ready().ok_or_else(not_yet)?),
            };
            let rows = std::sync::Arc::clone(&rows);
            Box::new(move |out| write_rows(&snapshot, key.list, &rows.rows, selection.as_deref(), format, out))
        }
        ExportList::Comparison(key) => {
            let Fact::Ready(comparison) = session.comparison(key.base, key.current, key.joined) else {
                return Err(not_yet());
            };
            let rows = std::sync::Arc::clone(&rows);
            Box::new(move |out| write_comparison(&comparison, &rows.rows, format, out))
        }
        ExportList::Strings(key) => {
            let snapshot = session.snapshot(key.snapshot).ok_or_else(not_yet)?;
            let Fact::Ready(groups) = session.duplicates(key.snapshot) else { return Err(not_yet()) };
            let rows = std::sync::Arc::clone(&rows);
            Box::new(move |out| write_groups(&snapshot, &groups, &rows.rows, format, out))
        }
        ExportList::Growth(key) => {
            let Fact::Ready(growth) = session.growth(&key.series) else { return Err(not_yet()) };
            let SeriesList::Classes(_, sort) = key.list else { return Err(not_yet()) };
            Box::new(move |out| {
                let classes = |pattern| grown_classes(&growth, pattern, sort, &key.class_name);
                let rows: Vec<u32> = Pattern::ALL.into_iter().flat_map(classes).collect();
                write_growth(&growth, &rows, format, out)
            })
        }
    };
    let count = human::quantity(rows.rows.len() as u64, "row", "rows");
    Ok(session.ask(Lane::Bulk, move |_| {
        let name = human::visible(&path.display().to_string(), 300).into_owned();
        let written = File::create(&path).and_then(|file| {
            let mut out = BufWriter::new(file);
            write(&mut out)?;
            out.flush()
        });
        Ok(match written {
            Ok(()) => Ok(format!("{count} written to {name}")),
            Err(error) => Err(format!("{name}: {error}")),
        })
    }))
}
