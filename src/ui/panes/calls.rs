//! The common part of the panes for allocation stacks and profiles: a toolbar, two tables, a flame graph, and a line about
//! the selected function.

use egui::{Align, Id, Layout, RichText, TextEdit, Ui};

use crate::model::{BitSet, CallFunction, SnapshotId, convert, human};
use crate::query::{CallKey, CallList, Calls, CallsKey, CallsOf, FlameOf, FunctionsWith, Measure};
use crate::session::{Reply, Session};
use crate::ui::call_table::{CallColumn, CallTable, CallTableSpec, Picked};
use crate::ui::command::{Command, SourceAt};
use crate::ui::flame_graph::{self, Flame, FlameState, measure_label};
use crate::ui::theme::{self, GRID};
use crate::ui::{context_menu, place_link, text};

/// The view of the calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CallView {
    #[default]
    Flame,
    /// The functions that allocated, with their callers below.
    Heavy,
    /// The outermost calls, with their callees below.
    Tree,
}

/// The state of a pane with calls.
#[derive(Clone, Debug)]
pub struct CallsPane {
    pub view: CallView,
    pub flame: FlameState,
    pub heavy: CallTable,
    pub tree: CallTable,
    /// The search text: part of a function's name or script.
    pub text: String,
    /// The measures whose sum is the width of a call in the flame graph.
    pub measures: Vec<usize>,
    picked: Option<Picked>,
    of: Option<CallsKey>,
    /// The functions that match the search.
    found: Option<std::sync::Arc<BitSet>>,
}

/// The labels and columns of a pane with calls.
#[derive(Clone, Debug)]
pub(super) struct CallsSpec<'a> {
    pub(super) id: Id,
    pub(super) name: &'static str,
    pub(super) key: CallsKey,
    pub(super) heavy: &'a [CallColumn],
    pub(super) tree: &'a [CallColumn],
    /// True if a chain of single callers is one list, as in Chrome DevTools.
    pub(super) chained: bool,
    pub(super) by_change: bool,
}

impl CallsPane {
    pub(super) fn new(view: CallView, heavy: CallKey, tree: CallKey) -> Self {
        Self {
            view,
            flame: FlameState::default(),
            heavy: CallTable::new(heavy),
            tree: CallTable::new(tree),
            text: String::new(),
            measures: vec![0],
            picked: None,
            of: None,
            found: None,
        }
    }

    /// Returns the selected row or call.
    #[must_use]
    pub fn picked(&self) -> Option<&Picked> {
        self.picked.as_ref()
    }

    /// Selects a call of the tree.
    pub fn pick_call(&mut self, node: u32) {
        self.flame.select(Some(node));
        self.picked = Some(Picked::Call(node));
    }

    /// Draws the buttons for the views and the search field; `more` adds to the line.
    pub(super) fn tools(&mut self, ui: &mut Ui, session: &mut Session, labels: [&str; 3], more: impl FnOnce(&mut Ui)) {
        super::toolbar(ui, |ui| {
            for (view, label) in [CallView::Flame, CallView::Heavy, CallView::Tree].into_iter().zip(labels) {
                let hint = match view {
                    CallView::Flame => "Each call is as wide as its total, callees included",
                    CallView::Heavy => "Functions that allocated, largest first, with their callers below",
                    CallView::Tree => "Outermost calls, with their callees below",
                };
                ui.selectable_value(&mut self.view, view, label).on_hover_text(hint);
            }
            let edit = TextEdit::singleline(&mut self.text).hint_text("Function or script").desired_width(160.0);
            let response = ui.add(edit);
            ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Search functions"));
            let text = self.text.trim().to_lowercase();
            self.found = match &self.of {
                Some(of) if !text.is_empty() => {
                    session.ask(&FunctionsWith { calls: of.clone(), text: text.clone() }).ready()
                }
                _ => None,
            };
            if !text.is_empty() {
                // The number comes later than the text; the fixed size keeps the following widgets in place.
                let found = self.found.as_ref().map(|found| match found.count() as u64 {
                    0 => "No matching functions".to_owned(),
                    count => human::quantity(count, "function", "functions"),
                });
                let size = egui::vec2(30.0 * GRID, ui.spacing().interact_size.y);
                ui.add_sized(size, egui::Label::new(RichText::new(found.unwrap_or_default()).weak()).truncate());
            }
            more(ui);
        });
    }

    /// Returns the calls once they are known; until then draws a placeholder.
    pub(super) fn wait_for(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        key: &CallsKey,
    ) -> Option<std::sync::Arc<CallsOf>> {
        if self.of.as_ref() != Some(key) {
            // Nodes and functions have new numbers.
            self.flame = FlameState::default();
            self.picked = None;
            self.of = Some(key.clone());
        }
        match session.ask(key) {
            Reply::Ready(calls) => Some(calls),
            Reply::Pending { .. } => {
                super::waiting(ui, "Adding up the calls…");
                None
            }
            Reply::Failed(message) => {
                super::failure(ui, &message);
                None
            }
        }
    }

