//! Scripts in the window: scripts, their copies and objects, packages, and the treemap by package.

use crate::generated::packaged;
use crate::window::{
    Window, click_row, example, expand, rows, show, type_into, wait_for_label, wait_for_load, wait_until, window,
};
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use heapglass::test_support::ui::command::ViewKind;

fn shop() -> (tempfile::TempDir, Window) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.heapsnapshot");
    std::fs::write(&file, packaged("file:///srv/shop", 40)).unwrap();
    let mut window = window(&[file]);
    wait_for_load(&mut window);
    (folder, window)
}

fn scripts() -> (tempfile::TempDir, Window) {
    let (folder, mut window) = shop();
    show(&mut window, ViewKind::SCRIPTS);
    wait_for_label(&mut window, "15 scripts in 8 packages");
    (folder, window)
}

#[test]
fn scripts_are_listed_by_retained_size_with_their_copies_and_objects() {
    let (_folder, mut window) = scripts();
    wait_for_label(&mut window, "cart.mjs");
    let text = rows(&window);
    assert!(text.lines().next().unwrap().starts_with("lodash.js  lodash"), "{text}");
    let sessions = text.lines().find(|line| line.starts_with("session.mjs")).unwrap();
    assert!(sessions.contains("18") && sessions.contains('3'), "{sessions}");
    expand(&mut window, "session.mjs");
    expand(&mut window, "session.mjs?t=2  script 8");
    click_row(&mut window, "f5() @");
    let target = window.state_mut().state.shown_view().unwrap().retainers.target().expect("an object is shown");
    let snapshot = window.state().state.session.snapshot(target.snapshot).unwrap();
    assert_eq!(snapshot.raw_name(target.node), "f5");
}

#[test]
fn packages_contain_their_scripts() {
    let (_folder, mut window) = scripts();
    window.get_by_label("By package").click();
    wait_for_label(&mut window, "lodash 4.17.21");
    let text = rows(&window);
    for package in ["debug  in shop", "debug  in express"] {
        assert!(text.lines().any(|line| line.starts_with(package)), "{package} in {text}");
    }
    assert!(window.query_by_role_and_label(Role::ColumnHeader, "Scripts").is_some());
    expand(&mut window, "express");
    wait_for_label(&mut window, "index.js  lib/router");
    wait_for_label(&mut window, "application.js  lib");
    expand(&mut window, "Program");
    wait_for_label(&mut window, "session.mjs");
    assert!(rows(&window).contains("3×"), "{}", rows(&window));
}

#[test]
fn enter_on_a_script_shows_its_objects_in_the_summary() {
    let (_folder, mut window) = scripts();
    click_row(&mut window, "session.mjs");
    window.key_press(egui::Key::Enter);
    wait_until(&mut window, "the summary", |app| app.shown_view().unwrap().kind == ViewKind::SUMMARY);
    wait_for_label(&mut window, "Defined in session.mjs:  138 objects");
    wait_for_label(&mut window, "Session  ×120");
}

#[test]
fn the_menu_of_a_package_shows_its_objects_and_copies_its_name() {
    let (_folder, mut window) = scripts();
    window.get_by_label("By package").click();
    click_row(&mut window, "@acme/pricing");
    window
        .get_all_by_label_contains("@acme/pricing")
        .find(|row| row.accesskit_node().role() == Role::Row)
        .unwrap()
        .click_secondary();
    window.step();
    wait_for_label(&mut window, "Copy package name");
    window.get_by_label("Show objects in Summary").click();
    wait_for_label(&mut window, "Defined in @acme/pricing:  16 objects");
}

#[test]
fn the_filter_finds_scripts_by_url_and_packages_by_name() {
    let (_folder, mut window) = scripts();
    type_into(&mut window, "Filter scripts", "express/lib");
    for _ in 0..2_000 {
        if rows(&window).lines().count() == 2 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(3));
        window.step();
    }
    assert!(rows(&window).starts_with("application.js  express/lib"), "{}", rows(&window));
    type_into(&mut window, "Filter scripts", " of nothing");
    wait_for_label(&mut window, "No matching scripts");
    window.get_by_label("By package").click();
    wait_for_label(&mut window, "No matching packages");
}

#[test]
fn statistics_lead_to_the_scripts() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    show(&mut window, ViewKind::STATISTICS);
    window.get_by_label("By script and package").click();
    wait_for_label(&mut window, "leaky-server.mjs");
    assert_eq!(window.state_mut().state.shown_view().unwrap().kind, ViewKind::SCRIPTS);
}

#[test]
fn the_treemap_is_colored_by_kind_or_package_with_a_legend() {
    let (_folder, mut window) = shop();
    show(&mut window, ViewKind::DOMINATORS);
    window.get_by_label("Treemap").click();
    wait_for_label(&mut window, "Typed arrays");
    wait_until(&mut window, "the treemap", |app| !app.shown_view().unwrap().panes.dominators.picture.is_busy());
    let tile = |window: &Window| window.get_all_by_label_contains("Tile ").next().unwrap().rect();
    let before = tile(&window);
    window.get_by_label("By package").click();
    for label in ["Program", "Node.js", "lodash 4.17.21", "Other packages", "No package"] {
        wait_for_label(&mut window, label);
    }
    assert_eq!(tile(&window), before, "nothing moves");
}
