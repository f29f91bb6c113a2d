//! Dead variables: variables in the contexts of closures that no live function can read anymore.
//!
//! All functions created in one call share its context. A variable stays in it as long as any of them lives, even one
//! that never uses it. Newer versions of V8 write which scope uses which variable. A variable of a context is dead if
//! no closure that reaches this context belongs to a scope that uses the variable, or to a scope around such a scope
//! (whose code can still create the inner function). The rules are those of Chrome DevTools' context analysis.

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
    /// The edge from the context to the value.
    pub edge: EdgeIndex,
    pub name: StringId,
    pub value: NodeOrdinal,
    /// The retained size of the value in bytes.
    pub retained_size: u64,
    /// The bytes that clearing the variable would free: the retained size, or 0 if something else also holds the value.
    pub freed_size: u64,
}

/// A context with dead variables.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeadContext {
    pub context: NodeOrdinal,
    /// The retained size of the context in bytes.
    pub retained_size: u64,
    /// The sum of the retained sizes of the dead variables.
    pub dead_size: u64,
    /// Largest first.
    pub variables: Vec<DeadVariable>,
}

/// A scope of the source with its contexts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeadScope {
    /// V8's description of the scope.
    pub scope_info: NodeOrdinal,
    pub script: NodeOrdinal,
    /// Empty if the snapshot does not name the script.
    pub script_name: String,
    /// The name of the function, if the snapshot contains it or a closure of the function.
    pub function: Option<String>,
    /// A closure of the scope's function, which has the source position of the scope.
    pub closure: Option<NodeOrdinal>,
    /// The start of the scope in the source text, in UTF-16 units.
    pub start: i64,
    pub end: i64,
    /// The number of variables in a context of this scope, dead or not.
    pub variable_count: usize,
    /// Contexts by the retained size of their dead variables, largest first.
    pub contexts: Vec<DeadContext>,
}

/// A script with contexts but without scope information, because it was never fully compiled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownScript {
    pub script: NodeOrdinal,
    pub name: String,
    pub context_count: u64,
}

/// All dead variables of a snapshot.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DeadVariables {
    /// True if the file has scope information, which is required to find dead variables.
    pub has_scopes: bool,
    /// True if the scope information or the whole file is incomplete. Every variable could seem dead, so none is
    /// listed.
    pub is_incomplete: bool,
    /// Scopes by their largest context.
    pub scopes: Vec<DeadScope>,
    pub unknown_scripts: Vec<UnknownScript>,
}

impl DeadVariables {
    /// Returns the size on the heap in bytes.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let contexts = self.scopes.iter().flat_map(|scope| &scope.contexts);
        let variables: usize = contexts.map(|context| context.variables.capacity() * size_of::<DeadVariable>()).sum();
        let contexts: usize = self.scopes.iter().map(|scope| scope.contexts.capacity()).sum();
        variables + contexts * size_of::<DeadContext>() + self.scopes.capacity() * size_of::<DeadScope>()
    }
}

/// Finds the dead variables of a snapshot.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn dead_variables(snapshot: &Snapshot, cancel: &CancelToken) -> Result<DeadVariables, Cancelled> {
    if !has_scopes(snapshot.graph()) {
        return Ok(DeadVariables::default());
    }
    let scopes = scopes(snapshot.graph());
    // If scope rows, closures or contexts are missing, live variables would seem dead; without names none would be
    // found.
    let doubtful = [Doubt::Objects, Doubt::References, Doubt::Names, Doubt::Extras];
    let is_in_doubt =
        snapshot.recovery().is_some_and(|recovery| recovery.doubts().iter().any(|of| doubtful.contains(of)));
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
            scope.closure = live.closure_of(scope.script, scopes.list[group.scope].id);
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

/// Returns the sort key of contexts.
fn rank(context: &DeadContext) -> impl Ord + use<> {
    use std::cmp::Reverse;
    (Reverse(context.dead_size), Reverse(context.retained_size), context.context)
}

/// The contexts of one scope.
struct Group {
    scope_info: NodeOrdinal,
    script: NodeOrdinal,
    script_name: String,
    start: i64,
    end: i64,
    scope: usize,
    /// The names of the variables, from the first context. V8 writes the same order for all contexts; if a file
    /// differs, the first one counts anyway, as in DevTools.
    variables: Vec<StringId>,
    contexts: Vec<NodeOrdinal>,
}

/// The classification of a scope, with its index in the list.
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
    // Results by scope description, which many contexts share.
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

/// Returns the script of a scope: that of its own function, or of the nearest enclosing scope with a known script.
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
        // `None` for now, so that a cycle ends here.
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

/// Data computed once per scope, which may have many descriptions.
#[derive(Default)]
struct Declared<'a> {
    /// The variables of a scope by text: two strings of the file may be equal.
    by_name: HashMap<usize, HashMap<Cow<'a, [u8]>, usize>>,
    /// The live functions that can read a variable.
    readers: HashMap<usize, Vec<usize>>,
}

impl<'a> Declared<'a> {
    /// Returns the declared variables of the scope's contexts by their edge names; `None` for names that are not
    /// declared.
    fn slots(&mut self, snapshot: &'a Snapshot, scopes: &Scopes, group: &Group) -> Vec<Option<usize>> {
        let strings = snapshot.graph().strings();
        let names = self.by_name.entry(group.scope).or_insert_with(|| {
            let mut names = HashMap::new();
            for variable in scopes.list[group.scope].variables.clone() {
                let name = scopes.variables[variable].name;
                if (name.0 as usize) < strings.len() {
                    names.entry(strings.identity(name)).or_insert(variable);
                }
            }
            names
        });
        group.variables.iter().map(|&name| names.get(&strings.identity(name)).copied()).collect()
    }

    /// Returns the live functions whose code, or an inner scope of it, uses the variable.
    fn readers(&mut self, scopes: &Scopes, live: &LiveFunctions, script: NodeOrdinal, variable: usize) -> &[usize] {
        self.readers.entry(variable).or_insert_with(|| {
            let mut seen = HashSet::new();
            let mut readers = Vec::new();
            for &user in &scopes.variables[variable].uses {
                let around = std::iter::successors(Some(user), |&scope| scopes.list[scope].parent);
                // The scopes around a visited scope have been visited, too.
                for scope in around.take_while(|&scope| seen.insert(scope)) {
                    readers.extend(live.numbers.get(&(script, scopes.list[scope].id)));
                }
            }
            readers
        })
    }
}

/// Finds the dead variables of all contexts of a scope.
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
