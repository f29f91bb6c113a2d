//! The application: what is open, what is shown of it, and the frame around the panes.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use egui::{Context, Key, KeyboardShortcut, Modifiers, Panel, Ui};

use super::chrome;
use super::dialog::FileDialog;
use super::panes::Command;
use super::panes::object::ObjectPane;
use super::panes::retainers::RetainersPane;
use super::panes::summary::{SummaryPane, filter_id};
use super::settings::Settings;
use super::theme;
use crate::format::Source;
use crate::model::NodeOrdinal;
use crate::session::{Event, Session, SnapshotId};
use crate::snapshot::Snapshot;

const OPEN: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::O);
const FILTER: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::K);
const LARGER: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Plus);
const LARGER_TOO: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Equals);
const SMALLER: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Minus);
const NORMAL: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Num0);
const CLOSE: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::W);

/// A snapshot of a small leaking service, for whoever has none at hand.
const EXAMPLE: &[u8] = include_bytes!("../../assets/example-after.heapsnapshot.zst");

/// The panes of one snapshot, each with its own state, so that going back and forth between snapshots loses nothing.
#[derive(Debug, Default)]
pub struct View {
    pub summary: SummaryPane,
    pub retainers: RetainersPane,
    pub object: ObjectPane,
}

impl View {
    fn select(&mut self, session: &Session, snapshot: &Arc<Snapshot>, node: NodeOrdinal) {
        self.retainers.set_node(session, snapshot, node);
        self.object.set_node(session, snapshot, node);
    }
}

/// What the frame around the panes asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    OpenDialog,
    OpenPath(PathBuf),
    OpenExample,
    Show(SnapshotId),
    Close(SnapshotId),
    DismissLoad(SnapshotId),
    NextTheme,
}

/// The whole window.
#[derive(Debug)]
pub struct HeapglassApp {
    pub session: Session,
    pub settings: Settings,
    pub shown: Option<SnapshotId>,
    views: HashMap<SnapshotId, View>,
    dialog: FileDialog,
    /// Text of the field for a path, for systems without a file dialog.
    pub path_field: String,
    /// A passing remark in the status bar.
    pub notice: Option<String>,
    #[cfg(feature = "frame-times")]
    frame_times: super::frame_times::FrameTimes,
}

impl HeapglassApp {
    /// Starts with `files` queued; nothing is read before the first frame.
    ///
    /// # Errors
    /// Fails if the system gives no threads.
    pub fn new(cc: &eframe::CreationContext<'_>, files: Vec<PathBuf>) -> std::io::Result<Self> {
        theme::install(&cc.egui_ctx);
        let settings = Settings::load(cc.storage);
        cc.egui_ctx.options_mut(|options| options.zoom_with_keyboard = false);
        cc.egui_ctx.set_theme(settings.theme);
        cc.egui_ctx.set_zoom_factor(settings.text_scale);
        let ctx = cc.egui_ctx.clone();
        let mut app = Self {
            session: Session::new(move || ctx.request_repaint())?,
            settings,
            shown: None,
            views: HashMap::new(),
            dialog: FileDialog::default(),
            path_field: String::new(),
            notice: None,
            #[cfg(feature = "frame-times")]
            frame_times: super::frame_times::FrameTimes::start(&cc.egui_ctx),
        };
        for file in files {
            app.open(file);
        }
        Ok(app)
    }

    /// Queues a file.
    pub fn open(&mut self, path: PathBuf) {
        self.settings.remember(&path);
        self.session.load(Source::file(path));
    }

    /// The panes of a snapshot.
    pub fn view(&mut self, id: SnapshotId) -> &mut View {
        self.views.entry(id).or_default()
    }

    /// The panes of the snapshot that is shown.
    pub fn shown_view(&mut self) -> Option<&mut View> {
        self.shown.and_then(|id| self.views.get_mut(&id))
    }

    fn apply(&mut self, ctx: &Context, action: Action) {
        match action {
            Action::OpenDialog => self.dialog.open(ctx),
            Action::OpenPath(path) => self.open(path),
            Action::OpenExample => {
                let name = "example-after.heapsnapshot".to_owned();
                self.session.load(Source::Bytes { name, bytes: Arc::from(EXAMPLE) });
            }
            Action::Show(id) => self.shown = Some(id),
            Action::Close(id) => self.close(id),
            Action::DismissLoad(id) => self.session.dismiss_load(id),
            Action::NextTheme => {
                self.settings.theme = self.settings.theme.next();
                ctx.set_theme(self.settings.theme);
            }
        }
    }

    fn close(&mut self, id: SnapshotId) {
        self.views.remove(&id);
        self.session.close(id);
        if self.shown == Some(id) {
            self.shown = self.session.open().last().map(|open| open.id);
        }
    }

    fn take_in(&mut self, ctx: &Context) {
        for event in self.session.poll() {
            match event {
                Event::Loaded(id) => {
                    self.shown = Some(id);
                    self.views.insert(id, View::default());
                    self.notice = None;
                }
                Event::Failed(_) => {}
                Event::Cancelled { name } => self.notice = Some(format!("{name}: loading was cancelled")),
            }
        }
        if let Some(paths) = self.dialog.take() {
            for path in paths {
                self.open(path);
            }
        }
        if self.dialog.is_unavailable() {
            self.notice = Some("No file dialog here: drop a file, or type its path on the start page".to_owned());
        }
        for file in ctx.input(|input| input.raw.dropped_files.clone()) {
            self.open(file.path().to_path_buf());
        }
        if self.session.is_loading() {
            // Progress moves without events.
            ctx.request_repaint_after(Duration::from_millis(50));
        }
    }

