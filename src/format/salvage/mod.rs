//! The second, lenient reading of a file that the strict one refused: what is there is kept, and what is not is listed.
//!
//! It goes through the file byte by byte, on one thread, and takes each section for itself: damage in one of them leaves
//! the others whole. What cannot be read keeps its place, so that indices behind it still mean the same. In the end every
//! index of the tables is in range, so that the graph finds nothing to refuse.
//!
//! A file that is well-formed gives the same tables as by the strict reading, and no losses.

mod document;
mod input;
mod repair;
mod rows;
mod sections;
mod strings;
mod tables;
mod tokens;

use super::locations::LocationReader;
use super::losses::{Loss, Salvage};
use super::source::OpenSource;
use super::{AllocationTrace, FormatError, Header, LocationTable, RawSnapshot, ScopeTables, Section, Source};
use crate::model::{CancelToken, Phase, Progress, StringId};
use document::{Document, Purpose};
use tables::Gaps;

/// Whether enough of the source can be read to open it with losses: its header and at least one node. Reads only as far as it must.
#[must_use]
pub fn can_salvage(source: Source, cancel: &CancelToken) -> bool {
    let Some(again) = source.again() else { return false };
    let Ok(header) = find_header(again, &Progress::new(), cancel) else { return false };
    let Ok(source) = OpenSource::open(source, &Progress::new(), cancel) else { return false };
    let document = Document::read(source, Some(header), Purpose::FirstNode, Gaps::default(), cancel);
    document.node_count() > 0
}

/// Reads what is there of a damaged source, to its end.
///
/// # Errors
/// [`FormatError`] if the header or all nodes are missing, if the source cannot be opened, or when cancelled.
pub fn read_salvaging(
    source: Source,
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<(RawSnapshot, Salvage), FormatError> {
    progress.start(Phase::Reading, 0);
    // The header may stand behind tables that cannot be read without it.
    let header = source.again().map(|again| find_header(again, &Progress::new(), cancel)).transpose()?;
    let again = source.again();
    let mut source = OpenSource::open(source, progress, cancel)?;
    let change = source.take_watch();
    progress.set_total(source.size_bytes.unwrap_or(0));
    let (known_size, events) = (source.size_bytes, source.events.clone());
    let mut document = Document::read(source, header.clone(), Purpose::Everything, Gaps::default(), cancel);
    cancel.check()?;
    let gaps = document.found_gaps;
    // Without a single node there is nothing that a place could be kept beside.
    let has_gaps = document.node_count() > 0 && gaps.iter().any(Option::is_some);
    if let (Some(again), true) = (again, has_gaps) {
        // How much is missing in the middle is known only at the end: once more, with a place kept for it.
        drop(document);
        let source = OpenSource::open(again, &Progress::new(), cancel)?;
        document = Document::read(source, header, Purpose::Everything, gaps, cancel);
        cancel.check()?;
    }
    let size_bytes = known_size.unwrap_or_else(|| progress.read().done);
    let (raw, salvage) = finish(document, size_bytes)?;
    let note = events.and_then(|events| events.note());
    Ok((RawSnapshot { change: change(), note, ..raw }, salvage))
}

fn find_header(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<Header, FormatError> {
    let source = OpenSource::open(source, progress, cancel)?;
    let document = Document::read(source, None, Purpose::Header, Gaps::default(), cancel);
    cancel.check()?;
    document.into_header()
}

/// Makes the tables fit together.
fn finish(document: Document<'_>, size_bytes: u64) -> Result<(RawSnapshot, Salvage), FormatError> {
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
            hint: Some("there is not one whole node in the file"),
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
    // A program may write none of them; where something else is missing, they likely went with it.
    if !losses.is_empty() && !parts.missing_extras.is_empty() {
        losses.push(Loss::MissingExtras { names: parts.missing_extras });
    }
    Ok((raw, Salvage { losses, first_placeholder }))
}

/// As the strict reader has them; rows with a value that is too large are left out and counted, with the first of them.
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
