//! Ordered lists of calls, for the tree tables and the command line.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use super::call_questions::CallsKey;
use super::calls::{CallNumbers, Caller, Calls};
use super::question::{Lane, Need, Needs, Question};
use crate::model::{BitSet, CancelToken, Cancelled, HeapBytes, SnapshotId};

/// The maximum number of callers in one chain. A recursive function could make it very long, and each of its calls goes
/// up through all of them.
const MAX_CHAIN: usize = 200;

/// A list of calls. In the heavy view, the path consists of functions, the allocating one first; otherwise it is a node
/// of the tree.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum CallList {
    /// The callees of a node, or the outermost calls.
    Callees(Option<u32>),
    /// The callers of the function at the end of the path, or all functions if the path is empty.
    Callers(Vec<u32>),
    /// Like `Callers`, but continues up while there is a single caller.
    Chain(Vec<u32>),
}

/// A sort key of calls. Numbers are indices of measures.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CallKey {
    Name,
    Own(u8),
    Total(u8),
    /// The first measure minus the second.
    OwnChange,
    TotalChange,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CallSort {
    pub key: CallKey,
    pub descending: bool,
}

/// A row of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallRow {
    pub function: u32,
    /// The node of the call, in a list of callees.
    pub node: Option<u32>,
    pub numbers: CallNumbers,
    /// The list below the row, if any.
    pub below: Option<CallList>,
}

/// The rows of a list in order, each with an id that does not depend on the order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CallRows {
    pub rows: Vec<CallRow>,
    pub ids: Arc<Vec<u32>>,
    places: HashMap<u32, u32>,
    is_chain: bool,
}

impl CallRows {
    /// Creates the rows. Nodes and functions are unique in a list, but a recursive function can repeat in a chain.
    fn new(rows: Vec<CallRow>, is_chain: bool) -> Self {
        let id = |(at, row): (u32, &CallRow)| if is_chain { at } else { row.node.unwrap_or(row.function) };
        let ids: Vec<u32> = (0..).zip(&rows).map(id).collect();
        let places = ids.iter().copied().zip(0..).collect();
        Self { rows, ids: Arc::new(ids), places, is_chain }
    }

    /// Returns true if each row is called by the next one.
    #[must_use]
    pub fn is_chain(&self) -> bool {
        self.is_chain
    }

    /// Returns the row with an id, and its index.
    #[must_use]
    pub fn get(&self, id: u32) -> Option<(usize, &CallRow)> {
        let at = *self.places.get(&id)? as usize;
        Some((at, self.rows.get(at)?))
    }
}

impl HeapBytes for CallRows {
    fn heap_bytes(&self) -> usize {
        let path = |row: &CallRow| match &row.below {
            Some(CallList::Callers(path) | CallList::Chain(path)) => path.capacity() * 4,
            _ => 0,
        };
        self.rows.capacity() * size_of::<CallRow>() + self.rows.iter().map(path).sum::<usize>() + self.ids.len() * 16
    }
}

/// Lists the rows. `only` restricts the allocating functions to a set.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn call_rows(
    calls: &Calls,
    list: &CallList,
    sort: CallSort,
    only: Option<&BitSet>,
    cancel: &CancelToken,
) -> Result<CallRows, Cancelled> {
    let mut rows = match list {
        CallList::Callees(node) => callees(calls, *node),
        CallList::Callers(path) => {
            let callers = calls.callers(path, cancel)?;
            callers.into_iter().map(|caller| caller_row(&caller, path, false)).collect()
        }
        CallList::Chain(path) if path.is_empty() => {
            let callers = calls.callers(path, cancel)?;
            callers.into_iter().map(|caller| caller_row(&caller, path, true)).collect()
        }
        CallList::Chain(path) => return chain(calls, path, sort, cancel),
    };
    if let Some(only) = only {
        rows.retain(|row| only.contains(row.function as usize));
    }
    rows.sort_by(|a, b| in_order(calls, sort, a, b));
    Ok(CallRows::new(rows, false))
}

