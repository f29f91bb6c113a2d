//! Selection, keyboard, history and two sides: effects of clicks and keys, and what they must not change.

use crate::window::{
    Window, bundled, click_row, example, example_before, expand, show, wait_for_label, wait_for_load, wait_until,
    window,
};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use heapglass::test_support::model::NodeOrdinal;
use heapglass::test_support::ui::command::Lower;
use heapglass::test_support::ui::command::{Command, Target, ViewKind};
use heapglass::test_support::ui::panes::Slot;

fn step(window: &mut Window) {
    for _ in 0..4 {
        window.step();
    }
}

fn opened(files: &[std::path::PathBuf]) -> Window {
    let mut window = window(files);
    wait_for_load(&mut window);
    step(&mut window);
    window
}

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    step(window);
}

/// Draws frames until no worker has anything to do.
fn settle(window: &mut Window) {
    // A list that has come may ask for the next one.
    let is_done = |app: &mut heapglass::test_support::ui::state::AppState| {
        !app.session.is_busy() && app.shown_view().is_none_or(|view| !view.is_busy())
    };
    for _ in 0..2 {
        wait_until(window, "the workers", is_done);
    }
}

fn row_rect(window: &Window, text: &str) -> egui::Rect {
    let mut rows = window.query_all_by_role(Role::Row);
    let is_it = |label: String| label.starts_with(text);
    rows.find(|row| row.accesskit_node().label().is_some_and(is_it)).unwrap_or_else(|| panic!("no row {text}")).rect()
}

fn click(window: &mut Window, at: egui::Pos2, button: egui::PointerButton, times: usize) {
    window.hover_at(at);
    window.step();
    for _ in 0..times {
        for pressed in [true, false] {
            let modifiers = Modifiers::NONE;
            window.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers });
            window.step();
        }
    }
    step(window);
}

/// Labels of the rows that are painted as selected.
fn selected_rows(window: &Window) -> Vec<String> {
    let rows = window.query_all_by_role(Role::Row);
    let selected = rows.filter(|row| row.accesskit_node().is_selected() == Some(true));
    selected.filter_map(|row| row.accesskit_node().label()).collect()
}

fn shown_object(window: &mut Window) -> Option<NodeOrdinal> {
    window.state_mut().state.shown_view()?.object.target().map(|target| target.node)
}

fn object_with_id(window: &mut Window, id: &str) -> bool {
    let id = id.trim_start_matches('@');
    window.query_by_label(&format!("Shown object @{id}")).is_some()
}

/// The first id in a row's text.
fn id_of(row: &str) -> String {
    row.split([' ', ',']).find(|word| word.starts_with('@')).unwrap_or_else(|| panic!("no id in {row}")).to_owned()
}

fn select_cart(window: &mut Window) -> NodeOrdinal {
    expand(window, "ShoppingCart  ×2,020");
    click_row(window, "ShoppingCart @");
    wait_until(window, "the path", |app| !app.shown_view().unwrap().retainers.is_busy());
    shown_object(window).unwrap()
}

fn merge_carts(window: &mut Window) {
    wait_for_label(window, "ShoppingCart  ×2,020");
    let rect = row_rect(window, "ShoppingCart  ×2,020");
    click(window, rect.center(), egui::PointerButton::Secondary, 1);
    window.get_by_label("Merge retaining paths").click();
    step(window);
    wait_until(window, "the paths", |app| !app.shown_view().unwrap().paths.is_busy());
    wait_for_label(window, "global, 2,020, 100%");
}

#[test]
fn f6_goes_only_to_what_is_on_screen_in_every_view() {
    for files in
        [vec![example()], vec![bundled("leaky-job.heaptimeline")], vec![bundled("leaky-job-after.heapprofile")]]
    {
        let mut window = opened(&files);
        for size in [egui::vec2(640.0, 480.0), egui::vec2(1280.0, 800.0)] {
            window.set_size(size);
            for kind in ViewKind::all() {
                show(&mut window, kind);
                for lower in [Lower::Retainers, Lower::Paths, Lower::Object] {
                    if let Some(view) = window.state_mut().state.shown_view() {
                        view.lower = lower;
                    }
                    for _ in 0..3 {
                        press(&mut window, Modifiers::NONE, Key::F6);
                    }
                }
            }
        }
    }
}

#[test]
fn f6_selects_no_row_that_the_object_pane_does_not_show() {
    let mut window = opened(&[example()]);
    select_cart(&mut window);
    for _ in 0..5 {
        press(&mut window, Modifiers::NONE, Key::F6);
        let rows = selected_rows(&window);
        // Of the retainers' row, if one is selected, else of the summary's.
        let row = rows.iter().find(|row| !row.starts_with("ShoppingCart @")).or(rows.first());
        let id = id_of(row.expect("a row is selected"));
        assert!(object_with_id(&mut window, &id), "{rows:?}");
    }
}

