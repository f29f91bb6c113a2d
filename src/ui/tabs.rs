//! The tabs of a view: icons and labels in three groups. If they do not fit in one line, icons go first, then the labels
//! of the tabs that are not selected; after that they take two lines.

use egui::{CursorIcon, Galley, Rect, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2};
use std::sync::Arc;

use super::command::{Command, ViewKind};
use super::icons::{self, ICON_SIZE};
use super::keys;
use super::panes::Place;
use super::panes::pane::{About, Group};
use super::theme::{self, GRID};
use crate::session::Session;

/// The height of the line of tabs.
const HEIGHT: f32 = 32.0;
/// The space at both ends of a tab.
const PADDING: f32 = 1.375 * GRID;
/// As [`PADDING`], if only icons are drawn.
const NARROW_PADDING: f32 = GRID;
/// The space between groups, with a line in its middle.
const BETWEEN: f32 = 2.5 * GRID;
/// The space between an icon and its label.
const ICON_GAP: f32 = GRID;

/// The parts of a tab that are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Detail {
    /// With the names of the groups.
    Grouped,
    Full,
    Labels,
    Icons,
}

/// A tab with its label laid out.
struct Tab {
    about: About,
    hint: String,
    label: Arc<Galley>,
    is_selected: bool,
}

impl Tab {
    fn width(&self, detail: Detail) -> f32 {
        2.0 * padding(detail)
            + match self.parts(detail) {
                (true, true) => ICON_SIZE + ICON_GAP + self.label.size().x,
                (true, false) => ICON_SIZE,
                (false, _) => self.label.size().x,
            }
    }

    /// Returns whether the icon and the label are drawn.
    fn parts(&self, detail: Detail) -> (bool, bool) {
        match detail {
            Detail::Grouped | Detail::Full => (true, true),
            Detail::Labels => (false, true),
            Detail::Icons => (true, self.is_selected),
        }
    }
}

/// Returns the space at both ends of a tab.
fn padding(detail: Detail) -> f32 {
    if detail == Detail::Icons { NARROW_PADDING } else { PADDING }
}

/// Draws the tabs; a click shows another pane.
pub(super) fn show(ui: &mut Ui, session: &Session, place: &Place, shown: ViewKind, commands: &mut Vec<Command>) {
    let tokens = theme::tokens(ui);
    let tabs = tabs(ui, session, place, shown);
    let room = ui.available_width() - 2.0 * GRID;
    let groups =
        Group::ALL.map(|group| ui.painter().layout_no_wrap(group.label().to_owned(), theme::small(), tokens.weak));
    let needed = |detail: Detail| -> f32 {
        let names: f32 = groups.iter().map(|name| name.size().x + 2.0 * GRID).sum();
        tabs.iter().map(|tab| tab.width(detail)).sum::<f32>()
            + 2.0 * BETWEEN
            + if detail == Detail::Grouped { names } else { 0.0 }
    };
    let detail = [Detail::Grouped, Detail::Full, Detail::Labels]
        .into_iter()
        .find(|detail| needed(*detail) <= room)
        .unwrap_or(Detail::Icons);
    let lines = lines(&tabs, detail, room);
    let (all, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT * lines), Sense::hover());
    ui.painter().rect_filled(all, 0.0, tokens.surface);
    ui.painter().hline(all.x_range(), all.bottom() - 0.5, Stroke::new(1.0, tokens.border));
    let mut line = all.with_max_y(all.top() + HEIGHT);
    let mut left = line.left() + GRID;
    for (group, name) in Group::ALL.into_iter().zip(groups) {
        let mut of_group = tabs.iter().filter(|tab| tab.about.group == group).peekable();
        if of_group.peek().is_none() {
            continue;
        }
        if left > line.left() + GRID {
            let middle = left + BETWEEN / 2.0;
            ui.painter().vline(middle, line.shrink(2.0 * GRID).y_range(), Stroke::new(1.0, tokens.border));
            left += BETWEEN;
        }
        if detail == Detail::Grouped {
            let width = name.size().x;
            ui.painter().galley(pos2(left + GRID, line.center().y - name.size().y / 2.0), name, tokens.weak);
            left += width + 2.0 * GRID;
        }
        for tab in of_group {
            if left + tab.width(detail) > all.right() - GRID {
                line = line.translate(vec2(0.0, HEIGHT));
                left = line.left() + GRID;
            }
            let rect = Rect::from_min_size(pos2(left, line.top()), vec2(tab.width(detail), HEIGHT));
            left = rect.right();
            if draw(ui, place, tab, detail, rect) {
                commands.push(Command::Show(tab.about.kind));
            }
        }
    }
}

