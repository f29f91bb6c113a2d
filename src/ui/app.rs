//! The application: what is open, what is shown of it, and the frame around the views.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use egui::{Context, Ui};

use super::capture::CapturePane;
use super::chrome;
use super::command::{Command, ExportList, Target, ViewKind};
use super::dialog::{FileDialog, Purpose};
use super::export::{Exports, Replace};
use super::focus_order;
use super::help::Help;
use super::history::{History, Visit};
use super::keys;
use super::palette::Palette;
use super::panes::growth::GrowthPane;
use super::panes::profile::ProfilePane;
use super::panes::search::{Step, search_id};
use super::panes::summary::filter_id;
use super::panes::{Place, Slot};
use super::path_prompt::PathPrompt;
use super::settings::Settings;
use super::settings_file::{self, SettingsWriter};
use super::side_by_side::Link;
use super::theme;
use super::view::View;
use crate::format::Source;
use crate::index::Indexes;
use crate::model::human::Units;
use crate::model::{MemoryLimit, ObjectId, SnapshotId};
use crate::query::{Lane, Scripts, ScriptsOf};
use crate::session::{Event, Pending, Session};

/// Two snapshots of a small leaking service, for whoever has none at hand.
const EXAMPLES: [(&str, &[u8]); 2] = [
    ("example-before.heapsnapshot", include_bytes!("../../assets/example-before.heapsnapshot.zst")),
    ("example-after.heapsnapshot", include_bytes!("../../assets/example-after.heapsnapshot.zst")),
];

/// What the frame around the views asks for, by button, key or palette.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    OpenDialog,
    OpenPath(PathBuf),
    /// The second of the bundled snapshots.
    OpenExample,
    /// Both, compared.
    OpenExamplePair,
    /// In the side that is active.
    Show(SnapshotId),
    ShowIn(usize, SnapshotId),
    Close(SnapshotId),
    CloseShown,
    DismissLoad(SnapshotId),
    /// Open what is there of a damaged file.
    Salvage(SnapshotId),
    /// Open a file that needs more memory than there is.
    OpenAnyway(SnapshotId),
    /// The older of the two is the base.
    CompareTwo(SnapshotId, SnapshotId),
    ShowView(ViewKind),
    /// The part of Contexts that lists variables no function reads.
    ShowDeadVariables,
    ToggleSplit,
    /// Next to the one on screen.
    ShowBeside(SnapshotId),
    /// Leave the other of two sides alone.
    CloseSide(usize),
    ToggleLink,
    FocusFilter,
    FocusSearch,
    FocusNextPane,
    Hit(Step),
    Back,
    Forward,
    NextTheme,
    SetUnits(Units),
    /// Keep indexes of opened files, or no longer.
    ToggleIndex,
    DeleteIndex,
    Larger,
    Smaller,
    NormalSize,
    Palette,
    Keys,
    Glossary,
    /// Take snapshots from a running program.
    Capture,
    CancelExport,
}

