//! Real files, changed at random: each gives an error or a snapshot that answers every question, with and without recovery, and
//! needs no more memory than a small multiple of the file.
#![allow(clippy::unwrap_used, reason = "test data is part of the repository")]
#![allow(unsafe_code, reason = "an allocator that counts cannot be written without")]

mod common;
#[path = "common/questions.rs"]
mod questions;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use proptest::sample::Index;

/// Counts the allocated bytes.
struct Counting;

/// Tests that count must not run at the same time.
static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

fn grow(bytes: usize) {
    MOST.fetch_max(HELD.fetch_add(bytes, Ordering::Relaxed) + bytes, Ordering::Relaxed);
}

// SAFETY: every call is passed on as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // Memory that nobody writes to is not taken; but for a test all counts.
        grow(layout.size());
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes that opening a file and asking everything may take at a time.
fn allowance(file_bytes: usize) -> usize {
    (8 << 20) + 64 * file_bytes
}

/// A change of a file.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Overwrite(Index, u8),
    /// Replaces the bytes there by a number.
    Number(Index, u64),
    Cut(Index, u16),
    End(Index),
    Insert(Index, Vec<u8>),
    /// Repeats a part elsewhere.
    Repeat(Index, u16, Index),
    /// A run of zeros, as a disk leaves it.
    Zeros(Index, u16),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, bit)| Change::Flip(at, 1 << (bit % 8))),
        4 => (at(), prop::sample::select(b"0,9-.e[]{}\"\\:\n \xff\x00".to_vec())).prop_map(|(at, byte)| Change::Overwrite(at, byte)),
        3 => (at(), prop_oneof![any::<u64>(), 0_u64..1000, Just(u64::from(u32::MAX)), Just(1 << 32)])
            .prop_map(|(at, number)| Change::Number(at, number)),
        2 => (at(), any::<u16>()).prop_map(|(at, length)| Change::Cut(at, length)),
        1 => at().prop_map(Change::End),
        2 => (at(), prop::collection::vec(any::<u8>(), 1..40)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        1 => (at(), any::<u16>(), at()).prop_map(|(from, length, to)| Change::Repeat(from, length, to)),
        1 => (at(), any::<u16>()).prop_map(|(at, length)| Change::Zeros(at, length)),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len();
    let part = |at: &Index, count: u16| at.index(length)..(at.index(length) + usize::from(count % 2000)).min(length);
    match change {
        Change::Flip(at, bit) => bytes[at.index(length)] ^= bit,
        Change::Overwrite(at, byte) => bytes[at.index(length)] = *byte,
        Change::Number(at, number) => {
            let start = at.index(length);
            let digits = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            bytes.splice(start..start + digits, number.to_string().into_bytes());
        }
        Change::Cut(at, count) => drop(bytes.drain(part(at, *count))),
        Change::End(at) => bytes.truncate(at.index(length)),
        Change::Insert(at, more) => drop(bytes.splice(at.index(length)..at.index(length), more.iter().copied())),
        Change::Repeat(from, count, to) => {
            let copy = bytes[part(from, *count)].to_vec();
            let at = to.index(length);
            drop(bytes.splice(at..at, copy));
        }
        Change::Zeros(at, count) => bytes[part(at, *count)].fill(0),
    }
}

fn check(bytes: &[u8]) -> usize {
    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    questions::open_and_ask(bytes);
    MOST.load(Ordering::Relaxed).saturating_sub(before)
}

#[test]
fn a_mutated_script_or_source_map_is_read_without_a_panic() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/shop");
    let map = std::fs::read(folder.join("dist/shop.js.map")).unwrap();
    let scripts = ["src/cart.ts", "src/main.ts", "dist/shop.js"].map(|name| std::fs::read(folder.join(name)).unwrap());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let changes = || prop::collection::vec(change(), 0..6);
    let offsets = prop::collection::vec(any::<Index>(), 1..4);
    let cases = (0..scripts.len(), changes(), changes(), offsets, any::<bool>());
    let result = runner.run(&cases, |(script, of_text, of_map, offsets, is_cut)| {
        let (mut text, mut map) = (scripts[script].clone(), map.clone());
        for change in &of_text {
            apply(&mut text, change);
        }
        for change in &of_map {
            apply(&mut map, change);
        }
        let text = String::from_utf8_lossy(&text);
        let offsets: Vec<usize> = offsets.iter().map(|offset| offset.index(text.len() + 1)).collect();
        heapglass::test_support::sources::exercise_script(&text, is_cut, &map, &offsets);
        Ok(())
    });
    result.unwrap();
}

