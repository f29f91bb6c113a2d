//! Classes: objects grouped by constructor, with count, sizes and distance.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::{DomStates, Location, Locations, Originals, Shapes, WellKnown};
use crate::graph::HeapGraph;
use crate::model::bounds::are_below;
use crate::model::stored::stored;
use crate::model::{CancelToken, Cancelled, ClassId, Distance, NodeKind, NodeOrdinal, StringId};

const UNSET: u32 = u32::MAX;

/// The key that matches a class across snapshots: its name and, for objects, the position of its constructor.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct ClassKey {
    /// The decoded name. Lone surrogates keep their value, unlike in [`Class::name`].
    name: Box<[u8]>,
    pub location: Option<Location>,
}

stored!(ClassKey { name, location });

/// One row of the summary.
#[derive(Clone, Debug)]
pub struct Class {
    pub key: ClassKey,
    /// The name as written, if a source map has it.
    pub name: String,
    /// The name in the file, if it differs.
    pub generated_name: Option<Box<str>>,
    /// Nodes of the class that have a size.
    pub count: u64,
    /// Sum of their shallow sizes in bytes.
    pub shallow_size: u64,
    /// Bytes that would be freed with all of them: the retained sizes of those that no other node of the class
    /// dominates.
    pub retained_size: u64,
    /// The smallest of their distances.
    pub distance: Distance,
    /// Kind of the first node of the class.
    pub kind: NodeKind,
}

stored!(Class { key, name, generated_name, count, shallow_size, retained_size, distance, kind });

/// All classes of a snapshot and the class of each node. Their totals are computed in `class_totals`.
#[derive(Clone, Debug, Default)]
pub struct Classes {
    pub(super) by_node: Vec<u32>,
    pub(super) table: Vec<Class>,
}

stored!(Classes { by_node, table });

impl ClassKey {
    /// Replaces the name by that as written.
    pub(crate) fn rename(&mut self, name: &str) {
        self.name = name.as_bytes().into();
    }
}

impl Classes {
    #[inline]
    #[must_use]
    pub fn of(&self, node: NodeOrdinal) -> ClassId {
        ClassId(self.by_node[node.index()])
    }

    #[must_use]
    pub fn get(&self, class: ClassId) -> &Class {
        &self.table[class.index()]
    }

    /// Returns all classes in the order of their first node in the file, including those whose nodes all have no size.
    #[must_use]
    pub fn all(&self) -> &[Class] {
        &self.table
    }

    /// Returns the class of each node, by ordinal.
    #[must_use]
    pub fn by_node(&self) -> &[u32] {
        &self.by_node
    }

    /// Gives classes the names that they have as written.
    pub(crate) fn rename(&mut self, originals: &Originals) {
        for class in &mut self.table {
            let written = class.key.location.and_then(|at| originals.name(at));
            // The shape of a plain object is not a name.
            if let Some(name) = written.filter(|name| class.name != *name && !class.name.starts_with('{')) {
                let generated = std::mem::replace(&mut class.name, name.to_owned());
                class.generated_name.get_or_insert(generated.into());
            }
        }
    }

    /// Gives classes the names in the file again.
    pub(crate) fn restore_names(&mut self) {
        for class in &mut self.table {
            if let Some(name) = class.generated_name.take() {
                class.name = name.into();
            }
        }
    }

    #[must_use]
    pub fn find(&self, key: &ClassKey) -> Option<ClassId> {
        let at = self.table.iter().position(|class| class.key == *key)?;
        u32::try_from(at).ok().map(ClassId)
    }

    /// Returns whether every node has a class of the table, and the classes' numbers are possible for their nodes.
    pub(crate) fn fits(&self, nodes: usize) -> bool {
        let counted = self.table.iter().try_fold(0_u64, |sum, class| sum.checked_add(class.count));
        self.by_node.len() == nodes
            && are_below(&self.by_node, self.table.len())
            && counted.is_some_and(|counted| counted <= nodes as u64)
            && self.table.iter().all(|class| class.distance.fits(nodes))
    }

    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.by_node.capacity() * 4 + self.table.capacity() * size_of::<Class>()
    }
}

