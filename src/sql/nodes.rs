//! The table `nodes`.

use std::ffi::c_int;
use std::ops::Range;
use std::sync::Arc;

use super::constraints::{Bounds, Filter, Op};
use super::data::{NodeNumber, SortedBy};
use super::module::{Estimate, Scan, Shared, Source, Visits, Wanted};
use super::schema::{Described as _, NodeTable, TableInfo};
use super::segments::Segments;
use crate::export::{Cell, Columns, ObjectRow, Objects};
use crate::model::{Cancelled, NodeOrdinal, convert};

/// The positions of columns, which follow `snapshot`.
const SNAPSHOT: usize = 0;

fn name_of(column: usize) -> &'static str {
    column.checked_sub(1).and_then(|at| NodeTable::COLUMNS.get(at)).copied().unwrap_or("snapshot")
}

/// The orders in which a scan can produce nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Order {
    /// By snapshot, in the order of the file.
    File,
    /// By class or kind, then by snapshot.
    Groups(Grouping),
    /// By snapshot, then by class or kind.
    GroupsOfEach(Grouping),
    /// By a number, in a single snapshot.
    Number(SortedBy),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Grouping {
    Class,
    Kind,
}

/// The number of the first order by a number; after it, there are two for each column.
const NUMBERS: c_int = 16;

impl Order {
    fn code(self) -> c_int {
        match self {
            Self::File => 0,
            Self::Groups(Grouping::Class) => 1,
            Self::Groups(Grouping::Kind) => 2,
            Self::GroupsOfEach(Grouping::Class) => 3,
            Self::GroupsOfEach(Grouping::Kind) => 4,
            Self::Number(by) => NUMBERS + 2 * by.column as c_int + c_int::from(by.descending),
        }
    }

    fn from_code(code: c_int) -> Self {
        if code == 0 {
            return Self::File;
        }
        let simple = [
            Self::Groups(Grouping::Class),
            Self::Groups(Grouping::Kind),
            Self::GroupsOfEach(Grouping::Class),
            Self::GroupsOfEach(Grouping::Kind),
        ];
        let numbers = NodeTable::COLUMNS.iter().filter_map(|column| NodeNumber::named(column));
        let numbers =
            numbers.flat_map(|column| [false, true].map(|descending| Self::Number(SortedBy { column, descending })));
        simple.into_iter().chain(numbers).find(|order| order.code() == code).unwrap_or(Self::File)
    }
}

/// The source of rows of `nodes`.
pub(super) struct Nodes;

impl Source for Nodes {
    type Scan = NodeScan;

    fn info() -> TableInfo {
        TableInfo::of::<NodeTable>()
    }

    fn handles(column: usize, op: Op) -> bool {
        match name_of(column) {
            "snapshot" | "class" | "kind" | "dominator_id" => op == Op::Equal,
            column => NodeNumber::named(column).is_some(),
        }
    }

    fn estimate(shared: &Shared, filters: &[(usize, Op)]) -> Estimate {
        let nodes: usize = shared.data.files.iter().map(|file| file.snapshot.graph().node_count()).sum();
        let nodes = convert::float(nodes as u64).max(1.0);
        let has = |name| filters.contains(&(position(name), Op::Equal));
        let files = convert::float(shared.data.files.len() as u64);
        if has("id") {
            return Estimate { cost: 10.0 * files, rows: files };
        }
        if has("dominator_id") {
            return Estimate { cost: 40.0 * files, rows: 4.0 * files };
        }
        let mut rows = nodes;
        let mut cost = 3.0 * nodes;
        if has("class") {
            let classes = convert::float(shared.data.classes().len() as u64);
            rows = (nodes / classes.max(1.0)).max(1.0);
            cost = nodes / 50.0 + 3.0 * rows;
        } else if !filters.is_empty() {
            rows = nodes / 4.0;
            cost = nodes;
        }
        // The other comparisons leave fewer rows.
        let factor = convert::float(filters.len() as u64 + 1);
        Estimate { cost, rows: (rows / factor).max(1.0) }
    }

