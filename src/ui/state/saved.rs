//! Sessions: collecting what the window shows, and restoring it.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use super::AppState;
use super::start::kind_named;
use super::stored::{saved_filter, saved_lower, shown_filter, shown_lower};
use crate::format::Source;
use crate::model::{CancelToken, NodeOrdinal, ObjectId, SnapshotId};
use crate::query::{Lane, NodeFilter};
use crate::session::Pending;
use crate::ui::notes::Note;
use crate::ui::notice::Notice;
use crate::ui::panes::Slot;
use crate::ui::saved::autosave::{Autosave, Left};
use crate::ui::saved::file::{self, Read, is_session};
use crate::ui::saved::kept::absolute;
use crate::ui::saved::{FORMAT, Saved, SavedFile, SavedNote, SavedView};
use crate::ui::text;

/// A session that is being restored or saved.
#[derive(Debug, Default)]
pub(in crate::ui) struct Sessions {
    /// The session files that are to be restored, one after another.
    waiting: VecDeque<SessionFile>,
    /// The session file that is being read.
    reading: Option<(SessionFile, Pending<Result<Read, String>>)>,
    /// The session whose files are loading.
    loading: Option<Loading>,
    /// The session whose objects are being searched.
    finding: Option<(Loading, Pending<Vec<FoundObjects>>)>,
    writing: Option<Writing>,
    /// Keeps the session of this run for the case of a crash.
    autosave: Autosave,
    /// The signatures of findings that restored sessions ignore. Settings do not contain them.
    ignored_findings: Vec<String>,
    /// The number of changes of notes, and how many of them a session file contains.
    edits: u64,
    saved_edits: u64,
}

/// A session file to restore.
#[derive(Clone, Debug)]
struct SessionFile {
    path: PathBuf,
    /// True if an earlier run left it. Its notes are in no other file.
    is_unsaved: bool,
}

/// A session file that is being written.
#[derive(Debug)]
struct Writing {
    path: PathBuf,
    /// The number of changes of notes that it contains.
    edits: u64,
    pending: Pending<Result<(), String>>,
}

impl Sessions {
    /// Returns whether a session is being restored.
    pub(super) fn is_restoring(&self) -> bool {
        !self.waiting.is_empty() || self.reading.is_some() || self.loading.is_some() || self.finding.is_some()
    }

    /// Returns whether the session that an earlier run left is being restored.
    fn is_restoring_unsaved(&self) -> bool {
        let loading = self.loading.as_ref().or(self.finding.as_ref().map(|(loading, _)| loading));
        let reading = self.reading.as_ref().map(|(file, _)| file);
        loading.is_some_and(|loading| loading.is_unsaved)
            || self.waiting.iter().chain(reading).any(|file| file.is_unsaved)
    }

    /// Counts a change of a note.
    pub(super) fn note_edited(&mut self) {
        self.edits += 1;
    }
}

#[derive(Clone, Debug)]
struct Loading {
    saved: Saved,
    /// The open file of each file of the session; `None` if it was not found.
    ids: Vec<Option<SnapshotId>>,
    /// True if an earlier run left the session.
    is_unsaved: bool,
}

/// The objects of a view.
#[derive(Clone, Debug, Default)]
struct FoundObjects {
    object: Option<NodeOrdinal>,
    ignored: Vec<NodeOrdinal>,
}

impl Loading {
    fn id(&self, file: usize) -> Option<SnapshotId> {
        self.ids.get(file).copied().flatten()
    }
}

impl AppState {
    /// Collects what the window shows, and the notes of files that are not open. Files without a path, such as the examples,
    /// are left out.
    pub(in crate::ui) fn collect(&self) -> Saved {
        let mut ids = Vec::new();
        let mut files = Vec::new();
        let mut listed: Vec<SnapshotId> = self.session.files().map(|(id, _)| id).collect();
        self.sort_as_listed(&mut listed, |id| *id);
        for id in listed {
            let Some(path) = self.session.source(id).and_then(|source| source.path.clone()) else { continue };
            let name = self.session.given_name(id).map(str::to_owned);
            files.push(SavedFile { path: absolute(&path), name, ..SavedFile::default() });
            ids.push(id);
        }
        let position = |id: SnapshotId| ids.iter().position(|of| *of == id);
        let mut slots: Vec<&Slot> = self.views.keys().collect();
        slots.sort_by_key(|slot| (slot.side, position(slot.id)));
        let views = slots.into_iter().filter_map(|slot| self.saved_view(*slot, &position)).collect();
        let note = |note: &Note| {
            let file = position(note.of)?;
            Some(SavedNote { file, subject: note.subject.clone(), label: note.label.clone(), text: note.text.clone() })
        };
        let mut notes: Vec<SavedNote> = self.notes.all().iter().filter_map(note).collect();
        for kept in self.kept.notes.on_disk() {
            let file = files.len();
            files.push(kept.file.clone());
            notes.extend(kept.notes.iter().map(|note| SavedNote { file, ..note.clone() }));
        }
        Saved {
            format: FORMAT,
            files,
            views,
            sides: self.sides.map(|id| id.and_then(position)),
            is_split: self.is_split,
            active: self.active,
            left_share: self.left_share,
            is_linked: self.link.is_on,
            ignored_findings: self.ignored_findings().into_owned(),
            notes,
            was_closed: false,
        }
    }

