//! Reading decimal integers out of a comma-separated table, eight digits at a step.

/// What stopped the reading, with the position in the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct BadInteger {
    pub(super) at: usize,
    pub(super) problem: Problem,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Problem {
    /// Something else than a digit where a number must start.
    NotANumber,
    /// Something else than a comma behind a number.
    NotAComma,
    /// The number is larger than 2⁶⁴ − 1.
    TooLarge,
}

/// A cursor over `number , number , …` with any white space between; a comma after the last number is taken as well.
#[derive(Clone, Debug)]
pub(super) struct Integers<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Integers<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// Where the next number starts (or the white space before it).
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The next number. Call it only as often as there are numbers.
    #[inline]
    pub(super) fn next(&mut self) -> Result<u64, BadInteger> {
        // Nearly every number has up to seven digits with a comma right behind; that is one load, no loop.
        if let Some(word) = self.text.get(self.at..self.at + 8) {
            let word = u64::from_le_bytes([word[0], word[1], word[2], word[3], word[4], word[5], word[6], word[7]]);
            let digits = leading_digits(word);
            if (1..8).contains(&digits) && (word >> (digits * 8)) & 0xff == u64::from(b',') {
                self.at += digits as usize + 1;
                return Ok(parse_digits(word << (64 - digits * 8)));
            }
        }
        self.next_slowly()
    }

    /// The next number, which may have a minus sign, as two's complement. Only the tables of scopes have such numbers.
    pub(super) fn next_signed(&mut self) -> Result<u64, BadInteger> {
        self.skip_white_space();
        if self.text.get(self.at) != Some(&b'-') {
            return self.next();
        }
        self.at += 1;
        if !self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            return Err(BadInteger { at: self.at, problem: Problem::NotANumber });
        }
        self.next().map(u64::wrapping_neg)
    }

    #[cold]
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
        Ok(value)
    }

    fn skip_white_space(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// Whether nothing but white space is left.
    pub(super) fn at_end(&mut self) -> bool {
        self.skip_white_space();
        self.at == self.text.len()
    }
}

/// How many of the eight bytes, the lowest first, are ASCII digits before the first that is none.
#[inline]
fn leading_digits(word: u64) -> u32 {
    let shifted = word ^ 0x3030_3030_3030_3030;
    let not_digit = (shifted.wrapping_add(0x7676_7676_7676_7676) | shifted) & 0x8080_8080_8080_8080;
    not_digit.trailing_zeros() / 8
}

/// The value of eight bytes of which the highest are digits and the others 0 (SWAR: three multiplications, see Daniel
/// Lemire, “Quickly parsing eight digits”).
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
        fn numbers_are_read_as_serde_json_reads_them(
            values in prop::collection::vec(prop_oneof![0_u64..10, 0_u64..100_000, any::<u64>()], 0..50),
            separator in prop_oneof![Just(","), Just(", "), Just(",\r\n"), Just("\n,\t")],
        ) {
            let text = values.iter().map(u64::to_string).collect::<Vec<_>>().join(separator);
            let expected: Vec<u64> = serde_json::from_str(&format!("[{text}]")).expect("valid JSON");
            prop_assert_eq!(read_all(&text), Ok(expected));
        }
    }

    #[test]
    fn anything_but_digits_is_refused_where_it_stands() {
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
