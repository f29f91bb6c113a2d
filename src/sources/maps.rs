//! Source maps: from positions in generated scripts to those in the files as written.
//!
//! A map is in the script's own text, beside the script's file, or given by the user. A map that does not fit the script is
//! not used: its positions must be where tokens of the script start.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use sourcemap::{DecodedMap, SourceMap};

use super::lines::{Lines, Position, byte_of_column};
use super::paths::{Candidate, LARGEST_FILE, NoFile, SourcePaths};
use super::recorded::RecordedSources;
use super::text::{Origin, PROOF, ScriptText};
use crate::inputs::read_small;
use crate::query::{Script, reloaded_url};

/// The largest map that is read.
const LARGEST_MAP: u64 = 256 << 20;
/// The comment that names a script's map.
const COMMENTS: [&str; 2] = ["//# sourceMappingURL=", "//@ sourceMappingURL="];
/// The number of mappings that are compared with the text, and the least number that proves something.
const COMPARED: usize = 2000;
const LEAST_COMPARED: usize = 3;
/// The largest offset of a section of an index map.
const MOST_LINES: u32 = 1 << 28;
/// The reason why a map is refused that is not that of the script.
pub(super) const DIFFERENT: &str = "it is not the map of the script: its positions do not match";

/// A source map that fits its script.
pub(crate) struct ScriptMap {
    map: SourceMap,
    /// The file or URL of the map, to which its sources are relative.
    base: String,
    /// The folder in which its sources may be read, if the map is from a file of this machine.
    sources_in: Option<PathBuf>,
    /// True if the text of the script proves that this is its map.
    pub(super) is_proven: bool,
}

impl std::fmt::Debug for ScriptMap {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ScriptMap").field("base", &self.base).finish_non_exhaustive()
    }
}

/// A position as written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Mapped<'a> {
    /// The number of the file in the map.
    pub(crate) source: u32,
    pub(crate) at: Position,
    /// The name that the map has for the identifier at the position.
    pub(crate) name: Option<&'a str>,
}

/// The reason why a map is not used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct BadMap {
    /// The file or URL of the map.
    pub(crate) from: String,
    pub(crate) reason: String,
}

impl ScriptMap {
    /// Returns the position as written of a position in the script.
    pub(crate) fn lookup(&self, at: Position) -> Option<Mapped<'_>> {
        let token = self.map.lookup_token(at.line, at.column).filter(|token| token.get_dst_line() == at.line)?;
        let at = Position { line: token.get_src_line(), column: token.get_src_col() };
        let has_source = token.get_source().is_some_and(|source| !source.is_empty());
        has_source.then(|| Mapped { source: token.get_src_id(), at, name: token.get_name() })
    }

    /// Returns the file or URL of the map.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Returns the file or URL of a source.
    pub(crate) fn source_url(&self, source: u32) -> String {
        resolved(&self.base, self.map.get_source(source).unwrap_or(""))
    }

    /// Returns the text of a source, if the map has it.
    pub(crate) fn content(&self, source: u32) -> Option<&str> {
        self.map.get_source_contents(source).filter(|text| !text.is_empty())
    }

    /// Returns the text of a source from its file. A map inside a snapshot or capture does not make files trusted.
    pub(crate) fn file_of(&self, source: u32, paths: &SourcePaths) -> Result<(PathBuf, String), NoFile> {
        let mut reason = NoFile::NotLocal;
        for candidate in paths.candidates(&self.source_url(source))? {
            let is_near = self.sources_in.as_ref().is_some_and(|folder| candidate.path.starts_with(folder));
            if !candidate.is_in_root && !is_near {
                reason = NoFile::Unproven(candidate.path);
                continue;
            }
            match paths.read(&candidate, LARGEST_FILE) {
                Ok(text) if self.is_text_of(source, &text) => return Ok((candidate.path, text)),
                Ok(_) => reason = NoFile::Differs(candidate.path),
                Err(other) => reason = other,
            }
        }
        Err(reason)
    }

    /// Returns true if a text is that of a source: the positions and names of the map are in it. A file may have been
    /// changed since the script was generated.
    fn is_text_of(&self, source: u32, text: &str) -> bool {
        if let Some(content) = self.content(source) {
            return content == text;
        }
        let lines = Lines::new(text);
        let tokens = self.map.tokens().filter(|token| token.get_src_id() == source);
        let step = (self.map.get_token_count() as usize / COMPARED).max(1);
        let (mut all, mut fitting, mut named, mut right) = (0_usize, 0_usize, 0_usize, 0_usize);
        for token in tokens.step_by(step) {
            all += 1;
            let (line, column) = token.get_src();
            let line_text = lines.line(text, line as usize);
            let offset = byte_of_column(line_text, column).filter(|_| (line as usize) < lines.count());
            let Some(offset) = offset else { continue };
            let is_start = starts_token(line_text, offset) && (offset < line_text.len() || column == 0);
            fitting += usize::from(is_start);
            if let Some(name) = token.get_name() {
                named += 1;
                right += usize::from(line_text[offset..].starts_with(name));
            }
        }
        // Compilers make names of their own for what they add, so not all names are in the text.
        fitting * 20 >= all * 19 && right * 10 >= named * 3
    }
}

