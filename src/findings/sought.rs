//! The names by which a program reaches a holder: what `sources` looks for in scripts.

use super::finding::{Part, PathStep};
use super::naming::{Names, is_generic};
use super::patterns::Subject;
use crate::analysis::Location;
use crate::model::{EdgeIndex, EdgeKind, NodeKind, NodeOrdinal};
use crate::query::{is_context, is_numbered, map_key};
use crate::sources::{Callback, HolderKind, HolderName, Made, Position, ScriptPosition, Sought, is_program_url};

/// The number of references above a member that are followed to the name of its holder.
const CLIMB: usize = 16;
/// The maximum number of classes and shapes that are looked for.
const MADE: usize = 4;
/// Fields of the runtime in objects of a program, such as those of an emitter.
const OF_RUNTIME: [&str; 12] = [
    "_events",
    "_readableState",
    "_writableState",
    "reactions_or_result",
    "buffer",
    "buffered",
    "listener",
    "_handle",
    "_timerArgs",
    "_onTimeout",
    "context",
    "_idlePrev",
];
/// Classes of the runtime that are created in so many places that only those near the holder matter.
const COMMON: [&str; 12] = [
    "Object",
    "Array",
    "Function",
    "Promise",
    "Generator",
    "AsyncGenerator",
    "Context",
    "Error",
    "Number",
    "String",
    "Listener",
    "Timeout",
];

/// Returns the names for a finding.
pub(super) fn sought(subject: &Subject<'_>, member: NodeOrdinal, pattern: &str) -> Sought {
    let names = subject.names;
    let (holder, is_nested) = holder_name(names, member).unzip();
    let callback = subject.callback().map(|step| Callback {
        name: step.label.trim_end_matches("()").to_owned(),
        place: names.location_of(step.node).map(script_position),
    });
    let link = subject.path.iter().find(|step| step.repeated > 2 && matches!(step.part, Part::Link | Part::Member));
    Sought {
        holder,
        is_nested: is_nested.unwrap_or(false),
        link: link.map(|step| step.name.clone()).filter(|name| !name.starts_with('[')),
        event: event(subject),
        callback,
        made: made(subject),
        module: (pattern == "module_copy").then(|| module(names, member)).flatten(),
    }
}

pub(super) fn script_position(at: Location) -> ScriptPosition {
    ScriptPosition { script_id: at.script_id, at: Position { line: at.line, column: at.column } }
}

/// Finds the field or variable that the program has for a holder, and whether the members are in collections inside it.
fn holder_name(names: Names<'_>, member: NodeOrdinal) -> Option<(HolderName, bool)> {
    let graph = names.side.snapshot.graph();
    let mut entries = 0;
    let mut at = member;
    for _ in 0..CLIMB {
        let edge = names.side.field_edge(at)?;
        let source = graph.edge_source(edge);
        if is_context(&names.class(source)) {
            return Some((variable(names, source, edge), entries > 1));
        }
        let is_entry = names.is_content(edge) || is_numbered(graph, edge);
        if is_entry {
            entries += 1;
        } else if is_named(names, edge, source) {
            return Some((field(names, source, edge), entries > 1));
        }
        at = source;
    }
    None
}

/// Returns true if a reference is a field that the program has named.
fn is_named(names: Names<'_>, edge: EdgeIndex, source: NodeOrdinal) -> bool {
    let graph = names.side.snapshot.graph();
    if graph.edge_kind(edge) != EdgeKind::PROPERTY {
        return false;
    }
    let name = names.side.snapshot.edge_name(edge);
    if name.starts_with("<symbol ") || OF_RUNTIME.contains(&name.as_ref()) {
        return false;
    }
    let class = names.class(source);
    let is_plain = class == "Object" || class.starts_with('{') || class == "Module";
    let kind = graph.kind(source);
    // The global object, and objects of classes that the program defines.
    is_plain
        || kind == NodeKind::CLOSURE
        || names.is_of_program(source)
        || class.starts_with("global")
        || class.starts_with("Window")
}

