//! Heapglass: an explorer for V8 heap snapshots.
//!
//! Data moves one way through the crate. Each stage owns its output and knows nothing of later stages:
//!
//! ```text
//! bytes ─► format ─► graph ─► analysis ─► Snapshot ─► query ─► session ─► ui
//!                                            ▲ │          └──► export ──► sql ──► ui, cli
//!                                            │ ▼
//!                                           index
//! ```
//!
//! `capture` is separate: it writes files from running processes for `session` and `cli`, and depends only on `files`,
//! `inputs`, `model` and `script_store`.
//!
//! - `model` is the vocabulary shared by all modules; `files` (writing), `inputs` (reading) and `memory` are their
//!   interface to the system.
//! - `analysis` and `query` use no channels and no widgets; they may use rayon within one function.
//! - `export` writes rows as text, CSV, TSV and JSON for `cli` and the window's exports; it declares each column once.
//! - `sql` answers queries in SQL by virtual tables over the columns of snapshots; it opens no file and copies no heap.
//! - `dataset` writes the tables of `sql` as files for query engines; only `cli` uses it.
//! - `mcp` answers the questions of agents; only `cli` uses it.
//! - `report` writes findings and the numbers around them as one page for people; every text from a heap is escaped there.
//! - `index` caches snapshots in files of its own; only `session`, `cli` and `ui` use it.
//! - `script_store` is the format of the files that keep the text of scripts: `capture` writes them, `sources` reads them.
//! - egui appears only in `ui`. Without the feature `gui` the library and the command line build alone.
//! - The file's `self_size` and the derived shallow size are separate columns.
//! - Node ordinals, raw node indices and object ids are different types; the raw index never leaves `format` and
//!   `graph`.
//!
//! Visibility: all modules are private. This file re-exports what `main.rs` uses, and what it takes to open a file and to
//! get its findings. Everything else is `pub(crate)`, so that the compiler reports what nothing uses. Tests reach in
//! through `test_support`.

// Without the window, much that only it asks for is unused. The build with it shows what nothing uses.
#![cfg_attr(not(feature = "gui"), allow(dead_code, unreachable_pub, unused_imports, reason = "see above"))]

// So that the queries of the tests can also be used in unit tests.
#[cfg(test)]
extern crate self as heapglass;

mod about;
mod analysis;
mod capture;
mod cli;
mod dataset;
#[cfg(feature = "gui")]
mod editor;
mod export;
mod files;
mod findings;
mod format;
mod graph;
mod index;
mod inputs;
mod mcp;
mod memory;
mod model;
mod profile;
mod query;
mod report;
mod script_store;
mod scrub;
#[cfg(feature = "gui")]
mod session;
mod snapshot;
mod sources;
mod sql;
#[doc(hidden)]
pub mod test_support;
#[cfg(feature = "gui")]
mod ui;

pub use cli::{Arguments, Command, Files, arguments, complain, run as run_command};
pub use findings::{Finding, Findings, FindingsOf, Verdict, findings};
pub use format::Source;
pub use index::Indexes;
pub use inputs::survive_file_size_limit;
pub use memory::{HugePages, OrExit};
pub use model::{CancelToken, Cancelled, MemoryLimit, Progress};
pub use profile::Profile;
pub use snapshot::{OpenError, Snapshot};
pub use sources::{SourcePaths, SourceRoot};
#[cfg(feature = "gui")]
pub use ui::{Start, run as run_window};
