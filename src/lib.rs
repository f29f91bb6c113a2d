//! Heapglass: an explorer for V8 heap snapshots.
//!
//! Data moves one way through the crate. Each stage owns its output and knows nothing of later stages:
//!
//! ```text
//! bytes ─► format ─► graph ─► analysis ─► Snapshot ─► query ─► session ─► ui
//!                                            ▲ │          └──► export ──► ui, cli
//!                                            │ ▼
//!                                           index
//! ```
//!
//! `capture` is separate: it gets files from running processes for `session` and `cli`, and depends only on `model`.
//!
//! - `model` is the vocabulary shared by all modules; `files` (writing), `inputs` (reading) and `memory` are their
//!   interface to the system.
//! - `analysis` and `query` know no channels and no widgets; they may use rayon within one function.
//! - `export` writes rows as text, CSV, TSV and JSON for `cli` and the window's exports; it declares each column once.
//! - `index` caches snapshots in files of its own; only `session` and `cli` know of it.
//! - egui appears only in `ui`. Without the feature `gui` the library and the command line build alone.
//! - The file's `self_size` and the derived shallow size are separate columns.
//! - Node ordinals, raw node indices and object ids are different types; the raw index never leaves `format` and
//!   `graph`.

// So that the queries of the tests can also be used in unit tests.
#[cfg(test)]
extern crate self as heapglass;

pub mod analysis;
pub mod capture;
pub mod files;
pub mod findings;
pub mod format;
pub mod graph;
pub mod index;
pub mod inputs;
pub mod memory;
pub mod model;
pub mod profile;
pub mod snapshot;

pub use profile::Profile;
pub use snapshot::{OpenError, Snapshot};
pub mod cli;
pub mod export;
pub mod query;
#[cfg(feature = "gui")]
pub mod session;
#[cfg(feature = "gui")]
pub mod ui;
