//! Buttons shared by several parts of the window.

use egui::{Sense, Stroke, Ui, WidgetInfo, accesskit::Role, vec2};

use super::theme::tokens;

/// Draws a cross that closes an entry; returns whether it was clicked.
pub(super) fn close_button(ui: &mut Ui, label: &str) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(16.0, 16.0), Sense::click());
    let tokens = tokens(ui);
    let color = if response.hovered() { tokens.text } else { tokens.weak };
    if response.hovered() {
        ui.painter().rect_filled(rect, 4.0, tokens.border);
    }
    let cross = rect.shrink(5.0);
    let stroke = Stroke::new(1.4, color);
    ui.painter().line_segment([cross.left_top(), cross.right_bottom()], stroke);
    ui.painter().line_segment([cross.right_top(), cross.left_bottom()], stroke);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label));
    response.on_hover_text(label).clicked()
}
