//! Help texts. Shapes of rows come from the declarations of the columns.

use std::fmt::Write as _;

use crate::export::{
    ALLOCATIONS, CLASSES, COMPARISON, Classes, ComparedClasses, Functions, OBJECTS, Objects, PROFILE, REALMS,
    REFERENCES, RealmRows, SCRIPTS, SITES, ScriptRows, Sites, VARIABLES, Variables, columns_help, columns_of, shape,
};
use crate::query::Query;

/// The maximum length of a line.
const WIDTH: usize = 128;

/// The shapes of all answers, with the names of rows in place of their columns.
const SHAPES: &str = "\
JSON (stable; sizes are bytes, keys in this order):
  summary     {\"file\",\"totals\":{\"nodes\",\"edges\",\"strings\",\"total_size\",\"unreachable_size\"},\"classes\":[{@classes}]}
              largest retained size first, unless --sort is given; lines and columns count from 0 (in text output
              from 1); url is the file or URL of the script, null if the snapshot does not name it
  retainers   {@objects,\"retainers\":[{@references,\"cycle\",\"retainers\":[…]}]}
              --depth sets the number of levels; cycle is true if the object is already on the path
  object      {\"id\",\"name\",\"class\",\"kind\",\"distance\",\"system_distance\",\"unreachable\",\"self_size\",\"shallow_size\",\"retained_size\",\"detachedness\",\"location\",\"dominator_id\",\"edge_count\",\"retainer_count\",\"edges\":[{@references}]}
  sources     {\"id\",\"name\",\"class\",\"location\",\"source\":null|{\"from\",\"path\",\"is_cut\",\"first_line\",\"lines\":[]},\"missing\",\"holder\",\"sites\":[{@sites}]}
              from is snapshot, capture, file or source-map; missing says why the text is not known; sites are the lines that fill the holder
  statistics  {\"total\",\"native\":{\"total\",\"typed_arrays\",\"extra\"},\"v8heap\":{\"total\",\"code\",\"js_arrays\",\"strings\",\"system\"},\"unreachable\",\"producer\":{\"program\",\"version\",\"v8\",\"evidence\",\"user_roots\"}}
              extra is native memory without a node; program is one of Node.js, Chromium, Electron, Deno,
              Bun, JavaScriptCore, Hermes, Julia, V8, Unknown program
  scripts     {\"file\",\"scripts\":[{@scripts}]}
              largest retained size first; copies are loads of the same URL without its query; with --packages
              \"packages\" instead, each with its \"folder\", \"kind\" and number of \"scripts\" rather than those of a script
  realms      {\"file\",\"realms\":[{@realms}],\"shared\":{\"count\",\"shallow_size\"},\"unattributed\":{\"count\",\"shallow_size\"}}
              native contexts, most attributed bytes first; shared are the objects of several realms, unattributed those
              of none
  dead-variables {\"file\",\"has_scopes\",\"is_incomplete\",\"scopes\":[{\"function\",\"url\",\"location\",\"start\",\"end\",\"variable_count\",\"contexts\":[{\"id\",\"retained_size\",\"dead_size\",\"variables\":[{@variables}]}]}],\"scripts_without_scopes\":[{\"id\",\"url\",\"contexts\"}]}
              context variables that no live function reads, largest retained size first; freed_size is 0 if
              something else also holds the value; --limit counts contexts; if is_incomplete is true, the file is
              damaged or its scope tables lack rows, and nothing is listed
  nodes       an array of objects with the columns of the TSV:
              @nodes

  compare     {\"base\",\"current\",\"ids_match\",\"options_differ\",\"is_reversed\",\"classes\":[{@compared}]}
              classes with allocated or freed objects, most allocated bytes first, unless --sort is given; if
              ids_match is false, the object ids do not match and the numbers are differences of totals; is_reversed:
              the base is newer; options_differ: only one of the files exposes internals or numeric values
  search      {\"file\",\"query\",\"count\",\"size\",\"objects\":[{@objects}]}
              largest retained size first; count and size are totals of all matches, regardless of --limit
  sql         {\"files\":[],\"query\",\"columns\":[],\"rows\":[{…}],\"truncated\"}
              the members of a row are the columns of the query; truncated is true if --limit cut the answer
  allocations {\"file\",\"functions\":[{@allocated}]}
              most bytes allocated first; with --callers each has \"callers\":[{\"depth\",…the same…}]:
              one with depth N+1 called the one with depth N; at most 1000 per function
  profile     {\"file\",\"total_size\",\"functions\":[{@profiled}]}
              largest self size first; with --top-down \"calls\" instead, in the order of the tree, each with its \"depth\"; for two
              files also \"base\",\"base_total_size\", and in each row \"base_self_size\",\"base_total_size\", largest
              growth first. A recursive function counts each byte once

retainer_count counts every reference to the object; retainers lists only those that keep it alive, excluding weak references
and references from the root. In rows, names of classes, edges, kinds and functions are cut after 4096 characters and end with
…; summary and compare have full class names. compare and profile have \"identical\":true if both files are the same snapshot
or profile.

For a damaged file opened with --recover, the output of all commands except nodes has \"salvaged\", a list of the missing data.

distance is the number of references from a user root. If only system roots reach an object, it is null and system_distance
counts from those. If both are null, the object is unreachable, or reached only through references that distances ignore; rows
of search and retainers have \"unreachable\":true if it is unreachable. unreachable_size, and unreachable in statistics, are
the bytes of unreachable objects.

With --join-reloaded, summary and compare merge the classes of a script that was loaded several times: those with the same name,
URL without query, line and column. A merged class has \"joined_classes\", the number of classes that it merges.

Exit codes: 0 success, 1 the file or object cannot be read or found or the output cannot be written, 2 usage error. Closing the
pipe early is not an error.";

/// Returns the shapes of all answers.
pub(super) fn json_help() -> String {
    with_rows(SHAPES)
}

/// Returns the columns of a subcommand and the shapes of all answers.
pub(super) fn help_of(command: &str) -> String {
    format!("{}\n{}", columns_help(command), json_help())
}

/// Replaces the names of rows, such as `@objects`, by their columns.
pub(super) fn with_rows(text: &str) -> String {
    let rows = [
        ("@classes", shape::<Classes>(CLASSES)),
        ("@compared", shape::<ComparedClasses>(COMPARISON)),
        ("@objects", shape::<Objects>(OBJECTS)),
        ("@references", shape::<Objects>(REFERENCES)),
        ("@variables", shape::<Variables>(VARIABLES)),
        ("@allocated", shape::<Functions>(ALLOCATIONS)),
        ("@profiled", shape::<Functions>(PROFILE)),
        ("@realms", shape::<RealmRows>(REALMS)),
        ("@scripts", shape::<ScriptRows>(SCRIPTS)),
        ("@sites", shape::<Sites>(SITES)),
        ("@nodes", columns_of("nodes").join(" ")),
    ];
    let with_rows = |line: &str| rows.iter().fold(line.to_owned(), |line, (name, columns)| line.replace(name, columns));
    text.lines().flat_map(|line| wrapped(&with_rows(line)).collect::<Vec<_>>()).fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{line}");
        text
    })
}

/// Breaks a line with a shape after commas, and others after spaces. The next lines are indented.
fn wrapped(line: &str) -> impl Iterator<Item = String> {
    let separator = if line.contains('{') { ',' } else { ' ' };
    let mut lines = vec![String::new()];
    for part in line.split_inclusive(separator) {
        let is_full = lines.last().is_some_and(|last| last.chars().count() + part.chars().count() > WIDTH);
        if is_full {
            lines.push(format!("{:15}", ""));
        }
        if let Some(last) = lines.last_mut() {
            last.push_str(part);
        }
    }
    lines.into_iter()
}

/// Returns the search grammar, which is the same in the window.
pub(super) fn query_help() -> String {
    let mut text = "A query is a list of terms. An object must match all of them:\n".to_owned();
    for (example, meaning) in Query::help() {
        let _ = writeln!(text, "  {example:<24}{meaning}");
    }
    text.push_str(
        "\nQuote text that contains a colon, such as foo:bar; URLs and module names (https://…, node:fs) need no quotes. \
         Objects without a size of their own are found only by id. An invalid query is an error with exit code 2.",
    );
    let _ = write!(text, "\n\n{}", columns_help("search"));
    text
}
