//! Comparisons that a table handles itself instead of SQLite.
//!
//! SQLite checks each row again, so a table may return too many rows, but never too few.

/// A comparison of a column with a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Op {
    Equal,
    Above,
    AtLeast,
    Below,
    AtMost,
}

impl Op {
    pub(super) fn code(self) -> char {
        match self {
            Self::Equal => '=',
            Self::Above => '>',
            Self::AtLeast => 'g',
            Self::Below => '<',
            Self::AtMost => 'l',
        }
    }

    pub(super) fn from_code(code: char) -> Option<Self> {
        [Self::Equal, Self::Above, Self::AtLeast, Self::Below, Self::AtMost].into_iter().find(|op| op.code() == code)
    }
}

/// The value of a comparison.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Given {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    /// Binary data or text that is not UTF-8.
    Other,
}

/// A comparison that holds for all rows of a scan.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Filter {
    pub(super) column: usize,
    pub(super) op: Op,
    pub(super) value: Given,
}

/// The integers that pass a comparison, both ends included; empty if the first is above the last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Bounds {
    pub(super) first: i64,
    pub(super) last: i64,
}

impl Bounds {
    pub(super) const ALL: Self = Self { first: i64::MIN, last: i64::MAX };
    pub(super) const NONE: Self = Self { first: 1, last: 0 };

    pub(super) fn contains(self, number: i64) -> bool {
        (self.first..=self.last).contains(&number)
    }

    /// Returns the single number within the bounds.
    pub(super) fn single(self) -> Option<i64> {
        (self.first == self.last).then_some(self.first)
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self { first: self.first.max(other.first), last: self.last.min(other.last) }
    }
}

impl Filter {
    /// Returns the integers that may pass, for a column of integers.
    pub(super) fn bounds(&self) -> Bounds {
        match &self.value {
            Given::Null => Bounds::NONE,
            &Given::Integer(number) => integers(self.op, number),
            &Given::Real(number) => reals(self.op, number),
            // SQLite turns text into a number if all of it is one.
            Given::Text(text) => number(text).map_or(Bounds::ALL, |number| match number.parse::<i64>() {
                Ok(number) => integers(self.op, number),
                Err(_) => number.parse().map_or(Bounds::ALL, |number| reals(self.op, number)),
            }),
            Given::Other => Bounds::ALL,
        }
    }

    /// Returns the text that a column of text must equal; `None` if nothing can be said. Compared with a column of
    /// numbers, different texts may be the same number.
    pub(super) fn text(&self) -> Option<&str> {
        match (&self.value, self.op) {
            (Given::Text(text), Op::Equal) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_never(&self) -> bool {
        self.value == Given::Null
    }
}

/// Returns the text of a number without white space, if it is one for SQLite: `inf` and `nan` are not.
fn number(text: &str) -> Option<&str> {
    let text = text.trim_ascii();
    let is_digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
    text.bytes().all(is_digit).then_some(text)
}

fn integers(op: Op, number: i64) -> Bounds {
    let (first, last) = match op {
        Op::Equal => (Some(number), Some(number)),
        Op::Above => (number.checked_add(1), Some(i64::MAX)),
        Op::AtLeast => (Some(number), Some(i64::MAX)),
        Op::Below => (Some(i64::MIN), number.checked_sub(1)),
        Op::AtMost => (Some(i64::MIN), Some(number)),
    };
    first.zip(last).map_or(Bounds::NONE, |(first, last)| Bounds { first, last })
}

fn reals(op: Op, number: f64) -> Bounds {
    // Conversions saturate at the ends of the range.
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and SQLite checks again")]
    let (floor, ceiling) = (number.floor() as i64, number.ceil() as i64);
    match op {
        Op::Equal => Bounds { first: ceiling, last: floor },
        Op::Above | Op::AtLeast => Bounds { first: floor, last: i64::MAX },
        Op::Below | Op::AtMost => Bounds { first: i64::MIN, last: ceiling },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(op: Op, value: Given) -> (i64, i64) {
        let Bounds { first, last } = Filter { column: 0, op, value }.bounds();
        (first, last)
    }

    #[test]
    fn comparisons_keep_every_number_that_can_pass() {
        assert_eq!(bounds(Op::Equal, Given::Integer(5)), (5, 5));
        assert_eq!(bounds(Op::Above, Given::Integer(i64::MAX)), (1, 0));
        assert_eq!(bounds(Op::Below, Given::Integer(i64::MIN)), (1, 0));
        assert_eq!(bounds(Op::Equal, Given::Text(" 7 ".to_owned())), (7, 7));
        assert_eq!(bounds(Op::Equal, Given::Text("7.0".to_owned())), (7, 7));
        assert_eq!(bounds(Op::Equal, Given::Text("x".to_owned())), (i64::MIN, i64::MAX));
        assert_eq!(bounds(Op::Below, Given::Text("nan".to_owned())), (i64::MIN, i64::MAX));
        assert_eq!(bounds(Op::Equal, Given::Null), (1, 0));
        let (first, last) = bounds(Op::Equal, Given::Real(2.5));
        assert!(first > last);
        assert_eq!(bounds(Op::Above, Given::Real(2.5)), (2, i64::MAX));
        assert_eq!(bounds(Op::AtMost, Given::Real(2.5)), (i64::MIN, 3));
        assert_eq!(bounds(Op::Below, Given::Real(1e300)), (i64::MIN, i64::MAX));
    }
}
