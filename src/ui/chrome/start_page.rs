//! The page that is shown while nothing is open.

use std::path::PathBuf;

use egui::{Align, Button, Frame, Key, Label, Layout, Margin, RichText, Stroke, TextEdit, Ui, vec2};

use super::loads::{error_card, loading_card};
use super::recent::recent_list;
use crate::ui::action::Action;
use crate::ui::buttons::primary;
use crate::ui::icons::{self, Icon, named};
use crate::ui::state::AppState;
use crate::ui::theme::{self, GRID, tokens};

/// The width of the page's content.
const WIDTH: f32 = 560.0;
/// The width of a large button.
const BUTTON: f32 = 230.0;

/// Draws the page: files that are loading or failed, or a welcome.
pub(in crate::ui) fn start_page(ui: &mut Ui, app: &mut AppState, actions: &mut Vec<Action>) {
    let frame = Frame::new().fill(tokens(ui).background).inner_margin(Margin::same(20));
    egui::CentralPanel::default().frame(frame).show(ui, |ui| {
        let above = (ui.available_height() * 0.07).min(60.0);
        if let Some(load) = app.session.loads().iter().find(|load| load.error.is_none()) {
            ui.add_space(above);
            ui.vertical_centered(|ui| {
                ui.set_max_width(WIDTH.min(ui.available_width()));
                loading_card(ui, load, actions);
            });
            return;
        }
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.add_space(above);
            ui.vertical_centered(|ui| {
                ui.set_max_width(WIDTH.min(ui.available_width()));
                for load in app.session.loads() {
                    error_card(ui, load, actions);
                }
                hero(ui, app.session.loads().is_empty(), actions);
                ui.add_space(3.0 * GRID);
                path_field(ui, app, actions);
                ui.add_space(5.0 * GRID);
                ui.with_layout(Layout::top_down(Align::Min), |ui| {
                    examples(ui, actions);
                    recent(ui, app, actions);
                });
            });
        });
    });
}

/// Draws the area that invites to drop files, with the buttons that open or capture some. With `is_first`, there is nothing
/// more important on the page, such as an error.
fn hero(ui: &mut Ui, is_first: bool, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let frame = Frame::new()
        .fill(tokens.surface)
        .stroke(Stroke::new(1.0, tokens.border))
        .corner_radius(10.0)
        .inner_margin(Margin::symmetric(16, 24));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.vertical_centered(|ui| {
            ui.add(Label::new(icons::text(Icon::FileDown).size(40.0).color(tokens.accent)).selectable(false));
            ui.add_space(GRID);
            ui.heading("Drop heap snapshots here");
            ui.add_space(GRID);
            let about = "From Node.js, Chrome, Electron, Deno and Bun. See what uses memory and which references keep it \
                         alive; drop two or more to see what grew.";
            ui.add(Label::new(RichText::new(about).color(tokens.weak)).wrap());
            ui.add_space(4.0 * GRID);
            let room = ui.available_width();
            let is_wide = room >= 2.0 * BUTTON + 2.0 * GRID;
            if is_wide {
                ui.horizontal(|ui| {
                    ui.add_space((room - 2.0 * BUTTON - ui.spacing().item_spacing.x) / 2.0);
                    ui.spacing_mut().item_spacing.x = 2.0 * GRID;
                    buttons(ui, is_first, actions);
                });
            } else {
                buttons(ui, is_first, actions);
            }
        });
    });
}

fn buttons(ui: &mut Ui, is_first: bool, actions: &mut Vec<Action>) {
    let size = vec2(BUTTON.min(ui.available_width()), 8.0 * GRID);
    let (icon, label) = (Icon::FolderOpen, "Open snapshots…");
    let open = if is_first { primary(ui, Some(icon), label) } else { Button::new((icons::text(icon), label)) };
    let open = named(ui.add(open.min_size(size)), label);
    if open.on_hover_text(format!("Choose files   ({})", shortcut(ui))).clicked() {
        actions.push(Action::OpenDialog);
    }
    let capture = Button::new((icons::text(Icon::Radio), "Capture from a running program…")).min_size(size);
    let capture = named(ui.add(capture), "Capture from a running program…");
    if capture.on_hover_text("Node.js, Deno, Electron, Chrome").clicked() {
        actions.push(Action::Capture);
    }
}

fn shortcut(ui: &Ui) -> String {
    ui.ctx().format_shortcut(&egui::KeyboardShortcut::new(egui::Modifiers::COMMAND, Key::O))
}

fn path_field(ui: &mut Ui, app: &mut AppState, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let field = TextEdit::singleline(&mut app.path_field)
            .hint_text("or type a path")
            .desired_width(ui.available_width() - 18.0 * GRID);
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
}

fn examples(ui: &mut Ui, actions: &mut Vec<Action>) {
    title(ui, "No snapshot yet?");
    ui.horizontal_wrapped(|ui| {
        let one = icons::labeled_button(ui, Icon::FlaskConical, "Open the example");
        if one.on_hover_text("A small Node.js service that leaks").clicked() {
            actions.push(Action::OpenExample);
        }
        let two = icons::labeled_button(ui, Icon::GitCompareArrows, "Open both example snapshots");
        if two.on_hover_text("The same service before and after 2,000 requests").clicked() {
            actions.push(Action::OpenExamplePair);
        }
    });
}

fn recent(ui: &mut Ui, app: &AppState, actions: &mut Vec<Action>) {
    if app.settings.recent_sets.is_empty() {
        return;
    }
    ui.add_space(4.0 * GRID);
    title(ui, "Recent");
    ui.spacing_mut().item_spacing.y = 0.0;
    recent_list(ui, app, actions);
}

fn title(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).font(theme::small()).color(tokens(ui).weak));
}
