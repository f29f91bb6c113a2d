//! Failures and dialogs: files that block, exports to existing names, settings of a killed process, and dialogs that keep their
//! position.

use std::path::{Path, PathBuf};

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use heapglass::test_support::index::Indexes;
use heapglass::test_support::query::{Filter, ListSpec, OrderKey, Series, Sort};
use heapglass::test_support::ui::HeapglassApp;
use heapglass::test_support::ui::action::Action;
use heapglass::test_support::ui::command::{ExportList, ReportWish};
use heapglass::{Findings, FindingsOf};

use crate::common;
use crate::generated;
use crate::inspector::{Habit, Inspector};
use crate::window::{
    Window, drop_file, example, example_before, slow_source, type_into, wait_for_findings, wait_for_label,
    wait_for_load, wait_until, window,
};

fn steps(window: &mut Window, count: usize) {
    for _ in 0..count {
        window.step();
    }
}

#[test]
fn a_file_opens_after_a_stalled_load_was_cancelled() {
    let mut window = window(&[]);
    // The reader waits for a byte that never comes, whatever becomes of the load.
    let (source, _feed) = slow_source();
    let blocked = window.state_mut().state.session.load(source);
    drop_file(&mut window, &example());
    wait_until(&mut window, "the start of the first load", |app| app.session.loads()[0].elapsed().is_some());
    assert_eq!(window.state().state.session.loads().len(), 2);
    let ctx = window.ctx.clone();
    window.state_mut().state.apply(&ctx, Action::DismissLoad(blocked));
    wait_for_load(&mut window);
    assert_eq!(window.state().state.session.open().len(), 1);
    wait_for_label(&mut window, "ShoppingCart  ×2,020");
}

/// Returns the newest message, and whether it is about a problem, and removes all.
fn take_message(window: &mut Window) -> Option<(String, bool)> {
    let toasts = &mut window.state_mut().state.toasts;
    let newest = toasts.latest().map(|notice| (notice.text.clone(), notice.is_problem));
    toasts.clear();
    newest
}

fn classes(window: &Window) -> ExportList {
    ExportList::Rows(OrderKey {
        snapshot: window.state().state.shown().unwrap(),
        list: ListSpec::Classes,
        sort: Sort::BY_RETAINED_SIZE,
        filter: Filter::default(),
    })
}

