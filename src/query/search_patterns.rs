//! The values that the terms of a query compare with: texts, names of references, and amounts.

use regex::bytes::{Regex, RegexBuilder};

/// Names of references.
#[derive(Clone, Debug)]
pub(super) enum PropertyName {
    Exact(String),
    StartsWith(String),
    Regex(Regex),
}

impl PropertyName {
    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(name) => text == name,
            Self::StartsWith(start) => text.starts_with(start.as_str()),
            Self::Regex(regex) => regex.is_match(text.as_bytes()),
        }
    }

    /// Returns whether the number of an element matches.
    pub(super) fn matches_number(&self, number: u32) -> bool {
        match self {
            Self::Exact(name) => name.parse() == Ok(number),
            // The beginning of a number is no name that anybody looks for.
            Self::StartsWith(_) => false,
            Self::Regex(regex) => regex.is_match(number.to_string().as_bytes()),
        }
    }
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

/// A text pattern.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// Compiled for bytes, of which any may be invalid UTF-8.
    Regex(Regex),
    /// In any case, characters beyond ASCII among them.
    Folded(String),
    /// The whole text.
    Exact(String),
}

impl Pattern {
    pub(super) fn text(text: &str, case_sensitive: bool) -> Self {
        if !case_sensitive && !text.is_ascii() {
            return Self::Folded(fold(text));
        }
        let mut regex = RegexBuilder::new(&regex::escape(text));
        // A literal of limited length always compiles; the empty one replaces a regex that would be too large.
        let built = regex.case_insensitive(!case_sensitive).unicode(false).size_limit(1 << 26).build();
        built.map_or_else(|_| Self::Folded(fold(text)), Self::Regex)
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Regex(regex) => regex.is_match(text.as_bytes()),
            Self::Folded(folded) => fold(text).contains(folded.as_str()),
            Self::Exact(whole) => text == whole,
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
