//! The choices of a capture, its buttons and its outcome.

use std::path::PathBuf;
use std::time::Duration;

use egui::{DragValue, Frame, Margin, RichText, TextEdit, Ui};

use super::super::buttons::primary;
use super::super::theme;
use super::super::theme::GRID;
use super::{CapturePane, Mode, Running, SAMPLING_INTERVAL, progress};
use crate::capture::{Kind, Plan, SourceLimits, Step, UNANSWERED_NOTICE};
use crate::model::human;
use crate::session::CaptureState;

impl CapturePane {
    pub(super) fn choices(&mut self, ui: &mut Ui) {
        ui.add_enabled_ui(!self.is_running(), |ui| {
            ui.horizontal(|ui| {
                for (mode, text, hint) in [
                    (Mode::Snapshot, "Snapshot", "Everything in memory now"),
                    (Mode::Series, "Series", "Several snapshots, to see what grows"),
                    (Mode::Timeline, "Timeline", "Allocations over time"),
                    (Mode::Sampling, "Sampling profile", "Which functions allocate; low overhead"),
                ] {
                    ui.selectable_value(&mut self.mode, mode, text).on_hover_text(hint);
                }
            });
            ui.add_space(GRID);
            match self.mode {
                Mode::Snapshot => {}
                Mode::Series => {
                    ui.horizontal(|ui| {
                        ui.add(DragValue::new(&mut self.count).range(2..=100));
                        ui.label("snapshots,");
                        ui.radio_value(&mut self.by_hand, false, "every");
                        ui.add_enabled(!self.by_hand, DragValue::new(&mut self.every_seconds).range(1..=86_400));
                        ui.label("seconds");
                        ui.radio_value(&mut self.by_hand, true, "on demand");
                    });
                }
                Mode::Timeline | Mode::Sampling => {
                    ui.horizontal(|ui| {
                        ui.radio_value(&mut self.until_stopped, false, "For");
                        ui.add_enabled(!self.until_stopped, DragValue::new(&mut self.record_seconds).range(1..=3600));
                        ui.label("seconds");
                        ui.radio_value(&mut self.until_stopped, true, "until stopped");
                    });
                }
            }
            if self.mode == Mode::Timeline {
                let hint = "Record the stack that allocated each object; slows the program down a lot";
                ui.checkbox(&mut self.stacks, "Record stacks").on_hover_text(hint);
            }
            let hint = "Removes unreachable objects before the capture. Taking a snapshot collects most garbage anyway";
            ui.checkbox(&mut self.collect_garbage, "Collect garbage first").on_hover_text(hint);
            let hint = "Stores the text of the program's scripts beside the snapshots";
            ui.checkbox(&mut self.keeps_sources, "Keep source text").on_hover_text(hint);
            ui.horizontal(|ui| {
                ui.label("Save to");
                let edit = TextEdit::singleline(&mut self.folder).desired_width(ui.available_width());
                let response = ui.add(edit);
                ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Folder for captures"));
            });
        });
    }

    pub(super) fn warning(&self, ui: &mut Ui, state: &CaptureState) {
        if self.mode == Mode::Sampling || self.is_running() {
            return;
        }
        let units = theme::look(ui).units;
        let usage = state.isolates.get(self.isolate).and_then(|(_, usage)| *usage);
        let size = usage.map_or_else(String::new, |usage| format!(" of {}", units.bytes(usage.used_bytes())));
        let text = format!(
            "The program is paused while its heap{size} is written. Writing may need as much additional memory as the heap \
             itself. The file contains everything in the program's memory, including passwords and personal data."
        );
        ui.add_space(GRID);
        ui.label(RichText::new(text).font(theme::small()).color(theme::tokens(ui).detached));
    }

