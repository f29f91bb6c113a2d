//! The lines that fill the holder of one object, or that fill the object itself if it is a collection.

use std::borrow::Cow;

use super::describe::{path_of, plain};
use super::finding::{Part, Site};
use super::naming::Names;
use super::patterns::{Subject, recognize};
use super::sites::{merged, owner, positions};
use super::sought::sought;
use super::tree::Tree;
use super::ways::{Side, Ways};
use crate::model::{CancelToken, Cancelled, HeapBytes, NodeOrdinal, SnapshotId};
use crate::query::{CollectionKind, Grouping, Need, Needs, Question, ScriptUrls, ScriptsOf, entries_of};
use crate::sources::{SourcePaths, Sources, statements};

/// The lines that fill a holder.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// The holder, such as `SessionCache.byId`.
    pub(crate) holder: String,
    pub(crate) sites: Vec<Site>,
}

impl HeapBytes for Written {
    fn heap_bytes(&self) -> usize {
        let of = |site: &Site| size_of::<Site>() + site.place.url.len() + site.text.as_ref().map_or(0, String::len);
        self.sites.iter().map(of).sum()
    }
}

/// Finds the lines that put an object into its holder, and that create it. Of a collection with entries, finds the lines
/// that fill it.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub(crate) fn written(sources: &Sources<'_>, node: NodeOrdinal, cancel: &CancelToken) -> Result<Written, Cancelled> {
    let (snapshot, scripts) = (sources.snapshot(), sources.scripts());
    let urls = ScriptUrls::of(scripts);
    let group = Grouping::new(snapshot, Cow::Borrowed(snapshot.classes()), &urls, cancel)?;
    let side = Side::new(snapshot, &group, &mut Ways::default(), Tree::lazy(snapshot, cancel));
    let names = Names { side: &side, scripts };
    let kind = match snapshot.class(node).name.as_str() {
        "Map" => Some(CollectionKind::Map),
        "Set" => Some(CollectionKind::Set),
        "WeakMap" | "WeakSet" => Some(CollectionKind::WeakCollection),
        "Array" => Some(CollectionKind::Array),
        _ => None,
    };
    let entries = kind.map(|kind| entries_of(snapshot, node, kind, cancel)).transpose()?.unwrap_or_default();
    // An entry may be held by something else, too: then it says nothing about this collection.
    let is_own =
        |&entry: &NodeOrdinal| side.field_edge(entry).is_some_and(|edge| snapshot.graph().edge_source(edge) == node);
    let member = entries.iter().map(|&edge| snapshot.graph().edge_target(edge)).take(256).find(is_own).unwrap_or(node);
    let (container, path) = path_of(names, member, None);
    cancel.check()?;
    let label = names.holder(container, side.field_edge(member));
    let subject = Subject {
        names,
        path: &path,
        container,
        label: &label,
        member_class: &names.class(member),
        inside: path.iter().rev().find(|step| step.part == Part::Inside),
        is_one_member: false,
        grows: false,
    };
    let recognized = recognize(&subject).unwrap_or_else(|| plain(&subject));
    let known = positions(names, &path, owner(names, container), &recognized);
    let sought = sought(&subject, member, recognized.pattern, &[]);
    let found = statements(sources, &[sought], cancel)?.pop().unwrap_or_default();
    Ok(Written { sites: merged(known, &found, sources), holder: label })
}

/// Asks for the lines that fill the holder of an object.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct WrittenOf {
    pub(crate) snapshot: SnapshotId,
    pub(crate) node: NodeOrdinal,
    pub(crate) paths: SourcePaths,
}

impl Question for WrittenOf {
    type Answer = Written;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.snapshot]
    }

    fn needs(&self) -> Vec<Need> {
        vec![Box::new(ScriptsOf(self.snapshot))]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<Written, Cancelled> {
        let scripts = needs.answer(&ScriptsOf(self.snapshot));
        let sources = Sources::new(needs.snapshot(self.snapshot), &scripts, &self.paths);
        written(&sources, self.node, cancel)
    }
}
