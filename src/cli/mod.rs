//! The command line: one file per subcommand, with text for people, and JSON and CSV for other tools.
//!
//! All subcommands use the same [`Snapshot`] and the same queries as the window. This layer has no channels and no
//! threads of its own.
//!
//! Exit codes: 0 success, 1 a file or object cannot be read or found, 2 usage error, 3 a limit of `check` is exceeded.
//! The kind of subcommand decides the code:
//! - If the output is the whole answer and cannot be written, the code is 1, with a message. A reader that closes the
//!   pipe has what it wanted, as in `heapglass nodes FILE | head`: the program then ends quietly with 0.
//! - For `check`, the verdict decides, even if the report cannot be written. A failed write, a closed pipe included, is
//!   reported on standard error.
//! - Standard output that was closed before the start (`>&-`) is treated like `/dev/null`.

mod allocations;
mod args;
mod capture;
mod check;
mod compare;
mod dead_variables;
mod export_tables;
mod findings;
mod generate;
mod guard;
mod interrupts;
mod lines;
mod mcp;
mod nodes;
mod object;
mod profile;
mod progress;
mod realms;
mod report;
mod retainers;
mod scripts;
mod scrub;
mod search;
mod series;
mod sources;
mod sql;
mod statistics;
mod summary;

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{self, BufWriter, Write};
use std::panic;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};

pub use args::{Arguments, Command};
use args::{ObjectArguments, SourceArguments};
use guard::{Guard, guarded};
use progress::ShownProgress;

use crate::about::about;
use crate::findings::Findings;
use crate::format::{self, Change, Source, looks_like_profile};
use crate::index::{Indexes, Opened, Unwritten};
use crate::model::{CancelToken, Cancelled, MemoryLimit, NodeOrdinal, ObjectId, Progress, human};
use crate::snapshot::SourceInfo;
use crate::sources::{SourcePaths, apply_maps};
use crate::{OpenError, Profile, Snapshot};

/// Returns the arguments of the process.
///
/// # Errors
/// Returns the exit code after printing help, the version or an error as `clap` does.
pub fn arguments() -> Result<Arguments, ExitCode> {
    let parsed = Arguments::try_parse().and_then(|arguments| match (&arguments.command, arguments.files.first()) {
        // Files for the window before a subcommand.
        (Some(_), Some(file)) => {
            let text = format!("unexpected argument '{}' before a subcommand", file.display());
            Err(Arguments::command().error(ErrorKind::UnknownArgument, text))
        }
        _ => Ok(arguments),
    });
    parsed.map_err(|error| {
        let is_about =
            error.kind() == ErrorKind::DisplayVersion && std::env::args_os().any(|argument| argument == "--verbose");
        let text = if is_about { format!("{}\n", about()) } else { error.render().to_string() };
        // An argument may be a file name, which can contain anything.
        let shown = human::visible_lines(&text).replace('\t', "␉");
        let is_safe = guarded(&shown) == text && !is_about;
        if error.use_stderr() {
            if is_safe {
                let _ = error.print();
            } else {
                complain(&shown);
            }
            return u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from);
        }
        let written = if is_safe {
            // With the styles of a terminal, which the guard would escape.
            error.print().and_then(|()| io::stdout().flush())
        } else {
            let mut out = Guard::new(io::stdout().lock());
            // The guard keeps the failure.
            let _ = out.write_all(shown.as_bytes());
            out.finish()
        };
        exit_code(Verdict::None, written.err().as_ref())
    })
}

/// Runs a subcommand. Reports a failure as one line on standard error, with code 1.
#[must_use]
pub fn run(command: &Command, files: &Files) -> ExitCode {
    start_threads();
    if let Command::Mcp(arguments) = command {
        // Another thread writes its messages, and would wait forever for the lock of standard output.
        return mcp::run(arguments, files).map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS);
    }
    let mut out = Guard::new(BufWriter::with_capacity(1 << 16, io::stdout().lock()));
    let verdict = dispatch(command, files, &mut out);
    match (verdict, out.finish().err()) {
        (Err(error), failure) if !failure.as_ref().is_some_and(|failure| is_failed_write(&error, failure)) => {
            failed(&error)
        }
        (verdict, failure) => {
            let code = exit_code(verdict.unwrap_or_default(), failure.as_ref());
            files.write_indexes();
            code
        }
    }
}

