//! Comparison: objects that were allocated and freed between two snapshots, and classes that grew.
//!
//! As in Chrome DevTools, the base is grouped into classes by the shapes of the current snapshot, and objects of a
//! class are matched by id: those only in the base were deleted, those only in the current snapshot are new. All ids of
//! both are merged once. An id whose class differs counts as one deleted and one new object.
//!
//! Classes of reloaded scripts have one row each, as in DevTools, or are merged into one row ([`compare_joined`]).

use super::matching::{Sorted, merge, sized_by_id};
use super::question::{Needs, Question};
use super::reloaded::{Grouping, JointClasses, Reloaded, ScriptUrls};
use super::scripts::scripts;
use crate::analysis::{ClassKey, ClassTotals};
use crate::model::{CancelToken, Cancelled, ClassId, HeapBytes, NodeOrdinal, SnapshotId, difference};
use crate::snapshot::Snapshot;

/// The snapshot of an object in a comparison.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Side {
    Base,
    Current,
}

/// The new and deleted objects of a class.
#[derive(Clone, Debug)]
pub struct ComparedClass {
    pub name: String,
    pub key: ClassKey,
    /// The class with this key in the current snapshot; the first one if several are merged.
    pub current_class: Option<ClassId>,
    /// The number of merged classes in this row: of the current snapshot, or of the base if the current one has none.
    pub joined_count: u32,
    pub new_count: u64,
    pub deleted_count: u64,
    /// The shallow sizes of new and of deleted objects, in bytes.
    pub allocated_size: u64,
    pub freed_size: u64,
    /// All objects of the class, their shallow sizes, and their common retained size.
    pub base_count: u64,
    pub current_count: u64,
    pub base_shallow_size: u64,
    pub current_shallow_size: u64,
    pub base_retained_size: u64,
    pub current_retained_size: u64,
}

impl ComparedClass {
    /// Returns the number of new minus deleted objects.
    #[must_use]
    pub fn delta(&self) -> i64 {
        difference(self.new_count, self.deleted_count)
    }

    /// Returns the allocated minus the freed bytes.
    #[must_use]
    pub fn size_delta(&self) -> i64 {
        difference(self.allocated_size, self.freed_size)
    }

    /// Returns the growth of the retained size in bytes.
    #[must_use]
    pub fn retained_delta(&self) -> i64 {
        difference(self.current_retained_size, self.base_retained_size)
    }
}

/// The result: classes that differ, with their new and deleted objects.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// True if ids refer to the same objects in both; otherwise classes are compared by totals and there are no
    /// objects.
    pub ids_match: bool,
    /// True if both are of one process but describe it differently: only one exposes internals or numeric values.
    pub options_differ: bool,
    /// True if merging reloaded scripts changes, or has changed, any of these rows.
    pub has_reloaded: bool,
    /// In the order of the current snapshot's classes, then those only in the base.
    pub classes: Vec<ComparedClass>,
    /// Ordinals: the new objects of each class, then the deleted ones, both by id.
    objects: Vec<u32>,
    /// The starts of each class's new and deleted objects in `objects`; one entry more than twice the classes.
    starts: Vec<u32>,
}

impl Comparison {
    /// Returns the new objects of a row: ordinals in the current snapshot, by id.
    #[must_use]
    pub fn new_objects(&self, row: usize) -> &[u32] {
        self.part(2 * row)
    }

    /// Returns the deleted objects of a row: ordinals in the base, by id.
    #[must_use]
    pub fn deleted_objects(&self, row: usize) -> &[u32] {
        self.part(2 * row + 1)
    }

    /// Returns the new (even) or deleted (odd) objects of a row.
    pub(super) fn part(&self, part: usize) -> &[u32] {
        match (self.starts.get(part), self.starts.get(part + 1)) {
            (Some(&start), Some(&end)) => &self.objects[start as usize..end as usize],
            _ => &[],
        }
    }

    /// Returns the start of a part in the indices of objects.
    pub(super) fn start(&self, part: usize) -> u32 {
        self.starts.get(part).copied().unwrap_or_default()
    }

    /// Returns the object at an index from [`super::compared_objects`].
    #[must_use]
    pub fn object(&self, index: u32) -> (Side, NodeOrdinal) {
        let part = self.starts.partition_point(|&start| start <= index).saturating_sub(1);
        let side = if part % 2 == 0 { Side::Current } else { Side::Base };
        (side, NodeOrdinal(self.objects.get(index as usize).copied().unwrap_or_default()))
    }
}

impl HeapBytes for Comparison {
    fn heap_bytes(&self) -> usize {
        (self.objects.capacity() + self.starts.capacity()) * 4 + self.classes.capacity() * size_of::<ComparedClass>()
    }
}

