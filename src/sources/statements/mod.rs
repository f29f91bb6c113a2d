//! The statements of a program that fill a holder: calls that add to it, assignments, registrations of the functions that
//! it holds, and expressions that create its members.
//!
//! A holder is known by a name: a field of a class, or a variable of a scope. Scripts that contain the name are parsed;
//! variables are resolved by scope, and fields are followed through local variables. Statements are ranked: those of the
//! class that has the field first, then those of its script.

mod names;
mod reach;
mod scan;

use std::collections::HashSet;

use rayon::prelude::*;

use super::lines::{Lines, Position};
use super::{Sources, shown_line, syntax};
use crate::model::{CancelToken, Cancelled};
pub(super) use names::{function_at, key_name};
use scan::{Hit, scan};

#[cfg(test)]
mod tests;

/// The maximum number of statements of a kind, and of those in one script from which they are chosen.
const MOST: usize = 3;
const MOST_OF_SCRIPT: usize = 16;
/// Statements whose score is lower than the best by more than this are left out.
const RANGE: i32 = 25;
/// The score of a write to the holder by its name, in the script of its class or scope.
const CERTAIN: i32 = 60;
/// The least score: below it are objects of the runtime that are created far from the holder.
const LEAST: i32 = 5;

/// The names by which a program reaches a holder and its members.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Sought {
    pub(crate) holder: Option<HolderName>,
    /// True if the members are in collections that the named one holds.
    pub(crate) is_nested: bool,
    /// The name of the object that has the field, which may be a key rather than a name.
    pub(crate) outer: Option<HolderName>,
    /// The field by which the elements of a list reference each other.
    pub(crate) link: Option<String>,
    /// The name of an event whose listeners are the members.
    pub(crate) event: Option<String>,
    /// The function that is held, and its name.
    pub(crate) callback: Option<Callback>,
    /// The async function or generator whose suspended calls are held.
    pub(crate) suspended: Option<ScriptPosition>,
    pub(crate) made: Vec<Made>,
    /// The last part of the URL of a module that is loaded again and again.
    pub(crate) module: Option<String>,
}

/// A position in a script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ScriptPosition {
    pub(crate) script_id: u32,
    pub(crate) at: Position,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct HolderName {
    pub(crate) name: String,
    pub(crate) kind: HolderKind,
    /// The class that has the field.
    pub(crate) class: Option<String>,
    /// A position in the class, or in a function that sees the variable.
    pub(crate) place: Option<ScriptPosition>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum HolderKind {
    Field,
    Variable,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Callback {
    pub(crate) name: String,
    pub(crate) place: Option<ScriptPosition>,
}

/// An expression that creates members.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Made {
    /// `new Name(…)`. Classes of the runtime are created in many places.
    Class { name: String, is_of_program: bool },
    /// An object literal with these keys.
    Shape(Vec<String>),
}

/// The relation of a statement to a holder.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum What {
    Adds,
    Registers,
    Creates,
    Holder,
}

/// A statement that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Statement {
    pub(crate) what: What,
    pub(crate) place: ScriptPosition,
    /// The function that contains the statement, such as `SessionCache.open`.
    pub(crate) function: Option<String>,
    /// The line of the statement without its indentation.
    pub(crate) text: String,
    score: i32,
}

impl Sought {
    fn is_empty(&self) -> bool {
        self.holder.is_none()
            && self.callback.is_none()
            && self.suspended.is_none()
            && self.made.is_empty()
            && self.module.is_none()
    }

    /// Returns the positions of the function that is held and of the one whose suspended calls are held.
    fn functions(&self) -> [Option<&ScriptPosition>; 2] {
        let callback = self.callback.as_ref().and_then(|callback| callback.place.as_ref());
        [callback, self.suspended.as_ref()]
    }

    /// Returns all positions: those of the holder and of the functions.
    fn places(&self) -> impl Iterator<Item = &ScriptPosition> {
        let holder = self.holder.as_ref().and_then(|holder| holder.place.as_ref());
        holder.into_iter().chain(self.functions().into_iter().flatten())
    }

