//! The card of a finding: verdict and title, charts, holder, path, members, the reasons, and what to do.

use egui::text::{LayoutJob, TextWrapping};
use egui::{Align, Color32, FontId, Frame, Id, Label, Layout, Margin, RichText, Sense, Stroke, Ui, UiBuilder};
use egui::{WidgetInfo, accesskit::Role, vec2};

use super::spark::Spark;
use crate::findings::{Companion, Finding, MemberClass, SourcePlace, Verdict};
use crate::model::{SnapshotId, human};
use crate::query::short_script;
use crate::ui::buttons::primary_button;
use crate::ui::command::{Command, SourceAt};
use crate::ui::icons::{self, Icon};
use crate::ui::panes::path_chips::{self, Chip, Pressed};
use crate::ui::panes::source::sites;
use crate::ui::theme::{self, GRID, Tokens};
use crate::ui::{place_link, text};

/// The width of the labels on the left.
const LABEL: f32 = 76.0;
/// The maximum width of the content: longer lines are hard to read.
pub(super) const WIDEST: f32 = 880.0;
/// The height of a line with a label.
const LINE: f32 = 5.0 * GRID;
/// The maximum number of lines of a title.
const TITLE_LINES: usize = 3;
/// The share of all growth from which a finding is not small.
const SMALL: f64 = 0.05;
/// The maximum number of classes, companions and characters of a text.
const CLASSES: usize = 4;
const COMPANIONS: usize = 3;
const TEXT_LIMIT: usize = 600;

/// A button of a card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wish {
    Members,
    Growth,
    Paths,
    Copy,
    Note,
    Ignore,
}

/// The user's wish and the text or step that it is about.
#[derive(Debug)]
pub(super) enum Answer {
    Wish(Wish),
    /// A command of the link to a source position.
    Source(Command),
    Select(usize),
    Reveal(usize),
    OpenPath,
}

/// A card.
pub(super) struct Card<'a> {
    pub(super) id: Id,
    /// The snapshot of the finding's objects.
    pub(super) snapshot: SnapshotId,
    pub(super) finding: &'a Finding,
    /// True for a large holder of a series in which nothing grows.
    pub(super) is_steady: bool,
    /// The names of the snapshots, oldest first.
    pub(super) names: &'a [String],
    pub(super) chips: &'a [Chip],
}

