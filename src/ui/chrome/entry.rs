//! An entry of the list of files: its frame, name and facts, its menu, the button that closes it, and drag and drop.

use egui::{
    Align, Color32, CornerRadius, DragAndDrop, Frame, Id, Label, Layout, Margin, Popup, Rect, Response, RichText,
    Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};

use crate::model::{SnapshotId, human};
use crate::ui::action::Action;
use crate::ui::icons::{self, Icon};
use crate::ui::state::AppState;
use crate::ui::theme::{self, tokens};
use crate::ui::{context_menu, text};

/// The size of the buttons of an entry.
const BUTTON: f32 = 18.0;
/// The width of both buttons.
pub(super) const BUTTONS: f32 = 2.0 * BUTTON;
/// The horizontal margins of an entry.
pub(super) const MARGINS: f32 = 16.0;
/// The width of the mark of a side.
pub(super) const MARK: f32 = 18.0;
/// The share of an entry's height at its edges where a drop moves the dragged file.
const EDGE: f32 = 0.25;

/// An open file in the list.
pub(super) struct Entry<'a> {
    pub(super) id: SnapshotId,
    /// The kind of file, for screen readers.
    pub(super) kind: &'static str,
    /// The name as the list shows it.
    pub(super) shown_name: &'a str,
    /// All files of the same kind, in the order of the list, and the position of this one.
    pub(super) order: &'a [SnapshotId],
    pub(super) at: usize,
}

/// A line of facts below the name.
pub(super) struct Fact {
    pub(super) text: String,
    pub(super) color: Color32,
    /// True if a long text wraps instead of being truncated.
    pub(super) wraps: bool,
}

/// The part of an entry that a dragged file is over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Zone {
    Above,
    Middle,
    Below,
}

