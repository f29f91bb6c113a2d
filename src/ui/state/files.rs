//! The open files in the list: their names, their order, and what their menus do.

use std::path::PathBuf;

use egui::Context;

use super::AppState;
use crate::model::SnapshotId;
use crate::query::Lane;
use crate::ui::action::Action;
use crate::ui::file_manager;
use crate::ui::notice::Notice;
use crate::ui::text;

impl AppState {
    fn path_of(&self, id: SnapshotId) -> Option<PathBuf> {
        self.session.source(id)?.path.clone()
    }

    /// Sorts files in the order in which the list shows them. Files that were not moved keep their order.
    pub(in crate::ui) fn sort_as_listed<T>(&self, files: &mut [T], id: impl Fn(&T) -> SnapshotId) {
        files.sort_by_key(|file| self.list_order.iter().position(|of| *of == id(file)).unwrap_or(usize::MAX));
    }

    /// Executes an action about a file of the list.
    pub(super) fn apply_to_list(&mut self, ctx: &Context, action: &Action) {
        match *action {
            Action::Close(id) => self.close_file(id),
            Action::CloseShown => {
                if let Some(id) = self.shown() {
                    self.close_file(id);
                }
            }
            Action::CloseOthers(id) => self.close_others(id),
            Action::MoveInList { id, before } => self.move_in_list(id, before),
            Action::Rename(id) => self.ask_for_name(id),
            Action::RevealFile(id) => self.reveal_file(id),
            Action::CopyPath(id) => self.copy_path(ctx, id),
            Action::ScrubbedCopy(id) => self.ask_for_copy(id),
            Action::ScrubShown => {
                if let Some(id) = self.shown() {
                    self.ask_for_copy(id);
                }
            }
            _ => {}
        }
    }

    /// Moves a file in the list to the position before another one, or to the end.
    fn move_in_list(&mut self, id: SnapshotId, before: Option<SnapshotId>) {
        let mut order: Vec<SnapshotId> = self.session.files().map(|(id, _)| id).collect();
        self.sort_as_listed(&mut order, |id| *id);
        order.retain(|of| *of != id);
        let at = before.and_then(|before| order.iter().position(|of| *of == before)).unwrap_or(order.len());
        order.insert(at, id);
        self.list_order = order;
    }

    /// Closes a file, and reports that its notes are kept.
    fn close_file(&mut self, id: SnapshotId) {
        self.report_kept_notes(id);
        self.close(id);
    }

    /// Closes all files but one.
    fn close_others(&mut self, kept: SnapshotId) {
        let ids: Vec<SnapshotId> = self.session.files().map(|(id, _)| id).collect();
        if !ids.contains(&kept) {
            return;
        }
        self.show_in(self.active, kept);
        for id in ids.into_iter().filter(|id| *id != kept) {
            self.close_file(id);
        }
    }

    /// Shows a file in the system's file manager.
    fn reveal_file(&mut self, id: SnapshotId) {
        if let Some(path) = self.path_of(id) {
            self.revealed = Some(self.session.spawn(Lane::Question, move |_| Ok(file_manager::reveal(&path))));
        }
    }

    /// Reports that a file could not be shown in the file manager.
    pub(super) fn poll_revealed(&mut self) {
        let Some(answer) = self.revealed.as_mut().and_then(crate::session::Pending::take) else { return };
        self.revealed = None;
        if let Ok(Err(reason)) = answer {
            self.toasts.push(Notice::problem(reason));
        }
    }

    fn copy_path(&self, ctx: &Context, id: SnapshotId) {
        if let Some(path) = self.path_of(id) {
            ctx.copy_text(path.display().to_string());
        }
    }

    /// Returns whether the snapshot on the active side is a file.
    pub(in crate::ui) fn can_scrub(&self) -> bool {
        self.shown().is_some_and(|id| self.session.snapshot(id).is_some() && self.path_of(id).is_some())
    }

    /// Asks how to export a scrubbed copy of a file.
    fn ask_for_copy(&mut self, id: SnapshotId) {
        match self.path_of(id) {
            Some(path) => self.scrub.ask(&self.session, path),
            None => self.toasts.push(Notice::problem("Only files on a disk can be scrubbed")),
        }
    }

    /// Draws the dialog for scrubbed copies.
    pub(in crate::ui) fn show_scrub(&mut self, ctx: &Context) {
        if let Some(notice) = self.scrub.show(ctx, &self.session) {
            self.toasts.push(notice);
        }
    }

    /// Asks for another name of a file.
    fn ask_for_name(&mut self, id: SnapshotId) {
        let name = text::given_name(&self.session, id);
        self.rename.ask(id, name);
    }

    /// Draws the dialog that asks for a name.
    pub(in crate::ui) fn show_rename(&mut self, ctx: &Context) {
        if let Some((id, name)) = self.rename.show(ctx) {
            let is_own = self.session.source(id).is_some_and(|source| source.name == name);
            self.session.rename(id, (!is_own && !name.is_empty()).then_some(name));
        }
    }
}
