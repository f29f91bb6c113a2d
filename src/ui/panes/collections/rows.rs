//! The table of collections: groups by holder, the collections of each, their entries, and the fields of those.

use std::sync::Arc;

use crate::model::{EdgeIndex, NodeOrdinal, SnapshotId, convert, human};
use crate::query::{
    Collection, CollectionGroup, CollectionKind, CollectionPoint, CollectionSort, Collections, CollectionsKey,
    EntriesKey, Filter, ListSpec, ListedBy, OrderKey, Scripts, Series, Sort, edge_label, first_keys, is_map_key,
    map_key, node_label,
};
use crate::session::Session;
use crate::snapshot::Snapshot;
use crate::ui::heap_rows::{field_cell, key_runs, node_cell, rows_of, size_cell};
use crate::ui::object_cells::{share_cell, with_source};
use crate::ui::theme::Look;
use crate::ui::tree_table::{Cell, Column, ColumnRole, Rows, Run, TreeModel};

/// The sort keys of the columns of a series.
const SERIES_KEYS: [ListedBy; 9] = [
    ListedBy::Holder,
    ListedBy::EntriesGrowth,
    ListedBy::Kind,
    ListedBy::Count,
    ListedBy::Entries,
    ListedBy::EntriesGrowth,
    ListedBy::Capacity,
    ListedBy::Retained,
    ListedBy::RetainedGrowth,
];
/// The sort keys of the columns of a single snapshot.
const SINGLE_KEYS: [ListedBy; 6] =
    [ListedBy::Holder, ListedBy::Kind, ListedBy::Count, ListedBy::Entries, ListedBy::Capacity, ListedBy::Retained];
const TREND: usize = 1;
/// The number of keys beside a holder, and the maximum number of characters of each.
const KEYS: usize = 2;
const KEY_LIMIT: usize = 24;

const HOLDER: Column = Column {
    title: "Holder",
    hint: "The field that holds the collections; expand it to see their entries",
    width: 0.0,
};
const KIND: Column = Column { title: "Kind", hint: "The kind of the collections", width: 92.0 };
const COUNT: Column = Column { title: "#", hint: "Collections held by this field", width: 56.0 };
const ENTRIES: Column = Column {
    title: "Entries",
    hint: "Entries with a reference to an object or string; numbers are not counted",
    width: 76.0,
};
const FILL: Column = Column {
    title: "Fill",
    hint: "Entries as a share of the allocated slots; blank if the number of slots is unknown",
    width: 60.0,
};
const RETAINED: Column = Column { title: "Retained", hint: "Retained size of the collections together", width: 122.0 };
const SERIES_COLUMNS: [Column; 9] = [
    HOLDER,
    Column { title: "Trend", hint: "Entries in each snapshot, drawn from the smallest to the largest", width: 84.0 },
    KIND,
    COUNT,
    ENTRIES,
    Column { title: "# Growth", hint: "Increase in entries since the first snapshot", width: 92.0 },
    FILL,
    RETAINED,
    Column { title: "Ret. growth", hint: "Increase in retained size since the first snapshot", width: 88.0 },
];
const SINGLE_COLUMNS: [Column; 6] = [HOLDER, KIND, COUNT, ENTRIES, FILL, RETAINED];

/// Returns the columns of the table and their sort keys.
pub(super) fn columns(has_series: bool) -> (&'static [Column<'static>], &'static [ListedBy]) {
    if has_series { (&SERIES_COLUMNS, &SERIES_KEYS) } else { (&SINGLE_COLUMNS, &SINGLE_KEYS) }
}

/// A list of the table.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Listed {
    Groups(Series),
    /// The collections of a group; row ids are indices into [`Collections::members`].
    Members(u32),
    /// The entries of a collection; row ids are edges.
    Entries(NodeOrdinal, CollectionKind),
    /// The fields of an object.
    Fields(NodeOrdinal),
}

pub(super) struct CollectionRows<'a> {
    pub(super) session: &'a mut Session,
    pub(super) series: Series,
    pub(super) last: (SnapshotId, Arc<Snapshot>),
    pub(super) found: Arc<Collections>,
    /// The files of source locations, once they are known.
    pub(super) scripts: Option<Arc<Scripts>>,
    pub(super) sort: CollectionSort,
    pub(super) filter: String,
    pub(super) kind: Option<CollectionKind>,
    pub(super) look: Look,
}

