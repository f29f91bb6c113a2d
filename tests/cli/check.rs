//! `heapglass check`: what passes, what fails, and what the report contains.

use crate::common;
use crate::node;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::generated::V8Heap;

fn example(which: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("assets/example-{which}.heapsnapshot.zst"))
}

fn check(files: &[PathBuf], arguments: &[&str]) -> Output {
    let heapglass = env!("CARGO_BIN_EXE_heapglass");
    Command::new(heapglass).arg("check").args(files).args(arguments).output().unwrap()
}

fn pair() -> Vec<PathBuf> {
    vec![example("before"), example("after")]
}

/// Limits on classes and on the whole heap, which list classes.
const CLASSES: [&str; 3] = ["--max-total-growth", "5%", "--fail-on-growing-every-step"];

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error} in {}", text(output)))
}

#[test]
fn the_leaking_pair_fails_with_the_leaking_class_and_its_retaining_path() {
    let output = check(&pair(), &CLASSES);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let text = text(&output);
    let start = text.find("ShoppingCart (leaky-server.mjs:14)").unwrap_or_else(|| panic!("{text}"));
    let block = text[start..].split("\n\n").next().unwrap();
    for expected in [
        "20 → 2,020 objects, 800 B → 80.8 kB, retaining 16.8 kB → 1.7 MB",
        "2,000 new objects in the last snapshot; 2,000 held like this one:",
        "cart (context) in system / Context @",
        "price (property) in {price} @",
        "_events (property) in EventEmitter @",
        "priceFeed (context) in system / Context @",
    ] {
        assert!(block.contains(expected), "{expected} in\n{block}");
    }
    assert!(text.starts_with("heapglass check: FAILED, 2 of 2 limits, 2 snapshots\n"), "{text}");
    assert!(output.stderr.is_empty(), "the report says it all");
}

#[test]
fn snapshots_in_the_wrong_order_are_sorted() {
    let mut files = pair();
    let right = json(&check(&files, &["--format", "json"]));
    files.reverse();
    let output = check(&files, &["--format", "json"]);
    assert_eq!(output.status.code(), Some(3));
    let wrong = json(&output);
    assert_eq!((&wrong["findings"], &wrong["limits"]), (&right["findings"], &right["limits"]));
    assert_eq!(wrong["snapshots"], right["snapshots"]);
    assert!(wrong["notes"].to_string().contains("have been sorted by age"), "{}", wrong["notes"]);
}

#[test]
fn growth_within_the_limits_passes() {
    let wide = ["--max-total-growth", "70%", "--max-class-growth", "ShoppingCart=2000"];
    assert_eq!(check(&pair(), &wide).status.code(), Some(0));
    for narrow in [
        ["--max-total-growth", "60%"],
        ["--max-total-growth", "1.9MB"],
        ["--max-class-growth", "ShoppingCart=1999"],
        ["--max-class-growth", "Shop*=10"],
    ] {
        assert_eq!(check(&pair(), &narrow).status.code(), Some(3), "{narrow:?}");
    }
    assert_eq!(check(&pair(), &["--max-total-growth", "2MB"]).status.code(), Some(0));
    assert_eq!(check(&pair(), &["--max-class-growth", "NoSuchClass=0"]).status.code(), Some(0));
}

