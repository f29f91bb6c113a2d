//! Design tokens: every color, size and distance of the window, for light, dark and high contrast.

mod colors;
mod fonts;

pub(crate) use colors::Tokens;
pub use colors::contrast;
pub(crate) use fonts::icons as icon_family;

use crate::model::human::Units;
use egui::{Context, CornerRadius, FontFamily, FontId, Margin, Stroke, Style, TextStyle, Theme, Ui, Vec2};

/// The grid that distances are multiples of, in points.
pub(crate) const GRID: f32 = 4.0;
/// The height of a table row.
pub(crate) const ROW_HEIGHT: f32 = 20.0;
pub(crate) const TEXT_SMALL: f32 = 11.0;
pub(crate) const TEXT_BODY: f32 = 12.5;
/// Titles of cards.
pub(crate) const TEXT_CARD: f32 = 14.0;
pub(crate) const TEXT_TITLE: f32 = 18.0;

/// Returns the tokens of the current theme.
#[must_use]
pub(crate) fn tokens(ui: &Ui) -> &'static Tokens {
    tokens_of(ui.visuals().dark_mode, ui.data(|data| data.get_temp(contrast_id())).unwrap_or_default())
}

fn tokens_of(is_dark: bool, is_high_contrast: bool) -> &'static Tokens {
    match (is_dark, is_high_contrast) {
        (false, false) => &colors::LIGHT,
        (true, false) => &colors::DARK,
        (false, true) => &colors::LIGHT_CONTRAST,
        (true, true) => &colors::DARK_CONTRAST,
    }
}

/// Chooses between the normal colors and those of high contrast, for the light and the dark theme.
pub(crate) fn set_high_contrast(ctx: &Context, is_on: bool) {
    ctx.data_mut(|data| data.insert_temp(contrast_id(), is_on));
    ctx.style_mut_of(Theme::Light, |style| apply(style, tokens_of(false, is_on)));
    ctx.style_mut_of(Theme::Dark, |style| apply(style, tokens_of(true, is_on)));
}

fn contrast_id() -> egui::Id {
    egui::Id::unique("high contrast")
}

/// The time that a change which explains something takes, in seconds; 0 with reduced motion.
const MOTION_SECONDS: f32 = 0.12;

/// Returns the time that motion takes, in seconds.
#[must_use]
pub(crate) fn motion_seconds(ctx: &Context) -> f32 {
    let is_reduced = ctx.data(|data| data.get_temp(motion_id())).unwrap_or(false);
    if is_reduced { 0.0 } else { MOTION_SECONDS }
}

/// Turns motion off or on.
pub(crate) fn set_reduced_motion(ctx: &Context, is_reduced: bool) {
    ctx.data_mut(|data| data.insert_temp(motion_id(), is_reduced));
}

fn motion_id() -> egui::Id {
    egui::Id::unique("reduced motion")
}

/// The height of the rows of tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub enum Density {
    #[default]
    Compact,
    Comfortable,
}

/// Returns the chosen height of the rows of tables.
#[must_use]
pub(crate) fn density(ctx: &Context) -> Density {
    ctx.data(|data| data.get_temp(density_id())).unwrap_or_default()
}

/// Returns the height of a table row, in points.
#[must_use]
pub(crate) fn row_height(ctx: &Context) -> f32 {
    match density(ctx) {
        Density::Compact => ROW_HEIGHT,
        Density::Comfortable => ROW_HEIGHT + 2.0 * GRID,
    }
}

/// Sets the height of the rows of tables.
pub(crate) fn set_density(ctx: &Context, density: Density) {
    ctx.data_mut(|data| data.insert_temp(density_id(), density));
}

fn density_id() -> egui::Id {
    egui::Id::unique("density")
}

/// The current look: colors by meaning and the unit of sizes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Look {
    pub tokens: &'static Tokens,
    pub units: Units,
}

/// Returns the current look.
#[must_use]
pub(crate) fn look(ui: &Ui) -> Look {
    let units = ui.data(|data| data.get_temp(units_id())).unwrap_or_default();
    Look { tokens: tokens(ui), units }
}

/// Sets the unit of sizes.
pub(crate) fn set_units(ctx: &Context, units: Units) {
    ctx.data_mut(|data| data.insert_temp(units_id(), units));
}

fn units_id() -> egui::Id {
    egui::Id::unique("units of sizes")
}

/// Returns the font of numbers and of names from the heap, with digits of equal width.
#[must_use]
pub(crate) fn mono() -> FontId {
    FontId::new(TEXT_BODY - 0.5, FontFamily::Monospace)
}

/// Returns the font of the sentence at the top of a pane.
#[must_use]
pub(crate) fn heading() -> FontId {
    FontId::new(TEXT_CARD + 2.0, FontFamily::Proportional)
}

/// Returns the small font of names and numbers.
#[must_use]
pub(crate) fn mono_small() -> FontId {
    FontId::new(TEXT_SMALL, FontFamily::Monospace)
}

#[must_use]
pub(crate) fn small() -> FontId {
    FontId::new(TEXT_SMALL, FontFamily::Proportional)
}

/// Gives egui's own widgets the look of the tokens, in both themes.
pub(crate) fn install(ctx: &Context) {
    fonts::install(ctx);
    set_high_contrast(ctx, false);
}

fn apply(style: &mut Style, tokens: &Tokens) {
    use TextStyle::{Body, Button, Heading, Monospace, Small};
    style.text_styles = [
        (Small, small()),
        (Body, FontId::new(TEXT_BODY, FontFamily::Proportional)),
        (Button, FontId::new(TEXT_BODY, FontFamily::Proportional)),
        (Monospace, mono()),
        (Heading, FontId::new(TEXT_TITLE, FontFamily::Proportional)),
    ]
    .into();
    style.spacing.item_spacing = Vec2::new(2.0 * GRID, GRID);
    style.spacing.button_padding = Vec2::new(2.0 * GRID, GRID);
    style.spacing.menu_margin = Margin::same(4);
    style.spacing.interact_size.y = 6.0 * GRID;
    style.animation_time = 0.0;

    let visuals = &mut style.visuals;
    visuals.panel_fill = tokens.background;
    visuals.window_fill = tokens.background;
    visuals.window_stroke = Stroke::new(1.0, tokens.border);
    visuals.extreme_bg_color = tokens.background;
    visuals.text_edit_bg_color = Some(tokens.background);
    visuals.faint_bg_color = tokens.surface;
    visuals.code_bg_color = tokens.surface;
    visuals.hyperlink_color = tokens.accent;
    visuals.error_fg_color = tokens.error;
    visuals.warn_fg_color = tokens.detached;
    visuals.weak_text_color = Some(tokens.weak);
    visuals.selection.bg_fill = tokens.selection;
    visuals.selection.stroke = Stroke::new(1.0, tokens.accent);
    visuals.window_corner_radius = CornerRadius::same(6);
    visuals.menu_corner_radius = CornerRadius::same(6);
    let widgets = &mut visuals.widgets;
    for (widget, fill, border) in [
        (&mut widgets.noninteractive, tokens.background, tokens.border),
        (&mut widgets.inactive, tokens.surface, tokens.border),
        (&mut widgets.hovered, tokens.hover, tokens.weak),
        (&mut widgets.active, tokens.selection, tokens.accent),
        (&mut widgets.open, tokens.hover, tokens.border),
    ] {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = Stroke::new(1.0, border);
        widget.fg_stroke = Stroke::new(1.0, tokens.text);
        widget.corner_radius = CornerRadius::same(4);
        widget.expansion = 0.0;
    }
}
