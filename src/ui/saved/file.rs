//! Session files: writing, reading, and finding the snapshots that they name.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{FORMAT, Saved, SavedFile};
use crate::files::PartialFile;
use crate::index::fingerprint;
use crate::inputs::{open_regular, read_small};
use crate::ui::dialog::SESSION_ENDING;

/// The maximum size of a session file.
const LIMIT_BYTES: u64 = 32 << 20;

/// Returns whether a path has the ending of session files.
pub(in crate::ui) fn is_session(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(SESSION_ENDING))
}

/// Writes a session with the sizes and hashes of its files, replacing an existing file.
pub(in crate::ui) fn write(path: &Path, mut saved: Saved) -> io::Result<()> {
    // Files that are not open have the size and hash that they had when they were.
    for file in saved.files.iter_mut().filter(|file| file.hash.is_empty()) {
        (file.size_bytes, file.hash) = fingerprint(&file.path).unwrap_or_default();
    }
    let text = serde_json::to_vec_pretty(&saved)?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut partial = PartialFile::create_hidden(path)?;
    partial.write_all(&text)?;
    partial.replace()
}

/// A session that was read, with the paths at which its files are now.
#[derive(Clone, PartialEq, Debug, Default)]
pub(in crate::ui) struct Read {
    pub(in crate::ui) saved: Saved,
    /// The path of each file; `None` if it was not found.
    pub(in crate::ui) paths: Vec<Option<PathBuf>>,
    /// Sentences about files that are missing or have changed.
    pub(in crate::ui) changes: Vec<String>,
    /// Sentences about files that were moved.
    pub(in crate::ui) moves: Vec<String>,
}

/// Reads a session and finds its files.
///
/// # Errors
/// Returns a sentence for the user.
pub(in crate::ui) fn read(path: &Path) -> Result<Read, String> {
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    let text = read_small(path, LIMIT_BYTES).map_err(|error| format!("{name}: {error}"))?;
    let read: Result<Saved, _> = serde_json::from_slice(&text);
    let mut saved = read.map_err(|error| format!("{name}: not a session of Heapglass: {error}"))?;
    // A list would be read as the values of the first fields.
    let is_object = text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if !is_object {
        return Err(format!("{name}: not a session of Heapglass: expected an object"));
    }
    if saved.format == 0 {
        return Err(format!("{name}: not a session of Heapglass: `heapglass_session` is missing"));
    }
    if saved.format > FORMAT {
        return Err(format!("{name}: written by a later version of Heapglass"));
    }
    saved.mend();
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut read = Read::default();
    for file in &saved.files {
        if file.is_closed {
            read.paths.push(None);
            continue;
        }
        let found = find(file, folder);
        let shown = file.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        match &found {
            None => read.changes.push(format!("{shown} was not found at {}", file.path.display())),
            Some((path, is_same)) => {
                if !is_same {
                    read.changes.push(format!("{shown} has changed since the session was saved"));
                } else if *path != file.path {
                    read.moves.push(format!("{shown} was found at {}", path.display()));
                }
            }
        }
        read.paths.push(found.map(|(path, _)| path));
    }
    read.saved = saved;
    Ok(read)
}

