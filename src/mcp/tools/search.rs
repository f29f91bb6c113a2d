//! `search`: the objects that match a query.

use serde_json::json;

use super::super::answer::{Answer, arguments};
use super::super::arguments::{Argument, Kind, SNAPSHOT};
use super::super::failure::Failure;
use super::super::labels::{NAME, distance, object, sizes};
use super::super::text::quoted;
use super::super::tool::{Call, Tool};
use crate::model::{NodeOrdinal, human};
use crate::query::{Filter, ListSpec, NodeFilter, OrderKey, Query, QueryError, SelectionOf, Sort, unknown_kind};

pub(in crate::mcp) static SEARCH: Tool = Tool {
    name: "search",
    title: "Search objects",
    description: "Finds objects that match all terms of a query, those that retain most first. Terms: words in the name, \
                  name:=Cart (exactly), /regexp/, @1234, class:Map, class:=Map, prop:items, kind:closure (object, string, \
                  array, native, ...), size>1kB, retained>=2MB, distance<5, distance=none, is:unreachable, detached, \
                  \"a text\"; -term excludes.",
    arguments: &[
        SNAPSHOT,
        Argument {
            name: "query",
            kind: Kind::Text { is_required: true },
            description: "Query, such as class:Session retained>10kB",
        },
    ],
    limits: "objects without a size of their own; text after the part of a string that the snapshot has",
    is_read_only: true,
    run,
};

/// Returns the error of a query. Its message may list words of the file, so it is quoted.
fn bad_query(text: &str, error: &QueryError) -> Failure {
    let at = text.get(error.at.clone()).map(|part| format!(" at {}", quoted(part, NAME))).unwrap_or_default();
    let terms: Vec<&str> = Query::help().iter().map(|(example, _)| *example).collect();
    Failure::expected(format!("query: {}{at}; terms are: {}", quoted(&error.message, 300), terms.join("  ")))
}

fn run(call: &Call<'_>) -> Result<Answer, Failure> {
    let mut answer = call.answer()?;
    let open = call.snapshot()?;
    let (snapshot, number) = (&open.snapshot, open.number());
    let text = call.arguments.text("query").trim();
    let query = Query::parse(text).map_err(|error| bad_query(text, &error))?;
    if let Some(error) = unknown_kind(snapshot, &query) {
        return Err(bad_query(text, &error));
    }
    let nodes = NodeFilter::Matching(text.to_owned());
    let selection = call.workspace.ask(&SelectionOf { snapshot: open.id, filter: nodes.clone() }, call.cancel)?;
    let filter = Filter { nodes, ..Filter::default() };
    let list = OrderKey { snapshot: open.id, list: ListSpec::Selected, sort: Sort::BY_RETAINED_SIZE, filter };
    let rows = call.workspace.ask(&list, call.cancel)?;
    let rows = &rows.rows;
    snapshot.expect_many_names();
    let count = human::quantity(selection.count, "object matches", "objects match");
    answer.heading(format!("{count}, {}", human::bytes(selection.shallow_size)));
    if let Some(&first) = rows.first() {
        let id = snapshot.id(NodeOrdinal(first)).to_string();
        let of = || arguments([("snapshot", json!(number)), ("id", json!(id))]);
        answer.next("object", of(), "the first object");
        answer.next("retainers", of(), "what keeps it alive");
    }
    answer.rows(rows.len(), |at| {
        let node = NodeOrdinal(rows[at]);
        let class = quoted(&snapshot.class(node).name, NAME);
        let (label, sizes, distance) = (object(snapshot, node), sizes(snapshot, node), distance(snapshot, node));
        Ok::<_, Failure>(format!("{label} of {class}, {sizes}, {distance}"))
    })?;
    Ok(answer)
}
