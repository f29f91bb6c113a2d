//! `heapglass scripts`: scripts and packages, with versions from files that may be read.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::generated::{SENDER, packaged};
use serde_json::Value;

fn run(file: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapglass"));
    command.env("HEAPGLASS_INDEX", "off").arg("scripts").arg(file).args(arguments).output().unwrap()
}

fn text(file: &Path, arguments: &[&str]) -> String {
    let output = run(file, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(file: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&text(file, &[arguments, &["--format", "json"]].concat())).unwrap()
}

/// A program in a folder with the package `ws`, and its snapshot elsewhere.
struct Shop {
    folder: tempfile::TempDir,
    _elsewhere: tempfile::TempDir,
    snapshot: PathBuf,
}

impl Shop {
    fn new() -> Self {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = folder.path().canonicalize().unwrap();
        let package = root.join("node_modules/ws");
        fs::create_dir_all(package.join("lib")).unwrap();
        fs::write(package.join("lib/sender.js"), SENDER).unwrap();
        fs::write(package.join("package.json"), r#"{"name":"ws","version":"8.17.1"}"#).unwrap();
        let snapshot = elsewhere.path().join("shop.heapsnapshot");
        let url = format!("file://{}", root.display());
        fs::write(&snapshot, packaged(&url, 20)).unwrap();
        Self { folder, _elsewhere: elsewhere, snapshot }
    }

    fn package(&self) -> PathBuf {
        self.folder.path().join("node_modules/ws")
    }

    fn version(&self, arguments: &[&str]) -> Value {
        let answer = json(&self.snapshot, &[arguments, &["--packages"]].concat());
        let mut packages = answer["packages"].as_array().unwrap().iter();
        packages.find(|package| package["package"] == "ws").unwrap()["version"].clone()
    }
}

#[test]
fn scripts_are_listed_with_their_copies() {
    let shop = Shop::new();
    let answer = json(&shop.snapshot, &[]);
    let scripts = answer["scripts"].as_array().unwrap();
    assert_eq!(scripts.len(), 15);
    let sessions = scripts.iter().find(|script| script["copies"] == 3).unwrap();
    assert!(sessions["url"].as_str().unwrap().ends_with("/src/session.mjs"));
    assert_eq!((&sessions["script_ids"], &sessions["package"]), (&"7 8 9".into(), &"Program".into()));
    assert_eq!((&sessions["functions"], &sessions["objects"]), (&18.into(), &78.into()));
    let sizes: Vec<u64> = scripts.iter().map(|script| script["retained_size"].as_u64().unwrap()).collect();
    assert!(sizes.is_sorted_by(|one, other| one >= other), "{sizes:?}");
    let csv = text(&shop.snapshot, &["--format", "csv", "--limit", "2"]);
    let header =
        "url,script_ids,package,version,copies,functions,objects,source_size,source_length,code_size,retained_size";
    assert_eq!((csv.lines().next(), csv.lines().count()), (Some(header), 3));
    let table = text(&shop.snapshot, &["--limit", "1"]);
    assert!(table.contains(": 15 scripts\n\nFunctions"), "{table}");
    assert!(table.lines().last().unwrap().ends_with("/lodash/lodash.js"), "{table}");
}

#[test]
fn packages_are_listed_with_the_versions_in_their_paths() {
    let shop = Shop::new();
    let table = text(&shop.snapshot, &["--packages"]);
    for name in ["Program", "Node.js", "lodash 4.17.21", "@acme/pricing", "ws 8.17.1"] {
        assert!(table.lines().any(|line| line.ends_with(&format!("  {name}"))), "{name} in {table}");
    }
    assert!(table.lines().any(|line| line.ends_with("  debug (in express)")), "{table}");
    let csv = text(&shop.snapshot, &["--packages", "--format", "csv"]);
    let header =
        "package,version,folder,kind,scripts,functions,objects,source_size,source_length,code_size,retained_size";
    assert_eq!(csv.lines().next(), Some(header));
}

#[test]
fn the_version_of_a_package_is_read_only_beside_an_unchanged_script_or_in_a_root() {
    let shop = Shop::new();
    let root = shop.folder.path().display().to_string();
    assert_eq!(shop.version(&[]), "8.17.1");
    assert_eq!(shop.version(&["--no-source-files"]), Value::Null);
    assert_eq!(shop.version(&["--source-root", &root]), "8.17.1");
    let other = tempfile::tempdir().unwrap();
    assert_eq!(shop.version(&["--source-root", &other.path().display().to_string()]), Value::Null);
    fs::write(shop.package().join("lib/sender.js"), "another script").unwrap();
    assert_eq!(shop.version(&[]), Value::Null);
    assert_eq!(shop.version(&["--source-root", &root]), "8.17.1");
}

#[test]
fn a_version_that_is_not_one_is_ignored() {
    let shop = Shop::new();
    for bad in [r#"{"version":"root:x:0:0"}"#, r#"{"version":3}"#, "{", "", r#"{"version":"1.0\u001b[2J"}"#] {
        fs::write(shop.package().join("package.json"), bad).unwrap();
        assert_eq!(shop.version(&[]), Value::Null, "{bad}");
    }
    fs::remove_file(shop.package().join("package.json")).unwrap();
    assert_eq!(shop.version(&[]), Value::Null);
}
