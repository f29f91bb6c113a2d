//! The frame of a view: tabs, the search field, and the lower half.

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use heapglass::test_support::ui::command::ViewKind;

use crate::window::{
    Window, click_row, example, example_before, expand, show, wait_for_label, wait_for_load, wait_until, window,
};

const COMMAND: Modifiers = Modifiers::COMMAND;

fn steps(window: &mut Window, count: usize) {
    for _ in 0..count {
        window.step();
    }
}

fn tabs(window: &Window) -> Vec<String> {
    let tabs = window.query_all_by_role(Role::Tab);
    tabs.filter_map(|tab| tab.accesskit_node().label()).collect()
}

fn type_text(window: &mut Window, text: &str) {
    window.event(egui::Event::Text(text.to_owned()));
    steps(window, 3);
}

fn select_cart(window: &mut Window) {
    expand(window, "ShoppingCart  ×2,020");
    click_row(window, "ShoppingCart @");
    steps(window, 3);
}

#[test]
fn tabs_without_content_for_the_open_files_are_hidden() {
    let mut single = window(&[example()]);
    wait_for_load(&mut single);
    let shown = tabs(&single);
    for hidden in ["Growth", "Timeline", "Allocations"] {
        assert!(!shown.contains(&hidden.to_owned()), "{hidden} in {shown:?}");
    }
    assert!(shown.contains(&"Comparison".to_owned()), "it offers to open another file: {shown:?}");
    let mut pair = window(&[example_before(), example()]);
    wait_for_load(&mut pair);
    let shown = tabs(&pair);
    let place = |name: &str| shown.iter().position(|of| of == name).unwrap_or_else(|| panic!("{name} in {shown:?}"));
    assert!(place("Findings") < place("Growth") && place("Collections") < place("Summary"), "{shown:?}");
    assert!(place("Scripts") < place("Search"), "{shown:?}");
}

#[test]
fn the_lower_half_appears_with_a_selection_and_collapses_by_key() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    steps(&mut window, 3);
    let has_lower = |window: &Window| window.query_by_label("Retainers").is_some();
    assert!(!has_lower(&window), "nothing is selected");
    select_cart(&mut window);
    assert!(has_lower(&window));
    window.key_press_modifiers(COMMAND, Key::J);
    steps(&mut window, 3);
    assert!(!has_lower(&window));
    wait_for_label(&mut window, "Retainers, object and source of ShoppingCart @");
    window.get_by_label("Show lower panes").click();
    steps(&mut window, 3);
    assert!(has_lower(&window));
    show(&mut window, ViewKind::STATISTICS);
    assert!(!has_lower(&window), "Statistics has the whole height");
}

#[test]
fn changing_the_view_keeps_the_selected_object() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    select_cart(&mut window);
    let target = window.state_mut().state.shown_view().unwrap().target().unwrap();
    let visits = window.state().state.history.visit_count();
    for kind in [ViewKind::DOMINATORS, ViewKind::CONTAINMENT] {
        show(&mut window, kind);
        wait_until(&mut window, "the row", |app| {
            let view = app.shown_view().unwrap();
            !view.is_busy() && view.panes.get_mut(kind).table().unwrap().selected_row().is_some()
        });
        assert_eq!(window.state_mut().state.shown_view().unwrap().target(), Some(target));
    }
    assert_eq!(window.state().state.history.visit_count(), visits + 2, "one visit per step");
}

/// Opens Summary with a filter that excludes the selected object.
fn with_an_excluded_object() -> Window {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    select_cart(&mut window);
    show(&mut window, ViewKind::STATISTICS);
    let view = window.state_mut().state.shown_view().unwrap();
    "CartItem".clone_into(&mut view.panes.summary.filter);
    view.panes.summary.tree.table.reset();
    show(&mut window, ViewKind::SUMMARY);
    window
}

#[test]
fn an_object_that_a_filter_excludes_is_offered_to_be_revealed() {
    let mut window = with_an_excluded_object();
    window.get_by_label("Reveal here").click();
    steps(&mut window, 3);
    assert_eq!(window.state_mut().state.shown_view().unwrap().panes.summary.filter, "");
}

#[test]
fn a_button_that_appears_after_an_answer_is_as_tall_as_the_tabs_beside_it() {
    let mut window = with_an_excluded_object();
    // Sizes of lines are rounded to whole pixels, so they differ by zoom.
    for zoom in [0.9, 1.0, 1.2, 1.5, 2.0] {
        window.ctx.set_zoom_factor(zoom);
        steps(&mut window, 6);
        let [button, tab] = ["Reveal here", "Retainers"].map(|label| window.get_by_label(label).rect().height());
        assert!((button - tab).abs() < 0.1, "at zoom {zoom}, the button is {button} points tall, the tab {tab}");
    }
}

#[test]
fn the_search_field_finds_classes_ids_and_commands() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    window.key_press_modifiers(COMMAND, Key::F);
    steps(&mut window, 2);
    type_text(&mut window, "shoppingc");
    wait_for_label(&mut window, "Search objects for “shoppingc”");
    wait_until(&mut window, "the classes", |app| !app.session.is_busy());
    steps(&mut window, 2);
    window.get_by_role_and_label(Role::ListBoxOption, "ShoppingCart").click();
    steps(&mut window, 3);
    let selected = |window: &mut Window| window.state_mut().state.shown_view().unwrap().selected_class();
    assert!(selected(&mut window).is_some());
    wait_for_label(&mut window, "Show merged paths");

    window.key_press_modifiers(COMMAND, Key::F);
    steps(&mut window, 2);
    window.state_mut().state.shown_view().unwrap().panes.search.text.clear();
    type_text(&mut window, "@117563");
    window.get_by_role_and_label(Role::ListBoxOption, "Go to object @117563").click();
    wait_until(&mut window, "the object", |app| app.shown_view().unwrap().target().is_some());

    window.key_press_modifiers(COMMAND, Key::P);
    steps(&mut window, 2);
    type_text(&mut window, "reveal dominators");
    window.key_press(Key::Enter);
    steps(&mut window, 3);
    assert_eq!(window.state_mut().state.shown_view().unwrap().kind, ViewKind::DOMINATORS);
}