    /// Returns what is still to be found after some statements: nothing that is certain, and no second place of creation.
    fn without(&self, found: &[Statement]) -> Self {
        let is_certain = |of: &Statement| matches!(of.what, What::Adds | What::Registers) && of.score >= CERTAIN;
        let is_created = found.iter().any(|of| of.what == What::Creates);
        let made = if is_created { Vec::new() } else { self.made.clone() };
        if found.iter().any(is_certain) { Self { made, ..Self::default() } } else { Self { made, ..self.clone() } }
    }

    /// Returns the names of which a script must contain one.
    fn needles(&self) -> impl Iterator<Item = &str> {
        let made = self.made.iter().map(|made| match made {
            Made::Class { name, .. } => name.as_str(),
            Made::Shape(keys) => keys.first().map_or("", String::as_str),
        });
        let holder = self.holder.as_ref().map(|holder| holder.name.trim_start_matches('#'));
        let names = [holder, self.link.as_deref(), self.event.as_deref(), self.module.as_deref()];
        names.into_iter().flatten().chain(made).filter(|name| !name.is_empty())
    }
}

/// Finds the statements for each holder, the most likely first. If nothing adds to the holder by its name, finds what adds
/// to the entries of the object that has it.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub(crate) fn statements(
    sources: &Sources<'_>,
    sought: &[Sought],
    cancel: &CancelToken,
) -> Result<Vec<Vec<Statement>>, Cancelled> {
    let outer: Vec<Sought> = sought
        .iter()
        .map(|sought| Sought { holder: sought.outer.clone(), is_nested: sought.outer.is_some(), ..Sought::default() })
        .collect();
    let count = sought.len();
    let sought: Vec<Sought> = sought.iter().cloned().chain(outer).collect();
    // The scripts of holders and functions first: what they have need not be looked for in all others.
    let is_near = |id: u32| sought.iter().flat_map(Sought::places).any(|of| sources.is_same(of.script_id, id));
    let (near, far): (Vec<u32>, Vec<u32>) = sources.newest_ids().into_iter().partition(|&id| is_near(id));
    let mut by_holder: Vec<Vec<Statement>> = vec![Vec::new(); sought.len()];
    in_scripts(sources, &near, &sought, &mut by_holder, cancel)?;
    let rest: Vec<Sought> = sought.iter().zip(&by_holder).map(|(sought, found)| sought.without(found)).collect();
    in_scripts(sources, &far, &rest, &mut by_holder, cancel)?;
    let mut by_holder: Vec<Vec<Statement>> = by_holder.into_iter().map(ranked).collect();
    let outer = by_holder.split_off(count);
    for (statements, outer) in by_holder.iter_mut().zip(outer) {
        let has = |what: What| statements.iter().any(|statement| statement.what == what);
        let missing = [What::Adds, What::Holder].map(|what| (what, !has(what)));
        let is_missing = |statement: &Statement| missing.contains(&(statement.what, true));
        statements.extend(outer.into_iter().filter(|statement| missing[0].1 && is_missing(statement)));
    }
    Ok(by_holder)
}

/// Adds the statements in some scripts.
fn in_scripts(
    sources: &Sources<'_>,
    ids: &[u32],
    sought: &[Sought],
    by_holder: &mut [Vec<Statement>],
    cancel: &CancelToken,
) -> Result<(), Cancelled> {
    if sought.iter().all(Sought::is_empty) {
        return Ok(());
    }
    let of = |&id: &u32| {
        cancel.check()?;
        Ok(of_script(sources, id, sought))
    };
    let found: Vec<Vec<(usize, Statement)>> = ids.par_iter().map(of).collect::<Result<_, Cancelled>>()?;
    for (at, statement) in found.into_iter().flatten() {
        by_holder[at].push(statement);
    }
    Ok(())
}

/// Returns the number of statements in a script, of which the offsets are those of the holder and of the functions.
pub(super) fn hits(semantic: &oxc_semantic::Semantic<'_>, sought: &Sought, offsets: &[usize]) -> usize {
    scan(semantic, sought, [0, 1, 2].map(|at| offsets.get(at).copied())).len()
}

