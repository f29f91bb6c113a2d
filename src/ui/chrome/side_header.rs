//! The header above each of the two sides, which names the file shown there.

use egui::{Align, Frame, Id, Layout, Margin, Panel, RichText, Ui};

use crate::model::SnapshotId;
use crate::model::human::{self};
use crate::ui::action::Action;
use crate::ui::buttons::close_button;
use crate::ui::state::AppState;
use crate::ui::text;
use crate::ui::theme::{self, GRID, tokens};

/// Draws the header above a side, with a box for choosing the file it shows.
pub(in crate::ui) fn side_header(ui: &mut Ui, app: &AppState, side: usize, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let is_active = app.active == side;
    let frame = Frame::new().fill(tokens.surface).inner_margin(Margin::symmetric(8, 3));
    Panel::top(Id::unique(("side header", side))).frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            let name_of = |id| text::name_of(&app.session, id);
            let files: Vec<SnapshotId> = app.session.files().map(|(id, _)| id).collect();
            let name = app.sides[side].map_or_else(String::new, name_of);
            let color = if is_active { tokens.accent } else { tokens.weak };
            let label = if side == 0 { "Left" } else { "Right" };
            ui.label(RichText::new(label).font(theme::small()).color(color));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if close_button(ui, &format!("Close the {} side", label.to_lowercase())) {
                    actions.push(Action::CloseSide(side));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let width = (ui.available_width() - GRID).clamp(80.0, 320.0);
                    let response = text::file_choice(ui, ("side", side), &name, width).show_ui(ui, |ui| {
                        for id in files {
                            let name = human::visible(&name_of(id), 80).into_owned();
                            if ui.selectable_label(app.sides[side] == Some(id), name).clicked() {
                                actions.push(Action::ShowIn(side, id));
                            }
                        }
                    });
                    let name = format!("{label} snapshot");
                    ui.ctx().accesskit_node_builder(response.response.id, |node| node.set_label(name));
                });
            });
        });
    });
}
