//! Retaining paths: several paths from one object to the roots, or those of many objects merged into one tree.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use egui::{Id, RichText, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role};

use super::{Place, Slot, object_menu};
use crate::model::{CancelToken, Cancelled, EdgeIndex, human};
use crate::query::{
    Comparison, DuplicateStrings, Filter, Growth, Lens, ListSpec, MergedPaths, RetainerDistances, Selection, Sort,
    edge_label, merged_paths, node_label, order, several_paths,
};
use crate::session::{Fact, Lane, Pending, Session, SnapshotId};
use crate::snapshot::Snapshot;
use crate::ui::command::{Command, NodeSet, Target, ViewKind};
use crate::ui::heap_rows::{RETAINED, SHALLOW, size_cell};
use crate::ui::theme::{self, GRID, Look};
use crate::ui::tree_table::{self, Cell, Column, Rows, Run, Table, TreeModel, TreeState};

/// Different paths of one object that are looked for.
const WANTED: usize = 8;
/// Steps of one path that are shown at its two ends.
const SHOWN_STEPS: usize = 40;

const FAILED: &str = "The paths could not be found: an error in this program";

const COLUMNS: [Column; 5] = [
    Column {
        title: "Path from the roots",
        hint: "Objects on the way, by class and by the reference that leads on",
        width: 0.0,
    },
    Column { title: "Objects", hint: "How many of the objects are reached this way", width: 86.0 },
    Column { title: "Share", hint: "Of all the objects", width: 70.0 },
    SHALLOW,
    RETAINED,
];

/// The pane's own state.
#[derive(Debug, Default)]
pub struct PathsPane {
    mode: Mode,
    /// What was selected last.
    target: Option<Target>,
}

#[derive(Debug, Default)]
enum Mode {
    #[default]
    Nothing,
    One {
        target: Target,
        ignored: Vec<crate::model::NodeOrdinal>,
        answer: Answer<Vec<Vec<EdgeIndex>>>,
    },
    Many {
        of: SnapshotId,
        title: String,
        nodes: NodeSet,
        answer: Answer<Arc<MergedPaths>>,
        table: Box<TreeState<Option<u32>>>,
        rows: HashMap<Option<u32>, Arc<Vec<u32>>>,
    },
}

#[derive(Debug)]
enum Answer<T> {
    /// Not asked for yet, for it needs something else first.
    Wanted,
    Waiting(Pending<T>),
    Known(T),
    Failed,
}

impl<T> Answer<T> {
    fn poll(&mut self) {
        if let Self::Waiting(pending) = self
            && let Some(answer) = pending.take()
        {
            *self = answer.map_or(Self::Failed, Self::Known);
        }
    }

    fn is_busy(&self) -> bool {
        matches!(self, Self::Wanted | Self::Waiting(_))
    }
}

impl PathsPane {
    /// Shows the paths of one object.
    pub fn set_target(&mut self, target: Target) {
        self.target = Some(target);
        // Who looks into the paths of many looks at one after the other of them.
        if matches!(&self.mode, Mode::Many { .. }) {
            return;
        }
        self.show_selected(target);
    }

    fn show_selected(&mut self, target: Target) {
        if !matches!(&self.mode, Mode::One { target: shown, .. } if *shown == target) {
            self.mode = Mode::One { target, ignored: Vec::new(), answer: Answer::Wanted };
        }
    }

    /// Shows the paths of many objects as one tree.
    pub fn merge(&mut self, of: SnapshotId, title: String, nodes: NodeSet) {
        let table = Box::default();
        self.mode = Mode::Many { of, title, nodes, answer: Answer::Wanted, table, rows: HashMap::new() };
    }

    /// Whether a table of merged paths is shown.
    #[must_use]
    pub fn is_merged(&self) -> bool {
        matches!(&self.mode, Mode::Many { .. })
    }

