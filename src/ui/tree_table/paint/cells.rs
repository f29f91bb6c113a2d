//! Drawing of cells: names with icons and guides, aligned numbers, and lines of amounts over time.

use std::cmp::Ordering;

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Painter, Pos2, Rect, Stroke, Ui, pos2, vec2};

use super::super::{Cell, Run};
use super::columns::SHARE_WIDTH;
use super::rows::{Row, RowPainter, indent};
use super::{CHAIN_INDENT, TRIANGLE};
use unicode_width::UnicodeWidthChar as _;

use crate::model::convert;
use crate::model::human::Units;
use crate::ui::icons;
use crate::ui::theme::{self, GRID};

/// The size of an icon before a name, and the width of its room.
const MARK: f32 = 12.0;
const MARK_ROOM: f32 = 16.0;
/// The number of levels with guides. Deeper levels are too close to each other.
const GUIDES: usize = 9;
/// The height of the bar below a number.
const BAR: f32 = 3.0;
/// Shares below this are blank.
const LEAST_SHARE: f32 = 0.01;

impl RowPainter<'_> {
    /// Draws a name with its guides, triangle and icon; returns whether it was truncated.
    pub(super) fn tree_cell<L>(&self, ui: &Ui, row: &Row<'_, L>, rect: Rect, cell: &Cell) -> bool {
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        self.guides(ui, row, rect);
        let mut left = rect.left() + row.indent();
        if row.children {
            let center = pos2(left + TRIANGLE / 2.0, rect.center().y);
            triangle(&painter, center, row.expanded, self.tokens.weak);
        }
        left += TRIANGLE;
        if let Some(mark) = cell.mark {
            icons::paint(&painter, pos2(left + MARK / 2.0, rect.center().y), mark.icon, MARK, mark.color);
            left += MARK_ROOM;
        }
        let room = (rect.right() - left - GRID).max(0.0);
        let names: Vec<&Run> = cell.runs.iter().collect();
        let with_aside: Vec<&Run> = cell.runs.iter().chain(&cell.aside).collect();
        let is_whole = Glyphs::of(ui, &with_aside).total() <= room;
        let (job, is_cut) = line(ui, if is_whole { &with_aside } else { &names }, room);
        let galley = painter.layout_job(job);
        painter.galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley, self.tokens.text);
        is_cut
    }

    /// Draws a line for each level above the row; that of a chain is below the triangle of the row where it begins.
    fn guides<L>(&self, ui: &Ui, row: &Row<'_, L>, rect: Rect) {
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        let stroke = Stroke::new(1.0, self.tokens.border);
        let levels = row.depth + usize::from(row.is_chained);
        for level in 0..levels.min(GUIDES) {
            painter.vline(rect.left() + indent(level) + TRIANGLE / 2.0, rect.y_range(), stroke);
        }
        if row.is_chained {
            // An elbow to the row shows that it is below the previous one.
            let (x, y) = (rect.left() + indent(row.depth) + TRIANGLE / 2.0, rect.center().y);
            painter.hline(x..=x + if row.children { CHAIN_INDENT - 3.0 } else { TRIANGLE }, y, stroke);
        }
    }

    /// Draws a text left-aligned; returns whether it was truncated.
    pub(super) fn text_cell(&self, ui: &Ui, rect: Rect, cell: &Cell) -> bool {
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        let inner = rect.shrink2(vec2(2.0 * GRID, 0.0));
        let (job, is_cut) = line(ui, &cell.runs.iter().collect::<Vec<_>>(), inner.width());
        let galley = painter.layout_job(job);
        painter.galley(pos2(inner.left(), inner.center().y - galley.size().y / 2.0), galley, self.tokens.text);
        is_cut
    }

    /// Draws a number right-aligned, with the same place for the units of all rows; returns whether it was truncated.
    pub(super) fn number_cell(&self, ui: &Ui, rect: Rect, cell: &Cell, has_share: bool) -> bool {
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        let inner = rect.shrink2(vec2(GRID, 1.0));
        if let Some(share) = cell.bar.filter(|share| *share >= LEAST_SHARE) {
            let end = inner.left() + inner.width() * share.clamp(0.0, 1.0);
            let bar = Rect::from_min_max(pos2(inner.left(), inner.bottom() - BAR), pos2(end, inner.bottom()));
            painter.rect_filled(bar, 1.0, self.tokens.percent_bar);
        }
        let mut right = inner.right() - GRID;
        let draw = |runs: &[&Run], right: f32| {
            let (job, is_cut) = line(ui, runs, right - inner.left());
            let galley = painter.layout_job(job);
            let place = pos2(right - galley.size().x, rect.center().y - galley.size().y / 2.0);
            painter.galley(place, galley, self.tokens.text);
            is_cut
        };
        if let Some(share) = cell.aside.as_ref().filter(|_| has_share) {
            draw(&[share], right);
            right -= SHARE_WIDTH;
        }
        let runs: Vec<&Run> = cell.runs.iter().collect();
        let width = Glyphs::of(ui, &runs).total();
        let pad = unit_pad(ui, cell);
        if width + pad <= right - inner.left() {
            right -= pad;
        }
        draw(&runs, right)
    }

    /// Draws a line of amounts over time, in the color of the change from the first to the last.
    pub(super) fn spark_line(&self, ui: &Ui, rect: Rect, amounts: &[f32]) {
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        let inner = rect.shrink2(vec2(2.0 * GRID, 4.0));
        // Shows the change: the axis goes from the smallest to the largest amount.
        let most = amounts.iter().copied().fold(0.0, f32::max);
        let least = amounts.iter().copied().fold(most, f32::min);
        let range = most - least;
        let step = inner.width() / convert::screen(amounts.len().saturating_sub(1).max(1));
        let height = |amount: f32| inner.height() * if range > 0.0 { (amount - least) / range } else { 0.5 };
        let points: Vec<Pos2> = amounts
            .iter()
            .enumerate()
            .map(|(at, &amount)| pos2(inner.left() + step * convert::screen(at), inner.bottom() - height(amount)))
            .collect();
        let order = amounts.last().partial_cmp(&amounts.first());
        let color = self.tokens.change(order.unwrap_or(Ordering::Equal));
        let end = points.last().copied();
        painter.line(points, Stroke::new(1.2, color));
        if let Some(end) = end {
            painter.circle_filled(end, 1.8, color);
        }
    }
}

