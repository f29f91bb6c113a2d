//! Shapes: classes of plain objects such as `{id, name}`, by properties that many of them share.

use std::collections::HashMap;
use std::io;

use foldhash::fast::RandomState;

use super::WellKnown;
use super::display_names::{quoted_property_name, utf16_len};
use crate::graph::HeapGraph;
use crate::model::stored::{NotStored, Put, Stored, Take};
use crate::model::{CancelToken, Cancelled, EdgeKind, NodeOrdinal, StringId};

/// The maximum length of the properties in a shape's name, in UTF-16 units.
const NAME_LIMIT: usize = 120;
/// The minimum number of objects of a shape.
const MIN_OBJECTS: usize = 2;
/// A shape has at least one in this many plain objects.
const ONE_IN: usize = 1000;
/// Bytes of memory per list of properties that may become a shape: its entries in growing tables and, once merged, its
/// text of up to [`NAME_LIMIT`] characters, twice whole and once split by property.
const CANDIDATE_BYTES: usize = 900;
/// The minimum number of bytes per call of `need_more`.
const COUNTED_EVERY: usize = 1 << 20;
/// The maximum number of properties in a list whose shape is cached.
const MEMO_LIMIT: usize = 64;
const UNKNOWN: u32 = u32::MAX;
const NOT_IN_A_SHAPE: u32 = u32::MAX - 1;

/// The shapes of a snapshot, most frequent first.
#[derive(Clone, Debug, Default)]
pub struct Shapes {
    /// `{a, b}`, with names quoted where needed.
    pub names: Vec<String>,
    /// The properties of each shape, in the order that they have in its objects.
    pub properties: Vec<Vec<String>>,
    matcher: Matcher,
}

impl Stored for Shapes {
    fn store(&self, to: &mut dyn Put) -> io::Result<()> {
        let Self { names, properties, matcher: _ } = self;
        names.store(to)?;
        properties.store(to)
    }

    fn load(from: &mut dyn Take) -> Result<Self, NotStored> {
        let (names, properties) = (Vec::load(from)?, Vec::<Vec<String>>::load(from)?);
        let matcher = Matcher::new(&properties);
        if names.len() != properties.len() {
            return Err(NotStored::Damaged);
        }
        Ok(Self { names, properties, matcher })
    }
}

/// A trie over sorted property symbols, to find the largest shape whose properties an object has.
#[derive(Clone, Debug, Default)]
struct Matcher {
    /// The symbol of each property that occurs in a shape; symbols count from 0.
    symbols: HashMap<String, u32>,
    /// Children by (trie node, symbol).
    next: HashMap<(u32, u32), u32, RandomState>,
    /// The shape that ends at each trie node, with its number of properties.
    ends: Vec<Option<(u32, u32)>>,
}

/// Finds the shapes among a graph's plain objects.
///
/// # Errors
/// Returns [`Cancelled`] if `cancel` stops the work.
pub fn shapes(graph: &HeapGraph, known: &WellKnown, cancel: &CancelToken) -> Result<Shapes, Cancelled> {
    let (candidates, object_count) = candidates(graph, known, cancel)?;

    // Lists with different string ids can have equal text; the first list represents all of them.
    let mut merged: Vec<(String, Vec<String>, usize)> = Vec::new();
    let mut by_name: HashMap<String, usize> = HashMap::new();
    for (properties, count) in candidates {
        let names: Vec<String> = properties.iter().map(|&id| graph.strings().text(StringId(id)).into_owned()).collect();
        let name = shape_name(&names);
        if name.len() > CANDIDATE_BYTES {
            // The first property may have a name of any length.
            cancel.need_more(3 * name.len() as u64)?;
        }
        let at = *by_name.entry(name.clone()).or_insert(merged.len());
        if at == merged.len() {
            merged.push((name, names, 0));
        }
        merged[at].2 += count;
    }
    merged.retain(|(_, _, count)| *count >= MIN_OBJECTS && *count * ONE_IN >= object_count);
    merged.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));

    let mut shapes = Shapes::default();
    for (name, properties, _) in merged {
        shapes.names.push(name);
        shapes.properties.push(properties);
    }
    shapes.matcher = Matcher::new(&shapes.properties);
    Ok(shapes)
}

