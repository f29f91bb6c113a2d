//! Allocations: the functions that allocated while stacks were recorded, their callers, and the objects still alive.

use egui::{Id, Ui};

use super::calls::{CallView, CallsPane, CallsSpec, column, function_of, measure_choice};
use super::pane::{About, Pane};
use super::{NextStep, Place, item};
use crate::model::SnapshotId;
use crate::query::{AllocatedBy, CallKey, CallsKey, FlameOf, NodeFilter, has_allocations};
use crate::session::Session;
use crate::ui::call_table::{CallColumn, Picked};
use crate::ui::command::{Command, SourceAt, ViewKind};
use crate::ui::icons::Icon;
use crate::ui::place_link;
use crate::ui::theme::GRID;

const HEAVY: [CallColumn; 5] = [
    column(CallKey::Name, "Function", "Functions that allocated, with their callers below", 0.0),
    column(CallKey::Own(0), "Live count", "Live objects that it allocated", 110.0),
    column(CallKey::Own(1), "Count", "Objects that it allocated", 110.0),
    column(CallKey::Own(2), "Live size", "Bytes of live objects", 116.0),
    column(CallKey::Own(3), "Size", "Bytes that it allocated", 116.0),
];
const TREE: [CallColumn; 5] = [
    column(CallKey::Name, "Call", "Outermost calls, with their callees below", 0.0),
    column(CallKey::Total(0), "Live count", "Live objects allocated by the call and its callees", 110.0),
    column(CallKey::Total(1), "Count", "Objects allocated by the call and its callees", 110.0),
    column(CallKey::Total(2), "Live size", "Bytes of live objects", 116.0),
    column(CallKey::Total(3), "Size", "Bytes allocated by the call and its callees", 116.0),
];

/// The pane's own state.
#[derive(Clone, Debug)]
pub struct AllocationsPane {
    pub calls: CallsPane,
    /// The interval that is selected on the timeline.
    pub within: NodeFilter,
    /// A call to show once the calls are known.
    reveal: Option<u32>,
}

impl Default for AllocationsPane {
    fn default() -> Self {
        let mut calls = CallsPane::new(CallView::Heavy, CallKey::Own(3), CallKey::Total(3));
        calls.measures = vec![2];
        Self { calls, within: NodeFilter::All, reveal: None }
    }
}

impl AllocationsPane {
    /// Shows a call of the tree in the flame graph.
    pub fn reveal(&mut self, node: u32) {
        self.reveal = Some(node);
    }

    /// Draws the selected function and the button for its objects.
    fn line(&self, ui: &mut Ui, calls: &crate::query::Calls, of: SnapshotId, commands: &mut Vec<Command>) {
        ui.horizontal(|ui| {
            ui.add_space(2.0 * GRID);
            if let Some(picked) = self.calls.picked() {
                let hint = "In the Summary, show only the live objects that it allocated";
                if ui.button("Show live objects").on_hover_text(hint).clicked() {
                    commands.push(Command::Filter(filter(picked)));
                }
            }
            self.calls.about(ui, calls, of, commands);
        });
    }
}

/// Returns a filter for the objects of a row or a call.
fn filter(picked: &Picked) -> NodeFilter {
    NodeFilter::Allocated(match picked {
        Picked::Call(node) => AllocatedBy::Call(*node),
        Picked::Callers(path) => AllocatedBy::Callers(path.clone()),
    })
}

impl ViewKind {
    pub const ALLOCATIONS: Self = Self("Allocations");
}

impl Pane for AllocationsPane {
    fn about() -> About {
        let hint = "Functions that allocated, and how much is still alive";
        About {
            key: Some(egui::Key::A),
            is_available: |_, place| has_allocations(&place.snapshot),
            uses_lower: false,
            ..About::new(ViewKind::ALLOCATIONS, hint).purpose(
                "Use Allocations to find the functions that allocated memory. To see what keeps it alive, use Summary.",
            )
        }
    }

    fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        let mut commands = Vec::new();
        if !has_allocations(&place.snapshot) {
            let text =
                "Record a timeline with stacks to see which functions allocate, and how much of it is still alive.";
            let steps = vec![NextStep::new(Icon::Camera, "Capture…", Command::Capture)];
            super::empty_state(ui, (Icon::Flame, "This file has no allocation stacks", text), steps, &mut commands);
            return commands;
        }
        let key = CallsKey::Allocations(place.slot.id, self.within.clone());
        let Some(of) = self.calls.wait_for(ui, session, &key) else { return commands };
        let calls = of.calls();
        if let Some(node) = self.reveal.take() {
            self.calls.view = CallView::Flame;
            self.calls.pick_call(node);
            if let Some(layout) =
                session.ask(&FlameOf { calls: key.clone(), measures: self.calls.measures.clone() }).ready()
            {
                self.calls.flame.zoom_to(&layout, node);
            }
        }
        let mut measures = self.calls.measures.clone();
        let is_flame = self.calls.view == CallView::Flame;
        self.calls.tools(ui, session, ["Flame graph", "Functions", "Calls"], |ui| {
            if is_flame {
                measure_choice(ui, calls.measures(), &mut measures);
            }
        });
        self.calls.measures = measures;
        let id = place.slot.id;
        self.line(ui, calls, id, &mut commands);
        let spec = CallsSpec {
            id: Id::unique(("Allocations", place.slot)),
            name: "Allocations",
            key,
            heavy: &HEAVY,
            tree: &TREE,
            chained: true,
            by_change: false,
        };
        let is_picked = self.calls.body(ui, session, calls, &spec, |ui, picked| {
            item(ui, "Show live objects", &mut commands, || Command::Filter(filter(picked)));
            let at = function_of(calls, picked).and_then(|function| SourceAt::of_function(id, function));
            if let Some(at) = at {
                place_link::menu(ui, &at, &mut commands);
            }
        });
        if is_picked {
            // The source on screen follows the selection.
            let at = self.calls.source_at(id, calls);
            commands.extend(at.map(|at| Command::ShowSource { at, opens: false }));
        }
        commands
    }

    fn narrow(&mut self, within: &NodeFilter) {
        self.within.clone_from(within);
    }
}
