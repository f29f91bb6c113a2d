//! Compares every number with Chrome DevTools, for every file of the corpus.

use crate::common;

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use heapglass::Snapshot;
use heapglass::test_support::analysis::Class;
use heapglass::test_support::model::{CancelToken, ClassId, Detachedness, EdgeIndex, NodeOrdinal};
use heapglass::test_support::query::{Filter, Lens, ListSpec, Sort, order};
use serde_json::Value;

/// The key that DevTools' files use for a class.
fn key_of(class: &Class) -> String {
    match class.key.location {
        Some(location) => format!("{},{},{},{}", location.script_id, location.line, location.column, class.name),
        None => format!(",{}", class.name),
    }
}

/// The list's rows in the order of the window and the command line.
fn rows(snapshot: &Snapshot, list: ListSpec, sort: Sort) -> Vec<u32> {
    order(snapshot, list, sort, &Filter::default(), Lens::default(), &CancelToken::new()).unwrap().rows.to_vec()
}

/// Returns each edge as its name, its kind, and the id of the object at its other end.
fn edge_rows(snapshot: &Snapshot, list: ListSpec, sort: Sort) -> Vec<(String, String, u64)> {
    let graph = snapshot.graph();
    rows(snapshot, list, sort)
        .into_iter()
        .map(EdgeIndex)
        .map(|edge| {
            let node = match list {
                ListSpec::Retainers(_) => graph.edge_source(edge),
                _ => graph.edge_target(edge),
            };
            let name: String = snapshot.edge_name(edge).into_owned();
            (name, graph.edge_kind_name(edge).to_owned(), wrapped(snapshot.id(node).0))
        })
        .collect()
}

/// Sorts runs of numbered edges that tie: DevTools compares them as text, Heapglass as numbers.
fn without_order_of_numbers(mut rows: Vec<(String, String, u64)>) -> Vec<(String, String, u64)> {
    for run in rows.chunk_by_mut(|a, b| [a, b].iter().all(|row| row.0.parse::<u32>().is_ok())) {
        run.sort();
    }
    rows
}

/// Compares lists and reports where they part.
fn check_lists<T: PartialEq + std::fmt::Debug>(
    file: &str,
    what: &str,
    got: &[T],
    wanted: &[T],
    problems: &mut Problems,
) {
    let at = got.iter().zip(wanted).position(|(got, wanted)| got != wanted).unwrap_or(got.len().min(wanted.len()));
    let rest = |list: &'_ [T]| format!("{:?}", &list[at..list.len().min(at + 4)]);
    problems.check(file, || format!("{what} from row {at}"), rest(got), rest(wanted));
}

fn expected_edges(items: &Value) -> Vec<(String, String, u64)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = items.as_array().unwrap().iter();
    items
        .map(|item| match item.as_array() {
            Some(row) => (text(&row[0]), text(&row[1]), row[2].as_u64().unwrap()),
            None => (text(&item["name"]), text(&item["type"]), item["id"].as_u64().unwrap()),
        })
        .collect()
}

/// DevTools wraps ids and sizes at 2^32; Heapglass does not.
fn wrapped(value: u64) -> u64 {
    value & 0xffff_ffff
}

#[derive(Default)]
pub(crate) struct Problems {
    text: String,
    count: usize,
}

impl Problems {
    #[expect(clippy::needless_pass_by_value, reason = "calls read better without borrows")]
    pub(crate) fn check<T: PartialEq + std::fmt::Debug>(
        &mut self,
        file: &str,
        what: impl Fn() -> String,
        got: T,
        expected: T,
    ) {
        if got != expected {
            self.count += 1;
            if self.count <= 40 {
                let _ = writeln!(self.text, "{file}: {}: got {got:?}, DevTools has {expected:?}", what());
            }
        }
    }

    pub(crate) fn finish(self) {
        assert!(self.count == 0, "{} differences\n{}", self.count, self.text);
    }
}

/// Compares the nodes. `class_text` gets the keys of both classes, to make those equal that may differ.
pub(crate) fn check_nodes(
    (name, snapshot): (&str, &Snapshot),
    tsv: &str,
    class_text: impl Fn(&str) -> String,
    problems: &mut Problems,
) {
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
            class_text(&key_of(snapshot.class(node))),
            class_text(common::parse_json(fields[11]).as_str().unwrap()),
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
        if u32::try_from(snapshot.total_size()).is_ok() {
            problems.check(name, || format!("{key} shallow"), Some(class.shallow_size), row["self"].as_u64());
            problems.check(name, || format!("{key} retained"), Some(class.retained_size), row["maxRet"].as_u64());
        }
    }
    for key in ours.keys().filter(|key| key.len() < 2000 && !expected_keys.contains(*key)) {
        problems.check(name, || format!("class {key}"), "present", "missing");
    }
}

