//! Comparison: what changed from a snapshot A to a snapshot B, as a table of classes or as a treemap of B colored by growth.
//!
//! B is the snapshot of the view, unless that is the oldest of the open ones: then the pair is the oldest and the newest.

mod rows;
mod tools;

use std::sync::Arc;

use egui::{Id, RichText, Ui};

use super::dominator_map::DominatorMapPane;
use super::pane::{About, Pane};
use super::series::SeriesChoice;
use super::{Place, Slot, ephemeron_menu, item, object_menu};
use crate::model::{EdgeIndex, NodeOrdinal, SnapshotId, human};
use crate::query::{
    Comparison, ComparisonKey, ComparisonOf, ComparisonSort, OPTIONS_DIFFER, PairList, ScriptsOf, Side,
};
use crate::session::Session;
use crate::snapshot::Snapshot;
use crate::ui::command::{Command, ExportList, NodeSet, Target, ViewKind};
use crate::ui::icons::Icon;
use crate::ui::text;
use crate::ui::theme;
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
    Column { title: "# New", hint: "Objects that are only in B", width: 72.0 },
    Column { title: "# Deleted", hint: "Objects that are only in A", width: 72.0 },
    Column { title: "# Delta", hint: "New minus deleted", width: 72.0 },
    Column { title: "Alloc. size", hint: "Shallow sizes of the new objects", width: 84.0 },
    Column { title: "Freed size", hint: "Shallow sizes of the deleted objects", width: 84.0 },
    Column { title: "Size delta", hint: "Allocated minus freed", width: 84.0 },
    Column { title: "Retained, A", hint: "Retained size of the whole class in A", width: 98.0 },
    Column { title: "Retained, B", hint: "Retained size of the whole class in B", width: 98.0 },
    Column { title: "Ret. delta", hint: "Retained size in B minus that in A", width: 84.0 },
];

/// The pane's own state.
#[derive(Debug)]
pub struct ComparisonPane {
    /// The snapshot A; `None` for the default pair.
    pub base: Option<SnapshotId>,
    /// The snapshot B, if it is not that of the view.
    current: Option<SnapshotId>,
    /// The pair on screen.
    shown: Option<(SnapshotId, SnapshotId)>,
    pub filter: String,
    sort: ComparisonSort,
    /// True if classes of reloaded scripts are joined into one row.
    joins_reloaded: bool,
    pub as_treemap: bool,
    pub treemap: DominatorMapPane,
    pub table: TreeState<Compared>,
}

impl Default for ComparisonPane {
    fn default() -> Self {
        Self {
            base: None,
            current: None,
            shown: None,
            filter: String::new(),
            sort: ComparisonSort { key: ComparisonKey::RetainedDelta, descending: true },
            joins_reloaded: false,
            as_treemap: false,
            treemap: DominatorMapPane::default(),
            table: TreeState::default(),
        }
    }
}

impl ComparisonPane {
    const NAME: &'static str = "Comparison";

    /// Compares the snapshot of the view with this one.
    pub fn set_base(&mut self, base: SnapshotId) {
        (self.base, self.current) = (Some(base), None);
    }

    /// Compares this pair, whichever snapshot the view shows.
    pub fn set_pair(&mut self, base: SnapshotId, current: SnapshotId) {
        (self.base, self.current) = (Some(base), Some(current));
    }

    /// Returns the snapshots A and B on screen.
    #[must_use]
    pub fn shown(&self) -> Option<(SnapshotId, SnapshotId)> {
        self.shown
    }

    /// Returns the snapshots A and B; `None` if there is nothing to compare the view's snapshot with.
    fn pair(&self, session: &Session, shown: SnapshotId) -> Option<(SnapshotId, SnapshotId)> {
        let is_open = |id: &SnapshotId| session.snapshot(*id).is_some();
        let current = self.current.filter(is_open).unwrap_or(shown);
        if let Some(base) = self.base.filter(is_open).filter(|base| *base != current) {
            return Some((base, current));
        }
        let series = SeriesChoice::default().series(session);
        let (&first, &last) = (series.first()?, series.last()?);
        let pair = (first, if shown == first { last } else { shown });
        (pair.0 != pair.1).then_some(pair)
    }

