//! The optional sections, which nothing else depends on: kept if they are complete or cut off by the end of the file,
//! and dropped if they are damaged.

use super::super::super::Section;
use super::super::super::losses::Loss;
use super::super::super::scanner::SMALL_TABLES;
use super::super::super::trace::TraceTreeReader;
use super::super::sections::section_ahead;
use super::super::tokens::{Token, token};
use super::Document;
use crate::memory::{OutOfMemory, growth};

/// Maximum bytes of memory per value of `locations`, and per byte of the trace tree's text.
const LOCATION_BYTES: u64 = 40;
const TREE_BYTES: u64 = 8;

impl Document<'_> {
    /// Reads an optional table: whole rows up to the end of the file, or nothing if it is damaged.
    pub(super) fn small_table(&mut self, name: &str, section: &Section) {
        self.input.advance(1);
        let Some(at) = SMALL_TABLES.iter().position(|table| *table == name) else { return };
        let signed = name.starts_with("scope");
        loop {
            let offset = self.input.offset();
            match token(&mut self.input, signed) {
                Token::Number(value) => {
                    self.input.stop_without_memory(growth::push(&mut self.small[at], value));
                    self.input.counts.other_bytes += if name == "locations" { LOCATION_BYTES } else { 8 };
                    self.input.note_useful();
                }
                Token::End { after_comma } => {
                    if after_comma {
                        self.comma.get_or_insert(offset);
                    }
                    let fields = self.header.as_ref().map_or(1, |header| header.small_fields(at).len().max(1));
                    let rows = self.small[at].len() / fields;
                    if self.small[at].len() > rows * fields {
                        self.losses.push(Loss::ShortRow { section: section.clone(), row: rows as u64 });
                    }
                    return;
                }
                Token::Over => {
                    self.ends_early(section);
                    return;
                }
                Token::Unclosed => {
                    self.losses.push(Loss::Unclosed { section: section.clone(), offset });
                    return;
                }
                Token::Rounded(_) | Token::Bad => {
                    self.small[at] = Vec::new();
                    self.losses.push(Loss::Dropped { section: section.clone(), offset });
                    self.pass_table(signed);
                    return;
                }
            }
        }
    }

    /// Skips to the end of a table that is not needed.
    fn pass_table(&mut self, signed: bool) {
        while !matches!(token(&mut self.input, signed), Token::End { .. } | Token::Over | Token::Unclosed) {}
    }

    pub(super) fn read_tree(&mut self, section: &Section) {
        self.input.advance(1);
        let mut reader = TraceTreeReader::default();
        let fields = self.header.as_ref().map_or(0, |header| header.trace_node_fields.len());
        reader.start(if fields == 0 { 5 } else { fields });
        let mut wanted = 1;
        loop {
            let text = self.input.ahead(wanted);
            let is_all = text.len() < wanted;
            match reader.read(text) {
                Ok((taken, true)) => {
                    self.input.advance(taken);
                    self.trace_tree = reader.finish();
                    return;
                }
                Ok((taken, false)) => {
                    self.input.advance(taken);
                    self.input.counts.other_bytes += TREE_BYTES * taken as u64;
                    self.input.note_useful();
                    // A number at the end of the buffer is read again together with the following bytes.
                    wanted = if taken == 0 { wanted * 2 } else { 4096 };
                    if is_all || wanted > 1 << 16 {
                        self.ends_early(section);
                        return;
                    }
                }
                Err(_) if reader.is_out_of_memory() => {
                    self.input.stop_without_memory(Err(OutOfMemory));
                    return;
                }
                Err(at) => {
                    let offset = self.input.offset() + at as u64;
                    self.losses.push(Loss::Dropped { section: section.clone(), offset });
                    self.pass_tree();
                    return;
                }
            }
        }
    }

    /// Skips to the start of the next section.
    fn pass_tree(&mut self) {
        while let Some(byte) = self.input.peek() {
            if byte == b'"' && section_ahead(&mut self.input).is_some() {
                self.is_behind_comma = true;
                return;
            }
            self.input.advance(1);
        }
    }
}
