//! The table of growth: groups, their classes, the new objects of each class, and their fields.

use std::sync::Arc;

use crate::model::{EdgeIndex, NodeOrdinal, SnapshotId, convert, human};
use crate::query::{
    Filter, GrownClass, Growth, GrowthGroup, GrowthKey, GrowthSort, LABEL_LIMIT, ListSpec, OrderKey, Point, Scripts,
    Series, SeriesKey, SeriesList, Sort,
};
use crate::session::Session;
use crate::snapshot::Snapshot;
use crate::ui::glossary;
use crate::ui::heap_rows::{field_cell, node_cell, rows_of};
use crate::ui::object_cells::with_source;
use crate::ui::theme::Look;
use crate::ui::tree_table::{Cell, Column, ColumnRole, Rows, Run, TreeModel};

/// The sort key of each column.
pub(super) const KEYS: [GrowthKey; 9] = [
    GrowthKey::Name,
    GrowthKey::CountGrowth,
    GrowthKey::Count,
    GrowthKey::CountGrowth,
    GrowthKey::New,
    GrowthKey::Survivors,
    GrowthKey::SizeGrowth,
    GrowthKey::Retained,
    GrowthKey::RetainedGrowth,
];
const TREND: usize = 1;
pub(super) const COLUMNS: [Column; 9] = [
    Column { title: "Constructor", hint: "Classes by growth pattern; expand one to see its new objects", width: 0.0 },
    Column { title: "Trend", hint: "Objects in each snapshot", width: 88.0 },
    Column { title: "# Now", hint: "Objects in the last snapshot", width: 72.0 },
    Column { title: "# Growth", hint: "Increase in objects since the first snapshot", width: 76.0 },
    Column { title: "# New", hint: "Objects in the last snapshot that are not in the first", width: 68.0 },
    Column {
        title: "# Survived",
        hint: "New objects already in an earlier snapshot: the three-snapshot technique",
        width: 82.0,
    },
    Column { title: "Size growth", hint: "Increase in shallow size since the first snapshot", width: 88.0 },
    Column { title: "Retained, now", hint: "Retained size of the whole class in the last snapshot", width: 98.0 },
    Column {
        title: "Ret. growth",
        hint: "Increase in retained size of the whole class since the first snapshot",
        width: 102.0,
    },
];
/// A list of the table.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Grown {
    Groups(Series),
    Classes(GrowthGroup),
    /// The new objects of a class.
    Objects(u32),
    /// Fields of an object of the last snapshot.
    Fields(NodeOrdinal),
}

pub(super) struct GrownRows<'a> {
    pub(super) session: &'a mut Session,
    pub(super) series: Series,
    pub(super) last: (SnapshotId, Arc<Snapshot>),
    pub(super) growth: Arc<Growth>,
    pub(super) sort: GrowthSort,
    pub(super) filter: String,
    /// The scripts of the last snapshot, once they are known.
    pub(super) scripts: Option<Arc<Scripts>>,
    pub(super) look: Look,
}

