//! The notes in the list of files.

use egui::{Frame, Id, Label, Margin, RichText, Sense, Ui, WidgetInfo, accesskit::Role};

use crate::model::human;
use crate::ui::action::Action;
use crate::ui::notes::Note;
use crate::ui::state::AppState;
use crate::ui::theme::{self, GRID, tokens};
use crate::ui::{context_menu, icons, text};

/// The maximum number of characters of a label and of a text.
const LABEL_LIMIT: usize = 80;
const TEXT_LIMIT: usize = 200;

/// Draws all notes, if there are any.
pub(super) fn entries(ui: &mut Ui, app: &AppState, actions: &mut Vec<Action>) {
    if app.notes.all().is_empty() {
        return;
    }
    ui.add_space(2.0 * GRID);
    ui.label(RichText::new("Notes").font(theme::small()).color(tokens(ui).weak));
    for (at, note) in app.notes.all().iter().enumerate() {
        entry(ui, app, at, note, actions);
    }
}

fn entry(ui: &mut Ui, app: &AppState, at: usize, note: &Note, actions: &mut Vec<Action>) {
    let colors = tokens(ui);
    let label = human::visible(&note.label, LABEL_LIMIT).into_owned();
    let lines = human::visible(note.text.trim(), TEXT_LIMIT).into_owned();
    let frame = Frame::new().inner_margin(Margin::symmetric(8, 3));
    let shown = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 1.0;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = GRID;
            ui.label(icons::text(note.subject.icon()).color(colors.accent));
            ui.add(Label::new(label.as_str()).truncate().selectable(false));
        });
        if !lines.is_empty() {
            let text = RichText::new(lines.as_str()).font(theme::small()).color(colors.weak);
            ui.add(Label::new(text).wrap().selectable(false));
        }
    });
    let response = ui.interact(shown.response.rect, Id::unique(("note", at)), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Note about {label}: {lines}")));
    if response.hovered() || response.has_focus() {
        let stroke = egui::Stroke::new(1.0, colors.border);
        ui.painter().rect_stroke(shown.response.rect, 4.0, stroke, egui::StrokeKind::Inside);
    }
    context_menu::show(&response, response.rect.left_bottom(), |ui| {
        let mut item = |ui: &mut Ui, text: &str, action: Action| {
            if ui.button(text).clicked() {
                actions.push(action);
                ui.close();
            }
        };
        item(ui, "Go to", Action::GoToNote(at));
        item(ui, "Edit note…", Action::EditNote(at));
        item(ui, "Remove note", Action::RemoveNote(at));
    });
    let file = text::name_of(&app.session, note.of);
    if response.on_hover_text(format!("{label}\n{file}\n{}", note.text.trim())).clicked() {
        actions.push(Action::GoToNote(at));
    }
}
