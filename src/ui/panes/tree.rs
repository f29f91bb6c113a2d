//! A table of objects of one snapshot, shared by Summary, Containment, Dominators, Retainers and search results.

use std::sync::Arc;

use egui::{Id, Ui};

use super::{Place, ephemeron_menu, object_menu};
use crate::model::{ClassId, EdgeIndex, NodeOrdinal, SnapshotId, human};
use crate::query::{Filter, ListSpec, NativeContextsOf, OrderKey, RetainerDistances, ScriptsOf, Selection, Sort};
use crate::session::Session;
use crate::ui::command::{Command, ExportList, NodeSet, SourceAt, Target, ViewKind};
use crate::ui::heap_rows::{FIELDS, Field, HeapRows, clicked, sorted_by};
use crate::ui::notes::of_class;
use crate::ui::theme;
use crate::ui::tree_table::{self, BulkAction, Column, Path, Table, TableAnswer, TreeState};

/// The state of a table of objects.
#[derive(Clone, Debug)]
pub struct TreePane {
    pub sort: Sort,
    pub table: TreeState<ListSpec>,
    /// The objects that are shown side by side in a dialog.
    pub(super) compared: Option<(SnapshotId, [NodeOrdinal; 2])>,
}

impl Default for TreePane {
    fn default() -> Self {
        Self { sort: Sort::BY_RETAINED_SIZE, table: TreeState::default(), compared: None }
    }
}

/// The description of a table of objects.
#[derive(Clone, Debug)]
pub(in crate::ui) struct TreeSpec<'a> {
    /// The name of the table, under which its column widths are saved.
    pub(super) name: &'static str,
    pub(super) root: ListSpec,
    /// The column of the names.
    pub(super) first: Column<'static>,
    /// The columns that are shown until the user chooses others.
    pub(super) fields: &'static [Field],
    pub(in crate::ui) filter: Filter,
    pub(super) selection: Option<Arc<Selection>>,
    pub(super) distances: Option<Arc<RetainerDistances>>,
    pub(super) empty_text: &'a str,
    /// True if selecting a row also changes the object whose retainers and paths are shown, not just the object pane.
    pub(super) selects: bool,
}

impl<'a> TreeSpec<'a> {
    /// Returns a table with the usual columns and no filter.
    pub(super) fn new(name: &'static str, root: ListSpec, first: Column<'static>, empty_text: &'a str) -> Self {
        Self {
            name,
            root,
            first,
            fields: FIELDS,
            filter: Filter::default(),
            selection: None,
            distances: None,
            empty_text,
            selects: true,
        }
    }
}

impl TreePane {
    /// Returns the id of the table with this name in a slot.
    pub(super) fn id(name: &'static str, place: &Place) -> Id {
        Id::unique((name, place.slot))
    }

    pub(in crate::ui) fn show(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        place: &Place,
        spec: &TreeSpec<'_>,
    ) -> Vec<Command> {
        let mut commands = Vec::new();
        let snapshot = &place.snapshot;
        let fields = Field::available(snapshot, spec.fields);
        let columns: Vec<Column> = fields.iter().map(|field| field.column(spec.first)).collect();
        let scripts = session.ask(&ScriptsOf(place.slot.id)).ready();
        let realm = Field::Realm.column(spec.first).title;
        let has_realms = tree_table::is_column_shown(ui, spec.name, realm, !spec.fields.contains(&Field::Realm));
        let realms = if has_realms { session.ask(&NativeContextsOf(place.slot.id)).ready() } else { None };
        let mut rows = HeapRows {
            session,
            scripts,
            realms,
            id: place.slot.id,
            snapshot: Arc::clone(snapshot),
            fields: fields.clone(),
            shown: spec.fields,
            sort: self.sort,
            filter: spec.filter.clone(),
            selection: spec.selection.clone(),
            distances: spec.distances.clone(),
            look: theme::look(ui),
        };
        let table = Table {
            id: Self::id(spec.name, place),
            name: spec.name,
            columns: &columns,
            sorted_by: sorted_by(&fields, self.sort),
            empty_text: spec.empty_text,
        };
        if !spec.selects {
            tree_table::select_on_keyboard(ui, table.id, &mut self.table);
        }
        let answer = tree_table::show(ui, &table, &spec.root, &mut self.table, &mut rows, |ui, list, path| {
            row_menu(ui, place, spec, (*list, path), &mut commands);
        });
        if let Some(column) = answer.sort_clicked {
            self.sort = clicked(self.sort, fields[column]);
        }
        let node_at = |path: &Path| rows.node_at(spec.root, path).map(|node| place.target(node));
        self.act(place, spec, &answer, node_at, &mut commands);
        if let Some((of, nodes)) = self.compared
            && (of != place.slot.id || !super::two_objects::show(ui, session, place, nodes, &mut commands))
        {
            self.compared = None;
        }
        commands
    }
}

