//! What the integration tests share: where the data lies and how it is read.
//!
//! `tests/data` has a part of the corpus, so that a fresh clone tests itself. Where the environment variable
//! `HEAPGLASS_CORPUS` names a folder with `snapshots/` and `expected/`, all of that is used as well.
#![allow(unreachable_pub, reason = "a module of test binaries")]
#![allow(dead_code, reason = "each test binary uses a part of this module")]
#![allow(clippy::unwrap_used, reason = "test data is part of the repository")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use heapglass::Snapshot;
use heapglass::format::Source;
use heapglass::model::{CancelToken, Progress};

/// Folders with `snapshots/` and `expected/`.
pub fn corpus_dirs() -> Vec<PathBuf> {
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    std::iter::once(bundled).chain(std::env::var_os("HEAPGLASS_CORPUS").map(PathBuf::from)).collect()
}

/// A snapshot of the corpus and where what is expected of it lies.
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

/// All snapshots and timelines of the corpus, each once, by name.
pub fn cases() -> Vec<Case> {
    let mut cases = BTreeMap::new();
    for dir in corpus_dirs() {
        for entry in fs::read_dir(dir.join("snapshots")).unwrap() {
            let file = entry.unwrap().path();
            let name = file.file_name().unwrap().to_string_lossy().trim_end_matches(".zst").to_owned();
            if name.ends_with(".heapsnapshot") || name.ends_with(".heaptimeline") {
                cases.entry(name.clone()).or_insert(Case { name, file, expected: dir.join("expected") });
            }
        }
    }
    cases.into_values().collect()
}

/// One snapshot of the corpus by its name without ending; it must be among the bundled ones.
pub fn case(name: &str) -> Case {
    let wanted = format!("{name}.heapsnapshot");
    cases().into_iter().find(|case| case.name == wanted).unwrap_or_else(|| panic!("{name} is not in the corpus"))
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
    let tar = read(&corpus_dirs()[0].join(name));
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
