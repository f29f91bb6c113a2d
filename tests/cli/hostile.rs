//! Hostile files on the command line: names with terminal commands, standard input, damage, too little memory, and graphs of the
//! worst shapes.

use crate::common;
use crate::hostile_files::{self, POISON, is_dangerous, poisoned};
use crate::questions;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use heapglass::Snapshot;
use heapglass::test_support::model::{CancelToken, NodeOrdinal, Progress};
use serde_json::Value;

fn heapglass() -> Command {
    Command::new(env!("CARGO_BIN_EXE_heapglass"))
}

fn bundled(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/snapshots/{name}.heapsnapshot.zst"))
}

fn open(bytes: &[u8]) -> Snapshot {
    Snapshot::open(questions::source(bytes), &Progress::new(), &CancelToken::new()).unwrap()
}

fn check_output(what: &str, output: &Output) {
    for (stream, bytes) in [("output", &output.stdout), ("complaint", &output.stderr)] {
        let text = String::from_utf8(bytes.clone()).unwrap_or_else(|_| panic!("{what}: {stream} is no UTF-8"));
        let allowed_tab = what.contains("nodes");
        let bad = text.chars().find(|&shown| is_dangerous(shown) && !(shown == '\t' && allowed_tab));
        assert_eq!(bad, None, "{what}: {stream}: {text:?}");
        assert!(allowed_tab || stream == "complaint" || !text.contains('\t'), "{what}: {text:?}");
    }
}

#[test]
fn terminal_commands_in_files_and_file_names_are_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let name = format!("x{}.heapsnapshot", POISON.replace(['\0', '/'], ""));
    let file = folder.path().join(&name);
    fs::write(&file, poisoned("")).unwrap();
    let other = folder.path().join(format!("other-{name}"));
    fs::write(&other, poisoned("r").repeat(2)).unwrap();
    let broken = folder.path().join(format!("broken-{name}"));
    fs::write(&broken, format!("{{\"{}\": 1, \"nodes\": \u{1b}[2J", POISON.escape_default())).unwrap();
    let missing = folder.path().join(format!("missing-{name}"));
    let mut runs: Vec<Vec<&str>> = Vec::new();
    for format in ["text", "json", "csv"] {
        for command in [&["summary"][..], &["statistics"], &["search"], &["object"], &["retainers"], &["compare"]] {
            let mut run = command.to_vec();
            run.extend(["--format", format]);
            runs.push(run);
        }
    }
    runs.push(vec!["nodes"]);
    runs.push(vec!["nodes", "--format", "json"]);
    for run in runs {
        for first in [&file, &other, &broken, &missing] {
            for more in [&[][..], &["--salvage"]] {
                let mut command = heapglass();
                command.args(&run).args(more).arg(first);
                match run[0] {
                    "search" => drop(command.arg("size>0")),
                    "object" | "retainers" => drop(command.arg("@5")),
                    "compare" => drop(command.arg(&file)),
                    _ => {}
                }
                let output = command.output().unwrap();
                check_output(&format!("{run:?} {more:?} {first:?}"), &output);
                let is_good = first == &file || (first == &other && !more.is_empty());
                assert_eq!(output.status.code(), Some(i32::from(!is_good)), "{run:?} {more:?} {first:?}");
                if is_good && run.contains(&"json") {
                    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
                    if run[0] == "object" {
                        assert_eq!(answer["name"], POISON, "JSON keeps every character");
                    }
                }
            }
        }
    }
    // Another part of the program reports wrong arguments.
    let output = heapglass().arg("summary").arg(format!("--{POISON}").replace('\0', "")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(complaint.chars().find(|&shown| is_dangerous(shown)), None, "{complaint:?}");
}

