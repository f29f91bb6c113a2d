//! Conversion between times and points.

use egui::{Align2, Pos2, Rect, Stroke, pos2};

use crate::model::convert;
use crate::query::Timeline;
use crate::ui::theme::{self, Look};

/// The width of the bar for objects allocated before the recording.
pub(super) const BEFORE: f32 = 46.0;
const AXIS: f32 = 16.0;
/// The conversion between times and points.
pub(super) struct Scale<'a> {
    pub(super) timeline: &'a Timeline,
    pub(super) rect: Rect,
    /// The part of `rect` to the right of the first bar, where x is proportional to time.
    pub(super) time: Rect,
    start_us: f64,
    end_us: f64,
}

impl<'a> Scale<'a> {
    pub(super) fn new(timeline: &'a Timeline, view: Option<(f64, f64)>, rect: Rect) -> Self {
        let first = convert::float(timeline.bars.first().map_or(0, |bar| bar.end_us));
        let last = convert::float(timeline.bars.last().map_or(0, |bar| bar.end_us));
        let all = (last - first).max(1.0);
        let (start, end) = view.unwrap_or((0.0, 1.0));
        let time = rect.with_min_x((rect.left() + BEFORE).min(rect.right() - 1.0));
        Self { timeline, rect, time, start_us: first + all * start, end_us: first + all * end }
    }

    /// Returns the y coordinate of the bottom of the bars.
    pub(super) fn floor(&self) -> f32 {
        self.rect.bottom() - AXIS
    }

    fn x(&self, us: f64) -> f32 {
        let part = convert::single((us - self.start_us) / (self.end_us - self.start_us).max(1e-9));
        self.time.left() + part.clamp(-10.0, 10.0) * self.time.width()
    }

    /// Returns the left and right edge of a bar; the first bar has its own area.
    pub(super) fn span(&self, bar: usize) -> (f32, f32) {
        if bar == 0 {
            return (self.rect.left() + 3.0, self.time.left() - 4.0);
        }
        let end = self.timeline.bars.get(bar).map_or(0, |bar| bar.end_us);
        let (left, right) = (self.x(convert::float(self.timeline.start_us(bar))), self.x(convert::float(end)));
        (left.max(self.time.left()), right.max(self.time.left()))
    }

    pub(super) fn bar_at(&self, x: f32) -> Option<usize> {
        if x < self.time.left() {
            return Some(0);
        }
        let at = self.us(x);
        let bar = self.timeline.bars.partition_point(|bar| convert::float(bar.end_us) < at).max(1);
        (bar < self.timeline.bars.len()).then_some(bar)
    }

    /// Returns the bar under a point, or the last one if the point is beyond it.
    pub(super) fn nearest(&self, x: f32) -> usize {
        self.bar_at(x).unwrap_or(self.timeline.bars.len() - 1)
    }

    fn us(&self, x: f32) -> f64 {
        let part = f64::from((x - self.time.left()) / self.time.width().max(1.0));
        self.start_us + part * (self.end_us - self.start_us)
    }

    /// Draws times along the lower edge, spaced so that they do not overlap.
    pub(super) fn axis(&self, painter: &egui::Painter, look: Look) {
        let span = (self.end_us - self.start_us).max(1.0);
        let wanted = span * 90.0 / f64::from(self.time.width().max(90.0));
        let power = 10_f64.powf(wanted.log10().floor());
        let step =
            [1.0, 2.0, 5.0, 10.0].into_iter().map(|by| by * power).find(|step| *step >= wanted).unwrap_or(wanted);
        let mut at = (self.start_us / step).ceil() * step;
        let color = look.tokens.weak;
        let y = self.floor();
        while at <= self.end_us {
            let x = self.x(at);
            painter.line_segment([pos2(x, y), pos2(x, y + 3.0)], Stroke::new(1.0, look.tokens.border));
            let text = if step >= 1e5 { format!("{:.1} s", at / 1e6) } else { format!("{:.0} ms", at / 1e3) };
            if x + 40.0 < self.rect.right() {
                painter.text(Pos2::new(x + 3.0, y + 2.0), Align2::LEFT_TOP, text, theme::small(), color);
            }
            at += step;
        }
        let before = pos2(self.rect.left() + 3.0, y + 2.0);
        painter.text(before, Align2::LEFT_TOP, "before", theme::small(), color);
    }
}
