//! Scripts and packages: which file's functions and classes keep how much memory.
//!
//! - **Functions** are the closures of a script; **objects** are its closures and the instances of its classes.
//! - **Source** is the size of the script's source string on the heap. Strings outside the heap, such as those of
//!   Node.js itself, have only their header there.
//! - **Code** is the size of the nodes of kind `code` that only the script keeps: script nodes, shared function infos,
//!   and what these and closures immediately dominate through nodes of code only, such as bytecode, constant pools,
//!   feedback and compiled code. Each node counts once.
//! - **Retained** is the retained size of the objects together: what one of them dominates counts once, as for classes.
//!
//! The packages in a bundle are known from its source map. The rest of its memory belongs to the program.
//!
//! Scripts with the same URL without its query are one row with several copies, for example after hot reloading. Scripts
//! of one page are told apart by their position in it, if the snapshot has it.

mod origins;
mod packages;
mod regions;
mod rows;

use std::collections::HashMap;

pub use packages::PackageKind;
pub(crate) use packages::is_version;
pub use regions::package_regions;
pub(crate) use regions::{PackageRegions, PackageRegionsOf};
pub(crate) use rows::{ListedScripts, ScriptSort, ScriptSortKey, ScriptsKey};

use super::node_sets::that;
use super::question::{Need, Needs, Question};
use super::reloaded::{ScriptsOf, reloaded_url};
use super::scripts::{Scripts, scripts, short_script};
use super::string_facts::string_facts;
use super::v8_values::{int, internal};
use crate::model::{BitSet, CancelToken, Cancelled, HeapBytes, NodeKind, NodeOrdinal, SnapshotId, convert};
use crate::snapshot::Snapshot;
use origins::{Load, Origins, origins};
use packages::version_in;

/// The numbers of a script, of the copies of one, or of a package.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ScriptSizes {
    /// The number of closures.
    pub functions: u64,
    /// The number of closures and class instances.
    pub objects: u64,
    /// The shallow size of the source text in bytes.
    pub source_size: u64,
    /// The length of the source text in UTF-16 units, as far as the snapshot contains it.
    pub source_length: Option<u64>,
    /// The bytes of code.
    pub code_size: u64,
    /// The bytes that would be freed with the objects.
    pub retained_size: u64,
}

/// One load of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoadedScript {
    /// The id in locations; `None` if nothing with a location is left of the script.
    pub id: Option<u32>,
    pub node: Option<NodeOrdinal>,
    /// The URL or path in the snapshot.
    pub url: Option<String>,
    pub sizes: ScriptSizes,
}

/// A script with all its copies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScriptGroup {
    /// Indices into [`ScriptList::scripts`], in the order of their ids.
    pub scripts: Vec<u32>,
    /// The index of the script's package.
    pub package: u32,
    pub sizes: ScriptSizes,
}

/// A package, once per folder in which it is installed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Package {
    pub kind: PackageKind,
    pub name: String,
    /// The version in the path, if it contains one.
    pub version: Option<String>,
    /// The URL or path of the folder; empty if the package has none.
    pub folder: String,
    /// Indices into [`ScriptList::groups`]; empty if the package is only part of a bundle.
    pub groups: Vec<u32>,
    /// Source and code are those of the scripts in the package's folder.
    pub sizes: ScriptSizes,
}

/// The scripts and packages of a snapshot.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ScriptList {
    pub scripts: Vec<LoadedScript>,
    pub groups: Vec<ScriptGroup>,
    pub packages: Vec<Package>,
}

/// A part of a [`ScriptList`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ScriptPart {
    Script(u32),
    Group(u32),
    Package(u32),
}

impl LoadedScript {
    /// Returns the URL, or a description of a script without one.
    #[must_use]
    pub fn name(&self) -> String {
        match (&self.url, self.id) {
            (Some(url), _) => url.clone(),
            (None, Some(id)) => format!("script {id}"),
            (None, None) => "script without a URL".to_owned(),
        }
    }
}

impl ScriptList {
    /// Returns the URL of a group: of several copies, without what differs.
    #[must_use]
    pub fn group_name(&self, group: &ScriptGroup) -> String {
        let first = &self.scripts[group.scripts[0] as usize];
        match first.url.as_deref().filter(|_| group.scripts.len() > 1).and_then(reloaded_url) {
            Some(url) => url.to_owned(),
            None => first.name(),
        }
    }

    /// Returns the numbers of a part.
    #[must_use]
    pub fn sizes(&self, part: ScriptPart) -> Option<ScriptSizes> {
        Some(match part {
            ScriptPart::Script(at) => self.scripts.get(at as usize)?.sizes,
            ScriptPart::Group(at) => self.groups.get(at as usize)?.sizes,
            ScriptPart::Package(at) => self.packages.get(at as usize)?.sizes,
        })
    }

