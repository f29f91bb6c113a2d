//! The text of a script with line numbers and colors. Draws only the rows on screen; scrolls exactly through any number of
//! lines, and cuts long lines before they are laid out.

use std::ops::Range;

use egui::text::{CCursor, LayoutJob, TextWrapping};
use egui::{Align2, EventFilter, Id, Key, Modifiers, Rect, Response, Sense, Stroke, StrokeKind, TextFormat, Ui};
use egui::{WidgetInfo, accesskit::Role, pos2, vec2};

use crate::model::{convert, human};
use crate::sources::{Position, ShownText, TokenKind};
use crate::ui::focus_order;
use crate::ui::theme::{self, GRID, Tokens};

/// The height of a line.
const LINE: f32 = 4.0 * GRID;
/// The bytes of a line that are laid out, and those of them before a position far to the right.
const SHOWN_BYTES: usize = 400;
const BEFORE_BYTES: usize = 100;
/// The width of a tab in spaces.
const TAB: &str = "    ";
/// The thickness of the scroll bars, and the least length of their handles.
const BAR: f32 = 10.0;
const LEAST_HANDLE: f32 = 24.0;
/// The distance to scroll sideways with a key.
const SIDEWAYS: f32 = 40.0;

/// The scroll position.
#[derive(Clone, Debug, Default)]
pub(super) struct TextView {
    /// The first line, with a fraction.
    top: f64,
    /// The part to the left that is out of sight, in points.
    left: f32,
    /// The width of the widest line on screen.
    width: f32,
    /// The line to scroll to.
    wanted: Option<usize>,
    /// True if the column of the mark is to be scrolled to once its line is laid out.
    wants_column: bool,
    /// The height in the last frame.
    height: f32,
}

/// The marked position: the line, from 0, and the byte offset inside it. To find the byte takes long in a long line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Mark {
    line: usize,
    byte: usize,
}

impl Mark {
    /// Creates the mark of a position in a text.
    pub(super) fn new(text: &ShownText, at: Position) -> Option<Self> {
        Some(Self { line: at.line as usize, byte: text.byte_of(at)? })
    }

    /// Returns the marked line, from 0.
    pub(super) fn line(self) -> usize {
        self.line
    }
}

/// The outcome of drawing the text.
pub(super) struct Drawn {
    pub(super) response: Response,
    /// The line under the pointer, from 0.
    pub(super) line: Option<usize>,
}

impl TextView {
    /// Scrolls so that a position is in the middle, unless it is well within the lines on screen already.
    pub(super) fn reveal(&mut self, at: Mark) {
        self.wanted = Some(at.line);
    }

