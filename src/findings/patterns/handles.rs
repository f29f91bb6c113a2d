//! Open handles, and objects that tools hold.

use super::{Recognized, Subject};
use crate::findings::finding::{Part, PathStep};
use crate::model::NodeKind;

pub(super) fn open_handle(subject: &Subject<'_>) -> Option<Recognized> {
    let is_handle = |step: &PathStep| step.label.starts_with("Node / ") && step.part != Part::Inside;
    let is_root = subject.names.side.snapshot.kind(subject.container) == NodeKind::SYNTHETIC;
    let handle = subject.path.iter().find(|step| is_handle(step));
    if !is_root || handle.is_none() && !subject.member_class.starts_with("Node / ") {
        return None;
    }
    let class = handle.map_or(subject.member_class, |step| step.label.as_str());
    let class = class.trim_start_matches("Node / ");
    Some(subject.recognized(
        "open_handle",
        format!("Open handles ({class}){}", subject.claim(" are not closed")),
        format!("An open handle is a GC root: {class} keeps everything that it references alive until it is closed{}.", subject.holding()),
        "Close or destroy what was opened (socket.destroy, server.close, agent.destroy, port.close), and share one agent among requests.",
    ))
}

pub(super) fn console(subject: &Subject<'_>) -> Option<Recognized> {
    let is_console = |step: &PathStep| {
        step.label.contains("DevTools console")
            || step.name.contains("DevTools console")
            || step.label.contains("V8InspectorSession")
    };
    subject.path.iter().find(|step| is_console(step))?;
    Some(subject.recognized(
        "console",
        "Objects are held by the console or an inspector".to_owned(),
        "Logged objects and results of evaluations stay alive while a debugger is attached.".to_owned(),
        "Take snapshots without an open console, or clear it first; this is not a leak in the program.",
    ))
}
