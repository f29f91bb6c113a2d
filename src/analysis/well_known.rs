//! Strings that the analyses use, looked up once, so that later stages compare ids instead of text.

use std::io;

use rayon::prelude::*;

use super::producer::Traces;
use crate::format::StringTable;
use crate::graph::HeapGraph;
use crate::model::stored::{NotStored, Put, Stored, Take, check_mark, mark_of, store_mark, stored};
use crate::model::{NodeKind, NodeOrdinal, StringId, convert};

/// Ids of the strings with a given text; nearly always exactly one.
#[derive(Clone, Debug, Default)]
pub struct StringIds(Vec<StringId>);

impl StringIds {
    #[inline]
    #[must_use]
    pub fn contains(&self, id: StringId) -> bool {
        self.0.contains(&id)
    }

    /// Returns whether no string has the text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Stored for StringIds {
    fn store(&self, to: &mut dyn Put) -> io::Result<()> {
        self.0.store(to)
    }

    fn load(from: &mut dyn Take) -> Result<Self, NotStored> {
        Stored::load(from).map(Self)
    }
}

macro_rules! well_known {
    ($($field:ident = $text:literal),+ $(,)?) => {
        /// The ids of each text that the analyses use.
        #[derive(Clone, Debug, Default)]
        pub struct WellKnown {
            $(pub $field: StringIds,)+
            /// The ids of each of [`NAMES`].
            names: Named,
            /// Evidence of the program that wrote the file.
            pub traces: Traces,
        }

        stored!(WellKnown { $($field,)+ names, traces });

        impl WellKnown {
            fn enter(&mut self, text: &[u8], id: StringId) {
                $(if text == $text.as_bytes() {
                    self.$field.0.push(id);
                })+
                if let Some(at) = NAMES.iter().position(|name| name.as_bytes() == text) {
                    self.names.0[at].0.push(id);
                }
            }

            fn append(&mut self, other: &mut Self) {
                $(self.$field.0.append(&mut other.$field.0);)+
                for (ids, others) in self.names.0.iter_mut().zip(&mut other.names.0) {
                    ids.0.append(&mut others.0);
                }
                self.traces.append(&mut other.traces);
            }

            /// Returns the ids of the strings that are exactly a text, if they were looked up.
            #[must_use]
            pub(crate) fn ids_of(&self, text: &str) -> Option<&[StringId]> {
                let ids = match text {
                    $($text => &self.$field,)+
                    _ => self.names.0.get(NAMES.iter().position(|name| *name == text)?)?,
                };
                Some(&ids.0)
            }
        }

        const TEXTS: &[&str] = &[$($text),+];
    };
}

/// Names that queries look up; see [`WellKnown::ids_of`].
const NAMES: [&str; 22] = [
    "_events",
    "context",
    "end_position",
    "function_name",
    "hash",
    "length",
    "map",
    "name_or_scope_info",
    "native_context",
    "outer_scope_info",
    "previous",
    "properties",
    "scope_id",
    "scope_info",
    "script",
    "script_or_debug_info",
    "shared",
    "smi number",
    "start_position",
    "table",
    "truncated",
    "value",
];

/// The ids of each of [`NAMES`].
#[derive(Clone, Debug, Default)]
struct Named(Vec<StringIds>);

impl Stored for Named {
    fn store(&self, to: &mut dyn Put) -> io::Result<()> {
        store_mark(mark_of(&NAMES.join("/")), to)?;
        self.0.store(to)
    }

    fn load(from: &mut dyn Take) -> Result<Self, NotStored> {
        // Ids are found by the position of their name.
        check_mark(mark_of(&NAMES.join("/")), from)?;
        Stored::load(from).map(Self)
    }
}

/// The lengths of all texts, one bit each.
const LENGTHS: u64 = lengths(TEXTS) | lengths(&NAMES);
const LONGEST: usize = 63 - LENGTHS.leading_zeros() as usize;

/// The first bytes of all texts.
const FIRST_BYTES: [bool; 256] = with_first_bytes(with_first_bytes([false; 256], TEXTS), &NAMES);

const fn lengths(texts: &[&str]) -> u64 {
    let (mut lengths, mut at) = (0, 0);
    while at < texts.len() {
        lengths |= 1 << texts[at].len();
        at += 1;
    }
    lengths
}

