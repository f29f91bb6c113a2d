//! Takes snapshots, timelines and sampling profiles of a running process over the Chrome DevTools protocol.
//!
//! Node.js, Deno, Electron and Chrome serve the protocol on the port of `--inspect` (or `--remote-debugging-port`): a
//! list of targets over HTTP, and a websocket for each. Chunks go straight to disk as they arrive, so a snapshot of
//! several gigabytes needs a few megabytes of memory. A file is named `….partial` until it is complete; if the
//! connection breaks, the data received so far is kept under that name and its record marks it as incomplete.
//!
//! Everything here blocks; run it on its own thread. A [`Watch`] reports the progress, and a
//! [`crate::model::CancelToken`] stops a capture within milliseconds; a series that waits for its next snapshot first
//! records the text of the program's scripts, for at most two seconds. Connections to other machines need a
//! confirmation: anyone who can reach an inspector can run code in the process.
//!
//! Invariant: a target is not trusted. Whatever it sends, every call returns, memory stays bounded, the disk keeps some
//! free space, and only new files in the chosen folder are written. The one exception: V8 may work for minutes before
//! it sends the first byte of a snapshot. This has no time limit, but the user can cancel it.

mod address;
mod connection;
mod discovery;
mod error;
mod line;
mod local;
mod processes;
mod received;
mod record;
mod recording;
mod socket;
mod sources;
mod usage;
mod watch;

pub use address::{Address, Remote};
pub use connection::Connection;
pub(crate) use connection::{Isolate, UNANSWERED_NOTICE};
pub(crate) use discovery::Target;
pub use discovery::targets;
pub use error::CaptureError;

pub(crate) use local::{LocalInspectors, LocalTarget};
pub(crate) use processes::LocalSearch;
pub use record::{Record, record_beside, record_file};
pub use recording::{Kind, Plan, run};
pub use sources::SourceLimits;
pub(crate) use usage::HeapUsage;
pub(crate) use watch::Taken;
pub use watch::{Step, Watch};
