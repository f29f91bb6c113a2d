//! Scripts: the files of the program with their functions, source, code and retained size, each alone or by package.

mod rows;

use std::sync::Arc;

use egui::{Id, TextEdit, Ui};

use super::NextStep;
use super::pane::{About, Pane};
use super::{Place, item, object_menu};
use crate::model::human;
use crate::query::{NodeFilter, ScriptListOf, ScriptPart, ScriptSort, ScriptSortKey, ScriptsKey, ScriptsOf};
use crate::session::Session;
use crate::sources::PackageVersionsOf;
use crate::ui::command::{Command, ExportList, NodeSet, ViewKind};
use crate::ui::icons::Icon;
use crate::ui::theme;
use crate::ui::tree_table::{self, RowSelection, Table, TreeState};
pub(crate) use rows::Listed;
use rows::{KEYS, ScriptRows, columns};

/// The pane's own state.
#[derive(Debug)]
pub struct ScriptsPane {
    /// True if scripts are listed by package.
    pub(crate) by_package: bool,
    filter: String,
    sort: ScriptSort,
    scripts: TreeState<Listed>,
    packages: TreeState<Listed>,
}

impl Default for ScriptsPane {
    fn default() -> Self {
        Self {
            by_package: false,
            filter: String::new(),
            sort: ScriptSort::BY_RETAINED,
            scripts: TreeState::default(),
            packages: TreeState::default(),
        }
    }
}

impl ViewKind {
    pub const SCRIPTS: Self = Self("Scripts");
}

/// Returns whether a snapshot may have scripts.
pub(super) fn is_available(place: &Place) -> bool {
    place.snapshot.producer().program.is_v8() || !place.snapshot.locations().distinct().is_empty()
}

impl ScriptsPane {
    const NAME: &'static str = "Scripts";

    fn toolbar(&mut self, ui: &mut Ui, count: &str) {
        super::toolbar(ui, |ui| {
            let hint = if self.by_package { "Filter packages" } else { "Filter scripts" };
            let response = ui.add(TextEdit::singleline(&mut self.filter).hint_text(hint).desired_width(190.0));
            ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(hint));
            let hint = "List packages (folders below node_modules), the runtime and the program itself";
            ui.checkbox(&mut self.by_package, "By package").on_hover_text(hint);
            ui.weak(count);
        });
    }

    fn table_of(&mut self, ui: &mut Ui, place: &Place, mut rows: ScriptRows<'_>, commands: &mut Vec<Command>) {
        let is_filtered = !self.filter.trim().is_empty();
        let table = Table {
            id: Id::unique((Self::NAME, self.by_package, place.slot)),
            name: if self.by_package { "Packages" } else { Self::NAME },
            columns: columns(self.by_package),
            sorted_by: (
                KEYS.iter().position(|key| *key == self.sort.key).unwrap_or(KEYS.len() - 1),
                self.sort.descending,
            ),
            empty_text: match (is_filtered, self.by_package) {
                (true, true) => "No matching packages",
                (true, false) => "No matching scripts",
                (false, _) => "No scripts",
            },
        };
        let root = if self.by_package { Listed::Parts(Listed::PACKAGES) } else { Listed::Parts(Listed::SCRIPTS) };
        let state = if self.by_package { &mut self.packages } else { &mut self.scripts };
        let list = Arc::clone(&rows.list);
        let answer = tree_table::show(ui, &table, &root, state, &mut rows, |ui, of, path| {
            let row = path.last().copied().unwrap_or_default();
            match of.part(row) {
                Some(part) => menu(ui, place, &list, part, commands),
                None => {
                    if let Some(node) = of.node(&place.snapshot, row) {
                        object_menu(ui, &place.snapshot, place.target(node), commands);
                    }
                }
            }
        });
        if let Some(key) = answer.sort_clicked.map(|column| KEYS[column]) {
            let descending = if self.sort.key == key { !self.sort.descending } else { key != ScriptSortKey::Name };
            self.sort = ScriptSort { key, descending };
        }
        if let Some(path) = &answer.selected {
            let by_key = answer.by_key;
            commands.push(match rows.node_at(path) {
                Some(node) => Command::Select { target: place.target(node), by_key },
                None => Command::SelectClass { class: None, by_key },
            });
        }
        if let Some(path) = &answer.activated {
            if let Some(node) = rows.node_at(path) {
                commands.push(Command::Reveal(place.target(node), ViewKind::SUMMARY));
            } else if let Some(part) = rows.part_at(path) {
                commands.push(Command::Filter(defined_in(&list, part)));
            }
        }
        if answer.export {
            let name = if self.by_package { "packages" } else { "scripts" };
            commands.push(Command::Export { name: name.to_owned(), list: ExportList::Scripts(rows.key()) });
        }
    }
}

