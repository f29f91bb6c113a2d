//! Text in limited space: truncated with an ellipsis or omitted, never cut within a letter.

use std::path::Path;
use std::sync::Arc;

use egui::text::{LayoutJob, TextWrapping};
use egui::{Color32, ComboBox, FontId, Galley, Label, Painter, Pos2, Response, RichText, Ui, vec2};

use crate::model::{SnapshotId, human};
use crate::session::Session;
use crate::snapshot::SourceInfo;

/// The minimum width for text. In less space, nothing is shown: an ellipsis alone is useless.
const LEAST: f32 = 18.0;
/// The maximum length of a file name, in characters.
const NAME_LIMIT: usize = 160;
/// The maximum length of a path, in characters.
const PATH_LIMIT: usize = 300;

/// Lays out a text in one line, truncated with an ellipsis if it is wider than `room`.
pub(super) fn line(painter: &Painter, text: &str, room: f32, font: FontId, color: Color32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = TextWrapping::truncate_at_width(room);
    painter.layout_job(job)
}

/// Draws a name in one line with the first of `details` that fits after the whole name, or the name alone. A name that is
/// too wide is truncated with an ellipsis; if none of it fits, nothing is drawn. `at` is the center of the left edge.
pub(super) fn in_room(
    painter: &Painter,
    at: Pos2,
    room: f32,
    name: &str,
    details: &[String],
    (font, color): (FontId, Color32),
) {
    if room < LEAST {
        return;
    }
    let width = |text: &str| painter.layout_no_wrap(text.to_owned(), font.clone(), color).size().x;
    let whole = details.iter().map(|detail| format!("{name}{detail}")).find(|text| width(text) <= room);
    let galley = line(painter, whole.as_deref().unwrap_or(name), room, font.clone(), color);
    // If the first letter does not fit, only the ellipsis is left.
    if galley.elided && galley.rows.first().is_none_or(|row| row.glyphs.len() < 2) {
        return;
    }
    painter.galley(at - vec2(0.0, galley.size().y / 2.0), galley, color);
}

/// Draws one line of right-aligned text. `at` is the center of the right edge.
pub(super) fn right(painter: &Painter, at: Pos2, room: f32, text: &str, (font, color): (FontId, Color32)) {
    if room < LEAST {
        return;
    }
    let galley = line(painter, text, room, font, color);
    painter.galley(at - vec2(galley.size().x, galley.size().y / 2.0), galley, color);
}

