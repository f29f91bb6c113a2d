//! Statistics: bytes by category as DevTools counts them, bytes by node kind, and memory that a snapshot cannot contain.

use std::fmt::Write as _;

use egui::{
    Align, Color32, CursorIcon, Layout, Rect, RichText, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
    accesskit::Role, pos2, vec2,
};

use super::Place;
use super::pane::{About, Pane};
use crate::analysis::Program;
use crate::model::{convert, human};
use crate::query::{Category, KindsOf, NodeFilter, SelectionOf, UNREACHABLE_MEANING, producer_notes, relevant_percent};
use crate::session::{Reply, Session};
use crate::ui::command::{Command, ViewKind};
use crate::ui::text;
use crate::ui::theme::{self, GRID, Look};

/// The widths of the columns of a list of parts: the maximum and minimum of the label, its square, and the numbers.
const LABEL: f32 = 276.0;
const LEAST_LABEL: f32 = 150.0;
const SWATCH: f32 = 20.0;
const SIZE: f32 = 84.0;
const PERCENT: f32 = 70.0;
const NOTE: f32 = 150.0;
/// The height of a row and of the bar of all parts, and the least width of a part of the bar that has a label.
const ROW: f32 = 6.0 * GRID;
const BAR: f32 = 7.0 * GRID;
const LEAST_LABELED: f32 = 44.0;

/// A part of a whole.
struct Part {
    label: String,
    size: u64,
    note: Option<String>,
    color: Color32,
    /// The objects of the part; `None` if it has none.
    filter: Option<NodeFilter>,
    /// The bytes of the part that no object has.
    without_node: u64,
}

/// The pane's own state. Categories cover the whole snapshot, kinds only the objects of the selected interval.
#[derive(Debug, Default)]
pub struct StatisticsPane {
    /// The interval that is selected on the timeline.
    within: NodeFilter,
}

fn statistics(ui: &mut Ui, session: &mut Session, place: &Place, within: &NodeFilter) -> Vec<Command> {
    let look = theme::look(ui);
    let tokens = look.tokens;
    let statistics = *place.snapshot.statistics();
    let known = statistics.code + statistics.strings + statistics.js_arrays + statistics.system;
    let part = |label: &str, size: u64, color: usize, category: Option<Category>| Part {
        label: label.to_owned(),
        size,
        note: None,
        color: tokens.categories[color],
        filter: category.map(NodeFilter::Category),
        without_node: 0,
    };
    let typed = statistics.typed_arrays;
    let producer = place.snapshot.producer();
    let extra = place.snapshot.graph().header().extra_native_bytes;
    let other_native =
        if producer.program.has_documents() { "Other native (DOM, C++ objects)" } else { "Other native (C++ objects)" };
    let native = part(other_native, statistics.native_total.saturating_sub(typed), 4, Some(Category::OtherNative));
    let objects = statistics.v8heap_total.saturating_sub(known);
    let parts = vec![
        part("Code", statistics.code, 0, Some(Category::Code)),
        part("Strings", statistics.strings, 1, Some(Category::Strings)),
        part("JavaScript arrays", statistics.js_arrays, 2, Some(Category::JsArrays)),
        part("Typed arrays", typed, 3, Some(Category::TypedArrays)),
        Part { without_node: extra, ..native },
        part("Other JavaScript objects", objects, 5, Some(Category::OtherObjects)),
        part("System (maps, contexts, hidden)", statistics.system, 6, Some(Category::System)),
    ];
    let heap = if producer.program.is_v8() { "V8 heap" } else { "Heap" };
    let mut heaps = vec![
        part(heap, statistics.v8heap_total, 5, Some(Category::Heap)),
        part("Native memory in nodes", statistics.native_total.saturating_sub(extra), 4, Some(Category::Native)),
    ];
    if extra > 0 {
        heaps.push(part("Native memory without a node", extra, 6, None));
    }
    let mut commands = Vec::new();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let margin = egui::Frame::new().inner_margin(egui::Margin::symmetric(14, 10));
        margin.show(ui, |ui| {
            ui.set_max_width(ui.available_width().min(900.0));
            written_by(ui, place);
            unreachable(ui, session, place, &mut commands);
            ui.add_space(5.0 * GRID);
            // Julia's kinds are its types, to which the categories of JavaScript do not apply.
            if producer.program != Program::Julia && *within == NodeFilter::All {
                section(ui, "By category", &parts, statistics.total, look, &mut commands);
                scripts_link(ui, place, &mut commands);
                ui.add_space(5.0 * GRID);
                let title =
                    if producer.program.is_v8() { "V8 heap and native memory" } else { "Heap and native memory" };
                section(ui, title, &heaps, statistics.total, look, &mut commands);
                ui.add_space(5.0 * GRID);
            }
            if let Reply::Ready(kinds) = session.ask(&KindsOf { snapshot: place.slot.id, filter: within.clone() }) {
                let total = kinds.iter().map(|kind| kind.shallow_size).sum();
                let mut kinds: Vec<Part> = kinds
                    .iter()
                    .filter(|kind| kind.count > 0)
                    .map(|kind| Part {
                        label: human::visible(&kind.name, 120).into_owned(),
                        size: kind.shallow_size,
                        note: Some(human::quantity(kind.count, "node", "nodes")),
                        color: tokens.accent,
                        filter: Some(NodeFilter::Kind(kind.kind)),
                        without_node: 0,
                    })
                    .collect();
                kinds.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.label.cmp(&b.label)));
                heading(ui, "By kind of node", total, look);
                rows(ui, &kinds, total, look, false, &mut commands);
            }
            ui.add_space(5.0 * GRID);
            ui.label(RichText::new("Not included").strong());
            ui.label(RichText::new(missing(producer.program)).weak());
        });
    });
    commands
}

