//! `check` never passes by accident: verdicts and exit codes if the output cannot be written, and snapshots given twice.

use crate::common;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn heapglass() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapglass"));
    command.env("HEAPGLASS_INDEX", "off");
    command
}

fn bundled(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/snapshots/{name}.zst"))
}

fn example(which: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("assets/example-{which}.heapsnapshot.zst"))
}

fn check(files: &[PathBuf], arguments: &[&str]) -> Output {
    heapglass().arg("check").args(files).args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Returns a snapshot with this many objects of each of these classes, held under these keys.
pub(crate) fn heap(classes: &[(&str, &str)], count: usize) -> Vec<u8> {
    let mut strings = vec![String::new(), "Holder".to_owned(), "holder".to_owned()];
    let (mut nodes, mut edges) = (vec![[2, 0, 1, 0, 1], [1, 1, 3, 24, classes.len() * count]], vec![[0, 2, 5]]);
    for (at, (class, key)) in classes.iter().enumerate() {
        strings.push((*class).to_owned());
        strings.push((*key).to_owned());
        for object in 0..count {
            edges.push([0, strings.len() - 1, nodes.len() * 5]);
            nodes.push([1, strings.len() - 2, 5 + 2 * (at + object * classes.len()), 100, 0]);
        }
    }
    json!({
        "snapshot": {"meta": {
            "node_fields": ["type", "name", "id", "self_size", "edge_count"],
            "node_types": [["hidden", "object", "synthetic"], "string", "number", "number", "number"],
            "edge_fields": ["type", "name_or_index", "to_node"],
            "edge_types": [["property"], "string_or_number", "node"],
        }, "node_count": nodes.len(), "edge_count": edges.len()},
        "nodes": nodes.concat(), "edges": edges.concat(), "strings": strings,
    })
    .to_string()
    .into_bytes()
}

/// Writes files of a process in which the classes grow.
pub(crate) fn series(folder: &Path, classes: &[(&str, &str)], counts: &[usize]) -> Vec<PathBuf> {
    let file = |(at, count): (usize, &usize)| {
        let path = folder.join(format!("{}.heapsnapshot", at + 1));
        std::fs::write(&path, heap(classes, *count)).unwrap();
        path
    };
    counts.iter().enumerate().map(file).collect()
}

/// Writes three snapshots whose report is longer than the buffer of a pipe.
fn many(folder: &Path) -> Vec<PathBuf> {
    let names: Vec<String> = (0..1500).map(|at| format!("ClassThatGrows{at}")).collect();
    let classes: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "list")).collect();
    series(folder, &classes, &[12, 24, 36])
}

/// Runs the command with a reader that closes the pipe after a few bytes.
fn with_a_reader_that_leaves(mut command: Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut start = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut start).unwrap();
    child.wait_with_output().unwrap()
}

#[cfg(target_os = "linux")]
fn with_a_full_disk(mut command: Command) -> Output {
    let full = File::options().write(true).open("/dev/full").unwrap();
    command.stdout(full).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap()
}

