//! Errors of a capture, with advice.
//!
//! Each message contains its cause, so no variant has a source: an error chain would repeat it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::{Cancelled, human};

#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    #[error("invalid address: {text}; expected host:port such as 127.0.0.1:9229, or ws://host:port/id")]
    BadAddress { text: String },
    #[error(
        "{host} is another machine. Anyone who can reach an inspector can run code in the process, and snapshots contain \
         passwords and personal data. Forward the port instead: ssh -L 9229:127.0.0.1:9229 {host}"
    )]
    Remote { host: String },
    #[error(
        "nothing is listening on {address}: start the program with --inspect, or send SIGUSR1 to a running Node.js process"
    )]
    Refused { address: String },
    #[error("{address} cannot be reached: {reason}")]
    Unreachable { address: String, reason: io::Error },
    #[error("{address} is not an inspector: {found}")]
    NotAnInspector { address: String, found: String },
    #[error("{address} has no target to inspect")]
    NoTarget { address: String },
    #[error("the program ended or closed the connection")]
    Closed,
    #[error("the worker has ended")]
    WorkerEnded,
    #[error("the program does not respond to {method}; it may be paused in a debugger")]
    NoAnswer { method: String },
    #[error("the program stopped sending: no data for {}", human::duration(*patience))]
    Stalled { patience: Duration },
    #[error("the connection was lost: {0}")]
    Lost(io::Error),
    #[error("{method} failed: {message}")]
    Refusal { method: String, message: String },
    #[error("protocol error: {0}")]
    Odd(String),
    #[error("not a heap snapshot: {0}")]
    NotASnapshot(String),
    #[error(
        "the snapshot exceeds {}, the limit for a heap of this size; use `heapglass capture --max-size` to set \
         another limit",
        human::bytes(*limit)
    )]
    TooLarge { limit: u64 },
    #[error(
        "not enough disk space for {}: {} free; captures stop below {}",
        path.display(), human::bytes(*free), human::bytes(*least)
    )]
    LowSpace { path: PathBuf, free: u64, least: u64 },
    #[error("no space left on device: {}", path.display())]
    DiskFull { path: PathBuf },
    #[error("{}: {reason}", path.display())]
    File { path: PathBuf, reason: io::Error },
    #[error("the time limit for the text of scripts has passed")]
    SourcesLate,
    /// The data was incomplete when an error occurred.
    #[error("{why}. The {} received so far was saved to {}", human::bytes(*bytes), kept.display())]
    Incomplete { kept: PathBuf, bytes: u64, why: Box<CaptureError> },
    #[error("cancelled")]
    Cancelled,
}

impl From<Cancelled> for CaptureError {
    fn from(Cancelled: Cancelled) -> Self {
        Self::Cancelled
    }
}

impl CaptureError {
    pub(super) fn file(path: &Path, reason: io::Error) -> Self {
        let path = path.to_path_buf();
        if reason.kind() == io::ErrorKind::StorageFull { Self::DiskFull { path } } else { Self::File { path, reason } }
    }

    /// Returns true if the user cancelled the capture.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_chain_contains_each_cause_once() {
        let reason = || io::Error::from(io::ErrorKind::AlreadyExists);
        let path = PathBuf::from("a");
        for error in [
            CaptureError::Unreachable { address: "a".to_owned(), reason: reason() },
            CaptureError::Lost(reason()),
            CaptureError::File { path: path.clone(), reason: reason() },
            CaptureError::Incomplete { kept: path, bytes: 1, why: Box::new(CaptureError::Lost(reason())) },
        ] {
            let text = format!("{:#}", anyhow::Error::from(error));
            assert_eq!(text.matches(&reason().to_string()).count(), 1, "{text}");
        }
    }
}
