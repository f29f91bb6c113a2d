//! The list of open and loading files.

use egui::{
    Align, Color32, CornerRadius, Frame, Id, Label, Layout, Margin, Panel, Rect, RichText, Sense, Stroke, Ui,
    WidgetInfo, accesskit::Role, vec2,
};
use std::fmt::Write as _;

use super::{loads, profiles};
use crate::capture::Record;
use crate::model::SnapshotId;
use crate::model::human::{self, Units};
use crate::session::Open;
use crate::ui::action::Action;
use crate::ui::buttons::close_button;
use crate::ui::state::AppState;
use crate::ui::theme::{self, tokens};
use crate::ui::{context_menu, salvage, text};

pub(in crate::ui) fn side_list(ui: &mut Ui, app: &AppState, actions: &mut Vec<Action>) {
    let frame = Frame::new().fill(tokens(ui).surface).inner_margin(Margin::same(6));
    let panel = Panel::left("snapshots").resizable(true).default_size(220.0).size_range(150.0..=420.0);
    panel.frame(frame).show(ui, |ui| {
        if !app.session.open().is_empty() || app.session.profiles().is_empty() {
            ui.label(RichText::new("Snapshots").font(theme::small()).color(tokens(ui).weak));
        }
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for open in app.session.open() {
                snapshot_entry(ui, app, open, actions);
            }
            profiles::entries(ui, app, actions);
            if app.session.open().len() > 1 {
                ui.weak("Drag one onto another to compare them");
            }
            for load in app.session.loads() {
                loads::entry(ui, load, actions);
            }
        });
    });
}

fn snapshot_entry(ui: &mut Ui, app: &AppState, open: &Open, actions: &mut Vec<Action>) {
    let is_shown = app.slots().iter().any(|slot| slot.id == open.id);
    let source = open.snapshot.source();
    let tokens = tokens(ui);
    let fill = if is_shown { tokens.selection } else { Color32::TRANSPARENT };
    let id = Id::unique(("entry", open.id));
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
        let objects = human::quantity(open.snapshot.graph().node_count() as u64, "object", "objects");
        let facts = format!("{} file, {objects}", human::bytes(source.size_bytes));
        let small = |text: String, color| Label::new(RichText::new(text).font(theme::small()).color(color));
        let producer = human::visible(&open.snapshot.producer().label(), 80).into_owned();
        for line in [facts, producer] {
            ui.add(small(line, tokens.weak).truncate().selectable(false));
        }
        if let Some(note) = &source.note {
            ui.add(small(human::visible(note, 200).into_owned(), tokens.weak).wrap().selectable(false));
        }
        let mark = salvage::mark(open.snapshot.salvage());
        if !mark.is_empty() {
            ui.add(small(mark.to_owned(), tokens.detached).truncate().selectable(false));
        }
        if let Some(usage) = open.record.as_ref().and_then(|record| record.memory_usage) {
            let bytes = |size| theme::look(ui).units.bytes(size);
            let (rss, external) = (bytes(usage.rss), bytes(usage.external));
            ui.add(small(format!("{rss} rss, {external} external"), tokens.weak).truncate().selectable(false));
        }
    });
    // Narrower than the entry, so that its own button keeps its clicks.
    let rect = Rect::from_min_max(entry.response.rect.min, entry.response.rect.max - vec2(26.0, 0.0));
    let response = ui.interact(rect, id, Sense::click_and_drag());
    response.widget_info(|| {
        WidgetInfo::selected(Role::ListItem, true, is_shown, format!("Snapshot {}", text::source_name(source)))
    });
    response.dnd_set_drag_payload(open.id);
    if let Some(dragged) = response.dnd_hover_payload::<SnapshotId>()
        && *dragged != open.id
    {
        let stroke = Stroke::new(1.5, tokens.accent);
        ui.painter().rect_stroke(entry.response.rect, 4.0, stroke, egui::StrokeKind::Inside);
    }
    if let Some(dragged) = response.dnd_release_payload::<SnapshotId>()
        && *dragged != open.id
    {
        actions.push(Action::CompareTwo(*dragged, open.id));
    }
    context_menu::show(&response, rect.left_bottom(), |ui| entry_menu(ui, app, open, actions));
    let hover = text::place_of(source);
    let mut hover =
        format!("{hover}\nWritten by {}. {}", open.snapshot.producer().label(), open.snapshot.producer().evidence);
    if let Some(record) = &open.record {
        hover.push_str(&record_text(record, theme::look(ui).units));
    }
    if response.on_hover_text(hover).clicked() {
        actions.push(Action::Show(open.id));
    }
    ui.add_space(2.0);
}

/// Returns the facts recorded when a snapshot was taken.
fn record_text(record: &Record, units: Units) -> String {
    let mut text = format!("\ntaken {} from {}", record.began, human::visible(&record.target, 80));
    if let Some(usage) = record.memory_usage {
        for (what, size) in [
            ("process (rss)", usage.rss),
            ("heap in use", usage.heap_used),
            ("heap reserved", usage.heap_total),
            ("outside the heap", usage.external),
            ("of which array buffers", usage.array_buffers),
        ] {
            let _ = write!(text, "\n{what} {}", units.bytes(size));
        }
    }
    text
}

fn entry_menu(ui: &mut Ui, app: &AppState, open: &Open, actions: &mut Vec<Action>) {
    let others: Vec<&Open> = app.session.open().iter().filter(|other| other.id != open.id).collect();
    for other in &others {
        let name = text::name_of(&app.session, other.id);
        let name = human::visible(&name, 60);
        if ui.button(format!("Compare with {name}")).clicked() {
            actions.push(Action::CompareTwo(other.id, open.id));
            ui.close();
        }
    }
    if app.is_split {
        for (side, text) in ["Show on the left side", "Show on the right side"].into_iter().enumerate() {
            if ui.button(text).clicked() {
                actions.push(Action::ShowIn(side, open.id));
                ui.close();
            }
        }
    } else if app.shown().is_some_and(|shown| shown != open.id) && ui.button("Show side by side").clicked() {
        actions.push(Action::ShowBeside(open.id));
        ui.close();
    }
    if ui.button("Close").clicked() {
        actions.push(Action::Close(open.id));
        ui.close();
    }
}
