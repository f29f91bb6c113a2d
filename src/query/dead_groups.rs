//! Dead variables grouped by variable: one row for each variable of each scope, in all of its contexts.

use std::sync::Arc;

use std::borrow::Cow;
use std::collections::HashMap;

use super::question::{Lane, Need, Needs, Question};
use super::sorting::{Item, as_they_are, by_number, by_text, items, rows};
use super::{DeadVariable, DeadVariables, RowOrder, dead_variables};
use crate::model::{CancelToken, Cancelled, HeapBytes, NodeOrdinal, SnapshotId};
use crate::snapshot::Snapshot;

/// A variable of a scope, in all contexts where it is dead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeadGroup {
    /// The index of the scope.
    pub scope: usize,
    /// The full name of the variable.
    pub name: String,
    /// Indexes into [`DeadGroups::places`], largest retained size first.
    pub places: Arc<Vec<u32>>,
    /// The sums of the retained sizes of the values, and of the bytes that clearing the variables would free.
    pub held_size: u64,
    pub freed_size: u64,
}

/// All dead variables of a snapshot, grouped.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DeadGroups {
    pub dead: DeadVariables,
    /// In the order of the scopes.
    pub groups: Vec<DeadGroup>,
    /// Each dead variable with its context.
    pub places: Vec<(NodeOrdinal, DeadVariable)>,
    pub held_size: u64,
    pub freed_size: u64,
}

impl HeapBytes for DeadGroups {
    fn heap_bytes(&self) -> usize {
        self.dead.heap_bytes()
            + self.places.capacity() * size_of::<(NodeOrdinal, DeadVariable)>()
            + self.places.len() * 4
            + self.groups.capacity() * size_of::<DeadGroup>()
    }
}

/// Finds dead variables and groups them.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn dead_groups(snapshot: &Snapshot, cancel: &CancelToken) -> Result<DeadGroups, Cancelled> {
    let mut all = DeadGroups { dead: dead_variables(snapshot, cancel)?, ..DeadGroups::default() };
    let strings = snapshot.graph().strings();
    for (scope, of) in all.dead.scopes.iter().enumerate() {
        let mut at_name: HashMap<String, usize> = HashMap::new();
        let mut places: Vec<Vec<u32>> = Vec::new();
        let first = all.groups.len();
        for context in &of.contexts {
            cancel.check_every(all.places.len())?;
            for variable in &context.variables {
                let name = strings.text(variable.name).into_owned();
                let at = *at_name.entry(name.clone()).or_insert_with(|| {
                    places.push(Vec::new());
                    all.groups.push(DeadGroup { scope, name, places: Arc::default(), held_size: 0, freed_size: 0 });
                    places.len() - 1
                });
                places[at].push(u32::try_from(all.places.len()).unwrap_or(u32::MAX));
                let group = &mut all.groups[first + at];
                group.held_size = group.held_size.saturating_add(variable.retained_size);
                group.freed_size = group.freed_size.saturating_add(variable.freed_size);
                all.places.push((context.context, *variable));
            }
        }
        for (group, places) in all.groups[first..].iter_mut().zip(places) {
            group.places = Arc::new(places);
        }
    }
    all.held_size = all.groups.iter().fold(0, |sum, group| sum.saturating_add(group.held_size));
    all.freed_size = all.groups.iter().fold(0, |sum, group| sum.saturating_add(group.freed_size));
    Ok(all)
}

/// A sort key of dead variables.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum DeadGroupKey {
    Name,
    /// The number of contexts.
    Contexts,
    HeldSize,
    FreedSize,
}

/// A sort order of dead variables.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct DeadSort {
    pub key: DeadGroupKey,
    pub descending: bool,
}

impl DeadSort {
    /// Largest held size first.
    pub(crate) const BY_HELD_SIZE: Self = Self { key: DeadGroupKey::HeldSize, descending: true };
}

/// Returns the indices of the groups in order; ties are in the order of the scopes.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub(crate) fn ordered_dead_groups(
    all: &DeadGroups,
    sort: DeadSort,
    cancel: &CancelToken,
) -> Result<Vec<u32>, Cancelled> {
    let group = |item: Item| &all.groups[item.row as usize];
    let mut items = items(&(0..).take(all.groups.len()).collect::<Vec<u32>>());
    if sort.key == DeadGroupKey::Name {
        let name = |item: Item| Cow::from(group(item).name.as_str());
        by_text(&mut items, sort.descending, cancel, name, &as_they_are)?;
        return Ok(rows(&items));
    }
    let number = |item: Item| match sort.key {
        DeadGroupKey::Contexts => group(item).places.len() as u64,
        DeadGroupKey::FreedSize => group(item).freed_size,
        DeadGroupKey::Name | DeadGroupKey::HeldSize => group(item).held_size,
    };
    by_number(&mut items, sort.descending, cancel, number, &as_they_are)?;
    Ok(rows(&items))
}

/// Asks for context variables that no live function reads.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct DeadGroupsOf(pub SnapshotId);

impl Question for DeadGroupsOf {
    type Answer = DeadGroups;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.0]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<DeadGroups, Cancelled> {
        dead_groups(needs.snapshot(self.0), cancel)
    }
}

/// The question for the list of dead variables; row ids are indices of groups.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct DeadKey {
    pub snapshot: SnapshotId,
    pub sort: DeadSort,
}

impl Question for DeadKey {
    type Answer = RowOrder;
    const LANE: Lane = Lane::Interactive;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.snapshot]
    }

    fn needs(&self) -> Vec<Need> {
        vec![Box::new(DeadGroupsOf(self.snapshot))]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<RowOrder, Cancelled> {
        let groups = needs.answer(&DeadGroupsOf(self.snapshot));
        Ok(RowOrder { rows: Arc::new(ordered_dead_groups(&groups, self.sort, cancel)?) })
    }

    fn list(&self) -> Option<Self> {
        Some(Self { sort: DeadSort::BY_HELD_SIZE, ..*self })
    }
}