/// Finds the map of a script. `None` if nothing says that there is one.
pub(super) fn find(
    script: &Script,
    text: Option<&ScriptText>,
    recorded: Option<&RecordedSources>,
    paths: &SourcePaths,
) -> Option<Result<ScriptMap, BadMap>> {
    let url = script.url.as_deref()?;
    for file in paths.maps() {
        let Some(file) = given(file, url) else { continue };
        let file = std::path::absolute(&file).unwrap_or(file);
        let bytes = read_small(&file, LARGEST_MAP).map_err(|error| error.to_string());
        return Some(decoded(file.display().to_string(), bytes, text, file.parent().map(Path::to_owned)));
    }
    if let Some(found) = recorded.and_then(|recorded| from_record(recorded, script, text)) {
        return Some(found);
    }
    let comment = text.filter(|text| !text.is_cut).and_then(|text| comment(&text.text));
    if let Some(data) = comment.filter(|comment| comment.starts_with("data:")) {
        return Some(decoded(url.to_owned(), data_of(data), text, None));
    }
    let beside = beside(url);
    let is_proven = || is_of_file(url, text, paths);
    let named = comment.map(|comment| resolved(url, comment));
    // What a comment names may be missing in production; the file beside the script is only looked for.
    for (url, is_named) in named.into_iter().map(|url| (url, true)).chain([(beside, false)]) {
        let Ok(candidates) = paths.candidates(&url) else { continue };
        for candidate in candidates.iter().filter(|candidate| candidate.is_in_root || is_proven()) {
            if let Some(found) = read_candidate(paths, candidate, text, is_named) {
                return Some(found);
            }
        }
    }
    None
}

/// Returns true if the text of a script is that of its file on this machine. Otherwise a snapshot could name any map as
/// that of a script.
fn is_of_file(url: &str, text: Option<&ScriptText>, paths: &SourcePaths) -> bool {
    let Some(text) = text else { return false };
    let is_equal = |candidate: &Candidate| paths.read(candidate, LARGEST_FILE).is_ok_and(|file| file == text.text);
    matches!(text.origin, Origin::File(_))
        || (text.text.len() >= PROOF && paths.candidates(url).is_ok_and(|candidates| candidates.iter().any(is_equal)))
}

/// Returns the map that was recorded with the capture.
fn from_record(
    recorded: &RecordedSources,
    script: &Script,
    text: Option<&ScriptText>,
) -> Option<Result<ScriptMap, BadMap>> {
    let of = recorded.script(script.id, script.url.as_deref())?;
    let bytes = recorded.map(of)?.map_err(|error| error.to_string());
    let url = of.map.as_ref()?.url.clone();
    Some(decoded(url, bytes, text, None))
}

/// Returns true if a script has no comment that names a map, but a map beside its file, or the user gave one.
pub(super) fn may_have_one(url: &str, paths: &SourcePaths) -> bool {
    let beside = beside(url);
    let is_file = |candidate: &Candidate| candidate.path.is_file();
    paths.maps().iter().any(|file| given(file, url).is_some())
        || paths.candidates(&beside).is_ok_and(|candidates| candidates.iter().any(is_file))
}

/// Returns the URL or path of a map beside a script.
fn beside(url: &str) -> String {
    format!("{}.map", reloaded_url(url).unwrap_or(url))
}

fn read_candidate(
    paths: &SourcePaths,
    candidate: &Candidate,
    text: Option<&ScriptText>,
    is_named: bool,
) -> Option<Result<ScriptMap, BadMap>> {
    match paths.read(candidate, LARGEST_MAP) {
        Ok(map) => {
            let (from, folder) = (candidate.path.display().to_string(), project_of(&candidate.path));
            Some(decoded(from, Ok(map.into_bytes()), text, folder))
        }
        Err(NoFile::NotFound(_) | NoFile::Outside(_) | NoFile::NotLocal | NoFile::Refused | NoFile::Off) => None,
        Err(reason) if is_named => {
            let from = candidate.path.display().to_string();
            Some(Err(BadMap { reason: reason.explanation(Some(&from)), from }))
        }
        Err(_) => None,
    }
}

