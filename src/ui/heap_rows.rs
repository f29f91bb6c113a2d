//! Rows of a snapshot for the tree table: the lists below each row, and the content of the cells.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::object_cells::{edge_color, edge_tooltip, hops_cell, least_distance_cell, share_cell, with_source};
use super::theme::Look;
use super::time_chart;
use super::tree_table::{Cell, ColumnRole, Path, Rows, Run, Selected, TreeModel};
use crate::analysis::Location;
use crate::model::{CancelToken, ClassId, Detachedness, EdgeIndex, NodeOrdinal, SnapshotId, convert, human};
use crate::query::{
    ClassTotals, Filter, LABEL_LIMIT, ListSpec, NativeContexts, OrderKey, Owner, RetainerDistances, RowOrder, Scripts,
    Selection, Sort, class_totals, edge_label, held_by_root, joined_totals, node_label, retained_together,
};
use crate::session::{Reply, Session};
use crate::snapshot::Snapshot;
use crate::ui::glossary;

pub(crate) use super::object_cells::{distance_cell, field_cell, key_runs, node_cell, size_cell};
pub(crate) use super::object_fields::{DISTANCE, FIELDS, Field, RETAINED, SHALLOW, clicked, sorted_by};

/// The time after which a list is shown as loading.
pub(crate) const NOTICEABLE: Duration = Duration::from_millis(100);

/// The rows of one snapshot, read from the session.
#[derive(Debug)]
pub(crate) struct HeapRows<'a> {
    pub session: &'a mut Session,
    /// The files of source locations, once they are known.
    pub scripts: Option<Arc<Scripts>>,
    /// The realms of objects, once they are known and if a column needs them.
    pub realms: Option<Arc<NativeContexts>>,
    pub id: SnapshotId,
    pub snapshot: Arc<Snapshot>,
    /// The columns.
    pub fields: Vec<Field>,
    /// The columns that the table shows at first.
    pub shown: &'static [Field],
    pub sort: Sort,
    pub filter: Filter,
    /// The objects that `filter.nodes` selects, once they are known.
    pub selection: Option<Arc<Selection>>,
    /// The distances without `filter.ignored`, once they are known.
    pub distances: Option<Arc<RetainerDistances>>,
    pub look: Look,
}

/// Converts the session's reply for a list into rows for the table.
#[must_use]
pub(crate) fn rows_of(state: Reply<RowOrder>) -> Rows {
    match state {
        Reply::Ready(order) => Rows::Ready(Arc::clone(&order.rows)),
        Reply::Pending { since, previous } => Rows::Pending {
            previous: previous.map(|order| Arc::clone(&order.rows)).unwrap_or_default(),
            slow: since.elapsed() > NOTICEABLE,
        },
        Reply::Failed(message) => Rows::Failed(message),
    }
}

