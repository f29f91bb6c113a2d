//! Two objects side by side: their facts, and the properties in which they differ.

use egui::{Button, Grid, Label, RichText, ScrollArea, Ui, Vec2};

use super::Place;
use crate::model::{NodeOrdinal, human};
use crate::query::{Differences, DifferencesOf, Scripts, ScriptsOf, node_label};
use crate::session::{Reply, Session};
use crate::ui::command::{Command, ViewKind};
use crate::ui::dialog::{self, Height};
use crate::ui::theme::{self, GRID};

/// The width of a name and of a value.
const NAME: f32 = 120.0;
const VALUE: f32 = 230.0;
/// The height of the list of properties. Constant, so that nothing moves when they arrive.
const HEIGHT: f32 = 260.0;
const DIALOG_HEIGHT: f32 = 500.0;

/// Draws the dialog; returns false once it is closed.
pub(super) fn show(
    ui: &Ui,
    session: &mut Session,
    place: &Place,
    nodes: [NodeOrdinal; 2],
    commands: &mut Vec<Command>,
) -> bool {
    let mut is_open = true;
    let scripts = session.ask(&ScriptsOf(place.slot.id)).ready();
    let reply = session.ask(&DifferencesOf { snapshot: place.slot.id, nodes });
    let size = (NAME + 2.0 * VALUE + 14.0 * GRID, Height::Fixed(DIALOG_HEIGHT));
    dialog::window(ui.ctx(), ("two objects", "Compare objects"), size, &mut is_open, |ui| {
        objects(ui, place, nodes, commands);
        facts(ui, place, nodes, scripts.as_deref());
        ui.separator();
        ui.allocate_ui(Vec2::new(ui.available_width(), HEIGHT), |ui| {
            ui.set_min_height(HEIGHT);
            match reply {
                Reply::Ready(differences) => properties(ui, place, &differences, commands),
                Reply::Pending { .. } => {
                    ui.weak("Comparing…");
                }
                Reply::Failed(message) => super::failure(ui, &message),
            }
        });
    });
    is_open
}

fn grid(ui: &mut Ui, name: &str, content: impl FnOnce(&mut Ui)) {
    Grid::new(name).num_columns(3).spacing([2.0 * GRID, GRID]).show(ui, content);
}

/// Draws a text in a cell of constant width.
fn cell(ui: &mut Ui, text: RichText, width: f32) {
    ui.scope(|ui| {
        ui.set_width(width);
        ui.add(Label::new(text).truncate());
    });
}

/// Draws an object as a button that goes to it.
fn object(ui: &mut Ui, place: &Place, node: NodeOrdinal, commands: &mut Vec<Command>) {
    let text = format!("{} {}", node_label(&place.snapshot, node), place.snapshot.id(node));
    ui.scope(|ui| {
        ui.set_width(VALUE);
        let button = Button::new(RichText::new(&text).font(theme::mono())).frame_when_inactive(false).truncate();
        if ui.add(button).on_hover_text(format!("{text}\nGo to this object")).clicked() {
            commands.push(Command::Reveal(place.target(node), ViewKind::SUMMARY));
        }
    });
}

fn objects(ui: &mut Ui, place: &Place, nodes: [NodeOrdinal; 2], commands: &mut Vec<Command>) {
    grid(ui, "two objects", |ui| {
        cell(ui, RichText::new("Object").weak(), NAME);
        for node in nodes {
            object(ui, place, node, commands);
        }
        ui.end_row();
    });
}

fn facts(ui: &mut Ui, place: &Place, nodes: [NodeOrdinal; 2], scripts: Option<&Scripts>) {
    let (snapshot, units) = (&place.snapshot, theme::look(ui).units);
    let class = |node| human::visible(&snapshot.class(node).name, 120).into_owned();
    let source = |node| match (scripts, snapshot.location(node)) {
        (Some(scripts), Some(at)) => scripts.short(at),
        _ => String::new(),
    };
    let size = |bytes: u64| format!("{} ({})", units.bytes(bytes), human::quantity(bytes, "byte", "bytes"));
    let rows: [(&str, [String; 2]); 6] = [
        ("Class", nodes.map(class)),
        ("Kind", nodes.map(|node| human::visible(snapshot.graph().kind_name(node), 60).into_owned())),
        ("Source", nodes.map(source)),
        ("Distance", nodes.map(|node| snapshot.distance(node).to_string())),
        ("Shallow size", nodes.map(|node| size(snapshot.shallow_size(node)))),
        ("Retained size", nodes.map(|node| size(snapshot.retained_size(node)))),
    ];
    grid(ui, "facts of two objects", |ui| {
        for (name, values) in rows {
            cell(ui, RichText::new(name).weak(), NAME);
            let differs = values[0] != values[1];
            for value in values {
                let text = RichText::new(value).font(theme::mono());
                cell(ui, if differs { text.strong() } else { text }, VALUE);
            }
            ui.end_row();
        }
    });
}

fn properties(ui: &mut Ui, place: &Place, differences: &Differences, commands: &mut Vec<Command>) {
    let count = human::quantity(differences.properties.len() as u64, "property differs", "properties differ");
    let more = if differences.is_cut { " among the first ones" } else { "" };
    let same = human::count(differences.same_count);
    ui.weak(format!("{count}{more}; {same} have the same value"));
    let rows = differences.properties.len();
    let height = 6.0 * GRID;
    ScrollArea::vertical().id_salt("differences").auto_shrink(false).show_rows(ui, height, rows, |ui, range| {
        grid(ui, "differences", |ui| {
            for difference in &differences.properties[range] {
                cell(ui, RichText::new(&difference.name).font(theme::mono()), NAME);
                for value in difference.values {
                    match value {
                        Some(node) => object(ui, place, node, commands),
                        None => cell(ui, RichText::new("missing").weak(), VALUE),
                    }
                }
                ui.end_row();
            }
        });
    });
}
