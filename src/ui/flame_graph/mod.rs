//! A flame graph: callers above their callees, each as wide as its total, callees included.
//!
//! A worker computes the layout once per tree and measure. Each frame draws only what is visible: a binary search finds the
//! first visible call of a level, and calls too narrow to distinguish are drawn as one and skipped by another search, so
//! the time per frame depends on the size of the screen, not of the tree.

pub(crate) mod legend;
mod paint;

use std::fmt::Write as _;

use egui::{
    EventFilter, Id, Key, Modifiers, PointerButton, Rect, Response, Sense, Stroke, Ui, WidgetInfo, accesskit::Role,
};

use super::focus_order;
use super::theme::Look;
use crate::model::{BitSet, convert, difference, human};
use crate::query::{Calls, FlameLayout, Measure};
use paint::FlamePainter;

const LEVEL_HEIGHT: f32 = 18.0;
/// The wheel movement, in points, that zooms by a factor of e.
const WHEEL_SCALE: f32 = 250.0;
/// The largest zoom factor.
const MAX_ZOOM: f64 = 1e9;

/// The content of a flame graph.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flame<'a> {
    pub id: Id,
    pub calls: &'a Calls,
    pub layout: &'a FlameLayout,
    /// The indices of the measures whose sum is the width of a call.
    pub measures: &'a [usize],
    /// Functions that match a search; the others are drawn pale.
    pub found: Option<&'a BitSet>,
    /// True if colors show growth from the second measure to the first; otherwise they show scripts.
    pub by_change: bool,
}

/// The view of a flame graph. One per graph.
#[derive(Clone, Debug, Default)]
pub struct FlameState {
    /// The start and end of the shown part as offsets of the layout; `None` shows everything.
    view: Option<(f64, f64)>,
    /// The call that fills the width.
    zoomed: Option<u32>,
    /// The number of levels scrolled out at the top.
    top: f32,
    selected: Option<u32>,
}

/// The user's input in one frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct FlameAnswer {
    pub selected: Option<u32>,
    /// True if the context menu was requested for this call.
    pub menu: bool,
}

impl FlameState {
    /// Shows everything.
    pub fn reset(&mut self) {
        *self = Self { selected: self.selected, ..Self::default() };
    }

    /// Returns the call that fills the width, if one does.
    #[must_use]
    pub fn zoomed(&self) -> Option<u32> {
        self.zoomed
    }

    /// Returns whether only a part is shown.
    #[must_use]
    pub fn is_zoomed(&self) -> bool {
        self.view.is_some()
    }

    #[must_use]
    pub fn selected(&self) -> Option<u32> {
        self.selected
    }

    pub fn select(&mut self, node: Option<u32>) {
        self.selected = node;
    }

    /// Zooms to a call, so that it fills the width.
    pub fn zoom_to(&mut self, layout: &FlameLayout, node: u32) {
        let (start, width) = (convert::float(layout.start(node)), convert::float(layout.node_width(node)));
        if width <= 0.0 {
            return;
        }
        let is_all = start <= 0.0 && width >= convert::float(layout.width());
        self.view = (!is_all).then_some((start, start + width));
        self.zoomed = (!is_all).then_some(node);
    }

    fn view(&self, layout: &FlameLayout) -> (f64, f64) {
        self.view.unwrap_or((0.0, convert::float(layout.width()).max(1.0)))
    }

    /// Zooms around a fixed point; `at` ranges from 0 at the left to 1 at the right.
    fn zoom_by(&mut self, layout: &FlameLayout, factor: f64, at: f64) {
        let (start, end) = self.view(layout);
        let all = convert::float(layout.width()).max(1.0);
        let width = ((end - start) / factor).clamp((all / MAX_ZOOM).max(1.0), all);
        let fixed = start + (end - start) * at;
        self.show_from(layout, fixed - width * at, width);
    }

    fn show_from(&mut self, layout: &FlameLayout, start: f64, width: f64) {
        let all = convert::float(layout.width()).max(1.0);
        let start = start.clamp(0.0, (all - width).max(0.0));
        self.zoomed = None;
        self.view = (width < all).then_some((start, start + width));
    }
}

