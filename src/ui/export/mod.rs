//! Export of a list to a file: CSV for spreadsheets, JSON for programs.
//!
//! An existing file is replaced only after the user has agreed, and only by a complete one.

mod file;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use egui::Context;

use file::{NotWritten, write_file};

use super::command::ExportList;
use super::dialog::{self, Height};
use super::notice::Notice;
use super::save_report;
use super::theme::GRID;
use crate::export::{
    FileFormat, write_collections, write_comparison, write_groups, write_growth, write_list, write_scripts,
};
use crate::model::{CancelToken, human};
use crate::query::{
    CollectionsOf, DuplicatesOf, GrowthGroup, GrowthOf, Lane, NodeFilter, ScriptListOf, SelectionOf, SeriesList,
    grown_classes, scripts,
};
use crate::report::ReportFormat;
use crate::session::{Pending, Reply, Session};
use crate::sources::PackageVersionsOf;
use crate::sql::{Answered, write_answer};

/// A function that writes the rows to an open file.
type Writer = Box<dyn FnOnce(&mut dyn Write, &CancelToken) -> io::Result<()> + Send>;

/// The permission to replace an existing file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Replace {
    Ask,
    Agreed,
}

/// The outcome of an export.
#[derive(Debug)]
enum Outcome {
    Ended(Notice),
    /// Nothing was written, because a file with this name exists.
    Exists(Existing),
}

/// A file that would be replaced.
#[derive(Debug)]
struct Existing {
    path: PathBuf,
    is_link: bool,
}

/// The export in progress, and the question about it.
#[derive(Debug, Default)]
pub(super) struct Exports {
    /// The list that waits for a path, and the proposed file name.
    wanted: Option<(ExportList, String)>,
    running: Option<(String, ExportList, Pending<Outcome>)>,
    question: Option<(Existing, ExportList)>,
    takes_focus: bool,
    /// True if the user is to be asked for a path.
    is_name_needed: bool,
}

/// The user's choice about an existing file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Choice {
    Replace,
    OtherName,
    Cancel,
}

impl Exports {
    /// Requests an export of a list.
    pub(super) fn want(&mut self, list: ExportList, name: String) {
        self.wanted = Some((list, name));
        self.is_name_needed = true;
    }

    /// Returns the list that waits for a path.
    pub(super) fn take_wanted(&mut self) -> Option<ExportList> {
        self.wanted.take().map(|(list, _)| list)
    }

    /// Returns the name of the file being written.
    pub(super) fn writing(&self) -> Option<&str> {
        self.running.as_ref().map(|(name, ..)| name.as_str())
    }

    pub(super) fn cancel(&mut self) {
        self.running = None;
    }

    /// Returns why no other export can begin now.
    pub(super) fn refusal(&self) -> Option<String> {
        if let Some(name) = self.writing() {
            return Some(format!("{name} is still being written; wait for it or cancel it"));
        }
        let (existing, _) = self.question.as_ref()?;
        Some(format!("First choose whether to replace {}", name_of(&existing.path)))
    }

    /// Starts writing. The error is a message to show.
    ///
    /// Invariant: one export at a time. Another one would cancel the first, or take the place of its question.
    pub(super) fn start(
        &mut self,
        session: &mut Session,
        path: PathBuf,
        list: ExportList,
        replace: Replace,
    ) -> Result<(), String> {
        if let Some(refusal) = self.refusal() {
            return Err(refusal);
        }
        let name = name_of(&path);
        let pending = match list.clone() {
            ExportList::Report(wish) => {
                let write = save_report::writer(session, wish, ReportFormat::of(&path).unwrap_or(ReportFormat::Html))?;
                spawn(session, (path, replace), "the report".to_owned(), write)
            }
            list => job(session, path, list, replace)?,
        };
        self.running = Some((name, list, pending));
        Ok(())
    }

    /// Handles the outcome of an export; returns a message to show.
    pub(super) fn poll(&mut self) -> Option<Notice> {
        let (_, _, pending) = self.running.as_mut()?;
        let answer = pending.take()?;
        let (_, list, _) = self.running.take()?;
        match answer {
            Ok(Outcome::Ended(message)) => Some(message),
            Ok(Outcome::Exists(existing)) => {
                (self.question, self.takes_focus) = (Some((existing, list)), true);
                None
            }
            Err(_) => Some(Notice::fact("The export was canceled")),
        }
    }