/// Reports the error of a subcommand and returns its exit code.
fn failed(error: &anyhow::Error) -> ExitCode {
    complain(&format!("heapglass: {}", message_of(error)));
    if error.is::<search::BadQuery>() || error.is::<BadUsage>() { ExitCode::from(2) } else { ExitCode::FAILURE }
}

/// The verdict of a subcommand, apart from its output.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Verdict {
    /// No verdict: the output is the answer.
    #[default]
    None,
    LimitsHold,
    LimitsExceeded,
}

/// Returns the exit code of a verdict. Reports why the output could not be written.
fn exit_code(verdict: Verdict, failure: Option<&io::Error>) -> ExitCode {
    match (verdict, failure) {
        (Verdict::None, Some(failure)) if failure.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format!("heapglass: cannot write the output: {failure}"));
            ExitCode::FAILURE
        }
        (Verdict::None, _) => ExitCode::SUCCESS,
        (verdict, failure) => {
            let holds = verdict == Verdict::LimitsHold;
            if let Some(failure) = failure {
                let text = if holds { "all limits hold" } else { "a limit is exceeded" };
                complain(&format!("heapglass: {text}, but the report cannot be written: {failure}"));
            }
            ExitCode::from(if holds { 0 } else { 3 })
        }
    }
}

/// Returns true if a subcommand ended because its output could not be written.
fn is_failed_write(error: &anyhow::Error, failure: &io::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(failure.kind())
    })
}

/// Writes a line to standard error.
pub fn complain(line: &str) {
    // A message that cannot be written must not change the exit code.
    let _ = io::stderr().write_all(guarded(&format!("{line}\n")).as_bytes());
}

/// Limits the thread pool to one thread if the system cannot start a thread per core.
fn start_threads() {
    // Tried with a temporary pool first, since the global pool can be built only once.
    let mut threads = Vec::new();
    let tried = rayon::ThreadPoolBuilder::new().spawn_handler(|thread| {
        threads.push(std::thread::Builder::new().spawn(|| thread.run())?);
        Ok(())
    });
    // A thread without room for its stack panics before it runs anything. That is expected and needs no message.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let mut is_refused = tried.build().map(drop).is_err();
    for thread in threads {
        is_refused |= thread.join().is_err();
    }
    panic::set_hook(hook);
    if is_refused {
        let _ = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global();
    }
}

/// An error in the combination of arguments.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct BadUsage(Cow<'static, str>);

impl BadUsage {
    fn error(text: impl Into<Cow<'static, str>>) -> anyhow::Error {
        Self(text.into()).into()
    }
}

/// Runs the subcommand. If a write fails, returns the error of `out`, unless the subcommand has a verdict.
fn dispatch(command: &Command, files: &Files, out: &mut dyn Write) -> anyhow::Result<Verdict> {
    match command {
        Command::Check(arguments) => return check::run(arguments, files, out),
        Command::Findings(arguments) => return findings::run(arguments, files, out),
        Command::Realms(arguments) => realms::run(arguments, files, out),
        Command::Report(arguments) => report::run(arguments, files, out),
        Command::Summary(arguments) => summary::run(arguments, files, out),
        Command::Retainers(arguments) => retainers::run(arguments, files, out),
        Command::Object(arguments) => object::run(arguments, files, out),
        Command::Sources(arguments) => sources::run(arguments, files, out),
        Command::Scripts(arguments) => scripts::run(arguments, files, out),
        Command::Statistics(arguments) => statistics::run(arguments, files, out),
        Command::DeadVariables(arguments) => dead_variables::run(arguments, files, out),
        Command::Nodes(arguments) => nodes::run(arguments, files, out),
        Command::Compare(arguments) => compare::run(arguments, files, out),
        Command::Search(arguments) => search::run(arguments, files, out),
        Command::Sql(arguments) => sql::run(arguments, files, out),
        Command::Allocations(arguments) => allocations::run(arguments, files, out),
        Command::Profile(arguments) => profile::run(arguments, files, out),
        Command::Capture(arguments) => capture::run(arguments, out),
        // `run` serves before it locks standard output.
        Command::Mcp(_) => Ok(()),
        Command::Scrub(arguments) => scrub::run(arguments, files, out),
        Command::Export(arguments) => export_tables::run(arguments, files, out),
        // The binary opens the window.
        Command::Open(_) => Err(BadUsage::error("`open` needs a build with the window")),
        Command::Generate(generated) => generate::run(generated, out),
    }
    .map(|()| Verdict::None)
}