    fn saved_view(&self, slot: Slot, position: &impl Fn(SnapshotId) -> Option<usize>) -> Option<SavedView> {
        let (view, snapshot) = (self.views.get(&slot)?, self.session.snapshot(slot.id)?);
        let id = |node: NodeOrdinal| snapshot.id(node).0;
        let own = view.target().filter(|target| target.snapshot == slot.id);
        let is_own = view.retainers.target().is_none_or(|target| target.snapshot == slot.id);
        Some(SavedView {
            side: slot.side,
            file: position(slot.id)?,
            view: view.kind.label().to_owned(),
            lower: saved_lower(view.lower),
            object: own.map(|target| id(target.node)),
            class_filter: view.panes.summary.filter.clone(),
            filter: saved_filter(&view.panes.summary.nodes),
            ignored: view.retainers.ignored.iter().filter(|_| is_own).map(|node| id(*node)).collect(),
            base: view.panes.comparison.base.and_then(position),
        })
    }

    /// Writes the session to a file on a worker.
    pub fn save_session(&mut self, path: PathBuf) {
        let saved = self.collect();
        if saved.files.is_empty() {
            self.toasts.push(Notice::problem("There are no open files to save. The examples are not saved"));
            return;
        }
        let to = path.clone();
        let job = move |_: &CancelToken| Ok(file::write(&to, saved).map_err(|error| error.to_string()));
        let has_path = |note: &Note| self.session.source(note.of).is_some_and(|source| source.path.is_some());
        if !self.notes.all().iter().all(has_path) {
            self.toasts.push(Notice::problem("Notes about the examples are not saved"));
        }
        let (edits, pending) = (self.sessions.edits, self.session.spawn(Lane::Bulk, job));
        self.sessions.writing = Some(Writing { path, edits, pending });
    }

    /// Opens a session file: its files are loaded, and then its views are restored. Sessions are restored one after another.
    pub fn open_session(&mut self, path: PathBuf) {
        self.sessions.waiting.push_back(SessionFile { path, is_unsaved: false });
        self.read_next_session();
    }

    /// Reads the next session file, unless a session is being restored.
    fn read_next_session(&mut self) {
        let Sessions { reading, loading, finding, waiting, .. } = &mut self.sessions;
        if reading.is_some() || loading.is_some() || finding.is_some() {
            return;
        }
        let Some(next) = waiting.pop_front() else { return };
        let path = next.path.clone();
        *reading = Some((next, self.session.spawn(Lane::Question, move |_| Ok(file::read(&path)))));
    }

