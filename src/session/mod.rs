//! The background worker: loads snapshots, answers questions about them and caches the answers.
//!
//! The window owns a [`Session`] and polls it once per frame. Work runs in lanes, so that a visible list never waits
//! for a load. Dropping a [`Pending`] cancels its job. A job that panics is an error of that job. The session wakes the
//! window with a callback and does not depend on any widget.

mod capturer;
mod lanes;
mod memo;
mod noted;
mod recovery;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

pub(crate) use capturer::{CaptureState, Capturer};
pub(crate) use lanes::{JobError, Pending};
use lanes::{Lanes, Wake};
use memo::Memo;
pub(crate) use memo::Reply;
pub(crate) use noted::Noted;

pub(crate) use recovery::Rescue;

use crate::capture::{Record, record_beside};
use crate::format::{Source, looks_like_profile};
use crate::index::{Indexes, Opened, Unwritten};
use crate::model::{CancelToken, Cancelled, MemoryLimit, Progress, Shortage, SnapshotId, human};
use crate::profile::Profile;
use crate::query::{Lane, OpenFile, Question};
use crate::snapshot::{OpenError, Snapshot, SourceInfo};
use crate::sources::{SourcePaths, apply_maps};

/// The maximum length of the name of a load, in characters.
const NAME_LIMIT: usize = 300;

/// The content of a loaded file.
#[derive(Debug)]
enum Loaded {
    /// With the data for its cache entry, if one is to be written.
    Snapshot(Arc<Snapshot>, Option<Unwritten>),
    Profile(Arc<Profile>),
}

/// Reads a file by its content: a snapshot or a sampling heap profile, whatever its name is.
fn load(
    source: Source,
    indexes: &Indexes,
    paths: &SourcePaths,
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<Loaded, OpenError> {
    let begins_as_one = || source.again().is_some_and(|again| looks_like_profile(again, cancel));
    let is_profile = source.name().contains(".heapprofile") || begins_as_one();
    if is_profile {
        return Profile::open(source, progress, cancel).map(|profile| Loaded::Profile(Arc::new(profile)));
    }
    let Opened { mut snapshot, unwritten } = indexes.open(source, progress, cancel)?;
    apply_maps(&mut snapshot, paths, cancel).map_err(OpenError::Cancelled)?;
    Ok(Loaded::Snapshot(Arc::new(snapshot), unwritten))
}

/// A file that is loading, is queued or failed to load.
#[derive(Debug)]
pub struct Load {
    pub id: SnapshotId,
    /// The file name with control characters made visible, cut after a few hundred characters.
    pub name: String,
    pub path: Option<PathBuf>,
    pub progress: Progress,
    started: Arc<OnceLock<Instant>>,
    record: Arc<OnceLock<Arc<Record>>>,
    pending: Option<Pending<Result<Loaded, OpenError>>>,
    /// The error, if the file could not be loaded.
    pub error: Option<String>,
    /// The missing memory, if that is the reason.
    pub shortage: Option<Shortage>,
    /// The data that can be recovered.
    pub rescue: Rescue,
}

impl Load {
    /// Records the start of the work.
    fn begin(started: &OnceLock<Instant>) {
        let _ = started.set(Instant::now());
    }

    /// Returns the time since the load began; `None` while it is queued.
    #[must_use]
    pub fn elapsed(&self) -> Option<Duration> {
        self.started.get().map(Instant::elapsed)
    }
}

/// The result of a load.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    Loaded(SnapshotId),
    Failed(SnapshotId),
    Cancelled { name: String },
}

/// An open snapshot.
#[derive(Clone, Debug)]
pub struct Open {
    pub id: SnapshotId,
    pub snapshot: Arc<Snapshot>,
    /// The record written at capture time, if Heapglass captured the file.
    pub record: Option<Arc<Record>>,
}

/// An open sampling heap profile.
#[derive(Clone, Debug)]
pub struct OpenProfile {
    pub id: SnapshotId,
    pub profile: Arc<Profile>,
}

