//! Texts in place of a pane's content or above it: the designed empty state, and the hint of a view that is opened for the
//! first time.

use egui::{Context, Frame, Id, Label, Layout, Margin, RichText, Sense, Ui, WidgetInfo, accesskit::Role, vec2};

use super::pane::About;
use crate::model::convert;
use crate::ui::command::Command;
use crate::ui::icons::{self, Icon};
use crate::ui::theme::{self, GRID};

/// The width of the text of an empty state.
const TEXT_WIDTH: f32 = 480.0;
/// The height of a hint.
const HINT_HEIGHT: f32 = 7.0 * GRID;

/// A next step that a pane without content offers: a button with an icon, and its command.
#[derive(Clone, Debug)]
pub(in crate::ui) struct NextStep {
    pub(in crate::ui) icon: Icon,
    pub(in crate::ui) label: &'static str,
    pub(in crate::ui) command: Command,
}

impl NextStep {
    pub(in crate::ui) fn new(icon: Icon, label: &'static str, command: Command) -> Self {
        Self { icon, label, command }
    }

    /// Returns the steps that get more snapshots of the process.
    pub(in crate::ui) fn more_snapshots() -> Vec<Self> {
        vec![
            Self::new(Icon::FolderOpen, "Open another snapshot…", Command::OpenDialog),
            Self::new(Icon::Camera, "Capture…", Command::Capture),
        ]
    }
}

/// Draws the content of an empty pane: its icon and title, a text that says what would appear, and the next steps.
pub(in crate::ui) fn empty_state(
    ui: &mut Ui,
    (icon, title, text): (Icon, &str, &str),
    steps: Vec<NextStep>,
    commands: &mut Vec<Command>,
) {
    let tokens = theme::tokens(ui);
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.2).clamp(2.0 * GRID, 24.0 * GRID));
        let (circle, _) = ui.allocate_exact_size(vec2(14.0 * GRID, 14.0 * GRID), Sense::hover());
        ui.painter().circle_filled(circle.center(), 7.0 * GRID, tokens.surface);
        icons::paint(ui.painter(), circle.center(), icon, 6.0 * GRID, tokens.weak);
        ui.add_space(2.0 * GRID);
        let title_text = RichText::new(title).size(theme::TEXT_CARD).color(tokens.text);
        let heading = ui.add(Label::new(title_text).wrap());
        heading.widget_info(|| WidgetInfo::labeled(Role::Heading, true, title));
        ui.scope(|ui| {
            ui.set_max_width(TEXT_WIDTH.min(ui.available_width() - 4.0 * GRID));
            ui.add(Label::new(RichText::new(text).weak()).wrap());
        });
        ui.add_space(3.0 * GRID);
        buttons(ui, steps, commands);
    });
}

/// Draws the buttons of next steps, centered.
fn buttons(ui: &mut Ui, steps: Vec<NextStep>, commands: &mut Vec<Command>) {
    let font = egui::TextStyle::Button.resolve(ui.style());
    let layout = |text: &str| ui.painter().layout_no_wrap(text.to_owned(), font.clone(), egui::Color32::PLACEHOLDER);
    let padding = 2.0 * ui.spacing().button_padding.x + icons::ICON_SIZE + ui.spacing().icon_spacing;
    let widths: Vec<f32> = steps.iter().map(|step| layout(step.label).size().x + padding).collect();
    let gap = 2.0 * GRID;
    let width = widths.iter().sum::<f32>() + gap * convert::screen(widths.len().saturating_sub(1));
    ui.allocate_ui_with_layout(
        vec2(width.min(ui.available_width()), 6.0 * GRID),
        Layout::left_to_right(egui::Align::Center),
        |ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for step in steps {
                if icons::labeled_button(ui, step.icon, step.label).clicked() {
                    commands.push(step.command);
                }
            }
        },
    );
}

/// Tells the panes which views show no hint, by their labels.
pub(in crate::ui) fn set_dismissed_hints(ctx: &Context, dismissed: &[String]) {
    ctx.data_mut(|data| {
        let known = data.get_temp_mut_or_default::<Vec<String>>(hints_id());
        if known != dismissed {
            *known = dismissed.to_vec();
        }
    });
}

fn hints_id() -> Id {
    Id::unique("dismissed hints")
}

/// Draws what a view is for, in one line above it, until the user dismisses it.
pub(in crate::ui) fn hint_strip(ui: &mut Ui, about: &About, commands: &mut Vec<Command>) {
    let label = about.kind.label();
    let is_dismissed = |known: &Vec<String>| known.iter().any(|of| of == label);
    if ui.data(|data| data.get_temp::<Vec<String>>(hints_id()).is_some_and(|known| is_dismissed(&known))) {
        return;
    }
    let tokens = theme::tokens(ui);
    let frame = Frame::new().fill(tokens.surface).inner_margin(Margin::symmetric(8, 0));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        let room = vec2(ui.available_width(), HINT_HEIGHT);
        ui.allocate_ui_with_layout(room, Layout::right_to_left(egui::Align::Center), |ui| {
            ui.set_height(HINT_HEIGHT);
            let button = ui.small_button("Got it").on_hover_text("Do not show this hint again; Help keeps it");
            if button.clicked() {
                commands.push(Command::DismissHint(about.kind));
            }
            ui.with_layout(Layout::left_to_right(egui::Align::Center), |ui| {
                let (icon, _) = ui.allocate_exact_size(vec2(4.0 * GRID, HINT_HEIGHT), Sense::hover());
                icons::paint(ui.painter(), icon.center(), Icon::Lightbulb, icons::ICON_SIZE, tokens.accent);
                ui.add(Label::new(RichText::new(about.purpose).color(tokens.text)).truncate());
            });
        });
    });
    ui.painter().hline(ui.min_rect().x_range(), ui.min_rect().bottom(), egui::Stroke::new(1.0, tokens.border));
}