    /// Returns the signatures of ignored findings: those of the settings and of restored sessions.
    pub(in crate::ui) fn ignored_findings(&self) -> Cow<'_, [String]> {
        let (of_settings, of_sessions) = (&self.settings.ignored_findings, &self.sessions.ignored_findings);
        if of_sessions.is_empty() {
            return Cow::Borrowed(of_settings);
        }
        let others = of_sessions.iter().filter(|signature| !of_settings.contains(signature));
        Cow::Owned(of_settings.iter().chain(others).cloned().collect())
    }

    /// Shows an ignored finding again.
    pub(super) fn restore_finding(&mut self, signature: &str) {
        self.settings.ignored_findings.retain(|of| of != signature);
        self.sessions.ignored_findings.retain(|of| of != signature);
    }

    /// Opens the session files among some paths, and returns the others.
    pub(in crate::ui) fn without_sessions(&mut self, paths: Vec<PathBuf>) -> Vec<PathBuf> {
        let (sessions, others): (Vec<PathBuf>, Vec<PathBuf>) = paths.into_iter().partition(|path| is_session(path));
        for path in sessions {
            self.open_session(path);
        }
        others
    }

    /// Keeps the session in a folder for the case of a crash. If the last run crashed or left notes that are in no session
    /// file, its session is restored, or set aside if files are to be opened.
    pub fn start_autosave(&mut self, folder: &Path, opens_files: bool) {
        let (autosave, left) = Autosave::start(folder, opens_files);
        self.sessions.autosave = autosave;
        match left {
            Some(Left::Restorable(path)) => {
                self.sessions.waiting.push_back(SessionFile { path, is_unsaved: true });
                self.read_next_session();
            }
            Some(Left::Aside(path)) => {
                let text =
                    "The session of the last run was not saved. It is restored when Heapglass starts without files";
                self.toasts.push(Notice::fact(text).with_detail(path.display().to_string()));
            }
            None => {}
        }
    }

    /// Ends keeping the session when the window closes. A session with notes that are in no session file is restored by the
    /// next run.
    pub fn finish_autosave(&mut self) {
        if self.sessions.is_restoring_unsaved() {
            // The file has notes that the window does not have yet.
            return;
        }
        let has_changed = self.sessions.edits != self.sessions.saved_edits;
        let unsaved = has_changed.then(|| self.collect()).filter(|saved| !saved.notes.is_empty());
        self.sessions.autosave.finish(unsaved);
    }

    /// Keeps what the window shows now, if it is time to.
    pub(in crate::ui) fn autosave(&mut self) {
        if !self.sessions.is_restoring() && self.sessions.autosave.is_due() {
            let saved = self.collect();
            self.sessions.autosave.keep(saved);
        }
    }

    /// Handles answers about sessions. Call it once per frame, after loaded files were handled.
    pub(super) fn take_sessions(&mut self) {
        if let Some((_, pending)) = self.sessions.reading.as_mut()
            && let Some(answer) = pending.take()
            && let Some((file, _)) = self.sessions.reading.take()
        {
            match answer {
                Ok(Ok(read)) => self.load_session(read, file.is_unsaved),
                Ok(Err(message)) => self.toasts.push(Notice::problem(message)),
                Err(_) => {}
            }
        }
        if let Some(Writing { path, edits, pending }) = self.sessions.writing.as_mut()
            && let Some(answer) = pending.take()
        {
            let (name, edits) = (text::path_name(path), *edits);
            self.sessions.writing = None;
            if matches!(answer, Ok(Ok(()))) {
                self.sessions.saved_edits = edits;
            }
            self.toasts.push(match answer {
                Ok(Ok(())) => Notice::fact(format!("Saved {name}")),
                Ok(Err(error)) => Notice::problem(format!("Cannot save {name}: {error}")),
                Err(_) => Notice::problem(format!("{name} was not saved")),
            });
        }
        self.find_saved_objects();
        if let Some((_, pending)) = self.sessions.finding.as_mut()
            && let Some(answer) = pending.take()
            && let Some((loading, _)) = self.sessions.finding.take()
        {
            self.restore(&loading, &answer.unwrap_or_default());
        }
        self.read_next_session();
    }

    fn load_session(&mut self, read: Read, is_unsaved: bool) {
        let Read { saved, paths, changes, moves } = read;
        if is_unsaved {
            self.toasts.push(Notice::fact(if saved.was_closed {
                "Restored the notes of the last session. Save the session to keep them in a file"
            } else {
                "Restoring the session of the last run, which ended unexpectedly"
            }));
        }
        self.toasts.extend(moves.into_iter().map(Notice::fact).chain(changes.into_iter().map(Notice::problem)));
        let mut load = |path: PathBuf| self.session.load(Source::file(path));
        let ids: Vec<Option<SnapshotId>> = paths.into_iter().map(|path| path.map(&mut load)).collect();
        for (file, id) in saved.files.iter().zip(&ids) {
            if let (Some(id), Some(name)) = (id, &file.name) {
                self.session.rename(*id, Some(name.clone()));
            }
        }
        self.opened.push(ids.iter().copied().flatten().collect());
        self.batch.clear();
        self.sessions.loading = Some(Loading { saved, ids, is_unsaved });
    }

    /// Searches the objects of the saved views once all files are loaded.
    fn find_saved_objects(&mut self) {
        let loads = self.session.loads();
        let waits = |id: &SnapshotId| loads.iter().any(|load| load.id == *id && load.error.is_none());
        let is_waiting = |loading: &mut Loading| !loading.ids.iter().flatten().any(waits);
        let Some(loading) = self.sessions.loading.take_if(is_waiting) else { return };
        let views: Vec<_> = loading.saved.views.iter().map(|view| (loading.id(view.file), view.clone())).collect();
        let snapshots = views.into_iter().map(|(id, view)| (id.and_then(|id| self.session.snapshot(id)), view));
        let snapshots: Vec<_> = snapshots.collect();
        let job = move |_: &CancelToken| {
            let found = |(snapshot, view): &(Option<std::sync::Arc<crate::snapshot::Snapshot>>, SavedView)| {
                let Some(snapshot) = snapshot else { return FoundObjects::default() };
                let find = |id: u64| snapshot.graph().find_id(ObjectId(id));
                let mut ignored: Vec<NodeOrdinal> = view.ignored.iter().copied().filter_map(find).collect();
                ignored.sort_unstable();
                FoundObjects { object: view.object.and_then(find), ignored }
            };
            Ok(snapshots.iter().map(found).collect())
        };
        let pending = self.session.spawn(Lane::Question, job);
        self.sessions.finding = Some((loading, pending));
    }

    /// Restores the views of a session.
    fn restore(&mut self, loading: &Loading, objects: &[FoundObjects]) {
        let Loading { saved, .. } = loading;
        let ignored = saved.ignored_findings.iter();
        let ignored: Vec<String> = ignored.filter(|of| !self.ignored_findings().contains(of)).cloned().collect();
        self.sessions.ignored_findings.extend(ignored);
        self.is_split = saved.is_split && self.can_split();
        self.left_share = saved.left_share;
        self.link.is_on = saved.is_linked;
        for (at, view) in saved.views.iter().enumerate() {
            let Some(id) = loading.id(view.file) else { continue };
            let slot = Slot { side: view.side, id };
            let Some(place) = self.place(slot) else { continue };
            let found = objects.get(at).cloned().unwrap_or_default();
            if view.object.is_some() && found.object.is_none() {
                let id = view.object.unwrap_or_default();
                self.toasts
                    .push(Notice::problem(format!("{} no longer has the object @{id}", place.snapshot.source().name)));
            }
            let restored = self.views.entry(slot).or_default();
            restored.panes.summary.filter.clone_from(&view.class_filter);
            restored.panes.comparison.base = view.base.and_then(|base| loading.id(base));
            let kind = kind_named(&view.view).unwrap_or(restored.kind);
            if let Some(node) = found.object {
                // An object that the view does not list is selected anyway.
                let _ = restored.reveal(&mut self.session, &place, place.target(node), kind);
            }
            restored.kind = kind;
            // After the object, which the filter may exclude.
            restored.panes.summary.nodes = view.filter.clone().map_or(NodeFilter::All, shown_filter);
            restored.lower = shown_lower(view.lower);
            for node in found.ignored {
                restored.retainers.ignore(node);
            }
        }
        for side in 0..2 {
            if let Some(id) = saved.sides[side].and_then(|file| loading.id(file))
                && self.session.files().any(|(of, _)| of == id)
            {
                self.sides[side] = Some(id);
                self.views.entry(Slot { side, id }).or_default();
            }
        }
        self.active = if self.is_split { saved.active } else { 0 };
        self.restore_notes(loading);
        self.start_in_session(&loading.ids);
        self.wants_keyboard_in(self.active);
        self.mark_step(false);
    }

    /// Restores the notes of a session. Notes of files that are not open are kept.
    fn restore_notes(&mut self, loading: &Loading) {
        let Loading { saved, is_unsaved, .. } = loading;
        if *is_unsaved && !saved.notes.is_empty() {
            self.sessions.note_edited();
        }
        for (file, saved_file) in saved.files.iter().enumerate() {
            let notes: Vec<SavedNote> = saved.notes.iter().filter(|note| note.file == file).cloned().collect();
            if notes.is_empty() {
                continue;
            }
            let of = loading.id(file).filter(|id| self.session.snapshot(*id).is_some());
            match of {
                Some(of) => self.show_notes(of, notes),
                None => self.keep_notes_of(saved_file.clone(), notes),
            }
        }
        // Files that the user opened may be those that the session names.
        let open: Vec<SnapshotId> = self.session.open().iter().map(|open| open.id).collect();
        for id in open {
            self.show_kept_notes(id);
        }
    }
}
