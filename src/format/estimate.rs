//! Estimates the peak memory of loading a snapshot from the part that was read so far.
//!
//! The figures cover the columns that live at the same time: those of the graph, those of the dominator computation,
//! and what is computed in parallel. A test compares them with loads of different shapes. Memory that depends on more
//! than counts, such as the names of classes, is added where it is allocated ([`CancelToken::need_more`]).

use super::Header;
use crate::model::{CancelToken, Cancelled, Progress};

/// Bytes per node and edge: all columns, and the stacks and queues of the searches.
const NODE_BYTES: u64 = 68;
const EDGE_BYTES: u64 = 20;
/// Additional bytes per node if its ids or sizes need 8 bytes.
const WIDE_BYTES: u64 = 16;
/// Bytes per string without its text: its end offset, and the tables indexed by string.
const STRING_BYTES: u64 = 26;
/// Buffers of decompressors, stacks of threads.
const FIXED_BYTES: u64 = 8 << 20;
/// Text is rarely compressed by more than this factor; a header that declares more is not trusted at first.
const LIKELY_RATIO: u64 = 30;
/// Bytes of text of a typical value with its comma.
const VALUE_BYTES: u64 = 2;

/// The known contents of a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Counts {
    pub(super) nodes: u64,
    pub(super) edges: u64,
    pub(super) is_wide: bool,
    pub(super) strings: u64,
    pub(super) string_bytes: u64,
    /// Bytes of everything else as kept in memory, including text that is held while it is read.
    pub(super) other_bytes: u64,
}

impl Counts {
    /// Returns the peak of the load in bytes.
    pub(super) fn peak_bytes(self) -> u64 {
        let node_bytes = NODE_BYTES + if self.is_wide { WIDE_BYTES } else { 0 };
        [
            FIXED_BYTES,
            self.nodes.saturating_mul(node_bytes),
            self.edges.saturating_mul(EDGE_BYTES),
            self.strings.saturating_mul(STRING_BYTES),
            self.string_bytes,
            self.other_bytes,
        ]
        .into_iter()
        .fold(0, u64::saturating_add)
    }

    /// Extrapolates the counts of a file of which `part` of `whole` bytes was read.
    fn extrapolated(self, part: u64, whole: u64) -> Self {
        let scale = |count: u64| {
            let scaled = u128::from(count) * u128::from(whole.max(part)) / u128::from(part.max(1));
            u64::try_from(scaled).unwrap_or(u64::MAX)
        };
        Self {
            nodes: scale(self.nodes),
            edges: scale(self.edges),
            is_wide: self.is_wide,
            strings: scale(self.strings),
            string_bytes: scale(self.string_bytes),
            other_bytes: scale(self.other_bytes),
        }
    }
}

/// Compares the memory that a load needs with the memory that is available.
pub(super) struct Estimate<'a> {
    cancel: &'a CancelToken,
    progress: &'a Progress,
    /// Bytes of the source, if known.
    size_bytes: Option<u64>,
    is_compressed: bool,
    /// The declared counts, as far as the size of the file makes them plausible.
    declared: Option<Counts>,
}

impl<'a> Estimate<'a> {
    pub(super) fn new(
        size_bytes: Option<u64>,
        is_compressed: bool,
        progress: &'a Progress,
        cancel: &'a CancelToken,
    ) -> Self {
        Self { cancel, progress, size_bytes, is_compressed, declared: None }
    }

    /// Records the counts declared by the header. Call it whenever the header is known.
    pub(super) fn declare(&mut self, header: &Header) {
        if self.declared.is_some() {
            return;
        }
        let (nodes, edges) = (header.node_count_hint.unwrap_or(0), header.edge_count_hint.unwrap_or(0));
        let ratio = if self.is_compressed { LIKELY_RATIO } else { 1 };
        let text_bytes = self.size_bytes.map_or(0, |bytes| bytes.saturating_mul(ratio));
        let row = |fields: &[String]| fields.len() as u64 * VALUE_BYTES;
        let least = nodes
            .saturating_mul(row(&header.node_fields))
            .saturating_add(edges.saturating_mul(row(&header.edge_fields)));
        let declared =
            if least <= text_bytes { Counts { nodes, edges, ..Counts::default() } } else { Counts::default() };
        self.declared = Some(declared);
    }

