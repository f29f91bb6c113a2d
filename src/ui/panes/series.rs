//! The series of snapshots that a pane compares: which of the open ones, and in which order.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use egui::{RichText, Ui};

use crate::model::{SnapshotId, human};
use crate::query::{Age, Series, chronological};
use crate::session::Session;
use crate::ui::text;
use crate::ui::theme::{self, GRID};

/// A choice of open snapshots. Snapshots that are opened later belong to it.
#[derive(Debug, Default)]
pub(crate) struct SeriesChoice {
    excluded: HashSet<SnapshotId>,
}

impl SeriesChoice {
    /// Includes only these of the open snapshots.
    pub(crate) fn set(&mut self, session: &Session, ids: &[SnapshotId]) {
        self.excluded = session.open().iter().map(|open| open.id).filter(|id| !ids.contains(id)).collect();
    }

    /// Returns the included snapshots, oldest first.
    #[must_use]
    pub(crate) fn series(&self, session: &Session) -> Series {
        let mut ages: Vec<(Age, SnapshotId)> = session
            .open()
            .iter()
            .filter(|open| !self.excluded.contains(&open.id))
            .map(|open| {
                let began = open.record.as_ref().map(|record| Duration::from_millis(record.began_unix_ms));
                let began = began.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
                (Age::with_time(&open.snapshot, began), open.id)
            })
            .collect();
        chronological(&mut ages, |(age, _)| *age);
        ages.into_iter().map(|(_, id)| id).collect()
    }

    /// Returns true if some snapshots are left out, but not this one.
    pub(super) fn leaves_out_others_than(&self, id: SnapshotId) -> bool {
        !self.excluded.is_empty() && !self.excluded.contains(&id)
    }

    /// Draws the menu that chooses snapshots; returns the number of included ones.
    pub(super) fn menu(&mut self, ui: &mut Ui, session: &Session) -> usize {
        let count = session.open().iter().filter(|open| !self.excluded.contains(&open.id)).count();
        let text = format!("{count} of {}", human::quantity(session.open().len() as u64, "snapshot", "snapshots"));
        ui.menu_button(text, |ui| {
            for open in session.open() {
                let mut is_in = !self.excluded.contains(&open.id);
                let name = human::visible(&text::name_of(session, open.id), 80).into_owned();
                if ui.checkbox(&mut is_in, name).changed() {
                    if is_in {
                        self.excluded.remove(&open.id);
                    } else {
                        self.excluded.insert(open.id);
                    }
                }
            }
        })
        .response
        .on_hover_text("Choose snapshots; they are ordered by age");
        count
    }
}

/// Draws a remark that a snapshot is left out because it is identical to another one.
pub(super) fn left_out(ui: &mut Ui, session: &Session, ids: [SnapshotId; 2]) {
    let name = |id| text::given_name(session, id);
    let [name, before] = ids.map(|id| human::visible(&name(id), 60).into_owned());
    ui.horizontal(|ui| {
        ui.add_space(2.0 * GRID);
        let text = format!("{name} is identical to {before} and is left out");
        ui.label(RichText::new(text).font(theme::small()).weak());
    });
}
