//! The data of the tables: the snapshots, and indexes and answers that are computed for them once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::prelude::*;

use super::index::{Groups, IdIndex, Ranks};
use crate::export::row_name;
use crate::findings::{Findings, findings};
use crate::model::{CancelToken, Cancelled, HeapBytes, NodeKind, NodeOrdinal, ObjectId, convert};
use crate::query::{
    Age, Allocations, CallKey, CallList, CallRow, CallSort, Collections, DuplicateStrings, ScriptList, Scripts,
    allocations, call_rows, chronological, collections, distinct, grouped_strings, has_allocations, script_list,
    scripts, unreachable_size,
};
use crate::snapshot::Snapshot;
use crate::sources::SourcePaths;

/// The number of lookups by id, or of a class, that search all nodes before an index is made. An index takes longer than
/// a few searches.
const PATIENCE: usize = 3;

/// Snapshots for queries, in the order of the column `snapshot`, with what queries computed.
#[derive(Debug)]
pub struct SqlData {
    pub(super) files: Vec<File>,
    sources: SourcePaths,
    classes: OnceLock<Ranks>,
    kinds: OnceLock<Ranks>,
    findings: OnceLock<Findings>,
    holders: OnceLock<Collections>,
}

/// A snapshot.
#[derive(Debug)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) snapshot: Arc<Snapshot>,
    lookups: AtomicUsize,
    ids: OnceLock<IdIndex>,
    class_lookups: AtomicUsize,
    by_class: OnceLock<Groups>,
    by_kind: OnceLock<Groups>,
    scripts: OnceLock<Scripts>,
    script_list: OnceLock<ScriptList>,
    strings: OnceLock<DuplicateStrings>,
    allocations: OnceLock<Option<(Allocations, Vec<CallRow>)>>,
    unreachable_size: OnceLock<u64>,
    /// Nodes in the order of a numeric column, the one that was used last.
    sorted: Mutex<Option<(SortedBy, Arc<Vec<u32>>)>>,
}

/// A numeric column by which nodes are sorted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct SortedBy {
    pub(super) column: NodeNumber,
    pub(super) descending: bool,
}

/// A numeric column of nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NodeNumber {
    Id,
    SelfSize,
    ShallowSize,
    RetainedSize,
    Distance,
    Detachedness,
    EdgeCount,
    RetainerCount,
    Reachable,
}

impl NodeNumber {
    /// Returns the column with that name.
    pub(super) fn named(column: &str) -> Option<Self> {
        Some(match column {
            "id" => Self::Id,
            "self_size" => Self::SelfSize,
            "shallow_size" => Self::ShallowSize,
            "retained_size" => Self::RetainedSize,
            "distance" => Self::Distance,
            "detachedness" => Self::Detachedness,
            "edge_count" => Self::EdgeCount,
            "retainer_count" => Self::RetainerCount,
            "reachable" => Self::Reachable,
            _ => return None,
        })
    }

    /// Returns the value as a query sees it; `None` for NULL.
    #[inline]
    pub(super) fn of(self, snapshot: &Snapshot, node: NodeOrdinal) -> Option<i64> {
        Some(match self {
            Self::Id => snapshot.id(node).0.cast_signed(),
            Self::SelfSize => size(snapshot.self_size(node)),
            Self::ShallowSize => size(snapshot.shallow_size(node)),
            Self::RetainedSize => size(snapshot.retained_size(node)),
            Self::Distance => snapshot.distance(node).user()?.into(),
            Self::Detachedness => i64::from(snapshot.detachedness(node) as u8),
            Self::EdgeCount => size(snapshot.graph().edge_range(node).len() as u64),
            Self::RetainerCount => size(snapshot.graph().retainer_count(node) as u64),
            Self::Reachable => i64::from(!snapshot.is_unreachable(node)),
        })
    }
}

