//! Panes: what is shown of a snapshot. They draw and say what the person wants; the application does it.

pub mod object;
pub mod retainers;
pub mod summary;

use crate::model::NodeOrdinal;

/// What a pane asks of the application.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Show the object in the lower panes.
    Select(NodeOrdinal),
    /// Go to the object in the summary.
    Reveal(NodeOrdinal),
    Copy(String),
}

/// The context menu of an object's row.
pub(super) fn object_menu(
    ui: &mut egui::Ui,
    snapshot: &crate::Snapshot,
    node: NodeOrdinal,
    commands: &mut Vec<Command>,
) {
    let mut item = |ui: &mut egui::Ui, text: &str, command: &dyn Fn() -> Command| {
        if ui.button(text).clicked() {
            commands.push(command());
            ui.close();
        }
    };
    item(ui, "Show retainers", &|| Command::Select(node));
    item(ui, "Reveal in Summary", &|| Command::Reveal(node));
    ui.separator();
    item(ui, "Copy name", &|| Command::Copy(snapshot.display_name(node).into_owned()));
    item(ui, "Copy id", &|| Command::Copy(snapshot.id(node).to_string()));
}
