//! Realms: the native contexts of a snapshot, with the objects that DevTools attributes to each.

use egui::{Align, Layout, RichText, ScrollArea, Sense, Ui};
use egui_extras::{Column, TableBuilder};

use super::Place;
use crate::model::{NodeOrdinal, convert, human};
use crate::query::{NativeContexts, NativeContextsOf, NodeFilter, Realms, RealmsOf};
use crate::session::Session;
use crate::ui::command::{Command, ViewKind};
use crate::ui::theme::{self, GRID, Look, ROW_HEIGHT};

/// Draws the pane; it has no state of its own.
pub(super) fn show(ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
    let mut commands = Vec::new();
    let reply = session.ask(&NativeContextsOf(place.slot.id));
    let cancel = || commands.push(Command::Show(ViewKind::SUMMARY));
    let Some(contexts) = super::answer(ui, reply, "Attributing objects to realms…", cancel) else { return commands };
    let reply = session.ask(&RealmsOf(place.slot.id));
    let cancel = || commands.push(Command::Show(ViewKind::SUMMARY));
    let Some(realms) = super::answer(ui, reply, "Finding the scripts of realms…", cancel) else { return commands };
    let look = theme::look(ui);
    let total = place.snapshot.total_size().max(1);
    let margin = egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 8));
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        margin.show(ui, |ui| {
            let example = if place.snapshot.producer().program.has_documents() {
                "a window, a frame or a vm context"
            } else {
                "a vm context"
            };
            let about = format!(
                "A realm is a native context, such as {example}. An object that only one realm reaches belongs to it; \
                 objects that several realms reach are shared."
            );
            ui.weak(about);
            ui.add_space(2.0 * GRID);
            if contexts.contexts.is_empty() {
                ui.weak("This snapshot has no realms");
            }
            let rows = rows(&realms, &contexts, place);
            table(ui, place, &rows, (total, look), &mut commands);
        });
    });
    commands
}

fn table(ui: &mut Ui, place: &Place, rows: &[Row], (total, look): (u64, Look), commands: &mut Vec<Command>) {
    let share = |size: u64| if size == 0 { String::new() } else { format!("{:.1}%", convert::percent(size, total)) };
    // The name keeps its room: columns whose numbers other views show too are hidden first.
    let width = ui.available_width();
    let (has_share, has_retained) = (width >= 560.0, width >= 480.0);
    let mut table = TableBuilder::new(ui)
        .id_salt(("contexts", place.slot))
        .striped(false)
        .sense(Sense::click())
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::remainder().clip(true))
        .column(Column::exact(100.0));
    for _ in [has_share, has_retained].into_iter().filter(|is_shown| *is_shown) {
        table = table.column(Column::exact(90.0));
    }
    let small = |title: &str| RichText::new(title).font(theme::small()).weak();
    let number = |text: String| RichText::new(text).font(theme::mono());
    let header = table.column(Column::exact(124.0)).header(ROW_HEIGHT, |mut header| {
        header.col(|ui| drop(ui.label(small("Realm"))));
        header.col(|ui| right(ui, small("Attributed")));
        if has_share {
            header.col(|ui| right(ui, small("Share")));
        }
        if has_retained {
            header.col(|ui| right(ui, small("Retained")));
        }
        header.col(|_| {});
    });
    header.body(|body| {
        body.rows(ROW_HEIGHT + GRID, rows.len(), |mut row| {
            let Row { name, node, size, retained, filter } = &rows[row.index()];
            row.col(|ui| {
                let name = RichText::new(human::visible(name, 200)).font(theme::mono());
                ui.add(egui::Label::new(name).truncate().selectable(false));
            });
            row.col(|ui| right(ui, number(look.units.bytes(*size))));
            if has_share {
                row.col(|ui| right(ui, number(share(*size)).weak()));
            }
            if has_retained {
                row.col(|ui| right(ui, number(retained.map_or_else(String::new, |size| look.units.bytes(size)))));
            }
            row.col(|ui| {
                ui.add_space(2.0 * GRID);
                if ui.link("Show in Summary").clicked() {
                    commands.push(Command::Filter(filter.clone()));
                }
            });
            if row.response().clicked()
                && let Some(node) = node
            {
                commands.push(Command::ShowObject(place.target(*node)));
            }
        });
    });
}

/// Adds a right-aligned label.
fn right(ui: &mut Ui, text: RichText) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add_space(2.0 * GRID);
        ui.label(text);
    });
}

struct Row {
    name: String,
    /// The native context; `None` for the rows of shared and unattributed objects.
    node: Option<NodeOrdinal>,
    size: u64,
    retained: Option<u64>,
    filter: NodeFilter,
}

fn rows(realms: &Realms, contexts: &NativeContexts, place: &Place) -> Vec<Row> {
    let mut rows: Vec<Row> = realms
        .0
        .iter()
        .map(|realm| Row {
            name: format!("{} {}", realm.label(), place.snapshot.id(realm.node)),
            node: Some(realm.node),
            size: realm.shallow_size,
            retained: Some(realm.retained_size),
            filter: NodeFilter::NativeContext(realm.node),
        })
        .collect();
    let rest = |name: &str, size, filter| Row { name: name.to_owned(), node: None, size, retained: None, filter };
    rows.push(rest("Shared by several realms", contexts.shared_size, NodeFilter::SharedByContexts));
    rows.push(rest("In no realm", contexts.unattributed_size, NodeFilter::WithoutContext));
    rows
}
