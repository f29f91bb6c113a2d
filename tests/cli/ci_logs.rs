//! Names from a heap are neither commands in the log of a CI system nor markup on its pages.

use crate::gate;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

/// Texts that are commands to CI systems, or markup in Markdown or XML.
const NAMES: &[&str] = &[
    "::add-mask::passed",
    "  ::stop-commands::x",
    "\u{a0}\u{3000}::warning file=a::b",
    "a\n::error::x",
    "a\r\n##[error]x",
    "##[group]x",
    "x ##vso[task.complete result=Succeeded]",
    "##teamcity[buildStatus status='SUCCESS']",
    "--- group",
    "+++ open",
    "~~~ x",
    "^^^ +++",
    "section_start:1:x\r\u{1b}[0K",
    "travis_fold:start:x\r\u{1b}[0K",
    "a|b|c",
    "`id` ```\n# x",
    "<img src=x onerror=alert(1)>",
    "@octocat",
    "owner/name#1",
    "https://evil.example/",
    "[a](https://evil.example)",
    "]]></failure><testcase name=\"x\"/>",
    "a\nheapglass check: passed, 3 snapshots",
];

fn heapglass() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapglass"));
    command.env("HEAPGLASS_INDEX", "off");
    command
}

/// Fails if a line of a log is a command.
fn assert_no_command(what: &str, output: &Output) {
    for bytes in [&output.stdout, &output.stderr] {
        let text = std::str::from_utf8(bytes).unwrap();
        assert!(!text.contains(['\r', '\u{1b}']), "{what}: {text:?}");
        for line in text.split(['\n', '\u{85}', '\u{2028}', '\u{2029}']) {
            let start = line.trim_start();
            let is_section = ["---", "+++", "~~~", "^^^ +++"].iter().any(|sign| start.starts_with(sign));
            let is_named = ["##[", "##vso[", "##teamcity["].iter().any(|sign| line.contains(sign));
            assert!(!start.starts_with("::") && !is_section && !is_named, "{what}: {line:?}");
        }
    }
}

/// Writes three snapshots of a process; classes, keys and file names are the texts above.
fn evil(folder: &Path) -> Vec<PathBuf> {
    let classes: Vec<(&str, &str)> = NAMES.iter().map(|name| (*name, *name)).collect();
    let files = gate::series(folder, &classes, &[20, 40, 60]);
    let renamed = |(file, name): (&PathBuf, &&str)| {
        let path = folder.join(format!("{name}.heapsnapshot").replace('/', "_"));
        std::fs::rename(file, &path).unwrap();
        path
    };
    let names = ["::add-mask::x", "a\n::error::y ##[error]", "a\nheapglass check: passed @octocat | <b>"];
    files.iter().zip(&names).map(renamed).collect()
}

#[test]
#[cfg(unix)]
fn no_format_of_check_contains_ci_commands() {
    let folder = tempfile::tempdir().unwrap();
    let files = evil(folder.path());
    let cut = folder.path().join("b\n::add-mask::cut ##vso[x]");
    let whole = std::fs::read(&files[2]).unwrap();
    std::fs::write(&cut, &whole[..whole.len() - 40]).unwrap();
    let pattern = "a\n::error::pattern*=0";
    for format in ["text", "json", "markdown", "junit"] {
        for third in [&files[2], &cut, &files[0]] {
            let output = heapglass()
                .args(["check", "--recover", "--format", format, "--fail-on-growing-every-step"])
                .args(["--max-class-growth", "*=1", "--max-class-growth", pattern])
                .current_dir(folder.path())
                // As a shell names them: the beginning of a line may be the beginning of the name.
                .args([&files[0], &files[1], third].map(|file| file.file_name().unwrap()))
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(3), "{said}");
            assert_no_command(&format!("{format} {}", third.display()), &output);
            let text = String::from_utf8(output.stdout).unwrap();
            match format {
                "json" => {
                    let report: Value = serde_json::from_str(&text).unwrap();
                    let classes: Vec<&str> =
                        report["findings"].as_array().unwrap().iter().map(|of| of["class"].as_str().unwrap()).collect();
                    assert!(NAMES[..12].iter().all(|name| classes.contains(name)), "JSON keeps names: {classes:?}");
                }
                "junit" => {
                    let document = roxmltree::Document::parse(&text).unwrap();
                    let count = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).count();
                    assert_eq!(count("testcase").to_string(), document.root_element().attribute("tests").unwrap());
                }
                "markdown" => assert_markdown_is_plain(&text),
                _ => assert!(!text.lines().any(|line| line.starts_with("heapglass check: passed")), "{text}"),
            }
        }
    }
}

