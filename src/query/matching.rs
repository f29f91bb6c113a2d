//! Matches the objects of two snapshots by id, and decides whether ids refer to the same objects in both.
//!
//! A process never reuses an id. Only objects that both snapshots describe decide whether they are of one process:
//! first of all the texts of strings, since strings never change and a restarted program gives its strings other ids.
//! If there are few strings, classes decide, but only among kinds that both snapshots describe alike: a snapshot that
//! exposes internals writes other kinds for the same objects.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::strings_named;
use crate::analysis::Classes;
use crate::model::{CancelToken, Cancelled, NodeKind, NodeOrdinal, POLL_INTERVAL, convert};
use crate::snapshot::Snapshot;

/// The part of sampled strings with common ids that must have the same text on both sides. It is 1 for pairs of one
/// process and up to 0.25 for pairs of two runs of one program.
const AGREEING_STRINGS: f64 = 0.99;
/// One of this many common ids is sampled.
const SAMPLED: u64 = 8;
/// With at least this many sampled strings, nothing else is checked.
const ENOUGH_STRINGS: u64 = 64;
/// With fewer strings, the part of the common ids that must have the same class on both sides. Only a few percent of
/// the objects of one process change their class, for example when they get another property.
const AGREEING_PART: f64 = 0.9;
/// The part of the smaller side's objects that must be on the other side, too.
const COMMON_PART: f64 = 0.02;
/// The name of nodes that V8 writes only if numeric values are exposed.
const EXPOSED_NUMBER: &str = "smi number";

/// Returns the nodes that have a size, by id, then by ordinal.
pub(super) fn sized_by_id(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Vec<(u64, u32)>, Cancelled> {
    let count = u32::try_from(snapshot.graph().node_count()).unwrap_or(u32::MAX);
    let mut nodes: Vec<(u64, u32)> = (0..count)
        .into_par_iter()
        .with_min_len(POLL_INTERVAL)
        .filter(|&node| snapshot.shallow_size(NodeOrdinal(node)) > 0)
        .map(|node| (snapshot.id(NodeOrdinal(node)).0, node))
        .collect();
    cancel.check()?;
    nodes.par_sort_unstable();
    cancel.check()?;
    Ok(nodes)
}

/// One side of the merge.
pub(super) struct Sorted<'a> {
    pub(super) ids: &'a [(u64, u32)],
    pub(super) snapshot: &'a Snapshot,
    pub(super) classes: &'a Classes,
    /// The joint number of each class.
    pub(super) joint: &'a [u32],
}

impl Sorted<'_> {
    fn class(&self, node: u32) -> u32 {
        self.joint[self.classes.of(NodeOrdinal(node)).index()]
    }
}

/// Objects with their joint classes, by id.
#[derive(Default)]
pub(super) struct Merged {
    pub(super) new: Vec<(u32, u32)>,
    pub(super) deleted: Vec<(u32, u32)>,
    /// The number of ids that occur on both sides.
    shared: u64,
    /// Those of them with kinds that both sides describe, and those of these that refer to one object: the class is the
    /// same or, if a side is damaged and lacks classes, the type and name are, or the type and size if the name is missing.
    common: u64,
    agreeing: u64,
    /// The strings in a sample of the common ids, and those of them with the same text.
    strings: u64,
    agreeing_strings: u64,
    /// The number of objects of the smaller side.
    smaller: usize,
    /// True if only one side exposes internals or numeric values.
    pub(super) options_differ: bool,
}

/// The options with which V8 took a snapshot.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Options {
    exposes_internals: bool,
    exposes_numbers: bool,
}

impl Options {
    fn of(snapshot: &Snapshot) -> Self {
        let [names] = strings_named(snapshot, [EXPOSED_NUMBER]);
        let graph = snapshot.graph();
        let is_exposed = |node| graph.kind(node) == NodeKind::NUMBER && names.contains(&graph.name_id(node));
        Self {
            // V8 then omits the root's own references.
            exposes_internals: !snapshot.producer().has_user_roots,
            exposes_numbers: !names.is_empty() && graph.nodes().any(is_exposed),
        }
    }
}

