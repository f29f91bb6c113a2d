//! The section `snapshot`: the columns of the tables and the names of the kinds.

use serde_json::Value;

use super::FormatError;
use crate::model::stored::stored;
use crate::model::{EdgeKind, NodeKind};

/// The metadata of a file. Counts are hints; the tables are authoritative.
#[derive(Clone, Debug)]
pub struct Header {
    pub node_fields: Vec<String>,
    pub edge_fields: Vec<String>,
    pub node_count_hint: Option<u64>,
    pub edge_count_hint: Option<u64>,
    pub trace_function_count_hint: Option<u64>,
    /// Index of the root in the node table in the file's unit: ordinal × number of node fields.
    pub root_index: u64,
    /// Bytes of native memory without a node.
    pub extra_native_bytes: u64,
    pub location_fields: Vec<String>,
    pub sample_fields: Vec<String>,
    pub trace_function_info_fields: Vec<String>,
    pub trace_node_fields: Vec<String>,
    pub scope_fields: Vec<String>,
    pub scope_context_var_fields: Vec<String>,
    pub scope_use_fields: Vec<String>,
    /// The file's names of its kinds, in its order. They reveal which program wrote the file.
    pub node_type_names: Vec<String>,
    pub edge_type_names: Vec<String>,
    /// The declared type of `to_node`: `node`, or another value in files that V8 did not write.
    pub edge_target_type: Option<String>,
    /// True if the header declares native bytes, as newer versions of V8 do.
    pub has_extra_native_bytes: bool,
    unknown_node_kinds: Vec<String>,
    unknown_edge_kinds: Vec<String>,
    node_kind_of_type: Vec<NodeKind>,
    edge_kind_of_type: Vec<EdgeKind>,
}

stored!(Header {
    node_fields,
    edge_fields,
    node_count_hint,
    edge_count_hint,
    trace_function_count_hint,
    root_index,
    extra_native_bytes,
    location_fields,
    sample_fields,
    trace_function_info_fields,
    trace_node_fields,
    scope_fields,
    scope_context_var_fields,
    scope_use_fields,
    node_type_names,
    edge_type_names,
    edge_target_type,
    has_extra_native_bytes,
    unknown_node_kinds,
    unknown_edge_kinds,
    node_kind_of_type,
    edge_kind_of_type,
});

/// DevTools' name of a kind whose number is beyond the file's own list.
const UNDEFINED: &str = "undefined";

/// Fields that every file has.
const NODE_FIELDS: [&str; 5] = ["type", "name", "id", "self_size", "edge_count"];
const EDGE_FIELDS: [&str; 2] = ["name_or_index", "to_node"];

impl Header {
    /// Returns the fields of a row of a small table, by its index in [`super::scanner::SMALL_TABLES`].
    pub(super) fn small_fields(&self, table: usize) -> &[String] {
        match table {
            0 => &self.location_fields,
            1 => &self.sample_fields,
            2 => &self.trace_function_info_fields,
            3 => &self.scope_fields,
            4 => &self.scope_context_var_fields,
            _ => &self.scope_use_fields,
        }
    }