impl TreePane {
    /// Turns the user's input into commands.
    fn act(
        &mut self,
        place: &Place,
        spec: &TreeSpec<'_>,
        answer: &TableAnswer,
        node_at: impl Fn(&Path) -> Option<Target>,
        commands: &mut Vec<Command>,
    ) {
        if let Some(path) = &answer.selected {
            let (target, by_key) = (node_at(path), answer.by_key);
            commands.push(match (target, spec.selects) {
                (target, false) => Command::Inspect(target),
                (Some(target), true) => Command::Select { target, by_key },
                (None, true) => {
                    let lists_classes = matches!(spec.root, ListSpec::Classes | ListSpec::JoinedClasses);
                    let class = lists_classes.then(|| path.last().copied().map(ClassId)).flatten();
                    Command::SelectClass { class, by_key }
                }
            });
        }
        if let Some(target) = answer.activated.as_ref().and_then(node_at) {
            commands.push(Command::Reveal(target, ViewKind::SUMMARY));
        }
        match answer.bulk {
            Some(BulkAction::MergePaths) => commands.push(self.merge(place, spec)),
            Some(BulkAction::Compare) => {
                let nodes = self.selected_nodes(place);
                let pair = nodes.first().copied().zip(nodes.last().copied());
                self.compared = pair.map(|(first, last)| (place.slot.id, [first, last]));
            }
            None => {}
        }
        if answer.export {
            let key =
                OrderKey { snapshot: place.slot.id, list: spec.root, sort: self.sort, filter: spec.filter.clone() };
            commands.push(Command::Export { name: spec.name.to_lowercase(), list: ExportList::Rows(key) });
        }
    }

    /// Returns the objects of several selected rows, each once.
    fn selected_nodes(&self, place: &Place) -> Vec<NodeOrdinal> {
        let rows = self.table.many().iter().filter_map(|(path, list)| Some((*list, *path.last()?)));
        let mut nodes: Vec<NodeOrdinal> =
            rows.filter_map(|(list, row)| HeapRows::node_of(&place.snapshot, list, row)).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    /// Returns the command that merges the retaining paths of all selected rows.
    fn merge(&self, place: &Place, spec: &TreeSpec<'_>) -> Command {
        let nodes = self.selected_nodes(place);
        let (title, nodes) = if nodes.is_empty() {
            let rows = self.table.many().keys().filter_map(|path| path.last());
            let classes: Vec<ClassId> = rows.map(|&row| ClassId(row)).collect();
            let title = human::quantity(classes.len() as u64, "selected class", "selected classes");
            let joined = spec.root == ListSpec::JoinedClasses;
            (title, NodeSet::Classes { classes: classes.into(), joined, filter: spec.filter.nodes.clone() })
        } else {
            let title = human::quantity(nodes.len() as u64, "selected object", "selected objects");
            (title, NodeSet::These(nodes.into()))
        };
        Command::MergePaths { of: place.slot.id, title, nodes }
    }
}

/// Fills the context menu of a row.
fn row_menu(
    ui: &mut Ui,
    place: &Place,
    spec: &TreeSpec<'_>,
    (list, path): (ListSpec, &[u32]),
    commands: &mut Vec<Command>,
) {
    let snapshot = &place.snapshot;
    let id = place.slot.id;
    let row = path.last().copied().unwrap_or_default();
    if let Some(node) = HeapRows::node_of(snapshot, list, row) {
        let target = place.target(node);
        object_menu(ui, snapshot, target, commands);
        if let ListSpec::Retainers(_) = list {
            super::item(ui, "Copy path to this retainer", commands, || {
                let edges: Vec<EdgeIndex> = path.iter().map(|&edge| EdgeIndex(edge)).collect();
                let start = edges.first().map_or(node, |&edge| snapshot.graph().edge_target(edge));
                Command::Copy(super::paths::path_text(snapshot, place.target(start), &edges))
            });
            super::item(ui, "Ignore this retainer", commands, || Command::Ignore(target));
        }
        if let ListSpec::Retainers(_) | ListSpec::Edges(_) = list {
            ephemeron_menu(ui, id, &snapshot.edge_name(EdgeIndex(row)), commands);
        }
    } else {
        let class = snapshot.classes().get(ClassId(row));
        let nodes = if list == ListSpec::JoinedClasses { NodeSet::JoinedClass } else { NodeSet::Class };
        super::item(ui, "Merge retaining paths", commands, || Command::MergePaths {
            of: id,
            title: class.name.clone(),
            nodes: nodes(ClassId(row), spec.filter.nodes.clone()),
        });
        super::item(ui, "Copy class name", commands, || Command::Copy(class.name.clone()));
        super::item(ui, "Add or edit note…", commands, || {
            let (subject, label) = of_class(snapshot, ClassId(row));
            Command::Note { of: id, subject, label }
        });
        if let Some(at) = class.key.location {
            crate::ui::place_link::menu(ui, &SourceAt::Script(id, at), commands);
        }
        if let Some(entry) = crate::ui::glossary::for_class(&class.name) {
            super::item(ui, "Show in glossary", commands, || Command::Explain(entry.term));
        }
    }
}
