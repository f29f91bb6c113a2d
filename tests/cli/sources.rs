//! `heapglass sources`, and the lines of source in findings.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::node;

fn shop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/shop")
}

fn shop_files() -> Vec<PathBuf> {
    (1..=3).map(|number| shop().join(format!("shop-{number}.heapsnapshot.zst"))).collect()
}

/// Runs a command and returns its standard output and standard error.
fn run(arguments: &[&str], files: &[PathBuf]) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapglass"));
    let output = command.env("HEAPGLASS_INDEX", "off").args(arguments).args(files).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}", text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

fn json(arguments: &[&str], files: &[PathBuf]) -> Value {
    serde_json::from_str(&run(arguments, files).0).unwrap()
}

fn root() -> String {
    format!("/srv/shop={}", shop().display())
}

/// Returns the id of a member of the first finding in the last snapshot.
fn member(root: &[&str]) -> String {
    let found = json(&[&["findings", "--format", "json"], root].concat(), &shop_files());
    format!("@{}", found["findings"][0]["samples"][0])
}

#[test]
fn the_source_of_a_class_and_the_lines_that_fill_its_holder_are_shown() {
    let root = root();
    let id = member(&["--source-root", &root]);
    let last = [shop_files().pop().unwrap(), PathBuf::from(&id)];
    let (text, _) = run(&["sources", "--source-root", &root], &last);
    assert!(text.starts_with(&format!("CartEntry  {id}\n")), "{text}");
    assert!(text.contains(">     7 │   constructor(public item: Item, readonly addedAt: number) {}"), "{text}");
    assert!(text.contains("in ShoppingCart.add\n            const entry = new CartEntry(item, now);"), "{text}");
    let answer = json(&["sources", "--format", "json", "--context", "1", "--source-root", &root], &last);
    assert_eq!(answer["source"]["from"], "source-map");
    assert_eq!(answer["source"]["first_line"], 6);
    assert_eq!(answer["source"]["lines"].as_array().unwrap().len(), 3);
    assert_eq!(answer["missing"], Value::Null);
    assert_eq!(answer["sites"][0]["what"], "creates");
    assert_eq!(answer["sites"][0]["line"], 14);
    let (csv, _) = run(&["sources", "--format", "csv", "--source-root", &root], &last);
    assert!(
        csv.starts_with("what,url,line,column,function,text\r\n")
            || csv.starts_with("what,url,line,column,function,text\n")
    );
}

#[test]
fn a_source_map_can_be_given_by_its_folder() {
    let folder = shop().join("dist");
    let found = json(&["findings", "--format", "json", "--source-map", folder.to_str().unwrap()], &shop_files());
    assert_eq!(found["findings"][0]["holder"]["label"], "ShoppingCart.entries");
    let (_, errors) = run(&["summary", "--no-source-files"], &shop_files()[..1]);
    assert_eq!(errors, "");
}

#[test]
fn reports_have_lines_of_source_only_on_request() {
    let root = root();
    let base = ["findings", "--source-root", &root];
    let line = "this.entries.set(entry.id, entry);";
    for format in ["json", "markdown", "html"] {
        let (without, _) = run(&[&base[..], &["--format", format]].concat(), &shop_files());
        assert!(!without.contains(line), "{format}");
        assert!(without.contains("cart.ts"), "{format}");
        let (with, _) = run(&[&base[..], &["--format", format, "--source-lines"]].concat(), &shop_files());
        assert!(with.contains(line), "{format}: {with}");
    }
    assert!(run(&base, &shop_files()).0.contains(line));
    let mut check = Command::new(env!("CARGO_BIN_EXE_heapglass"));
    check.env("HEAPGLASS_INDEX", "off").args(["check", "--format", "json", "--source-root", &root]).args(shop_files());
    assert!(!String::from_utf8_lossy(&check.output().unwrap().stdout).contains(line));
}

#[test]
fn a_file_that_differs_from_the_script_in_the_snapshot_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("dist")).unwrap();
    fs::write(folder.path().join("dist/shop.js"), "secret();").unwrap();
    let root = format!("/srv/shop={}", folder.path().display());
    let id = member(&["--source-root", &root]);
    let last = [shop_files().pop().unwrap(), PathBuf::from(id)];
    let (text, _) = run(&["sources", "--source-root", &root], &last);
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn captured_sources_name_the_line_after_the_program_was_deleted() {
    // Longer than the text of a script that V8 writes into a snapshot.
    let filler = format!("// {}\n", "-".repeat(97)).repeat(12);
    let program = format!(
        "{filler}class Ticket {{ constructor(n) {{ this.n = n; this.text = 'ticket ' + n; }} }}
class TicketDesk {{
  constructor() {{ this.open = new Map(); }}
  accept(n) {{
    this.open.set(n, new Ticket(n));
  }}
}}
const desk = new TicketDesk();
let next = 0;
const round = () => {{ for (let at = 0; at < 300; at++) desk.accept(next++); }};
round();
process.stdin.on('data', () => {{ round(); console.log('round 1'); }});
console.log('ready');"
    );
    let app = tempfile::tempdir().unwrap();
    let Some(mut node) = node::Node::start_in(app.path(), &program) else { return };
    let folder = tempfile::tempdir().unwrap();
    for round in 0..3 {
        if round > 0 {
            node.round();
        }
        run(
            &["capture", "--gc", "--inspect", &node.address, "--name", &format!("desk-{round}")],
            &["-o".into(), folder.path().into()],
        );
    }
    drop(node);
    app.close().unwrap();
    let mut files: Vec<PathBuf> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "heapsnapshot"));
    files.sort();
    let found = json(&["findings", "--format", "json", "--source-lines"], &files);
    let sites = found["findings"][0]["sites"].as_array().unwrap();
    assert_eq!(sites[0]["what"], "adds");
    assert_eq!(sites[0]["line"], 17);
    assert_eq!(sites[0]["text"], "this.open.set(n, new Ticket(n));");
    assert_eq!(sites[0]["function"], "TicketDesk.accept");
    let id = format!("@{}", found["findings"][0]["samples"][0]);
    let (text, _) = run(&["sources"], &[files[2].clone(), PathBuf::from(id)]);
    assert!(text.contains("(text recorded with the capture)"), "{text}");
    assert!(text.contains(">    13 │ class Ticket {"), "{text}");
}

#[test]
fn a_script_outside_all_roots_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let other = [shop_files().pop().unwrap(), PathBuf::from(member(&[]))];
    let root = folder.path().display().to_string();
    let answer = json(&["sources", "--format", "json", "--source-root", &root], &other);
    assert_eq!(answer["source"]["from"], "snapshot");
}
