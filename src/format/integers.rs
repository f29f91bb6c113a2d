//! Parsing of decimal integers in a comma-separated table, eight digits at a time.

use super::masks::{BLOCK, not_digits};

/// A parse error with its position in the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct BadInteger {
    pub(super) at: usize,
    pub(super) problem: Problem,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Problem {
    /// A byte other than a digit where a number must start.
    NotANumber,
    /// A byte other than a comma after a number.
    NotAComma,
    /// The number is larger than 2⁶⁴ − 1.
    TooLarge,
}

/// A cursor over `number , number , …` with any white space in between. A comma after the last number is accepted as
/// well.
///
/// Instead of scanning digit by digit for the end of a number, a mask marks all non-digits of 64 bytes at once. So the
/// processor can start on the next number before the previous one is finished (the idea is simdjson's: Langdale and
/// Lemire, “Parsing Gigabytes of JSON per Second”, 2019).
#[derive(Clone, Copy, Debug)]
pub(super) struct Integers<'a> {
    text: &'a [u8],
    at: usize,
    /// Start of the 64 bytes that `mask` covers.
    block: usize,
    /// A bit for each non-digit of the block that is not behind the cursor.
    mask: u64,
}

impl<'a> Integers<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        let mut integers = Self { text, at: 0, block: 0, mask: 0 };
        integers.look_from(0);
        integers
    }

    /// Returns the position of the next number or of the white space before it.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Parses the next number. Must be called at most once per number.
    #[expect(clippy::inline_always, reason = "the loop over a gigabyte of numbers is 10 % slower with a call in it")]
    #[inline(always)]
    pub(super) fn next(&mut self) -> Result<u64, BadInteger> {
        // Nearly every number has up to eight digits, followed by a comma, or by a line feed and a comma at the end of
        // a row.
        if let Some(end) = self.next_end() {
            let digits = end.wrapping_sub(self.at);
            let word = end.checked_sub(8).and_then(|from| self.text.get(from..end)).and_then(<[u8]>::first_chunk);
            if let Some(word) = word.filter(|_| (1..=8).contains(&digits)) {
                let shift = 64 - 8 * digits;
                let value = parse_digits(u64::from_le_bytes(*word) >> shift << shift);
                match self.text[end] {
                    b',' => {
                        self.at = end + 1;
                        return Ok(value);
                    }
                    b'\n' if self.text.get(end + 1) == Some(&b',') => {
                        self.next_end();
                        self.at = end + 2;
                        return Ok(value);
                    }
                    _ => {}
                }
            }
        }
        // By value, so that the cursor stays in registers: a pointer to it would keep it in memory.
        let (value, after) = self.parsed_slowly();
        *self = after;
        value
    }

    /// Returns the position of the next non-digit if it is in this block or the next one.
    #[expect(clippy::inline_always, reason = "as for `next`")]
    #[inline(always)]
    fn next_end(&mut self) -> Option<usize> {
        if self.mask == 0 {
            self.block += BLOCK;
            self.mask = not_digits(self.text.get(self.block..)?.first_chunk()?);
            if self.mask == 0 {
                return None;
            }
        }
        let end = self.block + self.mask.trailing_zeros() as usize;
        self.mask &= self.mask - 1;
        Some(end)
    }

    /// Recomputes the mask from `at`.
    fn look_from(&mut self, at: usize) {
        self.block = at;
        self.mask = self.text.get(at..).and_then(<[u8]>::first_chunk).map_or(0, not_digits);
    }

    /// Parses the next number, which may have a minus sign, as two's complement. Only the tables of scopes have such
    /// numbers.
    pub(super) fn next_signed(&mut self) -> Result<u64, BadInteger> {
        self.skip_white_space();
        if self.text.get(self.at) != Some(&b'-') {
            return self.next();
        }
        self.at += 1;
        if !self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            return Err(BadInteger { at: self.at, problem: Problem::NotANumber });
        }
        self.look_from(self.at);
        self.next().map(u64::wrapping_neg)
    }

    /// Parses the next number, and returns the cursor after it.
    #[cold]
    fn parsed_slowly(mut self) -> (Result<u64, BadInteger>, Self) {
        let value = self.next_slowly();
        (value, self)
    }

    fn next_slowly(&mut self) -> Result<u64, BadInteger> {
        self.skip_white_space();
        let start = self.at;
        let mut value = 0_u64;
        while let Some(digit) = self.text.get(self.at).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
            value = value
                .checked_mul(10)
                .and_then(|value| value.checked_add(u64::from(digit)))
                .ok_or(BadInteger { at: start, problem: Problem::TooLarge })?;
            self.at += 1;
        }
        if self.at == start {
            return Err(BadInteger { at: start, problem: Problem::NotANumber });
        }
        self.skip_white_space();
        match self.text.get(self.at) {
            Some(b',') => self.at += 1,
            None => {}
            Some(_) => return Err(BadInteger { at: self.at, problem: Problem::NotAComma }),
        }
        self.look_from(self.at);
        Ok(value)
    }

    pub(super) fn skip_white_space(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// Returns whether only white space is left. Takes a copy for the same reason as [`Self::parsed_slowly`].
    pub(super) fn at_end(mut self) -> bool {
        self.skip_white_space();
        self.at == self.text.len()
    }
}

/// Returns the value of eight bytes of which the highest are digits and the others 0 (SWAR: three multiplications, see
/// Daniel Lemire, “Quickly parsing eight digits”).
#[inline]
fn parse_digits(word: u64) -> u64 {
    let digits = word & 0x0f0f_0f0f_0f0f_0f0f;
    let pairs = digits.wrapping_mul(2561) >> 8 & 0x00ff_00ff_00ff_00ff;
    let quads = pairs.wrapping_mul(6_553_601) >> 16 & 0x0000_ffff_0000_ffff;
    quads.wrapping_mul(42_949_672_960_001) >> 32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_all(text: &str) -> Result<Vec<u64>, BadInteger> {
        let mut integers = Integers::new(text.as_bytes());
        let mut values = Vec::new();
        while !integers.at_end() {
            values.push(integers.next()?);
        }
        Ok(values)
    }

    proptest! {
        #[test]
        fn numbers_are_parsed_like_serde_json_does(
            values in prop::collection::vec(
                prop_oneof![0_u64..10, 0_u64..100_000, 0_u64..1_000_000_000_000, any::<u64>()],
                0..50,
            ),
            separator in prop_oneof![Just(","), Just(", "), Just(",\r\n"), Just("\n,\t"), Just("\n,")],
        ) {
            let text = values.iter().map(u64::to_string).collect::<Vec<_>>().join(separator);
            let expected: Vec<u64> = serde_json::from_str(&format!("[{text}]")).expect("valid JSON");
            prop_assert_eq!(read_all(&text), Ok(expected));
        }
    }

    #[test]
    fn non_digits_are_refused_at_their_position() {
        let bad = |at, problem| Err(BadInteger { at, problem });
        assert_eq!(read_all("12,-4"), bad(3, Problem::NotANumber));
        assert_eq!(read_all("12,3.5,6"), bad(4, Problem::NotAComma));
        assert_eq!(read_all("12,3e5,6"), bad(4, Problem::NotAComma));
        assert_eq!(read_all("12,,6"), bad(3, Problem::NotANumber));
        assert_eq!(read_all("12,null"), bad(3, Problem::NotANumber));
        assert_eq!(read_all("1,18446744073709551616"), bad(2, Problem::TooLarge));
        assert_eq!(read_all("1,18446744073709551615"), Ok(vec![1, u64::MAX]));
    }
}
