//! Shared helpers of the tests that drive the real window.
#![allow(unreachable_pub, reason = "a module of test binaries")]
#![allow(dead_code, reason = "each test binary uses a part of this module")]
#![allow(clippy::unwrap_used, reason = "test data is part of the repository")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use heapglass::test_support::index::Indexes;
use heapglass::test_support::ui::HeapglassApp;
use heapglass::test_support::ui::command::ViewKind;
use heapglass::test_support::ui::state::AppState;

use crate::common;

pub type Window = Harness<'static, HeapglassApp>;

/// Opens a window without the hints of views that are opened for the first time.
pub fn window(files: &[PathBuf]) -> Window {
    let mut window = window_with_hints(files);
    dismiss_hints(&mut window);
    window
}

/// Opens a window with default settings.
pub fn window_with_hints(files: &[PathBuf]) -> Window {
    let files = files.to_vec();
    Harness::builder()
        .with_size(egui::vec2(1280.0, 800.0))
        .allow_missing_glyphs()
        .build_eframe(move |cc| HeapglassApp::new(cc, files, Indexes::off(), None).unwrap())
}

/// Dismisses the hints of all views.
pub fn dismiss_hints(window: &mut Window) {
    let labels = ViewKind::all().map(|kind| kind.label().to_owned());
    window.state_mut().state.settings.dismissed_hints = labels.to_vec();
}

/// Draws frames until `done`; workers need time in between.
pub fn wait_for(window: &mut Window, what: &str, mut done: impl FnMut(&mut Window) -> bool) {
    let started = Instant::now();
    while !done(window) {
        assert!(started.elapsed() < Duration::from_mins(1), "no {what} in\n{}", rows(window));
        std::thread::sleep(Duration::from_millis(3));
        window.step();
    }
}

/// Draws frames until the state is `done`, and three more.
pub fn wait_until(window: &mut Window, what: &str, mut done: impl FnMut(&mut AppState) -> bool) {
    wait_for(window, what, |window| done(&mut window.state_mut().state));
    for _ in 0..3 {
        window.step();
    }
}

/// Waits until all files are loaded, and goes on from Findings, where they open, to the comparison of two files that
/// were opened together, or to Summary.
pub fn wait_for_load(window: &mut Window) {
    wait_until(window, "the load", |app| {
        let is_loaded = !app.session.is_loading();
        for side in 0..2 {
            if let Some(view) = app.view_of(side).filter(|view| is_loaded && view.kind == ViewKind::FINDINGS) {
                let has_base = view.panes.comparison.base.is_some();
                view.kind = if has_base { ViewKind::COMPARISON } else { ViewKind::SUMMARY };
            }
        }
        is_loaded
    });
}

/// Waits until all files are loaded, and stays in Findings.
pub fn wait_for_findings(window: &mut Window) {
    wait_until(window, "the load", |app| !app.session.is_loading());
    assert_eq!(window.state_mut().state.shown_view().map(|view| view.kind), Some(ViewKind::FINDINGS));
}

/// The rows on screen, for the message of a test that fails.
pub fn rows(window: &Window) -> String {
    let rows = window.query_all_by_role(egui::accesskit::Role::Row);
    rows.filter_map(|row| row.accesskit_node().label()).collect::<Vec<_>>().join("\n")
}

pub fn wait_for_label(window: &mut Window, label: &str) {
    wait_for(window, label, |window| window.query_all_by_label_contains(label).next().is_some());
}

#[derive(Debug)]
pub struct Dropped(pub PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

pub fn drop_file(window: &mut Window, file: &Path) {
    window.input_mut().dropped_files.push(Arc::new(Dropped(file.to_path_buf())));
    window.step();
}

pub fn example_before() -> PathBuf {
    example().with_file_name("example-before.heapsnapshot.zst")
}

pub fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/example-after.heapsnapshot.zst")
}

/// A bundled file of the corpus.
pub fn bundled(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/snapshots/{name}.zst"))
}

