//! SQL: the same answers as the lists, lookups that do not scan, and nothing but reading.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use heapglass::test_support::model::{CancelToken, ClassId, NodeOrdinal};
use heapglass::test_support::query::{
    CollectionKind, Filter, Lens, ListSpec, Query, Sort, duplicate_strings, entries_of, order, search,
};
use heapglass::test_support::sql::{Limits, READY, Ran, Sql, SqlData, SqlError, Value};
use heapglass::{Snapshot, SourcePaths};
use proptest::prelude::*;

use crate::common;
use crate::generated::linked_list;

fn sql(snapshots: Vec<Snapshot>) -> Sql {
    let named = snapshots.into_iter().map(|snapshot| (snapshot.source().name.clone(), Arc::new(snapshot))).collect();
    Sql::new(Arc::new(SqlData::new(named, SourcePaths::without_files())), Limits::default())
}

fn shared(snapshot: &Arc<Snapshot>, limits: Limits) -> Sql {
    let named = vec![("a".to_owned(), Arc::clone(snapshot))];
    Sql::new(Arc::new(SqlData::new(named, SourcePaths::without_files())), limits)
}

fn ask(sql: &Sql, query: &str) -> (Vec<Vec<Value>>, Ran) {
    let (rows, ran) = sql.rows(query, &CancelToken::new()).unwrap_or_else(|error| panic!("{query}: {error}"));
    (rows.rows, ran)
}

fn rows(sql: &Sql, query: &str) -> Vec<Vec<Value>> {
    ask(sql, query).0
}

fn numbers(sql: &Sql, query: &str) -> Vec<i64> {
    let number = |row: Vec<Value>| match row[..] {
        [Value::Integer(number), ..] => number,
        ref other => panic!("{query}: {other:?}"),
    };
    rows(sql, query).into_iter().map(number).collect()
}

fn refusal(sql: &Sql, query: &str) -> String {
    match sql.rows(query, &CancelToken::new()) {
        Err(error @ SqlError::Query { .. }) => error.to_string(),
        other => panic!("{query}: {other:?}"),
    }
}

fn number(value: u64) -> Value {
    Value::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}

