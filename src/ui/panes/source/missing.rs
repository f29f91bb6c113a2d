//! Texts of the Source panel if there is no source: the reason, and what would bring it.

use egui::{Align, Layout, RichText, ScrollArea, Ui};

use super::Named;
use crate::model::human;
use crate::session::Session;
use crate::sources::{NoFile, SourceView};
use crate::ui::command::{Command, Target};
use crate::ui::theme::GRID;

/// The width of the texts.
const WIDTH: f32 = 480.0;

pub(super) fn loading(ui: &mut Ui) {
    centered(ui, |ui| {
        ui.weak("Loading the source…");
    });
}

/// Draws that nothing with a position is selected.
pub(super) fn no_position(ui: &mut Ui, session: &Session, target: Option<Target>) {
    let of = target.and_then(|target| Some((target, session.snapshot(target.snapshot)?)));
    centered(ui, |ui| match of {
        Some((target, snapshot)) => {
            let class = human::visible(&snapshot.class(target.node).name, 80).into_owned();
            ui.label(format!("{class} has no source position"));
            ui.weak("Snapshots have the positions of closures and of the classes of the program.");
        }
        None => {
            ui.weak("Select an object, a class or a source location to see its source");
        }
    });
}

/// Draws the reason why the text at a position is not known; returns whether the user wants to see the beginning.
pub(super) fn no_text(ui: &mut Ui, named: &Named, source: &SourceView, commands: &mut Vec<Command>) -> bool {
    let mut shows_beginning = false;
    centered(ui, |ui| {
        let line = human::count(u64::from(named.line) + 1);
        let title = match &source.text {
            Some(text) if text.is_cut() => {
                format!("The snapshot has only the beginning of the script, without line {line}")
            }
            Some(_) => format!("The script has no line {line} with this column"),
            None => "No source text for this script".to_owned(),
        };
        ui.add(egui::Label::new(RichText::new(title).strong()).wrap());
        if let Some(reason) = &source.no_file {
            let text = sentence(&reason.explanation(named.url.as_deref()));
            ui.add(egui::Label::new(RichText::new(text).weak()).wrap());
        }
        ui.add_space(GRID);
        let can_add = !matches!(source.no_file, Some(NoFile::Off)) && named.url.is_some();
        if can_add {
            let hint = "Choose the folder that has the file of this script, or the folder of the whole program";
            if ui.button("Add source folder…").on_hover_text(hint).clicked() {
                commands.push(Command::AddSourceFolder(named.url.clone()));
            }
        }
        if source.text.is_some() && ui.button("Show the beginning").clicked() {
            shows_beginning = true;
        }
    });
    shows_beginning
}

/// Returns a text as a sentence. A path or an address keeps its first letter.
fn sentence(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    if first.chars().all(|letter| letter.is_ascii_lowercase()) {
        let mut letters = text.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        return first.into_iter().chain(letters).chain(['.']).collect();
    }
    format!("{text}.")
}

fn centered(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical().id_salt("no source").auto_shrink(false).show(ui, |ui| {
        ui.with_layout(Layout::top_down(Align::Center), |ui| {
            ui.add_space((ui.available_height() * 0.2).clamp(GRID, 8.0 * GRID));
            ui.set_max_width(WIDTH.min(ui.available_width() - 4.0 * GRID));
            content(ui);
        });
    });
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn paths_keep_their_first_letter_in_a_sentence() {
        assert_eq!(sentence("the snapshot does not name the script"), "The snapshot does not name the script.");
        assert_eq!(sentence("app/x.js does not exist"), "app/x.js does not exist.");
        assert_eq!(sentence("/srv/x.js does not exist"), "/srv/x.js does not exist.");
    }
}