/// Drags from one part of a chart's width to another, both from 0 to 1; the chart's label starts so.
pub fn brush(window: &mut Window, label: &str, from: f32, to: f32) {
    let rect = {
        let mut charts = window.query_all_by_label_contains(label);
        let is_it = |role: egui::accesskit::Role| role == egui::accesskit::Role::Group;
        charts.find(|node| is_it(node.accesskit_node().role())).unwrap_or_else(|| panic!("no {label}")).rect()
    };
    let at = |part: f32| egui::pos2(rect.left() + rect.width() * part, rect.top() + rect.height() * 0.4);
    window.drag_at(at(from));
    window.step();
    for step in 1_u8..=8 {
        window.hover_at(at(from + (to - from) * f32::from(step) / 8.0));
        window.step();
    }
    window.drop_at(at(to));
    for _ in 0..4 {
        window.step();
    }
}

/// Types into a field.
pub fn type_into(window: &mut Window, label: &str, text: &str) {
    window.get_by_label(label).focus();
    window.step();
    window.get_by_label(label).type_text(text);
    for _ in 0..3 {
        window.step();
    }
}

/// Returns a broken file of the corpus, in a folder that lives as long as the returned value.
pub fn broken(name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, &common::archive("broken.tar.zst")[name]).unwrap();
    (folder, file)
}

/// Returns the example as if the process had been killed while it wrote the file, in a folder that lives as long as the
/// returned value.
pub fn cut_example() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checkout-service.heapsnapshot");
    let whole = common::read(&example());
    std::fs::write(&file, &whole[..whole.len() * 95 / 100]).unwrap();
    (folder, file)
}

/// Returns the areas of the lines of source on screen, which scroll sideways.
pub fn source_lines(window: &Window) -> Vec<egui::Rect> {
    let nodes = window.root().children_recursive();
    // Of a label, the text is the value.
    let lines = nodes.filter(|node| {
        let node = node.accesskit_node();
        node.label().or_else(|| node.value()).is_some_and(|label| label.starts_with("Line "))
    });
    lines.map(|node| node.rect()).collect()
}

/// Waits for a row whose text starts with this, and clicks it.
pub fn click_row(window: &mut Window, text: &str) {
    wait_for_label(window, text);
    let rows = window.query_all_by_label_contains(text);
    rows.into_iter()
        .find(|node| {
            node.accesskit_node().role() == egui::accesskit::Role::Row
                && node.accesskit_node().label().is_some_and(|label| label.starts_with(text))
        })
        .unwrap_or_else(|| panic!("no row {text}"))
        .click();
    for _ in 0..3 {
        window.step();
    }
}

/// A snapshot of which only the first part ever arrives.
pub fn slow_source() -> (heapglass::test_support::format::Source, std::sync::mpsc::Sender<()>) {
    struct Stalled {
        bytes: std::io::Cursor<Vec<u8>>,
        more: std::sync::mpsc::Receiver<()>,
    }
    impl std::io::Read for Stalled {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.bytes.read(buffer)?;
            if count == 0 {
                let _ = self.more.recv();
            }
            Ok(count)
        }
    }
    let (sender, more) = std::sync::mpsc::channel();
    let bytes = common::read(&example());
    let half = bytes[..bytes.len() / 2].to_vec();
    let reader = Box::new(Stalled { bytes: std::io::Cursor::new(half), more });
    (
        heapglass::test_support::format::Source::Stream {
            name: "checkout-service.heapsnapshot".to_owned(),
            size_bytes: Some(bytes.len() as u64),
            reader,
        },
        sender,
    )
}

/// Selects a row and opens it.
pub fn expand(window: &mut Window, text: &str) {
    click_row(window, text);
    window.key_press(egui::Key::ArrowRight);
    for _ in 0..3 {
        window.step();
    }
}

/// Goes to a view.
pub fn show(window: &mut Window, kind: ViewKind) {
    let ctx = window.ctx.clone();
    window.state_mut().state.apply(&ctx, heapglass::test_support::ui::action::Action::ShowView(kind));
    for _ in 0..3 {
        window.step();
    }
}
