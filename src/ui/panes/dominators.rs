//! Dominators: objects with the objects that would be freed with them, as a tree or a treemap.

use egui::Ui;

use super::dominator_map::DominatorMapPane;
use super::pane::{About, Pane};
use super::tile_colors::ColoredBy;
use super::tree::TreeSpec;
use super::way_down::WayDown;
use super::{Place, TreePane};
use crate::model::NodeOrdinal;
use crate::query::{Filter, ListSpec, NodeFilter, dominators_down};
use crate::session::Session;
use crate::ui::command::{Command, Target, ViewKind};
use crate::ui::heap_rows::Field;
use crate::ui::theme::GRID;
use crate::ui::tree_table::{Column, RowSelection};

const NAMES: Column = Column { title: "Object", hint: "Objects below an object are freed with it", width: 0.0 };
const FIELDS: &[Field] = &[Field::Name, Field::OfParent, Field::Shallow, Field::Retained];

/// The pane's own state.
#[derive(Debug, Default)]
pub struct DominatorsPane {
    pub as_picture: bool,
    pub picture: DominatorMapPane,
    pub tree: TreePane,
    way: WayDown,
    /// The interval that is selected on the timeline.
    within: NodeFilter,
}

impl DominatorsPane {
    const NAME: &'static str = "Dominators";
}

impl ViewKind {
    pub const DOMINATORS: Self = Self("Dominators");
}

impl Pane for DominatorsPane {
    fn about() -> About {
        let hint = "Objects and the objects they keep alive, as a tree or a treemap";
        About { reveals: true, links: true, ..About::new(ViewKind::DOMINATORS, hint).purpose(
            "Use Dominators to see which objects would free the most memory. Objects below an object are freed with it.",
        ) }
    }

    fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        ui.horizontal(|ui| {
            ui.add_space(2.0 * GRID);
            ui.selectable_value(&mut self.as_picture, false, "Tree");
            ui.selectable_value(&mut self.as_picture, true, "Treemap");
            if self.as_picture && super::scripts::is_available(place) {
                ui.separator();
                ui.selectable_value(&mut self.picture.colored_by, ColoredBy::Kind, "By kind");
                let hint = "Color by the package whose functions or class instances keep the objects";
                ui.selectable_value(&mut self.picture.colored_by, ColoredBy::Package, "By package").on_hover_text(hint);
            }
        });
        if self.as_picture {
            return self.picture.show(ui, session, place);
        }
        let root = ListSpec::Dominated(place.snapshot.root());
        let mut spec = TreeSpec::new(Self::NAME, root, NAMES, "The root dominates nothing");
        spec.fields = FIELDS;
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

    fn shows_whole(&self) -> bool {
        self.as_picture
    }

    fn note_selection(&mut self, node: Option<NodeOrdinal>) {
        self.way.forget();
        self.picture.set_selected(node);
    }

    fn lists(&mut self, _: &mut Session, place: &Place, target: Target) -> bool {
        self.within == NodeFilter::All && !place.snapshot.is_unreachable(target.node)
    }

    fn reveal(&mut self, session: &mut Session, place: &Place, target: Target) -> Result<(), String> {
        self.way.ask(session, place, move |snapshot, cancel| {
            Ok(dominators_down(snapshot, target.node, cancel)?.into_iter().map(|node| node.0).collect())
        });
        Ok(())
    }

    fn restore_object(&mut self, session: &mut Session, place: &Place, target: Target) {
        // The dominator tree contains every object.
        let _ = self.reveal(session, place, target);
    }

    fn poll(&mut self, commands: &mut Vec<Command>) {
        self.way.poll(&mut self.tree.table, commands);
    }

    fn is_busy(&self) -> bool {
        self.way.is_busy() || self.tree.table.is_revealing()
    }
}
