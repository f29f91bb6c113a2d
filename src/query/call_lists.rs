//! Lists of calls in order, for the tree tables and the command line.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use super::call_questions::CallsKey;
use super::calls::{CallNumbers, Caller, Calls};
use super::question::{Lane, Need, Needs, Question};
use crate::model::{BitSet, CancelToken, Cancelled, HeapBytes, SnapshotId};

/// Callers that stand in one list at most: a function that calls itself a thousand times over would make it long, and each
/// of its calls goes up through all of them.
const MAX_CHAIN: usize = 200;

/// A list of calls. Where it is heavy the path is of functions, the allocating one first; else it is of a node of the tree.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum CallList {
    /// What a node calls; the outermost calls without one.
    Callees(Option<u32>),
    /// Who calls the function at the end of the path; all functions where it is empty.
    Callers(Vec<u32>),
    /// The same, but going on up while there is a single caller.
    Chain(Vec<u32>),
}

/// A column that calls can be sorted by. Numbers are of the measure at that place.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CallKey {
    Name,
    Own(u8),
    Total(u8),
    /// The first measure less the second.
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
    /// Of callees: their node.
    pub node: Option<u32>,
    pub numbers: CallNumbers,
    /// What is below the row, if there is something.
    pub below: Option<CallList>,
}

/// The rows of a list in order, each with a number by which a table knows it whatever the order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CallRows {
    pub rows: Vec<CallRow>,
    pub ids: Arc<Vec<u32>>,
    places: HashMap<u32, u32>,
    is_chain: bool,
}

impl CallRows {
    /// Nodes and functions are once in their list, but in a chain a function may call itself.
    fn new(rows: Vec<CallRow>, is_chain: bool) -> Self {
        let id = |(at, row): (u32, &CallRow)| if is_chain { at } else { row.node.unwrap_or(row.function) };
        let ids: Vec<u32> = (0..).zip(&rows).map(id).collect();
        let places = ids.iter().copied().zip(0..).collect();
        Self { rows, ids: Arc::new(ids), places, is_chain }
    }

    /// Whether each row is called by the next.
    #[must_use]
    pub fn is_chain(&self) -> bool {
        self.is_chain
    }

    /// The row that a number stands for, and its place.
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

/// Lists the rows; `only` keeps, of the allocating functions, those in the set.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
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
    // What the root allocated itself is beside the calls, so that the rows add up to the whole.
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

/// The callers one after another while each has a single one, like a stack; then those of the last, in order.
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
            // Several callers are a level of their own, and so is the rest of a very long chain.
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
    // Ties: what has more comes first, then by name and place.
    ordering
        .then_with(|| second.total.cmp(&first.total))
        .then_with(|| second.own.cmp(&first.own))
        .then_with(|| calls.by_name(a.function, b.function))
        .then(a.node.cmp(&b.node))
}

/// Names a list of calls completely.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CallRowsKey {
    pub calls: CallsKey,
    pub list: CallList,
    pub sort: CallSort,
    /// Of the allocating functions only those that have this in their name or script; empty for all.
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