pub(super) fn merge([base, current]: &[Sorted<'_>; 2], cancel: &CancelToken) -> Result<Merged, Cancelled> {
    let is_damaged = [base, current].iter().any(|side| side.snapshot.recovery().is_some());
    // Missing data of a damaged file does not reveal the options.
    let options_differ = !is_damaged && Options::of(base.snapshot) != Options::of(current.snapshot);
    let smaller = base.ids.len().min(current.ids.len());
    let mut merged = Merged { smaller, options_differ, ..Merged::default() };
    let (mut a, mut b) = (0, 0);
    let mut steps = 0;
    while a < base.ids.len() || b < current.ids.len() {
        cancel.check_every(steps)?;
        steps += 1;
        let order = match (base.ids.get(a), current.ids.get(b)) {
            (Some(a), Some(b)) => a.0.cmp(&b.0),
            (Some(_), None) => Ordering::Less,
            _ => Ordering::Greater,
        };
        match order {
            Ordering::Less => {
                merged.deleted.push((base.class(base.ids[a].1), base.ids[a].1));
                a += 1;
            }
            Ordering::Greater => {
                merged.new.push((current.class(current.ids[b].1), current.ids[b].1));
                b += 1;
            }
            Ordering::Equal => {
                let (from_a, from_b) = (a, b);
                a += run(&base.ids[a..]);
                b += run(&current.ids[b..]);
                merged.shared += 1;
                if merged.shared.is_multiple_of(SAMPLED) {
                    merged.compare_strings(base, base.ids[from_a].1, current, current.ids[from_b].1);
                }
                if options_differ && is_hidden_on_one_side(base, base.ids[from_a].1, current, current.ids[from_b].1) {
                    continue;
                }
                merged.common += 1;
                let agree = cancel_out(&mut merged, (base, &base.ids[from_a..a]), (current, &current.ids[from_b..b]));
                let agree = if is_damaged {
                    let (a, b) = (NodeOrdinal(base.ids[from_a].1), NodeOrdinal(current.ids[from_b].1));
                    same_name(base.snapshot, a, current.snapshot, b)
                        .unwrap_or_else(|| base.snapshot.shallow_size(a) == current.snapshot.shallow_size(b))
                        && base.snapshot.kind(a) == current.snapshot.kind(b)
                } else {
                    agree
                };
                merged.agreeing += u64::from(agree);
            }
        }
    }
    if options_differ {
        let (before, after) = (unsized_ids(base.snapshot, cancel)?, unsized_ids(current.snapshot, cancel)?);
        let is_in = |ids: &[u64], of: &Snapshot, node: u32| ids.binary_search(&of.id(NodeOrdinal(node)).0).is_ok();
        merged.new.retain(|&(_, node)| !is_in(&before, current.snapshot, node));
        merged.deleted.retain(|&(_, node)| !is_in(&after, base.snapshot, node));
    }
    Ok(merged)
}

/// Returns the ids of nodes without a size, ascending. If internals are not exposed, the sizes of arrays and hidden
/// nodes belong to their owners.
fn unsized_ids(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Vec<u64>, Cancelled> {
    let nodes = snapshot.graph().nodes().filter(|&node| snapshot.shallow_size(node) == 0);
    let mut ids: Vec<u64> = nodes.map(|node| snapshot.id(node).0).collect();
    cancel.check()?;
    ids.par_sort_unstable();
    Ok(ids)
}

impl Merged {
    /// Returns true if ids refer to the same objects on both sides.
    pub(super) fn is_of_one_process(&self) -> bool {
        let part = |part: u64, whole: u64| if whole == 0 { 1.0 } else { convert::share(part, whole) };
        part(self.agreeing_strings, self.strings) >= AGREEING_STRINGS
            && (self.strings >= ENOUGH_STRINGS || part(self.agreeing, self.common) >= AGREEING_PART)
            && part(self.shared, self.smaller as u64) >= COMMON_PART
    }

    /// Compares the texts of two strings with the same id.
    fn compare_strings(&mut self, base: &Sorted<'_>, a: u32, current: &Sorted<'_>, b: u32) {
        let [(of_a, a), (of_b, b)] = [(base.snapshot, NodeOrdinal(a)), (current.snapshot, NodeOrdinal(b))];
        if (of_a.kind(a), of_b.kind(b)) == (NodeKind::STRING, NodeKind::STRING) {
            let same = same_name(of_a, a, of_b, b);
            self.strings += u64::from(same.is_some());
            self.agreeing_strings += u64::from(same == Some(true));
        }
    }
}

/// Returns true if an object is hidden in only one of the snapshots: without exposed internals, V8 hides what it
/// describes with them.
fn is_hidden_on_one_side(base: &Sorted<'_>, a: u32, current: &Sorted<'_>, b: u32) -> bool {
    let is_hidden = |of: &Sorted<'_>, node| of.snapshot.kind(NodeOrdinal(node)) == NodeKind::HIDDEN;
    is_hidden(base, a) != is_hidden(current, b)
}

/// Returns true if two nodes have the same name; `None` if it is missing in a damaged file.
fn same_name(of_a: &Snapshot, a: NodeOrdinal, of_b: &Snapshot, b: NodeOrdinal) -> Option<bool> {
    let (name_a, name_b) = (of_a.graph().name_id(a), of_b.graph().name_id(b));
    let is_missing = |of: &Snapshot, name| of.recovery().is_some_and(|recovery| name >= recovery.first_placeholder);
    if is_missing(of_a, name_a) || is_missing(of_b, name_b) {
        return None;
    }
    // Both were written by the same program, so equal texts are escaped alike.
    Some(of_a.graph().strings().raw(name_a) == of_b.graph().strings().raw(name_b))
}

/// Returns the number of entries at the start with the same id.
fn run(ids: &[(u64, u32)]) -> usize {
    ids.iter().take_while(|(id, _)| *id == ids[0].0).count()
}

/// Removes pairs of the same class from the objects of one id. Returns true if such a pair exists.
fn cancel_out(merged: &mut Merged, base: (&Sorted<'_>, &[(u64, u32)]), current: (&Sorted<'_>, &[(u64, u32)])) -> bool {
    let classes = |(side, ids): (&Sorted<'_>, &[(u64, u32)])| -> Vec<(u32, u32)> {
        ids.iter().map(|&(_, node)| (side.class(node), node)).collect()
    };
    if let ([one], [other]) = (base.1, current.1) {
        let (a, b) = (base.0.class(one.1), current.0.class(other.1));
        if a != b {
            merged.deleted.push((a, one.1));
            merged.new.push((b, other.1));
        }
        return a == b;
    }
    let before = classes(base);
    let mut after = classes(current);
    let mut agree = false;
    for (class, node) in before {
        match after.iter().position(|(of, _)| *of == class) {
            Some(at) => {
                after.remove(at);
                agree = true;
            }
            None => merged.deleted.push((class, node)),
        }
    }
    merged.new.extend(after);
    agree
}
