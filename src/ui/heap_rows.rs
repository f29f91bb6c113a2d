//! Rows of a snapshot for the tree table: the lists below each row, and the content of the cells.

use std::sync::Arc;
use std::time::Duration;

use super::theme::{Look, Tokens};
use super::tree_table::{Cell, Column, Rows, Run, TreeModel};
use crate::model::{ClassId, Detachedness, Distance, EdgeIndex, NodeKind, NodeOrdinal, SnapshotId, convert, human};
use crate::query::{
    Filter, LABEL_LIMIT, ListSpec, OrderKey, RetainerDistances, RowOrder, Scripts, Selection, Sort, SortKey,
    class_totals, distance_meaning, edge_label, held_by_root, is_quiet, joined_totals, map_key, node_label,
};
use crate::session::{Reply, Session};
use crate::snapshot::Snapshot;
use crate::ui::glossary;

/// The maximum length of a Map's key beside its entry, in characters.
const KEY_LIMIT: usize = 48;

/// The time after which a list is shown as loading.
pub(crate) const NOTICEABLE: Duration = Duration::from_millis(100);

/// A column of a table of objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Field {
    Name,
    Distance,
    Shallow,
    Retained,
    /// Retained size as a share of the parent row's.
    OfParent,
}

impl Field {
    #[must_use]
    pub(crate) fn sort_key(self) -> SortKey {
        match self {
            Self::Name => SortKey::Name,
            Self::Distance => SortKey::Distance,
            Self::Shallow => SortKey::ShallowSize,
            Self::Retained | Self::OfParent => SortKey::RetainedSize,
        }
    }
}

/// The distance column.
pub(crate) const DISTANCE: Column = Column {
    title: "Distance",
    hint: "References on the shortest path from a root; − if no user root reaches the object",
    width: 76.0,
};
pub(crate) const SHALLOW: Column = Column {
    title: "Shallow size",
    hint: "Bytes of the object itself, including arrays and hidden parts that only it owns",
    width: 124.0,
};
pub(crate) const RETAINED: Column = Column {
    title: "Retained size",
    hint: "Bytes that would be freed with the object: its own and all that only it keeps alive",
    width: 134.0,
};
pub(crate) const OF_PARENT: Column =
    Column { title: "Of parent", hint: "Retained size as a share of the parent's retained size", width: 84.0 };

/// The columns of most tables.
pub(crate) const FIELDS: &[Field] = &[Field::Name, Field::Distance, Field::Shallow, Field::Retained];

/// Returns the sort after a click on a column's header: reversed, or the most useful direction for a new column.
#[must_use]
pub(crate) fn clicked(sort: Sort, field: Field) -> Sort {
    let key = field.sort_key();
    let descending =
        if sort.key == key { !sort.descending } else { matches!(key, SortKey::ShallowSize | SortKey::RetainedSize) };
    Sort { key, descending }
}

/// Returns the index of the column that a sort belongs to, and whether it is descending.
#[must_use]
pub(crate) fn sorted_by(fields: &[Field], sort: Sort) -> (usize, bool) {
    (fields.iter().rposition(|field| field.sort_key() == sort.key).unwrap_or(0), sort.descending)
}

/// The rows of one snapshot, read from the session.
#[derive(Debug)]
pub(crate) struct HeapRows<'a> {
    pub session: &'a mut Session,
    /// The files of source locations, once they are known.
    pub scripts: Option<Arc<Scripts>>,
    pub id: SnapshotId,
    pub snapshot: Arc<Snapshot>,
    pub fields: &'static [Field],
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

    fn cell(&self, list: &ListSpec, path: &[u32], column: usize) -> Cell {
        let Some(&row) = path.last() else { return Cell::default() };
        let field = self.fields.get(column).copied().unwrap_or(Field::Name);
        match (list, field) {
            (ListSpec::Classes | ListSpec::JoinedClasses, _) => self.class_cell(*list, ClassId(row), field),
            (ListSpec::Edges(_), Field::Name) => self.field_name(EdgeIndex(row)),
            (ListSpec::Retainers(_), Field::Name) => self.retainer_name(path),
            (ListSpec::Retainers(_), Field::Distance) => self.retainer_distance(EdgeIndex(row)),
            (ListSpec::Dominated(parent), Field::OfParent) => self.of_parent(*parent, NodeOrdinal(row)),
            _ => match Self::node_of(&self.snapshot, *list, row) {
                Some(node) if field == Field::Name => self.node_name(node, Vec::new()),
                Some(node) => self.node_number(node, field),
                None => Cell::default(),
            },
        }
    }
}

