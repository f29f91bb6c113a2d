//! The files that keep the text of a program's scripts beside its captures.
//!
//! A folder contains each script and each source map once, compressed and named by the hash of its content. An index
//! beside each captured file lists the scripts of the program, by the ids that the capture has.
//!
//! Invariant: a name in the folder is made from a hash only, so no text of an index or of a program becomes part of a
//! path.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use xxhash_rust::xxh3::xxh3_128;

use crate::inputs::read_small;

/// The folder for contents, beside the captured files.
pub(crate) const FOLDER: &str = "heapglass-sources";
/// The extension of the index beside a captured file.
const ENDING: &str = "sources.json";
/// The version of the index.
const SCHEMA: u32 = 1;
/// The maximum size of the text of a script, in bytes.
pub(crate) const LONGEST_SCRIPT: u64 = 50_000_000;
/// The maximum size of a source map, in bytes.
pub(crate) const LONGEST_MAP: u64 = 100_000_000;
/// The maximum number of scripts of an index.
pub(crate) const MOST_SCRIPTS: usize = 20_000;
/// The maximum size of a URL in an index, and of all URLs, in bytes. JSON writes a byte in up to six.
pub(crate) const LONGEST_URL: usize = 2048;
pub(crate) const MOST_URL_BYTES: usize = 8_000_000;
/// The maximum size of an index, in bytes.
const LONGEST_INDEX: u64 = 64_000_000;

/// The kind of a content, which is part of its file's name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Content {
    Script,
    Map,
}

/// The hash of a content: XXH3 with 128 bits. Written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash(u128);

impl ContentHash {
    #[must_use]
    pub(crate) fn of(content: &[u8]) -> Self {
        Self(xxh3_128(content))
    }

    /// Parses exactly 32 hexadecimal digits.
    fn parse(text: &str) -> Option<Self> {
        let is_hash = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash.then(|| u128::from_str_radix(text, 16).ok().map(Self)).flatten()
    }

    /// Returns the name of the content's file in the folder.
    #[must_use]
    pub(crate) fn file_name(self, content: Content) -> String {
        match content {
            Content::Script => format!("{self}.js.zst"),
            Content::Map => format!("{self}.map.zst"),
        }
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for ContentHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContentHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("expected 32 hexadecimal digits"))
    }
}

/// A script whose text was recorded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RecordedScript {
    /// V8's id of the script, which captures contain.
    pub id: u32,
    /// The URL that the inspector reported. Where it is the URL of a file, the capture may contain the path.
    pub url: String,
    pub hash: ContentHash,
    /// The size of the text in bytes.
    pub length: u64,
    /// The position of the text in its file, for a script inside an HTML page. Positions of a capture count from the
    /// start of the file.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub first_line: u32,
    /// The column of the first character in [`Self::first_line`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub first_column: u32,
    /// The source map, if it was a file of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<RecordedMap>,
}

/// A source map that was recorded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RecordedMap {
    /// The absolute URL of the map, against which the URLs in it are resolved.
    pub url: String,
    pub hash: ContentHash,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The scripts of a captured file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct SourceIndex {
    schema: u32,
    /// Ascending by id, without duplicates.
    scripts: Vec<RecordedScript>,
}

impl SourceIndex {
    /// Creates an index. Of scripts with the same id, the first is kept.
    #[must_use]
    pub(crate) fn new(mut scripts: Vec<RecordedScript>) -> Self {
        scripts.sort_by_key(|script| script.id);
        scripts.dedup_by_key(|script| script.id);
        Self { schema: SCHEMA, scripts }
    }

    /// Reads the index beside a captured file. Returns `None` if it does not exist or is not one of this version with
    /// unique ids.
    #[must_use]
    pub(crate) fn beside(captured: &Path) -> Option<Self> {
        let bytes = read_small(&index_file(captured), LONGEST_INDEX).ok()?;
        let mut index: Self = serde_json::from_slice(&bytes).ok()?;
        if index.schema != SCHEMA || index.scripts.len() > MOST_SCRIPTS {
            return None;
        }
        index.scripts.sort_by_key(|script| script.id);
        let is_unique = index.scripts.windows(2).all(|pair| pair[0].id != pair[1].id);
        is_unique.then_some(index)
    }

    /// Returns the script with an id.
    #[must_use]
    pub(crate) fn script(&self, id: u32) -> Option<&RecordedScript> {
        let at = self.scripts.binary_search_by_key(&id, |script| script.id).ok()?;
        Some(&self.scripts[at])
    }
}

/// Returns the path of the index of a captured file.
#[must_use]
pub(crate) fn index_file(captured: &Path) -> PathBuf {
    let name = captured.file_name().unwrap_or_default().to_string_lossy();
    // A snapshot that was compressed later keeps its index.
    let name = name.strip_suffix(".zst").or_else(|| name.strip_suffix(".gz")).unwrap_or(&name);
    captured.with_file_name(format!("{name}.{ENDING}"))
}

/// Returns the absolute path of a `file:` URL without a host. Its query and fragment are ignored.
#[must_use]
pub(crate) fn file_path(url: &str) -> Option<String> {
    let rest = url.strip_prefix("file://")?;
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    let path = path.split(['?', '#']).next().filter(|path| path.starts_with('/'))?;
    let path = percent_decoded(path)?;
    let has_drive = matches!(path.as_bytes(), [b'/', drive, b':', b'/', ..] if drive.is_ascii_alphabetic());
    Some(if has_drive { path[1..].replace('/', "\\") } else { path })
}

