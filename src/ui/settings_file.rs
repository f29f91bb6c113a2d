//! The file that keeps settings between runs.
//!
//! It is written whenever a setting changes, so that a killed program loses nothing. A new version replaces the old one
//! only once it is complete, so that the file is always whole.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::settings::Settings;
use crate::files::PartialFile;
use crate::inputs::read_small;

/// The name of the file in the program's folder.
const NAME: &str = "settings.json";
/// The maximum size of the file. Settings take a few kilobytes; Heapglass did not write a longer file.
const LIMIT_BYTES: u64 = 1 << 20;

/// Returns the path of a program's settings file, if the system has a folder for it.
pub(super) fn default_path(app_id: &str) -> Option<PathBuf> {
    eframe::storage_dir(app_id).map(|folder| folder.join(NAME))
}

/// Reads settings; damaged or missing ones get their defaults.
pub(super) fn read(file: &Path) -> Settings {
    let read = read_small(file, LIMIT_BYTES).ok().and_then(|text| serde_json::from_slice(&text).ok());
    let mut settings: Settings = read.unwrap_or_default();
    settings.set_text_scale(settings.text_scale);
    settings.migrate();
    settings
}

fn write(file: &Path, settings: &Settings) -> io::Result<()> {
    let text = serde_json::to_vec_pretty(settings)?;
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut partial = PartialFile::create_hidden(file)?;
    partial.write_all(&text)?;
    partial.replace()
}

/// Removes partial files left by programs that were killed while writing.
fn remove_leftovers(file: &Path) {
    let (Some(folder), Some(name)) = (file.parent(), file.file_name().and_then(|name| name.to_str())) else { return };
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let is_leftover = entry.file_name().to_str().is_some_and(|other| is_partial_of(name, other));
        if is_leftover && is_old(&entry) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Returns whether `other` is the name of a partial file for `name`.
fn is_partial_of(name: &str, other: &str) -> bool {
    let rest = other.strip_prefix('.').and_then(|rest| rest.strip_prefix(name));
    rest.is_some_and(|rest| rest.starts_with('.') && rest.ends_with(".partial"))
}

/// Returns whether a file is too old to be still being written: another window takes milliseconds.
fn is_old(entry: &fs::DirEntry) -> bool {
    const WRITING_SECONDS: u64 = 60;
    let modified = entry.metadata().and_then(|metadata| metadata.modified());
    modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age.as_secs() > WRITING_SECONDS))
}

/// Writes settings to their file on a thread of its own. Dropping it waits for the last write.
#[derive(Debug, Default)]
pub(super) struct SettingsWriter {
    /// The settings that the file contains, or will contain once the thread has written them.
    kept: Settings,
    thread: Option<(Sender<Settings>, JoinHandle<()>)>,
}

impl SettingsWriter {
    /// Starts with the settings that the file contains. If no thread can be started, settings are not saved, but the program
    /// starts anyway.
    pub(super) fn start(file: PathBuf, contained: Settings) -> Self {
        let (sender, receiver) = unbounded();
        let thread = thread::Builder::new().name("settings".to_owned()).spawn(move || {
            remove_leftovers(&file);
            write_all(&file, &receiver);
        });
        Self { kept: contained, thread: thread.ok().map(|thread| (sender, thread)) }
    }

    /// Writes the settings if they have changed.
    pub(super) fn keep(&mut self, settings: &Settings) {
        if self.kept == *settings {
            return;
        }
        self.kept = settings.clone();
        if let Some((sender, _)) = &self.thread {
            let _ = sender.send(settings.clone());
        }
    }
}

impl Drop for SettingsWriter {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.thread.take() {
            drop(sender);
            let _ = thread.join();
        }
    }
}

fn write_all(file: &Path, settings: &Receiver<Settings>) {
    while let Ok(first) = settings.recv() {
        // Only the last of several changes matters.
        let last = settings.try_iter().last().unwrap_or(first);
        // On a full disk the file keeps the old settings; the next change tries again.
        let _ = write(file, &last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_recent(path: &str) -> Settings {
        let mut settings = Settings::default();
        settings.remember(&[PathBuf::from(path)]);
        settings
    }

    #[test]
    fn settings_are_written_when_they_change_and_read_by_the_next_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("heapglass").join(NAME);
        assert_eq!(read(&file), Settings::default());
        let mut writer = SettingsWriter::start(file.clone(), Settings::default());
        writer.keep(&Settings::default());
        let changed = with_recent("/heaps/a.heapsnapshot");
        writer.keep(&changed);
        drop(writer);
        assert_eq!(read(&file), changed);
        let names: Vec<_> = fs::read_dir(file.parent().expect("a folder")).expect("it exists").collect();
        assert_eq!(names.len(), 1, "nothing is left beside it: {names:?}");
    }

    #[test]
    fn damaged_settings_are_the_default() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(NAME);
        write(&file, &with_recent("/heaps/a.heapsnapshot")).expect("written");
        let whole = fs::read(&file).expect("it exists");
        for end in (0..whole.len()).step_by(3) {
            fs::write(&file, &whole[..end]).expect("written");
            assert_eq!(read(&file), Settings::default(), "cut at {end}");
        }
        fs::write(&file, b"\xff\xfe").expect("written");
        assert_eq!(read(&file), Settings::default());
    }

    #[test]
    fn a_non_unicode_path_does_not_prevent_saving_other_settings() {
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt as _;
            let mut settings = with_recent("/heaps/a.heapsnapshot");
            settings.remember(&[PathBuf::from(std::ffi::OsStr::from_bytes(b"/heaps/\xff.heapsnapshot"))]);
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join(NAME);
            write(&file, &settings).expect("written");
            assert_eq!(read(&file), settings);
        }
    }

    #[test]
    fn old_leftovers_are_removed_and_other_files_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(NAME);
        let long_ago = std::time::SystemTime::now() - std::time::Duration::from_hours(1);
        let make = |name: &str, is_old: bool| {
            let file = fs::File::create(folder.path().join(name)).expect("created");
            if is_old {
                file.set_modified(long_ago).expect("set");
            }
        };
        make(".settings.json.4711-0.partial", true);
        make(".settings.json.4712-0.partial", false);
        make(".other.json.4711-0.partial", true);
        make("app.ron", true);
        remove_leftovers(&file);
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).expect("it exists").map(|entry| entry.expect("an entry").file_name()).collect();
        left.sort();
        assert_eq!(left, [".other.json.4711-0.partial", ".settings.json.4712-0.partial", "app.ron"]);
    }
}
