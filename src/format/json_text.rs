//! Helpers on JSON text for the strict and the lenient reader: white space, the ends of strings and lists, scalars.

/// Bytes of the longest number or word that is read in the position of a section.
pub(super) const LONGEST_SCALAR: usize = 64;

/// Returns whether JSON treats the byte as white space. A form feed is not.
#[inline]
pub(super) fn is_white_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// Removes white space from both ends.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().take_while(|byte| is_white_space(**byte)).count();
    let end = text.iter().rev().take_while(|byte| is_white_space(**byte)).count();
    text.get(start..text.len() - end).unwrap_or_default()
}

pub(super) fn skip_white_space(window: &[u8], mut at: usize) -> usize {
    while window.get(at).is_some_and(|&byte| is_white_space(byte)) {
        at += 1;
    }
    at
}

/// Returns whether the text is a comma with optional white space around it.
pub(super) fn is_comma(between: &[u8]) -> bool {
    trim(between) == b","
}

/// Returns the length of a text without quotes or brackets, limited to slightly more than any number has.
pub(super) fn scalar_length(text: &[u8]) -> usize {
    let ends = |byte: &u8| matches!(byte, b',' | b'}') || is_white_space(*byte);
    text.iter().take(LONGEST_SCALAR).position(ends).unwrap_or(text.len().min(LONGEST_SCALAR))
}

/// Returns whether the text is a number, `true`, `false` or `null`.
pub(super) fn is_scalar(text: &[u8]) -> bool {
    !matches!(text.first(), None | Some(b'"' | b'[' | b'{'))
        && serde_json::from_slice::<serde_json::Value>(text).is_ok()
}

/// Returns the position of the closing quote of a string whose content starts at `at`.
pub(super) fn string_end(window: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match window.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Returns the end of the object or array that starts at `at`.
pub(super) fn balanced_end(window: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        match window.get(at)? {
            b'"' => at = string_end(window, at + 1)?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}
