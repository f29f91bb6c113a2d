//! The colors of the treemap, by kind or by package, and their legend.

use std::sync::Arc;

use egui::{Color32, RichText, Sense, Ui, vec2};

use super::Place;
use crate::model::{NodeKind, NodeOrdinal, difference, human};
use crate::query::{
    Alike, GrowthMap, GrowthStep, PackageKind, PackageRegions, PackageRegionsOf, ScriptList, ScriptListOf, TileGrowth,
};
use crate::session::{Reply, Session};
use crate::snapshot::Snapshot;
use crate::ui::theme::{self, GRID, Look};

/// The meaning of the colors of tiles.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ColoredBy {
    #[default]
    Kind,
    Package,
}

/// The number of colors of packages.
const COLORS: usize = 7;
const LEGEND_HEIGHT: f32 = 5.0 * GRID;
const SWATCH: f32 = 10.0;

/// The colors of one treemap.
pub(super) enum TileColors {
    Kind(Look),
    Package(Look, PackageColors),
    /// By package, before the packages are known; a message if they cannot be found.
    Unknown(Look, String),
    /// By growth since another snapshot, whose name is given; `None` before it is known.
    Growth(Look, Option<Arc<GrowthMap>>, String),
}

/// The entries of the legend of growth.
const GROWTH: [(GrowthStep, &str, &str); 5] = [
    (GrowthStep::ShrankMuch, "Halved", "At most half as large as before"),
    (GrowthStep::Shrank, "Shrank", "Smaller by at least 2 %"),
    (GrowthStep::Unchanged, "Unchanged", "Changed by less than 2 %"),
    (GrowthStep::Grew, "Grew", "Larger by at least 2 %"),
    (GrowthStep::GrewMuch, "Doubled or new", "At least twice as large as before, or not in A"),
];

/// The packages that have a color of their own.
pub(super) struct PackageColors {
    list: Arc<ScriptList>,
    regions: Arc<PackageRegions>,
    /// The program, the runtime, and the largest others.
    colored: [Option<u32>; COLORS],
}

impl PackageColors {
    fn new(list: Arc<ScriptList>, regions: Arc<PackageRegions>) -> Self {
        let mut colored = [None; COLORS];
        let mut by_size: Vec<u32> = (0_u32..).zip(&list.packages).map(|(at, _)| at).collect();
        by_size.sort_by_key(|&at| (std::cmp::Reverse(list.packages[at as usize].sizes.retained_size), at));
        by_size.retain(|&at| list.packages[at as usize].sizes.retained_size > 0);
        let mut take = |slots: std::ops::Range<usize>, is_wanted: &dyn Fn(PackageKind) -> bool| {
            for slot in slots {
                let found = by_size.iter().position(|&at| is_wanted(list.packages[at as usize].kind));
                colored[slot] = found.map(|at| by_size.remove(at));
            }
        };
        take(0..1, &|kind| kind == PackageKind::Program);
        take(1..2, &|kind| kind == PackageKind::Runtime);
        take(2..COLORS, &|_| true);
        Self { list, regions, colored }
    }

    fn has_others(&self) -> bool {
        let own = self.list.packages.iter().filter(|of| of.sizes.retained_size > 0).count();
        own > self.colored.iter().flatten().count()
    }
}

impl TileColors {
    /// Asks for what the colors depend on.
    pub(super) fn new(ui: &Ui, session: &mut Session, place: &Place, by: ColoredBy) -> Self {
        let look = theme::look(ui);
        if by == ColoredBy::Kind {
            return Self::Kind(look);
        }
        match (session.ask(&ScriptListOf(place.slot.id)), session.ask(&PackageRegionsOf(place.slot.id))) {
            (Reply::Ready(list), Reply::Ready(regions)) => Self::Package(look, PackageColors::new(list, regions)),
            (Reply::Failed(message), _) | (_, Reply::Failed(message)) => Self::Unknown(look, message),
            _ => Self::Unknown(look, "Attributing objects to packages…".to_owned()),
        }
    }

    /// Returns the color of the tile of an object, or of those that are alike, and that of the text on it.
    pub(super) fn of(&self, snapshot: &Snapshot, node: NodeOrdinal, alike: Option<&Alike>) -> (Color32, Color32) {
        match self {
            Self::Kind(look) => (of_kind(snapshot, node, *look), look.tokens.on_category),
            Self::Unknown(look, _) => (look.tokens.border, look.tokens.text),
            Self::Growth(look, growth, _) => {
                let tokens = look.tokens;
                let Some(growth) = growth.as_ref().and_then(|growth| of_tile(growth, node, alike)) else {
                    return (tokens.border, tokens.text);
                };
                let step = GROWTH.iter().position(|(step, ..)| *step == growth.step()).unwrap_or(2);
                (tokens.growth[step], tokens.on_package)
            }
            Self::Package(look, colors) => {
                let tokens = look.tokens;
                let Some(package) = colors.regions.of(snapshot, node) else { return (tokens.border, tokens.text) };
                let slot = colors.colored.iter().position(|of| *of == Some(package));
                (slot.map_or(tokens.other_packages, |slot| tokens.packages[slot]), tokens.on_package)
            }
        }
    }

    /// Returns true if combined smaller objects have the color of the largest one.
    pub(super) fn extends_to_smaller(&self) -> bool {
        matches!(self, Self::Package(..) | Self::Growth(..))
    }

