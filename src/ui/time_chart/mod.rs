//! The allocation timeline as bars over time, with a brush: drag to select an interval, drag its edges or its middle,
//! double-click to clear; the wheel zooms. A bar contains the objects whose ids were assigned between two samples: all of
//! them in gray, live ones in color.

mod scale;

use egui::{
    CursorIcon, EventFilter, Id, Key, Modifiers, PointerButton, Rect, Response, Sense, Stroke, Ui, WidgetInfo,
    accesskit::Role, pos2, vec2,
};

use super::focus_order;
use super::theme::{self, GRID, Look};
use crate::model::{convert, human};
use crate::query::{Timeline, TimelineBar};
use scale::{BEFORE, Scale};

/// The distance within which the pointer grabs an edge of the selection.
const REACH: f32 = 5.0;
const WHEEL_SCALE: f32 = 250.0;
/// The height from which the axis has a second line.
const TALL: f32 = 100.0;
/// The smallest fraction of the recording that can be zoomed to the full width.
const MIN_PART: f64 = 1e-4;

/// The unit of the height of bars.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum BarUnit {
    /// The numbers of allocated and of live objects.
    #[default]
    Objects,
    /// Live bytes. Files do not record the size of freed objects.
    Bytes,
}

/// The selection and the view. One per timeline.
#[derive(Clone, Debug, Default)]
pub struct TimeChart {
    pub unit: BarUnit,
    /// The first and the last selected bar.
    selection: Option<(usize, usize)>,
    /// The visible part of the recording, as fractions from 0 to 1.
    view: Option<(f64, f64)>,
    drag: Option<Drag>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Drag {
    /// Selects a new interval that starts at this bar.
    New(usize),
    First,
    Last,
    /// Moves the whole selection, grabbed at this bar.
    Move {
        at: usize,
        selection: (usize, usize),
    },
    /// Moves the view.
    Pan,
}

impl TimeChart {
    /// Returns the first and the last selected bar.
    #[must_use]
    pub fn selection(&self) -> Option<(usize, usize)> {
        self.selection
    }

    pub fn select(&mut self, bars: Option<(usize, usize)>) {
        self.selection = bars;
    }

    /// Returns whether the pointer is still dragging the selection, which changes once more when it is released.
    #[must_use]
    pub fn is_dragging(&self) -> bool {
        self.drag.is_some()
    }

    /// Draws the bars into `height` points; returns whether the selection changed.
    pub fn show(&mut self, ui: &mut Ui, id: Id, timeline: &Timeline, height: f32) -> bool {
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
        let response = ui.interact(rect, id, Sense::click_and_drag());
        focus_order::offer(ui, id, rect);
        if timeline.bars.is_empty() {
            return false;
        }
        let before = self.selection;
        let last = timeline.bars.len() - 1;
        self.selection = self.selection.map(|(from, to)| (from.min(last), to.min(last)));
        self.zoom(ui, &response);
        let scale = Scale::new(timeline, self.view, rect);
        self.mouse(ui, &response, &scale);
        if response.has_focus() {
            self.keyboard(ui, id, last);
        }
        let scale = Scale::new(timeline, self.view, rect);
        let look = theme::look(ui);
        let hovered = response.hover_pos().and_then(|at| scale.bar_at(at.x));
        self.paint(ui, &scale, hovered, look, response.has_focus());
        response.widget_info(|| {
            let text = match self.selection {
                Some((first, last)) => format!("Timeline, selected {}", interval(timeline, first, last)),
                None => format!("Timeline of {} intervals, nothing selected", timeline.bars.len()),
            };
            WidgetInfo::labeled(Role::Group, true, text)
        });
        if let Some(bar) = hovered.filter(|_| self.drag.is_none()) {
            response.on_hover_text_at_pointer(describe(timeline, bar, look));
        }
        self.selection != before
    }

