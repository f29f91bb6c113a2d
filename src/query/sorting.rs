//! Sorts rows level by level: by a number or a text, and by the next key only within runs of equal rows.
//!
//! The sort key of a row is read once and kept beside it, so that a comparison touches no other memory. The first level
//! settles most lists; more expensive keys, above all texts, are read only for the remaining runs. Each level is
//! stable: the original position of a row is the last tie-break everywhere.

use std::borrow::Cow;
use std::cmp::Ordering;

use rayon::prelude::*;

use crate::model::{CancelToken, Cancelled, NodeOrdinal, POLL_INTERVAL};
use crate::snapshot::Snapshot;

/// Shorter lists are sorted on one thread.
const PARALLEL_FROM: usize = 1 << 13;
/// Built texts up to this length are kept beside their row; longer ones are built again when needed.
const KEPT_TEXT_BYTES: usize = 128;

/// A row with its original position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Item {
    pub(super) row: u32,
    pub(super) position: u32,
}

/// The next level, which sorts each run of equal rows.
pub(super) type Level<'a> = &'a (dyn Fn(&mut [Item]) -> Result<(), Cancelled> + Sync);

/// Returns the rows with their positions.
pub(super) fn items(rows: &[u32]) -> Vec<Item> {
    (0..).zip(rows).map(|(position, &row)| Item { row, position }).collect()
}

/// Returns the rows in their current order.
pub(super) fn rows(items: &[Item]) -> Vec<u32> {
    items.iter().map(|item| item.row).collect()
}

/// Ends the sort: equal rows keep their order.
#[expect(clippy::unnecessary_wraps, reason = "other levels can be cancelled")]
pub(super) fn as_they_are(_: &mut [Item]) -> Result<(), Cancelled> {
    Ok(())
}

/// Sorts by `key`, and each run of equal keys by `then`.
pub(super) fn by_number(
    items: &mut [Item],
    descending: bool,
    cancel: &CancelToken,
    key: impl Fn(Item) -> u64 + Sync,
    then: Level<'_>,
) -> Result<(), Cancelled> {
    let mut keys = decorated(items, cancel, |&item| if descending { !key(item) } else { key(item) })?;
    let (Some(&smallest), Some(&largest)) = (keys.iter().min(), keys.iter().max()) else { return Ok(()) };
    if smallest == largest {
        drop(keys);
        return if items.len() > 1 { then(items) } else { Ok(()) };
    }
    let unsorted = items.to_vec();
    let item = move |index: u32| unsorted[index as usize];
    // A key and the index of its row fit into one number if all keys are within 32 bits of the smallest.
    if u32::try_from(largest - smallest).is_ok() {
        for (index, key) in (0..).zip(&mut keys) {
            *key = (*key - smallest) << 32 | index;
        }
        sort(&mut keys, Ord::cmp);
        arrange(items, keys, cancel, |&key| item(low_half(key)), |a, b| a >> 32 == b >> 32, then)
    } else {
        let mut sorted: Vec<(u64, u32)> = keys.into_iter().zip(0..).collect();
        sort(&mut sorted, Ord::cmp);
        arrange(items, sorted, cancel, |&(_, index)| item(index), |a, b| a.0 == b.0, then)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "only the low half is wanted")]
const fn low_half(number: u64) -> u32 {
    number as u32
}

