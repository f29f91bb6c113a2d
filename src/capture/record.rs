//! The record beside each captured file: the time, the target, and the memory usage of the process.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::HeapUsage;
use crate::files::PartialFile;
use crate::inputs::read_small;
use crate::model::MemoryUsage;

/// The extension of the file beside a snapshot.
const ENDING: &str = "capture.json";
/// The maximum size of a record.
const LONGEST: u64 = 1 << 20;

/// A captured file, complete or partial.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// The name of the file, without folders.
    pub file: String,
    /// True if the file is complete.
    pub complete: bool,
    /// The reason if it is not complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub target: String,
    pub url: String,
    pub address: String,
    /// The position in a series, from 1, and the length of the series.
    pub position: u32,
    pub of: u32,
    /// The start time, in UTC and in milliseconds since 1970.
    pub began: String,
    pub began_unix_ms: u64,
    pub took_ms: u64,
    pub bytes: u64,
    pub collected_garbage: bool,
    /// Measured just before the capture; absent if the program cannot provide it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heap_usage: Option<HeapUsage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_usage: Option<MemoryUsage>,
}

/// Returns the path of the record of a file.
#[must_use]
pub fn record_file(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    // A snapshot that was compressed later keeps its record.
    let name = name.strip_suffix(".zst").or_else(|| name.strip_suffix(".gz")).unwrap_or(&name);
    file.with_file_name(format!("{name}.{ENDING}"))
}

/// Returns the record of a file, if it exists and can be read.
#[must_use]
pub fn record_beside(file: &Path) -> Option<Record> {
    serde_json::from_slice(&read_small(&record_file(file), LONGEST).ok()?).ok()
}

impl Record {
    /// Writes the record beside the file, completely or not at all. Never overwrites an existing record.
    ///
    /// Texts of a target are [cut](super::discovery::shortened) on arrival, so that a record stays far below the limit
    /// of [`record_beside`].
    pub(super) fn write(&self, file: &Path) -> std::io::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        let mut record = PartialFile::create(&record_file(file))?;
        record.write_all(text.as_bytes())?;
        record.finish()
    }
}

/// Converts milliseconds since 1970. Times after the year 9999 become the last one in it.
fn timestamp(unix_ms: u64) -> Timestamp {
    let unix_ms = i64::try_from(unix_ms).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(unix_ms).unwrap_or(Timestamp::MAX)
}

/// Formats a time in UTC as `2026-03-01T12:00:05Z`.
pub(super) fn iso(unix_ms: u64) -> String {
    timestamp(unix_ms).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Formats a time in UTC as `20260301-120005`, for file names.
pub(super) fn compact(unix_ms: u64) -> String {
    timestamp(unix_ms).strftime("%Y%m%d-%H%M%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unix_times_are_converted_to_calendar_dates() {
        for (unix_ms, iso) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59Z"),
            (1_735_689_600_000, "2025-01-01T00:00:00Z"),
            (u64::MAX, "9999-12-30T22:00:00Z"),
        ] {
            assert_eq!(super::iso(unix_ms), iso);
        }
        assert_eq!(compact(1_709_251_199_999), "20240229-235959");
    }

    #[test]
    fn a_record_is_found_beside_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.heapsnapshot");
        let memory = MemoryUsage { rss: 7, ..MemoryUsage::default() };
        let record = Record { file: "a".to_owned(), memory_usage: Some(memory), ..Record::default() };
        record.write(&file).unwrap();
        assert_eq!(record_beside(&file), Some(record.clone()));
        assert_eq!(record_beside(&folder.path().join("a.heapsnapshot.zst")), Some(record));
        assert_eq!(record_beside(&folder.path().join("b.heapsnapshot")), None);
        let other = Record::default().write(&file).unwrap_err();
        assert_eq!(other.kind(), std::io::ErrorKind::AlreadyExists);
        assert_eq!(record_beside(&file).unwrap().memory_usage, Some(memory));
    }
}
