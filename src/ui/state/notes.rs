//! Notes: adding, editing and removing them, and going to their subjects.

use egui::Context;

use super::AppState;
use crate::analysis::{Class, Location};
use crate::model::{ClassId, NodeOrdinal, SnapshotId};
use crate::query::Lane;
use crate::session::{Noted, Pending};
use crate::snapshot::Snapshot;
use crate::ui::action::Action;
use crate::ui::command::{Lower, Target, ViewKind};
use crate::ui::notes::editor::Edited;
use crate::ui::notes::{Note, Subject, of_class, of_object};
use crate::ui::notice::Notice;
use crate::ui::panes::Slot;

/// The rows with notes of one snapshot, being found.
pub(in crate::ui) type PendingMarks = (SnapshotId, Pending<Noted>);

impl AppState {
    /// Executes an action about notes.
    pub(super) fn apply_to_notes(&mut self, action: &Action) {
        match *action {
            Action::NoteSelected => self.note_selected(),
            Action::EditNote(at) => {
                if let Some(note) = self.notes.all().get(at).cloned() {
                    self.note_editor.edit(note, true);
                }
            }
            Action::RemoveNote(at) => {
                if let Some(note) = self.notes.all().get(at).cloned() {
                    self.sessions.note_edited();
                    self.remove_note(&note);
                }
            }
            Action::GoToNote(at) => {
                if let Some(note) = self.notes.all().get(at).cloned() {
                    self.go_to_note(&note);
                }
            }
            _ => {}
        }
    }

    /// Opens the dialog for the note about a subject.
    pub(super) fn edit_note(&mut self, of: SnapshotId, subject: Subject, label: String) {
        match self.notes.find(of, &subject).cloned() {
            Some(note) => self.note_editor.edit(note, true),
            None => self.note_editor.edit(Note { of, subject, label, text: String::new() }, false),
        }
    }

    /// Opens the dialog for the note about the selected object or class.
    fn note_selected(&mut self) {
        let Some(view) = self.shown_snapshot_view() else { return };
        let target = view.inspected().or(view.target());
        let class = view.selected_class();
        if let Some((target, snapshot)) = target.and_then(|at| Some((at, self.session.snapshot(at.snapshot)?))) {
            let (subject, label) = of_object(&snapshot, target.node);
            self.edit_note(target.snapshot, subject, label);
        } else if let Some((id, class)) = self.shown().zip(class)
            && let Some(snapshot) = self.session.snapshot(id)
        {
            let (subject, label) = of_class(&snapshot, class);
            self.edit_note(id, subject, label);
        } else {
            self.toasts.push(Notice::fact("Select an object or a class to add a note"));
        }
    }

    /// Draws the dialog and applies its result.
    pub(in crate::ui) fn show_note_editor(&mut self, ctx: &Context) {
        match self.note_editor.show(ctx) {
            Some(Edited::Saved(note)) => {
                self.sessions.note_edited();
                self.set_note(note);
            }
            Some(Edited::Removed(note)) => {
                self.sessions.note_edited();
                self.remove_note(&note);
            }
            None => {}
        }
    }

    /// Finds the rows of a snapshot that have notes.
    pub(super) fn find_marks(&mut self, of: SnapshotId) {
        let Some(snapshot) = self.session.snapshot(of) else { return };
        let notes = self.notes.all().iter().filter(|note| note.of == of);
        let subjects: Vec<Subject> = notes.map(|note| note.subject.clone()).collect();
        self.marks.retain(|(id, _)| *id != of);
        let pending = self.session.spawn(Lane::Question, move |_| Ok(noted(&snapshot, &subjects)));
        self.marks.push((of, pending));
    }

    /// Shows stars in the rows that have notes, once they are found.
    pub(super) fn take_marks(&mut self) {
        let mut found = Vec::new();
        self.marks.retain_mut(|(of, pending)| match pending.take() {
            Some(answer) => {
                found.extend(answer.ok().map(|noted| (*of, noted)));
                false
            }
            None => true,
        });
        for (of, noted) in found {
            self.session.set_noted(of, noted);
        }
    }

    /// Goes to the subject of a note.
    fn go_to_note(&mut self, note: &Note) {
        let Some(snapshot) = self.session.snapshot(note.of) else { return };
        match &note.subject {
            Subject::Object { id } => self.find_object(note.of, *id, ViewKind::SUMMARY, Lower::Retainers),
            Subject::Path { id } => self.find_object(note.of, *id, ViewKind::SUMMARY, Lower::Paths),
            Subject::Class { name, location } => match find_class(&snapshot, name, *location) {
                Some(class) => self.go_to_class(note.of, class),
                None => self.toasts.push(Notice::problem(format!("No class matches the note: {}", note.label))),
            },
            Subject::Finding { .. } => {
                self.show_in(self.active, note.of);
                self.show_view(ViewKind::FINDINGS);
            }
        }
    }

    /// Finds an object by its id and goes to it.
    pub(super) fn find_object(&mut self, of: SnapshotId, id: u64, kind: ViewKind, lower: Lower) {
        let Some(snapshot) = self.session.snapshot(of) else { return };
        let pending =
            self.session.spawn(Lane::Interactive, move |_| Ok(snapshot.graph().find_id(crate::model::ObjectId(id))));
        self.find = Some(super::Find { slot: Slot { side: self.active, id: of }, id, kind, lower, pending });
    }

    /// Goes to an object that was found.
    pub(super) fn go_to_found(&mut self, slot: Slot, node: NodeOrdinal, kind: ViewKind, lower: Lower) {
        self.go_to(slot.side, Target { snapshot: slot.id, node }, kind);
        if let Some(view) = self.views.get_mut(&slot) {
            view.lower = lower;
        }
    }
}

fn find_class(snapshot: &Snapshot, name: &str, location: Option<[u32; 3]>) -> Option<ClassId> {
    let location = location.map(|[script_id, line, column]| Location { script_id, line, column });
    let is_same = |class: &Class| class.key.location == location && class.name == name;
    snapshot.classes().all().iter().position(is_same).and_then(|at| u32::try_from(at).ok()).map(ClassId)
}

fn noted(snapshot: &Snapshot, subjects: &[Subject]) -> Noted {
    let mut noted = Noted::default();
    for subject in subjects {
        if let Subject::Class { name, location } = subject {
            noted.classes.extend(find_class(snapshot, name, *location));
        } else if let Some(id) = subject.object_id() {
            noted.nodes.extend(snapshot.graph().find_id(id));
        }
    }
    noted
}
