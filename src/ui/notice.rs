//! Messages of the window, which are shown as toasts.

/// A message about something that happened. Facts disappear by themselves; problems stay until they are dismissed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    pub text: String,
    /// A second line, such as the copied text.
    pub detail: Option<String>,
    pub is_problem: bool,
}

impl Notice {
    /// Creates a message about a success or a fact.
    pub(super) fn fact(text: impl Into<String>) -> Self {
        Self { text: text.into(), detail: None, is_problem: false }
    }

    /// Creates a message about something that failed or was refused.
    pub(super) fn problem(text: impl Into<String>) -> Self {
        Self { text: text.into(), detail: None, is_problem: true }
    }

    /// Adds a second line.
    pub(super) fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}
