//! Ignored retainers, and the bytes that removing a reference frees.

use crate::common;

use heapglass::Snapshot;
use heapglass::test_support::model::{BitSet, CancelToken, Distance, EdgeIndex, EdgeKind, NodeOrdinal, ObjectId};
use heapglass::test_support::query::{
    Filter, Lens, ListSpec, RetainerDistances, Sort, cut_edge, order, retainer_distances,
};
use serde_json::Value;

fn distances(snapshot: &Snapshot, ignored: &[NodeOrdinal]) -> RetainerDistances {
    retainer_distances(snapshot, ignored, &CancelToken::new()).unwrap()
}

/// Name, id and distance of each retainer, in order.
fn retainers(snapshot: &Snapshot, node: NodeOrdinal, distances: &RetainerDistances) -> Vec<(String, u64, i64)> {
    let lens = Lens { selection: None, distances: Some(distances) };
    let list = ListSpec::Retainers(node);
    let rows = order(snapshot, list, Sort::BY_DISTANCE, &Filter::default(), lens, &CancelToken::new()).unwrap();
    rows.rows
        .iter()
        .map(|&edge| {
            let source = snapshot.graph().edge_source(EdgeIndex(edge));
            let distance = distances.of(snapshot, EdgeIndex(edge), source);
            let id = snapshot.id(source).0 & 0xffff_ffff;
            (snapshot.edge_name(EdgeIndex(edge)).into_owned(), id, i64::from(distance.0))
        })
        .collect()
}

/// Sorts retainers of one distance by name: DevTools compares numbers as text.
fn by_distance(mut rows: Vec<(String, u64, i64)>) -> Vec<(String, u64, i64)> {
    assert!(rows.is_sorted_by_key(|row| row.2), "{rows:?}");
    rows.sort_by(|a, b| (a.2, &a.0, a.1).cmp(&(b.2, &b.0, b.1)));
    rows
}

#[test]
fn corpus_retainers_with_one_ignored_equal_devtools() {
    let mut problems = Vec::new();
    let mut seen = 0;
    for (case, expected) in common::answered("ignore") {
        let snapshot = case.open();
        let find = |id: &Value| snapshot.graph().find_id(ObjectId(id.as_u64().unwrap()));
        for question in expected.as_array().unwrap() {
            let (Some(node), Some(ignored)) = (find(&question["id"]), find(&question["ignored"])) else { continue };
            let items = question["retainers"]["items"].as_array().unwrap();
            let wanted: Vec<(String, u64, i64)> = items
                .iter()
                .map(|item| {
                    let name = item["name"].as_str().unwrap().to_owned();
                    (name, item["id"].as_u64().unwrap(), item["distance"].as_i64().unwrap())
                })
                .collect();
            let got = retainers(&snapshot, node, &distances(&snapshot, &[ignored]));
            seen += wanted.len();
            let total = question["retainers"]["total"].as_u64().unwrap();
            if got.len() as u64 != total {
                problems.push(format!("{}: {} retainers instead of {total}", case.name, got.len()));
            } else if wanted.len() == got.len() && by_distance(got.clone()) != by_distance(wanted.clone()) {
                problems.push(format!("{}: {got:?} instead of {wanted:?}", case.name));
            }
        }
    }
    assert!(seen > 100, "only {seen} retainers");
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems[..problems.len().min(10)].join("\n"));
}

