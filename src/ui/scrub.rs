//! The dialog that exports a scrubbed copy of a file: what is replaced, what stays, and where the copy goes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Context, Grid, Label, ProgressBar, Response, RichText, ScrollArea, TextEdit, Ui};

use super::dialog::{self, Height};
use super::icons::named;
use super::notice::Notice;
use super::proposed_path::free_path;
use super::theme::{self, GRID};
use crate::format::Source;
use crate::model::{Progress, human};
use crate::query::Lane;
use crate::scrub::{KeptName, Key, Options, Preview, Report, Role, ScrubError, preview, scrub, whole_texts};
use crate::session::{Pending, Session};

const ID: &str = "scrub";
const TITLE: &str = "Export scrubbed copy";
const WIDTH: f32 = 640.0;
const HEIGHT: f32 = 580.0;
/// The number of kept names that are listed.
const NAMES: usize = 20_000;
const FILTER: &str = "Filter the names that stay";
const KEEP: &str = "Keep texts that match a regular expression as a whole";
const PASSPHRASE: &str = "Passphrase: equal ones give equal replacements in several copies";
const DESTINATION: &str = "Path of the copy (.gz or .zst to compress it)";

/// The dialog, and the copy that is being written.
#[derive(Debug, Default)]
pub(super) struct ScrubDialog {
    file: Option<PathBuf>,
    destination: String,
    filter: String,
    script_names: bool,
    /// The pattern of texts that stay.
    keep: String,
    /// The pattern that the preview used.
    previewed_keep: String,
    /// The reason why nothing can be previewed or written with these choices.
    choices_problem: Option<String>,
    passphrase: String,
    surveying: Option<Job<Preview>>,
    found: Option<Result<Arc<Preview>, String>>,
    /// The filter for which `shown` lists the positions of the names.
    shown_for: Option<String>,
    shown: Vec<usize>,
    writing: Option<Job<Report>>,
    /// The reason why the last attempt failed.
    problem: Option<String>,
}

#[derive(Debug)]
struct Job<T> {
    pending: Pending<Result<T, ScrubError>>,
    progress: Progress,
}

impl<T: Send + 'static> Job<T> {
    fn start(
        session: &Session,
        work: impl FnOnce(&Progress, &crate::model::CancelToken) -> Result<T, ScrubError> + Send + 'static,
    ) -> Self {
        let progress = Progress::new();
        let theirs = progress.clone();
        let pending = session.spawn(Lane::Bulk, move |cancel| {
            let done = work(&theirs, cancel);
            cancel.check()?;
            Ok(done)
        });
        Self { pending, progress }
    }

    /// Returns the answer once it has arrived; the error is a message.
    fn take(&mut self) -> Option<Result<T, String>> {
        Some(match self.pending.take()? {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(human::visible(&error.to_string(), 600).into_owned()),
            Err(_) => Err("The export was canceled".to_owned()),
        })
    }
}

impl ScrubDialog {
    /// Opens the dialog for a file, and starts to look for what stays.
    pub(super) fn ask(&mut self, session: &Session, file: PathBuf) {
        if self.writing.is_some() {
            return;
        }
        let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let folder = file.parent().unwrap_or(Path::new(""));
        let destination = free_path(folder, &format!("scrubbed-{name}")).display().to_string();
        *self = Self { file: Some(file), destination, ..Self::default() };
        self.survey(session);
    }

    /// Returns what is replaced, with a new key if there is no passphrase.
    fn options(&self) -> Result<Options, String> {
        let key = if self.passphrase.is_empty() {
            Key::random().map_err(|error| format!("cannot get a random key from the system: {error}"))?
        } else {
            Key::derived(self.passphrase.as_bytes())
        };
        let patterns = if self.keep.is_empty() { &[] } else { std::slice::from_ref(&self.keep) };
        let keep = whole_texts(patterns).map_err(|error| human::visible(&error.to_string(), 400).into_owned())?;
        Ok(Options { key, keep, script_names: self.script_names })
    }

