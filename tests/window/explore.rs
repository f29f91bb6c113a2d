//! Looking for a leak in the window: comparing, ignoring, filtering, searching, going back.

use crate::common;

use std::sync::Arc;

use crate::window::{
    Dropped, Window, click_row, drop_file, example, example_before, expand, show, wait_for, wait_for_label,
    wait_for_load, wait_until, window,
};
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use heapglass::test_support::model::{CancelToken, NodeOrdinal};
use heapglass::test_support::query::{NodeFilter, OrderKey, Query, search, select};
use heapglass::test_support::ui::action::Action;
use heapglass::test_support::ui::command::{Command, ExportList, Target, ViewKind};
use heapglass::test_support::ui::panes::Slot;

const COMMAND: egui::Modifiers = egui::Modifiers::COMMAND;

fn step(window: &mut Window) {
    for _ in 0..4 {
        window.step();
    }
}

fn type_text(window: &mut Window, text: &str) {
    window.event(egui::Event::Text(text.to_owned()));
    step(window);
}

fn selected_class(window: &mut Window, side: usize) -> Option<String> {
    let app = &mut window.state_mut().state;
    let snapshot = app.session.snapshot(app.sides[side]?)?;
    let row = *app.view_of(side)?.panes.summary.tree.table.selection()?.first()?;
    Some(snapshot.classes().get(heapglass::test_support::model::ClassId(row)).name.clone())
}

fn select_cart(window: &mut Window) -> NodeOrdinal {
    expand(window, "ShoppingCart  ×2,020");
    click_row(window, "ShoppingCart @");
    wait_until(window, "the path", |app| !app.shown_view().unwrap().retainers.is_busy());
    window.state_mut().state.shown_view().unwrap().object.target().unwrap().node
}

#[test]
fn two_dropped_files_lead_to_new_objects_their_retainers_and_the_class_in_the_base() {
    let mut window = window(&[]);
    // The later one first: the program finds out which is older.
    for file in [example(), example_before()] {
        window.input_mut().dropped_files.push(Arc::new(Dropped(file)));
    }
    window.step();
    wait_for_load(&mut window);
    wait_for_label(&mut window, "example-before.heapsnapshot.zst is the base");
    assert!(window.state().state.toasts.latest().is_some_and(|notice| !notice.is_problem), "the order is a fact");
    let app = &mut window.state_mut().state;
    let current = app.session.snapshot(app.shown().unwrap()).unwrap();
    assert_eq!(current.source().name, "example-after.heapsnapshot.zst");
    assert_eq!(app.shown_view().unwrap().kind, ViewKind::COMPARISON);

    // A new object and why it lives.
    expand(&mut window, "ShoppingCart  leaky-server.mjs:14:14, 2,000, 0, +2,000");
    click_row(&mut window, "ShoppingCart @");
    wait_until(&mut window, "the path", |app| !app.shown_view().unwrap().retainers.is_busy());
    wait_for_label(&mut window, "cart in system / Context");
    let node = window.state_mut().state.shown_view().unwrap().object.target().unwrap().node;
    let new_id = current.id(node);

    // Side by side, the older one on the left: the same class in the other.
    window.get_by_label("Side by side").click();
    step(&mut window);
    assert!(window.state().state.is_split);
    let [Some(older), Some(newer)] = window.state().state.sides else { panic!("two sides") };
    let before = window.state().state.session.snapshot(older).unwrap();
    assert_eq!(before.source().name, "example-before.heapsnapshot.zst");
    assert_eq!(window.state().state.shown(), Some(newer), "what was on screen has the keyboard");
    show(&mut window, ViewKind::SUMMARY);
    click_row(&mut window, "Map  ×");
    wait_until(&mut window, "the linked class", |app| {
        app.view_of(1).unwrap().panes.summary.tree.table.selection().is_some()
    });
    assert_eq!(selected_class(&mut window, 1).as_deref(), Some("Map"));
    window.state_mut().state.view_of(1).unwrap().panes.summary.filter = "ShoppingCart".to_owned();
    // The list is asked for in the next frame.
    step(&mut window);
    wait_until(&mut window, "the filtered list", |app| !app.session.is_busy());
    click_row(&mut window, "ShoppingCart  ×2,020");
    wait_for(&mut window, "linked class", |window| selected_class(window, 0).as_deref() == Some("ShoppingCart"));

    // An object that is in both is found by its id; one that is new is said to be.
    let slot = Slot { side: 1, id: newer };
    let in_both = current
        .graph()
        .nodes()
        .find(|&node| current.class(node).name == "ShoppingCart" && before.graph().find_id(current.id(node)).is_some());
    let target = Target { snapshot: slot.id, node: in_both.unwrap() };
    let reveal = |target| Command::Reveal(target, ViewKind::SUMMARY);
    window.state_mut().state.run(slot, reveal(target));
    wait_until(&mut window, "the same object", |app| app.view_of(0).unwrap().object.target().is_some());
    let found = window.state_mut().state.view_of(0).unwrap().object.target().unwrap().node;
    assert_eq!(before.id(found), current.id(target.node));
    window.state_mut().state.run(slot, reveal(Target { snapshot: slot.id, node }));
    wait_for_label(&mut window, &format!("Not on the other side: ShoppingCart {new_id}"));
}

