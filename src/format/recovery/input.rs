//! The bytes of a damaged file with lookahead. Any read error counts as the end of the file.

use std::io::{self, ErrorKind};

use super::super::estimate::Counts;
use super::super::json_text::is_white_space;
use super::super::scanner::MOST_IDLE_BYTES;
use super::super::source::OpenSource;
use crate::memory::OutOfMemory;
use crate::model::{CancelToken, human};

const BUFFER_BYTES: usize = 1 << 20;

pub(super) struct Input<'a> {
    source: OpenSource,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    /// Position of the buffer in the (decompressed) file.
    base: u64,
    is_over: bool,
    /// The error that stopped the reading, if it was not the end of the file.
    pub(super) error: Option<io::Error>,
    /// The counts so far, for the memory estimate.
    pub(super) counts: Counts,
    /// The end of the last data that belongs to a snapshot.
    useful: u64,
    /// True if the length of the (decompressed) file is known, so that it ends.
    is_finite: bool,
    cancel: &'a CancelToken,
}

impl<'a> Input<'a> {
    pub(super) fn new(source: OpenSource, cancel: &'a CancelToken) -> Self {
        let is_finite = source.text_bytes().is_some();
        Self {
            source,
            buffer: vec![0; BUFFER_BYTES],
            at: 0,
            end: 0,
            base: 0,
            is_over: false,
            error: None,
            counts: Counts::default(),
            useful: 0,
            is_finite,
            cancel,
        }
    }

    /// Records that the last bytes belong to a snapshot.
    #[inline]
    pub(super) fn note_useful(&mut self) {
        self.useful = self.base + self.at as u64;
    }

    /// Checks that the input is not endless and fits in memory. Returns true if reading continues.
    fn goes_on(&mut self) -> bool {
        let needed = self.counts.peak_bytes();
        if self.cancel.need(needed, needed).is_err() {
            return false;
        }
        let is_idle = !self.is_finite && self.offset().saturating_sub(self.useful) > MOST_IDLE_BYTES;
        if is_idle {
            let bytes = human::bytes(MOST_IDLE_BYTES);
            self.error = Some(io::Error::other(format!("stopped after {bytes} outside all sections")));
        }
        !is_idle
    }

    /// Stops the reading if a buffer could not grow.
    pub(super) fn stop_without_memory(&mut self, grown: Result<(), OutOfMemory>) {
        if grown.is_err() {
            self.cancel.run_short();
            (self.is_over, self.at) = (true, self.end);
        }
    }

    pub(super) fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        if self.at == self.end {
            self.refill();
        }
        self.buffer[..self.end].get(self.at).copied()
    }

    /// Returns the last byte before the current position.
    pub(super) fn previous(&self) -> Option<u8> {
        self.at.checked_sub(1).map(|before| self.buffer[before])
    }

    #[inline]
    pub(super) fn advance(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.end);
    }

    /// Returns the buffered next bytes; none at the end.
    #[inline]
    pub(super) fn rest(&mut self) -> &[u8] {
        if self.at == self.end {
            self.refill();
        }
        &self.buffer[self.at..self.end]
    }

    /// Returns the next `count` bytes, which must be fewer than the buffer holds, or all that are left.
    pub(super) fn ahead(&mut self, count: usize) -> &[u8] {
        while self.end - self.at < count && !self.is_over {
            self.refill();
        }
        &self.buffer[self.at..self.end.min(self.at + count)]
    }

    pub(super) fn skip_white_space(&mut self) {
        while self.peek().is_some_and(is_white_space) {
            self.at += 1;
        }
    }

    fn refill(&mut self) {
        if self.is_over {
            return;
        }
        // Keep the previous byte for callers that look back.
        let kept = self.at.saturating_sub(1);
        self.buffer.copy_within(kept..self.end, 0);
        self.base += kept as u64;
        self.end -= kept;
        self.at -= kept;
        if !self.goes_on() {
            self.is_over = true;
            return;
        }
        loop {
            match self.source.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.is_over = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.is_over = true;
                    self.error = Some(error);
                }
            }
            return;
        }
    }
}
