//! The export of a scrubbed copy.

use std::path::PathBuf;

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use heapglass::test_support::ui::action::Action;

use crate::window::{Window, example, type_into, wait_for, wait_for_label, wait_for_load, window};

/// The example in a folder of its own, and the dialog for it with its preview.
fn with_dialog() -> (Window, tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("example.heapsnapshot.zst");
    std::fs::copy(example(), &file).unwrap();
    let mut window = window(&[file]);
    wait_for_load(&mut window);
    let ctx = window.ctx.clone();
    window.state_mut().state.apply(&ctx, Action::ScrubShown);
    wait_for_label(&mut window, "names of classes");
    let copy = folder.path().join("scrubbed-example.heapsnapshot.zst");
    (window, folder, copy)
}

#[test]
fn a_scrubbed_copy_is_written_after_a_preview_of_what_stays() {
    let (mut window, _folder, copy) = with_dialog();
    window.get_by_label("texts of strings");
    type_into(&mut window, "Filter the names that stay", "ShoppingCart");
    wait_for(&mut window, "a kept name", |window| window.query_all_by_label("ShoppingCart").next().is_some());
    assert!(!copy.exists());
    window.get_by_label("Export copy").click();
    wait_for(&mut window, "the copy", |_| copy.exists());
    wait_for(&mut window, "the message", |window| window.query_by_label("Export copy").is_none());
    let notice = window.state().state.toasts.latest().unwrap();
    assert!(notice.text.starts_with("Wrote a scrubbed copy to ") && !notice.is_problem, "{}", notice.text);
}

fn can_export(window: &Window) -> bool {
    !window.get_by_label("Export copy").accesskit_node().is_disabled()
}

#[test]
fn a_bad_pattern_is_reported_and_a_passphrase_gives_the_same_replacements() {
    let (mut window, folder, copy) = with_dialog();
    type_into(&mut window, "Keep texts that match a regular expression as a whole", "(");
    window.key_press(egui::Key::Enter);
    wait_for_label(&mut window, "unclosed group");
    assert!(!can_export(&window));
    // The first pattern completes what is in the field.
    for (round, pattern) in [("one", "no such text)"), ("two", "(no such text|nor this one)")] {
        type_into(&mut window, "Keep texts that match a regular expression as a whole", pattern);
        window.key_press(egui::Key::Enter);
        window.step();
        wait_for(&mut window, "the new preview", |window| can_export(window));
        type_into(&mut window, "Passphrase: equal ones give equal replacements in several copies", "secret");
        window.get_by_label("Export copy").click();
        wait_for(&mut window, "the copy", |_| copy.exists());
        wait_for(&mut window, "the message", |window| window.query_by_label("Export copy").is_none());
        std::fs::rename(&copy, folder.path().join(round)).unwrap();
        let ctx = window.ctx.clone();
        window.state_mut().state.apply(&ctx, Action::ScrubShown);
        wait_for_label(&mut window, "names of classes");
    }
    let [one, two] = ["one", "two"].map(|name| std::fs::read(folder.path().join(name)).unwrap());
    assert_eq!(one, two);
}

#[test]
fn a_canceled_copy_leaves_nothing_and_an_existing_file_is_not_replaced() {
    let (mut window, folder, copy) = with_dialog();
    std::fs::write(&copy, "older").unwrap();
    window.get_by_label("Export copy").click();
    wait_for(&mut window, "the problem", |window| window.query_by_label_contains("exists already").is_some());
    assert_eq!(std::fs::read_to_string(&copy).unwrap(), "older");
    window.get_by_label("Cancel the scrubbed copy").click();
    wait_for(&mut window, "the end of the dialog", |window| window.query_by_label("Export copy").is_none());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}
