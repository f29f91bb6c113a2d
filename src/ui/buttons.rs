//! Buttons shared by several parts of the window.

use egui::{Button, CursorIcon, Rect, Response, RichText, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, vec2};

use super::icons::{self, Icon};
use super::theme::tokens;

/// Returns a button in the accent color, for the most likely action.
pub(super) fn primary(ui: &Ui, icon: Option<Icon>, label: &str) -> Button<'static> {
    let tokens = tokens(ui);
    let text = RichText::new(label).color(tokens.on_accent);
    let button = match icon {
        Some(icon) => Button::new((icons::text(icon).color(tokens.on_accent), text)),
        None => Button::new(text),
    };
    button.fill(tokens.accent)
}

/// Adds a button in the accent color, with an icon.
pub(super) fn primary_button(ui: &mut Ui, icon: Icon, label: &str) -> Response {
    let button = primary(ui, Some(icon), label);
    icons::named(ui.add(button), label)
}

/// Draws a cross that closes an entry; returns whether it was clicked.
pub(super) fn close_button(ui: &mut Ui, label: &str) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(16.0, 16.0), Sense::click());
    close_at(ui, rect, response, label)
}

/// Draws a cross at the right end of a field, over it, so that nothing beside it moves when the cross appears; returns
/// whether it was clicked.
pub(super) fn clear_button(ui: &Ui, field: &Response, label: &str) -> bool {
    let rect = Rect::from_center_size(field.rect.right_center() - vec2(12.0, 0.0), vec2(16.0, 16.0));
    let response = ui.interact(rect, field.id.with("clear"), Sense::click());
    close_at(ui, rect, response.on_hover_cursor(CursorIcon::Default), label)
}

fn close_at(ui: &Ui, rect: Rect, response: Response, label: &str) -> bool {
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
