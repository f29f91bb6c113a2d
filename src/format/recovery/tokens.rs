//! Parsing of numbers in a table that may be damaged anywhere.

use super::super::json_text::{is_white_space, trim};
use super::input::Input;
use super::sections::known_section_ahead;
use crate::model::convert;

/// Maximum bytes of a value; longer ones are not numbers.
const LONGEST: usize = 64;
/// Maximum distance to the end of a nested list.
const NESTED: usize = 256;

/// A token of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token {
    Number(u64),
    /// A number that is not an integer, or is in quotes.
    Rounded(u64),
    /// An invalid value, with its position.
    Bad,
    /// The closing bracket, and whether a comma precedes it.
    End {
        after_comma: bool,
    },
    /// The name of the next section, or the brace that ends the document: the closing bracket is missing.
    Unclosed,
    /// The end of the file; a number that may be cut off is dropped.
    Over,
}

/// Reads the next value and the comma after it. `signed` allows a minus sign, as in the tables of scopes.
#[inline]
pub(super) fn token(input: &mut Input<'_>, signed: bool) -> Token {
    // Nearly every value: digits and a comma, completely buffered.
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
        // Makes the token invalid, whatever it was before.
        text.push(b'?');
    }
}

/// Returns the last token of the file: a number counts only if something follows it.
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
    // As in JSON: no words such as `inf`.
    let is_number = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    match digits.parse::<f64>() {
        Ok(value) if is_number && value < 9e15 => Token::Rounded(convert::whole(value)),
        _ => Token::Bad,
    }
}

/// Returns whether the brace here ends the file.
fn ends_document(input: &mut Input<'_>) -> bool {
    let ahead = input.ahead(16);
    ahead.len() < 16 && trim(&ahead[1..]).is_empty()
}

/// Returns the length of the list or object at the start of `text`, if it ends there.
fn nested(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.checked_sub(1)?,
            // A list of numbers contains no line breaks; a section does.
            b'\n' => return None,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}
