//! The dialog for a report, and the function that writes it on a worker.

use std::io::{self, Write};
use std::sync::Arc;

use egui::{Context, TextEdit, Ui};

use super::buttons::primary_button;
use super::command::ReportWish;
use super::dialog::{self, Height};
use super::icons::Icon;
use super::text;
use super::theme::GRID;
use crate::capture::Record;
use crate::findings::{Findings, FindingsOf, findings, outside_note};
use crate::model::{CancelToken, MemoryUsage, human};
use crate::query::{Series, distinct};
use crate::report::{Input, ReportFormat, Subject, report, write_report};
use crate::session::Session;
use crate::snapshot::Snapshot;
use crate::sources::SourcePaths;

const ID: &str = "save report";
const NOTES: &str = "Notes at the top of the report";
/// The number of findings that a report describes.
const FINDINGS: usize = 12;

/// The choices of the dialog. They stay for the next report.
#[derive(Debug)]
pub(super) struct SaveReport {
    /// The snapshots, while the dialog is open.
    series: Option<Series>,
    format: ReportFormat,
    with_source_lines: bool,
    remarks: String,
}

impl Default for SaveReport {
    fn default() -> Self {
        Self { series: None, format: ReportFormat::Html, with_source_lines: false, remarks: String::new() }
    }
}

impl SaveReport {
    /// Opens the dialog for a series, the oldest first.
    pub(super) fn ask(&mut self, series: Series) {
        self.series = Some(series);
    }

    /// Draws the dialog; returns the report to write and its proposed file name, once.
    pub(super) fn show(&mut self, ctx: &Context, session: &Session) -> Option<(ReportWish, String)> {
        let mut is_open = self.series.is_some();
        let series = self.series.clone();
        let mut is_wanted = false;
        dialog::window(ctx, (ID, "Save report"), (dialog::WIDTH, Height::Content), &mut is_open, |ui| {
            if let Some(series) = &series {
                is_wanted = self.content(ui, series, session);
            }
        });
        if !is_open || is_wanted {
            self.series = None;
        }
        let series = series.filter(|_| is_wanted)?;
        let wish = ReportWish {
            series,
            with_source_lines: self.with_source_lines,
            remarks: self.remarks.trim().to_owned(),
            ignored: Vec::new(),
        };
        Some((wish, format!("heap-report.{}", self.format.ending())))
    }

    /// Draws the choices; returns true if the report is to be saved.
    fn content(&mut self, ui: &mut Ui, series: &Series, session: &Session) -> bool {
        ui.label(about(series, session));
        ui.add_space(3.0 * GRID);
        ui.horizontal(|ui| {
            for (format, label, hint) in [
                (ReportFormat::Html, "HTML", "One page with charts, for a browser or as an attachment"),
                (ReportFormat::Markdown, "Markdown", "Text and tables, for an issue or a wiki"),
            ] {
                ui.selectable_value(&mut self.format, format, label).on_hover_text(hint);
            }
        });
        ui.add_space(GRID);
        ui.checkbox(&mut self.with_source_lines, "Include lines of source")
            .on_hover_text("The lines that fill a holder; without them, only their positions are included");
        ui.add_space(3.0 * GRID);
        ui.label("Notes");
        let edit = TextEdit::multiline(&mut self.remarks).desired_rows(5).desired_width(f32::INFINITY);
        let response = ui.add(edit.hint_text("What was done before each snapshot, the version, the ticket"));
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(NOTES));
        if dialog::has_just_opened(ui.ctx(), ID) {
            response.request_focus();
        }
        ui.add_space(3.0 * GRID);
        ui.weak("A report contains names, paths of files and beginnings of strings from the heap.");
        ui.add_space(2.0 * GRID);
        primary_button(ui, Icon::Save, "Save report…").clicked()
    }
}

