//! Reading one of the two large tables of a damaged file into rows, with a record of the damage.

use super::super::losses::Loss;
use super::super::{Header, Section};
use super::input::Input;
use super::rows::Rows;
use super::tokens::{Token, token};

/// Values lost in a damaged area of a table. Their number follows from the declared rows, and they are inserted so that
/// all later rows keep their numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    /// The number of values in the table before the unreadable one.
    at: u64,
    /// The number of missing values besides it.
    count: u64,
}

/// Gaps of `nodes` and `edges`.
pub(super) type Gaps = [Option<Gap>; 2];

/// The state and the damage found while reading a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct TableNotes {
    pub(super) end: Token,
    /// Count, and position of the first.
    bad: (u64, u64),
    rounded: (u64, u64),
    too_large: (u64, u64),
    rows: usize,
    pending: usize,
    /// The number of values so far, the number before the first unreadable one, and its length in bytes.
    values: u64,
    bad_at: u64,
    bad_bytes: u64,
    /// The gap to fill.
    gap: Option<Gap>,
}

impl TableNotes {
    pub(super) fn new(gap: Option<Gap>) -> Self {
        let none = (0, 0);
        Self {
            end: Token::End { after_comma: false },
            bad: none,
            rounded: none,
            too_large: none,
            rows: 0,
            pending: 0,
            values: 0,
            bad_at: 0,
            bad_bytes: 0,
            gap,
        }
    }

    /// Returns the gap of a single damaged area, if the header declares the number of rows.
    pub(super) fn gap_of(&self, declared: Option<u64>, fields: u64) -> Option<Gap> {
        let count = declared?.checked_mul(fields)?.checked_sub(self.values).filter(|count| *count > 0)?;
        // A value takes at least two bytes.
        let is_plausible = count <= self.bad_bytes / 2 + 1;
        let is_closed = matches!(self.end, Token::End { .. });
        (self.bad.0 == 1 && is_plausible && is_closed && self.gap.is_none()).then_some(Gap { at: self.bad_at, count })
    }

    /// Reports the missing data of the table except at its end.
    pub(super) fn add_losses(&self, section: &Section, fields: u64, losses: &mut Vec<Loss>) {
        let section = || section.clone();
        if let Some(gap) = self.gap {
            let (row, offset) = (gap.at / fields, self.bad.1);
            let rows = (gap.at + gap.count) / fields - row + 1;
            losses.push(Loss::LostRows { section: section(), row, rows, offset });
        } else if self.bad.0 > 0 {
            let (count, offset) = self.bad;
            losses.push(Loss::BadNumbers { section: section(), count, offset });
        }
        if self.too_large.0 > 0 {
            let (count, row) = self.too_large;
            losses.push(Loss::TooLarge { section: section(), count, row });
        }
        if self.rounded.0 > 0 {
            let (count, offset) = self.rounded;
            losses.push(Loss::Rounded { section: section(), count, offset });
        }
        // If the file ends inside the table, an incomplete last row is expected.
        if self.pending > 0 && self.end != Token::Over {
            losses.push(Loss::ShortRow { section: section(), row: self.rows as u64 });
        }
    }

    pub(super) fn take(&mut self, rows: &impl Rows) {
        self.pending = rows.pending();
        self.rows = rows.len();
        self.too_large = rows.too_large();
    }
}

/// Number of values after which the rows are counted for the memory estimate.
const COUNTED_EVERY: u64 = 1 << 16;

/// Reads values into rows up to the end of the table. Returns whether the end was found.
pub(super) fn read_rows(
    input: &mut Input<'_>,
    rows: &mut impl Rows,
    header: &Header,
    stop_at: usize,
    notes: &mut TableNotes,
) -> bool {
    let note = |noted: &mut (u64, u64), offset: u64| {
        noted.1 = if noted.0 == 0 { offset } else { noted.1 };
        noted.0 += 1;
    };
    while rows.len() < stop_at {
        if notes.values.is_multiple_of(COUNTED_EVERY) {
            rows.count(&mut input.counts);
            // Also for unreadable values, since each takes a position.
            input.note_useful();
        }
        let offset = input.offset();
        match token(input, false) {
            Token::Number(value) => rows.push(Some(value), header),
            Token::Rounded(value) => {
                note(&mut notes.rounded, offset);
                rows.push(Some(value), header);
            }
            Token::Bad => {
                if notes.bad.0 == 0 {
                    (notes.bad_at, notes.bad_bytes) = (notes.values, input.offset() - offset);
                }
                note(&mut notes.bad, offset);
                rows.push(None, header);
                let swallowed = notes.gap.filter(|gap| gap.at == notes.values).map_or(0, |gap| gap.count);
                for _ in 0..swallowed {
                    rows.push(None, header);
                }
            }
            end @ (Token::End { .. } | Token::Unclosed | Token::Over) => {
                rows.count(&mut input.counts);
                notes.end = end;
                return matches!(end, Token::End { .. }) && rows.pending() == 0;
            }
        }
        notes.values += 1;
    }
    false
}