#[test]
fn snapshots_of_an_idle_program_pass() {
    let Some(node) = node::Node::start(node::IDLE) else { return };
    let folder = tempfile::tempdir().unwrap();
    let heapglass = env!("CARGO_BIN_EXE_heapglass");
    let captured = Command::new(heapglass)
        .args(["capture", "--inspect", &node.address, "--series", "3", "--every", "300ms", "-o"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(captured.status.success(), "{}", String::from_utf8_lossy(&captured.stderr));
    let files = |ending: &str| {
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().ends_with(ending))
            .collect();
        files.sort();
        files
    };
    let snapshots = files(".heapsnapshot");
    assert_eq!((snapshots.len(), files(".capture.json").len()), (3, 3));
    for some in [&snapshots[..], &snapshots[..2], &snapshots[1..]] {
        let output = check(some, &[]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    }
}

#[test]
fn ignored_classes_are_not_reported_and_their_growth_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ignore.txt");
    std::fs::write(&file, "# the carts\nShoppingCart\nCartItem   # and what is in them\n").unwrap();
    let file = file.to_str().unwrap();
    let all = json(&check(&pair(), &[&CLASSES[..], &["--format", "json"]].concat()));
    let without = json(&check(&pair(), &[&CLASSES[..], &["--format", "json", "--ignore", file]].concat()));
    let classes = |report: &Value| -> Vec<String> {
        report["findings"].as_array().unwrap().iter().map(|of| of["class"].as_str().unwrap().to_owned()).collect()
    };
    assert!(classes(&all).contains(&"CartItem".to_owned()));
    assert!(!classes(&without).iter().any(|class| class == "CartItem" || class == "ShoppingCart"));
    assert_eq!(without["ignored_growth"], 80_000 + 480_000);
    assert_eq!(all["ignored_growth"], 0);
    let missing = check(&pair(), &["--ignore", "no-such-file"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("no-such-file"));
}

#[test]
fn json_has_the_numbers_and_the_path_of_each_finding() {
    let report = json(&check(&pair(), &[&CLASSES[..], &["--format", "json"]].concat()));
    assert_eq!((&report["passed"], &report["ids_match"]), (&Value::Bool(false), &Value::Bool(true)));
    let finding = &report["findings"].as_array().unwrap()[0];
    assert_eq!(finding["class"], "ShoppingCart");
    assert_eq!(finding["location"]["line"], 13);
    assert_eq!(finding["new_count"], 2000);
    let counts: Vec<u64> =
        finding["snapshots"].as_array().unwrap().iter().map(|point| point["count"].as_u64().unwrap()).collect();
    assert_eq!(counts, [20, 2020]);
    let example = &finding["example"];
    assert_eq!((&example["alike"], &example["skipped"]), (&Value::from(2000), &Value::from(0)));
    let path = example["path"].as_array().unwrap();
    assert_eq!(path[0]["edge"]["name"], "cart");
    assert!(path.iter().any(|step| step["class"] == "EventEmitter"), "{path:?}");
}

#[test]
fn the_same_snapshots_give_the_same_report_byte_for_byte() {
    for format in ["text", "json", "markdown", "junit"] {
        let once = check(&pair(), &["--format", format]).stdout;
        assert!(once.len() > 1000, "{format}");
        assert_eq!(once, check(&pair(), &["--format", format]).stdout, "{format}");
    }
}

#[test]
fn usage_errors_and_exceeded_limits_have_different_exit_codes() {
    let before = example("before");
    assert_eq!(check(&[before], &[]).status.code(), Some(2), "one snapshot is not enough");
    for wrong in [
        ["--max-total-growth", "much"],
        ["--max-total-growth", "-5%"],
        ["--max-class-growth", "Cart"],
        ["--max-class-growth", "=3"],
        ["--format", "xml"],
    ] {
        assert_eq!(check(&pair(), &wrong).status.code(), Some(2), "{wrong:?}");
    }
    let missing = check(&[example("before"), PathBuf::from("no-such.heapsnapshot")], &[]);
    assert_eq!(missing.status.code(), Some(1));
}

#[test]
fn markdown_has_a_table_of_the_limits_and_the_paths_as_code() {
    let output = text(&check(&pair(), &[&CLASSES[..], &["--format", "markdown"]].concat()));
    assert!(output.starts_with("## ❌ heapglass check: FAILED"), "{output}");
    assert!(output.contains("| total growth | 5% | +1.9 MB (+60.3%) | **exceeded** |"), "{output}");
    assert!(output.contains("### `ShoppingCart (leaky-server.mjs:14)`"), "{output}");
    assert_eq!(output.matches("```").count() % 2, 0, "every block is closed");
}

/// Attributes (each with whether it is required), children, and whether text is allowed.
type Allowed = (&'static [(&'static str, bool)], &'static [&'static str], bool);

