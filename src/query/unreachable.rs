//! Unreachable objects: no path of references that are not weak leads to them from any root.
//!
//! V8 collects garbage before it writes a snapshot and leaves nearly none. Other programs write what their collector has not freed yet, or
//! leave out references, so that most of a heap may seem to be unreachable.

use super::selection::{NodeFilter, select};
use crate::model::{CancelToken, Cancelled, Distance, NodeOrdinal, human};
use crate::snapshot::Snapshot;

/// The remark on such an object.
pub const UNREACHABLE: &str = "Unreachable: no path of references from a root leads to it";
/// The meaning of that.
pub const UNREACHABLE_MEANING: &str =
    "It was not collected yet, or the program that wrote the snapshot left out the references that hold it.";
/// The remark on a reachable object without a distance.
const LEFT_OUT: &str = "Reached only through references of the runtime that distances leave out";
/// A smaller part of the snapshot than this is not worth a remark.
const RELEVANT_PART: f64 = 0.01;

/// Explains an object's distance where it is no number of references from a user root.
#[must_use]
pub fn distance_meaning(snapshot: &Snapshot, node: NodeOrdinal) -> Option<String> {
    let distance = snapshot.distance(node);
    if let Some(hops) = distance.system() {
        Some(format!("{hops} from the runtime's own roots; no user root reaches it"))
    } else if snapshot.is_unreachable(node) {
        Some(format!("{UNREACHABLE}. {UNREACHABLE_MEANING}"))
    } else {
        (distance == Distance::NONE).then(|| LEFT_OUT.to_owned())
    }
}

/// Sums the shallow sizes of the unreachable objects.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
pub fn unreachable_size(snapshot: &Snapshot, cancel: &CancelToken) -> Result<u64, Cancelled> {
    Ok(select(snapshot, &NodeFilter::Unreachable, cancel)?.shallow_size)
}

/// Returns the part of the snapshot's bytes that is unreachable, in percent, if it is worth a remark.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a percentage")]
pub fn relevant_percent(snapshot: &Snapshot, unreachable_size: u64) -> Option<f64> {
    let part = unreachable_size as f64 / snapshot.total_size().max(1) as f64;
    (part >= RELEVANT_PART).then_some(part * 100.0)
}

/// Writes a remark on what is unreachable, where it is a relevant part of the snapshot.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
pub fn unreachable_note(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Option<String>, Cancelled> {
    let size = unreachable_size(snapshot, cancel)?;
    let note = |percent: f64| {
        format!(
            "{} ({percent:.1} %) are unreachable: no path of references from a root leads there",
            human::bytes(size)
        )
    };
    Ok(relevant_percent(snapshot, size).map(note))
}
