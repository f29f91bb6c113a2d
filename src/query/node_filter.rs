//! Filters: the sets of nodes that a user can select.

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
    AllOf(Vec<NodeFilter>),
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