/// Decodes `%41` to `A`. Returns `None` if the result is not UTF-8.
#[must_use]
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|&digit| char::from(digit).to_digit(16));
        let escaped = if byte == b'%' { digit(0).zip(digit(1)) } else { None };
        let (byte, after) = match escaped.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()) {
            Some(byte) => (byte, &after[2..]),
            None => (byte, after),
        };
        decoded.push(byte);
        rest = after;
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn script(id: u32, url: &str) -> RecordedScript {
        let hash = ContentHash::of(url.as_bytes());
        RecordedScript { id, url: url.to_owned(), hash, length: 3, first_line: 0, first_column: 0, map: None }
    }

    #[test]
    fn an_index_is_written_as_documented_in_the_order_of_ids() {
        let map = RecordedMap { url: "file:///b.js.map".to_owned(), hash: ContentHash(0xab) };
        let inline = RecordedScript { first_line: 7, first_column: 2, map: Some(map), ..script(9, "b") };
        let index = SourceIndex::new(vec![inline, script(4, "a\n\0"), script(9, "late")]);
        let text = serde_json::to_string(&index).unwrap();
        let (first, second) = (ContentHash::of(b"a\n\0"), ContentHash::of(b"b"));
        let expected = format!(
            "{{\"schema\":1,\"scripts\":[{{\"id\":4,\"url\":\"a\\n\\u0000\",\"hash\":\"{first}\",\"length\":3}},\
             {{\"id\":9,\"url\":\"b\",\"hash\":\"{second}\",\"length\":3,\"first_line\":7,\"first_column\":2,\
             \"map\":{{\"url\":\"file:///b.js.map\",\"hash\":\"000000000000000000000000000000ab\"}}}}]}}"
        );
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<SourceIndex>(&text).unwrap(), index);
    }

    #[test]
    fn an_index_is_found_beside_a_capture_that_was_compressed_later() {
        let folder = tempfile::tempdir().unwrap();
        let index = SourceIndex::new(vec![script(1, "a")]);
        fs::write(folder.path().join("a.heapsnapshot.sources.json"), serde_json::to_vec(&index).unwrap()).unwrap();
        for name in ["a.heapsnapshot", "a.heapsnapshot.gz", "a.heapsnapshot.zst"] {
            assert_eq!(SourceIndex::beside(&folder.path().join(name)), Some(index.clone()), "{name}");
        }
        assert_eq!(SourceIndex::beside(&folder.path().join("b.heapsnapshot")), None);
    }

    #[test]
    fn a_damaged_or_hostile_index_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.heapsnapshot");
        let of = |scripts: &str| format!("{{\"schema\":1,\"scripts\":[{scripts}]}}");
        let entry = |id: &str, hash: &str, more: &str| {
            format!("{{\"id\":{id},\"url\":\"u\",\"hash\":\"{hash}\",\"length\":1{more}}}")
        };
        let hash = "0123456789abcdefABCDEF0123456789";
        fs::write(index_file(&path), of(&entry("1", hash, ",\"later\":[1]"))).unwrap();
        let read = SourceIndex::beside(&path).unwrap();
        let name = read.script(1).unwrap().hash.file_name(Content::Map);
        assert_eq!(name, "0123456789abcdefabcdef0123456789.map.zst");
        let nested = format!(",\"map\":{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for bad in [
            String::new(),
            "[]".to_owned(),
            of(&entry("1", hash, "")).replace("\"schema\":1", "\"schema\":2"),
            of(&entry("1", "../../../../../../../etc/passwd0", "")),
            of(&entry("1", &hash[1..], "")),
            of(&entry("1", &format!("+{}", &hash[1..]), "")),
            of(&entry("1", &format!("{hash}0"), "")),
            of(&entry("-1", hash, "")),
            of(&entry("4294967296", hash, "")),
            of(&entry("1", hash, &nested)),
            of(&format!("{},{}", entry("1", hash, ""), entry("1", hash, ""))),
            of(&vec![entry("1", hash, ""); MOST_SCRIPTS + 1].join(",")),
            of(&entry("1", hash, ",\"map\":{\"url\":\"u\",\"hash\":\"/etc\"}")),
        ] {
            fs::write(index_file(&path), &bad).unwrap();
            assert_eq!(SourceIndex::beside(&path), None, "{}", &bad[..bad.len().min(200)]);
        }
        fs::File::create(index_file(&path)).unwrap().set_len(LONGEST_INDEX + 1).unwrap();
        assert_eq!(SourceIndex::beside(&path), None, "larger than the limit");
        fs::remove_file(index_file(&path)).unwrap();
        fs::create_dir(index_file(&path)).unwrap();
        assert_eq!(SourceIndex::beside(&path), None, "a folder");
    }

    #[test]
    fn the_path_of_a_file_url_is_decoded_and_other_machines_have_none() {
        for (url, path) in [
            ("file:///app/pr%20og%23%C3%A9%25.js", Some("/app/pr og#é%.js")),
            ("file://localhost/a.js?v=1#x", Some("/a.js")),
            ("file:///C:/app/a.js", Some("C:\\app\\a.js")),
            ("file:///%2e%2E/100%", Some("/../100%")),
            ("file:///%ff", None),
            ("file://server/share/a.js", None),
            ("file://localhost.example/a.js", None),
            ("http://localhost/a.js", None),
            ("/a.js", None),
        ] {
            assert_eq!(file_path(url).as_deref(), path, "{url}");
        }
    }
}
