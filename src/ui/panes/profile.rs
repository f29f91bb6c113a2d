//! A sampling heap profile: flame graph, heavy and tree, alone or compared with another profile.

use std::sync::Arc;

use egui::{CentralPanel, Id, Panel, RichText, Ui};

use super::calls::{CallView, CallsPane, CallsSpec, column, function_of};
use super::source::SourcePane;
use super::{Slot, item};
use crate::model::{SnapshotId, difference, human};
use crate::profile::Profile;
use crate::query::{CallKey, Calls, CallsKey};
use crate::session::Session;
use crate::ui::call_table::CallColumn;
use crate::ui::command::{Command, SourceAt};
use crate::ui::theme::{self, GRID};
use crate::ui::within::within;
use crate::ui::{place_link, text};

const OWN: CallColumn = column(CallKey::Own(0), "Self size", "Bytes allocated by the function itself", 124.0);
const TOTAL: CallColumn =
    column(CallKey::Total(0), "Total size", "Including callees; recursive calls count once", 124.0);
const NAME: CallColumn = column(CallKey::Name, "Function", "Function and its script", 0.0);
const SINGLE: [CallColumn; 3] = [NAME, OWN, TOTAL];
const COMPARED: [CallColumn; 5] = [
    NAME,
    OWN,
    column(CallKey::OwnChange, "Change", "Self size minus that of the base", 104.0),
    TOTAL,
    column(CallKey::TotalChange, "Change", "Total size minus that of the base", 104.0),
];

/// The pane's own state.
#[derive(Clone, Debug)]
pub struct ProfilePane {
    pub calls: CallsPane,
    /// The profile that this one is compared with.
    pub base: Option<SnapshotId>,
    compared: Option<CallsPane>,
    source: SourcePane,
    /// The source position of the selected function.
    picked_at: Option<SourceAt>,
}

impl Default for ProfilePane {
    fn default() -> Self {
        let calls = CallsPane::new(CallView::Flame, CallKey::Own(0), CallKey::Total(0));
        Self { calls, base: None, compared: None, source: SourcePane::default(), picked_at: None }
    }
}

impl ProfilePane {
    /// Sets the profile to compare with, or none.
    pub fn set_base(&mut self, base: Option<SnapshotId>) {
        self.base = base;
    }

    /// Returns the shown calls: of the profile alone, or compared.
    pub fn shown(&mut self) -> &mut CallsPane {
        if self.base.is_none() {
            return &mut self.calls;
        }
        self.compared.get_or_insert_with(|| {
            let mut pane = CallsPane::new(CallView::Flame, CallKey::OwnChange, CallKey::TotalChange);
            pane.measures = vec![0, 1];
            pane
        })
    }

    /// Shows a source position, or none.
    pub fn show_source(&mut self, at: Option<SourceAt>) {
        self.source.choose(at);
    }

    /// Returns the source position on screen or, without one, that of the selected function.
    #[must_use]
    pub fn source_at(&self, session: &Session) -> Option<SourceAt> {
        self.source.at(session).or_else(|| self.picked_at.clone())
    }

    /// Draws the pane.
    pub fn show(&mut self, ui: &mut Ui, session: &mut Session, slot: Slot, profile: &Arc<Profile>) -> Vec<Command> {
        let mut commands = Vec::new();
        ui.painter().rect_filled(ui.available_rect_before_wrap(), 0.0, theme::tokens(ui).background);
        if self.base.is_some_and(|base| session.profile(base).is_none()) {
            self.base = None;
        }
        self.heading(ui, session, slot, profile);
        let key = match self.base {
            Some(base) => CallsKey::Compared { base, current: slot.id },
            None => CallsKey::Profile(slot.id),
        };
        let Some(of) = self.shown().wait_for(ui, session, &key) else { return commands };
        let calls = of.calls();
        let is_compared = self.base.is_some();
        self.shown().tools(ui, session, ["Flame graph", "Heavy", "Tree"], |ui| {
            if is_compared {
                legend(ui);
            }
        });
        let frame = egui::Frame::new().fill(theme::tokens(ui).surface).inner_margin(egui::Margin::symmetric(8, 5));
        Panel::bottom(Id::unique(("about call", slot))).frame(frame).show(ui, |ui| {
            ui.set_min_height(5.0 * GRID);
            ui.horizontal(|ui| self.shown().about(ui, calls, slot.id, &mut commands));
        });
        let frame = egui::Frame::new().fill(theme::tokens(ui).background).inner_margin(egui::Margin::symmetric(0, 4));
        if self.source.has_choice() {
            let height = ui.available_height();
            let lower = Panel::bottom(Id::unique(("source of a profile", slot.side))).resizable(true).frame(frame);
            let lower = lower.default_size(height * 0.42).size_range(120.0..=(height - 160.0).max(121.0));
            lower.show(ui, |ui| {
                within(ui, |ui| commands.extend(self.source.show(ui, session, slot.side, true)));
            });
        }
        CentralPanel::default().frame(frame).show(ui, |ui| {
            self.calls(ui, session, slot, (key, calls), &mut commands);
        });
        commands
    }

