//! Comparison: what came, what went and what grew between two snapshots.
//!
//! As in Chrome DevTools, the base is grouped into classes by the shapes of the current snapshot, and within a class objects
//! are told apart by their ids: those of the base alone are deleted, those of the current snapshot alone are new. All ids
//! of both are merged once; an id whose class differs counts as one of each.

use std::cmp::Ordering;
use std::collections::HashMap;

use rayon::prelude::*;

use crate::analysis::{ClassKey, Classes};
use crate::model::{CancelToken, Cancelled, ClassId, NodeKind, NodeOrdinal, POLL_INTERVAL, difference};
use crate::snapshot::Snapshot;

/// Where an object of a comparison lives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Side {
    Base,
    Current,
}

/// What came and went of one class.
#[derive(Clone, Debug)]
pub struct ComparedClass {
    pub name: String,
    pub key: ClassKey,
    /// The class of this key in the current snapshot.
    pub current_class: Option<ClassId>,
    pub new_count: u64,
    pub deleted_count: u64,
    /// Shallow sizes in bytes of what is new and of what was deleted.
    pub allocated_size: u64,
    pub freed_size: u64,
    /// All objects of the class, their shallow sizes, and what they retain together.
    pub base_count: u64,
    pub current_count: u64,
    pub base_shallow_size: u64,
    pub current_shallow_size: u64,
    pub base_retained_size: u64,
    pub current_retained_size: u64,
}

impl ComparedClass {
    /// New less deleted objects.
    #[must_use]
    pub fn delta(&self) -> i64 {
        difference(self.new_count, self.deleted_count)
    }

    /// Allocated less freed bytes.
    #[must_use]
    pub fn size_delta(&self) -> i64 {
        difference(self.allocated_size, self.freed_size)
    }

    /// Bytes that the class retains more than in the base.
    #[must_use]
    pub fn retained_delta(&self) -> i64 {
        difference(self.current_retained_size, self.base_retained_size)
    }
}

/// The answer: classes of which something differs, and the objects that came and went.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Whether ids mean the same objects in both; if not, classes are compared by their totals and there are no objects.
    pub ids_match: bool,
    /// Ids that occur in both, and those of them that are of one object: whose class is the same or, where a side is damaged
    /// and so lacks classes, whose type and name are, or type and size if the name is missing.
    pub common_ids: u64,
    pub agreeing_ids: u64,
    /// Of a sample of those that are strings on both sides: how many, and how many have the same text.
    pub common_strings: u64,
    pub agreeing_strings: u64,
    /// In the order of the current snapshot's classes, then those of the base alone.
    pub classes: Vec<ComparedClass>,
    /// Ordinals: of each class the new ones, then the deleted ones, both by id.
    objects: Vec<u32>,
    /// Where in `objects` each class's new and deleted ones start; one entry more than twice the classes.
    starts: Vec<u32>,
}

impl Comparison {
    /// New objects of a row: ordinals in the current snapshot, by id.
    #[must_use]
    pub fn new_objects(&self, row: usize) -> &[u32] {
        self.part(2 * row)
    }

    /// Deleted objects of a row: ordinals in the base, by id.
    #[must_use]
    pub fn deleted_objects(&self, row: usize) -> &[u32] {
        self.part(2 * row + 1)
    }

    /// New (even) and deleted (odd) objects of all rows.
    pub(super) fn part(&self, part: usize) -> &[u32] {
        match (self.starts.get(part), self.starts.get(part + 1)) {
            (Some(&start), Some(&end)) => &self.objects[start as usize..end as usize],
            _ => &[],
        }
    }

    /// Where a part starts among the indices of objects.
    pub(super) fn start(&self, part: usize) -> u32 {
        self.starts.get(part).copied().unwrap_or_default()
    }

