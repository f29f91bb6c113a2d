//! Strings that the analyses use, looked up once, so that later stages compare ids instead of text.

use std::io;

use rayon::prelude::*;

use super::producer::Traces;
use crate::format::StringTable;
use crate::graph::HeapGraph;
use crate::model::stored::{NotStored, Put, Stored, Take, stored};
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
            /// Evidence of the program that wrote the file.
            pub traces: Traces,
        }

        stored!(WellKnown { $($field,)+ traces });

        impl WellKnown {
            fn enter(&mut self, text: &[u8], id: StringId) {
                $(if text == $text.as_bytes() {
                    self.$field.0.push(id);
                })+
            }

            fn append(&mut self, other: &mut Self) {
                $(self.$field.0.append(&mut other.$field.0);)+
                self.traces.append(&mut other.traces);
            }
        }

        const LONGEST: usize = {
            let lengths = [$($text.len()),+];
            let mut longest = 0;
            let mut at = 0;
            while at < lengths.len() {
                if lengths[at] > longest {
                    longest = lengths[at];
                }
                at += 1;
            }
            longest
        };
    };
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
    /// Finds all well-known strings in one pass.
    #[must_use]
    pub fn find(strings: &StringTable) -> Self {
        const CHUNK: usize = 1 << 16;
        let chunks = strings.len().div_ceil(CHUNK);
        let found: Vec<Self> = (0..chunks)
            .into_par_iter()
            .map(|chunk| {
                let mut found = Self::default();
                for at in chunk * CHUNK..((chunk + 1) * CHUNK).min(strings.len()) {
                    let id = StringId(convert::ordinal(at));
                    let raw = strings.raw(id);
                    if raw.len() <= Traces::LONGEST {
                        found.traces.enter(raw);
                    }
                    // A byte of the text takes at most six in the file.
                    if raw.len() <= LONGEST * 6 && raw.contains(&b'\\') {
                        found.enter(strings.text(id).as_bytes(), id);
                    } else if raw.len() <= LONGEST {
                        found.enter(raw, id);
                    }
                }
                found
            })
            .collect();
        found.into_iter().fold(Self::default(), |mut all, mut part| {
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
