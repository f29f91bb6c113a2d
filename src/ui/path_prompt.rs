//! A field for a path, used if the system has no file dialog.

use std::path::PathBuf;

use egui::{Context, Key, TextEdit};

use super::dialog::{self, Height, Purpose};
use super::theme::GRID;

#[derive(Debug, Default)]
pub(super) struct PathPrompt {
    asked: Option<Purpose>,
    path: String,
    takes_focus: bool,
    /// True if the path is that of a report.
    is_report: bool,
}

impl PathPrompt {
    /// Asks for a path, with `path` as its initial value.
    pub(super) fn ask(&mut self, purpose: Purpose, path: String) {
        self.is_report = dialog::is_report(&path);
        (self.asked, self.path, self.takes_focus) = (Some(purpose), path, true);
    }

    /// Returns whether the field asks where to write.
    pub(super) fn asks_where_to_write(&self) -> bool {
        self.asked == Some(Purpose::Save)
    }

    /// Shows the field; returns the path once it is entered.
    pub(super) fn show(&mut self, ctx: &Context) -> Option<(Purpose, PathBuf)> {
        let mut is_open = self.asked.is_some();
        let purpose = self.asked.unwrap_or(Purpose::Open);
        let (title, button, label) = match purpose {
            Purpose::Open => ("Open a file", "Open", "Path of a file to open"),
            Purpose::Folder => ("Add a source folder", "Add", "Path of a folder with source files"),
            Purpose::Session => ("Save session", "Save", "Path of the session file (.heapglass)"),
            Purpose::Save if self.is_report => ("Save report", "Save", "Path of the file to write (.md for Markdown)"),
            Purpose::Save => ("Export list", "Export", "Path of the file to write (.json for JSON)"),
        };
        let mut entered = false;
        dialog::window(ctx, ("path prompt", title), (dialog::WIDTH, Height::Content), &mut is_open, |ui| {
            ui.weak("No system file dialog is available.");
            ui.add_space(GRID);
            ui.label(label);
            let response = ui.add(TextEdit::singleline(&mut self.path).desired_width(f32::INFINITY));
            ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(label));
            if std::mem::take(&mut self.takes_focus) {
                response.request_focus();
            }
            ui.add_space(GRID);
            let by_key = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            entered = ui.button(button).clicked() || by_key;
        });
        let path = self.path.trim();
        if entered && !path.is_empty() {
            self.asked = None;
            return Some((purpose, PathBuf::from(path)));
        }
        if !is_open {
            self.asked = None;
        }
        None
    }
}
