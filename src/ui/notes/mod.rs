//! Notes: texts that the user attaches to objects, retaining paths, classes and findings.

pub(super) mod editor;

use serde::{Deserialize, Serialize};

use super::icons::Icon;
use crate::model::{ClassId, NodeOrdinal, ObjectId, SnapshotId};
use crate::query::node_label;
use crate::snapshot::Snapshot;

/// The maximum length of a note, in characters.
pub(crate) const TEXT_LIMIT: usize = 4000;

/// The subject of a note, in terms that another run of the program understands.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Subject {
    Object {
        id: u64,
    },
    /// The retaining paths of an object.
    Path {
        id: u64,
    },
    /// A class, with the script id, line and column of its constructor if the snapshot has them.
    Class {
        name: String,
        location: Option<[u32; 3]>,
    },
    Finding {
        signature: String,
    },
}

impl Subject {
    /// Returns the subject for the object with an id.
    #[must_use]
    pub(crate) fn object(id: ObjectId) -> Self {
        Self::Object { id: id.0 }
    }

    /// Returns the id of the object that the note is about.
    #[must_use]
    pub(crate) fn object_id(&self) -> Option<ObjectId> {
        match *self {
            Self::Object { id } | Self::Path { id } => Some(ObjectId(id)),
            Self::Class { .. } | Self::Finding { .. } => None,
        }
    }

    #[must_use]
    pub(crate) fn icon(&self) -> Icon {
        match self {
            Self::Object { .. } => Icon::Box,
            Self::Path { .. } => Icon::Waypoints,
            Self::Class { .. } => Icon::TableProperties,
            Self::Finding { .. } => Icon::Stethoscope,
        }
    }
}

/// A note.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// The snapshot that it is about; the last of the series for a finding.
    pub of: SnapshotId,
    pub subject: Subject,
    /// The name of the subject.
    pub label: String,
    pub text: String,
}

/// The notes, in the order in which they were added.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Notes(Vec<Note>);

impl Notes {
    #[must_use]
    pub fn all(&self) -> &[Note] {
        &self.0
    }

    /// Returns the note about a subject.
    #[must_use]
    pub fn find(&self, of: SnapshotId, subject: &Subject) -> Option<&Note> {
        self.0.iter().find(|note| note.of == of && note.subject == *subject)
    }

    /// Adds a note, replacing the one about the same subject. A note without text marks its subject.
    pub fn set(&mut self, note: Note) {
        match self.0.iter_mut().find(|of| of.of == note.of && of.subject == note.subject) {
            Some(same) => *same = note,
            None => self.0.push(note),
        }
    }

    pub fn remove(&mut self, of: SnapshotId, subject: &Subject) {
        self.0.retain(|note| note.of != of || note.subject != *subject);
    }

    /// Removes and returns the notes of a snapshot.
    pub(super) fn take(&mut self, of: SnapshotId) -> Vec<Note> {
        self.0.extract_if(.., |note| note.of == of).collect()
    }
}

/// Returns the subject and the label of an object.
#[must_use]
pub(in crate::ui) fn of_object(snapshot: &Snapshot, node: NodeOrdinal) -> (Subject, String) {
    let id = snapshot.id(node);
    (Subject::object(id), format!("{} {id}", node_label(snapshot, node)))
}

/// Returns the subject and the label of a class.
#[must_use]
pub(in crate::ui) fn of_class(snapshot: &Snapshot, class: ClassId) -> (Subject, String) {
    let class = snapshot.classes().get(class);
    let location = class.key.location.map(|at| [at.script_id, at.line, at.column]);
    (Subject::Class { name: class.name.clone(), location }, class.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(of: u32, id: u64, text: &str) -> Note {
        Note { of: SnapshotId(of), subject: Subject::Object { id }, label: format!("@{id}"), text: text.to_owned() }
    }

    #[test]
    fn a_subject_has_one_note() {
        let mut notes = Notes::default();
        for (of, id, text) in [(1, 7, "a"), (2, 7, "b"), (1, 7, "c"), (1, 9, "d")] {
            notes.set(note(of, id, text));
        }
        let texts = |notes: &Notes| notes.all().iter().map(|note| note.text.clone()).collect::<Vec<_>>();
        assert_eq!(texts(&notes), ["c", "b", "d"]);
        notes.remove(SnapshotId(1), &Subject::Object { id: 7 });
        assert_eq!(texts(&notes), ["b", "d"]);
        assert_eq!(notes.take(SnapshotId(2)), [note(2, 7, "b")]);
        assert_eq!(texts(&notes), ["d"]);
    }
}
