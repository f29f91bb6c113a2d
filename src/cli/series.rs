//! Opens several snapshots as a series: without duplicates, the oldest first.

use std::path::PathBuf;
use std::sync::Arc;

use super::{BadUsage, Files, name_of};
use crate::Snapshot;
use crate::capture::{Record, record_beside};
use crate::findings::outside_note;
use crate::model::{CancelToken, MemoryUsage};
use crate::query::{Age, Distinct, chronological, distinct};

/// A snapshot of a series, its name, and the record of its capture, if there is one beside the file.
pub(super) type Entry = (Arc<Snapshot>, String, Option<Record>);

/// Distinct snapshots with their names, in the order in which they were given.
pub(super) struct Opened {
    pub(super) snapshots: Vec<Entry>,
    /// Sentences about files that are the same snapshot as an earlier one.
    pub(super) repeated: Vec<String>,
}

impl Opened {
    /// Sorts the snapshots by age. Returns true if that changed their order. Ages mean nothing between processes.
    pub(super) fn sort_by_age(&mut self) -> bool {
        let age = |(snapshot, ..): &Entry| Age::of(snapshot);
        let is_reordered = !self.snapshots.is_sorted_by_key(age);
        chronological(&mut self.snapshots, age);
        is_reordered
    }

    /// Says that the process grew outside of its heap, if the snapshots or the records beside them show that.
    pub(super) fn outside_note(&self) -> Option<String> {
        let memory = |(.., record): &Entry| record.as_ref().and_then(|record| record.memory_usage);
        let process: Vec<Option<MemoryUsage>> = self.snapshots.iter().map(memory).collect();
        outside_note(&self.by_reference(), &process)
    }

    pub(super) fn by_reference(&self) -> Vec<&Snapshot> {
        self.snapshots.iter().map(|(snapshot, ..)| snapshot.as_ref()).collect()
    }
}

/// Opens files and leaves out those that are the same snapshot as an earlier one.
pub(super) fn open(files: &[&PathBuf], opener: &Files) -> anyhow::Result<Opened> {
    if files.iter().filter(|file| file.as_os_str() == "-").count() > 1 {
        return Err(BadUsage::error("standard input can hold only one snapshot; use `-` once"));
    }
    let snapshots: Vec<Arc<Snapshot>> = files.iter().map(|file| opener.open(file)).collect::<anyhow::Result<_>>()?;
    let names: Vec<String> = files.iter().map(|file| name_of(file)).collect();
    let by_reference: Vec<&Snapshot> = snapshots.iter().map(Arc::as_ref).collect();
    let Distinct { kept, left_out } = distinct(&by_reference, &CancelToken::new())?;
    let repeated = left_out
        .iter()
        .map(|&(at, before)| format!("{} is the same snapshot as {}", names[at], names[before]))
        .collect();
    let entry = |&at: &usize| (Arc::clone(&snapshots[at]), names[at].clone(), record_beside(files[at]));
    let snapshots = kept.iter().map(entry).collect();
    Ok(Opened { snapshots, repeated })
}
