//! The section `strings`: one buffer of the file's own bytes, decoded on demand.

use std::borrow::Cow;

use crate::memory::{OutOfMemory, growth};
use crate::model::stored::stored;
use crate::model::{Column, StringId, convert};

/// All strings of a snapshot in the file's encoding, without quotes, back to back.
#[derive(Debug, Default)]
pub struct StringTable {
    bytes: Vec<u8>,
    /// The end of each string in `bytes`.
    ends: Column,
}

stored!(StringTable { bytes, ends });

impl StringTable {
    /// Makes room for so many bytes, if the system grants them.
    pub(super) fn reserve(&mut self, bytes: usize) {
        // Otherwise the buffer grows while it is filled.
        let _ = growth::reserve_exact(&mut self.bytes, bytes);
    }

    /// Appends bytes to the current string.
    ///
    /// # Errors
    /// Returns an error if there is no memory; nothing is appended then.
    pub(super) fn try_extend(&mut self, bytes: &[u8]) -> Result<(), OutOfMemory> {
        growth::extend(&mut self.bytes, bytes)
    }

    /// Appends a few bytes to the current string. Ends the process if there is no memory.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Ends the current string.
    pub(super) fn end_string(&mut self) {
        self.ends.push(self.bytes.len() as u64);
    }

    /// Removes the bytes of a string that did not end.
    pub(super) fn drop_unfinished(&mut self) {
        let end = self.ends.len().checked_sub(1).map_or(0, |last| self.ends.get(last));
        self.bytes.truncate(usize::try_from(end).unwrap_or(usize::MAX));
    }

    /// Returns the bytes of all strings, including the current one.
    pub(super) fn byte_count(&self) -> u64 {
        self.bytes.len() as u64
    }

    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the string in the file's encoding: with JSON escapes, not necessarily UTF-8.
    #[inline]
    #[must_use]
    pub fn raw(&self, id: StringId) -> &[u8] {
        let at = id.0 as usize;
        let start = if at == 0 { 0 } else { convert::in_memory(self.ends.get(at - 1)) };
        let end = convert::in_memory(self.ends.get(at));
        &self.bytes[start..end]
    }

    /// Returns the decoded string. Invalid UTF-8 and lone surrogates become the replacement character.
    #[must_use]
    pub fn text(&self, id: StringId) -> Cow<'_, str> {
        decode_text(self.raw(id))
    }

    /// Returns the beginning of the string: at least `min_chars` characters, or all of it, and whether more follows.
    /// Takes time proportional to `min_chars`, not to the length of the string.
    #[must_use]
    pub fn prefix(&self, id: StringId, min_chars: usize) -> (Cow<'_, str>, bool) {
        let raw = self.raw(id);
        // A character takes up to 12 bytes in the file (a surrogate pair in escapes).
        let limit = min_chars.saturating_mul(12);
        if raw.len() <= limit {
            return (decode_text(raw), false);
        }
        (decode_text(&raw[..safe_cut(raw, limit)]), true)
    }

    /// Returns the decoded bytes for comparison with other strings. Lone surrogates keep their value (WTF-8).
    #[must_use]
    pub fn identity(&self, id: StringId) -> Cow<'_, [u8]> {
        let raw = self.raw(id);
        match decode_text(raw) {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(_) => Cow::Owned(decode(raw, Surrogates::Keep)),
        }
    }

    /// Returns whether the decoded string is exactly `text`.
    #[inline]
    #[must_use]
    pub fn is(&self, id: StringId, text: &str) -> bool {
        let raw = self.raw(id);
        if raw.len() <= text.len() {
            return raw == text.as_bytes();
        }
        // A byte of the text takes at most six in the file, so much longer strings are not decoded. Most others differ in
        // their first byte.
        let starts_alike = raw[0] == b'\\' || text.as_bytes().first() == Some(&raw[0]);
        let may_be_escaped = starts_alike && raw.len() <= text.len() * 6 && raw.contains(&b'\\');
        may_be_escaped && decode_text(raw) == text
    }

    /// Returns whether the decoded string starts with `text`, which must not contain characters that JSON escapes.
    #[must_use]
    pub fn starts_with(&self, id: StringId, text: &str) -> bool {
        let raw = self.raw(id);
        raw.starts_with(text.as_bytes())
            || (raw.iter().take(text.len() * 6).any(|&byte| byte == b'\\')
                && self.prefix(id, text.chars().count()).0.starts_with(text))
    }

    /// Returns the first string that equals `text`, using a linear scan.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<StringId> {
        self.ids().find(|&id| self.is(id, text))
    }

    /// Returns all ids in order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = StringId> + use<> {
        let count = convert::ordinal(self.len());
        (0..count).map(StringId)
    }

    /// Returns whether the end offsets ascend to the end of the text, and every string has a valid id.
    #[must_use]
    pub(crate) fn fits(&self) -> bool {
        let last = self.ends.len().checked_sub(1).map_or(0, |last| self.ends.get(last));
        last == self.bytes.len() as u64 && self.ends.ascends() && u32::try_from(self.ends.len()).is_ok()
    }

    /// Returns the bytes held on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.heap_bytes()
    }
}

/// Returns the decoded text of a string in the file's encoding. Lone surrogates become the replacement character.
pub(crate) fn text_of(raw: &[u8]) -> Cow<'_, str> {
    decode_text(raw)
}

/// Returns the decoded bytes of a string in the file's encoding. Lone surrogates keep their value (WTF-8).
pub(crate) fn identity_of(raw: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', raw).is_none() && std::str::from_utf8(raw).is_ok() {
        return Cow::Borrowed(raw);
    }
    Cow::Owned(decode(raw, Surrogates::Keep))
}

