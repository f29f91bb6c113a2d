//! What can be wrong with a file, and where.

use std::fmt;
use std::io;

use super::compressed::CompressedError;
use super::event_log::EventLogError;
use super::source::Change;
use crate::memory::OutOfMemory;
use crate::model::{CancelToken, Cancelled};

/// A part of the file, as people find it there.
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

    /// Whether it is the section of that name.
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

/// Why bytes are not a heap snapshot.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    #[error("cannot read the file: {0}")]
    Io(io::Error),
    /// The compressed file around the snapshot is damaged.
    #[error("{0}")]
    Compressed(io::Error),
    /// A log of protocol events has no snapshot, or none that can be put together.
    #[error("{0}")]
    EventLog(io::Error),
    /// The error in a snapshot that was put together from a log, with the event that contains it.
    #[error("line {line}, byte {at}: the snapshot in this log is damaged: {error}")]
    InEvent { error: Box<FormatError>, line: u64, at: u64 },
    /// The probable cause of the error is that the file was written to while it was read.
    #[error("{error} ({change})")]
    Changed { error: Box<FormatError>, change: &'static str },
    /// What was read is complete, but not what the file was at any one time.
    #[error("{0}: open it again once it is complete")]
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
    #[error("section `snapshot`: {0}")]
    Header(String),
    /// The header is no JSON; `at` is the byte of the file once it is known where the header stands.
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
    /// Stops the work for want of memory if that is what the error says.
    pub(super) fn stopping(self, cancel: &CancelToken) -> Self {
        match self {
            Self::Memory(OutOfMemory) => {
                cancel.run_short();
                Self::Cancelled(Cancelled)
            }
            other => other,
        }
    }

    /// Adds what happened to the file meanwhile, which is a better explanation than the error's own.
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

    /// Returns the same error without its explanation, to which the caller has a better one.
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

    /// The byte of the (decompressed) file at which the error is, if it is at one.
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

/// The first bytes of `found` as a person can read them, control characters escaped.
pub(crate) fn describe(found: &[u8]) -> String {
    if found.is_empty() {
        return "the end of the file".to_owned();
    }
    let shown = &found[..found.len().min(12)];
    let text = String::from_utf8_lossy(shown);
    let text = crate::model::human::visible(&text, shown.len());
    if found.len() > shown.len() { format!("`{text}…`") } else { format!("`{text}`") }
}
