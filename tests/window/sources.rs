//! Source text in the window, and source locations in the editor.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use heapglass::test_support::model::NodeOrdinal;
use heapglass::test_support::ui::action::Action;
use heapglass::test_support::ui::command::{Beside, Command, Lower, SourceAt, Target, ViewKind};
use heapglass::test_support::ui::panes::Slot;

use crate::generated::{self, ServiceScript, V8Heap};
use crate::window::{
    Window, bundled, click_row, drop_file, show, wait_for_findings, wait_for_label, wait_for_load, wait_until, window,
};

/// The line that adds a session, in the script of [`generated::leak_files_with_script`].
const ADDS: &str = "Line 65:   open(user) { this.sessions.push(new Session(user)); }";
/// The line of the class `Session`.
const SESSION: &str = "Line 69:   constructor(user) { this.user = user;";

fn steps(window: &mut Window) {
    for _ in 0..4 {
        window.step();
    }
}

fn has(window: &Window, label: &str) -> bool {
    window.query_all_by_label_contains(label).next().is_some()
}

/// Opens three snapshots of a program whose script is on disk.
fn leak() -> (Window, tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (files, script) = generated::leak_files_with_script(folder.path());
    let mut window = window(&files);
    wait_for_findings(&mut window);
    (window, folder, script)
}

/// Opens the last of these snapshots alone, in Summary with the source below.
fn single() -> (Window, tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (files, script) = generated::leak_files_with_script(folder.path());
    let mut window = window(&files[2..]);
    wait_for_load(&mut window);
    window.state_mut().state.settings.beside = Beside::Source;
    steps(&mut window);
    (window, folder, script)
}

/// Chooses an editor that writes its arguments to the returned file.
fn choose_recorder(window: &mut Window, folder: &Path) -> PathBuf {
    let script = folder.join("my editor.sh");
    let arguments = folder.join("arguments");
    std::fs::write(&script, format!("printf '%s\\n' \"$@\" > '{0}.part'; mv '{0}.part' '{0}'\n", arguments.display()))
        .unwrap();
    let command = format!("/bin/sh \"{}\" --goto {{file}}:{{line}}:{{column}}", script.display());
    window.state_mut().state.settings.editor = Some(command);
    arguments
}

/// Waits until the editor has written its arguments.
fn arguments(window: &mut Window, file: &Path) -> Vec<String> {
    let started = Instant::now();
    loop {
        if let Ok(text) = std::fs::read_to_string(file) {
            return text.lines().map(str::to_owned).collect();
        }
        let notice = window.state().state.toasts.latest().cloned();
        assert!(started.elapsed() < Duration::from_secs(30), "the editor was not started: {notice:?}");
        std::thread::sleep(Duration::from_millis(3));
        window.step();
    }
}

fn find(window: &mut Window, is_it: impl Fn(&heapglass::Snapshot, NodeOrdinal) -> bool) -> (Slot, Target) {
    let app = &window.state().state;
    let slot = Slot { side: 0, id: app.sides[0].unwrap() };
    let snapshot = app.session.snapshot(slot.id).unwrap();
    let node = snapshot.graph().nodes().find(|node| is_it(&snapshot, *node)).unwrap();
    (slot, Target { snapshot: slot.id, node })
}

fn select(window: &mut Window, name: &str) {
    let (slot, target) = find(window, |snapshot, node| snapshot.raw_name(node) == name);
    window.state_mut().state.run(slot, Command::Select { target, by_key: false });
    steps(window);
}

#[cfg(unix)]
#[test]
fn a_click_on_the_line_of_a_finding_leads_to_the_editor() {
    let (mut window, folder, script) = leak();
    let recorded = choose_recorder(&mut window, folder.path());
    wait_for_label(&mut window, "registry.mjs:65");
    window.get_all_by_label("registry.mjs:65").next().unwrap().click();
    steps(&mut window);
    wait_for_label(&mut window, ADDS);
    wait_for_label(&mut window, "SessionRegistry.sessions is written in");
    assert!(has(&window, "from the file"), "the origin");
    let marked = window.query_all_by_label_contains(ADDS).next().unwrap().accesskit_node().is_selected();
    assert_eq!(marked, Some(true), "the line is marked");
    window.get_by_label("Open in editor").click();
    let column = "  open(user) { this.sessions.".len() + 1;
    assert_eq!(arguments(&mut window, &recorded), ["--goto".to_owned(), format!("{}:65:{column}", script.display())]);
    wait_for_label(&mut window, "Opened registry.mjs:65 in sh");
}

