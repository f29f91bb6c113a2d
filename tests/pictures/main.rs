//! Pictures of the window; the README shows some of them.
#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, reason = "test data is part of the repository")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/generated.rs"]
mod generated;
#[path = "../common/inspector.rs"]
mod inspector;
#[path = "../common/node.rs"]
mod node;
#[path = "../common/png.rs"]
mod png_file;
#[path = "../common/window.rs"]
mod window;

mod pictures;
