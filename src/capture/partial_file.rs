//! A file that has its name only once it is complete.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use super::CaptureError;

const BUFFER_BYTES: usize = 1 << 20;

/// Bytes on their way to a file, which is called `….partial` meanwhile.
#[derive(Debug)]
pub(super) struct PartialFile {
    out: BufWriter<File>,
    /// Where it lies now.
    pub(super) partial: PathBuf,
    path: PathBuf,
    pub(super) bytes: u64,
    last: Option<u8>,
}

impl PartialFile {
    /// Begins a file; none that is there is written over.
    pub(super) fn create(path: &Path) -> Result<Self, CaptureError> {
        if path.exists() {
            return Err(CaptureError::file(path, std::io::Error::from(std::io::ErrorKind::AlreadyExists)));
        }
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        // Snapshots hold what the process knew: passwords, keys, personal data.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&partial).map_err(|error| CaptureError::file(&partial, error))?;
        Ok(Self::over(file, partial, path))
    }

    fn over(file: File, partial: PathBuf, path: &Path) -> Self {
        let out = BufWriter::with_capacity(BUFFER_BYTES, file);
        Self { out, partial, path: path.to_path_buf(), bytes: 0, last: None }
    }

    pub(super) fn write(&mut self, text: &str) -> Result<(), CaptureError> {
        self.out.write_all(text.as_bytes()).map_err(|error| CaptureError::file(&self.partial, error))?;
        self.bytes += text.len() as u64;
        self.last = text.trim_end().bytes().last().or(self.last);
        Ok(())
    }

    /// Gives the file its name. What does not end as JSON of an object does is not complete, whatever the sender says.
    pub(super) fn finish(&mut self) -> Result<(), CaptureError> {
        if self.last != Some(b'}') {
            return Err(CaptureError::Odd("the data ends in the middle".to_owned()));
        }
        let written = self.out.flush().and_then(|()| self.out.get_ref().sync_all());
        let named = written.and_then(|()| fs::rename(&self.partial, &self.path));
        named.map_err(|error| CaptureError::file(&self.partial, error))
    }

    /// Keeps what has come, as far as the disk takes it, and says so; nothing is kept of nothing.
    pub(super) fn keep(mut self, why: CaptureError) -> CaptureError {
        let _ = self.out.flush();
        if self.bytes == 0 {
            self.remove();
            return why;
        }
        // On a full disk less lies there than was handed to it.
        let bytes = fs::metadata(&self.partial).map_or(self.bytes, |file| file.len());
        CaptureError::Incomplete { kept: self.partial, bytes, why: Box::new(why) }
    }

    /// Takes it away.
    pub(super) fn remove(self) {
        let Self { out, partial, .. } = self;
        // Without writing what the buffer still has.
        let _ = out.into_parts();
        let _ = fs::remove_file(partial);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_its_name_only_when_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.heapsnapshot");
        let mut file = PartialFile::create(&path).unwrap();
        file.write("{\"a\":").unwrap();
        file.write("1}\n").unwrap();
        assert!(!path.exists());
        let partial = file.partial.clone();
        file.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"a\":1}\n");
        assert!(!partial.exists());
        assert!(PartialFile::create(&path).is_err(), "nothing is written over");
    }

    #[test]
    fn what_breaks_off_is_kept_under_another_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.heapsnapshot");
        let mut file = PartialFile::create(&path).unwrap();
        file.write("{\"a\":").unwrap();
        let error = file.finish().unwrap_err();
        let error = file.keep(error);
        let CaptureError::Incomplete { kept, bytes: 5, .. } = &error else { panic!("{error}") };
        assert_eq!(fs::read_to_string(kept).unwrap(), "{\"a\":");
        assert!(error.to_string().contains("is kept in"), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_called_so() {
        let device = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut file = PartialFile::over(device, PathBuf::from("x.partial"), Path::new("x"));
        let chunk = "x".repeat(BUFFER_BYTES);
        let error = (0..4).find_map(|_| file.write(&chunk).err()).unwrap();
        assert!(matches!(error, CaptureError::DiskFull { .. }), "{error}");
        assert!(error.to_string().starts_with("the disk is full"), "{error}");
    }
}