impl Card<'_> {
    /// Draws the card; returns the user's wish and the response of the card itself.
    pub(super) fn show(&self, ui: &mut Ui) -> (Option<Answer>, egui::Response) {
        let tokens = theme::tokens(ui);
        let mut answer = None;
        let has_focus = ui.memory(|memory| memory.has_focus(self.id));
        let (_, verdict, _) = self.verdict(tokens);
        let builder = UiBuilder::new()
            .scope_id(self.id)
            .sense(Sense::click())
            .accessibility_role(Role::Group)
            .accessibility_label(format!("Finding, {verdict}: {}", self.finding.title));
        let stroke = if has_focus { Stroke::new(2.0, tokens.accent) } else { Stroke::new(1.0, tokens.border) };
        // A thicker stroke must not move the content.
        let inset = if has_focus { 9 } else { 10 };
        let frame = Frame::new().fill(tokens.background).stroke(stroke).corner_radius(6.0).inner_margin(Margin {
            left: inset + 4,
            right: inset,
            top: inset,
            bottom: inset,
        });
        let shown = ui.scope_builder(builder, |ui| {
            frame.show(ui, |ui| {
                ui.set_width(ui.available_width().min(WIDEST));
                ui.spacing_mut().item_spacing = vec2(2.0 * GRID, 1.5 * GRID);
                self.content(ui, &mut answer);
            });
        });
        let strip = shown.response.rect.shrink(2.0);
        let strip = egui::Rect::from_min_size(strip.min, vec2(3.0, strip.height()));
        ui.painter().rect_filled(strip, 2.0, self.verdict(tokens).2);
        (answer, shown.response)
    }

    /// Returns the icon, the name and the color of the verdict.
    fn verdict(&self, tokens: &Tokens) -> (Icon, &'static str, Color32) {
        let verdict = self.finding.verdict;
        match verdict {
            Verdict::Leak => (Icon::OctagonAlert, verdict.label(), tokens.error),
            Verdict::Likely => (Icon::TriangleAlert, verdict.label(), tokens.detached),
            Verdict::Watch if self.is_steady => (Icon::Check, "Steady", tokens.weak),
            Verdict::Watch => (Icon::Eye, verdict.label(), tokens.weak),
        }
    }

    /// Draws the verdict: filled if it explains much of the growth, so that a small leak does not look like a large one.
    fn badge(&self, ui: &mut Ui) {
        let tokens = theme::tokens(ui);
        let (icon, name, color) = self.verdict(tokens);
        let is_small = self.finding.share_of_growth.is_some_and(|share| share < SMALL);
        let is_filled = !is_small && !self.is_steady;
        let (fill, on_fill) = if is_filled { (color, tokens.on_accent) } else { (Color32::TRANSPARENT, color) };
        let frame = Frame::new().fill(fill).stroke(Stroke::new(1.0, color)).corner_radius(4.0);
        frame.inner_margin(Margin::symmetric(6, 2)).show(ui, |ui| {
            ui.spacing_mut().item_spacing.x = GRID;
            let (rect, _) = ui.allocate_exact_size(vec2(3.0 * GRID, 3.5 * GRID), Sense::hover());
            icons::paint(ui.painter(), rect.center(), icon, 3.0 * GRID, on_fill);
            let text = RichText::new(name).font(theme::small()).color(on_fill);
            ui.add(Label::new(text).selectable(false).extend());
        });
    }

    fn content(&self, ui: &mut Ui, answer: &mut Option<Answer>) {
        let finding = self.finding;
        ui.horizontal_top(|ui| {
            self.badge(ui);
            title(ui, &finding.title);
        });
        if !finding.explanation.is_empty() {
            paragraph(ui, &finding.explanation);
        }
        self.charts(ui);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            self.causes(ui, answer);
            self.reasons(ui);
        });
        self.buttons(ui, answer);
    }

    /// Draws the holder, the path, the members, and the lines of source.
    fn causes(&self, ui: &mut Ui, answer: &mut Option<Answer>) {
        let finding = self.finding;
        let place = finding.holder.location.as_ref();
        // The line that declares the holder is beside it.
        let declared = finding.sites.iter().position(|site| site.what == "holder" && Some(&site.place) == place);
        row(ui, "Holder", |ui| {
            ui.horizontal(|ui| {
                let label = text::middle(ui, &finding.holder.label, &theme::mono(), ui.available_width() * 0.6);
                let is_cut = label != finding.holder.label;
                let name = ui.add(Label::new(RichText::new(label).font(theme::mono())).extend());
                if is_cut {
                    name.on_hover_text(human::visible(&finding.holder.label, TEXT_LIMIT));
                }
                if let Some(place) = place {
                    let at = declared.and_then(|at| finding.sites.get(at)).map(|site| sites::at(self.snapshot, site));
                    self.place_link(ui, place, at, answer);
                }
                if let Some(line) = declared.and_then(|at| finding.sites.get(at)?.text.as_ref()) {
                    code(ui, line);
                }
            });
        });
        row(ui, "Path", |ui| {
            match path_chips::show(ui, self.id, (&finding.path, Some(&finding.holder.label)), self.chips) {
                Some(Pressed::Select(at)) => *answer = Some(Answer::Select(at)),
                Some(Pressed::Reveal(at)) => *answer = Some(Answer::Reveal(at)),
                Some(Pressed::Open) => *answer = Some(Answer::OpenPath),
                None => {}
            }
        });
        if !finding.classes.is_empty() {
            row(ui, "Contents", |ui| members(ui, &finding.classes, finding.members.len() > 1));
        }
        let declared = declared.and_then(|at| finding.sites.get(at));
        for site in sites::distinct(&finding.sites).filter(|site| Some(*site) != declared) {
            row(ui, sites::relation(site), |ui| {
                ui.horizontal(|ui| {
                    self.place_link(ui, &site.place, Some(sites::at(self.snapshot, site)), answer);
                    if let Some(line) = &site.text {
                        code(ui, line);
                    }
                });
            });
        }
        if !finding.keys.is_empty() {
            row(ui, "Keys", |ui| {
                let line = human::visible(&finding.keys.join(", "), TEXT_LIMIT).into_owned();
                ui.horizontal(|ui| ui.add(Label::new(RichText::new(line).font(theme::mono_small()).weak()).truncate()));
            });
        }
    }

    /// Draws a link to a source position. Without `at`, its script is found by the URL.
    fn place_link(&self, ui: &mut Ui, place: &SourcePlace, at: Option<SourceAt>, answer: &mut Option<Answer>) {
        let at = at.unwrap_or_else(|| self.named(place));
        let short = format!("{}:{}", short_script(&place.url), place.line);
        let whole = format!("{}:{}:{}", human::visible(&place.url, 500), place.line, place.column);
        let mut commands = Vec::new();
        place_link::show(ui, &at, (&short, &whole), theme::small(), "", &mut commands);
        *answer = commands.pop().map(Answer::Source).or(answer.take());
    }

    /// Draws other holders, the evidence and the advice.
    fn reasons(&self, ui: &mut Ui) {
        let finding = self.finding;
        if !finding.companions.is_empty() {
            row(ui, "Also", |ui| {
                level(ui, &egui::TextStyle::Body);
                companions(ui, &finding.companions);
            });
        }
        row(ui, "Evidence", |ui| {
            level(ui, &egui::TextStyle::Small);
            evidence(ui, finding);
        });
        if let Some(advice) = &finding.advice {
            row(ui, "What to do", |ui| {
                level(ui, &egui::TextStyle::Body);
                paragraph(ui, advice);
            });
        }
    }

    fn charts(&self, ui: &mut Ui) {
        let finding = self.finding;
        if finding.members.len() < 2 {
            return;
        }
        let units = theme::look(ui).units;
        let bytes = |size: u64| units.bytes(size);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(2.0 * GRID, 2.0 * GRID);
            let mut chart = |title: &str, values: &[u64], format: &dyn Fn(u64) -> String| {
                if values.len() > 1 {
                    Spark { id: self.id.with(title), title, values, format, names: self.names }.show(ui);
                }
            };
            chart("Members", &finding.members, &human::count);
            chart("Retained size", &finding.bytes, &bytes);
        });
    }

    fn buttons(&self, ui: &mut Ui, answer: &mut Option<Answer>) {
        ui.add_space(GRID);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(1.5 * GRID, GRID);
            if let Some(at) = self.source() {
                let hint = "Show the line that fills the holder or declares it";
                if primary_button(ui, Icon::FileCode, "Show source").on_hover_text(hint).clicked() {
                    *answer = Some(Answer::Source(Command::ShowSource { at, opens: true }));
                }
            }
            let mut button = |ui: &mut Ui, icon: Icon, text: &str, hint: &str, wish: Wish| {
                if icons::labeled_button(ui, icon, text).on_hover_text(hint).clicked() {
                    *answer = Some(Answer::Wish(wish));
                }
            };
            if !self.finding.samples.is_empty() {
                let hint = "Reveal a member in Summary, among the objects of its class";
                button(ui, Icon::List, "Show members", hint, Wish::Members);
                button(ui, Icon::Waypoints, "Show paths", "Merge the retaining paths of members", Wish::Paths);
            }
            if self.finding.members.len() > 1 {
                let hint = "Show the class of the members across all snapshots";
                button(ui, Icon::ChartLine, "Show in Growth", hint, Wish::Growth);
            }
            button(ui, Icon::Copy, "Copy", "Copy the finding as text   (C)", Wish::Copy);
            button(ui, Icon::StickyNote, "Note…", "Add a note about the finding, or edit it", Wish::Note);
            button(ui, Icon::EyeOff, "Ignore", "Hide this finding, also in later snapshots", Wish::Ignore);
        });
    }

    /// Returns the most important line: one that fills the holder, or the one that declares it.
    fn source(&self) -> Option<SourceAt> {
        let site = sites::distinct(&self.finding.sites).next().map(|site| sites::at(self.snapshot, site));
        site.or_else(|| Some(self.named(self.finding.holder.location.as_ref()?)))
    }

    /// Returns a position whose script is found by the URL.
    fn named(&self, place: &SourcePlace) -> SourceAt {
        SourceAt::Named {
            of: self.snapshot,
            url: place.url.clone(),
            line: place.line.saturating_sub(1),
            column: place.column.saturating_sub(1),
        }
    }
}

