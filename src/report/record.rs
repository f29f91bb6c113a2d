//! The content of a report, independent of its format. Lists and texts are bounded when they are collected.

use crate::findings::Verdict;
use crate::model::human;

/// The answer to the question whether there is a leak.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Judgment {
    /// The gravest verdict of all findings.
    Found(Verdict),
    /// Nothing grows over the series.
    Healthy,
    /// One snapshot without findings, or snapshots of different processes.
    NotJudged,
}

impl Judgment {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Found(verdict) => verdict.name(),
            Self::Healthy => "healthy",
            Self::NotJudged => "unknown",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Found(verdict) => verdict.label(),
            Self::Healthy => "Healthy",
            Self::NotJudged => "Not judged",
        }
    }
}

/// The unit of numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unit {
    Objects,
    Bytes,
}

impl Unit {
    pub(super) fn format(self, value: u64) -> String {
        match self {
            Self::Objects => human::count(value),
            Self::Bytes => human::bytes(value),
        }
    }

    /// Formats a difference with its sign.
    pub(super) fn signed(self, difference: i64) -> String {
        match self {
            Self::Objects => human::signed_count(difference),
            Self::Bytes => human::Units::Decimal.signed(difference),
        }
    }
}

/// One number per snapshot, the oldest first.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    pub(super) title: &'static str,
    pub(super) unit: Unit,
    pub(super) values: Vec<u64>,
}

impl Chart {
    /// Returns `20 → 1,010 → 2,020`, or only the ends of a long series.
    pub(super) fn over_time(&self) -> String {
        over_time(&self.values, self.unit)
    }

    /// Returns the growth from the first to the last snapshot; `None` for a single one.
    pub(super) fn growth(&self) -> Option<i64> {
        match self.values.as_slice() {
            [first, .., last] => Some(crate::model::difference(*last, *first)),
            _ => None,
        }
    }
}

/// The number of values that are listed one by one.
const LISTED: usize = 6;

pub(super) fn over_time(values: &[u64], unit: Unit) -> String {
    let all = |values: &[u64]| values.iter().map(|&value| unit.format(value)).collect::<Vec<_>>().join(" → ");
    match values {
        [first, .., last] if values.len() > LISTED => {
            format!("{} → … → {}", unit.format(*first), unit.format(*last))
        }
        _ => all(values),
    }
}

/// A number at the top of the report.
#[derive(Clone, Debug)]
pub(super) struct Figure {
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) detail: String,
}

/// A finding.
#[derive(Clone, Debug)]
pub(super) struct FindingPart {
    pub(super) verdict: Verdict,
    pub(super) title: String,
    pub(super) explanation: String,
    pub(super) advice: Option<String>,
    pub(super) evidence: Vec<String>,
    /// `SessionCache.byId`, its position in the source, and the id of the object in the last snapshot.
    pub(super) holder: String,
    pub(super) holder_place: Option<String>,
    pub(super) holder_id: u64,
    pub(super) members: Chart,
    pub(super) bytes: Chart,
    pub(super) freed_if_emptied: u64,
    /// The path from the first object of the program, such as `SessionCache.byId`, `Map[*]`, `Session`.
    pub(super) chips: Vec<String>,
    /// All steps from the root; `skipped` are left out in the middle.
    pub(super) path: Vec<StepLine>,
    pub(super) skipped: usize,
    pub(super) classes: Vec<MemberLine>,
    pub(super) sites: Vec<SiteLine>,
    pub(super) keys: Vec<String>,
    pub(super) samples: Vec<u64>,
    pub(super) also_held_by: Vec<String>,
    pub(super) companions: Vec<String>,
}

/// A step of a path.
#[derive(Clone, Debug)]
pub(super) struct StepLine {
    /// The name of the reference from the step above; empty for a root.
    pub(super) reference: String,
    pub(super) object: String,
    pub(super) id: u64,
    pub(super) place: Option<String>,
    /// The number of objects of a chain that are one step.
    pub(super) repeated: u32,
    pub(super) role: &'static str,
}

