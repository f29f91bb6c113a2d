//! The grammar of searches, the same in the window and on the command line.
//!
//! A query is a list of terms that must all hold. What looks like no other term is text; text without quotes goes on to the
//! next term, blanks included, so that a query of mere words finds what Chrome DevTools' search finds with it: objects that
//! have a size and those words in their name, in any case.

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

/// A query that was understood.
#[derive(Clone, Debug)]
pub struct Query {
    pub(super) terms: Vec<Term>,
}

#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) negated: bool,
    pub(super) test: Test,
}

#[derive(Clone, Debug)]
pub(super) enum Test {
    /// In the name.
    Text(Pattern),
    Id(u64),
    /// In the class's name.
    Class(Pattern),
    /// Has a reference of this name, or one that starts so.
    Property {
        name: String,
        is_prefix: bool,
    },
    Kind(String),
    Shallow(Comparison, u64),
    Retained(Comparison, u64),
    /// Hops from a user root; `None` for what no user root reaches.
    Distance(Comparison, Option<u32>),
    Detached,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Comparison {
    Less,
    AtMost,
    Equal,
    AtLeast,
    More,
}

impl Comparison {
    pub(super) fn holds<T: Ord>(self, a: &T, b: &T) -> bool {
        match self {
            Self::Less => a < b,
            Self::AtMost => a <= b,
            Self::Equal => a == b,
            Self::AtLeast => a >= b,
            Self::More => a > b,
        }
    }
}

/// What a text is compared with.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// Compiled for bytes, of which any may be invalid UTF-8.
    Regex(Regex),
    /// In any case, characters beyond ASCII among them.
    Folded(String),
}

impl Pattern {
    fn text(text: &str, case_sensitive: bool) -> Self {
        if !case_sensitive && !text.is_ascii() {
            return Self::Folded(fold(text));
        }
        let mut regex = RegexBuilder::new(&regex::escape(text));
        // A literal of some length always compiles; the empty one stands in for what would be too large.
        let built = regex.case_insensitive(!case_sensitive).unicode(false).size_limit(1 << 26).build();
        built.map_or_else(|_| Self::Folded(fold(text)), Self::Regex)
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Regex(regex) => regex.is_match(text.as_bytes()),
            Self::Folded(folded) => fold(text).contains(folded.as_str()),
        }
    }
}

/// Each character as JavaScript's `i` flag compares it: in upper case where that is one character, and never from beyond
/// ASCII into it.
fn fold(text: &str) -> String {
    text.chars()
        .map(|character| {
            let mut upper = character.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(one), None) if character.is_ascii() || !one.is_ascii() => one,
                _ => character,
            }
        })
        .collect()
}

/// What of a query was not understood, and where.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// Bytes of the query.
    pub at: Range<usize>,
    pub message: String,
}

const HELP: [(&str, &str); 15] = [
    ("cart item", "these words in the name, in any case"),
    ("\"a b\" \"c\"", "both texts, in any order"),
    ("case:Cart", "with upper and lower case as written"),
    ("/^Cart[0-9]+$/", "a regular expression; /…/i for any case"),
    ("@1234", "the object with this id"),
    ("class:Map", "in the name of the class"),
    ("prop:items", "has a property, variable or element of this name; prop:it* for its beginning"),
    ("kind:closure", "kind of node: object, string, array, closure, code, native, hidden, number …"),
    ("size>1kB", "shallow size; also < <= >= =, and B kB MB GB KiB MiB GiB"),
    ("retained>=2MB", "retained size"),
    ("distance<5", "references from a user root"),
    ("distance=none", "no user root reaches it"),
    ("detached", "no longer part of a document"),
    ("-class:Map", "not this"),
    ("class:Cart retained>1kB", "all of these"),
];

impl Query {
    /// Examples of each term, with what they mean.
    #[must_use]
    pub fn help() -> &'static [(&'static str, &'static str)] {
        &HELP
    }

    /// Reads a query.
    ///
    /// # Errors
    /// [`QueryError`] says what is wrong and where.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let mut terms = Vec::new();
        let mut words: Option<Range<usize>> = None;
        let mut at = 0;
        while let Some(start) = text[at..].find(|character: char| !character.is_whitespace()).map(|skip| at + skip) {
            let end = end_of_term(text, start);
            at = end;
            match term(text, start..end)? {
                Some(term) => {
                    terms.extend(words.take().map(|words| text_term(&text[words])));
                    terms.push(term);
                }
                None => words = Some(words.map_or(start..end, |words| words.start..end)),
            }
        }
        terms.extend(words.map(|words| text_term(&text[words])));
        if terms.is_empty() {
            return Err(QueryError { at: 0..text.len(), message: "an empty query finds nothing".to_owned() });
        }
        Ok(Self { terms })
    }
}

fn text_term(text: &str) -> Term {
    Term { negated: false, test: Test::Text(Pattern::text(text, false)) }
}

/// A term ends at the next blank that stands in no quotes and in no regular expression.
fn end_of_term(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = start + usize::from(bytes[start] == b'-' && bytes.len() > start + 1);
    if bytes[at] == b'/'
        && let Some(close) = (at + 1..bytes.len()).find(|&close| {
            let next = &bytes[close + 1..];
            let rest = next.strip_prefix(b"i").unwrap_or(next);
            bytes[close] == b'/' && bytes[close - 1] != b'\\' && rest.first().is_none_or(u8::is_ascii_whitespace)
        })
    {
        at = close;
    }
    let mut in_quotes = false;
    while at < bytes.len() && (in_quotes || !bytes[at].is_ascii_whitespace()) {
        // A quote opens where a value may start, and closes anywhere.
        let opens = at == start || matches!(bytes[at - 1], b':' | b'-');
        if bytes[at] == b'"' && (in_quotes || opens) {
            in_quotes = !in_quotes;
        }
        at += 1;
    }
    if in_quotes { end_without_quotes(text, start) } else { at }
}