impl CollectionRows<'_> {
    pub(super) fn key(&self) -> CollectionsKey {
        CollectionsKey {
            series: Arc::clone(&self.series),
            sort: self.sort,
            holder: self.filter.trim().to_owned(),
            kind: self.kind,
        }
    }

    fn has_series(&self) -> bool {
        self.series.len() > 1
    }

    fn list_at(&self, path: &[u32]) -> Option<Listed> {
        let mut list = Listed::Groups(Arc::clone(&self.series));
        for depth in 1..path.len() {
            list = self.children(&list, &path[..depth])?;
        }
        Some(list)
    }

    /// Returns the object of a row; a group with one collection is that collection.
    pub(super) fn node_at(&self, path: &[u32]) -> Option<NodeOrdinal> {
        self.node_of(&self.list_at(path)?, *path.last()?)
    }

    pub(super) fn node_of(&self, list: &Listed, row: u32) -> Option<NodeOrdinal> {
        let graph = self.last.1.graph();
        match list {
            Listed::Groups(_) => self.only_member(row).map(|member| member.node),
            Listed::Members(_) => self.found.members.get(row as usize).map(|member| member.node),
            Listed::Entries(..) | Listed::Fields(_) => Some(graph.edge_target(EdgeIndex(row))),
        }
    }

    fn only_member(&self, group: u32) -> Option<&Collection> {
        match self.found.groups.get(group as usize)?.members[..] {
            [only] => self.found.members.get(only as usize),
            _ => None,
        }
    }

    fn group_cell(&self, group: &CollectionGroup, row: u32, column: usize) -> Cell {
        let tokens = self.look.tokens;
        let (last, key) = (group.last(), columns(self.has_series()).1[column]);
        let over_time =
            |of: fn(&CollectionPoint) -> String| group.points.iter().map(of).collect::<Vec<_>>().join(" → ");
        if self.has_series() && column == TREND {
            let tooltip = Some(over_time(|point| human::count(point.entries)));
            return Cell { tooltip, ..Cell::default() };
        }
        match key {
            ListedBy::Holder => self.holder_cell(group, row),
            ListedBy::Kind => Cell::text(group.kind.label(), tokens.weak),
            ListedBy::Count => Cell::text(human::count(last.count), tokens.text),
            ListedBy::Entries if group.kind == CollectionKind::TypedArray => Cell::default(),
            ListedBy::Entries => Cell::text(human::count(last.entries), tokens.text),
            ListedBy::EntriesGrowth => self.growth_cell(group.grown(|point| point.entries), human::signed_count),
            ListedBy::Capacity => self.fill_cell(last.entries, (group.capacity > 0).then_some(group.capacity)),
            ListedBy::Retained => size_cell(last.bytes, self.last.1.total_size(), self.look),
            ListedBy::RetainedGrowth => {
                let units = self.look.units;
                self.growth_cell(group.grown(|point| point.bytes), |delta| units.signed(delta))
            }
        }
    }

    /// Returns the holder's name, with keys of its largest collection.
    fn holder_cell(&self, group: &CollectionGroup, row: u32) -> Cell {
        let tokens = self.look.tokens;
        let mut cell = Cell::text(group.holder.clone(), tokens.property);
        if let Some(only) = self.only_member(row) {
            let id = format!(" {}", self.last.1.id(only.node));
            cell.runs.push(Run::new(id, tokens.weak));
        }
        let largest = group.members.first().and_then(|&member| self.found.members.get(member as usize));
        if let Some(largest) = largest {
            let keys = first_keys(&self.last.1, largest.node, group.kind, KEYS);
            let keys: Vec<String> = keys.iter().map(|key| human::visible(key, KEY_LIMIT).into_owned()).collect();
            if !keys.is_empty() {
                cell.runs.push(Run::new("  keys ", tokens.weak));
                cell.runs.push(Run::new(format!("{}, …", keys.join(", ")), tokens.string));
            }
        }
        cell
    }

    fn growth_cell(&self, delta: i64, format: impl Fn(i64) -> String) -> Cell {
        if delta == 0 { Cell::default() } else { Cell::text(format(delta), self.look.tokens.change(delta.cmp(&0))) }
    }

    fn fill_cell(&self, entries: u64, capacity: Option<u64>) -> Cell {
        let Some(capacity) = capacity.filter(|&capacity| capacity > 0) else { return Cell::default() };
        if entries == 0 {
            // An array of numbers has no references.
            let mut cell = Cell::text("–", self.look.tokens.weak);
            cell.tooltip = Some(format!("No references in {} slots: empty, or only numbers", human::count(capacity)));
            return cell;
        }
        let share = convert::share(entries, capacity).min(1.0);
        let mut cell = share_cell(share, self.look.tokens);
        cell.tooltip = Some(format!("{} entries in {} slots", human::count(entries), human::count(capacity)));
        cell
    }

    fn member_cell(&self, member: &Collection, column: usize) -> Cell {
        let (tokens, snapshot) = (self.look.tokens, &self.last.1);
        if self.has_series() && column == TREND {
            return Cell::default();
        }
        let node = member.node;
        match columns(self.has_series()).1[column] {
            ListedBy::Holder => node_cell(snapshot, node, Vec::new(), tokens),
            ListedBy::Entries if member.kind == CollectionKind::TypedArray => Cell::default(),
            ListedBy::Entries => Cell::text(human::count(member.entries.into()), tokens.text),
            ListedBy::EntriesGrowth if self.found.ids_match => self.member_growth(member),
            ListedBy::Capacity => self.fill_cell(member.entries.into(), member.capacity.map(u64::from)),
            ListedBy::Retained => size_cell(snapshot.retained_size(node), snapshot.total_size(), self.look),
            _ => Cell::default(),
        }
    }

    /// Marks a collection that existed before and has more entries now.
    fn member_growth(&self, member: &Collection) -> Cell {
        let history = self.found.history(self.last.1.id(member.node).0);
        let Some(&first) = history.iter().flatten().next() else {
            let mut cell = Cell::text("new", self.look.tokens.weak);
            cell.tooltip = Some("Not listed in an earlier snapshot".to_owned());
            return cell;
        };
        let mut cell = self.growth_cell(i64::from(member.entries) - i64::from(first), human::signed_count);
        let entries = history.iter().flatten().chain([&member.entries]);
        let entries: Vec<String> = entries.map(|&entries| human::count(entries.into())).collect();
        cell.tooltip = Some(format!("The same object: {} entries", entries.join(" → ")));
        cell
    }

    fn entry_cell(&self, kind: CollectionKind, edge: EdgeIndex, column: usize) -> Cell {
        let (tokens, snapshot) = (self.look.tokens, &self.last.1);
        let graph = snapshot.graph();
        let target = graph.edge_target(edge);
        match columns(self.has_series()).1[column] {
            ListedBy::Holder => {
                let runs = match kind {
                    CollectionKind::Map => entry_key(snapshot, edge, self.look),
                    CollectionKind::Set => Vec::new(),
                    _ => vec![Run::new(edge_label(snapshot, edge), tokens.property), Run::new(" → ", tokens.weak)],
                };
                let mut cell = node_cell(snapshot, target, runs, tokens);
                if kind == CollectionKind::Map && is_map_key(snapshot, edge) {
                    cell.runs.push(Run::new(" → number", tokens.weak));
                }
                with_source(cell, snapshot, target, self.scripts.as_deref(), tokens)
            }
            ListedBy::Retained => size_cell(snapshot.retained_size(target), snapshot.total_size(), self.look),
            _ => Cell::default(),
        }
    }
}

