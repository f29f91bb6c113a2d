//! Heapglass: an explorer for V8 heap snapshots.

#[cfg(feature = "gui")]
pub mod ui;
