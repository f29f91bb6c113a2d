//! What is written down beside each file that was taken: when, of what, and how much memory the process used.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{HeapUsage, MemoryUsage};
use crate::files::PartialFile;
use crate::inputs::read_small;

/// The ending of the file beside a snapshot.
const ENDING: &str = "capture.json";
/// More than any record has.
const LONGEST: u64 = 1 << 20;

/// One file that was taken, or as much of it as came.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// The name of the file, without folders.
    pub file: String,
    /// Whether all of it has come.
    pub complete: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub target: String,
    pub url: String,
    pub address: String,
    /// Which one of a series, from 1, and of how many.
    pub position: u32,
    pub of: u32,
    /// When it began, in UTC, and the same in milliseconds since 1970.
    pub began: String,
    pub began_unix_ms: u64,
    pub took_ms: u64,
    pub bytes: u64,
    pub collected_garbage: bool,
    /// Just before it was taken; what the program is not able to tell is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heap_usage: Option<HeapUsage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_usage: Option<MemoryUsage>,
}

/// Where the record of a file lies.
#[must_use]
pub fn record_file(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    // A snapshot that was compressed afterwards keeps its record.
    let name = name.strip_suffix(".zst").or_else(|| name.strip_suffix(".gz")).unwrap_or(&name);
    file.with_file_name(format!("{name}.{ENDING}"))
}

/// The record of a file, if it has one that can be read.
#[must_use]
pub fn record_beside(file: &Path) -> Option<Record> {
    serde_json::from_slice(&read_small(&record_file(file), LONGEST).ok()?).ok()
}

impl Record {
    /// Writes it beside the file, whole or not at all. A record that exists is not overwritten.
    ///
    /// What a target says of itself is [cut](super::discovery::shortened) when it arrives, so that a record stays far below
    /// what [`record_beside`] reads.
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
    /// From milliseconds since 1970. The calendar is Howard Hinnant's `civil_from_days`, for years from 1970 on.
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

    /// `2026-03-01T12:00:05Z`.
    pub(super) fn iso(&self) -> String {
        let (hours, minutes, seconds) = self.clock();
        format!("{:04}-{:02}-{:02}T{hours:02}:{minutes:02}:{seconds:02}Z", self.year, self.month, self.day)
    }

    /// `20260301-120005`, for names of files.
    pub(super) fn compact(&self) -> String {
        let (hours, minutes, seconds) = self.clock();
        format!("{:04}{:02}{:02}-{hours:02}{minutes:02}{seconds:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
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
    fn a_record_is_found_again_beside_its_file() {
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
