//! Growth outside of the JavaScript heap, which no holder explains.

use crate::model::{MemoryUsage, difference, human};
use crate::snapshot::Snapshot;

/// Less growth is noise of the allocator.
const LEAST_BYTES: i64 = 10_000_000;
/// Growth outside is reported if it is at least this many times the growth of the heap.
const TIMES: i64 = 3;

/// The numbers of one snapshot of a series.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    /// The size of the snapshot without array buffers and native memory.
    heap: u64,
    native: u64,
    process: Option<MemoryUsage>,
}

/// Says that a process grew outside of its heap, and what to use instead. `process` has the memory of the process at
/// each snapshot, if it was recorded. The oldest snapshot comes first.
#[must_use]
pub(crate) fn outside_note(snapshots: &[&Snapshot], process: &[Option<MemoryUsage>]) -> Option<String> {
    let sizes = |(at, snapshot): (usize, &&Snapshot)| {
        let statistics = snapshot.statistics();
        let process = process.get(at).copied().flatten();
        Sizes { heap: statistics.v8heap_total, native: statistics.native_total, process }
    };
    let sizes: Vec<Sizes> = snapshots.iter().enumerate().map(sizes).collect();
    note(sizes.first()?, sizes.last()?)
}

fn note(first: &Sizes, last: &Sizes) -> Option<String> {
    let heap = difference(last.heap, first.heap);
    let native = difference(last.native, first.native);
    let is_most = |bytes: i64| bytes >= LEAST_BYTES && bytes / TIMES >= heap;
    let signed = |bytes: i64| human::Units::Decimal.signed(bytes);
    let grew = |bytes: i64| if bytes < 0 { signed(bytes) } else { human::bytes(bytes.unsigned_abs()) };
    if let (Some(before), Some(now)) = (first.process, last.process) {
        let grown = |of: fn(&MemoryUsage) -> u64| difference(of(&now), of(&before));
        let (rss, buffers) = (grown(|memory| memory.rss), grown(|memory| memory.array_buffers));
        let outside = rss.saturating_sub(heap);
        if !is_most(outside) {
            return None;
        }
        let advice = if buffers >= outside / 2 { BUFFERS } else { NATIVE };
        return Some(format!(
            "Not in this heap: the process grew by {}, its JavaScript heap by {}. arrayBuffers {}, external {}. {advice}",
            grew(rss),
            grew(heap),
            signed(buffers),
            signed(grown(|memory| memory.external))
        ));
    }
    is_most(native).then(|| {
        format!("Native memory of objects grew by {}, the JavaScript heap by {}. {BUFFERS}", grew(native), grew(heap))
    })
}

const BUFFERS: &str = "Look for Buffers and typed arrays in Collections: the bytes belong to them, not to the heap.";
const NATIVE: &str = "A heap snapshot does not contain such memory. Look for native addons and large allocations with a \
     profiler of native memory, such as heaptrack or the one of jemalloc, and rule out fragmentation with another malloc.";

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(heap: u64, native: u64, rss: u64, array_buffers: u64) -> Sizes {
        let process =
            (rss > 0).then_some(MemoryUsage { rss, external: array_buffers, array_buffers, ..MemoryUsage::default() });
        Sizes { heap, native, process }
    }

    #[test]
    fn growth_outside_of_the_heap_is_reported_with_the_numbers() {
        let outside = note(&sizes(5_000_000, 0, 60_000_000, 0), &sizes(7_000_000, 0, 370_000_000, 4_000_000));
        let text = outside.expect("a note");
        for part in ["by 310.0 MB", "heap by 2.0 MB", "arrayBuffers +4.0 MB", "heaptrack"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let buffers = note(&sizes(5_000_000, 0, 60_000_000, 0), &sizes(5_000_000, 0, 360_000_000, 290_000_000));
        assert!(buffers.expect("a note").contains("typed arrays"));
        let recorded_by_nobody = note(&sizes(5_000_000, 1_000_000, 0, 0), &sizes(5_000_000, 40_000_000, 0, 0));
        assert!(recorded_by_nobody.expect("a note").contains("grew by 39.0 MB"));
        let in_the_heap = note(&sizes(5_000_000, 0, 60_000_000, 0), &sizes(205_000_000, 0, 290_000_000, 0));
        assert_eq!(in_the_heap, None);
    }
}
