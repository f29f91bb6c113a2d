//! A flame graph: callers above their callees, each as wide as what it has with all below it.
//!
//! The layout comes from a worker, once for a tree and a measure. Each frame draws what can be seen: a level is entered by
//! binary search, and calls too narrow to be told apart are drawn as one and passed over by another search, so that a frame
//! takes time by the points on the screen.

use egui::{
    Align2, Color32, EventFilter, Id, Key, Mesh, Modifiers, PointerButton, Rect, Response, Sense, Shape, Stroke, Ui,
    WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::theme::{self, GRID, Look, Tokens};
use crate::model::{BitSet, human};
use crate::query::{Calls, FlameLayout, Measure};

const LEVEL_HEIGHT: f32 = 18.0;
/// Calls narrower than this are drawn together.
const NARROW: f64 = 2.0;
/// Calls at least so wide have a name, and those at least so wide are told to screen readers.
const NAMED: f32 = 28.0;
const TOLD: f32 = 48.0;
/// Rectangles that screen readers are told of.
const MAX_TOLD: usize = 400;
/// Points of the wheel for a zoom by e.
const WHEEL_SCALE: f32 = 250.0;
/// No more than this fraction of the whole can fill the width.
const MAX_ZOOM: f64 = 1e9;

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Flame<'a> {
    pub id: Id,
    pub calls: &'a Calls,
    pub layout: &'a FlameLayout,
    /// Places of the measures that widths are the sum of.
    pub measures: &'a [usize],
    /// Functions that a search has found; the others are drawn pale.
    pub found: Option<&'a BitSet>,
    /// Whether colours say what grew and what shrank from the second measure to the first, instead of which script it is.
    pub by_change: bool,
}

/// What is shown of it. One a graph.
#[derive(Clone, Debug, Default)]
pub struct FlameState {
    /// Where the shown part starts and ends, as offsets of the layout; all where there is none.
    view: Option<(f64, f64)>,
    /// The call that fills the width.
    zoomed: Option<u32>,
    /// Levels that are scrolled out at the top.
    top: f32,
    selected: Option<u32>,
}

/// What the person did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FlameAnswer {
    pub selected: Option<u32>,
    /// The context menu was asked for over this call.
    pub menu: bool,
}

impl FlameState {
    /// Shows everything.
    pub fn reset(&mut self) {
        *self = Self { selected: self.selected, ..Self::default() };
    }

    /// The call that fills the width, if one does.
    #[must_use]
    pub fn zoomed(&self) -> Option<u32> {
        self.zoomed
    }

    /// Whether only a part is shown.
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

    /// Fills the width with a call.
    pub fn zoom_to(&mut self, layout: &FlameLayout, node: u32) {
        let (start, width) = (float(layout.start(node)), float(layout.node_width(node)));
        if width <= 0.0 {
            return;
        }
        let is_all = start <= 0.0 && width >= float(layout.width());
        self.view = (!is_all).then_some((start, start + width));
        self.zoomed = (!is_all).then_some(node);
    }

    fn view(&self, layout: &FlameLayout) -> (f64, f64) {
        self.view.unwrap_or((0.0, float(layout.width()).max(1.0)))
    }

    /// Changes the scale around a point that keeps its place; `at` goes from 0 at the left to 1 at the right.
    fn zoom_by(&mut self, layout: &FlameLayout, factor: f64, at: f64) {
        let (start, end) = self.view(layout);
        let all = float(layout.width()).max(1.0);
        let width = ((end - start) / factor).clamp((all / MAX_ZOOM).max(1.0), all);
        let fixed = start + (end - start) * at;
        self.show_from(layout, fixed - width * at, width);
    }

    fn show_from(&mut self, layout: &FlameLayout, start: f64, width: f64) {
        let all = float(layout.width()).max(1.0);
        let start = start.clamp(0.0, (all - width).max(0.0));
        self.zoomed = None;
        self.view = (width < all).then_some((start, start + width));
    }
}

#[expect(clippy::cast_precision_loss, reason = "places on a screen")]
fn float(value: u64) -> f64 {
    value as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "offsets within the layout, clamped at 0")]
fn offset(value: f64) -> u64 {
    value.max(0.0) as u64
}

