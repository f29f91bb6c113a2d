//! Dominators of random graphs, compared with their definition.

use std::fmt::Write as _;

use proptest::prelude::*;

use crate::Snapshot;
use crate::format::Source;
use crate::model::{CancelToken, NodeOrdinal, Progress};

/// Returns a snapshot of objects with these edges; node 0 is the root. A third of the edges are weak.
fn snapshot(nodes: usize, edges: &[(usize, usize, u8)]) -> Snapshot {
    let mut text = String::from(
        r#"{"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count"],"node_types":[["synthetic","object"],
        "string","number","number","number"],"edge_fields":["type","name_or_index","to_node"],
        "edge_types":[["element","internal","weak"],"string_or_number","node"]}},"nodes":["#,
    );
    let of = |node: usize| edges.iter().filter(move |edge| edge.0 == node);
    for node in 0..nodes {
        let separator = if node == 0 { "" } else { "," };
        let _ = write!(text, "{separator}{},0,{},8,{}", usize::from(node > 0), 2 * node + 1, of(node).count());
    }
    text.push_str("],\"edges\":[");
    let mut separator = "";
    for (_, target, kind) in (0..nodes).flat_map(of) {
        let _ = write!(text, "{separator}{kind},0,{}", target * 5);
        separator = ",";
    }
    text.push_str("],\"strings\":[\"\"]}");
    let source = Source::Bytes { name: "random".to_owned(), bytes: text.into_bytes().into() };
    Snapshot::open(source, &Progress::new(), &CancelToken::new()).expect("a valid snapshot")
}

/// Returns the nodes that can be reached from `from` over essential edges without entering `avoided`.
fn reached(snapshot: &Snapshot, from: &[NodeOrdinal], avoided: Option<NodeOrdinal>) -> Vec<bool> {
    let mut reached = vec![false; snapshot.graph().node_count()];
    let mut stack: Vec<NodeOrdinal> = from.iter().copied().filter(|node| Some(*node) != avoided).collect();
    while let Some(node) = stack.pop() {
        if std::mem::replace(&mut reached[node.index()], true) {
            continue;
        }
        for edge in snapshot.graph().edges(node).filter(|&edge| snapshot.is_essential(node, edge)) {
            let target = snapshot.graph().edge_target(edge);
            if Some(target) != avoided {
                stack.push(target);
            }
        }
    }
    reached
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_node_dominates_those_that_cannot_be_reached_without_it(
        (nodes, edges) in (1_usize..40).prop_flat_map(|nodes| {
            (Just(nodes), prop::collection::vec((0..nodes, 0..nodes, 0_u8..3), 0..4 * nodes))
        }),
    ) {
        let snapshot = snapshot(nodes, &edges);
        let (graph, tree) = (snapshot.graph(), snapshot.dominators());
        // The root counts as the holder of nodes without an essential retainer, and of unreachable cycles.
        let is_held = |node: NodeOrdinal| {
            graph.retaining_edges(node).any(|edge| snapshot.is_essential(graph.edge_source(edge), edge))
        };
        let mut starts = vec![graph.root()];
        starts.extend(graph.nodes().filter(|&node| !is_held(node)));
        let all = reached(&snapshot, &starts, None);
        for avoided in graph.nodes() {
            let without = reached(&snapshot, &starts, Some(avoided));
            for node in graph.nodes() {
                let expected = node == avoided
                    || avoided == graph.root()
                    || (all[node.index()] && !without[node.index()]);
                prop_assert_eq!(tree.dominates(avoided, node), expected, "{:?} and {:?}", avoided, node);
            }
        }
    }
}
