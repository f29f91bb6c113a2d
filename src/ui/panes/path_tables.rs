//! The tables of retaining paths: the paths of one object with their steps, and the paths of many objects as one tree.

use std::collections::HashMap;
use std::sync::Arc;

use egui::{Id, Ui};

use super::paths::path_text;
use super::{Place, object_menu};
use crate::model::{EdgeIndex, convert, human};
use crate::query::{MergedPaths, Scripts, edge_label};
use crate::ui::command::{Command, Target, ViewKind};
use crate::ui::heap_rows::{DISTANCE, RETAINED, SHALLOW, distance_cell, key_runs, node_cell, size_cell};
use crate::ui::notes::{Subject, of_object};
use crate::ui::object_cells::{share_cell, with_source};

use crate::ui::theme::Look;
use crate::ui::tree_table::{self, Cell, Column, ColumnRole, Rows, Run, Table, TreeModel, TreeState};

const PATH_COLUMNS: [Column; 4] = [
    Column {
        title: "Path to the roots",
        hint: "The object that holds the reference, and the reference's name in it, up to a root",
        width: 0.0,
    },
    DISTANCE,
    SHALLOW,
    RETAINED,
];

const MERGED_COLUMNS: [Column; 5] = [
    Column { title: "Path from the roots", hint: "Objects on the paths, by class and reference", width: 0.0 },
    Column { title: "Objects", hint: "Number of objects reached by this path", width: 86.0 },
    Column { title: "Share", hint: "Share of the objects whose paths are merged", width: 70.0 },
    SHALLOW,
    RETAINED,
];

/// The number of levels of the most common path that are expanded automatically.
const OPEN_LEVELS: usize = 60;

/// A list of the table of one object's paths.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum PathList {
    /// The paths; row ids are their indices.
    Paths,
    /// The steps of a path; row ids are their indices, starting at the object.
    Steps(u32),
}

/// The paths of one object as rows.
pub(super) struct PathRows<'a> {
    pub(super) place: &'a Place,
    pub(super) target: Target,
    pub(super) paths: &'a [Vec<EdgeIndex>],
    /// The files of source locations, once they are known.
    pub(super) scripts: Option<Arc<Scripts>>,
    pub(super) look: Look,
}

fn count_up(count: usize) -> Arc<Vec<u32>> {
    Arc::new((0..).take(count).collect())
}

impl PathRows<'_> {
    fn path(&self, at: u32) -> &[EdgeIndex] {
        self.paths.get(at as usize).map_or(&[], Vec::as_slice)
    }

    /// Returns the object of a step.
    fn at(&self, path: &[u32]) -> Option<Target> {
        let &[of, step] = path else { return None };
        let edge = *self.path(of).get(step as usize)?;
        Some(self.place.target(self.place.snapshot.graph().edge_source(edge)))
    }

    /// Shows the steps of all paths.
    pub(super) fn open_all(&self, table: &mut TreeState<PathList>) {
        for at in (0..).take(self.paths.len()) {
            table.expand(vec![at]);
        }
    }

    pub(super) fn show(&mut self, ui: &mut Ui, table: &mut TreeState<PathList>, commands: &mut Vec<Command>) {
        let spec = Table {
            id: Id::unique(("paths", self.place.slot)),
            name: "Paths",
            columns: &PATH_COLUMNS,
            sorted_by: (0, false),
            empty_text: super::no_retainers(&self.place.snapshot, self.target.node),
        };
        tree_table::select_on_keyboard(ui, spec.id, table);
        let (place, target, paths) = (self.place, self.target, self.paths);
        let at = Self { place, target, paths, scripts: None, look: self.look };
        let answer = tree_table::show(ui, &spec, &PathList::Paths, table, self, |ui, _, path| {
            if let Some(step) = at.at(path) {
                object_menu(ui, &place.snapshot, step, commands);
                super::item(ui, "Ignore this retainer", commands, || Command::Ignore(step));
            }
            super::item(ui, "Add or edit note about the path…", commands, || {
                let (_, label) = of_object(&place.snapshot, target.node);
                let subject = Subject::Path { id: place.snapshot.id(target.node).0 };
                Command::Note { of: target.snapshot, subject, label: format!("Path to {label}") }
            });
            let edges = at.path(path.first().copied().unwrap_or_default());
            super::item(ui, "Copy path", commands, || Command::Copy(path_text(&place.snapshot, target, edges)));
        });
        if let Some(path) = &answer.selected {
            commands.push(Command::Inspect(self.at(path)));
        }
        if let Some(step) = answer.activated.as_deref().and_then(|path| self.at(path)) {
            commands.push(Command::Reveal(step, ViewKind::SUMMARY));
        }
    }
}

