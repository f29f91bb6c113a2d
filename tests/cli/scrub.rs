//! Scrubbed copies: nothing secret is left in them, and all numbers are the same.

use crate::node::snapshot_of;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn heapglass(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapglass"));
    command.env("HEAPGLASS_INDEX", "off").args(arguments).output().unwrap()
}

fn answer(arguments: &[&str]) -> String {
    let output = heapglass(arguments);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaint.is_empty(), "{arguments:?}: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(arguments: &[&str]) -> Value {
    let mut arguments = arguments.to_vec();
    arguments.extend(["--format", "json"]);
    serde_json::from_str(&answer(&arguments)).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Random letters and digits that do not depend on the run.
struct Random(u64);

impl Random {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn text(&mut self, length: usize) -> String {
        const CHARACTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut character = || char::from(CHARACTERS[usize::try_from(self.number() % 62).unwrap()]);
        (0..length).map(|_| character()).collect()
    }
}

/// Mails, tokens, cookies, passwords with quotes and other scripts, and card numbers.
fn secrets() -> Vec<String> {
    let mut random = Random(7);
    let secret = |at: usize| match at % 6 {
        0 => format!("{}@mail{at}.example", random.text(9)),
        1 => format!("tk_{}", random.text(28)),
        2 => format!("{}; Path=/; HttpOnly; sid={}", random.text(10), random.text(20)),
        3 => format!("{}\"\\\n\u{e9}\u{1f511}{}", random.text(9), random.text(9)),
        4 => format!("{}.{}.{}", random.text(20), random.text(30), random.text(20)),
        _ => format!("{:016}", 4_000_000_000_000_000 + random.number() * 1_000_003),
    };
    (0..500).map(secret).collect()
}

/// Puts each secret into one of twenty kinds of places, most of them into several.
const PLANT: &str = r"
const secrets = JSON.parse(TEXT);
class Session { constructor(user) { this.user = user; this.notes = []; } }
class Store { constructor() { this.byUser = new Map(); this.byName = {}; this.recent = []; } }
const store = globalThis.store = new Store();
const kept = globalThis.kept = { closures: [], small: [], shared: [], symbols: [], regexps: [], parts: [], nested: [], weak: new WeakMap(), sets: new Set(), bare: Object.create(null), errors: [], buffers: [], functions: [], names: [], bound: [], dates: [] };
const long = 'a'.repeat(3000);
secrets.forEach((secret, at) => {
  store.byUser.set(secret, new Session(secret));
  store.byName[secret] = { at };
  kept.closures.push(() => secret + at);
  if (at % 3 === 0) kept.small.push({ [secret]: 1 });
  if (at % 3 === 1) { const a = {}, b = {}; a[secret] = 1; b[secret] = 2; kept.shared.push(a, b, JSON.parse(JSON.stringify({ [secret]: { [secret]: 1 } }))); }
  kept.symbols.push(Symbol(secret), { [Symbol(secret)]: 1 });
  kept.regexps.push(new RegExp(secret.replace(/[^A-Za-z0-9]/g, '.')));
  // Pieces of a concatenated string and of a sliced one, and cut ones.
  let rope = 'prefix of the rope ' + at;
  for (const unit of secret) rope += unit;
  kept.parts.push(rope, (long + secret + long).slice(1500, 4000), secret.slice(0, 13) + '|' + secret.slice(13), [...secret].join('\u{0}'));
  kept.nested.push({ headers: { cookie: secret, authorization: `Bearer ${secret}` }, url: `https://user:${encodeURIComponent(secret)}@host.example/a?b=${secret}#${secret}` });
  const key = { at };
  kept.weak.set(key, secret); kept.nested.push(key);
  kept.weak.set(Symbol(secret), secret);
  kept.sets.add(secret + '!');
  kept.bare[secret] = new Date(at);
  kept.errors.push(new Error(`failed for ${secret}`));
  kept.bound.push(function () {}.bind(null, secret));
  const numbered = new Array(3); numbered[secret] = at; kept.names.push(numbered);
  const session = new Session(secret); session.notes.push(secret); if (at % 5 === 0) session[secret] = 1; store.recent.push(session);
});
kept.array = LIST;
kept.array.forEach(secret => { kept.functions.push({ [secret]: 1, second: 2 }); });
";

fn planted(secrets: &[String]) -> Option<Vec<u8>> {
    let list = serde_json::to_string(secrets).unwrap();
    let quoted = serde_json::to_string(&list).unwrap();
    let program = PLANT.replace("TEXT", &quoted).replace("LIST", &serde_json::to_string(&secrets[..40]).unwrap());
    snapshot_of(&program)
}

/// Returns the secrets of which `text` has the first eight characters or all, forwards or backwards.
fn found_in<'a>(text: &str, secrets: &'a [String]) -> Vec<&'a str> {
    let backwards: String = text.chars().rev().collect();
    let is_in = |secret: &&String| {
        let start: String = secret.chars().take(8).collect();
        text.contains(&start) || text.contains(secret.as_str()) || backwards.contains(&start)
    };
    secrets.iter().filter(is_in).map(String::as_str).collect()
}

