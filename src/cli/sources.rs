//! `heapglass sources`: shows the source of an object's function or class, and the lines that fill its holder.

use std::borrow::Cow;
use std::io::Write;

use serde::Serialize;

use super::args::SourcesArguments;
use super::findings::json::site;
use super::{Files, args, open_object};
use crate::export::{Columns, FileFormat, JsonRows, Position, SITES, Sites, row_name, write_rows};
use crate::findings::written;
use crate::model::{CancelToken, human};
use crate::query::{node_label, scripts};
use crate::snapshot::Snapshot;
use crate::sources::{Origin, ShownText, Sources};

/// The maximum number of characters of a line in text output.
const LINE_LIMIT: usize = 200;

#[derive(Serialize)]
struct Answer<'a, S: Serialize> {
    id: u64,
    name: String,
    class: &'a str,
    location: Option<Position>,
    source: Option<Excerpt<'a>>,
    /// The reason why the whole text is not known.
    missing: Option<String>,
    holder: &'a str,
    sites: S,
}

#[derive(Serialize)]
struct Excerpt<'a> {
    from: &'static str,
    path: Option<String>,
    is_cut: bool,
    /// The number of the first line, from 1.
    first_line: u32,
    /// Long lines are cut.
    lines: Vec<Cow<'a, str>>,
}

pub(super) fn run(arguments: &SourcesArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    let (snapshot, node) = open_object(&arguments.object, files)?;
    let cancel = CancelToken::new();
    let scripts = scripts(&snapshot, &cancel)?;
    let sources = Sources::new(&snapshot, &scripts, &files.sources);
    let location = snapshot.location(node).or(snapshot.class(node).key.location);
    let view = location.map(|at| sources.view(at.script_id, Some(at)));
    let text = view.as_ref().and_then(|view| view.text.as_ref());
    let at = text.zip(location).and_then(|(text, at)| text.position(at));
    let shown = text.zip(at).map(|(text, at)| {
        let line = at.line as usize;
        let first = line.saturating_sub(arguments.context);
        (text, first..(line.saturating_add(arguments.context).saturating_add(1)).min(text.line_count()), at)
    });
    let missing = view.as_ref().and_then(|view| view.missing(at.is_some()));
    let found = written(&sources, node, &cancel)?;
    let sites = &found.sites[..found.sites.len().min(arguments.object.limit.unwrap_or(usize::MAX))];
    match arguments.object.format {
        args::Format::Json => {
            let answer = Answer {
                id: snapshot.id(node).0,
                name: snapshot.display_name(node).into_owned(),
                class: &snapshot.class(node).name,
                location: location.map(|at| Position::new(at, &scripts)),
                source: shown.map(|(text, lines, _)| excerpt(text, lines)),
                missing,
                holder: &found.holder,
                sites: JsonRows::<Sites, _> { columns: Columns::named(SITES), rows: sites.iter().map(site) },
            };
            serde_json::to_writer(&mut *out, &answer)?;
            writeln!(out)?;
        }
        args::Format::Csv => {
            write_rows::<Sites>(Columns::named(SITES), sites.iter().map(site), FileFormat::Csv, out)?;
        }
        args::Format::Text => {
            heading(&snapshot, node, out)?;
            if let Some(at) = location {
                let from = text.map(|text| format!("  ({})", text.origin_label())).unwrap_or_default();
                writeln!(out, "defined in {}{from}", scripts.full(at))?;
            }
            if let Some((text, lines, at)) = shown {
                for line in lines {
                    let mark = if line == at.line as usize { '>' } else { ' ' };
                    let shown = text.part_of_line(line, if mark == '>' { at.column } else { 0 }, LINE_LIMIT);
                    writeln!(out, "{mark}{:>6} │ {shown}", text.line_number(line))?;
                }
            }
            if let Some(missing) = &missing {
                writeln!(out, "note: {missing}")?;
            }
            writeln!(out, "held by {}", human::visible(&found.holder, LINE_LIMIT))?;
            for site in sites {
                let function = site.function.as_ref().map(|function| format!("  in {function}")).unwrap_or_default();
                writeln!(
                    out,
                    "  {:<10}{}:{}:{}{function}",
                    site.what, site.place.url, site.place.line, site.place.column
                )?;
                if let Some(text) = &site.text {
                    writeln!(out, "            {text}")?;
                }
            }
        }
    }
    Ok(())
}

fn heading(snapshot: &Snapshot, node: crate::model::NodeOrdinal, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{}  @{}", human::visible(&node_label(snapshot, node), LINE_LIMIT), snapshot.id(node).0)
}

fn excerpt(text: &ShownText, lines: std::ops::Range<usize>) -> Excerpt<'_> {
    let (from, path) = match text.origin() {
        Origin::Snapshot => ("snapshot", None),
        Origin::File(path) => ("file", Some(path.display().to_string())),
        Origin::SourceMap => ("source-map", None),
        Origin::Recorded => ("capture", None),
    };
    let first_line = text.line_number(lines.start);
    Excerpt {
        from,
        path,
        is_cut: text.is_cut(),
        first_line,
        lines: lines.map(|line| row_name(text.line(line))).collect(),
    }
}
