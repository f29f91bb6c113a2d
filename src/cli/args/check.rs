//! Arguments of `heapglass check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use regex::Regex;

use super::findings::Threshold;
use super::help::with_rows;
use crate::model::{convert, human};
use crate::query::search_grammar::size;

const HELP: &str = "\
Limits compare the last snapshot with BASE, except for --max-count. If no limit is given, the defaults are:
  --max-total-growth 5% --fail-on likely
An idle program passes, and so does one that filled its caches before BASE was taken. Take BASE after a warm-up, collect
garbage before each snapshot (writing a snapshot does that), and take three or more snapshots: two are only one step, so
growth is at most likely a leak.

--fail-on judges holders as `heapglass findings` does: a holder is the object and field that accumulate objects, such as
SessionCache.byId. It needs snapshots of one process; if the defaults apply and the processes differ, classes are judged
instead, as by --fail-on-growing-every-step.

--baseline names a file with the signatures of known findings, one per line. Known findings are listed and do not fail. Write
the file with --write-baseline. --against compares with the series in a folder, such as the one before a fix. Without other limits,
both mean --fail-on likely.

--max-count needs only one snapshot: the number of objects of a class in the last one. NAME is the exact name, or a regular
expression in slashes, such as '/^Notebook/=0'. Each violation lists objects with their retaining paths.

A class grows in every step if each step adds at least --step-objects objects and 1% of those in BASE, or at least
--step-size bytes and 1% of those in BASE. This rule skips the runtime's own classes: (compiled code), (system),
(object shape) and (synthetic).

--ignore names a file with one name per line, of a class or of a holder. * matches any text; # at the start of a line or
after a space starts a comment. The growth of these classes does not count toward the total.

A snapshot that is identical to an earlier one is ignored with a note; at least two different snapshots are required, unless
--max-count is the only limit.

The verdict decides the exit code even if the report cannot be written, which is reported on standard error.

Exit codes: 0 all limits hold, 1 a file cannot be read, 2 usage error, 3 a limit is exceeded or a file is damaged (--recover).

