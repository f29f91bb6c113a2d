//! The records of a check, computed once for all output formats.

use serde::Serialize;

use super::against::Compared;
use super::counts::Violation;
use super::findings::Finding;
use super::holders::{Known, Leak};

/// The report.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) passed: bool,
    pub(super) ids_match: bool,
    pub(super) options_differ: bool,
    /// Notes that a reader needs to interpret the numbers.
    pub(super) notes: Vec<String>,
    pub(super) limits: Vec<Limit>,
    pub(super) snapshots: Vec<Measured>,
    /// The growth in bytes from the first to the last snapshot.
    pub(super) total_growth: i64,
    /// The growth of the ignored classes in bytes, which the limit excludes.
    pub(super) ignored_growth: i64,
    /// Classes that grew too much.
    pub(super) findings: Vec<Finding>,
    /// Holders that grow without bound.
    pub(super) leaks: Vec<Leak>,
    /// Classes of which the last snapshot has too many objects.
    pub(super) violations: Vec<Violation>,
    /// The comparison with a baseline, if one was given.
    pub(super) baseline: Option<Known>,
    /// The comparison with another series, if one was given.
    pub(super) against: Option<Compared>,
}

/// A limit and its result.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Limit {
    pub(super) rule: String,
    pub(super) allowed: String,
    pub(super) passed: bool,
    /// The measured value as text.
    #[serde(skip)]
    pub(super) measured: String,
    /// True if `measured` includes the limit.
    #[serde(skip)]
    pub(super) is_said: bool,
}

impl Limit {
    /// Returns the measured and the allowed amount as text.
    pub(super) fn sentence(&self) -> String {
        if self.is_said { self.measured.clone() } else { format!("{}; the limit is {}", self.measured, self.allowed) }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Measured {
    pub(super) file: String,
    pub(super) objects: u64,
    pub(super) total_size: u64,
}
