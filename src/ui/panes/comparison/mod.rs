//! Comparison: objects that are new, deleted or grown since another snapshot.

mod rows;

use std::sync::Arc;

use egui::{Id, RichText, TextEdit, Ui};

use super::pane::{About, Pane};
use super::{Place, ephemeron_menu, item, object_menu};
use crate::model::{EdgeIndex, SnapshotId, human};
use crate::query::{
    Comparison, ComparisonKey, ComparisonOf, ComparisonSort, OPTIONS_DIFFER, PairList, ScriptsOf, Side,
};
use crate::session::Session;
use crate::snapshot::Snapshot;
use crate::ui::command::{Command, ExportList, NodeSet, Target, ViewKind};
use crate::ui::text;
use crate::ui::theme::{self};
use crate::ui::tree_table::{self, Column, RowSelection, Table, TreeState};
use rows::{Compared, PairRows};

/// The sort key of each column.
const KEYS: [ComparisonKey; 10] = [
    ComparisonKey::Name,
    ComparisonKey::New,
    ComparisonKey::Deleted,
    ComparisonKey::Delta,
    ComparisonKey::AllocatedSize,
    ComparisonKey::FreedSize,
    ComparisonKey::SizeDelta,
    ComparisonKey::BaseRetained,
    ComparisonKey::CurrentRetained,
    ComparisonKey::RetainedDelta,
];

const COLUMNS: [Column; 10] = [
    Column { title: "Constructor", hint: "Classes with new or deleted objects", width: 0.0 },
    Column { title: "# New", hint: "Objects that are not in the base", width: 72.0 },
    Column { title: "# Deleted", hint: "Objects that are only in the base", width: 72.0 },
    Column { title: "# Delta", hint: "New minus deleted", width: 72.0 },
    Column { title: "Alloc. size", hint: "Shallow sizes of the new objects", width: 84.0 },
    Column { title: "Freed size", hint: "Shallow sizes of the deleted objects", width: 84.0 },
    Column { title: "Size delta", hint: "Allocated minus freed", width: 84.0 },
    Column { title: "Retained, base", hint: "Retained size of the whole class in the base", width: 98.0 },
    Column { title: "Retained, now", hint: "Retained size of the whole class in the current snapshot", width: 98.0 },
    Column { title: "Ret. delta", hint: "Retained size now minus that in the base", width: 84.0 },
];

/// The pane's own state. The current snapshot is the one whose view this is.
#[derive(Debug)]
pub struct ComparisonPane {
    pub base: Option<SnapshotId>,
    pub filter: String,
    sort: ComparisonSort,
    /// True if classes of reloaded scripts are joined into one row.
    joins_reloaded: bool,
    pub table: TreeState<Compared>,
}

impl Default for ComparisonPane {
    fn default() -> Self {
        Self {
            base: None,
            filter: String::new(),
            sort: ComparisonSort { key: ComparisonKey::AllocatedSize, descending: true },
            joins_reloaded: false,
            table: TreeState::default(),
        }
    }
}

impl ComparisonPane {
    const NAME: &'static str = "Comparison";

    /// Sets the base of the comparison.
    pub fn set_base(&mut self, base: SnapshotId) {
        if self.base != Some(base) {
            self.base = Some(base);
            self.table.reset();
        }
    }

    /// Chooses a base if none is set: the snapshot that was loaded before the current one, or any other.
    fn choose_base(&mut self, session: &Session, current: SnapshotId) {
        if self.base.is_none_or(|base| base == current || session.snapshot(base).is_none()) {
            let others: Vec<SnapshotId> =
                session.open().iter().map(|open| open.id).filter(|id| *id != current).collect();
            self.base = others.iter().rfind(|id| **id < current).or(others.first()).copied();
            self.table.reset();
        }
    }

