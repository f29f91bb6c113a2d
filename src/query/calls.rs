//! Calls that allocated memory: from the callers down (tree), from the allocating functions up (heavy), and as a flame
//! graph. Sampling profiles, comparisons of two profiles and allocation stacks all use this.
//!
//! The heavy tree is never built: it can be as large as the square of the call tree. A row is identified by the
//! functions on its path, the allocating one first. Its callers are found by walking up from that function's calls. A
//! recursive function counts each byte once: calls below another call of the same row add nothing to its total. (Chrome
//! DevTools intends the same, but its totals of such functions are several times too large.)

use std::collections::HashMap;

use super::sorting::utf16_order;
use crate::model::{BitSet, CallFunction, CallTree, CancelToken, Cancelled, Csr, HeapBytes};

/// The maximum number of measures.
pub(crate) const MEASURES: usize = 4;

/// A measure of calls.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Measure {
    /// Bytes of a sampling profile; of the later one in a comparison.
    Size,
    /// Bytes of the base profile in a comparison.
    BaseSize,
    /// Objects that are still alive, and their bytes.
    LiveCount,
    LiveSize,
    /// Objects allocated while stacks were recorded, and their bytes.
    AllocatedCount,
    AllocatedSize,
}

impl Measure {
    /// Returns true if the measure is in bytes.
    #[must_use]
    pub fn is_size(self) -> bool {
        !matches!(self, Self::LiveCount | Self::AllocatedCount)
    }
}

/// The numbers of a row: of the function itself, and including its callees. One entry per measure of its [`Calls`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CallNumbers {
    pub own: [u64; MEASURES],
    pub total: [u64; MEASURES],
}

/// A function in the list of allocating functions, or in the callers of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Caller {
    /// The index of the function.
    pub function: u32,
    pub numbers: CallNumbers,
    pub has_callers: bool,
    /// Nodes before this one are below a call that was counted already.
    covered: u32,
}

/// A call tree with its measures.
#[derive(Debug)]
pub struct Calls {
    functions: Vec<CallFunction>,
    tree: CallTree,
    measures: Vec<Measure>,
    /// The own numbers by measure and node.
    own: Vec<Vec<u64>>,
    totals: Vec<Vec<u64>>,
    /// The counted nodes of each function, in preorder.
    by_function: Csr,
    /// True if the first node is shown as a caller.
    shows_root: bool,
}

/// The nodes that count in the heavy tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Heavy {
    /// All nodes but the root.
    EveryCall,
    /// Nodes that allocated.
    Allocating(Measure),
}

impl Calls {
    /// Creates calls. `own` has a column per measure with an entry per node.
    pub(super) fn new(
        functions: Vec<CallFunction>,
        tree: CallTree,
        measures: Vec<Measure>,
        own: Vec<Vec<u64>>,
        heavy: Heavy,
        cancel: &CancelToken,
    ) -> Result<Self, Cancelled> {
        let totals = own.iter().map(|own| tree.totals(own)).collect();
        cancel.check()?;
        let counted = match heavy {
            Heavy::EveryCall => None,
            Heavy::Allocating(measure) => measures.iter().position(|of| *of == measure).map(|at| &own[at]),
        };
        let counts = |node: u32| match heavy {
            // The root is not a call, but it holds allocations without a stack.
            Heavy::EveryCall => tree.parent(node).is_some() || own.iter().any(|own| own[node as usize] > 0),
            Heavy::Allocating(_) => counted.is_none_or(|counted| counted[node as usize] > 0),
        };
        let count = u32::try_from(tree.len()).unwrap_or(u32::MAX);
        let nodes: Vec<u32> = (0..count).filter(|&node| counts(node)).collect();
        cancel.check()?;
        let by_function = by_function(&nodes, &tree, functions.len());
        let shows_root = heavy != Heavy::EveryCall;
        Ok(Self { functions, tree, measures, own, totals, by_function, shows_root })
    }

    #[must_use]
    pub fn functions(&self) -> &[CallFunction] {
        &self.functions
    }

    #[must_use]
    pub fn function(&self, node: u32) -> Option<&CallFunction> {
        self.functions.get(*self.tree.functions().get(node as usize)? as usize)
    }

