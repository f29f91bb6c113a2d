//! Names of holders: the field through which the nearest named object holds a collection.

use rayon::prelude::*;

use super::super::path_growth::nearest_retainer;
use super::super::{is_context, is_numbered, is_store, without_page};
use super::Collection;
use crate::model::{CancelToken, Cancelled, EdgeIndex, EdgeKind, NodeKind, NodeOrdinal, human};
use crate::snapshot::Snapshot;

/// The number of references that are followed.
const FOLLOWED: usize = 12;
/// The number of fields in a name.
const SEGMENTS: usize = 4;
/// The maximum number of characters of a field or class.
const NAME_LIMIT: usize = 60;

/// Returns the holder of each collection, such as `SessionCache.byId` or `variable registry`. Keys and indexes are `[*]`.
pub(super) fn holders(
    snapshot: &Snapshot,
    collections: &[Collection],
    cancel: &CancelToken,
) -> Result<Vec<String>, Cancelled> {
    collections.par_iter().map(|collection| holder(snapshot, collection.node, cancel)).collect()
}

/// Returns the name of the field that holds an object.
fn holder(snapshot: &Snapshot, node: NodeOrdinal, cancel: &CancelToken) -> Result<String, Cancelled> {
    let graph = snapshot.graph();
    let mut fields: Vec<String> = Vec::new();
    let mut at = node;
    for _ in 0..FOLLOWED {
        let Some(edge) = nearest_retainer(snapshot, at, cancel)? else { break };
        let source = graph.edge_source(edge);
        at = source;
        let class = &snapshot.class(source).name;
        if is_context(class) {
            fields.push(format!("variable {}", name(snapshot, edge)));
            return Ok(joined(fields));
        }
        // The stores of collections connect and say nothing.
        let is_connector =
            matches!(graph.kind(source), NodeKind::ARRAY | NodeKind::HIDDEN | NodeKind::CODE | NodeKind::OBJECT_SHAPE);
        let field = field(snapshot, edge, is_connector);
        let is_new = field.as_ref().is_some_and(|field| field != "[*]" || fields.last() != Some(field));
        fields.extend(field.filter(|_| is_new));
        if is_connector {
            continue;
        }
        if graph.kind(source) == NodeKind::SYNTHETIC {
            break;
        }
        if !is_generic(class) || fields.len() >= SEGMENTS {
            fields.push(human::visible(without_page(class), NAME_LIMIT).into_owned());
            break;
        }
    }
    if fields.is_empty() {
        fields.push(human::visible(&snapshot.class(at).name, NAME_LIMIT).into_owned());
    }
    Ok(joined(fields))
}

/// Returns the name of a field; `[*]` for an entry; `None` for a store and for what only connects.
fn field(snapshot: &Snapshot, edge: EdgeIndex, is_connector: bool) -> Option<String> {
    let graph = snapshot.graph();
    if is_numbered(graph, edge) {
        return Some("[*]".to_owned());
    }
    if is_connector || is_store(graph, edge) {
        return None;
    }
    // An object with many properties is used as a map, and their names are keys.
    let source = graph.edge_source(edge);
    let is_key = graph.edge_kind(edge) == EdgeKind::PROPERTY
        && graph.edge_range(source).len() > 2 * KEYS
        && is_generic(&snapshot.class(source).name);
    Some(if is_key { "[*]".to_owned() } else { name(snapshot, edge) })
}

/// An object of no class with more properties than twice this is used as a map.
const KEYS: usize = 16;

fn name(snapshot: &Snapshot, edge: EdgeIndex) -> String {
    human::visible(&snapshot.edge_name(edge), NAME_LIMIT).into_owned()
}

/// Joins fields, the outermost last, to one name.
fn joined(fields: Vec<String>) -> String {
    let mut name = String::new();
    for field in fields.into_iter().rev() {
        if !name.is_empty() && !field.starts_with('[') {
            name.push('.');
        }
        name.push_str(&field);
    }
    name
}

/// Returns true for classes that do not say what an object is for.
fn is_generic(class: &str) -> bool {
    matches!(class, "Object" | "Array" | "Map" | "Set" | "WeakMap" | "WeakSet" | "Function")
        || class.starts_with('{')
        || class.starts_with("system / ")
}
