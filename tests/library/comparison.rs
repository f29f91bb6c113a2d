//! Compares the comparison of two snapshots with Chrome DevTools, if ids identify the same objects in both.
#![allow(clippy::cast_possible_wrap, reason = "small numbers")]

use std::fmt::Write as _;

use heapglass::Snapshot;
use heapglass::test_support::model::{CancelToken, NodeOrdinal, ObjectId};
use heapglass::test_support::query::{
    Comparison, ComparisonSort, Side, Sort, compare, compared_classes, compared_objects,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::common::{case, cases, corpus_dirs, open_bytes, parse_json, read};
use crate::generated::V8Heap;

fn compared(base: &Snapshot, current: &Snapshot) -> Comparison {
    compare(base, current, &CancelToken::new()).unwrap()
}

/// Ids as DevTools' files have them: a list, or how many and their hash.
fn ids_differ(snapshot: &Snapshot, objects: &[u32], expected: &Value) -> Option<String> {
    let ids: Vec<String> =
        objects.iter().map(|&node| (snapshot.id(NodeOrdinal(node)).0 & 0xffff_ffff).to_string()).collect();
    if let Some(list) = expected.as_array() {
        let list: Vec<String> = list.iter().map(Value::to_string).collect();
        return (ids != list).then(|| format!("{ids:?} instead of {list:?}"));
    }
    let hash = Sha256::digest(ids.join(",")).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    let same = expected["n"] == ids.len() && expected["sha256"] == hash.as_str();
    (!same).then(|| format!("{} ids with hash {hash} instead of {expected}", ids.len()))
}

#[test]
fn corpus_comparisons_have_devtools_rows_and_objects() {
    let mut problems = Vec::new();
    let mut checked = 0;
    let cases = cases();
    for dir in corpus_dirs() {
        for entry in std::fs::read_dir(dir.join("expected")).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let Some((before, after)) = name.strip_suffix(".diff.json.zst").and_then(|pair| pair.split_once(".."))
            else {
                continue;
            };
            let find = |name: &str| cases.iter().find(|case| case.name == name).unwrap();
            let (base_case, current_case) = (find(before), find(after));
            let (base, current) = (base_case.open(), current_case.open());
            let comparison = compared(&base, &current);
            let same_process = !before.starts_with("bun") && before[..6] == after[..6];
            assert_eq!(comparison.ids_match, same_process, "{name}");
            if !same_process {
                continue;
            }
            let expected = parse_json(&String::from_utf8(read(&path)).unwrap());
            // Classes of which DevTools shows only a part, see its collisions.
            let mut collisions: Vec<String> = Vec::new();
            for case in [base_case, current_case] {
                let summary = case.expected_json("summary").unwrap();
                let keys = summary["collisions"].as_array().map_or(&[][..], Vec::as_slice);
                collisions.extend(keys.iter().map(|key| {
                    let key = key.as_str().or_else(|| key["key"].as_str()).unwrap();
                    key.rsplit(',').next().unwrap().to_owned()
                }));
            }
            let rows = compared_classes(&comparison, ComparisonSort::BY_ALLOCATED_SIZE, "");
            let mut rows = rows.iter().filter(|&&row| !collisions.contains(&comparison.classes[row as usize].name));
            let wanted = expected["classes"].as_array().unwrap().iter();
            let mut wanted = wanted.filter(|class| !collisions.iter().any(|name| class["name"] == name.as_str()));
            while let (Some(&row), Some(class)) = (rows.next(), wanted.next()) {
                checked += 1;
                let ours = &comparison.classes[row as usize];
                let numbers = |value: &str| class[value].as_i64().unwrap();
                let got = (
                    ours.name.as_str(),
                    [ours.new_count, ours.deleted_count, ours.allocated_size, ours.freed_size].map(|n| n as i64),
                    [ours.delta(), ours.size_delta()],
                );
                let expected = (
                    class["name"].as_str().unwrap(),
                    ["addedCount", "removedCount", "addedSize", "removedSize"].map(numbers),
                    ["countDelta", "sizeDelta"].map(numbers),
                );
                if got != expected {
                    problems.push(format!("{name}: {got:?} instead of {expected:?}"));
                    break;
                }
                let new = ids_differ(&current, comparison.new_objects(row as usize), &class["addedIds"]);
                let deleted = ids_differ(&base, comparison.deleted_objects(row as usize), &class["deletedIds"]);
                problems.extend(new.into_iter().chain(deleted).map(|text| format!("{name}: {}: {text}", ours.name)));
            }
            if rows.next().is_some() || wanted.next().is_some() {
                problems.push(format!("{name}: another number of rows"));
            }
        }
    }
    assert!(checked > 40, "only {checked} rows");
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems[..problems.len().min(20)].join("\n"));
}

