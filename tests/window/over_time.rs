//! The window over time: the timeline's brush, allocation stacks, and sampling profiles as flame graphs and tables.

use crate::window;
use crate::window::{
    Window, brush, bundled, click_row, drop_file, expand, rows, show, type_into, wait_for, wait_for_label,
    wait_for_load, wait_until, window,
};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use heapglass::test_support::query::{AllocatedBy, NodeFilter};
use heapglass::test_support::ui::action::Action;
use heapglass::test_support::ui::command::{Command, Target, ViewKind};
use heapglass::test_support::ui::panes::Slot;

fn timeline_window() -> Window {
    let mut window = window(&[bundled("leaky-job.heaptimeline")]);
    wait_for_load(&mut window);
    wait_for_label(&mut window, "Timeline of");
    window
}

fn profile_window(names: &[&str]) -> Window {
    let mut window = window(&names.iter().map(|name| bundled(name)).collect::<Vec<_>>());
    wait_for_load(&mut window);
    wait_for_label(&mut window, "Call ");
    window
}

fn filter_classes(window: &mut Window, text: &str) {
    text.clone_into(&mut window.state_mut().state.shown_view().unwrap().panes.summary.filter);
}

fn steps(window: &mut Window, count: usize) {
    for _ in 0..count {
        window.step();
    }
}

/// Returns the label of a node, or the value of plain text.
fn text(node: &egui_kittest::Node<'_>) -> Option<String> {
    let node = node.accesskit_node();
    node.label().or_else(|| node.value())
}

/// Returns the labels that start with `start`.
fn labels(window: &Window, start: &str) -> Vec<String> {
    let all = window.query_all_by_label_contains(start);
    let mut labels: Vec<String> = all.filter_map(|node| text(&node)).collect();
    labels.retain(|label| label.starts_with(start));
    labels
}

/// Returns the rectangle of the call with this name.
fn call(window: &Window, name: &str) -> egui::Rect {
    let start = format!("Call {name}, ");
    let calls = window.query_all_by_label_contains(&start);
    let mut calls = calls.filter(|node| text(node).is_some_and(|label| label.starts_with(&start)));
    calls.next().unwrap_or_else(|| panic!("no call {name} among {:?}", labels(window, "Call "))).rect()
}

fn double_click(window: &mut Window, at: egui::Pos2) {
    // Each event takes a frame of a quarter of a second here.
    window.ctx.options_mut(|options| options.input_options.max_double_click_delay = 5.0);
    for _ in 0..2 {
        for pressed in [true, false] {
            window.event(egui::Event::PointerButton {
                pos: at,
                button: egui::PointerButton::Primary,
                pressed,
                modifiers: Modifiers::NONE,
            });
        }
    }
    steps(window, 4);
}

fn nodes(window: &mut Window) -> NodeFilter {
    window.state_mut().state.shown_view().unwrap().panes.timeline.within().clone()
}

#[test]
fn brushing_an_interval_narrows_the_summary_to_what_was_allocated_in_it() {
    let mut window = timeline_window();
    filter_classes(&mut window, "reading");
    wait_for_label(&mut window, "Reading  ×270");
    brush(&mut window, "Timeline", 0.75, 0.99);
    let NodeFilter::Ids { after, up_to } = nodes(&mut window) else { panic!("nothing is selected") };
    assert!(after > 80_000 && up_to > after, "{after} to {up_to}");
    wait_for_label(&mut window, "Allocated ");
    let app = &mut window.state_mut().state;
    let id = app.shown().unwrap();
    let snapshot = app.session.snapshot(id).unwrap();
    let found = heapglass::test_support::query::select(
        &snapshot,
        &NodeFilter::Ids { after, up_to },
        &heapglass::test_support::model::CancelToken::new(),
    )
    .unwrap();
    let readings: u64 =
        snapshot.graph().nodes().filter(|&node| found.contains(node) && snapshot.class(node).name == "Reading").count()
            as u64;
    assert!(readings > 0 && readings < 270);
    wait_for_label(&mut window, &format!("Reading  ×{readings}"));
    // The search is narrowed too, and so are the allocation stacks.
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    steps(&mut window, 2);
    type_into(&mut window, "Search for", "class:Reading -class:note");
    wait_for_label(&mut window, &format!("{readings} objects"));
    window.get_by_label("Clear the interval").click();
    steps(&mut window, 3);
    assert_eq!(nodes(&mut window), NodeFilter::All);
    wait_for_label(&mut window, "270 objects");
}

