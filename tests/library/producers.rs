//! Files of every program open with the right numbers and name the program that wrote them.

use crate::common;
use crate::common::{cases, open_bytes};
use crate::generated::{Heap, hermes, hermes_heap, julia, julia_heap};
use heapglass::Snapshot;
use heapglass::test_support::analysis::Program;
use heapglass::test_support::model::{NodeKind, NodeOrdinal};
use heapglass::test_support::query::producer_notes;
use serde_json::{Value, json};

/// The program that a file of the corpus is of, by its name, and the start of the version; `None` for those that are made
/// up.
fn expected(name: &str) -> Option<(Program, &'static str)> {
    let known = [
        ("node8-", Program::NodeJs, "8."),
        ("node10-", Program::NodeJs, "10."),
        ("node12-", Program::NodeJs, "12."),
        ("node14-", Program::NodeJs, "14."),
        ("node16-", Program::NodeJs, "16."),
        ("node18-", Program::NodeJs, "18."),
        ("node20", Program::NodeJs, "20."),
        ("node22-", Program::NodeJs, "22."),
        ("node24-", Program::NodeJs, "24."),
        ("node26-", Program::NodeJs, "26."),
        ("small-", Program::NodeJs, "20."),
        ("express-", Program::NodeJs, "20."),
        ("bom.", Program::NodeJs, "20."),
        ("long-strings", Program::NodeJs, "20."),
        ("nonbmp-", Program::NodeJs, "20."),
        ("surrogates-", Program::NodeJs, "20."),
        ("chromium-", Program::Chromium, ""),
        ("deno-", Program::Deno, ""),
        ("bun-", Program::Bun, ""),
    ];
    known.into_iter().find(|(start, ..)| name.starts_with(start)).map(|(_, program, version)| (program, version))
}

#[test]
fn corpus_files_name_the_program_that_wrote_them() {
    let mut checked = 0;
    for case in cases() {
        let snapshot = case.open();
        let producer = snapshot.producer();
        println!("{}: {} — {}", case.name, producer.label(), producer.evidence);
        let Some((program, version)) = expected(&case.name) else {
            // Made up: some imitate V8 and even Blink, none another engine.
            let is_v8 = producer.program.is_v8() || producer.program == Program::Unknown;
            assert!(is_v8, "{}: {}", case.name, producer.label());
            continue;
        };
        checked += 1;
        assert_eq!(producer.program, program, "{}", case.name);
        assert!(producer.version.as_deref().unwrap_or("").starts_with(version), "{}: {}", case.name, producer.label());
        assert_eq!(producer.v8.is_some(), program.is_v8(), "{}", case.name);
        let has_user_roots = matches!(program, Program::NodeJs | Program::Bun) && !case.name.contains("internals");
        assert_eq!(producer.has_user_roots, has_user_roots, "{}", case.name);
        assert!(!producer_notes(&snapshot).is_empty());
    }
    assert!(checked >= 5, "{checked} files");
}

fn of_name<'a>(snapshot: &'a Snapshot, name: &'a str) -> impl Iterator<Item = NodeOrdinal> + 'a {
    snapshot.graph().nodes().filter(move |&node| snapshot.raw_name(node) == name)
}

/// Sizes, ids and what each node retains, by the heap that the file was made from.
fn check(snapshot: &Snapshot, heap: &Heap) {
    let graph = snapshot.graph();
    assert_eq!(graph.node_count(), heap.nodes.len());
    assert_eq!(graph.edge_count(), heap.nodes.iter().map(|node| node.edges.len()).sum::<usize>());
    for (at, node) in heap.nodes.iter().enumerate() {
        let ordinal = NodeOrdinal(u32::try_from(at).unwrap());
        let found = (snapshot.id(ordinal).0, graph.kind_name(ordinal), snapshot.raw_name(ordinal));
        assert_eq!(found, (node.id, node.kind.as_str(), node.name.as_str().into()));
        assert_eq!(snapshot.self_size(ordinal), node.self_size, "{}", node.name);
        // Where hidden parts are counted to their owners, sums stay what they are.
        if snapshot.shallow_size(ordinal) >= node.self_size {
            assert_eq!(snapshot.retained_size(ordinal), heap.retained(at), "{} @{}", node.name, node.id);
        }
    }
    assert_eq!(snapshot.total_size(), heap.nodes.iter().map(|node| node.self_size).sum::<u64>());
}

