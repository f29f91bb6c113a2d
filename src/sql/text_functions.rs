//! Functions of SQLite whose own implementations take quadratic time, and cannot be stopped: `instr`, `replace` and `trim`.

use std::borrow::Cow;
use std::collections::HashSet;

use memchr::memmem::Finder;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Error, Result};

/// The maximum number of bytes of a value.
pub(super) const LENGTH_LIMIT: i32 = 17 << 20;

/// Replaces the functions of a connection.
pub(super) fn add(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("instr", 2, flags, |context| Ok(instr(context)))?;
    connection.create_scalar_function("replace", 3, flags, |context| replace(context))?;
    connection.create_scalar_function("trim", 2, flags, |context| Ok(trim(context, true, true)))?;
    connection.create_scalar_function("ltrim", 2, flags, |context| Ok(trim(context, true, false)))?;
    connection.create_scalar_function("rtrim", 2, flags, |context| Ok(trim(context, false, true)))
}

/// Returns a value as text; `None` for NULL.
fn text<'a>(context: &'a Context<'_>, argument: usize) -> Option<Cow<'a, str>> {
    match context.get_raw(argument) {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(Cow::Owned(number.to_string())),
        ValueRef::Real(number) => Some(Cow::Owned(format!("{number:?}"))),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes)),
    }
}

/// Returns the position of the second argument in the first, from 1: of a byte if both are blobs, else of a character.
fn instr(context: &Context<'_>) -> Value {
    if let (ValueRef::Blob(all), ValueRef::Blob(part)) = (context.get_raw(0), context.get_raw(1)) {
        return position(memchr::memmem::find(all, part));
    }
    let (Some(all), Some(part)) = (text(context, 0), text(context, 1)) else { return Value::Null };
    let at = memchr::memmem::find(all.as_bytes(), part.as_bytes());
    position(at.map(|at| all[..at].chars().count()))
}

fn position(at: Option<usize>) -> Value {
    Value::Integer(at.and_then(|at| i64::try_from(at + 1).ok()).unwrap_or(0))
}

/// Replaces each occurrence of the second argument in the first by the third.
fn replace(context: &Context<'_>) -> Result<Value> {
    let (Some(all), Some(part), Some(by)) = (text(context, 0), text(context, 1), text(context, 2)) else {
        return Ok(Value::Null);
    };
    if part.is_empty() {
        return Ok(Value::Text(all.into_owned()));
    }
    let (mut replaced, mut rest) = (String::new(), &*all);
    let finder = Finder::new(part.as_bytes());
    while let Some(at) = finder.find(rest.as_bytes()) {
        replaced.extend([&rest[..at], &by]);
        rest = &rest[at + part.len()..];
        check_length(replaced.len())?;
    }
    replaced.push_str(rest);
    check_length(replaced.len())?;
    Ok(Value::Text(replaced))
}

fn check_length(length: usize) -> Result<()> {
    if i32::try_from(length).is_ok_and(|length| length <= LENGTH_LIMIT) {
        return Ok(());
    }
    Err(Error::UserFunctionError("string or blob too big".into()))
}

/// Removes the characters of the second argument from the ends of the first.
fn trim(context: &Context<'_>, at_start: bool, at_end: bool) -> Value {
    let (Some(all), Some(set)) = (text(context, 0), text(context, 1)) else { return Value::Null };
    let set: HashSet<char> = set.chars().collect();
    let mut rest = &*all;
    if at_start {
        rest = rest.trim_start_matches(|character| set.contains(&character));
    }
    if at_end {
        rest = rest.trim_end_matches(|character| set.contains(&character));
    }
    Value::Text(rest.to_owned())
}
