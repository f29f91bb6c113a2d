//! V8's data about strings whose text may be cut.

use super::v8_values::{int, internal, is_true};
use crate::model::NodeOrdinal;
use crate::snapshot::Snapshot;

/// The data about one string; unknown if the version of V8 does not write it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StringFacts {
    /// The length of the whole text in UTF-16 units.
    pub length: Option<u64>,
    /// True if the file has only the beginning of the text.
    pub is_cut: bool,
    /// V8's hash of the text, which distinguishes cut strings.
    pub hash: Option<i64>,
}

/// Reads the edges `length`, `truncated` and `hash`.
#[must_use]
pub fn string_facts(snapshot: &Snapshot, node: NodeOrdinal) -> StringFacts {
    let graph = snapshot.graph();
    if !graph.kind(node).is_string() {
        return StringFacts::default();
    }
    let number = |name: &str| internal(graph, node, name).and_then(|node| int(graph, node));
    StringFacts {
        length: number("length").and_then(|length| u64::try_from(length).ok()),
        is_cut: internal(graph, node, "truncated").is_some_and(|node| is_true(graph, node)),
        hash: number("hash"),
    }
}
