//! The names by which a program reaches a holder: what `sources` looks for in scripts.

use super::exported::{Exported, exported};
use super::finding::{MemberClass, Part, PathStep};
use super::naming::{Names, is_generic};
use super::patterns::Subject;
use crate::analysis::Location;
use crate::model::{EdgeIndex, EdgeKind, NodeKind, NodeOrdinal};
use crate::query::{is_context, is_numbered, map_key};
use crate::sources::{Callback, HolderKind, HolderName, Made, Position, ScriptPosition, Sought, is_program_url};

/// The number of references above a member that are followed to the name of its holder.
const CLIMB: usize = 16;
/// The maximum number of classes and shapes that are looked for: those of the path, and those that grow.
const MADE: usize = 4;
const CLASSES: usize = 6;
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
pub(super) fn sought(subject: &Subject<'_>, member: NodeOrdinal, pattern: &str, classes: &[MemberClass]) -> Sought {
    let names = subject.names;
    let (found, outer) = holder_names(names, member);
    let (holder, is_nested) = found.unzip();
    let callback = subject.callback().map(|step| Callback {
        name: names.side.snapshot.raw_name(step.node).into_owned(),
        place: names.location_of(step.node).map(script_position),
    });
    let link = subject.path.iter().find(|step| step.repeated > 2 && matches!(step.part, Part::Link | Part::Member));
    Sought {
        outer,
        holder,
        is_nested: is_nested.unwrap_or(false),
        link: link.map(|step| step.name.clone()).filter(|name| !name.starts_with('[')),
        event: event(subject),
        callback,
        suspended: suspended(subject),
        made: made(subject, classes),
        module: (pattern == "module_copy").then(|| module(names, member)).flatten(),
    }
}

pub(super) fn script_position(at: Location) -> ScriptPosition {
    ScriptPosition { script_id: at.script_id, at: Position { line: at.line, column: at.column } }
}

/// Finds the field or variable that the program has for a holder, and whether the members are in collections inside it.
/// The field of a plain object may be a key, so the name of the object itself is returned as well.
fn holder_names(names: Names<'_>, member: NodeOrdinal) -> (Option<(HolderName, bool)>, Option<HolderName>) {
    let Some((edge, holder, is_nested)) = holder_name(names, member) else { return (None, None) };
    let source = names.side.snapshot.graph().edge_source(edge);
    let is_plain = holder.kind == HolderKind::Field && is_plain(&names.class(source));
    let outer = if is_plain { holder_name(names, source).map(|(_, outer, _)| outer) } else { None };
    (Some((holder, is_nested)), outer)
}

/// Returns true for objects that are not of a class of the program.
fn is_plain(class: &str) -> bool {
    class == "Object" || class.starts_with('{')
}

/// Returns the reference to the holder as well.
fn holder_name(names: Names<'_>, member: NodeOrdinal) -> Option<(EdgeIndex, HolderName, bool)> {
    let graph = names.side.snapshot.graph();
    let mut entries = 0;
    let mut at = member;
    let mut climbed = 0;
    while climbed < CLIMB {
        let edge = names.side.field_edge(at)?;
        let source = graph.edge_source(edge);
        // A string that was built by many additions is a deep tree.
        climbed += usize::from(!graph.kind(source).is_string());
        if is_context(&names.class(source)) {
            return Some((edge, variable(names, source, edge), entries > 1));
        }
        let is_entry = names.is_content(edge) || is_numbered(graph, edge);
        if is_entry {
            entries += 1;
        } else if is_named(names, edge, source) {
            return Some((edge, field(names, source, edge), entries > 1));
        }
        if let Some(Exported { name, place }) = exported(names.side.snapshot, source) {
            let place = place.map(script_position);
            let holder = HolderName { name, kind: HolderKind::Variable, class: None, place };
            return Some((edge, holder, entries > 1));
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
    let is_plain = is_plain(&class) || class == "Module";
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
    let class = if is_function { snapshot.raw_name(owner).into_owned() } else { generated_class(names, owner) };
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

/// Returns the name of an object's class in the script that runs, in which statements are looked for.
fn generated_class(names: Names<'_>, node: NodeOrdinal) -> String {
    let class = names.side.snapshot.class(node);
    class.generated_name.as_deref().unwrap_or(&class.name).to_owned()
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

/// Returns the classes and shapes of members, of what they lead to, and of what grows with them.
fn made(subject: &Subject<'_>, classes: &[MemberClass]) -> Vec<Made> {
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
        } else if is_common(class) {
            continue;
        } else {
            let name = generated_class(names, step.node);
            Made::Class { name, is_of_program: !is_generic(class) && names.is_of_program(step.node) }
        };
        if !made.contains(&one) {
            made.push(one);
        }
    }
    for class in classes.iter().filter(|class| !is_common(&class.name) && !is_generic(&class.name)).take(CLASSES) {
        let is_of_program = class.location.as_ref().is_some_and(|place| is_program_url(&place.url));
        let name = class.generated_name.clone().unwrap_or_else(|| class.name.clone());
        let one = Made::Class { name, is_of_program };
        if !made.contains(&one) {
            made.push(one);
        }
    }
    made
}

/// Returns true for classes that are created everywhere, and for what no `new` creates.
fn is_common(class: &str) -> bool {
    COMMON.contains(&class) || class.contains([' ', '/', '(', '{'])
}

/// Returns the position of the async function or generator whose suspended calls are held.
fn suspended(subject: &Subject<'_>) -> Option<ScriptPosition> {
    let names = subject.names;
    let snapshot = names.side.snapshot;
    let is_call = |step: &&PathStep| {
        matches!(step.part, Part::Link | Part::Member | Part::Inside)
            && matches!(step.class.as_str(), "Generator" | "AsyncGenerator")
    };
    let call = subject.path.iter().find(is_call)?.node;
    let is_function = |edge: &EdgeIndex| snapshot.edge_name(*edge) == "function";
    let function = snapshot.graph().edges(call).find(is_function).map(|edge| snapshot.graph().edge_target(edge))?;
    names.location_of(function).map(script_position)
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
