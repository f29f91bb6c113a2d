//! Messages at the bottom right of the window: what was copied, exported or captured, and what failed.
//!
//! A fact is shown for some seconds and lets clicks through, unless it has a button that opens a file. A problem stays until it
//! is dismissed, and can be copied.
//! Invariant: a message keeps its position while it is shown, and never takes the keyboard focus.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use egui::accesskit::{Live, Role};
use egui::text::LayoutJob;
use egui::{
    Area, Color32, Context, CornerRadius, Frame, Galley, Id, Label, Margin, Order, Rect, Stroke, Ui, pos2, vec2,
};

use super::icons::{self, Icon};
use super::notice::Notice;
use super::theme::{self, GRID, Tokens};
use crate::model::{convert, human};

/// The time that a fact is shown, in seconds.
const FACT_SECONDS: f64 = 5.0;
/// The time that a fact with a button is shown, in seconds.
const FILE_SECONDS: f64 = 12.0;
/// The maximum number of messages on screen.
const MOST: usize = 4;
/// The width of a message with its margins. Narrow windows have narrower ones.
const WIDTH: f32 = 340.0;
/// The maximum length of a message, in characters.
const TEXT_LIMIT: usize = 600;
/// The maximum length of the copied text that is shown, in characters.
const COPIED_LIMIT: usize = 60;
/// The distance from the right edge of the window, and between messages.
const GAP: f32 = 2.0 * GRID;
/// The distance from the bottom edge of the window, which leaves the status bar free.
const ABOVE_EDGE: f32 = 9.0 * GRID;
const MARGIN: Margin = Margin::symmetric(10, 8);
/// The width of an icon and the distance to the text.
const ICON_ROOM: f32 = icons::ICON_SIZE + 2.0 * GRID;
/// The height of the buttons of a message, with the distance above them.
const BUTTONS: f32 = 8.0 * GRID;

/// A message on screen.
#[derive(Debug)]
struct Toast {
    id: u64,
    notice: Notice,
    /// The time at which it was first drawn.
    since: Option<f64>,
    /// The distance of its lower and upper edge from the bottom of the window.
    place: Option<Range<f32>>,
}

/// A click on a button of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wish {
    Copy,
    Dismiss,
    OpenFile,
}

/// The messages on screen, the oldest first.
#[derive(Debug, Default)]
pub struct Toasts {
    shown: Vec<Toast>,
    next_id: u64,
    /// The width of messages, which their heights depend on.
    width: f32,
    last_problem: Option<String>,
    /// The file to open.
    file: Option<PathBuf>,
}

impl Toasts {
    /// Shows a message. A message that is already on screen is shown anew. If too many are on screen, the oldest fact is
    /// removed, or the oldest problem if all are problems.
    pub(super) fn push(&mut self, notice: Notice) {
        if notice.is_problem {
            self.last_problem = Some(notice.text.clone());
        }
        if let Some(same) = self.shown.iter_mut().find(|toast| toast.notice == notice) {
            same.since = None;
            return;
        }
        if self.shown.len() >= MOST {
            let oldest = self.shown.iter().position(|toast| !toast.notice.is_problem).unwrap_or(0);
            self.shown.remove(oldest);
        }
        self.next_id += 1;
        self.shown.push(Toast { id: self.next_id, notice, since: None, place: None });
    }

    /// Shows several messages.
    pub(super) fn extend(&mut self, notices: impl IntoIterator<Item = Notice>) {
        for notice in notices {
            self.push(notice);
        }
    }

    /// Shows a message about a copied text, unless a message of this frame is about it.
    pub(super) fn copied(&mut self, text: &str) {
        let is_told = |toast: &Toast| toast.since.is_none() && toast.notice.text.starts_with("Copied");
        if self.shown.iter().any(is_told) {
            return;
        }
        let lines = human::quantity(text.lines().count().max(1) as u64, "line", "lines");
        self.push(Notice::fact(format!("Copied {lines}")).with_detail(human::visible(text.trim(), COPIED_LIMIT)));
    }

    /// Returns the newest message on screen.
    #[must_use]
    pub fn latest(&self) -> Option<&Notice> {
        self.shown.last().map(|toast| &toast.notice)
    }

    /// Removes all messages.
    pub fn clear(&mut self) {
        self.shown.clear();
    }

    /// Returns the last problem that was reported.
    pub(super) fn last_problem(&self) -> Option<&str> {
        self.last_problem.as_deref()
    }

    /// Returns the file that the user wants to open, once.
    pub(super) fn take_file(&mut self) -> Option<PathBuf> {
        self.file.take()
    }

