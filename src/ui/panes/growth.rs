//! Growth: how classes develop over any number of snapshots, their new objects, and the retainers of those.

use std::sync::Arc;

use egui::{Align, Id, Layout, Rect, RichText, Sense, TextEdit, Ui, WidgetInfo, accesskit::Role, vec2};

use super::growth_chart::{self, Chart, Marks, class_dots, heap_dots};
pub(crate) use super::growth_rows::Grown;
use super::growth_rows::{COLUMNS, GrownRows, KEYS, node_of};
use super::pane::{About, Pane};
use super::series::{SeriesChoice, left_out};
use super::{Place, ephemeron_menu, item, object_menu};
use crate::findings::{FindingsOf, Kind};
use crate::model::{EdgeIndex, SnapshotId, human};
use crate::query::{
    DistinctOf, Growth, GrowthGroup, GrowthKey, GrowthOf, GrowthSort, OPTIONS_DIFFER, Point, ScriptsOf, Series,
    SeriesList,
};
use crate::session::Session;
use crate::snapshot::Snapshot;
use crate::ui::command::{Command, ExportList, NodeSet, SourceAt, Target, ViewKind};
use crate::ui::icons::{self, Icon};
use crate::ui::theme::{self, GRID};
use crate::ui::tree_table::{self, Path, RowSelection, Table, TreeState};
use crate::ui::{focus_order, text};

const CHART_HEIGHT: f32 = 28.0 * GRID;
/// The minimum height of the table. If less is left, the charts are hidden.
const LEAST_TABLE_HEIGHT: f32 = 130.0;

/// The pane's own state.
#[derive(Debug)]
pub struct GrowthPane {
    choice: SeriesChoice,
    pub filter: String,
    sort: GrowthSort,
    pub table: TreeState<Grown>,
    /// The series whose first group was expanded.
    opened: Option<Series>,
    /// The class that the second chart shows.
    chosen: Option<(Series, u32)>,
    measure: Measure,
    /// The snapshots that the charts emphasize.
    marks: Marks,
}

/// The numbers that the charts show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Measure {
    Objects,
    Size,
    Retained,
}

impl Measure {
    const ALL: [Self; 3] = [Self::Objects, Self::Size, Self::Retained];

    fn label(self) -> &'static str {
        match self {
            Self::Objects => "Objects",
            Self::Size => "Size",
            Self::Retained => "Retained",
        }
    }

    /// Returns the title of a class's chart.
    fn of_class(self) -> &'static str {
        match self {
            Self::Objects => "objects",
            Self::Size => "shallow size",
            Self::Retained => "retained size",
        }
    }

    pub(super) fn of(self, point: &Point) -> u64 {
        match self {
            Self::Objects => point.count,
            Self::Size => point.shallow_size,
            Self::Retained => point.retained_size,
        }
    }
}

impl Default for GrowthPane {
    fn default() -> Self {
        Self {
            choice: SeriesChoice::default(),
            filter: String::new(),
            sort: GrowthSort::BY_RETAINED_GROWTH,
            table: TreeState::default(),
            opened: None,
            chosen: None,
            measure: Measure::Objects,
            marks: Marks::default(),
        }
    }
}

impl GrowthPane {
    const NAME: &'static str = "Growth";

    /// Shows only these of the open snapshots.
    pub fn set_series(&mut self, session: &Session, ids: &[SnapshotId]) {
        self.choice.set(session, ids);
    }

    /// Returns the included snapshots, oldest first.
    #[must_use]
    pub fn series(&self, session: &Session) -> Series {
        self.choice.series(session)
    }