#[test]
fn distances_without_some_retainers_are_those_of_devtools() {
    let files = common::archive("fuzz.tar.zst");
    let mut problems = Vec::new();
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".heapsnapshot")) {
        let full = common::parse_json(std::str::from_utf8(&files[&format!("{name}.full.json")]).unwrap());
        let snapshot = common::open_bytes(name, bytes.clone()).unwrap();
        let mut ignored = Vec::new();
        for step in full["ignore"].as_array().unwrap() {
            ignored.push(snapshot.graph().find_id(ObjectId(step["ignored"].as_u64().unwrap())).unwrap());
            ignored.sort_unstable();
            let ours = distances(&snapshot, &ignored);
            let got: Vec<i64> =
                snapshot.graph().nodes().map(|node| i64::from(ours.of_node(&snapshot, node).0)).collect();
            let wanted: Vec<i64> =
                step["distances"].as_array().unwrap().iter().map(|distance| distance.as_i64().unwrap()).collect();
            if got != wanted {
                problems.push(format!("{name}: distances"));
            }
            for row in step["retainers"].as_array().unwrap() {
                let node = snapshot.graph().find_id(ObjectId(row[0].as_u64().unwrap())).unwrap();
                let items = row[1].as_array().unwrap().iter();
                let wanted: Vec<(String, u64, i64)> = items
                    .map(|item| {
                        (item[0].as_str().unwrap().to_owned(), item[1].as_u64().unwrap(), item[2].as_i64().unwrap())
                    })
                    .collect();
                let got = by_distance(retainers(&snapshot, node, &ours));
                if got != by_distance(wanted.clone()) {
                    problems.push(format!("{name}: @{}: {got:?} instead of {wanted:?}", row[0]));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems[..problems.len().min(10)].join("\n"));
}

#[test]
fn objects_held_only_by_an_ignored_object_are_counted() {
    let snapshot = common::case("small-2").open();
    let nothing = distances(&snapshot, &[]);
    assert_eq!((nothing.lost_count, nothing.lost_size), (0, 0));
    let node = snapshot.graph().nodes().find(|&node| snapshot.class(node).name == "Map").unwrap();
    let lost = distances(&snapshot, &[node]);
    let gone = |node: &NodeOrdinal| {
        lost.distances[node.index()] == Distance::NONE.0 && snapshot.distance(*node) != Distance::NONE
    };
    assert!(lost.lost_count > 0);
    assert_eq!(lost.lost_count, snapshot.graph().nodes().filter(gone).count() as u64);
}

/// Nodes that can be reached over essential edges but some, from the root and from what no such edge leads to.
fn reached_without(snapshot: &Snapshot, cut: &[EdgeIndex]) -> BitSet {
    let graph = snapshot.graph();
    let mut held = BitSet::new(graph.node_count());
    for node in graph.nodes() {
        for edge in graph.edges(node).filter(|&edge| snapshot.is_essential(node, edge)) {
            held.insert(graph.edge_target(edge).index());
        }
    }
    let mut reached = BitSet::new(graph.node_count());
    reached.insert(graph.root().index());
    let mut stack = vec![graph.root()];
    for node in graph.nodes().filter(|node| !held.contains(node.index())) {
        reached.insert(node.index());
        stack.push(node);
    }
    while let Some(node) = stack.pop() {
        for edge in graph.edges(node) {
            let target = graph.edge_target(edge);
            if !cut.contains(&edge) && snapshot.is_essential(node, edge) && reached.insert(target.index()) {
                stack.push(target);
            }
        }
    }
    reached
}

/// The edge, with those from the array in which the object keeps its properties or elements, if it is the object's alone.
fn one_reference(snapshot: &Snapshot, edge: EdgeIndex) -> Vec<EdgeIndex> {
    let graph = snapshot.graph();
    let (source, target) = (graph.edge_source(edge), graph.edge_target(edge));
    let wanted = match graph.edge_kind(edge) {
        EdgeKind::PROPERTY => "properties",
        EdgeKind::ELEMENT => "elements",
        _ => return vec![edge],
    };
    let is_store =
        |edge: &EdgeIndex| graph.edge_kind(*edge) == EdgeKind::INTERNAL && snapshot.edge_name(*edge) == wanted;
    let Some(store) = graph.edges(source).find(is_store).map(|edge| graph.edge_target(edge)) else { return vec![edge] };
    let all: Vec<EdgeIndex> = graph.edges(source).collect();
    if store == source || reached_without(snapshot, &all).contains(store.index()) {
        return vec![edge];
    }
    let mut holders = vec![store];
    let is_cell = |node: &NodeOrdinal| graph.strings().is(graph.name_id(*node), "system / PropertyCell");
    holders.extend(graph.edges(store).map(|edge| graph.edge_target(edge)).filter(is_cell));
    let of_holders = holders.into_iter().flat_map(|holder| graph.edges(holder));
    of_holders.filter(|&other| graph.edge_target(other) == target).chain([edge]).collect()
}

#[test]
fn cutting_a_reference_frees_what_only_it_reaches() {
    let files = common::archive("fuzz.tar.zst");
    let mut freed = 0;
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".heapsnapshot")).take(40) {
        let snapshot = common::open_bytes(name, bytes.clone()).unwrap();
        let graph = snapshot.graph();
        let before = reached_without(&snapshot, &[]);
        // What nothing but weak references reaches hangs on the root in the dominator tree; such parts are not compared.
        for edge in (0..u32::try_from(graph.edge_count()).unwrap()).step_by(3).map(EdgeIndex) {
            let target = graph.edge_target(edge);
            if !before.contains(graph.edge_source(edge).index()) || !before.contains(target.index()) {
                continue;
            }
            let after = reached_without(&snapshot, &one_reference(&snapshot, edge));
            let gone: Vec<NodeOrdinal> =
                graph.nodes().filter(|node| before.contains(node.index()) && !after.contains(node.index())).collect();
            let got = cut_edge(&snapshot, edge, &CancelToken::new()).unwrap();
            if snapshot.dominators().subtree(target).iter().any(|&node| !before.contains(node as usize)) {
                continue;
            }
            // Other parts that are out of reach may point to the target and keep it in the tree's eyes.
            let from_outside = graph.nodes().any(|node| {
                !before.contains(node.index())
                    && graph
                        .edges(node)
                        .any(|edge| graph.edge_target(edge) == target && snapshot.is_essential(node, edge))
            });
            if from_outside && got.count == 0 {
                continue;
            }
            let size = gone.iter().map(|&node| snapshot.shallow_size(node)).sum();
            assert_eq!((got.count, got.shallow_size), (gone.len() as u64, size), "{name}: edge {}", edge.0);
            freed += got.count;
        }
    }
    assert!(freed > 100, "only {freed} nodes were freed");
}

#[test]
fn a_property_is_cut_with_the_array_that_has_its_value() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/example-after.heapsnapshot.zst");
    let snapshot = common::open_bytes("example", common::read(&path)).unwrap();
    let graph = snapshot.graph();
    let edge = |from: u64, to: u64| {
        let [from, to] = [from, to].map(|id| graph.find_id(ObjectId(id)).unwrap());
        graph.edges(from).find(|&edge| graph.edge_target(edge) == to).unwrap()
    };
    let cut = |from, to| cut_edge(&snapshot, edge(from, to), &CancelToken::new()).unwrap();
    // The numbers of the README: `price` of the object of listeners, and one listener of the array.
    let listeners = cut(42_303, 42_865);
    assert_eq!((listeners.shallow_size / 10_000, listeners.held_by), (193, None));
    let one = cut(42_865, 118_945);
    assert_eq!((one.count, one.shallow_size), (24, 960));
    // The array that stores the value does not hold it without the property.
    let store = cut(42_867, 42_865);
    assert_eq!((store.count, store.held_by), (0, Some(edge(42_303, 42_865))));
}
