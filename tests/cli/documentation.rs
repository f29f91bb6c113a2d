//! The README and the help texts against what the program writes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The members that a shape such as `{"a","b":[{"c"}]}` names.
#[derive(Debug, Default)]
struct Shape {
    members: Vec<(String, Option<Shape>)>,
    /// `…` stands for members that are named elsewhere.
    is_open: bool,
}

impl Shape {
    /// Parses the object that starts at the beginning of `text`; gives what follows it.
    fn parse(text: &str) -> (Self, &str) {
        let mut shape = Self::default();
        let mut rest = text.strip_prefix('{').unwrap_or_else(|| panic!("an object at {text:.60}"));
        loop {
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix('}') {
                return (shape, after);
            }
            if let Some(after) = rest.strip_prefix(',') {
                rest = after;
            } else if let Some(after) = rest.strip_prefix('"') {
                let (name, after) = after.split_once('"').unwrap();
                let (value, after) = after.strip_prefix(':').map_or((None, after), Self::value);
                shape.members.push((name.to_owned(), value));
                rest = after;
            } else {
                let end = rest.find([',', '}']).unwrap_or_else(|| panic!("the end of {rest:.60}"));
                assert!(rest[..end].contains('…'), "{}", &rest[..end]);
                shape.is_open = true;
                rest = &rest[end..];
            }
        }
    }

    /// Parses `null|{…}`, `[{…}]`, `[…]`, `[]` or `{…}`.
    fn value(text: &str) -> (Option<Self>, &str) {
        let text = text.trim_start_matches("null").trim_start_matches(['\\', '|']);
        if let Some(list) = text.strip_prefix('[') {
            if let Some(after) = list.strip_prefix(']').or_else(|| list.strip_prefix("…]")) {
                return (None, after);
            }
            let (shape, after) = Self::parse(list.trim_start());
            return (Some(shape), after.trim_start().strip_prefix(']').unwrap());
        }
        let (shape, after) = Self::parse(text);
        (Some(shape), after)
    }

    fn check(&self, what: &str, value: &Value) {
        let values = match value {
            Value::Array(values) => values.iter().collect(),
            other => vec![other],
        };
        for object in values.into_iter().filter_map(Value::as_object) {
            let named: BTreeSet<&str> = self.members.iter().map(|(name, _)| name.as_str()).collect();
            let actual: BTreeSet<&str> = object.keys().map(String::as_str).collect();
            let missing: Vec<_> = named.difference(&actual).collect();
            let surplus: Vec<_> = actual.difference(&named).collect();
            assert!(missing.is_empty(), "{what}: documented, but not written: {missing:?}");
            assert!(self.is_open || surplus.is_empty(), "{what}: written, but not documented: {surplus:?}");
            for (name, shape) in &self.members {
                if let Some(shape) = shape {
                    shape.check(&format!("{what}.{name}"), &object[name]);
                }
            }
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn data(name: &str) -> PathBuf {
    root().join("tests/data/snapshots").join(name)
}

fn heapglass() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapglass"));
    command.env("HEAPGLASS_INDEX", "off").env("COLUMNS", "200");
    command
}

fn help(subcommand: &str) -> String {
    String::from_utf8(heapglass().args([subcommand, "--help"]).output().unwrap().stdout).unwrap()
}

/// What a subcommand writes as JSON about files that have everything it can describe.
fn answer(subcommand: &str) -> Value {
    let (one, two) = (data("small-1.heapsnapshot.zst"), data("small-2.heapsnapshot.zst"));
    let page = data("chromium-leak-1.heapsnapshot.zst");
    let mut command = heapglass();
    command.arg(subcommand).args(["--format", "json"]);
    match subcommand {
        "compare" => command.args([one, two]),
        "check" => command.args([one, two]).arg("--fail-on-growing-every-step"),
        "search" => command.arg(two).args(["leak", "--limit", "3"]),
        "object" => command.arg(two).arg(function_id()),
        "retainers" => command.arg(two).arg(function_id()).args(["--depth", "2"]),
        "dead-variables" => command.arg(page),
        "allocations" => command.arg(data("leaky-job.heaptimeline.zst")).args(["--limit", "3"]),
        "profile" => command.arg(data("leaky-job-after.heapprofile.zst")),
        _ => command.arg(two),
    };
    let output = command.output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 3)), "{subcommand}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// An object with a source position, so that no member is null.
fn function_id() -> String {
    let output = heapglass()
        .args(["search", "--format", "json", "--limit", "1"])
        .arg(data("small-2.heapsnapshot.zst"))
        .arg("kind:closure name:=listenersController")
        .output()
        .unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    format!("@{}", found["objects"][0]["id"])
}

#[test]
fn json_shapes_in_the_readme_are_what_is_written() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let mut checked = Vec::new();
    for line in readme.lines() {
        let Some((name, text)) = line.strip_prefix("| `").and_then(|rest| rest.split_once("` | `{")) else { continue };
        checked.push(name.to_owned());
        Shape::parse(&format!("{{{text}")).0.check(name, &answer(name));
    }
    assert!(checked.len() >= 6, "{checked:?}");
}

#[test]
fn json_shapes_in_the_help_are_what_is_written() {
    let text = help("summary");
    let start = text.find("JSON (stable").expect("the shapes");
    let mut checked = Vec::new();
    for (at, line) in text[start..].match_indices("\n  ").map(|(at, _)| (start + at + 3, &text[start + at + 3..])) {
        let Some(name) = line.split_whitespace().next().filter(|name| !name.starts_with(['"', '{'])) else { continue };
        let shape = text[at + name.len()..].trim_start_matches(' ');
        let is_name = line.starts_with(|first: char| first.is_ascii_lowercase());
        if is_name && shape.starts_with('{') {
            checked.push(name.to_owned());
            Shape::parse(shape).0.check(name, &answer(name));
        }
    }
    let expected = [
        "summary",
        "retainers",
        "object",
        "statistics",
        "dead-variables",
        "compare",
        "search",
        "allocations",
        "profile",
    ];
    assert_eq!(checked, expected);
    let text = help("check");
    let shape = &text[text.find("JSON: {").unwrap() + "JSON: ".len()..];
    Shape::parse(shape).0.check("check", &answer("check"));
}

#[test]
fn columns_of_nodes_in_the_readme_and_the_help_are_what_is_written() {
    let output = heapglass().arg("nodes").arg(data("pretty.heapsnapshot.zst")).output().unwrap();
    let tsv = String::from_utf8(output.stdout).unwrap();
    let columns: Vec<&str> = tsv.lines().next().unwrap().split('\t').collect();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let without_notes = help("nodes").replace(" (0 unknown, 1 attached, 2 detached)", "");
    for text in [readme, without_notes] {
        let words: Vec<&str> = text.split_whitespace().map(|word| word.trim_matches('`')).collect();
        assert!(words.windows(columns.len()).any(|window| window == columns), "{columns:?}");
    }
}

#[test]
fn every_command_of_the_readme_is_one_and_none_is_missing() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let listed: BTreeSet<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("    heapglass ")?.split_whitespace().next())
        .filter(|word| word.chars().all(|character| character.is_ascii_lowercase() || character == '-'))
        .collect();
    let help = String::from_utf8(heapglass().arg("--help").output().unwrap().stdout).unwrap();
    let commands = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    let commands: BTreeSet<&str> = commands
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .filter(|word| *word != "help")
        .collect();
    assert_eq!(listed, commands);
}
