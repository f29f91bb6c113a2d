//! The panes' own content: charts, treemaps, hints, and rows that lead to a filtered Summary.

use crate::generated;
use crate::window::{
    Window, bundled, click_row, dismiss_hints, example, example_before, show, wait_for_label, wait_for_load,
    wait_until, window, window_with_hints,
};
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use heapglass::test_support::model::{NodeOrdinal, human};
use heapglass::test_support::query::NodeFilter;
use heapglass::test_support::ui::action::Action;
use heapglass::test_support::ui::command::ViewKind;

/// Both examples, in a view.
fn pair_in(kind: ViewKind) -> Window {
    let mut window = window(&[example_before(), example()]);
    wait_for_load(&mut window);
    wait_for_label(&mut window, "is the base");
    show(&mut window, kind);
    window
}

/// Returns the text of a label or of another widget.
fn text_of(node: &egui_kittest::Node<'_>) -> String {
    let node = node.accesskit_node();
    node.value().or_else(|| node.label()).unwrap_or_default()
}

fn steps(window: &mut Window, count: usize) {
    for _ in 0..count {
        window.step();
    }
}

#[test]
fn the_charts_of_growth_leave_most_of_the_room_to_the_table() {
    let mut window = pair_in(ViewKind::GROWTH);
    wait_for_label(&mut window, "Grows in every step");
    let filter = window.get_by_label("Filter growing classes").rect();
    let header = window.get_by_role_and_label(Role::ColumnHeader, "Constructor").rect();
    assert!(header.top() - filter.top() <= 200.0, "the table starts {} points lower", header.top() - filter.top());
    let chart = window.get_by_label_contains("Chart, Whole heap").rect();
    assert!(chart.height() >= 100.0, "the chart is {} points high", chart.height());
}

#[test]
fn a_snapshot_is_marked_in_the_chart_by_click_and_by_arrows_and_shown_by_enter() {
    let mut window = pair_in(ViewKind::GROWTH);
    wait_for_label(&mut window, "Chart, Whole heap: objects: 2 snapshots, none is marked");
    window.get_by_label_contains("Snapshot 2, example-after").click();
    steps(&mut window, 3);
    wait_for_label(&mut window, "number 2 is marked");

    window.get_by_label_contains("Chart, Whole heap").focus();
    steps(&mut window, 2);
    window.key_press(egui::Key::ArrowLeft);
    steps(&mut window, 2);
    wait_for_label(&mut window, "number 1 is marked");
    let first = window.state().state.session.open()[0].id;
    assert_ne!(window.state().state.shown(), Some(first));
    window.key_press(egui::Key::Enter);
    steps(&mut window, 3);
    assert_eq!(window.state().state.shown(), Some(first));
    assert_eq!(window.state_mut().state.shown_view().unwrap().kind, ViewKind::GROWTH, "the view stays");
}

#[test]
fn the_keyboard_starts_in_the_table_of_growth() {
    let mut window = pair_in(ViewKind::GROWTH);
    wait_for_label(&mut window, "Grows in every step");
    steps(&mut window, 4);
    window.key_press(egui::Key::ArrowDown);
    steps(&mut window, 3);
    let table = &window.state_mut().state.shown_view().unwrap().panes.growth.table;
    assert!(table.selection().is_some(), "the arrow selects a row");
}

/// Returns the name of a statistics row and clicks it.
fn click_statistics_row(window: &mut Window, label: &str) {
    show(window, ViewKind::STATISTICS);
    wait_for_label(window, label);
    let row = window
        .query_all_by_role(Role::Link)
        .find(|node| node.accesskit_node().label().is_some_and(|of| of.starts_with(label)))
        .unwrap_or_else(|| panic!("no row {label}"));
    row.click();
    steps(window, 3);
}

/// Returns the shallow size of the objects that the Summary lists.
fn size_in_summary(window: &mut Window) -> u64 {
    let view = window.state_mut().state.shown_view().unwrap();
    assert_eq!(view.kind, ViewKind::SUMMARY);
    let filter = view.panes.summary.nodes.clone();
    let id = window.state().state.shown().unwrap();
    let snapshot = window.state().state.session.snapshot(id).unwrap();
    let cancel = heapglass::test_support::model::CancelToken::new();
    heapglass::test_support::query::select(&snapshot, &filter, &cancel).unwrap().shallow_size
}

#[test]
fn a_row_of_the_statistics_lists_its_objects_in_the_summary() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    let id = window.state().state.shown().unwrap();
    let statistics = *window.state().state.session.snapshot(id).unwrap().statistics();
    click_statistics_row(&mut window, "Strings, ");
    assert_eq!(size_in_summary(&mut window), statistics.strings);
    click_statistics_row(&mut window, "closure, ");
    assert!(matches!(window.state_mut().state.shown_view().unwrap().panes.summary.nodes, NodeFilter::Kind(_)));
    wait_for_label(&mut window, "Kind: closure");
}

