//! From bytes to columns: reads a `.heapsnapshot` of any V8 since Node 8.
//!
//! The file is read through two windows of a few megabytes. While the blocks of one are parsed on all cores and its
//! strings copied, the next is read and its row boundaries are found. The whole file is never in memory, and declared
//! counts are used for allocation only as far as the size of the file makes them plausible.

mod compressed;
mod counted;
mod error;
mod estimate;
mod event_log;
mod excerpt;
mod header;
mod heap_profile;
mod integers;
mod json_text;
mod locations;
mod losses;
mod masks;
mod quoted;
mod recovery;
mod scanner;
mod sections;
mod source;
mod strings;
mod tables;
mod trace;

pub(crate) use error::{FormatError, Section};
pub(crate) use header::Header;
pub use heap_profile::looks_like_profile;
pub(crate) use heap_profile::{ProfileSample, RawProfile, read_profile};
pub use locations::Location;
pub(crate) use locations::LocationTable;
pub use losses::Doubt;
pub(crate) use losses::Recovery;
pub use recovery::can_recover;
pub(crate) use recovery::read_recovering;
pub(crate) use sections::{Rows, Sections};
pub(crate) use source::Change;
pub use source::Source;
pub(crate) use strings::{StringTable, identity_of, text_of, without_cut};
pub(crate) use tables::{EdgeTable, NodeTable};
pub(crate) use trace::AllocationTrace;

use crate::model::stored::{stored, stored_rows};
use crate::model::{CancelToken, Phase, Progress};
use estimate::{Counts, Estimate};
use scanner::{Parts, Scanner, expected_of};
use source::OpenSource;
use tables::{BadRow, RowProblem, TableKind, Tables};

/// Bytes of text in a window.
const WINDOW_BYTES: usize = 8 << 20;

/// Maximum length in bytes of a name, number or row. These must be contiguous, so they are buffered.
const LONGEST_PART: usize = 32 << 20;

/// The tables of a file as columns. Indices between tables are not checked yet; `graph` does that.
#[derive(Debug)]
pub struct RawSnapshot {
    pub header: Header,
    pub nodes: NodeTable,
    pub edges: EdgeTable,
    pub strings: StringTable,
    pub locations: LocationTable,
    pub samples: Vec<Sample>,
    pub allocation_trace: AllocationTrace,
    pub scopes: ScopeTables,
    /// Bytes of the source, before decompression.
    pub size_bytes: u64,
    /// A description of the other contents of the source.
    pub note: Option<String>,
    /// A change of the file while it was being read.
    pub change: Option<Change>,
}

/// A row of `samples`: the last object id that was assigned by a point in time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sample {
    pub timestamp_us: u64,
    pub last_assigned_id: u64,
}

stored_rows!(Sample { timestamp_us, last_assigned_id });

/// The rows of `scopes`, `scope_context_vars` and `scope_uses`, back to back, in the order of the fields in the header.
/// Negative numbers are stored as two's complement.
#[derive(Debug, Default)]
pub struct ScopeTables {
    pub scopes: Vec<u64>,
    pub context_vars: Vec<u64>,
    pub uses: Vec<u64>,
}

stored!(ScopeTables { scopes, context_vars, uses });

/// Reads a source to its end.
///
/// # Errors
/// Returns a `FormatError` that describes the problem and its position, or that the read failed or was cancelled.
pub fn read(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<RawSnapshot, FormatError> {
    progress.start(Phase::Reading, 0);
    let mut source = OpenSource::open(source, progress, cancel)?;
    let (change, events) = (source.take_watch(), source.events.clone());
    let read = read_open(source, progress, cancel).map_err(|error| error.stopping(cancel));
    match (read, change()) {
        (Err(error), change) => {
            let event = events.as_ref().zip(error.offset()).and_then(|(events, offset)| events.event_of(offset));
            Err(error.in_event(event).with_change(change))
        }
        // The part that was read is unchanged, but the part that was cut off can never be read again.
        (Ok(_), Some(change @ Change::Shrank)) => Err(FormatError::Unstable(change.text())),
        (Ok(raw), change) => Ok(RawSnapshot { change, note: events.and_then(|events| events.note()), ..raw }),
    }
}

fn read_open(mut source: OpenSource, progress: &Progress, cancel: &CancelToken) -> Result<RawSnapshot, FormatError> {
    progress.set_total(source.size_bytes.unwrap_or(0));
    let text_bytes = source.text_bytes();
    let mut scanner = Scanner::new(text_bytes);
    let mut tables: Option<Tables> = None;
    let mut strings = StringTable::default();
    let mut estimate = Estimate::new(source.size_bytes, source.is_compressed, progress, cancel);

    let mut current = Window::default();
    let mut next = Window::default();
    let mut last = false;
    while !last || !current.parts.is_empty() {
        cancel.check()?;
        if let Some(header) = &scanner.header {
            estimate.declare(header);
        }
        estimate.check(counts(&scanner, tables.as_ref(), current.bytes() + next.bytes()))?;
        if tables.is_none() {
            tables = scanner.header.as_ref().map(|header| Tables::new(header, text_bytes));
        }
        let header = scanner.header.clone();
        let (parsed, advanced) = rayon::join(
            || {
                if let (Some(tables), Some(header)) = (&mut tables, &header) {
                    current.parse(tables, header)?;
                }
                current.parts.texts.copy(&current.buffer, &mut strings).map_err(FormatError::from)
            },
            || if last { Ok(true) } else { next.advance(&current, &mut source, &mut scanner) },
        );
        // Parsed text comes before scanned text, so its error comes first.
        parsed?;
        last = advanced?;
        std::mem::swap(&mut current, &mut next);
        next.parts.clear();
    }
    drop((current, next));
    let size_bytes = source.size_bytes.unwrap_or_else(|| progress.read().done);
    finish(scanner, (tables, strings), text_bytes, size_bytes, cancel)
}

/// Returns the counts found so far.
fn counts(scanner: &Scanner, tables: Option<&Tables>, text_bytes: usize) -> Counts {
    let [nodes, edges] = scanner.rows;
    let (strings, string_bytes) = (scanner.string_count, scanner.string_bytes);
    let is_wide = tables.is_some_and(Tables::is_wide);
    Counts { nodes, edges, is_wide, strings, string_bytes, other_bytes: scanner.other_bytes() + text_bytes as u64 }
}

/// A value in one of the two large tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// `nodes` or `edges`.
    pub section: &'static str,
    pub row: usize,
    /// The field's name in the header.
    pub field: &'static str,
}

