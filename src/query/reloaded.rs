//! Classes of scripts that were loaded several times.
//!
//! Hot reloading, the module registries of test runners and `import('x?t=')` load a module several times, and V8
//! assigns a new script id to each load, so a class is listed once per load. Here two classes are the same if their
//! name, their script URL without query and fragment, line and column are equal. Growth always merges such classes, and
//! lists do on request.
//!
//! By this rule, two different texts loaded from one URL that define a class with the same name at the same position
//! are one class. Classes of scripts without a known URL are never merged.
//!
//! Within one process a script keeps its id, so ids are matched first: a URL that any snapshot of the process has for a
//! script id applies to all of them.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::question::{Needs, Question};
use super::scripts::{Script, Scripts, scripts};
use crate::analysis::{ClassKey, Classes, JoinedClasses, Location, Originals};
use crate::model::{CancelToken, Cancelled, ClassId, NodeOrdinal, SnapshotId};
use crate::snapshot::Snapshot;

/// The name that Node.js gives scripts without one.
const UNNAMED: &str = "evalmachine.<anonymous>";

/// Returns a script's URL without query and fragment, which change between loads; `None` for a name that many scripts
/// share.
#[must_use]
pub(crate) fn reloaded_url(url: &str) -> Option<&str> {
    // A data URL may contain a question mark, and it is the whole script.
    if url == UNNAMED || url.starts_with("data:") {
        return (url != UNNAMED).then_some(url);
    }
    // In a file path, # is an ordinary character.
    let is_path = url.starts_with('/') || url.get(1..3) == Some(":\\");
    let end = if is_path { url.find('?') } else { url.find(['?', '#']) };
    Some(&url[..end.unwrap_or(url.len())]).filter(|url| !url.is_empty())
}

/// The URLs that replace the numbers of scripts in an [`Identity`], by number.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct ScriptUrls {
    by_id: BTreeMap<u32, Box<str>>,
    /// Names and positions as written, which do not change when the program is built again.
    originals: Vec<Arc<Originals>>,
}

impl ScriptUrls {
    pub(crate) fn of(scripts: &Scripts) -> Self {
        Self::of_process([scripts])
    }

    /// Merges the scripts of one process, the oldest first. Where URLs of a number differ, the newest counts for all.
    pub(crate) fn of_process<'a>(scripts: impl IntoIterator<Item = &'a Scripts>) -> Self {
        let mut urls = Self::default();
        let known = |script: &Script| Some((script.id, script.url.as_deref().and_then(reloaded_url)?.into()));
        for scripts in scripts {
            urls.by_id.extend(scripts.all().iter().filter_map(known));
            if !scripts.originals().is_empty() {
                urls.originals.push(Arc::clone(scripts.originals()));
            }
        }
        urls
    }
}

/// The key that matches classes of different loads and snapshots.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Identity {
    /// The script id is 0 if the URL replaces it.
    key: ClassKey,
    url: Option<Box<str>>,
}

impl Identity {
    fn new(key: &ClassKey, urls: &ScriptUrls) -> Self {
        let mut key = key.clone();
        let mut url = None;
        let written = key.location.and_then(|at| {
            let place = urls.originals.iter().rev().find_map(|originals| originals.place(at))?;
            Some((at, place))
        });
        if let Some((at, place)) = written {
            key.location = Some(Location { script_id: 0, line: place.line, column: place.column });
            if let Some(name) = urls.originals.iter().rev().find_map(|originals| originals.name(at)) {
                key.rename(name);
            }
            url = Some(place.url.into());
        } else if let Some(at) = &mut key.location
            && let Some(known) = urls.by_id.get(&at.script_id)
        {
            at.script_id = 0;
            url = Some(known.clone());
        }
        Self { key, url }
    }

    /// Returns the URL of the script that defines the class, if it is known.
    pub(crate) fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }
}

/// Returns identities by class.
fn identities(classes: &Classes, urls: &ScriptUrls) -> Vec<Identity> {
    classes.all().iter().map(|class| Identity::new(&class.key, urls)).collect()
}

/// The classes of a snapshot as listed in a comparison, with those of reloaded scripts separate or merged.
#[derive(Debug)]
pub(crate) struct Grouping<'a> {
    pub(crate) classes: Cow<'a, Classes>,
    pub(crate) joined: JoinedClasses,
    /// By class.
    pub(crate) identities: Vec<Identity>,
}

impl<'a> Grouping<'a> {
    /// Creates a grouping. With URLs, reloaded classes are merged; without, each class stays separate.
    pub(crate) fn new(
        snapshot: &Snapshot,
        classes: Cow<'a, Classes>,
        urls: &ScriptUrls,
        cancel: &CancelToken,
    ) -> Result<Self, Cancelled> {
        let identities = identities(&classes, urls);
        let joined = join(snapshot, &classes, &identities, cancel)?;
        Ok(Self { classes, joined, identities })
    }

    /// Returns the class under which a node is listed.
    pub(crate) fn class(&self, node: NodeOrdinal) -> ClassId {
        self.joined.first(self.classes.of(node))
    }

    /// Returns the listed classes: the first one of each identity.
    pub(crate) fn firsts(&self) -> impl Iterator<Item = ClassId> + '_ {
        let count = u32::try_from(self.classes.all().len()).unwrap_or(u32::MAX);
        (0..count).map(ClassId).filter(|&class| self.joined.is_first(class))
    }
}