/// Sorts by `text` in JavaScript's order, and each run of equal texts by `then`.
pub(super) fn by_text<'a>(
    items: &mut [Item],
    descending: bool,
    cancel: &CancelToken,
    text: impl Fn(Item) -> Cow<'a, str> + Sync,
    then: Level<'_>,
) -> Result<(), Cancelled> {
    if items.len() < PARALLEL_FROM {
        return by_kept_text(items, descending, cancel, text, then);
    }
    // The texts of millions of rows would take several times the memory of the rows, and eight bytes of each settle most.
    let first = text(items[0]);
    let shared = decorated(items, cancel, |&item| common_length(&first, &text(item)))?;
    let common = shared.into_iter().min().unwrap_or(0);
    let digest = |item| digest(&text(item), common);
    let within_equal = |run: &mut [Item]| {
        let Some(&first) = run.first() else { return Ok(()) };
        let first = text(first);
        for (index, &item) in run.iter().enumerate() {
            if index.is_multiple_of(POLL_INTERVAL) {
                cancel.check()?;
            }
            if !is_same(&text(item), &first) {
                return by_kept_text(run, descending, cancel, &text, then);
            }
        }
        then(run)
    };
    by_number(items, descending, cancel, digest, &within_equal)
}

/// Sorts by `text`, and keeps the texts while it sorts.
fn by_kept_text<'a>(
    items: &mut [Item],
    descending: bool,
    cancel: &CancelToken,
    text: impl Fn(Item) -> Cow<'a, str> + Sync,
    then: Level<'_>,
) -> Result<(), Cancelled> {
    let mut sorted = decorated(items, cancel, |&item| Texted::new(item, text(item)))?;
    let Some((first, rest)) = sorted.split_first() else { return Ok(()) };
    let common = rest.iter().map(|texted| common_length(&first.text, &texted.text)).min().unwrap_or(0);
    for block in sorted.chunks_mut(POLL_INTERVAL) {
        cancel.check()?;
        for texted in block {
            texted.digest = digest(&texted.text, common);
        }
    }
    let compare = |a: &Texted<'a>, b: &Texted<'a>| {
        let texts = a.digest.cmp(&b.digest).then_with(|| {
            if a.is_cut || b.is_cut { utf16_order(&text(a.item), &text(b.item)) } else { utf16_order(&a.text, &b.text) }
        });
        let texts = if descending { texts.reverse() } else { texts };
        texts.then(a.item.position.cmp(&b.item.position))
    };
    sort(&mut sorted, compare);
    let equal = |a: &Texted<'a>, b: &Texted<'a>| {
        a.digest == b.digest
            && if a.is_cut || b.is_cut { text(a.item) == text(b.item) } else { is_same(&a.text, &b.text) }
    };
    arrange(items, sorted, cancel, |texted| texted.item, equal, then)
}

/// A row with its text, and eight bytes of the text as a number with the same order.
struct Texted<'a> {
    digest: u64,
    item: Item,
    text: Cow<'a, str>,
    /// True if only the beginning of the text is kept: it was built, and keeping all of it would cost too much memory.
    is_cut: bool,
}

impl<'a> Texted<'a> {
    fn new(item: Item, text: Cow<'a, str>) -> Self {
        match text {
            Cow::Owned(text) if text.len() > KEPT_TEXT_BYTES => {
                let start = text[..text.floor_char_boundary(KEPT_TEXT_BYTES)].to_owned();
                Self { digest: 0, item, text: Cow::Owned(start), is_cut: true }
            }
            text => Self { digest: 0, item, text, is_cut: false },
        }
    }
}

/// Returns the eight bytes after the first `common` ones as a number with the order of the texts.
fn digest(text: &str, common: usize) -> u64 {
    let mut digest = [0; 8];
    for (place, &byte) in digest.iter_mut().zip(&text.as_bytes()[common..]) {
        *place = utf16_rank(byte);
    }
    u64::from_be_bytes(digest)
}

/// Returns the length of the common prefix of two texts: names in one list tend to have one (`item 1`, `item 2`). It is
/// limited so that a digest does not reach beyond the kept beginning of a text.
fn common_length(first: &str, other: &str) -> usize {
    let longest = first.len().min(KEPT_TEXT_BYTES - 16);
    first.as_bytes()[..longest].iter().zip(other.as_bytes()).take_while(|(a, b)| a == b).count()
}

/// Returns true if two texts are equal, immediately if they are the same string of the file.
fn is_same(a: &str, b: &str) -> bool {
    std::ptr::eq(a, b) || a == b
}

