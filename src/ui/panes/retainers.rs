//! Retainers: what keeps the selected object alive, with the shortest path to the roots expanded.

use std::sync::Arc;

use egui::{RichText, Ui};

use super::path_chips::{self, Pressed};
use super::tree::TreeSpec;
use super::{Place, TreePane, chip};
use crate::findings::FoldedPathOf;
use crate::model::{EdgeIndex, NodeOrdinal, SnapshotId, human};
use crate::query::{
    DistancesWithout, Filter, Freed, Lane, ListSpec, Sort, cut_edge, edge_label, ephemeron_ids, node_label,
    shortest_path,
};
use crate::session::{Pending, Reply, Session};
use crate::ui::command::{Command, Target, ViewKind};
use crate::ui::text;
use crate::ui::theme::{self, GRID};
use crate::ui::tree_table::Column;

const NAMES: Column = Column {
    title: "Retainer",
    hint: "The object that holds the reference, and the reference's name in it",
    width: 0.0,
};
/// The width of the mark beside the object's name.
const MARK_WIDTH: f32 = 22.0 * GRID;
/// The number of levels of the shortest path that are expanded automatically.
const OPEN_LEVELS: usize = 100;

/// The pane's own state.
#[derive(Debug)]
pub struct RetainersPane {
    target: Option<Target>,
    path: Option<Pending<Vec<EdgeIndex>>>,
    /// True if the shortest path is to be expanded once the distances without ignored objects are known.
    wants_path: bool,
    pub tree: TreePane,
    /// Objects of the target's snapshot that are treated as if they held nothing, ascending.
    pub ignored: Vec<NodeOrdinal>,
    /// The snapshot of the ignored objects.
    ignored_in: Option<SnapshotId>,
    /// The memory that cutting the selected reference would free.
    cut: Option<(EdgeIndex, Cut)>,
    /// The first reference of the shortest path, once that is known.
    nearest: Option<EdgeIndex>,
    /// True if the folded path shows all steps.
    is_path_open: bool,
}

#[derive(Debug)]
enum Cut {
    Waiting(Pending<Freed>),
    Known(Freed),
}

impl Default for RetainersPane {
    fn default() -> Self {
        let tree = TreePane { sort: Sort::BY_DISTANCE, ..TreePane::default() };
        Self {
            target: None,
            path: None,
            wants_path: false,
            tree,
            ignored: Vec::new(),
            ignored_in: None,
            cut: None,
            nearest: None,
            is_path_open: false,
        }
    }
}

impl RetainersPane {
    /// Shows the retainers of another object, or of none.
    pub fn set_target(&mut self, target: Option<Target>) {
        if self.target == target {
            return;
        }
        if let (Some(before), Some(now)) = (self.ignored_in, target)
            && before != now.snapshot
        {
            self.ignored.clear();
        }
        self.ignored_in = target.map(|target| target.snapshot).or(self.ignored_in);
        self.target = target;
        self.look_again();
    }

    fn look_again(&mut self) {
        self.tree.table.reset();
        self.path = None;
        self.wants_path = self.target.is_some();
        self.cut = None;
        self.nearest = None;
        self.is_path_open = false;
    }

    pub fn ignore(&mut self, node: NodeOrdinal) {
        if let Err(at) = self.ignored.binary_search(&node) {
            self.ignored.insert(at, node);
            self.look_again();
        }
    }

    pub fn restore(&mut self, node: NodeOrdinal) {
        if let Ok(at) = self.ignored.binary_search(&node) {
            self.ignored.remove(at);
            self.look_again();
        }
    }

    pub fn restore_all(&mut self) {
        self.ignored.clear();
        self.look_again();
    }

