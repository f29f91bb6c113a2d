//! Glossary of heap snapshot terms: one sentence for a tooltip, and a longer explanation.

mod concepts;
mod kinds;

use crate::model::EdgeKind;

/// The category of a term.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Category {
    Concept,
    Column,
    /// A class, or a group of objects without one.
    Group,
    NodeKind,
    EdgeKind,
    /// A group of roots.
    Root,
}

/// A glossary entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    pub term: &'static str,
    pub category: Category,
    /// One sentence.
    pub short: &'static str,
    /// The meaning, the reason why it appears, and what to do about it.
    pub long: &'static str,
}

/// Returns all entries, by category.
pub(super) fn entries() -> impl Iterator<Item = &'static Entry> {
    ENTRIES.into_iter().flatten()
}

fn find(category: Category, term: &str) -> Option<&'static Entry> {
    entries().find(|entry| entry.category == category && entry.term == term)
}

/// Returns the entry of a class by its name. A name with an origin, such as `system / Context / https://…`, has the
/// entry of the name without it.
#[must_use]
pub(super) fn for_class(name: &str) -> Option<&'static Entry> {
    find(Group, name).or_else(|| {
        let (start, _) = name.strip_prefix("system / ")?.split_once(" / ")?;
        find(Group, &format!("system / {start}"))
    })
}

/// Returns the entry of a kind of reference.
#[must_use]
pub(super) fn for_edge_kind(kind: EdgeKind) -> Option<&'static Entry> {
    let term = match kind {
        EdgeKind::PROPERTY => "Property",
        EdgeKind::ELEMENT => "Element",
        EdgeKind::CONTEXT => "Variable",
        EdgeKind::INTERNAL => "Internal reference",
        EdgeKind::HIDDEN => "Hidden reference",
        EdgeKind::SHORTCUT => "Shortcut",
        EdgeKind::WEAK => "Weak reference",
        _ => return None,
    };
    find(Reference, term)
}

/// Returns the entry of a kind of node by its name in the file.
#[must_use]
pub(super) fn for_node_kind(name: &str) -> Option<&'static Entry> {
    find(Kind, name)
}

/// Returns the entry of a group of roots by its name.
#[must_use]
pub(super) fn for_root(name: &str) -> Option<&'static Entry> {
    find(Root, name)
}

const fn entry(category: Category, term: &'static str, short: &'static str, long: &'static str) -> Entry {
    Entry { term, category, short, long }
}

use Category::{Column, Concept, EdgeKind as Reference, Group, NodeKind as Kind, Root};

/// The entries by category, in the order of the glossary.
const ENTRIES: [&[Entry]; 6] =
    [concepts::CONCEPTS, concepts::COLUMNS, concepts::GROUPS, kinds::NODE_KINDS, kinds::EDGE_KINDS, kinds::ROOTS];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_term_has_one_entry_with_a_short_sentence() {
        let entries: Vec<_> = entries().collect();
        for (at, entry) in entries.iter().enumerate() {
            let is_double =
                entries[..at].iter().any(|other| (other.category, other.term) == (entry.category, entry.term));
            assert!(!is_double, "{} has two entries", entry.term);
            assert!(entry.short.chars().count() <= 140, "{}", entry.term);
            assert!(entry.short.ends_with('.') && entry.long.ends_with('.'), "{}", entry.term);
        }
    }

    #[test]
    fn classes_are_found_with_and_without_an_origin() {
        let context = for_class("system / Context").map(|entry| entry.term);
        assert_eq!(context, Some("system / Context"));
        assert_eq!(for_class("system / Context / https://example.org").map(|entry| entry.term), context);
        assert_eq!(for_class("ShoppingCart"), None);
        assert_eq!(for_edge_kind(EdgeKind::WEAK).map(|entry| entry.term), Some("Weak reference"));
        assert_eq!(for_root("(Global handles)").map(|entry| entry.category), Some(Root));
        assert!(for_node_kind("native").is_some());
    }
}
