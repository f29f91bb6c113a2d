//! Filters, native contexts and duplicated strings are those of Chrome DevTools, on every file of the corpus.
#![allow(clippy::unwrap_used, reason = "test data is part of the repository")]

mod common;

use std::collections::BTreeMap;

use heapglass::Snapshot;
use heapglass::model::{CancelToken, ClassId, EdgeIndex, NodeOrdinal, ObjectId};
use heapglass::query::{
    Filter, Lens, ListSpec, NodeFilter, Owner, Sort, by_kind, duplicate_strings, native_contexts, order, select,
};
use serde_json::Value;

/// All that is asked of a snapshot, with what DevTools answers.
fn every_file(mut check: impl FnMut(&str, &Snapshot, &Value, &dyn Fn(&str) -> Option<Value>)) {
    for case in common::cases() {
        let snapshot = case.open();
        let collisions = case.expected_json("summary").map_or(Value::Null, |summary| summary["collisions"].clone());
        check(&case.name, &snapshot, &collisions, &|question| case.expected_json(question));
    }
    let files = common::archive("fuzz.tar.zst");
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".heapsnapshot")) {
        let text = String::from_utf8(files[&format!("{name}.full.json")].clone()).unwrap();
        let full = common::parse_json(&text);
        let snapshot = common::open_bytes(name, bytes.clone()).unwrap();
        // Where DevTools wraps sizes or finds no shapes there is nothing to compare with.
        if snapshot.root() == NodeOrdinal(0) && u32::try_from(snapshot.total_size()).is_ok() {
            check(name, &snapshot, &full["collisions"], &|question| full.get(question).cloned());
        }
    }
}

fn wrapped(value: u64) -> u64 {
    value & 0xffff_ffff
}

fn filter_of(snapshot: &Snapshot, name: &str) -> NodeFilter {
    let find = |id: &str| snapshot.graph().find_id(ObjectId(id.parse().unwrap())).unwrap();
    match name {
        "duplicatedStrings" => NodeFilter::DuplicatedStrings,
        "objectsRetainedByDetachedDomNodes" => NodeFilter::HeldByDetachedDom,
        "objectsRetainedByContexts" => NodeFilter::HeldByContexts,
        "objectsRetainedByConsole" => NodeFilter::HeldByConsole,
        "objectsRetainedByEventHandlers" => NodeFilter::HeldByEventHandlers,
        "sharedNativeContext" => NodeFilter::SharedByContexts,
        "noNativeContext" => NodeFilter::WithoutContext,
        _ => {
            if let Some(id) = name.strip_prefix("nativeContext_@") {
                return NodeFilter::NativeContext(find(id));
            }
            let range = name.strip_prefix("idRange_").unwrap_or_else(|| panic!("the filter {name} is not known"));
            let (after, up_to) = range.split_once("..").unwrap();
            NodeFilter::Ids { after: after.parse().unwrap(), up_to: up_to.parse().unwrap() }
        }
    }
}

