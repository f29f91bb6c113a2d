//! Facts about the selected class, in place of those of an object.

use egui::{Align, Layout, RichText, Ui};

use super::Place;
use crate::model::{ClassId, human};
use crate::query::{LABEL_LIMIT, ScriptsOf};
use crate::session::Session;
use crate::ui::command::{Command, NodeSet, SourceAt};
use crate::ui::icons::{self, Icon};
use crate::ui::place_link;
use crate::ui::theme::{self, GRID};

/// Draws the name, counts and sizes of a class.
pub(in crate::ui) fn show(
    ui: &mut Ui,
    session: &mut Session,
    place: &Place,
    class: ClassId,
    commands: &mut Vec<Command>,
) {
    let of = place.snapshot.classes().get(class);
    let units = theme::look(ui).units;
    let scripts = session.ask(&ScriptsOf(place.slot.id)).ready();
    let margin = egui::Frame::new().inner_margin(egui::Margin::symmetric(8, 4));
    let area = egui::ScrollArea::vertical().id_salt("class").auto_shrink(false);
    area.show(ui, |ui| {
        margin.show(ui, |ui| {
            let name = human::visible(&of.name, LABEL_LIMIT);
            ui.add(egui::Label::new(RichText::new(name.as_ref()).font(theme::mono()).strong()).truncate());
            let rows = [
                ("Objects", human::count(of.count)),
                ("Shallow size", units.bytes(of.shallow_size)),
                ("Retained size", units.bytes(of.retained_size)),
                ("Distance", of.distance.to_string()),
            ];
            ui.spacing_mut().item_spacing.y = GRID * 0.5;
            for (label, value) in rows {
                fact(ui, label, |ui| {
                    ui.label(RichText::new(value).font(theme::mono()));
                });
            }
            if let (Some(at), Some(scripts)) = (of.key.location, scripts)
                && scripts.url(at.script_id).is_some()
            {
                let (short, whole) = (scripts.short(at), scripts.full(at));
                fact(ui, "Source", |ui| {
                    let at = SourceAt::Script(place.slot.id, at);
                    place_link::show(ui, &at, (&short, &whole), theme::mono(), "", commands);
                });
            }
        });
    });
}

fn fact(ui: &mut Ui, label: &str, value: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        let label = RichText::new(label).color(theme::tokens(ui).weak);
        ui.allocate_ui_with_layout(egui::vec2(22.0 * GRID, 5.0 * GRID), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(22.0 * GRID);
            ui.label(label);
        });
        value(ui);
    });
}

/// Offers the retaining paths of all objects of a class, where those of one object would be.
pub(in crate::ui) fn offer_paths(
    ui: &mut Ui,
    place: &Place,
    (class, nodes): (ClassId, NodeSet),
    commands: &mut Vec<Command>,
) {
    let of = place.snapshot.classes().get(class);
    ui.vertical_centered(|ui| {
        ui.add_space(4.0 * GRID);
        let name = human::visible(&of.name, 60).into_owned();
        ui.weak(format!(
            "Select one of the {name} objects to see what keeps it alive, or show the paths of all of them"
        ));
        ui.add_space(GRID);
        if icons::labeled_button(ui, Icon::Waypoints, "Show merged paths").clicked() {
            commands.push(Command::MergePaths { of: place.slot.id, title: of.name.clone(), nodes });
        }
    });
}
