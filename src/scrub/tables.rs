//! The facts that the passes take from the tables: the uses of names, and which objects are dictionaries.

use std::collections::BTreeMap;

use super::ScrubError;
use super::uses::flags::{CODE, IN_CODE, PROPERTY};
use super::uses::{SHAPE_OBJECTS, Uses, use_of_edge, use_of_node};
use crate::format::{Header, Rows};
use crate::model::{BitSet, EdgeKind, NodeKind};

/// Objects with more properties are dictionaries; V8 allows 1020 fast ones.
const MOST_FAST: usize = 1020;
/// The value in [`Nodes::counts`] for nodes with at least as many edges.
const MANY: u8 = u8::MAX;

/// V8's names by the index of their string.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// `(object properties)`: the dictionary of an object.
    dictionaries: Vec<u64>,
    /// The edge `properties`.
    properties: Vec<u64>,
    /// Nodes whose strings are constants of the code.
    constants: Vec<u64>,
    /// Classes whose objects may have any properties.
    plain: Vec<u64>,
    /// Classes of global objects.
    globals: Vec<u64>,
    /// The edge `name`.
    names: Vec<u64>,
}

impl Known {
    pub(super) fn add(&mut self, index: u64, raw: &[u8]) {
        match raw {
            b"(object properties)" => self.dictionaries.push(index),
            b"properties" => self.properties.push(index),
            b"(constant pool)"
            | b"(context local names)"
            | b"system / ScopeInfo"
            | b"system / ObjectBoilerplateDescription"
            | b"system / FunctionTemplateInfo"
            | b"system / AccessorInfo" => self.constants.push(index),
            b"Object" | b"Array" | b"" => self.plain.push(index),
            b"name" => self.names.push(index),
            _ if raw == b"global" || raw.starts_with(b"global / ") || raw.starts_with(b"Window") => {
                self.globals.push(index);
            }
            _ => {}
        }
    }
}

/// The fact about a node that the pass over the edges needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tag {
    Other,
    Plain,
    Instance,
    Global,
    Dictionary,
    Constants,
    Code,
    Text,
}

#[derive(Debug, Default)]
pub(super) struct Nodes {
    pub(super) tags: Vec<Tag>,
    /// The number of edges, up to [`MANY`].
    counts: Vec<u8>,
    large: BTreeMap<usize, u64>,
    /// The strings that are constants of the code, and those that are the names of scripts.
    pub(super) in_code: BitSet,
    pub(super) script_names: BitSet,
}

/// The positions of the fields in a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    pub(super) kind: usize,
    pub(super) name: usize,
    pub(super) count: usize,
}

impl Fields {
    pub(super) fn of_nodes(header: &Header) -> Self {
        let at = |name: &str| header.node_fields.iter().position(|field| field == name).unwrap_or(0);
        Self { kind: at("type"), name: at("name"), count: at("edge_count") }
    }

    /// Returns the positions in a row of edges; `count` is that of the target.
    pub(super) fn of_edges(header: &Header) -> Self {
        // Without a type, all edges have the first one of the file.
        let at = |name: &str| header.edge_fields.iter().position(|field| field == name);
        let position = |name: &str| at(name).unwrap_or(0);
        Self { kind: at("type").unwrap_or(usize::MAX), name: position("name_or_index"), count: position("to_node") }
    }

    pub(super) fn edge_kind(self, header: &Header, values: &[u64]) -> EdgeKind {
        header.edge_kind(values.get(self.kind).copied().unwrap_or(0))
    }
}

/// Returns the error for a file that is not a snapshot or changed between two passes.
pub(super) fn invalid(section: &str, what: &str) -> ScrubError {
    ScrubError::Invalid { section: section.to_owned(), what: what.to_owned() }
}

fn add_use(uses: &mut Uses, section: &str, string: u64, used_as: u16) -> Result<usize, ScrubError> {
    let index = usize::try_from(string).ok().filter(|&index| index < uses.bits.len());
    let index = index.ok_or_else(|| invalid(section, &format!("no string has the index {string}")))?;
    uses.bits[index] |= used_as;
    Ok(index)
}