/// Returns the byte offset of a value by reading the source again. Returns `None` if it cannot be read again, if the
/// value is in a table before the header, or if the snapshot was assembled from a log, whose offsets differ.
///
/// Values are validated against each other after their text was dropped; this recovers the offset for the error.
#[must_use]
pub(crate) fn locate(source: Source, place: Place, cancel: &CancelToken) -> Option<u64> {
    let source = OpenSource::open(source, &Progress::new(), cancel).ok();
    let mut source = source.filter(|source| source.events.is_none())?;
    let mut scanner = Scanner::new(None);
    let table = if place.section == "nodes" { TableKind::Nodes } else { TableKind::Edges };
    let (mut current, mut next) = (Window::default(), Window::default());
    let mut rows_before = 0;
    loop {
        let last = next.advance(&current, &mut source, &mut scanner).ok()?;
        std::mem::swap(&mut current, &mut next);
        for block in current.parts.blocks.iter().filter(|block| block.table == table) {
            if place.row < rows_before + block.rows {
                let header = scanner.header.as_ref()?;
                let fields = if table == TableKind::Nodes { &header.node_fields } else { &header.edge_fields };
                let at = fields.iter().position(|field| field == place.field)?;
                let values = (place.row - rows_before) * fields.len() + at;
                let text = &current.buffer[block.text.clone()];
                let start = match values.checked_sub(1) {
                    None => 0,
                    Some(comma) => memchr::memchr_iter(b',', text).nth(comma)? + 1,
                };
                let blank = text[start..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
                return Some(current.base + (block.text.start + start + blank) as u64);
            }
            rows_before += block.rows;
        }
        if last {
            return None;
        }
        next.parts.clear();
    }
}

/// Combines the parts. Returns an error if one is missing.
fn finish(
    mut scanner: Scanner,
    (tables, mut strings): (Option<Tables>, StringTable),
    text_bytes: Option<u64>,
    size_bytes: u64,
    cancel: &CancelToken,
) -> Result<RawSnapshot, FormatError> {
    let header = scanner.header.take().ok_or_else(|| missing_header(&scanner))?;
    let mut tables = tables.unwrap_or_else(|| Tables::new(&header, text_bytes));
    scanner.header = Some(header);
    for deferred in std::mem::take(&mut scanner.deferred) {
        let mut blocks = Vec::new();
        scanner.cut_deferred(&deferred, &mut blocks)?;
        let needed = counts(&scanner, Some(&tables), deferred.text.len()).peak_bytes();
        cancel.need(needed, needed)?;
        let header = scanner.header.as_ref().ok_or_else(|| missing_header(&scanner))?;
        tables
            .read(&deferred.text, &blocks, header)
            .map_err(|bad| row_error(&bad, header, &deferred.text, deferred.offset))?;
    }
    for name in ["nodes", "edges", "strings"] {
        if !scanner.has_section(name) {
            return Err(FormatError::MissingSection { name, hint: None });
        }
    }
    strings.shrink();
    scanner.drain_locations()?;
    scanner.check_rows()?;
    // The declared counts no longer matter.
    let needed = counts(&scanner, Some(&tables), 0).peak_bytes();
    cancel.need(needed, needed)?;
    let header = scanner.header.take().ok_or_else(|| missing_header(&scanner))?;
    let [_, samples, function_infos, scopes, context_vars, uses] = scanner.small;
    let (nodes, edges) = tables.finish();
    Ok(RawSnapshot {
        locations: scanner.locations.finish(),
        samples: raw_samples(&samples, &header),
        nodes,
        edges,
        strings,
        allocation_trace: AllocationTrace { function_infos, tree: scanner.trace_tree.finish() },
        scopes: ScopeTables { scopes, context_vars, uses },
        header,
        size_bytes,
        note: None,
        change: None,
    })
}

fn missing_header(scanner: &Scanner) -> FormatError {
    let has = |name: &str| scanner.has_section(name);
    let hint = if has("traceEvents") {
        Some("this looks like a performance trace")
    } else if has("startTime") || has("timeDeltas") {
        Some("this looks like a CPU profile")
    } else if has("head") {
        Some("this looks like a sampling heap profile (.heapprofile)")
    } else {
        Some("this is JSON, but not a heap snapshot")
    };
    FormatError::MissingSection { name: "snapshot", hint }
}

/// A part of the file with what was found in it.
#[derive(Default)]
struct Window {
    buffer: Vec<u8>,
    /// The end of the file's bytes in `buffer`.
    end: usize,
    /// The number of bytes consumed by the scanner.
    consumed: usize,
    /// Position of the window in the file.
    base: u64,
    parts: Parts,
}

impl Window {
    /// Takes over the rest of `previous`, reads on and scans. Returns true at the end of the file.
    fn advance(
        &mut self,
        previous: &Self,
        source: &mut OpenSource,
        scanner: &mut Scanner,
    ) -> Result<bool, FormatError> {
        let carried = &previous.buffer[previous.consumed..previous.end];
        if carried.len() > LONGEST_PART {
            return Err(scanner.too_long(LONGEST_PART));
        }
        // One byte more than the file has, so that its end is detected at once.
        let whole = source.text_bytes().and_then(|bytes| usize::try_from(bytes + 1).ok());
        let size = whole.map_or(WINDOW_BYTES, |whole| whole.min(WINDOW_BYTES)).max(carried.len() * 2).max(64);
        if self.buffer.len() < size {
            self.buffer.resize(size, 0);
        }
        self.buffer[..carried.len()].copy_from_slice(carried);
        self.base = previous.base + previous.consumed as u64;
        self.end = source.fill(&mut self.buffer, carried.len())?;
        let last = self.end < self.buffer.len();
        self.consumed = scanner.scan(&self.buffer[..self.end], self.base, last, &mut self.parts)?;
        Ok(last)
    }

    fn bytes(&self) -> usize {
        self.buffer.len()
    }

    fn parse(&self, tables: &mut Tables, header: &Header) -> Result<(), FormatError> {
        tables
            .read(&self.buffer, &self.parts.blocks, header)
            .map_err(|bad| row_error(&bad, header, &self.buffer, self.base))
    }
}

fn row_error(bad: &BadRow, header: &Header, window: &[u8], base: u64) -> FormatError {
    let is_node = bad.table == TableKind::Nodes;
    let section = Section::named(if is_node { "nodes" } else { "edges" });
    // The problem is known only after the whole row was parsed; the value's position is this many commas further on.
    let field = match &bad.problem {
        RowProblem::Integer(_) => None,
        RowProblem::FieldTooLarge { field, .. } => Some(field.as_str()),
        RowProblem::TargetOffNode { .. } => Some("to_node"),
    };
    let fields = if is_node { &header.node_fields } else { &header.edge_fields };
    let commas = field.and_then(|field| fields.iter().position(|own| own == field)).unwrap_or(0);
    let row = &window[bad.at..];
    let value = match commas.checked_sub(1) {
        Some(comma) => memchr::memchr_iter(b',', row).nth(comma).map_or(0, |comma| comma + 1),
        None => 0,
    };
    let blank = row[value..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let offset = base + (bad.at + value + blank) as u64;
    match &bad.problem {
        RowProblem::Integer(problem) => {
            FormatError::unexpected(&section, offset, &window[bad.at..], expected_of(*problem))
        }
        RowProblem::FieldTooLarge { field, value } => FormatError::unexpected(
            &section,
            offset,
            value.to_string().as_bytes(),
            format!("a row whose `{field}` is below 2^32"),
        ),
        RowProblem::TargetOffNode { value, node_fields } => FormatError::unexpected(
            &section,
            offset,
            value.to_string().as_bytes(),
            format!("an edge whose `to_node` is a multiple of {node_fields}, the number of fields of a node"),
        ),
    }
}

/// Returns the rows of a small table by the names of its fields. An incomplete last row is skipped.
fn rows<'a, const N: usize>(
    values: &'a [u64],
    fields: &'a [String],
    names: [&'a str; N],
) -> impl Iterator<Item = [u64; N]> + 'a {
    let positions = names.map(|name| fields.iter().position(|field| field == name));
    values.chunks_exact(fields.len().max(1)).map(move |row| positions.map(|at| at.map_or(0, |at| row[at])))
}

fn raw_samples(values: &[u64], header: &Header) -> Vec<Sample> {
    rows(values, &header.sample_fields, ["timestamp_us", "last_assigned_id"])
        .map(|[timestamp_us, last_assigned_id]| Sample { timestamp_us, last_assigned_id })
        .collect()
}