/// Returns the key of an entry of a Map and an arrow.
fn entry_key(snapshot: &Snapshot, edge: EdgeIndex, look: Look) -> Vec<Run> {
    let tokens = look.tokens;
    if is_map_key(snapshot, edge) {
        return Vec::new();
    }
    let label = match map_key(snapshot, edge) {
        Some(key) => human::visible(&node_label(snapshot, key), 120).into_owned(),
        // Small integers are not in a snapshot.
        None => "number".to_owned(),
    };
    vec![Run::new(label, tokens.string), Run::new(" → ", tokens.weak)]
}

impl TreeModel for CollectionRows<'_> {
    type List = Listed;

    fn rows(&mut self, list: &Listed) -> Rows {
        let snapshot = self.last.0;
        match *list {
            Listed::Groups(_) => rows_of(self.session.ask(&self.key())),
            Listed::Members(group) => match self.found.groups.get(group as usize) {
                Some(group) => Rows::Ready(Arc::new(group.members.clone())),
                None => Rows::Ready(Arc::default()),
            },
            Listed::Entries(node, kind) => {
                rows_of(self.session.ask(&EntriesKey { snapshot, node, kind, sort: Sort::BY_RETAINED_SIZE }))
            }
            Listed::Fields(node) => {
                let (list, sort) = (ListSpec::Edges(node), Sort::BY_RETAINED_SIZE);
                rows_of(self.session.ask(&OrderKey { snapshot, list, sort, filter: Filter::default() }))
            }
        }
    }

    fn children(&self, list: &Listed, path: &[u32]) -> Option<Listed> {
        let row = *path.last()?;
        let entries = |member: &Collection| (member.entries > 0).then_some(Listed::Entries(member.node, member.kind));
        match list {
            Listed::Groups(_) => match self.only_member(row) {
                Some(only) => entries(only),
                None => Some(Listed::Members(row)),
            },
            Listed::Members(_) => entries(self.found.members.get(row as usize)?),
            Listed::Entries(..) | Listed::Fields(_) => {
                let node = self.node_of(list, row)?;
                (!self.last.1.graph().edge_range(node).is_empty()).then_some(Listed::Fields(node))
            }
        }
    }

    fn role(&self, column: usize) -> ColumnRole {
        if self.has_series() && column == TREND {
            return ColumnRole::keep(75);
        }
        ColumnRole::keep(match columns(self.has_series()).1[column] {
            ListedBy::Holder => return ColumnRole::names(),
            ListedBy::Retained => return ColumnRole::size(90),
            ListedBy::EntriesGrowth => 85,
            ListedBy::Entries => 80,
            ListedBy::RetainedGrowth => 70,
            ListedBy::Count => 50,
            ListedBy::Kind => 45,
            ListedBy::Capacity => 40,
        })
    }

    fn is_link(&self, list: &Listed, path: &[u32]) -> bool {
        !matches!(list, Listed::Groups(_)) || path.last().is_some_and(|&row| self.only_member(row).is_some())
    }

    fn cell(&self, list: &Listed, path: &[u32], column: usize) -> Cell {
        let Some(&row) = path.last() else { return Cell::default() };
        match list {
            Listed::Groups(_) => match self.found.groups.get(row as usize) {
                Some(group) => self.group_cell(group, row, column),
                None => Cell::default(),
            },
            Listed::Members(_) => match self.found.members.get(row as usize) {
                Some(member) => self.member_cell(member, column),
                None => Cell::default(),
            },
            Listed::Entries(_, kind) => self.entry_cell(*kind, EdgeIndex(row), column),
            Listed::Fields(_) => match columns(self.has_series()).1[column] {
                ListedBy::Holder => {
                    let mut cell = field_cell(&self.last.1, EdgeIndex(row), self.look.tokens);
                    cell.runs.extend(key_runs(&self.last.1, EdgeIndex(row), self.look.tokens));
                    let target = self.last.1.graph().edge_target(EdgeIndex(row));
                    with_source(cell, &self.last.1, target, self.scripts.as_deref(), self.look.tokens)
                }
                ListedBy::Retained => {
                    let target = self.last.1.graph().edge_target(EdgeIndex(row));
                    size_cell(self.last.1.retained_size(target), self.last.1.total_size(), self.look)
                }
                _ => Cell::default(),
            },
        }
    }

    fn spark(&self, list: &Listed, path: &[u32], column: usize) -> Option<Vec<f32>> {
        if column != TREND || !self.has_series() || !matches!(list, Listed::Groups(_)) {
            return None;
        }
        let group = self.found.groups.get(*path.last()? as usize)?;
        Some(group.points.iter().map(|point| convert::single(convert::float(point.entries))).collect())
    }
}