/// Takes the nodes: the uses of their names, and what the edges need of them.
pub(super) struct Counter<'a> {
    pub(super) header: &'a Header,
    pub(super) fields: Fields,
    pub(super) known: &'a Known,
    pub(super) uses: &'a mut Uses,
    pub(super) nodes: &'a mut Nodes,
}

impl Rows<ScrubError> for Counter<'_> {
    fn row(&mut self, values: &[u64], _: &[usize], _: &[u8]) -> Result<(), ScrubError> {
        let kind = self.header.node_kind(values[self.fields.kind]);
        let name = values[self.fields.name];
        add_use(self.uses, "nodes", name, use_of_node(kind))?;
        let tag = match kind {
            NodeKind::OBJECT if self.known.plain.contains(&name) => Tag::Plain,
            NodeKind::OBJECT if self.known.globals.contains(&name) => Tag::Global,
            NodeKind::OBJECT | NodeKind::CLOSURE => Tag::Instance,
            NodeKind::ARRAY if self.known.dictionaries.contains(&name) => Tag::Dictionary,
            NodeKind::CODE | NodeKind::HIDDEN | NodeKind::NATIVE if self.known.constants.contains(&name) => {
                Tag::Constants
            }
            NodeKind::CODE => Tag::Code,
            kind if kind.is_string() => Tag::Text,
            _ => Tag::Other,
        };
        let count = values[self.fields.count];
        let short = u8::try_from(count).unwrap_or(MANY);
        if short == MANY {
            self.nodes.large.insert(self.nodes.tags.len(), count);
        }
        self.nodes.tags.push(tag);
        self.nodes.counts.push(short);
        Ok(())
    }

    fn end_text(&mut self, _: &[u8]) -> Result<(), ScrubError> {
        Ok(())
    }
}

/// Takes the edges, node by node.
pub(super) struct Linker<'a> {
    header: &'a Header,
    fields: Fields,
    known: &'a Known,
    uses: &'a mut Uses,
    nodes: &'a mut Nodes,
    /// The node whose edges follow, and how many are left.
    node: usize,
    left: u64,
    /// The names of the properties of the node so far, at most one more than an object with fast ones has.
    properties: Vec<usize>,
    is_dictionary: bool,
    count: u64,
}

impl<'a> Linker<'a> {
    pub(super) fn new(header: &'a Header, known: &'a Known, uses: &'a mut Uses, nodes: &'a mut Nodes) -> Self {
        let left = nodes.edges(0);
        let fields = Fields::of_edges(header);
        Self {
            header,
            fields,
            known,
            uses,
            nodes,
            node: 0,
            left,
            properties: Vec::new(),
            is_dictionary: false,
            count: 0,
        }
    }

    /// Counts the properties of the node, if they are fast ones.
    fn end_node(&mut self) {
        let tag = self.nodes.tags.get(self.node).copied().unwrap_or(Tag::Other);
        // Global variables are entries of a dictionary, and code that uses them has their names.
        if tag == Tag::Global || (!self.is_dictionary && self.properties.len() <= MOST_FAST) {
            for &name in &self.properties {
                let objects = &mut self.uses.objects[name];
                // Objects of a class have the properties that its code gives them.
                *objects = if matches!(tag, Tag::Plain | Tag::Global) {
                    objects.saturating_add(1)
                } else {
                    (*objects).max(SHAPE_OBJECTS)
                };
            }
        }
        self.properties.clear();
        self.is_dictionary = false;
        self.node += 1;
        self.left = self.nodes.edges(self.node);
    }

    pub(super) fn finish(mut self) -> Result<u64, ScrubError> {
        if self.left == 0 && self.node < self.nodes.tags.len() {
            self.end_node();
        }
        while self.node < self.nodes.tags.len() && self.left == 0 {
            self.end_node();
        }
        if self.node < self.nodes.tags.len() {
            return Err(invalid("edges", "fewer edges than the nodes have"));
        }
        Ok(self.count)
    }
}

impl Nodes {
    fn edges(&self, node: usize) -> u64 {
        match self.counts.get(node) {
            Some(&MANY) => self.large.get(&node).copied().unwrap_or(0),
            count => count.map_or(0, |&count| count.into()),
        }
    }
}