/// Draws the graph into all the room there is.
pub fn show(ui: &mut Ui, flame: &Flame<'_>, state: &mut FlameState) -> (FlameAnswer, Response) {
    let rect = ui.available_rect_before_wrap();
    ui.allocate_rect(rect, Sense::hover());
    let response = ui.interact(rect, flame.id, Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Group, true, "Flame graph"));
    let mut answer = FlameAnswer::default();
    move_by_mouse(ui, flame, state, &response);
    if response.has_focus() {
        keyboard(ui, flame, state, rect, &mut answer);
    }
    #[expect(clippy::cast_precision_loss, reason = "levels on a screen")]
    let levels = flame.layout.depth() as f32;
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

/// Wheel: zoom around the pointer. Drag: move. Sideways wheel: move sideways.
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

/// Moves as little as shows the call.
fn reveal(state: &mut FlameState, flame: &Flame<'_>, node: u32, rect: Rect) {
    #[expect(clippy::cast_precision_loss, reason = "levels on a screen")]
    let level = flame.calls.tree().depths().get(node as usize).map_or(0.0, |depth| *depth as f32);
    let rows = rect.height() / LEVEL_HEIGHT;
    state.top = state.top.clamp((level + 1.0 - rows).max(0.0), level);
    let (start, end) = state.view(flame.layout);
    let (node_start, node_end) =
        (float(flame.layout.start(node)), float(flame.layout.start(node)) + float(flame.layout.node_width(node)));
    if node_end <= start || node_start >= end {
        let span = end - start;
        state.show_from(flame.layout, f64::midpoint(node_start, node_end) - span / 2.0, span);
    }
}

/// Everything about a call, exactly.
#[must_use]
pub fn describe(flame: &Flame<'_>, node: u32, look: Look) -> String {
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
        #[expect(clippy::cast_precision_loss, reason = "a percentage")]
        let share = total as f64 * 100.0 / sums[at].max(1) as f64;
        let (unit, exact) = if measure.is_size() { (" bytes", look.units.bytes(total)) } else { ("", String::new()) };
        let exact = if exact.is_empty() { exact } else { format!("{exact}, ") };
        let (own, total) = (human::count(own), human::count(total));
        text.push_str(&format!(
            "\n{}: {exact}{total}{unit} ({share:.1} %), itself {own}{unit}",
            measure_label(measure)
        ));
    }
    if flame.by_change {
        let change = |numbers: &[u64]| i64::try_from(i128::from(numbers[0]) - i128::from(numbers[1])).unwrap_or(0);
        let (total, own) = (look.units.signed(change(&numbers.total)), look.units.signed(change(&numbers.own)));
        text.push_str(&format!("\nChange: {total}, itself {own}"));
    }
    text
}

/// What a measure is called.
#[must_use]
pub fn measure_label(measure: Measure) -> &'static str {
    match measure {
        Measure::Size => "Size",
        Measure::BaseSize => "Size before",
        Measure::LiveCount => "Live objects",
        Measure::LiveSize => "Live size",
        Measure::AllocatedCount => "Allocated objects",
        Measure::AllocatedSize => "Allocated size",
    }
}

struct FlamePainter<'a> {
    flame: &'a Flame<'a>,
    look: Look,
    rect: Rect,
    /// The offset at the left edge, and points for a unit.
    start: f64,
    end: f64,
    scale: f64,
    top: f32,
}

impl<'a> FlamePainter<'a> {
    fn new(ui: &Ui, flame: &'a Flame<'a>, state: &FlameState, rect: Rect) -> Self {
        let (start, end) = state.view(flame.layout);
        let scale = f64::from(rect.width()) / (end - start).max(f64::MIN_POSITIVE);
        Self { flame, look: theme::look(ui), rect, start, end, scale, top: state.top }
    }

    #[expect(clippy::cast_possible_truncation, reason = "points on a screen, clamped to it")]
    fn x(&self, at: f64) -> f32 {
        let points = ((at - self.start) * self.scale).clamp(0.0, f64::from(self.rect.width()));
        self.rect.left() + points as f32
    }

    #[expect(clippy::cast_precision_loss, reason = "levels on a screen")]
    fn y(&self, level: usize) -> f32 {
        self.rect.top() + (level as f32 - self.top) * LEVEL_HEIGHT
    }

    /// The call under a point.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "levels on a screen")]
    fn at(&self, at: egui::Pos2) -> Option<u32> {
        let level = ((at.y - self.rect.top()) / LEVEL_HEIGHT + self.top).max(0.0) as usize;
        self.flame.layout.at(level, offset(self.start + f64::from(at.x - self.rect.left()) / self.scale))
    }