    /// Returns true if another package has the same name.
    #[must_use]
    pub fn has_namesake(&self, package: u32) -> bool {
        let name = self.packages.get(package as usize).map(|of| of.name.as_str());
        (0_u32..).zip(&self.packages).any(|(at, other)| at != package && Some(other.name.as_str()) == name)
    }

    /// Returns a short name of a part.
    #[must_use]
    pub fn label(&self, part: ScriptPart) -> String {
        match part {
            ScriptPart::Script(at) => self.scripts.get(at as usize).map(|script| short_script(&script.name())),
            ScriptPart::Group(at) => self.groups.get(at as usize).map(|group| short_script(&self.group_name(group))),
            ScriptPart::Package(at) => self.packages.get(at as usize).map(Package::label),
        }
        .unwrap_or_default()
    }
}

impl Package {
    /// Returns the name of the package or folder in which this one is installed.
    #[must_use]
    pub fn outer(&self) -> Option<&str> {
        let outer = self.folder.strip_suffix(&self.name)?.strip_suffix(['/', '\\'])?.strip_suffix("node_modules")?;
        let outer = outer.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next();
        outer.filter(|outer| !outer.is_empty())
    }

    /// Returns the name with the version in the path.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.clone(),
        }
    }
}

impl HeapBytes for ScriptList {
    fn heap_bytes(&self) -> usize {
        let of_script = |script: &LoadedScript| size_of::<LoadedScript>() + script.url.as_ref().map_or(0, String::len);
        let of_package = |package: &Package| {
            size_of::<Package>() + package.name.len() + package.folder.len() + 4 * package.groups.len()
        };
        self.scripts.iter().map(of_script).sum::<usize>()
            + self.groups.iter().map(|group| size_of::<ScriptGroup>() + 4 * group.scripts.len()).sum::<usize>()
            + self.packages.iter().map(of_package).sum::<usize>()
    }
}

/// Lists the scripts and packages of a snapshot. Walks all nodes twice.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn script_list(snapshot: &Snapshot, scripts: &Scripts, cancel: &CancelToken) -> Result<ScriptList, Cancelled> {
    let mut origins = origins(snapshot, scripts, cancel)?;
    let (groups, group_of) = grouped(snapshot, &origins.loads);
    let bytes = bytes(snapshot, &mut origins, &group_of, groups.len(), cancel)?;
    let sources: Vec<Option<NodeOrdinal>> = origins.loads.iter().map(|load| source(snapshot, load)).collect();
    let mut list = ScriptList::default();
    for (at, load) in origins.loads.iter().enumerate() {
        let mut sizes = ScriptSizes {
            functions: load.functions,
            objects: load.objects,
            code_size: bytes.code[at],
            retained_size: bytes.of_load[at],
            ..ScriptSizes::default()
        };
        add_sources(snapshot, [sources[at]], &mut sizes);
        list.scripts.push(LoadedScript { id: load.id, node: load.node, url: load.url.clone(), sizes });
    }
    list.packages = origins
        .packages
        .iter()
        .zip(&bytes.of_package)
        .zip(&origins.counts)
        .map(|((key, &retained_size), &(functions, objects))| Package {
            kind: key.kind,
            name: key.name.clone(),
            version: version_in(&key.folder, &key.name),
            folder: key.folder.clone(),
            groups: Vec::new(),
            sizes: ScriptSizes { functions, objects, retained_size, ..ScriptSizes::default() },
        })
        .collect();
    for (number, members) in (0_u32..).zip(groups) {
        let mut sizes = ScriptSizes { retained_size: bytes.of_group[number as usize], ..ScriptSizes::default() };
        for &script in &members {
            let of = &list.scripts[script as usize].sizes;
            sizes.functions += of.functions;
            sizes.objects += of.objects;
            sizes.code_size += of.code_size;
        }
        // Copies may share the text.
        add_sources(snapshot, members.iter().map(|&script| sources[script as usize]), &mut sizes);
        let package = origins.loads[members[0] as usize].package;
        let of_package = &mut list.packages[package as usize];
        of_package.groups.push(number);
        of_package.sizes.code_size += sizes.code_size;
        list.groups.push(ScriptGroup { scripts: members, package, sizes });
    }
    for package in &mut list.packages {
        let scripts = package.groups.iter().flat_map(|&group| &list.groups[group as usize].scripts);
        add_sources(snapshot, scripts.map(|&script| sources[script as usize]), &mut package.sizes);
    }
    Ok(list)
}

/// Returns the functions and objects of a part of the list.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub(super) fn objects_of(snapshot: &Snapshot, part: ScriptPart, cancel: &CancelToken) -> Result<BitSet, Cancelled> {
    let origins = origins(snapshot, &scripts(snapshot, cancel)?, cancel)?;
    let (_, group_of) = grouped(snapshot, &origins.loads);
    that(snapshot, cancel, |node| {
        origins.of(node).is_some_and(|origin| match part {
            ScriptPart::Script(at) => origin.load == at,
            ScriptPart::Group(at) => group_of[origin.load as usize] == at,
            ScriptPart::Package(at) => origin.package == at,
        })
    })
}

