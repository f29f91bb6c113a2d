//! Texts from a keyed hash: the same text always has the same replacement, and nobody without the key can find
//! the text that it replaces.
//!
//! Short texts are replaced by a permutation of all texts of their length and alphabet, so that different texts stay
//! different; a hash of them would often give two of them the same replacement. The permutation is a Feistel network
//! whose round function is the keyed hash. Longer ones are letters and digits from the hash itself, whose collisions are
//! as unlikely as those of eleven random characters.

use blake3::{Hasher, OutputReader};

/// Rounds of the permutation.
const ROUNDS: u8 = 8;
const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// Characters that the name of a shape puts in quotes. A replacement has one of these exactly if the text has one, since the
/// length of the name of a shape depends on it.
const QUOTED: [u8; 5] = *b",'\"{}";

/// A key. Its memory is not written anywhere.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// Returns a random key.
    ///
    /// # Errors
    /// Returns the error of the system if it has no random numbers.
    pub fn random() -> std::io::Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(std::io::Error::other)?;
        Ok(Self(key))
    }

    /// Derives a key from any bytes, such as a passphrase or the contents of a file.
    #[must_use]
    pub fn derived(from: &[u8]) -> Self {
        Self(blake3::derive_key("heapglass 2026 scrubbed copies of heap snapshots", from))
    }

    fn hasher(&self, purpose: u8) -> Hasher {
        let mut hasher = Hasher::new_keyed(&self.0);
        hasher.update(&[purpose]);
        hasher
    }
}

/// The alphabets of short texts. A text is replaced by one that belongs to the same alphabet, and to no smaller one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Alphabet {
    Digits,
    Alphanumeric,
    /// Printable characters of ASCII that JSON does not escape; `true` if some of them are [`QUOTED`].
    Printable(bool),
    /// A single character of Latin-1 beyond ASCII.
    Latin1,
}

impl Alphabet {
    fn of(text: &[u8]) -> Option<Self> {
        if text.iter().all(u8::is_ascii_digit) {
            Some(Self::Digits)
        } else if text.iter().all(u8::is_ascii_alphanumeric) {
            Some(Self::Alphanumeric)
        } else if text.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')) {
            Some(Self::Printable(is_quoted(text)))
        } else if matches!(text, [0xc2 | 0xc3, 0x80..=0xbf]) {
            Some(Self::Latin1)
        } else {
            None
        }
    }

    fn size(self) -> u64 {
        match self {
            Self::Digits => 10,
            Self::Alphanumeric => 62,
            Self::Printable(_) => 93,
            Self::Latin1 => 128,
        }
    }

    fn number(self, text: &[u8]) -> u64 {
        let digit = |&byte: &u8| match self {
            Self::Digits => byte - b'0',
            Self::Alphanumeric => match byte {
                b'0'..=b'9' => byte - b'0' + 52,
                b'a'..=b'z' => byte - b'a' + 26,
                _ => byte.wrapping_sub(b'A'),
            },
            Self::Printable(_) => byte - b' ' - u8::from(byte > b'"') - u8::from(byte > b'\\'),
            Self::Latin1 => byte & 0x3f,
        };
        if let (Self::Latin1, [first, second]) = (self, text) {
            return u64::from(first & 1) * 64 + u64::from(second & 0x3f);
        }
        text.iter().fold(0, |number, byte| number * self.size() + u64::from(digit(byte)))
    }

    fn text(self, mut number: u64, length: usize) -> Vec<u8> {
        if self == Self::Latin1 {
            let half = low(number / 64);
            return vec![0xc2 | (half & 1), 0x80 | low(number % 64)];
        }
        let mut text = vec![0; length];
        for byte in text.iter_mut().rev() {
            let digit = low(number % self.size());
            number /= self.size();
            *byte = match self {
                Self::Digits => b'0' + digit,
                Self::Alphanumeric => ALPHANUMERIC[usize::from(digit)],
                _ => {
                    let byte = b' ' + digit + u8::from(digit >= 2);
                    byte + u8::from(byte >= b'\\')
                }
            };
        }
        text
    }
}

fn low(number: u64) -> u8 {
    number.to_le_bytes()[0]
}

fn is_quoted(text: &[u8]) -> bool {
    text.iter().any(|byte| QUOTED.contains(byte))
}

/// Returns the length in UTF-16 units of decoded bytes.
pub(super) fn units(text: &[u8]) -> usize {
    // A character of four bytes is a pair of surrogates.
    text.iter().map(|&byte| usize::from(byte & 0xc0 != 0x80) + usize::from(byte >= 0xf0)).sum()
}

