//! Sources of bytes: a file, a buffer or a stream; plain, gzip or zstd.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::compressed::{Compression, Decompressed};
use super::counted::Counted;
use super::event_log::{EventLog, EventPlaces, RECOGNIZED_BYTES, recognize};
use crate::inputs::{Patient, open_without_waiting};
use crate::model::{CancelToken, Progress};

/// A source of a snapshot or profile. Compression is detected by the first bytes, not by the name.
pub enum Source {
    File(PathBuf),
    Bytes {
        name: String,
        bytes: Arc<[u8]>,
    },
    /// A pipe or a download. Its size in bytes, if known, improves the progress display.
    Stream {
        name: String,
        size_bytes: Option<u64>,
        reader: Box<dyn Read + Send>,
    },
}

impl Source {
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File(path.into())
    }

    /// Returns the display name: the file's name without folders.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => {
                path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
            }
            Self::Bytes { name, .. } | Self::Stream { name, .. } => name.clone(),
        }
    }

    /// Returns the same source again if it can be read twice, so not for a pipe or a stream.
    #[must_use]
    pub fn again(&self) -> Option<Self> {
        // The bytes of a pipe are gone, and opening it again would block forever.
        self.twin().filter(|twin| twin.path().is_none_or(|path| path.metadata().is_ok_and(|it| it.is_file())))
    }

    /// Returns the same source again, without checking what it is.
    pub(crate) fn twin(&self) -> Option<Self> {
        match self {
            Self::File(path) => Some(Self::File(path.clone())),
            Self::Bytes { name, bytes } => Some(Self::Bytes { name: name.clone(), bytes: Arc::clone(bytes) }),
            Self::Stream { .. } => None,
        }
    }

    /// Returns a source for standard input, read to its end.
    #[must_use]
    pub fn standard_input() -> Self {
        Self::Stream { name: "standard input".to_owned(), size_bytes: None, reader: Box::new(io::stdin()) }
    }

    /// Returns the path if the source is a file.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Bytes { .. } | Self::Stream { .. } => None,
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({})", self.name())
    }
}

/// An open source: the text of a snapshot or profile, decompressed and assembled, with its size if known.
pub(super) struct OpenSource {
    pub(super) reader: Box<dyn Read + Send>,
    /// Bytes of the source before decompression, if known.
    pub(super) size_bytes: Option<u64>,
    /// True if the text differs from the source's own bytes: it was decompressed, or assembled from a log.
    pub(super) is_compressed: bool,
    watch: Option<Watch>,
    /// The positions of the events if the source is a log.
    pub(super) events: Option<EventPlaces>,
}

impl OpenSource {
    /// Opens the source. Once `cancel` is cancelled, reading returns an error, however slowly bytes arrive.
    pub(super) fn open(source: Source, progress: &Progress, cancel: &CancelToken) -> io::Result<Self> {
        let mut watch = None;
        let (reader, size_bytes): (Box<dyn Read + Send>, Option<u64>) = match source {
            Source::File(path) => {
                let file = open_without_waiting(&path)?;
                let metadata = file.metadata()?;
                if metadata.is_dir() {
                    return Err(io::Error::new(io::ErrorKind::IsADirectory, "this is a folder, not a file"));
                }
                if metadata.is_file() {
                    watch = Watch::new(path, &file, &metadata);
                    (Box::new(file), Some(metadata.len()))
                } else {
                    // The size of a pipe or a device is 0; it is read to its end anyway.
                    (Box::new(Patient::new(file, cancel.clone())), None)
                }
            }
            Source::Bytes { bytes, .. } => {
                let size = bytes.len() as u64;
                (Box::new(Cursor::new(bytes)), Some(size))
            }
            Source::Stream { reader, size_bytes, .. } => (reader, size_bytes),
        };
        let mut counted = Counted::new(reader, progress.clone(), cancel.clone());
        let mut magic = Vec::with_capacity(4);
        counted.by_ref().take(4).read_to_end(&mut magic)?;
        let compression = Compression::of(&magic);
        counted.count = 0;
        let whole = Counted::new(Cursor::new(magic).chain(counted), Progress::new(), cancel.clone());
        let reader: Box<dyn Read + Send> = match compression {
            Some(compression) => Box::new(Decompressed::new(whole, compression)),
            None => Box::new(whole),
        };
        let (reader, events) = put_together(reader);
        Ok(Self { reader, size_bytes, is_compressed: compression.is_some() || events.is_some(), watch, events })
    }

    /// Returns a function that reports changes of the file since it was opened. Call it after reading.
    pub(super) fn take_watch(&mut self) -> impl FnOnce() -> Option<Change> + use<> {
        let watch = self.watch.take();
        move || watch.and_then(|watch| watch.change())
    }

    /// Returns the bytes of text, if known in advance.
    pub(super) fn text_bytes(&self) -> Option<u64> {
        self.size_bytes.filter(|_| !self.is_compressed)
    }

