//! Query in the window: ready questions, ids as links, errors, history and filters.

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use heapglass::test_support::ui::command::ViewKind;

use crate::window::{
    Window, click_row, example, example_before, rows, show, type_into, wait_for_label, wait_for_load, wait_until,
    window,
};

fn query_of(files: &[std::path::PathBuf]) -> Window {
    let mut window = window(files);
    wait_for_load(&mut window);
    show(&mut window, ViewKind::QUERY);
    window
}

/// Types a query and runs it.
fn run(window: &mut Window, query: &str) {
    query.clone_into(&mut window.state_mut().state.shown_view().unwrap().panes.query.text);
    window.step();
    window.get_by_label("Run").click();
    window.step();
}

#[test]
fn a_ready_question_is_answered_and_remembered() {
    let mut window = query_of(&[example()]);
    wait_for_label(&mut window, "Ask the snapshot in SQL");
    window.get_by_role_and_label(Role::Link, "Classes by size").click();
    window.step();
    wait_for_label(&mut window, " of tables read");
    let text = rows(&window);
    assert!(text.contains("CartItem, 10,100"), "{text}");
    let settings = &window.state().state.settings;
    assert!(settings.queries[0].contains("GROUP BY class"), "{:?}", settings.queries);
    let table = window.get_by_label("Query table");
    assert_eq!(table.accesskit_node().role(), Role::TreeGrid);
}

#[test]
fn an_id_leads_to_its_object() {
    let mut window = query_of(&[example()]);
    run(&mut window, "SELECT id, class FROM nodes WHERE class = 'ShoppingCart' ORDER BY id LIMIT 3");
    // The id is the first column, under the pointer of the click.
    wait_for_label(&mut window, "ShoppingCart");
    let row = rows(&window).lines().next().unwrap().to_owned();
    let id: u64 = row.trim_start_matches('@').split(',').next().unwrap().parse().unwrap();
    let rect = window.query_all_by_label_contains(&row).next().unwrap().rect();
    let at = egui::pos2(rect.left() + 40.0, rect.center().y);
    window.hover_at(at);
    window.step();
    for pressed in [true, false] {
        let modifiers = egui::Modifiers::NONE;
        let button = egui::PointerButton::Primary;
        window.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers });
        window.step();
    }
    wait_until(&mut window, "the object", |app| app.shown_view().is_some_and(|view| view.kind == ViewKind::SUMMARY));
    let target = window.state_mut().state.shown_view().unwrap().retainers.target().expect("the object is shown");
    let snapshot = window.state().state.session.snapshot(target.snapshot).unwrap();
    assert_eq!(snapshot.id(target.node).0, id);
}

#[test]
fn an_error_is_shown_with_its_position_and_can_be_corrected() {
    let mut window = query_of(&[example()]);
    run(&mut window, "SELECT nmae FROM nodes");
    wait_for_label(&mut window, "no such column: nmae");
    run(&mut window, "DELETE FROM nodes");
    wait_for_label(&mut window, "DELETE is not allowed");
    run(&mut window, "SELECT count(*) AS n FROM nodes WHERE id = -1");
    wait_for_label(&mut window, "1 row in ");
    assert!(window.query_by_label_contains("DELETE is not allowed").is_none());
}

#[test]
fn the_objects_of_an_answer_are_a_filter() {
    let mut window = query_of(&[example()]);
    run(&mut window, "SELECT id FROM nodes WHERE class = 'ShoppingCart' LIMIT 5");
    wait_for_label(&mut window, "Use as filter");
    window.get_by_label("Use as filter").click();
    window.step();
    wait_until(&mut window, "the summary", |app| app.shown_view().is_some_and(|view| view.kind == ViewKind::SUMMARY));
    wait_for_label(&mut window, "In the answer of the query");
    click_row(&mut window, "ShoppingCart");
    assert!(rows(&window).contains("ShoppingCart  ×5"), "{}", rows(&window));
}

#[test]
fn several_snapshots_have_numbers() {
    let mut window = query_of(&[example_before(), example()]);
    window.get_by_label("All 2 snapshots").click();
    window.step();
    run(&mut window, "SELECT snapshot, count(*) AS n FROM nodes GROUP BY snapshot");
    wait_for_label(&mut window, "Snapshots 1: example-before");
    wait_for_label(&mut window, "2 rows in ");
    assert_eq!(rows(&window).lines().count(), 2, "{}", rows(&window));
}

#[test]
fn words_are_completed_with_tab() {
    let mut window = query_of(&[example()]);
    type_into(&mut window, "SQL query", "SELECT retained_si");
    for _ in 0..3 {
        window.step();
    }
    window.key_press(egui::Key::Tab);
    for _ in 0..3 {
        window.step();
    }
    let text = window.state_mut().state.shown_view().unwrap().panes.query.text.clone();
    assert_eq!(text, "SELECT retained_size");
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Enter);
    window.step();
    wait_for_label(&mut window, "no such column: retained_size");
}