/// Runs the command as a shell does with `>&-`.
#[cfg(unix)]
fn without_standard_output(command: &Command) -> Output {
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$0\" \"$@\" >&-"]).arg(command.get_program()).args(command.get_args());
    shell.env("HEAPGLASS_INDEX", "off").output().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn the_verdict_of_check_decides_the_exit_code_even_if_the_report_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let files = many(folder.path());
    for format in ["text", "json", "markdown", "junit"] {
        for (limits, code, verdict) in [
            (&["--fail-on-growing-every-step"][..], 3, "a limit is exceeded, but the report cannot be written"),
            (&["--max-total-growth", "900%"], 0, "all limits hold, but the report cannot be written"),
        ] {
            let command = || {
                let mut command = heapglass();
                command.arg("check").args(&files).args(limits).args(["--format", format]);
                command
            };
            let full = with_a_full_disk(command());
            assert_eq!(full.status.code(), Some(code), "{format} {limits:?}: {}", stderr(&full));
            assert!(stderr(&full).contains(verdict) && stderr(&full).contains("No space left"), "{}", stderr(&full));
            assert_eq!(stderr(&full).lines().count(), 1, "{}", stderr(&full));
            let closed = without_standard_output(&command());
            assert_eq!(closed.status.code(), Some(code), "{format} {limits:?}: {}", stderr(&closed));
            if code == 3 {
                let left = with_a_reader_that_leaves(command());
                assert_eq!(left.status.code(), Some(code), "{format}: {}", stderr(&left));
                assert!(stderr(&left).contains(verdict), "{}", stderr(&left));
            }
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn other_commands_fail_if_output_cannot_be_written_and_end_quietly_on_a_closed_pipe() {
    let file = bundled("node24-1.heapsnapshot");
    let (profile, timeline) = (bundled("chromium-sampling.heapprofile"), bundled("leaky-job.heaptimeline"));
    let runs: [(&str, Vec<&Path>, &[&str]); 11] = [
        ("summary", vec![&file], &[]),
        ("summary", vec![&file], &["--format", "json"]),
        ("summary", vec![&file], &["--format", "csv"]),
        ("statistics", vec![&file], &[]),
        ("nodes", vec![&file], &[]),
        ("nodes", vec![&file], &["--format", "json"]),
        ("object", vec![&file], &["@1"]),
        ("search", vec![&file], &["size>0"]),
        ("compare", vec![&file, &profile], &[]),
        ("profile", vec![&profile], &[]),
        ("allocations", vec![&timeline], &[]),
    ];
    for (subcommand, mut files, more) in runs {
        if subcommand == "compare" {
            files = vec![&file, &timeline];
        }
        let command = || {
            let mut command = heapglass();
            command.arg(subcommand).args(&files).args(more);
            command
        };
        let full = with_a_full_disk(command());
        assert_eq!(full.status.code(), Some(1), "{subcommand}: {}", stderr(&full));
        let said = stderr(&full);
        assert!(said.starts_with("heapglass: cannot write the output: No space left on device"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        let closed = without_standard_output(&command());
        assert_eq!((closed.status.code(), stderr(&closed)), (Some(0), String::new()), "{subcommand}");
        let left = with_a_reader_that_leaves(command());
        assert_eq!((left.status.code(), stderr(&left)), (Some(0), String::new()), "{subcommand}");
    }
}

#[test]
fn a_snapshot_that_is_given_twice_is_left_out_and_hides_no_leak() {
    let folder = tempfile::tempdir().unwrap();
    let files = series(folder.path(), &[("Session", "byUser")], &[100, 400]);
    let path = |name: &str| folder.path().join(name);
    let second = std::fs::read(&files[1]).unwrap();
    std::fs::hard_link(&files[1], path("hard.heapsnapshot")).unwrap();
    std::fs::create_dir(path("sub")).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&second).unwrap();
    std::fs::write(path("2.heapsnapshot.gz"), gzip.finish().unwrap()).unwrap();
    let pretty = serde_json::to_string_pretty(&serde_json::from_slice::<Value>(&second).unwrap()).unwrap();
    std::fs::write(path("pretty.heapsnapshot"), pretty).unwrap();
    let detour = path("sub").join("..").join("2.heapsnapshot");
    let copies =
        [files[1].clone(), path("hard.heapsnapshot"), path("2.heapsnapshot.gz"), path("pretty.heapsnapshot"), detour];
    for copy in &copies {
        let output = check(&[files[0].clone(), files[1].clone(), copy.clone()], &["--format", "json"]);
        assert_eq!(output.status.code(), Some(3), "{}: {}", copy.display(), stderr(&output));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["snapshots"].as_array().unwrap().len(), 2);
        assert!(report["notes"].to_string().contains("is the same snapshot as"), "{}", report["notes"]);
        let both = check(&[files[1].clone(), copy.clone()], &[]);
        assert_eq!((both.status.code(), stdout(&both)), (Some(2), String::new()), "{}", copy.display());
        assert!(stderr(&both).contains("is the same snapshot as") && stderr(&both).contains("two different snapshots"));
        for format in ["text", "json", "csv"] {
            let compared =
                heapglass().arg("compare").args([&files[1], copy]).args(["--format", format]).output().unwrap();
            assert_eq!(compared.status.code(), Some(0));
            let said = stdout(&compared) + &stderr(&compared);
            let expected = if format == "json" { "\"identical\":true" } else { "the two files are the same snapshot" };
            assert!(said.contains(expected), "{said}");
        }
    }
    let all: Vec<PathBuf> = copies.to_vec();
    assert_eq!(check(&all, &[]).status.code(), Some(2), "the same state five times");
}

#[test]
fn snapshots_that_differ_in_one_reference_or_name_are_not_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let base = String::from_utf8(heap(&[("Session", "byUser"), ("Socket", "open")], 3)).unwrap();
    let file = folder.path().join("base.heapsnapshot");
    std::fs::write(&file, &base).unwrap();
    let changes = [("\"Socket\"", "\"Rocket\""), ("\"open\"", "\"shut\""), ("3,5,100,", "3,5,108,")];
    for (at, (from, to)) in changes.iter().enumerate() {
        let other = folder.path().join(format!("{at}.heapsnapshot"));
        assert!(base.contains(from));
        std::fs::write(&other, base.replacen(from, to, 1)).unwrap();
        let output = check(&[file.clone(), other], &["--max-total-growth", "900%"]);
        assert_eq!(output.status.code(), Some(0), "{from}: {}", stderr(&output));
        assert!(!stdout(&output).contains("the same snapshot"));
    }
}

#[test]
fn comparing_identical_profiles_says_so() {
    let profile = bundled("chromium-sampling.heapprofile");
    let output = heapglass().arg("profile").args([&profile, &profile]).output().unwrap();
    assert!(output.status.success() && stdout(&output).contains("the same profile"), "{}", stdout(&output));
    let output = heapglass().arg("profile").args([&profile, &profile]).args(["--format", "json"]).output().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap()["identical"], true);
}

