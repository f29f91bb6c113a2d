//! Results of workers, dialogs and captures, handled once per frame.

use std::path::PathBuf;
use std::time::Duration;

use egui::{Context, OutputCommand};

use super::AppState;
use crate::findings::FindingsOf;
use crate::model::SnapshotId;
use crate::query::Lane;
use crate::session::{Event, Pending};
use crate::ui::command::{ExportList, ReportWish, ViewKind};
use crate::ui::dialog::Purpose;
use crate::ui::export::Replace;
use crate::ui::file_manager;
use crate::ui::notice::Notice;
use crate::ui::panes::Slot;
use crate::ui::panes::series::SeriesChoice;
use crate::ui::text;

impl AppState {
    pub(in crate::ui) fn handle_answers(&mut self, ctx: &Context) {
        for event in self.session.poll() {
            match event {
                Event::Loaded(id) => {
                    self.show_in(self.active, id);
                    self.show_kept_notes(id);
                }
                Event::Failed(_) => {}
                Event::Cancelled { name } => self.toasts.push(Notice::fact(format!("{name}: loading was canceled"))),
            }
        }
        self.remember_opened();
        self.finish_batch();
        self.take_captured(ctx);
        self.take_sessions();
        self.take_start();
        self.take_kept_notes();
        self.take_marks();
        self.take_answers();
        if let Some(name) = self.exports.take_proposed_name() {
            self.dialog.save_as(ctx, &name);
        }
        if let Some(paths) = self.dialog.take_files() {
            self.open_together(paths);
        }
        if let Some(path) = self.dialog.take_session() {
            self.save_session(path);
        }
        if let Some(path) = self.dialog.take_destination()
            && let Some(list) = self.exports.take_wanted()
        {
            // The system's dialog has already asked.
            self.start_export(path, list, Replace::Agreed);
        }
        if let Some(folder) = self.dialog.take_folder() {
            self.add_source_folder(&folder);
        }
        match self.dialog.is_unavailable_for() {
            Some(Purpose::Save) => {
                self.path_prompt.ask(Purpose::Save, self.dialog.proposed());
            }
            Some(Purpose::Session) => self.path_prompt.ask(Purpose::Session, self.dialog.proposed()),
            Some(Purpose::Folder) => self.path_prompt.ask(Purpose::Folder, String::new()),
            Some(Purpose::Open) => self.path_prompt.ask(Purpose::Open, String::new()),
            None => {}
        }
        match self.path_prompt.show(ctx) {
            Some((Purpose::Open, path)) => drop(self.open(path)),
            Some((Purpose::Session, path)) => self.save_session(path),
            Some((Purpose::Folder, path)) => self.add_source_folder(&path),
            Some((Purpose::Save, path)) => {
                if let Some(list) = self.exports.take_wanted() {
                    self.export_to(path, list);
                }
            }
            None => {}
        }
        let dropped = ctx.input(|input| input.raw.dropped_files.clone());
        self.open_dropped(dropped.iter().map(|file| file.path().to_path_buf()).collect());
        if self.session.is_loading() {
            // Progress changes without events.
            ctx.request_repaint_after(Duration::from_millis(120));
        }
    }

    /// Adds files that were opened together to the recent sets, once all of them are loaded.
    fn remember_opened(&mut self) {
        for ids in std::mem::take(&mut self.opened) {
            let waits =
                |id: &SnapshotId| self.session.loads().iter().any(|load| load.id == *id && load.error.is_none());
            if ids.iter().any(waits) {
                self.opened.push(ids);
                continue;
            }
            let files: Vec<PathBuf> = ids.iter().filter_map(|id| self.session.source(*id)?.path.clone()).collect();
            self.settings.remember(&files);
        }
    }

    /// Shows the findings of files that were opened together, once all of them are loaded.
    pub(super) fn finish_batch(&mut self) {
        let waits = |id: &SnapshotId| self.session.loads().iter().any(|load| load.id == *id && load.error.is_none());
        if self.batch.is_empty() || self.batch.iter().any(waits) {
            return;
        }
        let mut ids = std::mem::take(&mut self.batch);
        if let Some(profiles) = self.profiles_of(&ids) {
            self.compare_profiles(&profiles);
            return;
        }
        ids.retain(|id| self.session.snapshot(*id).is_some());
        match ids.len() {
            0 | 1 => {}
            2 => {
                // The comparison of the two is one tab away.
                self.compare(&ids);
                self.show_findings(&ids);
            }
            _ => self.show_findings(&ids),
        }
    }

    /// Shows the findings of several snapshots, in the view of the newest.
    pub(in crate::ui) fn show_findings(&mut self, ids: &[SnapshotId]) {
        let mut choice = SeriesChoice::default();
        choice.set(&self.session, ids);
        let Some(&last) = choice.series(&self.session).last() else { return };
        self.show_in(self.active, last);
        let slot = Slot { side: self.active, id: last };
        if let Some(view) = self.views.get_mut(&slot) {
            view.panes.findings.set_series(&self.session, ids);
            view.panes.growth.set_series(&self.session, ids);
        }
        self.show_view(ViewKind::FINDINGS);
    }