#[cfg(unix)]
#[test]
fn keys_alone_lead_from_a_finding_to_the_editor() {
    let (mut window, folder, script) = leak();
    let recorded = choose_recorder(&mut window, folder.path());
    wait_for_label(&mut window, "registry.mjs:65");
    steps(&mut window);
    let is_focused =
        |window: &Window| window.get_all_by_label("registry.mjs:65").any(|node| node.accesskit_node().is_focused());
    for _ in 0..200 {
        if is_focused(&window) {
            break;
        }
        window.key_press(Key::Tab);
        window.step();
    }
    assert!(is_focused(&window), "Tab leads to the link");
    window.key_press(Key::Enter);
    steps(&mut window);
    wait_for_label(&mut window, ADDS);
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::O);
    let written = arguments(&mut window, &recorded);
    assert!(written[1].starts_with(&format!("{}:65:", script.display())), "{written:?}");
}

#[cfg(unix)]
#[test]
fn ctrl_and_a_click_open_a_location_at_once() {
    let (mut window, folder, script) = single();
    let recorded = choose_recorder(&mut window, folder.path());
    window.state_mut().state.settings.beside = Beside::Object;
    select(&mut window, "keepSession");
    wait_for_label(&mut window, "registry.mjs:65:7");
    let at = window.get_by_label("registry.mjs:65:7").rect().center();
    window.event(egui::Event::ModifiersChanged(Modifiers::COMMAND));
    for pressed in [true, false] {
        let button = egui::PointerButton::Primary;
        window.hover_at(at);
        window.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers: Modifiers::COMMAND });
        window.step();
    }
    window.event(egui::Event::ModifiersChanged(Modifiers::NONE));
    assert_eq!(arguments(&mut window, &recorded)[1], format!("{}:65:7", script.display()));
    assert_eq!(window.state().state.settings.beside, Beside::Object, "the panel stays as it is");
}

#[test]
fn the_source_of_a_class_a_closure_and_a_retainer_is_shown() {
    let (mut window, _folder, _script) = single();
    click_row(&mut window, "Session  ×");
    wait_for_label(&mut window, SESSION);
    assert!(has(&window, "registry.mjs:69:15"), "the header");
    select(&mut window, "keepSession");
    wait_for_label(&mut window, ADDS);
    assert!(has(&window, "registry.mjs:65:7"));
    wait_until(&mut window, "the path", |app| !app.shown_view().unwrap().retainers.is_busy());
    click_row(&mut window, "onOpen in SessionRegistry");
    wait_for_label(&mut window, "Line 64:   constructor() { this.sessions = []; }");
    wait_until(&mut window, "the lower row", |app| app.shown_view().unwrap().inspected().is_some());
}

#[test]
fn lines_that_fill_a_holder_are_listed_and_a_click_shows_them() {
    let (mut window, _folder, _script) = single();
    select(&mut window, "Session");
    wait_for_label(&mut window, SESSION);
    wait_for_label(&mut window, "SessionRegistry.sessions is written in");
    let link = |window: &Window| window.get_all_by_label("registry.mjs:65").next().unwrap().rect();
    let before = link(&window);
    window.get_all_by_label("registry.mjs:65").next().unwrap().click();
    steps(&mut window);
    wait_for_label(&mut window, ADDS);
    assert_eq!(link(&window), before, "the list does not move");
    // Another object has its own position again.
    select(&mut window, "ChargeQueue");
    wait_for_label(&mut window, "Line 73:   constructor() { this.done = []; }");
}

#[test]
fn an_object_without_a_position_shows_the_line_that_fills_it() {
    let (mut window, _folder, _script) = single();
    let (slot, target) = find(&mut window, |snapshot, node| {
        snapshot.class(node).name == "Array" && snapshot.retained_size(node) > 500_000
    });
    window.state_mut().state.run(slot, Command::Select { target, by_key: false });
    wait_for_label(&mut window, ADDS);
}

