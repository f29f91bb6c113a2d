//! Listeners and callbacks that are never removed.

use super::{Recognized, Subject};
use crate::findings::finding::{Part, PathStep};
use crate::query::map_key;

/// The claim of listeners that pile up.
const NEVER: &str = " are never removed";
/// The usual fix for listeners of a target of events.
const REMOVE: &str = "Call removeEventListener with the same function when the listening object is no longer used, or pass \
                      { once: true } or { signal }.";

/// The number of steps between a target of events and the first of its listeners.
const TARGET: usize = 4;

/// Returns the target of events that has the listeners.
fn event_target<'a>(subject: &'a Subject<'_>) -> Option<&'a PathStep> {
    let is_listener = subject.member_class == "Listener" || subject.near().any(|step| step.class == "Listener");
    let at = subject.path.iter().rposition(|step| step.name.contains("kEvents") && step.part != Part::Inside)?;
    let is_close = at + TARGET > subject.holder();
    subject.path.get(at.checked_sub(1)?).filter(|_| is_listener && is_close)
}

/// Returns ` for 'abort'` for listeners of an event of a target, which keeps them in a Map by event.
fn event_of(subject: &Subject<'_>) -> String {
    let at = subject.path.iter().rposition(|step| step.name.contains("kEvents") && step.part != Part::Inside);
    let edge = at.and_then(|at| subject.path.get(at + 1)).and_then(|step| step.edge);
    let key = edge.and_then(|edge| map_key(subject.names.side.snapshot, edge));
    key.map_or_else(String::new, |key| format!(" for '{}'", subject.names.label(key).trim_matches('"')))
}

pub(super) fn abort_listener(subject: &Subject<'_>) -> Option<Recognized> {
    let target = event_target(subject)?;
    let is_signal = |step: &PathStep| matches!(step.class.as_str(), "AbortSignal" | "AbortController");
    let controller =
        subject.above(TARGET + 2, is_signal).filter(|_| target.class == "EventTarget" || is_signal(target))?;
    let place = subject.names.place_of(controller.node);
    Some(subject.recognized(
        "abort_listener",
        format!("Listeners on the AbortSignal of {place}{}", subject.claim(NEVER)),
        format!("A signal that is never aborted keeps every listener{}.{}", subject.holding(), subject.callback_text()),
        "Remove the listener when the operation ends (removeEventListener), or give each operation its own signal.",
    ))
}

pub(super) fn event_target_listener(subject: &Subject<'_>) -> Option<Recognized> {
    if subject.member_class == "V8EventListener" {
        // Chromium: the holder is the DOM object itself.
        return Some(subject.recognized(
            "event_target_listener",
            format!("Listeners on {}{}", subject.names.label(subject.container), subject.claim(NEVER)),
            format!("It stays alive and keeps every listener{}.{}", subject.holding(), subject.callback_text()),
            REMOVE,
        ));
    }
    let target = event_target(subject)?;
    let (place, event) = (subject.names.place_of(target.node), event_of(subject));
    Some(subject.recognized(
        "event_target_listener",
        format!("Listeners{event} on {place}{}", subject.claim(NEVER)),
        format!(
            "The {} stays alive and keeps every listener{}.{}",
            target.class,
            subject.holding(),
            subject.callback_text()
        ),
        REMOVE,
    ))
}

pub(super) fn emitter_listener(subject: &Subject<'_>) -> Option<Recognized> {
    let at = subject
        .path
        .iter()
        .rposition(|step| step.name == "_events" && step.part != Part::Inside && step.part != Part::Runtime)?;
    let emitter = subject.path.get(at.checked_sub(1)?)?;
    let event = subject.path.get(at + 1).map(|step| step.name.clone()).filter(|name| name != "[*]");
    let is_close =
        subject.path.iter().position(|step| step.part == Part::Member).is_some_and(|member| member <= at + 3);
    if !is_close {
        return None;
    }
    let event = event.map_or(String::new(), |event| format!(" for '{event}'"));
    Some(subject.recognized(
        "listener",
        format!("Listeners{event} on {}{}", emitter_name(subject, emitter), subject.claim(NEVER)),
        format!("The emitter stays alive and keeps every listener{}.{}", subject.holding(), subject.callback_text()),
        "Call emitter.off() (or removeListener()) with the same function when the listening object is no longer used, or use once().",
    ))
}

pub(super) fn callback_list(subject: &Subject<'_>) -> Option<Recognized> {
    if subject.member_class != "Function" {
        return None;
    }
    Some(subject.recognized(
        "callback",
        format!("{} {} functions", subject.label, subject.gathers()),
        format!(
            "Each function keeps the scope that it was created in{}.{}",
            subject.holding(),
            subject.callback_text()
        ),
        "Remove a callback when its owner is done: return an unsubscribe function and call it.",
    ))
}

/// Returns the class of an emitter, or the field that holds it if its class says nothing.
fn emitter_name(subject: &Subject<'_>, emitter: &PathStep) -> String {
    if emitter.class == "EventEmitter" { subject.names.place_of(emitter.node) } else { emitter.class.clone() }
}