    /// Returns the object whose retainers are shown.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        self.target
    }

    /// Returns whether the shortest path is still being searched or expanded.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.wants_path || self.path.is_some() || self.tree.table.is_revealing()
    }

    /// Draws the pane. `place` is the view's; the object may be in another snapshot, as the deleted ones of a comparison are.
    pub fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        let mut commands = Vec::new();
        let Some((target, snapshot)) = self.target.and_then(|at| session.snapshot(at.snapshot).map(|of| (at, of)))
        else {
            super::placeholder(ui, "Select an object to see what keeps it alive");
            return commands;
        };
        let slot = super::Slot { side: place.slot.side, id: target.snapshot };
        let home = Place { slot, snapshot };
        Self::heading(ui, &home, target);
        self.folded(ui, session, &home, target, &mut commands);
        let distances = if self.ignored.is_empty() {
            None
        } else {
            let reply = session.ask(&DistancesWithout { snapshot: target.snapshot, ignored: self.ignored.clone() });
            let cancel = || commands.push(Command::RestoreAll);
            let text = "Finding paths without ignored objects…";
            let Some(distances) = super::answer(ui, reply, text, cancel) else { return commands };
            Some(distances)
        };
        if std::mem::take(&mut self.wants_path) {
            let (snapshot, distances) = (Arc::clone(&home.snapshot), distances.clone());
            self.path = Some(session.spawn(Lane::Interactive, move |cancel| {
                shortest_path(&snapshot, target.node, distances.as_deref(), cancel)
            }));
        }
        if let Some(Ok(path)) = self.path.as_mut().and_then(Pending::take) {
            self.path = None;
            // The table expands the rows as their lists arrive.
            let rows: Vec<u32> = path.iter().take(OPEN_LEVELS).map(|edge| edge.0).collect();
            if let Some((_, above)) = rows.split_last() {
                self.tree.table.expand(above.to_vec());
            }
            self.nearest = rows.first().copied().map(EdgeIndex);
        }
        let empty = super::no_retainers(&home.snapshot, target.node);
        let mut spec = TreeSpec::new("Retainers", ListSpec::Retainers(target.node), NAMES, empty);
        spec.filter = Filter { ignored: self.ignored.clone(), ..Filter::default() };
        spec.distances = distances;
        spec.selects = false;
        let room = ui.available_rect_before_wrap();
        let cut = |rect: egui::Rect, height: f32| {
            rect.split_top_bottom_at_y((rect.bottom() - height).max(rect.top() + LEAST_TABLE_HEIGHT))
        };
        let (above, footer) = cut(room, FOOTER_HEIGHT);
        let (table, ignored) = cut(above, if self.ignored.is_empty() { 0.0 } else { FOOTER_HEIGHT + GRID });
        ui.scope_builder(egui::UiBuilder::new().max_rect(table), |ui| {
            commands.extend(self.tree.show(ui, session, &home, &spec));
        });
        if !self.ignored.is_empty() {
            ui.scope_builder(egui::UiBuilder::new().max_rect(ignored), |ui| {
                self.ignored_line(ui, session, &home, &mut commands);
            });
        }
        ui.scope_builder(egui::UiBuilder::new().max_rect(footer), |ui| {
            self.footer(ui, session, &home, &mut commands);
        });
        commands
    }

    fn heading(ui: &mut Ui, home: &Place, target: Target) {
        let snapshot = &home.snapshot;
        ui.horizontal(|ui| {
            ui.add_space(2.0 * GRID);
            let of = format!("of {} {}", node_label(snapshot, target.node), snapshot.id(target.node));
            let room = egui::vec2(ui.available_width() - MARK_WIDTH, ui.available_height());
            ui.allocate_ui(room, |ui| {
                ui.add(egui::Label::new(RichText::new(of).font(theme::mono()).weak()).truncate());
            });
            super::unreachable_mark(ui, snapshot, target.node);
        });
    }

    /// Draws the folded path to the object in up to two lines. The table has all of its steps.
    fn folded(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        home: &Place,
        target: Target,
        commands: &mut Vec<Command>,
    ) {
        if ui.available_height() < LEAST_HEIGHT_WITH_PATH || !self.ignored.is_empty() {
            return;
        }
        let question = FoldedPathOf { snapshot: target.snapshot, node: target.node };
        let reply = session.ask(&question);
        // The same height for every path, so that the table does not move when the path arrives.
        let size = egui::vec2(ui.available_width(), PATH_HEIGHT);
        let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
        // A child that allocates nothing: its content never changes the place of what follows.
        let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(rect.shrink2(egui::vec2(2.0 * GRID, 0.0))));
        let Some(path) = reply.ready().filter(|path| path.0.len() > 1) else { return };
        egui::ScrollArea::vertical().id_salt("folded path").auto_shrink(false).show(&mut ui, |ui| {
            let shown = path_chips::of_path(&path.0, self.is_path_open);
            let id = ui.scope_id().with("path of the object");
            let pressed = path_chips::show(ui, id, (&path.0, None), &shown);
            let at = |at: usize| path.0.get(at).map(|step| home.target(step.node));
            match pressed {
                Some(Pressed::Select(step)) => {
                    // The object beside the tree is no longer that of one of its rows.
                    self.tree.table.select(None);
                    commands.push(Command::Inspect(at(step)));
                }
                Some(Pressed::Reveal(step)) => {
                    commands.extend(at(step).map(|target| Command::Reveal(target, ViewKind::SUMMARY)));
                }
                Some(Pressed::Open) => self.is_path_open = true,
                None => {}
            }
        });
    }

    /// Draws the ignored objects in one line below the table, so that the table does not move.
    fn ignored_line(&self, ui: &mut Ui, session: &mut Session, home: &Place, commands: &mut Vec<Command>) {
        let snapshot = &home.snapshot;
        egui::ScrollArea::horizontal().id_salt("ignored").show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.add_space(2.0 * GRID);
                ui.weak("Ignored");
                if let Reply::Ready(distances) =
                    session.ask(&DistancesWithout { snapshot: home.slot.id, ignored: self.ignored.clone() })
                {
                    let size = theme::look(ui).units.bytes(distances.lost_size);
                    let count = human::quantity(distances.lost_count, "object", "objects");
                    let hint = "Only the ignored objects keep these alive";
                    ui.weak(format!("objects keep {count} alive, {size}")).on_hover_text(hint);
                }
                if ui.link("Restore all").clicked() {
                    commands.push(Command::RestoreAll);
                }
                for &node in self.ignored.iter().take(12) {
                    let label = human::visible(&node_label(snapshot, node), 32).into_owned();
                    let text = format!("{label} {}", snapshot.id(node));
                    if chip(ui, &text, &format!("Restore {text}")) {
                        commands.push(Command::Restore(node));
                    }
                }
                if self.ignored.len() > 12 {
                    ui.weak(format!("and {} more", self.ignored.len() - 12));
                }
            });
        });
    }

    /// Draws the full name of the selected reference, without one of the nearest, and the memory that cutting it would
    /// free.
    fn footer(&mut self, ui: &mut Ui, session: &Session, home: &Place, commands: &mut Vec<Command>) {
        let selected = self.tree.table.selection().and_then(|path| path.last().copied()).map(EdgeIndex);
        let snapshot = &home.snapshot;
        let Some(edge) = selected.or(self.nearest) else {
            if self.tree.table.row_count() == 0 {
                return;
            }
            ui.horizontal(|ui| {
                ui.add_space(2.0 * GRID);
                let hint = RichText::new("Select a reference to see what cutting it would free").weak();
                ui.add(egui::Label::new(hint).truncate());
            });
            return;
        };
        if self.cut.as_ref().is_none_or(|(of, _)| *of != edge) {
            let of = Arc::clone(snapshot);
            let pending = session.spawn(Lane::Interactive, move |cancel| cut_edge(&of, edge, cancel));
            self.cut = Some((edge, Cut::Waiting(pending)));
        }
        if let Some((_, cut)) = &mut self.cut
            && let Cut::Waiting(pending) = cut
            && let Some(Ok(freed)) = pending.take()
        {
            *cut = Cut::Known(freed);
        }
        ui.horizontal(|ui| {
            ui.add_space(2.0 * GRID);
            let name = edge_label(snapshot, edge);
            if let Some(ids) = ephemeron_ids(&snapshot.edge_name(edge)) {
                ui.weak("WeakMap entry:");
                for (what, id) in [("key", ids.key), ("value", ids.value), ("table", ids.table)] {
                    if ui.link(format!("{what} @{id}")).clicked() {
                        commands.push(Command::Find(home.slot.id, id));
                    }
                }
            }
            let text = match &self.cut {
                Some((_, Cut::Known(freed))) if freed.count > 0 => {
                    let size = theme::look(ui).units.bytes(freed.shallow_size);
                    format!("Cutting {name} would free {size} in {}", human::quantity(freed.count, "object", "objects"))
                }
                Some((_, Cut::Known(freed))) => {
                    let held = snapshot.id(snapshot.graph().edge_target(edge));
                    if let Some(other) = freed.held_by {
                        let holder = snapshot.graph().edge_source(other);
                        let label = human::visible(&node_label(snapshot, holder), 60).into_owned();
                        let other = format!("{} in {label} {}", edge_label(snapshot, other), snapshot.id(holder));
                        let about = format!("Cutting {name} alone frees nothing: {held} is also held by");
                        let font = egui::TextStyle::Body.resolve(ui.style());
                        // The link keeps a third of the line.
                        let about = text::middle(ui, &about, &font, ui.available_width() * 0.66);
                        ui.weak(about);
                        let room = ui.available_width() - ui.spacing().item_spacing.x;
                        let shown = text::middle(ui, &other, &font, room);
                        let hint = format!("Go to the other retainer, {other}");
                        if ui.link(shown).on_hover_text(hint).clicked() {
                            commands.push(Command::Reveal(home.target(holder), ViewKind::SUMMARY));
                        }
                        return;
                    }
                    format!("Cutting {name} frees nothing: it does not keep {held} alive")
                }
                _ => String::new(),
            };
            ui.add(egui::Label::new(RichText::new(text).weak()).truncate());
        });
    }
}

const FOOTER_HEIGHT: f32 = 26.0;
const LEAST_TABLE_HEIGHT: f32 = 60.0;
/// The height of two lines of the folded path; longer ones scroll.
const PATH_HEIGHT: f32 = 13.0 * GRID;
/// The folded path is shown if at least this height is left for it and the table.
const LEAST_HEIGHT_WITH_PATH: f32 = 150.0;
