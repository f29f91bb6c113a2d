//! Compares sampling heap profiles with DevTools, alone and in pairs.

use crate::common;

use std::sync::Arc;

use heapglass::Profile;
use heapglass::test_support::format::Source;
use heapglass::test_support::model::{CallFunction, CancelToken, Progress};
use heapglass::test_support::query::{CallKey, CallList, CallSort, Calls, call_rows, compare_profiles, profile_calls};
use serde_json::Value;

/// A profile of the corpus, and DevTools' answer as text: it nests too deep to be parsed at once.
struct Case {
    name: String,
    profile: Profile,
    expected: String,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    common::expect_corpus_test();
    for dir in common::corpus_dirs() {
        for entry in std::fs::read_dir(dir.join("snapshots")).unwrap() {
            let file = entry.unwrap().path();
            let name = file.file_name().unwrap().to_string_lossy().trim_end_matches(".zst").to_owned();
            let expected = dir.join(format!("expected/{name}.profile.json.zst"));
            if name.ends_with(".heapprofile") && expected.exists() {
                let profile = open(&name, common::read(&file));
                cases.push(Case { name, profile, expected: String::from_utf8(common::read(&expected)).unwrap() });
            }
        }
    }
    assert!(cases.len() > 1, "there are profiles in the corpus");
    cases
}