impl HeapRows<'_> {
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
        let totals_of = if is_joined { joined_totals } else { class_totals };
        let totals = totals_of(&self.snapshot, self.selection.as_deref(), class);
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
                        cell.runs.push(Run::new(format!("  {}", scripts.short(at)), tokens.weak));
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
            Field::OfParent => Cell::default(),
        }
    }

    fn node_name(&self, node: NodeOrdinal, runs: Vec<Run>) -> Cell {
        node_cell(&self.snapshot, node, runs, self.look.tokens)
    }

    fn field_name(&self, edge: EdgeIndex) -> Cell {
        field_cell(&self.snapshot, edge, self.look.tokens)
    }

    fn retainer_name(&self, path: &[u32]) -> Cell {
        let Some(edge) = path.last().map(|&edge| EdgeIndex(edge)) else { return Cell::default() };
        let tokens = self.look.tokens;
        let source = self.snapshot.graph().edge_source(edge);
        let name = Run::new(edge_label(&self.snapshot, edge), edge_color(&self.snapshot, edge, tokens));
        let mut cell = self.node_name(source, vec![name, Run::new(" in ", tokens.weak)]);
        cell.runs.extend(key_runs(&self.snapshot, edge, tokens));
        if self.is_ignored(source) {
            cell.runs.push(Run::new("  ignored", tokens.detached));
        } else if self.is_cycle(path) {
            cell.runs.push(Run::new("  ↩ already on this path", tokens.weak));
        } else if self.is_root_held(source) {
            cell.runs.push(Run::new("  root", tokens.accent));
        }
        cell.tooltip = edge_tooltip(&self.snapshot, edge, &cell);
        cell
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

    fn node_number(&self, node: NodeOrdinal, field: Field) -> Cell {
        match field {
            Field::Distance => distance_cell(&self.snapshot, node, self.look.tokens),
            Field::Shallow => self.size(self.snapshot.shallow_size(node)),
            Field::Retained => self.size(self.snapshot.retained_size(node)),
            Field::Name | Field::OfParent => Cell::default(),
        }
    }

    fn of_parent(&self, parent: NodeOrdinal, node: NodeOrdinal) -> Cell {
        let share = convert::share(self.snapshot.retained_size(node), self.snapshot.retained_size(parent));
        let mut cell = Cell::text(format!("{:.1}%", share * 100.0), self.look.tokens.text);
        cell.bar = Some(convert::single(share));
        cell
    }

    fn size(&self, size: u64) -> Cell {
        size_cell(size, self.snapshot.total_size(), self.look)
    }
}

/// Returns a cell with an object's name, colored by its kind, and its id.
#[must_use]
pub(crate) fn node_cell(snapshot: &Snapshot, node: NodeOrdinal, mut runs: Vec<Run>, tokens: &Tokens) -> Cell {
    let color = match snapshot.kind(node) {
        kind if kind.is_string() => tokens.string,
        NodeKind::NUMBER | NodeKind::BIGINT | NodeKind::REGEXP | NodeKind::SYMBOL => tokens.number,
        NodeKind::CLOSURE | NodeKind::CODE => tokens.code,
        NodeKind::HIDDEN | NodeKind::SYNTHETIC | NodeKind::OBJECT_SHAPE => tokens.weak,
        _ => tokens.text,
    };
    runs.push(Run::new(node_label(snapshot, node), color));
    runs.push(Run::new(format!(" {}", snapshot.id(node)), tokens.weak));
    let has_documents = snapshot.producer().program.has_documents();
    if has_documents && snapshot.detachedness(node) == Detachedness::Detached {
        runs.push(Run::new("  detached", tokens.detached));
    }
    Cell { runs, bar: None, tooltip: None }
}

