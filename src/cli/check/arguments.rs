//! Arguments of `heapglass check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::model::human;
use crate::query::search_grammar::size;

pub(in crate::cli) const CHECK_HELP: &str = "\
Limits are of the last snapshot against BASE. Without any limit these hold:
  --max-total-growth 5% --fail-on-growing-every-step
A program that does nothing passes them; so does one that filled a cache before BASE was taken. Take BASE after warming up,
collect garbage before each snapshot (writing a snapshot does so), and take three snapshots or more: with two, everything
that grew grew in every step.

A class grows in every step if each step brings --step-objects more objects and 1 % of those in BASE, or --step-size more
bytes and 1 % of those in BASE. What the runtime keeps for itself, (compiled code), (system) and (object shape), is not
looked at by this rule.

--ignore names a file with a class a line, where * stands for any text; # starts a comment, except in a name. What such
classes grow by does not count for the total either.

A snapshot that is identical to an earlier one is left out with a note; at least two that differ must remain.

The verdict decides the exit code even if the report cannot be written, which is said on standard error.

Exit codes: 0 all limits hold, 3 a limit is exceeded or a file is damaged (--salvage), 1 a file cannot be read, 2 wrong usage.

Classes and functions of a script that was loaded again (?t=, a test runner's registry) are one: by URL without query, name, line and
column. The example is one of the objects that are held in the way that grows most, in every step if any does.

JSON: {\"passed\",\"ids_match\",\"options_differ\",\"notes\":[],\"limits\":[{\"rule\",\"allowed\",\"passed\"}],
       \"snapshots\":[{\"file\",\"objects\",\"total_size\"}],\"total_growth\",\"ignored_growth\",
       \"findings\":[{\"rules\":[],\"class\",\"location\",\"pattern\",
                    \"snapshots\":[{\"count\",\"shallow_size\",\"retained_size\"}],\"new_count\",\"survivor_count\",
                    \"example\":null|{\"id\",\"name\",\"alike\",\"alike_counts\":[],\"unreachable\",\"skipped\",
                                   \"path\":[{\"edge\":{\"name\",\"kind\"},\"id\",\"name\",\"class\",\"distance\",
                                             \"system_distance\",\"shallow_size\",\"retained_size\"}]}}]}
  path leads from the example up to a root; alike says how many of the new objects are held the same way, whatever the
  numbers of elements, the keys and the length of chains; alike_counts how many objects were held so in each snapshot";

#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The first snapshot
    pub base: PathBuf,
    /// Later ones of the same process; they are checked in the order in which they were taken
    #[arg(required = true, num_args = 1..)]
    pub current: Vec<PathBuf>,
    /// How much the whole heap may grow: 5%, 300kB, 2MiB
    #[arg(long, value_name = "LIMIT", value_parser = parse_growth)]
    pub max_total_growth: Option<GrowthLimit>,
    /// How many more objects of a class there may be; may be given several times, * stands for any text
    #[arg(long, value_name = "NAME=COUNT", value_parser = parse_class_limit)]
    pub max_class_growth: Vec<(String, u64)>,
    /// Fail if a class grows in every step
    #[arg(long)]
    pub fail_on_growing_every_step: bool,
    /// Objects that a class must grow by in each step to count as growing
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub step_objects: u64,
    /// Or bytes
    #[arg(long, value_name = "SIZE", default_value = "10kB", value_parser = parse_size)]
    pub step_size: u64,
    /// A file with the names of classes that may grow
    #[arg(long, value_name = "FILE")]
    pub ignore: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: CheckFormat,
}

/// How the answer is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum CheckFormat {
    Text,
    Json,
    /// For a comment on a change, or a job's summary
    Markdown,
    /// XML that CI systems read
    Junit,
}

/// How much more is still well.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum GrowthLimit {
    /// In hundredths of the base.
    Percent(f64),
    Bytes(u64),
}

impl GrowthLimit {
    /// In bytes.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of a size"
    )]
    pub(super) fn of(self, base_bytes: u64) -> u64 {
        match self {
            Self::Percent(percent) => (base_bytes as f64 * percent / 100.0) as u64,
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
    let wrong = || "expected a part such as 5% or a size such as 300kB".to_owned();
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
    // Names of classes may have a = of their own.
    let (name, count) = text.rsplit_once('=').ok_or("expected NAME=COUNT, as in Session=100")?;
    let count = count.parse().map_err(|_| format!("expected a number of objects after =, found {count}"))?;
    if name.is_empty() { Err("expected the name of a class before =".to_owned()) } else { Ok((name.to_owned(), count)) }
}
