//! Drawing of the visible rows, and the pointer on them.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use egui::accesskit::Role;
use egui::{Align2, Rect, Response, Sense, Ui, WidgetInfo, pos2, vec2};

use super::super::layout::Place;
use super::super::state::TreeState;
use super::super::{Content, Table, TreeModel};
use super::cells::meaning_at;
use super::columns::{Choices, Columns};
use super::copy::{CopyWhat, copy_menu, row_text, visible_text};
use super::header::Fit;
use super::{CHAIN_INDENT, DEEP_INDENT, INDENT, TRIANGLE, TableAnswer};
use crate::model::convert;
use crate::ui::theme::{GRID, Tokens};
use crate::ui::{context_menu, theme};

pub(super) struct RowPainter<'a> {
    pub(super) table: &'a Table<'a>,
    pub(super) columns: &'a Columns,
    pub(super) rows: Rect,
    pub(super) has_focus: bool,
    pub(super) tokens: &'static Tokens,
    /// The choices for the columns, which menus and dividers change.
    pub(super) choices: RefCell<Choices>,
    /// The columns to fit to their content in this frame.
    pub(super) fit: Cell<Option<Fit>>,
}

impl RowPainter<'_> {
    pub(super) fn rows<M: TreeModel>(
        &mut self,
        ui: &mut Ui,
        state: &mut TreeState<M::List>,
        model: &mut M,
        answer: &mut TableAnswer,
        menu: &mut impl FnMut(&mut Ui, &M::List, &[u32]),
    ) {
        let root = state.root.as_ref();
        if root.is_some_and(|root| root.slow || (!root.is_ready && root.rows.is_empty())) {
            ui.request_repaint_after(Duration::from_millis(60));
        }
        if state.row_count() == 0 {
            if root.is_some_and(|root| root.is_ready) {
                self.centered(ui, self.table.empty_text);
            }
            return;
        }
        let mut index = state.first_row;
        let mut top = self.rows.top() - state.offset;
        state.has_menu = false;
        while top < self.rows.bottom() {
            let Some(place) = state.place(index) else { break };
            let rect = Rect::from_min_size(pos2(self.rows.left(), top), vec2(self.rows.width(), state.row_height));
            match place {
                Place::Note { depth, text } => {
                    let left = indent(depth) + rect.left() + TRIANGLE;
                    let color = self.tokens.weak;
                    ui.painter().text(pos2(left, rect.center().y), Align2::LEFT_CENTER, text, theme::small(), color);
                }
                Place::Row { list, path, depth, is_chained } => {
                    let is_primary = state.selection() == Some(path.as_slice());
                    let is_selected = is_primary || state.many.contains_key(&path);
                    let children = model.children(&list, &path).is_some();
                    let expanded = state.is_expanded(&path);
                    let (list, path) = (&list, path.as_slice());
                    let row = Row { list, path, rect, depth, is_chained, is_primary, is_selected, children, expanded };
                    let response = self.row(ui, model, &row, (index, state.row_count()));
                    self.clicks(ui, &row, &response, state, answer);
                    let copy = self.menu(&row, &response, state, answer, menu);
                    if let Some(copy) = copy {
                        ui.copy_text(self.text_to_copy(&copy, &row, state, model));
                    }
                }
            }
            index += 1;
            top += state.row_height;
        }
        if let Some((path, expand)) = answer.toggled.take() {
            state.toggle(model, &path, expand);
        }
    }

    /// Handles clicks on a row.
    pub(super) fn clicks<L: Clone + Eq + std::hash::Hash>(
        &self,
        ui: &Ui,
        row: &Row<'_, L>,
        response: &Response,
        state: &mut TreeState<L>,
        answer: &mut TableAnswer,
    ) {
        let triangle_end = row.rect.left() + row.indent() + TRIANGLE;
        let at = response.interact_pointer_pos();
        let on_triangle = row.children && at.is_some_and(|at| at.x < triangle_end);
        if response.clicked() || response.secondary_clicked() {
            ui.memory_mut(|memory| memory.request_focus(self.table.id));
            if on_triangle && !response.secondary_clicked() {
                answer.toggled = Some((row.path.to_vec(), !row.expanded));
            } else {
                select(ui, row, response, state);
                answer.selected = state.selection().map(<[u32]>::to_vec);
                answer.by_key = false;
                if response.clicked() {
                    answer.clicked = at.map(|at| (row.path.to_vec(), self.columns.at(at.x)));
                }
            }
        }
        if response.double_clicked() && !on_triangle {
            if row.children {
                answer.toggled = Some((row.path.to_vec(), !row.expanded));
            } else {
                answer.activated = Some(row.path.to_vec());
            }
        }
        if response.secondary_clicked() {
            state.menu_column = self.columns.at(at.map_or(row.rect.left(), |at| at.x));
        }
    }

    /// Shows the context menu of a row; returns what to copy, if anything.
    pub(super) fn menu<L: Clone + Eq + std::hash::Hash>(
        &self,
        row: &Row<'_, L>,
        response: &Response,
        state: &mut TreeState<L>,
        answer: &mut TableAnswer,
        menu: &mut impl FnMut(&mut Ui, &L, &[u32]),
    ) -> Option<CopyWhat> {
        let is_wanted = row.is_primary && std::mem::take(&mut state.wants_menu);
        if is_wanted {
            state.menu_column = 0;
        }
        let left = row.rect.left() + row.indent() + TRIANGLE;
        let at = is_wanted.then_some(pos2(left, row.rect.bottom()));
        let mut copy = None;
        state.has_menu |= context_menu::show_for(response, self.table.id, at, |ui| {
            menu(ui, row.list, row.path);
            ui.separator();
            copy = copy_menu(ui, answer);
            ui.menu_button("Columns", |ui| self.column_menu(ui));
        });
        copy
    }

    pub(super) fn text_to_copy<M: TreeModel>(
        &self,
        copy: &CopyWhat,
        row: &Row<'_, M::List>,
        state: &TreeState<M::List>,
        model: &M,
    ) -> String {
        match copy {
            CopyWhat::Cell => model.cell(row.list, row.path, state.menu_column).plain().trim().to_owned(),
            CopyWhat::Row => row_text(self.columns, model, row.list, row.path),
            CopyWhat::Visible => visible_text(self.table, self.columns, state, model, self.rows.height()),
        }
    }

    /// Draws a row. `of` is its position and the number of rows.
    fn row<M: TreeModel>(&self, ui: &Ui, model: &M, row: &Row<'_, M::List>, of: (u64, u64)) -> Response {
        let tokens = self.tokens;
        let visible = row.rect.intersect(self.rows);
        // Identified by its path, so that an open menu stays with the row when the order changes.
        let response = ui.interact(visible, self.table.id.with(("row", row.path)), Sense::CLICK);
        let fill = match (row.is_selected, self.has_focus, response.hovered()) {
            (true, true, _) => Some(tokens.selection),
            (true, false, _) => Some(tokens.selection_quiet),
            (false, _, true) => Some(tokens.hover),
            _ => None,
        };
        if let Some(fill) = fill {
            ui.painter().rect_filled(row.rect, 0.0, fill);
        }
        let mut label = String::new();
        let mut tooltip = None;
        let pointer = ui.input(|input| input.pointer.hover_pos()).filter(|_| response.hovered());
        for at in self.columns.chosen() {
            let cell = model.cell(row.list, row.path, at);
            if at > 0 {
                label.push_str(", ");
            }
            label.push_str(&cell.plain());
            if self.columns.is_hidden(at) {
                continue;
            }
            let (left, right) = self.columns.ends[at];
            let rect = Rect::from_x_y_ranges(left..=right, row.rect.y_range());
            let is_cut = if at == 0 {
                self.tree_cell(ui, row, rect, &cell)
            } else if self.columns.roles[at].content == Content::Text {
                self.text_cell(ui, rect, &cell)
            } else {
                self.number_cell(ui, rect, &cell, self.columns.has_share[at])
            };
            if let Some(amounts) = model.spark(row.list, row.path, at) {
                self.spark_line(ui, rect, &amounts);
            }
            if let Some(pointer) = pointer.filter(|pointer| rect.contains(*pointer)) {
                let meaning = meaning_at(row, rect, &cell, pointer.x);
                let text = cell.tooltip.clone().or_else(|| is_cut.then(|| cell.plain()));
                tooltip = meaning.map(str::to_owned).or(text);
            }
        }
        response.widget_info(|| WidgetInfo::selected(Role::Row, true, row.is_selected, &label));
        let (index, count) = of;
        ui.ctx().accesskit_node_builder(response.id, |node| {
            if row.children {
                node.set_expanded(row.expanded);
            }
            node.set_level(row.path.len());
            node.set_selected(row.is_selected);
            node.set_row_index(convert::in_memory(index));
            node.set_position_in_set(convert::in_memory(index + 1));
            node.set_size_of_set(convert::in_memory(count));
        });
        match tooltip {
            Some(text) => response.on_hover_text_at_pointer(text),
            None => response,
        }
    }

    pub(super) fn centered(&self, ui: &Ui, text: &str) {
        let place = pos2(self.rows.center().x, self.rows.top() + (self.rows.height() / 3.0).min(80.0));
        let text = ui.painter().text(place, Align2::CENTER_CENTER, text, theme::small(), self.tokens.weak);
        let response = ui.interact(text, self.table.id.with("empty"), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, self.table.empty_text));
    }
}

