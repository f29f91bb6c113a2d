//! `heapglass dead-variables`: lists context variables that no live function reads.

use std::io::Write;
use std::rc::Rc;

use serde::Serialize;

use super::args::{ContextsArguments, Format};
use super::summary::LocationJson;
use super::table::{Table, address, name};
use super::{Files, csv, row_name, row_string, salvaged};
use crate::Snapshot;
use crate::model::{CancelToken, human};
use crate::query::{DeadContext, DeadScope, DeadVariable, DeadVariables, Scripts, dead_variables, node_label, scripts};

#[derive(Serialize)]
struct Answer {
    file: String,
    has_scopes: bool,
    is_incomplete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    salvaged: Option<Vec<String>>,
    scopes: Vec<ScopeJson>,
    scripts_without_scopes: Vec<ScriptJson>,
}

#[derive(Serialize)]
struct ScopeJson {
    function: Option<String>,
    url: String,
    location: Option<LocationJson>,
    start: i64,
    end: i64,
    variable_count: usize,
    contexts: Vec<ContextJson>,
}

#[derive(Serialize)]
struct ContextJson {
    id: u64,
    retained_size: u64,
    dead_size: u64,
    variables: Vec<VariableJson>,
}

#[derive(Serialize)]
struct VariableJson {
    name: String,
    id: u64,
    value: String,
    kind: String,
    retained_size: u64,
    freed_size: u64,
}

#[derive(Serialize)]
struct ScriptJson {
    id: u64,
    url: String,
    contexts: u64,
}

/// The data for the output.
struct Found {
    snapshot: Rc<Snapshot>,
    scripts: Scripts,
    dead: DeadVariables,
}

pub(super) fn run(arguments: &ContextsArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    let snapshot = files.open(&arguments.file)?;
    let never = CancelToken::new();
    let mut dead = dead_variables(&snapshot, &never)?;
    let mut left = arguments.limit.unwrap_or(usize::MAX);
    for scope in &mut dead.scopes {
        scope.contexts.truncate(left);
        left -= scope.contexts.len();
    }
    dead.scopes.retain(|scope| !scope.contexts.is_empty());
    let found = Found { scripts: scripts(&snapshot, &never)?, snapshot, dead };
    match arguments.format {
        Format::Text => found.text(out),
        Format::Csv => found.csv(out),
        Format::Json => {
            let answer = found.json(arguments.file.display().to_string());
            serde_json::to_writer(&mut *out, &answer)?;
            Ok(writeln!(out)?)
        }
    }
}

impl Found {
    fn rows(&self) -> impl Iterator<Item = (&DeadScope, &DeadContext, &DeadVariable)> {
        self.dead.scopes.iter().flat_map(|scope| {
            scope
                .contexts
                .iter()
                .flat_map(move |context| context.variables.iter().map(move |variable| (scope, context, variable)))
        })
    }

    fn name(&self, variable: &DeadVariable) -> String {
        row_string(&self.snapshot, variable.name)
    }

    /// Returns the location of the scope's function, if known.
    fn place(&self, scope: &DeadScope) -> String {
        match scope.closure.and_then(|closure| self.snapshot.location(closure)) {
            Some(at) => self.scripts.short(at),
            None => format!("{}, from character {}", address(&scope.script_name), scope.start),
        }
    }

    fn text(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        if !self.dead.has_scopes {
            writeln!(
                out,
                "The file has no scope information, which is required to find dead variables (Chromium 156 or later writes it)."
            )?;
            return Ok(());
        }
        if self.dead.is_incomplete {
            writeln!(out, "The file is incomplete: dead variables cannot be determined.")?;
            return Ok(());
        }
        let mut table = Table::new(&["Context", "Held", "Freed", "Variable"]);
        for (scope, context, variable) in self.rows() {
            let function = scope.function.as_deref().unwrap_or("(anonymous function)");
            table.push(vec![
                self.snapshot.id(context.context).to_string(),
                human::bytes(variable.retained_size),
                human::bytes(variable.freed_size),
                format!(
                    "{} = {} {}  ({}, {})",
                    name(&self.name(variable)),
                    node_label(&self.snapshot, variable.value),
                    self.snapshot.id(variable.value),
                    name(function),
                    self.place(scope),
                ),
            ]);
        }
        if self.dead.scopes.is_empty() {
            writeln!(out, "No dead variables: a live function can read every context variable.")?;
        } else {
            table.write(out)?;
        }
        for script in &self.dead.unknown_scripts {
            let count = human::quantity(script.context_count, "context", "contexts");
            writeln!(out, "unknown: {count} of {}", address(&script.name))?;
        }
        Ok(())
    }

    fn csv(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let columns = ["url", "function", "context_id", "variable", "value_id", "value", "retained_size", "freed_size"];
        csv::line(out, &columns)?;
        for (scope, context, variable) in self.rows() {
            csv::line(
                out,
                &[
                    row_name(&scope.script_name).into_owned(),
                    row_name(scope.function.as_deref().unwrap_or_default()).into_owned(),
                    self.snapshot.id(context.context).0.to_string(),
                    self.name(variable),
                    self.snapshot.id(variable.value).0.to_string(),
                    self.snapshot.display_name(variable.value).into_owned(),
                    variable.retained_size.to_string(),
                    variable.freed_size.to_string(),
                ],
            )?;
        }
        Ok(())
    }

    fn json(&self, file: String) -> Answer {
        let id = |node| self.snapshot.id(node).0;
        let variable = |variable: &DeadVariable| VariableJson {
            name: self.name(variable),
            id: id(variable.value),
            value: self.snapshot.display_name(variable.value).into_owned(),
            kind: row_name(self.snapshot.graph().kind_name(variable.value)).into_owned(),
            retained_size: variable.retained_size,
            freed_size: variable.freed_size,
        };
        let context = |context: &DeadContext| ContextJson {
            id: id(context.context),
            retained_size: context.retained_size,
            dead_size: context.dead_size,
            variables: context.variables.iter().map(variable).collect(),
        };
        let scope = |scope: &DeadScope| ScopeJson {
            function: scope.function.as_deref().map(|function| row_name(function).into_owned()),
            url: row_name(&scope.script_name).into_owned(),
            location: scope
                .closure
                .and_then(|closure| self.snapshot.location(closure))
                .map(|at| LocationJson::new(at, &self.scripts)),
            start: scope.start,
            end: scope.end,
            variable_count: scope.variable_count,
            contexts: scope.contexts.iter().map(context).collect(),
        };
        let unknown = self.dead.unknown_scripts.iter();
        Answer {
            file,
            has_scopes: self.dead.has_scopes,
            is_incomplete: self.dead.is_incomplete,
            salvaged: salvaged(&self.snapshot),
            scopes: self.dead.scopes.iter().map(scope).collect(),
            scripts_without_scopes: unknown
                .map(|script| ScriptJson {
                    id: id(script.script),
                    url: row_name(&script.name).into_owned(),
                    contexts: script.context_count,
                })
                .collect(),
        }
    }
}
