//! Objects, references, sizes and series of numbers as a model reads them: short, and with heap text quoted.

use super::text::{quoted, quoted_ends};
use crate::analysis::Location;
use crate::model::{EdgeIndex, NodeKind, NodeOrdinal, difference, human};
use crate::query::{Scripts, map_key};
use crate::snapshot::Snapshot;

/// The maximum number of characters of a name, of the text of a string, and of a file name.
pub(super) const NAME: usize = 80;
const TEXT: usize = 120;
const FILE: usize = 100;

/// Returns `@123 "Session"`, `@123 string "text"` or `@123 function "name"`.
pub(super) fn object(snapshot: &Snapshot, node: NodeOrdinal) -> String {
    let name = snapshot.display_name(node);
    let label = match snapshot.kind(node) {
        kind if kind.is_string() => format!("string {}", quoted(&name, TEXT)),
        NodeKind::CLOSURE => format!("function {}", quoted(&name, NAME)),
        NodeKind::REGEXP => format!("regexp {}", quoted(&name, NAME)),
        NodeKind::ARRAY => format!("array {}", quoted(&name, NAME)),
        _ if name.is_empty() => quoted(&snapshot.class(node).name, NAME),
        _ => quoted(&name, NAME),
    };
    format!("{} {label}", snapshot.id(node))
}

/// Returns the sizes of an object: `retains 1.2 MB`, with the shallow size if it differs.
pub(super) fn sizes(snapshot: &Snapshot, node: NodeOrdinal) -> String {
    let (shallow, retained) = (snapshot.shallow_size(node), snapshot.retained_size(node));
    let own = if shallow == retained { String::new() } else { format!(", shallow {}", human::bytes(shallow)) };
    format!("retains {}{own}", human::bytes(retained))
}

/// Returns the distance of an object as words.
pub(super) fn distance(snapshot: &Snapshot, node: NodeOrdinal) -> String {
    match (snapshot.distance(node).user(), snapshot.distance(node).system()) {
        (Some(hops), _) => format!("distance {hops}"),
        (None, Some(hops)) => format!("distance {hops} from runtime roots only"),
        (None, None) if snapshot.is_unreachable(node) => "unreachable".to_owned(),
        (None, None) => "no distance".to_owned(),
    }
}

/// Returns the name and kind of a reference: `"byId" (property)`, and the key under which a Map holds its target.
pub(super) fn reference(snapshot: &Snapshot, edge: EdgeIndex) -> String {
    let graph = snapshot.graph();
    let key = map_key(snapshot, edge).map(|key| format!(" key {}", quoted(&snapshot.display_name(key), NAME)));
    let name = quoted(&snapshot.edge_name(edge), NAME);
    format!("{name} ({}){}", quoted_word(graph.edge_kind_name(edge)), key.unwrap_or_default())
}

/// Returns a word of the file's header, which is a plain word in all files that V8 writes.
pub(super) fn quoted_word(word: &str) -> String {
    let is_plain =
        word.len() <= 32 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b' '));
    if is_plain { word.to_owned() } else { quoted(word, 32) }
}

/// Returns the position of a location: `"cart.js:45:25"`.
pub(super) fn script_position(scripts: &Scripts, at: Location) -> String {
    quoted_ends(&scripts.full(at), FILE)
}

/// Returns `400 -> 800 -> 1200`.
pub(super) fn series(numbers: impl Iterator<Item = String>) -> String {
    numbers.collect::<Vec<_>>().join(" -> ")
}

/// Returns the growth of a size with its sign, in ASCII.
pub(super) fn growth_of_bytes(last: u64, first: u64) -> String {
    ascii(&human::Units::Decimal.signed(difference(last, first)))
}

/// Replaces the minus sign, which takes several tokens.
pub(super) fn ascii(text: &str) -> String {
    text.replace('−', "-")
}
