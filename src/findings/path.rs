//! Folded paths from a root through a holder to a member: the runtime's own parts of collections are left out, chains
//! are one step, and entries of collections are named `[*]`.

use super::finding::{Part, PathStep};
use super::naming::Names;
use crate::model::{EdgeIndex, NodeOrdinal, human};
use crate::query::{is_context, without_page};

/// The maximum number of raw references that are followed.
const LONGEST: usize = 1_000_000;
/// The number of references that are read at most: half of them from each end.
const READ: usize = 4096;
/// The maximum number of steps of a folded path; those in the middle are left out.
const STEPS: usize = 64;

/// Returns the path from a root to a member and further down to an object inside it.
pub(super) fn folded(
    names: Names<'_>,
    container: NodeOrdinal,
    member: NodeOrdinal,
    inside: Option<NodeOrdinal>,
) -> Vec<PathStep> {
    let side = names.side;
    let end = inside.unwrap_or(member);
    let mut raw: Vec<(Option<EdgeIndex>, NodeOrdinal)> = Vec::new();
    let mut at = end;
    while raw.len() < LONGEST {
        let Some((edge, parent)) = side.tree.parent(at) else {
            raw.push((None, at));
            break;
        };
        raw.push((Some(edge), at));
        at = parent;
    }
    raw.reverse();
    // The middle of a very long chain adds nothing to read, but its steps count.
    let unread = raw.len().saturating_sub(READ);
    if unread > 0 {
        raw.drain(READ / 2..raw.len() - READ / 2);
    }
    let mut steps: Vec<PathStep> = Vec::new();
    let mut part = Part::Runtime;
    // The reference out of the last object that is not plumbing.
    let mut pending: Option<EdgeIndex> = None;
    for (edge, node) in raw {
        let first = pending.or(edge);
        if edge.is_some() && side.is_plumbing(node) && node != end {
            pending = first;
            continue;
        }
        pending = None;
        part = part_of(names, part, node, (container, member));
        steps.push(step(names, (first, edge), node, part));
        fold_cycle(&mut steps);
    }
    add_unread(&mut steps, unread);
    if steps.len() > STEPS {
        steps.drain(STEPS / 2..steps.len() - STEPS / 2);
    }
    steps
}

/// Returns the number or the key of an entry.
fn side_name(names: Names<'_>, edge: EdgeIndex) -> String {
    names.side.snapshot.edge_name(edge).into_owned()
}

/// Adds steps that were not read to the longest chain, from which they were left out.
fn add_unread(steps: &mut [PathStep], unread: usize) {
    let longest = steps.iter().map(|step| step.repeated).max().unwrap_or(1);
    let period = steps.iter().filter(|step| step.repeated == longest).count().max(1);
    if unread > 0 && longest > 1 {
        let more = u32::try_from(unread / period).unwrap_or(u32::MAX);
        for step in steps.iter_mut().filter(|step| step.repeated == longest) {
            step.repeated = step.repeated.saturating_add(more);
        }
    }
}

/// The longest cycle of steps that is folded.
const PERIOD: usize = 4;

/// Joins the last steps with those before if they repeat them: a list of nodes is one step.
fn fold_cycle(steps: &mut Vec<PathStep>) {
    for period in 1..=PERIOD {
        let Some(start) = steps.len().checked_sub(2 * period) else { break };
        let (before, after) = steps[start..].split_at(period);
        let is_same =
            before.iter().zip(after).all(|(a, b)| (&a.name, &a.class) == (&b.name, &b.class) && a.part != Part::Holder);
        if is_same && before.iter().any(|step| step.edge.is_some()) {
            let times = before.iter().map(|step| step.repeated).max().unwrap_or(1);
            steps.drain(start..start + period);
            for step in &mut steps[start..] {
                step.repeated = times.saturating_add(1);
            }
            break;
        }
    }
}

