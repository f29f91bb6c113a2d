//! Tests that need internals: stored snapshots load unchanged, and invalid cache files do no harm.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{Read as _, Seek as _, Write as _};

use proptest::prelude::*;
use proptest::sample::Index;
use xxhash_rust::xxh3::xxh3_64;

#[path = "../../tests/common/questions.rs"]
mod questions;

use super::layout::{HEADER_BYTES, Header, PIECE, SMALL};
use super::*;
use crate::memory::LARGE;
use crate::model::StringId;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/snapshots/{name}.heapsnapshot.zst"))
}

fn open(name: &str) -> (Snapshot, Identity) {
    let path = fixture(name);
    let snapshot = Snapshot::open(Source::file(&path), &Progress::new(), &CancelToken::new()).unwrap();
    (snapshot, Identity::of(&path).unwrap())
}

fn index_of(snapshot: &Snapshot, identity: &Identity) -> Vec<u8> {
    let mut file = tempfile::tempfile().unwrap();
    write::write(&file, snapshot, identity, &CancelToken::new()).unwrap();
    file.rewind().unwrap();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

fn read_index(bytes: &[u8], identity: &Identity) -> Result<Snapshot, NotStored> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    let source = SourceInfo::of_index(String::new(), None, 0);
    read::read(&file, identity, source, &Progress::new(), &CancelToken::new())
}

/// Returns the cache file with hashes recomputed for its present content.
fn signed(mut bytes: Vec<u8>) -> Vec<u8> {
    let header = bytes.first_chunk::<HEADER_BYTES>().unwrap();
    let number = |at: usize| u64::from_ne_bytes(*header[at..].first_chunk().unwrap());
    let column_bytes = number(24);
    let rest = &bytes[HEADER_BYTES + usize::try_from(column_bytes).unwrap()..];
    let header = Header { column_bytes, rest_bytes: rest.len() as u64, rest_hash: xxh3_64(rest) };
    bytes[..HEADER_BYTES].copy_from_slice(&header.to_bytes());
    bytes
}

#[test]
fn a_snapshot_from_the_cache_has_the_same_cache_file() {
    for name in ["node24-1", "chromium-leak-1", "bun-1", "selfsize-over-4g", "unknown-node-types", "wide-star"] {
        let (snapshot, identity) = open(name);
        let first = index_of(&snapshot, &identity);
        let again = index_of(&read_index(&first, &identity).unwrap(), &identity);
        assert!(first == again, "{name}");
    }
}

/// The format and the hash of what is stored of a few snapshots.
const STORED: (u32, u64) = (6, 0xab57_60ae_66db_2477);

/// Hashes what is stored.
struct Hashed(xxhash_rust::xxh3::Xxh3);

impl crate::model::stored::Put for Hashed {
    fn put(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.update(bytes);
        Ok(())
    }
}

#[test]
#[cfg(all(target_endian = "little", target_pointer_width = "64"))]
fn changed_stored_results_require_a_new_format_version() {
    let mut hashed = Hashed(xxhash_rust::xxh3::Xxh3::new());
    for name in ["node24-1", "chromium-leak-1", "bun-1", "unknown-node-types", "small-2"] {
        open(name).0.store(&mut hashed).unwrap();
    }
    let found = hashed.0.digest();
    let advice = "what is stored of a snapshot has changed: caches of earlier builds would give other answers. Raise FORMAT in \
                  src/index/layout.rs, and set STORED in this file to the new format and hash";
    assert_eq!((layout::FORMAT, found), STORED, "{advice}: ({}, {found:#018x})", layout::FORMAT);
}

/// Returns a snapshot with one string of `len` bytes, so that columns of all lengths occur.
fn with_string(len: usize) -> Snapshot {
    let text = format!(
        r#"{{"snapshot":{{"meta":{{"node_fields":["type","name","id","self_size","edge_count"],"node_types":[["synthetic"]],
        "edge_fields":["type","name_or_index","to_node"],"edge_types":[["element"]]}},"node_count":1,"edge_count":0}},
        "nodes":[0,0,1,8,0],"edges":[],"strings":["{}"]}}"#,
        "x".repeat(len)
    );
    let source = Source::Bytes { name: String::new(), bytes: text.into_bytes().into() };
    Snapshot::open(source, &Progress::new(), &CancelToken::new()).unwrap()
}

#[test]
fn columns_of_any_length_load_unchanged() {
    let identity = Identity::of(&fixture("cycle-cons-empty")).unwrap();
    for len in [0, 1, SMALL, SMALL + 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 7, LARGE - 1, LARGE, LARGE + PIECE + 1]
    {
        let snapshot = with_string(len);
        let bytes = index_of(&snapshot, &identity);
        assert!(bytes.len() > HEADER_BYTES + len, "{len}");
        let read = read_index(&bytes, &identity).unwrap();
        assert_eq!(read.graph().strings().raw(StringId(0)).len(), len);
        assert!(index_of(&read, &identity) == bytes, "{len}");
        // A changed byte is detected at any position in the column.
        for at in [HEADER_BYTES, HEADER_BYTES + len / 2, HEADER_BYTES + len.saturating_sub(1)] {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(read_index(&changed, &identity).err(), Some(NotStored::Damaged), "{len}, byte {at}");
        }
    }
}

