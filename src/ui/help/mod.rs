//! In-app help: keys, the glossary, the purpose of each view, facts about the program, and a report of a problem.

mod about;
mod report;

use egui::{Context, RichText, ScrollArea, TextEdit, Ui};

use super::action::Action;
use super::command::HelpTab;
use super::dialog::{self, Height};
use super::glossary::{Category, Entry, entries};
use super::keys;
use super::panes::registry;
use super::theme::{self, GRID};

const ID: &str = "help";
const SIZE: (f32, Height) = (580.0, Height::Fixed(540.0));
/// The width of the column of keys.
const KEYS_WIDTH: f32 = 190.0;

/// The tabs and their names.
const TABS: [(HelpTab, &str); 5] = [
    (HelpTab::Keys, "Keyboard shortcuts"),
    (HelpTab::Glossary, "Glossary"),
    (HelpTab::Views, "Views"),
    (HelpTab::About, "About"),
    (HelpTab::Report, "Report a problem"),
];

/// The help dialog.
#[derive(Debug, Default)]
pub struct Help {
    is_open: bool,
    tab: HelpTab,
    /// The text in the search field of the keys.
    key_filter: String,
    /// The text in the search field of the glossary.
    term_filter: String,
    /// The entry of the glossary to scroll to in the next frame.
    wanted: Option<&'static str>,
    /// True if the tab's first control is to receive the keyboard focus.
    takes_focus: bool,
}

impl Help {
    /// Opens a tab.
    pub fn open(&mut self, tab: HelpTab) {
        (self.is_open, self.tab, self.takes_focus) = (true, tab, true);
    }

    /// Opens a tab, or closes the help if the tab is on screen.
    pub fn toggle(&mut self, tab: HelpTab) {
        if self.is_open && self.tab == tab { self.is_open = false } else { self.open(tab) }
    }

    /// Executes an action about the help.
    pub(super) fn apply(&mut self, action: &Action) {
        match action {
            Action::Keys => self.toggle(HelpTab::Keys),
            Action::Glossary => self.toggle(HelpTab::Glossary),
            Action::Help(tab) => self.open(*tab),
            _ => {}
        }
    }

    /// Opens the glossary at an entry.
    pub fn explain(&mut self, term: &'static str) {
        self.open(HelpTab::Glossary);
        self.term_filter.clear();
        self.wanted = Some(term);
    }

    /// Draws the dialog. `last_error` is the last error that was shown.
    pub(super) fn show(&mut self, ctx: &Context, last_error: Option<&str>) {
        let mut is_open = self.is_open;
        dialog::window(ctx, (ID, "Help"), SIZE, &mut is_open, |ui| {
            self.tabs(ui);
            ui.separator();
            ui.add_space(GRID);
            match self.tab {
                HelpTab::Keys => self.keys(ui),
                HelpTab::Glossary => self.glossary(ui),
                HelpTab::Views => scrolled(ui, views),
                HelpTab::About => scrolled(ui, about::show),
                HelpTab::Report => scrolled(ui, |ui| report::show(ui, last_error)),
            }
        });
        self.is_open = is_open;
    }

    fn tabs(&mut self, ui: &mut Ui) {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = GRID;
            for (tab, name) in TABS {
                let response = ui.selectable_label(self.tab == tab, name);
                let has_field = matches!(tab, HelpTab::Keys | HelpTab::Glossary);
                if self.tab == tab && !has_field && self.takes_focus(ui.ctx()) {
                    response.request_focus();
                }
                if response.clicked() {
                    self.tab = tab;
                }
            }
        });
    }

    /// Returns whether the first control takes the keyboard focus in this frame.
    fn takes_focus(&mut self, ctx: &Context) -> bool {
        let takes = self.takes_focus;
        self.takes_focus &= dialog::has_just_opened(ctx, ID);
        takes
    }

    fn keys(&mut self, ui: &mut Ui) {
        let takes_focus = self.takes_focus(ui.ctx());
        search_field(ui, &mut self.key_filter, "Find a shortcut", takes_focus);
        let filter = self.key_filter.trim().to_lowercase();
        scrolled(ui, |ui| keys_list(ui, &filter));
    }

    fn glossary(&mut self, ui: &mut Ui) {
        let takes_focus = self.takes_focus(ui.ctx());
        search_field(ui, &mut self.term_filter, "Find in the glossary", takes_focus);
        let wanted = self.wanted.take();
        let filter = self.term_filter.trim().to_lowercase();
        scrolled(ui, |ui| {
            let mut is_empty = true;
            for (category, title) in CATEGORIES {
                let mut shown = entries().filter(|entry| entry.category == category && matches(entry, &filter));
                let Some(first) = shown.next() else { continue };
                is_empty = false;
                group(ui, title);
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
            if is_empty {
                ui.weak("No matching terms");
            }
        });
    }
}