#[test]
fn a_file_alone_is_not_shown_side_by_side() {
    for file in [example(), bundled("leaky-job-after.heapprofile")] {
        let mut window = opened(&[file]);
        press(&mut window, Modifiers::COMMAND, Key::Backslash);
        assert!(!window.state().state.is_split);
        wait_for_label(&mut window, "Open another file to see two side by side");
        press(&mut window, Modifiers::COMMAND, Key::P);
        window.event(egui::Event::Text("side by".to_owned()));
        step(&mut window);
        assert!(window.query_by_label("Side by side").is_none(), "it is not offered");
    }
}

#[test]
fn two_sides_are_equal_with_the_older_file_on_the_left_and_the_mouse_can_leave_them() {
    let mut window = opened(&[example(), example_before()]);
    show(&mut window, ViewKind::SUMMARY);
    let [newer, older] = ["after", "before"].map(|name| {
        let open = window.state().state.session.open();
        open.iter().find(|open| open.snapshot.source().name.contains(name)).unwrap().id
    });
    press(&mut window, Modifiers::COMMAND, Key::Backslash);
    assert_eq!(window.state().state.sides, [Some(older), Some(newer)]);
    let lefts: Vec<f32> = window.query_all_by_label("Filter classes").map(|field| field.rect().left()).collect();
    let ends: Vec<f32> =
        ["Close the left side", "Close the right side"].map(|label| window.get_by_label(label).rect().right()).to_vec();
    let widths = [ends[0] - lefts[0], ends[1] - lefts[1]];
    assert!((widths[0] - widths[1]).abs() < 3.0, "{widths:?}");
    window.get_by_label("Close the left side").click();
    step(&mut window);
    assert!(!window.state().state.is_split);
    assert_eq!(window.state().state.shown(), Some(newer));
}

#[test]
fn linking_applies_the_current_selection_to_the_other_side() {
    let mut window = opened(&[example(), example_before()]);
    show(&mut window, ViewKind::SUMMARY);
    press(&mut window, Modifiers::COMMAND, Key::Backslash);
    press(&mut window, Modifiers::COMMAND, Key::L);
    assert!(!window.state().state.link.is_on);
    click_row(&mut window, "Map  ×");
    settle(&mut window);
    assert_eq!(window.state_mut().state.view_of(1).unwrap().selected_class(), None);
    press(&mut window, Modifiers::COMMAND, Key::L);
    settle(&mut window);
    assert!(window.state_mut().state.view_of(1).unwrap().selected_class().is_some());
}

#[test]
fn retainers_of_a_merged_path_are_shown() {
    let mut window = opened(&[example()]);
    merge_carts(&mut window);
    let rect = row_rect(&window, "global, 2,020");
    click(&mut window, rect.left_center() + egui::vec2(60.0, 0.0), egui::PointerButton::Secondary, 1);
    let shown = shown_object(&mut window).expect("the row's object is shown");
    window.get_by_label("Show retainers").click();
    step(&mut window);
    let view = window.state_mut().state.shown_view().unwrap();
    assert_eq!(view.lower, Lower::Retainers);
    assert_eq!(view.target().map(|target| target.node), Some(shown));
    wait_for_label(&mut window, "Retainer");
}

#[test]
fn selecting_in_merged_paths_moves_nothing_and_shows_the_object() {
    let mut window = opened(&[example()]);
    merge_carts(&mut window);
    let header = |window: &Window| {
        let mut headers = window.query_all_by_role(Role::ColumnHeader);
        let is_it = |label: String| label.starts_with("Path from the roots");
        headers.find(|header| header.accesskit_node().label().is_some_and(is_it)).unwrap().rect()
    };
    let (before, row) = (header(&window), row_rect(&window, "global, 2,020"));
    click(&mut window, row.left_center() + egui::vec2(60.0, 0.0), egui::PointerButton::Primary, 1);
    settle(&mut window);
    assert_eq!(header(&window), before);
    assert_eq!(row_rect(&window, "global, 2,020"), row);
    assert!(shown_object(&mut window).is_some());
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    assert_eq!(header(&window), before);
}