#[test]
fn limits_and_sizes_up_to_the_largest_number_keep_their_meaning() {
    let folder = tempfile::tempdir().unwrap();
    let files = series(folder.path(), &[("Session", "byUser")], &[10, 50]);
    for limit in ["9223372036854775807", "9223372036854775808", "18446744073709551615"] {
        for arguments in [
            ["--max-class-growth", &format!("Session={limit}")],
            ["--max-total-growth", &format!("{limit}B")],
            ["--max-total-growth", &format!("{limit}%")],
        ] {
            let output = check(&files, &arguments);
            assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}{}", stdout(&output), stderr(&output));
        }
    }
    // A size that fills 64 bits is growth, not a loss.
    let text = String::from_utf8(heap(&[("Session", "byUser")], 50)).unwrap();
    let huge = folder.path().join("huge.heapsnapshot");
    std::fs::write(&huge, text.replacen("3,85,100,", &format!("3,85,{},", u64::MAX - 10_000), 1)).unwrap();
    let files = [files[0].clone(), huge];
    assert_eq!(check(&files, &["--max-total-growth", "5%"]).status.code(), Some(3));
    let output = heapglass().arg("compare").args(&files).args(["--format", "json"]).output().unwrap();
    let compared: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(compared["classes"][0]["size_delta"], i64::MAX);
    let back = [files[1].clone(), files[0].clone()];
    let output = heapglass().arg("compare").args(&back).args(["--format", "json"]).output().unwrap();
    let compared: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(compared["classes"][0]["size_delta"], i64::MIN);
}

