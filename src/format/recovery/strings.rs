//! The section `strings` of a damaged file. Strings keep their indices as far as the damage allows.

use super::super::StringTable;
use super::input::Input;
use super::rows::MOST_ROWS;

/// The number of bytes examined after a quote to decide whether it ends its string.
const BEHIND: usize = 16;
/// The maximum number of bytes kept of a value that is not a string.
const LONGEST_VALUE: usize = 200;

/// The reason why the section ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    Closed,
    /// The next section began, or the document ended.
    Unclosed,
    /// The file ended.
    Over,
}

/// The damage found in the section.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Damage {
    /// The number of strings with invalid content.
    pub(super) count: u64,
    /// The position of the first of them.
    pub(super) offset: u64,
    /// The position of a missing or extra comma.
    pub(super) comma: Option<u64>,
}

/// Reads the section after its opening bracket.
pub(super) fn read_strings(input: &mut Input<'_>, strings: &mut StringTable, damage: &mut Damage) -> End {
    let mut after_comma = false;
    loop {
        input.skip_white_space();
        let offset = input.offset();
        let is_damaged = match input.peek() {
            None => return End::Over,
            Some(b']') => {
                if after_comma {
                    damage.comma.get_or_insert(offset);
                }
                input.advance(1);
                return End::Closed;
            }
            Some(b'}') => return End::Unclosed,
            Some(b'"') if super::sections::known_section_ahead(input) => return End::Unclosed,
            Some(b'"') => {
                input.advance(1);
                let Some(is_damaged) = read_string(input, strings) else {
                    strings.drop_unfinished();
                    return End::Over;
                };
                is_damaged
            }
            Some(_) => {
                read_value(input, strings);
                true
            }
        };
        strings.end_string();
        input.counts.strings = strings.len() as u64;
        input.note_useful();
        if is_damaged {
            damage.offset = if damage.count == 0 { offset } else { damage.offset };
            damage.count += 1;
        }
        if strings.len() >= MOST_ROWS {
            return End::Unclosed;
        }
        input.skip_white_space();
        match input.peek() {
            Some(b',') => {
                input.advance(1);
                after_comma = true;
            }
            Some(b'"') => {
                damage.comma.get_or_insert(input.offset());
                after_comma = false;
            }
            _ => after_comma = false,
        }
    }
}

/// Reads the rest of a string and its closing quote. Returns whether it had to be repaired, or `None` if the file ends
/// inside it.
fn read_string(input: &mut Input<'_>, strings: &mut StringTable) -> Option<bool> {
    let mut is_damaged = false;
    loop {
        let rest = input.rest();
        let stop = rest.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\')).unwrap_or(rest.len());
        let grown = strings.try_extend(&rest[..stop]);
        input.advance(stop);
        input.stop_without_memory(grown);
        input.counts.string_bytes = strings.byte_count();
        input.note_useful();
        match input.peek()? {
            b'"' => {
                if ends_string(&input.ahead(BEHIND)[1..]) {
                    input.advance(1);
                    return Some(is_damaged);
                }
                // An unescaped quote.
                input.advance(1);
                input.stop_without_memory(strings.try_extend(b"\\\""));
                is_damaged = true;
            }
            b'\\' => {
                let length = valid_escape(input.ahead(6));
                if length == 0 {
                    if input.ahead(6).len() < 6 {
                        return None;
                    }
                    input.advance(1);
                    input.stop_without_memory(strings.try_extend(b"\\\\"));
                    is_damaged = true;
                    continue;
                }
                let escape = input.ahead(length).to_vec();
                input.advance(length);
                input.stop_without_memory(strings.try_extend(&escape));
            }
            b'\n' if input.ahead(2) == b"\n\"" => {
                // V8 writes each string on its own line, so the closing quote is missing.
                return Some(true);
            }
            0..0x20 => {
                // Control characters are invalid in a string, but can be kept.
                let byte = [input.peek()?];
                input.advance(1);
                input.stop_without_memory(strings.try_extend(&byte));
                is_damaged = true;
            }
            _ => {}
        }
    }
}

/// Returns whether `behind` can follow the end of a string.
fn ends_string(behind: &[u8]) -> bool {
    let blank = behind.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    matches!(behind.get(blank), None | Some(b',' | b']' | b'}' | b'"'))
}

/// Returns the length of the escape at the start of `text`, or 0 if it is invalid.
fn valid_escape(text: &[u8]) -> usize {
    match text {
        [b'\\', b'u', digits @ ..] if digits.len() >= 4 && digits[..4].iter().all(u8::is_ascii_hexdigit) => 6,
        [b'\\', kind, ..] if b"\"\\/bfnrt".contains(kind) => 2,
        _ => 0,
    }
}

/// Reads a value other than a string up to the next comma. Its text is used as the string.
fn read_value(input: &mut Input<'_>, strings: &mut StringTable) {
    let mut kept = 0;
    while let Some(byte) = input.peek() {
        if matches!(byte, b',' | b']' | b'\n') {
            return;
        }
        if kept < LONGEST_VALUE {
            if matches!(byte, b'"' | b'\\') {
                input.stop_without_memory(strings.try_extend(b"\\"));
            }
            input.stop_without_memory(strings.try_extend(&[byte]));
            kept += 1;
        }
        input.advance(1);
    }
}
