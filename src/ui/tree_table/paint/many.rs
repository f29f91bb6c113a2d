//! The line about several selected rows, with actions on all of them.

use egui::{Label, Layout, Rect, RichText, Sense, Stroke, Ui, UiBuilder, pos2};

use super::super::TreeModel;
use super::super::state::TreeState;
use super::TableAnswer;
use super::copy::selected_text;
use super::rows::RowPainter;
use crate::ui::theme::GRID;

/// The height of the line.
pub(super) const HEIGHT: f32 = 8.0 * GRID;

/// An action on all selected rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BulkAction {
    MergePaths,
    Compare,
}

impl RowPainter<'_> {
    /// Draws the line over the last row, if several rows are selected.
    pub(super) fn many<M: TreeModel>(
        &self,
        ui: &mut Ui,
        state: &mut TreeState<M::List>,
        model: &M,
        answer: &mut TableAnswer,
    ) {
        if state.many.is_empty() {
            return;
        }
        let about = state.about_many.get_or_insert_with(|| model.about_selected(&state.many)).clone();
        let top = (self.rows.bottom() - HEIGHT).max(self.rows.top());
        let rect = Rect::from_min_max(pos2(self.rows.left(), top), self.rows.max);
        // Takes the clicks beside the buttons from the row below.
        ui.interact(rect, self.table.id.with("selected rows"), Sense::CLICK);
        ui.painter().rect_filled(rect, 0.0, self.tokens.surface);
        ui.painter().hline(rect.x_range(), rect.top(), Stroke::new(1.0, self.tokens.border));
        let inner = rect.shrink2(egui::vec2(2.0 * GRID, 0.0));
        let mut line = ui.new_child(UiBuilder::new().max_rect(inner).id_salt(self.table.id.with("many")));
        line.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
            if about.compares && ui.button("Compare objects").clicked() {
                answer.bulk = Some(BulkAction::Compare);
            }
            if ui.button("Copy rows").on_hover_text("Copy the selected rows, separated by tabs   (Ctrl+C)").clicked() {
                ui.copy_text(selected_text(self.table, self.columns, state, model));
            }
            if about.merges && ui.button("Merge retaining paths").clicked() {
                answer.bulk = Some(BulkAction::MergePaths);
            }
            ui.with_layout(Layout::left_to_right(egui::Align::Center), |ui| {
                let text = ui.add(Label::new(RichText::new(&about.text)).truncate());
                if !about.tooltip.is_empty() {
                    text.on_hover_text(&about.tooltip);
                }
            });
        });
    }
}
