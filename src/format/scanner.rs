//! The structure of the document: finds sections and row boundaries, window by window, without parsing the large tables.
//!
//! The scanner is fed windows of the file that overlap by what it did not consume. Sections may stand in any order, with
//! any white space, and unknown ones are skipped. It is the strict part: what is not JSON is refused where it stands.
//! One `impl` with a method a state; the states are few and belong together, which is why the file is long.

use memchr::{memchr, memchr_iter, memrchr};

use super::Header;
use super::error::{FormatError, Section};
use super::integers::{Integers, Problem};
use super::json_text::{
    LONGEST_SCALAR, balanced_end, is_comma, is_scalar, scalar_length, skip_white_space, string_end,
};
use super::locations::LocationReader;
use super::strings::StringTable;
use super::tables::{Block, TableKind};
use super::trace::TraceTreeReader;
use crate::memory::{OutOfMemory, growth};

/// Bytes of text in a block: enough to make a parallel task worth its while, small enough to spread evenly.
const BLOCK_BYTES: usize = 512 << 10;
/// Bytes of the longest name of a section that is read.
pub(super) const LONGEST_NAME: usize = 1 << 16;
/// The header describes the columns; no real one is larger than some kilobytes.
pub(super) const HEADER_LIMIT: usize = 1 << 20;
/// Bytes in which nothing of a snapshot was found, after which an input of unknown length is given up: it may be endless.
pub(super) const MOST_IDLE_BYTES: u64 = 256 << 20;
/// How many names of sections are remembered at the most, beside those that are known.
const UNKNOWN_NAMES: usize = 64;
const KILLED: &str = "the process was probably killed, or the copy stopped, while the file was being written";

/// A small table of integers, kept as they stand.
pub(super) const SMALL_TABLES: [&str; 6] =
    ["locations", "samples", "trace_function_infos", "scopes", "scope_context_vars", "scope_uses"];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Start,
    BeforeKey { first: bool },
    AfterValue,
    Header,
    Table { kind: TableKind, first: bool },
    Small { table: usize, first: bool },
    BeforeString { first: bool },
    InString,
    AfterString,
    Tree,
    Skip { depth: u32, in_string: bool },
    End,
}

/// What one step did: how far it came, and whether it can go on within this window.
enum Step {
    To(usize),
    /// Everything from here on must be seen again with more behind it.
    NeedsMore(usize),
}

/// A large table that stood before the header, kept as text until the header is known.
#[derive(Debug)]
pub(super) struct Deferred {
    pub(super) kind: TableKind,
    pub(super) offset: u64,
    pub(super) text: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Scanner {
    state: State,
    section: Section,
    seen: Vec<String>,
    pub(super) header: Option<Header>,
    pub(super) strings: StringTable,
    /// Of `locations` only what was not yet taken over by the table below.
    pub(super) small: [Vec<u64>; SMALL_TABLES.len()],
    /// Where in the file each of them ended.
    small_ends: [u64; SMALL_TABLES.len()],
    pub(super) locations: LocationReader,
    pub(super) trace_tree: TraceTreeReader,
    pub(super) deferred: Vec<Deferred>,
    /// Size of the decompressed file, if known, to reserve by.
    file_bytes: Option<u64>,
    pub(super) rows: [u64; 2],
    /// The end of what was last found that belongs to a section of a snapshot.
    useful: u64,
}

impl Scanner {
    pub(super) fn new(file_bytes: Option<u64>) -> Self {
        Self {
            state: State::Start,
            section: Section::Document,
            seen: Vec::new(),
            header: None,
            strings: StringTable::default(),
            small: Default::default(),
            small_ends: Default::default(),
            locations: LocationReader::default(),
            trace_tree: TraceTreeReader::default(),
            deferred: Vec::new(),
            file_bytes,
            rows: [0; 2],
            useful: 0,
        }
    }

    /// Bytes of what was read besides the two large tables and the strings, as it is kept or will be.
    pub(super) fn other_bytes(&self) -> u64 {
        let deferred: usize = self.deferred.iter().map(|deferred| deferred.text.len()).sum();
        let small: usize = self.small.iter().map(|values| values.len() * size_of::<u64>()).sum();
        let locations = self.locations.peak_bytes() + self.trace_tree.peak_bytes();
        (deferred + small + locations) as u64
    }

