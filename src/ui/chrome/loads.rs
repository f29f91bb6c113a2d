//! Files that are loading, waiting or failed.

use egui::{Align, CornerRadius, Frame, Label, Layout, Margin, ProgressBar, RichText, Stroke, Ui, vec2};

use crate::model::FirstTable;
use crate::model::human;
use crate::session::Load;
use crate::ui::action::Action;
use crate::ui::buttons::close_button;
use crate::ui::theme::{self, GRID, tokens};
use crate::ui::{recovery, text};

/// Draws a file in the list. With `is_on_start_page`, the start page shows its error.
pub(super) fn entry(ui: &mut Ui, load: &Load, is_on_start_page: bool, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let fill = if load.error.is_some() { tokens.error_surface } else { tokens.background };
    let frame = Frame::new().fill(fill).corner_radius(CornerRadius::same(4)).inner_margin(Margin::symmetric(6, 5));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        let button = if load.error.is_some() { "Dismiss" } else { "Cancel" };
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if close_button(ui, &format!("{button} {}", load.name)) {
                    actions.push(Action::DismissLoad(load.id));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    text::file_label(ui, &load.name);
                });
            });
        });
        match &load.error {
            Some(_) if is_on_start_page => {
                ui.label(RichText::new("Cannot be opened").font(theme::small()).color(tokens.error));
            }
            Some(error) => {
                let text = human::visible(error, 600).into_owned();
                ui.add(Label::new(RichText::new(text).color(tokens.error)).wrap());
                recovery::offer(ui, load, false, actions);
            }
            None => loading(ui, load),
        }
    });
    ui.add_space(GRID);
}

/// Draws the phase, fraction and time of a load.
pub(super) fn loading(ui: &mut Ui, load: &Load) {
    let weak = |text: String| RichText::new(text).font(theme::small()).color(tokens(ui).weak);
    let Some(elapsed) = load.elapsed() else {
        ui.label(weak("waiting for the previous file".to_owned()));
        return;
    };
    let reading = load.progress.read();
    let fraction = reading.fraction();
    let label = weak(reading.phase.label().to_owned());
    let facts = weak(format!("{:.0}%, {}", fraction * 100.0, human::duration(elapsed)));
    let bar = ProgressBar::new(fraction).desired_height(6.0).fill(tokens(ui).accent);
    ui.scope(|ui| {
        // The track of the bar.
        ui.visuals_mut().extreme_bg_color = tokens(ui).border;
        ui.add(bar);
    });
    ui.horizontal_wrapped(|ui| {
        ui.label(label);
        ui.label(facts);
    });
}

pub(super) fn loading_card(ui: &mut Ui, load: &Load, actions: &mut Vec<Action>) {
    ui.heading(human::visible(&load.name, 60).into_owned());
    ui.add_space(3.0 * GRID);
    loading(ui, load);
    ui.add_space(3.0 * GRID);
    if ui.button("Cancel").clicked() {
        actions.push(Action::DismissLoad(load.id));
    }
    if let Some(table) = load.progress.first_table() {
        ui.add_space(3.0 * GRID);
        first_table(ui, &table);
    }
}

/// Draws what is known before the references are analyzed: the largest classes by the file's own sizes.
fn first_table(ui: &mut Ui, table: &FirstTable) {
    let units = theme::look(ui).units;
    let weak = tokens(ui).weak;
    let about = format!(
        "{} nodes, {}. Preliminary: names and self sizes from the file. Retained sizes follow.",
        human::count(table.node_count),
        units.bytes(table.self_size)
    );
    ui.add(Label::new(RichText::new(about).font(theme::small()).color(weak)).wrap());
    ui.add_space(GRID);
    let height = 5.0 * GRID;
    let row = |ui: &mut Ui, cells: [RichText; 3]| {
        let width = ui.available_width();
        let [name, count, size] = cells;
        ui.horizontal(|ui| {
            for (at, (cell, width)) in [(name, width - 200.0), (count, 90.0), (size, 90.0)].into_iter().enumerate() {
                let align = if at == 0 { Align::Min } else { Align::Max };
                ui.allocate_ui_with_layout(vec2(width, height), Layout::top_down(align), |ui| {
                    ui.set_width(width);
                    ui.add(Label::new(cell).truncate().selectable(false));
                });
            }
        });
    };
    let head = |text: &str| RichText::new(text).font(theme::small()).color(weak);
    row(ui, [head("Class"), head("Objects"), head("Self size")]);
    ui.separator();
    let lines = table.rows.len() + usize::from(table.more > 0);
    egui::ScrollArea::vertical().auto_shrink([false, true]).show_rows(ui, height, lines, |ui, range| {
        for line in range {
            let Some(class) = table.rows.get(line) else {
                let more = human::quantity(table.more, "more class", "more classes");
                row(ui, [RichText::new(format!("and {more}")).color(weak), RichText::default(), RichText::default()]);
                continue;
            };
            let name = RichText::new(human::visible(&class.name, 120).into_owned()).font(theme::mono());
            row(ui, [name, RichText::new(human::count(class.count)), RichText::new(units.bytes(class.self_size))]);
        }
    });
}

pub(super) fn error_card(ui: &mut Ui, load: &Load, actions: &mut Vec<Action>) {
    let Some(error) = &load.error else { return };
    let tokens = tokens(ui);
    Frame::new()
        .fill(tokens.error_surface)
        .stroke(Stroke::new(1.0, tokens.error))
        .corner_radius(6.0)
        .inner_margin(Margin::same(12))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                let title = format!("Cannot open {}", human::visible(&load.name, 60));
                ui.add(Label::new(RichText::new(title).strong()).wrap());
                ui.add_space(GRID);
                ui.add(Label::new(RichText::new(human::visible(error, 900).into_owned()).color(tokens.error)).wrap());
                recovery::offer(ui, load, true, actions);
            });
        });
    ui.add_space(5.0 * GRID);
}
