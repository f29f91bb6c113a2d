//! Execution of commands.

use super::AppState;
use crate::model::SnapshotId;
use crate::ui::command::{Command, Lower, Target, ViewKind};
use crate::ui::notice::Notice;
use crate::ui::panes::Slot;
use crate::ui::panes::registry::about;

impl AppState {
    /// Executes a command of a pane of `slot`; returns text to copy to the clipboard.
    pub fn run(&mut self, slot: Slot, command: Command) -> Option<String> {
        let place = self.place(slot)?;
        let view = self.views.get_mut(&slot)?;
        match command {
            Command::Select { target, by_key } => {
                view.select(&self.session, Some(target), Some(view.kind));
                self.stepped(slot, by_key);
                self.follow_selection(slot);
            }
            Command::SelectClass { class, by_key } => {
                view.select_class(&self.session, &place, class);
                self.stepped(slot, by_key);
                self.follow(slot, None, class);
            }
            Command::Inspect(target) => view.inspect(&self.session, target),
            Command::ShowObject(target) => {
                view.select(&self.session, Some(target), None);
                self.stepped(slot, false);
                self.follow_selection(slot);
            }
            Command::ShowRetainers(target) => {
                view.show_retainers(&self.session, target);
                self.stepped(slot, false);
                self.follow_selection(slot);
            }
            Command::Reveal(target, kind) => self.go_to(slot.side, target, kind),
            Command::Find(snapshot, id) => {
                self.active = slot.side;
                self.find_object(snapshot, id, ViewKind::SUMMARY, Lower::Retainers);
            }
            Command::Notify(notice) => self.toasts.push(notice),
            Command::Show(kind) => {
                self.active = slot.side;
                self.show_view(kind);
            }
            Command::ShowSnapshot(id) => {
                let kind = view.kind;
                self.show_in_view(slot.side, id, kind);
            }
            Command::DismissHint(kind) => self.settings.dismiss_hint(kind.label()),
            Command::ShowStack { target, call } => return self.show_stack(slot, target, call),
            Command::Filter(filter) => {
                view.panes.summary.nodes = filter;
                self.active = slot.side;
                self.show_view(ViewKind::SUMMARY);
            }
            Command::Ignore(target) => view.retainers.ignore(target.node),
            Command::Restore(node) => view.retainers.restore(node),
            Command::RestoreAll => view.retainers.restore_all(),
            Command::MergePaths { of, title, nodes } => {
                view.merge_paths(of, title, nodes);
                self.stepped(slot, false);
            }
            Command::Compare { base, current } => {
                self.show_in_view(slot.side, current, ViewKind::COMPARISON);
                self.shown_view()?.panes.comparison.set_base(base);
            }
            Command::ShowGrowth { class } => {
                view.panes.growth.filter = class;
                self.active = slot.side;
                self.show_view(ViewKind::GROWTH);
            }
            Command::IgnoreFinding(signature) => self.settings.ignore_finding(signature),
            Command::RestoreFinding(signature) => self.restore_finding(&signature),
            Command::RememberQuery(query) => self.settings.remember_query(query),
            // The frame around the views has taken these.
            Command::OpenDialog | Command::Capture | Command::AddSourceFolder(_) => {}
            command @ (Command::ShowSource { .. }
            | Command::HideSource
            | Command::OpenInEditor(_)
            | Command::CopySource(_)) => return self.run_of_source(slot, command),
            Command::Note { of, subject, label } => self.edit_note(of, subject, label),
            Command::CopyLink(target) => return self.link_to(slot, target),
            Command::Explain(term) => self.help.explain(term),
            Command::Copy(text) => return Some(text),
            Command::Export { name, list } => {
                // The file name shows it to later readers too.
                let damaged = if place.snapshot.recovery().is_some() { "-damaged" } else { "" };
                self.ask_where_to_write(list, format!("{name}{damaged}.csv"));
            }
            Command::SaveReport => self.ask_for_report(slot),
        }
        None
    }

    /// Returns the command that opens the window with an object selected.
    fn link_to(&mut self, slot: Slot, target: Target) -> Option<String> {
        let (source, snapshot) = (self.session.source(target.snapshot)?, self.session.snapshot(target.snapshot)?);
        let Some(path) = source.path.as_deref() else {
            self.toasts.push(Notice::fact("Only files on disk have links"));
            return None;
        };
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let kind = self.views.get(&slot)?.kind;
        let kind = if about(kind).reveals { kind } else { ViewKind::SUMMARY };
        let view = kind.label().to_lowercase().replace(' ', "-");
        let path = crate::ui::saved::quoted(&path.display().to_string());
        Some(format!("heapglass open {path} --at {} --view {view}", snapshot.id(target.node)))
    }

    /// Shows a snapshot on a side, in a view.
    fn show_in_view(&mut self, side: usize, id: SnapshotId, kind: ViewKind) {
        self.show_in(side, id);
        if let Some(view) = self.shown_view() {
            view.kind = kind;
        }
    }

    /// Shows the allocation site of an object in the view of its own snapshot.
    fn show_stack(&mut self, slot: Slot, target: Target, call: u32) -> Option<String> {
        let there = Slot { side: slot.side, id: target.snapshot };
        if there != slot {
            self.show_in(there.side, there.id);
        }
        let place = self.place(there)?;
        let view = self.views.get_mut(&there)?;
        view.leave_interval_for(&place, target.node);
        view.panes.allocations.reveal(call);
        self.active = there.side;
        self.show_view(ViewKind::ALLOCATIONS);
        None
    }
}
