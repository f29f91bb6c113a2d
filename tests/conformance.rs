//! Every number equals Chrome DevTools', on every file of the corpus.
#![allow(clippy::unwrap_used, reason = "test data is part of the repository")]

mod common;

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use heapglass::Snapshot;
use heapglass::analysis::Class;
use heapglass::model::{Detachedness, NodeOrdinal};
use serde_json::Value;

/// The key that DevTools' files use for a class.
fn key_of(class: &Class) -> String {
    match class.key.location {
        Some(location) => format!("{},{},{},{}", location.script_id, location.line, location.column, class.name),
        None => format!(",{}", class.name),
    }
}

/// DevTools wraps ids and sizes at 2^32; Heapglass does not.
fn wrapped(value: u64) -> u64 {
    value & 0xffff_ffff
}

#[derive(Default)]
struct Problems {
    text: String,
    count: usize,
}

impl Problems {
    fn check<T: PartialEq + std::fmt::Debug>(&mut self, file: &str, what: impl Fn() -> String, got: T, expected: T) {
        if got != expected {
            self.count += 1;
            if self.count <= 40 {
                let _ = writeln!(self.text, "{file}: {}: got {got:?}, DevTools has {expected:?}", what());
            }
        }
    }

    fn finish(self) {
        assert!(self.count == 0, "{} differences\n{}", self.count, self.text);
    }
}

fn check_nodes(name: &str, snapshot: &Snapshot, tsv: &str, problems: &mut Problems) {
    let graph = snapshot.graph();
    let mut nodes: Vec<NodeOrdinal> = graph.nodes().collect();
    nodes.sort_by_key(|&node| (wrapped(snapshot.id(node).0), node));
    let mut lines = tsv.lines();
    assert!(lines.next().unwrap().starts_with("id\ttype\tself\tretained\tdistance\tdominator"));
    let overflows = snapshot.total_size() > u64::from(u32::MAX);
    let mut seen = 0;
    for (line, &node) in lines.zip(&nodes) {
        seen += 1;
        let fields: Vec<&str> = line.split('\t').collect();
        let number = |at: usize| fields[at].parse::<u64>().unwrap();
        let what = |column: &'static str| move || format!("@{} {column}", snapshot.id(node).0);
        problems.check(name, what("id"), wrapped(snapshot.id(node).0), number(0));
        problems.check(name, what("type"), graph.kind_name(node), fields[1]);
        problems.check(name, what("shallow size"), wrapped(snapshot.shallow_size(node)), number(2));
        if !overflows {
            problems.check(name, what("retained size"), snapshot.retained_size(node), number(3));
        }
        problems.check(name, what("distance"), snapshot.distance(node).0.to_string().as_str(), fields[4]);
        let dominator = snapshot.dominators().dominator(node);
        problems.check(name, what("dominator"), wrapped(snapshot.id(dominator).0), number(5));
        let state = match snapshot.detachedness(node) {
            Detachedness::Unknown => 0,
            Detachedness::Attached => 1,
            Detachedness::Detached => 2,
            Detachedness::Other => 3,
        };
        problems.check(name, what("detachedness"), state, number(6));
        problems.check(name, what("edges"), graph.edges(node).len() as u64, number(9));
        problems.check(name, what("retainers"), graph.retainer_count(node) as u64, number(10));
        problems.check(
            name,
            what("class"),
            key_of(snapshot.class(node)),
            common::parse_json(fields[11]).as_str().unwrap().to_owned(),
        );
    }
    problems.check(name, || "number of nodes".to_owned(), seen, nodes.len());
}

/// Compares the summary's classes. Where DevTools lets one class hide another of the same name, its row is left out of
/// the comparison and ours must have the parts added up.
fn check_classes(name: &str, snapshot: &Snapshot, expected: &Value, collisions: &Value, problems: &mut Problems) {
    let merged: BTreeMap<&str, &Value> =
        collisions.as_array().into_iter().flatten().map(|row| (row["key"].as_str().unwrap(), &row["parts"])).collect();
    let ours: BTreeMap<String, &Class> =
        snapshot.classes().all().iter().filter(|class| class.count > 0).map(|class| (key_of(class), class)).collect();
    let mut expected_keys = HashSet::new();
    for row in expected["classes"].as_array().unwrap() {
        let key = row["key"].as_str().unwrap();
        expected_keys.insert(key.to_owned());
        let Some(class) = ours.get(key) else {
            if !key.contains("…(") {
                problems.check(name, || format!("class {key}"), "missing", "present");
            }
            continue;
        };
        if let Some(parts) = merged.get(key) {
            let sum =
                |field: &str| parts.as_array().unwrap().iter().map(|part| part[field].as_u64().unwrap()).sum::<u64>();
            problems.check(name, || format!("{key} merged count"), class.count, sum("count"));
            if snapshot.total_size() > u64::from(u32::MAX) {
                continue;
            }
            problems.check(name, || format!("{key} merged size"), class.shallow_size, sum("self"));
            continue;
        }
        problems.check(name, || format!("{key} count"), Some(class.count), row["count"].as_u64());
        problems.check(name, || format!("{key} distance"), Some(i64::from(class.distance.0)), row["distance"].as_i64());
        if snapshot.total_size() <= u64::from(u32::MAX) {
            problems.check(name, || format!("{key} shallow"), Some(class.shallow_size), row["self"].as_u64());
            problems.check(name, || format!("{key} retained"), Some(class.retained_size), row["maxRet"].as_u64());
        }
    }
    for key in ours.keys().filter(|key| key.len() < 2000 && !expected_keys.contains(*key)) {
        problems.check(name, || format!("class {key}"), "present", "missing");
    }
}