/// Compares strings in JavaScript's order: by UTF-16 units.
pub(crate) fn utf16_order(a: &str, b: &str) -> Ordering {
    // Many rows may share one string of megabytes.
    if std::ptr::eq(a, b) {
        return Ordering::Equal;
    }
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let common = a.iter().zip(b).position(|(a, b)| a != b);
    match common {
        Some(at) => utf16_rank(a[at]).cmp(&utf16_rank(b[at])),
        None => a.len().cmp(&b.len()),
    }
}

/// Maps a byte to its rank: UTF-8 sorts like UTF-16 once four-byte characters, which are surrogates in UTF-16, come
/// before U+E000 and up.
fn utf16_rank(byte: u8) -> u8 {
    match byte {
        0xee | 0xef => byte + 5,
        0xf0.. => byte - 2,
        _ => byte,
    }
}

/// Returns a distance as an unsigned number with the same order.
pub(super) fn distance_key(snapshot: &Snapshot, node: NodeOrdinal) -> u64 {
    u64::from(snapshot.distance(node).0.cast_unsigned() ^ 0x8000_0000)
}

/// Returns the distance of a retainer as a number, with unreachable ones last instead of first.
pub(super) fn retainer_distance_key(snapshot: &Snapshot, node: NodeOrdinal) -> u64 {
    if snapshot.distance(node).0 < 0 { u64::MAX >> 1 } else { distance_key(snapshot, node) }
}

fn decorated<T: Send>(
    items: &[Item],
    cancel: &CancelToken,
    decorate: impl Fn(&Item) -> T + Sync,
) -> Result<Vec<T>, Cancelled> {
    if items.len() < PARALLEL_FROM {
        cancel.check()?;
        return Ok(items.iter().map(decorate).collect());
    }
    let mut all = Vec::with_capacity(items.len());
    // Blocks are small enough for a quick cancellation, and large enough to keep every thread busy.
    for block in items.chunks(4 * POLL_INTERVAL) {
        cancel.check()?;
        all.par_extend(block.par_iter().map(&decorate));
    }
    Ok(all)
}

/// Sorts on all threads if there are many.
fn sort<T: Send>(all: &mut [T], compare: impl Fn(&T, &T) -> Ordering + Sync) {
    if all.len() < PARALLEL_FROM {
        all.sort_unstable_by(compare);
    } else {
        all.par_sort_unstable_by(compare);
    }
}

