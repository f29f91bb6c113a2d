//! `capture`: takes snapshots of a program on this machine. Exists only if the user allows it.

use std::path::PathBuf;

use serde_json::json;

use super::super::answer::{Answer, arguments};
use super::super::arguments::{Argument, Kind};
use super::super::failure::Failure;
use super::super::host::CapturePlan;
use super::super::text::{quoted, quoted_ends};
use super::super::tool::{Call, Tool};

pub(in crate::mcp) static CAPTURE: Tool = Tool {
    name: "capture",
    title: "Take snapshots",
    description: "Takes heap snapshots of a running program on this machine over its inspector (--inspect) and writes them to \
                  the first --root. It pauses the program for seconds. For a leak, take three with work in between. Exists \
                  only if the server was started with --allow-capture.",
    arguments: &[
        Argument {
            name: "inspect",
            kind: Kind::Text { is_required: false },
            description: "Address of the inspector on this machine. Default: 127.0.0.1:9229",
        },
        Argument {
            name: "count",
            kind: Kind::Number { least: 1, most: 10, default: Some(1) },
            description: "Number of snapshots",
        },
        Argument {
            name: "every_seconds",
            kind: Kind::Number { least: 1, most: 3600, default: Some(10) },
            description: "Seconds between two snapshots",
        },
        Argument { name: "gc", kind: Kind::Flag, description: "Collect garbage before each snapshot" },
    ],
    limits: "programs on other machines; programs without an inspector",
    is_read_only: false,
    run,
};

fn run(call: &Call<'_>) -> Result<Answer, Failure> {
    let mut answer = call.answer()?;
    let folder = call.access.capture_folder().filter(|_| call.access.allows_capture());
    let folder = folder.ok_or_else(|| Failure::expected("captures need --allow-capture and a --root for the files"))?;
    let inspect = match call.arguments.text("inspect") {
        "" => "127.0.0.1:9229",
        address => address,
    };
    let plan = CapturePlan {
        inspect: inspect.to_owned(),
        count: u32::try_from(call.arguments.count("count")).unwrap_or(1),
        every_seconds: call.arguments.number("every_seconds").unwrap_or(10),
        collect_garbage: call.arguments.flag("gc"),
        folder: folder.to_owned(),
    };
    let (files, notes) = call
        .host
        .capture(&plan, call.cancel)
        // The error may repeat text of the program.
        .map_err(
            |text| if call.cancel.is_cancelled() { Failure::Cancelled } else { Failure::Expected(quoted(&text, 500)) },
        )?;
    let shown: Vec<String> = files.iter().map(|file: &PathBuf| call.access.shown(file)).collect();
    answer.next("open", arguments([("files", json!(shown))]), "opens them");
    for note in notes {
        answer.line(format!("note: {}", quoted(&note, 300)));
    }
    answer.rows(shown.len(), |at| Ok::<_, Failure>(format!("wrote {}", quoted_ends(&shown[at], 200))))?;
    Ok(answer)
}
