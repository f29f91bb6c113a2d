//! The window: panes over the tree table, fed by the session. No other module knows egui.
//!
//! Invariant: the window's thread only looks up what it draws and never walks nodes, edges or strings. The session does
//! everything that takes longer.

pub(crate) mod action;
mod ages;
pub(crate) mod app;
mod buttons;
pub(crate) mod call_table;
pub(crate) mod capture;
mod chrome;
pub(crate) mod command;
mod context_menu;
mod dialog;
mod editors;
mod export;
mod file_manager;
pub(crate) mod flame_graph;
mod focus_order;
#[cfg(feature = "frame-times")]
mod frame_times;
mod glossary;
pub(crate) mod heap_rows;
pub(crate) mod help;
pub(crate) mod history;
pub(crate) mod icons;
mod keys;
pub(crate) mod link;
mod lower;
pub(crate) mod notes;
pub(crate) mod notice;
mod object_cells;
mod object_fields;
mod omnibox;
pub(crate) mod panes;
mod path_prompt;
mod place_link;
mod proposed_path;
mod recovery;
mod rename;
mod save_report;
pub(crate) mod saved;
mod scrub;
mod search_field;
pub(crate) mod settings;
mod settings_file;
mod sides;
mod spinner;
pub(crate) mod state;
mod tabs;
mod text;
pub(crate) mod theme;
pub(crate) mod time_chart;
mod times;
pub(crate) mod toasts;
pub(crate) mod tree_table;
pub(crate) mod view;
mod within;

pub use app::{HeapglassApp, run};
pub use state::start::Start;

/// Closes a window on Escape. An open menu closes first.
fn close_by_escape(ctx: &egui::Context, is_open: &mut bool) {
    let is_pressed = || ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, egui::Key::Escape));
    if *is_open && !egui::Popup::is_any_open(ctx) && is_pressed() {
        *is_open = false;
    }
}