/// Returns a size as SQLite has numbers: larger ones are the largest.
pub(super) fn size(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// Returns what a cell holds, or computes it.
fn once<T>(cell: &OnceLock<T>, compute: impl FnOnce() -> Result<T, Cancelled>) -> Result<&T, Cancelled> {
    if let Some(known) = cell.get() {
        return Ok(known);
    }
    let computed = compute()?;
    Ok(cell.get_or_init(|| computed))
}

impl SqlData {
    /// Prepares queries of snapshots with their names, the oldest first. `sources` says where the text of scripts may be.
    #[must_use]
    pub fn new(snapshots: Vec<(String, Arc<Snapshot>)>, sources: SourcePaths) -> Self {
        let files = snapshots.into_iter().map(|(name, snapshot)| File {
            name,
            snapshot,
            lookups: AtomicUsize::new(0),
            ids: OnceLock::new(),
            class_lookups: AtomicUsize::new(0),
            by_class: OnceLock::new(),
            by_kind: OnceLock::new(),
            scripts: OnceLock::new(),
            script_list: OnceLock::new(),
            strings: OnceLock::new(),
            allocations: OnceLock::new(),
            unreachable_size: OnceLock::new(),
            sorted: Mutex::new(None),
        });
        Self {
            files: files.collect(),
            sources,
            classes: OnceLock::new(),
            kinds: OnceLock::new(),
            findings: OnceLock::new(),
            holders: OnceLock::new(),
        }
    }

    /// Makes the index of ids of all snapshots, so that no query waits for it.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if the operation is cancelled.
    pub fn index_ids(&self, cancel: &CancelToken) -> Result<(), Cancelled> {
        self.files.iter().try_for_each(|file| file.ids(cancel).map(drop))
    }

    /// Returns the ranks of the names of classes.
    pub(super) fn classes(&self) -> &Ranks {
        self.classes.get_or_init(|| {
            let names = |file: &File| {
                let classes = file.snapshot.classes().all();
                classes.iter().map(|class| row_name(&class.name).into_owned()).collect()
            };
            Ranks::new(&self.files.iter().map(names).collect::<Vec<Vec<String>>>())
        })
    }

    /// Returns the ranks of the names of kinds.
    pub(super) fn kinds(&self) -> &Ranks {
        self.kinds.get_or_init(|| {
            let names = |file: &File| {
                let kinds = (0..=u8::MAX).map(NodeKind);
                let name = |kind| row_name(file.snapshot.graph().name_of_kind(kind)).into_owned();
                kinds.map(name).collect()
            };
            Ranks::new(&self.files.iter().map(names).collect::<Vec<Vec<String>>>())
        })
    }

    /// Returns the nodes of a snapshot by the rank of their class.
    pub(super) fn by_class(&self, file: usize, cancel: &CancelToken) -> Result<&Groups, Cancelled> {
        let of = &self.files[file];
        let ranks = self.classes();
        let (classes, rank) = (of.snapshot.classes(), ranks.of(file));
        let group = |node| rank[classes.of(node).index()];
        once(&of.by_class, || Groups::new(of.snapshot.graph().node_count(), ranks.len(), cancel, group))
    }

    /// Returns the nodes of a snapshot by the rank of their class if many queries asked for a class.
    pub(super) fn by_class_if_useful(&self, file: usize, cancel: &CancelToken) -> Result<Option<&Groups>, Cancelled> {
        let of = &self.files[file];
        if of.by_class.get().is_none() && of.class_lookups.fetch_add(1, Ordering::Relaxed) < PATIENCE {
            return Ok(None);
        }
        self.by_class(file, cancel).map(Some)
    }

    /// Returns the nodes of a snapshot by the rank of their kind.
    pub(super) fn by_kind(&self, file: usize, cancel: &CancelToken) -> Result<&Groups, Cancelled> {
        let of = &self.files[file];
        let ranks = self.kinds();
        let (graph, rank) = (of.snapshot.graph(), ranks.of(file));
        let group = |node| rank[usize::from(graph.kind(node).0)];
        once(&of.by_kind, || Groups::new(graph.node_count(), ranks.len(), cancel, group))
    }

    /// Returns the findings of the series.
    pub(super) fn findings(&self, cancel: &CancelToken) -> Result<&Findings, Cancelled> {
        once(&self.findings, || {
            let all = self.snapshots();
            let mut series: Vec<&Snapshot> = distinct(&all, cancel)?.kept.iter().map(|&at| all[at]).collect();
            let found = findings(&series, &self.sources, cancel)?;
            // Ages mean nothing between processes.
            if found.ids_match != Some(true) || series.is_sorted_by_key(|of| Age::of(of)) {
                return Ok(found);
            }
            chronological(&mut series, |of| Age::of(of));
            findings(&series, &self.sources, cancel)
        })
    }

    /// Returns the collections of the series by holder.
    pub(super) fn holders(&self, cancel: &CancelToken) -> Result<&Collections, Cancelled> {
        // Groups are matched by their holders' names, not by ids.
        once(&self.holders, || collections(&self.snapshots(), false, cancel))
    }

    pub(super) fn known_findings(&self) -> Option<&Findings> {
        self.findings.get()
    }

    pub(super) fn known_holders(&self) -> Option<&Collections> {
        self.holders.get()
    }

    fn snapshots(&self) -> Vec<&Snapshot> {
        self.files.iter().map(|file| &*file.snapshot).collect()
    }
}

impl HeapBytes for SqlData {
    fn heap_bytes(&self) -> usize {
        let of = |file: &File| {
            let groups = [file.by_class.get(), file.by_kind.get()].into_iter().flatten().map(Groups::heap_bytes);
            groups.sum::<usize>()
                + file.ids.get().map_or(0, IdIndex::heap_bytes)
                + file.strings.get().map_or(0, HeapBytes::heap_bytes)
        };
        self.files.iter().map(of).sum()
    }
}

impl File {
    fn ids(&self, cancel: &CancelToken) -> Result<&IdIndex, Cancelled> {
        once(&self.ids, || IdIndex::new(&self.snapshot, cancel))
    }

    /// Returns the nodes with an id in the order of the file; usually one.
    pub(super) fn find(&self, id: u64, cancel: &CancelToken) -> Result<Vec<u32>, Cancelled> {
        if self.ids.get().is_some() || self.lookups.fetch_add(1, Ordering::Relaxed) >= PATIENCE {
            return Ok(self.ids(cancel)?.find(&self.snapshot, id));
        }
        let Some(first) = self.snapshot.graph().find_id(ObjectId(id)) else { return Ok(Vec::new()) };
        let count = convert::ordinal(self.snapshot.graph().node_count());
        let is_it = |&node: &u32| self.snapshot.id(NodeOrdinal(node)).0 == id;
        Ok((first.0..count).into_par_iter().with_min_len(1 << 16).filter(is_it).collect())
    }

    /// Returns the nodes in the order of a numeric column, those without a value where SQLite sorts NULL.
    pub(super) fn sorted(&self, by: SortedBy, cancel: &CancelToken) -> Result<Arc<Vec<u32>>, Cancelled> {
        let known = self.sorted.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, nodes)) = known.filter(|(of, _)| *of == by) {
            return Ok(nodes);
        }
        let count = convert::ordinal(self.snapshot.graph().node_count());
        // NULL is below all numbers.
        let key = |node: u32| by.column.of(&self.snapshot, NodeOrdinal(node));
        cancel.check()?;
        let all = (0..count).into_par_iter();
        let is_narrow = all.clone().all(|node| key(node).is_none_or(|key| (0..i64::from(u32::MAX)).contains(&key)));
        cancel.check()?;
        let nodes: Vec<u32> = if is_narrow {
            // A number and its node fit in one word, which sorts faster.
            let packed = |node| {
                let key = key(node).map_or(0, |key| u64::try_from(key).unwrap_or(0) + 1);
                let key = if by.descending { u64::from(u32::MAX) - key } else { key };
                key << 32 | u64::from(node)
            };
            let mut packed: Vec<u64> = all.map(packed).collect();
            packed.par_sort_unstable();
            packed.into_par_iter().map(|packed| convert::low_u32(packed & u64::from(u32::MAX))).collect()
        } else {
            let mut nodes: Vec<u32> = all.collect();
            if by.descending {
                nodes.par_sort_unstable_by_key(|&node| (std::cmp::Reverse(key(node)), node));
            } else {
                nodes.par_sort_unstable_by_key(|&node| (key(node), node));
            }
            nodes
        };
        cancel.check()?;
        let nodes = Arc::new(nodes);
        *self.sorted.lock().unwrap_or_else(PoisonError::into_inner) = Some((by, Arc::clone(&nodes)));
        Ok(nodes)
    }

    pub(super) fn known_by_class(&self) -> Option<&Groups> {
        self.by_class.get()
    }

    pub(super) fn known_by_kind(&self) -> Option<&Groups> {
        self.by_kind.get()
    }

    pub(super) fn scripts(&self, cancel: &CancelToken) -> Result<&Scripts, Cancelled> {
        once(&self.scripts, || scripts(&self.snapshot, cancel))
    }

    /// Returns the scripts if they were computed.
    pub(super) fn known_scripts(&self) -> Option<&Scripts> {
        self.scripts.get()
    }

    pub(super) fn script_list(&self, cancel: &CancelToken) -> Result<&ScriptList, Cancelled> {
        once(&self.script_list, || script_list(&self.snapshot, self.scripts(cancel)?, cancel))
    }

    pub(super) fn known_script_list(&self) -> Option<&ScriptList> {
        self.script_list.get()
    }

    /// Returns all texts with their copies.
    pub(super) fn strings(&self, cancel: &CancelToken) -> Result<&DuplicateStrings, Cancelled> {
        once(&self.strings, || grouped_strings(&self.snapshot, 1, cancel))
    }

    pub(super) fn known_strings(&self) -> Option<&DuplicateStrings> {
        self.strings.get()
    }

    /// Returns the allocating functions, most bytes first; `None` if the snapshot has no allocation stacks.
    pub(super) fn allocations(&self, cancel: &CancelToken) -> Result<Option<&(Allocations, Vec<CallRow>)>, Cancelled> {
        let compute = || {
            if !has_allocations(&self.snapshot) {
                return Ok(None);
            }
            let allocations = allocations(&self.snapshot, None, cancel)?;
            let sort = CallSort { key: CallKey::Own(3), descending: true };
            let rows = call_rows(allocations.calls(), &CallList::Callers(Vec::new()), sort, None, cancel)?.rows;
            Ok(Some((allocations, rows)))
        };
        once(&self.allocations, compute).map(Option::as_ref)
    }

    pub(super) fn known_allocations(&self) -> Option<&(Allocations, Vec<CallRow>)> {
        self.allocations.get()?.as_ref()
    }

    pub(super) fn unreachable_size(&self, cancel: &CancelToken) -> Result<u64, Cancelled> {
        once(&self.unreachable_size, || unreachable_size(&self.snapshot, cancel)).copied()
    }

    /// Returns the unreachable bytes if they were computed.
    pub(super) fn known_unreachable_size(&self) -> Option<u64> {
        self.unreachable_size.get().copied()
    }
}
