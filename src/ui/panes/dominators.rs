//! Dominators: what would be freed with what, as a tree by retained size or as a picture of it.

use egui::Ui;

use super::dominator_map::DominatorMapPane;
use super::tree::TreeSpec;
use super::{Place, TreePane};
use crate::query::{Filter, ListSpec, NodeFilter};
use crate::session::Session;
use crate::ui::command::Command;
use crate::ui::heap_rows::{Field, OF_PARENT, RETAINED, SHALLOW};
use crate::ui::theme::GRID;
use crate::ui::tree_table::Column;

const COLUMNS: [Column; 4] = [
    Column { title: "Object", hint: "Objects below one are freed together with it", width: 0.0 },
    OF_PARENT,
    SHALLOW,
    RETAINED,
];
const FIELDS: &[Field] = &[Field::Name, Field::OfParent, Field::Shallow, Field::Retained];

/// The pane's own state.
#[derive(Debug, Default)]
pub struct DominatorsPane {
    pub as_picture: bool,
    pub picture: DominatorMapPane,
    pub tree: TreePane,
    /// What the timeline narrows every view to.
    pub within: NodeFilter,
}

impl DominatorsPane {
    const NAME: &'static str = "Dominators";

    pub fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        ui.horizontal(|ui| {
            ui.add_space(2.0 * GRID);
            ui.selectable_value(&mut self.as_picture, false, "Tree");
            ui.selectable_value(&mut self.as_picture, true, "Picture");
        });
        if self.as_picture {
            return self.picture.show(ui, session, place);
        }
        let root = ListSpec::Dominated(place.snapshot.root());
        let mut spec = TreeSpec::new(Self::NAME, root, &COLUMNS, "The root dominates nothing");
        spec.fields = FIELDS;
        if self.within != NodeFilter::All {
            spec.filter = Filter { nodes: self.within.clone(), leads: true, ..Filter::default() };
        }
        self.tree.show(ui, session, place, &spec)
    }
}