    fn zoom(&mut self, ui: &Ui, response: &Response) {
        let Some(at) = response.hover_pos() else { return };
        let (wheel, pinch) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
        let time = response.rect.with_min_x(response.rect.left() + BEFORE);
        let part = f64::from(((at.x - time.left()) / time.width().max(1.0)).clamp(0.0, 1.0));
        let (start, end) = self.view.unwrap_or((0.0, 1.0));
        let factor = f64::from((wheel.y / WHEEL_SCALE).exp() * pinch);
        if (factor - 1.0).abs() > f64::EPSILON {
            let width = ((end - start) / factor).clamp(MIN_PART, 1.0);
            self.show_from(start + (end - start) * part - width * part, width);
        } else if wheel.x != 0.0 {
            let width = end - start;
            self.show_from(start - f64::from(wheel.x / time.width().max(1.0)) * width, width);
        }
    }

    fn show_from(&mut self, start: f64, width: f64) {
        let start = start.clamp(0.0, (1.0 - width).max(0.0));
        self.view = (width < 1.0).then_some((start, start + width));
    }

    fn mouse(&mut self, ui: &Ui, response: &Response, scale: &Scale<'_>) {
        let pointer = ui.input(|input| input.pointer.interact_pos());
        let edges = self.selection.map(|(first, last)| (scale.span(first).0, scale.span(last).1));
        let near = |x: f32, edge: f32| (x - edge).abs() <= REACH;
        if let (Some(at), Some((left, right))) = (response.hover_pos(), edges) {
            let icon = if near(at.x, left) || near(at.x, right) {
                CursorIcon::ResizeHorizontal
            } else if at.x > left && at.x < right {
                CursorIcon::Grab
            } else {
                CursorIcon::Default
            };
            ui.ctx().set_cursor_icon(icon);
        }
        if response.drag_started_by(PointerButton::Middle) {
            self.drag = Some(Drag::Pan);
        }
        if response.drag_started_by(PointerButton::Primary) {
            response.request_focus();
            let origin = ui.input(|input| input.pointer.press_origin());
            self.drag = origin.map(|at| {
                let bar = scale.nearest(at.x);
                match (edges, self.selection) {
                    (Some((left, _)), _) if near(at.x, left) => Drag::First,
                    (Some((_, right)), _) if near(at.x, right) => Drag::Last,
                    (Some((left, right)), Some(selection)) if at.x > left && at.x < right => {
                        Drag::Move { at: bar, selection }
                    }
                    _ => Drag::New(bar),
                }
            });
        }
        if let (Some(drag), Some(at)) = (self.drag, pointer) {
            self.drag_to(drag, scale.nearest(at.x), scale.timeline.bars.len() - 1);
            if drag == Drag::Pan {
                let (start, end) = self.view.unwrap_or((0.0, 1.0));
                let moved = f64::from(response.drag_delta().x / scale.time.width().max(1.0)) * (end - start);
                self.show_from(start - moved, end - start);
            }
        }
        if response.drag_stopped() || !ui.input(|input| input.pointer.any_down()) {
            self.drag = None;
        }
        if response.double_clicked() {
            self.selection = None;
        } else if response.clicked() {
            response.request_focus();
            let bar = pointer.and_then(|at| scale.bar_at(at.x));
            let is_in = |bar: usize| self.selection.is_some_and(|(first, last)| (first..=last).contains(&bar));
            if let Some(bar) = bar.filter(|&bar| !is_in(bar)) {
                self.selection = Some((bar, bar));
            }
        }
    }

    fn drag_to(&mut self, drag: Drag, bar: usize, last: usize) {
        self.selection = match (drag, self.selection) {
            (Drag::New(start), _) => Some((start.min(bar), start.max(bar))),
            (Drag::First, Some((_, end))) => Some((bar.min(end), end)),
            (Drag::Last, Some((start, _))) => Some((start, bar.max(start))),
            (Drag::Move { at, selection: (start, end) }, _) => {
                let by = (bar.cast_signed() - at.cast_signed())
                    .clamp(-start.cast_signed(), last.cast_signed() - end.cast_signed());
                Some((start.saturating_add_signed(by), end.saturating_add_signed(by)))
            }
            (_, selection) => selection,
        };
    }

