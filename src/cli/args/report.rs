//! Arguments of `heapglass report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

pub(in crate::cli) const REPORT_HELP: &str = "\
Writes one page with the findings, their charts and retaining paths, classes, growth, statistics, duplicate strings, and how the
snapshots were captured. Pass the snapshots of one process as for `findings`. The page has no scripts, loads nothing, prints well
and follows the light or dark setting of the reader.

The report contains names, paths of files and beginnings of strings from the heap. Lines of source are included with
--source-lines.";

#[derive(Debug, Args)]
pub struct ReportArguments {
    /// Snapshots of one process, plain, .gz or .zst; one may be - for standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The file to write or replace; without it, the report is written to standard output
    #[arg(short, long, value_name = "REPORT")]
    pub output: Option<PathBuf>,
    /// The format of the report; by default markdown if REPORT ends in .md, html if it ends in .html or has no ending
    #[arg(long, value_enum)]
    pub format: Option<ReportFormat>,
    /// A text to put at the top of the report
    #[arg(long, value_name = "TEXT")]
    pub notes: Option<String>,
    /// Maximum number of findings, up to 12
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u8).range(..=12))]
    pub limit: u8,
}

/// The format of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum ReportFormat {
    /// A single page without scripts
    Html,
    /// For an issue or a wiki
    Markdown,
}
