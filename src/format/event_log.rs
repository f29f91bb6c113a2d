//! Logs of Chrome DevTools Protocol events: assembles the chunks of a heap snapshot.
//!
//! Loggers write one event per line, or one JSON array of events. The snapshot is the text of the
//! `HeapProfiler.addHeapSnapshotChunk` events of one session, in order. Events may be wrapped in objects of the logger,
//! also as text. If a log contains several snapshots, the first is read and [`EventPlaces::note`] mentions the others.
//!
//! Invariant: at most one event and its chunk are in memory.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::{Arc, Mutex};

use memchr::{memchr_iter, memchr2, memmem};
use serde_json::value::RawValue;

use super::LONGEST_PART;
use super::excerpt::describe;
use super::json_text::{balanced_end, is_white_space, skip_white_space, string_end, trim};
use super::strings::decode_text;
use crate::memory::{OutOfMemory, growth};

/// The largest number of bytes from the start of a file that [`recognize`] needs.
pub(super) const RECOGNIZED_BYTES: usize = 64 << 10;

const BUFFER_BYTES: usize = 256 << 10;
const CHUNK_EVENT: &str = "HeapProfiler.addHeapSnapshotChunk";
/// The part of [`CHUNK_EVENT`] that no logger escapes.
const NEEDLE: &[u8] = b"addHeapSnapshotChunk";
/// The maximum nesting depth of wrapped events.
const WRAPPING_LIMIT: usize = 8;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Problems of a log. Bytes count from the start of the (decompressed) log, lines from 1.
#[derive(Debug, thiserror::Error)]
pub(super) enum EventLogError {
    #[error("line {line}, byte {at}: found {found}, expected an event of the log: a JSON object")]
    Unexpected { line: u64, at: u64, found: String },
    #[error(
        "line {line}, byte {at}: the log ends in the middle of this event (logging or copying was probably interrupted)"
    )]
    Cut { line: u64, at: u64 },
    #[error("line {line}, byte {at}: the event is longer than the limit of {LONGEST_PART} bytes")]
    TooLong { line: u64, at: u64 },
    #[error("line {line}, byte {at}: the event is not valid JSON: {what}")]
    Json { line: u64, at: u64, what: String },
    #[error(
        "line {line}, byte {at}: found a second JSON value: this is a JSON Lines file, not a heap snapshot (it has no `{CHUNK_EVENT}` events)"
    )]
    OtherLines { line: u64, at: u64 },
    #[error("the file is a JSON array, not a heap snapshot (it has no `{CHUNK_EVENT}` events)")]
    OtherList,
    #[error("the file is a protocol message, not a heap snapshot (it is not a `{CHUNK_EVENT}` event)")]
    OtherMessage,
    #[error(
        "line {line}, byte {at}: the log starts in the middle of a heap snapshot: the first `{CHUNK_EVENT}` event does not start with `{{`"
    )]
    NoStart { line: u64, at: u64 },
}

/// Returns whether a file starts like a log of events, or `None` if more bytes are needed. `is_whole` is true if the
/// file ends with `start`.
pub(super) fn recognize(start: &[u8], is_whole: bool) -> Option<bool> {
    let undecided = |enough: bool| (is_whole || enough).then_some(false);
    let is_enough = start.len() >= RECOGNIZED_BYTES;
    let text = start.strip_prefix(BOM).unwrap_or(start);
    let mut at = skip_white_space(text, 0);
    if text.get(at) == Some(&b'[') {
        at = skip_white_space(text, at + 1);
    }
    let Some(&first) = text.get(at) else { return undecided(is_enough) };
    if first != b'{' {
        return Some(false);
    }
    let key = skip_white_space(text, at + 1);
    match text.get(key) {
        None => return undecided(is_enough),
        Some(b'"' | b'}') => {}
        Some(_) => return Some(false),
    }
    let key_end = if text[key] == b'"' { string_end(text, key + 1) } else { Some(key) };
    let Some(key_end) = key_end else { return undecided(is_enough) };
    let name = text.get(key + 1..key_end).unwrap_or_default();
    // Snapshots, profiles and traces start with one of these. They are not events, whatever they contain.
    let sections: [&[u8]; 9] =
        [b"snapshot", b"nodes", b"edges", b"strings", b"samples", b"locations", b"head", b"profile", b"traceEvents"];
    if sections.contains(&name) {
        return Some(false);
    }
    if let Some(end) = balanced_end(text, at) {
        match text.get(skip_white_space(text, end)) {
            Some(b'{') => return Some(true),
            Some(b',' | b']') if text[..at].contains(&b'[') => return Some(true),
            Some(_) => return Some(false),
            None => {}
        }
    }
    if memmem::find(text, NEEDLE).is_some() || memmem::find(text, b"\"{\\\"snapshot\\\":").is_some() {
        return Some(true);
    }
    // A long first message without a chunk, such as a response.
    let is_message = [&b"method"[..], b"params", b"sessionId", b"result", b"id"].contains(&name);
    if is_enough && is_message { Some(true) } else { undecided(is_enough) }
}

