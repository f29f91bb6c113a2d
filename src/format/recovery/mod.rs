//! The lenient reader for files that the strict one refused: keeps the readable data and lists the missing data.
//!
//! It reads the file byte by byte on one thread and treats each section independently: damage in one leaves the others
//! intact. Unreadable values keep their positions, so that indices after them stay valid. In the end every index of the
//! tables is in range, so that the graph finds nothing to refuse.
//!
//! For a valid file the result equals that of the strict reader, with no missing data.

mod document;
mod input;
mod repair;
mod rows;
mod sections;
mod strings;
mod tables;
mod tokens;

use super::locations::LocationReader;
use super::losses::{Loss, Recovery};
use super::source::OpenSource;
use super::{AllocationTrace, FormatError, Header, LocationTable, RawSnapshot, ScopeTables, Section, Source};
use crate::model::{CancelToken, Phase, Progress, StringId};
use document::{Document, Purpose};
use tables::Gaps;

/// Returns whether the source can be partially recovered: its header and at least one node. Reads only as much as
/// needed.
#[must_use]
pub fn can_recover(source: Source, cancel: &CancelToken) -> bool {
    let Some(again) = source.again() else { return false };
    let Ok(header) = find_header(again, &Progress::new(), cancel) else { return false };
    let Ok(source) = OpenSource::open(source, &Progress::new(), cancel) else { return false };
    let document = Document::read(source, Some(header), Purpose::FirstNode, Gaps::default(), cancel);
    document.node_count() > 0
}

/// Reads a damaged source to its end, keeping the readable data.
///
/// # Errors
/// Returns a [`FormatError`] if the header or all nodes are missing, if the source cannot be opened, or if cancelled.
pub(crate) fn read_recovering(
    source: Source,
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<(RawSnapshot, Recovery), FormatError> {
    progress.start(Phase::Reading, 0);
    // The header may follow tables that cannot be read without it.
    let header = source.again().map(|again| find_header(again, &Progress::new(), cancel)).transpose()?;
    let again = source.again();
    let mut source = OpenSource::open(source, progress, cancel)?;
    let change = source.take_watch();
    progress.set_total(source.size_bytes.unwrap_or(0));
    let (known_size, events) = (source.size_bytes, source.events.clone());
    let mut document = Document::read(source, header.clone(), Purpose::Everything, Gaps::default(), cancel);
    cancel.check()?;
    let gaps = document.found_gaps;
    // Without any node no positions need to be kept.
    let has_gaps = document.node_count() > 0 && gaps.iter().any(Option::is_some);
    if let (Some(again), true) = (again, has_gaps) {
        // The size of a gap is known only at the end: read again and leave room for it.
        drop(document);
        let source = OpenSource::open(again, &Progress::new(), cancel)?;
        document = Document::read(source, header, Purpose::Everything, gaps, cancel);
        cancel.check()?;
    }
    let size_bytes = known_size.unwrap_or_else(|| progress.read().done);
    let (raw, recovery) = finish(document, size_bytes)?;
    let note = events.and_then(|events| events.note());
    Ok((RawSnapshot { change: change(), note, ..raw }, recovery))
}

fn find_header(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<Header, FormatError> {
    let source = OpenSource::open(source, progress, cancel)?;
    let document = Document::read(source, None, Purpose::Header, Gaps::default(), cancel);
    cancel.check()?;
    document.into_header()
}

/// Makes the tables consistent.
fn finish(document: Document<'_>, size_bytes: u64) -> Result<(RawSnapshot, Recovery), FormatError> {
    let mut parts = document.into_parts()?;
    let losses = &mut parts.losses;
    let whole = repair::Whole { nodes: parts.nodes_whole, edges: parts.edges_whole };
    let (unknown_types, first_unknown) = parts.nodes.unknown_types;
    if unknown_types > 0 {
        losses.push(Loss::UnreadableTypes { count: unknown_types, row: first_unknown });
    }
    let (mut nodes, mut unknown_counts) = parts.nodes.finish();
    let mut edges = parts.edges.table;
    let (node_count, node_fields) = (nodes.kinds.len(), parts.header.node_fields.len() as u64);
    if node_count == 0 {
        return Err(FormatError::MissingSection {
            name: "nodes",
            hint: Some("the file does not contain a single complete node"),
        });
    }
    let node_count = repair::drop_surplus(&mut nodes, parts.header.node_count_hint, losses).unwrap_or(node_count);
    if !whole.nodes {
        repair::note_rows("nodes", node_count, parts.header.node_count_hint, losses);
    }
    unknown_counts.retain(|&row| (row as usize) < node_count);
    repair::repair_edges(&mut nodes, &mut edges, &unknown_counts, whole, losses);
    parts.strings.drop_unfinished();
    let first_placeholder = StringId(u32::try_from(parts.strings.len()).unwrap_or(u32::MAX));
    repair::repair_names(&mut nodes, &mut edges, &mut parts.strings, losses);
    let root_index = parts.header.root_index;
    if !root_index.is_multiple_of(node_fields) || root_index / node_fields >= node_count as u64 {
        losses.push(Loss::Root { root_index });
        parts.header.root_index = 0;
    }
    parts.strings.shrink();
    let [locations, samples, function_infos, scopes, context_vars, uses] = parts.small;
    let mut too_large = (0, 0);
    let found = locations_of(&locations, &parts.header, &mut too_large);
    if too_large.0 > 0 {
        let (count, row) = too_large;
        losses.push(Loss::TooLarge { section: Section::named("locations"), count, row });
    }
    let raw = RawSnapshot {
        locations: found,
        samples: super::raw_samples(&samples, &parts.header),
        nodes,
        edges,
        strings: parts.strings,
        allocation_trace: AllocationTrace { function_infos, tree: parts.trace_tree },
        scopes: ScopeTables { scopes, context_vars, uses },
        header: parts.header,
        size_bytes,
        note: None,
        change: None,
    };
    let mut losses = parts.losses;
    // Programs may omit these sections; if other data is missing, they were likely lost too.
    if !losses.is_empty() && !parts.missing_extras.is_empty() {
        losses.push(Loss::MissingExtras { names: parts.missing_extras });
    }
    Ok((raw, Recovery { losses, first_placeholder }))
}

/// Builds the table as the strict reader does. Rows with a value that is too large are skipped and counted, with the
/// first of them.
fn locations_of(values: &[u64], header: &Header, too_large: &mut (u64, u64)) -> LocationTable {
    let mut locations = LocationReader::default();
    for (at, row) in (0..).zip(values.chunks_exact(header.location_fields.len().max(1))) {
        if locations.drain(&mut row.to_vec(), &header.location_fields, header.node_fields.len()).is_err() {
            too_large.1 = if too_large.0 == 0 { at } else { too_large.1 };
            too_large.0 += 1;
        }
    }
    locations.finish()
}
