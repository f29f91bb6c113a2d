//! The state of the application, separate from the window: it does not know eframe and draws nothing.
//!
//! The frame around the views sends [`Action`]s, panes send [`Command`](super::command::Command)s; both are applied after
//! everything is drawn. Answers of workers are handled once per frame.

mod act;
mod answers;
mod files;
pub(in crate::ui) mod kept_notes;
mod navigation;
pub(in crate::ui) mod notes;
mod run;
pub(in crate::ui) mod saved;
mod sides;
mod sources;
pub(in crate::ui) mod start;
mod stored;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::action::Action;
use super::capture::CapturePane;
use super::command::{Lower, ViewKind};
use super::dialog::FileDialog;
use super::editors::Editors;
use super::export::Exports;
use super::help::Help;
use super::history::History;
use super::link::Link;
use super::notes::Notes;
use super::notes::editor::NoteEditor;
use super::panes::profile::ProfilePane;
use super::panes::{Place, Slot};
use super::path_prompt::PathPrompt;
use super::rename::Rename;
use super::save_report::SaveReport;
use super::scrub::ScrubDialog;
use super::search_field::SearchField;
use super::settings::Settings;
use super::toasts::Toasts;
use super::view::View;
use crate::format::Source;
use crate::index::Indexes;
use crate::model::{NodeOrdinal, SnapshotId};
use crate::session::{Pending, Session};
use crate::sources::SourcePaths;
use saved::Sessions;

/// Two snapshots of a small leaking service, for users who have none yet.
const EXAMPLES: [(&str, &[u8]); 2] = [
    ("example-before.heapsnapshot", include_bytes!("../../../assets/example-before.heapsnapshot.zst")),
    ("example-after.heapsnapshot", include_bytes!("../../../assets/example-after.heapsnapshot.zst")),
];

/// The state of the application: open files, their views, and running jobs.
#[derive(Debug)]
pub struct AppState {
    pub session: Session,
    pub settings: Settings,
    /// The cache of opened files, used unless the settings turn it off.
    pub(super) indexes: Indexes,
    /// The number of bytes deleted from the cache.
    pub(super) deleted: Option<Pending<u64>>,
    /// The files on the left and, if the window is split, on the right.
    pub sides: [Option<SnapshotId>; 2],
    /// The side that keys and the list of snapshots act on.
    pub active: usize,
    /// True if the window shows two sides.
    pub is_split: bool,
    pub link: Link,
    pub(in crate::ui) views: HashMap<Slot, View>,
    pub(in crate::ui) profile_panes: HashMap<Slot, ProfilePane>,
    pub history: History,
    /// The step of this frame that going back undoes; true if it only passes over rows.
    pub(super) step: Option<bool>,
    /// The side whose upper table receives the keyboard focus once it is on screen.
    pub(super) wants_keyboard: Option<usize>,
    /// The areas of the sides on screen.
    pub(in crate::ui) side_rects: [egui::Rect; 2],
    /// The share of the width that the left of two sides has.
    pub(in crate::ui) left_share: f32,
    pub(in crate::ui) search_field: SearchField,
    pub help: Help,
    pub capture: CapturePane,
    pub(super) dialog: FileDialog,
    /// Files that were opened together, by the user's requests, until all of a request are loaded.
    opened: Vec<Vec<SnapshotId>>,
    /// Files that were opened together, to be compared once they are loaded.
    pub(super) batch: Vec<SnapshotId>,
    pub(super) find: Option<Find>,
    /// The notes of the user.
    pub notes: Notes,
    pub(in crate::ui) note_editor: NoteEditor,
    marks: Vec<notes::PendingMarks>,
    /// The notes of files that are not open.
    kept: kept_notes::Kept,
    pub(in crate::ui) sessions: Sessions,
    /// The object and the view that the command line names, until they are shown.
    start: Option<start::Waiting>,
    pub(in crate::ui) exports: Exports,
    /// The text of the path field on the start page.
    pub path_field: String,
    /// The messages on screen.
    pub toasts: Toasts,
    pub(super) path_prompt: PathPrompt,
    pub(in crate::ui) editors: Editors,
    /// The dialog for the name of a file.
    rename: Rename,
    /// The dialog for scrubbed copies.
    scrub: ScrubDialog,
    save_report: SaveReport,
    /// The files that were moved in the list, and those around them, in their order.
    list_order: Vec<SnapshotId>,
    /// The answer of the file manager.
    revealed: Option<Pending<Result<(), String>>>,
    /// The places of source files that the command line names.
    given_paths: SourcePaths,
    /// The URL of the script for which a source folder is being chosen.
    folder_for: Option<String>,
}

