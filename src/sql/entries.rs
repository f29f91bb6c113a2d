//! The table `entries`.

use std::ffi::c_int;
use std::sync::Arc;

use super::constraints::{Bounds, Filter, Op};
use super::module::{Estimate, Scan, Shared, Source, Visits};
use super::nodes::number_of;
use super::rows::{Entries, EntryRow, Part};
use super::schema::{Described as _, EntryTable, TableInfo};
use super::segments::Segments;
use crate::export::{Cell, Columns};
use crate::graph::EdgeName;
use crate::model::{CancelToken, Cancelled, EdgeIndex, EdgeKind, NodeOrdinal, convert};
use crate::query::{CollectionKind, entries_of, is_map_key, keyed_collection, map_key};
use crate::snapshot::Snapshot;

/// The position of `owner_id`.
const OWNER: usize = 1;

/// The source of rows of `entries`.
pub(super) struct EntrySource;

impl Source for EntrySource {
    type Scan = EntryScan;

    fn info() -> TableInfo {
        TableInfo::of::<EntryTable>()
    }

    fn handles(column: usize, op: Op) -> bool {
        op == Op::Equal && column <= OWNER
    }

    fn estimate(shared: &Shared, filters: &[(usize, Op)]) -> Estimate {
        if filters.contains(&(OWNER, Op::Equal)) {
            return Estimate { cost: 100.0, rows: 50.0 };
        }
        let nodes: usize = shared.data.files.iter().map(|file| file.snapshot.graph().node_count()).sum();
        let nodes = convert::float(nodes as u64).max(1.0);
        Estimate { cost: 5.0 * nodes, rows: nodes / 10.0 }
    }

    fn scan(shared: &Arc<Shared>) -> EntryScan {
        EntryScan {
            visits: Visits::new(shared),
            columns: EntryTable::columns(),
            segments: Segments::new(),
            position: 0,
            owner: NodeOrdinal(0),
            kind: CollectionKind::Map,
            entries: Vec::new(),
            entry: 0,
        }
    }
}

/// A pass over the entries of collections.
pub(super) struct EntryScan {
    visits: Visits,
    columns: Columns<Entries>,
    /// The owners that are looked at: some nodes of a snapshot, or all.
    segments: Segments<Option<Vec<u32>>>,
    /// The position of the next owner.
    position: usize,
    owner: NodeOrdinal,
    kind: CollectionKind,
    entries: Vec<(Part, Part)>,
    entry: usize,
}

impl EntryScan {
    /// Advances to the next entry.
    fn settle(&mut self) -> Result<(), Cancelled> {
        while self.entry >= self.entries.len() {
            let Some((file, nodes)) = self.segments.current() else { return Ok(()) };
            let snapshot = &self.visits.shared.data.files[file].snapshot;
            let node = match nodes {
                Some(nodes) => nodes.get(self.position).copied(),
                None => Some(self.position).filter(|&at| at < snapshot.graph().node_count()).map(convert::ordinal),
            };
            let Some(node) = node.map(NodeOrdinal) else {
                self.segments.advance();
                self.position = 0;
                continue;
            };
            self.position += 1;
            let kind = keyed_collection(snapshot, node);
            self.entries.clear();
            self.entry = 0;
            if let Some(kind) = kind {
                (self.owner, self.kind) = (node, kind);
                self.entries = entries(snapshot, node, kind, &self.visits.shared.cancel)?;
            }
            self.visits.one()?;
        }
        Ok(())
    }
}

fn entries(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    kind: CollectionKind,
    cancel: &CancelToken,
) -> Result<Vec<(Part, Part)>, Cancelled> {
    let target = |edge: EdgeIndex| Part::Node(snapshot.graph().edge_target(edge));
    let entry = |edge: EdgeIndex| match kind {
        CollectionKind::Map if is_map_key(snapshot, edge) => (target(edge), Part::Unknown),
        CollectionKind::Map => (map_key(snapshot, edge).map_or(Part::Unknown, Part::Node), target(edge)),
        CollectionKind::WeakCollection => {
            (ephemeron_key(snapshot, edge).map_or(Part::Unknown, Part::Node), target(edge))
        }
        CollectionKind::Dictionary => (Part::Name(edge), target(edge)),
        _ => (target(edge), Part::Unknown),
    };
    Ok(entries_of(snapshot, node, kind, cancel)?.into_iter().map(entry).collect())
}

/// The maximum number of references to a value that are searched for the one from its key.
const LOOKED_AT: usize = 1000;

/// Returns the key of a `WeakMap`'s entry: the other object with a reference of the same pair to the value.
fn ephemeron_key(snapshot: &Snapshot, edge: EdgeIndex) -> Option<NodeOrdinal> {
    let graph = snapshot.graph();
    let pair = |edge| match graph.edge_name(edge) {
        EdgeName::Text(name) => snapshot.ephemerons().get(name).map(|of| of.pair),
        EdgeName::Index(_) => None,
    };
    let own = pair(edge)?;
    let mut others = graph.retaining_edges(graph.edge_target(edge)).take(LOOKED_AT).filter(|&other| other != edge);
    let other = others.find(|&other| graph.edge_kind(other) == EdgeKind::INTERNAL && pair(other) == Some(own))?;
    Some(graph.edge_source(other))
}

impl Scan for EntryScan {
    fn start(&mut self, _order: c_int, filters: &[Filter]) -> Result<(), Cancelled> {
        (self.position, self.entry) = (0, 0);
        self.segments.clear();
        self.entries.clear();
        let shared = Arc::clone(&self.visits.shared);
        let (mut snapshots, mut owner) = (Bounds::ALL, None);
        for filter in filters {
            if filter.is_never() {
                return Ok(());
            }
            match filter.column {
                OWNER => owner = owner.or(filter.bounds().single()),
                _ => snapshots = snapshots.and(filter.bounds()),
            }
        }
        shared.check()?;
        for (file, of) in shared.data.files.iter().enumerate() {
            if snapshots.contains(number_of(file)) {
                let nodes = match owner {
                    Some(id) => Some(of.find(id.cast_unsigned(), &shared.cancel)?),
                    None => None,
                };
                self.segments.push(file, nodes);
            }
        }
        self.settle()
    }

    fn advance(&mut self) -> Result<(), Cancelled> {
        self.entry += 1;
        self.settle()
    }

    fn is_done(&self) -> bool {
        self.segments.is_done()
    }

    fn with_cell<R>(&self, column: usize, read: impl FnOnce(Cell<'_>) -> R) -> R {
        let current = self.segments.current().zip(self.entries.get(self.entry));
        let Some(((file, _), &(key, value))) = current else { return read(Cell::Missing) };
        let Some(of) = column.checked_sub(1).and_then(|at| self.columns.all().get(at)) else {
            return read(Cell::Signed(number_of(file)));
        };
        let snapshot = &self.visits.shared.data.files[file].snapshot;
        read(of.cell(&EntryRow { snapshot, owner: self.owner, kind: self.kind, key, value }))
    }

    fn row_id(&self) -> i64 {
        // The last bits have the position in the collection; few have more than 16 million entries.
        let owner = self.segments.row_id(self.owner.0);
        owner.wrapping_shl(24) ^ i64::try_from(self.entry).unwrap_or(0)
    }
}
