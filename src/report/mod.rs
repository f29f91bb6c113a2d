//! Reports: the findings of snapshots, the numbers around them and how they were captured, in one document for a ticket.
//!
//! [`report`] collects a [`Report`], in which every list and text is bounded. `html` and `markdown` write it. Text from a
//! heap gets into a document only through [`page::Page`] and `markup`, which escape it.

mod bounds;
mod chart;
mod collect;
mod finding;
mod html;
mod markdown;
mod markup;
mod page;
mod record;

use std::io::{self, Write};
use std::path::Path;

pub(crate) use collect::{Input, Subject, report};
pub(crate) use markup::{LINE_LIMIT, backticks, escape as escape_markdown};
pub(crate) use page::escape as escape_html;
pub(crate) use record::Report;

/// The format of a report.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum ReportFormat {
    Html,
    Markdown,
}

impl ReportFormat {
    /// Returns the format that the ending of a file means.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_string_lossy().to_ascii_lowercase().as_str() {
            "md" | "markdown" => Some(Self::Markdown),
            "html" | "htm" => Some(Self::Html),
            _ => None,
        }
    }

    /// Returns the ending of files.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Markdown => "md",
        }
    }
}

/// Writes a report.
///
/// # Errors
/// Returns an error if writing to `out` fails.
pub(crate) fn write_report(report: &Report, format: ReportFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        ReportFormat::Html => out.write_all(html::page(report).as_bytes()),
        ReportFormat::Markdown => out.write_all(markdown::text(report).as_bytes()),
    }
}