#[test]
fn a_retainer_is_ignored_and_restored() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    select_cart(&mut window);
    // The nearest reference is selected, so that the footer has an answer at once.
    wait_for_label(&mut window, "Cutting cart would free 864 B in 22 objects");
    wait_for_label(&mut window, "[1012] in Array");
    let holder = window
        .query_all_by_role(Role::Row)
        .find(|row| row.accesskit_node().label().is_some_and(|label| label.starts_with("[1012] in Array")))
        .unwrap();
    holder.click_secondary();
    step(&mut window);
    window.get_by_label("Ignore this retainer").click();
    step(&mut window);
    wait_until(&mut window, "the new distances", |app| !app.shown_view().unwrap().retainers.is_busy());
    wait_for_label(&mut window, "objects keep ");
    // The array was the only way.
    wait_for_label(&mut window, "cart in system / Context @117561, −");
    assert_eq!(window.state_mut().state.shown_view().unwrap().retainers.ignored.len(), 1);
    let restore = window.query_all_by_label_contains("Restore Array @").next().unwrap();
    restore.click();
    step(&mut window);
    wait_until(&mut window, "the path", |app| !app.shown_view().unwrap().retainers.is_busy());
    assert!(window.state_mut().state.shown_view().unwrap().retainers.ignored.is_empty());
    wait_for_label(&mut window, "[1012] in Array");
    wait_for_label(&mut window, "cart in system / Context @117561, 26");
}

#[test]
fn filters_about_documents_are_offered_only_where_there_can_be_documents() {
    for (file, has_documents) in [("node24-1", false), ("chromium-leak-1", true)] {
        let mut window = window(&[common::case(file).file]);
        wait_for_load(&mut window);
        show(&mut window, ViewKind::SUMMARY);
        window.get_by_role_and_label(Role::Button, "Filter objects").click();
        step(&mut window);
        wait_for_label(&mut window, "Held only by closures' contexts");
        for label in ["Held only by detached DOM nodes", "Held only by event handlers"] {
            let is_offered = window.query_all_by_label_contains(label).next().is_some();
            assert_eq!(is_offered, has_documents, "{label} for {file}");
        }
    }
}