fn open(name: &str, bytes: Vec<u8>) -> Profile {
    let source = Source::Bytes { name: name.to_owned(), bytes: Arc::from(bytes) };
    Profile::open(source, &Progress::new(), &CancelToken::new()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Returns the key by which DevTools identifies functions.
fn call_uid(function: &CallFunction) -> String {
    let place = |at: Option<u32>| at.map_or(-1, i64::from);
    let (line, column) = (place(function.line), place(function.column));
    format!("{}@{}:{line}:{column}", function.name, function.script_id)
}

/// A row of either tree: its path, its script and its numbers. DevTools does not order rows that tie.
type Row = (Vec<String>, String, u64, u64);

/// DevTools counts what a function allocates once for each of its calls above, so that totals of recursive functions exceed
/// the whole profile. Heapglass counts each byte once; here is what DevTools says.
fn devtools_total(calls: &Calls, path: &[u32]) -> u64 {
    let nodes = calls.nodes_of(path, &CancelToken::new()).unwrap();
    nodes.into_iter().map(|node| calls.numbers(node).total[0]).sum()
}

/// The rows of a tree down to a depth.
fn ours(calls: &Calls, top: CallList, depth: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut stack = vec![(top, Vec::new())];
    let whole = calls.sums()[0];
    while let Some((list, way)) = stack.pop() {
        let listed = call_rows(calls, &list, BY_OWN, None, &CancelToken::new()).unwrap().rows;
        assert!(listed.windows(2).all(|pair| pair[0].numbers.own[0] >= pair[1].numbers.own[0]), "sorted by self size");
        for row in listed {
            let function = &calls.functions()[row.function as usize];
            let way: Vec<String> = way.iter().cloned().chain([call_uid(function)]).collect();
            let mut total = row.numbers.total[0];
            assert!(row.numbers.own[0] <= total && total <= whole, "{}: {total} of {whole}", function.label());
            if let CallList::Callers(path) = &list {
                let path: Vec<u32> = path.iter().copied().chain([row.function]).collect();
                let devtools = devtools_total(calls, &path);
                assert!(total <= devtools);
                total = devtools;
            }
            rows.push((way.clone(), function.url.clone(), row.numbers.own[0], total));
            stack.extend(row.below.filter(|_| way.len() <= depth).map(|below| (below, way)));
        }
    }
    rows.sort();
    rows
}

/// DevTools' rows, read one by one.
fn theirs(text: &str, tree: &str) -> Vec<Row> {
    let text = &text[text.find(&format!("\"{tree}\":[")).unwrap() + tree.len() + 4..];
    let (mut rows, mut way, mut depth, mut at) = (Vec::new(), Vec::new(), 1, 0);
    while depth > 0 {
        let rest = &text[at..];
        if !rest.starts_with("{\"name\":") {
            depth -= usize::from(rest.starts_with(']'));
            at += 1;
            continue;
        }
        let end = [",\"children\":[", ",\"more\":", "}"].iter().filter_map(|end| rest.find(end)).min().unwrap();
        let row: Value = serde_json::from_str(&format!("{}}}", &rest[..end])).unwrap();
        way.truncate(depth - 1);
        way.push(row["callUID"].as_str().unwrap().to_owned());
        let number = |name: &str| row[name].as_u64().unwrap();
        rows.push((way.clone(), row["url"].as_str().unwrap().to_owned(), number("self"), number("total")));
        at += end;
        if text[at..].starts_with(",\"children\":[") {
            depth += 1;
            at += ",\"children\":[".len();
        }
    }
    rows.sort();
    rows
}

const BY_OWN: CallSort = CallSort { key: CallKey::Own(0), descending: true };

#[test]
fn corpus_profiles_equal_devtools() {
    for Case { name, profile, expected } in cases() {
        let head = &expected[..expected.find(",\"bottomUp\"").unwrap()];
        let totals: Value = serde_json::from_str(&format!("{head}}}")).unwrap();
        assert_eq!(Some(profile.total_size()), totals["total"].as_u64(), "{name}");
        assert_eq!(Some(u64::from(profile.max_depth())), totals["maxDepth"].as_u64(), "{name}");
        assert_eq!(Some(profile.tree().len() as u64), totals["nodesAfterPruning"].as_u64(), "{name}");
        let calls = profile_calls(&profile, &CancelToken::new()).unwrap();
        for (tree, top, depth) in
            [("bottomUp", CallList::Callers(Vec::new()), 4), ("topDown", CallList::Callees(None), 200)]
        {
            let (ours, theirs) = (ours(&calls, top, depth), theirs(&expected, tree));
            assert_eq!(ours.len(), theirs.len(), "{name}, {tree}");
            for (ours, theirs) in ours.iter().zip(&theirs) {
                assert_eq!(ours, theirs, "{name}, {tree}");
            }
        }
    }
}

/// A tree of calls as JSON: name, own size, callees.
struct Call(&'static str, u64, Vec<Call>);

fn json(call: &Call, line: u32) -> String {
    let Call(name, size, callees) = call;
    let callees: Vec<String> = callees.iter().map(|callee| json(callee, line)).collect();
    format!(
        "{{\"callFrame\":{{\"functionName\":\"{name}\",\"scriptId\":\"{line}\",\"url\":\"file:///app.js?t={line}\",\"lineNumber\":1,\
         \"columnNumber\":0}},\"selfSize\":{size},\"children\":[{}]}}",
        callees.join(",")
    )
}

fn profile_of(script_id: u32, callees: Vec<Call>) -> Profile {
    let head = json(&Call("(root)", 0, callees), script_id);
    open("made.heapprofile", format!("{{\"head\":{head}}}").into_bytes())
}

#[test]
fn a_function_that_calls_itself_counts_each_byte_once() {
    let inner = Call("f", 4, vec![Call("g", 8, vec![])]);
    let profile = profile_of(1, vec![Call("f", 1, vec![Call("f", 2, vec![inner])]), Call("h", 0, vec![])]);
    let calls = profile_calls(&profile, &CancelToken::new()).unwrap();
    let rows = call_rows(&calls, &CallList::Callers(vec![]), BY_OWN, None, &CancelToken::new()).unwrap().rows;
    let row = |at: usize| {
        let name = calls.functions()[rows[at].function as usize].label();
        (name, rows[at].numbers.own[0], rows[at].numbers.total[0])
    };
    assert_eq!(rows.len(), 2, "h allocated nothing and is left out");
    assert_eq!((row(0), row(1)), (("g", 8, 8), ("f", 7, 15)));
    assert_eq!(calls.sums()[0], profile.total_size());
}

#[test]
fn two_profiles_are_compared_by_function_whatever_the_numbers_and_queries_of_their_scripts() {
    let base = profile_of(7, vec![Call("f", 10, vec![Call("g", 5, vec![])]), Call("gone", 3, vec![])]);
    let current = profile_of(9, vec![Call("new", 4, vec![]), Call("f", 10, vec![Call("g", 50, vec![])])]);
    let calls = compare_profiles(&base, &current, &CancelToken::new()).unwrap();
    assert_eq!(calls.sums()[..2], [64, 18]);
    let sort = CallSort { key: CallKey::OwnChange, descending: true };
    let rows = call_rows(&calls, &CallList::Callers(vec![]), sort, None, &CancelToken::new()).unwrap().rows;
    let found: Vec<_> = rows
        .iter()
        .map(|row| (calls.functions()[row.function as usize].label(), row.numbers.own[0], row.numbers.own[1]))
        .collect();
    assert_eq!(found, [("g", 50, 5), ("new", 4, 0), ("f", 10, 10), ("gone", 0, 3)]);
    // In the flame graph both have their room, so that nothing that went is missing.
    let layout = heapglass::test_support::query::flame_layout(&calls, &[0, 1], &CancelToken::new()).unwrap();
    assert_eq!((layout.width(), layout.depth()), (82, 3));
    let widths: Vec<u64> = layout.level(1).iter().map(|&node| layout.node_width(node)).collect();
    assert_eq!(widths, [75, 4, 3]);
}

#[test]
fn a_flame_graph_of_twenty_thousand_levels_is_laid_out_and_found_again() {
    let frame = "{\"callFrame\":{\"functionName\":\"f\",\"scriptId\":\"1\",\"url\":\"\",\"lineNumber\":-1,\
                 \"columnNumber\":-1},\"selfSize\":1,\"children\":[";
    let depth = 20_000;
    let text = format!("{{\"head\":{}{}}}", frame.repeat(depth), "]}".repeat(depth));
    let calls = profile_calls(&open("deep.heapprofile", text.into_bytes()), &CancelToken::new()).unwrap();
    let layout = heapglass::test_support::query::flame_layout(&calls, &[0], &CancelToken::new()).unwrap();
    assert_eq!(layout.depth(), depth);
    assert_eq!((layout.at(depth - 1, 0), layout.at(depth - 1, 1)), (Some(19_999), None));
    // Its callers are a single chain, of which a part is one list and the rest goes on below.
    let path = vec![calls.tree().functions()[1]];
    let rows = call_rows(&calls, &CallList::Chain(path), BY_OWN, None, &CancelToken::new()).unwrap().rows;
    assert!(rows.len() > 100 && rows.last().unwrap().below.is_some());
}
