//! Collections: Maps, Sets, arrays and other containers by the field that holds them, with their entries over time.

mod rows;

use std::sync::Arc;

use egui::{ComboBox, Id, TextEdit, Ui};

use super::pane::{About, Pane};
use super::series::{SeriesChoice, left_out};
use super::{Place, item, object_menu};
use crate::model::{EdgeIndex, SnapshotId, human};
use crate::query::{CollectionKind, CollectionSort, CollectionsOf, DistinctOf, ListedBy, ScriptsOf, Series};
use crate::session::Session;
use crate::snapshot::Snapshot;
use crate::ui::command::{Command, ExportList, Target, ViewKind};
use crate::ui::theme;
use crate::ui::tree_table::{self, RowSelection, Table, TreeState};
pub(crate) use rows::Listed;
use rows::{CollectionRows, columns};

/// The pane's own state.
#[derive(Debug)]
pub struct CollectionsPane {
    choice: SeriesChoice,
    filter: String,
    kind: Option<CollectionKind>,
    sort: CollectionSort,
    pub(crate) table: TreeState<Listed>,
}

impl Default for CollectionsPane {
    fn default() -> Self {
        Self {
            choice: SeriesChoice::default(),
            filter: String::new(),
            kind: None,
            sort: CollectionSort::BY_GROWTH,
            table: TreeState::default(),
        }
    }
}

impl ViewKind {
    pub const COLLECTIONS: Self = Self("Collections");
}

impl CollectionsPane {
    const NAME: &'static str = "Collections";

    fn toolbar(&mut self, ui: &mut Ui, session: &Session) {
        super::toolbar(ui, |ui| {
            let edit = TextEdit::singleline(&mut self.filter).hint_text("Filter holders").desired_width(170.0);
            let response = ui.add(edit);
            ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Filter holders"));
            let chosen = self.kind.map_or("All kinds", CollectionKind::label);
            let kinds = ComboBox::from_id_salt("kind of collection").selected_text(chosen).show_ui(ui, |ui| {
                ui.selectable_value(&mut self.kind, None, "All kinds");
                for kind in CollectionKind::ALL {
                    ui.selectable_value(&mut self.kind, Some(kind), kind.label());
                }
            });
            ui.ctx().accesskit_node_builder(kinds.response.id, |node| node.set_label("Kind of collection"));
            if session.open().len() > 1 {
                self.choice.menu(ui, session);
            }
        });
    }

    /// Returns the snapshots to list, the oldest first: the chosen ones without identical ones, or the shown one alone.
    fn series(&self, ui: &mut Ui, session: &mut Session, place: &Place, commands: &mut Vec<Command>) -> Option<Series> {
        let all = self.choice.series(session);
        if all.len() < 2 {
            return Some(Arc::from([all.first().copied().unwrap_or(place.slot.id)]));
        }
        let reply = session.ask(&DistinctOf(Arc::clone(&all)));
        let cancel = || commands.push(Command::Show(ViewKind::SUMMARY));
        let distinct = super::answer(ui, reply, "Checking for identical snapshots…", cancel)?;
        for &(at, before) in &distinct.left_out {
            left_out(ui, session, [all[at], all[before]]);
        }
        Some(distinct.kept.iter().filter_map(|&at| all.get(at).copied()).collect())
    }

