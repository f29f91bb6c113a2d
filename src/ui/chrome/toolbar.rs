//! The toolbar at the top of the window.

use egui::{Align, Frame, Layout, Margin, Panel, Ui};

use super::recent::recent_menu;
use crate::editor;
use crate::model::human::{self, Units};
use crate::ui::action::Action;
use crate::ui::buttons::close_button;
use crate::ui::state::AppState;
use crate::ui::theme::{GRID, tokens};

pub(in crate::ui) fn toolbar(ui: &mut Ui, app: &AppState, actions: &mut Vec<Action>) {
    let frame = Frame::new().fill(tokens(ui).surface).inner_margin(Margin::symmetric(8, 5));
    Panel::top("top bar").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            // The window's title contains the name of the program too.
            if ui.available_width() > 720.0 {
                ui.strong("Heapglass");
                ui.add_space(GRID);
            }
            if ui.button("Open…").on_hover_text("Open snapshots   (Ctrl+O)").clicked() {
                actions.push(Action::OpenDialog);
            }
            ui.menu_button("Recent", |ui| recent_menu(ui, app, actions));
            let capture = if app.capture.is_running() { "Capturing…" } else { "Capture…" };
            if ui.button(capture).on_hover_text("Capture snapshots from a running program").clicked() {
                actions.push(Action::Capture);
            }
            ui.spacing_mut().item_spacing.x = GRID;
            let back = egui::Button::new("⏴");
            if ui.add_enabled(app.history.can_go_back(), back).on_hover_text("Back   (Alt+←)").clicked() {
                actions.push(Action::Back);
            }
            let forward = egui::Button::new("⏵");
            if ui.add_enabled(app.history.can_go_forward(), forward).on_hover_text("Forward   (Alt+→)").clicked() {
                actions.push(Action::Forward);
            }
            ui.add_space(GRID);
            if app.shown().is_some() && ui.button("Find").on_hover_text("Search objects   (Ctrl+F)").clicked() {
                actions.push(Action::FocusSearch);
            }
            if app.can_split() || app.is_split {
                let hint = "Show two snapshots side by side   (Ctrl+\\)";
                if ui.selectable_label(app.is_split, "Side by side").on_hover_text(hint).clicked() {
                    actions.push(Action::ToggleSplit);
                }
                let hint = "Select and scroll on both sides at once   (Ctrl+L)";
                if app.is_split && ui.selectable_label(app.link.is_on, "Linked").on_hover_text(hint).clicked() {
                    actions.push(Action::ToggleLink);
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.menu_button("Settings", |ui| settings_menu(ui, app, actions));
                // These buttons use the space that is left; the palette has all commands anyway.
                let has_room = ui.available_width() > 250.0;
                if has_room && ui.button("Glossary").on_hover_text("Show definitions of terms   (Ctrl+G)").clicked() {
                    actions.push(Action::Glossary);
                }
                if has_room && ui.button("Shortcuts").on_hover_text("Show keyboard shortcuts   (F1)").clicked() {
                    actions.push(Action::Keys);
                }
                let has_room = ui.available_width() > 90.0;
                if has_room && ui.button("Commands").on_hover_text("Find a command by name   (Ctrl+P)").clicked() {
                    actions.push(Action::Palette);
                }
            });
        });
    });
}

fn settings_menu(ui: &mut Ui, app: &AppState, actions: &mut Vec<Action>) {
    let theme = app.settings.theme.label();
    if ui.button(format!("Theme: {theme}")).on_hover_text("Switch between system, light and dark").clicked() {
        actions.push(Action::NextTheme);
    }
    ui.separator();
    ui.weak("Sizes in");
    for units in Units::ALL {
        if ui.radio(app.settings.units == units, units.label()).clicked() {
            actions.push(Action::SetUnits(units));
        }
    }
    ui.separator();
    ui.weak(format!("Text size {:.0}%", app.settings.text_scale * 100.0));
    ui.horizontal(|ui| {
        for (text, action) in [("Smaller", Action::Smaller), ("Normal", Action::NormalSize), ("Larger", Action::Larger)]
        {
            if ui.button(text).clicked() {
                actions.push(action);
            }
        }
    });
    source_menu(ui, app, actions);
    index_menu(ui, app, actions);
}

/// Draws the settings of source files and of the editor.
fn source_menu(ui: &mut Ui, app: &AppState, actions: &mut Vec<Action>) {
    /// The maximum length of a folder, in characters.
    const FOLDER_LIMIT: usize = 44;
    ui.separator();
    let editor = app.settings.editor.as_deref().map_or_else(|| "not chosen".to_owned(), editor::name_of);
    let hint = "Choose the editor that opens source locations";
    if ui.button(format!("Editor: {}", human::visible(&editor, 40))).on_hover_text(hint).clicked() {
        actions.push(Action::ChooseEditor);
        ui.close();
    }
    let hint = "Files of scripts are read only in these folders. Without any, a file is read only where the snapshot says and \
                only if it begins with the text in the snapshot.";
    ui.weak("Source folders").on_hover_text(hint);
    for root in &app.settings.source_roots {
        let folder = root.to().display().to_string();
        ui.horizontal(|ui| {
            let shown = human::visible_ends(&folder, FOLDER_LIMIT);
            let mut about = human::visible(&folder, 300).into_owned();
            if !root.from().is_empty() {
                about = format!("{} is read from {about}", human::visible(root.from(), 300));
            }
            ui.label(shown.as_ref()).on_hover_text(about);
            if close_button(ui, &format!("Remove source folder {shown}")) {
                actions.push(Action::RemoveSourceRoot(root.clone()));
            }
        });
    }
    if ui.button("Add source folder…").on_hover_text(hint).clicked() {
        actions.push(Action::AddSourceFolder);
        ui.close();
    }
}

/// Draws the settings of the cache of opened files.
fn index_menu(ui: &mut Ui, app: &AppState, actions: &mut Vec<Action>) {
    ui.separator();
    let mut is_kept = app.settings.keep_index && app.can_keep_index();
    let hint = "Large files open faster the next time. The cache is in your cache folder, readable only by you, and takes \
                up to 8 GB; the least recently used files are removed first.";
    let switch = egui::Checkbox::new(&mut is_kept, "Cache opened files");
    let response = ui.add_enabled(app.can_keep_index(), switch).on_hover_text(hint);
    let why_not = "Turned off on the command line or by HEAPGLASS_INDEX";
    if response.on_disabled_hover_text(why_not).clicked() {
        actions.push(Action::ToggleIndex);
    }
    if ui.add_enabled(app.can_keep_index(), egui::Button::new("Delete cache")).clicked() {
        actions.push(Action::DeleteIndex);
        ui.close();
    }
}
