//! What reaches standard output: text in which nothing is a command to a terminal, whatever stood in the file.
//!
//! Each subcommand makes names fit for its format; this is the one place that all of their output goes through, so that
//! none can forget it. What is still hidden is written as `\uXXXX`, which in JSON is the same character.

use std::io::{self, Write};

use crate::model::human::{is_hidden, push_visible};

/// Passes on text with line breaks and tabs, and escapes all else that a terminal would obey or hide.
#[derive(Debug)]
pub(super) struct Guard<W> {
    pub(super) out: W,
}

impl<W: Write> Write for Guard<W> {
    /// Takes all of `bytes`: whole characters, as everything that writes text hands them on.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.iter().all(|byte| (0x20..0x7f).contains(byte) || matches!(byte, b'\n' | b'\t')) {
            self.out.write_all(bytes)?;
            return Ok(bytes.len());
        }
        let text = String::from_utf8_lossy(bytes);
        let is_bad = |character: char| is_hidden(character) && !matches!(character, '\n' | '\t');
        let mut rest = &*text;
        while let Some((at, bad)) = rest.char_indices().find(|(_, character)| is_bad(*character)) {
            self.out.write_all(&rest.as_bytes()[..at])?;
            if bad < ' ' {
                // No JSON: there they are escaped already.
                let mut shown = String::new();
                push_visible(&mut shown, bad);
                self.out.write_all(shown.as_bytes())?;
            } else {
                write!(self.out, "\\u{:04x}", u32::from(bad))?;
            }
            rest = &rest[at + bad.len_utf8()..];
        }
        self.out.write_all(rest.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_commands_no_terminal_and_json_keeps_its_meaning() {
        let mut guard = Guard { out: Vec::new() };
        let name = "é\u{7f}\u{9b}31m\u{202e}x\u{2066}\u{200f}😀\n";
        serde_json::to_writer(&mut guard, name).expect("memory can be written");
        write!(guard, "\n\ta\u{1b}[2J\r").expect("memory can be written");
        let text = String::from_utf8(guard.out).expect("UTF-8");
        assert!(!text.contains(|c| is_hidden(c) && !matches!(c, '\n' | '\t')), "{text}");
        let (json, rest) = text.split_once('\n').expect("a line");
        assert_eq!(serde_json::from_str::<String>(json).expect("JSON"), name);
        assert_eq!(rest, "\ta␛[2J␍");
    }
}
