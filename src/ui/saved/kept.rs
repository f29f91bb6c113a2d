//! Notes of files that are not open: of closed files, and of files of a session that were not found or cannot be read.

use std::path::{Path, PathBuf};

use super::{SavedFile, SavedNote};
use crate::model::SnapshotId;
use crate::snapshot::SourceInfo;

/// A file that is not open, with its notes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::ui) struct KeptFile {
    /// The id that it had when it was open.
    pub(in crate::ui) of: Option<SnapshotId>,
    /// True if it has no path, such as an example. Its path is then its name, and sessions do not contain it.
    pub(in crate::ui) has_no_path: bool,
    pub(in crate::ui) file: SavedFile,
    /// Their positions of files have no meaning.
    pub(in crate::ui) notes: Vec<SavedNote>,
}

impl KeptFile {
    /// Creates an entry without notes for a file that is about to be closed.
    pub(in crate::ui) fn closed(id: SnapshotId, source: &SourceInfo, name: Option<String>) -> Self {
        let (path, has_no_path) = path_or_name(source);
        let file = SavedFile { path, name, is_closed: true, ..SavedFile::default() };
        Self { of: Some(id), has_no_path, file, notes: Vec::new() }
    }

    /// Returns whether an open file was read from the same path.
    pub(in crate::ui) fn is_at_path_of(&self, source: &SourceInfo) -> bool {
        let (path, has_no_path) = path_or_name(source);
        self.file.path == path && self.has_no_path == has_no_path
    }

    /// Returns whether a file of this size and hash has the same contents.
    pub(in crate::ui) fn has_contents(&self, (size_bytes, hash): &(u64, String)) -> bool {
        !hash.is_empty() && (self.file.size_bytes, &self.file.hash) == (*size_bytes, hash)
    }

    /// Adds a note, replacing the one about the same subject.
    pub(in crate::ui) fn set(&mut self, note: SavedNote) {
        match self.notes.iter_mut().find(|of| of.subject == note.subject) {
            Some(same) => *same = note,
            None => self.notes.push(note),
        }
    }
}

/// Returns the absolute path of a file, or its name and true if it has no path.
fn path_or_name(source: &SourceInfo) -> (PathBuf, bool) {
    match &source.path {
        Some(path) => (absolute(path), false),
        None => (PathBuf::from(&source.name), true),
    }
}

/// Returns the absolute path of a file.
pub(in crate::ui) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

/// The files that are not open and have notes.
#[derive(Debug, Default)]
pub(in crate::ui) struct KeptNotes(Vec<KeptFile>);

impl KeptNotes {
    pub(in crate::ui) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the files that a session can contain.
    pub(in crate::ui) fn on_disk(&self) -> impl Iterator<Item = &KeptFile> {
        self.0.iter().filter(|kept| !kept.has_no_path && !kept.notes.is_empty())
    }

    /// Adds a file with its notes. A note replaces an older one of the same file about the same subject.
    pub(in crate::ui) fn keep(&mut self, kept: KeptFile) {
        let is_same = |of: &&mut KeptFile| of.has_no_path == kept.has_no_path && of.file.path == kept.file.path;
        match self.0.iter_mut().find(is_same) {
            Some(same) => {
                let KeptFile { of, file, notes, .. } = kept;
                (same.of, same.file) = (of.or(same.of), file);
                for note in notes {
                    same.set(note);
                }
            }
            None => self.0.push(kept),
        }
    }

    /// Returns the entry of a file that was open under an id.
    pub(in crate::ui) fn of_mut(&mut self, id: SnapshotId) -> Option<&mut KeptFile> {
        self.0.iter_mut().find(|kept| kept.of == Some(id))
    }

    /// Removes the files that match, and returns their notes.
    pub(in crate::ui) fn take(&mut self, is_same: impl Fn(&KeptFile) -> bool) -> Vec<SavedNote> {
        let taken = self.0.extract_if(.., |kept| is_same(kept));
        taken.flat_map(|kept| kept.notes).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::notes::Subject;

    fn kept(path: &str, id: u64, text: &str) -> KeptFile {
        let subject = Subject::Object { id };
        let note = SavedNote { file: 0, subject, label: format!("@{id}"), text: text.to_owned() };
        let file = SavedFile { path: PathBuf::from(path), ..SavedFile::default() };
        KeptFile { of: None, has_no_path: false, file, notes: vec![note] }
    }

    #[test]
    fn a_file_is_kept_once_and_its_later_notes_replace_earlier_ones() {
        let mut notes = KeptNotes::default();
        for (path, id, text) in [("/a", 7, "a"), ("/b", 7, "b"), ("/a", 7, "c"), ("/a", 9, "d")] {
            notes.keep(kept(path, id, text));
        }
        assert_eq!(notes.on_disk().count(), 2);
        let taken = notes.take(|kept| kept.file.path == Path::new("/a"));
        assert_eq!(taken.iter().map(|note| note.text.as_str()).collect::<Vec<_>>(), ["c", "d"]);
        assert_eq!(notes.on_disk().count(), 1);
    }

    #[test]
    fn files_without_a_hash_have_no_known_contents() {
        let file = kept("/a", 1, "a");
        assert!(!file.has_contents(&(0, String::new())));
    }
}
