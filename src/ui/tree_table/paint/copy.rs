//! The text of rows for the clipboard and for screen readers.

use super::super::state::TreeState;
use super::super::{Table, TreeModel};
use super::columns::Columns;
use super::{TableAnswer, visible_rows};
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

/// Returns the cells of a row in the columns that the user shows, separated by tabs.
pub(super) fn row_text<M: TreeModel>(columns: &Columns, model: &M, list: &M::List, path: &[u32]) -> String {
    let cells = columns.chosen().map(|column| model.cell(list, path, column).plain().trim().to_owned());
    cells.collect::<Vec<_>>().join("\t")
}

fn header_text(table: &Table<'_>, columns: &Columns) -> String {
    columns.chosen().map(|column| table.columns[column].title).collect::<Vec<_>>().join("\t")
}

/// Returns the header and the rows on screen, one per line.
pub(super) fn visible_text<M: TreeModel>(
    table: &Table<'_>,
    columns: &Columns,
    state: &TreeState<M::List>,
    model: &M,
    height: f32,
) -> String {
    let rows = visible_rows(state, height).map(|(list, path)| {
        let indent = "  ".repeat(path.len() - 1);
        format!("{indent}{}", row_text(columns, model, &list, &path))
    });
    std::iter::once(header_text(table, columns)).chain(rows).collect::<Vec<_>>().join("\n")
}

/// Returns the header and the selected rows, one per line.
pub(super) fn selected_text<M: TreeModel>(
    table: &Table<'_>,
    columns: &Columns,
    state: &TreeState<M::List>,
    model: &M,
) -> String {
    let rows = state.many.iter().map(|(path, list)| row_text(columns, model, list, path));
    std::iter::once(header_text(table, columns)).chain(rows).collect::<Vec<_>>().join("\n")
}