/// Runs the program with this standard input.
fn piped(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = heapglass()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A program that refuses the file does not read all of it.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

#[test]
fn standard_input_is_read_plain_and_compressed_by_every_subcommand() {
    let plain = common::case("pretty").bytes();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&plain).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(&plain[..], 3).unwrap();
    let file = bundled("pretty");
    let file = file.to_str().unwrap();
    let runs: [&[&str]; 7] = [
        &["summary", "-"],
        &["statistics", "-"],
        &["nodes", "-"],
        &["object", "-", "@1"],
        &["retainers", "-", "@3"],
        &["search", "-", "a"],
        &["compare", "-", file],
    ];
    for run in runs {
        let arguments: Vec<&str> = run.iter().map(|argument| if *argument == "-" { file } else { argument }).collect();
        let wanted = heapglass().args(&arguments).output().unwrap();
        let wanted = String::from_utf8(wanted.stdout).unwrap().replace("pretty.heapsnapshot.zst", "standard input");
        for input in [&plain, &gzip, &zstd] {
            let output = piped(run, input);
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{run:?}");
            assert_eq!(String::from_utf8_lossy(&output.stdout), wanted, "{run:?}");
        }
    }
    let output = piped(&["compare", "-", "-"], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("only one snapshot"));
    let output = piped(&["summary", "-"], &plain[..plain.len() / 2]);
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(complaint.starts_with("heapglass: standard input: ") && !complaint.contains("--recover"), "{complaint}");
    let output = piped(&["summary", "-", "--recover"], &plain[..plain.len() * 3 / 4]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn recover_opens_a_damaged_file_and_every_output_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cut.heapsnapshot");
    let whole = common::case("small-1").bytes();
    fs::write(&file, &whole[..whole.len() * 95 / 100]).unwrap();
    let file = file.to_str().unwrap();
    let refused = heapglass().args(["summary", file]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let complaint = String::from_utf8(refused.stderr).unwrap();
    assert!(
        complaint.ends_with("; use `--recover` to open what can be read\n") && complaint.lines().count() == 1,
        "{complaint}"
    );
    let runs: [&[&str]; 6] =
        [&["summary"], &["statistics"], &["object", "@1"], &["retainers", "@3"], &["search", "a"], &["compare", file]];
    for run in runs {
        let output = heapglass()
            .args(["--format", "json", "--recover"].iter().fold(vec![run[0], file], |mut all, more| {
                all.push(more);
                all
            }))
            .args(&run[1..])
            .output()
            .unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{run:?}: {complaint}");
        assert!(
            complaint.contains("the file ends at byte") && complaint.contains("inside section `strings`"),
            "{complaint}"
        );
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let losses = answer["salvaged"].as_array().unwrap_or_else(|| panic!("{run:?}: {answer:.200}"));
        assert!(
            losses.iter().any(|loss| loss.as_str().unwrap().contains("section `strings`: found only")),
            "{losses:?}"
        );
    }
    let whole_file = bundled("pretty");
    let output = heapglass().args(["summary", "--format", "json", "--recover"]).arg(whole_file).output().unwrap();
    assert!(output.stderr.is_empty() && !String::from_utf8_lossy(&output.stdout).contains("salvaged"));
}

#[test]
#[cfg(unix)]
fn pipes_folders_and_unreadable_files_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.heapsnapshot");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // A damaged file from a pipe cannot be read a second time.
    let writer = pipe.clone();
    let whole = common::archive("broken.tar.zst")["to-node-out-of-range.heapsnapshot"].clone();
    let writing = std::thread::spawn(move || fs::write(writer, whole).unwrap());
    let output = heapglass().arg("summary").arg(&pipe).output().unwrap();
    writing.join().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains("found an edge to node 9"), "{complaint}");
    for (file, wanted) in [(folder.path().to_path_buf(), "folder"), (folder.path().join("nothing"), "No such file")] {
        let output = heapglass().arg("summary").arg(&file).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains(wanted));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn too_little_memory_ends_with_one_line_and_code_1() {
    let file = bundled("node24-1");
    let (mut done, mut refused) = (0, 0);
    let little = (20_000..150_000).step_by(5_000);
    for kilobytes in little.chain([200_000, 300_000, 500_000, 4_000_000]) {
        // If not even that works, the program itself does not fit.
        let version = format!("ulimit -v {kilobytes}; exec \"$0\" --version");
        let starts = Command::new("sh").arg("-c").arg(version).arg(env!("CARGO_BIN_EXE_heapglass")).output().unwrap();
        if !starts.status.success() {
            continue;
        }
        let script = format!("ulimit -v {kilobytes}; exec \"$0\" summary \"$1\" --limit 1");
        let output = Command::new("sh").arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_heapglass")).arg(&file).output();
        let output = output.unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        match output.status.code() {
            Some(0) => done += 1,
            Some(1) => {
                refused += 1;
                assert_eq!(complaint.lines().count(), 1, "{kilobytes}: {complaint}");
                assert!(complaint.starts_with("heapglass: "), "{kilobytes}: {complaint}");
            }
            other => panic!("{kilobytes} kB: {other:?}, {complaint}"),
        }
    }
    assert!(done > 0 && refused > 0, "{done} runs had enough memory, {refused} had not");
}

#[test]
#[cfg(target_os = "linux")]
fn a_string_that_is_longer_than_a_limit_of_the_address_space_is_refused_as_other_files_are() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bomb.heapsnapshot.zst");
    fs::write(&file, hostile_files::string_bomb()).unwrap();
    // Where a buffer that doubles would exceed the limit depends on what the program takes besides.
    for megabytes in [500, 600, 700, 800, 1000, 1200] {
        for more in ["", "--salvage"] {
            let script = format!("ulimit -v {megabytes}000; exec \"$0\" statistics {more} \"$1\"");
            let output =
                Command::new("sh").arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_heapglass")).arg(&file).output();
            let output = output.unwrap();
            let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(1), "{megabytes} MB {more}: {complaint}");
            assert_eq!(complaint.lines().count(), 1, "{megabytes} MB {more}: {complaint}");
            assert!(complaint.contains("not enough memory: needs "), "{megabytes} MB {more}: {complaint}");
        }
    }
}