#[test]
fn the_interval_is_moved_and_resized_by_keys_and_cleared_by_a_double_click() {
    let mut window = timeline_window();
    show(&mut window, ViewKind::TIMELINE);
    brush(&mut window, "Timeline", 0.3, 0.32);
    let selection =
        |window: &mut Window| window.state_mut().state.shown_view().unwrap().panes.timeline.chart.selection();
    let (first, last) = selection(&mut window).unwrap();
    let press = |window: &mut Window, modifiers: Modifiers, key: Key| {
        window.key_press_modifiers(modifiers, key);
        steps(window, 2);
        selection(window)
    };
    assert_eq!(press(&mut window, Modifiers::NONE, Key::ArrowRight), Some((first + 1, last + 1)));
    assert_eq!(press(&mut window, Modifiers::SHIFT, Key::ArrowRight), Some((first + 1, last + 2)));
    assert_eq!(press(&mut window, Modifiers::SHIFT, Key::ArrowLeft), Some((first + 1, last + 1)));
    assert_eq!(press(&mut window, Modifiers::NONE, Key::ArrowLeft), Some((first, last)));
    assert_eq!(press(&mut window, Modifiers::NONE, Key::Home).map(|(first, _)| first), Some(0));
    wait_for_label(&mut window, "Timeline, selected ");
    let chart = window.get_by_label_contains("Timeline, selected").rect();
    double_click(&mut window, chart.center());
    assert_eq!(selection(&mut window), None);
    // Each interval is listed below with its numbers; a click selects it.
    let count = window.state_mut().state.session.open()[0].snapshot.graph().samples().len();
    wait_for_label(&mut window, &format!("Timeline of {count} intervals"));
}

#[test]
fn an_edge_of_the_interval_can_be_dragged() {
    let mut window = timeline_window();
    show(&mut window, ViewKind::TIMELINE);
    brush(&mut window, "Timeline", 0.3, 0.5);
    let selection =
        |window: &mut Window| window.state_mut().state.shown_view().unwrap().panes.timeline.chart.selection();
    let (first, last) = selection(&mut window).unwrap();
    // The end of the last bar is a little to the right of where the pointer was let go; walk to it.
    let chart = window.get_by_label_contains("Timeline, selected").rect();
    let mut at = egui::pos2(chart.left() + chart.width() * 0.5, chart.center().y);
    let is_edge = |window: &Window| window.output().platform_output.cursor_icon == egui::CursorIcon::ResizeHorizontal;
    while !is_edge(&window) {
        at.x += 2.0;
        assert!(at.x < chart.right(), "there is an edge to take hold of");
        window.hover_at(at);
        steps(&mut window, 2);
    }
    window.drag_at(at);
    steps(&mut window, 1);
    for _ in 0..6 {
        at.x += chart.width() * 0.03;
        window.hover_at(at);
        steps(&mut window, 1);
    }
    window.drop_at(at);
    steps(&mut window, 3);
    let (new_first, new_last) = selection(&mut window).unwrap();
    assert!(new_first == first && new_last > last, "{first}–{last} became {new_first}–{new_last}");
}

#[test]
fn a_function_leads_to_the_live_objects_it_allocated() {
    let mut window = timeline_window();
    show(&mut window, ViewKind::ALLOCATIONS);
    click_row(&mut window, "remember");
    window.get_by_label("Show live objects").click();
    steps(&mut window, 3);
    wait_for_label(&mut window, "Allocated by remember (record-allocations.mjs");
    let view = window.state_mut().state.shown_view().unwrap();
    assert_eq!(view.kind, ViewKind::SUMMARY);
    let filter = view.panes.summary.nodes.clone();
    assert!(matches!(filter, NodeFilter::Allocated(AllocatedBy::Callers(ref path)) if path.len() == 1), "{filter:?}");
    // The records that the leak keeps.
    wait_for_label(&mut window, "{reading, note}");
}