    /// The object at an index that [`super::compared_objects`] gives.
    #[must_use]
    pub fn object(&self, index: u32) -> (Side, NodeOrdinal) {
        let part = self.starts.partition_point(|&start| start <= index).saturating_sub(1);
        let side = if part % 2 == 0 { Side::Current } else { Side::Base };
        (side, NodeOrdinal(self.objects.get(index as usize).copied().unwrap_or_default()))
    }

    /// Bytes held on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        (self.objects.capacity() + self.starts.capacity()) * 4 + self.classes.capacity() * size_of::<ComparedClass>()
    }
}

/// Of the ids that occur on both sides this part must have the same class on both.
///
/// In snapshots of one process an id stands for one object, and only a few percent of those change their class (an object
/// that got another property): 0.993 to 1.000 on real pairs. Between programs it is 0.34 and less.
const AGREEING_PART: f64 = 0.9;
/// And strings, which never change, this part the same text. A program that was started again gives many objects the ids
/// that others of their class had before: classes agree there, texts do not.
const AGREEING_STRINGS: f64 = 0.99;
/// One in so many ids is looked at for that.
const SAMPLED: u64 = 8;
/// And this part of the smaller side's objects must be on the other side.
const COMMON_PART: f64 = 0.02;

/// Compares two snapshots.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
pub fn compare(base: &Snapshot, current: &Snapshot, cancel: &CancelToken) -> Result<Comparison, Cancelled> {
    let ((regrouped, base_ids), current_ids) = rayon::join(
        || rayon::join(|| base.regrouped(current.shapes(), cancel), || sized_by_id(base, cancel)),
        || sized_by_id(current, cancel),
    );
    let (regrouped, base_ids, current_ids) = (regrouped?, base_ids?, current_ids?);
    let joint = JointClasses::of(&regrouped, current.classes());
    let sides = [
        Sorted { ids: &base_ids, snapshot: base, classes: &regrouped, joint: Some(&joint.of_base) },
        Sorted { ids: &current_ids, snapshot: current, classes: current.classes(), joint: None },
    ];
    let merged = merge(&sides, cancel)?;
    let ids_match = merged.is_of_one_process(base_ids.len().min(current_ids.len()));
    let mut comparison = Comparison {
        ids_match,
        common_ids: merged.common,
        agreeing_ids: merged.agreeing,
        common_strings: merged.strings,
        agreeing_strings: merged.agreeing_strings,
        classes: Vec::new(),
        objects: Vec::new(),
        starts: vec![0],
    };
    let sums = [sum_up(base, &merged.deleted, joint.len), sum_up(current, &merged.new, joint.len)];
    let (new, deleted) = (Buckets::of(&merged.new, joint.len), Buckets::of(&merged.deleted, joint.len));
    for (class, (&went, &came)) in sums[0].iter().zip(&sums[1]).enumerate() {
        cancel.check_every(class)?;
        let mut row = joint.row(class, &regrouped, current.classes());
        if ids_match {
            (row.deleted_count, row.freed_size) = went;
            (row.new_count, row.allocated_size) = came;
            if row.deleted_count == 0 && row.new_count == 0 {
                continue;
            }
            if row.current_count == 0 {
                row.name = last_name(base, &regrouped, &row);
            }
            comparison.objects.extend_from_slice(new.get(class));
            comparison.starts.push(u32::try_from(comparison.objects.len()).unwrap_or(u32::MAX));
            comparison.objects.extend_from_slice(deleted.get(class));
        } else {
            row.compare_totals();
            if row.delta() == 0 && row.size_delta() == 0 && row.retained_delta() == 0 {
                continue;
            }
            comparison.starts.push(0);
        }
        comparison.starts.push(u32::try_from(comparison.objects.len()).unwrap_or(u32::MAX));
        comparison.classes.push(row);
    }
    Ok(comparison)
}

impl ComparedClass {
    /// What can be said where objects cannot be told apart.
    fn compare_totals(&mut self) {
        self.new_count = self.current_count.saturating_sub(self.base_count);
        self.deleted_count = self.base_count.saturating_sub(self.current_count);
        self.allocated_size = self.current_shallow_size.saturating_sub(self.base_shallow_size);
        self.freed_size = self.base_shallow_size.saturating_sub(self.current_shallow_size);
    }
}

