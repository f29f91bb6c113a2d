//! Tables of objects: columns, room for names, several selected rows, and what screen readers are told.

use egui::accesskit::{Role, SortDirection};
use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::window::{Window, click_row, example, expand, rows, wait_for_label, wait_for_load, wait_until, window};

fn step(window: &mut Window) {
    for _ in 0..4 {
        window.step();
    }
}

fn opened() -> Window {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    step(&mut window);
    // Its rows arrive later.
    wait_for_label(&mut window, "ShoppingCart  ×");
    window
}

/// Waits until no worker has anything to do.
fn settle(window: &mut Window) {
    for _ in 0..2 {
        wait_until(window, "the workers", |app| {
            !app.session.is_busy() && app.shown_view().is_none_or(|view| !view.is_busy())
        });
    }
}

/// The titles of the columns on screen of the table that contains the header `first`.
fn headers(window: &Window) -> Vec<String> {
    let headers = window.query_all_by_role(Role::ColumnHeader);
    headers.filter_map(|header| header.accesskit_node().label()).collect()
}

fn open_column_menu(window: &mut Window, table: &str) {
    window.get_by_label(&format!("{table} columns")).click();
    step(window);
}

fn click_with(window: &mut Window, text: &str, modifiers: Modifiers) {
    let rect = window
        .query_all_by_role(Role::Row)
        .find(|row| row.accesskit_node().label().is_some_and(|label| label.starts_with(text)))
        .unwrap_or_else(|| panic!("no row {text}"))
        .rect();
    let pos = egui::pos2(rect.left() + 120.0, rect.center().y);
    window.hover_at(pos);
    window.step();
    for pressed in [true, false] {
        window.event_modifiers(
            egui::Event::PointerButton { pos, button: egui::PointerButton::Primary, pressed, modifiers },
            modifiers,
        );
        window.step();
    }
    step(window);
}

fn selected(window: &Window) -> Vec<String> {
    let rows = window.query_all_by_role(Role::Row);
    let selected = rows.filter(|row| row.accesskit_node().is_selected() == Some(true));
    selected.filter_map(|row| row.accesskit_node().label()).collect()
}

#[test]
fn the_menu_of_columns_shows_and_hides_any_of_them() {
    let mut window = opened();
    assert!(headers(&window).contains(&"Shallow size".to_owned()));
    open_column_menu(&mut window, "Summary");
    window.get_by_role_and_label(Role::CheckBox, "Shallow size").click();
    step(&mut window);
    window.get_by_role_and_label(Role::CheckBox, "Id").click();
    step(&mut window);
    window.get_by_role_and_label(Role::CheckBox, "Kind").click();
    step(&mut window);
    window.key_press(Key::Escape);
    step(&mut window);
    let shown = headers(&window);
    assert!(!shown.contains(&"Shallow size".to_owned()), "{shown:?}");
    assert!(shown.contains(&"Id".to_owned()) && shown.contains(&"Kind".to_owned()), "{shown:?}");
    expand(&mut window, "Object  ×");
    settle(&mut window);
    assert!(rows(&window).contains(", object, "), "the kind is in the rows: {}", rows(&window));
    open_column_menu(&mut window, "Summary");
    window.get_by_label("Reset columns").click();
    step(&mut window);
    assert!(headers(&window).contains(&"Shallow size".to_owned()));
    assert!(!headers(&window).contains(&"Kind".to_owned()));
}

#[test]
fn columns_fit_their_content_on_request() {
    let mut window = opened();
    let width = |window: &Window| window.get_by_label("Distance").rect().width();
    let before = width(&window);
    open_column_menu(&mut window, "Summary");
    window.get_by_label("Fit columns to content").click();
    step(&mut window);
    let after = width(&window);
    assert!(after < before && after >= 40.0, "{before} before, {after} after");
}

