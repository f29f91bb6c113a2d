//! The cache of opened files: whole snapshots with all derived facts, kept in the user's cache folder, so that
//! opening a file again is about as fast as copying it.
//!
//! - A cache file belongs to one state of one file ([`identity`]) and to one version of the program ([`layout`]). An
//!   invalid cache file is silently removed, and the original file is read instead.
//! - Every byte of a cache file is covered by a hash that is checked while reading. Bugs in the writer are detected
//!   too: every number that is used as an index is checked against its bounds.
//! - Writing is atomic: a cache file is written under another name and renamed.
//! - A heap contains secrets: the folder and its files are readable only by their user. A folder or a file that belongs
//!   to another user, or that others can write to, is not used.
//!
//! The storage of each structure is declared next to its fields, see `model::stored`.

mod folder;
mod identity;
mod layout;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use identity::Identity;

use crate::format::Source;
use crate::inputs::open_regular;
use crate::memory::Account;
use crate::model::stored::NotStored;
use crate::model::{CancelToken, Cancelled, Progress};
use crate::snapshot::{OpenError, Snapshot, SourceInfo};

/// Maximum total size of the cache in bytes.
const LIMIT_BYTES: u64 = 8_000_000_000;
/// Snapshots that need less memory are read from their file in a few tenths of a second.
const WORTHWHILE_BYTES: u64 = 64 << 20;

/// The configuration of the cache.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Indexes {
    /// The cache is disabled if this is `None`.
    folder: Option<PathBuf>,
    limit_bytes: u64,
    worthwhile_bytes: u64,
}

/// A snapshot, and the information needed to write its cache file.
#[derive(Debug)]
pub struct Opened {
    pub snapshot: Snapshot,
    pub unwritten: Option<Unwritten>,
}

impl Opened {
    /// Creates the result for a snapshot that is not cached.
    #[must_use]
    pub fn without_index(snapshot: Snapshot) -> Self {
        Self { snapshot, unwritten: None }
    }
}

/// A cache file that should be written when nothing more urgent is pending.
#[derive(Debug)]
pub struct Unwritten {
    /// The state of the file before it was read.
    identity: Identity,
    /// True if later writes to the file change its identity.
    is_settled: bool,
    file: PathBuf,
}

impl Indexes {
    /// Returns a disabled cache.
    #[must_use]
    pub fn off() -> Self {
        Self::default()
    }

