//! Values of cells.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use crate::model::human::{self, Units};
use crate::model::{Distance, ObjectId};

/// The maximum number of characters of a class, edge, kind or function name in a row. A name of a megabyte may belong
/// to a million objects.
pub(super) const ROW_NAME_LIMIT: usize = 4096;

/// The maximum number of characters of a name in a text table.
const NAME_LIMIT: usize = 120;

/// Cuts a name for a row.
pub(crate) fn row_name(name: &str) -> Cow<'_, str> {
    human::cut(name, ROW_NAME_LIMIT)
}

/// A value of a column in one row.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Cell<'a> {
    /// `null` in JSON, empty in CSV.
    Missing,
    Text(Cow<'a, str>),
    Number(u64),
    Signed(i64),
    /// A percentage, in text tables only.
    Percent(f64),
    Distance(Distance),
    Flag(bool),
}

/// The format of a column in text tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// Numbers without separators; text that is already safe for a terminal.
    Plain,
    /// A count with separators; with its sign if it is a difference.
    Count,
    /// A rounded size; with its sign if it is a difference.
    Bytes,
    /// An object id, `@123`.
    Id,
    /// A name, cut and with control characters made visible.
    Name,
    /// A name that leaves room for those after it.
    ShortName,
}

impl<'a> Cell<'a> {
    pub(crate) fn into_owned(self) -> Cell<'static> {
        match self {
            Self::Missing => Cell::Missing,
            Self::Text(text) => Cell::Text(Cow::Owned(text.into_owned())),
            Self::Number(number) => Cell::Number(number),
            Self::Signed(number) => Cell::Signed(number),
            Self::Percent(percent) => Cell::Percent(percent),
            Self::Distance(distance) => Cell::Distance(distance),
            Self::Flag(flag) => Cell::Flag(flag),
        }
    }

    /// Returns the content of a cell in CSV or TSV, before anything is escaped.
    pub(crate) fn raw(self) -> Cow<'a, str> {
        match self {
            Self::Missing => Cow::Borrowed(""),
            Self::Text(text) => text,
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Signed(number) => Cow::Owned(number.to_string()),
            Self::Percent(percent) => Cow::Owned(percent.to_string()),
            Self::Distance(distance) => distance.user().map_or(Cow::Borrowed(""), |hops| Cow::Owned(hops.to_string())),
            Self::Flag(flag) => Cow::Borrowed(if flag { "yes" } else { "no" }),
        }
    }

    /// Formats a cell of a text table, safe for a terminal.
    pub(super) fn shown(self, format: Format) -> String {
        // ASCII, so that other tools can read the sign.
        let ascii = |text: String| text.replace('−', "-");
        match (self, format) {
            (Self::Text(text), Format::Plain) => text.into_owned(),
            (Self::Text(text), Format::ShortName) => human::visible(&text, 40).into_owned(),
            (Self::Text(text), _) => name(&text),
            (Self::Number(number), Format::Count) => human::count(number),
            (Self::Number(number), Format::Bytes) => human::bytes(number),
            (Self::Number(number), Format::Id) => ObjectId(number).to_string(),
            (Self::Signed(number), Format::Bytes) => ascii(Units::Decimal.signed(number)),
            (Self::Signed(number), Format::Count) => ascii(human::signed_count(number)),
            (Self::Percent(percent), _) => format!("{percent:.1}"),
            (Self::Distance(distance), _) => distance.to_string(),
            (other, _) => other.raw().into_owned(),
        }
    }
}

/// Returns a name that is safe for a terminal.
pub(crate) fn name(text: &str) -> String {
    human::visible(text, NAME_LIMIT).into_owned()
}

/// Returns an address that is safe for a terminal, with the file and line at its end.
pub(crate) fn address(text: &str) -> String {
    human::visible_ends(text, NAME_LIMIT).into_owned()
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Missing => serializer.serialize_none(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Signed(number) => serializer.serialize_i64(*number),
            Self::Percent(percent) => serializer.serialize_f64(*percent),
            Self::Distance(distance) => distance.user().serialize(serializer),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
        }
    }
}

impl From<u64> for Cell<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Cell<'_> {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<usize> for Cell<'_> {
    fn from(number: usize) -> Self {
        Self::Number(number as u64)
    }
}

impl From<i64> for Cell<'_> {
    fn from(number: i64) -> Self {
        Self::Signed(number)
    }
}

impl From<bool> for Cell<'_> {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Distance> for Cell<'_> {
    fn from(distance: Distance) -> Self {
        Self::Distance(distance)
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<Cow<'a, str>> for Cell<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::Text(text)
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Into::into)
    }
}
