//! Arguments of `heapglass check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::help::with_rows;
use crate::model::{convert, human};
use crate::query::search_grammar::size;

const HELP: &str = "\
Limits compare the last snapshot with BASE. If no limit is given, the defaults are:
  --max-total-growth 5% --fail-on-growing-every-step
An idle program passes, and so does one that filled its caches before BASE was taken. Take BASE after a warm-up, collect
garbage before each snapshot (writing a snapshot does that), and take three or more snapshots: two are only one step, so any
growth is growth in every step.

A class grows in every step if each step adds at least --step-objects objects and 1 % of those in BASE, or at least
--step-size bytes and 1 % of those in BASE. This rule skips the runtime's own classes: (compiled code), (system),
(object shape) and (synthetic).

--ignore names a file with one class name per line. * matches any text; # at the start of a line or after a space starts a
comment. The growth of these classes does not count toward the total.

A snapshot that is identical to an earlier one is ignored with a note; at least two different snapshots are required.

The verdict decides the exit code even if the report cannot be written, which is reported on standard error.

Exit codes: 0 all limits hold, 3 a limit is exceeded or a file is damaged (--recover), 1 a file cannot be read, 2 wrong usage.

Classes and functions of a script that was loaded several times (?t=, a test runner's registry) are merged by URL without query,
name, line and column. The example is an object that is held the way that grows most, in every step if possible.

JSON: {\"passed\",\"ids_match\",\"options_differ\",\"notes\":[],\"limits\":[{\"rule\",\"allowed\",\"passed\"}],
       \"snapshots\":[{\"file\",\"objects\",\"total_size\"}],\"total_growth\",\"ignored_growth\",
       \"findings\":[{\"rules\":[],\"class\",\"location\",\"pattern\",
                    \"snapshots\":[{\"count\",\"shallow_size\",\"retained_size\"}],\"new_count\",\"survivor_count\",
                    \"example\":null|{\"id\",\"name\",\"alike\",\"alike_counts\":[],\"unreachable\",\"skipped\",
                                   \"path\":[{@references}]}}]}
  path leads from the example up to a root; alike is the number of new objects that are held the same way, ignoring element
  indexes, keys and the length of chains; alike_counts is the number of objects held the same way in each snapshot";

/// Returns the help after the options.
pub(super) fn check_help() -> String {
    with_rows(HELP)
}

#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The first snapshot
    pub base: PathBuf,
    /// Later snapshots of the same process; they are sorted by age
    #[arg(required = true, num_args = 1..)]
    pub current: Vec<PathBuf>,
    /// Maximum growth of the whole heap: 5%, 300kB, 2MiB
    #[arg(long, value_name = "LIMIT", value_parser = parse_growth)]
    pub max_total_growth: Option<GrowthLimit>,
    /// Maximum number of additional objects of a class; * matches any text; can be repeated
    #[arg(long, value_name = "NAME=COUNT", value_parser = parse_class_limit)]
    pub max_class_growth: Vec<(String, u64)>,
    /// Fail if a class grows in every step
    #[arg(long)]
    pub fail_on_growing_every_step: bool,
    /// Number of objects that a class must gain in each step to count as growing
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub step_objects: u64,
    /// Number of bytes that a class must gain in each step to count as growing
    #[arg(long, value_name = "SIZE", default_value = "10kB", value_parser = parse_size)]
    pub step_size: u64,
    /// File that lists the names of classes that may grow
    #[arg(long, value_name = "FILE")]
    pub ignore: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: CheckFormat,
}

/// The format of the report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum CheckFormat {
    Text,
    Json,
    /// For a comment on a change, or a job summary
    Markdown,
    /// XML that CI systems read
    Junit,
}

/// The maximum allowed growth.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum GrowthLimit {
    /// A percentage of the base.
    Percent(f64),
    Bytes(u64),
}

impl GrowthLimit {
    /// Returns the limit in bytes.
    pub(in crate::cli) fn of(self, base_bytes: u64) -> u64 {
        match self {
            Self::Percent(percent) => convert::whole(convert::float(base_bytes) * percent / 100.0),
            Self::Bytes(bytes) => bytes,
        }
    }
}

impl std::fmt::Display for GrowthLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Percent(percent) => write!(f, "{percent} %"),
            Self::Bytes(bytes) => f.write_str(&human::bytes(*bytes)),
        }
    }
}

fn parse_growth(text: &str) -> Result<GrowthLimit, String> {
    let wrong = || "expected a percentage such as 5% or a size such as 300kB".to_owned();
    match text.strip_suffix('%') {
        Some(percent) => {
            let percent: f64 = percent.trim().parse().map_err(|_| wrong())?;
            if percent.is_finite() && percent >= 0.0 { Ok(GrowthLimit::Percent(percent)) } else { Err(wrong()) }
        }
        None => size(text).map(GrowthLimit::Bytes).ok_or_else(wrong),
    }
}

fn parse_size(text: &str) -> Result<u64, String> {
    size(text).ok_or_else(|| "expected a size such as 300, 10kB or 2MiB".to_owned())
}

fn parse_class_limit(text: &str) -> Result<(String, u64), String> {
    // Class names can contain `=`.
    let (name, count) = text.rsplit_once('=').ok_or("expected NAME=COUNT, such as Session=100")?;
    let count = count.parse().map_err(|_| format!("expected a number of objects after =, found {count}"))?;
    if name.is_empty() { Err("expected a class name before =".to_owned()) } else { Ok((name.to_owned(), count)) }
}
