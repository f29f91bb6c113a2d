//! The text of a script, from the places where it may be, the most trusted first.

use std::path::PathBuf;

use super::lines::{Lines, Position};
use super::paths::{LARGEST_FILE, NoFile, SourcePaths};
use super::recorded::RecordedSources;
use crate::query::{Script, script_source};
use crate::snapshot::Snapshot;

/// The wrapper that Node.js put around `CommonJS` modules before version 12.
const WRAPPER: &str = "(function (exports, require, module, __filename, __dirname) { ";
const WRAPPER_END: &str = "\n});";

/// The least bytes of a script in a snapshot that prove that a file outside all roots is its file.
pub(super) const PROOF: usize = 200;

/// The place that a text is from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    Snapshot,
    /// Recorded with the capture.
    Recorded,
    File(PathBuf),
    /// The contents that a source map has of a file as written.
    SourceMap,
}

/// The text of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ScriptText {
    pub(crate) text: String,
    pub(crate) origin: Origin,
    /// True if only the beginning is known.
    pub(crate) is_cut: bool,
    /// The position of the text in its file: a script within a page does not start at 0.
    start: Position,
}

impl ScriptText {
    /// Creates the text of a file as written.
    pub(super) fn written(text: String, origin: Origin) -> Self {
        Self { text, origin, is_cut: false, start: Position { line: 0, column: 0 } }
    }

    /// Returns the position in the text of a position that V8 reports; `None` if it is before the text.
    pub(crate) fn inner(&self, at: Position) -> Option<Position> {
        let line = at.line.checked_sub(self.start.line)?;
        let column = if line == 0 { at.column.checked_sub(self.start.column)? } else { at.column };
        Some(Position { line, column })
    }

    /// Returns the position as V8 reports it.
    pub(crate) fn outer(&self, at: Position) -> Position {
        let column = if at.line == 0 { at.column.saturating_add(self.start.column) } else { at.column };
        Position { line: at.line.saturating_add(self.start.line), column }
    }
}

/// The result of a search for the text of a script.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct FoundText {
    pub(crate) text: Option<ScriptText>,
    /// The reason why no file was used, if the snapshot and the records lack the whole text.
    pub(crate) no_file: Option<NoFile>,
}

/// Finds the text of a script: in the snapshot, else what was recorded with it, else in a file that fits, else as much as
/// the snapshot has. Reads at most one whole file.
pub(crate) fn script_text(
    snapshot: &Snapshot,
    script: &Script,
    recorded: Option<&RecordedSources>,
    paths: &SourcePaths,
) -> FoundText {
    let known = known_text(snapshot, script);
    if known.as_ref().is_some_and(|known| !known.is_cut) {
        return FoundText { text: known, no_file: None };
    }
    if let Some(text) = recorded.and_then(|recorded| from_record(recorded, script, known.as_ref())) {
        return FoundText { text: Some(text), no_file: None };
    }
    let Some(url) = script.url.as_deref() else { return FoundText { text: known, no_file: Some(NoFile::NotLocal) } };
    match from_file(snapshot, script, url, known.as_ref(), paths) {
        Ok(text) => FoundText { text: Some(text), no_file: None },
        Err(reason) => FoundText { text: known, no_file: Some(reason) },
    }
}

/// Returns the file of a script, if its text is that of the script in the snapshot.
pub(super) fn verified_file(snapshot: &Snapshot, script: &Script, paths: &SourcePaths) -> Option<PathBuf> {
    let known = known_text(snapshot, script);
    match from_file(snapshot, script, script.url.as_deref()?, known.as_ref(), paths).ok()?.origin {
        Origin::File(path) => Some(path),
        _ => None,
    }
}

/// Returns what was recorded with a snapshot, if it was captured by this program.
pub(super) fn recorded_with(snapshot: &Snapshot) -> Option<RecordedSources> {
    RecordedSources::beside(snapshot.source().path.as_ref()?)
}

/// Returns the recorded text of a script, if it begins with the text that the snapshot has.
fn from_record(recorded: &RecordedSources, script: &Script, known: Option<&ScriptText>) -> Option<ScriptText> {
    let of = recorded.script(script.id, script.url.as_deref())?;
    let text = recorded.text(of).ok()?;
    let start = known.map_or(Position { line: of.first_line, column: of.first_column }, |known| known.start);
    let text = match known {
        Some(known) => fitting(text, &known.text)?,
        None => text,
    };
    Some(ScriptText { text, origin: Origin::Recorded, is_cut: false, start })
}

/// Returns as much of the text of a script as the snapshot has.
pub(super) fn known_text(snapshot: &Snapshot, script: &Script) -> Option<ScriptText> {
    script_source(snapshot, script).map(|source| ScriptText {
        text: source.text.into_owned(),
        origin: Origin::Snapshot,
        is_cut: source.is_cut,
        start: Position { line: source.line_offset, column: source.column_offset },
    })
}

