//! How the crate is built: which part may use which, how large its parts are, and that no two of them lean on each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{File, files, functions, paths};

/// The parts of the crate from the bottom up. A part uses those in front of it, but for what [`KEPT_APART`] lists.
const LAYERS: [&str; 23] = [
    "files",
    "model",
    "memory",
    "inputs",
    "script_store",
    "capture",
    "format",
    "scrub",
    "graph",
    "analysis",
    "snapshot",
    "profile",
    "index",
    "query",
    "sources",
    "findings",
    "export",
    "sql",
    "dataset",
    "mcp",
    "report",
    "session",
    "cli",
];

/// Parts that must not use others although those are below them.
const KEPT_APART: [(&str, &[&str]); 8] = [
    ("query", &["index"]),
    ("findings", &["index"]),
    ("export", &["index"]),
    ("mcp", &["index"]),
    ("report", &["index"]),
    ("session", &["export", "mcp", "report"]),
    ("cli", &["session"]),
    ("snapshot", &["index"]),
];

fn is_part(part: &str) -> bool {
    part == "ui" || LAYERS.contains(&part)
}

#[test]
fn no_module_uses_a_later_stage() {
    let place = |part: &str| LAYERS.iter().position(|layer| *layer == part).unwrap_or(LAYERS.len());
    let mut problems = BTreeSet::new();
    for file in files() {
        let Some(own) = file.module.first().filter(|own| is_part(own)) else { continue };
        for path in paths(&file) {
            let Some(other) = path.first().filter(|other| is_part(other) && *other != own) else { continue };
            let apart = KEPT_APART.iter().find(|(part, _)| part == own).map_or(&[][..], |(_, others)| others);
            if place(other) >= place(own) || apart.contains(&other.as_str()) {
                problems.insert(format!("{} uses {}", file.name(), path.join("::")));
            }
        }
    }
    assert_eq!(problems, BTreeSet::new());
}

#[test]
fn only_the_window_knows_egui_and_only_the_session_knows_channels() {
    let mut problems = Vec::new();
    for file in files() {
        let part = file.module.first().map(String::as_str);
        let mentions = |name: &str| file.text.contains(&format!("{name}::"));
        if part != Some("ui") && (mentions("egui") || mentions("eframe")) {
            problems.push(format!("{} knows egui", file.name()));
        }
        if file.module.get(1).map(String::as_str) == Some("state") && mentions("eframe") {
            problems.push(format!("{} knows eframe", file.name()));
        }
        if !matches!(part, Some("ui" | "session")) && mentions("crossbeam_channel") {
            problems.push(format!("{} knows channels", file.name()));
        }
    }
    assert_eq!(problems, [""; 0]);
}

/// The topic of a file below its part: a file of its own, or a folder.
fn topic(module: &[String], known: &BTreeSet<Vec<String>>) -> Option<String> {
    (module.len() > 1 && known.contains(&module[..2])).then(|| module[..2].join("::"))
}

#[test]
fn no_two_topics_import_each_other() {
    let files = files();
    let known: BTreeSet<Vec<String>> =
        files.iter().filter(|file| file.module.len() > 1).map(|file| file.module[..2].to_vec()).collect();
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in &files {
        let Some(own) = topic(&file.module, &known) else { continue };
        let others = paths(file).into_iter().filter_map(|path| topic(&path, &known)).filter(|other| *other != own);
        uses.entry(own.clone()).or_default().extend(others);
    }
    let reaches = |from: &String, to: &String| -> bool {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(at) = open.pop() {
            for next in uses.get(at).into_iter().flatten() {
                if next == to {
                    return true;
                }
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        false
    };
    let circles: Vec<String> = uses
        .iter()
        .flat_map(|(own, others)| others.iter().map(move |other| (own, other)))
        .filter(|(own, other)| reaches(other, own))
        .map(|(own, other)| format!("{own} → {other}"))
        .collect();
    assert_eq!(circles, [""; 0], "imports that are part of a circle");
}

/// Lines that a file has at most, without its tests.
const MOST_LINES: usize = 450;
/// Lines that 99 of 100 functions have at most.
const USUAL_LINES: usize = 60;

#[test]
fn no_file_is_long() {
    let long: Vec<String> = files()
        .iter()
        .map(|file: &File| (file.lines(), file.name()))
        .filter(|(lines, _)| *lines > MOST_LINES)
        .map(|(lines, name)| format!("{name}: {lines}"))
        .collect();
    assert_eq!(long, [""; 0]);
}

#[test]
fn ninety_nine_percent_of_functions_are_short() {
    let mut all: Vec<(usize, String)> = files().iter().flat_map(functions).collect();
    all.sort();
    let at = all.len() * 99 / 100;
    assert!(all[at].0 <= USUAL_LINES, "{} of {} functions are longer:\n{:#?}", all.len() - at, all.len(), &all[at..]);
}
