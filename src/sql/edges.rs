//! The table `edges`.

use std::ffi::c_int;
use std::sync::Arc;

use super::constraints::{Bounds, Filter, Op};
use super::module::{Estimate, Scan, Shared, Source, Visits, Wanted};
use super::nodes::number_of;
use super::rows::{EdgeRow, Edges, NAME_LIMIT};
use super::schema::{Described as _, EdgeTable, TableInfo};
use super::segments::Segments;
use crate::export::{Cell, Columns, row_name};
use crate::model::{BitSet, Cancelled, EdgeIndex, EdgeKind, NodeOrdinal, convert};
use crate::query::strings_named;
use crate::snapshot::Snapshot;

fn name_of(column: usize) -> &'static str {
    column.checked_sub(1).and_then(|at| EdgeTable::COLUMNS.get(at)).copied().unwrap_or("snapshot")
}

/// The source of rows of `edges`.
pub(super) struct EdgeSource;

impl Source for EdgeSource {
    type Scan = EdgeScan;

    fn info() -> TableInfo {
        TableInfo::of::<EdgeTable>()
    }

    fn handles(column: usize, op: Op) -> bool {
        op == Op::Equal && name_of(column) != "position"
    }

    fn estimate(shared: &Shared, filters: &[(usize, Op)]) -> Estimate {
        let sum = |of: fn(&Snapshot) -> usize| {
            let sum: usize = shared.data.files.iter().map(|file| of(&file.snapshot)).sum();
            convert::float(sum as u64).max(1.0)
        };
        let (nodes, edges) = (sum(|of| of.graph().node_count()), sum(|of| of.graph().edge_count()));
        let has = |name| filters.iter().any(|&(column, _)| name_of(column) == name);
        let files = convert::float(shared.data.files.len() as u64);
        let per_node = (edges / nodes).max(1.0);
        match (has("from_id"), has("to_id")) {
            (true, true) => Estimate { cost: 10.0 * files + per_node, rows: 1.0 },
            // An object may have many retainers, so its own references are the better way.
            (true, false) => Estimate { cost: 10.0 * files + 2.0 * per_node, rows: per_node },
            (false, true) => Estimate { cost: 10.0 * files + 4.0 * per_node, rows: 2.0 * per_node },
            (false, false) if has("name") => Estimate { cost: edges / 10.0, rows: (edges / 1000.0).max(1.0) },
            (false, false) if has("kind") => Estimate { cost: edges, rows: edges / 4.0 },
            (false, false) => Estimate { cost: 3.0 * edges, rows: edges },
        }
    }

    fn order(_shared: &Shared, wanted: &Wanted<'_>) -> Option<c_int> {
        // Edges are in the order of the file, one snapshot after another.
        let is_by_snapshot = matches!(wanted.columns, [(0, descending)] if !descending || wanted.is_grouping);
        is_by_snapshot.then_some(0)
    }

    fn scan(shared: &Arc<Shared>) -> EdgeScan {
        EdgeScan {
            visits: Visits::new(shared),
            columns: EdgeTable::columns(),
            segments: Segments::new(),
            position: 0,
            source: NodeOrdinal(0),
            edge: EdgeIndex(0),
            tests: Tests::default(),
        }
    }
}

#[derive(Clone, Copy)]
enum List {
    All,
    From(NodeOrdinal),
    To(NodeOrdinal),
}

/// Conditions for edges.
#[derive(Default)]
struct Tests {
    from: Option<i64>,
    to: Option<i64>,
    /// By kind, one table per snapshot.
    kinds: Option<Vec<Vec<bool>>>,
    /// The name; only for scans of all edges.
    names: Option<WantedName>,
}

/// The name of wanted edges.
struct WantedName {
    /// The name as the index of an element.
    number: Option<u32>,
    /// The strings that are the name, one set per snapshot.
    strings: Vec<BitSet>,
}

impl Tests {
    fn pass(&self, snapshot: &Snapshot, file: usize, source: NodeOrdinal, edge: EdgeIndex) -> bool {
        let graph = snapshot.graph();
        let kind = graph.edge_kind(edge);
        if self.kinds.as_ref().is_some_and(|kinds| !kinds[file][usize::from(kind.0)]) {
            return false;
        }
        let name = graph.edge_names[edge.index()];
        let has_name = match &self.names {
            None => true,
            Some(wanted) if kind.has_numeric_name() => wanted.number == Some(name),
            // A shortcut may be named by a number, which is left to SQLite.
            Some(wanted) => kind == EdgeKind::SHORTCUT || wanted.strings[file].contains(name as usize),
        };
        if !has_name {
            return false;
        }
        self.from.is_none_or(|id| snapshot.id(source).0.cast_signed() == id)
            && self.to.is_none_or(|id| snapshot.id(graph.edge_target(edge)).0.cast_signed() == id)
    }
}

