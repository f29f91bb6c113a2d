//! Execution of actions.

use egui::Context;

use super::{Action, AppState};
use crate::sources::SourceRoot;
use crate::ui::command::{Command, ViewKind};
use crate::ui::panes::Slot;
use crate::ui::panes::summary::filter_id;
use crate::ui::search_field;
use crate::ui::theme::{self, Density};

impl AppState {
    /// Executes an action.
    pub fn apply(&mut self, ctx: &Context, action: Action) {
        match action {
            Action::OpenDialog => self.dialog.open(ctx),
            Action::OpenPath(path) => self.open_together(vec![path]),
            Action::OpenTogether(files) => self.open_together(files),
            Action::OpenExample => drop(self.open_example(1)),
            Action::OpenExamplePair => self.batch = vec![self.open_example(0), self.open_example(1)],
            Action::Show(id) => self.show_in(self.active, id),
            Action::ShowIn(side, id) => self.show_in(side, id),
            Action::Close(_)
            | Action::CloseShown
            | Action::CloseOthers(_)
            | Action::MoveInList { .. }
            | Action::Rename(_)
            | Action::RevealFile(_)
            | Action::ScrubbedCopy(_)
            | Action::ScrubShown
            | Action::CopyPath(_) => self.apply_to_list(ctx, &action),
            Action::DismissLoad(id) => self.session.dismiss_load(id),
            Action::OpenPartially(id) => self.session.recover(id),
            Action::OpenAnyway(id) => self.session.open_anyway(id),
            Action::CompareTwo(a, b) => match self.profiles_of(&[a, b]) {
                Some(profiles) => self.compare_profiles(&profiles),
                None => self.compare(&[a, b]),
            },
            Action::ShowView(kind) => self.show_view(kind),
            Action::ShowDeadVariables => self.show_dead_variables(),
            Action::ToggleSplit => self.toggle_split(),
            Action::ShowBeside(id) => self.show_beside(id),
            Action::CloseSide(side) => self.close_side(side),
            Action::ToggleLower => self.settings.collapses_lower = !self.settings.collapses_lower,
            Action::ToggleLink => self.toggle_link(),
            Action::Back => {
                if let Some(visit) = self.history.back() {
                    self.revisit(visit);
                }
            }
            Action::Forward => {
                if let Some(visit) = self.history.forward() {
                    self.revisit(visit);
                }
            }
            Action::Hit(step) => {
                if let Some(view) = self.shown_view() {
                    view.panes.search.go(step);
                }
            }
            Action::FocusFilter | Action::FocusSearch | Action::FocusNextPane => self.focus(ctx, &action),
            Action::NextTheme
            | Action::ToggleHighContrast
            | Action::ToggleReduceMotion
            | Action::ToggleDensity
            | Action::SetUnits(_)
            | Action::Larger
            | Action::Smaller
            | Action::NormalSize => self.change_look(ctx, &action),
            Action::ToggleIndex => {
                self.settings.keep_index = !self.settings.keep_index;
                self.apply_index_setting();
            }
            Action::DeleteIndex => self.deleted = Some(self.session.remove_indexes(self.indexes.clone())),
            Action::Palette => self.toggle_commands(ctx),
            Action::Run(command) => self.run_shown(ctx, *command),
            Action::RevealClass(id, class) => self.go_to_class(id, class),
            Action::Keys | Action::Glossary | Action::Help(_) => self.help.apply(&action),
            Action::NoteSelected | Action::EditNote(_) | Action::RemoveNote(_) | Action::GoToNote(_) => {
                self.apply_to_notes(&action);
            }
            Action::SaveSession => self.dialog.save_session(ctx),
            Action::CancelExport => self.cancel_export(),
            Action::SaveReport => self.run_shown(ctx, Command::SaveReport),
            Action::OpenInEditor => self.open_shown_in_editor(),
            Action::ChooseEditor => self.editors.choose(None),
            Action::AddSourceFolder => {
                self.folder_for = None;
                self.dialog.choose_folder(ctx);
            }
            Action::RemoveSourceRoot(root) => self.remove_source_root(&root),
            Action::Capture => self.capture.is_open = !self.capture.is_open,
        }
    }

    fn remove_source_root(&mut self, root: &SourceRoot) {
        self.settings.source_roots.retain(|of| of != root);
        self.apply_source_roots();
    }

    /// Lets the user type a command in the search field, or gives the keyboard back to the table.
    fn toggle_commands(&mut self, ctx: &Context) {
        if self.search_field.toggle_commands() {
            ctx.memory_mut(|memory| memory.request_focus(search_field::id()));
        } else {
            self.wants_keyboard_in(self.active);
        }
    }

    /// Runs a command of a pane on the active side.
    fn run_shown(&mut self, ctx: &Context, command: Command) {
        if let Some(id) = self.shown()
            && let Some(text) = self.run(Slot { side: self.active, id }, command)
        {
            ctx.copy_text(text);
        }
    }

    fn show_dead_variables(&mut self) {
        self.show_view(ViewKind::REALMS);
        if let Some(view) = self.shown_view() {
            view.panes.dead_variables.is_shown = true;
        }
    }

    pub(super) fn change_look(&mut self, ctx: &Context, action: &Action) {
        let scale = self.settings.text_scale;
        match action {
            Action::NextTheme => {
                self.settings.theme = self.settings.theme.next();
                ctx.set_theme(self.settings.theme);
            }
            Action::ToggleHighContrast => {
                self.settings.high_contrast = !self.settings.high_contrast;
                theme::set_high_contrast(ctx, self.settings.high_contrast);
            }
            Action::ToggleReduceMotion => {
                self.settings.reduce_motion = !self.settings.reduce_motion;
                theme::set_reduced_motion(ctx, self.settings.reduce_motion);
            }
            Action::ToggleDensity => {
                self.settings.density = match self.settings.density {
                    Density::Compact => Density::Comfortable,
                    Density::Comfortable => Density::Compact,
                };
                theme::set_density(ctx, self.settings.density);
            }
            Action::SetUnits(units) => {
                self.settings.units = *units;
                theme::set_units(ctx, *units);
            }
            Action::Larger => self.settings.set_text_scale(scale + 0.1),
            Action::Smaller => self.settings.set_text_scale(scale - 0.1),
            _ => self.settings.set_text_scale(1.0),
        }
        if self.settings.text_scale.to_bits() != scale.to_bits() {
            ctx.set_zoom_factor(self.settings.text_scale);
        }
    }

    /// Gives the keyboard focus to a field or to the next table.
    pub(super) fn focus(&mut self, ctx: &Context, action: &Action) {
        let side = self.active;
        let id = match action {
            Action::FocusNextPane => self.next_stop(ctx),
            Action::FocusFilter => self.shown_snapshot_view().map(|view| {
                view.kind = ViewKind::SUMMARY;
                filter_id(side)
            }),
            _ => {
                self.search_field.search();
                self.shown_snapshot_view().map(|view| {
                    view.panes.search.is_open = true;
                    search_field::id()
                })
            }
        };
        if *action == Action::FocusFilter {
            self.mark_step(false);
        }
        if let Some(id) = id {
            self.wants_keyboard = None;
            ctx.memory_mut(|memory| memory.request_focus(id));
        }
    }
}