/// Returns a snapshot of `count` objects below a root; `edges` returns the targets of each.
fn graph(count: u32, mut edges: impl FnMut(u32) -> Vec<u32>, name: &str) -> Vec<u8> {
    let (mut nodes, mut links) = (String::from("9,0,1,0,1"), String::from("1,0,5"));
    let (mut node_count, mut edge_count) = (1, 1);
    for node in 1..=count {
        let targets = edges(node);
        let _ = write!(nodes, ",3,1,{},16,{}", node * 2 + 1, targets.len());
        node_count += 1;
        for target in targets {
            let _ = write!(links, ",2,1,{}", target * 5);
            edge_count += 1;
        }
    }
    format!(
        "{{\"snapshot\":{{\"meta\":{{\"node_fields\":[\"type\",\"name\",\"id\",\"self_size\",\"edge_count\"],\
         \"node_types\":[[\"hidden\",\"array\",\"string\",\"object\",\"code\",\"closure\",\"regexp\",\"number\",\"native\",\
         \"synthetic\",\"concatenated string\"],\"string\",\"number\",\"number\",\"number\"],\"edge_fields\":[\"type\",\
         \"name_or_index\",\"to_node\"],\"edge_types\":[[\"context\",\"element\",\"property\",\"internal\",\"hidden\",\
         \"shortcut\",\"weak\"],\"string_or_number\",\"node\"]}},\"node_count\":{node_count},\"edge_count\":{edge_count}}},\
         \"nodes\":[{nodes}],\"edges\":[{links}],\"strings\":[\"\",{}]}}",
        Value::from(name)
    )
    .into_bytes()
}

#[test]
fn pathological_graphs_open_and_answer_every_question() {
    const COUNT: u32 = 60_000;
    let circle = graph(COUNT, |node| vec![if node == COUNT { 1 } else { node + 1 }], "circle");
    let chain = graph(COUNT, |node| if node == COUNT { vec![] } else { vec![node + 1] }, "chain");
    let star = graph(COUNT, |node| if node == 1 { (1..=COUNT).collect() } else { vec![1] }, "star");
    let both = graph(2000, |node| if node <= 40 { (1..=2000).collect() } else { vec![] }, "dense");
    for (what, bytes) in [("circle", circle), ("chain", chain), ("star", star), ("dense", both)] {
        let snapshot = open(&bytes);
        assert_eq!(snapshot.retained_size(NodeOrdinal(1)), snapshot.total_size(), "{what}: all hang on the first");
        questions::ask(&snapshot);
    }
}

#[test]
fn cyclic_concatenated_strings_are_named_quickly() {
    // Each refers to the next twice, and the last to the first: a walk without a limit would never end.
    let mut bytes = graph(3000, |node| vec![node % 3000 + 1, (node + 1) % 3000 + 1], "first");
    let text = String::from_utf8(std::mem::take(&mut bytes)).unwrap();
    let text = text.replace(",3,1,", ",10,0,").replace(",2,1,", ",3,1,");
    let snapshot = open(text.as_bytes());
    for node in snapshot.graph().nodes().take(300) {
        assert!(snapshot.display_name(node).is_empty());
    }
}

#[test]
fn a_name_of_a_hundred_megabytes_is_truncated_before_layout() {
    let long = "long name ".repeat(2_000_000);
    let bytes = graph(50, |node| if node == 1 { (2..=50).collect() } else { vec![] }, &long);
    let snapshot = open(&bytes);
    for node in snapshot.graph().nodes().skip(1) {
        assert!(heapglass::test_support::query::node_label(&snapshot, node).chars().count() < 300);
        assert!(snapshot.display_name(node).len() < 100_000);
    }
    questions::ask(&snapshot);
}

