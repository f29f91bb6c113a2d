//! The dialog for the name under which the window shows a file.

use egui::{Context, Key, TextEdit};

use super::dialog::{self, Height};
use super::icons::named;
use super::theme::GRID;
use crate::model::SnapshotId;

const ID: &str = "rename";
const LABEL: &str = "Name of the file in this window";

/// The file to rename, and the text in the field.
#[derive(Debug, Default)]
pub(super) struct Rename {
    asked: Option<SnapshotId>,
    name: String,
}

impl Rename {
    /// Asks for a name, with `name` as its initial value.
    pub(super) fn ask(&mut self, id: SnapshotId, name: String) {
        (self.asked, self.name) = (Some(id), name);
    }

    /// Draws the dialog; returns the name once it is entered. An empty name is the name of the file.
    pub(super) fn show(&mut self, ctx: &Context) -> Option<(SnapshotId, String)> {
        let mut is_open = self.asked.is_some();
        let mut entered = None;
        dialog::window(ctx, (ID, "Rename"), (dialog::WIDTH, Height::Content), &mut is_open, |ui| {
            ui.weak("The file keeps its name. Exports name the file.");
            ui.add_space(GRID);
            let response = ui.add(TextEdit::singleline(&mut self.name).desired_width(f32::INFINITY));
            ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(LABEL));
            if dialog::has_just_opened(ctx, ID) {
                response.request_focus();
            }
            let by_key = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            ui.add_space(2.0 * GRID);
            ui.horizontal(|ui| {
                if named(ui.button("Rename"), "Rename the file").clicked() || by_key {
                    entered = Some(self.name.trim().to_owned());
                }
                if ui.button("Use the file's name").clicked() {
                    entered = Some(String::new());
                }
            });
        });
        let id = self.asked?;
        if !is_open || entered.is_some() {
            self.asked = None;
        }
        entered.map(|name| (id, name))
    }
}
