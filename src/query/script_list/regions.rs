//! The package that keeps each part of the dominator tree.

use super::super::question::{Need, Needs, Question};
use super::super::reloaded::ScriptsOf;
use super::super::scripts::Scripts;
use super::origins::origins;
use crate::model::{CancelToken, Cancelled, HeapBytes, NodeOrdinal, SnapshotId, convert};
use crate::snapshot::Snapshot;

const NONE: u32 = u32::MAX;

/// The package of each object: its own, or that of the nearest function, object of a class, script or shared function info
/// above it in the dominator tree.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PackageRegions {
    /// The positions in the dominator tree where another package begins, ascending, and the packages.
    starts: Vec<(u32, u32)>,
}

impl PackageRegions {
    /// Returns the package of an object, as an index into [`super::ScriptList::packages`].
    #[must_use]
    pub fn of(&self, snapshot: &Snapshot, node: NodeOrdinal) -> Option<u32> {
        let position = convert::ordinal(snapshot.dominators().position(node));
        let next = self.starts.partition_point(|&(start, _)| start <= position);
        next.checked_sub(1).map(|at| self.starts[at].1).filter(|&package| package != NONE)
    }
}

impl HeapBytes for PackageRegions {
    fn heap_bytes(&self) -> usize {
        self.starts.capacity() * size_of::<(u32, u32)>()
    }
}

/// Finds the package of each part of the dominator tree.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn package_regions(
    snapshot: &Snapshot,
    scripts: &Scripts,
    cancel: &CancelToken,
) -> Result<PackageRegions, Cancelled> {
    let origins = origins(snapshot, scripts, cancel)?;
    let mut starts: Vec<(u32, u32)> = Vec::new();
    // The ends of the enclosing regions, and their packages.
    let mut open: Vec<(usize, u32)> = Vec::new();
    for (position, (node, subtree)) in (0_usize..).zip(snapshot.dominators().preorder()) {
        cancel.check_every(position)?;
        while open.pop_if(|(end, _)| *end <= position).is_some() {}
        let outer = open.last().map_or(NONE, |&(_, package)| package);
        let of_code = || origins.load_of_code(node).map(|load| origins.loads[load as usize].package);
        let own = origins.of(node).map(|origin| origin.package).or_else(of_code).unwrap_or(outer);
        if own != outer {
            open.push((position + subtree as usize, own));
        }
        if starts.last().map_or(NONE, |&(_, package)| package) != own {
            starts.push((convert::ordinal(position), own));
        }
    }
    starts.shrink_to_fit();
    Ok(PackageRegions { starts })
}

/// Asks for the packages of all objects.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct PackageRegionsOf(pub SnapshotId);

impl Question for PackageRegionsOf {
    type Answer = PackageRegions;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.0]
    }

    fn needs(&self) -> Vec<Need> {
        vec![Box::new(ScriptsOf(self.0))]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<PackageRegions, Cancelled> {
        package_regions(needs.snapshot(self.0), &needs.answer(&ScriptsOf(self.0)), cancel)
    }
}
