//! Names and positions as written, before a compiler, bundler or minifier changed them. They come from source maps.

use std::collections::{HashMap, HashSet};

use super::Location;

/// A position in a source file as written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OriginalPlace<'a> {
    /// The file or URL.
    pub url: &'a str,
    /// The line, from 0.
    pub line: u32,
    /// The column in UTF-16 units, from 0.
    pub column: u32,
}

/// The positions of a snapshot's functions and classes as written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Originals {
    /// The files or URLs.
    sources: Vec<Box<str>>,
    /// By position in a script: the file, the line and the column.
    places: HashMap<Location, (u32, u32, u32)>,
    /// By position in a script: the name of the class or function that starts there.
    names: HashMap<Location, Box<str>>,
    /// The scripts whose maps are used.
    scripts: HashSet<u32>,
    /// The maps that could not be used, as sentences without a full stop.
    notices: Vec<String>,
}

impl Originals {
    /// Adds a file and returns its number.
    pub(crate) fn add_source(&mut self, url: &str) -> u32 {
        self.sources.push(url.into());
        u32::try_from(self.sources.len() - 1).unwrap_or(u32::MAX)
    }

    /// Adds the position as written of a position in a script, by the number of the file.
    pub(crate) fn add_place(&mut self, at: Location, (source, line, column): (u32, u32, u32)) {
        if (source as usize) < self.sources.len() {
            self.scripts.insert(at.script_id);
            self.places.insert(at, (source, line, column));
        }
    }

    pub(crate) fn add_name(&mut self, at: Location, name: &str) {
        self.names.insert(at, name.into());
    }

    pub(crate) fn add_notice(&mut self, notice: String) {
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
    }

    /// Returns true if no source map was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Returns true if the map of a script is used.
    #[must_use]
    pub fn has_script(&self, id: u32) -> bool {
        self.scripts.contains(&id)
    }

    /// Returns the position as written of a position in a script.
    #[must_use]
    pub fn place(&self, at: Location) -> Option<OriginalPlace<'_>> {
        let &(source, line, column) = self.places.get(&at)?;
        Some(OriginalPlace { url: &self.sources[source as usize], line, column })
    }

    /// Returns the name as written of the class or function at a position.
    #[must_use]
    pub fn name(&self, at: Location) -> Option<&str> {
        self.names.get(&at).map(AsRef::as_ref)
    }

    /// Returns a position in a script whose position as written is this one.
    pub(crate) fn location_of(&self, url: &str, line: u32, column: u32) -> Option<Location> {
        let is_it = |&(_, &(source, of_line, of_column)): &(&Location, &(u32, u32, u32))| {
            (of_line, of_column) == (line, column) && *self.sources[source as usize] == *url
        };
        self.places.iter().filter(is_it).map(|(at, _)| *at).min()
    }

    /// Returns the maps that could not be used.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }
}
