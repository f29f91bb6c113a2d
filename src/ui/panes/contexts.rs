//! Contexts: the realms of a snapshot, with what belongs to each as DevTools attributes it.

use egui::{RichText, ScrollArea, Sense, Ui};
use egui_extras::{Column, TableBuilder};

use super::Place;
use crate::model::{NodeOrdinal, human};
use crate::query::{NativeContexts, NodeFilter, node_label};
use crate::session::{Fact, Session};
use crate::ui::command::{Command, ViewKind};
use crate::ui::theme::{self, GRID, ROW_HEIGHT};

/// Draws the pane; it has no state of its own.
pub fn show(ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
    let mut commands = Vec::new();
    let contexts = match session.native_contexts(place.slot.id) {
        Fact::Ready(contexts) => contexts,
        Fact::Pending { .. } => {
            if super::busy(ui, "Attributing objects to native contexts…") {
                commands.push(Command::Show(ViewKind::Summary));
            }
            return commands;
        }
        Fact::Failed(message) => {
            super::failure(ui, &message);
            return commands;
        }
    };
    let look = theme::look(ui);
    let total = place.snapshot.total_size().max(1);
    #[expect(clippy::cast_precision_loss, reason = "a percentage")]
    let share = |size: u64| format!("{:.1} %", size as f64 * 100.0 / total as f64);
    let margin = egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 8));
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        margin.show(ui, |ui| {
            ui.label(RichText::new(
                "A native context is a realm: a window, a frame, a vm context. An object belongs to the realm that alone \
                 leads to it; what several realms lead to is shared.",
            ).weak());
            ui.add_space(2.0 * GRID);
            if contexts.contexts.is_empty() {
                ui.weak("This snapshot has no native context");
            }
            let rows = rows(&contexts, place);
            let table = TableBuilder::new(ui)
                .id_salt(("contexts", place.slot))
                .striped(false)
                .sense(Sense::click())
                .column(Column::remainder().clip(true))
                .column(Column::exact(110.0))
                .column(Column::exact(80.0))
                .column(Column::exact(110.0))
                .column(Column::exact(150.0));
            table
                .header(ROW_HEIGHT, |mut header| {
                    let small = |title: &str| RichText::new(title).font(theme::small()).weak();
                    header.col(|ui| drop(ui.label(small("Native context"))));
                    for title in ["Attributed", "Share", "Retained"] {
                        header.col(|ui| right(ui, small(title)));
                    }
                    header.col(|_| {});
                })
                .body(|body| {
                    body.rows(ROW_HEIGHT + GRID, rows.len(), |mut row| {
                        let Row { name, node, size, retained, filter } = &rows[row.index()];
                        row.col(|ui| {
                            ui.add(egui::Label::new(RichText::new(human::visible(name, 200)).font(theme::mono())).truncate().selectable(false));
                        });
                        let number = |text: String| RichText::new(text).font(theme::mono());
                        row.col(|ui| right(ui, number(look.units.bytes(*size))));
                        row.col(|ui| right(ui, number(share(*size)).weak()));
                        row.col(|ui| right(ui, number(retained.map_or_else(String::new, |size| look.units.bytes(size)))));
                        row.col(|ui| {
                            if ui.link("Show in Summary").clicked() {
                                commands.push(Command::Filter(filter.clone()));
                            }
                        });
                        if row.response().clicked()
                            && let Some(node) = node
                        {
                            commands.push(Command::Select { target: place.target(*node), by_key: false });
                        }
                    });
                });
        });
    });
    commands
}

/// A number, or what stands over numbers.
fn right(ui: &mut Ui, text: RichText) {
    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
        ui.add_space(2.0 * GRID);
        ui.label(text);
    });
}

struct Row {
    name: String,
    /// None for what belongs to several or to none.
    node: Option<NodeOrdinal>,
    size: u64,
    retained: Option<u64>,
    filter: NodeFilter,
}

fn rows(contexts: &NativeContexts, place: &Place) -> Vec<Row> {
    let snapshot = &place.snapshot;
    let mut rows: Vec<Row> = contexts
        .contexts
        .iter()
        .map(|context| Row {
            name: format!("{} {}", node_label(snapshot, context.node), snapshot.id(context.node)),
            node: Some(context.node),
            size: context.attributed_size,
            retained: Some(context.retained_size),
            filter: NodeFilter::NativeContext(context.node),
        })
        .collect();
    let rest = |name: &str, size, filter| Row { name: name.to_owned(), node: None, size, retained: None, filter };
    rows.push(rest("Shared by several", contexts.shared_size, NodeFilter::SharedByContexts));
    rows.push(rest("In none", contexts.unattributed_size, NodeFilter::WithoutContext));
    rows
}
