//! Source: the text of the script at the position of the selected object, class, line or function, and the lines that fill
//! the holder of the object.

mod header;
mod missing;
pub(in crate::ui) mod sites;
mod text_view;

use std::sync::Arc;

use egui::{Event, Id, Rect, Ui, UiBuilder, pos2, vec2};

use self::text_view::{Mark, TextView};
use super::item;
use crate::analysis::Location;
use crate::findings::{Written, WrittenOf};
use crate::model::human;
use crate::query::{Scripts, ScriptsOf};
use crate::session::{Reply, Session};
use crate::sources::{ShownText, SourceOf, SourceOfUrl, SourceView};
use crate::ui::command::{Command, SourceAt, Target};
use crate::ui::context_menu;
use crate::ui::theme::GRID;

/// The largest share of the height that the lines below the text have.
const SITES_SHARE: f32 = 0.45;

/// The pane's own state.
#[derive(Clone, Debug, Default)]
pub struct SourcePane {
    /// The selected object.
    target: Option<Target>,
    /// One of the objects whose merged paths are shown, while no object is selected.
    example: Option<Target>,
    /// True if an example is on its way.
    expects_example: bool,
    /// A position that is shown instead of that of the object.
    chosen: Option<SourceAt>,
    /// The position on screen.
    shown: Option<SourceAt>,
    loaded: Option<Loaded>,
    view: TextView,
    /// True if the beginning of a text is shown that does not reach the position.
    shows_beginning: bool,
    /// The line that the context menu is about, from 0.
    menu_line: Option<usize>,
}

/// The text on screen.
#[derive(Clone, Debug)]
struct Loaded {
    at: SourceAt,
    source: Arc<SourceView>,
    mark: Option<Mark>,
}

/// A position whose script is known, with its names.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) at: SourceAt,
    pub(super) short: String,
    pub(super) whole: String,
    pub(super) url: Option<String>,
    pub(super) line: u32,
}

impl Loaded {
    /// Names the position as written, if the text is that of a file as written.
    fn renamed(&self, named: &Named) -> Named {
        let place = self.source.text.as_ref().and_then(ShownText::written).zip(self.source.url.clone());
        let Some((place, url)) = place else { return named.clone() };
        let end = format!(":{}:{}", u64::from(place.line) + 1, u64::from(place.column) + 1);
        Named {
            at: named.at.clone(),
            short: format!("{}{end}", crate::query::short_script(&url)),
            whole: format!("{}{end}", human::visible(&url, 300)),
            url: Some(url),
            line: place.line,
        }
    }
}

impl SourcePane {
    /// Shows the source of another object, or of none.
    pub fn set_target(&mut self, target: Option<Target>) {
        if self.target != target {
            self.target = target;
            self.chosen = None;
        }
    }

    /// Shows the lines that fill the holder of an example, while no object is selected. `is_expected` reserves the room
    /// for them.
    pub fn set_example(&mut self, example: Option<Target>, is_expected: bool) {
        (self.example, self.expects_example) = (example, is_expected);
    }

    /// Shows a position until another object is selected.
    pub fn choose(&mut self, at: Option<SourceAt>) {
        self.chosen = at;
    }

    /// Returns whether a position is shown that is not the one of the object.
    #[must_use]
    pub fn has_choice(&self) -> bool {
        self.chosen.is_some()
    }

    /// Returns the position that is shown, or would be if the pane were on screen.
    #[must_use]
    pub fn at(&self, session: &Session) -> Option<SourceAt> {
        self.chosen.clone().or_else(|| self.own(session)).or_else(|| self.shown.clone())
    }

    /// Returns the position of the selected object.
    fn own(&self, session: &Session) -> Option<SourceAt> {
        let target = self.target?;
        let at = session.snapshot(target.snapshot)?.location(target.node)?;
        Some(SourceAt::Script(target.snapshot, at))
    }

