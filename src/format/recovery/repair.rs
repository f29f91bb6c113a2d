//! From possibly inconsistent tables to tables in which every index is in range.

use super::super::losses::{Loss, placeholder};
use super::super::{EdgeTable, NodeTable, Section, StringTable};
use super::rows::NO_STRING;

/// Facts about the tables that are not stored in them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whole {
    /// True if the table of nodes was read to its end.
    pub(super) nodes: bool,
    pub(super) edges: bool,
}

/// Assigns edges to nodes, drops edges without a valid target, and makes the counts add up.
pub(super) fn repair_edges(
    nodes: &mut NodeTable,
    edges: &mut EdgeTable,
    unknown_counts: &[u32],
    whole: Whole,
    losses: &mut Vec<Loss>,
) {
    let found = edges.targets.len();
    let mut unknown_counts = unknown_counts.to_vec();
    if whole.edges && whole.nodes {
        // No node can have more edges than the file.
        let impossible = nodes.edge_counts.iter_mut().enumerate().filter(|(_, count)| **count as usize > found);
        for (row, count) in impossible {
            *count = 0;
            unknown_counts.push(u32::try_from(row).unwrap_or(u32::MAX));
        }
        unknown_counts.sort_unstable();
    }
    let declared: u64 = nodes.edge_counts.iter().map(|&count| u64::from(count)).sum();
    match unknown_counts[..] {
        [] => {}
        // If all other counts are known, the unknown one is the remainder.
        [only] if whole.edges && whole.nodes && declared <= found as u64 => {
            losses.push(Loss::EdgeCount { row: u64::from(only) });
            nodes.edge_counts[only as usize] = u32::try_from(found as u64 - declared).unwrap_or(0);
        }
        // If several counts are unknown, the first node gets the remainder, and the nodes after the last keep their own
        // edges.
        [first, .., last] if whole.edges && whole.nodes && declared <= found as u64 => {
            nodes.edge_counts[first as usize] = u32::try_from(found as u64 - declared).unwrap_or(0);
            let is_run = (last - first) as usize + 1 == unknown_counts.len();
            let (nodes, from, to) = (unknown_counts.len() as u64, u64::from(first), u64::from(last));
            losses.push(if is_run { Loss::SharedEdges { from, to } } else { Loss::UnknownEdgeCounts { nodes, from } });
        }
        [first, ..] => {
            losses.push(Loss::UnknownEdgeCounts { nodes: unknown_counts.len() as u64, from: u64::from(first) });
        }
    }
    let declared: u64 = nodes.edge_counts.iter().map(|&count| u64::from(count)).sum();
    note_counts(declared, found as u64, unknown_counts.len() > 1, whole, losses);

    let node_count = nodes.kinds.len();
    let (mut read, mut written, mut lost, mut first_lost) = (0, 0, 0_u64, 0);
    for count in &mut nodes.edge_counts {
        let end = read + (*count as usize).min(found - read);
        let start = written;
        for row in read..end {
            if edges.targets[row] as usize >= node_count {
                first_lost = if lost == 0 { row } else { first_lost };
                lost += 1;
                continue;
            }
            edges.kinds[written] = edges.kinds[row];
            edges.names[written] = edges.names[row];
            edges.targets[written] = edges.targets[row];
            written += 1;
        }
        read = end;
        *count = u32::try_from(written - start).unwrap_or(u32::MAX);
    }
    edges.kinds.truncate(written);
    edges.names.truncate(written);
    edges.targets.truncate(written);
    edges.max_target = edges.targets.iter().copied().max().unwrap_or(0);
    if lost > 0 {
        losses.push(Loss::LostEdges { count: lost, row: first_lost as u64 });
    }
}

/// Reports the reason for the difference between declared and found edges.
fn note_counts(declared: u64, found: u64, has_unknown: bool, whole: Whole, losses: &mut Vec<Loss>) {
    if declared > found {
        if whole.edges && found > 0 {
            losses.push(Loss::EdgeCounts { declared, found });
        } else {
            losses.push(Loss::MissingEdges { count: declared - found, declared });
        }
    } else if declared < found {
        if whole.nodes && !has_unknown {
            losses.push(Loss::EdgeCounts { declared, found });
        } else {
            losses.push(Loss::SurplusEdges { count: found - declared, found });
        }
    }
}