impl TreeModel for HeapRows<'_> {
    type List = ListSpec;

    fn rows(&mut self, list: &ListSpec) -> Rows {
        let filter = match list {
            ListSpec::Classes | ListSpec::JoinedClasses => Filter { ignored: Vec::new(), ..self.filter.clone() },
            ListSpec::Members(_) | ListSpec::JoinedMembers(_) | ListSpec::Selected => {
                Filter { nodes: self.filter.nodes.clone(), ..Filter::default() }
            }
            ListSpec::Retainers(_) => Filter { ignored: self.filter.ignored.clone(), ..Filter::default() },
            ListSpec::Edges(_) | ListSpec::Dominated(_) if self.filter.leads => {
                Filter { nodes: self.filter.nodes.clone(), leads: true, ..Filter::default() }
            }
            ListSpec::Edges(_) | ListSpec::Dominated(_) => Filter::default(),
        };
        let key = OrderKey { snapshot: self.id, list: *list, sort: self.sort, filter };
        rows_of(self.session.ask(&key))
    }

    fn children(&self, list: &ListSpec, path: &[u32]) -> Option<ListSpec> {
        let row = *path.last()?;
        let graph = self.snapshot.graph();
        let fields = |node: NodeOrdinal| (!graph.edge_range(node).is_empty()).then_some(ListSpec::Edges(node));
        match list {
            ListSpec::Classes => Some(ListSpec::Members(ClassId(row))),
            ListSpec::JoinedClasses => Some(ListSpec::JoinedMembers(ClassId(row))),
            ListSpec::Members(_) | ListSpec::JoinedMembers(_) | ListSpec::Selected => fields(NodeOrdinal(row)),
            ListSpec::Dominated(_) => {
                let node = NodeOrdinal(row);
                (self.snapshot.dominators().subtree(node).len() > 1).then_some(ListSpec::Dominated(node))
            }
            ListSpec::Edges(_) => fields(graph.edge_target(EdgeIndex(row))),
            ListSpec::Retainers(_) => {
                let source = graph.edge_source(EdgeIndex(row));
                let is_end = self.is_cycle(path)
                    || self.is_ignored(source)
                    || graph.retainer_count(source) == 0
                    || self.is_root_held(source);
                (!is_end).then_some(ListSpec::Retainers(source))
            }
        }
    }

    fn is_link(&self, list: &ListSpec, _path: &[u32]) -> bool {
        !matches!(list, ListSpec::Classes | ListSpec::JoinedClasses)
    }

    fn chains(&self, list: &ListSpec) -> bool {
        matches!(list, ListSpec::Edges(_) | ListSpec::Retainers(_) | ListSpec::Dominated(_))
    }

    fn role(&self, column: usize) -> ColumnRole {
        self.fields.get(column).map_or_else(ColumnRole::default, |field| field.role(self.shown))
    }

    fn about_selected(&self, rows: &BTreeMap<Path, ListSpec>) -> Selected {
        self.selected(rows)
    }

    fn cell(&self, list: &ListSpec, path: &[u32], column: usize) -> Cell {
        let mut cell = self.plain_cell(*list, path, column);
        if self.fields.get(column).copied().unwrap_or(Field::Name) == Field::Name && self.has_note(*list, path) {
            cell.runs.insert(0, Run::new("★ ", self.look.tokens.accent));
        }
        cell
    }
}

