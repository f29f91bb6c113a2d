//! The list of open and loading files.

use std::fmt::Write as _;

use egui::{Frame, Margin, Panel, RichText, Ui};

use super::entry::{Entry, Fact};
use super::{loads, profiles};
use crate::capture::Record;
use crate::model::SnapshotId;
use crate::model::human::{self, Units};
use crate::session::Open;
use crate::ui::action::Action;
use crate::ui::state::AppState;
use crate::ui::theme::{self, tokens};
use crate::ui::{recovery, text};

pub(in crate::ui) fn side_list(ui: &mut Ui, app: &AppState, actions: &mut Vec<Action>) {
    let frame = Frame::new().fill(tokens(ui).surface).inner_margin(Margin::same(6));
    let panel = Panel::left("snapshots").resizable(true).default_size(220.0).size_range(150.0..=420.0);
    panel.frame(frame).show(ui, |ui| {
        if !app.session.open().is_empty() || app.session.profiles().is_empty() {
            ui.label(RichText::new("Snapshots").font(theme::small()).color(tokens(ui).weak));
        }
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for open in app.session.open() {
                snapshot_entry(ui, app, open, actions);
            }
            profiles::entries(ui, app, actions);
            if app.session.open().len() > 1 {
                ui.weak("Drag one onto another to compare them");
            }
            for load in app.session.loads() {
                loads::entry(ui, load, actions);
            }
        });
    });
}

fn snapshot_entry(ui: &mut Ui, app: &AppState, open: &Open, actions: &mut Vec<Action>) {
    let source = open.snapshot.source();
    let others = app.session.open().iter().map(|other| other.id).filter(|id| *id != open.id).collect();
    let entry = Entry { id: open.id, kind: "Snapshot", source, others };
    let producer = open.snapshot.producer();
    let mut hover = format!("{}\nWritten by {}. {}", text::place_of(source), producer.label(), producer.evidence);
    if let Some(record) = &open.record {
        hover.push_str(&record_text(record, theme::look(ui).units));
    }
    let facts = facts(ui, open);
    entry.show(ui, app, facts, hover, |ui, actions| side_items(ui, app, open.id, actions), actions);
}

/// Returns the lines below the name of a snapshot.
fn facts(ui: &Ui, open: &Open) -> Vec<Fact> {
    let tokens = tokens(ui);
    let source = open.snapshot.source();
    let objects = human::quantity(open.snapshot.graph().node_count() as u64, "object", "objects");
    let fact = |text: String| Fact { text, color: tokens.weak, wraps: false };
    let mut facts = vec![
        fact(format!("{} file, {objects}", human::bytes(source.size_bytes))),
        fact(human::visible(&open.snapshot.producer().label(), 80).into_owned()),
    ];
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

/// Returns the facts recorded when a snapshot was taken.
fn record_text(record: &Record, units: Units) -> String {
    let mut text = format!("\ntaken {} from {}", record.began, human::visible(&record.target, 80));
    if let Some(usage) = record.memory_usage {
        for (what, size) in [
            ("process (rss)", usage.rss),
            ("heap in use", usage.heap_used),
            ("heap reserved", usage.heap_total),
            ("outside the heap", usage.external),
            ("including array buffers", usage.array_buffers),
        ] {
            let _ = write!(text, "\n{what} {}", units.bytes(size));
        }
    }
    text
}

/// Adds the items that show a snapshot on one of two sides.
fn side_items(ui: &mut Ui, app: &AppState, id: SnapshotId, actions: &mut Vec<Action>) {
    if app.is_split {
        for (side, text) in ["Show on the left side", "Show on the right side"].into_iter().enumerate() {
            if ui.button(text).clicked() {
                actions.push(Action::ShowIn(side, id));
                ui.close();
            }
        }
    } else if app.shown().is_some_and(|shown| shown != id) && ui.button("Show side by side").clicked() {
        actions.push(Action::ShowBeside(id));
        ui.close();
    }
}