const fn with_first_bytes(mut bytes: [bool; 256], texts: &[&str]) -> [bool; 256] {
    let mut at = 0;
    while at < texts.len() {
        bytes[texts[at].as_bytes()[0] as usize] = true;
        at += 1;
    }
    bytes
}

/// Compares the length and the first byte with those of all texts. Returns false for most strings that are none of them.
#[inline]
fn may_be_known(text: &[u8]) -> bool {
    text.first()
        .is_some_and(|&first| text.len() <= LONGEST && LENGTHS >> text.len() & 1 == 1 && FIRST_BYTES[first as usize])
}

well_known! {
    object = "Object",
    array = "Array",
    proto = "__proto__",
    elements = "elements",
    first = "first",
    second = "second",
    map_descriptors = "(map descriptors)",
    native_context = "system / NativeContext",
    sloppy_function_map = "sloppy_function_map",
    external_string_data = "system / ExternalStringData",
    array_buffer_data = "system / JSArrayBufferData",
    document_dom_trees = "(Document DOM trees)",
}

impl WellKnown {
    fn new() -> Self {
        Self { names: Named(vec![StringIds::default(); NAMES.len()]), ..Self::default() }
    }

    /// Finds all well-known strings in one pass.
    #[must_use]
    pub fn find(strings: &StringTable) -> Self {
        const CHUNK: usize = 1 << 16;
        let chunks = strings.len().div_ceil(CHUNK);
        let found: Vec<Self> = (0..chunks)
            .into_par_iter()
            .map(|chunk| {
                let mut found = Self::new();
                for at in chunk * CHUNK..((chunk + 1) * CHUNK).min(strings.len()) {
                    let id = StringId(convert::ordinal(at));
                    let raw = strings.raw(id);
                    if raw.len() <= Traces::LONGEST {
                        found.traces.enter(raw);
                    }
                    // A byte of the text takes at most six in the file.
                    if raw.len() <= LONGEST * 6 && raw.contains(&b'\\') {
                        found.enter(strings.text(id).as_bytes(), id);
                    } else if may_be_known(raw) {
                        found.enter(raw, id);
                    }
                }
                found
            })
            .collect();
        found.into_iter().fold(Self::new(), |mut all, mut part| {
            all.append(&mut part);
            all
        })
    }

    /// Returns whether the node is the synthetic root of the documents' DOM trees.
    #[must_use]
    pub fn is_document_dom_trees(&self, graph: &HeapGraph, node: NodeOrdinal) -> bool {
        graph.kind(node) == NodeKind::SYNTHETIC && self.document_dom_trees.contains(graph.name_id(node))
    }

    /// Returns whether the node, a child of the root, is directly reachable by the program's own code: any node
    /// that is not synthetic, and the DOM trees.
    #[must_use]
    pub fn is_user_root(&self, graph: &HeapGraph, node: NodeOrdinal) -> bool {
        graph.kind(node) != NodeKind::SYNTHETIC || self.is_document_dom_trees(graph, node)
    }

    /// Returns whether the node is an object created by a literal or by `Object` itself.
    #[inline]
    #[must_use]
    pub fn is_plain_object(&self, graph: &HeapGraph, node: NodeOrdinal) -> bool {
        graph.kind(node) == NodeKind::OBJECT && self.object.contains(graph.name_id(node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_text_passes_the_quick_test_and_similar_ones_are_not_found() {
        for text in TEXTS.iter().chain(&NAMES) {
            assert!(may_be_known(text.as_bytes()), "{text}");
        }
        assert!(!may_be_known(b"") && !may_be_known(&[b's'; 200]));
        let mut known = WellKnown::new();
        for (id, text) in (0..).zip(["script", "scripT", "sharedd", "map", "script"]) {
            known.enter(text.as_bytes(), StringId(id));
        }
        let ids = |text: &str| known.ids_of(text).map(|ids| ids.iter().map(|id| id.0).collect::<Vec<_>>());
        assert_eq!((ids("script"), ids("map")), (Some(vec![0, 4]), Some(vec![3])));
        assert_eq!((ids("shared"), ids("other")), (Some(Vec::new()), None));
    }
}
