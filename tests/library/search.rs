//! The search: plain words match as in Chrome DevTools, and each kind of term as documented.

use crate::common;
use crate::generated::V8Heap;

use std::fmt::Write as _;

use heapglass::Snapshot;
use heapglass::test_support::model::{CancelToken, Detachedness, NodeOrdinal, ObjectId};
use heapglass::test_support::query::{Query, held_by_root, merged_paths, search, several_paths};
use sha2::{Digest as _, Sha256};

fn hits(snapshot: &Snapshot, query: &str) -> Vec<NodeOrdinal> {
    let query = Query::parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let found = search(snapshot, &query, &CancelToken::new()).unwrap();
    found.iter().map(|node| NodeOrdinal(u32::try_from(node).unwrap())).collect()
}

#[test]
fn corpus_searches_find_what_devtools_finds() {
    let mut problems = Vec::new();
    let mut seen = 0;
    for (case, expected) in common::answered("search") {
        let snapshot = case.open();
        for (query, wanted) in expected.as_object().unwrap() {
            let ids: Vec<u64> =
                hits(&snapshot, query).into_iter().map(|node| snapshot.id(node).0 & 0xffff_ffff).collect();
            seen += ids.len();
            let text = ids.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
            let hash = Sha256::digest(text).iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            });
            if wanted["count"] != ids.len() || wanted["sha256"] != hash.as_str() {
                let first = &ids[..ids.len().min(20)];
                problems.push(format!("{}: {query}: {} hits {first:?} instead of {wanted}", case.name, ids.len()));
            }
        }
    }
    let files = common::archive("fuzz.tar.zst");
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".heapsnapshot")) {
        let full = common::parse_json(std::str::from_utf8(&files[&format!("{name}.full.json")]).unwrap());
        let snapshot = common::open_bytes(name, bytes.clone()).unwrap();
        for (prefix, question) in [("", "search"), ("case:", "searchCase")] {
            for (query, wanted) in full[question].as_object().unwrap() {
                let got: Vec<u64> =
                    hits(&snapshot, &format!("{prefix}{query}")).into_iter().map(|node| snapshot.id(node).0).collect();
                let wanted: Vec<u64> = wanted.as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect();
                if got != wanted {
                    problems.push(format!("{name}: {query}: {got:?} instead of {wanted:?}"));
                }
            }
        }
    }
    assert!(seen > 1000, "only {seen} hits");
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems[..problems.len().min(10)].join("\n"));
}

#[test]
fn each_kind_of_term_finds_matching_objects() {
    let snapshot = common::case("chromium-leak-1").open();
    let graph = snapshot.graph();
    let check = |query: &str, test: &dyn Fn(NodeOrdinal) -> bool| {
        let wanted: Vec<NodeOrdinal> =
            graph.nodes().filter(|&node| snapshot.shallow_size(node) > 0 && test(node)).collect();
        let got = hits(&snapshot, query);
        assert!(!wanted.is_empty(), "{query} finds something");
        assert_eq!(got, wanted, "{query}");
    };
    let has_edge = |node: NodeOrdinal, name: &str| {
        graph.edges(node).any(|edge| {
            let kind = graph.edge_kind_name(edge);
            matches!(kind, "property" | "context" | "element") && snapshot.edge_name(edge) == name
        })
    };
    let class_has = |node: NodeOrdinal, text: &str| snapshot.class(node).name.to_lowercase().contains(text);
    check("class:html", &|node| class_has(node, "html"));
    check("kind:closure", &|node| graph.kind_name(node) == "closure");
    check("kind:function", &|node| graph.kind_name(node) == "closure");
    check("prop:constructor", &|node| has_edge(node, "constructor"));
    check("prop:0", &|node| has_edge(node, "0"));
    check("size>1kB", &|node| snapshot.shallow_size(node) > 1000);
    check("size>=1KiB", &|node| snapshot.shallow_size(node) >= 1024);
    check("retained>100kB", &|node| snapshot.retained_size(node) > 100_000);
    check("distance<4", &|node| snapshot.distance(node).user().is_some_and(|hops| hops < 4));
    check("detached", &|node| snapshot.detachedness(node) == Detachedness::Detached);
    check("class:html -detached size<200", &|node| {
        class_has(node, "html")
            && snapshot.detachedness(node) != Detachedness::Detached
            && snapshot.shallow_size(node) < 200
    });
    check("/^HTML[A-Z][a-z]+Element$/", &|node| {
        let name = snapshot.display_name(node);
        let middle = name.strip_prefix("HTML").and_then(|name| name.strip_suffix("Element")).unwrap_or_default();
        middle.starts_with(|c: char| c.is_ascii_uppercase())
            && middle.len() > 1
            && middle[1..].bytes().all(|byte| byte.is_ascii_lowercase())
    });
    let other = common::case("small-2").open();
    let far = |node: &NodeOrdinal| other.shallow_size(*node) > 0 && other.distance(*node).user().is_none();
    assert_eq!(hits(&other, "distance=none"), other.graph().nodes().filter(far).collect::<Vec<_>>());
    // An id finds also what has no size.
    let empty = graph.nodes().find(|&node| snapshot.shallow_size(node) == 0).unwrap();
    assert_eq!(hits(&snapshot, &format!("@{}", snapshot.id(empty).0)), [empty]);
}