#[test]
fn a_class_name_of_megabytes_is_not_repeated_in_every_row() {
    let folder = tempfile::tempdir().unwrap();
    let (name, key) = ("N".repeat(3_000_000), "k".repeat(2_000_000));
    let file = folder.path().join("long.heapsnapshot");
    std::fs::write(&file, heap(&[(&name, &key)], 200)).unwrap();
    let runs: [&[&str]; 9] = [
        &["nodes"],
        &["nodes", "--format", "json"],
        &["search", "size>0", "--format", "json"],
        &["search", "size>0", "--format", "csv"],
        &["object", "@3"],
        &["object", "@3", "--format", "json"],
        &["object", "@3", "--format", "csv"],
        &["retainers", "@5", "--format", "json"],
        &["retainers", "@5", "--format", "csv"],
    ];
    for run in runs {
        let output = heapglass().arg(run[0]).arg(&file).args(&run[1..]).output().unwrap();
        assert!(output.status.success(), "{run:?}: {}", stderr(&output));
        assert!(output.stdout.len() < 200 * 60_000, "{run:?}: {} bytes", output.stdout.len());
    }
    let output = heapglass().arg("nodes").arg(&file).args(["--format", "json"]).output().unwrap();
    let nodes: Value = serde_json::from_slice(&output.stdout).unwrap();
    let class = nodes[2]["class"].as_str().unwrap();
    assert!(class.ends_with("N…") && class.chars().count() == 4097, "{}", class.len());
    let output = heapglass().arg("summary").arg(&file).args(["--format", "json"]).output().unwrap();
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(summary["classes"].as_array().unwrap().iter().any(|class| class["name"] == name), "summary has it whole");
}

#[test]
fn the_file_of_a_class_that_only_the_base_has_is_named() {
    let (before, after) = (example("before"), example("after"));
    // In reverse order, so that all objects of some classes were freed.
    let output = heapglass().arg("compare").args([&after, &before]).args(["--format", "json"]).output().unwrap();
    let backwards: Value = serde_json::from_slice(&output.stdout).unwrap();
    let located: Vec<&Value> =
        backwards["classes"].as_array().unwrap().iter().filter(|class| !class["location"].is_null()).collect();
    assert!(!located.is_empty());
    for class in located {
        assert!(class["location"]["url"].is_string(), "{class}");
    }
    // The class is not in the current snapshot at all.
    let whole = common::read(&after);
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from_utf8(whole).unwrap();
    text = text.replacen("\"locations\":[", "\"locations_gone\":[", 1);
    let without = folder.path().join("without.heapsnapshot");
    std::fs::write(&without, text).unwrap();
    let output = heapglass().arg("compare").args([&after, &without]).args(["--format", "json"]).output().unwrap();
    let compared: Value = serde_json::from_slice(&output.stdout).unwrap();
    let cart = compared["classes"].as_array().unwrap().iter().find(|class| {
        class["name"] == "ShoppingCart" && class["deleted"].as_u64() > Some(0) && !class["location"].is_null()
    });
    let url = cart.unwrap_or_else(|| panic!("{compared:.600}"))["location"]["url"].as_str().unwrap();
    assert!(url.ends_with("leaky-server.mjs"), "{url}");
}

#[test]
fn object_distinguishes_retainers_from_other_references() {
    let file = bundled("node24-1.heapsnapshot");
    let output = heapglass().arg("nodes").arg(&file).args(["--format", "json"]).output().unwrap();
    let nodes: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut told = 0;
    let shapes =
        nodes.as_array().unwrap().iter().filter(|node| {
            node["class"] == "(object shape)" && (3..9).contains(&node["retainer_count"].as_u64().unwrap())
        });
    for node in shapes.step_by(50).take(10) {
        let id = format!("@{}", node["id"]);
        let output = heapglass().arg("retainers").arg(&file).args([&id, "--format", "json"]).output().unwrap();
        let retainers: Value = serde_json::from_slice(&output.stdout).unwrap();
        let listed = retainers["retainers"].as_array().unwrap().len() as u64;
        let others = node["retainer_count"].as_u64().unwrap() - listed;
        let text = stdout(&heapglass().arg("object").arg(&file).arg(&id).output().unwrap());
        let line = text.lines().find(|line| line.trim_start().starts_with("retainers")).unwrap();
        let wanted = if others == 0 { listed.to_string() } else { format!("{listed}, and {others} reference") };
        assert!(line.contains(&wanted), "{id}: {line}, expected {wanted}");
        told += usize::from(others > 0);
    }
    assert!(told > 0, "no object has both");
}

