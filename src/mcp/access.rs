//! The files that may be opened: those that the command line names, and those inside its roots.

use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::failure::{Failure, PATH};
use super::text::quoted_ends;
use crate::model::CancelToken;

/// The extensions of snapshots, without those of compressed files.
const EXTENSIONS: [&str; 2] = ["heapsnapshot", "heaptimeline"];
/// The maximum depth of folders below a root, and of files that are listed.
const DEEPEST: usize = 8;
const MOST_FILES: usize = 2000;

/// The named files and the roots.
#[derive(Clone, Debug, Default)]
pub(crate) struct Access {
    /// As named, and absolute.
    files: Vec<(PathBuf, PathBuf)>,
    /// Without symbolic links.
    roots: Vec<PathBuf>,
    /// True if programs may be captured.
    allows_capture: bool,
}

impl Access {
    /// Creates the access to files and folders. Folders must exist.
    ///
    /// # Errors
    /// Returns a sentence about the folder that cannot be used.
    pub(crate) fn new(files: &[PathBuf], roots: &[PathBuf], allows_capture: bool) -> Result<Self, String> {
        let absolute = |file: &PathBuf| std::path::absolute(file).unwrap_or_else(|_| file.clone());
        let root = |folder: &PathBuf| match fs::canonicalize(folder) {
            Ok(real) if real.is_dir() => Ok(real),
            Ok(_) => Err(format!("{}: not a folder", folder.display())),
            Err(error) => Err(format!("{}: {error}", folder.display())),
        };
        Ok(Self {
            files: files.iter().map(|file| (file.clone(), absolute(file))).collect(),
            roots: roots.iter().map(root).collect::<Result<_, String>>()?,
            allows_capture,
        })
    }

    pub(super) fn allows_capture(&self) -> bool {
        self.allows_capture
    }

    /// Returns the folder for captures.
    pub(super) fn capture_folder(&self) -> Option<&Path> {
        self.roots.first().map(PathBuf::as_path)
    }

    /// Returns the files that the command line names.
    pub(super) fn named(&self) -> impl ExactSizeIterator<Item = &Path> {
        self.files.iter().map(|(_, absolute)| absolute.as_path())
    }

    pub(super) fn has_roots(&self) -> bool {
        !self.roots.is_empty()
    }

    /// Returns the file that a text names, without symbolic links.
    ///
    /// # Errors
    /// Returns the same error for every file outside, whether it exists or not.
    pub(super) fn file(&self, text: &str) -> Result<PathBuf, Failure> {
        let asked = Path::new(text);
        let name = |file: &PathBuf| file.file_name().map(OsStr::to_owned);
        let is_named = |(given, absolute): &&(PathBuf, PathBuf)| given == asked || absolute == asked;
        let by_name = |(given, _): &&(PathBuf, PathBuf)| name(given).as_deref() == Some(asked.as_os_str());
        if let Some((_, file)) = self.files.iter().find(is_named).or_else(|| self.files.iter().find(by_name)) {
            // The user named it, so it may be a link.
            return regular(file)
                .ok_or_else(|| Failure::expected(format!("{}: no such file", quoted_ends(text, PATH))));
        }
        let refused = || {
            let roots = if self.has_roots() { " and those inside --root" } else { "; the server has no --root" };
            Failure::expected(format!(
                "{}: not one of the files that may be opened: only those named on the command line{roots}",
                quoted_ends(text, PATH)
            ))
        };
        let has_parent = asked.components().any(|part| part == Component::ParentDir);
        if text.is_empty() || text.contains('\0') || has_parent {
            return Err(refused());
        }
        let mut is_missing = false;
        for root in &self.roots {
            let file = root.join(asked);
            match fs::canonicalize(&file) {
                // Also of a link inside the root: what counts is where it leads.
                Ok(real) if self.is_inside(&real) => return regular(&real).ok_or_else(refused),
                Ok(_) => {}
                Err(_) => is_missing |= self.is_inside(&file),
            }
        }
        Err(if is_missing {
            Failure::expected(format!("{}: no such file inside --root", quoted_ends(text, PATH)))
        } else {
            refused()
        })
    }

    /// Returns true if an error may contain text of a file: one that the command line names, or that is named like a
    /// snapshot. Roots contain other files, such as `.env`, of which an agent must not learn even the first characters.
    pub(super) fn may_be_quoted(&self, file: &Path) -> bool {
        let is_named = |(_, absolute): &(PathBuf, PathBuf)| fs::canonicalize(absolute).is_ok_and(|real| real == file);
        is_snapshot(file) || self.files.iter().any(is_named)
    }