impl TreeModel for PathRows<'_> {
    type List = PathList;

    fn rows(&mut self, list: &PathList) -> Rows {
        Rows::Ready(match *list {
            // An object that only the root holds has one path without steps.
            PathList::Paths if self.paths.iter().all(Vec::is_empty) => Arc::default(),
            PathList::Paths => count_up(self.paths.len()),
            PathList::Steps(of) => count_up(self.path(of).len()),
        })
    }

    fn children(&self, list: &PathList, path: &[u32]) -> Option<PathList> {
        match list {
            PathList::Paths => path.last().map(|&of| PathList::Steps(of)),
            PathList::Steps(_) => None,
        }
    }

    fn is_link(&self, list: &PathList, _path: &[u32]) -> bool {
        matches!(list, PathList::Steps(_))
    }

    fn role(&self, column: usize) -> ColumnRole {
        match column {
            0 => ColumnRole { sorts: false, ..ColumnRole::names() },
            1 => ColumnRole { sorts: false, ..ColumnRole::keep(60) },
            2 => ColumnRole { sorts: false, ..ColumnRole::size(50) },
            _ => ColumnRole { sorts: false, ..ColumnRole::size(100) },
        }
    }

    fn cell(&self, list: &PathList, path: &[u32], column: usize) -> Cell {
        let (Some(&row), tokens) = (path.last(), self.look.tokens) else { return Cell::default() };
        let snapshot = &self.place.snapshot;
        let PathList::Steps(of) = *list else {
            if column > 0 {
                return Cell::default();
            }
            let mut cell = Cell::text(format!("Path {}", u64::from(row) + 1), tokens.text);
            let count = self.path(row).len() as u64;
            let references = format!("  {}", human::quantity(count, "reference", "references"));
            cell.runs.push(Run::new(references, tokens.weak));
            return cell;
        };
        let Some(&edge) = self.path(of).get(row as usize) else { return Cell::default() };
        let holder = snapshot.graph().edge_source(edge);
        let total = snapshot.total_size();
        match column {
            0 => {
                let runs = vec![Run::new(edge_label(snapshot, edge), tokens.property), Run::new(" in ", tokens.weak)];
                let mut cell = node_cell(snapshot, holder, runs, tokens);
                cell.runs.extend(key_runs(snapshot, edge, tokens));
                with_source(cell, snapshot, holder, self.scripts.as_deref(), tokens)
            }
            1 => distance_cell(snapshot, holder, tokens),
            2 => size_cell(snapshot.shallow_size(holder), total, self.look),
            _ => size_cell(snapshot.retained_size(holder), total, self.look),
        }
    }
}

/// The merged tree as rows: `None` lists the objects that the roots hold.
pub(super) struct Merged<'a> {
    pub(super) place: &'a Place,
    pub(super) paths: &'a Arc<MergedPaths>,
    pub(super) rows: &'a mut HashMap<Option<u32>, Arc<Vec<u32>>>,
    pub(super) look: Look,
}

impl TreeModel for Merged<'_> {
    type List = Option<u32>;

    fn rows(&mut self, list: &Option<u32>) -> Rows {
        let rows = self.rows.entry(*list).or_insert_with(|| Arc::new(self.paths.children(*list).collect()));
        Rows::Ready(Arc::clone(rows))
    }

    fn children(&self, _: &Option<u32>, path: &[u32]) -> Option<Option<u32>> {
        let row = *path.last()?;
        (!self.paths.children(Some(row)).is_empty()).then_some(Some(row))
    }

    fn chains(&self, _: &Option<u32>) -> bool {
        true
    }

    fn role(&self, column: usize) -> ColumnRole {
        let role = match column {
            0 => ColumnRole::names(),
            1 => ColumnRole::keep(80),
            2 => ColumnRole::keep(70),
            3 => ColumnRole::size(50),
            _ => ColumnRole::size(90),
        };
        ColumnRole { sorts: false, ..role }
    }

    fn cell(&self, _: &Option<u32>, path: &[u32], column: usize) -> Cell {
        let Some(group) = path.last().and_then(|&row| self.paths.groups.get(row as usize)) else {
            return Cell::default();
        };
        let (snapshot, tokens) = (&self.place.snapshot, self.look.tokens);
        let total = snapshot.total_size();
        match column {
            0 => {
                let mut runs = Vec::new();
                if let Some(edge) = group.edge {
                    runs.push(Run::new(edge_label(snapshot, edge), tokens.property));
                    runs.push(Run::new(" → ", tokens.weak));
                }
                let class = &snapshot.classes().get(group.class).name;
                runs.push(Run::new(human::visible(class, 120), tokens.text));
                if group.ends > 0 {
                    runs.push(Run::new("  •", tokens.accent));
                }
                Cell { runs, ..Cell::default() }
            }
            1 => Cell::text(human::count(group.count), tokens.text),
            2 => share_cell(convert::share(group.count, self.paths.count), tokens),
            3 => size_cell(group.shallow_size, total, self.look),
            _ => size_cell(group.retained_size, total, self.look),
        }
    }
}

impl Merged<'_> {
    pub(super) fn show(mut self, ui: &mut Ui, table: &mut TreeState<Option<u32>>, commands: &mut Vec<Command>) {
        let spec = Table {
            id: Id::unique(("merged paths", self.place.slot)),
            name: "Merged paths",
            columns: &MERGED_COLUMNS,
            sorted_by: (1, true),
            empty_text: "No path from the roots reaches these objects",
        };
        if table.row_count() == 0 {
            // Expand the path that most objects share.
            let mut path = Vec::new();
            let mut at = None;
            while let Some(first) = self.paths.children(at).next() {
                path.push(first);
                at = Some(first);
                if path.len() > OPEN_LEVELS {
                    break;
                }
            }
            path.pop();
            table.expand(path);
        }
        tree_table::select_on_keyboard(ui, spec.id, table);
        let (place, paths) = (self.place, Arc::clone(self.paths));
        let example = |path: &[u32]| {
            let group = paths.groups.get(*path.last()? as usize)?;
            Some(place.target(group.example))
        };
        let answer = tree_table::show(ui, &spec, &None, table, &mut self, |ui, _, path| {
            if let Some(target) = example(path) {
                ui.weak("Example object:");
                object_menu(ui, &place.snapshot, target, commands);
            }
        });
        if let Some(path) = &answer.selected {
            commands.push(Command::Inspect(example(path)));
        }
        if let Some(target) = answer.activated.as_deref().and_then(example) {
            commands.push(Command::Reveal(target, ViewKind::SUMMARY));
        }
    }
}