/// The note on two snapshots of one process whose [`Comparison::options_differ`].
pub(crate) const OPTIONS_DIFFER: &str = "The snapshots are from the same process but were taken with different options: only one \
     exposes internals or numeric values. Objects that only one of them describes are listed as new or deleted, and sizes \
     may differ.";

/// Compares two snapshots. The rows are those of DevTools.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn compare(base: &Snapshot, current: &Snapshot, cancel: &CancelToken) -> Result<Comparison, Cancelled> {
    compare_by(base, current, false, cancel)
}

/// Compares two snapshots. Classes of reloaded scripts are merged into one row.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn compare_joined(base: &Snapshot, current: &Snapshot, cancel: &CancelToken) -> Result<Comparison, Cancelled> {
    compare_by(base, current, true, cancel)
}

fn compare_by(
    base: &Snapshot,
    current: &Snapshot,
    is_joined: bool,
    cancel: &CancelToken,
) -> Result<Comparison, Cancelled> {
    let (of_base, of_current) = rayon::join(|| scripts(base, cancel), || scripts(current, cancel));
    let (of_base, of_current) = (of_base?, of_current?);
    let own = [&of_base, &of_current].map(ScriptUrls::of);
    let shared = ScriptUrls::of_process([&of_base, &of_current]);
    // Whether the two are of one process is known only when their classes are compared.
    let comparison = compare_with((base, &shared), (current, &shared), is_joined, cancel)?;
    if comparison.ids_match || own.iter().all(|own| *own == shared) {
        return Ok(comparison);
    }
    compare_with((base, &own[0]), (current, &own[1]), is_joined, cancel)
}

fn compare_with(
    (base, base_urls): (&Snapshot, &ScriptUrls),
    (current, current_urls): (&Snapshot, &ScriptUrls),
    is_joined: bool,
    cancel: &CancelToken,
) -> Result<Comparison, Cancelled> {
    let none = ScriptUrls::default();
    let group = |of, classes, urls| Grouping::new(of, classes, if is_joined { urls } else { &none }, cancel);
    let ((base_group, base_ids), (current_group, current_ids)) = rayon::join(
        || {
            let regrouped = || group(base, base.regrouped(current.shapes(), cancel)?, base_urls);
            rayon::join(regrouped, || sized_by_id(base, cancel))
        },
        || {
            let own = || group(current, std::borrow::Cow::Borrowed(current.classes()), current_urls);
            rayon::join(own, || sized_by_id(current, cancel))
        },
    );
    let groups = Groups { base: base_group?, current: current_group? };
    let (base_ids, current_ids) = (base_ids?, current_ids?);
    let joint = JointClasses::new(&groups.base, &groups.current);
    let sides = [
        Sorted { ids: &base_ids, snapshot: base, classes: &groups.base.classes, joint: &joint.of_base },
        Sorted { ids: &current_ids, snapshot: current, classes: &groups.current.classes, joint: &joint.of_current },
    ];
    let merged = merge(&sides, cancel)?;
    let ids_match = merged.is_of_one_process();
    let mut comparison = Comparison {
        ids_match,
        options_differ: ids_match && merged.options_differ,
        has_reloaded: false,
        classes: Vec::new(),
        objects: Vec::new(),
        starts: vec![0],
    };
    let reloaded = Reloaded::find((&groups.base.classes, base_urls), (&groups.current.classes, current_urls));
    let len = joint.rows.len();
    let sums = [sum_up(base, &merged.deleted, len), sum_up(current, &merged.new, len)];
    let objects = [Buckets::of(&merged.deleted, len), Buckets::of(&merged.new, len)];
    for (class, &listed) in joint.rows.iter().enumerate() {
        cancel.check_every(class)?;
        let row = groups.row(listed);
        let count = comparison.classes.len();
        if ids_match {
            comparison.add(row, sums.each_ref().map(|sums| sums[class]), objects.each_ref().map(|of| of.get(class)));
        } else {
            comparison.add_totals(row);
        }
        let Some(row) = comparison.classes.get_mut(count) else { continue };
        comparison.has_reloaded |= reloaded.concerns(listed);
        if ids_match && row.current_count == 0 {
            row.name = last_name(base, &groups.base, listed.0).unwrap_or(std::mem::take(&mut row.name));
        }
    }
    Ok(comparison)
}

