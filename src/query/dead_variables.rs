//! Dead variables: those in the contexts of closures that no function alive can read any more.
//!
//! All functions made in one call share its context. A variable stays in it as long as any of them lives, even one that
//! never touches it. Newer versions of V8 write which scope uses which variable, so that it can be told: a variable of a
//! context is dead if no closure that reaches this context belongs to a scope that uses the variable, or to one around such
//! a scope (whose code can still make the inner function). The rules are those of Chrome DevTools' context analysis.

use std::collections::{HashMap, HashSet};

use super::scripts::{is_script, script_name};
use super::selection::contexts;
use super::v8_values::{int, internal_of};
use super::{cut_edge, strings_named, strings_that};
use crate::analysis::{Scopes, has_scopes, scopes};
use crate::model::{BitSet, CancelToken, Cancelled, EdgeIndex, EdgeKind, NodeKind, NodeOrdinal, StringId};
use crate::snapshot::Snapshot;

/// A variable of one context.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeadVariable {
    /// From the context to what it holds.
    pub edge: EdgeIndex,
    pub name: StringId,
    pub value: NodeOrdinal,
    /// Bytes that the value retains.
    pub retained_size: u64,
    /// Bytes that would be freed if the variable were cleared: the same, or none where something else holds the value too.
    pub freed_size: u64,
}

/// A context with dead variables.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeadContext {
    pub context: NodeOrdinal,
    /// Bytes that the context retains.
    pub retained_size: u64,
    /// Sum of what the dead variables retain.
    pub dead_size: u64,
    /// Largest first.
    pub variables: Vec<DeadVariable>,
}

/// A scope of the source with the contexts that were made for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeadScope {
    /// V8's own description of the scope.
    pub scope_info: NodeOrdinal,
    pub script: NodeOrdinal,
    /// Empty where the snapshot does not say.
    pub script_name: String,
    /// Name of the function, where the snapshot says it or has a closure of it.
    pub function: Option<String>,
    /// A closure of the scope's function, whose source position is the scope's.
    pub closure: Option<NodeOrdinal>,
    /// Where the scope stands in the text, in UTF-16 units.
    pub start: i64,
    pub end: i64,
    /// Variables that a context of this scope has, dead or not.
    pub variable_count: usize,
    /// The one whose dead variables retain the most first.
    pub contexts: Vec<DeadContext>,
}

/// A script with contexts but without scopes, as one is that was never compiled in full.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownScript {
    pub script: NodeOrdinal,
    pub name: String,
    pub context_count: u64,
}

/// All dead variables of a snapshot.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DeadVariables {
    /// Whether the file tells of scopes at all; without that nothing can be said.
    pub has_scopes: bool,
    /// The one with the largest context first.
    pub scopes: Vec<DeadScope>,
    pub unknown_scripts: Vec<UnknownScript>,
}

impl DeadVariables {
    /// Bytes held on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let contexts = self.scopes.iter().flat_map(|scope| &scope.contexts);
        let variables: usize = contexts.map(|context| context.variables.capacity() * size_of::<DeadVariable>()).sum();
        let contexts: usize = self.scopes.iter().map(|scope| scope.contexts.capacity()).sum();
        variables + contexts * size_of::<DeadContext>() + self.scopes.capacity() * size_of::<DeadScope>()
    }
}

/// Finds them.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
pub fn dead_variables(snapshot: &Snapshot, cancel: &CancelToken) -> Result<DeadVariables, Cancelled> {
    if !has_scopes(snapshot.graph()) {
        return Ok(DeadVariables::default());
    }
    let scopes = scopes(snapshot.graph());
    let names = Names::new(snapshot);
    let scan = scan(snapshot, &names, cancel)?;
    let live = live_functions(snapshot, &names, &scan, cancel)?;
    let (groups, unknown_scripts) = correlate(snapshot, &names, &scan, &scopes, cancel)?;
    let mut found = Vec::new();
    for group in groups {
        if let Some(mut scope) = dead_scope(snapshot, &scopes, &live, &group, cancel)? {
            scope.closure = live.closure_of(scope.script, scopes.scopes[group.scope].id);
            let of_closure = || scope.closure.map(|closure| snapshot.display_name(closure).into_owned());
            scope.function = internal_of(snapshot.graph(), scope.scope_info, &names.function_name)
                .map(|name| snapshot.display_name(name).into_owned())
                .or_else(of_closure)
                .filter(|name| !name.is_empty());
            found.push(scope);
        }
    }
    found.sort_by_key(|scope| rank(&scope.contexts[0]));
    Ok(DeadVariables { has_scopes: true, scopes: found, unknown_scripts })
}

