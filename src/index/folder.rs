//! The cache folder: its location, permissions, size limit and leftovers.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use crate::inputs::open_regular;

/// The file extensions of complete files and of files that are being written.
pub(super) const ENDING: &str = "heapglass-index";
const UNFINISHED: &str = "heapglass-writing";

/// A cache file, complete or partial.
#[derive(Debug)]
struct Entry {
    path: PathBuf,
    bytes: u64,
    /// The time of the last use.
    used: SystemTime,
    is_whole: bool,
}

/// Returns the cache's own files in the folder. Other files are left alone.
fn entries(folder: &Path) -> Vec<Entry> {
    let Ok(found) = fs::read_dir(folder) else { return Vec::new() };
    let entry = |file: fs::DirEntry| {
        let (path, metadata) = (file.path(), file.metadata().ok()?);
        let ending = path.extension()?;
        let is_whole = ending == ENDING;
        if !metadata.is_file() || !(is_whole || ending == UNFINISHED) {
            return None;
        }
        let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        Some(Entry { bytes: metadata.len(), used, is_whole, path })
    };
    let mut entries: Vec<Entry> = found.filter_map(Result::ok).filter_map(entry).collect();
    entries.sort_by(|one, other| one.used.cmp(&other.used).then_with(|| one.path.cmp(&other.path)));
    entries
}

/// Returns whether only this user can have written to the folder, or it does not exist yet.
pub(super) fn is_trusted(folder: &Path) -> bool {
    // A folder that cannot be inspected cannot be read either.
    fs::metadata(folder).map_or(true, |metadata| metadata.is_dir() && is_own(&metadata))
}

/// Returns whether a file or folder belongs to this user, and nobody else can write to it.
#[cfg(unix)]
pub(super) fn is_own(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    const OTHERS_WRITE: u32 = 0o022;
    metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & OTHERS_WRITE == 0
}

/// Returns true: other systems separate the folders of users themselves.
#[cfg(not(unix))]
pub(super) fn is_own(_metadata: &fs::Metadata) -> bool {
    true
}

/// A file that is being written. It is removed on drop unless it was [kept](Self::keep).
#[derive(Debug)]
pub(super) struct Unfinished {
    pub(super) file: File,
    path: PathBuf,
    is_kept: bool,
}

impl Unfinished {
    /// Creates a file that only this user can read. It is locked while it is open, which distinguishes it from a
    /// leftover.
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        crate::files::create_private(folder)?;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let started = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        let path = folder.join(format!("{}-{count}-{started}.{UNFINISHED}", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        let unfinished = Self { file, path, is_kept: false };
        unfinished.file.lock()?;
        Ok(unfinished)
    }

    /// Moves the file to its path, atomically replacing an older one.
    pub(super) fn keep(mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        self.is_kept = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_kept {
            // If it cannot be removed now, the next start removes it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes leftovers of killed writers. A running writer holds a lock on its file.
pub(super) fn remove_leftovers(folder: &Path) {
    for entry in entries(folder).into_iter().filter(|entry| !entry.is_whole) {
        let is_abandoned = open_regular(&entry.path).is_ok_and(|(file, _)| file.try_lock().is_ok());
        if is_abandoned {
            let _ = fs::remove_file(&entry.path);
        }
    }
}

/// Removes the least recently used files until one of `bytes` fits within `limit` and within half of the available disk
/// space. `replaced` will be overwritten. If the file cannot fit, returns false and removes nothing.
pub(super) fn make_room(folder: &Path, bytes: u64, limit: u64, replaced: &Path) -> bool {
    let mut others: Vec<Entry> = entries(folder).into_iter().filter(|entry| entry.path != replaced).collect();
    let mut taken: u64 = others.iter().map(|entry| entry.bytes).sum();
    let limit = free_bytes(folder).map_or(limit, |free| limit.min(free.saturating_add(taken) / 2));
    if bytes > limit {
        return false;
    }
    others.retain(|entry| entry.is_whole);
    for entry in others {
        if taken + bytes <= limit {
            break;
        }
        if fs::remove_file(&entry.path).is_ok() {
            taken -= entry.bytes;
        }
    }
    taken + bytes <= limit
}

/// Removes all cache files. Returns the number of bytes freed.
pub(super) fn remove_all(folder: &Path) -> u64 {
    let whole = entries(folder).into_iter().filter(|entry| entry.is_whole);
    whole.filter(|entry| fs::remove_file(&entry.path).is_ok()).map(|entry| entry.bytes).sum()
}

/// Returns the free bytes on the disk of a folder, which may not exist yet.
fn free_bytes(folder: &Path) -> Option<u64> {
    crate::files::nearest_existing(folder).and_then(crate::files::space).map(|space| space.free_bytes)
}
