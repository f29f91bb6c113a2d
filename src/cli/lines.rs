//! Text that is written line by line.

use std::io::{self, Write};

use crate::model::human;
use crate::report::LINE_LIMIT;

/// Writes lines. Invariant: each call writes exactly one line, whatever its text contains, so that no name can forge a
/// line of a report.
pub(super) struct Lines<'a> {
    out: &'a mut dyn Write,
}

impl<'a> Lines<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out }
    }

    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", human::visible(text, LINE_LIMIT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_line_breaks_stays_one_line() {
        let mut out = Vec::new();
        let mut lines = Lines::new(&mut out);
        lines.line("note: a\nheapglass check: passed\r\u{2028}b").expect("memory can be written");
        lines.line("").expect("memory can be written");
        assert_eq!(String::from_utf8_lossy(&out), "note: a⏎heapglass check: passed␍\\u{2028}b\n\n");
    }
}
