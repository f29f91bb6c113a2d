//! The sections of a damaged document, each read independently.

mod extras;

mod values;

use super::super::compressed::is_only_behind;
use super::super::header::Header;
use super::super::losses::Loss;
use super::super::scanner::{LONGEST_NAME, SMALL_TABLES};
use super::super::source::OpenSource;
use super::super::trace::TraceTree;
use super::super::{FormatError, Section, StringTable};
use super::input::Input;
use super::rows::{EdgeRows, MOST_ROWS, NodeRows, Rows};
use super::sections::{is_known, section_ahead};
use super::strings::{Damage, End, read_strings};
use super::tables::{Gaps, TableNotes, read_rows};
use super::tokens::Token;
use crate::model::CancelToken;

/// The extent of a document to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    Header,
    FirstNode,
    Everything,
}

/// Missing data that can occur any number of times in a file is listed at most this often.
const MOST_LOSSES: usize = 1000;

/// The data that was read, and the data that is missing.
#[expect(clippy::struct_excessive_bools, reason = "independent facts of the file")]
pub(super) struct Document<'a> {
    input: Input<'a>,
    purpose: Purpose,
    header: Option<Header>,
    /// The error in the header.
    header_error: Option<FormatError>,
    nodes: Option<NodeRows>,
    edges: Option<EdgeRows>,
    nodes_whole: bool,
    edges_whole: bool,
    strings: StringTable,
    small: [Vec<u64>; SMALL_TABLES.len()],
    trace_tree: TraceTree,
    seen: Vec<String>,
    losses: Vec<Loss>,
    /// True if data at the top level was skipped before; it is reported only once.
    has_passed: bool,
    /// True if the comma after a damaged section was skipped with it.
    is_behind_comma: bool,
    /// True if the brace that ends the document was seen.
    is_closed: bool,
    /// The position of the first missing or extra comma.
    comma: Option<u64>,
    /// The gaps to fill, and the gaps found.
    gaps: Gaps,
    pub(super) found_gaps: Gaps,
}

/// The state before a name at the top level.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Brace,
    Value,
    Comma,
}

/// The tables as found in the file.
pub(super) struct Parts {
    pub(super) header: Header,
    pub(super) nodes: NodeRows,
    pub(super) edges: EdgeRows,
    pub(super) nodes_whole: bool,
    pub(super) edges_whole: bool,
    pub(super) strings: StringTable,
    pub(super) small: [Vec<u64>; SMALL_TABLES.len()],
    pub(super) trace_tree: TraceTree,
    pub(super) losses: Vec<Loss>,
    /// Optional sections that the header declares and the file does not have.
    pub(super) missing_extras: Vec<&'static str>,
}

impl<'a> Document<'a> {
    /// Reads the source as far as `purpose` requires. If `header` is given, the source's own header is skipped.
    pub(super) fn read(
        source: OpenSource,
        header: Option<Header>,
        purpose: Purpose,
        gaps: Gaps,
        cancel: &'a CancelToken,
    ) -> Self {
        let mut document = Self {
            input: Input::new(source, cancel),
            purpose,
            header,
            header_error: None,
            nodes: None,
            edges: None,
            nodes_whole: false,
            edges_whole: false,
            strings: StringTable::default(),
            small: Default::default(),
            trace_tree: TraceTree::default(),
            seen: Vec::new(),
            losses: Vec::new(),
            has_passed: false,
            is_behind_comma: false,
            is_closed: false,
            comma: None,
            gaps,
            found_gaps: Gaps::default(),
        };
        document.sections();
        document
    }

    pub(super) fn node_count(&self) -> usize {
        self.nodes.as_ref().map_or(0, Rows::len)
    }

    pub(super) fn into_header(self) -> Result<Header, FormatError> {
        let Self { header, header_error, input, .. } = self;
        let stopped = || input.error.map_or_else(missing_header, FormatError::from);
        header.ok_or_else(|| header_error.unwrap_or_else(stopped))
    }

