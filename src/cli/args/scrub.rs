//! Arguments of `heapglass scrub`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The output format of `scrub`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum ScrubFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub struct ScrubArguments {
    /// The snapshots, plain, .gz or .zst; - reads standard input, which is stored beside the copy meanwhile
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The copy, compressed if its name ends in .gz or .zst; or an existing folder, required for several files, where each
    /// copy has the name of its file. Existing files are never replaced
    #[arg(short, long = "output", value_name = "OUT", required_unless_present = "preview")]
    pub output: Option<PathBuf>,
    /// Keep texts that match this regular expression as a whole; can be repeated
    #[arg(long, value_name = "PATTERN")]
    pub keep: Vec<String>,
    /// Derive the key from this text instead of a random one, so that copies made at different times match; other users
    /// of the machine can see it while the command runs
    #[arg(long, value_name = "TEXT", conflicts_with = "key_file")]
    pub key: Option<String>,
    /// Derive the key from the contents of this file
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Also replace the paths of scripts, except those of the runtime
    #[arg(long)]
    pub scrub_script_names: bool,
    /// Write nothing; list the kept names that look most like data instead
    #[arg(long, alias = "dry-run", conflicts_with = "output")]
    pub preview: bool,
    /// Maximum number of names that --preview lists per file
    #[arg(long, value_name = "N", default_value_t = 200, requires = "preview")]
    pub limit: usize,
    #[arg(long, value_enum, default_value = "text")]
    pub format: ScrubFormat,
}

/// Returns the part of the help after the options.
pub(super) const SCRUB_HELP: &str = "\
A copy has the same objects, references, ids, sizes, kinds and classes, so all views and reports show the same numbers.
  Replaced by text of the same length from a keyed hash: strings (also concatenated and sliced ones), numbers, regular
  expressions, symbols, bigints, keys of dictionaries, source text, and the queries, fragments and credentials of URLs.
  Equal texts stay equal, different texts stay different. Without --key or --key-file the key is random and not stored.
  Kept: names of classes, functions, scripts, variables and internal references, and names of properties if they look
  like identifiers and the program has them: as a function or variable, as a constant in its code, in a class, or in at
  least 20 plain objects. Check what stays with --preview.
  Lengths of texts, and whether two of them are equal, stay visible. Property names that are not kept are not sorted as
  before. Unknown sections of the file are left out. Files must be undamaged; --recover has no effect.

JSON: {\"files\":[{\"file\",\"output\",\"bytes\",\"strings\",\"nodes\",\"edges\",\"replaced\":{…},\"kept\":{…},\"second_entries\",\"cleaned\",\"left_out\":[]}]}
  replaced and kept count different texts by use; second_entries are strings with uses of both kinds; cleaned are kept
  texts of which a part was replaced, such as the query of a URL; bytes is the size before compression.
With --preview: {\"files\":[{\"file\",\"strings\",\"replaced\":{…},\"kept\":{…},\"names\":[{\"use\",\"name\"}]}]}
  The names that look most like data are first.";