/// Returns what the report is about: `3 snapshots, from a.heapsnapshot to c.heapsnapshot`.
fn about(series: &Series, session: &Session) -> String {
    let name = |at: Option<&crate::model::SnapshotId>| {
        let name = at.map_or_else(String::new, |&id| text::name_of(session, id));
        human::visible(&name, 80).into_owned()
    };
    match series.len() {
        0 | 1 => name(series.first()),
        count => format!("{count} snapshots, from {} to {}", name(series.first()), name(series.last())),
    }
}

/// The function that writes a report to an open file.
type Writer = Box<dyn FnOnce(&mut dyn Write, &CancelToken) -> io::Result<()> + Send>;

/// An open snapshot with what the report says about it.
struct Source {
    snapshot: Arc<Snapshot>,
    name: String,
    record: Option<Arc<Record>>,
}

/// Returns the function that collects and writes a report. Findings that are known already are not computed again.
pub(super) fn writer(session: &mut Session, wish: ReportWish, format: ReportFormat) -> Result<Writer, String> {
    let open = |id| session.open().iter().find(|open| open.id == id);
    let sources: Vec<Source> = wish
        .series
        .iter()
        .filter_map(|&id| {
            let open = open(id)?;
            Some(Source {
                snapshot: Arc::clone(&open.snapshot),
                name: text::name_of(session, id),
                record: open.record.clone(),
            })
        })
        .collect();
    if sources.is_empty() {
        return Err("The snapshot is no longer open".to_owned());
    }
    let paths = session.source_paths().clone();
    let known = session.ask(&FindingsOf::new(&wish.series, &paths)).ready();
    Ok(Box::new(move |out, cancel| write(&sources, known.as_deref(), &wish, &paths, (format, out), cancel)))
}

fn write(
    sources: &[Source],
    known: Option<&Findings>,
    wish: &ReportWish,
    paths: &SourcePaths,
    (format, out): (ReportFormat, &mut dyn Write),
    cancel: &CancelToken,
) -> io::Result<()> {
    let all: Vec<&Snapshot> = sources.iter().map(|source| source.snapshot.as_ref()).collect();
    let kept = distinct(&all, cancel).map_err(io::Error::other)?;
    let sources: Vec<&Source> = kept.kept.iter().filter_map(|&at| sources.get(at)).collect();
    let snapshots: Vec<&Snapshot> = sources.iter().map(|source| source.snapshot.as_ref()).collect();
    let mut found = match known.filter(|_| kept.left_out.is_empty()) {
        Some(found) => found.clone(),
        None => findings(&snapshots, paths, cancel).map_err(io::Error::other)?,
    };
    let mut notes = std::mem::take(&mut found.notes);
    let ignored = found.leave_out(&wish.ignored, snapshots.len());
    if ignored > 0 {
        let count = human::quantity(ignored as u64, "ignored finding is", "ignored findings are");
        notes.push(format!("{count} left out"));
    }
    let memory: Vec<Option<MemoryUsage>> = sources.iter().map(|source| source.record.as_ref()?.memory_usage).collect();
    notes.extend(outside_note(&snapshots, &memory).filter(|_| found.ids_match == Some(true)));
    if snapshots.iter().any(|snapshot| snapshot.recovery().is_some()) {
        notes.push("a file is damaged, so objects may be missing".to_owned());
    }
    let subjects: Vec<Subject<'_>> = sources
        .iter()
        .map(|source| Subject { snapshot: &source.snapshot, name: &source.name, captured: source.record.as_deref() })
        .collect();
    let lines = if wish.with_source_lines { "included" } else { "left out" };
    let input = Input {
        subjects: &subjects,
        found: &found,
        limit: FINDINGS,
        notes: &notes,
        remarks: Some(&wish.remarks),
        with_source_lines: wish.with_source_lines,
        options: vec![("Lines of source", lines.to_owned())],
    };
    match report(&input, cancel).map_err(io::Error::other)? {
        Some(report) => write_report(&report, format, out),
        None => Ok(()),
    }
}
