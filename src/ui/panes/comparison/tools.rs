//! The line above a comparison: table or treemap, the filter, and the pair A → B.

use egui::{Button, RichText, TextEdit, Ui};

use super::ComparisonPane;
use crate::model::{SnapshotId, human};
use crate::query::ComparisonOf;
use crate::session::Session;
use crate::ui::command::Command;
use crate::ui::icons::{self, Icon};
use crate::ui::panes::{self, Place};
use crate::ui::text;
use crate::ui::theme::{self, GRID};

/// The room that everything but the two names takes, and the widths of a name.
const OTHERS: f32 = 420.0;
const NAME: std::ops::RangeInclusive<f32> = 96.0..=240.0;

/// The room that the pair takes beside the names, and the least width of a name.
const PAIR: f32 = 140.0;
const LEAST_NAME: f32 = 32.0;

impl ComparisonPane {
    /// Draws the line.
    pub(super) fn tools(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        place: &Place,
        (base, current): (SnapshotId, SnapshotId),
        commands: &mut Vec<Command>,
    ) {
        let comparison = session.ask(&ComparisonOf { base, current, joined: self.joins_reloaded }).ready();
        let offers_joining = self.joins_reloaded || comparison.is_some_and(|comparison| comparison.has_reloaded);
        panes::toolbar(ui, |ui| {
            ui.selectable_value(&mut self.as_treemap, false, "Table")
                .on_hover_text("Classes with new or deleted objects");
            let hint = "The objects of B by retained size, colored by their growth since A";
            ui.selectable_value(&mut self.as_treemap, true, "Treemap").on_hover_text(hint);
            ui.separator();
            let width = ((ui.available_width() - OTHERS) / 2.0).clamp(*NAME.start(), *NAME.end());
            // On a narrow side, the pair has a line of its own.
            let width = width.min((ui.max_rect().width() - PAIR) / 2.0).max(LEAST_NAME);
            // A nested row does not wrap by itself, and the pair is read as one.
            if ui.available_size_before_wrap().x < 2.0 * width + 40.0 * GRID {
                ui.end_row();
            }
            let chosen = ui.horizontal(|ui| pair(ui, session, place, (base, current), width)).inner;
            match chosen {
                Some(Chosen::A(base)) if current == place.slot.id => commands.push(Command::Compare { base, current }),
                Some(Chosen::A(base)) => self.set_pair(base, current),
                // B is the snapshot of the view, unless the other side shows it.
                Some(Chosen::B(newer)) if current == place.slot.id => {
                    commands.push(Command::Compare { base, current: newer });
                }
                Some(Chosen::B(newer)) => self.set_pair(base, newer),
                Some(Chosen::Swapped) => self.set_pair(current, base),
                None => {}
            }
            if !self.as_treemap {
                let edit = TextEdit::singleline(&mut self.filter).hint_text("Filter classes").desired_width(150.0);
                let response = ui.add(edit);
                ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Filter compared classes"));
                if offers_joining && panes::join_switch(ui, &mut self.joins_reloaded) {
                    self.table.reset();
                }
            }
        });
    }
}

/// A change of the pair.
enum Chosen {
    A(SnapshotId),
    B(SnapshotId),
    Swapped,
}

/// Draws the choices of A and B with the arrow between them, and the button that swaps them.
fn pair(
    ui: &mut Ui,
    session: &Session,
    place: &Place,
    (base, current): (SnapshotId, SnapshotId),
    width: f32,
) -> Option<Chosen> {
    ui.spacing_mut().item_spacing.x = 1.5 * GRID;
    let a = choice(ui, session, place, ("A", "Snapshot A"), (base, current), width);
    let (arrow, _) = ui.allocate_exact_size(egui::vec2(4.0 * GRID, 5.0 * GRID), egui::Sense::hover());
    icons::paint(ui.painter(), arrow.center(), Icon::ArrowRight, icons::ICON_SIZE, theme::tokens(ui).weak);
    let b = choice(ui, session, place, ("B", "Snapshot B"), (current, base), width);
    let [from, to] = [current, base].map(|id| human::visible(&text::name_of(session, id), 80).into_owned());
    let swap = ui.add(Button::new(icons::text(Icon::ArrowLeftRight)));
    let swap = icons::named(swap, "Swap A and B").on_hover_text(format!("Show the changes from {from} to {to}"));
    a.map(Chosen::A).or(b.map(Chosen::B)).or(swap.clicked().then_some(Chosen::Swapped))
}

/// Draws a letter and the choice of its snapshot; returns another snapshot, if the user chooses one.
fn choice(
    ui: &mut Ui,
    session: &Session,
    place: &Place,
    (letter, name): (&str, &str),
    (chosen, other): (SnapshotId, SnapshotId),
    width: f32,
) -> Option<SnapshotId> {
    let mut picked = None;
    let name_of = |id: SnapshotId| text::name_of(session, id);
    ui.label(RichText::new(letter).strong());
    let list = text::file_choice(ui, (letter, place.slot), &name_of(chosen), width).show_ui(ui, |ui| {
        for open in session.open().iter().filter(|open| open.id != other) {
            let shown = human::visible(&name_of(open.id), 80).into_owned();
            if ui.selectable_label(open.id == chosen, shown).clicked() {
                picked = Some(open.id);
            }
        }
    });
    ui.ctx().accesskit_node_builder(list.response.id, |node| node.set_label(name));
    picked.filter(|picked| *picked != chosen)
}
