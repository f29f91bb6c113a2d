//! The audit of a frame: text that is clipped or covered by other text, widgets that overlap, have no name or lie outside the
//! window, and text that can hardly be read on its background. It reads what egui painted, not what the program meant.
#![allow(unreachable_pub, reason = "a module of test binaries")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};

use egui::accesskit::Role;
use egui::epaint::{ClippedShape, Shape};
use egui::{Color32, Key, Modifiers, Rect};
use egui_kittest::kittest::NodeT as _;

use heapglass::test_support::ui::theme::contrast;

use crate::window::{Window, source_lines};

/// The largest difference that rounding explains, in points.
const SLACK: f32 = 1.5;
/// The least contrast of text; that of text larger than 18 points may be 3, but no text here needs it.
const LEAST_CONTRAST: f64 = 4.5;

/// A piece of text on screen.
struct Painted {
    text: String,
    /// Its area as laid out, and the part of it that is visible.
    rect: Rect,
    visible: Rect,
    /// The areas that were painted over it.
    covers: Vec<Rect>,
}

/// Returns what is wrong with the frame on screen, one line each.
pub fn findings(window: &Window) -> Vec<String> {
    let mut found = painted(window);
    found.extend(overlapping(window));
    found.extend(nameless(window));
    found
}

/// Walks the painted shapes from back to front.
fn painted(window: &Window) -> Vec<String> {
    let screen = window.ctx.content_rect();
    let source = source_lines(window);
    let mut found = Vec::new();
    let mut texts: Vec<Painted> = Vec::new();
    let mut fills: Vec<(Rect, Color32)> = Vec::new();
    let mut walk = |shape: &Shape, clip: Rect| match shape {
        Shape::Rect(rect) if rect.fill.a() == 255 => {
            let area = rect.rect.intersect(clip);
            // What is below is no longer visible.
            texts.retain(|text| !area.expand(SLACK).contains_rect(text.visible));
            for text in &mut texts {
                text.covers.push(area);
            }
            fills.push((area, rect.fill));
        }
        Shape::Text(shape) if !shape.galley.text().trim().is_empty() && shape.opacity_factor > 0.0 => {
            // The first row of a label in a line of labels begins after the previous one.
            let rows = shape.galley.rows.iter().filter(|row| !row.row.glyphs.is_empty());
            let rows = rows.map(|row| row.rect_without_leading_space().translate(shape.pos.to_vec2()));
            let text: String = shape.galley.text().chars().take(60).collect();
            let mut visible_rows = Vec::new();
            for rect in rows {
                let visible = rect.intersect(clip).intersect(screen);
                if !visible.is_positive() {
                    continue;
                }
                let is_source = source.iter().any(|line| line.contains(visible.center()));
                let is_cut = visible.left() > rect.left() + SLACK || visible.right() < rect.right() - SLACK;
                if is_cut && !is_source {
                    found.push(format!("clipped: {text:?} at {rect:?}, visible {visible:?}"));
                }
                visible_rows.push(Painted { text: text.clone(), rect, visible, covers: Vec::new() });
            }
            let Some(Painted { visible, .. }) = visible_rows.first() else { return };
            let background = fills.iter().rev().find(|(area, _)| area.contains(visible.center()));
            if let Some(&(_, background)) = background {
                let colors = shape.galley.job.sections.iter().map(|section| section.format.color);
                let colors =
                    colors.map(|color| if color == Color32::PLACEHOLDER { shape.fallback_color } else { color });
                let colors: Vec<Color32> = match shape.override_text_color {
                    Some(color) => vec![color],
                    None => colors.collect(),
                };
                // Disabled widgets are faded, which their opacity shows.
                for color in colors.into_iter().filter(|color| color.a() == 255 && shape.opacity_factor >= 1.0) {
                    let contrast = contrast(color, background);
                    if contrast < LEAST_CONTRAST {
                        found.push(format!("contrast {contrast:.1}: {text:?}, {color:?} on {background:?}"));
                    }
                }
            }
            for row in &visible_rows {
                for other in &texts {
                    let shared = other.visible.intersect(row.visible);
                    let is_covered = other.covers.iter().any(|cover| cover.expand(SLACK).contains_rect(shared));
                    if shared.width() > 2.0 * SLACK && shared.height() > 3.0 * SLACK && !is_covered {
                        found
                            .push(format!("overlap: {text:?} over {:?} at {shared:?} of {:?}", other.text, other.rect));
                    }
                }
            }
            texts.append(&mut visible_rows);
        }
        _ => {}
    };
    for ClippedShape { clip_rect, shape, .. } in &window.output().shapes {
        each(shape, *clip_rect, &mut walk);
    }
    found
}

fn each(shape: &Shape, clip: Rect, walk: &mut impl FnMut(&Shape, Rect)) {
    match shape {
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| each(shape, clip, walk)),
        shape => walk(shape, clip),
    }
}