/// A pass over edges.
pub(super) struct EdgeScan {
    visits: Visits,
    columns: Columns<Edges>,
    segments: Segments<List>,
    position: usize,
    source: NodeOrdinal,
    edge: EdgeIndex,
    tests: Tests,
}

impl EdgeScan {
    /// Advances from the current position to an edge that passes.
    fn settle(&mut self) -> Result<(), Cancelled> {
        while let Some((file, &list)) = self.segments.current() {
            let snapshot = &self.visits.shared.data.files[file].snapshot;
            let graph = snapshot.graph();
            let found = match list {
                List::All if self.position < graph.edge_count() => {
                    let edge = EdgeIndex(convert::ordinal(self.position));
                    // Edges of a node are adjacent.
                    while graph.edge_range(self.source).end <= self.position {
                        self.source.0 += 1;
                    }
                    Some((self.source, edge))
                }
                List::From(node) => {
                    let range = graph.edge_range(node);
                    let at = range.start + self.position;
                    (at < range.end).then(|| (node, EdgeIndex(convert::ordinal(at))))
                }
                List::To(node) => graph.retaining_edge(node, self.position).map(|edge| (graph.edge_source(edge), edge)),
                List::All => None,
            };
            let Some((source, edge)) = found else {
                self.segments.advance();
                (self.position, self.source) = (0, NodeOrdinal(0));
                continue;
            };
            let passes = self.tests.pass(snapshot, file, source, edge);
            self.visits.one()?;
            if passes {
                (self.source, self.edge) = (source, edge);
                return Ok(());
            }
            self.position += 1;
        }
        Ok(())
    }
}

impl Scan for EdgeScan {
    fn start(&mut self, _order: c_int, filters: &[Filter]) -> Result<(), Cancelled> {
        (self.position, self.source) = (0, NodeOrdinal(0));
        self.segments.clear();
        self.tests = Tests::default();
        let shared = Arc::clone(&self.visits.shared);
        let (data, cancel) = (&shared.data, &shared.cancel);
        let (mut snapshots, mut name) = (Bounds::ALL, None);
        for filter in filters {
            if filter.is_never() {
                return Ok(());
            }
            let bounds = filter.bounds();
            match name_of(filter.column) {
                "snapshot" => snapshots = snapshots.and(bounds),
                // No id is a fraction.
                "from_id" | "to_id" if bounds.first > bounds.last => return Ok(()),
                "from_id" => self.tests.from = self.tests.from.or(bounds.single()),
                "to_id" => self.tests.to = self.tests.to.or(bounds.single()),
                "kind" => {
                    let Some(name) = filter.text() else { continue };
                    let of = |file: usize| {
                        let graph = data.files[file].snapshot.graph();
                        let kinds = (0..=u8::MAX).map(EdgeKind);
                        kinds.map(|kind| row_name(graph.header().edge_kind_name(kind)) == name).collect()
                    };
                    self.tests.kinds = Some((0..data.files.len()).map(of).collect());
                }
                _ => name = filter.text(),
            }
        }
        shared.check()?;
        for (file, of) in data.files.iter().enumerate().filter(|&(file, _)| snapshots.contains(number_of(file))) {
            let find = |id: i64| of.find(id.cast_unsigned(), cancel);
            let mut push = |list| self.segments.push(file, list);
            match (self.tests.from, self.tests.to) {
                (Some(from), _) => find(from)?.into_iter().for_each(|node| push(List::From(NodeOrdinal(node)))),
                (None, Some(to)) => find(to)?.into_iter().for_each(|node| push(List::To(NodeOrdinal(node)))),
                (None, None) => push(List::All),
            }
        }
        let is_scan = self.tests.from.is_none() && self.tests.to.is_none();
        if let Some(name) = name.filter(|name| is_scan && name.chars().count() < NAME_LIMIT) {
            let of = |file: &super::data::File| {
                let mut set = BitSet::new(file.snapshot.graph().strings().len());
                let [ids] = strings_named(&file.snapshot, [name]);
                for id in ids {
                    set.insert(id.0 as usize);
                }
                set
            };
            let number = name.parse().ok().filter(|number: &u32| number.to_string() == name);
            self.tests.names = Some(WantedName { number, strings: data.files.iter().map(of).collect() });
        }
        self.settle()
    }

    fn advance(&mut self) -> Result<(), Cancelled> {
        self.position += 1;
        self.settle()
    }

    fn is_done(&self) -> bool {
        self.segments.is_done()
    }

    fn with_cell<R>(&self, column: usize, read: impl FnOnce(Cell<'_>) -> R) -> R {
        let Some((file, _)) = self.segments.current() else { return read(Cell::Missing) };
        let Some(of) = column.checked_sub(1).and_then(|at| self.columns.all().get(at)) else {
            return read(Cell::Signed(number_of(file)));
        };
        let snapshot = &self.visits.shared.data.files[file].snapshot;
        read(of.cell(&EdgeRow { snapshot, source: self.source, edge: self.edge }))
    }

    fn row_id(&self) -> i64 {
        self.segments.row_id(self.edge.0)
    }
}
