//! The command line: one file a subcommand; text for people, JSON and CSV for other tools.
//!
//! Everything goes through the same [`Snapshot`] and the same queries as the window. No channels and no threads of its own
//! here.

mod allocations;
mod args;
mod capture;
mod check;
mod compare;
mod contexts;
mod guard;
mod interrupts;
mod nodes;
mod object;
mod profile;
mod retainers;
mod search;
mod statistics;
mod summary;
mod table;

use std::cell::RefCell;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::{Context as _, anyhow};
use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};

use args::ObjectArguments;
pub use args::{Arguments, Command};
use guard::Guard;

use crate::Snapshot;
use crate::format::{self, Source, looks_like_profile};
use crate::index::{Indexes, Opened, Unwritten};
use crate::model::{CancelToken, Distance, NodeOrdinal, ObjectId, Progress, human};
use crate::query::csv;

/// The arguments of the process; what is wrong with them is said as `clap` does.
#[must_use]
pub fn arguments() -> Arguments {
    let parsed = Arguments::try_parse().and_then(|arguments| match (&arguments.command, arguments.files.first()) {
        // Files of the window in front of a subcommand.
        (Some(_), Some(file)) => {
            let text = format!("unexpected argument '{}' in front of a subcommand", file.display());
            Err(Arguments::command().error(ErrorKind::UnknownArgument, text))
        }
        _ => Ok(arguments),
    });
    parsed.unwrap_or_else(|error| {
        let text = error.render().to_string();
        // An argument may be the name of a file, and that is anybody's.
        if text.contains(|character| human::is_hidden(character) && character != '\n') {
            complain(&human::visible_lines(&text).replace('\t', "␉"));
            std::process::exit(error.exit_code());
        }
        error.exit()
    })
}

