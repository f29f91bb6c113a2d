//! The text of scripts and source maps that `capture` stored beside a file.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use zstd::stream::read::Decoder;

use crate::inputs::open_regular;
use crate::model::human;
use crate::script_store::{
    Content, ContentHash, FOLDER, LONGEST_MAP, LONGEST_SCRIPT, RecordedMap, RecordedScript, SourceIndex, file_path,
};

/// The maximum window of a compressed content, as a power of two. The level that `capture` uses needs 2 MB.
const LARGEST_WINDOW: u32 = 23;

/// A failure to read a recorded content.
#[derive(Debug, thiserror::Error)]
pub enum RecordedError {
    #[error("{}: {reason}", path.display())]
    File { path: PathBuf, reason: io::Error },
    #[error("{}: {what}", path.display())]
    Damaged { path: PathBuf, what: String },
}

/// The recorded scripts of a captured file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedSources {
    folder: PathBuf,
    index: SourceIndex,
}

impl RecordedSources {
    /// Reads the list of scripts beside a captured file. Returns `None` if it does not exist or is damaged.
    #[must_use]
    pub fn beside(captured: &Path) -> Option<Self> {
        Some(Self { index: SourceIndex::beside(captured)?, folder: captured.with_file_name(FOLDER) })
    }

    /// Returns the script with an id, if its URL is the given one. Without a URL, the id decides.
    ///
    /// A snapshot contains the path of a file where the inspector reports its URL. These are equal.
    #[must_use]
    pub fn script(&self, id: u32, url: Option<&str>) -> Option<&RecordedScript> {
        self.index.script(id).filter(|script| url.is_none_or(|url| is_same(&script.url, url)))
    }

    /// Reads the text of a script.
    ///
    /// # Errors
    /// Returns an error if its file cannot be read or has another length or content than recorded.
    pub fn text(&self, script: &RecordedScript) -> Result<String, RecordedError> {
        let path = self.folder.join(script.hash.file_name(Content::Script));
        if script.length > LONGEST_SCRIPT {
            let (length, most) = (human::bytes(script.length), human::bytes(LONGEST_SCRIPT));
            return Err(RecordedError::Damaged { path, what: format!("{length} are listed, expected at most {most}") });
        }
        let bytes = content(&path, script.hash, script.length)?;
        if bytes.len() as u64 != script.length {
            let (found, listed) = (human::count(bytes.len() as u64), human::count(script.length));
            return Err(RecordedError::Damaged { path, what: format!("found {found} bytes, expected {listed}") });
        }
        String::from_utf8(bytes).map_err(|_| RecordedError::Damaged { path, what: "not valid UTF-8".to_owned() })
    }

    /// Reads the source map of a script. Returns `None` if none was recorded.
    pub fn map(&self, script: &RecordedScript) -> Option<Result<Vec<u8>, RecordedError>> {
        let RecordedMap { hash, .. } = script.map.as_ref()?;
        Some(content(&self.folder.join(hash.file_name(Content::Map)), *hash, LONGEST_MAP))
    }
}

/// Returns whether a recorded URL and the name of a script in a snapshot are the same.
fn is_same(recorded: &str, name: &str) -> bool {
    // A path is encoded completely. A URL with a query was never one.
    let is_plain = !recorded.contains(['?', '#']);
    recorded == name || (is_plain && file_path(recorded).is_some_and(|path| path == name))
}

