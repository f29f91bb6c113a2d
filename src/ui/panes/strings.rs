//! Strings: duplicate strings, and the bytes they waste.

use std::sync::Arc;

use egui::{Id, TextEdit, Ui};

use super::pane::{About, Pane};
use super::{Place, item, object_menu};
use crate::model::{EdgeIndex, NodeOrdinal, human};
use crate::query::{
    CopiesKey, DuplicateStrings, DuplicatesOf, Filter, GroupKey, GroupSort, GroupsKey, ListSpec, NodeFilter, OrderKey,
    Sort, node_label,
};
use crate::session::Session;
use crate::ui::command::{Command, ExportList, NodeSet, ViewKind};
use crate::ui::heap_rows::{DISTANCE, RETAINED, SHALLOW, distance_cell, node_cell, rows_of, size_cell};
use crate::ui::theme::{self, Look};
use crate::ui::tree_table::{self, Cell, Column, RowSelection, Rows, Run, Table, TreeModel, TreeState};

const KEYS: [Option<GroupKey>; 6] = [
    Some(GroupKey::Value),
    Some(GroupKey::Count),
    None,
    Some(GroupKey::ShallowSize),
    Some(GroupKey::RetainedSize),
    Some(GroupKey::Wasted),
];
const COLUMNS: [Column; 6] = [
    Column { title: "Text", hint: "Expand a string to see its copies, and a copy to see its retainers", width: 0.0 },
    Column { title: "Copies", hint: "Strings with this text", width: 80.0 },
    DISTANCE,
    SHALLOW,
    RETAINED,
    Column { title: "Wasted", hint: "Bytes that removing the duplicates would save", width: 100.0 },
];

/// The pane's own state.
#[derive(Debug)]
pub struct StringsPane {
    filter: String,
    /// The interval that is selected on the timeline: only groups with a copy that was allocated in it are listed.
    pub within: NodeFilter,
    sort: GroupSort,
    pub table: TreeState<Copies>,
}

impl Default for StringsPane {
    fn default() -> Self {
        let sort = GroupSort { key: GroupKey::Wasted, descending: true };
        Self { filter: String::new(), within: NodeFilter::All, sort, table: TreeState::default() }
    }
}

/// A list of the table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Copies {
    Groups,
    Of(u32),
    /// The retainers of a copy.
    Holders(NodeOrdinal),
}

struct StringRows<'a> {
    session: &'a mut Session,
    place: &'a Place,
    duplicates: Arc<DuplicateStrings>,
    key: GroupsKey,
    look: Look,
}

impl StringRows<'_> {
    fn node(&self, list: Copies, row: u32) -> Option<NodeOrdinal> {
        match list {
            Copies::Groups => self.duplicates.groups.get(row as usize).map(|group| group.first),
            Copies::Of(_) => Some(NodeOrdinal(row)),
            Copies::Holders(_) => Some(self.place.snapshot.graph().edge_source(EdgeIndex(row))),
        }
    }

    fn list_at(&self, path: &[u32]) -> Option<Copies> {
        let mut list = Copies::Groups;
        for depth in 1..path.len() {
            list = self.children(&list, &path[..depth])?;
        }
        Some(list)
    }
}

impl TreeModel for StringRows<'_> {
    type List = Copies;

    fn rows(&mut self, list: &Copies) -> Rows {
        match *list {
            Copies::Groups => rows_of(self.session.ask(&self.key)),
            Copies::Of(group) => rows_of(self.session.ask(&CopiesKey { snapshot: self.place.slot.id, group })),
            Copies::Holders(node) => rows_of(self.session.ask(&OrderKey {
                snapshot: self.place.slot.id,
                list: ListSpec::Retainers(node),
                sort: Sort::BY_DISTANCE,
                filter: Filter::default(),
            })),
        }
    }

    fn children(&self, list: &Copies, path: &[u32]) -> Option<Copies> {
        let row = *path.last()?;
        match list {
            Copies::Groups => Some(Copies::Of(row)),
            Copies::Of(_) => Some(Copies::Holders(NodeOrdinal(row))),
            Copies::Holders(_) => None,
        }
    }

    /// A group leads to its copies in the Summary, and a copy or its retainer to itself.
    fn is_link(&self, _list: &Copies, _path: &[u32]) -> bool {
        true
    }

    fn cell(&self, list: &Copies, path: &[u32], column: usize) -> Cell {
        let Some(&row) = path.last() else { return Cell::default() };
        let snapshot = &self.place.snapshot;
        let tokens = self.look.tokens;
        let total = snapshot.total_size();
        if let Copies::Groups = list {
            let Some(group) = self.duplicates.groups.get(row as usize) else { return Cell::default() };
            return match column {
                0 => {
                    let mut cell = Cell::text(node_label(snapshot, group.first), tokens.string);
                    if group.truncated {
                        cell.runs.push(Run::new("  truncated in the file", tokens.weak));
                    }
                    cell
                }
                1 => Cell::text(human::count(group.count), tokens.text),
                3 => size_cell(group.shallow_size, total, self.look),
                4 => size_cell(group.retained_size, total, self.look),
                5 => Cell::text(self.look.units.bytes(group.wasted_bytes), tokens.text),
                _ => Cell::default(),
            };
        }
        let Some(node) = self.node(*list, row) else { return Cell::default() };
        match column {
            0 => {
                let mut runs = Vec::new();
                if let Copies::Holders(_) = list {
                    let edge = crate::query::edge_label(snapshot, EdgeIndex(row));
                    runs = vec![Run::new(edge, tokens.property), Run::new(" in ", tokens.weak)];
                }
                node_cell(snapshot, node, runs, tokens)
            }
            2 => distance_cell(snapshot, node, tokens),
            3 => size_cell(snapshot.shallow_size(node), total, self.look),
            4 => size_cell(snapshot.retained_size(node), total, self.look),
            _ => Cell::default(),
        }
    }
}

