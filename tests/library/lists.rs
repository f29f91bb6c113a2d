//! Compares every list in every order with a naive sort by the rules, and with the lists of DevTools.

use crate::common;

use std::cmp::Ordering;

use heapglass::Snapshot;
use heapglass::test_support::graph::EdgeName;
use heapglass::test_support::model::{CancelToken, ClassId, EdgeIndex, EdgeKind, NodeOrdinal};
use heapglass::test_support::query::{
    Filter, Lens, ListSpec, Sort, SortKey, held_by_root, object_details, order, shortest_path,
};
use serde_json::Value;

const KEYS: [SortKey; 4] = [SortKey::Name, SortKey::Distance, SortKey::ShallowSize, SortKey::RetainedSize];

fn rows(snapshot: &Snapshot, list: ListSpec, sort: Sort) -> Vec<u32> {
    order(snapshot, list, sort, &Filter::default(), Lens::default(), &CancelToken::new()).unwrap().rows.to_vec()
}

/// The random snapshots with DevTools' answers.
fn random_snapshots() -> Vec<(String, Snapshot, Value)> {
    let files = common::archive("fuzz.tar.zst");
    let snapshots = files.iter().filter(|(name, _)| name.ends_with(".heapsnapshot"));
    snapshots
        .map(|(name, bytes)| {
            let expected = String::from_utf8(files[&format!("{name}.full.json")].clone()).unwrap();
            (name.clone(), common::open_bytes(name, bytes.clone()).unwrap(), common::parse_json(&expected))
        })
        .collect()
}

