//! Compares the documentation and the help texts with what the program writes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use heapglass::test_support::export::{columns_of, fields_markdown};
use heapglass::test_support::sql::schema_markdown;
use serde_json::Value;

/// The members of a shape such as `{"a","b":[{"c"}]}`.
#[derive(Debug, Default)]
struct Shape {
    members: Vec<(String, Option<Shape>)>,
    /// True if the shape has `…`: members that are named elsewhere.
    is_open: bool,
}

impl Shape {
    /// Parses the object at the beginning of `text`; returns it and the text after it.
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

/// Reads a page of the documentation.
fn page(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn reference() -> String {
    page("assets/docs/reference.md")
}

/// Returns the output of a subcommand for files that have everything it can describe.
fn output(subcommand: &str, format: &str) -> Vec<u8> {
    let (one, two) = (data("small-1.heapsnapshot.zst"), data("small-2.heapsnapshot.zst"));
    let page = data("chromium-leak-1.heapsnapshot.zst");
    let mut command = heapglass();
    command.arg(subcommand).args(["--format", format]);
    match subcommand {
        "compare" | "findings" => command.args([one, two]),
        "check" => command.args([one, two]).arg("--fail-on-growing-every-step"),
        "search" => command.arg(two).args(["leak", "--limit", "3"]),
        "sql" => command.arg(two).arg("SELECT id, class FROM nodes LIMIT 3"),
        "object" | "sources" => command.arg(two).arg(function_id()),
        "retainers" => command.arg(two).arg(function_id()).args(["--depth", "2"]),
        "dead-variables" | "realms" => command.arg(page),
        "allocations" => command.arg(data("leaky-job.heaptimeline.zst")).args(["--limit", "3"]),
        "profile" => command.arg(data("leaky-job-after.heapprofile.zst")),
        "scrub" => command.arg(two).arg("--preview"),
        _ => command.arg(two),
    };
    let output = command.output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 3)), "{subcommand}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn answer(subcommand: &str) -> Value {
    serde_json::from_slice(&output(subcommand, "json")).unwrap()
}

/// Returns the subcommands that the help lists.
fn commands() -> BTreeSet<String> {
    let help = String::from_utf8(heapglass().arg("--help").output().unwrap().stdout).unwrap();
    let commands = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = commands.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next());
    names.filter(|word| *word != "help").map(str::to_owned).collect()
}

