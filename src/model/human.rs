//! Formatting of numbers and names for users, in the window and on the command line.

use super::convert;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

/// Formats bytes in the units of Chrome DevTools: powers of 1000, one decimal.
#[must_use]
pub fn bytes(size: u64) -> String {
    scaled(size, 1000.0, ["kB", "MB", "GB", "TB"])
}

fn scaled(size: u64, base: f64, units: [&str; 4]) -> String {
    let mut value = convert::float(size);
    if value < base {
        return format!("{size} B");
    }
    value /= base;
    let mut unit = 0;
    // Avoids `1000.0 kB`: values that would round up to the next unit use it.
    while value >= base - 0.05 && unit + 1 < units.len() {
        value /= base;
        unit += 1;
    }
    format!("{value:.1} {}", units[unit])
}

/// The unit of sizes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, serde::Serialize, serde::Deserialize)]
pub enum Units {
    /// Powers of 1000 (kB, MB, …), as in Chrome DevTools.
    #[default]
    Decimal,
    /// Powers of 1024 (KiB, MiB, …).
    Binary,
    /// Exact bytes.
    Bytes,
}

impl Units {
    pub const ALL: [Self; 3] = [Self::Decimal, Self::Binary, Self::Bytes];

    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Decimal => "kB",
            Self::Binary => "KiB",
            Self::Bytes => "bytes",
        }
    }

    #[must_use]
    pub fn bytes(self, size: u64) -> String {
        match self {
            Self::Decimal => bytes(size),
            Self::Binary => scaled(size, 1024.0, ["KiB", "MiB", "GiB", "TiB"]),
            Self::Bytes => count(size),
        }
    }

    /// Formats a difference with its sign.
    #[must_use]
    pub fn signed(self, difference: i64) -> String {
        let sign = if difference < 0 { "−" } else { "+" };
        if difference == 0 { self.bytes(0) } else { format!("{sign}{}", self.bytes(difference.unsigned_abs())) }
    }
}

/// Formats a difference of counts with its sign.
#[must_use]
pub fn signed_count(difference: i64) -> String {
    match difference {
        0 => "0".to_owned(),
        1.. => format!("+{}", count(difference.unsigned_abs())),
        _ => format!("−{}", count(difference.unsigned_abs())),
    }
}

/// Formats a count with thousands separators.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Formats a count with its unit, in the singular for one: `1 object`, `2,000 objects`.
#[must_use]
pub fn quantity(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// Formats a time span in a suitable unit.
#[must_use]
pub(crate) fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1000.0)
    } else if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{}:{:02} min", time.as_secs() / 60, time.as_secs() % 60)
    }
}

/// Makes text from a heap fit for display: cuts it after `limit` characters, and makes control characters and
/// characters that reorder or hide text visible.
#[must_use]
pub(crate) fn visible(text: &str, limit: usize) -> Cow<'_, str> {
    let is_plain = text.len() <= limit && text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    if is_plain {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len().min(limit.saturating_mul(2)));
    for (at, character) in text.chars().enumerate() {
        if at == limit {
            shown.push('…');
            break;
        }
        push_visible(&mut shown, character);
    }
    Cow::Owned(shown)
}

/// Returns the unmodified text, cut after `limit` characters.
#[must_use]
pub(crate) fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit {
        return Cow::Borrowed(text);
    }
    match text.char_indices().nth(limit) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// Makes text fit for display like [`visible`], but cuts the middle: for URLs, which end with the file and line.
#[must_use]
pub(crate) fn visible_ends(text: &str, limit: usize) -> Cow<'_, str> {
    if text.chars().nth(limit).is_none() {
        return visible(text, limit);
    }
    let (head, tail) = (limit / 3, limit - limit / 3 - 1);
    let mut shown = String::with_capacity(limit * 2);
    text.chars().take(head).for_each(|character| push_visible(&mut shown, character));
    shown.push('…');
    let start = text.char_indices().rev().nth(tail.saturating_sub(1)).map_or(text.len(), |(at, _)| at);
    text[start..].chars().for_each(|character| push_visible(&mut shown, character));
    Cow::Owned(shown)
}

/// Returns the complete text with visible control characters, keeping line breaks and tabs.
#[must_use]
pub(crate) fn visible_lines(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\n' | '\t') { shown.push(character) } else { push_visible(&mut shown, character) }
    }
    shown
}

/// Appends a character in its visible form.
pub(crate) fn push_visible(shown: &mut String, character: char) {
    match character {
        '\n' => shown.push('⏎'),
        '\r' => shown.push('␍'),
        '\t' => shown.push('␉'),
        // Unicode has control pictures for the ASCII controls.
        '\0'..='\u{1f}' => shown.push(char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}')),
        '\u{7f}' => shown.push('\u{2421}'),
        hidden if is_hidden(hidden) => {
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
        }
        _ => shown.push(character),
    }
}

/// Returns whether a character is a terminal control, reorders the text around it or is invisible.
#[must_use]
pub(crate) fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_counts_are_formatted_like_in_devtools() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1000), "1.0 kB");
        assert_eq!(bytes(999_949), "999.9 kB");
        assert_eq!(bytes(999_999), "1.0 MB");
        assert_eq!(bytes(31_135_683), "31.1 MB");
        assert_eq!(Units::Binary.bytes(1023), "1023 B");
        assert_eq!(Units::Binary.bytes(1536), "1.5 KiB");
        assert_eq!(Units::Binary.bytes(1_048_576), "1.0 MiB");
        assert_eq!(Units::Bytes.bytes(1_048_576), "1,048,576");
        assert_eq!(Units::Decimal.signed(-1500), "−1.5 kB");
        assert_eq!(signed_count(1234), "+1,234");
        assert_eq!(count(1), "1");
        assert_eq!(count(1_234_567), "1,234,567");
    }

    #[test]
    fn a_count_of_one_is_in_the_singular() {
        let objects = |number| quantity(number, "object", "objects");
        assert_eq!([0, 1, 2, 1000].map(objects), ["0 objects", "1 object", "2 objects", "1,000 objects"]);
    }

    #[test]
    fn long_urls_keep_their_start_and_their_line() {
        assert_eq!(visible_ends("app.js:12:3", 11), "app.js:12:3");
        let address = format!("https://example.org/{}/app.js:12:3", "é".repeat(1000));
        let shown = visible_ends(&address, 30);
        assert_eq!(shown, "https://ex…ééééééé/app.js:12:3");
        assert_eq!(visible_ends("\u{202e}aaaaaaaaaa\u{1b}", 6), "\\u{202e}a…aa␛");
    }

    #[test]
    fn text_that_could_mislead_is_made_visible() {
        assert_eq!(visible("plain", 10), "plain");
        assert_eq!(visible("a\u{202e}b\u{1b}[31m\0\n", 99), "a\\u{202e}b␛[31m␀⏎");
        assert_eq!(visible("häuser", 3), "häu…");
        assert_eq!((cut("häuser\n", 3), cut("häuser\n", 7)), ("häu…".into(), "häuser\n".into()));
    }
}
