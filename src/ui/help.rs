//! Help in place: the list of keys and the glossary.

use egui::{Context, RichText, ScrollArea, TextEdit, Ui};

use super::keys;
use super::theme::{self, GRID};
use crate::query::glossary::{Category, Entry, entries};

/// Which windows of help are open.
#[derive(Debug, Default)]
pub struct Help {
    pub keys_open: bool,
    pub glossary_open: bool,
    filter: String,
    /// An entry that is scrolled to in the next frame.
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
        egui::Window::new("Keys").open(&mut is_open).resizable(false).default_width(460.0).show(ctx, keys_list);
        self.keys_open = is_open;
        let mut is_open = self.glossary_open;
        let window = egui::Window::new("Glossary").open(&mut is_open).default_size([520.0, 560.0]);
        window.show(ctx, |ui| self.glossary(ui));
        self.glossary_open = is_open;
    }

    fn glossary(&mut self, ui: &mut Ui) {
        let edit = TextEdit::singleline(&mut self.filter).hint_text("Find a word").desired_width(f32::INFINITY);
        let response = ui.add(edit);
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Find in the glossary"));
        ui.add_space(GRID);
        let wanted = self.wanted.take();
        let filter = self.filter.trim().to_lowercase();
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for (category, title) in CATEGORIES {
                let mut shown = entries().iter().filter(|entry| entry.category == category && matches(entry, &filter));
                let Some(first) = shown.next() else { continue };
                ui.add_space(GRID);
                ui.label(RichText::new(title).font(theme::small()).color(theme::tokens(ui).weak));
                for entry in std::iter::once(first).chain(shown) {
                    let term = ui.label(RichText::new(entry.term).font(theme::mono()).strong());
                    if wanted == Some(entry.term) {
                        term.scroll_to_me(Some(egui::Align::TOP));
                    }
                    ui.label(entry.long);
                    ui.add_space(1.5 * GRID);
                }
            }
        });
    }
}

const CATEGORIES: [(Category, &str); 6] = [
    (Category::Idea, "Ideas"),
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
            // The second way to say the same.
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