/// Returns the replacement of a text, both decoded: as many UTF-16 units, each of them an ASCII character except for a
/// single one of Latin-1. It has nothing that JSON escapes, except for a single control character, quote or backslash,
/// which is not replaced.
pub(super) fn replacement(key: &Key, text: &[u8]) -> Vec<u8> {
    let length = units(text);
    if let [b'"' | b'\\' | 0..b' ' | 0x7f] | [] = text {
        return text.to_vec();
    }
    let alphabet = Alphabet::of(text);
    let domain = alphabet.and_then(|alphabet| {
        let characters = if alphabet == Alphabet::Latin1 { 1 } else { u32::try_from(length).ok()? };
        alphabet.size().checked_pow(characters).filter(|&size| size < 1 << 60)
    });
    if let Some((alphabet, domain)) = alphabet.zip(domain) {
        let mut number = alphabet.number(text);
        loop {
            number = permuted(key, number, (domain, length));
            let replaced = alphabet.text(number, length);
            // Walking on until the alphabet is the same is a permutation of the texts of that alphabet.
            if Alphabet::of(&replaced) == Some(alphabet) {
                return replaced;
            }
        }
    }
    let mut long = LongText::new(key);
    long.next(text)
}

/// Permutes the numbers below the size of a domain.
fn permuted(key: &Key, number: u64, (size, length): (u64, usize)) -> u64 {
    let half_bits = (u64::BITS - (size - 1).leading_zeros()).div_ceil(2).max(1);
    let mask = (1_u64 << half_bits) - 1;
    let mut at = number;
    loop {
        let (mut left, mut right) = (at >> half_bits, at & mask);
        for round in 0..ROUNDS {
            let mut hasher = key.hasher(1);
            hasher.update(&size.to_le_bytes()).update(&(length as u64).to_le_bytes()).update(&[round]);
            hasher.update(&right.to_le_bytes());
            let mut mixed = [0; 8];
            hasher.finalize_xof().fill(&mut mixed);
            (left, right) = (right, left ^ (u64::from_le_bytes(mixed) & mask));
        }
        at = left << half_bits | right;
        if at < size {
            return at;
        }
    }
}

/// The replacement of a text that arrives in parts. Each part depends on all text up to its end.
pub(super) struct LongText {
    hasher: Hasher,
}

impl LongText {
    pub(super) fn new(key: &Key) -> Self {
        Self { hasher: key.hasher(2) }
    }

    /// Returns the replacement of the next part.
    pub(super) fn next(&mut self, text: &[u8]) -> Vec<u8> {
        self.hasher.update(text);
        let mut replaced = alphanumeric(&mut self.hasher.finalize_xof(), units(text));
        if let Some(last) = replaced.last_mut().filter(|_| is_quoted(text)) {
            *last = QUOTED[0];
        }
        replaced
    }
}

fn alphanumeric(from: &mut OutputReader, length: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(length);
    let mut block = [0; 64];
    while text.len() < length {
        from.fill(&mut block);
        // The largest multiple of 62 in a byte, so that all characters are equally likely.
        let fair = block.iter().filter(|&&byte| byte < 248);
        text.extend(fair.map(|&byte| ALPHANUMERIC[usize::from(byte % 62)]).take(length - text.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn one(text: &str) -> String {
        String::from_utf8(replacement(&Key::derived(b"test"), text.as_bytes())).unwrap()
    }

    #[test]
    fn short_texts_stay_different() {
        let characters: Vec<char> = (' '..='~').filter(|it| !matches!(it, '"' | '\\')).collect();
        let pairs = characters.iter().flat_map(|a| characters.iter().map(move |b| format!("{a}{b}")));
        let latin1 = ('\u{80}'..='\u{ff}').map(String::from);
        let texts: Vec<String> = characters.iter().map(char::to_string).chain(pairs).chain(latin1).collect();
        let replaced: HashSet<String> = texts.iter().map(|text| one(text)).collect();
        assert_eq!(replaced, texts.iter().cloned().collect(), "a permutation of all of them");
        let changed = texts.iter().filter(|text| one(text) != **text).count();
        assert!(changed * 20 > texts.len() * 19, "{changed} of {}", texts.len());
        let numbers: HashSet<String> = (1000..3000).map(|number| one(&number.to_string())).collect();
        assert!(numbers.len() == 2000 && numbers.iter().all(|it| it.bytes().all(|byte| byte.is_ascii_digit())));
    }

    #[test]
    fn another_key_gives_other_texts() {
        let text = b"alice@example.com";
        let of = |key: &[u8]| replacement(&Key::derived(key), text);
        assert_eq!(of(b"a"), of(b"a"));
        assert_ne!(of(b"a"), of(b"b"));
        assert_ne!(replacement(&Key::random().unwrap(), text), replacement(&Key::random().unwrap(), text));
        assert_eq!(format!("{:?}", Key::derived(b"a")), "Key");
    }

    proptest! {
        #[test]
        fn a_replacement_has_the_same_length_and_needs_no_escapes(text in ".{0,40}") {
            let replaced = one(&text);
            prop_assert_eq!(replaced.encode_utf16().count(), text.encode_utf16().count());
            prop_assert_eq!(replaced.chars().any(|it| ",'\"{}".contains(it)), text.chars().any(|it| ",'\"{}".contains(it)));
            if text.encode_utf16().count() > 1 {
                prop_assert!(replaced.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')));
            }
            prop_assert_eq!(&replaced, &one(&text));
        }

        #[test]
        fn different_texts_have_different_replacements(a in "[ -~]{1,12}", b in "[ -~]{1,12}") {
            let (a, b) = (a.replace(['"', '\\'], "x"), b.replace(['"', '\\'], "x"));
            prop_assert_eq!(a == b, one(&a) == one(&b));
        }
    }
}
