//! Growth: classes over a series of snapshots of one process, in the order in which they were taken.
//!
//! A leak grows in *every* step; a cache grows once and keeps its size; temporary objects are allocated and freed. The
//! three-snapshot rule finds objects that are not in the first snapshot, are in one before the last, and are still alive
//! in the last.
//!
//! Every earlier snapshot is compared with the last one, one after another. Classes are grouped by the shapes of the
//! last one, as in a comparison of two snapshots, and an object of the last one is as old as the first snapshot that
//! has its id. So the time is that of one comparison per snapshot, and the memory that of a single comparison.
//!
//! Classes of reloaded scripts are merged, so that the leak of a module that is loaded again is that of one class.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::growth_groups::{GrowthGroup, Pattern, Point};
use super::matching::{Sorted, merge, sized_by_id};
use super::reloaded::{Grouping, Identity, JointClasses, ScriptUrls};
use super::scripts::{Scripts, scripts};
use crate::analysis::ClassKey;
use crate::model::{BitSet, CancelToken, Cancelled, ClassId, HeapBytes, NodeOrdinal, convert, difference};
use crate::snapshot::Snapshot;

/// A class over time. Its numbers are [`Growth::points`].
#[derive(Clone, Debug)]
pub struct GrownClass {
    pub name: String,
    pub key: ClassKey,
    pub pattern: Pattern,
    pub group: GrowthGroup,
    /// The class with this key in the last snapshot; the first one if several are merged.
    pub last_class: Option<ClassId>,
    /// The number of merged classes of the last snapshot.
    pub joined_count: u32,
    /// The objects that are not in the first snapshot but in the last.
    pub new_count: u64,
    /// Those of them that are in a snapshot before the last: the three-snapshot rule. 0 for two snapshots.
    pub survivor_count: u64,
}

/// The result: classes of any of the snapshots, and the age of the objects of the last one.
#[derive(Clone, Debug)]
pub struct Growth {
    /// True if ids refer to the same objects in all snapshots; otherwise there are numbers but no objects.
    pub ids_match: bool,
    /// True if snapshots of one process describe it differently, see [`super::Comparison::options_differ`].
    pub options_differ: bool,
    /// The totals of each snapshot: all objects, with their bytes as the retained size.
    pub totals: Vec<Point>,
    /// In the order of the last snapshot's classes, then those only in earlier ones.
    pub classes: Vec<GrownClass>,
    /// The points of each class, one per snapshot.
    points: Vec<Point>,
    /// The number of classes in each group, in the order of [`GrowthGroup::ALL`].
    counts: [u64; GrowthGroup::ALL.len()],
    /// Ordinals in the last snapshot: the objects of each class from the first step, from the second, …, by ordinal.
    objects: Vec<u32>,
    /// The starts of these parts; one entry more than classes × steps.
    starts: Vec<u32>,
}

impl Growth {
    /// Returns the number of steps between the snapshots.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.totals.len().saturating_sub(1)
    }

    /// Returns the number of classes in a group.
    #[must_use]
    pub fn class_count(&self, group: GrowthGroup) -> u64 {
        self.counts[group.index()]
    }

    /// Returns the points of a class, one per snapshot.
    #[must_use]
    pub fn points(&self, class: usize) -> &[Point] {
        let count = self.totals.len();
        self.points.get(class * count..(class + 1) * count).unwrap_or_default()
    }

    /// Returns the objects of a class that were allocated in some steps, which count from 0, and are alive in the last
    /// snapshot, as ordinals in it.
    #[must_use]
    pub fn came_in(&self, class: usize, steps: Range<usize>) -> &[u32] {
        let first = class * self.steps();
        let at = |step: usize| self.starts.get(first + step).map(|&start| start as usize);
        match (at(steps.start), at(steps.end)) {
            (Some(start), Some(end)) if steps.end <= self.steps() => self.objects.get(start..end).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Returns the objects of a class that are not in the first snapshot.
    #[must_use]
    pub fn new_objects(&self, class: usize) -> &[u32] {
        self.came_in(class, 0..self.steps())
    }

    /// Returns the objects of a class that the three-snapshot rule finds; with two snapshots all new ones.
    #[must_use]
    pub fn survivors(&self, class: usize) -> &[u32] {
        self.came_in(class, 0..self.steps().saturating_sub(1).max(1))
    }

    /// Returns the step in which a new object of a class was allocated.
    #[must_use]
    pub fn step_of(&self, class: usize, node: NodeOrdinal) -> Option<usize> {
        (0..self.steps()).find(|&step| self.came_in(class, step..step + 1).binary_search(&node.0).is_ok())
    }
}

impl HeapBytes for Growth {
    fn heap_bytes(&self) -> usize {
        (self.objects.capacity() + self.starts.capacity()) * 4
            + self.points.capacity() * size_of::<Point>()
            + self.classes.capacity() * size_of::<GrownClass>()
    }
}

impl GrownClass {
    /// Returns the growth from the first to the last snapshot.
    #[must_use]
    pub fn grown(points: &[Point], of: impl Fn(&Point) -> u64) -> i64 {
        match (points.first(), points.last()) {
            (Some(first), Some(last)) => difference(of(last), of(first)),
            _ => 0,
        }
    }
}

/// Follows classes through at least two snapshots, the oldest first.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn growth(snapshots: &[&Snapshot], cancel: &CancelToken) -> Result<Growth, Cancelled> {
    let scripts: Vec<Scripts> =
        snapshots.iter().map(|snapshot| scripts(snapshot, cancel)).collect::<Result<_, Cancelled>>()?;
    let shared = ScriptUrls::of_process(&scripts);
    // Whether the snapshots are of one process is known only when their classes are compared.
    let growth = growth_with(snapshots, |_| &shared, cancel)?;
    let own: Vec<ScriptUrls> = scripts.iter().map(ScriptUrls::of).collect();
    if growth.ids_match || own.iter().all(|own| *own == shared) {
        return Ok(growth);
    }
    growth_with(snapshots, |at| &own[at], cancel)
}

