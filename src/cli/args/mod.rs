//! Arguments of the command line.

pub(super) mod check;
pub(super) mod export;
pub(super) mod findings;
mod help;
pub(super) mod report;
pub(super) mod scrub;
pub(super) mod sql;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::capture::{CAPTURE_HELP, CaptureArguments};
use super::generate::Generated;
use super::mcp::{McpArguments, mcp_help};
use crate::model::MemoryLimit;
use crate::sources::{SourcePaths, SourceRoot};
use check::{CheckArguments, check_help};
use export::EXPORT_HELP;
pub(super) use export::{ExportArguments, ExportFormat};
use findings::{FINDINGS_HELP, FindingsArguments};
use help::{help_of, json_help, query_help};
use report::{REPORT_HELP, ReportArguments};
use scrub::{SCRUB_HELP, ScrubArguments};
use sql::{SqlArguments, sql_help};

/// An explorer for V8 heap snapshots. Without a subcommand, opens the window with the given files.
#[derive(Debug, Parser)]
#[command(name = "heapglass", version, about, after_long_help = json_help(), subcommand_precedence_over_arg = true)]
#[command(override_usage = "heapglass [OPTIONS] [FILE]...\n       heapglass [OPTIONS] <COMMAND>")]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Snapshots to open in the window
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Do not read or write the cache (with it, large files open faster the next time)
    #[arg(long = "no-cache", alias = "no-index", global = true)]
    pub no_index: bool,
    /// Open damaged files as far as they can be read and list the missing data on standard error
    #[arg(long = "recover", alias = "salvage", global = true)]
    pub recovery: bool,
    /// Refuse files that need more memory than this: a size such as 8GB, `available` for the memory that the system,
    /// container and process limits leave, or `none` for no limit
    #[arg(long, global = true, value_name = "SIZE", default_value = "available", env = "HEAPGLASS_MAX_MEMORY")]
    #[arg(value_parser = clap::value_parser!(MemoryLimit), hide_env_values = true)]
    pub max_memory: MemoryLimit,
    #[command(flatten)]
    pub sources: SourceArguments,
    /// With --version, also print the build, the features and the renderer
    #[arg(long)]
    pub verbose: bool,
}

/// The places where the text of scripts may be.
#[derive(Clone, Debug, Default, Args)]
pub struct SourceArguments {
    /// Read source files only from this folder, or from TO instead of where the snapshot's URLs begin with FROM; can be
    /// repeated
    #[arg(long = "source-root", global = true, value_name = "[FROM=]TO", value_parser = parse_root)]
    pub roots: Vec<SourceRoot>,
    /// Read this source map, or the source maps in this folder, for scripts whose maps are named like them with .map
    /// added; can be repeated
    #[arg(long = "source-map", global = true, value_name = "PATH", value_parser = parse_map)]
    pub maps: Vec<PathBuf>,
    /// Include lines of source in the output of `findings`, `report` and `check`; without it, only the text output of
    /// `findings` has them
    #[arg(long = "source-lines", global = true)]
    pub lines: bool,
    /// Do not read source files; only the text in the snapshots and in their captures is used
    #[arg(long = "no-source-files", global = true, conflicts_with = "roots")]
    pub no_files: bool,
}