#[test]
fn corpus_snapshots_do_not_differ_from_themselves() {
    for case in cases().into_iter().take(12) {
        let snapshot = case.open();
        let comparison = compared(&snapshot, &snapshot);
        assert!(comparison.ids_match, "{}", case.name);
        assert!(comparison.classes.is_empty(), "{}: {:?}", case.name, comparison.classes[0]);
    }
}

#[test]
fn snapshots_of_different_processes_are_compared_by_totals() {
    let (base, current) = (case("node8-1").open(), case("node24-1").open());
    let comparison = compared(&base, &current);
    assert!(!comparison.ids_match);
    assert!(!comparison.classes.is_empty());
    for (row, class) in comparison.classes.iter().enumerate() {
        assert_eq!(class.delta(), class.current_count as i64 - class.base_count as i64, "{}", class.name);
        assert_eq!(class.size_delta(), class.current_shallow_size as i64 - class.base_shallow_size as i64);
        assert!(comparison.new_objects(row).is_empty() && comparison.deleted_objects(row).is_empty());
    }
}

#[test]
fn an_object_that_changes_its_class_is_deleted_and_new() {
    // Two snapshots of three nodes; the object with id 3 is a Foo, then a Bar.
    let text = |class: &str| {
        format!(
            r#"{{"snapshot":{{"meta":{{"node_fields":["type","name","id","self_size","edge_count"],"node_types":[["hidden","array","string","object","synthetic"],"string","number","number","number"],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["context","element","property"],"string_or_number","node"]}},"node_count":23,"edge_count":22}},"nodes":[4,0,1,0,22,3,1,3,16,0{}],"edges":[{}],"strings":["","{class}","Other"]}}"#,
            (0..21).fold(String::new(), |text, at| text + &format!(",3,2,{},24,0", 5 + 2 * at)),
            (0..22).map(|at| format!("1,{at},{}", 5 * (at + 1))).collect::<Vec<_>>().join(","),
        )
    };
    let base = open_bytes("base", text("Foo").into_bytes()).unwrap();
    let current = open_bytes("current", text("Bar").into_bytes()).unwrap();
    let comparison = compared(&base, &current);
    assert!(comparison.ids_match);
    let rows: Vec<(&str, u64, u64)> =
        comparison.classes.iter().map(|class| (class.name.as_str(), class.new_count, class.deleted_count)).collect();
    assert_eq!(rows, [("Bar", 1, 0), ("Foo", 0, 1)]);
    let objects =
        compared_objects(&comparison, &base, &current, 1, Sort::BY_RETAINED_SIZE, &CancelToken::new()).unwrap();
    assert_eq!(objects.iter().map(|&at| comparison.object(at)).collect::<Vec<_>>(), [(Side::Base, NodeOrdinal(1))]);
}