    /// Whether the file had a section of that name.
    pub(super) fn has_section(&self, name: &str) -> bool {
        self.seen.iter().any(|seen| seen == name)
    }

    /// Scans `window`, which starts at byte `base` of the file; returns how much of it was consumed and appends the
    /// blocks that were found. `last` says that the file ends with the window.
    pub(super) fn scan(
        &mut self,
        window: &[u8],
        base: u64,
        last: bool,
        blocks: &mut Vec<Block>,
    ) -> Result<usize, FormatError> {
        let mut at = 0;
        loop {
            if !matches!(self.state, State::InString | State::Skip { in_string: true, .. }) {
                at = skip_white_space(window, at);
            }
            if at >= window.len() {
                break;
            }
            let is_useful = !matches!(self.state, State::Skip { .. });
            match self.step(window, at, base, last, blocks)? {
                Step::To(next) => {
                    at = next;
                    if is_useful {
                        self.useful = base + at as u64;
                    }
                }
                Step::NeedsMore(from) => {
                    at = from;
                    break;
                }
            }
        }
        if last && (self.state != State::End || at < window.len()) {
            return Err(self.truncated(base + window.len() as u64));
        }
        self.check_idle(base + at as u64)?;
        Ok(at)
    }

    /// Gives up an input of unknown length that may never end: compressed, or from a pipe.
    fn check_idle(&self, read: u64) -> Result<(), FormatError> {
        if self.file_bytes.is_some() || read.saturating_sub(self.useful) <= MOST_IDLE_BYTES {
            return Ok(());
        }
        let what = "the number of bytes that belong to no section of a snapshot";
        Err(FormatError::Limit { section: self.section.clone(), what, limit: MOST_IDLE_BYTES })
    }

    fn step(
        &mut self,
        window: &[u8],
        at: usize,
        base: u64,
        last: bool,
        blocks: &mut Vec<Block>,
    ) -> Result<Step, FormatError> {
        let here = base + at as u64;
        match self.state {
            State::Start => self.start(window, at, base, last),
            State::BeforeKey { first } => self.key(window, at, base, first),
            State::AfterValue => match window[at] {
                b',' => self.to(State::BeforeKey { first: false }, at + 1),
                b'}' => self.to(State::End, at + 1),
                _ => Err(self.unexpected(here, &window[at..], "`,` or the `}` that ends the file")),
            },
            State::Header => self.read_header(window, at, here),
            State::Table { kind, first } => self.table(window, at, base, (kind, first), blocks),
            State::Small { table, first } => self.small_table(window, at, base, (table, first)),
            State::BeforeString { first } => match window[at] {
                b'"' => self.to(State::InString, at + 1),
                b']' if first => self.end_section(at + 1),
                _ => Err(self.unexpected(here, &window[at..], "a string in double quotes")),
            },
            State::InString => self.strings(window, at, base),
            State::AfterString => match window[at] {
                b',' => self.to(State::BeforeString { first: false }, at + 1),
                b']' => self.end_section(at + 1),
                _ => Err(self.unexpected(here, &window[at..], "`,` between strings or the `]` that ends the section")),
            },
            State::Tree => self.tree(window, at, base),
            State::Skip { depth, in_string } => self.skip(window, at, base, (depth, in_string)),
            State::End => {
                Err(self.unexpected(here, &window[at..], "nothing more: the snapshot is complete before this byte"))
            }
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "the last expression of steps that can fail")]
    fn to(&mut self, state: State, at: usize) -> Result<Step, FormatError> {
        self.state = state;
        Ok(Step::To(at))
    }

    fn end_section(&mut self, at: usize) -> Result<Step, FormatError> {
        self.section = Section::Document;
        self.to(State::AfterValue, at)
    }

