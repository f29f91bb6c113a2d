//! Native contexts: the realms of a snapshot, and which one each object belongs to.

use super::strings_that;
use crate::model::{BitSet, CancelToken, Cancelled, EdgeKind, NodeOrdinal};
use crate::snapshot::Snapshot;

const NONE: u32 = u32::MAX;
const SHARED: u32 = u32::MAX - 1;

/// A realm: a window, a frame, a vm context.
#[derive(Clone, Debug)]
pub struct NativeContext {
    pub node: NodeOrdinal,
    /// Objects that have a size and belong to it alone, and their shallow sizes in bytes.
    pub attributed_count: u64,
    pub attributed_size: u64,
    /// What the native context's own node retains.
    pub retained_size: u64,
}

/// What an object belongs to.
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
    /// Bytes that belong to several.
    pub shared_size: u64,
    /// Bytes that belong to none.
    pub unattributed_size: u64,
    /// By ordinal: the native context's ordinal, `NONE` or `SHARED`.
    owners: Vec<u32>,
}

impl NativeContexts {
    /// What the object belongs to.
    #[must_use]
    pub fn owner(&self, node: NodeOrdinal) -> Owner {
        match self.owners[node.index()] {
            NONE => Owner::None,
            SHARED => Owner::Shared,
            context => Owner::Context(NodeOrdinal(context)),
        }
    }

    /// Bytes held on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.owners.capacity() * 4 + self.contexts.capacity() * size_of::<NativeContext>()
    }
}

/// Attributes every object: to the native context that its map's map names, else to the one that alone leads to it by
/// other than shortcut and weak edges.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
pub fn native_contexts(snapshot: &Snapshot, cancel: &CancelToken) -> Result<NativeContexts, Cancelled> {
    let graph = snapshot.graph();
    let is_context = {
        let names = strings_that(snapshot, |text| {
            let text = text.strip_prefix("Detached ").unwrap_or(text);
            text == "system / NativeContext" || text.starts_with("system / NativeContext / ")
        });
        move |node: NodeOrdinal| names.contains(graph.name_id(node).0 as usize)
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

/// Gives native contexts and what their maps tell of their owners; returns those nodes.
fn fix(
    snapshot: &Snapshot,
    is_context: &impl Fn(NodeOrdinal) -> bool,
    owners: &mut [u32],
    cancel: &CancelToken,
) -> Result<BitSet, Cancelled> {
    let graph = snapshot.graph();
    let first_named = |text: &str| graph.strings().find(text).map(|id| id.0);
    let (map, native_context) = (first_named("map"), first_named("native_context"));
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

/// Hands owners on; what two different ones reach is shared.
fn spread(snapshot: &Snapshot, fixed: &BitSet, owners: &mut [u32], cancel: &CancelToken) -> Result<(), Cancelled> {
    let graph = snapshot.graph();
    #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 nodes")]
    let mut stack: Vec<u32> = fixed.iter().map(|node| node as u32).collect();
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
    let mut all = NativeContexts {
        contexts: contexts.iter().map(empty).collect(),
        shared_size: 0,
        unattributed_size: 0,
        owners: Vec::new(),
    };
    for (node, &owner) in owners.iter().enumerate() {
        cancel.check_every(node)?;
        let size = snapshot.shallow_sizes().get(node);
        match owner {
            NONE => all.unattributed_size += size,
            SHARED => all.shared_size += size,
            owner => {
                if let Ok(at) = contexts.binary_search(&NodeOrdinal(owner)) {
                    all.contexts[at].attributed_size += size;
                    all.contexts[at].attributed_count += u64::from(size > 0);
                }
            }
        }
    }
    all.owners = owners;
    Ok(all)
}
