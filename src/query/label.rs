//! What an object is called in lists: DevTools' notation.

use crate::model::{EdgeIndex, EdgeKind, NodeKind, NodeOrdinal, human};
use crate::snapshot::Snapshot;

/// Characters of a name that a list shows.
pub const LABEL_LIMIT: usize = 240;

/// `Foo`, `name()`, `"text"`, `/regexp/`, `array[]`, `{a, b, …}`: cut to a line's length, control characters visible.
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

/// `[0]` for elements, the name for all else.
#[must_use]
pub fn edge_label(snapshot: &Snapshot, edge: EdgeIndex) -> String {
    let name = snapshot.edge_name(edge);
    let shown = human::visible(&name, LABEL_LIMIT);
    match snapshot.graph().edge_kind(edge) {
        EdgeKind::ELEMENT => format!("[{shown}]"),
        _ => shown.into_owned(),
    }
}

/// Whether an edge is the runtime's own or does not keep its target alive: shown in grey.
#[must_use]
pub fn is_quiet(snapshot: &Snapshot, edge: EdgeIndex) -> bool {
    matches!(
        snapshot.graph().edge_kind(edge),
        EdgeKind::INTERNAL | EdgeKind::HIDDEN | EdgeKind::WEAK | EdgeKind::SHORTCUT | EdgeKind::INVISIBLE
    )
}
