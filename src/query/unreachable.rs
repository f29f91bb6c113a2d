//! Unreachable objects: no path of non-weak references leads to them from any root.
//!
//! V8 collects garbage before it writes a snapshot and leaves almost none. Other programs write garbage that is not
//! collected yet, or leave out references, so that most of a heap may seem unreachable.

use super::node_filter::NodeFilter;
use super::select::select;
use crate::model::{CancelToken, Cancelled, Distance, NodeOrdinal, convert, human};
use crate::snapshot::Snapshot;

/// The note on an unreachable object.
pub(crate) const UNREACHABLE: &str = "Unreachable: no path of references leads from a root to it";
/// The explanation of the note.
pub(crate) const UNREACHABLE_MEANING: &str =
    "It has not been collected yet, or the program that wrote the snapshot left out the references that hold it.";
/// The note on a reachable object without a distance.
const LEFT_OUT: &str = "Reached only through references of the runtime that distances ignore";
/// Smaller parts of the snapshot are not worth a note.
const RELEVANT_PART: f64 = 0.01;

/// Explains the distance of an object that no user root reaches.
#[must_use]
pub(crate) fn distance_meaning(snapshot: &Snapshot, node: NodeOrdinal) -> Option<String> {
    let distance = snapshot.distance(node);
    if let Some(hops) = distance.system() {
        let hops = human::quantity(u64::from(hops), "reference", "references");
        Some(format!("{hops} from the runtime's own roots; no user root reaches it"))
    } else if snapshot.is_unreachable(node) {
        Some(format!("{UNREACHABLE}. {UNREACHABLE_MEANING}"))
    } else {
        (distance == Distance::NONE).then(|| LEFT_OUT.to_owned())
    }
}

/// Returns the sum of the shallow sizes of the unreachable objects.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn unreachable_size(snapshot: &Snapshot, cancel: &CancelToken) -> Result<u64, Cancelled> {
    Ok(select(snapshot, &NodeFilter::Unreachable, cancel)?.shallow_size)
}

/// Returns the unreachable part of the snapshot's bytes in percent, if it is worth a note.
#[must_use]
pub fn relevant_percent(snapshot: &Snapshot, unreachable_size: u64) -> Option<f64> {
    let part = convert::share(unreachable_size, snapshot.total_size());
    (part >= RELEVANT_PART).then_some(part * 100.0)
}

/// Returns a note on unreachable objects, if they are a relevant part of the snapshot.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn unreachable_note(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Option<String>, Cancelled> {
    let size = unreachable_size(snapshot, cancel)?;
    let note = |percent: f64| {
        format!("{} ({percent:.1}%) is unreachable: no path of references leads there from a root", human::bytes(size))
    };
    Ok(relevant_percent(snapshot, size).map(note))
}
