//! All commands of the window, by name.

use egui::Context;

use crate::model::human::Units;
use crate::ui::action::Action;
use crate::ui::command::HelpTab;
use crate::ui::keys;
use crate::ui::panes::registry::about;

/// A command: its name, its key if it has one, and its action.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) key: String,
    pub(super) action: Action,
}

/// Returns all commands.
pub(super) fn all(ctx: &Context) -> Vec<Named> {
    let mut all: Vec<Named> = Vec::new();
    for binding in keys::bindings() {
        let is_known = all.iter().any(|known| known.action == binding.action);
        if binding.action == Action::Palette || is_known {
            continue;
        }
        let name = match &binding.action {
            Action::ShowView(kind) => show_view(*kind),
            _ => binding.name.to_owned(),
        };
        all.push(Named { name, key: ctx.format_shortcut(&binding.shortcut), action: binding.action });
    }
    // Keys are ordered by their modifiers; the list starts with what is needed first.
    all.sort_by_key(|command| command.action != Action::OpenDialog);
    for (about, _) in keys::of_panes() {
        let action = Action::ShowView(about.kind);
        if all.iter().all(|known| known.action != action) {
            all.push(Named { name: show_view(about.kind), key: String::new(), action });
        }
    }
    let mut add = |name: &str, action| all.push(Named { name: name.to_owned(), key: String::new(), action });
    for units in Units::ALL {
        add(&format!("Show sizes in {}", units.label()), Action::SetUnits(units));
    }
    add("Switch theme: system, light or dark", Action::NextTheme);
    add("Turn high contrast on or off", Action::ToggleHighContrast);
    add("Turn reduced motion on or off", Action::ToggleReduceMotion);
    add("Switch row height: compact or comfortable", Action::ToggleDensity);
    add("Capture from a running program…", Action::Capture);
    add("Export scrubbed copy…", Action::ScrubShown);
    add("Save report…", Action::SaveReport);
    add("Turn caching of opened files on or off", Action::ToggleIndex);
    add("Choose editor…", Action::ChooseEditor);
    add("Add source folder…", Action::AddSourceFolder);
    add("Delete cache", Action::DeleteIndex);
    add("Show dead variables: held by contexts, but not readable by any function", Action::ShowDeadVariables);
    for (tab, name) in [
        (HelpTab::Views, "Show the purpose of each view"),
        (HelpTab::About, "About Heapglass"),
        (HelpTab::Report, "Report a problem"),
    ] {
        add(name, Action::Help(tab));
    }
    add("Open the example", Action::OpenExample);
    add("Open both example snapshots", Action::OpenExamplePair);
    all
}

fn show_view(kind: crate::ui::command::ViewKind) -> String {
    format!("Show {}: {}", kind.label(), about(kind).hint.to_lowercase())
}

/// Returns whether the name contains all words, in any order.
pub(super) fn matches(name: &str, text: &str) -> bool {
    let name = name.to_lowercase();
    text.to_lowercase().split_whitespace().all(|word| name.contains(word))
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
