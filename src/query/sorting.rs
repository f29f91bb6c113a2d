//! Sorting rows by a number first and something dearer only where the numbers are equal.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::Sort;
use crate::model::{CancelToken, Cancelled, Distance, NodeOrdinal};
use crate::snapshot::Snapshot;

/// A row with what it is sorted by; the position keeps equal rows in the order in which they came.
struct Keyed {
    key: u64,
    position: u32,
    row: u32,
}

/// Sorts by `key`, then by `tie`, then as the rows came.
pub(super) fn by_number(
    rows: &[u32],
    sort: Sort,
    cancel: &CancelToken,
    key: impl Fn(u32) -> u64 + Sync,
    tie: impl Fn(u32, u32) -> Ordering + Sync,
) -> Result<Vec<u32>, Cancelled> {
    cancel.check()?;
    let mut keyed: Vec<Keyed> = rows
        .par_iter()
        .enumerate()
        .map(|(position, &row)| Keyed {
            key: if sort.descending { u64::MAX - key(row) } else { key(row) },
            position: u32::try_from(position).unwrap_or(u32::MAX),
            row,
        })
        .collect();
    cancel.check()?;
    keyed.par_sort_unstable_by(|a, b| {
        a.key.cmp(&b.key).then_with(|| tie(a.row, b.row)).then(a.position.cmp(&b.position))
    });
    cancel.check()?;
    Ok(keyed.into_par_iter().map(|keyed| keyed.row).collect())
}

/// Sorts by text, then by `tie`, then as the rows came. Each row's text is made once.
pub(super) fn by_text(
    rows: &[u32],
    sort: Sort,
    cancel: &CancelToken,
    text: impl Fn(u32) -> String + Sync,
    tie: impl Fn(u32, u32) -> Ordering + Sync,
) -> Result<Vec<u32>, Cancelled> {
    cancel.check()?;
    let mut keyed: Vec<(String, usize, u32)> =
        rows.par_iter().enumerate().map(|(position, &row)| (text(row), position, row)).collect();
    cancel.check()?;
    keyed.par_sort_unstable_by(|a, b| {
        let texts = utf16_order(&a.0, &b.0);
        let texts = if sort.descending { texts.reverse() } else { texts };
        texts.then_with(|| tie(a.2, b.2)).then(a.1.cmp(&b.1))
    });
    cancel.check()?;
    Ok(keyed.into_iter().map(|keyed| keyed.2).collect())
}

/// JavaScript's order of strings: by UTF-16 units.
pub(crate) fn utf16_order(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

/// A distance as an unsigned number in the same order.
pub(super) fn distance_key(snapshot: &Snapshot, node: usize) -> u64 {
    u64::from(snapshot.distances()[node].cast_unsigned() ^ 0x8000_0000)
}

/// The same for retainers, where what nothing reaches comes last instead of first.
pub(super) fn retainer_distance_key(snapshot: &Snapshot, node: NodeOrdinal) -> u64 {
    if snapshot.distance(node) == Distance::NONE { u64::MAX >> 1 } else { distance_key(snapshot, node.index()) }
}

#[cfg(test)]
mod tests {
    use super::utf16_order;
    use std::cmp::Ordering;

    #[test]
    fn characters_beyond_the_basic_plane_sort_before_private_ones_as_in_javascript() {
        assert_eq!(utf16_order("😀", "\u{ffff}"), Ordering::Less);
        assert_eq!("😀".cmp("\u{ffff}"), Ordering::Greater);
    }
}
