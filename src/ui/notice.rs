//! Temporary remarks in the status bar.

use super::theme::Tokens;

/// A remark. Only a problem is colored as one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    pub text: String,
    pub is_problem: bool,
}

impl Notice {
    /// Creates a remark on something that went as it should, or that the user should know.
    pub(super) fn fact(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_problem: false }
    }

    /// Creates a remark on something that was not done.
    pub(super) fn problem(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_problem: true }
    }

    pub(super) fn color(&self, tokens: &Tokens) -> egui::Color32 {
        if self.is_problem { tokens.detached } else { tokens.weak }
    }
}