/// Groups loads of the same script, in the order of the first load. Returns the groups, and the group of each load.
fn grouped(snapshot: &Snapshot, loads: &[Load]) -> (Vec<Vec<u32>>, Vec<u32>) {
    let mut known: HashMap<(&str, [Option<i64>; 2]), u32> = HashMap::new();
    let (mut groups, mut group_of): (Vec<Vec<u32>>, Vec<u32>) = (Vec::new(), Vec::new());
    for (at, load) in (0_u32..).zip(loads) {
        let next = convert::ordinal(groups.len());
        let offset = |name: &str| {
            let graph = snapshot.graph();
            load.node.and_then(|node| int(graph, internal(graph, node, name)?))
        };
        let key =
            load.url.as_deref().and_then(reloaded_url).map(|url| (url, ["line_offset", "column_offset"].map(offset)));
        let group = key.map_or(next, |key| *known.entry(key).or_insert(next));
        if group == next {
            groups.push(Vec::new());
        }
        groups[group as usize].push(at);
        group_of.push(group);
    }
    (groups, group_of)
}

/// Returns the string with a script's source text.
fn source(snapshot: &Snapshot, load: &Load) -> Option<NodeOrdinal> {
    let graph = snapshot.graph();
    internal(graph, load.node?, "source").filter(|&node| graph.kind(node).is_string())
}

/// Adds up source texts, each once.
fn add_sources(snapshot: &Snapshot, texts: impl IntoIterator<Item = Option<NodeOrdinal>>, sizes: &mut ScriptSizes) {
    let mut texts: Vec<NodeOrdinal> = texts.into_iter().flatten().collect();
    texts.sort_unstable();
    texts.dedup();
    for text in texts {
        sizes.source_size = sizes.source_size.saturating_add(snapshot.shallow_size(text));
        if let Some(length) = string_facts(snapshot, text).length {
            sizes.source_length = Some(sizes.source_length.unwrap_or(0).saturating_add(length));
        }
    }
}

/// Bytes by load, group and package.
struct Bytes {
    code: Vec<u64>,
    of_load: Vec<u64>,
    of_group: Vec<u64>,
    of_package: Vec<u64>,
}

/// Sums of retained sizes in which nested objects count once.
struct Outermost {
    sums: Vec<u64>,
    open_until: Vec<usize>,
}

impl Outermost {
    fn new(count: usize) -> Self {
        Self { sums: vec![0; count], open_until: vec![0; count] }
    }

    fn add(&mut self, at: u32, position: usize, end: usize, size: u64) {
        let at = at as usize;
        if position >= self.open_until[at] {
            self.sums[at] = self.sums[at].saturating_add(size);
            self.open_until[at] = end;
        }
    }
}

/// Sums up code and retained sizes in the order of the dominator tree, so an object comes before those inside it.
fn bytes(
    snapshot: &Snapshot,
    origins: &mut Origins,
    group_of: &[u32],
    group_count: usize,
    cancel: &CancelToken,
) -> Result<Bytes, Cancelled> {
    let (graph, dominators) = (snapshot.graph(), snapshot.dominators());
    let mut code = vec![0_u64; origins.loads.len()];
    let mut of_load = Outermost::new(origins.loads.len());
    let mut of_group = Outermost::new(group_count);
    let mut of_package = Outermost::new(origins.packages.len());
    for (position, (node, subtree)) in (0_usize..).zip(dominators.preorder()) {
        cancel.check_every(position)?;
        if graph.kind(node) == NodeKind::CODE {
            let owner = dominators.dominator(node);
            let is_code = matches!(graph.kind(owner), NodeKind::CODE | NodeKind::CLOSURE);
            let inherited = || if is_code { origins.load_of_code(owner) } else { None };
            if let Some(load) = origins.load_of_code(node).or_else(inherited) {
                code[load as usize] = code[load as usize].saturating_add(snapshot.self_size(node));
                origins.set_code(node, load);
            }
        } else if let Some(origin) = origins.of(node).filter(|_| snapshot.shallow_size(node) != 0) {
            let (end, size) = (position + subtree as usize, snapshot.retained_size(node));
            of_load.add(origin.load, position, end, size);
            of_group.add(group_of[origin.load as usize], position, end, size);
            of_package.add(origin.package, position, end, size);
        }
    }
    Ok(Bytes { code, of_load: of_load.sums, of_group: of_group.sums, of_package: of_package.sums })
}

/// Asks for the scripts and packages of a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct ScriptListOf(pub SnapshotId);

impl Question for ScriptListOf {
    type Answer = ScriptList;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.0]
    }

    fn needs(&self) -> Vec<Need> {
        vec![Box::new(ScriptsOf(self.0))]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<ScriptList, Cancelled> {
        script_list(needs.snapshot(self.0), &needs.answer(&ScriptsOf(self.0)), cancel)
    }
}