/// Returns the folder of the project that a map beside a script belongs to: the nearest one with a `package.json`, else the
/// one above the map's folder.
fn project_of(map: &Path) -> Option<PathBuf> {
    let folder = map.parent()?;
    let is_project = |folder: &&Path| folder.join("package.json").is_file();
    folder.ancestors().take(6).find(is_project).or(folder.parent()).map(Path::to_owned)
}

/// Returns the file for a script, if the user gave it: a map of that name, or one of that name in a folder.
fn given(file: &Path, url: &str) -> Option<PathBuf> {
    let map = beside(url);
    let wanted = map.rsplit(['/', '\\']).next().filter(|name| *name != ".map")?;
    if file.is_dir() {
        let inside = file.join(wanted);
        return inside.is_file().then_some(inside);
    }
    (file.file_name()?.to_str()? == wanted).then(|| file.to_owned())
}

/// Returns the URL in the last comment of a script that names its map.
fn comment(text: &str) -> Option<&str> {
    let (at, length) = COMMENTS.iter().filter_map(|comment| Some((text.rfind(comment)?, comment.len()))).max()?;
    // Anywhere else it is part of a string.
    let is_line_start = text[..at].chars().next_back().is_none_or(char::is_whitespace);
    let url = text[at + length..].split_whitespace().next()?;
    let after = &text[at + length + url.len()..];
    (is_line_start && after.trim().len() < 200).then_some(url)
}

/// Decodes the content of a data URL.
fn data_of(url: &str) -> Result<Vec<u8>, String> {
    let (head, data) = url.split_once(',').ok_or("the data URL has no comma")?;
    let decoded = if head.ends_with(";base64") {
        data_encoding::BASE64.decode(data.as_bytes()).map_err(|error| error.to_string())
    } else {
        Ok(percent_encoding::percent_decode_str(data).collect())
    };
    decoded.map_err(|error: String| format!("the data URL cannot be decoded: {error}"))
}

pub(super) fn decoded(
    from: String,
    bytes: Result<Vec<u8>, String>,
    text: Option<&ScriptText>,
    sources_in: Option<PathBuf>,
) -> Result<ScriptMap, BadMap> {
    let map = bytes.and_then(|bytes| decode(&bytes));
    let map = map.and_then(|map| match text.and_then(|text| fits(&map, text)) {
        Some(false) => Err(DIFFERENT.to_owned()),
        fits => Ok((map, fits.is_some())),
    });
    match map {
        Ok((map, is_proven)) => Ok(ScriptMap { map, base: from, sources_in, is_proven }),
        // A data URL is too long to be shown, so the script is named.
        Err(reason) => Err(BadMap { from, reason }),
    }
}

fn decode(bytes: &[u8]) -> Result<SourceMap, String> {
    // The map is not trusted, and the decoder adds numbers without checks.
    let decoded = catch_unwind(AssertUnwindSafe(|| match sourcemap::decode_slice(bytes) {
        Ok(DecodedMap::Regular(map)) => Ok(map),
        Ok(DecodedMap::Index(index)) if index.sections().any(is_far) => {
            Err(sourcemap::Error::CannotFlatten("a section is too far away".to_owned()))
        }
        Ok(DecodedMap::Index(index)) => index.flatten(),
        Ok(DecodedMap::Hermes(map)) => Ok((*map).clone()),
        Err(error) => Err(error),
    }));
    let map = decoded.map_err(|_| "its mappings are damaged".to_owned())?;
    map.map_err(|error| format!("it is not a source map: {error}"))
}

/// Returns true for a section whose position no script has.
fn is_far(section: &sourcemap::SourceMapSection) -> bool {
    let (line, column) = section.get_offset();
    line.max(column) > MOST_LINES
}

/// Returns whether the positions of a map are where tokens of the script start; `None` if too little of the script is known.
fn fits(map: &SourceMap, text: &ScriptText) -> Option<bool> {
    let lines = Lines::new(&text.text);
    let count = map.get_token_count() as usize;
    let step = (count / COMPARED).max(1);
    let (mut all, mut fitting) = (0_usize, 0_usize);
    for token in map.tokens().step_by(step) {
        let (line, column) = token.get_dst();
        let line_text = lines.line(&text.text, line as usize);
        let is_known = (line as usize) < lines.count();
        let offset = byte_of_column(line_text, column).filter(|_| is_known);
        // Of a text that is cut, the end is not known.
        if text.is_cut && line as usize + 1 >= lines.count() && offset.is_none_or(|offset| offset >= line_text.len()) {
            continue;
        }
        all += 1;
        fitting += usize::from(offset.is_some_and(|offset| starts_token(line_text, offset)));
    }
    (all >= LEAST_COMPARED).then_some(fitting * 20 >= all * 19)
}