/// Returns what the schema of Jenkins' xUnit plugin, junit-10.xsd, allows in an element.
fn allowed(element: &str) -> Option<Allowed> {
    Some(match element {
        "testsuites" => (
            &[("name", false), ("time", false), ("tests", false), ("failures", false), ("errors", false)],
            &["testsuite"],
            false,
        ),
        "testsuite" => (
            &[
                ("name", true),
                ("tests", true),
                ("failures", true),
                ("errors", true),
                ("group", false),
                ("time", false),
                ("skipped", false),
                ("timestamp", false),
                ("hostname", false),
                ("id", false),
                ("package", false),
                ("file", false),
                ("log", false),
                ("url", false),
            ],
            &["testsuite", "properties", "testcase", "system-out", "system-err"],
            false,
        ),
        "properties" => (&[], &["property"], false),
        "property" => (&[("name", true), ("value", true)], &[], false),
        "testcase" => (
            &[("name", true), ("time", false), ("classname", false), ("group", false)],
            &["skipped", "error", "failure", "system-out", "system-err"],
            false,
        ),
        "failure" | "error" | "skipped" => (&[("type", false), ("message", false)], &[], true),
        "system-out" | "system-err" => (&[], &[], true),
        _ => return None,
    })
}

fn validate(node: roxmltree::Node<'_, '_>, problems: &mut Vec<String>) {
    let name = node.tag_name().name();
    let Some((attributes, children, has_text)) = allowed(name) else {
        problems.push(format!("no element {name} is known"));
        return;
    };
    for attribute in node.attributes() {
        if !attributes.iter().any(|(known, _)| *known == attribute.name()) {
            problems.push(format!("{name} has no attribute {}", attribute.name()));
        }
    }
    for (required, _) in attributes.iter().filter(|(_, is_required)| *is_required) {
        if !node.has_attribute(*required) {
            problems.push(format!("{name} needs {required}"));
        }
    }
    for child in node.children() {
        if child.is_element() {
            if !children.contains(&child.tag_name().name()) {
                problems.push(format!("{} in {name}", child.tag_name().name()));
            }
            validate(child, problems);
        } else if child.is_text() && !has_text && !child.text().unwrap_or_default().trim().is_empty() {
            problems.push(format!("text in {name}"));
        }
    }
}

#[test]
fn ci_systems_read_the_junit_report() {
    let narrow = ["--max-total-growth", "5%", "--fail-on-growing-every-step"];
    let wide = ["--max-total-growth", "70%", "--max-class-growth=ShoppingCart=2000"];
    for (limits, is_passed) in [(&narrow[..], false), (&wide, true)] {
        let output = check(&pair(), &[limits, &["--format", "junit"]].concat());
        let text = text(&output);
        let document = roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
        let root = document.root_element();
        assert_eq!(root.tag_name().name(), "testsuites");
        let mut problems = Vec::new();
        validate(root, &mut problems);
        assert!(problems.is_empty(), "{problems:?} in\n{text}");

        let suite = root.first_element_child().unwrap();
        let cases: Vec<_> = suite.children().filter(|node| node.has_tag_name("testcase")).collect();
        let failures: Vec<_> = suite.descendants().filter(|node| node.has_tag_name("failure")).collect();
        for (attribute, count) in [("tests", cases.len()), ("failures", failures.len()), ("errors", 0)] {
            assert_eq!(suite.attribute(attribute), Some(count.to_string().as_str()), "{attribute}");
            assert_eq!(root.attribute(attribute), Some(count.to_string().as_str()), "{attribute}");
        }
        assert_eq!(failures.is_empty(), is_passed, "{text}");
        assert_eq!(output.status.code(), Some(if is_passed { 0 } else { 3 }));
        if !is_passed {
            let cart = cases.iter().find(|case| case.attribute("name").unwrap().starts_with("ShoppingCart")).unwrap();
            let failure = cart.first_element_child().unwrap();
            assert!(failure.attribute("message").unwrap().contains("20 → 2,020 objects"), "{text}");
            assert!(failure.text().unwrap().contains("_events (property) in EventEmitter"), "{text}");
        }
    }
}

#[test]
fn the_validator_of_this_test_finds_what_the_schema_forbids() {
    for wrong in [
        r#"<testsuites><testsuite name="a" tests="1" failures="0"/></testsuites>"#,
        r#"<testsuites><testcase name="a"/></testsuites>"#,
        r#"<testsuites><testsuite name="a" tests="1" failures="0" errors="0" colour="red"/></testsuites>"#,
        r#"<testsuites><testsuite name="a" tests="1" failures="0" errors="0">text</testsuite></testsuites>"#,
    ] {
        let document = roxmltree::Document::parse(wrong).unwrap();
        let mut problems = Vec::new();
        validate(document.root_element(), &mut problems);
        assert_eq!(problems.len(), 1, "{wrong}: {problems:?}");
    }
}