/// Fails if there is markup outside of code that is not the report's own.
fn assert_markdown_is_plain(text: &str) {
    let mut fence: Option<&str> = None;
    for line in text.lines() {
        if let Some(open) = fence {
            if line == open {
                fence = None;
            }
            continue;
        }
        if let Some(open) = line.strip_suffix("text").filter(|open| open.starts_with("```")) {
            fence = Some(open);
            continue;
        }
        // What is left without spans of code.
        let mut rest = line;
        let mut outside = String::new();
        while let Some(start) = rest.find('`') {
            let run = rest[start..].len() - rest[start..].trim_start_matches('`').len();
            outside += &rest[..start];
            let after = &rest[start + run..];
            let mut at = 0;
            let end = loop {
                let next = at + after[at..].find('`').unwrap_or_else(|| panic!("open code in {line:?}"));
                let length = after[next..].len() - after[next..].trim_start_matches('`').len();
                if length == run {
                    break next;
                }
                at = next + length;
            };
            assert!(!line.starts_with('|') || !after[..end].contains('|'), "a cell ends in code: {line:?}");
            rest = &after[end + run..];
        }
        outside += rest;
        let bad = ["@", "<", "](", "http", "www.", "://", "::"];
        assert!(!bad.iter().any(|bad| outside.contains(bad)), "{outside:?} in {line:?}");
        assert!(!line.starts_with('|') || matches!(outside.matches('|').count(), 4 | 5), "cells of {line:?}");
    }
    assert_eq!(fence, None, "every block is closed");
}

#[test]
#[cfg(unix)]
fn no_output_contains_ci_commands() {
    let folder = tempfile::tempdir().unwrap();
    let files = evil(folder.path());
    let missing = PathBuf::from("::add-mask::missing\n##[error]x");
    let runs: [&[&str]; 8] = [
        &["summary"],
        &["statistics"],
        &["search", "size>0"],
        &["object", "@3"],
        &["retainers", "@5", "--depth", "3"],
        &["compare", "OTHER"],
        &["contexts"],
        &["nodes"],
    ];
    for run in runs {
        for format in ["text", "csv", "json", "tsv"] {
            if (run[0] == "nodes") != (format == "tsv") && !(run[0] == "nodes" && format == "json") {
                continue;
            }
            for file in [files[0].file_name().unwrap(), files[1].file_name().unwrap(), missing.as_os_str()] {
                let mut command = heapglass();
                command.current_dir(folder.path()).arg(run[0]).arg(file);
                for argument in &run[1..] {
                    if *argument == "OTHER" {
                        command.arg(&files[2])
                    } else {
                        command.arg(argument)
                    };
                }
                let output = command.args(["--format", format]).output().unwrap();
                let what = format!("{run:?} {format} {file:?}");
                let is_missing = file == missing.as_os_str();
                let said = String::from_utf8_lossy(&output.stderr);
                assert_eq!(output.status.code(), Some(i32::from(is_missing)), "{what}: {said}");
                assert_no_command(&what, &output);
                if format == "json" && !is_missing {
                    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
                    if run[0] == "nodes" {
                        let names: Vec<&str> =
                            answer.as_array().unwrap().iter().map(|node| node["name"].as_str().unwrap()).collect();
                        assert!(NAMES.iter().all(|name| names.contains(name)), "JSON keeps every name");
                    }
                }
            }
        }
    }
}

#[test]
fn ci_commands_in_argument_errors_are_escaped() {
    for arguments in [
        &["summary", "--::add-mask::x"][..],
        &["search", "x", "::error::x size>1xB"],
        &["search", "x", "##[error]x size>1xB"],
        &["summary", "x", "--limit", "\n::error::x"],
        &["::add-mask::x\n##vso[task.complete]", "summary", "x"],
        &["check", "x", "y", "--max-class-growth", "\n::error::a=##[error]b"],
        &["capture", "--inspect", "\n::error::x ##[error]"],
    ] {
        let output = heapglass().args(arguments).output().unwrap();
        assert!(matches!(output.status.code(), Some(1 | 2)), "{arguments:?}");
        assert!(!output.stderr.is_empty());
        assert_no_command(&format!("{arguments:?}"), &output);
    }
}

#[test]
fn ci_commands_in_profile_names_are_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.heapprofile");
    let call = |name: &str| {
        json!({"callFrame": {"functionName": name, "scriptId": "1", "url": name, "lineNumber": 0, "columnNumber": 0},
               "selfSize": 100, "id": 2, "children": []})
    };
    let children: Vec<Value> = NAMES.iter().map(|name| call(name)).collect();
    let mut head = call("(root)");
    head["children"] = Value::from(children);
    std::fs::write(&file, json!({"head": head, "samples": []}).to_string()).unwrap();
    for format in ["text", "json", "csv"] {
        for more in [&[][..], &["--top-down"]] {
            let output = heapglass().arg("profile").arg(&file).args(["--format", format]).args(more).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert_no_command(&format!("{format} {more:?}"), &output);
        }
    }
}
