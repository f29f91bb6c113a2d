//! `strings`: texts that are in memory several times.

use serde_json::json;

use super::super::answer::{Answer, arguments};
use super::super::arguments::{Argument, Kind, SNAPSHOT};
use super::super::failure::Failure;
use super::super::text::quoted;
use super::super::tool::{Call, Tool};
use crate::model::human;
use crate::query::{DuplicatesOf, GroupKey, GroupSort, GroupsKey, NodeFilter};

pub(in crate::mcp) static STRINGS: Tool = Tool {
    name: "strings",
    title: "Duplicate strings",
    description: "Duplicate strings: texts that are in memory several times, with the bytes that removing the duplicates \
                  would save, most first. For strings that exist once, use search with kind:string.",
    arguments: &[
        SNAPSHOT,
        Argument {
            name: "sort",
            kind: Kind::Choice(&["wasted", "count", "shallow", "retained"]),
            description: "Order: wasted bytes, copies, shallow or retained size",
        },
        Argument { name: "text", kind: Kind::Text { is_required: false }, description: "Only texts that contain this" },
    ],
    limits: "whole texts: snapshots usually have the first 1024 characters; strings inside one array buffer",
    is_read_only: true,
    run,
};

/// The maximum number of characters of a text.
const TEXT: usize = 100;

fn run(call: &Call<'_>) -> Result<Answer, Failure> {
    let mut answer = call.answer()?;
    let open = call.snapshot()?;
    let (snapshot, number) = (&open.snapshot, open.number());
    let key = match call.arguments.text("sort") {
        "count" => GroupKey::Count,
        "shallow" => GroupKey::ShallowSize,
        "retained" => GroupKey::RetainedSize,
        _ => GroupKey::Wasted,
    };
    let list = GroupsKey {
        snapshot: open.id,
        sort: GroupSort { key, descending: true },
        text: call.arguments.text("text").to_owned(),
        within: NodeFilter::All,
    };
    let rows = call.workspace.ask(&list, call.cancel)?;
    let rows = &rows.rows;
    let found = call.workspace.ask(&DuplicatesOf(open.id), call.cancel)?;
    snapshot.expect_many_names();
    answer.heading(format!(
        "{} exist several times; removing duplicates would save {}; {} listed",
        human::quantity(found.groups.len() as u64, "text", "texts"),
        human::bytes(found.wasted_bytes),
        human::count(rows.len() as u64),
    ));
    if let Some(group) = rows.first().and_then(|&row| found.groups.get(row as usize)) {
        let id = json!(snapshot.id(group.first).to_string());
        answer.next("retainers", arguments([("snapshot", json!(number)), ("id", id)]), "what holds the first copy");
    }
    answer.rows(rows.len(), |at| {
        let group = &found.groups[rows[at] as usize];
        let text = quoted(&snapshot.display_name(group.first), TEXT);
        let cut = if group.truncated { ", only the beginning is known" } else { "" };
        let (wasted, size) = (human::bytes(group.wasted_bytes), human::bytes(group.shallow_size));
        let id = snapshot.id(group.first);
        Ok::<_, Failure>(format!("{text} x{}: wastes {wasted} of {size}, first {id}{cut}", group.count))
    })?;
    Ok(answer)
}
