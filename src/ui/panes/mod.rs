//! Panes: the views of a snapshot.

pub(crate) mod allocations;
pub(crate) mod calls;
pub(in crate::ui) mod class_facts;
pub(crate) mod collections;
pub(crate) mod comparison;
pub(crate) mod containment;
pub(crate) mod dead_variables;
pub(crate) mod dominator_map;
pub(crate) mod dominators;
mod filter_label;
pub(crate) mod findings;
pub(crate) mod growth;
mod growth_chart;
mod growth_rows;
mod notes;
pub(crate) mod object;
mod object_facts;
pub(crate) mod pane;
mod path_chips;
pub(crate) mod path_tables;
pub(crate) mod paths;
pub(crate) mod profile;
pub(crate) mod query;
mod realms;
pub(crate) mod registry;
pub(crate) mod retainers;
pub(crate) mod scripts;
pub(crate) mod search;
pub(crate) mod series;
pub(crate) mod source;
pub(crate) mod statistics;
pub(crate) mod strings;
pub(crate) mod summary;
mod tile_colors;
pub(crate) mod timeline;
mod tree;
mod two_objects;
mod way_down;

use std::sync::Arc;

use egui::{Align, Layout, RichText, Ui};

use super::command::{Command, SourceAt, Target, ViewKind};
use super::icons::{self, Icon};
use super::notes::of_object;
use super::theme::{self, GRID};
use crate::model::{NodeOrdinal, SnapshotId};
use crate::query::{UNREACHABLE, UNREACHABLE_MEANING, ephemeron_ids, held_by_root};
use crate::session::Reply;
use crate::snapshot::Snapshot;

pub(in crate::ui) use notes::{NextStep, empty_state, hint_strip, set_dismissed_hints};
pub(crate) use tree::TreePane;

/// A side of the window and the snapshot on it. State and widget ids depend on both.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Slot {
    pub side: usize,
    pub id: SnapshotId,
}

/// The source of a pane: its slot, and the snapshot in it.
#[derive(Clone, Debug)]
pub struct Place {
    pub slot: Slot,
    pub snapshot: Arc<Snapshot>,
}

impl Place {
    #[must_use]
    pub fn target(&self, node: NodeOrdinal) -> Target {
        Target { snapshot: self.slot.id, node }
    }
}

/// Adds a line of controls above a table. Controls that do not fit wrap to another row.
pub(super) fn toolbar<R>(ui: &mut Ui, show: impl FnOnce(&mut Ui) -> R) -> R {
    let margin = egui::Frame::new().inner_margin(egui::Margin::symmetric(8, 0));
    let inner = margin.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_wrapped(show).inner
    });
    inner.inner
}

/// Adds a menu item that issues a command.
fn item(ui: &mut Ui, text: &str, commands: &mut Vec<Command>, command: impl FnOnce() -> Command) {
    if ui.button(text).clicked() {
        commands.push(command());
        ui.close();
    }
}

/// Fills the context menu of an object's row.
fn object_menu(ui: &mut Ui, snapshot: &Snapshot, target: Target, commands: &mut Vec<Command>) {
    let node = target.node;
    item(ui, "Show retainers", commands, || Command::ShowRetainers(target));
    ui.separator();
    for kind in [ViewKind::SUMMARY, ViewKind::CONTAINMENT, ViewKind::DOMINATORS] {
        item(ui, &format!("Reveal in {}", kind.label()), commands, || Command::Reveal(target, kind));
    }
    ui.separator();
    item(ui, "Copy name", commands, || Command::Copy(snapshot.display_name(node).into_owned()));
    item(ui, "Copy id", commands, || Command::Copy(snapshot.id(node).to_string()));
    item(ui, "Copy link", commands, || Command::CopyLink(target));
    item(ui, "Add or edit note…", commands, || {
        let (subject, label) = of_object(snapshot, node);
        Command::Note { of: target.snapshot, subject, label }
    });
    if let Some(at) = snapshot.location(node) {
        super::place_link::menu(ui, &SourceAt::Script(target.snapshot, at), commands);
    }
}

/// Adds menu items for the objects that an edge's name mentions, as the edges of WeakMap entries do.
fn ephemeron_menu(ui: &mut Ui, id: SnapshotId, edge_name: &str, commands: &mut Vec<Command>) {
    let Some(ids) = ephemeron_ids(edge_name) else { return };
    ui.separator();
    for (what, object) in [("key", ids.key), ("value", ids.value), ("WeakMap", ids.table)] {
        item(ui, &format!("Go to {what} @{object}"), commands, || Command::Find(id, object));
    }
}

