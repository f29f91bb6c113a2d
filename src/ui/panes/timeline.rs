//! Timeline: allocations over time, and an interval that narrows all other views.

use std::sync::Arc;

use egui::{Id, RichText, Ui};
use egui_extras::{Column, TableBuilder};

use super::pane::{About, Pane};
use super::{NextStep, Place};
use crate::model::human;
use crate::query::{NodeFilter, Timeline, TimelineOf};
use crate::session::{Reply, Session};
use crate::ui::command::{Command, ViewKind};
use crate::ui::icons::Icon;
use crate::ui::theme::{self, GRID, ROW_HEIGHT};
use crate::ui::time_chart::{BarUnit, TimeChart, interval, time};

/// The height of the strip above the other views, and of the pane's own chart.
const STRIP: f32 = 58.0;
const TALL: f32 = 180.0;
/// The height of the line below the chart.
const LINE: f32 = 7.0 * GRID;

/// Returns the interval in which these ids were assigned, if samples of the snapshot start and end at them.
#[must_use]
pub(crate) fn times(place: &Place, after: u64, up_to: u64) -> Option<String> {
    let samples = place.snapshot.graph().samples();
    let end = samples.iter().find(|sample| sample.last_assigned_id == up_to)?;
    if after == 0 {
        let is_first = samples.first() == Some(end);
        return Some(if is_first {
            "before the recording".to_owned()
        } else {
            format!("up to {}", time(end.timestamp_us))
        });
    }
    let start = samples.iter().rfind(|sample| sample.last_assigned_id == after)?;
    Some(format!("{} to {}", time(start.timestamp_us), time(end.timestamp_us)))
}

/// The pane's own state.
#[derive(Clone, Debug, Default)]
pub struct TimelinePane {
    pub chart: TimeChart,
    within: NodeFilter,
}

impl TimelinePane {
    /// Returns the filter for the selected interval.
    #[must_use]
    pub fn within(&self) -> &NodeFilter {
        &self.within
    }

    /// Clears the selected interval.
    pub fn clear(&mut self) {
        self.chart.select(None);
        self.within = NodeFilter::All;
    }

    /// Returns whether the snapshot has a timeline.
    #[must_use]
    pub fn is_available(place: &Place) -> bool {
        !place.snapshot.graph().samples().is_empty()
    }

    /// Draws the strip above the other views; `whole` is true if the view ignores the selected interval.
    pub fn strip(&mut self, ui: &mut Ui, session: &mut Session, place: &Place, whole: bool) {
        let timeline = session.ask(&TimelineOf(place.slot.id)).ready();
        let frame = egui::Frame::new().fill(theme::tokens(ui).background).inner_margin(egui::Margin::symmetric(8, 2));
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            match timeline {
                Some(timeline) => self.chart_and_line(ui, place, &timeline, STRIP, whole),
                // The height of the chart, so that nothing below moves when it arrives.
                None => drop(ui.allocate_space(egui::vec2(1.0, STRIP + ui.spacing().item_spacing.y + LINE))),
            }
        });
    }

    fn chart_and_line(&mut self, ui: &mut Ui, place: &Place, timeline: &Timeline, height: f32, whole: bool) {
        let id = Id::unique(("timeline", place.slot));
        self.chart.show(ui, id, timeline, height);
        if !self.chart.is_dragging() {
            self.within = self.chart.selection().map_or(NodeFilter::All, |(first, last)| timeline.filter(first, last));
        }
        ui.horizontal(|ui| {
            // The same height with and without an interval, so that nothing below moves.
            ui.set_min_height(LINE);
            ui.spacing_mut().item_spacing.x = 2.0 * GRID;
            let small = |text: String| RichText::new(text).font(theme::small());
            let Some((first, last)) = self.chart.selection() else {
                let hint = "Drag over bars to show only live objects allocated in that interval";
                let hint = small(hint.to_owned()).color(theme::tokens(ui).weak);
                ui.add(egui::Label::new(hint).truncate());
                return;
            };
            let bars = timeline.bars.get(first..=last).unwrap_or_default();
            let sum = |of: fn(&crate::query::TimelineBar) -> u64| bars.iter().map(of).sum::<u64>();
            let size = theme::look(ui).units.bytes(sum(|bar| bar.live_size));
            let (live, all) = (human::count(sum(|bar| bar.live_count)), human::count(sum(|bar| bar.allocated_count)));
            let text = format!("Allocated {}", interval(timeline, first, last));
            if super::chip(ui, &text, "Clear the interval") {
                self.clear();
            }
            let note = |ui: &mut Ui, text: RichText| drop(ui.add(egui::Label::new(text).truncate()));
            note(ui, small(format!("{live} of {all} objects are alive, {size}")));
            if whole {
                let color = theme::tokens(ui).weak;
                note(ui, small("This view shows the whole snapshot".to_owned()).color(color));
            }
        });
    }

    /// Draws a table with the numbers of every interval.
    fn table(&mut self, ui: &mut Ui, place: &Place, timeline: &Timeline) {
        let look = theme::look(ui);
        let mono = |text: String| RichText::new(text).font(theme::mono());
        // The interval keeps its room: the exact bytes are hidden first, then the allocated objects.
        let width = ui.available_width();
        let titles: &[&str] = match width {
            620.0.. => &["Allocated", "Alive", "Live size", "Exact bytes"],
            460.0.. => &["Allocated", "Alive", "Live size"],
            _ => &["Alive", "Live size"],
        };
        let table = TableBuilder::new(ui)
            .id_salt(("intervals", place.slot, titles.len()))
            .sense(egui::Sense::click())
            .auto_shrink(false)
            .column(Column::remainder().clip(true))
            .columns(Column::exact(112.0), titles.len());
        let header = table.header(ROW_HEIGHT, |mut header| {
            for title in ["Interval"].iter().chain(titles) {
                header.col(|ui| {
                    let align = if *title == "Interval" { egui::Align::Min } else { egui::Align::Max };
                    ui.with_layout(egui::Layout::top_down(align), |ui| {
                        ui.label(RichText::new(*title).font(theme::small()).weak());
                    });
                });
            }
        });
        header.body(|body| {
            body.rows(ROW_HEIGHT, timeline.bars.len(), |mut row| {
                let at = row.index();
                let bar = timeline.bars[at];
                row.set_selected(self.chart.selection().is_some_and(|(first, last)| (first..=last).contains(&at)));
                row.col(|ui| {
                    ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                        ui.add(egui::Label::new(mono(interval(timeline, at, at))).truncate().selectable(false));
                    });
                });
                for title in titles {
                    let cell = match *title {
                        "Allocated" => human::count(bar.allocated_count),
                        "Alive" => human::count(bar.live_count),
                        "Live size" => look.units.bytes(bar.live_size),
                        _ => human::count(bar.live_size),
                    };
                    row.col(|ui| {
                        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                            ui.add(egui::Label::new(mono(cell)).selectable(false));
                        });
                    });
                }
                if row.response().clicked() {
                    self.chart.select(Some((at, at)));
                }
            });
        });
    }
}

