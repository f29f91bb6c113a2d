//! Growth over several snapshots: what develops how, which objects are new and which of them survived.

use crate::common;

use std::collections::HashSet;

use heapglass::Snapshot;
use heapglass::test_support::model::{CancelToken, NodeOrdinal};
use heapglass::test_support::query::{GrowthGroup, GrowthSort, Pattern, compare, grown_classes, growth};

/// A snapshot of some nodes `(name, id, size)` that all hang on the root.
fn snapshot(nodes: &[(&str, u64, u64)]) -> Snapshot {
    let mut strings = vec!["", "edge"];
    let mut table = vec![format!("9,0,1,0,{},0,0", nodes.len())];
    let mut edges = Vec::new();
    for (at, &(name, id, size)) in nodes.iter().enumerate() {
        let string = strings.iter().position(|known| *known == name).unwrap_or_else(|| {
            strings.push(name);
            strings.len() - 1
        });
        table.push(format!("3,{string},{id},{size},0,0,0"));
        edges.push(format!("2,1,{}", (at + 1) * 7));
    }
    let json = format!(
        r#"{{"snapshot":{{"meta":{{"node_fields":["type","name","id","self_size","edge_count","trace_node_id","detachedness"],
        "node_types":[["hidden","array","string","object","code","closure","regexp","number","native","synthetic"],
        "string","number","number","number","number","number"],"edge_fields":["type","name_or_index","to_node"],
        "edge_types":[["context","element","property","internal","hidden","shortcut","weak"],"string_or_number","node"]}},
        "node_count":{},"edge_count":{}}},"nodes":[{}],"edges":[{}],"strings":{}}}"#,
        nodes.len() + 1,
        nodes.len(),
        table.join(","),
        edges.join(","),
        serde_json::to_string(&strings).unwrap()
    );
    common::open_bytes("made", json.into_bytes()).unwrap()
}

/// Leaks from 101 on, a cache from 201 on, jobs from 301 on, and what is always there.
fn at(step: u64) -> Snapshot {
    let mut nodes = vec![("Always", 11, 16), ("Always", 13, 16)];
    for leak in 0..3 * (step + 1) {
        nodes.push(("Leak", 101 + 2 * leak, 32));
    }
    if step > 0 {
        nodes.extend((0..5).map(|entry| ("Cache", 201 + 2 * entry, 24)));
    }
    for job in 0..if step.is_multiple_of(2) { 4 } else { 1 } {
        nodes.push(("Job", 301 + 20 * step + 2 * job, 40));
    }
    snapshot(&nodes)
}

#[test]
fn the_three_snapshot_rule_finds_new_objects_that_survive() {
    let snapshots: Vec<Snapshot> = (0..3).map(at).collect();
    let by_reference: Vec<&Snapshot> = snapshots.iter().collect();
    let growth = growth(&by_reference, &CancelToken::new()).unwrap();
    assert!(growth.ids_match);
    let class = |name: &str| growth.classes.iter().position(|class| class.name == name).unwrap();
    let facts = |name: &str| {
        let of = &growth.classes[class(name)];
        (of.pattern, of.new_count, of.survivor_count)
    };
    assert_eq!(facts("Leak"), (Pattern::EveryStep, 6, 3));
    assert_eq!(facts("Cache"), (Pattern::Once, 5, 5));
    assert_eq!(facts("Job"), (Pattern::ComesAndGoes, 4, 0), "all jobs are new, and none is old");
    assert_eq!(facts("Always"), (Pattern::Steady, 0, 0));
    let ids = |nodes: &[u32]| nodes.iter().map(|&node| snapshots[2].id(NodeOrdinal(node)).0).collect::<Vec<_>>();
    assert_eq!(ids(growth.survivors(class("Leak"))), [107, 109, 111]);
    assert_eq!(ids(growth.came_in(class("Leak"), 1..2)), [113, 115, 117]);
    assert_eq!(growth.step_of(class("Leak"), NodeOrdinal(growth.new_objects(class("Leak"))[0])), Some(0));
    let counts: Vec<u64> = growth.points(class("Leak")).iter().map(|point| point.count).collect();
    assert_eq!(counts, [3, 6, 9]);
}

#[test]
fn classes_missing_from_the_last_snapshot_are_listed_as_shrinking() {
    let snapshots = [snapshot(&[("Gone", 101, 8), ("Kept", 103, 8)]), snapshot(&[("Kept", 103, 8)])];
    let growth = growth(&[&snapshots[0], &snapshots[1]], &CancelToken::new()).unwrap();
    let gone = growth.classes.iter().position(|class| class.name == "Gone").unwrap();
    assert_eq!(growth.classes[gone].pattern, Pattern::Shrinks);
    assert_eq!(growth.classes[gone].last_class, None);
    assert!(growth.new_objects(gone).is_empty());
}

#[test]
fn growth_of_two_snapshots_equals_their_comparison() {
    let [base, current] = ["small-1", "small-2"].map(|name| common::case(name).open());
    let growth = growth(&[&base, &current], &CancelToken::new()).unwrap();
    let comparison = compare(&base, &current, &CancelToken::new()).unwrap();
    assert!(growth.ids_match && comparison.ids_match);
    let mut compared = 0;
    for (row, class) in comparison.classes.iter().enumerate() {
        let at = growth.classes.iter().position(|grown| grown.key == class.key).unwrap();
        let points = growth.points(at);
        assert_eq!((points[0].count, points[1].count), (class.base_count, class.current_count), "{}", class.name);
        assert_eq!(points[1].retained_size, class.current_retained_size, "{}", class.name);
        let ours: HashSet<u32> = growth.new_objects(at).iter().copied().collect();
        let theirs: HashSet<u32> = comparison.new_objects(row).iter().copied().collect();
        assert_eq!(ours, theirs, "{}", class.name);
        compared += theirs.len();
    }
    assert!(compared > 100, "{compared} objects were compared");
    let every: u64 = growth.classes.iter().map(|class| class.new_count).sum();
    assert_eq!(every, compared as u64);
}

#[test]
fn snapshots_of_two_programs_have_numbers_but_no_new_objects() {
    let [one, other] = ["small-1", "node24-1"].map(|name| common::case(name).open());
    let growth = growth(&[&one, &other], &CancelToken::new()).unwrap();
    assert!(!growth.ids_match);
    assert!(growth.classes.iter().all(|class| class.new_count == 0));
    assert!((0..growth.classes.len()).all(|class| growth.new_objects(class).is_empty()));
}

#[test]
fn every_class_is_in_the_list_of_its_group_once() {
    let snapshots: Vec<Snapshot> = (0..4).map(at).collect();
    let by_reference: Vec<&Snapshot> = snapshots.iter().collect();
    let growth = growth(&by_reference, &CancelToken::new()).unwrap();
    let mut listed: Vec<u32> = Vec::new();
    for group in GrowthGroup::ALL {
        let rows = grown_classes(&growth, group, GrowthSort::BY_RETAINED_GROWTH, "");
        assert_eq!(rows.len() as u64, growth.class_count(group), "{group:?}");
        listed.extend(rows);
    }
    listed.sort_unstable();
    assert_eq!(listed, (0..u32::try_from(growth.classes.len()).unwrap()).collect::<Vec<_>>());
    assert_eq!(grown_classes(&growth, GrowthGroup::ALL[0], GrowthSort::BY_RETAINED_GROWTH, "cach"), [] as [u32; 0]);
}