impl HeapRows<'_> {
    /// Returns whether the user added a note about the object or the class of a row.
    fn has_note(&self, list: ListSpec, path: &[u32]) -> bool {
        let (Some(noted), Some(&row)) = (self.session.noted(self.id), path.last()) else { return false };
        match Self::node_of(&self.snapshot, list, row) {
            Some(node) => noted.nodes.contains(&node),
            None => noted.classes.contains(&ClassId(row)),
        }
    }

    /// Returns a cell without the mark of a note.
    fn plain_cell(&self, list: ListSpec, path: &[u32], column: usize) -> Cell {
        let Some(&row) = path.last() else { return Cell::default() };
        let field = self.fields.get(column).copied().unwrap_or(Field::Name);
        match (list, field) {
            (ListSpec::Classes | ListSpec::JoinedClasses, _) => self.class_cell(list, ClassId(row), field),
            (ListSpec::Edges(_), Field::Name) => self.field_name(EdgeIndex(row)),
            (ListSpec::Retainers(_), Field::Name) => self.retainer_name(path),
            (ListSpec::Retainers(_), Field::Distance) => self.retainer_distance(EdgeIndex(row)),
            (ListSpec::Dominated(parent), Field::OfParent) => self.of_parent(parent, NodeOrdinal(row)),
            (ListSpec::Members(class), Field::Name) if self.snapshot.classes().get(class).key.location.is_some() => {
                // The row of the class shows where it is defined.
                node_cell(&self.snapshot, NodeOrdinal(row), Vec::new(), self.look.tokens)
            }
            _ => match Self::node_of(&self.snapshot, list, row) {
                Some(node) if field == Field::Name => self.node_name(node, Vec::new()),
                Some(node) => self.node_fact(node, field),
                None => Cell::default(),
            },
        }
    }

    /// Returns the object of a row.
    #[must_use]
    pub(crate) fn node_of(snapshot: &Snapshot, list: ListSpec, row: u32) -> Option<NodeOrdinal> {
        match list {
            ListSpec::Classes | ListSpec::JoinedClasses => None,
            ListSpec::Members(_) | ListSpec::JoinedMembers(_) | ListSpec::Dominated(_) | ListSpec::Selected => {
                Some(NodeOrdinal(row))
            }
            ListSpec::Edges(_) => Some(snapshot.graph().edge_target(EdgeIndex(row))),
            ListSpec::Retainers(_) => Some(snapshot.graph().edge_source(EdgeIndex(row))),
        }
    }

    /// Returns the object of the row at the end of a path, in a table whose topmost list is `root`.
    #[must_use]
    pub(crate) fn node_at(&self, root: ListSpec, path: &[u32]) -> Option<NodeOrdinal> {
        let mut list = root;
        for depth in 1..path.len() {
            list = self.children(&list, &path[..depth])?;
        }
        Self::node_of(&self.snapshot, list, *path.last()?)
    }

    fn is_ignored(&self, node: NodeOrdinal) -> bool {
        self.filter.ignored.binary_search(&node).is_ok()
    }

    /// Returns whether the root itself references the node, so that the retaining path ends there.
    fn is_root_held(&self, node: NodeOrdinal) -> bool {
        let distance = self.snapshot.distance(node);
        (distance.user() == Some(1) || distance.system() == Some(1)) && held_by_root(&self.snapshot, node)
    }

    /// Returns whether the retainer at the end of a path is already on that path.
    fn is_cycle(&self, path: &[u32]) -> bool {
        let graph = self.snapshot.graph();
        let Some((&last, above)) = path.split_last() else { return false };
        let source = graph.edge_source(EdgeIndex(last));
        let start = path.first().map(|&edge| graph.edge_target(EdgeIndex(edge)));
        start == Some(source) || above.iter().any(|&edge| graph.edge_source(EdgeIndex(edge)) == source)
    }

    fn class_cell(&self, list: ListSpec, class: ClassId, field: Field) -> Cell {
        let tokens = self.look.tokens;
        let is_joined = list == ListSpec::JoinedClasses;
        let totals = self.totals(list, class);
        let joined = self.snapshot.joined_classes().filter(|_| is_joined);
        let loads = joined.map_or(1, |joined| joined.joined_count(class));
        let class = self.snapshot.classes().get(class);
        match field {
            Field::Name => {
                let name = human::visible(&class.name, LABEL_LIMIT).into_owned();
                let mut cell = Cell::text(name.clone(), tokens.text);
                cell.runs.push(Run::new(format!("  ×{}", human::count(totals.count)), tokens.weak));
                if let Some(at) = class.key.location {
                    let none = Scripts::default();
                    let scripts = self.scripts.as_deref().unwrap_or(&none);
                    if scripts.url(at.script_id).is_some() {
                        cell.aside = Some(Run::new(format!("  {}", scripts.short(at)), tokens.weak));
                    }
                    cell.tooltip = Some(format!("{name}\n{}", scripts.full(at)));
                    if loads > 1 {
                        cell.runs.push(Run::new(format!("  {loads} loads"), tokens.accent));
                        cell.tooltip = Some(format!(
                            "{name}\n{}\nThe same class from {loads} loads of its script",
                            scripts.full(at)
                        ));
                    }
                }
                if let Some(entry) = glossary::for_class(&class.name) {
                    let above = cell.tooltip.unwrap_or_else(|| entry.term.to_owned());
                    cell.tooltip = Some(format!("{above}\n{}", entry.short));
                }
                cell
            }
            Field::Distance => least_distance_cell(totals.distance, self.look.tokens),
            Field::Shallow => self.size(totals.shallow_size),
            Field::Retained => self.size(totals.retained_size),
            Field::OfTotal => self.of_total(totals.retained_size),
            Field::Source => self.source(class.key.location),
            _ => Cell::default(),
        }
    }

    fn node_name(&self, node: NodeOrdinal, runs: Vec<Run>) -> Cell {
        let cell = node_cell(&self.snapshot, node, runs, self.look.tokens);
        with_source(cell, &self.snapshot, node, self.scripts.as_deref(), self.look.tokens)
    }

    fn field_name(&self, edge: EdgeIndex) -> Cell {
        let cell = field_cell(&self.snapshot, edge, self.look.tokens);
        let target = self.snapshot.graph().edge_target(edge);
        with_source(cell, &self.snapshot, target, self.scripts.as_deref(), self.look.tokens)
    }

    fn retainer_name(&self, path: &[u32]) -> Cell {
        let Some(edge) = path.last().map(|&edge| EdgeIndex(edge)) else { return Cell::default() };
        let tokens = self.look.tokens;
        let source = self.snapshot.graph().edge_source(edge);
        let name = Run::new(edge_label(&self.snapshot, edge), edge_color(&self.snapshot, edge, tokens));
        let runs = vec![name, Run::new(" in ", tokens.weak)];
        let mut cell = node_cell(&self.snapshot, source, runs, tokens);
        cell.runs.extend(key_runs(&self.snapshot, edge, tokens));
        if self.is_ignored(source) {
            cell.runs.push(Run::new("  ignored", tokens.detached));
        } else if self.is_cycle(path) {
            cell.runs.push(Run::new("  ↩ already on this path", tokens.weak));
        } else if self.is_root_held(source) {
            cell.runs.push(Run::new("  root", tokens.accent));
        }
        cell.tooltip = edge_tooltip(&self.snapshot, edge, &cell);
        with_source(cell, &self.snapshot, source, self.scripts.as_deref(), tokens)
    }

    fn retainer_distance(&self, edge: EdgeIndex) -> Cell {
        let source = self.snapshot.graph().edge_source(edge);
        match &self.distances {
            None => distance_cell(&self.snapshot, source, self.look.tokens),
            Some(distances) => {
                let distance = distances.of(&self.snapshot, edge, source);
                if distance.0 < RetainerDistances::UNREACHABLE_BASE {
                    return hops_cell(distance, self.look.tokens);
                }
                let mut cell = Cell::text("−", self.look.tokens.weak);
                cell.tooltip = Some("Reachable only through ignored objects".to_owned());
                cell
            }
        }
    }

    fn node_fact(&self, node: NodeOrdinal, field: Field) -> Cell {
        let (snapshot, tokens) = (&self.snapshot, self.look.tokens);
        match field {
            Field::Id => Cell::text(snapshot.id(node).to_string(), tokens.weak),
            Field::Kind => Cell::text(human::visible(snapshot.graph().kind_name(node), 60), tokens.weak),
            Field::Class => {
                let class = &snapshot.classes().get(snapshot.class_id(node)).name;
                Cell::text(human::visible(class, LABEL_LIMIT), tokens.text)
            }
            Field::Source => self.source(snapshot.location(node)),
            Field::Detached => match snapshot.detachedness(node) {
                Detachedness::Detached => Cell::text("detached", tokens.detached),
                Detachedness::Attached => Cell::text("attached", tokens.weak),
                _ => Cell::default(),
            },
            Field::Realm => self.realm(node),
            Field::Allocated => self.allocated(node),
            Field::Distance => distance_cell(snapshot, node, tokens),
            Field::Shallow => self.size(snapshot.shallow_size(node)),
            Field::Retained => self.size(snapshot.retained_size(node)),
            Field::OfTotal => self.of_total(snapshot.retained_size(node)),
            Field::Name | Field::OfParent => Cell::default(),
        }
    }

    fn source(&self, at: Option<Location>) -> Cell {
        let Some((scripts, at)) = self.scripts.as_deref().zip(at) else { return Cell::default() };
        let mut cell = Cell::text(scripts.short(at), self.look.tokens.weak);
        cell.tooltip = Some(scripts.both(at));
        cell
    }

    fn realm(&self, node: NodeOrdinal) -> Cell {
        let tokens = self.look.tokens;
        let Some(realms) = &self.realms else { return Cell::default() };
        match realms.owner(node) {
            Owner::None => Cell::default(),
            Owner::Shared => Cell::text("shared", tokens.weak),
            Owner::Context(context) => {
                let label = human::visible(&node_label(&self.snapshot, context), 60).into_owned();
                let mut cell = Cell::text(self.snapshot.id(context).to_string(), tokens.text);
                cell.tooltip = Some(format!("{label} {}", self.snapshot.id(context)));
                cell
            }
        }
    }

    /// Returns the end of the interval of the timeline in which an object was allocated.
    fn allocated(&self, node: NodeOrdinal) -> Cell {
        let (samples, id) = (self.snapshot.graph().samples(), self.snapshot.id(node).0);
        let at = samples.partition_point(|sample| sample.last_assigned_id < id);
        // V8 numbers JavaScript objects with odd ids, in the order of their allocation.
        match samples.get(at).filter(|_| id % 2 == 1) {
            Some(_) if at == 0 => Cell::text("before", self.look.tokens.weak),
            Some(sample) => Cell::text(time_chart::time(sample.timestamp_us), self.look.tokens.text),
            None => Cell::default(),
        }
    }

    fn of_parent(&self, parent: NodeOrdinal, node: NodeOrdinal) -> Cell {
        let share = convert::share(self.snapshot.retained_size(node), self.snapshot.retained_size(parent));
        share_cell(share, self.look.tokens)
    }

    fn of_total(&self, size: u64) -> Cell {
        share_cell(convert::share(size, self.snapshot.total_size()), self.look.tokens)
    }

    /// Describes several selected rows: their number and sizes.
    fn selected(&self, rows: &BTreeMap<Path, ListSpec>) -> Selected {
        let units = self.look.units;
        let ids = || rows.iter().filter_map(|(path, list)| Some((*list, *path.last()?)));
        let mut nodes: Vec<u32> =
            ids().filter_map(|(list, row)| Self::node_of(&self.snapshot, list, row)).map(|node| node.0).collect();
        let class_count = rows.len() - nodes.len();
        nodes.sort_unstable();
        nodes.dedup();
        if class_count == 0 {
            let shallow: u64 = nodes.iter().map(|&node| self.snapshot.shallow_size(NodeOrdinal(node))).sum();
            let retained = retained_together(&self.snapshot, &nodes, &CancelToken::new()).unwrap_or_default();
            let objects = human::quantity(nodes.len() as u64, "object", "objects");
            return Selected {
                text: format!(
                    "{objects} selected: {} shallow, ≥ {} retained",
                    units.bytes(shallow),
                    units.bytes(retained)
                ),
                tooltip: "Retained together: what one of them retains counts once. Objects that only several of them \
                          keep alive are not counted"
                    .to_owned(),
                merges: true,
                compares: nodes.len() == 2,
            };
        }
        let mut text = human::quantity(class_count as u64, "class", "classes");
        if nodes.is_empty() {
            let totals = ids().map(|(list, row)| self.totals(list, ClassId(row)));
            let (count, size) = totals.fold((0, 0), |(count, size), of| (count + of.count, size + of.shallow_size));
            let objects = human::quantity(count, "object", "objects");
            text = format!("{text} selected: {objects}, {} shallow", units.bytes(size));
        } else {
            let objects = human::quantity(nodes.len() as u64, "object", "objects");
            text = format!("{text} and {objects} selected");
        }
        Selected { text, merges: nodes.is_empty(), ..Selected::default() }
    }

    fn totals(&self, list: ListSpec, class: ClassId) -> ClassTotals {
        let totals_of = if list == ListSpec::JoinedClasses { joined_totals } else { class_totals };
        totals_of(&self.snapshot, self.selection.as_deref(), class)
    }

    fn size(&self, size: u64) -> Cell {
        size_cell(size, self.snapshot.total_size(), self.look)
    }
}