#[test]
fn a_duplicate_string_lists_its_copies_in_the_summary() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    show(&mut window, ViewKind::STRINGS);
    wait_for_label(&mut window, "removing duplicates would save");
    steps(&mut window, 3);
    window.state_mut().state.shown_view().unwrap().panes.strings.table.select(Some(vec![0]));
    wait_for_label(&mut window, "Show all in Summary");
    wait_until(&mut window, "the groups", |app| !app.session.is_busy());
    let first_row = {
        let rows = window.query_all_by_role(Role::Row).collect::<Vec<_>>();
        rows[0].click();
        rows[0].accesskit_node().label().unwrap()
    };
    steps(&mut window, 2);
    window.key_press(egui::Key::Enter);
    steps(&mut window, 3);
    let view = window.state_mut().state.shown_view().unwrap();
    assert_eq!(view.kind, ViewKind::SUMMARY, "{first_row}");
    let NodeFilter::CopiesOf(first) = view.panes.summary.nodes else { panic!("{:?}", view.panes.summary.nodes) };
    let id = window.state().state.shown().unwrap();
    assert!(window.state().state.session.snapshot(id).unwrap().kind(first).is_string());

    show(&mut window, ViewKind::STRINGS);
    window.get_by_label("Show all in Summary").click();
    steps(&mut window, 3);
    assert_eq!(window.state_mut().state.shown_view().unwrap().panes.summary.nodes, NodeFilter::DuplicatedStrings);
}

#[test]
fn one_snapshot_alone_offers_to_open_or_capture_another_for_a_comparison() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    show(&mut window, ViewKind::COMPARISON);
    wait_for_label(&mut window, "Only one snapshot is open");
    assert!(window.query_by_label("Open another snapshot…").is_some());
    let button = window.get_by_label("Open another snapshot…").rect();
    let beside = |node: &egui_kittest::Node<'_>| (node.rect().center().y - button.center().y).abs() < 1.0;
    window.query_all_by_label("Capture…").find(beside).expect("a button beside the first").click();
    steps(&mut window, 3);
    assert!(window.state().state.capture.is_open);
}

#[test]
fn a_comparison_goes_from_the_first_to_the_last_snapshot_by_retained_delta() {
    let mut window = window(&[example_before()]);
    wait_for_load(&mut window);
    crate::window::drop_file(&mut window, &example());
    wait_for_load(&mut window);
    let [first, last] = [0, 1].map(|at: usize| window.state().state.session.open()[at].id);
    for shown in [first, last] {
        let ctx = window.ctx.clone();
        window.state_mut().state.apply(&ctx, Action::Show(shown));
        show(&mut window, ViewKind::COMPARISON);
        wait_for_label(&mut window, "Ret. delta, descending");
        let pair = window.state_mut().state.shown_view().unwrap().panes.comparison.shown();
        assert_eq!(pair, Some((first, last)), "in the view of {shown:?}");
    }
    let swap = window.get_by_role_and_label(Role::Button, "Swap A and B");
    swap.hover();
    wait_for_label(&mut window, "Show the changes from example-after.heapsnapshot.zst to example-before");
    window.get_by_role_and_label(Role::Button, "Swap A and B").click();
    steps(&mut window, 3);
    let app = &mut window.state_mut().state;
    let comparison = &app.shown_view().unwrap().panes.comparison;
    assert_eq!(comparison.base, Some(last));
}

#[test]
fn the_treemap_of_a_comparison_says_how_much_an_object_grew_and_selects_it() {
    let mut window = pair_in(ViewKind::COMPARISON);
    wait_for_label(&mut window, "Ret. delta, descending");
    window.get_by_label("Treemap").click();
    steps(&mut window, 3);
    wait_until(&mut window, "the treemap", |app| !app.shown_view().unwrap().is_busy());
    for entry in ["Halved", "Shrank", "Unchanged", "Grew", "Doubled or new"] {
        assert!(window.query_by_label(entry).is_some(), "no {entry} in the legend");
    }
    let tile = {
        let tiles = window.query_all_by_label_contains("Tile ").collect::<Vec<_>>();
        let deepest = tiles.iter().rfind(|tile| !text_of(tile).contains("smaller"));
        deepest.expect("tiles").rect()
    };
    window.hover_at(tile.center());
    wait_for_label(&mut window, "retained");
    window.drag_at(tile.center());
    window.drop_at(tile.center());
    steps(&mut window, 4);
    let view = window.state_mut().state.shown_view().unwrap();
    let target = view.object.target().expect("an object is selected");
    assert_eq!(view.panes.comparison.treemap.selected(), Some(target.node));
    assert_eq!(Some(target.snapshot), window.state().state.shown());
}

