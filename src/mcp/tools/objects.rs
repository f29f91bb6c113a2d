//! `object`, `retainers`, `paths` and `dominators`: one object and what is around it.

use serde_json::{Value, json};

use super::super::answer::{Answer, arguments};
use super::super::arguments::{Argument, ID, Kind, SNAPSHOT};
use super::super::failure::Failure;
use super::super::labels::{NAME, distance, object, quoted_word, reference, script_position, sizes};
use super::super::text::quoted;
use super::super::tool::{Call, Tool};
use super::super::workspace::OpenSnapshot;
use crate::findings::{FoldedPathOf, chips};
use crate::model::{EdgeIndex, NodeOrdinal, ObjectId, human};
use crate::query::{
    Filter, ListSpec, OrderKey, ScriptsOf, Sort, distance_meaning, held_by_root, object_details, several_paths,
};
use crate::snapshot::Snapshot;

pub(in crate::mcp) static OBJECT: Tool = Tool {
    name: "object",
    title: "One object",
    description: "One object: class, sizes, distance, position of its constructor or function, and its references to other \
                  objects, those that retain most first.",
    arguments: &[SNAPSHOT, ID],
    limits: "numbers and booleans, which snapshots seldom have; lengths; the rest of texts that V8 cut (after 1024 characters)",
    is_read_only: true,
    run: details,
};

pub(in crate::mcp) static RETAINERS: Tool = Tool {
    name: "retainers",
    title: "What keeps an object alive",
    description: "What keeps an object alive: the shortest retaining path in short form, from the program's objects down, \
                  and the objects that refer to it, nearest to the roots first. Use it on a member that a finding names.",
    arguments: &[SNAPSHOT, ID],
    limits: "weak references, which keep nothing alive; paths that are not the shortest (paths)",
    is_read_only: true,
    run: retainers,
};

pub(in crate::mcp) static PATHS: Tool = Tool {
    name: "paths",
    title: "Retaining paths",
    description: "Retaining paths of an object step by step, from the object up to a root, shortest first: all of them must \
                  be cut before it can be freed.",
    arguments: &[
        SNAPSHOT,
        ID,
        Argument {
            name: "count",
            kind: Kind::Number { least: 1, most: 20, default: Some(3) },
            description: "Maximum number of paths",
        },
    ],
    limits: "all paths: there may be millions; the middle of very long paths",
    is_read_only: true,
    run: paths,
};

pub(in crate::mcp) static DOMINATORS: Tool = Tool {
    name: "dominators",
    title: "Dominator tree",
    description: "The dominator tree around an object: the objects that alone keep it alive, from the nearest up, and those \
                  that it alone keeps alive, largest first. Without id, the objects that retain most of the snapshot.",
    arguments: &[
        SNAPSHOT,
        Argument {
            name: "id",
            kind: Kind::Id { is_required: false },
            description: "Object id such as @123. Default: the root",
        },
    ],
    limits: "references: a dominator need not refer to the object itself (paths)",
    is_read_only: true,
    run: dominators,
};

/// The number of dominators above an object that are listed.
const DOMINATORS_UP: usize = 6;
/// The number of steps at each end of a long path.
const STEPS_AT_END: usize = 20;

/// Returns the arguments of a call for an object.
fn of(open: &OpenSnapshot, node: NodeOrdinal) -> Value {
    arguments([("snapshot", json!(open.number())), ("id", json!(open.snapshot.id(node).to_string()))])
}

fn heading(open: &OpenSnapshot, node: NodeOrdinal) -> String {
    let snapshot = &open.snapshot;
    let class = quoted(&snapshot.class(node).name, NAME);
    format!("{} of class {class}, {}, {}", object(snapshot, node), sizes(snapshot, node), distance(snapshot, node))
}

fn rows_of(
    call: &Call<'_>,
    open: &OpenSnapshot,
    list: ListSpec,
    sort: Sort,
) -> Result<std::sync::Arc<Vec<u32>>, Failure> {
    let key = OrderKey { snapshot: open.id, list, sort, filter: Filter::default() };
    let order = call.workspace.ask(&key, call.cancel)?;
    open.snapshot.expect_many_names();
    Ok(std::sync::Arc::clone(&order.rows))
}

fn details(call: &Call<'_>) -> Result<Answer, Failure> {
    let mut answer = call.answer()?;
    let open = call.snapshot()?;
    let snapshot = &open.snapshot;
    let node = call.object(snapshot)?;
    let details = object_details(snapshot, node);
    let rows = rows_of(call, &open, ListSpec::Edges(node), Sort::BY_RETAINED_SIZE)?;
    answer.heading(heading(&open, node));
    let kind = quoted_word(&details.kind);
    answer.heading(format!("kind {kind}, {} references from it, {} to it", details.edge_count, details.retainer_count));
    if let Some(meaning) = distance_meaning(snapshot, node) {
        answer.heading(format!("note: {meaning}"));
    }
    if let Some(at) = details.location.or(snapshot.class(node).key.location) {
        let scripts = call.workspace.ask(&ScriptsOf(open.id), call.cancel)?;
        answer.heading(format!("defined at {}", script_position(&scripts, at)));
    }
    answer.next("retainers", of(&open, node), "what keeps it alive");
    answer.next("source", of(&open, node), "its source, and the lines that fill its holder");
    answer.next("dominators", of(&open, node), "what it alone keeps alive");
    answer.rows(rows.len(), |at| {
        let edge = EdgeIndex(rows[at]);
        let target = snapshot.graph().edge_target(edge);
        let (label, sizes) = (object(snapshot, target), sizes(snapshot, target));
        Ok::<_, Failure>(format!("{} -> {label} {sizes}", reference(snapshot, edge)))
    })?;
    Ok(answer)
}

