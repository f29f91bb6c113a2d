//! The list of programs on this machine that can be inspected.

use egui::accesskit::Role;
use egui::{Align, Frame, Label, Layout, Margin, RichText, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, vec2};

use super::CapturePane;
use crate::capture::{LocalTarget, Remote};
use crate::model::human;
use crate::session::CaptureState;
use crate::ui::icons::{self, Icon};
use crate::ui::text;
use crate::ui::theme::{self, GRID, tokens};

/// The height of the list, whatever it contains.
const HEIGHT: f32 = 30.0 * GRID;
const ROW: f32 = 9.0 * GRID;
/// The command that starts a program with an inspector.
const COMMAND: &str = "node --inspect server.js";

impl CapturePane {
    /// Draws the programs that were found. Invariant: the list has the same height before and after they are found.
    pub(super) fn local(&mut self, ui: &mut Ui, state: &CaptureState) {
        ui.label(RichText::new("Running programs").font(theme::small()).color(tokens(ui).weak));
        let frame = Frame::new().fill(tokens(ui).surface).corner_radius(6.0).inner_margin(Margin::same(4));
        frame.show(ui, |ui| {
            let size = vec2(ui.available_width(), HEIGHT);
            ui.allocate_ui_with_layout(size, Layout::top_down(Align::Min), |ui| {
                ui.set_min_size(size);
                match state.local.as_deref() {
                    None => {
                        ui.weak("Looking for running programs…");
                    }
                    Some([]) => nothing_found(ui),
                    Some(found) => self.found(ui, state, found),
                }
            });
        });
        ui.add_space(2.0 * GRID);
    }

    fn found(&mut self, ui: &mut Ui, state: &CaptureState, found: &[LocalTarget]) {
        let is_free = !state.is_busy && !self.is_running();
        let mut chosen = None;
        ScrollArea::vertical().id_salt("programs").auto_shrink(false).show_rows(ui, ROW, found.len(), |ui, range| {
            for local in &found[range] {
                let is_connected = state.connected.as_ref() == Some(&local.target);
                if ui.add_enabled_ui(is_free, |ui| row(ui, local, is_connected)).inner && !is_connected {
                    chosen = Some(local.target.clone());
                }
            }
        });
        let Some(target) = chosen else { return };
        self.address = target.address.authority();
        self.forget_outcome();
        self.asked = Some((target.address.clone(), Remote::Refused));
        let ctx = ui.ctx().clone();
        if let Some(capturer) = self.capturer(&ctx) {
            capturer.connect(target, Remote::Refused);
        }
    }
}

/// Draws a program; returns whether it was clicked.
fn row(ui: &mut Ui, local: &LocalTarget, is_connected: bool) -> bool {
    let target = &local.target;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let title = human::visible(if target.title.is_empty() { &target.url } else { &target.title }, 80);
    let mut facts = format!("{} on port {}", human::visible(&target.kind, 20), target.address.port);
    if let Some(pid) = local.pid {
        facts = format!("{facts}, process {pid}");
    }
    response
        .widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), is_connected, format!("{title}, {facts}")));
    let tokens = tokens(ui);
    let fill = if is_connected { tokens.selection } else { tokens.hover };
    if is_connected || response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 4.0, fill);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 4.0, Stroke::new(1.5, tokens.accent), egui::StrokeKind::Inside);
    }
    let inner = rect.shrink2(vec2(2.0 * GRID, 2.0));
    let mut ui = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::top_down(Align::Min)));
    ui.spacing_mut().item_spacing.y = 0.0;
    let line = |ui: &mut Ui, left: RichText, right: RichText| {
        ui.allocate_ui_with_layout(
            vec2(inner.width(), inner.height() / 2.0),
            Layout::right_to_left(Align::Center),
            |ui| {
                ui.add(Label::new(right).selectable(false));
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add(Label::new(left).truncate().selectable(false));
                });
            },
        );
    };
    let weak = |text: String| RichText::new(text).font(theme::small()).color(tokens.weak);
    let mark = if is_connected { "connected" } else { "" };
    line(&mut ui, RichText::new(title.as_ref()), weak(mark.to_owned()));
    let font = theme::small();
    let width = |text: &str| ui.painter().layout_no_wrap(text.to_owned(), font.clone(), tokens.weak).size().x;
    let url = text::middle(&ui, &target.url, &font, inner.width() - width(&facts) - 2.0 * GRID);
    line(&mut ui, weak(url), weak(facts));
    response.on_hover_text(human::visible(&target.url, 300)).clicked()
}

/// Draws the empty state, with the command that starts a program to inspect.
fn nothing_found(ui: &mut Ui) {
    ui.add_space(6.0 * GRID);
    ui.vertical_centered(|ui| {
        ui.weak("No running program found. Start one with");
        ui.add_space(GRID);
        ui.label(RichText::new(COMMAND).font(theme::mono()));
        ui.add_space(GRID);
        if icons::labeled_button(ui, Icon::Copy, "Copy command").clicked() {
            ui.copy_text(COMMAND.to_owned());
        }
    });
}
