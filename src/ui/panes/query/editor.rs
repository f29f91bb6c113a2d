//! The editor: colors of words, and completion of tables, columns and functions.

use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat};
use egui::{
    CompletionPopup, Frame, Galley, Id, Key, Margin, RectAlign, ScrollArea, Suggestion, TextBuffer, TextEdit, Ui,
};

use crate::sql::{WordKind, completions, words};
use crate::ui::theme::{self, GRID, Tokens};

/// The least and the largest number of lines of the editor.
const LINES: (usize, usize) = (4, 12);
/// The largest part of the pane that the editor takes.
const LARGEST_PART: f32 = 0.45;
/// The number of proposals on screen.
const PROPOSALS: usize = 12;
/// The number of characters of a proposal's meaning.
const MEANING: usize = 48;

/// The words of the last text.
#[derive(Debug, Default)]
pub(super) struct Editor {
    laid: Option<(String, LayoutJob, bool)>,
}

impl Editor {
    /// Draws the editor.
    pub(super) fn show(&mut self, ui: &mut Ui, id: Id, text: &mut String) {
        let tokens = theme::tokens(ui);
        let is_dark = ui.visuals().dark_mode;
        let lines = text.lines().count().clamp(LINES.0, LINES.1);
        let mut layout = |ui: &Ui, buffer: &dyn TextBuffer, width: f32| -> Arc<Galley> {
            let text = buffer.as_str();
            let is_known = self.laid.as_ref().is_some_and(|(of, _, dark)| of == text && *dark == is_dark);
            if !is_known {
                self.laid = Some((text.to_owned(), colored(text, tokens), is_dark));
            }
            let mut job = self.laid.as_ref().map(|(_, job, _)| job.clone()).unwrap_or_default();
            job.wrap.max_width = width;
            ui.ctx().fonts_mut(|fonts| fonts.layout_job(job))
        };
        let room = ui.available_height() * LARGEST_PART;
        Frame::new().inner_margin(Margin::symmetric(8, 4)).show(ui, |ui| {
            ScrollArea::vertical().id_salt("query editor").max_height(room.max(16.0 * GRID)).show(ui, |ui| {
                let edit = TextEdit::multiline(text)
                    .font(theme::mono())
                    .hint_text("SELECT … FROM nodes")
                    .desired_width(f32::INFINITY)
                    .desired_rows(lines)
                    .layouter(&mut layout);
                let popup = CompletionPopup::new(id)
                    .word_boundary(|of| !of.is_alphanumeric() && of != '_')
                    .align(RectAlign::BOTTOM_START)
                    .accept_keys([Key::Tab]);
                let output = popup.show(ui, edit, |query| {
                    let before: usize = query.text.chars().take(query.word_range.end.0).map(char::len_utf8).sum();
                    proposals(query.text, before, query.word)
                });
                let response = &output.text_edit.response.response;
                ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("SQL query"));
            });
        });
    }
}

/// Returns what can complete the word before the cursor.
fn proposals(text: &str, cursor: usize, word: &str) -> Vec<Suggestion> {
    let is_after_dot = text[..cursor].ends_with('.');
    if word.is_empty() && !is_after_dot {
        return Vec::new();
    }
    let (_, found) = completions(text, cursor);
    if found.iter().any(|of| of.text.eq_ignore_ascii_case(word)) {
        return Vec::new();
    }
    let shown = found.into_iter().take(PROPOSALS).map(|of| {
        let about = crate::model::human::cut(&of.about, MEANING).into_owned();
        Suggestion::new(of.text).description(about)
    });
    shown.collect()
}

/// Returns the text with the colors of its words.
fn colored(text: &str, tokens: &Tokens) -> LayoutJob {
    let format = |color| TextFormat { font_id: theme::mono(), color, ..TextFormat::default() };
    let mut job = LayoutJob::default();
    let mut at = 0;
    for word in words(text) {
        let color = match word.kind {
            WordKind::Keyword => tokens.keyword,
            WordKind::Table | WordKind::Function => tokens.code,
            WordKind::Column => tokens.property,
            WordKind::Number => tokens.number,
            WordKind::Text => tokens.string,
            WordKind::Comment => tokens.comment,
            WordKind::Name => tokens.text,
            WordKind::Sign => tokens.punctuation,
        };
        job.append(&text[at..word.range.start], 0.0, format(tokens.text));
        job.append(&text[word.range.clone()], 0.0, format(color));
        at = word.range.end;
    }
    job.append(&text[at..], 0.0, format(tokens.text));
    job
}
