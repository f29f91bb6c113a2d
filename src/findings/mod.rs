//! Findings: what gathers memory, how fast, whether that is a leak, and what to do.
//!
//! Classes are symptoms, holders are causes: the object and the field that gather members. [`findings`] judges the
//! holders of a series of snapshots of one process (`holders.rs`, `select.rs`) or the accumulations of a single snapshot
//! (`single.rs`), recognizes structures (`patterns/`), and writes the sentences (`describe.rs`).

mod candidate;
mod common;
mod describe;
mod dominated;
mod exported;
mod finding;
mod holders;
mod naming;
mod outside;
mod path;
mod patterns;
mod question;
mod relations;
mod select;
mod single;
mod sites;
mod sought;
mod summary;
mod text;
mod totals;
mod tree;
mod ways;
mod written;

pub(crate) use describe::over_time;
pub(crate) use finding::Companion;
pub use finding::{Finding, Findings, Verdict};
pub(crate) use finding::{Kind, MemberClass, Part, PathStep, Site, SourcePlace};
pub(crate) use outside::outside_note;
pub(crate) use path::chips;
pub use question::FindingsOf;
pub(crate) use question::FoldedPathOf;
pub(crate) use text::finding_lines;
pub(crate) use written::{Written, WrittenOf, written};

use rayon::prelude::*;

use crate::model::{CancelToken, Cancelled};
use crate::query::{Scripts, scripts};
use crate::snapshot::Snapshot;
use crate::sources::{SourcePaths, Sources};

/// Finds what gathers memory in one snapshot, or in a series of snapshots of one process, the oldest first.
///
/// `paths` says where the text of scripts may be, from which the source lines of findings are taken.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn findings(snapshots: &[&Snapshot], paths: &SourcePaths, cancel: &CancelToken) -> Result<Findings, Cancelled> {
    let all: Vec<Scripts> =
        snapshots.par_iter().map(|snapshot| scripts(snapshot, cancel)).collect::<Result<_, Cancelled>>()?;
    let (Some((&last, earlier)), Some(newest)) = (snapshots.split_last(), all.last()) else {
        return Ok(Findings::default());
    };
    if earlier.is_empty() {
        return single::accumulations(last, &Sources::new(last, newest, paths), cancel);
    }
    let sources = Sources::new(last, newest, paths);
    let (by_id, ()) = rayon::join(|| common::ById::new(last), || last.expect_many_names());
    if !earlier.par_iter().all(|snapshot| common::is_one_process(snapshot, last, &by_id)) {
        let mut findings = single::accumulations(last, &sources, cancel)?;
        findings.ids_match = Some(false);
        findings.summary = summary::of_unrelated(&findings.findings);
        findings.notes.push("the snapshots are from different processes: only the last one is analyzed".to_owned());
        return Ok(findings);
    }
    let mut series = holders::holders(snapshots, &all, by_id, cancel)?;
    let candidates = select::candidates(&series);
    let totals = totals::totals(&mut series, &candidates, cancel)?;
    let folded = fold(&mut series, select::settle(candidates, totals), cancel)?;
    let mut drafts = Vec::new();
    for ((candidate, totals), companions) in &folded {
        cancel.check()?;
        let Some(mut draft) = describe::describe(&series, newest, candidate, totals) else { continue };
        draft.finding.companions =
            companions.iter().take(COMPANIONS).filter_map(|other| companion(&series, newest, other)).collect();
        drafts.push(draft);
    }
    let findings = sites::complete(drafts, &sources, cancel)?;
    let summary = summary::of_series(&findings, snapshots.len());
    if findings.is_empty() {
        return largest(last, &sources, summary, cancel);
    }
    Ok(Findings { summary, ids_match: Some(true), notes: Vec::new(), findings })
}

/// Lists the largest holders of the last snapshot of a series in which nothing grows.
fn largest(
    last: &Snapshot,
    sources: &Sources<'_>,
    summary: String,
    cancel: &CancelToken,
) -> Result<Findings, Cancelled> {
    let mut findings = single::accumulations(last, sources, cancel)?.findings;
    // Nothing is to be done about what does not grow.
    for finding in &mut findings {
        finding.advice = None;
    }
    let summary = if findings.is_empty() { summary } else { format!("{summary} The largest holders follow.") };
    Ok(Findings { summary, ids_match: Some(true), notes: Vec::new(), findings })
}

/// The maximum number of companions of a finding.
const COMPANIONS: usize = 64;
/// The maximum number of findings that are described.
const MOST: usize = 12;

/// A candidate, and the holders that are folded into it.
type Folded = (Settled, Vec<Settled>);
type Settled = (candidate::Candidate, totals::Totals);

/// Puts holders that grow by the same cause under the most important one.
fn fold(
    series: &mut holders::Series<'_>,
    settled: Vec<Settled>,
    cancel: &CancelToken,
) -> Result<Vec<Folded>, Cancelled> {
    let mut folded: Vec<Folded> = Vec::new();
    for (candidate, totals) in settled {
        let mut place = None;
        for (at, ((first, first_totals), _)) in folded.iter().enumerate() {
            if first.verdict <= candidate.verdict
                && relations::are_related(series, (&candidate, &totals), (first, first_totals), cancel)?
            {
                place = Some(at);
                break;
            }
        }
        match place {
            Some(at) => folded[at].1.push((candidate, totals)),
            None if folded.len() < MOST => folded.push(((candidate, totals), Vec::new())),
            None => {}
        }
    }
    Ok(folded)
}

/// Returns a holder that is folded into another finding.
fn companion(series: &holders::Series<'_>, scripts: &Scripts, (candidate, totals): &Settled) -> Option<Companion> {
    let side = series.sides.last()?;
    let names = naming::Names { side, scripts };
    let holder = &series.holders[candidate.holders[0]];
    let sample = *holder.samples.first()?;
    let edge = side.field_edge(sample)?;
    let label = names.holder(side.snapshot.graph().edge_source(edge), Some(edge));
    let class = names.class(sample);
    let signature = describe::signature(&label, &class, "");
    let text = format!("{label}, {}: {}", patterns::plural(&class), over_time(&totals.members));
    Some(Companion { signature, text })
}
