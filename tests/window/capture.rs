//! The window takes snapshots of a real Node.js and shows what leaks.

use crate::common;
use crate::inspector::{Habit, Inspector, Script};
use crate::node;
use crate::node::Node;
use crate::window::{Window, click_row, rows, show, wait_for, wait_for_label, wait_until, window};
use egui_kittest::kittest::Queryable as _;
use heapglass::test_support::capture::Step;
use heapglass::test_support::sources::RecordedSources;
use heapglass::test_support::ui::capture::Mode;
use heapglass::test_support::ui::command::ViewKind;

/// The chunks of a small snapshot.
const PIECES: &[&str] = &["{\"snapshot\":{}}"];

/// The dialog, connected to a program.
fn connected(address: &str, folder: &std::path::Path) -> Window {
    let mut window = window(&[]);
    window.get_by_label("Capture from a running program…").click();
    for _ in 0..3 {
        window.step();
    }
    address.clone_into(&mut window.state_mut().state.capture.address);
    window.state_mut().state.capture.folder = folder.join("captures").display().to_string();
    window.step();
    window.get_by_label("Connect").click();
    wait_until(&mut window, "the connection", |app| {
        let state = app.capture.state();
        assert_eq!(state.error, None);
        !state.isolates.is_empty() && !state.is_busy
    });
    window
}

#[test]
fn a_series_taken_from_a_program_names_the_class_that_leaks_and_what_holds_it() {
    let Some(mut node) = Node::start(node::LEAK) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut window = connected(&node.address, folder.path());
    wait_for_label(&mut window, "heap in use: ");
    window.get_by_label("Series").click();
    window.step();
    window.step();
    assert_eq!(window.state().state.capture.mode, Mode::Series);
    window.get_by_label("on demand").click();
    window.step();
    window.step();
    window.get_by_label("Start the series").click();
    for taken in 1..=2 {
        wait_until(&mut window, "a snapshot", |app| {
            let watch = app.capture.state().watch;
            watch.is_some_and(|watch| watch.taken().len() == taken && matches!(watch.step(), Step::Waiting { .. }))
        });
        node.round();
        window.get_by_label("Take next snapshot").click();
        window.step();
    }
    wait_until(&mut window, "the findings of the series", |app| {
        app.session.open().len() == 3 && app.shown_view().is_some_and(|view| view.kind == ViewKind::FINDINGS)
    });
    drop(node);
    wait_for_label(&mut window, "LeakedSession objects: 500 → 1,000 → 1,500");
    show(&mut window, ViewKind::GROWTH);

    // The leak is first among the classes that grow in every step; the cache and the work have other patterns.
    wait_for_label(&mut window, "LeakedSession  service.js");
    let text = rows(&window);
    let at = |what: &str| {
        text.lines().position(|line| line.starts_with(what)).unwrap_or_else(|| panic!("{what} in\n{text}"))
    };
    assert!(at("Grows in every step") < at("LeakedSession"), "{text}");
    assert!(at("LeakedSession") < at("Grew once and stayed"), "{text}");
    let leaked = text.lines().find(|line| line.starts_with("LeakedSession")).unwrap();
    assert!(leaked.contains(", 1,500, +1,000, 1,000, 500, "), "now, growth, new, survived: {leaked}");
    for pattern in [2, 5] {
        // Opens the patterns of caches and of work.
        window.state_mut().state.shown_view().unwrap().panes.growth.table.expand(vec![pattern]);
        for _ in 0..10 {
            window.step();
        }
    }
    window.state_mut().state.shown_view().unwrap().panes.growth.filter = "a".to_owned();
    wait_for_label(&mut window, "CachedPage");
    let view = window.state_mut().state.shown_view().unwrap();
    view.panes.growth.filter = "RunningJob".to_owned();
    wait_for_label(&mut window, "RunningJob");
    wait_for(&mut window, "first row Comes and goes", |window| rows(window).starts_with("Comes and goes"));
    window.state_mut().state.shown_view().unwrap().panes.growth.filter.clear();
    wait_for_label(&mut window, "LeakedSession  service.js");

    // From the class to what holds what is new of it.
    click_row(&mut window, "LeakedSession");
    wait_for_label(&mut window, "LeakedSession in snapshot 3: 1,500 objects");
    window.get_by_label("Show retaining paths").click();
    window.step();
    wait_until(&mut window, "the paths", |app| !app.shown_view().unwrap().paths.is_busy());
    wait_for_label(&mut window, "Paths from the roots to 1,000 objects: new LeakedSession");
    let text = rows(&window);
    assert!(text.contains("sessionRegistry → Map"), "the registry holds them:\n{text}");

    // What the process used is shown with the snapshots, and their files are whole.
    wait_for_label(&mut window, " external");
    let session = &window.state().state.session;
    assert!(session.open().iter().all(|open| open.record.as_ref().is_some_and(|record| record.complete)));
}

