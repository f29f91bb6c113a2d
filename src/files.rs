//! Files that other programs must never see incomplete, and that contain a process's memory.
//!
//! All files written for the user (captures and their records, exports) go through [`PartialFile`]: a new file next to
//! the destination, readable only by its owner, that gets its final name once it is complete.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

const BUFFER_BYTES: usize = 1 << 20;
/// The suffix of an incomplete file.
const ENDING: &str = ".partial";
/// Bytes of a file's name that the name of its hidden partial file contains at most. File systems allow 255 bytes, some
/// encrypted ones 143.
const LONGEST_HIDDEN: usize = 64;

/// A new file that gets its name once it is complete. It is removed on drop unless it was [finished](Self::finish),
/// [used to replace another](Self::replace) or [kept](Self::keep).
///
/// Invariant: this value created the file. Existing files and targets of symbolic links are never written to.
#[derive(Debug)]
pub(crate) struct PartialFile {
    /// `None` once the file was finished, replaced or kept.
    out: Option<BufWriter<File>>,
    partial: PathBuf,
    path: PathBuf,
    bytes: u64,
}

/// Returns this program's folder in the user's cache, or `None` if it is unknown. `HEAPGLASS_INDEX_DIR` overrides it.
pub(crate) fn cache_folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("HEAPGLASS_INDEX_DIR").filter(|folder| !folder.is_empty()) {
        return Some(PathBuf::from(folder));
    }
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Caches"))
    } else {
        variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache")))
    };
    caches.map(|caches| caches.join("heapglass"))
}

/// Creates a folder if it does not exist. A heap contains secrets, so nobody else may read it.
pub(crate) fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Returns the folder, or the nearest one that contains it and exists.
pub(crate) fn nearest_existing(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|path| path.is_dir())
}

/// Returns the name of a file while it is incomplete: `PATH.partial`.
#[must_use]
pub(crate) fn partial_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ENDING);
    PathBuf::from(name)
}

impl PartialFile {
    /// Creates `PATH.partial`, a name under which users find incomplete files.
    ///
    /// # Errors
    /// Returns an error if the file or the partial file exists (even as a dangling symbolic link) or cannot be created.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        if path.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let partial = partial_name(path);
        Ok(Self::over(create_new(&partial)?, partial, path))
    }

    /// Creates a hidden file with a unique name next to `path`, which may exist.
    ///
    /// The name starts with that of `path`, shortened if it is long.
    ///
    /// # Errors
    /// Returns an error if the folder does not allow it.
    pub(crate) fn create_hidden(path: &Path) -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
            let start = &name[..name.floor_char_boundary(LONGEST_HIDDEN)];
            let partial = path.with_file_name(format!(".{start}.{}-{count}{ENDING}", std::process::id()));
            match create_new(&partial) {
                // Left over from a process with the same id.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                created => return Ok(Self::over(created?, partial, path)),
            }
        }
    }

    fn over(file: File, partial: PathBuf, path: &Path) -> Self {
        let out = Some(BufWriter::with_capacity(BUFFER_BYTES, file));
        Self { out, partial, path: path.to_path_buf(), bytes: 0 }
    }

    /// Returns the number of bytes written so far.
    #[must_use]
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the path of the file until it gets its name.
    #[must_use]
    pub(crate) fn partial(&self) -> &Path {
        &self.partial
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// Returns an error if a file with that name exists now, or if buffered data cannot be written. The partial file
    /// then remains until this value is dropped.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.settle()?;
        name_new(&self.partial, &self.path)?;
        self.out = None;
        Ok(())
    }

    /// Gives the file its name without waiting for the disk. After a power failure the file may be empty, so this is only
    /// for contents that are verified when they are read.
    ///
    /// # Errors
    /// Returns the errors of [`Self::finish`].
    pub(crate) fn finish_unsynced(&mut self) -> io::Result<()> {
        self.out.as_mut().ok_or(io::ErrorKind::NotFound)?.flush()?;
        name_new(&self.partial, &self.path)?;
        self.out = None;
        Ok(())
    }

    /// Replaces the file with the name, if any, atomically. A symbolic link with that name is replaced, not followed.
    ///
    /// # Errors
    /// Returns an error if buffered data cannot be written, or if the file cannot be renamed.
    pub(crate) fn replace(&mut self) -> io::Result<()> {
        self.settle()?;
        fs::rename(&self.partial, &self.path)?;
        self.out = None;
        Ok(())
    }

    /// Keeps the data written so far under the partial name. Returns that name and the file's size.
    #[must_use]
    pub(crate) fn keep(mut self) -> (PathBuf, u64) {
        if let Some(mut out) = self.out.take() {
            let _ = out.flush();
            // Writing the same data again would only fail again.
            drop(out.into_parts());
        }
        // On a full disk, fewer bytes may have been written.
        let bytes = fs::metadata(&self.partial).map_or(self.bytes, |file| file.len());
        (std::mem::take(&mut self.partial), bytes)
    }

    /// Writes buffered data and syncs it to disk: a name must not exist before its content.
    fn settle(&mut self) -> io::Result<()> {
        let out = self.out.as_mut().ok_or(io::ErrorKind::NotFound)?;
        out.flush()?;
        out.get_ref().sync_all()
    }
}

