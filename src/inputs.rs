//! Opening untrusted files: nothing here waits for the other end of a pipe or reads more than the given limit.
//!
//! - Files next to a snapshot (its capture record, its cache file, settings) must be regular files; others are not
//!   read.
//! - A snapshot itself may be a pipe or a device; waiting for its bytes can be cancelled.
//! - A list that the user names may be a pipe or a device as well; waiting for its bytes has a time limit.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::model::CancelToken;

/// Opens a regular file, or a link to one.
///
/// # Errors
/// Returns the errors of the system, and [`ErrorKind::InvalidInput`] for anything but a regular file.
pub(crate) fn open_regular(path: &Path) -> io::Result<(File, Metadata)> {
    let refused = || io::Error::new(ErrorKind::InvalidInput, "not a regular file");
    // Opening a device may have side effects, so the path is checked first. It may be replaced before it is opened, so
    // the open file is checked again.
    if !fs::metadata(path)?.is_file() {
        return Err(refused());
    }
    let file = open_without_waiting(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() { Ok((file, metadata)) } else { Err(refused()) }
}

/// Reads a regular file of up to `most_bytes`.
///
/// # Errors
/// Returns the errors of [`open_regular`], and [`ErrorKind::FileTooLarge`] for a larger file.
pub(crate) fn read_small(path: &Path, most_bytes: u64) -> io::Result<Vec<u8>> {
    read_up_to(open_regular(path)?.0, most_bytes)
}

fn read_up_to(input: impl Read, most_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // The file may grow while it is read, so its size is not reliable.
    input.take(most_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most_bytes {
        return Err(io::Error::new(ErrorKind::FileTooLarge, format!("larger than {most_bytes} bytes")));
    }
    Ok(bytes)
}

/// Reads a regular UTF-8 text file of up to `most_bytes`.
///
/// # Errors
/// Returns the errors of [`read_small`], and [`ErrorKind::InvalidData`] if the text is not UTF-8.
pub(crate) fn read_small_text(path: &Path, most_bytes: u64) -> io::Result<String> {
    text_of(read_small(path, most_bytes)?)
}

fn text_of(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|_| io::Error::new(ErrorKind::InvalidData, "not valid UTF-8"))
}

/// Reads text of up to `most_bytes` from a file, or from a pipe or device that is never silent for longer than `patience`.
///
/// # Errors
/// Those of the system, those of [`read_small_text`], and [`ErrorKind::TimedOut`].
pub(crate) fn read_small_input(path: &Path, most_bytes: u64, patience: Duration) -> io::Result<String> {
    text_of(read_small_input_bytes(path, most_bytes, patience)?)
}

/// Reads up to `most_bytes` as [`read_small_input`] does, whatever they are.
///
/// # Errors
/// Those of the system, those of [`read_small`], and [`ErrorKind::TimedOut`].
pub(crate) fn read_small_input_bytes(path: &Path, most_bytes: u64, patience: Duration) -> io::Result<Vec<u8>> {
    if fs::metadata(path)?.is_file() {
        return read_small(path, most_bytes);
    }
    let input = Patient::new(open_without_waiting(path)?, CancelToken::new()).for_at_most(patience);
    read_up_to(input, most_bytes)
}

/// Opens a file, pipe or device for reading. A pipe without a writer is opened at once.
pub(crate) fn open_without_waiting(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK | libc::O_NOCTTY);
    options.open(path)
}

/// A pipe or device that was opened by [`open_without_waiting`]. Reading waits for bytes until it is cancelled.
pub(crate) struct Patient {
    file: File,
    cancel: CancelToken,
    /// The time limit of a read.
    patience: Option<Duration>,
}

impl Patient {
    pub(crate) fn new(file: File, cancel: CancelToken) -> Self {
        Self { file, cancel, patience: None }
    }

    /// Makes a read that takes longer fail with [`ErrorKind::TimedOut`].
    fn for_at_most(self, patience: Duration) -> Self {
        Self { patience: Some(patience), ..self }
    }

