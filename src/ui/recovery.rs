//! Damaged files: the offer to open one partially, and the banner above a recovered file.
//!
//! The banner cannot be dismissed: anyone who reads a number from such a file must see that it may be wrong.

use std::fmt::Debug;
use std::hash::Hash;

use egui::{Color32, CornerRadius, Frame, Label, Margin, Panel, RichText, ScrollArea, Stroke, Ui, vec2};

use super::action::Action;
use super::buttons::primary_button;
use super::icons::Icon;
use super::theme::{self, GRID, tokens};
use crate::format::{Change, Recovery};
use crate::model::human;
use crate::session::Load;
use crate::snapshot::Snapshot;

/// The maximum length of a line, in characters.
const LINE_LIMIT: usize = 300;
/// The number of missing parts named in the list of snapshots, which has little room.
const FEW: usize = 3;

fn line(ui: &mut Ui, text: &str, color: Color32) {
    let text = RichText::new(human::visible(text, LINE_LIMIT).into_owned()).font(theme::small()).color(color);
    ui.add(Label::new(text).wrap());
}

/// Draws one item of a list.
fn point(ui: &mut Ui, text: &str, color: Color32) {
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 1.5 * GRID;
        ui.label(RichText::new("•").font(theme::small()).color(color));
        line(ui, text, color);
    });
}

/// Draws, below an out-of-memory error, a button to open the file anyway.
fn offer_anyway(ui: &mut Ui, load: &Load, actions: &mut Vec<Action>) {
    ui.add_space(GRID);
    let advice = "Close other files or programs to free memory. If memory runs out, the system may stop Heapglass, and you \
                  would have to reopen your files.";
    line(ui, advice, tokens(ui).text);
    ui.add_space(2.0 * GRID);
    let button = ui.button("Open anyway");
    ui.ctx().accesskit_node_builder(button.id, |node| node.set_label(format!("Open {} anyway", load.name)));
    if button.clicked() {
        actions.push(Action::OpenAnyway(load.id));
    }
}

/// Draws, below an error, the offer to open the file partially, if that is possible. With `is_wide`, all missing data is
/// listed.
pub(super) fn offer(ui: &mut Ui, load: &Load, is_wide: bool, actions: &mut Vec<Action>) {
    if load.shortage.is_some() {
        offer_anyway(ui, load, actions);
        return;
    }
    let tokens = tokens(ui);
    if load.rescue.is_busy() {
        ui.add_space(GRID);
        ui.horizontal(|ui| {
            super::spinner::spinner(ui);
            line(ui, "Checking what can be recovered…", tokens.weak);
        });
        return;
    }
    let Some(recovery) = &load.rescue.offer else { return };
    ui.add_space(2.0 * GRID);
    line(ui, "The file can be opened partially. Missing data:", tokens.text);
    let shown = if is_wide { recovery.losses.len() } else { FEW };
    for loss in recovery.losses.iter().take(shown) {
        point(ui, &loss.to_string(), tokens.text);
    }
    if let Some(more) = recovery.losses.len().checked_sub(shown).filter(|more| *more > 0) {
        line(ui, &format!("and {more} more"), tokens.weak);
    }
    if is_wide {
        ui.add_space(GRID);
        for advice in recovery.advice() {
            line(ui, advice, tokens.weak);
        }
    }
    ui.add_space(2.0 * GRID);
    let button =
        if is_wide { primary_button(ui, Icon::FileWarning, "Open partially") } else { ui.button("Open partially") };
    let label = format!("Open partially: {}", load.name);
    ui.ctx().accesskit_node_builder(button.id, |node| node.set_label(label));
    if button.clicked() {
        actions.push(Action::OpenPartially(load.id));
    }
}

/// Returns a short mark for lists if the file is damaged.
pub(super) fn mark(recovery: Option<&Recovery>) -> &'static str {
    if recovery.is_some() { "damaged" } else { "" }
}

/// Draws a banner above all views of a snapshot whose file was changed while it was being read.
pub(super) fn change_banner(ui: &mut Ui, snapshot: &Snapshot, salt: impl Hash + Debug) {
    let source = snapshot.source();
    let Some(notice) = source.change.and_then(Change::notice) else { return };
    let text = format!("{}: {notice}", human::visible(&source.name, 60));
    let tokens = tokens(ui);
    let frame = Frame::new()
        .fill(tokens.error_surface)
        .stroke(Stroke::new(1.0, tokens.border))
        .inner_margin(Margin::symmetric(8, 5));
    let id = egui::Id::unique(("change banner", salt));
    Panel::top(id).frame(frame).show_separator_line(false).show(ui, |ui| {
        ui.add(Label::new(RichText::new(text).color(tokens.error)).wrap());
    });
}

/// Draws a banner above all views of a recovered file: the missing data, and the numbers that cannot be trusted.
pub(super) fn banner(ui: &mut Ui, snapshot: &Snapshot, salt: impl Hash + Debug) {
    let Some(recovery) = snapshot.recovery() else { return };
    let tokens = tokens(ui);
    let id = egui::Id::unique(("recovery banner", salt));
    let is_open = ui.data(|data| data.get_temp(id)).unwrap_or(true);
    let frame = Frame::new()
        .fill(tokens.error_surface)
        .stroke(Stroke::new(1.0, tokens.border))
        .corner_radius(CornerRadius::ZERO)
        .inner_margin(Margin::symmetric(8, 5));
    Panel::top(id).frame(frame).show_separator_line(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.75 * GRID;
        let mut toggled = false;
        ui.horizontal(|ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let text = if is_open { "Hide details" } else { "Show details" };
                toggled = ui.add(egui::Button::new(text).small()).clicked();
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    let summary = match recovery.losses.as_slice() {
                        [only] => format!("This file is damaged: {only}"),
                        losses => format!("This file is damaged: {} parts are missing or were repaired", losses.len()),
                    };
                    let text = RichText::new(human::visible(&summary, LINE_LIMIT).into_owned()).color(tokens.error);
                    ui.add(Label::new(text).truncate());
                });
            });
        });
        if toggled {
            ui.data_mut(|data| data.insert_temp(id, !is_open));
        }
        if is_open {
            details(ui, recovery);
        }
    });
}

/// Draws a remark above a comparison with a damaged file: missing data looks like a difference.
pub(super) fn compared(ui: &mut Ui, base: &Snapshot, current: &Snapshot) {
    let text = match (base.recovery(), current.recovery()) {
        (None, None) => return,
        (Some(_), None) => "The base file is damaged: its missing data looks new here.",
        (None, Some(_)) => "The current file is damaged: its missing data looks deleted here.",
        (Some(_), Some(_)) => "Both files are damaged: missing data looks like a difference here.",
    };
    ui.horizontal(|ui| {
        ui.add_space(2.0 * GRID);
        line(ui, text, tokens(ui).detached);
    });
}

fn details(ui: &mut Ui, recovery: &Recovery) {
    let tokens = tokens(ui);
    // The views below keep their room even if much is missing.
    let height = (ui.ctx().content_rect().height() * 0.3).clamp(20.0 * GRID, 60.0 * GRID);
    // A scroll bar that shows only under the pointer would hide that the list goes on.
    ui.spacing_mut().scroll = egui::style::ScrollStyle::solid();
    ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(GRID, 0.5 * GRID);
        if recovery.losses.len() > 1 {
            for loss in &recovery.losses {
                point(ui, &loss.to_string(), tokens.text);
            }
        }
        for advice in recovery.advice() {
            line(ui, advice, tokens.text);
        }
    });
}
