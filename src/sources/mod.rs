//! From a script and a position to source text, and to the statements that fill a holder.
//!
//! The text of a script is in the snapshot (its beginning, usually), in what was recorded with the capture, or in a file;
//! `paths` says which files may be read. `statements` parses scripts and finds the lines that a person should change.

mod declared;
mod exercise;
mod files;
mod lines;
mod maps;
mod originals;
mod packages;
mod paths;
mod question;
mod recorded;
mod statements;
mod syntax;
mod text;
mod tokens;

use std::sync::OnceLock;

pub use exercise::exercise_script;
pub(crate) use files::{ScriptFile, SourceOfUrl, url_file};
use lines::byte_of_column;
pub(crate) use lines::{Lines, Position};
pub use originals::apply_maps;
pub(crate) use packages::{PackageVersions, PackageVersionsOf, package_versions};
pub(crate) use paths::NoFile;
pub use paths::{SourcePaths, SourceRoot};
pub(crate) use question::{ShownText, SourceOf, SourceView};
pub use recorded::{RecordedError, RecordedSources};
pub(crate) use statements::{
    Callback, HolderKind, HolderName, Made, ScriptPosition, Sought, Statement, What, statements,
};
pub(crate) use text::{FoundText, Origin};
pub(crate) use tokens::TokenKind;

use crate::analysis::Location;
use crate::model::human;
use crate::query::{Script, Scripts, cut_around, reloaded_url};
use crate::snapshot::Snapshot;
use maps::ScriptMap;
use originals::original_text;
use statements::function_at;
use text::{ScriptText, recorded_with, script_text};

/// The scripts of one snapshot with their texts, each read when it is first asked for and kept until this is dropped.
#[derive(Debug)]
pub(crate) struct Sources<'a> {
    snapshot: &'a Snapshot,
    scripts: &'a Scripts,
    paths: &'a SourcePaths,
    /// The sources that were recorded with the capture, once they are asked for.
    recorded: OnceLock<Option<RecordedSources>>,
    /// By position in [`Scripts::all`].
    texts: Vec<OnceLock<FoundText>>,
    maps: Vec<OnceLock<Option<ScriptMap>>>,
}

/// A place in a file, as written if a source map has it, with its line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ShownPlace {
    pub(crate) url: String,
    /// From 0.
    pub(crate) at: Position,
    /// The function that contains the place, if the text of the file as written is at hand.
    pub(crate) function: Option<String>,
    pub(crate) text: Option<String>,
    /// True if it is the position in a file as written.
    pub(crate) is_written: bool,
}

