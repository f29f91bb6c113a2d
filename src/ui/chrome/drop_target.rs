//! The overlay that covers the window while files hover over it.

use egui::{Align2, Id, LayerId, Order, Sense, Stroke, TextStyle, Ui, WidgetInfo, accesskit::Role, vec2};

use crate::ui::icons::{self, Icon};
use crate::ui::theme::{GRID, tokens};

/// Draws the overlay while files hover over the window.
pub(in crate::ui) fn drop_target(ui: &Ui) {
    let hovered = ui.ctx().input(|input| input.raw.hovered_files.len());
    if hovered == 0 {
        return;
    }
    let tokens = tokens(ui);
    let screen = ui.ctx().content_rect();
    let painter = ui.ctx().layer_painter(LayerId::new(Order::Foreground, Id::unique("drop target")));
    painter.rect_filled(screen, 0.0, tokens.background.gamma_multiply(0.88));
    let inner = screen.shrink(16.0);
    painter.rect_stroke(inner, 10.0, Stroke::new(3.0, tokens.accent), egui::StrokeKind::Inside);
    let text =
        if hovered == 1 { "Drop to open the snapshot".to_owned() } else { format!("Drop to open {hovered} files") };
    icons::paint(&painter, inner.center() - vec2(0.0, 9.0 * GRID), Icon::FileDown, 10.0 * GRID, tokens.accent);
    let font = TextStyle::Heading.resolve(ui.style());
    let place = painter.text(inner.center(), Align2::CENTER_CENTER, &text, font, tokens.text);
    let response = ui.interact(place, Id::unique("drop label"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
}