fn part_of(names: Names<'_>, before: Part, node: NodeOrdinal, (container, member): (NodeOrdinal, NodeOrdinal)) -> Part {
    if node == member {
        return Part::Member;
    }
    match before {
        Part::Member | Part::Inside => Part::Inside,
        _ if node == container => Part::Holder,
        Part::Holder | Part::Link => Part::Link,
        Part::Above => Part::Above,
        Part::Runtime if names.is_of_program(node) => Part::Above,
        Part::Runtime => Part::Runtime,
    }
}

fn step(
    names: Names<'_>,
    (first, edge): (Option<EdgeIndex>, Option<EdgeIndex>),
    node: NodeOrdinal,
    part: Part,
) -> PathStep {
    let graph = names.side.snapshot.graph();
    // The store of an object's contents has a name, but its slots are what a program sees.
    let shown = if first.is_some_and(|first| names.is_content(first)) { edge } else { first };
    let is_slot = shown.is_some_and(|shown| names.is_content(shown));
    PathStep {
        edge,
        name: shown.map_or_else(String::new, |shown| match part {
            // The path to a holder takes one entry; members are many.
            Part::Runtime | Part::Above | Part::Holder if is_slot => {
                format!("[{}]", human::visible(&side_name(names, shown), 40))
            }
            _ if is_slot => "[*]".to_owned(),
            _ => names.edge(shown),
        }),
        kind: shown.map_or_else(String::new, |shown| graph.edge_kind_name(shown).to_owned()),
        node,
        class: names.class(node),
        label: names.label(node),
        location: names.location(node),
        repeated: 1,
        part,
    }
}

/// Formats the steps from the first object of the program, as in `LoginService.sessions`, `SessionCache.byId`, `Map[*]`,
/// `Session`. Scopes are named by the variable that the path takes, and suspended functions by their function.
#[must_use]
pub(crate) fn chips(path: &[PathStep]) -> Vec<String> {
    let start = first_shown(path);
    let mut chips = Vec::new();
    if start > 0 {
        chips.push("…".to_owned());
    }
    let shown = &path[start.min(path.len())..];
    for (at, step) in shown.iter().enumerate() {
        let next = shown.get(at + 1);
        let is_last_of_cycle = next.is_none_or(|next| next.repeated != step.repeated);
        let times = if step.repeated > 1 && is_last_of_cycle {
            format!(" ×{}", human::count(step.repeated.into()))
        } else {
            String::new()
        };
        chips.push(format!("{}{times}", chip(step, next)));
    }
    chips
}

/// Formats a step and the field that leads to the next one.
fn chip(step: &PathStep, next: Option<&PathStep>) -> String {
    let Some(next) = next else { return step.label.clone() };
    if is_context(&step.class) {
        return format!("variable {}", next.name);
    }
    let label = if step.class.starts_with('{') { "{…}" } else { without_page(&step.label) };
    match next.name.as_str() {
        name if name.starts_with('[') => format!("{label}{name}"),
        // How functions and promises lead on is no property that a program could read.
        "context" | "reactions_or_result" | "extension" | "parameters_and_registers" => label.to_owned(),
        name => format!("{label}.{name}"),
    }
}

/// Returns the position of the first step that says something about the program: the variable or field that leads to
/// its first object that is not a function, a scope or a part of a suspended function.
fn first_shown(path: &[PathStep]) -> usize {
    let holder = path.iter().position(|step| step.part == Part::Holder).unwrap_or(0);
    let is_solid = |step: &PathStep| step.part != Part::Runtime && !is_passing(step);
    let first = path.iter().position(is_solid).unwrap_or(holder).min(holder);
    let starts_in_runtime = path.first().is_some_and(|root| root.part == Part::Runtime);
    if starts_in_runtime { first.saturating_sub(1) } else { 0 }
}

/// Returns true for steps between objects: functions, scopes, and what the runtime keeps of suspended functions.
fn is_passing(step: &PathStep) -> bool {
    is_context(&step.class)
        || matches!(step.class.as_str(), "Function" | "Generator" | "AsyncGenerator" | "Promise" | "Module")
}
