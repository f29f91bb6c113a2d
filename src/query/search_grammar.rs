//! The grammar of searches, the same in the window and on the command line.
//!
//! A query is a list of terms that must all match. A word that is not another term is text, and text without quotes
//! includes the following words up to the next term. So a query of plain words finds the same objects as the search of
//! Chrome DevTools: those that have a size and contain the words in their name, ignoring case.
//!
//! A word that looks like a term of another tool (`type:closure`, `class=Map`, `OR`) is an error that names the right
//! form. Text with a colon is searched as text if it is a URL or a module (`node:fs`, `https://…`, `blink::Node`), and
//! in quotes.

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

use super::search_forms::{
    HELP, connective_error, grouped_term, negated_value, open_regular_expression, several_values, spaced_comparison,
    star_in_property, star_in_text, unknown_measure, unknown_prefix,
};
pub(super) use super::search_patterns::{Comparison, Pattern, PropertyName};
use super::search_words::{MEASURES, PREFIXES, QueryError};
use crate::model::convert;

/// A parsed query.
#[derive(Clone, Debug)]
pub struct Query {
    pub(super) terms: Vec<Term>,
}

#[derive(Clone, Debug)]
pub(super) struct Term {
    /// The byte range in the query.
    pub(super) at: Range<usize>,
    pub(super) negated: bool,
    pub(super) test: Test,
}

#[derive(Clone, Debug)]
pub(super) enum Test {
    /// The name contains the text.
    Text(Pattern),
    Id(u64),
    /// The class name contains the text.
    Class(Pattern),
    /// The object has a reference with such a name.
    Property(PropertyName),
    Kind(String),
    Shallow(Comparison, u64),
    Retained(Comparison, u64),
    /// References from a user root; `None` for objects that no user root reaches.
    Distance(Comparison, Option<u32>),
    Detached,
    /// No path from a root leads to the object.
    Unreachable,
    /// Only the runtime's own roots reach the object.
    SystemOnly,
}

impl Query {
    /// Returns examples of each term, with their meanings.
    #[must_use]
    pub fn help() -> &'static [(&'static str, &'static str)] {
        &HELP
    }

    /// Parses a query.
    ///
    /// # Errors
    /// Returns a `QueryError` with the reason and the position.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let mut terms = Vec::new();
        let mut words: Option<Range<usize>> = None;
        let mut connective = None;
        let mut at = 0;
        while let Some(start) = text[at..].find(|character: char| !character.is_whitespace()).map(|skip| at + skip) {
            let end = end_of_term(text, start);
            at = end;
            if let Some(error) = spaced_comparison(text, start..end) {
                return Err(error);
            }
            if let Some(term) = term(text, start..end)? {
                terms.extend(words.take().map(|words| text_term(text, words)));
                terms.push(term);
            } else {
                connective = connective.or_else(|| connective_error(text, start..end));
                words = Some(words.map_or(start..end, |words| words.start..end));
            }
        }
        // Among plain words they are words.
        if let Some(error) = connective.filter(|_| !terms.is_empty()) {
            return Err(error);
        }
        terms.extend(words.map(|words| text_term(text, words)));
        if terms.is_empty() {
            return Err(QueryError { at: 0..text.len(), message: "an empty query finds nothing".to_owned() });
        }
        Ok(Self { terms })
    }
}

fn text_term(text: &str, at: Range<usize>) -> Term {
    let pattern = Pattern::text(&text[at.clone()], false);
    Term { at, negated: false, test: Test::Text(pattern) }
}

