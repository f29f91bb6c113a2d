//! The lists of the window, as files.

use std::io::{self, Write};

use super::classes::{CLASSES, ClassRow, Classes};
use super::collections::{COLLECTIONS, CollectionGroups, CollectionRow};
use super::comparison::{COMPARISON, ComparedClasses, ComparisonRow, RETAINED_DELTA};
use super::growth::{GROWTH, GrownClasses, GrowthRow};
use super::objects::{OBJECTS, ObjectRow, Objects, REFERENCES};
use super::rows::{FileFormat, write_rows};
use super::schema::Columns;
use super::scripts::{PACKAGES, SCRIPTS, ScriptRow, ScriptRows};
use super::strings::{STRINGS, StringRow, Strings};
use crate::model::{CancelToken, ClassId, EdgeIndex, NodeOrdinal};
use crate::query::{
    Collections, Comparison, DuplicateStrings, Growth, ListSpec, ListedScripts, ScriptList, Scripts, Selection,
};
use crate::query::{class_totals, joined_totals, scripts};
use crate::snapshot::Snapshot;

/// Writes classes, objects or references.
///
/// # Errors
/// Returns an error if writing to `out` fails or `cancel` is cancelled.
pub fn write_list(
    snapshot: &Snapshot,
    list: ListSpec,
    rows: &[u32],
    selection: Option<&Selection>,
    (format, out): (FileFormat, &mut dyn Write),
    cancel: &CancelToken,
) -> io::Result<()> {
    snapshot.expect_many_names();
    let rows = rows.iter().copied();
    match list {
        ListSpec::Classes | ListSpec::JoinedClasses => {
            let scripts = scripts(snapshot, cancel).map_err(io::Error::other)?;
            let joined = snapshot.joined_classes().filter(|_| list == ListSpec::JoinedClasses);
            let totals = if list == ListSpec::Classes { class_totals } else { joined_totals };
            let rows = rows.map(ClassId).map(|class| ClassRow {
                class: snapshot.classes().get(class),
                scripts: &scripts,
                joined_count: joined.map_or(1, |joined| joined.joined_count(class)),
                totals: totals(snapshot, selection, class),
                total_size: snapshot.total_size(),
            });
            write_rows::<Classes>(Columns::named(CLASSES), rows, format, out)
        }
        ListSpec::Members(_) | ListSpec::JoinedMembers(_) | ListSpec::Selected | ListSpec::Dominated(_) => {
            let rows = rows.map(|row| ObjectRow::new(snapshot, NodeOrdinal(row)));
            write_rows::<Objects>(Columns::named(OBJECTS), rows, format, out)
        }
        ListSpec::Edges(_) => {
            let rows = rows.map(|row| ObjectRow::target(snapshot, EdgeIndex(row)));
            write_rows::<Objects>(Columns::named(REFERENCES), rows, format, out)
        }
        ListSpec::Retainers(_) => {
            let rows = rows.map(|row| ObjectRow::source(snapshot, EdgeIndex(row)));
            write_rows::<Objects>(Columns::named(REFERENCES), rows, format, out)
        }
    }
}

/// Writes rows of a comparison. `scripts` are those of the base and of the current snapshot.
///
/// # Errors
/// Returns an error if writing to `out` fails.
pub(crate) fn write_comparison(
    comparison: &Comparison,
    scripts: &[Scripts; 2],
    rows: &[u32],
    format: FileFormat,
    out: &mut dyn Write,
) -> io::Result<()> {
    let classes = rows.iter().filter_map(|&row| comparison.classes.get(row as usize));
    let rows = classes.map(|class| ComparisonRow { class, scripts: Some(scripts) });
    write_rows::<ComparedClasses>(Columns::named(&[COMPARISON, RETAINED_DELTA].concat()), rows, format, out)
}

/// Writes classes over time, a row for each class in each snapshot. Snapshots count from 1.
///
/// # Errors
/// Returns an error if writing to `out` fails.
pub(crate) fn write_growth(growth: &Growth, rows: &[u32], format: FileFormat, out: &mut dyn Write) -> io::Result<()> {
    let rows =
        rows.iter().filter_map(|&row| Some((row, growth.classes.get(row as usize)?))).flat_map(|(row, class)| {
            let points = (1..).zip(growth.points(row as usize));
            points.map(move |(snapshot, &point)| GrowthRow { class, snapshot, point })
        });
    write_rows::<GrownClasses>(Columns::named(GROWTH), rows, format, out)
}

/// Writes groups of collections, a row for each group in each snapshot. Snapshots count from 1.
///
/// # Errors
/// Returns an error if writing to `out` fails.
pub(crate) fn write_collections(
    found: &Collections,
    rows: &[u32],
    format: FileFormat,
    out: &mut dyn Write,
) -> io::Result<()> {
    let groups = rows.iter().filter_map(|&row| found.groups.get(row as usize));
    let rows = groups.flat_map(|group| {
        (1..).zip(&group.points).map(move |(snapshot, &point)| CollectionRow { group, snapshot, point })
    });
    write_rows::<CollectionGroups>(Columns::named(COLLECTIONS), rows, format, out)
}

/// Writes groups of duplicate strings.
///
/// # Errors
/// Returns an error if writing to `out` fails.
pub(crate) fn write_groups(
    snapshot: &Snapshot,
    strings: &DuplicateStrings,
    rows: &[u32],
    format: FileFormat,
    out: &mut dyn Write,
) -> io::Result<()> {
    let groups = rows.iter().filter_map(|&row| strings.groups.get(row as usize));
    write_rows::<Strings>(Columns::named(STRINGS), groups.map(|group| StringRow { snapshot, group }), format, out)
}

/// Writes scripts or packages, with the versions of packages that are known from files.
///
/// # Errors
/// Returns an error if writing to `out` fails.
pub(crate) fn write_scripts(
    (list, versions): (&ScriptList, &[Option<String>]),
    listed: ListedScripts,
    rows: &[u32],
    format: FileFormat,
    out: &mut dyn Write,
) -> io::Result<()> {
    let columns = if listed == ListedScripts::Packages { PACKAGES } else { SCRIPTS };
    let rows = rows.iter().map(|&row| ScriptRow { list, part: listed.part(row), versions });
    write_rows::<ScriptRows>(Columns::named(columns), rows, format, out)
}
