//! The window: the state of the application in an eframe shell.

use std::path::{Path, PathBuf};
use std::time::Duration;

use egui::{Context, Ui};

use super::settings::Settings;
use super::settings_file::{self, SettingsWriter};
use super::state::AppState;
use super::state::start::Start;
use super::{chrome, keys, sides, theme};
use crate::index::Indexes;
use crate::model::MemoryLimit;
use crate::sources::SourcePaths;
use crate::ui::notice::Notice;

/// The window of the program.
#[derive(Debug)]
pub struct HeapglassApp {
    pub state: AppState,
    /// Writes the settings to their file.
    writer: SettingsWriter,
    #[cfg(feature = "frame-times")]
    frame_times: super::frame_times::FrameTimes,
}

impl HeapglassApp {
    /// Starts with `files` queued; nothing is read before the first frame. Reads and writes settings in `settings_file`,
    /// if given, and uses the cache of opened files unless the settings turn it off.
    ///
    /// # Errors
    /// Returns an error if no thread can be started.
    pub fn new(
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
        theme::set_high_contrast(&cc.egui_ctx, settings.high_contrast);
        theme::set_reduced_motion(&cc.egui_ctx, settings.reduce_motion);
        theme::set_density(&cc.egui_ctx, settings.density);
        let ctx = cc.egui_ctx.clone();
        let mut state = AppState::new(settings, indexes, move || ctx.request_repaint())?;
        state.open_together(files);
        Ok(Self {
            state,
            writer: writer.unwrap_or_default(),
            #[cfg(feature = "frame-times")]
            frame_times: super::frame_times::FrameTimes::start(&cc.egui_ctx),
        })
    }
}

impl eframe::App for HeapglassApp {
    #[cfg_attr(not(feature = "frame-times"), expect(unused_variables, reason = "used only for measuring"))]
    fn logic(&mut self, ctx: &Context, frame: &mut eframe::Frame) {
        #[cfg(feature = "frame-times")]
        self.frame_times.frame(ctx, frame.info().cpu_usage, self.state.session.is_loading());
        self.state.handle_answers(ctx);
        for action in keys::pressed(ctx) {
            self.state.apply(ctx, action);
        }
        // The menu of a table's columns changes the height of rows.
        self.state.settings.density = theme::density(ctx);
        self.writer.keep(&self.state.settings);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let state = &mut self.state;
        let mut actions = Vec::new();
        chrome::toolbar(ui, state, &mut actions);
        chrome::status_bar(ui, state, &mut actions);
        let has_files = !state.session.open().is_empty() || !state.session.profiles().is_empty();
        if has_files || !state.session.loads().is_empty() {
            chrome::side_list(ui, state, &mut actions);
        }
        sides::body(state, ui, &mut actions);
        chrome::drop_target(ui);
        let ctx = ui.ctx().clone();
        let last_error = state.last_error();
        state.help.show(&ctx, last_error.as_deref());
        state.capture.show(&ctx);
        state.show_editors(&ctx);
        state.show_rename(&ctx);
        state.show_scrub(&ctx);
        state.show_note_editor(&ctx);
        state.show_save_report(&ctx);
        if let Some(message) = state.exports.show(&ctx, &mut state.session) {
            state.toasts.push(Notice::problem(message));
        }
        for action in actions {
            state.apply(&ctx, action);
        }
        state.give_keyboard(&ctx);
        state.note_copied(&ctx);
        state.toasts.show(&ctx);
        state.note_visit();
        state.autosave();
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.state.finish_autosave();
    }
}

/// The application id, which is also the name of the settings folder.
const APP_ID: &str = "heapglass";

/// Opens the window and runs until it is closed.
///
/// # Errors
/// Returns an error if no display or graphics driver is available.
pub fn run(
    files: Vec<PathBuf>,
    start: Start,
    indexes: Indexes,
    memory_limit: MemoryLimit,
    sources: SourcePaths,
) -> anyhow::Result<()> {
    #[cfg(all(unix, not(target_os = "macos")))]
    if ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DISPLAY"].iter().all(|name| std::env::var_os(name).is_none()) {
        anyhow::bail!(
            "no display: neither WAYLAND_DISPLAY nor DISPLAY is set; see heapglass --help for the command line"
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
            HeapglassApp::new(cc, Vec::new(), indexes, settings_file::default_path(APP_ID))
                .map(|mut app| {
                    app.state.session.set_memory_limit(memory_limit);
                    app.state.set_source_paths(sources);
                    let opens_files = !files.is_empty();
                    app.state.open_together(files);
                    app.state.start_at(start);
                    if let Some(folder) = settings_file::default_path(APP_ID).as_deref().and_then(Path::parent) {
                        app.state.start_autosave(folder, opens_files);
                    }
                    app
                })
                .map(|app| Box::new(app) as Box<dyn eframe::App>)
                .map_err(Into::into)
        }),
    )
    .map_err(|error| anyhow::anyhow!("{error}"))
}

/// The maximum time for the window to close after a signal.
const CLOSING: Duration = Duration::from_secs(2);

/// Closes the window on SIGINT, SIGTERM and SIGHUP as its close button does, so that its size and egui's memory are saved.
fn close_on_signal(ctx: Context) {
    let close = move || {
        ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        ctx.request_repaint();
        // A hidden window, or one whose display is gone, may never draw again.
        std::thread::sleep(CLOSING);
        std::process::exit(1);
    };
    // Without a handler the program ends at once; settings are already saved.
    let _ = ctrlc::set_handler(close);
}