/// Returns the end of a term: the next space outside quotes and regular expressions.
fn end_of_term(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = start + usize::from(bytes[start] == b'-' && bytes.len() > start + 1);
    let value = at + prefixed(&text[at..]).map_or(0, |(name, _)| name.len() + 1);
    if bytes.get(value) == Some(&b'/')
        && let Some(close) = (value + 1..bytes.len()).find(|&close| {
            let rest = &bytes[close + 1..];
            let flags = rest.iter().take_while(|byte| FLAGS.contains(byte)).count();
            bytes[close] == b'/' && bytes[close - 1] != b'\\' && rest.get(flags).is_none_or(u8::is_ascii_whitespace)
        })
    {
        at = close;
    }
    let mut in_quotes = false;
    while at < bytes.len() && (in_quotes || !bytes[at].is_ascii_whitespace()) {
        // A quote opens at the start of a value, and closes anywhere.
        let opens = at == start || matches!(bytes[at - 1], b':' | b'-') || bytes[..at].ends_with(b":=");
        if bytes[at] == b'"' && (in_quotes || opens) {
            in_quotes = !in_quotes;
        }
        at += 1;
    }
    if in_quotes { end_without_quotes(text, start) } else { at }
}

/// Returns the end of a term with an unclosed quote, which is an ordinary character.
fn end_without_quotes(text: &str, start: usize) -> usize {
    text[start..].find(char::is_whitespace).map_or(text.len(), |length| start + length)
}

/// Returns the term at a range of the query; `None` for a word of a text.
fn term(text: &str, range: Range<usize>) -> Result<Option<Term>, QueryError> {
    let word = &text[range.clone()];
    let is_dash_term = word.len() > 1 && word.starts_with('-');
    let (negated, positive) = if is_dash_term { (true, &word[1..]) } else { (false, word) };
    let fail = |message: String| QueryError { at: range.clone(), message };
    if let Some(message) = grouped_term(word) {
        return Err(fail(message));
    }
    let Some(found) = test(positive).map_err(fail)? else {
        // A negated word that is not a term is excluded text.
        let is_word = negated && positive.starts_with(char::is_alphabetic);
        let found = is_word.then(|| Test::Text(Pattern::text(positive, false)));
        return Ok(found.map(|test| Term { at: range, negated, test }));
    };
    Ok(Some(Term { at: range, negated, test: found }))
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
    if let Some(regex) = regular_expression(word)? {
        return Ok(Some(Test::Text(Pattern::Regex(regex))));
    }
    match prefixed(word) {
        Some((name, value)) => named(name, value).map(Some),
        None => open_regular_expression("", word).map_or_else(|| measured(word), Err),
    }
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or(text).trim_start_matches("error: ")
}

fn quoted(word: &str) -> Option<&str> {
    word.strip_prefix('"')?.strip_suffix('"').filter(|text| !text.is_empty())
}

/// The flags of JavaScript's regular expressions.
const FLAGS: &[u8] = b"dgimsuvy";

/// Returns the regular expression of `/…/` or `/…/i`; `None` if the word is not one.
fn regular_expression(word: &str) -> Result<Option<Regex>, String> {
    let Some((body, flags)) = word.strip_prefix('/').and_then(|body| body.rsplit_once('/')) else { return Ok(None) };
    if body.is_empty() || !flags.bytes().all(|flag| FLAGS.contains(&flag)) {
        return Ok(None);
    }
    if !matches!(flags, "" | "i") {
        return Err(format!("unsupported flags `{flags}`: write /{body}/, or /{body}/i to ignore case"));
    }
    let regex = RegexBuilder::new(body).case_insensitive(flags == "i").size_limit(1 << 22).build();
    regex.map(Some).map_err(|error| format!("invalid regular expression: {}", last_line(&error.to_string())))
}

/// Schemes of addresses that are not followed by `//`, and modules of runtimes. They are searched as text.
const SCHEMES: [&str; 12] =
    ["node", "ext", "bun", "npm", "jsr", "data", "blob", "about", "internal", "javascript", "mailto", "urn"];

/// Splits `name:value`, unless it is the start of an address or a name of another language (`a::b`).
pub(super) fn prefixed(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once(':')?;
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !is_name || PREFIXES.contains(&name) {
        return is_name.then_some((name, value));
    }
    let is_address = value.starts_with("//") || value.starts_with(':') || SCHEMES.contains(&name);
    // A single letter is a drive or a variable, and a colon without a value is punctuation.
    (!is_address && name.len() > 1 && !value.is_empty()).then_some((name, value))
}

