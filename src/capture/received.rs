//! What a target sends, on its way to a file.

use std::io::Write as _;
use std::path::Path;

use super::CaptureError;
use crate::files::PartialFile;

/// A file that is called `….partial` until all of it is there.
#[derive(Debug)]
pub(super) struct Received {
    file: PartialFile,
    last: Option<u8>,
}

impl Received {
    /// Begins a file; none that exists is overwritten.
    pub(super) fn create(path: &Path) -> Result<Self, CaptureError> {
        let file = PartialFile::create(path).map_err(|error| CaptureError::file(path, error))?;
        Ok(Self { file, last: None })
    }

    pub(super) fn bytes(&self) -> u64 {
        self.file.bytes()
    }

    pub(super) fn write(&mut self, text: &str) -> Result<(), CaptureError> {
        self.file.write_all(text.as_bytes()).map_err(|error| CaptureError::file(self.file.partial(), error))?;
        self.last = text.trim_end().bytes().last().or(self.last);
        Ok(())
    }

    /// Gives the file its name. What does not end as JSON of an object does is not complete, whatever the sender says.
    pub(super) fn finish(&mut self) -> Result<(), CaptureError> {
        if self.last != Some(b'}') {
            return Err(CaptureError::Odd("the data ends in the middle".to_owned()));
        }
        self.file.finish().map_err(|error| CaptureError::file(self.file.partial(), error))
    }

    /// Keeps what has come, as far as the disk takes it, and says so; nothing is kept of nothing.
    pub(super) fn keep(self, why: CaptureError) -> CaptureError {
        if self.file.bytes() == 0 {
            return why;
        }
        let (kept, bytes) = self.file.keep();
        CaptureError::Incomplete { kept, bytes, why: Box::new(why) }
    }
}