#[test]
fn a_hermes_snapshot_without_counts_in_its_header_opens() {
    let snapshot = open_bytes("hermes.heapsnapshot", hermes(300)).unwrap();
    assert_eq!(snapshot.producer().label(), "Hermes");
    assert!(!snapshot.producer().has_user_roots);
    check(&snapshot, &hermes_heap(300));
    let class = snapshot.classes().all().iter().find(|class| class.name == "Cart").unwrap();
    assert_eq!((class.count, class.shallow_size), (300, 300 * 72));
    // The title is shared; the names are each cart's own, for the table of names holds them weakly.
    assert_eq!(class.retained_size, 300 * (72 + 32));
    let function = of_name(&snapshot, "addToCart").next().unwrap();
    let at = snapshot.location(function).unwrap();
    assert_eq!((at.script_id, at.line, at.column), (2, 41, 8));
    assert_eq!(snapshot.distance(function).user(), Some(4));
}

#[test]
fn a_snapshot_of_julia_opens_with_its_own_kinds_and_wide_ids() {
    let snapshot = open_bytes("julia.heapsnapshot", julia(200)).unwrap();
    assert_eq!(snapshot.producer().label(), "Julia");
    assert!(snapshot.producer().has_user_roots);
    check(&snapshot, &julia_heap(200));
    assert!(snapshot.graph().nodes().any(|node| snapshot.id(node).0 > u64::from(u32::MAX)));
    let string = of_name(&snapshot, "sensor \"7\"\n").next().unwrap();
    assert_eq!(snapshot.graph().kind_name(string), "String");
    assert_eq!(snapshot.class(string).name, "(String)");
    let array = of_name(&snapshot, "Array{Float64, 1}").next().unwrap();
    assert_eq!(snapshot.retained_size(array), 48 + 24 + 8_000);
    // What only the finalizers hold has no distance from the program.
    let stream = of_name(&snapshot, "Base.IOStream").next().unwrap();
    assert_eq!((snapshot.distance(stream).user(), snapshot.distance(stream).system()), (None, Some(2)));
    assert_eq!(snapshot.distance(of_name(&snapshot, "Main").next().unwrap()).user(), Some(1));
}

/// A small snapshot in which everything that can be left out or moved is a parameter.
fn plain(sections: &[&str], root_at: u64, with_roots: bool) -> Vec<u8> {
    // root → a (10 bytes) → b (5 bytes), with a group of roots between where there is one.
    let (root, group) = (root_at, 1 - root_at.min(1));
    let index = |ordinal: u64| ordinal * 5;
    let row = |kind: u64, name: u64, id: u64, size: u64, edges: u64| vec![kind, name, id, size, edges];
    let mut nodes = [vec![], vec![], row(1, 1, 5, 10, 1), row(1, 2, 7, 5, 0)];
    nodes[usize::try_from(root).unwrap()] = row(0, 0, 1, 0, 1);
    nodes[usize::try_from(group).unwrap()] = row(0, if with_roots { 4 } else { 0 }, 3, 0, 1);
    let to = [[1, 3, index(group)], [1, 3, index(2)]];
    let mut edges: Vec<u64> = if root == 0 { [to[0], to[1]].concat() } else { [to[1], to[0]].concat() };
    edges.extend([0, 3, index(3)]);
    let parts = json!({
        "snapshot": {"meta": {
            "node_fields": ["type", "name", "id", "self_size", "edge_count"],
            "node_types": [["synthetic", "object"], "string", "number", "number", "number"],
            "edge_fields": ["type", "name_or_index", "to_node"],
            "edge_types": [["property", "internal"], "string_or_number", "node"],
        }, "root_index": index(root)},
        "nodes": nodes.concat(),
        "edges": edges,
        "strings": ["", "a", "b", "held", "(GC roots)"],
    });
    let parts: Vec<String> = sections.iter().map(|name| format!(" \"{name}\" :\n\t{}\r\n", parts[*name])).collect();
    format!("{{{}}}", parts.join(",")).into_bytes()
}

#[test]
fn sections_in_any_order_and_a_root_anywhere_give_the_same_numbers() {
    let orders = [
        ["snapshot", "nodes", "edges", "strings"],
        ["strings", "edges", "nodes", "snapshot"],
        ["edges", "snapshot", "strings", "nodes"],
        ["nodes", "strings", "snapshot", "edges"],
    ];
    for order in orders {
        for root in [0, 1] {
            for with_roots in [true, false] {
                let snapshot = open_bytes("plain.heapsnapshot", plain(&order, root, with_roots)).unwrap();
                assert_eq!(u64::from(snapshot.root().0), root);
                let a = of_name(&snapshot, "a").next().unwrap();
                assert_eq!((snapshot.retained_size(a), snapshot.total_size()), (15, 15), "{order:?}");
                assert_eq!(snapshot.distance(a).user(), Some(2), "{order:?}");
                assert_eq!(snapshot.producer().program, Program::Unknown);
                assert!(!snapshot.producer().has_user_roots);
                assert_eq!(snapshot.kind(a), NodeKind::OBJECT);
            }
        }
    }
}