    fn order(shared: &Shared, wanted: &Wanted<'_>) -> Option<c_int> {
        let names: Vec<&str> = wanted.columns.iter().map(|&(column, _)| name_of(column)).collect();
        let is_looked_up = wanted
            .filters
            .iter()
            .any(|&(column, op)| op == Op::Equal && matches!(name_of(column), "id" | "dominator_id"));
        if is_looked_up {
            return None;
        }
        let ascends = wanted.is_grouping || wanted.columns.iter().all(|&(_, descending)| !descending);
        let grouping = |name: &str| match name {
            "class" => Some(Grouping::Class),
            "kind" => Some(Grouping::Kind),
            _ => None,
        };
        let order = match names[..] {
            ["snapshot"] if ascends => Order::File,
            [name] if grouping(name).is_some() && ascends => Order::Groups(grouping(name)?),
            [name, "snapshot"] if ascends => Order::Groups(grouping(name)?),
            ["snapshot", name] if ascends => Order::GroupsOfEach(grouping(name)?),
            [name] if shared.data.files.len() == 1 => {
                // Sorting all nodes for the few of a class takes longer than sorting those.
                let is_few = wanted.filters.iter().any(|&(column, op)| op == Op::Equal && name_of(column) == "class");
                let column = NodeNumber::named(name).filter(|_| !is_few)?;
                Order::Number(SortedBy { column, descending: wanted.columns[0].1 })
            }
            _ => return None,
        };
        Some(order.code())
    }

    fn scan(shared: &Arc<Shared>) -> NodeScan {
        NodeScan {
            visits: Visits::new(shared),
            columns: NodeTable::columns(),
            segments: Segments::new(),
            position: 0,
            node: NodeOrdinal(0),
            tests: Vec::new(),
        }
    }
}

fn position(column: &str) -> usize {
    NodeTable::COLUMNS.iter().position(|known| *known == column).map_or(SNAPSHOT, |at| at + 1)
}

/// Some nodes of a snapshot.
enum List {
    All(usize),
    ByClass(Range<usize>),
    ByKind(Range<usize>),
    Sorted(Arc<Vec<u32>>),
    Few(Vec<u32>),
}

impl List {
    fn len(&self) -> usize {
        match self {
            Self::All(count) => *count,
            Self::ByClass(range) | Self::ByKind(range) => range.len(),
            Self::Sorted(nodes) => nodes.len(),
            Self::Few(nodes) => nodes.len(),
        }
    }
}

/// A condition for nodes.
enum Test {
    Number(NodeNumber, Bounds),
    /// By class, one table per snapshot.
    Class(Vec<Vec<bool>>),
    /// By kind, one table per snapshot.
    Kind(Vec<Vec<bool>>),
}

/// A pass over nodes.
pub(super) struct NodeScan {
    visits: Visits,
    columns: Columns<Objects>,
    segments: Segments<List>,
    position: usize,
    node: NodeOrdinal,
    tests: Vec<Test>,
}

impl NodeScan {
    /// Advances from the current position to a node that passes.
    fn settle(&mut self) -> Result<(), Cancelled> {
        while let Some((number, list)) = self.segments.current() {
            let file = &self.visits.shared.data.files[number];
            let node = if self.position >= list.len() {
                None
            } else {
                let at = self.position;
                match list {
                    List::All(_) => Some(convert::ordinal(at)),
                    List::ByClass(range) => file.known_by_class().map(|groups| groups.nodes()[range.start + at]),
                    List::ByKind(range) => file.known_by_kind().map(|groups| groups.nodes()[range.start + at]),
                    List::Sorted(nodes) => Some(nodes[at]),
                    List::Few(nodes) => Some(nodes[at]),
                }
            };
            let Some(node) = node.map(NodeOrdinal) else {
                self.segments.advance();
                self.position = 0;
                continue;
            };
            let snapshot = &file.snapshot;
            let passes = self.tests.iter().all(|test| match test {
                Test::Number(number, bounds) => number.of(snapshot, node).is_some_and(|number| bounds.contains(number)),
                Test::Class(wanted) => wanted[number][snapshot.class_id(node).index()],
                Test::Kind(wanted) => wanted[number][usize::from(snapshot.kind(node).0)],
            });
            self.visits.one()?;
            if passes {
                self.node = node;
                return Ok(());
            }
            self.position += 1;
        }
        Ok(())
    }

    /// Sets the conditions. Returns the snapshots to read; `None` if nothing can pass.
    fn prepare(&mut self, filters: &[Filter]) -> Option<Wish> {
        let data = Arc::clone(&self.visits.shared.data);
        let mut wish = Wish { snapshots: Bounds::ALL, id: None, dominator: None, class: None };
        for filter in filters {
            if filter.is_never() {
                return None;
            }
            let bounds = filter.bounds();
            match name_of(filter.column) {
                "snapshot" => wish.snapshots = wish.snapshots.and(bounds),
                "class" => {
                    let Some(name) = filter.text() else { continue };
                    let rank = data.classes().find(name)?;
                    wish.class = Some(rank);
                    let of = |file| data.classes().of(file).iter().map(|&of| of == rank).collect();
                    self.tests.push(Test::Class((0..data.files.len()).map(of).collect()));
                }
                "kind" => {
                    let Some(name) = filter.text() else { continue };
                    let rank = data.kinds().find(name)?;
                    let of = |file| data.kinds().of(file).iter().map(|&of| of == rank).collect();
                    self.tests.push(Test::Kind((0..data.files.len()).map(of).collect()));
                }
                "dominator_id" => wish.dominator = wish.dominator.or(bounds.single()),
                column => {
                    let Some(number) = NodeNumber::named(column) else { continue };
                    if number == NodeNumber::Id {
                        wish.id = wish.id.or(bounds.single());
                    }
                    if bounds != Bounds::ALL {
                        self.tests.push(Test::Number(number, bounds));
                    }
                }
            }
        }
        Some(wish)
    }
}

