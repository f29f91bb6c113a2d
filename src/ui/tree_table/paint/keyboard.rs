//! Keys of the table.

use egui::{Event, EventFilter, Id, Key, Modifiers, Popup, Ui};

use super::super::layout::Place;
use super::super::state::TreeState;
use super::super::{Table, TreeModel};
use super::columns::Columns;
use super::copy::{row_text, selected_text};
use super::{EXPAND_LIMIT, TableAnswer};
use crate::model::convert;
use crate::ui::context_menu;

pub(super) fn keyboard<M: TreeModel>(
    ui: &Ui,
    (table, columns): (&Table<'_>, &Columns),
    state: &mut TreeState<M::List>,
    model: &mut M,
    height: f32,
    answer: &mut TableAnswer,
) {
    if !ui.memory(|memory| memory.has_focus(table.id)) {
        return;
    }
    // Escape closes an open menu, and the table keeps the keyboard focus. Arrow keys go to the menu of a row.
    let has_popup = Popup::is_any_open(ui.ctx());
    let arrows = !state.has_menu;
    let filter = EventFilter { tab: false, horizontal_arrows: arrows, vertical_arrows: arrows, escape: has_popup };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(table.id, filter));
    if has_popup {
        return;
    }
    if extends(ui, state, height, answer) {
        return;
    }
    let mut target = moved(ui, state, height);
    if let Some(path) = state.selection().map(<[u32]>::to_vec) {
        if let Some(to) = keys_of_row(ui, state, model, &path, answer) {
            target = Some(to);
        }
        if ui.input(|input| input.events.iter().any(|event| matches!(event, Event::Copy)))
            && let Some(Place::Row { list, path, .. }) = state.index_of(&path).and_then(|index| state.place(index))
        {
            ui.copy_text(if state.many.is_empty() {
                row_text(columns, model, &list, &path)
            } else {
                selected_text(table, columns, state, model)
            });
        }
    }
    let wants_menu = context_menu::is_asked_for(ui.ctx());
    if wants_menu {
        let current = state.selection().and_then(|path| state.index_of(path));
        target = target.or(current).or(Some(state.first_row));
    }
    if let Some(index) = target
        && let Some(Place::Row { path, .. }) = state.place(index)
    {
        state.scroll_to(index, height, false);
        state.wants_menu = wants_menu;
        if state.selection() != Some(path.as_slice()) || !state.many.is_empty() {
            state.select(Some(path.clone()));
            answer.selected = Some(path);
            answer.by_key = true;
        }
    }
}

/// Handles the keys that select several rows; returns whether one was pressed.
fn extends<L: Clone + Eq + std::hash::Hash>(
    ui: &Ui,
    state: &mut TreeState<L>,
    height: f32,
    answer: &mut TableAnswer,
) -> bool {
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    let Some(current) = state.selection().and_then(|path| state.index_of(path)) else { return false };
    if pressed(Modifiers::COMMAND, Key::A) {
        state.select_siblings();
        return true;
    }
    let index = if pressed(Modifiers::SHIFT, Key::ArrowDown) {
        (current + 1).min(state.row_count().saturating_sub(1))
    } else if pressed(Modifiers::SHIFT, Key::ArrowUp) {
        current.saturating_sub(1)
    } else {
        return false;
    };
    if let Some(Place::Row { path, .. }) = state.place(index)
        && index != current
    {
        state.select_to(index, &path);
        state.scroll_to(index, height, false);
        answer.selected = Some(path);
        answer.by_key = true;
    }
    true
}

/// Returns the position that a key moves the selection to. If no row is selected, arrows go to the last selected one, or to
/// the first.
pub(super) fn moved<L: Clone + Eq + std::hash::Hash>(ui: &Ui, state: &TreeState<L>, height: f32) -> Option<u64> {
    let page = convert::whole(height / state.row_height).saturating_sub(1).max(1);
    let current = state.selection().and_then(|path| state.index_of(path));
    let start = state.cursor.as_deref().and_then(|path| state.index_of(path)).unwrap_or(0);
    let last = state.row_count().saturating_sub(1);
    let mut target = None;
    for (key, to) in [
        (Key::ArrowDown, current.map_or(start, |at| at + 1)),
        (Key::ArrowUp, current.map_or(start, |at| at.saturating_sub(1))),
        (Key::PageDown, current.map_or(start, |at| at + page)),
        (Key::PageUp, current.map_or(start, |at| at.saturating_sub(page))),
        (Key::Home, 0),
        (Key::End, last),
    ] {
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
            target = Some(to.min(last));
        }
    }
    target
}

/// Handles the keys that act on the selected row; returns the position that they move the selection to, if they do.
pub(super) fn keys_of_row<M: TreeModel>(
    ui: &Ui,
    state: &mut TreeState<M::List>,
    model: &mut M,
    path: &[u32],
    answer: &mut TableAnswer,
) -> Option<u64> {
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    let is_expanded = state.is_expanded(path);
    if pressed(Modifiers::SHIFT, Key::ArrowRight) {
        expand_below(state, model, path);
    } else if pressed(Modifiers::SHIFT, Key::ArrowLeft) {
        state.toggle(model, path, false);
    } else if pressed(Modifiers::NONE, Key::ArrowRight) {
        if is_expanded {
            let last = state.row_count().saturating_sub(1);
            return state.index_of(path).map(|at| (at + 1).min(last));
        }
        state.toggle(model, path, true);
    } else if pressed(Modifiers::NONE, Key::ArrowLeft) {
        if is_expanded {
            state.toggle(model, path, false);
        } else if path.len() > 1 {
            return state.index_of(&path[..path.len() - 1]);
        }
    } else if pressed(Modifiers::NONE, Key::Enter) {
        let list = state.index_of(path).and_then(|index| state.place(index));
        match list {
            Some(Place::Row { list, .. }) if !model.is_link(&list, path) => state.toggle(model, path, !is_expanded),
            Some(_) => answer.activated = Some(path.to_vec()),
            // The row is not shown: another filter excludes it.
            None => {}
        }
    }
    None
}

/// Expands a row and all rows below it whose lists are ready, up to a limit.
pub(super) fn expand_below<M: TreeModel>(state: &mut TreeState<M::List>, model: &mut M, path: &[u32]) {
    let mut queue = std::collections::VecDeque::from([path.to_vec()]);
    let mut budget = EXPAND_LIMIT;
    while let Some(path) = queue.pop_front() {
        if budget == 0 {
            return;
        }
        budget -= 1;
        state.toggle(model, &path, true);
        let Some(branch) = state.root.as_mut().and_then(|root| root.descend(&path)) else { continue };
        let rows: Vec<u32> = branch.rows.iter().copied().take(budget).collect();
        queue.extend(rows.into_iter().map(|row| {
            let mut below = path.clone();
            below.push(row);
            below
        }));
    }
}

/// Selects a row of a table without a selection when it receives the keyboard focus: the last selected one, or the first.
/// Call it before `show`, which reports the row, for tables where a selection changes nothing else on screen.
pub(crate) fn select_on_keyboard<L: Clone + Eq + std::hash::Hash>(ui: &Ui, id: Id, state: &mut TreeState<L>) {
    let gained = ui.memory(|memory| memory.has_focus(id) && !memory.had_focus_last_frame(id));
    if gained && state.selection().is_none() {
        let cursor = state.cursor.take().filter(|path| state.index_of(path).is_some());
        let first = state.root.as_ref().and_then(|root| root.rows.first().map(|&row| vec![row]));
        state.select(cursor.or(first));
    }
}
