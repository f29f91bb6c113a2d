//! Charts as SVG within the page. Colors come from its style sheet, so that they fit light, dark and print.

use super::page::Page;
use super::record::{Chart, Unit};
use crate::model::convert;

/// The size of a chart, and the space of its labels on the left, right, top and bottom.
const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 112.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 22.0;
const DOT: f64 = 2.5;
/// The size of a small chart in a row.
const SMALL: (f64, f64) = (72.0, 18.0);
/// The size of a bar of parts.
const BAR: (f64, f64) = (700.0, 22.0);

/// A part of a bar.
#[derive(Clone, Copy, Debug)]
pub(super) struct BarPart {
    pub(super) label: &'static str,
    pub(super) size: u64,
    /// The class that has the color.
    pub(super) class: &'static str,
}

/// Writes a chart with one point per snapshot. The axis covers only the range of change: on an axis from zero, a slow leak
/// in a large heap would be a flat line.
pub(super) fn line_chart(page: &mut Page, chart: &Chart) {
    let about = format!("{} per snapshot: {}", chart.title, chart.over_time());
    let (width, height) = (number(WIDTH), number(HEIGHT));
    let view = format!("0 0 {width} {height}");
    let attributes = [
        ("role", "img"),
        ("aria-label", about.as_str()),
        ("class", "chart"),
        ("viewBox", &view),
        ("width", &width),
        ("height", &height),
    ];
    page.element("svg", &attributes, |page| {
        page.leaf("title", &[], &about);
        let (least, most) = ends(&chart.values);
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        let levels =
            if least == most { vec![(most, f64::midpoint(TOP, bottom))] } else { vec![(most, TOP), (least, bottom)] };
        for (value, y) in levels {
            line(page, "grid", (LEFT, y), (right, y));
            label(page, "end", (LEFT - 8.0, y + 4.0), &chart.unit.format(value));
        }
        let points = points(&chart.values, (LEFT + DOT, right - DOT), (TOP, bottom));
        page.void("polyline", &[("class", "line"), ("points", &coordinates(&points))]);
        for (at, (&(x, y), &value)) in points.iter().zip(&chart.values).enumerate() {
            let place = [("class", "dot"), ("cx", &number(x)), ("cy", &number(y)), ("r", &number(DOT))];
            page.element("circle", &place, |page| {
                page.leaf("title", &[], &format!("Snapshot {}: {}", at + 1, chart.unit.format(value)));
            });
        }
        label(page, "start", (LEFT, HEIGHT - 5.0), "First snapshot");
        label(page, "end", (right, HEIGHT - 5.0), "Last");
    });
}

/// Writes a small chart for a row of a table, whose numbers are in its neighbors.
pub(super) fn spark(page: &mut Page, values: &[u64], unit: Unit) {
    let (width, height) = (number(SMALL.0), number(SMALL.1));
    let view = format!("0 0 {width} {height}");
    let about = super::record::over_time(values, unit);
    let attributes = [
        ("role", "img"),
        ("aria-label", about.as_str()),
        ("class", "spark"),
        ("viewBox", &view),
        ("width", &width),
        ("height", &height),
    ];
    page.element("svg", &attributes, |page| {
        page.leaf("title", &[], &about);
        let points = points(values, (DOT, SMALL.0 - DOT), (DOT, SMALL.1 - DOT));
        page.void("polyline", &[("class", "line"), ("points", &coordinates(&points))]);
        if let Some(&(x, y)) = points.last() {
            page.void("circle", &[("class", "dot"), ("cx", &number(x)), ("cy", &number(y)), ("r", "2")]);
        }
    });
}

/// Writes the parts of a whole as one bar.
pub(super) fn bar(page: &mut Page, parts: &[BarPart], unit: Unit) {
    let total: u64 = parts.iter().fold(0, |sum, part| sum.saturating_add(part.size));
    let (width, height) = (number(BAR.0), number(BAR.1));
    let view = format!("0 0 {width} {height}");
    let attributes = [
        ("role", "img"),
        ("aria-label", "Heap by category"),
        ("class", "bar"),
        ("viewBox", &view),
        ("preserveAspectRatio", "none"),
    ];
    page.element("svg", &attributes, |page| {
        page.leaf("title", &[], "Heap by category");
        let mut x = 0.0;
        for part in parts {
            let part_width = BAR.0 * convert::share(part.size, total);
            if part_width < 0.05 {
                continue;
            }
            // A gap between parts, unless it would hide a narrow one.
            let gap = if part_width > 3.0 { 1.0 } else { 0.0 };
            let place =
                [("class", part.class), ("x", &number(x)), ("width", &number(part_width - gap)), ("height", &height)];
            page.element("rect", &place, |page| {
                page.leaf("title", &[], &format!("{}: {}", part.label, unit.format(part.size)));
            });
            x += part_width;
        }
    });
}

fn ends(values: &[u64]) -> (u64, u64) {
    (values.iter().min().copied().unwrap_or(0), values.iter().max().copied().unwrap_or(0))
}

/// Returns the position of each value, the least at the bottom and the largest at the top.
fn points(values: &[u64], (left, right): (f64, f64), (top, bottom): (f64, f64)) -> Vec<(f64, f64)> {
    let (least, most) = ends(values);
    let steps = values.len().saturating_sub(1).max(1) as u64;
    let place = |(at, &value): (usize, &u64)| {
        let x = left + (right - left) * convert::share(at as u64, steps);
        let part = if least == most { 0.5 } else { convert::share(value - least, most - least) };
        (x, bottom - (bottom - top) * part)
    };
    values.iter().enumerate().map(place).collect()
}

fn coordinates(points: &[(f64, f64)]) -> String {
    points.iter().map(|&(x, y)| format!("{},{}", number(x), number(y))).collect::<Vec<_>>().join(" ")
}

fn line(page: &mut Page, class: &'static str, from: (f64, f64), to: (f64, f64)) {
    let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(number);
    page.void("line", &[("class", class), ("x1", &x1), ("y1", &y1), ("x2", &x2), ("y2", &y2)]);
}

fn label(page: &mut Page, anchor: &'static str, (x, y): (f64, f64), text: &str) {
    page.leaf("text", &[("x", &number(x)), ("y", &number(y)), ("text-anchor", anchor)], text);
}

/// Formats a coordinate with at most one decimal.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_spans_the_change() {
        let heights =
            |values: &[u64]| points(values, (0.0, 10.0), (0.0, 20.0)).iter().map(|at| number(at.1)).collect::<Vec<_>>();
        assert_eq!(heights(&[1_000_000, 1_000_050, 1_000_100]), ["20", "10", "0"]);
        assert_eq!(heights(&[7, 7]), ["10", "10"]);
        assert_eq!(heights(&[u64::MAX, 0]), ["0", "20"]);
        assert_eq!(heights(&[]), [""; 0]);
    }
}