fn retainers(call: &Call<'_>) -> Result<Answer, Failure> {
    let mut answer = call.answer()?;
    let open = call.snapshot()?;
    let snapshot = &open.snapshot;
    let node = call.object(snapshot)?;
    let rows = rows_of(call, &open, ListSpec::Retainers(node), Sort::BY_DISTANCE)?;
    answer.heading(heading(&open, node));
    if answer.is_first_page() {
        let path = call.workspace.ask(&FoldedPathOf { snapshot: open.id, node }, call.cancel)?;
        answer.heading(format!("path from a root: {}", quoted(&chips(&path.0).join(" → "), 600)));
        if let Some(meaning) = distance_meaning(snapshot, node) {
            answer.heading(format!("note: {meaning}"));
        } else if held_by_root(snapshot, node) {
            answer.heading("held by the root");
        }
    }
    answer.heading(human::quantity(rows.len() as u64, "reference keeps it alive:", "references keep it alive:"));
    if let Some(&first) = rows.first() {
        let source = snapshot.graph().edge_source(EdgeIndex(first));
        answer.next("retainers", of(&open, source), "one step further up");
    }
    answer.next("paths", of(&open, node), "whole paths up to the roots");
    answer.next("source", of(&open, node), "the lines that fill its holder");
    answer.rows(rows.len(), |at| Ok::<_, Failure>(upward(snapshot, EdgeIndex(rows[at]))))?;
    Ok(answer)
}

/// Returns a reference and the object that has it.
fn upward(snapshot: &Snapshot, edge: EdgeIndex) -> String {
    let source = snapshot.graph().edge_source(edge);
    let (label, sizes, distance) = (object(snapshot, source), sizes(snapshot, source), distance(snapshot, source));
    format!("{} in {label}, {distance}, {sizes}", reference(snapshot, edge))
}

fn paths(call: &Call<'_>) -> Result<Answer, Failure> {
    let mut answer = call.answer()?;
    let open = call.snapshot()?;
    let snapshot = &open.snapshot;
    let node = call.object(snapshot)?;
    let found = several_paths(snapshot, node, call.arguments.count("count"), None, call.cancel)?;
    snapshot.expect_many_names();
    let mut rows: Vec<Result<EdgeIndex, String>> = Vec::new();
    for (at, path) in found.iter().enumerate() {
        let end = path.last().map_or(node, |&edge| snapshot.graph().edge_source(edge));
        let root = if held_by_root(snapshot, end) { ", up to the root" } else { ", which ends before the root" };
        let steps = human::quantity(path.len() as u64, "step", "steps");
        rows.push(Err(format!("path {}: {steps}{root}", at + 1)));
        let left_out = path.len().saturating_sub(2 * STEPS_AT_END);
        let (first, last) =
            if left_out > 0 { (STEPS_AT_END, path.len() - STEPS_AT_END) } else { (path.len(), path.len()) };
        rows.extend(path[..first].iter().map(|&edge| Ok(edge)));
        if left_out > 0 {
            rows.push(Err(format!("  ({left_out} steps left out)")));
        }
        rows.extend(path[last..].iter().map(|&edge| Ok(edge)));
    }
    answer.heading(heading(&open, node));
    if found.is_empty() {
        let reason =
            if held_by_root(snapshot, node) { "the root itself holds it" } else { "no path leads to it from a root" };
        answer.heading(reason);
    }
    answer.next("retainers", of(&open, node), "all references to it");
    answer.next("dominators", of(&open, node), "the objects that alone keep it alive");
    answer.rows(rows.len(), |at| {
        Ok::<_, Failure>(match &rows[at] {
            Ok(edge) => {
                let source = snapshot.graph().edge_source(*edge);
                format!("  {} in {}", reference(snapshot, *edge), object(snapshot, source))
            }
            Err(text) => text.clone(),
        })
    })?;
    Ok(answer)
}

fn dominators(call: &Call<'_>) -> Result<Answer, Failure> {
    let mut answer = call.answer()?;
    let open = call.snapshot()?;
    let snapshot = &open.snapshot;
    let node = match call.arguments.id("id") {
        None => snapshot.root(),
        Some(id) => snapshot
            .graph()
            .find_id(ObjectId(id))
            .ok_or_else(|| Failure::expected(format!("id: no object has the id @{id} in this snapshot")))?,
    };
    let rows = rows_of(call, &open, ListSpec::Dominated(node), Sort::BY_RETAINED_SIZE)?;
    answer.heading(heading(&open, node));
    let chain = object_details(snapshot, node).dominators;
    for &dominator in chain.iter().take(DOMINATORS_UP) {
        answer.heading(format!("kept alive by {}, {}", object(snapshot, dominator), sizes(snapshot, dominator)));
    }
    if chain.len() > DOMINATORS_UP {
        answer.heading(format!("and {} more up to the root", chain.len() - DOMINATORS_UP));
    }
    answer.heading(human::quantity(
        rows.len() as u64,
        "object that it alone keeps alive:",
        "objects that it alone keeps alive:",
    ));
    if let Some(&first) = rows.first() {
        answer.next("dominators", of(&open, NodeOrdinal(first)), "inside the first one");
        answer.next("retainers", of(&open, NodeOrdinal(first)), "what refers to the first one");
    }
    answer.rows(rows.len(), |at| {
        let below = NodeOrdinal(rows[at]);
        Ok::<_, Failure>(format!("{} {}", object(snapshot, below), sizes(snapshot, below)))
    })?;
    Ok(answer)
}
