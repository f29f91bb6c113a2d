//! The object and the view that the command line names.

use super::AppState;
use crate::model::{SnapshotId, human};
use crate::ui::command::{Lower, ViewKind};
use crate::ui::notice::Notice;
use crate::ui::text;

/// The maximum number of characters of an unknown view in its message.
const NAME_LIMIT: usize = 60;

/// An object and a view to show once the files of the command line are loaded.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Start {
    /// The id of an object of the last file.
    pub at: Option<u64>,
    /// The name of a view or of a lower pane.
    pub view: Option<String>,
}

impl Start {
    /// Creates the start from arguments of the command line.
    ///
    /// # Errors
    /// Returns a sentence that lists the known views if there is no view with that name.
    pub fn from_arguments(at: Option<u64>, view: Option<String>) -> Result<Self, String> {
        let is_known = |name: &str| lower_named(name).is_some() || kind_named(name).is_some();
        if let Some(name) = view.as_deref().filter(|name| !is_known(name)) {
            let kinds = ViewKind::all().map(name_of);
            let known: Vec<&str> = kinds.iter().map(String::as_str).chain(LOWER.map(|(name, _)| name)).collect();
            return Err(format!(
                "unknown view: {}; known views: {}",
                human::visible(name, NAME_LIMIT),
                known.join(", ")
            ));
        }
        Ok(Self { at, view })
    }
}

/// A start that waits for its file.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    /// The file; `None` until the session that contains it is restored.
    of: Option<SnapshotId>,
    /// True if the file is the last one of the last session.
    is_in_session: bool,
    start: Start,
}

impl AppState {
    /// Shows an object or a view once a file is loaded, or once the session that was opened is restored.
    pub fn start_at(&mut self, start: Start) {
        let of = self.opened.last().and_then(|ids| ids.last()).copied();
        let is_wanted = start != Start::default() && (of.is_some() || self.sessions.is_restoring());
        self.start = is_wanted.then_some(Waiting { of, is_in_session: of.is_none(), start });
    }

    /// Sets the files of a restored session, of which the last one is the file of an object on the command line.
    pub(super) fn start_in_session(&mut self, files: &[Option<SnapshotId>]) {
        let shown = self.shown();
        let last = files.iter().copied().flatten().rfind(|id| self.session.snapshot(*id).is_some());
        if let Some(waiting) = self.start.as_mut().filter(|waiting| waiting.is_in_session) {
            waiting.of = if waiting.start.at.is_some() { last } else { shown.or(last) };
        }
    }

    /// Shows the object and the view of the command line, once their file is loaded and nothing else is about to be shown.
    pub(super) fn take_start(&mut self) {
        if !self.batch.is_empty() || self.sessions.is_restoring() {
            return;
        }
        let is_loading = |id: SnapshotId| self.session.loads().iter().any(|load| load.id == id && load.error.is_none());
        if self.start.as_ref().is_none_or(|waiting| waiting.of.is_some_and(is_loading)) {
            return;
        }
        let Some(Waiting { of: Some(id), start, .. }) = self.start.take() else { return };
        if self.session.snapshot(id).is_none() {
            if self.session.profile(id).is_some() {
                let name = text::name_of(&self.session, id);
                self.toasts.push(Notice::problem(format!("{name} is a profile: --at and --view need a snapshot")));
            }
            return;
        }
        self.show_in(self.active, id);
        let lower = start.view.as_deref().and_then(lower_named);
        let kind = start.view.as_deref().and_then(kind_named).unwrap_or(ViewKind::SUMMARY);
        if let Some(at) = start.at {
            self.find_object(id, at, kind, lower.unwrap_or(Lower::Retainers));
            return;
        }
        self.show_view(kind);
        if let Some(lower) = lower {
            self.settings.collapses_lower = false;
            if let Some(view) = self.shown_snapshot_view() {
                view.lower = lower;
            }
        }
    }
}

/// Returns the name of a view on the command line.
fn name_of(kind: ViewKind) -> String {
    kind.label().to_lowercase().replace(' ', "-")
}

/// Returns the view with a label, in any case, with `-` for spaces.
pub(super) fn kind_named(name: &str) -> Option<ViewKind> {
    let name = name.replace('-', " ");
    ViewKind::all().into_iter().find(|kind| kind.label().eq_ignore_ascii_case(&name))
}

/// The lower panes and their names on the command line.
const LOWER: [(&str, Lower); 4] =
    [("retainers", Lower::Retainers), ("paths", Lower::Paths), ("object", Lower::Object), ("source", Lower::Source)];

fn lower_named(name: &str) -> Option<Lower> {
    LOWER.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, lower)| *lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_all_views_are_known_and_others_are_refused_with_a_list() {
        for kind in ViewKind::all() {
            assert_eq!(kind_named(&name_of(kind)), Some(kind));
            assert_eq!(lower_named(&name_of(kind)), None);
        }
        let refusal = Start::from_arguments(None, Some("nope\u{1b}".to_owned())).expect_err("an unknown view");
        assert!(refusal.starts_with("unknown view: nope"), "{refusal}");
        assert!(
            refusal.contains("summary") && refusal.contains("retainers") && !refusal.contains('\u{1b}'),
            "{refusal}"
        );
        assert!(Start::from_arguments(None, Some("Paths".to_owned())).is_ok());
    }
}
