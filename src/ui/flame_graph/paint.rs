//! Drawing the visible part of a flame graph.

use egui::{Color32, Mesh, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use super::{Flame, FlameState, LEVEL_HEIGHT};
use crate::model::{convert, difference, human};
use crate::query::Measure;
use crate::ui::text;
use crate::ui::theme::{self, GRID, Look, Tokens};

/// Calls narrower than this are drawn together.
const NARROW: f64 = 2.0;
/// The minimum width of a call that shows its name, in points.
const NAMED: f32 = 28.0;
/// The minimum width of a call that is reported to screen readers, in points.
const TOLD: f32 = 48.0;
/// The maximum number of calls that are reported to screen readers.
const MAX_TOLD: usize = 400;

/// A painter for one frame.
pub(super) struct FlamePainter<'a> {
    flame: &'a Flame<'a>,
    pub(super) look: Look,
    rect: Rect,
    /// The layout offset at the left edge.
    start: f64,
    /// The layout offset at the right edge.
    end: f64,
    /// Points per unit of the layout.
    scale: f64,
    top: f32,
}

impl<'a> FlamePainter<'a> {
    pub(super) fn new(ui: &Ui, flame: &'a Flame<'a>, state: &FlameState, rect: Rect) -> Self {
        let (start, end) = state.view(flame.layout);
        let scale = f64::from(rect.width()) / (end - start).max(f64::MIN_POSITIVE);
        Self { flame, look: theme::look(ui), rect, start, end, scale, top: state.top }
    }

    fn x(&self, at: f64) -> f32 {
        let points = ((at - self.start) * self.scale).clamp(0.0, f64::from(self.rect.width().max(0.0)));
        self.rect.left() + convert::single(points)
    }

    fn y(&self, level: usize) -> f32 {
        self.rect.top() + (convert::screen(level) - self.top) * LEVEL_HEIGHT
    }

    /// Returns the call under a point.
    pub(super) fn at(&self, at: egui::Pos2) -> Option<u32> {
        let level = convert::in_memory(convert::whole((at.y - self.rect.top()) / LEVEL_HEIGHT + self.top));
        self.flame.layout.at(level, convert::whole(self.start + f64::from(at.x - self.rect.left()) / self.scale))
    }

    fn node_rect(&self, node: u32) -> Rect {
        let layout = self.flame.layout;
        let level = self.flame.calls.tree().depths().get(node as usize).map_or(0, |depth| *depth as usize);
        let start = convert::float(layout.start(node));
        let (left, right) = (self.x(start), self.x(start + convert::float(layout.node_width(node))));
        Rect::from_min_max(pos2(left, self.y(level)), pos2(right, self.y(level) + LEVEL_HEIGHT))
    }

    pub(super) fn draw(&self, ui: &Ui, state: &FlameState, hovered: Option<u32>) {
        let layout = self.flame.layout;
        let painter = ui.painter().with_clip_rect(self.rect.intersect(ui.clip_rect()));
        let mut mesh = Mesh::default();
        let mut named: Vec<(u32, Rect)> = Vec::new();
        let first = convert::in_memory(convert::whole(self.top));
        let shown = convert::in_memory(convert::whole((self.rect.height() / LEVEL_HEIGHT).ceil())) + 1;
        for level in first..(first + shown).min(layout.depth()) {
            let nodes = layout.level(level);
            let mut at = layout.first_behind(level, convert::whole(self.start));
            while let Some(&node) = nodes.get(at) {
                let begins = convert::float(layout.start(node));
                if begins >= self.end {
                    break;
                }
                let width = convert::float(layout.node_width(node)) * self.scale;
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
                // Narrow calls that start within the next `NARROW` points are drawn as one thin bar.
                let end = begins + NARROW / self.scale;
                let within = nodes[at..].partition_point(|&node| convert::float(layout.start(node)) < end).max(1);
                // Calls of one level do not overlap, so only the last can be a wide one that starts in the bar.
                let is_wide = |node: u32| convert::float(layout.node_width(node)) * self.scale >= NARROW;
                let narrow = within - usize::from(within > 1 && is_wide(nodes[at + within - 1]));
                let last = nodes[at + narrow - 1];
                let last_end = convert::float(layout.start(last)) + convert::float(layout.node_width(last));
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

    /// Draws a mark that shows the scroll position, if not all levels fit.
    fn scroll_mark(&self, painter: &egui::Painter) {
        let levels = convert::screen(self.flame.layout.depth());
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
        let is_root = self.flame.calls.tree().parent(node).is_none();
        let name = if is_root { "All".to_owned() } else { human::visible(function.label(), 100).into_owned() };
        let (numbers, first) = (self.flame.calls.numbers(node), self.flame.measures.first().copied().unwrap_or(0));
        let measure = self.flame.calls.measures().get(first).copied().unwrap_or(Measure::Size);
        let total = numbers.total[first];
        let size = if measure.is_size() { self.look.units.bytes(total) } else { human::count(total) };
        let mut details = vec![format!("  {size}")];
        if self.flame.by_change {
            let change = self.look.units.signed(difference(numbers.total[0], numbers.total[1]));
            details.insert(0, format!("  {size}  ({change})"));
        }
        let at = pos2(rect.left() + GRID, rect.center().y - 0.5);
        let is_quiet = self.flame.by_change || self.is_pale(node);
        let color = if is_quiet { self.look.tokens.text } else { self.look.tokens.on_category };
        text::in_room(painter, at, rect.width() - 2.0 * GRID, &name, &details, (theme::small(), color));
    }

    /// Returns whether a search matches other functions but not this one.
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

    /// Reports visible calls to screen readers and tests.
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

/// Returns the color of a script; the runtime's own scripts are gray.
fn script_color(url: &str, tokens: &Tokens) -> Color32 {
    let [code, strings, arrays, typed_arrays, native, objects, system] = tokens.categories;
    if url.is_empty() || url.starts_with("node:") || url.starts_with("native ") {
        return system;
    }
    // FNV-1a, so that a script has the same color in every run.
    let hash = url
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let colors = [objects, arrays, code, strings, native, typed_arrays];
    colors[usize::try_from((hash >> 7) % 6).unwrap_or(0)]
}

/// Returns a warm color for growth and a cool one for shrinkage, more saturated for a larger relative change.
pub(super) fn change_color(now: u64, before: u64, tokens: &Tokens) -> Color32 {
    let (now, before) = (convert::float(now), convert::float(before));
    let part = convert::single((now - before).abs() / now.max(before).max(1.0));
    let color = if now > before { tokens.added } else { tokens.removed };
    let quiet = tokens.background.lerp_to_gamma(tokens.weak, 0.22);
    if part < 0.005 { quiet } else { quiet.lerp_to_gamma(color, 0.06 + 0.24 * part) }
}
