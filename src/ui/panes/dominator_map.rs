//! The picture of the dominator tree: zoomed by double click, with the way back above.

use std::sync::Arc;

use egui::{
    Align2, Color32, Id, Key, Modifiers, Rect, RichText, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::{Place, object_menu};
use crate::model::{NodeKind, NodeOrdinal, human};
use crate::query::{DominatorMap, Tile, dominator_map, node_label};
use crate::session::{Lane, Pending, Session};
use crate::snapshot::Snapshot;
use crate::ui::command::{Command, ViewKind};
use crate::ui::theme::{self, GRID, Look};

/// Objects of the way back that are shown at its two ends.
const CRUMBS: usize = 3;

/// The pane's own state.
#[derive(Debug, Default)]
pub struct DominatorMapPane {
    /// What fills the picture; `None` for the root.
    zoom: Option<NodeOrdinal>,
    selected: Option<NodeOrdinal>,
    /// The picture, and what of which size it shows.
    map: Option<(NodeOrdinal, [u32; 2], DominatorMap)>,
    pending: Option<(NodeOrdinal, [u32; 2], Pending<DominatorMap>)>,
}

impl DominatorMapPane {
    /// Fills the picture with one object.
    pub fn zoom_to(&mut self, node: NodeOrdinal) {
        self.zoom = Some(node);
    }

    /// Outlines an object, if it can be seen.
    pub fn set_selected(&mut self, node: Option<NodeOrdinal>) {
        self.selected = node;
    }

    /// What fills the picture.
    #[must_use]
    pub fn zoomed(&self) -> Option<NodeOrdinal> {
        self.zoom
    }

    /// Whether the picture is not yet what it should be.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.pending.is_some() || self.map.is_none()
    }

    pub fn show(&mut self, ui: &mut Ui, session: &Session, place: &Place) -> Vec<Command> {
        let mut commands = Vec::new();
        let root = self.zoom.unwrap_or(place.snapshot.root());
        self.breadcrumbs(ui, place, root);
        let rect = ui.available_rect_before_wrap().shrink2(vec2(GRID, GRID));
        let response = ui.interact(rect, Id::unique(("dominator picture", place.slot)), Sense::click());
        self.ask(session, place, root, rect);
        let Some((_, size, map)) = &self.map else {
            if super::busy(ui, "Drawing…") {
                commands.push(Command::Show(ViewKind::Summary));
            }
            return commands;
        };
        // A picture of another size is stretched until the right one is there.
        let [width, height] = size.map(|side| f32::from(u16::try_from(side).unwrap_or(u16::MAX)).max(1.0));
        let stretch = vec2(rect.width() / width, rect.height() / height);
        let look = theme::look(ui);
        let painter = Painter { snapshot: &place.snapshot, look, origin: rect.min, stretch };
        let hover = response.hover_pos().map(|at| (at - rect.min) / stretch);
        let hovered = hover.and_then(|at| map.at(at.x, at.y)).copied();
        painter.tiles(ui, map, self.selected, hovered.as_ref(), place);
        if let Some(tile) = hovered {
            let text = painter.describe(&tile);
            if let Some(node) = tile.node {
                if response.clicked() || response.secondary_clicked() {
                    response.request_focus();
                    self.selected = Some(node);
                    commands.push(Command::Select { target: place.target(node), by_key: false });
                }
                if response.double_clicked() {
                    self.zoom = Some(node);
                }
            }
            response.clone().on_hover_text_at_pointer(text);
        }
        if let Some(node) = self.selected {
            response.context_menu(|ui| {
                if ui.button("Zoom in").clicked() {
                    self.zoom = Some(node);
                    ui.close();
                }
                object_menu(ui, &place.snapshot, place.target(node), &mut commands);
            });
        }
        if response.has_focus() {
            self.keyboard(ui, place, root);
        }
        commands
    }

    fn keyboard(&mut self, ui: &Ui, place: &Place, root: NodeOrdinal) {
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        if pressed(Key::Enter) {
            self.zoom = self.selected.or(self.zoom);
        }
        if (pressed(Key::Backspace) || pressed(Key::Escape)) && root != place.snapshot.root() {
            self.zoom = Some(place.snapshot.dominators().dominator(root));
        }
    }

    /// Asks for the picture if what is there or on its way is another.
    fn ask(&mut self, session: &Session, place: &Place, root: NodeOrdinal, rect: Rect) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "points on a screen")]
        let size = [rect.width().max(10.0) as u32, rect.height().max(10.0) as u32];
        if let Some((node, of_size, pending)) = &mut self.pending
            && let Some(answer) = pending.take()
        {
            // Nothing is asked for twice, even if it failed.
            self.map = Some((*node, *of_size, answer.unwrap_or_default()));
            self.pending = None;
        }
        let is_there = self.map.as_ref().is_some_and(|(node, of_size, _)| (*node, *of_size) == (root, size));
        let is_asked = self.pending.as_ref().is_some_and(|(node, of_size, _)| (*node, *of_size) == (root, size));
        if is_there {
            self.pending = None;
        } else if !is_asked {
            let snapshot = Arc::clone(&place.snapshot);
            #[expect(clippy::cast_precision_loss, reason = "points on a screen")]
            let points = (size[0] as f32, size[1] as f32);
            let pending = session.ask(Lane::Interactive, move |cancel| dominator_map(&snapshot, root, points, cancel));
            self.pending = Some((root, size, pending));
        }
    }

    /// The way from the root to what fills the picture.
    fn breadcrumbs(&mut self, ui: &mut Ui, place: &Place, root: NodeOrdinal) {
        let snapshot = &place.snapshot;
        let mut way = vec![root];
        while let Some(&last) = way.last()
            && last != snapshot.root()
            && way.len() < 10_000
        {
            way.push(snapshot.dominators().dominator(last));
        }
        way.reverse();
        ui.horizontal(|ui| {
            ui.add_space(2.0 * GRID);
            ui.spacing_mut().item_spacing.x = GRID;
            let left_out = way.len().saturating_sub(2 * CRUMBS);
            for (at, &node) in way.iter().enumerate() {
                if left_out > 0 && at == CRUMBS {
                    ui.weak(format!("› … {left_out} more …"));
                }
                if left_out > 0 && (CRUMBS..CRUMBS + left_out).contains(&at) {
                    continue;
                }
                if at > 0 {
                    ui.weak("›");
                }
                let label = if node == snapshot.root() { "All".to_owned() } else { short_label(snapshot, node) };
                let text = RichText::new(&label).font(theme::small());
                if at + 1 == way.len() {
                    ui.label(text.strong());
                } else {
                    let link = ui.link(text);
                    link.widget_info(|| WidgetInfo::labeled(Role::Link, true, format!("Back to {label}")));
                    if link.clicked() {
                        self.zoom = Some(node);
                    }
                }
            }
            if way.len() == 1 {
                ui.label(RichText::new("double-click a tile to go in").font(theme::small()).weak());
            }
        });
    }
}

