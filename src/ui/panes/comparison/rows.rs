//! The rows of a comparison: classes, and the new and deleted objects of each.

use std::sync::Arc;

use super::KEYS;
use crate::model::{EdgeIndex, NodeOrdinal, SnapshotId, human};
use crate::query::{
    Comparison, ComparisonKey, ComparisonOf, ComparisonSort, Filter, LABEL_LIMIT, ListSpec, OrderKey, PairKey,
    PairList, Scripts, Side, Sort,
};
use crate::session::Session;
use crate::snapshot::Snapshot;
use crate::ui::command::{Command, Target};
use crate::ui::glossary;
use crate::ui::heap_rows::{field_cell, node_cell, rows_of};
use crate::ui::object_cells::with_source;
use crate::ui::theme::Look;
use crate::ui::tree_table::{Cell, ColumnRole, Rows, Run, TreeModel};

/// A list of the table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Compared {
    Classes(SnapshotId),
    Objects(u32),
    /// Fields of an object in one of the two snapshots.
    Fields(Side, NodeOrdinal),
}

pub(super) struct PairRows<'a> {
    pub(super) session: &'a mut Session,
    pub(super) base: (SnapshotId, Arc<Snapshot>),
    pub(super) current: (SnapshotId, Arc<Snapshot>),
    pub(super) comparison: Arc<Comparison>,
    /// The files of source locations in the base and the current snapshot, once they are known.
    pub(super) scripts: [Option<Arc<Scripts>>; 2],
    pub(super) joined: bool,
    pub(super) sort: ComparisonSort,
    pub(super) filter: String,
    pub(super) look: Look,
}

impl PairRows<'_> {
    pub(super) fn side(&self, side: Side) -> &(SnapshotId, Arc<Snapshot>) {
        match side {
            Side::Base => &self.base,
            Side::Current => &self.current,
        }
    }

    pub(super) fn key(&self, list: PairList) -> PairKey {
        let (base, current, joined) = (self.base.0, self.current.0, self.joined);
        PairKey { of: ComparisonOf { base, current, joined }, list, class_name: self.filter.trim().to_owned() }
    }

    /// Returns the sort of objects and fields that matches the sort of the classes.
    pub(super) fn object_sort(&self) -> Sort {
        match self.sort.key {
            ComparisonKey::Name => Sort { key: crate::query::SortKey::Name, descending: self.sort.descending },
            _ => Sort::BY_RETAINED_SIZE,
        }
    }

    /// Returns the object of a row.
    pub(super) fn target(&self, list: Compared, row: u32) -> Option<Target> {
        match list {
            Compared::Classes(_) => None,
            Compared::Objects(_) => {
                let (side, node) = self.comparison.object(row);
                Some(Target { snapshot: self.side(side).0, node })
            }
            Compared::Fields(side, _) => {
                let (snapshot, of) = self.side(side);
                Some(Target { snapshot: *snapshot, node: of.graph().edge_target(EdgeIndex(row)) })
            }
        }
    }

    /// Returns the command for a selected row.
    pub(super) fn selected(&self, path: &[u32], by_key: bool) -> Command {
        if let Some(target) = self.target_at(path) {
            return Command::Select { target, by_key };
        }
        let row = path.first().and_then(|&row| self.comparison.classes.get(row as usize));
        Command::SelectClass { class: row.and_then(|row| row.current_class), by_key }
    }

    pub(super) fn target_at(&self, path: &[u32]) -> Option<Target> {
        let mut list = Compared::Classes(self.base.0);
        for depth in 1..path.len() {
            list = self.children(&list, &path[..depth])?;
        }
        self.target(list, *path.last()?)
    }

    pub(super) fn class_cell(&self, row: u32, column: usize) -> Cell {
        let tokens = self.look.tokens;
        let Some(class) = self.comparison.classes.get(row as usize) else { return Cell::default() };
        let count = |count: u64| Cell::text(human::count(count), if count == 0 { tokens.weak } else { tokens.text });
        let size = |size: u64| {
            let color = if size == 0 { tokens.weak } else { tokens.text };
            let mut cell = Cell::text(self.look.units.bytes(size), color);
            cell.tooltip = Some(format!("{} bytes", human::count(size)));
            cell
        };
        // The sorted column has the answer; color in all of them would emphasize none.
        let is_sorted = KEYS[column] == self.sort.key;
        let color = |delta: i64| if is_sorted || delta == 0 { tokens.change(delta.cmp(&0)) } else { tokens.text };
        let size_delta = |delta: i64| {
            let mut cell = Cell::text(self.look.units.signed(delta), color(delta));
            cell.tooltip = Some(format!("{} bytes", human::signed_count(delta)));
            cell
        };
        match KEYS[column] {
            ComparisonKey::Name => {
                let name = human::visible(&class.name, LABEL_LIMIT).into_owned();
                let mut cell = Cell::text(name, tokens.text);
                if class.joined_count > 1 {
                    cell.runs.push(Run::new(format!("  {} loads", class.joined_count), tokens.accent));
                }
                let (of, at) = match class.current_class {
                    Some(class) => (Side::Current, self.current.1.classes().get(class).key.location),
                    None => (Side::Base, class.key.location),
                };
                if let Some((scripts, at)) = self.scripts(of).zip(at)
                    && scripts.url(at.script_id).is_some()
                {
                    cell.aside = Some(Run::new(format!("  {}", scripts.short(at)), tokens.weak));
                    cell.tooltip = Some(format!("{}\n{}", cell.plain(), scripts.full(at)));
                }
                if let Some(entry) = glossary::for_class(&class.name) {
                    cell.tooltip = Some(format!("{}\n{}", entry.term, entry.short));
                }
                cell
            }
            ComparisonKey::New => count(class.new_count),
            ComparisonKey::Deleted => count(class.deleted_count),
            ComparisonKey::Delta => Cell::text(human::signed_count(class.delta()), color(class.delta())),
            ComparisonKey::AllocatedSize => size(class.allocated_size),
            ComparisonKey::FreedSize => size(class.freed_size),
            ComparisonKey::SizeDelta => size_delta(class.size_delta()),
            ComparisonKey::BaseRetained => size(class.base_retained_size),
            ComparisonKey::CurrentRetained => size(class.current_retained_size),
            ComparisonKey::RetainedDelta => size_delta(class.retained_delta()),
        }
    }

    fn scripts(&self, side: Side) -> Option<&Scripts> {
        let [base, current] = &self.scripts;
        if side == Side::Base { base.as_deref() } else { current.as_deref() }
    }

    fn with_source(&self, side: Side, node: NodeOrdinal, cell: Cell) -> Cell {
        with_source(cell, &self.side(side).1, node, self.scripts(side), self.look.tokens)
    }

    pub(super) fn object_cell(&self, row: u32, column: usize) -> Cell {
        let tokens = self.look.tokens;
        let (side, node) = self.comparison.object(row);
        let snapshot = &self.side(side).1;
        let is_new = side == Side::Current;
        let sized = |shown: bool, size: u64| {
            if shown { Cell::text(self.look.units.bytes(size), tokens.text) } else { Cell::default() }
        };
        match KEYS[column] {
            ComparisonKey::Name => self.with_source(side, node, node_cell(snapshot, node, Vec::new(), tokens)),
            ComparisonKey::New if is_new => Cell::text("new", tokens.weak),
            ComparisonKey::Deleted if !is_new => Cell::text("deleted", tokens.weak),
            ComparisonKey::AllocatedSize => sized(is_new, snapshot.shallow_size(node)),
            ComparisonKey::FreedSize => sized(!is_new, snapshot.shallow_size(node)),
            ComparisonKey::BaseRetained => sized(!is_new, snapshot.retained_size(node)),
            ComparisonKey::CurrentRetained => sized(is_new, snapshot.retained_size(node)),
            _ => Cell::default(),
        }
    }

    pub(super) fn field(&self, side: Side, edge: EdgeIndex, column: usize) -> Cell {
        let tokens = self.look.tokens;
        let snapshot = &self.side(side).1;
        let target = snapshot.graph().edge_target(edge);
        let shallow = if side == Side::Base { ComparisonKey::FreedSize } else { ComparisonKey::AllocatedSize };
        let retained = if side == Side::Base { ComparisonKey::BaseRetained } else { ComparisonKey::CurrentRetained };
        match KEYS[column] {
            ComparisonKey::Name => self.with_source(side, target, field_cell(snapshot, edge, tokens)),
            key if key == shallow => Cell::text(self.look.units.bytes(snapshot.shallow_size(target)), tokens.weak),
            key if key == retained => Cell::text(self.look.units.bytes(snapshot.retained_size(target)), tokens.weak),
            _ => Cell::default(),
        }
    }
}

