//! The system's file dialog, on a thread of its own so that the window keeps running, and the frame of the window's own
//! dialogs.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use egui::accesskit::Role;
use egui::{
    Align, Align2, Area, Context, CornerRadius, Frame, Id, Layout, Margin, Order, RichText, ScrollArea, Stroke, Ui,
    Vec2,
};

use super::icons::{Icon, icon_button};

use super::proposed_path::{free_path, proposed_folder};
use super::theme::{self, GRID};

/// An answer within this time means that no dialog was shown, because nobody is that fast. On a busy machine it can take
/// a while to find out that no dialog is available.
const TOO_FAST: Duration = Duration::from_millis(700);

/// The ending of the names of session files.
pub(super) const SESSION_ENDING: &str = "heapglass";

/// The width of the content of a small dialog.
pub(super) const WIDTH: f32 = 440.0;
/// The share of the window's height above a dialog.
const ABOVE: f32 = 0.08;
/// The margin around the content of a dialog.
const MARGIN: i8 = 16;
/// The distance of a dialog from the edges of a small window.
const AROUND: f32 = 2.0 * GRID;

/// The height of a dialog.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Height {
    /// The height of the content, which scrolls if the window is lower.
    Content,
    /// A fixed height, if the window has it. The content scrolls itself.
    Fixed(f32),
}

/// The state of an open dialog.
#[derive(Clone, Copy, Default)]
struct Opened {
    /// The widget that had the keyboard focus before.
    before: Option<Id>,
    /// The number of passes for which the dialog has been open.
    passes: u32,
}

/// Draws a dialog of the window while it is open, with a title and a button that closes it. Escape closes it too. When it
/// closes, the keyboard focus returns to the widget that had it. Call it once per frame, also if the dialog is closed.
///
/// Invariant: the upper edge of a dialog does not move when its content grows, and all of it is inside the window.
pub(super) fn window<R>(
    ctx: &Context,
    (id, title): (&'static str, &str),
    (width, height): (f32, Height),
    is_open: &mut bool,
    content: impl FnOnce(&mut Ui) -> R,
) -> Option<R> {
    let id = Id::unique(("dialog", id));
    let opened: Option<Opened> = ctx.data(|data| data.get_temp(id));
    if !*is_open {
        if let Some(opened) = opened {
            return_focus(ctx, id, opened);
        }
        return None;
    }
    let opened = opened.unwrap_or_else(|| Opened { before: ctx.memory(egui::Memory::focused), passes: 0 });
    ctx.data_mut(|data| data.insert_temp(id, Opened { passes: opened.passes.saturating_add(1), ..opened }));
    let screen = ctx.content_rect().shrink(AROUND);
    let top = egui::pos2(screen.center().x, screen.top() + screen.height() * ABOVE);
    let margins = 2.0 * f32::from(MARGIN);
    let width = width.min(screen.width() - margins);
    let area = Area::new(id).order(Order::Middle).pivot(Align2::CENTER_TOP).default_pos(top).constrain_to(screen);
    let area = area.role(Role::Dialog).accessible_name(title).movable(true);
    let shown = area.show(ctx, |ui| {
        let tokens = theme::tokens(ui);
        let frame = Frame::new()
            .fill(tokens.background)
            .stroke(Stroke::new(1.0, tokens.border))
            .corner_radius(CornerRadius::same(8))
            .shadow(ui.visuals().window_shadow)
            .inner_margin(Margin::same(MARGIN));
        frame
            .show(ui, |ui| {
                ui.set_width(width);
                title_line(ui, title, is_open);
                ui.add_space(2.0 * GRID);
                let room = (screen.bottom() - top.y - margins - 9.0 * GRID).max(20.0 * GRID);
                match height {
                    Height::Fixed(height) => {
                        let size = Vec2::new(width, height.min(room));
                        ui.allocate_ui_with_layout(size, Layout::top_down(Align::Min), |ui| {
                            ui.set_min_size(size);
                            content(ui)
                        })
                        .inner
                    }
                    Height::Content => {
                        let scroll = ScrollArea::vertical().max_height(room).min_scrolled_height(room);
                        scroll.auto_shrink([false, true]).show(ui, content).inner
                    }
                }
            })
            .inner
    });
    super::close_by_escape(ctx, is_open);
    if !*is_open {
        return_focus(ctx, id, opened);
    }
    Some(shown.inner)
}

/// Returns whether a dialog has just opened, so that its first control takes the keyboard focus.
pub(super) fn has_just_opened(ctx: &Context, id: &'static str) -> bool {
    // The first pass only measures the dialog.
    ctx.data(|data| data.get_temp::<Opened>(Id::unique(("dialog", id)))).is_some_and(|opened| opened.passes <= 2)
}

/// Returns the keyboard focus to the widget that had it before a dialog was opened.
fn return_focus(ctx: &Context, id: Id, opened: Opened) {
    ctx.data_mut(|data| data.remove_temp::<Opened>(id));
    if let Some(before) = opened.before {
        ctx.memory_mut(|memory| memory.request_focus(before));
    }
}

fn title_line(ui: &mut Ui, title: &str, is_open: &mut bool) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if icon_button(ui, Icon::X, "Close", "Close   (Esc)").clicked() {
                *is_open = false;
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let title = RichText::new(title).font(theme::heading()).color(theme::tokens(ui).text);
                ui.add(egui::Label::new(title).truncate().selectable(false));
            });
        });
    });
}

