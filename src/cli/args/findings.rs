//! Arguments of `heapglass findings`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

pub(in crate::cli) const FINDINGS_HELP: &str = "\
Give three or more snapshots of one process, each taken after the same work. They are sorted by age. Two snapshots are one
step, so growth is at most likely a leak; in one snapshot nothing is seen to grow, so large holders are listed to watch.

A holder is the object and field that gather members, such as SessionCache.byId. Objects that all snapshots have are left
out; every other object belongs to the field through which its nearest object of all snapshots holds it. A bounded cache
replaces its entries and is not listed.

Verdicts: leak (grows in every step), likely (one step, or many objects come and go), watch (has grown, or is large).

Exit codes: 0; 3 with --fail-on if there is such a finding, or if it cannot be judged since a file is damaged or the snapshots
are of different processes; 1 a file cannot be read, 2 wrong usage. --fail-on needs at least two snapshots.

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
    /// Exit with code 3 if there is a leak, or a likely one
    #[arg(long, value_enum, value_name = "VERDICT")]
    pub fail_on: Option<Threshold>,
}

/// The format of findings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum FindingsFormat {
    Text,
    Json,
    /// For a comment on a change
    Markdown,
    /// One page without scripts
    Html,
}

/// The least verdict that fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Threshold {
    Leak,
    /// Leaks and likely leaks
    Likely,
}