#[test]
fn both_sides_compare_a_with_b_and_are_equally_wide() {
    let mut window = pair_in(ViewKind::COMPARISON);
    let ctx = window.ctx.clone();
    window.state_mut().state.apply(&ctx, Action::ToggleSplit);
    window.state_mut().state.view_of(0).unwrap().kind = ViewKind::COMPARISON;
    steps(&mut window, 4);
    wait_until(&mut window, "both comparisons", |app| {
        (0..2).all(|side| app.view_of(side).unwrap().panes.comparison.table.row_count() > 1)
    });
    let app = &mut window.state_mut().state;
    let [a, b] = [0, 1].map(|side: usize| app.sides[side].unwrap());
    for side in 0..2 {
        assert_eq!(app.view_of(side).unwrap().panes.comparison.shown(), Some((a, b)));
    }
    // The name has the room that the other columns leave.
    let headers = window.query_all_by_role(Role::ColumnHeader);
    let widths: Vec<f32> = headers
        .filter(|node| node.accesskit_node().label().is_some_and(|label| label.starts_with("Constructor")))
        .map(|node| node.rect().width())
        .collect();
    assert!(widths.len() == 2 && (widths[0] - widths[1]).abs() < 1.5, "{widths:?}");
}

#[test]
fn linking_two_sides_takes_the_selection_along() {
    let mut window = pair_in(ViewKind::SUMMARY);
    let ctx = window.ctx.clone();
    window.state_mut().state.apply(&ctx, Action::ToggleSplit);
    window.state_mut().state.apply(&ctx, Action::ToggleLink);
    assert!(!window.state().state.link.is_on);
    steps(&mut window, 3);
    // An object that both snapshots have.
    let app = &mut window.state_mut().state;
    let slot = heapglass::test_support::ui::panes::Slot { side: 1, id: app.sides[1].unwrap() };
    let [before, after] = [0, 1].map(|side: usize| app.session.snapshot(app.sides[side].unwrap()).unwrap());
    let in_both = |node: &NodeOrdinal| {
        after.class(*node).name == "ShoppingCart" && before.graph().find_id(after.id(*node)).is_some()
    };
    let node = after.graph().nodes().find(in_both).unwrap();
    let target = heapglass::test_support::ui::command::Target { snapshot: slot.id, node };
    app.run(slot, heapglass::test_support::ui::command::Command::Reveal(target, ViewKind::SUMMARY));
    steps(&mut window, 5);
    assert!(window.state_mut().state.view_of(0).unwrap().object.target().is_none());
    window.state_mut().state.apply(&ctx, Action::ToggleLink);
    wait_until(&mut window, "the other side", |app| app.view_of(0).unwrap().object.target().is_some());
}

#[test]
fn a_view_says_what_it_is_for_until_the_hint_is_dismissed() {
    let mut window = window_with_hints(&[example()]);
    wait_for_load(&mut window);
    show(&mut window, ViewKind::SUMMARY);
    wait_for_label(&mut window, "Use Summary to see which classes take memory");
    window.get_by_label("Got it").click();
    steps(&mut window, 3);
    assert_eq!(window.state().state.settings.dismissed_hints, ["Summary"]);
    assert!(window.query_all_by_label_contains("Use Summary to").next().is_none());
    // Other views still have theirs.
    show(&mut window, ViewKind::DOMINATORS);
    wait_for_label(&mut window, "Use Dominators to");
    show(&mut window, ViewKind::SUMMARY);
    assert!(window.query_all_by_label_contains("Use Summary to").next().is_none());
    dismiss_hints(&mut window);
    show(&mut window, ViewKind::DOMINATORS);
    assert!(window.query_all_by_label_contains("Use Dominators to").next().is_none());
}

#[test]
fn every_view_has_a_purpose_of_its_own() {
    let mut window = window_with_hints(&[example_before(), example()]);
    wait_for_load(&mut window);
    let mut purposes = std::collections::BTreeSet::new();
    for kind in ViewKind::all() {
        show(&mut window, kind);
        let strip = window.get_by_label("Got it").rect();
        let texts = window.query_all_by_role(Role::Label);
        let hint = texts
            .filter(|node| node.rect().center().y > strip.top() && node.rect().center().y < strip.bottom())
            .filter_map(|node| node.accesskit_node().value().or_else(|| node.accesskit_node().label()))
            .find(|text| text.contains(kind.label()));
        assert!(purposes.insert(hint.unwrap_or_else(|| panic!("{} has no hint", kind.label()))));
    }
    assert_eq!(human::count(purposes.len() as u64), ViewKind::all().len().to_string());
}