    fn node_rect(&self, node: u32) -> Rect {
        let layout = self.flame.layout;
        let level = self.flame.calls.tree().depths().get(node as usize).map_or(0, |depth| *depth as usize);
        let start = float(layout.start(node));
        let (left, right) = (self.x(start), self.x(start + float(layout.node_width(node))));
        Rect::from_min_max(pos2(left, self.y(level)), pos2(right, self.y(level) + LEVEL_HEIGHT))
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "levels on a screen")]
    fn draw(&self, ui: &Ui, state: &FlameState, hovered: Option<u32>) {
        let layout = self.flame.layout;
        let painter = ui.painter().with_clip_rect(self.rect.intersect(ui.clip_rect()));
        let mut mesh = Mesh::default();
        let mut named: Vec<(u32, Rect)> = Vec::new();
        let first = self.top.max(0.0) as usize;
        let shown = (self.rect.height() / LEVEL_HEIGHT).ceil() as usize + 1;
        for level in first..(first + shown).min(layout.depth()) {
            let nodes = layout.level(level);
            let mut at = layout.first_behind(level, offset(self.start));
            while let Some(&node) = nodes.get(at) {
                let begins = float(layout.start(node));
                if begins >= self.end {
                    break;
                }
                let width = float(layout.node_width(node)) * self.scale;
                if width >= NARROW {
                    let rect = self.node_rect(node);
                    let color = self.color(node);
                    mesh.add_colored_rect(Rect::from_min_max(rect.min, rect.max - vec2(1.0, 1.0)), color);
                    if rect.width() >= NAMED {
                        named.push((node, rect));
                    }
                    at += 1;
                    continue;
                }
                // The narrow ones that start within the next points are one thin bar.
                let end = begins + NARROW / self.scale;
                let within = nodes[at..].partition_point(|&node| float(layout.start(node)) < end).max(1);
                // Calls of one level do not overlap, so only the last can be a wide one that begins in the bar.
                let is_wide = |node: u32| float(layout.node_width(node)) * self.scale >= NARROW;
                let narrow = within - usize::from(within > 1 && is_wide(nodes[at + within - 1]));
                let last = nodes[at + narrow - 1];
                let last_end = float(layout.start(last)) + float(layout.node_width(last));
                let (left, y) = (self.x(begins), self.y(level));
                let right = self.x(last_end.min(end)).max(left + 0.6);
                let bar = Rect::from_min_max(pos2(left, y), pos2(right, y + LEVEL_HEIGHT - 1.0));
                mesh.add_colored_rect(bar, self.color(node).gamma_multiply(0.75));
                at += narrow;
            }
        }
        painter.add(Shape::mesh(mesh));
        for &(node, rect) in &named {
            self.label(&painter, node, rect);
        }
        self.tell(ui, &named);
        for (node, stroke) in [
            (hovered, Stroke::new(1.5, self.look.tokens.text)),
            (state.selected, Stroke::new(2.0, self.look.tokens.accent)),
        ] {
            if let Some(node) = node.filter(|&node| layout.node_width(node) > 0) {
                let rect = self.node_rect(node);
                if rect.width() > 0.0 {
                    painter.rect_stroke(rect, 1.0, stroke, egui::StrokeKind::Inside);
                }
            }
        }
        self.scroll_mark(&painter);
    }

    /// Says that there is more above or below.
    fn scroll_mark(&self, painter: &egui::Painter) {
        #[expect(clippy::cast_precision_loss, reason = "levels on a screen")]
        let levels = self.flame.layout.depth() as f32;
        let rows = self.rect.height() / LEVEL_HEIGHT;
        if levels <= rows {
            return;
        }
        let height = (rows / levels * self.rect.height()).max(24.0);
        let top = self.rect.top() + self.top / (levels - rows) * (self.rect.height() - height);
        let mark = Rect::from_min_size(pos2(self.rect.right() - 5.0, top), vec2(4.0, height));
        painter.rect_filled(mark, 2.0, self.look.tokens.weak);
    }

    fn label(&self, painter: &egui::Painter, node: u32, rect: Rect) {
        let Some(function) = self.flame.calls.function(node) else { return };
        let room = rect.width() - 2.0 * GRID;
        // Letters are about this wide; the clip cuts what is not.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "letters of a name")]
        let letters = (room / 5.5).max(1.0) as usize;
        let is_root = self.flame.calls.tree().parent(node).is_none();
        let mut text = if is_root { "All".to_owned() } else { human::visible(function.label(), letters).into_owned() };
        if text.chars().count() * 2 < letters {
            let (numbers, first) = (self.flame.calls.numbers(node), self.flame.measures.first().copied().unwrap_or(0));
            let measure = self.flame.calls.measures().get(first).copied().unwrap_or(Measure::Size);
            let size = |value: u64| {
                if measure.is_size() { self.look.units.bytes(value) } else { human::count(value) }
            };
            text.push_str("  ");
            text.push_str(&size(numbers.total[first]));
            if self.flame.by_change {
                let change = i128::from(numbers.total[0]) - i128::from(numbers.total[1]);
                let change = self.look.units.signed(i64::try_from(change).unwrap_or(0));
                text.push_str(&format!("  ({change})"));
            }
        }
        let clip = rect.shrink2(vec2(GRID * 0.75, 0.0)).intersect(painter.clip_rect());
        let at = pos2(rect.left() + GRID, rect.center().y - 0.5);
        let is_quiet = self.flame.by_change || self.is_pale(node);
        let color = if is_quiet { self.look.tokens.text } else { self.look.tokens.on_category };
        painter.with_clip_rect(clip).text(at, Align2::LEFT_CENTER, text, theme::small(), color);
    }

    /// Whether a search has found something, but not this.
    fn is_pale(&self, node: u32) -> bool {
        let function = self.flame.calls.tree().functions().get(node as usize).copied().unwrap_or(0);
        self.flame.found.is_some_and(|found| !found.contains(function as usize))
    }

    fn color(&self, node: u32) -> Color32 {
        let tokens = self.look.tokens;
        let color = if self.flame.by_change {
            let numbers = self.flame.calls.numbers(node);
            change_color(numbers.total[0], numbers.total[1], tokens)
        } else {
            self.flame.calls.function(node).map_or(tokens.border, |function| script_color(&function.url, tokens))
        };
        if self.is_pale(node) { tokens.background.lerp_to_gamma(color, 0.25) } else { color }
    }

    /// Tells screen readers, and tests, what can be seen.
    fn tell(&self, ui: &Ui, named: &[(u32, Rect)]) {
        let first = self.flame.measures.first().copied().unwrap_or(0);
        let measure = self.flame.calls.measures().get(first).copied().unwrap_or(Measure::Size);
        let visible = named.iter().filter(|(_, rect)| rect.width() >= TOLD && rect.top() < self.rect.bottom());
        for &(node, rect) in visible.take(MAX_TOLD) {
            let Some(function) = self.flame.calls.function(node) else { continue };
            let total = self.flame.calls.numbers(node).total[first];
            let amount = if measure.is_size() { self.look.units.bytes(total) } else { human::count(total) };
            let label = format!("Call {}, {amount}", human::visible(function.label(), 100));
            let response = ui.interact(rect.intersect(self.rect), self.flame.id.with(("call", node)), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
        }
    }
}

/// Scripts are told apart by colour; the runtime's own are grey.
fn script_color(url: &str, tokens: &Tokens) -> Color32 {
    let [code, strings, arrays, typed_arrays, native, objects, system] = tokens.categories;
    if url.is_empty() || url.starts_with("node:") || url.starts_with("native ") {
        return system;
    }
    // FNV-1a: the same script has the same colour in every run.
    let hash = url
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let colors = [objects, arrays, code, strings, native, typed_arrays];
    colors[usize::try_from((hash >> 7) % 6).unwrap_or(0)]
}

/// More is warm and less is cool, the stronger the larger the part of it that changed.
fn change_color(now: u64, before: u64, tokens: &Tokens) -> Color32 {
    let (now, before) = (float(now), float(before));
    #[expect(clippy::cast_possible_truncation, reason = "a fraction")]
    let part = ((now - before).abs() / now.max(before).max(1.0)) as f32;
    let color = if now > before { tokens.added } else { tokens.removed };
    let quiet = tokens.background.lerp_to_gamma(tokens.weak, 0.22);
    if part < 0.005 { quiet } else { quiet.lerp_to_gamma(color, 0.08 + 0.3 * part) }
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