#[test]
fn each_filter_of_the_summary_shows_its_count_and_size() {
    let files = [common::case("small-1").file, common::case("small-2").file];
    let mut window = window(&files);
    wait_for_load(&mut window);
    show(&mut window, ViewKind::SUMMARY);
    let app = &window.state().state;
    let snapshot = app.session.snapshot(app.shown().unwrap()).unwrap();
    let first = app.session.open()[0].snapshot.max_object_id();
    let second = app.session.open()[1].snapshot.max_object_id();
    let context =
        heapglass::test_support::query::native_contexts(&snapshot, &CancelToken::new()).unwrap().contexts[0].node;
    let filters = [
        ("Held only by closures' contexts", NodeFilter::HeldByContexts),
        ("Held only by the DevTools console", NodeFilter::HeldByConsole),
        ("Duplicate strings", NodeFilter::DuplicatedStrings),
        ("Unreachable", NodeFilter::Unreachable),
        ("Allocated before small-1", NodeFilter::Ids { after: 0, up_to: first }),
        ("Allocated between small-1", NodeFilter::Ids { after: first, up_to: second }),
        ("In realm", NodeFilter::NativeContext(context)),
        ("In no realm", NodeFilter::WithoutContext),
    ];
    for (label, filter) in filters {
        window.get_by_role_and_label(Role::Button, "Filter objects").click();
        step(&mut window);
        wait_for_label(&mut window, label);
        let button =
            window.query_all_by_label_contains(label).find(|node| node.accesskit_node().role() == Role::Button);
        button.unwrap_or_else(|| panic!("no {label}")).click();
        step(&mut window);
        assert_eq!(window.state_mut().state.shown_view().unwrap().panes.summary.nodes, filter);
        let selection = select(&snapshot, &filter, &CancelToken::new()).unwrap();
        let count = heapglass::test_support::model::human::count(selection.count);
        let size = heapglass::test_support::model::human::bytes(selection.shallow_size);
        wait_for_label(&mut window, &format!(":  {count} objects, {size}"));
        let classes = selection.classes.iter().filter(|class| class.count > 0).count() as u64;
        wait_until(&mut window, label, |app| app.shown_view().unwrap().panes.summary.tree.table.row_count() == classes);
        window.get_by_label("Show all objects").click();
        step(&mut window);
    }
    assert_eq!(window.state_mut().state.shown_view().unwrap().panes.summary.nodes, NodeFilter::All);
}

#[test]
fn every_kind_of_search_counts_and_steps_through_its_hits() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    let id = window.state().state.shown().unwrap();
    let snapshot = window.state().state.session.snapshot(id).unwrap();
    for text in [
        "shoppingcart",
        "/^CartItem$/",
        "case:ShoppingCart",
        "class:Catalogue",
        "prop:_events",
        "kind:closure size>64",
        "size>10kB",
        "retained>1MB",
        "distance<3",
        "@117563",
        "detached",
    ] {
        window.key_press_modifiers(COMMAND, egui::Key::F);
        step(&mut window);
        window.state_mut().state.shown_view().unwrap().panes.search.text.clear();
        type_text(&mut window, text);
        assert_eq!(window.state_mut().state.shown_view().unwrap().panes.search.text, text, "the line has the keyboard");
        let hits = search(&snapshot, &Query::parse(text).unwrap(), &CancelToken::new()).unwrap();
        let count = hits.count();
        if count == 0 {
            wait_for_label(&mut window, "No matching objects");
            continue;
        }
        let label = format!("{}, ", heapglass::test_support::model::human::quantity(count as u64, "object", "objects"));
        wait_for_label(&mut window, &label);
        window.key_press(egui::Key::F3);
        wait_for_label(&mut window, &format!("1 of {label}"));
        let found = window.state_mut().state.shown_view().unwrap().object.target().unwrap().node;
        assert!(hits.contains(found.index()), "{text}: {} of {:?}", snapshot.id(found), hits.iter().next());
        if count > 1 {
            window.key_press(egui::Key::F3);
            wait_for_label(&mut window, &format!("2 of {label}"));
            assert_ne!(window.state_mut().state.shown_view().unwrap().object.target().unwrap().node, found);
            window.key_press_modifiers(egui::Modifiers::SHIFT, egui::Key::F3);
            wait_for_label(&mut window, &format!("1 of {label}"));
            assert_eq!(window.state_mut().state.shown_view().unwrap().object.target().unwrap().node, found);
        }
    }
    // What is not understood says so.
    window.state_mut().state.shown_view().unwrap().panes.search.text = "size>lots".to_owned();
    wait_for_label(&mut window, "expected a size such as");
    window.state_mut().state.shown_view().unwrap().panes.search.text = "type:closure".to_owned();
    wait_for_label(&mut window, "use kind:closure");
    window.state_mut().state.shown_view().unwrap().panes.search.text = "kind:fnuction".to_owned();
    wait_for_label(&mut window, "unknown kind `fnuction`");
}

