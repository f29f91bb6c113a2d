//! The treemap of the dominator tree: a double click zooms in, breadcrumbs above lead back.

use std::fmt::Write as _;
use std::sync::Arc;

use egui::{
    Color32, Id, Key, Modifiers, PointerButton, Rect, RichText, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2,
    vec2,
};

use super::tile_colors::{ColoredBy, TileColors};
use super::{Place, object_menu};
use crate::model::{NodeKind, NodeOrdinal, SnapshotId, convert, human};
use crate::query::{DominatorMap, GrowthMap, GrowthMapOf, Lane, Scripts, ScriptsOf, Tile, dominator_map, node_label};
use crate::session::{Pending, Reply, Session};
use crate::snapshot::Snapshot;
use crate::ui::command::{Command, ViewKind};
use crate::ui::theme::{self, GRID, Look};
use crate::ui::{context_menu, focus_order, text};

/// The width of a letter in the breadcrumbs, and the width between two names.
const LETTER: f32 = 6.5;
const BETWEEN: f32 = 18.0;
/// The number of letters of a name there.
const CRUMB: std::ops::RangeInclusive<usize> = 4..=24;

/// The pane's own state.
#[derive(Debug, Default)]
pub struct DominatorMapPane {
    /// The object that fills the treemap; `None` for the root.
    zoom: Option<NodeOrdinal>,
    selected: Option<NodeOrdinal>,
    pub colored_by: ColoredBy,
    /// The treemap, with its object and size.
    map: Option<(NodeOrdinal, [u32; 2], Arc<DominatorMap>)>,
    /// The growth of the objects on it, if it is colored by growth.
    growth: Option<Arc<GrowthMap>>,
    pending: Option<(NodeOrdinal, [u32; 2], Pending<DominatorMap>)>,
}

impl DominatorMapPane {
    /// Outlines an object, if it is visible.
    pub fn set_selected(&mut self, node: Option<NodeOrdinal>) {
        self.selected = node;
    }

    /// Returns the outlined object.
    #[must_use]
    pub fn selected(&self) -> Option<NodeOrdinal> {
        self.selected
    }

    /// Returns the object that fills the treemap.
    #[must_use]
    pub fn zoomed(&self) -> Option<NodeOrdinal> {
        self.zoom
    }