/// Adds a string for each invalid index, so that objects with the same name keep the same name.
pub(super) fn repair_names(
    nodes: &mut NodeTable,
    edges: &mut EdgeTable,
    strings: &mut StringTable,
    losses: &mut Vec<Loss>,
) {
    let found = strings.len();
    let is_missing = |name: u32| name as usize >= found;
    let edge_names = edges.kinds.iter().zip(&edges.names);
    let of_edges = edge_names.filter(|(kind, name)| !kind.has_numeric_name() && is_missing(**name));
    let of_nodes = nodes.names.iter().filter(|name| is_missing(**name));
    let mut missing: Vec<u32> = of_nodes.chain(of_edges.map(|(_, name)| name)).copied().collect();
    missing.sort_unstable();
    // Names without a readable index are at the end.
    let readable = missing.partition_point(|&name| name != NO_STRING) as u64;
    let unreadable = missing.len() as u64 - readable;
    missing.dedup();
    // An index must stay below the maximum; further ones share the last string.
    missing.truncate((u32::MAX as usize - 1).saturating_sub(found).max(1));
    for &string in &missing {
        strings.extend(placeholder(string).as_bytes());
        strings.end_string();
    }
    if !missing.is_empty() {
        let replace = |name: &mut u32| {
            if is_missing(*name) {
                let at = found + missing.binary_search(name).unwrap_or(missing.len() - 1);
                *name = u32::try_from(at).unwrap_or(0);
            }
        };
        nodes.names.iter_mut().for_each(replace);
        let named = edges.kinds.iter().zip(&mut edges.names).filter(|(kind, _)| !kind.has_numeric_name());
        named.for_each(|(_, name)| replace(name));
    }
    if readable > 0 {
        let strings = (missing.len() - usize::from(unreadable > 0)).max(1) as u64;
        losses.push(Loss::MissingStrings { names: readable, strings, first: missing[0], found: found as u64 });
    }
    if unreadable > 0 {
        losses.push(Loss::UnreadableNames { count: unreadable });
    }
    nodes.max_name = nodes.names.iter().copied().max().unwrap_or(0);
    let named = edges.kinds.iter().zip(&edges.names).filter(|(kind, _)| !kind.has_numeric_name());
    edges.max_name = named.map(|(_, name)| *name).max().unwrap_or(0);
}

/// Reports the number of declared rows that were not found.
pub(super) fn note_rows(section: &str, found: usize, declared: Option<u64>, losses: &mut Vec<Loss>) {
    if let Some(declared) = declared.filter(|declared| *declared > found as u64) {
        losses.push(Loss::FewerRows { section: Section::named(section), found: found as u64, declared });
    }
}

/// Drops rows beyond the declared count if `nodes` is damaged: the data after the damage is probably another table that
/// was read as this one. Returns the number of rows left.
pub(super) fn drop_surplus(nodes: &mut NodeTable, declared: Option<u64>, losses: &mut Vec<Loss>) -> Option<usize> {
    let found = nodes.kinds.len();
    let rows = declared.and_then(|declared| usize::try_from(declared).ok()).filter(|rows| (1..found).contains(rows))?;
    let is_damaged = losses.iter().any(|loss| match loss {
        Loss::BadNumbers { section, .. }
        | Loss::ShortRow { section, .. }
        | Loss::LostRows { section, .. }
        | Loss::Unclosed { section, .. }
        | Loss::EndsEarly { section, .. } => section.is("nodes"),
        _ => false,
    });
    if !is_damaged {
        return None;
    }
    nodes.truncate(rows);
    let section = Section::named("nodes");
    losses.push(Loss::MoreRows { section, found: found as u64, declared: rows as u64 });
    Some(rows)
}
