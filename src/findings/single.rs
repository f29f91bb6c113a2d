//! Accumulations in one snapshot: collections and fields with many members of one class that take much memory.
//!
//! One snapshot cannot show growth, so the verdict of these findings is always “watch”.

use std::collections::{BTreeMap, HashSet};

use foldhash::HashMap;

use super::describe::{Facts, compose, path_of};
use super::dominated::{self, Found};
use super::finding::{Findings, Kind, MemberClass, Verdict};
use super::naming::{Names, is_generic};
use super::sites::{Draft, complete};
use super::summary;
use super::totals::freed_by;
use super::tree::Tree;
use super::ways::{Field, Side, Ways};
use crate::model::{BitSet, CancelToken, Cancelled, NodeKind, NodeOrdinal, human};
use crate::query::{Grouping, ScriptUrls};
use crate::snapshot::Snapshot;
use crate::sources::{Sources, is_program_url};

/// The least number of members of one class.
const MEMBERS: usize = 24;
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
    found: Found,
    /// Members that are known to be held by the same field.
    samples: Vec<u32>,
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
    sources: &Sources<'_>,
    cancel: &CancelToken,
) -> Result<Findings, Cancelled> {
    let scripts = sources.scripts();
    let mut ways = Ways::default();
    let urls = ScriptUrls::of_process([scripts]);
    let group = Grouping::new(snapshot, std::borrow::Cow::Borrowed(snapshot.classes()), &urls, cancel)?;
    let mut side = Side::new(snapshot, &group, &mut ways, Tree::lazy(snapshot, cancel));
    let mut groups = groups(&mut side, &mut ways, cancel)?;
    groups.truncate(LOOKED_AT);
    let names = Names { side: &side, scripts };
    let mut drafts: Vec<Draft> = Vec::new();
    let mut inside = BitSet::new(snapshot.graph().node_count());
    for group in &groups {
        cancel.check()?;
        let Some(draft) = describe(names, group, &inside, cancel)? else { continue };
        group.found.members.iter().for_each(|&node| {
            inside.insert(node as usize);
        });
        drafts.push(draft);
        if drafts.len() == SHOWN {
            break;
        }
    }
    let findings = complete(drafts, sources, cancel)?;
    let summary = summary::of_one(&findings);
    Ok(Findings { summary, ids_match: None, notes: Vec::new(), findings })
}

/// Groups objects by class and by the normalized path to them, the largest first.
fn groups(side: &mut Side<'_>, ways: &mut Ways, cancel: &CancelToken) -> Result<Vec<Group>, Cancelled> {
    let snapshot = side.snapshot;
    let least = snapshot.total_size() / 1000 * LEAST_PART;
    let mut found = dominated::accumulated(side, least, cancel)?;
    found.retain(|found| found.members.len() >= MEMBERS && found.bytes >= least);
    found.sort_by_key(|found| (std::cmp::Reverse(found.bytes), found.members[0]));
    found.truncate(2 * LOOKED_AT);
    let mut by_field: BTreeMap<(u32, Field), Vec<Group>> = BTreeMap::new();
    for found in found {
        for (key, group) in by_holder(side, ways, found, cancel)? {
            let groups = by_field.entry(key).or_default();
            let class = side.class(NodeOrdinal(group.found.members[0]));
            let alike = groups.iter_mut().find(|of| side.class(NodeOrdinal(of.found.members[0])) == class);
            match alike {
                Some(alike) => alike.join(group),
                None => groups.push(group),
            }
        }
    }
    let chiefs = by_field.into_values().filter_map(|groups| chief(snapshot, groups, least));
    let mut groups: Vec<Group> = chiefs.filter(|group| !is_held_by_code(side, group)).collect();
    groups.sort_by_key(|group| (std::cmp::Reverse(group.found.bytes), group.found.members[0]));
    Ok(groups)
}

impl Group {
    fn join(&mut self, other: Self) {
        self.found.members.extend(other.found.members);
        self.found.bytes = self.found.bytes.saturating_add(other.found.bytes);
        self.found.is_nested |= other.found.is_nested;
        self.samples.extend(other.samples);
    }
}

fn is_held_by_code(side: &Side<'_>, group: &Group) -> bool {
    let looked_at = group.samples.iter().take(LOOKED_AT_CODE);
    let by_code = looked_at.clone().filter(|&&node| side.tree.is_held_by_code(NodeOrdinal(node))).count();
    by_code * 2 > looked_at.count()
}

