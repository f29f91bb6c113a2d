//! Cells of tables of objects: names with the icon of their kind, references, distances and sizes.

use egui::Color32;

use super::glossary;
use super::icons::Icon;
use super::theme::{Look, Tokens};
use super::tree_table::{Cell, Mark, Run};
use crate::model::{Detachedness, Distance, EdgeIndex, NodeKind, NodeOrdinal, convert, human};
use crate::query::{Scripts, distance_meaning, edge_label, is_quiet, map_key, node_label};
use crate::snapshot::Snapshot;

/// The maximum length of a Map's key beside its entry, in characters.
const KEY_LIMIT: usize = 48;

/// Returns a cell with an object's name, colored by its kind, and its id.
#[must_use]
pub(crate) fn node_cell(snapshot: &Snapshot, node: NodeOrdinal, mut runs: Vec<Run>, tokens: &Tokens) -> Cell {
    let color = match snapshot.kind(node) {
        kind if kind.is_string() => tokens.string,
        NodeKind::NUMBER | NodeKind::BIGINT | NodeKind::REGEXP | NodeKind::SYMBOL => tokens.number,
        NodeKind::CLOSURE | NodeKind::CODE => tokens.code,
        NodeKind::HIDDEN | NodeKind::SYNTHETIC | NodeKind::OBJECT_SHAPE => tokens.weak,
        _ => tokens.text,
    };
    runs.push(Run::new(node_label(snapshot, node), color));
    runs.push(Run::new(format!(" {}", snapshot.id(node)), tokens.weak));
    let has_documents = snapshot.producer().program.has_documents();
    if has_documents && snapshot.detachedness(node) == Detachedness::Detached {
        runs.push(Run::new("  detached", tokens.detached));
    }
    Cell { mark: Some(mark(snapshot, node, color, tokens)), runs, ..Cell::default() }
}

/// Returns the icon of an object's kind.
fn mark(snapshot: &Snapshot, node: NodeOrdinal, color: Color32, tokens: &Tokens) -> Mark {
    let detachedness = snapshot.detachedness(node);
    let (icon, meaning) = match snapshot.kind(node) {
        NodeKind::NATIVE if detachedness == Detachedness::Detached => (Icon::Unplug, "Detached DOM node"),
        NodeKind::NATIVE if detachedness == Detachedness::Attached => (Icon::CodeXml, "DOM node in a document"),
        NodeKind::NATIVE => (Icon::Cpu, "Native object: memory outside V8's heap"),
        NodeKind::ARRAY => (Icon::Brackets, "Array, or a store of the runtime"),
        kind if kind.is_string() => (Icon::Quote, "String"),
        NodeKind::CLOSURE => (Icon::SquareFunction, "Function"),
        NodeKind::CODE => (Icon::Binary, "Compiled code or its metadata"),
        NodeKind::NUMBER | NodeKind::BIGINT => (Icon::Hash, "Number"),
        NodeKind::REGEXP => (Icon::Regex, "Regular expression"),
        NodeKind::SYMBOL => (Icon::Asterisk, "Symbol"),
        NodeKind::SYNTHETIC => (Icon::Anchor, "Root, or a group of roots"),
        NodeKind::OBJECT_SHAPE => (Icon::Shapes, "Shape of objects (a map of V8)"),
        NodeKind::HIDDEN => (Icon::Cog, "Internal object of the runtime"),
        _ => (Icon::Box, "Object"),
    };
    let color = match icon {
        Icon::Unplug => tokens.detached,
        // Most objects are plain ones.
        Icon::Box | Icon::Brackets => tokens.weak,
        _ => color,
    };
    Mark { icon, color, meaning }
}

/// Adds the source location of a function, or of the constructor of an object, if it is known.
#[must_use]
pub(crate) fn with_source(
    mut cell: Cell,
    snapshot: &Snapshot,
    node: NodeOrdinal,
    scripts: Option<&Scripts>,
    tokens: &Tokens,
) -> Cell {
    if let Some((scripts, at)) = scripts.zip(snapshot.location(node))
        && scripts.url(at.script_id).is_some()
    {
        let full = scripts.full(at);
        cell.tooltip = Some(match cell.tooltip {
            Some(above) => format!("{above}\n{full}"),
            None => format!("{}\n{full}", cell.plain()),
        });
        cell.aside = Some(Run::new(format!("  {}", scripts.short(at)), tokens.weak));
    }
    cell
}