/// Draws the graph into the available room.
pub(crate) fn show(ui: &mut Ui, flame: &Flame<'_>, state: &mut FlameState) -> (FlameAnswer, Response) {
    let rect = ui.available_rect_before_wrap();
    ui.allocate_rect(rect, Sense::hover());
    let response = ui.interact(rect, flame.id, Sense::click_and_drag());
    focus_order::offer(ui, flame.id, rect);
    response.widget_info(|| WidgetInfo::labeled(Role::Group, true, "Flame graph"));
    let mut answer = FlameAnswer::default();
    move_by_mouse(ui, flame, state, &response);
    if response.has_focus() {
        keyboard(ui, flame, state, rect, &mut answer);
    }
    let levels = convert::screen(flame.layout.depth());
    state.top = state.top.clamp(0.0, (levels - rect.height() / LEVEL_HEIGHT).max(0.0));
    let painter = FlamePainter::new(ui, flame, state, rect);
    let hovered = response.hover_pos().and_then(|at| painter.at(at));
    painter.draw(ui, state, hovered);
    if response.has_focus() {
        let stroke = Stroke::new(1.0, painter.look.tokens.accent);
        ui.painter().rect_stroke(rect, 0.0, stroke, egui::StrokeKind::Inside);
    }
    if let Some(node) = hovered {
        if response.clicked() || response.secondary_clicked() {
            state.selected = Some(node);
            answer.selected = Some(node);
            answer.menu = response.secondary_clicked();
        }
        if response.double_clicked() {
            state.zoom_to(flame.layout, node);
        }
        let text = describe(flame, node, painter.look);
        return (answer, response.on_hover_text_at_pointer(text));
    }
    if response.clicked() || response.double_clicked() {
        response.request_focus();
    }
    if response.double_clicked() {
        state.reset();
    }
    (answer, response)
}

/// Zooms around the pointer with the wheel, and pans by dragging or with the horizontal wheel.
fn move_by_mouse(ui: &Ui, flame: &Flame<'_>, state: &mut FlameState, response: &Response) {
    if response.clicked() {
        response.request_focus();
    }
    let rect = response.rect;
    let width = f64::from(rect.width().max(1.0));
    if let Some(at) = response.hover_pos() {
        let (wheel, pinch) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
        let factor = f64::from((wheel.y / WHEEL_SCALE).exp() * pinch);
        if wheel.y != 0.0 || (pinch - 1.0).abs() > f32::EPSILON {
            state.zoom_by(flame.layout, factor, f64::from(at.x - rect.left()) / width);
        }
        if wheel.x != 0.0 {
            let (start, end) = state.view(flame.layout);
            let span = end - start;
            state.show_from(flame.layout, start - f64::from(wheel.x) * span / width, span);
        }
    }
    if response.dragged_by(PointerButton::Primary) || response.dragged_by(PointerButton::Middle) {
        let moved = response.drag_delta();
        let (start, end) = state.view(flame.layout);
        let span = end - start;
        if moved.x != 0.0 && state.view.is_some() {
            state.show_from(flame.layout, start - f64::from(moved.x) * span / width, span);
        }
        state.top -= moved.y / LEVEL_HEIGHT;
    }
}

fn keyboard(ui: &Ui, flame: &Flame<'_>, state: &mut FlameState, rect: Rect, answer: &mut FlameAnswer) {
    let filter = EventFilter { tab: false, horizontal_arrows: true, vertical_arrows: true, escape: true };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(flame.id, filter));
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let tree = flame.calls.tree();
    let layout = flame.layout;
    let first = layout.level(0).first().copied();
    let selected = state.selected.filter(|&node| layout.node_width(node) > 0);
    let beside = |node: u32, by: isize| {
        let level = layout.level(tree.depths().get(node as usize).map_or(0, |depth| *depth as usize));
        let at = level.partition_point(|&other| layout.start(other) < layout.start(node));
        at.checked_add_signed(by).and_then(|at| level.get(at).copied())
    };
    let widest_callee = |node: u32| {
        let callees = tree.children(Some(node)).filter(|&child| layout.node_width(child) > 0);
        callees.max_by_key(|&child| (layout.node_width(child), std::cmp::Reverse(child)))
    };
    let mut next = None;
    for (key, to) in [
        (Key::ArrowUp, selected.map_or(first, |node| tree.parent(node))),
        (Key::ArrowDown, selected.map_or(first, widest_callee)),
        (Key::ArrowLeft, selected.map_or(first, |node| beside(node, -1))),
        (Key::ArrowRight, selected.map_or(first, |node| beside(node, 1))),
    ] {
        if pressed(key) {
            next = to;
        }
    }
    if let Some(node) = next {
        state.selected = Some(node);
        answer.selected = Some(node);
        reveal(state, flame, node, rect);
    }
    if pressed(Key::Enter)
        && let Some(node) = state.selected
    {
        state.zoom_to(layout, node);
    }
    if pressed(Key::Backspace) || pressed(Key::Escape) {
        match state.zoomed.and_then(|node| tree.parent(node)) {
            Some(parent) => state.zoom_to(layout, parent),
            None => state.reset(),
        }
    }
    if pressed(Key::Home) {
        state.reset();
    }
    if pressed(Key::Plus) || pressed(Key::Equals) {
        state.zoom_by(layout, 1.5, 0.5);
    }
    if pressed(Key::Minus) {
        state.zoom_by(layout, 1.0 / 1.5, 0.5);
    }
    let page = (rect.height() / LEVEL_HEIGHT - 1.0).max(1.0);
    if pressed(Key::PageDown) {
        state.top += page;
    }
    if pressed(Key::PageUp) {
        state.top -= page;
    }
}