/// Returns the bytes of a snapshot as text, and all its strings, one per line.
fn contents(bytes: &[u8]) -> (String, String) {
    let snapshot: Value = serde_json::from_slice(bytes).unwrap();
    let strings = snapshot["strings"].as_array().unwrap();
    let lines = strings.iter().fold(String::new(), |mut lines, string| {
        let _ = writeln!(lines, "{}", string.as_str().unwrap());
        lines
    });
    (String::from_utf8_lossy(bytes).into_owned(), lines)
}

#[test]
fn no_planted_secret_is_left_in_a_copy() {
    let secrets = secrets();
    let Some(bytes) = planted(&secrets) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (file, copy) = (folder.path().join("in.heapsnapshot"), folder.path().join("out.heapsnapshot"));
    fs::write(&file, &bytes).unwrap();
    let (_, lines) = contents(&bytes);
    assert_eq!(found_in(&lines, &secrets).len(), 500, "the search finds all of them before");
    let report = answer(&["scrub", text(&file), "-o", text(&copy)]);
    assert!(report.contains("texts of strings") && report.contains("names of classes"), "{report}");
    let (raw, lines) = contents(&fs::read(&copy).unwrap());
    assert_eq!(found_in(&raw, &secrets), Vec::<&str>::new());
    assert_eq!(found_in(&lines, &secrets), Vec::<&str>::new());
    // A secret that was escaped in the file.
    let escaped: Vec<String> = secrets.iter().map(|it| Value::from(it.as_str()).to_string()).collect();
    assert!(escaped.iter().all(|it| !raw.contains(&it[1..it.len() - 1])));
    for name in ["byUser", "byName", "recent", "user", "notes", "Session", "Store", "headers", "cookie", "closures"] {
        assert!(lines.lines().any(|line| line == name), "{name} stays");
    }
    same_numbers(&[&file], &[&copy]);
    // A concatenated string whose pieces are single characters.
    let found = json(&["search", text(&copy), "kind:\"concatenated string\""]);
    assert!(found["count"].as_u64().unwrap() > 500);
    let names = found["objects"].as_array().unwrap().iter().map(|object| object["name"].as_str().unwrap());
    let names = names.collect::<Vec<_>>().join("\n");
    assert_eq!(found_in(&names, &secrets), Vec::<&str>::new());
}

/// Returns the numbers of all rows of a table, without names.
fn numbers(rows: &Value, columns: &[&str]) -> Vec<String> {
    assert!(columns.iter().all(|column| rows[0].get(column).is_some()), "{columns:?}");
    let row = |row: &Value| columns.iter().fold(String::new(), |line, column| format!("{line} {}", row[column]));
    let mut rows: Vec<String> = rows.as_array().unwrap().iter().map(row).collect();
    rows.sort();
    rows
}

fn findings(files: &[&PathBuf]) -> Vec<String> {
    let mut arguments = vec!["findings", "--no-source-files"];
    arguments.extend(files.iter().map(|file| text(file)));
    let found = json(&arguments);
    let rows = found["findings"].as_array().unwrap().iter();
    rows.map(|it| format!("{} {} {}", it["verdict"], it["kind"], it["retained_size"])).collect()
}

