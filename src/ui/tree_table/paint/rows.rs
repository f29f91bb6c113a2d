//! Drawing of the header and the visible rows.

use std::time::Duration;

use egui::accesskit::Role;
use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Align2, Rect, Response, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::super::layout::Place;
use super::super::state::TreeState;
use super::super::{Cell, Run, Table, TreeModel};
use super::columns::{Columns, room_for_numbers};
use super::copy::{CopyWhat, copy_menu, row_text, visible_text};
use super::{DEEP_INDENT, INDENT, MIN_COLUMN, TRIANGLE, TableAnswer, resize_handle};
use crate::model::convert;
use crate::ui::theme::{GRID, ROW_HEIGHT, Tokens};
use crate::ui::{context_menu, text, theme};

pub(super) struct RowPainter<'a> {
    pub(super) table: &'a Table<'a>,
    pub(super) columns: &'a Columns,
    pub(super) rows: Rect,
    pub(super) has_focus: bool,
    pub(super) tokens: &'static Tokens,
}

impl RowPainter<'_> {
    pub(super) fn header(&self, ui: &Ui, header: Rect, widths: &mut [f32], answer: &mut TableAnswer) {
        let tokens = self.tokens;
        ui.painter().rect_filled(header, 0.0, tokens.surface);
        ui.painter().hline(header.x_range(), header.bottom() - 0.5, Stroke::new(1.0, tokens.border));
        for (at, (column, &(left, right))) in self.table.columns.iter().zip(&self.columns.ends).enumerate() {
            if self.columns.is_hidden(at) {
                continue;
            }
            let cell = Rect::from_x_y_ranges(left..=right, header.y_range());
            let (by, descending) = self.table.sorted_by;
            let id = self.table.id.with(("header", at));
            let response = ui.interact(cell, id, Sense::CLICK);
            if response.hovered() {
                ui.painter().rect_filled(cell.shrink2(vec2(0.0, 1.0)), 0.0, tokens.hover);
            }
            let is_sorted = by == at;
            let color = if is_sorted { tokens.text } else { tokens.weak };
            let (anchor, place) = if at == 0 {
                (Align2::LEFT_CENTER, cell.left_center() + vec2(2.0 * GRID, 0.0))
            } else {
                (Align2::RIGHT_CENTER, cell.right_center() - vec2(2.0 * GRID, 0.0))
            };
            let clipped = ui.painter().with_clip_rect(cell);
            let hidden: Vec<&str> = self.hidden().collect();
            let beside =
                if is_sorted { 4.0 * GRID } else { 0.0 } + if at == 0 && !hidden.is_empty() { 6.0 * GRID } else { 0.0 };
            let room = cell.width() - 4.0 * GRID - beside;
            let title = text::line(&clipped, column.title, room, theme::small(), color);
            let text = anchor.anchor_size(place, title.size());
            clipped.galley(text.min, title, color);
            if is_sorted {
                let center =
                    if at == 0 { text.right_center() + vec2(9.0, 0.0) } else { text.left_center() - vec2(9.0, 0.0) };
                arrow(&clipped, center, descending, color);
            }
            response.widget_info(|| {
                let order = match (is_sorted, descending) {
                    (false, _) => "",
                    (true, true) => ", descending",
                    (true, false) => ", ascending",
                };
                WidgetInfo::labeled(Role::ColumnHeader, true, format!("{}{order}", column.title))
            });
            if response.clicked() {
                answer.sort_clicked = Some(at);
            }
            if at == 0 && !hidden.is_empty() {
                let count = format!("+{}", hidden.len());
                let place = cell.right_center() - vec2(2.0 * GRID, 0.0);
                clipped.text(place, Align2::RIGHT_CENTER, count, theme::small(), tokens.weak);
                let text = format!("{}\n\nHidden because the table is too narrow: {}", column.hint, hidden.join(", "));
                response.on_hover_text(text.trim_start());
            } else {
                response.on_hover_text(column.hint);
            }
            if at > 0 {
                let is_dragged = resize_handle(ui, id, cell, &mut widths[at], tokens);
                // If the columns were wider than the table, the next frame would hide one.
                let shown = (1..widths.len()).filter(|&at| !self.columns.is_hidden(at));
                let excess = shown.map(|at| widths[at]).sum::<f32>() - room_for_numbers(self.rows);
                if is_dragged && excess > 0.0 {
                    widths[at] = (widths[at] - excess).max(MIN_COLUMN);
                }
            }
        }
    }

    /// Returns the titles of the hidden columns.
    pub(super) fn hidden(&self) -> impl Iterator<Item = &'static str> {
        let columns = self.table.columns.iter().enumerate();
        columns.filter(|(at, _)| self.columns.is_hidden(*at)).map(|(_, column)| column.title)
    }

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
            let rect = Rect::from_min_size(pos2(self.rows.left(), top), vec2(self.rows.width(), ROW_HEIGHT));
            match place {
                Place::Note { depth, text } => {
                    let left = indent(depth) + rect.left() + TRIANGLE;
                    let color = self.tokens.weak;
                    ui.painter().text(pos2(left, rect.center().y), Align2::LEFT_CENTER, text, theme::small(), color);
                }
                Place::Row { list, path } => {
                    let is_selected = state.selection() == Some(path.as_slice());
                    let children = model.children(&list, &path).is_some();
                    let expanded = state.is_expanded(&path);
                    let row = Row { list: &list, path: &path, rect, is_selected, children, expanded };
                    let response = self.row(ui, model, &row);
                    self.clicks(ui, &row, &response, state, answer);
                    let copy = self.menu(&row, &response, state, answer, menu);
                    if let Some(copy) = copy {
                        ui.copy_text(self.text_to_copy(&copy, &row, state, model));
                    }
                }
            }
            index += 1;
            top += ROW_HEIGHT;
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
        let triangle_end = row.rect.left() + indent(row.path.len() - 1) + TRIANGLE;
        let at = response.interact_pointer_pos();
        let on_triangle = row.children && at.is_some_and(|at| at.x < triangle_end);
        if response.clicked() || response.secondary_clicked() {
            ui.memory_mut(|memory| memory.request_focus(self.table.id));
            if on_triangle && !response.secondary_clicked() {
                answer.toggled = Some((row.path.to_vec(), !row.expanded));
            } else {
                state.select(Some(row.path.to_vec()));
                answer.selected = Some(row.path.to_vec());
                answer.by_key = false;
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
        let is_wanted = row.is_selected && std::mem::take(&mut state.wants_menu);
        if is_wanted {
            state.menu_column = 0;
        }
        let left = row.rect.left() + indent(row.path.len() - 1) + TRIANGLE;
        let at = is_wanted.then_some(pos2(left, row.rect.bottom()));
        let mut copy = None;
        state.has_menu |= context_menu::show_for(response, self.table.id, at, |ui| {
            menu(ui, row.list, row.path);
            ui.separator();
            copy = copy_menu(ui, answer);
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
            CopyWhat::Row => row_text(self.table, model, row.list, row.path),
            CopyWhat::Visible => visible_text(self.table, state, model, self.rows.height()),
        }
    }

    pub(super) fn row<M: TreeModel>(&self, ui: &Ui, model: &M, row: &Row<'_, M::List>) -> Response {
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
        for (at, &(left, right)) in self.columns.ends.iter().enumerate() {
            let cell = model.cell(row.list, row.path, at);
            let rect = Rect::from_x_y_ranges(left..=right, row.rect.y_range());
            let is_hidden = self.columns.is_hidden(at);
            let is_cut = if is_hidden {
                false
            } else if at == 0 {
                self.tree_cell(ui, row, rect, &cell)
            } else {
                self.number_cell(ui, rect, &cell)
            };
            if let Some(amounts) = model.spark(row.list, row.path, at).filter(|_| !is_hidden) {
                self.spark_line(ui, rect, &amounts);
            }
            if pointer.is_some_and(|at| rect.contains(at)) && (is_cut || cell.tooltip.is_some()) {
                tooltip = Some(cell.tooltip.clone().unwrap_or_else(|| cell.plain()));
            }
            if at > 0 {
                label.push_str(", ");
            }
            label.push_str(&cell.plain());
        }
        response.widget_info(|| WidgetInfo::selected(Role::Row, true, row.is_selected, &label));
        ui.ctx().accesskit_node_builder(response.id, |node| {
            if row.children {
                node.set_expanded(row.expanded);
            }
            node.set_level(row.path.len());
            node.set_selected(row.is_selected);
        });
        match tooltip {
            Some(text) => response.on_hover_text_at_pointer(text),
            None => response,
        }
    }

    /// Draws the name with its triangle; returns whether it was truncated.
    pub(super) fn tree_cell<L>(&self, ui: &Ui, row: &Row<'_, L>, rect: Rect, cell: &Cell) -> bool {
        let left = rect.left() + indent(row.path.len() - 1);
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        if row.children {
            let center = pos2(left + TRIANGLE / 2.0, rect.center().y);
            triangle(&painter, center, row.expanded, self.tokens.weak);
        }
        let room = (rect.right() - left - TRIANGLE - GRID).max(0.0);
        let (job, is_cut) = line(ui, cell, room);
        let galley = painter.layout_job(job);
        let place = pos2(left + TRIANGLE, rect.center().y - galley.size().y / 2.0);
        painter.galley(place, galley, self.tokens.text);
        is_cut
    }

    pub(super) fn number_cell(&self, ui: &Ui, rect: Rect, cell: &Cell) -> bool {
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        let inner = rect.shrink2(vec2(GRID, 1.0));
        if let Some(share) = cell.bar.filter(|share| *share >= 0.005) {
            let width = inner.width() * share.clamp(0.0, 1.0);
            let bar = Rect::from_min_size(inner.min, vec2(width, inner.height()));
            painter.rect_filled(bar, 0.0, self.tokens.percent_bar);
        }
        let (job, is_cut) = line(ui, cell, inner.width());
        let galley = painter.layout_job(job);
        let place = pos2(inner.right() - GRID - galley.size().x, rect.center().y - galley.size().y / 2.0);
        painter.galley(place, galley, self.tokens.text);
        is_cut
    }

    /// Draws a sparkline of amounts over time, from 0 at the bottom to the largest amount at the top.
    pub(super) fn spark_line(&self, ui: &Ui, rect: Rect, amounts: &[f32]) {
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        let inner = rect.shrink2(vec2(2.0 * GRID, 4.0));
        // Shows the change: the axis goes from the smallest to the largest amount.
        let most = amounts.iter().copied().fold(0.0, f32::max);
        let least = amounts.iter().copied().fold(most, f32::min);
        let range = most - least;
        let step = inner.width() / convert::screen(amounts.len().saturating_sub(1).max(1));
        let height = |amount: f32| inner.height() * if range > 0.0 { (amount - least) / range } else { 0.5 };
        let points: Vec<egui::Pos2> = amounts
            .iter()
            .enumerate()
            .map(|(at, &amount)| pos2(inner.left() + step * convert::screen(at), inner.bottom() - height(amount)))
            .collect();
        let end = points.last().copied();
        painter.line(points, Stroke::new(1.2, self.tokens.accent));
        if let Some(end) = end {
            painter.circle_filled(end, 1.8, self.tokens.accent);
        }
    }

    pub(super) fn centered(&self, ui: &Ui, text: &str) {
        let place = pos2(self.rows.center().x, self.rows.top() + (self.rows.height() / 3.0).min(80.0));
        let text = ui.painter().text(place, Align2::CENTER_CENTER, text, theme::small(), self.tokens.weak);
        let response = ui.interact(text, self.table.id.with("empty"), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, self.table.empty_text));
    }
}

