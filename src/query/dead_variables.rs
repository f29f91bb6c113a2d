//! Dead variables: those in the contexts of closures that no function alive can read any more.
//!
//! All functions made in one call share its context. A variable stays in it as long as any of them lives, even one that
//! never touches it. Newer versions of V8 write which scope uses which variable, so that it can be told: a variable of a
//! context is dead if no closure that reaches this context belongs to a scope that uses the variable, or to one around such
//! a scope (whose code can still make the inner function). The rules are those of Chrome DevTools' context analysis.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::cut_edge;
use super::live_functions::{LiveFunctions, Names, Scan, live_functions, scan};
use super::scripts::script_name;
use super::v8_values::{int, internal_of};
use crate::analysis::{Scopes, has_scopes, scopes};
use crate::format::Doubt;
use crate::model::{CancelToken, Cancelled, EdgeIndex, EdgeKind, NodeOrdinal, StringId};
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
    /// Whether what it tells, or the file as a whole, is incomplete: then every variable could seem dead, and nothing is said either.
    pub is_incomplete: bool,
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
    // Where rows are missing that say who uses what, or closures, or their contexts, variables would seem dead that are not;
    // and without names none would be found.
    let doubtful = [Doubt::Objects, Doubt::References, Doubt::Names, Doubt::Extras];
    let is_in_doubt = snapshot.salvage().is_some_and(|salvage| salvage.doubts().iter().any(|of| doubtful.contains(of)));
    if is_in_doubt || !scopes.is_whole {
        return Ok(DeadVariables { has_scopes: true, is_incomplete: true, ..DeadVariables::default() });
    }
    let names = Names::new(snapshot);
    let scan = scan(snapshot, &names, cancel)?;
    let live = live_functions(snapshot, &names, &scan, cancel)?;
    let (groups, unknown_scripts) = correlate(snapshot, &names, &scan, &scopes, cancel)?;
    let mut declared = Declared::default();
    let mut found = Vec::new();
    for group in groups {
        if let Some(mut scope) = dead_scope(snapshot, &scopes, &live, &group, &mut declared, cancel)? {
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
    Ok(DeadVariables { has_scopes: true, is_incomplete: false, scopes: found, unknown_scripts })
}

/// What contexts are sorted by.
fn rank(context: &DeadContext) -> impl Ord + use<> {
    use std::cmp::Reverse;
    (Reverse(context.dead_size), Reverse(context.retained_size), context.context)
}

/// Contexts of one scope.
struct Group {
    scope_info: NodeOrdinal,
    script: NodeOrdinal,
    script_name: String,
    start: i64,
    end: i64,
    scope: usize,
    /// Names of the variables, as the first context has them. In what V8 writes all have them in this order; where they do
    /// not, it is still this one's names that count, as in DevTools.
    variables: Vec<StringId>,
    contexts: Vec<NodeOrdinal>,
}

/// What is known of a scope, with the place in its list.
#[derive(Clone, Copy)]
enum Kind {
    Nothing,
    Unknown(usize),
    Group(usize),
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
    // What was found out of each description of a scope, which many contexts share.
    let (mut groups, mut of_info): (Vec<Group>, HashMap<NodeOrdinal, Kind>) = (Vec::new(), HashMap::new());
    let (mut unknown, mut at_script): (Vec<UnknownScript>, HashMap<NodeOrdinal, usize>) = (Vec::new(), HashMap::new());
    for (at, &(context, info)) in scan.contexts.iter().enumerate() {
        cancel.check_every(at)?;
        let mut find = || {
            let Some(scope_id) = number(info, &names.scope_id) else { return Kind::Nothing };
            let script = resolve_script(snapshot, names, scan, &mut script_of, info);
            let Some(script) = script.filter(|script| scan.scripts.contains(script)) else { return Kind::Nothing };
            let name = || script_name(graph, script).unwrap_or_default();
            if !with_scopes.contains(&script) {
                return Kind::Unknown(*at_script.entry(script).or_insert_with(|| {
                    unknown.push(UnknownScript { script, name: name(), context_count: 0 });
                    unknown.len() - 1
                }));
            }
            let Some(scope) = scopes.find(script, scope_id) else { return Kind::Nothing };
            let (start, end) = (number(info, &names.start).unwrap_or(0), number(info, &names.end).unwrap_or(0));
            let variables = variables_of(snapshot, context);
            groups.push(Group {
                scope_info: info,
                script,
                script_name: name(),
                start,
                end,
                scope,
                variables: variables.map(|edge| StringId(graph.edge_names[edge.index()])).collect(),
                contexts: Vec::new(),
            });
            Kind::Group(groups.len() - 1)
        };
        match *of_info.entry(info).or_insert_with(&mut find) {
            Kind::Nothing => {}
            Kind::Unknown(script) => unknown[script].context_count += 1,
            Kind::Group(group) => groups[group].contexts.push(context),
        }
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

/// What is worked out once for each scope, as many descriptions may be of one.
#[derive(Default)]
struct Declared<'a> {
    /// Variables of a scope by their texts: two strings of the file may be equal.
    by_name: HashMap<usize, HashMap<Cow<'a, [u8]>, usize>>,
    /// Numbers of the functions alive that can read a variable.
    readers: HashMap<usize, Vec<usize>>,
}

impl<'a> Declared<'a> {
    /// The variables that a context of the scope has, by the names of its edges; `None` for what is not declared.
    fn slots(&mut self, snapshot: &'a Snapshot, scopes: &Scopes, group: &Group) -> Vec<Option<usize>> {
        let strings = snapshot.graph().strings();
        let names = self.by_name.entry(group.scope).or_insert_with(|| {
            let mut names = HashMap::new();
            for variable in scopes.scopes[group.scope].variables.clone() {
                let name = scopes.variables[variable].name;
                if (name.0 as usize) < strings.len() {
                    names.entry(strings.identity(name)).or_insert(variable);
                }
            }
            names
        });
        group.variables.iter().map(|&name| names.get(&strings.identity(name)).copied()).collect()
    }

    /// Functions alive whose code, or the code within which, uses the variable.
    fn readers(&mut self, scopes: &Scopes, live: &LiveFunctions, script: NodeOrdinal, variable: usize) -> &[usize] {
        self.readers.entry(variable).or_insert_with(|| {
            let mut seen = HashSet::new();
            let mut readers = Vec::new();
            for &user in &scopes.variables[variable].uses {
                let around = std::iter::successors(Some(user), |&scope| scopes.scopes[scope].parent);
                // What is around a scope that was met has been met, too.
                for scope in around.take_while(|&scope| seen.insert(scope)) {
                    readers.extend(live.numbers.get(&(script, scopes.scopes[scope].id)));
                }
            }
            readers
        })
    }
}

/// The dead variables of all contexts of a scope.
fn dead_scope<'a>(
    snapshot: &'a Snapshot,
    scopes: &Scopes,
    live: &LiveFunctions,
    group: &Group,
    declared: &mut Declared<'a>,
    cancel: &CancelToken,
) -> Result<Option<DeadScope>, Cancelled> {
    let graph = snapshot.graph();
    let slots = declared.slots(snapshot, scopes, group);
    let mut found = Vec::new();
    for (at, &context) in group.contexts.iter().enumerate() {
        cancel.check_every(at)?;
        let mut variables = Vec::new();
        for ((edge, slot), &name) in variables_of(snapshot, context).zip(&slots).zip(&group.variables) {
            let Some(variable) = *slot else { continue };
            let readers = declared.readers(scopes, live, group.script, variable);
            if readers.iter().any(|&number| live.reached.contains(&(number, context))) {
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
