//! `heapglass mcp`: a Model Context Protocol server on standard input and output.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use clap::Args;

use super::{BadUsage, Files, refusal};
use crate::capture::{self, Address, CaptureError, Connection, Kind, Plan, Remote, SourceLimits, Watch, record_beside};
use crate::format::{self, Source, looks_like_profile};
use crate::index::{Indexes, Opened, Unwritten};
use crate::mcp::{Access, CapturePlan, Host, Loaded, Served, serve, tool_names};
use crate::model::{CancelToken, Progress};
use crate::snapshot::{OpenError, Snapshot};
use crate::sources::{SourcePaths, SourceRoot, apply_maps};

/// The help, without the names of the tools.
const MCP_HELP: &str = "\
The server lets an agent, such as a coding assistant, find leaks. It reads messages of the Model Context Protocol from standard
input and writes answers to standard output. Add it to the configuration of the agent:

  {\"mcpServers\": {\"heapglass\": {\"command\": \"heapglass\", \"args\": [\"mcp\", \"--root\", \"/path/to/project\"]}}}

Tools: <TOOLS>.
Each answer fits into a budget of tokens, names the next useful calls, and says what it cannot show.

The server only reads: the snapshots that are named here, and the snapshots and source files inside the roots. Links that lead
out of a root are not followed. A snapshot contains what the program had in memory, including passwords and personal data; the
agent, and the service that runs its model, see what they ask for. With --allow-capture, the agent can also take snapshots of
programs on this machine and write them to the first root.

Global options apply: --max-memory limits each file, --recover opens damaged files, --source-root and --source-map name more
source files.";

/// Returns the help, which lists the tools. clap wraps its lines.
pub(super) fn mcp_help() -> String {
    MCP_HELP.replace("<TOOLS>", &tool_names().collect::<Vec<_>>().join(", "))
}

#[derive(Debug, Args)]
pub struct McpArguments {
    /// Snapshots that may be opened; `open` without arguments opens all of them
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Folder whose snapshots may be opened and whose source files may be read; can be repeated
    // Named unlike the roots of source files, which are a global option.
    #[arg(long = "root", value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// Allow taking snapshots of programs on this machine; they are written to the first root
    #[arg(long, requires = "folders")]
    pub allow_capture: bool,
}

/// Serves a client on standard input and output, which must not be locked.
pub(super) fn run(arguments: &McpArguments, files: &Files) -> anyhow::Result<()> {
    if arguments.files.iter().any(|file| file.as_os_str() == "-") {
        return Err(BadUsage::error("standard input has the messages of the client; name a file instead of `-`"));
    }
    let access = Access::new(&arguments.files, &arguments.folders, arguments.allow_capture).map_err(BadUsage::error)?;
    let roots: Vec<SourceRoot> = arguments.folders.iter().map(|root| SourceRoot::folder(&real(root))).collect();
    let opener = Opener {
        recovery: files.recovery,
        indexes: files.indexes.clone(),
        sources: files.sources.only_inside(&roots),
        unwritten: Mutex::default(),
    };
    Ok(serve(Served { access, host: Box::new(opener), memory_limit: files.memory_limit })?)
}

/// Returns a folder without symbolic links.
fn real(folder: &Path) -> PathBuf {
    std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned())
}

/// Opens files for the server, with the options of the command line.
#[derive(Debug)]
struct Opener {
    recovery: bool,
    indexes: Indexes,
    sources: SourcePaths,
    /// Cache entries that are written after the answer.
    unwritten: Mutex<HashMap<PathBuf, Unwritten>>,
}