/// A class of members.
#[derive(Clone, Debug)]
pub(super) struct MemberLine {
    pub(super) name: String,
    pub(super) place: Option<String>,
    pub(super) counts: Vec<u64>,
    pub(super) sizes: Vec<u64>,
}

/// A line of source.
#[derive(Clone, Debug)]
pub(super) struct SiteLine {
    pub(super) what: &'static str,
    pub(super) place: String,
    pub(super) function: Option<String>,
    pub(super) text: Option<String>,
}

/// Classes over the series.
#[derive(Clone, Debug)]
pub(super) struct GrowthPart {
    pub(super) rows: Vec<GrownLine>,
    /// The number of growing classes that are not listed.
    pub(super) more: u64,
    /// True if new objects are known.
    pub(super) ids_match: bool,
}

#[derive(Clone, Debug)]
pub(super) struct GrownLine {
    pub(super) name: String,
    pub(super) pattern: &'static str,
    pub(super) counts: Vec<u64>,
    pub(super) new_count: u64,
    pub(super) retained_growth: i64,
}

/// The largest classes of the last snapshot.
#[derive(Clone, Debug)]
pub(super) struct ClassesPart {
    pub(super) rows: Vec<ClassLine>,
    pub(super) class_count: usize,
}

#[derive(Clone, Debug)]
pub(super) struct ClassLine {
    pub(super) name: String,
    pub(super) place: Option<String>,
    pub(super) count: u64,
    pub(super) distance: String,
    pub(super) shallow_size: u64,
    pub(super) retained_size: u64,
    /// The part of the retained size in percent.
    pub(super) percent: f64,
}

/// The bytes of a category in the first and the last snapshot.
#[derive(Clone, Copy, Debug)]
pub(super) struct CategoryLine {
    pub(super) label: &'static str,
    pub(super) first: u64,
    pub(super) last: u64,
}

/// Duplicate strings of the last snapshot.
#[derive(Clone, Debug)]
pub(super) struct StringsPart {
    pub(super) rows: Vec<StringLine>,
    pub(super) group_count: usize,
    pub(super) string_count: u64,
    pub(super) wasted_bytes: u64,
    pub(super) percent: f64,
}

#[derive(Clone, Debug)]
pub(super) struct StringLine {
    pub(super) text: String,
    pub(super) copies: u64,
    pub(super) wasted_bytes: u64,
}

/// A file of the report.
#[derive(Clone, Debug)]
pub(super) struct FileLine {
    pub(super) name: String,
    pub(super) file_size: u64,
    pub(super) objects: u64,
    pub(super) references: u64,
    pub(super) total_size: u64,
    pub(super) written_by: String,
    /// The time of the capture or, if it was not recorded, of the last change of the file, in UTC.
    pub(super) time: Option<String>,
    /// Facts that few files have, such as the target of the capture.
    pub(super) facts: Vec<String>,
}

/// A report of snapshots, the oldest first.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(super) judgment: Judgment,
    pub(super) summary: String,
    /// Text of the person who wrote the report.
    pub(super) remarks: Option<String>,
    pub(super) notes: Vec<String>,
    pub(super) figures: Vec<Figure>,
    pub(super) total: Chart,
    pub(super) findings: Vec<FindingPart>,
    pub(super) more_findings: usize,
    pub(super) growth: Option<GrowthPart>,
    pub(super) classes: ClassesPart,
    /// Empty if the categories of JavaScript do not apply.
    pub(super) categories: Vec<CategoryLine>,
    pub(super) strings: Option<StringsPart>,
    pub(super) files: Vec<FileLine>,
    pub(super) more_files: usize,
    pub(super) options: Vec<(&'static str, String)>,
}

impl Report {
    /// Returns the number of snapshots.
    pub(super) fn snapshot_count(&self) -> usize {
        self.files.len() + self.more_files
    }
}