fn named(name: &str, value: &str) -> Result<Test, String> {
    if !PREFIXES.contains(&name) {
        return Err(unknown_prefix(name, value));
    }
    if value.is_empty() || value == "=" {
        return Err(format!("expected a value after {name}:{value}"));
    }
    match name {
        "case" => text_pattern(name, value, true).map(Test::Text),
        "name" => text_pattern(name, value, false).map(Test::Text),
        "class" => text_pattern(name, value, false).map(Test::Class),
        "prop" => property_name(value).map(Test::Property),
        "is" if value == "unreachable" => Ok(Test::Unreachable),
        "is" if value == "detached" => Err("use detached, without is:".to_owned()),
        "is" => Err(format!("expected unreachable after is:, found {value}")),
        _ if regular_expression(value)?.is_some() => Err("kind: takes one kind, such as kind:closure".to_owned()),
        _ => {
            if let Some(message) = negated_value(name, value) {
                return Err(message);
            }
            let value = value.strip_prefix('=').unwrap_or(value);
            Ok(Test::Kind(kind_name(quoted(value).unwrap_or(value))))
        }
    }
}

/// Parses `text`, `"text"`, `=text` (the whole name) or `/…/` after a prefix.
fn text_pattern(name: &str, value: &str, case_sensitive: bool) -> Result<Pattern, String> {
    if let Some(exact) = value.strip_prefix('=') {
        return Ok(Pattern::Exact(quoted(exact).unwrap_or(exact).to_owned()));
    }
    if let Some(quoted) = quoted(value) {
        return Ok(Pattern::text(quoted, case_sensitive));
    }
    if let Some(regex) = regular_expression(value)? {
        return Ok(Pattern::Regex(regex));
    }
    let mistake = open_regular_expression(name, value)
        .or_else(|| negated_value(name, value))
        .or_else(|| several_values(name, value))
        .or_else(|| star_in_text(name, value));
    mistake.map_or_else(|| Ok(Pattern::text(value, case_sensitive)), Err)
}

/// Parses `name`, `"name"`, `=name`, `start*` or `/…/` after `prop:`.
fn property_name(value: &str) -> Result<PropertyName, String> {
    if let Some(exact) = value.strip_prefix('=').or_else(|| quoted(value).map(|_| value)) {
        return Ok(PropertyName::Exact(quoted(exact).unwrap_or(exact).to_owned()));
    }
    if let Some(regex) = regular_expression(value)? {
        return Ok(PropertyName::Regex(regex));
    }
    let mistake = open_regular_expression("prop", value)
        .or_else(|| negated_value("prop", value))
        .or_else(|| several_values("prop", value))
        .or_else(|| star_in_property(value));
    if let Some(message) = mistake {
        return Err(message);
    }
    let start = value.trim_end_matches('*').to_owned();
    Ok(if start.len() < value.len() { PropertyName::StartsWith(start) } else { PropertyName::Exact(start) })
}

/// Maps common names of kinds to the name in the file.
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
    if !MEASURES.contains(&name) {
        return unknown_measure(name, rest).map(|()| None);
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
        let is_equal = comparison == Comparison::Equal;
        match value {
            "none" | "-" | "system" if !is_equal => {
                return Err(format!("`{value}` is not a number of references: use distance={value}"));
            }
            "none" | "-" => return Ok(Some(Test::Distance(Comparison::Equal, None))),
            "system" => return Ok(Some(Test::SystemOnly)),
            _ => {}
        }
        let hops =
            value.parse().map_err(|_| format!("expected a number, none or system after {name}, found {value}"))?;
        return Ok(Some(Test::Distance(comparison, Some(hops))));
    }
    let size = size(value).ok_or_else(|| format!("expected a size such as 300, 1kB or 2.5MiB, found {value}"))?;
    Ok(Some(if name == "retained" { Test::Retained(comparison, size) } else { Test::Shallow(comparison, size) }))
}

/// Parses a number of bytes, with or without a unit.
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
    Some(convert::whole(number * convert::float(factor)))
}
