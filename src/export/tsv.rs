//! Tab-separated values.

use std::io::{self, Write};

/// Writes one line.
pub(super) fn line<S: AsRef<str>>(out: &mut dyn Write, cells: impl IntoIterator<Item = S>) -> io::Result<()> {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            out.write_all(b"\t")?;
        }
        escape(cell.as_ref(), out)?;
    }
    out.write_all(b"\n")
}

/// Writes text so that nothing in it can end a field or a line, or act as a terminal command.
fn escape(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut rest = text;
    while let Some(at) = rest.find(|character: char| character == '\\' || character.is_control()) {
        let (before, after) = rest.split_at(at);
        out.write_all(before.as_bytes())?;
        let mut characters = after.chars();
        match characters.next() {
            Some('\t') => out.write_all(b"\\t")?,
            Some('\n') => out.write_all(b"\\n")?,
            Some('\\') => out.write_all(b"\\\\")?,
            Some(control) => write!(out, "\\x{:02X}", u32::from(control))?,
            None => {}
        }
        rest = characters.as_str();
    }
    out.write_all(rest.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_name_cannot_break_a_line() {
        let mut out = Vec::new();
        line(&mut out, ["a\tb\nc\\d\r\u{1b}\0é", "1"]).expect("memory can be written");
        assert_eq!(String::from_utf8_lossy(&out), "a\\tb\\nc\\\\d\\x0D\\x1B\\x00é\t1\n");
    }
}
