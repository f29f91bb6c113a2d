//! The command line: one file a subcommand; text for people, JSON and CSV for other tools.
//!
//! Everything goes through the same [`Snapshot`] and the same queries as the window. No channels and no threads of its own
//! here.

mod args;
mod compare;
mod contexts;
mod nodes;
mod object;
mod retainers;
mod search;
mod statistics;
mod summary;
mod table;

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};

use args::ObjectArguments;
pub use args::{Arguments, Command};

use crate::Snapshot;
use crate::format::Source;
use crate::model::{CancelToken, Distance, NodeOrdinal, ObjectId, Progress, human};
use crate::query::csv;

/// Runs a subcommand and says how it went: one line on standard error and code 1 for what it cannot do.
#[must_use]
pub fn run(command: &Command) -> ExitCode {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let done = dispatch(command, &mut out).and_then(|()| out.flush().map_err(Into::into));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&error) => {
            // What is still in the buffer would only fail again.
            let _ = out.into_parts();
            ExitCode::SUCCESS
        }
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "this is the command line")]
            {
                eprintln!("heapglass: {}", message_of(&error));
            }
            if error.is::<search::BadQuery>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

fn dispatch(command: &Command, out: &mut dyn Write) -> anyhow::Result<()> {
    match command {
        Command::Summary(arguments) => summary::run(arguments, out),
        Command::Retainers(arguments) => retainers::run(arguments, out),
        Command::Object(arguments) => object::run(arguments, out),
        Command::Statistics(arguments) => statistics::run(arguments, out),
        Command::Contexts(arguments) => contexts::run(arguments, out),
        Command::Nodes(arguments) => nodes::run(arguments, out),
        Command::Compare(arguments) => compare::run(arguments, out),
        Command::Search(arguments) => search::run(arguments, out),
    }
}

/// Text for a terminal; only what points into a query takes several lines.
fn message_of(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    if error.is::<search::BadQuery>() {
        return text.lines().map(|line| human::visible(line, 2000)).collect::<Vec<_>>().join("\n");
    }
    human::visible(&text, 2000).into_owned()
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(io::ErrorKind::BrokenPipe)
    })
}

fn open(file: &Path) -> anyhow::Result<Snapshot> {
    // The error says everything itself; its causes would only repeat parts of it.
    Snapshot::open(Source::file(file), &Progress::new(), &CancelToken::new())
        .map_err(|error| anyhow!("{}: {error}", file.display()))
}

/// Opens the file and finds the object.
fn open_object(arguments: &ObjectArguments) -> anyhow::Result<(Snapshot, NodeOrdinal)> {
    let snapshot = open(&arguments.file)?;
    let id = ObjectId(arguments.id);
    let node = snapshot
        .graph()
        .find_id(id)
        .with_context(|| format!("{}: no object has the id {id}", arguments.file.display()))?;
    Ok((snapshot, node))
}

/// `distance` and `system_distance` as JSON has them.
fn split_distance(distance: Distance) -> (Option<u32>, Option<u32>) {
    (distance.user(), distance.system())
}

/// A number as a cell of a table; nothing if there is none.
fn optional(number: Option<u32>) -> String {
    number.map_or_else(String::new, |number| number.to_string())
}
