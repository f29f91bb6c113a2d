//! Arguments of the command line.

pub(super) mod check;
pub(super) mod findings;

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::capture::{CAPTURE_HELP, CaptureArguments};
use super::generate::Generated;
use crate::model::MemoryLimit;
use crate::query::Query;
use check::{CHECK_HELP, CheckArguments};
use findings::{FINDINGS_HELP, FindingsArguments};

const JSON_HELP: &str = "\
JSON (stable; sizes are bytes, keys in this order):
  summary     {\"file\",\"totals\":{\"nodes\",\"edges\",\"strings\",\"total_size\",\"unreachable_size\"},
               \"classes\":[{\"name\",\"location\":null|{\"script_id\",\"line\",\"column\",\"url\"},\"count\",
                           \"distance\",\"system_distance\",\"shallow_size\",\"retained_size\"}]}
              largest retained size first, unless --sort is given; lines and columns count from 0 (in text output
              from 1); url is the file or address of the script, null if the snapshot does not name it
  retainers   {\"id\",\"name\",\"class\",\"distance\",\"system_distance\",\"shallow_size\",\"retained_size\",
               \"retainers\":[{…the same…,\"edge\":{\"name\",\"kind\"},\"cycle\",\"retainers\":[…]}]}
              --depth sets the number of levels; cycle is true if the object is already on the path
  object      {\"id\",\"name\",\"class\",\"kind\",\"distance\",\"system_distance\",\"unreachable\",\"self_size\",
               \"shallow_size\",\"retained_size\",\"detachedness\",\"location\",\"dominator_id\",\"edge_count\",\"retainer_count\",
               \"edges\":[{\"id\",\"name\",\"class\",…,\"edge\":{\"name\",\"kind\"}}]}
  statistics  {\"total\",\"native\":{\"total\",\"typed_arrays\",\"extra\"},
               \"v8heap\":{\"total\",\"code\",\"js_arrays\",\"strings\",\"system\"},\"unreachable\",
               \"producer\":{\"program\",\"version\",\"v8\",\"evidence\",\"user_roots\"}}
              extra is native memory without a node; program is one of Node.js, Chromium, Electron, Deno,
              Bun, JavaScriptCore, Hermes, Julia, V8, Unknown program
  dead-variables {\"file\",\"has_scopes\",\"is_incomplete\",\"scopes\":[{\"function\",\"url\",\"location\",\"start\",\"end\",
               \"variable_count\",\"contexts\":[{\"id\",\"retained_size\",\"dead_size\",\"variables\":[{\"name\",\"id\",\"value\",\"kind\",
               \"retained_size\",\"freed_size\"}]}]}],\"scripts_without_scopes\":[{\"id\",\"url\",\"contexts\"}]}
              context variables that no live function reads, largest retained size first; freed_size is 0 if
              something else also holds the value; --limit counts contexts; if is_incomplete is true, the file is
              damaged or its scope tables lack rows, and nothing is listed
  nodes       an array of objects with the columns of the TSV: id kind name class shallow_size retained_size distance
               system_distance dominator_id detachedness (0 unknown, 1 attached, 2 detached) edge_count retainer_count

  compare     {\"base\",\"current\",\"ids_match\",\"options_differ\",\"is_reversed\",\"classes\":[{\"name\",\"location\",\"new\",\"deleted\",\"delta\",
               \"allocated_size\",\"freed_size\",\"size_delta\",\"base_retained_size\",\"current_retained_size\"}]}
              classes with allocated or freed objects, most allocated bytes first, unless --sort is given; if
              ids_match is false, the object ids do not match and the numbers are differences of totals; is_reversed:
              the base is newer; options_differ: only one of the files exposes internals or numeric values
  search      {\"file\",\"query\",\"count\",\"size\",\"objects\":[{\"id\",\"name\",\"class\",\"distance\",\"system_distance\",
               \"shallow_size\",\"retained_size\"}]}
              largest retained size first; count and size are totals of all matches, regardless of --limit
  allocations {\"file\",\"functions\":[{\"name\",\"location\":null|{\"url\",\"script_id\",\"line\",\"column\"},
               \"live_count\",\"count\",\"live_size\",\"size\"}]}, most bytes allocated first; with --callers each has
              \"callers\":[{\"depth\",…the same…}]: one with depth N+1 called the one with depth N; at most 1000 each
  profile     {\"file\",\"total_size\",\"functions\":[{\"name\",\"location\",\"self_size\",\"total_size\"}]}, largest self
              size first; with --top-down \"calls\" instead, in the order of the tree, each with its \"depth\"; for two
              files also \"base\",\"base_total_size\", and in each row \"base_self_size\",\"base_total_size\", largest
              growth first. A recursive function counts each byte once

retainer_count counts every reference to the object; retainers lists only those that keep it alive, without weak references and
those of the root. In rows, names of classes, edges, kinds and functions are cut after 4096 characters and end with …; summary
and compare have full class names. compare and profile have \"identical\":true if both files are the same snapshot or profile.

For a damaged file opened with --recover, all but nodes have \"salvaged\", a list of the missing data.

distance is the number of references from a user root. If only system roots reach an object, it is null and system_distance
counts from those. If both are null, the object is unreachable, or reached only through references that distances ignore; rows
of search and retainers have \"unreachable\":true if it is unreachable. unreachable_size, and unreachable in statistics, are
the bytes of unreachable objects.

With --join-reloaded, summary and compare merge the classes of a script that was loaded several times: those with the same name,
URL without query, line and column. A merged class has \"joined_classes\", the number of classes that it merges.

Exit codes: 0 success, 1 the file or object cannot be read or found or the output cannot be written, 2 wrong usage. Closing the
pipe early is not an error.";

/// Returns the search grammar, which is the same in the window.
fn query_help() -> String {
    let mut text = "A query is a list of terms. An object must match all of them:\n".to_owned();
    for (example, meaning) in Query::help() {
        let _ = writeln!(text, "  {example:<24}{meaning}");
    }
    text.push_str(
        "\nQuote text that contains a colon, such as foo:bar; addresses and modules (https://…, node:fs) need no quotes. \
         Objects without a size of their own are found only by id. An invalid query is an error with exit code 2.",
    );
    text
}

/// An explorer for V8 heap snapshots. Without a subcommand, opens the window with the given files.
#[derive(Debug, Parser)]
#[command(name = "heapglass", version, about, after_long_help = JSON_HELP, subcommand_precedence_over_arg = true)]
#[command(override_usage = "heapglass [OPTIONS] [FILE]...\n       heapglass [OPTIONS] <COMMAND>")]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Snapshots to open in the window
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Do not read or write the cache, which makes large files open faster the next time
    #[arg(long = "no-cache", alias = "no-index", global = true)]
    pub no_index: bool,
    /// Open damaged files as far as they can be read and list the missing data on standard error
    #[arg(long = "recover", alias = "salvage", global = true)]
    pub salvage: bool,
    /// Refuse files that need more memory than this: a size such as 8GB, `available` for the memory that the system,
    /// container and process limits leave, or `none` for no limit
    #[arg(long, global = true, value_name = "SIZE", default_value = "available", env = "HEAPGLASS_MAX_MEMORY")]
    #[arg(value_parser = clap::value_parser!(MemoryLimit), hide_env_values = true)]
    pub max_memory: MemoryLimit,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List classes with count, distance, shallow and retained size
    #[command(after_long_help = JSON_HELP)]
    Summary(SummaryArguments),
    /// Show what keeps an object alive, nearest to the roots first
    #[command(after_long_help = JSON_HELP)]
    Retainers(RetainersArguments),
    /// Show the details of an object and its outgoing references
    #[command(after_long_help = JSON_HELP)]
    Object(ObjectArguments),
    /// Show bytes by category
    #[command(after_long_help = JSON_HELP)]
    Statistics(StatisticsArguments),
    /// List context variables that no live function reads
    #[command(name = "dead-variables", alias = "contexts", after_long_help = JSON_HELP)]
    Contexts(ContextsArguments),
    /// List all nodes, one per line, sorted by id
    #[command(after_long_help = JSON_HELP)]
    Nodes(NodesArguments),
    /// Compare two snapshots: objects allocated, freed and grown by class
    #[command(after_long_help = JSON_HELP)]
    Compare(CompareArguments),
    /// Find objects by name, id, class, property, kind, size or distance
    #[command(after_long_help = query_help())]
    Search(SearchArguments),
    /// Say what gathers memory, whether it is a leak, and what to do
    #[command(after_long_help = FINDINGS_HELP)]
    Findings(FindingsArguments),
    /// Check for CI: exit with code 3 if memory grew beyond limits, and report growing classes and retaining paths
    #[command(after_long_help = CHECK_HELP)]
    Check(CheckArguments),
    /// Take snapshots, a timeline or a sampling profile of a running program
    #[command(after_long_help = CAPTURE_HELP)]
    Capture(CaptureArguments),
    /// List functions with their allocated and live objects and bytes (needs allocation stacks)
    #[command(after_long_help = JSON_HELP)]
    Allocations(AllocationsArguments),
    /// List functions or calls of a sampling heap profile, or compare two profiles
    #[command(after_long_help = JSON_HELP)]
    Profile(ProfileArguments),
    /// Write shell completions or a manual page
    #[command(hide = true, subcommand)]
    Generate(Generated),
}

/// The output format.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    /// Aligned table
    Text,
    Json,
    Csv,
}

/// The output format of `nodes`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum NodesFormat {
    /// Tab-separated with a header line
    Tsv,
    Json,
}

/// A column of the summary.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Column {
    Name,
    Count,
    Distance,
    Shallow,
    Retained,
}

/// A column of the comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum ComparedColumn {
    Name,
    New,
    Deleted,
    Delta,
    Allocated,
    Freed,
    /// Allocated minus freed bytes
    Size,
    /// Growth of the retained size
    Retained,
}

#[derive(Debug, Args)]
pub struct CompareArguments {
    /// The earlier snapshot; one of the two files may be - for standard input
    pub base: PathBuf,
    /// The later snapshot of the same process
    pub current: PathBuf,
    /// Column to sort by: names from A to Z, numbers largest first
    #[arg(long, value_enum, default_value = "allocated", value_name = "COL")]
    pub sort: ComparedColumn,
    /// Merge the classes of a script that was loaded several times (?t=, hot reloading)
    #[arg(long)]
    pub join_reloaded: bool,
    /// Maximum number of classes to list
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct SearchArguments {
    /// The snapshot, plain, .gz or .zst; - reads standard input
    pub file: PathBuf,
    /// Query; --help shows the grammar
    #[arg(allow_hyphen_values = true)]
    pub query: String,
    /// Maximum number of objects to list
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct SummaryArguments {
    /// The snapshot, plain, .gz or .zst; - reads standard input
    pub file: PathBuf,
    /// Column to sort by: sizes and counts largest first, names and distances smallest first
    #[arg(long, value_enum, default_value = "retained", value_name = "COL")]
    pub sort: Column,
    /// Merge the classes of a script that was loaded several times (?t=, hot reloading)
    #[arg(long)]
    pub join_reloaded: bool,
    /// Maximum number of classes to list
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct RetainersArguments {
    #[command(flatten)]
    pub object: ObjectArguments,
    /// Levels of retainers to list, 200 at most; the output grows quickly with each level
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub depth: usize,
}

#[derive(Debug, Args)]
pub struct ObjectArguments {
    /// The snapshot, plain, .gz or .zst; - reads standard input
    pub file: PathBuf,
    /// Object id, such as @123
    #[arg(value_name = "@ID", value_parser = parse_id)]
    pub id: u64,
    /// Maximum number of references to list per object
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct StatisticsArguments {
    /// The snapshot, plain, .gz or .zst; - reads standard input
    pub file: PathBuf,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ContextsArguments {
    /// The snapshot
    pub file: PathBuf,
    /// Maximum number of contexts to list
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct NodesArguments {
    /// The snapshot, plain, .gz or .zst; - reads standard input
    pub file: PathBuf,
    #[arg(long, value_enum, default_value = "tsv")]
    pub format: NodesFormat,
}

#[derive(Debug, Args)]
pub struct AllocationsArguments {
    /// The allocation timeline, or a snapshot with allocation stacks
    pub file: PathBuf,
    /// List the callers of each function, up to the outermost call
    #[arg(long)]
    pub callers: bool,
    /// Maximum number of functions to list
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ProfileArguments {
    /// The sampling heap profile, or the earlier one of two
    pub file: PathBuf,
    /// The later profile to compare with
    pub current: Option<PathBuf>,
    /// List calls from the outermost down
    #[arg(long, conflicts_with = "bottom_up")]
    pub top_down: bool,
    /// List functions rather than calls (default)
    #[arg(long)]
    pub bottom_up: bool,
    /// Maximum number of functions or calls to list
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

fn parse_id(text: &str) -> Result<u64, String> {
    text.strip_prefix('@').unwrap_or(text).parse().map_err(|_| "expected an id such as @123".to_owned())
}
