//! The window with hostile files: files beside a snapshot, pipes, and files that need more memory than available.

use std::collections::BTreeSet;

use crate::common;
use crate::hostile_files::{bombs, is_dangerous, poisoned};

use heapglass::test_support::model::MemoryLimit;

use crate::window::{Window, drop_file, example, show, wait_for_label, wait_for_load, wait_until, window};
use egui::Key;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use heapglass::test_support::ui::command::Lower;
use heapglass::test_support::ui::command::ViewKind;

fn errors(window: &Window) -> Vec<String> {
    window.state().state.session.loads().iter().filter_map(|load| load.error.clone()).collect()
}

#[test]
fn a_file_that_needs_more_memory_than_available_is_refused_and_can_be_opened_anyway() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    window.state_mut().state.session.set_memory_limit(MemoryLimit::Bytes(1_000_000));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large.heapsnapshot.zst");
    std::fs::copy(example(), &file).unwrap();
    drop_file(&mut window, &file);
    wait_for_load(&mut window);
    assert!(errors(&window)[0].contains("not enough memory: needs about"), "{:?}", errors(&window));
    assert_eq!(window.state().state.session.open().len(), 1, "what was open stays open");
    wait_for_label(&mut window, "Open large.heapsnapshot.zst anyway");
    window.get_by_label("Open large.heapsnapshot.zst anyway").click();
    window.step();
    wait_for_load(&mut window);
    assert_eq!(errors(&window), [""; 0]);
    assert_eq!(window.state().state.session.open().len(), 2);
}

#[cfg(unix)]
#[test]
fn a_record_that_is_a_pipe_or_device_does_not_block_a_load() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.heapsnapshot.zst");
    std::fs::copy(example(), &file).unwrap();
    let record = folder.path().join("a.heapsnapshot.capture.json");
    common::pipe(&record);
    let mut opened = window(std::slice::from_ref(&file));
    wait_for_load(&mut opened);
    assert_eq!(opened.state().state.session.open().len(), 1);
    std::fs::remove_file(&record).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &record).unwrap();
    let mut opened = window(&[file]);
    wait_for_load(&mut opened);
    assert_eq!(opened.state().state.session.open().len(), 1);
}

#[cfg(unix)]
#[test]
fn waiting_for_a_pipe_can_be_cancelled_and_the_next_file_opens() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.heapsnapshot");
    common::pipe(&pipe);
    let mut window = window(&[]);
    drop_file(&mut window, &pipe);
    drop_file(&mut window, &example());
    wait_until(&mut window, "the load to begin", |app| app.session.loads()[0].elapsed().is_some());
    let first = window.state().state.session.loads()[0].id;
    window.state_mut().state.session.dismiss_load(first);
    wait_for_load(&mut window);
    assert_eq!(window.state().state.session.open().len(), 1);
}

#[test]
fn a_snapshot_of_a_file_that_changed_while_it_was_read_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("changing.heapsnapshot");
    let mut text = common::read(&example());
    text.resize(text.len() + (64 << 20), b' ');
    std::fs::write(&file, text).unwrap();
    let handle = std::fs::File::options().write(true).open(&file).unwrap();
    let mut window = window(&[file]);
    let mut time = std::time::SystemTime::now();
    wait_until(&mut window, "the load", move |app| {
        time += std::time::Duration::from_secs(1);
        handle.set_modified(time).unwrap();
        !app.session.is_loading()
    });
    wait_for_label(&mut window, "changing.heapsnapshot: the file was modified while it was being read");
}

#[test]
fn decompression_bombs_are_refused_and_open_files_stay_open() {
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    window.state_mut().state.session.set_memory_limit(MemoryLimit::Bytes(30_000_000));
    let folder = tempfile::tempdir().unwrap();
    for (what, bytes) in bombs() {
        let file = folder.path().join(format!("{what}.heapsnapshot.gz"));
        std::fs::write(&file, bytes).unwrap();
        drop_file(&mut window, &file);
        wait_for_load(&mut window);
        let errors = errors(&window);
        assert!(errors.len() == 1 && errors[0].contains("not enough memory: needs "), "{what}: {errors:?}");
        wait_for_label(&mut window, &format!("Open {what}.heapsnapshot.gz anyway"));
        assert_eq!(window.state().state.session.open().len(), 1, "what was open stays open");
        let failed = window.state().state.session.loads()[0].id;
        window.state_mut().state.session.dismiss_load(failed);
    }
}

/// Returns the texts of the window, for eyes and for screen readers, that have a character in them which is obeyed or hidden.
fn dangerous_texts(window: &Window) -> Vec<String> {
    let nodes = window.root().children_recursive();
    let texts = nodes.flat_map(|node| {
        let node = node.accesskit_node();
        [node.label(), node.value(), node.description()].into_iter().flatten()
    });
    texts.filter(|text| text.chars().any(is_dangerous)).collect()
}

#[test]
fn deceptive_names_are_shown_with_visible_control_characters_in_every_view() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["a", "b"].map(|name| folder.path().join(format!("{name}\u{1b}[2J\u{202e}.heapsnapshot")));
    files.iter().zip(["", "r"]).for_each(|(file, root)| std::fs::write(file, poisoned(root)).unwrap());
    let mut window = window(&files);
    wait_for_load(&mut window);
    assert_eq!(window.state().state.session.open().len(), 2, "{:?}", errors(&window));
    let mut found = BTreeSet::new();
    for kind in ViewKind::all() {
        show(&mut window, kind);
        for lower in [Lower::Retainers, Lower::Paths, Lower::Object] {
            let view = window.state_mut().state.shown_view().unwrap();
            view.lower = lower;
            // Selects the first row of each table and opens all that is below it.
            for key in [Key::F6, Key::Home, Key::ArrowRight, Key::ArrowDown, Key::ArrowRight] {
                window.key_press(key);
                wait_until(&mut window, "the answer", |app| !app.session.is_busy());
            }
            wait_until(&mut window, "every answer", |app| !app.session.is_busy());
            found.extend(dangerous_texts(&window).iter().map(|text| format!("{kind:?}, {lower:?}: {text:?}")));
        }
    }
    assert_eq!(found, BTreeSet::new());
}