/// Follows classes with the URLs of scripts by the position of a snapshot.
fn growth_with<'a>(
    snapshots: &[&Snapshot],
    urls: impl Fn(usize) -> &'a ScriptUrls,
    cancel: &CancelToken,
) -> Result<Growth, Cancelled> {
    let totals = snapshots.iter().map(|snapshot| Point {
        count: snapshot.graph().node_count() as u64,
        shallow_size: snapshot.total_size(),
        retained_size: snapshot.total_size(),
    });
    let mut growth = Growth {
        ids_match: true,
        options_differ: false,
        totals: totals.collect(),
        classes: Vec::new(),
        points: Vec::new(),
        counts: [0; GrowthGroup::ALL.len()],
        objects: Vec::new(),
        starts: vec![0],
    };
    let Some((&last, earlier)) = snapshots.split_last() else { return Ok(growth) };
    let ids = sized_by_id(last, cancel)?;
    let newest = Grouping::new(last, Cow::Borrowed(last.classes()), urls(earlier.len()), cancel)?;
    let mut table = Table::new(snapshots.len(), &newest);
    let last_step = u16::try_from(earlier.len()).unwrap_or(u16::MAX);
    // The first snapshot with each object of the last one. Objects without a size are in no list.
    let mut first_seen = vec![last_step; last.graph().node_count()];
    for (at, &base) in earlier.iter().enumerate().rev() {
        let older = Grouping::new(base, base.regrouped(last.shapes(), cancel)?, urls(at), cancel)?;
        table.add(at, &older);
        let base_ids = sized_by_id(base, cancel)?;
        let joint = JointClasses::new(&older, &newest);
        let sides = [
            Sorted { ids: &base_ids, snapshot: base, classes: &older.classes, joint: &joint.of_base },
            Sorted { ids: &ids, snapshot: last, classes: &newest.classes, joint: &joint.of_current },
        ];
        let merged = merge(&sides, cancel)?;
        growth.ids_match &= merged.is_of_one_process();
        growth.options_differ |= merged.options_differ;
        let mut new = BitSet::new(first_seen.len());
        merged.new.iter().for_each(|&(_, node)| {
            new.insert(node as usize);
        });
        let step = u16::try_from(at).unwrap_or(u16::MAX);
        for (node, seen) in first_seen.iter_mut().enumerate() {
            if !new.contains(node) {
                *seen = step;
            }
        }
        cancel.check()?;
    }
    growth.options_differ &= growth.ids_match;
    growth.fill(&table, last, &newest, &first_seen, cancel)?;
    Ok(growth)
}