#[test]
fn a_damaged_file_never_passes() {
    let folder = tempfile::tempdir().unwrap();
    let after = common::read(&example("after"));
    let cut = folder.path().join("after.heapsnapshot");
    std::fs::write(&cut, &after[..after.len() - 1000]).unwrap();
    let wide = ["--recover", "--max-total-growth", "70%", "--format", "json"];
    let output = check(&[example("before"), cut], &wide);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let report = json(&output);
    assert_eq!(report["passed"], false);
    assert!(report["notes"].to_string().contains("is damaged, so all limits fail"), "{}", report["notes"]);
    assert!(report["limits"].as_array().unwrap().iter().all(|limit| limit["passed"] == false));
}

/// Returns the snapshot of a step: a leak of 40 items per step in `all`, and a cache of 100 items that each step replaces.
fn leak_beside_a_cache(step: u64) -> Vec<u8> {
    let mut heap = V8Heap::new(false);
    let global = heap.global;
    let all = heap.array(global, "all");
    let recent = heap.add("object", "Recent", 200);
    heap.heap.named(global, "property", "recent", recent);
    for number in 0..40 * (step + 1) {
        let item = heap.heap.add("object", "Item", 10_001 + 2 * number, 48);
        heap.heap.numbered(all, "element", number, item);
    }
    for number in 0..100 {
        let item = heap.heap.add("object", "Item", 20_001 + 1_000 * step + 2 * number, 48);
        heap.heap.named(recent, "property", &format!("user-{step}-{number}"), item);
    }
    heap.write()
}

/// Returns the snapshot of a step: 30 items per step under keys of an object, and 30 in a linked list.
fn leak_by_key_and_in_a_chain(step: u64) -> Vec<u8> {
    let mut heap = V8Heap::new(false);
    let global = heap.global;
    let by_id = heap.add("object", "Registry", 200);
    heap.heap.named(global, "property", "byId", by_id);
    for number in 0..30 * (step + 1) {
        let keyed = heap.heap.add("object", "Keyed", 10_001 + 2 * number, 48);
        heap.heap.named(by_id, "property", &format!("user-{number}"), keyed);
    }
    let mut holder = global;
    for number in 0..30 * (step + 1) {
        let linked = heap.heap.add("object", "Linked", 20_001 + 2 * number, 48);
        heap.heap.named(holder, "property", if number == 0 { "head" } else { "next" }, linked);
        holder = linked;
    }
    heap.write()
}

fn written(folder: &Path, steps: u64, make: impl Fn(u64) -> Vec<u8>) -> Vec<PathBuf> {
    let write = |step: u64| {
        let path = folder.join(format!("step-{step}.heapsnapshot"));
        std::fs::write(&path, make(step)).unwrap();
        path
    };
    (0..steps).map(write).collect()
}

fn finding(report: &Value, class: &str) -> Value {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["class"] == class).unwrap_or_else(|| panic!("{class} in {report}")).clone()
}

#[test]
fn the_example_of_a_leak_is_not_an_entry_of_a_nearby_cache() {
    for steps in [2, 3, 4] {
        let folder = tempfile::tempdir().unwrap();
        let files = written(folder.path(), steps, leak_beside_a_cache);
        let report = json(&check(&files, &["--fail-on-growing-every-step", "--format", "json"]));
        let example = &finding(&report, "Item")["example"];
        assert_eq!(example["path"][1]["edge"]["name"], "elements", "{example}");
        assert_eq!(example["path"][2]["edge"]["name"], "all", "{example}");
        assert_eq!(example["alike"], 40 * (steps - 1));
        let counts: Vec<u64> = (1..=steps).map(|step| 40 * step).collect();
        assert_eq!(example["alike_counts"], Value::from(counts));
    }
}

