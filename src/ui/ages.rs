//! The order of snapshots by age.

use std::time::{Duration, SystemTime};

use crate::model::{SnapshotId, human};
use crate::session::Session;

/// Files whose times differ by less than this may have been copied together, in any order.
const COPIED_TOGETHER: Duration = Duration::from_mins(1);

/// Returns the oldest and the newest of some snapshots, and a text that says how the order was found.
///
/// V8 increments object ids during the life of a process, so the older of two snapshots of one process has the lower
/// largest id. File times only break ties, because they change when files are copied.
pub(super) fn oldest_and_newest(session: &Session, ids: &[SnapshotId]) -> Option<(SnapshotId, SnapshotId, String)> {
    let mut ages: Vec<(u64, Option<SystemTime>, SnapshotId, String)> = ids
        .iter()
        .filter_map(|id| {
            let snapshot = session.snapshot(*id)?;
            let path = snapshot.source().path.as_ref();
            let written = path.and_then(|path| std::fs::metadata(path).ok()?.modified().ok());
            Some((snapshot.max_object_id(), written, *id, snapshot.source().name.clone()))
        })
        .collect();
    ages.sort();
    let (first, last) = (ages.first()?, ages.last()?);
    if first.2 == last.2 {
        return None;
    }
    let (older, newer) = (human::visible(&first.3, 48), human::visible(&last.3, 48));
    let how = if first.0 == last.0 {
        "ordered by file time".to_owned()
    } else {
        let times = match (first.1, last.1) {
            // Files that were copied or unpacked together have almost the same, meaningless times.
            (Some(a), Some(b)) if a.duration_since(b).is_ok_and(|time| time > COPIED_TOGETHER) => {
                "; file times disagree"
            }
            (Some(a), Some(b)) if a < b => "; file times agree",
            _ => "",
        };
        format!("ordered by object id: up to @{} and @{}{times}", first.0, last.0)
    };
    Some((first.2, last.2, format!("{older} is the base, {newer} is newer ({how})")))
}
