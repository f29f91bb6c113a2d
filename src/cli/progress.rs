//! Progress of a load on a terminal.
//!
//! Shown on standard error if it is a terminal, and only for loads that take longer than a second. The line is removed
//! before anything else is written.

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::name_of;
use crate::model::{Progress, convert, human};

/// Faster loads show no progress.
const PATIENCE: Duration = Duration::from_secs(1);
const INTERVAL: Duration = Duration::from_millis(100);
/// The number of steps of the bar.
const STEPS: u64 = 1000;

/// A progress line that is shown until it is dropped.
#[derive(Debug)]
pub(super) struct ShownProgress {
    is_done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl ShownProgress {
    /// Shows the progress of loading a file, if standard error is a terminal.
    pub(super) fn start(progress: &Progress, file: &Path) -> Self {
        let is_done = Arc::new(AtomicBool::new(false));
        let name = human::visible_ends(&name_of(file), 40).into_owned();
        let thread = io::stderr().is_terminal().then(|| {
            let (progress, is_done) = (progress.clone(), Arc::clone(&is_done));
            thread::Builder::new().name("progress".to_owned()).spawn(move || draw(&progress, &is_done, &name))
        });
        // The progress line is optional: without a thread, the load goes on without it.
        Self { is_done, thread: thread.and_then(Result::ok) }
    }
}

impl Drop for ShownProgress {
    fn drop(&mut self) {
        self.is_done.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn draw(progress: &Progress, is_done: &AtomicBool, name: &str) {
    let began = Instant::now();
    let mut bar = None;
    while !is_done.load(Ordering::Acquire) {
        if began.elapsed() >= PATIENCE {
            let reading = progress.read();
            let position = convert::whole(f64::from(reading.fraction()) * convert::float(STEPS));
            let bar = bar.get_or_insert_with(new_bar);
            bar.set_message(format!("{name}: {}", reading.phase.label()));
            bar.set_position(position);
        }
        thread::park_timeout(INTERVAL);
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

fn new_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("[{bar:25}] {percent:>3}% {wide_msg}");
    let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::stderr());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "))
}