    /// Draws the pane into the available room. `closes` adds a button that closes it.
    pub fn show(&mut self, ui: &mut Ui, session: &mut Session, side: usize, closes: bool) -> Vec<Command> {
        let mut commands = Vec::new();
        let room = ui.available_rect_before_wrap();
        let of = self.target.or(self.example);
        let written = of.filter(|target| session.snapshot(target.snapshot).is_some()).map(|target| {
            let paths = session.source_paths().clone();
            let question = WrittenOf { snapshot: target.snapshot, node: target.node, paths };
            (target, session.ask(&question))
        });
        let own = self.own(session);
        let first = || written.as_ref().and_then(|(target, reply)| first_site(*target, reply));
        let at = self.chosen.clone().or(own).or_else(first);
        if self.shown != at {
            self.shown.clone_from(&at);
            self.shows_beginning = false;
        }
        let has_sites = written.is_some() || self.expects_example;
        let below = if has_sites { sites::HEIGHT.min(room.height() * SITES_SHARE) } else { 0.0 };
        let (above, list) = room.split_top_bottom_at_y(room.bottom() - below);
        let mut inner = ui.new_child(UiBuilder::new().max_rect(above).id_salt("source"));
        inner.shrink_clip_rect(above);
        match at.as_ref().and_then(|at| named(session, at)) {
            Some(named) => self.place(&mut inner, session, side, &named, closes, &mut commands),
            None if at.is_some() => missing::loading(&mut inner),
            None => missing::no_position(&mut inner, session, self.target),
        }
        if let Some((target, reply)) = &written {
            sites::show(ui, list, target.snapshot, reply, at.as_ref(), &mut commands);
        }
        ui.advance_cursor_after_rect(room);
        commands
    }

    /// Draws the source at a position.
    fn place(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        side: usize,
        named: &Named,
        closes: bool,
        commands: &mut Vec<Command>,
    ) {
        let reply = ask(session, named);
        if let Reply::Ready(source) = &reply {
            self.take(named, source);
        }
        // With source maps, another position of a script may be in another file.
        let loaded = self.loaded.as_ref().filter(|loaded| loaded.at == named.at);
        let named = &loaded.map_or_else(|| named.clone(), |loaded| loaded.renamed(named));
        header::show(ui, named, loaded.map(|loaded| &*loaded.source), closes, commands);
        let room = ui.available_rect_before_wrap();
        let Some(loaded) = loaded else {
            return match reply {
                Reply::Failed(message) => super::failure(ui, &message),
                _ => missing::loading(ui),
            };
        };
        let mark = loaded.mark.filter(|_| loaded.at == named.at);
        match &loaded.source.text {
            Some(text) if mark.is_some() || self.shows_beginning => {
                let text_room = Rect::from_min_max(pos2(room.left(), room.top()), room.max - vec2(0.0, GRID * 0.5));
                let id = Id::unique(("source text", side));
                let drawn = self.view.show(ui, id, text_room, text, mark);
                if drawn.response.clicked()
                    && ui.input(|input| input.modifiers.command)
                    && let Some(line) = drawn.line
                {
                    commands.push(Command::OpenInEditor(at_line(named, text, line)));
                }
                if drawn.response.secondary_clicked() {
                    self.menu_line = drawn.line;
                }
                let line = self.menu_line.or(mark.map(Mark::line)).unwrap_or(0);
                let has_copied = drawn.response.has_focus() && ui.input(|input| input.events.contains(&Event::Copy));
                if has_copied && let Some(mark) = mark {
                    commands.push(copy_line(text, mark.line()));
                }
                context_menu::show(&drawn.response, text_room.left_top(), |ui| {
                    item(ui, "Open this line in editor", commands, || {
                        Command::OpenInEditor(at_line(named, text, line))
                    });
                    item(ui, "Copy line", commands, || copy_line(text, line));
                });
            }
            _ => {
                if missing::no_text(ui, named, &loaded.source, commands) {
                    self.shows_beginning = true;
                    self.view.reset();
                }
            }
        }
    }

