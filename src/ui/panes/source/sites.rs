//! The lines that put an object into its holder, below its source.

use egui::{Label, Rect, RichText, ScrollArea, Ui, UiBuilder, pos2, vec2};

use crate::findings::{Site, Written};
use crate::model::{SnapshotId, human};
use crate::query::short_script;
use crate::session::Reply;
use crate::ui::command::{Command, SourceAt};
use crate::ui::place_link;
use crate::ui::theme::{self, GRID};

/// The height of a line.
const LINE: f32 = 4.5 * GRID;
/// The width of the column with the relation of a line to the holder.
const RELATION: f32 = 17.0 * GRID;
/// The height that the list has, whatever it contains, so that the text above it does not move when the lines arrive.
pub(super) const HEIGHT: f32 = 3.0 * LINE + 2.0 * GRID;

/// Returns the position of a line in its snapshot.
pub(in crate::ui) fn at(snapshot: SnapshotId, site: &Site) -> SourceAt {
    SourceAt::Script(snapshot, site.location())
}

/// Returns the lines, each once: a line that creates a member often adds it, too.
pub(in crate::ui) fn distinct(sites: &[Site]) -> impl Iterator<Item = &Site> {
    let is_new = |&(at, site): &(usize, &Site)| {
        sites[..at].iter().all(|of| (of.place.line, &of.place.url) != (site.place.line, &site.place.url))
    };
    sites.iter().enumerate().filter(is_new).map(|(_, site)| site)
}

/// Returns the word for the relation of a line to a holder.
pub(in crate::ui) fn relation(site: &Site) -> &'static str {
    match site.what {
        "creates" => "Created",
        "registers" => "Registered",
        "adds" => "Added",
        _ => "Declared",
    }
}

/// Draws the list into `rect`, with the line that is on screen marked.
pub(super) fn show(
    ui: &mut Ui,
    rect: Rect,
    snapshot: SnapshotId,
    reply: &Reply<Written>,
    shown: Option<&SourceAt>,
    commands: &mut Vec<Command>,
) {
    let tokens = theme::tokens(ui);
    ui.painter().hline(rect.x_range(), rect.top(), egui::Stroke::new(1.0, tokens.border));
    let inner = Rect::from_min_max(pos2(rect.left() + 2.0 * GRID, rect.top() + GRID), rect.max - vec2(2.0 * GRID, 0.0));
    let mut ui = ui.new_child(UiBuilder::new().max_rect(inner));
    ui.shrink_clip_rect(rect);
    ui.spacing_mut().item_spacing = vec2(1.5 * GRID, 0.0);
    ui.spacing_mut().interact_size.y = LINE;
    let heading = match reply {
        Reply::Ready(written) if written.sites.is_empty() => {
            format!("No line found that fills {}", human::visible(&written.holder, 80))
        }
        Reply::Ready(written) => {
            let count = human::quantity(distinct(&written.sites).count() as u64, "place", "places");
            format!("{} is written in {count}", human::visible(&written.holder, 80))
        }
        Reply::Pending { .. } => "Looking for the lines that fill the holder…".to_owned(),
        Reply::Failed(message) => message.clone(),
    };
    ui.horizontal(|ui| {
        ui.set_min_height(LINE);
        ui.add(Label::new(RichText::new(heading).font(theme::small()).strong()).truncate());
    });
    let Reply::Ready(written) = reply else { return };
    ScrollArea::vertical().id_salt("written in").auto_shrink(false).show(&mut ui, |ui| {
        for site in distinct(&written.sites) {
            line(ui, snapshot, site, shown, commands);
        }
    });
}

fn line(ui: &mut Ui, snapshot: SnapshotId, site: &Site, shown: Option<&SourceAt>, commands: &mut Vec<Command>) {
    let tokens = theme::tokens(ui);
    let at = at(snapshot, site);
    let top = ui.cursor().top();
    let row = Rect::from_x_y_ranges(ui.max_rect().x_range(), top..=top + LINE);
    if shown == Some(&at) {
        ui.painter().rect_filled(row.expand2(vec2(GRID, 0.0)), 2.0, tokens.selection_quiet);
    }
    ui.horizontal(|ui| {
        ui.set_min_height(LINE);
        let (cell, _) = ui.allocate_exact_size(vec2(RELATION, LINE), egui::Sense::hover());
        let (text, font) = (relation(site), theme::small());
        ui.painter().text(cell.left_center(), egui::Align2::LEFT_CENTER, text, font, tokens.weak);
        let short = format!("{}:{}", short_script(&site.place.url), site.place.line);
        let whole = format!("{}:{}:{}", human::visible(&site.place.url, 500), site.place.line, site.place.column);
        let function = site.function.as_ref().map(|name| format!("\nin {}", human::visible(name, 120)));
        let more = function.as_deref().unwrap_or_default();
        place_link::show(ui, &at, (&short, &whole), theme::small(), more, commands);
        if let Some(code) = &site.text {
            let code = human::visible(code.trim(), 200).into_owned();
            let text = RichText::new(&code).font(theme::mono_small()).color(tokens.code);
            ui.add(Label::new(text).truncate().selectable(false)).on_hover_text(format!("{code}{more}"));
        }
    });
}
