//! The position on screen and the origin of its text, above the text.

use egui::{Align, Label, Layout, RichText, Sense, Ui, UiBuilder, vec2};

use super::Named;
use crate::model::human;
use crate::sources::{Origin, SourceView};
use crate::ui::buttons::close_button;
use crate::ui::command::Command;
use crate::ui::notice::Notice;
use crate::ui::place_link;
use crate::ui::theme::{self, GRID};

/// The height of the header.
const HEIGHT: f32 = 6.0 * GRID;
/// The width below which only the more important button is shown; the menu of the link has both.
const ROOM_FOR_COPY: f32 = 85.0 * GRID;
/// The least width of the origin.
const LEAST_ORIGIN: f32 = 15.0 * GRID;

/// Draws the header in one line. Its height does not depend on its content.
pub(super) fn show(ui: &mut Ui, named: &Named, source: Option<&SourceView>, closes: bool, commands: &mut Vec<Command>) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let inner = rect.shrink2(vec2(2.0 * GRID, 0.0));
    let mut line = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center)));
    buttons(&mut line, named, inner.width(), closes, commands);
    line.with_layout(Layout::left_to_right(Align::Center), |ui| {
        place_link::show(ui, &named.at, (&named.short, &named.whole), theme::mono(), "", commands);
        let origin = source.and_then(origin).filter(|_| ui.available_width() > LEAST_ORIGIN);
        if let Some((text, about)) = origin {
            let label = Label::new(RichText::new(&text).font(theme::small()).weak()).truncate().selectable(false);
            ui.add(label).on_hover_text(about.as_deref().unwrap_or(&text));
        }
    });
}

fn buttons(ui: &mut Ui, named: &Named, width: f32, closes: bool, commands: &mut Vec<Command>) {
    ui.spacing_mut().item_spacing.x = 1.5 * GRID;
    ui.spacing_mut().button_padding = vec2(1.5 * GRID, 0.5 * GRID);
    ui.spacing_mut().interact_size.y = 5.5 * GRID;
    if closes && close_button(ui, "Close the source") {
        commands.push(Command::HideSource);
    }
    let small = |text: &str| RichText::new(text).font(theme::small());
    if width > ROOM_FOR_COPY && ui.button(small("Copy location")).on_hover_text(&named.whole).clicked() {
        commands.push(Command::Copy(named.whole.clone()));
        commands.push(Command::Notify(Notice::fact("Copied the source location")));
    }
    let hint = "Open this line in the editor that is chosen in Settings   (Ctrl+Shift+O)";
    if ui.button(small("Open in editor")).on_hover_text(hint).clicked() {
        commands.push(Command::OpenInEditor(named.at.clone()));
    }
}

/// Returns the origin of a text, and more about it.
fn origin(source: &SourceView) -> Option<(String, Option<String>)> {
    let text = source.text.as_ref()?;
    let why = source.no_file.as_ref().map(|reason| reason.explanation(source.url.as_deref()));
    Some(match (text.origin(), text.is_cut()) {
        (Origin::File(path), _) => {
            let path = human::visible(&path.display().to_string(), 300).into_owned();
            ("from the file".to_owned(), Some(format!("from the file {path}")))
        }
        (Origin::Snapshot, true) => {
            let text = "from the snapshot, which has only the beginning";
            (text.to_owned(), why.map(|why| format!("{text}: {why}")))
        }
        (Origin::Snapshot, false) => ("from the snapshot".to_owned(), None),
        (Origin::Recorded, _) => ("recorded with the capture".to_owned(), None),
        (Origin::SourceMap, _) => ("from the source map".to_owned(), None),
    })
}
