//! The prompt: a line editor with history, colors and completion.

use std::borrow::Cow;
use std::io::Write;
use std::time::Instant;

use rustyline::completion::{Candidate, Completer};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use super::Session;
use crate::cli::args::Format;
use crate::cli::complain;
use crate::model::human;
use crate::sql::{ColumnKind, READY, WordKind, completions, is_complete, schema_text, tables, words};

/// The commands of the prompt with their meanings.
const COMMANDS: [(&str, &str); 5] = [
    (".tables", "list the tables"),
    (".schema [TABLE]", "list the columns of a table, or of all, with their meanings"),
    (".ready", "list ready queries"),
    (".help", "list these commands"),
    (".quit", "end the program, as Ctrl+D does"),
];

/// Reads queries and writes their answers until the user leaves.
pub(super) fn run(session: &Session, format: Format, out: &mut dyn Write) -> anyhow::Result<()> {
    let config = Config::builder().completion_type(CompletionType::List).auto_add_history(true).build();
    let mut editor: Editor<Assistant, DefaultHistory> = Editor::with_config(config)?;
    editor.set_helper(Some(Assistant));
    for (at, file) in session.files.iter().enumerate() {
        writeln!(out, "snapshot {}: {}", at + 1, human::visible(file, 200))?;
    }
    writeln!(out, "End a query with a semicolon. `.help` lists commands, Tab completes, Ctrl+C stops a query.")?;
    loop {
        out.flush()?;
        match editor.readline("sql> ") {
            Ok(line) if line.trim().is_empty() => {}
            Ok(line) if line.trim_start().starts_with('.') => {
                if !command(line.trim(), out)? {
                    return Ok(());
                }
            }
            // An error in a query does not end the prompt; a failed write does.
            Ok(query) => {
                let began = Instant::now();
                match session.answer(&query, format, out) {
                    Ok(ran) => {
                        let rows = human::quantity(ran.rows, "row", "rows");
                        writeln!(out, "({rows} in {})", human::duration(began.elapsed()))?;
                    }
                    Err(error) => {
                        out.flush()?;
                        complain(&human::visible_lines(&format!("{error:#}")));
                    }
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Runs a command of the prompt. Returns false if it ends the prompt.
fn command(line: &str, out: &mut dyn Write) -> anyhow::Result<bool> {
    let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let argument = argument.trim().trim_end_matches(';');
    match name.trim_end_matches(';') {
        ".tables" => {
            for table in tables() {
                writeln!(out, "{:12} {}", table.name, table.about)?;
            }
        }
        ".schema" if argument.is_empty() => write!(out, "{}", schema_text())?,
        ".schema" => {
            let all = tables();
            let Some(table) = all.iter().find(|table| table.name.eq_ignore_ascii_case(argument)) else {
                writeln!(out, "no such table; `.tables` lists them")?;
                return Ok(true);
            };
            for column in &table.columns {
                let kind = if column.kind == ColumnKind::Text { "text" } else { "number" };
                writeln!(out, "{:20} {kind:7} {}", column.name, column.about)?;
            }
        }
        ".ready" => {
            for ready in READY {
                writeln!(out, "-- {}\n{};\n", ready.title, ready.query)?;
            }
        }
        ".quit" | ".exit" => return Ok(false),
        ".help" => {
            for (form, about) in COMMANDS {
                writeln!(out, "{form:16} {about}")?;
            }
        }
        other => writeln!(out, "no such command: {}; `.help` lists them", human::visible(other, 40))?,
    }
    Ok(true)
}

/// Completes, colors and checks what the user types.
struct Assistant;

/// A proposal, with its meaning in lists.
struct Proposal {
    shown: String,
    text: String,
}

impl Candidate for Proposal {
    fn display(&self) -> &str {
        &self.shown
    }

    fn replacement(&self) -> &str {
        &self.text
    }
}

impl Helper for Assistant {}

impl Hinter for Assistant {
    type Hint = String;
}

impl Completer for Assistant {
    type Candidate = Proposal;

    fn complete(&self, line: &str, pos: usize, _ctx: &Context<'_>) -> rustyline::Result<(usize, Vec<Proposal>)> {
        if line.starts_with('.') {
            let before = &line[..pos];
            let commands = COMMANDS.iter().filter_map(|(form, _)| form.split(' ').next());
            let matching = commands.filter(|name| name.starts_with(before));
            return Ok((0, matching.map(|name| Proposal { shown: name.to_owned(), text: name.to_owned() }).collect()));
        }
        let (start, found) = completions(line, pos);
        Ok((start, found.into_iter().map(|of| Proposal { shown: of.text.clone(), text: of.text }).collect()))
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, _pos: usize) -> Cow<'l, str> {
        if line.starts_with('.') {
            return Cow::Borrowed(line);
        }
        let mut shown = String::with_capacity(line.len() + 64);
        let mut at = 0;
        for word in words(line) {
            let color = match word.kind {
                WordKind::Keyword => "1",
                WordKind::Table => "36",
                WordKind::Column => "34",
                WordKind::Function => "35",
                WordKind::Text | WordKind::Number => "32",
                WordKind::Comment => "2",
                WordKind::Name | WordKind::Sign => "0",
            };
            shown.push_str(&line[at..word.range.start]);
            shown.extend(["\u{1b}[", color, "m", &line[word.range.clone()], "\u{1b}[0m"]);
            at = word.range.end;
        }
        shown.push_str(&line[at..]);
        Cow::Owned(shown)
    }

    fn highlight_char(&self, _line: &str, _pos: usize, kind: CmdKind) -> bool {
        kind != CmdKind::MoveCursor
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let input = context.input();
        let is_command = input.trim_start().starts_with('.') || input.trim().is_empty();
        Ok(if is_command || is_complete(input) { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}