fn id(snapshot: &Snapshot, node: NodeOrdinal) -> Value {
    Value::Integer(snapshot.id(node).0.cast_signed())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn optional<T: Into<i64>>(value: Option<T>) -> Value {
    value.map_or(Value::Null, |value| Value::Integer(value.into()))
}

#[test]
fn corpus_tables_have_the_rows_of_summary_and_nodes() {
    for case in common::cases() {
        let snapshot = Arc::new(case.open());
        let sql = shared(&snapshot, Limits::default());
        let filter = Filter::default();
        let list = ListSpec::Classes;
        let classes =
            order(&snapshot, list, Sort::BY_RETAINED_SIZE, &filter, Lens::default(), &CancelToken::new()).unwrap();
        let wanted: Vec<Vec<Value>> = classes
            .rows
            .iter()
            .map(|&class| snapshot.classes().get(ClassId(class)))
            .map(|class| {
                let at = class.key.location;
                vec![
                    optional(at.map(|at| at.script_id)),
                    optional(at.map(|at| at.line)),
                    optional(at.map(|at| at.column)),
                    number(class.count),
                    optional(class.distance.user()),
                    optional(class.distance.system()),
                    number(class.shallow_size),
                    number(class.retained_size),
                ]
            })
            .collect();
        let query = "SELECT script_id, line, column, count, distance, system_distance, shallow_size, retained_size \
                     FROM classes";
        let mut got = rows(&sql, query);
        let mut wanted = wanted;
        let key = |row: &Vec<Value>| format!("{row:?}");
        got.sort_by_key(key);
        wanted.sort_by_key(key);
        assert_eq!(got, wanted, "{}: classes", case.name);

        let graph = snapshot.graph();
        let query = "SELECT id, kind, class, self_size, shallow_size, retained_size, distance, system_distance, \
                     dominator_id, detachedness, edge_count, retainer_count, reachable FROM nodes";
        let got = rows(&sql, query);
        assert_eq!(got.len(), graph.node_count(), "{}", case.name);
        for (node, got) in graph.nodes().zip(got) {
            let distance = snapshot.distance(node);
            let short = |name: &str| name.chars().count() < 4000;
            let wanted = [
                id(&snapshot, node),
                text(graph.kind_name(node)),
                text(&snapshot.class(node).name),
                number(snapshot.self_size(node)),
                number(snapshot.shallow_size(node)),
                number(snapshot.retained_size(node)),
                optional(distance.user()),
                optional(distance.system()),
                id(&snapshot, snapshot.dominators().dominator(node)),
                Value::Integer(snapshot.detachedness(node) as i64),
                number(graph.edges(node).len() as u64),
                number(graph.retainer_count(node) as u64),
                Value::Integer((!snapshot.is_unreachable(node)).into()),
            ];
            if short(&snapshot.class(node).name) {
                assert_eq!(got, wanted, "{}: {node:?}", case.name);
            }
        }
    }
}

#[test]
fn corpus_conditions_find_what_search_finds() {
    for case in common::cases() {
        let snapshot = Arc::new(case.open());
        let sql = shared(&snapshot, Limits::default());
        for (terms, condition) in [
            ("kind:closure", "kind = 'closure'"),
            ("kind:string", "kind IN ('string')"),
            ("retained>10000", "retained_size > 10000"),
            ("size>=64", "shallow_size >= 64.0"),
            ("distance<=3", "distance <= 3"),
            ("class:=Object", "class = 'Object'"),
            ("class:=Function retained>200", "class = 'Function' AND retained_size > '200'"),
        ] {
            let found = match Query::parse(terms) {
                Ok(query) => search(&snapshot, &query, &CancelToken::new()).unwrap(),
                Err(error) => panic!("{terms}: {error}"),
            };
            let node = |node: usize| NodeOrdinal(u32::try_from(node).unwrap());
            let wanted: Vec<i64> = found.iter().map(|at| snapshot.id(node(at)).0.cast_signed()).collect();
            let mut got = numbers(&sql, &format!("SELECT id FROM nodes WHERE shallow_size > 0 AND {condition}"));
            let mut sorted = wanted.clone();
            got.sort_unstable();
            sorted.sort_unstable();
            assert_eq!(got, sorted, "{}: {terms}", case.name);
        }
    }
}

#[test]
fn corpus_groups_and_orders_are_those_of_the_rows() {
    for case in common::cases() {
        let snapshot = Arc::new(case.open());
        let sql = shared(&snapshot, Limits::default());
        let mut groups: BTreeMap<String, (i64, i64)> = BTreeMap::new();
        for node in snapshot.graph().nodes() {
            let group = groups.entry(snapshot.class(node).name.chars().take(4000).collect()).or_default();
            group.0 += 1;
            group.1 = group.1.saturating_add(i64::try_from(snapshot.self_size(node)).unwrap());
        }
        let wanted: Vec<Vec<Value>> = groups
            .iter()
            .map(|(name, &(count, size))| vec![text(name), Value::Integer(count), Value::Integer(size)])
            .collect();
        if snapshot.classes().all().iter().all(|class| class.name.len() < 4000) {
            let query = "SELECT class, count(*), sum(self_size) FROM nodes GROUP BY class ORDER BY class";
            assert_eq!(rows(&sql, query), wanted, "{}", case.name);
        }
        for (column, number) in [("retained_size", 0), ("self_size", 1), ("distance", 2)] {
            let descending = numbers_or_null(&sql, &format!("SELECT {column} FROM nodes ORDER BY {column} DESC"));
            let mut wanted: Vec<Option<i64>> = snapshot
                .graph()
                .nodes()
                .map(|node| match number {
                    0 => i64::try_from(snapshot.retained_size(node)).ok(),
                    1 => i64::try_from(snapshot.self_size(node)).ok(),
                    _ => snapshot.distance(node).user().map(i64::from),
                })
                .collect();
            wanted.sort_unstable();
            assert_eq!(numbers_or_null(&sql, &format!("SELECT {column} FROM nodes ORDER BY {column}")), wanted);
            wanted.reverse();
            assert_eq!(descending, wanted, "{}: {column}", case.name);
        }
    }
}

fn numbers_or_null(sql: &Sql, query: &str) -> Vec<Option<i64>> {
    let number = |row: Vec<Value>| match row[0] {
        Value::Integer(number) => Some(number),
        _ => None,
    };
    rows(sql, query).into_iter().map(number).collect()
}

#[test]
fn corpus_edges_are_found_from_both_ends() {
    for case in common::cases() {
        let snapshot = Arc::new(case.open());
        let (graph, sql) = (snapshot.graph(), shared(&snapshot, Limits::default()));
        assert_eq!(numbers(&sql, "SELECT count(*) FROM edges"), [i64::try_from(graph.edge_count()).unwrap()]);
        let mut by_id: BTreeMap<u64, Vec<NodeOrdinal>> = BTreeMap::new();
        graph.nodes().for_each(|node| by_id.entry(snapshot.id(node).0).or_default().push(node));
        let step = (by_id.len() / 20).max(1);
        for (&of, nodes) in by_id.iter().step_by(step).take(20) {
            let signed = of.cast_signed();
            let found = rows(&sql, &format!("SELECT id, name FROM nodes WHERE id = {signed}"));
            assert_eq!(found.len(), nodes.len(), "{}: @{of}", case.name);
            let got = rows(&sql, &format!("SELECT to_id, kind, name, position FROM edges WHERE from_id = {signed}"));
            let wanted: Vec<Vec<Value>> = nodes
                .iter()
                .flat_map(|&node| graph.edges(node).enumerate())
                .map(|(at, edge)| {
                    let (to, kind) = (id(&snapshot, graph.edge_target(edge)), text(graph.edge_kind_name(edge)));
                    vec![to, kind, text(&snapshot.edge_name(edge)), number(at as u64)]
                })
                .collect();
            assert_eq!(got, wanted, "{}: from @{of}", case.name);
            let got = rows(&sql, &format!("SELECT from_id FROM edges WHERE to_id = {signed}"));
            let sources = nodes.iter().flat_map(|&node| graph.retaining_edges(node));
            let wanted: Vec<Vec<Value>> = sources.map(|edge| vec![id(&snapshot, graph.edge_source(edge))]).collect();
            assert_eq!(got, wanted, "{}: to @{of}", case.name);
        }
    }
}

#[test]
fn edges_with_a_name_are_those_of_a_scan() {
    let snapshot = Arc::new(common::case("node24-1").open());
    let sql = shared(&snapshot, Limits::default());
    for name in ["constructor", "0", "7", "elements", "no such name"] {
        let found = numbers(&sql, &format!("SELECT count(*) FROM edges WHERE name = '{name}'"));
        // An expression is not looked up.
        let scanned = numbers(&sql, &format!("SELECT count(*) FROM edges WHERE name || '' = '{name}'"));
        assert_eq!(found, scanned, "{name}");
    }
    assert!(numbers(&sql, "SELECT count(*) FROM edges WHERE name = 'constructor' AND kind = 'property'")[0] > 10);
    let insensitive = numbers(&sql, "SELECT count(*) FROM nodes WHERE class = 'object' COLLATE NOCASE");
    assert!(insensitive[0] >= numbers(&sql, "SELECT count(*) FROM nodes WHERE class = 'Object'")[0]);
    assert!(insensitive[0] > 0);
}

#[test]
fn lookups_visit_only_what_they_return() {
    let heap = linked_list(20_000, |_| 16);
    let snapshot = Arc::new(common::open_bytes("list", crate::generated::write(&heap)).unwrap());
    let sql = shared(&snapshot, Limits::default());
    let all = snapshot.graph().node_count() as u64;
    let last = snapshot.id(snapshot.graph().nodes().last().unwrap()).0;
    for query in [
        format!("SELECT * FROM nodes WHERE id = {last}"),
        format!("SELECT * FROM edges WHERE from_id = {last}"),
        format!("SELECT * FROM edges WHERE to_id = {last}"),
        format!("SELECT * FROM edges WHERE from_id = {last} AND kind = 'property'"),
        format!("SELECT * FROM nodes WHERE id IN ({last}, {last} + 2)"),
        format!("SELECT * FROM nodes AS a JOIN nodes AS b ON b.id = a.dominator_id WHERE a.id = {last}"),
        format!("SELECT * FROM entries WHERE owner_id = {last}"),
        "SELECT * FROM nodes ORDER BY retained_size DESC LIMIT 5".to_owned(),
        "SELECT * FROM nodes WHERE class = 'no such class'".to_owned(),
    ] {
        let (_, ran) = ask(&sql, &query);
        assert!(ran.visited <= 20, "{query}: {} rows were visited", ran.visited);
    }
    // Many lookups of a class use an index.
    let query = "SELECT count(*) FROM nodes WHERE class = 'Value'";
    let visited: Vec<u64> = (0..6).map(|_| ask(&sql, query).1.visited).collect();
    assert_eq!((visited[0], visited[5]), (all, 20_000), "{visited:?}");
    // A path of thousands of steps visits each of its nodes, and no others.
    let deepest = numbers(&sql, "SELECT id FROM nodes ORDER BY distance DESC LIMIT 1")[0];
    let query = format!(
        "WITH RECURSIVE chain(step, id) AS (VALUES(0, {deepest}) UNION ALL SELECT step + 1, dominator_id FROM chain \
         JOIN nodes USING (id) WHERE dominator_id <> id AND step < 10000) SELECT count(*), max(step) FROM chain"
    );
    let (rows, ran) = ask(&sql, &query);
    assert_eq!(rows, [[Value::Integer(10_001), Value::Integer(10_000)]]);
    assert!(ran.visited <= 10_100, "{}", ran.visited);
    // Groups by class read each node once, in the order of the classes.
    let (_, ran) = ask(&sql, "SELECT class, count(*), sum(self_size) FROM nodes GROUP BY class");
    assert_eq!(ran.visited, all);
}

#[test]
fn equal_ids_are_all_found_and_huge_ones_stay_different() {
    let snapshot = Arc::new(common::case("duplicate-and-huge-ids").open());
    let sql = shared(&snapshot, Limits::default());
    let mut by_id: BTreeMap<u64, u64> = BTreeMap::new();
    snapshot.graph().nodes().for_each(|node| *by_id.entry(snapshot.id(node).0).or_default() += 1);
    assert!(by_id.values().any(|&count| count > 1), "the file has equal ids");
    for _ in 0..3 {
        for (&of, &count) in &by_id {
            let query = format!("SELECT count(*) FROM nodes WHERE id = {}", of.cast_signed());
            assert_eq!(rows(&sql, &query), [[number(count)]], "@{of}");
        }
    }
    assert_eq!(rows(&sql, "SELECT count(DISTINCT id) FROM nodes"), [[number(by_id.len() as u64)]]);
}

#[test]
fn several_snapshots_are_one_query() {
    let open = |name| common::case(name).open();
    let both = sql(vec![open("small-1"), open("small-2")]);
    let (first, second) = (open("small-1"), open("small-2"));
    let counts = [&first, &second].map(|of| number(of.graph().node_count() as u64));
    let got = rows(&both, "SELECT snapshot, count(*) FROM nodes GROUP BY snapshot");
    assert_eq!(got, [vec![Value::Integer(1), counts[0].clone()], vec![Value::Integer(2), counts[1].clone()]]);
    assert_eq!(
        rows(&both, "SELECT nodes FROM snapshots ORDER BY snapshot DESC"),
        [[counts[1].clone()], [counts[0].clone()]]
    );
    // A class of both snapshots is one group, whatever order its rows come in.
    let grouped = rows(&both, "SELECT class, count(*) FROM nodes GROUP BY class");
    let scanned = rows(&both, "SELECT class || '' AS class_name, count(*) FROM nodes GROUP BY class_name ORDER BY 1");
    assert_eq!(grouped, scanned);
    let by_both = rows(&both, "SELECT snapshot, class, count(*) FROM nodes GROUP BY class, snapshot ORDER BY 1, 2");
    let scanned =
        rows(&both, "SELECT snapshot, class || '' AS class_name, count(*) FROM nodes GROUP BY 1, 2 ORDER BY 1, 2");
    assert_eq!(by_both, scanned);
    let grown = numbers(
        &both,
        "SELECT count(*) FROM nodes AS a JOIN nodes AS b USING (id) WHERE a.snapshot = 1 AND b.snapshot = 2 \
         AND a.class = b.class",
    );
    assert!(grown[0] > 1000, "{grown:?}");
    for ready in READY {
        let limited = format!("SELECT * FROM ({}) LIMIT 20", ready.query);
        ask(&both, &limited);
    }
}

#[test]
fn ready_queries_have_answers() {
    let sql = shared(&Arc::new(common::case("chromium-leak-1").open()), Limits::default());
    for ready in READY.iter().filter(|ready| !ready.is_about_several) {
        assert!(!rows(&sql, ready.query).is_empty(), "{}", ready.title);
    }
}

#[test]
fn functions_describe_paths_texts_and_dominance() {
    let snapshot = Arc::new(common::case("node24-1").open());
    let sql = shared(&snapshot, Limits::default());
    let one = |query: &str| rows(&sql, query).remove(0).remove(0);
    let deep = one("SELECT path(id) FROM nodes WHERE class = 'Object' AND distance = 4 LIMIT 1");
    let Value::Text(path) = deep else { panic!("{deep:?}") };
    assert!(path.matches(" → ").count() >= 3, "{path}");
    let query = "SELECT count(*) FROM (SELECT * FROM nodes WHERE kind = 'string' LIMIT 500) WHERE text(id) IS NULL";
    assert_eq!(one(query), Value::Integer(0));
    assert_eq!(one("SELECT text(id) FROM nodes WHERE kind = 'closure' LIMIT 1"), Value::Null);
    let query = "SELECT min(retains(dominator_id, id)) FROM (SELECT * FROM nodes WHERE reachable LIMIT 500)";
    assert_eq!(one(query), Value::Integer(1));
    assert_eq!(one("SELECT path(-5)"), Value::Null);
    assert_eq!(one("SELECT path('x')"), Value::Null);
    assert_eq!(one("SELECT path(1, 2)"), Value::Null);
    let Value::Integer(count) = one("SELECT count(*) FROM nodes WHERE class REGEXP '^Obj.*t$'") else { panic!() };
    assert!(count > 100);
    assert!(refusal(&sql, "SELECT 'a' REGEXP '('").contains("unclosed group"));
}

#[test]
fn entries_and_strings_are_those_of_the_panes() {
    let snapshot = Arc::new(common::case("node24-1").open());
    let sql = shared(&snapshot, Limits::default());
    let groups = duplicate_strings(&snapshot, &CancelToken::new()).unwrap();
    let count = Value::Integer(i64::try_from(groups.groups.len()).unwrap());
    assert_eq!(rows(&sql, "SELECT count(*) FROM strings WHERE copies > 1"), [[count]]);
    let wasted = Value::Integer(i64::try_from(groups.wasted_bytes).unwrap());
    assert_eq!(rows(&sql, "SELECT sum(wasted_bytes) FROM strings"), [[wasted]]);
    let largest = rows(&sql, "SELECT owner_id, kind, count(*) FROM entries GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 50");
    let kinds = ["Map", "Set", "WeakMap/Set", "Object as map"].map(text);
    let types = [CollectionKind::Map, CollectionKind::Set, CollectionKind::WeakCollection, CollectionKind::Dictionary];
    let mut seen = 0;
    for row in largest {
        let [Value::Integer(owner), kind, count] = &row[..] else { panic!("{row:?}") };
        let node = snapshot.graph().nodes().find(|&node| snapshot.id(node).0.cast_signed() == *owner).unwrap();
        let of = types[kinds.iter().position(|known| known == kind).unwrap()];
        let entries = entries_of(&snapshot, node, of, &CancelToken::new()).unwrap();
        assert_eq!(*count, number(entries.len() as u64), "@{owner}");
        seen += entries.len();
        let keys = rows(&sql, &format!("SELECT count(*) FROM entries WHERE owner_id = {owner} AND key IS NOT NULL"));
        assert_ne!(keys, [[Value::Integer(0)]], "@{owner}");
    }
    assert!(seen > 100, "{seen} entries");
}

#[test]
fn everything_but_reading_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("written.db");
    let sql = shared(&Arc::new(common::case("pretty").open()), Limits::default());
    let path = file.display();
    for statement in [
        format!("ATTACH '{path}' AS other"),
        format!("VACUUM INTO '{path}'"),
        "PRAGMA table_info(nodes)".to_owned(),
        "PRAGMA hard_heap_limit=0".to_owned(),
        "SELECT * FROM pragma_table_info('nodes')".to_owned(),
        "SELECT * FROM sqlite_schema".to_owned(),
        "SELECT sql FROM sqlite_temp_schema".to_owned(),
        "SELECT load_extension('x')".to_owned(),
        "SELECT fts3_tokenizer('x')".to_owned(),
        "SELECT readfile('/etc/passwd')".to_owned(),
        format!("SELECT writefile('{path}', 'x')"),
        "CREATE TABLE a(b)".to_owned(),
        "CREATE TEMP TABLE a AS SELECT 1".to_owned(),
        "CREATE VIRTUAL TABLE a USING fts5(b)".to_owned(),
        "CREATE TEMP VIEW a AS SELECT 1".to_owned(),
        "INSERT INTO nodes VALUES (1)".to_owned(),
        "UPDATE nodes SET id = 1".to_owned(),
        "DELETE FROM nodes".to_owned(),
        "DROP TABLE nodes".to_owned(),
        "BEGIN".to_owned(),
        "SAVEPOINT a".to_owned(),
        "ANALYZE".to_owned(),
        "REINDEX".to_owned(),
        "SELECT 1; SELECT 2".to_owned(),
        "SELECT ?".to_owned(),
        String::new(),
        "-- nothing".to_owned(),
        "SELECT '\0'".to_owned(),
    ] {
        refusal(&sql, &statement);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no file was written");
    assert_eq!(rows(&sql, "SELECT value FROM json_each('[7]')"), [[Value::Integer(7)]]);
}

#[test]
fn errors_name_their_position() {
    let sql = shared(&Arc::new(common::case("pretty").open()), Limits::default());
    for (query, at) in [
        ("SELECT nmae FROM nodes", Some(7)),
        ("SELECT * FROM nods", Some(14)),
        ("SELECT * FORM nodes", Some(14)),
        ("SELEC 1", Some(0)),
        ("SELECT nope(1)", Some(7)),
        ("PRAGMA database_list", Some(0)),
        ("SELECT \"typo\" FROM nodes", Some(7)),
    ] {
        match sql.rows(query, &CancelToken::new()) {
            Err(SqlError::Query { offset, message }) => {
                let near = at.is_some_and(|at| offset.is_some_and(|offset| offset.abs_diff(at) <= 5));
                assert!(near, "{query}: {message} at {offset:?}");
            }
            other => panic!("{query}: {other:?}"),
        }
    }
}

/// A query that would run for hours.
const ENDLESS: &str =
    "SELECT count(*) FROM edges AS a, edges AS b, edges AS c WHERE a.position + b.position = -c.position - 1";

#[test]
fn a_query_stops_when_it_is_cancelled_or_takes_too_long() {
    let snapshot = Arc::new(common::case("node24-1").open());
    let began = Instant::now();
    let limits = Limits { time: Some(Duration::from_millis(50)), rows: None };
    for query in [ENDLESS, "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n"] {
        let late = shared(&snapshot, limits).rows(query, &CancelToken::new());
        assert_eq!(late.unwrap_err(), SqlError::TooLong(Duration::from_millis(50)), "{query}");
    }
    let cancel = CancelToken::new();
    let stopper = cancel.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        stopper.cancel();
    });
    assert_eq!(shared(&snapshot, Limits::default()).rows(ENDLESS, &cancel).unwrap_err(), SqlError::Cancelled);
    thread.join().unwrap();
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    let limits = Limits { rows: Some(3), time: None };
    let (rows, ran) = shared(&snapshot, limits).rows("SELECT id FROM nodes", &CancelToken::new()).unwrap();
    assert!(rows.rows.len() == 3 && ran.is_cut);
}