/// Returns the path of a file, and whether it has the same contents as when it was saved. Looks at its path, then beside
/// the session file: by its name, and then by its contents.
fn find(file: &SavedFile, folder: &Path) -> Option<(PathBuf, bool)> {
    let is_same = |path: &Path| {
        let is_known = !file.hash.is_empty();
        is_known && fingerprint(path).is_some_and(|(size, hash)| size == file.size_bytes && hash == file.hash)
    };
    let beside = file.path.file_name().map(|name| folder.join(name));
    let named: Vec<PathBuf> = std::iter::once(file.path.clone()).chain(beside).collect();
    if let Some(path) = named.iter().find(|path| is_same(path)) {
        return Some((path.clone(), true));
    }
    let others = std::fs::read_dir(if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    let others = others.into_iter().flatten().filter_map(Result::ok);
    let mut of_size: Vec<PathBuf> = others
        .filter(|entry| entry.metadata().is_ok_and(|of| of.is_file() && of.len() == file.size_bytes))
        .map(|entry| entry.path())
        .collect();
    of_size.sort();
    if let Some(path) = of_size.into_iter().find(|path| is_same(path)) {
        return Some((path, true));
    }
    // A file with the name, whatever it contains now.
    named.into_iter().find(|path| open_regular(path).is_ok()).map(|path| {
        let is_same = file.hash.is_empty();
        (path, is_same)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::notes::Subject;
    use crate::ui::saved::{SavedFilter, SavedNote, SavedView};

    fn saved(path: PathBuf) -> Saved {
        Saved {
            format: FORMAT,
            files: vec![SavedFile { path, ..SavedFile::default() }],
            views: vec![SavedView {
                view: "Summary".to_owned(),
                object: Some(7),
                filter: Some(SavedFilter::Ids { after: 1, up_to: 9 }),
                ..SavedView::default()
            }],
            sides: [Some(0), None],
            left_share: 0.5,
            notes: vec![SavedNote {
                file: 0,
                subject: Subject::Class { name: "Cart".to_owned(), location: Some([1, 2, 3]) },
                label: "Cart".to_owned(),
                text: "Look at \"this\"\n".to_owned(),
            }],
            ..Saved::default()
        }
    }

    #[test]
    fn a_session_is_read_as_it_was_written_and_moved_files_are_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let [heap, session] = ["a.heapsnapshot", "s.heapglass"].map(|name| folder.path().join(name));
        std::fs::write(&heap, "contents").expect("written");
        write(&session, saved(heap.clone())).expect("written");
        let read_back = read(&session).expect("a session");
        assert_eq!(read_back.paths, [Some(heap.clone())]);
        assert_eq!(read_back.changes, [""; 0]);
        assert_eq!(read_back.saved.views, saved(heap.clone()).views);
        assert_eq!(read_back.saved.notes, saved(heap.clone()).notes);
        assert_eq!(read_back.saved.files[0].size_bytes, 8);

        let moved = folder.path().join("b.heapsnapshot");
        std::fs::rename(&heap, &moved).expect("moved");
        let read_back = read(&session).expect("a session");
        assert_eq!(read_back.paths, [Some(moved.clone())]);
        assert_eq!(read_back.changes, [""; 0]);
        assert_eq!(read_back.moves, [format!("a.heapsnapshot was found at {}", moved.display())]);

        std::fs::rename(&moved, &heap).expect("moved");
        std::fs::write(&heap, "other").expect("written");
        let read_back = read(&session).expect("a session");
        assert_eq!(read_back.paths, [Some(heap.clone())]);
        assert_eq!(read_back.changes, ["a.heapsnapshot has changed since the session was saved"]);

        std::fs::remove_file(&heap).expect("removed");
        let read_back = read(&session).expect("a session");
        assert_eq!(read_back.paths, [None]);
        assert!(read_back.changes[0].starts_with("a.heapsnapshot was not found"), "{:?}", read_back.changes);
    }

    #[test]
    fn the_size_and_hash_of_a_missing_file_and_the_notes_of_a_closed_one_are_written_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let [heap, session] = ["a.heapsnapshot", "s.heapglass"].map(|name| folder.path().join(name));
        std::fs::write(&heap, "contents").expect("written");
        write(&session, saved(heap.clone())).expect("written");
        let first = read(&session).expect("a session").saved;
        std::fs::remove_file(&heap).expect("removed");
        write(&session, first.clone()).expect("written");
        assert_eq!(read(&session).expect("a session").saved, first);

        let mut closed = first;
        closed.files[0].is_closed = true;
        write(&session, closed.clone()).expect("written");
        let read_back = read(&session).expect("a session");
        assert_eq!((&read_back.paths, &read_back.changes), (&vec![None], &Vec::new()));
        assert_eq!(read_back.saved, closed);
    }

    #[test]
    #[cfg(unix)]
    fn a_pipe_with_the_path_of_a_file_is_not_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        let [heap, session] = ["a.heapsnapshot", "s.heapglass"].map(|name| folder.path().join(name));
        assert!(std::process::Command::new("mkfifo").arg(&heap).status().expect("mkfifo").success());
        write(&session, saved(heap)).expect("written");
        let read_back = read(&session).expect("a session");
        assert_eq!(read_back.paths, [None]);
    }

    #[test]
    fn other_and_damaged_files_are_refused_with_a_reason() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("s.heapglass");
        for (text, reason) in [
            ("", "not a session"),
            ("{}", "`heapglass_session` is missing"),
            ("[1]", "not a session"),
            (r#"{"heapglass_session": 99}"#, "later version"),
        ] {
            std::fs::write(&file, text).expect("written");
            let error = read(&file).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
        // Positions that do not exist are dropped.
        let text = r#"{"heapglass_session": 1, "sides": [3, null], "active": 9, "left_share": 1e30,
                       "views": [{"file": 2}], "notes": [{"file": 1, "about": "object", "id": 1, "label": "", "text": ""}]}"#;
        std::fs::write(&file, text).expect("written");
        let read = read(&file).expect("a session");
        assert!(read.saved.views.is_empty() && read.saved.notes.is_empty() && read.saved.sides == [None, None]);
    }
}