/// Finds the statements in one script.
fn of_script(sources: &Sources<'_>, id: u32, sought: &[Sought]) -> Vec<(usize, Statement)> {
    let Some(text) = sources.text(id).text.as_ref() else { return Vec::new() };
    let is_here = |of: &ScriptPosition| sources.is_same(of.script_id, id);
    let wanted: Vec<(usize, &Sought)> = sought
        .iter()
        .enumerate()
        .filter(|(_, sought)| !sought.is_empty())
        .filter(|(_, sought)| {
            sought.functions().into_iter().flatten().any(is_here)
                || sought.needles().any(|name| memchr::memmem::find(text.text.as_bytes(), name.as_bytes()).is_some())
        })
        .collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let lines = Lines::new(&text.text);
    let parsed = syntax::parse(sources.url(id), &text.text, text.is_cut, |semantic| {
        let mut found = Vec::new();
        for &(at, sought) in &wanted {
            // The position of a function or class in this text.
            let offset = |of: &ScriptPosition| lines.offset(&text.text, text.inner(of.at)?);
            let local = |of: Option<&ScriptPosition>| of.filter(|of| is_here(of)).and_then(offset);
            let holder = sought.holder.as_ref().and_then(|holder| holder.place.as_ref());
            let [callback, suspended] = sought.functions().map(local);
            let hits = reduced(scan(semantic, sought, [local(holder), callback, suspended]), &lines);
            found.extend(hits.into_iter().map(|hit| {
                let place = lines.position(&text.text, hit.offset);
                let line = lines.line(&text.text, place.line as usize);
                let statement = Statement {
                    what: hit.what,
                    place: ScriptPosition { script_id: id, at: text.outer(place) },
                    function: hit.function,
                    text: shown_line(line, place.column).unwrap_or_default(),
                    score: hit.score + if holder.is_some_and(is_here) { 20 } else { 0 },
                };
                (at, statement)
            }));
        }
        found
    });
    parsed.unwrap_or_default()
}

/// Keeps the most likely statements of each kind, one per line. A generated script may have thousands in a line, and the
/// column of each takes as long as the line.
fn reduced(mut hits: Vec<Hit>, lines: &Lines) -> Vec<Hit> {
    // Members are created where they are added.
    let is_adding = |hit: &&Hit| matches!(hit.what, What::Adds | What::Registers);
    let adding: HashSet<(u32, u32)> = hits.iter().filter(is_adding).map(|hit| hit.inside).collect();
    for hit in hits.iter_mut().filter(|hit| hit.what == What::Creates && adding.contains(&hit.inside)) {
        hit.score += 20;
    }
    hits.sort_by_key(|hit| (hit.what, std::cmp::Reverse(hit.score), hit.offset));
    let mut known: HashSet<(What, usize)> = HashSet::new();
    let mut counts = [0; 4];
    hits.retain(|hit| {
        let count = &mut counts[hit.what as usize];
        let is_kept = *count < MOST_OF_SCRIPT && known.insert((hit.what, lines.line_of(hit.offset)));
        *count += usize::from(is_kept);
        is_kept
    });
    hits
}

/// Sorts the statements of a holder and keeps the most likely ones of each kind.
fn ranked(mut found: Vec<Statement>) -> Vec<Statement> {
    // Members are created near the place where they are added.
    let is_adding = |of: &&Statement| matches!(of.what, What::Adds | What::Registers);
    let scripts: HashSet<u32> = found.iter().filter(is_adding).map(|of| of.place.script_id).collect();
    for statement in found.iter_mut().filter(|statement| statement.what == What::Creates) {
        statement.score += if scripts.contains(&statement.place.script_id) { 10 } else { 0 };
    }
    // Where nothing adds to a holder of the runtime, such as an open handle, what creates its members is all there is.
    found.retain(|statement| statement.score >= LEAST || scripts.is_empty());
    found.sort_by_key(|of| (of.what, std::cmp::Reverse(of.score), of.place.script_id, of.place.at));
    let mut kept: Vec<Statement> = Vec::new();
    for statement in found {
        let of_kind: Vec<&Statement> = kept.iter().filter(|of| of.what == statement.what).collect();
        let best = of_kind.first().map_or(statement.score, |best| best.score);
        let is_known = of_kind
            .iter()
            .any(|of| of.place.script_id == statement.place.script_id && of.place.at.line == statement.place.at.line);
        if of_kind.len() < MOST && statement.score + RANGE >= best && !is_known {
            kept.push(statement);
        }
    }
    kept
}