#[test]
fn a_damaged_file_is_of_the_same_process_as_its_original_and_of_no_other() {
    let recovered = |bytes: &[u8]| {
        let source = heapglass::test_support::format::Source::Bytes { name: "cut".to_owned(), bytes: bytes.into() };
        Snapshot::open_recovering(source, &heapglass::test_support::model::Progress::new(), &CancelToken::new())
            .unwrap()
    };
    let bytes = case("node24-1").bytes();
    let (whole, other) = (case("node24-1").open(), case("deno-1").open());
    let find = |text: &[u8]| bytes.windows(text.len()).position(|window| window == text).unwrap();
    let (edges, strings) = (find(b"\"edges\":["), find(b"\"strings\":["));
    // In the middle of the strings, just behind their start, in the middle of the edges.
    for end in [usize::midpoint(strings, bytes.len()), strings + 5000, usize::midpoint(edges, strings)] {
        let damaged = recovered(&bytes[..end]);
        for (base, current) in [(&damaged, &whole), (&whole, &damaged)] {
            let comparison = compared(base, current);
            assert!(comparison.ids_match, "cut at {end}");
        }
        assert!(!compared(&damaged, &other).ids_match, "cut at {end}");
    }
}

/// A program with some strings and internal objects, which V8 calls hidden unless internals are exposed.
fn described(run: u64, strings: u64, exposes_internals: bool) -> Snapshot {
    let mut heap = V8Heap::new(exposes_internals);
    let global = heap.global;
    let all = heap.array(global, "all");
    for number in 0..strings {
        let text = heap.add("string", &format!("text {number} of run {run}"), 32);
        heap.heap.numbered(all, "element", number, text);
    }
    for number in 0..500 {
        let kind = if exposes_internals { "native" } else { "hidden" };
        let internal = heap.add(kind, "system / Something", 16);
        heap.heap.numbered(heap.gc_roots, "element", 1000 + number, internal);
        // Its size is its owner's where the root has references of its own.
        let owner = heap.add("object", "Owner", 16);
        let elements = heap.add("array", "", 64);
        heap.heap.numbered(all, "element", 10_000 + number, owner);
        heap.heap.named(owner, "internal", "elements", elements);
    }
    open_bytes("made", heap.write()).unwrap()
}

#[test]
fn snapshots_of_one_process_match_even_if_only_one_exposes_internals() {
    for strings in [600, 10] {
        let (plain, exposed) = (described(1, strings, false), described(1, strings, true));
        for (base, current) in [(&plain, &exposed), (&exposed, &plain)] {
            let comparison = compared(base, current);
            assert!(comparison.ids_match && comparison.options_differ, "{strings} strings");
            assert!(
                comparison.classes.is_empty(),
                "what is hidden in one only did not change: {:?}",
                comparison.classes
            );
        }
        let same = compared(&plain, &described(1, strings, false));
        assert!(same.ids_match && !same.options_differ);
    }
}

#[test]
fn two_runs_of_one_program_do_not_match_even_if_ids_and_classes_do() {
    let (base, current) = (described(1, 600, false), described(2, 600, false));
    let classes = |of: &Snapshot| -> Vec<(ObjectId, String)> {
        of.graph().nodes().map(|node| (of.id(node), of.classes().get(of.classes().of(node)).name.clone())).collect()
    };
    assert_eq!(classes(&base), classes(&current), "every id has the same class in both");
    let comparison = compared(&base, &current);
    assert!(!comparison.ids_match && !comparison.options_differ);
    let comparison = compared(&described(1, 600, false), &described(2, 600, true));
    assert!(!comparison.ids_match && !comparison.options_differ, "options are said to differ of one process only");
}

#[test]
fn corpus_snapshots_of_unrelated_programs_never_match() {
    let real = ["node", "small", "express", "deno", "chromium", "bun"];
    // One of each process: those with another number or with other options are of the same.
    let mut seen = std::collections::HashSet::new();
    let cases = cases().into_iter().filter(|case| real.iter().any(|start| case.name.starts_with(start)));
    let process = |name: &str| name.split(['-', '.']).next().unwrap().to_owned();
    let snapshots: Vec<(String, Snapshot)> =
        cases.filter(|case| seen.insert(process(&case.name))).map(|case| (case.name.clone(), case.open())).collect();
    assert!(snapshots.len() > 3, "{}", snapshots.len());
    for (at, (one, base)) in snapshots.iter().enumerate() {
        for (other, current) in &snapshots[at + 1..] {
            let comparison = compared(base, current);
            assert!(!comparison.ids_match, "{one} and {other}");
        }
    }
}
