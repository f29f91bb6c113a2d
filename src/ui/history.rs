//! Back and forward through what was looked at.

use super::command::{Target, ViewKind};
use super::panes::Slot;
use crate::model::ClassId;

/// How far back one can go.
const LIMIT: usize = 500;

/// Something that was looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Visit {
    pub slot: Slot,
    pub kind: ViewKind,
    pub target: Option<Target>,
    pub class: Option<ClassId>,
}

/// Visits in order, and where in them the person is.
#[derive(Debug, Default)]
pub struct History {
    visits: Vec<Visit>,
    /// Index of the visit that is on screen.
    at: usize,
    /// Whether that one was reached by moving along rows, so that the next row takes its place.
    passing: bool,
}

impl History {
    /// Notes what is looked at now. Rows that are only moved over leave one visit, not one each.
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

    pub fn back(&mut self) -> Option<Visit> {
        self.at = self.at.checked_sub(1)?;
        self.passing = false;
        self.visits.get(self.at).copied()
    }

    pub fn forward(&mut self) -> Option<Visit> {
        let visit = self.visits.get(self.at + 1).copied()?;
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

    /// Drops visits of a snapshot that is closed.
    pub fn forget(&mut self, id: crate::session::SnapshotId) {
        let kept = self.visits.iter().take(self.at + 1).filter(|visit| visit.slot.id != id).count();
        self.visits.retain(|visit| visit.slot.id != id && visit.target.is_none_or(|target| target.snapshot != id));
        self.at = kept.saturating_sub(1).min(self.visits.len().saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::SnapshotId;

    fn visit(class: u32) -> Visit {
        let slot = Slot { side: 0, id: SnapshotId::for_test(1) };
        Visit { slot, kind: ViewKind::Summary, target: None, class: Some(ClassId(class)) }
    }

    #[test]
    fn one_can_go_back_and_forth_and_branch_off() {
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
    fn rows_that_are_passed_over_leave_one_visit() {
        let mut history = History::default();
        history.visit(visit(0), false);
        for class in 1..50 {
            history.visit(visit(class), true);
        }
        assert_eq!(history.back(), Some(visit(0)));
        assert_eq!(history.forward(), Some(visit(49)));
    }
}
