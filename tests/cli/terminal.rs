//! Output to a terminal: tables of profiles, and progress, which is written to terminals only.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::common;

fn heapglass(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapglass"));
    command.env("HEAPGLASS_INDEX", "off").args(arguments);
    command
}

fn written(folder: &Path, name: &str, profile: &Value) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, profile.to_string()).unwrap();
    file
}

fn text(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn frame(name: &str, url: &str, size: u64, children: &[Value]) -> Value {
    json!({
        "callFrame": {"functionName": name, "scriptId": "7", "url": url, "lineNumber": 122, "columnNumber": 4},
        "selfSize": size, "id": 1, "children": children,
    })
}

fn root(size: u64, children: &[Value]) -> Value {
    json!({"head": {
        "callFrame": {"functionName": "(root)", "scriptId": "0", "url": "", "lineNumber": -1, "columnNumber": -1},
        "selfSize": size, "id": 1, "children": children,
    }, "samples": []})
}

#[test]
fn a_long_address_in_a_profile_keeps_its_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("https://example.org/{}/bundle.js", "deep/".repeat(60));
    let profile = root(0, &[frame("work", &url, 100, &[])]);
    let file = written(folder.path(), "long.heapprofile", &profile);
    let text = text(heapglass(&["profile"]).arg(&file).output().unwrap());
    let line = text.lines().last().unwrap();
    assert!(line.contains("work  https://example.org/") && line.ends_with("/bundle.js:123:5"), "{line}");
    assert!(line.chars().count() < 180, "{line}");
    assert!(text.starts_with("long.heapprofile: 100 B sampled in 1 call\n"), "{text}");
}

#[test]
fn a_profile_of_the_root_alone_lists_what_the_root_allocated() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "root.heapprofile", &root(4096, &[]));
    for more in [&[][..], &["--top-down"]] {
        let text = text(heapglass(&["profile"]).arg(&file).args(more).output().unwrap());
        assert!(text.contains("(root)") && text.contains("100.0"), "{text}");
    }
    let both = written(folder.path(), "both.heapprofile", &root(300, &[frame("work", "app.js", 100, &[])]));
    for (more, list) in [(&[][..], "functions"), (&["--top-down"][..], "calls")] {
        let output = heapglass(&["profile", "--format", "json"]).arg(&both).args(more).output().unwrap();
        let answer: Value = serde_json::from_str(&text(output)).unwrap();
        let sizes: u64 = answer[list].as_array().unwrap().iter().map(|row| row["self_size"].as_u64().unwrap()).sum();
        assert_eq!((sizes, answer[list].as_array().unwrap().len()), (400, 2), "{answer}");
    }
    let empty = written(folder.path(), "empty.heapprofile", &root(0, &[]));
    let text = text(heapglass(&["profile"]).arg(&empty).output().unwrap());
    assert!(text.contains("0 calls") && text.contains("The profile has no samples"), "{text}");
}

#[test]
fn an_error_has_only_one_explanation() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "x.heapsnapshot", &root(1, &[]));
    let output = heapglass(&["summary"]).arg(&file).output().unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.ends_with("(this is a sampling heap profile: use `heapglass profile`)\n"), "{complaint}");
    assert_eq!(complaint.matches('(').count(), 1, "{complaint}");
}

#[test]
fn statistics_name_the_heap_of_v8_only_for_v8() {
    for (name, label) in [("bun-1", "\nHeap  "), ("small-1", "\nV8 heap  ")] {
        let text = text(heapglass(&["statistics"]).arg(&common::case(name).file).output().unwrap());
        assert!(text.contains(label), "{text}");
    }
}

#[test]
fn a_log_with_two_snapshots_is_answered_with_a_note_on_standard_error() {
    let snapshot = String::from_utf8(common::case("pretty").bytes()).unwrap();
    let event = json!({"method": "HeapProfiler.addHeapSnapshotChunk", "params": {"chunk": snapshot}});
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.jsonl");
    std::fs::write(&file, format!("{event}\n{event}\n")).unwrap();
    let output = heapglass(&["summary", "--format", "json"]).arg(&file).output().unwrap();
    let note = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        note.ends_with("the log contains 2 heap snapshots; this is the first, the other starts on line 2\n"),
        "{note}"
    );
    assert!(serde_json::from_slice::<Value>(&output.stdout).is_ok());
    // From standard input, too.
    let input = std::fs::File::open(&file).unwrap();
    let piped = heapglass(&["summary", "-", "--format", "json"]).stdin(input).output().unwrap();
    assert!(piped.status.success());
}

/// Feeds a snapshot in two parts, with a pause that is longer than a load without progress.
fn feed_slowly(mut input: impl std::io::Write) {
    let bytes = common::case("pretty").bytes();
    let (start, rest) = bytes.split_at(100);
    input.write_all(start).unwrap();
    std::thread::sleep(Duration::from_millis(1800));
    input.write_all(rest).unwrap();
}

#[test]
fn a_long_load_without_a_terminal_writes_no_progress() {
    let mut child = heapglass(&["summary", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    feed_slowly(child.stdin.take().unwrap());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!output.stdout.contains(&0x1b));
}

/// `script` gives the program a terminal; it is part of util-linux.
#[cfg(target_os = "linux")]
#[test]
fn a_long_load_on_a_terminal_shows_progress_and_none_of_it_in_the_answer() {
    if Command::new("script").arg("--version").output().is_err() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let answer = folder.path().join("answer");
    let program = env!("CARGO_BIN_EXE_heapglass");
    // Standard input is a FIFO: that of `script` is the terminal's.
    let fifo = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let line = format!("'{program}' summary - <'{}' >'{}'", fifo.display(), answer.display());
    let child = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .env("HEAPGLASS_INDEX", "off")
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    feed_slowly(std::fs::OpenOptions::new().write(true).open(&fifo).unwrap());
    let terminal = String::from_utf8_lossy(&child.wait_with_output().unwrap().stdout).into_owned();
    assert!(terminal.contains("standard input: Reading the file"), "{terminal:?}");
    // The last output removes the line.
    assert!(terminal.ends_with("\u{1b}[2K") || terminal.ends_with('\r'), "{terminal:?}");
    let answer = std::fs::read_to_string(answer).unwrap();
    assert!(answer.contains("Constructor") && !answer.contains('\u{1b}'), "{answer}");
}
