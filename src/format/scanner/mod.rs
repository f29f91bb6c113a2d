//! The structure of the document: finds sections, row boundaries and the extents of strings, window by window, without parsing the large
//! tables.
//!
//! The scanner gets windows of the file that overlap by the bytes it did not consume. Sections may occur in any order,
//! with any white space, and unknown ones are skipped. This is the strict reader: invalid JSON is refused at its
//! position. It is one `impl` with a method per state; the states belong together, which is why the file is long.

mod errors;

mod tables;

mod values;

use super::Header;
use super::error::{FormatError, Section};
use super::json_text::{balanced_end, skip_white_space, string_end};
use super::locations::LocationReader;
use super::quoted::Texts;
use super::tables::{Block, TableKind};
use super::trace::TraceTreeReader;
pub(super) use errors::{expected_of, known_file};

/// Bytes of text in a block: large enough for a parallel task, small enough to distribute evenly.
const BLOCK_BYTES: usize = 512 << 10;
/// Maximum length in bytes of a section name.
pub(super) const LONGEST_NAME: usize = 1 << 16;
/// The header describes the columns; real ones have at most some kilobytes.
pub(super) const HEADER_LIMIT: usize = 1 << 20;
/// Bytes without any part of a snapshot after which an input of unknown length is rejected, since it may be endless.
pub(super) const MOST_IDLE_BYTES: u64 = 256 << 20;
/// The maximum number of unknown section names that are remembered.
const UNKNOWN_NAMES: usize = 64;

/// The small tables, which are kept as flat lists of integers.
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

/// The parts of a window that are parsed or copied later.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) blocks: Vec<Block>,
    pub(super) texts: Texts,
}

impl Parts {
    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.texts.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.blocks.clear();
        self.texts.clear();
    }
}

/// The result of one step: the new position, and whether scanning can continue within this window.
enum Step {
    To(usize),
    /// The bytes from here on are needed again together with the following ones.
    NeedsMore(usize),
}

/// A large table before the header, kept as text until the header is known.
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
    /// The number of complete strings, and the bytes of all strings.
    pub(super) string_count: u64,
    pub(super) string_bytes: u64,
    /// Of `locations`, only the values that the table below does not contain yet.
    pub(super) small: [Vec<u64>; SMALL_TABLES.len()],
    /// The end of each small table in the file.
    small_ends: [u64; SMALL_TABLES.len()],
    pub(super) locations: LocationReader,
    pub(super) trace_tree: TraceTreeReader,
    pub(super) deferred: Vec<Deferred>,
    /// Size of the decompressed file, if known, used to reserve memory.
    file_bytes: Option<u64>,
    pub(super) rows: [u64; 2],
    /// The end of the last text that belongs to a section of a snapshot.
    useful: u64,
}

