//! Error objects that accumulate.

use super::{Recognized, Subject};

pub(super) fn kept_error(subject: &Subject<'_>) -> Option<Recognized> {
    if !subject.member_class.ends_with("Error") {
        return None;
    }
    Some(subject.recognized(
        "error",
        format!("{} {} errors", subject.label, subject.gathers()),
        "An error keeps its stack and, until the stack is read, everything that its frames reference.".to_owned(),
        "Keep the message and the text of the stack instead of the error, and limit how many are kept.",
    ))
}
