//! Realms.

use super::cell::{Format, name, row_name};
use super::schema::{Column, Table};
use crate::model::ObjectId;
use crate::query::{NativeContexts, Realm};

/// A realm, or the objects that do not belong to exactly one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RealmRow<'a> {
    pub(crate) id: Option<ObjectId>,
    pub(crate) realm: Option<&'a Realm>,
    /// `shared` or `none`, for objects of several realms or none.
    rest: &'static str,
    count: u64,
    shallow_size: u64,
}

impl<'a> RealmRow<'a> {
    pub(crate) fn new(realm: &'a Realm, id: ObjectId) -> Self {
        let Realm { count, shallow_size, .. } = *realm;
        Self { id: Some(id), realm: Some(realm), rest: "", count, shallow_size }
    }

    /// Returns the rows of the objects that several realms reach, and that none does.
    pub(crate) fn rest(contexts: &NativeContexts) -> [RealmRow<'static>; 2] {
        let row = |rest, count, shallow_size| RealmRow { id: None, realm: None, rest, count, shallow_size };
        [
            row("shared", contexts.shared_count, contexts.shared_size),
            row("none", contexts.unattributed_count, contexts.unattributed_size),
        ]
    }

    fn label(&self) -> String {
        match (self.realm, self.rest) {
            (Some(realm), _) => name(&realm.label()),
            (None, "shared") => "Shared by several realms".to_owned(),
            (None, _) => "In no realm".to_owned(),
        }
    }
}

/// Realms.
pub(crate) struct RealmRows;

/// The columns of `realms`.
pub(crate) const REALMS: &[&str] =
    &["id", "kind", "origin", "script", "detachedness", "count", "shallow_size", "retained_size"];

/// The columns of `realms` in text.
pub(crate) const REALMS_TEXT: &[&str] = &["id", "count", "shallow_size", "retained_size", "realm"];

impl Table for RealmRows {
    type Row<'a> = RealmRow<'a>;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::<Self>::new("id", "the id of the native context", |row| row.id.map(|id| id.0).into())
            .shown_as("Id", Format::Id),
        Column::<Self>::new(
            "kind",
            "`main`, `window`, `worker`, `vm-context`, `utility` or `other`; in CSV also `shared` for objects of several \
             realms, and `none` for those of no realm",
            |row| row.realm.map_or(row.rest, |realm| realm.kind.name()).into(),
        ),
        Column::<Self>::new("origin", "the origin of a window or worker", |row| {
            row.realm.and_then(|realm| realm.origin.as_deref()).map(row_name).into()
        }),
        Column::<Self>::new(
            "script",
            "the URL of the script of the program that defines most functions of the realm",
            |row| row.realm.and_then(|realm| realm.script.as_deref()).map(row_name).into(),
        ),
        Column::<Self>::new("detachedness", "0 unknown, 1 attached, 2 detached", |row| {
            row.realm.map(|realm| u32::from(realm.state as u8)).into()
        }),
        Column::<Self>::new("count", "the number of objects with a size that belong only to the realm", |row| {
            row.count.into()
        })
        .shown_as("Objects", Format::Count),
        Column::<Self>::new("shallow_size", "the size of these objects themselves in bytes", |row| {
            row.shallow_size.into()
        })
        .shown_as("Shallow", Format::Bytes),
        Column::<Self>::new("retained_size", "the bytes that would be freed with the native context", |row| {
            row.realm.map(|realm| realm.retained_size).into()
        })
        .shown_as("Retained", Format::Bytes),
        Column::<Self>::text("realm", "Realm", |row| row.label().into()),
    ];
}
