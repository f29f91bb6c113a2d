//! The functions of queries: paths, texts, dominance and regular expressions.

use std::fmt::Write as _;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Result};

use super::data::File;
use super::module::{Shared, stopped};
use super::text_functions;
use crate::model::{EdgeIndex, NodeOrdinal};
use crate::query::{edge_label, node_label, shortest_path};

/// The maximum number of bytes of a text.
const TEXT_LIMIT: usize = 16 << 20;
/// The maximum number of steps at each end of a path.
const STEPS: usize = 40;
/// The maximum size of a compiled regular expression in bytes.
const PATTERN_LIMIT: usize = 1 << 20;

/// Adds the functions to a connection.
pub(super) fn add(connection: &Connection, shared: &Arc<Shared>) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    for arguments in [1, 2] {
        let of = Arc::clone(shared);
        connection.create_scalar_function("path", arguments, flags, move |context| path(context, &of))?;
        let of = Arc::clone(shared);
        connection.create_scalar_function("text", arguments, flags, move |context| text(context, &of))?;
    }
    for arguments in [2, 3] {
        let of = Arc::clone(shared);
        connection.create_scalar_function("retains", arguments, flags, move |context| retains(context, &of))?;
    }
    let of = Arc::clone(shared);
    connection.create_scalar_function("regexp", 2, flags, move |context| regexp(context, &of))?;
    text_functions::add(connection)
}

/// Returns the snapshots that a call is about: the one of the argument, or all.
fn files<'a>(context: &Context<'_>, argument: usize, shared: &'a Shared) -> Result<&'a [File]> {
    let all = shared.data.files.as_slice();
    if argument >= context.len() {
        return Ok(all);
    }
    let number = context.get::<Option<i64>>(argument)?;
    let at = number.and_then(|number| usize::try_from(number).ok()).and_then(|number| number.checked_sub(1));
    Ok(at.and_then(|at| all.get(at..=at)).unwrap_or_default())
}

/// Returns the node with the id in an argument.
fn node(context: &Context<'_>, argument: usize, file: &File, shared: &Shared) -> Result<Option<NodeOrdinal>> {
    let ValueRef::Integer(id) = context.get_raw(argument) else { return Ok(None) };
    let found = file.find(id.cast_unsigned(), &shared.cancel).map_err(stopped)?;
    Ok(found.first().map(|&node| NodeOrdinal(node)))
}

/// Returns the node with the id in the first argument, in the first snapshot that has it.
fn object<'a>(context: &Context<'_>, shared: &'a Shared) -> Result<Option<(&'a File, NodeOrdinal)>> {
    for file in files(context, 1, shared)? {
        if let Some(node) = node(context, 0, file, shared)? {
            return Ok(Some((file, node)));
        }
    }
    Ok(None)
}

fn path(context: &Context<'_>, shared: &Shared) -> Result<Option<String>> {
    shared.check().map_err(stopped)?;
    let Some((file, node)) = object(context, shared)? else { return Ok(None) };
    let edges = shortest_path(&file.snapshot, node, None, &shared.cancel).map_err(stopped)?;
    Ok(Some(described(file, node, &edges)))
}

/// Returns a path from the root as text, without its middle if it is long.
fn described(file: &File, node: NodeOrdinal, edges: &[EdgeIndex]) -> String {
    let snapshot = &file.snapshot;
    let graph = snapshot.graph();
    let label = |node| format!("{} {}", node_label(snapshot, node), snapshot.id(node));
    let first = edges.last().map_or(node, |&edge| graph.edge_source(edge));
    let mut text = label(first);
    let left_out = edges.len().saturating_sub(2 * STEPS);
    for (at, &edge) in edges.iter().rev().enumerate() {
        if left_out > 0 && (STEPS..STEPS + left_out).contains(&at) {
            if at == STEPS {
                let _ = write!(text, " → … {left_out} more …");
            }
            continue;
        }
        let name = edge_label(snapshot, edge);
        let dot = if name.starts_with('[') { "" } else { "." };
        let _ = write!(text, " {dot}{name} → {}", label(graph.edge_target(edge)));
    }
    text
}

fn text(context: &Context<'_>, shared: &Shared) -> Result<Option<String>> {
    shared.check().map_err(stopped)?;
    let Some((file, node)) = object(context, shared)? else { return Ok(None) };
    let snapshot = &file.snapshot;
    Ok(snapshot.kind(node).is_string().then(|| snapshot.string_value(node, TEXT_LIMIT).0.into_owned()))
}

fn retains(context: &Context<'_>, shared: &Shared) -> Result<Option<bool>> {
    for file in files(context, 2, shared)? {
        let (holder, held) = (node(context, 0, file, shared)?, node(context, 1, file, shared)?);
        if let Some((holder, held)) = holder.zip(held) {
            return Ok(Some(file.snapshot.dominators().dominates(holder, held)));
        }
    }
    Ok(None)
}

/// Implements `text REGEXP pattern`. The pattern is compiled once per query if it is constant.
fn regexp(context: &Context<'_>, shared: &Shared) -> Result<Value> {
    // A pattern that changes is compiled for each row, which takes longer than SQLite's instructions between polls.
    shared.check().map_err(stopped)?;
    let compile = |value: ValueRef<'_>| -> std::result::Result<Regex, Box<dyn std::error::Error + Send + Sync>> {
        Ok(RegexBuilder::new(value.as_str()?).size_limit(PATTERN_LIMIT).build()?)
    };
    if context.get_raw(0) == ValueRef::Null {
        return Ok(Value::Null);
    }
    let pattern: Arc<Regex> = context.get_or_create_aux(0, compile)?;
    let is_match = match context.get_raw(1) {
        ValueRef::Null => return Ok(Value::Null),
        ValueRef::Text(text) => pattern.is_match(&String::from_utf8_lossy(text)),
        ValueRef::Integer(number) => pattern.is_match(&number.to_string()),
        ValueRef::Real(_) | ValueRef::Blob(_) => false,
    };
    Ok(Value::Integer(is_match.into()))
}
