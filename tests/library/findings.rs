//! Findings: which holders are named, and how they are judged.

use crate::{common, generated};

use std::path::Path;
use std::process::Command;

use heapglass::SourcePaths;
use heapglass::{CancelToken, Findings, Snapshot, Verdict, findings};

/// Returns the findings of a service after some rounds: sessions pile up, charges are a few more in each round.
fn of_rounds(rounds: &[(u64, u64)]) -> Findings {
    let snapshots: Vec<Snapshot> = (0..)
        .zip(rounds)
        .map(|(round, &(sessions, charges))| {
            common::open_bytes("service", generated::service(sessions, charges, round)).unwrap()
        })
        .collect();
    findings(&snapshots.iter().collect::<Vec<_>>(), &SourcePaths::default(), &CancelToken::new()).unwrap()
}

#[test]
fn the_holder_that_grows_in_every_step_is_a_leak() {
    let found = of_rounds(&[(100, 20), (150, 20), (220, 20)]);
    assert_eq!(found.ids_match, Some(true));
    assert_eq!(found.findings.len(), 1, "{:?}", found.summary);
    let first = &found.findings[0];
    assert_eq!(first.verdict, Verdict::Leak);
    assert_eq!(first.holder.label, "SessionRegistry.sessions");
    assert_eq!(first.members, [100, 150, 220]);
    assert_eq!(first.classes[0].name, "Session");
    assert!(found.summary.contains("1 leak. SessionRegistry.sessions"), "{}", found.summary);
    assert!(found.headline().starts_with("3 snapshots: 1 leak, "), "{}", found.headline());
    assert!(found.headline().ends_with("% of all growth."), "{}", found.headline());
    let mut ignored = found.clone();
    ignored.findings.clear();
    assert_eq!(ignored.headline(), found.summary, "nothing is below it");
}

#[test]
fn two_snapshots_are_at_most_a_likely_leak() {
    let found = of_rounds(&[(100, 20), (220, 20)]);
    assert_eq!(found.count(Verdict::Leak), 0);
    assert_eq!(found.count(Verdict::Likely), 1, "{}", found.summary);
    assert!(found.findings[0].evidence.iter().any(|line| line.contains("third")));
}

#[test]
fn a_holder_that_grew_once_is_not_a_leak() {
    let found = of_rounds(&[(100, 20), (220, 20), (220, 20)]);
    assert_eq!(found.count(Verdict::Leak) + found.count(Verdict::Likely), 0, "{}", found.summary);
}

#[test]
fn one_snapshot_has_only_holders_to_watch() {
    let found = of_rounds(&[(400, 20)]);
    assert_eq!(found.ids_match, None);
    assert!(!found.findings.is_empty());
    assert!(found.findings.iter().all(|finding| finding.verdict == Verdict::Watch));
    assert_eq!(found.findings[0].holder.label, "SessionRegistry.sessions");
}

/// Objects that code and random others hold, so that the shortest paths lead through code and the others form cycles.
fn tangled(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let mut heap = generated::V8Heap::new(false);
    let global = heap.global;
    let code = heap.add("code", "(code for f)", 64);
    heap.heap.named(global, "internal", "code", code);
    let elements = heap.array(global, "all");
    let items: Vec<usize> =
        (0..120).map(|at| heap.add("object", if at % 3 == 0 { "Item" } else { "Part" }, 48)).collect();
    for (at, &item) in (0..).zip(&items) {
        match random(3) {
            0 => heap.heap.named(code, "internal", &format!("c{at}"), item),
            1 if seed.is_multiple_of(2) => heap.heap.numbered(elements, "element", at, item),
            _ => {}
        }
        for other in 0..3 {
            let to = items[random(items.len())];
            heap.heap.named(item, "property", &format!("p{other}"), to);
        }
    }
    heap.write()
}

#[test]
fn paths_through_code_and_cycles_end() {
    for seed in 1..200 {
        let snapshot = common::open_bytes("tangled", tangled(seed)).unwrap();
        let found = findings(&[&snapshot], &SourcePaths::default(), &CancelToken::new()).unwrap();
        assert!(found.findings.iter().all(|finding| finding.path.len() < 130), "seed {seed}");
    }
}

#[test]
fn a_collection_of_a_global_object_is_an_accumulation_though_only_its_members_have_a_source() {
    let mut heap = generated::V8Heap::new(false);
    let script = heap.script(200, Some("file:///srv/app/catalog.mjs"));
    let global = heap.global;
    let app = heap.add("object", "Object", 24);
    heap.heap.named(global, "property", "app", app);
    let elements = heap.array(app, "products");
    for number in 0..500 {
        let product = heap.instance("Product", 64, script, 3);
        heap.heap.numbered(elements, "element", number, product);
    }
    let snapshot = common::open_bytes("catalog", heap.write()).unwrap();
    let found = findings(&[&snapshot], &SourcePaths::default(), &CancelToken::new()).unwrap();
    assert_eq!(found.findings[0].holder.label, "global.app.products", "{}", found.summary);
    assert_eq!(found.findings[0].members, [500]);
}

#[test]
fn signatures_do_not_depend_on_numbers() {
    let signature = |rounds: &[(u64, u64)]| of_rounds(rounds).findings[0].signature.clone();
    assert_eq!(signature(&[(100, 20), (150, 20), (220, 20)]), signature(&[(300, 20), (350, 20), (420, 20)]));
}

/// Scores the findings on snapshots of programs in `tests/leaks`, which `HEAPGLASS_LEAKS` names as a folder. Without it,
/// nothing is checked: the programs run for minutes.
#[test]
fn the_first_finding_is_right_for_programs_that_leak() {
    let Some(folder) = std::env::var_os("HEAPGLASS_LEAKS") else { return };
    let truth = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/leaks/truth.json")).unwrap();
    let truth: serde_json::Value = serde_json::from_str(&truth).unwrap();
    let (mut leaks, mut right, mut alarms) = (0, 0, Vec::new());
    for program in truth.as_array().unwrap() {
        let name = program["name"].as_str().unwrap();
        let files: Vec<_> = (1..=3).map(|at| Path::new(&folder).join(format!("{name}-{at}.heapsnapshot"))).collect();
        let mut command = Command::new(env!("CARGO_BIN_EXE_heapglass"));
        command.args(["findings", "--no-cache", "--format", "json"]).args(&files);
        let found: serde_json::Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        let judged = found["findings"].as_array().unwrap();
        let bad: Vec<_> = judged.iter().filter(|finding| finding["verdict"] != "watch").collect();
        if program["leaking"] == false {
            alarms.extend(bad.first().map(|finding| format!("{name}: {}", finding["title"])));
            continue;
        }
        leaks += 1;
        let Some(first) = bad.first() else { continue };
        let text = first.to_string();
        let has_keywords = program["path_keywords"]
            .as_array()
            .unwrap()
            .iter()
            .all(|keyword| keyword.as_str().unwrap().split('|').any(|one| text.contains(one)));
        let classes = &program["leaked_class"];
        let wanted: Vec<&str> = match classes.as_array() {
            Some(several) => several.iter().filter_map(serde_json::Value::as_str).collect(),
            None => vec![classes.as_str().unwrap()],
        };
        let listed = first["classes"].as_array().unwrap();
        let has_class = listed.iter().any(|class| wanted.contains(&class["name"].as_str().unwrap()));
        right += u64::from(has_keywords && has_class);
    }
    assert!(alarms.is_empty(), "{alarms:?}");
    assert!(right * 100 >= leaks * 95, "{right} of {leaks}");
}