/// Assigns a class to each node. The totals are set later; see `class_totals`.
///
/// # Errors
/// Returns [`Cancelled`] if `cancel` stops the work.
pub(crate) fn classes(
    graph: &HeapGraph,
    known: &WellKnown,
    dom: &DomStates,
    shapes: &Shapes,
    locations: &Locations,
    cancel: &CancelToken,
) -> Result<Classes, Cancelled> {
    let mut namer = Namer {
        graph,
        dom,
        by_key: HashTable::new(),
        hasher: RandomState::default(),
        by_place: HashMap::default(),
        by_string: [vec![UNSET; graph.strings().len()], Vec::new()],
        by_kind: vec![UNSET; 256],
        table: Vec::new(),
        uncounted_bytes: 0,
    };
    let mut by_node = vec![UNSET; graph.node_count()];
    // The shape number of a plain object comes first; the loop below turns shape numbers into classes.
    let shape_bit = 1 << 31;
    shapes.assign(graph, known, cancel, |node, shape| by_node[node.index()] = shape_bit | shape)?;
    let mut shape_classes = vec![UNSET; shapes.names.len()];

    let mut located = locations.entries().peekable();
    for node in graph.nodes() {
        cancel.check_every(node.index())?;
        namer.count_memory(cancel)?;
        let shape =
            Some(by_node[node.index()]).filter(|&shape| shape != UNSET).map(|shape| (shape & !shape_bit) as usize);
        let location = located.next_if(|entry| entry.0 == node).map(|entry| entry.1);
        let kind = graph.kind(node);
        by_node[node.index()] = match location.filter(|_| kind == NodeKind::OBJECT) {
            Some(place) => {
                let source = match shape {
                    Some(shape) => NameSource::Shape(shape),
                    None => NameSource::String(graph.name_id(node)),
                };
                if let Some(&class) = namer.by_place.get(&(source, place)) {
                    class
                } else {
                    let name = match shape {
                        Some(shape) => shapes.names[shape].clone().into_bytes(),
                        None => namer.name(node).into_owned(),
                    };
                    let class = namer.class(name, Some(locations.place(place)), kind);
                    namer.by_place.insert((source, place), class);
                    namer.uncounted_bytes += PAIR_BYTES;
                    class
                }
            }
            None => match shape {
                Some(shape) => {
                    if shape_classes[shape] == UNSET {
                        shape_classes[shape] = namer.class(shapes.names[shape].clone().into_bytes(), None, kind);
                    }
                    shape_classes[shape]
                }
                None => namer.without_location(node),
            },
        };
    }
    Ok(Classes { by_node, table: namer.table })
}

/// The source of an object's class name.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum NameSource {
    Shape(usize),
    /// Only natives are renamed, so the string of an object is enough.
    String(StringId),
}

/// Finds or creates classes by name. Caches avoid looking at most nodes' names.
struct Namer<'a> {
    graph: &'a HeapGraph,
    dom: &'a DomStates,
    /// Indices of `table` by key.
    by_key: HashTable<u32>,
    hasher: RandomState,
    /// The class by name (see [`NameSource`]) and index of the position.
    by_place: HashMap<(NameSource, u32), u32, RandomState>,
    /// The class by string of the node's name; the second table is for nodes shown as `Detached …`.
    by_string: [Vec<u32>; 2],
    by_kind: Vec<u32>,
    table: Vec<Class>,
    /// Bytes of memory used since the last count.
    uncounted_bytes: usize,
}

/// Bytes of memory per class without its name, including its entries in growing tables; and per pair of a name and a
/// position.
const CLASS_BYTES: usize = 300;
const PAIR_BYTES: usize = 90;
/// Number of bytes after which memory is counted.
const COUNTED_EVERY: usize = 1 << 20;

impl<'a> Namer<'a> {
    /// Counts the memory of classes, since a small file can create many with long names.
    #[inline]
    fn count_memory(&mut self, cancel: &CancelToken) -> Result<(), Cancelled> {
        if self.uncounted_bytes < COUNTED_EVERY {
            return Ok(());
        }
        cancel.need_more(std::mem::take(&mut self.uncounted_bytes) as u64)
    }

