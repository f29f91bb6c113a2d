//! The legend of a flame graph: the meaning of the width and the color of a call.

use egui::{Color32, Label, RichText, Sense, Ui, vec2};

use super::measure_label;
use super::paint::change_color;
use crate::query::Measure;
use crate::ui::theme::{self, GRID};

/// The room that the legend takes.
const ROOM: f32 = 420.0;
const SWATCH: f32 = 10.0;

/// Draws the legend from right to left, if there is room for it.
pub(crate) fn show(ui: &mut Ui, measure: Measure, by_change: bool) {
    if ui.available_width() < ROOM + 80.0 * GRID {
        return;
    }
    let tokens = theme::tokens(ui);
    ui.spacing_mut().item_spacing.x = GRID;
    if by_change {
        for (text, color) in [
            ("shrank", change_color(0, 1, tokens)),
            ("unchanged", change_color(1, 1, tokens)),
            ("grew", change_color(1, 0, tokens)),
        ] {
            entry(ui, text, Some(color));
        }
        entry(ui, "Color:", None);
    } else {
        entry(ui, "runtime", Some(tokens.categories[6]));
        entry(ui, "Color: script,", None);
    }
    ui.add_space(GRID);
    entry(ui, &format!("Width: {} with callees.", measure_label(measure).to_lowercase()), None);
}

fn entry(ui: &mut Ui, text: &str, color: Option<Color32>) {
    ui.add(Label::new(RichText::new(text).font(theme::small()).weak()).selectable(false));
    if let Some(color) = color {
        let (rect, _) = ui.allocate_exact_size(vec2(SWATCH, SWATCH), Sense::hover());
        ui.painter().rect_filled(rect, 2.0, color);
        ui.add_space(GRID);
    }
}
