//! Detached DOM nodes.

use super::{Recognized, Subject};

pub(super) fn detached_dom(subject: &Subject<'_>) -> Option<Recognized> {
    let node = subject.member_class.strip_prefix("Detached ").filter(|class| !class.starts_with("Node / "))?;
    Some(subject.recognized(
        "detached_dom",
        format!("Detached DOM nodes ({node}) are held by {}", subject.label),
        "The nodes are no longer in a document, but JavaScript references keep them and their whole trees.".to_owned(),
        "Drop references to removed elements: variables, arrays, closures and listeners of other objects.",
    ))
}
