//! A sign that something is being computed. It turns ten times a second: the spinner of egui draws the whole window as often as
//! the screen can, which takes time from what is being computed.

use std::time::Duration;

use egui::{Response, Sense, Ui, WidgetInfo, accesskit::Role, vec2};

use super::icons::{self, Icon};
use super::theme::{self, GRID};

/// The time between two positions.
const STEP: Duration = Duration::from_millis(100);
/// The number of positions.
const POSITIONS: u8 = 8;
const SIZE: f32 = 4.0 * GRID;

/// Draws the sign, which does not turn with reduced motion.
pub(super) fn spinner(ui: &mut Ui) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(SIZE, SIZE), Sense::hover());
    let color = theme::tokens(ui).weak;
    if theme::motion_seconds(ui.ctx()) > 0.0 {
        let turns = ui.input(|input| input.time) / STEP.as_secs_f64();
        let position = crate::model::convert::single((turns.rem_euclid(f64::from(POSITIONS))).floor());
        let angle = std::f32::consts::TAU * position / f32::from(POSITIONS);
        let icon = char::from(Icon::LoaderCircle);
        let galley = ui.painter().layout_no_wrap(icon.to_string(), icons::font(SIZE), color);
        let shape = egui::epaint::TextShape::new(rect.center() - galley.size() / 2.0, galley, color);
        ui.painter().add(shape.with_angle_and_anchor(angle, egui::Align2::CENTER_CENTER));
        ui.ctx().request_repaint_after(STEP);
    } else {
        icons::paint(ui.painter(), rect.center(), Icon::Hourglass, SIZE, color);
    }
    response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, "Computing"));
    response
}
