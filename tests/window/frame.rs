//! The frame around the views: messages, dialogs, help, the list of files and recent files.

use egui::Key;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use heapglass::test_support::ui::action::Action;

use crate::inspector::{Habit, Inspector};
use crate::window::{Window, click_row, example, example_before, wait_for_label, wait_for_load, window};

fn steps(window: &mut Window, count: usize) {
    for _ in 0..count {
        window.step();
    }
}

fn apply(window: &mut Window, action: Action) {
    let ctx = window.ctx.clone();
    window.state_mut().state.apply(&ctx, action);
    steps(window, 4);
}

fn has(window: &Window, label: &str) -> bool {
    window.query_all_by_label_contains(label).next().is_some()
}

/// Runs frames for some seconds of the window's clock.
fn pass_seconds(window: &mut Window, seconds: f64) {
    let until = window.ctx.input(|input| input.time) + seconds;
    while window.ctx.input(|input| input.time) < until {
        window.step();
    }
}

#[test]
fn copying_a_row_shows_the_copied_text_for_some_seconds() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    click_row(&mut window, "ShoppingCart  ×2,020");
    window.input_mut().events.push(egui::Event::Copy);
    steps(&mut window, 2);
    assert!(has(&window, "Copied 1 line: ShoppingCart"));
    pass_seconds(&mut window, 6.0);
    assert!(!has(&window, "Copied 1 line"), "a fact disappears by itself");
}

#[test]
fn a_problem_stays_until_it_is_dismissed_and_does_not_take_the_focus() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    click_row(&mut window, "ShoppingCart  ×2,020");
    let focused = window.ctx.memory(egui::Memory::focused);
    window.state_mut().state.add_source_folder(std::path::Path::new("/no/such/folder"));
    steps(&mut window, 2);
    assert!(has(&window, "Folder /no/such/folder does not exist"));
    assert_eq!(window.ctx.memory(egui::Memory::focused), focused);
    pass_seconds(&mut window, 30.0);
    window.get_by_label("Copy message").click();
    steps(&mut window, 12);
    assert!(has(&window, "Copied 1 line: Folder /no/such/folder"));
    window.get_by_label("Dismiss message").click();
    steps(&mut window, 3);
    assert!(!has(&window, "Dismiss message"));
}

#[test]
fn a_closed_dialog_gives_the_focus_back() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    click_row(&mut window, "ShoppingCart  ×2,020");
    let focused = window.ctx.memory(egui::Memory::focused);
    assert!(focused.is_some());
    for action in [Action::Keys, Action::Glossary, Action::ChooseEditor, Action::Capture] {
        apply(&mut window, action.clone());
        assert!(has(&window, "Close"));
        assert_ne!(window.ctx.memory(egui::Memory::focused), focused, "{action:?} has the focus");
        window.key_press(Key::Escape);
        steps(&mut window, 2);
        assert!(window.query_by_role(egui::accesskit::Role::Dialog).is_none(), "{action:?} is closed");
        assert_eq!(window.ctx.memory(egui::Memory::focused), focused, "after {action:?}");
    }
}

#[test]
fn dialogs_are_inside_a_small_window() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    window.set_size(egui::vec2(640.0, 480.0));
    for (id, action) in [
        ("help", Action::Keys),
        ("help", Action::Glossary),
        ("choose an editor", Action::ChooseEditor),
        ("capture", Action::Capture),
    ] {
        apply(&mut window, action.clone());
        let screen = window.ctx.content_rect();
        let area = window.ctx.memory(|memory| memory.area_rect(egui::Id::unique(("dialog", id))));
        let dialog = area.unwrap();
        assert!(screen.contains_rect(dialog), "{action:?} is at {dialog}");
        window.get_by_label("Close").click();
        steps(&mut window, 3);
        assert!(window.query_by_role(egui::accesskit::Role::Dialog).is_none(), "{action:?} is closed");
    }
}

#[test]
fn shortcuts_are_found_by_name_and_by_key() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    apply(&mut window, Action::Keys);
    assert!(window.get_by_label("Find a shortcut").accesskit_node().is_focused());
    window.get_by_label("Find a shortcut").type_text("flame zoom");
    steps(&mut window, 3);
    assert!(has(&window, "Zoom to the call, or to its caller"));
    assert!(!has(&window, "Search objects"));
    window.get_by_label("About").click();
    steps(&mut window, 3);
    assert!(has(&window, "JetBrains Mono (names and numbers): SIL Open Font License 1.1"));
    window.get_by_label("Report a problem").click();
    steps(&mut window, 3);
    window.get_by_label("Copy report").click();
    steps(&mut window, 2);
    wait_for_label(&mut window, "Copied ");
}

/// Opens the menu of an entry of the list by its button.
fn open_menu(window: &mut Window, name: &str) {
    window.get_by_label(&format!("More actions for {name}")).click();
    steps(window, 3);
}

const BEFORE: &str = "example-before.heapsnapshot.zst";
const AFTER: &str = "example-after.heapsnapshot.zst";