    fn table_of(&mut self, ui: &mut Ui, place: &Place, mut rows: CollectionRows<'_>, commands: &mut Vec<Command>) {
        let (columns, keys) = columns(rows.series.len() > 1);
        let by = keys.iter().rposition(|key| *key == self.sort.key).unwrap_or(keys.len() - 1);
        let is_filtered = self.kind.is_some() || !self.filter.trim().is_empty();
        let table = Table {
            id: Id::unique((Self::NAME, place.slot)),
            name: if rows.series.len() > 1 { "Collections over time" } else { Self::NAME },
            columns,
            sorted_by: (by, self.sort.descending),
            empty_text: if is_filtered {
                "No matching collections"
            } else {
                "No collections with 16 or more entries, and no large typed arrays"
            },
        };
        let root = Listed::Groups(Arc::clone(&rows.series));
        let newest = (rows.last.0, Arc::clone(&rows.last.1));
        let found = Arc::clone(&rows.found);
        let answer = tree_table::show(ui, &table, &root, &mut self.table, &mut rows, |ui, list, path| {
            menu(ui, (newest.0, &newest.1), &found, (list, path), commands);
        });
        if let Some(key) = answer.sort_clicked.map(|column| keys[column]) {
            let is_text = matches!(key, ListedBy::Holder | ListedBy::Kind);
            let descending = if self.sort.key == key { !self.sort.descending } else { !is_text };
            self.sort = CollectionSort { key, descending };
        }
        let target = |path: &[u32]| Some(Target { snapshot: newest.0, node: rows.node_at(path)? });
        if let Some(path) = &answer.selected {
            let by_key = answer.by_key;
            commands.push(match target(path) {
                Some(target) => Command::Select { target, by_key },
                None => Command::SelectClass { class: None, by_key },
            });
        }
        if answer.export {
            let list = ExportList::Collections(rows.key());
            commands.push(Command::Export { name: "collections".to_owned(), list });
        }
        if let Some(target) = answer.activated.as_deref().and_then(target) {
            commands.push(Command::Reveal(target, ViewKind::SUMMARY));
        }
    }
}

fn menu(
    ui: &mut Ui,
    (newest, snapshot): (SnapshotId, &Snapshot),
    found: &crate::query::Collections,
    (list, path): (&Listed, &[u32]),
    commands: &mut Vec<Command>,
) {
    let row = path.last().copied().unwrap_or_default();
    let member = |member: u32| found.members.get(member as usize).map(|member| member.node);
    let node = match list {
        Listed::Groups(_) => {
            let Some(group) = found.groups.get(row as usize) else { return };
            item(ui, "Copy holder", commands, || Command::Copy(group.holder.clone()));
            match group.members[..] {
                [only] => member(only),
                _ => None,
            }
        }
        Listed::Members(_) => member(row),
        Listed::Entries(..) | Listed::Fields(_) => Some(snapshot.graph().edge_target(EdgeIndex(row))),
    };
    if let Some(node) = node {
        object_menu(ui, snapshot, Target { snapshot: newest, node }, commands);
    }
}

impl Pane for CollectionsPane {
    fn about() -> About {
        let hint = "Maps, Sets, arrays and other collections by holder, and how they grow";
        About {
            key: Some(egui::Key::M),
            ..About::new(ViewKind::COLLECTIONS, hint).purpose(
                "Use Collections to find maps, sets and arrays with many entries, by the field that holds them.",
            )
        }
    }

    fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        let mut commands = Vec::new();
        self.toolbar(ui, session);
        let Some(series) = self.series(ui, session, place, &mut commands) else { return commands };
        let last = series.last().and_then(|id| session.snapshot(*id).map(|snapshot| (*id, snapshot)));
        let Some(last) = last else {
            super::placeholder(ui, "Choose at least one snapshot to see its collections");
            return commands;
        };
        let reply = session.ask(&CollectionsOf(Arc::clone(&series)));
        let cancel = || commands.push(Command::Show(ViewKind::SUMMARY));
        let Some(found) = super::answer(ui, reply, "Finding collections…", cancel) else { return commands };
        let groups = human::quantity(found.groups.len() as u64, "holder", "holders");
        let kinds = if series.len() > 1 { ", matched by name across snapshots" } else { "" };
        ui.horizontal(|ui| {
            ui.add_space(2.0 * theme::GRID);
            ui.weak(format!("{groups}{kinds}"));
        });
        let (filter, kind, sort, look) = (self.filter.clone(), self.kind, self.sort, theme::look(ui));
        let scripts = session.ask(&ScriptsOf(last.0)).ready();
        let rows = CollectionRows { session, series, last, found, scripts, sort, filter, kind, look };
        self.table_of(ui, place, rows, &mut commands);
        commands
    }

    fn table(&mut self) -> Option<&mut dyn RowSelection> {
        Some(&mut self.table)
    }
}
