//! What every pane of the upper half is to the view that shows it.

use egui::{Key, Ui};

use super::Place;
use crate::model::NodeOrdinal;
use crate::query::NodeFilter;
use crate::session::Session;
use crate::ui::command::{Command, Target, ViewKind};
use crate::ui::tree_table::{Path, RowSelection};

/// What is known of a pane before it is shown.
#[derive(Clone, Copy, Debug)]
pub struct About {
    pub kind: ViewKind,
    /// A sentence for the tab's tooltip.
    pub hint: &'static str,
    /// A key pressed together with Ctrl and Shift. Without it the pane has Ctrl and the number of its place, up to nine.
    pub key: Option<Key>,
    /// Whether the pane has something to show of a snapshot. Without it the tab is left out.
    pub is_available: fn(&Place) -> bool,
    /// Whether the lower panes are shown although no object is selected.
    pub lists_objects: bool,
    /// Whether an object can be revealed in it.
    pub reveals: bool,
}

impl About {
    /// Describes a pane that lists objects of every snapshot.
    #[must_use]
    pub const fn new(kind: ViewKind, hint: &'static str) -> Self {
        Self { kind, hint, key: None, is_available: |_| true, lists_objects: true, reveals: false }
    }
}

/// A pane of the upper half of a view. It draws from the session and the snapshot and says by commands what a person wants.
pub trait Pane {
    fn about() -> About
    where
        Self: Sized;

    /// Draws the pane.
    fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command>;

    /// Returns the table whose rows are objects or lead to them.
    fn table(&mut self) -> Option<&mut dyn RowSelection> {
        None
    }

    /// Takes in what the timeline has selected.
    fn narrow(&mut self, _within: &NodeFilter) {}

    /// Whether the pane shows the whole snapshot whatever the timeline has selected.
    fn shows_whole(&self) -> bool {
        false
    }

    /// Takes in that another object is selected, or none.
    fn note_selection(&mut self, _node: Option<NodeOrdinal>) {}

    /// Goes to an object, if [`About::reveals`] says that this can be.
    ///
    /// # Errors
    /// A sentence that says why the object is not listed.
    fn reveal(&mut self, _session: &mut Session, _place: &Place, _target: Target) -> Result<(), String> {
        Ok(())
    }

    /// Selects again a row that was selected before.
    fn restore_row(&mut self, _session: &mut Session, _place: &Place, row: Path) {
        if let Some(table) = self.table() {
            table.reveal_row(row);
        }
    }

    /// Selects again an object whose row was not reached before.
    fn restore_object(&mut self, _session: &mut Session, _place: &Place, _target: Target) {}

    /// Takes in answers, whether the pane is on screen or not.
    fn poll(&mut self, _commands: &mut Vec<Command>) {}

    /// Whether a row that was asked for is not on screen yet.
    fn is_busy(&self) -> bool {
        false
    }
}
