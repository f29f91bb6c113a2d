//! Objects with the same immediate dominator that are alike: of one class, or functions of one position in the source. In
//! the treemap, many small ones are one tile, so that the members of a collection are seen together.

use std::collections::HashMap;

use crate::format::Location;
use crate::model::{ClassId, NodeKind, NodeOrdinal};
use crate::snapshot::Snapshot;

/// The least number of objects that are combined.
pub(super) const LEAST: u64 = 8;
/// The maximum number of kinds of alike objects below one dominator. Objects of further kinds are not combined.
const MAX_GROUPS: usize = 50_000;

/// The objects of one tile that are alike.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Alike {
    /// Their immediate dominator.
    pub parent: NodeOrdinal,
    /// Each of them is smaller than this many bytes.
    pub(super) below: u64,
    /// The index of their list while the treemap is laid out; `None` if they are too many or too small to be tiles.
    pub(super) list: Option<u32>,
}

/// The class of an object. All functions are of one class, so that their position in the source distinguishes them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Likeness {
    class: ClassId,
    location: Option<Location>,
}

impl Likeness {
    pub(super) fn of(snapshot: &Snapshot, node: NodeOrdinal) -> Self {
        let is_function = snapshot.kind(node) == NodeKind::CLOSURE;
        let location = if is_function { snapshot.location(node) } else { None };
        Self { class: snapshot.class_id(node), location }
    }

    /// Returns the likeness of the same objects in an older snapshot of the process; `None` if their class is new.
    pub(super) fn in_base(self, base: &Snapshot, current: &Snapshot) -> Option<Self> {
        let class = base.classes().find(&current.classes().get(self.class).key)?;
        Some(Self { class, ..self })
    }
}

/// Objects that are alike.
#[derive(Clone, Copy)]
pub(super) struct Group {
    pub(super) largest: NodeOrdinal,
    largest_size: u64,
    pub(super) count: u64,
    /// The sum of the retained sizes in bytes.
    pub(super) size: u64,
}

/// The children of a dominator by likeness, in the order of their first object.
#[derive(Default)]
pub(super) struct Groups {
    places: HashMap<Likeness, u32>,
    pub(super) all: Vec<Group>,
    /// The group of each object.
    pub(super) objects: Vec<(u32, NodeOrdinal)>,
}

impl Groups {
    /// Adds an object; returns false if there are too many groups.
    pub(super) fn add(&mut self, snapshot: &Snapshot, node: NodeOrdinal, size: u64) -> bool {
        let likeness = Likeness::of(snapshot, node);
        let place = match self.places.get(&likeness) {
            Some(&place) => place,
            None if self.all.len() >= MAX_GROUPS => return false,
            None => {
                let place = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
                self.places.insert(likeness, place);
                self.all.push(Group { largest: node, largest_size: size, count: 0, size: 0 });
                place
            }
        };
        if let Some(group) = self.all.get_mut(place as usize) {
            group.count += 1;
            group.size = group.size.saturating_add(size);
            if size > group.largest_size {
                (group.largest, group.largest_size) = (node, size);
            }
        }
        self.objects.push((place, node));
        true
    }
}
