//! The sections of a file one after the other, for work that reads a file several times and keeps almost nothing of it.
//!
//! [`super::read`] builds columns from a file in one pass; this reader hands out the same text in pieces instead. It
//! refuses the same invalid files, with their positions.

use memchr::{memchr, memchr_iter, memrchr};

use super::error::{FormatError, Section};
use super::header::Header;
use super::integers::Integers;
use super::json_text::{balanced_end, is_white_space, string_end};
use super::quoted::Specials;
use super::scanner::{HEADER_LIMIT, LONGEST_NAME, expected_of};
use super::source::{Change, OpenSource, Source};
use super::{LONGEST_PART, WINDOW_BYTES};
use crate::model::{CancelToken, Progress};

/// Receives the rows of a table of integers.
pub(crate) trait Rows<E> {
    /// Takes the next row. `starts` are the positions of its values in `text`, which is the text since the last call of
    /// [`Self::end_text`]; white space may precede a value.
    fn row(&mut self, values: &[u64], starts: &[usize], text: &[u8]) -> Result<(), E>;

    /// Ends a text of whole rows, with the commas after them.
    fn end_text(&mut self, text: &[u8]) -> Result<(), E>;
}

/// A reader of the sections of a file, in the order of the file.
pub(crate) struct Sections {
    source: OpenSource,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    /// Position of the buffer in the file.
    base: u64,
    is_last: bool,
    section: Section,
    /// The names of the sections so far.
    seen: Vec<String>,
    cancel: CancelToken,
}

impl Sections {
    pub(crate) fn open(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<Self, FormatError> {
        let source = OpenSource::open(source, progress, cancel)?;
        let mut sections = Self {
            source,
            buffer: vec![0; WINDOW_BYTES],
            at: 0,
            end: 0,
            base: 0,
            is_last: false,
            section: Section::Document,
            seen: Vec::new(),
            cancel: cancel.clone(),
        };
        sections.read_on()?;
        if sections.rest().starts_with(b"\xef\xbb\xbf") {
            sections.at = 3;
        }
        Ok(sections)
    }

    /// Returns the bytes of the file before decompression, if known.
    pub(crate) fn size_bytes(&self) -> Option<u64> {
        self.source.size_bytes
    }

    /// Returns a change of the file since it was opened.
    pub(crate) fn change(&mut self) -> Option<Change> {
        (self.source.take_watch())()
    }

    fn rest(&self) -> &[u8] {
        &self.buffer[self.at..self.end]
    }

    fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Reads more behind the bytes that are left. Returns false at the end of the file.
    fn read_on(&mut self) -> Result<bool, FormatError> {
        self.cancel.check()?;
        if self.is_last {
            return Ok(false);
        }
        self.buffer.copy_within(self.at..self.end, 0);
        self.base += self.at as u64;
        (self.at, self.end) = (0, self.end - self.at);
        if self.end > LONGEST_PART {
            let what = "the length of a name or number";
            return Err(FormatError::Limit { section: self.section.clone(), what, limit: LONGEST_PART as u64 });
        }
        if self.end * 2 > self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let had = self.end;
        self.end = self.source.fill(&mut self.buffer, had)?;
        self.is_last = self.end < self.buffer.len();
        Ok(self.end > had)
    }

    /// Returns the next byte that is not white space, without consuming it.
    fn peek(&mut self) -> Result<Option<u8>, FormatError> {
        loop {
            if let Some(found) = self.rest().iter().position(|&byte| !is_white_space(byte)) {
                self.at += found;
                return Ok(self.rest().first().copied());
            }
            self.at = self.end;
            if !self.read_on()? {
                return Ok(None);
            }
        }
    }

    fn expect(&mut self, byte: u8, expected: &str) -> Result<(), FormatError> {
        if self.peek()? != Some(byte) {
            return Err(self.unexpected(expected));
        }
        self.at += 1;
        Ok(())
    }

    fn unexpected(&self, expected: &str) -> FormatError {
        if self.rest().is_empty() {
            let (section, offset) = (self.section.clone(), self.offset());
            return FormatError::Truncated { section, offset, expected: expected.to_owned(), hint: None };
        }
        FormatError::unexpected(&self.section, self.offset(), self.rest(), expected)
    }

    /// Returns the length of the next part, as `measure` finds it once it is complete.
    fn part(&mut self, limit: usize, measure: impl Fn(&[u8]) -> Option<usize>) -> Result<usize, FormatError> {
        loop {
            let found = measure(self.rest());
            if found.unwrap_or(self.end - self.at) > limit {
                let what = "its length in bytes";
                return Err(FormatError::Limit { section: self.section.clone(), what, limit: limit as u64 });
            }
            if let Some(found) = found {
                return Ok(found);
            }
            if !self.read_on()? {
                self.at = self.end;
                return Err(self.unexpected("the rest of the section"));
            }
        }
    }

    /// Returns the name of the next section, whose value must be read before the next call. Returns `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<String>, FormatError> {
        self.section = Section::Document;
        if self.seen.is_empty() {
            self.expect(b'{', "the opening `{` of a heap snapshot")?;
        } else if self.peek()? == Some(b',') {
            self.at += 1;
        } else {
            self.expect(b'}', "`,` or the final `}`")?;
            return match self.peek()? {
                None => Ok(None),
                Some(_) => Err(self.unexpected("the end of the file: the snapshot ends before this byte")),
            };
        }
        if self.peek()? != Some(b'"') {
            return Err(self.unexpected("a section name in double quotes"));
        }
        let end = self.part(LONGEST_NAME, |rest| string_end(rest, 1))?;
        let name = String::from_utf8_lossy(&self.rest()[1..end]).into_owned();
        let at = self.offset();
        self.at += end + 1;
        self.section = Section::named(&name);
        if self.seen.contains(&name) && matches!(name.as_str(), "snapshot" | "nodes" | "edges" | "strings") {
            return Err(FormatError::DuplicateSection(self.section.clone(), at));
        }
        if self.seen.len() < 64 {
            self.seen.push(name.clone());
        }
        self.expect(b':', "`:` after the section name")?;
        Ok(Some(name))
    }

