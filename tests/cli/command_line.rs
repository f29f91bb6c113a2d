//! The output of the command line for other programs: shapes, numbers, exit codes, pipes.

use crate::common;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// Returns the path of a bundled snapshot; the program decompresses it.
fn bundled(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/snapshots/{name}.heapsnapshot.zst"))
}

fn heapglass() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapglass"));
    // Tests must not touch the cache of the user who runs them.
    command.env("HEAPGLASS_INDEX", "off");
    command
}

fn run(subcommand: &str, file: &Path, more: &[&str]) -> Output {
    heapglass().arg(subcommand).arg(file).args(more).output().unwrap()
}

/// Returns the standard output of a call that must succeed and write nothing to standard error.
fn answer(subcommand: &str, file: &Path, more: &[&str]) -> String {
    let output = run(subcommand, file, more);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaint.is_empty(), "{subcommand} {more:?}: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}

fn json_answer(subcommand: &str, file: &Path, more: &[&str]) -> Value {
    let mut arguments = more.to_vec();
    arguments.extend(["--format", "json"]);
    serde_json::from_str(&answer(subcommand, file, &arguments)).unwrap()
}

/// Returns the names of an object's members, sorted.
fn members(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Converts the distance of DevTools to the two numbers that the program writes.
fn split(distance: &Value) -> (Value, Value) {
    match distance.as_i64().unwrap() {
        hops @ 0..100_000_000 => (json!(hops), Value::Null),
        hops if hops >= 100_000_000 => (Value::Null, json!(hops - 100_000_000)),
        _ => (Value::Null, Value::Null),
    }
}

#[test]
fn summary_as_json_has_devtools_classes_in_its_order() {
    for name in ["node24-1", "chromium-leak-1", "node8-1"] {
        let expected = common::case(name).expected_json("summary").unwrap();
        let summary = json_answer("summary", &bundled(name), &[]);
        assert_eq!(members(&summary), ["classes", "file", "totals"]);
        let totals = &summary["totals"];
        assert_eq!(members(totals), ["edges", "nodes", "strings", "total_size", "unreachable_size"]);
        assert_eq!(totals["nodes"], expected["nodeCount"]);
        assert_eq!(totals["edges"], expected["edgeCount"]);
        assert_eq!(totals["total_size"], expected["static"]["totalSize"]);
        let (ours, theirs) = (summary["classes"].as_array().unwrap(), expected["classes"].as_array().unwrap());
        assert_eq!(ours.len(), theirs.len(), "{name}");
        for (row, wanted) in ours.iter().zip(theirs) {
            let fields = ["count", "distance", "location", "name", "retained_size", "shallow_size", "system_distance"];
            assert_eq!(members(row), fields);
            assert_eq!((&row["name"], &row["count"]), (&wanted["name"], &wanted["count"]), "{name}");
            assert_eq!((&row["shallow_size"], &row["retained_size"]), (&wanted["self"], &wanted["maxRet"]));
            assert_eq!((row["distance"].clone(), row["system_distance"].clone()), split(&wanted["distance"]));
            let place = &row["location"];
            let key = wanted["key"].as_str().unwrap();
            let start = if place.is_null() {
                ",".to_owned()
            } else {
                assert_eq!(members(place), ["column", "line", "script_id", "url"]);
                format!("{},{},{},", place["script_id"], place["line"], place["column"])
            };
            assert!(key.starts_with(&start), "{name}: {key} does not start with {start}");
        }
    }
}

#[test]
fn summary_can_be_sorted_and_limited() {
    let file = bundled("node24-1");
    for (column, field, descending) in [
        ("name", "name", false),
        ("count", "count", true),
        ("distance", "distance", false),
        ("shallow", "shallow_size", true),
        ("retained", "retained_size", true),
    ] {
        let summary = json_answer("summary", &file, &["--sort", column, "--limit", "7"]);
        let rows = summary["classes"].as_array().unwrap();
        assert_eq!(rows.len(), 7);
        for pair in rows.windows(2) {
            let (a, b) = (&pair[0][field], &pair[1][field]);
            let is_sorted = match (a.as_u64(), b.as_u64()) {
                (Some(a), Some(b)) => {
                    if descending {
                        a >= b
                    } else {
                        a <= b
                    }
                }
                _ => a.as_str() <= b.as_str(),
            };
            assert!(is_sorted, "{column}: {a} before {b}");
        }
    }
}

#[test]
fn nodes_have_devtools_numbers_on_every_line() {
    for name in ["node24-1", "chromium-leak-1", "deep-chain", "cycle-cons-empty", "unknown-node-types"] {
        let expected = String::from_utf8(common::case(name).expected("nodes.tsv").unwrap()).unwrap();
        let got = answer("nodes", &bundled(name), &[]);
        let mut lines = got.lines();
        assert_eq!(
            lines.next().unwrap(),
            "id\tkind\tname\tclass\tshallow_size\tretained_size\tdistance\tsystem_distance\tdominator_id\tdetachedness\tedge_count\tretainer_count"
        );
        assert_eq!(got.lines().count(), expected.lines().count(), "{name}");
        for (line, wanted) in lines.zip(expected.lines().skip(1)) {
            let (line, wanted): (Vec<_>, Vec<_>) = (line.split('\t').collect(), wanted.split('\t').collect());
            assert_eq!(line.len(), 12, "{name}: {line:?}");
            let text = |value: Value| if value.is_null() { String::new() } else { value.to_string() };
            let (distance, system) = split(&wanted[4].parse().unwrap());
            let numbers = [line[0], line[1], line[4], line[5], line[6], line[7], line[8], line[9], line[10], line[11]];
            let theirs = [
                wanted[0],
                wanted[1],
                wanted[2],
                wanted[3],
                &text(distance),
                &text(system),
                wanted[5],
                wanted[6],
                wanted[9],
                wanted[10],
            ];
            assert_eq!(numbers, theirs, "{name}");
        }
    }
}

#[test]
fn nodes_as_json_equal_nodes_as_text() {
    let file = bundled("new-node-types");
    let lines = answer("nodes", &file, &[]);
    let json = json_answer("nodes", &file, &[]);
    let columns: Vec<&str> = lines.lines().next().unwrap().split('\t').collect();
    assert_eq!(json.as_array().unwrap().len(), lines.lines().count() - 1);
    for (object, line) in json.as_array().unwrap().iter().zip(lines.lines().skip(1)) {
        assert_eq!(object.as_object().unwrap().len(), columns.len());
        for (column, cell) in columns.iter().zip(line.split('\t')).filter(|(column, _)| **column != "name") {
            let value = match &object[column] {
                Value::Null => String::new(),
                Value::String(text) => text.replace('\\', r"\\"),
                number => number.to_string(),
            };
            assert_eq!(value, cell, "{column}");
        }
    }
}

#[test]
fn statistics_have_devtools_numbers() {
    let expected = common::case("node24-1").expected_json("summary").unwrap()["statistics"].clone();
    let (native, v8) = (&expected["native"], &expected["v8heap"]);
    let wanted = json!({
        "total": expected["total"],
        "unreachable": 0,
        "native": {"total": native["total"], "typed_arrays": native["typedArrays"], "extra": 0},
        "v8heap": {"total": v8["total"], "code": v8["code"], "js_arrays": v8["jsArrays"], "strings": v8["strings"], "system": v8["system"]},
    });
    let mut answer = json_answer("statistics", &bundled("node24-1"), &[]);
    let producer = answer.as_object_mut().unwrap().remove("producer").unwrap();
    assert_eq!(members(&producer), ["evidence", "program", "user_roots", "v8", "version"]);
    assert_eq!((&producer["program"], &producer["user_roots"]), (&json!("Node.js"), &json!(true)));
    assert_eq!(answer, wanted);
}

#[test]
fn objects_and_retainers_are_listed_as_in_devtools() {
    let name = "chromium-leak-1";
    let probe = common::case(name).expected_json("probe").unwrap();
    let row = |edge: &Value| (edge["edge"]["name"].clone(), edge["edge"]["kind"].clone(), edge["id"].clone());
    let theirs = |edge: &Value| (edge["name"].clone(), edge["type"].clone(), edge["id"].clone());
    for object in probe.as_array().unwrap().iter().take(8) {
        let (info, id) = (&object["info"], format!("@{}", object["id"]));
        let answer = json_answer("object", &bundled(name), &[&id]);
        for (ours, wanted) in [
            ("id", "id"),
            ("kind", "type"),
            ("shallow_size", "selfSize"),
            ("retained_size", "retainedSize"),
            ("edge_count", "edgeCount"),
            ("retainer_count", "retainerCount"),
            ("detachedness", "detachedness"),
        ] {
            assert_eq!(answer[ours], info[wanted], "{id} {ours}");
        }
        assert_eq!((answer["distance"].clone(), answer["system_distance"].clone()), split(&info["distance"]));
        let retainers = json_answer("retainers", &bundled(name), &[&id[1..]]);
        for (ours, wanted) in [(&answer["edges"], &object["edges"]), (&retainers["retainers"], &object["retainers"])] {
            assert_eq!(ours.as_array().unwrap().len() as u64, wanted["total"].as_u64().unwrap());
            // Numbered edges of equal rank may have another order, and DevTools' list ends after 100.
            if wanted["total"].as_u64() <= Some(100) {
                let mut got: Vec<_> = ours.as_array().unwrap().iter().map(row).collect();
                let mut expected: Vec<_> = wanted["items"].as_array().unwrap().iter().map(theirs).collect();
                got.sort_by_key(|row| format!("{row:?}"));
                expected.sort_by_key(|row| format!("{row:?}"));
                assert_eq!(got, expected, "{id}");
            }
        }
    }
}

/// Checks that `cycle` is true exactly if the object is on its own path, and counts those entries.
fn check_cycles(entry: &Value, path: &mut Vec<u64>, cycles: &mut usize) {
    let id = entry["id"].as_u64().unwrap();
    if let Some(is_cycle) = entry.get("cycle") {
        assert_eq!(is_cycle, &json!(path.contains(&id)));
        *cycles += usize::from(is_cycle == &json!(true));
    }
    path.push(id);
    for retainer in entry.get("retainers").into_iter().flat_map(|list| list.as_array().unwrap()) {
        check_cycles(retainer, path, cycles);
    }
    path.pop();
}

#[test]
fn retainers_go_as_deep_as_asked_and_stop_at_cycles() {
    let chain = answer("retainers", &bundled("deep-chain"), &["@400003", "--depth", "100000", "--format", "csv"]);
    let depths: Vec<usize> =
        chain.lines().skip(1).map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    assert_eq!(depths, (1..=200).collect::<Vec<_>>());
    assert!(chain.lines().skip(1).all(|line| line.ends_with(",no")));

    let mut cycles = 0;
    let class = json_answer("nodes", &bundled("node24-1"), &[]);
    let function = class.as_array().unwrap().iter().find(|node| node["kind"] == "closure").unwrap();
    let tree = json_answer("retainers", &bundled("node24-1"), &[&function["id"].to_string(), "--depth", "4"]);
    check_cycles(&tree, &mut Vec::new(), &mut cycles);
    assert!(cycles > 0, "a function's context usually leads back to it");
}

#[test]
fn errors_are_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("page.heapsnapshot");
    std::fs::write(&page, "<!doctype html><title>404</title>").unwrap();
    let good = bundled("pretty");
    let cases: [(&str, &Path, &[&str], &str); 5] = [
        ("summary", Path::new("/no/such/file"), &[], "/no/such/file"),
        ("statistics", dir.path(), &[], "folder"),
        ("nodes", &page, &[], "byte 0"),
        ("object", &good, &["@123456789"], "@123456789"),
        ("retainers", &good, &["987654321"], "@987654321"),
    ];
    for (subcommand, file, more, wanted) in cases {
        let output = run(subcommand, file, more);
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{complaint}");
        assert!(output.stdout.is_empty());
        assert_eq!(complaint.lines().count(), 1, "{complaint}");
        assert!(complaint.contains(wanted) && complaint.contains(&*file.to_string_lossy()), "{complaint}");
    }
    for arguments in
        [&["summary"][..], &["object", "x", "abc"], &["nodes", "x", "--format", "csv"], &["summary", "--x"]]
    {
        let output = heapglass().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_closed_pipe_ends_quietly() {
    for arguments in [&["nodes"][..], &["nodes", "--format", "json"], &["summary", "--format", "json"]] {
        let mut child = heapglass()
            .args(arguments)
            .arg(bundled("node24-1"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut start = [0; 10];
        child.stdout.take().unwrap().read_exact(&mut start).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
        assert!(output.status.success(), "{arguments:?}");
    }
}

/// Returns a snapshot of a root and an object with a field, with these names.
fn snapshot_with_names(object: &str, field: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let snapshot = json!({
        "snapshot": {"meta": {
            "node_fields": ["type", "name", "id", "self_size", "edge_count"],
            "node_types": [["hidden", "object", "synthetic"], "string", "number", "number", "number"],
            "edge_fields": ["type", "name_or_index", "to_node"],
            "edge_types": [["property", "element"], "string_or_number", "node"],
        }, "node_count": 3, "edge_count": 2},
        "nodes": [2, 0, 1, 0, 1, 1, 1, 3, 10, 1, 1, 1, 5, 10, 0],
        "edges": [1, 0, 5, 0, 2, 10],
        "strings": ["", object, field],
    });
    std::fs::write(file.path(), snapshot.to_string()).unwrap();
    file
}

#[test]
fn hostile_names_reach_neither_the_terminal_nor_a_spreadsheet() {
    let file = snapshot_with_names("=HYPERLINK(\"x\")\u{1b}[2J\u{202e}\u{7}", "+cmd|'/c calc'!A0\r\n");
    let file = file.path();
    for (subcommand, more) in
        [("summary", &[][..]), ("object", &["@3"]), ("retainers", &["@5"]), ("retainers", &["@5", "--depth", "3"])]
    {
        let text = answer(subcommand, file, more);
        let bad = text.chars().find(|&shown| (shown.is_control() && shown != '\n') || shown == '\u{202e}');
        assert_eq!(bad, None, "{subcommand}: {text}");
        let mut as_csv = more.to_vec();
        as_csv.extend(["--format", "csv"]);
        let csv = answer(subcommand, file, &as_csv);
        assert!(!csv.contains(",=") && !csv.contains("\n=") && !csv.contains("\"=") && !csv.contains(",+"), "{csv}");
        let json = json_answer(subcommand, file, more);
        assert!(json.to_string().contains("HYPERLINK"), "{json}");
    }
    let nodes = answer("nodes", file, &[]);
    assert_eq!(nodes.lines().count(), 4);
    assert!(nodes.contains("\\x1B[2J") && nodes.contains("\\x07"), "{nodes}");
}

#[test]
#[cfg(not(feature = "gui"))]
fn without_the_gui_a_file_without_a_subcommand_is_a_usage_error() {
    let output = heapglass().arg("./summary").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("without the window"));
}

#[test]
fn compare_writes_devtools_rows_in_every_format() {
    let (base, current) = (bundled("small-1"), bundled("small-2"));
    let compared = json_answer("compare", &base, &[current.to_str().unwrap()]);
    assert_eq!(members(&compared), ["base", "classes", "current", "ids_match", "is_reversed", "options_differ"]);
    assert_eq!(compared["ids_match"], true);
    let file = "tests/data/expected/small-1.heapsnapshot..small-2.heapsnapshot.diff.json.zst";
    let bytes = common::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
    let expected = common::parse_json(std::str::from_utf8(&bytes).unwrap());
    let (ours, theirs) = (compared["classes"].as_array().unwrap(), expected["classes"].as_array().unwrap());
    assert_eq!(ours.len(), theirs.len());
    let fields = [
        ("name", "name"),
        ("new", "addedCount"),
        ("deleted", "removedCount"),
        ("delta", "countDelta"),
        ("allocated_size", "addedSize"),
        ("freed_size", "removedSize"),
        ("size_delta", "sizeDelta"),
    ];
    for (row, wanted) in ours.iter().zip(theirs) {
        assert_eq!(members(row).len(), 10);
        for (field, theirs) in fields {
            assert_eq!(row[field], wanted[theirs], "{field} of {}", row["name"]);
        }
        assert!(row["base_retained_size"].is_u64() && row["current_retained_size"].is_u64());
    }
    let csv = answer("compare", &base, &[current.to_str().unwrap(), "--format", "csv", "--sort", "delta"]);
    assert_eq!(csv.lines().count(), ours.len() + 1);
    assert!(csv.starts_with("name,script_id,line,column,new,deleted,delta,"));
    // A negative number is not a formula.
    let back = run("compare", &current, &[base.to_str().unwrap(), "--format", "csv"]);
    assert!(String::from_utf8_lossy(&back.stderr).contains("Pass the older file first"));
    let back = String::from_utf8(back.stdout).unwrap();
    assert!(back.lines().any(|line| line.contains(",-")) && !back.contains("'-"));
    let text = answer("compare", &base, &[bundled("node24-1").to_str().unwrap(), "--limit", "3"]);
    assert!(text.starts_with("The snapshots are from different processes"), "{text}");
    let missing = run("compare", &base, &["no-such-file"]);
    assert_eq!(missing.status.code(), Some(1));
}

#[test]
fn comparing_a_newer_file_with_an_older_one_says_that_they_are_reversed() {
    let [older, newer] = ["small-1", "small-2"].map(bundled);
    let compared = |base: &Path, current: &Path| {
        let more = [current.to_str().unwrap(), "--limit", "1"];
        let text = answer("compare", base, &more);
        (text.contains("The base is newer than the current snapshot"), json_answer("compare", base, &more))
    };
    let (is_said, json) = compared(&newer, &older);
    assert!(is_said && json["is_reversed"] == true && json["ids_match"] == true, "{json}");
    let (is_said, json) = compared(&older, &newer);
    assert!(!is_said && json["is_reversed"] == false, "{json}");
    // Ids of different processes do not show which is older.
    let (is_said, json) = compared(&bundled("node24-1"), &older);
    assert!(!is_said && json["is_reversed"] == false, "{json}");
}

#[test]
fn search_lists_hits_and_points_at_errors_in_the_query() {
    let file = bundled("small-2");
    let found = json_answer("search", &file, &["leak"]);
    assert_eq!(members(&found), ["count", "file", "objects", "query", "size"]);
    assert_eq!(found["count"], 5);
    let objects = found["objects"].as_array().unwrap();
    assert_eq!(objects.len(), 5);
    let fields = ["class", "distance", "id", "name", "retained_size", "shallow_size", "system_distance"];
    for object in objects {
        assert_eq!(members(object), fields);
        assert!(object["name"].as_str().unwrap().to_lowercase().contains("leak"));
    }
    assert!(objects.is_sorted_by_key(|object| std::cmp::Reverse(object["retained_size"].as_u64())));
    let limited = json_answer("search", &file, &["leak", "--limit", "2"]);
    assert_eq!((&limited["count"], limited["objects"].as_array().unwrap().len()), (&json!(5), 2));
    let without = json_answer("search", &file, &["-class:Map kind:object"]);
    assert!(without["objects"].as_array().unwrap().iter().all(|object| object["class"] != "Map"));
    let output = run("search", &file, &["class:Map size>1xB"]);
    assert_eq!(output.status.code(), Some(2));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.contains("expected a size") && complaint.ends_with("            ^^^^^^^^\n"), "{complaint}");
}

#[test]
fn search_refuses_prefixes_and_kinds_that_do_not_exist_and_names_the_right_ones() {
    let file = bundled("small-2");
    for (query, said, marks) in [
        ("type:closure", "use kind:closure", "  ^^^^^^^^^^^^"),
        ("表 foo:bar", "\"foo:bar\"", "     ^^^^^^^"),
        (
            "size>1 kind:fnuction",
            "unknown kind `fnuction`; the kinds of this file are hidden, ",
            "         ^^^^^^^^^^^^^",
        ),
        ("class:It*", "class:/^It/", "  ^^^^^^^^^"),
    ] {
        let output = run("search", &file, &[query]);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{query}: {complaint}");
        assert!(output.stdout.is_empty() && complaint.contains(said), "{complaint}");
        assert_eq!(complaint.lines().last(), Some(marks), "{complaint}");
    }
    // The command and the window have the same help.
    let help = heapglass().args(["search", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for (example, meaning) in heapglass::test_support::query::Query::help() {
        let line = help.lines().find(|line| line.trim_start().starts_with(&format!("{example} ")));
        let line = line.unwrap_or_else(|| panic!("{example} in {help}"));
        assert!(line.ends_with(meaning) || meaning.starts_with(line.split("  ").last().unwrap()), "{line}");
    }
}

#[test]
fn dead_variables_are_listed_in_every_format() {
    let file = bundled("chromium-leak-1");
    let answer_json = json_answer("dead-variables", &file, &[]);
    assert_eq!(members(&answer_json), ["file", "has_scopes", "is_incomplete", "scopes", "scripts_without_scopes"]);
    let scopes = answer_json["scopes"].as_array().unwrap();
    assert_eq!((scopes.len(), &answer_json["has_scopes"]), (2, &json!(true)));
    assert_eq!(members(&scopes[0]), ["contexts", "end", "function", "location", "start", "url", "variable_count"]);
    assert_eq!(scopes[0]["function"], "closureLeak");
    assert!(scopes[0]["location"]["url"].as_str().unwrap().ends_with("/app.js"));
    let variable = &scopes[0]["contexts"][0]["variables"][0];
    assert_eq!(members(variable), ["freed_size", "id", "kind", "name", "retained_size", "value"]);
    assert_eq!((&variable["name"], &variable["retained_size"]), (&json!("unused"), &json!(904)));
    let limited = json_answer("dead-variables", &file, &["--limit", "3"]);
    assert_eq!(limited["scopes"][0]["contexts"].as_array().unwrap().len(), 3);
    let csv = answer("dead-variables", &file, &["--format", "csv"]);
    assert!(csv.starts_with("url,function,context_id,variable,value_id,value,retained_size,freed_size\n"));
    assert_eq!(csv.lines().count(), 100);
    let text = answer("dead-variables", &file, &["--limit", "1"]);
    assert!(text.contains("unused = {huge, arr} @") && text.contains("closureLeak, app.js:"), "{text}");
    let none = answer("dead-variables", &bundled("node24-1"), &[]);
    assert!(none.contains("has no scope information"), "{none}");
}

#[test]
fn source_locations_include_their_files() {
    let summary = json_answer("summary", &bundled("node24-1"), &[]);
    let rows = summary["classes"].as_array().unwrap().iter();
    let urls = rows.filter_map(|row| row["location"]["url"].as_str());
    assert!(urls.filter(|url| url.starts_with("node:")).count() > 5);
    let text = answer("summary", &bundled("node24-1"), &[]);
    assert!(text.contains("(node:internal/"), "{text}");
    // Positions count from 1 in text and from 0 in JSON.
    let object = json_answer("object", &bundled("chromium-leak-1"), &["@32885"]);
    assert_eq!((&object["location"]["line"], &object["location"]["column"]), (&json!(17), &json!(52)));
    let text = answer("object", &bundled("chromium-leak-1"), &["@32885"]);
    assert!(text.contains("/app.js:18:53\n"), "{text}");
    assert!(text.contains("source        li.addEventListener('click', function onRowClick(e)"), "{text}");
}

#[test]
fn the_version_names_build_features_and_renderer_if_asked() {
    let version = |arguments: &[&str]| {
        let output = heapglass().args(arguments).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let first = format!("heapglass {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(version(&["--version"]), first);
    for arguments in [["--version", "--verbose"], ["--verbose", "--version"]] {
        let text = version(&arguments);
        assert!(text.starts_with(&first), "{text}");
        let names: Vec<&str> = text.lines().skip(1).filter_map(|line| Some(line.split_once(": ")?.0)).collect();
        assert_eq!(names, ["build", "features", "renderer"], "{text}");
    }
}

#[test]
#[cfg(feature = "gui")]
fn opening_an_unknown_view_is_a_usage_error_that_lists_the_views() {
    for more in [&["--view", "nope"][..], &["--at", "@1", "--view", "nope"]] {
        let output = run("open", Path::new("none.heapsnapshot"), more);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{complaint}");
        for part in ["unknown view: nope", "summary", "dominators", "retainers"] {
            assert!(complaint.contains(part), "{complaint}");
        }
    }
}
