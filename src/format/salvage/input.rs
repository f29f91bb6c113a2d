//! The bytes of a damaged file, one after another, with a look ahead. Whatever stops the reading is the end of the file.

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
    /// What stopped the reading, if it was not the end of the file.
    pub(super) error: Option<io::Error>,
    /// What was read so far, for the estimate of the memory that it takes.
    pub(super) counts: Counts,
    /// Up to where something was found that belongs to a snapshot.
    useful: u64,
    /// Whether the length of the (decompressed) file is known, so that it will end.
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

    /// Notes that what was just read belongs to a snapshot.
    #[inline]
    pub(super) fn note_useful(&mut self) {
        self.useful = self.base + self.at as u64;
    }

    /// Stops the reading where it would not end or takes too much memory; true if it goes on.
    fn goes_on(&mut self) -> bool {
        let needed = self.counts.peak_bytes();
        if self.cancel.need(needed, needed).is_err() {
            return false;
        }
        let is_idle = !self.is_finite && self.offset().saturating_sub(self.useful) > MOST_IDLE_BYTES;
        if is_idle {
            let bytes = human::bytes(MOST_IDLE_BYTES);
            self.error = Some(io::Error::other(format!("given up after {bytes} that belong to no section")));
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

    /// The byte that was passed last.
    pub(super) fn previous(&self) -> Option<u8> {
        self.at.checked_sub(1).map(|before| self.buffer[before])
    }

    #[inline]
    pub(super) fn advance(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.end);
    }

    /// The next bytes, as many as are there; none at the end.
    #[inline]
    pub(super) fn rest(&mut self) -> &[u8] {
        if self.at == self.end {
            self.refill();
        }
        &self.buffer[self.at..self.end]
    }

    /// The next `count` bytes, which must be fewer than a buffer has, or what is left of the file.
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
        // The byte before stays, for who wants to look back.
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
