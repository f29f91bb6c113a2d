//! Notes of files that are not open: keeping them, and showing them again with their files.

use super::AppState;
use crate::index::fingerprint;
use crate::model::{SnapshotId, human};
use crate::query::Lane;
use crate::session::Pending;
use crate::ui::notes::Note;
use crate::ui::notice::Notice;
use crate::ui::saved::kept::{KeptFile, KeptNotes};
use crate::ui::saved::{SavedFile, SavedNote};
use crate::ui::text;

/// The size and the hash of a file, being computed; `None` if it cannot be read.
type PendingContents = (SnapshotId, Pending<Option<(u64, String)>>);

/// Notes of files that are not open, with running jobs about them.
#[derive(Debug, Default)]
pub(in crate::ui) struct Kept {
    pub(in crate::ui) notes: KeptNotes,
    /// Closed files, whose contents identify them if they are opened at another path.
    closed: Vec<PendingContents>,
    /// Opened files, which may have been moved.
    opened: Vec<PendingContents>,
}

impl AppState {
    /// Reports that the notes of a file are kept when it is closed, if it has any.
    pub(super) fn report_kept_notes(&mut self, id: SnapshotId) {
        let count = self.notes.all().iter().filter(|note| note.of == id).count() as u64;
        if count > 0 {
            let (notes, name) = (human::quantity(count, "note", "notes"), text::name_of(&self.session, id));
            let text = format!("Kept {notes} of {name} for when the file is opened again");
            self.toasts.push(Notice::fact(text));
        }
    }

    /// Keeps the notes of a file that is about to be closed.
    pub(super) fn keep_notes(&mut self, id: SnapshotId) {
        let Some(source) = self.session.source(id) else { return };
        let name = self.session.given_name(id).map(str::to_owned);
        let mut kept = KeptFile::closed(id, source, name);
        kept.notes = self.notes.take(id).into_iter().map(saved_note).collect();
        // A note in the dialog may be saved after the file was closed.
        if kept.notes.is_empty() && !self.note_editor.edits(id) {
            return;
        }
        if !kept.has_no_path {
            let path = kept.file.path.clone();
            self.kept.closed.push((id, self.session.spawn(Lane::Question, move |_| Ok(fingerprint(&path)))));
        }
        self.kept.notes.keep(kept);
    }

    /// Keeps the notes of a file of a session that is not open.
    pub(super) fn keep_notes_of(&mut self, file: SavedFile, notes: Vec<SavedNote>) {
        if !file.is_closed {
            let (count, name) = (human::quantity(notes.len() as u64, "note", "notes"), text::path_name(&file.path));
            self.toasts.push(Notice::fact(format!("Kept {count} of {name} for when the file is opened")));
        }
        self.kept.notes.keep(KeptFile { of: None, has_no_path: false, file, notes });
    }

    /// Sets a note of a snapshot, which may have been closed since.
    pub(super) fn set_note(&mut self, note: Note) {
        let of = note.of;
        if self.session.snapshot(of).is_some() {
            self.notes.set(note);
            self.find_marks(of);
        } else if let Some(kept) = self.kept.notes.of_mut(of) {
            kept.set(saved_note(note));
        }
    }

    /// Removes a note of a snapshot, which may have been closed since.
    pub(super) fn remove_note(&mut self, note: &Note) {
        self.notes.remove(note.of, &note.subject);
        if let Some(kept) = self.kept.notes.of_mut(note.of) {
            kept.notes.retain(|of| of.subject != note.subject);
        }
        self.find_marks(note.of);
    }

    /// Shows the kept notes of a snapshot that was opened. A snapshot at another path is recognized by its contents.
    pub(super) fn show_kept_notes(&mut self, id: SnapshotId) {
        if self.kept.notes.is_empty() || self.session.snapshot(id).is_none() {
            return;
        }
        let Some(source) = self.session.source(id) else { return };
        let notes = self.kept.notes.take(|kept| kept.is_at_path_of(source));
        if !notes.is_empty() {
            self.show_notes(id, notes);
        } else if let Some(path) = source.path.clone() {
            self.kept.opened.push((id, self.session.spawn(Lane::Question, move |_| Ok(fingerprint(&path)))));
        }
    }

    /// Handles the sizes and hashes of files that were closed or opened.
    pub(super) fn take_kept_notes(&mut self) {
        for (id, contents) in answers(&mut self.kept.closed) {
            if let Some(kept) = self.kept.notes.of_mut(id) {
                (kept.file.size_bytes, kept.file.hash) = contents;
            }
        }
        for (id, contents) in answers(&mut self.kept.opened) {
            if self.session.snapshot(id).is_some() {
                let notes = self.kept.notes.take(|kept| kept.has_contents(&contents));
                self.show_notes(id, notes);
            }
        }
    }

    /// Adds notes to an open snapshot. A note that the user has written about the same subject is not replaced.
    pub(super) fn show_notes(&mut self, of: SnapshotId, notes: Vec<SavedNote>) {
        for SavedNote { subject, label, text, .. } in notes {
            if self.notes.find(of, &subject).is_none() {
                self.notes.set(Note { of, subject, label, text });
            }
        }
        self.find_marks(of);
    }
}

fn saved_note(note: Note) -> SavedNote {
    SavedNote { file: 0, subject: note.subject, label: note.label, text: note.text }
}

/// Removes the jobs that have ended, and returns the results of those that succeeded.
fn answers(jobs: &mut Vec<PendingContents>) -> Vec<(SnapshotId, (u64, String))> {
    let mut found = Vec::new();
    jobs.retain_mut(|(id, pending)| match pending.take() {
        Some(answer) => {
            found.extend(answer.ok().flatten().map(|contents| (*id, contents)));
            false
        }
        None => true,
    });
    found
}