    /// Takes over a text that has arrived.
    fn take(&mut self, named: &Named, source: &Arc<SourceView>) {
        let is_known = self.loaded.as_ref().is_some_and(|of| of.at == named.at && Arc::ptr_eq(&of.source, source));
        if is_known {
            return;
        }
        let is_same = self.loaded.as_ref().is_some_and(|of| Arc::ptr_eq(&of.source, source));
        if !is_same {
            self.view.reset();
        }
        let at = location(&named.at);
        let mark = source.text.as_ref().and_then(|text| Mark::new(text, text.position(at)?));
        if let Some(mark) = mark {
            self.view.reveal(mark);
            self.shows_beginning = false;
        }
        self.loaded = Some(Loaded { at: named.at.clone(), source: Arc::clone(source), mark });
    }
}

/// Returns the position of the most important line that fills a holder.
fn first_site(target: Target, reply: &Reply<Written>) -> Option<SourceAt> {
    let Reply::Ready(written) = reply else { return None };
    written.sites.first().map(|site| sites::at(target.snapshot, site))
}

/// Asks for the text of a script.
fn ask(session: &mut Session, named: &Named) -> Reply<SourceView> {
    let paths = session.source_paths().clone();
    match &named.at {
        SourceAt::Script(snapshot, at) => {
            let originals = session.snapshot(*snapshot).map(|of| Arc::clone(of.originals())).unwrap_or_default();
            session.ask(&SourceOf::at(*snapshot, &originals, *at, &paths))
        }
        SourceAt::Named { of, url, .. } => session.ask(&SourceOfUrl { file: *of, url: url.clone(), paths }),
    }
}

/// Finds the script of a position, and its names; `None` until the scripts are known.
fn named(session: &mut Session, at: &SourceAt) -> Option<Named> {
    let of = match at {
        SourceAt::Script(of, _) | SourceAt::Named { of, .. } => *of,
    };
    let scripts = match session.snapshot(of) {
        Some(_) => session.ask(&ScriptsOf(of)).ready()?,
        None => Arc::new(Scripts::default()),
    };
    let at = resolved(at, &scripts);
    Some(match &at {
        SourceAt::Script(_, place) => Named {
            short: scripts.short(*place),
            whole: scripts.full(*place),
            url: scripts.place(*place).url.map(str::to_owned),
            line: scripts.place(*place).line,
            at,
        },
        SourceAt::Named { url, line, column, .. } => {
            let end = format!(":{}:{}", u64::from(*line) + 1, u64::from(*column) + 1);
            let short = format!("{}{end}", crate::query::short_script(url));
            let whole = format!("{}{end}", human::visible(url, 300));
            Named { short, whole, url: Some(url.clone()), line: *line, at }
        }
    })
}

/// Finds the script of a named position.
pub(in crate::ui) fn resolved(at: &SourceAt, scripts: &Scripts) -> SourceAt {
    let SourceAt::Named { of, url, line, column } = at else { return at.clone() };
    let script = scripts.all().iter().find(|script| script.url.as_deref() == Some(url));
    match script {
        Some(script) => SourceAt::Script(*of, Location { script_id: script.id, line: *line, column: *column }),
        // The file as written of a script with a source map.
        None => match scripts.originals().location_of(url, *line, *column) {
            Some(generated) => SourceAt::Script(*of, generated),
            None => at.clone(),
        },
    }
}

fn location(at: &SourceAt) -> Location {
    match at {
        SourceAt::Script(_, at) => *at,
        SourceAt::Named { line, column, .. } => Location { script_id: 0, line: *line, column: *column },
    }
}

/// Copies a line; of a very long one, the beginning.
fn copy_line(text: &ShownText, line: usize) -> Command {
    /// The maximum length of a copied line, in characters.
    const LIMIT: usize = 100_000;
    Command::Copy(human::cut(text.line(line), LIMIT).into_owned())
}

/// Returns the start of a line of the text on screen, counted from 0.
fn at_line(named: &Named, text: &ShownText, line: usize) -> SourceAt {
    let line = text.line_number(line).saturating_sub(1);
    match &named.at {
        SourceAt::Script(of, at) if text.written().is_none() => {
            SourceAt::Script(*of, Location { line, column: 0, ..*at })
        }
        SourceAt::Script(of, _) | SourceAt::Named { of, .. } => {
            SourceAt::Named { of: *of, url: named.url.clone().unwrap_or_default(), line, column: 0 }
        }
    }
}
