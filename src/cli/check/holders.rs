//! The rule that no holder gathers objects without bound, judged by [`crate::findings`].

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::against::{Compared, Growing};
use super::baseline::Baseline;
use super::ignore::Names;
use super::outcome::Limit;
use crate::Snapshot;
use crate::cli::Files;
use crate::cli::args::findings::Threshold;
use crate::cli::findings::json;
use crate::findings::{Finding, Findings, Verdict};
use crate::model::human;

/// The limits on holders.
#[derive(Clone, Debug)]
pub(super) struct HolderRules {
    pub(super) threshold: Threshold,
    pub(super) ignored: Names,
    pub(super) baseline: Option<Baseline>,
    /// True if all findings are to become known.
    pub(super) accepts_all: bool,
}

/// The result of the rule.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) limit: Limit,
    pub(super) leaks: Vec<Leak>,
    pub(super) known: Option<Known>,
    pub(super) compared: Option<Compared>,
    /// The holders that grow, regardless of the threshold.
    pub(super) growing: Growing,
    are_of_one_process: bool,
}

impl Judged {
    /// Returns true if the snapshots are of different processes.
    pub(super) fn is_unknown(&self) -> bool {
        !self.are_of_one_process
    }

    /// Returns the part of all growth that the leaks explain, from 0 to 1.
    pub(super) fn explained(&self) -> f64 {
        self.leaks.iter().filter_map(|leak| leak.finding.share_of_growth).sum()
    }
}

/// A holder that grows without bound.
#[derive(Debug)]
pub(super) struct Leak {
    pub(super) finding: Finding,
    /// True if the baseline has its signature.
    pub(super) is_known: bool,
    json: Box<RawValue>,
}

impl Serialize for Leak {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

impl Leak {
    fn new(finding: Finding, is_known: bool, last: &Snapshot) -> serde_json::Result<Self> {
        let json = json::with_known(&finding, is_known, last)?;
        Ok(Self { finding, is_known, json })
    }
}

/// The numbers of leaks by comparison with a baseline.
#[expect(clippy::struct_field_names, reason = "the fields of the JSON")]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Known {
    pub(super) known: usize,
    pub(super) new: usize,
    /// Signatures of the baseline that were not found.
    pub(super) gone: usize,
}

impl Known {
    pub(super) fn sentence(self) -> String {
        format!("baseline: {} known, {} new, {} no longer found", self.known, self.new, self.gone)
    }
}

/// Returns true for verdicts that fail.
pub(super) fn fails(threshold: Threshold, verdict: Verdict) -> bool {
    match threshold {
        Threshold::Leak => verdict == Verdict::Leak,
        Threshold::Likely => verdict <= Verdict::Likely,
    }
}

/// Judges a series, the oldest snapshot first. `against` is what grows in another series.
pub(super) fn judge(
    snapshots: &[&Snapshot],
    rules: &HolderRules,
    files: &Files,
    against: Option<&Growing>,
) -> anyhow::Result<Judged> {
    let found: Findings = files.reported_findings(snapshots)?;
    let threshold = rules.threshold;
    let rule = match threshold {
        Threshold::Leak => "no leaks",
        Threshold::Likely => "no leaks, certain or likely",
    };
    let mut limit = Limit {
        rule: rule.to_owned(),
        allowed: "none".to_owned(),
        passed: false,
        measured: "cannot be judged because the snapshots are from different processes".to_owned(),
        is_said: true,
    };
    let Some(&last) = snapshots.last().filter(|_| found.ids_match == Some(true)) else {
        return Ok(Judged {
            limit,
            leaks: Vec::new(),
            known: None,
            compared: None,
            growing: Growing::default(),
            are_of_one_process: false,
        });
    };
    let is_ignored = |finding: &Finding| {
        [&finding.member_class, &finding.holder.label, &finding.holder.class].iter().any(|name| rules.ignored.has(name))
    };
    let growing = Growing::new(&found.findings);
    let compared = against.map(|before| Compared::new(before, &growing));
    let (mut leaks, mut ignored) = (Vec::new(), 0_u64);
    for finding in found.findings {
        if !fails(threshold, finding.verdict) {
            continue;
        }
        if is_ignored(&finding) {
            ignored += 1;
            continue;
        }
        let has_all = |baseline: &Baseline| finding.signatures().all(|signature| baseline.has(signature));
        let in_baseline = rules.baseline.as_ref().is_some_and(has_all);
        let is_known = rules.accepts_all || in_baseline;
        leaks.push(Leak::new(finding, is_known, last)?);
    }
    // New ones first; each part keeps its order.
    leaks.sort_by_key(|leak| leak.is_known);
    let known = rules.baseline.as_ref().map(|baseline| baseline.compare(&leaks));
    let new = leaks.iter().filter(|leak| !leak.is_known);
    limit.passed = new.clone().next().is_none();
    limit.measured = measured(new, leaks.iter().filter(|leak| leak.is_known).count() as u64, ignored);
    Ok(Judged { limit, leaks, known, compared, growing, are_of_one_process: true })
}

/// Returns `1 leak and 2 likely leaks; 3 known, 1 ignored`.
fn measured<'a>(new: impl Iterator<Item = &'a Leak>, known: u64, ignored: u64) -> String {
    let (certain, likely): (Vec<&Leak>, Vec<&Leak>) = new.partition(|leak| leak.finding.verdict == Verdict::Leak);
    let mut parts = Vec::new();
    if !certain.is_empty() {
        parts.push(human::quantity(certain.len() as u64, "leak", "leaks"));
    }
    if !likely.is_empty() {
        parts.push(human::quantity(likely.len() as u64, "likely leak", "likely leaks"));
    }
    let found = if parts.is_empty() { "none found".to_owned() } else { parts.join(" and ") };
    let aside: Vec<String> = [(known, "in the baseline"), (ignored, "ignored")]
        .into_iter()
        .filter(|&(count, _)| count > 0)
        .map(|(count, why)| format!("{count} {why}"))
        .collect();
    if aside.is_empty() { found } else { format!("{found}; {}", aside.join(", ")) }
}
