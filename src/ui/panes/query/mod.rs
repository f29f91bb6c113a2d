//! Query: an editor for SQL with ready questions and a history, and the answer as a table.

mod editor;
mod rows;

use std::sync::Arc;

use egui::{Id, Key, Label, Modifiers, RichText, Ui};

use super::pane::{About, Pane};
use super::{Place, item, object_menu};
use crate::model::{SnapshotId, human};
use crate::query::{NodeFilter, Series};
use crate::session::{Reply, Session};
use crate::sql::{AnswerRows, QueryOf, READY, Ready, SqlError};
use crate::ui::command::{Command, ExportList, Target, ViewKind};
use crate::ui::icons::{self, Icon};
use crate::ui::text;
use crate::ui::theme::{self, GRID};
use crate::ui::tree_table::{self, RowSelection, Table, TreeState};
use editor::Editor;
use rows::{QueryRows, columns};

/// The number of snapshots that the line below the editor names.
const NAMED: usize = 6;

/// The pane's own state.
#[derive(Debug, Default)]
pub struct QueryPane {
    pub text: String,
    /// True if queries are about all open snapshots rather than the shown one.
    pub is_about_all: bool,
    /// The query whose answer is shown.
    running: Option<Arc<str>>,
    /// Queries that were run before, the last one first; those of the settings.
    history: Vec<String>,
    editor: Editor,
    pub table: TreeState<Arc<str>>,
}

impl ViewKind {
    pub const QUERY: Self = Self("Query");
}

impl QueryPane {
    const NAME: &'static str = "Query";

    /// Sets the queries that were run before.
    pub(in crate::ui) fn set_history(&mut self, queries: &[String]) {
        if self.history != queries {
            self.history = queries.to_vec();
        }
    }

    fn run(&mut self, commands: &mut Vec<Command>) {
        let query = self.text.trim();
        if query.is_empty() {
            return;
        }
        self.running = Some(query.into());
        commands.push(Command::RememberQuery(query.to_owned()));
    }

    fn run_ready(&mut self, ready: &Ready, commands: &mut Vec<Command>) {
        ready.query.clone_into(&mut self.text);
        self.is_about_all |= ready.is_about_several;
        self.run(commands);
    }

    /// Returns the snapshots of a query in the order of their numbers.
    fn series(&self, session: &Session, place: &Place) -> Series {
        if !self.is_about_all {
            return [place.slot.id].into_iter().collect();
        }
        super::series::SeriesChoice::default().series(session)
    }

    fn toolbar(&mut self, ui: &mut Ui, session: &Session, commands: &mut Vec<Command>) {
        super::toolbar(ui, |ui| {
            let run = icons::labeled_button(ui, Icon::Play, "Run");
            if run.on_hover_text("Run the query   (Ctrl+Enter)").clicked() {
                self.run(commands);
            }
            let ready = ui.menu_button("Ready questions", |ui| {
                let open = session.open().len();
                READY.iter().find(|ready| {
                    let is_enabled = !ready.is_about_several || open > 1;
                    let button = ui.add_enabled(is_enabled, egui::Button::new(ready.title));
                    button.on_disabled_hover_text("Open another snapshot of the process first").clicked()
                })
            });
            if let Some(Some(ready)) = ready.inner {
                self.run_ready(ready, commands);
            }
            let chosen = ui.add_enabled_ui(!self.history.is_empty(), |ui| {
                let chosen = ui.menu_button("History", |ui| {
                    self.history.iter().find(|query| ui.button(human::visible(&one_line(query), 80)).clicked()).cloned()
                });
                chosen.inner.flatten()
            });
            if let Some(query) = chosen.inner {
                self.text = query;
            }
            let open = session.open().len();
            if open > 1 {
                let label = format!("All {}", human::quantity(open as u64, "snapshot", "snapshots"));
                let hint = "Query all open snapshots; the column `snapshot` has their numbers";
                ui.checkbox(&mut self.is_about_all, label).on_hover_text(hint);
            } else {
                self.is_about_all = false;
            }
        });
    }