#[test]
fn sizes_that_overflow_saturate() {
    let bytes = graph(6, |node| if node == 1 { (2..=6).collect() } else { vec![] }, "Array");
    let text = String::from_utf8(bytes).unwrap().replace(",16,", &format!(",{},", u64::MAX - 5));
    for kind in ["3", "0", "2", "4", "8"] {
        let text = text
            .replace(",3,1,", &format!(",{kind},1,"))
            .replace("\"node_count\"", &format!("\"extra_native_bytes\":{},\"node_count\"", u64::MAX));
        let snapshot = open(text.as_bytes());
        assert_eq!(snapshot.total_size(), u64::MAX);
        assert_eq!(snapshot.statistics().native_total, u64::MAX);
        questions::ask(&snapshot);
        let group = heapglass::test_support::query::duplicate_strings(&snapshot, &CancelToken::new()).unwrap();
        assert!(kind != "2" || group.shallow_size == u64::MAX);
    }
}

/// Returns a snapshot of a string that was concatenated in this many steps. `deep_first`: the first part nests, not the second.
fn rope(additions: u32, deep_first: bool, piece: &str) -> Vec<u8> {
    let (mut nodes, mut edges) = ("2,0,1,0,2,0,1,3,16,0".to_owned(), String::new());
    // Nodes 2 and on are the additions, the longest last; the root holds it and the piece.
    let _ = write!(edges, "0,1,{},0,1,5", (1 + additions) * 5);
    for at in 0..additions {
        let _ = write!(nodes, ",1,2,{},20,2", 5 + 2 * at);
        let before = if at == 0 { 1 } else { 1 + at } * 5;
        let [first, second] = if deep_first { [before, 5] } else { [5, before] };
        let _ = write!(edges, ",0,3,{first},0,4,{second}");
    }
    format!(
        r#"{{"snapshot":{{"meta":{{"node_fields":["type","name","id","self_size","edge_count"],"node_types":[["string","concatenated string","synthetic"]],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["internal"]]}},"node_count":{},"edge_count":{}}},"nodes":[{nodes}],"edges":[{edges}],"strings":["","{piece}","(concatenated string)","first","second"]}}"#,
        additions + 2,
        additions * 2 + 2
    )
    .into_bytes()
}

#[test]
fn strings_of_thousands_of_concatenations_are_named_quickly() {
    // Reading each from the bottom of the chain took minutes.
    for (deep_first, piece, length) in [(true, "ab", 1024), (false, "ab", 1024), (true, "", 0), (false, "", 0)] {
        let snapshot = open(&rope(30_000, deep_first, piece));
        snapshot.expect_many_names();
        for node in snapshot.graph().nodes().skip(2) {
            let expected = length.min((node.index()) * piece.len());
            assert_eq!(snapshot.display_name(node).len(), expected, "{deep_first} {piece} {}", node.0);
        }
        questions::ask(&snapshot);
    }
}

#[test]
fn names_are_the_same_however_many_are_asked_for() {
    let fuzz = common::archive("fuzz.tar.zst");
    let files = fuzz.iter().filter(|(name, _)| name.ends_with(".heapsnapshot"));
    let small = common::case("small-1").bytes();
    for (name, bytes) in files.map(|(name, bytes)| (name.as_str(), bytes)).chain([("small-1", &small)]) {
        let snapshot = open(bytes);
        let ropes: Vec<NodeOrdinal> = snapshot
            .graph()
            .nodes()
            .filter(|&node| snapshot.kind(node) == heapglass::test_support::model::NodeKind::CONCATENATED_STRING)
            .collect();
        let one_by_one: Vec<String> = ropes.iter().map(|&node| snapshot.display_name(node).into_owned()).collect();
        snapshot.expect_many_names();
        for (&node, before) in ropes.iter().zip(&one_by_one) {
            assert_eq!(snapshot.display_name(node), before.as_str(), "{name}: {}", snapshot.id(node));
        }
    }
}

#[test]
fn an_option_may_precede_a_subcommand_but_a_file_may_not() {
    let file = bundled("node24-1");
    let right = heapglass().arg("--no-cache").arg("summary").arg(&file).output().unwrap();
    assert!(right.status.success() && !right.stdout.is_empty());
    let wrong = heapglass().arg(&file).arg("summary").arg(&file).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("before a subcommand"));
}

#[test]
fn a_decompression_bomb_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bomb.heapsnapshot.gz");
    for (what, bytes) in hostile_files::bombs() {
        fs::write(&file, bytes).unwrap();
        for more in [&[][..], &["--recover"]] {
            let output = heapglass().args(["summary", "--max-memory", "30MB"]).args(more).arg(&file).output().unwrap();
            let complaint = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{what} {more:?}: {complaint}");
            assert_eq!(complaint.lines().count(), 1, "{what} {more:?}: {complaint}");
            let expected = "not enough memory: needs ";
            assert!(complaint.contains(expected), "{what} {more:?}: {complaint}");
            assert!(complaint.contains("30.0 MB is available; `--max-memory none`"), "{what} {more:?}: {complaint}");
        }
    }
}

