//! A report of a problem: facts about the program and the system, which the user copies. Nothing is sent.

use std::fmt::Write as _;

use egui::{Context, RichText, Ui};

use crate::about::about;
use crate::model::human;
use crate::ui::icons::{Icon, labeled_button};
use crate::ui::theme::{self, GRID, tokens};

/// The maximum length of an error, in characters.
const ERROR_LIMIT: usize = 2000;

/// Draws the report and a button that copies it.
pub(super) fn show(ui: &mut Ui, last_error: Option<&str>) {
    let about = "Copy these facts into your report, and add what you did and what you expected. They contain no data from \
                 your snapshots, except where the error names a file.";
    ui.label(about);
    ui.add_space(2.0 * GRID);
    let text = report(ui.ctx(), last_error);
    if labeled_button(ui, Icon::Copy, "Copy report").clicked() {
        ui.copy_text(text.clone());
    }
    ui.add_space(2.0 * GRID);
    let frame = egui::Frame::new().fill(tokens(ui).surface).corner_radius(4.0).inner_margin(2.0 * GRID);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(egui::Label::new(RichText::new(text).font(theme::mono())).wrap());
    });
}

/// Returns the facts, one per line.
fn report(ctx: &Context, last_error: Option<&str>) -> String {
    let screen = ctx.content_rect().size();
    let texture = ctx.input(|input| input.max_texture_side);
    let theme = if ctx.theme() == egui::Theme::Dark { "dark" } else { "light" };
    let mut text = about();
    if let Ok(session) = std::env::var("XDG_SESSION_TYPE") {
        let _ = write!(text, "\nsession: {}", human::visible(&session, 20));
    }
    let _ = write!(
        text,
        "\nwindow: {:.0}×{:.0} points at {:.2} pixels per point, {theme}, textures up to {texture} pixels",
        screen.x,
        screen.y,
        ctx.pixels_per_point()
    );
    let error = last_error.map_or_else(|| "none".into(), |error| human::visible(error, ERROR_LIMIT));
    let _ = write!(text, "\nlast error: {error}");
    text
}