    /// Opens captured files, and shows the findings of a series once all of it is loaded.
    pub(super) fn take_captured(&mut self, ctx: &Context) {
        for taken in self.capture.take_files(ctx) {
            self.toasts.push(Notice::fact(format!("Captured {}", text::path_name(&taken.path))));
            let id = self.open(taken.path);
            self.capture.note_load(id);
        }
        let loads = self.session.loads();
        let waits = |id: &SnapshotId| loads.iter().any(|load| load.id == *id && load.error.is_none());
        let mut ids = self.capture.take_series(waits);
        ids.retain(|id| self.session.snapshot(*id).is_some());
        if ids.len() > 1 {
            let files: Vec<PathBuf> = ids.iter().filter_map(|id| self.session.source(*id)?.path.clone()).collect();
            self.settings.remember(&files);
            self.show_findings(&ids);
            // The dialog stays open to show why a series ended early, and what was left out.
            self.capture.is_open &= self.capture.state().error.is_some() || self.capture.has_notes();
        }
    }

    /// Returns the last error that was shown, for a report of a problem.
    pub(in crate::ui) fn last_error(&self) -> Option<String> {
        let of_load = || self.session.loads().iter().rev().find_map(|load| load.error.clone());
        self.toasts.last_problem().map(str::to_owned).or_else(of_load)
    }

    /// Shows what this frame copies to the clipboard.
    pub(in crate::ui) fn note_copied(&mut self, ctx: &Context) {
        ctx.output(|output| {
            for command in &output.commands {
                if let OutputCommand::CopyText(text) = command {
                    self.toasts.copied(text);
                }
            }
        });
    }

    /// Handles answers that belong to no pane.
    pub(super) fn take_answers(&mut self) {
        if let Some(find) = &mut self.find
            && let Some(answer) = find.pending.take()
        {
            let (slot, id, kind, lower) = (find.slot, find.id, find.kind, find.lower);
            self.find = None;
            match answer {
                Ok(Some(node)) => self.go_to_found(slot, node, kind, lower),
                _ => self.toasts.push(Notice::problem(format!("No object has the id @{id}"))),
            }
        }
        if let Some(notice) = self.exports.poll() {
            self.toasts.push(notice);
        }
        if let Some(path) = self.toasts.take_file() {
            self.open_written(path);
        }
        if let Some(answer) = self.deleted.as_mut().and_then(Pending::take) {
            self.deleted = None;
            let units = self.settings.units;
            self.toasts.push(match answer {
                Ok(0) => Notice::fact("There is no cache to delete"),
                Ok(bytes) => Notice::fact(format!("The cache was deleted ({})", units.bytes(bytes))),
                Err(_) => Notice::problem("The cache was not deleted: internal error (please report it)"),
            });
        }
        self.poll_editor();
        self.poll_revealed();
        if let Some(found) = self.link.take_answer() {
            self.show_linked(&found);
        }
    }

    /// Writes a list to a file on a worker. If the file exists, the user is asked first.
    pub fn export_to(&mut self, path: PathBuf, list: ExportList) {
        self.start_export(path, list, Replace::Ask);
    }

    pub(super) fn cancel_export(&mut self) {
        self.exports.cancel();
        self.toasts.push(Notice::fact("The export was canceled"));
    }

    /// Asks how to save a report of the series of Findings, or of one snapshot if the others are of other processes.
    pub(super) fn ask_for_report(&mut self, slot: Slot) {
        let Some(view) = self.views.get(&slot) else { return };
        let series = view.panes.findings.series(&self.session);
        let question = FindingsOf::new(&series, self.session.source_paths());
        let found = self.session.ask(&question).ready();
        let is_alone = series.is_empty() || found.is_some_and(|found| found.ids_match == Some(false));
        self.save_report.ask(if is_alone { [slot.id].into() } else { series });
    }

    /// Draws the dialog for a report.
    pub(in crate::ui) fn show_save_report(&mut self, ctx: &Context) {
        if let Some((wish, name)) = self.save_report.show(ctx, &self.session) {
            let ignored = self.ignored_findings().into_owned();
            self.ask_where_to_write(ExportList::Report(ReportWish { ignored, ..wish }), name);
        }
    }

    /// Opens a file with the program of the system for it.
    fn open_written(&mut self, path: PathBuf) {
        self.revealed = Some(self.session.spawn(Lane::Question, move |_| Ok(file_manager::open(&path))));
    }

    /// Asks where to write a list, unless another export is not settled.
    pub(super) fn ask_where_to_write(&mut self, list: ExportList, name: String) {
        // The path that is chosen there is that of the list it was asked for.
        let is_asked = self.dialog.asks_where_to_write() || self.path_prompt.asks_where_to_write();
        let asked = || is_asked.then(|| "First choose where to save the other list".to_owned());
        match self.exports.refusal().or_else(asked) {
            Some(refusal) => self.toasts.push(Notice::problem(refusal)),
            None => self.exports.want(list, name),
        }
    }

    pub(super) fn start_export(&mut self, path: PathBuf, list: ExportList, replace: Replace) {
        if let Err(message) = self.exports.start(&mut self.session, path, list, replace) {
            self.toasts.push(Notice::problem(message));
        }
    }
}