#[test]
fn or_lists_the_rows_of_every_snapshot() {
    let both = sql(vec![common::case("small-1").open(), common::case("small-2").open()]);
    for (table, one, other) in [
        ("nodes", "kind = 'closure'", "class = 'Object'"),
        ("edges", "from_id = 3", "to_id = 7"),
        ("entries", "owner_id = 76837", "(owner_id = 75101 AND snapshot = 1)"),
        ("classes", "snapshot = 1", "count > 100"),
    ] {
        let count = |condition: String| numbers(&both, &format!("SELECT count(*) FROM {table} WHERE {condition}"));
        let found = count(format!("{one} OR {other}"));
        // SQLite lists a row for which the first condition is NULL, too.
        let [first, second] = [count(one.to_owned()), count(format!("({other}) AND NOT coalesce({one}, 0)"))];
        assert_eq!(found[0], first[0] + second[0], "{table}");
        assert!(found[0] > 0, "{table}");
    }
}

#[test]
fn functions_of_texts_answer_as_sqlite_does_and_in_linear_time() {
    let sql = sql(Vec::new());
    for (call, wanted) in [
        ("instr('añb', 'b')", Value::Integer(3)),
        ("instr('ab', '')", Value::Integer(1)),
        ("instr('ab', 'c')", Value::Integer(0)),
        ("instr(NULL, 'c')", Value::Null),
        ("instr(x'00ff01', x'01')", Value::Integer(3)),
        ("instr(1234, 34)", Value::Integer(3)),
        ("replace('aXbX', 'X', 'yy')", text("ayybyy")),
        ("replace('aaa', 'aa', 'b')", text("ba")),
        ("replace('a', '', 'b')", text("a")),
        ("replace('a', 'a', NULL)", Value::Null),
        ("trim('xyaxby', 'yx')", text("axb")),
        ("ltrim('xyaxby', 'yx')", text("axby")),
        ("rtrim('xyaxby', 'yx')", text("xyaxb")),
        ("trim('  a ')", text("a")),
        ("trim('a', '')", text("a")),
    ] {
        assert_eq!(rows(&sql, &format!("SELECT {call}")), [[wanted]], "{call}");
    }
    // Quadratic time would be hours.
    let many = |text: &str, count: u32| format!("replace(hex(zeroblob({count})), '0', '{text}')");
    let query = format!(
        "SELECT instr({0}, {1} || 'b'), instr(replace({0}, {1} || 'b', ''), 'b'), length(trim({0}, {2} || 'b'))",
        many("a", 4_000_000),
        many("a", 2_000_000),
        many("c", 2_000_000)
    );
    assert_eq!(rows(&sql, &query), [[Value::Integer(0), Value::Integer(0), Value::Integer(8_000_000)]]);
    let grown = format!("SELECT replace({}, 'a', 'aaaa')", many("a", 4_000_000));
    assert!(refusal(&sql, &grown).contains("too big"));
}