    /// Draws the messages over everything else.
    pub(super) fn show(&mut self, ctx: &Context) {
        let now = ctx.input(|input| input.time);
        let screen = ctx.content_rect();
        let width = WIDTH.min(screen.width() - 2.0 * GAP);
        if width.to_bits() != self.width.to_bits() {
            self.width = width;
            self.shown.iter_mut().for_each(|toast| toast.place = None);
        }
        let motion = f64::from(theme::motion_seconds(ctx));
        self.shown.retain(|toast| {
            let is_over = toast.since.is_some_and(|since| now - since >= seconds(&toast.notice) + motion);
            toast.notice.is_problem || !is_over
        });
        let mut asked = None;
        for at in 0..self.shown.len() {
            let taken = taken_places(&self.shown);
            let toast = &mut self.shown[at];
            let since = *toast.since.get_or_insert(now);
            let age = now - since;
            let lasting = seconds(&toast.notice);
            let opacity = opacity(age, motion, (!toast.notice.is_problem).then_some(lasting));
            if opacity < 1.0 {
                ctx.request_repaint();
            } else if !toast.notice.is_problem {
                ctx.request_repaint_after(Duration::from_secs_f64((lasting - age).max(0.0)));
            }
            if let Some(wish) = toast.show(ctx, (screen, width), opacity, &taken) {
                asked = Some((at, wish));
            }
        }
        let Some((at, wish)) = asked else { return };
        match wish {
            Wish::Copy => {
                let text = self.shown[at].notice.text.clone();
                ctx.copy_text(text.clone());
                self.copied(&text);
            }
            Wish::Dismiss => drop(self.shown.remove(at)),
            Wish::OpenFile => self.file.clone_from(&self.shown[at].notice.file),
        }
        ctx.request_repaint();
    }
}

/// Returns the time that a fact is shown, in seconds.
fn seconds(notice: &Notice) -> f64 {
    if notice.file.is_some() { FILE_SECONDS } else { FACT_SECONDS }
}

/// Returns the opacity of a message, which fades in and, if it is shown for a limited time, out.
fn opacity(age: f64, motion: f64, seconds: Option<f64>) -> f32 {
    if motion <= 0.0 {
        return 1.0;
    }
    let appearing = age / motion;
    let leaving = seconds.map_or(1.0, |seconds| (seconds + motion - age) / motion);
    convert::single(appearing.min(leaving).clamp(0.0, 1.0))
}

/// Returns the places of the messages on screen, from the bottom.
fn taken_places(shown: &[Toast]) -> Vec<Range<f32>> {
    let mut taken: Vec<Range<f32>> = shown.iter().filter_map(|toast| toast.place.clone()).collect();
    taken.sort_by(|a, b| a.start.total_cmp(&b.start));
    taken
}

/// Returns the lowest place of a height that overlaps none of the `taken` ones, which are sorted.
fn lowest(taken: &[Range<f32>], height: f32) -> Range<f32> {
    let mut bottom = ABOVE_EDGE;
    for place in taken {
        if place.start >= bottom + height + GAP {
            break;
        }
        bottom = bottom.max(place.end + GAP);
    }
    bottom..bottom + height
}

impl Toast {
    /// Draws the message; returns which of its buttons was clicked.
    fn show(
        &mut self,
        ctx: &Context,
        (screen, width): (Rect, f32),
        opacity: f32,
        taken: &[Range<f32>],
    ) -> Option<Wish> {
        let is_problem = self.notice.is_problem;
        let mut wish = None;
        let id = Id::unique(("toast", self.id));
        let has_buttons = self.notice.has_buttons();
        let area = Area::new(id).order(Order::Foreground).interactable(has_buttons).constrain(false).fade_in(false);
        let area = area.role(if is_problem { Role::Alert } else { Role::Status });
        let place = self.place.clone().unwrap_or_else(|| {
            let text = text(ctx, &self.notice, Color32::PLACEHOLDER, width);
            let buttons = if has_buttons { BUTTONS } else { 0.0 };
            lowest(taken, text.size().y + MARGIN.sum().y + buttons)
        });
        let at = pos2(screen.right() - GAP - width, screen.bottom() - place.end);
        self.place = Some(place);
        area.fixed_pos(at).show(ctx, |ui| {
            ui.set_opacity(opacity);
            let tokens = theme::tokens(ui);
            frame(tokens, ui).show(ui, |ui| {
                ui.set_width(width - MARGIN.sum().x);
                wish = content(ui, &self.notice, width);
            });
        });
        wish
    }
}

fn frame(tokens: &Tokens, ui: &Ui) -> Frame {
    Frame::new()
        .fill(tokens.background)
        .stroke(Stroke::new(1.0, tokens.border))
        .corner_radius(CornerRadius::same(6))
        .shadow(ui.visuals().popup_shadow)
        .inner_margin(MARGIN)
}

