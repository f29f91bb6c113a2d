//! `heapglass findings`: verdicts, exit codes and formats.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::generated;

fn files(folder: &Path, leaks: bool) -> Vec<PathBuf> {
    generated::leak_files(folder, leaks)
}

fn run(arguments: &[&str], files: &[PathBuf]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapglass"));
    command.env("HEAPGLASS_INDEX", "off").arg("findings").args(arguments).args(files);
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_leak_is_named_with_its_holder_and_fails_only_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path(), true);
    let output = run(&[], &files);
    assert_eq!(output.status.code(), Some(0));
    let shown = text(&output);
    assert!(shown.contains("Leak: SessionRegistry.sessions accumulates Session objects"), "{shown}");
    assert_eq!(run(&["--fail-on", "leak"], &files).status.code(), Some(3));
}

#[test]
fn a_healthy_series_has_no_leak_and_passes() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["--fail-on", "likely"], &files(folder.path(), false));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

#[test]
fn snapshots_are_sorted_by_age() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = files(folder.path(), true);
    files.reverse();
    let shown = text(&run(&[], &files));
    assert!(shown.contains("sorted by age"), "{shown}");
    assert!(shown.contains("Leak: SessionRegistry.sessions"), "{shown}");
}

#[test]
fn every_format_names_the_holder() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path(), true);
    for format in ["text", "json", "markdown", "html"] {
        let output = run(&["--format", format], &files);
        assert_eq!(output.status.code(), Some(0), "{format}");
        assert!(text(&output).contains("SessionRegistry.sessions"), "{format}");
    }
}

#[test]
fn an_unjudged_series_does_not_pass_the_gate() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path(), false);
    let one = run(&["--fail-on", "leak"], &files[..1]);
    assert_eq!(one.status.code(), Some(2), "{}", String::from_utf8_lossy(&one.stderr));
    let twice = run(&["--fail-on", "leak"], &[files[0].clone(), files[0].clone()]);
    assert_eq!(twice.status.code(), Some(2));
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/snapshots");
    let strangers = [data.join("small-1.heapsnapshot.zst"), data.join("node24-1.heapsnapshot.zst")];
    assert_eq!(run(&["--fail-on", "leak"], &strangers).status.code(), Some(3));
    let cut = folder.path().join("cut.heapsnapshot");
    let whole = std::fs::read(&files[2]).unwrap();
    std::fs::write(&cut, &whole[..whole.len() - 40]).unwrap();
    let damaged = [files[0].clone(), files[1].clone(), cut];
    assert_eq!(run(&["--recover", "--fail-on", "leak"], &damaged).status.code(), Some(3));
}

#[test]
fn one_snapshot_claims_no_growth() {
    let folder = tempfile::tempdir().unwrap();
    let shown = text(&run(&[], &files(folder.path(), true)[..1]));
    assert!(shown.contains("SessionRegistry.sessions has Session objects: 1,000"), "{shown}");
    assert!(!shown.contains("gains more") && !shown.contains("never"), "{shown}");
}

#[test]
fn the_example_of_the_readme_names_its_leak_and_the_line() {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let files = ["example-before.heapsnapshot.zst", "example-after.heapsnapshot.zst"].map(|name| assets.join(name));
    let shown = text(&run(&[], &files));
    for part in ["Listeners for 'price' on variable priceFeed are never removed: 20 → 2,020", "leaky-server.mjs:45"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}
