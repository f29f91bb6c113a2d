//! Source positions have their file, if the snapshot contains it.

use crate::common;

use heapglass::Snapshot;
use heapglass::test_support::model::{CancelToken, NodeKind, NodeOrdinal};
use heapglass::test_support::query::{Scripts, function_script, scripts, source_line, string_facts};

fn found(snapshot: &Snapshot) -> Scripts {
    scripts(snapshot, &CancelToken::new()).unwrap()
}

fn function(snapshot: &Snapshot, name: &str) -> NodeOrdinal {
    let mut nodes = snapshot.graph().nodes();
    nodes.find(|&node| snapshot.kind(node) == NodeKind::CLOSURE && snapshot.raw_name(node) == name).unwrap()
}

#[test]
fn functions_and_classes_have_their_source_file() {
    for (name, function_name, file) in [
        ("small-1", "listenersController", "node:events"),
        ("node24-1", "internalBinding", "node:internal/bootstrap/realm"),
        ("chromium-leak-1", "onRowClick", "/app.js"),
    ] {
        let snapshot = common::case(name).open();
        let scripts = found(&snapshot);
        let at = snapshot.location(function(&snapshot, function_name)).unwrap();
        let url = scripts.url(at.script_id).unwrap();
        assert!(url.ends_with(file), "{name}: {url}");
        let (line, column) = (at.line + 1, at.column + 1);
        assert_eq!(scripts.full(at), format!("{url}:{line}:{column}"));
        assert!(scripts.short(at).ends_with(&format!("{}:{line}:{column}", file.trim_start_matches('/'))));
        // Classes have no way to their script of their own, but share it with functions.
        let class = snapshot.classes().all().iter().find_map(|class| class.key.location).unwrap();
        assert!(scripts.url(class.script_id).is_some(), "{name}: {class:?}");
    }
}

#[test]
fn corpus_scripts_of_each_runtime_have_names() {
    for case in common::cases() {
        let snapshot = case.open();
        let scripts = found(&snapshot);
        let named = scripts.all().iter().filter(|script| script.url.is_some()).count();
        println!("{}: {named} of {} scripts have a name", case.name, scripts.all().len());
        let is_real = ["node", "small", "express", "chromium", "deno"].iter().any(|start| case.name.starts_with(start));
        if is_real && snapshot.locations().entries().next().is_some() {
            assert!(named * 2 > scripts.all().len(), "{}: {named} of {}", case.name, scripts.all().len());
        }
    }
}

#[test]
fn the_source_line_is_shown_if_the_file_contains_it() {
    let snapshot = common::case("chromium-leak-1").open();
    let scripts = found(&snapshot);
    let at = snapshot.location(function(&snapshot, "closureLeak")).unwrap();
    // The text of app.js ends in the file after 1,024 characters, in the middle of a line.
    let mut shown = 0;
    for node in snapshot.graph().nodes().filter(|&node| snapshot.kind(node) == NodeKind::CLOSURE) {
        let Some(at) = snapshot.location(node) else { continue };
        let Some(line) = source_line(&snapshot, &scripts, at, 200) else { continue };
        shown += 1;
        let name = snapshot.raw_name(node);
        // V8 points at the parameters, which are after the name.
        let before: String = line.text.chars().take(line.column).collect();
        assert!(name.is_empty() || line.text.contains(&*name) || !before.is_empty(), "{name}: {line:?}");
    }
    assert!(shown > 10, "{shown} lines");
    assert!(
        source_line(&snapshot, &scripts, heapglass::test_support::analysis::Location { line: 9_999, ..at }, 80)
            .is_none()
    );
}

#[test]
fn a_truncated_string_reports_its_full_length() {
    let snapshot = common::case("chromium-leak-1").open();
    let graph = snapshot.graph();
    let strings = graph.nodes().filter(|&node| snapshot.kind(node) == NodeKind::STRING);
    let (mut cut, mut whole) = (0, 0);
    for node in strings {
        let facts = string_facts(&snapshot, node);
        let units = graph.strings().text(graph.name_id(node)).encode_utf16().count() as u64;
        if facts.is_cut {
            cut += 1;
            assert!(facts.length.unwrap() > units && facts.hash.is_some());
        } else if let Some(length) = facts.length {
            whole += u64::from(length == units);
        }
    }
    assert_eq!(cut, 50);
    assert!(whole > 3_000, "{whole}");
}

#[test]
fn functions_of_versions_without_positions_still_have_their_file() {
    let snapshot = common::case("node8-1").open();
    let graph = snapshot.graph();
    assert!(snapshot.locations().entries().next().is_none());
    let functions = graph.nodes().filter(|&node| snapshot.kind(node) == NodeKind::CLOSURE);
    let files: std::collections::BTreeSet<String> =
        functions.filter_map(|node| function_script(&snapshot, node)).collect();
    assert!(files.contains("events.js"), "{files:?}");
    assert!(files.len() > 20, "{files:?}");
}
