//! Functions with live closures, the contexts that each of them reaches, and the scope information in the heap.

use std::collections::{HashMap, HashSet};

use super::node_sets::contexts;
use super::scripts::is_script;
use super::v8_values::{int, internal_of};
use super::{strings_named, strings_that};
use crate::model::{BitSet, CancelToken, Cancelled, NodeKind, NodeOrdinal, StringId};
use crate::snapshot::Snapshot;

/// The ids of the edge names that are followed.
pub(super) struct Names {
    pub(super) scope_info: Vec<StringId>,
    pub(super) shared: Vec<StringId>,
    pub(super) context: Vec<StringId>,
    pub(super) script: Vec<StringId>,
    pub(super) scope_id: Vec<StringId>,
    pub(super) name_or_scope_info: Vec<StringId>,
    pub(super) previous: Vec<StringId>,
    pub(super) outer: Vec<StringId>,
    pub(super) start: Vec<StringId>,
    pub(super) end: Vec<StringId>,
    pub(super) function_name: Vec<StringId>,
}

impl Names {
    pub(super) fn new(snapshot: &Snapshot) -> Self {
        let names = [
            "scope_info",
            "shared",
            "context",
            "script",
            "scope_id",
            "name_or_scope_info",
            "previous",
            "outer_scope_info",
            "start_position",
            "end_position",
            "function_name",
        ];
        let [
            scope_info,
            shared,
            context,
            script,
            scope_id,
            name_or_scope_info,
            previous,
            outer,
            start,
            end,
            function_name,
        ] = strings_named(snapshot, names);
        Self {
            scope_info,
            shared,
            context,
            script,
            scope_id,
            name_or_scope_info,
            previous,
            outer,
            start,
            end,
            function_name,
        }
    }
}

/// A closure with a known source position.
pub(super) struct Closure {
    pub(super) node: NodeOrdinal,
    pub(super) context: NodeOrdinal,
    pub(super) script: NodeOrdinal,
    pub(super) scope_id: i64,
}

/// The result of one walk over all nodes.
pub(super) struct Scan {
    pub(super) is_context: BitSet,
    pub(super) scripts: HashSet<NodeOrdinal>,
    /// Contexts with V8's description of their scopes, in the order of the file.
    pub(super) contexts: Vec<(NodeOrdinal, NodeOrdinal)>,
    pub(super) closures: Vec<Closure>,
    /// Scripts by the scope description of a function.
    pub(super) script_of: HashMap<NodeOrdinal, NodeOrdinal>,
}

pub(super) fn scan(snapshot: &Snapshot, names: &Names, cancel: &CancelToken) -> Result<Scan, Cancelled> {
    let graph = snapshot.graph();
    let is_script = is_script(snapshot);
    let shared_names = strings_that(snapshot, |text| text.starts_with("system / SharedFunctionInfo"));
    let is_context = contexts(snapshot, cancel)?;
    let target = |node, edge: &[StringId]| internal_of(graph, node, edge);
    // Many closures share a function, and its description may have any number of edges.
    let mut functions: HashMap<NodeOrdinal, Option<(NodeOrdinal, i64)>> = HashMap::new();
    let mut scan = Scan {
        is_context: BitSet::default(),
        scripts: HashSet::new(),
        contexts: Vec::new(),
        closures: Vec::new(),
        script_of: HashMap::new(),
    };
    for node in graph.nodes() {
        cancel.check_every(node.index())?;
        if is_script(node) {
            scan.scripts.insert(node);
        } else if is_context.contains(node.index()) {
            scan.contexts.extend(target(node, &names.scope_info).map(|info| (node, info)));
        } else if graph.kind(node) == NodeKind::CLOSURE {
            let mut closure = || {
                let (shared, context) = (target(node, &names.shared)?, target(node, &names.context)?);
                let function = || Some((target(shared, &names.script)?, int(graph, target(shared, &names.scope_id)?)?));
                let (script, scope_id) = (*functions.entry(shared).or_insert_with(function))?;
                Some(Closure { node, context, script, scope_id })
            };
            scan.closures.extend(closure());
        } else if shared_names.contains(graph.name_id(node).0 as usize) && !snapshot.is_renamed(node) {
            let info = target(node, &names.name_or_scope_info).filter(|&info| {
                graph.strings().is(graph.name_id(info), "system / ScopeInfo") && !snapshot.is_renamed(info)
            });
            if let (Some(info), Some(script)) = (info, target(node, &names.script).filter(|&script| is_script(script)))
            {
                scan.script_of.insert(info, script);
            }
        }
    }
    scan.is_context = is_context;
    Ok(scan)
}

/// The functions with live closures, and the contexts that each of them reaches.
pub(super) struct LiveFunctions {
    /// The numbers of functions, by script and scope.
    pub(super) numbers: HashMap<(NodeOrdinal, i64), usize>,
    pub(super) reached: HashSet<(usize, NodeOrdinal)>,
    /// The first closure of each function in the file.
    pub(super) closures: Vec<NodeOrdinal>,
}

impl LiveFunctions {
    pub(super) fn closure_of(&self, script: NodeOrdinal, scope_id: i64) -> Option<NodeOrdinal> {
        self.numbers.get(&(script, scope_id)).map(|&number| self.closures[number])
    }
}

pub(super) fn live_functions(
    snapshot: &Snapshot,
    names: &Names,
    scan: &Scan,
    cancel: &CancelToken,
) -> Result<LiveFunctions, Cancelled> {
    let graph = snapshot.graph();
    let mut live = LiveFunctions { numbers: HashMap::new(), reached: HashSet::new(), closures: Vec::new() };
    let mut around: HashMap<NodeOrdinal, Option<NodeOrdinal>> = HashMap::new();
    let mut steps = 0;
    for closure in &scan.closures {
        let number = *live.numbers.entry((closure.script, closure.scope_id)).or_insert_with(|| {
            live.closures.push(closure.node);
            live.closures.len() - 1
        });
        let mut next = Some(closure.context);
        while let Some(context) = next.filter(|context| scan.is_context.contains(context.index())) {
            cancel.check_every(steps)?;
            steps += 1;
            if !live.reached.insert((number, context)) {
                break;
            }
            next = *around.entry(context).or_insert_with(|| internal_of(graph, context, &names.previous));
        }
    }
    Ok(live)
}
