//! CSV that is safe to open in a spreadsheet.

use std::borrow::Cow;
use std::io::{self, Write};

use crate::model::human::{is_hidden, push_visible};

/// Writes one line. A cell that a spreadsheet would treat as a formula gets a leading apostrophe; characters that could
/// control a terminal or reorder text are made visible.
pub(crate) fn line<S: AsRef<str>>(out: &mut dyn Write, cells: impl IntoIterator<Item = S>) -> io::Result<()> {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        let cell = cell.as_ref();
        // Spreadsheets skip leading white space before a formula.
        let is_formula =
            cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) && cell.parse::<f64>().is_err();
        let cell = visible(cell);
        let guard = if is_formula { "'" } else { "" };
        if cell.contains([',', '"', '\n', '\r']) {
            write!(out, "\"{guard}{}\"", cell.replace('"', "\"\""))?;
        } else {
            write!(out, "{guard}{cell}")?;
        }
    }
    out.write_all(b"\n")
}

/// Makes all hidden characters visible except line breaks, which are safe within quotes.
fn visible(cell: &str) -> Cow<'_, str> {
    if !cell.contains(|character| is_hidden(character) && character != '\n') {
        return Cow::Borrowed(cell);
    }
    let mut shown = String::with_capacity(cell.len() + 8);
    for character in cell.chars() {
        if character == '\n' { shown.push('\n') } else { push_visible(&mut shown, character) }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn cells_cannot_hide_commands_or_formulas_after_white_space() {
        let mut out = Vec::new();
        line(&mut out, ["\t=1", "\r@x", "a\u{1b}[2J\u{202e}", "1.5", "\u{ff1d}1", "-inf"])
            .expect("memory can be written");
        let expected = "'␉=1,'␍@x,a␛[2J\\u{202e},1.5,'＝1,-inf\n";
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }

    #[test]
    fn cells_are_quoted_and_formulas_disarmed() {
        let mut out = Vec::new();
        line(&mut out, ["a,b", "say \"x\"", "=1+1", "plain", "-2", "-2+3"]).expect("memory can be written");
        assert_eq!(String::from_utf8_lossy(&out), "\"a,b\",\"say \"\"x\"\"\",'=1+1,plain,-2,'-2+3\n");
    }
}
