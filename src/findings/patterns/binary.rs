//! Binary data.

use super::{Recognized, Subject};

pub(super) fn binary_data(subject: &Subject<'_>) -> Option<Recognized> {
    const CLASSES: [&str; 6] = ["Buffer", "FastBuffer", "ArrayBuffer", "DataView", "Blob", "SharedArrayBuffer"];
    let class = subject.member_class;
    let is_typed = class.ends_with("Array") && class != "Array" && class.starts_with(['U', 'I', 'F', 'B']);
    if !CLASSES.contains(&class) && !is_typed {
        return None;
    }
    Some(subject.recognized(
        "binary_data",
        format!("{} {} binary data ({class})", subject.label, subject.gathers()),
        "The bytes are outside the JavaScript heap (arrayBuffers or external in process.memoryUsage()).".to_owned(),
        "Remove entries that are no longer needed. A small slice keeps its whole buffer: copy it with Buffer.from.",
    ))
}
