//! Sampling heap profiles in the list of files and in the status bar.

use egui::{RichText, Ui};

use super::entry::{Entry, Fact};
use super::side_list::{file_facts, shown_names};
use super::status_bar::fact;
use crate::model::{SnapshotId, human};
use crate::session::OpenProfile;
use crate::ui::action::Action;
use crate::ui::state::AppState;
use crate::ui::theme::{self, tokens};

/// Draws the entries of all profiles, below those of the snapshots.
pub(super) fn entries(ui: &mut Ui, app: &AppState, actions: &mut Vec<Action>) {
    let profiles = app.session.profiles();
    if profiles.is_empty() {
        return;
    }
    ui.add_space(theme::GRID);
    ui.label(RichText::new("Sampling profiles").font(theme::small()).color(tokens(ui).weak));
    let mut files: Vec<&OpenProfile> = profiles.iter().collect();
    app.sort_as_listed(&mut files, |open| open.id);
    let ids: Vec<SnapshotId> = files.iter().map(|open| open.id).collect();
    let names = shown_names(ui, app, &ids);
    for (at, open) in files.into_iter().enumerate() {
        let size = theme::look(ui).units.bytes(open.profile.total_size());
        let text = format!("{size} in {}", human::quantity(open.profile.call_count(), "call", "calls"));
        let facts = vec![Fact { text, color: tokens(ui).weak, wraps: false }];
        let entry = Entry { id: open.id, kind: "Profile", shown_name: &names[at], order: &ids, at };
        entry.show(ui, app, facts, |ui| file_facts(ui, open.profile.source()), actions);
    }
    if ids.len() > 1 {
        ui.label(RichText::new("Drag one onto another to compare").font(theme::small()).color(tokens(ui).weak));
    }
}

/// Draws the facts about the shown profile in the status bar.
pub(super) fn status(ui: &mut Ui, app: &AppState) {
    let Some(profile) = app.shown().and_then(|id| app.session.profile(id)) else { return };
    let units = theme::look(ui).units;
    fact(ui, format!("{} sampled", units.bytes(profile.total_size())));
    fact(ui, human::quantity(profile.functions().len() as u64, "function", "functions"));
    fact(ui, human::quantity(profile.call_count(), "call", "calls"));
    if !profile.samples().is_empty() {
        fact(ui, human::quantity(profile.samples().len() as u64, "sample", "samples"));
    }
    fact(ui, format!("loaded in {}", human::duration(profile.source().load_time)));
}
