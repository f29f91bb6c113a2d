//! The state of the search field of the toolbar.

use egui::{Id, Rect};

/// The content of the field.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) enum Mode {
    /// The query of the view on the active side.
    #[default]
    Search,
    /// A command; the text starts with `>`.
    Command(String),
}

/// The state of the field.
#[derive(Debug, Default)]
pub(super) struct SearchField {
    pub(super) mode: Mode,
    /// The index of the marked suggestion.
    pub(super) at: usize,
    /// True if the list is hidden until the text changes or the field gets the keyboard focus again.
    pub(super) is_dismissed: bool,
    pub(super) had_focus: bool,
    /// The area of the list in the last frame, if it was open.
    pub(super) list: Option<Rect>,
}

/// Returns the id of the field, which keys focus.
#[must_use]
pub(super) fn id() -> Id {
    Id::unique("search field")
}

impl SearchField {
    /// Switches to commands, or back to the search; returns whether the field should have the keyboard focus.
    pub(super) fn toggle_commands(&mut self) -> bool {
        let is_search = self.mode == Mode::Search;
        self.mode = if is_search { Mode::Command(">".to_owned()) } else { Mode::Search };
        (self.at, self.is_dismissed) = (0, false);
        is_search
    }

    /// Switches to the search.
    pub(super) fn search(&mut self) {
        self.mode = Mode::Search;
        (self.at, self.is_dismissed) = (0, false);
    }

    /// Returns whether the field contains a command.
    #[must_use]
    pub(super) fn is_command(&self) -> bool {
        matches!(self.mode, Mode::Command(_))
    }
}
