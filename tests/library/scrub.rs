//! Scrubbed copies: the graph and DevTools' numbers stay, texts do not.

use crate::common;
use crate::conformance::{Problems, check_nodes, check_statistics};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use heapglass::Snapshot;
use heapglass::test_support::format::Source;
use heapglass::test_support::model::{CancelToken, EdgeIndex, NodeKind, NodeOrdinal, Progress};
use heapglass::test_support::query::duplicate_strings;
use heapglass::test_support::scrub::{Key, Options, ScrubError, scrub};
use proptest::prelude::*;
use regex::RegexSet;
use serde_json::{Value, json};

fn scrubbed(bytes: Vec<u8>) -> Result<Vec<u8>, ScrubError> {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("copy.heapsnapshot");
    let source = Source::Bytes { name: "bytes".to_owned(), bytes: Arc::from(bytes) };
    let options = Options { key: Key::derived(b"test"), keep: RegexSet::empty(), script_names: false };
    scrub(&source, &to, &options, &Progress::new(), &CancelToken::new())?;
    Ok(std::fs::read(to).unwrap())
}

/// Returns the key of a class without the properties in the name of a shape, which may be keys of dictionaries, and without
/// the attributes of an element. DevTools leaves those out as well, unless the name starts with `Detached` twice.
fn without_properties(key: &str) -> String {
    let key = key.find(",{").map_or_else(|| key.to_owned(), |at| format!("{},{{…}}", &key[..at]));
    let start = key.find("Detached Detached <").map_or(key.len(), |at| at + "Detached Detached <".len());
    key[start..].find(' ').map_or_else(|| key.clone(), |space| format!("{}>", &key[..start + space]))
}

/// Returns the numbers of all classes.
fn classes(snapshot: &Snapshot) -> Vec<(String, u64, i64, u64, u64)> {
    let row = |class: &heapglass::test_support::analysis::Class| {
        let name = without_properties(&format!(",{}", class.name));
        (name, class.count, i64::from(class.distance.0), class.shallow_size, class.retained_size)
    };
    let mut rows: Vec<_> = snapshot.classes().all().iter().map(row).collect();
    rows.sort();
    rows
}

#[test]
fn corpus_copies_have_devtools_numbers() {
    let mut problems = Problems::default();
    for case in common::cases_with("nodes.tsv") {
        let copy = scrubbed(case.bytes()).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let copy = common::open_bytes(&case.name, copy).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let tsv = String::from_utf8(case.expected("nodes.tsv").unwrap()).unwrap();
        check_nodes((&case.name, &copy), &tsv, without_properties, &mut problems);
        if let Some(summary) = case.expected_json("summary") {
            check_statistics(&case.name, &copy, &summary["statistics"], &mut problems);
        }
        let before = case.open();
        let [rows, rows_before] = [classes(&copy), classes(&before)];
        let differing = rows.iter().zip(&rows_before).find(|(a, b)| a != b);
        problems.check(&case.name, || format!("classes: {differing:?}"), rows.len(), rows_before.len());
        problems.check(&case.name, || format!("classes: {differing:?}"), differing.is_none(), true);
        let shapes = [&copy, &before].map(|it| it.shapes().properties.iter().map(Vec::len).collect::<Vec<_>>());
        problems.check(&case.name, || "shapes".to_owned(), &shapes[0], &shapes[1]);
        let [wasted, wasted_before] =
            [&copy, &before].map(|it| duplicate_strings(it, &CancelToken::new()).unwrap().wasted_bytes);
        // A text in pieces is replaced by pieces, so it is no longer equal to the same text in one piece.
        let is_near = wasted.abs_diff(wasted_before) * 100 <= wasted_before * 3;
        problems.check(&case.name, || format!("wasted bytes: {wasted} {wasted_before}"), is_near, true);
        check_equal_texts(&case.name, &before, &copy, &mut problems);
    }
    problems.finish();
}

/// Checks that the names of strings in the file are equal in a copy exactly if they were before.
fn check_equal_texts(name: &str, before: &Snapshot, copy: &Snapshot, problems: &mut Problems) {
    let (old, new) = (before.graph(), copy.graph());
    let mut replaced_by = BTreeMap::new();
    for node in old.nodes().filter(|&node| old.kind(node).is_string()) {
        let replaced = *replaced_by.entry(old.name_id(node)).or_insert_with(|| new.name_id(node));
        problems.check(name, || format!("{node:?}: equal texts"), replaced, new.name_id(node));
    }
    let texts: BTreeSet<_> = replaced_by.values().map(|&id| new.strings().text(id)).collect();
    let texts_before: BTreeSet<_> = replaced_by.keys().map(|&id| old.strings().text(id)).collect();
    // A short text with a quote or a control character may become equal to another.
    let is_near = texts.len() * 1000 >= texts_before.len() * 999;
    problems.check(name, || format!("different texts: {} {}", texts.len(), texts_before.len()), is_near, true);
}