/// The purpose of a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    Open,
    Save,
    /// A session file.
    Session,
    /// A folder in which the files of scripts are read.
    Folder,
}

/// The answer of a dialog, by purpose.
#[derive(Debug)]
enum Chosen {
    Files(Option<Vec<PathBuf>>),
    /// With a path to propose if no dialog is available.
    Destination(Option<PathBuf>, PathBuf),
    Session(Option<PathBuf>, PathBuf),
    Folder(Option<PathBuf>),
}

/// Returns whether a file name is that of a report rather than of a list.
pub(super) fn is_report(name: &str) -> bool {
    let ending = Path::new(name).extension();
    ending.is_some_and(|ending| ["html", "md"].iter().any(|of| ending.eq_ignore_ascii_case(of)))
}

#[derive(Debug, Default)]
pub(super) struct FileDialog {
    waiting: Option<(Receiver<Chosen>, Instant, Purpose)>,
    files: Option<Vec<PathBuf>>,
    destination: Option<PathBuf>,
    session: Option<PathBuf>,
    folder: Option<PathBuf>,
    unavailable: Option<Purpose>,
    proposed: PathBuf,
}

impl FileDialog {
    /// Asks for files to open, unless a dialog is open.
    pub(super) fn open(&mut self, ctx: &Context) {
        self.start(ctx, Purpose::Open, || {
            let files = rfd::FileDialog::new()
                .set_title("Open heap snapshots")
                .add_filter(
                    "Heap snapshots",
                    &[
                        "heapsnapshot",
                        SESSION_ENDING,
                        "heaptimeline",
                        "heapprofile",
                        "gz",
                        "zst",
                        "json",
                        "jsonl",
                        "ndjson",
                        "log",
                    ],
                )
                .add_filter("All files", &["*"])
                .pick_files();
            Chosen::Files(files)
        });
    }

    /// Asks for a file to write a list or a report to, unless a dialog is open.
    pub(super) fn save_as(&mut self, ctx: &Context, name: &str) {
        let name = name.to_owned();
        let is_report = is_report(&name);
        self.proposed = proposed_folder().join(&name);
        self.start(ctx, Purpose::Save, move || {
            // Another export of the same list must not replace the first.
            let proposed = free_path(&proposed_folder(), &name);
            let name = proposed.file_name().map_or(name, |name| name.to_string_lossy().into_owned());
            let dialog = rfd::FileDialog::new().set_file_name(name);
            let dialog = if is_report {
                dialog.set_title("Save report").add_filter("HTML", &["html"]).add_filter("Markdown", &["md"])
            } else {
                dialog.set_title("Export list").add_filter("CSV", &["csv"]).add_filter("JSON", &["json"])
            };
            Chosen::Destination(dialog.save_file(), proposed)
        });
    }

