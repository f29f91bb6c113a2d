//! Data moves one way through the crate: no stage knows those behind it.

use std::fs;
use std::path::{Path, PathBuf};

/// Each part of `src/` with the parts of the crate and the libraries that it must not mention.
const FORBIDDEN: [(&str, &[&str]); 12] = [
    ("model", &["format", "graph", "analysis", "snapshot", "index", "query", "session", "ui", "cli", "capture"]),
    (
        "files.rs",
        &["model", "format", "graph", "analysis", "snapshot", "index", "query", "session", "ui", "cli", "capture"],
    ),
    ("format", &["graph", "analysis", "snapshot", "index", "query", "session", "ui", "cli"]),
    ("graph", &["analysis", "snapshot", "index", "query", "session", "ui", "cli"]),
    ("analysis", &["snapshot", "index", "query", "session", "ui", "cli"]),
    ("snapshot.rs", &["index", "query", "session", "ui", "cli"]),
    ("profile.rs", &["index", "query", "session", "ui", "cli"]),
    ("index", &["query", "session", "ui", "cli"]),
    ("query", &["index", "session", "ui", "cli"]),
    ("capture", &["format", "graph", "analysis", "snapshot", "index", "query", "session", "ui", "cli"]),
    ("session", &["ui", "cli"]),
    ("cli", &["session", "ui"]),
];

fn sources(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_path_buf()];
    }
    let mut files: Vec<PathBuf> =
        fs::read_dir(path).unwrap().flat_map(|entry| sources(&entry.unwrap().path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    files
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

#[test]
fn no_stage_uses_one_that_comes_after_it() {
    let mut problems = Vec::new();
    for (part, forbidden) in FORBIDDEN {
        let files = sources(&src().join(part));
        assert!(!files.is_empty(), "{part} is there");
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            for name in forbidden {
                if text.contains(&format!("crate::{name}")) {
                    problems.push(format!("{} uses {name}", file.display()));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn only_the_window_knows_egui_and_only_the_session_knows_channels() {
    let mut problems = Vec::new();
    for file in sources(&src()) {
        let text = fs::read_to_string(&file).unwrap();
        let is_in = |part: &str| file.starts_with(src().join(part));
        if !is_in("ui") && (text.contains("egui::") || text.contains("eframe::")) {
            problems.push(format!("{} knows egui", file.display()));
        }
        if !is_in("ui") && !is_in("session") && text.contains("crossbeam_channel") {
            problems.push(format!("{} knows channels", file.display()));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