/// The lookups that a scan can use.
struct Wish {
    snapshots: Bounds,
    id: Option<i64>,
    dominator: Option<i64>,
    /// The rank of the class.
    class: Option<u32>,
}

impl Scan for NodeScan {
    fn start(&mut self, order: c_int, filters: &[Filter]) -> Result<(), Cancelled> {
        self.position = 0;
        self.segments.clear();
        self.tests.clear();
        let Some(wish) = self.prepare(filters) else { return Ok(()) };
        let shared = Arc::clone(&self.visits.shared);
        let (data, cancel) = (&shared.data, &shared.cancel);
        shared.check()?;
        let files: Vec<usize> =
            (0..data.files.len()).filter(|&file| wish.snapshots.contains(number_of(file))).collect();
        let mut push = |file, list| self.segments.push(file, list);
        if let Some(id) = wish.id {
            for file in files {
                push(file, List::Few(data.files[file].find(id.cast_unsigned(), cancel)?));
            }
            return self.settle();
        }
        if let Some(id) = wish.dominator {
            for file in files {
                let mut nodes = Vec::new();
                let dominators = data.files[file].snapshot.dominators();
                for node in data.files[file].find(id.cast_unsigned(), cancel)?.into_iter().map(NodeOrdinal) {
                    nodes.extend(dominators.dominated(node).map(|node| node.0));
                    // The root is its own dominator.
                    nodes.extend((dominators.dominator(node) == node).then_some(node.0));
                }
                nodes.sort_unstable();
                push(file, List::Few(nodes));
            }
            return self.settle();
        }
        match Order::from_code(order) {
            Order::Number(by) => {
                for file in files {
                    push(file, List::Sorted(data.files[file].sorted(by, cancel)?));
                }
            }
            Order::File => {
                for file in files {
                    let known = match wish.class {
                        Some(rank) => data.by_class_if_useful(file, cancel)?.map(|groups| groups.range(rank as usize)),
                        None => None,
                    };
                    let all = || List::All(data.files[file].snapshot.graph().node_count());
                    push(file, known.map_or_else(all, List::ByClass));
                }
            }
            Order::Groups(grouping) => {
                // Ascending by group: all snapshots of a group are together.
                for rank in ranks(&shared, grouping, wish.class) {
                    for &file in &files {
                        push(file, group(&shared, grouping, file, rank)?);
                    }
                }
            }
            Order::GroupsOfEach(grouping) => {
                for file in files {
                    for rank in ranks(&shared, grouping, wish.class) {
                        push(file, group(&shared, grouping, file, rank)?);
                    }
                }
            }
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
        let Some((number, _)) = self.segments.current() else { return read(Cell::Missing) };
        let Some(of) = column.checked_sub(1).and_then(|at| self.columns.all().get(at)) else {
            return read(Cell::Signed(number_of(number)));
        };
        let file = &self.visits.shared.data.files[number];
        let mut row = ObjectRow::new(&file.snapshot, self.node);
        if matches!(of.field.name, "url" | "line" | "column") {
            // Only these need the scripts. A query that was stopped reads no more cells.
            row.scripts = file.scripts(&self.visits.shared.cancel).ok();
        }
        read(of.cell(&row))
    }

    fn row_id(&self) -> i64 {
        self.segments.row_id(self.node.0)
    }
}

fn ranks(shared: &Shared, grouping: Grouping, class: Option<u32>) -> Range<usize> {
    match (grouping, class) {
        (Grouping::Class, Some(rank)) => rank as usize..rank as usize + 1,
        (Grouping::Class, None) => 0..shared.data.classes().len(),
        (Grouping::Kind, _) => 0..shared.data.kinds().len(),
    }
}

fn group(shared: &Shared, grouping: Grouping, file: usize, rank: usize) -> Result<List, Cancelled> {
    Ok(match grouping {
        Grouping::Class => List::ByClass(shared.data.by_class(file, &shared.cancel)?.range(rank)),
        Grouping::Kind => List::ByKind(shared.data.by_kind(file, &shared.cancel)?.range(rank)),
    })
}

/// Returns the number of a snapshot as the column `snapshot` has it.
pub(super) fn number_of(file: usize) -> i64 {
    i64::try_from(file).map_or(i64::MAX, |file| file + 1)
}
