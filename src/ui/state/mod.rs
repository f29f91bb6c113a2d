//! The state of the application, apart from the window that shows it: it knows no eframe and draws nothing.
//!
//! The frame around the views asks by [`Action`]s, panes by [`Command`](super::command::Command)s; both are applied after
//! everything is drawn. Answers of workers are taken in once a frame.

mod act;
mod answers;
mod navigation;
mod run;
mod sides;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::action::Action;
use super::capture::CapturePane;
use super::dialog::FileDialog;
use super::export::Exports;
use super::help::Help;
use super::history::History;
use super::link::Link;
use super::palette::Palette;
use super::panes::profile::ProfilePane;
use super::panes::{Place, Slot};
use super::path_prompt::PathPrompt;
use super::settings::Settings;
use super::view::View;
use crate::format::Source;
use crate::index::Indexes;
use crate::model::SnapshotId;
use crate::session::{Pending, Session};

/// Two snapshots of a small leaking service, for whoever has none at hand.
const EXAMPLES: [(&str, &[u8]); 2] = [
    ("example-before.heapsnapshot", include_bytes!("../../../assets/example-before.heapsnapshot.zst")),
    ("example-after.heapsnapshot", include_bytes!("../../../assets/example-after.heapsnapshot.zst")),
];

/// Everything that the window knows, apart from the window itself: what is open, what is shown of it, and what runs.
#[derive(Debug)]
pub struct AppState {
    pub session: Session,
    pub settings: Settings,
    /// Where indexes are kept if the settings say that they are.
    pub(super) indexes: Indexes,
    /// Bytes of the indexes that were deleted.
    pub(super) deleted: Option<Pending<u64>>,
    /// What is shown on the left and, where there are two sides, on the right.
    pub sides: [Option<SnapshotId>; 2],
    /// The side that keys and the list of snapshots act on.
    pub active: usize,
    /// Whether there are two sides.
    pub is_split: bool,
    pub link: Link,
    pub(in crate::ui) views: HashMap<Slot, View>,
    pub(in crate::ui) profile_panes: HashMap<Slot, ProfilePane>,
    pub history: History,
    /// Whether something was done in this frame that going back undoes; true if it only passes over rows.
    pub(super) step: Option<bool>,
    /// The side whose upper table gets the keyboard as soon as it is on screen.
    pub(super) wants_keyboard: Option<usize>,
    /// Where the sides are on screen.
    pub(in crate::ui) side_rects: [egui::Rect; 2],
    /// The part of the width that the left of two sides has.
    pub(in crate::ui) left_share: f32,
    pub(in crate::ui) palette: Palette,
    pub help: Help,
    pub capture: CapturePane,
    pub(super) dialog: FileDialog,
    /// Files that were opened together, to be compared once they are there.
    pub(super) batch: Vec<SnapshotId>,
    pub(super) find: Option<(Slot, u64, Pending<Option<crate::model::NodeOrdinal>>)>,
    pub(in crate::ui) exports: Exports,
    /// Text of the field for a path, for systems without a file dialog.
    pub path_field: String,
    /// A passing remark in the status bar.
    pub notice: Option<String>,
    /// The remark that is on screen, and since when.
    pub(super) notice_shown: Option<(String, f64)>,
    pub(super) path_prompt: PathPrompt,
}

impl AppState {
    /// Starts with nothing open. `wake` is called from worker threads when there is something new to take in.
    ///
    /// # Errors
    /// Fails if the system gives no threads.
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
            palette: Palette::default(),
            help: Help::default(),
            capture: CapturePane::default(),
            dialog: FileDialog::default(),
            batch: Vec::new(),
            find: None,
            exports: Exports::default(),
            path_field: String::new(),
            notice: None,
            notice_shown: None,
            path_prompt: PathPrompt::default(),
        };
        state.apply_index_setting();
        Ok(state)
    }

    /// Queues a file.
    pub fn open(&mut self, path: PathBuf) -> SnapshotId {
        self.session.load(Source::file(path))
    }

    /// Queues files; two or more are compared when they are there.
    pub(super) fn open_together(&mut self, files: Vec<PathBuf>) {
        let is_batch = files.len() > 1;
        let ids: Vec<SnapshotId> = files.into_iter().map(|file| self.open(file)).collect();
        if is_batch {
            self.batch = ids;
        }
    }

    pub(super) fn open_example(&mut self, which: usize) -> SnapshotId {
        let (name, bytes) = EXAMPLES[which];
        self.session.load(Source::Bytes { name: name.to_owned(), bytes: Arc::from(bytes) })
    }

    /// What is shown in the active side.
    #[must_use]
    pub fn shown(&self) -> Option<SnapshotId> {
        self.sides[self.active]
    }

    /// The panes of the snapshot that is shown in the active side.
    pub fn shown_view(&mut self) -> Option<&mut View> {
        let slot = Slot { side: self.active, id: self.shown()? };
        self.views.get_mut(&slot)
    }

    /// The panes of a side.
    pub fn view_of(&mut self, side: usize) -> Option<&mut View> {
        let slot = Slot { side, id: self.sides[side]? };
        self.views.get_mut(&slot)
    }

    /// The view of the active side, if it shows a snapshot.
    pub(super) fn shown_snapshot_view(&mut self) -> Option<&mut View> {
        self.session.snapshot(self.shown()?)?;
        self.shown_view()
    }

    pub(in crate::ui) fn place(&self, slot: Slot) -> Option<Place> {
        Some(Place { slot, snapshot: self.session.snapshot(slot.id)? })
    }

    /// The sides that are on screen, with what they show.
    pub(in crate::ui) fn slots(&self) -> Vec<Slot> {
        let count = if self.is_split { 2 } else { 1 };
        (0..count).filter_map(|side| Some(Slot { side, id: self.sides[side]? })).collect()
    }

    /// The side that a widget is in.
    pub(super) fn side_at(&self, rect: egui::Rect) -> usize {
        usize::from(self.is_split && self.side_rects[1].contains(rect.center()))
    }

    pub(super) fn apply_index_setting(&mut self) {
        self.session.set_indexes(if self.settings.keep_index { self.indexes.clone() } else { Indexes::off() });
    }

    /// Whether indexes can be kept at all: not where the command line or the environment says no.
    pub(in crate::ui) fn can_keep_index(&self) -> bool {
        self.indexes.is_on()
    }
}
