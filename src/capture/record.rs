//! The record beside each captured file: the time, the target, and the memory usage of the process.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{HeapUsage, MemoryUsage};
use crate::files::PartialFile;
use crate::inputs::read_small;

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

/// A time in UTC, to the second.
pub(super) struct Utc {
    pub(super) year: u64,
    pub(super) month: u64,
    pub(super) day: u64,
    pub(super) seconds: u64,
}

impl Utc {
    /// Converts milliseconds since 1970. The calendar is Howard Hinnant's `civil_from_days`, for years from 1970 on.
    pub(super) fn of(unix_ms: u64) -> Self {
        let seconds = unix_ms / 1000;
        let days = seconds / 86_400 + 719_468;
        let era = days / 146_097;
        let day_of_era = days % 146_097;
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        Self { year, month, day, seconds: seconds % 86_400 }
    }

    fn clock(&self) -> (u64, u64, u64) {
        (self.seconds / 3600, self.seconds / 60 % 60, self.seconds % 60)
    }

    /// Formats the time as `2026-03-01T12:00:05Z`.
    pub(super) fn iso(&self) -> String {
        let (hours, minutes, seconds) = self.clock();
        format!("{:04}-{:02}-{:02}T{hours:02}:{minutes:02}:{seconds:02}Z", self.year, self.month, self.day)
    }

    /// Formats the time as `20260301-120005`, for file names.
    pub(super) fn compact(&self) -> String {
        let (hours, minutes, seconds) = self.clock();
        format!("{:04}{:02}{:02}-{hours:02}{minutes:02}{seconds:02}", self.year, self.month, self.day)
    }
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
        ] {
            assert_eq!(Utc::of(unix_ms).iso(), iso);
        }
        assert_eq!(Utc::of(1_709_251_199_999).compact(), "20240229-235959");
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
