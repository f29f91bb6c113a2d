//! Notes, saved sessions and links to objects.

use std::path::{Path, PathBuf};

use egui_kittest::kittest::Queryable as _;
use heapglass::test_support::query::NodeFilter;
use heapglass::test_support::ui::Start;
use heapglass::test_support::ui::action::Action;
use heapglass::test_support::ui::command::{Lower, ViewKind};
use heapglass::test_support::ui::notes::Subject;
use heapglass::test_support::ui::panes::Slot;

use crate::window::{Window, example, example_before, wait_for_label, wait_for_load, wait_until, window};

/// The closure that keeps a cart alive, as the README says.
const CLOSURE: u64 = 118_945;

fn apply(window: &mut Window, action: Action) {
    let ctx = window.ctx.clone();
    window.state_mut().state.apply(&ctx, action);
    for _ in 0..3 {
        window.step();
    }
}

/// Opens a file in a new window, with an object selected.
fn open_at(file: PathBuf, id: u64, view: &str) -> Window {
    let mut window = window(&[]);
    select_in(&mut window, file, id, view);
    window
}

/// Opens a file with an object selected.
fn select_in(window: &mut Window, file: PathBuf, id: u64, view: &str) {
    let state = &mut window.state_mut().state;
    let opened = state.open(file);
    state.start_at(Start { at: Some(id), view: Some(view.to_owned()) });
    wait_until(window, "the object", |app| {
        app.session.snapshot(opened).is_some() && app.shown_view().is_some_and(|view| view.target().is_some())
    });
}

/// Writes a session that only names a file.
fn session_of(file: &Path, session: &Path) {
    let text = serde_json::json!({ "heapglass_session": 1, "files": [{ "path": file }] });
    std::fs::write(session, text.to_string()).unwrap();
}

/// Saves the session and waits until it is written.
fn save(window: &mut Window, file: &Path) -> String {
    window.state_mut().state.toasts.clear();
    window.state_mut().state.save_session(file.to_path_buf());
    wait_until(window, "the saved session", |app| {
        app.toasts.latest().is_some_and(|notice| notice.text.starts_with("Saved "))
    });
    std::fs::read_to_string(file).unwrap()
}

fn selected_id(window: &mut Window) -> Option<u64> {
    let state = &mut window.state_mut().state;
    let target = state.shown_view()?.target()?;
    Some(state.session.snapshot(target.snapshot)?.id(target.node).0)
}

fn add_note(window: &mut Window, text: &str) {
    apply(window, Action::NoteSelected);
    window.get_by_label("Text of the note").type_text(text);
    for _ in 0..3 {
        window.step();
    }
    window.get_by_label("Save note").click();
    for _ in 0..3 {
        window.step();
    }
}

#[test]
fn the_command_line_selects_an_object_in_a_view() {
    for (view, kind, lower) in
        [("paths", ViewKind::SUMMARY, Lower::Paths), ("dominators", ViewKind::DOMINATORS, Lower::Retainers)]
    {
        let mut window = open_at(example(), CLOSURE, view);
        assert_eq!(selected_id(&mut window), Some(CLOSURE), "{view}");
        let shown = window.state_mut().state.shown_view().unwrap();
        assert_eq!((shown.kind, shown.lower), (kind, lower), "{view}");
    }
}

#[test]
fn a_note_marks_its_row_is_listed_and_leads_back() {
    let mut window = open_at(example(), CLOSURE, "summary");
    add_note(&mut window, "who calls off?");
    wait_for_label(&mut window, "Note about");
    wait_for_label(&mut window, "who calls off?");
    wait_for_label(&mut window, "★ ");
    // The dialog for the same object has the text and can remove it.
    apply(&mut window, Action::ShowView(ViewKind::STATISTICS));
    apply(&mut window, Action::GoToNote(0));
    wait_until(&mut window, "the summary", |app| app.shown_view().is_some_and(|view| view.kind == ViewKind::SUMMARY));
    assert_eq!(selected_id(&mut window), Some(CLOSURE));
    apply(&mut window, Action::NoteSelected);
    window.get_by_label("Remove note").click();
    wait_until(&mut window, "the removal", |app| app.notes.all().is_empty());
    let stars = |window: &Window| window.query_all_by_label_contains("★ ").count();
    crate::window::wait_for(&mut window, "row without a star", |window| stars(window) == 0);
}

/// Saves a session with views, a filter, an ignored retainer and a note, and returns its file.
fn saved_session(folder: &Path) -> PathBuf {
    let mut window = window(&[example_before(), example()]);
    wait_for_load(&mut window);
    let last = window.state().state.shown().unwrap();
    let slot = Slot { side: 0, id: last };
    let snapshot = window.state().state.session.snapshot(last).unwrap();
    let node = snapshot.graph().nodes().find(|&node| snapshot.id(node).0 == CLOSURE).unwrap();
    let target = heapglass::test_support::ui::command::Target { snapshot: last, node };
    let state = &mut window.state_mut().state;
    state.run(slot, heapglass::test_support::ui::command::Command::Reveal(target, ViewKind::SUMMARY));
    let view = state.shown_view().unwrap();
    view.lower = Lower::Paths;
    view.panes.summary.nodes = NodeFilter::HeldByContexts;
    view.retainers.ignore(node);
    window.step();
    add_note(&mut window, "the listener");
    let file = folder.join("hunt.heapglass");
    window.state_mut().state.toasts.clear();
    window.state_mut().state.save_session(file.clone());
    wait_until(&mut window, "the file", |app| app.toasts.latest().is_some());
    assert!(file.is_file(), "{:?}", window.state().state.toasts.latest());
    file
}

