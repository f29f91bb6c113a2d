//! Maps, Sets, arrays, dictionaries, lists and variables that grow without a limit.

use super::{Recognized, Subject, capitalized, plural};
use crate::findings::finding::Part;
use crate::query::is_context;

pub(super) fn weak_collection(subject: &Subject<'_>) -> Option<Recognized> {
    let class = subject.container_class();
    if class != "WeakMap" && class != "WeakSet" {
        return None;
    }
    Some(subject.recognized(
        "weak_map",
        format!("Values of a {class} ({}) stay alive with their keys", subject.label),
        "A value of a WeakMap lives as long as its key; something else holds the keys.".to_owned(),
        "Follow the retainers of the keys to find out where to release them.",
    ))
}

pub(super) fn linked_list(subject: &Subject<'_>) -> Option<Recognized> {
    let chain =
        subject.path.iter().find(|step| step.repeated >= 8 && matches!(step.part, Part::Link | Part::Member))?;
    Some(subject.recognized(
        "linked_list",
        format!("Linked list of {} objects ({}){}", chain.class, subject.label, subject.claim(" grows")),
        format!("Each {} references the next one, so the first keeps all of them alive.", chain.class),
        "Limit the length of the list, or remove the references to older elements.",
    ))
}

pub(super) fn collection(subject: &Subject<'_>) -> Option<Recognized> {
    let class = subject.container_class();
    let (pattern, what, advice) = match class.as_str() {
        "Map" => (
            "map",
            "Map",
            "Delete entries that are no longer needed, or limit the Map: set a maximum size (LRU) or age (TTL), or use a WeakMap if the keys are objects.",
        ),
        "Set" => ("set", "Set", "Delete entries that are no longer needed, or use a WeakSet if they are objects."),
        "Array" => (
            "array",
            "array",
            "Remove entries that are no longer needed, or keep only the latest ones (call shift() when the length exceeds a limit).",
        ),
        _ if subject.path.iter().any(|step| step.part == Part::Member && step.name == "[*]") => (
            "dictionary",
            "object used as a dictionary",
            "Delete keys that are no longer needed, or use a Map with a maximum size.",
        ),
        _ => return None,
    };
    Some(subject.recognized(
        pattern,
        format!("{} {} {}", subject.label, subject.gathers(), plural(subject.member_class)),
        format!(
            "It is {} {what}{}{}.",
            if what.starts_with(['a', 'o']) { "an" } else { "a" },
            subject.claim(", and it gains more entries than it loses"),
            subject.holding()
        ),
        advice,
    ))
}

pub(super) fn variable(subject: &Subject<'_>) -> Option<Recognized> {
    if !is_context(&subject.container_class()) {
        return None;
    }
    Some(subject.recognized(
        "closure",
        format!("{} {} {}", capitalized(subject.label), subject.gathers(), plural(subject.member_class)),
        "Functions share the scope that they were created in: a variable lives as long as any of them, even one that does not use it.".to_owned(),
        "Set the variable to null when it is no longer needed, or create the functions in a scope without it.",
    ))
}
