//! Native contexts: the realms of a snapshot, and the realm that each object belongs to.

use super::question::{Needs, Question};
use super::{strings_named, strings_that};
use crate::model::{BitSet, CancelToken, Cancelled, EdgeKind, HeapBytes, NodeOrdinal, SnapshotId, convert};
use crate::snapshot::Snapshot;

/// A value of `owners` while they are computed: no owner yet. No native context has this ordinal.
const NONE: u32 = u32::MAX;
const SHARED: u32 = u32::MAX - 1;

/// A realm: a window, a frame, a vm context.
#[derive(Clone, Debug)]
pub struct NativeContext {
    pub node: NodeOrdinal,
    /// The objects that have a size and belong to this realm alone, and their shallow sizes in bytes.
    pub attributed_count: u64,
    pub attributed_size: u64,
    /// The retained size of the native context's node.
    pub retained_size: u64,
}

/// The realm of an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    None,
    Shared,
    Context(NodeOrdinal),
}

/// All realms of a snapshot.
#[derive(Clone, Debug)]
pub struct NativeContexts {
    /// In the order of the file.
    pub contexts: Vec<NativeContext>,
    /// The objects with a size that belong to several realms, and their bytes.
    pub shared_count: u64,
    pub shared_size: u64,
    /// The objects with a size that belong to no realm, and their bytes.
    pub unattributed_count: u64,
    pub unattributed_size: u64,
    owners: Owners,
}

/// The owner of each object, by ordinal.
#[derive(Clone, Debug)]
enum Owners {
    /// Indices of native contexts, and two special values. Few programs have more realms than that.
    Narrow(Vec<u8>),
    /// The ordinal of the native context, `NONE` or `SHARED`.
    Wide(Vec<u32>),
}

const NARROW_NONE: u8 = u8::MAX;
const NARROW_SHARED: u8 = u8::MAX - 1;

impl NativeContexts {
    /// Returns the realm of an object.
    #[must_use]
    pub fn owner(&self, node: NodeOrdinal) -> Owner {
        match &self.owners {
            Owners::Narrow(owners) => match owners[node.index()] {
                NARROW_NONE => Owner::None,
                NARROW_SHARED => Owner::Shared,
                at => Owner::Context(self.contexts[usize::from(at)].node),
            },
            Owners::Wide(owners) => match owners[node.index()] {
                NONE => Owner::None,
                SHARED => Owner::Shared,
                context => Owner::Context(NodeOrdinal(context)),
            },
        }
    }
}

impl HeapBytes for NativeContexts {
    fn heap_bytes(&self) -> usize {
        let owners = match &self.owners {
            Owners::Narrow(owners) => owners.capacity(),
            Owners::Wide(owners) => owners.capacity() * 4,
        };
        owners + self.contexts.capacity() * size_of::<NativeContext>()
    }
}

/// Assigns every object to a realm: the native context named by the map of its map, or otherwise the only one that
/// reaches it without shortcut and weak edges.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn native_contexts(snapshot: &Snapshot, cancel: &CancelToken) -> Result<NativeContexts, Cancelled> {
    let graph = snapshot.graph();
    let is_context = {
        let is_name = |text: &str| text == "system / NativeContext" || text.starts_with("system / NativeContext / ");
        let names = strings_that(snapshot, is_name);
        let detached = strings_that(snapshot, |text| text.strip_prefix("Detached ").is_some_and(is_name));
        move |node: NodeOrdinal| {
            let name = graph.name_id(node).0 as usize;
            // A second `Detached ` prefix makes it a different name.
            names.contains(name) || (detached.contains(name) && !snapshot.is_renamed(node))
        }
    };
    let mut owners = vec![NONE; graph.node_count()];
    let mut contexts = Vec::new();
    for node in graph.nodes() {
        cancel.check_every(node.index())?;
        if is_context(node) {
            contexts.push(node);
        }
    }
    if !contexts.is_empty() {
        let fixed = fix(snapshot, &is_context, &mut owners, cancel)?;
        spread(snapshot, &fixed, &mut owners, cancel)?;
    }
    sum_up(snapshot, &contexts, owners, cancel)
}

