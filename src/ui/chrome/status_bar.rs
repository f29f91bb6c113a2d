//! The status bar: facts about the shown file, and the running export.

use egui::{Align, Frame, Layout, Margin, Panel, Ui};

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
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                profiles::status(ui, app);
                if let Some(open) = app.session.open().iter().find(|open| Some(open.id) == app.shown()) {
                    let graph = open.snapshot.graph();
                    ui.label(format!("{} total", units.bytes(open.snapshot.total_size())));
                    ui.weak(human::quantity(graph.node_count() as u64, "object", "objects"));
                    ui.weak(human::quantity(graph.edge_count() as u64, "reference", "references"));
                    load_time(ui, open.snapshot.source());
                }
                if let Some(name) = app.exports.writing() {
                    ui.label(format!("Writing {name}…"));
                    if ui.link("Cancel").on_hover_text("Stop writing; no partial file is left").clicked() {
                        actions.push(Action::CancelExport);
                    }
                }
            });
        });
    });
}

/// Draws the load time, and whether the file was opened from the cache: users should know why it was so fast.
fn load_time(ui: &mut Ui, source: &SourceInfo) {
    let time = human::duration(source.load_time);
    if source.from_index {
        let hint =
            "Read from the cache that Heapglass wrote when this file was last opened; the file has not changed since.";
        ui.weak(format!("opened from the cache in {time}")).on_hover_text(hint);
    } else {
        ui.weak(format!("loaded in {time}"));
    }
}
