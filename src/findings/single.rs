//! Accumulations in one snapshot: collections and fields with many members of one class that take much memory.
//!
//! One snapshot cannot show growth, so the verdict of these findings is always “watch”.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::describe::{Facts, path_of, tell};
use super::finding::{Finding, Findings, Kind, MemberClass, Verdict};
use super::naming::{Names, is_program_url};
use super::totals::retained;
use super::tree::RetainingTree;
use super::ways::{Field, Side, Ways};
use crate::model::{CancelToken, Cancelled, NodeKind, NodeOrdinal, human};
use crate::query::{Grouping, ScriptUrls, Scripts};
use crate::snapshot::Snapshot;

/// The least number of members of one class.
const MEMBERS: u32 = 24;
/// The least part of the heap, in parts of a thousand.
const LEAST_PART: u64 = 2;
/// The number of members that are kept as samples.
const SAMPLES: usize = 48;
/// The number of findings.
const SHOWN: usize = 8;
/// The number of classes that a finding lists.
const CLASSES: usize = 12;
/// The number of groups that are looked at.
const LOOKED_AT: usize = 40;

/// Members of one class that are held alike.
struct Group {
    members: Vec<u32>,
    bytes: u64,
    /// The objects that members hold, themselves included, by number of the class.
    parts: BTreeMap<u32, Parts>,
}

/// Objects of one class that are parts of members.
#[derive(Clone, Copy)]
struct Parts {
    count: u64,
    bytes: u64,
    example: NodeOrdinal,
}

/// Finds accumulations.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub(super) fn accumulations(
    snapshot: &Snapshot,
    scripts: &Scripts,
    cancel: &CancelToken,
) -> Result<Findings, Cancelled> {
    let mut ways = Ways::default();
    let urls = ScriptUrls::of_process([scripts]);
    let group = Grouping::new(snapshot, std::borrow::Cow::Borrowed(snapshot.classes()), &urls, cancel)?;
    let mut side = Side::new(snapshot, &group, &mut ways, RetainingTree::new(snapshot, cancel)?);
    side.find_fields(cancel)?;
    let mut groups = groups(&mut side, &mut ways, cancel)?;
    groups.truncate(LOOKED_AT);
    find_parts(&side, &mut groups, cancel)?;
    let names = Names { side: &side, scripts };
    let mut findings: Vec<Finding> = Vec::new();
    let mut inside: HashSet<u32> = HashSet::new();
    for group in &groups {
        cancel.check()?;
        let Some(finding) = describe(names, group, &inside) else { continue };
        inside.extend(&group.members);
        findings.push(finding);
        if findings.len() == SHOWN {
            break;
        }
    }
    let summary = match findings.first() {
        Some(first) => format!(
            "One snapshot cannot show growth. The largest holder is {}, with {}. Take two more snapshots after the same work to see what grows.",
            first.holder.label,
            human::bytes(first.bytes.first().copied().unwrap_or(0))
        ),
        None => {
            "One snapshot cannot show growth, and this one has no large holders. Take two more snapshots after the same work."
                .to_owned()
        }
    };
    Ok(Findings { summary, ids_match: None, notes: Vec::new(), findings })
}

/// Groups objects by class and by the normalized path to them, the largest first.
fn groups(side: &mut Side<'_>, ways: &mut Ways, cancel: &CancelToken) -> Result<Vec<Group>, Cancelled> {
    let snapshot = side.snapshot;
    let graph = snapshot.graph();
    // Most objects are in no collection: those of few are left out at once.
    let mut counts = vec![0_u32; graph.node_count()];
    let is_member = |side: &Side<'_>, node: NodeOrdinal| {
        snapshot.shallow_size(node) > 0 && !side.is_plumbing(node) && !side.tree.is_held_by_code(node)
    };
    for (at, &node) in side.tree.order().iter().enumerate() {
        cancel.check_every(at)?;
        if let Some(edge) = side.field_edge(NodeOrdinal(node)).filter(|_| is_member(side, NodeOrdinal(node))) {
            counts[graph.edge_source(edge).index()] += 1;
        }
    }
    let mut found: HashMap<(u32, Field), BTreeMap<u32, Vec<u32>>> = HashMap::new();
    let mut keys: HashMap<(u32, u32), (u32, Field)> = HashMap::new();
    let order: Vec<u32> = side.tree.order().to_vec();
    for (at, node) in order.into_iter().map(NodeOrdinal).enumerate() {
        cancel.check_every(at)?;
        let Some(edge) = side.field_edge(node).filter(|_| is_member(side, node)) else { continue };
        let source = graph.edge_source(edge);
        if counts[source.index()] < MEMBERS {
            continue;
        }
        let class = side.class(node);
        let key = if let Some(&key) = keys.get(&(edge.0, class)) {
            key
        } else {
            let key = (side.way(source, ways, cancel)?, side.field(edge, class, ways));
            keys.insert((edge.0, class), key);
            key
        };
        found.entry(key).or_default().entry(class).or_default().push(node.0);
    }
    let least = snapshot.total_size() / 1000 * LEAST_PART;
    let mut groups: Vec<Group> = Vec::new();
    for by_class in found.into_values() {
        groups.extend(chief(snapshot, by_class, least, cancel)?);
    }
    groups.sort_by_key(|group| (std::cmp::Reverse(group.bytes), group.members[0]));
    Ok(groups)
}

