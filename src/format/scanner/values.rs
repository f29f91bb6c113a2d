//! Strings, the trace tree and unknown sections.

use super::super::error::FormatError;
use super::super::json_text::{LONGEST_SCALAR, is_comma, is_scalar, scalar_length};
use super::{Scanner, State, Step};
use crate::memory::OutOfMemory;

impl Scanner {
    /// Scans the rest of a string and, as far as possible, the strings after it.
    pub(super) fn strings(&mut self, window: &[u8], mut at: usize, base: u64) -> Result<Step, FormatError> {
        loop {
            let rest = &window[at..];
            let stop = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
            if let Some(control) = rest[..stop].iter().position(|byte| *byte < 0x20) {
                let found = &rest[control..=control];
                let offset = base + (at + control) as u64;
                return Err(self.unexpected(offset, found, "a string without control characters"));
            }
            self.strings.try_extend(&rest[..stop])?;
            at += stop;
            match window.get(at) {
                None => return Ok(Step::To(at)),
                Some(b'"') => {
                    self.strings.end_string();
                    if self.strings.len() >= u32::MAX as usize {
                        let limit = u64::from(u32::MAX) - 1;
                        return Err(FormatError::Limit {
                            section: self.section.clone(),
                            what: "its number of strings",
                            limit,
                        });
                    }
                    at += 1;
                    // The most frequent case by far: the next string directly follows the comma.
                    let gap = window[at..].iter().take(8).position(|byte| *byte == b'"');
                    match gap {
                        Some(quote) if is_comma(&window[at..at + quote]) => at += quote + 1,
                        _ => return self.to(State::AfterString, at),
                    }
                }
                Some(_) => {
                    let length = if window.get(at + 1) == Some(&b'u') { 6 } else { 2 };
                    let Some(escape) = window.get(at..at + length) else { return Ok(Step::NeedsMore(at)) };
                    let is_valid = match escape {
                        [_, b'u', digits @ ..] => digits.iter().all(u8::is_ascii_hexdigit),
                        [_, kind] => b"\"\\/bfnrt".contains(kind),
                        _ => false,
                    };
                    if !is_valid {
                        return Err(self.unexpected(
                            base + at as u64,
                            escape,
                            "a JSON escape such as `\\n` or `\\u0041`",
                        ));
                    }
                    self.strings.try_extend(escape)?;
                    at += length;
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