#[test]
fn a_write_that_is_cancelled_has_no_valid_header() {
    let (snapshot, identity) = open("node24-1");
    let file = tempfile::tempfile().unwrap();
    let cancel = CancelToken::new();
    cancel.cancel();
    assert!(write::write(&file, &snapshot, &identity, &cancel).is_err());
    let mut header = [0; HEADER_BYTES];
    let _ = layout::read_at(&file, &mut header, 0);
    assert_eq!(Header::from_bytes(&header, file.metadata().unwrap().len()), None);
}

#[test]
fn a_cache_file_for_another_state_of_the_file_is_refused() {
    let (snapshot, identity) = open("cycle-cons-empty");
    let bytes = index_of(&snapshot, &identity);
    assert!(read_index(&bytes, &identity).is_ok());
    let other = Identity::of(&fixture("wide-star")).unwrap();
    assert_eq!(read_index(&bytes, &other).err(), Some(NotStored::Damaged));
}

#[test]
fn a_cache_file_with_any_byte_changed_or_cut_off_is_refused() {
    let (snapshot, identity) = open("cycle-cons-empty");
    let bytes = index_of(&snapshot, &identity);
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        assert_eq!(read_index(&changed, &identity).err(), Some(NotStored::Damaged), "byte {at} of {}", bytes.len());
        assert_eq!(read_index(&bytes[..at], &identity).err(), Some(NotStored::Damaged), "cut at {at}");
    }
}

#[test]
fn a_file_that_grew_after_it_was_cached_is_refused() {
    let (snapshot, identity) = open("cycle-cons-empty");
    let mut bytes = index_of(&snapshot, &identity);
    bytes.push(0);
    assert_eq!(read_index(&bytes, &identity).err(), Some(NotStored::Damaged));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Even if every hash matches, as in a malicious file, it is refused or all queries are answered.
    #[test]
    fn a_cache_file_with_changed_numbers_and_valid_hashes_is_harmless(
        file in 0..SMALL_FILES.len(),
        changes in prop::collection::vec((any::<Index>(), number(), any::<bool>()), 1..4),
        cut in prop::option::weighted(0.05, any::<Index>()),
    ) {
        thread_local! {
            static SMALL_INDEXES: Vec<(Vec<u8>, Identity)> = SMALL_FILES.map(|name| {
                let (snapshot, identity) = open(name);
                (index_of(&snapshot, &identity), identity)
            }).into();
        }
        SMALL_INDEXES.with(|indexes| {
            let (bytes, identity) = &indexes[file];
            let mut bytes = bytes.clone();
            for (at, number, is_byte) in changes {
                let at = HEADER_BYTES + at.index(bytes.len() - HEADER_BYTES - 4);
                let width = if is_byte { 1 } else { 4 };
                bytes[at..at + width].copy_from_slice(&number.to_ne_bytes()[..width]);
            }
            if let Some(cut) = cut {
                bytes.truncate(HEADER_BYTES + cut.index(bytes.len() - HEADER_BYTES));
            }
            if let Ok(snapshot) = read_index(&signed(bytes), identity) {
                questions::ask(&snapshot);
            }
        });
    }
}

/// Files whose snapshots have only small columns, which are stored in the rest.
const SMALL_FILES: [&str; 5] =
    ["cycle-cons-empty", "no-strings-used", "duplicate-and-huge-ids", "selfsize-over-4g", "unknown-node-types"];

/// Numbers that are most likely to do harm.
fn number() -> impl Strategy<Value = u32> {
    prop_oneof![3 => 0_u32..20, 1 => 0_u32..2000, 1 => (u32::MAX - 5)..=u32::MAX, 1 => any::<u32>()]
}

#[test]
fn an_implausible_length_is_not_allocated() {
    let (snapshot, identity) = open("cycle-cons-empty");
    let bytes = index_of(&snapshot, &identity);
    let nodes = (snapshot.graph().node_count() as u64).to_ne_bytes();
    let places: Vec<usize> = (HEADER_BYTES..bytes.len() - 8).filter(|&at| bytes[at..at + 8] == nodes).collect();
    assert!(places.len() > 5, "the lengths of the columns are found");
    let is_refused = |at: &usize| {
        [u64::MAX, u64::MAX / 8, 1 << 60, 1 << 40].iter().all(|length: &u64| {
            let mut changed = bytes.clone();
            changed[*at..at + 8].copy_from_slice(&length.to_ne_bytes());
            read_index(&signed(changed), &identity).is_err()
        })
    };
    // The others are the declared counts in the snapshot's header.
    let header = snapshot.graph().header();
    let hints = [header.node_count_hint, header.edge_count_hint];
    let same = hints.iter().filter(|hint| **hint == Some(snapshot.graph().node_count() as u64)).count();
    assert_eq!(places.iter().filter(|at| !is_refused(at)).count(), same);
}
