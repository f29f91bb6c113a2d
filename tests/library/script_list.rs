//! Scripts and packages: their objects, code and retained sizes, compared with walks up from each object.

use std::collections::BTreeSet;

use crate::common;
use crate::generated::{packaged, reloaded, service};

use heapglass::Snapshot;
use heapglass::test_support::model::{CancelToken, NodeKind, NodeOrdinal};
use heapglass::test_support::query::{
    NodeFilter, Package, PackageKind, ScriptList, ScriptPart, package_regions, script_list, scripts, select,
};

fn list(snapshot: &Snapshot) -> ScriptList {
    let cancel = CancelToken::new();
    script_list(snapshot, &scripts(snapshot, &cancel).unwrap(), &cancel).unwrap()
}

/// Returns the dominators of an object, the nearest first, without the object itself.
fn above(snapshot: &Snapshot, node: NodeOrdinal) -> impl Iterator<Item = NodeOrdinal> + '_ {
    let up = move |&at: &NodeOrdinal| (at != snapshot.root()).then(|| snapshot.dominators().dominator(at));
    std::iter::successors(up(&node), up)
}

/// Returns the sum of the retained sizes of objects that no other one of them dominates.
fn retained(snapshot: &Snapshot, nodes: &BTreeSet<NodeOrdinal>) -> u64 {
    let outermost = nodes.iter().filter(|&&node| !above(snapshot, node).any(|other| nodes.contains(&other)));
    outermost.map(|&node| snapshot.retained_size(node)).sum()
}

/// Returns the objects whose own location or class names one of these scripts.
fn located(snapshot: &Snapshot, ids: &[u32]) -> BTreeSet<NodeOrdinal> {
    let is_of = |&node: &NodeOrdinal| {
        let of_class = || snapshot.class(node).key.location.filter(|_| snapshot.kind(node) != NodeKind::CLOSURE);
        let at = snapshot.location(node).or_else(of_class);
        snapshot.shallow_size(node) > 0
            && snapshot.kind(node) != NodeKind::CODE
            && at.is_some_and(|at| ids.contains(&at.script_id))
    };
    snapshot.graph().nodes().filter(is_of).collect()
}

fn ids(list: &ScriptList, part: ScriptPart) -> Vec<u32> {
    let of_group = |group: u32| list.groups[group as usize].scripts.clone();
    let scripts = match part {
        ScriptPart::Script(at) => vec![at],
        ScriptPart::Group(at) => of_group(at),
        ScriptPart::Package(at) => {
            list.packages[at as usize].groups.iter().flat_map(|&group| of_group(group)).collect()
        }
    };
    scripts.into_iter().filter_map(|at| list.scripts[at as usize].id).collect()
}

fn parts(list: &ScriptList) -> Vec<ScriptPart> {
    let count = |length: usize| 0..u32::try_from(length).unwrap();
    let scripts = count(list.scripts.len()).map(ScriptPart::Script);
    let groups = count(list.groups.len()).map(ScriptPart::Group);
    scripts.chain(groups).chain(count(list.packages.len()).map(ScriptPart::Package)).collect()
}

fn snapshots() -> Vec<(String, Snapshot)> {
    let mut all: Vec<(String, Snapshot)> = [
        ("service", service(300, 20, 0)),
        ("reloaded", reloaded(4, 60)),
        ("packaged", packaged("file:///srv/shop", 50)),
    ]
    .into_iter()
    .map(|(name, bytes)| (name.to_owned(), common::open_bytes(name, bytes).unwrap()))
    .collect();
    all.extend(["node24-1", "small-2", "chromium-leak-1"].map(|name| (name.to_owned(), common::case(name).open())));
    all
}

#[test]
fn sizes_are_those_of_the_objects_that_locations_name() {
    for (name, snapshot) in snapshots() {
        let list = list(&snapshot);
        assert!(!list.scripts.is_empty(), "{name}");
        for part in parts(&list) {
            let ids = ids(&list, part);
            let (nodes, sizes) = (located(&snapshot, &ids), list.sizes(part).unwrap());
            let functions = nodes.iter().filter(|&&node| snapshot.kind(node) == NodeKind::CLOSURE).count() as u64;
            let label = list.label(part);
            // Functions without a location are found by their shared function infos, if there is no id.
            if ids.is_empty() {
                continue;
            }
            assert_eq!((sizes.functions, sizes.objects), (functions, nodes.len() as u64), "{name}: {label} {part:?}");
            assert_eq!(sizes.retained_size, retained(&snapshot, &nodes), "{name}: {label} {part:?}");
        }
    }
}

#[test]
fn every_node_of_code_counts_for_at_most_one_script() {
    for (name, snapshot) in snapshots() {
        let list = list(&snapshot);
        let graph = snapshot.graph();
        let code: u64 = list.scripts.iter().map(|script| script.sizes.code_size).sum();
        let all = graph.nodes().filter(|&node| snapshot.kind(node) == NodeKind::CODE);
        let all: u64 = all.map(|node| snapshot.self_size(node)).sum();
        assert!(code <= all && (code > 0 || name == "service"), "{name}: {code} of {all}");
        let sum = |sizes: &dyn Fn(&ScriptList) -> u64| sizes(&list);
        assert_eq!(code, sum(&|list| list.groups.iter().map(|group| group.sizes.code_size).sum()), "{name}");
        assert_eq!(code, sum(&|list| list.packages.iter().map(|package| package.sizes.code_size).sum()), "{name}");
    }
}

fn package<'a>(list: &'a ScriptList, name: &str) -> Vec<&'a Package> {
    list.packages.iter().filter(|package| package.name == name).collect()
}

