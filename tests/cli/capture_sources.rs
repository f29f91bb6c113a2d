//! The text of scripts that captures store beside their files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::common;
use crate::inspector::{Habit, Inspector, Script};
use crate::node;
use heapglass::test_support::capture::{
    self, Address, CaptureError, Connection, Kind, Plan, Remote, SourceLimits, Step, Watch,
};
use heapglass::test_support::model::CancelToken;
use heapglass::test_support::query::scripts;
use heapglass::test_support::sources::RecordedSources;

const PIECES: &[&str] = &["{\"snapshot\":{}}"];
const ONE: Kind = Kind::Snapshots { count: 1, every: None };
const FOLDER: &str = "heapglass-sources";

fn plan(kind: Kind, folder: &Path) -> Plan {
    let sources = Some(SourceLimits::default());
    Plan { kind, collect_garbage: false, folder: folder.to_path_buf(), name: "a".to_owned(), max_bytes: None, sources }
}

fn connect(address: &str) -> Connection {
    let (address, cancel) = (Address::parse(address).unwrap(), CancelToken::new());
    let targets = capture::targets(&address, Remote::Refused, &cancel).unwrap();
    Connection::open(&targets[0], Remote::Refused, &cancel).unwrap()
}

/// Runs a capture that succeeds. Returns its files and notes.
fn take(address: &str, plan: &Plan) -> (Vec<PathBuf>, Vec<String>) {
    let (mut connection, watch) = (connect(address), Watch::new());
    let isolate = connection.isolates()[0].clone();
    capture::run(&mut connection, &isolate, plan, &watch, &CancelToken::new()).unwrap();
    (watch.taken().into_iter().map(|taken| taken.path).collect(), watch.notes())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn text(sources: &RecordedSources, id: u32, url: &str) -> String {
    sources.text(sources.script(id, Some(url)).unwrap()).unwrap()
}

#[test]
fn scripts_and_source_maps_of_a_program_can_be_read_after_its_folder_was_deleted() {
    let program = "
        require('./dist/cart #1.js');
        require('vm').runInThisContext('function fromText() {} globalThis.kept = fromText');
        // Would stop the program while it is debugged.
        setInterval(() => { debugger; }, 1);
        import('./dist/module.mjs').then(() => console.log('ready'));";
    let cart = "class Cart { add() {} }\nexports.Cart = Cart; globalThis.cart = new Cart(); // ü\n\
                //# sourceMappingURL=../maps/cart.js.map\n";
    let module = "export class Order {}\nglobalThis.order = new Order();\n//# sourceMappingURL=missing.map\n";
    let map = "{\"version\":3,\"sources\":[\"../src/cart.ts\"],\"names\":[],\"mappings\":\"AAAA\"}";
    let app = tempfile::tempdir().unwrap();
    for folder in ["dist", "maps"] {
        fs::create_dir(app.path().join(folder)).unwrap();
    }
    fs::write(app.path().join("dist/cart #1.js"), cart).unwrap();
    fs::write(app.path().join("dist/module.mjs"), module).unwrap();
    fs::write(app.path().join("maps/cart.js.map"), map).unwrap();
    let Some(node) = node::Node::start_in(app.path(), program) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (files, notes) = take(&node.address, &plan(ONE, folder.path()));
    assert_eq!(notes, [""; 0]);
    drop(node);
    let root = app.path().canonicalize().unwrap();
    app.close().unwrap();

    let snapshot = common::open_bytes("a", fs::read(&files[0]).unwrap()).unwrap();
    let sources = RecordedSources::beside(&files[0]).unwrap();
    let scripts = scripts(&snapshot, &CancelToken::new()).unwrap();
    let mut read = Vec::new();
    for script in scripts.all() {
        let Some(recorded) = sources.script(script.id, script.url.as_deref()) else { continue };
        let text = sources.text(recorded).unwrap();
        let name = script.url.as_ref().unwrap().rsplit('/').next().unwrap().to_owned();
        let map = sources.map(recorded).map(|map| String::from_utf8(map.unwrap()).unwrap());
        read.push((name, text, map));
        if let Some(map) = &recorded.map {
            assert_eq!(map.url, format!("file://{}/maps/cart.js.map", root.display()));
        }
    }
    read.sort();
    let owned = str::to_owned;
    let expected = [
        ("cart #1.js".to_owned(), cart.to_owned(), Some(map.to_owned())),
        (owned("evalmachine.<anonymous>"), owned("function fromText() {} globalThis.kept = fromText"), None),
        ("module.mjs".to_owned(), module.to_owned(), None),
        ("service.js".to_owned(), program.to_owned(), None),
    ];
    assert_eq!(read, expected);
    assert!(scripts.all().iter().all(|script| {
        let is_own = script.url.as_ref().is_some_and(|url| !url.starts_with("node:"));
        is_own || sources.script(script.id, None).is_none()
    }));
}

#[test]
fn the_scripts_of_a_worker_are_recorded_by_its_ids() {
    let program = "const { Worker } = require('worker_threads');
        new Worker('./work.js').on('message', () => console.log('ready'));";
    let work = "class OnlyInWorker {}\nglobalThis.kept = new OnlyInWorker();\n\
                setInterval(() => {}, 1000); require('worker_threads').parentPort.postMessage('\"\\n\u{e9}');\n";
    let app = tempfile::tempdir().unwrap();
    fs::write(app.path().join("work.js"), work).unwrap();
    let program = program.replace("./work.js", &app.path().join("work.js").display().to_string());
    let Some(node) = node::Node::start_in(app.path(), &program) else { return };
    let (folder, mut connection, watch) = (tempfile::tempdir().unwrap(), connect(&node.address), Watch::new());
    let worker = connection.isolates().get(1).cloned().expect("the worker is found");
    capture::run(&mut connection, &worker, &plan(ONE, folder.path()), &watch, &CancelToken::new()).unwrap();
    assert_eq!(watch.notes(), [""; 0]);
    let file = &watch.taken()[0].path;
    let snapshot = common::open_bytes("worker", fs::read(file).unwrap()).unwrap();
    let sources = RecordedSources::beside(file).unwrap();
    let all = scripts(&snapshot, &CancelToken::new()).unwrap();
    let script = all.all().iter().find(|script| script.url.as_ref().is_some_and(|url| url.ends_with("work.js")));
    let script = script.unwrap();
    assert_eq!(text(&sources, script.id, script.url.as_ref().unwrap()), work);
}

#[test]
fn a_series_stores_each_content_once_after_its_last_snapshot() {
    let same = |url: &str| Script::new(url, "let a = 1;");
    let inspector = Inspector::of(Habit::Scripts(vec![same("a.js"), same("b.js")]), PIECES);
    let folder = tempfile::tempdir().unwrap();
    let kind = Kind::Snapshots { count: 2, every: Some(Duration::from_millis(1)) };
    let (files, notes) = take(&inspector.address, &plan(kind, folder.path()));
    assert_eq!(notes, [""; 0]);
    for file in &files {
        let sources = RecordedSources::beside(file).unwrap();
        assert_eq!((text(&sources, 1, "a.js"), text(&sources, 2, "b.js")), ("let a = 1;".into(), "let a = 1;".into()));
    }
    assert_eq!(names(&folder.path().join(FOLDER)).len(), 1);
    let calls = inspector.calls();
    let debugging = calls.iter().position(|method| method.starts_with("Debugger.")).unwrap();
    assert_eq!(calls[..debugging].iter().filter(|method| *method == "HeapProfiler.takeHeapSnapshot").count(), 2);
    let source = "Debugger.getScriptSource";
    let expected = ["Debugger.setSkipAllPauses", "Debugger.enable", source, source, "Debugger.disable"];
    assert_eq!(calls[debugging..], expected);

    // Another capture into the same folder adds nothing but its own files.
    take(&inspector.address, &plan(ONE, folder.path()));
    assert_eq!(names(&folder.path().join(FOLDER)).len(), 1);
    // Three files per capture, and the folder.
    assert_eq!(names(folder.path()).len(), 3 * 3 + 1);
}

#[test]
fn recordings_have_sources_too() {
    let inspector = Inspector::of(Habit::Scripts(vec![Script::new("a.js", "1")]), PIECES);
    let length = Some(Duration::from_millis(1));
    for kind in [Kind::Timeline { length, stacks: false }, Kind::Sampling { length, interval_bytes: 1024 }] {
        let folder = tempfile::tempdir().unwrap();
        let (files, _) = take(&inspector.address, &plan(kind, folder.path()));
        assert_eq!(text(&RecordedSources::beside(&files[0]).unwrap(), 1, "a.js"), "1", "{kind:?}");
    }
}

#[test]
fn the_command_line_stores_sources_unless_switched_off() {
    for (arguments, count) in [(&[][..], 4), (&["--no-sources"], 2)] {
        let inspector = Inspector::of(Habit::Scripts(vec![Script::new("a.js", "1")]), PIECES);
        let folder = tempfile::tempdir().unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_heapglass"));
        program.args(["capture", "--inspect", &inspector.address, "-o"]).arg(folder.path()).args(arguments);
        let output = program.output().unwrap();
        assert!(output.status.success());
        assert_eq!(names(folder.path()).len(), count, "{:?}", names(folder.path()));
        let debugs = inspector.calls().iter().any(|method| method.starts_with("Debugger."));
        assert_eq!(debugs, arguments.is_empty());
    }
}

#[test]
fn urls_of_a_program_never_become_paths_and_lone_surrogates_are_replaced() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("captures");
    let urls = ["file:///../../../../etc/evil.js", "../../evil.js", "a\nb\0c.js", "\u{202e}\u{1b}[2J", "C:\\a.js"];
    let mut scripts: Vec<Script> = urls.iter().map(|url| Script::new(url, url)).collect();
    for script in &mut scripts {
        "../../../../../../etc/passwd".clone_into(&mut script.map);
    }
    scripts[0].map = "file:///etc/passwd".to_owned();
    scripts.push(Script { source: "\"\\ud800 a \\u00fc \\ud83d\\ude00\"".to_owned(), ..Script::new("s.js", "") });
    let inspector = Inspector::of(Habit::Scripts(scripts), PIECES);
    let (files, notes) = take(&inspector.address, &plan(ONE, &folder));
    assert_eq!(notes, [""; 0]);
    let sources = RecordedSources::beside(&files[0]).unwrap();
    for (id, url) in (1..).zip(urls) {
        let script = sources.script(id, Some(url)).unwrap();
        assert_eq!((sources.text(script).unwrap().as_str(), &script.map), (url, &None));
    }
    assert_eq!(text(&sources, 6, "s.js"), "\u{fffd} a ü \u{1f600}");
    assert_eq!(names(outer.path()), ["captures"]);
    let is_hash = |name: &String| name.len() == 32 + ".js.zst".len() && name.ends_with(".js.zst");
    assert!(names(&folder.join(FOLDER)).iter().all(is_hash));
}

