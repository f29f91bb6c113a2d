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
    assert!(shown.contains("Leak: SessionRegistry.sessions gathers Session objects"), "{shown}");
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