impl SourceArguments {
    #[must_use]
    pub fn paths(&self) -> SourcePaths {
        let paths = if self.no_files { SourcePaths::without_files() } else { SourcePaths::new(self.roots.clone()) };
        paths.with_maps(self.maps.clone())
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open files in the window, at an object or a view; "Copy link" in the window copies such a command
    Open(OpenArguments),
    /// List classes with count, distance, shallow and retained size
    #[command(after_long_help = help_of("summary"))]
    Summary(SummaryArguments),
    /// Show what keeps an object alive, nearest to the roots first
    #[command(after_long_help = help_of("retainers"))]
    Retainers(RetainersArguments),
    /// Show the details of an object and its outgoing references
    #[command(after_long_help = help_of("object"))]
    Object(ObjectArguments),
    /// Show the source of an object's class or function, and the lines that fill its holder
    #[command(after_long_help = help_of("sources"))]
    Sources(SourcesArguments),
    /// Show bytes by category
    #[command(after_long_help = help_of("statistics"))]
    Statistics(StatisticsArguments),
    /// List scripts or packages with functions, source, code and retained size
    #[command(after_long_help = help_of("scripts"))]
    Scripts(ScriptsArguments),
    /// List windows, frames, vm contexts and other realms with their objects and sizes
    #[command(after_long_help = help_of("realms"))]
    Realms(RealmsArguments),
    /// List context variables that no live function reads
    #[command(name = "dead-variables", alias = "contexts", after_long_help = help_of("dead-variables"))]
    DeadVariables(DeadVariablesArguments),
    /// List all nodes, one per line, sorted by id
    #[command(after_long_help = help_of("nodes"))]
    Nodes(NodesArguments),
    /// Compare two snapshots: objects allocated, freed and grown by class
    #[command(after_long_help = help_of("compare"))]
    Compare(CompareArguments),
    /// Find objects by name, id, class, property, kind, size or distance
    #[command(after_long_help = query_help())]
    Search(SearchArguments),
    /// Query snapshots in SQL: nodes, references, classes, strings, findings and more as tables
    #[command(after_long_help = sql_help())]
    Sql(SqlArguments),
    /// Report what accumulates memory, whether it is a leak, and what to do
    #[command(after_long_help = FINDINGS_HELP)]
    Findings(FindingsArguments),
    /// Write one page with findings, charts, paths, classes and growth, for a ticket
    #[command(after_long_help = REPORT_HELP)]
    Report(ReportArguments),
    /// Check memory growth in CI: exit with code 3 if a limit is exceeded, and report growing classes with retaining paths
    #[command(after_long_help = check_help())]
    Check(CheckArguments),
    /// Write nodes, edges, classes and other tables as Parquet, JSON lines or CSV for query engines
    #[command(after_long_help = EXPORT_HELP)]
    Export(ExportArguments),
    /// Take snapshots, a timeline or a sampling profile of a running program
    #[command(after_long_help = CAPTURE_HELP)]
    Capture(CaptureArguments),
    /// Write a copy of a snapshot without the texts of its heap, to hand it on
    #[command(after_long_help = SCRUB_HELP)]
    Scrub(ScrubArguments),
    /// List functions with their allocated and live objects and bytes (needs allocation stacks)
    #[command(after_long_help = help_of("allocations"))]
    Allocations(AllocationsArguments),
    /// List functions or calls of a sampling heap profile, or compare two profiles
    #[command(after_long_help = help_of("profile"))]
    Profile(ProfileArguments),
    /// Let an agent ask about snapshots: a Model Context Protocol server on standard input and output
    #[command(after_long_help = mcp_help())]
    Mcp(McpArguments),
    /// Write shell completions or a manual page
    #[command(hide = true, subcommand)]
    Generate(Generated),
}

/// The arguments of `open`.
#[derive(Clone, Debug, Args)]
pub struct OpenArguments {
    /// Snapshots or saved sessions
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Select the object with this id, of the last file; of the last file of a session if only sessions are given
    #[arg(long, value_name = "@ID", value_parser = parse_id)]
    pub at: Option<u64>,
    /// Show this view, such as `summary` or `dominators`, or this lower pane: `retainers`, `paths`, `object` or `source`
    #[arg(long, value_name = "VIEW")]
    pub view: Option<String>,
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
pub struct SourcesArguments {
    #[command(flatten)]
    pub object: ObjectArguments,
    /// Lines of source to show before and after the position
    #[arg(long, value_name = "N", default_value_t = 6)]
    pub context: usize,
}

#[derive(Debug, Args)]
pub struct StatisticsArguments {
    /// The snapshot, plain, .gz or .zst; - reads standard input
    pub file: PathBuf,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ScriptsArguments {
    /// The snapshot, plain, .gz or .zst; - reads standard input
    pub file: PathBuf,
    /// List packages (`node_modules/NAME`), the runtime and the program rather than scripts
    #[arg(long)]
    pub packages: bool,
    /// Maximum number of scripts or packages to list
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct RealmsArguments {
    /// The snapshot, plain, .gz or .zst; - reads standard input
    pub file: PathBuf,
    /// Maximum number of realms to list
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct DeadVariablesArguments {
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
    /// The sampling heap profile, or the earlier of two
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

/// Parses a source root. A folder that does not exist is a mistake, as nothing else would be read.
fn parse_root(text: &str) -> Result<SourceRoot, String> {
    let root: SourceRoot = text.parse()?;
    if root.is_folder() { Ok(root) } else { Err("the folder does not exist".to_owned()) }
}

fn parse_map(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.exists() { Ok(path) } else { Err("no such file or folder".to_owned()) }
}

fn parse_id(text: &str) -> Result<u64, String> {
    text.strip_prefix('@').unwrap_or(text).parse().map_err(|_| "expected an id such as @123".to_owned())
}
