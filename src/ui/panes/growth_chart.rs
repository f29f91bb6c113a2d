//! The charts above the table of growth: the whole heap over time, and the chosen class over time.
//!
//! Both charts show the same snapshots, so a snapshot that is pointed at or marked in one is so in the other. A chart is one
//! stop of the keyboard: arrows mark another snapshot, Enter shows it, and Escape removes the mark.

use std::fmt::Write as _;

use egui::{
    Align2, EventFilter, Id, Key, Modifiers, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role, pos2,
    vec2,
};

use super::growth::Measure;
use crate::model::human::Units;
use crate::model::{SnapshotId, convert, difference, human};
use crate::query::{Growth, Point, Series};
use crate::session::Session;
use crate::ui::text;
use crate::ui::theme::{self, GRID, Tokens};

const AXIS: f32 = 16.0;
const TITLE: f32 = 20.0;
const DOT: f32 = 2.5;
/// The caption of the horizontal axis.
const CAPTION: &str = "Snapshot";

/// A point of a chart: its amount and its texts.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Dot {
    pub(super) amount: u64,
    /// The name of the snapshot.
    pub(super) snapshot: String,
    /// The text for screen readers.
    pub(super) name: String,
    /// The tooltip.
    pub(super) about: String,
}

/// The snapshots of a series that the charts emphasize, by index.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Marks {
    /// The snapshot under the pointer.
    pub(super) hovered: Option<usize>,
    /// The snapshot that was clicked.
    pub(super) marked: Option<usize>,
}

/// A change of the marked snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Marking {
    #[default]
    Unchanged,
    None,
    At(usize),
}

impl Marking {
    /// Applies the change.
    pub(super) fn apply(self, marked: &mut Option<usize>) {
        match self {
            Self::Unchanged => {}
            Self::None => *marked = None,
            Self::At(at) => *marked = Some(at),
        }
    }
}

/// The user's interaction with a chart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Answer {
    pub(super) hovered: Option<usize>,
    pub(super) marking: Marking,
    /// The snapshot to show.
    pub(super) opened: Option<usize>,
}

/// A chart.
pub(super) struct Chart<'a> {
    pub(super) id: Id,
    pub(super) title: String,
    pub(super) dots: &'a [Dot],
    pub(super) measure: Measure,
    pub(super) units: Units,
    pub(super) marks: Marks,
}