    fn rows(&mut self, ui: &mut Ui, place: &Place, mut rows: GrownRows<'_>, commands: &mut Vec<Command>) {
        let series = Arc::clone(&rows.series);
        if self.opened.as_ref() != Some(&series) {
            // The first group is that of leaks.
            self.opened = Some(Arc::clone(&series));
            self.marks = Marks::default();
            self.table.reset();
            self.table.expand(vec![0]);
        }
        let by = KEYS.iter().rposition(|key| *key == self.sort.key).unwrap_or(0);
        let table = Table {
            id: Id::unique((Self::NAME, place.slot)),
            name: Self::NAME,
            columns: &COLUMNS,
            sorted_by: (by, self.sort.descending),
            empty_text: "No matching classes",
        };
        let root = Grown::Groups(Arc::clone(&series));
        let (growth, newest) = (Arc::clone(&rows.growth), (rows.last.0, Arc::clone(&rows.last.1)));
        let answer = tree_table::show(ui, &table, &root, &mut self.table, &mut rows, |ui, list, path| {
            menu(ui, (&series, &growth), (newest.0, &newest.1), (list, path), commands);
        });
        if let Some(key) = answer.sort_clicked.map(|column| KEYS[column]) {
            let descending = if self.sort.key == key { !self.sort.descending } else { key != GrowthKey::Name };
            self.sort = GrowthSort { key, descending };
        }
        let target = |path: &Path| Some(Target { snapshot: newest.0, node: rows.node_at(path)? });
        if let Some(path) = &answer.selected {
            if let [_, class, ..] = path[..] {
                self.chosen = Some((Arc::clone(&series), class));
            }
            let by_key = answer.by_key;
            commands.push(match target(path) {
                Some(target) => Command::Select { target, by_key },
                None => Command::SelectClass { class: None, by_key },
            });
            commands.extend(class_source(&growth, (newest.0, &newest.1), path));
            // A class shows what retains its new objects at once.
            if let [_, class] = path[..] {
                commands.extend(merge(&series, &growth, newest.0, class, false));
            }
        }
        if let Some(path) = &answer.activated {
            match (target(path), &path[..]) {
                (Some(target), _) => commands.push(Command::Reveal(target, ViewKind::SUMMARY)),
                (None, [_, class]) => commands.extend(merge(&series, &growth, newest.0, *class, false)),
                (None, _) => {}
            }
        }
        if answer.export {
            let list = ExportList::Growth(rows.key(SeriesList::Classes(GrowthGroup::ALL[0], self.sort)));
            commands.push(Command::Export { name: "growth".to_owned(), list });
        }
    }

    fn toolbar(&mut self, ui: &mut Ui, session: &Session, place: &Place, commands: &mut Vec<Command>) {
        super::toolbar(ui, |ui| {
            let edit = TextEdit::singleline(&mut self.filter).hint_text("Filter classes").desired_width(150.0);
            let response = ui.add(edit);
            ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Filter growing classes"));
            let count = self.choice.menu(ui, session);
            if self.choice.leaves_out_others_than(place.slot.id) && count < 2 {
                ui.weak("Choose at least two snapshots");
            }
            ui.separator();
            for measure in Measure::ALL {
                let hint = format!("Charts show {}", measure.label().to_lowercase());
                ui.selectable_value(&mut self.measure, measure, measure.label()).on_hover_text(hint);
            }
            ui.separator();
            if ui.link("By holder").on_hover_text("Show growth by the field that holds the objects").clicked() {
                commands.push(Command::Show(ViewKind::COLLECTIONS));
            }
        });
    }

    /// Draws the charts if there is room: the whole heap on the left, the chosen class on the right. Returns the charts that
    /// can take the keyboard focus.
    fn charts(
        &mut self,
        ui: &mut Ui,
        session: &Session,
        place: &Place,
        (series, growth): (&Series, &Growth),
        commands: &mut Vec<Command>,
    ) -> Vec<(Id, Rect)> {
        if ui.available_height() < CHART_HEIGHT + LEAST_TABLE_HEIGHT {
            return Vec::new();
        }
        let units = theme::look(ui).units;
        let (all, _) = ui.allocate_exact_size(vec2(ui.available_width(), CHART_HEIGHT), Sense::hover());
        let all = all.shrink2(vec2(2.0 * GRID, 0.0));
        let width = (all.width() - 2.0 * GRID) / 2.0;
        let left = Rect::from_min_size(all.min, vec2(width, all.height()));
        let right = Rect::from_min_max(egui::pos2(all.right() - width, all.top()), all.max);
        let (measure, marks) = (self.measure, self.marks);
        let chart = |id, title, dots: &[_], rect| Chart { id, title, dots, measure, units, marks }.show(ui, rect);
        let id = Id::unique(("growth chart", place.slot));
        let title = format!("Whole heap: {}", if measure == Measure::Objects { "objects" } else { "size" });
        let mut answers = vec![chart(id, title, &heap_dots(session, series, growth, (measure, units)), left)];
        let mut stops = vec![(id, left)];
        let chosen = self.chosen.as_ref().filter(|(of, _)| of == series).map(|(_, class)| *class as usize);
        if let Some((class, of)) = chosen.and_then(|class| Some((class, growth.classes.get(class)?))) {
            let dots = class_dots(session, series, (&of.name, growth.points(class)), (measure, units));
            let title = format!("{}: {}", human::visible(&of.name, 60), measure.of_class());
            let id = Id::unique(("class chart", place.slot));
            answers.push(chart(id, title, &dots, right));
            stops.push((id, right));
        } else {
            no_class(ui, place, right);
        }
        self.marks.hovered = answers.iter().find_map(|answer| answer.hovered);
        for growth_chart::Answer { marking, opened, .. } in answers {
            marking.apply(&mut self.marks.marked);
            commands.extend(opened.and_then(|at| series.get(at)).map(|id| Command::ShowSnapshot(*id)));
        }
        stops
    }

