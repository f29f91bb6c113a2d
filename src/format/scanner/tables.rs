//! Tables of integers: large ones are cut into blocks, small ones are read at once.

use super::errors::expected_of;
use crate::memory::growth;
use memchr::{memchr, memchr_iter, memrchr};

use super::super::error::{FormatError, Section};
use super::super::integers::{Integers, Problem};
use super::super::json_text::skip_white_space;
use super::super::tables::{Block, TableKind};
use super::{BLOCK_BYTES, Deferred, SMALL_TABLES, Scanner, State, Step};

impl Scanner {
    /// Returns the number of fields of a row, or 1 if the header is still unknown and the text is only collected.
    pub(super) fn fields(&self, kind: TableKind) -> usize {
        self.header.as_ref().map_or(1, |header| match kind {
            TableKind::Nodes => header.node_fields.len(),
            TableKind::Edges => header.edge_fields.len(),
        })
    }

    pub(super) fn table(
        &mut self,
        window: &[u8],
        at: usize,
        base: u64,
        (kind, first): (TableKind, bool),
        blocks: &mut Vec<Block>,
    ) -> Result<Step, FormatError> {
        let close = memchr(b']', &window[at..]).map(|found| at + found);
        let end = close.unwrap_or(window.len());
        if self.header.is_none() {
            if let Some(deferred) = self.deferred.last_mut() {
                growth::extend(&mut deferred.text, &window[at..end])?;
            }
            return if close.is_some() { self.end_section(end + 1) } else { Ok(Step::To(end)) };
        }
        let next = self.cut_blocks(window, (at, end), base, (kind, first), close.is_some(), blocks)?;
        if close.is_some() {
            return self.end_section(end + 1);
        }
        self.state = State::Table { kind, first: first && next == at };
        Ok(Step::NeedsMore(next))
    }

    /// Cuts the text of a large table that was kept until the header was known.
    pub(in crate::format) fn cut_deferred(
        &mut self,
        deferred: &Deferred,
        blocks: &mut Vec<Block>,
    ) -> Result<(), FormatError> {
        self.section = Section::named(if deferred.kind == TableKind::Nodes { "nodes" } else { "edges" });
        let range = (skip_white_space(&deferred.text, 0), deferred.text.len());
        self.cut_blocks(&deferred.text, range, deferred.offset, (deferred.kind, true), true, blocks).map(|_| ())
    }

    /// Cuts `start..end` into blocks of whole rows and returns the end of the last one. `closed` is true if the table
    /// ends at `end`, so that no comma follows its last number.
    pub(super) fn cut_blocks(
        &mut self,
        window: &[u8],
        (start, end): (usize, usize),
        base: u64,
        (kind, first): (TableKind, bool),
        closed: bool,
        blocks: &mut Vec<Block>,
    ) -> Result<usize, FormatError> {
        let fields = self.fields(kind);
        let mut at = start;
        while at < end {
            let mut stop = (at + BLOCK_BYTES).min(end);
            let mut commas = memchr_iter(b',', &window[at..stop]).count();
            let missing = fields - commas % fields;
            match memchr_iter(b',', &window[stop..end]).nth(missing - 1) {
                Some(comma) => {
                    stop += comma + 1;
                    commas += missing;
                }
                None if closed => {
                    let values = commas + memchr_iter(b',', &window[stop..end]).count() + 1;
                    let text = window[at..end].trim_ascii();
                    if text.is_empty() || text.ends_with(b",") {
                        return Err(self.unexpected(base + end as u64, b"]", "a number"));
                    }
                    if let Some(nested) = memchr(b'[', text) {
                        let nested = at + window[at..end].len() - window[at..end].trim_ascii_start().len() + nested;
                        let expected = expected_of(Problem::NotANumber);
                        return Err(self.unexpected(base + nested as u64, &window[nested..], expected));
                    }
                    if !values.is_multiple_of(fields) {
                        let expected = format!("{} more numbers: a row has {fields}", fields - values % fields);
                        return Err(self.unexpected(base + end as u64, b"]", &expected));
                    }
                    self.push_block(Block { table: kind, text: at..end, rows: values / fields }, blocks)?;
                    return Ok(end);
                }
                None => {
                    // The last row is incomplete: leave it for the next window.
                    commas += memchr_iter(b',', &window[stop..end]).count();
                    let rows = commas / fields;
                    if rows == 0 {
                        return Ok(at);
                    }
                    stop = end;
                    for _ in 0..=commas % fields {
                        stop = memrchr(b',', &window[at..stop]).map_or(at, |comma| at + comma);
                    }
                    self.push_block(Block { table: kind, text: at..stop + 1, rows }, blocks)?;
                    return Ok(stop + 1);
                }
            }
            self.push_block(Block { table: kind, text: at..stop, rows: commas / fields }, blocks)?;
            at = stop;
        }
        if closed && !(first && start == end) {
            return Err(self.unexpected(base + end as u64, b"]", "a number"));
        }
        Ok(at)
    }

