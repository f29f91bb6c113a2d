//! Values held by finalization registries.

use super::{Recognized, Subject};

pub(super) fn finalization_registry(subject: &Subject<'_>) -> Option<Recognized> {
    if subject.container_class() != "FinalizationRegistry" {
        return None;
    }
    Some(subject.recognized(
        "finalization_registry",
        format!("Values held by a FinalizationRegistry ({}){}", subject.label, subject.claim(" are never released")),
        format!("The held value of register(target, heldValue) lives as long as its target, and forever if it references the target{}.", subject.holding()),
        "Pass a held value that does not reference the target, and call unregister when the work ends.",
    ))
}