impl Entry<'_> {
    /// Returns the other files, which this one can be compared with.
    fn others(&self) -> impl Iterator<Item = SnapshotId> {
        self.order.iter().copied().filter(|id| *id != self.id)
    }

    /// Returns the file at a distance below this one.
    fn file(&self, below: usize) -> Option<SnapshotId> {
        self.order.get(self.at + below).copied()
    }

    /// Draws the entry. `hover` adds the tooltip.
    pub(super) fn show(
        &self,
        ui: &mut Ui,
        app: &AppState,
        facts: Vec<Fact>,
        hover: impl FnOnce(&mut Ui),
        actions: &mut Vec<Action>,
    ) {
        let sides: Vec<usize> = app.slots().iter().filter(|slot| slot.id == self.id).map(|slot| slot.side).collect();
        let is_shown = !sides.is_empty();
        let tokens = tokens(ui);
        let fill = if is_shown { tokens.selection } else { Color32::TRANSPARENT };
        let frame = Frame::new().fill(fill).corner_radius(CornerRadius::same(4)).inner_margin(Margin::symmetric(8, 4));
        let mut buttons = None;
        let frame = frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 1.0;
            buttons = Some(self.name(ui, app, &sides));
            for fact in facts {
                let label = Label::new(RichText::new(fact.text).font(theme::small()).color(fact.color));
                let label = if fact.wraps { label.wrap() } else { label.truncate() };
                ui.add(label.selectable(false));
            }
        });
        let whole = frame.response.rect;
        if is_shown {
            let bar = Rect::from_min_max(whole.min + vec2(0.0, 3.0), pos2(whole.left() + 3.0, whole.bottom() - 3.0));
            ui.painter().rect_filled(bar, 1.5, tokens.accent);
        }
        // Narrower than the entry, so that its buttons still get clicks.
        let rect = whole.with_max_x(whole.right() - BUTTONS - 8.0);
        let response = ui.interact(rect, Id::unique((self.kind, "entry", self.id)), Sense::click_and_drag());
        let name = text::given_name(&app.session, self.id);
        response.widget_info(|| {
            let side = match sides[..] {
                _ if !app.is_split => "",
                [0] => ", on the left side",
                [1] => ", on the right side",
                [_, _, ..] => ", on both sides",
                _ => "",
            };
            WidgetInfo::selected(Role::ListItem, true, is_shown, format!("{} {name}{side}", self.kind))
        });
        if response.has_focus() {
            ui.painter().rect_stroke(whole, 4.0, Stroke::new(1.5, tokens.accent), egui::StrokeKind::Inside);
        }
        if let Some(buttons) = buttons {
            let is_near = ui.rect_contains_pointer(whole) || response.has_focus() || is_shown;
            self.buttons(ui, app, buttons, &name, is_near, actions);
        }
        self.drag_and_drop(ui, &response, whole, actions);
        context_menu::show(&response, rect.left_bottom(), |ui| self.menu(ui, app, actions));
        if response.on_hover_ui(hover).clicked() {
            actions.push(Action::Show(self.id));
        }
        ui.add_space(2.0);
    }

    /// Draws the name and the mark of its side; returns the area of the buttons.
    fn name(&self, ui: &mut Ui, app: &AppState, sides: &[usize]) -> Rect {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let (buttons, _) = ui.allocate_exact_size(vec2(BUTTONS, BUTTON), Sense::hover());
                if app.is_split {
                    let (mark, _) = ui.allocate_exact_size(vec2(MARK, BUTTON), Sense::hover());
                    let icon = match sides {
                        [0] => Some(Icon::PanelLeft),
                        [1] => Some(Icon::PanelRight),
                        [_, _, ..] => Some(Icon::Columns2),
                        _ => None,
                    };
                    if let Some(icon) = icon {
                        icons::paint(ui.painter(), mark.center(), icon, icons::ICON_SIZE, tokens(ui).accent);
                    }
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add(Label::new(self.shown_name).selectable(false).extend());
                });
                buttons
            })
            .inner
        })
        .inner
    }

    /// Draws the buttons, which are visible if the pointer or the focus is near; they are always in the order of Tab.
    fn buttons(&self, ui: &Ui, app: &AppState, room: Rect, name: &str, is_near: bool, actions: &mut Vec<Action>) {
        let [more, close] = [0.0, BUTTON].map(|left| {
            Rect::from_min_size(pos2(room.left() + left, room.center().y - BUTTON / 2.0), vec2(BUTTON, BUTTON))
        });
        let button = |rect: Rect, icon: Icon, salt: &'static str, label: &str| {
            let response = ui.interact(rect, Id::unique((self.kind, salt, self.id)), Sense::click());
            let tokens = tokens(ui);
            let is_pointed = response.hovered() || response.has_focus();
            if is_pointed {
                ui.painter().rect_filled(rect, 4.0, tokens.border);
            }
            if is_pointed || is_near {
                let color = if is_pointed { tokens.text } else { tokens.weak };
                icons::paint(ui.painter(), rect.center(), icon, 14.0, color);
            }
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label));
            response.on_hover_text(label)
        };
        let response = button(more, Icon::Ellipsis, "more", &format!("More actions for {name}"));
        Popup::menu(&response).show(|ui| self.menu(ui, app, actions));
        if button(close, Icon::X, "close", &format!("Close {name}")).clicked() {
            actions.push(Action::Close(self.id));
        }
    }

    /// Compares this file with one of the same kind that is dropped on the middle of the entry, and moves one that is
    /// dropped at its edges.
    fn drag_and_drop(&self, ui: &Ui, response: &Response, rect: Rect, actions: &mut Vec<Action>) {
        response.dnd_set_drag_payload(self.id);
        let Some(dragged) = DragAndDrop::payload::<SnapshotId>(ui.ctx()).map(|dragged| *dragged) else { return };
        let Some(pointer) = ui.input(|input| input.pointer.interact_pos()) else { return };
        // The gaps between the entries belong to their edges.
        if !rect.expand2(vec2(0.0, 1.0)).contains(pointer) || !self.others().any(|other| other == dragged) {
            return;
        }
        let at = (pointer.y - rect.top()) / rect.height().max(1.0);
        let zone = match at {
            _ if at < EDGE => Zone::Above,
            _ if at > 1.0 - EDGE => Zone::Below,
            _ => Zone::Middle,
        };
        let stroke = Stroke::new(2.0, tokens(ui).accent);
        match zone {
            Zone::Above => ui.painter().hline(rect.x_range(), rect.top() - 1.0, stroke),
            Zone::Below => ui.painter().hline(rect.x_range(), rect.bottom() + 1.0, stroke),
            Zone::Middle => ui.painter().rect_stroke(rect, 4.0, stroke, egui::StrokeKind::Inside),
        };
        if ui.input(|input| input.pointer.any_released()) {
            DragAndDrop::clear_payload(ui.ctx());
            actions.push(match zone {
                Zone::Above => Action::MoveInList { id: dragged, before: Some(self.id) },
                // A file that is dropped where it already is stays there.
                Zone::Below if self.file(1) == Some(dragged) => return,
                Zone::Below => Action::MoveInList { id: dragged, before: self.file(1) },
                Zone::Middle => Action::CompareTwo(dragged, self.id),
            });
        }
    }

    fn menu(&self, ui: &mut Ui, app: &AppState, actions: &mut Vec<Action>) {
        let mut item = |ui: &mut Ui, icon: Icon, text: &str, action: Action| {
            if icons::labeled_button(ui, icon, text).clicked() {
                actions.push(action);
                ui.close();
            }
        };
        item(ui, Icon::Pencil, "Rename…", Action::Rename(self.id));
        if self.order.len() > 1 {
            let compare = ui.menu_button((icons::text(Icon::GitCompareArrows), "Compare with"), |ui| {
                egui::ScrollArea::vertical().max_height(300.0).show(ui, |ui| {
                    for other in self.others() {
                        let name = text::name_of(&app.session, other);
                        item(ui, Icon::File, &human::visible(&name, 60), Action::CompareTwo(other, self.id));
                    }
                });
            });
            icons::named(compare.response, "Compare with");
        }
        if app.is_split {
            item(ui, Icon::PanelLeft, "Show on the left side", Action::ShowIn(0, self.id));
            item(ui, Icon::PanelRight, "Show on the right side", Action::ShowIn(1, self.id));
        } else if app.shown().is_some_and(|shown| shown != self.id) {
            item(ui, Icon::Columns2, "Show beside", Action::ShowBeside(self.id));
        }
        if app.session.source(self.id).is_some_and(|source| source.path.is_some()) {
            ui.separator();
            item(ui, Icon::FolderOpen, "Reveal in file manager", Action::RevealFile(self.id));
            item(ui, Icon::Copy, "Copy path", Action::CopyPath(self.id));
            if app.session.snapshot(self.id).is_some() {
                item(ui, Icon::EyeOff, "Export scrubbed copy…", Action::ScrubbedCopy(self.id));
            }
        }
        if self.order.len() > 1 {
            ui.separator();
            if let Some(before) = self.at.checked_sub(1).and_then(|at| self.order.get(at)) {
                item(ui, Icon::ArrowUp, "Move up", Action::MoveInList { id: self.id, before: Some(*before) });
            }
            if self.file(1).is_some() {
                item(ui, Icon::ArrowDown, "Move down", Action::MoveInList { id: self.id, before: self.file(2) });
            }
        }
        ui.separator();
        item(ui, Icon::X, "Close", Action::Close(self.id));
        if app.session.open().len() + app.session.profiles().len() > 1 {
            item(ui, Icon::CircleX, "Close others", Action::CloseOthers(self.id));
        }
    }
}