#[test]
fn each_filter_shows_the_classes_that_devtools_shows() {
    let mut problems = Vec::new();
    let mut checked = BTreeMap::new();
    every_file(|file, snapshot, collisions, expected| {
        let Some(filters) = expected("filters") else { return };
        let hidden = |key: &str| {
            collisions.as_array().is_some_and(|list| list.iter().any(|entry| entry == key || entry["key"] == key))
        };
        let has_wide_ids = snapshot.graph().nodes().any(|node| snapshot.id(node).0 > u64::from(u32::MAX));
        for (name, wanted) in filters.as_object().unwrap() {
            if has_wide_ids && (name.starts_with("idRange") || name.starts_with("nativeContext_")) {
                continue;
            }
            let selection = select(snapshot, &filter_of(snapshot, name), &CancelToken::new()).unwrap();
            let mut got = BTreeMap::new();
            for (class, totals) in snapshot.classes().all().iter().zip(&selection.classes) {
                let at = class
                    .key
                    .location
                    .map_or_else(String::new, |at| format!("{},{},{}", at.script_id, at.line, at.column));
                let key = format!("{at},{}", class.name);
                if totals.count > 0 && !hidden(&key) {
                    let numbers = [totals.count, wrapped(totals.shallow_size), wrapped(totals.retained_size)];
                    got.insert(key, (numbers, i64::from(totals.distance.0)));
                }
            }
            let mut classes = BTreeMap::new();
            for class in wanted["classes"].as_array().unwrap() {
                let key = class["key"].as_str().unwrap();
                let number = |name: &str| class[name].as_u64().unwrap();
                if !hidden(key) {
                    let numbers = [number("count"), number("self"), number("maxRet")];
                    classes.insert(key.to_owned(), (numbers, class["distance"].as_i64().unwrap()));
                }
            }
            *checked.entry(name.split('_').next().unwrap().to_owned()).or_insert(0) += classes.len();
            if u32::try_from(snapshot.total_size()).is_ok() && got != classes {
                let differs = got.iter().find(|(key, row)| classes.get(*key) != Some(row));
                let missing = classes.iter().find(|(key, _)| !got.contains_key(*key));
                problems.push(format!("{file}: {name}: ours {differs:?}, missing {missing:?}"));
            }
        }
    });
    assert!(checked.values().filter(|rows| **rows > 0).count() >= 9, "{checked:?}");
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems[..problems.len().min(20)].join("\n"));
}

#[test]
fn native_contexts_have_devtools_sizes() {
    let mut problems = Vec::new();
    let mut seen = 0;
    every_file(|file, snapshot, _, expected| {
        let Some(wanted) = expected("native").filter(|native| native.get("nativeContexts").is_some()) else { return };
        let contexts = native_contexts(snapshot, &CancelToken::new()).unwrap();
        let got: Vec<[u64; 3]> = contexts
            .contexts
            .iter()
            .map(|context| [snapshot.id(context.node).0, context.attributed_size, context.retained_size].map(wrapped))
            .collect();
        let number = |value: &Value, name: &str| value[name].as_u64().unwrap();
        let listed: Vec<[u64; 3]> = wanted["nativeContexts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| ["nodeId", "attributedSize", "retainedSize"].map(|name| wrapped(number(row, name))))
            .collect();
        seen += listed.len();
        let rest = [contexts.shared_size, contexts.unattributed_size].map(wrapped);
        let rest_wanted = ["sharedSize", "noAttributionSize"].map(|name| wrapped(number(&wanted, name)));
        if u32::try_from(snapshot.total_size()).is_ok() && (&got, rest) != (&listed, rest_wanted) {
            problems.push(format!("{file}: {got:?} {rest:?} instead of {listed:?} {rest_wanted:?}"));
        }
        for context in &contexts.contexts {
            assert_eq!(contexts.owner(context.node), Owner::Context(context.node), "{file}");
        }
        let summary = &wanted["retainedByContext"];
        let held = select(snapshot, &NodeFilter::HeldByContexts, &CancelToken::new()).unwrap();
        let wanted = ["retainedByContextCount", "retainedByContextSize"].map(|name| wrapped(number(summary, name)));
        if [held.count, wrapped(held.shallow_size)] != wanted {
            problems.push(format!("{file}: held by contexts {} {}", held.count, held.shallow_size));
        }
    });
    assert!(seen > 20, "only {seen} native contexts");
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems[..problems.len().min(20)].join("\n"));
}

