//! The largest object, as an example of a pane.

use egui::Ui;

use super::Place;
use super::pane::{About, Pane};
use crate::query::largest::LargestOf;
use crate::session::{Reply, Session};
use crate::ui::command::{Command, ViewKind};

/// The pane's own state: none.
#[derive(Debug, Default)]
pub struct LargestPane;

impl ViewKind {
    pub const LARGEST: Self = Self("Largest");
}

impl Pane for LargestPane {
    fn about() -> About {
        About::new(ViewKind::LARGEST, "The object with the largest retained size")
    }

    fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        let mut commands = Vec::new();
        match session.ask(&LargestOf(place.slot.id)) {
            Reply::Ready(largest) => {
                if let Some(node) = *largest
                    && ui.link(place.snapshot.display_name(node).into_owned()).clicked()
                {
                    commands.push(Command::ShowObject(place.target(node)));
                }
            }
            Reply::Pending { .. } => drop(super::busy(ui, "Searching…")),
            Reply::Failed(message) => super::failure(ui, &message),
        }
        commands
    }
}