    fn survey(&mut self, session: &Session) {
        let Some(file) = self.file.clone() else { return };
        self.found = None;
        self.surveying = None;
        self.choices_problem = None;
        self.previewed_keep.clone_from(&self.keep);
        match self.options() {
            Err(problem) => self.choices_problem = Some(problem),
            Ok(options) => {
                let look = move |progress: &Progress, cancel: &crate::model::CancelToken| {
                    preview(&Source::file(file), &options, NAMES, progress, cancel)
                };
                self.surveying = Some(Job::start(session, look));
            }
        }
    }

    fn write(&mut self, session: &Session) {
        let (Some(file), Ok(options)) = (self.file.clone(), self.options()) else { return };
        let to = PathBuf::from(self.destination.trim());
        self.problem = None;
        let copy = move |progress: &Progress, cancel: &crate::model::CancelToken| {
            scrub(&Source::file(file), &to, &options, progress, cancel)
        };
        self.writing = Some(Job::start(session, copy));
    }

    /// Draws the dialog; returns a message once the copy is written.
    pub(super) fn show(&mut self, ctx: &Context, session: &Session) -> Option<Notice> {
        if let Some(found) = self.surveying.as_mut().and_then(Job::take) {
            (self.surveying, self.shown_for) = (None, None);
            self.found = Some(found.map(Arc::new));
        }
        let mut notice = None;
        if let Some(written) = self.writing.as_mut().and_then(Job::take) {
            self.writing = None;
            match written {
                Ok(report) => notice = Some(self.written(&report)),
                Err(problem) => self.problem = Some(problem),
            }
        }
        let mut is_open = self.file.is_some();
        dialog::window(ctx, (ID, TITLE), (WIDTH, Height::Fixed(HEIGHT)), &mut is_open, |ui| self.content(ui, session));
        if !is_open {
            // Dropping the jobs cancels them.
            *self = Self::default();
        }
        notice
    }

    fn written(&mut self, report: &Report) -> Notice {
        let texts: u64 = report.replaced.iter().map(|(_, count)| count).sum();
        let replaced = human::quantity(texts, "text was", "texts were");
        let path = human::visible(self.destination.trim(), 300).into_owned();
        self.file = None;
        Notice::fact(format!("Wrote a scrubbed copy to {path}")).with_detail(format!("{replaced} replaced"))
    }

    fn content(&mut self, ui: &mut Ui, session: &Session) {
        ui.label("The copy has the same objects, references, sizes and classes, but not the texts of the heap.");
        ui.add_space(GRID);
        let is_writing = self.writing.is_some();
        ui.add_enabled_ui(!is_writing, |ui| self.choices(ui, session));
        ui.add_space(GRID);
        match self.found.clone() {
            None if self.surveying.is_none() => {}
            None => {
                ui.weak("Looking for what stays…");
                Self::progress(ui, self.surveying.as_ref().map(|job| &job.progress));
            }
            Some(Err(problem)) => {
                ui.colored_label(theme::tokens(ui).error, problem);
            }
            Some(Ok(found)) => self.preview(ui, &found),
        }
        ui.with_layout(egui::Layout::bottom_up(egui::Align::Min), |ui| self.buttons(ui, session));
    }

    /// Draws what the user can choose, and looks again for what stays if that changes.
    fn choices(&mut self, ui: &mut Ui, session: &Session) {
        let mut has_changed = ui.checkbox(&mut self.script_names, "Also replace the paths of scripts").changed();
        let keep = field(ui, KEEP, TextEdit::singleline(&mut self.keep).font(theme::mono()));
        // Looking takes seconds, so it starts when the pattern is complete.
        has_changed |= keep.lost_focus() && self.keep != self.previewed_keep;
        if let Some(problem) = &self.choices_problem {
            ui.colored_label(theme::tokens(ui).error, problem);
        }
        field(ui, PASSPHRASE, TextEdit::singleline(&mut self.passphrase).password(true));
        if has_changed {
            self.survey(session);
        }
    }

    fn progress(ui: &mut Ui, progress: Option<&Progress>) {
        let fraction = progress.map_or(0.0, |progress| progress.read().phase_fraction());
        ui.add(ProgressBar::new(fraction.min(1.0)).desired_height(6.0).fill(theme::tokens(ui).accent));
        ui.ctx().request_repaint_after(std::time::Duration::from_millis(100));
    }