#[test]
fn a_missing_text_is_explained_and_a_folder_brings_it() {
    let (mut window, folder, script) = single();
    let moved = folder.path().join("moved");
    std::fs::create_dir(&moved).unwrap();
    std::fs::rename(&script, moved.join("registry.mjs")).unwrap();
    select(&mut window, "keepSession");
    wait_for_label(&mut window, "The snapshot has only the beginning of the script, without line 65");
    assert!(has(&window, "registry.mjs does not exist."));
    window.get_by_label("Show the beginning").click();
    steps(&mut window);
    wait_for_label(&mut window, "Line 1: // Sessions and charges of the checkout service.");
    assert!(has(&window, "from the snapshot, which has only the beginning"));
    let slot = Slot { side: 0, id: window.state().state.sides[0].unwrap() };
    // A folder without the file is refused.
    let state = &mut window.state_mut().state;
    state.prefer_source_folder_for(script.to_str().unwrap());
    state.add_source_folder(&std::env::temp_dir().join("no such folder"));
    assert!(state.settings.source_roots.is_empty());
    state.prefer_source_folder_for(script.to_str().unwrap());
    state.add_source_folder(&moved);
    assert_eq!(state.settings.source_roots.len(), 1);
    state.run(slot, Command::HideSource);
    wait_for_label(&mut window, ADDS);
    // The settings list the folder, and can remove it.
    window.get_by_label("Settings").click();
    steps(&mut window);
    let remove = "Remove source folder ";
    window.query_all_by_label_contains(remove).next().expect("the folder is listed").click();
    steps(&mut window);
    assert!(window.state().state.settings.source_roots.is_empty());
    window.key_press(Key::Escape);
    wait_for_label(&mut window, "The snapshot has only the beginning of the script");
}

#[test]
fn the_first_use_asks_for_the_editor() {
    let (mut window, _folder, _script) = single();
    select(&mut window, "keepSession");
    wait_for_label(&mut window, ADDS);
    window.get_by_label("Open in editor").click();
    steps(&mut window);
    wait_for_label(&mut window, "Choose the editor that opens source locations");
    if let Some(other) = window.query_by_label("Other…") {
        other.click();
        steps(&mut window);
    }
    window.get_by_label("Editor command").focus();
    steps(&mut window);
    window.get_by_label("Editor command").type_text("no-such-editor {line}");
    steps(&mut window);
    window.get_by_label("Use this command").click();
    steps(&mut window);
    assert!(has(&window, "The editor command does not contain {file}"));
    assert_eq!(window.state().state.settings.editor, None);
    window.get_by_label("Editor command").focus();
    steps(&mut window);
    window.get_by_label("Editor command").type_text(" {file}");
    steps(&mut window);
    window.get_by_label("Use this command").click();
    steps(&mut window);
    assert!(has(&window, "The editor no-such-editor was not found"));
    window.key_press(Key::Escape);
    steps(&mut window);
    assert!(!has(&window, "Choose the editor that opens source locations"));
}

#[test]
fn an_editor_that_is_gone_is_reported_with_the_next_step() {
    let (mut window, _folder, _script) = single();
    window.state_mut().state.settings.editor = Some("/no/such/editor {file}".to_owned());
    select(&mut window, "keepSession");
    wait_for_label(&mut window, ADDS);
    let ctx = window.ctx.clone();
    window.state_mut().state.apply(&ctx, Action::OpenInEditor);
    wait_for_label(&mut window, "the editor /no/such/editor was not found. Choose another editor in Settings");
}

#[test]
fn a_location_without_a_file_is_not_opened() {
    let (mut window, _folder, script) = single();
    std::fs::remove_file(&script).unwrap();
    window.state_mut().state.settings.editor = Some("/bin/sh {file}".to_owned());
    select(&mut window, "keepSession");
    let ctx = window.ctx.clone();
    window.state_mut().state.apply(&ctx, Action::OpenInEditor);
    wait_for_label(&mut window, "Cannot open registry.mjs in the editor: ");
    wait_for_label(&mut window, "does not exist");
}

#[test]
fn copying_a_location_gives_feedback() {
    let (mut window, _folder, script) = single();
    select(&mut window, "keepSession");
    wait_for_label(&mut window, ADDS);
    window.get_by_label("Copy location").click();
    window.step();
    let copied = |command: &egui::OutputCommand| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    };
    let text = window.output().platform_output.commands.iter().find_map(copied);
    assert_eq!(text, Some(format!("{}:65:7", script.display())));
    wait_for_label(&mut window, "Copied the source location");
}

