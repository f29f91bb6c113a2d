//! The facts about an object: what it is, its sizes, and its references. A fact that another view says more about is a link.

use egui::{RichText, Sense, Ui, WidgetInfo, accesskit::Role};
use egui_extras::{Column, TableBuilder};

use super::Place;
use crate::model::human;
use crate::query::{ObjectDetails, distance_meaning, producer_notes};
use crate::ui::command::{Command, SourceAt, ViewKind};
use crate::ui::glossary;
use crate::ui::place_link;
use crate::ui::theme::{self, GRID, ROW_HEIGHT};

/// A fact about the object: its label and its text.
type Fact = (&'static str, String);

/// Returns the facts: what the object is, and its sizes and distance.
fn facts_of(ui: &Ui, home: &Place, details: &ObjectDetails, position: Option<&(String, String)>) -> [Vec<Fact>; 2] {
    let snapshot = &*home.snapshot;
    let units = theme::look(ui).units;
    let exact = |size: u64| {
        let text = units.bytes(size);
        // Small sizes are already exact.
        if text.ends_with(" B") { text } else { format!("{text}   ({} bytes)", human::count(size)) }
    };
    let mut identity =
        vec![("Class", human::visible(&details.class, 200).into_owned()), ("Kind", details.kind.clone())];
    if let Some((short, _)) = position {
        identity.push(("Source", short.clone()));
    }
    identity.push(("References", String::new()));
    let distance = match (details.distance.user(), details.distance.system()) {
        (Some(hops), _) => hops.to_string(),
        (None, Some(hops)) => {
            let hops = human::quantity(u64::from(hops), "reference", "references");
            format!("−   ({hops} from the runtime's own roots)")
        }
        (None, None) if snapshot.is_unreachable(details.node) => "−   (unreachable)".to_owned(),
        (None, None) => "−   (left out of distances)".to_owned(),
    };
    let sizes = vec![
        ("Shallow size", exact(details.shallow_size)),
        ("Retained size", exact(details.retained_size)),
        ("Distance", distance),
    ];
    [identity, sizes]
}

/// Draws the facts in one column, or in two if there is room.
pub(super) fn show(
    ui: &mut Ui,
    home: &Place,
    details: &ObjectDetails,
    position: Option<&(String, String)>,
    commands: &mut Vec<Command>,
) {
    /// The width from which the facts have two columns, and the width of the labels.
    const WIDE: f32 = 140.0 * GRID;
    const LABEL: f32 = 22.0 * GRID;
    let [mut identity, sizes] = facts_of(ui, home, details, position);
    let width = ui.available_width();
    let is_wide = width >= WIDE;
    let columns = if is_wide {
        vec![identity, sizes]
    } else {
        // The position and the references follow the sizes.
        let rest = identity.split_off(2);
        vec![[identity, sizes, rest].concat()]
    };
    ui.spacing_mut().item_spacing.y = GRID * 0.5;
    let mut table = TableBuilder::new(ui).id_salt(("facts", is_wide)).vscroll(false);
    for at in 1..=columns.len() {
        let value =
            if at == columns.len() { Column::remainder() } else { Column::exact(width / 2.0 - LABEL - 2.0 * GRID) };
        table = table.column(Column::exact(LABEL)).column(value.clip(true));
    }
    let count = columns.iter().map(Vec::len).max().unwrap_or(0);
    table.body(|mut body| {
        for at in 0..count {
            body.row(ROW_HEIGHT, |mut row| {
                for fact in columns.iter().map(|column| column.get(at)) {
                    row.col(|ui| drop(fact.map(|(label, _)| ui.weak(*label))));
                    row.col(|ui| {
                        if let Some(fact) = fact {
                            value(ui, home, details, position, fact, commands);
                        }
                    });
                }
            });
        }
    });
}

/// Draws the value of a fact, as a link if another view has more about it.
fn value(
    ui: &mut Ui,
    home: &Place,
    details: &ObjectDetails,
    position: Option<&(String, String)>,
    (label, text): &Fact,
    commands: &mut Vec<Command>,
) {
    let snapshot = &*home.snapshot;
    let target = home.target(details.node);
    let plain = |ui: &mut Ui| ui.add(egui::Label::new(RichText::new(text).font(theme::mono())).truncate());
    match (*label, details.location, position) {
        ("Source", Some(at), Some((short, whole))) => {
            let at = SourceAt::Script(home.slot.id, at);
            place_link::show(ui, &at, (short, whole), theme::mono(), "", commands);
        }
        ("Source", ..) => drop(plain(ui).on_hover_text(position.map_or("", |(_, full)| full))),
        ("Class", ..) if link(ui, text, "Reveal in Summary, among the objects of its class") => {
            commands.push(Command::Reveal(target, ViewKind::SUMMARY));
        }
        ("Retained size", ..) if link(ui, text, "Reveal in Dominators, above the objects that it keeps alive") => {
            commands.push(Command::Reveal(target, ViewKind::DOMINATORS));
        }
        ("References", ..) => {
            let [out, into] = [details.edge_count, details.retainer_count].map(|count| human::count(count as u64));
            // Level with the values of the other rows.
            ui.spacing_mut().interact_size.y = 0.0;
            ui.horizontal(|ui| {
                if link(ui, &format!("{out} out"), "Reveal in Containment, above the objects that it references") {
                    commands.push(Command::Reveal(target, ViewKind::CONTAINMENT));
                }
                ui.weak("·");
                if link(ui, &format!("{into} in"), "Show retainers") {
                    commands.push(Command::ShowRetainers(target));
                }
            });
        }
        ("Kind", ..) => {
            let text_of = plain(ui);
            if let Some(entry) = glossary::for_node_kind(text) {
                text_of.on_hover_text(entry.short);
            }
        }
        ("Distance", ..) => {
            let text_of = plain(ui);
            let notes = producer_notes(snapshot);
            let note = notes.iter().find(|note| note.title == "Distances").map(|note| note.text.to_owned());
            if let Some(meaning) = distance_meaning(snapshot, details.node).or(note) {
                text_of.on_hover_text(meaning);
            }
        }
        ("Class" | "Retained size", ..) => {}
        _ => drop(plain(ui)),
    }
}

/// Draws a link that is truncated if there is too little room; returns whether it was clicked.
fn link(ui: &mut Ui, text: &str, hint: &str) -> bool {
    let shown = RichText::new(text).font(theme::mono()).color(theme::tokens(ui).accent);
    let response = ui.add(egui::Label::new(shown).truncate().selectable(false).sense(Sense::click()));
    response.widget_info(|| WidgetInfo::labeled(Role::Link, true, text));
    if response.hovered() || response.has_focus() {
        let line = egui::Stroke::new(1.0, theme::tokens(ui).accent);
        ui.painter().hline(response.rect.x_range(), response.rect.bottom() - 2.0, line);
    }
    response.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_text(hint).clicked()
}