    pub(super) fn plan(&self) -> Plan {
        let seconds = |seconds: u32| Duration::from_secs(u64::from(seconds));
        let length = (!self.until_stopped).then(|| seconds(self.record_seconds));
        let kind = match self.mode {
            Mode::Snapshot => Kind::Snapshots { count: 1, every: None },
            Mode::Series => {
                Kind::Snapshots { count: self.count, every: (!self.by_hand).then(|| seconds(self.every_seconds)) }
            }
            Mode::Timeline => Kind::Timeline { length, stacks: self.stacks },
            Mode::Sampling => Kind::Sampling { length, interval_bytes: SAMPLING_INTERVAL },
        };
        let folder = PathBuf::from(self.folder.trim());
        let sources = self.keeps_sources.then(SourceLimits::default);
        Plan { kind, collect_garbage: self.collect_garbage, folder, name: String::new(), max_bytes: None, sources }
    }

    pub(super) fn buttons(&mut self, ui: &mut Ui, state: &CaptureState) {
        let ctx = ui.ctx().clone();
        if let Some(running) = &self.running {
            let watch = running.watch.clone();
            progress(ui, &watch);
            if watch.is_unanswered() {
                let seconds = UNANSWERED_NOTICE.as_secs();
                ui.weak(format!(
                    "No answer for {seconds} s. The program may be busy with a large heap, or paused in a debugger. \
                     Wait or cancel."
                ));
            }
            ui.add_space(GRID);
            ui.horizontal(|ui| {
                match watch.step() {
                    Step::Waiting { .. } if ui.button("Take next snapshot").clicked() => watch.go_on(),
                    Step::Recording { .. } if ui.button("Stop recording").clicked() => watch.go_on(),
                    _ => {}
                }
                let hint = "Stop the capture; complete files are kept";
                if ui.button("Cancel").on_hover_text(hint).clicked()
                    && let Some(capturer) = &mut self.capturer
                {
                    capturer.cancel();
                }
            });
            return;
        }
        let is_free = !state.is_busy && state.isolates.get(self.isolate).is_some() && !self.folder.trim().is_empty();
        ui.horizontal(|ui| {
            let text = match self.mode {
                Mode::Snapshot => "Take a snapshot",
                Mode::Series => "Start the series",
                Mode::Timeline | Mode::Sampling => "Start recording",
            };
            let button = primary(ui, None, text);
            if ui.add_enabled(is_free, button).clicked() {
                let (plan, isolate) = (self.plan(), self.isolate);
                self.outcome = None;
                self.notes.clear();
                if let Some(capturer) = self.capturer(&ctx) {
                    let watch = capturer.run(isolate, plan);
                    self.running = Some(Running { watch, handed_out: 0, ended_before: state.ended });
                    self.batch.clear();
                }
            }
            let isolate = self.isolate;
            let button = ui.add_enabled(is_free, egui::Button::new("Collect garbage"));
            if button.on_hover_text("Collect garbage now, without capturing").clicked()
                && let Some(capturer) = self.capturer(&ctx)
            {
                capturer.collect_garbage(isolate);
            }
            if ui.add_enabled(is_free, egui::Button::new("Disconnect")).clicked()
                && let Some(capturer) = self.capturer(&ctx)
            {
                capturer.disconnect();
            }
        });
    }

    pub(super) fn outcome(&self, ui: &mut Ui, state: &CaptureState) {
        if let Some(error) = &state.error {
            let tokens = theme::tokens(ui);
            ui.add_space(2.0 * GRID);
            Frame::new().fill(tokens.error_surface).corner_radius(4.0).inner_margin(Margin::same(8)).show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.label(RichText::new(human::visible(error, 900)).color(tokens.error));
            });
        }
        if let Some(outcome) = self.outcome.as_ref().filter(|outcome| !outcome.is_empty()) {
            ui.add_space(2.0 * GRID);
            ui.label(human::visible(outcome, 900).into_owned());
        }
        for note in &self.notes {
            ui.label(human::visible(note, 900).into_owned());
        }
    }
}