/// Selects the clicked row, with Ctrl or Shift beside or together with others. A right click keeps a selection that
/// contains the row.
fn select<L: Clone + Eq + std::hash::Hash>(ui: &Ui, row: &Row<'_, L>, response: &Response, state: &mut TreeState<L>) {
    let modifiers = ui.input(|input| input.modifiers);
    let index = state.index_of(row.path);
    if response.secondary_clicked() && state.many.contains_key(row.path) {
        return;
    }
    match index {
        Some(index) if modifiers.shift => state.select_to(index, row.path),
        _ if modifiers.command => state.toggle_selected(row.list, row.path),
        _ => state.select(Some(row.path.to_vec())),
    }
}

#[expect(clippy::struct_excessive_bools, reason = "independent facts of a row")]
pub(super) struct Row<'a, L> {
    pub(super) list: &'a L,
    pub(super) path: &'a [u32],
    pub(super) rect: Rect,
    /// The number of levels of indentation.
    pub(super) depth: usize,
    /// True if the row is the only child of its parent. The rows of a chain are indented less than other children, and
    /// all alike.
    pub(super) is_chained: bool,
    /// True for the row that other panes follow, if several are selected.
    pub(super) is_primary: bool,
    pub(super) is_selected: bool,
    pub(super) children: bool,
    pub(super) expanded: bool,
}

impl<L> Row<'_, L> {
    /// Returns the indentation in points.
    pub(super) fn indent(&self) -> f32 {
        indent(self.depth) + if self.is_chained { CHAIN_INDENT } else { 0.0 }
    }
}

pub(super) fn indent(depth: usize) -> f32 {
    let levels = |levels: usize| convert::screen(levels);
    // Deep levels are indented less, then not at all, so that names keep some room.
    GRID + INDENT * levels(depth.min(8)) + DEEP_INDENT * levels(depth.saturating_sub(8).min(12))
}
