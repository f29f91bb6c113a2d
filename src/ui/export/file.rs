//! Writing an exported file: under another name first, so that a file is complete or does not exist.

use std::io::{self, Write};
use std::path::Path;

use super::Replace;
use crate::files::PartialFile;
use crate::model::CancelToken;

/// The reason why a file was not written. An existing file is unchanged.
#[derive(Debug)]
pub(super) enum NotWritten {
    Exists {
        is_link: bool,
    },
    /// The name belongs to a folder, a device or a pipe.
    NotAFile,
    Failed(io::Error),
}

impl From<io::Error> for NotWritten {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// Writes a new file that only its owner may read, and renames it to `path` once it is complete.
pub(super) fn write_file(
    path: &Path,
    replace: Replace,
    cancel: &CancelToken,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), NotWritten> {
    match path.symlink_metadata() {
        Ok(there) if !there.is_file() && !there.is_symlink() => return Err(NotWritten::NotAFile),
        Ok(there) if replace == Replace::Ask => return Err(NotWritten::Exists { is_link: there.is_symlink() }),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let mut file = PartialFile::create_hidden(path)?;
    write(&mut Cancellable { out: &mut file, cancel })?;
    cancel.check().map_err(io::Error::other)?;
    if replace == Replace::Agreed {
        return Ok(file.replace()?);
    }
    match file.finish() {
        // Another file with this name was created meanwhile.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(NotWritten::Exists { is_link: false }),
        finished => Ok(finished?),
    }
}

/// A writer that fails once the work is canceled.
struct Cancellable<'a> {
    out: &'a mut PartialFile,
    cancel: &'a CancelToken,
}

impl Write for Cancellable<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.cancel.check().map_err(io::Error::other)?;
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::ui::proposed_path::free_path;

    fn text(out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"new")
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn an_existing_file_is_replaced_only_if_the_user_agrees() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("classes.csv");
        fs::write(&path, "old").expect("written");
        let cancel = CancelToken::new();
        let asked = write_file(&path, Replace::Ask, &cancel, text);
        assert!(matches!(asked, Err(NotWritten::Exists { is_link: false })), "{asked:?}");
        assert_eq!(fs::read_to_string(&path).expect("it exists"), "old");
        write_file(&path, Replace::Agreed, &cancel, text).expect("written");
        assert_eq!(fs::read_to_string(&path).expect("it exists"), "new");
        assert_eq!(names(folder.path()), ["classes.csv"]);
    }

    #[test]
    fn an_export_that_fails_or_is_cancelled_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("classes.csv");
        fs::write(&path, "old").expect("written");
        let full = |out: &mut dyn Write| {
            out.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        };
        let failed = write_file(&path, Replace::Agreed, &CancelToken::new(), full);
        assert!(matches!(&failed, Err(NotWritten::Failed(error)) if error.kind() == io::ErrorKind::StorageFull));
        let cancel = CancelToken::new();
        let stopped = write_file(&path, Replace::Agreed, &cancel, |out| {
            out.write_all(b"half")?;
            cancel.cancel();
            out.write_all(b"more")
        });
        assert!(stopped.is_err());
        assert_eq!(fs::read_to_string(&path).expect("it exists"), "old");
        assert_eq!(names(folder.path()), ["classes.csv"]);
    }

    #[cfg(unix)]
    #[test]
    fn exports_are_private_and_never_written_to_devices_or_through_links() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().expect("a folder");
        let cancel = CancelToken::new();
        for replace in [Replace::Ask, Replace::Agreed] {
            for path in [Path::new("/dev/null"), folder.path()] {
                let refused = write_file(path, replace, &cancel, text);
                assert!(matches!(refused, Err(NotWritten::NotAFile)), "{refused:?}");
            }
        }
        let [link, target] = ["link.csv", "target"].map(|name| folder.path().join(name));
        fs::write(&target, "old").expect("written");
        symlink(&target, &link).expect("linked");
        let asked = write_file(&link, Replace::Ask, &cancel, text);
        assert!(matches!(asked, Err(NotWritten::Exists { is_link: true })), "{asked:?}");
        write_file(&link, Replace::Agreed, &cancel, text).expect("written");
        assert_eq!(fs::read_to_string(&target).expect("it exists"), "old");
        let written = link.symlink_metadata().expect("it exists");
        assert!(written.is_file());
        assert_eq!(written.permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn the_proposed_name_is_unused() {
        let folder = tempfile::tempdir().expect("a folder");
        let proposed = || free_path(folder.path(), "classes.csv");
        assert_eq!(proposed(), folder.path().join("classes.csv"));
        fs::write(proposed(), "").expect("written");
        assert_eq!(proposed(), folder.path().join("classes-2.csv"));
        fs::write(proposed(), "").expect("written");
        assert_eq!(proposed(), folder.path().join("classes-3.csv"));
    }
}