/// Returns the meaning of the icon at a horizontal position.
pub(super) fn meaning_at<L>(row: &Row<'_, L>, rect: Rect, cell: &Cell, x: f32) -> Option<&'static str> {
    let left = rect.left() + row.indent() + TRIANGLE;
    cell.mark.filter(|_| (left..left + MARK_ROOM).contains(&x)).map(|mark| mark.meaning)
}

/// Returns the width of the longest unit minus that of a number's unit, so that all units start at the same place.
fn unit_pad(ui: &Ui, cell: &Cell) -> f32 {
    let longest = match theme::look(ui).units {
        Units::Decimal => 2,
        Units::Binary => 3,
        Units::Bytes => return 0.0,
    };
    let is_bytes = cell.runs.last().is_some_and(|run| run.text.ends_with(" B"));
    if is_bytes { Glyphs::digit(ui) * convert::screen(longest - 1) } else { 0.0 }
}

/// Returns the width that the text of a number needs, without its share.
pub(super) fn natural_width(ui: &Ui, cell: &Cell) -> f32 {
    Glyphs::of(ui, &cell.runs.iter().collect::<Vec<_>>()).total() + unit_pad(ui, cell)
}

/// The widths of the characters of a line.
struct Glyphs(Vec<f32>);

impl Glyphs {
    fn digit(ui: &Ui) -> f32 {
        ui.ctx().fonts_mut(|fonts| fonts.glyph_width(&theme::mono(), '0')).max(1.0)
    }

    fn of(ui: &Ui, runs: &[&Run]) -> Self {
        let (font, digit) = (theme::mono(), Self::digit(ui));
        let characters = runs.iter().flat_map(|run| run.text.chars());
        // Other scripts come from other fonts, with other widths, which layout rounds to pixels. A font that is not loaded
        // yet has no width.
        ui.ctx().fonts_mut(|fonts| {
            let mut width = |c: char| {
                let columns = convert::screen(c.width().unwrap_or_default());
                if c.is_ascii() { digit } else { fonts.glyph_width(&font, c).ceil().max(columns * digit) }
            };
            Self(characters.map(&mut width).collect())
        })
    }

    fn total(&self) -> f32 {
        self.0.iter().sum()
    }

    /// Returns how many characters at the start and at the end fit beside an ellipsis: both ends identify a row, the name
    /// at the start and the id at the end.
    fn ends(&self, width: f32) -> (usize, usize) {
        let count = |widths: &mut dyn Iterator<Item = &f32>, room: f32| {
            let (mut fitting, mut used) = (0, 0.0);
            for width in widths {
                if used + width > room {
                    break;
                }
                used += width;
                fitting += 1;
            }
            (fitting, used)
        };
        let (head, used) = count(&mut self.0.iter(), width * 2.0 / 3.0);
        let (tail, _) = count(&mut self.0[head..].iter().rev(), width - used);
        (head, tail)
    }
}

/// Lays out one line of a cell, truncated in the middle if it is too long; returns whether it was truncated.
fn line(ui: &Ui, runs: &[&Run], width: f32) -> (LayoutJob, bool) {
    let font = theme::mono();
    let (glyphs, digit) = (Glyphs::of(ui, runs), Glyphs::digit(ui));
    let mut job =
        LayoutJob { wrap: TextWrapping::truncate_at_width(width), break_on_newline: false, ..LayoutJob::default() };
    let mut append = |text: &str, run: &Run| {
        job.append(text, 0.0, TextFormat { font_id: font.clone(), color: run.color, ..TextFormat::default() });
    };
    let is_cut = glyphs.total() > width;
    if !is_cut || width < 8.0 * digit {
        for run in runs {
            append(&run.text, run);
        }
        return (job, is_cut);
    }
    let (head, tail) = glyphs.ends(width - digit);
    let tail_from = glyphs.0.len() - tail;
    let mut at = 0;
    for run in runs {
        let mut text = String::new();
        for character in run.text.chars() {
            if at < head || at >= tail_from {
                text.push(character);
            } else if at == head {
                text.push('…');
            }
            at += 1;
        }
        append(&text, run);
    }
    (job, true)
}

fn triangle(painter: &Painter, center: Pos2, down: bool, color: egui::Color32) {
    let points = if down {
        vec![center + vec2(-4.0, -2.0), center + vec2(4.0, -2.0), center + vec2(0.0, 3.5)]
    } else {
        vec![center + vec2(-2.0, -4.0), center + vec2(3.5, 0.0), center + vec2(-2.0, 4.0)]
    };
    painter.add(egui::Shape::convex_polygon(points, color, Stroke::NONE));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_any_script_is_cut_in_the_middle_within_its_room() {
        let ctx = egui::Context::default();
        theme::install(&ctx);
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
            for text in [
                "ShoppingCartWithAVeryLongName @12345",
                "注文の合計金額を計算する関数オブジェクト @12345",
                "naïveÄÖÜß→− @7",
            ] {
                for room in [70_u8, 90, 130, 180] {
                    let room = f32::from(room);
                    let run = Run::new(text.repeat(2), egui::Color32::WHITE);
                    let (job, is_cut) = line(ui, &[&run], room);
                    let galley = ui.painter().layout_job(job);
                    assert!(is_cut && !galley.elided, "only the middle of {} is cut at {room}", run.text);
                    assert!(galley.size().x <= room + 0.5, "{} is {} wide, not {room}", run.text, galley.size().x);
                    assert!(galley.text().contains('…'));
                }
            }
        });
        output.textures_delta.clear();
    }
}
