//! The system's file dialog, on a thread of its own so that the window goes on.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use egui::Context;

/// A dialog that answers sooner than a person could has not been shown at all.
const TOO_FAST: Duration = Duration::from_millis(150);

#[derive(Debug, Default)]
pub(super) struct FileDialog {
    waiting: Option<(Receiver<Option<Vec<PathBuf>>>, Instant)>,
    unavailable: bool,
}

impl FileDialog {
    /// Shows the dialog, unless one is open.
    pub(super) fn open(&mut self, ctx: &Context) {
        if self.waiting.is_some() {
            return;
        }
        let (sender, answer) = bounded(1);
        let ctx = ctx.clone();
        let thread = std::thread::Builder::new().name("file dialog".to_owned()).spawn(move || {
            let files = rfd::FileDialog::new()
                .set_title("Open heap snapshots")
                .add_filter("Heap snapshots", &["heapsnapshot", "heaptimeline", "gz", "zst"])
                .add_filter("All files", &["*"])
                .pick_files();
            // The window may be gone by now.
            let _ = sender.send(files);
            ctx.request_repaint();
        });
        match thread {
            Ok(_) => self.waiting = Some((answer, Instant::now())),
            Err(_) => self.unavailable = true,
        }
    }

    /// The chosen files, once.
    pub(super) fn take(&mut self) -> Option<Vec<PathBuf>> {
        let (answer, since) = self.waiting.as_ref()?;
        match answer.try_recv() {
            Err(TryRecvError::Empty) => None,
            Ok(Some(files)) => {
                self.waiting = None;
                Some(files)
            }
            Ok(None) | Err(TryRecvError::Disconnected) => {
                self.unavailable = since.elapsed() < TOO_FAST;
                self.waiting = None;
                None
            }
        }
    }

    /// Whether the last attempt showed that there is no dialog here; asked once.
    pub(super) fn is_unavailable(&mut self) -> bool {
        std::mem::take(&mut self.unavailable)
    }
}