impl GrownRows<'_> {
    pub(super) fn key(&self, list: SeriesList) -> SeriesKey {
        SeriesKey { series: Arc::clone(&self.series), list, class_name: self.filter.trim().to_owned() }
    }

    fn list_at(&self, path: &[u32]) -> Option<Grown> {
        let mut list = Grown::Groups(Arc::clone(&self.series));
        for depth in 1..path.len() {
            list = self.children(&list, &path[..depth])?;
        }
        Some(list)
    }

    /// Returns the object of a row.
    pub(super) fn node_at(&self, path: &[u32]) -> Option<NodeOrdinal> {
        node_of(&self.last.1, &self.list_at(path)?, *path.last()?)
    }

    fn class_cell(&self, row: u32, column: usize) -> Cell {
        let tokens = self.look.tokens;
        let Some(class) = self.growth.classes.get(row as usize) else { return Cell::default() };
        let points = self.growth.points(row as usize);
        let last = points.last().copied().unwrap_or_default();
        let color = |amount: u64| if amount == 0 { tokens.weak } else { tokens.text };
        let count = |amount: u64| Cell::text(human::count(amount), color(amount));
        // The sorted column has the answer; color in all of them would emphasize none.
        let is_sorted = KEYS[column] == self.sort.key;
        let sign = |delta: i64| if is_sorted || delta == 0 { tokens.change(delta.cmp(&0)) } else { tokens.text };
        let size_growth = |delta: i64| {
            let mut cell = Cell::text(self.look.units.signed(delta), sign(delta));
            cell.tooltip = Some(format!("{} bytes", human::signed_count(delta)));
            cell
        };
        let over_time =
            |of: fn(&Point) -> u64| points.iter().map(|point| human::count(of(point))).collect::<Vec<_>>().join(" → ");
        match (column, KEYS[column]) {
            (TREND, _) => Cell { tooltip: Some(over_time(|point| point.count)), ..Cell::default() },
            (_, GrowthKey::Name) => {
                let mut cell = Cell::text(human::visible(&class.name, LABEL_LIMIT).into_owned(), tokens.text);
                if let Some(at) = class.key.location {
                    let none = Scripts::default();
                    let scripts = self.scripts.as_deref().unwrap_or(&none);
                    if scripts.url(at.script_id).is_some() {
                        cell.aside = Some(Run::new(format!("  {}", scripts.short(at)), tokens.weak));
                    }
                    if class.joined_count > 1 {
                        cell.runs.push(Run::new(format!("  {} loads", class.joined_count), tokens.accent));
                    }
                }
                if let Some(entry) = glossary::for_class(&class.name) {
                    cell.tooltip = Some(format!("{}\n{}", entry.term, entry.short));
                }
                cell
            }
            (_, GrowthKey::Count) => count(last.count),
            (_, GrowthKey::CountGrowth) => {
                let delta = GrownClass::grown(points, |point| point.count);
                let mut cell = Cell::text(human::signed_count(delta), sign(delta));
                cell.tooltip = Some(over_time(|point| point.count));
                cell
            }
            // If object ids do not match, these numbers are unknown.
            (_, GrowthKey::New | GrowthKey::Survivors) if !self.growth.ids_match => Cell::text("−", tokens.weak),
            (_, GrowthKey::New) => count(class.new_count),
            (_, GrowthKey::Survivors) => count(class.survivor_count),
            (_, GrowthKey::SizeGrowth) => size_growth(GrownClass::grown(points, |point| point.shallow_size)),
            (_, GrowthKey::Retained) => {
                Cell::text(self.look.units.bytes(last.retained_size), color(last.retained_size))
            }
            (_, GrowthKey::RetainedGrowth) => size_growth(GrownClass::grown(points, |point| point.retained_size)),
        }
    }

    fn object_cell(&self, class: u32, node: NodeOrdinal, column: usize) -> Cell {
        let (tokens, snapshot) = (self.look.tokens, &self.last.1);
        match (column, KEYS[column]) {
            (TREND, _) => match self.growth.step_of(class as usize, node) {
                Some(step) => {
                    let mut cell = Cell::text(format!("since {}", step + 2), tokens.weak);
                    cell.tooltip = Some(format!("First seen in snapshot {}", step + 2));
                    cell
                }
                None => Cell::default(),
            },
            (_, GrowthKey::Name) => {
                let cell = node_cell(snapshot, node, Vec::new(), tokens);
                let is_shown =
                    self.growth.classes.get(class as usize).is_some_and(|class| class.key.location.is_some());
                if is_shown { cell } else { with_source(cell, snapshot, node, self.scripts.as_deref(), tokens) }
            }
            (_, GrowthKey::SizeGrowth) => Cell::text(self.look.units.bytes(snapshot.shallow_size(node)), tokens.text),
            (_, GrowthKey::Retained) => Cell::text(self.look.units.bytes(snapshot.retained_size(node)), tokens.text),
            _ => Cell::default(),
        }
    }
}

pub(super) fn node_of(newest: &Snapshot, list: &Grown, row: u32) -> Option<NodeOrdinal> {
    match list {
        Grown::Groups(_) | Grown::Classes(_) => None,
        Grown::Objects(_) => Some(NodeOrdinal(row)),
        Grown::Fields(_) => Some(newest.graph().edge_target(EdgeIndex(row))),
    }
}

