//! Small charts of a finding: one value per snapshot. The axis covers only the range of change: on an axis from zero, a
//! slow leak in a large heap would be a flat line.

use std::cmp::Ordering;

use egui::{Align2, Color32, Id, Rect, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use crate::model::convert;
use crate::ui::text;
use crate::ui::theme::{self, GRID, Tokens};

/// The size of a chart with its title and numbers.
const SIZE: egui::Vec2 = vec2(280.0, 56.0);
const DOT: f32 = 2.0;

/// A small chart.
pub(super) struct Spark<'a> {
    pub(super) id: Id,
    pub(super) title: &'a str,
    pub(super) values: &'a [u64],
    pub(super) format: &'a dyn Fn(u64) -> String,
    /// The names of the snapshots.
    pub(super) names: &'a [String],
}

impl Spark<'_> {
    /// Draws the chart with its first and last number.
    pub(super) fn show(&self, ui: &mut Ui) {
        let tokens = theme::tokens(ui);
        let (_, rect) = ui.allocate_space(vec2(SIZE.x.min(ui.available_width()), SIZE.y));
        let response = ui.interact(rect, self.id, Sense::hover());
        let texts: Vec<String> = self.values.iter().map(|&value| (self.format)(value)).collect();
        let about = format!("{} per snapshot: {}", self.title, texts.join(" → "));
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &about));
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        painter.rect_filled(rect, 4.0, tokens.surface);
        let inner = rect.shrink2(vec2(2.0 * GRID, 1.5 * GRID));
        let title = painter.text(inner.left_top(), Align2::LEFT_TOP, self.title, theme::small(), tokens.weak);
        if let (Some(first), Some(last)) = (texts.first(), texts.last()) {
            let middle = title.center().y;
            let (change, color) = self.change(tokens);
            let font = theme::mono_small();
            let width = painter.layout_no_wrap(change.clone(), font.clone(), color).size().x;
            text::right(&painter, pos2(inner.right(), middle), width + 1.0, &change, (font.clone(), color));
            let right = inner.right() - width - 2.0 * GRID;
            let room = right - title.right() - 2.0 * GRID;
            let whole = format!("{first} → {last}");
            let fits = painter.layout_no_wrap(whole.clone(), font.clone(), color).size().x <= room;
            let shown = if fits { &whole } else { last };
            text::right(&painter, pos2(right, middle), room, shown, (font, tokens.text));
        }
        let plot = Rect::from_min_max(pos2(inner.left(), title.bottom() + 2.0 * GRID), inner.max);
        let plot = plot.shrink2(vec2(DOT, DOT));
        let places = places(self.values, plot);
        painter.hline(plot.x_range(), plot.bottom() + DOT, Stroke::new(1.0, tokens.border));
        painter.line(places.clone(), Stroke::new(1.6, tokens.accent));
        for &place in &places {
            painter.circle_filled(place, DOT, tokens.accent);
        }
        let lines = self.names.iter().zip(&texts).map(|(name, text)| format!("{name}: {text}"));
        response.on_hover_text(lines.collect::<Vec<_>>().join("\n"));
    }
}

impl Spark<'_> {
    /// Returns the change from the first to the last value with its sign, and its color.
    fn change(&self, tokens: &Tokens) -> (String, Color32) {
        let (first, last) = (self.values.first().copied().unwrap_or(0), self.values.last().copied().unwrap_or(0));
        let order = last.cmp(&first);
        let text = match order {
            Ordering::Equal => "unchanged".to_owned(),
            Ordering::Greater => format!("+{}", (self.format)(last - first)),
            Ordering::Less => format!("−{}", (self.format)(first - last)),
        };
        (text, tokens.change(order))
    }
}

/// Returns the position of each value, the least at the bottom and the largest at the top.
fn places(values: &[u64], plot: Rect) -> Vec<egui::Pos2> {
    let least = values.iter().min().copied().unwrap_or(0);
    let span = values.iter().max().map_or(0, |most| most - least);
    let step = plot.width() / convert::screen(values.len().saturating_sub(1).max(1));
    let height = |value: u64| {
        let part = if span == 0 { 0.5 } else { convert::single(convert::share(value - least, span)) };
        plot.height() * part
    };
    let place =
        |(at, &value): (usize, &u64)| pos2(plot.left() + step * convert::screen(at), plot.bottom() - height(value));
    values.iter().enumerate().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_spans_the_change() {
        let plot = Rect::from_min_max(pos2(0.0, 0.0), pos2(100.0, 20.0));
        let heights = |values: &[u64]| places(values, plot).iter().map(|at| at.y).collect::<Vec<_>>();
        assert_eq!(heights(&[1_000_000, 1_000_050, 1_000_100]), [20.0, 10.0, 0.0]);
        assert_eq!(heights(&[7, 7]), [10.0, 10.0]);
        assert_eq!(heights(&[]), Vec::<f32>::new());
    }
}
