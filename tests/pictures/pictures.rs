//! Pictures of every view in light and dark, for the README and for review. They are written if `UPDATE_SCREENSHOTS` is set;
//! otherwise the test only draws them. Without a graphics adapter it prints a note and passes, except under CI.

use crate::common;
use crate::generated;
use crate::inspector;
use crate::node;
use crate::png_file;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use crate::window::{
    Window, broken, brush, bundled, click_row, cut_example, dismiss_hints, example, example_before, expand, show,
    slow_source, source_lines, type_into, wait_for_label, wait_for_load, wait_until,
};
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use heapglass::test_support::capture::{Address, Connection, Kind, Plan, Remote, Watch};
use heapglass::test_support::index::Indexes;
use heapglass::test_support::model::CancelToken;
use heapglass::test_support::ui::HeapglassApp;
use heapglass::test_support::ui::action::Action;
use heapglass::test_support::ui::command::{
    Beside, Command, ExportList, HelpTab, ReportWish, SourceAt, Target, ViewKind,
};
use heapglass::test_support::ui::panes::Slot;
use heapglass::test_support::ui::settings::RecentSet;

/// A picture: its name, the open files, and the steps before it is taken.
type Picture = (&'static str, Files, fn(&mut Window));

#[derive(Clone, Copy, PartialEq, Eq)]
enum Files {
    None,
    Example,
    Pair,
    /// Three snapshots of one program that leaks, taken for the picture.
    Series,
    /// Three snapshots of a generated program that leaks.
    Leak,
    /// As `Leak`, with the script on disk.
    Script,
    /// The last of these.
    ScriptSingle,
    /// Three of one that does not.
    Healthy,
    Broken,
    Timeline,
    Profile,
    Profiles,
    Cut,
    /// A page that leaks variables of closures.
    Chromium,
    Bun,
    Deno,
    Hermes,
    Julia,
    /// A linked list.
    List,
    /// A generated program with installed packages.
    Packages,
}

/// Pictures that one theme is enough for.
const ONE_THEME: [(&str, &str); 18] = [
    ("report-saved", "dark"),
    ("source-missing", "light"),
    ("editor", "light"),
    ("settings", "dark"),
    ("findings-single", "light"),
    ("collections-single", "dark"),
    ("findings-computing", "light"),
    ("dominators-list", "light"),
    ("bun", "light"),
    ("deno", "dark"),
    ("hermes", "dark"),
    ("julia", "light"),
    ("rename", "light"),
    ("help-views", "light"),
    ("help-about", "dark"),
    ("help-report", "light"),
    ("recent", "light"),
    ("capture-found", "dark"),
];

const PICTURES: &[Picture] = &[
    ("empty", Files::None, |_| {}),
    ("loading", Files::None, loading),
    ("error", Files::Broken, |_| {}),
    ("error-offer", Files::Cut, offer),
    ("damaged", Files::Cut, damaged),
    ("findings", Files::Leak, findings),
    ("findings-likely", Files::Pair, findings_likely),
    ("findings-healthy", Files::Healthy, findings_healthy),
    ("findings-single", Files::Example, findings_of_one),
    ("findings-computing", Files::Example, findings_computing),
    ("save-report", Files::Leak, save_report),
    ("report-saved", Files::Leak, report_saved),
    ("summary", Files::Example, select_cart),
    ("filters", Files::Pair, filters),
    ("comparison", Files::Pair, comparison),
    ("side-by-side", Files::Pair, side_by_side),
    ("containment", Files::Example, containment),
    ("dominators", Files::Example, dominators),
    ("dominators-treemap", Files::Example, dominator_picture),
    ("dominators-list", Files::List, dominator_picture),
    ("statistics", Files::Example, |window| show(window, ViewKind::STATISTICS)),
    ("strings", Files::Example, strings),
    ("scripts", Files::Packages, scripts),
    ("scripts-packages", Files::Packages, packages),
    ("dominators-packages", Files::Packages, dominators_by_package),
    ("realms", Files::Example, contexts),
    ("dead-variables", Files::Chromium, dead_variables),
    ("source-position", Files::Chromium, source_position),
    ("source-finding", Files::Script, source_of_finding),
    ("source", Files::ScriptSingle, source_of_class),
    ("source-missing", Files::Leak, source_missing),
    ("editor", Files::ScriptSingle, choice_of_editor),
    ("settings", Files::ScriptSingle, settings),
    ("bun", Files::Bun, |window| show(window, ViewKind::STATISTICS)),
    ("deno", Files::Deno, deno),
    ("hermes", Files::Hermes, hermes),
    ("julia", Files::Julia, |window| show(window, ViewKind::STATISTICS)),
    ("search", Files::Example, search),
    ("search-help", Files::Example, |window| show(window, ViewKind::SEARCH)),
    ("query", Files::Example, query),
    ("query-empty", Files::Example, |window| show(window, ViewKind::QUERY)),
    ("query-error", Files::Example, query_error),
    ("paths", Files::Example, paths),
    ("merged-paths", Files::Example, merged_paths),
    ("ignored", Files::Example, ignored),
    ("growth", Files::Series, growth),
    ("collections", Files::Series, collections),
    ("collections-single", Files::Example, |window| show(window, ViewKind::COLLECTIONS)),
    ("capture", Files::None, capture),
    ("capturing", Files::None, capturing),
    ("capture-confirm", Files::None, confirm),
    ("timeline", Files::Timeline, timeline),
    ("timeline-summary", Files::Timeline, timeline_summary),
    ("allocations", Files::Timeline, allocations),
    ("allocations-flame", Files::Timeline, allocations_flame),
    ("allocated-by", Files::Timeline, allocated_by),
    ("profile", Files::Profile, profile),
    ("profile-heavy", Files::Profile, profile_heavy),
    ("profile-compared", Files::Profiles, profile_compared),
    ("profile-compared-heavy", Files::Profiles, profile_compared_heavy),
    ("palette", Files::Example, |window| window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::P)),
    ("glossary", Files::Example, |window| window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::G)),
    ("keys", Files::Example, |window| window.key_press(egui::Key::F1)),
    ("toasts", Files::Pair, toasts),
    ("entry-menu", Files::Pair, entry_menu),
    ("rename", Files::Pair, rename),
    ("scrub", Files::Pair, scrubbed_copy),
    ("notes", Files::Example, notes),
    ("note-dialog", Files::Example, note_dialog),
    ("recent", Files::None, |_| {}),
    ("help-views", Files::Example, |window| apply(window, Action::Help(HelpTab::Views))),
    ("help-about", Files::Example, |window| apply(window, Action::Help(HelpTab::About))),
    ("help-report", Files::Example, |window| apply(window, Action::Help(HelpTab::Report))),
    ("capture-found", Files::None, capture_found),
    ("comparison-treemap", Files::Pair, comparison_treemap),
    ("comparison-one", Files::Example, |window| show(window, ViewKind::COMPARISON)),
    ("growth-one", Files::Example, |window| show(window, ViewKind::GROWTH)),
    ("growth-pair", Files::Pair, growth_pair),
    ("hint", Files::Example, hint),
    ("columns", Files::Example, columns),
    ("selected-rows", Files::Example, selected_rows),
    ("two-objects", Files::Example, two_objects),
];