/// Arguments, the expected exit code, and text that standard error must contain; `F` is a valid file, `P` a profile.
const CODES: &[(&[&str], i32, &str)] = &[
    (&["summary", "F"], 0, ""),
    (&["statistics", "F"], 0, ""),
    (&["nodes", "F"], 0, ""),
    (&["object", "F", "@1"], 0, ""),
    (&["retainers", "F", "@3"], 0, ""),
    (&["search", "F", "no such object at all"], 0, ""),
    (&["dead-variables", "F"], 0, ""),
    (&["compare", "F", "F2"], 0, ""),
    (&["profile", "P"], 0, ""),
    (&["check", "F", "F2", "--max-total-growth", "900%"], 0, ""),
    (&["--help"], 0, ""),
    (&["check", "--help"], 0, ""),
    (&["--version"], 0, ""),
    (&["summary", "missing"], 1, "missing: "),
    (&["statistics", "missing"], 1, "missing: "),
    (&["nodes", "missing"], 1, "missing: "),
    (&["object", "missing", "@1"], 1, "missing: "),
    (&["retainers", "missing", "@1"], 1, "missing: "),
    (&["search", "missing", "x"], 1, "missing: "),
    (&["contexts", "missing"], 1, "missing: "),
    (&["compare", "F", "missing"], 1, "missing: "),
    (&["compare", "missing", "F"], 1, "missing: "),
    (&["allocations", "missing"], 1, "missing: "),
    (&["profile", "missing"], 1, "missing: "),
    (&["profile", "P", "missing"], 1, "missing: "),
    (&["check", "F", "missing"], 1, "missing: "),
    (&["check", "F", "F2", "--ignore", "missing"], 1, "missing: "),
    (&["summary", "B"], 1, "byte "),
    (&["check", "F", "B"], 1, "byte "),
    (&["compare", "F", "B"], 1, "byte "),
    (&["summary", "P"], 1, "sampling heap profile"),
    (&["profile", "F"], 1, "heap snapshot"),
    (&["allocations", "F"], 1, "no allocation stacks"),
    (&["object", "F", "@9999999999"], 1, "@9999999999"),
    (&["retainers", "F", "@9999999999"], 1, "@9999999999"),
    (&["capture", "--inspect", "127.0.0.1:1"], 1, "127.0.0.1:1"),
    (&["no-such-command", "--format", "json"], 2, "--format"),
    (&["summary"], 2, "<FILE>"),
    (&["summary", "F", "F2"], 2, "unexpected argument"),
    (&["summary", "F", "--format", "xml"], 2, "xml"),
    (&["summary", "F", "--limit", "-1"], 2, "-1"),
    (&["summary", "F", "--sort", "age"], 2, "age"),
    (&["nodes", "F", "--format", "csv"], 2, "csv"),
    (&["object", "F", "one"], 2, "expected an id"),
    (&["search", "F", "size>1xB"], 2, "size"),
    (&["search", "missing", "size>1xB"], 2, "size"),
    (&["compare", "F"], 2, "<CURRENT>"),
    (&["compare", "-", "-"], 2, "only one snapshot"),
    (&["check", "-", "F", "-"], 2, "only one snapshot"),
    (&["check", "F"], 2, "<CURRENT>"),
    (&["check", "F", "F"], 2, "is the same snapshot as"),
    (&["check", "F", "F2", "--max-total-growth", "much"], 2, "5%"),
    (&["check", "F", "F2", "--max-class-growth", "X=99999999999999999999"], 2, "number of objects"),
    (&["profile", "P", "--top-down", "--bottom-up"], 2, "cannot be used with"),
    (&["capture", "--timeline", "soon"], 2, "expected"),
    (&["F", "summary", "F"], 2, "before a subcommand"),
    (&["check", "L", "L2"], 3, ""),
    (&["check", "L", "L2", "--format", "junit"], 3, ""),
    (&["check", "L", "L2", "--max-class-growth", "ShoppingCart=1"], 3, ""),
];