impl Comparison {
    /// Adds the row of a class that has new or deleted objects, with the counts, sizes and ordinals of the deleted and
    /// the new ones.
    fn add(&mut self, mut row: ComparedClass, [freed, allocated]: [(u64, u64); 2], [deleted, new]: [&[u32]; 2]) {
        (row.deleted_count, row.freed_size) = freed;
        (row.new_count, row.allocated_size) = allocated;
        if row.deleted_count == 0 && row.new_count == 0 {
            return;
        }
        for objects in [new, deleted] {
            self.objects.extend_from_slice(objects);
            self.starts.push(u32::try_from(self.objects.len()).unwrap_or(u32::MAX));
        }
        self.classes.push(row);
    }

    /// Adds the row of a class if its totals differ.
    fn add_totals(&mut self, mut row: ComparedClass) {
        row.compare_totals();
        if row.delta() != 0 || row.size_delta() != 0 || row.retained_delta() != 0 {
            self.starts.extend([0, 0]);
            self.classes.push(row);
        }
    }
}

/// The classes of both sides.
struct Groups<'a> {
    base: Grouping<'a>,
    current: Grouping<'a>,
}

impl Groups<'_> {
    /// Creates the row of a class with its ids in the base and in the current snapshot, without new and deleted
    /// objects.
    fn row(&self, (in_base, in_current): (Option<ClassId>, Option<ClassId>)) -> ComparedClass {
        let totals = |of: &Grouping<'_>, class: Option<ClassId>| {
            class.map_or(ClassTotals::NOTHING, |class| of.joined.totals(class))
        };
        let (before, after) = (totals(&self.base, in_base), totals(&self.current, in_current));
        let newer = in_current.map(|class| (&self.current, class));
        let any = newer.or(in_base.map(|class| (&self.base, class)));
        let class = any.map(|(of, class)| of.classes.get(class));
        ComparedClass {
            name: class.map_or_else(String::new, |class| class.name.clone()),
            key: class.map_or_else(ClassKey::default, |class| class.key.clone()),
            current_class: in_current,
            joined_count: any.map_or(1, |(of, class)| of.joined.joined_count(class)),
            new_count: 0,
            deleted_count: 0,
            allocated_size: 0,
            freed_size: 0,
            base_count: before.count,
            current_count: after.count,
            base_shallow_size: before.shallow_size,
            current_shallow_size: after.shallow_size,
            base_retained_size: before.retained_size,
            current_retained_size: after.retained_size,
        }
    }
}

impl ComparedClass {
    /// Compares totals, for ids that do not match.
    fn compare_totals(&mut self) {
        self.new_count = self.current_count.saturating_sub(self.base_count);
        self.deleted_count = self.base_count.saturating_sub(self.current_count);
        self.allocated_size = self.current_shallow_size.saturating_sub(self.base_shallow_size);
        self.freed_size = self.base_shallow_size.saturating_sub(self.current_shallow_size);
    }
}

/// Returns the name that DevTools gives a class only in the base: that of its last node in the base itself.
fn last_name(base: &Snapshot, regrouped: &Grouping<'_>, class: Option<ClassId>) -> Option<String> {
    let class = class?;
    let count = u32::try_from(base.graph().node_count()).unwrap_or(u32::MAX);
    let is_of_class = |&node: &NodeOrdinal| regrouped.class(node) == class && base.shallow_size(node) > 0;
    let last = (0..count).rev().map(NodeOrdinal).find(is_of_class)?;
    Some(base.class(last).name.clone())
}

/// Returns the count and shallow size of each joint class.
fn sum_up(snapshot: &Snapshot, objects: &[(u32, u32)], classes: usize) -> Vec<(u64, u64)> {
    let mut sums = vec![(0, 0_u64); classes];
    for &(class, node) in objects {
        let sum = &mut sums[class as usize];
        sum.0 += 1;
        sum.1 = sum.1.saturating_add(snapshot.shallow_size(NodeOrdinal(node)));
    }
    sums
}

/// Objects grouped by class. Each group keeps the original order.
#[derive(Debug)]
pub(super) struct Buckets {
    starts: Vec<u32>,
    nodes: Vec<u32>,
}

impl Buckets {
    pub(super) fn of(objects: &[(u32, u32)], classes: usize) -> Self {
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

    pub(super) fn get(&self, class: usize) -> &[u32] {
        &self.nodes[self.starts[class] as usize..self.starts[class + 1] as usize]
    }
}

/// Asks for the comparison of two snapshots.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ComparisonOf {
    pub base: SnapshotId,
    pub current: SnapshotId,
    /// True if classes of reloaded scripts are merged into one row.
    pub joined: bool,
}

impl Question for ComparisonOf {
    type Answer = Comparison;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.base, self.current]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<Comparison, Cancelled> {
        let compare = if self.joined { compare_joined } else { compare };
        compare(needs.snapshot(self.base), needs.snapshot(self.current), cancel)
    }
}