    /// Returns whether the treemap is not up to date.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.pending.is_some() || self.map.is_none()
    }

    /// Draws the treemap of a snapshot, colored by kind or package.
    pub fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        let colors = TileColors::new(ui, session, place, self.colored_by);
        self.draw(ui, session, place, colors, None)
    }

    /// Draws the treemap of a snapshot, colored by growth since an older one, whose name is given.
    pub(super) fn show_growth(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        place: &Place,
        (base, name): (SnapshotId, String),
    ) -> Vec<Command> {
        let colors = TileColors::Growth(theme::look(ui), self.growth.clone(), name);
        self.draw(ui, session, place, colors, Some(base))
    }

    fn draw(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        place: &Place,
        mut colors: TileColors,
        base: Option<SnapshotId>,
    ) -> Vec<Command> {
        let mut commands = Vec::new();
        let root = self.zoom.unwrap_or(place.snapshot.root());
        self.breadcrumbs(ui, place);
        colors.legend(ui);
        let rect = ui.available_rect_before_wrap().shrink2(vec2(GRID, GRID));
        let response = ui.interact(rect, Id::unique(("dominator picture", place.slot)), Sense::click());
        focus_order::offer(ui, response.id, rect);
        match base {
            None => self.ask(session, place, root, rect),
            Some(base) => {
                if let Err(message) = self.ask_growth(session, (base, place.slot.id), root, rect) {
                    super::failure(ui, &message);
                    return commands;
                }
                if let TileColors::Growth(_, growth, _) = &mut colors {
                    growth.clone_from(&self.growth);
                }
            }
        }
        let Some((_, size, map)) = &self.map else {
            if super::busy(ui, "Drawing…") {
                commands.push(Command::Show(ViewKind::SUMMARY));
            }
            return commands;
        };
        // A treemap of another size is stretched until the right one is ready.
        let [width, height] = size.map(|side| f32::from(u16::try_from(side).unwrap_or(u16::MAX)).max(1.0));
        let stretch = vec2(rect.width() / width, rect.height() / height);
        let look = theme::look(ui);
        let scripts = session.ask(&ScriptsOf(place.slot.id)).ready();
        let (snapshot, scripts) = (&place.snapshot, scripts.as_deref());
        let painter = Painter { snapshot, scripts, colors: &colors, look, origin: rect.min, stretch };
        let hover = response.hover_pos().map(|at| (at - rect.min) / stretch);
        let hovered = hover.and_then(|at| map.at(at.x, at.y)).copied();
        // An object that starts a chain has nested tiles: the innermost is its own.
        let selected = map.tiles.iter().rfind(|tile| tile.node.is_some() && tile.node == self.selected).copied();
        painter.tiles(ui, map, selected.as_ref(), hovered.as_ref(), place);
        let mut zoom = None;
        if let Some(tile) = hovered {
            let about = painter.describe(&tile);
            if let Some(node) = tile.node {
                // Enter, which is a click for egui, is about the selected tile and not about the one under the pointer.
                if response.clicked_by(PointerButton::Primary) || response.secondary_clicked() {
                    response.request_focus();
                    self.selected = Some(node);
                    commands.push(Command::ShowObject(place.target(node)));
                }
                if response.double_clicked() {
                    zoom = zoomed(&tile);
                }
            }
            response.clone().on_hover_text_at_pointer(about);
        }
        if let Some(node) = self.selected {
            context_menu::show(&response, rect.left_top(), |ui| {
                if ui.button("Zoom in").clicked() {
                    zoom = selected.as_ref().and_then(zoomed).or(Some((node, node)));
                    ui.close();
                }
                object_menu(ui, &place.snapshot, place.target(node), &mut commands);
            });
        }
        if response.has_focus() {
            let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
            if pressed(Key::Enter) {
                zoom = selected.as_ref().and_then(zoomed).or(zoom);
            }
            if (pressed(Key::Backspace) || pressed(Key::Escape)) && root != place.snapshot.root() {
                self.zoom = Some(place.snapshot.dominators().dominator(root));
            }
        }
        if let Some((node, wanted)) = zoom {
            if wanted == root {
                // Alike objects are as large as they can be here; a list has each of them.
                commands.push(Command::Reveal(place.target(node), ViewKind::SUMMARY));
            } else {
                self.zoom = Some(wanted);
            }
        }
        commands
    }

    /// Requests the treemap with the growth of its objects; keeps the last one until it is ready.
    fn ask_growth(
        &mut self,
        session: &mut Session,
        (base, current): (SnapshotId, SnapshotId),
        root: NodeOrdinal,
        rect: Rect,
    ) -> Result<(), String> {
        let size = points(rect);
        match session.ask(&GrowthMapOf { base, current, root, size }) {
            Reply::Ready(answer) => {
                self.map = Some((root, size, Arc::clone(&answer.map)));
                self.growth = Some(answer);
            }
            Reply::Pending { .. } => {}
            Reply::Failed(message) => return Err(message),
        }
        Ok(())
    }

    /// Requests a new treemap if the current or pending one does not match.
    fn ask(&mut self, session: &Session, place: &Place, root: NodeOrdinal, rect: Rect) {
        let size = points(rect);
        if let Some((node, of_size, pending)) = &mut self.pending
            && let Some(answer) = pending.take()
        {
            // A failed request is not repeated.
            self.map = Some((*node, *of_size, Arc::new(answer.unwrap_or_default())));
            self.pending = None;
        }
        let is_current = self.map.as_ref().is_some_and(|(node, of_size, _)| (*node, *of_size) == (root, size));
        let is_asked = self.pending.as_ref().is_some_and(|(node, of_size, _)| (*node, *of_size) == (root, size));
        if is_current {
            self.pending = None;
        } else if !is_asked {
            let snapshot = Arc::clone(&place.snapshot);
            let points = size.map(|length| convert::single(f64::from(length)));
            let pending =
                session.spawn(Lane::Interactive, move |cancel| dominator_map(&snapshot, root, points.into(), cancel));
            self.pending = Some((root, size, pending));
        }
    }

    /// Draws the path from the root to the object that fills the treemap.
    fn breadcrumbs(&mut self, ui: &mut Ui, place: &Place) {
        let snapshot = &place.snapshot;
        let (way, left_out) = self.map.as_ref().map_or((Vec::new(), 0), |(_, _, map)| (map.way.clone(), map.left_out));
        ui.horizontal(|ui| {
            ui.add_space(2.0 * GRID);
            ui.spacing_mut().item_spacing.x = GRID;
            let small = |text: String| RichText::new(text).font(theme::small());
            let gap = (left_out > 0).then(|| format!("› {} more ›", human::count(left_out as u64)));
            // Each name gets its share of the line, so that the last one, the current object, is never cut off.
            let names = convert::screen(way.len().max(1));
            let taken = gap.as_ref().map_or(0.0, |_| 100.0) + names * BETWEEN;
            let letters = convert::in_memory(convert::whole((ui.available_width() - taken) / names / LETTER));
            let letters = letters.clamp(*CRUMB.start(), *CRUMB.end());
            for (at, &node) in way.iter().enumerate() {
                match &gap {
                    Some(gap) if at == DominatorMap::ENDS => drop(ui.label(small(gap.clone()).weak())),
                    _ if at > 0 => drop(ui.label(small("›".to_owned()).weak())),
                    _ => {}
                }
                let label = if node == snapshot.root() { "All".to_owned() } else { node_label(snapshot, node) };
                let text = small(human::visible(&label, letters).into_owned());
                if at + 1 == way.len() {
                    ui.label(text.strong());
                } else {
                    let link = ui.link(text).on_hover_text(human::visible(&label, 200));
                    let label = human::visible(&label, *CRUMB.end()).into_owned();
                    link.widget_info(|| WidgetInfo::labeled(Role::Link, true, format!("Back to {label}")));
                    if link.clicked() {
                        self.zoom = Some(node);
                    }
                }
            }
            if way.len() == 1 {
                ui.label(small("Double-click a tile to zoom in".to_owned()).weak());
            }
        });
    }
}