#[test]
fn statistics_include_the_producer() {
    let case = common::case("bun-1");
    let run = |format: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_heapglass"))
            .args(["statistics", "--format", format])
            .arg(&case.file)
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run("text").starts_with("Written by Bun (JavaScriptCore)\n"));
    let answer: Value = serde_json::from_str(&run("json")).unwrap();
    assert_eq!(answer["producer"]["program"], "Bun");
    assert_eq!(answer["producer"]["user_roots"], true);
    assert_eq!(answer["native"]["extra"], 0);
}

/// A snapshot with the layout of V8 6: the root holds `(GC roots)` with a group, and the given nodes of kind and name.
/// `more` are strings that no node has.
fn of_old_v8(children: &[(&str, &str)], more: &[&str]) -> Snapshot {
    const KINDS: [&str; 12] = [
        "hidden",
        "array",
        "string",
        "object",
        "code",
        "closure",
        "regexp",
        "number",
        "native",
        "synthetic",
        "concatenated string",
        "sliced string",
    ];
    let kind = |name: &str| KINDS.iter().position(|kind| *kind == name).unwrap();
    let mut strings = vec!["", "(GC roots)", "(Strong roots)"];
    let mut nodes = vec![vec![9, 0, 1, 0, children.len() + 1, 0], vec![9, 1, 3, 0, 1, 0], vec![9, 2, 5, 0, 0, 0]];
    let mut edges = vec![[1, 1, 6]];
    for (at, (of, name)) in children.iter().enumerate() {
        strings.push(name);
        edges.push([1, at + 2, nodes.len() * 6]);
        nodes.push(vec![kind(of), strings.len() - 1, 7 + 2 * at, 16, 0, 0]);
    }
    edges.push([1, 1, 12]);
    strings.extend(more);
    let file = json!({
        "snapshot": {"meta": {
            "node_fields": ["type", "name", "id", "self_size", "edge_count", "trace_node_id"],
            "node_types": [KINDS, "string", "number", "number", "number", "number"],
            "edge_fields": ["type", "name_or_index", "to_node"],
            "edge_types": [["context", "element", "property", "internal", "hidden", "shortcut", "weak"],
                "string_or_number", "node"],
        }},
        "nodes": nodes.concat(), "edges": edges.concat(), "strings": strings,
    });
    open_bytes("old.heapsnapshot", file.to_string().into_bytes()).unwrap()
}

#[test]
fn old_programs_are_recognized_by_their_roots() {
    let trees = ("synthetic", "(Document DOM trees)");
    let window = ("object", "Window / file://");
    let node: &[&str] = &["Node / 4096", "bootstrap_node.js"];
    for (children, strings, label) in [
        (&[trees, window][..], &[][..], "Chromium (V8 6 or older)"),
        (&[trees], &[], "Chromium (V8 6 or older)"),
        (&[("synthetic", "(Detached DOM trees)")], &[], "Chromium (V8 6 or older)"),
        (&[window], &[], "Chromium (V8 6 or older)"),
        // A page that mentions a module of Node.js is a page.
        (&[window], &["internalBinding"], "Chromium (V8 6 or older)"),
        (&[window], node, "Electron (V8 6 or older)"),
        (&[("object", "global")], &["electronBinding"], "Electron (V8 6 or older)"),
        (&[("object", "global")], node, "Node.js 10 or older (V8 6 or older)"),
        (&[("synthetic", "PIPEWRAP")], &[], "Node.js 10 or older (V8 6 or older)"),
        (&[("object", "global")], &["deno:core/core.js"], "Deno (V8 6 or older)"),
        (&[("object", "global")], &["internal:deno_web/00_infra.js"], "Deno (V8 6 or older)"),
        // An object of a program is no root of a page, whatever it is called.
        (&[("object", "(Document DOM trees)")], &["Window / file://"], "V8 6 or older, unknown program"),
    ] {
        let snapshot = of_old_v8(children, strings);
        let producer = snapshot.producer();
        assert_eq!(producer.label(), label, "{children:?} {strings:?}: {}", producer.evidence);
    }
}
