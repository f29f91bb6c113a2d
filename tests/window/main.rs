//! Tests that drive the real window.
#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, reason = "test data is part of the repository")]

#[path = "../common/audit.rs"]
mod audit;
#[path = "../common/mod.rs"]
mod common;
#[path = "../common/generated.rs"]
mod generated;
#[path = "../common/hostile_files.rs"]
mod hostile_files;
#[path = "../common/inspector.rs"]
mod inspector;
#[path = "../common/node.rs"]
mod node;
#[path = "../common/window.rs"]
mod window;

mod any_file;
mod audited;
mod capture;
mod collections;
mod dialogs;
mod explore;
mod findings;
mod frame;
mod growth;
mod hostile;
mod index;
mod interaction;
mod notes;
mod over_time;
mod panes;
mod query;
mod recovery;
mod reloaded;
mod scripts;
mod scrub;
mod shell;
mod sources;
mod tables;
mod tree_table;
mod ui;
mod walk;
