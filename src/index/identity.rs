//! The identity of a cached file and of its state.

use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use xxhash_rust::xxh3::Xxh3;

use super::layout::read_at;
use crate::inputs::open_regular;
use crate::model::stored::stored;

/// Bytes that are hashed at the beginning, at the end, and in each block between.
const END: u64 = 64 << 10;
const BLOCK: u64 = 4 << 10;
const BLOCKS: u64 = 16;
/// The resolution of file times; the coarsest file systems have two seconds.
const TICK: Duration = Duration::from_secs(2);

/// The state of a file when it was read. A different path, size, time or content (in the hashed parts) gives a
/// different identity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Identity {
    /// The canonical path, so that a file is cached once, whatever path it is opened by.
    path: Vec<u8>,
    pub(super) size_bytes: u64,
    modified_ns: u64,
    /// The time of the last metadata change, which programs cannot set; 0 if unknown.
    changed_ns: u64,
    parts_hash: u64,
}

stored!(Identity { path, size_bytes, modified_ns, changed_ns, parts_hash });

impl Identity {
    /// Returns `None` if the file does not exist or cannot be read again: a pipe, a folder.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let path = path.canonicalize().ok()?;
        let (file, metadata) = open_regular(&path).ok()?;
        let size_bytes = metadata.len();
        Some(Self {
            path: path.as_os_str().as_encoded_bytes().to_vec(),
            size_bytes,
            modified_ns: nanoseconds(metadata.modified().ok()?),
            changed_ns: changed(&metadata),
            parts_hash: hash_of_parts(&file, size_bytes)?,
        })
    }

    /// Returns the hash of parts of the contents in hexadecimal digits.
    pub(super) fn parts(&self) -> String {
        format!("{:016x}", self.parts_hash)
    }

    /// Returns whether the last write was so long ago that any later one changes the file's time.
    pub(super) fn is_settled(&self) -> bool {
        let now = nanoseconds(SystemTime::now());
        u128::from(self.modified_ns) + TICK.as_nanos() < u128::from(now)
    }

    /// Returns the name of the cache file, which does not depend on the state of the file.
    pub(super) fn file_name(&self) -> PathBuf {
        let hash = xxhash_rust::xxh3::xxh3_128(&self.path);
        PathBuf::from(format!("{hash:032x}.{}", super::folder::ENDING))
    }
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    u64::try_from(since).unwrap_or(u64::MAX)
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let (seconds, nanoseconds) = (metadata.ctime().unsigned_abs(), metadata.ctime_nsec().unsigned_abs());
    seconds.wrapping_mul(1_000_000_000).wrapping_add(nanoseconds)
}

#[cfg(not(unix))]
fn changed(_metadata: &Metadata) -> u64 {
    0
}

/// Hashes the beginning, the end and some evenly spaced blocks with their positions.
fn hash_of_parts(file: &File, size: u64) -> Option<u64> {
    let mut hash = Xxh3::new();
    let mut buffer = vec![0; usize::try_from(END).ok()?];
    let mut add = |from: u64, len: u64| {
        let part = buffer.get_mut(..usize::try_from(len.min(size - from)).ok()?)?;
        read_at(file, part, from).ok()?;
        hash.update(&from.to_le_bytes());
        hash.update(part);
        Some(())
    };
    add(0, END)?;
    add(size.saturating_sub(END), END)?;
    for block in 1..=BLOCKS {
        add(size / (BLOCKS + 1) * block, BLOCK)?;
    }
    Some(hash.digest())
}
