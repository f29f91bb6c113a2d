//! `findings`: what gathers memory, whether that is a leak, and what to do.

use std::sync::Arc;

use serde_json::json;
use xxhash_rust::xxh3::xxh3_64;

use super::super::answer::{Answer, arguments};
use super::super::arguments::{Argument, Kind, SNAPSHOTS};
use super::super::failure::Failure;
use super::super::labels;
use super::super::text::quoted;
use super::super::tool::{Call, Tool};
use super::super::workspace::OpenSnapshot;
use super::series::Given;
use crate::findings::{Finding, Findings, FindingsOf, PathStep, finding_lines, outside_note};
use crate::model::MemoryUsage;
use crate::snapshot::Snapshot;

pub(in crate::mcp) static FINDINGS: Tool = Tool {
    name: "findings",
    title: "Find leaks",
    description: "Says what accumulates memory, whether it is a leak, what holds it, which lines add to it, and what to do. \
                  With snapshots of one process in a series, verdicts are leak (grows in every step), likely or watch. With \
                  one snapshot, it lists the largest accumulations. The first finding is the most important. Pass finding \
                  for all details of one.",
    arguments: &[
        SNAPSHOTS,
        Argument {
            name: "finding",
            kind: Kind::Text { is_required: false },
            description: "Id of one finding, such as f-1a2b3c4d. Equal in other runs of the same program",
        },
    ],
    limits: "growth outside the JavaScript heap; growth between snapshots of different processes; leaks slower than the series",
    is_read_only: true,
    run,
};

/// The maximum number of characters of a sentence.
const SENTENCE: usize = 600;
/// The number of members that are named.
const SAMPLES: usize = 3;

/// Returns the id of a finding, which is the same in another run.
fn id(finding: &Finding) -> String {
    format!("f-{:08x}", xxh3_64(finding.signature.as_bytes()) & 0xffff_ffff)
}

/// Returns the ids of all findings; those with the same signature are numbered.
fn ids(found: &Findings) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for finding in &found.findings {
        let own = id(finding);
        let before =
            all.iter().filter(|other| other.split_once('.').map_or(other.as_str(), |(base, _)| base) == own).count();
        all.push(if before == 0 { own } else { format!("{own}.{}", before + 1) });
    }
    all
}

fn run(call: &Call<'_>) -> Result<Answer, Failure> {
    let mut answer = call.answer()?;
    let mut given = Given::of(call)?;
    let mut found = ask(call, &given)?;
    // Ages mean nothing between processes.
    if found.ids_match == Some(true) && given.sort_by_age() {
        found = ask(call, &given)?;
    }
    let Some(last) = given.snapshots.last().cloned() else { return Err(super::super::failure::nothing_open()) };
    let ids = ids(&found);
    let wanted = call.arguments.text("finding");
    if !wanted.is_empty() {
        let at = ids.iter().position(|id| id == wanted).ok_or_else(|| {
            let known = if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
            Failure::expected(format!("finding: no such finding in these snapshots; expected one of: {known}"))
        })?;
        return details(&last, &found.findings[at], &ids[at], answer);
    }
    answer.heading(format!("{}: {}", given.heading(), quoted(&found.summary, SENTENCE)));
    notes(&given, &found, &mut answer);
    if let Some(first) = found.findings.first() {
        next(&last, first, &ids[0], &given, &mut answer);
    } else {
        let numbers = arguments([("snapshots", json!(given.numbers()))]);
        answer.next("growth", numbers, "classes that grow, small ones too");
        answer.next("summary", arguments([("snapshot", json!(last.number()))]), "classes by retained size");
    }
    // The first one has all that is needed to act; the others are named, so that they can be asked for.
    let mut rows = Vec::new();
    for (finding, id) in found.findings.iter().zip(&ids) {
        if rows.is_empty() {
            rows = block(&last, finding, id);
        } else {
            let (title, holder) = (quoted(&finding.title, SENTENCE), last.snapshot.id(finding.holder.node));
            rows.push(format!("{id} {}: {title}, holder {holder}", finding.verdict.name()));
        }
    }
    answer.rows(rows.len(), |at| Ok::<_, Failure>(rows[at].clone()))?;
    Ok(answer)
}

fn ask(call: &Call<'_>, given: &Given) -> Result<Arc<Findings>, Failure> {
    call.workspace.ask(&FindingsOf::new(&given.ids(), call.host.sources()), call.cancel)
}

