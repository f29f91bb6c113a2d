//! Classes of reloaded scripts on the command line: `check` joins them, other commands on request.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::generated::{V8Heap, reloaded};

fn run(arguments: &[&str], files: &[PathBuf]) -> Output {
    let (command, options) = arguments.split_first().unwrap();
    Command::new(env!("CARGO_BIN_EXE_heapglass")).arg(command).args(files).args(options).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error} in {}", text(output)))
}

fn written(folder: &Path) -> Vec<PathBuf> {
    let write = |step: u64| {
        let path = folder.join(format!("{step}.heapsnapshot"));
        std::fs::write(&path, reloaded(step, 300)).unwrap();
        path
    };
    (1..=4).map(write).collect()
}

fn sessions(answer: &Value) -> Vec<Value> {
    answer["classes"].as_array().unwrap().iter().filter(|class| class["name"] == "Session").cloned().collect()
}

#[test]
fn check_judges_all_loads_of_a_class_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let limits = ["--max-total-growth", "5%", "--fail-on-growing-every-step", "--format", "json"];
    let output = run(&[&["check"], &limits[..]].concat(), &written(folder.path()));
    assert_eq!(output.status.code(), Some(3));
    let report = json(&output);
    let findings = report["findings"].as_array().unwrap();
    let found: Vec<&Value> = findings.iter().filter(|finding| finding["class"] == "Session").collect();
    let [finding] = found[..] else { panic!("{report}") };
    assert_eq!(finding["rules"], serde_json::json!(["no class grows in every step", "total growth"]));
    assert_eq!(finding["pattern"], "Grows in every step");
    assert_eq!(finding["snapshots"][3]["count"], 1200);
    assert_eq!((&finding["new_count"], &finding["example"]["alike"]), (&Value::from(900), &Value::from(900)));
    assert_eq!(finding["location"]["url"], "file:///srv/app/session.mjs", "the URL of no load in particular");
}

#[test]
fn a_class_limit_counts_all_loads_and_names_the_pattern_of_their_sum() {
    let folder = tempfile::tempdir().unwrap();
    let files = written(folder.path());
    assert_eq!(run(&["check", "--max-class-growth", "Session=900"], &files).status.code(), Some(0));
    let output = run(&["check", "--max-class-growth", "Session=899"], &files);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output).contains("grows in every step: 300 → 600 → 900 → 1,200 objects"), "{}", text(&output));
}

#[test]
fn summary_and_compare_join_loads_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let files = written(folder.path());
    let (one, pair) = (&files[3..], [files[0].clone(), files[3].clone()]);
    assert_eq!(sessions(&json(&run(&["summary", "--format", "json"], one))).len(), 4);
    let joined = sessions(&json(&run(&["summary", "--join-reloaded", "--format", "json"], one)));
    let [class] = &joined[..] else { panic!("{joined:?}") };
    assert_eq!((&class["count"], &class["joined_classes"]), (&Value::from(1200), &Value::from(4)));
    assert_eq!(class["location"]["url"], "file:///srv/app/session.mjs");
    assert_eq!(sessions(&json(&run(&["compare", "--format", "json"], &pair))).len(), 3);
    let joined = sessions(&json(&run(&["compare", "--join-reloaded", "--format", "json"], &pair)));
    let [class] = &joined[..] else { panic!("{joined:?}") };
    assert_eq!((&class["new"], &class["joined_classes"]), (&Value::from(900), &Value::from(4)));
}

#[test]
fn the_option_is_offered_only_where_it_changes_rows() {
    let folder = tempfile::tempdir().unwrap();
    let files = written(folder.path());
    let pair = [files[0].clone(), files[3].clone()];
    let hint = "`--join-reloaded`";
    assert!(text(&run(&["summary"], &files[3..])).contains(hint));
    assert!(text(&run(&["compare"], &pair)).contains(hint));
    assert!(!text(&run(&["summary"], &files[..1])).contains(hint), "one load is one class");
    assert!(!text(&run(&["summary", "--join-reloaded"], &files[3..])).contains(hint));
    assert!(!text(&run(&["compare", "--join-reloaded"], &pair)).contains(hint));
}

#[test]
fn check_fails_on_a_leak_though_a_snapshot_lacks_the_url_of_its_script() {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = (0..3)
        .map(|step: u64| {
            let mut heap = V8Heap::new(false);
            let global = heap.global;
            let store = heap.array(global, "sessions");
            let script = heap.script(200, (step != 1).then_some("file:///srv/app/session.mjs"));
            for number in 0..1000 * (step + 1) {
                let session = heap.instance("Session", 48, script, 3);
                heap.heap.numbered(store, "element", number, session);
            }
            let path = folder.path().join(format!("{step}.heapsnapshot"));
            std::fs::write(&path, heap.write()).unwrap();
            path
        })
        .collect();
    let output = run(&["check", "--fail-on-growing-every-step", "--format", "json"], &files);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    let report = json(&output);
    let finding = report["findings"].as_array().unwrap().iter().find(|finding| finding["class"] == "Session").unwrap();
    assert_eq!(finding["example"]["alike_counts"], serde_json::json!([1000, 2000, 3000]));
    // The URL is known though the last snapshot lacks it.
    let last =
        run(&["check", "--fail-on-growing-every-step", "--format", "json"], &[&files[..1], &files[1..2]].concat());
    assert_eq!(json(&last)["findings"][0]["location"]["url"], "file:///srv/app/session.mjs");
}