/// Returns the text of a URL without a script, such as that of a profile: only a file inside a root is trusted.
pub(super) fn url_text(url: &str, paths: &SourcePaths) -> FoundText {
    let mut reason = NoFile::NotLocal;
    let candidates = match paths.candidates(url) {
        Ok(candidates) => candidates,
        Err(reason) => return FoundText { text: None, no_file: Some(reason) },
    };
    for candidate in candidates {
        if !candidate.is_in_root {
            return FoundText { text: None, no_file: Some(NoFile::Unproven(candidate.path)) };
        }
        match paths.read(&candidate, LARGEST_FILE) {
            Ok(text) => {
                let (origin, start) = (Origin::File(candidate.path), Position { line: 0, column: 0 });
                return FoundText { text: Some(ScriptText { text, origin, is_cut: false, start }), no_file: None };
            }
            Err(other) => reason = other,
        }
    }
    FoundText { text: None, no_file: Some(reason) }
}

pub(super) fn from_file(
    snapshot: &Snapshot,
    script: &Script,
    url: &str,
    known: Option<&ScriptText>,
    paths: &SourcePaths,
) -> Result<ScriptText, NoFile> {
    let mut reason = NoFile::NotLocal;
    for candidate in paths.candidates(url)? {
        let text = match paths.read(&candidate, LARGEST_FILE) {
            Ok(text) => text,
            Err(other) => {
                reason = other;
                continue;
            }
        };
        let path = candidate.path;
        let start = known.map_or(Position { line: 0, column: 0 }, |known| known.start);
        let text = match known {
            // A few characters are the beginning of many files.
            Some(known) if !candidate.is_in_root && known.text.len() < PROOF => {
                reason = NoFile::Unproven(path);
                continue;
            }
            Some(known) => {
                let Some(text) = fitting(text, &known.text) else {
                    reason = NoFile::Differs(path);
                    continue;
                };
                text
            }
            None if !candidate.is_in_root => return Err(NoFile::Unproven(path)),
            None if !has_positions(snapshot, script, &text) => {
                reason = NoFile::Differs(path);
                continue;
            }
            None => text,
        };
        return Ok(ScriptText { text, origin: Origin::File(path), is_cut: false, start });
    }
    Err(reason)
}

/// Returns the text of a file as V8 sees it, if it begins with the text that the snapshot has.
fn fitting(text: String, known: &str) -> Option<String> {
    if begins_with(&text, known) {
        return Some(text);
    }
    let inside = known.strip_prefix(WRAPPER)?;
    // Node.js replaces the line of the interpreter by nothing.
    let body = if text.starts_with("#!") { &text[text.find('\n').unwrap_or(text.len())..] } else { &text };
    begins_with(body, inside).then(|| format!("{WRAPPER}{body}{WRAPPER_END}"))
}

/// Returns true if a text begins with what V8 wrote of it, which lacks characters beyond the first plane.
fn begins_with(text: &str, known: &str) -> bool {
    let mut characters = text.chars().filter(|&character| character <= '\u{ffff}');
    !known.is_empty()
        && known.chars().filter(|&character| character <= '\u{ffff}').all(|one| characters.next() == Some(one))
}

/// Returns true if the positions that the snapshot has of functions and classes of the script are in the text.
fn has_positions(snapshot: &Snapshot, script: &Script, text: &str) -> bool {
    let lines = Lines::new(text);
    let positions = snapshot.locations().distinct().iter().filter(|at| at.script_id == script.id);
    let (mut all, mut fitting) = (0_usize, 0_usize);
    for at in positions {
        all += 1;
        let offset = lines.offset(text, Position { line: at.line, column: at.column });
        // A function starts with its parameters, its name or a keyword.
        let is_start = |rest: &str| {
            rest.starts_with(|first: char| {
                first.is_alphabetic() || matches!(first, '(' | '_' | '$' | '[' | '*' | '#' | '{' | '\'' | '"' | '@')
            })
        };
        fitting += usize::from(offset.and_then(|offset| text.get(offset..)).is_some_and(is_start));
    }
    all > 0 && fitting * 20 >= all * 19
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_fits_if_it_begins_with_the_text_in_the_snapshot() {
        assert_eq!(fitting("let a; let b;".into(), "let a;"), Some("let a; let b;".into()));
        assert_eq!(fitting("let a; let b;".into(), "let b;"), None);
        assert_eq!(fitting("let a;".into(), ""), None);
        // V8 leaves out characters beyond the first plane.
        assert_eq!(fitting("// 😀!\nx".into(), "// !\n"), Some("// 😀!\nx".into()));
    }

    #[test]
    fn the_wrapper_of_old_modules_is_added_to_their_files() {
        let text = fitting("let a;\nlet b;".into(), &format!("{WRAPPER}let a;")).unwrap();
        assert_eq!(text, format!("{WRAPPER}let a;\nlet b;{WRAPPER_END}"));
    }

    #[test]
    fn a_script_within_a_page_has_other_positions() {
        let start = Position { line: 3, column: 8 };
        let text = ScriptText { text: String::new(), origin: Origin::Snapshot, is_cut: false, start };
        let at = |line, column| Position { line, column };
        assert_eq!(text.inner(at(3, 9)), Some(at(0, 1)));
        assert_eq!(text.inner(at(4, 9)), Some(at(1, 9)));
        assert_eq!(text.inner(at(3, 7)), None);
        assert_eq!(text.outer(at(0, 1)), at(3, 9));
        assert_eq!(text.outer(at(1, 9)), at(4, 9));
    }
}