/// What contexts are sorted by.
fn rank(context: &DeadContext) -> impl Ord + use<> {
    use std::cmp::Reverse;
    (Reverse(context.dead_size), Reverse(context.retained_size), context.context)
}

/// Ids of the names of edges that are followed.
struct Names {
    scope_info: Vec<StringId>,
    shared: Vec<StringId>,
    context: Vec<StringId>,
    script: Vec<StringId>,
    scope_id: Vec<StringId>,
    name_or_scope_info: Vec<StringId>,
    previous: Vec<StringId>,
    outer: Vec<StringId>,
    start: Vec<StringId>,
    end: Vec<StringId>,
    function_name: Vec<StringId>,
}

impl Names {
    fn new(snapshot: &Snapshot) -> Self {
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

/// A closure of which it is known where in the source it was made.
struct Closure {
    node: NodeOrdinal,
    context: NodeOrdinal,
    script: NodeOrdinal,
    scope_id: i64,
}

/// What one walk over all nodes gathers.
struct Scan {
    is_context: BitSet,
    scripts: HashSet<NodeOrdinal>,
    /// Contexts with what V8 knows of their scopes, in the order of the file.
    contexts: Vec<(NodeOrdinal, NodeOrdinal)>,
    closures: Vec<Closure>,
    /// Scripts by the description of a function's scope.
    script_of: HashMap<NodeOrdinal, NodeOrdinal>,
}

fn scan(snapshot: &Snapshot, names: &Names, cancel: &CancelToken) -> Result<Scan, Cancelled> {
    let graph = snapshot.graph();
    let is_script = is_script(snapshot);
    let shared_names = strings_that(snapshot, |text| text.starts_with("system / SharedFunctionInfo"));
    let is_context = contexts(snapshot, cancel)?;
    let target = |node, edge: &[StringId]| internal_of(graph, node, edge);
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
            let closure = || {
                let (shared, context) = (target(node, &names.shared)?, target(node, &names.context)?);
                let script = target(shared, &names.script)?;
                let scope_id = int(graph, target(shared, &names.scope_id)?)?;
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

/// The functions that closures alive are of, and the contexts that each of them reaches.
struct LiveFunctions {
    /// Numbers of functions, by script and scope.
    numbers: HashMap<(NodeOrdinal, i64), usize>,
    reached: HashSet<(usize, NodeOrdinal)>,
    /// The first closure of each function in the file.
    closures: Vec<NodeOrdinal>,
}

impl LiveFunctions {
    fn reaches(&self, script: NodeOrdinal, scope_id: i64, context: NodeOrdinal) -> bool {
        self.numbers.get(&(script, scope_id)).is_some_and(|&number| self.reached.contains(&(number, context)))
    }

    fn closure_of(&self, script: NodeOrdinal, scope_id: i64) -> Option<NodeOrdinal> {
        self.numbers.get(&(script, scope_id)).map(|&number| self.closures[number])
    }
}

fn live_functions(
    snapshot: &Snapshot,
    names: &Names,
    scan: &Scan,
    cancel: &CancelToken,
) -> Result<LiveFunctions, Cancelled> {
    let graph = snapshot.graph();
    let mut live = LiveFunctions { numbers: HashMap::new(), reached: HashSet::new(), closures: Vec::new() };
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
            next = internal_of(graph, context, &names.previous);
        }
    }
    Ok(live)
}

/// Contexts of one scope.
struct Group {
    scope_info: NodeOrdinal,
    script: NodeOrdinal,
    script_name: String,
    start: i64,
    end: i64,
    scope: usize,
    /// Names of the variables, as the first context has them; all have them in this order.
    variables: Vec<StringId>,
    contexts: Vec<NodeOrdinal>,
}

fn variables_of(snapshot: &Snapshot, context: NodeOrdinal) -> impl Iterator<Item = EdgeIndex> + '_ {
    let graph = snapshot.graph();
    graph.edges(context).filter(|&edge| graph.edge_kind(edge) == EdgeKind::CONTEXT)
}

fn correlate(
    snapshot: &Snapshot,
    names: &Names,
    scan: &Scan,
    scopes: &Scopes,
    cancel: &CancelToken,
) -> Result<(Vec<Group>, Vec<UnknownScript>), Cancelled> {
    let graph = snapshot.graph();
    let number = |node, edge: &[StringId]| internal_of(graph, node, edge).and_then(|node| int(graph, node));
    let with_scopes: HashSet<NodeOrdinal> = scopes.scripts().collect();
    let mut script_of: HashMap<NodeOrdinal, Option<NodeOrdinal>> = HashMap::new();
    let (mut groups, mut of_info): (Vec<Group>, HashMap<NodeOrdinal, usize>) = (Vec::new(), HashMap::new());
    let mut unknown: Vec<UnknownScript> = Vec::new();
    for (at, &(context, info)) in scan.contexts.iter().enumerate() {
        cancel.check_every(at)?;
        if let Some(&group) = of_info.get(&info) {
            groups[group].contexts.push(context);
            continue;
        }
        let Some(scope_id) = number(info, &names.scope_id) else { continue };
        let script = resolve_script(snapshot, names, scan, &mut script_of, info);
        let Some(script) = script.filter(|script| scan.scripts.contains(script)) else { continue };
        if !with_scopes.contains(&script) {
            if let Some(known) = unknown.iter_mut().find(|known| known.script == script) {
                known.context_count += 1;
            } else {
                let name = script_name(graph, script).unwrap_or_default();
                unknown.push(UnknownScript { script, name, context_count: 1 });
            }
            continue;
        }
        let Some(scope) = scopes.find(script, scope_id) else { continue };
        of_info.insert(info, groups.len());
        groups.push(Group {
            scope_info: info,
            script,
            script_name: script_name(graph, script).unwrap_or_default(),
            start: number(info, &names.start).unwrap_or(0),
            end: number(info, &names.end).unwrap_or(0),
            scope,
            variables: variables_of(snapshot, context).map(|edge| StringId(graph.edge_names[edge.index()])).collect(),
            contexts: vec![context],
        });
    }
    unknown.sort_by_key(|script| script.script);
    Ok((groups, unknown))
}

/// The script of a scope: its own function's, or that of the nearest scope around it which is known.
fn resolve_script(
    snapshot: &Snapshot,
    names: &Names,
    scan: &Scan,
    memo: &mut HashMap<NodeOrdinal, Option<NodeOrdinal>>,
    info: NodeOrdinal,
) -> Option<NodeOrdinal> {
    let mut way = Vec::new();
    let mut at = info;
    let found = loop {
        if let Some(&script) = scan.script_of.get(&at) {
            break Some(script);
        }
        if let Some(&known) = memo.get(&at) {
            break known;
        }
        // Nothing, until it is known better; so a circle ends here.
        memo.insert(at, None);
        way.push(at);
        match internal_of(snapshot.graph(), at, &names.outer) {
            Some(outer) => at = outer,
            None => break None,
        }
    };
    for visited in way {
        memo.insert(visited, found);
    }
    found
}

/// The dead variables of all contexts of a scope.
fn dead_scope(
    snapshot: &Snapshot,
    scopes: &Scopes,
    live: &LiveFunctions,
    group: &Group,
    cancel: &CancelToken,
) -> Result<Option<DeadScope>, Cancelled> {
    let graph = snapshot.graph();
    let declared = &scopes.variables[scopes.scopes[group.scope].variables.clone()];
    // The declared variable of each edge of a context; texts are compared, as two strings of the file may be equal.
    let text = |id: StringId| graph.strings().identity(id);
    let known = |id: StringId| (id.0 as usize) < graph.strings().len();
    let declared_as = |name: StringId| {
        declared
            .iter()
            .find(|variable| variable.name == name || (known(variable.name) && text(variable.name) == text(name)))
    };
    let slots: Vec<_> = group.variables.iter().map(|&name| declared_as(name)).collect();
    let is_used = |context: NodeOrdinal, uses: &[usize]| {
        uses.iter().any(|&user| {
            let around = std::iter::successors(Some(user), |&scope| scopes.scopes[scope].parent);
            around.map(|scope| scopes.scopes[scope].id).any(|id| live.reaches(group.script, id, context))
        })
    };
    let mut found = Vec::new();
    for (at, &context) in group.contexts.iter().enumerate() {
        cancel.check_every(at)?;
        let mut variables = Vec::new();
        for ((edge, slot), &name) in variables_of(snapshot, context).zip(&slots).zip(&group.variables) {
            if slot.is_none_or(|variable| is_used(context, &variable.uses)) {
                continue;
            }
            let value = graph.edge_target(edge);
            let freed_size = cut_edge(snapshot, edge, cancel)?.shallow_size;
            variables.push(DeadVariable {
                edge,
                name,
                value,
                retained_size: snapshot.retained_size(value),
                freed_size,
            });
        }
        if variables.is_empty() {
            continue;
        }
        variables.sort_by_key(|variable| std::cmp::Reverse(variable.retained_size));
        found.push(DeadContext {
            context,
            retained_size: snapshot.retained_size(context),
            dead_size: variables.iter().map(|variable| variable.retained_size).sum(),
            variables,
        });
    }
    found.sort_by_key(rank);
    Ok((!found.is_empty()).then(|| DeadScope {
        scope_info: group.scope_info,
        script: group.script,
        script_name: group.script_name.clone(),
        function: None,
        closure: None,
        start: group.start,
        end: group.end,
        variable_count: group.variables.len(),
        contexts: found,
    }))
}