    /// Scrolls to the beginning.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Draws the text into `rect`, with the line of `position` marked.
    pub(super) fn show(&mut self, ui: &mut Ui, id: Id, rect: Rect, text: &ShownText, marked: Option<Mark>) -> Drawn {
        let tokens = theme::tokens(ui);
        let digit = ui.ctx().fonts_mut(|fonts| fonts.glyph_width(&theme::mono_small(), '0'));
        let last_number = text.line_number(text.line_count().saturating_sub(1));
        let gutter = digit * convert::screen(last_number.to_string().len().max(3)) + 4.0 * GRID;
        let body = Rect::from_min_max(rect.min, rect.max - vec2(BAR, BAR));
        let code = Rect::from_min_max(pos2(body.left() + gutter, body.top()), body.max);
        let response = ui.interact(rect, id, Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Group, true, "Source text"));
        focus_order::offer(ui, id, rect);
        if response.clicked() {
            response.request_focus();
        }
        self.keep_in_sight(marked, code.height());
        self.scroll(ui, &response, text, code);
        self.go_to_wanted(code.height());
        self.clamp(text, code);
        let mut line_at_pointer = None;
        let pointer = ui.input(|input| input.pointer.hover_pos()).filter(|at| body.contains(*at));
        let first = convert::in_memory(convert::whole(self.top));
        let shift = convert::single((self.top - self.top.floor()) * f64::from(LINE));
        let count = convert::in_memory(convert::whole(body.height() / LINE)) + 2;
        self.width = 0.0;
        for (nth, line) in (first..text.line_count()).take(count).enumerate() {
            let top = body.top() + convert::screen(nth) * LINE - shift;
            let row = Rect::from_min_size(pos2(body.left(), top), vec2(body.width(), LINE));
            if !row.intersects(body) {
                continue;
            }
            let mark = marked.filter(|at| at.line == line);
            self.row(ui, id, (row, code), text, line, mark);
            if pointer.is_some_and(|at| row.contains(at)) {
                line_at_pointer = Some(line);
            }
        }
        ui.painter().vline(code.left() - GRID, body.y_range(), Stroke::new(1.0, tokens.border));
        self.bars(ui, id, rect, text, code);
        if response.has_focus() {
            ui.painter().rect_stroke(rect, 0.0, Stroke::new(1.0, tokens.accent), StrokeKind::Inside);
        }
        Drawn { response, line: line_at_pointer }
    }

    /// Draws a line.
    fn row(&mut self, ui: &Ui, id: Id, (row, code): (Rect, Rect), text: &ShownText, line: usize, mark: Option<Mark>) {
        let tokens = theme::tokens(ui);
        let painter =
            ui.painter().with_clip_rect(Rect::from_x_y_ranges(row.x_range(), code.y_range()).intersect(ui.clip_rect()));
        if mark.is_some() {
            painter.rect_filled(row, 0.0, tokens.selection);
            painter.rect_filled(Rect::from_min_size(row.min, vec2(3.0, row.height())), 0.0, tokens.accent);
        }
        let color = if mark.is_some() { tokens.text } else { tokens.weak };
        let number = text.line_number(line);
        let at = pos2(code.left() - 2.0 * GRID, row.center().y);
        painter.text(at, Align2::RIGHT_CENTER, number, theme::mono_small(), color);
        let laid = laid_out(text, line, mark, tokens);
        let plain = laid.job.text.clone();
        let cut = laid.job.clone();
        let mut galley = painter.layout_job(laid.job);
        self.width = self.width.max(galley.size().x + 4.0 * GRID);
        if let Some(at) = laid.marked {
            // The position is on screen, too, if the line has just been scrolled to.
            let x = galley.pos_from_cursor(CCursor::new(at)).left();
            if std::mem::take(&mut self.wants_column) {
                // No further than needed: where a line begins says most of what it does.
                self.left = if x + 6.0 * GRID > code.width() { x - code.width() * 0.7 } else { 0.0 };
            }
        }
        if self.left == 0.0 && galley.size().x > code.width() {
            // The ellipsis says that the line goes on.
            let mut cut = cut;
            cut.wrap = TextWrapping::truncate_at_width(code.width());
            galley = painter.layout_job(cut);
        }
        let at = pos2(code.left() - self.left, row.center().y - galley.size().y / 2.0);
        painter.with_clip_rect(code.intersect(painter.clip_rect())).galley(at, galley, tokens.text);
        let label = format!("Line {number}: {plain}");
        let shown = ui.interact(
            row.intersect(Rect::from_x_y_ranges(row.x_range(), code.y_range())),
            id.with(line),
            Sense::hover(),
        );
        shown.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
        ui.ctx().accesskit_node_builder(shown.id, |node| node.set_selected(mark.is_some()));
    }

    fn scroll(&mut self, ui: &Ui, response: &Response, text: &ShownText, code: Rect) {
        if ui.rect_contains_pointer(response.rect) {
            let wheel = ui.input(egui::InputState::smooth_scroll_delta);
            self.top -= f64::from(wheel.y / LINE);
            self.left -= wheel.x;
        }
        if !response.has_focus() {
            return;
        }
        let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let page = f64::from((code.height() / LINE - 1.0).max(1.0));
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        for (key, by) in [(Key::ArrowDown, 1.0), (Key::ArrowUp, -1.0), (Key::PageDown, page), (Key::PageUp, -page)] {
            if pressed(key) {
                self.top += by;
            }
        }
        for (key, by) in [(Key::ArrowRight, SIDEWAYS), (Key::ArrowLeft, -SIDEWAYS)] {
            if pressed(key) {
                self.left += by;
            }
        }
        if pressed(Key::Home) {
            self.top = 0.0;
        }
        if pressed(Key::End) {
            self.top = convert::float(text.line_count() as u64);
        }
    }

    /// Keeps a marked line on screen if the height changes.
    fn keep_in_sight(&mut self, marked: Option<Mark>, height: f32) {
        let before = std::mem::replace(&mut self.height, height);
        let Some(mark) = marked.filter(|_| (before - height).abs() > 0.5) else { return };
        let line = convert::float(mark.line as u64);
        if line >= self.top.floor() && line < self.top + f64::from(before / LINE) {
            self.wanted = Some(mark.line);
        }
    }

    fn go_to_wanted(&mut self, height: f32) {
        let Some(line) = self.wanted.take() else { return };
        let on_screen = f64::from(height / LINE);
        let line = convert::float(line as u64);
        let margin = (on_screen / 6.0).min(2.0);
        if line < self.top + margin || line + 1.0 + margin > self.top + on_screen {
            // A little above the middle: what follows a line says more than what precedes it.
            self.top = (line - (on_screen * 0.4).floor()).max(0.0);
        }
        self.left = 0.0;
        self.wants_column = true;
    }

    fn clamp(&mut self, text: &ShownText, code: Rect) {
        let last = convert::float(text.line_count() as u64) - f64::from(code.height() / LINE);
        self.top = self.top.clamp(0.0, last.max(0.0));
        self.left = self.left.clamp(0.0, (self.width - code.width()).max(0.0));
    }

    /// Draws the scroll bars and handles drags.
    fn bars(&mut self, ui: &Ui, id: Id, rect: Rect, text: &ShownText, code: Rect) {
        let lines = convert::float(text.line_count() as u64);
        let on_screen = f64::from(code.height() / LINE);
        if lines > on_screen {
            let bar = Rect::from_min_max(pos2(code.right(), rect.top()), rect.right_bottom());
            let share = convert::single(on_screen / lines);
            let at = convert::single(self.top / (lines - on_screen));
            if let Some(at) = bar_at(ui, id.with("lines"), bar, 1, share, at) {
                self.top = f64::from(at) * (lines - on_screen);
            }
        }
        if self.width > code.width() {
            let bar = Rect::from_min_max(pos2(code.left(), code.bottom()), pos2(code.right(), rect.bottom()));
            let room = self.width - code.width();
            if let Some(at) = bar_at(ui, id.with("columns"), bar, 0, code.width() / self.width, self.left / room) {
                self.left = at * room;
            }
        }
    }
}

