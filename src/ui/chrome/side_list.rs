//! The list of open and loading files.

use egui::{Frame, Margin, Panel, RichText, Ui};

use super::entry::{self, Entry, Fact};
use super::{loads, notes, profiles};
use crate::capture::Record;
use crate::model::SnapshotId;
use crate::model::human::{self, Units};
use crate::session::Open;
use crate::snapshot::SourceInfo;
use crate::ui::action::Action;
use crate::ui::state::AppState;
use crate::ui::theme::{self, tokens};
use crate::ui::{recovery, text, times};

/// The smallest and the largest width of the list, and its share of a narrow window.
const LEAST: f32 = 120.0;
const MOST: f32 = 420.0;
const SHARE: f32 = 0.3;
/// The width of tooltips.
const HOVER_WIDTH: f32 = 420.0;

pub(in crate::ui) fn side_list(ui: &mut Ui, app: &AppState, actions: &mut Vec<Action>) {
    let frame = Frame::new().fill(tokens(ui).surface).inner_margin(Margin::same(6));
    // On a narrow window, the views have precedence.
    let most = (ui.available_width() * SHARE).clamp(LEAST, MOST);
    let panel = Panel::left("snapshots").resizable(true).default_size(220.0).size_range(LEAST..=most);
    panel.frame(frame).show(ui, |ui| {
        if !app.session.open().is_empty() || app.session.profiles().is_empty() {
            ui.label(RichText::new("Snapshots").font(theme::small()).color(tokens(ui).weak));
        }
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            snapshots(ui, app, actions);
            profiles::entries(ui, app, actions);
            notes::entries(ui, app, actions);
            // The start page has the errors while nothing is open.
            let is_failed = app.session.loads().iter().all(|load| load.error.is_some());
            let is_start_page = is_failed && app.session.open().is_empty() && app.session.profiles().is_empty();
            for load in app.session.loads() {
                loads::entry(ui, load, is_start_page, actions);
            }
        });
    });
}

fn snapshots(ui: &mut Ui, app: &AppState, actions: &mut Vec<Action>) {
    let mut files: Vec<&Open> = app.session.open().iter().collect();
    app.sort_as_listed(&mut files, |open| open.id);
    let ids: Vec<SnapshotId> = files.iter().map(|open| open.id).collect();
    let names = shown_names(ui, app, &ids);
    for (at, open) in files.into_iter().enumerate() {
        let entry = Entry { id: open.id, kind: "Snapshot", shown_name: &names[at], order: &ids, at };
        let facts = facts(ui, open);
        entry.show(ui, app, facts, |ui| hover(ui, open), actions);
    }
    if ids.len() > 1 {
        ui.label(RichText::new("Drag one onto another to compare").font(theme::small()).color(tokens(ui).weak));
    }
}

/// Returns the names of files of one kind, shortened to the room of an entry.
pub(super) fn shown_names(ui: &Ui, app: &AppState, ids: &[SnapshotId]) -> Vec<String> {
    let names: Vec<String> = ids.iter().map(|id| text::name_of(&app.session, *id)).collect();
    let mark = if app.is_split { entry::MARK } else { 0.0 };
    let room = ui.available_width() - entry::MARGINS - entry::BUTTONS - mark;
    text::file_names(ui, &names, &egui::TextStyle::Body.resolve(ui.style()), room)
}

/// Returns the lines below the name of a snapshot.
fn facts(ui: &Ui, open: &Open) -> Vec<Fact> {
    let tokens = tokens(ui);
    let source = open.snapshot.source();
    let objects = human::quantity(open.snapshot.graph().node_count() as u64, "object", "objects");
    let size = theme::look(ui).units.bytes(open.snapshot.total_size());
    let fact = |text: String| Fact { text, color: tokens.weak, wraps: false };
    let mut facts = vec![
        fact(format!("{objects} · {size}")),
        fact(human::visible(&open.snapshot.producer().label(), 80).into_owned()),
    ];
    if let Some(note) = source.disk_note() {
        facts.push(Fact { wraps: true, ..fact(note) });
    }
    if let Some(note) = &source.note {
        facts.push(Fact { wraps: true, ..fact(human::visible(note, 200).into_owned()) });
    }
    let mark = recovery::mark(open.snapshot.recovery());
    if !mark.is_empty() {
        facts.push(Fact { color: tokens.detached, ..fact(mark.to_owned()) });
    }
    if let Some(usage) = open.record.as_ref().and_then(|record| record.memory_usage) {
        let [rss, external] = [usage.rss, usage.external].map(|size| theme::look(ui).units.bytes(size));
        facts.push(fact(format!("{rss} rss, {external} external")));
    }
    facts
}

/// Draws the tooltip of a snapshot.
fn hover(ui: &mut Ui, open: &Open) {
    ui.set_max_width(HOVER_WIDTH);
    let producer = open.snapshot.producer();
    file_facts(ui, open.snapshot.source());
    ui.label(format!("Written by {}. {}", producer.label(), producer.evidence));
    if let Some(record) = &open.record {
        for line in record_lines(record, theme::look(ui).units) {
            ui.label(line);
        }
    }
}

/// Draws the path, the size and the time of a file.
pub(super) fn file_facts(ui: &mut Ui, source: &SourceInfo) {
    ui.add(egui::Label::new(RichText::new(text::place_of(source)).strong()).wrap());
    let size = human::bytes(source.size_bytes);
    ui.label(match source.modified.and_then(times::exact) {
        Some(time) => format!("{size} file, modified {time}"),
        None => format!("{size} file"),
    });
}

/// Returns the facts recorded when a snapshot was taken.
fn record_lines(record: &Record, units: Units) -> Vec<String> {
    let mut lines = vec![format!("Taken {} from {}", record.began, human::visible(&record.target, 80))];
    if !record.url.is_empty() {
        lines.push(human::visible_ends(&record.url, 120).into_owned());
    }
    if let Some(usage) = record.memory_usage {
        for (what, size) in [
            ("Process (rss)", usage.rss),
            ("Heap in use", usage.heap_used),
            ("Heap reserved", usage.heap_total),
            ("Outside the heap", usage.external),
            ("Including array buffers", usage.array_buffers),
        ] {
            lines.push(format!("{what}: {}", units.bytes(size)));
        }
    }
    lines
}
