//! CSV that spreadsheets open without running anything.

use std::io::{self, Write};

/// Writes one line. Cells that a spreadsheet would take for a formula get an apostrophe in front.
pub(super) fn line<S: AsRef<str>>(out: &mut dyn Write, cells: &[S]) -> io::Result<()> {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        let cell = cell.as_ref();
        let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
        if cell.contains([',', '"', '\n', '\r']) {
            write!(out, "\"{guard}{}\"", cell.replace('"', "\"\""))?;
        } else {
            write!(out, "{guard}{cell}")?;
        }
    }
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn cells_are_quoted_and_formulas_disarmed() {
        let mut out = Vec::new();
        line(&mut out, &["a,b", "say \"x\"", "=1+1", "plain", "-2"]).expect("memory can be written");
        assert_eq!(String::from_utf8_lossy(&out), "\"a,b\",\"say \"\"x\"\"\",'=1+1,plain,'-2\n");
    }
}
