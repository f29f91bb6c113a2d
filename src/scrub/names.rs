//! Texts that stay: which names look like those of a program rather than data, and the parts of kept texts that are
//! replaced.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::keyed::{Key, replacement};
use crate::format::text_of;

/// Texts that V8 writes itself, in place of a value or as one.
const CONSTANTS: [&str; 22] = [
    "",
    "<dummy>",
    "(concatenated string)",
    "(sliced string)",
    "-Infinity",
    "BigInt",
    "Infinity",
    "NaN",
    "__proto__",
    "bigint",
    "bool",
    "double",
    "false",
    "heap number",
    "int",
    "null",
    "number",
    "private symbol",
    "smi number",
    "symbol",
    "true",
    "undefined",
];

/// The longest property name that stays.
const LONGEST_NAME: usize = 48;
/// Names with more digits look like data.
const MOST_DIGITS: usize = 3;
/// Names in capitals without underscores look like tokens if they are longer.
const LONGEST_CAPITALS: usize = 12;
/// Longer names without words look random.
const LONG_NAME: usize = 12;
/// The longest run of consonants in long names that are words, as in `lengthwise`.
const MOST_CONSONANTS: usize = 5;

/// Returns whether a text, in the encoding of the file, is one that V8 writes itself.
pub(super) fn is_constant(raw: &[u8]) -> bool {
    CONSTANTS.iter().any(|known| known.as_bytes() == raw)
}

/// Returns whether a text looks like a name that V8 gives to its own objects.
pub(super) fn is_system_name(raw: &[u8]) -> bool {
    raw.starts_with(b"system / ")
}

/// Returns whether a property name looks like one that a programmer wrote: an identifier of moderate length with few
/// digits that does not look random. Names of accessors, private names and symbols such as `<symbol Symbol.iterator>`
/// are judged by the identifiers in them.
pub(super) fn is_identifier(raw: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(raw) else { return false };
    let inner = text.strip_prefix("<symbol ").and_then(|rest| rest.strip_suffix('>'));
    let inner = inner.or_else(|| text.strip_prefix("get ")).or_else(|| text.strip_prefix("set ")).unwrap_or(text);
    inner.strip_prefix("Symbol.").unwrap_or(inner).split('.').all(|part| {
        let part = part.strip_prefix('#').unwrap_or(part);
        let is_start = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$');
        part.len() <= LONGEST_NAME
            && part.as_bytes().first().is_some_and(is_start)
            && part.bytes().all(|byte| is_start(&byte) || byte.is_ascii_digit())
            && !looks_random(part)
    })
}

/// Returns whether an identifier looks like a token or a hash.
fn looks_random(name: &str) -> bool {
    let count = |is: fn(&char) -> bool| name.chars().filter(is).count();
    let digits = count(char::is_ascii_digit);
    let (upper, lower) = (count(char::is_ascii_uppercase), count(char::is_ascii_lowercase));
    let classes: Vec<u8> = name.bytes().map(class).collect();
    let switches = classes.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let is_long = name.len() >= 10;
    digits > MOST_DIGITS
        || (lower == 0 && upper > LONGEST_CAPITALS && !name.contains('_'))
        || (is_long && switches * 2 > name.len())
        || (is_long && digits > 0 && name.bytes().all(|byte| byte.is_ascii_hexdigit()))
        || (name.len() >= LONG_NAME && (has_short_words(name) || longest_run(name) > MOST_CONSONANTS))
}

/// Returns whether the words of a name, which start with a capital or after a digit or underscore, are shorter on average
/// than those of a language.
fn has_short_words(name: &str) -> bool {
    let bytes = name.as_bytes();
    let is_start = |pair: &[u8]| class(pair[0]) != class(pair[1]) && class(pair[1]) != 2 || pair[0] == b'_';
    let words = 1 + bytes.windows(2).filter(|pair| is_start(pair)).count();
    words * 4 > name.len()
}

/// Returns the length of the longest run of lower-case consonants.
fn longest_run(name: &str) -> usize {
    let is_consonant = |byte: u8| byte.is_ascii_lowercase() && !matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
    name.as_bytes().split(|&byte| !is_consonant(byte)).map(<[u8]>::len).max().unwrap_or(0)
}

fn class(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => 0,
        b'A'..=b'Z' => 1,
        _ => 2,
    }
}

/// Returns how much a kept text looks like data, to list the most suspicious ones first.
pub(super) fn suspicion(text: &str) -> usize {
    let odd = |it: char| if it.is_ascii_digit() || matches!(it, '@' | '=' | '%' | '+') { 4 } else { 0 };
    let letters = |it: char| usize::from(!it.is_ascii_lowercase());
    text.chars().take(200).map(|it| odd(it) + letters(it)).sum::<usize>() + text.len().min(200) / 8
}