    /// Draws the growth of the chosen class, with links to its retaining paths.
    fn chosen_line(
        &self,
        ui: &mut Ui,
        (series, growth): (&Series, &Growth),
        (last, verdict): (SnapshotId, Option<&str>),
        commands: &mut Vec<Command>,
    ) {
        let chosen = self.chosen.as_ref().filter(|(of, _)| of == series).map(|(_, class)| *class);
        let class = chosen.and_then(|row| Some((row, growth.classes.get(row as usize)?)));
        ui.horizontal(|ui| {
            ui.add_space(2.0 * GRID);
            ui.set_min_height(5.0 * GRID);
            ui.style_mut().override_font_id = Some(theme::small());
            let Some((row, class)) = class else {
                // The findings say whether anything grows without bound.
                let text = verdict.unwrap_or("Start with the classes that grow in every step");
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.add_space(2.0 * GRID);
                    if verdict.is_some() && ui.link("Show findings").clicked() {
                        commands.push(Command::Show(ViewKind::FINDINGS));
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        ui.add(egui::Label::new(RichText::new(text).weak()).truncate());
                    });
                });
                return;
            };
            // The links keep their room; the text between them gets shorter.
            // A line that was too long in the last frame makes the room of this one wider.
            let room = ui.available_width().min(ui.clip_rect().right() - ui.cursor().left());
            let (is_wide, has_room) = (room > 840.0, room > 640.0);
            let name = text::middle(ui, &class.name, &theme::small(), if is_wide { 220.0 } else { 110.0 });
            if class.new_count == 0 {
                ui.weak(format!("No new {name} objects"));
                return;
            }
            let (new, survived) = (human::count(class.new_count), human::count(class.survivor_count));
            let objects = if class.new_count == 1 { "object" } else { "objects" };
            ui.weak(if is_wide { format!("{new} new {name} {objects}") } else { format!("{new} new {name}") });
            if ui
                .link("Show retaining paths")
                .on_hover_text("Merge the retaining paths of the new objects   (Enter)")
                .clicked()
            {
                commands.extend(merge(series, growth, last, row, false));
            }
            if class.survivor_count > 0 && has_room {
                let were = if class.survivor_count == 1 { "was" } else { "were" };
                let long = format!("{survived} {were} already in an earlier snapshot");
                ui.weak(if is_wide { long } else { format!("{survived} survived") });
                if ui
                    .link("Show their paths")
                    .on_hover_text("Merge the retaining paths of survivors: the three-snapshot technique")
                    .clicked()
                {
                    commands.extend(merge(series, growth, last, row, true));
                }
            }
        });
    }
}

/// Shows the source of the class of a row.
fn class_source(growth: &Growth, (id, newest): (SnapshotId, &Snapshot), path: &[u32]) -> Option<Command> {
    let [_, class] = path[..] else { return None };
    let class = growth.classes.get(class as usize)?.last_class?;
    let at = newest.classes().get(class).key.location?;
    Some(Command::ShowSource { at: SourceAt::Script(id, at), opens: false })
}

/// Returns a command that merges the retaining paths of the new objects of a class.
fn merge(series: &Series, growth: &Growth, last: SnapshotId, class: u32, survivors: bool) -> Option<Command> {
    let of = growth.classes.get(class as usize)?;
    let count = if survivors { of.survivor_count } else { of.new_count };
    let title = format!("{} {}", if survivors { "surviving" } else { "new" }, of.name);
    let nodes = NodeSet::Grown { series: Arc::clone(series), class, survivors };
    (count > 0).then_some(Command::MergePaths { of: last, title, nodes })
}

fn menu(
    ui: &mut Ui,
    (series, growth): (&Series, &Growth),
    (newest, snapshot): (SnapshotId, &Snapshot),
    (list, path): (&Grown, &[u32]),
    commands: &mut Vec<Command>,
) {
    let row = path.last().copied().unwrap_or_default();
    match list {
        Grown::Groups(_) => {}
        Grown::Classes(_) => {
            let Some(class) = growth.classes.get(row as usize) else { return };
            for (survivors, text) in
                [(false, "Merge retaining paths of new objects"), (true, "Merge retaining paths of survivors")]
            {
                if let Some(command) = merge(series, growth, newest, row, survivors) {
                    item(ui, text, commands, || command);
                }
            }
            item(ui, "Copy class name", commands, || Command::Copy(class.name.clone()));
        }
        Grown::Objects(_) | Grown::Fields(_) => {
            let Some(node) = node_of(snapshot, list, row) else { return };
            object_menu(ui, snapshot, Target { snapshot: newest, node }, commands);
            if let Grown::Fields(_) = list {
                ephemeron_menu(ui, newest, &snapshot.edge_name(EdgeIndex(row)), commands);
            }
        }
    }
}

