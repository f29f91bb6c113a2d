//! Guards standard output and standard error: text from a file must not act as a command to a terminal or to a CI
//! system that reads the log.
//!
//! Each subcommand escapes names for its format. All output also passes through this writer, in case a subcommand
//! misses one. It escapes characters as `\uXXXX`, which is the same character in JSON.
//!
//! CI systems read these log lines as commands:
//! - `::name::` at the start of a line, after any white space (GitHub, Gitea, Forgejo)
//! - `##[name]` (GitHub, Azure Pipelines), `##vso[` (Azure Pipelines) and `##teamcity[` (`TeamCity`) anywhere in a line
//! - `---`, `+++`, `~~~` and `^^^ +++` at the start of a line (Buildkite)
//! - `section_start:` and `travis_fold:` with a carriage return and an escape sequence (GitLab, Travis). These are
//!   control characters, which are never written.

use std::io::{self, Write};

use crate::model::human::{is_hidden, push_visible};

/// A writer that keeps line breaks and tabs, and escapes what a terminal or a CI system would obey or hide.
///
/// Invariant: after a write has failed, every later one fails, and [`Guard::finish`] returns the first failure.
#[derive(Debug)]
pub(super) struct Guard<W> {
    out: W,
    line: Line,
    failure: Option<io::Error>,
}

/// The text of a line so far, if it could begin a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Line {
    /// Only white space.
    Start,
    /// A run of this character after white space, with its length.
    Run(char, u8),
    /// `^^^` and more white space, after white space.
    Opening,
    /// A `#`.
    Hash,
    /// `##` and a command name, which may be empty.
    Name,
    /// Anything else.
    Text,
}

impl Line {
    /// Adds a character to the line. Also returns true if the character completes the start of a command.
    fn with(self, character: char) -> (Self, bool) {
        match (self, character) {
            (_, '\n') => (Self::Start, false),
            (Self::Start, blank) if blank.is_whitespace() => (Self::Start, false),
            (Self::Start, ':' | '-' | '+' | '~' | '^') => (Self::Run(character, 1), false),
            (Self::Run(of, count), same) if of == same && count < 3 => {
                let is_command = count + 1 == if of == ':' { 2 } else { 3 } && of != '^';
                (if is_command { Self::Text } else { Self::Run(of, count + 1) }, is_command)
            }
            (Self::Run('^', 3) | Self::Opening, blank) if blank.is_whitespace() => (Self::Opening, false),
            (Self::Hash | Self::Name, '#') => (Self::Name, false),
            (_, '#') => (Self::Hash, false),
            (Self::Name, '[') | (Self::Opening, '+') => (Self::Text, true),
            (Self::Name, name) if name.is_ascii_alphanumeric() || matches!(name, '-' | '_' | '.') => {
                (Self::Name, false)
            }
            _ => (Self::Text, false),
        }
    }
}

impl<W: Write> Guard<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, line: Line::Start, failure: None }
    }

    /// Writes buffered data.
    ///
    /// # Errors
    /// Returns the first failure of this or an earlier write.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        let flushed = self.flush();
        self.failure.take().map_or(flushed, Err)
    }

    /// Runs an operation on the inner writer unless an earlier one failed.
    fn attempt<T>(&mut self, act: impl FnOnce(&mut Self) -> io::Result<T>) -> io::Result<T> {
        if let Some(failure) = &self.failure {
            return Err(failure.kind().into());
        }
        act(self).map_err(|error| {
            let kind = error.kind();
            self.failure = Some(error);
            kind.into()
        })
    }

    fn pass(&mut self, text: &str) -> io::Result<()> {
        let bytes = text.as_bytes();
        // The start of the text not yet written.
        let mut from = 0;
        let mut at = 0;
        while at < bytes.len() {
            let is_plain = |byte: &u8| (0x20..0x7f).contains(byte) && *byte != b'#';
            if self.line == Line::Text && is_plain(&bytes[at]) {
                at += 1;
                continue;
            }
            let Some(character) = text[at..].chars().next() else { break };
            let next = at + character.len_utf8();
            let is_bad = is_hidden(character) && !matches!(character, '\n' | '\t');
            let (line, is_command) = self.line.with(character);
            self.line = if is_bad { Line::Text } else { line };
            if is_bad || is_command {
                self.out.write_all(&bytes[from..at])?;
                from = next;
                self.escaped(character)?;
            }
            at = next;
        }
        self.out.write_all(&bytes[from..])
    }

    fn escaped(&mut self, character: char) -> io::Result<()> {
        if character < ' ' {
            // Not JSON: JSON output has escaped these already.
            let mut shown = String::new();
            push_visible(&mut shown, character);
            return self.out.write_all(shown.as_bytes());
        }
        let mut units = [0; 2];
        for unit in character.encode_utf16(&mut units) {
            write!(self.out, "\\u{unit:04x}")?;
        }
        Ok(())
    }
}