/// Assigns the native contexts themselves, and the objects whose maps name an owner. Returns those nodes.
fn fix(
    snapshot: &Snapshot,
    is_context: &impl Fn(NodeOrdinal) -> bool,
    owners: &mut [u32],
    cancel: &CancelToken,
) -> Result<BitSet, Cancelled> {
    let graph = snapshot.graph();
    let [map, native_context] =
        strings_named(snapshot, ["map", "native_context"]).map(|ids| ids.first().map(|id| id.0));
    let target = |node: NodeOrdinal, name: Option<u32>, test: &dyn Fn(NodeOrdinal) -> bool| {
        let name = name?;
        graph
            .edges(node)
            .filter(|&edge| graph.edge_kind(edge) == EdgeKind::INTERNAL && graph.edge_names[edge.index()] == name)
            .map(|edge| graph.edge_target(edge))
            .find(|&target| test(target))
    };
    let any = |_: NodeOrdinal| true;
    // Many objects have the same map, and many maps the same map.
    let mut of_map = vec![NONE; graph.node_count()];
    let mut known = BitSet::new(graph.node_count());
    let mut fixed = BitSet::new(graph.node_count());
    for node in graph.nodes() {
        cancel.check_every(node.index())?;
        let owner = if is_context(node) {
            node.0
        } else {
            let Some(map_of_node) = target(node, map, &any) else { continue };
            if known.insert(map_of_node.index()) {
                let meta_map = target(map_of_node, map, &any);
                let owner = meta_map.and_then(|meta_map| target(meta_map, native_context, is_context));
                of_map[map_of_node.index()] = owner.map_or(NONE, |owner| owner.0);
            }
            of_map[map_of_node.index()]
        };
        if owner != NONE {
            owners[node.index()] = owner;
            fixed.insert(node.index());
        }
    }
    Ok(fixed)
}

/// Propagates owners. Objects reached from two different ones are shared.
fn spread(snapshot: &Snapshot, fixed: &BitSet, owners: &mut [u32], cancel: &CancelToken) -> Result<(), Cancelled> {
    let graph = snapshot.graph();
    let mut stack: Vec<u32> = fixed.iter().map(convert::ordinal).collect();
    let mut steps = 0;
    while let Some(node) = stack.pop() {
        cancel.check_every(steps)?;
        steps += 1;
        let owner = owners[node as usize];
        for edge in graph.edge_range(NodeOrdinal(node)) {
            let kind = graph.edge_kinds[edge];
            let target = graph.edge_targets[edge];
            let of_target = owners[target as usize];
            if of_target == SHARED
                || of_target == owner
                || kind == EdgeKind::SHORTCUT
                || kind == EdgeKind::WEAK
                || fixed.contains(target as usize)
            {
                continue;
            }
            owners[target as usize] = if of_target == NONE { owner } else { SHARED };
            stack.push(target);
        }
    }
    Ok(())
}

fn sum_up(
    snapshot: &Snapshot,
    contexts: &[NodeOrdinal],
    owners: Vec<u32>,
    cancel: &CancelToken,
) -> Result<NativeContexts, Cancelled> {
    let empty = |&node: &NodeOrdinal| NativeContext {
        node,
        attributed_count: 0,
        attributed_size: 0,
        retained_size: snapshot.retained_size(node),
    };
    let is_narrow = contexts.len() <= usize::from(NARROW_SHARED);
    let mut narrow = Vec::with_capacity(if is_narrow { owners.len() } else { 0 });
    let mut all = NativeContexts {
        contexts: contexts.iter().map(empty).collect(),
        shared_count: 0,
        shared_size: 0,
        unattributed_count: 0,
        unattributed_size: 0,
        owners: Owners::Narrow(Vec::new()),
    };
    for (node, &owner) in owners.iter().enumerate() {
        cancel.check_every(node)?;
        let size = snapshot.shallow_sizes().get(node);
        let mut short = NARROW_NONE;
        match owner {
            NONE => {
                all.unattributed_count += u64::from(size > 0);
                all.unattributed_size = all.unattributed_size.saturating_add(size);
            }
            SHARED => {
                all.shared_count += u64::from(size > 0);
                all.shared_size = all.shared_size.saturating_add(size);
                short = NARROW_SHARED;
            }
            owner => {
                if let Ok(at) = contexts.binary_search(&NodeOrdinal(owner)) {
                    all.contexts[at].attributed_size = all.contexts[at].attributed_size.saturating_add(size);
                    all.contexts[at].attributed_count += u64::from(size > 0);
                    short = u8::try_from(at).unwrap_or(NARROW_NONE);
                }
            }
        }
        if is_narrow {
            narrow.push(short);
        }
    }
    all.owners = if is_narrow { Owners::Narrow(narrow) } else { Owners::Wide(owners) };
    Ok(all)
}

/// Asks for the realms of a snapshot and the objects of each.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct NativeContextsOf(pub SnapshotId);

impl Question for NativeContextsOf {
    type Answer = NativeContexts;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.0]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<NativeContexts, Cancelled> {
        native_contexts(needs.snapshot(self.0), cancel)
    }
}
