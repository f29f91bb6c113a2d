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
    let keyed = |item: &Item| (if descending { !key(*item) } else { key(*item) }, item.position, item.row);
    let mut sorted: Vec<(u64, u32, u32)> = decorated(items, cancel, keyed)?;
    if sorted.len() < PARALLEL_FROM {
        sorted.sort_unstable();
    } else {
        sorted.par_sort_unstable();
    }
    cancel.check()?;
    put_back(items, &sorted, |&(_, position, row)| Item { row, position });
    runs(items, &sorted, |a, b| a.0 == b.0, then)
}

/// Sorts by `text` in JavaScript's order, and each run of equal texts by `then`.
pub(super) fn by_text<'a>(
    items: &mut [Item],
    descending: bool,
    cancel: &CancelToken,
    text: impl Fn(Item) -> Cow<'a, str> + Sync,
    then: Level<'_>,
) -> Result<(), Cancelled> {
    let mut sorted = decorated(items, cancel, |&item| Texted::new(item, text(item)))?;
    let common = common_prefix(&sorted);
    for block in sorted.chunks_mut(POLL_INTERVAL) {
        cancel.check()?;
        for texted in block {
            texted.skip(common);
        }
    }
    let compare = |a: &Texted<'a>, b: &Texted<'a>| {
        let texts = a.digest.cmp(&b.digest).then_with(|| {
            if a.is_cut || b.is_cut { utf16_order(&text(a.item), &text(b.item)) } else { utf16_order(&a.text, &b.text) }
        });
        let texts = if descending { texts.reverse() } else { texts };
        texts.then(a.item.position.cmp(&b.item.position))
    };
    if sorted.len() < PARALLEL_FROM {
        sorted.sort_unstable_by(compare);
    } else {
        sorted.par_sort_unstable_by(compare);
    }
    cancel.check()?;
    put_back(items, &sorted, |texted| texted.item);
    let equal = |a: &Texted<'a>, b: &Texted<'a>| {
        a.digest == b.digest
            && if a.is_cut || b.is_cut { text(a.item) == text(b.item) } else { is_same(&a.text, &b.text) }
    };
    runs(items, &sorted, equal, then)
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

    /// Computes the digest of the bytes after `common`, a prefix shared by all texts.
    fn skip(&mut self, common: usize) {
        let mut digest = [0; 8];
        for (place, &byte) in digest.iter_mut().zip(&self.text.as_bytes()[common..]) {
            *place = utf16_rank(byte);
        }
        self.digest = u64::from_be_bytes(digest);
    }
}

/// Returns the length of the common prefix of all texts: names in one list tend to have one (`item 1`, `item 2`). It is
/// limited so that the digest of a cut text does not reach beyond its kept beginning.
fn common_prefix(texts: &[Texted<'_>]) -> usize {
    let Some((first, rest)) = texts.split_first() else { return 0 };
    let first = first.text.as_bytes();
    rest.iter().fold(first.len().min(KEPT_TEXT_BYTES - 16), |common, texted| {
        first[..common].iter().zip(texted.text.as_bytes()).take_while(|(a, b)| a == b).count()
    })
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

fn put_back<T: Sync>(items: &mut [Item], sorted: &[T], item: impl Fn(&T) -> Item + Sync) {
    for (place, sorted) in items.iter_mut().zip(sorted) {
        *place = item(sorted);
    }
}

/// Calls `then` with each run of two or more equal rows.
fn runs<T>(items: &mut [Item], sorted: &[T], equal: impl Fn(&T, &T) -> bool, then: Level<'_>) -> Result<(), Cancelled> {
    let is_long = items.len() >= PARALLEL_FROM;
    let mut rest = items;
    let runs = sorted.chunk_by(equal).filter_map(|run| {
        let (front, back) = std::mem::take(&mut rest).split_at_mut(run.len());
        rest = back;
        (front.len() > 1).then_some(front)
    });
    if is_long {
        runs.collect::<Vec<_>>().into_par_iter().try_for_each(then)
    } else {
        runs.into_iter().try_for_each(then)
    }
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
    fn a_cancelled_sort_returns_cancelled() {
        let cancel = CancelToken::new();
        cancel.cancel();
        assert_eq!(
            by_number(&mut items(&[2, 1]), false, &cancel, |item| u64::from(item.row), &as_they_are),
            Err(Cancelled)
        );
    }
}
