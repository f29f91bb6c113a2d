//! Settings that are saved between runs.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::command::Beside;
use super::theme::Density;
use crate::model::human::Units;
use crate::sources::SourceRoot;

const RECENT_LIMIT: usize = 8;

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
    /// Recently opened files, newest first.
    pub recent: Vec<PathBuf>,
    /// The signatures of findings that the user does not want to see.
    pub ignored_findings: Vec<String>,
    /// The labels of the views whose hints are not shown again.
    pub dismissed_hints: Vec<String>,
    /// The content of the lower right pane.
    pub beside: Beside,
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
            recent: Vec::new(),
            ignored_findings: Vec::new(),
            dismissed_hints: Vec::new(),
            beside: Beside::default(),
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

    /// Puts a file at the front of the recent files.
    pub fn remember(&mut self, path: &Path) {
        // A relative path could name another file in the next run.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        // The settings file can only store UTF-8 paths.
        if path.to_str().is_none() {
            return;
        }
        self.recent.retain(|recent| *recent != path);
        self.recent.insert(0, path);
        self.recent.truncate(RECENT_LIMIT);
    }
}