    /// Returns the declared sections other than the three large ones.
    pub(super) fn extras(&self) -> impl Iterator<Item = &'static str> {
        let traces = self.trace_function_count_hint.is_some_and(|count| count > 0);
        [
            ("trace_function_infos", traces),
            ("trace_tree", traces),
            ("samples", !self.sample_fields.is_empty()),
            ("locations", !self.location_fields.is_empty()),
            ("scopes", !self.scope_fields.is_empty()),
            ("scope_context_vars", !self.scope_context_var_fields.is_empty()),
            ("scope_uses", !self.scope_use_fields.is_empty()),
        ]
        .into_iter()
        .filter_map(|(name, is_declared)| is_declared.then_some(name))
    }

    pub(super) fn parse(json: &[u8]) -> Result<Self, FormatError> {
        let value: Value = serde_json::from_slice(json).map_err(|error| {
            // The message counts lines and columns; the reader needs a byte offset.
            let text = error.to_string();
            let what = text.split(" at line ").next().unwrap_or(&text).to_owned();
            FormatError::HeaderJson { what, at: byte_at(json, error.line(), error.column()) }
        })?;
        let meta = value.get("meta").filter(|meta| meta.is_object()).ok_or_else(|| {
            FormatError::Header("`meta` is missing; it describes the columns of the tables".to_owned())
        })?;
        let node_fields = field_names(meta, "node_fields")?;
        let edge_fields = field_names(meta, "edge_fields")?;
        for name in NODE_FIELDS {
            position(&node_fields, name, "node_fields")?;
        }
        for name in EDGE_FIELDS {
            position(&edge_fields, name, "edge_fields")?;
        }
        let node_types = type_names(meta, "node_types", position(&node_fields, "type", "node_fields")?)?;
        let edge_types = type_names(meta, "edge_types", position(&edge_fields, "type", "edge_fields")?)?;

        let mut unknown_node_kinds = vec![UNDEFINED.to_owned()];
        let node_kind_of_type = node_types
            .iter()
            .map(|name| {
                NodeKind::from_name(name)
                    .unwrap_or_else(|| NodeKind(unknown_kind(&mut unknown_node_kinds, name, NodeKind::FIRST_UNKNOWN)))
            })
            .collect();
        let mut unknown_edge_kinds = vec![UNDEFINED.to_owned()];
        let mut edge_kind_of_type: Vec<EdgeKind> = edge_types
            .iter()
            .map(|name| {
                EdgeKind::from_name(name)
                    .unwrap_or_else(|| EdgeKind(unknown_kind(&mut unknown_edge_kinds, name, EdgeKind::FIRST_UNKNOWN)))
            })
            .collect();
        // DevTools appends this kind to each file's list.
        edge_kind_of_type.push(EdgeKind::INVISIBLE);

        let number = |name: &str| value.get(name).and_then(lenient_number);
        let optional = |name: &str| field_names(meta, name).unwrap_or_default();
        Ok(Self {
            node_count_hint: number("node_count"),
            edge_count_hint: number("edge_count"),
            trace_function_count_hint: number("trace_function_count"),
            root_index: match value.get("root_index") {
                None | Some(Value::Null) => 0,
                Some(root) => lenient_number(root)
                    .ok_or_else(|| FormatError::Header(format!("`root_index` is {root}, expected a number")))?,
            },
            extra_native_bytes: number("extra_native_bytes").unwrap_or(0),
            location_fields: optional("location_fields"),
            sample_fields: optional("sample_fields"),
            trace_function_info_fields: optional("trace_function_info_fields"),
            trace_node_fields: optional("trace_node_fields"),
            scope_fields: optional("scope_fields"),
            scope_context_var_fields: optional("scope_context_var_fields"),
            scope_use_fields: optional("scope_use_fields"),
            edge_target_type: position(&edge_fields, "to_node", "edge_fields")
                .ok()
                .and_then(|at| meta.get("edge_types")?.get(at)?.as_str().map(str::to_owned)),
            has_extra_native_bytes: value.get("extra_native_bytes").is_some(),
            node_type_names: node_types,
            edge_type_names: edge_types,
            node_fields,
            edge_fields,
            unknown_node_kinds,
            unknown_edge_kinds,
            node_kind_of_type,
            edge_kind_of_type,
        })
    }

    /// Returns the kind for a number in the file's `type` column.
    #[inline]
    pub(crate) fn node_kind(&self, file_type: u64) -> NodeKind {
        usize::try_from(file_type)
            .ok()
            .and_then(|at| self.node_kind_of_type.get(at).copied())
            .unwrap_or(NodeKind(NodeKind::FIRST_UNKNOWN))
    }

    /// Returns the kind for a number in the file's edge `type` column.
    #[inline]
    pub(crate) fn edge_kind(&self, file_type: u64) -> EdgeKind {
        usize::try_from(file_type)
            .ok()
            .and_then(|at| self.edge_kind_of_type.get(at).copied())
            .unwrap_or(EdgeKind(EdgeKind::FIRST_UNKNOWN))
    }

    /// Returns the name of a node kind: V8's, or the file's own for an unknown kind.
    #[must_use]
    pub fn node_kind_name(&self, kind: NodeKind) -> &str {
        kind.known_name().unwrap_or_else(|| {
            self.unknown_node_kinds.get(usize::from(kind.0 - NodeKind::FIRST_UNKNOWN)).map_or(UNDEFINED, String::as_str)
        })
    }

    /// Returns the name of an edge kind: V8's, or the file's own for an unknown kind.
    #[must_use]
    pub fn edge_kind_name(&self, kind: EdgeKind) -> &str {
        kind.known_name().unwrap_or_else(|| {
            self.unknown_edge_kinds.get(usize::from(kind.0 - EdgeKind::FIRST_UNKNOWN)).map_or(UNDEFINED, String::as_str)
        })
    }

    /// Returns whether the header declares all required fields, and the kinds of all these numbers.
    #[must_use]
    pub(crate) fn fits(&self, most_node_kind: u8, most_edge_kind: u8) -> bool {
        let has = |fields: &[String], names: &[&str]| names.iter().all(|name| fields.iter().any(|field| field == name));
        let is_named = |kind: u8, first: u8, names: &[String]| usize::from(kind) < usize::from(first) + names.len();
        has(&self.node_fields, &NODE_FIELDS)
            && has(&self.edge_fields, &EDGE_FIELDS)
            && is_named(most_node_kind, NodeKind::FIRST_UNKNOWN, &self.unknown_node_kinds)
            && is_named(most_edge_kind, EdgeKind::FIRST_UNKNOWN, &self.unknown_edge_kinds)
    }

    /// Returns all node kinds that the file can use, without duplicates.
    pub fn node_kinds(&self) -> impl Iterator<Item = NodeKind> + '_ {
        let known = (0..NodeKind::FIRST_UNKNOWN).map(NodeKind);
        let unknown = (NodeKind::FIRST_UNKNOWN..=u8::MAX).map(NodeKind).take(self.unknown_node_kinds.len());
        known.chain(unknown)
    }
}