    /// Reads the value of the section `snapshot`. Returns it with its text.
    pub(crate) fn header(&mut self) -> Result<(Header, Vec<u8>), FormatError> {
        if self.peek()? != Some(b'{') {
            return Err(self.unexpected("the opening `{` of the section"));
        }
        let end = self.part(HEADER_LIMIT, |rest| balanced_end(rest, 0))?;
        let text = self.rest()[..end].to_vec();
        self.at += end;
        Ok((Header::parse(&text)?, text))
    }

    /// Reads a table of integers with `fields` numbers in a row.
    pub(crate) fn rows<E: From<FormatError>>(&mut self, fields: usize, rows: &mut impl Rows<E>) -> Result<(), E> {
        self.expect(b'[', "the opening `[` of the section")?;
        let (mut values, mut starts) = (vec![0; fields], vec![0; fields]);
        let mut is_first = true;
        loop {
            let rest = self.rest();
            let close = memchr(b']', rest);
            let length = close.or_else(|| whole_rows(rest, fields));
            let Some(length) = length else {
                if !self.read_on()? {
                    self.at = self.end;
                    return Err(self.unexpected("more numbers or the closing `]` of the section").into());
                }
                continue;
            };
            let text = &rest[..length];
            let mut integers = Integers::new(text);
            if close.is_some() && integers.at_end() && !is_first {
                self.at += length;
                return Err(self.unexpected("a number").into());
            }
            while !integers.at_end() {
                for (value, start) in values.iter_mut().zip(&mut starts) {
                    *start = integers.position();
                    *value = integers.next().map_err(|bad| {
                        let offset = self.base + (self.at + bad.at) as u64;
                        let found = &rest[bad.at..];
                        FormatError::unexpected(&self.section, offset, found, expected_of(bad.problem))
                    })?;
                }
                rows.row(&values, &starts, text)?;
                is_first = false;
            }
            if close.is_some() && text.trim_ascii_end().ends_with(b",") {
                self.at += length;
                return Err(self.unexpected("a number").into());
            }
            rows.end_text(text)?;
            self.at += length;
            if close.is_some() {
                self.at += 1;
                return Ok(());
            }
            self.cancel.check().map_err(FormatError::from)?;
        }
    }

