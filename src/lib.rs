//! Heapglass: an explorer for V8 heap snapshots.
//!
//! Data moves one way through the crate, each stage owning its output and knowing nothing of those behind it:
//!
//! ```text
//! bytes ─► format ─► graph ─► analysis ─► Snapshot ─► query ─► session ─► ui
//!                                            ▲ │          └──► cli
//!                                            │ ▼
//!                                           index
//! ```
//!
//! `capture` stands beside: it brings files from running processes for `session` and `cli`, and knows `model` only.
//!
//! - `model` is the vocabulary that all of them share; `files` (writing), `inputs` (reading) and `memory` are what they get
//!   from the system.
//! - `analysis` and `query` know no channel and no widget; they may use rayon within one function.
//! - `index` keeps snapshots in files of its own and gives them back; only `session` and `cli` know that there are such.
//! - egui appears only in `ui`. Without the feature `gui` the library and the command line build alone.
//! - The file's `self_size` and the derived shallow size are two columns.
//! - Node ordinals, raw node indices and object ids are three things; the raw index never leaves `format` and `graph`.

// So that the questions of the tests can also be asked inside.
#[cfg(test)]
extern crate self as heapglass;

pub mod analysis;
pub mod capture;
pub mod files;
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
pub mod query;
#[cfg(feature = "gui")]
pub mod session;
#[cfg(feature = "gui")]
pub mod ui;
