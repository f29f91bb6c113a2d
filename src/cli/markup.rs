//! Markdown that shows text of a heap and does nothing else.
//!
//! Names come from the heap and can contain anything: markup, a mention, a link. A backslash disables markup, but not
//! `@name`, `#1` or an address, which sites detect in the rendered page. They detect nothing in code, so text that
//! could be interpreted is written as code.

use crate::cli::lines::LINE_LIMIT;
use crate::model::human;

/// Returns more backticks than the text has in a row, and at least `least`, so that the text cannot close them.
pub(super) fn backticks(text: &str, least: usize) -> String {
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(least.max(longest + 1))
}

/// Returns plain text unchanged and everything else as code. Both are safe in a table cell.
pub(super) fn escape(text: &str) -> String {
    let text = human::visible(text, LINE_LIMIT);
    if is_plain(&text) {
        return text.into_owned();
    }
    // In a table a bar ends the cell even in code, and renderers differ in how they treat a backslash before it.
    let text = text.replace('|', "\\u{7c}");
    let fence = backticks(&text, 1);
    // Renderers strip a space at both ends. The spaces separate backticks of the text from the enclosing ones.
    let blank = if text.is_empty() || text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

/// Returns true if the text contains only words and numbers, with punctuation that ends a word.
fn is_plain(text: &str) -> bool {
    let mut characters = text.chars().peekable();
    let starts_plain = characters.peek().is_some_and(|first| first.is_alphanumeric() || matches!(first, '+' | '-'));
    let mut before = ' ';
    while let Some(character) = characters.next() {
        let ends_word = characters.peek().is_none_or(|next| matches!(next, ' ' | ')'));
        let is_plain = match character {
            ' ' | ',' | ';' | '(' | ')' | '%' | '→' | '…' | '×' => true,
            '+' | '-' => before == ' ' || before == '(' || before.is_alphanumeric(),
            '.' => before.is_ascii_digit() || ends_word,
            ':' => ends_word,
            other => other.is_alphanumeric(),
        };
        if !is_plain {
            return false;
        }
        before = character;
    }
    starts_plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_could_be_markup_is_code() {
        for (text, expected) in [
            ("heapglass check: FAILED, 2 of 2 limits, 3 snapshots", None),
            ("+1.9 MB (+60.3%), excluding 2 B of ignored classes", None),
            ("CartItem", None),
            ("@octocat", Some("`@octocat`")),
            ("www.evil.example", Some("`www.evil.example`")),
            ("https://evil.example", Some("`https://evil.example`")),
            ("owner/name#1", Some("`owner/name#1`")),
            (":tada:", Some("`:tada:`")),
            ("a:tada: b", Some("`a:tada: b`")),
            ("<img src=x>", Some("`<img src=x>`")),
            ("[a](b)", Some("`[a](b)`")),
            ("`a` ``", Some("``` `a` `` ```")),
            ("a\\|b|c", Some("`a\\\\u{7c}b\\u{7c}c`")),
            ("a\n# b", Some("`a⏎# b`")),
            (" x", Some("` x`")),
            ("", Some("`  `")),
        ] {
            assert_eq!(escape(text), expected.unwrap_or(text), "{text}");
        }
    }
}
