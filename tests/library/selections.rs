//! Filters, native contexts and duplicated strings are those of Chrome DevTools, on every file of the corpus.

use crate::common;

use std::collections::{BTreeMap, HashSet};

use heapglass::Snapshot;
use heapglass::test_support::model::{CancelToken, ClassId, EdgeIndex, NodeOrdinal, ObjectId};
use heapglass::test_support::query::{
    Category, DuplicateStrings, Filter, GroupKey, GroupSort, Lens, ListSpec, NodeFilter, Owner, Selection, Sort,
    by_kind, duplicate_groups, duplicate_strings, native_contexts, order, select,
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

/// Returns, by class, the hash that DevTools' answers contain in place of the ids of the selected members.
fn id_marks(snapshot: &Snapshot, selection: &Selection) -> Vec<u64> {
    let mut marks = vec![0; selection.classes.len()];
    for node in snapshot.graph().nodes() {
        if selection.contains(node) && snapshot.shallow_size(node) > 0 {
            let mark = &mut marks[snapshot.class_id(node).index()];
            *mark = wrapped(*mark * 31 + snapshot.id(node).0);
        }
    }
    marks
}

#[test]
fn corpus_filters_show_the_classes_of_devtools() {
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
            let marks = id_marks(snapshot, &selection);
            for ((class, totals), mark) in snapshot.classes().all().iter().zip(&selection.classes).zip(marks) {
                let at = class
                    .key
                    .location
                    .map_or_else(String::new, |at| format!("{},{},{}", at.script_id, at.line, at.column));
                let key = format!("{at},{}", class.name);
                if totals.count > 0 && !hidden(&key) {
                    let numbers = [totals.count, wrapped(totals.shallow_size), wrapped(totals.retained_size), mark];
                    got.insert(key, (numbers, i64::from(totals.distance.0)));
                }
            }
            let mut classes = BTreeMap::new();
            for class in wanted["classes"].as_array().unwrap() {
                let key = class["key"].as_str().unwrap();
                let number = |name: &str| class[name].as_u64().unwrap();
                if !hidden(key) {
                    let numbers = [number("count"), number("self"), number("maxRet"), number("idHash")];
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
fn corpus_native_contexts_have_devtools_sizes() {
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
        // Counts and sizes of the objects that only contexts hold, and of all others. Nodes without a size do not count.
        let mut got = [0; 4];
        for node in snapshot.graph().nodes().filter(|&node| snapshot.shallow_size(node) > 0) {
            let at = if held.contains(node) { 0 } else { 2 };
            got[at] += 1;
            got[at + 1] += snapshot.shallow_size(node);
        }
        let got = got.map(wrapped);
        let wanted = [
            "retainedByContextCount",
            "retainedByContextSize",
            "notRetainedByContextCount",
            "notRetainedByContextSize",
        ];
        let wanted = wanted.map(|name| wrapped(number(summary, name)));
        if got != wanted {
            problems.push(format!("{file}: held by contexts {got:?} instead of {wanted:?}"));
        }
    });
    assert!(seen > 20, "only {seen} native contexts");
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems[..problems.len().min(20)].join("\n"));
}

/// Wasted bytes the slow way: what the copies dominate, without what the largest of them does.
fn check_waste(file: &str, snapshot: &Snapshot, strings: &DuplicateStrings) {
    for (row, group) in (0..).zip(&strings.groups).take(300) {
        let copies = strings.copies(row);
        let mut freed = HashSet::new();
        for &copy in copies {
            freed.extend(snapshot.dominators().subtree(NodeOrdinal(copy)).iter().copied());
        }
        let all: u64 = freed.iter().map(|&node| snapshot.shallow_size(NodeOrdinal(node))).sum();
        let largest = copies.iter().map(|&copy| snapshot.retained_size(NodeOrdinal(copy))).max().unwrap();
        assert_eq!(group.wasted_bytes, all - largest, "{file}: group {row}");
    }
}

#[test]
fn corpus_duplicate_strings_are_grouped_as_in_devtools() {
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
            let sums = |names: [&str; 2]| names.map(|name| row[name].as_u64());
            let wanted = if row.get("self").is_some() {
                sums(["self", "retained"])
            } else {
                sums(["totalSelfSize", "totalRetainedSize"])
            };
            let group = &strings.groups[group];
            if [Some(group.shallow_size), Some(group.retained_size)] != wanted
                || Some(group.truncated) != row["truncated"].as_bool()
            {
                problems.push(format!("{file}: {group:?} instead of {wanted:?}"));
            }
        }
        check_waste(file, snapshot, &strings);
    });
    assert!(seen > 500, "only {seen} groups");
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems[..problems.len().min(20)].join("\n"));
}