impl Scanner {
    pub(super) fn new(file_bytes: Option<u64>) -> Self {
        Self {
            state: State::Start,
            section: Section::Document,
            seen: Vec::new(),
            header: None,
            string_count: 0,
            string_bytes: 0,
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

    /// Returns the bytes of memory for everything but the two large tables and the strings.
    pub(super) fn other_bytes(&self) -> u64 {
        let deferred: usize = self.deferred.iter().map(|deferred| deferred.text.len()).sum();
        let small: usize = self.small.iter().map(|values| values.len() * size_of::<u64>()).sum();
        let locations = self.locations.peak_bytes() + self.trace_tree.peak_bytes();
        (deferred + small + locations) as u64
    }

    /// Returns whether the file had a section with that name.
    pub(super) fn has_section(&self, name: &str) -> bool {
        self.seen.iter().any(|seen| seen == name)
    }

    /// Scans `window`, which starts at byte `base` of the file. Returns the number of consumed bytes and appends the
    /// parts that were found. `last` is true if the file ends with the window.
    pub(super) fn scan(
        &mut self,
        window: &[u8],
        base: u64,
        last: bool,
        parts: &mut Parts,
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
            match self.step(window, at, base, last, parts)? {
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

    /// Stops reading a possibly endless input of unknown length: compressed, or from a pipe.
    fn check_idle(&self, read: u64) -> Result<(), FormatError> {
        if self.file_bytes.is_some() || read.saturating_sub(self.useful) <= MOST_IDLE_BYTES {
            return Ok(());
        }
        let what = "the number of bytes outside all sections of a snapshot";
        Err(FormatError::Limit { section: self.section.clone(), what, limit: MOST_IDLE_BYTES })
    }

    fn step(
        &mut self,
        window: &[u8],
        at: usize,
        base: u64,
        last: bool,
        parts: &mut Parts,
    ) -> Result<Step, FormatError> {
        let here = base + at as u64;
        match self.state {
            State::Start => self.start(window, at, base, last),
            State::BeforeKey { first } => self.key(window, at, base, first, &mut parts.texts),
            State::AfterValue => match window[at] {
                b',' => self.to(State::BeforeKey { first: false }, at + 1),
                b'}' => self.to(State::End, at + 1),
                _ => Err(self.unexpected(here, &window[at..], "`,` or the final `}`")),
            },
            State::Header => self.read_header(window, at, here),
            State::Table { kind, first } => self.table(window, at, base, (kind, first), &mut parts.blocks),
            State::Small { table, first } => self.small_table(window, at, base, (table, first)),
            State::BeforeString { first } => match window[at] {
                b'"' => self.to(State::InString, at + 1),
                b']' if first => self.end_section(at + 1),
                _ => Err(self.unexpected(here, &window[at..], "a string in double quotes")),
            },
            State::InString => self.strings(window, at, base, &mut parts.texts),
            State::AfterString => match window[at] {
                b',' => self.to(State::BeforeString { first: false }, at + 1),
                b']' => self.end_section(at + 1),
                _ => Err(self.unexpected(here, &window[at..], "`,` between strings or the closing `]` of the section")),
            },
            State::Tree => self.tree(window, at, base),
            State::Skip { depth, in_string } => self.skip(window, at, base, (depth, in_string)),
            State::End => {
                Err(self.unexpected(here, &window[at..], "the end of the file: the snapshot ends before this byte"))
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
            found: super::excerpt::describe(rest),
            expected: "the opening `{` of a heap snapshot".to_owned(),
            hint: Some(hint),
        })
    }

    /// Parses a name at the top level, its colon and the start of its value.
    fn key(
        &mut self,
        window: &[u8],
        at: usize,
        base: u64,
        first: bool,
        texts: &mut Texts,
    ) -> Result<Step, FormatError> {
        let here = base + at as u64;
        match window[at] {
            b'}' if first => return self.to(State::End, at + 1),
            b'"' => {}
            _ => return Err(self.unexpected(here, &window[at..], "a section name in double quotes")),
        }
        let name_end = string_end(window, at + 1);
        let inside = &window[at + 1..name_end.unwrap_or(window.len()).min(at + 1 + LONGEST_NAME)];
        if let Some(control) = inside.iter().position(|byte| *byte < b' ') {
            let wrong = at + 1 + control;
            return Err(self.unexpected(base + wrong as u64, &window[wrong..], "the rest of a section name"));
        }
        if inside.len() == LONGEST_NAME {
            let limit = LONGEST_NAME as u64 - 1;
            return Err(FormatError::Limit { section: Section::Document, what: "the length of a section name", limit });
        }
        let Some(name_end) = name_end else { return Ok(Step::NeedsMore(at)) };
        let colon = skip_white_space(window, name_end + 1);
        if colon - name_end > LONGEST_NAME + 1 {
            let wrong = name_end + 1 + LONGEST_NAME;
            return Err(self.unexpected(base + wrong as u64, &window[wrong..], "`:` after the section name"));
        }
        let Some(&found) = window.get(colon) else { return Ok(Step::NeedsMore(at)) };
        if found != b':' {
            return Err(self.unexpected(base + colon as u64, &window[colon..], "`:` after the section name"));
        }
        let value = skip_white_space(window, colon + 1);
        if value >= window.len() {
            return Ok(Step::NeedsMore(at));
        }
        let name = String::from_utf8_lossy(&window[at + 1..name_end]).into_owned();
        self.enter(&name, window, value, base, texts)
    }

    fn enter(
        &mut self,
        name: &str,
        window: &[u8],
        at: usize,
        base: u64,
        texts: &mut Texts,
    ) -> Result<Step, FormatError> {
        let here = base + at as u64;
        let small = SMALL_TABLES.iter().position(|table| *table == name);
        let known = small.is_some() || matches!(name, "snapshot" | "nodes" | "edges" | "strings" | "trace_tree");
        self.section = Section::named(name);
        if known && self.has_section(name) {
            return Err(FormatError::DuplicateSection(self.section.clone(), here));
        }
        // Some unknown names are kept, to identify files of other types.
        if known || (self.seen.len() < UNKNOWN_NAMES && !self.has_section(name)) {
            self.seen.push(name.to_owned());
        }
        // Without declared fields a trace tree cannot be interpreted.
        let has_no_fields = self.header.as_ref().is_some_and(|header| header.trace_node_fields.is_empty());
        if !known || (name == "trace_tree" && has_no_fields) {
            return self.to(State::Skip { depth: 0, in_string: false }, at);
        }
        let opening = if name == "snapshot" { b'{' } else { b'[' };
        if window[at] != opening {
            let expected = format!("the opening `{}` of the section", char::from(opening));
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
                    texts.expected_bytes = usize::try_from(rest).unwrap_or(0);
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_for_a_table_with_too_many_rows_names_the_table() {
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
