//! Filters: the sets of nodes that a user can select.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::allocations::AllocatedBy;
use super::categories::Category;
use super::script_list::ScriptPart;
use crate::model::{NodeKind, NodeOrdinal};

/// A set of nodes of a snapshot, as the question for a `Selection`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum NodeFilter {
    #[default]
    All,
    /// Ids in `after < id <= up_to`: objects allocated between two snapshots.
    Ids {
        after: u64,
        up_to: u64,
    },
    HeldByDetachedDom,
    HeldByContexts,
    HeldByEventHandlers,
    HeldByConsole,
    DuplicatedStrings,
    /// The strings with the same text as this one, which is the first of them in the file.
    CopiesOf(NodeOrdinal),
    /// Nodes of a category of the statistics.
    Category(Category),
    /// Nodes of a kind.
    Kind(NodeKind),
    /// Objects that belong only to the realm of this native context.
    NativeContext(NodeOrdinal),
    SharedByContexts,
    WithoutContext,
    /// Objects that neither user roots nor the runtime's own roots reach.
    Unreachable,
    /// Objects that match a search. Invalid queries match nothing.
    Matching(String),
    /// Objects allocated by some functions, if stacks were recorded.
    Allocated(AllocatedBy),
    /// The functions of a script or a package and the objects whose classes it defines, with its name.
    DefinedIn(ScriptPart, String),
    /// Chosen nodes, such as those of the answer to a query.
    Listed(ListedNodes),
    AllOf(Vec<NodeFilter>),
}

/// A list of nodes with its title. Compared by a hash first: filters are looked up in every frame.
#[derive(Clone, Debug)]
pub struct ListedNodes {
    title: Arc<str>,
    nodes: Arc<[NodeOrdinal]>,
    hash: u64,
}

impl ListedNodes {
    /// Creates the list. Takes time in proportion to its length.
    #[must_use]
    pub fn new(title: &str, nodes: &[NodeOrdinal]) -> Self {
        let hash = xxh3_64(bytemuck::cast_slice(nodes));
        Self { title: title.into(), nodes: nodes.into(), hash }
    }

    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    #[must_use]
    pub fn nodes(&self) -> &[NodeOrdinal] {
        &self.nodes
    }
}

impl PartialEq for ListedNodes {
    fn eq(&self, other: &Self) -> bool {
        (self.hash, &self.title) == (other.hash, &other.title)
            && (Arc::ptr_eq(&self.nodes, &other.nodes) || self.nodes == other.nodes)
    }
}

impl Eq for ListedNodes {}

impl Hash for ListedNodes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.hash.hash(state);
    }
}

impl NodeFilter {
    /// Combines two filters: a node must pass both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, filter) | (filter, Self::All) => filter,
            (Self::AllOf(mut filters), other) => {
                filters.push(other);
                Self::AllOf(filters)
            }
            (filter, other) => Self::AllOf(vec![filter, other]),
        }
    }
}