/// A quote that nothing closes is a character like others.
fn end_without_quotes(text: &str, start: usize) -> usize {
    text[start..].find(char::is_whitespace).map_or(text.len(), |length| start + length)
}

/// The term that stands there; `None` for a word of a text.
fn term(text: &str, range: Range<usize>) -> Result<Option<Term>, QueryError> {
    let word = &text[range.clone()];
    let is_dash_term = word.len() > 1 && word.starts_with('-');
    let (negated, positive) = if is_dash_term { (true, &word[1..]) } else { (false, word) };
    let fail = |message: String| QueryError { at: range.clone(), message };
    let Some(found) = test(positive).map_err(fail)? else {
        // Not a term: a dash in front of a word takes the word out.
        let is_word = negated && positive.starts_with(char::is_alphabetic);
        let found = is_word.then(|| Test::Text(Pattern::text(positive, false)));
        return Ok(found.map(|test| Term { negated, test }));
    };
    Ok(Some(Term { negated, test: found }))
}

fn test(word: &str) -> Result<Option<Test>, String> {
    if word == "detached" {
        return Ok(Some(Test::Detached));
    }
    if let Some(quoted) = quoted(word) {
        return Ok(Some(Test::Text(Pattern::text(quoted, false))));
    }
    if let Some(id) = word.strip_prefix('@').or_else(|| word.strip_prefix("id:")) {
        let id = id.strip_prefix('@').unwrap_or(id);
        return id.parse().map(|id| Some(Test::Id(id))).or_else(|_| {
            if word.starts_with("id:") { Err(format!("expected a number after id:, found {id}")) } else { Ok(None) }
        });
    }
    if let Some((body, any_case)) = regular_expression(word) {
        let regex = RegexBuilder::new(body).case_insensitive(any_case).size_limit(1 << 22).build();
        return match regex {
            Ok(regex) => Ok(Some(Test::Text(Pattern::Regex(regex)))),
            Err(error) => Err(format!("not a regular expression: {}", last_line(&error.to_string()))),
        };
    }
    if let Some((name, value)) = word.split_once(':')
        && let Some(test) = named(name, quoted(value).unwrap_or(value))?
    {
        return Ok(Some(test));
    }
    measured(word)
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or(text).trim_start_matches("error: ")
}

fn quoted(word: &str) -> Option<&str> {
    word.strip_prefix('"')?.strip_suffix('"').filter(|text| !text.is_empty())
}

fn regular_expression(word: &str) -> Option<(&str, bool)> {
    let body = word.strip_prefix('/')?;
    let (body, any_case) = match body.strip_suffix("/i") {
        Some(body) => (body, true),
        None => (body.strip_suffix('/')?, false),
    };
    (!body.is_empty()).then_some((body, any_case))
}

fn named(name: &str, value: &str) -> Result<Option<Test>, String> {
    let test = match name {
        "case" => Test::Text(Pattern::text(value, true)),
        "class" => Test::Class(Pattern::text(value, false)),
        "prop" => match value.strip_suffix('*') {
            Some(start) => Test::Property { name: start.to_owned(), is_prefix: true },
            None => Test::Property { name: value.to_owned(), is_prefix: false },
        },
        "kind" => Test::Kind(kind_name(value)),
        _ => return Ok(None),
    };
    if value.is_empty() {
        return Err(format!("expected something after {name}:"));
    }
    Ok(Some(test))
}

/// The file's own name of a kind that people call otherwise.
fn kind_name(name: &str) -> String {
    match name.to_lowercase().as_str() {
        "function" => "closure".to_owned(),
        "system" => "hidden".to_owned(),
        "cons" | "concatenated" | "concatenated-string" => "concatenated string".to_owned(),
        "sliced" | "sliced-string" => "sliced string".to_owned(),
        "shape" | "object-shape" | "map" => "object shape".to_owned(),
        other => other.to_owned(),
    }
}

fn measured(word: &str) -> Result<Option<Test>, String> {
    let Some(at) = word.find(['<', '>', '=']) else { return Ok(None) };
    let (name, rest) = word.split_at(at);
    if !matches!(name, "size" | "shallow" | "retained" | "distance") {
        return Ok(None);
    }
    let operators = [
        ("<=", Comparison::AtMost),
        (">=", Comparison::AtLeast),
        ("<", Comparison::Less),
        (">", Comparison::More),
        ("=", Comparison::Equal),
    ];
    let Some((comparison, value)) =
        operators.iter().find_map(|(sign, comparison)| Some((*comparison, rest.strip_prefix(sign)?)))
    else {
        return Ok(None);
    };
    if name == "distance" {
        if value == "none" || value == "-" {
            return Ok(Some(Test::Distance(Comparison::Equal, None)));
        }
        let hops = value.parse().map_err(|_| format!("expected a number or none after {name}, found {value}"))?;
        return Ok(Some(Test::Distance(comparison, Some(hops))));
    }
    let size = size(value).ok_or_else(|| format!("expected a size such as 300, 1kB or 2.5MiB, found {value}"))?;
    Ok(Some(if name == "retained" { Test::Retained(comparison, size) } else { Test::Shallow(comparison, size) }))
}

/// Bytes, with or without a unit, as people type them.
pub(crate) fn size(text: &str) -> Option<u64> {
    let digits = text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
    let number: f64 = text[..digits].parse().ok()?;
    let factor: u64 = match text[digits..].to_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return None,
    };
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size")]
    let bytes = (number * factor as f64) as u64;
    Some(bytes)
}