static EPHEMERON: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?s)^\d+ / part of key \((.*) @\d+\) -> value \((.*) @\d+\) pair in WeakMap \(table @\d+\)$").ok()
});

/// Returns a text that stays, in the encoding of the file, with its secret parts replaced: credentials, queries and
/// fragments of URLs, values of the attributes of elements, keys and values in the names of ephemerons, and paths of
/// scripts on request.
pub(super) fn cleaned<'a>(key: &Key, raw: &'a [u8], is_script: bool) -> Cow<'a, [u8]> {
    let may_have = raw.iter().any(|byte| matches!(byte, b'?' | b'#' | b'/' | b'\\' | b':' | b'<' | b'@'));
    if !may_have {
        return Cow::Borrowed(raw);
    }
    let text = text_of(raw);
    let spans = secret_spans(&text, is_script);
    if spans.is_empty() {
        return Cow::Borrowed(raw);
    }
    let mut clean = String::with_capacity(text.len());
    let mut at = 0;
    for span in spans {
        if span.start < at {
            continue;
        }
        clean.push_str(&text[at..span.start]);
        clean.push_str(&String::from_utf8_lossy(&replacement(key, &text.as_bytes()[span.clone()])));
        at = span.end;
    }
    clean.push_str(&text[at..]);
    Cow::Owned(escaped(&clean))
}

/// Returns a text with the escapes of JSON, without quotes.
pub(super) fn escaped(text: &str) -> Vec<u8> {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.as_bytes().get(1..quoted.len() - 1).unwrap_or_default().to_vec()
}

/// Returns the ranges of a kept text that are secret, in ascending order.
fn secret_spans(text: &str, is_script: bool) -> Vec<Range<usize>> {
    if let Some(at) = text.find(" / part of key (") {
        let found = EPHEMERON.as_ref().and_then(|pattern| pattern.captures(text));
        let groups = found.iter().flat_map(|found| found.iter().skip(1).flatten().map(|group| group.range()));
        let groups: Vec<Range<usize>> = groups.collect();
        // V8 cuts long ones.
        let rest = at + " / part of key (".len()..text.len();
        return if groups.is_empty() { Vec::from([rest]) } else { groups };
    }
    if let Some(spans) = attribute_spans(text) {
        return spans;
    }
    let mut spans = Vec::new();
    if let Some(data) = text.find("data:").filter(|&at| at == 0 || !text.as_bytes()[at - 1].is_ascii_alphanumeric()) {
        let contents = data + "data:".len()..text.len();
        return Vec::from([contents]);
    }
    for token in tokens(text) {
        url_spans(text, token, is_script, &mut spans);
    }
    spans.retain(|span| !span.is_empty());
    spans.sort_by_key(|span| span.start);
    spans
}

/// Returns the parts of a text between white space, quotes and closing brackets.
fn tokens(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let is_end = |it: char| it.is_whitespace() || matches!(it, '"' | '\'' | '`' | ')' | '>' | ']');
    text.split(is_end).map(move |part| {
        let start = part.as_ptr() as usize - text.as_ptr() as usize;
        start..start + part.len()
    })
}

fn url_spans(text: &str, token: Range<usize>, is_script: bool, spans: &mut Vec<Range<usize>>) {
    let part = &text[token.clone()];
    let scheme = part.find("://").map(|at| at + 3);
    let is_path = scheme.is_some() || part.contains(['/', '\\']) || part.contains(".js") || part.contains(".mjs");
    if !is_path {
        return;
    }
    let start = scheme.unwrap_or(0);
    let path_end = part[start..].find(['?', '#']).map_or(part.len(), |at| start + at);
    // What follows a `?` or `#` may have further ones, and slashes.
    spans.push(token.start + (path_end + 1).min(part.len())..token.end);
    let authority_end = part[start..path_end].find('/').map_or(path_end, |at| start + at);
    if let (Some(_), Some(at)) = (scheme, part[start..authority_end].rfind('@')) {
        spans.push(token.start + start..token.start + start + at);
    }
    if is_script && !is_runtime(part) {
        let ending = part[start..path_end].rfind('.').map_or(path_end, |at| start + at);
        let mut from = start;
        for (at, it) in part[start..ending].char_indices().chain([(ending - start, '/')]) {
            if matches!(it, '/' | '\\' | ':' | '@') {
                spans.push(token.start + from..token.start + start + at);
                from = start + at + it.len_utf8();
            }
        }
    }
}

/// Returns whether a script belongs to the runtime rather than to a program.
fn is_runtime(name: &str) -> bool {
    ["node:", "ext:", "internal/", "evmachine", "native ", "v8/", "wasm://"].iter().any(|start| name.starts_with(start))
}

