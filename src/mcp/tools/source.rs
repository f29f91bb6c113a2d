//! `source`: the source of an object's function or class, and the lines that fill its holder.

use serde_json::json;

use super::super::answer::{Answer, arguments};
use super::super::arguments::{Argument, ID, Kind, SNAPSHOT};
use super::super::failure::Failure;
use super::super::labels::{NAME, object, script_position};
use super::super::text::{quoted, quoted_ends};
use super::super::tool::{Call, Tool};
use crate::findings::{Site, WrittenOf};
use crate::query::{ScriptsOf, node_label};
use crate::sources::SourceOf;

pub(in crate::mcp) static SOURCE: Tool = Tool {
    name: "source",
    title: "Source lines",
    description: "The source of an object's class or function, and the lines that fill its holder: adds (puts it in), \
                  registers (a listener or timer), creates, holder (where the holder is created). Use it on a member of a \
                  finding to name the line to change.",
    arguments: &[
        SNAPSHOT,
        ID,
        Argument {
            name: "context",
            kind: Kind::Number { least: 0, most: 100, default: Some(3) },
            description: "Lines before and after the position",
        },
    ],
    limits: "source files outside --root and --source-root; lines of scripts whose text neither the snapshot nor a file has",
    is_read_only: true,
    run,
};

/// The maximum number of characters of a line.
const LINE: usize = 160;

fn run(call: &Call<'_>) -> Result<Answer, Failure> {
    let mut answer = call.answer()?;
    let open = call.snapshot()?;
    let snapshot = &open.snapshot;
    let node = call.object(snapshot)?;
    let paths = call.host.sources();
    let scripts = call.workspace.ask(&ScriptsOf(open.id), call.cancel)?;
    let of = WrittenOf { snapshot: open.id, node, paths: paths.clone() };
    let written = call.workspace.ask(&of, call.cancel)?;
    let mut rows: Vec<String> = written.sites.iter().map(site).collect();
    answer.heading(format!("{} is held by {}", object(snapshot, node), quoted(&written.holder, NAME)));
    if let Some(at) = snapshot.location(node).or(snapshot.class(node).key.location) {
        let source = SourceOf::at(open.id, snapshot.originals(), at, paths);
        let view = call.workspace.ask(&source, call.cancel)?;
        let position = view.text.as_ref().and_then(|text| text.position(at));
        if let (Some(text), Some(position)) = (&view.text, position) {
            rows.push(format!(
                "defined at {} ({})",
                script_position(&scripts, at),
                quoted_ends(&text.origin_label(), LINE)
            ));
            let (line, context) = (position.line as usize, call.arguments.count("context"));
            for at in line.saturating_sub(context)..(line + context + 1).min(text.line_count()) {
                let column = if at == line { position.column } else { 0 };
                let part = text.part_of_line(at, column, LINE);
                let mark = if at == line { '>' } else { ' ' };
                rows.push(format!("{mark}{} {}", text.line_number(at), quoted(&part, LINE + 4)));
            }
        } else {
            rows.push(format!("defined at {}", script_position(&scripts, at)));
        }
        if let Some(missing) = view.missing(position.is_some()) {
            rows.push(format!("note: {}", quoted(&missing, 400)));
        }
    } else {
        rows.push(format!("{} has no position in a script", quoted(&node_label(snapshot, node), NAME)));
    }
    if written.sites.is_empty() {
        answer.heading("no line that fills its holder was found");
    }
    let arguments = arguments([("snapshot", json!(open.number())), ("id", json!(snapshot.id(node).to_string()))]);
    answer.next("retainers", arguments, "what keeps it alive");
    answer.rows(rows.len(), |at| Ok::<_, Failure>(rows[at].clone()))?;
    Ok(answer)
}

/// Returns a line of source: `adds "app.js:19:5" in "login": "this.byId.set(id, session)"`.
fn site(site: &Site) -> String {
    let function = site.function.as_deref().map(|name| format!(" in {}", quoted(name, NAME))).unwrap_or_default();
    let text = site.text.as_deref().map(|text| format!(": {}", quoted(text, LINE))).unwrap_or_default();
    let at = format!("{}:{}:{}", site.place.url, site.place.line, site.place.column);
    format!("{} {}{function}{text}", site.what, quoted_ends(&at, 140))
}