impl TreeModel for GrownRows<'_> {
    type List = Grown;

    fn rows(&mut self, list: &Grown) -> Rows {
        let key = match list {
            Grown::Groups(_) => self.key(SeriesList::Groups),
            Grown::Classes(group) => self.key(SeriesList::Classes(*group, self.sort)),
            Grown::Objects(class) => SeriesKey {
                class_name: String::new(),
                ..self.key(SeriesList::Objects { class: *class, sort: Sort::BY_RETAINED_SIZE })
            },
            Grown::Fields(node) => {
                let (snapshot, list, sort) = (self.last.0, ListSpec::Edges(*node), Sort::BY_RETAINED_SIZE);
                return rows_of(self.session.ask(&OrderKey { snapshot, list, sort, filter: Filter::default() }));
            }
        };
        rows_of(self.session.ask(&key))
    }

    fn children(&self, list: &Grown, path: &[u32]) -> Option<Grown> {
        let row = *path.last()?;
        match list {
            Grown::Groups(_) => GrowthGroup::ALL.get(row as usize).copied().map(Grown::Classes),
            Grown::Classes(_) => (!self.growth.new_objects(row as usize).is_empty()).then_some(Grown::Objects(row)),
            Grown::Objects(_) | Grown::Fields(_) => {
                let node = node_of(&self.last.1, list, row)?;
                (!self.last.1.graph().edge_range(node).is_empty()).then_some(Grown::Fields(node))
            }
        }
    }

    fn role(&self, column: usize) -> ColumnRole {
        ColumnRole::keep(match (column, KEYS[column]) {
            (TREND, _) => 80,
            (_, GrowthKey::Name) => return ColumnRole::default(),
            (_, GrowthKey::RetainedGrowth) => 90,
            (_, GrowthKey::CountGrowth) => 85,
            (_, GrowthKey::SizeGrowth) => 70,
            (_, GrowthKey::Count) => 65,
            (_, GrowthKey::Retained) => 60,
            (_, GrowthKey::Survivors) => 50,
            (_, GrowthKey::New) => 45,
        })
    }

    fn is_link(&self, list: &Grown, _path: &[u32]) -> bool {
        !matches!(list, Grown::Groups(_))
    }

    fn cell(&self, list: &Grown, path: &[u32], column: usize) -> Cell {
        let Some(&row) = path.last() else { return Cell::default() };
        let tokens = self.look.tokens;
        match list {
            Grown::Groups(_) => match (GrowthGroup::ALL.get(row as usize), column) {
                (Some(&group), 0) => {
                    let is_quiet = matches!(group, GrowthGroup::Small | GrowthGroup::Runtime);
                    let color = if is_quiet { tokens.weak } else { tokens.accent };
                    let count = self.growth.class_count(group);
                    let count = format!("  {}", human::quantity(count, "class", "classes"));
                    let mut cell = Cell::text(group.label(), color);
                    cell.runs.push(Run::new(count, tokens.weak));
                    cell.tooltip = Some(group.hint().to_owned());
                    cell
                }
                _ => Cell::default(),
            },
            Grown::Classes(_) => self.class_cell(row, column),
            Grown::Objects(class) => self.object_cell(*class, NodeOrdinal(row), column),
            Grown::Fields(_) => {
                let (snapshot, edge) = (&self.last.1, EdgeIndex(row));
                let target = snapshot.graph().edge_target(edge);
                let size = |size: u64| Cell::text(self.look.units.bytes(size), tokens.weak);
                match KEYS[column] {
                    GrowthKey::Name => {
                        let cell = field_cell(snapshot, edge, tokens);
                        with_source(cell, snapshot, target, self.scripts.as_deref(), tokens)
                    }
                    GrowthKey::SizeGrowth => size(snapshot.shallow_size(target)),
                    GrowthKey::Retained => size(snapshot.retained_size(target)),
                    _ => Cell::default(),
                }
            }
        }
    }

    fn spark(&self, list: &Grown, path: &[u32], column: usize) -> Option<Vec<f32>> {
        if column != TREND || !matches!(list, Grown::Classes(_)) {
            return None;
        }
        let points = self.growth.points(*path.last()? as usize);
        Some(points.iter().map(|point| convert::single(convert::float(point.count))).collect())
    }
}
