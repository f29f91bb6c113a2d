//! The window with snapshots of every program: notes about them, and dead variables.

use crate::common;
use crate::generated;
use crate::window;

use std::path::{Path, PathBuf};

use crate::window::{Window, click_row, example, expand, show, wait_for_label, wait_for_load, wait_until, window};
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use heapglass::test_support::ui::action::Action;
use heapglass::test_support::ui::command::{Command, SourceAt, Target, ViewKind};
use heapglass::test_support::ui::panes::Slot;

fn bundled(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn opened(file: PathBuf) -> Window {
    let mut window = window(&[file]);
    wait_for_load(&mut window);
    let errors: Vec<_> = window.state().state.session.loads().iter().filter_map(|load| load.error.clone()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    window
}

#[test]
fn the_window_shows_the_producer_and_notes_on_it() {
    let made = tempfile::tempdir().unwrap();
    let (hermes, julia) = (made.path().join("hermes.heapsnapshot"), made.path().join("julia.heapsnapshot"));
    std::fs::write(&hermes, generated::hermes(50)).unwrap();
    std::fs::write(&julia, generated::julia(50)).unwrap();
    for (file, program, note) in [
        (
            bundled("snapshots/bun-1.heapsnapshot.zst"),
            "Bun (JavaScriptCore)",
            "assigns new object ids in every snapshot",
        ),
        (bundled("deno-part.heapsnapshot.zst"), "Deno (V8 15.0)", "no user roots"),
        (bundled("snapshots/chromium-leak-1.heapsnapshot.zst"), "Chromium (V8 15 or newer)", "no user roots"),
        (hermes, "Hermes", "IdentifierTable"),
        (julia, "Julia", "An id is the address of the object"),
        (example(), "Node.js", "count references from the objects below the root"),
    ] {
        let mut window = opened(file);
        assert!(window.query_all_by_label_contains(program).next().is_some(), "{program} in the list of snapshots");
        show(&mut window, ViewKind::STATISTICS);
        wait_for_label(&mut window, "Written by");
        assert!(window.query_all_by_label_contains(program).count() >= 2, "{program}");
        assert!(window.query_all_by_label_contains(note).next().is_some(), "{program}: {note}");
    }
}

#[test]
fn corpus_files_open_in_every_view() {
    let folder = tempfile::tempdir().unwrap();
    for case in common::cases() {
        let file = folder.path().join(&case.name);
        std::fs::write(&file, case.bytes()).unwrap();
        let mut window = opened(file);
        for kind in ViewKind::all() {
            show(&mut window, kind);
        }
        let ctx = window.ctx.clone();
        window.state_mut().state.apply(&ctx, Action::ShowDeadVariables);
        window.step();
    }
}

#[test]
fn dead_variables_lead_to_what_they_hold_and_who_holds_the_context() {
    let mut window = opened(bundled("snapshots/chromium-leak-1.heapsnapshot.zst"));
    let ctx = window.ctx.clone();
    window.state_mut().state.apply(&ctx, Action::ShowDeadVariables);
    wait_for_label(&mut window, "99 dead variables hold");
    expand(&mut window, "unused  of closureLeak()");
    click_row(&mut window, "unused :: {huge, arr}");
    let app = &mut window.state_mut().state;
    let target = app.shown_view().unwrap().object.target().unwrap();
    let snapshot = app.session.snapshot(target.snapshot).unwrap();
    assert_eq!(snapshot.display_name(target.node), "{huge, arr}");
    // The context of the first of them, with who holds it.
    expand(&mut window, "unused :: {huge, arr}");
    wait_for_label(&mut window, "context in ");
    // By name, then by what would be freed.
    for column in ["Variable", "Freed if cleared"] {
        window.get_by_role_and_label(Role::ColumnHeader, column).click();
        window.step();
        wait_for_label(&mut window, "unused  of closureLeak()");
    }
}

#[test]
fn a_file_without_scopes_shows_that() {
    let mut window = opened(example());
    show(&mut window, ViewKind::REALMS);
    window.get_by_label("Dead variables").click();
    wait_for_label(&mut window, "does not record which variables functions use");
    wait_for_label(&mut window, "This file is from Node.js");
}

#[test]
fn a_function_shows_its_file_and_the_line_of_its_source() {
    let mut window = opened(bundled("snapshots/chromium-leak-1.heapsnapshot.zst"));
    let app = &mut window.state_mut().state;
    let slot = Slot { side: 0, id: app.sides[0].unwrap() };
    let snapshot = app.session.snapshot(slot.id).unwrap();
    let is_it = |node: &heapglass::test_support::model::NodeOrdinal| {
        snapshot.raw_name(*node) == "onRowClick" && snapshot.location(*node).is_some()
    };
    let node = snapshot.graph().nodes().find(is_it).unwrap();
    let at = snapshot.location(node).unwrap();
    app.run(slot, Command::Select { target: Target { snapshot: slot.id, node }, by_key: false });
    wait_for_label(&mut window, &format!("app.js:{}:{}", at.line + 1, at.column + 1));
    wait_for_label(&mut window, "li.addEventListener('click', function onRowClick");
    let copied = window.state_mut().state.run(slot, Command::CopySource(SourceAt::Script(slot.id, at))).unwrap();
    assert!(copied.starts_with("http://") && copied.ends_with(&format!("/app.js:{}:{}", at.line + 1, at.column + 1)));
}

#[test]
fn classes_show_the_file_of_their_constructor() {
    let mut window = opened(example());
    wait_for_label(&mut window, "leaky-server.mjs:");
    wait_until(&mut window, "the rows", |app| app.shown_view().unwrap().panes.summary.tree.table.row_count() > 10);
    assert!(window::rows(&window).contains("ShoppingCart  ×2,020  leaky-server.mjs:"), "{}", window::rows(&window));
}

#[test]
fn a_cut_text_says_how_long_the_whole_is() {
    let mut window = opened(bundled("snapshots/chromium-leak-1.heapsnapshot.zst"));
    let app = &mut window.state_mut().state;
    let slot = Slot { side: 0, id: app.sides[0].unwrap() };
    let snapshot = app.session.snapshot(slot.id).unwrap();
    let is_cut = |node: &heapglass::test_support::model::NodeOrdinal| {
        heapglass::test_support::query::string_facts(&snapshot, *node).is_cut
    };
    let node = snapshot.graph().nodes().find(is_cut).unwrap();
    app.run(slot, Command::Select { target: Target { snapshot: slot.id, node }, by_key: false });
    wait_for_label(&mut window, "The file contains only the start of this text (full length: ");
}

#[test]
fn a_log_of_protocol_events_opens_as_its_first_snapshot() {
    let snapshot = String::from_utf8(common::case("pretty").bytes()).unwrap();
    let event = serde_json::json!({"method": "HeapProfiler.addHeapSnapshotChunk", "params": {"chunk": snapshot}});
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.jsonl");
    std::fs::write(&file, format!("{event}\n{event}\n")).unwrap();
    let mut window = opened(file);
    wait_for_label(&mut window, "the log contains 2 heap snapshots");
    let id = window.state().state.shown().unwrap();
    let opened = window.state().state.session.snapshot(id).unwrap();
    assert_eq!(opened.graph().node_count(), common::case("pretty").open().graph().node_count());
}