/// Draws the text of an empty pane.
pub(super) fn placeholder(ui: &mut Ui, text: &str) {
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        ui.add_space(8.0 * GRID);
        ui.weak(text);
    });
}

/// Returns the text of an empty list of an object's retainers or paths.
pub(super) fn no_retainers(snapshot: &Snapshot, node: NodeOrdinal) -> &'static str {
    if snapshot.is_unreachable(node) {
        UNREACHABLE
    } else if held_by_root(snapshot, node) {
        "The root itself holds this object"
    } else {
        "Only weak references reach this object"
    }
}

/// Marks an unreachable object beside its name.
pub(super) fn unreachable_mark(ui: &mut Ui, snapshot: &Snapshot, node: NodeOrdinal) {
    if snapshot.is_unreachable(node) {
        ui.label(RichText::new("unreachable").color(theme::tokens(ui).detached))
            .on_hover_text(format!("{UNREACHABLE}. {UNREACHABLE_MEANING}"));
    }
}

/// Draws a fact about the pane's content, across the pane.
pub(super) fn remark(ui: &mut Ui, text: &str) {
    let tokens = theme::tokens(ui);
    let frame = egui::Frame::new().fill(tokens.surface).inner_margin(egui::Margin::symmetric(8, 4));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(egui::Label::new(RichText::new(text).color(tokens.weak)).wrap());
    });
}

/// Draws the switch for rows of reloaded scripts; returns whether it was clicked.
pub(super) fn join_switch(ui: &mut Ui, joins: &mut bool) -> bool {
    let hint = "Some scripts were loaded several times (hot reloading, ?t=), so their classes are listed once per load. \
                When joined, classes match by name, URL without query, line and column";
    ui.checkbox(joins, "Join reloaded scripts").on_hover_text(hint).changed()
}

/// Draws a spinner with a button; returns whether the user cancels. Jobs that are no longer requested stop.
pub(super) fn busy(ui: &mut Ui, text: &str) -> bool {
    let mut cancelled = false;
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        ui.add_space(8.0 * GRID);
        crate::ui::spinner::spinner(ui);
        ui.weak(text);
        cancelled = ui.button("Cancel").clicked();
    });
    cancelled
}

/// Returns an answer, or draws in its place that it is being computed or why there is none. Calls `cancel` if the user does
/// not want to wait.
pub(super) fn answer<T>(ui: &mut Ui, reply: Reply<T>, text: &str, cancel: impl FnOnce()) -> Option<Arc<T>> {
    match reply {
        Reply::Ready(answer) => return Some(answer),
        Reply::Pending { .. } => {
            if busy(ui, text) {
                cancel();
            }
        }
        Reply::Failed(message) => failure(ui, &message),
    }
    None
}

/// Draws a spinner in place of the pane's content, for an answer that takes little time.
pub(super) fn waiting(ui: &mut Ui, text: &str) {
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        ui.add_space(8.0 * GRID);
        ui.spinner();
        ui.weak(text);
    });
}

/// Draws an error in place of the pane's content.
pub(super) fn failure(ui: &mut Ui, text: &str) {
    let color = theme::tokens(ui).error;
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        ui.add_space(8.0 * GRID);
        ui.label(icons::text(Icon::CircleAlert).size(5.0 * GRID).color(color));
        ui.label(RichText::new(text).color(color));
    });
}

/// Draws a small rounded label, such as for a filter or an ignored object; returns whether its cross was clicked.
pub(super) fn chip(ui: &mut Ui, text: &str, close: &str) -> bool {
    let tokens = theme::tokens(ui);
    let mut closed = false;
    let frame = egui::Frame::new()
        .fill(tokens.surface)
        .stroke(egui::Stroke::new(1.0, tokens.border))
        .corner_radius(egui::CornerRadius::same(8))
        .inner_margin(egui::Margin::symmetric(7, 1));
    frame.show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = GRID;
            ui.spacing_mut().interact_size.y = 4.0 * GRID;
            let room = (ui.available_width() - 6.0 * GRID).max(10.0 * GRID);
            ui.scope(|ui| {
                ui.set_max_width(room);
                ui.add(egui::Label::new(RichText::new(text).font(theme::small())).truncate());
            });
            closed = super::buttons::close_button(ui, close);
        });
    });
    closed
}
