//! The session of a run that has not ended, so that it can be restored after a crash.
//!
//! The file is written some seconds after a change. When the window closes, it is removed unless the session has notes
//! that are in no other file. Only one window does this: the one that holds the lock on the file beside it. A session
//! that another one would replace is set aside under a numbered name, from which a later run restores it.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use super::Saved;
use super::file::write;
use crate::ui::dialog::SESSION_ENDING;

/// The time between a change and writing it.
const DELAY: Duration = Duration::from_secs(2);
/// The time between two looks at the state of the window.
const INTERVAL: Duration = Duration::from_secs(1);
/// The maximum number of sessions that are set aside.
const MOST_ASIDE: u32 = 99;

/// The session that an earlier run left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::ui) enum Left {
    /// To be restored now.
    Restorable(PathBuf),
    /// Set aside for a later run, under this path.
    Aside(PathBuf),
}

/// Keeps the file of the session of this run.
#[derive(Debug, Default)]
pub(in crate::ui) struct Autosave {
    path: PathBuf,
    /// Held as long as this window keeps the file.
    lock: Option<File>,
    thread: Option<(Sender<Saved>, JoinHandle<()>)>,
    kept: Saved,
    looked: Option<Instant>,
}

impl Autosave {
    /// Starts keeping the session in a folder, unless another window does. Returns the session that an earlier run left, if
    /// any. It is set aside if this run `opens_files`.
    pub(in crate::ui) fn start(folder: &Path, opens_files: bool) -> (Self, Option<Left>) {
        let path = folder.join(format!("unsaved.{SESSION_ENDING}"));
        let locked = std::fs::create_dir_all(folder).and_then(|()| {
            let lock = OpenOptions::new().create(true).truncate(false).write(true).open(path.with_extension("lock"))?;
            lock.try_lock().map_err(std::io::Error::other)?;
            Ok(lock)
        });
        // Without the lock, only notes are written, when the window closes.
        let without = |path| (Self { path, ..Self::default() }, None);
        let Ok(lock) = locked else { return without(path) };
        let Ok(left) = take_left(&path, opens_files) else { return without(path) };
        let (sender, receiver) = unbounded();
        let file = path.clone();
        let thread = thread::Builder::new().name("session file".to_owned()).spawn(move || write_all(&file, &receiver));
        let thread = thread.ok().map(|thread| (sender, thread));
        (Self { path, lock: Some(lock), thread, kept: Saved::default(), looked: None }, left)
    }

    /// Returns whether it is time to look at the state of the window.
    pub(in crate::ui) fn is_due(&mut self) -> bool {
        let is_due = self.thread.is_some() && self.looked.is_none_or(|looked| looked.elapsed() >= INTERVAL);
        if is_due {
            self.looked = Some(Instant::now());
        }
        is_due
    }

    /// Keeps the session if it has changed.
    pub(in crate::ui) fn keep(&mut self, saved: Saved) {
        if self.kept == saved {
            return;
        }
        if let Some((sender, _)) = &self.thread {
            let _ = sender.send(saved.clone());
        }
        self.kept = saved;
    }

    /// Removes the file when the window closes, or writes the session with notes that are in no other file.
    pub(in crate::ui) fn finish(&mut self, unsaved: Option<Saved>) {
        if let Some((sender, thread)) = self.thread.take() {
            drop(sender);
            let _ = thread.join();
        }
        let lock = self.lock.take();
        match unsaved.filter(|_| !self.path.as_os_str().is_empty()) {
            Some(unsaved) => {
                let path = if lock.is_some() { self.path.clone() } else { free_aside(&self.path) };
                // On a full disk, the file of the last change remains.
                let _ = write(&path, Saved { was_closed: true, ..unsaved });
            }
            None if lock.is_some() => drop(std::fs::remove_file(&self.path)),
            None => {}
        }
    }
}

