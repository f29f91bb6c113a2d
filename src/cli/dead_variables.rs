//! `heapglass dead-variables`: lists context variables that no live function reads.

use std::io::Write;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::args::{DeadVariablesArguments, Format};
use super::{Files, recovered};
use crate::Snapshot;
use crate::export::{
    Columns, FileFormat, JsonRows, Position, VARIABLES, VARIABLES_TEXT, VariableRow, Variables, address, row_name,
    write_rows, write_text,
};
use crate::model::{CancelToken, human};
use crate::query::{DeadContext, DeadScope, DeadVariables, Scripts, dead_variables, scripts};

#[derive(Serialize)]
struct Answer<'a> {
    file: String,
    has_scopes: bool,
    is_incomplete: bool,
    #[serde(rename = "salvaged", skip_serializing_if = "Option::is_none")]
    recovered: Option<Vec<String>>,
    scopes: Vec<ScopeJson<'a>>,
    scripts_without_scopes: Vec<ScriptJson>,
}

#[derive(Serialize)]
struct ScopeJson<'a> {
    function: Option<String>,
    url: String,
    location: Option<Position>,
    start: i64,
    end: i64,
    variable_count: usize,
    contexts: Vec<ContextJson<'a>>,
}

#[derive(Serialize)]
struct ContextJson<'a> {
    id: u64,
    retained_size: u64,
    dead_size: u64,
    variables: VariablesJson<'a>,
}

/// The variables of a context, in JSON.
struct VariablesJson<'a> {
    found: &'a Found,
    scope: &'a DeadScope,
    context: &'a DeadContext,
}

impl Serialize for VariablesJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = self.found.variables(self.scope, self.context);
        JsonRows::<Variables, _> { columns: Columns::named(VARIABLES), rows }.serialize(serializer)
    }
}

#[derive(Serialize)]
struct ScriptJson {
    id: u64,
    url: String,
    contexts: u64,
}

/// The data for the output.
struct Found {
    snapshot: Arc<Snapshot>,
    scripts: Scripts,
    dead: DeadVariables,
}

pub(super) fn run(arguments: &DeadVariablesArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
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
        Format::Csv => Ok(write_rows::<Variables>(Columns::named(VARIABLES), found.rows(), FileFormat::Csv, out)?),
        Format::Json => {
            let answer = found.json(arguments.file.display().to_string());
            serde_json::to_writer(&mut *out, &answer)?;
            Ok(writeln!(out)?)
        }
    }
}

impl Found {
    fn rows(&self) -> impl Iterator<Item = VariableRow<'_>> + Clone {
        self.dead
            .scopes
            .iter()
            .flat_map(move |scope| scope.contexts.iter().flat_map(move |context| self.variables(scope, context)))
    }

    fn variables<'a>(
        &'a self,
        scope: &'a DeadScope,
        context: &'a DeadContext,
    ) -> impl Iterator<Item = VariableRow<'a>> + Clone {
        let Self { snapshot, scripts, .. } = self;
        context.variables.iter().map(move |variable| VariableRow { snapshot, scripts, scope, context, variable })
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
        if self.dead.scopes.is_empty() {
            writeln!(out, "No dead variables: every context variable can be read by a live function.")?;
        } else {
            write_text::<Variables>(&Columns::named(VARIABLES_TEXT), self.rows(), out)?;
        }
        for script in &self.dead.unknown_scripts {
            let count = human::quantity(script.context_count, "context", "contexts");
            writeln!(out, "not checked: {count} of {}, which has no scope information", address(&script.name))?;
        }
        Ok(())
    }

    fn json<'a>(&'a self, file: String) -> Answer<'a> {
        let id = |node| self.snapshot.id(node).0;
        let context = |scope, context: &'a DeadContext| ContextJson {
            id: id(context.context),
            retained_size: context.retained_size,
            dead_size: context.dead_size,
            variables: VariablesJson { found: self, scope, context },
        };
        let scope = |scope: &'a DeadScope| ScopeJson {
            function: scope.function.as_deref().map(|function| row_name(function).into_owned()),
            url: row_name(&scope.script_name).into_owned(),
            location: scope
                .closure
                .and_then(|closure| self.snapshot.location(closure))
                .map(|at| Position::new(at, &self.scripts)),
            start: scope.start,
            end: scope.end,
            variable_count: scope.variable_count,
            contexts: scope.contexts.iter().map(|of| context(scope, of)).collect(),
        };
        let unknown = self.dead.unknown_scripts.iter();
        Answer {
            file,
            has_scopes: self.dead.has_scopes,
            is_incomplete: self.dead.is_incomplete,
            recovered: recovered(&self.snapshot),
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
