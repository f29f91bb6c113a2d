//! Sets of files that were opened together, in the toolbar's menu and on the start page.

use std::path::Path;

use egui::{Align, Layout, Rect, Response, RichText, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role, vec2};

use crate::model::human;
use crate::ui::action::Action;
use crate::ui::icons::{self, Icon};
use crate::ui::settings::RecentSet;
use crate::ui::state::AppState;
use crate::ui::theme::{self, GRID, tokens};
use crate::ui::{text, times};

/// The width of the menu.
const MENU_WIDTH: f32 = 400.0;
/// The maximum number of paths in a tooltip.
const MOST_PATHS: usize = 12;

/// Draws the menu of recent files.
pub(in crate::ui) fn recent_menu(ui: &mut Ui, app: &AppState, actions: &mut Vec<Action>) {
    let width = MENU_WIDTH.min(ui.ctx().content_rect().width() - 30.0 * GRID);
    ui.set_min_width(width);
    ui.set_max_width(width);
    if app.settings.recent_sets.is_empty() {
        ui.weak("No recent files");
    }
    ScrollArea::vertical().max_height(ui.ctx().content_rect().height() * 0.6).show(ui, |ui| {
        if recent_list(ui, app, actions) {
            ui.close();
        }
    });
    ui.separator();
    for (name, action) in
        [("Open the example", Action::OpenExample), ("Open both example snapshots", Action::OpenExamplePair)]
    {
        if ui.button(name).clicked() {
            actions.push(action);
            ui.close();
        }
    }
}

/// Draws the sets, newest first; returns whether one was chosen.
pub(super) fn recent_list(ui: &mut Ui, app: &AppState, actions: &mut Vec<Action>) -> bool {
    let mut is_chosen = false;
    for set in &app.settings.recent_sets {
        if row(ui, set).clicked() {
            actions.push(Action::OpenTogether(set.files.clone()));
            is_chosen = true;
        }
    }
    is_chosen
}

/// Draws a set: its files, their folder and the time.
fn row(ui: &mut Ui, set: &RecentSet) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 6.5 * GRID), Sense::click());
    let time = set.opened.map(times::when).unwrap_or_default();
    let title = match &set.files[..] {
        [only] => text::path_name(only),
        files => human::quantity(files.len() as u64, "file", "files"),
    };
    let folder = set.folder().map(text::path).unwrap_or_default();
    response.widget_info(|| {
        let mut name = format!("{title} in {folder}");
        if !time.is_empty() {
            name = format!("{name}, {time}");
        }
        WidgetInfo::labeled(Role::Button, true, name)
    });
    let tokens = tokens(ui);
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 4.0, tokens.hover);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 4.0, egui::Stroke::new(1.5, tokens.accent), egui::StrokeKind::Inside);
    }
    let inner = rect.shrink2(vec2(2.0 * GRID, 0.0));
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center)));
    content(&mut ui, inner, set, [&title, &folder, &time]);
    response.on_hover_ui(|ui| paths(ui, &set.files))
}

fn content(ui: &mut Ui, room: Rect, set: &RecentSet, [title, folder, time]: [&str; 3]) {
    let tokens = tokens(ui);
    let weak = |text: &str| RichText::new(text).font(theme::small()).color(tokens.weak);
    ui.add(egui::Label::new(weak(time)).selectable(false));
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        let icon = if set.files.len() == 1 { Icon::File } else { Icon::Files };
        ui.add(egui::Label::new(icons::text(icon).color(tokens.weak)).selectable(false));
        // The name has precedence over the folder.
        let font = egui::TextStyle::Body.resolve(ui.style());
        let name = text::file_name(ui, title, &font, ui.available_width().min(room.width() * 0.6));
        ui.add(egui::Label::new(RichText::new(name).font(font)).selectable(false));
        let shown = text::middle(ui, folder, &theme::small(), ui.available_width());
        ui.add(egui::Label::new(weak(&shown)).selectable(false));
    });
}

/// Lists the paths of a set.
fn paths<P: AsRef<Path>>(ui: &mut Ui, files: &[P]) {
    for file in files.iter().take(MOST_PATHS) {
        ui.label(text::path(file.as_ref()));
    }
    if let Some(more) = files.len().checked_sub(MOST_PATHS).filter(|more| *more > 0) {
        ui.weak(format!("and {}", human::quantity(more as u64, "more file", "more files")));
    }
}