    /// Fills `buffer` from `start` as far as bytes are available, and returns their end.
    pub(super) fn fill(&mut self, buffer: &mut [u8], start: usize) -> io::Result<usize> {
        let mut end = start;
        while end < buffer.len() {
            match self.reader.read(&mut buffer[end..]) {
                Ok(0) => break,
                Ok(count) => end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(end)
    }
}

/// Assembles the snapshot if the text is a log of protocol events. Reads only as much as is needed to detect that.
fn put_together(mut reader: Box<dyn Read + Send>) -> (Box<dyn Read + Send>, Option<EventPlaces>) {
    let mut start = Vec::new();
    let mut failed = None;
    let is_log = loop {
        if let Some(is_log) = recognize(&start, false) {
            break is_log;
        }
        let had = start.len();
        start.resize((had * 4).clamp(1 << 10, RECOGNIZED_BYTES), 0);
        match reader.read(&mut start[had..]) {
            Ok(count) => start.truncate(had + count),
            Err(error) => {
                start.truncate(had);
                // The reader gets the error after the bytes before it.
                failed = Some(error).filter(|error| error.kind() != io::ErrorKind::Interrupted);
                if failed.is_none() {
                    continue;
                }
            }
        }
        if failed.is_some() || start.len() == had {
            break recognize(&start, true) == Some(true);
        }
    };
    let whole = Box::new(Cursor::new(start).chain(Failed(failed)).chain(reader));
    if is_log {
        let places = EventPlaces::default();
        (Box::new(EventLog::new(whole, places.clone())), Some(places))
    } else {
        (whole, None)
    }
}

/// Returns an error once, if there is one, and then the end of the file.
struct Failed(Option<io::Error>);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// A change of a file while it was being read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    Removed,
    Replaced,
    Shrank,
    Changed,
}

impl Change {
    /// Returns the change as the explanation of an error.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Removed => "the file was removed while it was being read",
            Self::Replaced => "the file was replaced while it was being read",
            Self::Shrank => "the file was truncated while it was being read",
            Self::Changed => "the file was modified while it was being read; it may still be written to",
        }
    }

    /// Returns the change as a note on what was read, if that differs from the present file or from any single state of
    /// it.
    #[must_use]
    pub fn notice(self) -> Option<&'static str> {
        match self {
            Self::Removed => None,
            Self::Replaced => Some("the file was replaced while it was being read; this is the earlier file"),
            Self::Shrank | Self::Changed => Some(
                "the file was modified while it was being read; this may be a mixture of two states, so open it again",
            ),
        }
    }
}

/// Remembers the state of a file when it was opened.
#[derive(Debug)]
struct Watch {
    path: PathBuf,
    /// The open file, even if its path now names another one.
    file: File,
    before: Look,
}

/// The properties that change when a file is written to.
type Look = (u64, Option<SystemTime>);

fn look(metadata: &Metadata) -> Look {
    (metadata.len(), metadata.modified().ok())
}

#[cfg(unix)]
fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same_file(_one: &Metadata, _other: &Metadata) -> bool {
    true
}

impl Watch {
    /// Returns `None` if the system provides no second handle for the file.
    fn new(path: PathBuf, file: &File, metadata: &Metadata) -> Option<Self> {
        Some(Self { path, file: file.try_clone().ok()?, before: look(metadata) })
    }

    /// Returns the change of the file since it was opened, if any.
    fn change(&self) -> Option<Change> {
        let opened = self.file.metadata().ok()?;
        let now = look(&opened);
        if now.0 < self.before.0 {
            return Some(Change::Shrank);
        }
        if now != self.before {
            return Some(Change::Changed);
        }
        match self.path.metadata() {
            Err(_) => Some(Change::Removed),
            Ok(named) if !is_same_file(&named, &opened) => Some(Change::Replaced),
            Ok(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn changes_of_a_file_while_it_is_read_are_detected() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("growing.heapsnapshot");
        let opened = || {
            fs::write(&path, "{\"snapshot\":").expect("a file");
            let source = OpenSource::open(Source::file(&path), &Progress::new(), &CancelToken::new());
            source.expect("readable").watch.expect("a file")
        };
        assert_eq!(opened().change(), None);
        let watch = opened();
        fs::write(&path, "{\"snapshot\":{\"meta\":").expect("a file");
        assert_eq!(watch.change(), Some(Change::Changed));
        let watch = opened();
        fs::write(&path, "{").expect("a file");
        assert_eq!(watch.change(), Some(Change::Shrank));
        let watch = opened();
        fs::rename(&path, folder.path().join("old")).expect("renamed");
        assert_eq!(watch.change(), Some(Change::Removed));
        fs::write(&path, "{\"snapshot\":").expect("a file");
        if cfg!(unix) {
            assert_eq!(watch.change(), Some(Change::Replaced));
        }
        let error = super::super::FormatError::Header("byte 12: x".to_owned()).with_change(Some(Change::Removed));
        assert_eq!(error.to_string(), "section `snapshot`, byte 12: x (the file was removed while it was being read)");
    }

    /// Returns the same bytes forever, and cancels after a while.
    struct Endless {
        bytes: Vec<u8>,
        at: usize,
        reads: usize,
        cancel: CancelToken,
    }

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.reads += 1;
            if self.reads > 20 {
                self.cancel.cancel();
            }
            for byte in buffer.iter_mut() {
                *byte = self.bytes[self.at];
                self.at = (self.at + 1) % self.bytes.len();
            }
            Ok(buffer.len())
        }
    }

    #[test]
    fn compressed_input_that_decompresses_to_nothing_can_be_cancelled() {
        use std::io::Write as _;
        let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        member.write_all(b"").expect("memory can be written");
        let (gzip, zstd) = (member.finish().expect("memory"), ::zstd::encode_all(&b""[..], 1).expect("memory"));
        for bytes in [gzip, zstd] {
            let cancel = CancelToken::new();
            let reader = Box::new(Endless { bytes, at: 0, reads: 0, cancel: cancel.clone() });
            let source = Source::Stream { name: "endless".to_owned(), size_bytes: None, reader };
            let read = super::super::read(source, &Progress::new(), &cancel);
            assert!(matches!(read, Err(super::super::FormatError::Cancelled(_))), "{read:?}");
        }
    }
}
