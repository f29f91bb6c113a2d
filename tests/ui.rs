//! The real application, driven as a person would drive it, with real files.
#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, reason = "test data is part of the repository")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use heapglass::model::NodeOrdinal;
use heapglass::ui::HeapglassApp;

type Window = Harness<'static, HeapglassApp>;

fn window(files: &[PathBuf]) -> Window {
    let files = files.to_vec();
    Harness::builder()
        .with_size(egui::vec2(1280.0, 800.0))
        .allow_missing_glyphs()
        .build_eframe(move |cc| HeapglassApp::new(cc, files).unwrap())
}

/// Draws frames until `done`; workers need time in between.
fn wait_until(window: &mut Window, what: &str, done: impl Fn(&mut HeapglassApp) -> bool) {
    let started = Instant::now();
    while !done(window.state_mut()) {
        assert!(started.elapsed() < Duration::from_mins(1), "timed out waiting for {what}");
        std::thread::sleep(Duration::from_millis(3));
        window.step();
    }
    for _ in 0..3 {
        window.step();
    }
}

fn wait_for_load(window: &mut Window) {
    wait_until(window, "the load", |app| !app.session.is_loading());
}

/// The rows on screen, for the message of a test that fails.
fn rows(window: &Window) -> String {
    let rows = window.query_all_by_role(egui::accesskit::Role::Row);
    rows.filter_map(|row| row.accesskit_node().label()).collect::<Vec<_>>().join("\n")
}

fn wait_for_label(window: &mut Window, label: &str) {
    let started = Instant::now();
    while window.query_all_by_label_contains(label).next().is_none() {
        assert!(started.elapsed() < Duration::from_secs(30), "no {label} in\n{}", rows(window));
        std::thread::sleep(Duration::from_millis(3));
        window.step();
    }
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

fn drop_file(window: &mut Window, file: &Path) {
    window.input_mut().dropped_files.push(Arc::new(Dropped(file.to_path_buf())));
    window.step();
}

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/example-after.heapsnapshot.zst")
}

/// A broken file of the corpus, in a folder that lives as long as the answer.
fn broken(name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, &common::archive("broken.tar.zst")[name]).unwrap();
    (folder, file)
}

/// Clicks the first row whose text starts so, once it is there.
fn click_row(window: &mut Window, text: &str) {
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

#[test]
fn a_dropped_file_leads_from_its_class_to_the_reason_why_an_object_lives() {
    let mut window = window(&[]);
    assert!(window.query_by_label("Open a snapshot…").is_some());
    drop_file(&mut window, &example());
    // On a fast machine it may be there already.
    let session = &window.state().session;
    assert_eq!(session.loads().len() + session.open().len(), 1, "the drop was taken");
    wait_for_load(&mut window);

    // Expand the class and select an object of it.
    click_row(&mut window, "ShoppingCart  ×2,020");
    window.key_press(egui::Key::ArrowRight);
    window.step();
    click_row(&mut window, "ShoppingCart @");
    let selected = window.state_mut().shown_view().unwrap().object.node().expect("an object is selected");
    wait_until(&mut window, "the shortest path", |app| !app.shown_view().unwrap().retainers.is_busy());

    // The way to the root lies open: the closure's context, the listener, the emitter.
    for holder in ["cart in system / Context", "context in ", "_events in EventEmitter"] {
        wait_for_label(&mut window, holder);
    }
    click_row(&mut window, "cart in system / Context");
    for _ in 0..20 {
        if window.query_all_by_label_contains("  root").next().is_some() {
            break;
        }
        window.key_press(egui::Key::PageDown);
        window.step();
        window.step();
    }
    wait_for_label(&mut window, "  root");
    window.key_press(egui::Key::Home);
    window.step();

    // From a retainer back to the summary.
    let label = "_events in EventEmitter @";
    click_row(&mut window, label);
    window.key_press(egui::Key::Enter);
    wait_until(&mut window, "the reveal", |app| {
        let table = &app.shown_view().unwrap().summary.table;
        !table.is_revealing() && table.selection().and_then(|path| path.last()) != Some(&selected.0)
    });
    let view = window.state_mut().shown_view().unwrap();
    let path = view.summary.table.selection().unwrap().to_vec();
    assert_eq!(path.len(), 2, "a class and its object");
    let node = NodeOrdinal(path[1]);
    assert_ne!(node, selected);
    let id = window.state().shown.unwrap();
    let snapshot = window.state().session.snapshot(id).unwrap();
    assert_eq!(snapshot.class(node).name, "EventEmitter");
    wait_for_label(&mut window, "EventEmitter @");
}

#[test]
fn a_broken_file_says_where_it_is_broken_and_what_was_open_stays() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    let good = window.state().shown;
    assert!(good.is_some());
    let (_folder, file) = broken("trunc-in-edges.heapsnapshot");
    drop_file(&mut window, &file);
    wait_for_load(&mut window);
    wait_for_label(&mut window, "section `edges`, byte 1038");
    assert_eq!(window.state().shown, good);
    wait_for_label(&mut window, "ShoppingCart  ×2,020");
    window.get_by_label("Dismiss trunc-in-edges.heapsnapshot").click();
    window.step();
    window.step();
    assert!(window.query_all_by_label_contains("byte 1038").next().is_none());
}

