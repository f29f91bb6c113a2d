//! Summary: classes, their objects, and the objects' fields.

use std::sync::Arc;

use egui::{Id, Key, Modifiers, Ui};

use super::{Command, object_menu};
use crate::model::{ClassId, NodeOrdinal};
use crate::query::{Filter, ListSpec, Sort};
use crate::session::{Session, SnapshotId};
use crate::snapshot::Snapshot;
use crate::ui::heap_rows::{DISTANCE, HeapRows, RETAINED, SHALLOW, clicked, sorted_by};
use crate::ui::theme::{self, GRID};
use crate::ui::tree_table::{self, Column, Table, TreeModel as _, TreeState};

const COLUMNS: [Column; 4] = [
    Column {
        title: "Constructor",
        hint: "Objects by the function that made them; plain objects by their properties",
        width: 0.0,
    },
    DISTANCE,
    SHALLOW,
    RETAINED,
];

/// The pane's own state.
#[derive(Debug)]
pub struct SummaryPane {
    pub filter: String,
    sort: Sort,
    pub table: TreeState<ListSpec>,
}

impl Default for SummaryPane {
    fn default() -> Self {
        Self { filter: String::new(), sort: Sort::BY_RETAINED_SIZE, table: TreeState::default() }
    }
}

/// The id of the class filter, which a key gives the keyboard to.
#[must_use]
pub fn filter_id() -> Id {
    Id::unique("class filter")
}

impl SummaryPane {
    /// Opens the object's class, scrolls to the object and selects it; false if objects without a size of their own are
    /// not listed and this is one.
    pub fn reveal(&mut self, snapshot: &Snapshot, node: NodeOrdinal) -> bool {
        if snapshot.shallow_size(node) == 0 {
            return false;
        }
        let class = snapshot.class_id(node);
        let name = snapshot.classes().get(class).name.to_lowercase();
        if !name.contains(&self.filter.to_lowercase()) {
            self.filter.clear();
        }
        self.table.reveal(vec![class.0, node.0]);
        true
    }

    pub fn show(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        (id, snapshot): (SnapshotId, &Arc<Snapshot>),
    ) -> Vec<Command> {
        let mut commands = Vec::new();
        let table_id = Id::unique(("summary", id));
        if self.toolbar(ui) {
            ui.memory_mut(|memory| memory.request_focus(table_id));
            self.table.select_first();
        }
        let filter = Filter { class_name: self.filter.trim().to_owned(), ..Filter::default() };
        let mut rows = HeapRows {
            session,
            id,
            snapshot: Arc::clone(snapshot),
            sort: self.sort,
            filter,
            tokens: theme::tokens(ui),
        };
        let table = Table {
            id: table_id,
            columns: &COLUMNS,
            sorted_by: sorted_by(self.sort),
            empty_text: "No class has this in its name",
        };
        let answer = tree_table::show(ui, &table, &ListSpec::Classes, &mut self.table, &mut rows, |ui, list, path| {
            let row = path.last().copied().unwrap_or_default();
            match HeapRows::node_of(snapshot, list, row) {
                Some(node) => object_menu(ui, snapshot, node, &mut commands),
                None => {
                    if ui.button("Copy class name").clicked() {
                        commands.push(Command::Copy(snapshot.classes().get(ClassId(row)).name.clone()));
                        ui.close();
                    }
                }
            }
        });
        if let Some(column) = answer.sort_clicked {
            self.sort = clicked(self.sort, column);
        }
        let node_at = |path: &[u32]| {
            let mut list = ListSpec::Classes;
            for depth in 1..path.len() {
                list = rows.children(&list, &path[..depth])?;
            }
            HeapRows::node_of(snapshot, &list, *path.last()?)
        };
        if let Some(node) = answer.selected.and_then(|path| node_at(&path)) {
            commands.push(Command::Select(node));
        }
        if let Some(node) = answer.activated.and_then(|path| node_at(&path)) {
            commands.push(Command::Reveal(node));
        }
        commands
    }

    /// The class filter; true if the person wants to go on from it into the table.
    fn toolbar(&mut self, ui: &mut Ui) -> bool {
        let has_focus = ui.memory(|memory| memory.has_focus(filter_id()));
        let goes_on = has_focus
            && ui.input_mut(|input| {
                input.consume_key(Modifiers::NONE, Key::ArrowDown) || input.consume_key(Modifiers::NONE, Key::Enter)
            });
        ui.horizontal(|ui| {
            ui.add_space(2.0 * GRID);
            ui.strong("Summary");
            ui.add_space(GRID);
            let hint = "Filter classes   (Ctrl+K)";
            let edit =
                egui::TextEdit::singleline(&mut self.filter).id(filter_id()).hint_text(hint).desired_width(240.0);
            let response = ui.add(edit);
            ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Filter classes"));
            if !self.filter.is_empty() && ui.button("Clear").clicked() {
                self.filter.clear();
            }
        });
        goes_on
    }
}
