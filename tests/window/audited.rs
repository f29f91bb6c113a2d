//! The audit of every view and state, in windows of four sizes, at 100 and 150 %, with short and with hostile names.

use std::path::PathBuf;

use egui::{Key, Modifiers, vec2};
use egui_kittest::Harness;
use heapglass::test_support::index::Indexes;
use heapglass::test_support::ui::HeapglassApp;
use heapglass::test_support::ui::action::Action;
use heapglass::test_support::ui::command::ViewKind;

use crate::audit::{findings, unreachable};
use crate::generated;
use crate::window::{
    Window, bundled, cut_example, example, example_before, show, wait_for_label, wait_for_load, wait_until,
};

/// Sizes of windows, in points at 100 %.
const SIZES: [(f32, f32); 4] = [(640.0, 480.0), (800.0, 600.0), (1280.0, 800.0), (2560.0, 1440.0)];
const SCALES: [f32; 2] = [1.0, 1.5];

/// A state of the window: its name and the steps that lead to it.
type State = (&'static str, fn(&mut Window));

fn window_of(files: &[PathBuf]) -> Window {
    let files = files.to_vec();
    Harness::builder()
        .with_size(vec2(1280.0, 800.0))
        .allow_missing_glyphs()
        .build_eframe(move |cc| HeapglassApp::new(cc, files, Indexes::off(), None).unwrap())
}

fn steps(window: &mut Window, count: usize) {
    for _ in 0..count {
        window.step();
    }
}

/// Draws frames until no answer of a worker is pending.
fn settle(window: &mut Window) {
    for _ in 0..4 {
        window.step();
    }
    wait_until(window, "the answers", |app| !app.session.is_busy());
    steps(window, 2);
}

/// Audits all states in all sizes. `dark` alternates, so that both themes are seen.
fn audit(files: &[PathBuf], states: &[State]) {
    let mut found: Vec<String> = Vec::new();
    let mut window = window_of(files);
    if !files.is_empty() {
        wait_for_load(&mut window);
    }
    for (name, steps_of) in states {
        window.key_press(Key::Escape);
        window.step();
        window.set_size(vec2(1280.0, 800.0));
        window.ctx.set_zoom_factor(1.0);
        steps(&mut window, 2);
        steps_of(&mut window);
        settle(&mut window);
        for (at, scale) in SCALES.into_iter().enumerate() {
            for (width, height) in SIZES {
                window.ctx.set_theme(if at == 0 { egui::Theme::Light } else { egui::Theme::Dark });
                window.ctx.set_zoom_factor(scale);
                window.set_size(vec2(width / scale, height / scale));
                steps(&mut window, 3);
                settle(&mut window);
                let here = findings(&window);
                found.extend(here.into_iter().map(|what| format!("{name}, {width}×{height} at {scale}: {what}")));
            }
        }
        window.ctx.set_zoom_factor(1.0);
        window.set_size(vec2(1280.0, 800.0));
        steps(&mut window, 3);
        found.extend(unreachable(&mut window).into_iter().map(|what| format!("{name}: {what}")));
    }
    // One line for what differs only in numbers.
    let mut kinds = std::collections::BTreeMap::new();
    for line in &found {
        let key: String =
            line.split_once(": ").map_or("", |(_, what)| what).chars().filter(|c| !c.is_numeric()).collect();
        kinds.entry(key).or_insert_with(|| line.clone());
    }
    let shown = kinds.into_values().take(200).collect::<Vec<_>>().join("\n");
    assert!(found.is_empty(), "{} findings in {} states:\n{shown}", found.len(), states.len());
}

fn act(window: &mut Window, action: Action) {
    let ctx = window.ctx.clone();
    window.state_mut().state.apply(&ctx, action);
    steps(window, 3);
}

fn select_row(window: &mut Window) {
    for key in [Key::Home, Key::ArrowRight, Key::ArrowDown] {
        window.key_press(key);
        steps(window, 3);
        settle(window);
    }
}

/// All views, each without and with a selected row.
const VIEWS: &[State] = &[
    ("Findings", |window| show(window, ViewKind::FINDINGS)),
    ("Growth", |window| show(window, ViewKind::GROWTH)),
    ("Growth, selected", |window| {
        show(window, ViewKind::GROWTH);
        select_row(window);
        select_row(window);
    }),
    ("Comparison", |window| show(window, ViewKind::COMPARISON)),
    ("Comparison, selected", |window| {
        show(window, ViewKind::COMPARISON);
        select_row(window);
    }),
    ("Collections", |window| show(window, ViewKind::COLLECTIONS)),
    ("Collections, selected", |window| {
        show(window, ViewKind::COLLECTIONS);
        select_row(window);
    }),
    ("Summary", |window| show(window, ViewKind::SUMMARY)),
    ("Summary, class", |window| {
        show(window, ViewKind::SUMMARY);
        window.key_press(Key::Home);
        steps(window, 3);
    }),
    ("Summary, object", |window| {
        show(window, ViewKind::SUMMARY);
        select_row(window);
    }),
    ("Containment", |window| {
        show(window, ViewKind::CONTAINMENT);
        select_row(window);
    }),
    ("Dominators", |window| {
        show(window, ViewKind::DOMINATORS);
        select_row(window);
    }),
    ("Dominators, treemap", |window| {
        show(window, ViewKind::DOMINATORS);
        click(window, "Treemap");
    }),
    ("Statistics", |window| show(window, ViewKind::STATISTICS)),
    ("Strings", |window| {
        show(window, ViewKind::STRINGS);
        select_row(window);
    }),
    ("Scripts", |window| {
        show(window, ViewKind::SCRIPTS);
        select_row(window);
    }),
    ("Realms", |window| show(window, ViewKind::REALMS)),
    ("Dead variables", |window| act(window, Action::ShowDeadVariables)),
    ("Query", |window| show(window, ViewKind::QUERY)),
    ("Query, answered", |window| {
        show(window, ViewKind::QUERY);
        click(window, "Largest objects");
        steps(window, 3);
    }),
    ("Search", |window| show(window, ViewKind::SEARCH)),
    ("Search hits", |window| {
        show(window, ViewKind::SEARCH);
        "size>100".clone_into(&mut window.state_mut().state.shown_view().unwrap().panes.search.text);
        steps(window, 3);
        select_row(window);
    }),
];

/// Menus, dialogs and other states of the frame.
const FRAME: &[State] = &[
    ("Search field", |window| {
        show(window, ViewKind::SUMMARY);
        window.key_press_modifiers(Modifiers::COMMAND, Key::F);
        steps(window, 3);
    }),
    ("Commands", |window| {
        window.key_press_modifiers(Modifiers::COMMAND, Key::P);
        steps(window, 3);
    }),
    ("Settings", |window| click(window, "Settings")),
    ("Help", |window| click(window, "Help")),
    ("Recent", |window| click(window, "Recent")),
    ("Keys", |window| act(window, Action::Keys)),
    ("Glossary", |window| act(window, Action::Glossary)),
    ("Capture", |window| act(window, Action::Capture)),
    ("Editor", |window| act(window, Action::ChooseEditor)),
];

const SIDES: &[State] = &[
    ("Side by side", |window| {
        show(window, ViewKind::SUMMARY);
        act(window, Action::ToggleSplit);
        select_row(window);
    }),
    ("Side by side, paths", |window| {
        window.state_mut().state.shown_view().unwrap().lower = heapglass::test_support::ui::command::Lower::Paths;
        steps(window, 3);
    }),
    ("Side by side, comparison", |window| show(window, ViewKind::COMPARISON)),
];

fn click(window: &mut Window, label: &str) {
    use egui_kittest::kittest::Queryable as _;
    let first = window.get_all_by_label(label).next().unwrap();
    first.click();
    steps(window, 3);
}

#[test]
fn the_start_page_has_no_audit_findings() {
    audit(&[], &[("Start", |_| {}), FRAME[3], FRAME[5], FRAME[6], FRAME[7]]);
}

#[test]
fn views_of_one_snapshot_have_no_audit_findings() {
    audit(&[example()], VIEWS);
}

#[test]
fn views_of_a_series_have_no_audit_findings() {
    let folder = tempfile::tempdir().unwrap();
    audit(&generated::leak_files(folder.path(), true), VIEWS);
}

#[test]
fn views_of_hostile_names_have_no_audit_findings() {
    let folder = tempfile::tempdir().unwrap();
    audit(&hostile_series(folder.path()), VIEWS);
}

/// A series whose classes, fields and files have long names, and names of other scripts and directions.
fn hostile_series(folder: &std::path::Path) -> Vec<PathBuf> {
    let long = format!("VeryLong{}", "ServiceLocatorFactoryBean".repeat(12));
    let names = [
        ("\"Session\"", format!("\"{long}\"")),
        ("\"SessionRegistry\"", "\"\u{202e}レジストリ\u{5d0}\u{5d1}\u{5d2}\"".to_owned()),
        ("\"sessions\"", format!("\"{}\"", "s\u{301}".repeat(80))),
        ("\"Charge\"", "\"WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW\"".to_owned()),
    ];
    let files = generated::leak_files(folder, true);
    let renamed = files.iter().enumerate().map(|(at, file)| {
        let mut text = std::fs::read_to_string(file).unwrap();
        for (from, to) in &names {
            assert!(text.contains(from), "{from} is in the file");
            text = text.replace(from, to);
        }
        let file = folder.join(format!("{}-{at}.heapsnapshot", "production-eu-west-1-checkout-worker".repeat(4)));
        std::fs::write(&file, text).unwrap();
        file
    });
    renamed.collect()
}

#[test]
fn menus_dialogs_and_sides_have_no_audit_findings() {
    audit(&[example_before(), example()], FRAME);
    audit(&[example_before(), example()], SIDES);
}

#[test]
fn timelines_and_profiles_have_no_audit_findings() {
    audit(
        &[bundled("node20-fixed.heaptimeline")],
        &[
            ("Timeline", |window| show(window, ViewKind::TIMELINE)),
            ("Allocations", |window| show(window, ViewKind::ALLOCATIONS)),
            ("Allocations, flame graph", |window| {
                show(window, ViewKind::ALLOCATIONS);
                click(window, "Flame graph");
            }),
        ],
    );
}

#[test]
fn damaged_files_have_no_audit_findings() {
    let (_folder, file) = cut_example();
    let mut window = window_of(&[file]);
    wait_for_label(&mut window, "Open partially");
    let found = findings(&window);
    assert!(found.is_empty(), "{}", found.join("\n"));
}