/// Adds a note to the selected object.
fn add_note(window: &mut Window, text: &str) {
    apply(window, Action::NoteSelected);
    window.step();
    window.get_by_label("Text of the note").type_text(text);
    window.step();
    window.get_by_label("Save note").click();
    window.step();
}

/// Shows notes about a class and an object, with the stars in their rows.
fn notes(window: &mut Window) {
    select_cart(window);
    add_note(window, "The oldest one");
    click_row(window, "ShoppingCart  ×2,020");
    add_note(window, "One per request: who calls off()?");
    wait_for_label(window, "★ ShoppingCart");
}

fn note_dialog(window: &mut Window) {
    select_cart(window);
    apply(window, Action::NoteSelected);
    window.step();
    window.get_by_label("Text of the note").type_text("Kept by the listener of priceFeed");
    window.step();
}

fn apply(window: &mut Window, action: Action) {
    let ctx = window.ctx.clone();
    window.state_mut().state.apply(&ctx, action);
    window.step();
}

/// Shows two problems, which stay until they are dismissed.
fn toasts(window: &mut Window) {
    for folder in
        ["/no/such/folder", "/home/user/projects/checkout-service/dist/with-a-long-name/of-a-folder/that-is-not-there"]
    {
        window.state_mut().state.add_source_folder(Path::new(folder));
    }
}

fn entry_menu(window: &mut Window) {
    show(window, ViewKind::SUMMARY);
    window.get_by_label("More actions for example-after.heapsnapshot.zst").click();
}

fn rename(window: &mut Window) {
    entry_menu(window);
    wait_for_label(window, "Rename…");
    window.get_by_label("Rename…").click();
}

fn scrubbed_copy(window: &mut Window) {
    show(window, ViewKind::SUMMARY);
    apply(window, Action::ScrubShown);
    wait_for_label(window, "names of classes");
    // The proposed path depends on the machine.
    let field = window.get_by_role_and_label(Role::TextInput, "Path of the copy (.gz or .zst to compress it)");
    field.focus();
    window.step();
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    window.step();
    let path = "/home/user/heaps/scrubbed-example-after.heapsnapshot.zst";
    window.get_by_role_and_label(Role::TextInput, "Path of the copy (.gz or .zst to compress it)").type_text(path);
}

/// Sets of files that an earlier run has opened.
fn recent_sets() -> Vec<RecentSet> {
    let set = |files: &[&str], seconds: i64| RecentSet {
        files: files.iter().map(PathBuf::from).collect(),
        opened: Some(jiff::Timestamp::from_second(seconds).unwrap()),
    };
    vec![
        set(&["/heaps/prod/Heap.20260101.checkout.1.heapsnapshot", "/heaps/prod/b", "/heaps/prod/c"], 1_767_265_320),
        set(&["/home/user/Downloads/Heap.20260101.090502.4711.0.001.heapsnapshot"], 1_767_150_000),
        set(
            &["/home/user/projects/a-service-with-a-long-name/and-a-deep-folder/heaps/leak.heapsnapshot"],
            1_700_000_000,
        ),
    ]
}

