//! The window: panes over the tree table, fed by the session. The only place that knows egui.
//!
//! The window's thread looks up what it draws and never walks nodes, edges or strings; whatever takes longer is asked of
//! the session.

pub mod app;
mod chrome;
pub mod command;
mod dialog;
mod export;
#[cfg(feature = "frame-times")]
mod frame_times;
pub mod heap_rows;
pub mod help;
pub mod history;
mod keys;
mod palette;
pub mod panes;
mod salvage;
pub mod settings;
pub mod side_by_side;
pub mod theme;
pub mod tree_table;
pub mod view;

pub use app::{HeapglassApp, run};
