//! The search field of the toolbar: one field for objects, classes, ids and commands, with a list of suggestions below.
//!
//! Text after `>` is a command. Other text is the query of the view on the active side, which counts its hits in the line
//! above the pane. Invariant: classes, which arrive later, are the last suggestions, so that none moves when they do.

mod commands;
mod suggestions;

use egui::{
    Area, Frame, Id, Key, Modifiers, Order, Rect, RichText, ScrollArea, TextEdit, Ui, WidgetInfo, accesskit::Role,
    pos2, vec2,
};

use super::action::Action;
use super::command::{Step, ViewKind};
use super::icons::{self, Icon};
use super::search_field::{Mode, id};
use super::state::AppState;
use super::text;
use super::theme::{self, GRID, tokens};

/// The maximum height of the list.
const LIST_HEIGHT: f32 = 380.0;
/// The height of a suggestion, and the largest share of its width for the detail on the right.
const ROW: f32 = 6.5 * GRID;
const DETAIL_SHARE: f32 = 0.4;
/// The minimum width of the list.
const LIST_WIDTH: f32 = 460.0;

/// A suggestion below the field.
#[derive(Clone, Debug)]
struct Suggestion {
    icon: Icon,
    text: String,
    /// A key or a fact, at the right.
    detail: String,
    action: Action,
    /// The heading above the first suggestion of a kind.
    section: &'static str,
}

/// Draws the field in `rect`, and the suggestions while it has the keyboard focus.
pub(super) fn show(ui: &mut Ui, app: &mut AppState, rect: Rect, actions: &mut Vec<Action>) {
    let side = app.active;
    if app.shown_snapshot_view().is_none() && !app.search_field.is_command() {
        // There is nothing to search.
        app.search_field.mode = Mode::Command(String::new());
    } else if app.shown_snapshot_view().is_some() && app.search_field.mode == Mode::Command(String::new()) {
        app.search_field.mode = Mode::Search;
    }
    let mut text = match &app.search_field.mode {
        Mode::Command(text) => text.clone(),
        Mode::Search => app.shown_snapshot_view().map(|view| view.panes.search.text.clone()).unwrap_or_default(),
    };
    let has_focus = ui.memory(|memory| memory.has_focus(id()));
    // A press on the list takes the focus from the field before the click is complete.
    let is_pressed = app.search_field.list.take().is_some_and(|list| {
        ui.input(|input| {
            let pointer = &input.pointer;
            pointer.interact_pos().is_some_and(|at| list.contains(at)) && (pointer.any_down() || pointer.any_released())
        })
    });
    // The Search view explains the syntax there, and has the hits of what is typed.
    let has_hits = app.shown_snapshot_view().is_some_and(|view| view.kind == ViewKind::SEARCH);
    let is_answered = has_hits && !text.starts_with('>');
    let list_is_open = (has_focus || is_pressed) && !app.search_field.is_dismissed && !is_answered;
    let pressed = |ui: &Ui, modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    let (mut down, mut up, mut enter) = (false, false, false);
    if has_focus {
        (down, up) = (pressed(ui, Modifiers::NONE, Key::ArrowDown), pressed(ui, Modifiers::NONE, Key::ArrowUp));
        if !app.search_field.is_command() && pressed(ui, Modifiers::SHIFT, Key::Enter) {
            actions.push(Action::Hit(Step::Previous));
        }
        enter = pressed(ui, Modifiers::NONE, Key::Enter);
        if pressed(ui, Modifiers::NONE, Key::Escape) {
            leave(ui, app, side);
            return;
        }
    }
    let label = if app.search_field.is_command() { "Command" } else { "Search for" };
    let before = text.clone();
    let response = field(ui, rect, &mut text, app.shown().is_some());
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(label));
    if response.gained_focus() {
        (app.search_field.is_dismissed, app.search_field.at) = (false, 0);
        if !app.search_field.is_command()
            && let Some(view) = app.shown_snapshot_view()
        {
            view.panes.search.is_open = true;
        }
    }
    if text != before {
        (app.search_field.is_dismissed, app.search_field.at) = (false, 0);
        store(app, text.clone());
    }
    if app.search_field.had_focus && !response.has_focus() && !is_pressed && app.search_field.is_command() {
        app.search_field.mode = Mode::Search;
    }
    app.search_field.had_focus = response.has_focus() || is_pressed;
    if !has_focus && !list_is_open {
        return;
    }
    let all = suggestions::all(ui, app, &text);
    let last = all.len().saturating_sub(1);
    let at = &mut app.search_field.at;
    *at = if down { *at + 1 } else { at.saturating_sub(usize::from(up)) }.min(last);
    let at = *at;
    let mut chosen = None;
    if list_is_open {
        let (clicked, area) = list(ui, rect, &all, at, down || up);
        (chosen, app.search_field.list) = (clicked, Some(area));
    }
    if enter {
        // Nothing runs that the list does not show, except for steps through hits.
        let marked = all.get(if list_is_open { at } else { 0 }).map(|suggestion| suggestion.action.clone());
        chosen = chosen.or(marked.filter(|action| list_is_open || matches!(action, Action::Hit(_))));
    }
    if let Some(action) = chosen {
        app.search_field.is_dismissed = true;
        // The hits of a search are stepped through with the keyboard.
        if !matches!(action, Action::Hit(_)) {
            leave(ui, app, side);
        }
        actions.push(action);
    }
}

