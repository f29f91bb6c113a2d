//! The output of `heapglass profile` and `heapglass allocations`.

use crate::common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn bundled(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/snapshots/{name}.zst"))
}

fn run(subcommand: &str, files: &[&str], more: &[&str]) -> Output {
    let files: Vec<PathBuf> = files.iter().map(|name| bundled(name)).collect();
    Command::new(env!("CARGO_BIN_EXE_heapglass")).arg(subcommand).args(files).args(more).output().unwrap()
}

/// Returns the standard output of a call that must succeed and write nothing to standard error.
fn answer(subcommand: &str, files: &[&str], more: &[&str]) -> String {
    let output = run(subcommand, files, more);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaint.is_empty(), "{subcommand} {more:?}: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(subcommand: &str, files: &[&str], more: &[&str]) -> Value {
    let more: Vec<&str> = more.iter().copied().chain(["--format", "json"]).collect();
    serde_json::from_str(&answer(subcommand, files, &more)).unwrap()
}

fn members(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

const CHROMIUM: &str = "chromium-sampling.heapprofile";
const BEFORE: &str = "leaky-job-before.heapprofile";
const AFTER: &str = "leaky-job-after.heapprofile";

#[test]
fn a_profile_as_json_has_devtools_total_and_its_functions_by_their_own_size() {
    let profile = json("profile", &[CHROMIUM], &[]);
    assert_eq!(members(&profile), ["file", "functions", "total_size"]);
    assert_eq!(profile["total_size"], 4_240_644);
    let functions = profile["functions"].as_array().unwrap();
    assert_eq!(members(&functions[0]), ["location", "name", "self_size", "total_size"]);
    assert_eq!(functions[0]["name"], "leak");
    assert_eq!(functions[0]["location"]["line"], 9, "lines count from 0");
    let own: Vec<u64> = functions.iter().map(|row| row["self_size"].as_u64().unwrap()).collect();
    assert!(own.is_sorted_by(|a, b| a >= b));
    assert_eq!(Some(own.iter().sum::<u64>()), profile["total_size"].as_u64(), "each byte is somebody's own");
    assert_eq!(json("profile", &[CHROMIUM], &["--limit", "2"])["functions"].as_array().unwrap().len(), 2);
}

#[test]
fn a_profile_from_the_top_down_is_a_tree_in_preorder() {
    let calls = json("profile", &[CHROMIUM], &["--top-down"])["calls"].clone();
    let calls = calls.as_array().unwrap();
    let depth = |call: &Value| call["depth"].as_u64().unwrap();
    assert_eq!(depth(&calls[0]), 0);
    assert!(calls.windows(2).all(|pair| depth(&pair[1]) <= depth(&pair[0]) + 1));
    let top: u64 = calls.iter().filter(|call| depth(call) == 0).map(|call| call["total_size"].as_u64().unwrap()).sum();
    assert_eq!(top, 4_240_644);
    let both = run("profile", &[CHROMIUM], &["--top-down", "--bottom-up"]);
    assert_eq!(both.status.code(), Some(2), "one of the two");
}

#[test]
fn two_profiles_are_compared_from_the_earlier_to_the_later() {
    let compared = json("profile", &[BEFORE, AFTER], &[]);
    assert_eq!(members(&compared), ["base", "base_total_size", "file", "functions", "total_size"]);
    assert!(compared["base"].as_str().unwrap().contains("before"));
    let grown = |row: &Value| row["self_size"].as_i64().unwrap() - row["base_self_size"].as_i64().unwrap();
    let functions = compared["functions"].as_array().unwrap();
    assert_eq!(functions[0]["name"], "remember", "the leak grew most");
    assert!(functions.windows(2).all(|pair| grown(&pair[0]) >= grown(&pair[1])));
    let sum: i64 = functions.iter().map(grown).sum();
    let totals = compared["total_size"].as_i64().unwrap() - compared["base_total_size"].as_i64().unwrap();
    assert_eq!(sum, totals);
    let text = answer("profile", &[BEFORE, AFTER], &["--limit", "1"]);
    assert!(text.contains('+') && text.contains("remember"), "{text}");
}

#[test]
fn allocations_as_json_are_devtools_functions() {
    let expected = common::case("unknown-node-types").expected_json("allocations").unwrap();
    let allocations = json("allocations", &["unknown-node-types.heapsnapshot"], &["--callers"]);
    assert_eq!(members(&allocations), ["file", "functions"]);
    let (ours, theirs) = (allocations["functions"].as_array().unwrap(), expected["tops"].as_array().unwrap());
    assert_eq!(ours.len(), theirs.len());
    let sums = |rows: &[Value], names: [&str; 4]| {
        names.map(|name| rows.iter().map(|row| row[name].as_u64().unwrap()).sum::<u64>())
    };
    assert_eq!(
        sums(ours, ["live_count", "count", "live_size", "size"]),
        sums(theirs, ["liveCount", "count", "liveSize", "size"])
    );
    assert!(ours.windows(2).all(|pair| pair[0]["size"].as_u64() >= pair[1]["size"].as_u64()));
    for row in ours {
        let callers = row["callers"].as_array().unwrap();
        let direct: u64 =
            callers.iter().filter(|row| row["depth"] == 1).map(|row| row["count"].as_u64().unwrap()).sum();
        assert!(callers.is_empty() || Some(direct) == row["count"].as_u64(), "{row}");
    }
}

#[test]
fn tables_and_csv_have_one_line_per_row() {
    let csv = answer("allocations", &["leaky-job.heaptimeline"], &["--format", "csv", "--limit", "5"]);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "depth,name,url,script_id,line,column,live_count,count,live_size,size");
    assert_eq!(lines.len(), 6);
    let csv = answer("profile", &[AFTER], &["--format", "csv", "--top-down"]);
    assert!(csv.starts_with("depth,name,url,script_id,line,column,self_size,total_size\n0,"));
    let text = answer("allocations", &["leaky-job.heaptimeline"], &["--callers", "--limit", "3"]);
    assert!(text.contains("← parseReading") && text.contains("live of"), "{text}");
}

#[test]
fn files_of_another_kind_are_refused_in_one_line() {
    for (subcommand, file, said) in [
        ("profile", "unknown-node-types.heapsnapshot", "this looks like a heap snapshot"),
        ("summary", CHROMIUM, "this is a sampling heap profile"),
        ("allocations", "small-1.heapsnapshot", "no allocation stacks"),
    ] {
        let output = run(subcommand, &[file], &[]);
        assert_eq!(output.status.code(), Some(1), "{subcommand}");
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(complaint.lines().count() == 1 && complaint.contains(said), "{complaint}");
    }
}