/// Returns a cell with a reference: `property :: object`.
#[must_use]
pub(crate) fn field_cell(snapshot: &Snapshot, edge: EdgeIndex, tokens: &Tokens) -> Cell {
    let name = Run::new(edge_label(snapshot, edge), edge_color(snapshot, edge, tokens));
    let separator = Run::new(" :: ", tokens.weak);
    let mut cell = node_cell(snapshot, snapshot.graph().edge_target(edge), vec![name, separator], tokens);
    cell.tooltip = edge_tooltip(snapshot, edge, &cell);
    cell
}

fn edge_color(snapshot: &Snapshot, edge: EdgeIndex, tokens: &Tokens) -> egui::Color32 {
    if is_quiet(snapshot, edge) { tokens.weak } else { tokens.property }
}

/// Returns an explanation of an edge of a kind that JavaScript does not have.
fn edge_tooltip(snapshot: &Snapshot, edge: EdgeIndex, cell: &Cell) -> Option<String> {
    let entry = glossary::for_edge_kind(snapshot.graph().edge_kind(edge))?;
    is_quiet(snapshot, edge).then(|| format!("{}\n{}: {}", cell.plain(), entry.term, entry.short))
}

/// Returns a cell with the distance of an object, with an explanation if it is not a number.
#[must_use]
pub(crate) fn distance_cell(snapshot: &Snapshot, node: NodeOrdinal, tokens: &Tokens) -> Cell {
    let mut cell = hops_cell(snapshot.distance(node), tokens);
    cell.tooltip = distance_meaning(snapshot, node);
    cell
}

/// Returns a cell with the smallest distance of several objects.
fn least_distance_cell(distance: Distance, tokens: &Tokens) -> Cell {
    let mut cell = hops_cell(distance, tokens);
    if let Some(hops) = distance.system() {
        let hops = human::quantity(u64::from(hops), "reference", "references");
        cell.tooltip = Some(format!("{hops} from the runtime's own roots; no user root reaches any of them"));
    } else if distance == Distance::NONE {
        cell.tooltip = Some("At least one of these objects has no distance".to_owned());
    }
    cell
}

fn hops_cell(distance: Distance, tokens: &Tokens) -> Cell {
    let color = if distance.user().is_some() { tokens.text } else { tokens.weak };
    Cell::text(distance.to_string(), color)
}

/// Returns the key of a Map's entry, if the edge belongs to one.
pub(crate) fn key_runs(snapshot: &Snapshot, edge: EdgeIndex, tokens: &Tokens) -> Vec<Run> {
    let Some(key) = map_key(snapshot, edge) else { return Vec::new() };
    let label = human::visible(&node_label(snapshot, key), KEY_LIMIT).into_owned();
    vec![Run::new("  key ", tokens.weak), Run::new(label, tokens.string)]
}

/// Returns a cell with a size and its share of `total`.
#[must_use]
pub(crate) fn size_cell(size: u64, total: u64, look: Look) -> Cell {
    let share = convert::share(size, total);
    let percent = format!("{:>6}", format!("{:.0}%", share * 100.0));
    let mut cell = Cell::text(look.units.bytes(size), look.tokens.text);
    cell.runs.push(Run::new(percent, look.tokens.weak));
    cell.bar = Some(convert::single(share));
    cell.tooltip = Some(format!("{} bytes, {:.2}% of the snapshot", human::count(size), share * 100.0));
    cell
}