    #[must_use]
    pub fn tree(&self) -> &CallTree {
        &self.tree
    }

    /// Returns the measures, in the order of the numbers.
    #[must_use]
    pub fn measures(&self) -> &[Measure] {
        &self.measures
    }

    /// Returns the sums of the whole tree, by measure.
    #[must_use]
    pub fn sums(&self) -> [u64; MEASURES] {
        let mut sums = [0; MEASURES];
        for (sum, totals) in sums.iter_mut().zip(&self.totals) {
            // A file may contain any number.
            *sum = self.tree.children(None).map(|node| totals[node as usize]).fold(0, u64::saturating_add);
        }
        sums
    }

    /// Returns the own numbers of a measure, and the totals with callees, by node.
    #[must_use]
    pub fn columns(&self, measure: usize) -> Option<(&[u64], &[u64])> {
        Some((self.own.get(measure)?, self.totals.get(measure)?))
    }

    /// Returns the numbers of a node.
    #[must_use]
    pub fn numbers(&self, node: u32) -> CallNumbers {
        let mut numbers = CallNumbers::default();
        for (at, (own, totals)) in self.own.iter().zip(&self.totals).enumerate() {
            numbers.own[at] = own.get(node as usize).copied().unwrap_or(0);
            numbers.total[at] = totals.get(node as usize).copied().unwrap_or(0);
        }
        numbers
    }

