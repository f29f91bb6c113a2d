//! Objects that are reachable only through contexts of closures.

use super::native_contexts::HeldByContexts;
use super::node_filter::NodeFilter;
use super::node_sets::contexts;
use super::select::nodes;
use crate::model::{CancelToken, Cancelled};
use crate::snapshot::Snapshot;

/// Counts the objects that are reachable only through contexts of closures: stale closures may keep them alive.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn held_by_contexts(snapshot: &Snapshot, cancel: &CancelToken) -> Result<HeldByContexts, Cancelled> {
    let contexts = contexts(snapshot, cancel)?;
    let held = nodes(snapshot, &NodeFilter::HeldByContexts, cancel)?;
    let mut sums = HeldByContexts::default();
    for node in snapshot.graph().nodes() {
        cancel.check_every(node.index())?;
        let size = snapshot.shallow_size(node);
        if size == 0 {
            continue;
        }
        sums.context_count += u64::from(contexts.contains(node.index()));
        if held.contains(node.index()) {
            sums.held_count += 1;
            sums.held_size = sums.held_size.saturating_add(size);
        } else {
            sums.other_count += 1;
            sums.other_size = sums.other_size.saturating_add(size);
        }
    }
    Ok(sums)
}