    fn class(&mut self, name: Vec<u8>, location: Option<Location>, kind: NodeKind) -> u32 {
        let key = ClassKey { name: name.into_boxed_slice(), location };
        let Self { by_key, hasher, table, .. } = self;
        let key_of = |class: u32| &table[class as usize].key;
        let hash = |key: &ClassKey| hasher.hash_one(key);
        let vacant = match by_key.entry(hash(&key), |&class| *key_of(class) == key, |&class| hash(key_of(class))) {
            Entry::Occupied(class) => return *class.get(),
            Entry::Vacant(vacant) => vacant,
        };
        let class = u32::try_from(table.len()).unwrap_or(UNSET);
        vacant.insert(class);
        // The name is stored twice: in the key and for display.
        self.uncounted_bytes += CLASS_BYTES + 2 * key.name.len();
        table.push(Class {
            name: display_of(&key.name),
            generated_name: None,
            key,
            count: 0,
            shallow_size: 0,
            retained_size: 0,
            distance: Distance::NONE,
            kind,
        });
        class
    }

    /// Returns the class name of a node without a shape.
    fn name(&self, node: NodeOrdinal) -> Cow<'a, [u8]> {
        let kind = self.graph.kind(node);
        if let Some(fixed) = fixed_name(kind) {
            return Cow::Borrowed(fixed.as_bytes());
        }
        if !matches!(kind, NodeKind::OBJECT | NodeKind::NATIVE) {
            return Cow::Owned(format!("({})", self.graph.header().node_kind_name(kind)).into_bytes());
        }
        let id = self.graph.name_id(node);
        let name = self.graph.strings().identity(id);
        let name = if self.dom.is_renamed(self.graph, node) {
            let mut prefixed = b"Detached ".to_vec();
            prefixed.extend_from_slice(&name);
            Cow::Owned(prefixed)
        } else {
            name
        };
        tag_name(name)
    }

    fn without_location(&mut self, node: NodeOrdinal) -> u32 {
        let kind = self.graph.kind(node);
        if !matches!(kind, NodeKind::OBJECT | NodeKind::NATIVE) {
            let at = usize::from(kind.0);
            if self.by_kind[at] == UNSET {
                let name = self.name(node).into_owned();
                self.by_kind[at] = self.class(name, None, kind);
            }
            return self.by_kind[at];
        }
        let StringId(string) = self.graph.name_id(node);
        let cache = usize::from(self.dom.is_renamed(self.graph, node));
        if self.by_string[cache].is_empty() {
            self.by_string[cache] = vec![UNSET; self.graph.strings().len()];
        }
        let known = self.by_string[cache][string as usize];
        if known != UNSET {
            return known;
        }
        let name = self.name(node).into_owned();
        let class = self.class(name, None, kind);
        self.by_string[cache][string as usize] = class;
        class
    }
}

pub(super) fn fixed_name(kind: NodeKind) -> Option<&'static str> {
    match kind {
        NodeKind::HIDDEN => Some("(system)"),
        NodeKind::CODE => Some("(compiled code)"),
        NodeKind::CLOSURE => Some("Function"),
        NodeKind::REGEXP => Some("RegExp"),
        _ => None,
    }
}

/// Returns the position of the tag in the name of an element.
pub(super) fn tag_start(name: &[u8]) -> Option<usize> {
    [&b"<"[..], b"Detached <"].iter().find(|start| name.starts_with(start)).map(|start| start.len() - 1)
}

/// Shortens `<div id="a">` to `<div>`, so that all elements with a tag are one class.
pub(super) fn tag_name(name: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let Some(from) = tag_start(&name) else { return name };
    match name[from..].iter().position(|byte| *byte == b' ') {
        None => name,
        Some(space) => {
            let mut short = name[..from + space].to_vec();
            short.push(b'>');
            Cow::Owned(short)
        }
    }
}

/// Returns the display name, with lone surrogates replaced.
fn display_of(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    let mut rest = name;
    loop {
        match std::str::from_utf8(rest) {
            Ok(valid) => {
                text.push_str(valid);
                return text;
            }
            Err(error) => {
                let (valid, invalid) = rest.split_at(error.valid_up_to());
                text.push_str(&String::from_utf8_lossy(valid));
                text.push('\u{fffd}');
                // A surrogate takes three bytes here.
                rest = invalid.get(3..).unwrap_or_default();
            }
        }
    }
}
