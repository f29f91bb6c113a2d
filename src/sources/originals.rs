//! Applies source maps to a snapshot: the positions and names of its classes and functions become those as written.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::declared::{Declared, declared, starting_at};
use super::lines::{Lines, Position};
use super::maps::{self, ScriptMap};
use super::paths::SourcePaths;
use super::recorded::RecordedSources;
use super::syntax;
use super::text::{ScriptText, recorded_with, script_text};
use super::{is_program_url, maps::BadMap};
use crate::analysis::{Location, Originals};
use crate::model::{CancelToken, Cancelled, human};
use crate::query::{Script, scripts};
use crate::snapshot::Snapshot;

/// The least number of positions of functions and classes that tell whether a map is that of the script.
const PROOF: usize = 3;

/// The positions and names in the map of one script.
#[derive(Debug, Default)]
struct OfScript {
    /// The URLs of the files that positions are in, by their number in the map.
    sources: BTreeMap<u32, String>,
    places: Vec<(Location, u32, Position)>,
    names: Vec<(Location, String)>,
}

/// Finds the source maps of a snapshot's scripts and applies them. Reads only scripts that have a map.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn apply_maps(snapshot: &mut Snapshot, paths: &SourcePaths, cancel: &CancelToken) -> Result<(), Cancelled> {
    let scripts = scripts(snapshot, cancel)?;
    let recorded = recorded_with(snapshot);
    let is_recorded = |script: &Script| {
        let of = recorded.as_ref().and_then(|recorded| recorded.script(script.id, script.url.as_deref()));
        of.is_some_and(|of| of.map.is_some())
    };
    let has_map = |script: &&Script| {
        let url = script.url.as_deref().filter(|url| is_program_url(url));
        url.is_some_and(|url| script.map_url.is_some() || is_recorded(script) || maps::may_have_one(url, paths))
    };
    let mapped: Vec<&Script> = scripts.all().iter().filter(has_map).collect();
    if mapped.is_empty() {
        return Ok(());
    }
    let mut by_script: HashMap<u32, Vec<Location>> = HashMap::new();
    for &at in snapshot.locations().distinct() {
        by_script.entry(at.script_id).or_default().push(at);
    }
    let snapshot_now: &Snapshot = snapshot;
    let found: Vec<Option<Result<OfScript, BadMap>>> = mapped
        .par_iter()
        .map(|script| {
            cancel.check()?;
            let positions = by_script.get(&script.id).map_or(&[][..], Vec::as_slice);
            Ok(of_script((snapshot_now, recorded.as_ref()), script, positions, paths))
        })
        .collect::<Result<_, Cancelled>>()?;
    let mut originals = Originals::default();
    for (script, found) in mapped.iter().zip(found) {
        match found {
            None => {}
            Some(Err(bad)) => {
                let (from, url) = (human::visible(&bad.from, 300), script.url.as_deref().unwrap_or(""));
                let of = if bad.from == url { String::new() } else { format!(" for {}", human::visible(url, 300)) };
                originals.add_notice(format!("ignored the source map {from}{of}: {}", bad.reason));
            }
            Some(Ok(of_script)) => add(&mut originals, of_script),
        }
    }
    snapshot.set_originals(originals);
    Ok(())
}

fn add(originals: &mut Originals, of_script: OfScript) {
    let numbers: BTreeMap<u32, u32> =
        of_script.sources.into_iter().map(|(index, url)| (index, originals.add_source(&url))).collect();
    for (at, index, place) in of_script.places {
        if let Some(&number) = numbers.get(&index) {
            originals.add_place(at, (number, place.line, place.column));
        }
    }
    for (at, name) in of_script.names {
        originals.add_name(at, &name);
    }
}

fn of_script(
    (snapshot, recorded): (&Snapshot, Option<&RecordedSources>),
    script: &Script,
    positions: &[Location],
    paths: &SourcePaths,
) -> Option<Result<OfScript, BadMap>> {
    let url = script.url.as_deref()?;
    let text = script_text(snapshot, script, recorded, paths).text;
    let map = match maps::find(script, text.as_ref(), recorded, paths)? {
        Ok(map) => map,
        Err(bad) => return Some(Err(bad)),
    };
    let mut found = OfScript::default();
    let mut by_source: BTreeMap<u32, Vec<(Location, Position)>> = BTreeMap::new();
    for &at in positions {
        let inner = Position { line: at.line, column: at.column };
        let inner = text.as_ref().map_or(Some(inner), |text| text.inner(inner));
        let Some(mapped) = inner.and_then(|inner| map.lookup(inner)) else { continue };
        found.sources.entry(mapped.source).or_insert_with(|| map.source_url(mapped.source));
        found.places.push((at, mapped.source, mapped.at));
        by_source.entry(mapped.source).or_default().push((at, mapped.at));
    }
    let mut unnamed = Vec::new();
    let (mut parsed, mut starting) = (0, 0);
    for (source, places) in by_source {
        let url = &found.sources[&source];
        let names = original_text(&map, source, paths).and_then(|text| names_in(url, &text, &places));
        match names {
            Some(names) => {
                parsed += places.len();
                starting += names.len();
                found.names.extend(names);
            }
            None => unnamed.extend(places.into_iter().map(|(at, _)| at)),
        }
    }
    // V8's positions are those of functions and classes, so nearly all of them are where one starts in the sources.
    let is_proven = map.is_proven || parsed >= PROOF;
    if !is_proven || (parsed >= PROOF && starting * 2 < parsed) {
        let unknown = "it cannot be compared with the script, of which too little is known";
        let reason = if is_proven { maps::DIFFERENT } else { unknown };
        return Some(Err(BadMap { from: map.base().to_owned(), reason: reason.to_owned() }));
    }
    if let Some(text) = text.as_ref().filter(|_| !unnamed.is_empty()) {
        found.names.extend(names_by_map(url, text, &map, &unnamed));
    }
    Some(Ok(found))
}

/// Returns the text of a file as written: that in the map, else that of the file itself.
pub(super) fn original_text<'a>(
    map: &'a ScriptMap,
    source: u32,
    paths: &SourcePaths,
) -> Option<std::borrow::Cow<'a, str>> {
    match map.content(source) {
        Some(text) => Some(text.into()),
        None => map.file_of(source, paths).ok().map(|(_, text)| text.into()),
    }
}

/// Returns the names of the functions and classes at positions of a file as written; `None` if it cannot be parsed.
fn names_in(url: &str, text: &str, places: &[(Location, Position)]) -> Option<Vec<(Location, String)>> {
    let declared: Vec<Declared> = syntax::parse(url, text, false, declared).ok()?;
    let lines = Lines::new(text);
    let name = |&(at, place): &(Location, Position)| {
        let found = starting_at(&declared, lines.offset(text, place)?)?;
        Some((at, found.name.clone()))
    };
    Some(places.iter().filter_map(name).collect())
}

/// Returns the names that the map has for the generated names of functions and classes.
fn names_by_map(url: &str, text: &ScriptText, map: &ScriptMap, places: &[Location]) -> Vec<(Location, String)> {
    let Ok(declared) = syntax::parse(url, &text.text, text.is_cut, declared) else { return Vec::new() };
    let lines = Lines::new(&text.text);
    let name = |&at: &Location| {
        let inner = text.inner(Position { line: at.line, column: at.column })?;
        let found = starting_at(&declared, lines.offset(&text.text, inner)?)?;
        let name = map.lookup(lines.position(&text.text, found.name_at))?.name?;
        Some((at, name.to_owned()))
    };
    places.iter().filter_map(name).collect()
}
