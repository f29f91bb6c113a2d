//! The preliminary table, built from the nodes alone while everything else is still being computed.

use std::cmp::Reverse;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::classes::{fixed_name, tag_name, tag_start};
use crate::format::RawSnapshot;
use crate::model::{CancelToken, Cancelled, FirstRow, FirstTable, NodeKind, StringId};

/// The maximum number of rows.
const MOST_NAMES: usize = 1_000;

/// Counts nodes and sums their sizes by future class name, without shapes. Nodes without a size are not counted.
///
/// # Errors
/// Returns [`Cancelled`] if `cancel` stops the work.
pub fn first_table(raw: &RawSnapshot, cancel: &CancelToken) -> Result<FirstTable, Cancelled> {
    let nodes = &raw.nodes;
    let strings = raw.strings.len();
    // Objects and native nodes are summed by name, the rest by kind. Nearly all per-string entries stay untouched.
    let (mut counts, mut sizes) = (vec![0_u64; strings], vec![0_u64; strings]);
    let mut by_kind = vec![(0_u64, 0_u64); 256];
    let mut table = FirstTable { node_count: nodes.kinds.len() as u64, ..FirstTable::default() };
    for (node, (&kind, &name)) in nodes.kinds.iter().zip(&nodes.names).enumerate() {
        cancel.check_every(node)?;
        let size = nodes.self_sizes.get(node);
        if size == 0 {
            continue;
        }
        table.self_size = table.self_size.saturating_add(size);
        if matches!(kind, NodeKind::OBJECT | NodeKind::NATIVE) {
            // The names are not validated yet.
            if let (Some(count), Some(sum)) = (counts.get_mut(name as usize), sizes.get_mut(name as usize)) {
                *count += 1;
                *sum = sum.saturating_add(size);
            }
        } else {
            let (count, sum) = &mut by_kind[usize::from(kind.0)];
            *count += 1;
            *sum = sum.saturating_add(size);
        }
    }
    let mut rows = by_name(raw, &counts, &sizes, &mut table.more, cancel)?;
    for (kind, &(count, self_size)) in (0_u8..=u8::MAX).map(NodeKind).zip(&by_kind).filter(|(_, sums)| sums.0 > 0) {
        let name = fixed_name(kind).map_or_else(|| format!("({})", raw.header.node_kind_name(kind)), str::to_owned);
        rows.push(FirstRow { name, count, self_size });
    }
    table.rows = merged(rows);
    table.more += keep_first(&mut table.rows);
    Ok(table)
}

/// Returns rows of the largest names and adds the number of the others to `more`: a file can have millions of names, and
/// building all of them would delay the load. Elements with the same tag are one name. A name that the file has twice may
/// have two rows.
fn by_name(
    raw: &RawSnapshot,
    counts: &[u64],
    sizes: &[u64],
    more: &mut u64,
    cancel: &CancelToken,
) -> Result<Vec<FirstRow>, Cancelled> {
    let mut tags: HashMap<Vec<u8>, (u64, u64), RandomState> = HashMap::default();
    let mut names = Vec::new();
    for (string, (&count, &size)) in (0_u32..).zip(counts.iter().zip(sizes)).filter(|(_, (count, _))| **count > 0) {
        cancel.check_every(string as usize)?;
        let raw_name = raw.strings.raw(StringId(string));
        // The first character may be an escape.
        if tag_start(raw_name).is_none() && !raw_name.starts_with(b"\\") {
            names.push((Reverse(size), string));
            continue;
        }
        let (all, sum) = tags.entry(tag_name(raw.strings.identity(StringId(string))).into_owned()).or_default();
        *all += count;
        *sum = sum.saturating_add(size);
    }
    let mut tags: Vec<(Reverse<u64>, Vec<u8>, u64)> =
        tags.into_iter().map(|(name, (count, size))| (Reverse(size), name, count)).collect();
    *more += keep_smallest(&mut names) + keep_smallest(&mut tags);
    let row = |name: &[u8], count, self_size| {
        let name = String::from_utf8_lossy(name).into_owned();
        FirstRow { name, count, self_size }
    };
    let rows = names
        .into_iter()
        .map(|(Reverse(size), string)| row(&raw.strings.identity(StringId(string)), counts[string as usize], size));
    let tagged = tags.into_iter().map(|(Reverse(size), name, count)| row(&name, count, size));
    Ok(rows.chain(tagged).collect())
}