#[test]
fn corpus_containment_starts_with_the_children_of_the_root_in_devtools_order() {
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
fn corpus_kinds_add_up_to_all_nodes_and_bytes() {
    for case in common::cases() {
        let snapshot = case.open();
        let kinds = by_kind(&snapshot, None, &CancelToken::new()).unwrap();
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

/// Kind, string, size and edges (name, ordinal), all of them internal.
type Made<'a> = (&'a str, usize, u32, &'a [(usize, usize)]);

/// A snapshot whose root holds all nodes.
fn made(strings: &[&str], nodes: &[Made]) -> Snapshot {
    let kinds = ["synthetic", "string", "concatenated string", "number"];
    let mut table = vec![0, 0, 1, 0, nodes.len()];
    let mut edges: Vec<usize> = (1..=nodes.len()).flat_map(|node| [0, node, node * 5]).collect();
    for (at, &(kind, name, size, parts)) in nodes.iter().enumerate() {
        let kind = kinds.iter().position(|known| *known == kind).unwrap();
        table.extend([kind, name, at * 2 + 3, size as usize, parts.len()]);
        edges.extend(parts.iter().flat_map(|&(name, target)| [1, name, target * 5]));
    }
    let meta = serde_json::json!({
        "node_fields": ["type", "name", "id", "self_size", "edge_count"],
        "node_types": [kinds, "string", "number", "number", "number"],
        "edge_fields": ["type", "name_or_index", "to_node"],
        "edge_types": [["element", "internal"], "string_or_number", "node"],
    });
    let text = serde_json::json!({
        "snapshot": { "meta": meta, "node_count": nodes.len() + 1, "edge_count": edges.len() / 3 },
        "nodes": table, "edges": edges, "strings": strings,
    });
    common::open_bytes("made.heapsnapshot", text.to_string().into_bytes()).unwrap()
}

const FIRST: usize = 1;
const SECOND: usize = 2;

fn texts_and_counts(snapshot: &Snapshot) -> Vec<(String, u64)> {
    let found = duplicate_strings(snapshot, &CancelToken::new()).unwrap();
    let text = |node| snapshot.display_name(node).chars().take(20).collect();
    found.groups.iter().map(|group| (text(group.first), group.count)).collect()
}

#[test]
fn flat_and_concatenated_strings_with_the_same_text_are_equal() {
    let strings = ["", "first", "second", "ab", "a", "b", "ab", "\0ab"];
    let snapshot = made(
        &strings,
        &[
            ("string", 3, 8, &[]),
            ("string", 4, 8, &[]),
            ("string", 5, 8, &[]),
            ("concatenated string", 0, 8, &[(FIRST, 2), (SECOND, 3)]),
            ("string", 6, 8, &[]),
            ("string", 7, 8, &[]),
            // What has no size is no copy, and what has an empty part is V8's own.
            ("string", 3, 0, &[]),
            ("string", 0, 0, &[]),
            ("concatenated string", 0, 8, &[(FIRST, 1), (SECOND, 8)]),
        ],
    );
    assert_eq!(texts_and_counts(&snapshot), [("ab".to_owned(), 3)]);
}

#[test]
fn a_deeply_concatenated_string_is_compared_quickly() {
    const ADDITIONS: usize = 200_000;
    let strings = ["", "first", "second", "ab"];
    let parts: Vec<[(usize, usize); 2]> = (0..ADDITIONS).map(|at| [(FIRST, at + 1), (SECOND, 1)]).collect();
    let mut nodes: Vec<Made> = vec![("string", 3, 16, &[])];
    nodes.extend(parts.iter().map(|parts| ("concatenated string", 0, 32, &parts[..])));
    let snapshot = made(&strings, &nodes);
    let found = duplicate_strings(&snapshot, &CancelToken::new()).unwrap();
    // From 512 pieces on the text is cut and the same.
    assert_eq!(found.groups.len(), 1);
    assert_eq!(found.groups[0].count, (ADDITIONS - 510) as u64);
    assert!(found.wasted_bytes < snapshot.total_size());
}

#[test]
fn cyclic_strings_terminate() {
    let strings = ["", "first", "second", "x"];
    let snapshot = made(
        &strings,
        &[
            ("string", 3, 8, &[]),
            ("concatenated string", 0, 8, &[(FIRST, 1), (SECOND, 2)]),
            ("concatenated string", 0, 8, &[(FIRST, 1), (SECOND, 3)]),
            ("concatenated string", 0, 8, &[(FIRST, 5), (SECOND, 1)]),
            ("concatenated string", 0, 8, &[(FIRST, 4), (SECOND, 1)]),
        ],
    );
    assert_eq!(texts_and_counts(&snapshot)[0], ("x".repeat(20), 2));
}

#[test]
fn comparing_many_copies_of_a_huge_string_is_fast_and_can_be_cancelled() {
    let huge = format!("\n{}", "huge ".repeat(1 << 20));
    let strings = ["", "first", "second", &huge, "end"];
    let mut nodes: Vec<Made> = vec![("string", 4, 8, &[])];
    nodes.extend(std::iter::repeat_n::<Made>(("string", 3, 8, &[]), 2000));
    nodes.extend(std::iter::repeat_n::<Made>(("concatenated string", 0, 8, &[(FIRST, 2), (SECOND, 1)]), 2000));
    let snapshot = made(&strings, &nodes);
    // The name of the concatenated ones ends with the part that makes it long, so they are the same.
    let counts: Vec<u64> = texts_and_counts(&snapshot).into_iter().map(|(_, count)| count).collect();
    assert_eq!(counts, [4000]);
    let cancel = CancelToken::new();
    cancel.cancel();
    assert!(duplicate_strings(&snapshot, &cancel).is_err());
    assert!(select(&snapshot, &NodeFilter::HeldByContexts, &cancel).is_err());
    assert!(native_contexts(&snapshot, &cancel).is_err());
}

#[test]
fn groups_sort_by_each_key_and_narrow_to_a_text() {
    let snapshot = common::case("chromium-leak-1").open();
    let found = duplicate_strings(&snapshot, &CancelToken::new()).unwrap();
    let value = |row: u32| snapshot.display_name(found.groups[row as usize].first).into_owned();
    let list = |key, descending, text: &str| {
        duplicate_groups(&found, &snapshot, GroupSort { key, descending }, text, &CancelToken::new()).unwrap()
    };
    for descending in [false, true] {
        let mut wanted: Vec<u32> = (0..).take(found.groups.len()).collect();
        wanted.sort_by(|&a, &b| {
            let order = value(a).encode_utf16().cmp(value(b).encode_utf16());
            if descending { order.reverse() } else { order }
        });
        assert_eq!(list(GroupKey::Value, descending, ""), wanted);
        for key in [GroupKey::Count, GroupKey::ShallowSize, GroupKey::RetainedSize, GroupKey::Wasted] {
            let number = |&row: &u32| {
                let group = &found.groups[row as usize];
                match key {
                    GroupKey::Count => group.count,
                    GroupKey::ShallowSize => group.shallow_size,
                    GroupKey::RetainedSize => group.retained_size,
                    _ => group.wasted_bytes,
                }
            };
            wanted.sort_unstable();
            wanted.sort_by(|a, b| if descending { number(b).cmp(&number(a)) } else { number(a).cmp(&number(b)) });
            assert_eq!(list(key, descending, ""), wanted);
        }
    }
    let narrowed = list(GroupKey::Count, true, "XXXXXXXX");
    assert!(!narrowed.is_empty() && narrowed.len() < found.groups.len());
    assert!(narrowed.iter().all(|&row| value(row).contains("xxxxxxxx")));
}

#[test]
fn combined_filters_select_objects_that_pass_all_of_them() {
    let snapshot = common::case("chromium-leak-1").open();
    let nodes = |filter: &NodeFilter| -> Vec<usize> {
        select(&snapshot, filter, &CancelToken::new()).unwrap().nodes.iter().collect()
    };
    let (detached, late) = (NodeFilter::HeldByDetachedDom, NodeFilter::Ids { after: 40_000, up_to: u64::MAX });
    let both = nodes(&NodeFilter::AllOf(vec![detached.clone(), late.clone()]));
    let late: HashSet<usize> = nodes(&late).into_iter().collect();
    let wanted: Vec<usize> = nodes(&detached).into_iter().filter(|node| late.contains(node)).collect();
    assert!(!wanted.is_empty() && wanted.len() < nodes(&detached).len());
    assert_eq!(both, wanted);
    assert_eq!(nodes(&NodeFilter::AllOf(Vec::new())), nodes(&NodeFilter::All));
}

#[test]
fn corpus_categories_and_kinds_select_the_bytes_of_the_statistics() {
    every_file(|file, snapshot, _, _| {
        let statistics = snapshot.statistics();
        let extra = snapshot.graph().header().extra_native_bytes;
        let known = statistics.code + statistics.strings + statistics.js_arrays + statistics.system;
        let sizes = [
            (Category::Code, statistics.code),
            (Category::Strings, statistics.strings),
            (Category::JsArrays, statistics.js_arrays),
            (Category::TypedArrays, statistics.typed_arrays),
            (Category::OtherNative, statistics.native_total - statistics.typed_arrays - extra),
            (Category::OtherObjects, statistics.v8heap_total.saturating_sub(known)),
            (Category::System, statistics.system),
            (Category::Heap, statistics.v8heap_total),
            (Category::Native, statistics.native_total - extra),
        ];
        let size = |filter| select(snapshot, &filter, &CancelToken::new()).unwrap().shallow_size;
        for (category, expected) in sizes {
            assert_eq!(size(NodeFilter::Category(category)), expected, "{file}: {category:?}");
        }
        for kind in by_kind(snapshot, None, &CancelToken::new()).unwrap() {
            assert_eq!(size(NodeFilter::Kind(kind.kind)), kind.shallow_size, "{file}: {}", kind.name);
        }
    });
}

#[test]
fn copies_of_a_string_are_those_of_its_group() {
    let snapshot = common::case("node24-1").open();
    let duplicates = duplicate_strings(&snapshot, &CancelToken::new()).unwrap();
    for (at, group) in (0_u32..).zip(&duplicates.groups).take(20) {
        let selection = select(&snapshot, &NodeFilter::CopiesOf(group.first), &CancelToken::new()).unwrap();
        assert_eq!((selection.count, selection.shallow_size), (group.count, group.shallow_size));
        assert!(duplicates.copies(at).iter().all(|&node| selection.contains(NodeOrdinal(node))));
    }
}