/// The whole window.
#[derive(Debug)]
pub struct HeapglassApp {
    pub session: Session,
    pub settings: Settings,
    /// Keeps the settings in their file.
    writer: SettingsWriter,
    /// Where indexes are kept if the settings say that they are.
    indexes: Indexes,
    /// Bytes of the indexes that were deleted.
    deleted: Option<Pending<u64>>,
    /// What is shown on the left and, where there are two sides, on the right.
    pub sides: [Option<SnapshotId>; 2],
    /// The side that keys and the list of snapshots act on.
    pub active: usize,
    /// Whether there are two sides.
    pub is_split: bool,
    pub link: Link,
    pub(super) views: HashMap<Slot, View>,
    pub(super) profile_panes: HashMap<Slot, ProfilePane>,
    pub history: History,
    /// Whether something was done in this frame that going back undoes; true if it only passes over rows.
    step: Option<bool>,
    /// The side whose upper table gets the keyboard as soon as it is on screen.
    wants_keyboard: Option<usize>,
    /// Where the sides are on screen.
    pub(super) side_rects: [egui::Rect; 2],
    /// The part of the width that the left of two sides has.
    pub(super) left_share: f32,
    pub(super) palette: Palette,
    pub help: Help,
    pub capture: CapturePane,
    dialog: FileDialog,
    /// Files that were opened together, to be compared once they are there.
    batch: Vec<SnapshotId>,
    find: Option<(Slot, u64, Pending<Option<crate::model::NodeOrdinal>>)>,
    pub(super) exports: Exports,
    /// Text of the field for a path, for systems without a file dialog.
    pub path_field: String,
    /// A passing remark in the status bar.
    pub notice: Option<String>,
    /// The remark that is on screen, and since when.
    notice_shown: Option<(String, f64)>,
    path_prompt: PathPrompt,
    #[cfg(feature = "frame-times")]
    frame_times: super::frame_times::FrameTimes,
}

impl HeapglassApp {
    /// Starts with `files` queued; nothing is read before the first frame.
    ///
    /// # Errors
    /// Fails if the system gives no threads.
    pub fn new(cc: &eframe::CreationContext<'_>, files: Vec<PathBuf>) -> std::io::Result<Self> {
        Self::with_indexes(cc, files, Indexes::off())
    }

    /// The same with a file that settings are read from and kept in.
    ///
    /// # Errors
    /// Fails if the system gives no threads.
    pub fn with_settings_file(cc: &eframe::CreationContext<'_>, file: PathBuf) -> std::io::Result<Self> {
        Self::start(cc, Vec::new(), Indexes::off(), Some(file))
    }

    /// The same with indexes of opened files, if the settings do not forbid them.
    ///
    /// # Errors
    /// Fails if the system gives no threads.
    pub fn with_indexes(
        cc: &eframe::CreationContext<'_>,
        files: Vec<PathBuf>,
        indexes: Indexes,
    ) -> std::io::Result<Self> {
        Self::start(cc, files, indexes, None)
    }

    fn start(
        cc: &eframe::CreationContext<'_>,
        files: Vec<PathBuf>,
        indexes: Indexes,
        settings_file: Option<PathBuf>,
    ) -> std::io::Result<Self> {
        theme::install(&cc.egui_ctx);
        let settings = settings_file.as_deref().map_or_else(Settings::default, settings_file::read);
        let writer = settings_file.map(|file| SettingsWriter::start(file, settings.clone()));
        cc.egui_ctx.options_mut(|options| options.zoom_with_keyboard = false);
        cc.egui_ctx.set_theme(settings.theme);
        cc.egui_ctx.set_zoom_factor(settings.text_scale);
        theme::set_units(&cc.egui_ctx, settings.units);
        let ctx = cc.egui_ctx.clone();
        let mut app = Self {
            session: Session::new(move || ctx.request_repaint())?,
            settings,
            writer: writer.unwrap_or_default(),
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
            #[cfg(feature = "frame-times")]
            frame_times: super::frame_times::FrameTimes::start(&cc.egui_ctx),
        };
        app.apply_index_setting();
        app.open_together(files);
        Ok(app)
    }

    /// Queues a file.
    pub fn open(&mut self, path: PathBuf) -> SnapshotId {
        self.session.load(Source::file(path))
    }

