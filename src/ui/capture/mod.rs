//! The dialog for captures from a running program, over a thread that holds the connection.
//!
//! Each file opens once it is complete; a series opens its growth once its last snapshot is loaded. The dialog may be closed
//! meanwhile.

mod form;
mod local;

use std::time::{Duration, Instant};

use egui::{Context, Frame, Margin, ProgressBar, RichText, ScrollArea, TextEdit, Ui};

use super::dialog::{self, Height};
use super::theme::{self, GRID};
use crate::capture::{Address, LocalSearch, Remote, Step, Taken, Watch};
use crate::model::{SnapshotId, convert, human};
use crate::session::{CaptureState, Capturer};

const WIDTH: f32 = 500.0;
/// The average number of bytes between samples: V8's default.
const SAMPLING_INTERVAL: u32 = 32 << 10;
/// The time between frames while a capture or a connection is in progress.
const REDRAW: Duration = Duration::from_millis(100);

/// The kind of capture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    #[default]
    Snapshot,
    Series,
    Timeline,
    Sampling,
}

/// The dialog's choices and the capture in progress.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "check boxes")]
pub struct CapturePane {
    pub is_open: bool,
    pub address: String,
    pub mode: Mode,
    pub collect_garbage: bool,
    /// The number of snapshots of a series, and the seconds between them.
    pub count: u32,
    pub every_seconds: u32,
    /// True if a button takes each snapshot, not the clock.
    pub by_hand: bool,
    /// The length of a timeline or a profile.
    pub record_seconds: u32,
    pub until_stopped: bool,
    pub stacks: bool,
    /// True if the text of the program's scripts is stored beside the files.
    pub keeps_sources: bool,
    /// The folder for captured files.
    pub folder: String,
    /// The places where running programs are looked for.
    pub search: LocalSearch,
    isolate: usize,
    /// True if the address field is to receive the keyboard focus when the dialog is shown.
    takes_focus: bool,
    /// The last requested address, which the text field may no longer contain.
    asked: Option<(Address, Remote)>,
    capturer: Option<Capturer>,
    /// The capture in progress.
    running: Option<Running>,
    /// The snapshots of the series, which are shown together once they are loaded.
    batch: Vec<SnapshotId>,
    batch_is_whole: bool,
    /// The outcome of the last capture.
    outcome: Option<String>,
    /// Notes about the last capture, such as the number of scripts that were left out.
    notes: Vec<String>,
}

#[derive(Debug)]
struct Running {
    watch: Watch,
    handed_out: usize,
    ended_before: u64,
}

impl Default for CapturePane {
    fn default() -> Self {
        let home = std::env::home_dir().unwrap_or_else(std::env::temp_dir);
        Self {
            is_open: false,
            address: "127.0.0.1:9229".to_owned(),
            mode: Mode::default(),
            collect_garbage: true,
            count: 3,
            every_seconds: 30,
            by_hand: false,
            record_seconds: 10,
            until_stopped: false,
            stacks: true,
            keeps_sources: true,
            folder: home.join("heapglass-captures").display().to_string(),
            search: LocalSearch::default(),
            isolate: 0,
            takes_focus: true,
            asked: None,
            capturer: None,
            running: None,
            batch: Vec::new(),
            batch_is_whole: false,
            outcome: None,
            notes: Vec::new(),
        }
    }
}

impl CapturePane {
    /// Returns whether a capture is in progress.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Returns the state of the connection.
    #[must_use]
    pub fn state(&self) -> CaptureState {
        self.capturer.as_ref().map(Capturer::state).unwrap_or_default()
    }

    /// Returns whether the last capture has notes, which only the dialog shows.
    #[must_use]
    pub fn has_notes(&self) -> bool {
        !self.notes.is_empty()
    }

    /// Returns the complete files that were not returned before. Call it once per frame.
    pub(super) fn take_files(&mut self, ctx: &Context) -> Vec<Taken> {
        let Some(running) = &mut self.running else { return Vec::new() };
        ctx.request_repaint_after(REDRAW);
        let state = self.capturer.as_ref().map(Capturer::state).unwrap_or_default();
        let files: Vec<Taken> = running.watch.taken().into_iter().skip(running.handed_out).collect();
        running.handed_out += files.len();
        if state.ended > running.ended_before {
            let count = running.handed_out;
            self.outcome = Some(match (&state.error, count) {
                (Some(_), _) => String::new(),
                (None, 0) => "Canceled; nothing was kept".to_owned(),
                (None, 1) => "Done: 1 file".to_owned(),
                (None, count) => format!("Done: {count} files"),
            });
            self.notes = running.watch.notes();
            self.running = None;
            self.batch_is_whole = true;
        }
        files
    }

    /// Records that a file of the series is being loaded.
    pub(super) fn note_load(&mut self, id: SnapshotId) {
        self.batch.push(id);
    }

