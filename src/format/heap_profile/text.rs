//! JSON text that is read on demand, with its position in the file.

use std::io::Read;

use super::super::error::{FormatError, Section};
use super::super::scanner::MOST_IDLE_BYTES;
use super::super::strings::decode_text;
use crate::memory::growth;
use crate::model::CancelToken;

/// Bytes per read.
pub(super) const BUFFER_BYTES: usize = 1 << 18;

/// Bytes that are buffered ahead of each position except at the end of the file: more than the longest number and the
/// text shown in errors.
pub(super) const AHEAD_BYTES: usize = 32;

/// Text that is read on demand, with its position in the file.
pub(super) struct Text<'a> {
    pub(super) reader: Box<dyn Read + Send>,
    pub(super) cancel: &'a CancelToken,
    pub(super) buffer: Vec<u8>,
    pub(super) at: usize,
    pub(super) end: usize,
    /// Position of the buffer in the file.
    pub(super) base: u64,
    pub(super) section: Section,
    /// Bytes of memory held by the parts read so far.
    pub(super) kept_bytes: u64,
    /// True if the length of the text is known, so that it ends.
    pub(super) is_finite: bool,
    /// Position of the buffer in the file, and `kept_bytes`, when the profile last grew.
    pub(super) useful: (u64, u64),
}

impl<'a> Text<'a> {
    pub(super) fn new(reader: Box<dyn Read + Send>, is_finite: bool, cancel: &'a CancelToken) -> Self {
        let buffer = vec![0; BUFFER_BYTES];
        let section = Section::Document;
        Self { reader, cancel, buffer, at: 0, end: 0, base: 0, section, kept_bytes: 0, is_finite, useful: (0, 0) }
    }

    /// Stops reading a possibly endless input of unknown length: compressed, or from a pipe.
    pub(super) fn check_idle(&mut self) -> Result<(), FormatError> {
        if self.kept_bytes != self.useful.1 {
            self.useful = (self.base, self.kept_bytes);
        }
        if self.is_finite || self.base - self.useful.0 <= MOST_IDLE_BYTES {
            return Ok(());
        }
        let what = "the number of bytes outside all parts of a profile";
        Err(FormatError::Limit { section: self.section.clone(), what, limit: MOST_IDLE_BYTES })
    }

