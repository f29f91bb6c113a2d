//! Icons: characters of an icon font. Widgets that show one have a name in words beside or instead of it.

use egui::containers::menu::MenuButton;
use egui::{Align2, Button, Color32, FontId, Painter, Pos2, Response, RichText, Ui, WidgetInfo, accesskit::Role};

use super::theme;

pub(crate) use lucide_icons::Icon;

/// The size of icons in buttons and tabs, in points.
pub(crate) const ICON_SIZE: f32 = 15.0;

/// Returns an icon as text.
#[must_use]
pub(crate) fn text(icon: Icon) -> RichText {
    RichText::new(char::from(icon)).font(font(ICON_SIZE))
}

/// Returns the font of icons.
#[must_use]
pub(crate) fn font(size: f32) -> FontId {
    FontId::new(size, theme::icon_family())
}

/// Draws an icon around a center.
pub(crate) fn paint(painter: &Painter, center: Pos2, icon: Icon, size: f32, color: Color32) {
    painter.text(center, Align2::CENTER_CENTER, char::from(icon), font(size), color);
}

/// Adds a button with only an icon. `name` is its name for screen readers, `hint` its tooltip.
pub(crate) fn icon_button(ui: &mut Ui, icon: Icon, name: &str, hint: &str) -> Response {
    let response = ui.add(Button::new(text(icon)).frame_when_inactive(false));
    named(response, name).on_hover_text(hint)
}

/// Adds a button with an icon and a text.
pub(crate) fn labeled_button(ui: &mut Ui, icon: Icon, label: &str) -> Response {
    let response = ui.add(Button::new((text(icon), label)));
    named(response, label)
}

/// Replaces the name of a button, which would contain the character of its icon.
pub(crate) fn named(response: Response, name: &str) -> Response {
    response.widget_info(|| WidgetInfo::labeled(Role::Button, response.enabled(), name));
    response
}

/// Adds an icon that opens a menu.
pub(crate) fn menu(ui: &mut Ui, icon: Icon, name: &str, hint: &str, content: impl FnOnce(&mut Ui)) {
    let button = Button::new(text(icon)).frame_when_inactive(false);
    let (response, _) = MenuButton::from_button(button).ui(ui, content);
    named(response, name).on_hover_text(hint);
}