    /// Draws the chosen view into the available room; returns whether a row or call was picked. `menu` fills the context menu
    /// of a row or call.
    pub(super) fn body(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        calls: &Calls,
        spec: &CallsSpec<'_>,
        mut menu: impl FnMut(&mut Ui, &Picked),
    ) -> bool {
        let text = self.text.trim().to_owned();
        if self.view == CallView::Flame {
            return self.flame_graph(ui, session, calls, spec, menu);
        }
        let is_heavy = self.view == CallView::Heavy;
        let root = match (is_heavy, spec.chained) {
            (true, true) => CallList::Chain(Vec::new()),
            (true, false) => CallList::Callers(Vec::new()),
            (false, _) => CallList::Callees(None),
        };
        let table_spec = CallTableSpec {
            id: spec.id.with(is_heavy),
            name: spec.name,
            key: spec.key.clone(),
            root,
            columns: if is_heavy { spec.heavy } else { spec.tree },
            // A filtered tree would lose the callers of matching functions.
            text: if is_heavy { &text } else { "" },
            empty_text: if text.is_empty() { "No allocations" } else { "No matching functions" },
        };
        let table = if is_heavy { &mut self.heavy } else { &mut self.tree };
        let answer = table.show(ui, session, calls, &table_spec, &mut menu);
        let was_picked = answer.selected.is_some();
        if let Some(picked) = answer.selected {
            if let Picked::Call(node) = picked {
                self.flame.select(Some(node));
            }
            self.picked = Some(picked);
        }
        if let Some(Picked::Call(node)) = answer.activated {
            self.view = CallView::Flame;
            if let Some(layout) =
                session.ask(&FlameOf { calls: spec.key.clone(), measures: self.measures.clone() }).ready()
            {
                self.flame.zoom_to(&layout, node);
            }
        }
        was_picked
    }

    fn flame_graph(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        calls: &Calls,
        spec: &CallsSpec<'_>,
        mut menu: impl FnMut(&mut Ui, &Picked),
    ) -> bool {
        let layout = match session.ask(&FlameOf { calls: spec.key.clone(), measures: self.measures.clone() }) {
            Reply::Ready(layout) => layout,
            Reply::Pending { .. } => {
                super::waiting(ui, "Laying out the calls…");
                return false;
            }
            Reply::Failed(message) => {
                super::failure(ui, &message);
                return false;
            }
        };
        if layout.width() == 0 {
            super::placeholder(ui, "Nothing to show: no allocations, or no live objects");
            return false;
        }
        self.way_back(ui, calls, &layout, spec.by_change);
        let flame = Flame {
            id: spec.id.with("flame"),
            calls,
            layout: &layout,
            measures: &self.measures,
            found: self.found.as_deref(),
            by_change: spec.by_change,
        };
        let (answer, response) = flame_graph::show(ui, &flame, &mut self.flame);
        if let Some(node) = answer.selected {
            self.picked = Some(Picked::Call(node));
        }
        if let Some(picked) = self.picked.clone() {
            context_menu::show(&response, response.rect.left_top(), |ui| menu(ui, &picked));
        }
        answer.selected.is_some()
    }

