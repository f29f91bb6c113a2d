//! Everything that reads scripts and source maps, in one call for the fuzzer.

use super::declared::{declared, starting_at};
use super::lines::{Lines, Position};
use super::question::SourceView;
use super::statements::{Callback, HolderKind, HolderName, Made, ScriptPosition, Sought, function_at, hits};
use super::text::{FoundText, Origin, ScriptText};
use super::{maps, syntax};

/// Reads a text as a script and `map` as its source map, and asks about the position of every byte offset in `offsets`.
/// Text and map may be anything. Returns the number of statements that were found.
pub fn exercise_script(text: &str, is_cut: bool, map: &[u8], offsets: &[usize]) -> usize {
    let script = ScriptText::of_part(text.to_owned(), is_cut);
    let lines = Lines::new(text);
    if let Ok(map) = maps::decoded("map".to_owned(), Ok(map.to_owned()), Some(&script), None) {
        for &offset in offsets {
            if let Some(mapped) = map.lookup(lines.position(text, offset)) {
                let _ = (map.source_url(mapped.source), map.content(mapped.source));
            }
        }
    }
    let view = SourceView::new(None, FoundText { text: Some(script), no_file: None }, None);
    if let Some(shown) = &view.text {
        for line in 0..shown.line_count().min(1000) {
            let length = shown.line(line).len();
            assert!(
                shown.tokens_in(line, 0..length).iter().all(|token| token.range.end <= length),
                "a token leaves its line"
            );
        }
    }
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let word = |at: usize| words.get(at % words.len().max(1)).unwrap_or(&"a").to_string();
    let positions: Vec<Position> = offsets.iter().map(|&offset| lines.position(text, offset)).collect();
    let place = positions.first().map(|&at| ScriptPosition { script_id: 1, at });
    let sought = |kind: HolderKind, at: usize| Sought {
        holder: Some(HolderName { name: word(at), kind, class: Some(word(at + 1)), place }),
        is_nested: at % 2 == 1,
        callback: Some(Callback { name: word(at + 2), place }),
        made: vec![
            Made::Class { name: word(at + 3), is_of_program: true },
            Made::Shape(vec![word(at + 4), word(at + 5)]),
        ],
        link: Some(word(at + 6)),
        event: Some(word(at + 7)),
        ..Sought::default()
    };
    let parsed = syntax::parse("script.js", text, is_cut, |semantic| {
        let all = declared(semantic);
        for &offset in offsets {
            let _ = (starting_at(&all, offset), function_at(semantic, offset));
        }
        let kinds = [HolderKind::Field, HolderKind::Variable];
        let found = kinds.into_iter().flat_map(|kind| (0..4).map(move |at| (kind, at)));
        found.map(|(kind, at)| hits(semantic, &sought(kind, at), offsets)).sum()
    });
    parsed.unwrap_or(0)
}

impl ScriptText {
    fn of_part(text: String, is_cut: bool) -> Self {
        let mut script = Self::written(text, Origin::Snapshot);
        script.is_cut = is_cut;
        script
    }
}