/// Draws a title in up to three lines; the tooltip has the whole one.
fn title(ui: &mut Ui, title: &str) {
    let whole = human::visible(title, TEXT_LIMIT).into_owned();
    let color = theme::tokens(ui).text;
    let mut job = LayoutJob::simple(
        whole.clone(),
        FontId::new(theme::TEXT_CARD, egui::FontFamily::Proportional),
        color,
        ui.available_width(),
    );
    job.wrap = TextWrapping { max_rows: TITLE_LINES, ..TextWrapping::wrap_at_width(ui.available_width()) };
    let galley = ui.painter().layout_job(job);
    let is_cut = galley.elided;
    let response = ui.add(Label::new(galley).selectable(false));
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, &whole));
    if is_cut {
        response.on_hover_text(whole);
    }
}

fn paragraph(ui: &mut Ui, text: &str) {
    let text = human::visible(text, TEXT_LIMIT);
    ui.add(Label::new(RichText::new(text).color(theme::tokens(ui).text)).wrap());
}

/// Moves a text that may have several lines so that its first one is level with the label of its row.
fn level(ui: &mut Ui, style: &egui::TextStyle) {
    ui.add_space(((LINE - ui.text_style_height(style)) / 2.0).max(0.0));
}

/// Draws a line of a card: a quiet label, and content to its right.
fn row(ui: &mut Ui, label: &str, content: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        let room = vec2(LABEL, LINE);
        ui.spacing_mut().interact_size.y = LINE;
        ui.allocate_ui_with_layout(room, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_size(room);
            ui.label(RichText::new(label).font(theme::small()).weak());
        });
        ui.vertical(|ui| {
            ui.set_min_height(LINE);
            ui.set_width(ui.available_width());
            content(ui);
        });
    });
}

