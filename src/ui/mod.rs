//! The window: panes over the tree table, fed by the session. The only place that knows egui.
//!
//! The window's thread looks up what it draws and never walks nodes, edges or strings; whatever takes longer is asked of
//! the session.

pub mod app;
mod chrome;
mod dialog;
#[cfg(feature = "frame-times")]
mod frame_times;
pub mod heap_rows;
pub mod panes;
pub mod settings;
pub mod theme;
pub mod tree_table;

pub use app::{HeapglassApp, run};