/// Decompresses a content of up to `most_bytes` and compares its hash.
fn content(path: &Path, hash: ContentHash, most_bytes: u64) -> Result<Vec<u8>, RecordedError> {
    let failed = |reason| RecordedError::File { path: path.to_path_buf(), reason };
    let damaged = |what: String| RecordedError::Damaged { path: path.to_path_buf(), what };
    let (file, _) = open_regular(path).map_err(failed)?;
    let mut decoder = Decoder::new(file).map_err(failed)?;
    decoder.window_log_max(LARGEST_WINDOW).map_err(failed)?;
    let mut bytes = Vec::new();
    let mut limited = decoder.take(most_bytes.saturating_add(1));
    limited.read_to_end(&mut bytes).map_err(|error| damaged(format!("cannot be decompressed: {error}")))?;
    if bytes.len() as u64 > most_bytes {
        return Err(damaged(format!("larger than {} bytes", human::count(most_bytes))));
    }
    let found = ContentHash::of(&bytes);
    if found != hash {
        return Err(damaged(format!("the content has the hash {found}")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::script_store::index_file;

    struct Fixture {
        folder: tempfile::TempDir,
        capture: PathBuf,
    }

    impl Fixture {
        fn new(scripts: Vec<RecordedScript>) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let capture = folder.path().join("a.heapsnapshot");
            fs::create_dir(folder.path().join(FOLDER)).unwrap();
            fs::write(index_file(&capture), serde_json::to_vec(&SourceIndex::new(scripts)).unwrap()).unwrap();
            Self { folder, capture }
        }

        fn put(&self, hash: ContentHash, kind: Content, bytes: &[u8]) {
            let file = self.folder.path().join(FOLDER).join(hash.file_name(kind));
            fs::write(file, zstd::encode_all(bytes, 3).unwrap()).unwrap();
        }

        fn sources(&self) -> RecordedSources {
            RecordedSources::beside(&self.capture).unwrap()
        }
    }

    fn script(id: u32, url: &str, text: &str) -> RecordedScript {
        let (hash, length) = (ContentHash::of(text.as_bytes()), text.len() as u64);
        RecordedScript { id, url: url.to_owned(), hash, length, first_line: 0, first_column: 0, map: None }
    }

    #[test]
    fn text_and_map_of_a_script_are_read_back() {
        let map = "{\"version\":3}".as_bytes();
        let mut recorded = script(7, "file:///app/a.js", "let ü = 1;\n");
        recorded.map = Some(RecordedMap { url: "file:///app/a.js.map".to_owned(), hash: ContentHash::of(map) });
        let fixture = Fixture::new(vec![recorded, script(8, "b.js", "")]);
        fixture.put(ContentHash::of("let ü = 1;\n".as_bytes()), Content::Script, "let ü = 1;\n".as_bytes());
        fixture.put(ContentHash::of(b""), Content::Script, b"");
        fixture.put(ContentHash::of(map), Content::Map, map);
        let sources = fixture.sources();
        let found = sources.script(7, None).unwrap();
        assert_eq!(sources.text(found).unwrap(), "let ü = 1;\n");
        assert_eq!(sources.map(found).unwrap().unwrap(), map);
        let other = sources.script(8, Some("b.js")).unwrap();
        assert_eq!(sources.text(other).unwrap(), "");
        assert!(sources.map(other).is_none());
    }

    #[test]
    fn a_script_is_found_by_id_if_its_url_or_the_path_of_its_file_is_equal() {
        let sources = Fixture::new(vec![
            script(1, "file:///app/a%20b.js", ""),
            script(2, "file:///app/c.mjs?v=1", ""),
            script(3, "http://host/d.js", ""),
        ])
        .sources();
        let has = |id, url| sources.script(id, Some(url)).is_some();
        assert!(has(1, "/app/a b.js") && has(1, "file:///app/a%20b.js"));
        assert!(!has(1, "/app/b.js") && !has(1, "file:///app/a b.js") && !has(1, ""));
        assert!(has(2, "file:///app/c.mjs?v=1") && !has(2, "/app/c.mjs"));
        assert!(has(3, "http://host/d.js") && !has(3, "/d.js") && !has(4, "http://host/d.js"));
    }

    #[test]
    fn a_content_that_is_not_the_recorded_one_is_an_error() {
        let recorded = script(1, "a.js", "right");
        let fixture = Fixture::new(vec![recorded.clone()]);
        let error = |fixture: &Fixture| {
            let sources = fixture.sources();
            sources.text(sources.script(1, None).unwrap()).unwrap_err().to_string()
        };
        assert!(matches!(fixture.sources().text(&recorded), Err(RecordedError::File { .. })));
        fixture.put(recorded.hash, Content::Script, b"wrong");
        assert!(error(&fixture).contains("the content has the hash"), "{}", error(&fixture));
        fixture.put(recorded.hash, Content::Script, &vec![b' '; 100_000_000]);
        assert!(error(&fixture).contains("larger than 5 bytes"), "{}", error(&fixture));
        fs::write(fixture.folder.path().join(FOLDER).join(recorded.hash.file_name(Content::Script)), "{").unwrap();
        assert!(error(&fixture).contains("cannot be decompressed"), "{}", error(&fixture));
        fixture.put(recorded.hash, Content::Script, b"right");
        let sources = fixture.sources();
        let longer = RecordedScript { length: 6, ..recorded.clone() };
        assert!(sources.text(&longer).unwrap_err().to_string().contains("found 5 bytes, expected 6"));
        let endless = RecordedScript { length: u64::MAX, ..recorded };
        assert!(sources.text(&endless).unwrap_err().to_string().contains("expected at most 50.0 MB"));
        let latin = Fixture::new(vec![RecordedScript { hash: ContentHash::of(b"\xff"), length: 1, ..endless }]);
        latin.put(ContentHash::of(b"\xff"), Content::Script, b"\xff");
        assert!(error(&latin).contains("not valid UTF-8"), "{}", error(&latin));
    }

    #[cfg(unix)]
    #[test]
    fn a_content_that_is_a_device_is_not_read() {
        let recorded = script(1, "a.js", "right");
        let fixture = Fixture::new(vec![recorded.clone()]);
        let file = fixture.folder.path().join(FOLDER).join(recorded.hash.file_name(Content::Script));
        std::os::unix::fs::symlink("/dev/zero", file).unwrap();
        let error = fixture.sources().text(&recorded).unwrap_err().to_string();
        assert!(error.contains("not a regular file"), "{error}");
    }
}
