//! All keys of the window: what they do, and how they are written.

use egui::{Context, Key, KeyboardShortcut, Modifiers, PointerButton};

use super::action::Action;
use super::command::Step;
use super::panes::pane::About;
use super::panes::registry;

const CTRL: Modifiers = Modifiers::COMMAND;

/// A key and the action it stands for, with the name it has in the palette.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    pub(super) shortcut: KeyboardShortcut,
    pub(super) action: Action,
    pub(super) name: &'static str,
}

fn binding(modifiers: Modifiers, key: Key, action: Action, name: &'static str) -> Binding {
    Binding { shortcut: KeyboardShortcut::new(modifiers, key), action, name }
}

/// Every key of the window itself. Keys with more modifiers stand before those with fewer.
#[must_use]
pub(super) fn bindings() -> Vec<Binding> {
    let mut all = vec![
        binding(CTRL, Key::O, Action::OpenDialog, "Open snapshots…"),
        binding(CTRL, Key::W, Action::CloseShown, "Close this snapshot"),
        binding(CTRL, Key::F, Action::FocusSearch, "Search objects"),
        binding(Modifiers::SHIFT, Key::F3, Action::Hit(Step::Previous), "Previous search hit"),
        binding(Modifiers::NONE, Key::F3, Action::Hit(Step::Next), "Next search hit"),
        binding(CTRL, Key::K, Action::FocusFilter, "Filter classes"),
        binding(CTRL, Key::P, Action::Palette, "Command palette"),
        binding(Modifiers::ALT, Key::ArrowLeft, Action::Back, "Back"),
        binding(Modifiers::ALT, Key::ArrowRight, Action::Forward, "Forward"),
        binding(Modifiers::NONE, Key::F6, Action::FocusNextPane, "Next table or chart"),
        binding(CTRL, Key::Backslash, Action::ToggleSplit, "Side by side"),
        binding(CTRL, Key::L, Action::ToggleLink, "Link the two sides"),
        binding(CTRL, Key::Plus, Action::Larger, "Larger text"),
        binding(CTRL, Key::Equals, Action::Larger, "Larger text"),
        binding(CTRL, Key::Minus, Action::Smaller, "Smaller text"),
        binding(CTRL, Key::Num0, Action::NormalSize, "Normal text size"),
        binding(CTRL, Key::G, Action::Glossary, "Glossary"),
        binding(Modifiers::NONE, Key::F1, Action::Keys, "All keys"),
    ];
    for (about, key) in of_panes() {
        let (action, name) = (Action::ShowView(about.kind), about.kind.label());
        all.extend(key.map(|shortcut| Binding { shortcut, action, name }));
    }
    all
}

/// Returns the panes in the order of their tabs, each with its key: Ctrl and a number for the first nine that have none of
/// their own.
pub(super) fn of_panes() -> impl Iterator<Item = (About, Option<KeyboardShortcut>)> {
    let mut numbers =
        [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9].into_iter();
    registry::all().into_iter().map(move |about| {
        let key = match about.key {
            Some(key) => Some(KeyboardShortcut::new(CTRL.plus(Modifiers::SHIFT), key)),
            None => numbers.next().map(|key| KeyboardShortcut::new(CTRL, key)),
        };
        (about, key)
    })
}

/// Keys of tables and fields, which the widgets take themselves.
pub(super) const TABLE_KEYS: [(&str, &str); 17] = [
    ("↑ ↓ PgUp PgDn Home End", "Move along the rows"),
    ("→", "Expand the row, or go to its first child"),
    ("←", "Collapse the row, or go to its parent"),
    ("Shift+→  Shift+←", "Expand all below, or collapse"),
    ("Enter", "Go to the object in the Summary; on a class or a group, show or hide its rows"),
    ("Menu  Shift+F10", "Open the context menu of the selected row"),
    ("Ctrl+C", "Copy the row"),
    ("↓ or Enter in the class filter", "Go on to the classes"),
    ("Enter, Shift+Enter in the search", "Next and previous hit"),
    ("Esc in the search", "Close it"),
    ("← → in the timeline", "Move the interval; with Shift its end; Esc clears it"),
    ("↑ ↓ ← → in a flame graph", "Go to the caller, the largest callee, the neighbours"),
    ("Enter, Backspace in a flame graph", "Fill the width with the call, or with its caller"),
    ("+ − Home in a flame graph", "Zoom in, out, show everything"),
    ("Mouse buttons 4 and 5", "Back and forward"),
    ("Double click", "Show or hide the rows below, or go to the object"),
    ("Right click", "Open the context menu of a row"),
];

/// What was pressed in this frame.
pub(super) fn pressed(ctx: &Context) -> Vec<Action> {
    let mut actions = Vec::new();
    for binding in bindings() {
        if ctx.input_mut(|input| input.consume_shortcut(&binding.shortcut)) {
            actions.push(binding.action);
        }
    }
    ctx.input(|input| {
        if input.pointer.button_pressed(PointerButton::Extra1) {
            actions.push(Action::Back);
        }
        if input.pointer.button_pressed(PointerButton::Extra2) {
            actions.push(Action::Forward);
        }
    });
    actions
}