/// Draws a line of source, cut to the room.
fn code(ui: &mut Ui, line: &str) {
    let tokens = theme::tokens(ui);
    let line = human::visible(line.trim(), 200).into_owned();
    let text = RichText::new(&line).font(theme::mono_small()).color(tokens.code);
    ui.add(Label::new(text).truncate()).on_hover_text(line);
}

/// Draws the classes that members are made of, with the numbers of objects that were added.
fn members(ui: &mut Ui, classes: &[MemberClass], is_series: bool) {
    let units = theme::look(ui).units;
    let sign = if is_series { "+" } else { "" };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(GRID, 2.0);
        for class in classes.iter().take(CLASSES) {
            let count = class.counts.last().copied().unwrap_or(0);
            let name = human::visible(&class.name, 80).into_owned();
            let mut about = name.clone();
            if let Some(at) = &class.location {
                about = format!("{about}\n{}:{}", at.url, at.line);
            }
            if let Some(size) = class.sizes.last() {
                about = format!("{about}\n{} bytes shallow, {}", human::count(*size), units.bytes(*size));
            }
            let shown = text::middle(ui, &name, &theme::mono(), 240.0);
            ui.label(RichText::new(shown).font(theme::mono())).on_hover_text(about);
            ui.label(RichText::new(format!("{sign}{}", human::count(count))).font(theme::small()).weak());
            ui.add_space(2.0 * GRID);
        }
        if let Some(rest) = classes.len().checked_sub(CLASSES).filter(|rest| *rest > 0) {
            let names: Vec<String> =
                classes.iter().skip(CLASSES).map(|of| human::visible(&of.name, 80).into_owned()).collect();
            let more = human::quantity(rest as u64, "more class", "more classes");
            ui.label(RichText::new(format!("and {more}")).font(theme::small()).weak()).on_hover_text(names.join("\n"));
        }
    });
}

fn companions(ui: &mut Ui, companions: &[Companion]) {
    for companion in companions.iter().take(COMPANIONS) {
        paragraph(ui, &companion.text);
    }
    if let Some(rest) = companions.len().checked_sub(COMPANIONS).filter(|rest| *rest > 0) {
        let more = human::quantity(rest as u64, "more holder", "more holders");
        let all = companions[COMPANIONS..].iter().map(|of| of.text.as_str()).collect::<Vec<_>>().join("\n");
        ui.label(RichText::new(format!("and {more}")).font(theme::small()).weak()).on_hover_text(all);
    }
}

fn evidence(ui: &mut Ui, finding: &Finding) {
    let mut parts = finding.evidence.clone();
    if finding.freed_if_emptied > 0 {
        let units = theme::look(ui).units;
        parts.push(format!("emptying the holder would free {}", units.bytes(finding.freed_if_emptied)));
    }
    let line = human::visible(&parts.join("; "), TEXT_LIMIT).into_owned();
    ui.add(Label::new(RichText::new(line).font(theme::small()).weak()).wrap());
}
