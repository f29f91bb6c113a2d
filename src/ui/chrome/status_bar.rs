//! The status bar: facts about the shown file, memory in use, and the running export.
//!
//! Invariant: facts that do not fit are left out, and none moves when an export starts or ends.

use egui::{Align, Frame, Layout, Margin, Panel, Response, RichText, Ui};

use super::profiles;
use crate::model::human::{self};
use crate::snapshot::SourceInfo;
use crate::ui::action::Action;
use crate::ui::state::AppState;
use crate::ui::theme::{self, GRID, tokens};

pub(in crate::ui) fn status_bar(ui: &mut Ui, app: &AppState, actions: &mut Vec<Action>) {
    let frame = Frame::new().fill(tokens(ui).surface).inner_margin(Margin::symmetric(8, 3));
    Panel::bottom("status bar").frame(frame).show(ui, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 4.0 * GRID;
            ui.style_mut().override_font_id = Some(theme::small());
            let units = theme::look(ui).units;
            ui.weak(format!("memory in use {}", units.bytes(app.session.heap_bytes() as u64)))
                .on_hover_text("Memory used by open snapshots and cached lists");
            if let Some(name) = app.exports.writing() {
                if ui.link("Cancel").on_hover_text("Stop writing; no partial file is left").clicked() {
                    actions.push(Action::CancelExport);
                }
                ui.label(format!("Writing {name}…"));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                profiles::status(ui, app);
                if let Some(open) = app.session.open().iter().find(|open| Some(open.id) == app.shown()) {
                    let graph = open.snapshot.graph();
                    fact(ui, format!("{} total", units.bytes(open.snapshot.total_size())));
                    fact(ui, human::quantity(graph.node_count() as u64, "object", "objects"));
                    fact(ui, human::quantity(graph.edge_count() as u64, "reference", "references"));
                    load_time(ui, open.snapshot.source());
                }
            });
        });
    });
}

/// Draws a fact if there is room for all of it.
pub(super) fn fact(ui: &mut Ui, text: String) -> Option<Response> {
    let color = tokens(ui).weak;
    let width = ui.painter().layout_no_wrap(text.clone(), theme::small(), color).size().x;
    (width <= ui.available_width()).then(|| ui.label(RichText::new(text).color(color)))
}

/// Draws the load time, and whether the file was opened from the cache: users should know why it was so fast.
fn load_time(ui: &mut Ui, source: &SourceInfo) {
    let time = human::duration(source.load_time);
    if !source.from_index {
        fact(ui, format!("loaded in {time}"));
        return;
    }
    let hint =
        "Read from the cache that Heapglass wrote when this file was last opened; the file has not changed since.";
    if let Some(response) = fact(ui, format!("opened from the cache in {time}")) {
        response.on_hover_text(hint);
    }
}
