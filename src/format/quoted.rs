//! The contents of strings in a window: a mask of all bytes that end or change a string, 64 bytes at once, and the
//! texts that are found with it.

use super::masks::{BLOCK, specials};
use super::strings::StringTable;
use crate::memory::OutOfMemory;

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