impl Opener {
    /// Opens a file, from the cache if possible; a damaged one as far as it can be read if that was asked for.
    fn read(&self, file: &Path, progress: &Progress, cancel: &CancelToken) -> Result<Opened, String> {
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
        let error = match self.indexes.open(Source::file(file), progress, cancel) {
            Ok(opened) => return Ok(opened),
            Err(error @ OpenError::Memory(_)) => return Err(refusal(&name, &error).to_string()),
            Err(error) => error,
        };
        if self.recovery && !cancel.is_cancelled() {
            let recovered = Snapshot::open_recovering(Source::file(file), progress, cancel);
            return recovered.map(Opened::without_index).map_err(|_| format!("{name}: {error}"));
        }
        if looks_like_profile(Source::file(file), cancel) {
            let error = error.without_hint();
            return Err(format!("{name}: {error} (this is a sampling heap profile, not a snapshot)"));
        }
        let can_recover = !cancel.is_cancelled() && format::can_recover(Source::file(file), cancel);
        let offer = if can_recover { "; start the server with --recover to open what can be read" } else { "" };
        Err(format!("{name}: {error}{offer}"))
    }
}

impl Host for Opener {
    fn open(&self, file: &Path, progress: &Progress, cancel: &CancelToken) -> Result<Loaded, String> {
        let Opened { mut snapshot, unwritten } = self.read(file, progress, cancel)?;
        apply_maps(&mut snapshot, &self.sources, cancel).map_err(|cancelled| cancelled.to_string())?;
        let source = snapshot.source();
        let mut notes: Vec<String> = source.note.iter().cloned().collect();
        notes.extend(source.change.and_then(format::Change::notice).map(str::to_owned));
        if let Some(recovery) = snapshot.recovery() {
            notes.extend(recovery.lines().into_iter().chain(recovery.advice().into_iter().map(str::to_owned)));
        }
        if let Some(unwritten) = unwritten {
            self.unwritten.lock().unwrap_or_else(PoisonError::into_inner).insert(file.to_owned(), unwritten);
        }
        let memory = record_beside(file).and_then(|record| record.memory_usage);
        Ok(Loaded { snapshot, memory, notes })
    }

    fn remember(&self, file: &Path, snapshot: &Snapshot, cancel: &CancelToken) {
        let unwritten = self.unwritten.lock().unwrap_or_else(PoisonError::into_inner).remove(file);
        if let Some(unwritten) = unwritten {
            // The cache is optional, so a failure is not reported.
            let _ = self.indexes.write(snapshot, &unwritten, cancel);
        }
    }

    fn sources(&self) -> &SourcePaths {
        &self.sources
    }

    fn capture(&self, plan: &CapturePlan, cancel: &CancelToken) -> Result<(Vec<PathBuf>, Vec<String>), String> {
        take(plan, cancel).map_err(|error| error.to_string())
    }
}

/// Takes snapshots of a program on this machine.
fn take(plan: &CapturePlan, cancel: &CancelToken) -> Result<(Vec<PathBuf>, Vec<String>), CaptureError> {
    let address = Address::parse(&plan.inspect)?;
    // Refused before the host is resolved: the lookup of a name would already send text to another machine.
    if !address.is_local() {
        return Err(CaptureError::Remote { host: address.host });
    }
    let targets = capture::targets(&address, Remote::Refused, cancel)?;
    let target = targets.first().ok_or(CaptureError::NoTarget { address: address.authority() })?;
    let mut connection = Connection::open(target, Remote::Refused, cancel)?;
    let isolate = connection.isolates().first().cloned();
    let isolate = isolate.ok_or(CaptureError::NoTarget { address: address.authority() })?;
    let every = Some(Duration::from_secs(plan.every_seconds));
    let wanted = Plan {
        kind: Kind::Snapshots { count: plan.count, every },
        collect_garbage: plan.collect_garbage,
        folder: plan.folder.clone(),
        name: String::new(),
        max_bytes: None,
        sources: Some(SourceLimits::default()),
    };
    let watch = Watch::new();
    capture::run(&mut connection, &isolate, &wanted, &watch, cancel)?;
    Ok((watch.taken().into_iter().map(|taken| taken.path).collect(), watch.notes()))
}
