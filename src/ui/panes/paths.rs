//! Retaining paths: several paths from one object to the roots, or those of many objects merged into one tree.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use egui::{Align, Layout, RichText, Ui};

use super::path_tables::{Merged, PathList, PathRows};
use super::{Place, Slot};
use crate::model::{CancelToken, Cancelled, EdgeIndex, NodeOrdinal, SnapshotId, human};
use crate::query::{
    Comparison, ComparisonOf, DistancesWithout, DuplicateStrings, DuplicatesOf, Filter, Growth, GrowthOf, Lane, Lens,
    ListSpec, MergedPaths, RetainerDistances, ScriptsOf, Selection, SelectionOf, Sort, edge_label, merged_paths,
    node_label, order, several_paths,
};
use crate::session::{Pending, Reply, Session};
use crate::snapshot::Snapshot;
use crate::ui::command::{Command, NodeSet, Target};
use crate::ui::theme::{self, GRID};
use crate::ui::tree_table::{RowSelection, TreeState};

/// The maximum number of different paths of one object.
pub(super) const WANTED: usize = 8;

const FAILED: &str = "internal error while finding the paths (please report it)";

/// The least room for the title of the paths.
const LEAST_TITLE: f32 = 60.0;

/// A set of objects whose retaining paths are merged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MergeRequest {
    pub of: SnapshotId,
    pub title: String,
    pub nodes: NodeSet,
}

/// The pane's own state.
#[derive(Debug, Default)]
pub struct PathsPane {
    mode: Mode,
    /// The object that was selected last.
    target: Option<Target>,
}

#[derive(Debug, Default)]
enum Mode {
    #[default]
    Nothing,
    One {
        target: Target,
        ignored: Vec<NodeOrdinal>,
        answer: Answer<Vec<Vec<EdgeIndex>>>,
        table: Box<TreeState<PathList>>,
    },
    Many {
        request: Arc<MergeRequest>,
        answer: Answer<Arc<MergedPaths>>,
        table: Box<TreeState<Option<u32>>>,
        rows: HashMap<Option<u32>, Arc<Vec<u32>>>,
    },
}

#[derive(Debug)]
enum Answer<T> {
    /// Not requested yet, because other answers are needed first.
    Wanted,
    Waiting(Pending<T>),
    Known(T),
    Failed,
}

impl<T> Answer<T> {
    /// Polls the answer; returns whether it has just arrived.
    fn poll(&mut self) -> bool {
        if let Self::Waiting(pending) = self
            && let Some(answer) = pending.take()
        {
            *self = answer.map_or(Self::Failed, Self::Known);
            return true;
        }
        false
    }

    fn is_busy(&self) -> bool {
        matches!(self, Self::Wanted | Self::Waiting(_))
    }
}

impl PathsPane {
    /// Shows the paths of one object, or of none.
    pub fn set_target(&mut self, target: Option<Target>) {
        self.target = target;
        // Merged paths stay while the user selects one of their objects after another.
        if !self.is_merged() {
            self.show_selected();
        }
    }

    /// Shows the paths of the last selected object.
    fn show_selected(&mut self) {
        let Some(target) = self.target else {
            self.mode = Mode::Nothing;
            return;
        };
        if !matches!(&self.mode, Mode::One { target: shown, .. } if *shown == target) {
            self.mode = Mode::One { target, ignored: Vec::new(), answer: Answer::Wanted, table: Box::default() };
        }
    }

    /// Shows the paths of many objects as one tree, or only those of the selected object.
    pub fn merge(&mut self, request: Option<Arc<MergeRequest>>) {
        match request {
            Some(request) if self.merged() != Some(&request) => {
                self.mode = Mode::Many { request, answer: Answer::Wanted, table: Box::default(), rows: HashMap::new() };
            }
            Some(_) => {}
            None => self.show_selected(),
        }
    }

    /// Returns the objects whose merged paths are shown, if they are.
    #[must_use]
    pub fn merged(&self) -> Option<&Arc<MergeRequest>> {
        match &self.mode {
            Mode::Many { request, .. } => Some(request),
            _ => None,
        }
    }

    /// Returns one of the objects whose merged paths are shown, of the largest group.
    #[must_use]
    pub fn example(&self) -> Option<Target> {
        let Mode::Many { request, answer: Answer::Known(paths), .. } = &self.mode else { return None };
        Some(Target { snapshot: request.of, node: paths.example? })
    }

