//! Sampling heap profiles in the list of files and in the status bar.

use egui::{RichText, Ui};

use super::entry::{Entry, Fact};
use crate::model::human;
use crate::session::OpenProfile;
use crate::ui::action::Action;
use crate::ui::state::AppState;
use crate::ui::text;
use crate::ui::theme::{self, tokens};

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
    let source = open.profile.source();
    let size = theme::look(ui).units.bytes(open.profile.total_size());
    let text = format!("{size} in {}", human::quantity(open.profile.call_count(), "call", "calls"));
    let facts = vec![Fact { text, color: tokens(ui).weak, wraps: false }];
    let others = app.session.profiles().iter().map(|other| other.id).filter(|id| *id != open.id).collect();
    let entry = Entry { id: open.id, kind: "Profile", source, others };
    entry.show(ui, app, facts, text::place_of(source), |_, _| {}, actions);
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
