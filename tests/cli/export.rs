//! `heapglass export`: the files of tables, their partitions, and the agreement of the formats.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Map, Value};

fn heapglass() -> Command {
    Command::new(env!("CARGO_BIN_EXE_heapglass"))
}

fn bundled(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/snapshots/{name}.heapsnapshot.zst"))
}

fn export(files: &[PathBuf], out: &Path, more: &[&str]) -> (Option<i32>, String) {
    let output = heapglass().arg("export").args(files).arg("-o").arg(out).args(more).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The files below a folder, by their paths in it.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else {
                found.push(entry.strip_prefix(folder).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

fn parquet_rows(path: &Path) -> Vec<Map<String, Value>> {
    let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    let value = |field: &Field| match field {
        Field::Null => Value::Null,
        Field::Long(number) => Value::from(*number),
        Field::Double(number) => Value::from(*number),
        Field::Str(text) => Value::from(text.clone()),
        other => panic!("unexpected {other:?}"),
    };
    let row = |row: parquet::record::Row| {
        row.get_column_iter().map(|(name, field)| (name.clone(), value(field))).collect::<Map<_, _>>()
    };
    reader.get_row_iter(None).unwrap().map(|read| row(read.unwrap())).collect()
}

fn json_rows(path: &Path) -> Vec<Map<String, Value>> {
    let flag = |value: Value| if let Value::Bool(flag) = value { Value::from(i64::from(flag)) } else { value };
    let line = |line: &str| {
        let row: Map<String, Value> = serde_json::from_str(line).unwrap();
        row.into_iter().map(|(name, value)| (name, flag(value))).collect()
    };
    fs::read_to_string(path).unwrap().lines().map(line).collect()
}

#[test]
fn parquet_and_json_lines_have_the_same_rows_as_the_other_commands() {
    let folder = tempfile::tempdir().unwrap();
    let file = bundled("node24-1");
    let [parquet, json] = ["parquet", "jsonl"].map(|format| {
        let out = folder.path().join(format);
        assert_eq!(export(std::slice::from_ref(&file), &out, &["--format", format]), (Some(0), String::new()));
        out
    });
    let part = |table: &str, ending: &str| format!("{table}/snapshot=node24-1/part-00000.{ending}");
    for table in ["snapshots", "nodes", "edges", "classes", "strings", "scripts", "findings", "holders"] {
        let [rows, same] =
            [parquet_rows(&parquet.join(part(table, "parquet"))), json_rows(&json.join(part(table, "jsonl")))];
        assert_eq!(rows.len(), same.len(), "{table}");
        assert!(rows == same, "{table}");
    }
    let nodes = heapglass().args(["nodes", "--format", "json"]).arg(&file).output().unwrap();
    let nodes: Vec<Map<String, Value>> = serde_json::from_slice(&nodes.stdout).unwrap();
    let mut exported = json_rows(&json.join(part("nodes", "jsonl")));
    exported.sort_by_key(|row| row["id"].as_u64());
    assert_eq!(nodes.len(), exported.len());
    for (node, row) in nodes.iter().zip(&exported) {
        for column in ["id", "kind", "name", "class", "shallow_size", "retained_size", "distance", "dominator_id"] {
            assert_eq!(node[column], row[column], "{column} of {row:?}");
        }
    }
    let edges: u64 = nodes.iter().map(|node| node["edge_count"].as_u64().unwrap()).sum();
    assert_eq!(json_rows(&json.join(part("edges", "jsonl"))).len() as u64, edges);
    let csv = folder.path().join("csv");
    assert_eq!(export(&[file], &csv, &["--format", "csv", "--tables", "classes,nodes"]).0, Some(0));
    assert_eq!(files(&csv), [part("classes", "csv"), part("nodes", "csv")]);
}

#[test]
fn partitions_are_folders_and_a_second_export_replaces_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let both = [bundled("small-1"), bundled("small-2")];
    let partition = ["--partition", "service=cart/api", "--partition", "host=a", "--tables", "classes"];
    assert_eq!(export(&both, folder.path(), &partition).0, Some(0));
    let path =
        |name: &str, ending: &str| format!("classes/service=cart%2Fapi/host=a/snapshot={name}/part-00000.{ending}");
    assert_eq!(files(folder.path()), [path("small-1", "parquet"), path("small-2", "parquet")]);
    let again = [&partition[..], &["--format", "jsonl"]].concat();
    assert_eq!(export(&both[..1], folder.path(), &again).0, Some(0));
    assert_eq!(files(folder.path()), [path("small-1", "jsonl"), path("small-2", "parquet")]);
}

#[test]
fn wrong_partitions_and_equal_names_are_usage_errors_and_a_bad_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = bundled("small-1");
    for wrong in ["host", "=a", "class=x", "snapshot=x", "a b=c"] {
        let (code, text) = export(std::slice::from_ref(&file), folder.path(), &["--partition", wrong]);
        assert_eq!(code, Some(2), "{wrong}: {text}");
    }
    let twice = ["--partition", "host=a", "--partition", "HOST=b"];
    let (code, text) = export(std::slice::from_ref(&file), folder.path(), &twice);
    assert!(code == Some(2) && text.contains("HOST is given twice"), "{text}");
    let (code, text) = export(&[file.clone(), file.clone()], folder.path(), &[]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("two files are named small-1"), "{text}");
    let blocked = folder.path().join("file");
    fs::write(&blocked, "").unwrap();
    let (code, text) = export(&[file], &blocked, &[]);
    assert_eq!(code, Some(1), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
}
