//! Writes the chunks that a target sends to a file.

use std::io::Write as _;
use std::path::Path;

use super::CaptureError;
use crate::files::{self, PartialFile};
use crate::model::human;

/// The bytes of disk space reserved for other programs, but at most a twentieth of the disk.
const RESERVE: u64 = 1 << 30;
/// The number of bytes written between two checks of the free space.
pub(super) const SPACE_INTERVAL: u64 = 16 << 20;
/// The start of a snapshot or a timeline; a profile can be any object.
pub(super) const SNAPSHOT: &[u8] = b"{\"snapshot\":";
pub(super) const PROFILE: &[u8] = b"{";

/// A file that is named `….partial` until it is complete.
#[derive(Debug)]
pub(super) struct Received {
    file: PartialFile,
    shape: Shape,
    /// The maximum size of the file in bytes.
    limit: u64,
    /// The file size at which the free space is checked again.
    space_checked_until: u64,
}

impl Received {
    /// Creates a file whose data must begin with `start`. Never overwrites an existing file.
    pub(super) fn create(path: &Path, start: &'static [u8]) -> Result<Self, CaptureError> {
        let file = PartialFile::create(path).map_err(|error| CaptureError::file(path, error))?;
        let mut created = Self { file, shape: Shape::new(start), limit: u64::MAX, space_checked_until: 0 };
        created.check_space(0)?;
        Ok(created)
    }

    /// Sets the maximum size of the file in bytes.
    pub(super) fn limit(&mut self, bytes: u64) {
        self.limit = bytes;
    }

    pub(super) fn bytes(&self) -> u64 {
        self.file.bytes()
    }

    pub(super) fn write(&mut self, text: &str) -> Result<(), CaptureError> {
        self.shape.see(text)?;
        let bytes = self.bytes() + text.len() as u64;
        if bytes > self.limit {
            return Err(CaptureError::TooLarge { limit: self.limit });
        }
        self.check_space(bytes)?;
        self.file.write_all(text.as_bytes()).map_err(|error| CaptureError::file(self.file.partial(), error))
    }

    /// Renames the file to its final name. Fails if the JSON object is incomplete, even if the target reported success.
    pub(super) fn finish(&mut self) -> Result<(), CaptureError> {
        if self.bytes() == 0 {
            return Err(CaptureError::Odd("it reported success but sent no data".to_owned()));
        }
        if !self.shape.is_closed() {
            return Err(CaptureError::Odd("the data is incomplete".to_owned()));
        }
        self.file.finish().map_err(|error| CaptureError::file(self.file.partial(), error))
    }

    /// Keeps as much of the received data as the disk allows, and says so in the error. Removes an empty file.
    pub(super) fn keep(self, why: CaptureError) -> CaptureError {
        if self.file.bytes() == 0 {
            return why;
        }
        let (kept, bytes) = self.file.keep();
        CaptureError::Incomplete { kept, bytes, why: Box::new(why) }
    }

    /// Fails if too little disk space is free. Checks once per [`SPACE_INTERVAL`].
    fn check_space(&mut self, bytes: u64) -> Result<(), CaptureError> {
        if bytes < self.space_checked_until {
            return Ok(());
        }
        self.space_checked_until = bytes + SPACE_INTERVAL;
        check_space(self.file.partial().parent().unwrap_or(Path::new(".")))
    }
}

/// Fails if the disk of a folder has too little free space for [`SPACE_INTERVAL`] more bytes.
pub(super) fn check_space(folder: &Path) -> Result<(), CaptureError> {
    let Some(space) = files::space(folder) else { return Ok(()) };
    let (free, least) = (space.free_bytes, least_space(space.total_bytes));
    if free < least {
        return Err(CaptureError::LowSpace { path: folder.to_path_buf(), free, least });
    }
    Ok(())
}

/// Returns the minimum free space for writing to a disk of this size. It includes room for the data written until the
/// next check.
fn least_space(total_bytes: u64) -> u64 {
    RESERVE.min(total_bytes / 20) + SPACE_INTERVAL
}

/// A minimal JSON scanner that checks the start of the text and finds the end of its object. Opening the file reports
/// all other errors.
#[derive(Debug)]
struct Shape {
    start: &'static [u8],
    /// The number of bytes of `start` that matched.
    matched: usize,
    /// The number of open objects and arrays.
    depth: u64,
    is_in_string: bool,
    is_escaped: bool,
}

