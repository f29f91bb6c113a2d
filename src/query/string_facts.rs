//! What V8 says of a string whose text it may have cut.

use super::v8_values::{int, internal, is_true};
use crate::model::NodeOrdinal;
use crate::snapshot::Snapshot;

/// Facts of one string; all unknown where the version of V8 does not write them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StringFacts {
    /// UTF-16 units of the whole text.
    pub length: Option<u64>,
    /// Whether the file has only the beginning of the text.
    pub is_cut: bool,
    /// V8's hash of the text, by which two cut strings can be told apart.
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
