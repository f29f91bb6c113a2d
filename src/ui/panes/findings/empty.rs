//! The pane without cards: while findings are computed, and if there are none.

use egui::{Rect, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use crate::ui::command::{Command, ViewKind};
use crate::ui::panes;
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
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), OUTLINE_HEIGHT), Sense::hover());
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
    bar(0.0, 28.0, 232.0, 56.0);
    bar(240.0, 28.0, 232.0, 56.0);
    for (line, share) in [(0.0, 0.4), (20.0, 0.7)] {
        bar(0.0, 98.0 + line, 56.0, 11.0);
        bar(84.0, 98.0 + line, inner.width() * share, 11.0);
    }
}

/// Draws buttons to get more snapshots of the process.
pub(super) fn more_snapshots(ui: &mut Ui, commands: &mut Vec<Command>) {
    if ui.button("Open…").on_hover_text("Open earlier or later snapshots of the same process").clicked() {
        commands.push(Command::OpenDialog);
    }
    if ui.button("Capture…").on_hover_text("Take snapshots of a running process").clicked() {
        commands.push(Command::Capture);
    }
}

/// Draws the text of an empty list.
pub(super) fn nothing(ui: &mut Ui, all_ignored: bool) {
    panes::placeholder(ui, if all_ignored { "All findings are ignored" } else { "No large holders" });
    if !all_ignored {
        panes::explanation(
            ui,
            "Holders that accumulate objects from snapshot to snapshot appear here. Growth and Comparison show all \
             classes.",
        );
    }
}
