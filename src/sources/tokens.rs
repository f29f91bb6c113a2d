//! Tokens of JavaScript and TypeScript source text, good enough to color it, to cut it at a statement, and to bound the
//! depth of its nesting before it is parsed. Accepts any text, including one that is cut anywhere.

use std::ops::Range;

/// The kind of a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TokenKind {
    Word,
    Keyword,
    Number,
    /// A string, a part of a template, or a regular expression.
    Text,
    Comment,
    Punctuation,
}

/// A token with its position in bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) range: Range<usize>,
}

const KEYWORDS: &[&str] = &[
    "abstract",
    "as",
    "async",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "declare",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "from",
    "function",
    "get",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "namespace",
    "new",
    "null",
    "of",
    "private",
    "protected",
    "public",
    "readonly",
    "return",
    "satisfies",
    "set",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "undefined",
    "var",
    "void",
    "while",
    "with",
    "yield",
];
/// Keywords after which an expression starts, so that a slash starts a regular expression.
const BEFORE_EXPRESSION: &[&str] = &[
    "return",
    "typeof",
    "case",
    "in",
    "of",
    "delete",
    "void",
    "throw",
    "new",
    "instanceof",
    "do",
    "else",
    "await",
    "yield",
];

/// The tokens of a text, in order. White space is left out.
#[derive(Clone, Debug)]
pub(crate) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    /// True if an expression has ended, so that a slash is a division.
    is_after_value: bool,
    /// For each open brace, whether it is a `${` of a template.
    braces: Vec<bool>,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, is_after_value: false, braces: Vec::new() }
    }

    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    /// Returns the end of a token that ends before `is_end` is true.
    fn until(&self, is_end: impl Fn(u8) -> bool) -> usize {
        self.at + self.rest().iter().position(|&byte| is_end(byte)).unwrap_or(self.rest().len())
    }

    fn line_end(&self) -> usize {
        self.at + memchr::memchr2(b'\n', b'\r', self.rest()).unwrap_or(self.rest().len())
    }

    /// Returns the end of a string, of a line at most.
    fn string_end(&self, quote: u8) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = self.at + 1;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'\\' => at += 2,
                b'\n' => return at,
                _ if byte == quote => return at + 1,
                _ => at += 1,
            }
        }
        bytes.len()
    }

    /// Returns the end of a template's text: after the closing backtick, or after `${`.
    fn template_end(&mut self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = start;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'\\' => at += 2,
                b'`' => {
                    self.is_after_value = true;
                    return at + 1;
                }
                b'$' if bytes.get(at + 1) == Some(&b'{') => {
                    self.braces.push(true);
                    self.is_after_value = false;
                    return at + 2;
                }
                _ => at += 1,
            }
        }
        bytes.len()
    }

    /// Returns the end of a regular expression with its flags; `None` if the line ends first.
    fn regex_end(&self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let (mut at, mut in_class) = (self.at + 1, false);
        loop {
            match *bytes.get(at)? {
                b'\n' | b'\r' => return None,
                b'\\' => at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => break,
                _ => {}
            }
            at += 1;
        }
        at += 1;
        at += bytes[at.min(bytes.len())..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        Some(at.min(bytes.len()))
    }

    fn next_kind(&mut self, first: u8) -> (TokenKind, usize) {
        match first {
            b'/' if self.rest().starts_with(b"//") => return (TokenKind::Comment, self.line_end()),
            b'#' if self.at == 0 && self.rest().starts_with(b"#!") => return (TokenKind::Comment, self.line_end()),
            b'/' if self.rest().starts_with(b"/*") => {
                let end = memchr::memmem::find(&self.rest()[2..], b"*/").map(|end| self.at + end + 4);
                return (TokenKind::Comment, end.unwrap_or(self.text.len()));
            }
            b'"' | b'\'' => {
                self.is_after_value = true;
                return (TokenKind::Text, self.string_end(first));
            }
            b'`' => return (TokenKind::Text, self.template_end(self.at + 1)),
            b'/' if !self.is_after_value => {
                if let Some(end) = self.regex_end() {
                    self.is_after_value = true;
                    return (TokenKind::Text, end);
                }
            }
            b'0'..=b'9' => {
                self.is_after_value = true;
                let end = self.until(|byte| !(byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.'));
                return (TokenKind::Number, end);
            }
            _ if is_word(first) => {
                let end = self.until(|byte| !is_word(byte));
                let word = &self.text[self.at..end];
                let is_member = self.at > 0 && self.text.as_bytes()[self.at - 1] == b'.';
                let is_keyword = !is_member && KEYWORDS.binary_search(&word).is_ok();
                self.is_after_value = is_member || !BEFORE_EXPRESSION.contains(&word);
                return (if is_keyword { TokenKind::Keyword } else { TokenKind::Word }, end);
            }
            _ => {}
        }
        self.punctuation(first)
    }

    fn punctuation(&mut self, first: u8) -> (TokenKind, usize) {
        self.is_after_value = matches!(first, b')' | b']' | b'}');
        match first {
            b'{' => self.braces.push(false),
            b'}' if self.braces.pop() == Some(true) => return (TokenKind::Text, self.template_end(self.at + 1)),
            _ => {}
        }
        (TokenKind::Punctuation, self.at + 1)
    }
}

/// Returns true for bytes of identifiers. All characters beyond ASCII count, which is good enough here.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let blank = self.rest().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.at += blank;
        let &first = self.rest().first()?;
        let start = self.at;
        let (kind, end) = self.next_kind(first);
        // An escape at the end of the text, or in the middle of a character.
        self.at = self.text.ceil_char_boundary(end.min(self.text.len()));
        Some(Token { kind, range: start..self.at })
    }
}

