//! Writes contents to the folder beside the captured files, each of them once.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use zstd::stream::write::Encoder;

use super::super::CaptureError;
use super::super::received::{SPACE_INTERVAL, check_space};
use crate::files::PartialFile;
use crate::model::CancelToken;
use crate::script_store::{Content, ContentHash, FOLDER};

/// The compression level: a fast one that makes scripts about five times smaller.
const LEVEL: i32 = 3;
/// The number of bytes compressed between two checks of the cancel token.
const PIECE: usize = 1 << 20;

/// The folder for contents. It is created with the first one.
#[derive(Debug)]
pub(super) struct Store<'a> {
    folder: PathBuf,
    is_open: bool,
    stored: HashSet<(Content, ContentHash)>,
    /// The maximum size of all contents, and the size of those stored, in bytes.
    most_bytes: u64,
    bytes: u64,
    /// The size at which the free space is checked again.
    space_checked_until: u64,
    cancel: &'a CancelToken,
}

impl<'a> Store<'a> {
    /// Uses the folder beside a captured file.
    pub(super) fn beside(captured: &Path, most_bytes: u64, cancel: &'a CancelToken) -> Self {
        let folder = captured.with_file_name(FOLDER);
        Self { folder, is_open: false, stored: HashSet::new(), most_bytes, bytes: 0, space_checked_until: 0, cancel }
    }

    /// Stores a content. Returns `None` if it exceeds the maximum size of all contents.
    pub(super) fn put(&mut self, kind: Content, content: &[u8]) -> Result<Option<ContentHash>, CaptureError> {
        let hash = ContentHash::of(content);
        if self.stored.contains(&(kind, hash)) {
            return Ok(Some(hash));
        }
        let bytes = self.bytes.saturating_add(content.len() as u64);
        if bytes > self.most_bytes {
            return Ok(None);
        }
        self.open()?;
        if bytes >= self.space_checked_until {
            check_space(&self.folder)?;
            self.space_checked_until = bytes + SPACE_INTERVAL;
        }
        let path = self.folder.join(hash.file_name(kind));
        self.write(&path, content)?;
        self.bytes = bytes;
        self.stored.insert((kind, hash));
        Ok(Some(hash))
    }

    /// Creates the folder if it does not exist. Only its owner can read it.
    fn open(&mut self) -> Result<(), CaptureError> {
        if self.is_open {
            return Ok(());
        }
        let failed = |reason| CaptureError::file(&self.folder, reason);
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => created.map_err(failed)?,
        }
        if !fs::symlink_metadata(&self.folder).map_err(failed)?.is_dir() {
            return Err(failed(io::Error::new(io::ErrorKind::NotADirectory, "not a folder")));
        }
        self.is_open = true;
        Ok(())
    }

    /// Writes a file unless it exists.
    fn write(&self, path: &Path, content: &[u8]) -> Result<(), CaptureError> {
        let failed = |reason| CaptureError::file(path, reason);
        if is_stored(path).map_err(failed)? {
            return Ok(());
        }
        // Hidden files have unique names, so that the leftover of a killed program is not in the way.
        let mut file = PartialFile::create_hidden(path).map_err(failed)?;
        let mut encoder = Encoder::new(&mut file, LEVEL).map_err(failed)?;
        for piece in content.chunks(PIECE) {
            self.cancel.check()?;
            encoder.write_all(piece).map_err(failed)?;
        }
        encoder.finish().map_err(failed)?;
        match file.finish_unsynced() {
            // Another capture stored it meanwhile.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_stored(path).map_err(failed)? => Ok(()),
            finished => finished.map_err(failed),
        }
    }
}

/// Returns whether a file exists. Anything else with its name is an error.
fn is_stored(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(true),
        Ok(_) => Err(io::Error::new(io::ErrorKind::AlreadyExists, "not a regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_content_is_stored_once_and_counted_once() {
        let folder = tempfile::tempdir().unwrap();
        let (capture, cancel) = (folder.path().join("a.heapsnapshot"), CancelToken::new());
        let mut store = Store::beside(&capture, 10, &cancel);
        assert_eq!(names(folder.path()), [""; 0], "no folder without a content");
        let first = store.put(Content::Script, b"12345").unwrap().unwrap();
        assert_eq!(store.put(Content::Script, b"12345").unwrap(), Some(first));
        assert_eq!(store.put(Content::Script, b"123456").unwrap(), None, "beyond the limit");
        assert_eq!(store.put(Content::Map, b"12345").unwrap(), Some(first));
        let again = Store::beside(&folder.path().join("b.heapsnapshot"), 10, &cancel).put(Content::Script, b"12345");
        assert_eq!(again.unwrap(), Some(first));
        let contents = folder.path().join(FOLDER);
        assert_eq!(names(&contents), [format!("{first}.js.zst"), format!("{first}.map.zst")]);
        let stored = fs::read(contents.join(first.file_name(Content::Script))).unwrap();
        assert_eq!(zstd::decode_all(&stored[..]).unwrap(), b"12345");
    }

    #[test]
    fn a_cancelled_write_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let cancel = CancelToken::new();
        cancel.cancel();
        let mut store = Store::beside(&folder.path().join("a"), 10, &cancel);
        assert!(store.put(Content::Script, b"1").unwrap_err().is_cancelled());
        assert_eq!(names(&folder.path().join(FOLDER)), [""; 0]);
    }

    #[cfg(unix)]
    #[test]
    fn symbolic_links_are_refused_and_only_the_owner_can_read_contents() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (capture, cancel) = (folder.path().join("a.heapsnapshot"), CancelToken::new());
        symlink(elsewhere.path(), folder.path().join(FOLDER)).unwrap();
        let error = Store::beside(&capture, 10, &cancel).put(Content::Script, b"1").unwrap_err().to_string();
        assert!(error.ends_with("heapglass-sources: not a folder"), "{error}");
        fs::remove_file(folder.path().join(FOLDER)).unwrap();
        let hash = Store::beside(&capture, 10, &cancel).put(Content::Script, b"1").unwrap().unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let file = folder.path().join(FOLDER).join(hash.file_name(Content::Script));
        assert_eq!((mode(&folder.path().join(FOLDER)), mode(&file)), (0o700, 0o600));
        fs::remove_file(&file).unwrap();
        symlink(elsewhere.path().join("target"), &file).unwrap();
        let error = Store::beside(&capture, 10, &cancel).put(Content::Script, b"1").unwrap_err().to_string();
        assert!(error.ends_with(".js.zst: not a regular file"), "{error}");
        assert_eq!(names(elsewhere.path()), [""; 0]);
    }
}