    fn start(&mut self, window: &[u8], at: usize, base: u64, last: bool) -> Result<Step, FormatError> {
        let rest = &window[at..];
        if rest.len() < 4 && !last {
            return Ok(Step::NeedsMore(at));
        }
        let bom: &[u8] = b"\xef\xbb\xbf";
        if base + at as u64 == 0 && rest.starts_with(bom) {
            return Ok(Step::To(at + bom.len()));
        }
        if rest[0] == b'{' {
            return self.to(State::BeforeKey { first: true }, at + 1);
        }
        let hint = if let Some(hint) = known_file(rest) {
            hint
        } else if rest.starts_with(b"\xff\xfe") || rest.starts_with(b"\xfe\xff") {
            "this is UTF-16 text; a heap snapshot is UTF-8"
        } else if rest[0] == b'<' {
            "this looks like a web page, perhaps an error page saved instead of the download"
        } else {
            "this is not a .heapsnapshot file"
        };
        Err(FormatError::Unexpected {
            section: Section::Document,
            offset: base + at as u64,
            found: super::error::describe(rest),
            expected: "the `{` that starts a heap snapshot".to_owned(),
            hint: Some(hint),
        })
    }

    /// A name at the top level, its colon and the start of its value.
    fn key(&mut self, window: &[u8], at: usize, base: u64, first: bool) -> Result<Step, FormatError> {
        let here = base + at as u64;
        match window[at] {
            b'}' if first => return self.to(State::End, at + 1),
            b'"' => {}
            _ => return Err(self.unexpected(here, &window[at..], "the name of a section in double quotes")),
        }
        let name_end = string_end(window, at + 1);
        let inside = &window[at + 1..name_end.unwrap_or(window.len()).min(at + 1 + LONGEST_NAME)];
        if let Some(control) = inside.iter().position(|byte| *byte < b' ') {
            let wrong = at + 1 + control;
            return Err(self.unexpected(base + wrong as u64, &window[wrong..], "the rest of a section's name"));
        }
        if inside.len() == LONGEST_NAME {
            let limit = LONGEST_NAME as u64 - 1;
            return Err(FormatError::Limit {
                section: Section::Document,
                what: "the length of a section's name",
                limit,
            });
        }
        let Some(name_end) = name_end else { return Ok(Step::NeedsMore(at)) };
        let colon = skip_white_space(window, name_end + 1);
        if colon - name_end > LONGEST_NAME + 1 {
            let wrong = name_end + 1 + LONGEST_NAME;
            return Err(self.unexpected(base + wrong as u64, &window[wrong..], "`:` behind the name of a section"));
        }
        let Some(&found) = window.get(colon) else { return Ok(Step::NeedsMore(at)) };
        if found != b':' {
            return Err(self.unexpected(base + colon as u64, &window[colon..], "`:` behind the name of a section"));
        }
        let value = skip_white_space(window, colon + 1);
        if value >= window.len() {
            return Ok(Step::NeedsMore(at));
        }
        let name = String::from_utf8_lossy(&window[at + 1..name_end]).into_owned();
        self.enter(&name, window, value, base)
    }

    fn enter(&mut self, name: &str, window: &[u8], at: usize, base: u64) -> Result<Step, FormatError> {
        let here = base + at as u64;
        let small = SMALL_TABLES.iter().position(|table| *table == name);
        let known = small.is_some() || matches!(name, "snapshot" | "nodes" | "edges" | "strings" | "trace_tree");
        self.section = Section::named(name);
        if known && self.has_section(name) {
            return Err(FormatError::DuplicateSection(self.section.clone(), here));
        }
        // Of unknown names some are kept, to tell what the file is if it is no snapshot.
        if known || (self.seen.len() < UNKNOWN_NAMES && !self.has_section(name)) {
            self.seen.push(name.to_owned());
        }
        // Without names for its numbers a trace tree tells nothing, whatever it is.
        let has_no_fields = self.header.as_ref().is_some_and(|header| header.trace_node_fields.is_empty());
        if !known || (name == "trace_tree" && has_no_fields) {
            return self.to(State::Skip { depth: 0, in_string: false }, at);
        }
        let opening = if name == "snapshot" { b'{' } else { b'[' };
        if window[at] != opening {
            let expected = format!("`{}`, the start of the section", char::from(opening));
            return Err(self.unexpected(here, &window[at..], &expected));
        }
        match name {
            "snapshot" => self.to(State::Header, at),
            "nodes" | "edges" => {
                let kind = if name == "nodes" { TableKind::Nodes } else { TableKind::Edges };
                if self.header.is_none() {
                    self.deferred.push(Deferred { kind, offset: here + 1, text: Vec::new() });
                }
                self.to(State::Table { kind, first: true }, at + 1)
            }
            "strings" => {
                if let Some(rest) = self.file_bytes.and_then(|bytes| bytes.checked_sub(here)) {
                    self.strings.reserve(usize::try_from(rest).unwrap_or(0));
                }
                self.to(State::BeforeString { first: true }, at + 1)
            }
            "trace_tree" => {
                let fields = self.header.as_ref().map_or(5, |header| header.trace_node_fields.len());
                self.trace_tree.start(fields);
                self.to(State::Tree, at + 1)
            }
            _ => self.to(State::Small { table: small.unwrap_or(0), first: true }, at + 1),
        }
    }