/// Draws a scroll bar along an axis; returns the new position, from 0 to 1, while it is dragged.
fn bar_at(ui: &Ui, id: Id, bar: Rect, axis: usize, share: f32, at: f32) -> Option<f32> {
    let tokens = theme::tokens(ui);
    let length = (bar.size()[axis] * share).max(LEAST_HANDLE).min(bar.size()[axis]);
    let travel = bar.size()[axis] - length;
    let mut handle = bar.shrink(2.0);
    handle.min[axis] = bar.min[axis] + travel * at.clamp(0.0, 1.0);
    handle.max[axis] = handle.min[axis] + length;
    let response = ui.interact(bar, id, Sense::CLICK | Sense::DRAG);
    let color = if response.hovered() || response.dragged() { tokens.weak } else { tokens.border };
    ui.painter().rect_filled(handle, GRID, color);
    let is_held = response.dragged() || response.is_pointer_button_down_on();
    let pointer = response.interact_pointer_pos().filter(|_| is_held)?;
    Some(((pointer[axis] - length / 2.0 - bar.min[axis]) / travel.max(1.0)).clamp(0.0, 1.0))
}

/// A line, ready to be laid out.
struct Laid {
    job: LayoutJob,
    /// The marked position in `job`, in characters.
    marked: Option<usize>,
}

/// Colors a line; one that is too long is cut around the marked position.
fn laid_out(text: &ShownText, line: usize, mark: Option<Mark>, tokens: &Tokens) -> Laid {
    let whole = text.line(line);
    let marked = mark.map(|mark| mark.byte);
    let part = part_of(whole, marked);
    let mut job = LayoutJob::default();
    job.wrap.max_width = f32::INFINITY;
    let format = |color| TextFormat { font_id: theme::mono(), color, ..TextFormat::default() };
    let mut marked_at = None;
    let mut shown = String::new();
    let mut append = |job: &mut LayoutJob, range: Range<usize>, mut format: TextFormat| {
        if range.is_empty() {
            return;
        }
        if marked.is_some_and(|at| range.contains(&at)) {
            marked_at = Some(job.text.chars().count());
            format.underline = Stroke::new(1.5, tokens.accent);
        }
        shown.clear();
        for character in whole[range].chars() {
            match character {
                '\t' => shown.push_str(TAB),
                other => human::push_visible(&mut shown, other),
            }
        }
        job.append(&shown, 0.0, format);
    };
    if part.start > 0 {
        job.append("… ", 0.0, format(tokens.weak));
    }
    let mut end = part.start;
    for token in text.tokens_in(line, part.clone()) {
        append(&mut job, end..token.range.start, format(tokens.text));
        append(&mut job, token.range.clone(), format(color_of(token.kind, tokens)));
        end = token.range.end;
    }
    append(&mut job, end..part.end, format(tokens.text));
    if part.end < whole.len() {
        job.append(" …", 0.0, format(tokens.weak));
    }
    Laid { job, marked: marked_at }
}

/// Returns the byte range of a line that is shown.
fn part_of(line: &str, marked: Option<usize>) -> Range<usize> {
    if line.len() <= SHOWN_BYTES {
        return 0..line.len();
    }
    let start = marked.unwrap_or(0).saturating_sub(BEFORE_BYTES);
    // Near the end, more of what precedes is shown.
    let start = start.min(line.len() - SHOWN_BYTES);
    line.floor_char_boundary(start)..line.floor_char_boundary(start + SHOWN_BYTES)
}

fn color_of(kind: TokenKind, tokens: &Tokens) -> egui::Color32 {
    match kind {
        TokenKind::Word => tokens.text,
        TokenKind::Keyword => tokens.keyword,
        TokenKind::Number => tokens.number,
        TokenKind::Text => tokens.string,
        TokenKind::Comment => tokens.comment,
        TokenKind::Punctuation => tokens.punctuation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_cut_around_the_position() {
        let long = "é".repeat(1_000_000);
        assert_eq!(part_of("short", Some(2)), 0..5);
        assert_eq!(part_of(&long, None), 0..400);
        let part = part_of(&long, Some(1_000_000));
        assert!(part.contains(&1_000_000) && part.len() <= SHOWN_BYTES + 2, "{part:?}");
        assert!(long.get(part).is_some());
        assert_eq!(part_of(&long, Some(2_000_000)).end, 2_000_000);
    }
}
