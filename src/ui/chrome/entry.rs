//! An entry of the list of files: its frame, name and facts, the button that closes it, and drag and drop.

use egui::{
    Align, Color32, CornerRadius, Frame, Id, Label, Layout, Margin, Rect, Response, RichText, Sense, Stroke, Ui,
    WidgetInfo, accesskit::Role, vec2,
};

use crate::model::{SnapshotId, human};
use crate::snapshot::SourceInfo;
use crate::ui::action::Action;
use crate::ui::buttons::close_button;
use crate::ui::state::AppState;
use crate::ui::theme::{self, tokens};
use crate::ui::{context_menu, text};

/// An open file in the list.
pub(super) struct Entry<'a> {
    pub(super) id: SnapshotId,
    /// The kind of file, for screen readers.
    pub(super) kind: &'static str,
    pub(super) source: &'a SourceInfo,
    /// The other files of the same kind, which it can be compared with.
    pub(super) others: Vec<SnapshotId>,
}

/// A line of facts below the name.
pub(super) struct Fact {
    pub(super) text: String,
    pub(super) color: Color32,
    /// True if a long text wraps instead of being truncated.
    pub(super) wraps: bool,
}

impl Entry<'_> {
    /// Draws the entry. `menu` adds items between “Compare with …” and “Close”; `hover` is the tooltip.
    pub(super) fn show(
        &self,
        ui: &mut Ui,
        app: &AppState,
        facts: Vec<Fact>,
        hover: String,
        menu: impl FnOnce(&mut Ui, &mut Vec<Action>),
        actions: &mut Vec<Action>,
    ) {
        let is_shown = app.slots().iter().any(|slot| slot.id == self.id);
        let tokens = tokens(ui);
        let fill = if is_shown { tokens.selection } else { Color32::TRANSPARENT };
        let frame = Frame::new().fill(fill).corner_radius(CornerRadius::same(4)).inner_margin(Margin::symmetric(6, 4));
        let frame = frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 1.0;
            self.name(ui, app, actions);
            for fact in facts {
                let label = Label::new(RichText::new(fact.text).font(theme::small()).color(fact.color));
                let label = if fact.wraps { label.wrap() } else { label.truncate() };
                ui.add(label.selectable(false));
            }
        });
        // Narrower than the entry, so that its close button still gets clicks.
        let rect = Rect::from_min_max(frame.response.rect.min, frame.response.rect.max - vec2(26.0, 0.0));
        let response = ui.interact(rect, Id::unique((self.kind, "entry", self.id)), Sense::click_and_drag());
        response.widget_info(|| {
            let name = format!("{} {}", self.kind, text::source_name(self.source));
            WidgetInfo::selected(Role::ListItem, true, is_shown, name)
        });
        self.drag_and_drop(ui, &response, frame.response.rect, actions);
        context_menu::show(&response, rect.left_bottom(), |ui| self.menu(ui, app, menu, actions));
        if response.on_hover_text(hover).clicked() {
            actions.push(Action::Show(self.id));
        }
        ui.add_space(2.0);
    }

    /// Draws the name and the button that closes the file.
    fn name(&self, ui: &mut Ui, app: &AppState, actions: &mut Vec<Action>) {
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if close_button(ui, &format!("Close {}", text::source_name(self.source))) {
                    actions.push(Action::Close(self.id));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    text::file_label(ui, &text::name_of(&app.session, self.id));
                });
            });
        });
    }

    /// Compares this file with one of the same kind that is dropped on the entry.
    fn drag_and_drop(&self, ui: &Ui, response: &Response, rect: Rect, actions: &mut Vec<Action>) {
        response.dnd_set_drag_payload(self.id);
        let can_drop = |dragged: SnapshotId| self.others.contains(&dragged);
        if response.dnd_hover_payload::<SnapshotId>().is_some_and(|dragged| can_drop(*dragged)) {
            let stroke = Stroke::new(1.5, tokens(ui).accent);
            ui.painter().rect_stroke(rect, 4.0, stroke, egui::StrokeKind::Inside);
        }
        if let Some(dragged) = response.dnd_release_payload::<SnapshotId>().filter(|dragged| can_drop(**dragged)) {
            actions.push(Action::CompareTwo(*dragged, self.id));
        }
    }

    fn menu(
        &self,
        ui: &mut Ui,
        app: &AppState,
        more: impl FnOnce(&mut Ui, &mut Vec<Action>),
        actions: &mut Vec<Action>,
    ) {
        for &other in &self.others {
            let name = text::name_of(&app.session, other);
            if ui.button(format!("Compare with {}", human::visible(&name, 60))).clicked() {
                actions.push(Action::CompareTwo(other, self.id));
                ui.close();
            }
        }
        more(ui, actions);
        if ui.button("Close").clicked() {
            actions.push(Action::Close(self.id));
            ui.close();
        }
    }
}
