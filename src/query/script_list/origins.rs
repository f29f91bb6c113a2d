//! Attributes objects and code to scripts and packages.
//!
//! A function belongs to the script of its own location or, in versions of V8 without locations, to the script of its
//! shared function info. Any other object belongs to the script that defines its class. Packages are those of the
//! position as written, if a source map has it, so the packages inside a bundle are told apart.

use std::collections::HashMap;

use super::super::scripts::{Scripts, script_name};
use super::super::strings_named;
use super::super::v8_values::internal_of;
use super::packages::{PackageKey, PackageKind, Packages};
use crate::analysis::Location;
use crate::model::{CancelToken, Cancelled, NodeKind, NodeOrdinal, StringId, convert};
use crate::snapshot::Snapshot;

const NONE: u32 = u32::MAX;
/// Marks the entries of nodes of code, which name a script rather than an origin.
const CODE: u32 = 1 << 31;

/// A script by its position in [`Origins::loads`], and a package by its position in [`Origins::packages`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Origin {
    pub(super) load: u32,
    pub(super) package: u32,
}

/// A script, once per load.
#[derive(Clone, Debug)]
pub(super) struct Load {
    pub(super) id: Option<u32>,
    pub(super) node: Option<NodeOrdinal>,
    pub(super) url: Option<String>,
    /// The package of the script's own URL.
    pub(super) package: u32,
    pub(super) functions: u64,
    pub(super) objects: u64,
}

/// The scripts and packages of a snapshot, and the one that each node belongs to.
pub(super) struct Origins {
    pub(super) loads: Vec<Load>,
    pub(super) packages: Vec<PackageKey>,
    /// By package: its functions and its objects.
    pub(super) counts: Vec<(u64, u64)>,
    distinct: Vec<Origin>,
    /// By node: an origin, or a script marked with [`CODE`].
    by_node: Vec<u32>,
}

impl Origins {
    /// Returns the script and the package of a function or an object.
    pub(super) fn of(&self, node: NodeOrdinal) -> Option<Origin> {
        let entry = self.by_node[node.index()];
        (entry & CODE == 0).then(|| self.distinct[entry as usize])
    }

    /// Returns the script of a function, a shared function info, a script or a node of code.
    pub(super) fn load_of_code(&self, node: NodeOrdinal) -> Option<u32> {
        let entry = self.by_node[node.index()];
        if entry & CODE == 0 {
            Some(self.distinct[entry as usize].load)
        } else {
            Some(entry & !CODE).filter(|_| entry != NONE)
        }
    }

    /// Assigns a node of code to a script.
    pub(super) fn set_code(&mut self, node: NodeOrdinal, load: u32) {
        self.by_node[node.index()] = CODE | load;
    }
}

/// Finds the script and the package of each node.
pub(super) fn origins(snapshot: &Snapshot, scripts: &Scripts, cancel: &CancelToken) -> Result<Origins, Cancelled> {
    let mut finder = Finder::new(snapshot, scripts);
    let graph = snapshot.graph();
    let places: Vec<u32> = snapshot.locations().distinct().iter().map(|&at| finder.origin_at(at)).collect();
    let by_class: Vec<u32> = snapshot
        .classes()
        .all()
        .iter()
        .map(|class| class.key.location.map_or(NONE, |at| finder.origin_at(at)))
        .collect();
    let mut by_node = vec![NONE; graph.node_count()];
    let mut located = snapshot.locations().entries().peekable();
    for node in graph.nodes() {
        cancel.check_every(node.index())?;
        let own = located.next_if(|&(of, _)| of == node).map_or(NONE, |(_, place)| places[place as usize]);
        by_node[node.index()] = match graph.kind(node) {
            NodeKind::CLOSURE if own != NONE => own,
            NodeKind::CLOSURE => finder.origin_of_function(node),
            NodeKind::CODE => finder.script_of_shared(node).map_or(NONE, |script| CODE | finder.load_of_node(script)),
            _ if own != NONE => own,
            _ => by_class[snapshot.class_id(node).index()],
        };
        let entry = by_node[node.index()];
        if entry & CODE == 0 {
            finder.count(entry, graph.kind(node) == NodeKind::CLOSURE);
        }
    }
    let Finder { loads, packages, counts, origins, by_script, .. } = finder;
    for (script, load) in by_script.into_iter().collect::<std::collections::BTreeMap<_, _>>() {
        by_node[script.index()] = CODE | load;
    }
    Ok(Origins { loads, packages, counts, distinct: origins, by_node })
}