/// Keeps the [`MOST_NAMES`] smallest items and returns the number of the others.
fn keep_smallest<T: Ord>(items: &mut Vec<T>) -> u64 {
    if items.len() > MOST_NAMES {
        items.select_nth_unstable(MOST_NAMES);
    }
    keep_first(items)
}

/// Keeps the first [`MOST_NAMES`] items and returns the number of the others.
fn keep_first<T>(items: &mut Vec<T>) -> u64 {
    let left_out = items.len().saturating_sub(MOST_NAMES);
    items.truncate(MOST_NAMES);
    left_out as u64
}

/// Merges rows with the same name and sorts them, largest first.
fn merged(mut rows: Vec<FirstRow>) -> Vec<FirstRow> {
    rows.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    rows.dedup_by(|next, row| {
        let is_same = next.name == row.name;
        if is_same {
            row.count += next.count;
            row.self_size = row.self_size.saturating_add(next.self_size);
        }
        is_same
    });
    rows.sort_by_key(|row| Reverse(row.self_size));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{self, Source};
    use crate::model::Progress;

    fn row(name: &str, count: u64, self_size: u64) -> FirstRow {
        FirstRow { name: name.to_owned(), count, self_size }
    }

    #[test]
    fn rows_with_the_same_name_are_merged_and_sorted_by_size() {
        let rows = vec![row("b", 1, 8), row("a", 1, 8), row("b", 2, 16), row("c", 1, 100)];
        assert_eq!(merged(rows), [row("c", 1, 100), row("b", 3, 24), row("a", 1, 8)]);
    }

    #[test]
    fn only_the_largest_names_of_a_file_have_rows() {
        let count = MOST_NAMES + 7;
        // Names of growing size, after three elements, one of them with an escape.
        let all = |part: &dyn Fn(usize) -> String| (0..count).map(part).collect::<Vec<_>>().concat();
        let nodes = all(&|at| format!(",3,{},{},{},0", at + 4, 2 * at + 9, 100 + at));
        let names = all(&|at| format!(",\"name {at}\""));
        let text = format!(
            r#"{{"snapshot":{{"meta":{{"node_fields":["type","name","id","self_size","edge_count"],
            "node_types":[["synthetic","array","hidden","object"]],"edge_fields":["type","name_or_index","to_node"],
            "edge_types":[["element"]]}},"node_count":{},"edge_count":0}},
            "nodes":[0,0,1,0,0,3,1,3,4000,0,3,2,5,3000,0,3,3,7,2000,0{nodes}],"edges":[],
            "strings":["","<div id=1>","\u003cdiv id=2>","<p>"{names}]}}"#,
            count + 4
        );
        let source = Source::Bytes { name: String::new(), bytes: text.into_bytes().into() };
        let raw = format::read(source, &Progress::new(), &CancelToken::new()).expect("it is valid");
        let table = first_table(&raw, &CancelToken::new()).expect("nobody cancels");
        assert_eq!((table.rows.len(), table.more), (MOST_NAMES, 9));
        assert_eq!(table.rows[..2], [row("<div>", 2, 7000), row("<p>", 1, 2000)]);
        let last = count as u64 - 1;
        assert_eq!(table.rows[2], row(&format!("name {last}"), 1, 100 + last));
        assert_eq!(table.rows[MOST_NAMES - 1], row("name 9", 1, 109));
    }
}
