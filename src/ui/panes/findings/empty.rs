//! The pane without cards: while findings are computed, and if there are none.

use egui::{Rect, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use crate::ui::command::{Command, ViewKind};
use crate::ui::icons::{self, Icon};
use crate::ui::panes::{self, NextStep};
use crate::ui::theme::{self, GRID};

/// The outlines of cards that are shown while findings are computed.
const OUTLINES: usize = 3;
const OUTLINE_HEIGHT: f32 = 168.0;

/// Draws a spinner with a button to cancel, and the outlines of cards.
pub(super) fn waiting(ui: &mut Ui, text: &str, commands: &mut Vec<Command>) {
    ui.horizontal(|ui| {
        ui.set_min_height(7.0 * GRID);
        crate::ui::spinner::spinner(ui);
        ui.label(text);
        if ui.button("Cancel").clicked() {
            commands.push(Command::Show(ViewKind::SUMMARY));
        }
    });
    ui.add_space(2.0 * GRID);
    for _ in 0..OUTLINES {
        let width = ui.available_width().min(super::card::WIDEST + 24.0);
        let (rect, _) = ui.allocate_exact_size(vec2(width, OUTLINE_HEIGHT), Sense::hover());
        outline(ui, rect);
    }
}

/// Draws the outline of a card: a badge, a title, two charts, and lines of text.
fn outline(ui: &Ui, rect: Rect) {
    let tokens = theme::tokens(ui);
    let painter = ui.painter();
    painter.rect(rect, 6.0, tokens.background, Stroke::new(1.0, tokens.border), StrokeKind::Inside);
    let inner = rect.shrink(3.5 * GRID);
    let bar = |left: f32, top: f32, width: f32, height: f32| {
        let at = pos2(inner.left() + left, inner.top() + top);
        let width = width.min(inner.right() - at.x).max(0.0);
        painter.rect_filled(Rect::from_min_size(at, vec2(width, height)), 4.0, tokens.hover);
    };
    bar(0.0, 0.0, 44.0, 18.0);
    bar(52.0, 2.0, inner.width() * 0.5, 14.0);
    bar(0.0, 28.0, 280.0, 56.0);
    bar(288.0, 28.0, 280.0, 56.0);
    for (line, share) in [(0.0, 0.4), (20.0, 0.7)] {
        bar(0.0, 98.0 + line, 56.0, 11.0);
        bar(84.0, 98.0 + line, inner.width() * share, 11.0);
    }
}

/// Draws buttons to get more snapshots of the process.
pub(super) fn more_snapshots(ui: &mut Ui, commands: &mut Vec<Command>) {
    let hint = "Open earlier or later snapshots of the same process";
    if icons::labeled_button(ui, Icon::FolderOpen, "Open…").on_hover_text(hint).clicked() {
        commands.push(Command::OpenDialog);
    }
    let hint = "Take snapshots of a running process";
    if icons::labeled_button(ui, Icon::Camera, "Capture…").on_hover_text(hint).clicked() {
        commands.push(Command::Capture);
    }
}

/// Draws the empty list.
pub(super) fn nothing(ui: &mut Ui, all_ignored: bool, commands: &mut Vec<Command>) {
    if all_ignored {
        panes::placeholder(ui, "All findings are ignored");
        return;
    }
    let text = "Holders that accumulate objects from snapshot to snapshot appear here. Growth and Comparison show all \
                classes.";
    let steps = vec![
        NextStep::new(Icon::ChartLine, "Show Growth", Command::Show(ViewKind::GROWTH)),
        NextStep::new(Icon::List, "Show Summary", Command::Show(ViewKind::SUMMARY)),
    ];
    panes::empty_state(ui, (Icon::CircleCheck, "No large holders", text), steps, commands);
}
