//! Retainers: what keeps the selected object alive, with the shortest way to the roots laid open.

use std::sync::Arc;

use egui::{Id, Ui};

use super::{Command, object_menu};
use crate::model::{EdgeIndex, NodeOrdinal};
use crate::query::{Filter, ListSpec, Sort, node_label, shortest_path};
use crate::session::{Lane, Pending, Session, SnapshotId};
use crate::snapshot::Snapshot;
use crate::ui::heap_rows::{DISTANCE, HeapRows, RETAINED, SHALLOW, clicked, sorted_by};
use crate::ui::theme::{self, GRID};
use crate::ui::tree_table::{self, Column, Table, TreeState};

const COLUMNS: [Column; 4] = [
    Column {
        title: "Retainer",
        hint: "The object that holds the reference, and the reference's name in it",
        width: 0.0,
    },
    DISTANCE,
    SHALLOW,
    RETAINED,
];
/// Levels of the shortest path that are opened by themselves.
const OPEN_LEVELS: usize = 100;

/// The pane's own state.
#[derive(Debug)]
pub struct RetainersPane {
    node: Option<NodeOrdinal>,
    sort: Sort,
    path: Option<Pending<Vec<EdgeIndex>>>,
    pub table: TreeState<ListSpec>,
}

impl Default for RetainersPane {
    fn default() -> Self {
        Self { node: None, sort: Sort::BY_DISTANCE, path: None, table: TreeState::default() }
    }
}

impl RetainersPane {
    /// Shows another object.
    pub fn set_node(&mut self, session: &Session, snapshot: &Arc<Snapshot>, node: NodeOrdinal) {
        if self.node == Some(node) {
            return;
        }
        self.node = Some(node);
        self.table.reset();
        let snapshot = Arc::clone(snapshot);
        self.path = Some(session.ask(Lane::Interactive, move |cancel| shortest_path(&snapshot, node, cancel)));
    }

    /// Whether the shortest path is still being looked for or opened.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.path.is_some() || self.table.is_revealing()
    }

    pub fn show(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        (id, snapshot): (SnapshotId, &Arc<Snapshot>),
    ) -> Vec<Command> {
        let mut commands = Vec::new();
        ui.horizontal(|ui| {
            ui.add_space(2.0 * GRID);
            ui.strong("Retainers");
            if let Some(node) = self.node {
                let of = format!("of {} {}", node_label(snapshot, node), snapshot.id(node));
                ui.add(egui::Label::new(egui::RichText::new(of).font(theme::mono()).weak()).truncate());
            }
        });
        let Some(node) = self.node else {
            super::object::placeholder(ui, "Select an object to see what keeps it alive");
            return commands;
        };
        if let Some(Ok(path)) = self.path.as_mut().and_then(Pending::take) {
            self.path = None;
            // The list is there once the table has drawn it; the table opens the rows as they arrive.
            let rows: Vec<u32> = path.iter().take(OPEN_LEVELS).map(|edge| edge.0).collect();
            if let Some((_, above)) = rows.split_last() {
                self.table.expand(above.to_vec());
            }
        }
        let mut rows = HeapRows {
            session,
            id,
            snapshot: Arc::clone(snapshot),
            sort: self.sort,
            filter: Filter::default(),
            tokens: theme::tokens(ui),
        };
        let table = Table {
            id: Id::unique(("retainers", id)),
            columns: &COLUMNS,
            sorted_by: sorted_by(self.sort),
            empty_text: "Nothing but the root holds it, or only weak references do",
        };
        let list = ListSpec::Retainers(node);
        let answer = tree_table::show(ui, &table, &list, &mut self.table, &mut rows, |ui, list, path| {
            let row = path.last().copied().unwrap_or_default();
            if let Some(node) = HeapRows::node_of(snapshot, list, row) {
                object_menu(ui, snapshot, node, &mut commands);
            }
        });
        if let Some(column) = answer.sort_clicked {
            self.sort = clicked(self.sort, column);
        }
        let holder = |path: Vec<u32>| path.last().map(|&edge| snapshot.graph().edge_source(EdgeIndex(edge)));
        if let Some(node) = answer.activated.and_then(holder) {
            commands.push(Command::Reveal(node));
        }
        commands
    }
}