    fn read_header(&mut self, window: &[u8], at: usize, here: u64) -> Result<Step, FormatError> {
        let end = balanced_end(window, at);
        if end.unwrap_or(window.len()) - at > HEADER_LIMIT {
            return Err(FormatError::Limit {
                section: self.section.clone(),
                what: "its length in bytes",
                limit: HEADER_LIMIT as u64,
            });
        }
        let Some(end) = end else { return Ok(Step::NeedsMore(at)) };
        let header = Header::parse(&window[at..end]).map_err(|error| match error {
            FormatError::Header(problem) => FormatError::Header(format!("byte {here}: {problem}")),
            FormatError::HeaderJson { what, at } => FormatError::HeaderJson { what, at: here + at },
            other => other,
        })?;
        self.header = Some(header);
        self.end_section(end)
    }

    /// The fields of a row; 1 where the header is still to come and the text is only collected.
    fn fields(&self, kind: TableKind) -> usize {
        self.header.as_ref().map_or(1, |header| match kind {
            TableKind::Nodes => header.node_fields.len(),
            TableKind::Edges => header.edge_fields.len(),
        })
    }

    fn table(
        &mut self,
        window: &[u8],
        at: usize,
        base: u64,
        (kind, first): (TableKind, bool),
        blocks: &mut Vec<Block>,
    ) -> Result<Step, FormatError> {
        let close = memchr(b']', &window[at..]).map(|found| at + found);
        let end = close.unwrap_or(window.len());
        if self.header.is_none() {
            if let Some(deferred) = self.deferred.last_mut() {
                growth::extend(&mut deferred.text, &window[at..end])?;
            }
            return if close.is_some() { self.end_section(end + 1) } else { Ok(Step::To(end)) };
        }
        let next = self.cut_blocks(window, (at, end), base, (kind, first), close.is_some(), blocks)?;
        if close.is_some() {
            return self.end_section(end + 1);
        }
        self.state = State::Table { kind, first: first && next == at };
        Ok(Step::NeedsMore(next))
    }

    /// Cuts the text of a large table that was kept until the header was known.
    pub(super) fn cut_deferred(&mut self, deferred: &Deferred, blocks: &mut Vec<Block>) -> Result<(), FormatError> {
        self.section = Section::named(if deferred.kind == TableKind::Nodes { "nodes" } else { "edges" });
        let range = (skip_white_space(&deferred.text, 0), deferred.text.len());
        self.cut_blocks(&deferred.text, range, deferred.offset, (deferred.kind, true), true, blocks).map(|_| ())
    }

