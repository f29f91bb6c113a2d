//! The page that is shown while nothing is open.

use std::path::PathBuf;

use egui::{Align, Frame, Key, Label, Layout, Margin, RichText, TextEdit, Ui, vec2};

use super::loads::{error_card, loading_card};
use crate::ui::action::Action;
use crate::ui::state::AppState;
use crate::ui::text;
use crate::ui::theme::{self, GRID, tokens};

/// Draws the page: files that are loading or failed, or a welcome.
pub(in crate::ui) fn start_page(ui: &mut Ui, app: &mut AppState, actions: &mut Vec<Action>) {
    let frame = Frame::new().fill(tokens(ui).background).inner_margin(Margin::same(24));
    egui::CentralPanel::default().frame(frame).show(ui, |ui| {
        let above = (ui.available_height() * 0.14).min(110.0);
        if let Some(load) = app.session.loads().iter().find(|load| load.error.is_none()) {
            ui.add_space(above);
            ui.vertical_centered(|ui| {
                ui.set_max_width(520.0);
                loading_card(ui, load, actions);
            });
            return;
        }
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.add_space(above);
            ui.vertical_centered(|ui| {
                ui.set_max_width(520.0);
                for load in app.session.loads() {
                    error_card(ui, load, actions);
                }
                welcome(ui, app, actions);
            });
        });
    });
}

fn welcome(ui: &mut Ui, app: &mut AppState, actions: &mut Vec<Action>) {
    ui.heading("Explore a heap snapshot");
    ui.add_space(GRID);
    let about = "Open heap snapshots from Node.js, Chrome, Electron, Deno and Bun to see what uses memory and which \
                 references keep it alive.";
    ui.add(Label::new(RichText::new(about).color(tokens(ui).weak)).wrap());
    ui.add_space(5.0 * GRID);
    let accent = tokens(ui).accent;
    let text = RichText::new("Open a snapshot…").color(tokens(ui).on_accent);
    if ui.add(egui::Button::new(text).fill(accent).min_size(vec2(180.0, 32.0))).clicked() {
        actions.push(Action::OpenDialog);
    }
    ui.add_space(GRID);
    ui.label(RichText::new("or drop files anywhere on this window").font(theme::small()).color(tokens(ui).weak));
    ui.add_space(5.0 * GRID);
    ui.horizontal(|ui| {
        let field = TextEdit::singleline(&mut app.path_field)
            .hint_text("or type a path")
            .desired_width(ui.available_width() - 72.0);
        let response = ui.add(field);
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Path of a snapshot"));
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        // The user can type a path at once.
        if !app.capture.is_open && ui.memory(|memory| memory.focused().is_none()) {
            response.request_focus();
        }
        let path = app.path_field.trim();
        if (ui.button("Open").clicked() || entered) && !path.is_empty() {
            actions.push(Action::OpenPath(PathBuf::from(path)));
        }
    });
    ui.add_space(5.0 * GRID);
    ui.with_layout(Layout::top_down(Align::Min), |ui| {
        if !app.settings.recent.is_empty() {
            ui.label(RichText::new("Recent").font(theme::small()).color(tokens(ui).weak));
            for path in app.settings.recent.clone() {
                if ui.link(text::path_name(&path)).on_hover_text(text::path(&path)).clicked() {
                    actions.push(Action::OpenPath(path));
                }
            }
            ui.add_space(3.0 * GRID);
        }
        ui.label(RichText::new("No snapshot yet?").font(theme::small()).color(tokens(ui).weak));
        if ui.link("Capture from a running program…").on_hover_text("Node.js, Deno, Electron, Chrome").clicked() {
            actions.push(Action::Capture);
        }
        if ui.link("Open the example").on_hover_text("A small Node.js service that leaks").clicked() {
            actions.push(Action::OpenExample);
        }
        let hint = "The same service before and after 2,000 requests";
        if ui.link("Open both example snapshots").on_hover_text(hint).clicked() {
            actions.push(Action::OpenExamplePair);
        }
    });
}
