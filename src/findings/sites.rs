//! Source lines related to a finding: statements of the scripts at hand, else the positions that the snapshot has.

use super::exported::exported;
use super::finding::{Finding, Part, PathStep, Site, SourcePlace};
use super::naming::Names;
use super::patterns::Recognized;
use super::sought::script_position;
use crate::model::{CancelToken, Cancelled, NodeOrdinal};
use crate::query::is_context;
use crate::sources::{Sought, Sources, Statement, What, is_program_url, statements};

/// A finding whose source lines are not found yet.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) finding: Finding,
    pub(super) sought: Sought,
}

/// Returns the node of the nearest object of the program at or above the holder. A variable has none: the function or class
/// that keeps its scope says nothing about where it is declared.
pub(super) fn owner(names: Names<'_>, container: NodeOrdinal) -> Option<NodeOrdinal> {
    let mut at = container;
    for _ in 0..6 {
        if names.is_of_program(at) {
            return Some(at);
        }
        if is_context(&names.class(at)) || exported(names.side.snapshot, at).is_some() {
            return None;
        }
        at = names.side.snapshot.graph().edge_source(names.side.field_edge(at)?);
    }
    None
}

/// Returns the positions that the snapshot has of the functions that are held, and of the classes of members and of the
/// holder.
pub(super) fn positions(
    names: Names<'_>,
    path: &[PathStep],
    owner: Option<NodeOrdinal>,
    recognized: &Recognized,
) -> Vec<Site> {
    let mut nodes: Vec<(&'static str, NodeOrdinal)> = Vec::new();
    nodes.extend(recognized.registered.map(|node| ("registers", node)));
    // What is between a member and the object that it leads to is how, not what.
    let ends = path.iter().filter(|step| step.part == Part::Member).chain(path.last());
    for step in ends.filter(|step| matches!(step.part, Part::Member | Part::Inside)) {
        if step.location.as_ref().is_some_and(|place| is_program_url(&place.url)) {
            nodes.push(("creates", step.node));
        }
    }
    nodes.extend(owner.map(|node| ("holder", node)));
    let mut sites: Vec<Site> = Vec::new();
    for (what, node) in nodes {
        let Some(at) = names.location_of(node) else { continue };
        let Some(place) = names.place(at) else { continue };
        if sites.iter().all(|site| site.place != place) {
            sites.push(Site { what, place, function: None, text: None, at: script_position(at) });
        }
    }
    sites
}

/// Finds the lines of all findings. Scripts are read and parsed once, and freed.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub(super) fn complete(
    drafts: Vec<Draft>,
    sources: &Sources<'_>,
    cancel: &CancelToken,
) -> Result<Vec<Finding>, Cancelled> {
    let (mut findings, sought): (Vec<Finding>, Vec<Sought>) =
        drafts.into_iter().map(|draft| (draft.finding, draft.sought)).unzip();
    let found = statements(sources, &sought, cancel)?;
    for (finding, statements) in findings.iter_mut().zip(found) {
        finding.sites = merged(std::mem::take(&mut finding.sites), &statements, sources);
        if finding.holder.location.is_none() {
            let declared = finding.sites.iter().find(|site| site.what == "holder");
            finding.holder.location = declared.map(|site| site.place.clone());
        }
    }
    Ok(findings)
}

/// Puts statements before the positions that the snapshot has; a position is only of use where there is no statement.
pub(super) fn merged(positions: Vec<Site>, statements: &[Statement], sources: &Sources<'_>) -> Vec<Site> {
    let has = |what: &str| statements.iter().any(|statement| name_of(statement.what) == what);
    let rest: Vec<Site> = positions.into_iter().filter(|site| !has(site.what)).collect();
    let mut sites: Vec<Site> = statements
        .iter()
        .map(|statement| {
            let shown = sources.shown(statement.place);
            Site {
                what: name_of(statement.what),
                place: SourcePlace {
                    url: shown.url,
                    line: shown.at.line.saturating_add(1),
                    column: shown.at.column.saturating_add(1),
                },
                function: shown.function.or_else(|| statement.function.clone().filter(|_| !shown.is_written)),
                text: shown.text.or_else(|| Some(statement.text.clone()).filter(|_| !shown.is_written)),
                at: statement.place,
            }
        })
        .collect();
    for mut site in rest {
        if sites.iter().all(|known| (&known.place.url, known.place.line) != (&site.place.url, site.place.line)) {
            site.text = sources.shown(site.at).text;
            sites.push(site);
        }
    }
    // As a person reads them: what fills the holder, what registers, what creates, where the holder is.
    sites.sort_by_key(|site| ["adds", "registers", "creates", "holder"].iter().position(|what| *what == site.what));
    sites
}

fn name_of(what: What) -> &'static str {
    match what {
        What::Adds => "adds",
        What::Registers => "registers",
        What::Creates => "creates",
        What::Holder => "holder",
    }
}