    /// Returns the callees of a node, or the first rows of the tree.
    pub fn callees(&self, node: Option<u32>) -> impl Iterator<Item = u32> + '_ {
        let top = if self.tree.is_empty() { None } else { Some(0) };
        self.tree.children(node.or(top))
    }

    /// Returns the allocations of the root of a sampling profile itself, if any: those without a stack.
    pub(super) fn root_numbers(&self) -> Option<CallNumbers> {
        let own = (!self.shows_root && !self.tree.is_empty()).then(|| self.numbers(0).own)?;
        own.iter().any(|number| *number > 0).then_some(CallNumbers { own, total: own })
    }

    /// Returns the caller of a node, unless that is the hidden root.
    fn shown_parent(&self, node: u32) -> Option<u32> {
        self.tree.parent(node).filter(|&parent| self.shows_root || self.tree.parent(parent).is_some())
    }

    /// Returns the callers of the row at `path`: the allocating function, its caller, and so on. An empty path returns
    /// the functions themselves, in the order of the file; callers are in the order of discovery.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if the operation is cancelled.
    pub fn callers(&self, path: &[u32], cancel: &CancelToken) -> Result<Vec<Caller>, Cancelled> {
        if !path.is_empty() {
            return self.callers_at(&self.ends(path, cancel)?, cancel);
        }
        let mut callers = Vec::new();
        for (at, function) in (0..self.by_function.row_count()).zip(0_u32..) {
            cancel.check_every(at)?;
            let mut caller = None;
            for &node in self.by_function.row(at) {
                self.add(&mut caller, function, node, node);
            }
            callers.extend(caller);
        }
        Ok(callers)
    }

    /// Returns the calls of a row of the heavy tree: the node that allocated, and its caller at the end of the path.
    pub(super) fn ends(&self, path: &[u32], cancel: &CancelToken) -> Result<Vec<(u32, u32)>, Cancelled> {
        let Some((&first, above)) = path.split_first() else { return Ok(Vec::new()) };
        if first as usize >= self.by_function.row_count() {
            return Ok(Vec::new());
        }
        let mut ends: Vec<(u32, u32)> = self.by_function.row(first as usize).iter().map(|&node| (node, node)).collect();
        for &function in above {
            cancel.check()?;
            ends = self.further_up(&ends);
            ends.retain(|&(_, end)| self.tree.functions()[end as usize] == function);
        }
        Ok(ends)
    }

    /// Moves each call one caller up. Calls without a caller are dropped.
    pub(super) fn further_up(&self, ends: &[(u32, u32)]) -> Vec<(u32, u32)> {
        ends.iter().filter_map(|&(node, end)| Some((node, self.shown_parent(end)?))).collect()
    }

    /// Returns the callers at the ends of some calls, one per function.
    pub(super) fn callers_at(&self, ends: &[(u32, u32)], cancel: &CancelToken) -> Result<Vec<Caller>, Cancelled> {
        let mut callers: Vec<Option<Caller>> = Vec::new();
        let mut places: HashMap<u32, usize> = HashMap::new();
        for (at, (node, ancestor)) in self.further_up(ends).into_iter().enumerate() {
            cancel.check_every(at)?;
            let function = self.tree.functions()[ancestor as usize];
            let place = *places.entry(function).or_insert(callers.len());
            if place == callers.len() {
                callers.push(None);
            }
            self.add(&mut callers[place], function, node, ancestor);
        }
        Ok(callers.into_iter().flatten().collect())
    }

    /// Adds a call of the allocating function to the row of its ancestor.
    fn add(&self, caller: &mut Option<Caller>, function: u32, node: u32, ancestor: u32) {
        let new = Caller { function, numbers: CallNumbers::default(), has_callers: false, covered: 0 };
        let caller = caller.get_or_insert(new);
        let numbers = self.numbers(node);
        let adds = node >= caller.covered;
        if adds {
            caller.covered = self.tree.subtree(node).end;
        }
        for at in 0..MEASURES {
            caller.numbers.own[at] = caller.numbers.own[at].saturating_add(numbers.own[at]);
            if adds {
                caller.numbers.total[at] = caller.numbers.total[at].saturating_add(numbers.total[at]);
            }
        }
        caller.has_callers |= self.shown_parent(ancestor).is_some();
    }

    /// Returns the nodes of the allocating function whose callers start with `path`.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if the operation is cancelled.
    pub fn nodes_of(&self, path: &[u32], cancel: &CancelToken) -> Result<Vec<u32>, Cancelled> {
        Ok(self.ends(path, cancel)?.into_iter().map(|(node, _)| node).collect())
    }

    /// Returns the functions whose name or script contains the text, ignoring case.
    #[must_use]
    pub fn matching(&self, text: &str) -> BitSet {
        let text = text.trim().to_lowercase();
        let mut found = BitSet::new(self.functions.len());
        for (at, function) in self.functions.iter().enumerate() {
            if function.label().to_lowercase().contains(&text) || function.place().to_lowercase().contains(&text) {
                found.insert(at);
            }
        }
        found
    }

    /// Compares functions by name and location, to break ties.
    pub(super) fn by_name(&self, a: u32, b: u32) -> std::cmp::Ordering {
        let (Some(first), Some(second)) = (self.functions.get(a as usize), self.functions.get(b as usize)) else {
            return a.cmp(&b);
        };
        let places = |function: &CallFunction| (function.script_id, function.line, function.column);
        utf16_order(first.label(), second.label())
            .then_with(|| utf16_order(&first.url, &second.url))
            .then_with(|| places(first).cmp(&places(second)))
            .then(a.cmp(&b))
    }
}

impl HeapBytes for Calls {
    fn heap_bytes(&self) -> usize {
        let functions: usize = self.functions.iter().map(CallFunction::heap_bytes).sum();
        let columns = self.own.iter().chain(&self.totals).map(|column| column.capacity() * 8).sum::<usize>();
        functions
            + self.functions.capacity() * size_of::<CallFunction>()
            + columns
            + self.tree.heap_bytes()
            + self.by_function.heap_bytes()
    }
}

/// Groups the nodes by function. Each group keeps the given order.
fn by_function(nodes: &[u32], tree: &CallTree, functions: usize) -> Csr {
    let mut offsets = vec![0_u32; functions + 1];
    for &node in nodes {
        offsets[tree.functions()[node as usize] as usize + 1] += 1;
    }
    for at in 1..offsets.len() {
        offsets[at] += offsets[at - 1];
    }
    let mut next = offsets.clone();
    let mut items = vec![0; nodes.len()];
    for &node in nodes {
        let place = &mut next[tree.functions()[node as usize] as usize];
        items[*place as usize] = node;
        *place += 1;
    }
    Csr::new(offsets, items)
}
