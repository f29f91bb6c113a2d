//! Positions in source text. V8 counts lines from 0 and columns in UTF-16 units from 0.

/// The starts of the lines of a text, for conversions between byte offsets and positions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Lines {
    /// The byte offset of each line.
    starts: Vec<u32>,
}

/// A position: line and column in UTF-16 units, both from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Position {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Lines {
    /// Finds the lines of a text. As in JavaScript, `\n`, `\r`, `\r\n`, U+2028 and U+2029 end a line.
    pub(crate) fn new(text: &str) -> Self {
        let mut starts = vec![0];
        let bytes = text.as_bytes();
        for (at, &byte) in bytes.iter().enumerate() {
            let is_end = match byte {
                b'\n' => true,
                b'\r' => bytes.get(at + 1) != Some(&b'\n'),
                0xa8 | 0xa9 => at >= 2 && bytes[at - 2..at] == [0xe2, 0x80],
                _ => false,
            };
            if is_end {
                starts.push(u32::try_from(at + 1).unwrap_or(u32::MAX));
            }
        }
        Self { starts }
    }

    /// Returns the number of lines.
    pub(crate) fn count(&self) -> usize {
        self.starts.len()
    }

    /// Returns the text of a line without its end; empty for a line that does not exist.
    pub(crate) fn line<'a>(&self, text: &'a str, line: usize) -> &'a str {
        let Some(&start) = self.starts.get(line) else { return "" };
        let end = self.starts.get(line + 1).map_or(text.len(), |&end| end as usize);
        text[start as usize..end].trim_end_matches(['\n', '\r', '\u{2028}', '\u{2029}'])
    }

    /// Returns the byte range of a line without its end; `None` if it does not exist.
    pub(crate) fn range(&self, text: &str, line: usize) -> Option<(usize, usize)> {
        let start = *self.starts.get(line)? as usize;
        Some((start, start + self.line(text, line).len()))
    }

    /// Returns the byte offset of a position; `None` if the line does not exist or is shorter.
    pub(crate) fn offset(&self, text: &str, at: Position) -> Option<usize> {
        let start = *self.starts.get(at.line as usize)? as usize;
        let line = self.line(text, at.line as usize);
        Some(start + byte_of_column(line, at.column)?)
    }

    /// Returns the line of a byte offset.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start as usize <= offset) - 1
    }

    /// Returns the position of a byte offset.
    pub(crate) fn position(&self, text: &str, offset: usize) -> Position {
        let offset = text.floor_char_boundary(offset.min(text.len()));
        let line = self.line_of(offset);
        let column = text[self.starts[line] as usize..offset].chars().map(char::len_utf16).sum::<usize>();
        Position { line: u32::try_from(line).unwrap_or(u32::MAX), column: u32::try_from(column).unwrap_or(u32::MAX) }
    }
}

/// Returns the byte offset of a column in UTF-16 units; `None` if the line is shorter.
pub(crate) fn byte_of_column(line: &str, column: u32) -> Option<usize> {
    let mut units = 0;
    for (at, character) in line.char_indices() {
        if units >= column as usize {
            return Some(at);
        }
        units += character.len_utf16();
    }
    (units >= column as usize).then_some(line.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_positions_are_converted_both_ways() {
        let text = "a\nbé😀c\r\nd\u{2028}e\r";
        let lines = Lines::new(text);
        assert_eq!(lines.count(), 5);
        assert_eq!(lines.line(text, 1), "bé😀c");
        assert_eq!(lines.line(text, 3), "e");
        assert_eq!(lines.line(text, 9), "");
        let at = Position { line: 1, column: 4 };
        let offset = lines.offset(text, at).unwrap();
        assert_eq!(&text[offset..=offset], "c");
        assert_eq!(lines.position(text, offset), at);
        assert_eq!(lines.offset(text, Position { line: 1, column: 6 }), None);
        assert_eq!(lines.offset(text, Position { line: 7, column: 0 }), None);
        assert_eq!(lines.position(text, usize::MAX), Position { line: 4, column: 0 });
    }
}
