//! Where bytes come from: a file, a buffer or a stream; plain, gzip or zstd.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::compressed::{Compression, Decompressed};
use super::event_log::{EventLog, EventPlaces, RECOGNIZED_BYTES, recognize};
use crate::model::Progress;

/// Something that a snapshot can be read from. Compression is recognised by the first bytes, not by the name.
pub enum Source {
    File(PathBuf),
    Bytes {
        name: String,
        bytes: Arc<[u8]>,
    },
    /// A pipe or a download; its size in bytes, if it is known, makes for better progress.
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

    /// What people call it: the file's name without folders.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => {
                path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
            }
            Self::Bytes { name, .. } | Self::Stream { name, .. } => name.clone(),
        }
    }

    /// The same source once more, if it can be read twice: not a pipe, not a stream.
    #[must_use]
    pub fn again(&self) -> Option<Self> {
        // What a pipe gave is gone, and opening it once more would wait for ever.
        self.twin().filter(|twin| twin.path().is_none_or(|path| path.metadata().is_ok_and(|it| it.is_file())))
    }

    /// The same source once more, without a look at what it is.
    pub(crate) fn twin(&self) -> Option<Self> {
        match self {
            Self::File(path) => Some(Self::File(path.clone())),
            Self::Bytes { name, bytes } => Some(Self::Bytes { name: name.clone(), bytes: Arc::clone(bytes) }),
            Self::Stream { .. } => None,
        }
    }

    /// What comes in on standard input, to its end.
    #[must_use]
    pub fn standard_input() -> Self {
        Self::Stream { name: "standard input".to_owned(), size_bytes: None, reader: Box::new(io::stdin()) }
    }

    /// The file, if it is one.
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

/// An open source: the text of a snapshot or profile, decompressed and put together, with its size if that is known.
pub(super) struct OpenSource {
    pub(super) reader: Box<dyn Read + Send>,
    /// Bytes of the source before decompression, if known.
    pub(super) size_bytes: Option<u64>,
    /// Whether the text is not the source's own bytes: decompressed, or put together from a log.
    is_compressed: bool,
    pub(super) watch: Option<Watch>,
    /// Where the events are, if the source is a log of them.
    pub(super) events: Option<EventPlaces>,
}

impl OpenSource {
    pub(super) fn open(source: Source, progress: &Progress) -> io::Result<Self> {
        let mut watch = None;
        let (reader, size_bytes): (Box<dyn Read + Send>, Option<u64>) = match source {
            Source::File(path) => {
                let file = File::open(&path)?;
                let metadata = file.metadata()?;
                watch = Some(Watch::new(path, &metadata));
                if metadata.is_dir() {
                    return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder, not a file"));
                }
                // A pipe or a device says 0 and is read to its end all the same.
                (Box::new(file), Some(metadata.len()).filter(|_| metadata.is_file()))
            }
            Source::Bytes { bytes, .. } => {
                let size = bytes.len() as u64;
                (Box::new(Cursor::new(bytes)), Some(size))
            }
            Source::Stream { reader, size_bytes, .. } => (reader, size_bytes),
        };
        let mut counted = Counted::new(reader, progress.clone());
        let mut magic = Vec::with_capacity(4);
        counted.by_ref().take(4).read_to_end(&mut magic)?;
        let compression = Compression::of(&magic);
        counted.count = 0;
        let whole = Counted::new(Cursor::new(magic).chain(counted), Progress::new());
        let reader: Box<dyn Read + Send> = match compression {
            Some(compression) => Box::new(Decompressed::new(whole, compression)),
            None => Box::new(whole),
        };
        let (reader, events) = put_together(reader);
        Ok(Self { reader, size_bytes, is_compressed: compression.is_some() || events.is_some(), watch, events })
    }

    /// Bytes of text, where that is known beforehand.
    pub(super) fn text_bytes(&self) -> Option<u64> {
        self.size_bytes.filter(|_| !self.is_compressed)
    }

    /// Fills `buffer` from `start` on as far as there are bytes, and says where they end.
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

/// Puts the snapshot together if the text is a log of protocol events. Reads only as far as it must to tell.
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
                // Whoever reads on gets the error after the bytes before it.
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

/// Returns an error once, if there is one, and then nothing.
struct Failed(Option<io::Error>);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Counts the bytes that pass, before they are decompressed.
pub(super) struct Counted<R> {
    reader: R,
    progress: Progress,
    pub(super) count: u64,
}

impl<R> Counted<R> {
    pub(super) fn new(reader: R, progress: Progress) -> Self {
        Self { reader, progress, count: 0 }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.count += count as u64;
        self.progress.advance(count as u64);
        Ok(count)
    }
}

/// Remembers what a file was like when it was opened.
#[derive(Debug)]
pub(super) struct Watch {
    path: PathBuf,
    before: Option<Look>,
}

/// What changes when a file is written to or another takes its place.
type Look = (u64, Option<SystemTime>, u64);

fn look(metadata: &Metadata) -> Look {
    #[cfg(unix)]
    let identity = std::os::unix::fs::MetadataExt::ino(metadata);
    #[cfg(not(unix))]
    let identity = 0;
    (metadata.len(), metadata.modified().ok(), identity)
}

impl Watch {
    fn new(path: PathBuf, metadata: &Metadata) -> Self {
        Self { path, before: metadata.is_file().then(|| look(metadata)) }
    }

    /// What happened to the file since, if anything did.
    pub(super) fn change(&self) -> Option<&'static str> {
        let before = self.before?;
        match self.path.metadata() {
            Err(_) => Some("the file was removed while it was being read"),
            Ok(now) if look(&now).2 != before.2 => Some("another file took its place while it was being read"),
            Ok(now) if look(&now) != before => {
                Some("the file was changed while it was being read: is it still being written?")
            }
            Ok(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_is_changed_replaced_or_removed_while_it_is_read_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("growing.heapsnapshot");
        let opened = || {
            fs::write(&path, "{\"snapshot\":").expect("a file");
            OpenSource::open(Source::file(&path), &Progress::new()).expect("readable").watch.expect("a file")
        };
        assert_eq!(opened().change(), None);
        let watch = opened();
        fs::write(&path, "{\"snapshot\":{\"meta\":").expect("a file");
        assert!(watch.change().is_some_and(|change| change.contains("still being written")));
        let watch = opened();
        fs::rename(&path, folder.path().join("old")).expect("renamed");
        assert!(watch.change().is_some_and(|change| change.contains("removed")));
        fs::write(&path, "{\"snapshot\":").expect("a file");
        if cfg!(unix) {
            assert!(watch.change().is_some_and(|change| change.contains("took its place")));
        }
        let error = super::super::FormatError::Header("x".to_owned()).with_change(Some("why"));
        assert_eq!(error.to_string(), "section `snapshot`: x (why)");
    }
}