fn field(names: Names<'_>, source: NodeOrdinal, edge: EdgeIndex) -> HolderName {
    let snapshot = names.side.snapshot;
    let mut owner = source;
    // A plain object is written in the class, or next to the function, that has it.
    for _ in 0..4 {
        if names.is_of_program(owner) {
            break;
        }
        let Some(above) = names.side.field_edge(owner) else { break };
        owner = snapshot.graph().edge_source(above);
    }
    let is_function = snapshot.kind(owner) == NodeKind::CLOSURE;
    let class = if is_function { snapshot.display_name(owner).into_owned() } else { names.class(owner) };
    HolderName {
        name: snapshot.edge_name(edge).into_owned(),
        kind: HolderKind::Field,
        class: names.is_of_program(owner).then_some(class),
        place: names.location_of(owner).map(script_position),
    }
}

fn variable(names: Names<'_>, context: NodeOrdinal, edge: EdgeIndex) -> HolderName {
    let snapshot = names.side.snapshot;
    let mut place = None;
    let mut at = context;
    for _ in 0..6 {
        let Some((_, parent)) = names.side.tree.parent(at) else { break };
        if snapshot.kind(parent) == NodeKind::CLOSURE {
            place = names.location_of(parent).map(script_position);
            break;
        }
        at = parent;
    }
    HolderName { name: snapshot.edge_name(edge).into_owned(), kind: HolderKind::Variable, class: None, place }
}

/// Returns the name of the event whose listeners are the members.
fn event(subject: &Subject<'_>) -> Option<String> {
    let is_table = |step: &PathStep| {
        (step.name == "_events" || step.name.contains("kEvents")) && !matches!(step.part, Part::Inside | Part::Runtime)
    };
    let at = subject.path.iter().rposition(is_table)?;
    let next = subject.path.get(at + 1)?;
    let snapshot = subject.names.side.snapshot;
    let key = next.edge.and_then(|edge| map_key(snapshot, edge));
    let name = key.map_or_else(|| next.name.clone(), |key| subject.names.label(key).trim_matches('"').to_owned());
    (!name.starts_with('[')).then_some(name)
}

/// Returns the classes and shapes of members and of what they lead to.
fn made(subject: &Subject<'_>) -> Vec<Made> {
    let names = subject.names;
    let mut made: Vec<Made> = Vec::new();
    let steps = subject.path.iter().filter(|step| matches!(step.part, Part::Member | Part::Inside));
    for step in steps {
        let class = step.class.as_str();
        if names.side.snapshot.kind(step.node) != NodeKind::OBJECT || made.len() == MADE {
            continue;
        }
        let one = if let Some(keys) = class.strip_prefix('{') {
            let keys = keys.trim_end_matches('}').split(", ").filter(|key| *key != "…");
            Made::Shape(keys.map(str::to_owned).collect())
        } else if COMMON.contains(&class) || class.contains([' ', '/']) {
            continue;
        } else {
            Made::Class { name: class.to_owned(), is_of_program: !is_generic(class) && names.is_of_program(step.node) }
        };
        if !made.contains(&one) {
            made.push(one);
        }
    }
    made
}

/// Returns the last part of the name of a module.
fn module(names: Names<'_>, member: NodeOrdinal) -> Option<String> {
    let snapshot = names.side.snapshot;
    let graph = snapshot.graph();
    let is_file = |edge: &EdgeIndex| matches!(snapshot.edge_name(*edge).as_ref(), "filename" | "id");
    let file = graph.edges(member).filter(is_file).map(|edge| graph.edge_target(edge));
    let mut files = file.filter(|&node| graph.kind(node).is_string());
    let text = snapshot.string_value(files.next()?, 4096).0.into_owned();
    is_program_url(&text).then(|| text.rsplit(['/', '\\']).next().unwrap_or(&text).to_owned())
}