/// Returns the long options in the help of a subcommand, without `--help`.
fn options(subcommand: &str) -> BTreeSet<String> {
    let help = help(subcommand);
    let options = help.split("\nOptions:\n").nth(1).unwrap();
    let lines = options.lines().take_while(|line| line.is_empty() || line.starts_with(' '));
    let long = lines.filter_map(|line| {
        let line = line.trim_start();
        let line =
            if line.starts_with("--") { line } else { line.split_once(", ").filter(|(short, _)| short.len() == 2)?.1 };
        line.starts_with("--").then(|| line.split_whitespace().next().unwrap().to_owned())
    });
    long.filter(|option| option != "--help").collect()
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
fn json_shapes_in_the_reference_match_the_output() {
    let reference = reference();
    let mut checked = BTreeSet::new();
    for line in reference.lines() {
        let Some((name, text)) = line.strip_prefix("| `").and_then(|rest| rest.split_once("` | `{")) else { continue };
        checked.insert(name.to_owned());
        Shape::parse(&format!("{{{text}")).0.check(name, &answer(name));
    }
    let mut expected = commands();
    expected.retain(|command| !["nodes", "capture", "export", "mcp", "open", "report"].contains(&command.as_str()));
    assert_eq!(checked, expected);
}

/// Commands whose output is not a table with fixed columns.
const WITHOUT_COLUMNS: [&str; 9] = ["capture", "check", "export", "findings", "mcp", "open", "report", "scrub", "sql"];

fn has_columns(command: &str) -> bool {
    !WITHOUT_COLUMNS.contains(&command)
}

#[test]
fn csv_columns_in_the_reference_match_the_output() {
    let reference = reference();
    let (_, section) = reference.split_once("\n## CSV and TSV\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut checked = BTreeSet::new();
    for line in section.lines() {
        let Some((name, text)) = line.strip_prefix("| `").and_then(|rest| rest.split_once("` | `")) else { continue };
        checked.insert(name.to_owned());
        let csv = String::from_utf8(output(name, "csv")).unwrap();
        assert_eq!(text.strip_suffix("` |"), csv.lines().next(), "{name}");
    }
    let mut expected = commands();
    expected.retain(|command| has_columns(command) && command != "nodes");
    assert_eq!(checked, expected);
}

#[test]
fn csv_columns_in_the_output_are_the_declared_ones() {
    let all = commands();
    for command in all.iter().filter(|command| has_columns(command) && *command != "nodes") {
        let csv = String::from_utf8(output(command, "csv")).unwrap();
        let mut declared = columns_of(command);
        if command == "profile" {
            // The depth is written for calls only, and the others for two profiles.
            declared.retain(|column| *column != "depth" && !column.starts_with("base_"));
        }
        assert_eq!(csv.lines().next(), Some(declared.join(",").as_str()), "{command}");
    }
    let tsv = String::from_utf8(output("nodes", "tsv")).unwrap();
    assert_eq!(tsv.lines().next(), Some(columns_of("nodes").join("\t").as_str()));
}

/// Compares the generated part of the reference between two marks with what is declared, or updates it.
fn check_generated(start: &str, end: &str, declared: &str) {
    let reference = reference();
    let (before, rest) = reference.split_once(start).unwrap();
    let (written, after) = rest.split_once(end).unwrap();
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        let updated = format!("{before}{start}{declared}{end}{after}");
        fs::write(root().join("assets/docs/reference.md"), updated).unwrap();
    } else {
        assert_eq!(written, declared, "run this test with UPDATE_REFERENCE=1");
    }
}

#[test]
fn the_reference_describes_every_declared_column() {
    const TABLES: &str = "<!-- tables: generated, see tests/cli/documentation.rs -->\n";
    const START: &str = "<!-- columns: generated, see tests/cli/documentation.rs -->\n";
    check_generated(START, "\n<!-- end of columns -->", &fields_markdown());
    check_generated(TABLES, "\n<!-- end of tables -->", &schema_markdown());
}

#[test]
fn the_help_of_a_subcommand_describes_its_columns() {
    for command in commands().iter().filter(|command| has_columns(command)) {
        let help = help(command);
        let (_, list) = help.split_once("\nColumns:\n").unwrap_or_else(|| panic!("{command}: {help}"));
        let lines = list.lines().map_while(|line| line.strip_prefix("  "));
        let described: BTreeSet<&str> = lines.filter_map(|line| line.split_whitespace().next()).collect();
        let missing: Vec<_> = columns_of(command).into_iter().filter(|column| !described.contains(column)).collect();
        assert!(missing.is_empty(), "{command}: {missing:?}");
    }
}

#[test]
fn options_in_the_reference_match_the_help() {
    let reference = reference();
    let (_, section) = reference.split_once("\n## Commands\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let listed = |part: &str| -> BTreeSet<String> {
        let cells = part.lines().filter_map(|line| line.strip_prefix("| `--"));
        cells.map(|cell| format!("--{}", cell.split([' ', '`']).next().unwrap())).collect()
    };
    let mut checked = BTreeSet::new();
    let mut parts = section.split("\n### ").skip(1);
    let (title, common) = parts.next().unwrap().split_once('\n').unwrap();
    assert_eq!(title, "Global options");
    let common = listed(common);
    for (title, part) in parts.map(|part| part.split_once('\n').unwrap()) {
        let name = title.trim_matches('`');
        let all: BTreeSet<String> = listed(part).union(&common).cloned().collect();
        assert_eq!(all, options(name), "{name}");
        checked.insert(name.to_owned());
    }
    assert_eq!(checked, commands());
}

#[test]
fn environment_variables_in_the_reference_match_the_source() {
    fn variables(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                variables(&entry, found);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&entry).unwrap();
                let names = text.split("\"HEAPGLASS_").skip(1).filter_map(|rest| rest.split_once('"'));
                found.extend(names.map(|(name, _)| format!("HEAPGLASS_{name}")));
            }
        }
    }
    let mut used = BTreeSet::new();
    variables(&root().join("src"), &mut used);
    // Only with the feature `frame-times`; see benches/README.md.
    used.remove("HEAPGLASS_EXIT_AFTER_LOAD");
    used.remove("HEAPGLASS_FRAME_REQUESTS");
    let reference = reference();
    let rows = reference.lines().filter_map(|line| line.strip_prefix("| `HEAPGLASS_")?.split_once('`'));
    let listed: BTreeSet<String> = rows.map(|(name, _)| format!("HEAPGLASS_{name}")).collect();
    assert_eq!(listed, used);
}

