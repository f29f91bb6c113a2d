//! Errors in files, with their positions.

use std::{fmt, io};

use super::compressed::CompressedError;
use super::event_log::EventLogError;
use super::excerpt::describe;
use super::source::Change;
use crate::memory::OutOfMemory;
use crate::model::{CancelToken, Cancelled};

/// A part of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Section {
    /// Outside all sections: the braces and names of the document itself.
    Document,
    /// A section by its name in the file (`snapshot`, `nodes`, `edges`, `strings`, …).
    Named(String),
}

impl Section {
    pub(crate) fn named(name: &str) -> Self {
        Self::Named(name.to_owned())
    }

    /// Returns whether this is the section with that name.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        matches!(self, Self::Named(own) if own == name)
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document => f.write_str("document"),
            Self::Named(name) => write!(f, "section `{}`", crate::model::human::visible(name, 60)),
        }
    }
}

/// The reason why bytes could not be read as a heap snapshot.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    #[error("cannot read the file: {0}")]
    Io(io::Error),
    /// The compressed file around the snapshot is damaged.
    #[error("{0}")]
    Compressed(io::Error),
    /// A log of protocol events has no snapshot, or an incomplete one.
    #[error("{0}")]
    EventLog(io::Error),
    /// An error in a snapshot assembled from a log, with the event that contains it.
    #[error("line {line}, byte {at}: the snapshot in this log is damaged: {error}")]
    InEvent { error: Box<FormatError>, line: u64, at: u64 },
    /// The file was modified while it was read, which probably caused the error.
    #[error("{error} ({change})")]
    Changed { error: Box<FormatError>, change: &'static str },
    /// Everything was read, but the content is a mixture of two states of the file.
    #[error("{0}: open the file again once it is complete")]
    Unstable(&'static str),
    #[error("{section}, byte {offset}: found {found}, expected {expected}{}", hint_suffix(*.hint))]
    Unexpected {
        section: Section,
        /// Bytes from the start of the (decompressed) file.
        offset: u64,
        found: String,
        expected: String,
        hint: Option<&'static str>,
    },
    #[error("{section}, byte {offset}: the file ends here, expected {expected}{}", hint_suffix(*.hint))]
    Truncated { section: Section, offset: u64, expected: String, hint: Option<&'static str> },
    #[error("section `snapshot`, {0}")]
    Header(String),
    /// The header is not valid JSON. `at` is the byte offset in the file, once the position of the header is known.
    #[error("section `snapshot`, byte {at}: not valid JSON: {what}")]
    HeaderJson { what: String, at: u64 },
    #[error("the file has no section `{name}`{}", hint_suffix(*.hint))]
    MissingSection { name: &'static str, hint: Option<&'static str> },
    #[error("{0}, byte {1}: the section appears a second time")]
    DuplicateSection(Section, u64),
    #[error("{section}: {what} exceeds the limit of {limit}")]
    Limit { section: Section, what: &'static str, limit: u64 },
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// A buffer could not grow. Readers turn this into a cancelled work that [says](CancelToken::shortage) what is missing.
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
}

impl From<io::Error> for FormatError {
    fn from(error: io::Error) -> Self {
        match error.get_ref() {
            Some(inner) if inner.is::<Cancelled>() => Self::Cancelled(Cancelled),
            Some(inner) if inner.is::<OutOfMemory>() => Self::Memory(OutOfMemory),
            Some(inner) if inner.is::<CompressedError>() => Self::Compressed(error),
            Some(inner) if inner.is::<EventLogError>() => Self::EventLog(error),
            _ => Self::Io(error),
        }
    }
}

impl FormatError {
    /// Stops the work for lack of memory if that is the error.
    pub(super) fn stopping(self, cancel: &CancelToken) -> Self {
        match self {
            Self::Memory(OutOfMemory) => {
                cancel.run_short();
                Self::Cancelled(Cancelled)
            }
            other => other,
        }
    }

    /// Adds a concurrent change of the file, which explains the error better than the error itself.
    pub(super) fn with_change(self, change: Option<Change>) -> Self {
        match (self, change) {
            (error @ Self::Cancelled(_), _) | (error, None) => error,
            (error, Some(change)) => Self::Changed { error: Box::new(error.without_hint()), change: change.text() },
        }
    }

    /// Adds the line and the first byte of the event that contains the error.
    pub(super) fn in_event(self, event: Option<(u64, u64)>) -> Self {
        match event {
            Some((line, at)) => Self::InEvent { error: Box::new(self), line, at },
            None => self,
        }
    }

    /// Returns the same error without its explanation, for callers that have a better one.
    #[must_use]
    pub fn without_hint(mut self) -> Self {
        match &mut self {
            Self::Unexpected { hint, .. } | Self::Truncated { hint, .. } | Self::MissingSection { hint, .. } => {
                *hint = None;
            }
            Self::InEvent { error, line, at } => {
                let error = std::mem::replace(&mut **error, Self::Header(String::new())).without_hint();
                return Self::InEvent { error: Box::new(error), line: *line, at: *at };
            }
            _ => {}
        }
        self
    }

    /// Adds an explanation.
    pub(super) fn with_hint(mut self, found: Option<&'static str>) -> Self {
        if let Self::Unexpected { hint, .. } = &mut self {
            *hint = found.or(*hint);
        }
        self
    }

    /// Returns the byte offset of the error in the (decompressed) file, if it has one.
    pub(super) fn offset(&self) -> Option<u64> {
        match self {
            Self::Unexpected { offset, .. } | Self::Truncated { offset, .. } => Some(*offset),
            Self::HeaderJson { at, .. } | Self::DuplicateSection(_, at) => Some(*at),
            _ => None,
        }
    }

    pub(crate) fn unexpected(section: &Section, offset: u64, found: &[u8], expected: impl Into<String>) -> Self {
        Self::Unexpected {
            section: section.clone(),
            offset,
            found: describe(found),
            expected: expected.into(),
            hint: None,
        }
    }
}

fn hint_suffix(hint: Option<&str>) -> String {
    hint.map_or_else(String::new, |hint| format!(" ({hint})"))
}
