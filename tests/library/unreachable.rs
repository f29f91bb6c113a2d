//! Unreachable objects, as opposed to objects that only the runtime's own roots reach.

use heapglass::Snapshot;
use heapglass::test_support::model::{CancelToken, Distance};
use heapglass::test_support::query::{
    NodeFilter, Query, relevant_percent, search, select, unreachable_note, unreachable_size,
};

use crate::common::{cases, open_bytes};
use crate::generated;

fn count(snapshot: &Snapshot, query: &str) -> usize {
    search(snapshot, &Query::parse(query).unwrap(), &CancelToken::new()).unwrap().count()
}

#[test]
fn a_search_distinguishes_unreachable_objects_from_those_held_by_the_runtime() {
    let snapshot = open_bytes("julia", generated::julia_unreachable(50, 400)).unwrap();
    let (none, system) = (count(&snapshot, "distance=none"), count(&snapshot, "distance=system"));
    let unreachable = count(&snapshot, "is:unreachable");
    assert_eq!((unreachable, none), (400, unreachable + system));
    assert!(system > 0);
    assert_eq!(count(&snapshot, "-is:unreachable distance=none"), system);
    assert!(Query::parse("is:lost").unwrap_err().message.contains("expected unreachable after is:"));
}

#[test]
fn the_unreachable_part_is_mentioned_where_it_is_relevant() {
    let cancel = CancelToken::new();
    let lost = open_bytes("julia", generated::julia_unreachable(1, 400)).unwrap();
    let size = unreachable_size(&lost, &cancel).unwrap();
    assert_eq!(size, 400 * 10_000);
    assert!(relevant_percent(&lost, size).is_some_and(|percent| percent > 99.0));
    let note = unreachable_note(&lost, &cancel).unwrap().unwrap();
    assert!(note.starts_with("4.0 MB (99."), "{note}");
    let held = open_bytes("julia", generated::julia(50)).unwrap();
    assert_eq!((unreachable_size(&held, &cancel).unwrap(), unreachable_note(&held, &cancel).unwrap()), (0, None));
}

#[test]
fn corpus_objects_are_unreachable_if_no_path_of_strong_references_leads_to_them() {
    let mut left_out = 0;
    for case in cases().into_iter().filter(|case| case.bytes().len() < 12_000_000) {
        let snapshot = case.open();
        let graph = snapshot.graph();
        let mut reached = vec![false; graph.node_count()];
        let mut stack = vec![graph.root()];
        reached[graph.root().index()] = true;
        while let Some(node) = stack.pop() {
            for edge in graph.edges(node) {
                let target = graph.edge_target(edge);
                // Weak references of the root count, as for distances.
                let is_weak =
                    graph.edge_kind(edge) == heapglass::test_support::model::EdgeKind::WEAK && node != graph.root();
                if !is_weak && !std::mem::replace(&mut reached[target.index()], true) {
                    stack.push(target);
                }
            }
        }
        for node in graph.nodes() {
            assert_eq!(snapshot.is_unreachable(node), !reached[node.index()], "{}: {}", case.name, snapshot.id(node));
            left_out += usize::from(snapshot.distance(node) == Distance::NONE && reached[node.index()]);
        }
        let selection = select(&snapshot, &NodeFilter::Unreachable, &CancelToken::new()).unwrap();
        println!("{}: {} unreachable objects, {} bytes", case.name, selection.count, selection.shallow_size);
    }
    assert!(left_out > 100, "objects of node8-1 are reached without having a distance: {left_out}");
}
