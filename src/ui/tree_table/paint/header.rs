//! The header: sorting, widths and the menu of columns.

use egui::accesskit::{Role, SortDirection};
use egui::{
    Align2, Button, CursorIcon, Id, Popup, PopupCloseBehavior, Rect, Response, Sense, Stroke, Ui, Vec2, WidgetInfo,
    pos2, vec2,
};

use super::super::state::TreeState;
use super::super::{Column, Content, TreeModel};
use super::cells::natural_width;
use super::columns::{MAX_COLUMN, SHARE_WIDTH};
use super::rows::RowPainter;
use super::{MIN_COLUMN, TableAnswer, visible_rows};
use crate::ui::icons;
use crate::ui::text;
use crate::ui::theme::{self, Density, GRID};

/// The columns to fit to their content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fit {
    One(usize),
    All,
}

impl RowPainter<'_> {
    /// Draws the header, and fits columns to their content if the user asked for it.
    pub(super) fn header<M: TreeModel>(
        &self,
        ui: &mut Ui,
        header: Rect,
        (state, model): (&TreeState<M::List>, &M),
        answer: &mut TableAnswer,
    ) {
        let tokens = self.tokens;
        ui.painter().rect_filled(header, 0.0, tokens.surface);
        ui.painter().hline(header.x_range(), header.bottom() - 0.5, Stroke::new(1.0, tokens.border));
        for at in 0..self.table.columns.len() {
            if self.columns.is_hidden(at) {
                continue;
            }
            let (left, right) = self.columns.ends[at];
            let cell = Rect::from_x_y_ranges(left..=right, header.y_range());
            let id = self.table.id.with(("header", at));
            let response = self.title(ui, cell, id, at);
            if response.clicked() && self.columns.roles[at].sorts {
                answer.sort_clicked = Some(at);
            }
            Popup::context_menu(&response).close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
                self.column_menu(ui);
            });
            if at > 0 {
                self.divider(ui, (id, cell), at);
            }
        }
        self.menu_button(ui, header);
        if let Some(fit) = self.fit.take() {
            self.fit_columns(ui, fit, (state, model));
        }
    }

    /// Draws a title with the arrow of the sort.
    fn title(&self, ui: &Ui, cell: Rect, id: Id, at: usize) -> Response {
        let (tokens, column) = (self.tokens, &self.table.columns[at]);
        let (by, descending) = self.table.sorted_by;
        let response = ui.interact(cell, id, Sense::CLICK);
        if response.hovered() {
            ui.painter().rect_filled(cell.shrink2(vec2(0.0, 1.0)), 0.0, tokens.hover);
        }
        let is_sorted = by == at;
        let color = if is_sorted { tokens.text } else { tokens.weak };
        let is_left = at == 0 || self.columns.roles[at].content == Content::Text;
        let (anchor, place) = if is_left {
            (Align2::LEFT_CENTER, cell.left_center() + vec2(2.0 * GRID, 0.0))
        } else {
            (Align2::RIGHT_CENTER, cell.right_center() - vec2(2.0 * GRID, 0.0))
        };
        let clipped = ui.painter().with_clip_rect(cell);
        let hidden: Vec<&str> = self.columns.without_room().map(|at| self.table.columns[at].title).collect();
        let beside =
            if is_sorted { 4.0 * GRID } else { 0.0 } + if at == 0 && !hidden.is_empty() { 6.0 * GRID } else { 0.0 };
        let room = cell.width() - 4.0 * GRID - beside;
        let title = text::line(&clipped, title_in(ui, column.title, room), room, theme::small(), color);
        let text = anchor.anchor_size(place, title.size());
        clipped.galley(text.min, title, color);
        if is_sorted {
            let center =
                if is_left { text.right_center() + vec2(9.0, 0.0) } else { text.left_center() - vec2(9.0, 0.0) };
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
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_column_index(at);
            if is_sorted {
                node.set_sort_direction(if descending { SortDirection::Descending } else { SortDirection::Ascending });
            }
        });
        let mut hint = hint_of(column, self.columns.roles[at].sorts);
        if at == 0 && !hidden.is_empty() {
            let count = format!("+{}", hidden.len());
            let place = cell.right_center() - vec2(2.0 * GRID, 0.0);
            clipped.text(place, Align2::RIGHT_CENTER, count, theme::small(), tokens.weak);
            hint = format!("{hint}\n\nHidden because the table is too narrow: {}", hidden.join(", "));
        }
        response.on_hover_text(hint.trim_start())
    }

    /// Draws the left border of a column, which can be dragged.
    fn divider(&self, ui: &Ui, (id, cell): (Id, Rect), at: usize) {
        let line = Rect::from_center_size(cell.left_center(), Vec2::new(7.0, cell.height()));
        let response = ui.interact(line, id.with("resize"), Sense::DRAG | Sense::CLICK);
        if response.dragged() {
            // If the columns were wider than the table, one of them would be hidden.
            let shown = (1..self.columns.ends.len()).map(|at| self.columns.ends[at].1 - self.columns.ends[at].0);
            let free = (self.columns.room - shown.sum::<f32>()).max(0.0);
            let wider = (-response.drag_delta().x).min(free);
            let width = self.columns.widths[at] + wider;
            self.choices.borrow_mut().set_width(self.table.columns[at].title, width);
        }
        if response.double_clicked() {
            self.fit.set(Some(Fit::One(at)));
        }
        let is_active = response.hovered() || response.dragged();
        let color = if is_active { self.tokens.accent } else { self.tokens.border };
        ui.painter().vline(cell.left(), cell.shrink2(vec2(0.0, 5.0)).y_range(), Stroke::new(1.0, color));
        response.on_hover_and_drag_cursor(CursorIcon::ResizeHorizontal);
    }

    /// Draws the button above the scroll bar that opens the menu of columns. Keys reach the menu from that of a row: arrow
    /// keys must not leave the table for the button.
    fn menu_button(&self, ui: &Ui, header: Rect) {
        let room = Rect::from_min_max(pos2(self.rows.right(), header.top()), header.max);
        let button = ui.interact(room, self.table.id.with("columns"), Sense::CLICK);
        let color = if button.hovered() { self.tokens.accent } else { self.tokens.weak };
        for above in [-1.0, 0.0, 1.0] {
            ui.painter().circle_filled(room.center() + vec2(0.0, above * GRID), 1.2, color);
        }
        let button = icons::named(button, &format!("{} columns", self.table.name)).on_hover_text("Columns");
        Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
            self.column_menu(ui);
        });
    }

    /// Fills the menu of columns.
    pub(super) fn column_menu(&self, ui: &mut Ui) {
        let mut choices = self.choices.borrow_mut();
        for (at, column) in self.table.columns.iter().enumerate().skip(1) {
            let mut is_shown = self.columns.is_chosen[at];
            if ui.checkbox(&mut is_shown, column.title).on_hover_text(column.hint).changed() {
                choices.set_shown(column.title, is_shown);
            }
        }
        ui.separator();
        if ui.button("Fit columns to content").clicked() {
            self.fit.set(Some(Fit::All));
            ui.close();
        }
        if ui.add_enabled(choices.is_changed(), Button::new("Reset columns")).clicked() {
            choices.reset();
            ui.close();
        }
        ui.separator();
        let density = theme::density(ui.ctx());
        for (of, label) in [(Density::Compact, "Compact rows"), (Density::Comfortable, "Comfortable rows")] {
            if ui.radio(density == of, label).clicked() {
                theme::set_density(ui.ctx(), of);
            }
        }
    }

    /// Sets the widths of columns to those of the rows on screen.
    fn fit_columns<M: TreeModel>(&self, ui: &Ui, fit: Fit, (state, model): (&TreeState<M::List>, &M)) {
        let shown = self.columns.chosen().skip(1);
        for at in shown.filter(|&at| fit == Fit::All || fit == Fit::One(at)) {
            let cells = visible_rows(state, self.rows.height()).map(|(list, path)| model.cell(&list, &path, at));
            let widest = cells.map(|cell| natural_width(ui, &cell)).fold(0.0, f32::max);
            let share = if self.columns.roles[at].has_share() { SHARE_WIDTH } else { 0.0 };
            let arrow = if at == self.table.sorted_by.0 { 4.0 * GRID } else { 0.0 };
            let column = &self.table.columns[at];
            let title = width_of(ui, column.title) + 4.0 * GRID + arrow;
            let width = (widest + share + 4.0 * GRID).max(title).clamp(MIN_COLUMN, MAX_COLUMN);
            self.choices.borrow_mut().set_width(column.title, width.ceil());
        }
    }
}

fn hint_of(column: &Column, sorts: bool) -> String {
    if sorts { column.hint.to_owned() } else { format!("{}\nRows cannot be sorted by it", column.hint) }
}

fn width_of(ui: &Ui, title: &str) -> f32 {
    ui.painter().layout_no_wrap(title.to_owned(), theme::small(), egui::Color32::PLACEHOLDER).size().x
}

/// Returns a title without its last word if that makes it fit: `Retained` for `Retained size`.
fn title_in<'a>(ui: &Ui, title: &'a str, room: f32) -> &'a str {
    match title.strip_suffix(" size") {
        Some(short) if width_of(ui, title) > room => short,
        _ => title,
    }
}

fn arrow(painter: &egui::Painter, center: egui::Pos2, down: bool, color: egui::Color32) {
    let y = if down { 1.0 } else { -1.0 };
    let points = vec![center + vec2(-3.5, -2.0 * y), center + vec2(3.5, -2.0 * y), center + vec2(0.0, 2.5 * y)];
    painter.add(egui::Shape::convex_polygon(points, color, Stroke::NONE));
}