/// Draws the icon, the text and the buttons of a message; returns which was clicked.
fn content(ui: &mut Ui, notice: &Notice, width: f32) -> Option<Wish> {
    let tokens = theme::tokens(ui);
    let (icon, color) =
        if notice.is_problem { (Icon::TriangleAlert, tokens.error) } else { (Icon::Check, tokens.accent) };
    let mut wish = None;
    ui.spacing_mut().item_spacing = vec2(GRID, 0.0);
    let galley = text(ui.ctx(), notice, tokens.text, width);
    let (room, _) = ui.allocate_exact_size(vec2(ui.available_width(), galley.size().y), egui::Sense::hover());
    let line = galley.rows.first().map_or(room.height(), |row| row.size.y);
    icons::paint(
        ui.painter(),
        pos2(room.left() + icons::ICON_SIZE / 2.0, room.top() + line / 2.0),
        icon,
        icons::ICON_SIZE,
        color,
    );
    let label = Label::new(galley).selectable(false);
    let text_room = room.with_min_x(room.left() + ICON_ROOM);
    let at_left = egui::UiBuilder::new().max_rect(text_room).layout(egui::Layout::top_down(egui::Align::Min));
    let response = ui.new_child(at_left).add(label);
    let (urgency, name) = match &notice.detail {
        _ if notice.is_problem => (Live::Assertive, notice.text.clone()),
        Some(detail) => (Live::Polite, format!("{}: {detail}", notice.text)),
        None => (Live::Polite, notice.text.clone()),
    };
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_value(human::visible(&name, TEXT_LIMIT).into_owned());
        node.set_live(urgency);
    });
    if notice.has_buttons() {
        ui.add_space(2.0 * GRID);
        ui.horizontal(|ui| {
            ui.add_space(ICON_ROOM);
            if notice.file.is_some() {
                if icons::named(icons::labeled_button(ui, Icon::ExternalLink, "Open"), "Open the file").clicked() {
                    wish = Some(Wish::OpenFile);
                }
                return;
            }
            if icons::labeled_button(ui, Icon::Copy, "Copy message").clicked() {
                wish = Some(Wish::Copy);
            }
            if icons::labeled_button(ui, Icon::X, "Dismiss message").clicked() {
                wish = Some(Wish::Dismiss);
            }
        });
    }
    wish
}

/// Lays out the text of a message, with its detail below in the small font of names.
fn text(ctx: &Context, notice: &Notice, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::default();
    let body = egui::TextStyle::Body.resolve(&ctx.global_style());
    job.wrap.max_width = width - MARGIN.sum().x - ICON_ROOM;
    let format = |font| egui::TextFormat { font_id: font, color, ..Default::default() };
    job.append(&human::visible(&notice.text, TEXT_LIMIT), 0.0, format(body));
    if let Some(detail) = &notice.detail {
        job.append("\n", 0.0, format(theme::mono_small()));
        job.append(detail, 0.0, format(theme::mono_small()));
    }
    ctx.fonts_mut(|fonts| fonts.layout_job(job))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(toasts: &Toasts) -> Vec<&str> {
        toasts.shown.iter().map(|toast| toast.notice.text.as_str()).collect()
    }

    #[test]
    fn at_most_four_messages_are_shown_and_facts_give_way_first() {
        let mut toasts = Toasts::default();
        toasts.push(Notice::problem("a"));
        for fact in ["b", "c", "d", "e", "e"] {
            toasts.push(Notice::fact(fact));
        }
        assert_eq!(texts(&toasts), ["a", "c", "d", "e"]);
        for problem in ["f", "g", "h", "i"] {
            toasts.push(Notice::problem(problem));
        }
        assert_eq!(texts(&toasts), ["f", "g", "h", "i"]);
        assert_eq!(toasts.last_problem(), Some("i"));
    }

    #[test]
    fn a_copied_text_is_counted_in_lines_and_reported_once() {
        let mut toasts = Toasts::default();
        toasts.copied("a\nb\u{202e}\n");
        assert_eq!(toasts.latest(), Some(&Notice::fact("Copied 2 lines").with_detail("a⏎b\\u{202e}")));
        toasts.clear();
        toasts.push(Notice::fact("Copied the finding"));
        toasts.copied("a");
        assert_eq!(texts(&toasts), ["Copied the finding"]);
    }

    #[test]
    fn a_message_takes_the_lowest_free_place() {
        let at = |bottom: f32, height: f32| bottom..bottom + height;
        assert_eq!(lowest(&[], 20.0), at(ABOVE_EDGE, 20.0));
        let gap = 40.0 + 2.0 * GAP;
        let taken = [at(ABOVE_EDGE, 20.0), at(ABOVE_EDGE + 20.0 + gap, 20.0)];
        assert_eq!(lowest(&taken, 40.0), at(ABOVE_EDGE + 20.0 + GAP, 40.0));
        assert_eq!(lowest(&taken, 41.0), at(ABOVE_EDGE + 40.0 + gap + GAP, 41.0));
    }
}
