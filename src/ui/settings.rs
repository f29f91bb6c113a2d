//! Settings that are saved between runs.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::command::Beside;
use super::theme::Density;
use crate::model::human::Units;
use crate::sources::SourceRoot;

/// The maximum number of recent sets.
const RECENT_LIMIT: usize = 12;
/// The maximum number of queries in the history, and of the bytes of each.
const QUERY_LIMIT: usize = 40;
const QUERY_BYTES: usize = 20_000;

/// Files that were opened together.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RecentSet {
    pub files: Vec<PathBuf>,
    /// The time at which they were opened; unknown for files that an older version remembered.
    pub opened: Option<Timestamp>,
}

impl RecentSet {
    /// Returns the deepest folder that contains all files.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        let (first, others) = self.files.split_first()?;
        first.ancestors().skip(1).find(|folder| others.iter().all(|file| file.starts_with(folder)))
    }
}

/// The chosen theme.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum ThemeChoice {
    #[default]
    System,
    Light,
    Dark,
}

impl ThemeChoice {
    /// Returns the theme that a click on the switch selects.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }
}

impl From<ThemeChoice> for egui::ThemePreference {
    fn from(choice: ThemeChoice) -> Self {
        match choice {
            ThemeChoice::System => Self::System,
            ThemeChoice::Light => Self::Light,
            ThemeChoice::Dark => Self::Dark,
        }
    }
}

/// The user's preferences and recent files.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Settings {
    pub theme: ThemeChoice,
    /// True for colors of high contrast.
    pub high_contrast: bool,
    /// True if nothing may move or fade.
    pub reduce_motion: bool,
    /// The height of the rows of tables.
    pub density: Density,
    /// The zoom factor of the window; 1 is normal.
    pub text_scale: f32,
    pub units: Units,
    /// True if opened files are cached, so that they open quickly the next time.
    pub keep_index: bool,
    /// Sets of files that were opened together, newest first.
    pub recent_sets: Vec<RecentSet>,
    /// Recently opened files, newest first, as older versions stored them.
    #[serde(skip_serializing)]
    recent: Vec<PathBuf>,
    /// The signatures of findings that the user does not want to see.
    pub ignored_findings: Vec<String>,
    /// Queries in SQL that were run, the last one first.
    pub queries: Vec<String>,
    /// The labels of the views whose hints are not shown again.
    pub dismissed_hints: Vec<String>,
    /// The content of the lower right pane.
    pub beside: Beside,
    /// True if the lower half of views is collapsed.
    pub collapses_lower: bool,
    /// The command that opens a source position; `None` until the user has chosen an editor.
    pub editor: Option<String>,
    /// The folders in which the files of scripts are read.
    pub source_roots: Vec<SourceRoot>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::default(),
            high_contrast: false,
            reduce_motion: false,
            density: Density::default(),
            text_scale: 1.0,
            units: Units::default(),
            keep_index: true,
            recent_sets: Vec::new(),
            recent: Vec::new(),
            ignored_findings: Vec::new(),
            queries: Vec::new(),
            dismissed_hints: Vec::new(),
            beside: Beside::default(),
            collapses_lower: false,
            editor: None,
            source_roots: Vec::new(),
        }
    }
}

impl Settings {
    pub fn set_text_scale(&mut self, scale: f32) {
        self.text_scale = if scale.is_finite() { scale.clamp(0.6, 2.5) } else { 1.0 };
    }

    /// Hides findings with this signature.
    pub fn ignore_finding(&mut self, signature: String) {
        if !self.ignored_findings.contains(&signature) {
            self.ignored_findings.push(signature);
        }
    }

    /// Puts a query at the front of the history.
    pub fn remember_query(&mut self, query: String) {
        if query.len() <= QUERY_BYTES {
            self.queries.retain(|of| *of != query);
            self.queries.insert(0, query);
            self.queries.truncate(QUERY_LIMIT);
        }
    }