/// Runs a subcommand and says how it went: one line on standard error and code 1 for what it cannot do.
#[must_use]
pub fn run(command: &Command, files: &Files) -> ExitCode {
    start_threads();
    let mut out = Guard { out: BufWriter::with_capacity(1 << 16, io::stdout().lock()) };
    let done = dispatch(command, files, &mut out).and_then(|()| out.flush().map_err(Into::into));
    match done {
        Ok(()) => {
            files.write_indexes();
            ExitCode::SUCCESS
        }
        Err(error) if is_closed_pipe(&error) => {
            // What is still in the buffer would only fail again.
            let _ = out.out.into_parts();
            ExitCode::SUCCESS
        }
        // The report that was written says why.
        Err(error) if error.is::<check::LimitsExceeded>() => match out.flush() {
            Ok(()) => ExitCode::from(3),
            Err(_) => ExitCode::FAILURE,
        },
        Err(error) => {
            complain(&format!("heapglass: {}", message_of(&error)));
            if error.is::<search::BadQuery>() || error.is::<BadUsage>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// Writes a line to standard error.
fn complain(line: &str) {
    // Where nobody listens there is nobody to be told.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Where the system has no room for the threads that it has cores for, one must do.
fn start_threads() {
    // Tried with a pool that is gone before the real one is made, which can be tried only once.
    let mut threads = Vec::new();
    let tried = rayon::ThreadPoolBuilder::new().spawn_handler(|thread| {
        threads.push(std::thread::Builder::new().spawn(|| thread.run())?);
        Ok(())
    });
    let is_refused = tried.build().map(drop).is_err();
    for thread in threads {
        let _ = thread.join();
    }
    if is_refused {
        let _ = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global();
    }
}

/// What is wrong with the arguments taken together.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct BadUsage(&'static str);

fn dispatch(command: &Command, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    match command {
        Command::Summary(arguments) => summary::run(arguments, files, out),
        Command::Retainers(arguments) => retainers::run(arguments, files, out),
        Command::Object(arguments) => object::run(arguments, files, out),
        Command::Statistics(arguments) => statistics::run(arguments, files, out),
        Command::Contexts(arguments) => contexts::run(arguments, files, out),
        Command::Nodes(arguments) => nodes::run(arguments, files, out),
        Command::Compare(arguments) => compare::run(arguments, files, out),
        Command::Search(arguments) => search::run(arguments, files, out),
        Command::Allocations(arguments) => allocations::run(arguments, files, out),
        Command::Profile(arguments) => profile::run(arguments, out),
        Command::Check(arguments) => check::run(arguments, files, out),
        Command::Capture(arguments) => capture::run(arguments, out),
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

/// How the files of a run are opened: by their indexes where they have one.
#[derive(Debug)]
pub struct Files {
    /// What is there of damaged ones, too.
    salvage: bool,
    indexes: Indexes,
    /// Kept until the answer is printed; then their indexes are written.
    unwritten: RefCell<Vec<(Rc<Snapshot>, Unwritten)>>,
}

impl Files {
    #[must_use]
    pub fn new(salvage: bool, indexes: Indexes) -> Self {
        Self { salvage, indexes, unwritten: RefCell::default() }
    }

    /// Opens a file, or standard input for `-`; losses of a damaged one are listed on standard error.
    fn open(&self, file: &Path) -> anyhow::Result<Rc<Snapshot>> {
        let (progress, cancel) = (Progress::new(), CancelToken::new());
        let source = source(file);
        let again = source.again();
        let opened = if self.salvage && again.is_none() {
            // What cannot be read twice is read leniently at once.
            Snapshot::open_salvaging(source, &progress, &cancel).map(Opened::without_index)
        } else {
            self.indexes.open(source, &progress, &cancel)
        };
        let name = name_of(file);
        let Opened { snapshot, unwritten } = match (opened, again) {
            (Err(error), Some(again)) if self.salvage => {
                // Where nothing can be opened, why it is refused is what helps.
                let salvaged = Snapshot::open_salvaging(again, &progress, &cancel);
                Opened::without_index(salvaged.map_err(|_| anyhow!("{name}: {error}"))?)
            }
            (Err(error), again) => {
                let is_profile = again.as_ref().and_then(Source::again).is_some_and(looks_like_profile);
                let offer = if is_profile {
                    " (this is a sampling heap profile; see `heapglass profile`)"
                } else if again.is_some_and(format::can_salvage) {
                    "; `--salvage` opens what is there"
                } else {
                    ""
                };
                // The error says everything itself; its causes would only repeat parts of it.
                return Err(anyhow!("{name}: {error}{offer}"));
            }
            (Ok(opened), _) => opened,
        };
        if let Some(salvage) = snapshot.salvage() {
            let advice = salvage.advice().into_iter().map(str::to_owned);
            for line in salvage.lines().into_iter().chain(advice) {
                complain(&format!("heapglass: {}", human::visible(&format!("{name}: {line}"), 2000)));
            }
        }
        let snapshot = Rc::new(snapshot);
        self.unwritten.borrow_mut().extend(unwritten.map(|unwritten| (Rc::clone(&snapshot), unwritten)));
        Ok(snapshot)
    }

    fn write_indexes(&self) {
        for (snapshot, unwritten) in self.unwritten.borrow().iter() {
            // That there is none is nothing that anybody asked about.
            let _ = self.indexes.write(snapshot, unwritten, &CancelToken::new());
        }
    }
}

/// `-` is standard input, as everywhere.
fn source(file: &Path) -> Source {
    if file == Path::new("-") { Source::standard_input() } else { Source::file(file) }
}

/// What a file is called in messages and answers.
fn name_of(file: &Path) -> String {
    if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() }
}

/// What is missing of a snapshot, as JSON has it: only where something is.
fn salvaged(snapshot: &Snapshot) -> Option<Vec<String>> {
    snapshot.salvage().map(format::Salvage::lines)
}

/// Opens the file and finds the object.
fn open_object(arguments: &ObjectArguments, files: &Files) -> anyhow::Result<(Rc<Snapshot>, NodeOrdinal)> {
    let snapshot = files.open(&arguments.file)?;
    let id = ObjectId(arguments.id);
    let node = snapshot
        .graph()
        .find_id(id)
        .with_context(|| format!("{}: no object has the id {id}", name_of(&arguments.file)))?;
    let count = snapshot.graph().nodes().filter(|&node| snapshot.id(node) == id).count();
    if count > 1 {
        complain(&format!("heapglass: {count} objects of the file have the id {id}; this is the first of them"));
    }
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