    /// Returns the path of a file for a model: relative to a root if it is inside one.
    pub(super) fn shown(&self, file: &Path) -> String {
        if let Some((given, _)) = self.files.iter().find(|(_, absolute)| absolute == file) {
            return given.display().to_string();
        }
        let inside = self.roots.iter().find_map(|root| file.strip_prefix(root).ok());
        inside.unwrap_or(file).display().to_string()
    }

    /// Returns the snapshots inside the roots, sorted by path.
    pub(super) fn snapshots(&self, cancel: &CancelToken) -> Result<Vec<PathBuf>, Failure> {
        let mut found = Vec::new();
        for root in &self.roots {
            let mut folders = vec![(root.clone(), 0)];
            while let Some((folder, depth)) = folders.pop() {
                cancel.check()?;
                let mut entries: Vec<_> = fs::read_dir(&folder).into_iter().flatten().flatten().collect();
                entries.sort_by_key(fs::DirEntry::file_name);
                for entry in entries.into_iter().rev() {
                    let (Ok(kind), path) = (entry.file_type(), entry.path()) else { continue };
                    let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
                    if kind.is_dir() && depth < DEEPEST && !is_hidden && entry.file_name() != "node_modules" {
                        folders.push((path, depth + 1));
                    } else if kind.is_file() && is_snapshot(&path) && found.len() < MOST_FILES {
                        found.push(path);
                    }
                }
            }
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    fn is_inside(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| path.starts_with(root))
    }
}

/// Returns the file without symbolic links if it is a regular one; others may never end.
fn regular(file: &Path) -> Option<PathBuf> {
    let real = fs::canonicalize(file).ok()?;
    real.is_file().then_some(real)
}

fn is_snapshot(path: &Path) -> bool {
    let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    EXTENSIONS.iter().any(|extension| name.strip_suffix(extension).is_some_and(|stem| stem.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(failure: Failure) -> String {
        match failure {
            Failure::Expected(text) => text,
            other @ Failure::Cancelled => format!("{other:?}"),
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_named_files_and_files_inside_the_roots_are_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for name in ["root", "root/sub", "outside"] {
            fs::create_dir(at(name)).expect("a folder");
        }
        for name in
            ["root/a.heapsnapshot", "root/sub/b.heapsnapshot.zst", "outside/c.heapsnapshot", "named.heapsnapshot"]
        {
            fs::write(at(name), "{}").expect("a file");
        }
        std::os::unix::fs::symlink(at("outside/c.heapsnapshot"), at("root/link.heapsnapshot")).expect("a link");
        std::os::unix::fs::symlink(at("outside"), at("root/folder")).expect("a link");
        std::os::unix::fs::symlink(at("root/a.heapsnapshot"), at("root/inner.heapsnapshot")).expect("a link");
        let access = Access::new(&[at("named.heapsnapshot")], &[at("root")], false).expect("an existing root");
        let opened = |name: &str| access.file(name).map(|path| path.file_name().map(OsStr::to_owned));
        for allowed in ["a.heapsnapshot", "sub/b.heapsnapshot.zst", "inner.heapsnapshot", "named.heapsnapshot"] {
            assert!(opened(allowed).is_ok(), "{allowed}");
        }
        let absolute = at("root/a.heapsnapshot");
        assert!(access.file(&absolute.display().to_string()).is_ok());
        let refused = |name: &str| message(access.file(name).expect_err(name));
        let outside = at("outside/c.heapsnapshot").display().to_string();
        let missing = at("outside/d.heapsnapshot").display().to_string();
        for name in
            ["link.heapsnapshot", "folder/c.heapsnapshot", "../outside/c.heapsnapshot", &outside, "", "a\0b", "sub"]
        {
            assert!(refused(name).contains("not one of the files"), "{name:?}: {}", refused(name));
        }
        assert_eq!(
            refused(&outside).replace("c.heap", "d.heap"),
            refused(&missing),
            "the error must not reveal which files exist"
        );
        fs::write(at("root/.env"), "SECRET_KEY=1").expect("a file");
        std::os::unix::fs::symlink(at("root/.env"), at("root/env.heapsnapshot")).expect("a link");
        for (name, expected) in [
            (".env", false),
            ("env.heapsnapshot", false),
            ("sub/b.heapsnapshot.zst", true),
            ("named.heapsnapshot", true),
        ] {
            let file = access.file(name).expect(name);
            assert_eq!(access.may_be_quoted(&file), expected, "{name}");
        }
        let named = Access::new(&[at("root/.env")], &[], false).expect("no root");
        assert!(named.may_be_quoted(&named.file(".env").expect("a named file")));
        assert!(refused("none.heapsnapshot").contains("no such file"));
        let listed = access.snapshots(&CancelToken::new()).expect("not cancelled");
        let listed: Vec<String> = listed.iter().map(|file| access.shown(file)).collect();
        assert_eq!(listed, ["a.heapsnapshot", "sub/b.heapsnapshot.zst"]);
    }
}
