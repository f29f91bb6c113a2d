//! `heapglass scripts`: lists scripts or packages.

use std::io::Write;

use serde::Serialize;

use super::args::{Format, ScriptsArguments};
use super::{Files, name_of, recovered};
use crate::export::FileFormat;
use crate::export::{
    Columns, JsonRows, PACKAGES, PACKAGES_TEXT, SCRIPTS, SCRIPTS_TEXT, ScriptRow, ScriptRows, name, write_scripts,
    write_text,
};
use crate::model::{CancelToken, SnapshotId, human};
use crate::query::{ListedScripts, ScriptSort, ScriptsKey, script_list, scripts};
use crate::sources::package_versions;

#[derive(Serialize)]
struct Listed<R: Serialize> {
    file: String,
    #[serde(rename = "salvaged", skip_serializing_if = "Option::is_none")]
    recovered: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scripts: Option<R>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packages: Option<R>,
}

pub(super) fn run(arguments: &ScriptsArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    let snapshot = files.open(&arguments.file)?;
    let cancel = CancelToken::new();
    let scripts = scripts(&snapshot, &cancel)?;
    let list = script_list(&snapshot, &scripts, &cancel)?;
    let versions = package_versions(&snapshot, (&scripts, &list), &files.sources, &cancel)?;
    let listed = if arguments.packages { ListedScripts::Packages } else { ListedScripts::Groups };
    let key = ScriptsKey { snapshot: SnapshotId(0), list: listed, sort: ScriptSort::BY_RETAINED, text: String::new() };
    let mut rows = key.rows(&list);
    let count = rows.len();
    rows.truncate(arguments.limit.unwrap_or(usize::MAX));
    let records = rows.iter().map(|&row| ScriptRow { list: &list, part: listed.part(row), versions: &versions });
    match arguments.format {
        Format::Text => {
            let what = if arguments.packages { ("package", "packages") } else { ("script", "scripts") };
            let count = human::quantity(count as u64, what.0, what.1);
            writeln!(out, "{}: {count}\n", name(&snapshot.source().name))?;
            let columns = if arguments.packages { PACKAGES_TEXT } else { SCRIPTS_TEXT };
            Ok(write_text::<ScriptRows>(&Columns::named(columns), records, out)?)
        }
        Format::Json => {
            let columns = Columns::named(if arguments.packages { PACKAGES } else { SCRIPTS });
            let rows = JsonRows::<ScriptRows, _> { columns, rows: records };
            let (scripts, packages) = if arguments.packages { (None, Some(rows)) } else { (Some(rows), None) };
            let answer = Listed { file: name_of(&arguments.file), recovered: recovered(&snapshot), scripts, packages };
            serde_json::to_writer(&mut *out, &answer)?;
            Ok(writeln!(out)?)
        }
        Format::Csv => Ok(write_scripts((&list, &versions), listed, &rows, FileFormat::Csv, out)?),
    }
}