    pub(super) fn into_parts(mut self) -> Result<Parts, FormatError> {
        if self.header.is_none()
            && let Some(error) = self.input.error.take()
        {
            return Err(error.into());
        }
        if let Some(error) = self.input.error.take() {
            // This problem is the reason why the file seemed to end.
            self.losses.retain(|loss| !matches!(loss, Loss::EndsEarly { .. }));
            let offset = self.input.offset();
            let is_behind = self.is_closed && self.has_all() && is_only_behind(&error);
            let unreadable = |error| Loss::Unreadable { offset, error: FormatError::from(error).to_string() };
            self.losses.insert(0, if is_behind { Loss::Behind { offset, hint: "" } } else { unreadable(error) });
        }
        if let Some(offset) = self.comma {
            self.losses.push(Loss::Comma { offset });
        }
        for name in ["nodes", "edges", "strings"] {
            if !self.seen.iter().any(|seen| seen == name) {
                self.losses.push(Loss::MissingSection { name });
            }
        }
        let header = self.header.ok_or_else(missing_header)?;
        let missing_extras = header.extras().filter(|name| !self.seen.iter().any(|seen| seen == name)).collect();
        Ok(Parts {
            missing_extras,
            nodes: self.nodes.unwrap_or_else(|| NodeRows::new(&header)),
            edges: self.edges.unwrap_or_else(|| EdgeRows::new(&header)),
            nodes_whole: self.nodes_whole,
            edges_whole: self.edges_whole,
            strings: self.strings,
            small: self.small,
            trace_tree: self.trace_tree,
            losses: self.losses,
            header,
        })
    }

    fn is_done(&self) -> bool {
        match self.purpose {
            Purpose::Header => self.header.is_some() || self.header_error.is_some(),
            Purpose::FirstNode => self.node_count() > 0,
            Purpose::Everything => false,
        }
    }

    fn sections(&mut self) {
        self.find_start();
        let mut before = Before::Brace;
        while !self.is_done() {
            self.input.skip_white_space();
            let offset = self.input.offset();
            let wrong = match self.input.peek() {
                None => {
                    if !self.is_closed {
                        self.ends_early(&Section::Document);
                    }
                    return;
                }
                Some(b',') => {
                    self.input.advance(1);
                    std::mem::replace(&mut before, Before::Comma) != Before::Value
                }
                Some(b'}') => {
                    self.input.advance(1);
                    self.is_closed = true;
                    if self.has_all() {
                        self.note_rest();
                        if before == Before::Comma {
                            self.comma.get_or_insert(offset);
                        }
                        return;
                    }
                    std::mem::replace(&mut before, Before::Value) == Before::Comma
                }
                Some(b'"') => {
                    self.section();
                    let after = if std::mem::take(&mut self.is_behind_comma) { Before::Comma } else { Before::Value };
                    std::mem::replace(&mut before, after) == Before::Value
                }
                Some(_) => {
                    self.pass_over();
                    false
                }
            };
            if wrong {
                self.comma.get_or_insert(offset);
            }
        }
    }

    /// Skips the data before the first brace.
    fn find_start(&mut self) {
        let bom: &[u8] = b"\xef\xbb\xbf";
        if self.input.ahead(3) == bom {
            self.input.advance(3);
        }
        let start = self.input.offset();
        self.input.skip_white_space();
        let is_clean = self.input.peek() == Some(b'{');
        while self.input.peek().is_some_and(|byte| byte != b'{') {
            self.input.advance(1);
        }
        if !is_clean && self.input.peek().is_some() {
            self.losses.push(Loss::Before { bytes: self.input.offset() - start });
        }
        self.input.advance(1);
    }

    /// Returns whether nothing relevant can follow.
    fn has_all(&self) -> bool {
        let has = |name: &str| self.seen.iter().any(|seen| seen == name);
        has("snapshot") && has("nodes") && has("edges") && has("strings")
    }

    fn note_rest(&mut self) {
        let offset = self.input.offset();
        self.input.skip_white_space();
        if let Some(next) = self.input.peek() {
            let hint = if next == b'{' { " (two files seem to have been joined)" } else { "" };
            self.losses.push(Loss::Behind { offset: offset.max(self.input.offset()), hint });
        }
    }

    fn ends_early(&mut self, section: &Section) {
        if self.losses.iter().any(|loss| matches!(loss, Loss::EndsEarly { .. })) {
            return;
        }
        self.losses.push(Loss::EndsEarly { section: section.clone(), offset: self.input.offset() });
    }

    /// Skips to the next quote, where a section may begin.
    fn pass_over(&mut self) {
        if !self.has_passed {
            self.losses.push(Loss::Passed { offset: self.input.offset() });
            self.has_passed = true;
        }
        self.input.advance(1);
        while self.input.peek().is_some_and(|byte| byte != b'"') {
            self.input.advance(1);
        }
    }

