//! Labels of objects and edges in lists, in DevTools' notation.

use crate::model::{EdgeIndex, EdgeKind, NodeKind, NodeOrdinal, human};
use crate::snapshot::Snapshot;

/// The maximum number of characters of a name in a list.
pub(crate) const LABEL_LIMIT: usize = 240;

/// Returns `Foo`, `name()`, `"text"`, `/regexp/`, `array[]` or `{a, b, …}`, cut to the length of a line, with control
/// characters made visible.
#[must_use]
pub fn node_label(snapshot: &Snapshot, node: NodeOrdinal) -> String {
    let name = snapshot.display_name(node);
    let shown = human::visible(&name, LABEL_LIMIT);
    match snapshot.kind(node) {
        kind if kind.is_string() => format!("\"{shown}\""),
        NodeKind::CLOSURE => format!("{shown}()"),
        NodeKind::REGEXP => format!("/{shown}/"),
        NodeKind::ARRAY => format!("{shown}[]"),
        _ if shown.is_empty() => human::visible(&snapshot.class(node).name, LABEL_LIMIT).into_owned(),
        _ => shown.into_owned(),
    }
}

/// Returns `[0]` for an element, and the name for any other edge.
#[must_use]
pub fn edge_label(snapshot: &Snapshot, edge: EdgeIndex) -> String {
    let name = snapshot.edge_name(edge);
    let shown = human::visible(&name, LABEL_LIMIT);
    match snapshot.graph().edge_kind(edge) {
        EdgeKind::ELEMENT => format!("[{shown}]"),
        _ => shown.into_owned(),
    }
}

/// Returns true if an edge belongs to the runtime or does not keep its target alive. Such edges are shown in grey.
#[must_use]
pub fn is_quiet(snapshot: &Snapshot, edge: EdgeIndex) -> bool {
    matches!(
        snapshot.graph().edge_kind(edge),
        EdgeKind::INTERNAL | EdgeKind::HIDDEN | EdgeKind::WEAK | EdgeKind::SHORTCUT | EdgeKind::INVISIBLE
    )
}