    /// Whether an answer is still on its way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        match &self.mode {
            Mode::Nothing => false,
            Mode::One { answer, .. } => answer.is_busy(),
            Mode::Many { answer, .. } => answer.is_busy(),
        }
    }

    /// `ignored` are the retainers that count for nothing, as in the pane of retainers.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        place: &Place,
        ignored_now: &[crate::model::NodeOrdinal],
    ) -> Vec<Command> {
        let mut commands = Vec::new();
        let mut cancelled = false;
        if let (Mode::Many { .. }, Some(target)) = (&self.mode, self.target) {
            ui.horizontal(|ui| {
                ui.add_space(2.0 * GRID);
                if ui.link("Only the selected object's paths").clicked() {
                    self.show_selected(target);
                }
            });
        }
        match &mut self.mode {
            Mode::Nothing => super::placeholder(ui, "Select an object to see its paths to the roots"),
            Mode::One { target, ignored, answer } => {
                if *ignored != ignored_now {
                    *ignored = ignored_now.to_vec();
                    *answer = Answer::Wanted;
                }
                let Some(snapshot) = session.snapshot(target.snapshot) else { return commands };
                ask_one(session, *target, &snapshot, ignored, answer);
                answer.poll();
                match answer {
                    Answer::Known(paths) => show_paths(ui, *target, &snapshot, paths, &mut commands),
                    Answer::Failed => super::failure(ui, FAILED),
                    _ => cancelled = super::busy(ui, "Looking for paths to the roots…"),
                }
            }
            Mode::Many { of, title, nodes, answer, table, rows } => {
                let Some(snapshot) = session.snapshot(*of) else { return commands };
                ask_many(session, (*of, &snapshot), nodes, answer);
                answer.poll();
                match answer {
                    Answer::Known(paths) => {
                        let home = Place { slot: Slot { side: place.slot.side, id: *of }, snapshot };
                        let merged = Merged { place: &home, paths, rows, look: theme::look(ui) };
                        merged.show(ui, title, table, &mut commands);
                    }
                    Answer::Failed => super::failure(ui, FAILED),
                    _ => cancelled = super::busy(ui, "Merging the paths to the roots…"),
                }
            }
        }
        if cancelled {
            self.mode = Mode::Nothing;
        }
        commands
    }
}

fn ask_one(
    session: &mut Session,
    target: Target,
    snapshot: &Arc<Snapshot>,
    ignored: &[crate::model::NodeOrdinal],
    answer: &mut Answer<Vec<Vec<EdgeIndex>>>,
) {
    if !matches!(answer, Answer::Wanted) {
        return;
    }
    let distances: Option<Arc<RetainerDistances>> = if ignored.is_empty() {
        None
    } else {
        match session.distances(target.snapshot, ignored) {
            Fact::Ready(distances) => Some(distances),
            _ => return,
        }
    };
    let snapshot = Arc::clone(snapshot);
    *answer = Answer::Waiting(session.ask(Lane::Question, move |cancel| {
        several_paths(&snapshot, target.node, WANTED, distances.as_deref(), cancel)
    }));
}

/// What a set of nodes needs to be listed.
enum Listed {
    Rows(ListSpec, Option<Arc<Selection>>),
    Copies(Arc<DuplicateStrings>, u32),
    Compared(Arc<Comparison>, u32, bool),
    Grown(Arc<Growth>, u32, bool),
}

fn ask_many(
    session: &mut Session,
    (id, snapshot): (SnapshotId, &Arc<Snapshot>),
    nodes: &NodeSet,
    answer: &mut Answer<Arc<MergedPaths>>,
) {
    if !matches!(answer, Answer::Wanted) {
        return;
    }
    let selected = |session: &mut Session, filter| match filter {
        &crate::query::NodeFilter::All => Some(None),
        filter => session.selection(id, filter).ready().map(Some),
    };
    let listed = match nodes {
        NodeSet::Class(class, filter) => {
            selected(session, filter).map(|selection| Listed::Rows(ListSpec::Members(*class), selection))
        }
        NodeSet::JoinedClass(class, filter) => {
            selected(session, filter).map(|selection| Listed::Rows(ListSpec::JoinedMembers(*class), selection))
        }
        NodeSet::Filter(filter) => {
            selected(session, filter).map(|selection| Listed::Rows(ListSpec::Selected, selection))
        }
        NodeSet::Copies(group) => session.duplicates(id).ready().map(|of| Listed::Copies(of, *group)),
        NodeSet::Compared { base, current, joined, class, new } => {
            let comparison = session.comparison(*base, *current, *joined).ready();
            comparison.map(|comparison| Listed::Compared(comparison, *class, *new))
        }
        NodeSet::Grown { series, class, survivors } => {
            session.growth(series).ready().map(|growth| Listed::Grown(growth, *class, *survivors))
        }
    };
    let Some(listed) = listed else { return };
    let snapshot = Arc::clone(snapshot);
    *answer = Answer::Waiting(session.ask(Lane::Question, move |cancel| {
        let nodes = list(&snapshot, listed, cancel)?;
        merged_paths(&snapshot, &nodes, cancel).map(Arc::new)
    }));
}