    /// Cuts `start..end` into blocks of whole rows and says where the last of them ends. `closed` says that the table
    /// ends at `end`, so that its last number has no comma behind it.
    fn cut_blocks(
        &mut self,
        window: &[u8],
        (start, end): (usize, usize),
        base: u64,
        (kind, first): (TableKind, bool),
        closed: bool,
        blocks: &mut Vec<Block>,
    ) -> Result<usize, FormatError> {
        let fields = self.fields(kind);
        let mut at = start;
        while at < end {
            let mut stop = (at + BLOCK_BYTES).min(end);
            let mut commas = memchr_iter(b',', &window[at..stop]).count();
            let missing = fields - commas % fields;
            match memchr_iter(b',', &window[stop..end]).nth(missing - 1) {
                Some(comma) => {
                    stop += comma + 1;
                    commas += missing;
                }
                None if closed => {
                    let values = commas + memchr_iter(b',', &window[stop..end]).count() + 1;
                    let text = window[at..end].trim_ascii();
                    if text.is_empty() || text.ends_with(b",") {
                        return Err(self.unexpected(base + end as u64, b"]", "a number"));
                    }
                    if let Some(nested) = memchr(b'[', text) {
                        let nested = at + window[at..end].len() - window[at..end].trim_ascii_start().len() + nested;
                        let expected = expected_of(Problem::NotANumber);
                        return Err(self.unexpected(base + nested as u64, &window[nested..], expected));
                    }
                    if !values.is_multiple_of(fields) {
                        let expected = format!("{} more numbers: a row has {fields}", fields - values % fields);
                        return Err(self.unexpected(base + end as u64, b"]", &expected));
                    }
                    self.push_block(Block { table: kind, text: at..end, rows: values / fields }, blocks)?;
                    return Ok(end);
                }
                None => {
                    // The last row is not whole yet: leave it for the next window.
                    commas += memchr_iter(b',', &window[stop..end]).count();
                    let rows = commas / fields;
                    if rows == 0 {
                        return Ok(at);
                    }
                    stop = end;
                    for _ in 0..=commas % fields {
                        stop = memrchr(b',', &window[at..stop]).map_or(at, |comma| at + comma);
                    }
                    self.push_block(Block { table: kind, text: at..stop + 1, rows }, blocks)?;
                    return Ok(stop + 1);
                }
            }
            self.push_block(Block { table: kind, text: at..stop, rows: commas / fields }, blocks)?;
            at = stop;
        }
        if closed && !(first && start == end) {
            return Err(self.unexpected(base + end as u64, b"]", "a number"));
        }
        Ok(at)
    }

    fn push_block(&mut self, block: Block, blocks: &mut Vec<Block>) -> Result<(), FormatError> {
        let rows = &mut self.rows[block.table as usize];
        *rows += block.rows as u64;
        // One below the largest, so that a count fits in 32 bits as well as an index.
        let limit = u64::from(u32::MAX) - 1;
        if *rows > limit {
            return Err(FormatError::Limit { section: self.section.clone(), what: "its number of rows", limit });
        }
        blocks.push(block);
        Ok(())
    }

    fn small_table(
        &mut self,
        window: &[u8],
        at: usize,
        base: u64,
        (table, first): (usize, bool),
    ) -> Result<Step, FormatError> {
        let close = memchr(b']', &window[at..]).map(|found| at + found);
        let end = match close {
            Some(end) => end,
            None => match memrchr(b',', &window[at..]) {
                Some(comma) => at + comma + 1,
                None => return Ok(Step::NeedsMore(at)),
            },
        };
        let has_signs = SMALL_TABLES[table].starts_with("scope");
        let mut integers = Integers::new(&window[at..end]);
        while !integers.at_end() {
            let value = if has_signs { integers.next_signed() } else { integers.next() };
            let value = value.map_err(|error| {
                let found = at + error.at;
                self.unexpected(base + found as u64, &window[found..], expected_of(error.problem))
            })?;
            growth::push(&mut self.small[table], value)?;
        }
        self.drain_locations()?;
        let text = window[at..end].trim_ascii();
        if close.is_none() {
            self.state = State::Small { table, first: false };
            return Ok(Step::NeedsMore(end));
        }
        if text.ends_with(b",") || (text.is_empty() && !first) {
            return Err(self.unexpected(base + end as u64, b"]", "a number"));
        }
        self.small_ends[table] = base + end as u64;
        self.end_section(end + 1)
    }

    /// Refuses small tables whose numbers are no whole rows: one that is missing shifts all behind it.
    pub(super) fn check_rows(&self) -> Result<(), FormatError> {
        let Some(header) = &self.header else { return Ok(()) };
        for (table, values) in self.small.iter().enumerate() {
            let fields = header.small_fields(table).len().max(1);
            let missing = values.len().next_multiple_of(fields) - values.len();
            if missing > 0 {
                let section = Section::named(SMALL_TABLES[table]);
                let numbers =
                    if missing == 1 { "one more number".to_owned() } else { format!("{missing} more numbers") };
                let expected = format!("{numbers}, as a row has {fields}");
                return Err(FormatError::unexpected(&section, self.small_ends[table], b"]", expected));
            }
        }
        Ok(())
    }