    /// Returns the snapshots of a finished series, once, when all of them are loaded.
    pub(super) fn take_series(&mut self, waits: impl Fn(&SnapshotId) -> bool) -> Vec<SnapshotId> {
        if !self.batch_is_whole || self.batch.iter().any(waits) {
            return Vec::new();
        }
        self.batch_is_whole = false;
        std::mem::take(&mut self.batch)
    }

    pub(super) fn show(&mut self, ctx: &Context) {
        self.takes_focus |= !self.is_open;
        self.look_for_local(ctx);
        let state = self.state();
        if self.is_open && state.is_busy {
            ctx.request_repaint_after(REDRAW);
        }
        let mut is_open = self.is_open;
        let title = ("capture", "Capture from a running program");
        dialog::window(ctx, title, (WIDTH, Height::Content), &mut is_open, |ui| {
            self.local(ui, &state);
            self.connection(ui, &state);
            if state.connected.is_some() || self.running.is_some() {
                ui.add_space(2.0 * GRID);
                ui.separator();
                self.choices(ui);
                self.warning(ui, &state);
                ui.add_space(2.0 * GRID);
                self.buttons(ui, &state);
            }
            self.outcome(ui, &state);
        });
        self.is_open = is_open;
    }

    /// Looks for running programs while the dialog is open.
    fn look_for_local(&mut self, ctx: &Context) {
        let search = self.is_open.then(|| self.search.clone());
        let capturer =
            if self.is_open { self.capturer(ctx).map(|capturer| &*capturer) } else { self.capturer.as_ref() };
        if let Some(capturer) = capturer {
            capturer.look_for_local(search.as_ref());
        }
    }

    /// Returns the capture thread, and starts it on first use.
    fn capturer(&mut self, ctx: &Context) -> Option<&mut Capturer> {
        if self.capturer.is_none() {
            let ctx = ctx.clone();
            match Capturer::start(move || ctx.request_repaint()) {
                Ok(capturer) => self.capturer = Some(capturer),
                Err(error) => self.outcome = Some(format!("Cannot start the capture thread: {error}")),
            }
        }
        self.capturer.as_mut()
    }

    /// Requests the targets at the address in the text field.
    fn list_written(&mut self, ctx: &Context) {
        match Address::parse(&self.address) {
            Ok(address) => self.list(ctx, address, Remote::Refused),
            Err(error) => {
                self.isolate = 0;
                self.outcome = Some(error.to_string());
            }
        }
    }

    fn list(&mut self, ctx: &Context, address: Address, remote: Remote) {
        self.forget_outcome();
        self.asked = Some((address.clone(), remote));
        if let Some(capturer) = self.capturer(ctx) {
            capturer.list(address, remote);
        }
    }

    /// Forgets the outcome of the last capture, before another program is chosen.
    fn forget_outcome(&mut self) {
        self.outcome = None;
        self.notes.clear();
        self.isolate = 0;
    }

    /// Returns the address that was refused because it is another machine's, while the text field still contains it.
    fn refused(&self, host: &str) -> Option<Address> {
        let (address, remote) = self.asked.as_ref()?;
        let is_written = Address::parse(&self.address).is_ok_and(|written| written == *address);
        (is_written && *remote == Remote::Refused && address.host == host).then(|| address.clone())
    }

    fn connection(&mut self, ui: &mut Ui, state: &CaptureState) {
        let ctx = ui.ctx().clone();
        ui.horizontal(|ui| {
            let is_idle = !self.is_running();
            let edit = TextEdit::singleline(&mut self.address).hint_text("127.0.0.1:9229").desired_width(300.0);
            let response = ui.add_enabled(is_idle, edit);
            if is_idle && std::mem::take(&mut self.takes_focus) {
                response.request_focus();
            }
            ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Address of the inspector"));
            if response.changed()
                && let Some(capturer) = &mut self.capturer
            {
                capturer.forget_confirmation();
            }
            let entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            let is_free = !state.is_busy && !self.is_running();
            let button = ui.add_enabled(is_free, egui::Button::new("Connect"));
            if button.on_hover_text("List the targets at this address").clicked() || (entered && is_free) {
                self.list_written(&ctx);
            }
            if state.is_busy && !self.is_running() {
                crate::ui::spinner::spinner(ui);
            }
        });
        let hint = "Or host:port of a program started with --inspect, or the ws://… URL of a target";
        ui.label(RichText::new(hint).font(theme::small()).color(theme::tokens(ui).weak));
        if let Some(refused) = state.confirm.as_ref().and_then(|host| self.refused(host)) {
            self.confirm(ui, &refused);
        }
        if state.targets.len() > 1 || state.isolates.len() > 1 {
            ui.add_space(GRID);
            ScrollArea::vertical().max_height(150.0).show(ui, |ui| self.targets(ui, state));
        } else if let Some((isolate, usage)) = state.isolates.first() {
            ui.add_space(GRID);
            ui.horizontal(|ui| {
                ui.label(RichText::new(human::visible(&isolate.title, 60)).strong());
                ui.weak(human::visible(&isolate.url, 60).into_owned());
            });
            let units = theme::look(ui).units;
            if let Some(usage) = usage {
                ui.weak(format!("heap in use: {}", units.bytes(usage.used_bytes())));
            }
        }
    }