    /// Queues files; two or more are compared when they are there.
    fn open_together(&mut self, files: Vec<PathBuf>) {
        let is_batch = files.len() > 1;
        let ids: Vec<SnapshotId> = files.into_iter().map(|file| self.open(file)).collect();
        if is_batch {
            self.batch = ids;
        }
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

    pub(super) fn place(&self, slot: Slot) -> Option<Place> {
        Some(Place { slot, snapshot: self.session.snapshot(slot.id)? })
    }

    /// The sides that are on screen, with what they show.
    pub(super) fn slots(&self) -> Vec<Slot> {
        let count = if self.is_split { 2 } else { 1 };
        (0..count).filter_map(|side| Some(Slot { side, id: self.sides[side]? })).collect()
    }

    /// Does what was asked for.
    pub fn apply(&mut self, ctx: &Context, action: Action) {
        match action {
            Action::OpenDialog => self.dialog.open(ctx),
            Action::OpenPath(path) => {
                self.open(path);
            }
            Action::OpenExample => {
                self.open_example(1);
            }
            Action::OpenExamplePair => self.batch = vec![self.open_example(0), self.open_example(1)],
            Action::Show(id) => self.show_in(self.active, id),
            Action::ShowIn(side, id) => self.show_in(side, id),
            Action::Close(id) => self.close(id),
            Action::CloseShown => {
                if let Some(id) = self.shown() {
                    self.close(id);
                }
            }
            Action::DismissLoad(id) => self.session.dismiss_load(id),
            Action::Salvage(id) => self.session.salvage(id),
            Action::OpenAnyway(id) => self.session.open_anyway(id),
            Action::CompareTwo(a, b) => match self.profiles_of(&[a, b]) {
                Some(profiles) => self.compare_profiles(&profiles),
                None => self.compare(&[a, b]),
            },
            Action::ShowView(kind) => self.show_view(kind),
            Action::ShowDeadVariables => {
                self.show_view(ViewKind::Contexts);
                if let Some(view) = self.shown_view() {
                    view.dead_variables.is_shown = true;
                }
            }
            Action::ToggleSplit => self.toggle_split(),
            Action::ShowBeside(id) => self.show_beside(id),
            Action::CloseSide(side) => self.close_side(side),
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
                    view.search.go(step);
                }
            }
            Action::FocusFilter | Action::FocusSearch | Action::FocusNextPane => self.focus(ctx, &action),
            Action::NextTheme | Action::SetUnits(_) | Action::Larger | Action::Smaller | Action::NormalSize => {
                self.change_look(ctx, &action);
            }
            Action::ToggleIndex => {
                self.settings.keep_index = !self.settings.keep_index;
                self.apply_index_setting();
            }
            Action::DeleteIndex => self.deleted = Some(self.session.remove_indexes(self.indexes.clone())),
            Action::Palette => self.palette.toggle(),
            Action::Keys => self.help.keys_open = !self.help.keys_open,
            Action::Glossary => self.help.glossary_open = !self.help.glossary_open,
            Action::CancelExport => {
                self.exports.cancel();
                self.notice = Some("The export was cancelled".to_owned());
            }
            Action::Capture => self.capture.is_open = !self.capture.is_open,
        }
    }

    fn apply_index_setting(&mut self) {
        self.session.set_indexes(if self.settings.keep_index { self.indexes.clone() } else { Indexes::off() });
    }

    /// Whether indexes can be kept at all: not where the command line or the environment says no.
    pub(super) fn can_keep_index(&self) -> bool {
        self.indexes.is_on()
    }

    fn open_example(&mut self, which: usize) -> SnapshotId {
        let (name, bytes) = EXAMPLES[which];
        self.session.load(Source::Bytes { name: name.to_owned(), bytes: Arc::from(bytes) })
    }

    fn change_look(&mut self, ctx: &Context, action: &Action) {
        let scale = self.settings.text_scale;
        match action {
            Action::NextTheme => {
                self.settings.theme = self.settings.theme.next();
                ctx.set_theme(self.settings.theme);
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

    /// Gives the keyboard to a field or to the next table.
    fn focus(&mut self, ctx: &Context, action: &Action) {
        let side = self.active;
        let id = match action {
            Action::FocusNextPane => self.next_stop(ctx),
            Action::FocusFilter => self.shown_snapshot_view().map(|view| {
                view.kind = ViewKind::Summary;
                filter_id(side)
            }),
            _ => self.shown_snapshot_view().map(|view| {
                view.search.is_open = true;
                search_id(side)
            }),
        };
        if *action == Action::FocusFilter {
            self.mark_step(false);
        }
        if let Some(id) = id {
            self.wants_keyboard = None;
            ctx.memory_mut(|memory| memory.request_focus(id));
        }
    }

    /// The view of the active side, if it shows a snapshot.
    fn shown_snapshot_view(&mut self) -> Option<&mut View> {
        self.session.snapshot(self.shown()?)?;
        self.shown_view()
    }

    pub(super) fn wants_keyboard_in(&mut self, side: usize) {
        self.wants_keyboard = Some(side);
    }

    /// The side that a widget is in.
    fn side_at(&self, rect: egui::Rect) -> usize {
        usize::from(self.is_split && self.side_rects[1].contains(rect.center()))
    }

    /// The table or chart after the one that has the keyboard, in reading order; the first of the active side if none has.
    fn next_stop(&mut self, ctx: &Context) -> Option<egui::Id> {
        let mut stops: Vec<(usize, focus_order::Stop)> =
            focus_order::stops(ctx).into_iter().map(|stop| (self.side_at(stop.rect), stop)).collect();
        stops.sort_by(|(a_side, a), (b_side, b)| {
            a_side.cmp(b_side).then(a.rect.top().total_cmp(&b.rect.top())).then(a.rect.left().total_cmp(&b.rect.left()))
        });
        let focused = ctx.memory(|memory| stops.iter().position(|(_, stop)| memory.has_focus(stop.id)));
        let next = match focused {
            Some(at) => stops.get(at + 1).or(stops.first()),
            None => stops.iter().find(|(side, _)| *side == self.active).or(stops.first()),
        };
        let &(side, stop) = next?;
        self.active = side;
        Some(stop.id)
    }

    /// Gives the keyboard to the upper table of a side that was asked for, once it is on screen. What the person types in
    /// keeps it.
    fn give_keyboard(&mut self, ctx: &Context) {
        let Some(side) = self.wants_keyboard else { return };
        if ctx.input(|input| input.pointer.any_pressed()) {
            self.wants_keyboard = None;
            return;
        }
        let Some(view) = self.view_of(side) else { return };
        if view.kind == ViewKind::Search && view.search.text.trim().is_empty() {
            self.wants_keyboard = None;
            ctx.memory_mut(|memory| memory.request_focus(search_id(side)));
            return;
        }
        let Some(room) = view.upper_rect() else { return };
        let stops = focus_order::stops(ctx);
        let focused = ctx.memory(egui::Memory::focused);
        if focused.is_some_and(|focused| stops.iter().all(|stop| stop.id != focused)) {
            return;
        }
        if let Some(stop) = stops.iter().find(|stop| room.contains(stop.rect.center())) {
            self.wants_keyboard = None;
            ctx.memory_mut(|memory| memory.request_focus(stop.id));
        }
    }

    pub(super) fn show_in(&mut self, side: usize, id: SnapshotId) {
        self.sides[side] = Some(id);
        self.views.entry(Slot { side, id }).or_default();
        self.active = side;
        self.wants_keyboard = Some(side);
        self.mark_step(false);
    }

    fn show_view(&mut self, kind: ViewKind) {
        let side = self.active;
        let Some(view) = self.shown_snapshot_view() else { return };
        view.kind = kind;
        if kind == ViewKind::Search {
            view.search.is_open = true;
        }
        self.wants_keyboard = Some(side);
        self.mark_step(false);
    }

    fn close(&mut self, id: SnapshotId) {
        self.views.retain(|slot, _| slot.id != id);
        self.profile_panes.retain(|slot, _| slot.id != id);
        self.session.close(id);
        self.history.forget(id);
        if !self.can_split() {
            self.is_split = false;
            self.active = 0;
        }
        for side in 0..2 {
            if self.sides[side] == Some(id) {
                let other = self.sides[1 - side].filter(|_| self.is_split);
                self.sides[side] = self.newest_but(other).or(other);
                if let Some(id) = self.sides[side] {
                    self.views.entry(Slot { side, id }).or_default();
                }
            }
        }
        self.wants_keyboard = Some(self.active);
    }

    /// The file that was opened last, of those that are not this one.
    fn newest_but(&self, other: Option<SnapshotId>) -> Option<SnapshotId> {
        let profiles = self.session.profiles().iter().rev().map(|open| open.id);
        let mut ids = self.session.open().iter().rev().map(|open| open.id).chain(profiles);
        ids.find(|id| Some(*id) != other)
    }

    /// Notes that what is done in this frame is a step that going back undoes. `passing` steps replace each other.
    pub(super) fn mark_step(&mut self, passing: bool) {
        self.step = Some(passing && self.step.unwrap_or(true));
    }

    /// Takes what is on screen at the end of a frame into the history: one visit at most, whatever was done.
    fn note_visit(&mut self) {
        let side = self.active;
        let Some(id) = self.shown() else { return };
        let slot = Slot { side, id };
        let Some(view) = self.views.get_mut(&slot) else { return };
        let visit = view.visit(slot);
        match self.step.take() {
            Some(passing) => self.history.visit(visit, passing),
            None => self.history.refresh(visit),
        }
    }

    /// Shows again what was looked at before.
    fn revisit(&mut self, visit: Visit) {
        let id = visit.slot.id;
        if visit.slot.side == 1 && !self.is_split && self.can_split() {
            self.split(None);
        }
        let side = if self.is_split { visit.slot.side } else { 0 };
        self.sides[side] = Some(id);
        self.active = side;
        self.wants_keyboard = Some(side);
        let slot = Slot { side, id };
        let place = self.place(slot);
        let view = self.views.entry(slot).or_default();
        let Some(place) = place else { return };
        view.restore(&mut self.session, &place, visit);
        self.follow_selection(slot);
    }

    fn take_in(&mut self, ctx: &Context) {
        for event in self.session.poll() {
            match event {
                Event::Loaded(id) => {
                    let open = self.session.snapshot(id);
                    if let Some(path) = open.and_then(|snapshot| snapshot.source().path.clone()) {
                        self.settings.remember(&path);
                    }
                    self.show_in(self.active, id);
                    self.notice = None;
                }
                Event::Failed(_) => {}
                Event::Cancelled { name } => self.notice = Some(format!("{name}: loading was cancelled")),
            }
        }
        self.finish_batch();
        self.take_captured(ctx);
        self.take_answers();
        if let Some(name) = self.exports.take_proposed_name() {
            self.dialog.save_as(ctx, &name);
        }
        self.forget_notice(ctx);
        if let Some(paths) = self.dialog.take_files() {
            self.open_together(paths);
        }
        if let Some(path) = self.dialog.take_destination()
            && let Some(list) = self.exports.take_wanted()
        {
            // The system's dialog has asked.
            self.start_export(path, list, Replace::Agreed);
        }
        match self.dialog.is_unavailable_for() {
            Some(Purpose::Save) => {
                self.path_prompt.ask(Purpose::Save, self.dialog.proposed());
            }
            Some(Purpose::Open) => self.path_prompt.ask(Purpose::Open, String::new()),
            None => {}
        }
        match self.path_prompt.show(ctx) {
            Some((Purpose::Open, path)) => drop(self.open(path)),
            Some((Purpose::Save, path)) => {
                if let Some(list) = self.exports.take_wanted() {
                    self.export_to(path, list);
                }
            }
            None => {}
        }
        let dropped = ctx.input(|input| input.raw.dropped_files.clone());
        self.open_together(dropped.iter().map(|file| file.path().to_path_buf()).collect());
        if self.session.is_loading() {
            // Progress moves without events.
            ctx.request_repaint_after(Duration::from_millis(50));
        }
    }

    /// Takes a remark away once there was time to read it.
    fn forget_notice(&mut self, ctx: &Context) {
        let now = ctx.input(|input| input.time);
        let is_shown = self.notice_shown.as_ref().is_some_and(|(notice, _)| Some(notice) == self.notice.as_ref());
        if !is_shown {
            self.notice_shown = self.notice.clone().map(|notice| (notice, now));
        }
        let Some((_, since)) = &self.notice_shown else { return };
        let left = since + NOTICE_SECONDS - now;
        if left <= 0.0 {
            self.notice = None;
        } else {
            ctx.request_repaint_after(Duration::from_secs_f64(left));
        }
    }

    /// Compares files that were opened together, once none of them is on its way any more.
    fn finish_batch(&mut self) {
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
            2 => self.compare(&ids),
            _ => self.show_growth(&ids),
        }
    }

    /// Follows classes through snapshots, in the view of the newest.
    pub(super) fn show_growth(&mut self, ids: &[SnapshotId]) {
        let mut pane = GrowthPane::default();
        pane.set_series(&self.session, ids);
        let Some(&last) = pane.series(&self.session).last() else { return };
        self.show_in(self.active, last);
        if let Some(view) = self.shown_view() {
            view.growth = pane;
        }
        self.show_view(ViewKind::Growth);
    }

    /// Opens what was captured, and shows a series once it is there.
    fn take_captured(&mut self, ctx: &Context) {
        for taken in self.capture.take_files(ctx) {
            let id = self.open(taken.path);
            self.capture.note_load(id);
        }
        let loads = self.session.loads();
        let waits = |id: &SnapshotId| loads.iter().any(|load| load.id == *id && load.error.is_none());
        let mut ids = self.capture.take_series(waits);
        ids.retain(|id| self.session.snapshot(*id).is_some());
        if ids.len() > 1 {
            self.show_growth(&ids);
            // Why a series broke off is said there.
            self.capture.is_open &= self.capture.state().error.is_some();
        }
    }

    /// Takes in answers that belong to no pane.
    fn take_answers(&mut self) {
        if let Some((slot, id, pending)) = &mut self.find
            && let Some(answer) = pending.take()
        {
            let (slot, id) = (*slot, *id);
            self.find = None;
            match answer {
                Ok(Some(node)) => {
                    let target = Target { snapshot: slot.id, node };
                    self.go_to(slot.side, target, ViewKind::Summary);
                }
                _ => self.notice = Some(format!("No object has the id @{id}")),
            }
        }
        if let Some(message) = self.exports.poll() {
            self.notice = Some(message);
        }
        if let Some(answer) = self.deleted.as_mut().and_then(Pending::take) {
            self.deleted = None;
            self.notice = answer.ok().map(|bytes| match bytes {
                0 => "There is no index to delete".to_owned(),
                bytes => format!("The index was deleted ({})", self.settings.units.bytes(bytes)),
            });
        }
        if let Some(found) = self.link.take_answer() {
            self.show_linked(&found);
        }
    }

    /// Notes a step of the person in a side.
    fn stepped(&mut self, slot: Slot, passing: bool) {
        self.active = slot.side;
        self.mark_step(passing);
    }

    /// Goes to an object in a view of a side. It may be of another snapshot than the one on screen there, as a deleted one
    /// of a comparison is.
    fn go_to(&mut self, side: usize, target: Target, kind: ViewKind) {
        let slot = Slot { side, id: target.snapshot };
        let Some(place) = self.place(slot) else { return };
        self.show_in(side, slot.id);
        let view = self.views.entry(slot).or_default();
        if let Err(message) = view.reveal(&mut self.session, &place, target, kind) {
            self.notice = Some(message);
        }
        self.follow_selection(slot);
    }

    /// Writes a list to a file, on a worker. If a file of that name exists, the person is asked first.
    pub fn export_to(&mut self, path: PathBuf, list: ExportList) {
        self.start_export(path, list, Replace::Ask);
    }

    /// Asks where to write a list, unless another export is not settled.
    fn ask_where_to_write(&mut self, list: ExportList, name: String) {
        // The path that is chosen there is that of the list it was asked for.
        let is_asked = self.dialog.asks_where_to_write() || self.path_prompt.asks_where_to_write();
        let asked = || is_asked.then(|| "Choose first where to write the other list".to_owned());
        match self.exports.refusal().or_else(asked) {
            Some(refusal) => self.notice = Some(refusal),
            None => self.exports.want(list, name),
        }
    }

    fn start_export(&mut self, path: PathBuf, list: ExportList, replace: Replace) {
        if let Err(message) = self.exports.start(&mut self.session, path, list, replace) {
            self.notice = Some(message);
        }
    }

    /// Does what a pane of `slot` asks for.
    pub fn run(&mut self, slot: Slot, command: Command) -> Option<String> {
        let place = self.place(slot)?;
        let view = self.views.get_mut(&slot)?;
        match command {
            Command::Select { target, by_key } => {
                view.select(&self.session, Some(target), Some(view.kind));
                self.stepped(slot, by_key);
                self.follow_selection(slot);
            }
            Command::SelectClass { class, by_key } => {
                view.select(&self.session, None, Some(view.kind));
                self.stepped(slot, by_key);
                self.follow(slot, None, class);
            }
            Command::Inspect(target) => view.inspect(&self.session, target),
            Command::ShowObject(target) => {
                view.select(&self.session, Some(target), None);
                self.stepped(slot, false);
                self.follow_selection(slot);
            }
            Command::ShowRetainers(target) => {
                view.show_retainers(&self.session, target);
                self.stepped(slot, false);
                self.follow_selection(slot);
            }
            Command::Reveal(target, kind) => self.go_to(slot.side, target, kind),
            Command::Find(snapshot, id) => {
                let of = self.session.snapshot(snapshot)?;
                let pending = self.session.spawn(Lane::Interactive, move |_| Ok(of.graph().find_id(ObjectId(id))));
                self.find = Some((Slot { side: slot.side, id: snapshot }, id, pending));
            }
            Command::Notify(text) => self.notice = Some(text),
            Command::Show(kind) => {
                self.active = slot.side;
                self.show_view(kind);
            }
            Command::ShowStack { target, call } if target.snapshot == slot.id => {
                view.leave_interval_for(&place, target.node);
                view.allocations.reveal(call);
                self.active = slot.side;
                self.show_view(ViewKind::Allocations);
            }
            Command::ShowStack { target, call } => {
                let there = Slot { side: slot.side, id: target.snapshot };
                self.show_in(there.side, there.id);
                return self.run(there, Command::ShowStack { target, call });
            }
            Command::Filter(filter) => {
                view.summary.nodes = filter;
                self.active = slot.side;
                self.show_view(ViewKind::Summary);
            }
            Command::Ignore(target) => view.retainers.ignore(target.node),
            Command::Restore(node) => view.retainers.restore(node),
            Command::RestoreAll => view.retainers.restore_all(),
            Command::MergePaths { of, title, nodes } => {
                view.merge_paths(of, title, nodes);
                self.stepped(slot, false);
            }
            Command::Compare { base, current } => {
                self.show_in(slot.side, current);
                if let Some(view) = self.shown_view() {
                    view.kind = ViewKind::Comparison;
                    view.comparison.set_base(base);
                }
            }
            Command::Explain(term) => self.help.explain(term),
            Command::Copy(text) => return Some(text),
            Command::CopyPosition(of, at) => {
                let scripts = self.session.ask(&ScriptsOf(of)).ready();
                return Some(scripts.map_or_else(|| Scripts::default().full(at), |scripts| scripts.full(at)));
            }
            Command::Export { name, list } => {
                // Whoever finds the file later must be able to see it too.
                let damaged = if place.snapshot.salvage().is_some() { "-damaged" } else { "" };
                self.ask_where_to_write(list, format!("{name}{damaged}.csv"));
            }
        }
        None
    }
}

impl eframe::App for HeapglassApp {
    #[cfg_attr(not(feature = "frame-times"), expect(unused_variables, reason = "only measured"))]
    fn logic(&mut self, ctx: &Context, frame: &mut eframe::Frame) {
        #[cfg(feature = "frame-times")]
        self.frame_times.frame(ctx, frame.info().cpu_usage, self.session.is_loading());
        self.take_in(ctx);
        for action in keys::pressed(ctx) {
            self.apply(ctx, action);
        }
        self.writer.keep(&self.settings);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let mut actions = Vec::new();
        chrome::top_bar(ui, self, &mut actions);
        chrome::status_bar(ui, self, &mut actions);
        let has_files = !self.session.open().is_empty() || !self.session.profiles().is_empty();
        if has_files || !self.session.loads().is_empty() {
            chrome::side_list(ui, self, &mut actions);
        }
        self.body(ui, &mut actions);
        chrome::drop_target(ui);
        let ctx = ui.ctx().clone();
        let can_split = self.can_split();
        actions.extend(self.palette.show(&ctx, |action| *action != Action::ToggleSplit || can_split));
        self.help.show(&ctx);
        self.capture.show(&ctx);
        if let Some(message) = self.exports.show(&ctx, &mut self.session) {
            self.notice = Some(message);
        }
        for action in actions {
            self.apply(&ctx, action);
        }
        self.give_keyboard(&ctx);
        self.note_visit();
    }
}

/// How long a remark in the status bar stays: enough to read it twice.
const NOTICE_SECONDS: f64 = 20.0;

/// What the system knows the program by; settings lie in a folder of this name.
const APP_ID: &str = "heapglass";

/// Opens the window and runs until it is closed.
///
/// # Errors
/// Without a display or a graphics driver there is no window.
pub fn run(files: Vec<PathBuf>, indexes: Indexes, memory_limit: MemoryLimit) -> anyhow::Result<()> {
    #[cfg(all(unix, not(target_os = "macos")))]
    if ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DISPLAY"].iter().all(|name| std::env::var_os(name).is_none()) {
        anyhow::bail!(
            "there is no display (neither WAYLAND_DISPLAY nor DISPLAY is set); see heapglass --help for the command line"
        );
    }
    let viewport = egui::ViewportBuilder::default()
        .with_title("Heapglass")
        .with_app_id(APP_ID)
        .with_inner_size([1280.0, 800.0])
        .with_min_inner_size([640.0, 400.0])
        .with_drag_and_drop(true);
    let options = eframe::NativeOptions { viewport, ..eframe::NativeOptions::default() };
    eframe::run_native(
        APP_ID,
        options,
        Box::new(|cc| {
            close_on_signal(cc.egui_ctx.clone());
            HeapglassApp::start(cc, Vec::new(), indexes, settings_file::default_path(APP_ID))
                .map(|mut app| {
                    app.session.set_memory_limit(memory_limit);
                    app.open_together(files);
                    app
                })
                .map(|app| Box::new(app) as Box<dyn eframe::App>)
                .map_err(Into::into)
        }),
    )
    .map_err(|error| anyhow::anyhow!("{error}"))
}

/// How long the window may take to close when a signal asks for it.
const CLOSING: Duration = Duration::from_secs(2);

/// Closes the window as its button does when the program is asked to end (SIGINT, SIGTERM, SIGHUP): it then keeps its size and
/// what egui remembers.
fn close_on_signal(ctx: Context) {
    let close = move || {
        ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        ctx.request_repaint();
        // A window that is hidden, or whose display is gone, may never draw again.
        std::thread::sleep(CLOSING);
        std::process::exit(1);
    };
    // Without it the program ends at once, with all settings kept.
    let _ = ctrlc::set_handler(close);
}
