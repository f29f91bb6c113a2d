//! The toolbar at the top of the window.

use egui::{
    Align, Atoms, Frame, IntoAtoms as _, Layout, Margin, Panel, Rect, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2,
    vec2,
};

use super::recent::recent_menu;
use crate::editor;
use crate::model::human::{self, Units};
use crate::ui::action::Action;
use crate::ui::buttons::close_button;
use crate::ui::command::HelpTab;
use crate::ui::icons::{self, Icon};
use crate::ui::omnibox;
use crate::ui::state::AppState;
use crate::ui::theme::{self, Density, GRID, tokens};

/// The height of the buttons and of the search field.
const HEIGHT: f32 = 28.0;
/// The width below which buttons have only an icon.
const NARROW: f32 = 900.0;
const FIELD_WIDTH: std::ops::RangeInclusive<f32> = 120.0..=460.0;

pub(in crate::ui) fn toolbar(ui: &mut Ui, app: &mut AppState, actions: &mut Vec<Action>) {
    let frame = Frame::new().fill(tokens(ui).surface).inner_margin(Margin::symmetric(8, 6));
    Panel::top("top bar").frame(frame).show(ui, |ui| {
        let room = ui.max_rect().with_max_y(ui.max_rect().top() + HEIGHT);
        ui.set_min_height(HEIGHT);
        let is_narrow = room.width() < NARROW;
        let mut left = ui.new_child(UiBuilder::new().max_rect(room).layout(Layout::left_to_right(Align::Center)));
        files(&mut left, app, is_narrow, actions);
        history(&mut left, app, actions);
        let mut right = ui.new_child(UiBuilder::new().max_rect(room).layout(Layout::right_to_left(Align::Center)));
        help_and_settings(&mut right, app, actions);
        sides(&mut right, app, is_narrow, actions);
        let (from, to) = (left.min_rect().right() + 3.0 * GRID, right.min_rect().left() - 3.0 * GRID);
        let width = (to - from).clamp(*FIELD_WIDTH.start(), *FIELD_WIDTH.end());
        // In the middle of the window, if there is room.
        let start = (room.center().x - width / 2.0).clamp(from, (to - width).max(from));
        let field = Rect::from_min_size(pos2(start, room.top()), vec2(width, HEIGHT));
        omnibox::show(ui, app, field, actions);
    });
}

/// Adds a button with a text, or only its icon if the toolbar is narrow.
fn button(ui: &mut Ui, is_narrow: bool, icon: Icon, label: &str, hint: &str) -> bool {
    if is_narrow {
        icons::icon_button(ui, icon, label, hint).clicked()
    } else {
        icons::labeled_button(ui, icon, label).on_hover_text(hint).clicked()
    }
}

/// Draws the buttons that open and capture files.
fn files(ui: &mut Ui, app: &AppState, is_narrow: bool, actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.x = 1.5 * GRID;
    if button(ui, is_narrow, Icon::FolderOpen, "Open…", "Open snapshots   (Ctrl+O)") {
        actions.push(Action::OpenDialog);
    }
    icons::menu(ui, Icon::History, "Recent", "Recently opened files", |ui| recent_menu(ui, app, actions));
    let capture = if app.capture.is_running() { "Capturing…" } else { "Capture…" };
    if button(ui, is_narrow, Icon::Camera, capture, "Capture snapshots from a running program") {
        actions.push(Action::Capture);
    }
}

fn history(ui: &mut Ui, app: &AppState, actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.x = 0.0;
    ui.add_space(GRID);
    let steps = [
        (Icon::ArrowLeft, "Back", "Back   (Alt+←)", app.history.can_go_back(), Action::Back),
        (Icon::ArrowRight, "Forward", "Forward   (Alt+→)", app.history.can_go_forward(), Action::Forward),
    ];
    for (icon, name, hint, is_enabled, action) in steps {
        ui.add_enabled_ui(is_enabled, |ui| {
            if icons::icon_button(ui, icon, name, hint).clicked() {
                actions.push(action);
            }
        });
    }
}

/// Draws the switches of the sides, from right to left.
fn sides(ui: &mut Ui, app: &AppState, is_narrow: bool, actions: &mut Vec<Action>) {
    if !app.can_split() && !app.is_split {
        return;
    }
    ui.add_space(GRID);
    let mut switch = |icon, is_on, label: &str, hint: &str, action| {
        let text = if is_narrow { Atoms::new(icons::text(icon)) } else { (icons::text(icon), label).into_atoms() };
        let response = ui.add(egui::Button::selectable(is_on, text)).on_hover_text(hint);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_on, label));
        if response.clicked() {
            actions.push(action);
        }
    };
    if app.is_split {
        let hint = "Select and scroll on both sides at once   (Ctrl+L)";
        switch(Icon::Link2, app.link.is_on, "Linked", hint, Action::ToggleLink);
    }
    let hint = "Show two snapshots side by side   (Ctrl+\\)";
    switch(Icon::Columns2, app.is_split, "Side by side", hint, Action::ToggleSplit);
}

/// Draws the menus at the right end, from right to left.
fn help_and_settings(ui: &mut Ui, app: &AppState, actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.x = 0.0;
    icons::menu(ui, Icon::Settings, "Settings", "Settings", |ui| settings_menu(ui, app, actions));
    icons::menu(ui, Icon::CircleQuestionMark, "Help", "Help", |ui| help_menu(ui, actions));
}

fn help_menu(ui: &mut Ui, actions: &mut Vec<Action>) {
    let entries = [
        ("Commands", "Ctrl+P", Action::Palette),
        ("Keyboard shortcuts", "F1", Action::Keys),
        ("Glossary", "Ctrl+G", Action::Glossary),
        ("Views", "", Action::Help(HelpTab::Views)),
        ("Report a problem", "", Action::Help(HelpTab::Report)),
        ("About Heapglass", "", Action::Help(HelpTab::About)),
    ];
    for (label, key, action) in entries {
        let key = egui::RichText::new(key).font(theme::small()).color(tokens(ui).weak);
        let response = ui.add(egui::Button::new(label).right_text(key));
        if icons::named(response, label).clicked() {
            actions.push(action);
            ui.close();
        }
    }
}

fn settings_menu(ui: &mut Ui, app: &AppState, actions: &mut Vec<Action>) {
    let theme = app.settings.theme.label();
    if ui.button(format!("Theme: {theme}")).on_hover_text("Switch between system, light and dark").clicked() {
        actions.push(Action::NextTheme);
    }
    for (label, hint, mut is_on, action) in [
        ("High contrast", "Stronger colors for text and lines", app.settings.high_contrast, Action::ToggleHighContrast),
        ("Reduce motion", "Nothing moves or fades", app.settings.reduce_motion, Action::ToggleReduceMotion),
        (
            "Comfortable rows",
            "Higher rows in tables",
            app.settings.density == Density::Comfortable,
            Action::ToggleDensity,
        ),
    ] {
        if ui.checkbox(&mut is_on, label).on_hover_text(hint).clicked() {
            actions.push(action);
        }
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
