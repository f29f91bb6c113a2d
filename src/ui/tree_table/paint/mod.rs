//! Drawing the table, and mouse and keyboard input.

mod copy;
mod keyboard;

mod columns;

mod rows;

pub(crate) use keyboard::select_on_keyboard;

use egui::{CursorIcon, Id, Rect, Sense, Stroke, Ui, UiBuilder, Vec2, pos2, vec2};

use super::scroll::BAR_WIDTH;
use super::state::{Branch, TreeState};
use super::{Path, Table, TreeModel};
use crate::ui::focus_order;
use crate::ui::theme::{Tokens, tokens};
use columns::Columns;
use keyboard::keyboard;
use rows::RowPainter;

const HEADER_HEIGHT: f32 = 24.0;
const INDENT: f32 = 14.0;
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
    /// The column whose header was clicked.
    pub sort_clicked: Option<usize>,
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
    state.update(model);
    let rect = ui.available_rect_before_wrap();
    ui.allocate_rect(rect, Sense::hover());
    let header = Rect::from_min_size(rect.min, vec2(rect.width(), HEADER_HEIGHT));
    let body = Rect::from_min_max(pos2(rect.left(), header.bottom()), rect.max);
    let rows = Rect::from_min_max(body.min, pos2(body.right() - BAR_WIDTH, body.bottom()));
    let widths_id = Id::unique(("column widths", table.name));
    let mut widths: Vec<f32> = ui.data_mut(|data| data.get_persisted(widths_id)).unwrap_or_default();
    let columns = Columns::new(table, &mut widths, rows);
    let widths_before = widths.clone();

    let mut answer = TableAnswer::default();
    let height = rows.height();
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
    keyboard(ui, table, state, model, height, &mut answer);
    if ui.rect_contains_pointer(body) {
        let wheel = ui.input(|input| input.smooth_scroll_delta().y);
        if wheel != 0.0 {
            state.scroll_by(-wheel, height);
        }
    }
    state.clamp(height);

    let has_focus = focus.has_focus();
    answer.focused = has_focus;
    let mut body_ui = ui.new_child(UiBuilder::new().max_rect(rows).id_salt(table.id));
    body_ui.set_clip_rect(rows.intersect(ui.clip_rect()));
    let mut painter = RowPainter { table, columns: &columns, rows, has_focus, tokens: tokens(ui) };
    painter.rows(&mut body_ui, state, model, &mut answer, &mut menu);
    painter.header(ui, header, &mut widths, &mut answer);
    if widths != widths_before {
        ui.data_mut(|data| data.insert_persisted(widths_id, widths));
    }
    state.scroll_bar(ui, table.id, Rect::from_min_max(pos2(rows.right(), body.top()), body.max), height);
    if has_focus {
        ui.painter().rect_stroke(body, 0.0, Stroke::new(1.0, tokens(ui).accent), egui::StrokeKind::Inside);
    }
    answer
}

/// Draws the left border of a column, which can be dragged; returns whether it is being dragged.
fn resize_handle(ui: &Ui, id: Id, cell: Rect, width: &mut f32, tokens: &Tokens) -> bool {
    let line = Rect::from_center_size(cell.left_center(), Vec2::new(7.0, cell.height()));
    let response = ui.interact(line, id.with("resize"), Sense::DRAG);
    if response.dragged() {
        *width = (*width - response.drag_delta().x).clamp(MIN_COLUMN, 600.0);
    }
    let color = if response.hovered() || response.dragged() { tokens.accent } else { tokens.border };
    ui.painter().vline(cell.left(), cell.shrink2(vec2(0.0, 5.0)).y_range(), Stroke::new(1.0, color));
    let is_dragged = response.dragged();
    response.on_hover_and_drag_cursor(CursorIcon::ResizeHorizontal);
    is_dragged
}
