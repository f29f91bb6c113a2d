//! Errors of the scanner about text that is not a heap snapshot.

use super::super::error::FormatError;
use super::super::integers::Problem;
use super::{Scanner, State};

pub(super) const KILLED: &str =
    "the process was probably killed, or the copy stopped, while the file was being written";

pub(in crate::format) fn expected_of(problem: Problem) -> &'static str {
    match problem {
        Problem::NotANumber => "a number without a sign, fraction or exponent",
        Problem::NotAComma => "`,` between numbers",
        Problem::TooLarge => "a number below 2^64",
    }
}

/// Identifies a file by its first bytes if its type is often mistaken for a snapshot or profile.
pub(in crate::format) fn known_file(start: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 10] = [
        (b"\0\0\0\0", "the file starts with zeros: its space was reserved but never written"),
        (b"\x7fELF", "this is a program or a core dump, not a heap snapshot"),
        // A single layer of compression is removed before this point.
        (b"\x1f\x8b", "this is compressed twice; decompress it once with gzip"),
        (b"\x28\xb5\x2f\xfd", "this is compressed twice; decompress it once with zstd"),
        (b"BZh", "this is compressed with bzip2; decompress it first (gzip and zstd are supported directly)"),
        (b"\xfd7zXZ", "this is compressed with xz; decompress it first (gzip and zstd are supported directly)"),
        (b"7z\xbc\xaf", "this is a 7z archive; extract it first"),
        (b"version https://git-lfs", "this is a Git LFS pointer, not the file; download the file with `git lfs pull`"),
        (b"/annex/objects/", "this is a git-annex pointer, not the file; download the file with `git annex get`"),
        (b"PK", "this looks like a zip archive; extract it first"),
    ];
    KNOWN.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, hint)| *hint)
}

impl Scanner {
    pub(in crate::format) fn unexpected(&self, offset: u64, found: &[u8], expected: &str) -> FormatError {
        FormatError::unexpected(&self.section, offset, found, expected)
    }

    /// Returns the error for a name, number or header that exceeds the limit.
    pub(in crate::format) fn too_long(&self, limit: usize) -> FormatError {
        let what = if self.state == State::Header { "its length in bytes" } else { "the length of a name or number" };
        FormatError::Limit { section: self.section.clone(), what, limit: limit as u64 }
    }

    pub(super) fn truncated(&self, offset: u64) -> FormatError {
        let expected = match self.state {
            State::Start => "the opening `{` of a heap snapshot",
            State::BeforeKey { .. } | State::AfterValue | State::End => "another section or the final `}`",
            State::Header => "the rest of the header",
            State::Table { .. } | State::Small { .. } | State::Tree => "more numbers or the closing `]` of the section",
            State::BeforeString { .. } | State::AfterString => "more strings or the closing `]` of the section",
            State::InString => "the rest of a string",
            State::Skip { .. } => "the rest of this section",
        };
        let hint = match self.state {
            _ if offset == 0 => "the file is empty",
            State::Start => "the file contains only white space",
            _ => KILLED,
        };
        FormatError::Truncated {
            section: self.section.clone(),
            offset,
            expected: expected.to_owned(),
            hint: Some(hint),
        }
    }
}