/// Compares summary, statistics, growth and findings of files with those of their copies.
fn same_numbers(files: &[&PathBuf], copies: &[&PathBuf]) {
    let columns = ["count", "distance", "system_distance", "shallow_size", "retained_size"];
    for (file, copy) in files.iter().zip(copies) {
        let [mut before, mut after] = [file, copy].map(|it| json(&["statistics", text(it)]));
        for statistics in [&mut before, &mut after] {
            // The exact version is the text of a string.
            for version in ["version", "v8"] {
                statistics["producer"][version].take();
            }
        }
        assert_eq!(before, after, "{}", file.display());
        let [mut before, mut after] = [file, copy].map(|it| json(&["summary", text(it)]));
        assert_eq!(numbers(&before["classes"], &columns), numbers(&after["classes"], &columns), "{}", file.display());
        for totals in [&mut before, &mut after] {
            // A string with uses of both kinds has two entries.
            totals["totals"]["strings"].take();
        }
        assert_eq!(before["totals"], after["totals"], "{}", file.display());
        assert_eq!(findings(&[file]), findings(&[copy]), "{}", file.display());
    }
    if files.len() > 1 {
        let compared =
            ["new", "deleted", "delta", "allocated_size", "freed_size", "base_retained_size", "current_retained_size"];
        let [before, after] = [files, copies].map(|it| json(&["compare", text(it[0]), text(it[1])]));
        assert_eq!(before["ids_match"], after["ids_match"]);
        assert_eq!(numbers(&before["classes"], &compared), numbers(&after["classes"], &compared));
        assert_eq!(findings(files), findings(copies));
    }
}

#[test]
fn the_copies_of_a_series_have_the_same_growth_and_findings() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["before", "after"].map(|name| data(&format!("assets/example-{name}.heapsnapshot.zst")));
    let copies = ["before", "after"].map(|name| folder.path().join(format!("example-{name}.heapsnapshot.zst")));
    answer(&["scrub", text(&files[0]), text(&files[1]), "-o", text(folder.path())]);
    same_numbers(&[&files[0], &files[1]], &[&copies[0], &copies[1]]);
    // Compressed as its name says.
    assert_eq!(fs::read(&copies[0]).unwrap()[..4], [0x28, 0xb5, 0x2f, 0xfd]);
}

#[test]
fn a_key_gives_the_same_copy_again_and_a_random_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let file = data("tests/data/snapshots/small-1.heapsnapshot.zst");
    fs::write(path("key"), "a key").unwrap();
    let key_file = path("key");
    let copies = [
        ("a", vec!["--key", "a key"]),
        ("b", vec!["--key-file", text(&key_file)]),
        ("c", vec!["--key", "another"]),
        ("d", vec![]),
        ("e", vec![]),
    ]
    .map(|(name, key)| {
        let copy = path(name);
        let mut arguments = vec!["scrub", text(&file), "-o", text(&copy)];
        arguments.extend(key);
        answer(&arguments);
        fs::read(&copy).unwrap()
    });
    assert_eq!(copies[0], copies[1]);
    for (at, copy) in copies.iter().enumerate().skip(1) {
        assert!(copies[at + 1..].iter().all(|other| other != copy), "{at}");
    }
}

/// A file with one string of each kind, and names that are used twice.
fn small(folder: &Path) -> PathBuf {
    let file = folder.join("small.heapsnapshot");
    let snapshot = r#"{"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count"],"node_types":[["synthetic","object","string","number","regexp","symbol","bigint","closure","code","native","strange"],"string","number","number","number"],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["property","internal","context","element"],"string_or_number","node"]},"node_count":11,"edge_count":12,"title":"a secret title"},
"nodes":[0,0,1,0,10,
1,1,3,16,2,
2,2,5,24,0,
3,3,7,16,0,
4,4,9,16,0,
5,5,11,16,0,
6,6,13,16,0,
7,1,15,16,0,
8,7,17,16,0,
9,8,19,16,0,
10,9,21,16,0],
"edges":[3,0,5,3,1,10,3,2,15,3,3,20,3,4,25,3,5,30,3,6,35,3,7,40,3,8,45,3,9,50,
0,1,10,0,2,15],
"samples":[],"private":{"note":"a secret section ]}"},
"strings":["(root)","Session","secret\ud83d\udd11 \"text\"","3.14159265","secret.*","secret symbol","123456789","https://me:secret@host/app.js?secret=1","<input value=\"secret\">","secret strange","secret unused"]}"#;
    fs::write(&file, snapshot).unwrap();
    file
}