/// Draws a link to Scripts, if the snapshot may have scripts.
fn scripts_link(ui: &mut Ui, place: &Place, commands: &mut Vec<Command>) {
    if !super::scripts::is_available(place) {
        return;
    }
    ui.add_space(GRID);
    if ui.link("By script and package").on_hover_text("Show the scripts of the program").clicked() {
        commands.push(Command::Show(ViewKind::SCRIPTS));
    }
}

/// Draws the number of unreachable bytes, if they are a relevant part, with a link to the objects.
fn unreachable(ui: &mut Ui, session: &mut Session, place: &Place, commands: &mut Vec<Command>) {
    let Reply::Ready(selection) =
        session.ask(&SelectionOf { snapshot: place.slot.id, filter: NodeFilter::Unreachable })
    else {
        return;
    };
    let Some(percent) = relevant_percent(&place.snapshot, selection.shallow_size) else { return };
    let size = theme::look(ui).units.bytes(selection.shallow_size);
    let count = human::quantity(selection.count, "object", "objects");
    note(ui, "Unreachable", |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = GRID;
            let text = format!(
                "{size} ({percent:.1}%) in {count} that no path of references from a root reaches. \
                 {UNREACHABLE_MEANING}"
            );
            ui.weak(text);
            if ui.link("Show objects").on_hover_text("Show only the unreachable objects in the Summary").clicked() {
                commands.push(Command::Filter(NodeFilter::Unreachable));
            }
        });
    });
}

/// Draws a remark with its title on the left.
fn note(ui: &mut Ui, title: &str, text: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        ui.allocate_ui_with_layout(vec2(88.0, 0.0), Layout::left_to_right(Align::Min), |ui| {
            ui.set_min_width(88.0);
            ui.label(title);
        });
        text(ui);
    });
}