    /// Draws the error, with the line of the query that it points at.
    fn error(ui: &mut Ui, query: &str, error: &SqlError) {
        let color = theme::tokens(ui).error;
        let margin = egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 8));
        margin.show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.label(icons::text(Icon::CircleAlert).color(color));
                ui.add(Label::new(RichText::new(human::visible(&error.to_string(), 500)).color(color)).wrap());
            });
            if let SqlError::Query { offset: Some(offset), .. } = *error
                && let Some((line, column)) = line_at(query, offset)
            {
                let shown = format!("{}\n{}^", human::visible(line, 300), " ".repeat(column.min(300)));
                ui.add(Label::new(RichText::new(shown).font(theme::mono())).extend());
            }
        });
    }

    /// Draws the ready questions in place of an answer.
    fn welcome(&mut self, ui: &mut Ui, session: &Session, commands: &mut Vec<Command>) {
        egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            let text = "Nodes, references, classes, strings, scripts, findings and more are tables. Start from a question \
                        below, or write a query; Ctrl+Enter runs it.";
            super::empty_state(ui, (Icon::Database, "Ask the snapshot in SQL", text), Vec::new(), commands);
            ui.vertical_centered(|ui| {
                for ready in READY.iter().filter(|ready| !ready.is_about_several || session.open().len() > 1) {
                    if ui.link(ready.title).on_hover_text(ready.query).clicked() {
                        self.run_ready(ready, commands);
                    }
                }
                ui.add_space(4.0 * GRID);
            });
        });
    }

    /// Draws the line above the rows: their number, the time, and what can be done with all of them.
    fn facts(ui: &mut Ui, place: &Place, question: &QueryOf, answer: &AnswerRows, commands: &mut Vec<Command>) {
        super::toolbar(ui, |ui| {
            let rows = human::quantity(answer.ran.rows, "row", "rows");
            let first = if answer.ran.is_cut { "the first " } else { "" };
            let visited = human::quantity(answer.ran.visited, "row", "rows");
            let time = human::duration(answer.time);
            ui.weak(format!("{first}{rows} in {time}, {visited} of tables read"));
            if answer.rows.is_empty() {
                return;
            }
            if ui.button("Export…").on_hover_text("Write the rows as CSV or JSON").clicked() {
                let list = ExportList::Query(question.clone());
                commands.push(Command::Export { name: "query".to_owned(), list });
            }
            let listed = answer.listed.iter().find(|(id, _)| *id == place.slot.id);
            if let Some((_, listed)) = listed {
                let hint = "Show only the objects of the answer in Summary";
                if ui.button("Use as filter").on_hover_text(hint).clicked() {
                    commands.push(Command::Filter(NodeFilter::Listed(listed.clone())));
                }
            }
        });
    }

    fn answer(
        &mut self,
        ui: &mut Ui,
        (session, place): (&Session, &Place),
        answer: &Arc<crate::sql::Answered>,
        commands: &mut Vec<Command>,
    ) {
        let Ok(rows) = answer.0.as_ref() else { return };
        let Some(query) = self.running.clone() else { return };
        let columns = columns(rows);
        if columns.is_empty() {
            super::placeholder(ui, "The query has no columns");
            return;
        }
        let table = Table {
            id: Id::unique((Self::NAME, place.slot)),
            name: Self::NAME,
            columns: &columns,
            // The query says how rows are sorted.
            sorted_by: (columns.len(), false),
            empty_text: "The query has no rows",
        };
        let mut model = QueryRows { answer: Arc::clone(answer), look: theme::look(ui) };
        let drawn = tree_table::show(ui, &table, &query, &mut self.table, &mut model, |ui, _, path| {
            let object = path.last().and_then(|&row| rows.objects.get(row as usize).copied().flatten());
            if let Some((id, node)) = object
                && let Some(snapshot) = session.snapshot(id)
            {
                object_menu(ui, &snapshot, Target { snapshot: id, node }, commands);
            } else {
                item(ui, "Copy query", commands, || Command::Copy(query.to_string()));
            }
        });
        let target = |path: &[u32]| {
            let (snapshot, node) = (*rows.objects.get(*path.last()? as usize)?)?;
            Some(Target { snapshot, node })
        };
        let here = |target: &Target| target.snapshot == place.slot.id;
        if let Some(selected) = drawn.selected.as_deref().and_then(target).filter(here) {
            commands.push(Command::Select { target: selected, by_key: drawn.by_key });
        }
        let link = drawn.clicked.as_ref().filter(|(_, column)| rows.is_id(*column));
        if let Some((path, column)) = link {
            commands.extend(id_of(rows, path, *column, place).map(|(snapshot, id)| Command::Find(snapshot, id)));
        } else if let Some(target) = drawn.activated.as_deref().and_then(target) {
            commands.push(Command::Reveal(target, ViewKind::SUMMARY));
        }
        if drawn.export {
            let list = ExportList::Query(self.question(session, place, query));
            commands.push(Command::Export { name: "query".to_owned(), list });
        }
    }

    fn question(&self, session: &Session, place: &Place, query: Arc<str>) -> QueryOf {
        QueryOf { series: self.series(session, place), query, paths: session.source_paths().clone() }
    }

    /// Draws the numbers and names of the snapshots of the query.
    fn snapshots(ui: &mut Ui, session: &Session, series: &Series) {
        let name = |id: &SnapshotId| human::visible(&text::name_of(session, *id), 40).into_owned();
        let named = (1..).zip(series.iter()).take(NAMED).map(|(number, id)| format!("{number}: {}", name(id)));
        let more = if series.len() > NAMED { ", …" } else { "" };
        let text = format!("Snapshots {}{more}", named.collect::<Vec<_>>().join(", "));
        ui.horizontal(|ui| {
            ui.add_space(2.0 * GRID);
            ui.add(Label::new(RichText::new(text).font(theme::small()).weak()).truncate());
        });
    }
}