fn join(
    snapshot: &Snapshot,
    classes: &Classes,
    identities: &[Identity],
    cancel: &CancelToken,
) -> Result<JoinedClasses, Cancelled> {
    let mut known: HashMap<&Identity, u32> = HashMap::with_capacity(identities.len());
    let first = (0_u32..).zip(identities).map(|(class, identity)| *known.entry(identity).or_insert(class)).collect();
    let sizes = (snapshot.shallow_sizes(), snapshot.retained_sizes());
    JoinedClasses::new(classes, first, sizes, snapshot.dominators(), cancel)
}

/// Merges the snapshot's own reloaded classes, unless done before.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn join_reloaded<'a>(snapshot: &'a Snapshot, cancel: &CancelToken) -> Result<&'a JoinedClasses, Cancelled> {
    if let Some(joined) = snapshot.joined_classes() {
        return Ok(joined);
    }
    join_with(snapshot, &scripts(snapshot, cancel)?, cancel)
}

/// Merges the snapshot's own reloaded classes with the help of its scripts, unless done before.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub(crate) fn join_with<'a>(
    snapshot: &'a Snapshot,
    scripts: &Scripts,
    cancel: &CancelToken,
) -> Result<&'a JoinedClasses, Cancelled> {
    if let Some(joined) = snapshot.joined_classes() {
        return Ok(joined);
    }
    let classes = snapshot.classes();
    let identities = identities(classes, &ScriptUrls::of(scripts));
    Ok(snapshot.keep_joined_classes(join(snapshot, classes, &identities, cancel)?))
}

/// The classes of two snapshots under one numbering: those of the current one, then those only in the base.
pub(super) struct JointClasses {
    /// The joint number of each class.
    pub(super) of_base: Vec<u32>,
    pub(super) of_current: Vec<u32>,
    /// For each joint number, the listed class in the base and in the current snapshot.
    pub(super) rows: Vec<(Option<ClassId>, Option<ClassId>)>,
}

impl JointClasses {
    pub(super) fn new(base: &Grouping<'_>, current: &Grouping<'_>) -> Self {
        let mut rows: Vec<(Option<ClassId>, Option<ClassId>)> = Vec::new();
        let mut known: HashMap<&Identity, usize> = HashMap::new();
        for class in current.firsts() {
            known.insert(&current.identities[class.index()], rows.len());
            rows.push((None, Some(class)));
        }
        for class in base.firsts() {
            let row = *known.entry(&base.identities[class.index()]).or_insert(rows.len());
            if row == rows.len() {
                rows.push((None, None));
            }
            rows[row].0 = Some(class);
        }
        let numbers = |of: &Grouping<'_>| -> Vec<u32> {
            let number =
                |class: &Identity| known.get(class).map_or(u32::MAX, |&row| u32::try_from(row).unwrap_or(u32::MAX));
            of.identities.iter().map(number).collect()
        };
        Self { of_base: numbers(base), of_current: numbers(current), rows }
    }
}

/// The rows of a comparison that merging reloaded scripts changes.
pub(super) struct Reloaded {
    base: Vec<Identity>,
    current: Vec<Identity>,
    /// Identities that several classes of the two snapshots have.
    shared: HashSet<Identity>,
}

impl Reloaded {
    /// Compares the identities of the classes of `base` and `current`, each with its own URLs.
    pub(super) fn find(
        (base_classes, base_urls): (&Classes, &ScriptUrls),
        (current_classes, current_urls): (&Classes, &ScriptUrls),
    ) -> Self {
        let base_of = identities(base_classes, base_urls);
        let current_of = identities(current_classes, current_urls);
        let mut keys: HashMap<&Identity, &ClassKey> = HashMap::new();
        let mut shared = HashSet::new();
        let all = [(&base_of, base_classes), (&current_of, current_classes)];
        for (identity, class) in all.into_iter().flat_map(|(of, classes)| of.iter().zip(classes.all())) {
            if *keys.entry(identity).or_insert(&class.key) != &class.key {
                shared.insert(identity.clone());
            }
        }
        Self { base: base_of, current: current_of, shared }
    }

    /// Returns true if a row with these classes of the base and the current snapshot is one of several with the same
    /// identity.
    pub(super) fn concerns(&self, (base, current): (Option<ClassId>, Option<ClassId>)) -> bool {
        let is_shared = |of: &[Identity], class: Option<ClassId>| {
            class.and_then(|class| of.get(class.index())).is_some_and(|identity| self.shared.contains(identity))
        };
        !self.shared.is_empty() && (is_shared(&self.base, base) || is_shared(&self.current, current))
    }
}

/// Asks for the files of source positions. Once they are known, so are [`Snapshot::joined_classes`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct ScriptsOf(pub SnapshotId);

impl Question for ScriptsOf {
    type Answer = Scripts;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.0]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<Scripts, Cancelled> {
        let snapshot = needs.snapshot(self.0);
        let scripts = scripts(snapshot, cancel)?;
        join_with(snapshot, &scripts, cancel)?;
        Ok(scripts)
    }
}

#[cfg(test)]
mod tests {
    use super::reloaded_url;

    #[test]
    fn urls_of_reloaded_scripts_ignore_query_and_fragment() {
        for (url, expected) in [
            ("file:///srv/app/x.mjs?t=3", Some("file:///srv/app/x.mjs")),
            ("http://host/app.js#2", Some("http://host/app.js")),
            ("/srv/c#/x.js?v=1", Some("/srv/c#/x.js")),
            (r"C:\c#\x.js", Some(r"C:\c#\x.js")),
            ("data:text/javascript,a?b:c", Some("data:text/javascript,a?b:c")),
            ("evalmachine.<anonymous>", None),
            ("?x", None),
        ] {
            assert_eq!(reloaded_url(url), expected, "{url}");
        }
    }
}
