//! The part of a report about one finding.

use super::bounds::{NAME, PLACE, SENTENCE, cut, sampled};
use super::record::{Chart, FindingPart, MemberLine, SiteLine, StepLine, Unit};
use crate::Snapshot;
use crate::findings::{Finding, Part, PathStep, SourcePlace, chips};
use crate::model::human;

/// The maximum number of steps of a path, of rows of the lists, and of characters of a line of source.
const STEPS: usize = 24;
const CLASSES: usize = 8;
const SITES: usize = 8;
const EVIDENCE: usize = 8;
const KEYS: usize = 6;
const SAMPLES: usize = 5;
const OTHERS: usize = 5;
const LINE: usize = 200;

/// Collects what a report says about a finding. Lines of source are included only on request.
pub(super) fn finding_part(finding: &Finding, last: &Snapshot, with_source_lines: bool) -> FindingPart {
    let chart = |title, unit, values: &[u64]| Chart { title, unit, values: sampled(values.iter().copied()) };
    let names = |texts: &[String], limit: usize| texts.iter().take(limit).map(|text| cut(text, 2 * NAME)).collect();
    let (path, skipped) = without_middle(&finding.path, STEPS);
    let (chips, skipped_chips) = without_middle(&chips(&finding.path), STEPS);
    let mut chips: Vec<String> = chips.iter().map(|chip| cut(chip, NAME)).collect();
    if skipped_chips > 0 {
        chips.insert(STEPS / 2, "…".to_owned());
    }
    FindingPart {
        verdict: finding.verdict,
        title: cut(&finding.title, SENTENCE),
        explanation: cut(&finding.explanation, SENTENCE),
        advice: finding.advice.as_deref().map(|advice| cut(advice, SENTENCE)),
        evidence: finding.evidence.iter().take(EVIDENCE).map(|text| cut(text, SENTENCE)).collect(),
        holder: cut(&finding.holder.label, 2 * NAME),
        holder_place: finding.holder.location.as_ref().map(place),
        holder_id: last.id(finding.holder.node).0,
        members: chart("Members", Unit::Objects, &finding.members),
        bytes: chart("Retained by members", Unit::Bytes, &finding.bytes),
        freed_if_emptied: finding.freed_if_emptied,
        chips,
        path: path.iter().map(|of| step(of, last)).collect(),
        skipped,
        classes: finding
            .classes
            .iter()
            .take(CLASSES)
            .map(|class| MemberLine {
                name: cut(&class.name, NAME),
                place: class.location.as_ref().map(place),
                counts: sampled(class.counts.iter().copied()),
                sizes: sampled(class.sizes.iter().copied()),
            })
            .collect(),
        sites: finding
            .sites
            .iter()
            .take(SITES)
            .map(|site| SiteLine {
                what: meaning(site.what),
                place: place(&site.place),
                function: site.function.as_deref().map(|name| cut(name, NAME)),
                text: site.text.as_deref().filter(|_| with_source_lines).map(|text| cut(text.trim(), LINE)),
            })
            .collect(),
        keys: names(&finding.keys, KEYS),
        samples: finding.samples.iter().take(SAMPLES).map(|&node| last.id(node).0).collect(),
        also_held_by: names(&finding.also_held_by, OTHERS),
        companions: finding.companions.iter().take(OTHERS).map(|of| cut(&of.text, 2 * NAME)).collect(),
    }
}

/// Returns the ends of a long list, and the number of items that are left out between them.
fn without_middle<T: Clone>(all: &[T], limit: usize) -> (Vec<T>, usize) {
    if all.len() <= limit {
        return (all.to_vec(), 0);
    }
    let mut ends = all[..limit / 2].to_vec();
    ends.extend_from_slice(&all[all.len() - (limit - limit / 2)..]);
    (ends, all.len() - limit)
}

fn place(place: &SourcePlace) -> String {
    human::visible_ends(&format!("{}:{}:{}", place.url, place.line, place.column), PLACE).into_owned()
}

/// Returns what a line of source does.
fn meaning(what: &str) -> &'static str {
    match what {
        "adds" => "Adds a member",
        "registers" => "Registers",
        "creates" => "Creates a member",
        _ => "Holder",
    }
}

fn step(step: &PathStep, last: &Snapshot) -> StepLine {
    StepLine {
        reference: cut(&step.name, NAME),
        object: cut(&step.label, NAME),
        id: last.id(step.node).0,
        place: step.location.as_ref().map(place),
        repeated: step.repeated,
        role: match step.part {
            Part::Holder => "holder",
            Part::Member => "member",
            Part::Runtime | Part::Above | Part::Link | Part::Inside => "",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::without_middle;

    #[test]
    fn a_long_path_keeps_its_ends() {
        let steps: Vec<u32> = (0..100).collect();
        assert_eq!(without_middle(&steps, 4), (vec![0, 1, 98, 99], 96));
        assert_eq!(without_middle(&steps[..4], 4), (vec![0, 1, 2, 3], 0));
    }
}