/// Collects scripts, packages and origins.
struct Finder<'a> {
    snapshot: &'a Snapshot,
    scripts: &'a Scripts,
    namer: Packages,
    loads: Vec<Load>,
    packages: Vec<PackageKey>,
    counts: Vec<(u64, u64)>,
    origins: Vec<Origin>,
    by_id: HashMap<u32, u32>,
    by_script: HashMap<NodeOrdinal, u32>,
    by_package: HashMap<PackageKey, u32>,
    by_origin: HashMap<Origin, u32>,
    by_location: HashMap<Location, u32>,
    shared: Vec<StringId>,
    script: Vec<StringId>,
    script_or_debug_info: Vec<StringId>,
}

impl<'a> Finder<'a> {
    fn new(snapshot: &'a Snapshot, scripts: &'a Scripts) -> Self {
        let [shared, script, script_or_debug_info] =
            strings_named(snapshot, ["shared", "script", "script_or_debug_info"]);
        let mut finder = Self {
            snapshot,
            scripts,
            namer: Packages::new(snapshot, scripts),
            loads: Vec::new(),
            packages: Vec::new(),
            counts: Vec::new(),
            origins: Vec::new(),
            by_id: HashMap::new(),
            by_script: HashMap::new(),
            by_package: HashMap::new(),
            by_origin: HashMap::new(),
            by_location: HashMap::new(),
            shared,
            script,
            script_or_debug_info,
        };
        for script in scripts.all() {
            let load = finder.add_load(Some(script.id), script.node, script.url.clone());
            finder.by_id.insert(script.id, load);
            if let Some(node) = script.node.filter(|&node| snapshot.graph().kind(node) == NodeKind::CODE) {
                finder.by_script.entry(node).or_insert(load);
            }
        }
        finder
    }

    fn add_load(&mut self, id: Option<u32>, node: Option<NodeOrdinal>, url: Option<String>) -> u32 {
        let package = self.package(self.namer.of(url.as_deref()));
        self.loads.push(Load { id, node, url, package, functions: 0, objects: 0 });
        convert::ordinal(self.loads.len() - 1)
    }

    fn package(&mut self, key: PackageKey) -> u32 {
        let next = convert::ordinal(self.packages.len());
        let package = *self.by_package.entry(key.clone()).or_insert(next);
        if package == next {
            self.packages.push(key);
            self.counts.push((0, 0));
        }
        package
    }

    fn origin(&mut self, origin: Origin) -> u32 {
        let next = convert::ordinal(self.origins.len());
        let number = *self.by_origin.entry(origin).or_insert(next);
        if number == next {
            self.origins.push(origin);
        }
        number
    }

    /// Returns the origin of the functions and classes at a location.
    fn origin_at(&mut self, at: Location) -> u32 {
        if let Some(&known) = self.by_location.get(&at) {
            return known;
        }
        let found = self.by_id.get(&at.script_id).copied().map(|load| {
            let own = self.loads[load as usize].package;
            let written = self.scripts.originals().place(at).map(|place| self.namer.of(Some(place.url)));
            // A file as written without a package is part of the program, even if an installed package was built from it.
            let written = written.filter(|key| key.kind == PackageKind::Installed);
            Origin { load, package: written.map_or(own, |key| self.package(key)) }
        });
        let number = found.map_or(NONE, |origin| self.origin(origin));
        self.by_location.insert(at, number);
        number
    }

    fn origin_of_function(&mut self, function: NodeOrdinal) -> u32 {
        let shared = internal_of(self.snapshot.graph(), function, &self.shared);
        let Some(script) = shared.and_then(|shared| self.script_of_shared(shared)) else { return NONE };
        let load = self.load_of_node(script);
        self.origin(Origin { load, package: self.loads[load as usize].package })
    }

    /// Returns the script of a shared function info; `None` for other nodes.
    fn script_of_shared(&self, shared: NodeOrdinal) -> Option<NodeOrdinal> {
        let graph = self.snapshot.graph();
        let is_code = |node: &NodeOrdinal| graph.kind(*node) == NodeKind::CODE;
        let script = internal_of(graph, shared, &self.script)
            .filter(is_code)
            .or_else(|| internal_of(graph, shared, &self.script_or_debug_info).filter(is_code))?;
        // While a debugger inspects the function, this node leads to the script.
        Some(internal_of(graph, script, &self.script).filter(is_code).unwrap_or(script))
    }

    fn load_of_node(&mut self, script: NodeOrdinal) -> u32 {
        if let Some(&load) = self.by_script.get(&script) {
            return load;
        }
        let load = self.add_load(None, Some(script), script_name(self.snapshot.graph(), script));
        self.by_script.insert(script, load);
        load
    }

    fn count(&mut self, origin: u32, is_function: bool) {
        let Origin { load, package } = self.origins[origin as usize];
        let (of_load, of_package) = (&mut self.loads[load as usize], &mut self.counts[package as usize]);
        of_load.objects += 1;
        of_package.1 += 1;
        if is_function {
            of_load.functions += 1;
            of_package.0 += 1;
        }
    }
}