    /// # Errors
    /// Returns [`Cancelled`] if a snapshot with at least these counts needs more memory than is available.
    pub(super) fn check(&self, counts: Counts) -> Result<(), Cancelled> {
        let declared = self.declared.unwrap_or_default();
        let known =
            Counts { nodes: counts.nodes.max(declared.nodes), edges: counts.edges.max(declared.edges), ..counts };
        let needed = known.peak_bytes();
        // For the tables, the header is more reliable than extrapolation; it does not declare the size of the strings.
        let expected = match self.size_bytes {
            Some(size) if known.nodes == counts.nodes => {
                counts.extrapolated(self.progress.read().done, size).peak_bytes()
            }
            Some(size) if !self.is_compressed => needed.saturating_add(size / 8),
            _ => needed,
        };
        if self.is_bomb(needed) {
            // Would fill the disk, too.
            self.cancel.set_overflow(None);
        } else if expected > self.cancel.available() && self.is_reliable(known, counts) {
            // Before the first columns take the memory.
            self.cancel.overflow(expected);
        }
        self.cancel.need(needed, expected)
    }

    /// Returns whether a compressed source contains much more text than snapshots do.
    fn is_bomb(&self, needed: u64) -> bool {
        self.is_compressed && self.size_bytes.is_none_or(|size| needed > size.saturating_mul(2 * LIKELY_RATIO))
    }

    /// Returns whether the expected bytes follow from more than the beginning of the source.
    fn is_reliable(&self, known: Counts, counts: Counts) -> bool {
        let is_declared = known.nodes != counts.nodes;
        is_declared || self.size_bytes.is_some_and(|size| self.progress.read().done > size / 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(nodes: u64, edges: u64) -> Header {
        let text = format!(
            r#"{{"meta":{{"node_fields":["type","name","id","self_size","edge_count"],"node_types":[["object"]],
            "edge_fields":["type","name_or_index","to_node"],"edge_types":[["element"]]}},
            "node_count":{nodes},"edge_count":{edges}}}"#
        );
        Header::parse(text.as_bytes()).expect("a header")
    }

    #[test]
    fn a_plausible_header_is_refused_before_its_tables_are_read() {
        let (progress, cancel) = (Progress::new(), CancelToken::new());
        cancel.open_account(5_000_000_000);
        let mut estimate = Estimate::new(Some(2_000_000_000), false, &progress, &cancel);
        estimate.declare(&header(40_000_000, 200_000_000));
        assert!(estimate.check(Counts::default()).is_err());
        let shortage = cancel.shortage().expect("too little");
        assert!((6_500_000_000..8_500_000_000).contains(&shortage.needed), "{shortage}");
    }

    #[test]
    fn a_header_that_declares_more_than_the_file_can_hold_is_ignored() {
        for (size, is_compressed) in [(Some(10_000_000), true), (Some(10_000_000), false), (None, true)] {
            let (progress, cancel) = (Progress::new(), CancelToken::new());
            cancel.open_account(1_000_000_000);
            let mut estimate = Estimate::new(size, is_compressed, &progress, &cancel);
            estimate.declare(&header(4_000_000_000, 4_000_000_000));
            assert!(estimate.check(Counts::default()).is_ok(), "{size:?} {is_compressed}");
            let most = Counts { nodes: 16_000_000, ..Counts::default() };
            assert!(estimate.check(most).is_err(), "actual counts matter");
        }
    }

    #[test]
    fn impossible_counts_do_not_overflow() {
        let most = Counts { nodes: u64::MAX, edges: u64::MAX, is_wide: true, strings: u64::MAX, ..Counts::default() };
        assert_eq!(most.peak_bytes(), u64::MAX);
        assert_eq!(most.extrapolated(1, u64::MAX).nodes, u64::MAX);
    }
}