/// A search for an object by its id, and where to show it.
#[derive(Debug)]
pub(super) struct Find {
    slot: Slot,
    id: u64,
    kind: ViewKind,
    lower: Lower,
    pending: Pending<Option<NodeOrdinal>>,
}

impl AppState {
    /// Starts with no files open. Worker threads call `wake` when they have new results.
    ///
    /// # Errors
    /// Returns an error if no thread can be started.
    pub(in crate::ui) fn new(
        settings: Settings,
        indexes: Indexes,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let mut state = Self {
            session: Session::new(wake)?,
            settings,
            indexes,
            deleted: None,
            sides: [None; 2],
            active: 0,
            is_split: false,
            link: Link::default(),
            views: HashMap::new(),
            profile_panes: HashMap::new(),
            history: History::default(),
            step: None,
            wants_keyboard: None,
            side_rects: [egui::Rect::NOTHING; 2],
            left_share: 0.5,
            search_field: SearchField::default(),
            help: Help::default(),
            capture: CapturePane::default(),
            dialog: FileDialog::default(),
            opened: Vec::new(),
            batch: Vec::new(),
            find: None,
            notes: Notes::default(),
            note_editor: NoteEditor::default(),
            marks: Vec::new(),
            kept: kept_notes::Kept::default(),
            sessions: Sessions::default(),
            start: None,
            exports: Exports::default(),
            path_field: String::new(),
            toasts: Toasts::default(),
            path_prompt: PathPrompt::default(),
            editors: Editors::default(),
            rename: Rename::default(),
            scrub: ScrubDialog::default(),
            save_report: SaveReport::default(),
            list_order: Vec::new(),
            revealed: None,
            given_paths: SourcePaths::default(),
            folder_for: None,
        };
        state.apply_index_setting();
        state.apply_source_roots();
        Ok(state)
    }

    /// Queues a file.
    pub fn open(&mut self, path: PathBuf) -> SnapshotId {
        let id = self.session.load(Source::file(path));
        self.opened.push(vec![id]);
        id
    }

    /// Queues files; two or more are compared once they are loaded.
    pub(super) fn open_together(&mut self, files: Vec<PathBuf>) {
        let files = self.without_sessions(files);
        let is_batch = files.len() > 1;
        let ids: Vec<SnapshotId> = files.into_iter().map(|file| self.session.load(Source::file(file))).collect();
        self.opened.push(ids.clone());
        if is_batch {
            self.batch = ids;
        }
    }

    pub(super) fn open_example(&mut self, which: usize) -> SnapshotId {
        let (name, bytes) = EXAMPLES[which];
        self.session.load(Source::Bytes { name: name.to_owned(), bytes: Arc::from(bytes) })
    }

    /// Returns the file on the active side.
    #[must_use]
    pub fn shown(&self) -> Option<SnapshotId> {
        self.sides[self.active]
    }

    /// Returns the view on the active side.
    pub fn shown_view(&mut self) -> Option<&mut View> {
        let slot = Slot { side: self.active, id: self.shown()? };
        self.views.get_mut(&slot)
    }

    /// Returns the view on a side.
    pub fn view_of(&mut self, side: usize) -> Option<&mut View> {
        let slot = Slot { side, id: self.sides[side]? };
        self.views.get_mut(&slot)
    }

    /// Returns the view on the active side, if it shows a snapshot.
    pub(super) fn shown_snapshot_view(&mut self) -> Option<&mut View> {
        self.session.snapshot(self.shown()?)?;
        self.shown_view()
    }

    pub(in crate::ui) fn place(&self, slot: Slot) -> Option<Place> {
        Some(Place { slot, snapshot: self.session.snapshot(slot.id)? })
    }

    /// Returns the sides on screen, with their files.
    pub(in crate::ui) fn slots(&self) -> Vec<Slot> {
        let count = if self.is_split { 2 } else { 1 };
        (0..count).filter_map(|side| Some(Slot { side, id: self.sides[side]? })).collect()
    }

    /// Returns the side that a widget is on.
    pub(super) fn side_at(&self, rect: egui::Rect) -> usize {
        usize::from(self.is_split && self.side_rects[1].contains(rect.center()))
    }

    pub(super) fn apply_index_setting(&mut self) {
        self.session.set_indexes(if self.settings.keep_index { self.indexes.clone() } else { Indexes::off() });
    }

    /// Returns whether opened files can be cached, that is, unless the command line or the environment forbids it.
    pub(in crate::ui) fn can_keep_index(&self) -> bool {
        self.indexes.is_on()
    }
}
