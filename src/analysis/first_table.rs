//! The preliminary table, built from the nodes alone while everything else is still being computed.

use std::collections::HashMap;

use super::classes::{fixed_name, tag_name};
use crate::format::RawSnapshot;
use crate::model::{CancelToken, Cancelled, FirstRow, FirstTable, NodeKind, StringId};

/// Counts nodes and sums their sizes by future class name, without shapes. Nodes without a size are not counted.
///
/// # Errors
/// Returns [`Cancelled`] if `cancel` stops the work.
pub fn first_table(raw: &RawSnapshot, cancel: &CancelToken) -> Result<FirstTable, Cancelled> {
    let nodes = &raw.nodes;
    let strings = raw.strings.len();
    // Objects and native nodes are summed by name, the rest by kind. Nearly all per-string entries stay untouched.
    let (mut counts, mut sizes) = (vec![0_u64; strings], vec![0_u64; strings]);
    let mut by_kind = vec![(0_u64, 0_u64); 256];
    let mut table = FirstTable { node_count: nodes.kinds.len() as u64, ..FirstTable::default() };
    for (node, (&kind, &name)) in nodes.kinds.iter().zip(&nodes.names).enumerate() {
        cancel.check_every(node)?;
        let size = nodes.self_sizes.get(node);
        if size == 0 {
            continue;
        }
        table.self_size = table.self_size.saturating_add(size);
        if matches!(kind, NodeKind::OBJECT | NodeKind::NATIVE) {
            // The names are not validated yet.
            if let (Some(count), Some(sum)) = (counts.get_mut(name as usize), sizes.get_mut(name as usize)) {
                *count += 1;
                *sum = sum.saturating_add(size);
            }
        } else {
            let (count, sum) = &mut by_kind[usize::from(kind.0)];
            *count += 1;
            *sum = sum.saturating_add(size);
        }
    }
    let mut rows: HashMap<String, (u64, u64)> = HashMap::new();
    let mut add = |name: String, count: u64, size: u64| {
        let row = rows.entry(name).or_default();
        row.0 += count;
        row.1 = row.1.saturating_add(size);
    };
    for (string, (&count, &size)) in counts.iter().zip(&sizes).enumerate().filter(|(_, (count, _))| **count > 0) {
        cancel.check_every(string)?;
        let id = StringId(u32::try_from(string).unwrap_or(u32::MAX));
        let name = tag_name(raw.strings.identity(id));
        add(String::from_utf8_lossy(&name).into_owned(), count, size);
    }
    for (kind, &(count, size)) in (0_u8..=u8::MAX).map(NodeKind).zip(&by_kind).filter(|(_, sums)| sums.0 > 0) {
        let name = fixed_name(kind).map_or_else(|| format!("({})", raw.header.node_kind_name(kind)), str::to_owned);
        add(name, count, size);
    }
    table.rows = rows.into_iter().map(|(name, (count, self_size))| FirstRow { name, count, self_size }).collect();
    table
        .rows
        .sort_unstable_by(|one, other| other.self_size.cmp(&one.self_size).then_with(|| one.name.cmp(&other.name)));
    Ok(table)
}
