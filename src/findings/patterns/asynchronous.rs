//! Work that waits forever: promises, suspended functions, stores of asynchronous contexts.

use super::{Recognized, Subject};
use crate::findings::finding::PathStep;

pub(super) fn async_local_storage(subject: &Subject<'_>) -> Option<Recognized> {
    let is_store = |step: &PathStep| {
        step.name.contains("kResourceStore") || step.class == "AsyncContextFrame" || step.class == "AsyncLocalStorage"
    };
    let step = subject.near().find(|step| is_store(step))?;
    Some(subject.recognized(
        "async_local_storage",
        format!("AsyncLocalStorage stores stay alive ({})", subject.label),
        format!("A store lives as long as any timer, promise or resource that was created within run(); {} holds one.", step.label),
        "Clear timers and end operations that were started within run(), or keep the store small and clear its fields when the request ends.",
    ))
}

pub(super) fn promise(subject: &Subject<'_>) -> Option<Recognized> {
    let class = subject.container_class();
    let is_reaction = subject.has_edge("reactions_or_result") && !subject.has_edge("[*]");
    if class != "Promise" && !is_reaction {
        return None;
    }
    Some(subject.recognized(
        "promise",
        format!("Pending promise {} {} reactions", subject.label, subject.gathers()),
        format!("Every await and then() on the pending promise adds a reaction, and each keeps its callback or suspended function alive{}.", subject.holding()),
        "Settle the promise, or give each operation its own promise with a timeout; Promise.race with a long-lived promise adds a reaction each time.",
    ))
}

pub(super) fn suspended_function(subject: &Subject<'_>) -> Option<Recognized> {
    let is_suspended = matches!(subject.member_class, "Generator" | "AsyncGenerator" | "AsyncFunction");
    if !is_suspended {
        return None;
    }
    Some(subject.recognized(
        "suspended_function",
        format!("Suspended functions ({}){}", subject.label, subject.claim(" are never resumed")),
        format!(
            "Async functions or generators wait for something that never happens; each keeps its variables{}.",
            subject.holding()
        ),
        "Settle what they await, or end generators with return().",
    ))
}