/// A snapshot of a function in a script whose whole text the snapshot has.
fn one_function(folder: &Path, text: &str, line: u64, column: u64) -> PathBuf {
    let mut heap = V8Heap::new(false);
    let script = heap.script(3, Some("https://host/app\u{202e}.js"));
    let source = heap.add("string", text, 400);
    heap.heap.named(script.node, "internal", "source", source);
    let length = heap.add("number", "int", 0);
    heap.heap.named(source, "internal", "length", length);
    let function = heap.function("handler", script, line, column);
    let global = heap.global;
    heap.heap.named(global, "property", "handler", function);
    let file = folder.join("one.heapsnapshot");
    std::fs::write(&file, heap.write()).unwrap();
    file
}

#[test]
fn a_hostile_script_is_shown_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let line =
        format!("\u{1b}[31m\u{202e}x\0\t{}function handler(){{}}{}", "a,".repeat(2_500_000), ";b".repeat(2_500_000));
    let column = line.chars().position(|letter| letter == 'f').unwrap() as u64;
    let file = one_function(folder.path(), &format!("first\n{line}\r\nlast\n"), 1, column);
    let mut window = window(&[file]);
    wait_for_load(&mut window);
    window.state_mut().state.settings.beside = Beside::Source;
    select(&mut window, "handler");
    wait_for_label(&mut window, "Line 2: … ");
    wait_for_label(&mut window, "function handler(){}");
    let started = Instant::now();
    for _ in 0..20 {
        window.step();
    }
    assert!(started.elapsed() < Duration::from_secs(4), "20 frames take {:?}", started.elapsed());
    for key in [Key::Home, Key::End, Key::PageUp, Key::ArrowRight] {
        window.get_by_label("Source text").focus();
        window.step();
        window.key_press(key);
        steps(&mut window);
    }
    assert!(has(&window, "Line 3: last"));
    let hostile = |label: &str| label.chars().any(|letter| letter.is_control() || letter == '\u{202e}');
    let labels = window.root().children_recursive().filter_map(|node| node.accesskit_node().value());
    let shown: Vec<String> = labels.filter(|label| label.starts_with("Line ") && hostile(label)).collect();
    assert!(shown.is_empty(), "{shown:?}");
}

#[test]
fn many_lines_scroll_to_the_last_one() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{}function handler() {{}}\n", "x\n".repeat(2_000_000));
    let file = one_function(folder.path(), &text, 2_000_000, 9);
    let mut window = window(&[file]);
    wait_for_load(&mut window);
    window.state_mut().state.settings.beside = Beside::Source;
    select(&mut window, "handler");
    wait_for_label(&mut window, "Line 2000001: function handler() {}");
    window.get_by_label("Source text").focus();
    window.step();
    window.key_press(Key::Home);
    steps(&mut window);
    assert!(has(&window, "Line 1: x"));
}

#[test]
fn a_small_window_has_the_source_in_a_tab() {
    let (mut window, _folder, _script) = single();
    window.set_size(egui::vec2(800.0, 600.0));
    for _ in 0..5 {
        window.step();
    }
    select(&mut window, "keepSession");
    assert!(!has(&window, ADDS));
    window.get_by_label("Source").click();
    steps(&mut window);
    wait_for_label(&mut window, ADDS);
    assert_eq!(window.state_mut().state.shown_view().unwrap().lower, Lower::Source);
    wait_for_label(&mut window, "is written in");
    assert!(window.get_by_label("Open in editor").rect().right() <= 800.0);
}

#[test]
fn the_choice_of_the_lower_right_pane_is_remembered() {
    let (mut window, _folder, _script) = single();
    window.set_size(egui::vec2(1600.0, 900.0));
    steps(&mut window);
    select(&mut window, "keepSession");
    window.get_by_label("Both").click();
    steps(&mut window);
    assert_eq!(window.state().state.settings.beside, Beside::Both);
    wait_for_label(&mut window, ADDS);
    assert!(has(&window, "registry.mjs:65:7"));
    let is_tab = |node: &egui_kittest::Node<'_>| node.accesskit_node().role() == egui::accesskit::Role::Button;
    window.get_all_by_label("Object").find(is_tab).unwrap().click();
    steps(&mut window);
    assert_eq!(window.state().state.settings.beside, Beside::Object);
    assert!(!has(&window, ADDS));
}

