//! The charts above the table of growth: the whole heap over time, and the chosen class over time.

use std::fmt::Write as _;

use egui::{Align2, Id, Rect, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use super::growth::Measure;
use crate::model::{SnapshotId, convert, difference, human};
use crate::query::{Growth, Point, Series};
use crate::session::Session;
use crate::ui::text;
use crate::ui::theme::{self, GRID};

const AXIS: f32 = 16.0;
const TITLE: f32 = 18.0;
const DOT: f32 = 2.5;

/// A point of a chart: its amount and its texts.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Dot {
    pub(super) amount: u64,
    /// The label below the axis.
    pub(super) label: String,
    /// The text for screen readers.
    pub(super) name: String,
    /// The tooltip.
    pub(super) about: String,
}

/// A chart.
pub(super) struct Chart<'a> {
    pub(super) id: Id,
    pub(super) title: String,
    pub(super) dots: &'a [Dot],
    pub(super) format: &'a dyn Fn(u64) -> String,
}

impl Chart<'_> {
    /// Draws the chart; returns the index of a clicked dot.
    pub(super) fn show(&self, ui: &Ui, rect: Rect) -> Option<usize> {
        let tokens = theme::tokens(ui);
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        painter.rect_filled(rect, 4.0, tokens.surface);
        let text = painter.layout_no_wrap(self.title.clone(), theme::small(), tokens.text);
        painter.galley(rect.min + vec2(2.0 * GRID, GRID), text, tokens.text);

        let most = self.dots.iter().map(|dot| dot.amount).max().unwrap_or(0);
        let top = round_up(most);
        let scale = painter.layout_no_wrap((self.format)(top), theme::small(), tokens.weak);
        let left = rect.left() + scale.size().x + 4.0 * GRID;
        let plot = Rect::from_min_max(
            pos2(left, rect.top() + TITLE + 2.0 * GRID),
            pos2(rect.right() - 6.0 * GRID, rect.bottom() - AXIS - GRID),
        );
        if plot.width() < 20.0 || plot.height() < 10.0 {
            return None;
        }
        let quiet = Stroke::new(1.0, tokens.border);
        for (amount, y) in [(top, plot.top()), (top / 2, plot.center().y), (0, plot.bottom())] {
            painter.hline(plot.x_range(), y, quiet);
            let place = pos2(plot.left() - 2.0 * GRID, y);
            painter.text(place, Align2::RIGHT_CENTER, (self.format)(amount), theme::small(), tokens.weak);
        }
        let places = self.places(plot, top);
        if places.len() > 1 {
            area(&painter, &places, plot.bottom(), tokens.percent_bar);
            painter.line(places.clone(), Stroke::new(1.6, tokens.accent));
        }
        self.dots(ui, &painter, plot, &places)
    }

    fn places(&self, plot: Rect, top: u64) -> Vec<egui::Pos2> {
        let step = plot.width() / convert::screen(self.dots.len().saturating_sub(1).max(1));
        let height = |amount: u64| plot.height() * convert::single(convert::share(amount, top));
        let place = |(at, dot): (usize, &Dot)| {
            pos2(plot.left() + step * convert::screen(at), plot.bottom() - height(dot.amount))
        };
        self.dots.iter().enumerate().map(place).collect()
    }

    fn dots(&self, ui: &Ui, painter: &egui::Painter, plot: Rect, places: &[egui::Pos2]) -> Option<usize> {
        let tokens = theme::tokens(ui);
        let mut clicked = None;
        let step = places.windows(2).next().map_or(plot.width(), |pair| pair[1].x - pair[0].x);
        // Labels that would overlap are left out, except the last.
        let every = self.labels_every(painter, step);
        for (at, (dot, &place)) in self.dots.iter().zip(places).enumerate() {
            let half = (step / 2.0).clamp(4.0, 60.0);
            let zone = Rect::from_min_max(pos2(place.x - half, plot.top()), pos2(place.x + half, plot.bottom() + AXIS));
            let response = ui.interact(zone, self.id.with(at), Sense::click());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &dot.name));
            let is_last = at + 1 == self.dots.len();
            let is_hovered = response.hovered();
            if is_hovered {
                painter.vline(place.x, plot.y_range(), Stroke::new(1.0, tokens.weak));
            }
            painter.circle_filled(place, if is_hovered { DOT + 1.5 } else { DOT }, tokens.accent);
            let has_room = is_last || (at % every == 0 && at + every < self.dots.len() + every / 2);
            if has_room || is_hovered {
                let color = if is_hovered { tokens.text } else { tokens.weak };
                let below = pos2(place.x, plot.bottom() + GRID);
                painter.text(below, Align2::CENTER_TOP, &dot.label, theme::small(), color);
            }
            if response.clicked() {
                clicked = Some(at);
            }
            response.on_hover_text_at_pointer(&dot.about);
        }
        clicked
    }

    fn labels_every(&self, painter: &egui::Painter, step: f32) -> usize {
        let widest = self
            .dots
            .iter()
            .map(|dot| painter.layout_no_wrap(dot.label.clone(), theme::small(), egui::Color32::PLACEHOLDER).size().x);
        let room = widest.fold(0.0, f32::max) + 2.0 * GRID;
        convert::in_memory(convert::whole((room / step.max(1.0)).ceil())).max(1)
    }
}