    /// Asks what to do about an existing file; returns a message to show.
    pub(super) fn show(&mut self, ctx: &Context, session: &mut Session) -> Option<String> {
        let existing = self.question.as_ref().map(|(existing, _)| existing);
        let choice = ask(ctx, existing, std::mem::take(&mut self.takes_focus))?;
        let (existing, list) = self.question.take()?;
        match choice {
            Choice::Replace => self.start(session, existing.path, list, Replace::Agreed).err(),
            Choice::OtherName => {
                let name = existing.path.file_name().map(|name| name.to_string_lossy().into_owned());
                self.want(list, name.unwrap_or_default());
                None
            }
            Choice::Cancel => None,
        }
    }

    /// Returns the proposed name, once, if the user is to be asked for a path.
    pub(super) fn take_proposed_name(&mut self) -> Option<String> {
        std::mem::take(&mut self.is_name_needed).then(|| self.wanted.as_ref().map(|(_, name)| name.clone())).flatten()
    }
}

/// Returns the name of a file for a remark.
fn name_of(path: &Path) -> String {
    let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
    human::visible(&name, 60).into_owned()
}

/// Shows the question, if there is one; returns `None` until it is answered.
fn ask(ctx: &Context, existing: Option<&Existing>, takes_focus: bool) -> Option<Choice> {
    let (mut choice, mut is_open) = (None, existing.is_some());
    let size = (dialog::WIDTH, Height::Content);
    dialog::window(ctx, ("replace file", "Replace the file?"), size, &mut is_open, |ui| {
        let Some(existing) = existing else { return };
        let path = &existing.path;
        let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
        let folder = path.parent().map_or_else(String::new, |folder| folder.display().to_string());
        let what = if existing.is_link { "is a symbolic link" } else { "already exists" };
        ui.label(format!("{} {what} in {}", human::visible(&name, 120), human::visible(&folder, 300)));
        if existing.is_link {
            ui.weak("Replacing it removes the link. The target of the link is not changed.");
        }
        ui.add_space(2.0 * GRID);
        ui.horizontal(|ui| {
            if ui.button("Replace").clicked() {
                choice = Some(Choice::Replace);
            }
            let other = ui.button("Choose another name…");
            if takes_focus {
                other.request_focus();
            }
            if other.clicked() {
                choice = Some(Choice::OtherName);
            }
            if ui.button("Cancel").clicked() {
                choice = Some(Choice::Cancel);
            }
        });
    });
    existing?;
    choice.or((!is_open).then_some(Choice::Cancel))
}