    /// Stops showing the hint of a view.
    pub fn dismiss_hint(&mut self, view: &str) {
        if !self.dismissed_hints.iter().any(|of| of == view) {
            self.dismissed_hints.push(view.to_owned());
        }
    }

    /// Adds a source folder; returns false if the settings file cannot store its path.
    #[must_use]
    pub(super) fn add_source_root(&mut self, root: SourceRoot) -> bool {
        if root.to().to_str().is_none() {
            return false;
        }
        if !self.source_roots.contains(&root) {
            self.source_roots.push(root);
        }
        true
    }

    /// Puts files that were opened together at the front of the recent sets. Sets that contain no other file are removed.
    pub fn remember(&mut self, files: &[PathBuf]) {
        // A relative path could name another file in the next run. The settings file can only store UTF-8 paths.
        let files = files.iter().map(|file| std::path::absolute(file).unwrap_or_else(|_| file.clone()));
        let files: Vec<PathBuf> = files.filter(|file| file.to_str().is_some()).collect();
        if files.is_empty() {
            return;
        }
        self.recent_sets.retain(|set| !set.files.iter().all(|file| files.contains(file)));
        self.recent_sets.insert(0, RecentSet { files, opened: Some(Timestamp::now()) });
        self.recent_sets.truncate(RECENT_LIMIT);
    }

    /// Turns the recent files of an older version into sets of one file.
    pub(super) fn migrate(&mut self) {
        for file in std::mem::take(&mut self.recent) {
            if !self.recent_sets.iter().any(|set| set.files == [file.clone()]) {
                self.recent_sets.push(RecentSet { files: vec![file], opened: None });
            }
        }
        self.recent_sets.retain(|set| !set.files.is_empty());
        self.recent_sets.truncate(RECENT_LIMIT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(settings: &Settings) -> Vec<Vec<&str>> {
        let sets = settings.recent_sets.iter();
        sets.map(|set| set.files.iter().filter_map(|file| file.to_str()).collect()).collect()
    }

    fn remember(settings: &mut Settings, files: &[&str]) {
        settings.remember(&files.iter().map(PathBuf::from).collect::<Vec<_>>());
    }

    #[test]
    fn sets_are_kept_newest_first_and_contained_ones_are_removed() {
        let mut settings = Settings::default();
        remember(&mut settings, &["/a"]);
        remember(&mut settings, &["/b"]);
        remember(&mut settings, &["/a", "/c"]);
        assert_eq!(files(&settings), [vec!["/a", "/c"], vec!["/b"]]);
        remember(&mut settings, &["/a"]);
        assert_eq!(files(&settings), [vec!["/a"], vec!["/a", "/c"], vec!["/b"]]);
        for at in 0..20 {
            remember(&mut settings, &[&format!("/{at}")]);
        }
        assert_eq!(settings.recent_sets.len(), RECENT_LIMIT);
    }

    #[test]
    fn recent_files_of_older_versions_become_sets_of_one() {
        let mut settings: Settings = serde_json::from_str(r#"{"recent": ["/a", "/b"]}"#).expect("settings");
        settings.migrate();
        assert_eq!(files(&settings), [["/a"], ["/b"]]);
        let text = serde_json::to_string(&settings).expect("written");
        let mut again: Settings = serde_json::from_str(&text).expect("settings");
        again.migrate();
        assert_eq!(again, settings);
    }

    #[test]
    fn a_set_has_the_deepest_common_folder() {
        let set = |files: &[&str]| RecentSet { files: files.iter().map(PathBuf::from).collect(), opened: None };
        assert_eq!(set(&["/x/y/a", "/x/y/b"]).folder(), Some(Path::new("/x/y")));
        assert_eq!(set(&["/x/y/a", "/x/z/b"]).folder(), Some(Path::new("/x")));
        assert_eq!(set(&["/x/y/a"]).folder(), Some(Path::new("/x/y")));
    }
}
