//! Source folders, and positions that are opened in the editor.

use std::path::{Path, PathBuf};

use egui::Context;

use super::AppState;
use crate::editor::{self, Spot};
use crate::model::{SnapshotId, human};
use crate::query::{Lane, Scripts, ScriptsOf, short_script};
use crate::sources::{NoFile, Position, ScriptFile, SourcePaths, SourceRoot, Sources, url_file};
use crate::ui::command::{Beside, Command, SourceAt};
use crate::ui::editors::Opening;
use crate::ui::notice::Notice;
use crate::ui::panes::Slot;
use crate::ui::panes::source::resolved;

impl AppState {
    /// Sets the places of source files that the command line names. The folders of the settings are added.
    pub fn set_source_paths(&mut self, paths: SourcePaths) {
        self.given_paths = paths;
        self.apply_source_roots();
    }

    pub(super) fn apply_source_roots(&mut self) {
        self.session.set_source_paths(self.given_paths.with_roots(&self.settings.source_roots));
    }

    /// Asks for a folder with source files; `url` is that of the script whose file is missing.
    pub(in crate::ui) fn ask_for_source_folder(&mut self, ctx: &Context, url: Option<String>) {
        self.folder_for = url;
        self.dialog.choose_folder(ctx);
    }

    /// Sets the script that the next source folder is added for.
    pub fn prefer_source_folder_for(&mut self, url: &str) {
        self.folder_for = Some(url.to_owned());
    }

    /// Adds a source folder.
    pub fn add_source_folder(&mut self, folder: &Path) {
        let url = self.folder_for.take();
        let name = human::visible(&folder.display().to_string(), 200).into_owned();
        let Ok(real) = folder.canonicalize() else {
            self.toasts.push(Notice::problem(format!("Folder {name} does not exist")));
            return;
        };
        if !real.is_dir() {
            self.toasts.push(Notice::problem(format!("{name} is not a folder")));
            return;
        }
        let root = match url.as_deref().map(|url| (url, SourceRoot::for_script(&real, url))) {
            Some((_, Some(root))) => root,
            Some((url, None)) => {
                let script = short_script(url);
                let text = format!("{script} is not in {name}. Choose the folder that contains it");
                self.toasts.push(Notice::problem(text));
                return;
            }
            None => SourceRoot::folder(&real),
        };
        let is_added = self.settings.add_source_root(root);
        self.apply_source_roots();
        self.toasts.push(if is_added {
            Notice::fact(format!("Added the source folder {name}"))
        } else {
            Notice::problem(format!("{name} was not added: its name is not valid Unicode"))
        });
    }

