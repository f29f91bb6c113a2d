//! Sampling heap profiles in the list of files and in the status bar.

use egui::{
    Align, Color32, CornerRadius, Frame, Id, Label, Layout, Margin, Rect, RichText, Sense, Stroke, Ui, WidgetInfo,
    accesskit::Role, vec2,
};

use crate::model::SnapshotId;
use crate::model::human;
use crate::session::OpenProfile;
use crate::ui::action::Action;
use crate::ui::buttons::close_button;
use crate::ui::state::AppState;
use crate::ui::theme::{self, tokens};
use crate::ui::{context_menu, text};

/// Draws the entries of all profiles, below those of the snapshots.
pub(super) fn entries(ui: &mut Ui, app: &AppState, actions: &mut Vec<Action>) {
    let profiles = app.session.profiles();
    if profiles.is_empty() {
        return;
    }
    ui.add_space(theme::GRID);
    ui.label(RichText::new("Sampling profiles").font(theme::small()).color(tokens(ui).weak));
    for open in profiles {
        entry(ui, app, open, actions);
    }
    if profiles.len() > 1 {
        ui.weak("Drag one onto another to compare them");
    }
}

fn entry(ui: &mut Ui, app: &AppState, open: &OpenProfile, actions: &mut Vec<Action>) {
    let is_shown = app.slots().iter().any(|slot| slot.id == open.id);
    let source = open.profile.source();
    let tokens = tokens(ui);
    let fill = if is_shown { tokens.selection } else { Color32::TRANSPARENT };
    let frame = Frame::new().fill(fill).corner_radius(CornerRadius::same(4)).inner_margin(Margin::symmetric(6, 4));
    let entry = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 1.0;
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if close_button(ui, &format!("Close {}", text::source_name(source))) {
                    actions.push(Action::Close(open.id));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    text::file_label(ui, &text::name_of(&app.session, open.id));
                });
            });
        });
        let size = theme::look(ui).units.bytes(open.profile.total_size());
        let facts = format!("{size} in {}", human::quantity(open.profile.call_count(), "call", "calls"));
        ui.add(Label::new(RichText::new(facts).font(theme::small()).color(tokens.weak)).truncate().selectable(false));
    });
    // Narrower than the entry, so that its own button keeps its clicks.
    let rect = Rect::from_min_max(entry.response.rect.min, entry.response.rect.max - vec2(26.0, 0.0));
    let response = ui.interact(rect, Id::unique(("profile entry", open.id)), Sense::click_and_drag());
    response.widget_info(|| {
        WidgetInfo::selected(Role::ListItem, true, is_shown, format!("Profile {}", text::source_name(source)))
    });
    response.dnd_set_drag_payload(open.id);
    let is_other = |dragged: SnapshotId| dragged != open.id && app.session.profile(dragged).is_some();
    if response.dnd_hover_payload::<SnapshotId>().is_some_and(|dragged| is_other(*dragged)) {
        let stroke = Stroke::new(1.5, tokens.accent);
        ui.painter().rect_stroke(entry.response.rect, 4.0, stroke, egui::StrokeKind::Inside);
    }
    if let Some(dragged) = response.dnd_release_payload::<SnapshotId>().filter(|dragged| is_other(**dragged)) {
        actions.push(Action::CompareTwo(*dragged, open.id));
    }
    context_menu::show(&response, rect.left_bottom(), |ui| {
        for other in app.session.profiles().iter().filter(|other| other.id != open.id) {
            let name = text::name_of(&app.session, other.id);
            let name = human::visible(&name, 60);
            if ui.button(format!("Compare with {name}")).clicked() {
                actions.push(Action::CompareTwo(other.id, open.id));
                ui.close();
            }
        }
        if ui.button("Close").clicked() {
            actions.push(Action::Close(open.id));
            ui.close();
        }
    });
    let hover = text::place_of(source);
    if response.on_hover_text(hover).clicked() {
        actions.push(Action::Show(open.id));
    }
    ui.add_space(2.0);
}

/// Draws the facts about the shown profile in the status bar.
pub(super) fn status(ui: &mut Ui, app: &AppState) {
    let Some(profile) = app.shown().and_then(|id| app.session.profile(id)) else { return };
    let units = theme::look(ui).units;
    ui.label(format!("{} sampled", units.bytes(profile.total_size())));
    ui.weak(human::quantity(profile.functions().len() as u64, "function", "functions"));
    ui.weak(human::quantity(profile.call_count(), "call", "calls"));
    if !profile.samples().is_empty() {
        ui.weak(human::quantity(profile.samples().len() as u64, "sample", "samples"));
    }
    ui.weak(format!("loaded in {}", human::duration(profile.source().load_time)));
}