/// Draws the chart of a class before one is selected.
fn no_class(ui: &Ui, place: &Place, rect: Rect) {
    let tokens = theme::tokens(ui);
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    painter.rect(rect, 4.0, tokens.surface, egui::Stroke::new(1.0, tokens.border), egui::StrokeKind::Inside);
    icons::paint(&painter, rect.center() - vec2(0.0, 3.0 * GRID), Icon::ChartLine, 5.0 * GRID, tokens.weak);
    let words = "Select a class to see it over time";
    let room = rect.width() - 4.0 * GRID;
    let galley = text::line(&painter, words, room, theme::small(), tokens.weak);
    painter.galley(rect.center() + vec2(-galley.size().x / 2.0, GRID), galley, tokens.weak);
    let response = ui.interact(rect, Id::unique(("no class chart", place.slot)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
}

/// Draws a banner that says that object ids do not match.
fn banner(ui: &mut Ui) {
    let tokens = theme::tokens(ui);
    let frame = egui::Frame::new().fill(tokens.error_surface).inner_margin(egui::Margin::symmetric(8, 4));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        let text = "These snapshots are not all from the same process: their object ids do not match. Only class totals \
                    are compared, not individual objects.";
        ui.label(RichText::new(text).color(tokens.error));
    });
}

impl ViewKind {
    pub const GROWTH: Self = Self("Growth");
}

impl Pane for GrowthPane {
    fn about() -> About {
        let hint = "Classes that grow over several snapshots, and classes that come and go";
        About {
            key: Some(egui::Key::S),
            is_available: |session, _| session.open().len() > 1,
            ..About::new(ViewKind::GROWTH, hint).purpose(
                "Use Growth to find classes that grow in every snapshot of a series. To compare exactly two, use Comparison.",
            )
        }
    }

    fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        let mut commands = Vec::new();
        self.toolbar(ui, session, place, &mut commands);
        let all = self.series(session);
        let reply = session.ask(&DistinctOf(Arc::clone(&all)));
        let cancel = || commands.push(Command::Show(ViewKind::SUMMARY));
        let Some(distinct) = super::answer(ui, reply, "Checking for identical snapshots…", cancel) else {
            return commands;
        };
        let series: Series = distinct.kept.iter().filter_map(|&at| all.get(at).copied()).collect();
        for &(at, before) in &distinct.left_out {
            left_out(ui, session, [all[at], all[before]]);
        }
        let last = series.last().and_then(|id| session.snapshot(*id).map(|snapshot| (*id, snapshot)));
        let Some(last) = last.filter(|_| series.len() > 1) else {
            let text = "Open two or more different snapshots of the same process, or capture a series, to see which classes \
                        grow from each to the next.";
            let title = (Icon::ChartLine, "Growth needs two snapshots", text);
            super::empty_state(ui, title, super::NextStep::more_snapshots(), &mut commands);
            return commands;
        };
        let reply = session.ask(&GrowthOf(Arc::clone(&series)));
        let cancel = || commands.push(Command::Show(ViewKind::SUMMARY));
        let Some(growth) = super::answer(ui, reply, "Comparing classes across snapshots…", cancel) else {
            return commands;
        };
        if !growth.ids_match {
            banner(ui);
        } else if growth.options_differ {
            super::remark(ui, OPTIONS_DIFFER);
        }
        let stops = self.charts(ui, session, place, (&series, &growth), &mut commands);
        let found = session.ask(&FindingsOf::new(&series, session.source_paths())).ready().filter(|_| growth.ids_match);
        let verdict = found.as_ref().map(|found| {
            let grows = found.findings.iter().any(|finding| finding.kind == Kind::Growth);
            if grows { found.summary.as_str() } else { "Nothing grows without bound" }
        });
        self.chosen_line(ui, (&series, &growth), (last.0, verdict), &mut commands);
        let scripts = session.ask(&ScriptsOf(last.0)).ready();
        let rows = GrownRows {
            session,
            series,
            last,
            growth,
            sort: self.sort,
            filter: self.filter.clone(),
            scripts,
            look: theme::look(ui),
        };
        self.rows(ui, place, rows, &mut commands);
        // The keyboard starts in the table.
        for (id, rect) in stops {
            focus_order::offer(ui, id, rect);
        }
        commands
    }

    fn table(&mut self) -> Option<&mut dyn RowSelection> {
        Some(&mut self.table)
    }
}