#[test]
fn duplicated_strings_are_grouped_as_in_devtools() {
    let mut problems = Vec::new();
    let mut seen = 0;
    every_file(|file, snapshot, _, expected| {
        let Some(wanted) = expected("dup") else { return };
        if snapshot.total_size() > u64::from(u32::MAX) {
            return;
        }
        let strings = duplicate_strings(snapshot, &CancelToken::new()).unwrap();
        // DevTools lists groups by retained size, and those of one size as the file has them.
        let mut order: Vec<usize> = (0..strings.groups.len()).collect();
        order.sort_by_key(|&group| std::cmp::Reverse(strings.groups[group].retained_size));
        let ids = |group: usize| -> Vec<u64> {
            let copies = strings.copies(u32::try_from(group).unwrap()).iter();
            copies.map(|&node| wrapped(snapshot.id(NodeOrdinal(node)).0)).collect()
        };
        if let Some(totals) = wanted.as_object() {
            let number = |name: &str| totals[name].as_u64().unwrap();
            let got = [
                strings.groups.len() as u64,
                strings.string_count,
                strings.shallow_size,
                strings.retained_size,
                strings.groups.iter().filter(|group| group.truncated).count() as u64,
            ];
            let sums = ["groups", "strings", "self", "retained", "truncatedGroups"].map(number);
            if got != sums {
                problems.push(format!("{file}: {got:?} instead of {sums:?}"));
            }
        }
        let groups = wanted.get("top").unwrap_or(&wanted).as_array().unwrap();
        for (&group, row) in order.iter().zip(groups) {
            seen += 1;
            let first: Vec<u64> = match row.get("firstIds") {
                Some(ids) => ids.as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect(),
                None => row["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_u64().unwrap()).collect(),
            };
            let got = ids(group);
            let count = row["count"].as_u64().unwrap();
            if got[..got.len().min(first.len())] != first || got.len() as u64 != count {
                problems.push(format!("{file}: {got:?} instead of {first:?}"));
            }
        }
    });
    assert!(seen > 500, "only {seen} groups");
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems[..problems.len().min(20)].join("\n"));
}

#[test]
fn containment_starts_with_what_the_root_holds_in_devtools_order() {
    let mut seen = 0;
    every_file(|file, snapshot, _, expected| {
        let Some(wanted) = expected("containment") else { return };
        let list = ListSpec::Edges(snapshot.root());
        let rows =
            order(snapshot, list, Sort::BY_RETAINED_SIZE, &Filter::default(), Lens::default(), &CancelToken::new());
        let got: Vec<u64> = rows
            .unwrap()
            .rows
            .iter()
            .map(|&edge| wrapped(snapshot.id(snapshot.graph().edge_target(EdgeIndex(edge))).0))
            .collect();
        let items = wanted["items"].as_array().unwrap();
        seen += items.len();
        let retained: Vec<u64> = items.iter().map(|item| item["retained"].as_u64().unwrap()).collect();
        let ids: Vec<u64> = items.iter().map(|item| item["id"].as_u64().unwrap()).collect();
        assert_eq!(got.len() as u64, wanted["total"].as_u64().unwrap(), "{file}");
        if snapshot.total_size() > u64::from(u32::MAX) {
            return;
        }
        // Rows of one size stand by name, where DevTools compares numbers as text.
        let by_size = |ids: &[u64]| -> Vec<Vec<u64>> {
            let mut rows: Vec<(u64, u64)> = retained.iter().copied().zip(ids.iter().copied()).collect();
            rows.sort_by_key(|row| (std::cmp::Reverse(row.0), row.1));
            rows.chunk_by(|a, b| a.0 == b.0).map(|run| run.iter().map(|row| row.1).collect()).collect()
        };
        let shown = &got[..ids.len().min(got.len())];
        if items.len() as u64 == wanted["total"].as_u64().unwrap() {
            assert_eq!(by_size(shown), by_size(&ids), "{file}");
        }
    });
    assert!(seen > 40, "only {seen} rows");
}

#[test]
fn kinds_add_up_to_all_nodes_and_bytes() {
    for case in common::cases() {
        let snapshot = case.open();
        let kinds = by_kind(&snapshot, &CancelToken::new()).unwrap();
        assert_eq!(kinds.iter().map(|kind| kind.count).sum::<u64>(), snapshot.graph().node_count() as u64);
        let all = select(&snapshot, &NodeFilter::All, &CancelToken::new()).unwrap();
        assert_eq!(kinds.iter().map(|kind| kind.shallow_size).sum::<u64>(), all.shallow_size, "{}", case.name);
        for (row, totals) in (0..).zip(&all.classes) {
            let class = snapshot.classes().get(ClassId(row));
            let sums = [class.count, class.shallow_size, class.retained_size];
            assert_eq!([totals.count, totals.shallow_size, totals.retained_size], sums, "{}", class.name);
        }
    }
}
