//! Temporary messages in the status bar.

use super::theme::Tokens;

/// A message. Only problems are shown in the color of problems.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    pub text: String,
    pub is_problem: bool,
}

impl Notice {
    /// Creates a message about a success or a fact.
    pub(super) fn fact(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_problem: false }
    }

    /// Creates a message about something that failed or was refused.
    pub(super) fn problem(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_problem: true }
    }

    pub(super) fn color(&self, tokens: &Tokens) -> egui::Color32 {
        if self.is_problem { tokens.detached } else { tokens.weak }
    }
}
