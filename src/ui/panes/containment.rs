//! Containment: the heap from the root down, reference by reference.

use egui::Ui;

use super::Place;
use super::pane::{About, Pane};
use super::tree::{TreePane, TreeSpec};
use super::way_down::WayDown;
use crate::model::NodeOrdinal;
use crate::query::{Filter, ListSpec, NodeFilter, way_down};
use crate::session::Session;
use crate::ui::command::{Command, Target, ViewKind};
use crate::ui::tree_table::{Column, RowSelection};

const NAMES: Column = Column { title: "Object", hint: "From the root down, reference by reference", width: 0.0 };

/// The pane's own state.
#[derive(Debug, Default)]
pub struct ContainmentPane {
    pub tree: TreePane,
    way: WayDown,
    /// The interval that is selected on the timeline.
    within: NodeFilter,
}

impl ViewKind {
    pub const CONTAINMENT: Self = Self("Containment");
}

impl Pane for ContainmentPane {
    fn about() -> About {
        About {
            reveals: true,
            links: true,
            ..About::new(ViewKind::CONTAINMENT, "From the roots down, reference by reference").purpose(
            "Use Containment to follow references down from the roots. To see what keeps one object alive, select it instead.",
        )
        }
    }

    fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        let root = ListSpec::Edges(place.snapshot.root());
        let mut spec = TreeSpec::new("Containment", root, NAMES, "The root has no references");
        if self.within != NodeFilter::All {
            spec.filter = Filter { nodes: self.within.clone(), leads: true, ..Filter::default() };
        }
        self.tree.show(ui, session, place, &spec)
    }

    fn table(&mut self) -> Option<&mut dyn RowSelection> {
        Some(&mut self.tree.table)
    }

    fn narrow(&mut self, within: &NodeFilter) {
        self.within.clone_from(within);
    }

    fn note_selection(&mut self, _: Option<NodeOrdinal>) {
        self.way.forget();
    }

    fn lists(&mut self, _: &mut Session, place: &Place, target: Target) -> bool {
        self.within == NodeFilter::All && !place.snapshot.is_unreachable(target.node)
    }

    fn reveal(&mut self, session: &mut Session, place: &Place, target: Target) -> Result<(), String> {
        self.way.ask(session, place, move |snapshot, cancel| {
            Ok(way_down(snapshot, target.node, None, cancel)?.into_iter().map(|edge| edge.0).collect())
        });
        Ok(())
    }

    fn restore_object(&mut self, session: &mut Session, place: &Place, target: Target) {
        // Containment lists every object.
        let _ = self.reveal(session, place, target);
    }

    fn poll(&mut self, commands: &mut Vec<Command>) {
        self.way.poll(&mut self.tree.table, commands);
    }

    fn is_busy(&self) -> bool {
        self.way.is_busy() || self.tree.table.is_revealing()
    }
}
