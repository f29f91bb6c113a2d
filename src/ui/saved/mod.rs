//! Saved sessions: the open files, what each view shows, and the notes, as a `.heapglass` file of JSON.
//!
//! Objects are stored by their ids and classes by their names, so that a session survives another version of the program.
//! Files are stored with their sizes and a hash of parts of them, so that a moved file is found and a changed one is
//! reported.

pub(super) mod autosave;
pub(super) mod file;
pub(super) mod kept;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::notes::Subject;

/// The version of the format. Files of a later version are refused.
pub(super) const FORMAT: u32 = 1;

/// A session.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Saved {
    #[serde(rename = "heapglass_session")]
    pub format: u32,
    pub files: Vec<SavedFile>,
    pub views: Vec<SavedView>,
    /// The files on the sides, as positions in `files`.
    pub sides: [Option<usize>; 2],
    pub is_split: bool,
    pub active: usize,
    /// The share of the width that the left of two sides has.
    pub left_share: f32,
    pub is_linked: bool,
    pub ignored_findings: Vec<String>,
    pub notes: Vec<SavedNote>,
    /// True if the window was closed although notes were in no session file. False after a crash.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub was_closed: bool,
}

/// A file of a session.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SavedFile {
    pub path: PathBuf,
    /// The name that the user gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub size_bytes: u64,
    /// A hash of parts of the contents, in hexadecimal digits; empty if it is unknown.
    pub hash: String,
    /// True if the user had closed it. It is not opened with the session, which keeps its notes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_closed: bool,
}

/// A view of a snapshot.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SavedView {
    pub side: usize,
    /// A position in [`Saved::files`].
    pub file: usize,
    /// The label of the tab.
    pub view: String,
    pub lower: SavedLower,
    /// The id of the selected object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<u64>,
    /// The text that filters classes by name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub class_filter: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<SavedFilter>,
    /// The ids of retainers that are ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<u64>,
    /// The base of the comparison, as a position in [`Saved::files`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<usize>,
}

/// A tab of the lower half of a view.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SavedLower {
    #[default]
    Retainers,
    Paths,
    Object,
    Source,
}

/// A filter of objects. Filters that refer to rows of a list are not saved.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SavedFilter {
    Ids { after: u64, up_to: u64 },
    HeldByDetachedDom,
    HeldByContexts,
    HeldByEventHandlers,
    HeldByConsole,
    DuplicatedStrings,
    SharedByContexts,
    WithoutContext,
    Unreachable,
    Matching(String),
}

/// A note of a session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct SavedNote {
    /// A position in [`Saved::files`].
    pub file: usize,
    #[serde(flatten)]
    pub subject: Subject,
    pub label: String,
    pub text: String,
}

impl Saved {
    /// Removes references to files that do not exist in the session, which another program may have written.
    pub(super) fn mend(&mut self) {
        let count = self.files.len();
        self.views.retain(|view| view.file < count && view.side < 2);
        self.notes.retain(|note| note.file < count);
        for view in &mut self.views {
            view.base = view.base.filter(|base| *base < count);
        }
        for side in &mut self.sides {
            *side = side.filter(|file| *file < count);
        }
        self.active = self.active.min(1);
        self.left_share = if self.left_share.is_finite() { self.left_share.clamp(0.05, 0.95) } else { 0.5 };
    }
}

/// Quotes a path for a shell.
pub(super) fn quoted(path: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "/._-+@:\\".contains(character);
    match path {
        _ if !path.is_empty() && path.chars().all(is_plain) => path.to_owned(),
        _ if cfg!(windows) => format!("\"{path}\""),
        _ => format!("'{}'", path.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(unix)]
    fn paths_are_quoted_for_a_shell_if_necessary() {
        let quoted = |path| super::quoted(path);
        assert_eq!(quoted("/tmp/a-1.heapsnapshot"), "/tmp/a-1.heapsnapshot");
        assert_eq!(quoted("/tmp/it's $HOME"), r"'/tmp/it'\''s $HOME'");
        assert_eq!(quoted(""), "''");
    }
}