/// The example with its classes on screen, and a folder with a file that an export could replace.
fn with_older_export() -> (Window, tempfile::TempDir, PathBuf) {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    wait_for_label(&mut window, "ShoppingCart  ×2,020");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("classes.csv");
    std::fs::write(&file, "older").unwrap();
    let list = classes(&window);
    window.state_mut().state.toasts.clear();
    window.state_mut().state.export_to(file.clone(), list);
    wait_for_label(&mut window, "already exists in");
    (window, folder, file)
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn an_export_asks_before_it_replaces_a_file() {
    let (mut window, folder, file) = with_older_export();
    assert_eq!(read(&file), "older");
    window.get_by_label("Replace").click();
    wait_until(&mut window, "the export", |app| app.toasts.latest().is_some());
    assert!(read(&file).contains("ShoppingCart"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
}

#[test]
fn an_export_that_is_not_to_replace_a_file_leaves_it_and_can_have_another_name() {
    let (mut window, _folder, file) = with_older_export();
    window.key_press(egui::Key::Escape);
    steps(&mut window, 3);
    assert!(window.query_all_by_label_contains("already exists in").next().is_none());
    assert_eq!(read(&file), "older");

    let list = classes(&window);
    window.state_mut().state.export_to(file.clone(), list);
    wait_for_label(&mut window, "already exists in");
    window.get_by_label("Choose another name…").click();
    steps(&mut window, 3);
    assert!(window.query_all_by_label_contains("already exists in").next().is_none());
    assert_eq!(read(&file), "older");
}

#[test]
fn a_second_export_is_refused_while_the_first_is_written_or_asks_to_replace_a_file() {
    let (mut window, folder, file) = with_older_export();
    let second = folder.path().join("second.csv");
    let list = classes(&window);
    window.state_mut().state.export_to(second.clone(), list.clone());
    let refusal = take_message(&mut window);
    assert_eq!(refusal, Some(("First choose whether to replace classes.csv".to_owned(), true)));
    window.get_by_label("Replace").click();
    // Answers are taken in before the click is, so the export is still under way after this.
    window.step();
    window.state_mut().state.export_to(second.clone(), list);
    let refusal = take_message(&mut window);
    assert_eq!(refusal, Some(("classes.csv is still being written; wait for it or cancel it".to_owned(), true)));
    wait_until(&mut window, "the export", |app| app.toasts.latest().is_some());
    assert!(read(&file).contains("ShoppingCart"));
    assert!(!second.exists());
}

/// Three snapshots of a program that leaks, with the findings on screen.
fn leak() -> (Window, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(&generated::leak_files(folder.path(), true));
    wait_for_findings(&mut window);
    wait_for_label(&mut window, "Finding, Leak");
    (window, folder)
}

#[test]
fn a_report_of_the_findings_is_saved_with_notes_and_can_be_opened() {
    let (mut window, folder) = leak();
    window.get_by_label("Save report…").click();
    wait_for_label(&mut window, "Notes at the top of the report");
    assert!(window.query_all_by_label_contains("3 snapshots, from checkout-1").next().is_some());
    type_into(&mut window, "Notes at the top of the report", "After the <b>release</b>");
    window.get_by_label("Markdown").click();
    steps(&mut window, 3);
    window.state_mut().state.toasts.clear();
    // The button of the pane is behind the dialog, whose own button is the last one.
    window.query_all_by_label("Save report…").last().unwrap().click();
    steps(&mut window, 2);
    assert!(window.query_all_by_label("Notes at the top of the report").next().is_none(), "the dialog is closed");

    let series: Series = window.state().state.session.open().iter().map(|open| open.id).collect();
    let notes = "After the <b>release</b>".to_owned();
    let wish = ReportWish { series, with_source_lines: false, remarks: notes, ignored: Vec::new() };
    let file = folder.path().join("report.html");
    window.state_mut().state.export_to(file.clone(), ExportList::Report(wish.clone()));
    wait_for_label(&mut window, "Open the file");
    let page = read(&file);
    assert!(page.contains("SessionRegistry.sessions") && page.contains("After the &lt;b&gt;release"), "{page:.3000}");
    let message = take_message(&mut window).unwrap();
    assert!(message.0.starts_with("Wrote the report to ") && !message.1, "{message:?}");

    // Ignored findings are left out, which the report says.
    // The message that was taken away is no longer drawn.
    steps(&mut window, 3);
    let signature = known_findings(&mut window).findings[0].signature.clone();
    let markdown = folder.path().join("report.md");
    let without = ReportWish { ignored: vec![signature], ..wish };
    window.state_mut().state.export_to(markdown.clone(), ExportList::Report(without));
    wait_for_label(&mut window, "Open the file");
    let text = read(&markdown);
    assert!(text.contains("1 ignored finding is left out"), "{text}");
    assert!(text.starts_with("# Leak: 3 snapshots: 1 leak. `ChargeQueue.done`"), "{text}");
    let (described, _) = text.split_once("## Growth").unwrap();
    assert!(!described.contains("SessionRegistry"), "{text}");
}

/// Returns the findings of all open snapshots.
fn known_findings(window: &mut Window) -> std::sync::Arc<Findings> {
    let state = &mut window.state_mut().state;
    let series: Series = state.session.open().iter().map(|open| open.id).collect();
    let question = FindingsOf::new(&series, state.session.source_paths());
    state.session.ask(&question).ready().expect("they are on screen")
}

#[test]
fn the_command_saves_a_report_of_a_single_snapshot() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    let ctx = window.ctx.clone();
    window.state_mut().state.apply(&ctx, Action::SaveReport);
    wait_for_label(&mut window, "Notes at the top of the report");
    window.key_press(egui::Key::Escape);
    steps(&mut window, 3);
    assert!(window.query_all_by_label("Notes at the top of the report").next().is_none());
}

#[test]
fn a_file_that_was_opened_is_in_the_settings_file_while_the_window_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.json");
    let open = |file: PathBuf| -> Window {
        Harness::builder()
            .with_size(egui::vec2(1280.0, 800.0))
            .allow_missing_glyphs()
            .build_eframe(move |cc| HeapglassApp::new(cc, Vec::new(), Indexes::off(), Some(file)).unwrap())
    };
    let mut first = open(file.clone());
    drop_file(&mut first, &example());
    wait_for_load(&mut first);
    let kept = file.clone();
    wait_until(&mut first, "the settings", move |_| {
        std::fs::read_to_string(&kept).is_ok_and(|text| text.contains("example-after"))
    });
    // The program ends without a word: what the next one finds is what was written so far.
    let second = open(file);
    assert_eq!(second.state().state.settings.recent_sets[0].files, [example()]);
    drop(first);
}

#[test]
fn the_capture_dialog_has_the_focus_and_its_top_edge_does_not_move() {
    let snapshot = String::from_utf8(common::read(&example_before())).unwrap();
    let inspector = Inspector::start(Habit::Honest, move || Box::new(std::iter::once(snapshot.clone())));
    let mut window = window(&[]);
    window.get_by_label("Capture from a running program…").click();
    steps(&mut window, 4);
    let field = |window: &Window| window.get_by_label("Address of the inspector").rect();
    assert!(window.get_by_label("Address of the inspector").is_focused(), "one can type at once");
    let before = field(&window);
    window.state_mut().state.capture.address.clone_from(&inspector.address);
    window.step();
    window.key_press(egui::Key::Enter);
    wait_until(&mut window, "the connection", |app| !app.capture.state().isolates.is_empty());
    wait_for_label(&mut window, "Take a snapshot");
    assert_eq!(field(&window).min, before.min, "the dialog has grown downwards only");
    window.get_by_label("Timeline").click();
    steps(&mut window, 4);
    assert_eq!(field(&window).min, before.min);
}