    /// Returns a cache in that folder, for snapshots of any size.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()), limit_bytes: LIMIT_BYTES, worthwhile_bytes: 0 }
    }

    /// Returns the cache with another total size limit.
    #[must_use]
    pub fn with_limit(self, limit_bytes: u64) -> Self {
        Self { limit_bytes, ..self }
    }

    /// Returns the cache configured by the environment: `HEAPGLASS_INDEX` is `off`, or `always` to cache small
    /// snapshots too; `HEAPGLASS_INDEX_DIR` overrides the folder in the user's cache.
    #[must_use]
    pub fn from_environment() -> Self {
        let wish = std::env::var_os("HEAPGLASS_INDEX").unwrap_or_default();
        if wish == "off" {
            return Self::off();
        }
        let folder = crate::files::cache_folder();
        let worthwhile_bytes = if wish == "always" { 0 } else { WORTHWHILE_BYTES };
        Self { folder, limit_bytes: LIMIT_BYTES, worthwhile_bytes }
    }

    #[must_use]
    pub fn is_on(&self) -> bool {
        self.folder.is_some()
    }

    /// Opens a source from the cache if possible, otherwise like [`Snapshot::open`].
    ///
    /// # Errors
    /// Returns the errors of [`Snapshot::open`]. An invalid cache file is not an error.
    pub fn open(&self, source: Source, progress: &Progress, cancel: &CancelToken) -> Result<Opened, OpenError> {
        let started = Instant::now();
        let account = Account::open(cancel);
        let unwritten = self.unwritten(&source);
        if let Some(unwritten) = &unwritten {
            let name = source.name();
            let path = source.path().map(Path::to_path_buf);
            let read = progress.stage("index", || unwritten.read(name, path, progress, cancel));
            if let Some(mut snapshot) = read.map_err(|error| OpenError::from(error).explained(cancel))? {
                snapshot.set_load_time(started.elapsed());
                return Ok(Opened { snapshot, unwritten: None });
            }
        }
        drop(account);
        let snapshot = Snapshot::open(source, progress, cancel)?;
        // Cache files do not store notes.
        let is_worthwhile = snapshot.heap_bytes() as u64 >= self.worthwhile_bytes && snapshot.source().note.is_none();
        Ok(Opened { snapshot, unwritten: unwritten.filter(|unwritten| is_worthwhile && unwritten.is_settled) })
    }

    /// Returns the cache file for the source. Streams and bytes in memory have none.
    fn unwritten(&self, source: &Source) -> Option<Unwritten> {
        let folder = self.folder.as_ref().filter(|folder| folder::is_trusted(folder))?;
        folder::remove_leftovers(folder);
        let identity = Identity::of(source.path()?)?;
        let file = folder.join(identity.file_name());
        Some(Unwritten { is_settled: identity.is_settled(), identity, file })
    }

    /// Writes a cache file. Returns false if it was not written because there is no space, because the file has
    /// changed, or because the work was cancelled.
    #[must_use]
    pub fn write(&self, snapshot: &Snapshot, unwritten: &Unwritten, cancel: &CancelToken) -> bool {
        let Unwritten { identity, file, .. } = unwritten;
        let Some(folder) = self.folder.as_ref().filter(|folder| folder::is_trusted(folder)) else { return false };
        // A file that was modified while it was read must not be confused with what was read.
        let is_unchanged = || snapshot.source().path.as_deref().and_then(Identity::of).as_ref() == Some(identity);
        let bytes = snapshot.heap_bytes() as u64;
        if cancel.is_cancelled() || !is_unchanged() || !folder::make_room(folder, bytes, self.limit_bytes, file) {
            return false;
        }
        let written = folder::Unfinished::create(folder).and_then(|unfinished| {
            write::write(&unfinished.file, snapshot, identity, cancel)?;
            unfinished.keep(file)
        });
        written.is_ok()
    }

    /// Removes all cache files. Returns the number of bytes freed.
    #[must_use]
    pub fn remove_all(&self) -> u64 {
        self.folder.as_deref().map_or(0, folder::remove_all)
    }
}

/// Returns the size of a file and a hash of parts of its contents, which tell whether it is the same file elsewhere.
#[must_use]
pub(crate) fn fingerprint(path: &Path) -> Option<(u64, String)> {
    let identity = Identity::of(path)?;
    Some((identity.size_bytes, identity.parts()))
}

impl Unwritten {
    /// Reads the snapshot from the cache, if possible. An invalid cache file is removed.
    fn read(
        &self,
        name: String,
        path: Option<PathBuf>,
        progress: &Progress,
        cancel: &CancelToken,
    ) -> Result<Option<Snapshot>, Cancelled> {
        let Ok((file, metadata)) = open_regular(&self.file) else { return Ok(None) };
        if !folder::is_own(&metadata) {
            return Ok(None);
        }
        let source = SourceInfo::of_index(name, path, self.identity.size_bytes);
        match read::read(&file, &self.identity, source, progress, cancel) {
            Ok(snapshot) => {
                // The least recently used file is removed first.
                let _ =
                    File::options().write(true).open(&self.file).and_then(|file| file.set_modified(SystemTime::now()));
                Ok(Some(snapshot))
            }
            Err(NotStored::Cancelled(cancelled)) => Err(cancelled),
            Err(NotStored::Damaged) => {
                let _ = fs::remove_file(&self.file);
                Ok(None)
            }
        }
    }
}