pub(super) struct Row<'a, L> {
    pub(super) list: &'a L,
    pub(super) path: &'a [u32],
    pub(super) rect: Rect,
    pub(super) is_selected: bool,
    pub(super) children: bool,
    pub(super) expanded: bool,
}

pub(super) fn indent(depth: usize) -> f32 {
    let levels = |levels: usize| convert::screen(levels);
    // Deep levels are indented less, then not at all, so that names keep some room.
    GRID + INDENT * levels(depth.min(8)) + DEEP_INDENT * levels(depth.saturating_sub(8).min(12))
}

/// Lays out one line of a cell, truncated in the middle if it is too long; returns whether it was truncated.
pub(super) fn line(ui: &Ui, cell: &Cell, width: f32) -> (LayoutJob, bool) {
    let font = theme::mono();
    let glyph = ui.ctx().fonts_mut(|fonts| fonts.glyph_width(&font, '0')).max(1.0);
    let fits = convert::in_memory(convert::whole(width / glyph));
    let length: usize = cell.runs.iter().map(|run| run.text.chars().count()).sum();
    let mut job =
        LayoutJob { wrap: TextWrapping::truncate_at_width(width), break_on_newline: false, ..LayoutJob::default() };
    let mut append = |text: &str, run: &Run| {
        job.append(text, 0.0, TextFormat { font_id: font.clone(), color: run.color, ..TextFormat::default() });
    };
    if length <= fits || fits < 8 {
        for run in &cell.runs {
            append(&run.text, run);
        }
        return (job, length > fits);
    }
    // Both ends identify a row: the name at the start, the id at the end.
    let head = (fits - 1) * 2 / 3;
    let tail_from = length - (fits - 1 - head);
    let mut at = 0;
    for run in &cell.runs {
        let mut text = String::new();
        for character in run.text.chars() {
            if at < head || at >= tail_from {
                text.push(character);
            } else if at == head {
                text.push('…');
            }
            at += 1;
        }
        append(&text, run);
    }
    (job, true)
}

pub(super) fn triangle(painter: &egui::Painter, center: egui::Pos2, down: bool, color: egui::Color32) {
    let points = if down {
        vec![center + vec2(-4.0, -2.0), center + vec2(4.0, -2.0), center + vec2(0.0, 3.5)]
    } else {
        vec![center + vec2(-2.0, -4.0), center + vec2(3.5, 0.0), center + vec2(-2.0, 4.0)]
    };
    painter.add(egui::Shape::convex_polygon(points, color, Stroke::NONE));
}

pub(super) fn arrow(painter: &egui::Painter, center: egui::Pos2, down: bool, color: egui::Color32) {
    let y = if down { 1.0 } else { -1.0 };
    let points = vec![center + vec2(-3.5, -2.0 * y), center + vec2(3.5, -2.0 * y), center + vec2(0.0, 2.5 * y)];
    painter.add(egui::Shape::convex_polygon(points, color, Stroke::NONE));
}