#[test]
fn every_kind_of_text_is_replaced_and_unknown_sections_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = small(folder.path());
    let copy = folder.path().join("copy.heapsnapshot");
    let report = json(&["scrub", text(&file), "-o", text(&copy)]);
    let written = fs::read_to_string(&copy).unwrap();
    assert!(!written.contains("secret") && !written.contains("3.14"), "{written}");
    let snapshot: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(snapshot["snapshot"]["title"], Value::Null);
    assert_eq!(snapshot["private"], Value::Null);
    let strings: Vec<&str> = snapshot["strings"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(strings[..2], ["(root)", "Session"]);
    assert_eq!(strings[2].encode_utf16().count(), 15);
    assert!(strings[7].starts_with("https://") && strings[7].contains("@host/app.js?"), "{}", strings[7]);
    assert!(strings[8].starts_with("<input value=\"") && strings[8].ends_with("\">"));
    assert_eq!(strings.len(), 11, "nothing is used in both ways: the property `Session` is the name of a function");
    let report = &report["files"][0];
    assert_eq!(report["left_out"], serde_json::json!(["private"]));
    assert_eq!((&report["strings"], &report["nodes"], &report["edges"]), (&11.into(), &11.into(), &12.into()));
    assert_eq!(report["replaced"]["strings"], 1);
    assert_eq!(report["replaced"]["keys"], 1);
    assert_eq!(report["replaced"]["unused"], 1);
    assert_eq!(report["kept"]["properties"], 1);
    assert_eq!(report["cleaned"], 2);
    assert_eq!(report["bytes"], written.len());
}

#[test]
fn texts_stay_if_a_pattern_matches_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = small(folder.path());
    let copy = |name: &str, keep: &str| {
        let copy = folder.path().join(name);
        answer(&["scrub", text(&file), "-o", text(&copy), "--keep", keep]);
        fs::read_to_string(&copy).unwrap()
    };
    assert!(copy("a", "secret sym.*").contains("\"secret symbol\""));
    assert!(!copy("b", "secret").contains("secret"));
    assert!(copy("c", "[0-9.]+").contains("\"3.14159265\""));
}

#[test]
fn wrong_calls_write_nothing_and_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = small(folder.path());
    let before = fs::read(&file).unwrap();
    let absent = folder.path().join("absent");
    let other = folder.path().join("x.heapsnapshot");
    fs::write(&other, "{\"snapshot\":{},").unwrap();
    for (arguments, code, message) in [
        (vec![text(&file), "-o", text(&file)], 1, "exists already"),
        (vec![text(&file), text(&other), "-o", text(&absent)], 2, "is not a folder"),
        (vec![text(&file), "-o", text(&absent), "--keep", "("], 2, "--keep"),
        (vec![text(&file), "-o", text(&absent), "--key", ""], 2, "--key"),
        (vec![text(&file)], 2, "--output"),
        (vec![text(&absent), "-o", "never"], 1, "absent"),
        (vec![text(&other), "-o", text(&absent)], 1, "meta"),
        (vec![text(folder.path()), "-o", text(&absent)], 1, "folder"),
        (vec!["-", "--preview"], 2, "standard input"),
    ] {
        let mut all = vec!["scrub"];
        all.extend(&arguments);
        let output = heapglass(&all);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {complaint}");
        assert!(complaint.contains(message), "{arguments:?}: {complaint}");
    }
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no partial file is left");
}

#[test]
fn standard_input_is_scrubbed_and_nothing_else_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let file = small(folder.path());
    let copy = folder.path().join("copy.heapsnapshot.gz");
    let mut child = Command::new(env!("CARGO_BIN_EXE_heapglass"));
    child.args(["scrub", "-", "-o", text(&copy)]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = child.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&fs::read(&file).unwrap()).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(fs::read(&copy).unwrap()[..2], [0x1f, 0x8b]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    assert_eq!(json(&["summary", text(&copy)])["totals"]["nodes"], 11);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn the_preview_lists_what_stays_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = small(folder.path());
    let found = json(&["scrub", text(&file), "--preview"]);
    let names: Vec<&str> =
        found["files"][0]["names"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"Session") && names.iter().all(|name| !name.contains("secret")), "{names:?}");
    assert!(names[0].starts_with("https://"), "what looks most like data is first: {names:?}");
    assert_eq!(found["files"][0]["kept"]["classes"], 2);
    let report = answer(&["scrub", text(&file), "--preview", "--limit", "1"]);
    assert!(report.contains("Would be kept") && !report.contains("Session\n"), "{report}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
