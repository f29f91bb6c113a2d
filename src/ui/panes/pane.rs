//! The interface between a view and the panes of its upper half.

use egui::{Key, Ui};

use super::Place;
use crate::model::NodeOrdinal;
use crate::query::NodeFilter;
use crate::session::Session;
use crate::ui::command::{Command, Target, ViewKind};
use crate::ui::icons::Icon;
use crate::ui::tree_table::{Path, RowSelection};

/// A group of tabs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    FindLeaks,
    Explore,
    Ask,
}

impl Group {
    pub const ALL: [Self; 3] = [Self::FindLeaks, Self::Explore, Self::Ask];

    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::FindLeaks => "Find leaks",
            Self::Explore => "Explore",
            Self::Ask => "Ask",
        }
    }
}

/// The description of a pane.
#[derive(Clone, Copy, Debug)]
pub struct About {
    pub kind: ViewKind,
    /// The group of its tab, as in the registry.
    pub group: Group,
    pub icon: Icon,
    /// The tooltip of the tab.
    pub hint: &'static str,
    /// Says what the pane is for and when to use another one, in one line; shown until the user dismisses it.
    pub purpose: &'static str,
    /// A key pressed together with Ctrl and Shift. Without it, the pane's key is Ctrl and a digit, for the first nine.
    pub key: Option<Key>,
    /// Returns whether the pane has content for a snapshot. If not, its tab is hidden.
    pub is_available: fn(&Session, &Place) -> bool,
    /// True if the lower panes show the object that is selected. Other panes have the whole height, except for the source
    /// of a function that was selected in them.
    pub uses_lower: bool,
    /// True if an object can be revealed in the pane.
    pub reveals: bool,
    /// True if the rows of two snapshots side by side are alike, so that both select and scroll together.
    pub links: bool,
}

impl About {
    /// Describes a pane with objects of every snapshot.
    #[must_use]
    pub const fn new(kind: ViewKind, hint: &'static str) -> Self {
        Self {
            kind,
            group: Group::Explore,
            icon: Icon::Table2,
            hint,
            purpose: hint,
            key: None,
            is_available: |_, _| true,
            uses_lower: true,
            reveals: false,
            links: false,
        }
    }

    /// Sets [`Self::purpose`].
    #[must_use]
    pub const fn purpose(self, purpose: &'static str) -> Self {
        Self { purpose, ..self }
    }
}

/// A pane of the upper half of a view. It draws from the session and the snapshot and reports the user's wishes as commands.
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

    /// Sets the interval that is selected on the timeline.
    fn narrow(&mut self, _within: &NodeFilter) {}

    /// Returns whether the pane shows the whole snapshot, regardless of the timeline.
    fn shows_whole(&self) -> bool {
        false
    }

    /// Reports that another object is selected, or none.
    fn note_selection(&mut self, _node: Option<NodeOrdinal>) {}

    /// Goes to an object, if [`About::reveals`] is true.
    ///
    /// # Errors
    /// Returns a sentence for the user that says why the object is not listed.
    fn reveal(&mut self, _session: &mut Session, _place: &Place, _target: Target) -> Result<(), String> {
        Ok(())
    }

    /// Returns whether [`Self::reveal`] finds the object without a change of what the pane lists.
    fn lists(&mut self, _session: &mut Session, _place: &Place, _target: Target) -> bool {
        false
    }

    /// Restores the selection of a row.
    fn restore_row(&mut self, _session: &mut Session, _place: &Place, row: Path) {
        if let Some(table) = self.table() {
            table.reveal_row(row);
        }
    }

    /// Restores the selection of an object whose row had not been reached.
    fn restore_object(&mut self, _session: &mut Session, _place: &Place, _target: Target) {}

    /// Handles answers, whether or not the pane is on screen.
    fn poll(&mut self, _commands: &mut Vec<Command>) {}

    /// Returns whether a requested row is not on screen yet.
    fn is_busy(&self) -> bool {
        false
    }
}