/// Returns a text about the memory that a snapshot of a program does not include.
fn missing(program: Program) -> &'static str {
    if program == Program::Julia {
        "A snapshot contains the memory that Julia's garbage collector manages. It does not include memory of C \
         libraries, compiled code or fragmentation: the process may be much larger than this total."
    } else if program.is_v8() {
        "A snapshot contains one isolate's JavaScript heap and the native objects that it reports. It does not include \
         thread stacks, other isolates (such as workers), memory that C++ code or addons allocate without telling V8, \
         the executable itself or fragmentation: the process may be much larger than this total."
    } else {
        "A snapshot contains one JavaScript heap and the native objects that the engine counts with it. It does not \
         include thread stacks, heaps of other threads, memory that native code allocates for itself or fragmentation: \
         the process may be much larger than this total."
    }
}

/// Draws the program that wrote the file, the evidence for that, and remarks about its snapshots.
fn written_by(ui: &mut Ui, place: &Place) {
    let producer = place.snapshot.producer();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0 * GRID;
        ui.label(RichText::new("Written by").strong());
        ui.label(RichText::new(human::visible(&producer.label(), 200)).font(theme::mono()));
        ui.weak(producer.evidence.as_ref());
    });
    ui.add_space(GRID);
    for remark in producer_notes(&place.snapshot) {
        note(ui, remark.title, |ui| {
            ui.add(egui::Label::new(RichText::new(remark.text).weak()).wrap());
        });
    }
}

fn heading(ui: &mut Ui, title: &str, total: u64, look: Look) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(title).strong());
        ui.weak(look.units.bytes(total));
    });
    ui.add_space(GRID);
}

fn section(ui: &mut Ui, title: &str, parts: &[Part], total: u64, look: Look, commands: &mut Vec<Command>) {
    heading(ui, title, total, look);
    bar(ui, parts, total, look, commands);
    ui.add_space(GRID);
    rows(ui, parts, total, look, true, commands);
}

/// Draws the parts as one bar, each as wide as its share, with the labels and shares that fit.
fn bar(ui: &mut Ui, parts: &[Part], total: u64, look: Look, commands: &mut Vec<Command>) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), BAR), Sense::hover());
    let mut left = rect.left();
    ui.painter().rect_filled(rect, 4.0, look.tokens.surface);
    for part in parts.iter().filter(|part| part.size > 0) {
        let width = rect.width() * convert::single(convert::share(part.size, total));
        let piece = Rect::from_min_max(pos2(left, rect.top()), pos2((left + width).min(rect.right()), rect.bottom()));
        left += width;
        let response = ui.interact(piece, ui.scope_id().with(("piece", &part.label)), Sense::CLICK);
        let shown = piece.shrink2(vec2(0.5, 0.0));
        ui.painter().rect_filled(shown, 3.0, part.color);
        if response.hovered() {
            let stroke = Stroke::new(1.5, look.tokens.text);
            ui.painter().rect_stroke(shown, 3.0, stroke, StrokeKind::Inside);
        }
        let middle = pos2(piece.left() + 2.0 * GRID, piece.center().y);
        let short = part.label.split(" (").next().unwrap_or_default();
        let share = format!("  {:.0}%", convert::percent(part.size, total));
        let font = (theme::small(), look.tokens.on_category);
        if piece.width() > LEAST_LABELED {
            text::in_room(ui.painter(), middle, piece.width() - 4.0 * GRID, short, &[share], font);
        }
        click(response, part, total, look, commands);
    }
}

/// Describes a part under the pointer, and shows its objects after a click.
fn click(response: egui::Response, part: &Part, total: u64, look: Look, commands: &mut Vec<Command>) {
    let (size, share) = (look.units.bytes(part.size), convert::percent(part.size, total));
    let mut about = format!("{}\n{size} ({} bytes), {share:.1}%", part.label, human::count(part.size));
    if part.without_node > 0 {
        let _ = write!(about, "\n{} of it have no object", look.units.bytes(part.without_node));
    }
    if let Some(filter) = &part.filter {
        about.push_str("\nClick to show the objects in Summary");
        if response.clicked() {
            commands.push(Command::Filter(filter.clone()));
        }
    }
    let is_link = part.filter.is_some();
    let response = if is_link { response.on_hover_cursor(CursorIcon::PointingHand) } else { response };
    response.on_hover_text_at_pointer(about);
}

