//! `heapglass realms`: lists windows, frames, vm contexts and other realms.

use std::io::Write;

use serde::Serialize;

use super::args::{Format, RealmsArguments};
use super::{Files, name_of, recovered};
use crate::export::{
    Columns, FileFormat, JsonRows, REALMS, REALMS_TEXT, RealmRow, RealmRows, name, write_rows, write_text,
};
use crate::model::{CancelToken, human};
use crate::query::{native_contexts, realms, scripts};

#[derive(Serialize)]
struct Listed<R: Serialize> {
    file: String,
    #[serde(rename = "salvaged", skip_serializing_if = "Option::is_none")]
    recovered: Option<Vec<String>>,
    realms: R,
    shared: Rest,
    unattributed: Rest,
}

/// The objects that do not belong to exactly one realm.
#[derive(Serialize)]
struct Rest {
    count: u64,
    shallow_size: u64,
}

pub(super) fn run(arguments: &RealmsArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    let snapshot = files.open(&arguments.file)?;
    let cancel = CancelToken::new();
    let contexts = native_contexts(&snapshot, &cancel)?;
    let found = realms(&snapshot, &contexts, &scripts(&snapshot, &cancel)?, &cancel)?.0;
    let limit = arguments.limit.unwrap_or(usize::MAX);
    let listed = found.iter().take(limit).map(|realm| RealmRow::new(realm, snapshot.id(realm.node)));
    let with_rest = listed.clone().chain(RealmRow::rest(&contexts));
    match arguments.format {
        Format::Text => {
            let count = human::quantity(found.len() as u64, "realm", "realms");
            writeln!(out, "{}: {count}\n", name(&snapshot.source().name))?;
            write_text::<RealmRows>(&Columns::named(REALMS_TEXT), with_rest, out)?;
        }
        Format::Json => {
            let answer = Listed {
                file: name_of(&arguments.file),
                recovered: recovered(&snapshot),
                realms: JsonRows::<RealmRows, _> { columns: Columns::named(REALMS), rows: listed },
                shared: Rest { count: contexts.shared_count, shallow_size: contexts.shared_size },
                unattributed: Rest { count: contexts.unattributed_count, shallow_size: contexts.unattributed_size },
            };
            serde_json::to_writer(&mut *out, &answer)?;
            writeln!(out)?;
        }
        Format::Csv => write_rows::<RealmRows>(Columns::named(REALMS), with_rest, FileFormat::Csv, out)?,
    }
    Ok(())
}