#[test]
fn a_saved_session_restores_files_views_filters_ignored_retainers_and_notes() {
    let folder = tempfile::tempdir().unwrap();
    let file = saved_session(folder.path());
    let mut window = window(&[file]);
    wait_until(&mut window, "the note", |app| !app.notes.all().is_empty());
    let state = &mut window.state_mut().state;
    assert_eq!(state.session.open().len(), 2);
    let note = &state.notes.all()[0];
    assert_eq!((&note.subject, note.text.as_str()), (&Subject::Object { id: CLOSURE }, "the listener"));
    let view = state.shown_view().unwrap();
    assert_eq!((view.kind, view.lower), (ViewKind::SUMMARY, Lower::Paths));
    assert_eq!(view.panes.summary.nodes, NodeFilter::HeldByContexts);
    assert_eq!(view.retainers.ignored.len(), 1);
    assert!(view.panes.comparison.base.is_some());
    assert_eq!(selected_id(&mut window), Some(CLOSURE));
    wait_for_label(&mut window, "★ ");
}

#[test]
fn a_session_whose_files_changed_or_are_missing_opens_the_others_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = saved_session(folder.path());
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace("example-before.heapsnapshot.zst", "gone.heapsnapshot.zst");
    std::fs::write(&file, text.replace("\"hash\": \"", "\"hash\": \"0")).unwrap();
    let mut window = window(&[file]);
    wait_until(&mut window, "the note", |app| !app.notes.all().is_empty());
    assert_eq!(window.state().state.session.open().len(), 1);
    wait_for_label(&mut window, "gone.heapsnapshot.zst was not found");
    wait_for_label(&mut window, "example-after.heapsnapshot.zst has changed since the session was saved");
}

#[test]
fn a_session_that_cannot_be_read_is_reported_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.heapglass");
    std::fs::write(&file, "{\"views\": 1").unwrap();
    let mut window = window(&[example()]);
    wait_for_load(&mut window);
    window.state_mut().state.open_session(file);
    wait_for_label(&mut window, "bad.heapglass: not a session of Heapglass");
    assert_eq!(window.state().state.session.open().len(), 1);
}

#[test]
fn a_run_that_ended_unexpectedly_is_restored_by_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let unsaved = folder.path().join("unsaved.heapglass");
    let mut first = window(&[]);
    first.state_mut().state.start_autosave(folder.path(), false);
    let id = first.state_mut().state.open(example());
    wait_until(&mut first, "the load", |app| app.session.snapshot(id).is_some());
    let written = unsaved.clone();
    wait_until(&mut first, "the unsaved session", move |_| {
        std::fs::read_to_string(&written).is_ok_and(|text| text.contains("example-after"))
    });
    // As if the process had been killed: nothing is finished, only the lock is gone.
    drop(first);
    let mut second = window(&[]);
    second.state_mut().state.start_autosave(folder.path(), false);
    wait_until(&mut second, "the restored file", |app| app.session.open().len() == 1 && app.shown().is_some());
    drop(second);
    // Files on the command line have precedence.
    let mut third = window(&[]);
    third.state_mut().state.start_autosave(folder.path(), true);
    for _ in 0..10 {
        third.step();
    }
    assert!(third.state().state.session.open().is_empty() && !third.state().state.session.is_loading());
    assert!(folder.path().join("unsaved-1.heapglass").is_file() && !unsaved.exists());
    wait_for_label(&mut third, "The session of the last run was not saved");
    drop(third);
    // The session that was set aside is not lost.
    let mut fourth = window(&[]);
    fourth.state_mut().state.start_autosave(folder.path(), false);
    wait_until(&mut fourth, "the restored file", |app| app.session.open().len() == 1 && app.shown().is_some());
}

#[test]
fn unsaved_notes_at_exit_are_restored_by_the_next_run_until_they_are_saved() {
    let folder = tempfile::tempdir().unwrap();
    let unsaved = folder.path().join("unsaved.heapglass");
    let mut first = window(&[]);
    first.state_mut().state.start_autosave(folder.path(), false);
    select_in(&mut first, example(), CLOSURE, "summary");
    add_note(&mut first, "not saved");
    first.state_mut().state.finish_autosave();
    assert!(unsaved.is_file());
    drop(first);

    let mut second = window(&[]);
    second.state_mut().state.start_autosave(folder.path(), false);
    wait_for_label(&mut second, "Restored the notes of the last session");
    wait_until(&mut second, "the note", |app| !app.notes.all().is_empty());
    assert_eq!(second.state().state.notes.all()[0].text, "not saved");
    // Restoring does not save them.
    second.state_mut().state.finish_autosave();
    assert!(unsaved.is_file());
    drop(second);

    let mut third = window(&[]);
    third.state_mut().state.start_autosave(folder.path(), false);
    wait_until(&mut third, "the note", |app| !app.notes.all().is_empty());
    assert!(save(&mut third, &folder.path().join("hunt.heapglass")).contains("not saved"));
    third.state_mut().state.finish_autosave();
    assert!(!unsaved.exists());
}