fn rows(ui: &mut Ui, parts: &[Part], total: u64, look: Look, swatch: bool, commands: &mut Vec<Command>) {
    let tokens = look.tokens;
    ui.spacing_mut().item_spacing.y = 0.0;
    for part in parts {
        let sense = if part.filter.is_some() { Sense::click() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), sense);
        let share = convert::share(part.size, total);
        let percent = format!("{:.1}%", share * 100.0);
        let size = look.units.bytes(part.size);
        let painter = ui.painter();
        if response.has_focus() || (part.filter.is_some() && response.hovered()) {
            painter.rect_filled(rect.expand2(vec2(GRID, 0.0)), 3.0, tokens.hover);
        }
        if response.has_focus() {
            let stroke = Stroke::new(1.0, tokens.accent);
            painter.rect_stroke(rect.expand2(vec2(GRID, 0.0)), 3.0, stroke, StrokeKind::Inside);
        }
        let middle = rect.center().y;
        let begin = rect.left() + if swatch { SWATCH } else { 0.0 };
        if swatch {
            let square = Rect::from_center_size(pos2(rect.left() + 6.0, middle), vec2(11.0, 11.0));
            painter.rect_filled(square, 2.0, part.color);
        }
        // Columns that do not fit are left out: first the bar, then the note.
        let has_note = part.note.is_some() && rect.width() >= LEAST_LABEL + SIZE + PERCENT + NOTE;
        let numbers = SIZE + PERCENT + if has_note { NOTE } else { 0.0 };
        let label_width = (rect.width() - numbers).clamp(0.0, LABEL);
        let room = rect.left() + label_width - begin - 2.0 * GRID;
        let body = egui::FontId::proportional(theme::TEXT_BODY);
        let label_color = if part.filter.is_some() && response.hovered() { tokens.accent } else { tokens.text };
        text::in_room(painter, pos2(begin, middle), room, &part.label, &[], (body, label_color));
        let mut right = rect.left() + label_width;
        let mut number = |width: f32, text: &str, color: Color32| {
            right += width;
            text::right(painter, pos2(right, middle), width - GRID, text, (theme::mono(), color));
        };
        number(SIZE, &size, tokens.text);
        number(PERCENT, &percent, tokens.weak);
        if let Some(note) = part.note.as_ref().filter(|_| has_note) {
            number(NOTE, note, tokens.weak);
        }
        let track = Rect::from_min_max(pos2(right + 4.0 * GRID, middle - 5.0), pos2(rect.right(), middle + 5.0));
        if track.width() > 4.0 * GRID {
            painter.rect_filled(track, 2.0, tokens.surface);
            for quarter in 1..4_u8 {
                let x = track.left() + track.width() * f32::from(quarter) / 4.0;
                painter.vline(x, track.y_range(), Stroke::new(1.0, tokens.border));
            }
            let part_of = track.with_max_x(track.left() + track.width() * convert::single(share));
            painter.rect_filled(part_of, 2.0, if swatch { part.color } else { tokens.percent_bar });
        }
        let label = format!("{}, {size}, {percent}", part.label);
        let role = if part.filter.is_some() { Role::Link } else { Role::Label };
        response.widget_info(|| WidgetInfo::labeled(role, true, &label));
        click(response, part, total, look, commands);
    }
}

impl ViewKind {
    pub const STATISTICS: Self = Self("Statistics");
}

impl Pane for StatisticsPane {
    fn about() -> About {
        About {
            uses_lower: false,
            ..About::new(ViewKind::STATISTICS, "Bytes by category and kind").purpose(
                "Use Statistics to see which kinds of memory a snapshot contains. Click a row to list its objects.",
            )
        }
    }

    fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        statistics(ui, session, place, &self.within)
    }

    fn narrow(&mut self, within: &NodeFilter) {
        self.within.clone_from(within);
    }
}
