//! Decides which holders are findings: separates continuing growth from churn, noise and caches that fill up.

use super::candidate::Candidate;
use super::finding::Verdict;
use super::holders::{Gathered, Holder, Series};
use super::totals::Totals;
use crate::model::{NodeKind, NodeOrdinal, difference};

/// A step of fewer members must have [`STEP_BYTES`].
const STEP_MEMBERS: u64 = 3;
/// The least bytes of a step of few members, and of growth that has no members.
const STEP_BYTES: u64 = 4096;
/// Holders that grew by less are noise.
const LEAST_BYTES: i64 = 400;
/// If the last step is smaller than this part of the largest one, the growth is slowing down.
const SLOW_PART: u64 = 5;
/// Growth that ended is worth watching if it is at least this part of all growth.
const ENDED_PART: f64 = 0.2;

/// The maximum number of candidates, the most important first.
const MOST: usize = 64;

/// Returns the holders that are findings, the most important first.
pub(super) fn candidates(series: &Series<'_>) -> Vec<Candidate> {
    let all: i64 = series.holders.iter().map(|holder| grown(&holder.bytes).max(0)).fold(0, i64::saturating_add);
    let mut found: Vec<Candidate> = Vec::new();
    for (at, holder) in series.holders.iter().enumerate() {
        let Some((class, is_members, verdict, is_slowing)) = judge(series, holder) else { continue };
        let grown = grown(&holder.bytes);
        let share = share(grown, all);
        if grown < LEAST_BYTES || (verdict == Verdict::Watch && share < ENDED_PART) {
            continue;
        }
        found.push(Candidate { holders: vec![at], class, is_members, verdict, is_slowing, grown, share });
    }
    found.sort_by_key(|candidate| (candidate.verdict, std::cmp::Reverse(candidate.grown), candidate.holders[0]));
    found.truncate(MOST);
    join_fields(series, found)
}

#[expect(clippy::cast_precision_loss, reason = "a ratio")]
pub(super) fn share(grown: i64, all: i64) -> f64 {
    if all > 0 { (grown as f64 / all as f64).clamp(0.0, 1.0) } else { 0.0 }
}

fn grown(bytes: &[u64]) -> i64 {
    match (bytes.first(), bytes.last()) {
        (Some(&first), Some(&last)) => difference(last, first),
        _ => 0,
    }
}

/// Joins fields of the same objects that gather the same class: the two ends of a list are one holder.
fn join_fields(series: &Series<'_>, found: Vec<Candidate>) -> Vec<Candidate> {
    let mut joined: Vec<Candidate> = Vec::new();
    for candidate in found {
        let way = series.holders[candidate.holders[0]].way;
        let same = joined
            .iter_mut()
            .find(|before| series.holders[before.holders[0]].way == way && before.class == candidate.class);
        match same {
            Some(before) => {
                before.holders.extend(candidate.holders);
                before.grown = before.grown.saturating_add(candidate.grown);
                before.share = (before.share + candidate.share).min(1.0);
            }
            None => joined.push(candidate),
        }
    }
    joined
}

/// The order of classes: smaller is better.
type Rank = (u8, Verdict, bool, std::cmp::Reverse<i64>);
/// The number of a class, whether its objects are members, the verdict, and whether the growth has slowed down.
type Judged = (u32, bool, Verdict, bool);

/// Returns the class of members that grows, whether it is one of members, and the verdict.
fn judge(series: &Series<'_>, holder: &Holder) -> Option<Judged> {
    let steps = holder.members.len().saturating_sub(1);
    let mut best: Option<(Rank, Judged)> = None;
    for (class, gathered) in holder.classes.iter().filter(|(class, _)| can_be_member(series, *class)) {
        let has_members = gathered.members.iter().any(|&members| members > 0);
        let counts = if has_members { &gathered.members } else { &gathered.counts };
        let by_members = verdict(counts, &holder.bytes, steps).map(|verdict| (has_members, verdict));
        // A member may be replaced by a larger one: its parts grow.
        let by_parts = || {
            let of_bytes = growing_bytes(&gathered.sizes).then(|| verdict(&gathered.counts, &gathered.sizes, steps));
            of_bytes.flatten().map(|verdict| (false, verdict))
        };
        let judged = if has_members { by_members.or_else(by_parts) } else { by_parts() };
        let Some((is_members, (verdict, is_slowing))) = judged else { continue };
        // Members first, then the classes of the program; strings and numbers are mostly parts and keys.
        let order = u8::from(!is_members) * 2 + u8::from(is_text(series, *class));
        let rank = (order, verdict, !has_location(series, *class), std::cmp::Reverse(size_growth(gathered)));
        if best.as_ref().is_none_or(|(before, _)| rank < *before) {
            best = Some((rank, (*class, is_members, verdict, is_slowing)));
        }
    }
    best.map(|(_, judged)| judged)
}