/// Returns the number of lines that tabs take. Names of groups are drawn only if all fits in one line.
fn lines(tabs: &[Tab], detail: Detail, room: f32) -> f32 {
    if detail == Detail::Grouped {
        return 1.0;
    }
    let (mut lines, mut used) = (1.0, 0.0);
    for group in Group::ALL {
        let mut is_first = true;
        for tab in tabs.iter().filter(|tab| tab.about.group == group) {
            if std::mem::take(&mut is_first) && used > 0.0 {
                used += BETWEEN;
            }
            let width = tab.width(detail);
            if used + width > room {
                (lines, used) = (lines + 1.0, 0.0);
            }
            used += width;
        }
    }
    lines
}

/// Returns the tabs of the panes that have content for the open files, and of the one that is shown.
fn tabs(ui: &Ui, session: &Session, place: &Place, shown: ViewKind) -> Vec<Tab> {
    let tokens = theme::tokens(ui);
    let font = egui::TextStyle::Body.resolve(ui.style());
    keys::of_panes()
        .filter(|(about, _)| about.kind == shown || (about.is_available)(session, place))
        .map(|(about, key)| {
            let is_selected = about.kind == shown;
            let key = key.map_or_else(String::new, |key| format!("   ({})", ui.ctx().format_shortcut(&key)));
            let color = if is_selected { tokens.accent } else { tokens.text };
            Tab {
                about,
                hint: format!("{}{key}", about.hint),
                label: ui.painter().layout_no_wrap(about.kind.label().to_owned(), font.clone(), color),
                is_selected,
            }
        })
        .collect()
}

/// Draws a tab; returns whether it was clicked.
fn draw(ui: &Ui, place: &Place, tab: &Tab, detail: Detail, rect: Rect) -> bool {
    let tokens = theme::tokens(ui);
    let label = tab.about.kind.label();
    let response = ui.interact(rect, ui.scope_id().with(("tab", place.slot.side, label)), Sense::click());
    let painter = ui.painter();
    let color = if tab.is_selected { tokens.accent } else { tokens.text };
    if response.hovered() && !tab.is_selected {
        painter.rect_filled(rect.shrink2(vec2(1.0, GRID)), 4.0, tokens.hover);
    }
    if tab.is_selected {
        let line =
            Rect::from_min_max(pos2(rect.left() + GRID, rect.bottom() - 2.0), rect.right_bottom() - vec2(GRID, 0.0));
        painter.rect_filled(line, 1.0, tokens.accent);
    }
    if response.has_focus() {
        let focus = Stroke::new(1.0, tokens.accent);
        painter.rect_stroke(rect.shrink2(vec2(1.0, 3.0)), 4.0, focus, egui::StrokeKind::Inside);
    }
    let (icon, text) = tab.parts(detail);
    let mut left = rect.left() + padding(detail);
    if icon {
        let center = pos2(left + ICON_SIZE / 2.0, rect.center().y);
        icons::paint(painter, center, tab.about.icon, ICON_SIZE, if tab.is_selected { color } else { tokens.weak });
        left += ICON_SIZE + ICON_GAP;
    }
    if text {
        let top = rect.center().y - tab.label.size().y / 2.0;
        painter.galley(pos2(left, top), Arc::clone(&tab.label), color);
    }
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, tab.is_selected, label));
    let hint = if text { tab.hint.clone() } else { format!("{label}: {}", tab.hint) };
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(hint).clicked()
}