#[test]
fn several_files_load_one_after_another_and_can_be_closed() {
    let before = example().with_file_name("example-before.heapsnapshot.zst");
    let mut window = window(&[]);
    drop_file(&mut window, &before);
    drop_file(&mut window, &example());
    let session = &window.state().session;
    assert_eq!(session.loads().len() + session.open().len(), 2, "both were taken");
    wait_for_load(&mut window);
    assert_eq!(window.state().session.open().len(), 2);
    let names: Vec<String> =
        window.state().session.open().iter().map(|open| open.snapshot.source().name.clone()).collect();
    assert_eq!(names, ["example-before.heapsnapshot.zst", "example-after.heapsnapshot.zst"]);
    window.get_by_label("Close example-after.heapsnapshot.zst").click();
    window.step();
    window.step();
    assert_eq!(window.state().session.open().len(), 1);
    assert_eq!(window.state().shown, Some(window.state().session.open()[0].id), "the other one is shown");
}

#[test]
fn a_load_can_be_cancelled_and_the_next_one_follows() {
    let mut window = window(&[]);
    let (source, feed) = slow_source();
    window.state_mut().session.load(source);
    window.step();
    window.step();
    window.get_by_label("Cancel checkout-service.heapsnapshot").click();
    window.step();
    window.step();
    assert!(window.state().session.loads().is_empty(), "the answer is there at once");
    drop(feed);
    drop_file(&mut window, &example());
    wait_for_load(&mut window);
    assert_eq!(window.state().session.open().len(), 1);
}

#[test]
fn the_filter_narrows_the_classes_as_one_types() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    wait_for_label(&mut window, "ShoppingCart  ×2,020");
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    window.step();
    window.get_by_label("Filter classes").type_text("cartITEM");
    wait_until(&mut window, "the filtered list", |app| app.shown_view().unwrap().summary.table.row_count() == 1);
    wait_for_label(&mut window, "CartItem  ×10,100");
    assert!(window.query_all_by_label_contains("ShoppingCart").next().is_none());
}

#[test]
fn files_that_hover_over_the_window_show_where_to_drop_them() {
    let mut window = window(&[]);
    window.input_mut().hovered_files.push(egui::HoveredFile::default());
    window.step();
    window.step();
    assert!(window.query_by_label("Drop to open the snapshot").is_some());
    window.input_mut().hovered_files.clear();
    window.step();
    assert!(window.query_by_label("Drop to open the snapshot").is_none());
}

#[test]
fn keys_alone_lead_from_an_open_file_to_a_retaining_path() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    wait_for_label(&mut window, "ShoppingCart  ×2,020");
    // Into the filter, and from it into the table.
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    window.step();
    window.get_by_label("Filter classes").type_text("ShoppingCart");
    wait_until(&mut window, "the filtered list", |app| app.shown_view().unwrap().summary.table.row_count() == 1);
    window.key_press(egui::Key::ArrowDown);
    window.step();
    window.step();
    window.key_press(egui::Key::ArrowRight);
    wait_until(&mut window, "the members", |app| app.shown_view().unwrap().summary.table.row_count() > 2);
    window.key_press(egui::Key::ArrowDown);
    window.step();
    window.step();
    wait_until(&mut window, "the shortest path", |app| !app.shown_view().unwrap().retainers.is_busy());
    wait_for_label(&mut window, "cart in system / Context");
}

/// Pictures for the README. They are written where `UPDATE_SCREENSHOTS` is set; without it the test only draws them, and
/// without a graphics adapter it says so and passes, except under CI.
#[test]
fn pictures_of_each_state_can_be_drawn_in_light_and_dark() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    let (_folder, file) = broken("strings-bad-escape.heapsnapshot");
    for (theme, preference) in [("light", egui::ThemePreference::Light), ("dark", egui::ThemePreference::Dark)] {
        for state in ["empty", "summary", "loading", "error"] {
            let files = match state {
                "empty" | "loading" => vec![],
                "error" => vec![file.clone()],
                _ => vec![example()],
            };
            let mut window: Window = Harness::builder()
                .with_size(egui::vec2(1280.0, 800.0))
                .with_pixels_per_point(1.0)
                .allow_missing_glyphs()
                .wgpu()
                .build_eframe(move |cc| HeapglassApp::new(cc, files).unwrap());
            window.ctx.set_theme(preference);
            wait_for_load(&mut window);
            match state {
                "summary" => {
                    click_row(&mut window, "ShoppingCart  ×2,020");
                    window.key_press(egui::Key::ArrowRight);
                    window.step();
                    click_row(&mut window, "ShoppingCart @");
                    wait_until(&mut window, "the path", |app| !app.shown_view().unwrap().retainers.is_busy());
                }
                "loading" => {
                    // A stream that stops half-way stands for a large file.
                    let (source, feed) = slow_source();
                    window.state_mut().session.load(source);
                    std::mem::forget(feed);
                    for _ in 0..40 {
                        window.step();
                        std::thread::sleep(Duration::from_millis(10));
                    }
                }
                _ => {}
            }
            window.state_mut().settings.recent.clear();
            window.hover_at(egui::pos2(1.0, 799.0));
            window.step();
            let image = match window.render() {
                Ok(image) => image,
                Err(error) => {
                    assert!(std::env::var_os("CI").is_none(), "no picture: {error}");
                    eprintln!("skipped: no graphics adapter ({error})");
                    return;
                }
            };
            assert_eq!((image.width(), image.height()), (1280, 800));
            if std::env::var_os("UPDATE_SCREENSHOTS").is_some() {
                std::fs::create_dir_all(&folder).unwrap();
                image.save(folder.join(format!("{state}-{theme}.png"))).unwrap();
            }
        }
    }
}

/// A snapshot of which the first part has come and the rest never does.
fn slow_source() -> (heapglass::format::Source, std::sync::mpsc::Sender<()>) {
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
        heapglass::format::Source::Stream {
            name: "checkout-service.heapsnapshot".to_owned(),
            size_bytes: Some(bytes.len() as u64),
            reader,
        },
        sender,
    )
}
