//! The dialog for the text of a note.

use egui::{Context, Key, Modifiers, TextEdit};

use super::{Note, TEXT_LIMIT};
use crate::model::{SnapshotId, human};
use crate::ui::dialog::{self, Height};
use crate::ui::icons::named;
use crate::ui::theme::GRID;

const ID: &str = "note";

/// The note in the dialog.
#[derive(Debug, Default)]
pub(in crate::ui) struct NoteEditor {
    note: Option<Note>,
    /// True if the note exists already.
    is_old: bool,
}

/// The end of an edit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::ui) enum Edited {
    Saved(Note),
    Removed(Note),
}

impl NoteEditor {
    /// Opens the dialog.
    pub(in crate::ui) fn edit(&mut self, note: Note, is_old: bool) {
        (self.note, self.is_old) = (Some(note), is_old);
    }

    /// Returns whether the dialog contains a note of a snapshot.
    pub(in crate::ui) fn edits(&self, of: SnapshotId) -> bool {
        self.note.as_ref().is_some_and(|note| note.of == of)
    }

    /// Draws the dialog; returns the note once it is saved or removed.
    pub(in crate::ui) fn show(&mut self, ctx: &Context) -> Option<Edited> {
        let mut is_open = self.note.is_some();
        let mut edited = None;
        let (note, is_old) = (&mut self.note, self.is_old);
        let title = if is_old { "Edit note" } else { "Add note" };
        dialog::window(ctx, (ID, title), (dialog::WIDTH, Height::Content), &mut is_open, |ui| {
            let Some(note) = note else { return };
            ui.add(egui::Label::new(human::visible(&note.label, 200)).wrap());
            ui.add_space(GRID);
            let by_key = ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter));
            let field = TextEdit::multiline(&mut note.text)
                .desired_rows(4)
                .desired_width(f32::INFINITY)
                .char_limit(TEXT_LIMIT)
                .hint_text("What you found out, or what to check");
            let response = ui.add(field);
            ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Text of the note"));
            if dialog::has_just_opened(ctx, ID) {
                response.request_focus();
            }
            ui.add_space(2.0 * GRID);
            ui.horizontal(|ui| {
                let hint = format!("{}+Enter", if cfg!(target_os = "macos") { "⌘" } else { "Ctrl" });
                if named(ui.button("Save note"), "Save note").on_hover_text(hint).clicked() || by_key {
                    edited = Some(Edited::Saved(note.clone()));
                }
                if is_old && ui.button("Remove note").clicked() {
                    edited = Some(Edited::Removed(note.clone()));
                }
            });
        });
        if !is_open || edited.is_some() {
            self.note = None;
        }
        edited
    }
}