/// The number of members that are looked at to see whether only code holds them.
const LOOKED_AT_CODE: usize = 16;
/// The number of members whose holder is asked for.
const ASKED: usize = 96;
/// Members of more than this many are not divided by holder: most of them decide.
const DIVIDED: usize = 100_000;
/// Members are not divided if this many of a hundred have the same holder.
const SAME: usize = 90;

/// A normalized field of a normalized path.
type Key = (u32, Field);

/// Divides objects by the field that holds them: what dominates them may be far above.
fn by_holder(
    side: &mut Side<'_>,
    ways: &mut Ways,
    found: Found,
    cancel: &CancelToken,
) -> Result<Vec<(Key, Group)>, Cancelled> {
    let step = (found.members.len() / ASKED).max(1);
    let mut asked: HashMap<Key, Vec<u32>> = HashMap::default();
    let mut count = 0;
    for &node in found.members.iter().step_by(step) {
        count += 1;
        if let Some(key) = key(side, ways, NodeOrdinal(node), cancel)? {
            asked.entry(key).or_default().push(node);
        }
    }
    let largest = asked.iter().max_by_key(|(key, nodes)| (nodes.len(), std::cmp::Reverse(**key)));
    let Some((&most, samples)) = largest else { return Ok(Vec::new()) };
    if samples.len() * 100 >= count * SAME || found.members.len() > DIVIDED || found.is_nested {
        let samples = samples.clone();
        return Ok(vec![(most, Group { found, samples })]);
    }
    let mut divided: BTreeMap<Key, Found> = BTreeMap::new();
    for &node in &found.members {
        if let Some(key) = key(side, ways, NodeOrdinal(node), cancel)? {
            divided.entry(key).or_default().add(node, side.snapshot.retained_size(NodeOrdinal(node)));
        }
    }
    let large = divided.into_iter().filter(|(_, found)| found.members.len() >= MEMBERS);
    Ok(large
        .map(|(key, found)| {
            let step = (found.members.len() / ASKED).max(1);
            let samples = found.members.iter().copied().step_by(step).collect();
            (key, Group { found, samples })
        })
        .collect())
}

/// Returns the normalized field that holds an object.
fn key(
    side: &mut Side<'_>,
    ways: &mut Ways,
    node: NodeOrdinal,
    cancel: &CancelToken,
) -> Result<Option<Key>, Cancelled> {
    let Some(edge) = side.field_edge(node) else { return Ok(None) };
    let class = side.class(node);
    let way = side.way(side.snapshot.graph().edge_source(edge), ways, cancel)?;
    Ok(Some((way, side.field(edge, class, ways))))
}

/// Returns the members of the class that retains most, other objects before strings and numbers, if they are many and
/// large.
fn chief(snapshot: &Snapshot, by_class: Vec<Group>, least: u64) -> Option<Group> {
    let mut best: Option<(bool, Group)> = None;
    for group in by_class.into_iter().filter(|group| group.found.members.len() >= MEMBERS) {
        let kind = snapshot.kind(NodeOrdinal(group.found.members[0]));
        let is_text = kind.is_string() || kind == NodeKind::NUMBER;
        let bytes = group.found.bytes;
        let is_better = |(before, other): &(bool, Group)| (is_text, other.found.bytes) < (*before, bytes);
        if bytes >= least && !is_one_object(snapshot, &group) && best.as_ref().is_none_or(is_better) {
            best = Some((is_text, group));
        }
    }
    best.map(|(_, group)| group)
}

/// Returns true if one member retains most and the others are not parts of it: then that member accumulates. In a list,
/// each retains the next one.
fn is_one_object(snapshot: &Snapshot, group: &Group) -> bool {
    let members = &group.found.members;
    let largest = members.iter().map(|&node| (snapshot.retained_size(NodeOrdinal(node)), node)).max();
    let Some((size, largest)) = largest else { return false };
    let inside = |&&node: &&u32| snapshot.dominators().dominates(NodeOrdinal(largest), NodeOrdinal(node));
    size > group.found.bytes / 2 && members.iter().filter(inside).count() * 2 < members.len()
}

/// The maximum number of parts of members that are visited; the rest is extrapolated.
const COUNTED: u64 = 60_000;