fn list(snapshot: &Snapshot, listed: Listed, cancel: &CancelToken) -> Result<Vec<u32>, Cancelled> {
    match listed {
        Listed::Rows(spec, selection) => {
            let lens = Lens { selection: selection.as_deref(), distances: None };
            let order = order(snapshot, spec, Sort::BY_RETAINED_SIZE, &Filter::default(), lens, cancel)?;
            Ok(order.rows.to_vec())
        }
        Listed::Copies(duplicates, group) => Ok(duplicates.copies(group).to_vec()),
        Listed::Compared(comparison, class, true) => Ok(comparison.new_objects(class as usize).to_vec()),
        Listed::Compared(comparison, class, false) => Ok(comparison.deleted_objects(class as usize).to_vec()),
        Listed::Grown(growth, class, true) => Ok(growth.survivors(class as usize).to_vec()),
        Listed::Grown(growth, class, false) => Ok(growth.new_objects(class as usize).to_vec()),
    }
}

/// A path as text: the object first, then who holds it, up to a root.
#[must_use]
pub fn path_text(snapshot: &Snapshot, target: Target, path: &[EdgeIndex]) -> String {
    let mut text = format!("{} {}", node_label(snapshot, target.node), snapshot.id(target.node));
    for &edge in path {
        let source = snapshot.graph().edge_source(edge);
        let _ = write!(
            text,
            "\n  {} in {} {}",
            edge_label(snapshot, edge),
            node_label(snapshot, source),
            snapshot.id(source)
        );
    }
    text
}

fn show_paths(ui: &mut Ui, target: Target, snapshot: &Snapshot, paths: &[Vec<EdgeIndex>], commands: &mut Vec<Command>) {
    if paths.is_empty() || paths.iter().all(Vec::is_empty) {
        super::placeholder(ui, super::no_retainers(snapshot, target.node));
        return;
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        egui::Frame::new().inner_margin(egui::Margin::symmetric(8, 4)).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            ui.spacing_mut().interact_size.y = 4.0 * GRID;
            for (at, path) in paths.iter().enumerate() {
                ui.horizontal(|ui| {
                    ui.label(RichText::new(format!("Path {}", at + 1)).strong());
                    ui.weak(human::quantity(path.len() as u64, "reference", "references"));
                    if ui.link("Copy").on_hover_text("This path as text").clicked() {
                        commands.push(Command::Copy(path_text(snapshot, target, path)));
                    }
                });
                let skipped = path.len().saturating_sub(2 * SHOWN_STEPS);
                for (step, &edge) in path.iter().enumerate() {
                    if skipped > 0 && step == SHOWN_STEPS {
                        ui.weak(format!(
                            "      … {} …",
                            human::quantity(skipped as u64, "more reference", "more references")
                        ));
                    }
                    if skipped == 0 || step < SHOWN_STEPS || step >= path.len() - SHOWN_STEPS {
                        show_step(ui, target.snapshot, snapshot, edge, commands);
                    }
                }
                ui.add_space(2.0 * GRID);
            }
            if paths.len() == WANTED {
                ui.weak(format!("The {WANTED} shortest that differ; there are more"));
            }
        });
    });
}

fn show_step(ui: &mut Ui, id: SnapshotId, snapshot: &Snapshot, edge: EdgeIndex, commands: &mut Vec<Command>) {
    let tokens = theme::tokens(ui);
    let source = snapshot.graph().edge_source(edge);
    let cell = crate::ui::heap_rows::node_cell(snapshot, source, Vec::new(), tokens);
    let mut job = egui::text::LayoutJob::default();
    let mut append = |text: &str, color| {
        job.append(text, 0.0, egui::TextFormat { font_id: theme::mono(), color, ..egui::TextFormat::default() });
    };
    append(&edge_label(snapshot, edge), tokens.property);
    append(" in ", tokens.weak);
    for run in cell.runs.iter().chain(&crate::ui::heap_rows::key_runs(snapshot, edge, tokens)) {
        append(&run.text, run.color);
    }
    ui.horizontal(|ui| {
        ui.add_space(4.0 * GRID);
        let label = egui::Label::new(job).truncate().selectable(false).sense(Sense::click());
        let response = ui.add(label).on_hover_cursor(egui::CursorIcon::PointingHand);
        let text = format!("Step {} in {}", edge_label(snapshot, edge), cell.plain());
        response.widget_info(|| WidgetInfo::labeled(Role::Link, true, &text));
        let target = Target { snapshot: id, node: source };
        if response.clicked() {
            commands.push(Command::Reveal(target, ViewKind::Summary));
        }
        response.context_menu(|ui| {
            object_menu(ui, snapshot, target, commands);
            super::item(ui, "Ignore this retainer", commands, || Command::Ignore(target));
        });
    });
}

