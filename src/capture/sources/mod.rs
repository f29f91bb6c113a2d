//! Records the text of a program's own scripts, and their source maps, beside captured files.
//!
//! The inspector's debugger reports the scripts with the ids that the captured files contain. It makes V8 keep a table
//! of line ends for each script, so the scripts are recorded after the last file of a run: they add nothing to it.
//!
//! Failures end in a note, since the captured files are complete. Invariant: the program never stops in the debugger,
//! and one script at a time is in memory.

mod list;
mod maps;
mod store;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde::de::Visitor;
use serde_json::value::RawValue;

use super::{CaptureError, Connection, Isolate, Step, Watch};
use crate::files::PartialFile;
use crate::model::{CancelToken, human};
use crate::script_store::{
    Content, ContentHash, LONGEST_MAP, LONGEST_SCRIPT, LONGEST_URL, MOST_SCRIPTS, RecordedMap, RecordedScript,
    SourceIndex, index_file,
};
use list::{List, Listed};
use store::Store;

/// The time limit for all scripts of a run.
pub(super) const PATIENCE: Duration = Duration::from_mins(2);
/// The time limit for the scripts of a run that was cancelled.
pub(super) const CANCELLED_PATIENCE: Duration = Duration::from_secs(2);

/// The limits for the scripts of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceLimits {
    /// The maximum size of the text of a script, in bytes.
    pub script_bytes: u64,
    /// The maximum size of all texts and source maps before compression, in bytes.
    pub total_bytes: u64,
    /// The maximum number of scripts.
    pub scripts: usize,
}

impl Default for SourceLimits {
    fn default() -> Self {
        Self { script_bytes: LONGEST_SCRIPT, total_bytes: 1_000_000_000, scripts: MOST_SCRIPTS }
    }
}

/// The number of scripts that were not recorded, by reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct LeftOut {
    too_large: u64,
    over_total: u64,
    over_count: u64,
    long_urls: u64,
    refused: u64,
    /// Scripts that were not requested anymore.
    not_requested: u64,
    /// Source maps that are too large, alone or all together.
    maps: u64,
}

/// A recording in progress.
pub(super) struct Sources<'a> {
    pub(super) connection: &'a mut Connection,
    pub(super) isolate: &'a Isolate,
    pub(super) limits: SourceLimits,
    pub(super) watch: &'a Watch,
    pub(super) cancel: &'a CancelToken,
    pub(super) deadline: Instant,
}