#[test]
fn scripts_beyond_the_limits_are_left_out_with_a_note() {
    let of = |limits: SourceLimits, scripts: Vec<Script>| {
        let inspector = Inspector::of(Habit::Scripts(scripts), PIECES);
        let folder = tempfile::tempdir().unwrap();
        let plan = Plan { sources: Some(limits), ..plan(ONE, folder.path()) };
        let (files, notes) = take(&inspector.address, &plan);
        let sources = RecordedSources::beside(&files[0]).unwrap();
        let recorded = (1..=4).filter(|&id| sources.script(id, None).is_some()).collect::<Vec<u32>>();
        (recorded, notes.join("\n"))
    };
    let limits = SourceLimits { script_bytes: 10, total_bytes: 15, scripts: 3 };
    let scripts: Vec<Script> =
        ["1234567890", "12345678901", "123456", "1"].iter().map(|text| Script::new(text, text)).collect();
    let (recorded, note) = of(limits, scripts);
    assert_eq!(recorded, [1]);
    assert_eq!(
        note,
        "source text of 3 scripts was not recorded: 1 larger than 10 B, 1 beyond the limit of 15 B in total, 1 beyond \
         the limit of 3 scripts"
    );
    // The program sends more than it reported, something else than a text, and twice the same script.
    let larger = Script { units: 3, ..Script::new("larger.js", "12345678901") };
    let other = Script { source: "{\"a\":1}".to_owned(), ..Script::new("other.js", "") };
    let (recorded, note) = of(limits, vec![Script::new("a.js", "1"), larger, other]);
    assert_eq!(recorded, [1]);
    assert_eq!(note, "source text of 2 scripts was not recorded: 1 larger than 10 B, 1 not provided by the program");
}