#[test]
fn json_shapes_in_the_help_match_the_output() {
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
        "sources",
        "statistics",
        "scripts",
        "realms",
        "dead-variables",
        "compare",
        "search",
        "sql",
        "allocations",
        "profile",
    ];
    assert_eq!(checked, expected);
    for command in ["check", "findings"] {
        let text = help(command);
        let shape = &text[text.find("JSON: {").unwrap() + "JSON: ".len()..];
        Shape::parse(shape).0.check(command, &answer(command));
    }
}

#[test]
fn columns_of_nodes_in_the_reference_and_the_help_match_the_output() {
    let output = heapglass().arg("nodes").arg(data("pretty.heapsnapshot.zst")).output().unwrap();
    let tsv = String::from_utf8(output.stdout).unwrap();
    let columns: Vec<&str> = tsv.lines().next().unwrap().split('\t').collect();
    for text in [reference(), help("nodes")] {
        let words: Vec<&str> = text.split_whitespace().map(|word| word.trim_matches('`')).collect();
        assert!(words.windows(columns.len()).any(|window| window == columns), "{columns:?}");
    }
}

#[test]
fn the_readme_and_the_reference_list_every_command() {
    for (path, start) in [("README.md", "| `heapglass "), ("assets/docs/reference.md", "    heapglass ")] {
        let text = page(path);
        let lines = match path {
            // Its other indented lines are examples.
            "assets/docs/reference.md" => text.split("\n## Commands\n").nth(1).unwrap().split("\n### ").next().unwrap(),
            _ => text.as_str(),
        };
        let words = lines.lines().filter_map(|line| line.strip_prefix(start)?.split([' ', '`']).next());
        let listed: BTreeSet<String> = words.filter(|word| !word.starts_with('[')).map(str::to_owned).collect();
        assert_eq!(listed, commands(), "{path}");
    }
}

/// Returns the targets of the links of a page, without those to other sites and without fragments.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let paths = targets.map(|(target, _)| target.split('#').next().unwrap_or_default());
    paths.filter(|path| !path.is_empty() && !path.contains("://")).collect()
}

#[test]
fn every_path_in_the_documentation_exists() {
    for path in ["README.md", "assets/docs/reference.md", "src/ARCHITECTURE.md", "benches/README.md"] {
        let text = page(path);
        for link in links(&text) {
            let target = root().join(path).parent().unwrap().join(link);
            assert!(target.exists(), "{path}: no file {link}");
        }
        // Every second part is code.
        for code in text.split('`').skip(1).step_by(2).filter(|code| code.starts_with("src/") && !code.contains('\n')) {
            assert!(root().join(code).exists(), "{path}: no file {code}");
        }
    }
}