    /// Makes rows of the numbers of `locations` that were read, once the header says how. They may be many.
    pub(super) fn drain_locations(&mut self) -> Result<(), FormatError> {
        let [values, ..] = &mut self.small;
        match &self.header {
            Some(header) if !values.is_empty() => {
                self.locations.drain(values, &header.location_fields, header.node_fields.len())
            }
            _ => Ok(()),
        }
    }

    /// The inside of a string and, while it goes well, the strings behind it.
    fn strings(&mut self, window: &[u8], mut at: usize, base: u64) -> Result<Step, FormatError> {
        loop {
            let rest = &window[at..];
            let stop = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
            if let Some(control) = rest[..stop].iter().position(|byte| *byte < 0x20) {
                let found = &rest[control..=control];
                let offset = base + (at + control) as u64;
                return Err(self.unexpected(offset, found, "no control character inside a string"));
            }
            self.strings.try_extend(&rest[..stop])?;
            at += stop;
            match window.get(at) {
                None => return Ok(Step::To(at)),
                Some(b'"') => {
                    self.strings.end_string();
                    if self.strings.len() >= u32::MAX as usize {
                        let limit = u64::from(u32::MAX) - 1;
                        return Err(FormatError::Limit {
                            section: self.section.clone(),
                            what: "its number of strings",
                            limit,
                        });
                    }
                    at += 1;
                    // By far the most frequent: the next string right behind a comma.
                    let gap = window[at..].iter().take(8).position(|byte| *byte == b'"');
                    match gap {
                        Some(quote) if is_comma(&window[at..at + quote]) => at += quote + 1,
                        _ => return self.to(State::AfterString, at),
                    }
                }
                Some(_) => {
                    let length = if window.get(at + 1) == Some(&b'u') { 6 } else { 2 };
                    let Some(escape) = window.get(at..at + length) else { return Ok(Step::NeedsMore(at)) };
                    let is_valid = match escape {
                        [_, b'u', digits @ ..] => digits.iter().all(u8::is_ascii_hexdigit),
                        [_, kind] => b"\"\\/bfnrt".contains(kind),
                        _ => false,
                    };
                    if !is_valid {
                        return Err(self.unexpected(
                            base + at as u64,
                            escape,
                            "a JSON escape such as `\\n` or `\\u0041`",
                        ));
                    }
                    self.strings.try_extend(escape)?;
                    at += length;
                }
            }
        }
    }

    fn tree(&mut self, window: &[u8], at: usize, base: u64) -> Result<Step, FormatError> {
        let (next, ended) = self.trace_tree.read(&window[at..]).map_err(|found| {
            let found = at + found;
            if self.trace_tree.is_out_of_memory() {
                return OutOfMemory.into();
            }
            if self.trace_tree.is_full() {
                let limit = u64::from(u32::MAX);
                return FormatError::Limit { section: self.section.clone(), what: "its number of nodes", limit };
            }
            self.unexpected(base + found as u64, &window[found..], "a tree of numbers")
        })?;
        if ended { self.end_section(at + next) } else { Ok(Step::NeedsMore(at + next)) }
    }

