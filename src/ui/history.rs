//! History: back and forward through visited views.

use crate::model::SnapshotId;
use std::sync::Arc;

use super::command::{Lower, Target, ViewKind};
use super::panes::Slot;
use super::panes::paths::MergeRequest;
use super::tree_table::Path;

/// The maximum number of visits.
const LIMIT: usize = 500;

/// The part of a view's state after a user action that going back restores.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Visit {
    pub slot: Slot,
    pub kind: ViewKind,
    /// The selected row of the upper table.
    pub row: Option<Path>,
    /// The object whose retainers and retaining paths are shown.
    pub target: Option<Target>,
    pub lower: Lower,
    /// The objects whose paths are merged.
    pub merged: Option<Arc<MergeRequest>>,
}

/// The visits in order, and the current position among them.
#[derive(Debug, Default)]
pub struct History {
    visits: Vec<Visit>,
    /// Index of the visit that is on screen.
    at: usize,
    /// True if that visit was reached by moving along rows, so that the next row replaces it.
    passing: bool,
}

impl History {
    /// Records the state after a user action. Moving over several rows in succession leaves a single visit.
    pub fn visit(&mut self, visit: Visit, passing: bool) {
        if self.visits.get(self.at) == Some(&visit) {
            self.passing = passing;
            return;
        }
        self.visits.truncate(self.at + 1);
        let replaces = passing && self.passing && self.visits.last().is_some_and(|last| last.slot == visit.slot);
        if replaces {
            self.visits.pop();
        }
        self.visits.push(visit);
        if self.visits.len() > LIMIT {
            self.visits.remove(0);
        }
        self.at = self.visits.len() - 1;
        self.passing = passing;
    }

    /// Records changes on screen without a user action, such as a row that arrived late.
    pub fn refresh(&mut self, visit: Visit) {
        if let Some(current) = self.visits.get_mut(self.at)
            && current.slot == visit.slot
        {
            *current = visit;
        }
    }

    /// Returns the number of visits, including those that Forward leads to.
    #[must_use]
    pub fn visit_count(&self) -> usize {
        self.visits.len()
    }

    pub fn back(&mut self) -> Option<Visit> {
        self.at = self.at.checked_sub(1)?;
        self.passing = false;
        self.visits.get(self.at).cloned()
    }

    pub fn forward(&mut self) -> Option<Visit> {
        let visit = self.visits.get(self.at + 1).cloned()?;
        self.at += 1;
        self.passing = false;
        Some(visit)
    }

    #[must_use]
    pub fn can_go_back(&self) -> bool {
        self.at > 0
    }

    #[must_use]
    pub fn can_go_forward(&self) -> bool {
        self.at + 1 < self.visits.len()
    }

    /// Drops the visits of a snapshot that was closed.
    pub fn forget(&mut self, id: SnapshotId) {
        let kept = self.visits.iter().take(self.at + 1).filter(|visit| visit.slot.id != id).count();
        self.visits.retain(|visit| visit.slot.id != id);
        for visit in &mut self.visits {
            visit.forget(id);
        }
        self.at = kept.saturating_sub(1).min(self.visits.len().saturating_sub(1));
    }
}

impl Visit {
    /// Drops references to objects of a snapshot that was closed.
    fn forget(&mut self, id: SnapshotId) {
        if self.target.is_some_and(|target| target.snapshot == id) {
            (self.target, self.row) = (None, None);
        }
        if self.merged.as_ref().is_some_and(|merged| merged.of == id) {
            self.merged = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(class: u32) -> Visit {
        Visit {
            slot: Slot { side: 0, id: SnapshotId(1) },
            kind: ViewKind::SUMMARY,
            row: Some(vec![class]),
            target: None,
            lower: Lower::Retainers,
            merged: None,
        }
    }

    #[test]
    fn visiting_a_view_after_going_back_drops_the_forward_visits() {
        let mut history = History::default();
        for class in 0..3 {
            history.visit(visit(class), false);
        }
        assert_eq!(history.back(), Some(visit(1)));
        assert_eq!(history.back(), Some(visit(0)));
        assert_eq!(history.back(), None);
        assert_eq!(history.forward(), Some(visit(1)));
        history.visit(visit(7), false);
        assert!(!history.can_go_forward());
        assert_eq!(history.back(), Some(visit(1)));
    }

    #[test]
    fn moving_over_rows_records_one_visit() {
        let mut history = History::default();
        history.visit(visit(0), false);
        for class in 1..50 {
            history.visit(visit(class), true);
        }
        assert_eq!(history.back(), Some(visit(0)));
        assert_eq!(history.forward(), Some(visit(49)));
    }

    #[test]
    fn a_row_that_arrives_later_belongs_to_the_step_that_asked_for_it() {
        let mut history = History::default();
        history.visit(visit(0), false);
        history.visit(Visit { row: None, ..visit(1) }, false);
        history.refresh(visit(1));
        assert_eq!(history.visit_count(), 2);
        assert_eq!(history.back(), Some(visit(0)));
        assert_eq!(history.forward(), Some(visit(1)));
    }
}
