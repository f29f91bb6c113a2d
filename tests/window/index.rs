//! The cache in the window: it is written in the background, shown when it was used, and can be turned off.

use crate::common;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::window::{Window, example, wait_for_label, wait_for_load, wait_until};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use heapglass::test_support::index::Indexes;
use heapglass::test_support::ui::HeapglassApp;
use heapglass::test_support::ui::action::Action;

/// Opens a window with its cache in `folder`.
fn window_with(folder: &Path, files: Vec<PathBuf>) -> Window {
    let indexes = Indexes::in_folder(folder);
    Harness::builder()
        .with_size(egui::vec2(1280.0, 800.0))
        .with_pixels_per_point(1.0)
        .allow_missing_glyphs()
        .wgpu()
        .build_eframe(move |cc| HeapglassApp::new(cc, files, indexes, None).unwrap())
}

fn wait_for_index(window: &mut Window) {
    wait_for_load(window);
    wait_until(window, "the index", |app| !app.session.is_writing_index());
}

/// Writes a file with an older time.
fn old_file(folder: &Path) -> PathBuf {
    let file = folder.join("checkout.heapsnapshot");
    fs::write(&file, common::read(&example())).unwrap();
    let time = SystemTime::now() - Duration::from_mins(1);
    File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
    file
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}

fn apply(window: &mut Window, action: Action) {
    let ctx = window.ctx.clone();
    window.state_mut().state.apply(&ctx, action);
    window.step();
}

/// Writes a picture to the folder `INDEX_PICTURES`, if it is set.
fn picture(window: &mut Window, name: &str) {
    let Some(folder) = std::env::var_os("INDEX_PICTURES") else { return };
    for _ in 0..10 {
        window.step();
    }
    window.render().unwrap().save(Path::new(&folder).join(format!("{name}.png"))).unwrap();
}

#[test]
fn a_file_opened_before_opens_from_the_cache_and_the_window_says_so() {
    let place = tempfile::tempdir().unwrap();
    let (file, folder) = (old_file(place.path()), place.path().join("heapglass"));
    let mut window = window_with(&folder, vec![file.clone()]);
    wait_for_index(&mut window);
    wait_for_label(&mut window, "loaded in");
    assert_eq!(count(&folder), 1);

    apply(&mut window, Action::CloseShown);
    apply(&mut window, Action::OpenPath(file));
    wait_for_load(&mut window);
    wait_for_label(&mut window, "opened from the cache in");
    wait_for_label(&mut window, "ShoppingCart");
    picture(&mut window, "opened");
    for theme in [egui::ThemePreference::Light, egui::ThemePreference::Dark] {
        window.ctx.set_theme(theme);
        window.get_by_label("Settings").click();
        window.step();
        picture(&mut window, &format!("settings-{theme:?}"));
        window.key_press(egui::Key::Escape);
        window.step();
    }
}

#[test]
fn the_cache_can_be_turned_off_and_deleted() {
    let place = tempfile::tempdir().unwrap();
    let (file, folder) = (old_file(place.path()), place.path().join("heapglass"));
    let mut window = window_with(&folder, vec![file.clone()]);
    wait_for_index(&mut window);
    assert_eq!(count(&folder), 1);

    apply(&mut window, Action::DeleteIndex);
    wait_for_label(&mut window, "The cache was deleted (");
    picture(&mut window, "deleted");
    assert_eq!(count(&folder), 0);

    window.get_by_label("Settings").click();
    wait_for_label(&mut window, "Cache opened files");
    // The menu settles after some frames.
    (0..5).for_each(|_| window.step());
    window.get_by_label("Cache opened files").click();
    wait_until(&mut window, "the click", |app| !app.settings.keep_index);
    assert!(!window.state().state.settings.keep_index);
    apply(&mut window, Action::CloseShown);
    apply(&mut window, Action::OpenPath(file));
    wait_for_index(&mut window);
    wait_for_label(&mut window, "loaded in");
    assert_eq!(count(&folder), 0);
    apply(&mut window, Action::DeleteIndex);
    wait_for_label(&mut window, "There is no cache to delete");
}

#[test]
fn closing_a_snapshot_leaves_no_partial_cache_file() {
    let place = tempfile::tempdir().unwrap();
    let (file, folder) = (old_file(place.path()), place.path().join("heapglass"));
    let mut window = window_with(&folder, vec![file]);
    wait_until(&mut window, "the load", |app| !app.session.open().is_empty());
    apply(&mut window, Action::CloseShown);
    assert!(!window.state().state.session.is_writing_index());
    // It ends whole or not at all, whenever the close came.
    apply(&mut window, Action::DeleteIndex);
    wait_until(&mut window, "the deletion", |app| {
        app.toasts.latest().is_some_and(|notice| notice.text.contains("cache"))
    });
    assert_eq!(count(&folder), 0);
}
