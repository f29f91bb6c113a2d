//! The choice of the editor that opens source locations.

use egui::{Button, Context, RichText, TextEdit, Ui, vec2};

use super::command::SourceAt;
use super::dialog::{self, Height};
use super::theme::{self, GRID};
use crate::editor::{self, Preset};
use crate::session::Pending;
use crate::sources::{NoFile, ScriptFile};

/// A file that is being looked for, or the reason why it is not opened, with the URL of its script.
pub(super) type FoundFile = Pending<(Result<ScriptFile, NoFile>, String)>;

/// A position that is being opened.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) at: SourceAt,
    /// `None` until the scripts are known.
    pub(super) file: Option<FoundFile>,
}

/// The dialog's state, and the position that is being opened.
#[derive(Debug, Default)]
pub(in crate::ui) struct Editors {
    pub(super) opening: Option<Opening>,
    is_open: bool,
    /// The position to open once an editor is chosen.
    wanted: Option<SourceAt>,
    installed: Vec<Preset>,
    /// True if a command is to be entered.
    is_custom: bool,
    command: String,
    error: Option<String>,
    takes_focus: bool,
}

impl Editors {
    /// Asks for the editor, and remembers the position to open with it.
    pub(super) fn choose(&mut self, wanted: Option<SourceAt>) {
        let installed = editor::installed();
        let is_custom = installed.is_empty();
        *self = Self { is_open: true, wanted, installed, is_custom, takes_focus: true, ..Self::default() };
    }

    /// Returns the position that was to be opened, once.
    pub(super) fn take_wanted(&mut self) -> Option<SourceAt> {
        self.wanted.take()
    }

    /// Draws the dialog; returns the command of the chosen editor.
    pub(super) fn show(&mut self, ctx: &Context, current: Option<&str>) -> Option<String> {
        let (mut is_open, mut chosen) = (self.is_open, None);
        let size = (dialog::WIDTH, Height::Content);
        dialog::window(ctx, ("choose an editor", "Open in editor"), size, &mut is_open, |ui| {
            ui.weak("Choose the editor that opens source locations. Settings has this choice, too.");
            ui.add_space(GRID);
            if self.installed.is_empty() {
                ui.label("No known editor was found in PATH");
            }
            for preset in &self.installed {
                let command = RichText::new(preset.command).font(theme::small()).color(theme::tokens(ui).weak);
                let button = Button::selectable(current == Some(preset.command), preset.name).right_text(command);
                let response = ui.add_sized(vec2(ui.available_width(), 6.5 * GRID), button);
                if std::mem::take(&mut self.takes_focus) {
                    response.request_focus();
                }
                if response.clicked() {
                    chosen = Some(preset.command.to_owned());
                }
            }
            if self.is_custom {
                chosen = self.custom(ui).or(chosen.take());
            } else if ui
                .add_sized(vec2(ui.available_width(), 6.5 * GRID), Button::selectable(false, "Other…"))
                .clicked()
            {
                self.is_custom = true;
                self.takes_focus = true;
                self.command = current.map_or_else(String::new, str::to_owned);
            }
        });
        self.is_open = is_open && chosen.is_none();
        if !is_open {
            self.wanted = None;
        }
        chosen
    }

    /// Draws the field for a command; returns the command once it is entered.
    fn custom(&mut self, ui: &mut Ui) -> Option<String> {
        ui.add_space(2.0 * GRID);
        ui.label("Command");
        let edit = TextEdit::singleline(&mut self.command).font(theme::mono()).desired_width(f32::INFINITY);
        let response = ui.add(edit.hint_text("code --goto {file}:{line}:{column}"));
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Editor command"));
        if std::mem::take(&mut self.takes_focus) {
            response.request_focus();
        }
        if response.changed() {
            self.error = None;
        }
        let help = "{file}, {line} and {column} are replaced. Quotes keep spaces in an argument. No shell is used.";
        ui.label(RichText::new(help).font(theme::small()).weak());
        if let Some(error) = &self.error {
            ui.label(RichText::new(error).color(theme::tokens(ui).error));
        }
        ui.add_space(GRID);
        let by_key = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if !ui.button("Use this command").clicked() && !by_key {
            return None;
        }
        let command = self.command.trim();
        match editor::check(command) {
            Ok(()) => Some(command.to_owned()),
            Err(error) => {
                let mut letters = error.to_string();
                if let Some(first) = letters.get_mut(..1) {
                    first.make_ascii_uppercase();
                }
                self.error = Some(letters);
                None
            }
        }
    }
}