/// Draws the field itself.
fn field(ui: &mut Ui, rect: Rect, text: &mut String, has_file: bool) -> egui::Response {
    let tokens = tokens(ui);
    let hint = match (has_file, rect.width() > 300.0) {
        (true, true) => "Search objects, classes, @id, or > for commands",
        (true, false) => "Search",
        (false, _) => "Commands",
    };
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(rect));
    let edit = TextEdit::singleline(text)
        .id(id())
        .hint_text(hint)
        .desired_width(rect.width())
        .min_size(rect.size())
        .align(egui::Align2::LEFT_CENTER)
        .margin(egui::Margin { left: 26, right: 8, top: 2, bottom: 2 });
    let response = child.add(edit);
    let center = pos2(response.rect.left() + 14.0, response.rect.center().y);
    icons::paint(child.painter(), center, Icon::Search, 14.0, tokens.weak);
    response
}

fn store(app: &mut AppState, text: String) {
    if text.starts_with('>') || app.shown_snapshot_view().is_none() {
        app.search_field.mode = Mode::Command(text);
        return;
    }
    app.search_field.mode = Mode::Search;
    if let Some(view) = app.shown_snapshot_view() {
        view.panes.search.is_open = true;
        view.panes.search.text = text;
    }
}

/// Gives the keyboard back to the table. Closes the line of hits if nothing is searched.
fn leave(ui: &Ui, app: &mut AppState, side: usize) {
    ui.memory_mut(|memory| memory.surrender_focus(id()));
    let was_command = app.search_field.is_command();
    app.search_field.search();
    app.search_field.had_focus = false;
    if let Some(view) = app.shown_snapshot_view()
        && !was_command
        && view.panes.search.text.trim().is_empty()
    {
        view.panes.search.is_open = false;
    }
    app.wants_keyboard_in(side);
}

/// Draws the suggestions below the field; returns the action of the one that was clicked, and the area.
fn list(ui: &Ui, field: Rect, all: &[Suggestion], at: usize, moved: bool) -> (Option<Action>, Rect) {
    let screen = ui.ctx().content_rect();
    let width = field.width().max(LIST_WIDTH).min(screen.width() - 4.0 * GRID);
    let left = (field.center().x - width / 2.0).clamp(screen.left() + 2.0 * GRID, screen.right() - width - 2.0 * GRID);
    let room = screen.bottom() - field.bottom() - 4.0 * GRID;
    let mut chosen = None;
    let area =
        Area::new(Id::unique("suggestions")).order(Order::Foreground).fixed_pos(pos2(left, field.bottom() + GRID));
    let shown = area.constrain(false).default_width(width).show(ui.ctx(), |ui| {
        ui.set_max_width(width);
        Frame::popup(ui.style()).show(ui, |ui| {
            ui.set_width(width - 2.0 * GRID);
            let inner = width - 2.0 * GRID;
            ScrollArea::vertical()
                .max_width(inner)
                .max_height(LIST_HEIGHT.min(room))
                .min_scrolled_height(LIST_HEIGHT.min(room))
                .auto_shrink([false, true])
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    if all.is_empty() {
                        ui.weak("No matching commands");
                    }
                    let mut section = "";
                    for (index, suggestion) in all.iter().enumerate() {
                        if suggestion.section != section {
                            section = suggestion.section;
                            ui.add_space(GRID);
                            ui.label(RichText::new(section).font(theme::small()).color(tokens(ui).weak));
                        }
                        let response = row(ui, suggestion, index == at);
                        if index == at && moved {
                            response.scroll_to_me(None);
                        }
                        if response.clicked() {
                            chosen = Some(suggestion.action.clone());
                        }
                    }
                });
        });
    });
    (chosen, shown.response.rect)
}

/// Draws a suggestion; what does not fit is truncated.
fn row(ui: &mut Ui, suggestion: &Suggestion, is_marked: bool) -> egui::Response {
    let tokens = tokens(ui);
    // Arrow keys reach the suggestions; the keyboard focus stays in the field.
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), egui::Sense::CLICK);
    if is_marked || response.hovered() {
        let fill = if is_marked { tokens.selection } else { tokens.surface };
        ui.painter().rect_filled(rect, 4.0, fill);
    }
    let middle = rect.center().y;
    icons::paint(ui.painter(), pos2(rect.left() + 4.0 * GRID, middle), suggestion.icon, 14.0, tokens.text);
    let left = rect.left() + 7.0 * GRID;
    let room = rect.right() - 2.0 * GRID - left;
    let detail = text::line(ui.painter(), &suggestion.detail, room * DETAIL_SHARE, theme::small(), tokens.weak);
    let room = room - detail.size().x - 3.0 * GRID;
    let font = egui::TextStyle::Body.resolve(ui.style());
    let name = text::line(ui.painter(), &suggestion.text, room, font, tokens.text);
    let at = |x: f32, height: f32| pos2(x, middle - height / 2.0);
    let (name_at, detail_at) =
        (at(left, name.size().y), at(rect.right() - 2.0 * GRID - detail.size().x, detail.size().y));
    let is_cut = name.elided;
    ui.painter().galley(name_at, name, tokens.text);
    ui.painter().galley(detail_at, detail, tokens.weak);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, is_marked, &suggestion.text));
    if is_cut { response.on_hover_text(&suggestion.text) } else { response }
}
