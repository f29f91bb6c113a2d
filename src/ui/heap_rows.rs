//! Rows of a snapshot for the tree table: which lists hang below which rows, and what their cells show.

use std::sync::Arc;
use std::time::Duration;

use super::theme::Tokens;
use super::tree_table::{Cell, Column, Rows, Run, TreeModel};
use crate::model::{ClassId, Detachedness, Distance, EdgeIndex, NodeKind, NodeOrdinal, human};
use crate::query::{Filter, ListSpec, Sort, SortKey, edge_label, held_by_root, is_quiet, node_label};
use crate::session::{OrderKey, OrderState, Session, SnapshotId};
use crate::snapshot::Snapshot;

/// A list that takes longer than this is said to be on its way.
const NOTICEABLE: Duration = Duration::from_millis(100);

/// Columns behind the name, in every table of objects.
pub const DISTANCE: Column = Column {
    title: "Distance",
    hint: "References on the shortest way from a root. − where only the runtime's own roots reach the object",
    width: 76.0,
};
pub const SHALLOW: Column = Column {
    title: "Shallow size",
    hint: "Bytes of the object itself, with the arrays and hidden parts that it alone owns",
    width: 124.0,
};
pub const RETAINED: Column = Column {
    title: "Retained size",
    hint: "Bytes that would be freed if the object were gone: its own and all that only it keeps alive",
    width: 134.0,
};

/// The sort key of each column of such a table.
pub const SORT_KEYS: [SortKey; 4] = [SortKey::Name, SortKey::Distance, SortKey::ShallowSize, SortKey::RetainedSize];

/// The sort after a click on a column's header: the other way round, or what is most useful first.
#[must_use]
pub fn clicked(sort: Sort, column: usize) -> Sort {
    let key = SORT_KEYS[column];
    let descending =
        if sort.key == key { !sort.descending } else { matches!(key, SortKey::ShallowSize | SortKey::RetainedSize) };
    Sort { key, descending }
}

/// The column that a sort belongs to.
#[must_use]
pub fn sorted_by(sort: Sort) -> (usize, bool) {
    (SORT_KEYS.iter().position(|key| *key == sort.key).unwrap_or(0), sort.descending)
}

/// Reads rows of one snapshot from the session.
#[derive(Debug)]
pub struct HeapRows<'a> {
    pub session: &'a mut Session,
    pub id: SnapshotId,
    pub snapshot: Arc<Snapshot>,
    pub sort: Sort,
    pub filter: Filter,
    pub tokens: &'static Tokens,
}

impl TreeModel for HeapRows<'_> {
    type List = ListSpec;

    fn rows(&mut self, list: &ListSpec) -> Rows {
        let filter = if *list == ListSpec::Classes { self.filter.clone() } else { Filter::default() };
        let key = OrderKey { snapshot: self.id, list: *list, sort: self.sort, filter };
        match self.session.order(&key) {
            OrderState::Ready(order) => Rows::Ready(Arc::clone(&order.rows)),
            OrderState::Pending { since, previous } => Rows::Pending {
                previous: previous.map(|order| Arc::clone(&order.rows)).unwrap_or_default(),
                slow: since.elapsed() > NOTICEABLE,
            },
            OrderState::Failed(message) => Rows::Failed(message),
        }
    }

    fn children(&self, list: &ListSpec, path: &[u32]) -> Option<ListSpec> {
        let row = *path.last()?;
        let graph = self.snapshot.graph();
        let fields = |node: NodeOrdinal| (!graph.edge_range(node).is_empty()).then_some(ListSpec::Edges(node));
        match list {
            ListSpec::Classes => Some(ListSpec::Members(ClassId(row))),
            ListSpec::Members(_) | ListSpec::Dominated(_) | ListSpec::Selected => fields(NodeOrdinal(row)),
            ListSpec::Edges(_) => fields(graph.edge_target(EdgeIndex(row))),
            ListSpec::Retainers(_) => {
                let source = graph.edge_source(EdgeIndex(row));
                let is_end = self.is_cycle(path) || graph.retainer_count(source) == 0 || self.is_root_held(source);
                (!is_end).then_some(ListSpec::Retainers(source))
            }
        }
    }

    fn cell(&self, list: &ListSpec, path: &[u32], column: usize) -> Cell {
        let Some(&row) = path.last() else { return Cell::default() };
        match (list, column) {
            (ListSpec::Classes, _) => self.class_cell(ClassId(row), column),
            (ListSpec::Members(_) | ListSpec::Dominated(_) | ListSpec::Selected, 0) => {
                self.node_name(NodeOrdinal(row), Vec::new())
            }
            (ListSpec::Members(_) | ListSpec::Dominated(_) | ListSpec::Selected, _) => {
                self.node_number(NodeOrdinal(row), column)
            }
            (ListSpec::Edges(_), 0) => self.field_name(EdgeIndex(row)),
            (ListSpec::Edges(_), _) => self.node_number(self.snapshot.graph().edge_target(EdgeIndex(row)), column),
            (ListSpec::Retainers(_), 0) => self.retainer_name(path),
            (ListSpec::Retainers(_), _) => self.node_number(self.snapshot.graph().edge_source(EdgeIndex(row)), column),
        }
    }
}