#[test]
fn paths_that_differ_in_keys_or_chain_length_are_equivalent() {
    let folder = tempfile::tempdir().unwrap();
    let files = written(folder.path(), 3, leak_by_key_and_in_a_chain);
    let output = check(&files, &["--fail-on-growing-every-step", "--format", "json"]);
    let report = json(&output);
    assert_eq!(finding(&report, "Keyed")["example"]["alike"], 60);
    // The first is under `head`, all others under `next`.
    assert_eq!(finding(&report, "Linked")["example"]["alike"], 60);
    let text = text(&check(&files, &["--fail-on-growing-every-step"]));
    assert!(text.contains("60 new objects in the last snapshot, 30 of them"), "{text}");
    assert!(text.contains("60 held like this one"), "{text}");
}

#[test]
fn a_passed_limit_reports_its_threshold() {
    let folder = tempfile::tempdir().unwrap();
    let files = written(folder.path(), 3, leak_beside_a_cache);
    let limits = ["--fail-on-growing-every-step", "--step-objects", "50", "--max-total-growth", "1%"];
    let output = check(&files, &limits);
    assert_eq!(output.status.code(), Some(3));
    let text = text(&output);
    let expected = "ok      no class grows in every step: none grew by at least 50 objects or 10.0 kB per step, and 1% of the class in BASE\n";
    assert!(text.contains(expected), "{text}");
    assert!(text.contains("grows in every step: 140 → 180 → 220 objects"), "{text}");
    let narrow = self::text(&check(&files, &["--fail-on-growing-every-step"]));
    assert!(
        narrow
            .contains("FAILED  no class grows in every step: 1 class grew by at least 10 objects or 10.0 kB per step"),
        "{narrow}"
    );
    let class = ["--max-class-growth", "Item=80", "--max-total-growth", "900%"];
    let passed = self::text(&check(&files, &class));
    assert!(passed.contains("ok      growth of Item: +80 of Item; the limit is 80 objects\n"), "{passed}");
}

/// A leak that does not grow in every step, beside an object that holds one item more in each step.
fn leak_beside_bookkeeping(step: u64) -> Vec<u8> {
    let mut heap = V8Heap::new(false);
    let global = heap.global;
    let leak = heap.array(global, "leak");
    let bookkeeping = heap.add("object", "Bookkeeping", 100);
    heap.heap.named(global, "property", "bookkeeping", bookkeeping);
    for number in 0..[0, 5000, 5000, 10_000][usize::try_from(step).unwrap()] {
        let item = heap.heap.add("object", "Item", 100_001 + 2 * number, 48);
        heap.heap.numbered(leak, "element", number, item);
    }
    for number in 0..=step {
        let item = heap.heap.add("object", "Item", 900_001 + 2 * number, 48);
        heap.heap.named(bookkeeping, "property", "p", item);
    }
    heap.write()
}

#[test]
fn the_example_of_a_leak_is_not_an_object_that_grows_by_one_per_step() {
    let folder = tempfile::tempdir().unwrap();
    let files = written(folder.path(), 4, leak_beside_bookkeeping);
    let report = json(&check(&files, &[&CLASSES[..], &["--format", "json"]].concat()));
    let example = &finding(&report, "Item")["example"];
    assert_eq!(example["alike_counts"], serde_json::json!([0, 5000, 5000, 10_000]), "{example}");
    // With a limit of one object a step it is growth.
    let report = json(&check(&files, &["--step-objects", "1", "--fail-on-growing-every-step", "--format", "json"]));
    let example = &finding(&report, "Item")["example"];
    assert_eq!(example["alike_counts"], serde_json::json!([1, 2, 3, 4]), "{example}");
}

#[test]
#[cfg(unix)]
fn ignored_classes_are_read_from_pipes_and_devices_up_to_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let files = written(folder.path(), 3, leak_beside_a_cache);
    let ignoring = |list: &Path| check(&files, &["--fail-on-growing-every-step", "--ignore", list.to_str().unwrap()]);
    let pipe = folder.path().join("pipe");
    common::pipe(&pipe);
    let writer = pipe.clone();
    let writing = std::thread::spawn(move || std::fs::write(writer, "Item\nArray\n(array)\n").unwrap());
    let output = ignoring(&pipe);
    writing.join().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!(ignoring(Path::new("/dev/null")).status.code(), Some(3));
    let large = folder.path().join("large");
    std::fs::write(&large, "x\n".repeat(600_000)).unwrap();
    for list in [large.as_path(), Path::new("/dev/zero")] {
        let output = ignoring(list);
        assert_eq!(output.status.code(), Some(1), "{}", list.display());
        assert!(String::from_utf8_lossy(&output.stderr).contains("larger than 1048576 bytes"));
    }
}