/// Formats an error for a terminal. Only an error that points into a query takes several lines.
fn message_of(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    if error.is::<search::BadQuery>() {
        return text.lines().map(|line| human::visible(line, 2000)).collect::<Vec<_>>().join("\n");
    }
    human::visible(&text, 2000).into_owned()
}

/// Opens the files of a run, from the cache if possible.
#[derive(Debug)]
pub struct Files {
    /// True if damaged files are recovered.
    recovery: bool,
    indexes: Indexes,
    memory_limit: MemoryLimit,
    /// The places where the text of scripts may be.
    sources: SourcePaths,
    /// True if reports may have lines of source.
    with_source_lines: bool,
    /// Snapshots whose cache entries are written after the answer is printed.
    unwritten: RefCell<Vec<(Arc<Snapshot>, Unwritten)>>,
}

impl Files {
    #[must_use]
    pub fn new(recovery: bool, indexes: Indexes, memory_limit: MemoryLimit, sources: &SourceArguments) -> Self {
        let (sources, with_source_lines) = (sources.paths(), sources.lines);
        Self { recovery, indexes, memory_limit, sources, with_source_lines, unwritten: RefCell::default() }
    }

    /// Returns the findings of snapshots for a report, which has lines of source only on request.
    fn reported_findings(&self, snapshots: &[&Snapshot]) -> Result<Findings, Cancelled> {
        let mut found = crate::findings::findings(snapshots, &self.sources, &CancelToken::new())?;
        if !self.with_source_lines {
            found.findings.iter_mut().flat_map(|finding| &mut finding.sites).for_each(|site| site.text = None);
        }
        Ok(found)
    }

    /// Opens a file, or standard input for `-`. Lists the missing data of a damaged file on standard error.
    fn open(&self, file: &Path) -> anyhow::Result<Arc<Snapshot>> {
        let (progress, cancel) = (Progress::new(), CancelToken::with_memory_limit(self.memory_limit));
        let shown = ShownProgress::start(&progress, file);
        let source = source(file);
        let again = source.again();
        let opened = if self.recovery && again.is_none() {
            // A source that cannot be read twice is read leniently from the start.
            Snapshot::open_recovering(source, &progress, &cancel).map(Opened::without_index)
        } else {
            self.indexes.open(source, &progress, &cancel)
        };
        let name = name_of(file);
        let Opened { mut snapshot, unwritten } = match (opened, again) {
            // A second attempt would take as much memory.
            (Err(error @ OpenError::Memory(_)), _) => return Err(refusal(&name, &error)),
            (Err(error), Some(again)) if self.recovery => {
                // If nothing can be recovered, the original error is the useful one.
                let recovered = Snapshot::open_recovering(again, &progress, &cancel);
                Opened::without_index(recovered.map_err(|_| anyhow!("{name}: {error}"))?)
            }
            (Err(error), again) => {
                let is_profile =
                    again.as_ref().and_then(Source::again).is_some_and(|again| looks_like_profile(again, &cancel));
                drop(shown);
                if is_profile {
                    // The file is a profile, so the guess of the snapshot reader does not apply.
                    let error = error.without_hint();
                    return Err(anyhow!("{name}: {error} (this is a sampling heap profile: use `heapglass profile`)"));
                }
                let can_recover = again.is_some_and(|again| format::can_recover(again, &cancel));
                let offer = if can_recover { "; use `--recover` to open what can be read" } else { "" };
                // The message is complete; the causes of the error would only repeat parts of it.
                return Err(anyhow!("{name}: {error}{offer}"));
            }
            (Ok(opened), _) => opened,
        };
        drop(shown);
        apply_maps(&mut snapshot, &self.sources, &cancel)?;
        if let Some(note) = &snapshot.source().note {
            complain(&format!("heapglass: {}", human::visible(&format!("{name}: {note}"), 2000)));
        }
        if let Some(note) = snapshot.source().disk_note() {
            complain(&format!("heapglass: {}", human::visible(&format!("{name}: {note}"), 2000)));
        }
        note_change(&name, snapshot.source());
        if let Some(recovery) = snapshot.recovery() {
            let advice = recovery.advice().into_iter().map(str::to_owned);
            for line in recovery.lines().into_iter().chain(advice) {
                complain(&format!("heapglass: {}", human::visible(&format!("{name}: {line}"), 2000)));
            }
        }
        let snapshot = Arc::new(snapshot);
        self.unwritten.borrow_mut().extend(unwritten.map(|unwritten| (Arc::clone(&snapshot), unwritten)));
        Ok(snapshot)
    }