impl Growth {
    fn fill(
        &mut self,
        table: &Table,
        last: &Snapshot,
        newest: &Grouping<'_>,
        first_seen: &[u16],
        cancel: &CancelToken,
    ) -> Result<(), Cancelled> {
        let steps = self.steps();
        let class_count = table.newest_count;
        // The objects of each class by the step in which they were allocated: counted, then filled in.
        let mut counts = vec![0_u32; class_count * steps];
        let is_new = |node: usize| {
            let step = usize::from(first_seen[node]).checked_sub(1)?;
            let ordinal = NodeOrdinal(convert::ordinal(node));
            let class = table.of_newest[newest.class(ordinal).index()] as usize;
            (last.shallow_size(ordinal) > 0).then_some((class, step))
        };
        for node in 0..first_seen.len() {
            cancel.check_every(node)?;
            if let Some((class, step)) = is_new(node).filter(|_| self.ids_match) {
                counts[class * steps + step] += 1;
            }
        }
        // Classes without objects in any snapshot are dropped.
        let kept: Vec<usize> = (0..table.rows.len()).filter(|&class| table.is_used(class)).collect();
        let mut places = vec![0_u32; class_count * steps];
        for class in kept {
            let Row { name, key, url } = table.rows[class].clone();
            let group = GrowthGroup::of(&name, url.as_deref(), table.points(class));
            let points = table.points(class);
            let row = |step: usize| if class < class_count { counts[class * steps + step] } else { 0 };
            for step in 0..steps {
                let start = self.starts.last().copied().unwrap_or_default();
                if class < class_count {
                    places[class * steps + step] = start;
                }
                self.starts.push(start + row(step));
            }
            let came = |steps: Range<usize>| steps.map(|step| u64::from(row(step))).sum();
            self.classes.push(GrownClass {
                name,
                key,
                pattern: Pattern::of(points),
                group,
                last_class: table.last_classes.get(class).copied(),
                joined_count: table.last_classes.get(class).map_or(1, |&class| newest.joined.joined_count(class)),
                new_count: came(0..steps),
                survivor_count: came(0..steps.saturating_sub(1)),
            });
            self.points.extend_from_slice(points);
            self.counts[group.index()] += 1;
        }
        self.objects = vec![0; self.starts.last().copied().unwrap_or_default() as usize];
        for node in 0..first_seen.len() {
            cancel.check_every(node)?;
            if let Some((class, step)) = is_new(node).filter(|_| self.ids_match) {
                let place = &mut places[class * steps + step];
                self.objects[*place as usize] = u32::try_from(node).unwrap_or(u32::MAX);
                *place += 1;
            }
        }
        Ok(())
    }
}

/// A class of a [`Table`].
#[derive(Clone)]
struct Row {
    name: String,
    key: ClassKey,
    url: Option<Box<str>>,
}

/// The classes of all snapshots under one numbering: those of the last one, then those added by earlier ones.
struct Table {
    snapshots: usize,
    rows: Vec<Row>,
    by_identity: HashMap<Identity, usize>,
    points: Vec<Point>,
    /// The number of rows of the last snapshot, its class by row, and its row by class.
    newest_count: usize,
    last_classes: Vec<ClassId>,
    of_newest: Vec<u32>,
}

impl Table {
    fn new(snapshots: usize, newest: &Grouping<'_>) -> Self {
        let mut table = Self {
            snapshots,
            rows: Vec::new(),
            by_identity: HashMap::new(),
            points: Vec::new(),
            newest_count: 0,
            last_classes: newest.firsts().collect(),
            of_newest: vec![0; newest.classes.all().len()],
        };
        table.add(snapshots - 1, newest);
        table.newest_count = table.rows.len();
        for (row, class) in (0_u32..).zip(&table.last_classes) {
            table.of_newest[class.index()] = row;
        }
        table
    }

    fn add(&mut self, at: usize, group: &Grouping<'_>) {
        for class_id in group.firsts() {
            let next = self.rows.len();
            let identity = group.identities[class_id.index()].clone();
            let row = *self.by_identity.entry(identity).or_insert(next);
            if row == next {
                let class = group.classes.get(class_id);
                let url = group.identities[class_id.index()].url().map(Box::from);
                self.rows.push(Row { name: class.name.clone(), key: class.key.clone(), url });
                self.points.resize(self.rows.len() * self.snapshots, Point::default());
            }
            let totals = group.joined.totals(class_id);
            self.points[row * self.snapshots + at] =
                Point { count: totals.count, shallow_size: totals.shallow_size, retained_size: totals.retained_size };
        }
    }

    fn points(&self, row: usize) -> &[Point] {
        &self.points[row * self.snapshots..(row + 1) * self.snapshots]
    }

    fn is_used(&self, row: usize) -> bool {
        self.points(row).iter().any(|point| point.count > 0)
    }
}