/// Returns a cell with a reference: `property :: object`.
#[must_use]
pub(crate) fn field_cell(snapshot: &Snapshot, edge: EdgeIndex, tokens: &Tokens) -> Cell {
    let name = Run::new(edge_label(snapshot, edge), edge_color(snapshot, edge, tokens));
    let separator = Run::new(" :: ", tokens.weak);
    let mut cell = node_cell(snapshot, snapshot.graph().edge_target(edge), vec![name, separator], tokens);
    cell.tooltip = edge_tooltip(snapshot, edge, &cell);
    cell
}

/// Returns the color of a reference's name.
#[must_use]
pub(crate) fn edge_color(snapshot: &Snapshot, edge: EdgeIndex, tokens: &Tokens) -> Color32 {
    if is_quiet(snapshot, edge) { tokens.weak } else { tokens.property }
}

/// Returns an explanation of an edge of a kind that JavaScript does not have.
#[must_use]
pub(crate) fn edge_tooltip(snapshot: &Snapshot, edge: EdgeIndex, cell: &Cell) -> Option<String> {
    let entry = glossary::for_edge_kind(snapshot.graph().edge_kind(edge))?;
    is_quiet(snapshot, edge).then(|| format!("{}\n{}: {}", cell.plain(), entry.term, entry.short))
}

/// Returns a cell with the distance of an object, with an explanation if it is not a number.
#[must_use]
pub(crate) fn distance_cell(snapshot: &Snapshot, node: NodeOrdinal, tokens: &Tokens) -> Cell {
    let mut cell = hops_cell(snapshot.distance(node), tokens);
    cell.tooltip = distance_meaning(snapshot, node);
    cell
}

/// Returns a cell with the smallest distance of several objects.
#[must_use]
pub(crate) fn least_distance_cell(distance: Distance, tokens: &Tokens) -> Cell {
    let mut cell = hops_cell(distance, tokens);
    if let Some(hops) = distance.system() {
        let hops = human::quantity(u64::from(hops), "reference", "references");
        cell.tooltip = Some(format!("{hops} from the runtime's own roots; no user root reaches any of them"));
    } else if distance == Distance::NONE {
        cell.tooltip = Some("At least one of these objects has no distance".to_owned());
    }
    cell
}

/// Returns a cell with a distance.
#[must_use]
pub(crate) fn hops_cell(distance: Distance, tokens: &Tokens) -> Cell {
    let color = if distance.user().is_some() { tokens.text } else { tokens.weak };
    Cell::text(distance.to_string(), color)
}

/// Returns the key of a Map's entry, if the edge belongs to one.
pub(crate) fn key_runs(snapshot: &Snapshot, edge: EdgeIndex, tokens: &Tokens) -> Vec<Run> {
    let Some(key) = map_key(snapshot, edge) else { return Vec::new() };
    let label = human::visible(&node_label(snapshot, key), KEY_LIMIT).into_owned();
    vec![Run::new("  key ", tokens.weak), Run::new(label, tokens.string)]
}

/// Returns a cell with a size and its share of `total`.
#[must_use]
pub(crate) fn size_cell(size: u64, total: u64, look: Look) -> Cell {
    let share = convert::share(size, total);
    let mut cell = Cell::text(look.units.bytes(size), look.tokens.text);
    cell.aside = Some(Run::new(share_text(share), look.tokens.weak));
    cell.bar = Some(convert::single(share));
    cell.tooltip = Some(format!("{} bytes, {:.2}% of the snapshot", human::count(size), share * 100.0));
    cell
}

/// Returns a cell with a share of something, blank below one percent.
#[must_use]
pub(crate) fn share_cell(share: f64, tokens: &Tokens) -> Cell {
    let mut cell = Cell::text(share_text(share).trim_start(), tokens.text);
    cell.bar = Some(convert::single(share));
    cell.tooltip = Some(format!("{:.2}%", share * 100.0));
    cell
}

/// Returns a share for a place beside a number, blank below one percent.
#[must_use]
pub(crate) fn share_text(share: f64) -> String {
    if share < 0.01 { String::new() } else { format!(" {:.0}%", share * 100.0) }
}