/// Puts the items into the order of `sorted`, and calls `then` with each run of two or more equal ones.
fn arrange<T>(
    items: &mut [Item],
    sorted: Vec<T>,
    cancel: &CancelToken,
    item: impl Fn(&T) -> Item,
    equal: impl Fn(&T, &T) -> bool,
    then: Level<'_>,
) -> Result<(), Cancelled> {
    cancel.check()?;
    for (place, sorted) in items.iter_mut().zip(&sorted) {
        *place = item(sorted);
    }
    let is_long = items.len() >= PARALLEL_FROM;
    let mut rest = items;
    let mut runs = Vec::new();
    for run in sorted.chunk_by(equal) {
        let (front, back) = std::mem::take(&mut rest).split_at_mut(run.len());
        rest = back;
        if run.len() > 1 {
            runs.push(front);
        }
    }
    // The next level needs as much memory.
    drop(sorted);
    drop(item);
    if is_long { runs.into_par_iter().try_for_each(then) } else { runs.into_iter().try_for_each(then) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_beyond_the_basic_plane_sort_before_private_ones_as_in_javascript() {
        assert_eq!(utf16_order("😀", "\u{ffff}"), Ordering::Less);
        assert_eq!("😀".cmp("\u{ffff}"), Ordering::Greater);
        let texts = ["", "a", "a\0", "aé", "é", "\u{7ff}", "\u{800}", "\u{d7ff}", "\u{e000}", "\u{ffff}", "😀", "😀a"];
        for a in texts {
            for b in texts {
                assert_eq!(utf16_order(a, b), a.encode_utf16().cmp(b.encode_utf16()), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn texts_of_any_length_sort_as_a_plain_sort_does() {
        let cancel = CancelToken::new();
        for length in [0, 3, 8, 100, 115, 120, 124, 127, 128, 129, 300] {
            let start = "x".repeat(length);
            let ends = ["b", "", "zz", "aaaaaaaaaab", "b", "a\0", "a", "aaaaaaaaaa", "😀", "\u{ffff}", "é"];
            let texts: Vec<String> = ends.iter().map(|end| format!("{start}{end}")).collect();
            let all: Vec<u32> = (0..).take(texts.len()).collect();
            // Some texts are borrowed; others are built, and cut if they are long.
            let text = |item: Item| {
                let text = &texts[item.row as usize];
                if item.row.is_multiple_of(2) { Cow::Borrowed(text.as_str()) } else { Cow::Owned(text.clone()) }
            };
            let mut wanted = all.clone();
            wanted.sort_by(|&a, &b| texts[a as usize].encode_utf16().cmp(texts[b as usize].encode_utf16()));
            let mut sorted = items(&all);
            by_text(&mut sorted, false, &cancel, text, &as_they_are).expect("nobody cancels");
            assert_eq!(rows(&sorted), wanted, "length {length}");
            let by_row = |run: &mut [Item]| by_number(run, true, &cancel, |item| u64::from(item.row), &as_they_are);
            wanted.sort_by(|&a, &b| {
                texts[b as usize].encode_utf16().cmp(texts[a as usize].encode_utf16()).then(b.cmp(&a))
            });
            by_text(&mut sorted, true, &cancel, text, &by_row).expect("nobody cancels");
            assert_eq!(rows(&sorted), wanted, "length {length}, descending");
        }
    }

    #[test]
    fn long_lists_sort_as_a_plain_sort_does() {
        let cancel = CancelToken::new();
        let all: Vec<u32> = (0..20_000).collect();
        // Equal texts, texts that differ after eight bytes, and keys of more than 32 bits.
        let text = |row: u32| match row % 3 {
            0 => String::from("name"),
            1 => format!("name {}", row % 1_000),
            _ => format!("name of a long text {}", row * 7_919 % 5_000),
        };
        let key = |row: u32| u64::from(row % 11) << (row % 5 * 10);
        for descending in [false, true] {
            let directed = |order: Ordering| if descending { order.reverse() } else { order };
            let mut wanted = all.clone();
            wanted.sort_by(|&a, &b| directed(text(a).cmp(&text(b))).then(directed(key(a).cmp(&key(b)))));
            let mut sorted = items(&all);
            let by_key = |run: &mut [Item]| by_number(run, descending, &cancel, |item| key(item.row), &as_they_are);
            by_text(&mut sorted, descending, &cancel, |item| Cow::Owned(text(item.row)), &by_key)
                .expect("nobody cancels");
            assert!(rows(&sorted) == wanted, "by text, descending: {descending}");

            wanted
                .sort_by(|&a, &b| directed(key(a).cmp(&key(b))).then(directed(text(a).cmp(&text(b)))).then(a.cmp(&b)));
            let mut sorted = items(&all);
            let by_name =
                |run: &mut [Item]| by_text(run, descending, &cancel, |item| Cow::Owned(text(item.row)), &as_they_are);
            by_number(&mut sorted, descending, &cancel, |item| key(item.row), &by_name).expect("nobody cancels");
            assert!(rows(&sorted) == wanted, "by number, descending: {descending}");
        }
    }

    #[test]
    fn a_cancelled_sort_returns_cancelled() {
        let cancel = CancelToken::new();
        cancel.cancel();
        assert_eq!(
            by_number(&mut items(&[2, 1]), false, &cancel, |item| u64::from(item.row), &as_they_are),
            Err(Cancelled)
        );
    }
}