    /// Draws the path to the call that fills the flame graph, with links back up to everything.
    fn way_back(&mut self, ui: &mut Ui, calls: &Calls, layout: &crate::query::FlameLayout, by_change: bool) {
        let room = egui::vec2(ui.available_width(), 6.0 * GRID);
        ui.allocate_ui_with_layout(room, Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(2.0 * GRID);
            let measure = self.measures.first().and_then(|&at| calls.measures().get(at)).copied();
            flame_graph::legend::show(ui, measure.unwrap_or(Measure::Size), by_change);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| self.links_up(ui, calls, layout));
        });
    }

    fn links_up(&mut self, ui: &mut Ui, calls: &Calls, layout: &crate::query::FlameLayout) {
        /// The maximum number of callers shown.
        const SHOWN: usize = 3;
        ui.add_space(2.0 * GRID);
        ui.spacing_mut().item_spacing.x = GRID;
        if !self.flame.is_zoomed() {
            let hint = "Double-click a call to zoom to it; scroll to zoom, drag to move";
            ui.add(egui::Label::new(RichText::new(hint).font(theme::small()).weak()).truncate());
            return;
        }
        if ui.link(RichText::new("All").font(theme::small())).on_hover_text("Show everything   (Home)").clicked() {
            self.flame.reset();
        }
        let Some(zoomed) = self.flame.zoomed() else {
            ui.label(RichText::new("› zoomed in").font(theme::small()).weak());
            return;
        };
        let mut way: Vec<u32> =
            calls.tree().way_up(zoomed).filter(|&node| calls.tree().parent(node).is_some()).collect();
        way.reverse();
        let left_out = way.len().saturating_sub(SHOWN);
        let room = (ui.available_width() - 90.0) / convert::screen((way.len() - left_out).max(1)) - 24.0;
        if left_out > 0 {
            ui.label(RichText::new(format!("› … {left_out} more …")).font(theme::small()).weak());
        }
        for &node in &way[left_out..] {
            ui.label(RichText::new("›").font(theme::small()).weak());
            let name = calls
                .function(node)
                .map_or_else(String::new, |function| human::visible(function.label(), 80).into_owned());
            let text = RichText::new(text::middle(ui, &name, &theme::small(), room)).font(theme::small());
            if node == zoomed {
                ui.label(text.strong());
            } else if ui.link(text).clicked() {
                self.flame.zoom_to(layout, node);
            }
        }
    }

    /// Returns the selected function.
    fn function<'a>(&self, calls: &'a Calls) -> Option<&'a CallFunction> {
        function_of(calls, self.picked.as_ref()?)
    }

    /// Returns the position of the selected function in a file.
    pub(super) fn source_at(&self, of: SnapshotId, calls: &Calls) -> Option<SourceAt> {
        SourceAt::of_function(of, self.function(calls)?)
    }

    /// Draws, in one line, the picked function, its source location as a link, and its numbers. If there is little room,
    /// numbers are left out first, then the middle of the location. `of` is the file of the calls.
    pub(super) fn about(&self, ui: &mut Ui, calls: &Calls, of: SnapshotId, commands: &mut Vec<Command>) {
        let Some(picked) = &self.picked else {
            ui.weak("Select a function to see where it is defined");
            return;
        };
        let Some(function) = self.function(calls) else { return };
        let gap = ui.spacing().item_spacing.x;
        let body = egui::TextStyle::Body.resolve(ui.style());
        let width = |ui: &Ui, text: &str, font: &egui::FontId| {
            ui.painter().layout_no_wrap(text.to_owned(), font.clone(), egui::Color32::PLACEHOLDER).size().x + gap
        };
        let name = text::middle(ui, function.label(), &theme::mono(), ui.available_width() * 0.4);
        let place = function.place();
        let shown_place = if place.is_empty() { "runtime".to_owned() } else { place.clone() };
        let mut room = ui.available_width() - width(ui, &name, &theme::mono());
        let whole_place = width(ui, &shown_place, &theme::mono());
        let mut numbers = Vec::new();
        for number in numbers_of(ui, calls, picked) {
            let taken = width(ui, &number, &body);
            if whole_place.min(room * 0.5) + taken > room {
                break;
            }
            room -= taken;
            numbers.push(number);
        }
        ui.label(RichText::new(name).font(theme::mono()).strong()).on_hover_text(human::visible(function.label(), 300));
        let shown = text::middle(ui, &shown_place, &theme::mono(), room - gap);
        match SourceAt::of_function(of, function) {
            Some(at) => {
                let whole = human::visible(&place, 300);
                place_link::show(ui, &at, (&shown, &whole), theme::mono(), "", commands);
            }
            None => drop(ui.weak(shown)),
        }
        for number in numbers {
            ui.weak(number);
        }
    }
}

/// Returns the function of a row or call.
pub(super) fn function_of<'a>(calls: &'a Calls, picked: &Picked) -> Option<&'a CallFunction> {
    match picked {
        Picked::Call(node) => calls.function(*node),
        Picked::Callers(path) => path.last().and_then(|function| calls.functions().get(*function as usize)),
    }
}

/// Returns the numbers of a call as text; a function in many calls has none of its own.
fn numbers_of(ui: &Ui, calls: &Calls, picked: &Picked) -> Vec<String> {
    let Picked::Call(node) = picked else { return Vec::new() };
    let numbers = calls.numbers(*node);
    let units = theme::look(ui).units;
    let in_words = |(at, measure): (usize, &Measure)| {
        let amount = |value: u64| if measure.is_size() { units.bytes(value) } else { human::count(value) };
        let (own, total) = (amount(numbers.own[at]), amount(numbers.total[at]));
        format!("{} {total}, self {own}", measure_label(*measure).to_lowercase())
    };
    calls.measures().iter().enumerate().map(in_words).collect()
}

/// Returns a column for a name or a number.
pub(super) const fn column(key: CallKey, title: &'static str, hint: &'static str, width: f32) -> CallColumn {
    CallColumn { key, column: crate::ui::tree_table::Column { title, hint, width } }
}

/// Draws a choice of the measure that the flame graph shows.
pub(super) fn measure_choice(ui: &mut Ui, measures: &[Measure], chosen: &mut Vec<usize>) {
    let first = chosen.first().copied().unwrap_or(0);
    let label = measures.get(first).map_or("", |measure| measure_label(*measure));
    let combo = egui::ComboBox::from_id_salt("flame measure").selected_text(label).width(130.0);
    let response = combo.show_ui(ui, |ui| {
        for (at, measure) in measures.iter().enumerate() {
            if ui.selectable_label(at == first, measure_label(*measure)).clicked() {
                *chosen = vec![at];
            }
        }
    });
    ui.ctx().accesskit_node_builder(response.response.id, |node| node.set_label("Width of calls"));
}