#[test]
fn unquoted_words_extend_to_the_next_term_and_quotes_separate_them() {
    let snapshot = common::case("small-2").open();
    let named = |texts: &[&str]| -> Vec<NodeOrdinal> {
        let all = snapshot.graph().nodes().filter(|&node| snapshot.shallow_size(node) > 0);
        all.filter(|&node| {
            let name = snapshot.display_name(node).to_lowercase();
            texts.iter().all(|text| name.contains(text))
        })
        .collect()
    };
    assert_eq!(hits(&snapshot, "get constructor"), named(&["get constructor"]));
    assert_eq!(hits(&snapshot, "\"constructor\" \"get\""), named(&["get", "constructor"]));
    assert_eq!(hits(&snapshot, "  get   "), named(&["get"]));
}

#[test]
fn syntax_errors_report_the_position_and_what_was_expected() {
    for (query, at, expected) in [
        ("class:Map size>1xB", 10..18, "expected a size"),
        ("distance<far", 0..12, "expected a number, none or system"),
        ("foo /(/", 4..7, "invalid regular expression"),
        ("id:abc", 0..6, "expected a number"),
        ("class:", 0..6, "expected a value after class:"),
        ("   ", 0..3, "an empty query"),
    ] {
        let error = Query::parse(query).unwrap_err();
        assert_eq!(error.at, at, "{query}");
        assert!(error.message.contains(expected), "{query}: {}", error.message);
    }
    // What only looks like a term is text.
    for query in ["a:b", "https://x/", "\"open", "@", "-", "x<y", "-1", "/", "//"] {
        assert!(Query::parse(query).is_ok(), "{query}");
    }
}

#[test]
fn forms_of_other_tools_are_errors_that_name_the_right_form() {
    for (query, at, right) in [
        ("type:closure", 0..12, "use kind:closure"),
        ("size>1 -Constructor:Map", 7..23, "use class:Map"),
        ("Class:Map", 0..9, "use class:Map"),
        ("property:items", 0..14, "use prop:items"),
        ("foo:bar", 0..7, "name: case: class: prop: kind: id:"),
        ("foo:\"b r\" x", 0..9, "\"foo:b r\""),
        ("size:1kB", 0..8, "use size>1kB"),
        ("retained_size:<1kB", 0..18, "use retained<1kB"),
        ("regex:/a/", 0..9, "use /a/"),
        ("is:detached", 0..11, "use detached"),
        ("nodeId:12", 0..9, "use id:12"),
        ("self_size>10", 0..12, "use size>10"),
        ("size!=10", 0..8, "use -size=10"),
        ("class=Map", 0..9, "use class:Map"),
        ("retained > 1kB", 0..8, "write retained>1kB without spaces"),
        ("x size> 3", 2..7, "write size>3 without spaces"),
        ("class:Map OR class:Set", 10..12, "class:/Map|Set/"),
        ("class:Map && detached", 10..12, "leave it out"),
        ("class:It*", 0..9, "class:/^It/"),
        ("prop:*s", 0..7, "prop:/s$/"),
        ("class:/It/g", 0..11, "/It/i"),
        ("/It/gm", 0..6, "/It/i"),
        ("class:/(/", 0..9, "invalid regular expression"),
        ("kind:/clo/", 0..10, "kind:closure"),
        ("type:/clo/", 0..10, "kind:closure"),
        ("class:=", 0..7, "expected a value after class:="),
    ] {
        let error = Query::parse(query).unwrap_err();
        assert!(error.message.contains(right), "{query}: {}", error.message);
        assert_eq!(error.at, at, "{query}: {}", error.message);
    }
}

