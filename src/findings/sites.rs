//! Source lines related to a finding.

use super::finding::{Part, PathStep, Site, SourcePlace};
use super::naming::{Names, is_program_url};
use super::patterns::Recognized;
use crate::analysis::Location;
use crate::model::{NodeOrdinal, human};
use crate::query::source_line;

/// The maximum number of characters of a line.
const LINE_LIMIT: usize = 160;

/// Returns where the class of the nearest object of the program at or above the holder is defined.
pub(super) fn owner_place(names: Names<'_>, container: NodeOrdinal) -> Option<SourcePlace> {
    let mut at = container;
    for _ in 0..6 {
        if names.is_of_program(at) {
            return names.location(at);
        }
        at = names.side.snapshot.graph().edge_source(names.side.field_edge(at)?);
    }
    None
}

/// Returns the lines that register, create and hold members.
pub(super) fn sites(
    names: Names<'_>,
    path: &[PathStep],
    holder: Option<SourcePlace>,
    recognized: &Recognized,
) -> Vec<Site> {
    let mut places: Vec<(&'static str, SourcePlace)> = Vec::new();
    if let Some(place) = recognized.registered.clone() {
        places.push(("registers", place));
    }
    // What is between a member and the object that it leads to is how, not what.
    let ends = path.iter().filter(|step| step.part == Part::Member).chain(path.last());
    for step in ends.filter(|step| matches!(step.part, Part::Member | Part::Inside)) {
        if let Some(place) = step.location.clone().filter(|place| is_program_url(&place.url)) {
            places.push(("creates", place));
        }
    }
    places.extend(holder.map(|place| ("holder", place)));
    let mut sites: Vec<Site> = Vec::new();
    for (what, place) in places {
        if sites.iter().all(|site| site.place != place) {
            let text = text_of(names, &place);
            sites.push(Site { what, place, function: None, text });
        }
    }
    sites
}

/// Returns the line of a position, if the snapshot has it.
fn text_of(names: Names<'_>, place: &SourcePlace) -> Option<String> {
    let script = names.scripts.all().iter().find(|script| script.url.as_deref() == Some(place.url.as_str()))?;
    let at =
        Location { script_id: script.id, line: place.line.saturating_sub(1), column: place.column.saturating_sub(1) };
    source_line(names.side.snapshot, names.scripts, at, LINE_LIMIT)
        .map(|line| human::visible(&line.text, LINE_LIMIT).into_owned())
}