#[test]
fn comfortable_rows_are_higher_and_stay_so() {
    let mut window = opened();
    let height = |window: &Window| window.query_all_by_role(Role::Row).next().unwrap().rect().height();
    let before = height(&window);
    open_column_menu(&mut window, "Summary");
    window.get_by_label("Comfortable rows").click();
    step(&mut window);
    assert!((height(&window) - before - 8.0).abs() < 0.5);
    assert_eq!(
        format!("{:?}", window.state_mut().state.settings.density),
        "Comfortable",
        "the setting is kept between runs"
    );
}

#[test]
fn a_narrow_table_of_retainers_keeps_half_of_its_width_for_names() {
    let mut window = opened();
    expand(&mut window, "CartItem  ×");
    settle(&mut window);
    click_row(&mut window, "CartItem @");
    settle(&mut window);
    window.set_size(vec2(820.0, 800.0));
    step(&mut window);
    wait_for_label(&mut window, "Retainer");
    let name = window.get_by_role_and_label(Role::ColumnHeader, "Retainer").rect();
    let table = window.get_by_label("Retainers table").rect();
    assert!(name.width() >= (table.width() * 0.5).min(340.0) - 1.0, "{} of {}", name.width(), table.width());
}

#[test]
fn shift_and_ctrl_select_several_rows_and_sum_them_up() {
    let mut window = opened();
    settle(&mut window);
    let first = rows(&window).lines().next().unwrap().to_owned();
    let names: Vec<String> = rows(&window).lines().map(|row| row.split(", ").next().unwrap().to_owned()).collect();
    click_row(&mut window, &names[0]);
    click_with(&mut window, &names[2], Modifiers::SHIFT);
    assert_eq!(selected(&window).len(), 3, "from {first} on");
    wait_for_label(&mut window, "3 classes selected: ");
    click_with(&mut window, &names[1], Modifiers::COMMAND);
    assert_eq!(selected(&window).len(), 2);
    wait_for_label(&mut window, "2 classes selected: ");
    window.get_by_label("Copy rows");
    window.get_by_label("Merge retaining paths").click();
    settle(&mut window);
    wait_for_label(&mut window, "2 selected classes");
    click_row(&mut window, &names[1]);
    assert_eq!(selected(&window).len(), 1, "a click selects one row");
    assert!(window.query_by_label_contains("classes selected").is_none());
}

#[test]
fn two_objects_are_compared_side_by_side() {
    let mut window = opened();
    expand(&mut window, "CartItem  ×");
    settle(&mut window);
    click_row(&mut window, "CartItem @");
    window.key_press_modifiers(Modifiers::SHIFT, Key::ArrowDown);
    step(&mut window);
    wait_for_label(&mut window, "2 objects selected: ");
    window.get_by_label("Compare objects").click();
    settle(&mut window);
    wait_for_label(&mut window, "have the same value");
    window.key_press(Key::Escape);
    step(&mut window);
    assert!(window.query_by_label_contains("have the same value").is_none());
}

#[test]
fn ctrl_a_selects_the_siblings_of_the_selected_row() {
    let mut window = opened();
    let first = rows(&window).lines().next().unwrap().split(", ").next().unwrap().to_owned();
    click_row(&mut window, &first);
    let count = rows(&window).lines().count();
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    step(&mut window);
    assert!(selected(&window).len() + 1 >= count, "{} of {count} rows", selected(&window).len());
    wait_for_label(&mut window, " classes selected: ");
}

#[test]
fn screen_readers_hear_the_table_its_sort_and_the_position_of_a_row() {
    let window = opened();
    let table = window.get_by_label("Summary table");
    let node = table.accesskit_node();
    assert_eq!(node.role(), Role::TreeGrid);
    assert!(node.data().row_count().is_some_and(|count| count > 10));
    assert_eq!(node.data().description(), Some("Sorted by retained size, descending"));
    let header = window.get_by_label("Retained size, descending");
    assert_eq!(header.accesskit_node().data().sort_direction(), Some(SortDirection::Descending));
    let row = window.query_all_by_role(Role::Row).nth(1).unwrap();
    assert_eq!(row.accesskit_node().data().position_in_set(), Some(2));
    assert!(row.accesskit_node().data().size_of_set().is_some_and(|count| count > 10));
}