/// Moves the view as little as possible to show a call.
fn reveal(state: &mut FlameState, flame: &Flame<'_>, node: u32, rect: Rect) {
    let level = flame.calls.tree().depths().get(node as usize).map_or(0, |depth| *depth);
    let level = convert::single(f64::from(level));
    let rows = (rect.height() / LEVEL_HEIGHT).max(1.0);
    state.top = state.top.clamp((level + 1.0 - rows).max(0.0), level);
    let (start, end) = state.view(flame.layout);
    let (node_start, node_end) = (
        convert::float(flame.layout.start(node)),
        convert::float(flame.layout.start(node)) + convert::float(flame.layout.node_width(node)),
    );
    if node_end <= start || node_start >= end {
        let span = end - start;
        state.show_from(flame.layout, f64::midpoint(node_start, node_end) - span / 2.0, span);
    }
}

/// Describes a call with its exact numbers.
#[must_use]
pub(crate) fn describe(flame: &Flame<'_>, node: u32, look: Look) -> String {
    let Some(function) = flame.calls.function(node) else { return String::new() };
    let mut text = human::visible(function.label(), 200).into_owned();
    let place = function.place();
    if !place.is_empty() {
        text.push('\n');
        text.push_str(&human::visible(&place, 300));
    }
    let numbers = flame.calls.numbers(node);
    let sums = flame.calls.sums();
    for (at, &measure) in flame.calls.measures().iter().enumerate() {
        let (own, total) = (numbers.own[at], numbers.total[at]);
        let share = convert::percent(total, sums[at]);
        let (unit, exact) = if measure.is_size() { (" bytes", look.units.bytes(total)) } else { ("", String::new()) };
        let exact = if exact.is_empty() { exact } else { format!("{exact}, ") };
        let (own, total) = (human::count(own), human::count(total));
        let label = measure_label(measure);
        let _ = write!(text, "\n{label}: {exact}{total}{unit} ({share:.1}%), self {own}{unit}");
    }
    if flame.by_change {
        let change = |numbers: &[u64]| difference(numbers[0], numbers[1]);
        let (total, own) = (look.units.signed(change(&numbers.total)), look.units.signed(change(&numbers.own)));
        let _ = write!(text, "\nChange: {total}, self {own}");
    }
    text
}

/// Returns the label of a measure.
#[must_use]
pub(crate) fn measure_label(measure: Measure) -> &'static str {
    match measure {
        Measure::Size => "Size",
        Measure::BaseSize => "Size before",
        Measure::LiveCount => "Live objects",
        Measure::LiveSize => "Live size",
        Measure::AllocatedCount => "Allocated objects",
        Measure::AllocatedSize => "Allocated size",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_what_is_under_the_pointer_and_never_leaves_the_graph() {
        let layout = FlameLayout::of_one(1000);
        let mut state = FlameState::default();
        state.zoom_by(&layout, 4.0, 0.25);
        let (start, end) = state.view(&layout);
        assert!((start - 187.5).abs() < 1e-9 && (end - 437.5).abs() < 1e-9, "{start} {end}");
        assert!((start + (end - start) * 0.25 - 250.0).abs() < 1e-9);
        state.zoom_by(&layout, 0.1, 0.5);
        assert_eq!(state.view, None, "zoomed out it is whole again");
        state.zoom_by(&layout, 1e30, 1.0);
        let (start, end) = state.view(&layout);
        assert!(end - start >= 1.0 - 1e-9 && end <= 1000.0 && start >= 0.0);
    }
}