    /// Returns the package or the growth of an object, or of those that are alike, as a line of its description.
    pub(super) fn line(&self, snapshot: &Snapshot, node: NodeOrdinal, alike: Option<&Alike>) -> Option<String> {
        if let Self::Growth(look, growth, base) = self {
            let growth = growth.as_ref()?;
            return Some(growth_line(growth, of_tile(growth, node, alike)?, snapshot, node, (look, base)));
        }
        let Self::Package(_, colors) = self else { return None };
        let package = colors.regions.of(snapshot, node);
        let name = package.and_then(|at| colors.list.packages.get(at as usize)).map(crate::query::Package::label);
        Some(name.map_or_else(|| "in no package".to_owned(), |name| format!("package {}", human::visible(&name, 80))))
    }

    /// Draws the legend. Its height is always the same.
    pub(super) fn legend(&self, ui: &mut Ui) {
        ui.allocate_ui(vec2(ui.available_width(), LEGEND_HEIGHT), |ui| {
            ui.horizontal(|ui| {
                ui.set_height(LEGEND_HEIGHT);
                ui.add_space(2.0 * GRID);
                ui.spacing_mut().item_spacing.x = GRID;
                match self {
                    Self::Unknown(_, message) => drop(ui.label(RichText::new(message).font(theme::small()).weak())),
                    Self::Kind(look) => {
                        caption(ui, "Area: retained size.  Color: kind");
                        let names =
                            ["Code", "Strings", "Arrays", "Typed arrays", "Native", "Objects", "System"].into_iter();
                        for (name, color) in names.zip(look.tokens.categories) {
                            entry(ui, name, color, None);
                        }
                    }
                    Self::Growth(look, ..) => {
                        caption(ui, "Area: retained size in B.  Color: change since A");
                        for ((_, name, hint), color) in GROWTH.into_iter().zip(look.tokens.growth) {
                            entry(ui, name, color, Some(hint.to_owned()));
                        }
                    }
                    Self::Package(look, colors) => {
                        let tokens = look.tokens;
                        caption(ui, "Area: retained size.  Color: package");
                        for (package, color) in colors.colored.iter().zip(tokens.packages) {
                            let package = package.and_then(|at| colors.list.packages.get(at as usize));
                            if let Some(package) = package {
                                let size = look.units.bytes(package.sizes.retained_size);
                                entry(
                                    ui,
                                    &package.label(),
                                    color,
                                    Some(format!("{size} retained\n{}", package.folder)),
                                );
                            }
                        }
                        if colors.has_others() {
                            entry(ui, "Other packages", tokens.other_packages, None);
                        }
                        let hint = "No script, function or class instance keeps these objects alone".to_owned();
                        entry(ui, "No package", tokens.border, Some(hint));
                    }
                }
            });
        });
    }
}

/// Returns the growth of an object, or of those that are alike, of which it is the largest.
fn of_tile(growth: &GrowthMap, node: NodeOrdinal, alike: Option<&Alike>) -> Option<TileGrowth> {
    alike.map_or_else(|| growth.of(node), |alike| growth.of_alike(alike, node))
}

/// Describes the growth of an object or of its class.
fn growth_line(
    growth: &GrowthMap,
    of: TileGrowth,
    snapshot: &Snapshot,
    node: NodeOrdinal,
    (look, base): (&Look, &str),
) -> String {
    let what = if growth.by_class {
        format!("class {}: ", human::visible(&snapshot.class(node).name, 60))
    } else {
        String::new()
    };
    let after = look.units.bytes(of.after);
    match of.before {
        None => format!("{what}new, not in A ({base})"),
        Some(before) => {
            let delta = look.units.signed(difference(of.after, before));
            format!("{what}A {} → B {after} ({delta})", look.units.bytes(before))
        }
    }
}

/// Draws what area and color mean, if there is space for it and the entries.
fn caption(ui: &mut Ui, text: &str) {
    if ui.available_width() > 760.0 {
        ui.add(egui::Label::new(RichText::new(text).font(theme::small()).weak()).selectable(false));
        ui.add_space(2.0 * GRID);
    }
}

/// Draws an entry of the legend, if there is space.
fn entry(ui: &mut Ui, name: &str, color: Color32, hint: Option<String>) {
    let label = RichText::new(human::visible(name, 32)).font(theme::small());
    let galley = egui::WidgetText::from(label).into_galley(
        ui,
        Some(egui::TextWrapMode::Extend),
        f32::INFINITY,
        egui::TextStyle::Small,
    );
    if ui.available_width() < SWATCH + GRID + galley.size().x {
        return;
    }
    let (rect, _) = ui.allocate_exact_size(vec2(SWATCH, SWATCH), Sense::hover());
    ui.painter().rect_filled(rect, 2.0, color);
    let response = ui.add(egui::Label::new(galley).selectable(false));
    if let Some(hint) = hint {
        response.on_hover_text(hint.trim_end());
    }
    ui.add_space(2.0 * GRID);
}

fn of_kind(snapshot: &Snapshot, node: NodeOrdinal, look: Look) -> Color32 {
    let [code, strings, arrays, typed_arrays, native, objects, system] = look.tokens.categories;
    match snapshot.kind(node) {
        kind if kind.is_string() => strings,
        NodeKind::CODE | NodeKind::CLOSURE => code,
        NodeKind::ARRAY => arrays,
        NodeKind::NATIVE if snapshot.known().array_buffer_data.contains(snapshot.graph().name_id(node)) => typed_arrays,
        NodeKind::NATIVE => native,
        NodeKind::HIDDEN | NodeKind::SYNTHETIC | NodeKind::OBJECT_SHAPE => system,
        _ => objects,
    }
}
