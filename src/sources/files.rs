//! Files on this machine of scripts: to open them in an editor, and to show the text of a profile's functions.

use std::path::PathBuf;

use super::lines::Position;
use super::paths::{NoFile, SourcePaths};
use super::question::SourceView;
use super::text::{Origin, from_file, known_text, url_text};
use crate::model::{CancelToken, Cancelled, SnapshotId};
use crate::query::{Needs, Question, Script};
use crate::snapshot::Snapshot;

/// The file of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ScriptFile {
    /// The file with all symbolic links resolved.
    pub(crate) path: PathBuf,
    /// True if the file is not the script in the snapshot: it was changed since.
    pub(crate) is_changed: bool,
    /// The position in the file.
    pub(crate) at: Position,
}

impl ScriptFile {
    pub(super) fn resolved(path: PathBuf, is_changed: bool, at: Position) -> Result<Self, NoFile> {
        match path.canonicalize() {
            Ok(real) => Ok(Self { path: real, is_changed, at }),
            Err(_) => Err(NoFile::NotFound(path)),
        }
    }
}

/// Finds the file of a script on this machine, if it may be read. A file that was changed since the snapshot was taken is
/// returned only if it is inside a root.
///
/// # Errors
/// Returns the reason if there is no such file.
pub(super) fn script_file(
    snapshot: &Snapshot,
    script: &Script,
    at: Position,
    paths: &SourcePaths,
) -> Result<ScriptFile, NoFile> {
    let url = script.url.as_deref().ok_or(NoFile::NotLocal)?;
    let known = known_text(snapshot, script);
    let (path, is_changed) = match from_file(snapshot, script, url, known.as_ref(), paths) {
        Ok(text) => match text.origin {
            Origin::File(path) => (path, false),
            _ => return Err(NoFile::NotLocal),
        },
        Err(NoFile::Differs(path)) if path.canonicalize().is_ok_and(|real| paths.contains(&real)) => (path, true),
        Err(reason) => return Err(reason),
    };
    ScriptFile::resolved(path, is_changed, at)
}

/// Finds the file of a URL on this machine, which must be inside a root.
///
/// # Errors
/// Returns the reason if there is no such file.
pub(crate) fn url_file(url: &str, at: Position, paths: &SourcePaths) -> Result<ScriptFile, NoFile> {
    let found = url_text(url, paths);
    match found.text.map(|text| text.origin) {
        Some(Origin::File(path)) => ScriptFile::resolved(path, false, at),
        _ => Err(found.no_file.unwrap_or(NoFile::NotLocal)),
    }
}

/// Asks for the text of a URL without a script, such as that of a function in a profile.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct SourceOfUrl {
    pub(crate) file: SnapshotId,
    pub(crate) url: String,
    pub(crate) paths: SourcePaths,
}

impl Question for SourceOfUrl {
    type Answer = SourceView;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.file]
    }

    fn run(&self, _needs: &Needs, cancel: &CancelToken) -> Result<SourceView, Cancelled> {
        cancel.check()?;
        Ok(SourceView::new(Some(self.url.clone()), url_text(&self.url, &self.paths), None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::SourceRoot;

    #[test]
    fn the_file_of_a_url_must_be_inside_a_root() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let file = folder.join("a.js");
        std::fs::write(&file, "a()").unwrap();
        let url = file.to_str().unwrap();
        let at = Position { line: 2, column: 3 };
        assert_eq!(url_file(url, at, &SourcePaths::default()), Err(NoFile::Unproven(file.clone())));
        let paths = SourcePaths::new(vec![SourceRoot::folder(&folder)]);
        assert_eq!(url_file(url, at, &paths), Ok(ScriptFile { path: file.clone(), is_changed: false, at }));
        assert_eq!(url_file("http://host/a.js", at, &paths), Err(NoFile::NotLocal));
        assert_eq!(url_file(url, at, &SourcePaths::without_files()), Err(NoFile::Off));
    }
}