fn capture_found(window: &mut Window) {
    let inspector = inspector::Inspector::of(inspector::Habit::Honest, &["{}"]);
    let port = inspector.address.rsplit(':').next().unwrap().parse().unwrap();
    let pane = &mut window.state_mut().state.capture;
    (pane.search.ports, pane.search.asks_processes) = (vec![port], false);
    "/home/user/heapglass-captures".clone_into(&mut pane.folder);
    pane.is_open = true;
    wait_for_label(window, "orders.js, node on port");
    window.get_by_label_contains("orders.js, node on port").click();
    wait_until(window, "the connection", |app| !app.capture.state().isolates.is_empty());
}

/// Looks for no running programs, so that the picture does not depend on them.
fn without_programs(window: &mut Window) {
    let search = &mut window.state_mut().state.capture.search;
    search.ports.clear();
    search.asks_processes = false;
}

fn comparison_treemap(window: &mut Window) {
    window.get_by_label("Treemap").click();
    window.step();
    wait_until(window, "the treemap", |app| !app.shown_view().unwrap().is_busy());
}

fn growth_pair(window: &mut Window) {
    show(window, ViewKind::GROWTH);
    click_row(window, "ShoppingCart");
    window.get_by_label_contains("Snapshot 2, example-after").click();
}

fn hint(window: &mut Window) {
    window.state_mut().state.settings.dismissed_hints.clear();
    show(window, ViewKind::DOMINATORS);
    wait_for_label(window, "(GC roots)");
}

