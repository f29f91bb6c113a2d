//! Strings that keep other strings alive, or that grow.

use super::{Recognized, Subject};

pub(super) fn sliced_string(subject: &Subject<'_>) -> Option<Recognized> {
    if subject.member_class != "(sliced string)" {
        return None;
    }
    Some(subject.recognized(
        "sliced_string",
        format!("Slices in {} keep their original strings alive", subject.label),
        "slice, substring, split and regular expressions return views of the whole string, which stays in memory.".to_owned(),
        "Copy short slices of long strings before storing them, for example with Buffer.from(text).toString() or structuredClone.",
    ))
}

pub(super) fn growing_string(subject: &Subject<'_>) -> Option<Recognized> {
    if !subject.is_one_member || !subject.member_class.contains("string") {
        return None;
    }
    Some(subject.recognized(
        "growing_string",
        format!("String in {}{}", subject.label, subject.claim(" grows with each addition")),
        "+= makes a tree of concatenated strings that is never flattened or emptied.".to_owned(),
        "Write the text out and start again, or keep only the latest part.",
    ))
}