#[test]
fn a_program_has_its_packages_copies_source_and_code() {
    let snapshot = common::open_bytes("packaged", packaged("file:///srv/shop", 50)).unwrap();
    let list = list(&snapshot);
    for (name, kind, version, scripts, functions, source) in [
        ("Program", PackageKind::Program, None, 3, 60, 6_200 + 4_100 + 3 * 2_048),
        ("Node.js", PackageKind::Runtime, None, 4, 294, 4 * 24),
        ("express", PackageKind::Installed, None, 2, 72, 29_700),
        ("lodash", PackageKind::Installed, Some("4.17.21"), 1, 310, 544_000),
        ("@acme/pricing", PackageKind::Installed, None, 1, 16, 21_000),
    ] {
        let found = package(&list, name);
        let [package] = found[..] else { panic!("{name}: {found:?}") };
        assert_eq!((package.kind, package.version.as_deref()), (kind, version), "{name}");
        assert_eq!((package.groups.len(), package.sizes.functions), (scripts, functions), "{name}");
        assert_eq!(package.sizes.source_size, source, "{name}");
    }
    // A package that is installed twice is two packages.
    let folders: Vec<&str> = package(&list, "debug").iter().map(|package| package.folder.as_str()).collect();
    let nested = "file:///srv/shop/node_modules/express/node_modules/debug";
    assert_eq!(folders, ["file:///srv/shop/node_modules/debug", nested]);
    let group = list.groups.iter().find(|group| group.scripts.len() > 1).unwrap();
    assert_eq!((list.group_name(group).as_str(), group.scripts.len()), ("file:///srv/shop/src/session.mjs", 3));
    assert_eq!((group.sizes.functions, group.sizes.objects), (18, 18 + 150));
    // Script, shared function infos and bytecode of 120, 128, … bytes.
    let of_functions: u64 = (0..6).map(|at| 56 + 120 + 8 * at).sum();
    assert_eq!(group.sizes.code_size, 3 * (64 + of_functions));
}

#[test]
fn the_objects_of_each_part_can_be_selected() {
    for (name, snapshot) in snapshots() {
        let list = list(&snapshot);
        for part in parts(&list).into_iter().step_by(7) {
            let filter = NodeFilter::DefinedIn(part, String::new());
            let selection = select(&snapshot, &filter, &CancelToken::new()).unwrap();
            assert_eq!(selection.count, list.sizes(part).unwrap().objects, "{name}: {part:?}");
        }
    }
}

#[test]
fn regions_are_the_packages_of_the_nearest_dominators() {
    let snapshot = common::open_bytes("packaged", packaged("file:///srv/shop", 50)).unwrap();
    let (list, cancel) = (list(&snapshot), CancelToken::new());
    let regions = package_regions(&snapshot, &scripts(&snapshot, &cancel).unwrap(), &cancel).unwrap();
    let members: Vec<BTreeSet<NodeOrdinal>> =
        (0_u32..).zip(&list.packages).map(|(at, _)| located(&snapshot, &ids(&list, ScriptPart::Package(at)))).collect();
    // Script nodes, and the shared function infos that lead to them.
    let script = |node: NodeOrdinal| list.scripts.iter().position(|script| script.node == Some(node));
    let graph = snapshot.graph();
    let of_code = |node: NodeOrdinal| {
        let is_code = snapshot.kind(node) == NodeKind::CODE;
        let targets = graph.edges(node).map(|edge| graph.edge_target(edge)).find_map(script);
        let script = script(node).or(targets).filter(|_| is_code)?;
        let group = list.groups.iter().find(|group| group.scripts.iter().any(|&at| at as usize == script))?;
        Some(group.package as usize)
    };
    let package = |node: NodeOrdinal| members.iter().position(|of| of.contains(&node)).or_else(|| of_code(node));
    for node in snapshot.graph().nodes() {
        let expected = std::iter::once(node).chain(above(&snapshot, node)).find_map(package);
        assert_eq!(regions.of(&snapshot, node).map(|at| at as usize), expected, "{node:?}");
    }
}

#[test]
fn functions_of_versions_without_locations_belong_to_the_script_of_their_shared_function_info() {
    let snapshot = common::case("node8-1").open();
    let list = list(&snapshot);
    let runtime = package(&list, "Node.js");
    assert_eq!(runtime.len(), 1, "{:?}", list.packages);
    assert!(runtime[0].groups.len() > 20 && runtime[0].sizes.functions > 500, "{:?}", runtime[0]);
    assert!(runtime[0].sizes.code_size > 100_000 && runtime[0].sizes.source_size > 10_000, "{:?}", runtime[0]);
}

#[test]
fn snapshots_without_scripts_have_an_empty_list() {
    let snapshot = common::open_bytes("julia", crate::generated::julia(5)).unwrap();
    assert_eq!(list(&snapshot), ScriptList::default());
}

#[test]
fn a_cancelled_list_stops() {
    let snapshot = common::case("node24-1").open();
    let scripts = scripts(&snapshot, &CancelToken::new()).unwrap();
    let cancel = CancelToken::new();
    cancel.cancel();
    assert!(script_list(&snapshot, &scripts, &cancel).is_err());
}

/// Prints the time for a snapshot named by `HEAPGLASS_CORPUS`.
#[test]
fn corpus_scripts_have_sizes_within_those_of_the_snapshot() {
    for case in common::cases() {
        let snapshot = case.open();
        let started = std::time::Instant::now();
        let list = list(&snapshot);
        println!("{}: {} scripts in {:?}", case.name, list.scripts.len(), started.elapsed());
        for part in parts(&list) {
            let sizes = list.sizes(part).unwrap();
            assert!(sizes.retained_size <= snapshot.total_size(), "{}: {part:?}", case.name);
        }
    }
}
