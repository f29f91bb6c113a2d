//! Groups of classes that are listed as one, with their sums.

use super::{Classes, DominatorTree, retained_by_class};
use crate::model::{CancelToken, Cancelled, ClassId, Column, Distance, NodeOrdinal};

/// Sums over the objects of one class, or of several that are listed as one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClassTotals {
    /// Objects that have a size and are counted.
    pub count: u64,
    pub shallow_size: u64,
    /// Sum of the retained sizes of those that no other counted object of the class dominates.
    pub retained_size: u64,
    pub distance: Distance,
}

impl ClassTotals {
    pub const NOTHING: Self = Self { count: 0, shallow_size: 0, retained_size: 0, distance: Distance::NONE };

    /// Adds the counts and shallow sizes of more objects. Retained sizes may overlap, so they are not changed.
    pub fn add(&mut self, more: &Self) {
        if more.count == 0 {
            return;
        }
        self.distance = if self.count == 0 { more.distance } else { self.distance.min(more.distance) };
        self.count += more.count;
        self.shallow_size = self.shallow_size.saturating_add(more.shallow_size);
    }
}

/// A grouping of equal classes: each group is listed under its first class.
#[derive(Clone, Debug, Default)]
pub struct JoinedClasses {
    /// By class: the first equal class.
    first: Vec<u32>,
    /// By class: the number of classes listed under it.
    sizes: Vec<u32>,
    /// By class: the sums of the classes listed under it.
    totals: Vec<ClassTotals>,
}

impl JoinedClasses {
    /// Lists classes under the first equal class, which `first` contains by class.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if `cancel` stops the work.
    pub fn new(
        classes: &Classes,
        first: Vec<u32>,
        (shallow_sizes, retained_sizes): (&Column, &Column),
        dominators: &DominatorTree,
        cancel: &CancelToken,
    ) -> Result<Self, Cancelled> {
        let own = classes.all().iter().map(|class| ClassTotals {
            count: class.count,
            shallow_size: class.shallow_size,
            retained_size: class.retained_size,
            distance: class.distance,
        });
        let own: Vec<ClassTotals> = own.collect();
        let mut joined = Self { sizes: vec![0; first.len()], totals: Vec::new(), first };
        for &first in &joined.first {
            joined.sizes[first as usize] += 1;
        }
        if !joined.changes_anything() {
            joined.totals = own;
            return Ok(joined);
        }
        let counts = |node: NodeOrdinal| shallow_sizes.get(node.index()) != 0;
        let of = |node: NodeOrdinal| joined.first(classes.of(node)).index();
        let retained = retained_by_class(of, own.len(), counts, retained_sizes, dominators, cancel)?;
        joined.totals = joined.sum(&own, &retained);
        Ok(joined)
    }

    /// Returns the sums of each group, by its first class, from those of its classes. `retained` has the groups'
    /// retained sizes.
    #[must_use]
    pub fn sum(&self, own: &[ClassTotals], retained: &[u64]) -> Vec<ClassTotals> {
        let mut totals = vec![ClassTotals::NOTHING; own.len()];
        for (own, &first) in own.iter().zip(&self.first) {
            totals[first as usize].add(own);
        }
        for (total, &retained) in totals.iter_mut().zip(retained) {
            total.retained_size = retained;
        }
        totals
    }

    /// Returns whether any two classes are listed as one.
    #[must_use]
    pub fn changes_anything(&self) -> bool {
        self.sizes.contains(&0)
    }

    /// Returns the class that a class is listed under.
    #[must_use]
    pub fn first(&self, class: ClassId) -> ClassId {
        ClassId(self.first[class.index()])
    }

    /// Returns whether other classes are listed under this one.
    #[must_use]
    pub fn is_first(&self, class: ClassId) -> bool {
        self.first[class.index()] == class.0
    }

    /// Returns the number of classes that are listed under this one, including itself.
    #[must_use]
    pub fn joined_count(&self, class: ClassId) -> u32 {
        self.sizes[class.index()]
    }

    /// Returns the sums of all classes listed under a class; zeros if it is listed under another.
    #[must_use]
    pub fn totals(&self, class: ClassId) -> ClassTotals {
        self.totals[class.index()]
    }

    /// Returns the bytes held on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        (self.first.capacity() + self.sizes.capacity()) * 4 + self.totals.capacity() * size_of::<ClassTotals>()
    }
}