/// Returns a name such as `{a, b}`. As in DevTools, there is no comma after an empty name at the start.
fn shape_name(properties: &[String]) -> String {
    let mut name = String::from("{");
    for property in properties {
        if name.len() > 1 {
            name.push_str(", ");
        }
        name.push_str(&quoted_property_name(property));
    }
    name.push('}');
    name
}

/// Lists of properties, as string ids, with the number of objects that have them.
type Candidates = Vec<(Box<[u32]>, usize)>;

/// Returns the distinct lists of properties that could name a shape, in the order of their first objects, and the
/// number of plain objects.
fn candidates(graph: &HeapGraph, known: &WellKnown, cancel: &CancelToken) -> Result<(Candidates, usize), Cancelled> {
    let mut name_lengths = vec![0_u16; graph.strings().len()];
    let mut positions: HashMap<Box<[u32]>, usize, RandomState> = HashMap::default();
    let mut candidates = Candidates::new();
    let mut properties: Vec<u32> = Vec::new();
    let (mut object_count, mut uncounted_bytes) = (0, 0);
    for node in graph.nodes() {
        cancel.check_every(node.index())?;
        if !known.is_plain_object(graph, node) {
            continue;
        }
        object_count += 1;
        properties.clear();
        let mut length = 1;
        for edge in graph.edges(node) {
            let name = graph.edge_names[edge.index()];
            if graph.edge_kind(edge) != EdgeKind::PROPERTY || known.proto.contains(StringId(name)) {
                continue;
            }
            let name_length = quoted_length(graph, &mut name_lengths, name);
            if length > 1 && length + name_length > NAME_LIMIT {
                break;
            }
            length += name_length + if length > 1 { 2 } else { 0 };
            properties.push(name);
        }
        if properties.is_empty() {
            continue;
        }
        if let Some(&at) = positions.get(properties.as_slice()) {
            candidates[at].1 += 1;
        } else {
            let list: Box<[u32]> = properties.as_slice().into();
            uncounted_bytes += CANDIDATE_BYTES + 2 * size_of_val(&*list);
            if uncounted_bytes >= COUNTED_EVERY {
                cancel.need_more(std::mem::take(&mut uncounted_bytes) as u64)?;
            }
            positions.insert(list.clone(), candidates.len());
            candidates.push((list, 1));
        }
    }
    Ok((candidates, object_count))
}

/// Returns the UTF-16 length of the property's name in a list, cached by string. Lengths that fit no list are clamped.
fn quoted_length(graph: &HeapGraph, cache: &mut [u16], name: u32) -> usize {
    let cached = &mut cache[name as usize];
    if *cached == 0 {
        // The longest relevant name has about a hundred characters, and quoting only makes it longer.
        let (text, _) = graph.strings().prefix(StringId(name), 2 * NAME_LIMIT);
        let length = utf16_len(&quoted_property_name(&text));
        *cached = u16::try_from(length + 1).unwrap_or(u16::MAX);
    }
    usize::from(*cached - 1)
}