#[test]
fn a_mutated_file_is_handled_within_its_memory_limit() {
    let _alone = ALONE.lock();
    let mut files: Vec<Vec<u8>> = common::archive("fuzz.tar.zst")
        .into_iter()
        .filter(|(name, _)| name.ends_with(".heapsnapshot"))
        .map(|(_, bytes)| bytes)
        .take(30)
        .collect();
    files.push(common::archive("broken.tar.zst")["ok-base.heapsnapshot"].clone());
    files.extend(
        ["extra-section-before-strings", "pretty", "unknown-node-types"].map(|name| common::case(name).bytes()),
    );
    // Starts the shared threads, which stay.
    check(&files[0]);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let changes = (any::<Index>(), prop::collection::vec(change(), 1..6));
    runner
        .run(&changes, |(file, changes)| {
            let mut bytes = files[file.index(files.len())].clone();
            for change in &changes {
                apply(&mut bytes, change);
            }
            let taken = check(&bytes);
            prop_assert!(taken <= allowance(bytes.len()), "{taken} bytes for a file of {}", bytes.len());
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_small_file_that_claims_to_be_large_takes_no_memory_for_it() {
    let _alone = ALONE.lock();
    let base = String::from_utf8(common::archive("broken.tar.zst")["ok-base.heapsnapshot"].clone()).unwrap();
    let claims = [
        base.replace("\"node_count\":9", "\"node_count\":4000000000000"),
        base.replace("\"edge_count\":10", "\"edge_count\":18446744073709551615"),
        base.replace("\"nodes\":[9,0,1,0,2", "\"nodes\":[9,0,1,0,4294967295"),
        base.replace("\"locations\":[21", "\"locations\":[18446744073709551615"),
        base.replace("\"root_index\":0", "\"root_index\":18446744073709551615"),
        base.replace(",5,7,14,", ",4294967295,4294967295,14,"),
    ];
    for claim in claims {
        let taken = check(claim.as_bytes());
        assert!(taken <= allowance(claim.len()), "{taken} bytes for {claim:.300}");
    }
    for bomb in ["[", "{\"a\":", "{\"snapshot\":{\"a\":", "{\"trace_tree\":[", "{\"nodes\":[["] {
        let bytes = bomb.repeat(100_000).into_bytes();
        let taken = check(&bytes);
        assert!(taken <= allowance(bytes.len()), "{taken} bytes for {bomb} again and again");
    }
}

#[test]
fn a_highly_compressed_file_is_read_in_chunks() {
    let _alone = ALONE.lock();
    let base = common::archive("broken.tar.zst")["ok-base.heapsnapshot"].clone();
    let base = String::from_utf8(base).unwrap();
    let bombs = [
        // Blanks, an unknown section and a number, each longer than anything that is kept as a whole.
        (base.replacen("\n\"edges\"", &format!("{}\"edges\"", " ".repeat(40 << 20)), 1), None),
        (base.replacen("\n\"edges\"", &format!("\"x\":\"{}\",\"edges\"", "y".repeat(40 << 20)), 1), None),
        (
            base.replacen("\"edges\":[1", &format!("\"edges\":[{}", "1".repeat(40 << 20)), 1),
            Some("a number below 2^64"),
        ),
        (base.replacen("\"edges\"", &format!("\"{}\"", "z".repeat(80 << 20)), 1), Some("exceeds the limit")),
    ];
    for (text, refused) in bombs {
        let packed = zstd::encode_all(text.as_bytes(), 1).unwrap();
        drop(text);
        assert!(packed.len() < 100_000);
        let before = HELD.load(Ordering::Relaxed);
        MOST.store(before, Ordering::Relaxed);
        let opened = common::open_bytes("bomb", packed);
        match (opened, refused) {
            (Ok(snapshot), None) => assert_eq!(snapshot.graph().node_count(), 9),
            (Err(error), Some(words)) => assert!(error.to_string().contains(words), "{error}"),
            (Ok(_), Some(words)) => panic!("opened, expected {words}"),
            (Err(error), None) => panic!("{error}"),
        }
        let taken = MOST.load(Ordering::Relaxed) - before;
        assert!(taken < 200 << 20, "{taken} bytes");
    }
}
