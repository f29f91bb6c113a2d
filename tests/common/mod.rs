//! Shared helpers of the integration tests: where the data is and how it is read.
//!
//! `tests/data` contains a part of the corpus, so a fresh clone can run every test. If the environment variable
//! `HEAPGLASS_CORPUS` names a folder with `snapshots/` and `expected/`, the tests of the whole corpus read it too. Their
//! names contain `corpus`, which `.ci/run` selects them by; [`cases`] fails in any other test.
#![allow(unreachable_pub, reason = "a module of test binaries")]
#![allow(dead_code, reason = "each test binary uses a part of this module")]
#![allow(clippy::unwrap_used, reason = "test data is part of the repository")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use heapglass::Snapshot;
use heapglass::test_support::format::Source;
use heapglass::test_support::model::{CancelToken, Progress};

/// Folders with `snapshots/` and `expected/`.
pub fn corpus_dirs() -> Vec<PathBuf> {
    std::iter::once(bundled("")).chain(std::env::var_os("HEAPGLASS_CORPUS").map(PathBuf::from)).collect()
}

/// Returns the path of a file in `tests/data`.
pub fn bundled(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// A snapshot of the corpus and the folder of its expected answers.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    pub file: PathBuf,
    expected: PathBuf,
}

impl Case {
    pub fn bytes(&self) -> Vec<u8> {
        read(&self.file)
    }

    pub fn open(&self) -> Snapshot {
        open_bytes(&self.name, self.bytes()).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    fn has(&self, answer: &str) -> bool {
        self.expected.join(format!("{}.{answer}.zst", self.name)).exists()
    }

    /// DevTools' answer to `question` (`summary.json`, `nodes.tsv`, …), if the corpus has it.
    pub fn expected(&self, question: &str) -> Option<Vec<u8>> {
        let path = self.expected.join(format!("{}.{question}.zst", self.name));
        path.exists().then(|| read(&path))
    }

    pub fn expected_json(&self, question: &str) -> Option<serde_json::Value> {
        let bytes = self.expected(&format!("{question}.json"))?;
        Some(parse_json(&String::from_utf8(bytes).unwrap()))
    }
}

/// Returns all snapshots and timelines of the corpus, each once, sorted by name.
///
/// Panics in a test whose name does not contain `corpus`.
pub fn cases() -> Vec<Case> {
    expect_corpus_test();
    let cases = cases_in(corpus_dirs());
    // Every question has an answer for each bundled file but those that DevTools cannot open.
    let bundled = cases_in([bundled("")]).iter().filter(|case| case.has("summary.json")).count();
    assert!(bundled >= 20, "tests/data has {bundled} files with expected answers");
    cases
}

fn cases_in(dirs: impl IntoIterator<Item = PathBuf>) -> Vec<Case> {
    let mut cases = BTreeMap::new();
    for dir in dirs {
        let snapshots = dir.join("snapshots");
        let entries = fs::read_dir(&snapshots).unwrap_or_else(|error| panic!("{}: {error}", snapshots.display()));
        let before = cases.len();
        for entry in entries {
            let file = entry.unwrap().path();
            let name = file.file_name().unwrap().to_string_lossy().trim_end_matches(".zst").to_owned();
            if name.ends_with(".heapsnapshot") || name.ends_with(".heaptimeline") {
                cases.entry(name.clone()).or_insert(Case { name, file, expected: dir.join("expected") });
            }
        }
        assert!(cases.len() > before, "{} adds no snapshot", snapshots.display());
    }
    cases.into_values().collect()
}

/// Panics if the running test reads the whole corpus under a name that `.ci/run` does not select.
pub fn expect_corpus_test() {
    let thread = std::thread::current();
    // With one test thread, libtest runs the tests on the main thread.
    let name = thread.name().filter(|name| *name != "main");
    assert!(name.is_none_or(|name| name.contains("corpus")), "{name:?} reads the corpus: put `corpus` in its name");
}

/// Returns the cases that have an answer of DevTools to `question` (`nodes.tsv`, `summary.json`, …). Panics if no
/// bundled one has.
pub fn cases_with(question: &str) -> Vec<Case> {
    let cases: Vec<Case> = cases().into_iter().filter(|case| case.has(question)).collect();
    assert!(cases.iter().any(|case| case.file.starts_with(bundled(""))), "no bundled file answers {question}");
    cases
}

/// Returns the cases that have a JSON answer to `question`, with the answers. Answers are read one at a time.
pub fn answered(question: &str) -> impl Iterator<Item = (Case, serde_json::Value)> + use<'_> {
    cases_with(&format!("{question}.json")).into_iter().map(move |case| {
        let answer = case.expected_json(question).unwrap();
        (case, answer)
    })
}

/// Returns a bundled snapshot by its name without the extension.
pub fn case(name: &str) -> Case {
    let wanted = format!("{name}.heapsnapshot");
    let mut bundled = cases_in([bundled("")]).into_iter();
    bundled.find(|case| case.name == wanted).unwrap_or_else(|| panic!("{name} is not in tests/data/snapshots"))
}

pub fn open_bytes(name: &str, bytes: Vec<u8>) -> Result<Snapshot, heapglass::OpenError> {
    let source = Source::Bytes { name: name.to_owned(), bytes: Arc::from(bytes) };
    Snapshot::open(source, &Progress::new(), &CancelToken::new())
}

/// A file, decompressed if it is `.zst`.
pub fn read(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if path.extension().is_some_and(|extension| extension == "zst") {
        zstd::decode_all(&bytes[..]).unwrap()
    } else {
        bytes
    }
}

/// JSON as JavaScript writes it, which may have escapes of lone surrogates; those become the replacement character, as
/// Heapglass shows them.
pub fn parse_json(text: &str) -> serde_json::Value {
    let bytes = text.as_bytes();
    let unit = |at: usize| {
        let digits = bytes.get(at..at + 6).filter(|escape| escape.starts_with(b"\\u"))?;
        u32::from_str_radix(std::str::from_utf8(&digits[2..]).ok()?, 16).ok()
    };
    let mut clean = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let length = match (bytes[at], unit(at)) {
            (b'\\', Some(0xd800..=0xdbff)) if matches!(unit(at + 6), Some(0xdc00..=0xdfff)) => 12,
            (b'\\', Some(0xd800..=0xdfff)) => {
                clean.extend_from_slice(b"\\ufffd");
                at += 6;
                continue;
            }
            (b'\\', _) => 2,
            _ => 1,
        };
        clean.extend_from_slice(&bytes[at..at + length]);
        at += length;
    }
    serde_json::from_slice(&clean).unwrap_or_else(|error| panic!("{error} in {text:.200}"))
}

/// The files of a bundled `.tar.zst`, by name without folders.
pub fn archive(name: &str) -> BTreeMap<String, Vec<u8>> {
    let tar = read(&bundled(name));
    let mut files = BTreeMap::new();
    let mut at = 0;
    while let Some(header) = tar.get(at..at + 512).filter(|header| header[0] != 0) {
        let text = |range: std::ops::Range<usize>| {
            String::from_utf8_lossy(&header[range]).trim_matches(['\0', ' ']).to_owned()
        };
        let size = usize::from_str_radix(&text(124..136), 8).unwrap();
        if header[156] == b'0' {
            let path = text(0..100);
            let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
            files.insert(name, tar[at + 512..at + 512 + size].to_vec());
        }
        at += 512 + size.div_ceil(512) * 512;
    }
    assert!(!files.is_empty(), "{name} is empty");
    files
}

/// Makes a named pipe.
#[cfg(unix)]
pub fn pipe(path: &Path) {
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
}