impl<'a> Sources<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot, scripts: &'a Scripts, paths: &'a SourcePaths) -> Self {
        let texts = scripts.all().iter().map(|_| OnceLock::new()).collect();
        let maps = scripts.all().iter().map(|_| OnceLock::new()).collect();
        Self { snapshot, scripts, paths, recorded: OnceLock::new(), texts, maps }
    }

    /// Returns the text of a script, or the reason why there is none.
    pub(crate) fn text(&self, id: u32) -> &FoundText {
        static NOTHING: OnceLock<FoundText> = OnceLock::new();
        let Some(at) = self.index(id) else { return NOTHING.get_or_init(FoundText::default) };
        let find = || script_text(self.snapshot, &self.scripts.all()[at], self.recorded(), self.paths);
        self.texts[at].get_or_init(find)
    }

    pub(crate) fn snapshot(&self) -> &'a Snapshot {
        self.snapshot
    }

    pub(crate) fn scripts(&self) -> &'a Scripts {
        self.scripts
    }

    fn recorded(&self) -> Option<&RecordedSources> {
        self.recorded.get_or_init(|| recorded_with(self.snapshot)).as_ref()
    }

    fn index(&self, id: u32) -> Option<usize> {
        self.scripts.all().binary_search_by_key(&id, |script| script.id).ok()
    }

    /// Returns the source map of a script, if it has one that fits.
    fn map(&self, id: u32) -> Option<&ScriptMap> {
        // The maps were looked for when the snapshot was loaded.
        let at = self.index(id).filter(|_| self.scripts.originals().has_script(id))?;
        let script = &self.scripts.all()[at];
        let find = || maps::find(script, self.text(id).text.as_ref(), self.recorded(), self.paths)?.ok();
        self.maps[at].get_or_init(find).as_ref()
    }

    /// Returns a position as written, with its line and function.
    pub(crate) fn shown(&self, place: ScriptPosition) -> ShownPlace {
        self.written(place).unwrap_or_else(|| ShownPlace {
            url: self.url(place.script_id).to_owned(),
            at: place.at,
            function: None,
            text: self.line(place),
            is_written: false,
        })
    }

    fn written(&self, place: ScriptPosition) -> Option<ShownPlace> {
        let (map, mapped) = self.mapped(place)?;
        let url = map.source_url(mapped.source);
        let text = original_text(map, mapped.source, self.paths);
        let line = text.as_ref().and_then(|text| {
            let lines = Lines::new(text);
            shown_line(lines.line(text, mapped.at.line as usize), mapped.at.column)
        });
        let function = text.and_then(|text| {
            let offset = Lines::new(&text).offset(&text, mapped.at)?;
            syntax::parse(&url, &text, false, |semantic| function_at(semantic, offset)).ok()?
        });
        Some(ShownPlace { url, at: mapped.at, function, text: line, is_written: true })
    }

    /// Returns the text of a script, or, of the file as written that contains a location, prepared to be shown.
    pub(crate) fn view(&self, id: u32, at: Option<Location>) -> SourceView {
        at.and_then(|at| self.written_view(at))
            .unwrap_or_else(|| SourceView::new(self.scripts.url(id).map(str::to_owned), self.text(id).clone(), None))
    }

    fn written_view(&self, at: Location) -> Option<SourceView> {
        let (map, mapped) = self.mapped(ScriptPosition { script_id: at.script_id, at: position(at) })?;
        let inside = map.content(mapped.source).map(|text| Ok(ScriptText::written(text.to_owned(), Origin::SourceMap)));
        let found = inside.unwrap_or_else(|| {
            let file = map.file_of(mapped.source, self.paths);
            file.map(|(path, text)| ScriptText::written(text, Origin::File(path)))
        });
        let (text, no_file) = match found {
            Ok(text) => (Some(text), None),
            Err(reason) => (None, Some(reason)),
        };
        Some(SourceView::new(Some(map.source_url(mapped.source)), FoundText { text, no_file }, Some((at, mapped.at))))
    }

    /// Returns the source map of a script and the position as written of a position in it.
    fn mapped(&self, place: ScriptPosition) -> Option<(&ScriptMap, maps::Mapped<'_>)> {
        let map = self.map(place.script_id)?;
        let inner = match &self.text(place.script_id).text {
            Some(text) => text.inner(place.at)?,
            None => place.at,
        };
        Some((map, map.lookup(inner)?))
    }

    /// Finds the file that contains a location, to open it in an editor: the file as written if a source map has one.
    ///
    /// # Errors
    /// Returns the reason if there is no such file.
    pub(crate) fn file(&self, at: Location) -> Result<ScriptFile, NoFile> {
        if let Some((map, mapped)) = self.mapped(ScriptPosition { script_id: at.script_id, at: position(at) }) {
            match map.file_of(mapped.source, self.paths) {
                Ok((path, _)) => return ScriptFile::resolved(path, false, mapped.at),
                Err(NoFile::Differs(path)) => return ScriptFile::resolved(path, true, mapped.at),
                Err(_) => {}
            }
        }
        let script = self.scripts.get(at.script_id).ok_or(NoFile::NotLocal)?;
        files::script_file(self.snapshot, script, position(at), self.paths)
    }

    /// Returns the line of a position, if the text of the script is at hand.
    pub(crate) fn line(&self, place: ScriptPosition) -> Option<String> {
        let text = self.text(place.script_id).text.as_ref()?;
        let at = text.inner(place.at)?;
        let lines = Lines::new(&text.text);
        // The last line of a cut text is incomplete.
        let is_whole = !text.is_cut || (at.line as usize) + 1 < lines.count();
        shown_line(lines.line(&text.text, at.line as usize), at.column).filter(|_| is_whole)
    }

    /// Returns the URL of a script; empty if it is unknown.
    pub(crate) fn url(&self, id: u32) -> &str {
        self.scripts.url(id).unwrap_or("")
    }

    /// Returns true if two scripts are one that was loaded again.
    fn is_same(&self, one: u32, other: u32) -> bool {
        let url = |id| self.scripts.url(id).and_then(reloaded_url);
        one == other || (url(one).is_some() && url(one) == url(other))
    }

    /// Returns the ids of the scripts of the program, of those that were loaded again only the newest.
    fn newest_ids(&self) -> Vec<u32> {
        let of_program = |script: &&Script| script.url.as_deref().is_some_and(is_program_url);
        let mut newest: Vec<(&str, u32)> = Vec::new();
        for script in self.scripts.all().iter().filter(of_program) {
            newest.push((script.url.as_deref().and_then(reloaded_url).unwrap_or(""), script.id));
        }
        newest.sort_unstable();
        // Scripts without a name of their own are all different.
        newest.dedup_by(|later, earlier| {
            let is_same = !later.0.is_empty() && later.0 == earlier.0;
            if is_same {
                earlier.1 = later.1;
            }
            is_same
        });
        let mut ids: Vec<u32> = newest.into_iter().map(|(_, id)| id).collect();
        ids.sort_unstable();
        ids
    }
}

fn position(at: Location) -> Position {
    Position { line: at.line, column: at.column }
}

/// Returns true for scripts that are not part of a runtime.
#[must_use]
pub(crate) fn is_program_url(url: &str) -> bool {
    !(url.starts_with("node:") || url.starts_with("ext:") || url.starts_with("internal/") || url.is_empty())
}

/// The bytes before and after a position that are looked at to show its line.
const AROUND: usize = 4 * LINE_LIMIT;
/// The maximum number of characters of a line in a list.
const LINE_LIMIT: usize = 160;

/// Returns a line of source as shown in lists: at most so many characters around a column, as lines of minified scripts are
/// long, and with control characters visible. `None` for a blank line.
fn shown_line(line: &str, column: u32) -> Option<String> {
    // A line may have millions of characters, so only a part of it is looked at.
    let at = byte_of_column(line, column)?;
    let start = line.floor_char_boundary(at.saturating_sub(AROUND));
    let end = line.ceil_char_boundary((at + AROUND).min(line.len()));
    let part = line[start..end].trim_end();
    let inside: usize = line[start..at].chars().map(char::len_utf16).sum();
    let cut = cut_around(part, inside, LINE_LIMIT)?;
    let mark = if start > 0 && !cut.text.starts_with('…') { "…" } else { "" };
    let text = format!("{mark}{}", human::visible(&cut.text, LINE_LIMIT + 2));
    (!text.is_empty()).then_some(text)
}
