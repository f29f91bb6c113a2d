//! The question for the source text of a script.

use std::ops::Range;

use super::Sources;
use super::lines::{Lines, Position, byte_of_column};
use super::paths::{NoFile, SourcePaths};
use super::text::{FoundText, Origin, ScriptText};
use super::tokens::{Token, Tokens};
use crate::analysis::{Location, Originals};
use crate::model::{CancelToken, Cancelled, HeapBytes, SnapshotId, human};
use crate::query::{Need, Needs, Question, ScriptsOf};

/// The bytes of the largest text that is colored.
const COLORED: usize = 4 << 20;

/// Asks for the text of a script, or of a file as written from which it was generated.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct SourceOf {
    snapshot: SnapshotId,
    script_id: u32,
    /// The location, if source maps may lead to different files.
    at: Option<Location>,
    paths: SourcePaths,
}

impl SourceOf {
    /// Asks for the text that contains a location: as written, if a source map has the location.
    pub(crate) fn at(snapshot: SnapshotId, originals: &Originals, at: Location, paths: &SourcePaths) -> Self {
        let (script_id, at) = (at.script_id, (!originals.is_empty()).then_some(at));
        Self { snapshot, script_id, at, paths: paths.clone() }
    }
}

/// The text of a script, prepared to be shown.
#[derive(Clone, Debug)]
pub(crate) struct SourceView {
    /// The file or address of the script; `None` if the snapshot does not name it.
    pub(crate) url: Option<String>,
    pub(crate) text: Option<ShownText>,
    /// The reason why no file was used, if the snapshot and its capture lack the whole text.
    pub(crate) no_file: Option<NoFile>,
}

/// A text with its lines and tokens.
#[derive(Clone, Debug)]
pub(crate) struct ShownText {
    script: ScriptText,
    /// The location that was asked for and its position in the file as written, if the text is that.
    written: Option<(Location, Position)>,
    lines: Lines,
    /// In order; empty for a very long text.
    tokens: Vec<Token>,
}

impl SourceView {
    pub(crate) fn new(url: Option<String>, found: FoundText, written: Option<(Location, Position)>) -> Self {
        let text = found.text.map(|script| {
            let tokens = if script.text.len() <= COLORED { Tokens::new(&script.text).collect() } else { Vec::new() };
            ShownText { lines: Lines::new(&script.text), tokens, written, script }
        });
        Self { url, text, no_file: found.no_file }
    }

    /// Returns why the whole text of the script, or the line that was asked for, is not known.
    pub(crate) fn missing(&self, has_line: bool) -> Option<String> {
        let reason = self.no_file.as_ref().map(|reason| reason.explanation(self.url.as_deref()));
        match (&self.text, has_line) {
            (None, _) => reason,
            (Some(text), _) if text.is_cut() => {
                let cut = "the snapshot has only the beginning of the script";
                Some(reason.map_or_else(|| cut.to_owned(), |reason| format!("{cut}; {reason}")))
            }
            (Some(_), true) => None,
            (Some(_), false) => Some("the position is outside the script's text".to_owned()),
        }
    }
}

impl ShownText {
    pub(crate) fn origin(&self) -> &Origin {
        &self.script.origin
    }

    /// Returns the origin as words.
    pub(crate) fn origin_label(&self) -> String {
        match self.origin() {
            Origin::Snapshot => "text in the snapshot".to_owned(),
            Origin::File(path) => format!("text of the file {}", path.display()),
            Origin::SourceMap => "text in the source map".to_owned(),
            Origin::Recorded => "text recorded with the capture".to_owned(),
        }
    }

    /// Returns the position of the location that was asked for, if the text is that of a file as written.
    pub(crate) fn written(&self) -> Option<Position> {
        self.written.map(|(_, position)| position)
    }

    /// Returns true if only the beginning of the text is known.
    pub(crate) fn is_cut(&self) -> bool {
        self.script.is_cut
    }

    pub(crate) fn line_count(&self) -> usize {
        self.lines.count()
    }

    /// Returns the text of a line, counted from 0.
    pub(crate) fn line(&self, line: usize) -> &str {
        self.lines.line(&self.script.text, line)
    }

    /// Returns at most so many characters of a line around a column, with control characters visible. A short line is whole.
    pub(crate) fn part_of_line(&self, line: usize, column: u32, limit: usize) -> String {
        let text = self.line(line);
        if text.len() <= limit {
            return human::visible(text, limit).into_owned();
        }
        super::shown_line(text, column).unwrap_or_default()
    }

    /// Returns the number of a line as in the file, counted from 1.
    pub(crate) fn line_number(&self, line: usize) -> u32 {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        self.script.outer(Position { line, column: 0 }).line.saturating_add(1)
    }

    /// Returns the position in the text of a location in the snapshot; `None` if the text does not reach it.
    pub(crate) fn position(&self, at: Location) -> Option<Position> {
        let inner = match &self.written {
            Some((asked, position)) => (*asked == at).then_some(*position)?,
            None => self.script.inner(Position { line: at.line, column: at.column })?,
        };
        self.lines.offset(&self.script.text, inner).map(|_| inner)
    }

    /// Returns the byte offset inside its line of a position in the text.
    pub(crate) fn byte_of(&self, at: Position) -> Option<usize> {
        byte_of_column(self.line(at.line as usize), at.column)
    }

    /// Returns the tokens of a part of a line, with byte ranges inside the line. A line may have millions.
    pub(crate) fn tokens_in(&self, line: usize, part: Range<usize>) -> Vec<Token> {
        let Some((line_start, line_end)) = self.lines.range(&self.script.text, line) else { return Vec::new() };
        let start = (line_start + part.start).min(line_end);
        let end = (line_start + part.end).min(line_end);
        let first = self.tokens.partition_point(|token| token.range.end <= start);
        let of_line = self.tokens[first..].iter().take_while(|token| token.range.start < end);
        let inside = |token: &Token| Token {
            kind: token.kind,
            range: token.range.start.max(start) - line_start..token.range.end.min(end) - line_start,
        };
        of_line.map(inside).collect()
    }
}

impl HeapBytes for SourceView {
    fn heap_bytes(&self) -> usize {
        let of = |text: &ShownText| text.script.text.len() + 4 * text.lines.count() + 24 * text.tokens.len();
        self.text.as_ref().map_or(0, of)
    }
}

impl Question for SourceOf {
    type Answer = SourceView;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.snapshot]
    }

    fn needs(&self) -> Vec<Need> {
        vec![Box::new(ScriptsOf(self.snapshot))]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<SourceView, Cancelled> {
        let scripts = needs.answer(&ScriptsOf(self.snapshot));
        cancel.check()?;
        let sources = Sources::new(needs.snapshot(self.snapshot), &scripts, &self.paths);
        Ok(sources.view(self.script_id, self.at))
    }
}
