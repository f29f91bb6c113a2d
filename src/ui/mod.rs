//! The window: panes over the tree table, fed by the session. No other module knows egui.
//!
//! Invariant: the window's thread only looks up what it draws and never walks nodes, edges or strings. The session does
//! everything that takes longer.

pub mod action;
mod ages;
pub mod app;
mod buttons;
pub mod call_table;
pub mod capture;
mod chrome;
pub mod command;
mod context_menu;
mod dialog;
mod export;
pub mod flame_graph;
mod focus_order;
#[cfg(feature = "frame-times")]
mod frame_times;
mod glossary;
pub mod heap_rows;
pub mod help;
pub mod history;
mod keys;
pub mod link;
pub mod notice;
mod palette;
pub mod panes;
mod path_prompt;
mod proposed_path;
mod salvage;
pub mod settings;
mod settings_file;
mod sides;
pub mod state;
mod text;
pub mod theme;
pub mod time_chart;
pub mod tree_table;
pub mod view;

pub use app::{HeapglassApp, run};

/// Closes a window on Escape. An open menu closes first.
fn close_by_escape(ctx: &egui::Context, is_open: &mut bool) {
    let is_pressed = || ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, egui::Key::Escape));
    if *is_open && !egui::Popup::is_any_open(ctx) && is_pressed() {
        *is_open = false;
    }
}
