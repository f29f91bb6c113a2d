//! The snapshots of a call in the order of their ages, each state once.

use std::sync::Arc;

use super::super::failure::Failure;
use super::super::tool::{Call, ids};
use super::super::workspace::OpenSnapshot;
use crate::model::SnapshotId;
use crate::query::{Age, Distinct, DistinctOf};

/// Distinct snapshots in the order in which they were given, and sentences about those that are left out.
pub(super) struct Given {
    pub(super) snapshots: Vec<Arc<OpenSnapshot>>,
    pub(super) notes: Vec<String>,
}

impl Given {
    pub(super) fn of(call: &Call<'_>) -> Result<Self, Failure> {
        let all = call.snapshots()?;
        if all.len() == 1 {
            return Ok(Self { snapshots: all, notes: Vec::new() });
        }
        let distinct = call.workspace.ask(&DistinctOf(ids(&all)), call.cancel)?;
        let Distinct { kept, left_out } = &*distinct;
        let number = |at: usize| all[at].number();
        let notes = left_out.iter().map(|&(at, before)| {
            format!("note: snapshot {} is the same state as {}; ignored", number(at), number(before))
        });
        let notes = notes.collect();
        Ok(Self { snapshots: kept.iter().map(|&at| Arc::clone(&all[at])).collect(), notes })
    }

    pub(super) fn ids(&self) -> Arc<[SnapshotId]> {
        ids(&self.snapshots)
    }

    /// Sorts the snapshots of one process by age. Returns true if that changed their order.
    pub(super) fn sort_by_age(&mut self) -> bool {
        let age = |open: &Arc<OpenSnapshot>| Age::of(&open.snapshot);
        if self.snapshots.is_sorted_by_key(age) {
            return false;
        }
        self.snapshots.sort_by_key(age);
        self.notes.push("note: the snapshots have been sorted by age".to_owned());
        true
    }

    pub(super) fn numbers(&self) -> Vec<u32> {
        self.snapshots.iter().map(|open| open.number()).collect()
    }

    /// Returns the snapshots as `1 "a.heapsnapshot" 5.2 MB`, in order.
    pub(super) fn heading(&self) -> String {
        let one = |open: &Arc<OpenSnapshot>| {
            format!("{} ({})", open.number(), crate::model::human::bytes(open.snapshot.total_size()))
        };
        format!("snapshots {}", self.snapshots.iter().map(one).collect::<Vec<_>>().join(" -> "))
    }
}