    fn preview(&mut self, ui: &mut Ui, found: &Preview) {
        ui.horizontal_top(|ui| {
            counts(ui, "Replaced", &found.replaced);
            ui.add_space(6.0 * GRID);
            counts(ui, "Kept", &found.kept);
        });
        ui.add_space(2.0 * GRID);
        ui.label("Names that stay, those that look most like data first");
        field(ui, FILTER, TextEdit::singleline(&mut self.filter));
        if self.shown_for.as_ref() != Some(&self.filter) {
            let wanted = self.filter.to_lowercase();
            let is_shown =
                |name: &KeptName| name.text.to_lowercase().contains(&wanted) || name.role.label().contains(&wanted);
            let shown = found.names.iter().enumerate().filter(|(_, name)| is_shown(name));
            self.shown = shown.map(|(at, _)| at).collect();
            self.shown_for = Some(self.filter.clone());
        }
        ui.add_space(GRID);
        let height = theme::row_height(ui.ctx());
        let room = (ui.available_height() - 26.0 * GRID).max(4.0 * height);
        let area = ScrollArea::vertical().id_salt("kept names").max_height(room).auto_shrink([false, false]);
        area.show_rows(ui, height, self.shown.len(), |ui, rows| {
            for name in rows.filter_map(|row| found.names.get(*self.shown.get(row)?)) {
                ui.horizontal(|ui| {
                    let use_of = RichText::new(short(name.role)).color(theme::tokens(ui).weak);
                    ui.add_sized([72.0, height], Label::new(use_of).selectable(false));
                    let text = RichText::new(human::visible_ends(&name.text, 300)).font(theme::mono());
                    ui.add(Label::new(text).truncate());
                });
            }
        });
    }

    /// Draws the destination and the buttons from the bottom up.
    fn buttons(&mut self, ui: &mut Ui, session: &Session) {
        let is_writing = self.writing.is_some();
        let can_write = !is_writing && matches!(self.found, Some(Ok(_))) && !self.destination.trim().is_empty();
        let mut is_canceled = false;
        ui.horizontal(|ui| {
            if ui.add_enabled(can_write, egui::Button::new("Export copy")).clicked() {
                self.write(session);
            }
            if named(ui.button("Cancel"), "Cancel the scrubbed copy").clicked() {
                is_canceled = true;
            }
        });
        if is_canceled {
            let was_writing = self.writing.take().is_some();
            self.file = self.file.take().filter(|_| was_writing);
            return;
        }
        ui.add_space(GRID);
        if let Some(job) = &self.writing {
            Self::progress(ui, Some(&job.progress));
            ui.weak("Writing the copy…");
        } else if let Some(problem) = &self.problem {
            ui.colored_label(theme::tokens(ui).error, problem);
        }
        let response =
            ui.add_enabled(!is_writing, TextEdit::singleline(&mut self.destination).desired_width(f32::INFINITY));
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(DESTINATION));
        ui.weak(DESTINATION);
    }
}

/// Adds a field of the full width, whose hint is its label for screen readers.
fn field(ui: &mut Ui, label: &str, edit: TextEdit<'_>) -> Response {
    let response = ui.add(edit.hint_text(label).desired_width(f32::INFINITY));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(label));
    response
}

/// Draws the number of texts of each kind.
fn counts(ui: &mut Ui, title: &str, counts: &[(Role, u64)]) {
    ui.vertical(|ui| {
        ui.strong(title);
        Grid::new(title).num_columns(2).spacing([3.0 * GRID, 1.0]).show(ui, |ui| {
            for (role, count) in counts.iter().filter(|(_, count)| *count > 0) {
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    ui.label(RichText::new(human::count(*count)).font(theme::mono()));
                });
                ui.label(role.label());
                ui.end_row();
            }
        });
    });
}

/// Returns the use of a name in one word.
fn short(role: Role) -> &'static str {
    match role {
        Role::Property => "property",
        Role::Class => "class",
        Role::Code => "code",
        Role::Function => "function",
        Role::Variable => "variable",
        _ => "other",
    }
}