/// Returns true if no identifier or number continues at an offset.
fn starts_token(line: &str, offset: usize) -> bool {
    let is_word = |character: Option<char>| {
        character.is_some_and(|character| character.is_alphanumeric() || character == '_' || character == '$')
    };
    !(is_word(line[..offset].chars().next_back()) && is_word(line[offset..].chars().next()))
}

/// Resolves a URL or path that is relative to another one.
fn resolved(base: &str, relative: &str) -> String {
    if url::Url::parse(relative).is_ok() || Path::new(relative).is_absolute() {
        return relative.to_owned();
    }
    if let Ok(url) = url::Url::parse(base)
        && let Ok(joined) = url.join(relative)
    {
        return joined.to_string();
    }
    let mut parts: Vec<&str> = base.split(['/', '\\']).collect();
    parts.pop();
    for part in relative.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                if parts.last().is_some_and(|part| !part.is_empty() && *part != "..") {
                    parts.pop();
                } else if parts.first() != Some(&"") {
                    parts.push("..");
                }
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::SourceRoot;

    #[test]
    fn sources_are_relative_to_their_map() {
        for (base, relative, expected) in [
            ("/app/dist/a.js.map", "../src/cart.ts", "/app/src/cart.ts"),
            ("file:///app/dist/a.js", "../src/my%20cart.ts", "file:///app/src/my%20cart.ts"),
            ("http://host/js/a.js", "cart.ts", "http://host/js/cart.ts"),
            ("/app/a.js", "webpack://app/./src/x.ts", "webpack://app/./src/x.ts"),
            ("/app/a.js", "/src/x.ts", "/src/x.ts"),
            ("/a.js", "../../../x.ts", "/x.ts"),
        ] {
            assert_eq!(resolved(base, relative), expected);
        }
    }

    #[test]
    fn a_map_beside_a_file_is_read_only_if_the_file_is_the_script() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().canonicalize().unwrap().join("a.js");
        let script_text = "let a = 1; // as long as a proof must be\n".repeat(8);
        let map = r#"{"version":3,"sources":["x.ts"],"sourcesContent":["secret()"],"names":[],"mappings":"AAAA"}"#;
        std::fs::write(&file, &script_text).unwrap();
        std::fs::write(file.with_extension("js.map"), map).unwrap();
        let script = Script { id: 1, url: file.to_str().map(str::to_owned), node: None, map_url: None };
        let found = |text: &str, paths: &SourcePaths| {
            let text = ScriptText::written(text.to_owned(), Origin::Snapshot);
            find(&script, Some(&text), None, paths).is_some()
        };
        let none = SourcePaths::default();
        assert!(found(&script_text, &none));
        // It fits any map, as no position is inside a word.
        assert!(!found(&";".repeat(400), &none));
        assert!(!found(&script_text[..50], &none));
        let root = SourcePaths::new(vec![SourceRoot::folder(file.parent().unwrap())]);
        assert!(found(&";".repeat(400), &root));
    }

    #[test]
    fn the_last_comment_names_the_map() {
        assert_eq!(comment("a\n//# sourceMappingURL=a.js.map\n"), Some("a.js.map"));
        assert_eq!(comment("//# sourceMappingURL=a.map\nb\n//@ sourceMappingURL=b.map"), Some("b.map"));
        assert_eq!(comment(&format!("x='//# sourceMappingURL=a.map';{}", "y();".repeat(100))), None);
        assert_eq!(comment("a"), None);
    }

    #[test]
    fn a_damaged_map_is_an_error() {
        for text in [
            "",
            "{",
            "[]",
            "{\"version\":3,\"sources\":[],\"mappings\":\"AAAA\"}",
            "{\"version\":3,\"mappings\":\"ggggggggggggggggB\"}",
        ] {
            assert!(decode(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_data_url_is_decoded() {
        assert_eq!(data_of("data:application/json;base64,e30="), Ok(b"{}".to_vec()));
        assert_eq!(data_of("data:application/json,%7B%7D"), Ok(b"{}".to_vec()));
        assert!(data_of("data:application/json;base64,!").is_err());
        assert!(data_of("data:").is_err());
    }
}