impl Sources<'_> {
    /// Records the scripts, and writes an index beside each of the captured files, which are in one folder. Adds a note
    /// to the watch if anything was left out. Writes nothing if the program has no scripts of its own.
    pub(super) fn record(mut self, captured: &[PathBuf]) {
        let Some(first) = captured.first() else { return };
        self.watch.enter(Step::Sources { done: 0, total: 0 });
        let mut list = List::new(self.limits.scripts);
        let mut stopped = self.start(&mut list).err();
        if stopped.is_some() {
            // An incomplete list says nothing about the scripts of the program.
            list = List::new(self.limits.scripts);
        }
        let mut left_out = list.left_out;
        let mut store = Store::beside(first, self.limits.total_bytes, self.cancel);
        let mut scripts = Vec::new();
        if stopped.is_none() {
            stopped = self.texts(&list.scripts, &mut store, &mut scripts, &mut left_out).err();
        }
        let is_answering = stopped.as_ref().is_none_or(|error| matches!(error, CaptureError::Refusal { .. }));
        self.connection.stop_debugging(self.isolate, is_answering, self.cancel);
        let requested = scripts.len() as u64 + left_out.too_large + left_out.over_total + left_out.refused;
        left_out.not_requested = (list.scripts.len() as u64).saturating_sub(requested);
        if stopped.is_none() && self.connection.target().address.is_local() {
            stopped = self.maps(&list.scripts, &mut store, &mut scripts, &mut left_out).err();
        }
        let recorded = scripts.len();
        if let Err(error) = write_indexes(captured, scripts) {
            stopped = stopped.or(Some(error));
        }
        if let Some(note) = note(&left_out, recorded, stopped.as_ref(), &self.limits) {
            self.watch.add_note(note);
        }
    }

    /// Starts debugging and lists the scripts.
    fn start(&mut self, list: &mut List) -> Result<(), CaptureError> {
        let mut on_event = |method: &str, params: &str| list.take(method, params);
        self.connection.start_debugging(self.isolate, &mut on_event, self.deadline, self.cancel)?;
        list.scripts.sort_by_key(|script| script.id);
        list.scripts.dedup_by_key(|script| script.id);
        Ok(())
    }

    /// Requests and stores the texts, one by one.
    fn texts(
        &mut self,
        listed: &[Listed],
        store: &mut Store<'_>,
        scripts: &mut Vec<RecordedScript>,
        left_out: &mut LeftOut,
    ) -> Result<(), CaptureError> {
        for (at, script) in listed.iter().enumerate() {
            self.watch.enter(Step::Sources { done: at as u64, total: listed.len() as u64 });
            if script.units > self.limits.script_bytes {
                left_out.too_large += 1;
                continue;
            }
            self.check()?;
            let asked = (script.id, script.units);
            let answer = match self.connection.script_source(self.isolate, asked, self.deadline, self.cancel) {
                Ok(answer) => answer,
                // The script was collected meanwhile.
                Err(CaptureError::Refusal { .. }) => {
                    left_out.refused += 1;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let Some(text) = text_of(&answer) else {
                left_out.refused += 1;
                continue;
            };
            drop(answer);
            let length = text.len() as u64;
            if length > self.limits.script_bytes {
                left_out.too_large += 1;
                continue;
            }
            let Some(hash) = store.put(Content::Script, text.as_bytes())? else {
                left_out.over_total += 1;
                continue;
            };
            let (url, (first_line, first_column)) = (script.url.clone(), script.first);
            scripts.push(RecordedScript { id: script.id, url, hash, length, first_line, first_column, map: None });
        }
        Ok(())
    }

    /// Reads and stores the source maps of recorded scripts. Maps that do not exist are not a problem: packages often
    /// name maps that they do not contain.
    fn maps(
        &self,
        listed: &[Listed],
        store: &mut Store<'_>,
        scripts: &mut [RecordedScript],
        left_out: &mut LeftOut,
    ) -> Result<(), CaptureError> {
        let mut known: HashMap<PathBuf, Option<ContentHash>> = HashMap::new();
        for script in scripts {
            let Ok(at) = listed.binary_search_by_key(&script.id, |listed| listed.id) else { continue };
            let Some(path) = listed[at].map.as_ref().and_then(|map| maps::map_path(&script.url, map)) else { continue };
            let url = maps::file_url(&path);
            if url.len() > LONGEST_URL {
                continue;
            }
            let hash = if let Some(&hash) = known.get(&path) {
                hash
            } else {
                self.check()?;
                let hash = stored_map(&path, store, left_out)?;
                known.insert(path, hash);
                hash
            };
            script.map = hash.map(|hash| RecordedMap { url, hash });
        }
        Ok(())
    }

    /// Returns an error if cancelled or after the deadline.
    fn check(&self) -> Result<(), CaptureError> {
        self.cancel.check()?;
        if Instant::now() >= self.deadline { Err(CaptureError::SourcesLate) } else { Ok(()) }
    }
}

/// Stores a map. Returns `None` if it does not exist, is not a source map or exceeds a limit.
fn stored_map(path: &Path, store: &mut Store<'_>, left_out: &mut LeftOut) -> Result<Option<ContentHash>, CaptureError> {
    let hash = match maps::read(path) {
        Ok(map) => store.put(Content::Map, &map)?,
        Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => None,
        Err(_) => return Ok(None),
    };
    left_out.maps += u64::from(hash.is_none());
    Ok(hash)
}

/// Writes the index of each captured file, unless there are no scripts.
fn write_indexes(captured: &[PathBuf], scripts: Vec<RecordedScript>) -> Result<(), CaptureError> {
    use std::io::Write as _;
    if scripts.is_empty() {
        return Ok(());
    }
    let index = SourceIndex::new(scripts);
    for path in captured.iter().map(|file| index_file(file)) {
        let write = || {
            let mut file = PartialFile::create(&path)?;
            serde_json::to_writer(&mut file, &index)?;
            file.write_all(b"\n")?;
            file.finish()
        };
        write().map_err(|error| CaptureError::file(&path, error))?;
    }
    Ok(())
}

/// Returns the text of an answer. Lone surrogates become the replacement character, which is as long.
fn text_of(answer: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer<'a> {
        #[serde(borrow)]
        script_source: &'a RawValue,
    }
    struct Text;
    impl Visitor<'_> for Text {
        type Value = Vec<u8>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a text")
        }

        fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
            Ok(bytes.to_vec())
        }

        fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
            Ok(bytes)
        }
    }
    let answer: Answer<'_> = serde_json::from_str(answer.get()).ok()?;
    // As bytes, so that lone surrogates are accepted.
    let mut deserializer = serde_json::Deserializer::from_str(answer.script_source.get());
    let mut bytes = serde::Deserializer::deserialize_bytes(&mut deserializer, Text).ok()?;
    let mut at = 0;
    while let Some(found) = memchr::memchr(0xed, &bytes[at..]) {
        at += found;
        if bytes.get(at + 1).is_some_and(|&next| next >= 0xa0) {
            bytes.get_mut(at..at + 3)?.copy_from_slice("\u{fffd}".as_bytes());
        }
        at += 1;
    }
    String::from_utf8(bytes).ok()
}

/// Describes what was left out, if anything.
fn note(left_out: &LeftOut, recorded: usize, stopped: Option<&CaptureError>, limits: &SourceLimits) -> Option<String> {
    let LeftOut { too_large, over_total, over_count, long_urls, refused, not_requested, maps } = *left_out;
    let stopped = stopped.map(ToString::to_string);
    let reason = stopped.as_deref().unwrap_or("stopped");
    let reasons = [
        (too_large, format!("larger than {}", human::bytes(limits.script_bytes))),
        (over_total, format!("beyond the limit of {} in total", human::bytes(limits.total_bytes))),
        (over_count, format!("beyond the limit of {} scripts", human::count(limits.scripts as u64))),
        (long_urls, "with long URLs".to_owned()),
        (refused, "not provided by the program".to_owned()),
        (not_requested, format!("not requested: {reason}")),
    ];
    let missing: u64 = reasons.iter().map(|(count, _)| count).sum();
    let reasons: Vec<String> = reasons
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, reason)| format!("{} {reason}", human::count(count)))
        .collect();
    let mut notes = Vec::new();
    match (missing, stopped) {
        (0, None) => {}
        (0, Some(reason)) if recorded > 0 => notes.push(format!("recording source text stopped: {reason}")),
        (0, Some(reason)) => notes.push(format!("source text was not recorded: {reason}")),
        (missing, _) => {
            let scripts = human::quantity(missing, "script", "scripts");
            notes.push(format!("source text of {scripts} was not recorded: {}", reasons.join(", ")));
        }
    }
    if maps > 0 {
        let (maps, most) = (human::quantity(maps, "source map", "source maps"), human::bytes(LONGEST_MAP));
        let total = human::bytes(limits.total_bytes);
        notes.push(format!("{maps} not recorded: larger than {most}, or beyond the limit of {total} in total"));
    }
    (!notes.is_empty()).then(|| notes.join("; "))
}