#[test]
fn the_defaults_name_the_leaking_holder_once_and_no_classes() {
    let output = check(&pair(), &[]);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let shown = text(&output);
    assert!(shown.starts_with("heapglass check: FAILED, 2 of 2 limits, 2 snapshots\n"), "{shown}");
    for expected in [
        "FAILED  no leaks, certain or likely: 1 likely leak\n",
        "Likely a leak: Listeners for 'price'",
        "leaky-server.mjs:45",
        "  advice ",
    ] {
        assert!(shown.contains(expected), "{expected} in\n{shown}");
    }
    let report = json(&check(&pair(), &["--format", "json"]));
    assert_eq!(report["findings"], serde_json::json!([]), "the leak explains the growth");
    let leaks = report["leaks"].as_array().unwrap();
    assert_eq!((leaks.len(), &leaks[0]["known"], &leaks[0]["verdict"]), (1, &Value::Bool(false), &"likely".into()));
    assert_eq!(check(&pair(), &["--fail-on", "leak"]).status.code(), Some(0), "two snapshots show no certain leak");
    for format in ["markdown", "junit"] {
        let shown = text(&check(&pair(), &["--fail-on", "likely", "--format", format]));
        assert!(shown.contains("are never removed") && shown.contains("advice"), "{shown}");
    }
}

#[test]
fn findings_in_a_baseline_are_listed_and_do_not_fail() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known.txt");
    let baseline = ["--baseline", file.to_str().unwrap()];
    let written = check(&pair(), &[&baseline[..], &["--write-baseline"]].concat());
    assert_eq!(written.status.code(), Some(0), "{}", String::from_utf8_lossy(&written.stderr));
    assert!(text(&written).contains("wrote 1 signature to "), "{}", text(&written));
    let known = check(&pair(), &baseline);
    assert_eq!(known.status.code(), Some(0), "{}", text(&known));
    let shown = text(&known);
    assert!(shown.contains("baseline: 1 known, 0 new, 0 no longer found\n"), "{shown}");
    assert!(shown.contains("Known: Listeners for 'price'"), "{shown}");
    let text_of_file = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text_of_file.lines().filter(|line| !line.starts_with('#')).count(), 1, "{text_of_file}");
    std::fs::write(&file, "map: another.holder -> Thing\n").unwrap();
    let report = check(&pair(), &[&baseline[..], &["--format", "json"]].concat());
    assert_eq!(report.status.code(), Some(3));
    assert_eq!(json(&report)["baseline"], serde_json::json!({"known": 0, "new": 1, "gone": 1}));
    assert_eq!(check(&pair(), &["--write-baseline"]).status.code(), Some(2), "it needs a file");
    let missing = check(&pair(), &["--baseline", "no-such-file"]);
    assert_eq!(missing.status.code(), Some(1));
}

#[test]
fn the_number_of_objects_of_a_class_can_be_limited_in_a_single_snapshot() {
    let one = [example("after")];
    let output = check(&one, &["--max-count", "ShoppingCart=0"]);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let shown = text(&output);
    for expected in ["2,020 objects", "_events (property) in EventEmitter @", "… and 2,015 more objects"] {
        assert!(shown.contains(expected), "{expected} in\n{shown}");
    }
    let report = json(&check(&one, &["--max-count", "/^Shopping/=2000", "--format", "json"]));
    let violation = &report["violations"][0];
    assert_eq!((&violation["count"], &violation["allowed"]), (&Value::from(2020), &Value::from(2000)));
    assert!(!violation["objects"][0]["path"].as_array().unwrap().is_empty());
    for (limit, code) in [
        ("ShoppingCart=2020", 0),
        ("Shopping=0", 0),
        ("/Shop.*/=2019", 3),
        ("/(/=1", 2),
        ("//=1", 2),
        ("Shop*=1", 2),
        ("=1", 2),
    ] {
        assert_eq!(check(&one, &["--max-count", limit]).status.code(), Some(code), "{limit}");
    }
    assert!(text(&check(&one, &["--max-count", "Typo=0"])).contains("no snapshot has a class that matches Typo"));
    for format in ["markdown", "junit"] {
        let shown = text(&check(&one, &["--max-count", "ShoppingCart=0", "--format", format]));
        assert!(shown.contains("2,020 objects") && shown.contains("EventEmitter"), "{shown}");
    }
}

