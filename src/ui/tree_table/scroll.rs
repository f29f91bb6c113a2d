//! Scrolling by whole rows and a remainder in points, exact for any number of rows.

use egui::{Rect, Sense, Ui, Vec2, pos2};

use super::state::TreeState;
use crate::model::convert;
use crate::ui::theme::{self, tokens};

/// The width of the scroll bar.
pub(super) const BAR_WIDTH: f32 = 12.0;
const MIN_HANDLE: f32 = 24.0;

impl<L: Clone + Eq + std::hash::Hash> TreeState<L> {
    /// Scrolls by points; stops at both ends.
    pub(super) fn scroll_by(&mut self, points: f32, height: f32) {
        let rows = f64::from(self.offset + points) / f64::from(self.row_height);
        let whole = rows.floor();
        self.offset = convert::single((rows - whole) * f64::from(self.row_height));
        let (back, forth) = (convert::whole(-whole), convert::whole(whole));
        if let Some(first) = self.first_row.saturating_add(forth).checked_sub(back) {
            self.first_row = first;
        } else {
            (self.first_row, self.offset) = (0, 0.0);
        }
        self.clamp(height);
    }

    /// Limits the scroll position so that the last row stays at or below the bottom of the table.
    pub(super) fn clamp(&mut self, height: f32) {
        let (first, offset) = self.lowest(height);
        if self.first_row > first || (self.first_row == first && self.offset > offset) {
            (self.first_row, self.offset) = (first, offset);
        }
    }

    /// Returns the scroll position at the very end.
    fn lowest(&self, height: f32) -> (u64, f32) {
        let on_screen = (height / self.row_height).max(0.0);
        let whole = on_screen.ceil();
        match self.row_count().checked_sub(convert::whole(whole)) {
            Some(first) => (first, (whole - on_screen) * self.row_height),
            None => (0, 0.0),
        }
    }

    /// Scrolls as little as needed to show the whole row; with `center`, puts it in the middle unless it is visible.
    pub(super) fn scroll_to(&mut self, index: u64, height: f32, center: bool) {
        let whole = convert::whole(height / self.row_height).max(1);
        let is_above = index < self.first_row || (index == self.first_row && self.offset > 0.0);
        let last_whole = self.first_row + whole - u64::from(self.offset > 0.0);
        let is_below = index >= last_whole.max(self.first_row + 1);
        if !is_above && !is_below {
            return;
        }
        self.offset = 0.0;
        self.first_row = if center {
            index.saturating_sub(whole / 2)
        } else if is_above {
            index
        } else {
            (index + 1).saturating_sub(whole)
        };
        self.clamp(height);
    }

    /// Scrolls to the selected row if it was on screen and the table has become too low for it, as when the lower half of a
    /// view appears.
    pub(super) fn keep_selection_visible(&mut self, height: f32) {
        let before = std::mem::replace(&mut self.last_height, height);
        if height >= before {
            return;
        }
        let Some(index) = self.selection().and_then(|path| self.index_of(path)) else { return };
        let whole = convert::whole(before / self.row_height);
        if (self.first_row..=self.first_row + whole).contains(&index) {
            self.scroll_to(index, height, true);
        }
    }

    /// Draws the scroll bar and handles drags and clicks.
    pub(super) fn scroll_bar(&mut self, ui: &Ui, id: egui::Id, bar: Rect, height: f32) {
        let (last, last_offset) = self.lowest(height);
        if last == 0 && last_offset == 0.0 {
            return;
        }
        let tokens = tokens(ui);
        let total = convert::float(self.row_count());
        let shown = f64::from(height / self.row_height) / total;
        let handle_height = convert::single(f64::from(bar.height()) * shown).max(MIN_HANDLE).min(bar.height());
        let travel = bar.height() - handle_height;
        let whole = |row: u64, offset: f32| convert::float(row) + f64::from(offset / self.row_height);
        let fraction = convert::single(whole(self.first_row, self.offset) / whole(last, last_offset));
        let handle = Rect::from_min_size(
            pos2(bar.left() + 2.0, bar.top() + travel * fraction.clamp(0.0, 1.0)),
            Vec2::new(bar.width() - 4.0, handle_height),
        );
        let response = ui.interact(bar, id.with("scroll bar"), Sense::CLICK | Sense::DRAG);
        if let Some(pointer) =
            response.interact_pointer_pos().filter(|_| response.dragged() || response.is_pointer_button_down_on())
        {
            let grab = ui.data_mut(|data| {
                let grab = data.get_temp::<f32>(response.id).filter(|_| !response.drag_started());
                let inside = handle.contains(pointer).then_some(pointer.y - handle.top());
                let grab = grab.or(inside).unwrap_or(handle_height / 2.0);
                data.insert_temp(response.id, grab);
                grab
            });
            let fraction = f64::from(((pointer.y - grab - bar.top()) / travel.max(1.0)).clamp(0.0, 1.0));
            let position = fraction * whole(last, last_offset);
            self.first_row = convert::whole(position);
            self.offset = convert::single((position - position.floor()) * f64::from(self.row_height));
            if fraction >= 1.0 {
                (self.first_row, self.offset) = (last, last_offset);
            }
            self.clamp(height);
        } else {
            ui.data_mut(|data| data.remove_temp::<f32>(response.id));
        }
        let color = if response.hovered() || response.dragged() { tokens.weak } else { tokens.border };
        ui.painter().rect_filled(handle, theme::GRID, color);
    }
}