/// The positions of the parts of the snapshot in the log, and the other contents of the log. Clones share the same
/// state.
#[derive(Clone, Debug, Default)]
pub(super) struct EventPlaces(Arc<Mutex<Places>>);

#[derive(Debug, Default)]
struct Places {
    /// Offset in the snapshot, line, and offset in the log of each event, in ascending order.
    events: Vec<(u64, u64, u64)>,
    /// Other snapshots of the log, and the line of the first of them.
    others: u64,
    first_other: u64,
}

impl EventPlaces {
    /// Returns the line and the first byte of the event that contains a byte of the snapshot.
    pub(super) fn event_of(&self, offset: u64) -> Option<(u64, u64)> {
        let places = self.0.lock().ok()?;
        let after = places.events.partition_point(|event| event.0 <= offset);
        let &(_, line, at) = places.events.get(after.saturating_sub(1))?;
        Some((line, at))
    }

    /// Returns a note on the snapshots of the log that were not read, if any.
    pub(super) fn note(&self) -> Option<String> {
        let places = self.0.lock().ok()?;
        let (others, line) = (places.others, places.first_other);
        match others {
            0 => None,
            1 => Some(format!("the log contains 2 heap snapshots; this is the first, the other starts on line {line}")),
            _ => Some(format!(
                "the log contains {} heap snapshots; this is the first, the second starts on line {line}",
                others + 1
            )),
        }
    }
}

/// The text of the first snapshot in a log, as a reader.
pub(super) struct EventLog {
    input: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    /// Offset of the buffer in the log, and the line at `at`.
    base: u64,
    line: u64,
    is_list: bool,
    /// The event that was read last, with its line and offset.
    event: Vec<u8>,
    place: (u64, u64),
    events: u64,
    second_event: (u64, u64),
    /// Text of the snapshot that was not returned yet.
    text: Vec<u8>,
    text_at: usize,
    handed_out: u64,
    reading: Reading,
    headless: Option<(u64, u64)>,
    places: EventPlaces,
}

/// The state of the first snapshot.
#[derive(PartialEq, Eq)]
enum Reading {
    Before,
    Session(Option<String>),
    Done,
}

impl EventLog {
    pub(super) fn new(input: Box<dyn Read + Send>, places: EventPlaces) -> Self {
        Self {
            input,
            buffer: vec![0; BUFFER_BYTES],
            at: 0,
            end: 0,
            base: 0,
            line: 1,
            is_list: false,
            event: Vec::new(),
            place: (0, 0),
            events: 0,
            second_event: (0, 0),
            text: Vec::new(),
            text_at: 0,
            handed_out: 0,
            reading: Reading::Before,
            headless: None,
            places,
        }
    }

    fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Reads more if the buffer is empty. Returns false at the end.
    fn has_more(&mut self) -> io::Result<bool> {
        while self.at == self.end {
            self.base += self.end as u64;
            (self.at, self.end) = (0, 0);
            match self.input.read(&mut self.buffer) {
                Ok(0) => return Ok(false),
                Ok(count) => self.end = count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Reads the next event. Returns false at the end of the log.
    fn next_event(&mut self) -> io::Result<bool> {
        loop {
            if !self.has_more()? {
                return Ok(false);
            }
            match self.buffer[self.at] {
                b'{' => break,
                b'\n' => self.line += 1,
                byte if is_white_space(byte) => {}
                b'[' if self.events == 0 && !self.is_list => self.is_list = true,
                b',' | b']' if self.is_list && self.events > 0 => {}
                0xef | 0xbb | 0xbf if self.offset() < BOM.len() as u64 => {}
                _ => {
                    let (line, at) = (self.line, self.offset());
                    let found = describe(&self.buffer[self.at..self.end]);
                    return Err(io::Error::other(EventLogError::Unexpected { line, at, found }));
                }
            }
            self.at += 1;
        }
        self.place = (self.line, self.offset());
        self.events += 1;
        if self.events == 2 {
            self.second_event = self.place;
        }
        self.read_object()?;
        Ok(true)
    }

    /// Reads the object that starts here. An object that is too long is dropped if it has no chunk.
    fn read_object(&mut self) -> io::Result<()> {
        let (line, at) = self.place;
        let mut balance = Balance::default();
        self.event.clear();
        loop {
            if !self.has_more()? {
                return Err(io::Error::other(EventLogError::Cut { line, at }));
            }
            let rest = &self.buffer[self.at..self.end];
            let end = balance.feed(rest);
            let part = &rest[..end.unwrap_or(rest.len())];
            self.line += memchr_iter(b'\n', part).count() as u64;
            if self.event.len() + part.len() <= LONGEST_PART {
                self.event.extend_from_slice(part);
            } else if memmem::find(&self.event, NEEDLE).is_some() {
                return Err(io::Error::other(EventLogError::TooLong { line, at }));
            } else {
                self.event.clear();
            }
            self.at += part.len();
            if end.is_some() {
                return Ok(());
            }
        }
    }

    /// Reads events until there is text to return. Returns false at the end of the log.
    fn next_chunk(&mut self) -> io::Result<bool> {
        while self.next_event()? {
            if memmem::find(&self.event, NEEDLE).is_none() {
                continue;
            }
            let (line, at) = self.place;
            let chunk = chunk_of(&self.event, None, 0)
                .map_err(|error| io::Error::other(EventLogError::Json { line, at, what: without_position(&error) }))?;
            if let Some((session, text)) = chunk
                && self.takes(session, &text)
            {
                self.remember_place().map_err(io::Error::other)?;
                self.handed_out += text.len() as u64;
                (self.text, self.text_at) = (text, 0);
                return Ok(true);
            }
        }
        match (&self.reading, self.headless) {
            (Reading::Before, Some((line, at))) => Err(io::Error::other(EventLogError::NoStart { line, at })),
            (Reading::Before, None) => Err(io::Error::other(self.no_chunks())),
            _ => Ok(false),
        }
    }

    fn no_chunks(&self) -> EventLogError {
        match (self.is_list, self.second_event) {
            (true, _) => EventLogError::OtherList,
            (false, (line @ 1.., at)) => EventLogError::OtherLines { line, at },
            (false, _) => EventLogError::OtherMessage,
        }
    }

    /// Returns whether a chunk belongs to the snapshot that is read.
    fn takes(&mut self, session: Option<String>, text: &[u8]) -> bool {
        if text.is_empty() {
            return false;
        }
        // Only the first chunk of a snapshot starts like this: inside a snapshot no value has this member.
        let is_start = text.first() == Some(&b'{') && trim(&text[1..]).starts_with(b"\"snapshot\"");
        match &self.reading {
            Reading::Before if is_start || text.first() == Some(&b'{') => {
                self.reading = Reading::Session(session);
                return true;
            }
            Reading::Before => {
                self.headless.get_or_insert(self.place);
                return false;
            }
            Reading::Session(own) if *own == session => {
                if !is_start {
                    return true;
                }
                self.reading = Reading::Done;
            }
            Reading::Session(_) | Reading::Done => {}
        }
        if is_start && let Ok(mut places) = self.places.0.lock() {
            places.others += 1;
            if places.others == 1 {
                places.first_other = self.place.0;
            }
        }
        false
    }

    fn remember_place(&self) -> Result<(), OutOfMemory> {
        let Ok(mut places) = self.places.0.lock() else { return Ok(()) };
        growth::push(&mut places.events, (self.handed_out, self.place.0, self.place.1))
    }
}

impl Read for EventLog {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || (self.text_at == self.text.len() && !self.next_chunk()?) {
            return Ok(0);
        }
        let rest = &self.text[self.text_at..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.text_at += count;
        Ok(count)
    }
}

/// Finds the end of a JSON object that arrives in parts.
#[derive(Default)]
struct Balance {
    depth: u64,
    in_string: bool,
    is_escaped: bool,
}

impl Balance {
    /// Returns the index after the closing bracket, if it is in this part.
    fn feed(&mut self, part: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < part.len() {
            if self.is_escaped {
                self.is_escaped = false;
            } else if self.in_string {
                at += memchr2(b'"', b'\\', &part[at..])?;
                self.in_string = part[at] != b'"';
                self.is_escaped = part[at] == b'\\';
            } else {
                match part[at] {
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' => {
                        self.depth = self.depth.saturating_sub(1);
                        if self.depth == 0 {
                            return Some(at + 1);
                        }
                    }
                    _ => {}
                }
            }
            at += 1;
        }
        None
    }
}

type Chunk = (Option<String>, Vec<u8>);

/// Returns the session and the chunk of an event, which a logger may have wrapped in other objects or in text.
fn chunk_of(event: &[u8], session: Option<&str>, depth: usize) -> Result<Option<Chunk>, serde_json::Error> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_slice(event)?;
    let text_of = |name: &str| {
        let raw = members.get(name)?.get().as_bytes();
        raw.strip_prefix(b"\"")?.strip_suffix(b"\"")
    };
    let own_session = text_of("sessionId").map(|raw| decode_text(raw).into_owned());
    let session = own_session.as_deref().or(session);
    if text_of("method") == Some(CHUNK_EVENT.as_bytes())
        && let Some(params) = members.get("params")
    {
        let params: BTreeMap<String, &RawValue> = serde_json::from_str(params.get())?;
        let chunk = params.get("chunk").and_then(|chunk| chunk.get().strip_prefix('"')?.strip_suffix('"'));
        if let Some(chunk) = chunk {
            let text = decode_text(chunk.as_bytes()).into_owned().into_bytes();
            return Ok(Some((session.map(str::to_owned), text)));
        }
    }
    for value in members.values().map(|value| value.get()) {
        if depth == WRAPPING_LIMIT || memmem::find(value.as_bytes(), NEEDLE).is_none() {
            continue;
        }
        let found = if value.starts_with('{') {
            chunk_of(value.as_bytes(), session, depth + 1)?
        } else if let Some(text) = value.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            let text = decode_text(text.as_bytes());
            // Text that merely mentions the event, such as the name of a request, is not an event.
            if text.starts_with('{') { chunk_of(text.as_bytes(), session, depth + 1).unwrap_or(None) } else { None }
        } else {
            None
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Returns the message of `serde_json` without its line and column, which count from the start of the event.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}
