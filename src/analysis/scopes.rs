//! Scopes of the source, as written by newer versions of V8: the variables that a scope keeps in a context, and the
//! scopes that use them.

use std::collections::HashMap;
use std::ops::Range;

use crate::graph::HeapGraph;
use crate::model::{NodeOrdinal, StringId};

/// A scope of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Scope {
    /// The node of the scope's script.
    pub script: NodeOrdinal,
    /// The scope's number within the script.
    pub id: i64,
    /// The enclosing scope, as an index.
    pub parent: Option<usize>,
    /// The variables in the scope's contexts, as indices.
    pub variables: Range<usize>,
}

/// A variable that is stored in a context.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Variable {
    pub name: StringId,
    /// Scopes whose code reads or writes the variable, as indices, in the order of the file.
    pub uses: Vec<usize>,
}

/// All scopes of a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scopes {
    pub list: Vec<Scope>,
    pub variables: Vec<Variable>,
    /// True if the tables contain all rows that the scopes declare. Otherwise a variable may have unknown uses.
    pub is_whole: bool,
    by_id: HashMap<(NodeOrdinal, i64), usize>,
}

impl Scopes {
    /// Returns the scope with that number in a script; the last if there are several.
    #[must_use]
    pub(crate) fn find(&self, script: NodeOrdinal, id: i64) -> Option<usize> {
        self.by_id.get(&(script, id)).copied()
    }

    /// Returns the scripts that have scopes in the file.
    pub(crate) fn scripts(&self) -> impl Iterator<Item = NodeOrdinal> + '_ {
        self.list.iter().map(|scope| scope.script)
    }
}

/// Returns whether the header declares scopes.
#[must_use]
pub(crate) fn has_scopes(graph: &HeapGraph) -> bool {
    !graph.header().scope_fields.is_empty()
}

/// A table whose rows have named fields.
struct Table<'a> {
    values: &'a [u64],
    fields: &'a [String],
}

impl<'a> Table<'a> {
    /// Returns the number of complete rows.
    fn len(&self) -> usize {
        self.values.len() / self.fields.len().max(1)
    }

    /// Returns the values of one field, row by row, or 0 if the table has no such field. An incomplete last row is
    /// skipped.
    fn column(&self, name: &str) -> impl Iterator<Item = u64> + use<'a> {
        let at = self.fields.iter().position(|field| field == name);
        self.values.chunks_exact(self.fields.len().max(1)).map(move |row| at.map_or(0, |at| row[at]))
    }
}

/// Reads the tables of scopes, variables and uses. Uses of missing variables are skipped. An invalid name
/// gets the id `u32::MAX`; scripts are not checked.
#[must_use]
pub(crate) fn scopes(graph: &HeapGraph) -> Scopes {
    let (header, raw) = (graph.header(), graph.scopes());
    let rows = Table { values: &raw.scopes, fields: &header.scope_fields };
    let mut names = Table { values: &raw.context_vars, fields: &header.scope_context_var_fields }.column("name");
    let node_fields = header.node_fields.len() as u64;
    let mut all = Scopes { is_whole: true, ..Scopes::default() };
    // Indices of the enclosing scopes, outermost first.
    let mut around: Vec<usize> = Vec::new();
    let columns = rows.column("script_node_index").zip(rows.column("scope_id")).zip(rows.column("depth"));
    for (((script, id), depth), variable_count) in columns.zip(rows.column("scope_context_vars_count")) {
        let first = all.variables.len();
        // A count beyond the end of the table is clamped.
        for name in names.by_ref().take(usize::try_from(variable_count).unwrap_or(usize::MAX)) {
            let name = u32::try_from(name).ok().filter(|&name| (name as usize) < graph.strings().len());
            all.variables.push(Variable { name: StringId(name.unwrap_or(u32::MAX)), uses: Vec::new() });
        }
        all.is_whole &= (all.variables.len() - first) as u64 == variable_count;
        let script = NodeOrdinal(u32::try_from(script / node_fields).unwrap_or(u32::MAX));
        if around.first().is_some_and(|&outermost| all.list[outermost].script != script) {
            around.clear();
        }
        let depth = usize::try_from(depth).unwrap_or(usize::MAX);
        around.truncate(depth);
        let parent = around.last().copied().filter(|_| around.len() == depth);
        let (index, id) = (all.list.len(), id.cast_signed());
        all.list.push(Scope { script, id, parent, variables: first..all.variables.len() });
        around.push(index);
        all.by_id.insert((script, id), index);
    }
    enter_uses(graph, &rows, &mut all);
    all
}

fn enter_uses(graph: &HeapGraph, rows: &Table<'_>, all: &mut Scopes) {
    let header = graph.header();
    let uses = Table { values: &graph.scopes().uses, fields: &header.scope_use_fields };
    let counted: u64 = rows.column("scope_uses_count").fold(0, u64::saturating_add);
    all.is_whole &= uses.len() as u64 >= counted;
    let mut uses = uses.column("declaring_scope_id").zip(uses.column("slot_index"));
    for (row, count) in rows.column("scope_uses_count").enumerate() {
        let script = all.list[row].script;
        // If several scopes have the same number, the last one represents them.
        let scope = all.find(script, all.list[row].id).unwrap_or(row);
        for (declaring, slot) in uses.by_ref().take(usize::try_from(count).unwrap_or(usize::MAX)) {
            let Some(declaring) = all.find(script, declaring.cast_signed()) else { continue };
            let variables = all.list[declaring].variables.clone();
            let Some(at) = usize::try_from(slot).ok().filter(|&slot| slot < variables.len()) else { continue };
            let variable = &mut all.variables[variables.start + at];
            if variable.uses.last() != Some(&scope) {
                variable.uses.push(scope);
            }
        }
    }
}