impl Write for PartialFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let out = self.out.as_mut().ok_or(io::ErrorKind::NotFound)?;
        let count = out.write(bytes)?;
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.as_mut().map_or(Ok(()), BufWriter::flush)
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if let Some(out) = self.out.take() {
            // Discards buffered data.
            drop(out.into_parts());
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// The space of a disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Space {
    /// The bytes that this user can still write.
    pub free_bytes: u64,
    pub total_bytes: u64,
}

/// Returns the space of the disk that contains a folder, if the system reports it.
#[cfg(unix)]
#[must_use]
pub(crate) fn space(folder: &Path) -> Option<Space> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let disk = rustix::fs::statvfs(folder).ok()?;
    let bytes = |blocks: u64| blocks.checked_mul(disk.f_frsize);
    // Some virtual file systems have no blocks at all.
    let total_bytes = bytes(disk.f_blocks).filter(|&total| total > 0)?;
    Some(Space { free_bytes: bytes(disk.f_bavail)?, total_bytes })
}

/// Returns the space of the disk that contains a folder, if the system reports it.
#[cfg(not(unix))]
#[must_use]
pub fn space(_folder: &Path) -> Option<Space> {
    None
}

/// Creates a file that only its owner can read, since heaps contain passwords, keys and personal data. Symbolic links
/// are not followed: `create_new` treats them as existing files.
fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Renames a file unless the new name exists. Unlike a rename, a hard link fails if the name exists.
fn name_new(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        // The file is complete and has its name; a second name does no harm.
        Ok(()) => {
            let _ = fs::remove_file(from);
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // A file system without hard links, such as FAT. Another program may create the file between the check and the
        // rename.
        Err(_) if to.symlink_metadata().is_ok() => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(from, to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gets_its_final_name_only_when_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.heapsnapshot");
        let mut file = PartialFile::create(&path).unwrap();
        file.write_all(b"{\"a\":").unwrap();
        file.write_all(b"1}\n").unwrap();
        assert!(!path.exists());
        assert_eq!((file.bytes(), file.partial()), (8, partial_name(&path).as_path()));
        file.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"a\":1}\n");
        assert!(!partial_name(&path).exists());
    }

    #[test]
    fn a_file_that_exists_is_replaced_only_on_request() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let mut late = PartialFile::create(&path).unwrap();
        fs::write(&path, "old").unwrap();
        assert_eq!(PartialFile::create(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        late.write_all(b"new").unwrap();
        assert_eq!(late.finish().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        drop(late);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        let mut hidden = PartialFile::create_hidden(&path).unwrap();
        hidden.write_all(b"new").unwrap();
        hidden.replace().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_is_replaced_even_if_its_name_is_as_long_as_the_file_system_allows() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["n".repeat(255), "\u{e9}".repeat(127), "\u{1f600}".repeat(63)] {
            let path = folder.path().join(name);
            fs::write(&path, "old").unwrap();
            let mut hidden = PartialFile::create_hidden(&path).unwrap();
            hidden.write_all(b"new").unwrap();
            hidden.replace().unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_dropped_file_is_removed_and_a_kept_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.heapsnapshot");
        let mut file = PartialFile::create(&path).unwrap();
        file.write_all(b"{").unwrap();
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let mut file = PartialFile::create(&path).unwrap();
        file.write_all(b"{").unwrap();
        assert_eq!(file.keep(), (partial_name(&path), 1));
        assert_eq!(fs::read_to_string(partial_name(&path)).unwrap(), "{");
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_is_never_written_through() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let [path, elsewhere] = ["a.csv", "elsewhere"].map(|name| folder.path().join(name));
        symlink(&elsewhere, &path).unwrap();
        assert_eq!(PartialFile::create(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        let mut hidden = PartialFile::create_hidden(&path).unwrap();
        hidden.write_all(b"new").unwrap();
        assert_eq!(hidden.finish().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        hidden.replace().unwrap();
        assert!(!elsewhere.exists() && path.symlink_metadata().unwrap().is_file());
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        fs::remove_file(&path).unwrap();
        symlink(&elsewhere, partial_name(&path)).unwrap();
        assert_eq!(PartialFile::create(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(!elsewhere.exists());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_of_its_own_kind() {
        let device = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut file = PartialFile::over(device, folder.path().join("x.partial"), &folder.path().join("x"));
        let chunk = vec![b'x'; BUFFER_BYTES];
        let error = (0..4).find_map(|_| file.write_all(&chunk).err()).unwrap();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