#[test]
fn forms_that_would_find_nothing_are_errors_that_name_the_right_form() {
    for (query, right) in [
        ("class:/^Session", "use class:/^Session/, or quote it to search for the text: class:\"/^Session\""),
        ("class:/Session", "use class:/Session/"),
        ("prop:/^user", "use prop:/^user/"),
        ("name:/user.*", "use name:/user.*/"),
        ("/^Session", "use /^Session/, or quote it"),
        (
            "class:Session|User",
            "use class:/Session|User/ for one of several, or quote it to search for the text: class:\"Session|User\"",
        ),
        ("name:a|b", "use name:/a|b/ for one of several"),
        ("prop:id|$name", "use prop:/^(id|\\$name)$/"),
        ("class:Session,", "use class:Session,"),
        ("class:Session,User", "use class:/Session|User/"),
        ("(class:Session)", "use class:Session,"),
        ("-(class:Session)", "use -class:Session,"),
        ("(size>1kB", "use size>1kB,"),
        ("!class:Session", "use -class:Session,"),
        ("class:!Session", "use -class:Session,"),
        ("kind:!closure", "use -kind:closure,"),
        ("name!=x", "use -name:x,"),
        ("prop:us*r", "use prop:/^us.*r$/"),
        ("prop:*us*r*", "use prop:/us.*r/"),
        ("prop:*", "use prop:/./ for any property"),
        ("class:Se*n", "use class:/Se.*n/"),
        ("class:*", "leave out class:*"),
        ("detached=true", "use detached,"),
        ("detached=false", "use -detached,"),
        ("detached!=true", "use -detached,"),
        ("detached:false", "use -detached,"),
        ("unreachable=true", "use is:unreachable,"),
        ("distance>none", "use distance=none"),
        ("distance<=-", "use distance=-"),
        ("distance<system", "use distance=system"),
    ] {
        for (query, at) in [(query.to_owned(), 0), (format!("size>1 {query}"), 7)] {
            let error = Query::parse(&query).unwrap_err();
            assert!(error.message.contains(right), "{query}: {}", error.message);
            assert_eq!(error.at, at..query.len(), "{query}");
        }
    }
}

#[test]
fn unusual_names_are_found_exactly_and_in_quotes() {
    let names = ["a|b", "a,b", "Se*n", "!important", "/^x", "{a,b}", "Map<K,V>", "*", "Foo,", "(class:A)"];
    let mut heap = V8Heap::new(false);
    let global = heap.global;
    for name in names {
        let object = heap.add("object", name, 40);
        heap.heap.named(global, "property", name, object);
    }
    let snapshot = common::open_bytes("made", heap.write()).unwrap();
    let one = |query: &str, name: &str| {
        let found = hits(&snapshot, query);
        assert!(found.iter().any(|&node| snapshot.raw_name(node) == name), "{query}");
    };
    for name in names {
        for query in
            [format!("class:={name}"), format!("class:\"{name}\""), format!("name:=\"{name}\""), format!("\"{name}\"")]
        {
            one(&query, name);
        }
        for query in [format!("prop:={name}"), format!("prop:\"{name}\"")] {
            assert_eq!(hits(&snapshot, &query).len(), 1, "{query}");
        }
    }
    // Brackets are of names, and texts may have any of this.
    for query in [
        "class:{a,b}",
        "class:Map<K,V>",
        "class:{id,",
        "name:/api/users",
        "name:!important",
        "name:a,b",
        "name:x,",
        "prop:/users",
        "a|b",
        "!important",
        "(string)",
        "x*y",
        "detached=\"x\"",
        "-class:{a,b}",
    ] {
        assert!(Query::parse(query).is_ok(), "{query}: {:?}", Query::parse(query));
    }
}

#[test]
fn text_with_a_colon_or_an_operator_is_found_as_an_address_a_module_or_in_quotes() {
    let snapshot = common::case("node24-1").open();
    let named = |text: &str| -> Vec<NodeOrdinal> {
        let all = snapshot.graph().nodes().filter(|&node| snapshot.shallow_size(node) > 0);
        all.filter(|&node| snapshot.display_name(node).to_lowercase().contains(text)).collect()
    };
    for (query, text) in
        [("node:internal/", "node:internal/"), ("\"node:events\"", "node:events"), ("name:\"node:fs\"", "node:fs")]
    {
        assert!(!named(text).is_empty(), "{text}");
        assert_eq!(hits(&snapshot, query), named(text), "{query}");
    }
    for query in [
        "https://example.org/a?b=c",
        "file:///app/x.js",
        "C:\\app",
        "blink::Node",
        "data:image/png",
        "12:30",
        "error: not found",
        "class=\"button\"",
        "a => b",
        "x<y",
        "this OR that",
        "/usr/local/lib",
        "\"type:closure\"",
        "\"size > 3\"",
    ] {
        assert!(Query::parse(query).is_ok(), "{query}: {:?}", Query::parse(query));
    }
}

