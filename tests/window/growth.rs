//! Growth in the window: charts with exact values, the table by patterns, and where its rows lead.

use crate::common;
use crate::window;
use crate::window::{
    Window, click_row, example, example_before, expand, rows, show, wait_for_label, wait_for_load, wait_until, window,
};
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use heapglass::test_support::query::{GrowthGroup, GrowthOf};
use heapglass::test_support::ui::command::ViewKind;

/// The two examples, followed.
fn growth_of_the_examples() -> Window {
    let mut window = window(&[example_before(), example()]);
    wait_for_load(&mut window);
    wait_for_label(&mut window, "is the base");
    show(&mut window, ViewKind::GROWTH);
    wait_for_label(&mut window, "Grows in every step");
    wait_for_label(&mut window, "ShoppingCart");
    window
}

#[test]
fn the_chart_says_exactly_how_large_each_snapshot_is() {
    let mut window = growth_of_the_examples();
    let sizes: Vec<u64> = window.state().state.session.open().iter().map(|open| open.snapshot.total_size()).collect();
    window.get_by_label_contains("Snapshot 2, example-after.heapsnapshot.zst: 5.1 MB in 91,028 objects").hover();
    let more = heapglass::test_support::model::human::signed_count((sizes[1] - sizes[0]).cast_signed());
    wait_for_label(&mut window, &format!("{more} bytes since the previous snapshot"));
    let exact = heapglass::test_support::model::human::count(sizes[1]);
    wait_for_label(&mut window, &format!("5.1 MB ({exact} bytes)"));
    window.get_by_label_contains("Snapshot 1, example-before.heapsnapshot.zst: 3.2 MB").hover();
    let exact = heapglass::test_support::model::human::count(sizes[0]);
    wait_for_label(&mut window, &format!("3.2 MB ({exact} bytes)"));
}

#[test]
fn a_class_that_is_selected_has_a_chart_of_its_own_and_leads_to_what_holds_its_new_objects() {
    let mut window = growth_of_the_examples();
    wait_for_label(&mut window, "Select a class to see it over time");
    click_row(&mut window, "ShoppingCart");
    wait_for_label(&mut window, "ShoppingCart in snapshot 1: 20 objects");
    window.get_by_label_contains("ShoppingCart in snapshot 2: 2,020 objects").hover();
    wait_for_label(&mut window, "80,800 bytes shallow");

    // Enter merges, as the link does.
    window.key_press(egui::Key::Enter);
    wait_until(&mut window, "the paths", |app| {
        let view = app.shown_view().unwrap();
        view.paths.is_merged() && !view.paths.is_busy()
    });
    wait_for_label(&mut window, "Paths from the roots to 2,000 objects: new ShoppingCart");

    // Its new objects, their fields, and who holds one of them. Without other classes there is room for that.
    window.state_mut().state.shown_view().unwrap().panes.growth.filter = "ShoppingCart".to_owned();
    wait_until(&mut window, "the class alone", |app| app.shown_view().unwrap().panes.growth.table.row_count() == 2);
    expand(&mut window, "ShoppingCart");
    wait_for_label(&mut window, "ShoppingCart @");
    expand(&mut window, "ShoppingCart @");
    wait_for_label(&mut window, "items :: Array @");
    let view = window.state_mut().state.shown_view().unwrap();
    let target = view.retainers.target().expect("the object is shown below");
    let snapshot = window.state().state.session.snapshot(target.snapshot).unwrap();
    assert_eq!(snapshot.class(target.node).name, "ShoppingCart");
    assert!(snapshot.source().name.starts_with("example-after"));
}

#[test]
fn rows_sort_filter_and_say_when_nothing_matches() {
    let mut window = growth_of_the_examples();
    let class_names = |window: &Window| -> Vec<String> {
        let text = rows(window);
        let classes =
            text.lines().skip(1).take_while(|line| !line.contains(" classes,") && !line.contains("  1 class,"));
        classes.map(|line| line.split([',', '\u{20}']).next().unwrap().to_owned()).collect()
    };
    window.get_by_role_and_label(Role::ColumnHeader, "Constructor").click();
    wait_for_label(&mut window, "Constructor, ascending");
    let started = std::time::Instant::now();
    loop {
        let names = class_names(&window);
        if names.len() > 3 && names.is_sorted() {
            break;
        }
        assert!(started.elapsed() < std::time::Duration::from_secs(20), "{names:?}");
        std::thread::sleep(std::time::Duration::from_millis(3));
        window.step();
    }
    window.get_by_role_and_label(Role::ColumnHeader, "# New").click();
    wait_for_label(&mut window, "# New, descending");

    window.state_mut().state.shown_view().unwrap().panes.growth.filter = "shoppingc".to_owned();
    let only_one = |app: &mut heapglass::test_support::ui::state::AppState| {
        app.shown_view().unwrap().panes.growth.table.row_count() == 2
    };
    wait_until(&mut window, "the filtered rows", only_one);
    window.state_mut().state.shown_view().unwrap().panes.growth.filter = "no such class".to_owned();
    wait_for_label(&mut window, "No matching classes");
}

#[test]
fn every_group_has_a_row_with_the_number_of_its_classes() {
    let mut window = growth_of_the_examples();
    let app = &mut window.state_mut().state;
    let series: heapglass::test_support::query::Series = app.session.open().iter().map(|open| open.id).collect();
    let growth = app.session.ask(&GrowthOf(series)).ready().unwrap();
    for group in GrowthGroup::ALL.into_iter().filter(|&group| growth.class_count(group) > 1) {
        let label = format!("{}  {} classes", group.label(), growth.class_count(group));
        for _ in 0..30 {
            if window.query_all_by_label_contains(&label).next().is_some() {
                break;
            }
            window.state_mut().state.shown_view().unwrap().panes.growth.table.scroll_rows(5);
            window.step();
        }
        wait_for_label(&mut window, &label);
    }
}

#[test]
fn a_snapshot_can_be_left_out_and_one_alone_has_no_growth() {
    let mut window = growth_of_the_examples();
    window.get_by_label("2 of 2 snapshots").click();
    for _ in 0..3 {
        window.step();
    }
    let boxes = window.query_all_by_role(Role::CheckBox).collect::<Vec<_>>();
    let first = boxes.iter().find(|node| node.accesskit_node().label().is_some_and(|label| label.contains("before")));
    first.unwrap().click();
    wait_for_label(&mut window, "Open two or more different snapshots of the same process");
}

#[test]
fn three_files_that_are_opened_together_are_followed() {
    let files = [example_before(), example(), example_before()];
    let mut window = window(&files);
    wait_for_load(&mut window);
    show(&mut window, ViewKind::GROWTH);
    wait_for_label(&mut window, "3 of 3 snapshots");
    wait_for_label(&mut window, "is identical to");
    let growths = |app: &mut heapglass::test_support::ui::state::AppState| {
        app.shown_view().is_some_and(|view| view.panes.growth.table.row_count() > 1)
    };
    wait_until(&mut window, "what grew between the two that differ", growths);
}

#[test]
fn snapshots_of_two_programs_show_a_notice() {
    let other = common::case("node24-1").file;
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    window::drop_file(&mut window, &other);
    wait_for_load(&mut window);
    show(&mut window, ViewKind::GROWTH);
    wait_for_label(&mut window, "These snapshots are not all from the same process");
}
