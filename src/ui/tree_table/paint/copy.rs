//! The text of rows for the clipboard and for screen readers.

use super::super::layout::Place;
use super::super::state::TreeState;
use super::super::{Table, TreeModel};
use super::TableAnswer;
use crate::model::convert;
use crate::ui::theme::ROW_HEIGHT;
use egui::Ui;

/// The part of the table to copy to the clipboard.
pub(super) enum CopyWhat {
    Cell,
    Row,
    Visible,
}

/// Draws the entries at the end of every row's menu.
pub(super) fn copy_menu(ui: &mut Ui, answer: &mut TableAnswer) -> Option<CopyWhat> {
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
pub(super) fn row_text<M: TreeModel>(table: &Table<'_>, model: &M, list: &M::List, path: &[u32]) -> String {
    let cells = (0..table.columns.len()).map(|column| model.cell(list, path, column).plain().trim().to_owned());
    cells.collect::<Vec<_>>().join("\t")
}

/// Returns the header and the rows on screen, one per line.
pub(super) fn visible_text<M: TreeModel>(
    table: &Table<'_>,
    state: &TreeState<M::List>,
    model: &M,
    height: f32,
) -> String {
    let mut lines = vec![table.columns.iter().map(|column| column.title).collect::<Vec<_>>().join("\t")];
    let count = convert::whole((height / ROW_HEIGHT).ceil());
    for index in state.first_row..state.first_row + count {
        if let Some(Place::Row { list, path }) = state.place(index) {
            let indent = "  ".repeat(path.len() - 1);
            lines.push(format!("{indent}{}", row_text(table, model, &list, &path)));
        }
    }
    lines.join("\n")
}
