//! Names, the header and values that are skipped.

use super::super::super::header::Header;
use super::super::super::json_text::{LONGEST_SCALAR, is_scalar, scalar_length};
use super::super::super::losses::Loss;
use super::super::super::scanner::{HEADER_LIMIT, LONGEST_NAME};
use super::super::super::{FormatError, Section};
use super::super::sections::is_known;
use super::{Document, MOST_LOSSES, Purpose};

impl Document<'_> {
    /// Returns a quoted name that is followed by a colon, if one is next.
    pub(super) fn name_ahead(&mut self) -> Option<(String, usize)> {
        let mut wanted = 256;
        loop {
            let ahead = self.input.ahead(wanted);
            let is_all = ahead.len() < wanted;
            let inner = ahead.get(1..)?;
            let mut at = 0;
            let closing = loop {
                match inner.get(at) {
                    Some(b'"') => break Some(at),
                    // JSON allows no control characters in a name.
                    Some(0..b' ') => return None,
                    Some(b'\\') if inner.get(at + 1).is_some_and(|byte| *byte < b' ') => return None,
                    Some(b'\\') => at += 2,
                    Some(_) => at += 1,
                    None => break None,
                }
            };
            let behind = closing.map(|closing| &inner[closing + 1..]);
            let blank = behind.map_or(0, |behind| behind.len() - behind.trim_ascii_start().len());
            match (closing, behind.and_then(|behind| behind.get(blank))) {
                (Some(closing), Some(b':')) if closing < LONGEST_NAME && blank <= LONGEST_NAME => {
                    return Some((String::from_utf8_lossy(&inner[..closing]).into_owned(), closing + 2));
                }
                (Some(_), Some(_)) => return None,
                _ if is_all || wanted > 2 * LONGEST_NAME => return None,
                // The name or the white space after it is longer than the bytes looked at.
                _ => wanted *= 4,
            }
        }
    }

    /// Skips a value of any depth.
    pub(super) fn skip_value(&mut self, section: &Section) {
        let mut depth = 0_u64;
        let mut in_string = false;
        if self.input.peek().is_some_and(|byte| !matches!(byte, b'"' | b'[' | b'{')) {
            let ahead = self.input.ahead(LONGEST_SCALAR + 1);
            let length = scalar_length(ahead);
            if is_scalar(&ahead[..length]) {
                self.input.advance(length);
                return;
            }
            let offset = self.input.offset();
            if self.losses.len() < MOST_LOSSES && self.losses.last() != Some(&Loss::Passed { offset }) {
                self.losses.push(Loss::Passed { offset });
            }
        }
        // While searching for the header, other sections are not idle bytes.
        let is_useful = self.purpose == Purpose::Header && matches!(section, Section::Named(name) if is_known(name));
        while let Some(byte) = self.input.peek() {
            if is_useful {
                self.input.note_useful();
            }
            match byte {
                b'\\' if in_string => self.input.advance(1),
                b'"' => in_string = !in_string,
                _ if in_string => {}
                b'[' | b'{' => depth += 1,
                b',' | b'}' if depth == 0 => return,
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            // The byte after a backslash may be the first of the next buffer.
            self.input.peek();
            self.input.advance(1);
            // Data after the end of the value is handled by the caller.
            if depth == 0 && !in_string && matches!(byte, b'"' | b']' | b'}') {
                return;
            }
        }
        self.ends_early(section);
    }

    pub(super) fn read_header(&mut self, offset: u64) {
        let mut text = Vec::new();
        let (mut depth, mut in_string, mut is_escaped) = (0_u32, false, false);
        while let Some(byte) = self.input.peek() {
            self.input.advance(1);
            text.push(byte);
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' if in_string => is_escaped = true,
                b'"' => in_string = !in_string,
                _ if in_string => {}
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 || text.len() > HEADER_LIMIT {
                break;
            }
        }
        if text.len() > HEADER_LIMIT {
            let (section, limit) = (Section::named("snapshot"), HEADER_LIMIT as u64);
            self.header_error = Some(FormatError::Limit { section, what: "its length in bytes", limit });
            return;
        }
        match Header::parse(&text) {
            Ok(header) => self.header = Some(header),
            Err(FormatError::Header(problem)) => {
                self.header_error = Some(FormatError::Header(format!("byte {offset}: {problem}")));
            }
            Err(FormatError::HeaderJson { what, at }) => {
                self.header_error = Some(FormatError::HeaderJson { what, at: offset + at });
            }
            Err(other) => self.header_error = Some(other),
        }
    }
}