    /// Handles keys: arrows move the selection, Shift+arrows move its end, Home and End move it to the start or the end,
    /// Escape clears it, and + and − zoom.
    fn keyboard(&mut self, ui: &Ui, id: Id, last: usize) {
        let filter = EventFilter { tab: false, horizontal_arrows: true, vertical_arrows: false, escape: true };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        let (first, end) = self.selection.unwrap_or((0, 0));
        let none = self.selection.is_none();
        if pressed(Modifiers::SHIFT, Key::ArrowRight) {
            self.selection = Some((first, if none { first } else { (end + 1).min(last) }));
        } else if pressed(Modifiers::SHIFT, Key::ArrowLeft) {
            self.selection = Some((first, end.saturating_sub(1).max(first)));
        } else if pressed(Modifiers::NONE, Key::ArrowRight) {
            let by = if none { 0 } else { usize::from(end < last) };
            self.selection = Some((first + by, end + by));
        } else if pressed(Modifiers::NONE, Key::ArrowLeft) {
            let by = if none { 0 } else { first.min(1) };
            self.selection = Some((first - by, end - by));
        } else if pressed(Modifiers::NONE, Key::Home) {
            self.selection = Some((0, end - first));
        } else if pressed(Modifiers::NONE, Key::End) {
            self.selection = Some((last - (end - first).min(last), last));
        } else if pressed(Modifiers::NONE, Key::Escape) {
            self.selection = None;
        } else if pressed(Modifiers::NONE, Key::Plus) || pressed(Modifiers::NONE, Key::Equals) {
            let (start, end) = self.view.unwrap_or((0.0, 1.0));
            let width = ((end - start) / 1.5).max(MIN_PART);
            self.show_from(f64::midpoint(start, end) - width / 2.0, width);
        } else if pressed(Modifiers::NONE, Key::Minus) {
            let (start, end) = self.view.unwrap_or((0.0, 1.0));
            let width = ((end - start) * 1.5).min(1.0);
            self.show_from(f64::midpoint(start, end) - width / 2.0, width);
        }
    }

    fn paint(&self, ui: &Ui, scale: &Scale<'_>, hovered: Option<usize>, look: Look, has_focus: bool) {
        let tokens = look.tokens;
        let painter = ui.painter().with_clip_rect(scale.rect.intersect(ui.clip_rect()));
        let bars = scale.timeline.bars.as_slice();
        // Charts lie on a subtle surface.
        let ground = tokens.surface;
        painter.rect_filled(scale.rect, 4.0, ground);
        let floor = scale.floor();
        if let Some((first, last)) = self.selection {
            let (left, right) = (scale.span(first).0, scale.span(last).1);
            let area = Rect::from_min_max(pos2(left, scale.rect.top()), pos2(right, floor));
            painter.rect_filled(area, 0.0, tokens.selection);
        }
        // The bar of objects from before the recording is clipped; otherwise it would flatten all others.
        let rest = bars.get(1..).unwrap_or_default();
        let highest = rest.iter().map(|bar| heights(bar, self.unit).0).max().unwrap_or(0).max(1);
        let room = (floor - scale.rect.top() - 3.0 * GRID).max(1.0);
        let parts: &[f32] = if scale.rect.height() >= TALL { &[1.0, 0.5] } else { &[1.0] };
        for part in parts {
            let y = floor - room * part;
            painter.hline(scale.time.left()..=scale.rect.right(), y, Stroke::new(1.0, tokens.border));
        }
        for (at, bar) in bars.iter().enumerate() {
            let (left, right) = scale.span(at);
            if right < scale.rect.left() || left > scale.rect.right() {
                continue;
            }
            let (all, live) = heights(bar, self.unit);
            let points = |value: u64| {
                let least = if value > 0 { 1.5 } else { 0.0 };
                (convert::single(convert::share(value, highest)) * room).max(least).min(room.max(0.0))
            };
            let (left, right) = (left + 0.5, (right - 0.5).max(left + 1.0));
            // Bars outside the selection are faded.
            let is_in = self.selection.is_none_or(|(first, last)| (first..=last).contains(&at));
            let fade = |color: egui::Color32| {
                if is_in { color } else { ground.lerp_to_gamma(color, 0.4) }
            };
            let column = |height: f32| Rect::from_min_max(pos2(left, floor - height), pos2(right, floor));
            painter.rect_filled(column(points(all)), 1.0, fade(ground.lerp_to_gamma(tokens.weak, 0.45)));
            painter.rect_filled(column(points(live)), 1.0, fade(tokens.accent));
            if at == 0 && all > highest {
                let top = floor - room;
                let cut = [pos2(left, top + 8.0), pos2(right, top + 4.0)];
                painter.line_segment(cut, Stroke::new(2.0, ground));
            }
            if hovered == Some(at) {
                painter.rect_stroke(
                    column(points(all).max(3.0)).expand(0.5),
                    1.0,
                    Stroke::new(1.0, tokens.text),
                    egui::StrokeKind::Outside,
                );
            }
        }
        let edge = Stroke::new(1.0, tokens.border);
        painter.line_segment([pos2(scale.rect.left(), floor), pos2(scale.rect.right(), floor)], edge);
        painter.line_segment(
            [pos2(scale.time.left() - 1.0, scale.rect.top()), pos2(scale.time.left() - 1.0, floor)],
            edge,
        );
        scale.axis(&painter, look);
        let amount = |value: u64| match self.unit {
            BarUnit::Objects => human::quantity(value, "object", "objects"),
            BarUnit::Bytes => look.units.bytes(value),
        };
        for (part, value) in parts.iter().zip([highest, highest / 2]) {
            let place = pos2(scale.time.left() + GRID, floor - room * part);
            let galley = painter.layout_no_wrap(amount(value), theme::small(), tokens.weak);
            let label = Rect::from_min_size(place - vec2(0.0, galley.size().y), galley.size());
            painter.rect_filled(label.expand2(vec2(2.0, 0.0)), 2.0, ground);
            painter.galley(label.min, galley, tokens.weak);
        }
        self.grips(&painter, scale, floor, look);
        if has_focus {
            let stroke = Stroke::new(1.0, tokens.accent);
            painter.rect_stroke(scale.rect, 0.0, stroke, egui::StrokeKind::Inside);
        }
    }