impl HeapRows<'_> {
    /// The object that a row stands for.
    #[must_use]
    pub fn node_of(snapshot: &Snapshot, list: &ListSpec, row: u32) -> Option<NodeOrdinal> {
        match list {
            ListSpec::Classes => None,
            ListSpec::Members(_) | ListSpec::Dominated(_) | ListSpec::Selected => Some(NodeOrdinal(row)),
            ListSpec::Edges(_) => Some(snapshot.graph().edge_target(EdgeIndex(row))),
            ListSpec::Retainers(_) => Some(snapshot.graph().edge_source(EdgeIndex(row))),
        }
    }

    /// Whether a retainer is held by the root itself, where a retaining path ends.
    fn is_root_held(&self, node: NodeOrdinal) -> bool {
        let distance = self.snapshot.distance(node);
        (distance.user() == Some(1) || distance.system() == Some(1)) && held_by_root(&self.snapshot, node)
    }

    /// Whether the retainer at the end of a path stands on that path already.
    fn is_cycle(&self, path: &[u32]) -> bool {
        let graph = self.snapshot.graph();
        let Some((&last, above)) = path.split_last() else { return false };
        let source = graph.edge_source(EdgeIndex(last));
        let start = path.first().map(|&edge| graph.edge_target(EdgeIndex(edge)));
        start == Some(source) || above.iter().any(|&edge| graph.edge_source(EdgeIndex(edge)) == source)
    }

    fn run(text: impl Into<String>, color: egui::Color32) -> Run {
        Run { text: text.into(), color }
    }

    fn class_cell(&self, class: ClassId, column: usize) -> Cell {
        let tokens = self.tokens;
        let class = self.snapshot.classes().get(class);
        match column {
            0 => {
                let name = human::visible(&class.name, crate::query::LABEL_LIMIT).into_owned();
                let mut cell = Cell::text(name, tokens.text);
                cell.runs.push(Self::run(format!("  ×{}", human::count(class.count)), tokens.weak));
                if let Some(at) = class.key.location {
                    cell.tooltip = Some(format!(
                        "{}\nscript {}, line {}, column {}",
                        cell.plain(),
                        at.script_id,
                        u64::from(at.line) + 1,
                        u64::from(at.column) + 1
                    ));
                }
                cell
            }
            1 => self.distance(class.distance),
            2 => self.size(class.shallow_size),
            _ => self.size(class.retained_size),
        }
    }

    fn node_name(&self, node: NodeOrdinal, mut runs: Vec<Run>) -> Cell {
        let tokens = self.tokens;
        let color = match self.snapshot.kind(node) {
            kind if kind.is_string() => tokens.string,
            NodeKind::NUMBER | NodeKind::BIGINT | NodeKind::REGEXP | NodeKind::SYMBOL => tokens.number,
            NodeKind::CLOSURE | NodeKind::CODE => tokens.code,
            NodeKind::HIDDEN | NodeKind::SYNTHETIC | NodeKind::OBJECT_SHAPE => tokens.weak,
            _ => tokens.text,
        };
        runs.push(Self::run(node_label(&self.snapshot, node), color));
        runs.push(Self::run(format!(" {}", self.snapshot.id(node)), tokens.weak));
        if self.snapshot.detachedness(node) == Detachedness::Detached {
            runs.push(Self::run("  detached", tokens.detached));
        }
        Cell { runs, bar: None, tooltip: None }
    }

    fn edge_color(&self, edge: EdgeIndex) -> egui::Color32 {
        if is_quiet(&self.snapshot, edge) { self.tokens.weak } else { self.tokens.property }
    }

    fn field_name(&self, edge: EdgeIndex) -> Cell {
        let name = Self::run(edge_label(&self.snapshot, edge), self.edge_color(edge));
        let separator = Self::run(" :: ", self.tokens.weak);
        self.node_name(self.snapshot.graph().edge_target(edge), vec![name, separator])
    }

    fn retainer_name(&self, path: &[u32]) -> Cell {
        let Some(edge) = path.last().map(|&edge| EdgeIndex(edge)) else { return Cell::default() };
        let source = self.snapshot.graph().edge_source(edge);
        let name = Self::run(edge_label(&self.snapshot, edge), self.edge_color(edge));
        let mut cell = self.node_name(source, vec![name, Self::run(" in ", self.tokens.weak)]);
        if self.is_cycle(path) {
            cell.runs.push(Self::run("  ↩ on this path already", self.tokens.weak));
        } else if self.is_root_held(source) {
            cell.runs.push(Self::run("  root", self.tokens.accent));
        }
        cell
    }

    fn node_number(&self, node: NodeOrdinal, column: usize) -> Cell {
        match column {
            1 => self.distance(self.snapshot.distance(node)),
            2 => self.size(self.snapshot.shallow_size(node)),
            _ => self.size(self.snapshot.retained_size(node)),
        }
    }

    fn distance(&self, distance: Distance) -> Cell {
        let color = if distance.user().is_some() { self.tokens.text } else { self.tokens.weak };
        let mut cell = Cell::text(distance.to_string(), color);
        if let Some(hops) = distance.system() {
            cell.tooltip = Some(format!("{hops} from the runtime's own roots; no user root reaches it"));
        } else if distance == Distance::NONE {
            cell.tooltip = Some("Nothing reaches it: it would be freed by the next garbage collection".to_owned());
        }
        cell
    }

    #[expect(clippy::cast_precision_loss, reason = "a percentage")]
    fn size(&self, size: u64) -> Cell {
        let share = size as f64 / self.snapshot.total_size().max(1) as f64;
        let percent = format!("{:>5}", format!("{:.0} %", share * 100.0));
        let mut cell = Cell::text(human::bytes(size), self.tokens.text);
        cell.runs.push(Self::run(percent, self.tokens.weak));
        #[expect(clippy::cast_possible_truncation, reason = "a fraction")]
        let bar = share as f32;
        cell.bar = Some(bar);
        cell.tooltip = Some(format!("{} bytes, {:.2} % of the snapshot", human::count(size), share * 100.0));
        cell
    }
}
