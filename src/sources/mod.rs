//! From a script and a position to source text, and to the statements that fill a holder.
//!
//! The text of a script is in the snapshot (its beginning, usually), in what was recorded with the capture, or in a file;
//! `paths.rs` says which files may be read. `statements` parses scripts and finds the lines that a person should change.

mod files;
mod lines;
mod paths;
mod question;
mod statements;
mod syntax;
mod text;
mod tokens;

use std::sync::OnceLock;

pub(crate) use files::{ScriptFile, SourceOfUrl, script_file, url_file};
pub(crate) use lines::{Lines, Position};
pub(crate) use paths::NoFile;
pub use paths::{SourcePaths, SourceRoot};
pub(crate) use question::{ShownText, SourceOf, SourceView};
pub(crate) use statements::{
    Callback, HolderKind, HolderName, Made, ScriptPosition, Sought, Statement, What, statements,
};
pub(crate) use text::{FoundText, Origin};
pub(crate) use tokens::TokenKind;

use crate::model::human;
use crate::query::{Script, Scripts, reloaded_url};
use crate::snapshot::Snapshot;
use text::script_text;

/// The scripts of one snapshot with their texts, each read when it is first asked for and kept until this is dropped.
#[derive(Debug)]
pub(crate) struct Sources<'a> {
    snapshot: &'a Snapshot,
    scripts: &'a Scripts,
    paths: &'a SourcePaths,
    /// By position in [`Scripts::all`].
    texts: Vec<OnceLock<FoundText>>,
}

impl<'a> Sources<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot, scripts: &'a Scripts, paths: &'a SourcePaths) -> Self {
        let texts = scripts.all().iter().map(|_| OnceLock::new()).collect();
        Self { snapshot, scripts, paths, texts }
    }

    /// Returns the text of a script, or the reason why there is none.
    pub(crate) fn text(&self, id: u32) -> &FoundText {
        static NOTHING: OnceLock<FoundText> = OnceLock::new();
        let Ok(at) = self.scripts.all().binary_search_by_key(&id, |script| script.id) else {
            return NOTHING.get_or_init(FoundText::default);
        };
        self.texts[at].get_or_init(|| script_text(self.snapshot, &self.scripts.all()[at], self.paths))
    }

    pub(crate) fn snapshot(&self) -> &'a Snapshot {
        self.snapshot
    }

    pub(crate) fn scripts(&self) -> &'a Scripts {
        self.scripts
    }

    /// Returns the text of a script, prepared to be shown.
    pub(crate) fn view(&self, id: u32) -> SourceView {
        SourceView::new(self.scripts.url(id).map(str::to_owned), self.text(id).clone())
    }

    /// Returns the line of a position, if the text of the script is at hand.
    pub(crate) fn line(&self, place: ScriptPosition) -> Option<String> {
        let text = self.text(place.script_id).text.as_ref()?;
        let at = text.inner(place.at)?;
        let lines = Lines::new(&text.text);
        // The last line of a cut text is incomplete.
        let is_whole = !text.is_cut || (at.line as usize) + 1 < lines.count();
        let line = lines.line(&text.text, at.line as usize).trim();
        (is_whole && !line.is_empty()).then(|| shown_line(line))
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

/// Returns true for scripts that are not part of a runtime.
#[must_use]
pub(crate) fn is_program_url(url: &str) -> bool {
    !(url.starts_with("node:") || url.starts_with("ext:") || url.starts_with("internal/") || url.is_empty())
}

/// The maximum number of characters of a line in a list.
const LINE_LIMIT: usize = 160;

/// Returns a line of source as shown in lists: cut, as those of minified scripts are long, and with control characters
/// visible.
fn shown_line(line: &str) -> String {
    human::visible(line, LINE_LIMIT).into_owned()
}
