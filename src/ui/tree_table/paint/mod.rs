//! Drawing the table, and mouse and keyboard input.

mod cells;
mod columns;
mod copy;
mod header;
mod keyboard;
mod many;
mod rows;

pub(crate) use columns::is_column_shown;
pub(crate) use keyboard::select_on_keyboard;
pub(crate) use many::BulkAction;

use std::cell::{Cell, RefCell};

use egui::accesskit::Role;
use egui::{Rect, Sense, Stroke, Ui, UiBuilder, pos2, vec2};

use super::layout::Place;
use super::scroll::BAR_WIDTH;
use super::state::{Branch, TreeState};
use super::{Path, Table, TreeModel};
use crate::model::convert;
use crate::ui::focus_order;
use crate::ui::theme::{self, tokens};
use columns::{Choices, Columns};
use keyboard::keyboard;
use rows::RowPainter;

const HEADER_HEIGHT: f32 = 24.0;
const INDENT: f32 = 14.0;
const CHAIN_INDENT: f32 = 9.0;
const DEEP_INDENT: f32 = 4.0;
const TRIANGLE: f32 = 16.0;
const MIN_COLUMN: f32 = 44.0;
const MIN_FIRST_COLUMN: f32 = 140.0;
/// The maximum number of rows expanded at once by Shift+→.
const EXPAND_LIMIT: usize = 200;

/// The user's input in one frame.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct TableAnswer {
    /// The row that was selected, or the selected row of a table that received the keyboard focus.
    pub selected: Option<Path>,
    /// True if the row was selected with the keyboard.
    pub by_key: bool,
    /// True if the list is to be exported.
    pub export: bool,
    /// The row without children that was double-clicked, or on which Enter was pressed.
    pub activated: Option<Path>,
    /// The row that was clicked, and the column under the pointer.
    pub clicked: Option<(Path, usize)>,
    /// The column whose header was clicked.
    pub sort_clicked: Option<usize>,
    /// An action on all selected rows.
    pub(crate) bulk: Option<BulkAction>,
    /// True if the table has the keyboard focus.
    pub focused: bool,
    /// The row to expand or collapse.
    toggled: Option<(Path, bool)>,
}

/// Draws the table into the available room. `menu` fills the context menu of a row.
pub fn show<M: TreeModel>(
    ui: &mut Ui,
    table: &Table<'_>,
    root: &M::List,
    state: &mut TreeState<M::List>,
    model: &mut M,
    mut menu: impl FnMut(&mut Ui, &M::List, &[u32]),
) -> TableAnswer {
    if state.root.as_ref().is_none_or(|branch| branch.list != *root) {
        // Pending reveals were requested for the new list.
        let reveals = std::mem::take(&mut state.reveals);
        state.reset();
        state.root = Some(Branch::new(root.clone()));
        state.reveals = reveals;
    }
    state.row_height = theme::row_height(ui.ctx());
    state.offset = state.offset.min(state.row_height);
    state.update(model);
    let rect = ui.available_rect_before_wrap();
    ui.allocate_rect(rect, Sense::hover());
    let header = Rect::from_min_size(rect.min, vec2(rect.width(), HEADER_HEIGHT));
    let body = Rect::from_min_max(pos2(rect.left(), header.bottom()), rect.max);
    let rows = Rect::from_min_max(body.min, pos2(body.right() - BAR_WIDTH, body.bottom()));
    let choices = Choices::load(ui, table.name);
    let choices_before = choices.clone();
    let roles = (0..table.columns.len()).map(|column| model.role(column)).collect();
    let columns = Columns::new(table, roles, &choices, rows);

    let mut answer = TableAnswer::default();
    // The line about several selected rows covers the last row.
    let height = rows.height() - if state.many.is_empty() { 0.0 } else { many::HEIGHT };
    if let Some(reveal) = state.advance_reveals(model) {
        if let Some(index) = state.index_of(&reveal.path) {
            state.scroll_to(index, height, true);
        }
        if reveal.select {
            // This selection is not reported: the caller requested it, and something else may have been selected meanwhile.
            state.select(Some(reveal.path));
        }
    }
    let focus = ui.interact(rows, table.id, Sense::focusable_noninteractive());
    focus_order::offer(ui, table.id, rect);
    if focus.gained_focus()
        && let Some(path) = state.selection()
    {
        answer.selected = Some(path.to_vec());
        answer.by_key = true;
    }
    describe(ui, table, state);
    keyboard(ui, (table, &columns), state, model, height, &mut answer);
    if ui.rect_contains_pointer(body) {
        let wheel = ui.input(|input| input.smooth_scroll_delta().y);
        if wheel != 0.0 {
            state.scroll_by(-wheel, height);
        }
    }
    state.keep_selection_visible(height);
    state.clamp(height);

    let has_focus = focus.has_focus();
    answer.focused = has_focus;
    let mut body_ui = ui.new_child(UiBuilder::new().max_rect(rows).id_salt(table.id));
    body_ui.set_clip_rect(rows.intersect(ui.clip_rect()));
    let (choices, fit) = (RefCell::new(choices), Cell::new(None));
    let mut painter = RowPainter { table, columns: &columns, rows, has_focus, tokens: tokens(ui), choices, fit };
    painter.rows(&mut body_ui, state, model, &mut answer, &mut menu);
    painter.many(&mut body_ui, state, model, &mut answer);
    painter.header(ui, header, (state, model), &mut answer);
    let choices = painter.choices.into_inner();
    if choices != choices_before {
        choices.save(ui, table.name);
    }
    state.scroll_bar(ui, table.id, Rect::from_min_max(pos2(rows.right(), body.top()), body.max), height);
    if has_focus {
        ui.painter().rect_stroke(body, 0.0, Stroke::new(1.0, tokens(ui).accent), egui::StrokeKind::Inside);
    }
    answer
}

/// Describes the table to screen readers: its name, the number of rows and the sort.
fn describe<L: Clone + Eq + std::hash::Hash>(ui: &Ui, table: &Table<'_>, state: &TreeState<L>) {
    let (by, descending) = table.sorted_by;
    let sort = table.columns.get(by).map_or("", |column| column.title);
    let order = if descending { "descending" } else { "ascending" };
    ui.ctx().accesskit_node_builder(table.id, |node| {
        node.set_role(Role::TreeGrid);
        node.set_label(format!("{} table", table.name));
        if !sort.is_empty() {
            node.set_description(format!("Sorted by {}, {order}", sort.to_lowercase()));
        }
        node.set_row_count(convert::in_memory(state.row_count()));
        node.set_column_count(table.columns.len());
    });
}

/// Returns the rows on screen with their lists.
fn visible_rows<L: Clone + Eq + std::hash::Hash>(
    state: &TreeState<L>,
    height: f32,
) -> impl Iterator<Item = (L, Path)> + '_ {
    let count = convert::whole((height / state.row_height).ceil());
    (state.first_row..state.first_row + count).filter_map(|index| match state.place(index)? {
        Place::Row { list, path, .. } => Some((list, path)),
        Place::Note { .. } => None,
    })
}