Classes and functions of a script that was loaded several times (?t=, a test runner's registry) are merged if their name, URL
(ignoring the query), line and column match. The example is an object on the retaining path that gains the most objects, in
every step if possible.

JSON: {\"passed\",\"ids_match\",\"options_differ\",\"notes\":[],\"limits\":[{\"rule\",\"allowed\",\"passed\"}],
       \"snapshots\":[{\"file\",\"objects\",\"total_size\"}],\"total_growth\",\"ignored_growth\",
       \"findings\":[{\"rules\":[],\"class\",\"location\",\"pattern\",
                    \"snapshots\":[{\"count\",\"shallow_size\",\"retained_size\"}],\"new_count\",\"survivor_count\",
                    \"example\":null|{\"id\",\"name\",\"alike\",\"alike_counts\":[],\"unreachable\",\"skipped\",
                                   \"path\":[{@references}]}}],
       \"leaks\":[{\"known\",\"signature\",…as in findings --format json…}],
       \"violations\":[{\"rule\",\"count\",\"allowed\",\"objects\":[…]}],
       \"baseline\":null|{\"known\",\"new\",\"gone\"},\"against\":null|{\"fixed\":[],\"still_there\":[],\"new\":[]}}
  path leads from the example up to a root; objects of a violation are shaped like example; alike is the number of new objects
  that are held the same way, ignoring element indexes, keys and the length of chains; alike_counts is the number of objects held
  the same way in each snapshot";

/// Returns the help after the options.
pub(super) fn check_help() -> String {
    with_rows(HELP)
}

#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The first snapshot
    pub base: PathBuf,
    /// Later snapshots of the same process; they are sorted by age
    pub current: Vec<PathBuf>,
    /// Maximum growth of the whole heap: 5%, 300kB, 2MiB
    #[arg(long, value_name = "LIMIT", value_parser = parse_growth)]
    pub max_total_growth: Option<GrowthLimit>,
    /// Fail if a holder accumulates objects without bound: a leak, or also a likely leak
    #[arg(long, value_enum, value_name = "VERDICT")]
    pub fail_on: Option<Threshold>,
    /// Maximum number of additional objects of a class; * matches any text; can be repeated
    #[arg(long, value_name = "NAME=COUNT", value_parser = parse_class_limit)]
    pub max_class_growth: Vec<(String, u64)>,
    /// Maximum number of objects of a class in the last snapshot; /NAME/ is a regular expression; can be repeated
    #[arg(long, value_name = "NAME=COUNT", value_parser = parse_count_limit)]
    pub max_count: Vec<(ClassPattern, u64)>,
    /// Fail if a class grows in every step
    #[arg(long)]
    pub fail_on_growing_every_step: bool,
    /// Number of objects that a class must gain in each step to count as growing
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub step_objects: u64,
    /// Number of bytes that a class must gain in each step to count as growing
    #[arg(long, value_name = "SIZE", default_value = "10kB", value_parser = parse_size)]
    pub step_size: u64,
    /// File that lists the names of classes and holders that may grow
    #[arg(long, value_name = "FILE")]
    pub ignore: Option<PathBuf>,
    /// File with the signatures of known findings, which do not fail
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write the signatures of all findings that would fail to the --baseline file
    #[arg(long, requires = "baseline")]
    pub write_baseline: bool,
    /// Folder with an earlier series: list leaks that are fixed, still there or new
    #[arg(long, value_name = "FOLDER")]
    pub against: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: CheckFormat,
}

impl CheckArguments {
    /// Returns true if any limit is given.
    pub(in crate::cli) fn has_limits(&self) -> bool {
        self.needs_growth() || !self.max_count.is_empty()
    }

    /// Returns true if a given limit compares snapshots.
    pub(in crate::cli) fn needs_growth(&self) -> bool {
        self.max_total_growth.is_some()
            || !self.max_class_growth.is_empty()
            || self.fail_on_growing_every_step
            || self.judges_holders()
    }

    /// Returns true if an option needs findings.
    pub(in crate::cli) fn judges_holders(&self) -> bool {
        self.fail_on.is_some() || self.baseline.is_some() || self.against.is_some()
    }
}

/// The name of a class, or a regular expression that matches such names.
#[derive(Clone, Debug)]
pub enum ClassPattern {
    Name(String),
    Expression(Regex),
}

impl ClassPattern {
    /// Returns true if the pattern matches the name of a class.
    pub(in crate::cli) fn is_match(&self, class: &str) -> bool {
        match self {
            Self::Name(name) => name == class,
            Self::Expression(expression) => expression.is_match(class),
        }
    }
}

impl std::fmt::Display for ClassPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Expression(expression) => write!(f, "/{expression}/"),
        }
    }
}

/// The format of the report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum CheckFormat {
    Text,
    Json,
    /// For a pull request comment or a job summary
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
            Self::Percent(percent) => write!(f, "{percent}%"),
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

fn parse_count_limit(text: &str) -> Result<(ClassPattern, u64), String> {
    let (name, count) = parse_class_limit(text)?;
    let inner = name.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    if inner == Some("") || (inner.is_none() && name.contains('*')) {
        return Err("expected the exact name of a class, or a regular expression in slashes such as /^Node/".to_owned());
    }
    let pattern = match inner {
        Some(expression) => ClassPattern::Expression(
            Regex::new(expression).map_err(|error| format!("invalid regular expression: {error}"))?,
        ),
        None => ClassPattern::Name(name),
    };
    Ok((pattern, count))
}

fn parse_class_limit(text: &str) -> Result<(String, u64), String> {
    // Class names can contain `=`.
    let (name, count) = text.rsplit_once('=').ok_or("expected NAME=COUNT, such as Session=100")?;
    let count = count.parse().map_err(|_| format!("expected a number of objects after =, found {count}"))?;
    if name.is_empty() { Err("expected a class name before =".to_owned()) } else { Ok((name.to_owned(), count)) }
}