    pub(super) fn push_block(&mut self, block: Block, blocks: &mut Vec<Block>) -> Result<(), FormatError> {
        let rows = &mut self.rows[block.table as usize];
        *rows += block.rows as u64;
        // One below the maximum, so that a count fits in 32 bits as well as an index.
        let limit = u64::from(u32::MAX) - 1;
        if *rows > limit {
            return Err(FormatError::Limit { section: self.section.clone(), what: "its number of rows", limit });
        }
        blocks.push(block);
        Ok(())
    }

    pub(super) fn small_table(
        &mut self,
        window: &[u8],
        at: usize,
        base: u64,
        (table, first): (usize, bool),
    ) -> Result<Step, FormatError> {
        let close = memchr(b']', &window[at..]).map(|found| at + found);
        let end = match close {
            Some(end) => end,
            None => match memrchr(b',', &window[at..]) {
                Some(comma) => at + comma + 1,
                None => return Ok(Step::NeedsMore(at)),
            },
        };
        let has_signs = SMALL_TABLES[table].starts_with("scope");
        let mut integers = Integers::new(&window[at..end]);
        while !integers.at_end() {
            let value = if has_signs { integers.next_signed() } else { integers.next() };
            let value = value.map_err(|error| {
                let found = at + error.at;
                self.unexpected(base + found as u64, &window[found..], expected_of(error.problem))
            })?;
            growth::push(&mut self.small[table], value)?;
        }
        self.drain_locations()?;
        let text = window[at..end].trim_ascii();
        if close.is_none() {
            self.state = State::Small { table, first: false };
            return Ok(Step::NeedsMore(end));
        }
        if text.ends_with(b",") || (text.is_empty() && !first) {
            return Err(self.unexpected(base + end as u64, b"]", "a number"));
        }
        self.small_ends[table] = base + end as u64;
        self.end_section(end + 1)
    }

    /// Checks that small tables consist of whole rows: a missing number shifts all rows after it.
    pub(in crate::format) fn check_rows(&self) -> Result<(), FormatError> {
        let Some(header) = &self.header else { return Ok(()) };
        for (table, values) in self.small.iter().enumerate() {
            let fields = header.small_fields(table).len().max(1);
            let missing = values.len().next_multiple_of(fields) - values.len();
            if missing > 0 {
                let section = Section::named(SMALL_TABLES[table]);
                let numbers =
                    if missing == 1 { "one more number".to_owned() } else { format!("{missing} more numbers") };
                let expected = format!("{numbers}, as a row has {fields}");
                return Err(FormatError::unexpected(&section, self.small_ends[table], b"]", expected));
            }
        }
        Ok(())
    }

    /// Turns the numbers of `locations` into rows once the header is known. There may be many.
    pub(in crate::format) fn drain_locations(&mut self) -> Result<(), FormatError> {
        let [values, ..] = &mut self.small;
        match &self.header {
            Some(header) if !values.is_empty() => {
                self.locations.drain(values, &header.location_fields, header.node_fields.len())
            }
            _ => Ok(()),
        }
    }
}