#[test]
fn back_and_forward_step_through_visited_objects() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    let cart = select_cart(&mut window);
    wait_for_label(&mut window, "_events in EventEmitter @");
    click_row(&mut window, "_events in EventEmitter @");
    window.key_press(egui::Key::Enter);
    let target = |app: &mut heapglass::test_support::ui::state::AppState| {
        app.shown_view().unwrap().object.target().map(|at| at.node)
    };
    wait_until(&mut window, "the emitter", |app| target(app) != Some(cart) && !app.shown_view().unwrap().is_busy());
    let emitter = target(&mut window.state_mut().state).unwrap();
    show(&mut window, ViewKind::DOMINATORS);
    window.key_press_modifiers(egui::Modifiers::ALT, egui::Key::ArrowLeft);
    step(&mut window);
    assert_eq!(window.state_mut().state.shown_view().unwrap().kind, ViewKind::SUMMARY);
    assert_eq!(target(&mut window.state_mut().state), Some(emitter));
    window.key_press_modifiers(egui::Modifiers::ALT, egui::Key::ArrowLeft);
    wait_until(&mut window, "the cart again", |app| target(app) == Some(cart));
    // The mouse's own button for it.
    for pressed in [true, false] {
        let (pos, button) = (egui::pos2(600.0, 300.0), egui::PointerButton::Extra2);
        window.event(egui::Event::PointerButton { pos, button, pressed, modifiers: egui::Modifiers::NONE });
        window.step();
    }
    wait_until(&mut window, "the emitter again", |app| target(app) == Some(emitter));
}

#[test]
fn keys_alone_lead_from_the_start_page_to_a_retaining_path() {
    let mut window = window(&[]);
    step(&mut window);
    type_text(&mut window, &example().display().to_string());
    window.key_press(egui::Key::Enter);
    step(&mut window);
    assert!(
        window.state().state.session.is_loading() || !window.state().state.session.open().is_empty(),
        "the path was taken"
    );
    wait_for_load(&mut window);
    wait_for_label(&mut window, "ShoppingCart  ×2,020");
    window.key_press_modifiers(COMMAND, egui::Key::K);
    step(&mut window);
    type_text(&mut window, "ShoppingCart");
    wait_until(&mut window, "the filtered list", |app| {
        app.shown_view().unwrap().panes.summary.tree.table.row_count() == 1
    });
    window.key_press(egui::Key::ArrowDown);
    step(&mut window);
    window.key_press(egui::Key::ArrowRight);
    wait_until(&mut window, "the members", |app| app.shown_view().unwrap().panes.summary.tree.table.row_count() > 2);
    window.key_press(egui::Key::ArrowDown);
    step(&mut window);
    wait_until(&mut window, "the path", |app| !app.shown_view().unwrap().retainers.is_busy());
    // On to the retainers, down the path; the footer tells what a cut would free.
    window.key_press(egui::Key::F6);
    step(&mut window);
    window.key_press(egui::Key::ArrowDown);
    step(&mut window);
    wait_for_label(&mut window, "Cutting");
    let selection = window.state_mut().state.shown_view().unwrap().retainers.tree.table.selection().map(<[u32]>::len);
    assert_eq!(selection, Some(2), "the second step of the path");
}

