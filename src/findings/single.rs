//! Accumulations in one snapshot: collections and fields with many members of one class that take much memory.
//!
//! One snapshot cannot tell growth, so everything here is worth watching and nothing more.

use std::collections::HashMap;

use super::describe::{Facts, path_of, tell};
use super::finding::{Finding, Findings, Kind, MemberClass, Part, Verdict};
use super::holders::SAMPLES;
use super::naming::Names;
use super::totals::retained;
use super::tree::RetainingTree;
use super::ways::{Field, Side, Ways};
use crate::model::{CancelToken, Cancelled, NodeOrdinal, human};
use crate::query::{Grouping, ScriptUrls, Scripts};
use crate::snapshot::Snapshot;

/// The least number of members of one class.
const MEMBERS: u32 = 24;
/// The least part of the heap, in parts of a thousand.
const LEAST_PART: u64 = 2;
/// The number of findings.
const SHOWN: usize = 8;
/// The number of groups that are looked at.
const LOOKED_AT: usize = 40;

/// Members of one class that are held alike.
struct Group {
    members: Vec<u32>,
    bytes: u64,
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
    let groups = groups(&mut side, &mut ways, cancel)?;
    let names = Names { side: &side, scripts };
    let mut findings: Vec<(bool, Finding)> = Vec::new();
    let mut inside: Vec<NodeOrdinal> = Vec::new();
    for group in groups.iter().take(LOOKED_AT) {
        cancel.check()?;
        let Some(finding) = describe(names, group, &inside) else { continue };
        inside.extend(group.members.iter().map(|&node| NodeOrdinal(node)).take(2048));
        let is_of_runtime = finding.path.iter().all(|step| step.part == Part::Runtime || step.part == Part::Member)
            && finding.pattern.is_none_or(|pattern| !["timer", "open_handle", "promise"].contains(&pattern));
        findings.push((is_of_runtime, finding));
    }
    // What the runtime itself keeps comes last.
    findings.sort_by_key(|(is_of_runtime, _)| *is_of_runtime);
    let findings: Vec<Finding> = findings.into_iter().map(|(_, finding)| finding).take(SHOWN).collect();
    let summary = match findings.first() {
        Some(first) => format!(
            "One snapshot cannot show growth. The largest holder is {}, with {}. Take two more snapshots after the same work to see what grows.",
            first.holder.label,
            human::bytes(first.bytes.first().copied().unwrap_or(0))
        ),
        None => "One snapshot cannot show growth, and nothing in it stands out. Take two more snapshots after the same work.".to_owned(),
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
    let mut found: HashMap<(u32, Field, u32), Group> = HashMap::new();
    let mut keys: HashMap<(u32, u32), (u32, Field, u32)> = HashMap::new();
    let order: Vec<u32> = side.tree.order().to_vec();
    for (at, node) in order.into_iter().map(NodeOrdinal).enumerate() {
        cancel.check_every(at)?;
        let Some(edge) = side.field_edge(node).filter(|_| is_member(side, node)) else { continue };
        let source = graph.edge_source(edge);
        if counts[source.index()] < MEMBERS {
            continue;
        }
        let class = side.class(node);
        let key = match keys.get(&(edge.0, class)) {
            Some(&key) => key,
            None => {
                let key = (side.way(source, ways, cancel)?, side.field(edge, class, ways), class);
                keys.insert((edge.0, class), key);
                key
            }
        };
        found.entry(key).or_insert_with(|| Group { members: Vec::new(), bytes: 0 }).members.push(node.0);
    }
    let least = snapshot.total_size() / 1000 * LEAST_PART;
    let mut groups: Vec<Group> = found.into_values().filter(|group| group.members.len() >= MEMBERS as usize).collect();
    for group in &mut groups {
        group.bytes = retained(snapshot, &group.members, None, cancel)?;
    }
    groups.retain(|group| group.bytes >= least && !is_one_object(snapshot, group));
    groups.sort_by_key(|group| (std::cmp::Reverse(group.bytes), group.members[0]));
    Ok(groups)
}

/// Returns true if one member retains most: then that member accumulates, not the group.
fn is_one_object(snapshot: &Snapshot, group: &Group) -> bool {
    let largest = group.members.iter().map(|&node| snapshot.retained_size(NodeOrdinal(node))).max().unwrap_or(0);
    group.members.len() > 1 && largest > group.bytes / 2
}

fn describe(names: Names<'_>, group: &Group, inside: &[NodeOrdinal]) -> Option<Finding> {
    let snapshot = names.side.snapshot;
    let member = NodeOrdinal(*group.members.get(group.members.len() / 2)?);
    // Parts of the members of a larger finding are told there.
    let is_part = |mut node: NodeOrdinal| {
        for _ in 0..64 {
            let Some((_, parent)) = names.side.tree.parent(node) else { return false };
            if inside.binary_search(&parent).is_ok() || inside.contains(&parent) {
                return true;
            }
            node = parent;
        }
        false
    };
    if is_part(member) {
        return None;
    }
    let (container, path) = path_of(names, member, None);
    let count = group.members.len() as u64;
    let location = names.location(member);
    let size = group.members.iter().map(|&node| snapshot.shallow_size(NodeOrdinal(node))).sum();
    let step = (group.members.len() / SAMPLES).max(1);
    let samples = group.members.iter().step_by(step).take(SAMPLES).map(|&node| NodeOrdinal(node)).collect();
    let facts = Facts {
        kind: Kind::Accumulation,
        verdict: Verdict::Watch,
        is_one_member: false,
        members: vec![count],
        bytes: vec![group.bytes],
        share: None,
        freed: group.bytes,
        samples,
        classes: vec![MemberClass {
            name: snapshot.class(member).name.clone(),
            location,
            counts: vec![count],
            sizes: vec![size],
        }],
        evidence: vec![format!(
            "{} retain {}, {:.1} % of the heap",
            human::quantity(count, "object", "objects"),
            human::bytes(group.bytes),
            super::select::share(
                i64::try_from(group.bytes).unwrap_or(i64::MAX),
                i64::try_from(snapshot.total_size()).unwrap_or(i64::MAX)
            ) * 100.0
        )],
    };
    Some(tell(names, facts, (container, member), path))
}