/// Truncates a text in the middle so that it is no wider than `room`. More of the end is kept, because the names of related
/// files often share their start.
pub(super) fn middle(ui: &Ui, text: &str, font: &FontId, room: f32) -> String {
    let text = human::visible(text, NAME_LIMIT);
    let fits =
        |text: &str| ui.painter().layout_no_wrap(text.to_owned(), font.clone(), Color32::PLACEHOLDER).size().x <= room;
    if fits(&text) {
        return text.into_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let cut = |kept: usize| -> String {
        let head = kept * 2 / 5;
        letters[..head].iter().chain(&['…']).chain(&letters[letters.len() - (kept - head)..]).collect()
    };
    let (mut fitting, mut too_wide) = (0, letters.len());
    while fitting + 1 < too_wide {
        let kept = usize::midpoint(fitting, too_wide);
        if fits(&cut(kept)) { fitting = kept } else { too_wide = kept }
    }
    cut(fitting)
}

/// File extensions, which may be dropped since the kind of file is visible anyway.
const ENDINGS: [&str; 3] = [".heapsnapshot", ".heaptimeline", ".heapprofile"];

/// Drops the extension of a file name, and cuts its middle to `room`.
pub(super) fn file_name(ui: &Ui, name: &str, font: &FontId, room: f32) -> String {
    let packed = [".gz", ".zst"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    let stem = ENDINGS.iter().find_map(|ending| packed.strip_suffix(ending)).filter(|stem| !stem.is_empty());
    middle(ui, stem.unwrap_or(name), font, room)
}

/// Shortens the names of the files of a list to `room`, so that they still differ. If two names differ only in their middle,
/// which would be cut, the part that differs is kept.
pub(super) fn file_names(ui: &Ui, names: &[String], font: &FontId, room: f32) -> Vec<String> {
    let mut shown: Vec<String> = names.iter().map(|name| file_name(ui, name, font, room)).collect();
    let is_alike = |at: usize| (0..names.len()).any(|of| names[of] != names[at] && shown[of] == shown[at]);
    let alike: Vec<usize> = (0..names.len()).filter(|at| is_alike(*at)).collect();
    for &at in &alike {
        let whole = middle(ui, &names[at], font, room);
        if whole == names[at] {
            shown[at] = whole;
            continue;
        }
        let others = alike.iter().filter(|of| names[**of] != names[at]).map(|of| names[*of].as_str());
        let shared = others.map(|other| shared_start(&names[at], other)).max().unwrap_or(0);
        shown[at] = from_difference(ui, &names[at], shared, font, room);
    }
    shown
}

/// Returns the number of characters that two names share at their start.
fn shared_start(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
}

/// Cuts a name in the middle so that the part from `shared` on is visible, with a few characters before it.
fn from_difference(ui: &Ui, name: &str, shared: usize, font: &FontId, room: f32) -> String {
    /// The number of characters at the start of the name, and before the part that differs.
    const KEPT: usize = 3;
    let start: String = name.chars().take(KEPT).collect();
    let rest: String = name.chars().skip(shared.saturating_sub(KEPT).max(KEPT)).take(NAME_LIMIT).collect();
    let text = human::visible(&format!("{start}…{rest}"), NAME_LIMIT).into_owned();
    let fits =
        |text: &str| ui.painter().layout_no_wrap(text.to_owned(), font.clone(), Color32::PLACEHOLDER).size().x <= room;
    if fits(&text) {
        return text;
    }
    let letters: Vec<char> = text.chars().collect();
    let cut = |kept: usize| -> String { letters[..kept].iter().chain(&['…']).collect() };
    let (mut fitting, mut too_wide) = (0, letters.len());
    while fitting + 1 < too_wide {
        let kept = usize::midpoint(fitting, too_wide);
        if fits(&cut(kept)) { fitting = kept } else { too_wide = kept }
    }
    cut(fitting)
}

/// Adds a file name in one line, truncated in the middle to the available width; the tooltip shows the whole name.
pub(super) fn file_label(ui: &mut Ui, name: &str) -> Response {
    let font = egui::TextStyle::Body.resolve(ui.style());
    let shown = file_name(ui, name, &font, ui.available_width());
    let is_cut = shown != name;
    let response = ui.add(Label::new(RichText::new(shown).font(font)).selectable(false).extend());
    if is_cut { response.on_hover_text(human::visible(name, 300)) } else { response }
}

/// Returns the name of an open file: the one that the user gave it, or its own, with its folder if another open file has the
/// same name.
pub(super) fn name_of(session: &Session, id: SnapshotId) -> String {
    if let Some(name) = session.given_name(id) {
        return human::visible(name, PATH_LIMIT).into_owned();
    }
    let Some(source) = session.source(id) else { return String::new() };
    let others =
        session.files().filter(|(of, _)| *of != id).map(|(_, other)| (other.name.as_str(), other.path.as_deref()));
    distinct_name(&source.name, source.path.as_deref(), others)
}

/// Returns the name of an open file without its folder: the one that the user gave it, or its own.
pub(super) fn given_name(session: &Session, id: SnapshotId) -> String {
    if let Some(name) = session.given_name(id) {
        return human::visible(name, PATH_LIMIT).into_owned();
    }
    session.source(id).map_or_else(String::new, source_name)
}

/// Returns a box for choosing a file. The chosen name is truncated in the middle to `width`.
pub(super) fn file_choice(
    ui: &Ui,
    salt: impl std::hash::Hash + std::fmt::Debug,
    chosen: &str,
    width: f32,
) -> ComboBox<'static> {
    /// The arrow and the margins of the box.
    const AROUND: f32 = 36.0;
    let font = egui::TextStyle::Button.resolve(ui.style());
    let shown = file_name(ui, chosen, &font, width - AROUND);
    ComboBox::from_id_salt(salt).selected_text(shown).width(width).truncate()
}

/// Returns a name that distinguishes a file from others: with its folder if one of the others has the same name.
pub(super) fn distinct_name<'a>(
    name: &str,
    path: Option<&Path>,
    others: impl IntoIterator<Item = (&'a str, Option<&'a Path>)>,
) -> String {
    let folder = path.and_then(Path::parent).and_then(Path::file_name);
    let is_shared = others.into_iter().any(|(other, at)| other == name && at != path);
    let name = match folder {
        Some(folder) if is_shared => format!("{}/{name}", folder.to_string_lossy()),
        _ => name.to_owned(),
    };
    human::visible(&name, PATH_LIMIT).into_owned()
}