/// Returns the object of a tile, and what fills the treemap when it is zoomed in on: alike objects have only their dominator.
fn zoomed(tile: &Tile) -> Option<(NodeOrdinal, NodeOrdinal)> {
    let node = tile.node?;
    Some((node, tile.alike.map_or(node, |alike| alike.parent)))
}

/// Returns the size of a rectangle in whole points.
fn points(rect: Rect) -> [u32; 2] {
    let whole = |length: f32| u32::try_from(convert::whole(length.max(10.0))).unwrap_or(u32::MAX);
    [rect.width(), rect.height()].map(whole)
}

struct Painter<'a> {
    snapshot: &'a Snapshot,
    /// `None` before they are known.
    scripts: Option<&'a Scripts>,
    colors: &'a TileColors,
    look: Look,
    origin: egui::Pos2,
    stretch: egui::Vec2,
}

impl Painter<'_> {
    fn rect(&self, tile: &Tile) -> Rect {
        let min = self.origin + vec2(tile.area.x, tile.area.y) * self.stretch;
        Rect::from_min_size(min, vec2(tile.area.width, tile.area.height) * self.stretch)
    }

    /// Returns the color of a tile, and that of the text on it.
    fn colors(&self, tile: &Tile) -> (Color32, Color32) {
        let tokens = self.look.tokens;
        let shown = tile.node.or(tile.largest.filter(|_| tile.alike.is_some() || self.colors.extends_to_smaller()));
        shown.map_or((tokens.border, tokens.text), |node| {
            self.colors.of(self.snapshot, node, tile.alike.as_ref().filter(|_| tile.node.is_some()))
        })
    }

    /// Returns what the objects of a tile have in common: their class, or the position of the function.
    fn likeness(&self, node: NodeOrdinal) -> String {
        let label = node_label(self.snapshot, node);
        let class = &self.snapshot.class(node).name;
        let name = if self.snapshot.kind(node) == NodeKind::CLOSURE { &label } else { class };
        let at = self.snapshot.location(node).zip(self.scripts).filter(|(at, of)| of.url(at.script_id).is_some());
        let at = at.map_or_else(String::new, |(at, scripts)| format!(" {}", scripts.short(at)));
        format!("{}{at}", human::visible(name, 80))
    }

    fn name(&self, tile: &Tile) -> String {
        match tile.node {
            Some(node) if tile.alike.is_some() => format!("{} × {}", human::count(tile.count), self.likeness(node)),
            Some(_) if tile.is_chain() => format!("{} nested objects", human::count(tile.count)),
            Some(node) if tile.depth == 0 && node == self.snapshot.root() => "All".to_owned(),
            Some(node) => human::visible(&node_label(self.snapshot, node), 80).into_owned(),
            None => format!("{} smaller", human::count(tile.count)),
        }
    }

    fn describe(&self, tile: &Tile) -> String {
        let share = |size: u64| convert::percent(size, self.snapshot.total_size());
        let bytes = |size: u64| self.look.units.bytes(size);
        let retained = |size: u64| format!("{} retained, {:.1}% of the snapshot", bytes(size), share(size));
        let Some(node) = tile.node else {
            let count = human::quantity(tile.count, "smaller object", "smaller objects");
            let package = tile.largest.and_then(|largest| self.colors.line(self.snapshot, largest, None));
            let package = package.map_or_else(String::new, |line| format!("\nThe largest one: {line}"));
            return format!("{count}\n{}{package}", retained(tile.size));
        };
        let label = node_label(self.snapshot, node);
        let label = format!("{} {}", human::visible(&label, 80), self.snapshot.id(node));
        let mut text = if tile.alike.is_some() {
            let count = human::quantity(tile.count, "object", "objects");
            format!("{}, {count} with the same dominator\nThe largest one: {label}", self.likeness(node))
        } else if tile.is_chain() {
            format!("{} objects, each retaining the next, from {label}", human::count(tile.count))
        } else {
            label
        };
        let size = if tile.alike.is_some() { tile.size } else { self.snapshot.retained_size(node) };
        let _ = write!(text, "\n{}", retained(size));
        if tile.without.is_some() {
            let _ = write!(text, "\n{} without the objects nested in it", bytes(tile.size));
        }
        if tile.count == 1 {
            let shallow = bytes(self.snapshot.shallow_size(node));
            let _ = write!(text, "\n{shallow} shallow, distance {}", self.snapshot.distance(node));
        }
        if let Some(line) = self.colors.line(self.snapshot, node, tile.alike.as_ref()) {
            let _ = write!(text, "\n{line}");
        }
        text
    }

    fn tiles(&self, ui: &Ui, map: &DominatorMap, selected: Option<&Tile>, hovered: Option<&Tile>, place: &Place) {
        let tokens = self.look.tokens;
        let painter = ui.painter();
        for (at, tile) in map.tiles.iter().enumerate() {
            let rect = self.rect(tile).shrink(0.5);
            let (color, on_color) = self.colors(tile);
            // Opened tiles are pale, to emphasize the tiles in them.
            let fill = if tile.is_open { tokens.background.lerp_to_gamma(color, 0.22) } else { color };
            painter.rect_filled(rect, 1.5, fill);
            if rect.width() > 34.0 && rect.height() > 13.0 {
                let text_color = if tile.is_open { tokens.text } else { on_color };
                self.label(ui, tile, rect, text_color);
            }
            if rect.width() > 60.0 && rect.height() > 24.0 && tile.node.is_some() {
                let id = Id::unique(("tile", place.slot, at));
                let response = ui.interact(rect, id, Sense::hover());
                let label = format!("Tile {}, {}", self.name(tile), self.look.units.bytes(tile.size));
                response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
            }
        }
        if let Some(tile) = hovered {
            painter.rect_stroke(self.rect(tile), 1.5, Stroke::new(1.5, tokens.text), egui::StrokeKind::Inside);
        }
        if let Some(tile) = selected {
            painter.rect_stroke(self.rect(tile), 1.5, Stroke::new(2.5, tokens.accent), egui::StrokeKind::Inside);
        }
    }

    /// Draws name and size if they fit; the name is truncated with an ellipsis, the size is left out whole.
    fn label(&self, ui: &Ui, tile: &Tile, rect: Rect, color: Color32) {
        let painter = ui.painter();
        let room = rect.width() - 8.0;
        let size = self.look.units.bytes(tile.size);
        let line = pos2(rect.left() + 4.0, rect.top() + 7.0);
        if tile.is_open || rect.height() < 30.0 {
            let chain = if tile.skipped == 0 { String::new() } else { format!("  › {} more", tile.skipped) };
            let details = [format!("  {size}{chain}"), format!("  {size}"), String::new()];
            text::in_room(painter, line, room, &self.name(tile), &details, (theme::small(), color));
        } else {
            text::in_room(painter, line, room, &self.name(tile), &[], (theme::small(), color));
            text::in_room(painter, line + vec2(0.0, 13.0), room, "", &[size], (theme::small(), color));
        }
    }
}
