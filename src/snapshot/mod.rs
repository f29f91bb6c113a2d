//! A loaded snapshot: the graph and everything derived from it, immutable once built.
//!
//! `Facts::derive` defines the order of the phases and what runs in parallel.

mod accessors;
mod facts;
mod source;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::analysis::{JoinedClasses, Originals, Ropes, first_table, unreachable};
use crate::format::{self, RawSnapshot, Recovery, Source};
use crate::graph::HeapGraph;
use crate::memory::{Account, Reuse, give_back};
use crate::model::stored::{NotStored, Put, Stored as _, Take};
use crate::model::{BitSet, CancelToken, Cancelled, Progress};
use facts::Facts;
pub use source::OpenError;
pub(crate) use source::{SourceInfo, file_time};

/// One heap snapshot with all its derived facts.
#[derive(Debug)]
pub struct Snapshot {
    source: SourceInfo,
    facts: Facts,
    /// Nodes that no strong references reach from the root. Follows from the distances, so it is not stored.
    unreachable: BitSet,
    /// Built before many names are requested.
    ropes: OnceLock<Ropes>,
    /// Built when joined classes of reloaded scripts are first requested.
    joined_classes: OnceLock<JoinedClasses>,
    /// Names and positions as written. Applied after loading; the cache does not have them.
    originals: Arc<Originals>,
    /// The missing data, if the file was damaged and partially recovered. Only intact snapshots are cached.
    recovery: Option<Recovery>,
}

impl Snapshot {
    /// Reads a source and derives everything. Runs on the calling thread and its current rayon pool.
    ///
    /// # Errors
    /// Returns an [`OpenError`] that describes the problem and its position, or that `cancel` stopped the work.
    pub fn open(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<Self, OpenError> {
        Self::with_memory(Account::open_or_spill(cancel), cancel, || Self::open_whole(source, progress, cancel))
    }

    fn open_whole(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<Self, OpenError> {
        let started = Instant::now();
        let (name, path) = (source.name(), source.path().map(PathBuf::from));
        let modified = file_time(path.as_deref());
        let again = source.again();
        let raw = progress.stage("read", || format::read(source, progress, cancel))?;
        let built = Self::build(raw, progress, cancel).map_err(|error| match error {
            OpenError::Graph(mut error) => {
                let place = again.zip(error.place());
                error.set_offset(place.and_then(|(source, place)| format::locate(source, place, cancel)));
                OpenError::Graph(error)
            }
            other => other,
        });
        let mut snapshot = built?;
        snapshot.source = SourceInfo { name, path, modified, load_time: started.elapsed(), ..snapshot.source };
        Ok(snapshot)
    }

    /// Builds the graph and derives everything. The source lacks what only its reader knows: name, path and time.
    fn build(mut raw: RawSnapshot, progress: &Progress, cancel: &CancelToken) -> Result<Self, OpenError> {
        let (size_bytes, note, change) = (raw.size_bytes, raw.note.take(), raw.change);
        progress.publish(progress.stage("first table", || first_table(&raw, cancel))?);
        let graph = progress.stage("graph", || HeapGraph::build(raw, cancel))?;
        let mut snapshot = Self::derive(graph, progress, cancel)?;
        snapshot.source = SourceInfo { size_bytes, note, change, ..snapshot.source };
        Ok(snapshot)
    }

    /// Reads a damaged source as far as possible: unreadable data is skipped or replaced, and listed in
    /// [`Self::recovery`]. For an intact source, the result equals that of [`Self::open`], but takes longer.
    ///
    /// # Errors
    /// Returns an [`OpenError`] if the header or all nodes are missing, or if `cancel` stopped the work.
    pub fn open_recovering(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<Self, OpenError> {
        // A damaged file may declare or contain anything, so it does not fill the disk.
        Self::with_memory(Account::open(cancel), cancel, || Self::open_damaged(source, progress, cancel))
    }

    /// Opens a source with an account of its memory. Freed columns are reused while it is opened.
    fn with_memory(
        _account: Account,
        cancel: &CancelToken,
        open: impl FnOnce() -> Result<Self, OpenError>,
    ) -> Result<Self, OpenError> {
        let mut opened = {
            let _reuse = Reuse::begin();
            open().map_err(|error| error.explained(cancel))?
        };
        give_back();
        opened.source.missing_memory = cancel.overflowed();
        Ok(opened)
    }

    fn open_damaged(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<Self, OpenError> {
        let started = Instant::now();
        let (name, path) = (source.name(), source.path().map(PathBuf::from));
        let modified = file_time(path.as_deref());
        let (raw, recovery) = progress.stage("read", || format::read_recovering(source, progress, cancel))?;
        let mut snapshot = Self::build(raw, progress, cancel)?;
        snapshot.source = SourceInfo { name, path, modified, load_time: started.elapsed(), ..snapshot.source };
        snapshot.recovery = Some(recovery).filter(|recovery| !recovery.losses.is_empty());
        Ok(snapshot)
    }

    /// Returns the data that would be missing if the source were opened with [`Self::open_recovering`].
    ///
    /// # Errors
    /// Returns the same errors as [`Self::open_recovering`].
    pub fn survey(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<Recovery, OpenError> {
        let _account = Account::open(cancel);
        let read = format::read_recovering(source, progress, cancel);
        read.map(|(_, recovery)| recovery).map_err(|error| OpenError::from(error).explained(cancel))
    }

    fn derive(graph: HeapGraph, progress: &Progress, cancel: &CancelToken) -> Result<Self, Cancelled> {
        let facts = Facts::derive(graph, progress, cancel)?;
        progress.stage("unreachable", || Self::of(SourceInfo::default(), facts, cancel))
    }

    /// Completes the facts with what follows from them.
    fn of(source: SourceInfo, facts: Facts, cancel: &CancelToken) -> Result<Self, Cancelled> {
        let unreachable = unreachable(&facts.graph, &facts.distances, cancel)?;
        Ok(Self {
            source,
            facts,
            unreachable,
            ropes: OnceLock::new(),
            joined_classes: OnceLock::new(),
            originals: Arc::default(),
            recovery: None,
        })
    }

    pub(crate) fn set_load_time(&mut self, load_time: Duration) {
        self.source.load_time = load_time;
    }

    /// Gives classes and functions the names and positions that they have as written.
    pub(crate) fn set_originals(&mut self, originals: Originals) {
        self.facts.classes.rename(&originals);
        let notes = self.source.note.take().into_iter().chain(originals.notices().iter().cloned());
        self.source.note = Some(notes.collect::<Vec<_>>().join("; ")).filter(|note| !note.is_empty());
        self.originals = Arc::new(originals);
    }

    /// Stores everything but the origin.
    pub(crate) fn store(&self, to: &mut dyn Put) -> io::Result<()> {
        self.facts.store(to)
    }

    /// Loads a snapshot written by [`Self::store`].
    pub(crate) fn load(source: SourceInfo, from: &mut dyn Take) -> Result<Self, NotStored> {
        let mut facts = Facts::load(from)?;
        // Maps may have changed since.
        facts.classes.restore_names();
        if !facts.fits() {
            return Err(NotStored::Damaged);
        }
        Self::of(source, facts, &CancelToken::new()).map_err(|Cancelled| NotStored::Damaged)
    }
}
