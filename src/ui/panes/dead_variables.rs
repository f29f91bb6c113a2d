//! Dead variables: variables that contexts of closures hold although no live function can read them.

use std::sync::Arc;

use egui::{Id, Ui};

use super::pane::{About, Pane};
use super::{Place, object_menu};
use crate::model::{EdgeIndex, NodeOrdinal, human};
use crate::query::{
    DeadGroup, DeadGroupKey, DeadGroups, DeadGroupsOf, DeadKey, DeadScope, DeadSort, Filter, ListSpec, OrderKey,
    Scripts, ScriptsOf, Sort, edge_label, node_label,
};
use crate::session::Session;
use crate::ui::command::{Command, ViewKind};
use crate::ui::heap_rows::{DISTANCE, distance_cell, node_cell, rows_of, size_cell};
use crate::ui::icons::Icon;
use crate::ui::theme::{self, GRID, Look};
use crate::ui::tree_table::{self, Cell, Column, RowSelection, Rows, Run, Table, TreeModel, TreeState};

const COLUMNS: [Column; 5] = [
    Column {
        title: "Variable",
        hint: "Variable of a scope; expand it to see its contexts, and a context to see its retainers",
        width: 0.0,
    },
    Column { title: "Contexts", hint: "Contexts whose variable no function can read anymore", width: 84.0 },
    DISTANCE,
    Column { title: "Held", hint: "Bytes that the values retain", width: 124.0 },
    Column {
        title: "Freed if cleared",
        hint: "Bytes that setting the variable to null would free; less than Held if something else holds the value \
               too",
        width: 134.0,
    },
];
const NAME: usize = 0;
const CONTEXTS: usize = 1;
const HELD: usize = 3;
const FREED: usize = 4;

/// The sort key of each column.
const KEYS: [Option<DeadGroupKey>; 5] = [
    Some(DeadGroupKey::Name),
    Some(DeadGroupKey::Contexts),
    None,
    Some(DeadGroupKey::HeldSize),
    Some(DeadGroupKey::FreedSize),
];

/// The pane's own state.
#[derive(Debug)]
pub struct DeadVariablesPane {
    /// True if the tab shows dead variables instead of realms.
    pub is_shown: bool,
    sort: DeadSort,
    pub table: TreeState<List>,
}

impl Default for DeadVariablesPane {
    fn default() -> Self {
        let sort = DeadSort { key: DeadGroupKey::HeldSize, descending: true };
        Self { is_shown: false, sort, table: TreeState::default() }
    }
}

/// A list of the table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum List {
    /// Variables of scopes; row ids are indices of groups.
    Variables,
    /// The contexts that have this one; row ids are indices of places.
    Contexts(u32),
    /// The retainers of a context; row ids are edges.
    Holders(NodeOrdinal),
}

struct VariableRows<'a> {
    session: &'a mut Session,
    place: &'a Place,
    groups: Arc<DeadGroups>,
    key: DeadKey,
    scripts: Option<Arc<Scripts>>,
    look: Look,
}

/// Returns the name and source location of a scope's function.
fn scope_label(place: &Place, scripts: Option<&Scripts>, scope: &DeadScope) -> String {
    let function = scope.function.as_deref().map_or_else(|| "a function".to_owned(), |name| format!("{name}()"));
    let at = scope.closure.and_then(|closure| place.snapshot.location(closure));
    let position = match (at, scripts) {
        (Some(at), Some(scripts)) => scripts.short(at),
        _ if scope.script_name.is_empty() => format!("character {}", scope.start),
        _ => format!("{}, character {}", scope.script_name, scope.start),
    };
    human::visible(&format!("{function}  {position}"), 200).into_owned()
}

impl VariableRows<'_> {
    /// Returns the object of a row: the value of the variable, or the retainer of the context.
    fn node(&self, list: List, row: u32) -> Option<NodeOrdinal> {
        match list {
            List::Variables => {
                let first = *self.groups.groups.get(row as usize)?.places.first()?;
                Some(self.groups.places.get(first as usize)?.1.value)
            }
            List::Contexts(_) => Some(self.groups.places.get(row as usize)?.1.value),
            List::Holders(_) => Some(self.place.snapshot.graph().edge_source(EdgeIndex(row))),
        }
    }

    fn list_at(&self, path: &[u32]) -> Option<List> {
        let mut list = List::Variables;
        for depth in 1..path.len() {
            list = self.children(&list, &path[..depth])?;
        }
        Some(list)
    }

    fn group_cell(&self, group: &DeadGroup, column: usize) -> Cell {
        let (snapshot, tokens) = (&self.place.snapshot, self.look.tokens);
        let total = snapshot.total_size();
        match column {
            NAME => {
                let scope = &self.groups.dead.scopes[group.scope];
                let label = scope_label(self.place, self.scripts.as_deref(), scope);
                let mut cell = Cell::text(human::visible(&group.name, 200).into_owned(), tokens.property);
                cell.runs.push(Run::new("  of ", tokens.weak));
                cell.runs.push(Run::new(label, tokens.code));
                cell.tooltip = Some(format!("{}\n{}", cell.plain(), human::visible(&scope.script_name, 300)));
                cell
            }
            CONTEXTS => Cell::text(human::count(group.places.len() as u64), tokens.text),
            HELD => size_cell(group.held_size, total, self.look),
            FREED => size_cell(group.freed_size, total, self.look),
            _ => Cell::default(),
        }
    }
}

