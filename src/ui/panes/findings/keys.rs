//! Keys of the cards: arrows move between cards and along the chips of a path.

use egui::{Event, EventFilter, Id, Key, Modifiers, Popup, Ui};

use crate::ui::panes::path_chips::{self, Chip};

/// The card or chip that has the keyboard focus.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Cursor {
    pub(super) card: usize,
    pub(super) chip: Option<usize>,
}

/// The effect of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pressed {
    /// Another card or chip has the focus now.
    Moved(Cursor),
    Enter(Cursor),
    Copy(usize),
    /// Show no object.
    Clear,
}

/// Returns the card or chip with the keyboard focus.
pub(super) fn cursor(ui: &Ui, cards: &[(Id, Vec<Chip>)]) -> Option<Cursor> {
    let focused = ui.memory(egui::Memory::focused)?;
    cards.iter().enumerate().find_map(|(card, (id, chips))| {
        if *id == focused {
            return Some(Cursor { card, chip: None });
        }
        let chip = (0..chips.len()).find(|&nth| path_chips::chip_id(*id, nth) == focused)?;
        Some(Cursor { card, chip: Some(chip) })
    })
}

/// Handles the keys of a focused card or chip.
pub(super) fn pressed(ui: &Ui, cards: &[(Id, Vec<Chip>)]) -> Option<Pressed> {
    let at = cursor(ui, cards)?;
    let id = |at: Cursor| cards.get(at.card).map(|(id, _)| at.chip.map_or(*id, |nth| path_chips::chip_id(*id, nth)));
    let filter = EventFilter { tab: false, horizontal_arrows: true, vertical_arrows: true, escape: true };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id(at).unwrap_or(Id::NULL), filter));
    if Popup::is_any_open(ui.ctx()) {
        return None;
    }
    let key = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let chip_count = cards.get(at.card).map_or(0, |(_, chips)| chips.len());
    let on_card = |card| Some(Cursor { card, chip: None });
    let last = cards.len().saturating_sub(1);
    let to = if key(Key::ArrowDown) {
        on_card((at.card + 1).min(last))
    } else if key(Key::ArrowUp) {
        // From a chip, up leads to its card.
        on_card(if at.chip.is_some() { at.card } else { at.card.saturating_sub(1) })
    } else if key(Key::Home) {
        on_card(0)
    } else if key(Key::End) {
        on_card(last)
    } else if key(Key::ArrowRight) {
        let next = at.chip.map_or(0, |nth| nth + 1);
        (next < chip_count).then_some(Cursor { card: at.card, chip: Some(next) })
    } else if key(Key::ArrowLeft) {
        at.chip.map(|nth| Cursor { card: at.card, chip: nth.checked_sub(1) })
    } else if key(Key::Escape) {
        match at.chip {
            Some(_) => on_card(at.card),
            None => return Some(Pressed::Clear),
        }
    } else if key(Key::Enter) {
        return Some(Pressed::Enter(at));
    } else {
        let copies = ui.input(|input| input.events.iter().any(|event| matches!(event, Event::Copy)));
        return (key(Key::C) || copies).then_some(Pressed::Copy(at.card));
    };
    let to = to.filter(|to| *to != at)?;
    let id = id(to)?;
    ui.memory_mut(|memory| memory.request_focus(id));
    Some(Pressed::Moved(to))
}