/// Returns widgets that overlap others of their layer, or reach out of the window.
fn overlapping(window: &Window) -> Vec<String> {
    let screen = window.ctx.content_rect().expand(SLACK);
    let labels = labels(window);
    let name = |id: egui::Id| labels.get(&id.accesskit_id().0).cloned();
    let mut found = Vec::new();
    window.ctx.viewport(|viewport| {
        for (_, widgets) in viewport.prev_pass.widgets.layers() {
            let clickable: Vec<_> = widgets
                .iter()
                .filter(|widget| widget.enabled && widget.visible && widget.sense.senses_click())
                .filter(|widget| widget.interact_rect.is_positive())
                // The edges of panels and columns lie over their neighbors.
                .filter(|widget| widget.interact_rect.width() > 10.0 && widget.interact_rect.height() > 10.0)
                .filter_map(|widget| Some((name(widget.id)?, widget.interact_rect)))
                .collect();
            for (at, (label, rect)) in clickable.iter().enumerate() {
                if !screen.contains_rect(*rect) {
                    found.push(format!("outside the window: {label} at {rect:?}"));
                }
                for (other, rest) in &clickable[at + 1..] {
                    let shared = rect.intersect(*rest);
                    let is_nested = rect.expand(SLACK).contains_rect(*rest) || rest.expand(SLACK).contains_rect(*rect);
                    if shared.width() > SLACK && shared.height() > SLACK && !is_nested {
                        found.push(format!("widgets overlap: {label} and {other} at {shared:?}"));
                    }
                }
            }
        }
    });
    found
}

/// Returns the name of every accessible widget, by the number of its node.
fn labels(window: &Window) -> BTreeMap<u64, String> {
    let nodes = window.root().children_recursive();
    nodes
        .map(|node| {
            let of = node.accesskit_node();
            (of.locate().0.0, format!("{:?} {:?}", of.role(), of.label().or(of.value()).unwrap_or_default()))
        })
        .collect()
}

fn is_interactive(role: Role) -> bool {
    matches!(
        role,
        Role::Button
            | Role::Link
            | Role::CheckBox
            | Role::RadioButton
            | Role::ComboBox
            | Role::TextInput
            | Role::MultilineTextInput
            | Role::Tab
            | Role::Slider
            | Role::ColumnHeader
            | Role::Row
            | Role::ListItem
    )
}

/// Returns interactive widgets without a name.
fn nameless(window: &Window) -> Vec<String> {
    let nodes = window.root().children_recursive();
    nodes
        .filter(|node| is_interactive(node.accesskit_node().role()))
        .filter(|node| {
            let of = node.accesskit_node();
            of.label().is_none_or(|label| label.trim().is_empty()) && of.bounding_box().is_some()
        })
        .map(|node| format!("no name: {:?} at {:?}", node.accesskit_node().role(), node.rect()))
        .collect()
}

/// Returns whether the keyboard reaches a button in another way: the menu of columns is also in the menu of a row, and
/// arrow keys move between the points of a chart.
fn has_another_way(label: &str) -> bool {
    label.ends_with(" columns") || label.starts_with("Snapshot ") || label.contains(" in snapshot ")
}

/// Presses Tab until the focus is back where it was; returns the interactive widgets that never had it and that arrow keys
/// do not reach either: rows, column headers and tabs are reached by arrow keys.
pub fn unreachable(window: &mut Window) -> Vec<String> {
    /// More widgets than any state has.
    const LIMIT: usize = 600;
    let mut reached = BTreeSet::new();
    let mut known = 0;
    for _ in 0..LIMIT {
        window.key_press_modifiers(Modifiers::NONE, Key::Tab);
        window.step();
        window.step();
        let focused = window.ctx.memory(egui::Memory::focused);
        let is_new = focused.is_some_and(|id| reached.insert(id.accesskit_id().0));
        known = if is_new { 0 } else { known + 1 };
        if known > 8 {
            break;
        }
    }
    let screen = window.ctx.content_rect();
    let nodes = window.root().children_recursive();
    nodes
        .filter(|node| {
            let of = node.accesskit_node();
            let by_tab = is_interactive(of.role()) && !matches!(of.role(), Role::Row | Role::ColumnHeader);
            by_tab && !of.is_disabled() && of.bounding_box().is_some() && screen.contains_rect(node.rect())
        })
        .filter(|node| !reached.contains(&node.accesskit_node().locate().0.0))
        .filter(|node| !has_another_way(&node.accesskit_node().label().unwrap_or_default()))
        .map(|node| {
            let of = node.accesskit_node();
            format!("not reached by Tab: {:?} {:?}", of.role(), of.label().unwrap_or_default())
        })
        .collect()
}
