//! Findings as JSON. The schema is stable: fields may be added, but existing ones never change.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::Report;
use crate::Snapshot;
use crate::export::SiteRow;
use crate::findings::{Finding, Kind, MemberClass, PathStep, Site, SourcePlace};

/// The version of the schema.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    snapshots: Vec<Measured<'a>>,
    ids_match: Option<bool>,
    summary: &'a str,
    notes: &'a [String],
    findings: Vec<FindingJson<'a>>,
}

#[derive(Serialize)]
struct Measured<'a> {
    file: &'a str,
    objects: usize,
    total_size: u64,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    signature: &'a str,
    kind: &'static str,
    pattern: Option<&'static str>,
    verdict: &'static str,
    title: &'a str,
    explanation: &'a str,
    advice: Option<&'a str>,
    evidence: &'a [String],
    holder: HolderJson<'a>,
    member_class: &'a str,
    members: &'a [u64],
    bytes: &'a [u64],
    share_of_growth: Option<f64>,
    classes: Vec<ClassJson<'a>>,
    path: Vec<StepJson<'a>>,
    sites: Vec<SiteRow<'a>>,
    keys: &'a [String],
    samples: Vec<u64>,
    freed_if_emptied: u64,
    also_held_by: &'a [String],
    companions: Vec<&'a str>,
}

#[derive(Serialize)]
struct HolderJson<'a> {
    label: &'a str,
    id: u64,
    name: &'a str,
    class: &'a str,
    location: Option<PlaceJson<'a>>,
}

#[derive(Serialize)]
struct PlaceJson<'a> {
    url: &'a str,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct ClassJson<'a> {
    name: &'a str,
    location: Option<PlaceJson<'a>>,
    counts: &'a [u64],
    sizes: &'a [u64],
}

#[derive(Serialize)]
struct StepJson<'a> {
    edge: Option<EdgeJson<'a>>,
    id: u64,
    name: &'a str,
    class: &'a str,
    location: Option<PlaceJson<'a>>,
    repeated: u32,
}

#[derive(Serialize)]
struct EdgeJson<'a> {
    name: &'a str,
    kind: &'a str,
}

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(&(last, _)) = report.snapshots.last() else { return Ok(()) };
    let document = Document {
        schema: SCHEMA,
        snapshots: report
            .snapshots
            .iter()
            .map(|&(snapshot, file)| Measured {
                file,
                objects: snapshot.graph().node_count(),
                total_size: snapshot.total_size(),
            })
            .collect(),
        ids_match: report.found.ids_match,
        summary: &report.found.summary,
        notes: &report.notes,
        findings: report.found.findings.iter().map(|finding| FindingJson::new(finding, last)).collect(),
    };
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}

#[derive(Serialize)]
struct KnownJson<'a> {
    known: bool,
    #[serde(flatten)]
    finding: FindingJson<'a>,
}

/// Returns a finding in the same shape, with a member that says whether it is known.
pub(in crate::cli) fn with_known(finding: &Finding, known: bool, last: &Snapshot) -> serde_json::Result<Box<RawValue>> {
    to_raw_value(&KnownJson { known, finding: FindingJson::new(finding, last) })
}

impl<'a> FindingJson<'a> {
    fn new(finding: &'a Finding, last: &Snapshot) -> Self {
        let holder = &finding.holder;
        Self {
            signature: &finding.signature,
            kind: Kind::name(finding.kind),
            pattern: finding.pattern,
            verdict: finding.verdict.name(),
            title: &finding.title,
            explanation: &finding.explanation,
            advice: finding.advice.as_deref(),
            evidence: &finding.evidence,
            holder: HolderJson {
                label: &holder.label,
                id: last.id(holder.node).0,
                name: &holder.name,
                class: &holder.class,
                location: place(holder.location.as_ref()),
            },
            member_class: &finding.member_class,
            members: &finding.members,
            bytes: &finding.bytes,
            share_of_growth: finding.share_of_growth,
            classes: finding.classes.iter().map(class).collect(),
            path: finding.path.iter().map(|of| step(of, last)).collect(),
            sites: finding.sites.iter().map(site).collect(),
            keys: &finding.keys,
            samples: finding.samples.iter().map(|&node| last.id(node).0).collect(),
            freed_if_emptied: finding.freed_if_emptied,
            also_held_by: &finding.also_held_by,
            companions: finding.companions.iter().map(|of| of.text.as_str()).collect(),
        }
    }
}

fn place(place: Option<&SourcePlace>) -> Option<PlaceJson<'_>> {
    place.map(|place| PlaceJson { url: &place.url, line: place.line, column: place.column })
}

fn class(class: &MemberClass) -> ClassJson<'_> {
    ClassJson {
        name: &class.name,
        location: place(class.location.as_ref()),
        counts: &class.counts,
        sizes: &class.sizes,
    }
}

fn step<'a>(step: &'a PathStep, last: &Snapshot) -> StepJson<'a> {
    StepJson {
        edge: step.edge.map(|_| EdgeJson { name: &step.name, kind: &step.kind }),
        id: last.id(step.node).0,
        name: &step.label,
        class: &step.class,
        location: place(step.location.as_ref()),
        repeated: step.repeated,
    }
}

/// Returns the row of a source line.
pub(in crate::cli) fn site(site: &Site) -> SiteRow<'_> {
    SiteRow {
        what: site.what,
        url: &site.place.url,
        line: site.place.line,
        column: site.place.column,
        function: site.function.as_deref(),
        text: site.text.as_deref(),
    }
}