#[test]
fn a_misbehaving_debugger_never_costs_the_snapshot() {
    for (habit, expected) in [
        (Habit::FloodsScripts, "source text was not recorded: protocol error: more than 200000 scripts"),
        (
            Habit::SilentSources,
            "source text of 1 script was not recorded: 1 not requested: the program does not respond to \
             Debugger.getScriptSource",
        ),
        (Habit::Pauses, "source text was not recorded: protocol error: the program stopped in the debugger"),
        (Habit::NoDebugger, "source text was not recorded: Debugger.setSkipAllPauses failed: it wasn't found"),
    ] {
        let inspector = Inspector::of(habit.clone(), PIECES);
        let folder = tempfile::tempdir().unwrap();
        let (files, notes) = take(&inspector.address, &plan(ONE, folder.path()));
        assert!(notes.len() == 1 && notes[0].contains(expected), "{habit:?}: {notes:?}");
        assert_eq!(fs::read_to_string(&files[0]).unwrap(), PIECES.concat());
        assert_eq!(names(folder.path()).len(), 2, "{habit:?}: {:?}", names(folder.path()));
    }
}

#[test]
fn a_program_that_stops_in_the_debugger_is_resumed() {
    let inspector = Inspector::of(Habit::Pauses, PIECES);
    let folder = tempfile::tempdir().unwrap();
    let mut connection = connect(&inspector.address);
    let (isolate, watch) = (connection.isolates()[0].clone(), Watch::new());
    capture::run(&mut connection, &isolate, &plan(ONE, folder.path()), &watch, &CancelToken::new()).unwrap();
    // The next answer follows that of the message before it.
    connection.heap_usage(&isolate, &CancelToken::new()).unwrap();
    let calls = inspector.calls();
    assert!(calls.contains(&"Debugger.disable".to_owned()), "{calls:?}");
}

