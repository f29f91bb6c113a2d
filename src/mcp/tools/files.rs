//! `open` and `close`.

use std::sync::Arc;

use serde_json::json;

use super::super::answer::{Answer, arguments};
use super::super::arguments::{Argument, Kind};
use super::super::failure::Failure;
use super::super::labels::NAME;
use super::super::text::{quoted, quoted_ends};
use super::super::tool::{Call, Tool};
use super::super::workspace::{MOST_OPEN, OpenSnapshot};
use crate::model::human;

pub(in crate::mcp) static OPEN: Tool = Tool {
    name: "open",
    title: "Open snapshots",
    description: "Opens V8 heap snapshots and numbers them. Start here, without arguments: it opens the files named on the \
                  command line, or lists the snapshots inside --root. Open two or more snapshots of one process, taken after \
                  the same work, to find what leaks.",
    arguments: &[Argument {
        name: "files",
        kind: Kind::Texts,
        description: "Paths of snapshots (.heapsnapshot or .heaptimeline, also .gz or .zst), the oldest first. Default: the \
                      files of the command line",
    }],
    limits: "files outside --root that the command line does not name; sampling profiles (.heapprofile)",
    is_read_only: true,
    run: open,
};

pub(in crate::mcp) static CLOSE: Tool = Tool {
    name: "close",
    title: "Close snapshots",
    description: "Closes snapshots and frees their memory. Numbers are not used again. Call it before opening more than the \
                  limit, or when a file does not fit into memory.",
    arguments: &[Argument {
        name: "snapshots",
        kind: Kind::Numbers,
        description: "Numbers of open snapshots. Default: all",
    }],
    limits: "memory that other programs use",
    is_read_only: true,
    run: close,
};

/// An opened snapshot, with sentences about its file.
type Opened = (Arc<OpenSnapshot>, Vec<String>);

fn open(call: &Call<'_>) -> Result<Answer, Failure> {
    let mut answer = call.answer()?;
    let mut files: Vec<String> = call.arguments.texts("files").to_vec();
    if files.is_empty() {
        files = call.access.named().map(|file| file.display().to_string()).collect();
    }
    if files.is_empty() {
        return list(call, answer);
    }
    if files.len() > MOST_OPEN {
        return Err(Failure::expected(format!("files: expected at most {MOST_OPEN}; name some of them")));
    }
    let (opened, failed) = open_all(call, &files)?;
    if opened.is_empty() {
        return Err(Failure::expected(failed.join("; ")));
    }
    if !failed.is_empty() {
        let errors = human::quantity(failed.len() as u64, "error", "errors");
        answer.line(format!("opened {} of {} files; {errors}", opened.len(), files.len()));
    }
    let all: Vec<u32> = call.workspace.all().iter().map(|open| open.number()).collect();
    let last = opened.last().map_or(0, |(open, _)| open.number());
    if all.len() > 1 {
        answer.next("findings", arguments([("snapshots", json!(all))]), "what leaks in this series");
    } else {
        answer.next("findings", arguments([("snapshots", json!([last]))]), "large accumulations");
    }
    answer.next("summary", arguments([("snapshot", json!(last))]), "classes by retained size");
    answer.rows(opened.len() + failed.len(), |at| {
        Ok::<_, Failure>(match opened.get(at) {
            Some((open, notes)) => row(open, notes),
            None => format!("error: {}", failed[at - opened.len()]),
        })
    })?;
    Ok(answer)
}

/// Opens files. Returns the opened ones and the errors of the others.
fn open_all(call: &Call<'_>, files: &[String]) -> Result<(Vec<Opened>, Vec<String>), Failure> {
    let (mut opened, mut failed) = (Vec::new(), Vec::new());
    for (at, path) in files.iter().enumerate() {
        let progress = call.meter.next(at, files.len());
        let result = match call.cancel.shortage() {
            None => {
                call.access.file(path).and_then(|file| call.open(&file, &progress).map_err(|error| error.of_file(path)))
            }
            // The shortage stops all work of the call.
            Some(_) => Err(Failure::expected("not opened after the lack of memory").of_file(path)),
        };
        match result {
            Ok(one) => opened.push(one),
            Err(Failure::Expected(text)) => failed.push(text),
            Err(Failure::Cancelled) => return Err(Failure::Cancelled),
        }
    }
    Ok((opened, failed))
}

fn row(open: &OpenSnapshot, notes: &[String]) -> String {
    let snapshot = &open.snapshot;
    let objects = human::quantity(snapshot.graph().node_count() as u64, "object", "objects");
    let mut row = format!(
        "snapshot {}: {} {}, {objects}, written by {}",
        open.number(),
        quoted_ends(&open.name, NAME),
        human::bytes(snapshot.total_size()),
        quoted(&snapshot.producer().label(), NAME),
    );
    for note in notes {
        row.push_str("; note: ");
        row.push_str(&quoted(note, 300));
    }
    row
}

/// Lists the snapshots that may be opened.
fn list(call: &Call<'_>, mut answer: Answer) -> Result<Answer, Failure> {
    if !call.access.has_roots() {
        return Err(Failure::expected(
            "files: the server was started without files and without --root, so nothing can be opened",
        ));
    }
    let files: Vec<String> = call.access.snapshots(call.cancel)?.iter().map(|file| call.access.shown(file)).collect();
    answer.heading(match files.len() {
        0 => "no snapshots inside --root; their names end with .heapsnapshot, also .gz or .zst".to_owned(),
        count => format!("{} inside --root; none is open yet", human::quantity(count as u64, "snapshot", "snapshots")),
    });
    // Files of one series usually differ in a number only.
    let family = |name: &str| name.replace(|character: char| character.is_ascii_digit(), "");
    if let Some(first) = files.first() {
        let same: Vec<&String> = files.iter().filter(|file| family(file) == family(first)).take(MOST_OPEN).collect();
        answer.next("open", arguments([("files", json!(same))]), "opens these as one series, the oldest first");
    }
    answer.rows(files.len(), |at| Ok::<_, Failure>(quoted_ends(&files[at], 200)))?;
    Ok(answer)
}

fn close(call: &Call<'_>) -> Result<Answer, Failure> {
    let mut answer = call.answer()?;
    let closed = if call.arguments.numbers("snapshots").is_empty() { call.workspace.all() } else { call.snapshots()? };
    for open in &closed {
        call.workspace.close(open.id);
    }
    let numbers: Vec<String> = closed.iter().map(|open| open.number().to_string()).collect();
    let left = human::quantity(call.workspace.all().len() as u64, "snapshot is", "snapshots are");
    answer.next("open", arguments([]), "opens the files of the command line again");
    answer.line(match numbers.len() {
        0 => "no snapshot was open".to_owned(),
        _ => format!("closed {}; {left} open", numbers.join(", ")),
    });
    Ok(answer)
}
