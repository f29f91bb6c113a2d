//! The system's file dialog, on a thread of its own so that the window goes on.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use egui::Context;

/// A dialog that answers sooner than a person could has not been shown at all. That there is none can take a while to find
/// out on a busy machine.
const TOO_FAST: Duration = Duration::from_millis(700);

/// What a path is wanted for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    Open,
    Save,
}

/// What a dialog was for, and its answer.
#[derive(Debug)]
enum Chosen {
    Files(Option<Vec<PathBuf>>),
    Destination(Option<PathBuf>),
}

#[derive(Debug, Default)]
pub(super) struct FileDialog {
    waiting: Option<(Receiver<Chosen>, Instant, Purpose)>,
    files: Option<Vec<PathBuf>>,
    destination: Option<PathBuf>,
    unavailable: Option<Purpose>,
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

    /// Asks where to write a list, unless a dialog is open.
    pub(super) fn save_as(&mut self, ctx: &Context, name: &str) {
        let name = name.to_owned();
        self.start(ctx, Purpose::Save, move || {
            let file = rfd::FileDialog::new()
                .set_title("Export the list")
                .set_file_name(name)
                .add_filter("CSV", &["csv"])
                .add_filter("JSON", &["json"])
                .save_file();
            Chosen::Destination(file)
        });
    }

    fn start(&mut self, ctx: &Context, purpose: Purpose, ask: impl FnOnce() -> Chosen + Send + 'static) {
        if self.waiting.is_some() {
            return;
        }
        let (sender, answer) = bounded(1);
        let ctx = ctx.clone();
        let thread = std::thread::Builder::new().name("file dialog".to_owned()).spawn(move || {
            // The window may be gone by now.
            let _ = sender.send(ask());
            ctx.request_repaint();
        });
        match thread {
            Ok(_) => self.waiting = Some((answer, Instant::now(), purpose)),
            Err(_) => self.unavailable = Some(purpose),
        }
    }

    fn poll(&mut self) {
        let Some((answer, since, purpose)) = self.waiting.as_ref() else { return };
        match answer.try_recv() {
            Err(TryRecvError::Empty) => return,
            Ok(Chosen::Files(Some(files))) => self.files = Some(files),
            Ok(Chosen::Destination(Some(file))) => self.destination = Some(file),
            Ok(_) | Err(TryRecvError::Disconnected) => {
                self.unavailable = (since.elapsed() < TOO_FAST).then_some(*purpose);
            }
        }
        self.waiting = None;
    }

    /// The files to open, once.
    pub(super) fn take_files(&mut self) -> Option<Vec<PathBuf>> {
        self.poll();
        self.files.take()
    }

    /// Where to write, once.
    pub(super) fn take_destination(&mut self) -> Option<PathBuf> {
        self.poll();
        self.destination.take()
    }

    /// What the last attempt was for, if it showed that there is no dialog here; asked once.
    pub(super) fn is_unavailable_for(&mut self) -> Option<Purpose> {
        std::mem::take(&mut self.unavailable)
    }
}
