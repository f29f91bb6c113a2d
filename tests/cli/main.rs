//! Tests of the command line, and of captures that it runs.
#![allow(clippy::unwrap_used, reason = "test data is part of the repository")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/generated.rs"]
mod generated;
#[path = "../common/hostile_files.rs"]
mod hostile_files;
#[path = "../common/inspector.rs"]
mod inspector;
#[path = "../common/mcp.rs"]
mod mcp_client;
#[path = "../common/node.rs"]
mod node;
#[path = "../common/questions.rs"]
mod questions;

mod capture;
mod capture_sources;
mod check;
mod ci_logs;
mod command_line;
mod command_line_calls;
mod documentation;
mod export;
mod findings;
mod gate;
mod generate;
mod hostile;
mod mcp;
mod mcp_hostile;
mod realms;
mod reloaded;
mod report;
mod scripts;
mod scrub;
mod sources;
mod sql;
mod terminal;
mod unreachable;