/// Returns a path as the window shows it: with visible control characters, and truncated if it is very long.
pub(super) fn path(path: &Path) -> String {
    human::visible(&path.display().to_string(), PATH_LIMIT).into_owned()
}

/// Returns the last part of a path as the window shows it.
pub(super) fn path_name(path: &Path) -> String {
    let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
    human::visible(&name, 60).into_owned()
}

/// Returns the name of an open file as the window shows it.
pub(super) fn source_name(source: &SourceInfo) -> String {
    human::visible(&source.name, PATH_LIMIT).into_owned()
}

/// Returns the path of an open file, or its name if it was not read from a file.
pub(super) fn place_of(source: &SourceInfo) -> String {
    source.path.as_deref().map_or_else(|| source_name(source), path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_ui(test: impl FnMut(&mut Ui)) {
        let ctx = egui::Context::default();
        crate::ui::theme::install(&ctx);
        let mut test = test;
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| test(ui));
        output.textures_delta.clear();
    }

    #[test]
    fn names_that_differ_at_the_end_still_differ_when_they_are_cut() {
        in_ui(|ui| {
            let font = egui::TextStyle::Body.resolve(ui.style());
            let names = ["1", "2", "3"].map(|at| format!("Heap.20260101.checkout-service.{at}.heapsnapshot"));
            for room in [130.0, 150.0, 200.0] {
                let cut = names.each_ref().map(|name| file_name(ui, name, &font, room));
                assert!(cut[0] != cut[1] && cut[1] != cut[2] && cut[0] != cut[2], "{cut:?}");
                for text in &cut {
                    let width = ui.painter().layout_no_wrap(text.clone(), font.clone(), Color32::WHITE).size().x;
                    assert!(width <= room, "{text} is {width} wide, not {room}");
                }
            }
            for (name, shown) in
                [("a.heapsnapshot", "a"), ("a.heapsnapshot.gz", "a"), ("a.heapsnapshot.bak", "a.heapsnapshot.bak")]
            {
                assert_eq!(file_name(ui, name, &font, 200.0), shown);
            }
            let names = ["a.heapsnapshot", "a.heapsnapshot.gz"].map(str::to_owned);
            assert_eq!(file_names(ui, &names, &font, 200.0), names);
        });
    }

    #[test]
    fn names_that_differ_in_the_middle_still_differ_when_they_are_cut() {
        in_ui(|ui| {
            let font = egui::TextStyle::Body.resolve(ui.style());
            let names = ["before", "after"].map(|of| {
                format!("Heap.20260101.checkout-service.production.{of}.request-handler-worker-thread.of-everything")
            });
            let cut = file_names(ui, &names, &font, 150.0);
            assert_ne!(cut[0], cut[1]);
            assert!(cut[0].starts_with("Hea…") && cut[0].contains("before"), "{cut:?}");
            for text in &cut {
                let width = ui.painter().layout_no_wrap(text.clone(), font.clone(), Color32::WHITE).size().x;
                assert!(width <= 150.0, "{text} is {width} wide");
            }
        });
    }

    #[test]
    fn a_line_is_never_wider_than_its_room() {
        in_ui(|ui| {
            for room in 18_u8..120 {
                let room = f32::from(room);
                let galley =
                    line(ui.painter(), "ShoppingCart 12.5 kB", room, super::super::theme::small(), Color32::WHITE);
                assert!(galley.size().x <= room + 0.5, "{} in {room}", galley.size().x);
            }
        });
    }

    #[test]
    fn files_of_the_same_name_are_told_apart_by_their_folders() {
        let [before, after] = ["/x/before/heap.heapsnapshot", "/x/after/heap.heapsnapshot"].map(Path::new);
        let name = "heap.heapsnapshot";
        assert_eq!(distinct_name(name, Some(before), [(name, Some(after))]), "before/heap.heapsnapshot");
        assert_eq!(distinct_name(name, Some(before), [("other", Some(after)), (name, Some(before))]), name);
    }
}