#[test]
fn the_memory_limit_can_be_lifted_and_an_invalid_one_is_refused() {
    let file = bundled("node24-1");
    let run = |limit: &str| heapglass().args(["statistics", "--max-memory", limit]).arg(&file).output().unwrap();
    assert_eq!(run("1MB").status.code(), Some(1));
    for enough in ["none", "available", "8GB"] {
        assert_eq!(run(enough).status.code(), Some(0), "{enough}");
    }
    assert_eq!(run("much").status.code(), Some(2));
    let by_variable = heapglass().arg("statistics").arg(&file).env("HEAPGLASS_MAX_MEMORY", "1MB").output().unwrap();
    assert_eq!(by_variable.status.code(), Some(1));
}

#[test]
fn endless_input_is_refused_with_and_without_recovery() {
    let inputs = [
        ("", " "),
        ("", "x"),
        (hostile_files::HEADER, "x"),
        (hostile_files::HEADER, " "),
        ("{\"junk\":[", "["),
        ("{\"junk\":\"", "x"),
    ];
    let commands = [&["summary", "-"][..], &["summary", "-", "--recover"], &["profile", "-"]];
    for ((start, repeated), arguments) in inputs.into_iter().flat_map(|input| commands.map(|command| (input, command)))
    {
        let mut command = heapglass();
        command.args(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let block = repeated.repeat(1 << 20);
        // The pipe closes when the program stops reading.
        let is_written = input.write_all(start.as_bytes()).is_ok();
        while is_written && input.write_all(block.as_bytes()).is_ok() {}
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{start:.20} {repeated} {arguments:?}: {output:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_snapshot_is_read_from_a_named_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("node24-1.heapsnapshot.zst");
    common::pipe(&pipe);
    let script = "cat \"$1\" > \"$2\" & exec \"$0\" summary \"$2\" --limit 1";
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_heapglass")).arg(bundled("node24-1")).arg(&pipe);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let direct = heapglass().args(["summary", "--limit", "1"]).arg(bundled("node24-1")).output().unwrap();
    assert_eq!(output.stdout, direct.stdout);
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_size_limit_prevents_caching_but_not_answers() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.heapsnapshot.zst");
    fs::copy(bundled("node24-1"), &file).unwrap();
    let old = std::time::SystemTime::now() - std::time::Duration::from_mins(1);
    fs::File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
    let cache = folder.path().join("cache");
    let script = "ulimit -f 8; exec \"$0\" statistics \"$1\"";
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_heapglass")).arg(&file);
    let output = command.env("HEAPGLASS_INDEX", "always").env("HEAPGLASS_INDEX_DIR", &cache).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(fs::read_dir(&cache).unwrap().count(), 0, "what could not be written is gone");
}

#[cfg(unix)]
#[test]
fn a_file_that_changes_while_being_read_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.heapsnapshot");
    let text = graph(2000, |_| vec![0], "x");
    let blanks = vec![b' '; 64 << 20];
    let open = |change: &dyn Fn(&fs::File, u64)| {
        fs::write(&file, [&text[..], &blanks].concat()).unwrap();
        let handle = fs::File::options().write(true).open(&file).unwrap();
        let is_done = std::sync::atomic::AtomicBool::new(false);
        let (progress, cancel) = (Progress::new(), CancelToken::new());
        std::thread::scope(|scope| {
            let load = scope.spawn(|| {
                let opened = Snapshot::open(heapglass::test_support::format::Source::file(&file), &progress, &cancel);
                is_done.store(true, std::sync::atomic::Ordering::Relaxed);
                opened
            });
            for step in 1.. {
                if is_done.load(std::sync::atomic::Ordering::Relaxed) {
                    break;
                }
                change(&handle, step);
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            load.join().unwrap()
        })
    };
    let start = std::time::SystemTime::now();
    let touched = open(&|handle, step| handle.set_modified(start + std::time::Duration::from_secs(step)).unwrap());
    let change = touched.unwrap().source().change.expect("it was written to");
    assert!(change.notice().is_some_and(|notice| notice.contains("mixture of two states")));
    let whole = (text.len() + blanks.len()) as u64;
    let cut = open(&|handle, step| handle.set_len(whole - step).unwrap()).expect_err("it was truncated");
    assert!(cut.to_string().contains("the file was truncated while it was being read"), "{cut}");
    let calm = open(&|_, _| ());
    assert_eq!(calm.unwrap().source().change, None);
}