#[test]
fn functions_of_allocation_stacks_and_profiles_show_their_source_or_why_not() {
    let mut window = window(&[bundled("leaky-job.heaptimeline")]);
    wait_for_load(&mut window);
    show(&mut window, ViewKind::ALLOCATIONS);
    wait_until(&mut window, "the functions", |app| {
        app.shown_view().unwrap().panes.allocations.calls.heavy.table.row_count() > 0
    });
    let app = &mut window.state_mut().state;
    let slot = Slot { side: 0, id: app.sides[0].unwrap() };
    let at = SourceAt::Named { of: slot.id, url: "file:///srv/none.js".to_owned(), line: 3, column: 2 };
    app.run(slot, Command::ShowSource { at, opens: true });
    wait_for_label(&mut window, "none.js:4:3");
    wait_for_label(&mut window, "No source text for this script");
    window.get_by_label("Close the source").click();
    steps(&mut window);
    assert!(!has(&window, "none.js:4:3"));
}

#[test]
fn a_script_within_the_snapshot_needs_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("service.heapsnapshot");
    let script = ServiceScript { url: "file:///srv/app/registry.mjs", known: generated::REGISTRY, first_line: 0 };
    std::fs::write(&file, generated::service_from(script, 200, 20, 0)).unwrap();
    let mut window = window(&[file]);
    wait_for_load(&mut window);
    window.state_mut().state.settings.beside = Beside::Source;
    select(&mut window, "SessionRegistry");
    wait_for_label(&mut window, "Line 4:   constructor() { this.sessions = []; }");
    assert!(has(&window, "from the snapshot"));
}

#[cfg(unix)]
#[test]
fn a_function_of_a_profile_shows_its_source_from_a_source_folder() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().canonicalize().unwrap();
    let script = real.join("grow.js");
    std::fs::write(&script, "const kept = [];\n\nfunction fillCache() { kept.push(new Array(1000)); }\n").unwrap();
    let call = |name: &str, url: &str, line: i64| {
        let frame = serde_json::json!({
            "functionName": name, "scriptId": "5", "url": url, "lineNumber": line, "columnNumber": 13
        });
        serde_json::json!({"callFrame": frame, "selfSize": 1000, "id": 2 + line, "children": []})
    };
    let mut root = call("(root)", "", -1);
    root["children"] = serde_json::json!([call("fillCache", script.to_str().unwrap(), 2)]);
    let file = real.join("grow.heapprofile");
    std::fs::write(&file, serde_json::json!({"head": root, "samples": []}).to_string()).unwrap();
    let mut window = window(&[file]);
    wait_for_load(&mut window);
    let recorded = choose_recorder(&mut window, &real);
    wait_for_label(&mut window, "Heavy");
    window.get_by_label("Heavy").click();
    steps(&mut window);
    click_row(&mut window, "fillCache");
    let link = |window: &Window| {
        let is_link = |node: &egui_kittest::Node<'_>| node.accesskit_node().role() == egui::accesskit::Role::Link;
        window.query_all_by_label_contains("grow.js:3:14").find(is_link).map(|node| node.rect().center())
    };
    wait_for_label(&mut window, "grow.js:3:14");
    let at = link(&window).expect("the location is a link");
    window.hover_at(at);
    window.step();
    window.drag_at(at);
    window.drop_at(at);
    steps(&mut window);
    wait_for_label(&mut window, "No source text for this script");
    wait_for_label(&mut window, "is not inside a source root");
    window.state_mut().state.add_source_folder(&real);
    wait_for_label(&mut window, "Line 3: function fillCache() { kept.push(new Array(1000)); }");
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::O);
    assert_eq!(arguments(&mut window, &recorded)[1], format!("{}:3:14", script.display()));
}

#[test]
fn a_dropped_source_map_gives_classes_the_names_of_their_sources() {
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/shop");
    let mut window = window(&[shop.join("shop-3.heapsnapshot.zst")]);
    window.state_mut().state.settings.beside = Beside::Source;
    wait_for_load(&mut window);
    drop_file(&mut window, &shop.join("dist/shop.js.map"));
    wait_for_label(&mut window, "Opened 1 snapshot again with shop.js.map");
    wait_for_load(&mut window);
    let (slot, target) = find(&mut window, |snapshot, node| {
        snapshot.class(node).name == "CartEntry" && snapshot.display_name(node) == "CartEntry"
    });
    window.state_mut().state.run(slot, Command::Select { target, by_key: false });
    wait_for_label(&mut window, "cart.ts:7:3");
    wait_for_label(&mut window, "Line 7:   constructor(public item: Item, readonly addedAt: number) {}");
}