impl<W: Write> Write for Guard<W> {
    /// Accepts all of `bytes`, which must be whole characters, as text writers pass them.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.attempt(|guard| guard.pass(&String::from_utf8_lossy(bytes)))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.attempt(|guard| guard.out.flush())
    }
}

/// Returns the text escaped for a log.
pub(super) fn guarded(text: &str) -> String {
    let mut guard = Guard::new(Vec::with_capacity(text.len()));
    // Writing to memory cannot fail.
    let _ = guard.write_all(text.as_bytes());
    String::from_utf8_lossy(&guard.out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_commands_in_names_are_escaped_and_json_keeps_its_value() {
        let mut guard = Guard::new(Vec::new());
        let name = "é\u{7f}\u{9b}31m\u{202e}x\u{2066}\u{200f}😀\u{e0041}##[error]x ##vso[task.complete]\n::add-mask::y";
        serde_json::to_writer(&mut guard, name).expect("memory can be written");
        write!(guard, "\n\ta\u{1b}[2J\r").expect("memory can be written");
        let text = String::from_utf8(guard.out).expect("UTF-8");
        assert!(!text.contains(|c| is_hidden(c) && !matches!(c, '\n' | '\t')), "{text}");
        let (json, rest) = text.split_once('\n').expect("a line");
        assert!(!json.contains("##[") && !json.contains("##vso["), "{json}");
        assert_eq!(serde_json::from_str::<String>(json).expect("JSON"), name);
        assert_eq!(rest, "\ta␛[2J␍");
    }

    #[test]
    fn commands_of_ci_systems_are_escaped_however_the_text_is_split_into_writes() {
        for (text, expected) in [
            ("::add-mask::x", ":\\u003aadd-mask::x"),
            ("a\n \t\u{a0}\u{3000}::stop-commands::x", "a\n \t\u{a0}\u{3000}:\\u003astop-commands::x"),
            ("a ::b:: Foo::bar", "a ::b:: Foo::bar"),
            (":a: b", ":a: b"),
            ("##[group]x", "##\\u005bgroup]x"),
            ("x ###[error]y", "x ###\\u005berror]y"),
            ("x ##vso[task.setvariable]y", "x ##vso\\u005btask.setvariable]y"),
            ("##teamcity[buildStop]", "##teamcity\\u005bbuildStop]"),
            ("## heading [link] #[x]", "## heading [link] #[x]"),
            ("--- group\n+++ open\n~~~ x\n^^^ +++", "--\\u002d group\n++\\u002b open\n~~\\u007e x\n^^^ \\u002b++"),
            ("  ^^^\n  ^^^^^ x", "  ^^^\n  ^^^^^ x"),
            ("-1.5 kB --- x", "-1.5 kB --- x"),
            ("section_start:1:x\r\u{1b}[0K", "section_start:1:x␍␛[0K"),
        ] {
            assert_eq!(guarded(text), expected, "{text:?}");
            let mut guard = Guard::new(Vec::new());
            for character in text.chars() {
                write!(guard, "{character}").expect("memory can be written");
            }
            assert_eq!(String::from_utf8_lossy(&guard.out), expected, "{text:?} one by one");
        }
    }

    #[test]
    fn the_first_failure_of_a_writer_is_kept_and_nothing_is_written_after_it() {
        struct Full(usize);
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                self.0 += 1;
                Err(io::Error::new(io::ErrorKind::StorageFull, "the first"))
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut guard = Guard::new(Full(0));
        assert!(guard.write_all(b"a").is_err() && guard.write_all(b"b").is_err() && guard.flush().is_err());
        assert_eq!(guard.out.0, 1);
        assert_eq!(guard.finish().map_err(|error| error.to_string()), Err("the first".to_owned()));
    }
}