/// Finds the session that an earlier run left: the file, or the newest that was set aside. Sets the file aside if it is not
/// restored.
fn take_left(path: &Path, opens_files: bool) -> std::io::Result<Option<Left>> {
    if opens_files {
        if !path.is_file() {
            return Ok(None);
        }
        let aside = free_aside(path);
        std::fs::rename(path, &aside)?;
        return Ok(Some(Left::Aside(aside)));
    }
    if !path.is_file()
        && let Some(newest) = (1..=MOST_ASIDE).rev().map(|number| aside(path, number)).find(|path| path.is_file())
    {
        std::fs::rename(newest, path)?;
    }
    Ok(path.is_file().then(|| Left::Restorable(path.to_path_buf())))
}

/// Returns the path of a session that was set aside.
fn aside(path: &Path, number: u32) -> PathBuf {
    path.with_file_name(format!("unsaved-{number}.{SESSION_ENDING}"))
}

/// Returns a path at which a session can be set aside. If there are too many, it replaces the last one.
fn free_aside(path: &Path) -> PathBuf {
    let free = (1..MOST_ASIDE).map(|number| aside(path, number)).find(|path| !path.exists());
    free.unwrap_or_else(|| aside(path, MOST_ASIDE))
}

fn write_all(path: &Path, sessions: &Receiver<Saved>) {
    while let Ok(mut last) = sessions.recv() {
        let until = Instant::now() + DELAY;
        loop {
            match sessions.recv_deadline(until) {
                Ok(later) => last = later,
                Err(RecvTimeoutError::Timeout) => break,
                // The file is about to be removed or replaced.
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        if last.files.is_empty() {
            let _ = std::fs::remove_file(path);
        } else {
            // On a full disk, nothing can be restored; the next change tries again.
            let _ = write(path, last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::saved::{FORMAT, SavedFile};

    #[test]
    fn the_session_of_a_crash_is_left_and_that_of_a_closed_window_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let saved = Saved { format: FORMAT, files: vec![SavedFile::default()], ..Saved::default() };
        let (mut first, left) = Autosave::start(folder.path(), false);
        assert_eq!(left, None);
        assert!(first.is_due() && !first.is_due());
        first.keep(saved);
        let path = folder.path().join("unsaved.heapglass");
        let started = Instant::now();
        while !path.is_file() && started.elapsed() < Duration::from_secs(30) {
            thread::sleep(Duration::from_millis(20));
        }
        let (second, left) = Autosave::start(folder.path(), false);
        assert!(second.lock.is_none() && left.is_none(), "another window keeps the file");
        // A crash releases the lock and removes nothing.
        drop(first.lock.take());
        let (mut third, left) = Autosave::start(folder.path(), false);
        assert_eq!(left, Some(Left::Restorable(path.clone())));
        third.finish(None);
        assert!(!path.exists());
    }

    #[test]
    fn a_session_with_unsaved_notes_is_left_and_set_aside_by_a_run_that_opens_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let [path, aside] = ["unsaved.heapglass", "unsaved-1.heapglass"].map(|name| folder.path().join(name));
        let saved = Saved { format: FORMAT, files: vec![SavedFile::default()], ..Saved::default() };
        let (mut first, _) = Autosave::start(folder.path(), false);
        first.finish(Some(saved.clone()));
        let text = std::fs::read_to_string(&path).expect("the session");
        assert!(text.contains("\"was_closed\": true"), "{text}");

        let (mut second, left) = Autosave::start(folder.path(), true);
        assert_eq!(left, Some(Left::Aside(aside.clone())));
        // A window without the lock does not replace what the other one keeps.
        let (mut other, left) = Autosave::start(folder.path(), false);
        assert_eq!(left, None);
        other.finish(Some(saved));
        assert!(folder.path().join("unsaved-2.heapglass").is_file() && !path.exists());
        second.finish(None);
        assert!(aside.is_file() && !path.exists());

        for _ in 0..2 {
            let (mut next, left) = Autosave::start(folder.path(), false);
            assert_eq!(left, Some(Left::Restorable(path.clone())));
            next.finish(None);
        }
        assert_eq!(Autosave::start(folder.path(), false).1, None);
    }
}