    /// Returns whether merged paths are shown.
    #[must_use]
    pub fn is_merged(&self) -> bool {
        self.merged().is_some()
    }

    /// Returns whether an answer is pending.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        match &self.mode {
            Mode::Nothing => false,
            Mode::One { answer, .. } => answer.is_busy(),
            Mode::Many { answer, .. } => answer.is_busy(),
        }
    }

    /// Returns the table on screen.
    #[must_use]
    pub fn table(&self) -> Option<&dyn RowSelection> {
        match &self.mode {
            Mode::Nothing => None,
            Mode::One { table, .. } => Some(&**table),
            Mode::Many { table, .. } => Some(&**table),
        }
    }

    /// Returns the table on screen.
    pub fn table_mut(&mut self) -> Option<&mut dyn RowSelection> {
        match &mut self.mode {
            Mode::Nothing => None,
            Mode::One { table, .. } => Some(&mut **table),
            Mode::Many { table, .. } => Some(&mut **table),
        }
    }

    /// Draws the pane. `ignored_now` are the ignored retainers, as in the Retainers pane.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        place: &Place,
        ignored_now: &[NodeOrdinal],
    ) -> Vec<Command> {
        let mut commands = Vec::new();
        let mut cancelled = false;
        self.heading(ui, session);
        match &mut self.mode {
            Mode::Nothing => super::placeholder(ui, "Select an object to see its paths to the roots"),
            Mode::One { target, ignored, answer, table } => {
                if *ignored != ignored_now {
                    *ignored = ignored_now.to_vec();
                    *answer = Answer::Wanted;
                    table.reset();
                }
                let Some(snapshot) = session.snapshot(target.snapshot) else { return commands };
                ask_one(session, *target, &snapshot, ignored, answer);
                let is_new = answer.poll();
                let scripts = session.ask(&ScriptsOf(target.snapshot)).ready();
                match answer {
                    Answer::Known(paths) => {
                        let home = Place { slot: Slot { side: place.slot.side, id: target.snapshot }, snapshot };
                        let look = theme::look(ui);
                        let mut paths = PathRows { place: &home, target: *target, paths, scripts, look };
                        if is_new {
                            paths.open_all(table);
                        }
                        paths.show(ui, table, &mut commands);
                    }
                    Answer::Failed => super::failure(ui, FAILED),
                    _ => cancelled = super::busy(ui, "Finding paths to the roots…"),
                }
            }
            Mode::Many { request, answer, table, rows } => {
                let Some(snapshot) = session.snapshot(request.of) else { return commands };
                ask_many(session, (request.of, &snapshot), &request.nodes, answer);
                answer.poll();
                match answer {
                    Answer::Known(paths) => {
                        let home = Place { slot: Slot { side: place.slot.side, id: request.of }, snapshot };
                        let merged = Merged { place: &home, paths, rows, look: theme::look(ui) };
                        merged.show(ui, table, &mut commands);
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

    /// Draws the heading: the objects, and a link back to the paths of one. It is always one line, so that the table below does
    /// not move.
    fn heading(&mut self, ui: &mut Ui, session: &Session) {
        let text = match &self.mode {
            Mode::Nothing => String::new(),
            Mode::One { target, answer, .. } => session.snapshot(target.snapshot).map_or_else(String::new, |of| {
                let label = format!("{} {}", node_label(&of, target.node), of.id(target.node));
                match answer {
                    Answer::Known(paths) if paths.len() == WANTED => {
                        format!("of {label}: the {WANTED} shortest paths; more exist")
                    }
                    _ => format!("of {label}"),
                }
            }),
            Mode::Many { request, answer, .. } => {
                let title = human::visible(&request.title, 80);
                match answer {
                    Answer::Known(paths) => {
                        let objects = human::quantity(paths.count, "object", "objects");
                        format!("Paths from the roots to {objects}: {title}; • marks them")
                    }
                    _ => format!("Paths from the roots: {title}"),
                }
            }
        };
        ui.horizontal(|ui| {
            ui.add_space(2.0 * GRID);
            ui.set_min_height(5.0 * GRID);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.add_space(2.0 * GRID);
                if self.is_merged() {
                    let link = egui::Link::new("Show paths of selected object");
                    if ui.add_enabled(self.target.is_some(), link).clicked() {
                        self.show_selected();
                    }
                }
                if ui.available_width() > LEAST_TITLE {
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        ui.add(egui::Label::new(RichText::new(text).weak()).truncate());
                    });
                }
            });
        });
    }
}

