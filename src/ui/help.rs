//! In-app help: the list of keys and the glossary.

use egui::{Context, RichText, ScrollArea, TextEdit, Ui};

use super::glossary::{Category, Entry, entries};
use super::keys;
use super::theme::{self, GRID};

/// A page of the help.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HelpPage {
    Views,
    Report,
    About,
}

/// The help windows.
#[derive(Debug, Default)]
pub struct Help {
    pub keys_open: bool,
    pub glossary_open: bool,
    filter: String,
    /// The entry to scroll to in the next frame.
    wanted: Option<&'static str>,
}

impl Help {
    /// Opens the glossary at an entry.
    pub fn explain(&mut self, term: &'static str) {
        self.glossary_open = true;
        self.filter.clear();
        self.wanted = Some(term);
    }

    pub(super) fn show(&mut self, ctx: &Context) {
        let mut is_open = self.keys_open;
        centered(ctx, "Keyboard shortcuts", [470.0, 560.0]).open(&mut is_open).show(ctx, |ui| {
            ScrollArea::vertical().auto_shrink(false).show(ui, keys_list);
        });
        super::close_by_escape(ctx, &mut is_open);
        self.keys_open = is_open;
        let mut is_open = self.glossary_open;
        let window = centered(ctx, "Glossary", [560.0, 560.0]).open(&mut is_open);
        window.show(ctx, |ui| self.glossary(ui));
        super::close_by_escape(ctx, &mut is_open);
        self.glossary_open = is_open;
    }

    fn glossary(&mut self, ui: &mut Ui) {
        let edit = TextEdit::singleline(&mut self.filter).hint_text("Find a term").desired_width(f32::INFINITY);
        let response = ui.add(edit);
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Find in the glossary"));
        ui.add_space(GRID);
        let wanted = self.wanted.take();
        let filter = self.filter.trim().to_lowercase();
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for (category, title) in CATEGORIES {
                let mut shown = entries().filter(|entry| entry.category == category && matches(entry, &filter));
                let Some(first) = shown.next() else { continue };
                ui.add_space(GRID);
                ui.label(RichText::new(title).font(theme::small()).color(theme::tokens(ui).weak));
                for entry in std::iter::once(first).chain(shown) {
                    let term = ui.label(RichText::new(entry.term).font(theme::mono()).strong());
                    if wanted == Some(entry.term) {
                        term.scroll_to_me(Some(egui::Align::TOP));
                    }
                    ui.label(entry.short);
                    ui.weak(entry.long);
                    ui.add_space(1.5 * GRID);
                }
            }
        });
    }
}

/// Returns a window that opens in the center.
fn centered(ctx: &Context, title: &'static str, size: [f32; 2]) -> egui::Window<'static> {
    let middle = ctx.content_rect().center();
    let window = egui::Window::new(title).default_size(size).pivot(egui::Align2::CENTER_CENTER);
    window.default_pos(middle).collapsible(false)
}

const CATEGORIES: [(Category, &str); 6] = [
    (Category::Concept, "Concepts"),
    (Category::Column, "Columns"),
    (Category::Group, "Groups and classes"),
    (Category::NodeKind, "Kinds of nodes"),
    (Category::EdgeKind, "Kinds of references"),
    (Category::Root, "Roots"),
];

fn matches(entry: &Entry, filter: &str) -> bool {
    filter.is_empty() || entry.term.to_lowercase().contains(filter) || entry.long.to_lowercase().contains(filter)
}

fn keys_list(ui: &mut Ui) {
    egui::Grid::new("keys").num_columns(2).spacing([6.0 * GRID, GRID]).show(ui, |ui| {
        for binding in keys::bindings() {
            // An alternative key for the same action.
            if binding.shortcut.logical_key == egui::Key::Equals {
                continue;
            }
            ui.label(RichText::new(ui.ctx().format_shortcut(&binding.shortcut)).font(theme::mono()));
            ui.label(binding.name);
            ui.end_row();
        }
        for (keys, meaning) in keys::TABLE_KEYS {
            ui.label(RichText::new(keys).font(theme::mono()));
            ui.label(meaning);
            ui.end_row();
        }
    });
}