fn texts(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

/// Names before numbers, `__proto__` last whatever the direction.
fn edge_names(snapshot: &Snapshot, a: u32, b: u32, descending: bool) -> Ordering {
    let (a, b) = (EdgeIndex(a), EdgeIndex(b));
    let name = |edge| snapshot.edge_name(edge).into_owned();
    match (name(a) == "__proto__", name(b) == "__proto__") {
        (true, true) => return b.cmp(&a),
        (false, false) => {}
        (a, b) => return a.cmp(&b),
    }
    let ordering = match (snapshot.graph().edge_name(a), snapshot.graph().edge_name(b)) {
        (EdgeName::Text(_), EdgeName::Text(_)) => texts(&name(a), &name(b)),
        (EdgeName::Index(a), EdgeName::Index(b)) => a.cmp(&b),
        (EdgeName::Text(_), EdgeName::Index(_)) => Ordering::Less,
        (EdgeName::Index(_), EdgeName::Text(_)) => Ordering::Greater,
    };
    if descending { ordering.reverse() } else { ordering }
}

/// Sorts edges, given the node at the other end of each, the slow and obvious way.
fn plainly_sorted(snapshot: &Snapshot, edges: &mut [(u32, NodeOrdinal)], sort: Sort, are_retainers: bool) {
    let far = |node: NodeOrdinal| match snapshot.distance(node).0 {
        distance if distance < 0 && are_retainers => 200_000_000,
        distance => distance,
    };
    edges.sort_by(|&(a, at_a), &(b, at_b)| {
        let directed = |ordering: Ordering| if sort.descending { ordering.reverse() } else { ordering };
        let retained = || snapshot.retained_size(at_a).cmp(&snapshot.retained_size(at_b));
        let by_name = || edge_names(snapshot, a, b, false);
        match sort.key {
            SortKey::Name => edge_names(snapshot, a, b, sort.descending).then_with(|| retained().reverse()),
            SortKey::Distance => directed(far(at_a).cmp(&far(at_b))).then_with(|| {
                if are_retainers {
                    texts(&snapshot.display_name(at_a), &snapshot.display_name(at_b))
                } else {
                    retained().reverse()
                }
            }),
            SortKey::ShallowSize => {
                directed(snapshot.shallow_size(at_a).cmp(&snapshot.shallow_size(at_b))).then_with(by_name)
            }
            SortKey::RetainedSize | SortKey::Count => directed(retained()).then_with(by_name),
        }
    });
}

/// Compares a node's edges and retainers with a plain sort, by every column.
fn check_edges(snapshot: &Snapshot, node: NodeOrdinal) {
    let graph = snapshot.graph();
    let outgoing: Vec<_> = graph.edges(node).map(|edge| (edge.0, graph.edge_target(edge))).collect();
    let retaining: Vec<_> = graph
        .retaining_edges(node)
        .filter(|&edge| graph.edge_kind(edge) != EdgeKind::WEAK && graph.edge_source(edge) != graph.root())
        .map(|edge| (edge.0, graph.edge_source(edge)))
        .collect();
    let lists = [(ListSpec::Edges(node), outgoing, false), (ListSpec::Retainers(node), retaining, true)];
    for (list, mut wanted, are_retainers) in lists {
        wanted.retain(|&(edge, _)| graph.edge_kind(EdgeIndex(edge)) != EdgeKind::INVISIBLE);
        for (key, descending) in KEYS.iter().flat_map(|&key| [(key, false), (key, true)]) {
            let sort = Sort { key, descending };
            let mut wanted = wanted.clone();
            plainly_sorted(snapshot, &mut wanted, sort, are_retainers);
            let wanted: Vec<u32> = wanted.into_iter().map(|(edge, _)| edge).collect();
            assert!(rows(snapshot, list, sort) == wanted, "{}: {list:?} {sort:?}", snapshot.source().name);
        }
    }
}

#[test]
fn edges_and_retainers_sort_by_every_column_as_a_plain_sort_does() {
    for (_, snapshot, _) in random_snapshots() {
        for node in snapshot.graph().nodes() {
            check_edges(&snapshot, node);
        }
    }
}

#[test]
fn parallel_sorting_of_long_lists_is_deterministic() {
    let snapshot = common::case("node24-1").open();
    let graph = snapshot.graph();
    let is_wide = |node: &NodeOrdinal| graph.edges(*node).len().max(graph.retainer_count(*node)) > 9000;
    let wide: Vec<NodeOrdinal> = graph.nodes().filter(is_wide).collect();
    assert!(wide.len() > 1, "the file has such objects");
    for node in wide.into_iter().take(6) {
        check_edges(&snapshot, node);
    }
}

/// The order of a class's members.
fn members(snapshot: &Snapshot, a: u32, b: u32, sort: Sort) -> Ordering {
    let (a, b) = (NodeOrdinal(a), NodeOrdinal(b));
    let directed = |ordering: Ordering| if sort.descending { ordering.reverse() } else { ordering };
    let retained = || snapshot.retained_size(a).cmp(&snapshot.retained_size(b));
    let ids = || snapshot.id(a).cmp(&snapshot.id(b));
    match sort.key {
        SortKey::Name => directed(texts(&snapshot.display_name(a), &snapshot.display_name(b))).then_with(ids),
        SortKey::Distance => {
            directed(snapshot.distance(a).cmp(&snapshot.distance(b))).then_with(|| retained().reverse())
        }
        SortKey::ShallowSize => directed(snapshot.shallow_size(a).cmp(&snapshot.shallow_size(b))).then_with(ids),
        SortKey::RetainedSize | SortKey::Count => directed(retained()).then_with(ids),
    }
}

#[test]
fn members_and_dominated_nodes_sort_by_every_column_as_a_plain_sort_does() {
    let real = common::case("node24-1").open();
    let random = random_snapshots().into_iter().map(|(_, snapshot, _)| snapshot);
    for snapshot in random.chain([real]) {
        let graph = snapshot.graph();
        let mut lists: Vec<(ListSpec, Vec<u32>)> = (0..)
            .zip(snapshot.classes().all())
            .map(|(class, _)| (ListSpec::Members(ClassId(class)), Vec::new()))
            .collect();
        for node in graph.nodes().filter(|&node| snapshot.shallow_size(node) > 0) {
            lists[snapshot.class_id(node).index()].1.push(node.0);
        }
        let root = snapshot.root();
        let dominated = graph.nodes().filter(|&node| node != root && snapshot.dominators().dominator(node) == root);
        lists.push((ListSpec::Dominated(root), dominated.map(|node| node.0).collect()));
        for (list, wanted) in lists {
            for (key, descending) in KEYS.iter().flat_map(|&key| [(key, false), (key, true)]) {
                let sort = Sort { key, descending };
                let mut wanted = wanted.clone();
                wanted.sort_by(|&a, &b| members(&snapshot, a, b, sort));
                assert_eq!(rows(&snapshot, list, sort), wanted, "{}: {list:?} {sort:?}", snapshot.source().name);
            }
        }
    }
}

#[test]
fn named_fields_are_in_devtools_order() {
    let is_number = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty();
    for (name, snapshot, expected) in random_snapshots() {
        let graph = snapshot.graph();
        for (node, wanted) in graph.nodes().zip(expected["edgesByName"].as_array().unwrap()) {
            let wanted: Vec<(&str, u64)> = wanted
                .as_array()
                .unwrap()
                .iter()
                .map(|row| (row[0].as_str().unwrap(), row[1].as_u64().unwrap()))
                .filter(|row| !is_number(row.0))
                .collect();
            let sort = Sort { key: SortKey::Name, descending: false };
            let got: Vec<(String, u64)> = rows(&snapshot, ListSpec::Edges(node), sort)
                .into_iter()
                .map(EdgeIndex)
                .map(|edge| (snapshot.edge_name(edge).into_owned(), snapshot.id(graph.edge_target(edge)).0))
                .filter(|row| !is_number(&row.0))
                .collect();
            let got: Vec<(&str, u64)> = got.iter().map(|row| (row.0.as_str(), row.1)).collect();
            assert_eq!(got, wanted, "{name}: node {}", node.0);
        }
    }
}

#[test]
fn corpus_children_of_the_root_and_dominator_chains_equal_devtools() {
    let wrapped = |id: u64| id & 0xffff_ffff;
    let (mut roots, mut chains) = (0, 0);
    for (case, containment) in common::answered("containment") {
        let probe = case.expected_json("probe").unwrap();
        let snapshot = case.open();
        if u32::try_from(snapshot.total_size()).is_err() {
            continue;
        }
        let list = ListSpec::Edges(snapshot.root());
        let got = rows(&snapshot, list, Sort::BY_RETAINED_SIZE);
        let wanted = containment["items"].as_array().unwrap();
        assert_eq!(got.len() as u64, containment["total"].as_u64().unwrap(), "{}", case.name);
        for (edge, wanted) in got.into_iter().map(EdgeIndex).zip(wanted) {
            roots += 1;
            let retained = snapshot.retained_size(snapshot.graph().edge_target(edge));
            assert_eq!(Some(retained), wanted["retained"].as_u64(), "{}", case.name);
        }
        for object in probe.as_array().unwrap() {
            let id = object["id"].as_u64().unwrap();
            let node = snapshot.graph().nodes().find(|&node| wrapped(snapshot.id(node).0) == id).unwrap();
            let wanted: Vec<u64> =
                object["dominators"].as_array().unwrap().iter().map(|node| node["nodeId"].as_u64().unwrap()).collect();
            let details = object_details(&snapshot, node);
            let chain = std::iter::once(&node).chain(&details.dominators);
            let got: Vec<u64> = chain.take(wanted.len()).map(|&node| wrapped(snapshot.id(node).0)).collect();
            chains += 1;
            assert_eq!(got, wanted, "{} @{id}", case.name);
        }
    }
    assert!(roots > 50 && chains > 100, "{roots} {chains}");
}

#[test]
fn distances_decrease_along_the_shortest_path_to_the_root() {
    let cancel = CancelToken::new();
    for name in ["node24-1", "chromium-leak-1", "bun-1"] {
        let snapshot = common::case(name).open();
        let graph = snapshot.graph();
        for node in graph.nodes().step_by(977).filter(|&node| node != graph.root() && snapshot.distance(node).0 > 0) {
            let path = shortest_path(&snapshot, node, None, &cancel).unwrap();
            let mut at = node;
            for edge in path {
                assert_eq!(graph.edge_target(edge), at);
                let first = rows(&snapshot, ListSpec::Retainers(at), Sort::BY_DISTANCE)[0];
                assert_eq!(edge.0, first, "{name}: a step that is not the first row of the list");
                assert!(snapshot.distance(graph.edge_source(edge)) < snapshot.distance(at), "{name}: a step away");
                at = graph.edge_source(edge);
            }
            assert!(held_by_root(&snapshot, at), "{name}: the path from @{} ends early", snapshot.id(node).0);
        }
    }
}

#[test]
fn a_map_entry_is_labeled_by_its_key() {
    // A Map of two entries, as V8 lays it out: key, value, and a small integer; the second key is a number and has no edge.
    let text = r#"{"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count"],"node_types":[["synthetic","object","array","string"]],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["internal","property"]]},"node_count":6,"edge_count":5},
"nodes":[0,0,1,0,1, 1,1,3,16,1, 2,0,5,64,3, 3,2,7,16,0, 1,3,9,16,0, 1,3,11,16,0],
"edges":[1,4,5, 0,5,10, 0,6,15, 0,7,20, 0,8,25],
"strings":["","Map","k0","Ticket","registry","table","5","6","9"]}"#;
    let snapshot = common::open_bytes("map", text.as_bytes().to_vec()).unwrap();
    let graph = snapshot.graph();
    let table = NodeOrdinal(2);
    let keys: Vec<Option<NodeOrdinal>> =
        graph.edges(table).map(|edge| heapglass::test_support::query::map_key(&snapshot, edge)).collect();
    assert_eq!(keys, [None, Some(NodeOrdinal(3)), None]);
    // In an array that is no Map's table neighbours are only neighbours.
    let array = text.replace("\"Map\"", "\"Set\"");
    let snapshot = common::open_bytes("set", array.into_bytes()).unwrap();
    assert!(
        snapshot.graph().edges(table).all(|edge| heapglass::test_support::query::map_key(&snapshot, edge).is_none())
    );
}
