//! The order of snapshots by age.

use std::time::Duration;

use crate::model::{SnapshotId, human};
use crate::query::{Age, chronological};
use crate::session::Session;

/// Files whose times differ by less than this may have been copied together, in any order.
const COPIED_TOGETHER: Duration = Duration::from_mins(1);

/// Returns the oldest and the newest of some snapshots, and a text that says how the order was found.
pub(super) fn oldest_and_newest(session: &Session, ids: &[SnapshotId]) -> Option<(SnapshotId, SnapshotId, String)> {
    let mut ages: Vec<(Age, SnapshotId, String)> = ids
        .iter()
        .filter_map(|id| {
            let snapshot = session.snapshot(*id)?;
            Some((Age::with_time(&snapshot, snapshot.source().modified), *id, snapshot.source().name.clone()))
        })
        .collect();
    chronological(&mut ages, |(age, ..)| *age);
    let (first, last) = (ages.first()?, ages.last()?);
    if first.1 == last.1 {
        return None;
    }
    let (older, newer) = (human::visible(&first.2, 48), human::visible(&last.2, 48));
    let how = if first.0.max_object_id == last.0.max_object_id {
        "ordered by file time".to_owned()
    } else {
        let times = match (first.0.taken, last.0.taken) {
            // Files that were copied or unpacked together have almost the same, meaningless times.
            (Some(a), Some(b)) if a.duration_since(b).is_ok_and(|time| time > COPIED_TOGETHER) => {
                "; file times disagree"
            }
            (Some(a), Some(b)) if a < b => "; file times agree",
            _ => "",
        };
        format!("ordered by object id: up to @{} and @{}{times}", first.0.max_object_id, last.0.max_object_id)
    };
    Some((first.1, last.1, format!("{older} is the base, {newer} is newer ({how})")))
}