#[test]
fn classes_and_properties_are_found_exactly_and_by_regular_expression() {
    let snapshot = common::case("small-2").open();
    let graph = snapshot.graph();
    let check = |query: &str, test: &dyn Fn(NodeOrdinal) -> bool| {
        let wanted: Vec<NodeOrdinal> =
            graph.nodes().filter(|&node| snapshot.shallow_size(node) > 0 && test(node)).collect();
        assert!(!wanted.is_empty(), "{query} finds something");
        assert_eq!(hits(&snapshot, query), wanted, "{query}");
    };
    let class = |node: NodeOrdinal| snapshot.class(node).name.as_str();
    let has_edge = |node: NodeOrdinal, test: &dyn Fn(&str) -> bool| {
        graph.edges(node).any(|edge| {
            let kind = graph.edge_kind_name(edge);
            matches!(kind, "property" | "context" | "element") && test(&snapshot.edge_name(edge))
        })
    };
    check("class:=Map", &|node| class(node) == "Map");
    check("class:=\"system / Context\"", &|node| class(node) == "system / Context");
    check("class:/^(Map|Set)$/", &|node| matches!(class(node), "Map" | "Set"));
    check("class:/^system \\/ Con/", &|node| class(node).starts_with("system / Con"));
    check("class:/^MAP$/i", &|node| class(node).eq_ignore_ascii_case("map"));
    check("-class:=Map kind:object", &|node| class(node) != "Map" && graph.kind_name(node) == "object");
    check("name:=Map", &|node| snapshot.display_name(node) == "Map");
    check("name:/^get /", &|node| snapshot.display_name(node).starts_with("get "));
    check("prop:/^_?events$/", &|node| has_edge(node, &|name| matches!(name, "events" | "_events")));
    check("prop:=constructor", &|node| has_edge(node, &|name| name == "constructor"));
    check("prop:/^1[0-3]$/", &|node| has_edge(node, &|name| matches!(name, "10" | "11" | "12" | "13")));
    check("prop:constr*", &|node| has_edge(node, &|name| name.starts_with("constr")));
}

#[test]
fn several_paths_differ_and_lead_to_the_roots() {
    let snapshot = common::case("small-2").open();
    let graph = snapshot.graph();
    let mut with_several = 0;
    for node in graph.nodes().step_by(37) {
        let paths = several_paths(&snapshot, node, 5, None, &CancelToken::new()).unwrap();
        for path in &paths {
            let mut at = node;
            for &edge in path {
                assert_eq!(graph.edge_target(edge), at, "@{}", snapshot.id(node).0);
                assert_ne!(graph.edge_kind_name(edge), "weak");
                at = graph.edge_source(edge);
            }
            assert!(paths.len() == 1 || held_by_root(&snapshot, at), "@{}", snapshot.id(node).0);
        }
        assert!(paths.is_sorted_by_key(Vec::len));
        with_several += usize::from(paths.len() > 1);
    }
    assert!(with_several > 100, "only {with_several} objects have several paths");
    assert!(snapshot.graph().find_id(ObjectId(1)).is_some());
}

#[test]
fn merged_paths_count_every_object_once() {
    let snapshot = common::case("small-2").open();
    let graph = snapshot.graph();
    for class in ["Map", "Function", "(string)"] {
        let nodes: Vec<u32> = graph
            .nodes()
            .filter(|&node| snapshot.class(node).name == class && snapshot.shallow_size(node) > 0)
            .map(|node| node.0)
            .collect();
        let reachable = nodes.iter().filter(|&&node| snapshot.distance(NodeOrdinal(node)).0 >= 0).count() as u64;
        let merged = merged_paths(&snapshot, &nodes, &CancelToken::new()).unwrap();
        assert_eq!(merged.count, reachable, "{class}");
        let top: u64 = merged.children(None).map(|group| merged.groups[group as usize].count).sum();
        assert_eq!(top, reachable, "{class}");
        for (at, group) in (0..).zip(&merged.groups) {
            let below: u64 = merged.children(Some(at)).map(|child| merged.groups[child as usize].count).sum();
            assert_eq!(group.count, group.ends + below, "{class}");
            assert!(merged.children(Some(at)).all(|child| child > at));
        }
        let retained: u64 = merged.children(None).map(|group| merged.groups[group as usize].retained_size).sum();
        let of_class = snapshot.classes().all().iter().find(|of| of.name == class).unwrap().retained_size;
        assert!(retained <= of_class, "{class}: {retained} of {of_class}");
    }
}
