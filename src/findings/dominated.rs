//! Objects of one class below one object of the dominator tree.
//!
//! Objects that retain a large part of the heap dominate it, so only the subtrees of large objects are entered, and the time
//! does not depend on the size of the heap but on the number of objects directly below large ones.

use foldhash::HashMap;

use super::ways::{Side, is_shapeless};
use crate::model::{CancelToken, Cancelled, NodeKind, NodeOrdinal};

/// Objects of one class with the same nearest object above them that is not plumbing.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) members: Vec<u32>,
    /// The bytes that they retain together.
    pub(super) bytes: u64,
    /// True if members dominate others, as in a linked list; then the first one is outermost.
    pub(super) is_nested: bool,
}

impl Found {
    /// Adds an object that no other member dominates.
    pub(super) fn add(&mut self, node: u32, retained_bytes: u64) {
        self.members.push(node);
        self.bytes = self.bytes.saturating_add(retained_bytes);
    }
}

/// Finds the objects below all objects that retain at least `least` bytes.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub(super) fn accumulated(side: &Side<'_>, least: u64, cancel: &CancelToken) -> Result<Vec<Found>, Cancelled> {
    let root = side.snapshot.root();
    let mut search =
        Search { side, least, found: Vec::new(), by_key: HashMap::default(), last: None, open: Vec::new() };
    search.open.push(Open { node: root, holder: root, list_of: None, is_large: true });
    let mut steps = 0;
    while let Some(open) = search.open.pop() {
        for child in side.snapshot.dominators().dominated(open.node) {
            cancel.check_every(steps)?;
            steps += 1;
            search.visit(child, open);
        }
    }
    Ok(search.found)
}

/// An object whose children are to be visited.
#[derive(Clone, Copy)]
struct Open {
    node: NodeOrdinal,
    /// The object to which its children belong.
    holder: NodeOrdinal,
    /// The holder of the list of which the object is a node: it gathers the children of the same class.
    list_of: Option<NodeOrdinal>,
    is_large: bool,
}

type Key = (u32, u32);

struct Search<'a> {
    side: &'a Side<'a>,
    least: u64,
    found: Vec<Found>,
    by_key: HashMap<Key, usize>,
    /// The last key: neighbors usually have the same.
    last: Option<(Key, usize)>,
    open: Vec<Open>,
}

impl Search<'_> {
    fn visit(&mut self, child: NodeOrdinal, parent: Open) {
        let (side, snapshot) = (self.side, self.side.snapshot);
        let retained = snapshot.retained_size(child);
        let is_large = retained >= self.least;
        if side.is_plumbing(child) {
            let is_code = matches!(snapshot.kind(child), NodeKind::CODE | NodeKind::OBJECT_SHAPE);
            let is_open = parent.is_large && !is_code && retained > snapshot.shallow_size(child);
            if is_large || is_open {
                self.open.push(Open { node: child, holder: parent.holder, list_of: None, is_large: true });
            }
            return;
        }
        let list = parent.list_of.filter(|_| side.class(child) == side.class(parent.node));
        if list.is_none() && !parent.is_large {
            return;
        }
        let holder = list.unwrap_or(parent.holder);
        if snapshot.shallow_size(child) > 0 {
            let found = self.found(side.class(child), holder);
            if list.is_some() {
                found.members.push(child.0);
                found.is_nested = true;
            } else {
                found.add(child.0, retained);
            }
        }
        let list_of = (list.is_some() || self.is_list_node(child)).then_some(holder);
        if is_large || (list_of.is_some() && retained > snapshot.shallow_size(child)) {
            self.open.push(Open { node: child, holder: child, list_of, is_large });
        }
    }

    /// Returns true if an object dominates another one of its class, whose objects have fields in common.
    fn is_list_node(&self, node: NodeOrdinal) -> bool {
        let snapshot = self.side.snapshot;
        let class = snapshot.class_id(node);
        !is_shapeless(&snapshot.classes().get(class).name)
            && snapshot.dominators().dominated(node).take(16).any(|child| snapshot.class_id(child) == class)
    }

    fn found(&mut self, class: u32, holder: NodeOrdinal) -> &mut Found {
        let key = (holder.0, class);
        let at = match self.last {
            Some((last, at)) if last == key => at,
            _ => {
                let next = self.found.len();
                *self.by_key.entry(key).or_insert(next)
            }
        };
        if at == self.found.len() {
            self.found.push(Found::default());
        }
        self.last = Some((key, at));
        &mut self.found[at]
    }
}
