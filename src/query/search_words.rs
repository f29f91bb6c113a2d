//! The words of the query language, and the error of a query.

use std::ops::Range;

/// An error in a query.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// The byte range in the query.
    pub at: Range<usize>,
    pub message: String,
}

pub(super) const PREFIXES: [&str; 7] = ["name", "case", "class", "prop", "kind", "id", "is"];

pub(super) const MEASURES: [&str; 4] = ["size", "shallow", "retained", "distance"];