    /// Reads on until enough bytes are buffered or the file ends.
    pub(super) fn fill(&mut self) -> Result<(), FormatError> {
        self.cancel.need(self.kept_bytes, self.kept_bytes)?;
        self.buffer.copy_within(self.at..self.end, 0);
        self.base += self.at as u64;
        (self.at, self.end) = (0, self.end - self.at);
        self.check_idle()?;
        while self.end < AHEAD_BYTES {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => break,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    pub(super) fn peek(&mut self) -> Result<Option<u8>, FormatError> {
        if self.at + AHEAD_BYTES > self.end {
            self.fill()?;
        }
        Ok((self.at < self.end).then(|| self.buffer[self.at]))
    }

    pub(super) fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Returns the next byte that is not white space, without consuming it.
    pub(super) fn next_token(&mut self) -> Result<Option<u8>, FormatError> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return Ok(other),
            }
        }
    }

    /// Returns an error for unexpected text at the current position.
    pub(super) fn unexpected<T>(&mut self, expected: &str) -> Result<T, FormatError> {
        let offset = self.offset();
        if self.peek()?.is_none() {
            let hint = Some("the process was probably killed, or the copy stopped, while the file was being written");
            let (section, expected) = (self.section.clone(), expected.to_owned());
            return Err(FormatError::Truncated { section, offset, expected, hint });
        }
        let found = &self.buffer[self.at..self.end.min(self.at + AHEAD_BYTES)];
        Err(FormatError::unexpected(&self.section, offset, found, expected))
    }

    /// Consumes the byte if it is next.
    pub(super) fn takes(&mut self, byte: u8) -> Result<bool, FormatError> {
        let is_it = self.next_token()? == Some(byte);
        self.at += usize::from(is_it);
        Ok(is_it)
    }

    pub(super) fn expect(&mut self, byte: u8, expected: &str) -> Result<(), FormatError> {
        if self.takes(byte)? { Ok(()) } else { self.unexpected(expected) }
    }

    /// Parses the end of a member or an element. Returns true if another follows, false if `close` does.
    pub(super) fn goes_on(&mut self, close: u8, expected: &str) -> Result<bool, FormatError> {
        if self.takes(b',')? {
            return Ok(true);
        }
        if self.takes(close)? { Ok(false) } else { self.unexpected(expected) }
    }

    /// Returns the raw bytes of a string between its quotes.
    pub(super) fn raw_string(&mut self, expected: &str) -> Result<Vec<u8>, FormatError> {
        self.expect(b'"', expected)?;
        let mut raw = Vec::new();
        loop {
            match self.peek()? {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(raw);
                }
                Some(b'\\') => {
                    let length = if self.buffer.get(self.at + 1) == Some(&b'u') { 6 } else { 2 };
                    let escape = &self.buffer[self.at..self.end.min(self.at + length)];
                    let is_valid = escape.len() == length
                        && (length == 2 && b"\"\\/bfnrt".contains(&escape[1])
                            || length == 6 && escape[2..].iter().all(u8::is_ascii_hexdigit));
                    if !is_valid {
                        return self.unexpected("a JSON escape such as `\\n` or `\\u0041`");
                    }
                    growth::extend(&mut raw, escape)?;
                    self.at += length;
                }
                Some(byte) => {
                    growth::push(&mut raw, byte)?;
                    self.at += 1;
                    if raw.len().is_multiple_of(BUFFER_BYTES) {
                        // Once in raw form, once decoded.
                        let needed = self.kept_bytes.saturating_add(2 * raw.len() as u64);
                        self.cancel.need(needed, needed)?;
                    }
                }
                None => return self.unexpected("the closing `\"` of the string"),
            }
        }
    }

    pub(super) fn string(&mut self, expected: &str) -> Result<String, FormatError> {
        Ok(decode_text(&self.raw_string(expected)?).into_owned())
    }

    /// Parses the name of a member and its colon.
    pub(super) fn key(&mut self) -> Result<Vec<u8>, FormatError> {
        let key = self.raw_string("a member name in double quotes")?;
        self.expect(b':', "`:` after the member name")?;
        Ok(key)
    }

    /// Parses an integer, which may be in quotes, as the ids of scripts are.
    pub(super) fn integer(&mut self, expected: &str) -> Result<i64, FormatError> {
        let is_quoted = self.takes(b'"')?;
        let is_negative = self.next_token()? == Some(b'-');
        let start = self.at + usize::from(is_negative);
        let digits = self.buffer[start..self.end].iter().take_while(|byte| byte.is_ascii_digit()).count();
        // Numbers have a limited number of digits, so the buffered bytes suffice.
        let number = std::str::from_utf8(&self.buffer[self.at..start + digits]).ok().and_then(|text| text.parse().ok());
        let follows = self.buffer[..self.end].get(start + digits);
        match number {
            Some(number) if !matches!(follows, Some(b'.' | b'e' | b'E')) => {
                self.at = start + digits;
                if is_quoted {
                    self.expect(b'"', expected)?;
                }
                Ok(number)
            }
            _ => self.unexpected(expected),
        }
    }

    pub(super) fn count(&mut self, expected: &str) -> Result<u64, FormatError> {
        if self.next_token()? == Some(b'-') {
            return self.unexpected(expected);
        }
        let number = self.integer(expected)?;
        u64::try_from(number).or_else(|_| self.unexpected(expected))
    }

    /// Skips an unknown value of any depth.
    pub(super) fn skip_value(&mut self) -> Result<(), FormatError> {
        let mut depth = 0_u64;
        loop {
            match self.next_token()? {
                Some(b'"') => {
                    self.raw_string("a string")?;
                }
                Some(b'[' | b'{') => {
                    depth += 1;
                    self.at += 1;
                }
                Some(b']' | b'}') if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                Some(b',' | b':') if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                Some(b'-' | b'0'..=b'9' | b'a'..=b'z') => {
                    while let Some(b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'E') = self.peek()? {
                        self.at += 1;
                    }
                }
                _ => return self.unexpected("a value"),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }
}