pub(crate) fn check_statistics(name: &str, snapshot: &Snapshot, expected: &Value, problems: &mut Problems) {
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
fn corpus_nodes_have_devtools_sizes_distances_dominators_and_classes() {
    let mut problems = Problems::default();
    for case in common::cases_with("nodes.tsv") {
        let tsv = case.expected("nodes.tsv").unwrap();
        let tsv = String::from_utf8(tsv).unwrap();
        check_nodes((&case.name, &case.open()), &tsv, str::to_owned, &mut problems);
    }
    problems.finish();
}

#[test]
fn corpus_summary_and_statistics_have_devtools_rows() {
    let mut problems = Problems::default();
    for (case, summary) in common::answered("summary") {
        let snapshot = case.open();
        check_classes(&case.name, &snapshot, &summary, &summary["collisions"], &mut problems);
        check_statistics(&case.name, &snapshot, &summary["statistics"], &mut problems);
    }
    problems.finish();
}

#[test]
fn corpus_fields_and_retainers_have_devtools_order() {
    let mut problems = Problems::default();
    let mut seen = 0;
    for (case, probe) in common::answered("probe") {
        let snapshot = case.open();
        for object in probe.as_array().unwrap() {
            let id = object["id"].as_u64().unwrap();
            let Some(node) = snapshot.graph().nodes().find(|&node| wrapped(snapshot.id(node).0) == id) else {
                continue;
            };
            let retained = object["info"]["retainedSize"].as_u64().unwrap();
            // Where sizes wrap at 2^32 so does the order by them.
            if wrapped(snapshot.retained_size(node)) != retained || snapshot.total_size() > u64::from(u32::MAX) {
                continue;
            }
            for (what, list, sort) in [
                ("retainers", ListSpec::Retainers(node), Sort::BY_DISTANCE),
                ("edges", ListSpec::Edges(node), Sort::BY_RETAINED_SIZE),
            ] {
                seen += 1;
                let expected = &object[what];
                let wanted = expected_edges(&expected["items"]);
                let got = edge_rows(&snapshot, list, sort);
                let total = expected["total"].as_u64().unwrap();
                problems.check(&case.name, || format!("@{id} number of {what}"), got.len() as u64, total);
                // A list that was cut within a run of numbered edges cannot be compared there.
                let is_whole = wanted.len() == got.len();
                if is_whole {
                    let (got, wanted) = (without_order_of_numbers(got), without_order_of_numbers(wanted));
                    check_lists(&case.name, &format!("@{id} {what}"), &got, &wanted, &mut problems);
                }
            }
        }
    }
    assert!(seen > 100, "only {seen} lists were compared");
    problems.finish();
}

#[test]
fn members_of_a_class_are_in_devtools_order() {
    let files = common::archive("fuzz.tar.zst");
    let mut problems = Problems::default();
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".heapsnapshot")) {
        let text = String::from_utf8(files[&format!("{name}.full.json")].clone()).unwrap();
        let expected = common::parse_json(&text);
        let snapshot = common::open_bytes(name, bytes.clone()).unwrap();
        if snapshot.root() != NodeOrdinal(0) || snapshot.total_size() > u64::from(u32::MAX) {
            continue;
        }
        let collisions = expected["collisions"].as_array().unwrap();
        for (row, class) in (0..).zip(snapshot.classes().all()).filter(|(_, class)| class.count > 0) {
            let key = key_of(class);
            if collisions.iter().any(|collision| collision["key"] == key.as_str()) {
                continue;
            }
            let wanted: Vec<u64> =
                expected["instances"][&key].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect();
            let list = ListSpec::Members(ClassId(row));
            let got: Vec<u64> = rows(&snapshot, list, Sort::BY_RETAINED_SIZE)
                .into_iter()
                .map(|node| snapshot.id(NodeOrdinal(node)).0)
                .collect();
            problems.check(name, || format!("members of {key}"), got, wanted);
        }
        for (node, (edges, retainers)) in snapshot
            .graph()
            .nodes()
            .zip(expected["edges"].as_array().unwrap().iter().zip(expected["retainers"].as_array().unwrap()))
        {
            for (what, expected, list, sort) in [
                ("edges", edges, ListSpec::Edges(node), Sort::BY_RETAINED_SIZE),
                ("retainers", retainers, ListSpec::Retainers(node), Sort::BY_DISTANCE),
            ] {
                let wanted = without_order_of_numbers(expected_edges(expected));
                let got = without_order_of_numbers(edge_rows(&snapshot, list, sort));
                check_lists(name, &format!("{what} of node {}", node.0), &got, &wanted, &mut problems);
            }
        }
    }
    problems.finish();
}

#[test]
fn corpus_object_shapes_equal_devtools() {
    let mut problems = Problems::default();
    for (case, expected) in common::answered("interfaces") {
        // The answer is JSON within JSON in some files.
        let expected = expected.as_str().map_or(expected.clone(), common::parse_json);
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
