//! Source positions in rows.

use serde::Serialize;

use crate::analysis::Location;
use crate::query::{Scripts, reloaded_url};

/// A source position as JSON has it: as written if a source map has it. Lines and columns count from 0.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Position {
    pub(crate) script_id: u32,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) url: Option<String>,
}

impl Position {
    pub(crate) fn new(location: Location, scripts: &Scripts) -> Self {
        let place = scripts.place(location);
        Self {
            script_id: location.script_id,
            line: place.line,
            column: place.column,
            url: place.url.map(str::to_owned),
        }
    }

    /// Returns the position of a class. If several are joined, the URL leaves out what changes between loads.
    pub(crate) fn of_class(location: Option<Location>, joined_count: u32, scripts: &Scripts) -> Option<Self> {
        let mut position = Self::new(location?, scripts);
        if joined_count > 1 {
            position.url = position.url.map(|url| reloaded_url(&url).unwrap_or(&url).to_owned());
        }
        Some(position)
    }
}
