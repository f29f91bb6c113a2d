//! Answers for other programs: CSV and JSON.

use std::borrow::Cow;
use std::io::{self, Write};

use data_encoding::HEXUPPER;

use super::engine::Value;
use crate::export::{FileFormat, csv};

/// Returns the names of columns with a number after those that repeat, so that they can be members of one object.
pub(crate) fn distinct_names(names: &[String]) -> Vec<String> {
    let mut all: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let mut candidates = std::iter::once(name.clone()).chain(numbered);
        all.extend(candidates.find(|candidate| !all.contains(candidate)));
    }
    all
}

impl Value {
    /// Returns the value as CSV and text have it.
    pub(crate) fn raw(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(""),
            Self::Integer(number) => Cow::Owned(number.to_string()),
            Self::Real(number) => Cow::Owned(number.to_string()),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Blob(bytes) => Cow::Owned(HEXUPPER.encode(bytes)),
        }
    }

    fn json(&self) -> serde_json::Result<String> {
        match self {
            Self::Null => Ok("null".to_owned()),
            Self::Integer(number) => Ok(number.to_string()),
            Self::Real(number) => serde_json::to_string(number),
            Self::Text(text) => serde_json::to_string(text),
            Self::Blob(bytes) => serde_json::to_string(&HEXUPPER.encode(bytes)),
        }
    }

    /// Returns the bytes that the value takes in memory.
    pub(super) fn heap_bytes(&self) -> usize {
        let more = match self {
            Self::Text(text) => text.len(),
            Self::Blob(bytes) => bytes.len(),
            _ => 0,
        };
        size_of::<Self>() + more
    }
}

/// Returns a row as a JSON object.
pub(crate) fn json_object(names: &[String], row: &[Value]) -> serde_json::Result<String> {
    let mut text = "{".to_owned();
    for (at, (name, value)) in names.iter().zip(row).enumerate() {
        text.extend([if at > 0 { "," } else { "" }, &serde_json::to_string(name)?, ":", &value.json()?]);
    }
    text.push('}');
    Ok(text)
}

/// Writes all rows of an answer.
pub(crate) fn write_answer(
    names: &[String],
    rows: &[Vec<Value>],
    format: FileFormat,
    out: &mut dyn Write,
) -> io::Result<()> {
    let names = distinct_names(names);
    if format != FileFormat::Json {
        csv::line(out, &names)?;
        return rows.iter().try_for_each(|row| csv::line(out, row.iter().map(Value::raw)));
    }
    out.write_all(b"[")?;
    for (at, row) in rows.iter().enumerate() {
        let object = json_object(&names, row)?;
        write!(out, "{}{object}", if at > 0 { ",\n" } else { "\n" })?;
    }
    out.write_all(b"\n]\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_written_as_csv_and_json() {
        let names = ["id", "id", "name"].map(str::to_owned);
        let rows = [vec![Value::Integer(1), Value::Real(f64::INFINITY), Value::Text("=a\u{1b}".to_owned())]];
        let write = |format| {
            let mut out = Vec::new();
            write_answer(&names, &rows, format, &mut out).expect("memory can be written");
            String::from_utf8(out).expect("text")
        };
        assert_eq!(write(FileFormat::Csv), "id,id_2,name\n1,inf,'=a␛\n");
        let json: serde_json::Value = serde_json::from_str(&write(FileFormat::Json)).expect("valid JSON");
        assert_eq!(json, serde_json::json!([{"id": 1, "id_2": null, "name": "=a\u{1b}"}]));
    }
}