#[test]
fn a_renamed_snapshot_has_its_new_name_in_the_list_and_in_the_comparison() {
    let mut window = window(&[example_before(), example()]);
    wait_for_load(&mut window);
    open_menu(&mut window, BEFORE);
    window.get_by_label("Rename…").click();
    steps(&mut window, 4);
    let field = window.get_by_label("Name of the file in this window");
    assert!(field.accesskit_node().is_focused());
    field.type_text(" (baseline)");
    steps(&mut window, 2);
    window.get_by_label("Rename the file").click();
    steps(&mut window, 4);
    assert!(has(&window, &format!("Snapshot {BEFORE} (baseline)")));
    assert!(has(&window, &format!("More actions for {BEFORE} (baseline)")));
    open_menu(&mut window, AFTER);
    assert!(has(&window, "Compare with"));
    window.key_press(Key::Escape);
    steps(&mut window, 3);
    let source = window.state().state.session.open()[0].snapshot.source().name.clone();
    assert_eq!(source, BEFORE, "the file keeps its name");
}

#[test]
fn the_menu_of_a_snapshot_copies_its_path_and_closes_the_others() {
    let mut window = window(&[example_before(), example()]);
    wait_for_load(&mut window);
    open_menu(&mut window, BEFORE);
    window.get_by_label("Copy path").click();
    steps(&mut window, 3);
    assert!(has(&window, "Copied 1 line: "));
    open_menu(&mut window, BEFORE);
    window.get_by_label("Close others").click();
    steps(&mut window, 4);
    let open = window.state().state.session.open();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].snapshot.source().name, BEFORE);
}

/// The names of the listed snapshots from top to bottom.
fn listed(window: &Window) -> Vec<String> {
    let entries = window.query_all_by_role(egui::accesskit::Role::ListItem);
    let mut entries: Vec<(f32, String)> = entries
        .filter_map(|node| Some((node.rect().top(), node.accesskit_node().label()?)))
        .filter(|(_, label)| label.starts_with("Snapshot "))
        .collect();
    entries.sort_by(|a, b| a.0.total_cmp(&b.0));
    entries.into_iter().map(|(_, label)| label).collect()
}

#[test]
fn a_snapshot_that_is_dropped_between_others_moves_there() {
    let mut window = window(&[example_before(), example()]);
    wait_for_load(&mut window);
    let names = [BEFORE, AFTER].map(|name| format!("Snapshot {name}"));
    assert_eq!(listed(&window), names);
    let rect = |window: &Window, name: &str| window.get_by_label(name).rect();
    let (dragged, over) = (rect(&window, &names[1]), rect(&window, &names[0]));
    let view = window.state_mut().state.shown_view().map(|view| view.kind);
    window.drag_at(dragged.center());
    window.step();
    for at in [dragged.center_top(), over.center(), over.center_top() + egui::vec2(0.0, 2.0)] {
        window.hover_at(at);
        window.step();
    }
    window.drop_at(over.center_top() + egui::vec2(0.0, 2.0));
    steps(&mut window, 4);
    assert_eq!(listed(&window), [names[1].clone(), names[0].clone()]);
    assert_eq!(window.state_mut().state.shown_view().map(|view| view.kind), view, "nothing else changed");
}

#[test]
fn files_that_were_opened_together_are_one_recent_set_and_open_together_again() {
    let mut window = window(&[example_before(), example()]);
    wait_for_load(&mut window);
    let sets = window.state().state.settings.recent_sets.clone();
    assert_eq!(sets.len(), 1);
    assert_eq!(sets[0].files, [example_before(), example()]);
    for _ in 0..2 {
        apply(&mut window, Action::CloseShown);
    }
    wait_for_label(&mut window, "2 files in ");
    window.get_by_label_contains("2 files in ").click();
    steps(&mut window, 2);
    wait_for_load(&mut window);
    assert_eq!(window.state().state.session.open().len(), 2);
    assert_eq!(window.state().state.settings.recent_sets.len(), 1);
}

#[test]
fn a_missing_file_of_a_recent_set_is_reported_and_the_others_open() {
    let mut window = window(&[]);
    apply(&mut window, Action::OpenTogether(vec!["/no/such.heapsnapshot".into(), example()]));
    wait_for_load(&mut window);
    assert_eq!(window.state().state.session.open().len(), 1);
    wait_for_label(&mut window, "such.heapsnapshot");
}

#[test]
fn the_capture_dialog_lists_running_programs_and_connects_to_the_chosen_one() {
    let inspector = Inspector::of(Habit::Honest, &["{}"]);
    let mut window = window(&[]);
    let port = inspector.address.rsplit(':').next().unwrap().parse().unwrap();
    let search = &mut window.state_mut().state.capture.search;
    (search.ports, search.asks_processes) = (vec![port], false);
    apply(&mut window, Action::Capture);
    let field = window.get_by_label("Address of the inspector").rect();
    wait_for_label(&mut window, "orders.js, node on port");
    assert_eq!(window.get_by_label("Address of the inspector").rect(), field, "the form stays still");
    window.get_by_label_contains("orders.js, node on port").click();
    wait_for_label(&mut window, "Take a snapshot");
    assert_eq!(window.get_by_label("Address of the inspector").rect(), field);
    assert_eq!(window.state().state.capture.address, inspector.address);
}

#[test]
fn the_capture_dialog_says_how_to_start_a_program_if_none_runs() {
    let mut window = window(&[]);
    let search = &mut window.state_mut().state.capture.search;
    (search.ports, search.asks_processes) = (Vec::new(), false);
    apply(&mut window, Action::Capture);
    wait_for_label(&mut window, "No running program found. Start one with");
    window.get_by_label("Copy command").click();
    steps(&mut window, 2);
    assert!(has(&window, "Copied 1 line: node --inspect server.js"));
}