#[test]
fn two_series_are_compared_as_before_and_after_a_fix() {
    let [before, after] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    written(before.path(), 3, leak_by_key_and_in_a_chain);
    let files = written(after.path(), 3, leak_beside_a_cache);
    let against = ["--against", before.path().to_str().unwrap(), "--format", "json"];
    let output = check(&files, &against);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let compared = &json(&output)["against"];
    let count = |part: &str| compared[part].as_array().unwrap().len();
    assert_eq!((count("fixed"), count("still_there"), count("new")), (2, 0, 1), "{compared}");
    let same = json(&check(&files, &["--against", after.path().to_str().unwrap(), "--format", "json"]));
    assert_eq!(same["against"]["still_there"].as_array().unwrap().len(), 1, "{}", same["against"]);
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(check(&files, &["--against", empty.path().to_str().unwrap()]).status.code(), Some(2));
    assert_eq!(check(&files, &["--against", "no-such-folder"]).status.code(), Some(1));
}

/// Returns the snapshot of a step: a store whose `sessions` gain 40 objects per step, and its `audit` too if wanted.
fn stores(step: u64, has_audit: bool) -> Vec<u8> {
    let mut heap = V8Heap::new(false);
    let global = heap.global;
    let store = heap.add("object", "Store", 48);
    heap.heap.named(global, "property", "store", store);
    for (field, class, first) in [("sessions", "Session", 10_001), ("audit", "Entry", 50_001)] {
        let list = heap.array(store, field);
        let count = if field == "audit" && !has_audit { 20 } else { 40 * (step + 1) };
        for number in 0..count {
            let object = heap.heap.add("object", class, first + 2 * number, 64);
            heap.heap.numbered(list, "element", number, object);
        }
    }
    heap.write()
}

#[test]
fn two_fields_that_grow_alike_are_two_leaks_and_a_baseline_of_one_does_not_hide_the_other() {
    let [one, two] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let of_one = written(one.path(), 3, |step| stores(step, false));
    let of_two = written(two.path(), 3, |step| stores(step, true));
    let limits = ["--fail-on", "leak", "--format", "json"];
    let report = json(&check(&of_two, &limits));
    let labels: Vec<&str> =
        report["leaks"].as_array().unwrap().iter().map(|leak| leak["holder"]["label"].as_str().unwrap()).collect();
    assert_eq!(labels.len(), 2, "{labels:?}");
    assert!(labels.contains(&"Store.sessions") && labels.contains(&"Store.audit"), "{labels:?}");

    let file = one.path().join("known.txt");
    let baseline = ["--baseline", file.to_str().unwrap(), "--format", "json"];
    assert_eq!(check(&of_one, &[&baseline[..], &["--write-baseline"]].concat()).status.code(), Some(0));
    assert_eq!(check(&of_one, &baseline).status.code(), Some(0));
    let report = check(&of_two, &baseline);
    assert_eq!(report.status.code(), Some(3));
    assert_eq!(json(&report)["baseline"], serde_json::json!({"known": 1, "new": 1, "gone": 0}));

    let against = json(&check(&of_one, &["--against", two.path().to_str().unwrap(), "--format", "json"]));
    let count = |part: &str| against["against"][part].as_array().unwrap().len();
    assert_eq!((count("fixed"), count("still_there"), count("new")), (1, 1, 0), "{}", against["against"]);
}

#[test]
fn a_baseline_is_not_replaced_by_what_could_not_be_judged() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known.txt");
    std::fs::write(&file, "map: cache.byId -> Session\n").unwrap();
    let other = folder.path().join("other.heapsnapshot");
    std::fs::write(&other, common::case("node24-1").bytes()).unwrap();
    let arguments = ["--baseline", file.to_str().unwrap(), "--write-baseline"];
    let output = check(&[example("before"), other], &arguments);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert!(text(&output).contains("was not written, since the snapshots are from different processes"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "map: cache.byId -> Session\n");
}