#[test]
fn exit_codes_and_messages_match_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.heapsnapshot");
    let whole = common::case("small-1").bytes();
    std::fs::write(&broken, &whole[..whole.len() / 2]).unwrap();
    for &(arguments, code, wanted) in CODES {
        let file = |argument: &&str| match *argument {
            "F" => bundled("small-1.heapsnapshot"),
            "F2" => bundled("small-2.heapsnapshot"),
            "P" => bundled("chromium-sampling.heapprofile"),
            "L" => example("before"),
            "L2" => example("after"),
            "B" => broken.clone(),
            "missing" => folder.path().join("missing"),
            other => PathBuf::from(other),
        };
        let output = heapglass().args(arguments.iter().map(file)).stdin(Stdio::null()).output().unwrap();
        let (out, said) = (stdout(&output), stderr(&output));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(wanted), "{arguments:?}: {said}");
        match code {
            0 | 3 => assert!(said.is_empty() && !out.is_empty(), "{arguments:?}: {said}"),
            1 => {
                assert!(out.is_empty() && said.starts_with("heapglass: "), "{arguments:?}: {said}");
                assert_eq!(said.lines().count(), 1, "{arguments:?}: {said}");
            }
            _ => assert!(out.is_empty() && !said.is_empty(), "{arguments:?}: {said}"),
        }
    }
}

/// Writes the strings of a file in the reverse order.
fn with_strings_reversed(file: &[u8]) -> Vec<u8> {
    let mut json: Value = serde_json::from_slice(file).unwrap();
    let strings = json["strings"].as_array_mut().unwrap();
    strings.reverse();
    let last = strings.len() as u64 - 1;
    for (section, width) in [("nodes", 5), ("edges", 3)] {
        for row in json[section].as_array_mut().unwrap().chunks_exact_mut(width) {
            row[1] = json!(last - row[1].as_u64().unwrap());
        }
    }
    json.to_string().into_bytes()
}

#[test]
fn a_snapshot_with_its_strings_in_another_order_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let classes = [("Session", "byUser"), ("Socket", "byUser"), ("Session", "a\\b")];
    let files = series(folder.path(), &classes, &[100, 400]);
    let reversed = folder.path().join("reversed.heapsnapshot");
    std::fs::write(&reversed, with_strings_reversed(&std::fs::read(&files[1]).unwrap())).unwrap();
    let both = check(&[files[1].clone(), reversed.clone()], &[]);
    assert_eq!(both.status.code(), Some(2), "{}", stdout(&both));
    assert!(stderr(&both).contains("is the same snapshot as"), "{}", stderr(&both));
    let all = check(&[files[0].clone(), files[1].clone(), reversed], &["--fail-on-growing-every-step"]);
    assert_eq!(all.status.code(), Some(3), "a step without growth would hide the leak: {}", stdout(&all));
    // Of the same strings, two objects have each other's names.
    let text = String::from_utf8(heap(&classes, 3)).unwrap();
    let swapped = text.replacen("1,3,5,100,0,", "1,5,5,100,0,", 1).replacen("1,5,7,100,0,", "1,3,7,100,0,", 1);
    assert_ne!(text, swapped, "{text}");
    let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
    std::fs::write(&one, &text).unwrap();
    std::fs::write(&other, with_strings_reversed(swapped.as_bytes())).unwrap();
    let output = check(&[one, other], &["--max-total-growth", "900%"]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
}

#[test]
#[cfg(target_os = "linux")]
fn help_and_version_fail_if_they_cannot_be_written_but_not_on_a_closed_pipe() {
    for arguments in [&["--help"][..], &["-h"], &["--version"], &["check", "--help"], &["help", "search"]] {
        let command = || {
            let mut command = heapglass();
            command.args(arguments);
            command
        };
        let full = with_a_full_disk(command());
        assert_eq!(full.status.code(), Some(1), "{arguments:?}: {}", stderr(&full));
        let said = stderr(&full);
        assert!(said.starts_with("heapglass: cannot write the output: No space left on device"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        let closed = without_standard_output(&command());
        assert_eq!((closed.status.code(), stderr(&closed)), (Some(0), String::new()), "{arguments:?}");
        // A pipe whose reader is gone before the first byte.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let left = command().stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        assert_eq!((left.status.code(), stderr(&left)), (Some(0), String::new()), "{arguments:?}");
    }
}