/// Brackets that are open at some position, with the number of tokens since the last statement or list item at each level.
#[derive(Clone, Debug, Default)]
struct Open {
    levels: Vec<(u8, usize)>,
    outer: usize,
    /// The sum of all numbers, which bounds the depth of a parser's recursion.
    depth: usize,
}

impl Open {
    fn run(&mut self) -> &mut usize {
        self.levels.last_mut().map_or(&mut self.outer, |level| &mut level.1)
    }

    fn count(&mut self) {
        *self.run() += 1;
        self.depth += 1;
    }

    fn reset(&mut self) {
        self.depth -= std::mem::take(self.run());
    }

    fn open(&mut self, closing: u8) {
        self.count();
        self.levels.push((closing, 0));
    }

    fn close(&mut self) {
        if let Some((_, run)) = self.levels.pop() {
            self.depth -= run;
        }
    }
}

/// Words that continue the statement before them.
const CONTINUATIONS: &[&str] = &["else", "catch", "finally", "instanceof", "in", "of", "as", "satisfies"];

/// Follows the tokens of a text and calls `visit` after each with its position and the open brackets.
fn follow(text: &str, mut visit: impl FnMut(&Token, &Open)) {
    let mut open = Open::default();
    let mut is_after_block = false;
    let bytes = text.as_bytes();
    for token in Tokens::new(text) {
        if token.kind == TokenKind::Comment {
            continue;
        }
        let word = &text[token.range.clone()];
        let (first, last) = (bytes[token.range.start], bytes[token.range.end - 1]);
        // A template's text may close and open a brace.
        if token.kind == TokenKind::Text && first == b'}' {
            open.close();
        }
        match (token.kind, first) {
            (TokenKind::Punctuation, b'(') => open.open(b')'),
            (TokenKind::Punctuation, b'[') => open.open(b']'),
            (TokenKind::Punctuation, b'{') => open.open(b'}'),
            (TokenKind::Punctuation, b')' | b']' | b'}') => open.close(),
            (TokenKind::Punctuation, b';' | b',') => open.reset(),
            (TokenKind::Word | TokenKind::Keyword, _) if is_after_block && !CONTINUATIONS.contains(&word) => {
                open.reset();
                open.count();
            }
            _ => open.count(),
        }
        if token.kind == TokenKind::Text && word.ends_with("${") && (first == b'`' || first == b'}') {
            open.open(b'}');
        }
        is_after_block = token.kind == TokenKind::Punctuation && last == b'}';
        visit(&token, &open);
    }
}