#[test]
fn commands_are_found_by_name_and_each_view_can_be_shown() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    for (text, kind) in [("domin", ViewKind::DOMINATORS), ("containment", ViewKind::CONTAINMENT)] {
        window.key_press_modifiers(COMMAND, egui::Key::P);
        step(&mut window);
        type_text(&mut window, text);
        window.key_press(egui::Key::Enter);
        step(&mut window);
        assert_eq!(window.state_mut().state.shown_view().unwrap().kind, kind);
    }
    let numbers = [egui::Key::Num3, egui::Key::Num6, egui::Key::Num7, egui::Key::Num8];
    let kinds = [ViewKind::SUMMARY, ViewKind::STATISTICS, ViewKind::STRINGS, ViewKind::REALMS];
    let labels = ["ShoppingCart  ×2,020", "By kind of node", "copies", "Show in Summary"];
    for ((key, kind), label) in numbers.into_iter().zip(kinds).zip(labels) {
        window.key_press_modifiers(COMMAND, key);
        step(&mut window);
        assert_eq!(window.state_mut().state.shown_view().unwrap().kind, kind);
        if kind != ViewKind::STRINGS {
            wait_for_label(&mut window, label);
        }
    }
    window.key_press(egui::Key::F1);
    wait_for_label(&mut window, "Expand the row, or go to its first child");
    let ctx = window.ctx.clone();
    window.state_mut().state.apply(&ctx, Action::Keys);
    window.state_mut().state.help.explain("Retained size");
    wait_for_label(&mut window, "bytes that would be freed");
}

#[test]
fn an_object_is_revealed_in_containment_and_dominators() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    let cart = select_cart(&mut window);
    let id = window.state().state.shown().unwrap();
    let snapshot = window.state().state.session.snapshot(id).unwrap();
    let slot = Slot { side: 0, id };
    let target = Target { snapshot: id, node: cart };
    for kind in [ViewKind::CONTAINMENT, ViewKind::DOMINATORS] {
        window.state_mut().state.run(slot, Command::Reveal(target, kind));
        wait_until(&mut window, kind.label(), |app| !app.shown_view().unwrap().is_busy());
        let view = window.state_mut().state.shown_view().unwrap();
        let table = if kind == ViewKind::CONTAINMENT {
            &view.panes.containment.tree.table
        } else {
            &view.panes.dominators.tree.table
        };
        let last = *table.selection().unwrap_or_else(|| panic!("nothing is selected in {kind:?}")).last().unwrap();
        let node = if kind == ViewKind::CONTAINMENT {
            snapshot.graph().edge_target(heapglass::test_support::model::EdgeIndex(last))
        } else {
            NodeOrdinal(last)
        };
        assert_eq!(node, cart, "{kind:?}");
        wait_for_label(&mut window, "ShoppingCart @117563");
    }
}

#[test]
fn the_treemap_zooms_in_and_out() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    show(&mut window, ViewKind::DOMINATORS);
    window.get_by_label("Treemap").click();
    step(&mut window);
    wait_until(&mut window, "the picture", |app| !app.shown_view().unwrap().panes.dominators.picture.is_busy());
    let tile = window.query_all_by_label_contains("Tile (GC roots)").next().unwrap();
    let place = tile.rect().left_top() + egui::vec2(8.0, 6.0);
    let press = |window: &mut Window| {
        for pressed in [true, false] {
            let button = egui::PointerButton::Primary;
            window.event(egui::Event::PointerButton { pos: place, button, pressed, modifiers: egui::Modifiers::NONE });
        }
        window.step();
    };
    window.hover_at(place);
    window.step();
    press(&mut window);
    let id = window.state().state.shown().unwrap();
    let snapshot = window.state().state.session.snapshot(id).unwrap();
    let selected = window.state_mut().state.shown_view().unwrap().object.target().expect("a click selects").node;
    assert_eq!(snapshot.display_name(selected), "(GC roots)");
    window.key_press(egui::Key::Enter);
    step(&mut window);
    wait_until(&mut window, "the picture", |app| !app.shown_view().unwrap().panes.dominators.picture.is_busy());
    assert_eq!(window.state_mut().state.shown_view().unwrap().panes.dominators.picture.zoomed(), Some(selected));
    wait_for_label(&mut window, "Back to All");
    window.get_by_label("Back to All").click();
    let root = snapshot.root();
    wait_until(&mut window, "the whole treemap", |app| {
        app.shown_view().unwrap().panes.dominators.picture.zoomed() == Some(root)
    });
    assert_eq!(window.state_mut().state.shown_view().unwrap().panes.dominators.picture.zoomed(), Some(snapshot.root()));
}

