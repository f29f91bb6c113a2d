//! The example of a finding: one of the growing objects and its retaining path.

use std::collections::HashMap;

use serde::Serialize;

use crate::Snapshot;
use crate::export::{Columns, ObjectRow, Objects, REFERENCES, Record};
use crate::model::{CancelToken, Cancelled, NodeOrdinal, human};
use crate::query::HeldAlike;

/// The number of steps that are written at each end of a path.
const SHOWN_STEPS: usize = 25;

/// A new object and its retaining path.
#[derive(Debug, Serialize)]
pub(super) struct Example {
    pub(super) id: u64,
    pub(super) name: String,
    /// The number of new objects that are held the same way, this one included: by the same references except for
    /// element indexes, keys and the length of chains. 0 if the example is not new.
    pub(super) alike: u64,
    /// The number of objects that were held the same way in each snapshot.
    pub(super) alike_counts: Vec<u64>,
    /// True if no path from a root leads to the object.
    pub(super) unreachable: bool,
    /// The number of steps left out in the middle of the path.
    pub(super) skipped: usize,
    /// The path from the object up to a root.
    pub(super) path: Vec<Record<'static>>,
    /// The label of the object, as in lists.
    #[serde(skip)]
    pub(super) label: String,
    /// The ids and the labels of the path.
    #[serde(skip)]
    pub(super) steps: Vec<(u64, String)>,
}

impl Example {
    /// Returns an object that need not be new, with its path.
    pub(super) fn of(snapshot: &Snapshot, node: NodeOrdinal) -> Result<Self, Cancelled> {
        Ok(Self::new(snapshot, HeldAlike::of(snapshot, node, &CancelToken::new())?))
    }

    pub(super) fn new(last: &Snapshot, held: HeldAlike) -> Self {
        let (node, path) = (held.example, held.path);
        let skipped = path.len().saturating_sub(2 * SHOWN_STEPS);
        let is_shown = |at: usize| skipped == 0 || at < SHOWN_STEPS || at >= path.len() - SHOWN_STEPS;
        let shown = path.iter().enumerate().filter(|&(at, _)| is_shown(at));
        let rows: Vec<ObjectRow<'_>> = shown.map(|(_, &edge)| ObjectRow::source(last, edge)).collect();
        let columns = Columns::<Objects>::named(REFERENCES);
        let step = |row: &ObjectRow<'_>| (last.id(row.node).0, format!("{} in {}", row.edge_label(), row.label()));
        Self {
            id: last.id(node).0,
            name: last.display_name(node).into_owned(),
            alike: held.new_count,
            alike_counts: held.counts,
            unreachable: last.is_unreachable(node),
            skipped,
            path: rows.iter().map(|row| columns.record(row).into_owned()).collect(),
            label: ObjectRow::new(last, node).label(),
            steps: rows.iter().map(step).collect(),
        }
    }

    /// Formats the path as lines: the object, then its holders up to a root, or up to a holder in `seen`: objects
    /// written before, with the class that listed them. Adds the objects of this path to `seen`.
    pub(super) fn lines(&self, class: &str, seen: &mut HashMap<u64, String>) -> Vec<String> {
        let mut lines = vec![self.label.clone()];
        for (at, (id, label)) in self.steps.iter().enumerate() {
            if self.skipped > 0 && at == SHOWN_STEPS {
                lines.push(format!(
                    "  … {} …",
                    human::quantity(self.skipped as u64, "more reference", "more references")
                ));
            }
            lines.push(format!("  {label}"));
            if let Some(before) = seen.get(id) {
                let rest = self.steps.len() - at - 1;
                if rest > 0 {
                    lines.push(format!("  … continues as for {before}"));
                }
                return lines;
            }
            seen.insert(*id, class.to_owned());
        }
        if self.unreachable {
            lines.push("  unreachable: no path from a GC root".to_owned());
        } else if self.steps.is_empty() {
            lines.push("  held by a root".to_owned());
        }
        lines
    }
}