#[test]
fn notes_of_a_closed_file_are_shown_when_it_is_opened_again_and_are_in_saved_sessions() {
    let folder = tempfile::tempdir().unwrap();
    let [file, moved, session] =
        ["a.heapsnapshot.zst", "b.heapsnapshot.zst", "s.heapglass"].map(|name| folder.path().join(name));
    std::fs::copy(example(), &file).unwrap();
    let mut first = open_at(file.clone(), CLOSURE, "summary");
    add_note(&mut first, "closed");
    apply(&mut first, Action::CloseShown);
    assert!(first.state().state.notes.all().is_empty());
    wait_for_label(&mut first, "Kept 1 note of a.heapsnapshot");
    let text = save(&mut first, &session);
    assert!(text.contains("\"is_closed\": true") && text.contains("\"closed\""), "{text}");
    first.state_mut().state.open(file.clone());
    wait_until(&mut first, "the note", |app| !app.notes.all().is_empty());
    assert_eq!(first.state().state.notes.all()[0].text, "closed");
    drop(first);

    // The session does not open the closed file; its contents identify it.
    std::fs::rename(&file, &moved).unwrap();
    let mut second = window(&[session]);
    second.state_mut().state.open(moved);
    wait_until(&mut second, "the note", |app| !app.notes.all().is_empty());
    assert_eq!(second.state().state.session.open().len(), 1);
}

#[test]
fn notes_of_a_file_that_is_missing_are_saved_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = saved_session(folder.path());
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace("example-after.heapsnapshot.zst", "gone.heapsnapshot.zst");
    std::fs::write(&file, text.replace("\"hash\": \"", "\"hash\": \"0")).unwrap();
    let mut window = window(&[file]);
    wait_for_label(&mut window, "Kept 1 note of gone.heapsnapshot.zst");
    assert!(window.state().state.notes.all().is_empty());
    let again = save(&mut window, &folder.path().join("again.heapglass"));
    assert!(again.contains("gone.heapsnapshot.zst") && again.contains("the listener"), "{again}");
    assert!(!again.contains("is_closed"), "{again}");
}

#[test]
fn findings_that_a_session_ignores_do_not_change_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("s.heapglass");
    let signature = "array: SessionRegistry.sessions -> Session";
    let text = serde_json::json!({
        "heapglass_session": 1, "files": [{ "path": example() }], "ignored_findings": [signature],
        "notes": [{ "file": 0, "about": "object", "id": CLOSURE, "label": "", "text": "restored" }],
    });
    std::fs::write(&file, text.to_string()).unwrap();
    let mut window = window(&[file]);
    wait_until(&mut window, "the note", |app| !app.notes.all().is_empty());
    assert!(window.state().state.settings.ignored_findings.is_empty());
    assert!(save(&mut window, &folder.path().join("again.heapglass")).contains(signature));
}

#[test]
fn two_sessions_are_restored_one_after_another() {
    let folder = tempfile::tempdir().unwrap();
    let sessions = ["a.heapglass", "b.heapglass"].map(|name| folder.path().join(name));
    session_of(&example_before(), &sessions[0]);
    session_of(&example(), &sessions[1]);
    let mut window = window(&sessions);
    wait_until(&mut window, "both files", |app| app.session.open().len() == 2);
}

#[test]
fn the_command_line_selects_an_object_of_a_session() {
    let folder = tempfile::tempdir().unwrap();
    let session = folder.path().join("s.heapglass");
    session_of(&example(), &session);
    let mut window = window(&[]);
    let state = &mut window.state_mut().state;
    state.open_session(session);
    state.start_at(Start { at: Some(CLOSURE), view: Some("dominators".to_owned()) });
    crate::window::wait_for(&mut window, "the object", |window| selected_id(window) == Some(CLOSURE));
    assert_eq!(window.state_mut().state.shown_view().unwrap().kind, ViewKind::DOMINATORS);
}

#[test]
fn the_command_line_shows_a_view_without_an_object() {
    for (view, kind, lower) in
        [("paths", ViewKind::SUMMARY, Lower::Paths), ("dominators", ViewKind::DOMINATORS, Lower::Retainers)]
    {
        let mut window = window(&[]);
        let state = &mut window.state_mut().state;
        state.open(example());
        state.start_at(Start { at: None, view: Some(view.to_owned()) });
        wait_until(&mut window, view, |app| {
            app.shown_view().is_some_and(|view| (view.kind, view.lower) == (kind, lower))
        });
    }
}