fn check_statistics(name: &str, snapshot: &Snapshot, expected: &Value, problems: &mut Problems) {
    if snapshot.total_size() > u64::from(u32::MAX) {
        return;
    }
    let ours = snapshot.statistics();
    let native = &expected["native"];
    let v8 = &expected["v8heap"];
    for (what, got, expected) in [
        ("total", ours.total, &expected["total"]),
        ("native", ours.native_total, &native["total"]),
        ("typed arrays", ours.typed_arrays, &native["typedArrays"]),
        ("V8 heap", ours.v8heap_total, &v8["total"]),
        ("code", ours.code, &v8["code"]),
        ("arrays", ours.js_arrays, &v8["jsArrays"]),
        ("strings", ours.strings, &v8["strings"]),
        ("system", ours.system, &v8["system"]),
    ] {
        problems.check(name, || format!("statistics, {what}"), Some(got), expected.as_u64());
    }
}

#[test]
fn nodes_have_devtools_sizes_distances_dominators_and_classes() {
    let mut problems = Problems::default();
    for case in common::cases() {
        let Some(tsv) = case.expected("nodes.tsv") else { continue };
        check_nodes(&case.name, &case.open(), &String::from_utf8(tsv).unwrap(), &mut problems);
    }
    problems.finish();
}

#[test]
fn summary_and_statistics_have_devtools_rows() {
    let mut problems = Problems::default();
    for case in common::cases() {
        let Some(summary) = case.expected_json("summary") else { continue };
        let snapshot = case.open();
        check_classes(&case.name, &snapshot, &summary, &summary["collisions"], &mut problems);
        check_statistics(&case.name, &snapshot, &summary["statistics"], &mut problems);
    }
    problems.finish();
}

#[test]
fn object_shapes_are_those_that_devtools_infers() {
    let mut problems = Problems::default();
    for case in common::cases() {
        let Some(expected) = case.expected_json("interfaces") else { continue };
        // The answer is JSON within JSON in some files.
        let expected = expected.as_str().map_or(expected.clone(), |text| common::parse_json(text));
        let names: Vec<&str> =
            expected.as_array().unwrap().iter().map(|shape| shape["name"].as_str().unwrap()).collect();
        let snapshot = case.open();
        let ours: Vec<&str> = snapshot.shapes().names.iter().map(String::as_str).collect();
        problems.check(&case.name, || "shapes".to_owned(), ours, names);
    }
    problems.finish();
}

#[test]
fn random_snapshots_reach_every_rule() {
    let files = common::archive("fuzz.tar.zst");
    let mut problems = Problems::default();
    let mut seen = 0;
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".heapsnapshot")) {
        seen += 1;
        let text = String::from_utf8(files[&format!("{name}.full.json")].clone()).unwrap();
        let expected = common::parse_json(&text);
        let snapshot = common::open_bytes(name, bytes.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let graph = snapshot.graph();
        // Where it wraps sizes, ours are right and have nothing to be compared with.
        let is_wide = snapshot.total_size() > u64::from(u32::MAX);
        let size = |bytes: u64| if is_wide { 0 } else { bytes };
        // DevTools looks for object shapes from the root on, so a root at the end leaves it without any.
        let has_shapes = snapshot.root() == NodeOrdinal(0);
        for (node, row) in graph.nodes().zip(expected["nodes"].as_array().unwrap()) {
            let id = snapshot.id(node).0;
            let what = |column: &'static str| move || format!("@{id} {column}");
            let got = (
                snapshot.id(node).0,
                graph.kind_name(node),
                size(snapshot.shallow_size(node)),
                size(snapshot.retained_size(node)),
                i64::from(snapshot.distance(node).0),
                snapshot.id(snapshot.dominators().dominator(node)).0,
            );
            let wanted = (
                row[0].as_u64().unwrap(),
                row[1].as_str().unwrap(),
                size(row[2].as_u64().unwrap()),
                size(row[3].as_u64().unwrap()),
                row[4].as_i64().unwrap(),
                row[5].as_u64().unwrap(),
            );
            problems.check(name, what("id, kind, shallow, retained, distance, dominator"), got, wanted);
            if has_shapes {
                problems.check(name, what("class"), key_of(snapshot.class(node)).as_str(), row[9].as_str().unwrap());
            }
            problems.check(name, what("name"), snapshot.display_name(node).as_ref(), row[11].as_str().unwrap());
        }
        problems.check(name, || "nodes".to_owned(), graph.node_count(), expected["nodes"].as_array().unwrap().len());
        if has_shapes {
            check_classes(name, &snapshot, &expected["aggregates"], &expected["collisions"], &mut problems);
        }
        check_statistics(name, &snapshot, &expected["statistics"], &mut problems);
    }
    assert_eq!(seen, 100);
    problems.finish();
}
