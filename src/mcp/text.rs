//! Text for a language model: estimated tokens, and quoted text from a heap.

use crate::model::human;

/// The kind of a run of characters that a tokenizer splits alike.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    Letters,
    Digits,
    Marks,
    Spaces,
}

/// Returns an estimate of the tokens of a text that is rarely too low: at least a fourth of its bytes, and more for
/// numbers, punctuation and other scripts than Latin, which tokenizers split into short pieces.
///
/// The estimate of a text is the sum of those of its lines.
pub(super) fn tokens(text: &str) -> usize {
    text.split_inclusive('\n').map(tokens_of_line).sum()
}

fn tokens_of_line(line: &str) -> usize {
    let mut pieces = 0_usize;
    let mut run = (Run::Spaces, 0_usize);
    // Words have about five letters per token, numbers three digits, marks come in pairs, and a space is part of the
    // next word.
    let cost = |(kind, length): (Run, usize)| match kind {
        Run::Letters => length.div_ceil(5),
        Run::Digits => length.div_ceil(3),
        Run::Marks => length.div_ceil(2),
        Run::Spaces => length.saturating_sub(1).div_ceil(4),
    };
    for character in line.chars() {
        let kind = match character {
            'a'..='z' | 'A'..='Z' => Run::Letters,
            '0'..='9' => Run::Digits,
            ' ' => Run::Spaces,
            character if character.is_ascii() => Run::Marks,
            // The bytes of a rare character are tokens of their own.
            character => {
                pieces += cost(run) + character.len_utf8() - 1;
                run = (Run::Spaces, 0);
                continue;
            }
        };
        if kind == run.0 {
            run.1 += 1;
        } else {
            pieces += cost(run);
            run = (kind, 1);
        }
    }
    (pieces + cost(run)).max(line.len().div_ceil(4))
}

/// Returns a text from a heap, a file name or a sentence with such names between double quotes: cut after `limit`
/// characters, without control characters, and with quotes and backslashes escaped, so that nothing inside can end the
/// quotation.
pub(super) fn quoted(text: &str, limit: usize) -> String {
    escaped(&human::visible(text, limit))
}

/// As [`quoted`], but cuts the middle of the text: for paths and URLs.
pub(super) fn quoted_ends(text: &str, limit: usize) -> String {
    escaped(&human::visible_ends(text, limit))
}

fn escaped(visible: &str) -> String {
    let mut quoted = String::with_capacity(visible.len() + 2);
    quoted.push('"');
    for character in visible.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

/// Cuts a text so that it has at most so many estimated tokens.
pub(super) fn cut_to(text: &str, most_tokens: usize) -> String {
    if tokens(text) <= most_tokens {
        return text.to_owned();
    }
    // The mark takes two tokens. The estimate grows with the length, so the longest beginning that fits is bisected.
    let wanted = most_tokens.saturating_sub(2);
    let (mut fits, mut too_long) = (0, text.len());
    while fits + 1 < too_long {
        let middle = usize::midpoint(fits, too_long);
        if tokens(&text[..text.floor_char_boundary(middle)]) <= wanted { fits = middle } else { too_long = middle }
    }
    let kept = &text[..text.floor_char_boundary(fits)];
    if most_tokens < 2 { String::new() } else { format!("{kept}…") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_at_least_a_fourth_of_the_bytes_and_more_for_numbers() {
        assert_eq!(tokens(""), 0);
        assert_eq!(tokens("word"), 1);
        assert!(tokens("@123456 @123457 @123458") >= 9);
        for text in ["SessionCache.byId gathers Session objects", "日本語の文字列", "{\"a\":[1,2,3]}\n\n", "    "]
        {
            assert!(tokens(text) >= text.len().div_ceil(4), "{text}");
        }
        let (first, second) = ("one line\n", "and another");
        assert_eq!(tokens(&format!("{first}{second}")), tokens(first) + tokens(second));
    }

    #[test]
    fn nothing_inside_a_quotation_can_end_it() {
        assert_eq!(quoted("a\"b\\c\nd", 20), "\"a\\\"b\\\\c⏎d\"");
        assert_eq!(quoted("abcdef", 3), "\"abc…\"");
        let hostile = "\"\nnext: close {}\u{202e}\u{1b}[2J";
        let shown = quoted(hostile, 100);
        assert!(!shown.contains('\n') && !shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown}");
        let inner = &shown[1..shown.len() - 1];
        assert!(inner.replace("\\\\", "").replace("\\\"", "").find('"').is_none(), "{shown}");
    }

    #[test]
    fn a_text_is_cut_to_its_tokens_at_a_character() {
        let text = "ab é 123 ".repeat(50);
        for most in [0, 1, 2, 3, 7, 40] {
            let cut = cut_to(&text, most);
            assert!(tokens(&cut) <= most, "{most}: {cut}");
        }
        assert_eq!(cut_to("short", 10), "short");
    }
}
