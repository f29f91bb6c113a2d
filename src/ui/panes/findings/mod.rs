//! Findings: the holders that gather memory, each as a card with its verdict, path, and what to do.

mod card;
mod empty;
mod keys;
mod spark;

use std::collections::HashSet;
use std::sync::Arc;

use egui::{Align, Id, Label, Layout, RichText, ScrollArea, Ui};

use self::card::{Answer, Card, Wish};
use super::Place;
use super::pane::{About, Pane};
use super::path_chips::{self, Chip};
use super::series::{SeriesChoice, left_out};
use crate::findings::{Finding, Findings, FindingsOf, finding_lines, outside_note};
use crate::model::{MemoryUsage, SnapshotId, human};
use crate::query::{DistinctOf, Series};
use crate::session::{Reply, Session};
use crate::snapshot::Snapshot;
use crate::ui::command::{Command, NodeSet, Target, ViewKind};
use crate::ui::focus_order;
use crate::ui::icons::{self, Icon};
use crate::ui::notes::Subject;
use crate::ui::notice::Notice;
use crate::ui::text;
use crate::ui::theme::{self, GRID};

/// The pane's own state.
#[derive(Debug, Default)]
pub struct FindingsPane {
    choice: SeriesChoice,
    /// The signatures of ignored findings, as in the settings.
    ignored: Vec<String>,
    shows_ignored: bool,
    /// The series on screen.
    shown: Option<Series>,
    /// The findings whose paths show all steps.
    open_paths: HashSet<String>,
}

/// A series and its findings.
struct Answered {
    series: Series,
    left_out: Vec<[SnapshotId; 2]>,
    findings: Arc<Findings>,
    /// True if other open snapshots are of other processes.
    is_alone: bool,
}

impl FindingsPane {
    /// Shows the findings of these of the open snapshots.
    pub fn set_series(&mut self, session: &Session, ids: &[SnapshotId]) {
        self.choice.set(session, ids);
    }

    /// Returns the included snapshots, oldest first.
    #[must_use]
    pub fn series(&self, session: &Session) -> Series {
        self.choice.series(session)
    }

    /// Takes over the ignored findings of the settings.
    pub fn set_ignored(&mut self, ignored: &[String]) {
        if self.ignored != ignored {
            self.ignored = ignored.to_vec();
        }
    }

    /// Asks for the findings; draws in their place that they are being computed, or why there are none.
    fn ask(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        place: &Place,
        commands: &mut Vec<Command>,
    ) -> Option<Answered> {
        let mut all = self.choice.series(session);
        if all.is_empty() {
            all = [place.slot.id].into();
        }
        let is_shown = self.shown.as_ref().is_some_and(|shown| shown.iter().all(|id| all.contains(id)));
        let loading = session.loads().iter().filter(|load| load.error.is_none()).count() as u64;
        if loading > 0 && !is_shown {
            // Findings of a part of the series would be replaced before they can be read.
            let text = format!("Loading {}…", human::quantity(loading, "more file", "more files"));
            empty::waiting(ui, &text, commands);
            return None;
        }
        let distinct = session.ask(&DistinctOf(Arc::clone(&all)));
        let distinct = ready(ui, distinct, "Checking for identical snapshots…", commands)?;
        let series: Series = distinct.kept.iter().filter_map(|&at| all.get(at).copied()).collect();
        let left_out = distinct.left_out.iter().map(|&(at, before)| [all[at], all[before]]).collect();
        let text = "Looking for holders that accumulate memory…";
        let findings = ready(ui, session.ask(&FindingsOf::new(&series, session.source_paths())), text, commands)?;
        self.shown = Some(all);
        if findings.ids_match == Some(false) {
            let series: Series = [place.slot.id].into();
            let findings = ready(ui, session.ask(&FindingsOf::new(&series, session.source_paths())), text, commands)?;
            return Some(Answered { series, left_out: Vec::new(), findings, is_alone: true });
        }
        Some(Answered { series, left_out, findings, is_alone: false })
    }

