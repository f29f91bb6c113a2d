//! The contents of strings in a window: a mask of all bytes that end or change a string, 64 bytes at once, and the
//! texts that are found with it.

use super::strings::StringTable;
use crate::memory::OutOfMemory;

const BLOCK: usize = 64;

/// A search for quotes, backslashes and control characters.
#[derive(Debug, Default)]
pub(super) struct Specials {
    /// Start of the 64 bytes that `mask` covers.
    block: usize,
    /// A bit for each special byte of the block; 0 before the first search.
    mask: u64,
    is_started: bool,
}

impl Specials {
    /// Returns the position of the first special byte at or after `from`. Must not be called with a smaller `from` than
    /// before, nor again after `None`.
    #[inline]
    pub(super) fn next(&mut self, text: &[u8], from: usize) -> Option<usize> {
        if !self.is_started || from - self.block >= BLOCK {
            self.is_started = true;
            self.block = from;
            self.mask = mask_at(text, from);
        } else {
            self.mask = self.mask >> (from - self.block) << (from - self.block);
        }
        while self.mask == 0 {
            self.block += BLOCK;
            if self.block >= text.len() {
                return None;
            }
            self.mask = mask_at(text, self.block);
        }
        Some(self.block + self.mask.trailing_zeros() as usize)
    }
}

/// Returns the mask of the 64 bytes at `at`, or of those that are left.
#[inline]
fn mask_at(text: &[u8], at: usize) -> u64 {
    let rest = text.get(at..).unwrap_or_default();
    if let Some(block) = rest.first_chunk() {
        return specials(block);
    }
    let mut block = [b' '; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    specials(&block)
}

/// Returns a bit for each quote, backslash and control character.
#[cfg(target_arch = "x86_64")]
#[inline]
#[expect(unsafe_code, reason = "vector instructions; the function below reads nothing but its argument")]
fn specials(bytes: &[u8; BLOCK]) -> u64 {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8,
    };

    #[inline]
    #[target_feature(enable = "sse2")]
    fn with_sse2(bytes: &[u8; BLOCK]) -> u64 {
        let mut mask = 0;
        for (at, pair) in bytes.as_chunks::<8>().0.chunks_exact(2).enumerate() {
            let text = _mm_set_epi64x(i64::from_le_bytes(pair[1]), i64::from_le_bytes(pair[0]));
            let is_quote = _mm_cmpeq_epi8(text, _mm_set1_epi8(0x22));
            let is_backslash = _mm_cmpeq_epi8(text, _mm_set1_epi8(0x5c));
            let is_control = _mm_cmpeq_epi8(_mm_min_epu8(text, _mm_set1_epi8(0x1f)), text);
            let is_special = _mm_or_si128(_mm_or_si128(is_quote, is_backslash), is_control);
            mask |= u64::from(_mm_movemask_epi8(is_special).cast_unsigned()) << (16 * at);
        }
        mask
    }

    // SAFETY: SSE2 is part of x86-64 itself.
    unsafe { with_sse2(bytes) }
}

/// Returns a bit for each quote, backslash and control character.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn specials(bytes: &[u8; BLOCK]) -> u64 {
    let is_special = |byte: &u8| u64::from(matches!(byte, b'"' | b'\\' | 0..=0x1f));
    bytes.iter().enumerate().fold(0, |mask, (at, byte)| mask | is_special(byte) << at)
}

/// The strings of a window, as positions in it. They are copied while the next window is scanned.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// Start and end of each complete string. The first one may continue a string of the window before.
    complete: Vec<[u32; 2]>,
    /// Start and end of a string that continues in the next window.
    begun: Option<[u32; 2]>,
    /// The number of bytes to make room for in the table, where the section starts.
    pub(super) expected_bytes: usize,
}

impl Texts {
    pub(super) fn push(&mut self, start: usize, end: usize) {
        self.complete.push(span(start, end));
    }

    pub(super) fn begin(&mut self, start: usize, end: usize) {
        self.begun = Some(span(start, end));
    }

    pub(super) fn clear(&mut self) {
        self.complete.clear();
        self.begun = None;
        self.expected_bytes = 0;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.complete.is_empty() && self.begun.is_none()
    }

    /// Appends the strings to the table.
    ///
    /// # Errors
    /// Returns an error if there is no memory.
    pub(super) fn copy(&self, window: &[u8], table: &mut StringTable) -> Result<(), OutOfMemory> {
        if self.expected_bytes > 0 {
            table.reserve(self.expected_bytes);
        }
        for &[start, end] in &self.complete {
            table.try_extend(&window[start as usize..end as usize])?;
            table.end_string();
        }
        match self.begun {
            Some([start, end]) => table.try_extend(&window[start as usize..end as usize]),
            None => Ok(()),
        }
    }
}

/// A window is much smaller than 4 GB.
fn span(start: usize, end: usize) -> [u32; 2] {
    [start, end].map(crate::model::convert::ordinal)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_special_byte_is_found(
            text in prop::collection::vec(prop_oneof![Just(b'"'), Just(b'\\'), any::<u8>(), Just(b'a')], 0..300),
        ) {
            let is_special = |byte: u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
            let expected: Vec<usize> = (0..text.len()).filter(|&at| is_special(text[at])).collect();
            let mut search = Specials::default();
            let mut found = Vec::new();
            let mut from = 0;
            while let Some(at) = search.next(&text, from) {
                found.push(at);
                from = at + 1;
            }
            prop_assert_eq!(found, expected);
        }
    }
}