fn search_field(ui: &mut Ui, text: &mut String, name: &str, takes_focus: bool) {
    let response = ui.add(TextEdit::singleline(text).hint_text(name).desired_width(f32::INFINITY));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(name));
    if takes_focus {
        response.request_focus();
    }
    ui.add_space(GRID);
}

fn scrolled(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical().auto_shrink(false).show(ui, content);
}

/// Draws the title of a group.
fn group(ui: &mut Ui, title: &str) {
    ui.add_space(GRID);
    ui.label(RichText::new(title).font(theme::small()).color(theme::tokens(ui).weak));
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

/// Returns whether a key or its meaning contains all words of a filter.
fn key_matches(keys: &str, meaning: &str, filter: &str) -> bool {
    let text = format!("{keys} {meaning}").to_lowercase();
    filter.split_whitespace().all(|word| text.contains(word))
}

fn keys_list(ui: &mut Ui, filter: &str) {
    let own = |text: &(&str, &str)| (text.0.to_owned(), text.1.to_owned());
    let (mut general, mut views) = (Vec::new(), Vec::new());
    for binding in keys::bindings() {
        // An alternative key for the same action.
        if binding.shortcut.logical_key == egui::Key::Equals {
            continue;
        }
        let is_view = matches!(binding.action, Action::ShowView(_));
        let of = if is_view { &mut views } else { &mut general };
        of.push((ui.ctx().format_shortcut(&binding.shortcut), binding.name.to_owned()));
    }
    let tables = keys::TABLE_KEYS.iter().map(own).collect();
    let charts = keys::CHART_KEYS.iter().map(own).collect();
    let mut is_empty = true;
    for (title, mut list) in [("General", general), ("Views", views), ("Tables", tables), ("Charts", charts)] {
        list.retain(|(keys, meaning)| key_matches(keys, meaning, filter));
        if list.is_empty() {
            continue;
        }
        is_empty = false;
        group(ui, title);
        egui::Grid::new(title).num_columns(2).min_col_width(0.0).spacing([4.0 * GRID, GRID]).show(ui, |ui| {
            for (keys, meaning) in list {
                let width = KEYS_WIDTH.min(ui.ctx().content_rect().width() * 0.4);
                ui.scope(|ui| {
                    ui.set_width(width);
                    ui.add(egui::Label::new(RichText::new(keys).font(theme::mono())).wrap());
                });
                ui.add(egui::Label::new(meaning).wrap());
                ui.end_row();
            }
        });
    }
    if is_empty {
        ui.weak("No matching shortcuts");
    }
}

/// Lists the views with their purpose.
fn views(ui: &mut Ui) {
    for (about, key) in keys::of_panes() {
        ui.horizontal(|ui| {
            ui.label(RichText::new(about.kind.label()).strong());
            if let Some(key) = key {
                let key = ui.ctx().format_shortcut(&key);
                ui.label(RichText::new(key).font(theme::mono_small()).color(theme::tokens(ui).weak));
            }
        });
        ui.add(egui::Label::new(registry::about(about.kind).purpose).wrap());
        ui.add_space(2.0 * GRID);
    }
}

#[cfg(test)]
mod tests {
    use super::key_matches;

    #[test]
    fn keys_are_found_by_their_name_and_by_the_key() {
        assert!(key_matches("Ctrl+F", "Search objects", "objects ctrl+f"));
        assert!(key_matches("F6", "Go to next table or chart", "table"));
        assert!(!key_matches("F6", "Go to next table or chart", "f7"));
    }
}
