//! All keys of the window, their actions and their descriptions.

use egui::{Context, Key, KeyboardShortcut, Modifiers, PointerButton};

use super::action::Action;
use super::command::Step;
use super::panes::pane::About;
use super::panes::registry;

const CTRL: Modifiers = Modifiers::COMMAND;

/// The key that collapses or expands the lower half of views.
pub(super) const LOWER_PANES: KeyboardShortcut = KeyboardShortcut::new(CTRL, Key::J);

/// A key and its action, with the action's name in the palette.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    pub(super) shortcut: KeyboardShortcut,
    pub(super) action: Action,
    pub(super) name: &'static str,
}

fn binding(modifiers: Modifiers, key: Key, action: Action, name: &'static str) -> Binding {
    Binding { shortcut: KeyboardShortcut::new(modifiers, key), action, name }
}

/// Returns all keys of the window itself. Invariant: keys with more modifiers come before those with fewer.
#[must_use]
pub(super) fn bindings() -> Vec<Binding> {
    let mut all = vec![
        binding(CTRL.plus(Modifiers::SHIFT), Key::O, Action::OpenInEditor, "Open source in editor"),
        binding(CTRL, Key::O, Action::OpenDialog, "Open snapshots…"),
        binding(CTRL, Key::W, Action::CloseShown, "Close snapshot"),
        binding(CTRL, Key::F, Action::FocusSearch, "Search objects"),
        binding(Modifiers::SHIFT, Key::F3, Action::Hit(Step::Previous), "Go to previous search hit"),
        binding(Modifiers::NONE, Key::F3, Action::Hit(Step::Next), "Go to next search hit"),
        binding(CTRL, Key::K, Action::FocusFilter, "Filter classes"),
        binding(CTRL, Key::P, Action::Palette, "Show commands"),
        binding(Modifiers::ALT, Key::ArrowLeft, Action::Back, "Go back"),
        binding(Modifiers::ALT, Key::ArrowRight, Action::Forward, "Go forward"),
        binding(Modifiers::NONE, Key::F6, Action::FocusNextPane, "Go to next table or chart"),
        binding(CTRL, Key::Backslash, Action::ToggleSplit, "Side by side"),
        Binding { shortcut: LOWER_PANES, action: Action::ToggleLower, name: "Show or hide the lower panes" },
        binding(CTRL, Key::S, Action::SaveSession, "Save session…"),
        binding(CTRL, Key::D, Action::NoteSelected, "Add or edit note…"),
        binding(CTRL, Key::L, Action::ToggleLink, "Linked sides"),
        binding(CTRL, Key::Plus, Action::Larger, "Increase text size"),
        binding(CTRL, Key::Equals, Action::Larger, "Increase text size"),
        binding(CTRL, Key::Minus, Action::Smaller, "Decrease text size"),
        binding(CTRL, Key::Num0, Action::NormalSize, "Reset text size"),
        binding(CTRL, Key::G, Action::Glossary, "Show glossary"),
        binding(Modifiers::NONE, Key::F1, Action::Keys, "Show keyboard shortcuts"),
    ];
    for (about, key) in of_panes() {
        let (action, name) = (Action::ShowView(about.kind), about.kind.label());
        all.extend(key.map(|shortcut| Binding { shortcut, action, name }));
    }
    all
}

/// Returns the panes in the order of their tabs, each with its key: Ctrl and a digit for the first nine without a key of
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

/// The keys of tables and fields, which the widgets handle themselves.
pub(super) const TABLE_KEYS: [(&str, &str); 21] = [
    ("↑ ↓ PgUp PgDn Home End", "Move along the rows"),
    ("→", "Expand the row, or go to its first child"),
    ("←", "Collapse the row, or go to its parent"),
    ("Shift+→  Shift+←", "Expand all below, or collapse"),
    ("Enter", "Go to the object in the Summary; on a class or a group, show or hide its rows"),
    ("Menu  Shift+F10", "Open the context menu of the selected row"),
    ("Shift+↑  Shift+↓  Ctrl+A", "Select several rows"),
    ("Shift+click  Ctrl+click", "Select several rows"),
    ("Ctrl+C", "Copy the selected rows"),
    ("Right click on a header", "Choose columns"),
    ("Double click between headers", "Fit the column to its content"),
    ("↓ or Enter in the class filter", "Go to the classes"),
    ("Enter, Shift+Enter in the search", "Go to next or previous hit"),
    ("Esc in the search", "Close the search"),
    ("↑ ↓ ← → in the findings", "Move between cards, and along the path of a card"),
    ("Enter, C in the findings", "Reveal the holder or the object, copy the finding"),
    ("↑ ↓ ← → in the source", "Scroll the text, as do PgUp, PgDn, Home and End"),
    ("Ctrl+click on a location", "Open it in the editor"),
    ("Mouse buttons 4 and 5", "Go back or forward"),
    ("Double click", "Show or hide the rows below, or go to the object"),
    ("Right click", "Open the context menu of a row"),
];

/// The keys of charts, which the widgets handle themselves.
pub(super) const CHART_KEYS: [(&str, &str); 4] = [
    ("← → in the timeline", "Move the interval, or with Shift its end; Esc clears it"),
    ("↑ ↓ ← → in a flame graph", "Go to the caller, the largest callee or a neighbor"),
    ("Enter, Backspace in a flame graph", "Zoom to the call, or to its caller"),
    ("+ − Home in a flame graph", "Zoom in, zoom out, show everything"),
];

/// Returns the actions of the keys and mouse buttons pressed in this frame.
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