    /// Passes over a value that nobody knows, of whatever depth. What is in it is not looked at, but it must be one.
    fn skip(
        &mut self,
        window: &[u8],
        mut at: usize,
        base: u64,
        (mut depth, mut in_string): (u32, bool),
    ) -> Result<Step, FormatError> {
        if depth == 0 && !in_string && !matches!(window[at], b'"' | b'[' | b'{') {
            let length = scalar_length(&window[at..]);
            if at + length == window.len() && length < LONGEST_SCALAR {
                return Ok(Step::NeedsMore(at));
            }
            if !is_scalar(&window[at..at + length]) {
                return Err(self.unexpected(base + at as u64, &window[at..], "a value"));
            }
            return self.end_section(at + length);
        }
        while let Some(&byte) = window.get(at) {
            match byte {
                b'\\' if in_string => {
                    if at + 1 >= window.len() {
                        self.state = State::Skip { depth, in_string };
                        return Ok(Step::NeedsMore(at));
                    }
                    at += 1;
                }
                b'"' => {
                    in_string = !in_string;
                }
                _ if in_string => {}
                b'[' | b'{' => depth = depth.saturating_add(1),
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            at += 1;
            if depth == 0 && !in_string {
                return self.end_section(at);
            }
        }
        self.state = State::Skip { depth, in_string };
        Ok(Step::To(at))
    }

    pub(super) fn unexpected(&self, offset: u64, found: &[u8], expected: &str) -> FormatError {
        FormatError::unexpected(&self.section, offset, found, expected)
    }

    /// Something that must be seen as a whole goes on for too long.
    pub(super) fn too_long(&self, limit: usize) -> FormatError {
        let what = if self.state == State::Header { "its length in bytes" } else { "the length of a name or number" };
        FormatError::Limit { section: self.section.clone(), what, limit: limit as u64 }
    }

    fn truncated(&self, offset: u64) -> FormatError {
        let expected = match self.state {
            State::Start => "the `{` that starts a heap snapshot",
            State::BeforeKey { .. } | State::AfterValue | State::End => "another section or the final `}`",
            State::Header => "the rest of the header",
            State::Table { .. } | State::Small { .. } | State::Tree => "more numbers or the `]` that ends the section",
            State::BeforeString { .. } | State::AfterString => "more strings or the `]` that ends the section",
            State::InString => "the rest of a string",
            State::Skip { .. } => "the rest of this section",
        };
        let hint = match self.state {
            _ if offset == 0 => "the file is empty",
            State::Start => "there is nothing but white space in the file",
            _ => KILLED,
        };
        FormatError::Truncated {
            section: self.section.clone(),
            offset,
            expected: expected.to_owned(),
            hint: Some(hint),
        }
    }
}

pub(super) fn expected_of(problem: Problem) -> &'static str {
    match problem {
        Problem::NotANumber => "a number without sign, fraction or exponent",
        Problem::NotAComma => "`,` between numbers",
        Problem::TooLarge => "a number below 2^64",
    }
}

/// Names what a file is by its first bytes, if they are those of something that is often taken for a snapshot or profile.
pub(super) fn known_file(start: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 10] = [
        (b"\0\0\0\0", "the file starts with zeros: its space was reserved, but it was never written"),
        (b"\x7fELF", "this is a program or a core dump, not a heap snapshot"),
        // What is compressed once never comes here.
        (b"\x1f\x8b", "this is compressed twice; unpack it once with gzip"),
        (b"\x28\xb5\x2f\xfd", "this is compressed twice; unpack it once with zstd"),
        (b"BZh", "this is compressed with bzip2; unpack it first (gzip and zstd are opened as they are)"),
        (b"\xfd7zXZ", "this is compressed with xz; unpack it first (gzip and zstd are opened as they are)"),
        (b"7z\xbc\xaf", "this is a 7z archive; unpack it first"),
        (b"version https://git-lfs", "this is a Git LFS pointer, not the file; download the file with `git lfs pull`"),
        (b"/annex/objects/", "this is a git-annex pointer, not the file; download the file with `git annex get`"),
        (b"PK", "this looks like a zip archive; unpack it first"),
    ];
    KNOWN.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_with_more_rows_than_can_be_counted_is_refused_by_name() {
        for (kind, name) in [(TableKind::Nodes, "nodes"), (TableKind::Edges, "edges")] {
            let mut scanner = Scanner::new(None);
            scanner.section = Section::named(name);
            scanner.rows[kind as usize] = u64::from(u32::MAX) - 3;
            let block = |rows| Block { table: kind, text: 0..0, rows };
            assert!(scanner.push_block(block(2), &mut Vec::new()).is_ok());
            let error = scanner.push_block(block(1), &mut Vec::new()).expect_err("one too many").to_string();
            assert_eq!(error, format!("section `{name}`: its number of rows exceeds the limit of 4294967294"));
        }
    }
}