#[test]
fn a_list_is_written_as_csv_and_json() {
    let mut window = window(&[]);
    drop_file(&mut window, &example());
    wait_for_load(&mut window);
    wait_for_label(&mut window, "ShoppingCart  ×2,020");
    let folder = tempfile::tempdir().unwrap();
    let id = window.state().state.shown().unwrap();
    let list = ExportList::Rows(OrderKey {
        snapshot: id,
        list: heapglass::test_support::query::ListSpec::Classes,
        sort: heapglass::test_support::query::Sort::BY_RETAINED_SIZE,
        filter: heapglass::test_support::query::Filter::default(),
    });
    for name in ["classes.csv", "classes.json"] {
        let file = folder.path().join(name);
        window.state_mut().state.toasts.clear();
        window.state_mut().state.export_to(file.clone(), list.clone());
        wait_until(&mut window, "the export", |app| app.toasts.latest().is_some());
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains("ShoppingCart"), "{text:.200}");
        if name.ends_with("json") {
            let rows: serde_json::Value = serde_json::from_str(&text).unwrap();
            let row = rows.as_array().unwrap().iter().find(|row| row["name"] == "ShoppingCart").unwrap();
            assert_eq!(row["count"], 2020);
        } else {
            let columns = "name,script_id,line,column,count,distance,system_distance,shallow_size,retained_size\n";
            assert!(text.starts_with(columns));
        }
    }
    // A place where nothing can be written is an answer too.
    window.state_mut().state.toasts.clear();
    window.state_mut().state.export_to(folder.path().join("no/such/folder.csv"), list);
    wait_until(&mut window, "the refusal", |app| app.toasts.latest().is_some());
    let notice = window.state().state.toasts.latest().unwrap();
    assert!(notice.text.contains("folder.csv") && notice.is_problem);
}

#[test]
fn dragging_one_snapshot_onto_another_compares_them() {
    let mut window = window(&[]);
    // One after the other, so that nothing is compared by itself.
    drop_file(&mut window, &example());
    wait_for_load(&mut window);
    drop_file(&mut window, &example_before());
    wait_for_load(&mut window);
    step(&mut window);
    assert_eq!(window.state_mut().state.shown_view().unwrap().kind, ViewKind::SUMMARY);
    let center = |window: &Window, name: &str| {
        window.get_by_role_and_label(Role::ListItem, &format!("Snapshot {name}")).rect().center()
    };
    let from = center(&window, "example-after.heapsnapshot.zst");
    let to = center(&window, "example-before.heapsnapshot.zst");
    let button = |pos, pressed| egui::Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::NONE,
    };
    window.hover_at(from);
    window.step();
    window.event(button(from, true));
    window.step();
    for part in [0.3, 0.6, 1.0] {
        window.hover_at(from + (to - from) * part);
        window.step();
    }
    window.event(button(to, false));
    step(&mut window);
    let app = &mut window.state_mut().state;
    assert_eq!(app.shown_view().unwrap().kind, ViewKind::COMPARISON);
    let base = app.shown_view().unwrap().panes.comparison.base.unwrap();
    // Whichever was dragged, the older one is the base.
    let base = app.session.snapshot(base).unwrap();
    assert_eq!(base.source().name, "example-before.heapsnapshot.zst");
    wait_for_label(&mut window, "ShoppingCart  leaky-server.mjs:14:14, 2,000, 0, +2,000");
}

#[test]
fn the_context_menu_of_a_class_merges_its_retaining_paths() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    wait_for_label(&mut window, "ShoppingCart  ×2,020");
    let row = window
        .query_all_by_role(Role::Row)
        .find(|row| row.accesskit_node().label().is_some_and(|label| label.starts_with("ShoppingCart  ×2,020")));
    row.unwrap().click_secondary();
    step(&mut window);
    window.get_by_label("Merge retaining paths").click();
    step(&mut window);
    wait_until(&mut window, "the paths", |app| !app.shown_view().unwrap().paths.is_busy());
    wait_for_label(&mut window, "Paths from the roots to 2,020 objects: ShoppingCart");
    wait_for_label(&mut window, "global, 2,020, 100%");
}

