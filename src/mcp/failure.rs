//! The reasons why a call has no answer.

use super::text::quoted_ends;
use crate::model::Cancelled;

/// The maximum number of characters of a path in an error.
pub(super) const PATH: usize = 200;

/// The reason why a call has no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Failure {
    /// Wrong arguments, with what was expected.
    Expected(String),
    Cancelled,
}

impl Failure {
    pub(super) fn expected(text: impl Into<String>) -> Self {
        Self::Expected(text.into())
    }

    /// Adds the path of the file that could not be opened.
    pub(super) fn of_file(self, path: &str) -> Self {
        match self {
            Self::Expected(text) => Self::Expected(format!("{}: {text}", quoted_ends(path, PATH))),
            Self::Cancelled => Self::Cancelled,
        }
    }
}

impl From<Cancelled> for Failure {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

/// The error without open snapshots.
pub(super) fn nothing_open() -> Failure {
    Failure::expected("no snapshot is open; call open first (without arguments it opens the files of the command line)")
}