#[test]
fn a_row_of_a_class_is_still_selected_by_a_click() {
    let mut window = pair_in(ViewKind::COMPARISON);
    click_row(&mut window, "ShoppingCart  leaky-server.mjs");
    steps(&mut window, 2);
    let view = window.state_mut().state.shown_view().unwrap();
    assert_eq!(view.panes.comparison.table.selection().map(<[u32]>::len), Some(1));
}

/// The three snapshots of a program that leaks, whose script is on disk.
fn leak(count: usize) -> (Window, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = generated::leak_files_with_script(folder.path());
    let mut window = window(&files[files.len() - count..]);
    wait_until(&mut window, "the load", |app| !app.session.is_loading());
    (window, folder)
}

#[test]
fn two_findings_fit_the_window_and_the_first_button_shows_the_source() {
    let (mut window, _folder) = leak(3);
    wait_for_label(&mut window, "Finding, Leak");
    wait_for_label(&mut window, "Show source");
    let ends: Vec<egui::Rect> = window.query_all_by_label("Ignore").map(|button| button.rect()).collect();
    assert_eq!(ends.len(), 2);
    for end in &ends {
        assert!(end.bottom() <= 770.0, "the buttons of a card end at {}", end.bottom());
    }
    let button = |window: &Window, label: &str| window.query_all_by_label(label).next().unwrap().rect();
    assert!(button(&window, "Show source").right() < button(&window, "Show members").left());
    window.query_all_by_label("Show source").next().unwrap().click();
    wait_for_label(&mut window, "Line 65: ");
}

#[test]
fn the_source_shows_twelve_lines_at_the_default_height() {
    let (mut window, _folder) = leak(1);
    show(&mut window, ViewKind::SUMMARY);
    window.state_mut().state.settings.beside = heapglass::test_support::ui::command::Beside::Source;
    crate::window::expand(&mut window, "Session  ×");
    click_row(&mut window, "Session @");
    wait_for_label(&mut window, "is written in");
    wait_for_label(&mut window, "Line 69: ");
    let lines = window
        .query_all_by_label_contains("Line ")
        .filter(|node| text_of(node).starts_with("Line ") && node.rect().height() > 12.0);
    let count = lines.count();
    assert!(count >= 12, "{count} lines");
}

#[test]
fn facts_of_an_object_have_two_columns_if_there_is_room_and_lead_on() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    crate::window::expand(&mut window, "ShoppingCart  ×2,020");
    click_row(&mut window, "ShoppingCart @");
    wait_until(&mut window, "the path", |app| !app.shown_view().unwrap().retainers.is_busy());
    let fact = |window: &Window, label: &str| {
        let labels = window.query_all_by_role(Role::Label);
        labels.into_iter().find(|node| text_of(node) == label).unwrap_or_else(|| panic!("no {label}")).rect()
    };
    assert!(fact(&window, "Class").top() < fact(&window, "Distance").top(), "one column");
    // On a narrow side, the object has the whole width of the lower half.
    window.set_size(egui::vec2(850.0, 800.0));
    window.state_mut().state.shown_view().unwrap().lower = heapglass::test_support::ui::command::Lower::Object;
    steps(&mut window, 4);
    assert!((fact(&window, "Class").top() - fact(&window, "Shallow size").top()).abs() < 1.0, "two columns");
    window.set_size(egui::vec2(1280.0, 800.0));
    steps(&mut window, 4);

    let target = window.state_mut().state.shown_view().unwrap().object.target();
    window.get_by_role_and_label(Role::Link, "4 out").click();
    steps(&mut window, 3);
    wait_until(&mut window, "the reveal", |app| !app.shown_view().unwrap().is_busy());
    let view = window.state_mut().state.shown_view().unwrap();
    assert_eq!((view.kind, view.object.target()), (ViewKind::CONTAINMENT, target));
    view.lower = heapglass::test_support::ui::command::Lower::Paths;
    steps(&mut window, 3);
    window.get_by_role_and_label(Role::Link, "1 in").click();
    steps(&mut window, 3);
    let view = window.state_mut().state.shown_view().unwrap();
    assert_eq!(view.lower, heapglass::test_support::ui::command::Lower::Retainers);
}

#[test]
fn a_flame_graph_says_what_width_and_color_mean() {
    let mut window = window(&[bundled("leaky-job-after.heapprofile")]);
    wait_for_label(&mut window, "Call remember");
    wait_for_label(&mut window, "Width: size with callees.");
    assert!(window.query_by_label("Color: script,").is_some());
}