    fn shortcuts(&mut self, ctx: &Context) {
        let pressed = |shortcut: &KeyboardShortcut| ctx.input_mut(|input| input.consume_shortcut(shortcut));
        if pressed(&OPEN) {
            self.dialog.open(ctx);
        }
        if pressed(&FILTER) {
            ctx.memory_mut(|memory| memory.request_focus(filter_id()));
        }
        if pressed(&CLOSE)
            && let Some(id) = self.shown
        {
            self.close(id);
        }
        let scale = self.settings.text_scale;
        let wanted = if pressed(&LARGER) || pressed(&LARGER_TOO) {
            scale + 0.1
        } else if pressed(&SMALLER) {
            scale - 0.1
        } else if pressed(&NORMAL) {
            1.0
        } else {
            return;
        };
        self.settings.set_text_scale(wanted);
        ctx.set_zoom_factor(self.settings.text_scale);
    }

    fn run_commands(&mut self, ctx: &Context, id: SnapshotId, commands: Vec<Command>) {
        let Some(snapshot) = self.session.snapshot(id) else { return };
        for command in commands {
            let Some(view) = self.views.get_mut(&id) else { return };
            match command {
                Command::Select(node) => view.select(&self.session, &snapshot, node),
                Command::Reveal(node) => {
                    view.select(&self.session, &snapshot, node);
                    if !view.summary.reveal(&snapshot, node) {
                        let id = snapshot.id(node);
                        self.notice =
                            Some(format!("{id} has no size of its own, so its class does not list it in the summary"));
                    }
                }
                Command::Copy(text) => ctx.copy_text(text),
            }
        }
    }

    fn panes(&mut self, ui: &mut Ui, id: SnapshotId) {
        let Some(snapshot) = self.session.snapshot(id) else { return };
        let Some(mut view) = self.views.remove(&id) else { return };
        let mut commands = Vec::new();
        let frame = egui::Frame::new().fill(theme::tokens(ui).background);
        let height = ui.available_height();
        let lower = Panel::bottom("lower").resizable(true).frame(frame).default_size(height * 0.42);
        lower.size_range(120.0..=(height - 120.0).max(121.0)).show(ui, |ui| {
            let width = ui.available_width();
            let right = Panel::right("object").resizable(true).frame(frame).default_size((width * 0.36).max(260.0));
            right.size_range(200.0..=(width - 240.0).max(201.0)).show(ui, |ui| {
                ui.add_space(theme::GRID);
                commands.extend(view.object.show(ui, &self.session, &snapshot));
            });
            egui::CentralPanel::default().frame(frame).show(ui, |ui| {
                ui.add_space(theme::GRID);
                commands.extend(view.retainers.show(ui, &mut self.session, (id, &snapshot)));
            });
        });
        egui::CentralPanel::default().frame(frame).show(ui, |ui| {
            ui.add_space(theme::GRID);
            commands.extend(view.summary.show(ui, &mut self.session, (id, &snapshot)));
        });
        self.views.insert(id, view);
        self.run_commands(ui.ctx(), id, commands);
    }
}

impl eframe::App for HeapglassApp {
    #[cfg_attr(not(feature = "frame-times"), expect(unused_variables, reason = "only measured"))]
    fn logic(&mut self, ctx: &Context, frame: &mut eframe::Frame) {
        #[cfg(feature = "frame-times")]
        self.frame_times.frame(ctx, frame.info().cpu_usage, self.session.is_loading());
        self.take_in(ctx);
        self.shortcuts(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let mut actions = Vec::new();
        chrome::top_bar(ui, self, &mut actions);
        chrome::status_bar(ui, self);
        if !self.session.open().is_empty() || !self.session.loads().is_empty() {
            chrome::side_list(ui, self, &mut actions);
        }
        match self.shown {
            Some(id) => self.panes(ui, id),
            None => chrome::start_page(ui, self, &mut actions),
        }
        chrome::drop_target(ui);
        let ctx = ui.ctx().clone();
        for action in actions {
            self.apply(&ctx, action);
        }
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        self.settings.save(storage);
    }
}

/// Opens the window and runs until it is closed.
///
/// # Errors
/// Without a display or a graphics driver there is no window.
pub fn run(files: Vec<PathBuf>) -> anyhow::Result<()> {
    let viewport = egui::ViewportBuilder::default()
        .with_title("Heapglass")
        .with_app_id("heapglass")
        .with_inner_size([1280.0, 800.0])
        .with_min_inner_size([640.0, 400.0])
        .with_drag_and_drop(true);
    let options = eframe::NativeOptions { viewport, ..eframe::NativeOptions::default() };
    eframe::run_native(
        "heapglass",
        options,
        Box::new(|cc| {
            HeapglassApp::new(cc, files).map(|app| Box::new(app) as Box<dyn eframe::App>).map_err(Into::into)
        }),
    )
    .map_err(|error| anyhow::anyhow!("{error}"))
}
