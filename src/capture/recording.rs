//! Snapshots, series, timelines and sampling profiles, from a connection to files.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::received::{PROFILE, Received, SNAPSHOT};
use super::record::{compact, iso};
use super::sources::{self, Sources};
use super::{CaptureError, Connection, HeapUsage, Isolate, Record, SourceLimits, Step, Taken, Watch, record_file};
use crate::files::partial_name;
use crate::model::CancelToken;
use crate::script_store::index_file;

/// The interval between checks whether to continue.
const TICK: Duration = Duration::from_millis(100);
/// The maximum size of a snapshot of a small heap. A snapshot describes an object of about 50 bytes in about 100
/// characters, and each string in at most 1024. Anything larger than this plus a multiple of the heap is not a
/// snapshot.
const LARGEST_SMALL_SNAPSHOT: u64 = 1 << 30;
const LARGEST_RATIO: u64 = 32;
/// The limit if the heap size is unknown.
const LARGEST_SNAPSHOT: u64 = 64 << 30;

/// The kind of capture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A number of snapshots, with a fixed interval; without one, each waits for [`Watch::go_on`].
    Snapshots { count: u32, every: Option<Duration> },
    /// Allocations over time, optionally with stacks; without a length, until [`Watch::go_on`].
    Timeline { length: Option<Duration>, stacks: bool },
    /// A sampling profile of allocations, with one sample per interval.
    Sampling { length: Option<Duration>, interval_bytes: u32 },
}

/// The kind of capture and its destination.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    pub kind: Kind,
    /// Collect garbage before each snapshot and before a recording.
    pub collect_garbage: bool,
    pub folder: PathBuf,
    /// The prefix of file names; empty for the name of the target.
    pub name: String,
    /// The maximum size of a file in bytes; derived from the heap size if `None`.
    pub max_bytes: Option<u64>,
    /// The limits for the text of the program's scripts, which is stored beside the files; not stored if `None`.
    pub sources: Option<SourceLimits>,
}

/// Runs a capture. Reports each complete file to `watch`.
///
/// # Errors
/// Returns an error if the connection or the disk fails: the data received so far is kept
/// ([`CaptureError::Incomplete`]), and earlier files are complete. Returns [`CaptureError::Cancelled`] if the operation
/// is cancelled: the current file is then removed. A failure to record the text of scripts is not an error.
pub fn run(
    connection: &mut Connection,
    isolate: &Isolate,
    plan: &Plan,
    watch: &Watch,
    cancel: &CancelToken,
) -> Result<(), CaptureError> {
    fs::create_dir_all(&plan.folder).map_err(|error| CaptureError::file(&plan.folder, error))?;
    // Discard a request from before the capture.
    watch.was_told_to_go_on();
    connection.report_to(watch);
    let mut recorder = Recorder { connection, isolate, plan, watch, cancel, complete: Vec::new() };
    match plan.kind {
        Kind::Snapshots { count, every } => recorder.snapshots(count, every)?,
        Kind::Timeline { length, stacks } => recorder.timeline(length, stacks)?,
        Kind::Sampling { length, interval_bytes } => recorder.sampling(length, interval_bytes)?,
    }
    watch.enter(Step::Done);
    Ok(())
}

struct Recorder<'a> {
    connection: &'a mut Connection,
    isolate: &'a Isolate,
    plan: &'a Plan,
    watch: &'a Watch,
    cancel: &'a CancelToken,
    /// The complete files.
    complete: Vec<PathBuf>,
}