#[test]
fn huge_values_are_errors() {
    let sql = shared(&Arc::new(common::case("pretty").open()), Limits::default());
    for query in [
        "SELECT zeroblob(1000000000)",
        "SELECT printf('%.*c', 1000000000, 'x')",
        "SELECT replace(printf('%.*c', 100000, 'x'), 'x', printf('%.*c', 100000, 'y'))",
        "SELECT 'a' LIKE printf('%.*c', 2000, '%')",
    ] {
        assert!(sql.rows(query, &CancelToken::new()).is_err(), "{query}");
    }
    let deep = format!("SELECT {}1{}", "(".repeat(5000), ")".repeat(5000));
    assert!(sql.rows(&deep, &CancelToken::new()).is_err());
}

/// Returns parts of queries, valid and not.
fn part() -> impl Strategy<Value = String> {
    let fixed: Vec<&str> = "SELECT * FROM nodes edges classes strings scripts allocations findings holders entries \
        snapshots WHERE id = from_id to_id owner_id class kind name retained_size > < >= <= IN ( ) , AND OR NOT NULL IS \
        ORDER BY GROUP LIMIT 3 -1 'x' '' \"id\" 9223372036854775807 -9223372036854775808 1e999 0.5 x'00' path( text( \
        retains( regexp( count(*) sum( JOIN USING (id) ON a.id AS a snapshot = 1 dominator_id WITH RECURSIVE UNION ALL \
        VALUES (1) DISTINCT DESC LIKE '%' REGEXP '.' COLLATE NOCASE BETWEEN CASE WHEN THEN END ; -- /* */ . \u{1f980}"
        .split(' ')
        .filter(|part| !part.is_empty())
        .collect();
    prop_oneof![
        8 => prop::sample::select(fixed).prop_map(str::to_owned),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => ".{0,8}",
    ]
}

