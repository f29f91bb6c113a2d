//! Categories of memory: the parts of the statistics, as sets of nodes.

use super::node_sets::that;
use crate::analysis::own_elements;
use crate::model::{BitSet, CancelToken, Cancelled, NodeKind, NodeOrdinal};
use crate::snapshot::Snapshot;

/// A category of memory, as Chrome DevTools counts it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Category {
    Code,
    Strings,
    /// JavaScript arrays with their elements, unless something else holds these too.
    JsArrays,
    TypedArrays,
    OtherNative,
    OtherObjects,
    System,
    /// All nodes that are not native memory.
    Heap,
    /// All native memory that has nodes.
    Native,
}

impl Category {
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Code => "Code",
            Self::Strings => "Strings",
            Self::JsArrays => "JavaScript arrays",
            Self::TypedArrays => "Typed arrays",
            Self::OtherNative => "Other native objects",
            Self::OtherObjects => "Other JavaScript objects",
            Self::System => "System",
            Self::Heap => "Heap without native memory",
            Self::Native => "Native memory",
        }
    }
}

/// Returns the nodes of a category.
pub(super) fn of_category(snapshot: &Snapshot, category: Category, cancel: &CancelToken) -> Result<BitSet, Cancelled> {
    let graph = snapshot.graph();
    let is_typed = |node: NodeOrdinal| {
        snapshot.known().array_buffer_data.contains(graph.name_id(node)) && !snapshot.is_renamed(node)
    };
    let is_native = |node: NodeOrdinal| graph.kind(node) == NodeKind::NATIVE;
    match category {
        Category::Code => that(snapshot, cancel, |node| graph.kind(node) == NodeKind::CODE),
        Category::Strings => that(snapshot, cancel, |node| graph.kind(node).is_string()),
        Category::System => that(snapshot, cancel, |node| graph.kind(node) == NodeKind::HIDDEN),
        Category::Heap => that(snapshot, cancel, |node| !is_native(node)),
        Category::Native => that(snapshot, cancel, is_native),
        Category::TypedArrays => that(snapshot, cancel, |node| is_native(node) && is_typed(node)),
        Category::OtherNative => that(snapshot, cancel, |node| is_native(node) && !is_typed(node)),
        Category::JsArrays => arrays(snapshot, cancel),
        Category::OtherObjects => {
            let arrays = arrays(snapshot, cancel)?;
            that(snapshot, cancel, |node| !is_counted_by_kind(graph.kind(node)) && !arrays.contains(node.index()))
        }
    }
}

/// Returns whether the category of nodes of a kind does not depend on their names.
fn is_counted_by_kind(kind: NodeKind) -> bool {
    matches!(kind, NodeKind::HIDDEN | NodeKind::NATIVE | NodeKind::CODE) || kind.is_string()
}

/// Returns the JavaScript arrays and the elements that only they hold.
fn arrays(snapshot: &Snapshot, cancel: &CancelToken) -> Result<BitSet, Cancelled> {
    let (graph, known) = (snapshot.graph(), snapshot.known());
    let mut set = BitSet::new(graph.node_count());
    for node in graph.nodes() {
        cancel.check_every(node.index())?;
        if !is_counted_by_kind(graph.kind(node)) && known.array.contains(graph.name_id(node)) {
            set.insert(node.index());
            if let Some(elements) = own_elements(graph, known, node) {
                set.insert(elements.index());
            }
        }
    }
    Ok(set)
}