fn loading(window: &mut Window) {
    // A stream that stops half-way looks like a large file.
    let (source, feed) = slow_source();
    window.state_mut().state.session.load(source);
    std::mem::forget(feed);
    for _ in 0..40 {
        window.step();
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn offer(window: &mut Window) {
    wait_for_label(window, "Open partially");
}

fn damaged(window: &mut Window) {
    offer(window);
    window.get_all_by_label_contains("Open partially: ").next().unwrap().click();
    window.step();
    wait_for_load(window);
    wait_for_label(window, "This file is damaged");
}

fn select_cart(window: &mut Window) {
    expand(window, "ShoppingCart  ×2,020");
    click_row(window, "ShoppingCart @");
    wait_until(window, "the path", |app| !app.shown_view().unwrap().retainers.is_busy());
}

fn columns(window: &mut Window) {
    select_cart(window);
    window.get_by_label("Summary columns").click();
    for _ in 0..3 {
        window.step();
    }
}

fn selected_rows(window: &mut Window) {
    select_cart(window);
    for _ in 0..2 {
        window.key_press_modifiers(egui::Modifiers::SHIFT, egui::Key::ArrowDown);
        window.step();
    }
    wait_for_label(window, "3 objects selected: ");
}

fn two_objects(window: &mut Window) {
    select_cart(window);
    window.key_press_modifiers(egui::Modifiers::SHIFT, egui::Key::ArrowDown);
    wait_for_label(window, "2 objects selected: ");
    window.get_by_label("Compare objects").click();
    wait_for_label(window, "have the same value");
}

fn findings(window: &mut Window) {
    show(window, ViewKind::FINDINGS);
    wait_for_label(window, "Finding, Leak");
}

fn save_report(window: &mut Window) {
    findings(window);
    window.get_by_label("Save report…").click();
    wait_for_label(window, "Notes at the top of the report");
    let notes = "checkout 4.2.1 on eu-3, after 400 logins each.\nTicket SHOP-1187.";
    type_into(window, "Notes at the top of the report", notes);
}

/// The message about a report that was written has a button.
fn report_saved(window: &mut Window) {
    findings(window);
    let series = window.state().state.session.open().iter().map(|open| open.id).collect();
    let wish = ReportWish { series, with_source_lines: false, remarks: String::new(), ignored: Vec::new() };
    // The name is on the picture.
    let file = std::env::temp_dir().join("heap-report.html");
    let _ = std::fs::remove_file(&file);
    window.state_mut().state.export_to(file.clone(), ExportList::Report(wish));
    wait_for_label(window, "Open the file");
    let _ = std::fs::remove_file(&file);
}

fn findings_likely(window: &mut Window) {
    show(window, ViewKind::FINDINGS);
    wait_for_label(window, "Finding, Likely a leak");
}

fn findings_healthy(window: &mut Window) {
    show(window, ViewKind::FINDINGS);
    wait_for_label(window, "Nothing grows without bound");
}

fn findings_of_one(window: &mut Window) {
    show(window, ViewKind::FINDINGS);
    wait_for_label(window, "Finding, Watch");
}

fn findings_computing(window: &mut Window) {
    let (source, feed) = slow_source();
    window.state_mut().state.session.load(source);
    std::mem::forget(feed);
    show(window, ViewKind::FINDINGS);
}

fn filters(window: &mut Window) {
    show(window, ViewKind::SUMMARY);
    window.get_by_role_and_label(Role::Button, "Filter objects").click();
    for _ in 0..30 {
        window.step();
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn comparison(window: &mut Window) {
    expand(window, "ShoppingCart  leaky-server");
    click_row(window, "ShoppingCart @");
    wait_until(window, "the path", |app| !app.shown_view().unwrap().retainers.is_busy());
}

fn side_by_side(window: &mut Window) {
    let ctx = window.ctx.clone();
    show(window, ViewKind::SUMMARY);
    window.state_mut().state.apply(&ctx, Action::ToggleSplit);
    for side in 0..2 {
        "cart".clone_into(&mut window.state_mut().state.view_of(side).unwrap().panes.summary.filter);
    }
    // A click must not fall on a list that is about to change.
    wait_until(window, "the filtered lists", |app| {
        (0..2).all(|side| app.view_of(side).unwrap().panes.summary.tree.table.row_count() == 2)
    });
    // A cart of one of the first requests, which is in both.
    let app = &mut window.state_mut().state;
    let slot = Slot { side: 0, id: app.sides[0].unwrap() };
    let [current, before] = [0, 1].map(|side: usize| app.session.snapshot(app.sides[side].unwrap()).unwrap());
    let in_both = |node: &heapglass::test_support::model::NodeOrdinal| {
        current.class(*node).name == "ShoppingCart" && before.graph().find_id(current.id(*node)).is_some()
    };
    let node = current.graph().nodes().find(in_both).unwrap();
    app.run(slot, Command::Reveal(Target { snapshot: slot.id, node }, ViewKind::SUMMARY));
    wait_until(window, "the other side", |app| app.view_of(1).unwrap().object.target().is_some());
}

fn containment(window: &mut Window) {
    show(window, ViewKind::CONTAINMENT);
    wait_for_label(window, "(GC roots)");
    expand(window, "[1] :: (GC roots)");
}

fn dominators(window: &mut Window) {
    select_cart(window);
    show(window, ViewKind::DOMINATORS);
    // The view goes to the selected object.
    wait_for_label(window, "ShoppingCart @117563");
    wait_until(window, "the object", |app| !app.shown_view().unwrap().is_busy());
}

fn strings(window: &mut Window) {
    show(window, ViewKind::STRINGS);
}

fn scripts(window: &mut Window) {
    show(window, ViewKind::SCRIPTS);
    expand(window, "session.mjs");
    expand(window, "session.mjs?t=2");
    click_row(window, "Session @");
}

fn packages(window: &mut Window) {
    show(window, ViewKind::SCRIPTS);
    wait_for_label(window, "session.mjs");
    window.get_by_label("By package").click();
    window.step();
    expand(window, "express");
}

fn dominators_by_package(window: &mut Window) {
    dominator_picture(window);
    window.get_by_label("By package").click();
    window.step();
    wait_for_label(window, "No package");
}

fn contexts(window: &mut Window) {
    show(window, ViewKind::REALMS);
}

fn dead_variables(window: &mut Window) {
    let ctx = window.ctx.clone();
    window.state_mut().state.apply(&ctx, Action::ShowDeadVariables);
    wait_for_label(window, "unused  of closureLeak()");
    expand(window, "unused  of closureLeak()");
    click_row(window, "unused :: {huge, arr}");
    wait_until(window, "the path", |app| !app.shown_view().unwrap().retainers.is_busy());
}

/// Goes to the first object whose class and name are these.
fn reveal(window: &mut Window, class: &str, name: &str) {
    let app = &mut window.state_mut().state;
    let slot = Slot { side: 0, id: app.sides[0].unwrap() };
    let snapshot = app.session.snapshot(slot.id).unwrap();
    let is_it = |node: &heapglass::test_support::model::NodeOrdinal| {
        snapshot.class(*node).name == class && snapshot.raw_name(*node) == name && snapshot.shallow_size(*node) > 0
    };
    let node = snapshot.graph().nodes().find(is_it).unwrap();
    app.run(slot, Command::Reveal(Target { snapshot: slot.id, node }, ViewKind::SUMMARY));
    wait_until(window, "the row", |app| !app.shown_view().unwrap().is_busy());
}

fn source_position(window: &mut Window) {
    reveal(window, "Function", "onRowClick");
    wait_for_label(window, "li.addEventListener(");
}

/// The line of a finding that adds to the holder.
fn source_of_finding(window: &mut Window) {
    show(window, ViewKind::FINDINGS);
    wait_for_label(window, "registry.mjs:65");
    window.get_all_by_label("registry.mjs:65").next().unwrap().click();
    window.step();
    wait_for_label(window, "Line 65: ");
    wait_for_label(window, "is written in");
}

/// The class of an object, with the lines that fill its holder.
fn source_of_class(window: &mut Window) {
    window.state_mut().state.settings.beside = Beside::Source;
    expand(window, "Session  ×");
    click_row(window, "Session @");
    wait_for_label(window, "Line 69: ");
    wait_for_label(window, "is written in");
}

/// A script whose text is cut and whose file does not exist.
fn source_missing(window: &mut Window) {
    window.state_mut().state.settings.beside = Beside::Source;
    show(window, ViewKind::SUMMARY);
    window.step();
    let state = &mut window.state_mut().state;
    let slot = Slot { side: 0, id: state.sides[0].unwrap() };
    let url = "file:///srv/app/pages.mjs".to_owned();
    state
        .run(slot, Command::ShowSource { at: SourceAt::Named { of: slot.id, url, line: 44, column: 24 }, opens: true });
    wait_for_label(window, "No source text for this script");
}

fn choice_of_editor(window: &mut Window) {
    source_of_class(window);
    let ctx = window.ctx.clone();
    window.state_mut().state.apply(&ctx, Action::ChooseEditor);
    window.step();
    if let Some(other) = window.query_by_label("Other…") {
        other.click();
    }
    window.step();
}

fn settings(window: &mut Window) {
    source_of_class(window);
    window.state_mut().state.settings.editor = Some("code --goto {file}:{line}:{column}".to_owned());
    let root = std::env::temp_dir().join("checkout-service");
    window.state_mut().state.add_source_folder(&root);
    window.get_by_label("Settings").click();
    window.step();
}

fn deno(window: &mut Window) {
    "person".clone_into(&mut window.state_mut().state.shown_view().unwrap().panes.summary.filter);
    reveal(window, "Person", "Person");
}

fn hermes(window: &mut Window) {
    reveal(window, "Cart", "Cart");
}

fn search(window: &mut Window) {
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::F);
    window.step();
    window.get_by_label("Search for").type_text("class:Cart retained>300");
    show(window, ViewKind::SEARCH);
}

/// Runs a query in the view.
fn run_query(window: &mut Window, text: &str) {
    show(window, ViewKind::QUERY);
    text.clone_into(&mut window.state_mut().state.shown_view().unwrap().panes.query.text);
    window.step();
    window.get_by_label("Run").click();
    window.step();
}

fn query(window: &mut Window) {
    run_query(
        window,
        "-- carts that keep the most, and what keeps them\nSELECT id, class, retained_size, path(id) AS held_by\nFROM nodes\n\
         WHERE class = 'ShoppingCart' AND retained_size > 100\nORDER BY retained_size DESC\nLIMIT 100",
    );
    wait_for_label(window, " of tables read");
}

fn query_error(window: &mut Window) {
    run_query(window, "SELECT class, count(*)\nFROM nodes\nGROUP BY clas");
    wait_for_label(window, "no such column");
}

fn paths(window: &mut Window) {
    select_cart(window);
    window.get_by_label("Paths").click();
    window.step();
    wait_until(window, "the paths", |app| !app.shown_view().unwrap().paths.is_busy());
}

fn merged_paths(window: &mut Window) {
    click_row(window, "ShoppingCart  ×2,020");
    let app = &mut window.state_mut().state;
    let id = app.shown().unwrap();
    let row = app.shown_view().unwrap().panes.summary.tree.table.selection().unwrap()[0];
    let nodes = heapglass::test_support::ui::command::NodeSet::Class(
        heapglass::test_support::model::ClassId(row),
        heapglass::test_support::query::NodeFilter::All,
    );
    app.shown_view().unwrap().merge_paths(id, "ShoppingCart".to_owned(), nodes);
    window.step();
    wait_until(window, "the paths", |app| !app.shown_view().unwrap().paths.is_busy());
}

fn dominator_picture(window: &mut Window) {
    show(window, ViewKind::DOMINATORS);
    window.get_by_label("Treemap").click();
    window.step();
    wait_until(window, "the picture", |app| !app.shown_view().unwrap().panes.dominators.picture.is_busy());
}

fn ignored(window: &mut Window) {
    select_cart(window);
    let app = &mut window.state_mut().state;
    let id = app.shown().unwrap();
    let snapshot = app.session.snapshot(id).unwrap();
    let target = app.shown_view().unwrap().retainers.target().unwrap();
    let path =
        heapglass::test_support::query::shortest_path(&snapshot, target.node, None, &CancelToken::new()).unwrap();
    // The array of listeners that holds the closure.
    let node = snapshot.graph().edge_source(path[2]);
    app.run(Slot { side: 0, id }, Command::Ignore(Target { snapshot: id, node }));
    window.step();
    wait_until(window, "the path", |app| !app.shown_view().unwrap().retainers.is_busy());
}

/// Three snapshots of one program, one after each round of requests; nothing where there is no Node.js.
fn series(folder: &Path) -> Vec<PathBuf> {
    let Some(mut node) = node::Node::start(node::LEAK) else { return Vec::new() };
    let address = Address::parse(&node.address).unwrap();
    let cancel = CancelToken::new();
    let targets = heapglass::test_support::capture::targets(&address, Remote::Refused, &cancel).unwrap();
    let mut connection = Connection::open(&targets[0], Remote::Refused, &cancel).unwrap();
    let isolate = connection.isolates()[0].clone();
    (1..=4)
        .map(|number| {
            let watch = Watch::new();
            let plan = Plan {
                kind: Kind::Snapshots { count: 1, every: None },
                collect_garbage: true,
                folder: folder.join(number.to_string()),
                name: "service".to_owned(),
                max_bytes: None,
                sources: None,
            };
            heapglass::test_support::capture::run(&mut connection, &isolate, &plan, &watch, &cancel).unwrap();
            node.round();
            // Names without a time, so that the pictures stay alike.
            let taken = watch.taken()[0].path.clone();
            let file = taken.with_file_name(format!("service-{number}.heapsnapshot"));
            std::fs::rename(
                heapglass::test_support::capture::record_file(&taken),
                heapglass::test_support::capture::record_file(&file),
            )
            .unwrap();
            std::fs::rename(&taken, &file).unwrap();
            file
        })
        .collect()
}

fn growth(window: &mut Window) {
    if window.state().state.session.open().is_empty() {
        return;
    }
    show(window, ViewKind::GROWTH);
    click_row(window, "LeakedSession");
    wait_until(window, "the paths", |app| {
        let view = app.shown_view().unwrap();
        view.paths.is_merged() && !view.paths.is_busy()
    });
}

fn collections(window: &mut Window) {
    if window.state().state.session.open().is_empty() {
        return;
    }
    show(window, ViewKind::COLLECTIONS);
    expand(window, "global.keep.sessionRegistry");
    wait_for_label(window, "LeakedSession @");
}

fn capture(window: &mut Window) {
    let snapshot = String::from_utf8(common::read(&example_before())).unwrap();
    let inspector =
        inspector::Inspector::start(inspector::Habit::Honest, move || Box::new(std::iter::once(snapshot.clone())));
    without_programs(window);
    window.state_mut().state.capture.is_open = true;
    window.state_mut().state.capture.mode = heapglass::test_support::ui::capture::Mode::Series;
    window.state_mut().state.capture.address.clone_from(&inspector.address);
    "/home/user/heapglass-captures".clone_into(&mut window.state_mut().state.capture.folder);
    wait_for_label(window, "Connect");
    window.get_by_label("Connect").click();
    wait_until(window, "the connection", |app| !app.capture.state().isolates.is_empty());
    "127.0.0.1:9229".clone_into(&mut window.state_mut().state.capture.address);
}

/// The same while it waits for the time of the next snapshot, of a program that takes none.
fn capturing(window: &mut Window) {
    capture(window);
    let folder = tempfile::tempdir().unwrap();
    window.state_mut().state.capture.folder = folder.path().display().to_string();
    window.state_mut().state.capture.by_hand = true;
    window.step();
    window.get_by_label("Start the series").click();
    wait_until(window, "the first snapshot", |app| {
        let watch = app.capture.state().watch;
        let is_waiting =
            watch.is_some_and(|watch| matches!(watch.step(), heapglass::test_support::capture::Step::Waiting { .. }));
        is_waiting && app.session.open().len() == 1
    });
    "/home/user/heapglass-captures".clone_into(&mut window.state_mut().state.capture.folder);
}

/// Shows the warning about a remote machine.
fn confirm(window: &mut Window) {
    without_programs(window);
    window.state_mut().state.capture.is_open = true;
    "192.0.2.7:9229".clone_into(&mut window.state_mut().state.capture.address);
    wait_for_label(window, "Connect");
    window.get_by_label("Connect").click();
    wait_for_label(window, "Connect anyway");
}

fn timeline(window: &mut Window) {
    show(window, ViewKind::TIMELINE);
    wait_for_label(window, "Timeline of");
    brush(window, "Timeline", 0.35, 0.6);
}

fn timeline_summary(window: &mut Window) {
    wait_for_label(window, "Timeline of");
    brush(window, "Timeline", 0.75, 0.95);
    wait_for_label(window, "Allocated");
}

fn allocations(window: &mut Window) {
    show(window, ViewKind::ALLOCATIONS);
    expand(window, "split");
}

fn allocations_flame(window: &mut Window) {
    show(window, ViewKind::ALLOCATIONS);
    wait_for_label(window, "Flame graph");
    window.get_by_role_and_label(Role::Button, "Flame graph").click();
    wait_for_label(window, "Call ");
}

/// The stack of an object that the leak has kept.
fn allocated_by(window: &mut Window) {
    "reading".clone_into(&mut window.state_mut().state.shown_view().unwrap().panes.summary.filter);
    expand(window, "Reading  ×");
    click_row(window, "Reading @");
    wait_for_label(window, "Show in Allocations");
}

fn profile(window: &mut Window) {
    wait_for_label(window, "Call remember");
    type_into(window, "Search functions", "remember");
}

fn profile_heavy(window: &mut Window) {
    wait_for_label(window, "Call remember");
    window.get_by_role_and_label(Role::Button, "Heavy").click();
    window.step();
    expand(window, "parseReading");
}

fn profile_compared(window: &mut Window) {
    wait_for_label(window, "Call remember");
}

fn profile_compared_heavy(window: &mut Window) {
    wait_for_label(window, "Call remember");
    window.get_by_role_and_label(Role::Button, "Heavy").click();
    window.step();
    click_row(window, "remember");
}

/// A file that the tests' data have.
fn data_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// The files that are made for pictures.
struct Made {
    broken: PathBuf,
    cut: PathBuf,
    /// The folder of generated files of other engines.
    folder: PathBuf,
    series: Vec<PathBuf>,
    leak: Vec<PathBuf>,
    healthy: Vec<PathBuf>,
    scripted: Vec<PathBuf>,
}

/// Size of a window in points, and pixels of a point: a window of 1280 × 800 pixels with text at 150 % has room for 853 × 533.
#[derive(Clone, Copy)]
struct Screen {
    size: egui::Vec2,
    pixels_per_point: f32,
}

/// The usual window.
const SIZE: egui::Vec2 = egui::vec2(1280.0, 800.0);

/// Returns the number of pixels of a point: 2 in files, 1 if the pictures are only drawn.
fn scale() -> u8 {
    if std::env::var_os("UPDATE_SCREENSHOTS").is_some() { 2 } else { 1 }
}

fn usual() -> Screen {
    Screen { size: SIZE, pixels_per_point: f32::from(scale()) }
}
const CROWDED: [(&str, Screen); 2] = [
    ("800x600", Screen { size: egui::vec2(800.0, 600.0), pixels_per_point: 1.0 }),
    ("zoomed", Screen { size: egui::vec2(1280.0 / 1.5, 800.0 / 1.5), pixels_per_point: 1.5 }),
];

fn open(files: Files, made: &Made, is_drawn: bool) -> Window {
    let files = match files {
        Files::Series => made.series.clone(),
        Files::Leak => made.leak.clone(),
        Files::Healthy => made.healthy.clone(),
        Files::Script => made.scripted.clone(),
        Files::ScriptSingle => made.scripted[2..].to_vec(),
        Files::None => vec![],
        Files::Example => vec![example()],
        Files::Pair => vec![example_before(), example()],
        Files::Broken => vec![made.broken.clone()],
        Files::Timeline => vec![bundled("leaky-job.heaptimeline")],
        Files::Profile => vec![bundled("leaky-job-after.heapprofile")],
        Files::Profiles => vec![bundled("leaky-job-before.heapprofile"), bundled("leaky-job-after.heapprofile")],
        Files::Cut => vec![made.cut.clone()],
        Files::Chromium => vec![data_file("snapshots/chromium-leak-1.heapsnapshot.zst")],
        Files::Bun => vec![data_file("snapshots/bun-1.heapsnapshot.zst")],
        // A part of a real one.
        Files::Deno => vec![data_file("deno-part.heapsnapshot.zst")],
        Files::Hermes => vec![made.folder.join("react-native.heapsnapshot")],
        Files::List => vec![made.folder.join("list.heapsnapshot")],
        Files::Packages => vec![made.folder.join("shop.heapsnapshot")],
        Files::Julia => vec![made.folder.join("session.heapsnapshot")],
    };
    let harness = Harness::builder().with_size(SIZE).with_pixels_per_point(f32::from(scale())).allow_missing_glyphs();
    let harness = if is_drawn { harness.wgpu() } else { harness };
    let mut window = harness.build_eframe(move |cc| HeapglassApp::new(cc, files, Indexes::off(), None).unwrap());
    dismiss_hints(&mut window);
    window
}

/// Makes the snapshots of a program whose script is on disk, once: the pictures show the name of their folder, so that all
/// tests use the same.
fn scripted() -> &'static Vec<PathBuf> {
    static FILES: OnceLock<Vec<PathBuf>> = OnceLock::new();
    FILES.get_or_init(|| {
        let folder = std::env::temp_dir().join("checkout-service");
        std::fs::create_dir_all(&folder).unwrap();
        generated::leak_files_with_script(&folder).0
    })
}

/// Makes the files for pictures of these names; the folders live as long as the answer.
fn make(is_wanted: impl Fn(&str) -> bool) -> (Made, [tempfile::TempDir; 3]) {
    let (folder_of_cut, cut) = cut_example();
    let (folder_of_broken, broken) = broken("strings-bad-escape.heapsnapshot");
    let series = if is_wanted("growth") { series(folder_of_broken.path()) } else { Vec::new() };
    let others = tempfile::tempdir().unwrap();
    let leak = generated::leak_files(others.path(), true);
    let healthy_folder = others.path().join("healthy");
    std::fs::create_dir(&healthy_folder).unwrap();
    let healthy = generated::leak_files(&healthy_folder, false);
    let scripted = scripted().clone();
    let made = Made { broken, cut, folder: others.path().to_path_buf(), series, leak, healthy, scripted };
    std::fs::write(made.folder.join("react-native.heapsnapshot"), generated::hermes(500)).unwrap();
    std::fs::write(made.folder.join("session.heapsnapshot"), generated::julia(500)).unwrap();
    std::fs::write(made.folder.join("shop.heapsnapshot"), generated::packaged("file:///srv/shop", 1200)).unwrap();
    std::fs::write(made.folder.join("list.heapsnapshot"), generated::write(&generated::linked_list(1395, |_| 0)))
        .unwrap();
    (made, [folder_of_cut, folder_of_broken, others])
}

/// Opens a window in the state that a picture shows.
fn prepared((name, files, prepare): &Picture, made: &Made, theme: egui::ThemePreference, is_drawn: bool) -> Window {
    let mut window = open(*files, made, is_drawn);
    window.ctx.set_theme(theme);
    wait_for_load(&mut window);
    if *files == Files::Pair {
        wait_for_label(&mut window, "is the base");
    }
    prepare(&mut window);
    window.state_mut().state.settings.recent_sets = if *name == "recent" { recent_sets() } else { Vec::new() };
    settle(&mut window, usual());
    window
}

/// Gives the window this size, and time to draw what changes by it.
fn settle(window: &mut Window, screen: Screen) {
    window.set_pixels_per_point(screen.pixels_per_point);
    // A frame in which both change has the size of before.
    window.step();
    window.set_size(screen.size);
    for _ in 0..30 {
        window.step();
        std::thread::sleep(Duration::from_millis(10));
    }
    window.hover_at(egui::pos2(1.0, screen.size.y - 1.0));
    window.step();
}

/// The pictures that were asked for, without those whose files could not be made.
fn wanted(made: &Made) -> impl Iterator<Item = &'static Picture> {
    let has_files = made.series.is_empty();
    PICTURES.iter().filter(move |(name, files, _)| is_wanted(name) && (*files != Files::Series || !has_files))
}

fn is_wanted(name: &str) -> bool {
    let only = std::env::var("PICTURES").unwrap_or_default();
    only.is_empty() || only.split(',').any(|only| only == name)
}

/// Texts that an edge cuts: those with less room to the left or right than they take, and no ellipsis.
fn cut_texts(window: &Window) -> Vec<String> {
    fn collect(source: &[egui::Rect], clip: egui::Rect, shape: &egui::Shape, found: &mut Vec<String>) {
        match shape {
            egui::Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(source, clip, shape, found)),
            egui::Shape::Text(text) => {
                let rect = text.galley.rect.translate(text.pos.to_vec2());
                let is_source = source.iter().any(|line| line.contains(rect.intersect(clip).center()));
                let is_seen = clip.intersects(rect) && clip.height() > 4.0 && !is_source;
                if is_seen && (rect.right() > clip.right() + 1.5 || rect.left() < clip.left() - 1.5) {
                    found.push(format!(
                        "{:?} takes {:?}, has {:?}",
                        text.galley.text(),
                        rect.x_range(),
                        clip.x_range()
                    ));
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    let source = source_lines(window);
    window.output().shapes.iter().for_each(|clipped| collect(&source, clipped.clip_rect, &clipped.shape, &mut found));
    found
}

#[test]
fn every_view_can_be_drawn_in_light_and_dark() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    let (made, _folders) = make(is_wanted);
    for picture in wanted(&made) {
        let name = picture.0;
        for (theme, preference) in [("light", egui::ThemePreference::Light), ("dark", egui::ThemePreference::Dark)] {
            if ONE_THEME.iter().any(|(only, other)| *only == name && *other != theme) {
                continue;
            }
            let mut window = prepared(picture, &made, preference, true);
            let image = match window.render() {
                Ok(image) => image,
                Err(error) => {
                    assert!(std::env::var_os("CI").is_none(), "no picture: {error}");
                    eprintln!("skipped: no graphics adapter ({error})");
                    return;
                }
            };
            let scale = u32::from(scale());
            assert_eq!((image.width(), image.height()), (1280 * scale, 800 * scale));
            assert_eq!(cut_texts(&window), Vec::<String>::new(), "{name}");
            if std::env::var_os("UPDATE_SCREENSHOTS").is_some() {
                std::fs::create_dir_all(&folder).unwrap();
                png_file::write(&folder.join(format!("{name}-{theme}.png")), image.width(), image.as_raw());
            }
        }
    }
}

/// `CROWDED_PICTURES` names a folder for pictures of these windows.
#[test]
fn no_text_is_cut_off_in_a_small_window_or_with_large_text() {
    let folder = std::env::var_os("CROWDED_PICTURES").map(PathBuf::from);
    let (made, _folders) = make(is_wanted);
    let mut problems = Vec::new();
    for picture in wanted(&made) {
        let name = picture.0;
        let mut window = prepared(picture, &made, egui::ThemePreference::Light, folder.is_some());
        for (screen_name, screen) in CROWDED {
            window.ctx.set_theme(if screen_name == "zoomed" { egui::Theme::Dark } else { egui::Theme::Light });
            settle(&mut window, screen);
            problems.extend(cut_texts(&window).into_iter().map(|text| format!("{name} {screen_name}: {text}")));
            if let Some(folder) = &folder {
                window.render().unwrap().save(folder.join(format!("{name}-{screen_name}.png"))).unwrap();
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