/// Returns the value for an unknown kind and adds its name if it is new. Names that do not fit in a byte share the
/// value of undefined kinds.
fn unknown_kind(names: &mut Vec<String>, name: &str, first: u8) -> u8 {
    let number = |at: usize| u8::try_from(at).ok().and_then(|at| first.checked_add(at));
    let at = names.iter().position(|known| known == name).unwrap_or(names.len());
    // All kinds without a number share one value, however many a file declares.
    let Some(number) = number(at) else { return first };
    if at == names.len() {
        names.push(name.to_owned());
    }
    number
}

/// Returns the byte offset of a line and a column, both of which count from 1.
fn byte_at(json: &[u8], line: usize, column: usize) -> u64 {
    let lines = memchr::memchr_iter(b'\n', json).map(|end| end + 1);
    let start = std::iter::once(0).chain(lines).nth(line.saturating_sub(1)).unwrap_or(0);
    (start + column.saturating_sub(1)).min(json.len()) as u64
}

fn lenient_number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn field_names(meta: &Value, name: &str) -> Result<Vec<String>, FormatError> {
    let fields: Option<Vec<String>> = meta
        .get(name)
        .and_then(Value::as_array)
        .and_then(|fields| fields.iter().map(|field| field.as_str().map(str::to_owned)).collect());
    let fields = fields.ok_or_else(|| FormatError::Header(format!("`meta.{name}` is not a list of names")))?;
    if fields.is_empty() {
        return Err(FormatError::Header(format!("`meta.{name}` is empty")));
    }
    Ok(fields)
}

fn position(fields: &[String], name: &str, list: &str) -> Result<usize, FormatError> {
    fields
        .iter()
        .position(|field| field == name)
        .ok_or_else(|| FormatError::Header(format!("`meta.{list}` has no field `{name}`")))
}

fn type_names(meta: &Value, name: &str, at: usize) -> Result<Vec<String>, FormatError> {
    meta.get(name)
        .and_then(|types| types.get(at))
        .and_then(Value::as_array)
        .and_then(|types| types.iter().map(|kind| kind.as_str().map(str::to_owned)).collect())
        .ok_or_else(|| FormatError::Header(format!("`meta.{name}` has no list of names at position {at}")))
}
