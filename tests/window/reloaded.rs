//! Reloaded scripts and unreachable objects in the window.

use crate::generated::{julia, julia_unreachable, reloaded};
use crate::window::{Window, click_row, rows, show, wait_for_label, wait_for_load, wait_until, window};
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use heapglass::test_support::ui::command::{Command, Target, ViewKind};
use heapglass::test_support::ui::panes::Slot;

const SWITCH: &str = "Join reloaded scripts";

fn opened(files: &[(&str, Vec<u8>)]) -> (tempfile::TempDir, Window) {
    let folder = tempfile::tempdir().unwrap();
    let write = |(name, bytes): &(&str, Vec<u8>)| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let files: Vec<_> = files.iter().map(write).collect();
    let mut window = window(&files);
    wait_for_load(&mut window);
    (folder, window)
}

fn session_rows(window: &Window) -> usize {
    rows(window).lines().filter(|line| line.starts_with("Session")).count()
}

fn wait_for_session_rows(window: &mut Window, count: usize) {
    let started = std::time::Instant::now();
    while session_rows(window) != count {
        assert!(started.elapsed() < std::time::Duration::from_secs(30), "{count} rows of\n{}", rows(window));
        std::thread::sleep(std::time::Duration::from_millis(3));
        window.step();
    }
}

#[test]
fn the_summary_joins_reloaded_classes_and_reveals_an_object_among_them() {
    let (_folder, mut window) = opened(&[("app.heapsnapshot", reloaded(3, 10))]);
    wait_for_label(&mut window, SWITCH);
    wait_for_session_rows(&mut window, 3);
    window.get_by_role_and_label(Role::CheckBox, SWITCH).click();
    wait_for_session_rows(&mut window, 1);
    wait_for_label(&mut window, "×30  3 loads  session.mjs:4:15");
    // An object of the last load is listed in the one row.
    let app = &mut window.state_mut().state;
    let (id, snapshot) =
        app.session.open().last().map(|open| (open.id, std::sync::Arc::clone(&open.snapshot))).unwrap();
    let last = snapshot.graph().nodes().filter(|&node| snapshot.raw_name(node) == "Session").last().unwrap();
    let target = Target { snapshot: id, node: last };
    window.state_mut().state.run(Slot { side: 0, id }, Command::Reveal(target, ViewKind::SUMMARY));
    let label = format!("Session {}", snapshot.id(last));
    wait_for_label(&mut window, &label);
    wait_until(&mut window, "the object", |app| app.shown_view().unwrap().retainers.target() == Some(target));
}

#[test]
fn the_switch_is_offered_only_where_it_changes_rows() {
    let (_folder, mut window) = opened(&[("app.heapsnapshot", reloaded(1, 10))]);
    wait_for_label(&mut window, "session.mjs:4:15");
    assert!(window.query_by_label(SWITCH).is_none());
}

#[test]
fn the_comparison_joins_reloaded_classes() {
    let files = [("1.heapsnapshot", reloaded(1, 10)), ("2.heapsnapshot", reloaded(3, 10))];
    let (_folder, mut window) = opened(&files);
    show(&mut window, ViewKind::COMPARISON);
    wait_for_label(&mut window, SWITCH);
    wait_for_session_rows(&mut window, 2);
    window.get_by_role_and_label(Role::CheckBox, SWITCH).click();
    wait_for_session_rows(&mut window, 1);
    wait_for_label(&mut window, "Session  3 loads");
    window.get_by_role_and_label(Role::CheckBox, SWITCH).click();
    wait_for_session_rows(&mut window, 2);
}

#[test]
fn growth_lists_a_reloaded_class_once() {
    let files = [1, 2, 3].map(|steps| (["", "1", "2", "3"][steps], reloaded(steps as u64, 10)));
    let files = files.map(|(name, bytes)| (format!("{name}.heapsnapshot"), bytes));
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let (_folder, mut window) = opened(&files);
    show(&mut window, ViewKind::GROWTH);
    wait_for_label(&mut window, "Grows in every step");
    wait_for_session_rows(&mut window, 1);
}

#[test]
fn every_pane_marks_an_unreachable_object() {
    let (_folder, mut window) = opened(&[("julia.heapsnapshot", julia_unreachable(5, 400))]);
    wait_for_label(&mut window, "% unreachable");
    let link = window.query_all_by_label_contains("% unreachable").next().unwrap();
    link.click();
    wait_for_label(&mut window, "Unreachable:  400 objects");
    click_row(&mut window, "(jl_array_t)");
    window.key_press(egui::Key::ArrowRight);
    wait_for_label(&mut window, "Array{UInt8, 1} @");
    click_row(&mut window, "Array{UInt8, 1} @");
    // In the retainers' heading and empty list, and in the object's facts.
    wait_for_label(&mut window, "Unreachable: no path of references leads from a root to it");
    wait_for_label(&mut window, "−   (unreachable)");
    let chips = window.query_all_by_label("unreachable").filter(|node| node.accesskit_node().role() == Role::Label);
    assert_eq!(chips.count(), 2);

    show(&mut window, ViewKind::STATISTICS);
    wait_for_label(&mut window, "in 400 objects that no path of references from a root reaches");
    window.get_by_label("Show objects").click();
    wait_until(&mut window, "the summary", |app| app.shown_view().unwrap().kind == ViewKind::SUMMARY);
}

#[test]
fn a_snapshot_without_unreachable_objects_does_not_mention_them() {
    let (_folder, mut window) = opened(&[("julia.heapsnapshot", julia(5))]);
    wait_for_label(&mut window, "(jl_array_t)");
    show(&mut window, ViewKind::STATISTICS);
    wait_for_label(&mut window, "By kind of node");
    assert!(window.query_by_label("Show objects").is_none());
    assert!(window.query_all_by_label_contains("% unreachable").next().is_none());
}