/// Returns the size of the whole heap in each snapshot, with the facts recorded when it was taken.
pub(super) fn heap_dots(
    session: &Session,
    series: &Series,
    growth: &Growth,
    (measure, bytes): (Measure, &dyn Fn(u64) -> String),
) -> Vec<Dot> {
    let mut before: Option<u64> = None;
    let dot = |(at, (id, total)): (usize, (&SnapshotId, &Point))| {
        let name = human::visible(&text::given_name(session, *id), 80).into_owned();
        let size = total.retained_size;
        let mut about = format!("{name}\n{} ({} bytes)", bytes(size), human::count(size));
        let _ = write!(about, "\n{}", human::quantity(total.count, "object", "objects"));
        if let Some(before) = before {
            let delta = difference(size, before);
            let _ = write!(about, "\n{} bytes since the previous snapshot", human::signed_count(delta));
        }
        before = Some(size);
        if let Some(record) = session.record(*id) {
            let _ = write!(about, "\ntaken {}", record.began);
            if let Some(usage) = record.memory_usage {
                let _ = write!(about, "\nprocess {}, outside the heap {}", bytes(usage.rss), bytes(usage.external));
            }
        }
        let objects = human::quantity(total.count, "object", "objects");
        let name = format!("Snapshot {}, {name}: {} in {objects}", at + 1, bytes(size));
        Dot { amount: measure.of(total), label: (at + 1).to_string(), name, about }
    };
    series.iter().zip(&growth.totals).enumerate().map(dot).collect()
}

/// Returns a number of a class in each snapshot.
pub(super) fn class_dots(
    name: &str,
    points: &[Point],
    (measure, bytes): (Measure, &dyn Fn(u64) -> String),
) -> Vec<Dot> {
    let name = human::visible(name, 60);
    let dot = |(at, point): (usize, &Point)| {
        let (count, shallow, retained) = (
            human::quantity(point.count, "object", "objects"),
            human::count(point.shallow_size),
            bytes(point.retained_size),
        );
        Dot {
            amount: measure.of(point),
            label: (at + 1).to_string(),
            name: format!("{name} in snapshot {}: {count}", at + 1),
            about: format!("{count}\n{shallow} bytes shallow\n{retained} retained"),
        }
    };
    points.iter().enumerate().map(dot).collect()
}

/// Draws the area between a line and the axis as one mesh, so that no seams show.
fn area(painter: &egui::Painter, places: &[egui::Pos2], bottom: f32, color: egui::Color32) {
    let mut mesh = egui::Mesh::default();
    for (at, place) in (0_u32..).zip(places) {
        mesh.colored_vertex(*place, color);
        mesh.colored_vertex(pos2(place.x, bottom), color);
        if at > 0 {
            let next = 2 * at;
            mesh.add_triangle(next - 2, next - 1, next);
            mesh.add_triangle(next - 1, next, next + 1);
        }
    }
    painter.add(mesh);
}

/// Returns the end of the axis: one or two digits and zeros.
fn round_up(most: u64) -> u64 {
    let mut unit = 1_u64;
    while most / unit >= 100 {
        unit = unit.saturating_mul(10);
    }
    let two_digits = most.div_ceil(unit);
    let step = match two_digits {
        0..=10 => 1,
        11..=20 => 2,
        21..=50 => 5,
        _ => 10,
    };
    two_digits.div_ceil(step).saturating_mul(step).saturating_mul(unit).max(2)
}

#[cfg(test)]
mod tests {
    use super::round_up;

    #[test]
    fn axes_end_at_round_numbers_above_all_points() {
        for (most, end) in [(0, 2), (1, 2), (7, 7), (13, 14), (99, 100), (2020, 2500), (5_123_456, 6_000_000)] {
            assert_eq!(round_up(most), end, "{most}");
        }
        assert!(round_up(u64::MAX) > 0);
    }
}