/// Starts a job that writes the list, which must be on screen so that its order is known.
fn job(session: &mut Session, path: PathBuf, list: ExportList, replace: Replace) -> Result<Pending<Outcome>, String> {
    let not_yet = || "The list is still loading".to_owned();
    let rows = match &list {
        ExportList::Rows(key) => session.ask(key),
        ExportList::Comparison(key) => session.ask(key),
        ExportList::Strings(key) => session.ask(key),
        ExportList::Growth(key) => session.ask(key),
        ExportList::Collections(key) => session.ask(key),
        ExportList::Scripts(key) => session.ask(key),
        ExportList::Query(question) => {
            let Reply::Ready(answer) = session.ask(question) else { return Err(not_yet()) };
            return query_job(session, path, answer, replace);
        }
        ExportList::Report(_) => return Err(not_yet()),
    };
    let Reply::Ready(rows) = rows else { return Err(not_yet()) };
    let format = format_of(&path);
    let write: Writer = match list {
        ExportList::Rows(key) => {
            let snapshot = session.snapshot(key.snapshot).ok_or_else(not_yet)?;
            let selection = match &key.filter.nodes {
                NodeFilter::All => None,
                filter => Some(
                    session
                        .ask(&SelectionOf { snapshot: key.snapshot, filter: filter.clone() })
                        .ready()
                        .ok_or_else(not_yet)?,
                ),
            };
            let rows = std::sync::Arc::clone(&rows);
            Box::new(move |out, cancel| {
                write_list(&snapshot, key.list, &rows.rows, selection.as_deref(), (format, out), cancel)
            })
        }
        ExportList::Comparison(key) => {
            let Reply::Ready(comparison) = session.ask(&key.of) else {
                return Err(not_yet());
            };
            let snapshot = |session: &Session, id| session.snapshot(id).ok_or_else(not_yet);
            let sides = [snapshot(session, key.of.base)?, snapshot(session, key.of.current)?];
            let rows = std::sync::Arc::clone(&rows);
            Box::new(move |out, cancel| {
                let [base, current] = sides.map(|side| scripts(&side, cancel).map_err(io::Error::other));
                write_comparison(&comparison, &[base?, current?], &rows.rows, format, out)
            })
        }
        ExportList::Strings(key) => {
            let snapshot = session.snapshot(key.snapshot).ok_or_else(not_yet)?;
            let Reply::Ready(groups) = session.ask(&DuplicatesOf(key.snapshot)) else { return Err(not_yet()) };
            let rows = std::sync::Arc::clone(&rows);
            Box::new(move |out, _| write_groups(&snapshot, &groups, &rows.rows, format, out))
        }
        ExportList::Collections(key) => {
            let question = CollectionsOf(std::sync::Arc::clone(&key.series));
            let Reply::Ready(found) = session.ask(&question) else { return Err(not_yet()) };
            let rows = std::sync::Arc::clone(&rows);
            Box::new(move |out, _| write_collections(&found, &rows.rows, format, out))
        }
        ExportList::Scripts(key) => {
            let Reply::Ready(list) = session.ask(&ScriptListOf(key.snapshot)) else { return Err(not_yet()) };
            let paths = session.source_paths().clone();
            let question = PackageVersionsOf { snapshot: key.snapshot, paths };
            let Reply::Ready(versions) = session.ask(&question) else { return Err(not_yet()) };
            let rows = std::sync::Arc::clone(&rows);
            Box::new(move |out, _| write_scripts((&list, &versions.0), key.list, &rows.rows, format, out))
        }
        ExportList::Query(_) | ExportList::Report(_) => return Err(not_yet()),
        ExportList::Growth(key) => {
            let Reply::Ready(growth) = session.ask(&GrowthOf(std::sync::Arc::clone(&key.series))) else {
                return Err(not_yet());
            };
            let SeriesList::Classes(_, sort) = key.list else { return Err(not_yet()) };
            Box::new(move |out, _| {
                let classes = |group| grown_classes(&growth, group, sort, &key.class_name);
                let rows: Vec<u32> = GrowthGroup::ALL.into_iter().flat_map(classes).collect();
                write_growth(&growth, &rows, format, out)
            })
        }
    };
    let count = human::quantity(rows.rows.len() as u64, "row", "rows");
    Ok(spawn(session, (path, replace), count, write))
}

/// Starts a job that writes the answer to a query.
fn query_job(
    session: &Session,
    path: PathBuf,
    answer: std::sync::Arc<Answered>,
    replace: Replace,
) -> Result<Pending<Outcome>, String> {
    let Ok(rows) = &answer.0 else { return Err("The query has no answer".to_owned()) };
    let count = human::quantity(rows.rows.len() as u64, "row", "rows");
    let format = format_of(&path);
    let write: Writer = Box::new(move |out, _| match &answer.0 {
        Ok(rows) => write_answer(&rows.columns, &rows.rows, format, out),
        Err(error) => Err(io::Error::other(error.clone())),
    });
    Ok(spawn(session, (path, replace), count, write))
}

/// Returns the format of a file by its name.
fn format_of(path: &Path) -> FileFormat {
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    if is_json { FileFormat::Json } else { FileFormat::Csv }
}

/// Starts the job that writes a file. `count` is what it contains, as text.
fn spawn(session: &Session, (path, replace): (PathBuf, Replace), count: String, write: Writer) -> Pending<Outcome> {
    // A report is for reading; lists are for other programs.
    let is_report = dialog::is_report(&path.to_string_lossy());
    session.spawn(Lane::Bulk, move |cancel| {
        let name = human::visible(&path.display().to_string(), 300).into_owned();
        let written = write_file(&path, replace, cancel, |out| write(out, cancel));
        // The result of a canceled export is not shown.
        cancel.check()?;
        Ok(match written {
            Ok(()) => {
                let notice = Notice::fact(format!("Wrote {count} to {name}"));
                Outcome::Ended(if is_report { notice.with_file(path) } else { notice })
            }
            Err(NotWritten::Exists { is_link }) => Outcome::Exists(Existing { path, is_link }),
            Err(NotWritten::NotAFile) => {
                Outcome::Ended(Notice::problem(format!("{name} is not a regular file; choose another name")))
            }
            Err(NotWritten::Failed(error)) if error.kind() == io::ErrorKind::StorageFull => {
                Outcome::Ended(Notice::problem(format!("No space left on device: {name}; nothing was written")))
            }
            Err(NotWritten::Failed(error)) => Outcome::Ended(Notice::problem(format!("Cannot write {name}: {error}"))),
        })
    })
}