    /// Asks before connecting to another machine. The answer holds for the named machine only.
    fn confirm(&mut self, ui: &mut Ui, refused: &Address) {
        let tokens = theme::tokens(ui);
        ui.add_space(GRID);
        Frame::new().fill(tokens.error_surface).corner_radius(4.0).inner_margin(Margin::same(8)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            let host = human::visible(&refused.host, 60);
            let text = format!(
                "{host} is another machine. The connection is not encrypted: anyone who intercepts it can read everything in \
                 the program's memory. Forwarding a port is safer:"
            );
            ui.label(RichText::new(text).color(tokens.error));
            let command = format!("ssh -L 9229:127.0.0.1:9229 {host}");
            ui.label(RichText::new(command).font(theme::mono()).color(tokens.error));
            ui.add_space(GRID);
            if ui.button("Connect anyway").clicked() {
                let ctx = ui.ctx().clone();
                self.list(&ctx, refused.clone(), Remote::Confirmed);
            }
        });
    }

    /// Lists the targets, with the workers below the connected one.
    fn targets(&mut self, ui: &mut Ui, state: &CaptureState) {
        let ctx = ui.ctx().clone();
        let units = theme::look(ui).units;
        let is_free = !state.is_busy && !self.is_running();
        for target in &state.targets {
            let is_connected = state.connected.as_ref() == Some(target);
            let text = format!("{}  {}", human::visible(&target.title, 50), human::visible(&target.kind, 20));
            let is_chosen = is_connected && (self.isolate == 0 || state.isolates.len() < 2);
            let response = ui.add_enabled(is_free, egui::Button::selectable(is_chosen, text));
            if response.on_hover_text(human::visible(&target.url, 300)).clicked() {
                self.isolate = 0;
                let remote = self.remote();
                if let Some(capturer) = self.capturer(&ctx).filter(|_| !is_connected) {
                    capturer.connect(target.clone(), remote);
                }
            }
            if !is_connected {
                continue;
            }
            for (at, (isolate, usage)) in state.isolates.iter().enumerate() {
                let size = usage.map_or_else(String::new, |usage| format!("  {}", units.bytes(usage.used_bytes())));
                if at == 0 {
                    ui.weak(format!("      heap in use:{size}"));
                    continue;
                }
                let text = format!("      {}{size}", human::visible(&isolate.title, 50));
                if ui.add_enabled(is_free, egui::Button::selectable(self.isolate == at, text)).clicked() {
                    self.isolate = at;
                }
            }
        }
    }

    /// Returns whether the listed targets may be on another machine.
    fn remote(&self) -> Remote {
        self.asked.as_ref().map_or(Remote::Refused, |(_, remote)| *remote)
    }
}

/// Draws the current step and its progress.
fn progress(ui: &mut Ui, watch: &Watch) {
    let units = theme::look(ui).units;
    let (text, fraction) = match watch.step() {
        Step::Connecting => ("Getting ready…".to_owned(), None),
        Step::CollectingGarbage => ("Collecting garbage…".to_owned(), None),
        Step::Snapshot { done, total, bytes: 0 } => {
            ("The program is paused while its heap is scanned".to_owned(), Some(convert::done(done, total)))
        }
        Step::Snapshot { bytes, .. } => (format!("Receiving the snapshot: {}", units.bytes(bytes)), None),
        Step::Waiting { until: None } => ("Waiting for you to take the next snapshot".to_owned(), None),
        Step::Waiting { until: Some(until) } => {
            let left = until.saturating_duration_since(Instant::now());
            (format!("Next snapshot in {} s", left.as_secs_f32().ceil()), None)
        }
        Step::Recording { since, length: None } => (format!("Recording: {}", human::duration(since.elapsed())), None),
        Step::Recording { since, length: Some(length) } => {
            let spent = since.elapsed();
            let (so_far, in_all) = (human::duration(spent.min(length)), human::duration(length));
            let fraction = spent.as_secs_f32() / length.as_secs_f32().max(0.001);
            (format!("Recording: {so_far} of {in_all}"), Some(fraction.min(1.0)))
        }
        Step::Receiving { .. } => ("Receiving the recording".to_owned(), None),
        Step::Sources { done, total } => {
            ("Storing the text of scripts".to_owned(), (total > 0).then(|| convert::done(done, total)))
        }
        Step::Done => ("Done".to_owned(), Some(1.0)),
    };
    let count = watch.taken().len();
    let taken = match count {
        0 => String::new(),
        1 => "  ·  1 file complete".to_owned(),
        count => format!("  ·  {count} files complete"),
    };
    ui.label(format!("{text}{taken}"));
    let Some(fraction) = fraction else { return };
    let fill = theme::tokens(ui).accent;
    ui.scope(|ui| {
        ui.visuals_mut().extreme_bg_color = theme::tokens(ui).border;
        ui.add(ProgressBar::new(fraction).desired_height(6.0).fill(fill));
    });
}