/// Returns the members of the class that retains most, other objects before strings and numbers, if they are many and
/// large.
fn chief(
    snapshot: &Snapshot,
    by_class: BTreeMap<u32, Vec<u32>>,
    least: u64,
    cancel: &CancelToken,
) -> Result<Option<Group>, Cancelled> {
    let mut best: Option<(bool, Group)> = None;
    for members in by_class.into_values().filter(|members| members.len() >= MEMBERS as usize) {
        let kind = snapshot.kind(NodeOrdinal(members[0]));
        let is_text = kind.is_string() || kind == NodeKind::NUMBER;
        let group = Group { bytes: retained(snapshot, &members, None, cancel)?, members, parts: BTreeMap::new() };
        let is_better = |(before, other): &(bool, Group)| (is_text, other.bytes) < (*before, group.bytes);
        if group.bytes >= least && !is_one_object(snapshot, &group) && best.as_ref().is_none_or(is_better) {
            best = Some((is_text, group));
        }
    }
    Ok(best.map(|(_, group)| group))
}

/// Returns true if one member retains most and the others are not parts of it: then that member accumulates. In a list,
/// each retains the next one.
fn is_one_object(snapshot: &Snapshot, group: &Group) -> bool {
    let largest = group.members.iter().max_by_key(|&&node| snapshot.retained_size(NodeOrdinal(node)));
    let Some(largest) = largest.map(|&node| NodeOrdinal(node)) else { return false };
    let inside = |&&node: &&u32| snapshot.dominators().dominates(largest, NodeOrdinal(node));
    snapshot.retained_size(largest) > group.bytes / 2
        && group.members.iter().filter(inside).count() * 2 < group.members.len()
}

/// Counts the objects that the members of each group hold.
fn find_parts(side: &Side<'_>, groups: &mut [Group], cancel: &CancelToken) -> Result<(), Cancelled> {
    const NONE: u8 = u8::MAX;
    let mut group_of = vec![NONE; side.snapshot.graph().node_count()];
    // Larger groups come first, and parts of their members are theirs.
    for (at, group) in groups.iter().enumerate().rev() {
        for &node in &group.members {
            group_of[node as usize] = u8::try_from(at).unwrap_or(NONE);
        }
    }
    for (at, &node) in side.tree.order().iter().enumerate() {
        cancel.check_every(at)?;
        let node = NodeOrdinal(node);
        if group_of[node.index()] == NONE
            && let Some((_, parent)) = side.tree.parent(node)
        {
            group_of[node.index()] = group_of[parent.index()];
        }
        let shallow = side.snapshot.shallow_size(node);
        let Some(group) = groups.get_mut(usize::from(group_of[node.index()])).filter(|_| shallow > 0) else { continue };
        let parts = group.parts.entry(side.class(node)).or_insert(Parts { count: 0, bytes: 0, example: node });
        parts.count += 1;
        parts.bytes = parts.bytes.saturating_add(shallow);
        parts.example = node;
    }
    Ok(())
}

/// The structures of the runtime that hold objects of a program.
const OF_PROGRAM: [&str; 8] = [
    "timer",
    "open_handle",
    "promise",
    "suspended_function",
    "abort_listener",
    "event_target_listener",
    "listener",
    "finalization_registry",
];
/// The number of objects above a holder that are asked where their class or function is defined.
const CLIMB: usize = 24;

