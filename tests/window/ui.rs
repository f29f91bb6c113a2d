//! Drives the real application with real files.

use crate::window::{
    broken, click_row, drop_file, example, slow_source, wait_for_label, wait_for_load, wait_until, window,
};
use egui_kittest::kittest::Queryable as _;
use heapglass::test_support::model::NodeOrdinal;

#[test]
fn a_dropped_file_leads_from_a_class_to_the_retainers_of_an_object() {
    let mut window = window(&[]);
    assert!(window.query_by_label("Open snapshots…").is_some());
    drop_file(&mut window, &example());
    // On a fast machine it may be there already.
    let session = &window.state().state.session;
    assert_eq!(session.loads().len() + session.open().len(), 1, "the drop was taken");
    wait_for_load(&mut window);

    // Expand the class and select an object of it.
    click_row(&mut window, "ShoppingCart  ×2,020");
    window.key_press(egui::Key::ArrowRight);
    window.step();
    click_row(&mut window, "ShoppingCart @");
    let selected = window.state_mut().state.shown_view().unwrap().object.target().expect("an object is selected").node;
    wait_until(&mut window, "the shortest path", |app| !app.shown_view().unwrap().retainers.is_busy());

    // The path to the root is expanded: the closure's context, the listener, the emitter.
    for holder in ["cart in system / Context", "context in ", "_events in EventEmitter"] {
        wait_for_label(&mut window, holder);
    }
    click_row(&mut window, "cart in system / Context");
    for _ in 0..20 {
        if window.query_all_by_label_contains("  root").next().is_some() {
            break;
        }
        window.key_press(egui::Key::PageDown);
        window.step();
        window.step();
    }
    wait_for_label(&mut window, "  root");
    window.key_press(egui::Key::Home);
    window.step();

    // From a retainer back to the summary.
    let label = "_events in EventEmitter @";
    click_row(&mut window, label);
    window.key_press(egui::Key::Enter);
    wait_until(&mut window, "the reveal", |app| {
        let table = &app.shown_view().unwrap().panes.summary.tree.table;
        !table.is_revealing() && table.selection().and_then(|path| path.last()) != Some(&selected.0)
    });
    let view = window.state_mut().state.shown_view().unwrap();
    let path = view.panes.summary.tree.table.selection().unwrap().to_vec();
    assert_eq!(path.len(), 2, "a class and its object");
    let node = NodeOrdinal(path[1]);
    assert_ne!(node, selected);
    let id = window.state().state.shown().unwrap();
    let snapshot = window.state().state.session.snapshot(id).unwrap();
    assert_eq!(snapshot.class(node).name, "EventEmitter");
    wait_for_label(&mut window, "EventEmitter @");
}

#[test]
fn a_broken_file_reports_the_position_and_open_files_stay_open() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    let good = window.state().state.shown();
    assert!(good.is_some());
    let (_folder, file) = broken("trunc-in-edges.heapsnapshot");
    drop_file(&mut window, &file);
    wait_for_load(&mut window);
    wait_for_label(&mut window, "section `edges`, byte 1038");
    assert_eq!(window.state().state.shown(), good);
    wait_for_label(&mut window, "ShoppingCart  ×2,020");
    window.get_by_label("Dismiss trunc-in-edges.heapsnapshot").click();
    window.step();
    window.step();
    assert!(window.query_all_by_label_contains("byte 1038").next().is_none());
}

#[test]
fn several_files_load_one_after_another_and_can_be_closed() {
    let before = example().with_file_name("example-before.heapsnapshot.zst");
    let mut window = window(&[]);
    drop_file(&mut window, &before);
    drop_file(&mut window, &example());
    let session = &window.state().state.session;
    assert_eq!(session.loads().len() + session.open().len(), 2, "both were taken");
    wait_for_load(&mut window);
    assert_eq!(window.state().state.session.open().len(), 2);
    let names: Vec<String> =
        window.state().state.session.open().iter().map(|open| open.snapshot.source().name.clone()).collect();
    assert_eq!(names, ["example-before.heapsnapshot.zst", "example-after.heapsnapshot.zst"]);
    window.get_by_label("Close example-after.heapsnapshot.zst").click();
    window.step();
    window.step();
    assert_eq!(window.state().state.session.open().len(), 1);
    assert_eq!(window.state().state.shown(), Some(window.state().state.session.open()[0].id), "the other one is shown");
}

#[test]
fn a_load_can_be_cancelled_and_the_next_one_follows() {
    let mut window = window(&[]);
    let (source, feed) = slow_source();
    window.state_mut().state.session.load(source);
    window.step();
    window.step();
    window.get_by_label("Cancel checkout-service.heapsnapshot").click();
    window.step();
    window.step();
    assert!(window.state().state.session.loads().is_empty(), "the answer is ready at once");
    drop(feed);
    drop_file(&mut window, &example());
    wait_for_load(&mut window);
    assert_eq!(window.state().state.session.open().len(), 1);
}

#[test]
fn the_filter_narrows_the_classes_as_one_types() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    wait_for_label(&mut window, "ShoppingCart  ×2,020");
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    window.step();
    window.get_by_label("Filter classes").type_text("cartITEM");
    wait_until(&mut window, "the filtered list", |app| {
        app.shown_view().unwrap().panes.summary.tree.table.row_count() == 1
    });
    wait_for_label(&mut window, "CartItem  ×10,100");
    assert!(window.query_all_by_label_contains("ShoppingCart").next().is_none());
}

#[test]
fn files_that_hover_over_the_window_show_where_to_drop_them() {
    let mut window = window(&[]);
    window.input_mut().hovered_files.push(egui::HoveredFile::default());
    window.step();
    window.step();
    assert!(window.query_by_label("Drop to open the snapshot").is_some());
    window.input_mut().hovered_files.clear();
    window.step();
    assert!(window.query_by_label("Drop to open the snapshot").is_none());
}

#[test]
fn keys_alone_lead_from_an_open_file_to_a_retaining_path() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    wait_for_label(&mut window, "ShoppingCart  ×2,020");
    // Into the filter, and from it into the table.
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    window.step();
    window.get_by_label("Filter classes").type_text("ShoppingCart");
    wait_until(&mut window, "the filtered list", |app| {
        app.shown_view().unwrap().panes.summary.tree.table.row_count() == 1
    });
    window.key_press(egui::Key::ArrowDown);
    window.step();
    window.step();
    window.key_press(egui::Key::ArrowRight);
    wait_until(&mut window, "the members", |app| app.shown_view().unwrap().panes.summary.tree.table.row_count() > 2);
    window.key_press(egui::Key::ArrowDown);
    window.step();
    window.step();
    wait_until(&mut window, "the shortest path", |app| !app.shown_view().unwrap().retainers.is_busy());
    wait_for_label(&mut window, "cart in system / Context");
}