fn short_label(snapshot: &Snapshot, node: NodeOrdinal) -> String {
    human::visible(&node_label(snapshot, node), 24).into_owned()
}

struct Painter<'a> {
    snapshot: &'a Snapshot,
    look: Look,
    origin: egui::Pos2,
    stretch: egui::Vec2,
}

impl Painter<'_> {
    fn rect(&self, tile: &Tile) -> Rect {
        let min = self.origin + vec2(tile.area.x, tile.area.y) * self.stretch;
        Rect::from_min_size(min, vec2(tile.area.width, tile.area.height) * self.stretch)
    }

    fn color(&self, tile: &Tile) -> Color32 {
        let [code, strings, arrays, typed_arrays, native, objects, system] = self.look.tokens.categories;
        let Some(node) = tile.node else { return self.look.tokens.border };
        match self.snapshot.kind(node) {
            kind if kind.is_string() => strings,
            NodeKind::CODE | NodeKind::CLOSURE => code,
            NodeKind::ARRAY => arrays,
            NodeKind::NATIVE
                if self.snapshot.known().array_buffer_data.contains(self.snapshot.graph().name_id(node)) =>
            {
                typed_arrays
            }
            NodeKind::NATIVE => native,
            NodeKind::HIDDEN | NodeKind::SYNTHETIC | NodeKind::OBJECT_SHAPE => system,
            _ => objects,
        }
    }

    fn name(&self, tile: &Tile) -> String {
        match tile.node {
            Some(node) if tile.depth == 0 && node == self.snapshot.root() => "All".to_owned(),
            Some(node) => human::visible(&node_label(self.snapshot, node), 80).into_owned(),
            None => format!("{} smaller", human::count(tile.count)),
        }
    }

    fn describe(&self, tile: &Tile) -> String {
        #[expect(clippy::cast_precision_loss, reason = "a percentage")]
        let share = tile.retained_size as f64 * 100.0 / self.snapshot.total_size().max(1) as f64;
        let bytes = |size: u64| self.look.units.bytes(size);
        let retained = format!("{} retained, {share:.1} % of the snapshot", bytes(tile.retained_size));
        match tile.node {
            None => format!("{} smaller objects\n{retained}", human::count(tile.count)),
            Some(node) => format!(
                "{} {}\n{retained}\n{} itself, distance {}",
                self.name(tile),
                self.snapshot.id(node),
                bytes(self.snapshot.shallow_size(node)),
                self.snapshot.distance(node)
            ),
        }
    }

    fn tiles(&self, ui: &Ui, map: &DominatorMap, selected: Option<NodeOrdinal>, hovered: Option<&Tile>, place: &Place) {
        let tokens = self.look.tokens;
        let painter = ui.painter();
        for (at, tile) in map.tiles.iter().enumerate() {
            let rect = self.rect(tile).shrink(0.5);
            let color = self.color(tile);
            // Opened tiles are pale, so that what lies in them stands out.
            let fill = if tile.is_open { tokens.background.lerp_to_gamma(color, 0.22) } else { color };
            painter.rect_filled(rect, 1.5, fill);
            if rect.width() > 34.0 && rect.height() > 13.0 {
                let text_color = if tile.is_open || tile.node.is_none() { tokens.text } else { tokens.on_category };
                self.label(ui, tile, rect, text_color);
            }
            if rect.width() > 60.0 && rect.height() > 24.0 && tile.node.is_some() {
                let id = Id::unique(("tile", place.slot, at));
                let response = ui.interact(rect, id, Sense::hover());
                let label = format!("Tile {}, {}", self.name(tile), self.look.units.bytes(tile.retained_size));
                response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
            }
        }
        if let Some(tile) = hovered {
            painter.rect_stroke(self.rect(tile), 1.5, Stroke::new(1.5, tokens.text), egui::StrokeKind::Inside);
        }
        if let Some(tile) = map.tiles.iter().find(|tile| tile.node.is_some() && tile.node == selected) {
            painter.rect_stroke(self.rect(tile), 1.5, Stroke::new(2.5, tokens.accent), egui::StrokeKind::Inside);
        }
    }

    fn label(&self, ui: &Ui, tile: &Tile, rect: Rect, color: Color32) {
        let painter = ui.painter().with_clip_rect(rect.shrink2(vec2(2.0, 0.0)).intersect(ui.clip_rect()));
        let font = theme::small();
        let size = self.look.units.bytes(tile.retained_size);
        let line = pos2(rect.left() + 4.0, rect.top() + 7.0);
        if tile.is_open || rect.height() < 30.0 {
            let chain = match tile.skipped {
                0 => String::new(),
                1 => "  › 1 more".to_owned(),
                more => format!("  › {more} more"),
            };
            painter.text(line, Align2::LEFT_CENTER, format!("{}  {size}{chain}", self.name(tile)), font, color);
        } else {
            painter.text(line, Align2::LEFT_CENTER, self.name(tile), font.clone(), color);
            painter.text(line + vec2(0.0, 13.0), Align2::LEFT_CENTER, size, font, color);
        }
    }
}
