//! A damaged file in the window: the error, the partial snapshot, and the marks that it is incomplete.

use crate::window;
use crate::window::{broken, cut_example, drop_file, example, wait_for_label, wait_for_load, window};
use egui_kittest::kittest::Queryable as _;
use heapglass::test_support::ui::action::Action;

fn has(window: &window::Window, label: &str) -> bool {
    window.query_all_by_label_contains(label).next().is_some()
}

#[test]
fn a_truncated_file_can_be_opened_partially_and_is_marked_in_every_view() {
    let (_folder, file) = cut_example();
    let mut window = window(&[file]);
    wait_for_load(&mut window);
    wait_for_label(&mut window, "the file ends here");
    // What will be missing is said before anything is opened.
    wait_for_label(&mut window, "Missing data:");
    wait_for_label(&mut window, "shown as `(missing string");
    wait_for_label(&mut window, "Names are missing or wrong");
    window.get_all_by_label_contains("Open partially: ").next().unwrap().click();
    window.step();
    wait_for_load(&mut window);
    wait_for_label(&mut window, "This file is damaged");
    wait_for_label(&mut window, "inside section `strings`");
    wait_for_label(&mut window, "Names are missing or wrong");
    assert!(has(&window, "damaged"), "the list of snapshots marks it");
    // The banner can be made small, but not be dismissed.
    window.get_by_label("Hide details").click();
    window.step();
    window.step();
    assert!(!has(&window, "Names are missing or wrong"));
    assert!(has(&window, "This file is damaged"));
    window.get_by_label("Show details").click();
    window.step();
    window.step();
    assert!(has(&window, "Names are missing or wrong"));
    // In a comparison what is missing would look like a difference.
    let damaged = window.state().state.shown().unwrap();
    drop_file(&mut window, &example());
    wait_for_load(&mut window);
    let whole = window.state().state.shown().unwrap();
    assert!(!has(&window, "This file is damaged"), "the other one is whole");
    let ctx = window.ctx.clone();
    window.state_mut().state.apply(&ctx, Action::CompareTwo(damaged, whole));
    wait_for_label(&mut window, "missing data looks");
}

#[test]
fn a_file_without_readable_data_is_not_offered_for_recovery() {
    let (_folder, file) = broken("html.heapsnapshot");
    let mut window = window(&[file]);
    wait_for_load(&mut window);
    window::wait_until(&mut window, "the survey", |app| !app.session.loads()[0].rescue.is_busy());
    assert!(has(&window, "this looks like a web page"));
    assert!(!has(&window, "Open partially"));
}