/// Returns the largest position up to `limit` that splits neither a character nor an escape of the text.
pub(crate) fn without_cut(raw: &[u8], limit: usize) -> usize {
    if raw.len() <= limit { raw.len() } else { safe_cut(raw, limit) }
}

/// Returns the largest position up to `limit` that splits neither a character nor an escape (nor a pair of escapes).
fn safe_cut(raw: &[u8], limit: usize) -> usize {
    let mut cut = limit;
    while cut > 0 && raw[cut] & 0xc0 == 0x80 {
        cut -= 1;
    }
    // An escape takes at most six bytes and a pair twelve: start before any that might reach the cut.
    let from = cut.saturating_sub(12);
    if !raw[from..cut].contains(&b'\\') {
        return cut;
    }
    // An apparent escape may be the second half of one, so count from the start.
    let mut at = 0;
    let mut last = 0;
    while at < cut {
        last = at;
        at += escape_length(&raw[at..]);
    }
    if at == cut { cut } else { last }
}

/// Returns the length in bytes of the escape or byte at the start of `raw`.
fn escape_length(raw: &[u8]) -> usize {
    match raw {
        [b'\\', b'u', rest @ ..] => {
            let is_pair = matches!(
                rest,
                [
                    b'd' | b'D',
                    b'8'..=b'9' | b'a'..=b'b' | b'A'..=b'B',
                    _,
                    _,
                    b'\\',
                    b'u',
                    b'd' | b'D',
                    b'c'..=b'f' | b'C'..=b'F',
                    ..,
                ]
            );
            if is_pair { 12 } else { 6 }
        }
        [b'\\', ..] => 2,
        _ => 1,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Surrogates {
    Keep,
    Replace,
}

pub(super) fn decode_text(raw: &[u8]) -> Cow<'_, str> {
    if memchr::memchr(b'\\', raw).is_none() {
        // Checking first is faster than looking for what to replace.
        return std::str::from_utf8(raw).map_or_else(|_| String::from_utf8_lossy(raw), Cow::Borrowed);
    }
    let decoded = decode(raw, Surrogates::Replace);
    Cow::Owned(
        String::from_utf8(decoded).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    )
}

/// Resolves JSON escapes. The reader has checked that each escape is complete.
fn decode(raw: &[u8], surrogates: Surrogates) -> Vec<u8> {
    let lossy = String::from_utf8_lossy(raw);
    let raw = lossy.as_bytes();
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    while let Some(next) = memchr::memchr(b'\\', &raw[at..]).map(|found| at + found) {
        out.extend_from_slice(&raw[at..next]);
        at = next + 2;
        match raw.get(next + 1) {
            Some(b'b') => out.push(8),
            Some(b'f') => out.push(12),
            Some(b'n') => out.push(b'\n'),
            Some(b'r') => out.push(b'\r'),
            Some(b't') => out.push(b'\t'),
            Some(b'u') => {
                let unit = hex(raw, at);
                at += 4;
                let low = if (0xd800..0xdc00).contains(&unit) && raw.get(at..at + 2) == Some(b"\\u") {
                    hex(raw, at + 2)
                } else {
                    0
                };
                if (0xdc00..0xe000).contains(&low) {
                    at += 6;
                    push_code_point(&mut out, 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
                } else if (0xd800..0xe000).contains(&unit) && surrogates == Surrogates::Replace {
                    push_code_point(&mut out, 0xfffd);
                } else {
                    push_code_point(&mut out, unit);
                }
            }
            Some(&other) => out.push(other),
            None => {}
        }
    }
    out.extend_from_slice(raw.get(at..).unwrap_or_default());
    out
}

fn hex(raw: &[u8], at: usize) -> u32 {
    raw.get(at..at + 4)
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .and_then(|digits| u32::from_str_radix(digits, 16).ok())
        .unwrap_or(0xfffd)
}

/// Appends a code point as UTF-8; surrogates are encoded as if they were characters.
fn push_code_point(out: &mut Vec<u8>, code: u32) {
    if let Some(character) = char::from_u32(code) {
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    } else {
        let [.., high, low] = code.to_be_bytes();
        let unit = u16::from_be_bytes([high, low]);
        let byte = |bits: u16| u8::try_from(0x80 | (bits & 0x3f)).unwrap_or(0x80);
        out.extend_from_slice(&[0xed, byte(unit >> 6), byte(unit)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(strings: &[&str]) -> StringTable {
        let mut table = StringTable::default();
        for string in strings {
            table.extend(string.as_bytes());
            table.end_string();
        }
        table
    }

    #[test]
    fn escapes_pairs_and_lone_surrogates_are_decoded() {
        let table = table(&["plain", r#"a\n\"\\\/\u00e9"#, r"\ud83d\ude00!", r"x\ud800y", r"\uD800"]);
        let text = |at| table.text(StringId(at)).into_owned();
        assert_eq!(text(0), "plain");
        assert_eq!(text(1), "a\n\"\\/é");
        assert_eq!(text(2), "😀!");
        assert_eq!(text(3), "x\u{fffd}y");
        assert_eq!(table.identity(StringId(3)).as_ref(), b"x\xed\xa0\x80y");
        assert!(table.is(StringId(1), "a\n\"\\/é"));
        assert!(!table.is(StringId(0), "plai"));
        assert_eq!(table.find("plain"), Some(StringId(0)));
    }

    #[test]
    fn a_prefix_never_splits_an_escape_or_a_character() {
        let long = "é\\n\\ud83d\\ude00".repeat(500);
        let table = table(&[&long]);
        let whole = table.text(StringId(0)).into_owned();
        for chars in 1..80 {
            let (prefix, more) = table.prefix(StringId(0), chars);
            assert!(more && whole.starts_with(prefix.as_ref()), "{chars}: {prefix}");
            assert!(prefix.chars().count() >= chars);
        }
    }
}
