//! A sampling heap profile: flame graph, heavy and tree, alone or compared with another profile.

use std::sync::Arc;

use egui::{CentralPanel, Id, Panel, RichText, Ui};

use super::calls::{CallView, CallsPane, CallsSpec, column};
use super::{Slot, item};
use crate::model::{SnapshotId, difference, human};
use crate::profile::Profile;
use crate::query::{CallKey, CallsKey};
use crate::session::Session;
use crate::ui::call_table::{CallColumn, Picked};
use crate::ui::text;
use crate::ui::theme::{self, GRID};

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
}

impl Default for ProfilePane {
    fn default() -> Self {
        let calls = CallsPane::new(CallView::Flame, CallKey::Own(0), CallKey::Total(0));
        Self { calls, base: None, compared: None }
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

    /// Draws the pane; returns text to copy to the clipboard.
    pub fn show(&mut self, ui: &mut Ui, session: &mut Session, slot: Slot, profile: &Arc<Profile>) -> Option<String> {
        let mut copied = None;
        ui.painter().rect_filled(ui.available_rect_before_wrap(), 0.0, theme::tokens(ui).background);
        if self.base.is_some_and(|base| session.profile(base).is_none()) {
            self.base = None;
        }
        self.heading(ui, session, slot, profile);
        let key = match self.base {
            Some(base) => CallsKey::Compared { base, current: slot.id },
            None => CallsKey::Profile(slot.id),
        };
        let is_compared = self.base.is_some();
        let pane = self.shown();
        let Some(of) = pane.wait_for(ui, session, &key) else { return copied };
        let calls = of.calls();
        pane.tools(ui, session, ["Flame graph", "Heavy", "Tree"], |ui| {
            if is_compared {
                legend(ui);
            }
        });
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
        let frame = egui::Frame::new().fill(theme::tokens(ui).surface).inner_margin(egui::Margin::symmetric(8, 5));
        Panel::bottom(Id::unique(("about call", slot))).frame(frame).show(ui, |ui| {
            ui.set_min_height(5.0 * GRID);
            ui.horizontal(|ui| pane.about(ui, calls));
        });
        let frame = egui::Frame::new().fill(theme::tokens(ui).background).inner_margin(egui::Margin::symmetric(0, 4));
        CentralPanel::default().frame(frame).show(ui, |ui| {
            pane.body(ui, session, calls, &spec, |ui, picked| {
                let function = match picked {
                    Picked::Call(node) => calls.function(*node),
                    Picked::Callers(path) => path.last().and_then(|at| calls.functions().get(*at as usize)),
                };
                let Some(function) = function else { return };
                let mut texts = Vec::new();
                item(ui, "Copy name", &mut texts, || crate::ui::command::Command::Copy(function.label().to_owned()));
                item(ui, "Copy source location", &mut texts, || crate::ui::command::Command::Copy(function.place()));
                if let Some(crate::ui::command::Command::Copy(text)) = texts.pop() {
                    copied = Some(text);
                }
            });
        });
        copied
    }

    /// Draws the name and size of the profile, and the choice of the profile to compare with.
    fn heading(&mut self, ui: &mut Ui, session: &Session, slot: Slot, profile: &Profile) {
        let frame = egui::Frame::new().fill(theme::tokens(ui).surface).inner_margin(egui::Margin::symmetric(8, 4));
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(human::visible(&profile.source().name, 80).into_owned()).strong());
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
                    let color = if change > 0 { tokens.added } else { tokens.removed };
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
