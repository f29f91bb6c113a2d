//! Collections in the window: holders with their entries over time, and the entries of one.

use crate::window::{
    Window, click_row, example, example_before, expand, rows, show, wait_for_label, wait_for_load, window,
};
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use heapglass::test_support::ui::command::ViewKind;

fn collections_of(files: &[std::path::PathBuf]) -> Window {
    let mut window = window(files);
    wait_for_load(&mut window);
    show(&mut window, ViewKind::COLLECTIONS);
    wait_for_label(&mut window, " holders");
    window
}

#[test]
fn the_holder_that_grows_most_comes_first_with_its_entries() {
    let mut window = collections_of(&[example_before(), example()]);
    wait_for_label(&mut window, "EventEmitter._events.price");
    let text = rows(&window);
    for (line, parts) in text.lines().zip([
        ["ShoppingCart.items", "Array", "10,100", "+10,000"],
        ["EventEmitter._events.price", "Listeners", "2,020", "+2,000"],
    ]) {
        assert!(parts.iter().all(|part| line.contains(part)), "{parts:?} in {text}");
    }
    click_row(&mut window, "EventEmitter._events.price");
    let target =
        window.state_mut().state.shown_view().unwrap().retainers.target().expect("the only collection is shown");
    let snapshot = window.state().state.session.snapshot(target.snapshot).unwrap();
    assert_eq!(snapshot.class(target.node).name, "Array");
    expand(&mut window, "EventEmitter._events.price");
    wait_for_label(&mut window, " → () @");
}

#[test]
fn one_snapshot_has_no_growth_and_kinds_and_holders_filter() {
    let mut window = collections_of(&[example()]);
    wait_for_label(&mut window, "EventEmitter._events.price");
    assert!(window.query_by_role_and_label(Role::ColumnHeader, "# Growth").is_none());
    window.get_by_label("Filter holders").focus();
    window.get_by_label("Filter holders").type_text("_events.price");
    wait_for_label(&mut window, "EventEmitter._events.price");
    window.get_by_label("Filter holders").type_text(" of nothing");
    wait_for_label(&mut window, "No matching collections");
}
