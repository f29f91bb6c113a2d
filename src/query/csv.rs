//! CSV that spreadsheets open without running anything.

use std::io::{self, Write};

/// Writes one line. Cells that a spreadsheet would take for a formula get an apostrophe in front.
pub(crate) fn line<S: AsRef<str>>(out: &mut dyn Write, cells: &[S]) -> io::Result<()> {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        let cell = cell.as_ref();
        let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<i64>().is_err();
        let guard = if is_formula { "'" } else { "" };
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
        line(&mut out, &["a,b", "say \"x\"", "=1+1", "plain", "-2", "-2+3"]).expect("memory can be written");
        assert_eq!(String::from_utf8_lossy(&out), "\"a,b\",\"say \"\"x\"\"\",'=1+1,plain,-2,'-2+3\n");
    }
}
