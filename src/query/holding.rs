//! Parts of retaining paths that every view and finding names alike: scopes, the stores of collections, global objects.

use super::path_growth::is_numbered;
use crate::graph::{EdgeName, HeapGraph};
use crate::model::{EdgeIndex, EdgeKind};

/// The names of V8's references from an object to the stores of its entries, elements and properties.
const STORES: [&str; 3] = ["table", "elements", "properties"];

/// Returns true for the class of scopes of functions.
#[must_use]
pub(crate) fn is_context(class: &str) -> bool {
    class == "system / Context" || class.starts_with("system / Context / ") || class == "system / ScriptContext"
}

/// Returns true if a reference leads to an element, or to the store of elements, entries or properties.
#[must_use]
pub(crate) fn is_store(graph: &HeapGraph, edge: EdgeIndex) -> bool {
    let is_named = || match graph.edge_name(edge) {
        EdgeName::Text(name) => STORES.iter().any(|store| graph.strings().is(name, store)),
        EdgeName::Index(_) => false,
    };
    is_numbered(graph, edge) || (graph.edge_kind(edge) == EdgeKind::INTERNAL && is_named())
}

/// Returns the class of a global object without the page or file that V8 appends, as in `Window / https://…`.
#[must_use]
pub(crate) fn without_page(class: &str) -> &str {
    let end = class.find(" / ").filter(|_| class.starts_with("global") || class.starts_with("Window"));
    &class[..end.unwrap_or(class.len())]
}

#[cfg(test)]
mod tests {
    use super::{is_context, without_page};

    #[test]
    fn global_objects_lose_their_page_and_other_classes_nothing() {
        assert_eq!(without_page("Window / https://example.org"), "Window");
        assert_eq!(without_page("global / "), "global");
        assert_eq!(without_page("system / Context"), "system / Context");
        assert!(is_context("system / Context / file:///a.js") && !is_context("system / ContextSidePropertyCell"));
    }
}