impl Rows<ScrubError> for Linker<'_> {
    fn row(&mut self, values: &[u64], _: &[usize], _: &[u8]) -> Result<(), ScrubError> {
        while self.left == 0 {
            if self.node >= self.nodes.tags.len() {
                return Err(invalid("edges", "more edges than the nodes have"));
            }
            self.end_node();
        }
        self.left -= 1;
        self.count += 1;
        let kind = self.fields.edge_kind(self.header, values);
        let fields = self.header.node_fields.len() as u64;
        let target = usize::try_from(values[self.fields.count] / fields).ok();
        let target_tag = target.and_then(|target| self.nodes.tags.get(target)).copied();
        let Some((target, target_tag)) = target.zip(target_tag) else {
            return Err(invalid("edges", "an edge leads to no node"));
        };
        let owner = self.nodes.tags[self.node];
        if owner == Tag::Constants && target_tag == Tag::Text {
            self.nodes.in_code.insert(target);
        }
        if kind.has_numeric_name() {
            return Ok(());
        }
        let used_as = use_of_edge(kind);
        let name = add_use(self.uses, "edges", values[self.fields.name], used_as)?;
        if used_as == PROPERTY && kind == EdgeKind::PROPERTY && self.properties.len() <= MOST_FAST {
            self.properties.push(name);
        }
        let is_name = || self.known.names.contains(&values[self.fields.name]);
        if (owner, target_tag, kind) == (Tag::Code, Tag::Text, EdgeKind::INTERNAL) && is_name() {
            self.nodes.script_names.insert(target);
        }
        let is_properties = || self.known.properties.contains(&values[self.fields.name]);
        self.is_dictionary |= target_tag == Tag::Dictionary && kind == EdgeKind::INTERNAL && is_properties();
        Ok(())
    }

    fn end_text(&mut self, _: &[u8]) -> Result<(), ScrubError> {
        Ok(())
    }
}

/// Takes the names in a small table.
pub(super) struct Names<'a> {
    columns: Vec<(usize, u16)>,
    uses: &'a mut Uses,
}

impl<'a> Names<'a> {
    pub(super) fn new(fields: &[String], used_as: &[(&str, u16)], uses: &'a mut Uses) -> Self {
        let column = |&(name, used): &(&str, u16)| fields.iter().position(|field| field == name).map(|at| (at, used));
        Self { columns: used_as.iter().filter_map(column).collect(), uses }
    }
}

impl Rows<ScrubError> for Names<'_> {
    fn row(&mut self, values: &[u64], _: &[usize], _: &[u8]) -> Result<(), ScrubError> {
        for &(column, used_as) in &self.columns {
            add_use(self.uses, "trace_function_infos", values[column], used_as)?;
        }
        Ok(())
    }

    fn end_text(&mut self, _: &[u8]) -> Result<(), ScrubError> {
        Ok(())
    }
}

/// Takes the nodes again, and marks the texts of those that code refers to, or that are names of scripts.
pub(super) struct Marker<'a> {
    pub(super) name: usize,
    pub(super) at: usize,
    pub(super) nodes: &'a Nodes,
    pub(super) uses: &'a mut Uses,
    /// The strings that are names of scripts.
    pub(super) script_names: BitSet,
}

impl Rows<ScrubError> for Marker<'_> {
    fn row(&mut self, values: &[u64], _: &[usize], _: &[u8]) -> Result<(), ScrubError> {
        let marks = [(&self.nodes.in_code, IN_CODE), (&self.nodes.script_names, CODE)];
        for (strings, used_as) in marks {
            if self.at < strings.len() && strings.contains(self.at) {
                add_use(self.uses, "nodes", values[self.name], used_as)?;
                if used_as == CODE {
                    // The string exists, since its use was added.
                    self.script_names.insert(usize::try_from(values[self.name]).unwrap_or(usize::MAX));
                }
            }
        }
        self.at += 1;
        Ok(())
    }

    fn end_text(&mut self, _: &[u8]) -> Result<(), ScrubError> {
        Ok(())
    }
}
