//! Indexes: whole snapshots with all that was derived of them, kept in the user's cache folder, so that a file that was
//! opened before opens again at the speed of a copy.
//!
//! - An index belongs to one state of one file ([`identity`]) and to one version of the program ([`layout`]). Whatever is
//!   wrong with it, it is removed without a word and the file is read instead.
//! - Every byte of an index is under a hash that is checked while it is read. So what was read is what was written; that
//!   whoever wrote it made no mistake is checked too: every number that is an index is within its bounds.
//! - It appears in its place whole or not at all: it is written under another name and renamed.
//! - A heap holds secrets: folder and files are readable by their user only. A folder or a file that belongs to another
//!   user, or that others may write to, is not used.
//!
//! How each structure is stored stands next to its fields, see `model::stored`.

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

/// Bytes that all indexes together may take.
const LIMIT_BYTES: u64 = 8_000_000_000;
/// Snapshots that take less memory are read from their file in a few tenths of a second.
const WORTHWHILE_BYTES: u64 = 64 << 20;

/// Whether indexes are kept, and where.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Indexes {
    /// None are read or written without.
    folder: Option<PathBuf>,
    limit_bytes: u64,
    worthwhile_bytes: u64,
}

/// A snapshot, and what its index needs if it is to be written.
#[derive(Debug)]
pub struct Opened {
    pub snapshot: Snapshot,
    pub unwritten: Option<Unwritten>,
}

impl Opened {
    /// Of a snapshot that is not to have one.
    #[must_use]
    pub fn without_index(snapshot: Snapshot) -> Self {
        Self { snapshot, unwritten: None }
    }
}

/// An index that should be written once nobody waits for anything more urgent.
#[derive(Debug)]
pub struct Unwritten {
    /// As it was before the file was read.
    identity: Identity,
    /// Whether what is written to the file from then on shows in it.
    is_settled: bool,
    file: PathBuf,
}

impl Indexes {
    /// None are read or written.
    #[must_use]
    pub fn off() -> Self {
        Self::default()
    }

    /// Kept in that folder, for snapshots of any size.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()), limit_bytes: LIMIT_BYTES, worthwhile_bytes: 0 }
    }

    /// With another limit for all of them together.
    #[must_use]
    pub fn with_limit(self, limit_bytes: u64) -> Self {
        Self { limit_bytes, ..self }
    }

    /// As the environment says: `HEAPGLASS_INDEX` is `off`, or `always` to keep them of small snapshots too;
    /// `HEAPGLASS_INDEX_DIR` names a folder other than the one in the user's cache.
    #[must_use]
    pub fn from_environment() -> Self {
        let wish = std::env::var_os("HEAPGLASS_INDEX").unwrap_or_default();
        if wish == "off" {
            return Self::off();
        }
        let folder = match std::env::var_os("HEAPGLASS_INDEX_DIR").filter(|folder| !folder.is_empty()) {
            Some(folder) => Some(PathBuf::from(folder)),
            None => folder::default_folder(),
        };
        let worthwhile_bytes = if wish == "always" { 0 } else { WORTHWHILE_BYTES };
        Self { folder, limit_bytes: LIMIT_BYTES, worthwhile_bytes }
    }

    #[must_use]
    pub fn is_on(&self) -> bool {
        self.folder.is_some()
    }

    /// Opens a source by its index if there is one, else as [`Snapshot::open`] does.
    ///
    /// # Errors
    /// Those of [`Snapshot::open`]; what is wrong with an index is none.
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
        // An index has no room for the note.
        let is_worthwhile = snapshot.heap_bytes() as u64 >= self.worthwhile_bytes && snapshot.source().note.is_none();
        Ok(Opened { snapshot, unwritten: unwritten.filter(|unwritten| is_worthwhile && unwritten.is_settled) })
    }

    /// Where the index of the source belongs. Streams and bytes in memory have none.
    fn unwritten(&self, source: &Source) -> Option<Unwritten> {
        let folder = self.folder.as_ref().filter(|folder| folder::is_trusted(folder))?;
        folder::remove_leftovers(folder);
        let identity = Identity::of(source.path()?)?;
        let file = folder.join(identity.file_name());
        Some(Unwritten { is_settled: identity.is_settled(), identity, file })
    }

    /// Writes an index; true if it is there now. That there is no room, that the file has changed meanwhile or that the
    /// work was cancelled is no error: then there is none.
    #[must_use]
    pub fn write(&self, snapshot: &Snapshot, unwritten: &Unwritten, cancel: &CancelToken) -> bool {
        let Unwritten { identity, file, .. } = unwritten;
        let Some(folder) = self.folder.as_ref().filter(|folder| folder::is_trusted(folder)) else { return false };
        // A file that was written while it was read must not pass for what was read of it.
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

    /// Removes all indexes and says how many bytes they took.
    #[must_use]
    pub fn remove_all(&self) -> u64 {
        self.folder.as_deref().map_or(0, folder::remove_all)
    }
}

impl Unwritten {
    /// The snapshot, if there is an index of it. One that cannot be used is removed.
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
                // The oldest goes first when room is needed.
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
