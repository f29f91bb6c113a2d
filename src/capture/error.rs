//! Why a capture failed, in words that say what to do.

use std::io;
use std::path::{Path, PathBuf};

use crate::model::{Cancelled, human};

#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    #[error("{text} is no address: expected host:port such as 127.0.0.1:9229, or ws://host:port/id")]
    BadAddress { text: String },
    #[error(
        "{host} is not this machine. Whoever reaches an inspector can run code in the process, and snapshots hold \
         passwords and personal data; confirm that you mean it, or forward the port: ssh -L 9229:127.0.0.1:9229 {host}"
    )]
    Remote { host: String },
    #[error(
        "nothing listens on {address}: start the program with --inspect, or send a running Node.js the signal SIGUSR1"
    )]
    Refused { address: String },
    #[error("{address} cannot be reached: {source}")]
    Unreachable { address: String, source: io::Error },
    #[error("{address} is not an inspector: {found}")]
    NotAnInspector { address: String, found: String },
    #[error("{address} has no target: nothing runs there that could be inspected")]
    NoTarget { address: String },
    #[error("the program ended, or closed the connection")]
    Closed,
    #[error("the worker has ended")]
    WorkerEnded,
    #[error("the program does not answer {method}; it may be stopped in a debugger")]
    NoAnswer { method: String },
    #[error("the connection was lost: {0}")]
    Lost(io::Error),
    #[error("the program answers {method} with an error: {message}")]
    Refusal { method: String, message: String },
    #[error("the program sent what the protocol does not allow: {0}")]
    Odd(String),
    #[error("the disk is full: {} could not be written further", path.display())]
    DiskFull { path: PathBuf },
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    /// Part of a file had come when it broke off.
    #[error("{why}. What had come, {}, is kept in {}", human::bytes(*bytes), kept.display())]
    Incomplete { kept: PathBuf, bytes: u64, why: Box<CaptureError> },
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl CaptureError {
    pub(super) fn file(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        if source.kind() == io::ErrorKind::StorageFull { Self::DiskFull { path } } else { Self::File { path, source } }
    }

    /// Whether it was the person who stopped it.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled(_))
    }
}