impl Recorder<'_> {
    fn call(&mut self, method: &str, params: &serde_json::Value) -> Result<Box<RawValue>, CaptureError> {
        self.connection.call(self.isolate, method, params, &mut |_, _| Ok(false), self.cancel)
    }

    /// Waits until a deadline or [`Watch::go_on`], whichever comes first.
    fn wait(&mut self, until: Option<Instant>) -> Result<(), CaptureError> {
        self.watch.enter(Step::Waiting { until });
        self.until(until)?;
        // The next call to the program may take a while, so stop showing the wait.
        self.watch.enter(Step::Connecting);
        Ok(())
    }

    fn until(&mut self, until: Option<Instant>) -> Result<(), CaptureError> {
        loop {
            let now = Instant::now();
            if self.watch.was_told_to_go_on() || until.is_some_and(|until| now >= until) {
                return Ok(());
            }
            let tick = until.map_or(TICK, |until| TICK.min(until - now));
            self.connection.idle(now + tick, self.cancel)?;
            self.connection.check_isolate(self.isolate)?;
        }
    }

    /// Collects garbage if requested, and creates a record with the memory usage of the process.
    fn prepare(&mut self, (position, of): (u32, u32)) -> Result<Record, CaptureError> {
        self.call("HeapProfiler.enable", &json!({}))?;
        if self.plan.collect_garbage {
            self.watch.enter(Step::CollectingGarbage);
            self.connection.collect_garbage(self.isolate, self.cancel)?;
        }
        let target = self.connection.target().clone();
        let heap_usage = self.connection.heap_usage(self.isolate, self.cancel)?;
        let memory_usage = self.connection.memory_usage(self.isolate, self.cancel)?;
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let began_unix_ms = u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX);
        Ok(Record {
            target: self.isolate.title.clone(),
            url: self.isolate.url.clone(),
            address: target.address.authority(),
            position,
            of,
            began: iso(began_unix_ms),
            began_unix_ms,
            collected_garbage: self.plan.collect_garbage,
            heap_usage,
            memory_usage,
            ..Record::default()
        })
    }

    /// Returns a new path with a name made from the target and the time.
    fn path(&self, record: &Record, ending: &str) -> PathBuf {
        let name = if self.plan.name.is_empty() { short_name(self.isolate) } else { file_name(&self.plan.name) };
        let time = compact(record.began_unix_ms);
        // Pad the numbers, so that the names sort in the order of the series.
        let width = record.of.to_string().len();
        let number = if record.of > 1 { format!("-{:0width$}", record.position) } else { String::new() };
        free_name(&self.plan.folder, &format!("{name}-{time}{number}"), ending)
    }

    /// Returns the maximum size of a snapshot of a heap, in bytes.
    fn limit(&self, usage: Option<HeapUsage>) -> u64 {
        let plausible = usage.map_or(LARGEST_SNAPSHOT, |usage| {
            let in_proportion = usage.described_bytes().saturating_mul(LARGEST_RATIO);
            in_proportion.saturating_add(LARGEST_SMALL_SNAPSHOT).min(LARGEST_SNAPSHOT)
        });
        self.plan.max_bytes.unwrap_or(plausible)
    }

    fn snapshots(&mut self, count: u32, every: Option<Duration>) -> Result<(), CaptureError> {
        for position in 1..=count {
            // An interval beyond the clock's range waits without a deadline.
            let until = every.and_then(|every| Instant::now().checked_add(every));
            let waited = if position > 1 { self.wait(until) } else { Ok(()) };
            let was_waiting = waited.is_err();
            if let Err(error) = waited.and_then(|()| self.snapshot(position, count)) {
                // The complete snapshots get the text of scripts if the connection contains no rest of another one.
                if matches!(error, CaptureError::Refusal { .. }) || (was_waiting && error.is_cancelled()) {
                    self.record_sources(&CancelToken::new(), sources::CANCELLED_PATIENCE);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Records the text of the program's scripts beside the complete files.
    fn record_sources(&mut self, cancel: &CancelToken, patience: Duration) {
        let Some(limits) = self.plan.sources else { return };
        let deadline = Instant::now() + patience;
        let (connection, isolate, watch) = (&mut *self.connection, self.isolate, self.watch);
        Sources { connection, isolate, limits, watch, cancel, deadline }.record(&self.complete);
    }

    fn snapshot(&mut self, position: u32, of: u32) -> Result<(), CaptureError> {
        let record = self.prepare((position, of))?;
        self.watch.enter(Step::Snapshot { done: 0, total: 0, bytes: 0 });
        let path = self.path(&record, "heapsnapshot");
        let mut file = Received::create(&path, SNAPSHOT)?;
        file.limit(self.limit(record.heap_usage));
        self.stream("HeapProfiler.takeHeapSnapshot", file, path, record)
    }

    fn timeline(&mut self, length: Option<Duration>, stacks: bool) -> Result<(), CaptureError> {
        let record = self.prepare((1, 1))?;
        // Reserve the path before recording anything that could not be written then.
        let path = self.path(&record, "heaptimeline");
        let mut file = Received::create(&path, SNAPSHOT)?;
        self.call("HeapProfiler.startTrackingHeapObjects", &json!({"trackAllocations": stacks}))?;
        let since = Instant::now();
        self.watch.enter(Step::Recording { since, length });
        self.until(length.and_then(|length| since.checked_add(length)))?;
        self.watch.enter(Step::Snapshot { done: 0, total: 0, bytes: 0 });
        // The heap has grown in the meantime.
        let usage = self.connection.heap_usage(self.isolate, self.cancel)?;
        file.limit(self.limit(usage));
        self.stream("HeapProfiler.stopTrackingHeapObjects", file, path, record)
    }

    fn sampling(&mut self, length: Option<Duration>, interval_bytes: u32) -> Result<(), CaptureError> {
        #[derive(Deserialize)]
        struct Sampled<'a> {
            #[serde(borrow)]
            profile: &'a RawValue,
        }
        let record = self.prepare((1, 1))?;
        let path = self.path(&record, "heapprofile");
        let mut file = Received::create(&path, PROFILE)?;
        self.call("HeapProfiler.startSampling", &json!({"samplingInterval": interval_bytes}))?;
        let since = Instant::now();
        self.watch.enter(Step::Recording { since, length });
        self.until(length.and_then(|length| since.checked_add(length)))?;
        self.watch.enter(Step::Receiving { bytes: 0 });
        let answer = self.call("HeapProfiler.stopSampling", &json!({}))?;
        let sampled: Sampled<'_> =
            serde_json::from_str(answer.get()).map_err(|error| CaptureError::Odd(error.to_string()))?;
        file.limit(self.plan.max_bytes.unwrap_or(u64::MAX));
        let written = file.write(sampled.profile.get());
        self.settle(file, written, path, record, since)
    }

    /// Calls a method that sends a snapshot in chunks, and writes them as they arrive.
    fn stream(&mut self, method: &str, mut file: Received, path: PathBuf, record: Record) -> Result<(), CaptureError> {
        #[derive(Deserialize)]
        struct Chunk<'a> {
            #[serde(borrow)]
            chunk: Cow<'a, str>,
        }
        #[derive(Deserialize)]
        struct Progress {
            done: u64,
            total: u64,
        }
        let since = Instant::now();
        let (mut done, mut total) = (0, 0);
        let (watch, cancel) = (self.watch, self.cancel);
        let odd = |error: serde_json::Error| CaptureError::Odd(error.to_string());
        let mut on_event = |method: &str, params: &str| {
            let mut is_piece = false;
            match method {
                "HeapProfiler.addHeapSnapshotChunk" => {
                    let piece: Chunk<'_> = serde_json::from_str(params).map_err(odd)?;
                    file.write(&piece.chunk)?;
                    is_piece = !piece.chunk.is_empty();
                }
                "HeapProfiler.reportHeapSnapshotProgress" => {
                    let progress: Progress = serde_json::from_str(params).map_err(odd)?;
                    (done, total) = (progress.done, progress.total);
                }
                _ => return Ok(false),
            }
            watch.enter(Step::Snapshot { done, total, bytes: file.bytes() });
            Ok(is_piece)
        };
        let params = json!({"reportProgress": true, "captureNumericValue": false});
        let called = self.connection.call(self.isolate, method, &params, &mut on_event, cancel);
        self.settle(file, called.map(drop), path, record, since)
    }

    /// Gives a file its final name and its record, or keeps the partial data.
    fn settle(
        &mut self,
        mut file: Received,
        written: Result<(), CaptureError>,
        path: PathBuf,
        mut record: Record,
        since: Instant,
    ) -> Result<(), CaptureError> {
        record.bytes = file.bytes();
        record.took_ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let name_of = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match written.and_then(|()| file.finish()) {
            Ok(()) => {
                record.file = name_of(&path);
                record.complete = true;
                let written = record.write(&path).map_err(|error| CaptureError::file(&record_file(&path), error));
                self.complete.push(path.clone());
                if record.position == record.of {
                    self.record_sources(self.cancel, sources::PATIENCE);
                }
                // The file is complete even if its record cannot be written.
                self.watch.add(Taken { path, record });
                written
            }
            Err(error) if error.is_cancelled() => {
                drop(file);
                Err(error)
            }
            Err(error) => {
                let kept = file.keep(error);
                if let CaptureError::Incomplete { kept: partial, why, .. } = &kept {
                    record.file = name_of(partial);
                    record.error = Some(why.to_string());
                    // The original error matters more than a failure to write the record.
                    let _ = record.write(&path);
                }
                Err(kept)
            }
        }
    }
}

/// Returns a path for which neither the file, its partial file, a record nor an index of sources exists. Creating the file fails if it
/// appears by then.
fn free_name(folder: &Path, stem: &str, ending: &str) -> PathBuf {
    let is_taken = |path: &PathBuf| {
        let (record, index) = (record_file(path), index_file(path));
        let names = [partial_name(path), partial_name(&record), record, partial_name(&index), index];
        // A symbolic link to nothing also occupies the name.
        names.iter().chain([path]).any(|path| path.symlink_metadata().is_ok())
    };
    let plain = folder.join(format!("{stem}.{ending}"));
    let more = (2..1000).map(|at| folder.join(format!("{stem}-{at}.{ending}")));
    std::iter::once(plain.clone()).chain(more).find(|path| !is_taken(path)).unwrap_or(plain)
}

/// Returns a short name for the files of an isolate, usually the script name.
fn short_name(isolate: &Isolate) -> String {
    let url = isolate.url.split(['?', '#']).next().unwrap_or_default();
    let last = url.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    let name = if stem.is_empty() { isolate.title.as_str() } else { stem };
    let name = file_name(name);
    if name.is_empty() { "heap".to_owned() } else { name }
}

/// Reduces a text to characters that every file system allows in a name.
fn file_name(text: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    let name: String =
        text.chars().take(60).map(|character| if is_plain(character) { character } else { '-' }).collect();
    name.trim_matches(['-', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{file_name, free_name};

    #[test]
    fn untrusted_titles_cannot_leave_the_folder() {
        assert_eq!(file_name("../../etc/passwd"), "etc-passwd");
        assert_eq!(file_name("node[12]: server.js\n"), "node-12---server.js");
        assert_eq!(file_name(".."), "");
    }

    #[cfg(unix)]
    #[test]
    fn a_name_is_skipped_if_any_of_its_files_or_a_dangling_link_exists() {
        let folder = tempfile::tempdir().unwrap();
        let nothing = folder.path().join("nothing");
        let taken = ["a.x", "a-2.x.partial", "a-3.x.capture.json", "a-4.x.capture.json.partial", "a-5.x.sources.json"];
        for (at, taken) in taken.iter().enumerate() {
            std::os::unix::fs::symlink(&nothing, folder.path().join(taken)).unwrap();
            assert_eq!(free_name(folder.path(), "a", "x"), folder.path().join(format!("a-{}.x", at + 2)));
        }
    }
}