#[test]
fn a_retainer_that_is_clicked_fills_the_object_pane_and_the_retainers_stay() {
    let mut window = opened(&[example()]);
    let cart = select_cart(&mut window);
    wait_for_label(&mut window, "_events in EventEmitter @");
    click_row(&mut window, "_events in EventEmitter @");
    let rows = selected_rows(&window);
    let retainer = rows.iter().find(|row| row.starts_with("_events")).expect("it is selected");
    assert!(object_with_id(&mut window, &id_of(retainer)), "{rows:?}");
    let view = window.state_mut().state.shown_view().unwrap();
    assert_eq!(view.target().map(|target| target.node), Some(cart));
    // The row above is clicked again: its own object is shown.
    click_row(&mut window, "ShoppingCart @");
    assert_eq!(shown_object(&mut window), Some(cart));
    // A class has no object to show.
    click_row(&mut window, "ShoppingCart  ×2,020");
    assert_eq!(shown_object(&mut window), None);
    assert_eq!(window.state_mut().state.shown_view().unwrap().target(), None);
}

#[test]
fn clicking_a_path_step_selects_it_and_double_click_or_enter_goes_to_it() {
    let mut window = opened(&[example()]);
    let cart = select_cart(&mut window);
    window.get_by_label("Paths").click();
    step(&mut window);
    wait_until(&mut window, "the paths", |app| !app.shown_view().unwrap().paths.is_busy());
    wait_for_label(&mut window, "cart in system / Context @");
    let upper = |window: &mut Window| {
        window.state_mut().state.shown_view().unwrap().panes.summary.tree.table.selection().map(<[u32]>::to_vec)
    };
    let before = upper(&mut window);
    let rect = row_rect(&window, "cart in system / Context @");
    let at = rect.left_center() + egui::vec2(80.0, 0.0);
    click(&mut window, at, egui::PointerButton::Primary, 1);
    let holder = shown_object(&mut window).unwrap();
    assert_ne!(holder, cart);
    assert_eq!(upper(&mut window), before, "a click goes nowhere");
    assert_eq!(row_rect(&window, "cart in system / Context @"), rect);
    press(&mut window, Modifiers::NONE, Key::Enter);
    settle(&mut window);
    assert_eq!(upper(&mut window).and_then(|path| path.last().copied()), Some(holder.0));
    assert_eq!(window.state_mut().state.shown_view().unwrap().target().map(|target| target.node), Some(holder));
}

#[test]
fn selecting_an_object_scrolls_its_pane_to_the_name() {
    let mut window = opened(&[example()]);
    select_cart(&mut window);
    window.set_size(egui::vec2(1024.0, 500.0));
    step(&mut window);
    let heading = |window: &Window| {
        let mut labels = window.query_all_by_label_contains("Shown object @");
        labels.next().map(|label| label.rect()).expect("the name is on screen")
    };
    let before = heading(&window);
    window.hover_at(before.center() + egui::vec2(0.0, 60.0));
    window.step();
    window.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, -400.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    });
    for _ in 0..40 {
        window.step();
    }
    let scrolled = window.query_all_by_label_contains("Shown object @").next().map(|label| label.rect());
    assert!(scrolled.is_none_or(|rect| rect.top() < before.top()), "the pane is scrolled");
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    assert!((heading(&window).top() - before.top()).abs() < 1.0);
}

#[test]
fn back_and_forward_restore_view_object_and_lower_pane_one_step_at_a_time() {
    let mut window = opened(&[example()]);
    let cart = select_cart(&mut window);
    window.get_by_label("Paths").click();
    step(&mut window);
    let slot = Slot { side: 0, id: window.state().state.shown().unwrap() };
    let visits = window.state().state.history.visit_count();
    let target = Target { snapshot: slot.id, node: cart };
    window.state_mut().state.run(slot, Command::Reveal(target, ViewKind::DOMINATORS));
    settle(&mut window);
    assert_eq!(window.state().state.history.visit_count(), visits + 1, "one step, one visit");
    window.get_by_label("Retainers").click();
    step(&mut window);
    show(&mut window, ViewKind::SUMMARY);
    settle(&mut window);
    press(&mut window, Modifiers::NONE, Key::Home);
    assert_eq!(shown_object(&mut window), None);
    for (kind, lower) in [
        (ViewKind::SUMMARY, Lower::Retainers),
        (ViewKind::DOMINATORS, Lower::Retainers),
        (ViewKind::SUMMARY, Lower::Paths),
    ] {
        press(&mut window, Modifiers::ALT, Key::ArrowLeft);
        settle(&mut window);
        let view = window.state_mut().state.shown_view().unwrap();
        assert_eq!((view.kind, view.lower), (kind, lower));
        assert_eq!(view.object.target(), Some(target), "{kind:?}");
    }
    press(&mut window, Modifiers::ALT, Key::ArrowRight);
    settle(&mut window);
    let view = window.state_mut().state.shown_view().unwrap();
    assert_eq!((view.kind, view.object.target()), (ViewKind::DOMINATORS, Some(target)));
    assert!(view.panes.dominators.tree.table.selection().is_some(), "the row is selected again");
}