/// Returns an upper bound of the depth to which expressions and statements are nested.
#[must_use]
pub(super) fn nesting(text: &str) -> usize {
    let mut most = 0;
    follow(text, |_, open| most = most.max(open.depth + open.levels.len()));
    most
}

/// Completes a text that is cut: drops the incomplete last statement and closes the brackets that are open before it.
#[must_use]
pub(super) fn completed(text: &str) -> String {
    let mut end = 0;
    let mut closing: Vec<u8> = Vec::new();
    follow(text, |token, open| {
        let is_boundary = matches!(&text[token.range.clone()], ";" | "{" | "}");
        // A template's closing brace is not punctuation.
        if is_boundary && token.kind == TokenKind::Punctuation && token.range.end < text.len() {
            end = token.range.end;
            closing.clear();
            closing.extend(open.levels.iter().map(|&(closing, _)| closing));
        }
    });
    let mut completed = text[..end].to_owned();
    // Inside brackets, a statement cannot be closed: its list is.
    completed.extend(closing.iter().rev().map(|&byte| char::from(byte)));
    completed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(TokenKind, &str)> {
        Tokens::new(text).map(|token| (token.kind, &text[token.range])).collect()
    }

    #[test]
    fn strings_templates_comments_and_regular_expressions_are_tokens() {
        use TokenKind::{Comment, Keyword, Number, Punctuation, Text, Word};
        assert_eq!(
            kinds("let a = `x${b + '}'}y` / 2; // c"),
            [
                (Keyword, "let"),
                (Word, "a"),
                (Punctuation, "="),
                (Text, "`x${"),
                (Word, "b"),
                (Punctuation, "+"),
                (Text, "'}'"),
                (Text, "}y`"),
                (Punctuation, "/"),
                (Number, "2"),
                (Punctuation, ";"),
                (Comment, "// c"),
            ]
        );
        assert_eq!(kinds("return /[/\"]\\//g"), [(Keyword, "return"), (Text, "/[/\"]\\//g")]);
        assert_eq!(kinds("a /b/ c").len(), 5);
        assert_eq!(kinds("this.if"), [(Keyword, "this"), (Punctuation, "."), (Word, "if")]);
    }

    #[test]
    fn tokens_cover_any_text_without_overlap() {
        for text in ["'abc\\", "`${`${", "/* x", "é'ü\\ö", "#!/usr/bin/env node\n1", "/[", "\u{2028}a", "}}}`"] {
            let mut end = 0;
            for token in Tokens::new(text) {
                assert!(token.range.start >= end && token.range.end > token.range.start, "{text}");
                end = token.range.end;
                let _ = &text[token.range];
            }
        }
    }

    #[test]
    fn keywords_are_sorted_for_the_binary_search() {
        assert!(KEYWORDS.is_sorted());
    }

    #[test]
    fn a_cut_text_is_completed_to_whole_statements() {
        assert_eq!(completed("class A { b() { this.c.push(1); this.d.pu"), "class A { b() { this.c.push(1);}}");
        assert_eq!(completed("a(function () { b(); let x = `${y"), "a(function () { b();})");
        assert_eq!(completed("let x = "), "");
    }

    #[test]
    fn nesting_is_bounded_by_brackets_and_long_expressions() {
        assert!(nesting(&"[".repeat(5000)) >= 5000);
        assert!(nesting(&"!".repeat(5000)) >= 5000);
        assert!(nesting(&"a.b(function(){})".repeat(2000)) >= 4000);
        assert!(nesting(&"if (a) {} else ".repeat(2000)) >= 2000);
        assert!(nesting(&"function f() { return 1 }".repeat(5000)) < 50);
        assert!(nesting(&"a = 1; ".repeat(5000)) < 50);
        assert!(nesting(&format!("[{}]", "1,".repeat(5000))) < 50);
    }
}