impl Shapes {
    /// Calls `found` with each plain object that has a shape, and the shape's number.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if `cancel` stops the work.
    pub fn assign(
        &self,
        graph: &HeapGraph,
        known: &WellKnown,
        cancel: &CancelToken,
        mut found: impl FnMut(NodeOrdinal, u32),
    ) -> Result<(), Cancelled> {
        if self.names.is_empty() {
            return Ok(());
        }
        let mut symbols = vec![UNKNOWN; graph.strings().len()];
        let mut memo: HashMap<Box<[u32]>, Option<u32>, RandomState> = HashMap::default();
        let mut list = Vec::new();
        for node in graph.nodes() {
            cancel.check_every(node.index())?;
            if !known.is_plain_object(graph, node) {
                continue;
            }
            list.clear();
            for edge in graph.edges(node) {
                if graph.edge_kind(edge) == EdgeKind::PROPERTY {
                    let symbol = self.symbol(graph, &mut symbols, graph.edge_names[edge.index()]);
                    if symbol != NOT_IN_A_SHAPE {
                        list.push(symbol);
                    }
                }
            }
            list.sort_unstable();
            let shape = if let Some(&shape) = memo.get(list.as_slice()) {
                shape
            } else {
                let shape = self.matcher.best(&list);
                if list.len() <= MEMO_LIMIT {
                    memo.insert(list.as_slice().into(), shape);
                }
                shape
            };
            if let Some(shape) = shape {
                found(node, shape);
            }
        }
        Ok(())
    }

    fn symbol(&self, graph: &HeapGraph, cache: &mut [u32], name: u32) -> u32 {
        let cached = &mut cache[name as usize];
        if *cached == UNKNOWN {
            let text = graph.strings().text(StringId(name));
            *cached = self.matcher.symbols.get(text.as_ref()).copied().unwrap_or(NOT_IN_A_SHAPE);
        }
        *cached
    }
}

impl Matcher {
    fn new(shapes: &[Vec<String>]) -> Self {
        let mut matcher = Self { ends: vec![None], ..Self::default() };
        for (shape, properties) in (0_u32..).zip(shapes) {
            let mut list: Vec<u32> = properties
                .iter()
                .map(|property| {
                    let next = u32::try_from(matcher.symbols.len()).unwrap_or(NOT_IN_A_SHAPE);
                    *matcher.symbols.entry(property.clone()).or_insert(next)
                })
                .collect();
            list.sort_unstable();
            let mut at = 0;
            for symbol in list.iter().copied() {
                let fresh = u32::try_from(matcher.ends.len()).unwrap_or(UNKNOWN);
                at = *matcher.next.entry((at, symbol)).or_insert(fresh);
                if at == fresh {
                    matcher.ends.push(None);
                }
            }
            // Of shapes with the same properties in different orders, the most frequent one is used.
            let count = u32::try_from(list.len()).unwrap_or(u32::MAX);
            matcher.ends[at as usize].get_or_insert((shape, count));
        }
        matcher
    }

    /// Returns the shape with the most properties (the first on a tie) whose properties are all in the sorted `list`.
    fn best(&self, list: &[u32]) -> Option<u32> {
        let mut states = vec![0_u32];
        let mut best: Option<(u32, u32)> = None;
        for &symbol in list {
            for at in 0..states.len() {
                let Some(&next) = self.next.get(&(states[at], symbol)) else { continue };
                if states.contains(&next) {
                    continue;
                }
                states.push(next);
                if let Some((shape, count)) = self.ends[next as usize]
                    && best.is_none_or(|(best, most)| count > most || (count == most && shape < best))
                {
                    best = Some((shape, count));
                }
            }
        }
        best.map(|(shape, _)| shape)
    }
}

#[cfg(test)]
mod tests {
    use super::Matcher;

    #[test]
    fn an_object_gets_the_largest_shape_it_has_all_properties_of() {
        let shape = |names: &str| names.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let matcher = Matcher::new(&[shape("a b"), shape("b c d"), shape("b a"), shape("c")]);
        let best = |names: &str| {
            let mut list: Vec<u32> = names.split(' ').filter_map(|name| matcher.symbols.get(name).copied()).collect();
            list.sort_unstable();
            matcher.best(&list)
        };
        assert_eq!(best("x a b"), Some(0));
        assert_eq!(best("a b c d"), Some(1));
        assert_eq!(best("d c"), Some(3));
        assert_eq!(best("x y"), None);
    }
}