/// A class of the base alone is called as DevTools calls it: as the last of its nodes is in the base on its own.
fn last_name(base: &Snapshot, regrouped: &Classes, row: &ComparedClass) -> String {
    let Some(class) = regrouped.find(&row.key) else { return row.name.clone() };
    let nodes = regrouped.by_node().iter().enumerate().rev();
    let sized = |node: usize| base.shallow_size(NodeOrdinal(u32::try_from(node).unwrap_or(u32::MAX))) > 0;
    let last = nodes.filter(|&(_, of)| *of == class.0).map(|(node, _)| node).find(|&node| sized(node));
    last.map_or_else(
        || row.name.clone(),
        |node| base.class(NodeOrdinal(u32::try_from(node).unwrap_or(u32::MAX))).name.clone(),
    )
}

/// Classes of both sides under one numbering: the current snapshot's own, then those of the base alone.
pub(super) struct JointClasses {
    /// By class of the regrouped base.
    pub(super) of_base: Vec<u32>,
    /// The base's class of each, if it has one.
    in_base: Vec<Option<u32>>,
    len: usize,
    current_len: usize,
}

impl JointClasses {
    pub(super) fn of(base: &Classes, current: &Classes) -> Self {
        let known = by_key(current);
        let current_len = current.all().len();
        let mut in_base: Vec<Option<u32>> = vec![None; current_len];
        let mut of_base = Vec::with_capacity(base.all().len());
        for (at, class) in (0_u32..).zip(base.all()) {
            let joint = known.get(&class.key).map_or(in_base.len(), |known| known.index());
            if joint == in_base.len() {
                in_base.push(Some(at));
            } else {
                in_base[joint] = Some(at);
            }
            of_base.push(u32::try_from(joint).unwrap_or(u32::MAX));
        }
        let len = in_base.len();
        Self { of_base, in_base, len, current_len }
    }

    fn row(&self, class: usize, base: &Classes, current: &Classes) -> ComparedClass {
        let before = self.in_base[class].map(|class| base.get(ClassId(class)));
        let after = (class < self.current_len).then(|| &current.all()[class]);
        let any = after.or(before);
        let current_class = after.and_then(|_| u32::try_from(class).ok()).map(ClassId);
        ComparedClass {
            name: any.map_or_else(String::new, |class| class.name.clone()),
            key: any.map_or_else(ClassKey::default, |class| class.key.clone()),
            current_class,
            new_count: 0,
            deleted_count: 0,
            allocated_size: 0,
            freed_size: 0,
            base_count: before.map_or(0, |class| class.count),
            current_count: after.map_or(0, |class| class.count),
            base_shallow_size: before.map_or(0, |class| class.shallow_size),
            current_shallow_size: after.map_or(0, |class| class.shallow_size),
            base_retained_size: before.map_or(0, |class| class.retained_size),
            current_retained_size: after.map_or(0, |class| class.retained_size),
        }
    }
}

fn by_key(classes: &Classes) -> HashMap<&ClassKey, ClassId> {
    (0_u32..).zip(classes.all()).map(|(at, class)| (&class.key, ClassId(at))).collect()
}

/// Nodes that have a size, by id, then by ordinal.
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
    /// Joint number of each class; `None` where they are the same.
    pub(super) joint: Option<&'a [u32]>,
}

impl Sorted<'_> {
    fn class(&self, node: u32) -> u32 {
        let class = self.classes.of(NodeOrdinal(node));
        self.joint.map_or(class.0, |joint| joint[class.index()])
    }
}

/// Objects with their joint classes, by id.
#[derive(Default)]
pub(super) struct Merged {
    pub(super) new: Vec<(u32, u32)>,
    deleted: Vec<(u32, u32)>,
    common: u64,
    agreeing: u64,
    strings: u64,
    agreeing_strings: u64,
}

