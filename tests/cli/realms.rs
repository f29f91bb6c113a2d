//! `heapglass realms`: windows, vm contexts and main realms by name, and their sizes.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::bundled;

fn answer(file: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapglass"));
    let output = command.env("HEAPGLASS_INDEX", "off").arg("realms").arg(file).args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn realms(name: &str) -> Value {
    serde_json::from_str(&answer(&bundled(&format!("snapshots/{name}.heapsnapshot.zst")), &["--format", "json"]))
        .unwrap()
}

fn kinds(answer: &Value) -> Vec<&str> {
    let mut kinds: Vec<&str> =
        answer["realms"].as_array().unwrap().iter().map(|realm| realm["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    kinds
}

#[test]
fn windows_have_their_origin_and_the_script_that_runs_in_them() {
    let answer = realms("chromium-leak-1");
    let all = answer["realms"].as_array().unwrap();
    let windows: Vec<&Value> = all.iter().filter(|realm| realm["kind"] == "window").collect();
    assert!(!windows.is_empty() && kinds(&answer).contains(&"utility"), "{:?}", kinds(&answer));
    for window in &windows {
        let origin = window["origin"].as_str().unwrap();
        assert!(origin.starts_with("http://127.0.0.1:") && !origin.contains(' '), "{origin}");
    }
    assert!(
        windows.iter().any(|window| window["script"].as_str().is_some_and(|url| url.ends_with("/app.js"))),
        "{windows:#?}"
    );
    assert!(windows.iter().any(|window| window["detachedness"] == 1), "{windows:#?}");
    let sizes: Vec<u64> = all.iter().map(|realm| realm["shallow_size"].as_u64().unwrap()).collect();
    assert!(sizes.is_sorted_by(|a, b| a >= b), "{sizes:?}");
}

#[test]
fn vm_contexts_of_all_versions_of_node_differ_from_the_main_realm() {
    for name in ["node8-1", "node24-1", "small-2"] {
        let answer = realms(name);
        let kinds = kinds(&answer);
        assert_eq!(kinds.iter().filter(|kind| **kind == "main").count(), 1, "{name}: {kinds:?}");
        assert!(kinds.iter().all(|kind| ["main", "vm-context"].contains(kind)), "{name}: {kinds:?}");
    }
    assert_eq!(kinds(&realms("node24-1")), ["main", "vm-context"]);
    assert_eq!(kinds(&realms("deno-1")).first(), Some(&"main"));
}

#[test]
fn realms_shared_and_unattributed_objects_add_up_to_the_heap() {
    for name in ["chromium-leak-1", "node24-1", "node8-1", "pretty"] {
        let answer = realms(name);
        let of = |value: &Value, member: &str| value[member].as_u64().unwrap();
        let sum = |member: &str| {
            let realms: u64 = answer["realms"].as_array().unwrap().iter().map(|realm| of(realm, member)).sum();
            realms + of(&answer["shared"], member) + of(&answer["unattributed"], member)
        };
        let file = bundled(&format!("snapshots/{name}.heapsnapshot.zst"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_heapglass"));
        let output =
            command.env("HEAPGLASS_INDEX", "off").args(["nodes", "--format", "json"]).arg(file).output().unwrap();
        let nodes: Value = serde_json::from_slice(&output.stdout).unwrap();
        let sizes = nodes.as_array().unwrap().iter().map(|node| of(node, "shallow_size"));
        assert_eq!(sum("shallow_size"), sizes.clone().sum::<u64>(), "{name}");
        assert_eq!(sum("count"), sizes.filter(|size| *size > 0).count() as u64, "{name}");
    }
}

#[test]
fn text_and_csv_list_the_same_realms() {
    let file = bundled("snapshots/chromium-leak-1.heapsnapshot.zst");
    let count = realms("chromium-leak-1")["realms"].as_array().unwrap().len();
    let text = answer(&file, &[]);
    assert!(text.starts_with(&format!("chromium-leak-1.heapsnapshot.zst: {count} realms\n")), "{text}");
    assert!(text.contains("Window http://127.0.0.1:") && text.contains(", app.js"), "{text}");
    assert!(text.contains("Shared by several realms") && text.contains("In no realm"), "{text}");
    let csv = answer(&file, &["--format", "csv"]);
    assert_eq!(csv.lines().count(), 1 + count + 2, "{csv}");
    let limited = answer(&file, &["--format", "csv", "--limit", "1"]);
    assert_eq!(limited.lines().count(), 1 + 1 + 2, "{limited}");
    let none = answer(&bundled("snapshots/bun-1.heapsnapshot.zst"), &[]);
    assert!(none.contains(": 0 realms"), "{none}");
}