impl TreeModel for PairRows<'_> {
    type List = Compared;

    fn rows(&mut self, list: &Compared) -> Rows {
        let state = match *list {
            Compared::Classes(_) => {
                let key = self.key(PairList::Classes(self.sort));
                self.session.ask(&key)
            }
            Compared::Objects(class) => {
                let key = self.key(PairList::Objects { class, sort: self.object_sort() });
                self.session.ask(&PairKey { class_name: String::new(), ..key })
            }
            Compared::Fields(side, node) => {
                let snapshot = self.side(side).0;
                let sort = self.object_sort();
                let list = ListSpec::Edges(node);
                self.session.ask(&OrderKey { snapshot, list, sort, filter: Filter::default() })
            }
        };
        rows_of(state)
    }

    fn children(&self, list: &Compared, path: &[u32]) -> Option<Compared> {
        let row = *path.last()?;
        match list {
            Compared::Classes(_) => {
                let at = row as usize;
                let has_objects =
                    !self.comparison.new_objects(at).is_empty() || !self.comparison.deleted_objects(at).is_empty();
                has_objects.then_some(Compared::Objects(row))
            }
            Compared::Objects(_) | Compared::Fields(..) => {
                let target = self.target(*list, row)?;
                let side = if target.snapshot == self.base.0 { Side::Base } else { Side::Current };
                let graph = self.side(side).1.graph();
                (!graph.edge_range(target.node).is_empty()).then_some(Compared::Fields(side, target.node))
            }
        }
    }

    fn role(&self, column: usize) -> ColumnRole {
        ColumnRole::keep(match KEYS[column] {
            ComparisonKey::Name => return ColumnRole::default(),
            ComparisonKey::RetainedDelta => 90,
            ComparisonKey::SizeDelta => 85,
            ComparisonKey::Delta => 80,
            ComparisonKey::New => 70,
            ComparisonKey::Deleted => 65,
            ComparisonKey::CurrentRetained => 60,
            ComparisonKey::BaseRetained => 55,
            ComparisonKey::AllocatedSize => 50,
            ComparisonKey::FreedSize => 45,
        })
    }

    fn is_link(&self, list: &Compared, _path: &[u32]) -> bool {
        !matches!(list, Compared::Classes(_))
    }

    fn cell(&self, list: &Compared, path: &[u32], column: usize) -> Cell {
        let Some(&row) = path.last() else { return Cell::default() };
        match list {
            Compared::Classes(_) => self.class_cell(row, column),
            Compared::Objects(_) => self.object_cell(row, column),
            Compared::Fields(side, _) => self.field(*side, EdgeIndex(row), column),
        }
    }
}