/// Returns the filter for the objects of a script or package.
fn defined_in(list: &crate::query::ScriptList, part: ScriptPart) -> NodeFilter {
    NodeFilter::DefinedIn(part, list.label(part))
}

fn menu(ui: &mut Ui, place: &Place, list: &crate::query::ScriptList, part: ScriptPart, commands: &mut Vec<Command>) {
    item(ui, "Show objects in Summary", commands, || Command::Filter(defined_in(list, part)));
    item(ui, "Merge retaining paths", commands, || Command::MergePaths {
        of: place.slot.id,
        title: format!("Defined in {}", list.label(part)),
        nodes: NodeSet::Filter(defined_in(list, part)),
    });
    ui.separator();
    let copied = match part {
        ScriptPart::Script(at) => list.scripts.get(at as usize).map(|script| ("Copy URL", script.name())),
        ScriptPart::Group(at) => list.groups.get(at as usize).map(|group| ("Copy URL", list.group_name(group))),
        ScriptPart::Package(at) => list.packages.get(at as usize).map(|of| ("Copy package name", of.name.clone())),
    };
    if let Some((label, text)) = copied {
        item(ui, label, commands, || Command::Copy(text));
    }
}

impl Pane for ScriptsPane {
    fn about() -> About {
        let hint = "Scripts and packages: functions, source, code and what their objects keep";
        About {
            key: Some(egui::Key::J),
            is_available: |_, place| is_available(place),
            ..About::new(ViewKind::SCRIPTS, hint).purpose(
                "Use Scripts to see how much memory each file or package keeps. For single classes, use Summary.",
            )
        }
    }

    fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        let mut commands = Vec::new();
        let reply = session.ask(&ScriptListOf(place.slot.id));
        let cancel = || commands.push(Command::Show(ViewKind::SUMMARY));
        let Some(list) = super::answer(ui, reply, "Listing scripts…", cancel) else { return commands };
        if list.scripts.is_empty() {
            let text = "Scripts are known from the source positions of functions and classes, which this snapshot does \
                        not contain.";
            let steps = vec![NextStep::new(Icon::List, "Show classes", Command::Show(ViewKind::SUMMARY))];
            super::empty_state(ui, (Icon::FileCode, "This snapshot has no scripts", text), steps, &mut commands);
            return commands;
        }
        let scripts = human::quantity(list.groups.len() as u64, "script", "scripts");
        let packages = human::quantity(list.packages.len() as u64, "package", "packages");
        self.toolbar(ui, &format!("{scripts} in {packages}"));
        let (id, paths) = (place.slot.id, session.source_paths().clone());
        let versions = session.ask(&PackageVersionsOf { snapshot: id, paths }).ready();
        let key = ScriptsKey {
            snapshot: id,
            list: if self.by_package { Listed::PACKAGES } else { Listed::SCRIPTS },
            sort: self.sort,
            text: self.filter.trim().to_owned(),
        };
        let snapshot = Arc::clone(&place.snapshot);
        let scripts = session.ask(&ScriptsOf(id)).ready();
        let rows = ScriptRows { session, snapshot, list, scripts, versions, key, look: theme::look(ui) };
        self.table_of(ui, place, rows, &mut commands);
        commands
    }

    fn table(&mut self) -> Option<&mut dyn RowSelection> {
        Some(if self.by_package { &mut self.packages } else { &mut self.scripts })
    }
}
