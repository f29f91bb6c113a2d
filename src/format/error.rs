//! What can be wrong with a file, and where.

use std::fmt;
use std::io;

use super::compressed::CompressedError;
use crate::model::Cancelled;

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
    /// What is wrong probably comes from the file being written to while it was read.
    #[error("{error} ({change})")]
    Changed { error: Box<FormatError>, change: &'static str },
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
}

impl From<io::Error> for FormatError {
    fn from(error: io::Error) -> Self {
        let is_compressed = error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<CompressedError>);
        if is_compressed { Self::Compressed(error) } else { Self::Io(error) }
    }
}

impl FormatError {
    /// The same error with what happened to the file meanwhile, which may be its cause.
    pub(super) fn with_change(self, change: Option<&'static str>) -> Self {
        match (self, change) {
            (error @ Self::Cancelled(_), _) | (error, None) => error,
            (error, Some(change)) => Self::Changed { error: Box::new(error), change },
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