#[test]
fn an_object_shows_the_stack_that_allocated_it_and_leads_to_it() {
    let mut window = timeline_window();
    filter_classes(&mut window, "reading");
    expand(&mut window, "Reading  ×270");
    click_row(&mut window, "Reading @");
    wait_for_label(&mut window, "Show in Allocations");
    assert!(!labels(&window, "parseReading").is_empty(), "the constructor's caller is on the stack");
    window.get_by_label("Show in Allocations").click();
    steps(&mut window, 3);
    assert_eq!(window.state_mut().state.shown_view().unwrap().kind, ViewKind::ALLOCATIONS);
    wait_for_label(&mut window, "Call ");
    assert!(window.state_mut().state.shown_view().unwrap().panes.allocations.calls.picked().is_some());
}

#[test]
fn showing_a_stack_keeps_the_interval_that_the_object_was_allocated_in() {
    let mut window = timeline_window();
    brush(&mut window, "Timeline", 0.75, 0.95);
    let interval = window.state_mut().state.shown_view().unwrap().panes.timeline.within().clone();
    assert!(matches!(interval, NodeFilter::Ids { .. }), "{interval:?}");
    filter_classes(&mut window, "reading");
    // Rows that move while one is clicked would lead to another one.
    wait_for(&mut window, "the two classes", |window| rows(window).lines().count() == 2);
    wait_until(&mut window, "the filtered classes", |app| !app.session.is_busy());
    expand(&mut window, "Reading  ×");
    click_row(&mut window, "Reading @");
    wait_for_label(&mut window, "Show in Allocations");
    window.get_by_label("Show in Allocations").click();
    steps(&mut window, 3);
    wait_for_label(&mut window, "Call ");
    let view = window.state_mut().state.shown_view().unwrap();
    assert_eq!(view.kind, ViewKind::ALLOCATIONS);
    assert_eq!(view.panes.timeline.within(), &interval);
    assert!(view.panes.allocations.calls.picked().is_some());
}

#[test]
fn a_profile_that_is_dropped_opens_as_a_flame_graph() {
    let mut window = window(&[]);
    drop_file(&mut window, &bundled("leaky-job-after.heapprofile"));
    wait_for_load(&mut window);
    wait_for_label(&mut window, "Call remember, ");
    wait_for_label(&mut window, "Profile leaky-job-after.heapprofile");
    // Whatever it is called: the contents say what it is.
    let folder = tempfile::tempdir().unwrap();
    let renamed = folder.path().join("something.json");
    std::fs::copy(bundled("leaky-job-before.heapprofile"), &renamed).unwrap();
    drop_file(&mut window, &renamed);
    wait_for_load(&mut window);
    assert_eq!(window.state_mut().state.session.profiles().len(), 2);
    // Closing both leads back to the start page.
    let ctx = window.ctx.clone();
    for _ in 0..2 {
        window.state_mut().state.apply(&ctx, Action::CloseShown);
        steps(&mut window, 3);
    }
    wait_for_label(&mut window, "Open snapshots…");
}

#[test]
fn double_click_zooms_to_a_call_and_a_key_zooms_out() {
    let mut window = profile_window(&["leaky-job-after.heapprofile"]);
    let before = call(&window, "remember");
    let all = window.get_by_role_and_label(Role::Group, "Flame graph").rect();
    assert!(before.width() < all.width() * 0.9, "{before} of {all}");
    double_click(&mut window, before.center());
    let zoomed = call(&window, "remember");
    assert!((zoomed.width() - all.width()).abs() < 2.0, "{zoomed} of {all}");
    wait_for_label(&mut window, "remember");
    window.key_press(Key::Home);
    steps(&mut window, 3);
    assert_eq!(call(&window, "remember"), before);
    // Enter fills the width with the selected call, Backspace with its caller.
    window.key_press(Key::Enter);
    steps(&mut window, 3);
    assert!(call(&window, "remember").width() > before.width());
    window.key_press(Key::Backspace);
    steps(&mut window, 3);
    let caller = call(&window, "handleBatch");
    assert!((caller.width() - all.width()).abs() < 2.0, "{caller} of {all}");
    // Arrows go from call to call.
    window.key_press(Key::Home);
    window.key_press(Key::ArrowUp);
    steps(&mut window, 3);
    let pane = window.state_mut().state.shown_profile().unwrap();
    let selected = pane.calls.flame.selected().unwrap();
    let id = window.state_mut().state.shown().unwrap();
    let profile = window.state_mut().state.session.profile(id).unwrap();
    let function = &profile.functions()[profile.tree().functions()[selected as usize] as usize];
    assert_eq!(function.name, "handleBatch");
}