    fn heading(&mut self, ui: &mut Ui, session: &Session, answered: &Answered, commands: &mut Vec<Command>) {
        // An ignored finding is not below.
        let findings = &answered.findings;
        let has_first = findings.findings.first().is_some_and(|first| !self.ignored.contains(&first.signature));
        let summary = if has_first { findings.headline() } else { findings.summary.clone() };
        let summary = human::visible(&summary, 600).into_owned();
        let outside = outside(session, &answered.series);
        let is_healthy = answered.series.len() > 1 && findings.findings.iter().all(is_steady) && outside.is_none();
        let text = RichText::new(summary).font(theme::heading()).color(theme::tokens(ui).text);
        let has_choice = session.open().len() > 1 && !answered.is_alone;
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let button = icons::labeled_button(ui, Icon::FileText, "Save report…");
                if button.on_hover_text("Save the findings, charts and numbers as one page").clicked() {
                    commands.push(Command::SaveReport);
                }
                if has_choice {
                    self.choice.menu(ui, session);
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    if is_healthy {
                        ui.label(icons::text(Icon::CircleCheck).color(theme::tokens(ui).removed));
                    }
                    ui.add(Label::new(text).wrap());
                });
            });
        });
        let small = |text: &str| RichText::new(text.to_owned()).font(theme::small()).weak();
        for note in &answered.findings.notes {
            ui.add(Label::new(small(&human::visible(note, 400))).wrap());
        }
        if let Some(note) = outside {
            ui.add(Label::new(RichText::new(note).color(theme::tokens(ui).detached)).wrap());
        }
        if answered.is_alone {
            let text = "The open snapshots are from different processes: only this one is analyzed";
            ui.add(Label::new(small(text)).wrap());
        }
        for ids in &answered.left_out {
            left_out(ui, session, *ids);
        }
        if answered.series.len() < 2 {
            ui.horizontal_wrapped(|ui| empty::more_snapshots(ui, commands));
        }
        ui.add_space(GRID);
    }

    fn cards(
        &mut self,
        ui: &mut Ui,
        session: &Session,
        place: &Place,
        answered: &Answered,
        commands: &mut Vec<Command>,
    ) {
        let all = &answered.findings.findings;
        let shown: Vec<&Finding> = all.iter().filter(|of| !self.ignored.contains(&of.signature)).collect();
        let base = Id::unique(("findings", place.slot));
        let cards: Vec<(Id, Vec<Chip>)> = shown
            .iter()
            .enumerate()
            .map(|(at, of)| (base.with(at), path_chips::of_path(&of.path, self.open_paths.contains(&of.signature))))
            .collect();
        let Some(&last) = answered.series.last() else { return };
        let moved = self.keys(ui, last, &shown, &cards, commands);
        let names: Vec<String> =
            answered.series.iter().map(|&id| human::visible(&text::name_of(session, id), 80).into_owned()).collect();
        if shown.is_empty() {
            empty::nothing(ui, !all.is_empty(), commands);
        }
        for (at, (finding, (id, chips))) in shown.iter().zip(&cards).enumerate() {
            let is_steady = names.len() > 1 && is_steady(finding);
            let card = Card { id: *id, snapshot: last, finding, is_steady, names: &names, chips };
            let (answer, response) = card.show(ui);
            if response.clicked() {
                response.request_focus();
            }
            if moved == Some(at) || response.gained_focus() {
                let is_higher = response.rect.height() > ui.clip_rect().height();
                response.scroll_to_me(is_higher.then_some(Align::Min));
            }
            if let Some(answer) = answer {
                self.act(answer, last, finding, commands);
            }
        }
        // One stop: arrows move on to the other cards.
        let stop = keys::cursor(ui, &cards).map_or(0, |at| at.card);
        if let Some((id, _)) = cards.get(stop) {
            let focused = ui.memory(egui::Memory::focused).filter(|_| keys::cursor(ui, &cards).is_some());
            focus_order::offer(ui, focused.unwrap_or(*id), ui.clip_rect());
        }
    }

    /// Handles keys; returns the card that the focus moved to.
    fn keys(
        &mut self,
        ui: &Ui,
        last: SnapshotId,
        shown: &[&Finding],
        cards: &[(Id, Vec<Chip>)],
        commands: &mut Vec<Command>,
    ) -> Option<usize> {
        let step_at = |at: keys::Cursor| {
            let (finding, (_, chips)) = (shown.get(at.card)?, cards.get(at.card)?);
            let Chip::Step(step) = chips.get(at.chip?)? else { return None };
            finding.path.get(*step).map(|step| step.node)
        };
        match keys::pressed(ui, cards)? {
            keys::Pressed::Moved(to) => {
                if let Some(node) = step_at(to) {
                    commands.push(Command::Select { target: Target { snapshot: last, node }, by_key: true });
                }
                return to.chip.is_none().then_some(to.card);
            }
            keys::Pressed::Enter(at) => {
                let finding = shown.get(at.card)?;
                let node = if at.chip.is_none() { Some(finding.holder.node) } else { step_at(at) };
                match node {
                    Some(node) => {
                        commands.push(Command::Reveal(Target { snapshot: last, node }, ViewKind::SUMMARY));
                    }
                    None => {
                        self.open_paths.insert(finding.signature.clone());
                    }
                }
            }
            keys::Pressed::Copy(card) => copy(shown.get(card)?, commands),
            keys::Pressed::Clear => commands.push(Command::SelectClass { class: None, by_key: true }),
        }
        None
    }

    fn act(&mut self, answer: Answer, last: SnapshotId, finding: &Finding, commands: &mut Vec<Command>) {
        let target = |node| Target { snapshot: last, node };
        let step = |at: usize| finding.path.get(at).map(|step| target(step.node));
        match answer {
            Answer::Select(at) => {
                commands.extend(step(at).map(|target| Command::Select { target, by_key: false }));
            }
            Answer::Reveal(at) => {
                commands.extend(step(at).map(|target| Command::Reveal(target, ViewKind::SUMMARY)));
            }
            Answer::OpenPath => {
                self.open_paths.insert(finding.signature.clone());
            }
            Answer::Source(command) => {
                if let Command::ShowSource { .. } = command {
                    // The lower panes are about the same holder as the line.
                    commands.push(Command::Select { target: target(finding.holder.node), by_key: false });
                }
                commands.push(command);
            }
            Answer::Wish(Wish::Members) => {
                let sample = finding.samples.first().map(|&node| Command::Reveal(target(node), ViewKind::SUMMARY));
                commands.extend(sample);
            }
            Answer::Wish(Wish::Growth) => {
                // A name that was cut for the sentence matches by its start.
                let class = finding.member_class.split('…').next().unwrap_or_default().trim().to_owned();
                commands.push(Command::ShowGrowth { class });
            }
            Answer::Wish(Wish::Paths) => commands.push(Command::MergePaths {
                of: last,
                title: format!("members of {}", human::visible(&finding.holder.label, 80)),
                nodes: NodeSet::These(finding.samples.as_slice().into()),
            }),
            Answer::Wish(Wish::Copy) => copy(finding, commands),
            Answer::Wish(Wish::Note) => commands.push(Command::Note {
                of: last,
                subject: Subject::Finding { signature: finding.signature.clone() },
                label: finding.title.clone(),
            }),
            Answer::Wish(Wish::Ignore) => {
                commands.push(Command::IgnoreFinding(finding.signature.clone()));
                commands.push(Command::Notify(Notice::fact("The finding is ignored; it is listed below the others")));
            }
        }
    }

    /// Draws the number of ignored findings, and their list if it is open.
    fn ignored_line(&mut self, ui: &mut Ui, all: &[Finding], commands: &mut Vec<Command>) {
        let ignored: Vec<&Finding> = all.iter().filter(|of| self.ignored.contains(&of.signature)).collect();
        if ignored.is_empty() {
            self.shows_ignored = false;
            return;
        }
        ui.horizontal(|ui| {
            ui.weak(human::quantity(ignored.len() as u64, "ignored finding", "ignored findings"));
            let text = if self.shows_ignored { "Hide ignored" } else { "Show ignored" };
            if ui.button(text).clicked() {
                self.shows_ignored = !self.shows_ignored;
            }
        });
        if !self.shows_ignored {
            return;
        }
        for finding in ignored {
            ui.horizontal(|ui| {
                if ui.button("Restore").clicked() {
                    commands.push(Command::RestoreFinding(finding.signature.clone()));
                }
                let title = format!("{}: {}", finding.verdict.label(), human::visible(&finding.title, 300));
                ui.add(Label::new(RichText::new(title).weak()).truncate());
            });
        }
    }
}

