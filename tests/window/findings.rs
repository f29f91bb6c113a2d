//! Findings in the window: from dropped files to the line of the holder, by mouse and by keyboard; ignored findings.

use std::sync::Arc;

use crate::generated;
use crate::window::{Dropped, Window, example, wait_for_findings, wait_for_label, wait_until, window};
use egui_kittest::kittest::Queryable as _;
use heapglass::test_support::ui::command::ViewKind;

const CARD: &str = "Finding, Leak: SessionRegistry.sessions accumulates Session objects";

fn steps(window: &mut Window) {
    for _ in 0..4 {
        window.step();
    }
}

/// Drops three snapshots of the generated service; the folder lives as long as the returned value.
fn dropped(leaks: bool) -> (Window, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(&[]);
    for file in generated::leak_files(folder.path(), leaks) {
        window.input_mut().dropped_files.push(Arc::new(Dropped(file)));
    }
    window.step();
    wait_for_findings(&mut window);
    (window, folder)
}

fn has(window: &Window, label: &str) -> bool {
    window.query_all_by_label_contains(label).next().is_some()
}

fn press(window: &mut Window, key: egui::Key) {
    window.key_press(key);
    steps(window);
}

/// The class of the object in the lower panes.
fn selected_class(window: &mut Window) -> Option<String> {
    let state = &mut window.state_mut().state;
    let target = state.shown_view()?.object.target()?;
    Some(state.session.snapshot(target.snapshot)?.class(target.node).name.clone())
}

/// Clicks a widget of the pane, not one of the toolbar, after scrolling to it.
fn click(window: &mut Window, label: &str) {
    let in_pane = |node: &egui_kittest::Node<'_>| node.rect().top() > 60.0;
    window.get_all_by_label(label).find(in_pane).unwrap_or_else(|| panic!("no {label}")).scroll_to_me();
    steps(window);
    window.get_all_by_label(label).find(in_pane).unwrap_or_else(|| panic!("no {label}")).click();
    steps(window);
}

#[test]
fn dropped_files_lead_to_the_source_line_of_the_holder_by_mouse() {
    let (mut window, _folder) = dropped(true);
    wait_for_label(&mut window, CARD);
    assert!(has(&window, "3 snapshots: 2 leaks, the first: 98% of all growth."), "the summary");
    assert!(has(&window, "Members per snapshot: 1,000 → 1,425 → 1,850"));
    assert!(has(&window, "Retained size per snapshot: "));
    assert!(has(&window, "registry.mjs:4"), "the holder's location");
    click(&mut window, "SessionRegistry.sessions (holder)");
    assert_eq!(selected_class(&mut window).as_deref(), Some("SessionRegistry"));
    wait_for_label(&mut window, "constructor() { this.sessions = []; }");
    wait_until(&mut window, "the path", |app| !app.shown_view().unwrap().retainers.is_busy());
}

#[test]
fn keys_alone_lead_from_findings_to_the_holder_and_copy_it() {
    let (mut window, _folder) = dropped(true);
    wait_for_label(&mut window, CARD);
    steps(&mut window);
    // The first card has the keyboard focus. Its path starts at the right.
    for _ in 0..8 {
        press(&mut window, egui::Key::ArrowRight);
        if selected_class(&mut window).as_deref() == Some("SessionRegistry") {
            break;
        }
    }
    assert_eq!(selected_class(&mut window).as_deref(), Some("SessionRegistry"));
    wait_for_label(&mut window, "constructor() { this.sessions = []; }");
    press(&mut window, egui::Key::C);
    assert!(has(&window, "Copied the finding"));
    // Down to the next card and back up, then along the path again.
    press(&mut window, egui::Key::ArrowDown);
    press(&mut window, egui::Key::ArrowUp);
    press(&mut window, egui::Key::Enter);
    wait_until(&mut window, "the summary", |app| {
        let view = app.shown_view().unwrap();
        view.kind == ViewKind::SUMMARY && !view.panes.summary.tree.table.is_revealing()
    });
}

#[test]
fn the_first_card_has_the_keyboard_after_another_pane() {
    let (mut window, _folder) = dropped(true);
    crate::window::show(&mut window, ViewKind::SUMMARY);
    wait_for_label(&mut window, "Session  ×");
    crate::window::show(&mut window, ViewKind::FINDINGS);
    wait_for_label(&mut window, CARD);
    steps(&mut window);
    press(&mut window, egui::Key::Enter);
    wait_until(&mut window, "the summary", |app| app.shown_view().unwrap().kind == ViewKind::SUMMARY);
}

#[test]
fn buttons_lead_to_members_paths_and_growth() {
    let (mut window, _folder) = dropped(true);
    wait_for_label(&mut window, CARD);
    click(&mut window, "Show paths");
    wait_for_label(&mut window, "members of SessionRegistry.sessions");
    click(&mut window, "Show members");
    wait_until(&mut window, "a member", |app| app.shown_view().unwrap().kind == ViewKind::SUMMARY);
    assert_eq!(selected_class(&mut window).as_deref(), Some("Session"));
    crate::window::show(&mut window, ViewKind::FINDINGS);
    wait_for_label(&mut window, CARD);
    click(&mut window, "Show in Growth");
    assert_eq!(window.state_mut().state.shown_view().unwrap().kind, ViewKind::GROWTH);
    assert_eq!(window.state_mut().state.shown_view().unwrap().panes.growth.filter, "Session");
}

#[test]
fn an_ignored_finding_is_hidden_until_it_is_restored() {
    let (mut window, _folder) = dropped(true);
    wait_for_label(&mut window, CARD);
    click(&mut window, "Ignore");
    assert!(!has(&window, CARD));
    let ignored = window.state().state.settings.ignored_findings.clone();
    assert_eq!(ignored, ["array: SessionRegistry.sessions -> Session"]);
    wait_for_label(&mut window, "1 ignored finding");
    window.get_by_label("Show ignored").click();
    steps(&mut window);
    window.get_by_label("Restore").click();
    steps(&mut window);
    assert!(has(&window, CARD));
    assert!(window.state().state.settings.ignored_findings.is_empty());
    assert!(!has(&window, "1 ignored finding"));
}

#[test]
fn one_snapshot_shows_its_largest_holders_and_asks_for_more() {
    let mut window = window(&[example()]);
    wait_for_findings(&mut window);
    wait_for_label(&mut window, "One snapshot cannot show growth");
    wait_for_label(&mut window, "Finding, Watch: ");
    assert_eq!(window.get_all_by_label("Open…").count(), 2, "in the toolbar and in the pane");
    click(&mut window, "Capture…");
    assert!(window.state().state.capture.is_open);
}

#[test]
fn a_healthy_series_says_that_nothing_grows() {
    let (mut window, _folder) = dropped(false);
    wait_for_label(&mut window, "3 snapshots. Nothing grows without bound.");
    assert!(!has(&window, "Finding, Leak") && !has(&window, "Finding, Likely"));
}

#[test]
fn a_series_is_judged_once_all_of_it_is_loaded() {
    let mut window = window(&[example()]);
    let (source, feed) = crate::window::slow_source();
    window.state_mut().state.session.load(source);
    wait_for_label(&mut window, "Loading 1 more file…");
    assert!(!has(&window, "Finding, "));
    window.get_by_label("Cancel").click();
    steps(&mut window);
    assert_eq!(window.state_mut().state.shown_view().unwrap().kind, ViewKind::SUMMARY);
    drop(feed);
}
