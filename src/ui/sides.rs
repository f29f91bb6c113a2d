//! Draws one snapshot, or two side by side, below the bars.

use egui::Ui;

use super::action::Action;
use super::command::Command;
use super::panes::Slot;
use super::state::AppState;
use super::view::View;
use super::{chrome, theme};

/// The width between the sides.
const LINE: f32 = 4.0;
/// The minimum width of a side, if the window is wide enough.
const LEAST_SIDE: f32 = 240.0;

pub(super) fn body(state: &mut AppState, ui: &mut Ui, actions: &mut Vec<Action>) {
    let slots = state.slots();
    match slots[..] {
        [] => chrome::start_page(ui, state, actions),
        [only] => side(state, ui, only, actions),
        [left, right, ..] => {
            let rects = divide(state, ui);
            for (at, slot) in [left, right].into_iter().enumerate() {
                let mut half = ui.new_child(egui::UiBuilder::new().max_rect(rects[at]).id_salt(("side", at)));
                half.shrink_clip_rect(rects[at]);
                chrome::side_header(&mut half, state, at, actions);
                side(state, &mut half, slot, actions);
            }
            state.side_rects = rects;
            scroll_together(state, ui, [left, right], rects);
        }
    }
}

/// Draws a side and runs the commands of its panes.
pub(super) fn side(state: &mut AppState, ui: &mut Ui, slot: Slot, actions: &mut Vec<Action>) {
    if let Some(profile) = state.session.profile(slot.id) {
        let pane = state.profile_panes.entry(slot).or_default();
        let commands = pane.show(ui, &mut state.session, slot, &profile);
        if !commands.is_empty() {
            ui.request_repaint();
        }
        for command in commands {
            run_of_profile(state, ui, slot, command);
        }
        return;
    }
    let Some(place) = state.place(slot) else { return };
    let Some(mut view) = state.views.remove(&slot) else { return };
    super::recovery::banner(ui, &place.snapshot, slot);
    super::recovery::change_banner(ui, &place.snapshot, slot);
    view.panes.findings.set_ignored(&state.ignored_findings());
    view.panes.query.set_history(&state.settings.queries);
    view.beside = state.settings.beside;
    view.is_lower_open = !state.settings.collapses_lower;
    super::panes::set_dismissed_hints(ui.ctx(), &state.settings.dismissed_hints);
    let commands = view.show(ui, &mut state.session, &place);
    state.settings.beside = view.beside;
    state.settings.collapses_lower = !view.is_lower_open;
    state.views.insert(slot, view);
    if !commands.is_empty() {
        // The effects of commands are drawn in the next frame, and a worker's answer requests only one frame.
        ui.request_repaint();
    }
    for command in commands {
        match command {
            // Only the frame around the views has dialogs.
            Command::OpenDialog => actions.push(Action::OpenDialog),
            Command::Capture => actions.push(Action::Capture),
            Command::AddSourceFolder(url) => {
                state.ask_for_source_folder(ui.ctx(), url);
            }
            command => {
                if let Some(text) = state.run(slot, command) {
                    ui.copy_text(text);
                }
            }
        }
    }
    if let Some(view) = state.views.get_mut(&slot) {
        view.settle(&state.session);
    }
}

/// Runs a command of the pane of a profile.
fn run_of_profile(state: &mut AppState, ui: &Ui, slot: Slot, command: Command) {
    match command {
        Command::AddSourceFolder(url) => state.ask_for_source_folder(ui.ctx(), url),
        command => {
            if let Some(text) = state.run_of_profile(slot, command) {
                ui.copy_text(text);
            }
        }
    }
}

/// Draws the draggable line between the sides and returns the area of each side. A double click makes them equal.
fn divide(state: &mut AppState, ui: &Ui) -> [egui::Rect; 2] {
    let room = ui.available_rect_before_wrap();
    let least = (LEAST_SIDE / room.width().max(1.0)).min(0.5);
    let middle = |share: f32| room.left() + room.width() * share.clamp(least, 1.0 - least);
    let at = middle(state.left_share);
    let line = egui::Rect::from_x_y_ranges(at - 3.0..=at + 3.0, room.y_range());
    let response = ui.interact(line, egui::Id::unique("between the sides"), egui::Sense::click_and_drag());
    if response.double_clicked() {
        state.left_share = 0.5;
    } else if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.dragged()) {
        state.left_share = (pointer.x - room.left()) / room.width().max(1.0);
    }
    let at = middle(state.left_share);
    let tokens = theme::tokens(ui);
    let color = if response.hovered() || response.dragged() { tokens.accent } else { tokens.border };
    ui.painter().rect_filled(line, 0.0, tokens.surface);
    ui.painter().vline(at, room.y_range(), egui::Stroke::new(1.0, color));
    response.on_hover_and_drag_cursor(egui::CursorIcon::ResizeHorizontal);
    // Leave room for the line, which the rows beside it would cover.
    let (left, right) = (room.with_max_x(at - LINE / 2.0), room.with_min_x(at + LINE / 2.0));
    [left, right]
}

/// Scrolls the other side along with the one under the pointer.
pub(super) fn scroll_together(state: &mut AppState, ui: &Ui, slots: [Slot; 2], rects: [egui::Rect; 2]) {
    let pointer = ui.input(|input| input.pointer.hover_pos());
    if ui.input(|input| input.pointer.any_pressed())
        && let Some(side) = pointer.and_then(|at| rects.iter().position(|rect| rect.contains(at)))
    {
        state.active = side;
    }
    let kinds = slots.map(|slot| state.views.get(&slot).map(|view| view.kind));
    let rows = slots.map(|slot| state.views.get_mut(&slot).and_then(View::first_row));
    let moved = state.link.moved(kinds, rows);
    if !state.link.is_on || kinds[0] != kinds[1] {
        return;
    }
    let Some(from) = pointer.and_then(|at| rects.iter().position(|rect| rect.contains(at))) else { return };
    let rows = moved[from];
    if rows != 0
        && let Some(view) = state.views.get_mut(&slots[1 - from])
    {
        view.scroll_rows(rows);
        state.link.scrolled(1 - from, rows);
        ui.request_repaint();
    }
}
