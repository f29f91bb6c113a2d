//! The tools, one file per topic.

mod capture;
mod classes;
mod collections;
mod files;
mod findings;
mod growth;
mod objects;
mod search;
mod series;
mod source;
mod sql;
mod strings;

use std::fmt::Write as _;

use super::arguments::{Argument, COMMON, Kind};
use super::tool::Tool;

/// All tools in the order in which they are listed. A new tool needs a line here and nothing else: its schema, its
/// description and its row in the reference follow from the declaration.
pub(super) static ALL: [&Tool; 16] = [
    &files::OPEN,
    &findings::FINDINGS,
    &objects::RETAINERS,
    &source::SOURCE,
    &growth::GROWTH,
    &growth::COMPARE,
    &classes::SUMMARY,
    &classes::CLASS,
    &objects::OBJECT,
    &objects::PATHS,
    &objects::DOMINATORS,
    &search::SEARCH,
    &collections::COLLECTIONS,
    &strings::STRINGS,
    &sql::SQL,
    &files::CLOSE,
];

/// The tool that exists only if the user allows captures.
pub(super) static CAPTURE: &Tool = &capture::CAPTURE;

/// Returns the names of the tools that exist without `--allow-capture`.
pub(crate) fn tool_names() -> impl Iterator<Item = &'static str> {
    ALL.into_iter().map(|tool| tool.name)
}

/// Returns the table of the tools for the reference.
#[must_use]
pub fn tools_markdown() -> String {
    let mut text = "| tool | arguments | answer |\n|---|---|---|\n".to_owned();
    for tool in ALL.iter().chain(std::iter::once(&CAPTURE)) {
        let arguments: Vec<String> = tool.arguments.iter().map(usage).collect();
        let answer = tool.description.replace('|', "\\|").replace('\n', " ");
        let _ = writeln!(text, "| `{}` | {} | {answer} |", tool.name, arguments.join(", "));
    }
    let common: Vec<String> =
        COMMON.iter().map(|argument| format!("`{}` ({})", argument.name, argument.description)).collect();
    let _ = writeln!(text, "\nAll tools also have {}.", common.join(" and "));
    text
}

/// Returns an argument with its default.
fn usage(argument: &Argument) -> String {
    let name = argument.name;
    match argument.kind {
        Kind::Number { default: Some(default), .. } => format!("`{name}` ({default})"),
        Kind::Choice(words) => format!("`{name}` ({})", words.first().copied().unwrap_or_default()),
        _ if argument.is_required() => format!("`{name}` (required)"),
        _ => format!("`{name}`"),
    }
}