    fn toolbar(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        place: &Place,
        base: SnapshotId,
        commands: &mut Vec<Command>,
    ) {
        let comparison =
            session.ask(&ComparisonOf { base, current: place.slot.id, joined: self.joins_reloaded }).ready();
        let offers_joining = self.joins_reloaded || comparison.is_some_and(|comparison| comparison.has_reloaded);
        let name_of = |id: SnapshotId| text::name_of(session, id);
        let current = place.slot.id;
        super::toolbar(ui, |ui| {
            // Both names and the controls between them fit one row unless the window is very small.
            let width = ((ui.available_width() - 310.0) / 2.0).clamp(110.0, 240.0);
            let edit = TextEdit::singleline(&mut self.filter).hint_text("Filter classes").desired_width(150.0);
            let response = ui.add(edit);
            ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Filter compared classes"));
            ui.weak("Base");
            let choice = text::file_choice(ui, ("base", place.slot), &name_of(base), width).show_ui(ui, |ui| {
                for open in session.open().iter().filter(|open| open.id != current) {
                    let name = human::visible(&name_of(open.id), 80).into_owned();
                    if ui.selectable_label(open.id == base, name).clicked() {
                        commands.push(Command::Compare { base: open.id, current });
                    }
                }
            });
            ui.ctx().accesskit_node_builder(choice.response.id, |node| node.set_label("Base snapshot"));
            if ui.button("Swap").on_hover_text("Swap the base and the current snapshot").clicked() {
                commands.push(Command::Compare { base: current, current: base });
            }
            let font = egui::TextStyle::Body.resolve(ui.style());
            let name = name_of(current);
            let shown = text::file_name(ui, &name, &font, width);
            let layout =
                |text: &str| ui.painter().layout_no_wrap(text.to_owned(), font.clone(), egui::Color32::PLACEHOLDER);
            let wanted = layout("Current").size().x + layout(&shown).size().x + 2.0 * ui.spacing().item_spacing.x;
            // A nested row does not wrap by itself.
            if ui.available_size_before_wrap().x < wanted {
                ui.end_row();
            }
            ui.horizontal(|ui| {
                ui.weak("Current");
                ui.label(shown).on_hover_text(human::visible(&name, 300));
            });
            if offers_joining && super::join_switch(ui, &mut self.joins_reloaded) {
                self.table.reset();
            }
        });
    }
}

/// Draws a banner if a snapshot is incomplete, or if objects cannot be matched.
fn banner(ui: &mut Ui, comparison: &Comparison, base: &Snapshot, place: &Place) {
    crate::ui::recovery::compared(ui, base, &place.snapshot);
    if comparison.options_differ {
        super::remark(ui, OPTIONS_DIFFER);
    }
    if comparison.ids_match {
        return;
    }
    let tokens = theme::tokens(ui);
    let frame = egui::Frame::new().fill(tokens.error_surface).inner_margin(egui::Margin::symmetric(8, 4));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        let text = if place.snapshot.producer().program.has_stable_ids() {
            "These snapshots are not from the same process: their object ids do not match. \
             Only class totals are compared, not individual objects."
        } else {
            "JavaScriptCore, and so Bun, assigns new object ids in every snapshot. \
             Only class totals are compared, not individual objects."
        };
        ui.label(RichText::new(text).color(tokens.error));
    });
}

struct MenuContext<'a> {
    comparison: &'a Comparison,
    joined: bool,
    base: (SnapshotId, &'a Arc<Snapshot>),
    current: (SnapshotId, &'a Arc<Snapshot>),
}

impl MenuContext<'_> {
    fn menu(&self, ui: &mut Ui, list: Compared, row: u32, commands: &mut Vec<Command>) {
        let (base, current) = (self.base.0, self.current.0);
        let object = |ui: &mut Ui, side: Side, node, commands: &mut Vec<Command>| {
            let (snapshot, of) = if side == Side::Base { self.base } else { self.current };
            object_menu(ui, of, Target { snapshot, node }, commands);
        };
        match list {
            Compared::Classes(_) => {
                let Some(class) = self.comparison.classes.get(row as usize) else { return };
                for (new, count, what) in [(true, class.new_count, "new"), (false, class.deleted_count, "deleted")] {
                    if count > 0 && self.comparison.ids_match {
                        let text = format!("Merge retaining paths of {what} objects");
                        item(ui, &text, commands, || Command::MergePaths {
                            of: if new { current } else { base },
                            title: format!("{what} {}", class.name),
                            nodes: NodeSet::Compared { base, current, joined: self.joined, class: row, new },
                        });
                    }
                }
                item(ui, "Copy class name", commands, || Command::Copy(class.name.clone()));
            }
            Compared::Objects(_) => {
                let (side, node) = self.comparison.object(row);
                object(ui, side, node, commands);
            }
            Compared::Fields(side, _) => {
                let (id, of) = if side == Side::Base { self.base } else { self.current };
                let edge = EdgeIndex(row);
                object(ui, side, of.graph().edge_target(edge), commands);
                ephemeron_menu(ui, id, &of.edge_name(edge), commands);
            }
        }
    }
}

