//! Modules that are loaded again.

use super::{Recognized, Subject};

pub(super) fn module_copy(subject: &Subject<'_>) -> Option<Recognized> {
    if subject.member_class != "Module" && subject.member_class != "ModuleWrap" {
        return None;
    }
    Some(subject.recognized(
        "module_copy",
        format!("Copies of modules are kept ({})", subject.label),
        "The same module is loaded again and again; each copy has its own state, functions and code.".to_owned(),
        "Load the module once, or remove it both from require.cache and from the children array of the module that requires it.",
    ))
}