    /// Reads a section, or skips a quote that does not start one.
    fn section(&mut self) {
        let Some((name, length)) = section_ahead(&mut self.input).or_else(|| self.name_ahead()) else {
            let ahead = self.input.ahead(LONGEST_NAME);
            if ahead.len() < LONGEST_NAME && !ahead[1..].contains(&b'"') {
                // The file ends inside a name.
                self.input.advance(LONGEST_NAME);
            } else {
                self.pass_over();
            }
            return;
        };
        self.input.advance(length);
        if is_known(&name) {
            self.input.note_useful();
        }
        self.input.skip_white_space();
        // The colon.
        self.input.advance(1);
        self.input.skip_white_space();
        let section = Section::named(&name);
        let offset = self.input.offset();
        // Unknown names are not kept: a file may have millions.
        let is_repeated = self.seen.contains(&name);
        if !is_known(&name) || is_repeated || (name == "snapshot" && self.header.is_some()) {
            if is_repeated && self.losses.len() < MOST_LOSSES {
                self.losses.push(Loss::Repeated { section: section.clone(), offset });
            }
            self.skip_value(&section);
            if is_known(&name) && !is_repeated {
                self.seen.push(name);
            }
            return;
        }
        if name == "trace_tree" && self.has_no_trace_fields() {
            // Without declared fields a trace tree cannot be interpreted.
            self.skip_value(&section);
            self.seen.push(name);
            return;
        }
        let opening = if name == "snapshot" { b'{' } else { b'[' };
        if self.input.peek() != Some(opening) {
            // The value does not have the type of a section with this name.
            if self.losses.len() < MOST_LOSSES {
                self.losses.push(Loss::Passed { offset });
            }
            self.skip_value(&section);
            return;
        }
        self.seen.push(name.clone());
        match name.as_str() {
            "snapshot" => self.read_header(offset),
            // The data needed for this purpose is in other sections.
            _ if self.purpose == Purpose::Header => self.skip_value(&section),
            "nodes" | "edges" => self.table(&name, &section),
            "strings" => self.read_strings(&section),
            "trace_tree" => self.read_tree(&section),
            _ => self.small_table(&name, &section),
        }
    }

    /// Returns whether the header was seen and declares no fields for the trace tree.
    fn has_no_trace_fields(&self) -> bool {
        self.seen.iter().any(|seen| seen == "snapshot")
            && self.header.as_ref().is_some_and(|header| header.trace_node_fields.is_empty())
    }

    /// Reads one of the two large tables.
    fn table(&mut self, name: &str, section: &Section) {
        self.input.advance(1);
        let Some(header) = self.header.take() else {
            // Only a stream that cannot be read twice gets here.
            self.skip_value(section);
            return;
        };
        let stop_at = if self.purpose == Purpose::FirstNode { 1 } else { MOST_ROWS };
        let which = usize::from(name == "edges");
        let mut notes = TableNotes::new(self.gaps[which]);
        if name == "nodes" {
            let mut rows = NodeRows::new(&header);
            self.nodes_whole = read_rows(&mut self.input, &mut rows, &header, stop_at, &mut notes);
            notes.take(&rows);
            self.nodes = Some(rows);
        } else {
            let mut rows = EdgeRows::new(&header);
            self.edges_whole = read_rows(&mut self.input, &mut rows, &header, MOST_ROWS, &mut notes);
            notes.take(&rows);
            self.edges = Some(rows);
        }
        let (fields, declared) = if which == 0 {
            (header.node_fields.len(), header.node_count_hint)
        } else {
            (header.edge_fields.len(), header.edge_count_hint)
        };
        self.found_gaps[which] = notes.gap_of(declared, fields as u64);
        self.header = Some(header);
        self.note_table(section, &notes, fields as u64);
    }

    fn note_table(&mut self, section: &Section, notes: &TableNotes, fields: u64) {
        let offset = self.input.offset();
        match notes.end {
            Token::End { after_comma: true } => {
                self.comma.get_or_insert(offset);
            }
            Token::Over => self.ends_early(section),
            Token::Unclosed => self.losses.push(Loss::Unclosed { section: section.clone(), offset }),
            _ => {}
        }
        notes.add_losses(section, fields, &mut self.losses);
    }

    fn read_strings(&mut self, section: &Section) {
        self.input.advance(1);
        let mut damage = Damage::default();
        match read_strings(&mut self.input, &mut self.strings, &mut damage) {
            End::Closed => {}
            End::Unclosed => {
                self.losses.push(Loss::Unclosed { section: section.clone(), offset: self.input.offset() });
            }
            End::Over => self.ends_early(section),
        }
        self.comma = self.comma.or(damage.comma);
        if damage.count > 0 {
            self.losses.push(Loss::BadStrings { count: damage.count, offset: damage.offset });
        }
    }
}

fn missing_header() -> FormatError {
    FormatError::MissingSection { name: "snapshot", hint: None }
}