/// Returns the id in a cell, with the snapshot that it belongs to.
fn id_of(rows: &AnswerRows, path: &[u32], column: usize, place: &Place) -> Option<(SnapshotId, u64)> {
    let row = *path.last()? as usize;
    let crate::sql::Value::Integer(id) = *rows.rows.get(row)?.get(column)? else { return None };
    let snapshot = rows.objects.get(row).copied().flatten().map_or(place.slot.id, |(snapshot, _)| snapshot);
    Some((snapshot, id.cast_unsigned()))
}

/// Returns a query in one line.
fn one_line(query: &str) -> String {
    query.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the line at a position of a text, and the position in that line in characters.
fn line_at(text: &str, offset: usize) -> Option<(&str, usize)> {
    let before = text.get(..offset)?;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let end = text[offset..].find('\n').map_or(text.len(), |at| offset + at);
    Some((&text[start..end], text[start..offset].chars().count()))
}

impl Pane for QueryPane {
    fn about() -> About {
        About {
            key: Some(Key::Y),
            uses_lower: false,
            ..About::new(ViewKind::QUERY, "Questions in SQL over nodes, references, classes, strings and findings")
                .purpose(
                    "Use Query to ask anything in SQL, also over several snapshots. For simple searches, use Search.",
                )
        }
    }

    fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        let mut commands = Vec::new();
        let id = Id::unique((Self::NAME, "editor", place.slot));
        let has_focus = ui.memory(|memory| memory.has_focus(id));
        if has_focus && ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter)) {
            self.run(&mut commands);
        }
        self.toolbar(ui, session, &mut commands);
        self.editor.show(ui, id, &mut self.text);
        let Some(query) = self.running.clone() else {
            self.welcome(ui, session, &mut commands);
            return commands;
        };
        let question = self.question(session, place, Arc::clone(&query));
        if question.series.len() > 1 {
            Self::snapshots(ui, session, &question.series);
        }
        match session.ask(&question) {
            Reply::Ready(answer) => match answer.0.as_ref() {
                Ok(rows) => {
                    Self::facts(ui, place, &question, rows, &mut commands);
                    self.answer(ui, (&*session, place), &answer, &mut commands);
                }
                Err(error) => Self::error(ui, &query, error),
            },
            Reply::Pending { .. } => {
                if super::busy(ui, "Running the query…") {
                    self.running = None;
                }
            }
            Reply::Failed(message) => super::failure(ui, &message),
        }
        commands
    }

    fn table(&mut self) -> Option<&mut dyn RowSelection> {
        Some(&mut self.table)
    }

    fn shows_whole(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_shown_in_its_line() {
        assert_eq!(line_at("SELECT 1,\n  né FROM a", 12), Some(("  né FROM a", 2)));
        assert_eq!(line_at("SELECT x", 7), Some(("SELECT x", 7)));
        assert_eq!(line_at("é", 1), None);
    }
}
