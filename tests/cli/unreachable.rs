//! The command line marks unreachable objects and reports how many bytes of a snapshot are unreachable.

use std::process::{Command, Output};

use serde_json::Value;

use crate::generated;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_heapglass")).args(arguments).output().unwrap()
}

fn text(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&text(&[arguments, &["--format", "json"]].concat())).unwrap()
}

#[test]
fn every_command_marks_an_unreachable_object() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("julia.heapsnapshot");
    std::fs::write(&file, generated::julia_unreachable(5, 400)).unwrap();
    let file = file.to_str().unwrap();
    let found = json(&["search", file, "is:unreachable", "--limit", "1"]);
    assert_eq!((&found["count"], &found["objects"][0]["unreachable"]), (&Value::from(400), &Value::from(true)));
    let id = format!("@{}", found["objects"][0]["id"]);

    assert_eq!(json(&["object", file, &id])["unreachable"], true);
    assert!(text(&["object", file, &id]).contains("−  (Unreachable: no path of references leads from a root to it."));
    let retainers = json(&["retainers", file, &id]);
    assert_eq!((&retainers["unreachable"], &retainers["retainers"]), (&Value::from(true), &serde_json::json!([])));
    assert!(
        text(&["retainers", file, &id]).contains("\n  Unreachable: no path of references leads from a root to it.")
    );

    let reached = json(&["search", file, "-is:unreachable", "--limit", "1"]);
    assert_eq!(reached["objects"][0]["unreachable"], Value::Null, "said only where it is so");
    let root_held = json(&["search", file, "class:jl_module_t"])["objects"][0]["id"].clone();
    assert_eq!(json(&["object", file, &format!("@{root_held}")])["unreachable"], false);
    assert!(text(&["retainers", file, &format!("@{root_held}")]).contains("held by the root"));
}

#[test]
fn summary_and_statistics_say_how_many_bytes_are_unreachable() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: Vec<u8>| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let lost = write("lost.heapsnapshot", generated::julia_unreachable(5, 400));
    let held = write("held.heapsnapshot", generated::julia(5));
    assert_eq!(json(&["statistics", &lost])["unreachable"], 4_000_000);
    assert_eq!(json(&["summary", &lost])["totals"]["unreachable_size"], 4_000_000);
    assert_eq!(json(&["summary", &held])["totals"]["unreachable_size"], 0);
    assert!(text(&["summary", &lost]).contains("4.0 MB (99.0%) is unreachable"), "{}", text(&["summary", &lost]));
    assert!(
        text(&["statistics", &lost]).contains("Unreachable             4.0 MB"),
        "{}",
        text(&["statistics", &lost])
    );
    assert!(!text(&["summary", &held]).contains("unreachable"));
    assert!(!text(&["statistics", &held]).contains("Unreachable"));
}