    /// Opens a sampling heap profile, or standard input for `-`.
    fn open_profile(&self, file: &Path) -> anyhow::Result<Profile> {
        let cancel = CancelToken::with_memory_limit(self.memory_limit);
        let name = name_of(file);
        let progress = Progress::new();
        let _shown = ShownProgress::start(&progress, file);
        let profile = Profile::open(source(file), &progress, &cancel).map_err(|error| refusal(&name, &error))?;
        note_change(&name, profile.source());
        Ok(profile)
    }

    fn write_indexes(&self) {
        for (snapshot, unwritten) in self.unwritten.borrow().iter() {
            // The cache is optional, so a failure is not reported.
            let _ = self.indexes.write(snapshot, unwritten, &CancelToken::new());
        }
    }
}

/// Returns the error for a file that is not opened. The message is complete; its causes would only repeat parts of it.
fn refusal(name: &str, error: &OpenError) -> anyhow::Error {
    let offer = if matches!(error, OpenError::Memory(_)) { "; `--max-memory none` opens it anyway" } else { "" };
    anyhow!("{name}: {error}{offer}")
}

/// Reports on standard error that a file changed while it was being read.
fn note_change(name: &str, source: &SourceInfo) {
    if let Some(notice) = source.change.and_then(Change::notice) {
        complain(&format!("heapglass: {}", human::visible(&format!("{name}: {notice}"), 2000)));
    }
}

/// Returns the source of a file; `-` is standard input.
fn source(file: &Path) -> Source {
    if file == Path::new("-") { Source::standard_input() } else { Source::file(file) }
}

/// Returns the name of a file for messages and output.
fn name_of(file: &Path) -> String {
    if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() }
}

/// Returns the missing data of a recovered snapshot for JSON; `None` if the snapshot is complete.
fn recovered(snapshot: &Snapshot) -> Option<Vec<String>> {
    snapshot.recovery().map(format::Recovery::lines)
}

/// Opens the file and finds the object.
fn open_object(arguments: &ObjectArguments, files: &Files) -> anyhow::Result<(Arc<Snapshot>, NodeOrdinal)> {
    let snapshot = files.open(&arguments.file)?;
    let id = ObjectId(arguments.id);
    let node = snapshot
        .graph()
        .find_id(id)
        .with_context(|| format!("{}: no object has the id {id}", name_of(&arguments.file)))?;
    let count = snapshot.graph().nodes().filter(|&node| snapshot.id(node) == id).count();
    if count > 1 {
        complain(&format!("heapglass: {count} objects have the id {id}; showing the first one"));
    }
    Ok((snapshot, node))
}
