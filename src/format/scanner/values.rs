//! Strings, the trace tree and unknown sections.

use super::super::error::FormatError;
use super::super::json_text::{LONGEST_SCALAR, is_comma, is_scalar, scalar_length};
use super::super::quoted::{Specials, Texts};
use super::{Scanner, State, Step};
use crate::memory::OutOfMemory;

impl Scanner {
    /// Scans the rest of a string and, as far as possible, the strings after it.
    pub(super) fn strings(
        &mut self,
        window: &[u8],
        mut start: usize,
        base: u64,
        texts: &mut Texts,
    ) -> Result<Step, FormatError> {
        let mut specials = Specials::default();
        let mut at = start;
        loop {
            let Some(stop) = specials.next(window, at) else {
                texts.begin(start, window.len());
                self.string_bytes += (window.len() - start) as u64;
                return Ok(Step::To(window.len()));
            };
            match window[stop] {
                b'"' => {
                    texts.push(start, stop);
                    self.string_bytes += (stop - start) as u64;
                    self.string_count += 1;
                    let limit = u64::from(u32::MAX) - 1;
                    if self.string_count > limit {
                        let what = "its number of strings";
                        return Err(FormatError::Limit { section: self.section.clone(), what, limit });
                    }
                    // The most frequent case by far: the next string directly follows the comma.
                    let gap = window[stop + 1..].iter().take(8).position(|byte| *byte == b'"');
                    match gap {
                        Some(quote) if is_comma(&window[stop + 1..stop + 1 + quote]) => start = stop + quote + 2,
                        _ => return self.to(State::AfterString, stop + 1),
                    }
                    at = start;
                }
                b'\\' => {
                    let length = if window.get(stop + 1) == Some(&b'u') { 6 } else { 2 };
                    let Some(escape) = window.get(stop..stop + length) else {
                        texts.begin(start, stop);
                        self.string_bytes += (stop - start) as u64;
                        return Ok(Step::NeedsMore(stop));
                    };
                    if !is_escape(escape) {
                        let expected = "a JSON escape such as `\\n` or `\\u0041`";
                        return Err(self.unexpected(base + stop as u64, escape, expected));
                    }
                    at = stop + length;
                }
                _ => {
                    let expected = "a string without control characters";
                    return Err(self.unexpected(base + stop as u64, &window[stop..=stop], expected));
                }
            }
        }
    }

    pub(super) fn tree(&mut self, window: &[u8], at: usize, base: u64) -> Result<Step, FormatError> {
        let (next, ended) = self.trace_tree.read(&window[at..]).map_err(|found| {
            let found = at + found;
            if self.trace_tree.is_out_of_memory() {
                return OutOfMemory.into();
            }
            if self.trace_tree.is_full() {
                let limit = u64::from(u32::MAX);
                return FormatError::Limit { section: self.section.clone(), what: "its number of nodes", limit };
            }
            self.unexpected(base + found as u64, &window[found..], "a tree of numbers")
        })?;
        if ended { self.end_section(at + next) } else { Ok(Step::NeedsMore(at + next)) }
    }

    /// Skips an unknown value of any depth. Its content is not validated beyond brackets and quotes.
    pub(super) fn skip(
        &mut self,
        window: &[u8],
        mut at: usize,
        base: u64,
        (mut depth, mut in_string): (u32, bool),
    ) -> Result<Step, FormatError> {
        if depth == 0 && !in_string && !matches!(window[at], b'"' | b'[' | b'{') {
            let length = scalar_length(&window[at..]);
            if at + length == window.len() && length < LONGEST_SCALAR {
                return Ok(Step::NeedsMore(at));
            }
            if !is_scalar(&window[at..at + length]) {
                return Err(self.unexpected(base + at as u64, &window[at..], "a value"));
            }
            return self.end_section(at + length);
        }
        while let Some(&byte) = window.get(at) {
            match byte {
                b'\\' if in_string => {
                    if at + 1 >= window.len() {
                        self.state = State::Skip { depth, in_string };
                        return Ok(Step::NeedsMore(at));
                    }
                    at += 1;
                }
                b'"' => {
                    in_string = !in_string;
                }
                _ if in_string => {}
                b'[' | b'{' => depth = depth.saturating_add(1),
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            at += 1;
            if depth == 0 && !in_string {
                return self.end_section(at);
            }
        }
        self.state = State::Skip { depth, in_string };
        Ok(Step::To(at))
    }
}

/// Returns whether the bytes from a backslash on are an escape of JSON.
#[inline]
fn is_escape(escape: &[u8]) -> bool {
    match escape {
        [_, b'u', digits @ ..] => digits.iter().all(u8::is_ascii_hexdigit),
        [_, kind] => b"\"\\/bfnrt".contains(kind),
        _ => false,
    }
}