#[test]
fn revealing_an_object_two_hundred_thousand_levels_deep_stops_at_the_deepest_row() {
    let mut window = window(&[common::case("deep-chain").file]);
    wait_for_load(&mut window);
    let id = window.state().state.shown().unwrap();
    let snapshot = window.state().state.session.snapshot(id).unwrap();
    let far = snapshot.graph().nodes().max_by_key(|&node| snapshot.distance(node).user()).unwrap();
    assert!(snapshot.distance(far).user().unwrap() > 100_000);
    let slot = Slot { side: 0, id };
    let target = Target { snapshot: id, node: far };
    for kind in [ViewKind::DOMINATORS, ViewKind::CONTAINMENT] {
        window.state_mut().state.run(slot, Command::Reveal(target, kind));
        wait_until(&mut window, kind.label(), |app| !app.shown_view().unwrap().is_busy());
        wait_for_label(&mut window, "levels deep");
        let view = window.state_mut().state.shown_view().unwrap();
        let table = if kind == ViewKind::CONTAINMENT {
            &view.panes.containment.tree.table
        } else {
            &view.panes.dominators.tree.table
        };
        assert!(table.row_count() > 190, "as far as it goes");
        // The deepest row is another object than the one in the lower panes, so it is not selected.
        assert_eq!(table.selection(), None);
        assert_eq!(view.object.target().unwrap().node, far);
    }
}

#[test]
fn the_panes_below_keep_their_height_whatever_they_show() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    let top = |window: &Window| window.get_by_label("Paths").rect().top();
    select_cart(&mut window);
    let before = top(&window);
    let check = |window: &mut Window, what: &str| {
        for at in 0..60_u8 {
            window.event(egui::Event::PointerMoved(egui::pos2(300.0 + f32::from(at), 200.0)));
            window.step();
        }
        assert!((top(window) - before).abs() < 0.5, "{what}: from {before} to {}", top(window));
    };
    check(&mut window, "retainers");
    click_row(&mut window, "price in {price}");
    wait_for_label(&mut window, "Cutting price would free 1.9 MB");
    check(&mut window, "a reference");
    window.get_by_label("Paths").click();
    check(&mut window, "paths");
    for kind in [ViewKind::COMPARISON, ViewKind::DOMINATORS, ViewKind::CONTAINMENT, ViewKind::SEARCH] {
        show(&mut window, kind);
        check(&mut window, kind.label());
    }
}

#[test]
fn an_object_outside_the_filter_is_revealed_without_moving_the_table() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    wait_for_label(&mut window, "ShoppingCart  ×2,020");
    let state = &mut window.state_mut().state;
    let slot = Slot { side: 0, id: state.sides[0].unwrap() };
    let snapshot = state.session.snapshot(slot.id).unwrap();
    let node = snapshot.graph().nodes().find(|node| snapshot.class(*node).name == "ShoppingCart").unwrap();
    state.run(slot, Command::Filter(NodeFilter::DuplicatedStrings));
    wait_for_label(&mut window, "Duplicate strings:");
    let header = |window: &Window| window.get_by_label("Constructor").rect();
    let before = header(&window);
    let target = Target { snapshot: slot.id, node };
    window.state_mut().state.run(slot, Command::Reveal(target, ViewKind::SUMMARY));
    wait_for_label(&mut window, "The filter “Duplicate strings” was removed: it excludes the object");
    wait_until(&mut window, "the object", |app| !app.shown_view().unwrap().panes.summary.tree.table.is_revealing());
    assert_eq!(header(&window), before, "the table does not move");
    window.get_by_label("Restore filter").click();
    for _ in 0..3 {
        window.step();
    }
    let nodes = &window.state_mut().state.shown_view().unwrap().panes.summary.nodes;
    assert_eq!(*nodes, NodeFilter::DuplicatedStrings);
}
