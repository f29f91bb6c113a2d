//! A Model Context Protocol server: tools with which a language model asks about snapshots.
//!
//! - `tools` declares the tools, one function each. Their schemas, descriptions and the reference follow from the
//!   declarations. All numbers come from the questions of `query`, `sources` and `findings`, as in the window.
//! - `workspace` has the open snapshots and the answers that several calls share.
//! - `answer` writes a page of an answer that never exceeds its budget of tokens.
//! - `access` decides which files may be opened.
//! - `server` runs the calls of a client; `transport` reads and writes its messages.
//!
//! Invariants:
//! - Only the protocol is written to standard output, and no call ends the process: bad input, a cancelled call and a
//!   panic each have an answer or are ignored as the protocol requires.
//! - Text from a heap is untrusted. It is only ever written between double quotes, escaped and cut (`text::quoted`).
//! - No tool writes a file, except `capture`, which exists only if the user allows it.

mod access;
mod answer;
mod arguments;
mod failure;
mod host;
mod labels;
mod server;
mod text;
mod tool;
mod tools;
mod transport;
mod workspace;

pub(crate) use access::Access;
pub(crate) use host::{CapturePlan, Host, Loaded};
pub(crate) use server::{Served, serve};
pub(crate) use tools::tool_names;
pub use tools::tools_markdown;