impl ViewKind {
    pub const TIMELINE: Self = Self("Timeline");
}

impl Pane for TimelinePane {
    fn about() -> About {
        let hint = "Allocations over time, and how many objects are still alive";
        About {
            key: Some(egui::Key::T),
            is_available: |_, place| Self::is_available(place),
            uses_lower: false,
            ..About::new(ViewKind::TIMELINE, hint).purpose(
                "Use Timeline to select an interval: all other views then list only objects that were allocated in it.",
            )
        }
    }

    fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        let timeline: Arc<Timeline> = match session.ask(&TimelineOf(place.slot.id)) {
            Reply::Ready(timeline) if timeline.bars.is_empty() => {
                let text = "Record one here or with “Allocations on timeline” in DevTools to see when objects were \
                            allocated, and how many are still alive.";
                let title = (Icon::ChartNoAxesColumn, "This file has no timeline", text);
                let mut commands = Vec::new();
                let steps = vec![NextStep::new(Icon::Camera, "Capture…", Command::Capture)];
                super::empty_state(ui, title, steps, &mut commands);
                return commands;
            }
            Reply::Ready(timeline) => timeline,
            Reply::Pending { .. } => {
                super::waiting(ui, "Computing the timeline…");
                return Vec::new();
            }
            Reply::Failed(message) => {
                super::failure(ui, &message);
                return Vec::new();
            }
        };
        ui.horizontal(|ui| {
            ui.add_space(2.0 * GRID);
            ui.selectable_value(&mut self.chart.unit, BarUnit::Objects, "Objects")
                .on_hover_text("Objects allocated (gray) and still alive (color)");
            ui.selectable_value(&mut self.chart.unit, BarUnit::Bytes, "Live bytes")
                .on_hover_text("Bytes still alive. Files do not record the size of freed objects");
            let tokens = theme::tokens(ui);
            for (color, text) in
                [(tokens.surface.lerp_to_gamma(tokens.weak, 0.45), "allocated"), (tokens.accent, "still alive")]
            {
                let (rect, _) = ui.allocate_exact_size(egui::vec2(10.0, 10.0), egui::Sense::hover());
                ui.painter().rect_filled(rect, 2.0, color);
                ui.label(RichText::new(text).font(theme::small()).color(tokens.weak));
            }
        });
        let frame = egui::Frame::new().inner_margin(egui::Margin::symmetric(8, 2));
        let height = TALL.min(ui.available_height() * 0.5);
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            self.chart_and_line(ui, place, &timeline, height, false);
            ui.add_space(GRID);
            self.table(ui, place, &timeline);
        });
        Vec::new()
    }
}