    /// Draws the edges of the selection.
    fn grips(&self, painter: &egui::Painter, scale: &Scale<'_>, floor: f32, look: Look) {
        let Some((first, last)) = self.selection else { return };
        for x in [scale.span(first).0, scale.span(last).1] {
            let line = [pos2(x, scale.rect.top()), pos2(x, floor)];
            painter.line_segment(line, Stroke::new(1.5, look.tokens.text));
            let grip = Rect::from_center_size(pos2(x, f32::midpoint(scale.rect.top(), floor)), vec2(5.0, 14.0));
            painter.rect_filled(grip, 2.0, look.tokens.text);
        }
    }
}

/// Returns the heights of a bar: all allocated objects, and live ones.
fn heights(bar: &TimelineBar, unit: BarUnit) -> (u64, u64) {
    match unit {
        BarUnit::Objects => (bar.allocated_count, bar.live_count),
        BarUnit::Bytes => (bar.live_size, bar.live_size),
    }
}

/// Formats a time of the recording.
#[must_use]
pub(crate) fn time(us: u64) -> String {
    let seconds = convert::float(us) / 1e6;
    if seconds < 1.0 { format!("{:.1} ms", seconds * 1000.0) } else { format!("{seconds:.3} s") }
}

/// Formats the time interval of a range of bars.
#[must_use]
pub(crate) fn interval(timeline: &Timeline, first: usize, last: usize) -> String {
    let end = timeline.bars.get(last).map_or(0, |bar| bar.end_us);
    match (first, last) {
        (0, 0) => "before the recording".to_owned(),
        (0, _) => format!("up to {}", time(end)),
        _ => format!("{} to {}", time(timeline.start_us(first)), time(end)),
    }
}

fn describe(timeline: &Timeline, bar: usize, look: Look) -> String {
    let Some(of) = timeline.bars.get(bar) else { return String::new() };
    let (live, all) = (human::count(of.live_count), human::quantity(of.allocated_count, "object", "objects"));
    format!(
        "{}\n{live} of {all} alive\n{} alive, {} bytes\nids @{} to @{}",
        interval(timeline, bar, bar),
        look.units.bytes(of.live_size),
        human::count(of.live_size),
        of.after.saturating_add(1),
        of.up_to
    )
}