/// Returns false for parts of collections, code, and objects of a browser that a page cannot name.
fn can_be_member(series: &Series<'_>, class: u32) -> bool {
    let side = series.sides.last();
    side.zip(example(series, class)).is_none_or(|(side, node)| {
        !side.is_plumbing(node)
            && !side.snapshot.class(node).name.trim_start_matches("Detached ").starts_with("blink::")
    })
}

fn size_growth(gathered: &Gathered) -> i64 {
    grown(&gathered.sizes)
}

fn growing_bytes(sizes: &[u64]) -> bool {
    sizes.windows(2).all(|pair| pair[1].saturating_sub(pair[0]) >= STEP_BYTES)
}

/// Judges a number of objects over time. Objects of the first snapshot are those that are gone later, so they measure
/// the churn.
fn verdict(counts: &[u64], bytes: &[u64], steps: usize) -> Option<(Verdict, bool)> {
    let grown: Vec<u64> = counts.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    let (churn, total): (u64, u64) = (counts.first().copied()?, counts.last()?.saturating_sub(*counts.first()?));
    let noise = 2 * churn.isqrt();
    let is_step = |at: usize| {
        let heavy = bytes.get(at + 1)?.saturating_sub(*bytes.get(at)?) >= STEP_BYTES;
        Some(grown[at] > noise && (grown[at] >= STEP_MEMBERS || (heavy && grown[at] > 0)))
    };
    let in_each = (0..steps).all(|at| is_step(at).unwrap_or(false));
    let largest = grown.iter().max().copied().unwrap_or(0);
    if !in_each {
        // It grew at some time and not at another.
        return (total > noise && total >= STEP_MEMBERS).then_some((Verdict::Watch, true));
    }
    if steps < 2 {
        // A cache that replaces its entries may still be filling.
        return Some(if churn >= total { (Verdict::Watch, true) } else { (Verdict::Likely, false) });
    }
    if grown.last().copied().unwrap_or(0) < largest / SLOW_PART {
        return Some((Verdict::Watch, true));
    }
    Some((if churn > total { Verdict::Likely } else { Verdict::Leak }, false))
}

fn example(series: &Series<'_>, class: u32) -> Option<NodeOrdinal> {
    series.examples.get(class as usize).copied().flatten()
}

pub(super) fn is_text(series: &Series<'_>, class: u32) -> bool {
    let side = series.sides.last();
    side.zip(example(series, class)).is_some_and(|(side, node)| {
        let kind = side.snapshot.kind(node);
        matches!(kind, NodeKind::STRING | NodeKind::CONCATENATED_STRING | NodeKind::NUMBER | NodeKind::SYMBOL)
    })
}

fn has_location(series: &Series<'_>, class: u32) -> bool {
    let side = series.sides.last();
    side.zip(example(series, class)).is_some_and(|(side, node)| side.snapshot.class(node).key.location.is_some())
}

/// Two snapshots need at least this many new members for a verdict.
const FEW: u64 = 4;

/// Corrects verdicts by the numbers of all members, those in all snapshots included, and leaves out what did not grow.
pub(super) fn settle(candidates: Vec<Candidate>, totals: Vec<Totals>) -> Vec<(Candidate, Totals)> {
    let mut settled: Vec<(Candidate, Totals)> = candidates.into_iter().zip(totals).collect();
    settled.retain(|(candidate, totals)| !candidate.is_members || totals.members.last() > totals.members.first());
    for (candidate, totals) in &mut settled {
        // What was empty before may have been used for the first time, and a few more say nothing.
        let (first, last) = (totals.members.first().copied(), totals.members.last().copied());
        let few = last.unwrap_or(0).saturating_sub(first.unwrap_or(0)) < FEW;
        if totals.members.len() == 2 && candidate.is_members && (first == Some(0) || few) {
            (candidate.verdict, candidate.is_slowing) = (Verdict::Watch, true);
        }
    }
    settled.retain(|(candidate, _)| candidate.verdict != Verdict::Watch || candidate.share >= ENDED_PART);
    settled.sort_by_key(|(candidate, _)| (candidate.verdict, std::cmp::Reverse(candidate.grown), candidate.holders[0]));
    settled
}
