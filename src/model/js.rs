//! Parts of JavaScript's semantics that the rules of heap snapshots depend on.

/// Implements `parseInt(text, 10)`, with `None` for NaN. Numbers beyond 64 bits are clamped.
#[must_use]
pub(crate) fn parse_int(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let (sign, digits) = match text.as_bytes().first() {
        Some(b'-') => (-1, &text[1..]),
        Some(b'+') => (1, &text[1..]),
        _ => (1, text),
    };
    let end = digits.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    (end > 0).then(|| digits[..end].parse::<i64>().unwrap_or(i64::MAX) * sign)
}

#[cfg(test)]
mod tests {
    use super::parse_int;

    #[test]
    fn numbers_are_parsed_like_javascript_does() {
        assert_eq!(parse_int("12abc"), Some(12));
        assert_eq!(parse_int("  -7"), Some(-7));
        assert_eq!(parse_int("abc"), None);
        assert_eq!(parse_int(""), None);
    }
}
