//! The lower half of a view: retainers or paths on the left, the object and its source on the right. A narrow side has
//! them all in tabs. It is on screen while something is selected, and can be collapsed to a bar.

use egui::containers::panel::PanelState;
use egui::{CentralPanel, Frame, Id, Panel, Ui};

use super::command::{Beside, Command, Lower};
use super::icons::{self, Icon};
use super::keys;
use super::panes::registry::about;
use super::panes::{Place, class_facts};
use super::theme::{self, GRID};
use super::view::View;
use super::within::within;
use crate::model::{ClassId, human};
use crate::query::node_label;
use crate::session::Session;

/// The width below which a side shows the object and the source in tabs.
const NARROW: f32 = 640.0;
/// The width from which the object and the source fit beside each other.
const WIDE: f32 = 1100.0;
/// The minimum width of the tables on the left.
const LEAST_LEFT: f32 = 160.0;
/// The share of the view's height that the lower half has at first.
const SHARE: f32 = 0.45;

/// Returns the id of the lower half, under which egui keeps its height.
fn expanded_id(side: usize) -> Id {
    Id::unique(("lower pane", side))
}

/// The height of the bar that remains of a collapsed lower half.
const BAR_HEIGHT: f32 = 28.0;
/// The maximum time between the clicks of a double click, in seconds.
const DOUBLE_CLICK_SECONDS: f32 = 0.3;

impl View {
    /// Returns whether the lower half is on screen. If it would appear under the pointer right after a click, it waits until
    /// a second click is no longer part of a double click.
    pub(super) fn lower_appears(&mut self, ui: &Ui, side: usize, height: f32) -> bool {
        let shows = self.shows_lower();
        let was_on_screen = std::mem::replace(&mut self.had_lower, shows);
        if !self.had_lower || was_on_screen || !self.is_lower_open {
            return self.had_lower;
        }
        let since = ui.input(|input| input.pointer.time_since_last_click());
        let expanded = PanelState::load(ui.ctx(), expanded_id(side)).map_or(height * SHARE, |state| state.size().y);
        let top = ui.max_rect().bottom() - expanded;
        let is_below = ui.input(|input| input.pointer.latest_pos()).is_some_and(|at| at.y >= top);
        if is_below && since < DOUBLE_CLICK_SECONDS {
            ui.ctx().request_repaint_after(std::time::Duration::from_secs_f32(DOUBLE_CLICK_SECONDS - since));
            self.had_lower = false;
        }
        self.had_lower
    }

    /// Draws the lower half, or the bar that is left of it. A double click on its upper edge collapses or expands it.
    pub(super) fn lower_half(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        place: &Place,
        height: f32,
        commands: &mut Vec<Command>,
    ) {
        let side = place.slot.side;
        let tokens = theme::tokens(ui);
        let bar = Panel::bottom(Id::unique(("lower bar", side))).resizable(true).exact_size(BAR_HEIGHT);
        let bar = bar.frame(Frame::new().fill(tokens.surface));
        let lower = Panel::bottom(expanded_id(side)).resizable(true).frame(Frame::new().fill(tokens.background));
        let lower = lower.default_size(height * SHARE).size_range(120.0..=(height - 200.0).max(121.0));
        let before = self.is_lower_open;
        let mut is_open = before;
        Panel::show_switched(ui, &mut is_open, bar, lower, |ui, is_expanded| {
            if is_expanded {
                within(ui, |ui| self.lower(ui, session, place, commands));
            } else {
                self.collapsed(ui, session, place);
            }
        });
        // The button of the bar has already expanded it.
        if is_open != before {
            self.is_lower_open = is_open;
        }
    }

    /// Draws the bar of the collapsed lower half.
    fn collapsed(&mut self, ui: &mut Ui, session: &Session, place: &Place) {
        ui.horizontal_centered(|ui| {
            ui.add_space(2.0 * GRID);
            let hint = format!("Show the lower panes   ({})", ui.ctx().format_shortcut(&keys::LOWER_PANES));
            if icons::icon_button(ui, Icon::ChevronUp, "Show lower panes", &hint).clicked() {
                self.is_lower_open = true;
            }
            let of = self.object.target().and_then(|target| {
                let snapshot = session.snapshot(target.snapshot)?;
                let label = human::visible(&node_label(&snapshot, target.node), 80).into_owned();
                Some(format!("{label} {}", snapshot.id(target.node)))
            });
            let class = || self.class.map(|class| place.snapshot.classes().get(class).name.clone());
            let of = of.or_else(class).map_or_else(String::new, |name| format!(" of {}", human::visible(&name, 100)));
            let text = egui::RichText::new(format!("Retainers, object and source{of}")).weak();
            ui.add(egui::Label::new(text).truncate());
        });
    }

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
        let uses_tables = about(self.kind).uses_lower && (self.has_lower_content() || self.class.is_some());
        if self.source.has_choice() && !uses_tables {
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
            // There is no object: merged paths have only a source.
            _ if self.object.target().is_none() && self.class.is_none() => Beside::Source,
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
                    self.object_or_class(ui, session, place, commands);
                });
            });
        }
    }

    /// Draws the facts of the selected object or class.
    fn object_or_class(&mut self, ui: &mut Ui, session: &mut Session, place: &Place, commands: &mut Vec<Command>) {
        match self.class {
            Some(class) if self.object.target().is_none() => class_facts::show(ui, session, place, class, commands),
            _ => commands.extend(self.object.show(ui, session, place)),
        }
    }

    /// Returns the selected class if there is neither an object nor a set of objects whose paths are shown.
    fn class_without_paths(&self) -> Option<ClassId> {
        self.class.filter(|_| !self.has_lower_content())
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
            if self.can_reveal_here(place)
                && let Some(target) = self.target()
            {
                let hint = format!("Select the object in {}", self.kind.label());
                // At some zoom factors, the icon's line is taller than a text's. With less padding, the button is as tall as
                // the tabs, so that the table below does not move when the button appears after an answer.
                ui.spacing_mut().button_padding.y = GRID / 2.0;
                if icons::labeled_button(ui, Icon::Crosshair, "Reveal here").on_hover_text(hint).clicked() {
                    commands.push(Command::Reveal(target, self.kind));
                }
            }
        });
        match self.lower {
            Lower::Retainers | Lower::Paths if let Some(class) = self.class_without_paths() => {
                let nodes = self.panes.summary.node_set(class);
                class_facts::offer_paths(ui, place, (class, nodes), commands);
            }
            Lower::Retainers => commands.extend(self.retainers.show(ui, session, place)),
            Lower::Object => self.object_or_class(ui, session, place, commands),
            Lower::Source => commands.extend(self.source.show(ui, session, place.slot.side, false)),
            Lower::Paths => commands.extend(self.paths.show(ui, session, place, &self.retainers.ignored)),
        }
    }
}