impl Chart<'_> {
    /// Draws the chart.
    pub(super) fn show(&self, ui: &Ui, rect: Rect) -> Answer {
        let tokens = theme::tokens(ui);
        let mut answer = Answer::default();
        let response = ui.interact(rect, self.id, Sense::focusable_noninteractive());
        let marked = self.marks.marked.filter(|at| *at < self.dots.len());
        response.widget_info(|| {
            let count = human::quantity(self.dots.len() as u64, "snapshot", "snapshots");
            let marked =
                marked.map_or_else(|| "none is marked".to_owned(), |at| format!("number {} is marked", at + 1));
            WidgetInfo::labeled(Role::Group, true, format!("Chart, {}: {count}, {marked}", self.title))
        });
        if response.has_focus() {
            self.keyboard(ui, marked, &mut answer);
        }
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        let border = if response.has_focus() { tokens.accent } else { tokens.border };
        painter.rect(rect, 4.0, tokens.surface, Stroke::new(1.0, border), StrokeKind::Inside);
        self.heading(ui, &painter, rect);

        let most = self.dots.iter().map(|dot| dot.amount).max().unwrap_or(0);
        let top = round_up(most);
        let width = |text: String| painter.layout_no_wrap(text, theme::small(), tokens.weak).size().x;
        let left = rect.left() + width(self.amount(top)).max(width(CAPTION.to_owned())) + 4.0 * GRID;
        let plot = Rect::from_min_max(
            pos2(left, rect.top() + TITLE + 2.0 * GRID),
            pos2(rect.right() - 6.0 * GRID, rect.bottom() - AXIS - GRID),
        );
        if plot.width() < 20.0 || plot.height() < 10.0 {
            return answer;
        }
        let quiet = Stroke::new(1.0, tokens.border);
        for (amount, y) in [(top, plot.top()), (top / 2, plot.center().y), (0, plot.bottom())] {
            painter.hline(plot.x_range(), y, quiet);
            let place = pos2(plot.left() - 2.0 * GRID, y);
            painter.text(place, Align2::RIGHT_CENTER, self.amount(amount), theme::small(), tokens.weak);
        }
        let caption = pos2(plot.left() - 2.0 * GRID, plot.bottom() + GRID);
        painter.text(caption, Align2::RIGHT_TOP, CAPTION, theme::small(), tokens.weak);
        let places = self.places(plot, top);
        if places.len() > 1 {
            area(&painter, &places, plot.bottom(), tokens.percent_bar);
            painter.line(places.clone(), Stroke::new(1.6, tokens.accent));
        }
        self.dots(ui, &painter, plot, &places, &mut answer);
        answer
    }

    fn amount(&self, amount: u64) -> String {
        if self.measure == Measure::Objects { human::count(amount) } else { self.units.bytes(amount) }
    }

    /// Returns the change of a snapshot's amount since the one before it, with its sign and its color.
    fn change(&self, at: usize, tokens: &Tokens) -> Option<(String, egui::Color32)> {
        let before = self.dots.get(at.checked_sub(1)?)?.amount;
        let delta = difference(self.dots.get(at)?.amount, before);
        let color = tokens.change(delta.cmp(&0));
        let delta =
            if self.measure == Measure::Objects { human::signed_count(delta) } else { self.units.signed(delta) };
        Some((delta, color))
    }

    /// Draws the title, and on the right the amount of the emphasized snapshot or of the last one.
    fn heading(&self, ui: &Ui, painter: &egui::Painter, rect: Rect) {
        let tokens = theme::tokens(ui);
        let inner = rect.shrink2(vec2(2.0 * GRID, 0.0));
        let middle = rect.top() + GRID + TITLE / 2.0 - 2.0;
        let last = self.dots.len().saturating_sub(1);
        let at = self.marks.hovered.or(self.marks.marked).filter(|at| *at <= last).unwrap_or(last);
        let mut right = inner.right();
        let half = inner.center().x;
        let write = |right: f32, text: &str, font: egui::FontId, color: egui::Color32| {
            let room = right - half;
            if room < 6.0 * GRID {
                return right;
            }
            let width = painter.layout_no_wrap(text.to_owned(), font.clone(), color).size().x.min(room);
            text::right(painter, pos2(right, middle), room, text, (font, color));
            right - width - 2.0 * GRID
        };
        if let Some((change, color)) = self.change(at, tokens) {
            right = write(right, &change, theme::mono_small(), color);
        }
        if let Some(dot) = self.dots.get(at) {
            right = write(right, &self.amount(dot.amount), theme::mono_small(), tokens.text);
            let room = right - half;
            if room > 24.0 * GRID {
                let name = text::file_name(ui, &dot.snapshot, &theme::small(), room - 8.0 * GRID);
                right = write(right, &format!("{}  {name}", at + 1), theme::small(), tokens.weak);
            }
        }
        let room = right - inner.left() - GRID;
        text::in_room(painter, pos2(inner.left(), middle), room, &self.title, &[], (theme::small(), tokens.text));
    }

    fn keyboard(&self, ui: &Ui, marked: Option<usize>, answer: &mut Answer) {
        let filter = EventFilter { tab: false, horizontal_arrows: true, vertical_arrows: false, escape: true };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(self.id, filter));
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let last = self.dots.len().saturating_sub(1);
        if pressed(Key::ArrowRight) {
            answer.marking = Marking::At(marked.map_or(0, |at| at + 1).min(last));
        } else if pressed(Key::ArrowLeft) {
            answer.marking = Marking::At(marked.map_or(last, |at| at.saturating_sub(1)));
        } else if pressed(Key::Home) {
            answer.marking = Marking::At(0);
        } else if pressed(Key::End) {
            answer.marking = Marking::At(last);
        } else if pressed(Key::Escape) {
            answer.marking = Marking::None;
        } else if pressed(Key::Enter) {
            answer.opened = marked;
        }
    }

    fn places(&self, plot: Rect, top: u64) -> Vec<egui::Pos2> {
        let step = plot.width() / convert::screen(self.dots.len().saturating_sub(1).max(1));
        let height = |amount: u64| plot.height() * convert::single(convert::share(amount, top));
        let place = |(at, dot): (usize, &Dot)| {
            pos2(plot.left() + step * convert::screen(at), plot.bottom() - height(dot.amount))
        };
        self.dots.iter().enumerate().map(place).collect()
    }

    fn dots(&self, ui: &Ui, painter: &egui::Painter, plot: Rect, places: &[egui::Pos2], answer: &mut Answer) {
        let tokens = theme::tokens(ui);
        let step = places.windows(2).next().map_or(plot.width(), |pair| pair[1].x - pair[0].x);
        // Labels that would overlap are left out, except the last.
        let every = self.labels_every(painter, step);
        for (at, (dot, &place)) in self.dots.iter().zip(places).enumerate() {
            let half = (step / 2.0).clamp(4.0, 60.0);
            let zone = Rect::from_min_max(pos2(place.x - half, plot.top()), pos2(place.x + half, plot.bottom() + AXIS));
            let zone =
                zone.intersect(Rect::everything_right_of(plot.left() - AXIS).with_max_x(plot.right() + AXIS * 0.5));
            // The chart takes the keyboard focus for all its points.
            let response = ui.interact(zone, self.id.with(at), Sense::CLICK);
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &dot.name));
            let is_last = at + 1 == self.dots.len();
            if response.hovered() {
                answer.hovered = Some(at);
            }
            let is_marked = self.marks.marked == Some(at);
            let is_hovered = response.hovered() || self.marks.hovered == Some(at);
            if is_hovered || is_marked {
                painter.vline(place.x, plot.y_range(), Stroke::new(1.0, tokens.weak));
                painter.hline(plot.left()..=place.x, place.y, Stroke::new(1.0, tokens.weak));
            }
            painter.circle_filled(place, if is_hovered || is_marked { DOT + 1.5 } else { DOT }, tokens.accent);
            if is_marked {
                painter.circle_stroke(place, DOT + 4.0, Stroke::new(1.5, tokens.accent));
            }
            let has_room = is_last || (at % every == 0 && at + every < self.dots.len() + every / 2);
            if has_room || is_hovered || is_marked {
                let color = if is_hovered || is_marked { tokens.text } else { tokens.weak };
                let below = pos2(place.x, plot.bottom() + GRID);
                painter.text(below, Align2::CENTER_TOP, (at + 1).to_string(), theme::small(), color);
            }
            if response.double_clicked() {
                answer.opened = Some(at);
            } else if response.clicked() {
                answer.marking = if is_marked { Marking::None } else { Marking::At(at) };
            }
            response
                .on_hover_text_at_pointer(format!("{}\nClick to mark, double-click to show the snapshot", dot.about));
        }
    }

    fn labels_every(&self, painter: &egui::Painter, step: f32) -> usize {
        let last = self.dots.len().to_string();
        let widest = painter.layout_no_wrap(last, theme::small(), egui::Color32::PLACEHOLDER).size().x;
        let room = widest + 2.0 * GRID;
        convert::in_memory(convert::whole((room / step.max(1.0)).ceil())).max(1)
    }
}

