//! Messages of the window, which are shown as toasts.

use std::path::PathBuf;

/// A message about something that happened. Facts disappear by themselves; problems stay until they are dismissed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    pub text: String,
    /// A second line, such as the copied text.
    pub detail: Option<String>,
    pub is_problem: bool,
    /// A file that was written for a person, which a button opens.
    pub file: Option<PathBuf>,
}

impl Notice {
    /// Creates a message about a success or a fact.
    pub(super) fn fact(text: impl Into<String>) -> Self {
        Self { text: text.into(), detail: None, is_problem: false, file: None }
    }

    /// Creates a message about something that failed or was refused.
    pub(super) fn problem(text: impl Into<String>) -> Self {
        Self { text: text.into(), detail: None, is_problem: true, file: None }
    }

    /// Adds a button that opens a file.
    pub(super) fn with_file(self, file: PathBuf) -> Self {
        Self { file: Some(file), ..self }
    }

    /// Returns whether the message has buttons.
    pub(super) fn has_buttons(&self) -> bool {
        self.is_problem || self.file.is_some()
    }

    /// Adds a second line.
    pub(super) fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}
