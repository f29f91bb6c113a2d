//! Arguments of the command line.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::capture::{CAPTURE_HELP, CaptureArguments};
use super::check::arguments::{CHECK_HELP, CheckArguments};
use crate::model::MemoryLimit;
use crate::query::Query;

const JSON_HELP: &str = "\
JSON (stable; sizes are bytes, keys in this order):
  summary     {\"file\",\"totals\":{\"nodes\",\"edges\",\"strings\",\"total_size\",\"unreachable_size\"},
               \"classes\":[{\"name\",\"location\":null|{\"script_id\",\"line\",\"column\",\"url\"},\"count\",
                           \"distance\",\"system_distance\",\"shallow_size\",\"retained_size\"}]}
              by retained size, largest first, unless --sort says otherwise; lines and columns count from 0 (in
              text from 1); url is the script's file or address, null where the snapshot does not say
  retainers   {\"id\",\"name\",\"class\",\"distance\",\"system_distance\",\"shallow_size\",\"retained_size\",
               \"retainers\":[{…the same…,\"edge\":{\"name\",\"kind\"},\"cycle\",\"retainers\":[…]}]}
              as deep as --depth says; cycle is true where an object stands on the way to itself
  object      {\"id\",\"name\",\"class\",\"kind\",\"distance\",\"system_distance\",\"unreachable\",\"self_size\",
               \"shallow_size\",\"retained_size\",\"detachedness\",\"location\",\"dominator_id\",\"edge_count\",\"retainer_count\",
               \"edges\":[{\"id\",\"name\",\"class\",…,\"edge\":{\"name\",\"kind\"}}]}
  statistics  {\"total\",\"native\":{\"total\",\"typed_arrays\",\"extra\"},
               \"v8heap\":{\"total\",\"code\",\"js_arrays\",\"strings\",\"system\"},\"unreachable\",
               \"producer\":{\"program\",\"version\",\"v8\",\"evidence\",\"user_roots\"}}
              extra is what the header counts without any node; program is one of Node.js, Chromium, Electron, Deno,
              Bun, JavaScriptCore, Hermes, Julia, V8, Unknown program
  contexts    {\"file\",\"has_scopes\",\"is_incomplete\",\"scopes\":[{\"function\",\"url\",\"location\",\"start\",\"end\",
               \"variable_count\",\"contexts\":[{\"id\",\"retained_size\",\"dead_size\",\"variables\":[{\"name\",\"id\",\"value\",\"kind\",
               \"retained_size\",\"freed_size\"}]}]}],\"scripts_without_scopes\":[{\"id\",\"url\",\"contexts\"}]}
              variables of contexts that no function alive reads, what retains most first; freed_size is 0 where
              something else holds the value too; --limit counts contexts; where is_incomplete, the file is
              damaged or its tables of scopes lack rows, and nothing is listed
  nodes       an array of objects with the columns of the TSV: id kind name class shallow_size retained_size distance
               system_distance dominator_id detachedness (0 unknown, 1 attached, 2 detached) edge_count retainer_count

  compare     {\"base\",\"current\",\"ids_match\",\"options_differ\",\"is_reversed\",\"classes\":[{\"name\",\"location\",\"new\",\"deleted\",\"delta\",
               \"allocated_size\",\"freed_size\",\"size_delta\",\"base_retained_size\",\"current_retained_size\"}]}
              classes of which objects came or went, most allocated first, unless --sort says otherwise; where
              ids_match is false the ids of the two do not mean the same objects and the numbers are of totals; is_reversed:
              the base is newer; options_differ: one of the two exposes internals or values of numbers, the other does not
  search      {\"file\",\"query\",\"count\",\"size\",\"objects\":[{\"id\",\"name\",\"class\",\"distance\",\"system_distance\",
               \"shallow_size\",\"retained_size\"}]}
              by retained size, largest first; count and size are of all that was found, whatever --limit says
  allocations {\"file\",\"functions\":[{\"name\",\"location\":null|{\"url\",\"script_id\",\"line\",\"column\"},
               \"live_count\",\"count\",\"live_size\",\"size\"}]}, most bytes allocated first; with --callers each has
              \"callers\":[{\"depth\",…the same…}], those with more depth called the one before; 1000 of each at most
  profile     {\"file\",\"total_size\",\"functions\":[{\"name\",\"location\",\"self_size\",\"total_size\"}]}, most of its
              own first; with --top-down \"calls\" instead, in the order of the tree, each with its \"depth\"; of two
              files also \"base\",\"base_total_size\", and in each row \"base_self_size\",\"base_total_size\", what grew
              most first. A function that calls itself counts each byte once

retainer_count counts every reference to the object; retainers lists those that keep it alive, which excludes weak references
and those of the root. Names of classes, edges, kinds and functions in rows end with … after 4096 characters; summary and
compare have class names whole. compare and profile have \"identical\":true where both files are one snapshot or profile.

Of a damaged file that was opened with --salvage all but nodes have \"salvaged\": a list of what is missing.

distance is the number of references from a user root; where only system roots reach an object it is null and
system_distance has the number from those. Where both are null the object is unreachable, or reached only through references
that distances leave out; rows of search and retainers have \"unreachable\":true for the first. unreachable_size and, in statistics,
unreachable are bytes of such objects.

With --join-reloaded summary and compare list the classes of a script that was loaded several times as one, by name, URL without
query, line and column; such a class has \"joined_classes\", their number.

Exit codes: 0 done, 1 the file or object cannot be read or found or the output cannot be written, 2 wrong usage. A reader
that closes the pipe early is no error.";

/// The grammar of searches, as the window shows it.
fn query_help() -> String {
    let mut text = "A query is a list of terms, all of which must hold:\n".to_owned();
    for (example, meaning) in Query::help() {
        let _ = writeln!(text, "  {example:<24}{meaning}");
    }
    text.push_str(
        "\nText with a colon, such as foo:bar, must be in quotes; addresses and modules (https://…, node:fs) need none. \
         Objects without a size of their own are found by their id only. An invalid query is an error with exit code 2.",
    );
    text
}

/// An explorer for V8 heap snapshots. Without a subcommand it opens the window, with the files if there are any.
#[derive(Debug, Parser)]
#[command(name = "heapglass", version, about, after_long_help = JSON_HELP, subcommand_precedence_over_arg = true)]
#[command(override_usage = "heapglass [OPTIONS] [FILE]...\n       heapglass [OPTIONS] <COMMAND>")]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Snapshots to open in the window
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Read and write no index: neither use nor keep what was derived of a file when it was first opened
    #[arg(long, global = true)]
    pub no_index: bool,
    /// Open what is there of a damaged file and list on standard error what is missing; the window offers it by itself
    #[arg(long, global = true)]
    pub salvage: bool,
    /// Refuse files that need more memory than this: a size such as 8GB, `available` for what the system, its container and
    /// its limits leave, or `none` to open them anyway
    #[arg(long, global = true, value_name = "SIZE", default_value = "available", env = "HEAPGLASS_MAX_MEMORY")]
    #[arg(value_parser = clap::value_parser!(MemoryLimit), hide_env_values = true)]
    pub max_memory: MemoryLimit,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Classes with count, distance, shallow and retained size
    #[command(after_long_help = JSON_HELP)]
    Summary(SummaryArguments),
    /// What keeps an object alive, nearest to the roots first
    #[command(after_long_help = JSON_HELP)]
    Retainers(RetainersArguments),
    /// An object's own facts and its outgoing edges
    #[command(after_long_help = JSON_HELP)]
    Object(ObjectArguments),
    /// Bytes by category
    #[command(after_long_help = JSON_HELP)]
    Statistics(StatisticsArguments),
    /// Variables of closures' contexts that no function alive reads
    #[command(after_long_help = JSON_HELP)]
    Contexts(ContextsArguments),
    /// One line a node, by id
    #[command(after_long_help = JSON_HELP)]
    Nodes(NodesArguments),
    /// What came, what went and what grew between two snapshots
    #[command(after_long_help = JSON_HELP)]
    Compare(CompareArguments),
    /// Objects by name, id, class, property, kind, size, distance
    #[command(after_long_help = query_help())]
    Search(SearchArguments),
    /// For CI: fails with exit code 3 if memory grew beyond limits, and says what grew and what holds it
    #[command(after_long_help = CHECK_HELP)]
    Check(CheckArguments),
    /// Take snapshots, a timeline or a sampling profile from a running program
    #[command(after_long_help = CAPTURE_HELP)]
    Capture(CaptureArguments),
    /// Functions that allocated while stacks were recorded, and what of it is alive
    #[command(after_long_help = JSON_HELP)]
    Allocations(AllocationsArguments),
    /// Functions or calls of a sampling heap profile, alone or compared
    #[command(after_long_help = JSON_HELP)]
    Profile(ProfileArguments),
}

/// How the answer is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    /// An aligned table for people
    Text,
    Json,
    Csv,
}

/// How `nodes` are written.
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
    /// Allocated less freed bytes
    Size,
    /// Growth of the retained size
    Retained,
}

#[derive(Debug, Args)]
pub struct CompareArguments {
    /// The earlier snapshot; one of the two may be - for standard input
    pub base: PathBuf,
    /// The later one, of the same process
    pub current: PathBuf,
    /// Column to sort by: names from A to Z, numbers largest first
    #[arg(long, value_enum, default_value = "allocated", value_name = "COL")]
    pub sort: ComparedColumn,
    /// List classes of a script that was loaded several times (?t=, hot reloading) as one
    #[arg(long)]
    pub join_reloaded: bool,
    /// How many classes to list
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct SearchArguments {
    /// The snapshot, plain, .gz or .zst; - reads standard input
    pub file: PathBuf,
    /// What to look for; --help has the grammar
    #[arg(allow_hyphen_values = true)]
    pub query: String,
    /// How many objects to list
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
    /// List classes of a script that was loaded several times (?t=, hot reloading) as one
    #[arg(long)]
    pub join_reloaded: bool,
    /// How many classes to list
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct RetainersArguments {
    #[command(flatten)]
    pub object: ObjectArguments,
    /// How many levels of retainers to list, 200 at most; the lists grow quickly with it
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub depth: usize,
}

#[derive(Debug, Args)]
pub struct ObjectArguments {
    /// The snapshot, plain, .gz or .zst; - reads standard input
    pub file: PathBuf,
    /// The object's id, as in @123
    #[arg(value_name = "@ID", value_parser = parse_id)]
    pub id: u64,
    /// How many references of an object to list
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
    /// How many contexts to list
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
    /// List who called each function, and so on up to the outermost call
    #[arg(long)]
    pub callers: bool,
    /// How many functions to list
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ProfileArguments {
    /// The sampling heap profile; of two the earlier one
    pub file: PathBuf,
    /// The later profile, to be compared with it
    pub current: Option<PathBuf>,
    /// The calls from the outermost down
    #[arg(long, conflicts_with = "bottom_up")]
    pub top_down: bool,
    /// The functions that allocated (the default)
    #[arg(long)]
    pub bottom_up: bool,
    /// How many functions or calls to list
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

fn parse_id(text: &str) -> Result<u64, String> {
    text.strip_prefix('@').unwrap_or(text).parse().map_err(|_| "expected an id such as @123".to_owned())
}