    /// Opens dropped files. Source maps and folders are not opened: they are used for the snapshots that are open.
    pub(super) fn open_dropped(&mut self, files: Vec<PathBuf>) {
        let is_map = |file: &PathBuf| {
            file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("map")) || file.is_dir()
        };
        let (maps, files): (Vec<PathBuf>, Vec<PathBuf>) = files.into_iter().partition(is_map);
        if !maps.is_empty() {
            self.use_source_maps(&maps);
        }
        self.open_together(files);
    }

    /// Opens the snapshots again with more source maps. A folder may have source files as well.
    pub fn use_source_maps(&mut self, maps: &[PathBuf]) {
        for folder in maps.iter().filter_map(|map| map.canonicalize().ok()).filter(|map| map.is_dir()) {
            let _ = self.settings.add_source_root(SourceRoot::folder(&folder));
        }
        self.given_paths = self.given_paths.and_maps(maps);
        self.apply_source_roots();
        let open = self.session.open().iter();
        let open: Vec<(SnapshotId, PathBuf)> =
            open.filter_map(|open| Some((open.id, open.snapshot.source().path.clone()?))).collect();
        let (count, files) = (open.len() as u64, open.iter().map(|(_, file)| file.clone()).collect());
        for (id, _) in &open {
            self.close(*id);
        }
        self.open_together(files);
        let name = maps.first().map(|map| short_script(&map.to_string_lossy())).unwrap_or_default();
        self.toasts.push(Notice::fact(match count {
            0 => format!("{name} is used for snapshots that are opened from now on"),
            _ => format!("Opened {} again with {name}", human::quantity(count, "snapshot", "snapshots")),
        }));
    }

    /// Executes a command about a source position in a view; returns text to copy to the clipboard.
    pub(super) fn run_of_source(&mut self, slot: Slot, command: Command) -> Option<String> {
        let view = self.views.get_mut(&slot)?;
        match command {
            Command::ShowSource { at, opens } => {
                view.show_source(at, opens);
                if opens && self.settings.beside == Beside::Object {
                    self.settings.beside = Beside::Source;
                }
            }
            Command::HideSource => view.source.choose(None),
            Command::OpenInEditor(at) => self.open_in_editor(at),
            Command::CopySource(at) => return Some(self.copy_source(&at)),
            _ => {}
        }
        None
    }

    /// Executes a command of the pane of a profile; returns text to copy to the clipboard.
    pub(in crate::ui) fn run_of_profile(&mut self, slot: Slot, command: Command) -> Option<String> {
        let pane = self.profile_panes.get_mut(&slot)?;
        match command {
            Command::ShowSource { at, .. } => pane.show_source(Some(at)),
            Command::HideSource => pane.show_source(None),
            Command::OpenInEditor(at) => self.open_in_editor(at),
            Command::CopySource(at) => return Some(self.copy_source(&at)),
            Command::Copy(text) => return Some(text),
            Command::Notify(notice) => self.toasts.push(notice),
            _ => {}
        }
        None
    }

    /// Returns a source position as text, to copy it.
    pub(super) fn copy_source(&mut self, at: &SourceAt) -> String {
        self.toasts.push(Notice::fact("Copied the source location"));
        match at {
            SourceAt::Script(of, at) => {
                let scripts = self.session.ask(&ScriptsOf(*of)).ready();
                scripts.map_or_else(|| Scripts::default().full(*at), |scripts| scripts.full(*at))
            }
            SourceAt::Named { url, line, column, .. } => {
                format!("{}:{}:{}", human::visible(url, 2000), u64::from(*line) + 1, u64::from(*column) + 1)
            }
        }
    }

    /// Opens the position of the Source panel of the active side in the editor.
    pub(super) fn open_shown_in_editor(&mut self) {
        let slot = self.shown().map(|id| Slot { side: self.active, id });
        let view = slot.and_then(|slot| self.views.get(&slot));
        let of_profile = || self.profile_panes.get(&slot?)?.source_at(&self.session);
        if let Some(at) = view.and_then(|view| view.source.at(&self.session)).or_else(of_profile) {
            self.open_in_editor(at);
        } else {
            let text = "Select an object or a function with a source position to open it in the editor";
            self.toasts.push(Notice::fact(text));
        }
    }

    /// Opens a position in the editor; asks which editor if none is chosen.
    pub(in crate::ui) fn open_in_editor(&mut self, at: SourceAt) {
        if self.settings.editor.is_none() {
            self.editors.choose(Some(at));
            return;
        }
        self.editors.opening = Some(Opening { at, file: None });
    }

    /// Draws the choice of the editor, and opens the position for which it was asked.
    pub(in crate::ui) fn show_editors(&mut self, ctx: &Context) {
        let chosen = self.editors.show(ctx, self.settings.editor.as_deref());
        let Some(command) = chosen else { return };
        self.toasts.push(Notice::fact(format!("Source locations open in {}", editor::name_of(&command))));
        self.settings.editor = Some(command);
        if let Some(at) = self.editors.take_wanted() {
            self.open_in_editor(at);
            ctx.request_repaint();
        }
    }

    /// Starts the editor once the file of the position is found.
    pub(super) fn poll_editor(&mut self) {
        let Some(mut opening) = self.editors.opening.take() else { return };
        let Some(pending) = &mut opening.file else {
            opening.file = self.look_for_file(&mut opening.at);
            self.editors.opening = Some(opening);
            return;
        };
        match pending.take() {
            None => self.editors.opening = Some(opening),
            Some(Ok((Ok(file), _))) => self.start_editor(file),
            Some(Ok((Err(reason), url))) => {
                let reason = reason.explanation(Some(&url).filter(|url| !url.is_empty()).map(String::as_str));
                let text = format!("Cannot open {} in the editor: {reason}", short_script(&url));
                self.toasts.push(Notice::problem(text));
            }
            Some(Err(_)) => {
                self.toasts.push(Notice::problem("Cannot look for the file: internal error (please report it)"));
            }
        }
    }

    /// Starts to look for the file of a position, once the scripts of its snapshot are known.
    fn look_for_file(&mut self, at: &mut SourceAt) -> Option<crate::ui::editors::FoundFile> {
        let paths = self.session.source_paths().clone();
        let (SourceAt::Script(of, _) | SourceAt::Named { of, .. }) = &*at;
        let of = self.session.snapshot(*of).map(|snapshot| (*of, snapshot));
        let mut scripts = None;
        if let Some((id, _)) = &of {
            let known = self.session.ask(&ScriptsOf(*id)).ready()?;
            *at = resolved(at, &known);
            scripts = Some(known);
        }
        let wanted = at.clone();
        Some(self.session.spawn(Lane::Question, move |_| {
            Ok(match (wanted, of, scripts) {
                (SourceAt::Script(_, at), Some((_, snapshot)), Some(scripts)) => match scripts.get(at.script_id) {
                    Some(script) => {
                        let url = script.url.clone().unwrap_or_default();
                        (Sources::new(&snapshot, &scripts, &paths).file(at), url)
                    }
                    None => (Err(NoFile::NotLocal), String::new()),
                },
                (SourceAt::Named { url, line, column, .. }, ..) => {
                    (url_file(&url, Position { line, column }, &paths), url)
                }
                _ => (Err(NoFile::NotLocal), String::new()),
            })
        }))
    }

    fn start_editor(&mut self, file: ScriptFile) {
        let Some(command) = self.settings.editor.clone() else { return };
        let line = file.at.line.saturating_add(1);
        let place = format!("{}:{line}", short_script(&file.path.to_string_lossy()));
        let spot = Spot { file: file.path, line, column: file.at.column.saturating_add(1) };
        let name = editor::name_of(&command);
        self.toasts.push(match editor::open(&command, &spot) {
            Ok(()) if file.is_changed => {
                Notice::fact(format!("Opened {place} in {name}; the file has changed since the snapshot was taken"))
            }
            Ok(()) => Notice::fact(format!("Opened {place} in {name}")),
            Err(error) => Notice::problem(format!("Cannot open {place}: {error}. Choose another editor in Settings")),
        });
    }
}