    /// Asks for a file to save the session to, unless a dialog is open.
    pub(super) fn save_session(&mut self, ctx: &Context) {
        self.start(ctx, Purpose::Session, || {
            let proposed = free_path(&proposed_folder(), &format!("session.{SESSION_ENDING}"));
            let name = proposed.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            let dialog = rfd::FileDialog::new().set_title("Save session").set_file_name(name);
            Chosen::Session(dialog.add_filter("Sessions", &[SESSION_ENDING]).save_file(), proposed)
        });
    }

    /// Asks for a folder with source files, unless a dialog is open.
    pub(super) fn choose_folder(&mut self, ctx: &Context) {
        self.start(ctx, Purpose::Folder, || {
            Chosen::Folder(rfd::FileDialog::new().set_title("Add a source folder").pick_folder())
        });
    }

    fn start(&mut self, ctx: &Context, purpose: Purpose, ask: impl FnOnce() -> Chosen + Send + 'static) {
        if self.waiting.is_some() {
            return;
        }
        let (sender, answer) = bounded(1);
        let ctx = ctx.clone();
        let thread = std::thread::Builder::new().name("file dialog".to_owned()).spawn(move || {
            // The window may have been closed.
            let _ = sender.send(ask());
            ctx.request_repaint();
        });
        match thread {
            Ok(_) => self.waiting = Some((answer, Instant::now(), purpose)),
            Err(_) => self.unavailable = Some(purpose),
        }
    }

    /// Returns whether a dialog that asks where to write is open, or its answer was not taken yet.
    pub(super) fn asks_where_to_write(&self) -> bool {
        let is_asked = self.waiting.as_ref().is_some_and(|(.., purpose)| *purpose == Purpose::Save);
        is_asked || self.destination.is_some() || self.unavailable == Some(Purpose::Save)
    }

    fn poll(&mut self) {
        let Some((answer, since, purpose)) = self.waiting.as_ref() else { return };
        match answer.try_recv() {
            Err(TryRecvError::Empty) => return,
            Ok(Chosen::Files(Some(files))) => self.files = Some(files),
            Ok(Chosen::Destination(Some(file), _)) => self.destination = Some(file),
            Ok(Chosen::Session(Some(file), _)) => self.session = Some(file),
            Ok(Chosen::Destination(None, proposed) | Chosen::Session(None, proposed)) => {
                self.proposed = proposed;
                self.unavailable = (since.elapsed() < TOO_FAST).then_some(*purpose);
            }
            Ok(Chosen::Folder(Some(folder))) => self.folder = Some(folder),
            Ok(Chosen::Files(None) | Chosen::Folder(None)) | Err(TryRecvError::Disconnected) => {
                self.unavailable = (since.elapsed() < TOO_FAST).then_some(*purpose);
            }
        }
        self.waiting = None;
    }

    /// Returns the files to open, once.
    pub(super) fn take_files(&mut self) -> Option<Vec<PathBuf>> {
        self.poll();
        self.files.take()
    }

    /// Returns the file to write to, once.
    pub(super) fn take_destination(&mut self) -> Option<PathBuf> {
        self.poll();
        self.destination.take()
    }

    /// Returns the file to save the session to, once.
    pub(super) fn take_session(&mut self) -> Option<PathBuf> {
        self.poll();
        self.session.take()
    }

    /// Returns the folder with source files, once.
    pub(super) fn take_folder(&mut self) -> Option<PathBuf> {
        self.poll();
        self.folder.take()
    }

    /// Returns the path to propose if no dialog for saving is available.
    pub(super) fn proposed(&self) -> String {
        self.proposed.display().to_string()
    }

    /// Returns, once, the purpose of the last attempt if it showed that no dialog is available.
    pub(super) fn is_unavailable_for(&mut self) -> Option<Purpose> {
        std::mem::take(&mut self.unavailable)
    }
}
