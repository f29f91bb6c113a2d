//! Drawing the table, and mouse and keyboard input.

use std::time::Duration;

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{
    Align2, CursorIcon, Event, EventFilter, Id, Key, Modifiers, Popup, Rect, Response, Sense, Stroke, Ui, UiBuilder,
    Vec2, WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::layout::Place;
use super::scroll::BAR_WIDTH;
use super::state::{Branch, TreeState};
use super::{Cell, Path, Run, Table, TreeModel};
use crate::ui::context_menu;
use crate::ui::focus_order;
use crate::ui::text;
use crate::ui::theme::{self, GRID, ROW_HEIGHT, Tokens, tokens};

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

/// Selects a row of a table without a selection when it receives the keyboard focus: the last selected one, or the first.
/// Call it before [`show`], which reports the row, for tables where a selection changes nothing else on screen.
pub fn select_on_keyboard<L: Clone + Eq + std::hash::Hash>(ui: &Ui, id: Id, state: &mut TreeState<L>) {
    let gained = ui.memory(|memory| memory.has_focus(id) && !memory.had_focus_last_frame(id));
    if gained && state.selection().is_none() {
        let cursor = state.cursor.take().filter(|path| state.index_of(path).is_some());
        let first = state.root.as_ref().and_then(|root| root.rows.first().map(|&row| vec![row]));
        state.select(cursor.or(first));
    }
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

/// The left and right end of each column.
struct Columns {
    ends: Vec<(f32, f32)>,
}

/// Returns the width that is left for all columns but the first.
fn room_for_numbers(rows: Rect) -> f32 {
    (rows.width() - MIN_FIRST_COLUMN).max(MIN_COLUMN)
}

impl Columns {
    fn new(table: &Table<'_>, widths: &mut Vec<f32>, rows: Rect) -> Self {
        if widths.len() != table.columns.len() {
            *widths = table.columns.iter().map(|column| column.width).collect();
        }
        // Half a number says nothing, so whole columns are hidden if there is little room: those on the right first, and the
        // one that the rows are sorted by last.
        let room = room_for_numbers(rows);
        let mut shown: Vec<bool> = vec![true; widths.len()];
        let needed = |shown: &[bool]| -> f32 { (1..shown.len()).filter(|&at| shown[at]).map(|at| widths[at]).sum() };
        while needed(&shown) > room {
            let Some(last) = (1..shown.len()).rev().find(|&at| shown[at] && at != table.sorted_by.0) else { break };
            shown[last] = false;
        }
        let shrink = (room / needed(&shown).max(1.0)).min(1.0);
        let mut right = rows.right();
        let mut ends: Vec<(f32, f32)> = (1..widths.len())
            .rev()
            .map(|at| {
                let end = right;
                right -= if shown[at] { widths[at] * shrink } else { 0.0 };
                (right, end)
            })
            .collect();
        ends.push((rows.left(), right));
        ends.reverse();
        Self { ends }
    }

    fn is_hidden(&self, column: usize) -> bool {
        self.ends[column].0 >= self.ends[column].1
    }
}

impl Columns {
    /// Returns the column at a horizontal position.
    fn at(&self, x: f32) -> usize {
        self.ends.iter().rposition(|&(left, _)| x >= left).unwrap_or(0)
    }
}

/// The part of the table to copy to the clipboard.
enum CopyWhat {
    Cell,
    Row,
    Visible,
}

/// Draws the entries at the end of every row's menu.
fn copy_menu(ui: &mut Ui, answer: &mut TableAnswer) -> Option<CopyWhat> {
    let mut wanted = None;
    for (text, what) in [
        ("Copy cell", CopyWhat::Cell),
        ("Copy row   (Ctrl+C)", CopyWhat::Row),
        ("Copy visible rows", CopyWhat::Visible),
    ] {
        if ui.button(text).clicked() {
            wanted = Some(what);
            ui.close();
        }
    }
    if ui.button("Export list…").on_hover_text("Export all rows as CSV or JSON").clicked() {
        answer.export = true;
        ui.close();
    }
    wanted
}

/// Returns the cells of a row, separated by tabs.
fn row_text<M: TreeModel>(table: &Table<'_>, model: &M, list: &M::List, path: &[u32]) -> String {
    let cells = (0..table.columns.len()).map(|column| model.cell(list, path, column).plain().trim().to_owned());
    cells.collect::<Vec<_>>().join("\t")
}

/// Returns the header and the rows on screen, one per line.
fn visible_text<M: TreeModel>(table: &Table<'_>, state: &TreeState<M::List>, model: &M, height: f32) -> String {
    let mut lines = vec![table.columns.iter().map(|column| column.title).collect::<Vec<_>>().join("\t")];
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rows of one screen")]
    let count = (height / ROW_HEIGHT).ceil() as u64;
    for index in state.first_row..state.first_row + count {
        if let Some(Place::Row { list, path }) = state.place(index) {
            let indent = "  ".repeat(path.len() - 1);
            lines.push(format!("{indent}{}", row_text(table, model, &list, &path)));
        }
    }
    lines.join("\n")
}

struct RowPainter<'a> {
    table: &'a Table<'a>,
    columns: &'a Columns,
    rows: Rect,
    has_focus: bool,
    tokens: &'static Tokens,
}

impl RowPainter<'_> {
    fn header(&self, ui: &Ui, header: Rect, widths: &mut [f32], answer: &mut TableAnswer) {
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
                let text = format!("{}\n\nHidden for lack of room: {}", column.hint, hidden.join(", "));
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
    fn hidden(&self) -> impl Iterator<Item = &'static str> {
        let columns = self.table.columns.iter().enumerate();
        columns.filter(|(at, _)| self.columns.is_hidden(*at)).map(|(_, column)| column.title)
    }

    fn rows<M: TreeModel>(
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
    fn clicks<L: Clone + Eq + std::hash::Hash>(
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
    fn menu<L: Clone + Eq + std::hash::Hash>(
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

    fn text_to_copy<M: TreeModel>(
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

    fn row<M: TreeModel>(&self, ui: &Ui, model: &M, row: &Row<'_, M::List>) -> Response {
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
    fn tree_cell<L>(&self, ui: &Ui, row: &Row<'_, L>, rect: Rect, cell: &Cell) -> bool {
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

    fn number_cell(&self, ui: &Ui, rect: Rect, cell: &Cell) -> bool {
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

    /// Draws a small line over time, from 0 at the bottom to the largest amount at the top.
    #[expect(clippy::cast_precision_loss, reason = "a few amounts")]
    fn spark_line(&self, ui: &Ui, rect: Rect, amounts: &[f32]) {
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        let inner = rect.shrink2(vec2(2.0 * GRID, 4.0));
        let most = amounts.iter().copied().fold(0.0, f32::max);
        let step = inner.width() / (amounts.len().saturating_sub(1).max(1)) as f32;
        let height = |amount: f32| if most > 0.0 { inner.height() * amount / most } else { 0.0 };
        let points: Vec<egui::Pos2> = amounts
            .iter()
            .enumerate()
            .map(|(at, &amount)| pos2(inner.left() + step * at as f32, inner.bottom() - height(amount)))
            .collect();
        let end = points.last().copied();
        painter.line(points, Stroke::new(1.2, self.tokens.accent));
        if let Some(end) = end {
            painter.circle_filled(end, 1.8, self.tokens.accent);
        }
    }

    fn centered(&self, ui: &Ui, text: &str) {
        let place = pos2(self.rows.center().x, self.rows.top() + (self.rows.height() / 3.0).min(80.0));
        let text = ui.painter().text(place, Align2::CENTER_CENTER, text, theme::small(), self.tokens.weak);
        let response = ui.interact(text, self.table.id.with("empty"), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, self.table.empty_text));
    }
}

struct Row<'a, L> {
    list: &'a L,
    path: &'a [u32],
    rect: Rect,
    is_selected: bool,
    children: bool,
    expanded: bool,
}

#[expect(clippy::cast_precision_loss, reason = "depths that fit a screen")]
fn indent(depth: usize) -> f32 {
    // Deep levels are indented less, then not at all, so that names keep some room.
    GRID + INDENT * depth.min(8) as f32 + DEEP_INDENT * depth.saturating_sub(8).min(12) as f32
}

/// Lays out one line of a cell, truncated in the middle if it is too long; returns whether it was truncated.
fn line(ui: &Ui, cell: &Cell, width: f32) -> (LayoutJob, bool) {
    let font = theme::mono();
    let glyph = ui.ctx().fonts_mut(|fonts| fonts.glyph_width(&font, '0')).max(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "characters of one line")]
    let fits = (width / glyph).floor() as usize;
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

fn triangle(painter: &egui::Painter, center: egui::Pos2, down: bool, color: egui::Color32) {
    let points = if down {
        vec![center + vec2(-4.0, -2.0), center + vec2(4.0, -2.0), center + vec2(0.0, 3.5)]
    } else {
        vec![center + vec2(-2.0, -4.0), center + vec2(3.5, 0.0), center + vec2(-2.0, 4.0)]
    };
    painter.add(egui::Shape::convex_polygon(points, color, Stroke::NONE));
}

fn arrow(painter: &egui::Painter, center: egui::Pos2, down: bool, color: egui::Color32) {
    let y = if down { 1.0 } else { -1.0 };
    let points = vec![center + vec2(-3.5, -2.0 * y), center + vec2(3.5, -2.0 * y), center + vec2(0.0, 2.5 * y)];
    painter.add(egui::Shape::convex_polygon(points, color, Stroke::NONE));
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

fn keyboard<M: TreeModel>(
    ui: &Ui,
    table: &Table<'_>,
    state: &mut TreeState<M::List>,
    model: &mut M,
    height: f32,
    answer: &mut TableAnswer,
) {
    if !ui.memory(|memory| memory.has_focus(table.id)) {
        return;
    }
    // Escape closes an open menu, and the table keeps the keyboard focus. Arrow keys go to the menu of a row.
    let has_popup = Popup::is_any_open(ui.ctx());
    let arrows = !state.has_menu;
    let filter = EventFilter { tab: false, horizontal_arrows: arrows, vertical_arrows: arrows, escape: has_popup };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(table.id, filter));
    if has_popup {
        return;
    }
    let mut target = moved(ui, state, height);
    if let Some(path) = state.selection().map(<[u32]>::to_vec) {
        if let Some(to) = keys_of_row(ui, state, model, &path, answer) {
            target = Some(to);
        }
        if ui.input(|input| input.events.iter().any(|event| matches!(event, Event::Copy)))
            && let Some(Place::Row { list, path }) = state.index_of(&path).and_then(|index| state.place(index))
        {
            ui.copy_text(row_text(table, model, &list, &path));
        }
    }
    let wants_menu = context_menu::is_asked_for(ui.ctx());
    if wants_menu {
        let current = state.selection().and_then(|path| state.index_of(path));
        target = target.or(current).or(Some(state.first_row));
    }
    if let Some(index) = target
        && let Some(Place::Row { path, .. }) = state.place(index)
    {
        state.scroll_to(index, height, false);
        state.wants_menu = wants_menu;
        if state.selection() != Some(path.as_slice()) {
            state.select(Some(path.clone()));
            answer.selected = Some(path);
            answer.by_key = true;
        }
    }
}

/// Returns the position that a key moves the selection to. If no row is selected, arrows go to the last selected one, or to
/// the first.
fn moved<L: Clone + Eq + std::hash::Hash>(ui: &Ui, state: &TreeState<L>, height: f32) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rows of one screen")]
    let page = ((height / ROW_HEIGHT) as u64).saturating_sub(1).max(1);
    let current = state.selection().and_then(|path| state.index_of(path));
    let start = state.cursor.as_deref().and_then(|path| state.index_of(path)).unwrap_or(0);
    let last = state.row_count().saturating_sub(1);
    let mut target = None;
    for (key, to) in [
        (Key::ArrowDown, current.map_or(start, |at| at + 1)),
        (Key::ArrowUp, current.map_or(start, |at| at.saturating_sub(1))),
        (Key::PageDown, current.map_or(start, |at| at + page)),
        (Key::PageUp, current.map_or(start, |at| at.saturating_sub(page))),
        (Key::Home, 0),
        (Key::End, last),
    ] {
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
            target = Some(to.min(last));
        }
    }
    target
}

/// Handles the keys that act on the selected row; returns the position that they move the selection to, if they do.
fn keys_of_row<M: TreeModel>(
    ui: &Ui,
    state: &mut TreeState<M::List>,
    model: &mut M,
    path: &[u32],
    answer: &mut TableAnswer,
) -> Option<u64> {
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    let is_expanded = state.is_expanded(path);
    if pressed(Modifiers::SHIFT, Key::ArrowRight) {
        expand_below(state, model, path);
    } else if pressed(Modifiers::SHIFT, Key::ArrowLeft) {
        state.toggle(model, path, false);
    } else if pressed(Modifiers::NONE, Key::ArrowRight) {
        if is_expanded {
            let last = state.row_count().saturating_sub(1);
            return state.index_of(path).map(|at| (at + 1).min(last));
        }
        state.toggle(model, path, true);
    } else if pressed(Modifiers::NONE, Key::ArrowLeft) {
        if is_expanded {
            state.toggle(model, path, false);
        } else if path.len() > 1 {
            return state.index_of(&path[..path.len() - 1]);
        }
    } else if pressed(Modifiers::NONE, Key::Enter) {
        let list = state.index_of(path).and_then(|index| state.place(index));
        match list {
            Some(Place::Row { list, .. }) if !model.is_link(&list, path) => state.toggle(model, path, !is_expanded),
            Some(_) => answer.activated = Some(path.to_vec()),
            // The row is not shown: another filter excludes it.
            None => {}
        }
    }
    None
}

/// Expands a row and all rows below it whose lists are ready, up to a limit.
fn expand_below<M: TreeModel>(state: &mut TreeState<M::List>, model: &mut M, path: &[u32]) {
    let mut queue = std::collections::VecDeque::from([path.to_vec()]);
    let mut budget = EXPAND_LIMIT;
    while let Some(path) = queue.pop_front() {
        if budget == 0 {
            return;
        }
        budget -= 1;
        state.toggle(model, &path, true);
        let Some(branch) = state.root.as_mut().and_then(|root| root.descend(&path)) else { continue };
        let rows: Vec<u32> = branch.rows.iter().copied().take(budget).collect();
        queue.extend(rows.into_iter().map(|row| {
            let mut below = path.clone();
            below.push(row);
            below
        }));
    }
}
