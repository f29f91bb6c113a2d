//! The lower half of a view: retainers or paths on the left, the object and its source on the right. A narrow side has
//! them all in tabs.

use egui::{CentralPanel, Frame, Id, Panel, Ui};

use super::command::{Beside, Command, Lower};
use super::panes::Place;
use super::panes::registry::about;
use super::theme::{self, GRID};
use super::view::View;
use super::within::within;
use crate::session::Session;

/// The width below which a side shows the object and the source in tabs.
const NARROW: f32 = 640.0;
/// The width from which the object and the source fit beside each other.
const WIDE: f32 = 1100.0;
/// The minimum width of the tables on the left.
const LEAST_LEFT: f32 = 160.0;

impl View {
    /// Draws the lower half.
    pub(super) fn lower(&mut self, ui: &mut Ui, session: &mut Session, place: &Place, commands: &mut Vec<Command>) {
        ui.spacing_mut().item_spacing.y = GRID;
        let width = ui.available_width();
        self.is_narrow = width < NARROW;
        if !self.is_narrow
            && let Lower::Object | Lower::Source = self.lower
        {
            if self.lower == Lower::Source && self.beside == Beside::Object {
                self.beside = Beside::Source;
            }
            self.lower = Lower::Retainers;
        }
        if self.source.has_choice() && !self.has_lower_content() && !about(self.kind).lists_objects {
            // The tables and the object would be empty.
            ui.add_space(GRID);
            commands.extend(self.source.show(ui, session, place.slot.side, true));
            return;
        }
        let frame = Frame::new().fill(theme::tokens(ui).background);
        if !self.is_narrow {
            self.lower_right(ui, session, place, frame, commands);
        }
        CentralPanel::default().frame(frame).show(ui, |ui| {
            within(ui, |ui| {
                ui.add_space(GRID);
                self.lower_left(ui, session, place, commands);
            });
        });
    }

    /// Draws the object, its source, or both.
    fn lower_right(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        place: &Place,
        frame: Frame,
        commands: &mut Vec<Command>,
    ) {
        let width = ui.available_width();
        let is_wide = width >= WIDE;
        let beside = match self.beside {
            Beside::Both if !is_wide => Beside::Source,
            beside => beside,
        };
        let side = place.slot.side;
        if beside != Beside::Object {
            // The source has a width of its own: its lines are longer than the facts of an object.
            let right = Panel::right(Id::unique(("source", side))).resizable(true).frame(frame);
            let right = right.default_size((width * 0.45).clamp(240.0, 640.0));
            let most = width - LEAST_LEFT - if beside == Beside::Both { 240.0 } else { 0.0 };
            right.size_range(180.0..=most.max(181.0)).show(ui, |ui| {
                within(ui, |ui| {
                    ui.add_space(GRID);
                    self.right_tabs(ui, beside, is_wide);
                    commands.extend(self.source.show(ui, session, side, false));
                });
            });
        }
        if beside != Beside::Source {
            let width = ui.available_width();
            let right = Panel::right(Id::unique(("object", side))).resizable(true).frame(frame);
            let right = right.default_size((width * 0.36).clamp(120.0, 420.0));
            right.size_range(110.0..=(width - LEAST_LEFT).max(111.0)).show(ui, |ui| {
                within(ui, |ui| {
                    ui.add_space(GRID);
                    if beside == Beside::Object {
                        self.right_tabs(ui, beside, is_wide);
                    } else {
                        ui.horizontal(|ui| {
                            ui.add_space(2.0 * GRID);
                            ui.set_min_height(ui.spacing().interact_size.y);
                            ui.strong("Object");
                        });
                    }
                    commands.extend(self.object.show(ui, session, place));
                });
            });
        }
    }

    /// Draws the tabs of the lower right pane.
    fn right_tabs(&mut self, ui: &mut Ui, shown: Beside, is_wide: bool) {
        ui.horizontal(|ui| {
            ui.add_space(2.0 * GRID);
            let mut tab = |beside: Beside, text: &str, hint: &str| {
                if ui.selectable_label(shown == beside, text).on_hover_text(hint).clicked() {
                    self.beside = beside;
                }
            };
            tab(Beside::Object, "Object", "Facts about the selected object");
            tab(Beside::Source, "Source", "The source of its class or function, and the lines that fill its holder");
            if is_wide {
                tab(Beside::Both, "Both", "The object and its source next to each other");
            }
        });
    }

    fn lower_left(&mut self, ui: &mut Ui, session: &mut Session, place: &Place, commands: &mut Vec<Command>) {
        ui.horizontal(|ui| {
            ui.add_space(2.0 * GRID);
            ui.selectable_value(&mut self.lower, Lower::Retainers, "Retainers")
                .on_hover_text("Objects that hold the selected object, step by step");
            ui.selectable_value(&mut self.lower, Lower::Paths, "Paths")
                .on_hover_text("Retaining paths of the selected object, or of many objects merged");
            if self.is_narrow {
                ui.selectable_value(&mut self.lower, Lower::Object, "Object");
                ui.selectable_value(&mut self.lower, Lower::Source, "Source");
            }
        });
        match self.lower {
            Lower::Retainers => commands.extend(self.retainers.show(ui, session, place)),
            Lower::Object => commands.extend(self.object.show(ui, session, place)),
            Lower::Source => commands.extend(self.source.show(ui, session, place.slot.side, false)),
            Lower::Paths => commands.extend(self.paths.show(ui, session, place, &self.retainers.ignored)),
        }
    }
}