impl TreeModel for VariableRows<'_> {
    type List = List;

    fn rows(&mut self, list: &List) -> Rows {
        match *list {
            List::Variables => rows_of(self.session.ask(&self.key)),
            List::Contexts(group) => Rows::Ready(
                self.groups.groups.get(group as usize).map(|group| Arc::clone(&group.places)).unwrap_or_default(),
            ),
            List::Holders(context) => rows_of(self.session.ask(&OrderKey {
                snapshot: self.place.slot.id,
                list: ListSpec::Retainers(context),
                sort: Sort::BY_DISTANCE,
                filter: Filter::default(),
            })),
        }
    }

    fn children(&self, list: &List, path: &[u32]) -> Option<List> {
        let row = *path.last()?;
        match list {
            List::Variables => Some(List::Contexts(row)),
            List::Contexts(_) => Some(List::Holders(self.groups.places.get(row as usize)?.0)),
            List::Holders(_) => None,
        }
    }

    fn is_link(&self, list: &List, _path: &[u32]) -> bool {
        *list != List::Variables
    }

    fn cell(&self, list: &List, path: &[u32], column: usize) -> Cell {
        let Some(&row) = path.last() else { return Cell::default() };
        let (snapshot, tokens) = (&self.place.snapshot, self.look.tokens);
        let total = snapshot.total_size();
        match list {
            List::Variables => {
                self.groups.groups.get(row as usize).map_or_else(Cell::default, |group| self.group_cell(group, column))
            }
            List::Contexts(_) => {
                let Some((context, variable)) = self.groups.places.get(row as usize) else { return Cell::default() };
                match column {
                    NAME => {
                        let label = format!("{} {}", node_label(snapshot, *context), snapshot.id(*context));
                        let runs = vec![
                            Run::new(edge_label(snapshot, variable.edge), tokens.property),
                            Run::new(" :: ", tokens.weak),
                        ];
                        let mut cell = node_cell(snapshot, variable.value, runs, tokens);
                        cell.runs.push(Run::new(format!("  in {}", human::visible(&label, 80)), tokens.weak));
                        cell
                    }
                    HELD => size_cell(variable.retained_size, total, self.look),
                    FREED => size_cell(variable.freed_size, total, self.look),
                    2 => distance_cell(snapshot, variable.value, tokens),
                    _ => Cell::default(),
                }
            }
            List::Holders(_) => {
                let edge = EdgeIndex(row);
                let holder = snapshot.graph().edge_source(edge);
                match column {
                    NAME => {
                        let runs =
                            vec![Run::new(edge_label(snapshot, edge), tokens.property), Run::new(" in ", tokens.weak)];
                        node_cell(snapshot, holder, runs, tokens)
                    }
                    2 => distance_cell(snapshot, holder, tokens),
                    HELD => size_cell(snapshot.retained_size(holder), total, self.look),
                    _ => Cell::default(),
                }
            }
        }
    }
}

impl DeadVariablesPane {
    pub(in crate::ui) const NAME: &'static str = "Dead variables";

