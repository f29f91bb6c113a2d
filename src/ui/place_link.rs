//! Links to source positions: a click shows the position in the Source panel, Ctrl+click opens it in the editor.

use egui::{CursorIcon, FontId, Label, Modifiers, Response, RichText, Sense, Ui, WidgetInfo, accesskit::Role};

use super::command::{Command, SourceAt};
use super::context_menu;
use super::theme;
use crate::model::human;

/// The maximum length of a link, in characters.
const SHORT_LIMIT: usize = 300;

/// Draws a link to a source position. The tooltip has the whole path, and `more` below it.
pub(super) fn show(
    ui: &mut Ui,
    at: &SourceAt,
    (short, whole): (&str, &str),
    font: FontId,
    more: &str,
    commands: &mut Vec<Command>,
) -> Response {
    let short = human::visible(short, SHORT_LIMIT);
    let text = RichText::new(short.as_ref()).font(font).color(theme::tokens(ui).accent);
    let link = ui.add(Label::new(text).selectable(false).truncate().sense(Sense::click()));
    link.widget_info(|| WidgetInfo::labeled(Role::Link, true, short.as_ref()));
    let ctrl = ui.ctx().format_modifiers(Modifiers::COMMAND);
    let hint = format!("Click to show the line, {ctrl}+click to open it in the editor");
    let link = link.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(format!("{whole}{more}\n{hint}"));
    if link.clicked() {
        let opens_editor = ui.input(|input| input.modifiers.command);
        commands.push(if opens_editor {
            Command::OpenInEditor(at.clone())
        } else {
            Command::ShowSource { at: at.clone(), opens: true }
        });
    }
    if link.has_focus() {
        // The ring of egui is not drawn around labels.
        let stroke = egui::Stroke::new(1.0, theme::tokens(ui).accent);
        ui.painter().rect_stroke(link.rect.expand(1.0), 2.0, stroke, egui::StrokeKind::Outside);
    }
    context_menu::show(&link, link.rect.left_bottom(), |ui| menu(ui, at, commands));
    link
}

/// Adds menu items for a source position.
pub(super) fn menu(ui: &mut Ui, at: &SourceAt, commands: &mut Vec<Command>) {
    let mut item = |text: &str, command: Command| {
        if ui.button(text).clicked() {
            commands.push(command);
            ui.close();
        }
    };
    item("Show source", Command::ShowSource { at: at.clone(), opens: true });
    item("Open in editor", Command::OpenInEditor(at.clone()));
    item("Copy source location", Command::CopySource(at.clone()));
}