fn ask_one(
    session: &mut Session,
    target: Target,
    snapshot: &Arc<Snapshot>,
    ignored: &[NodeOrdinal],
    answer: &mut Answer<Vec<Vec<EdgeIndex>>>,
) {
    if !matches!(answer, Answer::Wanted) {
        return;
    }
    let distances: Option<Arc<RetainerDistances>> = if ignored.is_empty() {
        None
    } else {
        match session.ask(&DistancesWithout { snapshot: target.snapshot, ignored: ignored.to_vec() }) {
            Reply::Ready(distances) => Some(distances),
            _ => return,
        }
    };
    let snapshot = Arc::clone(snapshot);
    *answer = Answer::Waiting(session.spawn(Lane::Question, move |cancel| {
        several_paths(&snapshot, target.node, WANTED, distances.as_deref(), cancel)
    }));
}

/// The answers needed to list a set of nodes.
enum Listed {
    Rows(Vec<ListSpec>, Option<Arc<Selection>>),
    Copies(Arc<DuplicateStrings>, u32),
    These(Arc<[NodeOrdinal]>),
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
        filter => session.ask(&SelectionOf { snapshot: id, filter: filter.clone() }).ready().map(Some),
    };
    let listed = match nodes {
        NodeSet::Class(class, filter) => {
            selected(session, filter).map(|selection| Listed::Rows(vec![ListSpec::Members(*class)], selection))
        }
        NodeSet::JoinedClass(class, filter) => {
            selected(session, filter).map(|selection| Listed::Rows(vec![ListSpec::JoinedMembers(*class)], selection))
        }
        NodeSet::Classes { classes, joined, filter } => {
            let members = if *joined { ListSpec::JoinedMembers } else { ListSpec::Members };
            let lists = classes.iter().copied().map(members).collect();
            selected(session, filter).map(|selection| Listed::Rows(lists, selection))
        }
        NodeSet::Filter(filter) => {
            selected(session, filter).map(|selection| Listed::Rows(vec![ListSpec::Selected], selection))
        }
        NodeSet::Copies(group) => session.ask(&DuplicatesOf(id)).ready().map(|of| Listed::Copies(of, *group)),
        NodeSet::These(nodes) => Some(Listed::These(Arc::clone(nodes))),
        NodeSet::Compared { base, current, joined, class, new } => {
            let comparison = session.ask(&ComparisonOf { base: *base, current: *current, joined: *joined }).ready();
            comparison.map(|comparison| Listed::Compared(comparison, *class, *new))
        }
        NodeSet::Grown { series, class, survivors } => {
            session.ask(&GrowthOf(Arc::clone(series))).ready().map(|growth| Listed::Grown(growth, *class, *survivors))
        }
    };
    let Some(listed) = listed else { return };
    let snapshot = Arc::clone(snapshot);
    *answer = Answer::Waiting(session.spawn(Lane::Question, move |cancel| {
        let nodes = list(&snapshot, listed, cancel)?;
        merged_paths(&snapshot, &nodes, cancel).map(Arc::new)
    }));
}

fn list(snapshot: &Snapshot, listed: Listed, cancel: &CancelToken) -> Result<Vec<u32>, Cancelled> {
    match listed {
        Listed::Rows(lists, selection) => {
            let lens = Lens { selection: selection.as_deref(), distances: None };
            let mut rows = Vec::new();
            for list in lists {
                let order = order(snapshot, list, Sort::BY_RETAINED_SIZE, &Filter::default(), lens, cancel)?;
                rows.extend_from_slice(&order.rows);
            }
            Ok(rows)
        }
        Listed::Copies(duplicates, group) => Ok(duplicates.copies(group).to_vec()),
        Listed::These(nodes) => Ok(nodes.iter().map(|node| node.0).collect()),
        Listed::Compared(comparison, class, true) => Ok(comparison.new_objects(class as usize).to_vec()),
        Listed::Compared(comparison, class, false) => Ok(comparison.deleted_objects(class as usize).to_vec()),
        Listed::Grown(growth, class, true) => Ok(growth.survivors(class as usize).to_vec()),
        Listed::Grown(growth, class, false) => Ok(growth.new_objects(class as usize).to_vec()),
    }
}

/// Returns a path as text: the object first, then its retainers up to a root.
#[must_use]
pub(crate) fn path_text(snapshot: &Snapshot, target: Target, path: &[EdgeIndex]) -> String {
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
