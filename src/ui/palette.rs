//! The command palette: everything the window can do, by name.

use egui::{Align2, Context, Id, Key, Modifiers, RichText, TextEdit};

use super::action::Action;
use super::command::HelpTab;
use super::keys;
use super::panes::registry::about;
use super::theme::{self, GRID};
use crate::model::human::Units;

/// The palette's own state.
#[derive(Debug, Default)]
pub(super) struct Palette {
    is_open: bool,
    text: String,
    at: usize,
}

/// Returns all commands: the name, the key if it has one, and the action.
fn entries(ctx: &Context) -> Vec<(String, String, Action)> {
    let mut entries: Vec<(String, String, Action)> = Vec::new();
    for binding in keys::bindings() {
        let is_known = entries.iter().any(|(_, _, action)| *action == binding.action);
        if binding.action != Action::Palette && !is_known {
            let name = match &binding.action {
                Action::ShowView(kind) => format!("Show {}: {}", kind.label(), about(*kind).hint.to_lowercase()),
                _ => binding.name.to_owned(),
            };
            entries.push((name, ctx.format_shortcut(&binding.shortcut), binding.action));
        }
    }
    for units in Units::ALL {
        entries.push((format!("Show sizes in {}", units.label()), String::new(), Action::SetUnits(units)));
    }
    entries.push(("Switch theme: system, light or dark".to_owned(), String::new(), Action::NextTheme));
    entries.push(("Turn high contrast on or off".to_owned(), String::new(), Action::ToggleHighContrast));
    entries.push(("Turn reduced motion on or off".to_owned(), String::new(), Action::ToggleReduceMotion));
    entries.push(("Switch row height: compact or comfortable".to_owned(), String::new(), Action::ToggleDensity));
    entries.push(("Capture from a running program…".to_owned(), String::new(), Action::Capture));
    entries.push(("Turn caching of opened files on or off".to_owned(), String::new(), Action::ToggleIndex));
    entries.push(("Choose editor…".to_owned(), String::new(), Action::ChooseEditor));
    entries.push(("Add source folder…".to_owned(), String::new(), Action::AddSourceFolder));
    entries.push(("Delete cache".to_owned(), String::new(), Action::DeleteIndex));
    let dead = "Show dead variables: held by contexts, but not readable by any function";
    entries.push((dead.to_owned(), String::new(), Action::ShowDeadVariables));
    for (tab, name) in [
        (HelpTab::Views, "Show the purpose of each view"),
        (HelpTab::About, "About Heapglass"),
        (HelpTab::Report, "Report a problem"),
    ] {
        entries.push((name.to_owned(), String::new(), Action::Help(tab)));
    }
    entries.push(("Open the example".to_owned(), String::new(), Action::OpenExample));
    entries.push(("Open both example snapshots".to_owned(), String::new(), Action::OpenExamplePair));
    entries
}

/// Returns whether the name contains all words, in any order.
fn matches(name: &str, text: &str) -> bool {
    let name = name.to_lowercase();
    text.to_lowercase().split_whitespace().all(|word| name.contains(word))
}

impl Palette {
    pub(super) fn toggle(&mut self) {
        *self = Self { is_open: !self.is_open, ..Self::default() };
    }

    /// Draws the palette over everything else, with the actions that are possible now; returns the chosen one.
    pub(super) fn show(&mut self, ctx: &Context, is_possible: impl Fn(&Action) -> bool) -> Option<Action> {
        if !self.is_open {
            return None;
        }
        let id = Id::unique("palette");
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let (down, up, enter) = (pressed(Key::ArrowDown), pressed(Key::ArrowUp), pressed(Key::Enter));
        if pressed(Key::Escape) {
            self.is_open = false;
            return None;
        }
        let mut entries = entries(ctx);
        entries.retain(|(name, _, action)| is_possible(action) && matches(name, &self.text));
        let last = entries.len().saturating_sub(1);
        self.at = if down { self.at + 1 } else { self.at.saturating_sub(usize::from(up)) }.min(last);
        let mut chosen = None;
        let window =
            egui::Window::new("Commands").title_bar(false).resizable(false).anchor(Align2::CENTER_TOP, [0.0, 60.0]);
        let shown = window.fixed_size([440.0, 360.0]).show(ctx, |ui| {
            let edit =
                TextEdit::singleline(&mut self.text).id(id).hint_text("Type a command").desired_width(f32::INFINITY);
            let response = ui.add(edit);
            ctx.accesskit_node_builder(response.id, |node| node.set_label("Command"));
            if !response.has_focus() {
                response.request_focus();
            }
            if response.changed() {
                self.at = 0;
            }
            ui.add_space(GRID);
            egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                if entries.is_empty() {
                    ui.weak("No matching commands");
                }
                for (at, (name, keys, action)) in entries.iter().enumerate() {
                    let keys = RichText::new(keys).font(theme::small()).color(theme::tokens(ui).weak);
                    let button = egui::Button::selectable(at == self.at, name.as_str()).right_text(keys);
                    let response = ui.add_sized([ui.available_width(), 5.5 * GRID], button);
                    if at == self.at && (down || up) {
                        response.scroll_to_me(None);
                    }
                    if response.clicked() || (enter && at == self.at) {
                        chosen = Some(action.clone());
                    }
                }
            });
        });
        let outside = shown.is_some_and(|shown| shown.response.clicked_elsewhere());
        if chosen.is_some() || outside {
            self.is_open = false;
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn words_are_found_in_any_order_and_case() {
        assert!(matches("Show Dominators: as a tree", "tree dom"));
        assert!(!matches("Show Dominators", "summary"));
        assert!(matches("Anything", ""));
    }
}