fn notes(given: &Given, found: &Findings, answer: &mut Answer) {
    for note in &given.notes {
        answer.heading(note.clone());
    }
    let mut notes: Vec<String> = found.notes.clone();
    let snapshots: Vec<&Snapshot> = given.snapshots.iter().map(|open| open.snapshot.as_ref()).collect();
    if snapshots.iter().any(|snapshot| snapshot.recovery().is_some()) {
        notes.push("a file is damaged, so growing objects may be missing".to_owned());
    }
    if found.ids_match == Some(true) {
        let memory: Vec<Option<MemoryUsage>> = given.snapshots.iter().map(|open| open.memory).collect();
        notes.extend(outside_note(&snapshots, &memory));
    }
    for note in notes {
        answer.heading(format!("note: {}", quoted(&note, SENTENCE)));
    }
}

/// Names the calls that follow a finding: what holds a member, and the source around it.
fn next(last: &OpenSnapshot, finding: &Finding, id: &str, given: &Given, answer: &mut Answer) {
    let number = last.number();
    let member = finding.samples.first().map(|&sample| json!(last.snapshot.id(sample).to_string()));
    if let Some(member) = member {
        let of = || arguments([("snapshot", json!(number)), ("id", member.clone())]);
        answer.next("retainers", of(), "what keeps a member alive");
        answer.next("source", of(), "the lines that add and create members");
    }
    let of = arguments([("snapshots", json!(given.numbers())), ("finding", json!(id))]);
    answer.next("findings", of, "all details of the first finding");
}

/// Returns the lines of a finding: those of the command line, with everything from the heap quoted.
fn block(last: &OpenSnapshot, finding: &Finding, id: &str) -> Vec<String> {
    let heading = format!("finding {id}: {} {}", finding.verdict.name(), quoted(&finding.title, SENTENCE));
    let mut parts: Vec<(String, String)> = Vec::new();
    for line in finding_lines(finding).iter().skip(1) {
        // Two spaces, and the label in ten columns.
        let (label, rest) = line.split_at_checked(12).unwrap_or(("", line));
        match parts.last_mut() {
            Some((_, before)) if label.trim().is_empty() && rest.starts_with('→') => {
                before.push(' ');
                before.push_str(rest);
            }
            Some((before, _)) if label.trim().is_empty() => {
                let same = before.clone();
                parts.push((same, rest.to_owned()));
            }
            _ => parts.push((label.trim().to_owned(), rest.to_owned())),
        }
    }
    let line = |(label, rest): &(String, String)| {
        let label = if label.is_empty() { "why" } else { label };
        format!("  {label}: {}", quoted(rest, SENTENCE))
    };
    let snapshot = &last.snapshot;
    let samples: Vec<String> =
        finding.samples.iter().take(SAMPLES).map(|&node| snapshot.id(node).to_string()).collect();
    let holder = snapshot.id(finding.holder.node);
    let ids = format!("  in snapshot {}: holder {holder}, members {}", last.number(), samples.join(" "));
    std::iter::once(heading).chain(parts.iter().map(line)).chain([ids]).collect()
}

/// Writes one finding with the ids of its path and all lines of source.
fn details(last: &OpenSnapshot, finding: &Finding, id: &str, mut answer: Answer) -> Result<Answer, Failure> {
    let number = last.number();
    let mut rows = block(last, finding, id);
    rows.extend(finding.path.iter().map(|step| step_row(last, step)));
    for key in &finding.keys {
        rows.push(format!("key {}", quoted(key, labels::NAME)));
    }
    for other in &finding.also_held_by {
        rows.push(format!("also held by {}", quoted(other, SENTENCE)));
    }
    for other in &finding.companions {
        rows.push(format!("grows with it: {}", quoted(&other.text, SENTENCE)));
    }
    let holder = json!(last.snapshot.id(finding.holder.node).to_string());
    answer.next("object", arguments([("snapshot", json!(number)), ("id", holder)]), "the fields of the holder");
    if let Some(&sample) = finding.samples.first() {
        let member = json!(last.snapshot.id(sample).to_string());
        answer.next("paths", arguments([("snapshot", json!(number)), ("id", member)]), "other paths to a member");
    }
    answer.rows(rows.len(), |at| Ok::<_, Failure>(rows[at].clone()))?;
    Ok(answer)
}

/// Returns a step of the path with the id of its object.
fn step_row(last: &OpenSnapshot, step: &PathStep) -> String {
    let times = if step.repeated > 1 { format!(" x{}", step.repeated) } else { String::new() };
    let edge = if step.edge.is_some() { format!("{} -> ", quoted(&step.name, labels::NAME)) } else { String::new() };
    format!("step {edge}{} {}{times}", last.snapshot.id(step.node), quoted(&step.label, labels::NAME))
}
