//! `collections`: Maps, Sets, arrays and other collections by the field that holds them.

use serde_json::json;

use super::super::answer::{Answer, arguments};
use super::super::arguments::{Argument, Kind, SNAPSHOTS};
use super::super::failure::{Failure, nothing_open};
use super::super::labels::{NAME, growth_of_bytes, series};
use super::super::text::quoted;
use super::super::tool::{Call, Tool};
use super::series::Given;
use crate::model::human;
use crate::query::{
    CollectionGroup, CollectionKind, CollectionSort, CollectionsKey, CollectionsOf, GrowthOf, ListedBy,
};

const KINDS: [&str; 9] =
    ["all", "map", "set", "weak", "array", "dictionary", "listeners", "linked_list", "typed_array"];

pub(in crate::mcp) static COLLECTIONS: Tool = Tool {
    name: "collections",
    title: "Collections and their entries",
    description: "Maps, Sets, arrays, objects used as maps, lists of listeners, linked lists and typed arrays, grouped by the \
                  field that holds them, with their entries and retained bytes in each snapshot, those that grow most first.",
    arguments: &[
        SNAPSHOTS,
        Argument {
            name: "sort",
            kind: Kind::Choice(&["growth", "entries", "retained", "retained_growth", "count"]),
            description: "Order: growth of entries, entries, retained bytes, their growth, or number of collections",
        },
        Argument { name: "kind", kind: Kind::Choice(&KINDS), description: "Only collections of this kind" },
        Argument {
            name: "holder",
            kind: Kind::Text { is_required: false },
            description: "Only holders whose name contains this, such as cache",
        },
    ],
    limits: "entries that are small integers, which snapshots do not have; groups of fewer than 16 entries",
    is_read_only: true,
    run,
};

fn kind(word: &str) -> Option<CollectionKind> {
    Some(match word {
        "map" => CollectionKind::Map,
        "set" => CollectionKind::Set,
        "weak" => CollectionKind::WeakCollection,
        "array" => CollectionKind::Array,
        "dictionary" => CollectionKind::Dictionary,
        "listeners" => CollectionKind::Listeners,
        "linked_list" => CollectionKind::LinkedList,
        "typed_array" => CollectionKind::TypedArray,
        _ => return None,
    })
}

fn run(call: &Call<'_>) -> Result<Answer, Failure> {
    let mut answer = call.answer()?;
    let mut given = Given::of(call)?;
    if given.snapshots.len() > 1 && call.workspace.ask(&GrowthOf(given.ids()), call.cancel)?.ids_match {
        given.sort_by_age();
    }
    let last = given.snapshots.last().ok_or_else(nothing_open)?;
    let key = match call.arguments.text("sort") {
        "entries" => ListedBy::Entries,
        "retained" => ListedBy::Retained,
        "retained_growth" => ListedBy::RetainedGrowth,
        "count" => ListedBy::Count,
        // One snapshot has no growth.
        _ if given.snapshots.len() == 1 => ListedBy::Entries,
        _ => ListedBy::EntriesGrowth,
    };
    let wanted = CollectionsKey {
        series: given.ids(),
        sort: CollectionSort { key, descending: true },
        holder: call.arguments.text("holder").to_owned(),
        kind: kind(call.arguments.text("kind")),
    };
    let rows = call.workspace.ask(&wanted, call.cancel)?;
    let rows = &rows.rows;
    let found = call.workspace.ask(&CollectionsOf(given.ids()), call.cancel)?;
    answer.heading(format!("{}; {}", given.heading(), human::quantity(rows.len() as u64, "group", "groups")));
    given.notes.iter().for_each(|note| answer.heading(note.clone()));
    let largest = |group: &CollectionGroup| {
        group.members.first().map(|&member| last.snapshot.id(found.members[member as usize].node).to_string())
    };
    if let Some(id) = rows.first().and_then(|&row| largest(&found.groups[row as usize])) {
        let of = || arguments([("snapshot", json!(last.number())), ("id", json!(id))]);
        answer.next("source", of(), "the lines that fill the first one");
        answer.next("retainers", of(), "what holds the first one");
        answer.next("object", of(), "its contents");
    }
    answer.rows(rows.len(), |at| {
        let group = &found.groups[rows[at] as usize];
        let (first, newest) = (group.points.first().copied().unwrap_or_default(), group.last());
        let growth = if group.points.len() > 1 {
            format!(" ({})", growth_of_bytes(newest.bytes, first.bytes))
        } else {
            String::new()
        };
        let id = largest(group).map(|id| format!(", largest {id}")).unwrap_or_default();
        Ok::<_, Failure>(format!(
            "{} {}: {}, entries {}, retains {}{growth}{id}",
            quoted(&group.holder, NAME),
            group.kind.label(),
            human::quantity(newest.count, "collection", "collections"),
            series(group.points.iter().map(|point| point.entries.to_string())),
            human::bytes(newest.bytes),
        ))
    })?;
    Ok(answer)
}
