//! The suggestions for a text.

use egui::Ui;

use super::commands::{self, matches};
use super::{Icon, Suggestion};
use crate::model::{ClassId, SnapshotId, human};
use crate::query::{Filter, ListSpec, OrderKey, Query, SelectionOf, Sort, node_label};
use crate::session::Reply;
use crate::ui::action::Action;
use crate::ui::command::{Command, Step, Target, ViewKind};
use crate::ui::state::AppState;
use crate::ui::theme;

/// The maximum number of commands beside the results of a search.
const COMMAND_LIMIT: usize = 4;
const CLASS_LIMIT: usize = 8;
/// The maximum length of a name, in characters.
const NAME_LIMIT: usize = 60;

/// Returns the suggestions for a text, the most likely one first.
pub(super) fn all(ui: &Ui, app: &mut AppState, text: &str) -> Vec<Suggestion> {
    if let Some(command) = text.strip_prefix('>') {
        return [of_selection(app, command), of_commands(ui, app, command, usize::MAX)].concat();
    }
    let Some(id) = app.shown().filter(|id| app.session.snapshot(*id).is_some()) else {
        return of_commands(ui, app, text, usize::MAX);
    };
    let text = text.trim();
    if text.is_empty() {
        return [of_selection(app, ""), of_commands(ui, app, "", usize::MAX)].concat();
    }
    let mut all = vec![of_search(ui, app, id, text)];
    all.extend(of_id(id, text));
    all.extend(of_commands(ui, app, text, COMMAND_LIMIT));
    all.extend(of_classes(ui, app, id, text));
    all
}

fn of_search(ui: &Ui, app: &mut AppState, id: SnapshotId, text: &str) -> Suggestion {
    let detail = if let Err(error) = Query::parse(text) {
        human::visible(&error.message, NAME_LIMIT).into_owned()
    } else {
        let within = app.shown_snapshot_view().map(|view| view.panes.search.within.clone()).unwrap_or_default();
        let filter = within.and(crate::query::NodeFilter::Matching(text.to_owned()));
        match app.session.ask(&SelectionOf { snapshot: id, filter }) {
            Reply::Ready(found) => {
                let size = theme::look(ui).units.bytes(found.shallow_size);
                format!("{}, {size}", human::quantity(found.count, "object", "objects"))
            }
            Reply::Pending { .. } => "…".to_owned(),
            Reply::Failed(message) => message,
        }
    };
    Suggestion {
        icon: Icon::Search,
        text: format!("Search objects for “{}”", human::visible(text, NAME_LIMIT)),
        detail,
        action: Action::Hit(Step::Next),
        section: "Objects",
    }
}

fn of_id(snapshot: SnapshotId, text: &str) -> Option<Suggestion> {
    let digits = text.strip_prefix('@').unwrap_or(text);
    let id: u64 = digits.parse().ok()?;
    Some(Suggestion {
        icon: Icon::Hash,
        text: format!("Go to object @{id}"),
        detail: String::new(),
        action: Action::Run(Box::new(Command::Find(snapshot, id))),
        section: "Objects",
    })
}

fn of_commands(ui: &Ui, app: &mut AppState, text: &str, limit: usize) -> Vec<Suggestion> {
    let is_searched = app.shown_snapshot_view().is_some_and(|view| !view.panes.search.text.trim().is_empty());
    let is_possible = |action: &Action| match action {
        Action::ToggleSplit => app.can_split(),
        Action::ToggleLink => app.is_split,
        Action::ScrubShown => app.can_scrub(),
        Action::Hit(_) => is_searched,
        Action::Back => app.history.can_go_back(),
        Action::Forward => app.history.can_go_forward(),
        _ => true,
    };
    commands::all(ui.ctx())
        .into_iter()
        .filter(|command| is_possible(&command.action) && matches(&command.name, text))
        .take(limit)
        .map(|command| Suggestion {
            icon: Icon::ChevronRight,
            text: command.name,
            detail: command.key,
            action: command.action,
            section: "Commands",
        })
        .collect()
}

/// Returns the largest classes with the text in their names.
fn of_classes(ui: &Ui, app: &mut AppState, id: SnapshotId, text: &str) -> Vec<Suggestion> {
    let Some(snapshot) = app.session.snapshot(id) else { return Vec::new() };
    let filter = Filter { class_name: text.to_owned(), ..Filter::default() };
    let key = OrderKey { snapshot: id, list: ListSpec::Classes, sort: Sort::BY_RETAINED_SIZE, filter };
    let Reply::Ready(order) = app.session.ask(&key) else { return Vec::new() };
    let units = theme::look(ui).units;
    let classes = order.rows.iter().take(CLASS_LIMIT).map(|&class| ClassId(class));
    classes
        .map(|class| {
            let of = snapshot.classes().get(class);
            Suggestion {
                icon: Icon::Shapes,
                text: human::visible(&of.name, NAME_LIMIT).into_owned(),
                detail: format!("×{}, {} retained", human::count(of.count), units.bytes(of.retained_size)),
                action: Action::RevealClass(id, class),
                section: "Classes",
            }
        })
        .collect()
}

/// Returns the commands for the selected object.
fn of_selection(app: &mut AppState, text: &str) -> Vec<Suggestion> {
    let Some(target) = app.shown_snapshot_view().and_then(|view| view.inspected().or(view.target())) else {
        return Vec::new();
    };
    let Some(snapshot) = app.session.snapshot(target.snapshot) else { return Vec::new() };
    let name = human::visible(&node_label(&snapshot, target.node), NAME_LIMIT).into_owned();
    let object = format!("{name} {}", snapshot.id(target.node));
    let mut all = vec![(format!("Show retainers of {object}"), Icon::Waypoints, Command::ShowRetainers(target))];
    for kind in [ViewKind::SUMMARY, ViewKind::CONTAINMENT, ViewKind::DOMINATORS] {
        let icon = crate::ui::panes::registry::about(kind).icon;
        all.push((format!("Reveal {object} in {}", kind.label()), icon, Command::Reveal(target, kind)));
    }
    let display = snapshot.display_name(target.node).into_owned();
    all.push((format!("Copy name of {object}"), Icon::Copy, Command::Copy(display)));
    all.push((format!("Copy id {}", snapshot.id(target.node)), Icon::Copy, Command::Copy(id_text(&snapshot, target))));
    all.into_iter()
        .filter(|(name, ..)| matches(name, text))
        .map(|(text, icon, command)| Suggestion {
            icon,
            text,
            detail: String::new(),
            action: Action::Run(Box::new(command)),
            section: "Selected object",
        })
        .collect()
}

fn id_text(snapshot: &crate::snapshot::Snapshot, target: Target) -> String {
    snapshot.id(target.node).to_string()
}