pub(super) fn merge([base, current]: &[Sorted<'_>; 2], cancel: &CancelToken) -> Result<Merged, Cancelled> {
    let mut merged = Merged::default();
    let (mut a, mut b) = (0, 0);
    let mut steps = 0;
    let is_damaged = [base, current].iter().any(|side| side.snapshot.salvage().is_some());
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
                merged.common += 1;
                if merged.common.is_multiple_of(SAMPLED) {
                    merged.compare_strings(base, base.ids[from_a].1, current, current.ids[from_b].1);
                }
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
    Ok(merged)
}

impl Merged {
    /// Whether ids mean the same objects on both sides, of which the smaller has so many.
    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    pub(super) fn is_of_one_process(&self, smaller: usize) -> bool {
        let part = |part: u64, whole: u64| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
        part(self.agreeing, self.common) >= AGREEING_PART
            && part(self.agreeing_strings, self.strings) >= AGREEING_STRINGS
            && part(self.common, smaller as u64) >= COMMON_PART
    }

    /// Notes whether two strings of one id have one text.
    fn compare_strings(&mut self, base: &Sorted<'_>, a: u32, current: &Sorted<'_>, b: u32) {
        let [(of_a, a), (of_b, b)] = [(base.snapshot, NodeOrdinal(a)), (current.snapshot, NodeOrdinal(b))];
        if (of_a.kind(a), of_b.kind(b)) == (NodeKind::STRING, NodeKind::STRING) {
            let same = same_name(of_a, a, of_b, b);
            self.strings += u64::from(same.is_some());
            self.agreeing_strings += u64::from(same == Some(true));
        }
    }
}

/// Whether two nodes have one name; `None` where it is missing in a damaged file.
fn same_name(of_a: &Snapshot, a: NodeOrdinal, of_b: &Snapshot, b: NodeOrdinal) -> Option<bool> {
    let (name_a, name_b) = (of_a.graph().name_id(a), of_b.graph().name_id(b));
    let is_missing = |of: &Snapshot, name| of.salvage().is_some_and(|salvage| name >= salvage.first_placeholder);
    if is_missing(of_a, name_a) || is_missing(of_b, name_b) {
        return None;
    }
    // Both were written by one program, so equal texts are written alike.
    Some(of_a.graph().strings().raw(name_a) == of_b.graph().strings().raw(name_b))
}

/// How many entries at the start have the same id.
fn run(ids: &[(u64, u32)]) -> usize {
    ids.iter().take_while(|(id, _)| *id == ids[0].0).count()
}

/// Objects of one id, of which pairs of the same class are in both; whether there was such a pair.
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

/// Count and shallow size by joint class.
fn sum_up(snapshot: &Snapshot, objects: &[(u32, u32)], classes: usize) -> Vec<(u64, u64)> {
    let mut sums = vec![(0, 0_u64); classes];
    for &(class, node) in objects {
        let sum = &mut sums[class as usize];
        sum.0 += 1;
        sum.1 = sum.1.saturating_add(snapshot.shallow_size(NodeOrdinal(node)));
    }
    sums
}

/// Objects by class, each class's in the order in which they came.
struct Buckets {
    starts: Vec<u32>,
    nodes: Vec<u32>,
}

impl Buckets {
    fn of(objects: &[(u32, u32)], classes: usize) -> Self {
        let mut starts = vec![0_u32; classes + 1];
        for &(class, _) in objects {
            starts[class as usize + 1] += 1;
        }
        for class in 0..classes {
            starts[class + 1] += starts[class];
        }
        let mut next = starts.clone();
        let mut nodes = vec![0; objects.len()];
        for &(class, node) in objects {
            nodes[next[class as usize] as usize] = node;
            next[class as usize] += 1;
        }
        Self { starts, nodes }
    }

    fn get(&self, class: usize) -> &[u32] {
        &self.nodes[self.starts[class] as usize..self.starts[class + 1] as usize]
    }
}
