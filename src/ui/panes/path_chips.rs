//! A folded retaining path as chips, from the root to an object. The runtime's own steps and the middle of long paths are
//! one chip that opens.

use std::ops::Range;

use egui::{Align2, Id, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use crate::findings::{Part, PathStep, chips};
use crate::model::human;
use crate::ui::text;
use crate::ui::theme::{self, GRID};

/// The largest number of steps that are shown before the middle is folded.
const LONG: usize = 12;
/// The steps before and after the folded middle.
const AROUND: usize = 5;
const HEIGHT: f32 = 20.0;
const WIDEST: f32 = 260.0;
/// The room for the arrow before a chip.
const ARROW: f32 = 12.0;

/// A chip: a step, or steps that are folded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Chip {
    Step(usize),
    More(Range<usize>),
}

/// An interaction with a chip.
pub(super) enum Pressed {
    /// A click on a step.
    Select(usize),
    /// A double click on a step.
    Reveal(usize),
    /// A click on folded steps.
    Open,
}

/// Returns the chips of a path; all steps if `is_open`.
pub(super) fn of_path(path: &[PathStep], is_open: bool) -> Vec<Chip> {
    if is_open {
        return (0..path.len()).map(Chip::Step).collect();
    }
    // Fold the same steps as the text of a finding.
    let texts = chips(path);
    let start =
        if texts.first().is_some_and(|text| text == "…") { (path.len() + 1).saturating_sub(texts.len()) } else { 0 };
    let mut shown = Vec::new();
    if start > 0 {
        shown.push(Chip::More(0..start));
    }
    let rest = path.len() - start;
    if rest > LONG {
        let (before, after) = (start + AROUND, path.len() - AROUND);
        shown.extend((start..before).map(Chip::Step));
        shown.push(Chip::More(before..after));
        shown.extend((after..path.len()).map(Chip::Step));
    } else {
        shown.extend((start..path.len()).map(Chip::Step));
    }
    shown
}

/// Returns the text of a step, with the field that leads to the next one.
pub(super) fn text_of(path: &[PathStep], at: usize) -> String {
    let pair = path.get(at..path.len().min(at + 2)).unwrap_or_default();
    chips(pair).into_iter().next().unwrap_or_default()
}

/// Returns the id of a chip of a card.
pub(super) fn chip_id(card: Id, nth: usize) -> Id {
    card.with(("chip", nth))
}

/// Draws chips in lines, with the field that gathers members marked; returns the interaction with one of them.
pub(super) fn show(
    ui: &mut Ui,
    card: Id,
    (path, holder): (&[PathStep], Option<&str>),
    shown: &[Chip],
) -> Option<Pressed> {
    let mut pressed = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(2.0, GRID);
        for (nth, chip) in shown.iter().enumerate() {
            let id = chip_id(card, nth);
            match chip {
                Chip::Step(at) => {
                    let Some(step) = path.get(*at) else { continue };
                    let text = text_of(path, *at);
                    // The field that gathers is named by the object above the collection.
                    let part = if Some(text.as_str()) == holder { Part::Holder } else { step.part };
                    let role = match part {
                        Part::Holder => " (holder)",
                        Part::Member => " (member)",
                        _ => "",
                    };
                    let response = chip_button(ui, (id, nth), &text, &format!("{text}{role}"), part);
                    let place =
                        step.location.as_ref().map_or_else(String::new, |at| format!("\n{}:{}", at.url, at.line));
                    let about =
                        format!("{}{role}{place}\nClick to select, double-click to reveal in Summary", step.label);
                    if response.double_clicked() {
                        pressed = Some(Pressed::Reveal(*at));
                    } else if response.clicked() {
                        pressed = Some(Pressed::Select(*at));
                    }
                    response.on_hover_text(about);
                }
                Chip::More(range) => {
                    let name = format!("Show {}", human::quantity(range.len() as u64, "more step", "more steps"));
                    let response = chip_button(ui, (id, nth), "…", &name, Part::Runtime);
                    if response.clicked() {
                        pressed = Some(Pressed::Open);
                    }
                    response.on_hover_text(name);
                }
            }
        }
    });
    pressed
}

/// Draws a chip with the arrow before it, so that no line ends in an arrow.
fn chip_button(ui: &mut Ui, (id, nth): (Id, usize), text: &str, name: &str, part: Part) -> egui::Response {
    let tokens = theme::tokens(ui);
    let font = theme::mono_small();
    let arrow = if nth == 0 { 0.0 } else { ARROW };
    let room = WIDEST.min(ui.max_rect().width() - arrow - 4.0 * GRID);
    let shown = text::middle(ui, text, &font, room);
    let (fill, stroke, color) = match part {
        Part::Holder => (tokens.selection_quiet, tokens.weak, tokens.text),
        Part::Member => (tokens.surface, tokens.weak, tokens.text),
        Part::Above | Part::Link | Part::Inside => (tokens.surface, tokens.border, tokens.text),
        Part::Runtime => (tokens.surface, tokens.border, tokens.weak),
    };
    let galley = ui.painter().layout_no_wrap(shown, font, color);
    let (_, rect) = ui.allocate_space(vec2(arrow + galley.size().x + 4.0 * GRID, HEIGHT));
    let chip = Rect::from_min_max(pos2(rect.left() + arrow, rect.top()), rect.max);
    let response = ui.interact(chip, id, Sense::click()).on_hover_cursor(egui::CursorIcon::PointingHand);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let painter = ui.painter();
    if arrow > 0.0 {
        let middle = pos2(rect.left() + arrow / 2.0 - 1.0, rect.center().y);
        painter.text(middle, Align2::CENTER_CENTER, "›", theme::small(), tokens.weak);
    }
    let fill = if response.hovered() { tokens.hover } else { fill };
    let stroke = if response.has_focus() { Stroke::new(2.0, tokens.accent) } else { Stroke::new(1.0, stroke) };
    painter.rect(chip, 4.0, fill, stroke, StrokeKind::Inside);
    painter.galley(pos2(chip.left() + 2.0 * GRID, chip.center().y - galley.size().y / 2.0), galley, color);
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    response
}