/// Returns the values of the attributes of an element such as `<div id="a">`; `None` for another text.
fn attribute_spans(text: &str) -> Option<Vec<Range<usize>>> {
    let tag = text.strip_prefix("Detached ").unwrap_or(text);
    let name = tag.strip_prefix('<').filter(|name| name.starts_with(|it: char| it.is_ascii_alphabetic()))?;
    // V8's name of a property whose key is a symbol.
    if name.starts_with("symbol ") {
        return None;
    }
    let space = name.find(' ')?;
    let start = text.len() - name.len() + space + 1;
    let rest = &text[start..];
    let mut spans = Vec::new();
    let mut open = None;
    for (at, quote) in rest.char_indices().filter(|&(_, it)| it == '"') {
        // A quote within a value is followed by neither a space nor the end of the element.
        let ends = rest[at + 1..].is_empty() || rest[at + 1..].starts_with([' ', '>', '/']);
        match open {
            None => open = Some(at + quote.len_utf8()),
            Some(from) if ends => {
                spans.push(start + from..start + at);
                open = None;
            }
            Some(_) => {}
        }
    }
    if let Some(from) = open {
        spans.push(start + from..text.len());
    }
    if spans.is_empty() {
        spans.push(start..text.len() - usize::from(text.ends_with('>')));
    }
    Some(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(text: &str, is_script: bool) -> String {
        text_of(&cleaned(&Key::derived(b"test"), &escaped(text), is_script)).into_owned()
    }

    #[test]
    fn names_of_programs_are_told_from_data() {
        for name in ["id", "byName", "_events", "kMaxLength", "MAX_OLD_SPACE_SIZE", "sha256", "#private", "get size"] {
            assert!(is_identifier(name.as_bytes()), "{name}");
        }
        for name in ["<symbol Symbol.iterator>", "<symbol nodejs.util.inspect.custom>", "$el", "XMLHttpRequest"] {
            assert!(is_identifier(name.as_bytes()), "{name}");
        }
        for name in ["alice@example.com", "user-17", "12", "sk_live_51HxYz9ab", "AKIAIOSFODNNEXAMPLE", "a b", ""] {
            assert!(!is_identifier(name.as_bytes()), "{name}");
        }
        for name in ["deadbeefcafe1", "aZbYcXdWeVfU", "tok_2024_07", "<symbol a@b.c>", "get x-y", "\u{e9}t\u{e9}"] {
            assert!(!is_identifier(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn only_the_secret_parts_of_kept_texts_are_replaced() {
        for kept in [
            "Object",
            "(GC roots)",
            "<anonymous>",
            "a < b",
            "node:internal/fs/utils",
            "file:///srv/app.js",
            "<div>",
            "<symbol nodejs.util.inspect.custom>",
            "system / Context / scope @32917",
            "Window / http://127.0.0.1:46603",
            "(code for resolve)",
        ] {
            assert_eq!(clean(kept, false), kept);
        }
        for (text, kept, secret) in [
            ("https://bob:pass@host/a.js?token=abcdefgh#frag", "https://", "bob:pass"),
            ("https://bob:pass@host/a.js?token=abcdefgh#frag", "host/a.js?", "token=abcdefgh"),
            ("Window / https://host/p?q=https://x/secret", "Window / https://host/p?", "secret"),
            ("<input value=\"a b\" id=\"secret\">", "<input value=\"", "secret"),
            ("Detached <a title=\"say \"secret\" now\">", "Detached <a title=\"", "secret"),
            ("<a href=\"secret", "<a href=\"", "secret"),
            ("data:text/javascript,secret", "data:", "secret"),
            ("/srv/app.mjs?secret", "/srv/app.mjs?", "secret"),
            (
                "3 / part of key (Key @12) -> value (secret @3) -> x @34) pair in WeakMap (table @5)",
                " pair in WeakMap (table @5)",
                "secret",
            ),
            ("3 / part of key (Key @12) -> value (secret", "3 / part of key (", "secret"),
        ] {
            let cleaned = clean(text, false);
            assert!(cleaned.contains(kept) && !cleaned.contains(secret), "{text}: {cleaned}");
            assert_eq!(cleaned.encode_utf16().count(), text.encode_utf16().count(), "{cleaned}");
        }
    }

    #[test]
    fn paths_of_scripts_are_replaced_on_request() {
        let cleaned = clean("file:///home/alice/project/server.mjs", true);
        assert!(
            cleaned.starts_with("file:///")
                && cleaned.rsplit('.').next() == Some("mjs")
                && cleaned.matches('/').count() == 6,
            "{cleaned}"
        );
        assert!(["home", "alice", "project", "server"].iter().all(|part| !cleaned.contains(part)), "{cleaned}");
        assert_eq!(clean("node:internal/fs/utils", true), "node:internal/fs/utils");
    }
}