/// Counts the objects that only members keep alive, members included, by number of the class. Of many members, every
/// n-th is counted n times.
fn parts(side: &Side<'_>, group: &Group, cancel: &CancelToken) -> Result<BTreeMap<u32, Parts>, Cancelled> {
    let dominators = side.snapshot.dominators();
    let members = &group.found.members;
    // Of a list, the first member dominates the others.
    let outer = if group.found.is_nested { &members[..1] } else { members.as_slice() };
    let length = |node: u32| dominators.positions(NodeOrdinal(node)).len() as u64;
    let sampled = outer.len().div_ceil(256).max(1);
    let average = outer.iter().step_by(sampled).map(|&node| length(node)).sum::<u64>()
        / (outer.len().div_ceil(sampled) as u64).max(1);
    let step = (average.saturating_mul(outer.len() as u64) / COUNTED).max(1);
    let stride = if outer.len() == 1 { 1 } else { step };
    let mut parts: BTreeMap<u32, Parts> = BTreeMap::new();
    let mut steps = 0;
    for &member in outer.iter().step_by(usize::try_from(stride).unwrap_or(usize::MAX)) {
        let subtree = dominators.subtree(NodeOrdinal(member));
        // A single subtree is read in part.
        let inner = if outer.len() == 1 { step } else { 1 };
        let times = stride.saturating_mul(inner);
        for &node in subtree.iter().step_by(usize::try_from(inner).unwrap_or(usize::MAX)) {
            cancel.check_every(steps)?;
            steps += 1;
            let node = NodeOrdinal(node);
            let shallow = side.snapshot.shallow_size(node);
            if shallow == 0 {
                continue;
            }
            let parts = parts.entry(side.class(node)).or_insert(Parts { count: 0, bytes: 0, example: node });
            parts.count += times;
            parts.bytes = parts.bytes.saturating_add(shallow.saturating_mul(times));
            parts.example = node;
        }
    }
    // Of the members all are known.
    if let Some(own) = parts.get_mut(&side.class(NodeOrdinal(members[0]))) {
        own.count = own.count.max(members.len() as u64);
    }
    Ok(parts)
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

fn describe(
    names: Names<'_>,
    group: &Group,
    inside: &BitSet,
    cancel: &CancelToken,
) -> Result<Option<Draft>, Cancelled> {
    let snapshot = names.side.snapshot;
    let Some(&member) = group.samples.get(group.samples.len() / 2) else { return Ok(None) };
    let member = NodeOrdinal(member);
    if is_part(names, member, inside) || is_code(names, group) {
        return Ok(None);
    }
    let parts = parts(names.side, group, cancel)?;
    let (member, inside) = inside_of(names, group, &parts).unwrap_or((member, None));
    let (container, path) = path_of(names, member, inside);
    let (count, bytes) = (group.found.members.len() as u64, group.found.bytes);
    let step = (group.samples.len() / SAMPLES).max(1);
    let samples = group.samples.iter().step_by(step).take(SAMPLES).map(|&node| NodeOrdinal(node)).collect();
    let facts = Facts {
        kind: Kind::Accumulation,
        verdict: Verdict::Watch,
        is_one_member: false,
        is_over: false,
        members: vec![count],
        bytes: vec![bytes],
        share: None,
        freed: freed(names.side, group, cancel)?,
        samples,
        classes: classes(names, group, &parts, member),
        evidence: vec![format!(
            "{} {}, {:.1}% of the heap",
            human::quantity(count, "object retains", "objects retain"),
            human::bytes(bytes),
            super::select::share(
                i64::try_from(bytes).unwrap_or(i64::MAX),
                i64::try_from(snapshot.total_size()).unwrap_or(i64::MAX)
            ) * 100.0
        )],
    };
    let draft = compose(names, facts, (container, member), path);
    let is_of_program = draft.finding.pattern.is_some_and(|pattern| OF_PROGRAM.contains(&pattern));
    Ok((is_of_program || !is_of_runtime(names, container, inside.unwrap_or(member))).then_some(draft))
}

/// Returns the bytes that only the containers of members keep alive.
fn freed(side: &Side<'_>, group: &Group, cancel: &CancelToken) -> Result<u64, Cancelled> {
    let containers = group.samples.iter().filter_map(|&node| side.field_edge(NodeOrdinal(node)));
    freed_by(side, containers, &group.found.members, cancel)
}

/// Returns a member, and the object of the program that it leads to if its own class says nothing.
fn inside_of(
    names: Names<'_>,
    group: &Group,
    parts: &BTreeMap<u32, Parts>,
) -> Option<(NodeOrdinal, Option<NodeOrdinal>)> {
    let snapshot = names.side.snapshot;
    let is_function = |node| snapshot.kind(node) == NodeKind::CLOSURE;
    let first = NodeOrdinal(*group.found.members.first()?);
    if names.is_of_program(first) && !is_function(first) {
        return None;
    }
    let least = group.found.members.len() as u64 / 2;
    let of_program = parts.values().filter(|parts| parts.count >= least && names.is_of_program(parts.example));
    let best = of_program.max_by_key(|parts| (!is_function(parts.example), parts.bytes, parts.example))?;
    let members: HashSet<u32> = group.found.members.iter().copied().collect();
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
fn classes(names: Names<'_>, group: &Group, parts: &BTreeMap<u32, Parts>, member: NodeOrdinal) -> Vec<MemberClass> {
    let snapshot = names.side.snapshot;
    let own = names.side.class(member);
    let least = group.found.members.len() as u64 / 2;
    let mut parts: Vec<(u32, Parts)> = parts.iter().map(|(&class, &parts)| (class, parts)).collect();
    parts.retain(|(class, parts)| *class == own || parts.count >= least);
    parts.sort_by_key(|(class, parts)| (*class != own, std::cmp::Reverse(parts.bytes), *class));
    let class = |parts: Parts| MemberClass {
        name: snapshot.class(parts.example).name.clone(),
        generated_name: snapshot.class(parts.example).generated_name.as_deref().map(str::to_owned),
        location: snapshot.class(parts.example).key.location.and_then(|at| names.place(at)),
        counts: vec![parts.count],
        sizes: vec![parts.bytes],
    };
    parts.into_iter().take(CLASSES).map(|(_, parts)| class(parts)).collect()
}

/// Returns true if an object is part of a member of a larger finding, which describes it.
fn is_part(names: Names<'_>, node: NodeOrdinal, inside: &BitSet) -> bool {
    let mut at = node;
    for _ in 0..64 {
        let Some((_, parent)) = names.side.tree.parent(at) else { break };
        if inside.contains(parent.index()) {
            return true;
        }
        at = parent;
    }
    false
}

/// Returns true for functions at many positions: they are the program, not what it gathers.
fn is_code(names: Names<'_>, group: &Group) -> bool {
    let snapshot = names.side.snapshot;
    let step = (group.samples.len() / SAMPLES).max(1);
    let functions: Vec<NodeOrdinal> = group
        .samples
        .iter()
        .step_by(step)
        .map(|&node| NodeOrdinal(node))
        .filter(|&node| snapshot.kind(node) == NodeKind::CLOSURE)
        .collect();
    let places: HashSet<_> = functions.iter().filter_map(|&node| snapshot.location(node)).collect();
    !functions.is_empty() && places.len() * 2 > functions.len()
}

/// Properties of the global object that are part of the runtime though their classes are generic.
const OF_RUNTIME: [&str; 6] = ["Intl", "Reflect", "Atomics", "WebAssembly", "navigator", "caches"];

fn is_global(class: &str) -> bool {
    class == "global"
        || class == "globalThis"
        || class == "Window"
        || class.starts_with("Window (")
        || class.starts_with("global ")
}

/// Returns true if the nearest object above a holder whose class or function has a position is part of the runtime. If
/// there is none, the class of the members decides.
fn is_of_runtime(names: Names<'_>, container: NodeOrdinal, member: NodeOrdinal) -> bool {
    let mut at = container;
    for _ in 0..CLIMB {
        if let Some(place) = names.location(at) {
            return !is_program_url(&place.url);
        }
        let Some((edge, parent)) = names.side.tree.parent(at) else { break };
        // A program puts plain objects and collections on the global object; those of the runtime have classes.
        if is_global(&names.class(parent)) {
            let name = names.edge(edge);
            // Functions of the runtime are not what a program collects.
            let is_function = names.side.snapshot.kind(member) == NodeKind::CLOSURE && names.location(member).is_some();
            let is_of_runtime = is_function && !names.is_of_program(member);
            return !is_generic(&names.class(at)) || OF_RUNTIME.contains(&name.as_str()) || is_of_runtime;
        }
        at = parent;
    }
    !names.is_of_program(member)
}