/// Checks that a copy has the same graph, and that texts of strings are equal exactly if they were before.
fn check_copy(name: &str, before: &Snapshot, after: &Snapshot) {
    let (old, new) = (before.graph(), after.graph());
    assert_eq!((old.node_count(), old.edge_count()), (new.node_count(), new.edge_count()), "{name}");
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for node in old.nodes() {
        assert_eq!(before.id(node), after.id(node), "{name}");
        assert_eq!(old.kind_name(node), new.kind_name(node), "{name}");
        assert_eq!(before.retained_size(node), after.retained_size(node), "{name}");
        let [text, replaced] = [old, new].map(|graph| graph.strings().text(graph.name_id(node)).into_owned());
        assert_eq!(text.encode_utf16().count(), replaced.encode_utf16().count(), "{name}: {text:?} {replaced:?}");
        if old.kind(node).is_string() {
            assert_eq!(texts.entry(text).or_insert_with(|| replaced.clone()), &replaced, "{name}");
        } else if matches!(old.kind(node), NodeKind::OBJECT | NodeKind::CLOSURE)
            && !text.contains(['?', '#', '<', '/', '@', ':'])
        {
            assert_eq!(text, replaced, "{name}");
        }
    }
    for edge in (0..u32::try_from(old.edge_count()).unwrap()).map(EdgeIndex) {
        assert_eq!(old.edge_target(edge), new.edge_target(edge), "{name}");
        assert_eq!(old.edge_kind_name(edge), new.edge_kind_name(edge), "{name}");
    }
    let replaced: BTreeSet<&String> = texts.values().collect();
    assert_eq!(replaced.len(), texts.len(), "{name}: different texts stay different: {texts:?}");
}

#[test]
fn random_snapshots_keep_their_graph() {
    for (name, bytes) in common::archive("fuzz.tar.zst").into_iter().filter(|(name, _)| name.ends_with(".heapsnapshot"))
    {
        let before = common::open_bytes(&name, bytes.clone()).unwrap();
        let copy = scrubbed(bytes.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(copy, scrubbed(bytes).unwrap(), "one key gives one copy");
        let after = common::open_bytes(&name, copy).unwrap_or_else(|error| panic!("{name}: {error}"));
        check_copy(&name, &before, &after);
    }
}

const NODE_KINDS: [&str; 13] = [
    "synthetic",
    "hidden",
    "array",
    "string",
    "object",
    "code",
    "closure",
    "regexp",
    "number",
    "native",
    "sliced string",
    "symbol",
    "strange",
];
const EDGE_KINDS: [&str; 8] = ["context", "element", "property", "internal", "hidden", "shortcut", "weak", "strange"];

prop_compose! {
    fn heaps()(
        strings in prop::collection::vec(prop_oneof!["[a-zA-Z0-9 .@?=/:-]{1,12}", "[0-9]{6,20}", "\\PC{9,20}"], 1..20),
        nodes in prop::collection::vec((0..NODE_KINDS.len(), any::<prop::sample::Index>(), 0_u64..100), 1..20),
        edges in prop::collection::vec(
            (any::<prop::sample::Index>(), 0..EDGE_KINDS.len(), any::<prop::sample::Index>(), any::<prop::sample::Index>()),
            0..40,
        ),
        is_edges_first in any::<bool>(),
    ) -> Vec<u8> {
        let mut strings = strings;
        strings.sort();
        strings.dedup();
        let count = nodes.len() + 1;
        let mut of_node: Vec<Vec<Value>> = vec![Vec::new(); count];
        // The root leads to all nodes.
        of_node[0] = (1..count).flat_map(|node| [json!(1), json!(node), json!(node * 5)]).collect();
        for (from, kind, name, to) in &edges {
            let from = 1 + from.index(count - 1);
            of_node[from].extend([json!(kind), json!(name.index(strings.len())), json!(to.index(count) * 5)]);
        }
        let row = |(at, kind, name, size): (usize, usize, usize, u64)| json!([kind, name, 2 * at + 1, size, of_node[at].len() / 3]);
        let mut rows = vec![row((0, 0, 0, 0))];
        rows.extend(nodes.iter().enumerate().map(|(at, (kind, name, size))| row((at + 1, *kind, name.index(strings.len()), *size))));
        let flat: Vec<Value> = rows.iter().flat_map(|row| row.as_array().unwrap().clone()).collect();
        let header = json!({"meta": {
            "node_fields": ["type", "name", "id", "self_size", "edge_count"],
            "node_types": [NODE_KINDS, "string", "number", "number", "number"],
            "edge_fields": ["type", "name_or_index", "to_node"],
            "edge_types": [EDGE_KINDS, "string_or_number", "node"],
        }, "node_count": count, "edge_count": of_node.iter().map(|it| it.len() / 3).sum::<usize>()});
        let [nodes, edges] = [json!(flat), json!(of_node.concat())];
        let tables = if is_edges_first { format!(r#""edges":{edges},"nodes":{nodes}"#) } else { format!(r#""nodes":{nodes},"edges":{edges}"#) };
        format!(r#"{{"strings":{},{tables},"snapshot":{header}}}"#, json!(strings)).into_bytes()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn copies_of_generated_heaps_have_the_same_graph_and_no_text_of_strings(bytes in heaps()) {
        let before = common::open_bytes("before", bytes.clone()).unwrap();
        let copy = scrubbed(bytes.clone()).unwrap();
        prop_assert_eq!(&copy, &scrubbed(bytes).unwrap());
        let after = common::open_bytes("after", copy).unwrap();
        check_copy("generated", &before, &after);
        let graph = before.graph();
        for node in graph.nodes().filter(|&node| graph.kind(node).is_string()) {
            let text = |snapshot: &Snapshot, node: NodeOrdinal| {
                let graph = snapshot.graph();
                graph.strings().text(graph.name_id(node)).into_owned()
            };
            let secret = text(&before, node);
            prop_assert!(secret.len() < 6 || text(&after, node) != secret, "{}", secret);
        }
    }

    #[test]
    fn damaged_files_are_refused_without_a_panic(bytes in heaps(), cut in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = bytes;
        let at = cut.index(bytes.len());
        bytes[at] = byte;
        if let Ok(copy) = scrubbed(bytes.clone()) {
            prop_assert!(serde_json::from_slice::<Value>(&copy).is_ok() || serde_json::from_slice::<Value>(&bytes).is_err());
        }
        bytes.truncate(at);
        prop_assert!(scrubbed(bytes).is_err());
    }
}
