//! Search: finds the objects that match a query.
//!
//! Each term is first tested on the strings of the file, the classes and the kinds, so that most nodes are decided by a
//! single bit.

use std::borrow::Cow;

use rayon::prelude::*;

use super::node_sets::that;
use super::search_grammar::{Comparison, Pattern, PropertyName, Query, Test};
use super::search_words::QueryError;
use super::strings_that;
use crate::graph::EdgeName;
use crate::model::{BitSet, CancelToken, Cancelled, Detachedness, EdgeKind, NodeKind, NodeOrdinal, ObjectId, StringId};
use crate::snapshot::Snapshot;

/// Finds the objects. Objects without a size are left out, as in all lists of objects, unless they are searched by id.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn search(snapshot: &Snapshot, query: &Query, cancel: &CancelToken) -> Result<BitSet, Cancelled> {
    let mut terms: Vec<(bool, Compiled<'_>)> =
        query.terms.iter().map(|term| (term.negated, Compiled::of(snapshot, &term.test))).collect();
    cancel.check()?;
    // The cheapest tests come first.
    terms.sort_by_key(|(_, test)| test.cost());
    let by_id = query.terms.iter().any(|term| !term.negated && matches!(term.test, Test::Id(_)));
    that(snapshot, cancel, |node| {
        (by_id || snapshot.shallow_size(node) > 0)
            && terms.iter().all(|(negated, test)| test.holds(snapshot, node) != *negated)
    })
}

/// Returns an error for the first term that cannot match in this snapshot because the file has no such kind of node.
#[must_use]
pub(crate) fn unknown_kind(snapshot: &Snapshot, query: &Query) -> Option<QueryError> {
    let header = snapshot.graph().header();
    let mut kinds: Vec<&str> = header.node_kinds().map(|kind| header.node_kind_name(kind)).collect();
    kinds.retain(|kind| *kind != "undefined");
    query.terms.iter().find_map(|term| {
        let Test::Kind(name) = &term.test else { return None };
        let is_known = kinds.contains(&name.as_str());
        let message = || format!("unknown kind `{name}`; the kinds of this file are {}", kinds.join(", "));
        (!is_known).then(|| QueryError { at: term.at.clone(), message: message() })
    })
}

/// A test with everything that can be computed before the first node.
enum Compiled<'a> {
    Text {
        strings: BitSet,
        pattern: &'a Pattern,
    },
    Id(ObjectId),
    Classes(BitSet),
    /// The edge names that match as text, and the pattern for numbers.
    Property {
        names: BitSet,
        pattern: &'a PropertyName,
    },
    Kinds(Vec<bool>),
    Shallow(Comparison, u64),
    Retained(Comparison, u64),
    Distance(Comparison, Option<u32>),
    Detached,
    Unreachable,
    SystemOnly,
}

impl<'a> Compiled<'a> {
    fn of(snapshot: &Snapshot, test: &'a Test) -> Self {
        match test {
            Test::Text(pattern) => {
                Self::Text { strings: strings_that(snapshot, |text| pattern.matches(text)), pattern }
            }
            Test::Id(id) => Self::Id(ObjectId(*id)),
            Test::Class(pattern) => {
                let classes = snapshot.classes().all();
                let mut set = BitSet::new(classes.len());
                let hits: Vec<usize> =
                    (0..classes.len()).into_par_iter().filter(|&class| pattern.matches(&classes[class].name)).collect();
                for class in hits {
                    set.insert(class);
                }
                Self::Classes(set)
            }
            Test::Property(pattern) => {
                Self::Property { names: strings_that(snapshot, |text| pattern.matches(text)), pattern }
            }
            Test::Kind(name) => {
                let mut kinds = vec![false; 256];
                for kind in 0..=u8::MAX {
                    kinds[usize::from(kind)] = snapshot.graph().name_of_kind(NodeKind(kind)) == name;
                }
                Self::Kinds(kinds)
            }
            Test::Shallow(comparison, size) => Self::Shallow(*comparison, *size),
            Test::Retained(comparison, size) => Self::Retained(*comparison, *size),
            Test::Distance(comparison, hops) => Self::Distance(*comparison, *hops),
            Test::Detached => Self::Detached,
            Test::Unreachable => Self::Unreachable,
            Test::SystemOnly => Self::SystemOnly,
        }
    }

    fn cost(&self) -> u8 {
        match self {
            Self::Text { .. } => 2,
            Self::Property { .. } => 1,
            _ => 0,
        }
    }

    fn holds(&self, snapshot: &Snapshot, node: NodeOrdinal) -> bool {
        let graph = snapshot.graph();
        match self {
            Self::Text { strings, pattern } => {
                let is_made_up = graph.kind(node) == NodeKind::CONCATENATED_STRING
                    || snapshot.known().is_plain_object(graph, node)
                    || snapshot.is_renamed(node);
                if is_made_up {
                    snapshot.expect_many_names();
                    let name: Cow<'_, str> = snapshot.display_name(node);
                    pattern.matches(&name)
                } else {
                    strings.contains(graph.name_id(node).0 as usize)
                }
            }
            Self::Id(id) => snapshot.id(node) == *id,
            Self::Classes(classes) => classes.contains(snapshot.class_id(node).index()),
            Self::Property { names, pattern } => graph.edges(node).any(|edge| {
                let kind = graph.edge_kind(edge);
                matches!(kind, EdgeKind::PROPERTY | EdgeKind::CONTEXT | EdgeKind::ELEMENT)
                    && match graph.edge_name(edge) {
                        EdgeName::Text(StringId(name)) => names.contains(name as usize),
                        EdgeName::Index(index) => pattern.matches_number(index),
                    }
            }),
            Self::Kinds(kinds) => kinds[usize::from(graph.kind(node).0)],
            Self::Shallow(comparison, size) => comparison.holds(&snapshot.shallow_size(node), size),
            Self::Retained(comparison, size) => comparison.holds(&snapshot.retained_size(node), size),
            Self::Distance(comparison, wanted) => match (snapshot.distance(node).user(), wanted) {
                (None, None) => true,
                (Some(hops), Some(wanted)) => comparison.holds(&hops, wanted),
                _ => false,
            },
            Self::Detached => snapshot.detachedness(node) == Detachedness::Detached,
            Self::Unreachable => snapshot.is_unreachable(node),
            Self::SystemOnly => snapshot.distance(node).system().is_some(),
        }
    }
}
