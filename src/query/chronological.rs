//! The order of snapshots of one process by age.

use std::time::SystemTime;

use crate::snapshot::Snapshot;

/// The age of a snapshot among those of one process: a lower value is older.
///
/// V8 increments object ids during the life of a process, so the older of two snapshots has the lower largest id. The time
/// decides only where no id was assigned in between; times of files change when files are copied.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Age {
    pub max_object_id: u64,
    pub taken: Option<SystemTime>,
}

impl Age {
    /// Returns the age of a snapshot by its ids alone.
    #[must_use]
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        Self { max_object_id: snapshot.max_object_id(), taken: None }
    }

    /// Returns the age of a snapshot by its ids and the time when it was taken.
    #[must_use]
    pub(crate) fn with_time(snapshot: &Snapshot, taken: Option<SystemTime>) -> Self {
        Self { taken, ..Self::of(snapshot) }
    }
}

/// Sorts snapshots, the oldest first. Those of equal age stay in their order.
pub(crate) fn chronological<T>(snapshots: &mut [T], age: impl Fn(&T) -> Age) {
    snapshots.sort_by_key(age);
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn ids_decide_then_times_then_the_given_order() {
        let age = |max_object_id, seconds: Option<u64>| Age {
            max_object_id,
            taken: seconds.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds)),
        };
        let mut ages = [(age(7, Some(1)), 'd'), (age(5, Some(9)), 'b'), (age(5, Some(9)), 'c'), (age(5, None), 'a')];
        chronological(&mut ages, |(age, _)| *age);
        assert_eq!(ages.map(|(_, name)| name), ['a', 'b', 'c', 'd']);
    }
}
