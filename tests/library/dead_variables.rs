//! Compares variables that no live function reads with Chrome DevTools.

use crate::common;
use crate::common::{archive, open_bytes, parse_json};
use heapglass::Snapshot;
use heapglass::test_support::model::{CancelToken, NodeOrdinal};
use heapglass::test_support::query::{DeadContext, DeadVariable, DeadVariables, dead_variables, node_label};
use serde_json::{Value, json};

fn found(snapshot: &Snapshot) -> DeadVariables {
    dead_variables(snapshot, &CancelToken::new()).unwrap()
}

/// DevTools wraps ids and sizes at 2^32.
fn wrapped(value: u64) -> u64 {
    value & 0xffff_ffff
}

/// A context as both sides describe it.
fn found_context(snapshot: &Snapshot, context: &DeadContext) -> Value {
    let id = |node: NodeOrdinal| wrapped(snapshot.id(node).0);
    let field = |variable: &DeadVariable| {
        json!({
            "name": snapshot.graph().strings().text(variable.name),
            "id": id(variable.value),
            "value": snapshot.display_name(variable.value),
            "type": snapshot.graph().kind_name(variable.value),
            "self": wrapped(snapshot.shallow_size(variable.value)),
            "retained": wrapped(variable.retained_size),
        })
    };
    json!({
        "id": id(context.context),
        "retained": wrapped(context.retained_size),
        "dead": wrapped(context.dead_size),
        "fields": context.variables.iter().map(field).collect::<Vec<_>>(),
    })
}

fn expected_context(context: &Value) -> Value {
    let field = |field: &Value| {
        json!({
            "name": field["name"],
            "id": field["valueNodeId"],
            "value": field["valueName"],
            "type": field["valueType"],
            "self": field["selfSize"],
            "retained": field["retainedSize"],
        })
    };
    json!({
        "id": context["contextNodeId"],
        "retained": context["retainedSize"],
        "dead": context["deadFieldsRetainedSizeSum"],
        "fields": context["deadFields"].as_array().unwrap().iter().map(field).collect::<Vec<_>>(),
    })
}

/// Compares with what DevTools' context analysis says; gives the number of contexts with dead variables.
fn check(name: &str, snapshot: &Snapshot, expected: &Value) -> usize {
    let dead = found(snapshot);
    let id = |node: NodeOrdinal| wrapped(snapshot.id(node).0);
    let scopes = expected["scopes"].as_array().unwrap();
    let total = expected["scopeCount"].as_u64().map_or(scopes.len(), |count| usize::try_from(count).unwrap());
    assert_eq!(dead.scopes.len(), total, "{name}: scopes");
    let unknown: Vec<Value> = dead
        .unknown_scripts
        .iter()
        .map(|script| json!({"id": id(script.script), "name": script.name, "contexts": script.context_count}))
        .collect();
    let theirs = expected["scriptsWithoutScopes"].as_array().unwrap().iter();
    let theirs: Vec<Value> = theirs
        .map(|script| {
            json!({"id": script["scriptNodeId"], "name": script["scriptName"], "contexts": script["contextCount"]})
        })
        .collect();
    assert_eq!(unknown, theirs, "{name}: scripts without scopes");
    let mut contexts = 0;
    for (scope, wanted) in dead.scopes.iter().zip(scopes) {
        let ours = json!({
            "info": id(scope.scope_info),
            "script": id(scope.script),
            "name": scope.script_name,
            "start": scope.start,
            "end": scope.end,
            "fields": scope.variable_count,
        });
        let theirs = json!({
            "info": wanted["scopeInfoNodeId"],
            "script": wanted["scriptNodeId"],
            "name": wanted["scriptName"],
            "start": wanted["scopeStart"],
            "end": wanted["scopeEnd"],
            "fields": wanted["contextFieldCount"],
        });
        assert_eq!(ours, theirs, "{name}");
        if let Some(total) = wanted["contextTotal"].as_u64() {
            assert_eq!(scope.contexts.len() as u64, total, "{name}: contexts");
        }
        contexts += scope.contexts.len();
        let theirs: Vec<Value> = wanted["contexts"].as_array().unwrap().iter().map(expected_context).collect();
        let ours: Vec<Value> =
            scope.contexts.iter().take(theirs.len()).map(|context| found_context(snapshot, context)).collect();
        assert_eq!(ours, theirs, "{name}");
    }
    contexts
}

#[test]
fn corpus_dead_variables_equal_devtools() {
    let (mut files, mut contexts) = (0, 0);
    for (case, expected) in common::answered("contexts") {
        files += 1;
        contexts += check(&case.name, &case.open(), &expected);
    }
    assert!(files >= 19 && contexts >= 100, "{files} files, {contexts} contexts");
}

#[test]
fn dead_variables_of_random_snapshots_are_those_that_devtools_finds() {
    let files = archive("fuzz.tar.zst");
    let mut contexts = 0;
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".heapsnapshot")) {
        let expected = parse_json(std::str::from_utf8(&files[&format!("{name}.full.json")]).unwrap());
        let Some(expected) = expected.get("contexts") else { continue };
        contexts += check(name, &open_bytes(name, bytes.clone()).unwrap(), expected);
    }
    assert!(contexts > 0);
}

#[test]
fn a_leaked_variable_is_named_with_its_function_and_what_clearing_it_frees() {
    let snapshot = common::case("chromium-leak-1").open();
    let dead = found(&snapshot);
    assert!(dead.has_scopes);
    let scope = &dead.scopes[0];
    assert!(scope.script_name.ends_with("/app.js"), "{}", scope.script_name);
    assert_eq!(scope.function.as_deref(), Some("closureLeak"));
    let variable = scope.contexts[0].variables[0];
    assert_eq!(snapshot.graph().strings().text(variable.name), "unused");
    assert_eq!(node_label(&snapshot, variable.value), "{huge, arr}");
    // Nothing but the variable holds the object.
    assert_eq!(variable.freed_size, variable.retained_size);
    assert!(variable.freed_size > 800);
}

#[test]
fn files_without_scopes_report_that() {
    for name in ["node24-1", "bun-1"] {
        assert_eq!(found(&common::case(name).open()), DeadVariables::default());
    }
}

#[test]
fn incomplete_scope_tables_report_no_dead_variables() {
    let text = String::from_utf8(common::case("chromium-leak-1").bytes()).unwrap();
    let (start, end) = (text.find("\"scope_uses\":").unwrap(), text.find("\"strings\":").unwrap());
    for uses in ["", "\"scope_uses\":[],", "\"scope_uses\":[1,0],"] {
        let text = format!("{}{uses}{}", &text[..start], &text[end..]);
        let dead = found(&open_bytes("without uses", text.into_bytes()).unwrap());
        assert_eq!(dead, DeadVariables { has_scopes: true, is_incomplete: true, ..DeadVariables::default() });
    }
}

#[test]
fn missing_data_reports_no_dead_variables() {
    let text = String::from_utf8(common::case("chromium-leak-1").bytes()).unwrap();
    let strings = text.find("\"strings\":").unwrap();
    for cut in [strings + 20_000, text.len() - 100_000, strings / 2] {
        let source = heapglass::test_support::format::Source::Bytes {
            name: "cut".to_owned(),
            bytes: text.as_bytes()[..cut].into(),
        };
        let progress = heapglass::test_support::model::Progress::new();
        let dead = found(&Snapshot::open_recovering(source, &progress, &CancelToken::new()).unwrap());
        assert_eq!(dead, DeadVariables { has_scopes: true, is_incomplete: true, ..DeadVariables::default() }, "{cut}");
    }
}