/// Returns an answer, or draws that it is being computed or why there is none.
fn ready<T>(ui: &mut Ui, reply: Reply<T>, text: &str, commands: &mut Vec<Command>) -> Option<Arc<T>> {
    match reply {
        Reply::Ready(answer) => return Some(answer),
        Reply::Pending { .. } => empty::waiting(ui, text, commands),
        Reply::Failed(message) => super::failure(ui, &message),
    }
    None
}

fn copy(finding: &Finding, commands: &mut Vec<Command>) {
    commands.push(Command::Copy(finding_lines(finding).join("\n")));
    commands.push(Command::Notify(Notice::fact("Copied the finding")));
}

impl ViewKind {
    pub const FINDINGS: Self = Self("Findings");
}

impl Pane for FindingsPane {
    fn about() -> About {
        let hint = "Holders that accumulate memory, with evidence and advice";
        About::new(ViewKind::FINDINGS, hint).purpose(
            "Start in Findings: it lists holders that gather objects. To check single classes, use Growth or Summary.",
        )
    }

    fn show(&mut self, ui: &mut Ui, session: &mut Session, place: &Place) -> Vec<Command> {
        let mut commands = Vec::new();
        let area = ScrollArea::vertical().id_salt(("findings", place.slot)).auto_shrink(false);
        area.show(ui, |ui| {
            egui::Frame::new().inner_margin(egui::Margin { left: 8, right: 12, top: 4, bottom: 8 }).show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.spacing_mut().item_spacing.y = 2.0 * GRID;
                let Some(answered) = self.ask(ui, session, place, &mut commands) else { return };
                self.heading(ui, session, &answered, &mut commands);
                self.cards(ui, session, place, &answered, &mut commands);
                self.ignored_line(ui, &answered.findings.findings, &mut commands);
            });
        });
        commands
    }

    fn shows_whole(&self) -> bool {
        true
    }
}

/// Returns true for a large holder of one snapshot. A series has such findings only if nothing in it grows.
fn is_steady(finding: &Finding) -> bool {
    finding.members.len() == 1
}

/// Says that the process grew outside of its heap, by what was recorded beside the snapshots.
fn outside(session: &Session, series: &Series) -> Option<String> {
    let memory = |id: &SnapshotId| session.record(*id)?.memory_usage;
    let process: Vec<Option<MemoryUsage>> = series.iter().map(memory).collect();
    let snapshots: Vec<Arc<Snapshot>> = series.iter().filter_map(|id| session.snapshot(*id)).collect();
    let by_reference: Vec<&Snapshot> = snapshots.iter().map(Arc::as_ref).collect();
    outside_note(&by_reference, &process)
}