#[test]
fn cancelling_while_sources_are_recorded_keeps_the_snapshot() {
    let inspector = Inspector::of(Habit::SilentSources, PIECES);
    let folder = tempfile::tempdir().unwrap();
    let mut connection = connect(&inspector.address);
    let (isolate, watch, cancel) = (connection.isolates()[0].clone(), Watch::new(), CancelToken::new());
    std::thread::scope(|scope| {
        let run = scope.spawn(|| capture::run(&mut connection, &isolate, &plan(ONE, folder.path()), &watch, &cancel));
        while !matches!(watch.step(), Step::Sources { total: 1, .. }) {
            std::thread::sleep(Duration::from_millis(2));
        }
        cancel.cancel();
        run.join().unwrap().unwrap();
    });
    assert_eq!(watch.taken().len(), 1);
    assert_eq!(watch.notes(), ["source text of 1 script was not recorded: 1 not requested: cancelled"]);
}

#[test]
fn a_series_that_is_cancelled_between_two_snapshots_has_the_sources_of_the_complete_ones() {
    let inspector = Inspector::of(Habit::Scripts(vec![Script::new("a.js", "1")]), PIECES);
    let folder = tempfile::tempdir().unwrap();
    let mut connection = connect(&inspector.address);
    let (isolate, watch, cancel) = (connection.isolates()[0].clone(), Watch::new(), CancelToken::new());
    let plan = plan(Kind::Snapshots { count: 2, every: None }, folder.path());
    let done = std::thread::scope(|scope| {
        let run = scope.spawn(|| capture::run(&mut connection, &isolate, &plan, &watch, &cancel));
        while !matches!(watch.step(), Step::Waiting { .. }) {
            std::thread::sleep(Duration::from_millis(2));
        }
        cancel.cancel();
        run.join().unwrap()
    });
    assert!(matches!(done, Err(CaptureError::Cancelled)));
    let sources = RecordedSources::beside(&watch.taken()[0].path).unwrap();
    assert_eq!(text(&sources, 1, "a.js"), "1");
}

#[test]
fn a_source_map_of_a_local_script_is_stored_only_if_it_is_one() {
    let app = tempfile::tempdir().unwrap();
    let map = "{\"version\":3,\"mappings\":\"AAAA\"}";
    fs::write(app.path().join("a.js.map"), map).unwrap();
    fs::write(app.path().join("secret"), "password").unwrap();
    let root = app.path().canonicalize().unwrap().display().to_string().replace('\\', "/");
    let root = if root.starts_with('/') { root } else { format!("/{root}") };
    let script =
        |name: &str, map: &str| Script { map: map.to_owned(), ..Script::new(&format!("file://{root}/{name}"), name) };
    let habit = Habit::Scripts(vec![script("a.js", "a.js.map"), script("b.js", "a.js.map"), script("c.js", "secret")]);
    let folder = tempfile::tempdir().unwrap();
    let (files, notes) = take(&Inspector::of(habit, PIECES).address, &plan(ONE, folder.path()));
    assert_eq!(notes, [""; 0]);
    let sources = RecordedSources::beside(&files[0]).unwrap();
    let map_of = |id| sources.map(sources.script(id, None).unwrap()).map(|map| map.unwrap());
    assert_eq!([map_of(1), map_of(2), map_of(3)], [Some(map.into()), Some(map.into()), None]);
    // Three texts and one map.
    assert_eq!(names(&folder.path().join(FOLDER)).len(), 4);
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_a_symbolic_link_is_refused_and_files_are_private() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let inspector = Inspector::of(Habit::Scripts(vec![Script::new("a.js", "1")]), PIECES);
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    symlink(elsewhere.path(), folder.path().join(FOLDER)).unwrap();
    let (files, notes) = take(&inspector.address, &plan(ONE, folder.path()));
    assert!(notes[0].contains("heapglass-sources: not a folder"), "{notes:?}");
    assert!(RecordedSources::beside(&files[0]).is_none());
    assert_eq!(names(elsewhere.path()), [""; 0]);
    fs::remove_file(folder.path().join(FOLDER)).unwrap();
    let (files, _) = take(&inspector.address, &plan(ONE, folder.path()));
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let index = files[0].with_extension("heapsnapshot.sources.json");
    assert_eq!((mode(&index), mode(&folder.path().join(FOLDER))), (0o600, 0o700));
}
