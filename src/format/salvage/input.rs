//! The bytes of a damaged file, one after another, with a look ahead. Whatever stops the reading is the end of the file.

use std::io::{self, ErrorKind};

use super::super::json_text::is_white_space;
use super::super::source::OpenSource;
use crate::model::CancelToken;

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
    cancel: &'a CancelToken,
}

impl<'a> Input<'a> {
    pub(super) fn new(source: OpenSource, cancel: &'a CancelToken) -> Self {
        Self { source, buffer: vec![0; BUFFER_BYTES], at: 0, end: 0, base: 0, is_over: false, error: None, cancel }
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
        loop {
            if self.cancel.is_cancelled() {
                self.is_over = true;
                return;
            }
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
