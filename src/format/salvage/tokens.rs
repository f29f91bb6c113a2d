//! Numbers out of a table that may be damaged anywhere.

use super::super::json_text::{is_white_space, trim};
use super::input::Input;
use super::sections::known_section_ahead;

/// Bytes of a value that are looked at; what is longer is no number.
const LONGEST: usize = 64;
/// How far the end of a nested list is looked for.
const NESTED: usize = 256;

/// What stands in a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token {
    Number(u64),
    /// A number that is no whole one, or in quotes.
    Rounded(u64),
    /// No number; it stands where the token began.
    Bad,
    /// The closing bracket, and whether a comma stands before it.
    End {
        after_comma: bool,
    },
    /// The name of the next section, or the brace that ends the file: the closing bracket is missing.
    Unclosed,
    /// The end of the file; a number that may be cut is not counted.
    Over,
}

/// The next value and the comma behind it. `signed` allows a minus sign, as the tables of scopes have it.
#[inline]
pub(super) fn token(input: &mut Input<'_>, signed: bool) -> Token {
    // Nearly every value: digits and a comma, all of it at hand.
    let rest = input.rest();
    let mut value = 0_u64;
    let mut digits = 0;
    while digits < 19
        && let Some(digit) = rest.get(digits).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10)
    {
        value = value * 10 + u64::from(digit);
        digits += 1;
    }
    if digits > 0 && rest.get(digits) == Some(&b',') {
        input.advance(digits + 1);
        return Token::Number(value);
    }
    slow_token(input, signed)
}

#[cold]
fn slow_token(input: &mut Input<'_>, signed: bool) -> Token {
    let after_comma = input.previous() == Some(b',');
    input.skip_white_space();
    match input.peek() {
        None => return Token::Over,
        Some(b']') => {
            input.advance(1);
            return Token::End { after_comma };
        }
        Some(b'}') if ends_document(input) => return Token::Unclosed,
        Some(b'"') if known_section_ahead(input) => return Token::Unclosed,
        Some(_) => {}
    }
    let mut text = Vec::new();
    loop {
        let Some(byte) = input.peek() else { return cut(&text) };
        match byte {
            b',' => {
                input.advance(1);
                break;
            }
            b']' => break,
            b'"' if known_section_ahead(input) => break,
            b'[' | b'{' => {
                let length = nested(input.ahead(NESTED)).unwrap_or(1);
                input.advance(length);
                keep(&mut text, b'?');
            }
            _ => {
                input.advance(1);
                keep(&mut text, byte);
            }
        }
    }
    parse(trim(&text), signed)
}

fn keep(text: &mut Vec<u8>, byte: u8) {
    if text.len() < LONGEST {
        text.push(byte);
    } else if text.len() == LONGEST && !is_white_space(byte) {
        // Whatever stood before: with this behind it is no number.
        text.push(b'?');
    }
}

/// What the file ends with: a number only if something stands behind it.
fn cut(text: &[u8]) -> Token {
    if text.last().is_some_and(|&byte| is_white_space(byte)) { parse(trim(text), false) } else { Token::Over }
}

fn parse(text: &[u8], signed: bool) -> Token {
    let plain = text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(text);
    let Ok(digits) = std::str::from_utf8(plain) else { return Token::Bad };
    let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_whole {
        return match digits.parse() {
            Ok(value) if plain.len() == text.len() => Token::Number(value),
            Ok(value) => Token::Rounded(value),
            Err(_) => Token::Bad,
        };
    }
    if signed && let Ok(value) = digits.parse::<i64>() {
        return Token::Number(value.cast_unsigned());
    }
    // As JSON has them: no words such as `inf`.
    let is_number = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    match digits.parse::<f64>() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range, and to be rounded down")]
        Ok(value) if is_number && value < 9e15 => Token::Rounded(value as u64),
        _ => Token::Bad,
    }
}

/// Whether the brace here is the last thing of the file.
fn ends_document(input: &mut Input<'_>) -> bool {
    let ahead = input.ahead(16);
    ahead.len() < 16 && trim(&ahead[1..]).is_empty()
}

/// Length of the list or object at the start of `text`, if it ends there.
fn nested(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.checked_sub(1)?,
            // A list of numbers has no line breaks in it; a section has.
            b'\n' => return None,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}
