//! Arguments of `heapglass findings`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

pub(in crate::cli) const FINDINGS_HELP: &str = "\
Pass three or more snapshots of one process, each taken after the same work. They are sorted by age. Two snapshots are only one
step, so growth is at most likely a leak. One snapshot cannot show growth, so large holders are listed as watch.

A holder is the object and field that accumulate members, such as SessionCache.byId. Objects that are in all snapshots are not
counted. Every other object is a member of the field through which the nearest object that is in all snapshots holds it. A
bounded cache replaces its entries and is not listed.

Verdicts: leak (grows in every step), likely (one step, or many objects come and go), watch (has grown, or is large).

Exit codes: 0 success, 1 a file cannot be read, 2 usage error, 3 with --fail-on if there is such a finding, or if growth cannot
be judged because a file is damaged or the snapshots are from different processes. --fail-on needs at least two snapshots.

JSON: {\"schema\",\"snapshots\":[{\"file\",\"objects\",\"total_size\"}],\"ids_match\",\"summary\",\"notes\":[],
       \"findings\":[{\"signature\",\"kind\",\"pattern\",\"verdict\",\"title\",\"explanation\",\"advice\",\"evidence\":[],
         \"holder\":{\"label\",\"id\",\"name\",\"class\",\"location\":null|{\"url\",\"line\",\"column\"}},\"member_class\",
         \"members\":[],\"bytes\":[],\"share_of_growth\",\"classes\":[{\"name\",\"location\",\"counts\":[],\"sizes\":[]}],
         \"path\":[{\"edge\":null|{\"name\",\"kind\"},\"id\",\"name\",\"class\",\"location\",\"repeated\"}],
         \"sites\":[{\"what\",\"url\",\"line\",\"column\",\"function\",\"text\"}],\"keys\":[],\"samples\":[],
         \"freed_if_emptied\",\"also_held_by\":[],\"companions\":[]}]}
  lines and columns count from 1; members and bytes have one number per snapshot; path starts at a root";

#[derive(Debug, Args)]
pub struct FindingsArguments {
    /// Snapshots of one process
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Maximum number of findings
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub limit: usize,
    #[arg(long, value_enum, default_value = "text")]
    pub format: FindingsFormat,
    /// Exit with code 3 if there is a leak (or a likely leak), or if growth cannot be judged
    #[arg(long, value_enum, value_name = "VERDICT")]
    pub fail_on: Option<Threshold>,
}

/// The format of findings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum FindingsFormat {
    Text,
    Json,
    /// For a pull request comment
    Markdown,
    /// A single page without scripts
    Html,
}

/// The least verdict that fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Threshold {
    Leak,
    /// Leaks and likely leaks
    Likely,
}