/// Returns the name of a snapshot.
fn snapshot_name(session: &Session, id: SnapshotId) -> String {
    human::visible(&text::given_name(session, id), 80).into_owned()
}

/// Returns the size of the whole heap in each snapshot, with the facts recorded when it was taken.
pub(super) fn heap_dots(
    session: &Session,
    series: &Series,
    growth: &Growth,
    (measure, units): (Measure, Units),
) -> Vec<Dot> {
    let mut before: Option<u64> = None;
    let dot = |(at, (id, total)): (usize, (&SnapshotId, &Point))| {
        let snapshot = snapshot_name(session, *id);
        let size = total.retained_size;
        let mut about = format!("{snapshot}\n{} ({} bytes)", units.bytes(size), human::count(size));
        let _ = write!(about, "\n{}", human::quantity(total.count, "object", "objects"));
        if let Some(before) = before {
            let delta = difference(size, before);
            let _ = write!(about, "\n{} bytes since the previous snapshot", human::signed_count(delta));
        }
        before = Some(size);
        if let Some(record) = session.record(*id) {
            let _ = write!(about, "\ntaken {}", record.began);
            if let Some(usage) = record.memory_usage {
                let (rss, external) = (units.bytes(usage.rss), units.bytes(usage.external));
                let _ = write!(about, "\nprocess {rss}, outside the heap {external}");
            }
        }
        let objects = human::quantity(total.count, "object", "objects");
        let name = format!("Snapshot {}, {snapshot}: {} in {objects}", at + 1, units.bytes(size));
        Dot { amount: measure.of(total), snapshot, name, about }
    };
    series.iter().zip(&growth.totals).enumerate().map(dot).collect()
}

/// Returns a number of a class in each snapshot.
pub(super) fn class_dots(
    session: &Session,
    series: &Series,
    (name, points): (&str, &[Point]),
    (measure, units): (Measure, Units),
) -> Vec<Dot> {
    let name = human::visible(name, 60);
    let mut before: Option<u64> = None;
    let dot = |(at, (id, point)): (usize, (&SnapshotId, &Point))| {
        let snapshot = snapshot_name(session, *id);
        let count = human::quantity(point.count, "object", "objects");
        let (shallow, retained) = (human::count(point.shallow_size), units.bytes(point.retained_size));
        let mut about = format!("{snapshot}\n{count}\n{shallow} bytes shallow\n{retained} retained");
        if let Some(before) = before {
            let delta = human::signed_count(difference(point.count, before));
            let _ = write!(about, "\n{delta} objects since the previous snapshot");
        }
        before = Some(point.count);
        let name = format!("{name} in snapshot {}: {count}", at + 1);
        Dot { amount: measure.of(point), snapshot, name, about }
    };
    series.iter().zip(points).enumerate().map(dot).collect()
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