#[test]
fn the_wheel_zooms_the_flame_graph_around_the_pointer() {
    let mut window = profile_window(&["leaky-job-after.heapprofile"]);
    let before = call(&window, "remember");
    let at = before.center();
    window.hover_at(at);
    steps(&mut window, 2);
    for _ in 0..3 {
        window.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: egui::vec2(0.0, 40.0),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
            modifiers: Modifiers::NONE,
        });
        steps(&mut window, 6);
    }
    let after = call(&window, "remember");
    assert!(after.width() > before.width() * 1.2, "{before} became {after}");
    assert!(after.contains(at));
}

#[test]
fn searching_a_profile_finds_functions_and_narrows_the_heavy_table() {
    let mut window = profile_window(&["leaky-job-after.heapprofile"]);
    type_into(&mut window, "Search functions", "parseR");
    wait_for_label(&mut window, "1 function");
    window.get_by_role_and_label(Role::Button, "Heavy").click();
    steps(&mut window, 3);
    wait_for_label(&mut window, "parseReading");
    wait_until(&mut window, "the list", |app| app.shown_profile().unwrap().calls.heavy.table.row_count() == 1);
    expand(&mut window, "parseReading");
    wait_for_label(&mut window, "← handleBatch");
    window.get_by_role_and_label(Role::Button, "Tree").click();
    steps(&mut window, 3);
    // The tree is whole, for it would lose the callers of what was found.
    expand(&mut window, "(anonymous)");
    wait_for_label(&mut window, "sampling");
    assert!(rows(&window).contains("sampling"), "{}", rows(&window));
}

#[test]
fn two_profiles_that_are_opened_together_are_compared() {
    let mut window = profile_window(&["leaky-job-before.heapprofile", "leaky-job-after.heapprofile"]);
    wait_for_label(&mut window, "+ grew");
    window.get_by_role_and_label(Role::Button, "Heavy").click();
    steps(&mut window, 3);
    wait_for_label(&mut window, "remember");
    let first = rows(&window).lines().next().unwrap().to_owned();
    assert!(first.starts_with("remember") && first.contains('+'), "what grew most is first: {first}");
}

#[test]
fn a_snapshot_without_timeline_or_stacks_says_so() {
    let mut window = window(&[window::example()]);
    wait_for_load(&mut window);
    for (kind, text) in [
        (ViewKind::TIMELINE, "This file has no timeline"),
        (ViewKind::ALLOCATIONS, "This file has no allocation stacks"),
    ] {
        show(&mut window, kind);
        wait_for_label(&mut window, text);
    }
}

#[test]
fn going_to_an_object_outside_the_interval_leaves_the_interval() {
    let mut window = timeline_window();
    brush(&mut window, "Timeline", 0.8, 0.9);
    wait_for_label(&mut window, "Allocated ");
    let app = &mut window.state_mut().state;
    let id = app.shown().unwrap();
    let snapshot = app.session.snapshot(id).unwrap();
    let old = |node: &heapglass::test_support::model::NodeOrdinal| {
        snapshot.id(*node).0 < 80_000 && snapshot.shallow_size(*node) > 0 && snapshot.id(*node).0 > 1000
    };
    let node = snapshot.graph().nodes().find(old).unwrap();
    app.run(Slot { side: 0, id }, Command::Reveal(Target { snapshot: id, node }, ViewKind::SUMMARY));
    steps(&mut window, 4);
    assert_eq!(nodes(&mut window), NodeFilter::All);
}