#[test]
fn a_program_that_ends_during_a_series_leaves_its_snapshots_and_a_clear_message() {
    let Some(mut node) = Node::start(node::LEAK) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut window = connected(&node.address, folder.path());
    window.state_mut().state.capture.mode = Mode::Series;
    window.state_mut().state.capture.by_hand = true;
    window.step();
    window.get_by_label("Start the series").click();
    wait_until(&mut window, "a snapshot", |app| {
        app.capture.state().watch.is_some_and(|watch| matches!(watch.step(), Step::Waiting { .. }))
    });
    node.kill();
    wait_until(&mut window, "the end", |app| !app.capture.is_running());
    wait_for_label(&mut window, "the program ended or closed the connection");
    wait_until(&mut window, "the load", |app| app.session.open().len() == 1);
    wait_until(&mut window, "the end of the connection", |app| app.capture.state().connected.is_none());
}

#[test]
fn a_worker_is_chosen_in_the_list_and_its_file_opens_by_itself() {
    let worker = common::read(&common::case("pretty").file);
    let worker = String::from_utf8(worker).unwrap();
    let inspector = Inspector::start(Habit::Browser, move || Box::new(std::iter::once(worker.clone())));
    let folder = tempfile::tempdir().unwrap();
    let mut window = connected(&inspector.address, folder.path());
    wait_for_label(&mut window, "heap in use:  1.5 MB");
    window.get_by_label_contains("https://example.com/worker.js  700.0 kB").click();
    for _ in 0..3 {
        window.step();
    }
    window.get_by_label("Take a snapshot").click();
    wait_until(&mut window, "the snapshot", |app| app.session.open().len() == 1);
    let record = window.state().state.session.open()[0].record.clone().unwrap();
    assert_eq!(record.target, "https://example.com/worker.js");
    wait_for_label(&mut window, "Done: 1 file");
}

#[test]
fn source_text_is_stored_beside_a_snapshot_unless_the_check_box_is_cleared() {
    for is_kept in [true, false] {
        let inspector = Inspector::of(Habit::Scripts(vec![Script::new("a.js", "let a;")]), PIECES);
        let folder = tempfile::tempdir().unwrap();
        let mut window = connected(&inspector.address, folder.path());
        wait_for_label(&mut window, "Keep source text");
        assert!(window.state().state.capture.keeps_sources, "on by default");
        if !is_kept {
            window.get_by_label("Keep source text").click();
            window.step();
        }
        window.get_by_label("Take a snapshot").click();
        wait_for_label(&mut window, "Done: 1 file");
        // The choice is still made for the next capture.
        assert_eq!(window.state().state.capture.keeps_sources, is_kept);
        let captures = folder.path().join("captures");
        let files = std::fs::read_dir(&captures).unwrap().map(|entry| entry.unwrap().path());
        let files: Vec<std::path::PathBuf> =
            files.filter(|path| path.extension().unwrap_or_default() == "heapsnapshot").collect();
        assert_eq!(files.len(), 1);
        let sources = RecordedSources::beside(&files[0]);
        let text = sources.map(|sources| sources.text(sources.script(1, Some("a.js")).unwrap()).unwrap());
        assert_eq!(text.as_deref(), is_kept.then_some("let a;"));
        assert_eq!(captures.join("heapglass-sources").exists(), is_kept);
    }
}

