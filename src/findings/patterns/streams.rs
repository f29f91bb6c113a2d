//! Chunks in the buffers of streams.

use super::{Recognized, Subject};
use crate::findings::finding::PathStep;

pub(super) fn stream_buffer(subject: &Subject<'_>) -> Option<Recognized> {
    let is_stream = |step: &PathStep| matches!(step.class.as_str(), "ReadableState" | "WritableState" | "BufferList");
    let stream = subject.near().find(|step| is_stream(step))?;
    if subject.member_class.contains("Socket") || subject.member_class.contains("TCP") {
        return None;
    }
    let is_written = stream.class == "WritableState";
    Some(subject.recognized(
        "stream_buffer",
        format!("Chunks pile up in the buffer of a stream ({})", subject.label),
        format!("Chunks that are {} stay in the stream's buffer.", if is_written { "written but never flushed" } else { "pushed but never read" }),
        "Consume the stream (for await, pipe, resume), stop writing when write() returns false, and destroy streams that nobody reads.",
    ))
}