    /// Reads the strings of the section `strings` in pieces, in the encoding of the file. `visit` gets each piece, and
    /// whether the string ends with it.
    pub(crate) fn strings<E: From<FormatError>>(
        &mut self,
        mut visit: impl FnMut(&[u8], bool) -> Result<(), E>,
    ) -> Result<(), E> {
        self.expect(b'[', "the opening `[` of the section")?;
        if self.peek()? == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.expect(b'"', "a string in double quotes")?;
            loop {
                let (length, is_end) = self.piece()?;
                visit(&self.buffer[self.at..self.at + length], is_end)?;
                self.at += length;
                if is_end {
                    self.at += 1;
                    break;
                }
                if !self.read_on()? {
                    return Err(self.unexpected("the rest of a string").into());
                }
            }
            match self.peek()? {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.unexpected("`,` between strings or the closing `]` of the section").into()),
            }
        }
        self.at += 1;
        Ok(())
    }

    /// Returns the length of the string or of the part of it that is in the buffer, and whether the string ends there.
    /// An escape is never cut after its backslash.
    fn piece(&mut self) -> Result<(usize, bool), FormatError> {
        let rest = self.rest();
        let mut specials = Specials::default();
        let mut at = 0;
        while at < rest.len() {
            let Some(stop) = specials.next(rest, at) else { break };
            match rest[stop] {
                b'"' => return Ok((stop, true)),
                b'\\' => {
                    // An escape that continues in the next window is left for it.
                    let length = if rest.get(stop + 1) == Some(&b'u') { 6 } else { 2 };
                    if stop + length > rest.len() {
                        return Ok((stop, false));
                    }
                    if !is_escape(&rest[stop..stop + length]) {
                        self.at += stop;
                        return Err(self.unexpected("an escape sequence of JSON"));
                    }
                    at = stop + length;
                }
                _ => {
                    self.at += stop;
                    return Err(self.unexpected("an escape sequence in place of this control character"));
                }
            }
        }
        Ok((rest.len(), false))
    }

    /// Reads a value of any kind, and passes its text on.
    pub(crate) fn value<E: From<FormatError>>(
        &mut self,
        mut visit: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let is_list = matches!(self.peek()?, Some(b'{' | b'['));
        let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
        loop {
            let rest = self.rest();
            let ends = rest.iter().position(|&byte| {
                match byte {
                    _ if is_escaped => is_escaped = false,
                    b'\\' if in_string => is_escaped = true,
                    b'"' => in_string = !in_string,
                    _ if in_string => {}
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' if is_list => {
                        depth = depth.saturating_sub(1);
                        return depth == 0;
                    }
                    b',' | b'}' if !is_list => return true,
                    _ => {}
                }
                false
            });
            // A list ends with its bracket, a scalar before the next comma.
            let length = ends.map_or(rest.len(), |end| end + usize::from(is_list));
            visit(&rest[..length])?;
            self.at += length;
            if ends.is_some() {
                return Ok(());
            }
            if !self.read_on()? {
                return Err(self.unexpected("the rest of the section").into());
            }
        }
    }
}

/// Returns the length of the rows that are complete, with the comma after the last one; `None` if there is none.
fn whole_rows(text: &[u8], fields: usize) -> Option<usize> {
    let commas = memchr_iter(b',', text).count();
    if commas < fields {
        return None;
    }
    let mut end = text.len();
    for _ in 0..=commas % fields {
        end = memrchr(b',', &text[..end])?;
    }
    Some(end + 1)
}

fn is_escape(text: &[u8]) -> bool {
    match text {
        [_, b'u', digits @ ..] => digits.iter().all(u8::is_ascii_hexdigit),
        [_, other] => matches!(other, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't'),
        _ => false,
    }
}
