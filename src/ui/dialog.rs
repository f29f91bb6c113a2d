//! The system's file dialog, on a thread of its own so that the window keeps running, and the position of the window's own
//! dialogs.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use egui::{Align2, Context, Id, Window};

use super::proposed_path::{free_path, proposed_folder};

/// An answer within this time means that no dialog was shown, because nobody is that fast. On a busy machine it can take
/// a while to find out that no dialog is available.
const TOO_FAST: Duration = Duration::from_millis(700);

/// The width of the content of a small dialog.
pub(super) const WIDTH: f32 = 440.0;
/// The share of the window's height above a dialog.
const ABOVE: f32 = 0.1;

/// Returns a dialog of the window. Its upper edge does not move when its content grows.
pub(super) fn window(ctx: &Context, title: &str, id: Id) -> Window<'static> {
    let screen = ctx.content_rect();
    let top = egui::pos2(screen.center().x, screen.top() + screen.height() * ABOVE);
    Window::new(title).id(id).pivot(Align2::CENTER_TOP).default_pos(top).collapsible(false).resizable(false)
}

/// The purpose of a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    Open,
    Save,
    /// A folder in which the files of scripts are read.
    Folder,
}

/// The answer of a dialog, by purpose.
#[derive(Debug)]
enum Chosen {
    Files(Option<Vec<PathBuf>>),
    /// With a path to propose if no dialog is available.
    Destination(Option<PathBuf>, PathBuf),
    Folder(Option<PathBuf>),
}

#[derive(Debug, Default)]
pub(super) struct FileDialog {
    waiting: Option<(Receiver<Chosen>, Instant, Purpose)>,
    files: Option<Vec<PathBuf>>,
    destination: Option<PathBuf>,
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
                    &["heapsnapshot", "heaptimeline", "heapprofile", "gz", "zst", "json", "jsonl", "ndjson", "log"],
                )
                .add_filter("All files", &["*"])
                .pick_files();
            Chosen::Files(files)
        });
    }

    /// Asks for a file to write a list to, unless a dialog is open.
    pub(super) fn save_as(&mut self, ctx: &Context, name: &str) {
        let name = name.to_owned();
        self.proposed = proposed_folder().join(&name);
        self.start(ctx, Purpose::Save, move || {
            // Another export of the same list must not replace the first.
            let proposed = free_path(&proposed_folder(), &name);
            let name = proposed.file_name().map_or(name, |name| name.to_string_lossy().into_owned());
            let file = rfd::FileDialog::new()
                .set_title("Export list")
                .set_file_name(name)
                .add_filter("CSV", &["csv"])
                .add_filter("JSON", &["json"])
                .save_file();
            Chosen::Destination(file, proposed)
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
            Ok(Chosen::Destination(None, proposed)) => {
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