/// The merged tree as rows: `None` lists what stands at the roots.
struct Merged<'a> {
    place: &'a Place,
    paths: &'a Arc<MergedPaths>,
    rows: &'a mut HashMap<Option<u32>, Arc<Vec<u32>>>,
    look: Look,
}

impl TreeModel for Merged<'_> {
    type List = Option<u32>;

    fn rows(&mut self, list: &Option<u32>) -> Rows {
        let rows = self.rows.entry(*list).or_insert_with(|| Arc::new(self.paths.children(*list).collect()));
        Rows::Ready(Arc::clone(rows))
    }

    fn children(&self, _: &Option<u32>, path: &[u32]) -> Option<Option<u32>> {
        let row = *path.last()?;
        (!self.paths.children(Some(row)).is_empty()).then_some(Some(row))
    }

    #[expect(clippy::cast_precision_loss, reason = "a percentage")]
    fn cell(&self, _: &Option<u32>, path: &[u32], column: usize) -> Cell {
        let Some(group) = path.last().and_then(|&row| self.paths.groups.get(row as usize)) else {
            return Cell::default();
        };
        let (snapshot, tokens) = (&self.place.snapshot, self.look.tokens);
        let total = snapshot.total_size();
        match column {
            0 => {
                let mut runs = Vec::new();
                if let Some(edge) = group.edge {
                    runs.push(Run::new(edge_label(snapshot, edge), tokens.property));
                    runs.push(Run::new(" → ", tokens.weak));
                }
                let class = &snapshot.classes().get(group.class).name;
                runs.push(Run::new(human::visible(class, 120), tokens.text));
                if group.ends > 0 {
                    runs.push(Run::new("  •", tokens.accent));
                }
                Cell { runs, bar: None, tooltip: None }
            }
            1 => Cell::text(human::count(group.count), tokens.text),
            2 => {
                let share = group.count as f64 / self.paths.count.max(1) as f64;
                let mut cell = Cell::text(format!("{:.0} %", share * 100.0), tokens.text);
                #[expect(clippy::cast_possible_truncation, reason = "a fraction")]
                let bar = share as f32;
                cell.bar = Some(bar);
                cell
            }
            3 => size_cell(group.shallow_size, total, self.look),
            _ => size_cell(group.retained_size, total, self.look),
        }
    }
}

impl Merged<'_> {
    fn show(mut self, ui: &mut Ui, title: &str, table: &mut TreeState<Option<u32>>, commands: &mut Vec<Command>) {
        ui.horizontal(|ui| {
            ui.add_space(2.0 * GRID);
            let count = human::count(self.paths.count);
            let title = human::visible(title, 80);
            let text = format!("Paths from the roots to {count} × {title}; • marks where they are");
            ui.add(egui::Label::new(RichText::new(text).weak()).truncate());
        });
        let spec = Table {
            id: Id::unique(("merged paths", self.place.slot)),
            name: "Merged paths",
            columns: &COLUMNS,
            sorted_by: (1, true),
            empty_text: "No way leads from the roots to any of them",
        };
        if table.row_count() == 0 {
            // The way that most objects share lies open.
            let mut path = Vec::new();
            let mut at = None;
            while let Some(first) = self.paths.children(at).next() {
                path.push(first);
                at = Some(first);
                if path.len() > 60 {
                    break;
                }
            }
            path.pop();
            table.expand(path);
        }
        let (place, paths) = (self.place, Arc::clone(self.paths));
        let example = |path: &[u32]| {
            let group = paths.groups.get(*path.last()? as usize)?;
            Some(place.target(group.example))
        };
        let answer = tree_table::show(ui, &spec, &None, table, &mut self, |ui, _, path| {
            if let Some(target) = example(path) {
                ui.weak("An object of these:");
                object_menu(ui, &place.snapshot, target, commands);
            }
        });
        if let Some(target) = answer.activated.as_deref().and_then(example) {
            commands.push(Command::Reveal(target, ViewKind::Summary));
        }
    }
}