#[test]
fn revealing_a_deleted_object_is_one_step() {
    let mut window = opened(&[example_before(), example()]);
    wait_until(&mut window, "the comparison", |app| app.shown_view().unwrap().kind == ViewKind::COMPARISON);
    settle(&mut window);
    let slot = Slot { side: 0, id: window.state().state.shown().unwrap() };
    let base = window.state_mut().state.shown_view().unwrap().panes.comparison.base.unwrap();
    let visits = window.state().state.history.visit_count();
    let of = window.state().state.session.snapshot(base).unwrap();
    let node = of.graph().nodes().find(|&node| of.class(node).name == "ShoppingCart").unwrap();
    let target = Target { snapshot: base, node };
    window.state_mut().state.run(slot, Command::Reveal(target, ViewKind::SUMMARY));
    settle(&mut window);
    assert_eq!(window.state().state.shown(), Some(base));
    assert_eq!(window.state().state.history.visit_count(), visits + 1);
    press(&mut window, Modifiers::ALT, Key::ArrowLeft);
    settle(&mut window);
    assert_eq!(window.state().state.shown(), Some(slot.id));
    assert_eq!(shown_object(&mut window), None);
}

#[test]
fn the_table_has_the_keyboard_after_opening_a_file_and_after_going_to_a_view() {
    let mut window = opened(&[example()]);
    wait_for_label(&mut window, "ShoppingCart  ×2,020");
    step(&mut window);
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    let view = window.state_mut().state.shown_view().unwrap();
    assert!(view.panes.summary.tree.table.selection().is_some());
    for kind in [ViewKind::CONTAINMENT, ViewKind::DOMINATORS] {
        let number = if kind == ViewKind::CONTAINMENT { Key::Num4 } else { Key::Num5 };
        press(&mut window, Modifiers::COMMAND, number);
        settle(&mut window);
        press(&mut window, Modifiers::NONE, Key::ArrowDown);
        let view = window.state_mut().state.shown_view().unwrap();
        let table = if kind == ViewKind::CONTAINMENT {
            &view.panes.containment.tree.table
        } else {
            &view.panes.dominators.tree.table
        };
        assert!(table.selection().is_some(), "{kind:?}");
    }
    press(&mut window, Modifiers::COMMAND, Key::Num9);
    window.event(egui::Event::Text("cart".to_owned()));
    step(&mut window);
    assert_eq!(
        window.state_mut().state.shown_view().unwrap().panes.search.text,
        "cart",
        "a query can be typed at once"
    );
}

#[test]
fn keys_open_the_context_menu_at_the_selected_row_and_the_table_gets_the_keyboard_back() {
    for (modifiers, key) in [(Modifiers::NONE, Key::Menu), (Modifiers::SHIFT, Key::F10)] {
        let mut window = opened(&[example()]);
        wait_for_label(&mut window, "ShoppingCart  ×2,020");
        click_row(&mut window, "ShoppingCart  ×2,020");
        // Wherever the pointer is.
        window.hover_at(egui::pos2(600.0, 700.0));
        step(&mut window);
        press(&mut window, modifiers, key);
        let row = row_rect(&window, "ShoppingCart  ×2,020");
        let entry = window.get_by_label("Merge retaining paths");
        assert!(entry.is_focused(), "the first entry has the keyboard");
        assert!((entry.rect().top() - row.bottom()).abs() < 20.0, "below the row");
        press(&mut window, Modifiers::NONE, Key::ArrowDown);
        assert!(window.get_by_label("Copy class name").is_focused());
        press(&mut window, Modifiers::NONE, Key::Escape);
        assert!(window.query_by_label("Copy class name").is_none());
        let before = selected_rows(&window);
        press(&mut window, Modifiers::NONE, Key::ArrowDown);
        assert_ne!(selected_rows(&window), before);
        // Enter does what the entry says.
        press(&mut window, modifiers, key);
        press(&mut window, Modifiers::NONE, Key::Enter);
        assert_eq!(window.state_mut().state.shown_view().unwrap().lower, Lower::Paths);
    }
}

#[test]
fn enter_on_a_class_shows_and_hides_its_objects() {
    let mut window = opened(&[example()]);
    wait_for_label(&mut window, "ShoppingCart  ×2,020");
    click_row(&mut window, "ShoppingCart  ×2,020");
    let count =
        |window: &mut Window| window.state_mut().state.shown_view().unwrap().panes.summary.tree.table.row_count();
    let before = count(&mut window);
    press(&mut window, Modifiers::NONE, Key::Enter);
    settle(&mut window);
    assert_eq!(count(&mut window), before + 2020);
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(count(&mut window), before);
}