    /// Draws the table of dead variables.
    fn variables(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        let mut commands = Vec::new();
        let reply = session.ask(&DeadGroupsOf(place.slot.id));
        let cancel = || commands.push(Command::Show(ViewKind::SUMMARY));
        let Some(groups) = super::answer(ui, reply, "Finding variables that no function can read…", cancel) else {
            return commands;
        };
        if !groups.dead.has_scopes {
            nothing_known(ui, place, &mut commands);
            return commands;
        }
        if groups.dead.is_incomplete {
            let text = "If closures, contexts or scope tables are missing, live variables could appear dead.";
            let title = (Icon::Variable, "Dead variables cannot be found: this file is incomplete", text);
            super::empty_state(ui, title, Vec::new(), &mut commands);
            return commands;
        }
        headline(ui, &groups, &mut commands);
        let key = DeadKey { snapshot: place.slot.id, sort: self.sort };
        let scripts = session.ask(&ScriptsOf(place.slot.id)).ready();
        let mut rows = VariableRows { session, place, groups, key, scripts, look: theme::look(ui) };
        let by = KEYS.iter().position(|key| *key == Some(self.sort.key)).unwrap_or(0);
        let table = Table {
            id: Id::unique((Self::NAME, place.slot)),
            name: Self::NAME,
            columns: &COLUMNS,
            sorted_by: (by, self.sort.descending),
            empty_text: "No dead variables: functions can still read every variable",
        };
        let groups = Arc::clone(&rows.groups);
        let answer = tree_table::show(ui, &table, &List::Variables, &mut self.table, &mut rows, |ui, list, path| {
            menu(ui, place, &groups, *list, path.last().copied().unwrap_or_default(), &mut commands);
        });
        if let Some(key) = answer.sort_clicked.and_then(|column| KEYS[column]) {
            let descending = if self.sort.key == key { !self.sort.descending } else { key != DeadGroupKey::Name };
            self.sort = DeadSort { key, descending };
        }
        let node_at = |path: &[u32]| rows.node(rows.list_at(path)?, *path.last()?);
        if let Some(node) = answer.selected.as_deref().and_then(node_at) {
            commands.push(Command::Select { target: place.target(node), by_key: answer.by_key });
        }
        if let Some(node) = answer.activated.as_deref().and_then(node_at) {
            commands.push(Command::Reveal(place.target(node), ViewKind::SUMMARY));
        }
        commands
    }

    /// Draws the switch between realms and dead variables.
    fn choice(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            ui.add_space(2.0 * GRID);
            ui.selectable_value(&mut self.is_shown, false, "Realms")
                .on_hover_text("Windows, frames and vm contexts, with the objects of each");
            ui.selectable_value(&mut self.is_shown, true, Self::NAME)
                .on_hover_text("Variables that closures keep alive although no function can read them anymore");
        });
    }
}

fn menu(ui: &mut Ui, place: &Place, groups: &DeadGroups, list: List, row: u32, commands: &mut Vec<Command>) {
    let snapshot = &place.snapshot;
    let node = match list {
        List::Variables => return,
        List::Contexts(_) => {
            let Some((context, variable)) = groups.places.get(row as usize) else { return };
            super::item(ui, "Show retainers of the context", commands, || {
                Command::ShowRetainers(place.target(*context))
            });
            variable.value
        }
        List::Holders(_) => snapshot.graph().edge_source(EdgeIndex(row)),
    };
    object_menu(ui, snapshot, place.target(node), commands);
}

/// Draws the totals and the number of contexts that could not be checked.
fn headline(ui: &mut Ui, groups: &DeadGroups, commands: &mut Vec<Command>) {
    let units = theme::look(ui).units;
    let dead = &groups.dead;
    super::toolbar(ui, |ui| {
        ui.weak(format!(
            "{} {}; clearing would free {}",
            match groups.places.len() {
                1 => "1 dead variable holds".to_owned(),
                count => format!("{} dead variables hold", human::count(count as u64)),
            },
            units.bytes(groups.held_size),
            units.bytes(groups.freed_size)
        ));
        if ui.link("Show in glossary").clicked() {
            commands.push(Command::Explain("Dead variable"));
        }
        let unknown: u64 = dead.unknown_scripts.iter().map(|script| script.context_count).sum();
        if unknown > 0 {
            let names = dead.unknown_scripts.iter().take(20).map(|script| human::visible(&script.name, 120));
            let names: Vec<_> = names.collect();
            ui.weak(human::quantity(
                unknown,
                "context belongs to a script without scopes",
                "contexts belong to scripts without scopes",
            ))
            .on_hover_text(names.join("\n"));
        }
    });
}

/// Explains why dead variables cannot be found.
fn nothing_known(ui: &mut Ui, place: &Place, commands: &mut Vec<Command>) {
    let program = place.snapshot.producer().label();
    let text = format!(
        "Chromium 156 and later versions write scopes and their variables into snapshots. Other programs with an equally \
         recent V8 may do so, too. This file is from {}.",
        human::visible(&program, 120)
    );
    let title = (Icon::Variable, "This file does not record which variables functions use", text.as_str());
    super::empty_state(ui, title, Vec::new(), commands);
}

impl ViewKind {
    pub const REALMS: Self = Self("Realms");
}

impl Pane for DeadVariablesPane {
    fn about() -> About {
        About::new(ViewKind::REALMS, "Windows, frames and vm contexts, with the objects of each").purpose(
            "Use Realms to separate the memory of windows, frames and vm contexts, and to find variables that nothing reads.",
        )
    }

    fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        self.choice(ui);
        if self.is_shown { self.variables(ui, session, place) } else { super::realms::show(ui, session, place) }
    }

    fn table(&mut self) -> Option<&mut dyn RowSelection> {
        Some(&mut self.table)
    }

    fn shows_whole(&self) -> bool {
        true
    }
}