/// Loaded snapshots, running jobs and cached answers.
#[derive(Debug)]
pub struct Session {
    lanes: Lanes,
    next_id: u32,
    loads: Vec<Load>,
    open: Vec<Open>,
    profiles: Vec<OpenProfile>,
    memo: Memo,
    indexes: Arc<Indexes>,
    /// Cache entries that are being written or queued.
    writes: Vec<(SnapshotId, Pending<bool>)>,
    /// Names of long concatenated strings that are being prepared.
    namings: Vec<Pending<()>>,
    memory_limit: MemoryLimit,
    source_paths: SourcePaths,
    /// Names that the user gave to files.
    names: HashMap<SnapshotId, String>,
    /// The rows with notes of each snapshot.
    noted: HashMap<SnapshotId, Noted>,
}

impl Session {
    /// Creates a session. Worker threads call `wake` when there is something new to poll.
    ///
    /// # Errors
    /// Returns an error if the system cannot start a thread.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> std::io::Result<Self> {
        let wake: Wake = Arc::new(wake);
        let lanes = Lanes::start(wake)?;
        let graveyard = lanes.graveyard().clone();
        Ok(Self {
            lanes,
            next_id: 0,
            loads: Vec::new(),
            open: Vec::new(),
            profiles: Vec::new(),
            memo: Memo::new(&graveyard),
            indexes: Arc::new(Indexes::off()),
            writes: Vec::new(),
            namings: Vec::new(),
            memory_limit: MemoryLimit::default(),
            source_paths: SourcePaths::default(),
            names: HashMap::new(),
            noted: HashMap::new(),
        })
    }

    /// Sets the memory limit of each load from now on.
    pub fn set_memory_limit(&mut self, limit: MemoryLimit) {
        self.memory_limit = limit;
    }

    /// Returns the places where the text of scripts may be.
    #[must_use]
    pub fn source_paths(&self) -> &SourcePaths {
        &self.source_paths
    }

    /// Sets the places where the text of scripts may be.
    pub fn set_source_paths(&mut self, paths: SourcePaths) {
        self.source_paths = paths;
    }

    /// Sets where snapshots opened from now on are cached, if at all.
    pub fn set_indexes(&mut self, indexes: Indexes) {
        if !indexes.is_on() {
            self.writes.clear();
        }
        self.indexes = Arc::new(indexes);
    }

    /// Removes all cache entries, including those that are being written. The answer is their size in bytes.
    pub fn remove_indexes(&mut self, indexes: Indexes) -> Pending<u64> {
        self.writes.clear();
        self.lanes.spawn(Lane::Index, move |_| Ok(indexes.remove_all()))
    }

    /// Returns true if a cache entry is being written.
    #[must_use]
    pub fn is_writing_index(&self) -> bool {
        !self.writes.is_empty()
    }

    /// Queues a file. Files load one after another.
    pub fn load(&mut self, source: Source) -> SnapshotId {
        let id = SnapshotId(self.next_id);
        self.next_id += 1;
        let name = human::visible(&source.name(), NAME_LIMIT).into_owned();
        let path = source.path().map(Path::to_path_buf);
        self.loads.push(Load {
            id,
            name,
            path,
            progress: Progress::new(),
            started: Arc::default(),
            record: Arc::default(),
            pending: None,
            error: None,
            shortage: None,
            rescue: Rescue::of(&source),
        });
        self.start_load(self.loads.len() - 1, source, self.memory_limit);
        id
    }

    /// Opens a file that was refused for lack of memory, without a limit.
    pub fn open_anyway(&mut self, id: SnapshotId) {
        let Some(at) = self.loads.iter().position(|load| load.id == id && load.shortage.is_some()) else { return };
        let load = &mut self.loads[at];
        let Some(source) = load.rescue.source.as_ref().and_then(Source::twin) else { return };
        (load.error, load.shortage) = (None, None);
        (load.progress, load.started) = (Progress::new(), Arc::default());
        self.start_load(at, source, MemoryLimit::Unlimited);
    }

    fn start_load(&mut self, at: usize, source: Source, limit: MemoryLimit) {
        let load = &mut self.loads[at];
        let (progress, started) = (load.progress.clone(), Arc::clone(&load.started));
        let (indexes, paths) = (Arc::clone(&self.indexes), self.source_paths.clone());
        let (path, record) = (load.path.clone(), Arc::clone(&load.record));
        let job = move |cancel: &CancelToken| {
            Load::begin(&started);
            cancel.set_memory_limit(limit);
            if let Some(beside) = path.as_deref().and_then(record_beside) {
                let _ = record.set(Arc::new(beside));
            }
            match self::load(source, &indexes, &paths, &progress, cancel) {
                Err(OpenError::Cancelled(cancelled)) => Err(cancelled),
                other => Ok(other),
            }
        };
        load.pending = Some(self.lanes.spawn(Lane::Bulk, job));
    }

    /// Stops a load, or removes a failed one from the list.
    pub fn dismiss_load(&mut self, id: SnapshotId) {
        self.loads.retain(|load| load.id != id);
    }

    /// Returns the files that are loading, queued or failed, in the order in which they were added.
    #[must_use]
    pub fn loads(&self) -> &[Load] {
        &self.loads
    }

    /// Returns true if a file is loading or queued.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        self.loads.iter().any(|load| load.error.is_none())
    }

    /// Returns true if any job waits or runs, including lists.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.lanes.is_busy()
    }

    /// Returns the open snapshots in the order in which they were loaded.
    #[must_use]
    pub fn open(&self) -> &[Open] {
        &self.open
    }

    #[must_use]
    pub fn snapshot(&self, id: SnapshotId) -> Option<Arc<Snapshot>> {
        self.open.iter().find(|open| open.id == id).map(|open| Arc::clone(&open.snapshot))
    }

    /// Returns the record of a snapshot from its capture.
    #[must_use]
    pub fn record(&self, id: SnapshotId) -> Option<Arc<Record>> {
        self.open.iter().find(|open| open.id == id)?.record.clone()
    }

    /// Returns the open sampling heap profiles in the order in which they were loaded.
    #[must_use]
    pub fn profiles(&self) -> &[OpenProfile] {
        &self.profiles
    }

    /// Returns all open files with their sources: the snapshots, then the profiles, each in the order in which they were
    /// loaded.
    pub(crate) fn files(&self) -> impl Iterator<Item = (SnapshotId, &SourceInfo)> {
        let snapshots = self.open.iter().map(|open| (open.id, open.snapshot.source()));
        snapshots.chain(self.profiles.iter().map(|open| (open.id, open.profile.source())))
    }

    /// Returns the source of an open file.
    #[must_use]
    pub(crate) fn source(&self, id: SnapshotId) -> Option<&SourceInfo> {
        self.files().find(|(of, _)| *of == id).map(|(_, source)| source)
    }

    #[must_use]
    pub fn profile(&self, id: SnapshotId) -> Option<Arc<Profile>> {
        self.profiles.iter().find(|open| open.id == id).map(|open| Arc::clone(&open.profile))
    }

    /// Closes a snapshot or a profile, cancels its questions and frees its memory on a worker.
    pub fn close(&mut self, id: SnapshotId) {
        self.names.remove(&id);
        self.noted.remove(&id);
        self.memo.forget(id);
        self.writes.retain(|(of, _)| *of != id);
        if let Some(at) = self.profiles.iter().position(|open| open.id == id) {
            self.lanes.graveyard().free(self.profiles.remove(at));
        }
        if let Some(at) = self.open.iter().position(|open| open.id == id) {
            self.lanes.graveyard().free(self.open.remove(at));
        }
    }

    /// Sets the name of a file in the window; `None` is the file's own name.
    pub(crate) fn rename(&mut self, id: SnapshotId, name: Option<String>) {
        match name {
            Some(name) => self.names.insert(id, name),
            None => self.names.remove(&id),
        };
    }

    /// Returns the name that the user gave to a file.
    #[must_use]
    pub(crate) fn given_name(&self, id: SnapshotId) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }

    /// Processes the results of the workers. Call this once per frame.
    pub fn poll(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        let mut finished = Vec::new();
        let mut failed = Vec::new();
        for (at, load) in self.loads.iter_mut().enumerate() {
            load.rescue.poll();
            let Some(result) = load.pending.as_mut().and_then(Pending::take) else { continue };
            load.pending = None;
            match result {
                Ok(Ok(Loaded::Profile(profile))) => {
                    self.profiles.push(OpenProfile { id: load.id, profile });
                    events.push(Event::Loaded(load.id));
                    finished.push(at);
                }
                Ok(Ok(Loaded::Snapshot(snapshot, unwritten))) => {
                    // Rows show names from the first frame on; names of long concatenated strings need this to finish
                    // first.
                    let of = Arc::clone(&snapshot);
                    let name = move |_: &CancelToken| -> Result<(), Cancelled> {
                        of.expect_many_names();
                        Ok(())
                    };
                    self.namings.push(self.lanes.spawn(Lane::Index, name));
                    if let Some(unwritten) = unwritten.filter(|_| self.indexes.is_on()) {
                        let (indexes, of) = (Arc::clone(&self.indexes), Arc::clone(&snapshot));
                        let write = move |cancel: &CancelToken| Ok(indexes.write(&of, &unwritten, cancel));
                        self.writes.push((load.id, self.lanes.spawn(Lane::Index, write)));
                    }
                    let record = load.record.get().cloned();
                    self.open.push(Open { id: load.id, snapshot, record });
                    events.push(Event::Loaded(load.id));
                    finished.push(at);
                }
                Ok(Err(error)) => {
                    load.error = Some(error.to_string());
                    match error {
                        // A recovery attempt would take as much memory.
                        OpenError::Memory(shortage) => load.shortage = Some(shortage),
                        _ => failed.push(at),
                    }
                    events.push(Event::Failed(load.id));
                }
                Err(JobError::Cancelled) => {
                    events.push(Event::Cancelled { name: load.name.clone() });
                    finished.push(at);
                }
                Err(JobError::Panicked(message)) => {
                    load.error = Some(format!("internal error while loading (please report it): {message}"));
                    events.push(Event::Failed(load.id));
                }
            }
        }
        for at in failed {
            self.start_survey(at);
        }
        for at in finished.into_iter().rev() {
            self.loads.remove(at);
        }
        self.writes.retain_mut(|(_, write)| write.take().is_none());
        self.namings.retain_mut(|naming| naming.take().is_none());
        self.memo.end_frame();
        events
    }

    /// Returns the answer to a question, or its state. Ask once per frame; a question that is not asked anymore is
    /// cancelled.
    pub fn ask<Q: Question>(&mut self, question: &Q) -> Reply<Q::Answer> {
        let (open, profiles) = (&self.open, &self.profiles);
        let file = |id| {
            let snapshot =
                open.iter().find(|open| open.id == id).map(|open| OpenFile::Snapshot(Arc::clone(&open.snapshot)));
            let profile = || profiles.iter().find(|open| open.id == id);
            snapshot.or_else(|| profile().map(|open| OpenFile::Profile(Arc::clone(&open.profile))))
        };
        self.memo.ask(question, &self.lanes, &file)
    }

    /// Runs a job on a worker, once. Dropping the answer cancels it.
    pub fn spawn<T: Send + 'static>(
        &self,
        lane: Lane,
        job: impl FnOnce(&CancelToken) -> Result<T, Cancelled> + Send + 'static,
    ) -> Pending<T> {
        self.lanes.spawn(lane, job)
    }

    /// Returns the size of the open snapshots and the cached lists, in bytes.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.open.iter().map(|open| open.snapshot.heap_bytes()).sum::<usize>()
            + self.profiles.iter().map(|open| open.profile.heap_bytes()).sum::<usize>()
            + self.memo.heap_bytes()
    }
}