impl ViewKind {
    pub const COMPARISON: Self = Self("Comparison");
}

impl Pane for ComparisonPane {
    fn about() -> About {
        About::new(ViewKind::COMPARISON, "New, deleted and grown objects since another snapshot")
    }

    fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        let mut commands = Vec::new();
        let current = place.slot.id;
        self.choose_base(session, current);
        let Some((base, base_snapshot)) = self.base.and_then(|id| session.snapshot(id).map(|of| (id, of))) else {
            super::placeholder(ui, "Open another snapshot of this process to compare it with this one");
            return commands;
        };
        self.toolbar(ui, session, place, base, &mut commands);
        let reply = session.ask(&ComparisonOf { base, current, joined: self.joins_reloaded });
        let cancel = || commands.push(Command::Show(ViewKind::SUMMARY));
        let Some(comparison) = super::answer(ui, reply, "Comparing…", cancel) else { return commands };
        banner(ui, &comparison, &base_snapshot, place);
        let scripts = [base, current].map(|id| session.ask(&ScriptsOf(id)).ready());
        let mut rows = PairRows {
            session,
            scripts,
            base: (base, base_snapshot),
            current: (current, Arc::clone(&place.snapshot)),
            comparison,
            joined: self.joins_reloaded,
            sort: self.sort,
            filter: self.filter.clone(),
            look: theme::look(ui),
        };
        let by = KEYS.iter().position(|key| *key == self.sort.key).unwrap_or(0);
        let table = Table {
            id: Id::unique((Self::NAME, place.slot)),
            name: Self::NAME,
            columns: &COLUMNS,
            sorted_by: (by, self.sort.descending),
            empty_text: "No objects were allocated or freed between the two snapshots",
        };
        let root = Compared::Classes(base);
        let rows_ref = &mut rows;
        let mut menus: Vec<(Compared, u32, Vec<Command>)> = Vec::new();
        let (comparison, joined) = (Arc::clone(&rows_ref.comparison), rows_ref.joined);
        let (base_of, current_of) = (Arc::clone(&rows_ref.base.1), Arc::clone(&rows_ref.current.1));
        let answer = tree_table::show(ui, &table, &root, &mut self.table, rows_ref, |ui, list, path| {
            let row = path.last().copied().unwrap_or_default();
            let mut asked = Vec::new();
            let context = MenuContext {
                comparison: &comparison,
                joined,
                base: (base, &base_of),
                current: (current, &current_of),
            };
            context.menu(ui, *list, row, &mut asked);
            menus.push((*list, row, asked));
        });
        commands.extend(menus.into_iter().flat_map(|(_, _, asked)| asked));
        if let Some(column) = answer.sort_clicked {
            let key = KEYS[column];
            let descending = if self.sort.key == key { !self.sort.descending } else { key != ComparisonKey::Name };
            self.sort = ComparisonSort { key, descending };
        }
        if let Some(path) = answer.selected {
            commands.push(rows.selected(&path, answer.by_key));
        }
        if let Some(target) = answer.activated.and_then(|path| rows.target_at(&path)) {
            commands.push(Command::Reveal(target, ViewKind::SUMMARY));
        }
        if answer.export {
            let list = ExportList::Comparison(rows.key(PairList::Classes(self.sort)));
            commands.push(Command::Export { name: "comparison".to_owned(), list });
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