    /// Draws the chosen view of the calls.
    fn calls(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        slot: Slot,
        (key, calls): (CallsKey, &Calls),
        commands: &mut Vec<Command>,
    ) {
        let is_compared = self.base.is_some();
        let columns: &[CallColumn] = if is_compared { &COMPARED } else { &SINGLE };
        let spec = CallsSpec {
            id: Id::unique(("profile", slot, is_compared)),
            name: if is_compared { "Compared profile" } else { "Profile" },
            key,
            heavy: columns,
            tree: columns,
            chained: false,
            by_change: is_compared,
        };
        let is_picked = self.shown().body(ui, session, calls, &spec, |ui, picked| {
            let Some(function) = function_of(calls, picked) else { return };
            item(ui, "Copy name", commands, || Command::Copy(function.label().to_owned()));
            if let Some(at) = SourceAt::of_function(slot.id, function) {
                place_link::menu(ui, &at, commands);
            }
        });
        if is_picked {
            self.picked_at = self.shown().source_at(slot.id, calls);
            if self.source.has_choice() {
                // The source on screen follows the selection.
                self.source.choose(self.picked_at.clone());
            }
        }
    }

    /// Draws the name and size of the profile, and the choice of the profile to compare with.
    fn heading(&mut self, ui: &mut Ui, session: &Session, slot: Slot, profile: &Profile) {
        let frame = egui::Frame::new().fill(theme::tokens(ui).surface).inner_margin(egui::Margin::symmetric(8, 4));
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(human::visible(&text::given_name(session, slot.id), 80).into_owned()).strong());
                let units = theme::look(ui).units;
                ui.label(units.bytes(profile.total_size()));
                ui.weak("sampled, still alive when the profile was taken");
                let others: Vec<(SnapshotId, String)> = session
                    .profiles()
                    .iter()
                    .filter(|open| open.id != slot.id)
                    .map(|open| (open.id, human::visible(&text::name_of(session, open.id), 80).into_owned()))
                    .collect();
                if others.is_empty() {
                    return;
                }
                ui.weak("compared with");
                let name_of =
                    |id: SnapshotId| others.iter().find(|(other, _)| *other == id).map(|(_, name)| name.clone());
                let chosen = self.base.and_then(name_of).unwrap_or_else(|| "nothing".to_owned());
                let combo = text::file_choice(ui, ("profile base", slot), &chosen, 220.0);
                let response = combo.show_ui(ui, |ui| {
                    if ui.selectable_label(self.base.is_none(), "nothing").clicked() {
                        self.base = None;
                    }
                    for (id, name) in &others {
                        if ui.selectable_label(self.base == Some(*id), name).clicked() {
                            self.base = Some(*id);
                        }
                    }
                });
                ui.ctx().accesskit_node_builder(response.response.id, |node| node.set_label("Compared with"));
                if let Some(base) = self.base.and_then(|base| session.profile(base)) {
                    let change = difference(profile.total_size(), base.total_size());
                    let tokens = theme::tokens(ui);
                    let color = tokens.change(change.cmp(&0));
                    ui.label(RichText::new(units.signed(change)).color(color).strong());
                }
            });
        });
    }
}

/// Draws the meaning of the colors of a comparison.
fn legend(ui: &mut Ui) {
    let tokens = theme::tokens(ui);
    for (color, text) in [(tokens.added, "+ grew"), (tokens.removed, "− shrank")] {
        ui.label(RichText::new(text).font(theme::small()).color(color));
    }
    ui.label(RichText::new("width: before + now").font(theme::small()).weak())
        .on_hover_text("The width of a call is its size before plus its size now, so freed memory is visible, too");
}