impl StringsPane {
    const NAME: &'static str = "Strings";
}

impl ViewKind {
    pub const STRINGS: Self = Self("Strings");
}

impl Pane for StringsPane {
    fn about() -> About {
        About::new(ViewKind::STRINGS, "Duplicate strings, and the bytes they waste").purpose(
            "Use Strings to find text that is stored more than once, and how much memory removing the duplicates would save.",
        )
    }

    fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        let mut commands = Vec::new();
        let reply = session.ask(&DuplicatesOf(place.slot.id));
        let cancel = || commands.push(Command::Show(ViewKind::SUMMARY));
        let Some(duplicates) = super::answer(ui, reply, "Finding duplicate strings…", cancel) else {
            return commands;
        };
        super::toolbar(ui, |ui| {
            let edit = TextEdit::singleline(&mut self.filter).hint_text("Filter strings").desired_width(190.0);
            let response = ui.add(edit);
            ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Filter strings"));
            let units = theme::look(ui).units;
            ui.weak(format!(
                "{} with {} retain {}; removing duplicates would save {}",
                human::quantity(duplicates.string_count, "string", "strings"),
                human::quantity(duplicates.groups.len() as u64, "distinct value", "distinct values"),
                units.bytes(duplicates.retained_size),
                units.bytes(duplicates.wasted_bytes)
            ));
            let hint = "Show all duplicate strings in Summary";
            if !duplicates.groups.is_empty() && ui.link("Show all in Summary").on_hover_text(hint).clicked() {
                commands.push(Command::Filter(NodeFilter::DuplicatedStrings));
            }
        });
        let (text, within) = (self.filter.clone(), self.within.clone());
        let key = GroupsKey { snapshot: place.slot.id, sort: self.sort, text, within };
        let mut rows = StringRows { session, place, duplicates, key, look: theme::look(ui) };
        let by = KEYS.iter().position(|key| *key == Some(self.sort.key)).unwrap_or(0);
        let table = Table {
            id: Id::unique((Self::NAME, place.slot)),
            name: Self::NAME,
            columns: &COLUMNS,
            sorted_by: (by, self.sort.descending),
            empty_text: if self.filter.is_empty() { "No duplicate strings" } else { "No matching strings" },
        };
        let duplicates = Arc::clone(&rows.duplicates);
        let answer = tree_table::show(ui, &table, &Copies::Groups, &mut self.table, &mut rows, |ui, list, path| {
            let row = path.last().copied().unwrap_or_default();
            let graph = place.snapshot.graph();
            let node = match list {
                Copies::Groups => {
                    let first = duplicates.groups.get(row as usize).map(|group| group.first);
                    if let Some(first) = first {
                        item(ui, "Show copies in Summary", &mut commands, || {
                            Command::Filter(NodeFilter::CopiesOf(first))
                        });
                    }
                    item(ui, "Merge retaining paths of the copies", &mut commands, || Command::MergePaths {
                        of: place.slot.id,
                        title: first.map_or_else(String::new, |first| node_label(&place.snapshot, first)),
                        nodes: NodeSet::Copies(row),
                    });
                    return;
                }
                Copies::Of(_) => NodeOrdinal(row),
                Copies::Holders(_) => graph.edge_source(EdgeIndex(row)),
            };
            object_menu(ui, &place.snapshot, place.target(node), &mut commands);
        });
        if let Some(key) = answer.sort_clicked.and_then(|column| KEYS[column]) {
            let descending = if self.sort.key == key { !self.sort.descending } else { key != GroupKey::Value };
            self.sort = GroupSort { key, descending };
        }
        let node_at = |path: &[u32]| rows.node(rows.list_at(path)?, *path.last()?);
        if let Some(node) = answer.selected.as_deref().and_then(node_at) {
            commands.push(Command::Select { target: place.target(node), by_key: answer.by_key });
        }
        if let Some((path, node)) = answer.activated.as_deref().and_then(|path| Some((path, node_at(path)?))) {
            commands.push(match path {
                [_] => Command::Filter(NodeFilter::CopiesOf(node)),
                _ => Command::Reveal(place.target(node), ViewKind::SUMMARY),
            });
        }
        if answer.export {
            let list = ExportList::Strings(rows.key.clone());
            commands.push(Command::Export { name: "strings".to_owned(), list });
        }
        commands
    }

    fn table(&mut self) -> Option<&mut dyn RowSelection> {
        Some(&mut self.table)
    }

    fn narrow(&mut self, within: &NodeFilter) {
        self.within.clone_from(within);
    }
}
