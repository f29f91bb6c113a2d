//! A reader that counts bytes before decompression and stops when the work is canceled.

use std::io;
use std::io::Read;

use crate::model::{CancelToken, Progress};

/// Counts bytes before decompression, and stops when the work is cancelled.
pub(super) struct Counted<R> {
    reader: R,
    progress: Progress,
    cancel: CancelToken,
    pub(super) count: u64,
}

impl<R> Counted<R> {
    pub(super) fn new(reader: R, progress: Progress, cancel: CancelToken) -> Self {
        Self { reader, progress, cancel, count: 0 }
    }

    /// Returns the bytes of memory that the reader may use.
    pub(super) fn available_bytes(&self) -> u64 {
        self.cancel.available()
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Any number of compressed bytes may decompress to nothing, so the decompressor might never return to a check.
        self.cancel.check().map_err(io::Error::other)?;
        let count = self.reader.read(buffer)?;
        self.count += count as u64;
        self.progress.advance(count as u64);
        Ok(count)
    }
}