    /// Draws the classes and their objects.
    fn rows(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        place: &Place,
        pair: Pair,
        comparison: Arc<Comparison>,
        commands: &mut Vec<Command>,
    ) {
        let (base, current) = (pair.base.0, pair.current.0);
        let scripts = [base, current].map(|id| session.ask(&ScriptsOf(id)).ready());
        let mut rows = PairRows {
            session,
            scripts,
            base: pair.base,
            current: pair.current,
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
            empty_text: if self.filter.is_empty() {
                "No objects were allocated or freed from A to B"
            } else {
                "No matching classes"
            },
        };
        let root = Compared::Classes(base);
        let rows_ref = &mut rows;
        let (comparison, joined) = (Arc::clone(&rows_ref.comparison), rows_ref.joined);
        let (base_of, current_of) = (Arc::clone(&rows_ref.base.1), Arc::clone(&rows_ref.current.1));
        let answer = tree_table::show(ui, &table, &root, &mut self.table, rows_ref, |ui, list, path| {
            let row = path.last().copied().unwrap_or_default();
            let context = MenuContext {
                comparison: &comparison,
                joined,
                base: (base, &base_of),
                current: (current, &current_of),
            };
            context.menu(ui, *list, row, commands);
        });
        if let Some(column) = answer.sort_clicked {
            let key = KEYS[column];
            let descending = if self.sort.key == key { !self.sort.descending } else { key != ComparisonKey::Name };
            self.sort = ComparisonSort { key, descending };
        }
        if let Some(path) = answer.selected {
            commands.push(match rows.selected(&path, answer.by_key) {
                // A class of another snapshot means nothing in this view.
                Command::SelectClass { by_key, .. } if current != place.slot.id => {
                    Command::SelectClass { class: None, by_key }
                }
                command => command,
            });
        }
        if let Some(target) = answer.activated.and_then(|path| rows.target_at(&path)) {
            commands.push(Command::Reveal(target, ViewKind::SUMMARY));
        }
        if answer.export {
            let list = ExportList::Comparison(rows.key(PairList::Classes(self.sort)));
            commands.push(Command::Export { name: "comparison".to_owned(), list });
        }
    }
}

/// The snapshots A and B.
struct Pair {
    base: (SnapshotId, Arc<Snapshot>),
    current: (SnapshotId, Arc<Snapshot>),
}

/// Draws a banner if a snapshot is incomplete, or if objects cannot be matched.
fn banner(ui: &mut Ui, comparison: &Comparison, base: &Snapshot, current: &Snapshot) {
    crate::ui::recovery::compared(ui, base, current);
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
        let text = if current.producer().program.has_stable_ids() {
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
        About::new(ViewKind::COMPARISON, "New, deleted and grown objects since another snapshot").purpose(
            "Use Comparison to see what was allocated and freed between two snapshots. For three or more, use Growth.",
        )
    }

    fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        let mut commands = Vec::new();
        let of = |id: SnapshotId| session.snapshot(id).map(|snapshot| (id, snapshot));
        let pair = self.pair(session, place.slot.id);
        let Some(pair) = pair.and_then(|(base, current)| Some(Pair { base: of(base)?, current: of(current)? })) else {
            super::empty_state(
                ui,
                (
                    Icon::GitCompareArrows,
                    "Only one snapshot is open",
                    "Open another snapshot of this process to see which objects were allocated and freed between the \
                     two, and which classes grew.",
                ),
                super::NextStep::more_snapshots(),
                &mut commands,
            );
            return commands;
        };
        let (base, current) = (pair.base.0, pair.current.0);
        if self.shown != Some((base, current)) {
            self.shown = Some((base, current));
            self.table.reset();
            self.treemap = DominatorMapPane::default();
        }
        self.tools(ui, session, place, (base, current), &mut commands);
        let reply = session.ask(&ComparisonOf { base, current, joined: self.joins_reloaded });
        let cancel = || commands.push(Command::Show(ViewKind::SUMMARY));
        let Some(comparison) = super::answer(ui, reply, "Comparing…", cancel) else { return commands };
        banner(ui, &comparison, &pair.base.1, &pair.current.1);
        if self.as_treemap {
            let name = human::visible(&text::name_of(session, base), 60).into_owned();
            let newer = Place { slot: Slot { id: current, ..place.slot }, snapshot: pair.current.1 };
            commands.extend(self.treemap.show_growth(ui, session, &newer, (base, name)));
        } else {
            self.rows(ui, session, place, pair, comparison, &mut commands);
        }
        commands
    }

    fn note_selection(&mut self, node: Option<NodeOrdinal>) {
        // The object may be one of the older snapshot: only a click on the treemap outlines a tile.
        if node != self.treemap.selected() {
            self.treemap.set_selected(None);
        }
    }

    fn is_busy(&self) -> bool {
        self.as_treemap && self.treemap.is_busy()
    }

    fn table(&mut self) -> Option<&mut dyn RowSelection> {
        Some(&mut self.table)
    }

    fn shows_whole(&self) -> bool {
        true
    }
}
