//! Markdown that shows text of a heap and does nothing else.
//!
//! Names come from the heap and can contain anything: markup, a mention, a link. A backslash disables markup, but not
//! `@name`, `#1` or an address, which sites detect in the rendered page. They detect nothing in code, so text that
//! could be interpreted is written as code.

use crate::model::human;

/// The maximum number of characters per line.
pub(crate) const LINE_LIMIT: usize = 8000;

/// Returns more backticks than the text has in a row, and at least `least`, so that the text cannot close them.
pub(crate) fn backticks(text: &str, least: usize) -> String {
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(least.max(longest + 1))
}

/// Returns plain text unchanged and everything else as code. Both are safe in a table cell.
pub(crate) fn escape(text: &str) -> String {
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

/// Returns a sentence whose plain words are unchanged, and everything else as code. Punctuation around a word stays outside.
pub(crate) fn escape_words(text: &str) -> String {
    let text = human::visible(text, LINE_LIMIT);
    if is_plain(&text) {
        return text.into_owned();
    }
    let words: Vec<Word<'_>> = text.split(' ').map(Word::new).collect();
    // Code words without punctuation between them are one piece of code.
    let runs = words.chunk_by(|a, b| a.is_code && b.is_code && a.after.is_empty() && b.before.is_empty()).map(|run| {
        let cores = run.iter().map(|word| word.core).collect::<Vec<_>>().join(" ");
        let cores = if run.iter().any(|word| word.is_code) { escape(&cores) } else { cores };
        let [before, after] = [run.first().map(|word| word.before), run.last().map(|word| word.after)];
        format!("{}{cores}{}", before.unwrap_or_default(), after.unwrap_or_default())
    });
    runs.collect::<Vec<_>>().join(" ")
}

/// A word of a sentence and the punctuation around it.
struct Word<'a> {
    before: &'a str,
    core: &'a str,
    after: &'a str,
    is_code: bool,
}

impl<'a> Word<'a> {
    fn new(word: &'a str) -> Self {
        let (before, rest) = word.split_at(usize::from(word.starts_with('(')));
        let core = rest.trim_end_matches(['.', ',', ';', ':', ')']);
        // Parentheses that belong to the word, as in `render()`.
        let core = if core.ends_with('(') { rest } else { core };
        let is_sign = core.is_empty() || matches!(core, "→" | "…" | "×");
        Self { before, core, after: &rest[core.len()..], is_code: !is_sign && !is_plain(core) }
    }
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
    fn only_the_words_of_a_sentence_that_could_be_markup_are_code() {
        for (text, expected) in [
            ("grows: 20 → 2,020", "grows: 20 → 2,020"),
            ("Listeners for 'price' on feed are never removed", "Listeners for `'price'` on feed are never removed"),
            ("a <b>c</b> <i> d", "a `<b>c</b> <i>` d"),
            ("a|b `c` d", "`` a\\u{7c}b `c` `` d"),
            ("x @octocat y", "x `@octocat` y"),
            ("in a.js:15. Size: 3 MB (97% of all).", "in `a.js:15`. Size: 3 MB (97% of all)."),
            ("calls render(), (@x) [a](b)", "calls render(), (`@x`) `[a](b`)"),
        ] {
            assert_eq!(escape_words(text), expected, "{text}");
        }
    }

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