impl Shape {
    fn new(start: &'static [u8]) -> Self {
        Self { start, matched: 0, depth: 0, is_in_string: false, is_escaped: false }
    }

    /// Returns true if the object has ended.
    fn is_closed(&self) -> bool {
        self.matched == self.start.len() && self.depth == 0
    }

    fn see(&mut self, text: &str) -> Result<(), CaptureError> {
        let mut bytes = text.as_bytes();
        while let Some((&byte, rest)) = bytes.split_first() {
            if self.is_in_string && !self.is_escaped && self.matched == self.start.len() {
                // Skip to the next quote or backslash in the string.
                let plain = memchr::memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len());
                if plain > 0 {
                    bytes = &bytes[plain..];
                    continue;
                }
            }
            self.step(byte, text)?;
            bytes = rest;
        }
        Ok(())
    }

    fn step(&mut self, byte: u8, text: &str) -> Result<(), CaptureError> {
        let is_blank = !self.is_in_string && byte.is_ascii_whitespace();
        if is_blank {
            return Ok(());
        }
        if self.is_closed() {
            return Err(CaptureError::NotASnapshot("unexpected data after the end of the object".to_owned()));
        }
        if let Some(&expected) = self.start.get(self.matched) {
            if byte != expected {
                let (found, start) = (human::visible(text, 40), String::from_utf8_lossy(self.start));
                return Err(CaptureError::NotASnapshot(format!("found {found} at the start, expected {start}")));
            }
            self.matched += 1;
        }
        match byte {
            _ if self.is_escaped => self.is_escaped = false,
            b'\\' if self.is_in_string => self.is_escaped = true,
            b'"' => self.is_in_string = !self.is_in_string,
            _ if self.is_in_string => {}
            b'{' | b'[' => self.depth += 1,
            // Cannot fall below 0: at 0 the object has ended.
            b'}' | b']' => self.depth -= 1,
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receive(pieces: &[&str], start: &'static [u8]) -> Result<(), CaptureError> {
        let folder = tempfile::tempdir().unwrap();
        let mut file = Received::create(&folder.path().join("a"), start)?;
        pieces.iter().try_for_each(|piece| file.write(piece))?;
        file.finish()
    }

    #[test]
    fn only_a_complete_object_with_the_expected_start_is_a_snapshot() {
        for good in [
            "{\"snapshot\":{},\"strings\":[\"}{\\\"\",\"\\\\\"]}",
            " {\n \"snapshot\" : {}\r\n}\n",
            "{\"snapshot\":{\"meta\":[[],{}]}}",
        ] {
            assert!(receive(&[good], SNAPSHOT).is_ok(), "{good}");
            let bytes: Vec<String> = good.chars().map(String::from).collect();
            let bytes: Vec<&str> = bytes.iter().map(String::as_str).collect();
            assert!(receive(&bytes, SNAPSHOT).is_ok(), "{good}, byte by byte");
        }
        for bad in [
            "",
            " ",
            "\u{1b}[2J}",
            "{",
            "}",
            "{}",
            "{\"snapshot\"",
            "{\"snapshot\":",
            "{\"snap shot\":1}",
            "{\"snapshot\":{}}}",
            "{\"snapshot\":{}} x",
            "{\"snapshot\":\"}",
            "{\"snapshot\":\"\\\"}",
            "{\"head\":{}}",
        ] {
            assert!(receive(&[bad], SNAPSHOT).is_err(), "{bad}");
        }
        assert!(receive(&["{\"head\":{}}"], PROFILE).is_ok());
        assert!(receive(&["[]"], PROFILE).is_err());
    }

    #[test]
    fn part_of_the_disk_is_reserved_for_other_programs() {
        assert_eq!(least_space(1 << 40), (1 << 30) + (16 << 20));
        assert_eq!(least_space(200 << 20), (10 << 20) + (16 << 20));
    }

    #[test]
    fn endless_data_stops_at_the_limit_and_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = Received::create(&folder.path().join("a"), SNAPSHOT).unwrap();
        file.limit(1000);
        file.write("{\"snapshot\":[").unwrap();
        let error = (0..1000).find_map(|_| file.write("12345,").err()).unwrap();
        let CaptureError::Incomplete { kept, bytes, why } = file.keep(error) else { panic!("it is kept") };
        assert!(matches!(*why, CaptureError::TooLarge { limit: 1000 }), "{why}");
        assert!((990..=1000).contains(&bytes) && kept.metadata().unwrap().len() == bytes);
    }
}