fn describe(names: Names<'_>, group: &Group, inside: &HashSet<u32>) -> Option<Finding> {
    let snapshot = names.side.snapshot;
    let member = NodeOrdinal(*group.members.get(group.members.len() / 2)?);
    if is_part(names, member, inside) || is_code(names, group) {
        return None;
    }
    let (member, inside) = inside_of(names, group).unwrap_or((member, None));
    let (container, path) = path_of(names, member, inside);
    let count = group.members.len() as u64;
    let step = (group.members.len() / SAMPLES).max(1);
    let samples = group.members.iter().step_by(step).take(SAMPLES).map(|&node| NodeOrdinal(node)).collect();
    let facts = Facts {
        kind: Kind::Accumulation,
        verdict: Verdict::Watch,
        is_one_member: false,
        is_over: false,
        members: vec![count],
        bytes: vec![group.bytes],
        share: None,
        freed: group.bytes,
        samples,
        classes: classes(names, group, member),
        evidence: vec![format!(
            "{} {}, {:.1}% of the heap",
            human::quantity(count, "object retains", "objects retain"),
            human::bytes(group.bytes),
            super::select::share(
                i64::try_from(group.bytes).unwrap_or(i64::MAX),
                i64::try_from(snapshot.total_size()).unwrap_or(i64::MAX)
            ) * 100.0
        )],
    };
    let finding = tell(names, facts, (container, member), path);
    let is_of_program = finding.pattern.is_some_and(|pattern| OF_PROGRAM.contains(&pattern));
    (is_of_program || !is_of_runtime(names, container)).then_some(finding)
}

/// Returns a member, and the object of the program that it leads to if its own class says nothing.
fn inside_of(names: Names<'_>, group: &Group) -> Option<(NodeOrdinal, Option<NodeOrdinal>)> {
    let snapshot = names.side.snapshot;
    let is_function = |node| snapshot.kind(node) == NodeKind::CLOSURE;
    let first = NodeOrdinal(*group.members.first()?);
    if names.is_of_program(first) && !is_function(first) {
        return None;
    }
    let least = group.members.len() as u64 / 2;
    let of_program = group.parts.values().filter(|parts| parts.count >= least && names.is_of_program(parts.example));
    let best = of_program.max_by_key(|parts| (!is_function(parts.example), parts.bytes, parts.example))?;
    let members: HashSet<u32> = group.members.iter().copied().collect();
    let mut at = best.example;
    for _ in 0..CLIMB {
        if members.contains(&at.0) {
            return Some((at, Some(best.example).filter(|&example| example != at)));
        }
        at = names.side.tree.parent(at)?.1;
    }
    None
}

/// Returns the class of the members, and the classes of which each member holds about one.
fn classes(names: Names<'_>, group: &Group, member: NodeOrdinal) -> Vec<MemberClass> {
    let snapshot = names.side.snapshot;
    let own = names.side.class(member);
    let least = group.members.len() as u64 / 2;
    let mut parts: Vec<(u32, Parts)> = group.parts.iter().map(|(&class, &parts)| (class, parts)).collect();
    parts.retain(|(class, parts)| *class == own || parts.count >= least);
    parts.sort_by_key(|(class, parts)| (*class != own, std::cmp::Reverse(parts.bytes), *class));
    let class = |parts: Parts| MemberClass {
        name: snapshot.class(parts.example).name.clone(),
        location: snapshot.class(parts.example).key.location.and_then(|at| names.place(at)),
        counts: vec![parts.count],
        sizes: vec![parts.bytes],
    };
    parts.into_iter().take(CLASSES).map(|(_, parts)| class(parts)).collect()
}

/// Returns true if an object is part of a member of a larger finding, where it is told.
fn is_part(names: Names<'_>, node: NodeOrdinal, inside: &HashSet<u32>) -> bool {
    let mut at = node;
    for _ in 0..64 {
        let Some((_, parent)) = names.side.tree.parent(at) else { break };
        if inside.contains(&parent.0) {
            return true;
        }
        at = parent;
    }
    false
}

/// Returns true for functions at many positions: they are the program, not what it gathers.
fn is_code(names: Names<'_>, group: &Group) -> bool {
    let snapshot = names.side.snapshot;
    let step = (group.members.len() / SAMPLES).max(1);
    let functions: Vec<NodeOrdinal> = group
        .members
        .iter()
        .step_by(step)
        .map(|&node| NodeOrdinal(node))
        .filter(|&node| snapshot.kind(node) == NodeKind::CLOSURE)
        .collect();
    let places: HashSet<_> = functions.iter().filter_map(|&node| snapshot.location(node)).collect();
    !functions.is_empty() && places.len() * 2 > functions.len()
}

/// Returns true if the nearest object above a holder whose class or function has a position is part of the runtime.
fn is_of_runtime(names: Names<'_>, container: NodeOrdinal) -> bool {
    let mut at = container;
    for _ in 0..CLIMB {
        if let Some(place) = names.location(at) {
            return !is_program_url(&place.url);
        }
        let Some((_, parent)) = names.side.tree.parent(at) else { break };
        at = parent;
    }
    true
}