    /// Waits a short time for bytes or the end.
    #[cfg(unix)]
    fn wait(&self) -> io::Result<()> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        const A_WHILE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
        match poll(&mut [PollFd::new(&self.file, PollFlags::IN)], Some(&A_WHILE)) {
            Ok(0) => Err(ErrorKind::WouldBlock.into()),
            Ok(_) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    #[cfg(not(unix))]
    fn wait(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let start = Instant::now();
        loop {
            self.cancel.check().map_err(io::Error::other)?;
            if let Some(patience) = self.patience.filter(|&patience| start.elapsed() > patience) {
                let text = format!("no data within {} s", patience.as_secs_f32());
                return Err(io::Error::new(ErrorKind::TimedOut, text));
            }
            match self.wait().and_then(|()| self.file.read(buffer)) {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                other => return other,
            }
        }
    }
}

/// Turns exceeding `ulimit -f` into a write error, as for a full disk. By default the process is killed.
#[expect(unsafe_code, reason = "signals have no safe interface")]
pub fn survive_file_size_limit() {
    // SAFETY: ignoring a signal runs none of our code, and nothing else handles this one.
    #[cfg(unix)]
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_the_limit_and_a_larger_one_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        fs::write(&path, "12345").expect("a file");
        assert_eq!(read_small(&path, 5).expect("small"), b"12345");
        assert_eq!(read_small(&path, 4).expect_err("large").kind(), ErrorKind::FileTooLarge);
        assert_eq!(read_small_text(&path, 5).expect("text"), "12345");
        assert!(read_small(folder.path(), 5).is_err(), "a folder");
        assert!(read_small(&folder.path().join("none"), 5).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_or_a_link_to_a_device_is_refused_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).expect("a pipe");
        let (zero, link) = (folder.path().join("zero"), folder.path().join("link"));
        std::os::unix::fs::symlink("/dev/zero", &zero).expect("a link");
        std::os::unix::fs::symlink(folder.path().join("file"), &link).expect("a link");
        fs::write(folder.path().join("file"), "1").expect("a file");
        for path in [&pipe, &zero] {
            assert_eq!(read_small(path, 100).expect_err("no file").kind(), ErrorKind::InvalidInput, "{path:?}");
        }
        assert_eq!(read_small(&link, 100).expect("a link to a file"), b"1");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn reading_a_pipe_without_a_writer_times_out_and_a_device_stops_at_the_limit() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).expect("a pipe");
        let kind = |path: &Path| read_small_input(path, 100, Duration::from_millis(50)).map_err(|error| error.kind());
        assert_eq!(kind(&pipe), Err(ErrorKind::TimedOut));
        assert_eq!(kind(Path::new("/dev/zero")), Err(ErrorKind::FileTooLarge));
        assert_eq!(kind(Path::new("/dev/null")), Ok(String::new()));
    }

    #[cfg(unix)]
    #[test]
    fn waiting_for_a_pipe_without_a_writer_can_be_cancelled() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).expect("a pipe");
        let cancel = CancelToken::new();
        let file = open_without_waiting(&pipe).expect("opened at once");
        let mut patient = Patient::new(file, cancel.clone());
        let reader = std::thread::spawn(move || patient.read(&mut [0; 10]).map_err(|error| error.to_string()));
        cancel.cancel();
        assert_eq!(reader.join().expect("it ends"), Err("cancelled".to_owned()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_pipe_is_read_to_its_end_even_with_a_late_writer() {
        use std::io::Write as _;
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).expect("a pipe");
        let file = open_without_waiting(&pipe).expect("opened at once");
        let mut patient = Patient::new(file, CancelToken::new());
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            patient.read_to_string(&mut text).map(|_| text).map_err(|error| error.to_string())
        });
        let mut writer = OpenOptions::new().write(true).open(&pipe).expect("a reader waits");
        writer.write_all(b"first ").expect("written");
        std::thread::sleep(Duration::from_millis(150));
        writer.write_all(b"second").expect("written");
        drop(writer);
        assert_eq!(reader.join().expect("it ends"), Ok("first second".to_owned()));
    }
}