/// Returns conditions that are valid, with values of any type.
fn condition() -> impl Strategy<Value = String> {
    let columns = prop::sample::select(vec![
        "snapshot",
        "id",
        "kind",
        "class",
        "name",
        "self_size",
        "shallow_size",
        "retained_size",
        "distance",
        "dominator_id",
        "detachedness",
        "edge_count",
        "retainer_count",
        "reachable",
    ]);
    let operators = prop::sample::select(vec!["=", "<", ">", "<=", ">=", "<>", "IS"]);
    let values = prop_oneof![
        (-3_i64..200).prop_map(|number| number.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| format!("{number:?}").replace("inf", "9e999").replace("NaN", "NULL")),
        prop::sample::select(vec![
            "NULL", "'Object'", "'object'", "'7'", "' 7.0 '", "'nan'", "'inf'", "'x'", "x'37'", "''"
        ])
        .prop_map(str::to_owned),
    ];
    (columns, operators, values).prop_map(|(column, operator, value)| format!("{column} {operator} {value}"))
}

fn small() -> &'static Arc<Snapshot> {
    static SMALL: std::sync::OnceLock<Arc<Snapshot>> = std::sync::OnceLock::new();
    SMALL.get_or_init(|| Arc::new(common::case("duplicate-and-huge-ids").open()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_an_answer_or_an_error(parts in prop::collection::vec(part(), 1..14)) {
        let limits = Limits { time: Some(Duration::from_millis(300)), rows: Some(1000) };
        let query = format!("SELECT {}", parts.join(" "));
        for query in [query.as_str(), &parts.join(" ")] {
            if let Err(SqlError::Query { offset: Some(offset), .. }) = shared(small(), limits).rows(query, &CancelToken::new()) {
                prop_assert!(query.is_char_boundary(offset), "{query}: {offset}");
            }
        }
    }

    #[test]
    fn conditions_select_the_rows_that_sqlite_selects(conditions in prop::collection::vec(condition(), 1..4)) {
        let sql = shared(small(), Limits::default());
        let condition = conditions.join(" AND ");
        let looked_up = format!("SELECT id, self_size FROM nodes WHERE {condition} ORDER BY 1, 2");
        // A copy of the table, of which no comparison is handled by the table itself.
        let mut copied = "WITH copy AS MATERIALIZED (SELECT * FROM nodes LIMIT -1) ".to_owned();
        let _ = write!(copied, "SELECT id, self_size FROM copy WHERE {condition} ORDER BY 1, 2");
        prop_assert_eq!(rows(&sql, &looked_up), rows(&sql, &copied), "{}", condition);
    }
}