fn callees(calls: &Calls, node: Option<u32>) -> Vec<CallRow> {
    let row = |child: u32| {
        let has_callees = calls.tree().subtree(child).len() > 1;
        CallRow {
            function: calls.tree().functions()[child as usize],
            node: Some(child),
            numbers: calls.numbers(child),
            below: has_callees.then_some(CallList::Callees(Some(child))),
        }
    };
    // Allocations of the root itself are listed beside the calls, so that the rows add up to the total.
    let root = calls.root_numbers().filter(|_| node.is_none()).map(|numbers| CallRow {
        function: calls.tree().functions()[0],
        node: Some(0),
        numbers,
        below: None,
    });
    root.into_iter().chain(calls.callees(node).map(row)).collect()
}

fn caller_row(caller: &Caller, path: &[u32], chained: bool) -> CallRow {
    let below = caller.has_callers.then(|| {
        let path = path.iter().copied().chain([caller.function]).collect();
        if chained { CallList::Chain(path) } else { CallList::Callers(path) }
    });
    CallRow { function: caller.function, node: None, numbers: caller.numbers, below }
}

/// Lists the callers one after another while there is a single one, like a stack; then the callers of the last one, in
/// order.
fn chain(calls: &Calls, path: &[u32], sort: CallSort, cancel: &CancelToken) -> Result<CallRows, Cancelled> {
    let mut path = path.to_vec();
    let mut rows = Vec::new();
    let mut ends = calls.ends(&path, cancel)?;
    loop {
        cancel.check()?;
        let callers = calls.callers_at(&ends, cancel)?;
        if let [only] = callers[..]
            && rows.len() < MAX_CHAIN
        {
            rows.push(CallRow { below: None, ..caller_row(&only, &[], true) });
            path.push(only.function);
            ends = calls.further_up(&ends);
            continue;
        }
        let mut several: Vec<CallRow> = callers.iter().map(|caller| caller_row(caller, &path, true)).collect();
        several.sort_by(|a, b| in_order(calls, sort, a, b));
        if rows.is_empty() {
            return Ok(CallRows::new(several, false));
        }
        if let Some(last) = rows.last_mut().filter(|_| !several.is_empty()) {
            // Several callers form their own level, and so does the rest of a very long chain.
            last.below = Some(CallList::Chain(path));
        }
        return Ok(CallRows::new(rows, true));
    }
}

fn in_order(calls: &Calls, sort: CallSort, a: &CallRow, b: &CallRow) -> Ordering {
    let change = |numbers: &[u64]| i128::from(numbers[0]) - i128::from(numbers[1]);
    let (first, second) = (&a.numbers, &b.numbers);
    let ordering = match sort.key {
        CallKey::Name => calls.by_name(a.function, b.function),
        CallKey::Own(at) => first.own[usize::from(at)].cmp(&second.own[usize::from(at)]),
        CallKey::Total(at) => first.total[usize::from(at)].cmp(&second.total[usize::from(at)]),
        CallKey::OwnChange => change(&first.own).cmp(&change(&second.own)),
        CallKey::TotalChange => change(&first.total).cmp(&change(&second.total)),
    };
    let ordering = if sort.descending { ordering.reverse() } else { ordering };
    // Ties: larger numbers first, then by name and location.
    ordering
        .then_with(|| second.total.cmp(&first.total))
        .then_with(|| second.own.cmp(&first.own))
        .then_with(|| calls.by_name(a.function, b.function))
        .then(a.node.cmp(&b.node))
}

/// The question for a list of calls.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct CallRowsKey {
    pub calls: CallsKey,
    pub list: CallList,
    pub sort: CallSort,
    /// Keeps only allocating functions with this text in their name or script; empty for all.
    pub text: String,
}

impl Question for CallRowsKey {
    type Answer = CallRows;
    const LANE: Lane = Lane::Interactive;

    fn snapshots(&self) -> Vec<SnapshotId> {
        self.calls.snapshots()
    }

    fn needs(&self) -> Vec<Need> {
        vec![Box::new(self.calls.clone())]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<CallRows, Cancelled> {
        let calls = needs.answer(&self.calls);
        let only = (!self.text.is_empty()).then(|| calls.calls().matching(&self.text));
        call_rows(calls.calls(), &self.list, self.sort, only.as_ref(), cancel)
    }
}