#[test]
fn scripts_that_were_left_out_are_reported_in_the_dialog() {
    let inspector = Inspector::of(Habit::NoDebugger, PIECES);
    let folder = tempfile::tempdir().unwrap();
    let mut window = connected(&inspector.address, folder.path());
    wait_for_label(&mut window, "Take a snapshot");
    window.get_by_label("Take a snapshot").click();
    wait_for_label(&mut window, "source text was not recorded: Debugger.setSkipAllPauses failed");
}

#[test]
fn connecting_to_another_machine_asks_first() {
    let mut window = window(&[]);
    window.state_mut().state.capture.is_open = true;
    // An address for documentation, which nobody has.
    "192.0.2.1:9229".clone_into(&mut window.state_mut().state.capture.address);
    wait_for_label(&mut window, "Connect");
    window.get_by_label("Connect").click();
    wait_for_label(&mut window, "Connect anyway");
    assert_eq!(window.state().state.capture.state().error, None);
}

#[test]
fn the_dialog_explains_how_to_start_a_program_if_nothing_listens() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut window = window(&[]);
    window.state_mut().state.capture.is_open = true;
    window.state_mut().state.capture.address = port.to_string();
    wait_for_label(&mut window, "Connect");
    window.get_by_label("Connect").click();
    wait_for_label(&mut window, "start the program with --inspect");
}

#[test]
fn a_misbehaving_target_shows_an_error_and_leaves_no_file() {
    for (habit, pieces, expected) in [
        (Habit::Fragments, &["{}"][..], "a message of more than 10000 fragments"),
        (Habit::Floods, &["{}"], "it keeps sending unrequested messages"),
        (Habit::Honest, &["\u{1b}[2J}"], "not a heap snapshot: found ␛[2J} at the start"),
    ] {
        let inspector = Inspector::of(habit, pieces);
        let folder = tempfile::tempdir().unwrap();
        let mut window = connected(&inspector.address, folder.path());
        wait_for_label(&mut window, "Take a snapshot");
        window.get_by_label("Take a snapshot").click();
        wait_for_label(&mut window, expected);
        wait_until(&mut window, "the end", |app| !app.capture.is_running());
        assert!(window.state().state.session.open().is_empty());
        assert_eq!(std::fs::read_dir(folder.path().join("captures")).unwrap().count(), 0);
    }
}

#[test]
fn a_snapshot_request_without_an_answer_is_reported_in_the_dialog_and_can_be_cancelled() {
    let inspector = Inspector::of(Habit::Unanswered, &["{}"]);
    let folder = tempfile::tempdir().unwrap();
    let mut window = connected(&inspector.address, folder.path());
    wait_for_label(&mut window, "Take a snapshot");
    window.get_by_label("Take a snapshot").click();
    wait_for_label(&mut window, "No answer for 15 s.");
    window.get_by_label("Cancel").click();
    wait_for_label(&mut window, "Canceled; nothing was kept");
    assert_eq!(std::fs::read_dir(folder.path().join("captures")).unwrap().count(), 0);
}

#[test]
fn cancel_ends_the_wait_for_a_message_that_never_ends() {
    let inspector = Inspector::of(Habit::Drips, &["{}"]);
    let folder = tempfile::tempdir().unwrap();
    let mut window = connected(&inspector.address, folder.path());
    wait_for_label(&mut window, "Take a snapshot");
    window.get_by_label("Take a snapshot").click();
    wait_until(&mut window, "the snapshot", |app| {
        app.capture.state().watch.is_some_and(|watch| matches!(watch.step(), Step::Snapshot { .. }))
    });
    window.get_by_label("Cancel").click();
    wait_for_label(&mut window, "Canceled; nothing was kept");
    // The connection is made anew and good for more.
    wait_until(&mut window, "the connection", |app| {
        let state = app.capture.state();
        state.connected.is_some() && !state.is_busy
    });
    assert_eq!(std::fs::read_dir(folder.path().join("captures")).unwrap().count(), 0);
}
