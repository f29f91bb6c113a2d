//! `heapglass sql`: answers, errors and how arguments are read.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn bundled(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/snapshots/{name}.heapsnapshot.zst"))
}

fn heapglass() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapglass"));
    command.env("HEAPGLASS_INDEX", "off").arg("sql");
    command
}

fn run(files: &[&str], more: &[&str]) -> Output {
    heapglass().args(files.iter().map(|name| bundled(name))).args(more).output().unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn error(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8(output.stderr.clone()).unwrap())
}

#[test]
fn answers_are_written_in_each_format() {
    let query = "SELECT class, count(*) AS n FROM nodes WHERE kind = 'closure' GROUP BY class";
    let table = text(&run(&["small-1"], &[query]));
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("class") && lines[1].starts_with("Function"), "{table}");
    let csv = text(&run(&["small-1"], &[query, "--format", "csv"]));
    assert!(csv.starts_with("class,n\nFunction,"), "{csv}");
    let answer: Value = serde_json::from_str(&text(&run(&["small-1"], &[query, "--format", "json"]))).unwrap();
    assert_eq!(answer["columns"], json!(["class", "n"]));
    assert_eq!(answer["query"], query);
    assert_eq!(answer["truncated"], false);
    let count = answer["rows"][0]["n"].as_u64().unwrap();
    assert_eq!(csv.lines().nth(1).unwrap(), format!("Function,{count}"));
    let cut: Value = serde_json::from_str(&text(&run(
        &["small-1", "small-2"],
        &["SELECT snapshot, id FROM nodes", "--format", "json", "--limit", "2"],
    )))
    .unwrap();
    assert_eq!((cut["rows"].as_array().unwrap().len(), &cut["truncated"]), (2, &json!(true)));
    assert_eq!(cut["files"].as_array().unwrap().len(), 2);
}

#[test]
fn a_bad_query_exits_with_2_and_points_at_the_mistake() {
    let (code, message) = error(&run(&["small-1"], &["SELECT nmae\nFROM nodes"]));
    assert_eq!(code, Some(2));
    assert_eq!(message, "heapglass: no such column: nmae\n  SELECT nmae\n         ^^^^\n");
    for (query, wanted) in [
        ("DELETE FROM nodes", "DELETE is not allowed"),
        ("PRAGMA temp_store = 1", "PRAGMA is not allowed"),
        ("SELECT 1; SELECT 2", "only one statement"),
        ("", "the query is empty"),
    ] {
        let (code, message) = error(&run(&["small-1"], &["--query", query]));
        assert!(code == Some(2) && message.contains(wanted), "{query}: {code:?} {message}");
    }
    let (code, message) = error(&run(&["small-1"], &["missing.heapsnapshot"]));
    assert!(code == Some(1) && message.contains("missing.heapsnapshot"), "{code:?} {message}");
    let (code, message) = error(&run(&[], &["SELECT 1"]));
    assert!(code == Some(2) && message.contains("no snapshot to query"), "{code:?} {message}");
    let (code, message) =
        error(&run(&["small-1"], &["--timeout", "1", "SELECT count(*) FROM edges a, edges b, edges c"]));
    assert!(code == Some(1) && message.contains("took longer than"), "{code:?} {message}");
}

#[test]
fn a_query_is_read_from_standard_input() {
    let mut child = heapglass()
        .arg(bundled("small-1"))
        .args(["--format", "csv"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"SELECT count(*) > 0 AS has_nodes\nFROM nodes;\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(text(&output), "has_nodes\n1\n");
}

#[test]
fn names_from_a_heap_cannot_act_on_a_terminal() {
    let query = "SELECT char(27) || '[2J' AS a, '##[error]x' AS b, char(8238) AS c";
    for format in ["text", "csv", "json"] {
        let answer = text(&run(&["small-1"], &[query, "--format", format]));
        assert!(!answer.contains(['\u{1b}', '\u{202e}']) && !answer.contains("##["), "{format}: {answer:?}");
    }
}

#[test]
fn sums_are_those_of_summary() {
    let summary = Command::new(env!("CARGO_BIN_EXE_heapglass"))
        .env("HEAPGLASS_INDEX", "off")
        .args(["summary", "--format", "csv"])
        .arg(bundled("node24-1"))
        .output()
        .unwrap();
    let query = "SELECT name, script_id, line, column, count, distance, system_distance, shallow_size, retained_size \
                 FROM classes ORDER BY retained_size DESC";
    let mut expected: Vec<String> = text(&summary).lines().map(str::to_owned).collect();
    let answer = text(&run(&["node24-1"], &[query, "--format", "csv"]));
    let mut got: Vec<String> = answer.lines().map(str::to_owned).collect();
    expected.sort();
    got.sort();
    assert_eq!(got, expected);
}
