//! Taking snapshots, timelines and sampling profiles from a running process over the Chrome DevTools protocol.
//!
//! Node.js, Deno, Electron and Chrome speak it on the port of `--inspect` (or `--remote-debugging-port`): a list of targets
//! over HTTP, and a websocket for each. What a target sends goes straight to disk in the pieces in which it comes, so a
//! snapshot of gigabytes takes a few megabytes here. A file is `….partial` until its last byte is there; where the
//! connection breaks before, what has come is kept under that name and its record says that it is incomplete.
//!
//! Everything here blocks and belongs on a thread of its own; a [`Watch`] tells others how far it is, and a
//! [`crate::model::CancelToken`] stops it within milliseconds. Nothing but loopback is connected to unless that was
//! confirmed: whoever reaches an inspector can run code in the process.
//!
//! Invariant: a target is not trusted. Whatever it sends, every call ends, memory stays bounded, the disk keeps some space,
//! and only new files in the chosen folder are written. Only the time that V8 works before it sends the first byte of a
//! snapshot has no limit: it may be minutes, and people can cancel it.

mod address;
mod connection;
mod discovery;
mod error;
mod line;
mod received;
mod record;
mod recording;
mod socket;
mod usage;
mod watch;

pub use address::{Address, Remote};
pub use connection::{Connection, Isolate, UNANSWERED_NOTICE};
pub use discovery::{Target, targets};
pub use error::CaptureError;
pub use record::{Record, record_beside, record_file};
pub use recording::{Kind, Plan, run};
pub use usage::{HeapUsage, MemoryUsage};
pub use watch::{Step, Taken, Watch};
