//! Retainers: the incoming edges of each node.

use rayon::prelude::*;

use crate::model::{CancelToken, Cancelled, Csr, POLL_INTERVAL, convert};

/// Returns the incoming edges of each node, in descending order.
///
/// A counting sort by target. Each thread owns a range of targets and reads all edges, so that the expensive random
/// writes are distributed without any synchronization.
///
/// # Errors
/// Returns [`Cancelled`] if `cancel` stops the work.
pub(super) fn retainers(targets: &[u32], node_count: usize, cancel: &CancelToken) -> Result<Csr, Cancelled> {
    let threads = rayon::current_num_threads().clamp(1, 8);
    let span = node_count.div_ceil(threads).max(1);

    let mut offsets = vec![0_u32; node_count + 1];
    offsets[..node_count].par_chunks_mut(span).enumerate().try_for_each(|(part, counts)| {
        let first = part * span;
        for block in targets.chunks(POLL_INTERVAL) {
            cancel.check()?;
            for &target in block {
                if let Some(count) = counts.get_mut((target as usize).wrapping_sub(first)) {
                    *count += 1;
                }
            }
        }
        Ok(())
    })?;

    // From counts to the end of each row, which the filling below moves down to its start.
    let mut end = 0_u32;
    let mut part_starts = Vec::with_capacity(threads + 1);
    for (node, offset) in offsets.iter_mut().enumerate() {
        if node.is_multiple_of(span) && node < node_count {
            part_starts.push(end as usize);
        }
        end += *offset;
        *offset = end;
    }
    part_starts.push(targets.len());

    let mut items = vec![0_u32; targets.len()];
    let mut rest = items.as_mut_slice();
    let mut parts = Vec::with_capacity(threads);
    for (part, cursors) in offsets[..node_count].chunks_mut(span).enumerate() {
        let (own, behind) = rest.split_at_mut(part_starts[part + 1] - part_starts[part]);
        rest = behind;
        parts.push((part, cursors, own));
    }
    parts.into_par_iter().try_for_each(|(part, cursors, own)| {
        let (first, first_item) = (part * span, part_starts[part]);
        for (block, edges) in targets.chunks(POLL_INTERVAL).enumerate() {
            cancel.check()?;
            for (at, &target) in edges.iter().enumerate() {
                if let Some(cursor) = cursors.get_mut((target as usize).wrapping_sub(first)) {
                    *cursor -= 1;
                    own[*cursor as usize - first_item] = convert::ordinal(block * POLL_INTERVAL + at);
                }
            }
        }
        Ok(())
    })?;
    Ok(Csr::new(offsets, items))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edge_is_listed_once_under_its_target_in_descending_order() {
        let targets = [2, 0, 2, 2, 4, 0, 2];
        let rows = retainers(&targets, 5, &CancelToken::new()).expect("not cancelled");
        let lists: Vec<&[u32]> = (0..5).map(|node| rows.row(node)).collect();
        assert_eq!(lists, [&[5, 1][..], &[], &[6, 3, 2, 0], &[], &[4]]);
    }

    #[test]
    fn a_graph_without_edges_or_nodes_has_no_retainers() {
        let rows = retainers(&[], 0, &CancelToken::new()).expect("not cancelled");
        assert_eq!(rows.row_count(), 0);
    }
}
